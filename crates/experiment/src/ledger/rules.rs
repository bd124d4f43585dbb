//! What may follow what: who may sign, that draws come after their seed, that nothing is drawn or decided twice.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{
    Amendment, Assignment, Body, Enrolment, KeyAction, KeyChange, Look, MissedLook, PlanRegistration, SeedCommitment, SeedReveal,
};
use super::entry::Entry;
use crate::ExperimentError;
use crate::assign::seed::Seed;
use crate::canonical::{Hash, unhex};
use crate::key::{PublicKey, Signed};

/// Signers that a plan needs.
const SIGNERS: usize = 2;

/// What earlier entries established.
#[derive(Debug, Default, Clone)]
pub(super) struct Rules {
    keys: BTreeMap<PublicKey, String>,
    experiments: BTreeMap<String, Experiment>,
    looks: BTreeMap<Hash, bool>,
}

#[derive(Debug, Default, Clone)]
struct Experiment {
    /// The entry of the plan in force.
    plan: Option<Hash>,
    /// Entries of commitments, with the hash that each commits to, and whether it is revealed.
    commitments: BTreeMap<Hash, (Hash, bool)>,
    units: BTreeSet<String>,
    /// Units of each stratum so far.
    positions: BTreeMap<String, u32>,
    /// Units of enrolments that are not drawn yet.
    waiting: BTreeMap<Hash, (Vec<String>, Vec<String>)>,
    looks: BTreeSet<u32>,
    /// Arms and block sizes that the streams of all strata are made of.
    blocks: Option<(Vec<String>, Vec<u32>)>,
}

/// An entry that may not follow.
fn refuse<T>(entry: &Entry, what: &str) -> Result<T, ExperimentError> {
    let kind = entry.body.kind();
    Err(ExperimentError::Refused { what: format!("entry {} ({kind}) may not stand here: {what}", entry.seq), hint: None })
}

impl Rules {
    pub(super) fn keys(&self) -> &BTreeMap<PublicKey, String> {
        &self.keys
    }

    pub(super) fn take(&mut self, entry: &Entry, hash: Hash) -> Result<(), ExperimentError> {
        self.signers(entry)?;
        match &entry.body {
            Body::Key(change) => self.key(entry, change),
            Body::Plan(plan) => self.plan(entry, plan, hash),
            Body::Amendment(change) => self.amendment(entry, change, hash),
            Body::SeedCommitment(seed) => self.commitment(entry, seed, hash),
            Body::SeedReveal(seed) => self.reveal(entry, seed),
            Body::Enrolment(units) => self.enrolment(entry, units, hash),
            Body::Assignment(draw) => self.assignment(entry, draw),
            Body::Look(look) => self.look(entry, look, hash),
            Body::MissedLook(look) => self.missed(entry, look),
            Body::Verdict(verdict) => match self.looks.get(&verdict.look) {
                Some(true) => Ok(()),
                Some(false) => refuse(entry, "no verdict rests on a look that was not planned"),
                None => refuse(entry, "it names no look of this ledger"),
            },
            Body::PolicyChange(_) => Ok(()),
        }
    }

    fn signers(&self, entry: &Entry) -> Result<(), ExperimentError> {
        let new = match &entry.body {
            // The first key of all signs for itself.
            Body::Key(change) if entry.seq == 0 && change.action == KeyAction::Add => Some(change.key),
            _ => None,
        };
        let signers: BTreeSet<PublicKey> = entry.signatures.iter().map(|signed| signed.key).collect();
        if signers.len() != entry.signatures.len() {
            return refuse(entry, "one key signed twice");
        }
        match signers.iter().find(|key| Some(**key) != new && !self.keys.contains_key(*key)) {
            Some(key) => refuse(entry, &format!("the signer {key} has no key in this ledger, or it was revoked")),
            None => Ok(()),
        }
    }

    fn key(&mut self, entry: &Entry, change: &KeyChange) -> Result<(), ExperimentError> {
        match change.action {
            KeyAction::Add => {
                if self.keys.contains_key(&change.key) {
                    return refuse(entry, "this key is in the ledger already");
                }
                if self.keys.values().any(|name| *name == change.name) {
                    return refuse(entry, &format!("`{}` has a key already; revoke it first, or take another name", change.name));
                }
                if !change.is_proved() {
                    return refuse(entry, "the new key did not sign its name: nobody shows that they hold it");
                }
                self.keys.insert(change.key, change.name.clone());
            }
            KeyAction::Revoke => {
                if self.keys.len() < 2 {
                    return refuse(entry, "the last key cannot be revoked: nobody could sign any more");
                }
                if self.keys.remove(&change.key).is_none() {
                    return refuse(entry, "this key is not in the ledger");
                }
            }
        }
        Ok(())
    }

    fn approved(&self, entry: &Entry, approvals: &[Signed], message: &[u8]) -> Result<(), ExperimentError> {
        let mut signers = BTreeSet::new();
        for signed in approvals {
            if !self.keys.contains_key(&signed.key) {
                return refuse(entry, &format!("the signer {} has no key in this ledger, or it was revoked", signed.key));
            }
            if !signed.key.has_signed(message, &signed.signature) {
                return refuse(entry, &format!("the signature of {} is not over this content", signed.key));
            }
            signers.insert(signed.key);
        }
        if signers.len() < SIGNERS {
            return refuse(entry, &format!("{} signed, and it takes {SIGNERS} people", signers.len()));
        }
        Ok(())
    }

    fn experiment(&mut self, entry: &Entry, id: &str) -> Result<&mut Experiment, ExperimentError> {
        match self.experiments.get_mut(id) {
            Some(experiment) => Ok(experiment),
            None => refuse(entry, &format!("no plan `{id}` is registered before it")),
        }
    }

    fn plan(&mut self, entry: &Entry, plan: &PlanRegistration, hash: Hash) -> Result<(), ExperimentError> {
        self.approved(entry, &plan.approvals, &PlanRegistration::message(&plan.plan)?)?;
        if plan.plan.get("id").and_then(serde_json::Value::as_str) != Some(plan.id.as_str()) {
            return refuse(entry, &format!("the plan inside has another id than `{}`", plan.id));
        }
        if self.experiments.contains_key(&plan.id) {
            return refuse(entry, &format!("plan `{}` is registered already; change it by an amendment", plan.id));
        }
        self.experiments.insert(plan.id.clone(), Experiment { plan: Some(hash), ..Experiment::default() });
        Ok(())
    }

    fn amendment(&mut self, entry: &Entry, change: &Amendment, hash: Hash) -> Result<(), ExperimentError> {
        self.approved(entry, &change.approvals, &Amendment::message(&change.amends, &change.plan, &change.reason)?)?;
        let experiment = self.experiment(entry, &change.id)?;
        if experiment.plan != Some(change.amends) {
            return refuse(entry, "it does not amend the plan that is in force");
        }
        if usize::try_from(change.looks_held) != Ok(experiment.looks.len()) {
            return refuse(entry, &format!("it says {} looks were held, and {} were", change.looks_held, experiment.looks.len()));
        }
        experiment.plan = Some(hash);
        Ok(())
    }

    fn commitment(&mut self, entry: &Entry, seed: &SeedCommitment, hash: Hash) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &seed.experiment)?;
        if !experiment.units.is_empty() {
            return refuse(entry, "units were enrolled already: a seed that comes later could be shopped for");
        }
        if experiment.plan != Some(seed.plan) {
            return refuse(entry, "it does not name the plan that is in force");
        }
        if experiment.commitments.values().any(|(commitment, _)| *commitment == seed.commitment) {
            return refuse(entry, "this seed is committed already");
        }
        experiment.commitments.insert(hash, (seed.commitment, false));
        Ok(())
    }

    fn reveal(&mut self, entry: &Entry, seed: &SeedReveal) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &seed.experiment)?;
        let Some((commitment, revealed)) = experiment.commitments.get_mut(&seed.commitment) else {
            return refuse(entry, "it names no commitment of this experiment");
        };
        let matches = unhex(&seed.seed).is_some_and(|bytes| Seed::new(bytes).commitment(&seed.experiment) == *commitment);
        if !matches {
            return refuse(entry, "this is not the seed whose hash was committed");
        }
        if *revealed {
            return refuse(entry, "this seed is revealed already");
        }
        *revealed = true;
        Ok(())
    }

    fn enrolment(&mut self, entry: &Entry, enrolment: &Enrolment, hash: Hash) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &enrolment.experiment)?;
        if experiment.commitments.is_empty() {
            return refuse(entry, "no seed is committed before it");
        }
        if experiment.commitments.values().any(|(_, revealed)| *revealed) {
            return refuse(entry, "the seed is public: whoever enrols now could know the draw");
        }
        if enrolment.scheme == "blocks" {
            let own = (enrolment.arms.clone(), enrolment.block_sizes.clone());
            if experiment.blocks.get_or_insert_with(|| own.clone()) != &own {
                return refuse(
                    entry,
                    "its arms or sizes of blocks are not those of the units before: what was drawn would not come out again",
                );
            }
        }
        let mut seen = BTreeSet::new();
        let mut positions = experiment.positions.clone();
        for unit in &enrolment.units {
            if experiment.units.contains(&unit.unit) || !seen.insert(unit.unit.clone()) {
                return refuse(entry, &format!("unit `{}` is enrolled already", unit.unit));
            }
            let next = positions.entry(unit.stratum.clone()).or_default();
            if unit.position != *next {
                let place = unit.position;
                return refuse(
                    entry,
                    &format!("unit `{}` takes place {place} of `{}`, and {next} is next", unit.unit, unit.stratum),
                );
            }
            *next += 1;
        }
        experiment.positions = positions;
        experiment.units.extend(seen);
        let units = enrolment.units.iter().map(|unit| unit.unit.clone()).collect();
        experiment.waiting.insert(hash, (units, enrolment.arms.clone()));
        Ok(())
    }

    fn assignment(&mut self, entry: &Entry, assignment: &Assignment) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &assignment.experiment)?;
        let Some((units, arms)) = experiment.waiting.get(&assignment.enrolment) else {
            return refuse(entry, "it names no enrolment of this experiment that waits for its draw");
        };
        if !assignment.draws.iter().map(|draw| &draw.unit).eq(units) {
            return refuse(entry, "its units are not those of the enrolment");
        }
        if let Some(draw) = assignment.draws.iter().find(|draw| !arms.contains(&draw.arm)) {
            return refuse(entry, &format!("`{}` is no arm of the enrolment", draw.arm));
        }
        experiment.waiting.remove(&assignment.enrolment);
        Ok(())
    }

    fn look(&mut self, entry: &Entry, look: &Look, hash: Hash) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &look.experiment)?;
        if experiment.plan != Some(look.plan) {
            return refuse(entry, "it does not name the plan that is in force");
        }
        if look.planned != (look.look > 0) {
            return refuse(entry, "planned looks have a number from 1, others have 0");
        }
        if look.planned && experiment.looks.iter().next_back().is_some_and(|last| *last > look.look) {
            return refuse(entry, "a later look was held already: what it spent cannot be taken back");
        }
        if look.planned && !experiment.looks.insert(look.look) {
            return refuse(entry, &format!("look {} was held or missed already", look.look));
        }
        self.looks.insert(hash, look.planned);
        Ok(())
    }

    fn missed(&mut self, entry: &Entry, look: &MissedLook) -> Result<(), ExperimentError> {
        let experiment = self.experiment(entry, &look.experiment)?;
        if look.look == 0 || !experiment.looks.insert(look.look) {
            return refuse(entry, &format!("look {} was held or missed already", look.look));
        }
        Ok(())
    }
}

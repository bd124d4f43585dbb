//! What an entry can say: one type per kind. A kind that is not here cannot be written, nor read.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ExperimentError;
use crate::canonical::{self, Hash};
use crate::key::{PublicKey, SecretKey, SignatureBytes, Signed};

/// The content of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Body {
    /// A key comes or goes.
    Key(KeyChange),
    /// A plan, before its data.
    Plan(PlanRegistration),
    /// A changed plan; the plan before it stays visible.
    Amendment(Amendment),
    /// The hash of a secret seed, before anything is drawn from it.
    SeedCommitment(SeedCommitment),
    /// The seed itself, so that anybody can draw again.
    SeedReveal(SeedReveal),
    /// Units that take part, with forecasts, before their draw.
    Enrolment(Enrolment),
    /// What was drawn for the units of one enrolment.
    Assignment(Assignment),
    /// A look at the data.
    Look(Look),
    /// A planned look that nobody held.
    MissedLook(MissedLook),
    /// What followed from a look.
    Verdict(VerdictRecord),
    /// New rules on where AI may be used.
    PolicyChange(PolicyChange),
}

impl Body {
    /// Name of the kind as it stands in the file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Plan(_) => "plan",
            Self::Amendment(_) => "amendment",
            Self::SeedCommitment(_) => "seed_commitment",
            Self::SeedReveal(_) => "seed_reveal",
            Self::Enrolment(_) => "enrolment",
            Self::Assignment(_) => "assignment",
            Self::Look(_) => "look",
            Self::MissedLook(_) => "missed_look",
            Self::Verdict(_) => "verdict",
            Self::PolicyChange(_) => "policy_change",
        }
    }

    /// One line for a table of entries.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Key(key) => match key.action {
                KeyAction::Add => format!("key of `{}` added", key.name),
                KeyAction::Revoke => format!("key of `{}` revoked", key.name),
            },
            Self::Plan(plan) => {
                let mark = if plan.retrospective.is_some() { ", retrospective" } else { "" };
                format!("plan `{}`{mark}, {} signers", plan.id, plan.approvals.len())
            }
            Self::Amendment(change) => format!("`{}` amended: {}", change.id, change.reason),
            Self::SeedCommitment(seed) => format!("hash of a seed for `{}`", seed.experiment),
            Self::SeedReveal(seed) => format!("seed of `{}` revealed", seed.experiment),
            Self::Enrolment(units) => format!("{} units enrolled in `{}`", units.units.len(), units.experiment),
            Self::Assignment(draw) => format!("{} units drawn in `{}`", draw.draws.len(), draw.experiment),
            Self::Look(look) => {
                let kind = if look.planned { "planned" } else { "exploratory" };
                format!("look {} at `{}` ({kind})", look.look, look.experiment)
            }
            Self::MissedLook(look) => format!("look {} at `{}` missed, due {}", look.look, look.experiment, look.due),
            Self::Verdict(verdict) => format!("verdict on `{}`: {}", verdict.experiment, verdict.class),
            Self::PolicyChange(policy) => format!("policy: {}", policy.reason),
        }
    }
}

/// Whether a key comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyAction {
    /// From here on it may sign.
    Add,
    /// From here on it may not.
    Revoke,
}

/// A key comes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Add or revoke.
    pub action: KeyAction,
    /// Whose key it is, as people call them.
    pub name: String,
    /// The public key.
    pub key: PublicKey,
    /// That the holder has the secret half: their signature over [`KeyChange::message`]. Missing where a key is revoked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<SignatureBytes>,
}

impl KeyChange {
    /// What a new key signs to show that somebody holds it.
    #[must_use]
    pub fn message(name: &str, key: &PublicKey) -> Vec<u8> {
        format!("candor-key-1\n{key}\n{name}").into_bytes()
    }

    /// The request of somebody who wants their key in the ledger.
    #[must_use]
    pub fn request(name: &str, secret: &SecretKey) -> Self {
        let key = secret.public();
        let proof = secret.sign(&Self::message(name, &key)).signature;
        Self { action: KeyAction::Add, name: name.to_owned(), key, proof: Some(proof) }
    }

    /// Whether the request is signed by the key that it is about.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proof.is_some_and(|proof| self.key.has_signed(&Self::message(&self.name, &self.key), &proof))
    }
}

/// Why a plan is marked for good: its outcomes had begun before it was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retrospective {
    /// Day of the first outcome row of the pilot.
    pub first_outcome: Date,
    /// The day of registration, later than that.
    pub registered_on: Date,
}

/// A plan, before its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRegistration {
    /// Id of the plan, and of its experiment.
    pub id: String,
    /// The plan in canonical form.
    pub plan: Value,
    /// SHA-256 of the text of the plan file, so that its comments can be compared too.
    pub source: Hash,
    /// Set where outcomes existed before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retrospective: Option<Retrospective>,
    /// Signatures of two or more people over the plan itself.
    pub approvals: Vec<Signed>,
}

impl PlanRegistration {
    /// What signers of a plan sign.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where the plan holds what JSON cannot say.
    pub fn message(plan: &Value) -> Result<Vec<u8>, ExperimentError> {
        Ok(format!("candor-plan-1\n{}", canonical::text(plan)?).into_bytes())
    }
}

/// One difference between two plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// JSON path of the value.
    pub path: String,
    /// What it was; missing where it is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Value>,
    /// What it is; missing where it went.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Value>,
}

/// A changed plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// Id of the plan.
    pub id: String,
    /// Hash of the entry that holds the plan as it was.
    pub amends: Hash,
    /// The plan as it is from here on.
    pub plan: Value,
    /// Why.
    pub reason: String,
    /// What is different.
    pub changes: Vec<Change>,
    /// Looks at the data that had been held by then.
    pub looks_held: u32,
    /// Signatures of two or more people.
    pub approvals: Vec<Signed>,
}

impl Amendment {
    /// What signers of an amendment sign: the plan that it replaces, the new one, and the reason.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where the plan holds what JSON cannot say.
    pub fn message(amends: &Hash, plan: &Value, reason: &str) -> Result<Vec<u8>, ExperimentError> {
        let content = serde_json::json!({ "amends": amends, "plan": plan, "reason": reason });
        Ok(format!("candor-amendment-1\n{}", canonical::text(&content)?).into_bytes())
    }
}

/// The hash of a secret seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedCommitment {
    /// The experiment that it is for.
    pub experiment: String,
    /// Entry of the plan that is in force.
    pub plan: Hash,
    /// Hash of the experiment's name and the seed.
    pub commitment: Hash,
}

/// The seed itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedReveal {
    /// The experiment.
    pub experiment: String,
    /// Entry that committed to it.
    pub commitment: Hash,
    /// The 32 bytes, as 64 hex digits in lower case.
    pub seed: String,
}

/// A unit that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolledUnit {
    /// The unit.
    pub unit: String,
    /// Stratum within which it is drawn; where it names a person, a code in its place.
    pub stratum: String,
    /// Place in the stratum's stream of draws, from 0.
    pub position: u32,
    /// Commitment to what its person expected of it: the figure itself stays with the tasks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub forecast: Option<Hash>,
}

/// Units that take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The experiment.
    pub experiment: String,
    /// `task`, `person`, `team` or `work_item`.
    pub unit_kind: String,
    /// How arms are drawn: `blocks` or `clusters`.
    pub scheme: String,
    /// Arms that can be drawn, in the order of the plan.
    pub arms: Vec<String>,
    /// Sizes of blocks that can be drawn, where units come one by one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub block_sizes: Vec<u32>,
    /// Number of the draw within each stratum where whole groups are drawn at once, from 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub waves: BTreeMap<String, u32>,
    /// The units, sorted by stratum and position.
    pub units: Vec<EnrolledUnit>,
}

/// One drawn unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The unit.
    pub unit: String,
    /// Its arm.
    pub arm: String,
    /// Stratum and block, for the analysis.
    pub stratum: String,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The experiment.
    pub experiment: String,
    /// Entry of the enrolment.
    pub enrolment: Hash,
    /// One draw per enrolled unit, in their order.
    pub draws: Vec<Draw>,
}

/// A look at the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The experiment.
    pub experiment: String,
    /// Entry of the plan in force.
    pub plan: Hash,
    /// Number of the look: from 1 as planned; 0 for one that is not planned.
    pub look: u32,
    /// False: exploratory, and no verdict rests on it.
    pub planned: bool,
    /// Day up to which data are used.
    pub as_of: Date,
    /// Snapshot of the data, as the program names it.
    pub snapshot: String,
    /// Hash of the estimates in canonical form.
    pub estimates: Hash,
    /// Version of the program.
    pub program: String,
}

/// A planned look that nobody held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissedLook {
    /// The experiment.
    pub experiment: String,
    /// Number of the look.
    pub look: u32,
    /// Day on which it was due.
    pub due: Date,
    /// Day on which its absence was written down.
    pub noticed_on: Date,
}

/// What followed from a look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRecord {
    /// The experiment.
    pub experiment: String,
    /// Entry of the look.
    pub look: Hash,
    /// `justified`, `adjust`, `pull_back`, `insufficient` or `insufficient_final`.
    pub class: String,
    /// The verdict in canonical form, with every input.
    pub verdict: Value,
}

/// A file and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHash {
    /// Name of the file.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
}

/// New rules on where AI may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// Why.
    pub reason: String,
    /// Day from which they hold.
    pub in_force_from: Date,
    /// The files that hold the rules.
    pub files: Vec<FileHash>,
    /// Verdict that they follow from, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<Hash>,
}

//! Between verdicts and the ledger: what it says of a plan at a look, which entries a look makes, and whether a verdict comes out again.

use jiff::civil::Date;

use super::{Estimates, Standing, Verdict, judge};
use crate::ExperimentError;
use crate::canonical::{self, Hash};
use crate::ledger::{Body, Chain, Look, MissedLook, VerdictRecord};
use crate::plan::Plan;

/// A verdict that stands in the ledger.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Hash of its entry.
    pub hash: Hash,
    /// Place of its entry.
    pub seq: u32,
    /// The look that it rests on.
    pub look: Look,
    /// Place of the look's entry.
    pub look_seq: u32,
    /// The plan that was in force.
    pub plan: Plan,
    /// The verdict.
    pub verdict: Verdict,
}

impl Standing {
    /// What the ledger says of a plan on a day, before the entry at `before` (or all of it).
    #[must_use]
    pub fn of(chain: &Chain, plan: &Plan, as_of: Date, before: Option<u32>) -> Self {
        let mut standing = Self { held: Vec::new(), missed: Vec::new(), retrospective: false, amendments: 0, late_amendments: 0 };
        let day_of = |look: u32| plan.looks.dates.get(usize::try_from(look).ok()?.checked_sub(1)?).copied();
        for entry in chain.entries().iter().filter(|entry| before.is_none_or(|before| entry.seq < before)) {
            match &entry.body {
                Body::Plan(own) if own.id == plan.id => standing.retrospective = own.retrospective.is_some(),
                Body::Amendment(own) if own.id == plan.id => {
                    standing.amendments += 1;
                    standing.late_amendments += u32::from(own.looks_held > 0);
                }
                Body::Look(own) if own.experiment == plan.id && own.planned && own.as_of < as_of => {
                    standing.held.extend(day_of(own.look))
                }
                _ => {}
            }
        }
        standing.missed = plan.looks.dates.iter().copied().filter(|day| *day < as_of && !standing.held.contains(day)).collect();
        if plan.looks.dates.contains(&as_of) {
            standing.held.push(as_of);
        }
        standing
    }
}

/// The entries that hold a look and its verdict: missed looks first, then the look; the verdict names the look's entry and comes after.
///
/// # Errors
/// [`ExperimentError::Canonical`] where the estimates hold what JSON cannot say.
pub fn entries(
    chain: &Chain,
    plan: &Plan,
    in_force: Hash,
    estimates: &Estimates,
    verdict: &Verdict,
) -> Result<Vec<Body>, ExperimentError> {
    let mut bodies = Vec::new();
    let number = |day: &Date| plan.looks.dates.iter().position(|own| own == day).and_then(|place| u32::try_from(place + 1).ok());
    let is_known = |look: u32| {
        chain.entries().iter().any(|entry| match &entry.body {
            Body::Look(own) => own.experiment == plan.id && own.look == look,
            Body::MissedLook(own) => own.experiment == plan.id && own.look == look,
            _ => false,
        })
    };
    // Only a later planned look makes an earlier one missed; until then it can still be held with the data of its day.
    for day in verdict.standing.missed.iter().filter(|_| verdict.look.is_some()) {
        if let Some(look) = number(day).filter(|look| !is_known(*look)) {
            bodies.push(Body::MissedLook(MissedLook {
                experiment: plan.id.clone(),
                look,
                due: *day,
                noticed_on: estimates.as_of,
            }));
        }
    }
    bodies.push(Body::Look(Look {
        experiment: plan.id.clone(),
        plan: in_force,
        look: verdict.look.unwrap_or(0),
        planned: verdict.look.is_some(),
        as_of: estimates.as_of,
        snapshot: estimates.snapshot.clone(),
        estimates: Hash::of(canonical::text(estimates)?.as_bytes()),
        program: verdict.program.clone(),
    }));
    Ok(bodies)
}

/// The planned look of this number, if it was held.
#[must_use]
pub fn held(chain: &Chain, experiment: &str, look: u32) -> Option<(Hash, Look)> {
    chain.hashed().find_map(|(hash, entry)| match &entry.body {
        Body::Look(own) if own.experiment == experiment && own.planned && own.look == look => Some((*hash, own.clone())),
        _ => None,
    })
}

/// All verdicts on an experiment, oldest first.
///
/// # Errors
/// [`ExperimentError::Refused`] where one cannot be read by this version.
pub fn recorded(chain: &Chain, experiment: &str) -> Result<Vec<Recorded>, ExperimentError> {
    let mut found = Vec::new();
    for (hash, entry) in chain.hashed() {
        let Body::Verdict(VerdictRecord { experiment: own, look, verdict, .. }) = &entry.body else { continue };
        if own != experiment {
            continue;
        }
        let unreadable = |what: String| ExperimentError::Refused {
            what: format!("the verdict in entry {} cannot be read by this version: {what}", entry.seq),
            hint: Some("use the version of candor that recorded it".to_owned()),
        };
        let verdict: Verdict = serde_json::from_value(verdict.clone()).map_err(|error| unreadable(error.to_string()))?;
        let held = chain.find(look).and_then(|entry| match &entry.body {
            Body::Look(look) => Some((look.clone(), entry.seq)),
            _ => None,
        });
        let (look, look_seq) = held.ok_or_else(|| unreadable("its look is missing".to_owned()))?;
        let plan = chain.find(&look.plan).and_then(|entry| match &entry.body {
            Body::Plan(own) => serde_json::from_value(own.plan.clone()).ok(),
            Body::Amendment(own) => serde_json::from_value(own.plan.clone()).ok(),
            _ => None,
        });
        let plan = plan.ok_or_else(|| unreadable("its plan is missing or has another form".to_owned()))?;
        found.push(Recorded { hash: *hash, seq: entry.seq, look, look_seq, plan, verdict });
    }
    Ok(found)
}

/// Judges again what was judged and compares: an empty list where everything comes out as it stands in the ledger.
///
/// # Errors
/// As [`judge`].
pub fn replay(chain: &Chain, recorded: &Recorded, estimates: &Estimates, program: &str) -> Result<Vec<String>, ExperimentError> {
    let mut differences = Vec::new();
    let own = Hash::of(canonical::text(estimates)?.as_bytes());
    if own != recorded.look.estimates {
        differences.push(format!(
            "these estimates have the hash {}…, and the look was held with {}…",
            own.short(),
            recorded.look.estimates.short()
        ));
    }
    // Missed looks are written just before the look that notices them: they are known either way.
    let standing = Standing::of(chain, &recorded.plan, recorded.look.as_of, Some(recorded.look_seq));
    let again = judge(&recorded.plan, &standing, estimates, &recorded.verdict.program)?;
    let value = |verdict: &Verdict| -> Result<serde_json::Value, ExperimentError> {
        serde_json::from_str(&canonical::text(verdict)?).map_err(|error| ExperimentError::Canonical { reason: error.to_string() })
    };
    let changes = crate::plan::differences(&value(&recorded.verdict)?, &value(&again)?);
    differences.extend(changes.iter().map(|change| {
        let shown = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        format!("{}: {} in the ledger, {} now", change.path, shown(&change.from), shown(&change.to))
    }));
    if !differences.is_empty() && program != recorded.verdict.program {
        differences.push(format!("it was judged by version {}, and this is {program}", recorded.verdict.program));
    }
    Ok(differences)
}

//! Anybody draws again: with the revealed seeds every arm of the ledger must come out as it stands there.

use serde::Serialize;

use super::seed::{DrawKey, Seed};
use super::{Candidate, Roll, draw};
use crate::ExperimentError;
use crate::canonical::{Hash, unhex};
use crate::ledger::{Body, Chain, Enrolment};

/// What a second draw says about the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redraw {
    /// Units that were drawn again.
    pub units: usize,
    /// People who put a seed in.
    pub seeds: usize,
    /// What does not agree, with the entry of the ledger.
    pub differences: Vec<String>,
}

/// Hashes of the seeds that are committed for an experiment, in the order of the ledger.
#[must_use]
pub fn commitments(chain: &Chain, experiment: &str) -> Vec<(Hash, Hash)> {
    let own = chain.hashed().filter_map(|(hash, entry)| match &entry.body {
        Body::SeedCommitment(seed) if seed.experiment == experiment => Some((*hash, seed.commitment)),
        _ => None,
    });
    own.collect()
}

/// Seeds that were revealed in the ledger.
#[must_use]
pub fn revealed(chain: &Chain, experiment: &str) -> Vec<Seed> {
    let own = chain.entries().iter().filter_map(|entry| match &entry.body {
        Body::SeedReveal(seed) if seed.experiment == experiment => unhex(&seed.seed).map(Seed::new),
        _ => None,
    });
    own.collect()
}

/// The key of an experiment's draws from the seeds at hand.
///
/// # Errors
/// [`ExperimentError::Refused`] where no seed is committed, or where a committed one is not at hand.
pub fn draw_key(chain: &Chain, experiment: &str, seeds: &[Seed]) -> Result<DrawKey, ExperimentError> {
    let committed = commitments(chain, experiment);
    if committed.is_empty() {
        return Err(ExperimentError::Refused {
            what: format!("no seed is committed for `{experiment}`"),
            hint: Some(format!("`candor assign commit {experiment}` makes one and writes its hash into the ledger")),
        });
    }
    let mut ordered = Vec::with_capacity(committed.len());
    for (_, commitment) in &committed {
        match seeds.iter().find(|seed| seed.commitment(experiment) == *commitment) {
            Some(seed) => ordered.push(seed),
            None => {
                return Err(ExperimentError::Refused {
                    what: format!(
                        "the seed with the hash {}… is not at hand: {} of {} are",
                        commitment.short(),
                        ordered.len(),
                        committed.len()
                    ),
                    hint: Some(
                        "name the files of all seeds with `--seed`; without every one of them nothing can be drawn".to_owned(),
                    ),
                });
            }
        }
    }
    Ok(DrawKey::new(experiment, &ordered))
}

/// Draws everything again and compares.
///
/// # Errors
/// As [`draw_key`].
pub fn redraw(chain: &Chain, experiment: &str, seeds: &[Seed]) -> Result<Redraw, ExperimentError> {
    let key = draw_key(chain, experiment, seeds)?;
    let mut found = Redraw { units: 0, seeds: commitments(chain, experiment).len(), differences: Vec::new() };
    let mut enrolments: Vec<(Hash, u32, Enrolment)> = Vec::new();
    for (hash, entry) in chain.hashed() {
        match &entry.body {
            Body::Enrolment(own) if own.experiment == experiment => {
                found.differences.extend(out_of_order(own, &key).map(|unit| {
                    format!(
                        "entry {}: unit `{unit}` has not the place that the lot gives it: somebody ordered the units",
                        entry.seq
                    )
                }));
                enrolments.push((*hash, entry.seq, own.clone()));
            }
            Body::Assignment(own) if own.experiment == experiment => {
                let Some((_, _, enrolment)) = enrolments.iter().find(|(hash, ..)| *hash == own.enrolment) else { continue };
                let again = draw(own.enrolment, enrolment, &key);
                found.units += again.draws.len();
                for (was, is) in own.draws.iter().zip(&again.draws).filter(|(was, is)| was != is) {
                    found.differences.push(format!(
                        "entry {}: unit `{}` has arm `{}`, and the lot gives it `{}`",
                        entry.seq, was.unit, was.arm, is.arm
                    ));
                }
            }
            _ => {}
        }
    }
    let waiting = Roll::of(chain, experiment).waiting;
    found.differences.extend(waiting.iter().map(|(hash, units)| {
        format!(
            "{} units of the enrolment {}… have no draw: the next `candor assign enrol` makes it",
            units.units.len(),
            hash.short()
        )
    }));
    Ok(found)
}

/// Compares what people forecast, as a file says now, with what the ledger holds: units whose forecast was changed after their draw.
///
/// # Errors
/// As [`draw_key`].
pub fn changed_forecasts(
    chain: &Chain,
    experiment: &str,
    seeds: &[Seed],
    candidates: &[Candidate],
) -> Result<Vec<String>, ExperimentError> {
    let key = draw_key(chain, experiment, seeds)?;
    let mut found = Vec::new();
    for entry in chain.entries() {
        let Body::Enrolment(own) = &entry.body else { continue };
        for unit in own.units.iter().filter(|_| own.experiment == experiment) {
            let Some(candidate) = candidates.iter().find(|candidate| candidate.unit == unit.unit) else { continue };
            let now = candidate.forecast.as_ref().map(|forecast| forecast.commitment(&unit.unit, &key)).transpose()?;
            if now != unit.forecast {
                found.push(format!(
                    "entry {}: the forecast of unit `{}` is not the one that was made before its draw",
                    entry.seq, unit.unit
                ));
            }
        }
    }
    Ok(found)
}

/// The first unit of an enrolment that does not stand where the lot orders it.
fn out_of_order(enrolment: &Enrolment, key: &DrawKey) -> Option<String> {
    let mut sorted: Vec<_> = enrolment.units.iter().collect();
    sorted.sort_by_cached_key(|unit| (unit.stratum.clone(), key.rank(&unit.unit)));
    enrolment.units.iter().zip(sorted).find(|(was, is)| was.unit != is.unit).map(|(was, _)| was.unit.clone())
}

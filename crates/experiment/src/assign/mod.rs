//! Who gets which arm, by lot, from seeds that nobody could choose afterwards.
//!
//! Units are enrolled first, with what their people expect of them, and drawn after: an enrolment fixes each unit's place in the stream of
//! its stratum, and the seed fixes what lies at that place. So a run that is repeated, an input in another order and units that come later
//! change nothing that was drawn.

pub mod blocks;
pub mod clusters;
pub mod redraw;
pub mod seed;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::ExperimentError;
use crate::canonical::Hash;
use crate::ledger::{Assignment, Body, Chain, Draw, EnrolledUnit, Enrolment};
use crate::plan::{Design, Plan, UnitKind};
use seed::DrawKey;

/// A unit that may take part.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The unit.
    pub unit: String,
    /// Within what it is drawn: `PERSON/CONTEXT` for tasks, a kind of team for teams.
    pub stratum: String,
    /// What is expected of it.
    pub forecast: Option<Forecast>,
}

/// What somebody expected before the draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Minutes that the unit will take with AI allowed.
    pub minutes_with_ai: Option<f64>,
    /// Minutes that it will take without.
    pub minutes_without_ai: Option<f64>,
    /// When it was said.
    pub at: Timestamp,
}

impl Forecast {
    /// The commitment that stands in the ledger: nobody reads the figure from it, and whoever has figure and seeds can compare.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where a figure is no number.
    pub fn commitment(&self, unit: &str, key: &DrawKey) -> Result<Hash, ExperimentError> {
        Ok(key.commit(&crate::canonical::text(&(unit, self))?))
    }
}

/// How arms are drawn under a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// One by one, in blocks of random size within a stratum.
    Blocks,
    /// All units of a wave at once, within a stratum.
    Clusters,
}

impl Scheme {
    /// The scheme of a design.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] where the design draws nothing.
    pub fn of(plan: &Plan) -> Result<Self, ExperimentError> {
        match plan.design.kind {
            Design::TaskRct | Design::WithinTeam => Ok(Self::Blocks),
            Design::Cluster | Design::Staggered => Ok(Self::Clusters),
            Design::ControlTeam | Design::Observational => Err(ExperimentError::Refused {
                what: format!("plan `{}` has the design `{}`, which draws nothing", plan.id, plan.design.kind),
                hint: Some(
                    "its groups are named in the plan; a lot needs task_rct, within_team, cluster or staggered".to_owned(),
                ),
            }),
        }
    }

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Clusters => "clusters",
        }
    }
}

/// What an experiment has drawn so far.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// Every enrolled unit.
    pub units: BTreeSet<String>,
    /// Units of each stratum so far.
    pub positions: BTreeMap<String, u32>,
    /// Waves of each stratum so far.
    pub waves: BTreeMap<String, u32>,
    /// Enrolments that wait for their draw.
    pub waiting: Vec<(Hash, Enrolment)>,
    /// Everything that was drawn.
    pub drawn: Vec<Drawn>,
}

/// One unit as it was drawn: a row of assignments.csv.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// The experiment.
    pub experiment: String,
    /// `task`, `person`, `team` or `work_item`.
    pub unit_kind: String,
    /// The unit.
    pub unit: String,
    /// Its arm.
    pub arm: String,
    /// Stratum and block.
    pub stratum: String,
    /// When it was drawn.
    pub assigned_at: Timestamp,
    /// The entry of the ledger that says so.
    pub ledger_entry: u32,
}

impl Roll {
    /// Reads the roll of an experiment from the ledger.
    #[must_use]
    pub fn of(chain: &Chain, experiment: &str) -> Self {
        let mut roll = Self::default();
        for (hash, entry) in chain.hashed() {
            match &entry.body {
                Body::Enrolment(enrolment) if enrolment.experiment == experiment => {
                    for unit in &enrolment.units {
                        roll.units.insert(unit.unit.clone());
                        *roll.positions.entry(unit.stratum.clone()).or_default() += 1;
                    }
                    for stratum in enrolment.waves.keys() {
                        *roll.waves.entry(stratum.clone()).or_default() += 1;
                    }
                    roll.waiting.push((*hash, enrolment.clone()));
                }
                Body::Assignment(assignment) if assignment.experiment == experiment => {
                    let enrolment =
                        roll.waiting.iter().find(|(hash, _)| *hash == assignment.enrolment).map(|(_, enrolment)| enrolment);
                    let unit_kind = enrolment.map_or_else(String::new, |enrolment| enrolment.unit_kind.clone());
                    roll.drawn.extend(assignment.draws.iter().map(|draw| Drawn {
                        experiment: experiment.to_owned(),
                        unit_kind: unit_kind.clone(),
                        unit: draw.unit.clone(),
                        arm: draw.arm.clone(),
                        stratum: draw.stratum.clone(),
                        assigned_at: entry.at,
                        ledger_entry: entry.seq,
                    }));
                    roll.waiting.retain(|(hash, _)| *hash != assignment.enrolment);
                }
                _ => {}
            }
        }
        roll
    }
}

/// Makes the entry that enrols those candidates who are not enrolled yet; none where all of them are.
///
/// # Definition
/// Within a stratum new units take the next places in the order of HMAC(seeds, unit), so that the order of the input decides nothing. Who
/// comes in a later call comes after: nothing that has a place moves.
///
/// # Errors
/// [`ExperimentError::Refused`] where a unit is named twice with different strata, lacks a forecast that the design asks for, or was
/// forecast after `at`; where no roll-out date is left.
pub fn enrol(
    plan: &Plan,
    roll: &Roll,
    key: &DrawKey,
    candidates: &[Candidate],
    at: Timestamp,
) -> Result<Option<Enrolment>, ExperimentError> {
    let scheme = Scheme::of(plan)?;
    let refused = |what: String, hint: &str| ExperimentError::Refused { what, hint: Some(hint.to_owned()) };
    let mut fresh: BTreeMap<&str, &Candidate> = BTreeMap::new();
    for candidate in candidates {
        let unit = candidate.unit.as_str();
        if let Some(other) = fresh.get(unit).filter(|other| **other != candidate) {
            return Err(refused(
                format!("unit `{unit}` is named twice, in `{}` and `{}`", other.stratum, candidate.stratum),
                "name every unit once",
            ));
        }
        if unit.is_empty() || candidate.stratum.is_empty() {
            return Err(refused(format!("unit `{unit}` has no name or no stratum"), "both are needed"));
        }
        if roll.units.contains(unit) {
            continue;
        }
        if plan.design.kind == Design::TaskRct && candidate.forecast.as_ref().is_none_or(|own| own.minutes_without_ai.is_none()) {
            return Err(refused(
                format!("unit `{unit}` has no forecast of the minutes without AI"),
                "people forecast before they know the draw: afterwards nobody can",
            ));
        }
        if let Some(forecast) = candidate.forecast.as_ref().filter(|forecast| forecast.at > at) {
            return Err(refused(
                format!("unit `{unit}` is forecast at {}, after its draw at {at}", forecast.at),
                "forecast first, then enrol",
            ));
        }
        fresh.insert(unit, candidate);
    }
    if fresh.is_empty() {
        return Ok(None);
    }
    let arms = arms(plan, at)?;
    // The ledger is committed and read by many: a stratum that names a person is written as a code.
    let label = |candidate: &Candidate| match scheme {
        Scheme::Blocks => key.label(&candidate.stratum),
        Scheme::Clusters => candidate.stratum.clone(),
    };
    let mut fresh: Vec<(String, &Candidate)> = fresh.into_values().map(|candidate| (label(candidate), candidate)).collect();
    fresh.sort_by_cached_key(|(stratum, candidate)| (stratum.clone(), key.rank(&candidate.unit)));
    let mut positions = roll.positions.clone();
    let mut waves = BTreeMap::new();
    let mut units = Vec::with_capacity(fresh.len());
    for (stratum, candidate) in fresh {
        let position = positions.entry(stratum.clone()).or_default();
        let forecast = candidate.forecast.as_ref().map(|own| own.commitment(&candidate.unit, key)).transpose()?;
        units.push(EnrolledUnit { unit: candidate.unit.clone(), stratum: stratum.clone(), position: *position, forecast });
        *position += 1;
        if scheme == Scheme::Clusters {
            let wave = roll.waves.get(&stratum).copied().unwrap_or(0);
            waves.insert(stratum, wave);
        }
    }
    let block_sizes = if scheme == Scheme::Blocks { plan.design.block_sizes.clone() } else { Vec::new() };
    Ok(Some(Enrolment {
        experiment: plan.id.clone(),
        unit_kind: unit_kind(plan.design.unit).to_owned(),
        scheme: scheme.as_str().to_owned(),
        arms,
        block_sizes,
        waves,
        units,
    }))
}

fn unit_kind(unit: UnitKind) -> &'static str {
    unit.as_str()
}

/// The arms that can be drawn now: those of the plan, or the roll-out dates that are still to come.
fn arms(plan: &Plan, at: Timestamp) -> Result<Vec<String>, ExperimentError> {
    if plan.design.kind != Design::Staggered {
        return Ok(plan.design.arms.clone());
    }
    let today = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let dates: Vec<String> = plan.design.rollout_dates.iter().filter(|day| **day >= today).map(ToString::to_string).collect();
    if dates.is_empty() {
        return Err(ExperimentError::Refused {
            what: format!("no roll-out date of `{}` is left on {today}", plan.id),
            hint: Some("teams that come after the last date take no part in the lot".to_owned()),
        });
    }
    Ok(dates)
}

/// Draws the units of an enrolment: a function of the enrolment and the seeds alone.
#[must_use]
pub fn draw(hash: Hash, enrolment: &Enrolment, key: &DrawKey) -> Assignment {
    let draws: Vec<Draw> =
        if enrolment.scheme == Scheme::Blocks.as_str() { blocks::draw(enrolment, key) } else { clusters::draw(enrolment, key) };
    Assignment { experiment: enrolment.experiment.clone(), enrolment: hash, draws }
}

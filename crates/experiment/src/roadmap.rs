//! Where the whole undertaking stands on a day: phases, their gates, what is missing, what to do next and until when.
//!
//! A function of plan, ledger, coverage of the data and the day. Nothing is skipped in silence: a metric without data is `unavailable`, with the
//! reason that somebody signed in the plan, or it is missing.

mod coverage;
mod gates;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::ledger::Chain;
use crate::plan::{Plan, words::spelled};

pub use coverage::{AttributionMeasured, Coverage, Detectable, MetricCoverage, PilotChecks};

spelled! {
    /// A phase of the undertaking.
    PhaseKind {
        /// Measure before anything changes.
        Baseline = "baseline",
        /// Arms at work.
        Pilot = "pilot",
        /// The registered analysis.
        Analysis = "analysis",
        /// Rules from verdicts.
        Policy = "policy",
        /// Quality, review burden, velocity.
        Months3 = "checkpoint_3",
        /// The verdict of the plan.
        Months6 = "checkpoint_6",
        /// Skills and promotion.
        Months12 = "checkpoint_12",
        /// Capability and retention.
        Months24 = "checkpoint_24",
    }
}

spelled! {
    /// How a phase stands.
    Status {
        /// Its time has not come.
        ToCome = "to_come",
        /// Its time is now.
        Now = "now",
        /// Its time is over and its gate holds.
        Done = "done",
        /// Its time is over and something is missing.
        Late = "late",
    }
}

spelled! {
    /// How one thing of a gate stands.
    ItemState {
        /// It holds.
        Met = "met",
        /// It does not hold yet.
        Missing = "missing",
        /// It cannot be had, and somebody signed why.
        Unavailable = "unavailable",
        /// It does not concern this design.
        NotNeeded = "not_needed",
        /// Its day has not come.
        ToCome = "to_come",
    }
}

/// One thing of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What must hold.
    pub what: String,
    /// How it stands.
    pub state: ItemState,
    /// Why, in words.
    pub why: String,
    /// What to do next, where something is missing.
    pub next: Option<String>,
    /// Until when.
    pub until: Option<Date>,
}

/// A phase with its gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Which.
    pub phase: PhaseKind,
    /// First day.
    pub from: Date,
    /// First day after it.
    pub until: Date,
    /// How it stands.
    pub status: Status,
    /// Whether the phase before it has closed its gate.
    pub may_open: bool,
    /// What must hold before the next phase opens.
    pub gate: Vec<Item>,
}

/// The whole way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roadmap {
    /// The plan.
    pub plan: String,
    /// The day.
    pub as_of: Date,
    /// The phases in order.
    pub phases: Vec<Phase>,
}

impl Phase {
    fn is_closed(&self) -> bool {
        self.gate.iter().all(|item| !matches!(item.state, ItemState::Missing | ItemState::ToCome))
    }
}

impl Roadmap {
    /// What is missing or to be done on its day, over all phases whose time has come.
    #[must_use]
    pub fn next_steps(&self) -> Vec<&Item> {
        let open = self.phases.iter().filter(|phase| matches!(phase.status, Status::Now | Status::Late));
        let is_open = |item: &&Item| matches!(item.state, ItemState::Missing | ItemState::ToCome);
        open.flat_map(|phase| &phase.gate).filter(is_open).collect()
    }
}

/// Draws the way of a plan as it stands on a day.
///
/// # Input
/// `chain` up to that day or longer (entries that are dated later are not looked at); `coverage` of the data, where it was measured.
#[must_use]
pub fn roadmap(plan: &Plan, chain: &Chain, coverage: Option<&Coverage>, as_of: Date) -> Roadmap {
    let dates = &plan.dates;
    let month = |months: i64| dates.pilot_from.checked_add(months.months()).unwrap_or(dates.pilot_from);
    let known = gates::Known::new(plan, chain, coverage, as_of);
    let spans = [
        (PhaseKind::Baseline, dates.baseline_from, dates.pilot_from),
        (PhaseKind::Pilot, dates.pilot_from, dates.pilot_until),
        (PhaseKind::Analysis, dates.pilot_until, dates.analysis_until),
        (PhaseKind::Policy, dates.analysis_until, dates.policy_until),
        (PhaseKind::Months3, month(3), month(4)),
        (PhaseKind::Months6, month(6), month(7)),
        (PhaseKind::Months12, month(12), month(13)),
        (PhaseKind::Months24, month(24), month(25)),
    ];
    let mut phases: Vec<Phase> = Vec::with_capacity(spans.len());
    for (phase, from, until) in spans {
        let gate = known.gate(phase, from, until);
        let may_open = match phase {
            PhaseKind::Baseline => true,
            // Checkpoints hang on their dates, not on each other.
            PhaseKind::Months3 | PhaseKind::Months6 | PhaseKind::Months12 | PhaseKind::Months24 => true,
            _ => phases.last().is_none_or(|before| before.is_closed() && before.may_open),
        };
        let mut own = Phase { phase, from, until, status: Status::ToCome, may_open, gate };
        own.status = match as_of {
            day if day < from => Status::ToCome,
            day if day < until => Status::Now,
            _ if own.is_closed() => Status::Done,
            _ => Status::Late,
        };
        phases.push(own);
    }
    Roadmap { plan: plan.id.clone(), as_of, phases }
}

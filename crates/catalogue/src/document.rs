//! The result of a run: every figure with what a reader needs to judge it. Pages and `--json` read nothing else.

use std::collections::BTreeMap;

use candor_stats::{Estimate, Outcome};
use serde::Serialize;

use crate::breaks::Break;
use crate::header::{Direction, PeriodKind};
use crate::settings::Shown;

/// Id and version of the schema of [`Results`]; documented in `docs/metrics-schema.md`.
pub const SCHEMA: &str = "candor-metrics/1";

/// What was computed in one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: String,
    /// Number of the snapshot that everything was computed from; `null` for facts that are in no lake.
    pub snapshot: Option<i64>,
    /// Settings that figures depend on.
    pub settings: Shown,
    /// The metrics in the order in which they were asked for.
    pub metrics: Vec<MetricResult>,
    /// Days across which figures of some of the metrics do not compare, in order.
    pub breaks: Vec<Break>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricResult {
    /// Its id.
    pub id: String,
    /// Version of its definition.
    pub version: u32,
    /// 1, 2 or 3.
    pub tier: u8,
    /// How often a reader looks at it.
    pub cadence: PeriodKind,
    /// The question that it answers.
    pub question: String,
    /// What a reader must know.
    pub caveats: String,
    /// Whether it is one of the organisation's own.
    pub own: bool,
    /// Its figures.
    pub figures: Vec<FigureResult>,
}

/// One figure, cell by cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureResult {
    /// `review_time.hours`, or the id of the metric alone.
    pub figure: String,
    /// Unit of the point and its limits.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Name of the estimator.
    pub estimator: String,
    /// Factor between numerator / denominator and the point.
    pub scale: f64,
    /// By period, and in it first all units together and then each slice.
    pub cells: Vec<Cell>,
}

/// One figure of one group in one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// The group: dimension to value. Empty = all units together.
    pub by: BTreeMap<String, String>,
    /// The period.
    pub period: Span,
    /// The figure, or why there is none.
    pub answer: Answer,
    /// What is counted or summed, where the figure is a ratio: the point is `scale * numerator / denominator`.
    pub numerator: Option<f64>,
    /// What it is divided by.
    pub denominator: Option<f64>,
    /// Observations that the figure rests on.
    pub units: u64,
    /// Distinct people behind them, where the metric knows people.
    pub people: Option<u64>,
    /// Share of the observations that lack a cell that the figure needs, 0 to 1.
    pub left_out_share: Option<f64>,
    /// For an open follow-up: the day on which it closes.
    pub closes_on: Option<String>,
}

/// A period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its kind.
    pub kind: PeriodKind,
    /// `2025-W10`, `2025-03`, `overall`.
    pub name: String,
    /// Its first day.
    pub from: String,
    /// The day after its last one.
    pub until: String,
}

/// A figure, or why there is none. The four are never taken for each other, and none is a 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// A figure.
    Estimate(Box<Estimate>),
    /// There is too little to compute it from.
    Insufficient {
        /// Stable name of the reason.
        code: String,
        /// What there was.
        have: String,
        /// What it takes.
        need: String,
        /// One sentence.
        reason: String,
    },
    /// The question makes no sense here.
    NotApplicable {
        /// Stable name of the reason.
        code: String,
        /// One sentence.
        reason: String,
    },
    /// The instrument was not running.
    NotObserved {
        /// Stable name of the reason.
        code: String,
        /// One sentence.
        reason: String,
    },
}

impl Answer {
    /// The figure, if there is one.
    #[must_use]
    pub fn point(&self) -> Option<f64> {
        self.estimate().map(|estimate| estimate.point)
    }

    /// The figure with all that belongs to it, if there is one.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Estimate(estimate) => Some(estimate),
            _ => None,
        }
    }

    /// Why there is none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Estimate(_) => None,
            Self::Insufficient { code, .. } | Self::NotApplicable { code, .. } | Self::NotObserved { code, .. } => Some(code),
        }
    }

    /// An outcome of a statistic; `code` names the reason where it could not be computed.
    #[must_use]
    pub fn of(outcome: Outcome, code: &str) -> Self {
        match outcome {
            Outcome::Estimate(estimate) => Self::Estimate(Box::new(estimate)),
            Outcome::Insufficient { have, need, reason } => Self::Insufficient { code: code.to_owned(), have, need, reason },
            Outcome::NotApplicable { reason } => Self::NotApplicable { code: code.to_owned(), reason },
        }
    }
}

//! The one type for all answers. The absence of evidence is a value of its own and never a 0.

use serde::Serialize;

/// The answer of a statistic: a figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A figure with everything that a reader needs to judge it.
    Estimate(Estimate),
    /// The statistic is defined here, but there is too little to compute it from.
    Insufficient {
        /// What there was, for example `3 clusters`.
        have: String,
        /// What it takes, for example `6 clusters`.
        need: String,
        /// One sentence for the reader.
        reason: String,
    },
    /// The question makes no sense for this input, whatever the amount of data.
    NotApplicable {
        /// One sentence for the reader.
        reason: String,
    },
}

/// A point with its interval and provenance. Every number in it is finite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure, in the unit that the statistic documents.
    pub point: f64,
    /// Confidence interval, where the method gives one.
    pub interval: Option<Interval>,
    /// How it was computed, in the field's standard terms, for example `Kaplan-Meier, infinitesimal jackknife by cluster`.
    pub method: String,
    /// Variance of the point on the scale of the point.
    pub variance: Option<f64>,
    /// Degrees of freedom of that variance, where the reference distribution is Student's or Fisher's.
    pub degrees_of_freedom: Option<f64>,
    /// Two-sided p-value against the null value that the statistic documents.
    pub p_value: Option<f64>,
    /// Number of units (sum of weights where units carry weights).
    pub units: f64,
    /// Number of independent clusters, where units are clustered.
    pub clusters: Option<usize>,
    /// Number of events (sum of weights), where units have events.
    pub events: Option<f64>,
    /// Share of units that were censored, 0 to 1.
    pub censored_share: Option<f64>,
    /// Share of units whose source is unknown, 0 to 1; filled by the caller that knows sources.
    pub unknown_source_share: Option<f64>,
    /// Whether the follow-up that the figure needs is complete; filled by the caller that knows windows.
    pub maturity: Option<Maturity>,
    /// Sentences that must stand beside the figure (few clusters, a miss of nominal coverage, a trimmed sample).
    pub notes: Vec<String>,
}

/// A confidence interval. A missing limit is unbounded or undefined; a note of the estimate says which.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Nominal two-sided level, 0 to 1.
    pub level: f64,
}

/// Whether the follow-up of the window is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Maturity {
    /// Every unit had the chance of a full follow-up.
    Closed,
    /// Some units are still inside their follow-up.
    Open,
}

impl Interval {
    /// An interval with both limits; a limit that is not finite becomes a missing one.
    #[must_use]
    pub fn new(lower: f64, upper: f64, level: f64) -> Self {
        let kept = |limit: f64| limit.is_finite().then_some(limit);
        Self { lower: kept(lower), upper: kept(upper), level }
    }
}

impl Estimate {
    /// A bare figure; the caller fills in what else it knows.
    #[must_use]
    pub fn new(point: f64, method: impl Into<String>, units: f64) -> Self {
        Self {
            point,
            interval: None,
            method: method.into(),
            variance: None,
            degrees_of_freedom: None,
            p_value: None,
            units,
            clusters: None,
            events: None,
            censored_share: None,
            unknown_source_share: None,
            maturity: None,
            notes: Vec::new(),
        }
    }

    /// Standard error, where there is a variance.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        self.variance.map(f64::sqrt)
    }
}

impl Estimate {
    /// The same with a word on a limit that left the range of numbers.
    pub(crate) fn settled(mut self) -> Self {
        let missing = self.interval.is_some_and(|interval| interval.lower.is_none() || interval.upper.is_none());
        if missing && self.notes.is_empty() {
            self.notes.push("a missing limit is too large to be a number: the data hardly limit the figure".to_string());
        }
        self
    }
}

impl Outcome {
    /// Shorthand for [`Outcome::Insufficient`].
    #[must_use]
    pub fn insufficient(have: impl Into<String>, need: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Insufficient { have: have.into(), need: need.into(), reason: reason.into() }
    }

    /// Shorthand for [`Outcome::NotApplicable`].
    #[must_use]
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable { reason: reason.into() }
    }

    /// The estimate, if there is one.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Estimate(estimate) => Some(estimate),
            Self::Insufficient { .. } | Self::NotApplicable { .. } => None,
        }
    }

    /// The point, if there is an estimate.
    #[must_use]
    pub fn point(&self) -> Option<f64> {
        self.estimate().map(|estimate| estimate.point)
    }
}

//! The head of a metric file: a comment that is TOML, which says what the SELECT below it measures.

mod read;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Fault;
use read::{Reader, body};

/// A metric: its head and its SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Stable name; the name of the file.
    pub id: String,
    /// Version of the definition.
    pub version: u32,
    /// 1 = business outcomes, 2 = team health, 3 = individual patterns.
    pub tier: u8,
    /// How often a reader looks at it: the period that is printed unless another is asked for.
    pub cadence: PeriodKind,
    /// The question that it answers.
    pub question: String,
    /// The exact definition in words.
    pub definition: String,
    /// Who says so.
    pub source: String,
    /// What a reader must know.
    pub caveats: String,
    /// Tables without which there is no figure.
    pub needs: Vec<String>,
    /// Dimensions that make sense.
    pub slices: Vec<String>,
    /// Dimensions that no figure may be summed over: each combination of their values has its own figures.
    pub per: Vec<String>,
    /// Whether history before the window counts.
    pub all_time: bool,
    /// Of somebody else's definition: the figure of ours that its last step is, with its slice.
    pub ours: Option<(String, BTreeMap<String, String>)>,
    /// The figures, in the order of the file.
    pub figures: Vec<Figure>,
    /// Where it comes from.
    pub file: String,
    /// Whether it is one of the organisation's own.
    pub own: bool,
    /// The whole file.
    pub text: String,
}

/// One figure of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name below the metric's; empty for the only one.
    pub name: String,
    /// Unit of the figure.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// How observations become the figure.
    pub estimator: Estimator,
    /// Factor on the result, for example per 1,000.
    pub scale: f64,
    /// Column that says which observations count.
    pub only: Option<String>,
    /// Days that a period must be followed after its end before it has a figure.
    pub follow_up_days: Option<u32>,
    /// Distinct people that a cell needs.
    pub min_people: Option<u32>,
    /// Tables without which it has no value, where they are not those of the metric.
    pub needs: Option<Vec<String>>,
    /// Dimensions that make sense for it, where not all of the metric's do.
    pub slices: Option<Vec<String>>,
    /// Of somebody else's definition: what this step towards ours changes.
    pub step: Option<String>,
    /// Line of the file on which it begins.
    pub line: usize,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Context only.
    Neither,
}

/// A kind of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// The whole window.
    Overall,
    /// A local day.
    Day,
    /// An ISO week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
}

impl PeriodKind {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overall => "overall",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// How observations become a figure, with the columns that it reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Estimator {
    /// Mean of a column.
    Mean {
        /// The column.
        value: String,
    },
    /// Mean of means: over the rows of each unit of the last column, then over those of the one before, and so on.
    MeanOfUnits {
        /// The column.
        value: String,
        /// Columns of the units, the outermost first.
        by: Vec<String>,
    },
    /// Sum over sum.
    Ratio(Parts),
    /// Share of observations whose column is 1.
    Proportion {
        /// The column, 0 or 1.
        value: String,
    },
    /// Events over exposure.
    Rate(Parts),
    /// A sum that is only shown.
    Count {
        /// The column.
        value: String,
    },
    /// Exponential of the mean log.
    GeometricMean {
        /// The column, above 0.
        value: String,
    },
    /// Sample quantile of type 7.
    Quantile {
        /// The column.
        value: String,
        /// Which, between 0 and 1.
        q: f64,
    },
    /// Kaplan-Meier.
    Survival {
        /// Column of the durations.
        duration: String,
        /// Column that says whether they ended with the event.
        event: String,
        /// Column of the weights.
        weight: Option<String>,
        /// Column of delayed entries.
        entry: Option<String>,
        /// What is read off the curve.
        report: SurvivalReport,
    },
    /// Aalen-Johansen.
    CumulativeIncidence {
        /// Column of the durations.
        duration: String,
        /// Column of the causes: 0 censored, 1 the event, 2 a competing one.
        cause: String,
        /// Column of the weights.
        weight: Option<String>,
        /// What is read off the curve.
        report: IncidenceReport,
    },
    /// A file of Rust with the id of the metric.
    Composed,
}

/// Columns of a ratio or a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What is counted or summed.
    pub numerator: String,
    /// What it is divided by.
    pub denominator: String,
    /// What it is divided by in a week, where that differs.
    pub denominator_in_week: Option<String>,
}

/// What is read off a survival curve.
#[derive(Debug, Clone, PartialEq)]
pub enum SurvivalReport {
    /// Share to which the event has happened by a time.
    Event {
        /// The time, in the unit of the durations.
        at: f64,
    },
    /// Share that is left at a time.
    Survival {
        /// The time, in the unit of the durations.
        at: f64,
    },
    /// When half have gone.
    Median,
    /// Mean duration up to a limit.
    RestrictedMean {
        /// The setting that is the limit.
        limit_setting: String,
    },
}

/// What is read off a cumulative incidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IncidenceReport {
    /// Share to which the event has happened by a time.
    At(f64),
    /// When it has happened to half.
    Median,
}

impl Estimator {
    /// Its name in a head.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Mean { .. } => "mean",
            Self::MeanOfUnits { .. } => "mean_of_units",
            Self::Ratio(_) => "ratio",
            Self::Proportion { .. } => "proportion",
            Self::Rate(_) => "rate",
            Self::Count { .. } => "count",
            Self::GeometricMean { .. } => "geometric_mean",
            Self::Quantile { q, .. } if *q == 0.5 => "median",
            Self::Quantile { .. } => "quantile",
            Self::Survival { .. } => "survival",
            Self::CumulativeIncidence { .. } => "cumulative_incidence",
            Self::Composed => "composed",
        }
    }

    /// The columns of numbers that it reads, with the key that names each.
    #[must_use]
    pub fn columns(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Mean { value }
            | Self::MeanOfUnits { value, .. }
            | Self::Proportion { value }
            | Self::Count { value }
            | Self::GeometricMean { value }
            | Self::Quantile { value, .. } => vec![("value", value)],
            Self::Ratio(parts) | Self::Rate(parts) => {
                let mut all = vec![("numerator", parts.numerator.as_str()), ("denominator", parts.denominator.as_str())];
                all.extend(parts.denominator_in_week.as_deref().map(|column| ("denominator_in_week", column)));
                all
            }
            Self::Survival { duration, event, weight, entry, .. } => {
                let mut all = vec![("duration", duration.as_str()), ("event", event.as_str())];
                all.extend(weight.as_deref().map(|column| ("weight", column)));
                all.extend(entry.as_deref().map(|column| ("entry", column)));
                all
            }
            Self::CumulativeIncidence { duration, cause, weight, .. } => {
                let mut all = vec![("duration", duration.as_str()), ("cause", cause.as_str())];
                all.extend(weight.as_deref().map(|column| ("weight", column)));
                all
            }
            Self::Composed => Vec::new(),
        }
    }

    /// The columns of names that it groups by, beyond the standard ones.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::MeanOfUnits { by, .. } => by,
            _ => &[],
        }
    }
}

impl Metric {
    /// The name of a figure in results: `review_time.hours`, or the id alone.
    #[must_use]
    pub fn key(&self, figure: &Figure) -> String {
        if figure.name.is_empty() { self.id.clone() } else { format!("{}.{}", self.id, figure.name) }
    }

    /// The SELECT below the head.
    #[must_use]
    pub fn sql(&self) -> &str {
        body(&self.text).map_or("", |at| self.text.get(at..).unwrap_or_default()).trim()
    }

    /// Reads a metric file.
    ///
    /// # Errors
    /// [`Fault`] at the first line that is wrong.
    pub fn parse(file: &str, text: &str, own: bool) -> Result<Self, Fault> {
        Reader { file, text }.metric(own)
    }
}

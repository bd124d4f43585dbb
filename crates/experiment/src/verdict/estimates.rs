//! The figures that a verdict is made of, as the registered analysis hands them over: a plain value that can be kept and replayed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ExperimentError;
use crate::plan::{Criterion, Direction, Plan, Scale, words::spelled};

/// Name of this form.
const FORM: &str = "candor-estimates-1";

spelled! {
    /// Where figures come from.
    Origin {
        /// Somebody typed them into a file: no snapshot shows them.
        Typed = "typed",
        /// The registered analysis computed them from the snapshot that they name; it can be run again.
        RegisteredAnalysis = "registered_analysis",
    }
}

impl Origin {
    /// Whether somebody typed them.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        *self == Self::Typed
    }

    pub(super) fn typed() -> Self {
        Self::Typed
    }
}

/// All figures of one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimates {
    /// Always `candor-estimates-1`.
    pub form: String,
    /// The plan that they were computed for.
    pub plan: String,
    /// Day up to which data were used.
    pub as_of: Date,
    /// Snapshot of the data.
    pub snapshot: String,
    /// Where they come from. A file that somebody hands over is typed, whatever it says.
    #[serde(skip_serializing_if = "Origin::is_typed", default = "Origin::typed")]
    pub origin: Origin,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Metric.
    pub metric: String,
    /// Figure of the metric; empty where it has one only.
    #[serde(default)]
    pub figure: String,
    /// Definition version.
    pub version: u32,
    /// What is measured: a relative difference, one in points, or a difference or level in the metric's unit.
    pub scale: Scale,
    /// Which way is good for the metric; the point is in the metric's own direction.
    pub better: Direction,
    /// A group, where it is about one only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<Group>,
    /// The figure, or why there is none.
    pub answer: Answer,
    /// Share of units whose source is not known, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown_source_share: Option<f64>,
    /// Difference between the arms of the shares of missing outcomes, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing_difference: Option<f64>,
}

/// A group of units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// `context`, `level` and so on.
    pub dimension: String,
    /// Its value.
    pub value: String,
}

/// The four things that a figure can be. None of them is 0 for another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// An estimate.
    Estimate {
        /// The point, in the metric's own direction.
        point: f64,
        /// Its standard error.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        standard_error: Option<f64>,
        /// Degrees of freedom of that.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        degrees_of_freedom: Option<f64>,
        /// Limits that the method gives by itself, such as a bootstrap or a lot drawn again, at the levels that the look asks for. Where
        /// there are any, only they decide, and the standard error does not.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        intervals: Vec<OwnInterval>,
        /// Units.
        units: f64,
        /// Clusters, where units are clustered.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        clusters: Option<u32>,
        /// How it was computed.
        method: String,
        /// What has to stand beside it.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        notes: Vec<String>,
    },
    /// Too little.
    Insufficient {
        /// What there was.
        have: String,
        /// What it takes.
        need: String,
        /// In words.
        reason: String,
    },
    /// The question makes no sense here.
    NotApplicable {
        /// In words.
        reason: String,
    },
    /// Nobody was looking.
    NotObserved {
        /// In words.
        reason: String,
    },
}

/// Limits at a level, in the metric's own direction. A missing one is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnInterval {
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Two-sided level, 0 to 1.
    pub level: f64,
}

impl OwnInterval {
    fn is_sound(&self) -> bool {
        let in_order = self.lower.zip(self.upper).is_none_or(|(lower, upper)| lower <= upper);
        let finite = |limit: Option<f64>| limit.is_none_or(f64::is_finite);
        in_order && finite(self.lower) && finite(self.upper) && self.level > 0.0 && self.level < 1.0
    }
}

impl Figure {
    /// Whether it is what a criterion measures, in whatever group and version.
    #[must_use]
    pub fn is_of(&self, criterion: &Criterion) -> bool {
        self.metric == criterion.metric && self.figure == criterion.figure
    }

    /// Why it cannot be used for a criterion, though it is the figure that it names.
    #[must_use]
    pub fn mismatch(&self, criterion: &Criterion) -> Option<String> {
        if self.version != criterion.version {
            return Some(format!("the figure has definition version {}, and the plan names {}", self.version, criterion.version));
        }
        (self.scale != criterion.scale)
            .then(|| format!("the figure is on the scale `{}`, and the plan names `{}`", self.scale, criterion.scale))
    }

    /// 1 where more is better, -1 where less is: what turns a figure so that positive is good.
    pub(super) fn sign(&self) -> f64 {
        if self.better == Direction::Lower { -1.0 } else { 1.0 }
    }

    /// Two-sided p-value against no difference, at one look alone; none without a standard error.
    ///
    /// # Errors
    /// [`ExperimentError::Statistics`] where the figure is no number.
    pub fn p_value(&self) -> Result<Option<f64>, ExperimentError> {
        super::limits::p_value(self)
    }

    /// The point, turned so that positive is good.
    #[must_use]
    pub fn oriented_point(&self) -> Option<f64> {
        match &self.answer {
            Answer::Estimate { point, .. } => Some(self.sign() * point + 0.0),
            _ => None,
        }
    }
}

impl Estimates {
    /// Figures of a look.
    #[must_use]
    pub fn new(plan: &str, as_of: Date, snapshot: &str, origin: Origin, figures: Vec<Figure>) -> Self {
        Self { form: FORM.to_owned(), plan: plan.to_owned(), as_of, snapshot: snapshot.to_owned(), origin, figures }
    }

    /// Reads estimates; `name` is named when they are none.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] with line and column.
    pub fn from_json(name: &str, text: &str) -> Result<Self, ExperimentError> {
        serde_json::from_str(text).map_err(|error| ExperimentError::Refused {
            what: format!("{name}:{}:{}: expected estimates of the form `{FORM}`: {error}", error.line(), error.column()),
            hint: None,
        })
    }

    /// Whether they can be used for a plan.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), ExperimentError> {
        let refuse = |what: String| Err(ExperimentError::Refused { what, hint: None });
        if self.form != FORM {
            return refuse(format!("expected estimates of the form `{FORM}`, found `{}`", self.form));
        }
        if self.plan != plan.id {
            return refuse(format!("the estimates were computed for plan `{}`, not for `{}`", self.plan, plan.id));
        }
        for (number, figure) in self.figures.iter().enumerate() {
            let path = format!("figures[{}] (`{}`)", number, figure.metric);
            let share = |share: Option<f64>| share.is_none_or(|share| (0.0..=1.0).contains(&share));
            if !share(figure.unknown_source_share) || !share(figure.missing_difference) {
                return refuse(format!("{path}: expected shares between 0 and 1"));
            }
            if let Answer::Estimate { point, standard_error, degrees_of_freedom, intervals, units, .. } = &figure.answer {
                let positive = |number: &Option<f64>| number.is_none_or(|number| number.is_finite() && number > 0.0);
                let is_sound = point.is_finite()
                    && positive(standard_error)
                    && positive(degrees_of_freedom)
                    && units.is_finite()
                    && *units >= 0.0
                    && intervals.iter().all(OwnInterval::is_sound);
                if !is_sound {
                    return refuse(format!(
                        "{path}: expected finite numbers, errors above 0, and limits in order at levels between 0 and 1"
                    ));
                }
            }
            let same =
                |other: &Figure| other.metric == figure.metric && other.figure == figure.figure && other.group == figure.group;
            if self.figures.iter().take(number).any(same) {
                return refuse(format!("{path}: the figure is there twice"));
            }
        }
        Ok(())
    }

    /// The figure of a criterion over all groups.
    pub(super) fn of(&self, criterion: &Criterion) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.group.is_none() && figure.is_of(criterion))
    }
}

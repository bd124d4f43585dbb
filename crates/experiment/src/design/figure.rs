//! From an estimate to a figure of a look: limits at the levels that the look asks for, on the scale of the criterion.

use candor_stats::looks::confidence_sequence::{Effect, Side, Tuning, confidence_sequence};
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use candor_stats::{Estimate, Outcome};
use jiff::civil::Date;

use crate::ExperimentError;
use crate::plan::{LookMethod, Plan};
use crate::verdict::{Answer, OwnInterval, levels_asked};

/// What this look asks of a method.
pub(crate) struct Looks<'a> {
    plan: &'a Plan,
    /// Two-sided levels of intervals.
    pub(super) levels: Vec<f64>,
}

/// Twelve digits: the order in which an engine adds up numbers shows in the sixteenth, and figures that are computed again must have the
/// same hash.
fn twelve_digits(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// An answer in twelve digits.
pub(super) fn rounded(answer: Answer) -> Answer {
    match answer {
        Answer::Estimate { point, standard_error, degrees_of_freedom, intervals, units, clusters, method, notes } => {
            let limit = |limit: Option<f64>| limit.map(twelve_digits);
            Answer::Estimate {
                point: twelve_digits(point),
                standard_error: limit(standard_error),
                degrees_of_freedom: limit(degrees_of_freedom),
                intervals: intervals
                    .into_iter()
                    .map(|own| OwnInterval { lower: limit(own.lower), upper: limit(own.upper), ..own })
                    .collect(),
                units: twelve_digits(units),
                clusters,
                method,
                notes,
            }
        }
        other => other,
    }
}

/// From the scale of the estimate to that of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is the same.
    Same,
    /// The estimate is a difference of logarithms, the figure a relative difference.
    Log,
}

impl Turn {
    fn value(self, number: f64) -> f64 {
        if self == Self::Log { number.exp_m1() } else { number }
    }
}

impl<'a> Looks<'a> {
    /// The levels of a look on this day.
    pub(crate) fn new(plan: &'a Plan, held: &[Date], as_of: Date) -> Result<Self, ExperimentError> {
        Ok(Self { plan, levels: levels_asked(plan, held, as_of)? })
    }

    /// Whether intervals have to hold at every look together.
    pub(super) fn is_always_valid(&self) -> bool {
        self.plan.looks.method == LookMethod::AlwaysValid
    }

    /// A figure from an outcome with a variance.
    pub(super) fn answer(&self, outcome: Outcome, from: Turn) -> Result<Answer, ExperimentError> {
        let estimate = match outcome {
            Outcome::Estimate(estimate) => estimate,
            other => return Ok(refused(other)),
        };
        let mut intervals = Vec::new();
        // On the scale of the estimate itself the verdict computes the limits; on another one they are computed here.
        if from == Turn::Log && estimate.variance.is_some_and(|variance| variance > 0.0) {
            for level in &self.levels {
                let (lower, upper) = self.limits(&estimate, *level)?;
                let turned = |limit: Option<f64>| limit.map(|limit| from.value(limit)).filter(|limit| limit.is_finite());
                intervals.push(OwnInterval { lower: turned(lower), upper: turned(upper), level: *level });
            }
        }
        self.finish(estimate, intervals, from)
    }

    /// A figure from a method that gives its limits by itself, asked at every level; `at` computes it at one.
    pub(super) fn answer_by_level(
        &self,
        from: Turn,
        at: impl Fn(f64) -> Result<Outcome, candor_stats::StatsError>,
    ) -> Result<Answer, ExperimentError> {
        let first = match at(self.levels.first().copied().unwrap_or(0.95))? {
            Outcome::Estimate(estimate) => estimate,
            other => return Ok(refused(other)),
        };
        let mut intervals = Vec::new();
        for level in &self.levels {
            let found = at(*level)?.estimate().and_then(|estimate| estimate.interval);
            let turned = |limit: Option<f64>| limit.map(|limit| from.value(limit)).filter(|limit| limit.is_finite());
            intervals.push(OwnInterval {
                lower: turned(found.and_then(|own| own.lower)),
                upper: turned(found.and_then(|own| own.upper)),
                level: *level,
            });
        }
        self.finish(first, intervals, from)
    }

    fn finish(&self, estimate: Estimate, intervals: Vec<OwnInterval>, from: Turn) -> Result<Answer, ExperimentError> {
        let point = from.value(estimate.point);
        if !point.is_finite() {
            return Ok(Answer::Insufficient {
                have: "a figure beyond all numbers".to_owned(),
                need: "more data".to_owned(),
                reason: "the figure is too large to be a number".to_owned(),
            });
        }
        // Delta method, for the tests by group; the intervals above decide.
        let slope = if from == Turn::Log { estimate.point.exp() } else { 1.0 };
        let standard_error =
            estimate.standard_error().map(|error| error * slope).filter(|error| error.is_finite() && *error > 0.0);
        Ok(Answer::Estimate {
            point,
            standard_error,
            degrees_of_freedom: estimate.degrees_of_freedom.filter(|degrees| degrees.is_finite() && *degrees > 0.0),
            intervals,
            units: estimate.units,
            clusters: estimate.clusters.and_then(|clusters| u32::try_from(clusters).ok()),
            method: estimate.method,
            notes: estimate.notes,
        })
    }

    /// Limits of an estimate at a two-sided level: Student's t for planned looks, a confidence sequence where looks come whenever they like.
    fn limits(&self, estimate: &Estimate, level: f64) -> Result<(Option<f64>, Option<f64>), ExperimentError> {
        let alpha = (1.0 - level) / 2.0;
        if self.is_always_valid() {
            let effect = Effect {
                estimate: estimate.point,
                standard_error: estimate.standard_error().unwrap_or(f64::NAN),
                units: estimate.units,
                degrees_of_freedom: estimate.degrees_of_freedom,
            };
            let units = self.plan.looks.tuned_for_units.map_or(2.0, f64::from);
            let limit = |side| -> Result<_, ExperimentError> {
                let outcome = confidence_sequence(&effect, &Tuning { units, alpha, side })?;
                Ok(outcome.estimate().and_then(|estimate| estimate.interval))
            };
            let (below, above) = (limit(Side::Lower)?, limit(Side::Upper)?);
            return Ok((below.and_then(|own| own.lower), above.and_then(|own| own.upper)));
        }
        let compared =
            non_inferiority::estimate(estimate, &Margin { value: 0.0, better: Better::Higher, alpha: alpha.min(0.4999) })?;
        let interval = compared.into_fit().and_then(|fit| fit.estimate.interval);
        Ok((interval.and_then(|own| own.lower), interval.and_then(|own| own.upper)))
    }
}

/// An outcome that is no estimate.
pub(super) fn refused(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Insufficient { have, need, reason } => Answer::Insufficient { have, need, reason },
        Outcome::NotApplicable { reason } => Answer::NotApplicable { reason },
        Outcome::Estimate(_) => Answer::NotApplicable { reason: "a figure stood where a reason was expected".to_owned() },
    }
}

/// Too little.
pub(super) fn insufficient(have: impl Into<String>, need: impl Into<String>, reason: impl Into<String>) -> Answer {
    Answer::Insufficient { have: have.into(), need: need.into(), reason: reason.into() }
}

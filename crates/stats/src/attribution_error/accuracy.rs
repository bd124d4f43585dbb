//! How often a label is right: as known figures, or as the counts of an audit.

use serde::Serialize;

use crate::error::StatsError;
use crate::outcome::Outcome;
use crate::random::Draws;

/// Below this value of sensitivity + specificity - 1 a correction is refused: it would divide by almost nothing.
pub const LEAST_INFORMATIVE: f64 = 0.05;

/// Known accuracy of a label, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accuracy {
    /// Share of the truly flagged units that the label flags.
    pub sensitivity: f64,
    /// Share of the truly unflagged units that the label leaves unflagged.
    pub specificity: f64,
}

/// Accuracy as an audit measured it: units whose truth is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Truly flagged units that the label flagged.
    pub true_positives: u64,
    /// Truly flagged units.
    pub positives: u64,
    /// Truly unflagged units that the label left unflagged.
    pub true_negatives: u64,
    /// Truly unflagged units.
    pub negatives: u64,
}

impl Accuracy {
    /// A label that is always right.
    pub const PERFECT: Self = Self { sensitivity: 1.0, specificity: 1.0 };

    /// Sensitivity + specificity - 1: 1 for a perfect label, 0 for a coin (Youden 1950).
    #[must_use]
    pub fn youden(&self) -> f64 {
        self.sensitivity + self.specificity - 1.0
    }

    /// The true share that shows as `apparent` under this accuracy: `(apparent + specificity - 1) / (sensitivity + specificity - 1)`.
    ///
    /// Outside [0, 1] it is no share but a proof that the stated accuracy is wrong. `None` for a label that says nothing.
    #[must_use]
    pub fn invert(&self, apparent: f64) -> Option<f64> {
        let youden = self.youden();
        Some((apparent + self.specificity - 1.0) / youden).filter(|share| youden != 0.0 && share.is_finite())
    }

    /// Checks that both are in [0, 1].
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] otherwise, also for NaN.
    pub(crate) fn check(&self) -> Result<(), StatsError> {
        for (argument, value) in [("sensitivity", self.sensitivity), ("specificity", self.specificity)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a number from 0 to 1" });
            }
        }
        Ok(())
    }

    /// Why a label of this accuracy cannot be corrected, if it cannot.
    pub(crate) fn refusal(&self) -> Option<Outcome> {
        let youden = self.youden();
        if youden >= LEAST_INFORMATIVE {
            return None;
        }
        let (sensitivity, specificity) = (self.sensitivity, self.specificity);
        Some(Outcome::not_applicable(if youden <= -LEAST_INFORMATIVE {
            format!(
                "a sensitivity of {sensitivity} and a specificity of {specificity} add up to less than 1: the label is wrong more often than a \
                 coin, so its two sides are probably swapped"
            )
        } else {
            format!(
                "a sensitivity of {sensitivity} and a specificity of {specificity} add up to about 1: the label says almost nothing about the \
                 truth, and no correction can bring that back"
            )
        }))
    }
}

/// Why a corrected share outside [0, 1] is not shown.
pub(crate) fn impossible(apparent: f64, corrected: f64, accuracy: &Accuracy) -> Outcome {
    let (sensitivity, specificity) = (accuracy.sensitivity, accuracy.specificity);
    let why = if corrected < 0.0 {
        format!("false alarms alone would flag {:.4} of the units, but only {apparent:.4} are flagged", 1.0 - specificity)
    } else {
        format!(
            "even if every unit were flagged in truth, the label would flag only {sensitivity:.4}, but {apparent:.4} are flagged"
        )
    };
    Outcome::not_applicable(format!(
        "a sensitivity of {sensitivity} and a specificity of {specificity} cannot both be right for these units: {why}"
    ))
}

impl Audit {
    /// The accuracy as observed; `None` when one side was not audited.
    #[must_use]
    pub fn accuracy(&self) -> Option<Accuracy> {
        (self.positives > 0 && self.negatives > 0).then(|| Accuracy {
            sensitivity: self.true_positives as f64 / self.positives as f64,
            specificity: self.true_negatives as f64 / self.negatives as f64,
        })
    }

    /// Checks that no count exceeds its total.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] otherwise.
    pub(crate) fn check(&self) -> Result<(), StatsError> {
        let pairs =
            [("true_positives", self.true_positives, self.positives), ("true_negatives", self.true_negatives, self.negatives)];
        for (argument, right, all) in pairs {
            if right > all {
                let value = format!("{right} of {all}");
                return Err(StatsError::OutOfRange { argument, value, expected: "no more than the units that were audited" });
            }
        }
        Ok(())
    }

    /// One accuracy from the posterior under Jeffreys' prior.
    pub(crate) fn draw(&self, draws: &mut Draws) -> Accuracy {
        let mut share = |right: u64, all: u64| draws.beta(right as f64 + 0.5, all.saturating_sub(right) as f64 + 0.5);
        Accuracy {
            sensitivity: share(self.true_positives, self.positives),
            specificity: share(self.true_negatives, self.negatives),
        }
    }
}

/// Smallest and largest number of simulation runs that a correction accepts.
pub(crate) fn check_runs(runs: usize) -> Result<(), StatsError> {
    if (100..=10_000_000).contains(&runs) {
        return Ok(());
    }
    Err(StatsError::OutOfRange { argument: "runs", value: runs.to_string(), expected: "a number from 100 to 10,000,000" })
}

/// The quantile of sorted values that limits of a simulation use: linear between order statistics.
pub(crate) fn sorted_quantile(values: &[f64], probability: f64) -> Option<f64> {
    let place = probability.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let below = *values.get(place.floor() as usize)?;
    let above = *values.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

//! The difference between two groups that are told apart by an imperfect label.

use super::accuracy::{Accuracy, impossible};
use crate::error::{StatsError, finite, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates the difference between truly flagged and truly unflagged units from the difference between labelled groups.
///
/// # Definition
/// Each labelled group is a mixture: of the flagged ones the share `PPV` is flagged in truth, of the unflagged ones the share `NPV` is unflagged
/// in truth. Where the label's errors do not depend on the outcome, every mean difference, and every difference of survival probabilities at one
/// horizon, shrinks by the factor `PPV + NPV - 1`; dividing by it undoes that. `PPV` and `NPV` follow from sensitivity, specificity and
/// the share of flagged units.
///
/// # Input
/// An estimate of the difference, flagged minus unflagged (share, mean or survival probability); the share of units that is flagged, above 0
/// and below 1; a known accuracy.
///
/// # Output
/// A difference in the unit of the input; point, standard error and limits divided by the same factor.
///
/// # Undefined when
/// The label says almost nothing, or the flagged share is impossible under the stated accuracy.
///
/// # Assumptions
/// Errors of the label do not depend on the outcome; otherwise use [`super::two_by_two`], which takes one accuracy per outcome. The accuracy counts as known.
///
/// # Errors
/// [`StatsError`] for an accuracy outside [0, 1], a flagged share outside (0, 1), or a difference that is not finite.
///
/// # Source
/// Aigner 1973, "Regression with a binary independent variable subject to errors of observation", Journal of Econometrics 1, 49-59, equation (7).
///
/// # Example
/// Aigner's attenuation: with half of the units flagged and 10 % errors on both sides, a true difference of 0.20 shows as 0.16.
/// ```
/// use candor_stats::attribution_error::{Accuracy, groups};
/// use candor_stats::Estimate;
///
/// let seen = Estimate::new(0.16, "difference", 1000.0);
/// let accuracy = Accuracy { sensitivity: 0.9, specificity: 0.9 };
/// let corrected = groups::difference(&seen, 0.5, &accuracy)?;
/// assert!((corrected.point().unwrap() - 0.20).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn difference(seen: &Estimate, flagged_share: f64, accuracy: &Accuracy) -> Result<Outcome, StatsError> {
    accuracy.check()?;
    open_unit("flagged_share", flagged_share)?;
    finite("seen", &[seen.point])?;
    if let Some(refusal) = accuracy.refusal() {
        return Ok(refusal);
    }
    let Some(share) = accuracy.invert(flagged_share) else { return Ok(Outcome::not_applicable("the label says nothing")) };
    if !(0.0..=1.0).contains(&share) {
        return Ok(impossible(flagged_share, share, accuracy));
    }
    let positive = accuracy.sensitivity * share / flagged_share;
    let negative = accuracy.specificity * (1.0 - share) / (1.0 - flagged_share);
    let factor = positive + negative - 1.0;
    if factor < super::accuracy::LEAST_INFORMATIVE {
        return Ok(Outcome::not_applicable(format!(
            "of the flagged units {positive:.3} are flagged in truth and of the others {negative:.3} are not: the groups hardly differ, and no \
             correction can separate them"
        )));
    }
    let mut estimate = seen.clone();
    estimate.point = seen.point / factor;
    estimate.variance = seen.variance.map(|variance| variance / (factor * factor));
    estimate.interval = seen.interval.map(|interval| Interval {
        lower: interval.lower.map(|limit| limit / factor),
        upper: interval.upper.map(|limit| limit / factor),
        level: interval.level,
    });
    estimate.method =
        format!("{}; corrected for label errors that do not depend on the outcome, accuracy taken as known", seen.method);
    if !estimate.point.is_finite() || estimate.variance.is_some_and(|variance| !variance.is_finite()) {
        return Ok(Outcome::not_applicable("the corrected difference is too large to be a number"));
    }
    Ok(Outcome::Estimate(estimate))
}

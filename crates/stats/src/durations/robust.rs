//! Location and scale that a few extreme durations cannot move.

use super::quantile::{Definition, quantile};
use crate::error::{StatsError, finite};
use crate::outcome::{Estimate, Outcome};

/// Factor that makes the median absolute deviation the standard deviation of a normal law: the inverse of its upper quartile, as R's `mad` rounds it.
const NORMAL: f64 = 1.4826;

/// Estimates the spread of values by the median distance from their median, scaled to the standard deviation of a normal law.
///
/// # Definition
/// `1.4826 * median(|value - median|)`.
///
/// # Input
/// Values in any order and unit.
///
/// # Output
/// A spread in the unit of the input, never negative; without limits.
///
/// # Undefined when
/// There is no value.
///
/// # Assumptions
/// None; half of the values may be arbitrarily wrong.
///
/// # Errors
/// [`StatsError`] for values that are not finite.
///
/// # Source
/// Hampel 1974, "The influence curve and its role in robust estimation", J. Am. Stat. Assoc. 69, 383-393.
///
/// # Example
/// By hand: the median of 1, 2, 3, 4, 100 is 3, the median distance 1.
/// ```
/// let spread = candor_stats::durations::robust::median_absolute_deviation(&[1.0, 2.0, 3.0, 4.0, 100.0])?;
/// assert_eq!(spread.point(), Some(1.4826));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn median_absolute_deviation(values: &[f64]) -> Result<Outcome, StatsError> {
    let median = |values: &[f64]| quantile(values, 0.5, Definition::Linear, 0.95);
    let centre = match median(values)? {
        Outcome::Estimate(estimate) => estimate.point,
        refused => return Ok(refused),
    };
    let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    if distances.iter().any(|distance| !distance.is_finite()) {
        return Ok(Outcome::not_applicable("the values are too far apart to be compared: give them in a larger unit"));
    }
    let spread = NORMAL * median(&distances)?.point().unwrap_or(0.0);
    if !spread.is_finite() {
        return Ok(Outcome::not_applicable("the values are too far apart to be compared: give them in a larger unit"));
    }
    Ok(Outcome::Estimate(Estimate::new(spread, "median absolute deviation, normal scale", values.len() as f64)))
}

/// Estimates the mean of values without the most extreme share at each end.
///
/// # Definition
/// The mean of what is left after `floor(share * n)` values are dropped at each end.
///
/// # Input
/// Values in any order and unit; the share to drop at each end, from 0 and below one half.
///
/// # Output
/// A value in the unit of the input; without limits.
///
/// # Undefined when
/// There is no value.
///
/// # Assumptions
/// None about the dropped values; the mean of the others must be what is asked for.
///
/// # Errors
/// [`StatsError`] for values that are not finite or a share outside [0, 0.5).
///
/// # Source
/// Tukey 1962, "The future of data analysis", Annals of Mathematical Statistics 33, 1-67, section 14.
///
/// # Example
/// By hand: without the lowest and the highest of 1, 2, 3, 4, 100 the mean is 3.
/// ```
/// let mean = candor_stats::durations::robust::trimmed_mean(&[1.0, 2.0, 3.0, 4.0, 100.0], 0.2)?;
/// assert_eq!(mean.point(), Some(3.0));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn trimmed_mean(values: &[f64], share: f64) -> Result<Outcome, StatsError> {
    finite("values", values)?;
    if !(0.0..0.5).contains(&share) {
        return Err(StatsError::OutOfRange {
            argument: "share",
            value: share.to_string(),
            expected: "a number from 0 and below 0.5",
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let dropped = (share * sorted.len() as f64).floor() as usize;
    let kept = sorted.get(dropped..sorted.len() - dropped).unwrap_or_default();
    if kept.is_empty() {
        return Ok(Outcome::insufficient("no value", "at least one value", "there is nothing to average"));
    }
    // Divided before the sum, so that huge values do not overflow it.
    let n = kept.len() as f64;
    let most = kept.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let mean = if most > 1e200 { kept.iter().map(|value| value / n).sum::<f64>() } else { kept.iter().sum::<f64>() / n };
    let method = format!("mean without {dropped} values at each end");
    Ok(Outcome::Estimate(Estimate::new(mean, method, values.len() as f64)))
}

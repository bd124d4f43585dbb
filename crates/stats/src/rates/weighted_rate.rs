//! One rate of events that do not count alike: weighted by severity, or come in bunches.

use crate::distributions::{chi_squared_from_lower, chi_squared_from_upper};
use crate::error::{finite, open_unit};
use crate::rates::rate::positive;
use crate::{Estimate, Interval, Outcome, StatsError};

/// Estimates weighted events per unit of exposure, with limits by the gamma method.
///
/// # Definition
/// `y = sum of sizes`, rate `y / exposure`. With `v = sum of squared sizes` and `k` the largest size, the limits of y are
/// `v / (2 y) chi2(alpha/2; 2 y^2 / v)` and `(v + k^2) / (2 (y + k)) chi2(1 - alpha/2; 2 (y + k)^2 / (v + k^2))`. Sizes of 1 give Garwood's.
///
/// # Input
/// The size of each event that happens independently of the others: its weight, or the number (or weight) of events that come together, for
/// example those that one person causes. Sizes of 0 or more; exposure above 0.
///
/// # Output
/// Weighted events per unit of exposure. Without an event the lower limit is 0 and the upper one is that of events of size 1.
///
/// # Undefined when
/// The exposure is so small that the rate or its limit is no finite number.
///
/// # Assumptions
/// Bunches are independent and come at one rate; sizes are a property of the event and no guess.
///
/// # Errors
/// [`StatsError`] names `sizes`, `exposure` or `level`.
///
/// # Source
/// Fay and Feuer 1997, Confidence intervals for directly standardized rates: a method based on the gamma distribution, Statistics in Medicine
/// 16, 791-801, equations 5 and 6.
///
/// # Example
/// Ten events of size 1 give Garwood's table for 10: 4.80 and 18.39.
/// ```
/// use candor_stats::rates::weighted_rate::weighted_rate;
///
/// let outcome = weighted_rate(&[1.0; 10], 1.0, 0.95)?;
/// let interval = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!(format!("{:.2} {:.2}", interval.lower.unwrap(), interval.upper.unwrap()), "4.80 18.39");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn weighted_rate(sizes: &[f64], exposure: f64, level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    positive("exposure", exposure)?;
    finite("sizes", sizes)?;
    if let Some(size) = sizes.iter().find(|size| **size < 0.0 || **size > 1e100) {
        let expected = "a number from 0 to 1e100";
        return Err(StatsError::OutOfRange { argument: "sizes", value: size.to_string(), expected });
    }
    let tail = (1.0 - level) / 2.0;
    let (mut sum, mut squares, mut largest, mut bunches) = (0.0, 0.0, 0.0_f64, 0.0);
    for size in sizes.iter().filter(|size| **size > 0.0) {
        sum += size;
        squares += size * size;
        largest = largest.max(*size);
        bunches += 1.0;
    }
    let step = if largest > 0.0 { largest } else { 1.0 };
    let lower = if sum > 0.0 { squares / (2.0 * sum) * chi_squared_from_lower(tail, 2.0 * sum * sum / squares) } else { 0.0 };
    let (above, spread) = (sum + step, squares + step * step);
    let upper = spread / (2.0 * above) * chi_squared_from_upper(tail, 2.0 * above * above / spread);
    let point = sum / exposure;
    if !(point.is_finite() && (upper / exposure).is_finite()) {
        return Ok(Outcome::insufficient(
            "an exposure near 0",
            "a larger exposure",
            "the rate or its limit is too large to be a number",
        ));
    }
    let mut estimate = Estimate::new(point, "weighted Poisson rate, gamma limits (Fay and Feuer)", exposure);
    estimate.events = Some(bunches);
    let variance = squares / exposure / exposure;
    estimate.variance = variance.is_finite().then_some(variance);
    estimate.interval = Some(Interval::new(lower / exposure, upper / exposure, level));
    Ok(Outcome::Estimate(estimate))
}

#[cfg(test)]
mod tests {
    use super::weighted_rate;
    use crate::rates::rate::rate;

    #[test]
    fn sizes_of_one_give_garwoods_limits() {
        for events in [0_usize, 1, 3, 40, 700] {
            let plain = rate(events as u64, 2.5, 0.9).unwrap();
            let sized = weighted_rate(&vec![1.0; events], 2.5, 0.9).unwrap();
            let (plain, sized) = (plain.estimate().unwrap(), sized.estimate().unwrap());
            assert_eq!(plain.point, sized.point);
            let (a, b) = (plain.interval.unwrap(), sized.interval.unwrap());
            for (a, b) in [(a.lower.unwrap(), b.lower.unwrap()), (a.upper.unwrap(), b.upper.unwrap())] {
                assert!((a - b).abs() <= 1e-12 * a.max(1.0), "{events}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_common_size_is_a_unit() {
        let one = weighted_rate(&[1.0; 6], 1.0, 0.95).unwrap();
        let ten = weighted_rate(&[10.0; 6], 1.0, 0.95).unwrap();
        let limits = |outcome: &crate::Outcome| outcome.estimate().unwrap().interval.unwrap();
        assert!((10.0 * limits(&one).upper.unwrap() - limits(&ten).upper.unwrap()).abs() < 1e-9);
        assert!((10.0 * limits(&one).lower.unwrap() - limits(&ten).lower.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn bunches_widen_the_limits() {
        let apart = weighted_rate(&[1.0; 12], 1.0, 0.95).unwrap();
        let together = weighted_rate(&[4.0, 4.0, 4.0], 1.0, 0.95).unwrap();
        let width = |outcome: &crate::Outcome| {
            let interval = outcome.estimate().unwrap().interval.unwrap();
            interval.upper.unwrap() - interval.lower.unwrap()
        };
        assert_eq!(apart.point(), together.point());
        assert!(width(&together) > 1.5 * width(&apart));
    }
}

//! One rate: events per unit of exposure, with exact limits.

use crate::distributions::chi_squared_from_lower;
use crate::distributions::chi_squared_from_upper;
use crate::error::open_unit;
use crate::{Estimate, Interval, Outcome, StatsError};

/// Estimates events per unit of exposure with Garwood's exact Poisson limits.
///
/// # Definition
/// events / exposure; limits chi2(alpha/2; 2 events) / (2 exposure) and chi2(1 - alpha/2; 2 events + 2) / (2 exposure).
///
/// # Input
/// A whole number of independent events; exposure in any unit of time, size or number of customers, above 0.
///
/// # Output
/// Events per unit of exposure. With no event the lower limit is 0 and the upper one says what is still possible.
///
/// # Undefined when
/// The exposure is so small that the rate or its limit is no finite number.
///
/// # Assumptions
/// Events are independent and come at one rate. One incident that opens five tickets, or teams that differ, break this: use
/// [`super::rate_regression`] with clusters.
///
/// # Errors
/// [`StatsError::OutOfRange`] names `exposure`, `level`, or `events` above 10^9.
///
/// # Source
/// Garwood 1936, Fiducial Limits for the Poisson Distribution, doi:10.1093/biomet/28.3-4.437.
///
/// # Example
/// Garwood's table: for 10 events the 95 % limits are 4.80 and 18.39.
/// ```
/// use candor_stats::rates::rate::rate;
///
/// let outcome = rate(10, 1.0, 0.95)?;
/// let interval = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!(format!("{:.2} {:.2}", interval.lower.unwrap(), interval.upper.unwrap()), "4.80 18.39");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn rate(events: u64, exposure: f64, level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    positive("exposure", exposure)?;
    countable("events", events)?;
    let count = events as f64;
    let tail = (1.0 - level) / 2.0;
    let lower = if events == 0 { 0.0 } else { chi_squared_from_lower(tail, 2.0 * count) / 2.0 };
    let upper = chi_squared_from_upper(tail, 2.0 * count + 2.0) / 2.0;
    let point = count / exposure;
    if !(point.is_finite() && (upper / exposure).is_finite()) {
        return Ok(Outcome::insufficient(
            "an exposure near 0",
            "a larger exposure",
            "the rate or its limit is too large to be a number",
        ));
    }
    let mut estimate = Estimate::new(point, "Poisson rate, Garwood's exact limits", exposure);
    estimate.events = Some(count);
    let variance = point / exposure;
    estimate.variance = variance.is_finite().then_some(variance);
    estimate.interval = Some(Interval::new(lower / exposure, upper / exposure, level));
    Ok(Outcome::Estimate(estimate))
}

/// Largest count of the exact methods; their tails cost the root of the count.
const MOST: u64 = 1_000_000_000;

/// Checks that a count is one that the exact methods reach.
pub(crate) fn countable(argument: &'static str, count: u64) -> Result<(), StatsError> {
    if count <= MOST {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: count.to_string(), expected: "a count of at most 1000000000" })
    }
}

/// Checks that `value` is finite and above 0.
pub(crate) fn positive(argument: &'static str, value: f64) -> Result<(), StatsError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a finite number above 0" })
    }
}

//! One share with limits: for counts of independent units.

use crate::distributions::{beta_quantile, normal_critical};
use crate::error::{StatsError, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates a share with Wilson's score limits: the first choice for a share of independent units, also near 0 and 1.
///
/// # Definition
/// With `p = events / units` and the normal quantile `z`, the limits are the two values of the true share at which the score test just does not
/// reject: `(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`.
///
/// # Input
/// Counts of events and of units; events cannot exceed units.
///
/// # Output
/// A share in [0, 1] with limits in [0, 1].
///
/// # Undefined when
/// There is no unit.
///
/// # Assumptions
/// Units are independent and alike. Lines of one commit are not: use the clustered ratio for them.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// Wilson 1927, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22, 209-212;
/// Newcombe 1998, Statistics in Medicine 17, 857-872, method 3.
///
/// # Example
/// Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
/// ```
/// let share = candor_stats::proportions::single::wilson(81, 263, 0.95)?;
/// let interval = share.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 1e4).round(), 2553.0);
/// assert_eq!((interval.upper.unwrap() * 1e4).round(), 3662.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn wilson(events: u64, units: u64, level: f64) -> Result<Outcome, StatsError> {
    share(events, units, level, "Wilson score interval", |x, n, alpha| {
        let z = normal_critical(alpha);
        let square = z * z;
        // Each limit in the form without cancellation: near 0 the lower one is a quotient, not a difference.
        let root = z * (x * (n - x) / n + square / 4.0).sqrt();
        let middle = x + square / 2.0;
        let lower = if x == 0.0 { 0.0 } else { x * x / (n * (middle + root)) };
        let upper = if x == n { 1.0 } else { (middle + root) / (n + square) };
        (lower, upper)
    })
}

/// Estimates a share with Agresti-Coull limits: Wald's after adding `z^2/2` events and as many non-events.
///
/// # Definition
/// `p~ = (events + z^2/2) / (units + z^2)`, limits `p~ +- z sqrt(p~ (1 - p~) / (units + z^2))`, cut to [0, 1].
///
/// # Input, Output, Undefined when, Assumptions, Errors
/// As [`wilson`]; never narrower than it, so a second choice.
///
/// # Source
/// Agresti and Coull 1998, "Approximate is better than exact for interval estimation of binomial proportions", The American Statistician 52, 119-126.
///
/// # Example
/// Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion", section 3: at 0 events of n the centre is `(z^2/2) / (n + z^2)`.
/// ```
/// let share = candor_stats::proportions::single::agresti_coull(0, 10, 0.95)?;
/// let interval = share.estimate().unwrap().interval.unwrap();
/// assert_eq!(interval.lower, Some(0.0));
/// assert!((interval.upper.unwrap() - 0.3209).abs() < 1e-3);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn agresti_coull(events: u64, units: u64, level: f64) -> Result<Outcome, StatsError> {
    share(events, units, level, "Agresti-Coull interval", |x, n, alpha| {
        let z = normal_critical(alpha);
        let total = n + z * z;
        let centre = (x + z * z / 2.0) / total;
        let half = z * (centre * (1.0 - centre) / total).sqrt();
        (centre - half, centre + half)
    })
}

/// Estimates a share with Clopper-Pearson limits, which never cover less often than they say.
///
/// # Definition
/// The lower limit is the share at which so many events or more have probability `alpha / 2`, the upper one that at which so many or fewer do:
/// quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x). At 0 events the lower limit is 0, at n events the upper one is 1.
///
/// # Input, Output, Undefined when, Assumptions, Errors
/// As [`wilson`]; wider than it: the price of the guarantee.
///
/// # Source
/// Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 404-413.
///
/// # Example
/// Newcombe 1998, Statistics in Medicine 17, table I, method 5: 81 of 263 gives 0.2527 to 0.3676.
/// ```
/// let share = candor_stats::proportions::single::clopper_pearson(81, 263, 0.95)?;
/// let interval = share.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 1e4).round(), 2527.0);
/// assert_eq!((interval.upper.unwrap() * 1e4).round(), 3676.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn clopper_pearson(events: u64, units: u64, level: f64) -> Result<Outcome, StatsError> {
    share(events, units, level, "Clopper-Pearson interval", |x, n, alpha| {
        let lower = if x == 0.0 { 0.0 } else { beta_quantile(alpha / 2.0, x, n - x + 1.0) };
        let upper = if x == n { 1.0 } else { beta_quantile(1.0 - alpha / 2.0, x + 1.0, n - x) };
        (lower, upper)
    })
}

/// Estimates a share with the equal-tailed interval of Jeffreys' prior.
///
/// # Definition
/// Quantiles `alpha / 2` and `1 - alpha / 2` of Beta(x + 1/2, n - x + 1/2), also at 0 and at n events. The point is the mean of that law,
/// `(x + 1/2) / (n + 1)`, so that the interval holds it.
///
/// # Input, Output, Undefined when, Assumptions, Errors
/// As [`wilson`].
///
/// # Source
/// Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion", Statistical Science 16, 101-133, section 3.1.1.
///
/// # Example
/// Brown, Cai and DasGupta 2001, table 5: 1 of 10 gives 0.011 to 0.381.
/// ```
/// let share = candor_stats::proportions::single::jeffreys(1, 10, 0.95)?;
/// let interval = share.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 1e3).round(), 11.0);
/// assert_eq!((interval.upper.unwrap() * 1e3).round(), 381.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn jeffreys(events: u64, units: u64, level: f64) -> Result<Outcome, StatsError> {
    let mut outcome = share(events, units, level, "Jeffreys interval", |_, _, _| (0.0, 1.0))?;
    if let Outcome::Estimate(estimate) = &mut outcome {
        let (a, b) = (events as f64 + 0.5, (units - events) as f64 + 0.5);
        let alpha = 1.0 - level;
        estimate.point = a / (a + b);
        let (lower, upper) = (beta_quantile(alpha / 2.0, a, b), beta_quantile(1.0 - alpha / 2.0, a, b));
        estimate.interval = Some(Interval::new(lower.min(estimate.point), upper.max(estimate.point), level));
    }
    Ok(outcome)
}

/// Checks, and puts limits around the share.
fn share(
    events: u64,
    units: u64,
    level: f64,
    method: &str,
    limits: impl Fn(f64, f64, f64) -> (f64, f64),
) -> Result<Outcome, StatsError> {
    within(events, units, "events")?;
    open_unit("level", level)?;
    if units == 0 {
        return Ok(Outcome::insufficient("no unit", "at least one unit", "a share of nothing is not a number"));
    }
    let (x, n) = (events as f64, units as f64);
    let (lower, upper) = limits(x, n, 1.0 - level);
    let mut estimate = Estimate::new(x / n, method, n);
    estimate.events = Some(x);
    // Rounding must not put a limit on the wrong side of the point.
    estimate.interval = Some(Interval::new(lower.clamp(0.0, x / n), upper.clamp(x / n, 1.0), level));
    Ok(Outcome::Estimate(estimate))
}

/// Checks that there are no more events than units, and no more units than a floating-point number counts exactly.
pub(crate) fn within(events: u64, units: u64, argument: &'static str) -> Result<(), StatsError> {
    if units > 1 << 50 {
        return Err(StatsError::OutOfRange { argument, value: units.to_string(), expected: "at most 2^50 units" });
    }
    if events > units {
        let value = format!("{events} of {units}");
        return Err(StatsError::OutOfRange { argument, value, expected: "no more events than units" });
    }
    Ok(())
}

//! The difference of two shares of independent units.

use super::single::{wilson, within};
use crate::distributions::normal_critical;
use crate::error::{StatsError, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates the difference of two shares with Miettinen-Nurminen score limits.
///
/// # Definition
/// `events_1 / units_1 - events_0 / units_0`. The limits are the differences at which the score test, with the variance at the most likely shares under
/// that difference and the factor `N / (N - 1)`, just does not reject.
///
/// # Input
/// Events and units of the first and of the second group, as pairs.
///
/// # Output
/// A difference in [-1, 1]; limits inside.
///
/// # Undefined when
/// A group has no unit.
///
/// # Assumptions
/// Units are independent; groups too.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// Miettinen and Nurminen 1985, "Comparative analysis of two rates", Statistics in Medicine 4, 213-226, equations (8) and (9).
///
/// # Example
/// Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 6, contrast (a): 56/70 minus 48/80 is 0.0528 to 0.3382.
/// ```
/// let outcome = candor_stats::proportions::risk_difference::miettinen_nurminen((56, 70), (48, 80), 0.95)?;
/// let interval = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 1e4).round(), 528.0);
/// assert_eq!((interval.upper.unwrap() * 1e4).round(), 3382.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn miettinen_nurminen(first: (u64, u64), second: (u64, u64), level: f64) -> Result<Outcome, StatsError> {
    let counts = match checked(first, second, level)? {
        Ok(counts) => counts,
        Err(outcome) => return Ok(*outcome),
    };
    let z = normal_critical(1.0 - level);
    let point = counts.difference();
    // The score falls as the assumed difference grows; each limit is where it crosses one critical value.
    let lower = crossing(-1.0, point, |difference| counts.score(difference) > z);
    let upper = crossing(point, 1.0, |difference| counts.score(difference) > -z);
    Ok(counts.estimate("risk difference, Miettinen-Nurminen score limits", (lower, upper), level))
}

/// Estimates the difference of two shares with Newcombe's limits, which join the Wilson limits of the two.
///
/// # Definition
/// With the Wilson limits `l`, `u` of each share: `d - sqrt((p1 - l1)^2 + (u0 - p0)^2)` and `d + sqrt((u1 - p1)^2 + (p0 - l0)^2)`.
///
/// # Input, Output, Undefined when, Assumptions, Errors
/// As [`miettinen_nurminen`].
///
/// # Source
/// Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17, 873-890, method 10.
///
/// # Example
/// Newcombe 1998, table II, contrast (a): 56/70 minus 48/80 is 0.0524 to 0.3339.
/// ```
/// let outcome = candor_stats::proportions::risk_difference::newcombe((56, 70), (48, 80), 0.95)?;
/// let interval = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 1e4).round(), 524.0);
/// assert_eq!((interval.upper.unwrap() * 1e4).round(), 3339.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn newcombe(first: (u64, u64), second: (u64, u64), level: f64) -> Result<Outcome, StatsError> {
    let counts = match checked(first, second, level)? {
        Ok(counts) => counts,
        Err(outcome) => return Ok(*outcome),
    };
    let limits = |(events, units): (u64, u64)| -> Result<(f64, f64), StatsError> {
        let outcome = wilson(events, units, level)?;
        let interval = outcome.estimate().and_then(|estimate| estimate.interval);
        Ok(interval.and_then(|interval| interval.lower.zip(interval.upper)).unwrap_or((0.0, 1.0)))
    };
    let ((l1, u1), (l0, u0)) = (limits(first)?, limits(second)?);
    let (p1, p0) = counts.shares();
    let lower = p1 - p0 - (p1 - l1).hypot(u0 - p0);
    let upper = p1 - p0 + (u1 - p1).hypot(p0 - l0);
    Ok(counts.estimate("risk difference, Newcombe limits", (lower, upper), level))
}

/// Events and units of two groups, checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) x1: f64,
    pub(crate) n1: f64,
    pub(crate) x0: f64,
    pub(crate) n0: f64,
}

/// Checks the counts; the inner error is the answer for an empty group.
pub(super) fn checked(first: (u64, u64), second: (u64, u64), level: f64) -> Result<Result<Counts, Box<Outcome>>, StatsError> {
    within(first.0, first.1, "first")?;
    within(second.0, second.1, "second")?;
    open_unit("level", level)?;
    if first.1 == 0 || second.1 == 0 {
        let have = format!("{} and {} units", first.1, second.1);
        return Ok(Err(Box::new(Outcome::insufficient(have, "units in both groups", "a share of nothing is not a number"))));
    }
    Ok(Ok(Counts { x1: first.0 as f64, n1: first.1 as f64, x0: second.0 as f64, n0: second.1 as f64 }))
}

/// Bisects `low..high` for the point above which `below` no longer holds.
pub(super) fn crossing(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    crate::distributions::bisect(&mut low, &mut high, below);
    0.5 * (low + high)
}

impl Counts {
    pub(super) fn shares(&self) -> (f64, f64) {
        (self.x1 / self.n1, self.x0 / self.n0)
    }

    fn difference(&self) -> f64 {
        self.x1 / self.n1 - self.x0 / self.n0
    }

    /// Score statistic of an assumed difference; positive when the observed one is larger.
    pub(crate) fn score(&self, assumed: f64) -> f64 {
        let (p1, p0) = self.most_likely(assumed);
        let total = self.n1 + self.n0;
        let variance = (p1 * (1.0 - p1) / self.n1 + p0 * (1.0 - p0) / self.n0) * total / (total - 1.0);
        let distance = self.difference() - assumed;
        if variance > 0.0 {
            distance / variance.sqrt()
        } else {
            distance.signum() * if distance == 0.0 { 0.0 } else { f64::INFINITY }
        }
    }

    /// The most likely shares whose difference is `assumed`: the root of Miettinen and Nurminen's cubic, appendix 1.
    fn most_likely(&self, assumed: f64) -> (f64, f64) {
        let total = self.n1 + self.n0;
        let events = self.x1 + self.x0;
        let third = ((self.n1 + 2.0 * self.n0) * assumed - total - events) / (3.0 * total);
        let one = ((self.n0 * assumed - total - 2.0 * self.x0) * assumed + events) / total;
        let zero = self.x0 * assumed * (1.0 - assumed) / total;
        let q = third * third * third - 0.5 * third * one + 0.5 * zero;
        let p = (third * third - one / 3.0).max(0.0).sqrt() * if q < 0.0 { -1.0 } else { 1.0 };
        let ratio = if p == 0.0 { 0.0 } else { (q / (p * p * p)).clamp(-1.0, 1.0) };
        let angle = (std::f64::consts::PI + ratio.acos()) / 3.0;
        let p0 = (2.0 * p * angle.cos() - third).clamp((-assumed).max(0.0), (1.0 - assumed).min(1.0));
        ((p0 + assumed).clamp(0.0, 1.0), p0)
    }

    fn estimate(&self, method: &str, (lower, upper): (f64, f64), level: f64) -> Outcome {
        let point = self.difference();
        let mut estimate = Estimate::new(point, method, self.n1 + self.n0);
        estimate.events = Some(self.x1 + self.x0);
        estimate.interval = Some(Interval::new(lower.clamp(-1.0, point), upper.clamp(point, 1.0), level));
        Outcome::Estimate(estimate)
    }
}

//! How many times one share of independent units another is.

use serde::Serialize;

use super::risk_difference::{Counts, checked, crossing};
use crate::distributions::normal_critical;
use crate::error::StatsError;
use crate::outcome::{Estimate, Interval, Outcome};

/// Which limits are put around a risk ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RatioLimits {
    /// Score limits (Koopman 1984): defined also without events in a group.
    Koopman,
    /// The same with the variance times `N / (N - 1)` (Miettinen and Nurminen 1985).
    MiettinenNurminen,
    /// Normal limits of the log (Katz 1978): undefined without events in a group, too narrow for few.
    Katz,
}

/// Estimates how many times one share another is: `(events_1 / units_1) / (events_0 / units_0)`.
///
/// # Definition
/// Score limits are the ratios at which the score test, with the variance at the most likely shares under that ratio, just does not reject.
///
/// # Input
/// Events and units of the first and of the second group, as pairs.
///
/// # Output
/// A positive ratio. A missing upper limit is infinite.
///
/// # Undefined when
/// A group has no unit. Where a group has no event the ratio is 0 or infinite, which is no figure to show: the answer is `Insufficient`, and its
/// reason names the one-sided score limit that the data do give.
///
/// # Assumptions
/// Units are independent; groups too.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// Koopman 1984, "Confidence intervals for the ratio of two binomial proportions", Biometrics 40, 513-517, equation (2.2).
///
/// # Example
/// Koopman 1984, section 3: 36 of 40 against 16 of 80 gives 2.94 to 7.15.
/// ```
/// use candor_stats::proportions::risk_ratio::{RatioLimits, ratio};
///
/// let outcome = ratio((36, 40), (16, 80), RatioLimits::Koopman, 0.95)?;
/// let interval = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!((interval.lower.unwrap() * 100.0).round(), 294.0);
/// assert_eq!((interval.upper.unwrap() * 100.0).round(), 715.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn ratio(first: (u64, u64), second: (u64, u64), limits: RatioLimits, level: f64) -> Result<Outcome, StatsError> {
    let counts = match checked(first, second, level)? {
        Ok(counts) => counts,
        Err(outcome) => return Ok(*outcome),
    };
    let interval = counts.ratio_limits(limits, level);
    if counts.x1 == 0.0 || counts.x0 == 0.0 {
        return Ok(counts.one_sided(level));
    }
    let (p1, p0) = counts.shares();
    let point = p1 / p0;
    let mut estimate = Estimate::new(point, format!("risk ratio, {}", limits.name()), counts.n1 + counts.n0);
    estimate.events = Some(counts.x1 + counts.x0);
    estimate.interval = Some(Interval {
        lower: interval.lower.map(|limit| limit.min(point)),
        upper: interval.upper.map(|limit| limit.max(point)),
        level,
    });
    Ok(Outcome::Estimate(estimate))
}

/// The limits of [`ratio`] alone: score limits exist also where the ratio itself is 0 or infinite.
///
/// A missing upper limit is infinite; Katz limits are both missing without events in a group.
///
/// # Definition
/// As [`ratio`].
///
/// # Input
/// As [`ratio`].
///
/// # Undefined when
/// A group has no unit: both limits are missing.
///
/// # Assumptions
/// Units are independent; groups too.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// As [`ratio`].
///
/// # Example
/// Koopman 1984, section 3: 36 of 40 against 16 of 80 gives 2.94 to 7.15.
/// ```
/// use candor_stats::proportions::risk_ratio::{RatioLimits, limits};
///
/// let interval = limits((36, 40), (16, 80), RatioLimits::Koopman, 0.95)?;
/// assert_eq!((interval.lower.unwrap() * 100.0).round(), 294.0);
/// assert_eq!((interval.upper.unwrap() * 100.0).round(), 715.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn limits(first: (u64, u64), second: (u64, u64), limits: RatioLimits, level: f64) -> Result<Interval, StatsError> {
    Ok(match checked(first, second, level)? {
        Ok(counts) => counts.ratio_limits(limits, level),
        Err(_) => Interval { lower: None, upper: None, level },
    })
}

impl RatioLimits {
    fn name(self) -> &'static str {
        match self {
            Self::Koopman => "Koopman score limits",
            Self::MiettinenNurminen => "Miettinen-Nurminen score limits",
            Self::Katz => "Katz log limits",
        }
    }
}

/// Ratios are searched between the exponentials of these.
const WIDEST: f64 = 300.0;

impl Counts {
    pub(crate) fn ratio_limits(&self, limits: RatioLimits, level: f64) -> Interval {
        let z = normal_critical(1.0 - level);
        let factor = match limits {
            RatioLimits::Katz => return self.katz(z, level),
            RatioLimits::Koopman => 1.0,
            RatioLimits::MiettinenNurminen => (self.n1 + self.n0) / (self.n1 + self.n0 - 1.0),
        };
        let score = |log: f64| self.ratio_score(log.exp(), factor);
        let lower = if self.x1 > 0.0 { crossing(-WIDEST, WIDEST, |log| score(log) > z).exp() } else { 0.0 };
        let upper = (self.x0 > 0.0).then(|| crossing(-WIDEST, WIDEST, |log| score(log) > -z).exp());
        Interval { lower: Some(lower), upper, level }
    }

    fn katz(&self, z: f64, level: f64) -> Interval {
        if self.x1 == 0.0 || self.x0 == 0.0 {
            return Interval { lower: None, upper: None, level };
        }
        let (p1, p0) = self.shares();
        let error = (self.x1.recip() - self.n1.recip() + self.x0.recip() - self.n0.recip()).max(0.0).sqrt();
        let ratio = p1 / p0;
        Interval::new(ratio * (-z * error).exp(), ratio * (z * error).exp(), level)
    }

    /// Score statistic of an assumed ratio; positive when the observed one is larger.
    pub(crate) fn ratio_score(&self, assumed: f64, factor: f64) -> f64 {
        let total = self.n1 + self.n0;
        let half = 0.5 * (self.n1 * assumed + self.x1 + self.n0 + self.x0 * assumed);
        let events = self.x1 + self.x0;
        // The smaller root, as a quotient: the difference would lose its digits for large ratios.
        let p0 = events / (half + (half * half - total * assumed * events).max(0.0).sqrt());
        let p1 = (assumed * p0).clamp(0.0, 1.0);
        let p0 = p0.clamp(0.0, 1.0);
        let variance = (p1 * (1.0 - p1) / self.n1 + assumed * assumed * p0 * (1.0 - p0) / self.n0) * factor;
        let (s1, s0) = self.shares();
        let distance = s1 - assumed * s0;
        if variance > 0.0 {
            distance / variance.sqrt()
        } else {
            distance.signum() * if distance == 0.0 { 0.0 } else { f64::INFINITY }
        }
    }

    /// What the data say about a ratio that is 0, infinite or 0 over 0.
    fn one_sided(&self, level: f64) -> Outcome {
        let interval = self.ratio_limits(RatioLimits::Koopman, level);
        let percent = 100.0 * level;
        let known = match (self.x1 == 0.0, interval.lower, interval.upper) {
            (false, Some(lower), _) => format!("the data speak for a ratio above {lower:.4} ({percent} % score limit)"),
            (true, _, Some(upper)) => format!("the data speak for a ratio below {upper:.4} ({percent} % score limit)"),
            _ => "the data say nothing about the ratio".to_string(),
        };
        Outcome::insufficient(
            format!("{} of {} and {} of {} events", self.x1, self.n1, self.x0, self.n0),
            "events in both groups",
            format!("without events in both groups the ratio is no finite positive number; {known}"),
        )
    }
}

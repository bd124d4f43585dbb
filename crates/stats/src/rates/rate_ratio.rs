//! Two rates: their ratio, exactly and by score, when events are few.

use super::rate::{countable, positive};
use crate::distributions::{
    beta_quantile, binomial_cdf, binomial_ln_mass, binomial_two_sided, binomial_upper, bisect, normal_critical, normal_two_sided,
};
use crate::error::open_unit;
use crate::{Estimate, Interval, Outcome, StatsError};

/// Two counts of events with their exposures.
///
/// # Definition
/// The ratio (events1 / exposure1) / (events0 / exposure0). Given the sum of events, events1 is binomial with probability
/// R exposure1 / (R exposure1 + exposure0): everything exact follows from that.
///
/// # Input
/// Whole numbers of independent events; both exposures in the same unit, above 0. `1` is the arm of interest, `0` the other.
///
/// # Output
/// A ratio above 1 means more events in arm 1.
///
/// # Undefined when
/// There is no event in arm 0: the ratio has no finite value, but its lower limit and its p-value exist.
///
/// # Assumptions
/// Events are independent within and between arms. For teams that differ use [`super::rate_regression`] with clusters.
///
/// # Source
/// Przyborowski and Wilenski 1940, doi:10.1093/biomet/31.3-4.313 (exact); Gu, Ng, Tang and Schucany 2008, doi:10.1002/bimj.200710403,
/// section 2 (score and log methods); Lancaster 1961, doi:10.1080/01621459.1961.10482105 (mid-p).
///
/// # Example
/// Lung cancer in Fredericia (11 cases) and three other towns (21), Andersen 1977, as in the help page of R's `poisson.test`: ratio 1.97,
/// p = 0.07967, 95 % limits 0.858 and 4.277.
/// ```
/// use candor_stats::rates::rate_ratio::{Method, RateRatio, Test};
///
/// let ratio = RateRatio::new(11, 800.0, 21, 3011.0)?;
/// let outcome = ratio.estimate(Method::Exact, 0.95)?;
/// let estimate = outcome.estimate().unwrap();
/// let interval = estimate.interval.unwrap();
/// assert_eq!(format!("{:.4}", estimate.point), "1.9715");
/// assert_eq!(format!("{:.5}", ratio.p_value(Test::Exact).unwrap()), "0.07967");
/// assert_eq!(format!("{:.3} {:.3}", interval.lower.unwrap(), interval.upper.unwrap()), "0.858 4.277");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRatio {
    events: [u64; 2],
    exposure: [f64; 2],
}

/// How limits of the ratio are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Clopper-Pearson limits of the binomial; never too narrow.
    Exact,
    /// Mid-p version of the exact limits: closer to the level on average.
    MidP,
    /// Inversion of the score test of a given ratio.
    Score,
    /// Inversion of the score test on the log scale; its upper limit may not exist with few events.
    ScoreLog,
    /// Normal on the log scale; not for small counts.
    WaldLog,
}

/// How equality of the rates is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Sum of the probabilities of all results at most as likely as the observed one.
    Exact,
    /// The same, minus half the probability of the observed result.
    MidP,
    /// Normal score test.
    Score,
}

impl RateRatio {
    /// Two counts with their exposures.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names an exposure that is not above 0, or a count above 10^9.
    pub fn new(events1: u64, exposure1: f64, events0: u64, exposure0: f64) -> Result<Self, StatsError> {
        countable("events1", events1)?;
        countable("events0", events0)?;
        positive("exposure1", exposure1)?;
        positive("exposure0", exposure0)?;
        Ok(Self { events: [events1, events0], exposure: [exposure1, exposure0] })
    }

    /// The ratio; `None` without events in arm 0.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let ratio = self.events[0] as f64 / self.events[1] as f64 * self.scale();
        ratio.is_finite().then_some(ratio)
    }

    /// Limits of the ratio; a missing upper limit is infinite, and both are missing where the method needs events in both arms.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn limits(&self, method: Method, level: f64) -> Result<Interval, StatsError> {
        open_unit("level", level)?;
        let [x, y] = self.events.map(|events| events as f64);
        let (n, tail, z) = (x + y, (1.0 - level) / 2.0, normal_critical(1.0 - level));
        let odds = |p: f64| p / (1.0 - p);
        // All limits are those of the ratio of counts first.
        let (lower, upper) = match method {
            Method::Exact => (
                if x == 0.0 { 0.0 } else { odds(beta_quantile(tail, x, y + 1.0)) },
                if y == 0.0 { f64::INFINITY } else { 1.0 / odds(beta_quantile(tail, y, x + 1.0)) },
            ),
            Method::MidP => (
                if x == 0.0 { 0.0 } else { odds(mid_p_limit(x, n, tail)) },
                if y == 0.0 { f64::INFINITY } else { 1.0 / odds(mid_p_limit(y, n, tail)) },
            ),
            // The score test needs no event in both arms, only one at all.
            Method::Score if n > 0.0 => {
                let centre = x * y + 0.5 * z * z * n;
                let half = (centre * centre - x * x * y * y).max(0.0).sqrt();
                // The smaller root from the product of the roots, which does not cancel.
                let large = if y > 0.0 { (centre + half) / (y * y) } else { f64::INFINITY };
                (x * x / (centre + half), large)
            }
            Method::ScoreLog if x > 0.0 && y > 0.0 => (1.0 / score_log_upper(y / x, n, z), score_log_upper(x / y, n, z)),
            Method::WaldLog if x > 0.0 && y > 0.0 => {
                let half = z * (1.0 / x + 1.0 / y).sqrt();
                (x / y * (-half).exp(), x / y * half.exp())
            }
            Method::Score | Method::ScoreLog | Method::WaldLog => return Ok(Interval { lower: None, upper: None, level }),
        };
        Ok(Interval::new(lower * self.scale(), upper * self.scale(), level))
    }

    /// Two-sided p-value of equal rates; `None` for the score test without any event.
    #[must_use]
    pub fn p_value(&self, test: Test) -> Option<f64> {
        let [x, y] = self.events;
        let n = x + y;
        let share = self.exposure[0] / (self.exposure[0] + self.exposure[1]);
        let share = if share.is_finite() { share } else { 1.0 / (1.0 + self.scale()) };
        if n == 0 {
            return (test != Test::Score).then_some(1.0);
        }
        match test {
            Test::Exact => Some(binomial_two_sided(x, n, share)),
            Test::MidP => {
                let own = binomial_ln_mass(x as f64, n as f64, share).exp();
                let own = if own.is_finite() { own } else { 0.0 };
                Some((binomial_two_sided(x, n, share) - 0.5 * own).clamp(0.0, 1.0))
            }
            Test::Score => {
                let expected = 1.0 / self.scale();
                let z = (x as f64 - y as f64 * expected) / (n as f64 * expected).sqrt();
                z.is_finite().then(|| normal_two_sided(z))
            }
        }
    }

    /// Estimates the ratio with the limits of `method`; the p-value is the exact one for [`Method::Exact`], mid-p for [`Method::MidP`], the
    /// score test's otherwise.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn estimate(&self, method: Method, level: f64) -> Result<Outcome, StatsError> {
        let interval = self.limits(method, level)?;
        let (name, test) = match method {
            Method::Exact => ("ratio of Poisson rates, exact conditional", Test::Exact),
            Method::MidP => ("ratio of Poisson rates, conditional mid-p", Test::MidP),
            Method::Score => ("ratio of Poisson rates, score", Test::Score),
            Method::ScoreLog => ("ratio of Poisson rates, score on the log scale", Test::Score),
            Method::WaldLog => ("ratio of Poisson rates, Wald on the log scale", Test::Score),
        };
        let Some(point) = self.ratio() else {
            let bound = match interval.lower {
                Some(lower) if self.events[0] > 0 => format!("; at level {level} it is above {lower}"),
                _ => String::new(),
            };
            return Ok(Outcome::insufficient(
                format!("{} events against none", self.events[0]),
                "an event in the arm that is divided by",
                format!("a ratio to a rate of 0 has no finite value{bound}"),
            ));
        };
        let mut estimate = Estimate::new(point, name, self.exposure[0] + self.exposure[1]);
        if !estimate.units.is_finite() {
            estimate.units = f64::MAX;
        }
        estimate.events = Some(self.events[0] as f64 + self.events[1] as f64);
        estimate.p_value = self.p_value(test);
        if interval.upper.is_none() {
            estimate.notes.push("too few events for an upper limit by this method".to_owned());
        }
        if interval.lower.is_none() {
            estimate.notes.push("too few events for a lower limit by this method".to_owned());
        }
        estimate.interval = Some(interval);
        Ok(Outcome::Estimate(estimate))
    }

    /// exposure0 / exposure1: from a ratio of counts to a ratio of rates.
    fn scale(&self) -> f64 {
        self.exposure[1] / self.exposure[0]
    }
}

/// p with P(X > x) + P(X = x) / 2 = tail: the lower mid-p limit of a binomial probability.
fn mid_p_limit(x: f64, n: f64, tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, x / n);
    bisect(&mut low, &mut high, |p| 0.5 * (binomial_upper(x, n, p) + 1.0 - binomial_cdf(x, n, p)) < tail);
    0.5 * (low + high)
}

/// Smallest r above the ratio with log r - log ratio = z sqrt((2 + 1/r + r) / n); infinite where none exists.
///
/// The equation does not change when ratio and r are turned upside down, so the lower limit is the inverse of the upper one of 1 / ratio.
fn score_log_upper(ratio: f64, n: f64, z: f64) -> f64 {
    let centre = ratio.ln();
    let gap = |distance: f64| {
        let log = centre + distance;
        distance - z * ((2.0 + (-log).exp() + log.exp()) / n).sqrt()
    };
    let mut out = 1e-3;
    while gap(out) < 0.0 {
        // Small steps: with few events the root lies close to a second one, beyond which the gap opens again.
        out *= 1.01;
        if centre + out > 700.0 {
            return f64::INFINITY;
        }
    }
    let (mut low, mut high) = (0.0, out);
    bisect(&mut low, &mut high, |distance| gap(distance) < 0.0);
    (centre + 0.5 * (low + high)).exp()
}

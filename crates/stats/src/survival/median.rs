//! When a given share of the units has died.

use super::kaplan_meier::LifeTable;
use super::limits::Confidence;
use crate::error::{StatsError, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

/// Two survival probabilities closer than this are the same: rounding must not decide where a stretch at exactly one half begins.
const SAME: f64 = 1.490_116_119_384_765_6e-8;

/// Steps whose limits are computed in one pass when limits are searched on a clustered curve.
const GRID: usize = 512;

impl LifeTable {
    /// Estimates the time by which half of the units have died.
    ///
    /// [`LifeTable::quantile`] at one half, where everything is documented.
    ///
    /// # Errors
    /// [`StatsError`] for a level outside (0, 1).
    pub fn median(&self, confidence: &Confidence) -> Result<Outcome, StatsError> {
        self.quantile(0.5, confidence)
    }

    /// Estimates the time by which the share `dead` of the units has died.
    ///
    /// # Definition
    /// The smallest time with `S(t) <= 1 - dead`; where the curve equals `1 - dead` over a stretch, the middle of that stretch. The limits are
    /// the same quantile of the lower and of the upper limit of the curve (Brookmeyer-Crowley type). On a clustered curve with more than 512
    /// death times the limits are searched on a grid of death times that is refined where it crosses.
    ///
    /// # Input
    /// A share above 0 and below 1.
    ///
    /// # Output
    /// A time in the unit of the times; a missing limit is not reached within follow-up.
    ///
    /// # Undefined when
    /// The curve does not come down to `1 - dead` within follow-up.
    ///
    /// # Assumptions
    /// Those of [`LifeTable`].
    ///
    /// # Errors
    /// [`StatsError`] for a share or a level outside (0, 1).
    ///
    /// # Source
    /// Brookmeyer and Crowley 1982, "A confidence interval for the median survival time", Biometrics 38, 29-41; limits as R survival 3.5-3 `quantile.survfit`.
    ///
    /// # Example
    /// Freireich et al. 1963: the median remission is 23 weeks on 6-MP.
    /// ```
    /// use candor_stats::survival::{Confidence, LifeTable, Lives};
    ///
    /// let weeks = [6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35.];
    /// let relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0].map(|flag| flag == 1);
    /// let curve = LifeTable::new(&Lives::new(&weeks, &relapsed))?;
    /// assert_eq!(curve.median(&Confidence::default())?.point(), Some(23.0));
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn quantile(&self, dead: f64, confidence: &Confidence) -> Result<Outcome, StatsError> {
        open_unit("dead", dead)?;
        confidence.check()?;
        let Some(last) = self.last_follow_up() else { return Ok(self.unknown(0.0)) };
        let alive = 1.0 - dead;
        let steps = self.steps.get(1..).unwrap_or_default();
        let curve: Vec<(f64, f64)> = steps.iter().map(|step| (step.time, step.survival)).collect();
        let Some(point) = crossing(&curve, alive, last) else {
            let lowest = curve.last().map_or(1.0, |(_, survival)| *survival);
            return Ok(Outcome::insufficient(
                format!("a curve that ends at {lowest:.4} at {last}"),
                format!("a curve that comes down to {alive}"),
                "more units are alive at the end of follow-up than the quantile leaves",
            ));
        };
        let method = format!("quantile of the Kaplan-Meier curve, {} limits", confidence.limits.name());
        let mut estimate = Estimate::new(point, method, self.units());
        estimate.clusters = self.clusters();
        estimate.events = Some(self.deaths());
        estimate.censored_share = self.censored_before(point);
        let lower = self.limit(alive, last, confidence, |limits| limits.0);
        let upper = self.limit(alive, last, confidence, |limits| limits.1);
        // Where the curve rests at exactly the quantile the point is the middle of that stretch, and a limit may begin inside it.
        let (lower, upper) = (lower.map(|limit| limit.min(point)), upper.map(|limit| limit.max(point)));
        estimate.interval = Some(Interval { lower, upper, level: confidence.level });
        if upper.is_none() {
            estimate.notes.push("the upper limit is not reached within follow-up".to_string());
        }
        if lower.is_none() {
            estimate
                .notes
                .push("the lower limit is undefined: the curve has no limits where it reaches the quantile".to_string());
        }
        Ok(Outcome::Estimate(estimate))
    }

    /// Limits of the quantile even where the quantile itself is not reached: R prints a lower limit then.
    ///
    /// # Errors
    /// [`StatsError`] for a share or a level outside (0, 1).
    pub fn quantile_limits(&self, dead: f64, confidence: &Confidence) -> Result<Interval, StatsError> {
        open_unit("dead", dead)?;
        confidence.check()?;
        let last = self.last_follow_up().unwrap_or(0.0);
        let lower = self.limit(1.0 - dead, last, confidence, |limits| limits.0);
        let upper = self.limit(1.0 - dead, last, confidence, |limits| limits.1);
        Ok(Interval { lower, upper, level: confidence.level })
    }

    /// Where one of the two limits of the curve comes down to `alive`.
    fn limit(&self, alive: f64, last: f64, confidence: &Confidence, side: impl Fn((f64, f64)) -> f64) -> Option<f64> {
        let mut range = 1..self.steps.len();
        loop {
            let stride = if self.clusters.is_some() { range.len().div_ceil(GRID).max(1) } else { 1 };
            let chosen: Vec<usize> = range.clone().step_by(stride).chain(range.end.checked_sub(1).filter(|at| *at > 0)).collect();
            let times: Vec<f64> = chosen.iter().filter_map(|at| self.steps.get(*at)).map(|step| step.time).collect();
            let limits: Vec<(f64, f64)> = chosen
                .iter()
                .zip(times.iter().zip(self.margins(&times, confidence)))
                .filter_map(|(at, (time, margin))| {
                    let survival = self.steps.get(*at)?.survival;
                    let half = margin.half_width?;
                    Some((*time, side(confidence.limits.around(survival, half)?)))
                })
                .collect();
            if stride == 1 {
                return crossing(&limits, alive, last);
            }
            let crossed = limits.iter().position(|(_, limit)| *limit <= alive + SAME)?;
            let time_of = |at: usize| limits.get(at).map(|(time, _)| self.position(*time));
            let from = crossed.checked_sub(1).and_then(time_of).unwrap_or(1);
            // One stride more, so that a stretch at exactly the quantile is seen whole.
            range = from..(time_of(crossed + 1).unwrap_or(self.steps.len() - 1) + 1);
        }
    }
}

/// The smallest time at which a falling step function is at or below `alive`, or the middle of the stretch over which it equals it.
fn crossing(curve: &[(f64, f64)], alive: f64, last: f64) -> Option<f64> {
    let (first, _) = curve.iter().find(|(_, value)| *value <= alive + SAME)?;
    let below = curve.iter().find(|(_, value)| *value < alive - SAME).map(|(time, _)| *time);
    let equal = curve.iter().any(|(time, value)| time == first && (*value - alive).abs() < SAME);
    Some(if equal { first + (below.unwrap_or(last) - first) / 2.0 } else { *first })
}

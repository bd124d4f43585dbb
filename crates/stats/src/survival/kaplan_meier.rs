//! The survival curve: built once from rows, asked at any number of horizons.

use serde::Serialize;

use super::counting::{Ended, arrivals, arrivals_left, count, dense_clusters, in_order};
use super::limits::Confidence;
use super::lives::{Lives, Sum};
use crate::distributions::normal_critical;
use crate::error::{StatsError, finite};
use crate::linearised::{Linearised, Part, spread};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates the share of units still alive after any time, from times that may be censored (Kaplan-Meier).
///
/// # Definition
/// `S(t)` is the product of `1 - d_j / n_j` over the times `t_j <= t` at which units die: `d_j` is the weight of the deaths at `t_j`, `n_j` the
/// weight of the units with `entry < t_j <= time`. A unit that is censored at `t_j` is at risk there.
///
/// Without clusters the variance is Greenwood's, and weights are counts: a row of weight 12 is the same as twelve rows. With clusters it is
/// the infinitesimal jackknife: the influence of a row on `S(t)` is summed over the rows of its cluster, so that lines which one developer
/// wrote may live and die together. No matrix of rows by clusters is built: the influence of a cluster is a running sum over its rows.
///
/// # Input
/// [`Lives`]: n rows in any order; times in the unit of the caller.
///
/// # Output
/// A probability in [0, 1] at each horizon; for code, higher is more durable.
///
/// # Undefined when
/// There is no unit; or the horizon lies past the end of follow-up while some units are still alive: the answer says when follow-up ended.
/// Limits are missing, with a note, where nobody died yet, where everybody died, and with a single cluster.
///
/// # Assumptions
/// Censoring says nothing about the risk of dying. Clusters are independent. With fewer than about 8 effective clusters the limits are wide
/// for a reason.
///
/// # Errors
/// [`StatsError`] with the name of the field of [`Lives`], or of the argument, that was wrong.
///
/// # Source
/// Kaplan and Meier 1958, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc. 53, 457-481, equation (2b);
/// variance: Greenwood 1926; infinitesimal jackknife: Therneau and Grambsch 2000, "Modeling Survival Data", section 7.2.
///
/// # Example
/// The 6-MP arm of Freireich et al. 1963, Blood 21, 699-716, table 1 (weeks in remission, the product-limit estimate at 10 weeks is 0.753).
/// ```
/// use candor_stats::survival::{Confidence, LifeTable, Lives};
///
/// let weeks = [6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35.];
/// let relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0].map(|flag| flag == 1);
/// let curve = LifeTable::new(&Lives::new(&weeks, &relapsed))?;
/// let estimate = curve.survival(10.0, &Confidence::default())?;
/// assert_eq!((estimate.point().unwrap() * 1000.0).round(), 753.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LifeTable {
    /// One entry per time at which units die, ascending; entry 0 is the start, before anybody died.
    pub(super) steps: Vec<Step>,
    /// One entry per distinct time at which rows end, ascending.
    ends: Vec<End>,
    /// Entries, ascending, each with the weight of the rows that enter then or later. Empty without delayed entry.
    late: Vec<(f64, f64)>,
    /// Rows of positive weight in the order of their step.
    pub(super) rows: Vec<Row>,
    /// The same rows in the order in which they enter; empty without delayed entry.
    pub(super) arrivals: Vec<Row>,
    /// Identifiers of the clusters of `rows`, ascending; rows name their position. `None` without clusters.
    pub(super) clusters: Option<Vec<u32>>,
    /// Weight of each of `clusters`, where all are under observation from the start; empty with delayed entry.
    pub(super) cluster_weights: Vec<Sum>,
    /// Weight of `rows`.
    pub(super) weight: Sum,
    units: f64,
    deaths: f64,
    /// Some unit enters after the curve has reached 0.
    revived: bool,
}

/// A time at which units die, and what has been summed up to it, itself included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) time: f64,
    pub(super) at_risk: f64,
    pub(super) deaths: f64,
    pub(super) survival: f64,
    /// Sum of `d / (n (n - d))`, Greenwood's; a step at which all die adds nothing.
    pub(super) greenwood: f64,
    /// Sum of `d / n`, the Nelson-Aalen hazard.
    pub(super) hazard: f64,
}

/// What is left from a time on, rows that end at it included.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) time: f64,
    pub(super) weight_from: f64,
    pub(super) deaths_from: f64,
}

/// A row by the steps that it lives through: `code` is twice the number of steps up to its end (or entry), plus 1 when it died.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) weight: f64,
    pub(super) code: u32,
    pub(super) cluster: u32,
}

impl Row {
    pub(super) fn step(self) -> usize {
        (self.code >> 1) as usize
    }

    pub(super) fn died(self) -> bool {
        self.code & 1 == 1
    }
}

/// One point of a curve, with the textbook limits: before the first death they are both 1, which is no evidence of immortality.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Time of the point.
    pub time: f64,
    /// Survival probability; missing past the end of follow-up while units are alive.
    pub survival: Option<f64>,
    /// Its standard error; missing where it is undefined.
    pub standard_error: Option<f64>,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Degrees of freedom behind the limits; missing for the normal law and where there are no limits.
    pub degrees_of_freedom: Option<f64>,
    /// Weight of the units at risk just before the time.
    pub at_risk: f64,
}

impl LifeTable {
    /// Sorts the rows and sums them up, in the time that sorting takes.
    ///
    /// # Errors
    /// [`StatsError`] with the field of [`Lives`] that was wrong. No row at all is not an error: every question is then answered with
    /// `Insufficient`.
    pub fn new(lives: &Lives<'_>) -> Result<Self, StatsError> {
        lives.check()?;
        let (clusters, dense) = dense_clusters(lives);
        let sorted = in_order(lives, dense.as_deref());
        let (steps, ends, revived) = count(lives, &sorted);
        let late = arrivals_left(lives);
        let mut step = 0;
        let row = |ended: Ended| {
            while steps.get(step + 1).is_some_and(|next| next.time <= ended.time) {
                step += 1;
            }
            Row { weight: ended.weight, code: (step as u32) << 1 | u32::from(ended.died), cluster: ended.cluster }
        };
        let rows: Vec<Row> = sorted.into_iter().map(row).collect();
        let arrivals = arrivals(lives, &steps, dense.as_deref());
        let mut weight = Sum::default();
        rows.iter().for_each(|row| weight.add(row.weight));
        let mut cluster_weights = Vec::new();
        if let Some(clusters) = clusters.as_ref().filter(|_| arrivals.is_empty()) {
            cluster_weights = vec![Sum::default(); clusters.len()];
            for row in &rows {
                if let Some(sum) = cluster_weights.get_mut(row.cluster as usize) {
                    sum.add(row.weight);
                }
            }
        }
        let units = ends.first().map_or(0.0, |end| end.weight_from);
        let deaths = ends.first().map_or(0.0, |end| end.deaths_from);
        Ok(Self { steps, ends, late, rows, arrivals, clusters, cluster_weights, weight, units, deaths, revived })
    }

    /// Weight of all units.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.units
    }

    /// Weight of all deaths.
    #[must_use]
    pub fn deaths(&self) -> f64 {
        self.deaths
    }

    /// Number of clusters with a unit of positive weight; `None` without clusters.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        self.clusters.as_ref().map(Vec::len)
    }

    /// When the last unit left, by death or censoring; `None` without units.
    #[must_use]
    pub fn last_follow_up(&self) -> Option<f64> {
        self.ends.last().map(|end| end.time)
    }

    /// Weight of the units at risk just before `time`: entered before it, and not ended before it.
    #[must_use]
    pub fn at_risk(&self, time: f64) -> f64 {
        let staying = self.ends.get(self.ends.partition_point(|end| end.time < time)).map_or(0.0, |end| end.weight_from);
        let outside = self.late.get(self.late.partition_point(|(entry, _)| *entry < time)).map_or(0.0, |(_, weight)| *weight);
        (staying - outside).max(0.0)
    }

    /// Weight of the deaths at times up to `time`, itself included.
    #[must_use]
    pub fn deaths_by(&self, time: f64) -> f64 {
        let later = self.ends.get(self.ends.partition_point(|end| end.time <= time)).map_or(0.0, |end| end.deaths_from);
        (self.deaths - later).max(0.0)
    }

    /// Share of the units whose follow-up ended alive before `time`, 0 to 1; `None` without units.
    #[must_use]
    pub fn censored_before(&self, time: f64) -> Option<f64> {
        let later = self.ends.get(self.ends.partition_point(|end| end.time < time));
        let (weight, deaths) = later.map_or((0.0, 0.0), |end| (end.weight_from, end.deaths_from));
        (self.units > 0.0).then(|| (((self.units - weight) - (self.deaths - deaths)) / self.units).clamp(0.0, 1.0))
    }

    /// The survival probability at `horizon` alone; `None` where it is undefined.
    #[must_use]
    pub fn point(&self, horizon: f64) -> Option<f64> {
        let known = self.step_at(horizon).map(|step| step.survival)?;
        (known <= 0.0 || self.last_follow_up().is_some_and(|last| horizon <= last)).then_some(known)
    }

    /// Number of steps at or before `horizon`: the position of the last of them in `steps`.
    pub(super) fn position(&self, horizon: f64) -> usize {
        self.steps.partition_point(|step| step.time <= horizon).saturating_sub(1)
    }

    fn step_at(&self, horizon: f64) -> Option<&Step> {
        if self.units > 0.0 { self.steps.get(self.position(horizon)) } else { None }
    }

    /// Influence of every cluster on `S(horizon)` and the share of the expected deaths that it carries; `None` without clusters.
    ///
    /// The basis of anything that combines two curves whose clusters overlap.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] for the horizon.
    pub fn influence(&self, horizon: f64) -> Result<Option<Linearised>, StatsError> {
        finite("horizon", &[horizon])?;
        Ok(self.influences(&[horizon])?.pop().flatten())
    }

    /// The same at several horizons, in one pass over the rows.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] for the horizons.
    pub fn influences(&self, horizons: &[f64]) -> Result<Vec<Option<Linearised>>, StatsError> {
        finite("horizons", horizons)?;
        let mut order: Vec<(usize, usize)> =
            horizons.iter().map(|horizon| self.position(*horizon)).enumerate().map(|(at, position)| (position, at)).collect();
        order.sort_unstable();
        let positions: Vec<usize> = order.iter().map(|(position, _)| *position).collect();
        let mut found = vec![None; horizons.len()];
        self.sweep(&positions, |at, linearised| {
            if let Some(place) = order.get(at).and_then(|(_, at)| found.get_mut(*at)) {
                *place = Some(linearised.clone());
            }
        });
        Ok(found)
    }

    /// The survival probability at `horizon`, with limits.
    ///
    /// # Errors
    /// [`StatsError`] for a horizon that is not finite or a level outside (0, 1).
    pub fn survival(&self, horizon: f64, confidence: &Confidence) -> Result<Outcome, StatsError> {
        Ok(self.survivals(&[horizon], confidence)?.pop().unwrap_or_else(|| self.unknown(horizon)))
    }

    /// The same at several horizons, in one pass over the rows.
    ///
    /// # Errors
    /// [`StatsError`] for horizons that are not finite or a level outside (0, 1).
    pub fn survivals(&self, horizons: &[f64], confidence: &Confidence) -> Result<Vec<Outcome>, StatsError> {
        finite("horizons", horizons)?;
        confidence.check()?;
        let spreads = self.margins(horizons, confidence);
        let outcome = |(horizon, spread): (&f64, &Margin)| match self.point(*horizon) {
            Some(point) => Outcome::Estimate(self.describe(*horizon, point, spread, confidence)),
            None => self.unknown(*horizon),
        };
        Ok(horizons.iter().zip(&spreads).map(outcome).collect())
    }

    /// The curve at the times of `grid`, for a plot; see [`CurvePoint`] for its limits.
    ///
    /// # Errors
    /// [`StatsError`] for times that are not finite or a level outside (0, 1).
    pub fn curve(&self, grid: &[f64], confidence: &Confidence) -> Result<Vec<CurvePoint>, StatsError> {
        finite("grid", grid)?;
        confidence.check()?;
        let point = |(time, margin): (&f64, Margin)| {
            let survival = self.point(*time);
            let around = survival.zip(margin.half_width).and_then(|(s, margin)| confidence.limits.around(s, margin));
            CurvePoint {
                time: *time,
                survival,
                standard_error: survival.filter(|s| *s > 0.0).and(margin.variance).map(f64::sqrt),
                lower: around.map(|limits| limits.0),
                upper: around.map(|limits| limits.1),
                degrees_of_freedom: around.and(margin.degrees_of_freedom),
                at_risk: self.at_risk(*time),
            }
        };
        Ok(grid.iter().zip(self.margins(grid, confidence)).map(point).collect())
    }

    /// Variance and half-width at each horizon, on the plain scale.
    pub(super) fn margins(&self, horizons: &[f64], confidence: &Confidence) -> Vec<Margin> {
        if self.clusters.is_some() {
            return self.clustered_margins(horizons, confidence);
        }
        let z = normal_critical(1.0 - confidence.level);
        let margin = |horizon: &f64| {
            let variance = self.step_at(*horizon).filter(|step| step.survival > 0.0).map(|step| {
                let error = step.survival * step.greenwood.sqrt();
                error * error
            });
            Margin { variance, half_width: variance.map(|variance| z * variance.sqrt()), degrees_of_freedom: None, note: None }
        };
        horizons.iter().map(margin).collect()
    }

    fn clustered_margins(&self, horizons: &[f64], confidence: &Confidence) -> Vec<Margin> {
        let mut order: Vec<usize> = (0..horizons.len()).collect();
        order.sort_by(|a, b| horizons.get(*a).partial_cmp(&horizons.get(*b)).unwrap_or(std::cmp::Ordering::Equal));
        let positions: Vec<usize> =
            order.iter().filter_map(|at| horizons.get(*at)).map(|horizon| self.position(*horizon)).collect();
        let mut margins = vec![Margin::default(); horizons.len()];
        self.sweep(&positions, |at, linearised| {
            let (Some(position), Some(margin)) = (positions.get(at), order.get(at).and_then(|at| margins.get_mut(*at))) else {
                return;
            };
            let survival = self.steps.get(*position).map_or(1.0, |step| step.survival);
            if *position == 0 {
                // Nobody died yet: the textbook curve has no spread here.
                *margin = Margin { variance: Some(0.0), half_width: Some(0.0), ..Margin::default() };
            } else if survival > 0.0 {
                *margin = match spread(&[Part { linearised, factor: 1.0 }], confidence.reference) {
                    Some(spread) => Margin {
                        variance: Some(spread.variance),
                        half_width: Some(spread.margin(confidence.level)),
                        degrees_of_freedom: spread.degrees_of_freedom,
                        note: spread.note(),
                    },
                    None => Margin { note: Some(ONE_CLUSTER.to_string()), ..Margin::default() },
                };
            }
        });
        margins
    }

    fn describe(&self, horizon: f64, point: f64, margin: &Margin, confidence: &Confidence) -> Estimate {
        let variance = match self.clusters {
            None => "Greenwood variance".to_string(),
            Some(_) => format!("infinitesimal jackknife {}", confidence.reference.name()),
        };
        let method = format!("Kaplan-Meier, {variance}, {} limits", confidence.limits.name());
        let mut estimate = Estimate::new(point, method, self.units);
        estimate.clusters = self.clusters();
        estimate.events = Some(self.deaths_by(horizon));
        estimate.censored_share = self.censored_before(horizon);
        estimate.notes.extend(margin.note.clone());
        if point >= 1.0 {
            estimate.notes.push("nobody died up to the horizon: the data give no limits".to_string());
        } else if point <= 0.0 {
            estimate.notes.push("everybody at risk has died: the data give no limits".to_string());
        } else {
            estimate.variance = margin.variance;
            estimate.degrees_of_freedom = margin.degrees_of_freedom;
            let limits = margin.half_width.and_then(|half| confidence.limits.around(point, half));
            estimate.interval = limits.map(|(lower, upper)| Interval::new(lower, upper, confidence.level));
            if margin.variance == Some(0.0) {
                estimate.notes.push("the clusters do not differ at all: the interval has no width".to_string());
            }
        }
        if self.revived && point <= 0.0 {
            estimate
                .notes
                .push("everybody under observation had died while others entered only later: the curve stays at 0".to_string());
        }
        estimate
    }

    /// Why there is no survival probability at `horizon`.
    pub(super) fn unknown(&self, horizon: f64) -> Outcome {
        match self.last_follow_up() {
            None => Outcome::insufficient("no unit", "at least one unit", "there is nothing whose survival could be estimated"),
            Some(last) => Outcome::insufficient(
                format!("follow-up to {last}"),
                format!("follow-up to {horizon}"),
                format!(
                    "units are still alive when the last one leaves observation at {last}, so nothing is known yet about {horizon}"
                ),
            ),
        }
    }
}

/// Why a single cluster gets no limits.
pub(super) const ONE_CLUSTER: &str =
    "one cluster carries the whole estimate: nothing says how clusters vary, so there are no limits";

/// Spread of a survival probability on the plain scale.
#[derive(Debug, Clone, Default)]
pub(super) struct Margin {
    pub(super) variance: Option<f64>,
    pub(super) half_width: Option<f64>,
    pub(super) degrees_of_freedom: Option<f64>,
    pub(super) note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deaths(times: &[f64], died: &[bool]) -> LifeTable {
        LifeTable::new(&Lives::new(times, died)).unwrap()
    }

    #[test]
    fn a_death_at_the_horizon_counts_and_a_censoring_there_leaves_after_it() {
        let curve = deaths(&[1.0, 1.0, 2.0, 3.0], &[true, false, true, false]);
        assert_eq!(curve.point(1.0), Some(0.75));
        assert_eq!(curve.point(0.5), Some(1.0));
        assert_eq!(curve.point(2.0), Some(0.375));
        assert_eq!(curve.at_risk(2.0), 2.0);
        assert_eq!(curve.deaths_by(2.0), 2.0);
        assert_eq!(curve.censored_before(1.0), Some(0.0));
        assert_eq!(curve.censored_before(2.0), Some(0.25));
    }

    #[test]
    fn past_the_end_of_follow_up_nothing_is_known_unless_all_are_dead() {
        let curve = deaths(&[1.0, 3.0], &[true, false]);
        assert_eq!(curve.point(3.0), Some(0.5));
        assert_eq!(curve.point(3.1), None);
        assert!(matches!(curve.survival(3.1, &Confidence::default()), Ok(Outcome::Insufficient { .. })));
        assert_eq!(deaths(&[1.0], &[true]).point(9.0), Some(0.0));
    }

    #[test]
    fn delayed_entry_is_at_risk_only_after_it() {
        let lives = Lives::new(&[2.0, 4.0, 6.0], &[true, true, false]).entering(&[0.0, 1.0, 2.0]);
        let curve = LifeTable::new(&lives).unwrap();
        // At 2 the first two are at risk, at 4 the last two.
        assert_eq!(curve.point(2.0), Some(0.5));
        assert_eq!(curve.point(4.0), Some(0.25));
        assert_eq!(curve.at_risk(2.0), 2.0);
        assert_eq!(curve.at_risk(4.0), 2.0);
    }
}

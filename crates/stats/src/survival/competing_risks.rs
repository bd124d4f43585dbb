//! Cumulative incidence when units can leave in more than one way.

use serde::Serialize;

use super::limits::Confidence;
use super::lives::{Lives, Sum, ascending};
use crate::distributions::normal_critical;
use crate::error::{StatsError, finite, same_length};
use crate::linearised::{Linearised, Part, spread};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates the share of units that has left by a time for one cause, when other causes compete (Aalen-Johansen).
///
/// # Definition
/// `F(t)` is the sum of `S(t_j-) d_j / n_j` over the times `t_j <= t` at which units leave for the cause: `d_j` counts them, `n_j` those at
/// risk, and `S` is the Kaplan-Meier curve of leaving for any cause. Units that left for another cause are not censored: `1 - S` of one cause alone
/// answers a question about a world without the other causes and is always too high.
///
/// The variance is the infinitesimal jackknife, over rows or summed by cluster. [`Incidence::aalen_variance`] is the older one of martingale type.
///
/// # Input
/// [`Lives`] without its `died`; causes instead: 0 for censored, any other number for a cause. Weights are counts.
///
/// # Output
/// A probability in [0, 1] at each horizon; whether more is better depends on the cause. Limits are those of the chosen scale, applied to `F`.
///
/// # Undefined when
/// There is no unit; the horizon lies past the end of follow-up while units are left; the cause never occurs (the point is 0 and has no limits).
///
/// # Assumptions
/// Censoring says nothing about the risk of leaving. Clusters are independent.
///
/// # Errors
/// [`StatsError`] for rows that [`Lives`] does not allow, or slices of another length.
///
/// # Source
/// Aalen and Johansen 1978, Scandinavian Journal of Statistics 5, 141-150; Klein and Moeschberger 2003, equation (4.7.1) and (4.7.2); infinitesimal
/// jackknife as R survival 3.5-3 `survfit` for multi-state data.
///
/// # Example
/// Klein and Moeschberger 2003, equation (4.7.1), by hand: four units leave at 1 (cause 1), 2 (cause 2), 3 (censored), 4 (cause 1).
/// ```
/// use candor_stats::survival::competing_risks::Incidence;
///
/// let incidence = Incidence::new(&[1.0, 2.0, 3.0, 4.0], &[1, 2, 0, 1], None, None)?;
/// assert!((incidence.point(1, 4.0).unwrap() - (0.25 + 0.5)).abs() < 1e-15);
/// assert!((incidence.point(2, 4.0).unwrap() - 0.25).abs() < 1e-15);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Incidence {
    steps: Vec<Step>,
    rows: Vec<Row>,
    causes: Vec<u32>,
    clusters: Option<Vec<u32>>,
    units: f64,
    last: Option<f64>,
}

/// A time at which units leave for any cause; entry 0 is the start.
#[derive(Debug, Clone)]
struct Step {
    time: f64,
    at_risk: f64,
    /// Weight that leaves, by cause.
    left: Vec<f64>,
    /// Kaplan-Meier of leaving for any cause, just before.
    before: f64,
    /// The same, just after.
    after: f64,
    /// Incidence by cause, this time included.
    incidence: Vec<f64>,
}

/// A row of positive weight by the steps that it lives through.
#[derive(Debug, Clone, Copy)]
struct Row {
    weight: f64,
    step: usize,
    /// Position of its cause; `None` when censored.
    cause: Option<usize>,
    cluster: usize,
}

/// One point of a cumulative incidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IncidencePoint {
    /// Time of the point.
    pub time: f64,
    /// The incidence; missing past the end of follow-up.
    pub incidence: Option<f64>,
    /// Its standard error by the infinitesimal jackknife.
    pub standard_error: Option<f64>,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
}

impl Incidence {
    /// Sums the rows up.
    ///
    /// # Errors
    /// [`StatsError`] as the type says.
    pub fn new(times: &[f64], causes: &[u32], weights: Option<&[f64]>, clusters: Option<&[u32]>) -> Result<Self, StatsError> {
        same_length("causes", causes.len(), times.len())?;
        let died: Vec<bool> = causes.iter().map(|cause| *cause != 0).collect();
        let lives = Lives { times, died: &died, weights, entries: None, clusters };
        lives.check()?;
        let order: Vec<usize> =
            ascending(times).into_iter().map(|row| row as usize).filter(|row| lives.weight(*row) > 0.0).collect();
        let distinct = |values: &[u32]| {
            let mut ids: Vec<u32> = order.iter().filter_map(|row| values.get(*row)).copied().collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let mut names = distinct(causes);
        names.retain(|cause| *cause != 0);
        let ids = clusters.map(distinct);
        let steps = steps(&lives, causes, &names, &order);
        let mut step = 0;
        let row = |row: &usize| {
            let time = times.get(*row).copied()?;
            while steps.get(step + 1).is_some_and(|next| next.time <= time) {
                step += 1;
            }
            let cluster = ids.as_ref().zip(clusters).and_then(|(ids, clusters)| ids.binary_search(clusters.get(*row)?).ok());
            let cause = names.binary_search(causes.get(*row)?).ok();
            Some(Row { weight: lives.weight(*row), step, cause, cluster: cluster.unwrap_or(0) })
        };
        let rows: Vec<Row> = order.iter().filter_map(row).collect();
        let units = rows.iter().map(|row| row.weight).sum();
        let last = order.last().and_then(|row| times.get(*row)).copied();
        Ok(Self { steps, rows, causes: names, clusters: ids, units, last })
    }

    /// Number of clusters; `None` without them.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        self.clusters.as_ref().map(Vec::len)
    }

    /// The incidence of `cause` at `horizon` alone; `None` past the end of follow-up, or without units. A cause that never occurs has incidence 0.
    #[must_use]
    pub fn point(&self, cause: u32, horizon: f64) -> Option<f64> {
        let step = self.steps.get(self.position(horizon))?;
        let known = step.after <= 0.0 || self.last.is_some_and(|last| horizon <= last);
        let place = self.causes.binary_search(&cause);
        (known && self.units > 0.0).then(|| place.ok().and_then(|place| step.incidence.get(place)).copied().unwrap_or(0.0))
    }

    fn position(&self, horizon: f64) -> usize {
        self.steps.partition_point(|step| step.time <= horizon).saturating_sub(1)
    }

    /// Variance by the infinitesimal jackknife and its spread by cluster.
    fn variance(&self, cause: u32, horizon: f64, confidence: &Confidence) -> Option<Variance> {
        let place = self.causes.binary_search(&cause).ok()?;
        let position = self.position(horizon);
        let end = self.steps.get(position).and_then(|step| step.incidence.get(place)).copied()?;
        // Running sums over the steps: d / (n (n - d)) times 1 and times F, and S d_cause / n^2.
        let (mut hazard, mut weighted, mut gained) = (0.0, 0.0, 0.0);
        let mut sums = vec![(0.0, 0.0, 0.0)];
        for step in self.steps.get(1..=position).unwrap_or_default() {
            let all: f64 = step.left.iter().sum();
            if step.after > 0.0 {
                let part = all / step.at_risk / (step.at_risk - all).max(f64::MIN_POSITIVE);
                hazard += part;
                weighted += part * step.incidence.get(place).copied().unwrap_or(0.0);
            }
            gained += step.before * step.left.get(place).copied().unwrap_or(0.0) / step.at_risk / step.at_risk;
            sums.push((hazard, weighted, gained));
        }
        let at = |step: usize| sums.get(step.min(position)).copied().unwrap_or_default();
        let influence = |row: &Row| {
            let own = self.steps.get(row.step).filter(|_| row.cause.is_some() && row.step <= position);
            let Some(own) = own else {
                let (hazard, weighted, gained) = at(row.step);
                return hazard * end - weighted - gained;
            };
            let ((hazard, weighted, _), (_, _, gained)) = (at(row.step.saturating_sub(1)), at(row.step));
            let reached = own.incidence.get(place).copied().unwrap_or(0.0);
            let gain = if row.cause == Some(place) { own.before / own.at_risk } else { 0.0 };
            hazard * end - weighted - gained - (end - reached) / own.at_risk + gain
        };
        let Some(ids) = &self.clusters else {
            let variance: f64 = self.rows.iter().map(|row| row.weight * influence(row).powi(2)).sum();
            let half = normal_critical(1.0 - confidence.level) * variance.sqrt();
            return variance.is_finite().then_some(Variance { variance, half, degrees: None, note: None });
        };
        let mut by_cluster = vec![0.0; ids.len()];
        let mut share = vec![0.0; ids.len()];
        let mut unit_variance = 0.0;
        for row in &self.rows {
            if let (Some(sum), Some(share)) = (by_cluster.get_mut(row.cluster), share.get_mut(row.cluster)) {
                let own = row.weight * influence(row);
                *sum += own;
                unit_variance += own * own / row.weight;
                // Expected events, as for the curve of leaving for any cause.
                *share += row.weight * at(row.step).0.max(0.0);
            }
        }
        let total: f64 = share.iter().sum();
        if total > 0.0 {
            share.iter_mut().for_each(|share| *share /= total);
        }
        let linearised = Linearised { clusters: ids.clone(), influence: by_cluster, share, unit_variance };
        let found = spread(&[Part { linearised: &linearised, factor: 1.0 }], confidence.reference)?;
        Some(Variance {
            variance: found.variance,
            half: found.margin(confidence.level),
            degrees: found.degrees_of_freedom,
            note: found.note(),
        })
    }

    /// Variance of the incidence by martingales (Aalen 1978), with the correction for ties: what R's `cmprsk` prints.
    ///
    /// A little larger than the jackknife in small samples. `None` where the incidence is undefined or its cause never occurs.
    #[must_use]
    pub fn aalen_variance(&self, cause: u32, horizon: f64) -> Option<f64> {
        let end = self.point(cause, horizon)?;
        let place = self.causes.binary_search(&cause).ok()?;
        let mut variance = 0.0;
        for step in self.steps.get(1..=self.position(horizon)).unwrap_or_default() {
            let reached = step.incidence.get(place).copied().unwrap_or(0.0);
            let own = step.left.get(place).copied().unwrap_or(0.0);
            let others = step.left.iter().sum::<f64>() - own;
            // What a unit that stays after this step can still lose to the cause, per unit of survival.
            let still = if step.after > 0.0 { (end - reached) / step.after } else { 0.0 };
            let ties = |count: f64| if count > 1.0 { 1.0 - (count - 1.0) / (step.at_risk - 1.0) } else { 1.0 };
            let scale = (step.before / step.at_risk).powi(2);
            variance += scale * (ties(own) * own * (1.0 - still).powi(2) + ties(others) * others * still * still);
        }
        Some(variance).filter(|variance| variance.is_finite())
    }

    /// The incidence of `cause` at `horizon`, with limits.
    ///
    /// # Errors
    /// [`StatsError`] for a horizon that is not finite or a level outside (0, 1).
    pub fn incidence(&self, cause: u32, horizon: f64, confidence: &Confidence) -> Result<Outcome, StatsError> {
        let found = self.at(cause, horizon, confidence)?;
        let Some(point) = found.0.incidence else {
            let last = self.last.map_or_else(|| "no unit".to_string(), |last| format!("follow-up to {last}"));
            let reason = "units are still there when the last one leaves observation, so nothing is known yet about the horizon";
            return Ok(Outcome::insufficient(last, format!("follow-up to {horizon}"), reason));
        };
        let how = if self.clusters.is_some() { confidence.reference.name() } else { "over units" };
        let method = format!("Aalen-Johansen, infinitesimal jackknife {how}, {} limits", confidence.limits.name());
        let mut estimate = Estimate::new(point, method, self.units);
        estimate.clusters = self.clusters();
        let position = self.position(horizon);
        if let Ok(place) = self.causes.binary_search(&cause) {
            let left = self.steps.get(1..=position).unwrap_or_default().iter().filter_map(|step| step.left.get(place));
            estimate.events = Some(left.sum());
        } else {
            estimate.events = Some(0.0);
        }
        estimate.censored_share = self.censored_share(position);
        estimate.variance = found.1.as_ref().map(|variance| variance.variance).filter(|_| point > 0.0);
        estimate.degrees_of_freedom = found.1.as_ref().and_then(|variance| variance.degrees);
        estimate.notes.extend(found.1.and_then(|variance| variance.note));
        if let (Some(lower), Some(upper)) = (found.0.lower, found.0.upper) {
            estimate.interval = Some(Interval::new(lower, upper, confidence.level));
        } else {
            estimate.notes.push(
                "nobody or everybody left for this cause, or one unit or cluster carries all: the data give no limits"
                    .to_string(),
            );
        }
        Ok(Outcome::Estimate(estimate))
    }

    /// The incidence of `cause` at the times of `grid`, for a plot.
    ///
    /// # Errors
    /// [`StatsError`] for times that are not finite or a level outside (0, 1).
    pub fn curve(&self, cause: u32, grid: &[f64], confidence: &Confidence) -> Result<Vec<IncidencePoint>, StatsError> {
        finite("grid", grid)?;
        grid.iter().map(|time| Ok(self.at(cause, *time, confidence)?.0)).collect()
    }

    fn at(&self, cause: u32, horizon: f64, confidence: &Confidence) -> Result<(IncidencePoint, Option<Variance>), StatsError> {
        finite("horizon", &[horizon])?;
        confidence.check()?;
        let incidence = self.point(cause, horizon);
        let variance = incidence.and_then(|_| self.variance(cause, horizon, confidence));
        let limits = incidence.zip(variance.as_ref()).filter(|(point, _)| *point > 0.0 && *point < 1.0);
        let limits = limits.and_then(|(point, variance)| confidence.limits.around(point, variance.half));
        let point = IncidencePoint {
            time: horizon,
            incidence,
            standard_error: variance.as_ref().map(|variance| variance.variance.sqrt()),
            lower: limits.map(|limits| limits.0),
            upper: limits.map(|limits| limits.1),
        };
        Ok((point, variance))
    }

    fn censored_share(&self, position: usize) -> Option<f64> {
        let censored: f64 = self.rows.iter().filter(|row| row.cause.is_none() && row.step < position).map(|row| row.weight).sum();
        // The sum of nothing is a negative zero, which a clamp keeps.
        (self.units > 0.0).then(|| (censored / self.units).clamp(0.0, 1.0) + 0.0)
    }
}

/// Spread of an incidence.
struct Variance {
    variance: f64,
    half: f64,
    degrees: Option<f64>,
    note: Option<String>,
}

/// Steps of the rows in `order`, ascending in time, with the incidence of every cause.
fn steps(lives: &Lives<'_>, causes: &[u32], names: &[u32], order: &[usize]) -> Vec<Step> {
    let start = Step {
        time: f64::NEG_INFINITY,
        at_risk: 0.0,
        left: vec![0.0; names.len()],
        before: 1.0,
        after: 1.0,
        incidence: vec![0.0; names.len()],
    };
    let mut steps = Vec::new();
    let mut staying = Sum::default();
    let mut at = order.len();
    while let Some(time) = at.checked_sub(1).and_then(|last| order.get(last)).and_then(|row| lives.times.get(*row)).copied() {
        let mut left = vec![0.0; names.len()];
        let mut gone = 0.0;
        while let Some(row) = at.checked_sub(1).and_then(|last| order.get(last)).copied() {
            if lives.times.get(row) != Some(&time) {
                break;
            }
            at -= 1;
            match causes.get(row).and_then(|cause| names.binary_search(cause).ok()).and_then(|place| left.get_mut(place)) {
                Some(count) => {
                    *count += lives.weight(row);
                    gone += lives.weight(row);
                }
                None => staying.add(lives.weight(row)),
            }
        }
        if gone > 0.0 {
            steps.push(Step { time, at_risk: staying.value() + gone, left, before: staying.value(), ..start.clone() });
        }
        staying.add(gone);
    }
    steps.reverse();
    let (mut survival, mut incidence) = (1.0, vec![0.0; names.len()]);
    for step in &mut steps {
        let stay = step.before;
        step.before = survival;
        for (sum, count) in incidence.iter_mut().zip(&step.left) {
            *sum += survival * count / step.at_risk;
        }
        survival *= stay / step.at_risk;
        step.after = survival;
        step.incidence.clone_from(&incidence);
    }
    steps.insert(0, start);
    steps
}

//! Summaries of group-time effects: one number, by group, by time since adoption, by calendar period.

use nalgebra::DVector;

use super::staggered::GroupTime;
use crate::refusal::{Stop, outcome};
use crate::{Estimate, Outcome, StatsError};

/// Effects along one axis with their overall mean.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Position on the axis (adoption period, periods since adoption, or calendar period) and the effect there.
    pub effects: Vec<(i64, Outcome)>,
    /// Their overall mean; by time since adoption only from adoption on.
    pub overall: Outcome,
}

/// A weighted mean of cells with its influence function.
struct Mean {
    effect: f64,
    influence: DVector<f64>,
}

/// Estimates the mean effect over all groups and periods from adoption on, weighted by group size.
///
/// # Definition
/// Sum over t >= g of P(g) ATT(g, t) / sum of the same P(g). The error includes that group sizes are estimated.
///
/// # Input
/// Fitted cells; the effects have the unit of the outcome.
///
/// # Undefined when
/// No cell lies at or after adoption.
///
/// # Assumptions
/// As for [`GroupTime`]. Groups that adopt early count in more periods: [`by_group`] gives each group one weight.
///
/// # Errors
/// None for fitted cells.
///
/// # Source
/// Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001, equation 3.10 and table 1.
///
/// # Example
/// With one group and one period after adoption it is the one effect.
/// ```
/// use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
/// use candor_stats::designs::staggered_summaries::simple;
///
/// let rollout = Rollout {
///     outcomes: &[2.0, 5.0, 3.0, 7.0, 1.0, 2.0, 2.0, 4.0],
///     units: &[1, 1, 2, 2, 3, 3, 4, 4],
///     periods: &[1, 2, 1, 2, 1, 2, 1, 2],
///     first_treated: &[Some(2), Some(2), Some(2), Some(2), None, None, None, None],
///     covariates: &[],
/// };
/// let fitted = GroupTime::fit(&rollout, Controls::NotYet, 0.95)?;
/// assert!((simple(fitted.fit().unwrap())?.point().unwrap() - 2.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn simple(cells: &GroupTime) -> Result<Outcome, StatsError> {
    finish(cells, cells.weighted(|group, period| period >= group, true), "simple mean")
}

/// Estimates the mean effect on each adoption group over its periods from adoption on, and their mean weighted by group size.
///
/// The overall mean is the one to report for "the effect of adopting": each unit counts once, however early it adopted.
///
/// # Definition
/// For each group the plain mean of ATT(g, t) over t >= g; overall the mean of these weighted by group size.
///
/// # Input
/// Fitted cells; the effects have the unit of the outcome.
///
/// # Undefined when
/// No cell lies at or after adoption.
///
/// # Assumptions
/// As [`GroupTime`]: without treatment the groups would have moved in parallel, and nobody anticipates it.
///
/// # Errors
/// None for fitted cells.
///
/// # Source
/// Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001, equations 3.7 and 3.11.
///
/// # Example
/// Changes from period 2 to 3: 2 and 3 of the adopters, 3 and 1 of the others: 2.5 - 2 (source, equation 2.6).
/// ```
/// use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
/// use candor_stats::designs::staggered_summaries::by_group;
///
/// let rollout = Rollout {
///     outcomes: &[1.0, 2.0, 4.0, 3.0, 4.0, 7.0, 2.0, 3.0, 6.0, 1.0, 2.0, 3.0],
///     units: &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
///     periods: &[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3],
///     first_treated: &[Some(3), Some(3), Some(3), Some(3), Some(3), Some(3), None, None, None, None, None, None],
///     covariates: &[],
/// };
/// let fitted = GroupTime::fit(&rollout, Controls::Never, 0.95)?;
/// let summary = by_group(fitted.fit().unwrap())?;
/// assert!((summary.overall.point().unwrap() - 0.5).abs() < 1e-12 && summary.effects[0].0 == 3);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn by_group(cells: &GroupTime) -> Result<Summary, StatsError> {
    let groups: Vec<i64> = cells.shares.keys().copied().collect();
    let parts = cells.along(&groups, |axis, group, period| group == axis && period >= group, false);
    let overall = cells.mean_over_groups(&parts);
    cells.summary(parts, overall, "by adoption group")
}

/// Estimates the effect by periods since adoption (negative: before it), and the mean of those from 0 on.
///
/// Later points rest on early adopters alone: the mix of groups changes along the axis.
///
/// # Definition
/// For each e the mean of ATT(g, g + e) weighted by group size; before adoption each compares with the period just before.
///
/// # Input
/// Fitted cells; the effects have the unit of the outcome.
///
/// # Undefined when
/// No cell lies at or after adoption (the overall mean).
///
/// # Assumptions
/// As [`GroupTime`]. Late exposures show only groups that began early.
///
/// # Errors
/// None for fitted cells.
///
/// # Source
/// Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001, equation 3.4.
///
/// # Example
/// One period before adoption both arms rise by 1 each: a pseudo-effect of 0; at adoption 0.5 (source, equation 2.6).
/// ```
/// use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
/// use candor_stats::designs::staggered_summaries::by_exposure;
///
/// let rollout = Rollout {
///     outcomes: &[1.0, 2.0, 4.0, 3.0, 4.0, 7.0, 2.0, 3.0, 6.0, 1.0, 2.0, 3.0],
///     units: &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
///     periods: &[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3],
///     first_treated: &[Some(3), Some(3), Some(3), Some(3), Some(3), Some(3), None, None, None, None, None, None],
///     covariates: &[],
/// };
/// let fitted = GroupTime::fit(&rollout, Controls::Never, 0.95)?;
/// let summary = by_exposure(fitted.fit().unwrap())?;
/// assert!(summary.effects[0].1.point().unwrap().abs() < 1e-12);
/// assert!((summary.overall.point().unwrap() - 0.5).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn by_exposure(cells: &GroupTime) -> Result<Summary, StatsError> {
    let mut axis: Vec<i64> = cells.cells().iter().filter_map(|cell| cell.period.checked_sub(cell.group)).collect();
    axis.sort_unstable();
    axis.dedup();
    let parts = cells.along(&axis, |axis, group, period| period.checked_sub(group) == Some(axis), true);
    let overall = cells.plain_mean(parts.iter().filter(|(axis, _)| *axis >= 0));
    cells.summary(parts, overall, "by periods since adoption")
}

/// Estimates the mean effect in each calendar period on the groups that have adopted by then, and their plain mean.
///
/// # Definition
/// For each t the mean of ATT(g, t) over groups with g <= t, weighted by group size.
///
/// # Input
/// Fitted cells; the effects have the unit of the outcome.
///
/// # Undefined when
/// No group is seen from its adoption on.
///
/// # Assumptions
/// As [`GroupTime`]: without treatment the groups would have moved in parallel, and nobody anticipates it.
///
/// # Errors
/// None for fitted cells.
///
/// # Source
/// Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001, equation 3.8.
///
/// # Example
/// Only period 3 is under treatment: 2.5 - 2 (source, equation 2.6).
/// ```
/// use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
/// use candor_stats::designs::staggered_summaries::by_calendar;
///
/// let rollout = Rollout {
///     outcomes: &[1.0, 2.0, 4.0, 3.0, 4.0, 7.0, 2.0, 3.0, 6.0, 1.0, 2.0, 3.0],
///     units: &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
///     periods: &[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3],
///     first_treated: &[Some(3), Some(3), Some(3), Some(3), Some(3), Some(3), None, None, None, None, None, None],
///     covariates: &[],
/// };
/// let fitted = GroupTime::fit(&rollout, Controls::Never, 0.95)?;
/// let summary = by_calendar(fitted.fit().unwrap())?;
/// assert!(summary.effects.len() == 1 && (summary.overall.point().unwrap() - 0.5).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn by_calendar(cells: &GroupTime) -> Result<Summary, StatsError> {
    let mut axis: Vec<i64> = cells.cells().iter().filter(|cell| cell.period >= cell.group).map(|cell| cell.period).collect();
    axis.sort_unstable();
    axis.dedup();
    let parts = cells.along(&axis, |axis, group, period| period == axis && group <= period, true);
    let overall = cells.plain_mean(parts.iter());
    cells.summary(parts, overall, "by calendar period")
}

type Parts = Vec<(i64, Option<Mean>)>;

impl GroupTime {
    /// Mean of the cells that `holds` keeps, weighted by group size; `estimated` adds that the sizes are estimated.
    fn weighted(&self, holds: impl Fn(i64, i64) -> bool, estimated: bool) -> Option<Mean> {
        let kept: Vec<(usize, f64)> = self
            .cells()
            .iter()
            .enumerate()
            .filter(|(_, cell)| holds(cell.group, cell.period))
            .map(|(at, cell)| (at, self.shares.get(&cell.group).copied().unwrap_or(0.0)))
            .collect();
        let values: Vec<(i64, f64, f64, &DVector<f64>)> = kept
            .iter()
            .map(|(at, share)| (self.cells()[*at].group, *share, self.cells()[*at].effect.point, &self.influence[*at]))
            .collect();
        self.combine(&values, estimated)
    }

    /// From (group, share, effect, influence) of each part.
    fn combine(&self, parts: &[(i64, f64, f64, &DVector<f64>)], estimated: bool) -> Option<Mean> {
        let total: f64 = parts.iter().map(|(_, share, _, _)| share).sum();
        if total <= 0.0 {
            return None;
        }
        let effect = parts.iter().map(|(_, share, effect, _)| share / total * effect).sum::<f64>();
        let mut influence = DVector::zeros(self.units);
        for (group, share, own, part) in parts {
            influence.axpy(share / total, part, 1.0);
            if estimated {
                // Derivative of the mean by this group's share, times the influence of each unit on the share.
                let lever = (own - effect) / total;
                for (unit, of) in self.group_of_unit.iter().enumerate() {
                    influence[unit] += lever * (f64::from(u8::from(*of == Some(*group))) - share);
                }
            }
        }
        Some(Mean { effect, influence })
    }

    fn along(&self, axis: &[i64], holds: impl Fn(i64, i64, i64) -> bool, estimated: bool) -> Parts {
        axis.iter().map(|at| (*at, self.weighted(|group, period| holds(*at, group, period), estimated))).collect()
    }

    /// Mean of the parts of [`by_group`], weighted by estimated group sizes.
    fn mean_over_groups(&self, parts: &Parts) -> Option<Mean> {
        let values: Vec<(i64, f64, f64, &DVector<f64>)> = parts
            .iter()
            .filter_map(|(group, mean)| Some((group, mean.as_ref()?)))
            .map(|(group, mean)| (*group, self.shares.get(group).copied().unwrap_or(0.0), mean.effect, &mean.influence))
            .collect();
        self.combine(&values, true)
    }

    fn plain_mean<'p>(&self, parts: impl Iterator<Item = &'p (i64, Option<Mean>)>) -> Option<Mean> {
        let kept: Vec<&Mean> = parts.filter_map(|(_, mean)| mean.as_ref()).collect();
        let count = kept.len() as f64;
        let mut mean = Mean { effect: 0.0, influence: DVector::zeros(self.units) };
        for part in &kept {
            mean.effect += part.effect / count;
            mean.influence.axpy(1.0 / count, &part.influence, 1.0);
        }
        (!kept.is_empty()).then_some(mean)
    }

    fn summary(&self, parts: Parts, overall: Option<Mean>, name: &str) -> Result<Summary, StatsError> {
        let overall = finish(self, overall, name)?;
        let effects: Result<Vec<_>, StatsError> =
            parts.into_iter().map(|(axis, mean)| Ok((axis, finish(self, mean, name)?))).collect();
        Ok(Summary { effects: effects?, overall })
    }
}

fn finish(cells: &GroupTime, mean: Option<Mean>, name: &str) -> Result<Outcome, StatsError> {
    outcome(try_finish(cells, mean, name))
}

fn try_finish(cells: &GroupTime, mean: Option<Mean>, name: &str) -> Result<Estimate, Stop> {
    let mean = mean.ok_or_else(|| {
        Stop::insufficient(
            "no cell of this kind",
            "a group seen from its adoption on, with controls",
            "the effects that this summary needs could not be estimated",
        )
    })?;
    let mut estimate = cells.estimate(mean.effect, &mean.influence, name)?;
    let treated = cells.group_of_unit.iter().flatten().count();
    let fewer = treated.min(cells.units - treated);
    if fewer < 10 {
        estimate.notes.push(format!("only {treated} treated and {} never treated units", cells.units - treated));
    }
    estimate.notes.extend(cells.notes.iter().cloned());
    Ok(estimate)
}

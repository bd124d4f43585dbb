//! Comparison of cumulative incidences between groups.

use nalgebra::{DMatrix, DVector};

use super::lives::{ascending, not_negative};
use crate::distributions::chi_squared_upper;
use crate::error::{StatsError, finite, same_length};
use crate::outcome::{Estimate, Outcome};

/// Tests whether the cumulative incidence of one cause is the same in all groups (Gray's test with rho = 0).
///
/// # Definition
/// With `n_k` at risk in group k, `S_k` its curve of leaving for any cause and `F_k` the incidence of the cause, `R_k = n_k (1 - F_k) / S_k` is the size of
/// the group when units that left for other causes stay in it. At each time the group's departures for the cause are compared with its share
/// of `sum R`. The variance is the asymptotic one under equal incidences, corrected for ties.
///
/// # Input
/// Times, not negative; causes with 0 for censored; groups of any number.
///
/// # Output
/// The statistic as point, its degrees of freedom (groups minus 1) and the p-value.
///
/// # Undefined when
/// There are fewer than two groups, or nobody leaves for the cause while two groups are at risk.
///
/// # Assumptions
/// Units are independent (no clusters); censoring says nothing about the risk.
///
/// # Errors
/// [`StatsError`] for slices of different length, times that are negative or not finite, or a cause of 0.
///
/// # Source
/// Gray 1988, "A class of K-sample tests for comparing the cumulative incidence of a competing risk", Annals of Statistics 16, 1141-1154, section 3.
///
/// # Example
/// Two groups that leave in the same way are not told apart (Gray's statistic is then 0).
/// ```
/// use candor_stats::survival::gray;
///
/// let times = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0];
/// let outcome = gray::test(&times, &[1, 2, 1, 0, 1, 2, 1, 0], &[0, 0, 0, 0, 1, 1, 1, 1], 1)?;
/// assert!(outcome.point().unwrap().abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn test(times: &[f64], causes: &[u32], groups: &[u32], cause: u32) -> Result<Outcome, StatsError> {
    finite("times", times)?;
    not_negative("times", times)?;
    same_length("causes", causes.len(), times.len())?;
    same_length("groups", groups.len(), times.len())?;
    if cause == 0 {
        return Err(StatsError::OutOfRange {
            argument: "cause",
            value: "0".to_string(),
            expected: "the number of a cause, not of censoring",
        });
    }
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let moments = moments(times, causes, groups, cause, &names);
    let count = names.len();
    let mut score = DVector::zeros(count);
    for moment in &moments {
        let all: f64 = moment.groups.iter().map(Risk::extended).sum();
        let own: f64 = moment.groups.iter().map(|group| group.own).sum();
        if all > 0.0 {
            for (sum, group) in score.iter_mut().zip(&moment.groups) {
                *sum += group.own - own * group.extended() / all;
            }
        }
    }
    let variance = variance(&moments, count);
    let kept = count.saturating_sub(1);
    let refused = || {
        Outcome::insufficient(
            format!("{count} groups and no usable variance"),
            "departures for the cause while two groups are at risk",
            "at no time was there a choice between the groups",
        )
    };
    let part = variance.view((0, 0), (kept, kept)).into_owned();
    let Some(solver) = part.cholesky().filter(|_| kept > 0) else { return Ok(refused()) };
    let part = score.rows(0, kept).into_owned();
    let statistic = solver.solve(&part).dot(&part);
    if !statistic.is_finite() {
        return Ok(refused());
    }
    let mut estimate = Estimate::new(statistic.max(0.0), "Gray's test, rho = 0", times.len() as f64);
    estimate.degrees_of_freedom = Some(kept as f64);
    estimate.p_value = Some(chi_squared_upper(statistic, kept as f64));
    estimate.events = Some(causes.iter().filter(|found| **found == cause).count() as f64);
    let censored = causes.iter().filter(|found| **found == 0).count() as f64;
    estimate.censored_share = Some(censored / times.len() as f64);
    Ok(Outcome::Estimate(estimate))
}

/// A group at a time at which somebody leaves.
#[derive(Debug, Clone, Copy, Default)]
struct Risk {
    at_risk: f64,
    own: f64,
    others: f64,
    /// Curve of leaving for any cause, just before and just after.
    before: f64,
    after: f64,
    /// Incidence of the cause just before.
    reached: f64,
}

impl Risk {
    /// Units at risk per unit of survival; 0 for an empty group.
    fn spread(&self) -> f64 {
        if self.at_risk > 0.0 { self.at_risk / self.before } else { 0.0 }
    }

    /// Size of the group when units that left for other causes stay.
    fn extended(&self) -> f64 {
        self.spread() * (1.0 - self.reached)
    }
}

struct Moment {
    groups: Vec<Risk>,
}

fn moments(times: &[f64], causes: &[u32], groups: &[u32], cause: u32, names: &[u32]) -> Vec<Moment> {
    let order = ascending(times);
    let group_of = |row: usize| groups.get(row).and_then(|group| names.binary_search(group).ok());
    let mut now = vec![Risk { before: 1.0, after: 1.0, ..Risk::default() }; names.len()];
    for row in 0..times.len() {
        if let Some(group) = group_of(row).and_then(|group| now.get_mut(group)) {
            group.at_risk += 1.0;
        }
    }
    let mut moments = Vec::new();
    let mut at = 0;
    while let Some(time) = order.get(at).and_then(|row| times.get(*row as usize)) {
        let mut gone = vec![0.0; names.len()];
        while let Some(row) = order.get(at).map(|row| *row as usize).filter(|row| times.get(*row) == Some(time)) {
            at += 1;
            let Some(place) = group_of(row) else { continue };
            if let (Some(group), Some(gone)) = (now.get_mut(place), gone.get_mut(place)) {
                *gone += 1.0;
                match causes.get(row) {
                    Some(0) | None => {}
                    Some(found) if *found == cause => group.own += 1.0,
                    Some(_) => group.others += 1.0,
                }
            }
        }
        if now.iter().any(|group| group.own + group.others > 0.0) {
            for group in now.iter_mut().filter(|group| group.at_risk > 0.0) {
                group.after = group.before * (group.at_risk - group.own - group.others) / group.at_risk;
            }
            moments.push(Moment { groups: now.clone() });
            for group in now.iter_mut().filter(|group| group.at_risk > 0.0) {
                group.reached += group.before * group.own / group.at_risk;
                group.before = group.after;
                (group.own, group.others) = (0.0, 0.0);
            }
        }
        for (group, gone) in now.iter_mut().zip(gone) {
            group.at_risk -= gone;
        }
    }
    moments
}

/// Variance of the scores under equal incidences: each departure moves a score by a direct part and, through the curves, by all that follows.
fn variance(moments: &[Moment], count: usize) -> DMatrix<f64> {
    // Forward: the direct parts, and the running integral of them over the pooled hazard of the cause.
    let mut pooled = 0.0;
    let mut running = DMatrix::zeros(count, count);
    let mut walk = Vec::with_capacity(moments.len());
    for moment in moments {
        let spreads: Vec<f64> = moment.groups.iter().map(Risk::spread).collect();
        let all: f64 = spreads.iter().sum();
        let own: f64 = moment.groups.iter().map(|group| group.own).sum();
        if all <= 0.0 {
            continue;
        }
        let direct = DMatrix::from_fn(count, count, |i, j| {
            let (a, b) = (spreads.get(i).copied().unwrap_or(0.0), spreads.get(j).copied().unwrap_or(0.0));
            if i == j { a * (1.0 - a / all) } else { -a * b / all }
        });
        if pooled < 1.0 {
            running += &direct * (own / (all * (1.0 - pooled)));
        }
        pooled += own / all;
        walk.push((moment, direct, running.clone(), pooled, all, own));
    }
    // Backward in meaning, any order in fact: the total is known now.
    let mut variance = DMatrix::zeros(count, count);
    for (moment, direct, so_far, pooled, all, own) in walk {
        let later = &running - so_far;
        for (k, group) in moment.groups.iter().enumerate().filter(|(_, group)| group.at_risk > 0.0) {
            let left = if group.after > 0.0 { (1.0 - pooled) / group.after } else { 0.0 };
            let mut add = |through: f64, directly: f64, amount: f64| {
                let moved = direct.column(k) * directly + later.column(k) * through;
                variance += &moved * moved.transpose() * amount;
            };
            if own > 0.0 {
                let through = if group.after > 0.0 { 1.0 - left } else { 1.0 };
                let ties = if own > 1.0 { 1.0 - (own - 1.0) / (all * group.before - 1.0) } else { 1.0 };
                add(through, 1.0, ties * group.before * own / (all * group.at_risk));
            }
            if group.others > 0.0 && group.after > 0.0 {
                let ties = if group.others > 1.0 { 1.0 - (group.others - 1.0) / (group.at_risk - 1.0) } else { 1.0 };
                add(left, 0.0, ties * group.before * group.before * group.others / (group.at_risk * group.at_risk));
            }
        }
    }
    variance
}

//! Intervals at the level that a look and a family leave: planned looks spend, always-valid ones hold at every look.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candor_stats::looks::confidence_sequence::{Effect, Side, Tuning, confidence_sequence};
use candor_stats::looks::group_sequential::spending_boundary;
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::estimates::{Answer, Figure, OwnInterval};
use crate::ExperimentError;
use crate::plan::{Claim, Criterion, LookMethod, Plan, Role, Spending};

/// Limits of an effect, turned so that positive is good. A missing one is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// One-sided error rate of each limit at this look alone.
    pub alpha: f64,
}

/// What may be spent at this look.
pub(super) struct Levels {
    method: LookMethod,
    spending: Spending,
    tuned_for_units: f64,
    /// Information of the looks so far, this one last.
    fractions: Vec<f64>,
    family_alpha: Vec<(String, f64)>,
    /// Levels of this look that were computed already, by the bits of the error rate: a boundary takes an integral.
    stages: RefCell<BTreeMap<u64, Option<f64>>>,
}

impl Levels {
    pub(super) fn new(plan: &Plan, held: &[Date], as_of: Date) -> Result<Self, ExperimentError> {
        let mut days: Vec<Date> = held.iter().copied().filter(|day| *day < as_of).collect();
        days.push(as_of);
        let mut fractions: Vec<f64> =
            days.into_iter().map(|day| plan.information_at(day)).filter(|fraction| *fraction > 0.0).collect();
        // Looks beyond the plan have nothing left to spend and count as the last one.
        fractions.dedup_by(|next, before| *next <= *before * 1.0002);
        Ok(Self {
            method: plan.looks.method,
            spending: plan.looks.spending.unwrap_or(Spending::OBrienFleming),
            tuned_for_units: plan.looks.tuned_for_units.map_or(2.0, f64::from),
            fractions,
            stages: RefCell::default(),
            family_alpha: plan.families.iter().map(|family| (family.id.clone(), family.alpha)).collect(),
        })
    }

    /// Limits of a figure where all looks together may err by `alpha` on each side; none where the look may not decide at all.
    pub(super) fn at(&self, figure: &Figure, alpha: f64) -> Result<Option<Limits>, ExperimentError> {
        let Answer::Estimate { point, standard_error, degrees_of_freedom, intervals, units, .. } = &figure.answer else {
            return Ok(None);
        };
        let sign = figure.sign();
        let point = sign * point;
        if self.method == LookMethod::AlwaysValid {
            let Some(standard_error) = standard_error.filter(|_| intervals.is_empty()) else {
                return Ok(given(intervals, sign, alpha));
            };
            let effect = Effect { estimate: point, standard_error, units: *units, degrees_of_freedom: *degrees_of_freedom };
            let limit = |side| -> Result<_, ExperimentError> {
                let outcome = confidence_sequence(&effect, &Tuning { units: self.tuned_for_units, alpha, side })?;
                Ok(outcome.estimate().and_then(|estimate| estimate.interval))
            };
            let (below, above) = (limit(Side::Lower)?, limit(Side::Upper)?);
            return Ok(below.zip(above).map(|(below, above)| Limits { lower: below.lower, upper: above.upper, alpha }));
        }
        let Some(stage) = self.stage(alpha)? else { return Ok(None) };
        if standard_error.is_none() || !intervals.is_empty() {
            return Ok(given(intervals, sign, stage));
        }
        let mut estimate = candor_stats::Estimate::new(point, "", *units);
        estimate.variance = standard_error.map(|error| error * error);
        estimate.degrees_of_freedom = *degrees_of_freedom;
        let margin = Margin { value: 0.0, better: Better::Higher, alpha: stage.min(0.4999) };
        let compared = non_inferiority::estimate(&estimate, &margin)?;
        let interval = compared.into_fit().and_then(|fit| fit.estimate.interval);
        Ok(interval.map(|interval| Limits { lower: interval.lower, upper: interval.upper, alpha: stage }))
    }

    /// One-sided level of this look alone where all looks together may err by `alpha`; none where it may not decide.
    fn stage(&self, alpha: f64) -> Result<Option<f64>, ExperimentError> {
        if let Some(stage) = self.stages.borrow().get(&alpha.to_bits()) {
            return Ok(*stage);
        }
        let boundary = spending_boundary(self.spending.rule(), alpha, &self.fractions)?;
        let stage = boundary.last().map(|last| last.stage_level).filter(|stage| *stage > 1e-15);
        self.stages.borrow_mut().insert(alpha.to_bits(), stage);
        Ok(stage)
    }

    /// Limits at the error rate of the criterion's family, not shared with the others of it: for figures that are shown.
    pub(super) fn plain(&self, figure: &Figure, criterion: &Criterion) -> Result<Option<Limits>, ExperimentError> {
        let alpha = self.family_alpha.iter().find(|(id, _)| *id == criterion.family).map_or(0.025, |(_, alpha)| *alpha);
        self.at(figure, alpha)
    }
}

/// Of the limits that came with the figure those of the lowest level that is high enough, turned so that positive is good.
fn given(intervals: &[OwnInterval], sign: f64, alpha: f64) -> Option<Limits> {
    let enough = intervals.iter().filter(|own| (1.0 - own.level) / 2.0 <= alpha * (1.0 + 1e-6));
    let own = enough.min_by(|left, right| left.level.total_cmp(&right.level))?;
    let (lower, upper) = if sign < 0.0 { (own.upper.map(|x| -x), own.lower.map(|x| -x)) } else { (own.lower, own.upper) };
    Some(Limits { lower, upper, alpha: (1.0 - own.level) / 2.0 })
}

/// Two-sided levels of the intervals that a look asks for, lowest first: what a method without a standard error has to compute.
///
/// # Input
/// `held`: days of the planned looks that were held; `as_of`: the day of this one.
///
/// # Output
/// For each family its error rates of success and of harm, whole and shared among one to all of its claims, at this look alone. Empty where
/// the look may not decide.
///
/// # Errors
/// [`ExperimentError::Statistics`] where an error rate of the plan is none.
pub fn levels_asked(plan: &Plan, held: &[Date], as_of: Date) -> Result<Vec<f64>, ExperimentError> {
    let levels = Levels::new(plan, held, as_of)?;
    let mut found = Vec::new();
    for family in &plan.families {
        let claims = plan
            .criteria
            .iter()
            .filter(|own| own.family == family.id && own.role != Role::Evidence && own.claim != Claim::NoneWorseOneBetter);
        for shares in 1..=claims.count().max(1) {
            for alpha in [family.alpha, family.harm_alpha] {
                let alpha = alpha / shares as f64;
                let stage = if levels.method == LookMethod::AlwaysValid { Some(alpha) } else { levels.stage(alpha)? };
                found.extend(stage.map(|stage| 1.0 - 2.0 * stage));
            }
        }
    }
    found.sort_by(f64::total_cmp);
    found.dedup_by(|next, before| (*next - *before).abs() < 1e-12);
    Ok(found)
}

/// Two-sided p-value against no difference, at one look alone; none without a standard error.
pub(crate) fn p_value(figure: &Figure) -> Result<Option<f64>, ExperimentError> {
    let Answer::Estimate { point, standard_error: Some(error), degrees_of_freedom, units, .. } = &figure.answer else {
        return Ok(None);
    };
    // The distance from 0, so that one tail is the smaller one.
    let mut estimate = candor_stats::Estimate::new(point.abs(), "", *units);
    estimate.variance = Some(error * error);
    estimate.degrees_of_freedom = *degrees_of_freedom;
    let compared = non_inferiority::estimate(&estimate, &Margin { value: 0.0, better: Better::Higher, alpha: 0.025 })?;
    Ok(compared.into_fit().and_then(|fit| fit.estimate.p_value).map(|p| (2.0 * p).min(1.0)))
}

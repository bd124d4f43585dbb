//! Intervals at the level that a look and a family leave: planned looks spend, always-valid ones hold at every look.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candor_stats::looks::confidence_sequence::{Effect, Side, Tuning, confidence_sequence};
use candor_stats::looks::group_sequential::spending_boundary;
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::estimates::{Answer, Figure};
use crate::ExperimentError;
use crate::plan::{Criterion, LookMethod, Plan, Spending};

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
        let Answer::Estimate { point, standard_error, degrees_of_freedom, lower, upper, level, units, .. } = &figure.answer
        else {
            return Ok(None);
        };
        let sign = figure.sign();
        let point = sign * point;
        let (lower, upper) = if sign < 0.0 { (upper.map(|x| -x), lower.map(|x| -x)) } else { (*lower, *upper) };
        if self.method == LookMethod::AlwaysValid {
            let Some(standard_error) = *standard_error else { return Ok(given(lower, upper, *level, alpha)) };
            let effect = Effect { estimate: point, standard_error, units: *units, degrees_of_freedom: *degrees_of_freedom };
            let limit = |side| -> Result<_, ExperimentError> {
                let outcome = confidence_sequence(&effect, &Tuning { units: self.tuned_for_units, alpha, side })?;
                Ok(outcome.estimate().and_then(|estimate| estimate.interval))
            };
            let (below, above) = (limit(Side::Lower)?, limit(Side::Upper)?);
            return Ok(below.zip(above).map(|(below, above)| Limits { lower: below.lower, upper: above.upper, alpha }));
        }
        let Some(stage) = self.stage(alpha)? else { return Ok(None) };
        if standard_error.is_none() {
            return Ok(given(lower, upper, *level, stage));
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

/// Limits that came with the figure, where their level is high enough.
fn given(lower: Option<f64>, upper: Option<f64>, level: Option<f64>, alpha: f64) -> Option<Limits> {
    let own = (1.0 - level?) / 2.0;
    (own <= alpha * (1.0 + 1e-9)).then_some(Limits { lower, upper, alpha: own })
}

/// Two-sided p-value against no difference, at one look alone; none without a standard error.
pub(super) fn p_value(figure: &Figure) -> Result<Option<f64>, ExperimentError> {
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

//! Event study: the difference between treated and other units period by period, and whether it was there before the change.

use super::panel::{Panel, indicator};
use crate::error::same_length;
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::{Correction, Covariance, Errors, LeastSquares, Regressors, joint_test};
use crate::{Outcome, StatsError};

/// A fitted event study.
///
/// # Definition
/// outcome = unit effect + period effect + sum over periods k other than the reference of effect_k * treated unit * (period = k), by least
/// squares after unit means are taken out. effect_k is the gap between the arms in period k minus the gap in the reference period.
///
/// # Input
/// [`Panel`] rows; per row whether its unit belongs to the treated arm (in every period the same); the first period under treatment; the
/// reference period, usually the last one before.
///
/// # Output
/// One effect per period other than the reference, in the unit of the outcome; before `first` they should be 0.
///
/// # Undefined when
/// Only one arm is there, or the reference period has no rows.
///
/// # Assumptions
/// All treated units start in the same period (else [`super::staggered`]); without treatment both arms would have moved in parallel.
///
/// # Source
/// Angrist and Pischke, Mostly Harmless Econometrics, 2009, section 5.2.1; pre-trend tests: Roth 2022, doi:10.1257/aeri.20210236.
///
/// # Example
/// Two units per arm, gap 1, 1, 3: no effect before, 2 after.
/// ```
/// use candor_stats::designs::{difference_in_differences::Panel, event_study::EventStudy};
///
/// let outcomes = [1.0, 2.0, 3.0, 1.0, 2.0, 3.5, 2.0, 3.0, 6.0, 2.0, 3.0, 6.5];
/// let panel = Panel { outcomes: &outcomes, units: &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], periods: &[-2, -1, 0, -2, -1, 0, -2, -1, 0, -2, -1, 0] };
/// let treated = [false, false, false, false, false, false, true, true, true, true, true, true];
/// let fitted = EventStudy::fit(&panel, &treated, 0, -1)?;
/// let effects = fitted.fit().unwrap().coefficients();
/// assert!(effects[0].1.abs() < 1e-12 && (effects[1].1 - 2.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct EventStudy {
    model: LeastSquares<'static>,
    units: Vec<usize>,
    /// Periods with an effect, ascending.
    periods: Vec<i64>,
    first: i64,
}

fn name(period: i64) -> String {
    format!("effect in period {period}")
}

impl EventStudy {
    /// Fits the model; `first` is the first period under treatment.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name the argument; [`StatsError::OutOfRange`] names `reference` when no row is
    /// from that period.
    pub fn fit(panel: &Panel<'_>, treated_unit: &[bool], first: i64, reference: i64) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(panel, treated_unit, first, reference))
    }

    fn try_fit(panel: &Panel<'_>, treated_unit: &[bool], first: i64, reference: i64) -> Result<Self, Stop> {
        let within = panel.open()?;
        same_length("treated_unit", treated_unit.len(), panel.outcomes.len())?;
        let position = within.periods.labels.iter().position(|period| *period == reference);
        let position = position.ok_or_else(|| StatsError::OutOfRange {
            argument: "reference",
            value: reference.to_string(),
            expected: "a period that the panel has",
        })?;
        let mut right = within.with_periods(Regressors::without_intercept(panel.outcomes.len()), position)?;
        let mut periods = Vec::new();
        for (at, period) in within.periods.labels.iter().enumerate().filter(|(at, _)| *at != position) {
            let mut column = indicator(&within.periods.of_row, |own| own == at);
            for (value, treated) in column.iter_mut().zip(treated_unit) {
                if !treated {
                    *value = 0.0;
                }
            }
            right = right.column(name(*period), within.deviations(column))?;
            periods.push(*period);
        }
        let model = LeastSquares::try_fit(&within.deviations(panel.outcomes.to_vec()), right)?;
        Ok(Self { model, units: within.units.of_row, periods, first })
    }

    /// Period and effect, ascending; the reference period, 0 by construction, is not in it.
    #[must_use]
    pub fn coefficients(&self) -> Vec<(i64, f64)> {
        self.periods.iter().filter_map(|period| Some((*period, self.model.coefficient(&name(*period))?))).collect()
    }

    /// Estimates the effect in each period, errors clustered by unit; [`Correction::Cr2`] is the one to report.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn effects(&self, correction: Correction, level: f64) -> Result<Vec<(i64, Outcome)>, StatsError> {
        match self.covariance(correction)? {
            Fitted::Fit(covariance) => {
                self.periods.iter().map(|period| Ok((*period, covariance.coefficient(&name(*period), level)?))).collect()
            }
            Fitted::Refused(outcome) => Ok(self.periods.iter().map(|period| (*period, outcome.clone())).collect()),
        }
    }

    /// Tests that no effect is there before `first`: HTZ with [`Correction::Cr2`], which is the honest one with few units; with CR1 the usual F
    /// with G - 1 degrees of freedom, which rejects too often.
    ///
    /// A p-value above 0.05 is no evidence of parallel trends: with few units the test misses large differences.
    ///
    /// # Errors
    /// None for a fitted study.
    pub fn pre_trend(&self, correction: Correction) -> Result<Outcome, StatsError> {
        let names = self.leads();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match self.covariance(correction)? {
            Fitted::Fit(covariance) => Ok(match joint_test::joint(&covariance, &names)? {
                Outcome::Estimate(mut estimate) => {
                    estimate.notes.push("a pre-trend that is not significant is no evidence of parallel trends".to_owned());
                    Outcome::Estimate(estimate)
                }
                other => other,
            }),
            Fitted::Refused(outcome) => Ok(outcome),
        }
    }

    /// The Wald statistic of [`Self::pre_trend`] on the chi-squared scale; `None` where it is undefined.
    #[must_use]
    pub fn pre_trend_wald(&self, correction: Correction) -> Option<f64> {
        let names = self.leads();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        joint_test::wald_statistic(self.covariance(correction).ok()?.fit()?, &names).ok()?
    }

    fn leads(&self) -> Vec<String> {
        self.periods.iter().filter(|period| **period < self.first).map(|period| name(*period)).collect()
    }

    fn covariance(&self, correction: Correction) -> Result<Fitted<Covariance<'_, 'static>>, StatsError> {
        self.model.covariance(&Errors::Clustered { by: &self.units, correction })
    }
}

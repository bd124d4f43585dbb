//! Difference in differences: teams that changed against teams that did not, over the same periods.

pub use super::panel::Panel;
use super::two_arms;
use crate::distributions::student_two_sided;
use crate::error::same_length;
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::{Correction, Errors, LeastSquares, Regressors};
use crate::{Outcome, StatsError};

/// A fitted two-way fixed-effects model with one treatment effect.
///
/// # Definition
/// outcome = unit effect + period effect + effect * treated, by least squares after unit means are taken out. CR2 and its degrees of freedom
/// are the same with and without unit dummies (Pustejovsky and Tipton 2018, theorem 2).
///
/// # Input
/// [`Panel`] rows, and per row whether its unit was under treatment in its period.
///
/// # Output
/// The change of treated units beyond that of the others, in the unit of the outcome.
///
/// # Undefined when
/// No unit changes while another does not; fewer than two units; no more rows than coefficients.
///
/// # Assumptions
/// Without treatment, treated and other units would have moved in parallel: look at [`super::event_study`], and remember that a p-value
/// above 0.05 of a pre-trend does not prove it. Units that start at different times need [`super::staggered`]: with effects that grow, this
/// estimator compares late starters with early ones and can have the wrong sign (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014).
///
/// # Source
/// Angrist and Pischke, Mostly Harmless Econometrics, 2009, section 5.2; Bertrand, Duflo and Mullainathan 2004,
/// doi:10.1162/003355304772839588 (clusters); Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004 (CR2).
///
/// # Example
/// Card and Krueger 1994, table 3 (employment per restaurant before and after): New Jersey 20.44 to 21.03, Pennsylvania 23.33 to 21.17: 2.75
/// from these rounded means (2.76 in the table). Here each state stands for two equal restaurants.
/// ```
/// use candor_stats::designs::difference_in_differences::{DifferenceInDifferences, Panel};
///
/// let outcomes = [20.44, 21.03, 20.44, 21.03, 23.33, 21.17, 23.33, 21.17];
/// let panel = Panel { outcomes: &outcomes, units: &[1, 1, 2, 2, 3, 3, 4, 4], periods: &[0, 1, 0, 1, 0, 1, 0, 1] };
/// let treated = [false, true, false, true, false, false, false, false];
/// let fitted = DifferenceInDifferences::fit(&panel, &treated)?;
/// assert!((fitted.fit().unwrap().coefficient() - 2.75).abs() < 1e-9);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DifferenceInDifferences {
    model: LeastSquares<'static>,
    units: Vec<usize>,
    unit_count: usize,
    period_count: usize,
}

/// Standard errors as packages print them by default, to reconcile with an analysis made elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackageErrors {
    /// `fixest` and `pyfixest`, clustered by unit: G / (G - 1) * (n - 1) / (n - K), unit effects not counted in K; t with G - 1 degrees.
    pub fixest: PackageError,
    /// `linearmodels` PanelOLS, clustered by unit: n / (n - K), all effects counted in K; t with n - K degrees.
    pub linearmodels: PackageError,
}

/// Standard error with the p-value that goes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PackageError {
    /// Standard error of the effect.
    pub standard_error: f64,
    /// Two-sided p-value; `None` for an error of 0.
    pub p_value: Option<f64>,
}

const EFFECT: &str = "effect";

impl DifferenceInDifferences {
    /// Fits the model; `treated` says per row whether its unit was under treatment then.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name the argument.
    pub fn fit(panel: &Panel<'_>, treated: &[bool]) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(panel, treated))
    }

    fn try_fit(panel: &Panel<'_>, treated: &[bool]) -> Result<Self, Stop> {
        let within = panel.open()?;
        same_length("treated", treated.len(), panel.outcomes.len())?;
        let treatment = treated.iter().map(|own| f64::from(u8::from(*own))).collect();
        let right = Regressors::without_intercept(treated.len());
        let right = within.with_periods(right, 0)?.column(EFFECT, within.deviations(treatment))?;
        let (unit_count, period_count) = (within.units.count(), within.periods.count());
        let model = LeastSquares::try_fit(&within.deviations(panel.outcomes.to_vec()), right)?;
        Ok(Self { model, units: within.units.of_row, unit_count, period_count })
    }

    /// The effect: treated units' change beyond the change of the others.
    #[must_use]
    pub fn coefficient(&self) -> f64 {
        self.model.coefficient(EFFECT).unwrap_or(f64::NAN)
    }

    /// Estimates the effect with errors clustered by unit; [`Correction::Cr2`] is the one to report. [`Correction::Cr1s`] counts the
    /// period effects but not the unit effects.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn effect(&self, correction: Correction, level: f64) -> Result<Outcome, StatsError> {
        match self.model.covariance(&Errors::Clustered { by: &self.units, correction })? {
            Fitted::Fit(covariance) => covariance.coefficient(EFFECT, level),
            Fitted::Refused(outcome) => Ok(outcome),
        }
    }

    /// What packages print by default; `None` where the clustered error is undefined.
    #[must_use]
    pub fn package_errors(&self) -> Option<PackageErrors> {
        let covariance = self.model.covariance(&Errors::Clustered { by: &self.units, correction: Correction::Cr0 }).ok()?;
        let error = covariance.fit()?.standard_error(EFFECT)?;
        let (rows, g, t) = (self.units.len() as f64, self.unit_count as f64, self.period_count as f64);
        let (few, all) = (t + 1.0, g + t);
        let with = |factor: f64, degrees: f64| {
            let standard_error = error * factor.sqrt();
            let t = self.coefficient() / standard_error;
            PackageError { standard_error, p_value: t.is_finite().then(|| student_two_sided(t, degrees)) }
        };
        (rows > all).then(|| PackageErrors {
            fixest: with(g / (g - 1.0) * (rows - 1.0) / (rows - few), g - 1.0),
            linearmodels: with(rows / (rows - all), rows - all),
        })
    }
}

/// Compares the change of each unit's mean from the periods before to those after between treated and other units (Welch): the simplest
/// honest analysis with few units, because one number per unit leaves no serial correlation.
///
/// # Definition
/// Per unit: mean after minus mean before; then [`two_arms::means`] of these changes.
///
/// # Input
/// [`Panel`] rows; per row whether its unit is one of the treated ones, in whatever period; `first` is the first period under treatment.
///
/// # Output
/// Treated minus other units' mean change.
///
/// # Undefined when
/// An arm has fewer than two units with rows on both sides of `first`. Units without are left out.
///
/// # Assumptions
/// As for [`DifferenceInDifferences`], and all treated units start in the same period.
///
/// # Errors
/// As [`DifferenceInDifferences::fit`]; [`StatsError::OutOfRange`] names `level`.
///
/// # Source
/// Bertrand, Duflo and Mullainathan 2004, doi:10.1162/003355304772839588, section IV.C.
///
/// # Example
/// By hand, as in the source: one change per unit, then a comparison of means.
/// ```
/// use candor_stats::designs::difference_in_differences::{Panel, collapsed};
///
/// let outcomes = [1.0, 2.0, 3.0, 7.0, 2.0, 2.5, 3.0, 5.5, 1.0, 1.5, 2.0, 2.5];
/// let (units, periods) = ([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
/// let in_arm = [false, false, true, true, false, false, true, true, false, false, true, true];
/// let panel = Panel { outcomes: &outcomes, units: &units, periods: &periods };
/// // Changes 4, 2.5 and 0.5 against 1, 0.5 and 0.5.
/// let outcome = collapsed(&panel, &in_arm, 1, 0.95)?;
/// assert!((outcome.point().unwrap() - (7.0 / 3.0 - 2.0 / 3.0)).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn collapsed(panel: &Panel<'_>, treated_unit: &[bool], first: i64, level: f64) -> Result<Outcome, StatsError> {
    let within = match panel.open() {
        Ok(within) => within,
        Err(Stop::Mistake(error)) => return Err(error),
        Err(Stop::Refused(outcome)) => return Ok(*outcome),
    };
    same_length("treated_unit", treated_unit.len(), panel.outcomes.len())?;
    let mut sums = vec![([0.0; 2], [0.0; 2], false); within.units.count()];
    for (row, unit) in within.units.of_row.iter().enumerate() {
        let side = usize::from(panel.periods[row] >= first);
        let (sum, count, arm) = &mut sums[*unit];
        sum[side] += panel.outcomes[row];
        count[side] += 1.0;
        *arm |= treated_unit[row];
    }
    let both = sums.iter().filter(|(_, count, _)| count[0] > 0.0 && count[1] > 0.0);
    let (changes, arms): (Vec<f64>, Vec<bool>) =
        both.map(|(sum, count, arm)| (sum[1] / count[1] - sum[0] / count[0], *arm)).unzip();
    if changes.iter().any(|change| !change.is_finite()) {
        return crate::refusal::outcome(Err(Stop::overflow()));
    }
    let left_out = within.units.count() - changes.len();
    Ok(match two_arms::means(&changes, &arms, level)? {
        Fitted::Fit(comparison) => {
            let mut estimate = comparison.absolute;
            "difference in differences of unit means, Welch".clone_into(&mut estimate.method);
            estimate.clusters = Some(changes.len());
            if left_out > 0 {
                estimate.notes.push(format!("{left_out} units without rows on both sides of the change were left out"));
            }
            Outcome::Estimate(estimate)
        }
        Fitted::Refused(outcome) => outcome,
    })
}

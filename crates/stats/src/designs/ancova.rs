//! Regression adjustment of a randomised comparison for what was measured before.

use crate::error::{finite, open_unit, same_length};
use crate::labels::within;
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::{Covariance, Errors, LeastSquares, Regressors};
use crate::{Outcome, StatsError};

/// A fitted adjustment; the effect is the column `treated`.
///
/// # Definition
/// outcome on the arm and the covariates; interacted (Lin): also on the arm times each covariate minus its mean, so that each arm has slopes
/// of its own and the coefficient of the arm is the effect at the mean covariate.
///
/// # Input
/// One outcome and arm per unit; covariates measured **before** assignment, by name.
///
/// # Output
/// Treated minus control at equal covariates, in the unit of the outcome.
///
/// # Undefined when
/// An arm is empty, a covariate does not vary (in each arm, for the interacted form), or there are too few units.
///
/// # Assumptions
/// Assignment was random, so the covariates only add precision. The interacted form never loses precision in large samples; the plain one
/// can with unequal arms (Freedman 2008). Errors: HC2 or HC3 for independent units, clusters with CR2 where a team was assigned as a whole.
///
/// # Source
/// Lin 2013, Agnostic notes on regression adjustments to experimental data, doi:10.1214/12-AOAS583, sections 3 and 4.
///
/// # Example
/// Without covariates it is the difference of means with HC2 equal to s1^2/n1 + s0^2/n0 (Lin 2013, section 2).
/// ```
/// use candor_stats::designs::ancova::Adjusted;
/// use candor_stats::regression::Errors;
///
/// let fitted = Adjusted::fit(&[1.0, 3.0, 5.0, 6.0], &[false, false, true, true], &[], false)?;
/// let outcome = fitted.fit().unwrap().effect(&Errors::Hc2, 0.95)?;
/// assert!((outcome.estimate().unwrap().variance.unwrap() - 1.25).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adjusted {
    model: LeastSquares<'static>,
}

const EFFECT: &str = "treated";

impl Adjusted {
    /// Fits the adjustment.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name `outcomes`, `treated` or `covariates`.
    pub fn fit(
        outcomes: &[f64],
        treated: &[bool],
        covariates: &[(&str, &[f64])],
        interacted: bool,
    ) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(outcomes, treated, covariates, interacted))
    }

    fn try_fit(outcomes: &[f64], treated: &[bool], covariates: &[(&str, &[f64])], interacted: bool) -> Result<Self, Stop> {
        finite("outcomes", outcomes)?;
        same_length("treated", treated.len(), outcomes.len())?;
        let arm: Vec<f64> = treated.iter().map(|own| f64::from(u8::from(*own))).collect();
        let mut right = Regressors::with_intercept(outcomes.len()).column(EFFECT, arm.clone())?;
        for (name, values) in covariates {
            same_length("covariates", values.len(), outcomes.len())?;
            finite("covariates", values)?;
            let mut centred = values.to_vec();
            within(&mut centred, &vec![0; values.len()], &[values.len()]);
            if interacted {
                let product: Vec<f64> = centred.iter().zip(&arm).map(|(value, arm)| value * arm).collect();
                right = right.column(format!("{name}:{EFFECT}"), product)?;
            }
            right = right.column(*name, centred)?;
        }
        Ok(Self { model: LeastSquares::try_fit(outcomes, right)? })
    }

    /// Estimates the effect of the arm.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`, [`StatsError::LengthMismatch`] the labels of `errors`.
    pub fn effect(&self, errors: &Errors<'_>, level: f64) -> Result<Outcome, StatsError> {
        open_unit("level", level)?;
        match self.model.covariance(errors)? {
            Fitted::Fit(covariance) => covariance.coefficient(EFFECT, level),
            Fitted::Refused(outcome) => Ok(outcome),
        }
    }

    /// Errors of all coefficients.
    ///
    /// # Errors
    /// As [`Self::effect`].
    pub fn covariance(&self, errors: &Errors<'_>) -> Result<Fitted<Covariance<'_, 'static>>, StatsError> {
        self.model.covariance(errors)
    }
}

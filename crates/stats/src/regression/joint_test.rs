//! Tests that several coefficients are zero at once: the honest form of a pre-trend test.

use nalgebra::{DMatrix, DVector};

use super::covariance::Covariance;
use crate::distributions::fisher_upper;
use crate::refusal::{Stop, outcome};
use crate::{Estimate, Outcome, StatsError};

/// Tests that all coefficients with these names are 0.
///
/// # Definition
/// W = b' V^-1 b over q coefficients. With CR2: (eta - q + 1) / (eta q) * W against F with q and eta - q + 1 degrees of freedom, eta by the
/// approximation "HTZ". With every other variance: W / q against F with q and n - p (independent rows) or G - 1 (clusters) degrees.
///
/// # Input
/// Errors of a fit and the names of q columns; their order does not matter.
///
/// # Output
/// The point is F; `degrees_of_freedom` are those of the denominator; the p-value is one-sided by nature. No interval.
///
/// # Undefined when
/// q is more than the clusters can inform (eta <= q - 1, or a variance matrix without an inverse).
///
/// # Assumptions
/// As for the errors chosen. The test with CR1 rejects too often with few clusters; a p-value above 0.05 is no evidence of equality.
///
/// # Errors
/// [`StatsError::OutOfRange`] names `name` for a column that does not exist.
///
/// # Source
/// Pustejovsky and Tipton, 2018, Small-Sample Methods for Cluster-Robust Variance Estimation and Hypothesis Testing in Fixed Effects
/// Models, doi:10.1080/07350015.2016.1247004, section 3.2.
///
/// # Example
/// For one coefficient F is t squared (the same source, section 3.2: HTZ reduces to Satterthwaite's t).
/// ```
/// use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors, joint_test};
///
/// let (ai, y) = ([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 3.0, 2.0, 5.0, 6.0, 4.5]);
/// let by = [0, 1, 2, 3, 4, 5];
/// let fitted = LeastSquares::fit(&y, Regressors::with_intercept(6).column("ai", &ai)?)?;
/// let errors = Errors::Clustered { by: &by, correction: Correction::Cr2 };
/// let covariance = fitted.fit().unwrap().covariance(&errors)?;
/// let one = covariance.fit().unwrap().coefficient("ai", 0.95)?;
/// let joint = joint_test::joint(covariance.fit().unwrap(), &["ai"])?;
/// assert!((one.estimate().unwrap().p_value.unwrap() - joint.estimate().unwrap().p_value.unwrap()).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn joint(covariance: &Covariance<'_, '_>, names: &[&str]) -> Result<Outcome, StatsError> {
    outcome(try_joint(covariance, names))
}

/// The Wald statistic b' V^-1 b of [`joint`] itself, on the chi-squared scale with q degrees; `None` where V has no inverse.
///
/// # Definition
/// b' V^-1 b.
///
/// # Input
/// As [`joint`].
///
/// # Undefined when
/// V has no inverse: `None`.
///
/// # Assumptions
/// As [`joint`]. Compared with chi-squared it rejects too often with few clusters: it is for comparison with packages.
///
/// # Errors
/// As [`joint`].
///
/// # Source
/// Wald 1943, doi:10.1090/S0002-9947-1943-0012401-3.
///
/// # Example
/// For one coefficient it is t squared: two arms of three, 2 and 5 on average, HC2 variance 1/3 + 1/4.
/// ```
/// use candor_stats::regression::{Errors, LeastSquares, Regressors, joint_test};
///
/// let (ai, y) = ([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.5, 6.0, 4.5]);
/// let fitted = LeastSquares::fit(&y, Regressors::with_intercept(6).column("ai", &ai)?)?;
/// let covariance = fitted.fit().unwrap().covariance(&Errors::Hc2)?;
/// let wald = joint_test::wald_statistic(covariance.fit().unwrap(), &["ai"])?.unwrap();
/// assert!((wald - 9.0 / (1.0 / 3.0 + 0.75 / 3.0)).abs() < 1e-9);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn wald_statistic(covariance: &Covariance<'_, '_>, names: &[&str]) -> Result<Option<f64>, StatsError> {
    match contrasts(covariance, names).and_then(|w| statistic(covariance, names, &w)) {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Refused(_)) => Ok(None),
        Err(Stop::Mistake(error)) => Err(error),
    }
}

fn try_joint(covariance: &Covariance<'_, '_>, names: &[&str]) -> Result<Estimate, Stop> {
    let w = contrasts(covariance, names)?;
    let wald = statistic(covariance, names, &w)?;
    let q = names.len() as f64;
    let (f, denominator, method) = match covariance.bias_reduced() {
        Some(scores) => {
            let eta = scores.hotelling_degrees(&w)?;
            let left = eta - q + 1.0;
            if left.is_nan() || left <= 0.0 {
                return Err(Stop::insufficient(
                    format!("{eta:.2} degrees of freedom"),
                    format!("more than {} degrees of freedom", q - 1.0),
                    "there are too few clusters to test so many coefficients at once",
                ));
            }
            (left / (eta * q) * wald, left, "Hotelling's T2 with CR2 (HTZ)")
        }
        None => {
            let left = covariance.clusters().map_or(covariance.fit().residual_degrees(), |clusters| clusters as f64 - 1.0);
            (wald / q, left, "Wald test")
        }
    };
    let p = fisher_upper(f, q, denominator);
    if !f.is_finite() || !p.is_finite() {
        return Err(Stop::overflow());
    }
    let rows = covariance.fit().regressors().rows() as f64;
    let mut estimate = Estimate::new(f, format!("{method} of {} coefficients", names.len()), rows);
    estimate.degrees_of_freedom = Some(denominator);
    estimate.p_value = Some(p);
    estimate.clusters = covariance.clusters();
    estimate.notes = covariance.notes().to_vec();
    Ok(estimate)
}

/// Contrast vectors as columns.
fn contrasts(covariance: &Covariance<'_, '_>, names: &[&str]) -> Result<DMatrix<f64>, Stop> {
    if names.is_empty() {
        return Err(Stop::not_applicable("a joint test needs at least one coefficient"));
    }
    let columns: Result<Vec<DVector<f64>>, StatsError> =
        names.iter().map(|name| covariance.contrast_vector(&[(*name, 1.0)])).collect();
    Ok(DMatrix::from_columns(&columns?))
}

fn statistic(covariance: &Covariance<'_, '_>, names: &[&str], w: &DMatrix<f64>) -> Result<f64, Stop> {
    let singular = || {
        Stop::insufficient(
            "a variance matrix without an inverse",
            "more clusters than coefficients under test",
            "the clusters do not inform that many coefficients at once",
        )
    };
    let variance = w.transpose() * covariance.middle() * w;
    // Scaled to a unit diagonal, so that units do not decide what counts as singular.
    let scale = variance.diagonal().map(f64::sqrt);
    if scale.iter().any(|entry| !(*entry > 0.0 && entry.is_finite())) {
        return Err(singular());
    }
    let correlation =
        DMatrix::from_fn(names.len(), names.len(), |row, column| variance[(row, column)] / (scale[row] * scale[column]));
    let factor = correlation.cholesky().ok_or_else(singular)?;
    if factor.l_dirty().diagonal().iter().any(|entry| *entry < 1e-6) {
        return Err(singular());
    }
    let t = DVector::from_fn(names.len(), |row, _| covariance.fit().coefficient(names[row]).unwrap_or(f64::NAN) / scale[row]);
    Ok(t.dot(&factor.solve(&t)))
}

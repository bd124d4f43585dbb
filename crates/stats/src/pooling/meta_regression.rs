//! What explains that studies differ: a mixed-effects regression over studies, and the test for small-study effects.

use nalgebra::DMatrix;
use serde::Serialize;

use super::heterogeneity::{Method, Model, check};
use crate::distributions::{chi_squared_upper, normal_critical, normal_two_sided, student_critical, student_two_sided};
use crate::error::{finite, open_unit, same_length};
use crate::{Estimate, Fitted, Interval, Outcome, StatsError};

/// Which law the coefficients are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Normal, with the variance from the weights.
    Normal,
    /// Knapp and Hartung: variance scaled by the weighted residuals, Student's t on k - p. For few studies.
    KnappHartung,
}

/// A regression of study effects on moderators.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetaRegression {
    /// Intercept first, then one estimate per moderator; p-values against 0.
    pub coefficients: Vec<Estimate>,
    /// Variance of true effects that the moderators leave, 0 or more (REML).
    pub tau2: f64,
    /// Q of what the moderators leave.
    pub residual_q: f64,
    /// P(chi-squared > residual Q) under tau2 = 0.
    pub residual_q_p_value: f64,
    /// Wald statistic that all moderators are 0 (chi-squared, or F times their number under Knapp-Hartung).
    pub moderator_q: f64,
}

/// Regresses the effects of studies on properties of the studies.
///
/// # Definition
/// `y = X b + u + e`, u with variance tau2 (REML), e with the known variances; weighted least squares with `1 / (v + tau2)`.
///
/// # Input
/// `effects`, `variances`: one entry per study. `moderators`: one slice per moderator, one entry per study. `level` in (0, 1).
///
/// # Output
/// [`MetaRegression`]; refused with [`Outcome::Insufficient`] where there are no more studies than coefficients or the moderators repeat
/// each other.
///
/// # Undefined when
/// Not more studies than coefficients, or moderators that depend on each other: a refusal in words.
///
/// # Assumptions
/// Studies are few and their properties go together: a coefficient describes, it does not prove a cause.
///
/// # Errors
/// [`StatsError`] naming `effects`, `variances`, `moderators` or `level`.
///
/// # Source
/// Viechtbauer (2010), doi:10.18637/jss.v036.i03, section 3.3; Knapp and Hartung (2003), doi:10.1002/sim.1482.
///
/// # Example
/// ```
/// use candor_stats::pooling::meta_regression::{Test, meta_regression};
/// // With equal variances and no heterogeneity it is ordinary least squares: 1, 2, 3 on 0, 1, 2.
/// let moderators: [&[f64]; 1] = [&[0.0, 1.0, 2.0]];
/// let fit = meta_regression(&[1.0, 2.0, 3.0], &[0.1; 3], &moderators, Test::Normal, 0.95).unwrap().into_fit().unwrap();
/// assert!((fit.coefficients[1].point - 1.0).abs() < 1e-12);
/// ```
pub fn meta_regression(
    effects: &[f64],
    variances: &[f64],
    moderators: &[&[f64]],
    test: Test,
    level: f64,
) -> Result<Fitted<MetaRegression>, StatsError> {
    check(effects, variances)?;
    open_unit("level", level)?;
    for moderator in moderators {
        finite("moderators", moderator)?;
        same_length("moderators", moderator.len(), effects.len())?;
    }
    let (studies, columns) = (effects.len(), moderators.len() + 1);
    if studies <= columns {
        let reason = "a regression over studies needs more studies than coefficients";
        return Ok(Fitted::Refused(Outcome::insufficient(
            format!("{studies} studies"),
            format!("{} studies", columns + 1),
            reason,
        )));
    }
    let mut design = DMatrix::from_element(studies, 1, 1.0);
    for moderator in moderators {
        let at = design.ncols();
        design = design.insert_column(at, 0.0);
        design.set_column(at, &nalgebra::DVector::from_column_slice(moderator));
    }
    let repeated = || {
        Outcome::insufficient(
            "moderators that repeat each other or never vary",
            "moderators that vary on their own",
            "the coefficients cannot be told apart",
        )
    };
    let singular = design.clone().svd(false, false).singular_values;
    if singular.min() <= 1e-12 * singular.max() {
        return Ok(Fitted::Refused(repeated()));
    }
    let model = Model::new(effects, variances, design);
    let (Some(tau2), Some(fixed)) = (model.tau2(Method::RestrictedMaximumLikelihood), model.fit(0.0)) else {
        return Ok(Fitted::Refused(repeated()));
    };
    let Some(fit) = model.fit(tau2) else { return Ok(Fitted::Refused(repeated())) };
    let degrees = (studies - columns) as f64;
    let scale = if test == Test::KnappHartung { fit.q / degrees } else { 1.0 };
    let coefficient = |index: usize, point: f64| {
        let variance = fit.covariance.diagonal().get(index).copied().unwrap_or(0.0) * scale;
        let mut estimate = Estimate::new(point, "mixed-effects meta-regression, REML", studies as f64);
        estimate.clusters = Some(studies);
        estimate.variance = Some(variance);
        let (quantile, p) = match test {
            Test::Normal => (normal_critical(1.0 - level), normal_two_sided(point / variance.sqrt())),
            Test::KnappHartung => {
                estimate.degrees_of_freedom = Some(degrees);
                (student_critical(1.0 - level, degrees), student_two_sided(point / variance.sqrt(), degrees))
            }
        };
        if variance > 0.0 {
            estimate.p_value = Some(p).filter(|p| p.is_finite());
        } else {
            estimate.notes.push("the residuals are all zero: there is no p-value".to_owned());
        }
        let half = quantile * variance.sqrt();
        estimate.interval = Some(Interval::new(point - half, point + half, level));
        estimate
    };
    let coefficients = fit.coefficients.iter().enumerate().map(|(index, point)| coefficient(index, *point)).collect();
    let moderator_q = if columns > 1 {
        let slopes = fit.coefficients.rows(1, columns - 1).into_owned();
        let covariance = fit.covariance.view((1, 1), (columns - 1, columns - 1)).into_owned() * scale;
        covariance.cholesky().map_or(0.0, |factor| slopes.dot(&factor.solve(&slopes)))
    } else {
        0.0
    };
    if !moderator_q.is_finite() {
        return Ok(Fitted::Refused(repeated()));
    }
    Ok(Fitted::Fit(MetaRegression {
        coefficients,
        tau2,
        residual_q: fixed.q,
        residual_q_p_value: chi_squared_upper(fixed.q, degrees),
        moderator_q,
    }))
}

/// Tests whether small studies tell another story than large ones (funnel asymmetry, Egger's test in its mixed-effects form).
///
/// # Definition
/// z of the standard error as moderator in [`meta_regression`] with normal limits.
///
/// # Input
/// `effects`, `variances`: one entry per study, at least three with different variances.
///
/// # Output
/// The slope on the standard error: its point over its standard error is z, its p-value the test's. Below ten studies the test has next
/// to no power; the note says so.
///
/// # Undefined when
/// Fewer than three studies, or all of the same precision: [`Outcome::Insufficient`].
///
/// # Assumptions
/// As [`meta_regression`]. An association of effect and error has other causes than missing studies, and few studies show little.
///
/// # Errors
/// [`StatsError`] naming `effects`, `variances` or `level`.
///
/// # Source
/// Sterne and Egger (2005), Regression Methods to Detect Publication and Other Bias, in Rothstein et al., chapter 6; metafor `regtest()`.
///
/// # Example
/// ```
/// let outcome = candor_stats::pooling::meta_regression::small_study_effect(&[0.1, 0.3], &[0.01, 0.04], 0.95).unwrap();
/// assert!(outcome.estimate().is_none());
/// ```
pub fn small_study_effect(effects: &[f64], variances: &[f64], level: f64) -> Result<Outcome, StatsError> {
    check(effects, variances)?;
    let errors: Vec<f64> = variances.iter().map(|variance| variance.sqrt()).collect();
    Ok(match meta_regression(effects, variances, &[&errors], Test::Normal, level)? {
        Fitted::Refused(outcome) => outcome,
        Fitted::Fit(fit) => match fit.coefficients.into_iter().nth(1) {
            None => Outcome::not_applicable("there is no slope"),
            Some(mut slope) => {
                slope.method = "Egger's regression test, mixed effects, standard error as moderator".to_owned();
                if effects.len() < 10 {
                    slope.notes.push(format!("{} studies: the test has next to no power below ten", effects.len()));
                }
                Outcome::Estimate(slope)
            }
        },
    })
}

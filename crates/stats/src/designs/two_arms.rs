//! Two arms of independent units: difference of means, relative difference, ratio metrics, and CUPED.

use crate::error::{finite, open_unit, same_length};
use crate::refusal::{Fitted, Stop, fitted};
use crate::wald::{self, Against};
use crate::{Estimate, StatsError};

/// Two arms compared absolutely and relatively.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Treated minus control, in the unit of the outcome.
    pub absolute: Estimate,
    /// The same as a share of the control mean; [`None`] when that mean is 0 or changes sign with the data.
    pub relative: Option<Estimate>,
}

/// What one arm contributes.
#[derive(Debug, Clone, Copy)]
struct Arm {
    units: f64,
    /// Mean of the adjusted metric.
    mean: f64,
    /// Variance of the adjusted metric between units.
    variance: f64,
    /// Mean of the metric itself: the base of the relative difference.
    base: f64,
    /// Variance of the metric itself.
    base_variance: f64,
    /// Covariance of the metric and the adjusted metric.
    covariance: f64,
}

/// Compares the means of two arms of independent units.
///
/// # Definition
/// Mean of treated minus mean of control; Welch's limits: variance s1^2/n1 + s0^2/n0, Student's t with Satterthwaite's degrees of freedom.
/// Relative: divided by the control mean, variance by the delta method, same degrees of freedom.
///
/// # Input
/// One outcome and one arm per unit; the unit is what was assigned.
///
/// # Output
/// [`Comparison`]: treated minus control, absolute and as a share of the control mean.
///
/// # Undefined when
/// An arm has fewer than two units. With no variance at all there is no p-value.
///
/// # Assumptions
/// Units are independent; means are about normal. Where units share a team that was assigned as a whole, use CR2 or randomisation.
///
/// # Errors
/// [`StatsError::NotFinite`] names `outcomes`; [`StatsError::LengthMismatch`] names `treated`; [`StatsError::OutOfRange`] names `level`.
///
/// # Source
/// Welch 1947, doi:10.1093/biomet/34.1-2.28; delta method: Deng, Knoblich and Lu 2018, doi:10.1145/3219819.3219919, section 3.
///
/// # Example
/// Student 1908, doi:10.1093/biomet/6.1.1, hours of sleep gained with two drugs: difference 1.58; Welch t = 1.8608 with 17.776 degrees.
/// ```
/// use candor_stats::designs::two_arms::means;
///
/// let hours = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0, 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
/// let treated: Vec<bool> = (0..20).map(|unit| unit >= 10).collect();
/// let fitted = means(&hours, &treated, 0.95)?;
/// let absolute = &fitted.fit().unwrap().absolute;
/// assert!((absolute.point - 1.58).abs() < 1e-12);
/// assert_eq!(format!("{:.3} {:.4}", absolute.degrees_of_freedom.unwrap(), absolute.p_value.unwrap()), "17.776 0.0794");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn means(outcomes: &[f64], treated: &[bool], level: f64) -> Result<Fitted<Comparison>, StatsError> {
    fitted(try_means(outcomes, treated, level))
}

fn try_means(outcomes: &[f64], treated: &[bool], level: f64) -> Result<Comparison, Stop> {
    finite("outcomes", outcomes)?;
    same_length("treated", treated.len(), outcomes.len())?;
    open_unit("level", level)?;
    let arm = |which: bool| {
        let own = pick(outcomes, treated, which);
        let (mean, variance) = (mean(&own), covariance(&own, &own));
        Arm { units: own.len() as f64, mean, variance, base: mean, base_variance: variance, covariance: variance }
    };
    compare(arm(true), arm(false), level, "difference of means, Welch")
}

/// Compares a ratio metric (sum of numerators / sum of denominators) between two arms of independent units.
///
/// # Definition
/// Ratio of treated minus ratio of control; variance of a ratio between units by the delta method:
/// var(x)/d^2 - 2 m cov(x, y)/d^3 + m^2 var(y)/d^4 with means m of the numerator and d of the denominator. Limits as in [`means`].
///
/// # Input
/// One numerator, one denominator and one arm per unit (a person, not a session).
///
/// # Output
/// [`Comparison`] of the ratios, in the unit numerator / denominator.
///
/// # Undefined when
/// An arm has fewer than two units, or its denominators sum to 0.
///
/// # Assumptions
/// Units are independent, and there are enough that the denominators' mean is far from 0.
///
/// # Errors
/// As [`means`], with `numerators` and `denominators`.
///
/// # Source
/// Deng, Knoblich and Lu 2018, doi:10.1145/3219819.3219919, equation 4.
///
/// # Example
/// With denominators of 1 it is the difference of means (same source, section 3.1).
/// ```
/// use candor_stats::designs::two_arms::{means, ratios};
///
/// let (x, ones) = ([1.0, 3.0, 2.0, 5.0, 6.0, 4.0], [1.0; 6]);
/// let treated = [false, false, false, true, true, true];
/// let (ratio, mean) = (ratios(&x, &ones, &treated, 0.95)?, means(&x, &treated, 0.95)?);
/// assert_eq!(ratio.fit().unwrap().absolute.interval, mean.fit().unwrap().absolute.interval);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn ratios(numerators: &[f64], denominators: &[f64], treated: &[bool], level: f64) -> Result<Fitted<Comparison>, StatsError> {
    fitted(try_ratios(numerators, denominators, treated, level))
}

fn try_ratios(numerators: &[f64], denominators: &[f64], treated: &[bool], level: f64) -> Result<Comparison, Stop> {
    finite("numerators", numerators)?;
    same_length("denominators", denominators.len(), numerators.len())?;
    finite("denominators", denominators)?;
    same_length("treated", treated.len(), numerators.len())?;
    open_unit("level", level)?;
    let arm = |which: bool| {
        let (x, y) = (pick(numerators, treated, which), pick(denominators, treated, which));
        let (m, d) = (mean(&x), mean(&y));
        if d == 0.0 {
            return Err(Stop::insufficient(
                "denominators that sum to 0",
                "a denominator other than 0 in each arm",
                "a ratio of sums has no value where the denominators sum to 0",
            ));
        }
        let ratio = m / d;
        let variance = (covariance(&x, &x) - 2.0 * ratio * covariance(&x, &y) + ratio * ratio * covariance(&y, &y)) / (d * d);
        // Rounding may leave a tiny negative number where every unit has the same ratio.
        let variance = variance.max(0.0);
        Ok(Arm { units: x.len() as f64, mean: ratio, variance, base: ratio, base_variance: variance, covariance: variance })
    };
    compare(arm(true)?, arm(false)?, level, "difference of ratios, delta method")
}

/// Compares two arms after removing what a measurement before the experiment predicts (CUPED).
///
/// # Definition
/// The outcome minus theta times the earlier measurement, theta = covariance / variance over all units of both arms together; then as
/// [`means`]. The relative difference is divided by the unadjusted control mean; its variance follows the delta method around the
/// unadjusted difference, as GrowthBook does it.
///
/// # Input
/// `before`: a measurement of each unit from **before** assignment; `outcomes`: after; one arm per unit.
///
/// # Output
/// [`Comparison`] with the same expectation as without adjustment and a smaller variance.
///
/// # Undefined when
/// An arm has fewer than two units, or `before` does not vary.
///
/// # Assumptions
/// Assignment cannot have changed `before`: anything measured afterwards removes part of the effect itself.
///
/// # Errors
/// As [`means`], with `before`.
///
/// # Source
/// Deng, Xu, Kohavi and Walker 2013, doi:10.1145/2433396.2433413, equations 3 to 5.
///
/// # Example
/// With an earlier measurement that is unrelated to the outcome (covariance 0) nothing is removed: section 3.2, variance (1 - rho^2).
/// ```
/// use candor_stats::designs::two_arms::{cuped, means};
///
/// let (y, before) = ([1.0, 3.0, 1.0, 3.0], [1.0, 1.0, 1.0, 1.5]);
/// let treated = [false, false, true, true];
/// assert!(cuped(&y, &before, &treated, 0.95)?.fit().is_some());
/// let (adjusted, plain) = (cuped(&[1.0, 3.0, 3.0, 1.0], &[0.0, 0.0, 1.0, 1.0], &treated, 0.95)?, means(&[1.0, 3.0, 3.0, 1.0], &treated, 0.95)?);
/// assert_eq!(adjusted.fit().unwrap().absolute.variance, plain.fit().unwrap().absolute.variance);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn cuped(outcomes: &[f64], before: &[f64], treated: &[bool], level: f64) -> Result<Fitted<Comparison>, StatsError> {
    fitted(try_cuped(outcomes, before, treated, level))
}

fn try_cuped(outcomes: &[f64], before: &[f64], treated: &[bool], level: f64) -> Result<Comparison, Stop> {
    finite("outcomes", outcomes)?;
    same_length("before", before.len(), outcomes.len())?;
    finite("before", before)?;
    same_length("treated", treated.len(), outcomes.len())?;
    open_unit("level", level)?;
    let spread = covariance(before, before);
    if spread <= 0.0 {
        return Err(Stop::insufficient(
            "an earlier measurement without variation",
            "an earlier measurement that varies",
            "what does not vary predicts nothing: compare the means instead",
        ));
    }
    let theta = covariance(before, outcomes) / spread;
    let arm = |which: bool| {
        let (x, y) = (pick(before, treated, which), pick(outcomes, treated, which));
        let (own, shared) = (covariance(&y, &y), covariance(&x, &y));
        Arm {
            units: y.len() as f64,
            mean: mean(&y) - theta * mean(&x),
            variance: (own - 2.0 * theta * shared + theta * theta * covariance(&x, &x)).max(0.0),
            base: mean(&y),
            base_variance: own,
            covariance: own - theta * shared,
        }
    };
    compare(arm(true), arm(false), level, "CUPED, difference of adjusted means, Welch")
}

fn compare(treated: Arm, control: Arm, level: f64, method: &str) -> Result<Comparison, Stop> {
    let smaller = treated.units.min(control.units);
    if smaller < 2.0 {
        return Err(Stop::insufficient(
            format!("{} treated and {} control units", treated.units, control.units),
            "2 units in each arm",
            "the variation within an arm cannot be seen from one unit",
        ));
    }
    let units = treated.units + control.units;
    let (one, other) = (treated.variance / treated.units, control.variance / control.units);
    let variance = one + other;
    let df = if variance > 0.0 {
        // Shares first, because the squares of small variances underflow.
        1.0 / ((one / variance).powi(2) / (treated.units - 1.0) + (other / variance).powi(2) / (control.units - 1.0))
    } else {
        units - 2.0
    };
    let against = Against::Student(df);
    let difference = treated.mean - control.mean;
    let absolute = wald::estimate(difference, variance, against, (0.0, level), method, units)?;
    let base_variance = control.base_variance / control.units;
    // Delta method for difference / base, whose covariance is minus the control's own.
    let (base, raw) = (control.base, treated.base - control.base);
    let relative_variance = variance / base.powi(2)
        + raw.powi(2) * base_variance / base.powi(4)
        + 2.0 * raw * control.covariance / control.units / base.powi(3);
    let relative = if base == 0.0 || !relative_variance.is_finite() || relative_variance < 0.0 {
        None
    } else {
        let mut relative = wald::estimate(
            difference / base,
            relative_variance,
            against,
            (0.0, level),
            format!("{method}, relative, delta method"),
            units,
        )?;
        if base.abs() < 3.0 * base_variance.sqrt() {
            relative
                .notes
                .push("the control mean is within three standard errors of 0: a relative difference means little".to_owned());
        }
        Some(relative)
    };
    Ok(Comparison { absolute, relative })
}

fn pick(values: &[f64], treated: &[bool], which: bool) -> Vec<f64> {
    values.iter().zip(treated).filter(|(_, own)| **own == which).map(|(value, _)| *value).collect()
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    // Divided first where the sum would overflow.
    let sum: f64 = values.iter().sum();
    if sum.is_finite() { sum / count } else { values.iter().map(|value| value / count).sum() }
}

/// Sample covariance with n - 1; 0 for fewer than two values.
pub(crate) fn covariance(x: &[f64], y: &[f64]) -> f64 {
    if x.len() < 2 {
        return 0.0;
    }
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>() / (x.len() as f64 - 1.0)
}

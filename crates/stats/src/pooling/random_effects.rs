//! One figure for several studies whose true effects may differ, with an interval that says so.

use serde::Serialize;

use super::confidence_distribution::{Component, normal_mixture, of_tau2};
use super::heterogeneity::{Heterogeneity, Method, Model, check, heterogeneity};
use crate::distributions::{normal_critical, normal_two_sided, student_critical, student_two_sided};
use crate::error::{finite, open_unit};
use crate::{Estimate, Fitted, Interval, Outcome, StatsError};

/// Studies below which the pooled interval is that of Hartung and Knapp or wider, and the estimate says so.
const FEW_STUDIES: usize = 10;

/// Ratio of sampling variances from which the limits are said to be somewhat narrow.
const UNEQUAL: f64 = 10.0;

/// Values that stand for Student's law in the prediction interval, half of them on either side.
const STUDENT_VALUES: usize = 16;

/// Which interval the pooled effect gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limits {
    /// Normal quantiles with `1 / sum w`: too narrow with few studies.
    Normal,
    /// Hartung and Knapp's variance with Student's t on k - 1: may be narrower than the normal one when Q is small.
    HartungKnapp,
    /// The wider of the two: what is reported.
    Wider,
}

/// A pooled effect with all that belongs beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// The mean of true effects; `units` and `clusters` are studies.
    pub mean: Estimate,
    /// Interval for the true effect of a new study; missing for equal effects and with fewer than three studies.
    pub prediction: Option<Interval>,
    /// How the prediction interval was made.
    pub prediction_method: &'static str,
    /// Degrees of freedom of Student's law in the prediction interval; missing where it uses the normal one.
    pub prediction_degrees_of_freedom: Option<f64>,
    /// Q, tau2, I2 and H2.
    pub heterogeneity: Heterogeneity,
}

/// Pools effects of several studies.
///
/// # Definition
/// `mu = sum w y / sum w` with `w = 1 / (v + tau2)`. Normal limits: variance `1 / sum w`. Hartung and Knapp: variance
/// `sum w (y - mu)^2 / ((k - 1) sum w)` with Student's t on k - 1. Prediction interval of a new study under [`Limits::Normal`] and
/// [`Limits::HartungKnapp`]: `mu -/+ q sqrt(se^2 + tau2)` with the quantile q of the limits, normal or Student's t on k - 1 (other texts use
/// k - 2). It takes tau2 as known and holds too few new studies (87 to 88 % with 6 to 16 studies). Under [`Limits::Wider`] tau2 is spread
/// over its confidence distribution, `mu(tau2) + se(tau2) T + tau Z` with Student's T on k - 1, which holds
/// 93 to 94 % (docs/calibration.md).
///
/// # Input
/// `effects`, `variances`: one entry per study, variances above 0; ratios on the log scale. `level` in (0, 1).
///
/// # Output
/// [`Pooled`]; p-value against 0. With one study the study itself, on normal limits and with a note. Refused with
/// [`Outcome::Insufficient`] where nothing finite comes out.
///
/// # Undefined when
/// No study: an error naming `effects`. One study: no heterogeneity, no prediction.
///
/// # Assumptions
/// True effects are roughly normal around mu, sampling variances are known; with few studies tau2 is poorly known, and only the wider
/// interval comes near its level: limits at 95 % hold the mean in 93 to 95 % of simulated collections of 6 to 40 studies whose variances differ
/// by a factor of up to 25, and 5 to 7 % reject a true null at 5 %; the estimate of such studies says so.
///
/// # Errors
/// [`StatsError`] naming `effects`, `variances` or `level`.
///
/// # Source
/// Hartung and Knapp (2001), doi:10.1002/sim.791; Viechtbauer (2010), doi:10.18637/jss.v036.i03; the wider of the two: Jackson, Law,
/// Rücker and Schwarzer (2017), doi:10.1002/sim.7411; prediction: Higgins, Thompson and Spiegelhalter (2009),
/// doi:10.1111/j.1467-985X.2008.00552.x, and Nagashima, Noma and Furukawa (2019), doi:10.1177/0962280218773520.
///
/// # Example
/// ```
/// use candor_stats::pooling::heterogeneity::Method;
/// use candor_stats::pooling::random_effects::{Limits, pool};
/// // Four studies that agree better than chance (case `meta_analysis`, homogeneous): Hartung-Knapp alone would say 0.0917 to 0.1139.
/// let effects = [0.1, 0.11, 0.09, 0.105];
/// let variances = [0.01, 0.0144, 0.04, 0.0225];
/// let pooled = pool(&effects, &variances, Method::RestrictedMaximumLikelihood, Limits::Wider, 0.95).unwrap().into_fit().unwrap();
/// assert!((pooled.mean.point - 0.102790697674419).abs() < 1e-12);
/// assert!((pooled.mean.interval.unwrap().lower.unwrap() + 0.0240183134246705).abs() < 1e-12);
/// ```
pub fn pool(
    effects: &[f64],
    variances: &[f64],
    method: Method,
    limits: Limits,
    level: f64,
) -> Result<Fitted<Pooled>, StatsError> {
    let heterogeneity = heterogeneity(effects, variances, method, level)?;
    let studies = effects.len();
    let model = Model::mean_only(effects, variances);
    let Some(fit) = model.fit(heterogeneity.tau2) else {
        return Ok(Fitted::Refused(Outcome::insufficient(
            "effects and variances that differ by too many orders of magnitude",
            "studies on one scale",
            "the weights of the studies leave the range of numbers",
        )));
    };
    let (mean, normal_variance) = (fit.coefficients.sum(), fit.covariance.sum());
    let degrees = studies as f64 - 1.0;
    let knapp_variance = (studies > 1).then(|| normal_variance * fit.q / degrees);
    let (normal_quantile, alpha) = (normal_critical(1.0 - level), 1.0 - level);
    let knapp_quantile = if studies > 1 { student_critical(alpha, degrees) } else { normal_quantile };
    let normal_half = normal_quantile * normal_variance.sqrt();
    let knapp_half = knapp_variance.map(|variance| knapp_quantile * variance.sqrt());
    let by_knapp = match (limits, knapp_half) {
        (Limits::Normal, _) | (_, None) => false,
        (Limits::HartungKnapp, Some(_)) => true,
        (Limits::Wider, Some(half)) => half >= normal_half,
    };
    let label = match method {
        Method::EqualEffects => "equal effects",
        Method::DerSimonianLaird => "random effects, DerSimonian-Laird",
        Method::PauleMandel => "random effects, Paule-Mandel",
        Method::MaximumLikelihood => "random effects, maximum likelihood",
        Method::RestrictedMaximumLikelihood => "random effects, REML",
    };
    let name = if by_knapp { "Hartung-Knapp limits" } else { "normal limits" };
    let mut estimate = Estimate::new(mean, format!("{label}, {name}"), studies as f64);
    estimate.clusters = Some(studies);
    let (variance, half) = match (by_knapp, knapp_variance, knapp_half) {
        (true, Some(variance), Some(half)) => (variance, half),
        _ => (normal_variance, normal_half),
    };
    estimate.variance = Some(variance);
    estimate.interval = Some(Interval::new(mean - half, mean + half, level));
    let normal_p = normal_two_sided(mean / normal_variance.sqrt());
    let knapp_p =
        knapp_variance.filter(|variance| *variance > 0.0).map(|variance| student_two_sided(mean / variance.sqrt(), degrees));
    estimate.p_value = match limits {
        Limits::Normal => Some(normal_p),
        Limits::HartungKnapp if studies > 1 => knapp_p,
        Limits::HartungKnapp => Some(normal_p),
        Limits::Wider => Some(knapp_p.map_or(normal_p, |p| p.max(normal_p))),
    };
    estimate.degrees_of_freedom = by_knapp.then_some(degrees);
    notes(&mut estimate, limits, by_knapp, studies);
    let (least, most) = variances.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(*v), most.max(*v)));
    if studies > 1 && most > UNEQUAL * least && method != Method::EqualEffects {
        estimate.notes.push(
            "studies of very unequal precision: 95 % limits hold the truth in 93 to 95 % of simulated collections, and 5 to 7 % reject a true \
             null at 5 %"
                .to_owned(),
        );
    }
    let fewest = if limits == Limits::Wider { 3 } else { 2 };
    let predicts = method != Method::EqualEffects && studies >= fewest;
    let student = limits != Limits::Normal;
    let known = |quantile: f64, variance: f64| {
        let half = quantile * (variance + heterogeneity.tau2).sqrt();
        Some((mean - half, mean + half))
    };
    let (prediction, prediction_method) = match limits {
        _ if !predicts => (None, "none: it takes three studies and effects that may differ"),
        Limits::Normal => (known(normal_quantile, normal_variance), "normal, tau2 taken as known"),
        Limits::HartungKnapp => (known(knapp_quantile, variance), "Student's t on k - 1, tau2 taken as known"),
        Limits::Wider => {
            (spread_prediction(&model, degrees, level), "Student's t on k - 1, tau2 from its confidence distribution")
        }
    };
    Ok(Fitted::Fit(Pooled {
        mean: estimate,
        prediction: prediction.map(|(lower, upper)| Interval::new(lower, upper, level)),
        prediction_method,
        prediction_degrees_of_freedom: (predicts && student).then_some(degrees),
        heterogeneity,
    }))
}

/// Prediction interval with tau2 spread over its confidence distribution.
fn spread_prediction(model: &Model, degrees: f64, level: f64) -> Option<(f64, f64)> {
    let half = STUDENT_VALUES / 2;
    let positive: Vec<f64> = (0..half).map(|index| student_critical(1.0 - (index as f64 + 0.5) / half as f64, degrees)).collect();
    let mut components = Vec::new();
    for tau2 in of_tau2(model, degrees) {
        let fit = model.fit(tau2)?;
        let error = (fit.covariance.sum() * fit.q / degrees).sqrt();
        for value in positive.iter().flat_map(|value| [*value, -*value]) {
            components.push(Component { location: fit.coefficients.sum() + error * value, scale: tau2.sqrt() });
        }
    }
    normal_mixture(&components, level)
}

fn notes(estimate: &mut Estimate, limits: Limits, by_knapp: bool, studies: usize) {
    let notes = &mut estimate.notes;
    if studies == 1 {
        notes.push("one study: the figure is that study's".to_owned());
        return;
    }
    if limits == Limits::Wider && !by_knapp {
        notes.push(
            "the studies agree better than their errors suggest: the normal limits are the wider ones and stand here".to_owned(),
        );
    }
    if studies < FEW_STUDIES && limits == Limits::Normal {
        notes.push(format!("{studies} studies: the normal limits are too narrow"));
    } else if studies < FEW_STUDIES {
        notes.push(format!("{studies} studies: small-sample limits; how much true effects vary is poorly known"));
    }
}

/// The pooled mean without one of the studies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithoutOne {
    /// Zero-based position of the study that is left out.
    pub left_out: usize,
    /// Pooled figures of the others.
    pub pooled: Pooled,
}

/// Pools once without each study: does one of them carry the answer?
///
/// # Definition
/// [`pool`] of all studies but the i-th, for each i.
///
/// # Input
/// As [`pool`], at least two studies.
///
/// # Output
/// One entry per study, in the order of the input; a study without which nothing finite comes out is absent.
///
/// # Undefined when
/// Fewer than two studies: an error naming `effects`.
///
/// # Assumptions
/// As [`pool`]. The figures share all but one study: they show influence and are no tests.
///
/// # Errors
/// [`StatsError`] naming `effects` (also where there are fewer than two), `variances` or `level`.
///
/// # Source
/// Viechtbauer and Cheung (2010), Outlier and Influence Diagnostics for Meta-Analysis, doi:10.1002/jrsm.11.
///
/// # Example
/// ```
/// use candor_stats::pooling::heterogeneity::Method;
/// use candor_stats::pooling::random_effects::{Limits, leave_one_out};
/// let (effects, variances) = ([0.1, 0.11, 0.09, 0.105], [0.01, 0.0144, 0.04, 0.0225]);
/// let rest = leave_one_out(&effects, &variances, Method::RestrictedMaximumLikelihood, Limits::Wider, 0.95).unwrap();
/// // metafor: leave1out(), first study out.
/// assert!((rest[0].pooled.mean.point - 0.1048).abs() < 1e-10);
/// ```
pub fn leave_one_out(
    effects: &[f64],
    variances: &[f64],
    method: Method,
    limits: Limits,
    level: f64,
) -> Result<Vec<WithoutOne>, StatsError> {
    check(effects, variances)?;
    open_unit("level", level)?;
    if effects.len() < 2 {
        return Err(StatsError::LengthMismatch { argument: "effects", have: effects.len(), need: 2 });
    }
    let without = |values: &[f64], left_out: usize| -> Vec<f64> {
        values.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, value)| *value).collect()
    };
    let mut out = Vec::with_capacity(effects.len());
    for left_out in 0..effects.len() {
        if let Fitted::Fit(pooled) = pool(&without(effects, left_out), &without(variances, left_out), method, limits, level)? {
            out.push(WithoutOne { left_out, pooled });
        }
    }
    Ok(out)
}

/// Variances from standard errors, as studies report them.
///
/// # Definition
/// The square of each.
///
/// # Input
/// Standard errors of the effects, above 0, in the unit of the effect.
///
/// # Undefined when
/// A standard error is 0 or its square leaves the range of numbers: an error naming `standard_errors`.
///
/// # Assumptions
/// None.
///
/// # Errors
/// [`StatsError`] naming `standard_errors` where one is not between 1e-75 and 1e75 or no number.
///
/// # Source
/// Viechtbauer (2010), doi:10.18637/jss.v036.i03, argument `sei`.
///
/// # Example
/// ```
/// assert_eq!(candor_stats::pooling::random_effects::variances(&[0.5]).unwrap(), [0.25]);
/// ```
pub fn variances(standard_errors: &[f64]) -> Result<Vec<f64>, StatsError> {
    finite("standard_errors", standard_errors)?;
    match standard_errors.iter().find(|error| !(1e-75..=1e75).contains(*error)) {
        None => Ok(standard_errors.iter().map(|error| error * error).collect()),
        Some(error) => Err(StatsError::OutOfRange {
            argument: "standard_errors",
            value: error.to_string(),
            expected: "standard errors above 0, between 1e-75 and 1e75",
        }),
    }
}

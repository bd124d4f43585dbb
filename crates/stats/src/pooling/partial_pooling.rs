//! Effects of several contexts, each pulled towards the common mean by as much as its own data are weak.

use serde::Serialize;

use super::heterogeneity::{Method, Model, check};
use crate::distributions::{normal_critical, normal_two_sided};
use crate::error::open_unit;
use crate::{Estimate, Fitted, Interval, Outcome, StatsError};

/// Contexts below which tau2 is too poorly known for the shrunk limits to hold their level; the estimates say so.
const FEW_CONTEXTS: usize = 10;

/// One context, shrunk and raw side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Context {
    /// The context's own effect with normal limits.
    pub raw: Estimate,
    /// Its empirical Bayes estimate.
    pub shrunk: Estimate,
    /// Weight of the context's own data in the shrunk estimate, 0 to 1.
    pub own_weight: f64,
}

/// All contexts with what they have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartialPooling {
    /// Mean of the contexts' true effects.
    pub mean: Estimate,
    /// Variance of the contexts' true effects (REML), 0 or more.
    pub tau2: f64,
    /// One entry per context, in the order of the input.
    pub contexts: Vec<Context>,
}

/// Shrinks the effects of contexts towards their mean (normal-normal model, empirical Bayes).
///
/// # Definition
/// `shrunk = l y + (1 - l) mu` with `l = tau2 / (tau2 + v)`, tau2 by REML; variance `l v + (1 - l)^2 var(mu)`, which includes the
/// uncertainty of mu but not that of tau2.
///
/// # Input
/// `effects`, `variances`: one entry per context, variances above 0. `level` in (0, 1).
///
/// # Output
/// [`PartialPooling`]: always show raw and shrunk side by side. it is [`Outcome::Insufficient`] with fewer than three contexts.
///
/// # Assumptions
/// Contexts are exchangeable: nothing but their data says which should differ from the rest. Below ten contexts the shrunk limits are
/// somewhat too narrow, because tau2 is taken as known; a note says so.
///
/// # Errors
/// [`StatsError`] naming `effects`, `variances` or `level`.
///
/// # Source
/// Raudenbush and Bryk (1985), Empirical Bayes Meta-Analysis, doi:10.3102/10769986010002075, eq. 13-16; metafor `blup()`.
///
/// # Example
/// ```
/// use candor_stats::pooling::partial_pooling::partial_pooling;
/// // Eight schools (Rubin 1981): REML finds tau2 = 0, so all schools are shrunk to the common mean 7.69.
/// let effects = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
/// let variances = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0].map(|error: f64| error * error);
/// let pooled = partial_pooling(&effects, &variances, 0.95).unwrap().into_fit().unwrap();
/// assert_eq!(pooled.tau2, 0.0);
/// assert!((pooled.contexts[0].shrunk.point - 7.686).abs() < 1e-3);
/// ```
pub fn partial_pooling(effects: &[f64], variances: &[f64], level: f64) -> Result<Fitted<PartialPooling>, StatsError> {
    check(effects, variances)?;
    open_unit("level", level)?;
    let count = effects.len();
    if count < 3 {
        let reason = "how much contexts vary cannot be seen in fewer than three";
        return Ok(Fitted::Refused(Outcome::insufficient(format!("{count} contexts"), "3 contexts", reason)));
    }
    let model = Model::mean_only(effects, variances);
    let tau2 = model.tau2(Method::RestrictedMaximumLikelihood);
    let Some((tau2, fit)) = tau2.and_then(|tau2| model.fit(tau2).map(|fit| (tau2, fit))) else {
        return Ok(Fitted::Refused(Outcome::insufficient(
            "a likelihood without a maximum",
            "contexts on one scale",
            "the variance between contexts cannot be found",
        )));
    };
    let (mean, mean_variance) = (fit.coefficients.sum(), fit.covariance.sum());
    let quantile = normal_critical(1.0 - level);
    let figure = |point: f64, variance: f64, method: &str| {
        let mut estimate = Estimate::new(point, method, count as f64);
        estimate.clusters = Some(count);
        estimate.variance = Some(variance);
        let half = quantile * variance.sqrt();
        estimate.interval = Some(Interval::new(point - half, point + half, level));
        estimate.p_value = Some(normal_two_sided(point / variance.sqrt())).filter(|p| p.is_finite());
        estimate
    };
    let contexts = effects.iter().zip(variances).map(|(effect, variance)| {
        let own_weight = tau2 / (tau2 + variance);
        let rest = 1.0 - own_weight;
        let point = own_weight * effect + rest * mean;
        let mut shrunk =
            figure(point, own_weight * variance + rest * rest * mean_variance, "empirical Bayes, normal-normal, REML");
        if count < FEW_CONTEXTS {
            shrunk
                .notes
                .push(format!("{count} contexts: the limits take the variance between contexts as known and are too narrow"));
        }
        let mut raw = figure(*effect, *variance, "the context's own effect, normal limits");
        raw.clusters = None;
        raw.units = 1.0;
        Context { raw, shrunk, own_weight }
    });
    let contexts = contexts.collect();
    Ok(Fitted::Fit(PartialPooling { mean: figure(mean, mean_variance, "random effects, REML, normal limits"), tau2, contexts }))
}

//! How much studies differ beyond their sampling error: Q, tau2 with its limits, I2 and H2.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use crate::distributions::{chi_squared_from_lower, chi_squared_from_upper, chi_squared_upper};
use crate::error::{finite, open_unit, same_length};
use crate::{Interval, StatsError, roots};

/// Iterations of Fisher scoring before the search falls back to halving.
const SCORING_STEPS: usize = 100;

/// How tau2, the variance of true effects, is estimated. All are cut at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// tau2 is taken to be 0: one true effect.
    EqualEffects,
    /// DerSimonian and Laird (1986), by moments of Q.
    DerSimonianLaird,
    /// Paule and Mandel (1982): Q with random-effects weights equals its degrees of freedom.
    PauleMandel,
    /// Maximum likelihood.
    MaximumLikelihood,
    /// Restricted maximum likelihood.
    RestrictedMaximumLikelihood,
}

/// Q, tau2 and the shares derived from it. Every number is finite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heterogeneity {
    /// Cochran's Q: weighted squares around the equal-effects mean.
    pub q: f64,
    /// P(chi-squared > Q) under one true effect; missing with one study.
    pub q_p_value: Option<f64>,
    /// Variance of true effects, 0 or more.
    pub tau2: f64,
    /// Q-profile limits of tau2; missing with one study.
    pub tau2_interval: Option<Interval>,
    /// tau2 as percentage of tau2 plus the typical sampling variance (for equal effects: from Q); missing with one study.
    pub i2_percent: Option<f64>,
    /// Total over sampling variability, 1 where tau2 is 0 (for equal effects: Q over its degrees of freedom); missing with one study.
    pub h2: Option<f64>,
    /// What must stand beside the figures.
    pub notes: Vec<String>,
}

/// Estimates how much the true effects of studies vary.
///
/// # Definition
/// `Q = sum w (y - mu)^2` with `w = 1 / v`. tau2 by `method`. `I2 = 100 tau2 / (tau2 + v~)`, `H2 = tau2 / v~ + 1` with the typical
/// sampling variance `v~ = (k - 1) / (sum w - sum w^2 / sum w)`. Q-profile limits: the tau2 at which Q with weights `1 / (v + tau2)`
/// equals the chi-squared quantiles, cut at 0.
///
/// # Input
/// `effects`, `variances`: one entry per study, variances above 0. `level`: of the limits of tau2, in (0, 1).
///
/// # Output
/// [`Heterogeneity`]; tau2 is 0 with a note where there is only one study, and the limits of tau2 are both 0 with a note where
/// the studies differ less than sampling error alone explains.
///
/// # Undefined when
/// One study: Q is 0, tau2 is 0 and there are no limits. Limits of tau2 that lie beyond the numbers are missing.
///
/// # Assumptions
/// Sampling variances are known and effects are independent; limits of tau2 also take effects as normal.
///
/// # Errors
/// [`StatsError`] naming `effects` (also where it is empty), `variances` or `level`.
///
/// # Source
/// DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2; Paule and Mandel (1982), doi:10.6028/jres.087.022; Viechtbauer (2005),
/// doi:10.3102/10769986030003261 (REML, ML); Viechtbauer (2007), doi:10.1002/sim.2514 (Q-profile); Higgins and Thompson (2002),
/// doi:10.1002/sim.1186, eq. 9 (typical variance).
///
/// # Example
/// ```
/// use candor_stats::pooling::heterogeneity::{Method, heterogeneity};
/// // Three trials with log risk ratios of the BCG data; metafor, method = "DL".
/// let found = heterogeneity(&[-0.889, -1.585, -1.348], &[0.326, 0.195, 0.415], Method::DerSimonianLaird, 0.95).unwrap();
/// assert_eq!(found.tau2, 0.0);
/// assert!((found.q - 0.931).abs() < 1e-3);
/// ```
pub fn heterogeneity(effects: &[f64], variances: &[f64], method: Method, level: f64) -> Result<Heterogeneity, StatsError> {
    check(effects, variances)?;
    open_unit("level", level)?;
    let model = Model::mean_only(effects, variances);
    let degrees = effects.len() as f64 - 1.0;
    let q = model.q(0.0);
    if effects.len() < 2 {
        let notes = vec!["one study: how much true effects vary cannot be seen".to_owned()];
        return Ok(Heterogeneity { q: 0.0, q_p_value: None, tau2: 0.0, tau2_interval: None, i2_percent: None, h2: None, notes });
    }
    let mut notes = Vec::new();
    let tau2 = model.tau2(method).unwrap_or_else(|| {
        notes.push("the likelihood has no maximum that could be found: tau2 is by Paule and Mandel".to_owned());
        model.tau2(Method::PauleMandel).unwrap_or(0.0)
    });
    let (lower, upper, empty) = q_profile(&model, degrees, level);
    if empty {
        notes.push("the studies differ less than sampling error alone explains: no tau2 fits, both limits are 0".to_owned());
    }
    let (i2, h2) = if method == Method::EqualEffects {
        (100.0 * ((q - degrees) / q).max(0.0), q / degrees)
    } else {
        let typical = typical_variance(variances);
        (100.0 * tau2 / (tau2 + typical), tau2 / typical + 1.0)
    };
    let kept = |value: f64| Some(value).filter(|value| value.is_finite());
    Ok(Heterogeneity {
        q: if q.is_finite() { q } else { f64::MAX },
        q_p_value: Some(chi_squared_upper(q.min(1e300), degrees)),
        tau2,
        tau2_interval: Some(Interval::new(lower, upper, level)),
        i2_percent: if q == 0.0 { Some(0.0) } else { kept(i2) },
        h2: kept(h2),
        notes,
    })
}

/// Higgins and Thompson's typical sampling variance.
fn typical_variance(variances: &[f64]) -> f64 {
    // Weights relative to the largest, so that neither sum can leave the numbers.
    let least = variances.iter().copied().fold(f64::INFINITY, f64::min);
    let (sum, squares) = variances.iter().fold((0.0, 0.0), |(sum, squares), v| (sum + least / v, squares + (least / v).powi(2)));
    least * (variances.len() as f64 - 1.0) / (sum - squares / sum)
}

/// Lower and upper limit of tau2, and whether no tau2 fits at all.
fn q_profile(model: &Model, degrees: f64, level: f64) -> (f64, f64, bool) {
    let tail = 0.5 * (1.0 - level);
    let at = |target: f64| model.root_of_q(target);
    let (high, low) = (chi_squared_from_upper(tail, degrees), chi_squared_from_lower(tail, degrees));
    let upper = at(low);
    (at(high).unwrap_or(0.0), upper.unwrap_or(0.0), upper.is_none())
}

pub(super) fn check(effects: &[f64], variances: &[f64]) -> Result<(), StatsError> {
    finite("effects", effects)?;
    finite("variances", variances)?;
    if effects.is_empty() {
        return Err(StatsError::LengthMismatch { argument: "effects", have: 0, need: 1 });
    }
    same_length("variances", variances.len(), effects.len())?;
    let out_of_range =
        |argument, value: f64, expected| Err(StatsError::OutOfRange { argument, value: value.to_string(), expected });
    if let Some(variance) = variances.iter().find(|variance| !(1e-150..=1e150).contains(*variance)) {
        return out_of_range("variances", *variance, "variances above 0, between 1e-150 and 1e150");
    }
    if let Some(effect) = effects.iter().find(|effect| effect.abs() > 1e75) {
        return out_of_range("effects", *effect, "effects between -1e75 and 1e75");
    }
    Ok(())
}

/// Effects, their variances and the columns that explain them: the random-effects model with tau2 left open.
pub(super) struct Model {
    effects: DVector<f64>,
    variances: Vec<f64>,
    columns: DMatrix<f64>,
}

/// Weighted least squares at one tau2.
pub(super) struct Fit {
    pub coefficients: DVector<f64>,
    /// (X' W X)^-1.
    pub covariance: DMatrix<f64>,
    /// Weighted residual sum of squares.
    pub q: f64,
    /// Weights 1 / (v + tau2).
    weights: Vec<f64>,
}

impl Model {
    pub fn mean_only(effects: &[f64], variances: &[f64]) -> Self {
        Self::new(effects, variances, DMatrix::from_element(effects.len(), 1, 1.0))
    }

    pub fn new(effects: &[f64], variances: &[f64], columns: DMatrix<f64>) -> Self {
        Self { effects: DVector::from_column_slice(effects), variances: variances.to_vec(), columns }
    }

    pub fn fit(&self, tau2: f64) -> Option<Fit> {
        let weights: Vec<f64> = self.variances.iter().map(|variance| 1.0 / (variance + tau2)).collect();
        let mut weighted = self.columns.clone();
        for (mut row, weight) in weighted.row_iter_mut().zip(&weights) {
            row *= *weight;
        }
        let covariance = (weighted.transpose() * &self.columns).cholesky()?.inverse();
        let coefficients = &covariance * (weighted.transpose() * &self.effects);
        let residuals = &self.effects - &self.columns * &coefficients;
        let q = residuals.iter().zip(&weights).map(|(residual, weight)| weight * residual * residual).sum::<f64>();
        let finite = q.is_finite() && coefficients.iter().chain(covariance.iter()).all(|value| value.is_finite());
        finite.then_some(Fit { coefficients, covariance, q, weights })
    }

    pub fn q(&self, tau2: f64) -> f64 {
        self.fit(tau2).map_or(f64::NAN, |fit| fit.q)
    }

    /// The tau2 with Q(tau2) = target, `None` where Q is below the target already at 0.
    pub(super) fn root_of_q(&self, target: f64) -> Option<f64> {
        if self.q(0.0) <= target {
            return None;
        }
        let mut high = self.variances.iter().copied().fold(0.0, f64::max);
        while self.q(high) > target {
            high *= 2.0;
            if high > 1e200 {
                return None;
            }
        }
        roots::between(|tau2| self.q(tau2) - target, 0.0, high, 0.0)
    }

    /// tau2 by `method`, cut at 0; `None` where a likelihood has no maximum that could be found.
    pub fn tau2(&self, method: Method) -> Option<f64> {
        let degrees = (self.effects.len() - self.columns.ncols()) as f64;
        match method {
            Method::EqualEffects => Some(0.0),
            Method::DerSimonianLaird => {
                let fit = self.fit(0.0)?;
                let (trace, _) = self.projection(&fit);
                Some(((fit.q - degrees) / trace).max(0.0)).filter(|tau2| tau2.is_finite())
            }
            Method::PauleMandel => Some(self.root_of_q(degrees).unwrap_or(0.0)),
            Method::MaximumLikelihood => self.likelihood_maximum(false),
            Method::RestrictedMaximumLikelihood => self.likelihood_maximum(true),
        }
    }

    /// Traces of P and P^2 for the weighted residual projection P = W - W X (X'WX)^-1 X'W.
    fn projection(&self, fit: &Fit) -> (f64, f64) {
        let weights = &fit.weights;
        let moment = |power: i32| {
            let mut scaled = self.columns.clone();
            for (mut row, weight) in scaled.row_iter_mut().zip(weights) {
                row *= weight.powi(power);
            }
            self.columns.transpose() * scaled
        };
        let (second, third) = (&fit.covariance * moment(2), &fit.covariance * moment(3));
        let trace = weights.iter().sum::<f64>() - second.trace();
        let squares = weights.iter().map(|weight| weight * weight).sum::<f64>();
        (trace, squares - 2.0 * third.trace() + (&second * &second).trace())
    }

    /// Score of tau2 in the (restricted) log likelihood times two, and the expected information times two.
    fn score(&self, tau2: f64, restricted: bool) -> Option<(f64, f64)> {
        let fit = self.fit(tau2)?;
        let residuals = &self.effects - &self.columns * &fit.coefficients;
        let quadratic: f64 = residuals.iter().zip(&fit.weights).map(|(residual, weight)| (weight * residual).powi(2)).sum();
        let (trace, information) = if restricted {
            self.projection(&fit)
        } else {
            (fit.weights.iter().sum(), fit.weights.iter().map(|weight| weight * weight).sum())
        };
        let values = (quadratic - trace, information);
        (values.0.is_finite() && values.1.is_finite()).then_some(values)
    }

    /// Fisher scoring from the moment estimate, refined to the root of the score.
    fn likelihood_maximum(&self, restricted: bool) -> Option<f64> {
        let scale = self.variances.iter().copied().fold(0.0, f64::max);
        let mut tau2 = self.tau2(Method::DerSimonianLaird)?;
        for _ in 0..SCORING_STEPS {
            let (score, information) = self.score(tau2, restricted)?;
            if information <= 0.0 {
                return None;
            }
            let next = (tau2 + score / information).max(0.0);
            let settled = (next - tau2).abs() <= 1e-13 * next.max(1e-6 * scale);
            tau2 = next;
            if settled {
                return Some(tau2);
            }
        }
        // Scoring swings where few studies differ wildly: halve between a rising and a falling score instead.
        let slope = |tau2: f64| self.score(tau2, restricted).map_or(f64::NAN, |(score, _)| score);
        if slope(0.0) <= 0.0 {
            return Some(0.0);
        }
        let mut high = scale;
        while slope(high) > 0.0 {
            high *= 2.0;
            if high > 1e200 {
                return None;
            }
        }
        roots::between(slope, 0.0, high, 0.0)
    }
}

//! Cox regression: which features go with earlier death, everything else equal.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::concordance::concordance;
use super::cox_clusters::by_cluster;
use super::limits::Confidence;
use super::lives::Lives;
use super::proportional_hazards::{Proportionality, proportionality};
use super::risk_sets::{Deaths, RiskSets};
use crate::distributions::{chi_squared_upper, normal_critical, normal_two_sided};
use crate::error::{StatsError, finite, same_length};
use crate::linearised::{Linearised, Part, spread};
use crate::outcome::{Estimate, Interval, Outcome};
use crate::refusal::Fitted;

/// Newton steps after which a fit counts as not converging.
const MOST_STEPS: usize = 50;

/// Input of a Cox regression.
#[derive(Debug, Clone, Copy)]
pub struct CoxRows<'a> {
    /// The times; with clusters the errors are summed by cluster. Weights are counts.
    pub lives: Lives<'a>,
    /// One slice per covariate, each with one entry per row.
    pub covariates: &'a [&'a [f64]],
    /// Stratum of each row: every stratum has a baseline of its own.
    pub strata: Option<&'a [u32]>,
}

/// What is done with deaths at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Each of the tied deaths leaves the risk set by its share: close to the exact likelihood.
    Efron,
    /// All tied deaths see the whole risk set: shrinks coefficients where ties are many.
    Breslow,
}

/// A fitted Cox regression.
#[derive(Debug, Clone)]
pub struct Cox {
    /// Log hazard ratios, one per covariate.
    pub coefficients: Vec<f64>,
    /// Inverse of the information: the covariance where rows are independent.
    pub covariance: Vec<Vec<f64>>,
    /// Log partial likelihood at the coefficients.
    pub log_likelihood: f64,
    /// Log partial likelihood at coefficients of 0.
    pub log_likelihood_null: f64,
    /// Score test of all coefficients at 0.
    pub score: f64,
    /// Wald test of all coefficients at 0, rows taken as independent.
    pub wald: f64,
    /// Share of the comparable pairs in which the row with the higher hazard dies first; ties count a half. `None` without a pair, or
    /// with delayed entry.
    pub concordance: Option<f64>,
    /// One test per covariate and one of all (the last): do effects change over time?
    pub proportionality: Vec<Proportionality>,
    clusters: Option<Vec<Linearised>>,
    units: f64,
    deaths: f64,
    method: String,
}

/// Fits a Cox regression.
///
/// # Definition
/// The hazard of a row is its stratum's baseline times `exp(sum of coefficient * covariate)`. The coefficients maximise the partial likelihood,
/// by Newton's method with halved steps. With clusters, the influences of the rows on a coefficient are summed by cluster (Lin-Wei sandwich).
///
/// # Input
/// Rows in any order; weights are counts; covariates finite, in any unit (they are centred inside).
///
/// # Output
/// Log hazard ratios: positive means earlier death. [`Cox::hazard_ratio`] gives each with limits.
///
/// # Undefined when
/// Nobody died; a covariate is constant among those at risk or a combination of others; a covariate separates those who die from those who do
/// not (its coefficient has no finite value); the likelihood does not converge in 50 steps.
///
/// # Assumptions
/// Hazards are proportional: [`Cox::proportionality`] tests it. Censoring says nothing about the risk. Clusters are independent.
///
/// # Errors
/// [`StatsError`] for rows that [`Lives`] does not allow, covariates that are not finite, or slices of another length.
///
/// # Source
/// Cox 1972, J. R. Stat. Soc. B 34, 187-220, equation (12); Efron 1977, J. Am. Stat. Assoc. 72, 557-565; Lin and Wei 1989, J. Am. Stat. Assoc. 84, 1074-1078.
///
/// # Example
/// Freireich et al. 1963, as Therneau and Grambsch 2000 and others fit it: the coefficient of the placebo arm is 1.572 with Efron's ties.
/// ```
/// use candor_stats::survival::{Lives, cox::{self, CoxRows, Ties}};
///
/// let weeks = [
///     6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35., // 6-MP
///     1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23., // placebo
/// ];
/// let mut relapsed = [true; 42];
/// for censored in [3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20] {
///     relapsed[censored] = false;
/// }
/// let placebo: Vec<f64> = (0..42).map(|row| f64::from(u8::from(row >= 21))).collect();
/// let rows = CoxRows { lives: Lives::new(&weeks, &relapsed), covariates: &[&placebo], strata: None };
/// let fit = cox::fit(&rows, Ties::Efron)?;
/// assert_eq!((fit.fit().unwrap().coefficients[0] * 1000.0).round(), 1572.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn fit(rows: &CoxRows<'_>, ties: Ties) -> Result<Fitted<Cox>, StatsError> {
    rows.lives.check()?;
    let count = rows.lives.times.len();
    for column in rows.covariates {
        same_length("covariates", column.len(), count)?;
        finite("covariates", column)?;
    }
    if let Some(strata) = rows.strata {
        same_length("strata", strata.len(), count)?;
    }
    if rows.covariates.is_empty() {
        return Err(StatsError::OutOfRange {
            argument: "covariates",
            value: "none".to_string(),
            expected: "at least one covariate",
        });
    }
    let Some((columns, scales)) = standardised(rows) else {
        return Ok(Fitted::Refused(Outcome::insufficient(
            "a covariate that is the same in all rows",
            "covariates that differ between rows",
            "what never differs cannot go with earlier or later death",
        )));
    };
    let sets = RiskSets::new(&rows.lives, &columns, rows.strata);
    let deaths: f64 = sets.rows.iter().filter(|row| row.died).map(|row| row.weight).sum();
    if deaths <= 0.0 {
        let reason = "without deaths nothing says which feature goes with them";
        return Ok(Fitted::Refused(Outcome::insufficient("no death", "deaths", reason)));
    }
    let (start, found) = match maximise(&sets, ties) {
        Ok(ends) => ends,
        Err(refusal) => return Ok(Fitted::Refused(*refusal)),
    };
    let Some(inverse) = found.inverse() else { return Ok(Fitted::Refused(dependent())) };
    let score = start.inverse().map_or(f64::NAN, |inverse| (inverse * &start.score).dot(&start.score));
    let wald = (&found.information * &found.beta).dot(&found.beta);
    let unscaled: Vec<f64> = found.beta.iter().zip(&scales).map(|(beta, scale)| beta / scale).collect();
    let scale_of = |i: usize| scales.get(i).copied().unwrap_or(1.0);
    let covariance: Vec<Vec<f64>> = (0..sets.width)
        .map(|i| (0..sets.width).map(|j| inverse.get((i, j)).copied().unwrap_or(0.0) / scale_of(i) / scale_of(j)).collect())
        .collect();
    let clusters =
        rows.lives.clusters.map(|clusters| by_cluster(&sets, ties, found.beta.as_slice(), &inverse, &scales, clusters));
    let units: f64 = sets.rows.iter().map(|row| row.weight).sum();
    let figures = [score, wald, found.log_likelihood, start.log_likelihood];
    let sound = figures.iter().chain(&unscaled).chain(covariance.iter().flatten()).all(|value| value.is_finite());
    if !sound {
        return Ok(Fitted::Refused(dependent()));
    }
    let method = format!(
        "Cox regression, {} ties{}",
        if ties == Ties::Efron { "Efron's" } else { "Breslow's" },
        if rows.strata.is_some() { ", stratified" } else { "" }
    );
    Ok(Fitted::Fit(Cox {
        proportionality: proportionality(&sets, ties, &found),
        concordance: if rows.lives.entries.is_some() { None } else { concordance(&sets, found.beta.as_slice()) },
        coefficients: unscaled,
        covariance,
        log_likelihood: found.log_likelihood,
        log_likelihood_null: start.log_likelihood,
        score,
        wald,
        clusters,
        units,
        deaths,
        method,
    }))
}

impl Cox {
    /// The log hazard ratio of covariate `index`, with limits; `None` when there is no such covariate.
    #[must_use]
    pub fn coefficient(&self, index: usize, confidence: &Confidence) -> Option<Outcome> {
        confidence.check().ok()?;
        let point = *self.coefficients.get(index)?;
        let mut estimate = Estimate::new(point, self.method.clone(), self.units);
        estimate.events = Some(self.deaths);
        estimate.censored_share = Some((1.0 - self.deaths / self.units).clamp(0.0, 1.0));
        let Some(clusters) = &self.clusters else {
            let variance = *self.covariance.get(index)?.get(index)?;
            let margin = normal_critical(1.0 - confidence.level) * variance.sqrt();
            estimate.variance = Some(variance);
            estimate.p_value = Some(normal_two_sided(point / variance.sqrt())).filter(|p| p.is_finite());
            estimate.interval = Some(Interval::new(point - margin, point + margin, confidence.level));
            return Some(Outcome::Estimate(estimate));
        };
        let linearised = clusters.get(index)?;
        estimate.method = format!("{}, sandwich {}", self.method, confidence.reference.name());
        estimate.clusters = Some(linearised.clusters.len());
        match spread(&[Part { linearised, factor: 1.0 }], confidence.reference).filter(|spread| spread.variance > 0.0) {
            Some(spread) => {
                let margin = spread.margin(confidence.level);
                estimate.variance = Some(spread.variance);
                estimate.degrees_of_freedom = spread.degrees_of_freedom;
                estimate.p_value = spread.p_value(point);
                estimate.interval = Some(Interval::new(point - margin, point + margin, confidence.level));
                estimate.notes.extend(spread.note());
            }
            None => estimate.notes.push("one cluster carries the whole estimate: nothing says how clusters vary".to_string()),
        }
        Some(Outcome::Estimate(estimate))
    }

    /// The hazard ratio of covariate `index`, with limits symmetric on the log scale; `None` when there is no such covariate.
    #[must_use]
    pub fn hazard_ratio(&self, index: usize, confidence: &Confidence) -> Option<Outcome> {
        let mut outcome = self.coefficient(index, confidence)?;
        if let Outcome::Estimate(estimate) = &mut outcome {
            let ratio = estimate.point.exp();
            if !(ratio > 0.0 && ratio.is_finite()) {
                return Some(Outcome::not_applicable("the hazard ratio is too extreme to be a number"));
            }
            estimate.variance =
                estimate.variance.map(|variance| variance * ratio * ratio).filter(|variance| variance.is_finite());
            estimate.interval = estimate.interval.map(|interval| {
                let shown = |limit: Option<f64>| limit.map(f64::exp).filter(|limit| limit.is_finite());
                Interval { lower: shown(interval.lower), upper: shown(interval.upper), level: interval.level }
            });
            estimate.point = ratio;
            *estimate = estimate.clone().settled();
        }
        Some(outcome)
    }

    /// Likelihood-ratio test of all coefficients at 0, rows taken as independent: statistic and p-value.
    #[must_use]
    pub fn likelihood_ratio(&self) -> (f64, f64) {
        let statistic = (2.0 * (self.log_likelihood - self.log_likelihood_null)).max(0.0);
        (statistic, chi_squared_upper(statistic, self.coefficients.len() as f64))
    }
}

/// Covariates with mean 0 and standard deviation 1, and those deviations; `None` when one of them never differs.
fn standardised(rows: &CoxRows<'_>) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
    let weights: Vec<f64> = (0..rows.lives.times.len()).map(|row| rows.lives.weight(row)).collect();
    let total: f64 = weights.iter().sum();
    let mut columns = Vec::new();
    let mut scales = Vec::new();
    for column in rows.covariates {
        // Divided first, so that values near the largest number do not overflow their squares.
        let most = column.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let unit = if most > 0.0 { most } else { 1.0 };
        let mean = column.iter().zip(&weights).map(|(value, weight)| value / unit * weight).sum::<f64>() / total;
        let squares = column.iter().zip(&weights).map(|(value, weight)| (value / unit - mean).powi(2) * weight);
        let deviation = (squares.sum::<f64>() / total).sqrt();
        if total > 0.0 && deviation <= 1e-12 * mean.abs().max(1e-3) {
            return None;
        }
        columns.push(column.iter().map(|value| (value / unit - mean) / deviation).collect());
        scales.push(deviation * unit);
    }
    Some((columns, scales))
}

/// Where the partial likelihood stands at some coefficients.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) beta: DVector<f64>,
    log_likelihood: f64,
    score: DVector<f64>,
    pub(super) information: DMatrix<f64>,
}

impl Position {
    /// Inverse of the information; `None` when it is singular to working precision.
    fn inverse(&self) -> Option<DMatrix<f64>> {
        let diagonal: Vec<f64> = self.information.diagonal().iter().map(|value| value.sqrt()).collect();
        if !diagonal.iter().all(|value| *value > 0.0 && value.is_finite()) {
            return None;
        }
        let width = diagonal.len();
        let of = |i: usize| diagonal.get(i).copied().unwrap_or(1.0);
        let correlation =
            DMatrix::from_fn(width, width, |i, j| self.information.get((i, j)).copied().unwrap_or(0.0) / of(i) / of(j));
        let cholesky = correlation.cholesky()?;
        // A pivot of this size means that a covariate is told by the others to about eight digits.
        if cholesky.l_dirty().diagonal().iter().any(|pivot| *pivot < 1e-8) {
            return None;
        }
        let inverse = cholesky.inverse();
        Some(DMatrix::from_fn(width, width, |i, j| inverse.get((i, j)).copied().unwrap_or(0.0) / of(i) / of(j)))
    }
}

/// One share of the deaths at a time, seen with its own risk set; Breslow has one share, Efron as many as deaths.
pub(super) fn shares(deaths: &Deaths<'_>, ties: Ties, mut visit: impl FnMut(Share)) {
    let count = if ties == Ties::Efron { deaths.count } else { 1 };
    for k in 0..count {
        let gone = k as f64 / count as f64;
        let zero = deaths.at_risk.zero - gone * deaths.dying.zero;
        visit(Share { weight: deaths.weight / count as f64, gone, zero });
    }
}

/// Part of the deaths at a time.
pub(super) struct Share {
    /// Weight of the deaths in this part.
    pub(super) weight: f64,
    /// Share of the dying that has left the risk set already.
    pub(super) gone: f64,
    /// Sum over the risk set that is left.
    pub(super) zero: f64,
}

impl Share {
    /// Mean of covariate `i` over the risk set that is left.
    pub(super) fn mean(&self, deaths: &Deaths<'_>, i: usize) -> f64 {
        let of = |values: &[f64]| values.get(i).copied().unwrap_or(0.0);
        (of(&deaths.at_risk.one) - self.gone * of(&deaths.dying.one)) / self.zero
    }

    /// Mean of the product of covariates `i >= j`.
    pub(super) fn product(&self, deaths: &Deaths<'_>, i: usize, j: usize) -> f64 {
        let of = |values: &[f64]| values.get(i * (i + 1) / 2 + j).copied().unwrap_or(0.0);
        (of(&deaths.at_risk.two) - self.gone * of(&deaths.dying.two)) / self.zero
    }
}

/// Adds score and information of the deaths at one time, and gives their part of the log likelihood; `means` is room to work in.
pub(super) fn contribute(
    deaths: &Deaths<'_>,
    ties: Ties,
    means: &mut Vec<f64>,
    score: &mut DVector<f64>,
    information: &mut DMatrix<f64>,
) -> f64 {
    let width = score.len();
    let mut log_likelihood = deaths.eta;
    score.iter_mut().zip(deaths.x).for_each(|(sum, x)| *sum += x);
    shares(deaths, ties, |share| {
        log_likelihood -= share.weight * share.zero.ln();
        means.clear();
        means.extend((0..width).map(|i| share.mean(deaths, i)));
        for (i, mean) in means.iter().enumerate() {
            if let Some(sum) = score.get_mut(i) {
                *sum -= share.weight * mean;
            }
            for (j, other) in means.iter().enumerate().take(i + 1) {
                let part = share.weight * (share.product(deaths, i, j) - mean * other);
                if let Some(sum) = information.get_mut((i, j)) {
                    *sum += part;
                }
                if let Some(sum) = information.get_mut((j, i)).filter(|_| i != j) {
                    *sum += part;
                }
            }
        }
    });
    log_likelihood
}

fn evaluate(sets: &RiskSets, ties: Ties, beta: DVector<f64>) -> Position {
    let mut score = DVector::zeros(sets.width);
    let mut information = DMatrix::zeros(sets.width, sets.width);
    let mut log_likelihood = 0.0;
    let mut means = Vec::with_capacity(sets.width);
    sets.walk(beta.as_slice(), |deaths| log_likelihood += contribute(deaths, ties, &mut means, &mut score, &mut information));
    Position { beta, log_likelihood, score, information }
}

/// Whether a covariate differs among those at risk by no more than the rounding of its squares.
fn rounding(sets: &RiskSets, ties: Ties, start: &Position) -> bool {
    let deaths: f64 = sets.rows.iter().filter(|row| row.died).map(|row| row.weight).sum();
    // Covariates are standardised: only where next to no information is left its rounding can matter, and a second walk pays.
    if start.information.diagonal().iter().all(|own| *own > 1e-6 * deaths) {
        return false;
    }
    let mut squares = vec![0.0; sets.width];
    sets.walk(start.beta.as_slice(), |deaths| {
        shares(deaths, ties, |share| {
            squares.iter_mut().enumerate().for_each(|(i, sum)| *sum += share.weight * share.product(deaths, i, i));
        });
    });
    start.information.diagonal().iter().zip(&squares).any(|(own, squares)| *own <= 1e-12 * squares)
}

fn dependent() -> Outcome {
    Outcome::insufficient(
        "covariates that depend on each other among those at risk",
        "covariates that each differ on their own",
        "a covariate is constant or a combination of others wherever somebody dies, so its effect cannot be told",
    )
}

/// Newton's method from 0; gives the start and the maximum.
fn maximise(sets: &RiskSets, ties: Ties) -> Result<(Position, Position), Box<Outcome>> {
    let start = evaluate(sets, ties, DVector::zeros(sets.width));
    if rounding(sets, ties, &start) {
        return Err(Box::new(dependent()));
    }
    let mut now = start.clone();
    for _ in 0..MOST_STEPS {
        let Some(inverse) = now.inverse() else {
            return Err(Box::new(if start.inverse().is_none() { dependent() } else { separated() }));
        };
        let mut step = inverse * &now.score;
        let mut next = evaluate(sets, ties, &now.beta + &step);
        let mut halvings = 0;
        let worse = |value: f64| value.is_nan() || value < now.log_likelihood - 1e-12 * now.log_likelihood.abs();
        while worse(next.log_likelihood) && halvings < 40 {
            step *= 0.5;
            halvings += 1;
            next = evaluate(sets, ties, &now.beta + &step);
        }
        let gain = next.log_likelihood - now.log_likelihood;
        let moved = step.amax();
        if !next.log_likelihood.is_finite() {
            break;
        }
        now = next;
        if gain.abs() <= 1e-11 * now.log_likelihood.abs().max(1.0) && moved <= 1e-7 * now.beta.amax().max(1.0) {
            // Where a coefficient runs off to infinity the information dries up along with the gain.
            let pairs = now.information.diagonal();
            let dried = pairs.iter().zip(start.information.diagonal().iter()).any(|(now, start)| *now < 1e-6 * start);
            return if dried { Err(Box::new(separated())) } else { Ok((start, now)) };
        }
    }
    let drifted =
        now.information.diagonal().iter().zip(start.information.diagonal().iter()).any(|(now, start)| *now < 1e-4 * start);
    Err(Box::new(if drifted {
        separated()
    } else {
        Outcome::insufficient(
            format!("{MOST_STEPS} steps without convergence"),
            "a likelihood with one clear maximum",
            "the partial likelihood does not settle: fewer or coarser covariates may help",
        )
    }))
}

fn separated() -> Outcome {
    Outcome::insufficient(
        "a covariate that alone tells who dies",
        "deaths and survivors with overlapping covariates",
        "the coefficient grows without end: one side of a covariate has all or none of the deaths",
    )
}

//! Between the tiers: where business figures are flat or down, which team figures moved, where, and with what. Exploratory: it says where to
//! look, and decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use candor_stats::Fitted;
use candor_stats::looks::multiplicity::benjamini_hochberg;
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use serde::Serialize;

use crate::ExperimentError;
use crate::plan::Scale;
use crate::verdict::{Answer, Estimates, Figure, Group, Says};

/// Share of false findings that is accepted.
const FALSE_DISCOVERIES: f64 = 0.05;
/// Fewest teams for an association.
const FEWEST_TEAMS: usize = 4;
/// Fewest pairs of months for an association.
const FEWEST_PAIRS: usize = 24;
const LEVEL: f64 = 0.95;

/// A figure that was compared between arms or sources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movement {
    /// Metric and figure.
    pub measured: String,
    /// The group; none for the whole.
    pub group: Option<Group>,
    /// Its scale.
    pub scale: Scale,
    /// Difference, positive is good.
    pub point: f64,
    /// Difference in standard errors, positive is good: what sorts figures of different units.
    pub standardised: f64,
    /// p-value adjusted over all movements of the list (Benjamini and Hochberg).
    pub adjusted_p: f64,
    /// Whether it moved, false findings held at 5 %.
    pub moved: bool,
}

/// Name of what a figure measures.
fn measured(figure: &Figure) -> String {
    if figure.figure.is_empty() { figure.metric.clone() } else { format!("{}.{}", figure.metric, figure.figure) }
}

/// Point, turned so that positive is good, and its standard error.
fn oriented(figure: &Figure) -> Option<(f64, f64)> {
    match &figure.answer {
        Answer::Estimate { standard_error: Some(error), .. } => Some((figure.oriented_point()?, *error)),
        _ => None,
    }
}

/// All figures with an error, the largest standardised difference first.
///
/// # Errors
/// [`ExperimentError::Statistics`] where a figure is no number.
pub fn movements(estimates: &Estimates) -> Result<Vec<Movement>, ExperimentError> {
    let mut found = Vec::new();
    let mut raw = Vec::new();
    for figure in &estimates.figures {
        let (Some((point, error)), Some(p)) = (oriented(figure), figure.p_value()?) else { continue };
        raw.push(p);
        found.push(Movement {
            measured: measured(figure),
            group: figure.group.clone(),
            scale: figure.scale,
            point,
            standardised: point / error,
            adjusted_p: 1.0,
            moved: false,
        });
    }
    for (own, p) in found.iter_mut().zip(benjamini_hochberg(&raw)?) {
        own.adjusted_p = p;
        own.moved = p <= FALSE_DISCOVERIES;
    }
    found.sort_by(|one, other| other.standardised.abs().total_cmp(&one.standardised.abs()));
    Ok(found)
}

/// A context of one figure, with its own data and pulled towards the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// Metric and figure.
    pub measured: String,
    /// The group.
    pub group: Group,
    /// Its scale.
    pub scale: Scale,
    /// Difference in its own data, positive is good.
    pub raw: f64,
    /// Pulled towards the others by as much as its own data are weak.
    pub shrunk: f64,
    /// Lower limit of the shrunk one, 95 %.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// What it says.
    pub says: Says,
}

/// Groups of each figure, partially pooled: where it helps, where it hurts, and where it cannot be told.
///
/// # Errors
/// [`ExperimentError::Statistics`] where a figure is no number.
pub fn pooled(estimates: &Estimates) -> Result<Vec<Pooled>, ExperimentError> {
    struct Own<'a> {
        figure: &'a Figure,
        group: Group,
        point: f64,
        error: f64,
    }
    let mut by_figure: BTreeMap<(String, String), Vec<Own<'_>>> = BTreeMap::new();
    for figure in &estimates.figures {
        if let (Some(group), Some((point, error))) = (&figure.group, oriented(figure)) {
            let own = Own { figure, group: group.clone(), point, error };
            by_figure.entry((measured(figure), group.dimension.clone())).or_default().push(own);
        }
    }
    let mut found = Vec::new();
    for ((measured, _), groups) in by_figure {
        let effects: Vec<f64> = groups.iter().map(|own| own.point).collect();
        let variances: Vec<f64> = groups.iter().map(|own| own.error * own.error).collect();
        let Fitted::Fit(pooled) = partial_pooling(&effects, &variances, LEVEL)? else { continue };
        for (Own { figure, group, point: raw, .. }, own) in groups.into_iter().zip(pooled.contexts) {
            let interval = own.shrunk.interval;
            let (lower, upper) = (interval.and_then(|own| own.lower), interval.and_then(|own| own.upper));
            let says = match (lower, upper) {
                (Some(lower), _) if lower > 0.0 => Says::Helps,
                (_, Some(upper)) if upper < 0.0 => Says::Hurts,
                _ => Says::CannotTell,
            };
            found.push(Pooled {
                measured: measured.clone(),
                group,
                scale: figure.scale,
                raw,
                shrunk: own.shrunk.point,
                lower,
                upper,
                says,
            });
        }
    }
    Ok(found)
}

/// A figure by source, crude and at equal context and level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrudeAndStratified {
    /// Metric and figure.
    pub measured: String,
    /// Its scale.
    pub scale: Scale,
    /// Difference of sources as they are, positive is good.
    pub crude: f64,
    /// Difference at equal context and level.
    pub stratified: f64,
    /// Whether the difference turns round: the sources do different work, and the crude figure shows that.
    pub turns: bool,
    /// Whether more than half of the crude difference is the work and not the source.
    pub shrinks: bool,
}

/// Crude beside stratified figures, so that Simpson's paradox shows.
#[must_use]
pub fn crude_and_stratified(crude: &Estimates, stratified: &Estimates) -> Vec<CrudeAndStratified> {
    let whole = |estimates: &'_ Estimates| {
        estimates.figures.iter().filter(|figure| figure.group.is_none()).cloned().collect::<Vec<Figure>>()
    };
    let others = whole(stratified);
    let pair = |figure: Figure| {
        let other = others.iter().find(|other| other.metric == figure.metric && other.figure == figure.figure)?;
        // A figure that could not be adjusted says nothing about adjusting.
        if matches!(&other.answer, Answer::Estimate { notes, .. } if notes.iter().any(|note| note.starts_with("not adjusted"))) {
            return None;
        }
        let (crude, stratified) = (figure.oriented_point()?, other.oriented_point()?);
        Some(CrudeAndStratified {
            measured: measured(&figure),
            scale: figure.scale,
            crude,
            stratified,
            turns: crude * stratified < 0.0,
            shrinks: crude * stratified >= 0.0 && stratified.abs() < 0.5 * crude.abs(),
        })
    };
    whole(crude).into_iter().filter_map(pair).collect()
}

/// A figure by team and month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// 1, 2 or 3.
    pub tier: u8,
    /// Metric and figure.
    pub measured: String,
    /// By team and month, months counted through.
    pub values: BTreeMap<(String, i64), f64>,
}

/// How one figure goes with another some months later.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Association {
    /// The earlier figure.
    pub from: String,
    /// The later one.
    pub to: String,
    /// Months between them.
    pub lag: i64,
    /// Teams.
    pub teams: usize,
    /// Pairs of months.
    pub pairs: usize,
    /// Standard deviations of the later figure per standard deviation of the earlier one, within teams and months.
    pub slope: f64,
    /// p-value adjusted over all pairs and lags (Benjamini and Hochberg).
    pub adjusted_p: f64,
}

/// Associations of Tier 3 with Tier 2 and of Tier 2 with Tier 1 at lags of 0 to `most` months, within teams and months, errors by team.
///
/// # Definition
/// Both figures minus their team's and their month's mean, in standard deviations of what is left; the later on the earlier, CR2 by team. No
/// lag is an effect: what moves first may be moved by a third.
///
/// # Errors
/// [`ExperimentError::Statistics`] where a figure is no number.
pub fn associations(series: &[Series], most: i64) -> Result<Vec<Association>, ExperimentError> {
    let mut found = Vec::new();
    let mut raw = Vec::new();
    for from in series {
        for to in series.iter().filter(|to| to.tier + 1 == from.tier) {
            for lag in 0..=most {
                if let Some((own, p)) = association(from, to, lag)? {
                    found.push(own);
                    raw.push(p);
                }
            }
        }
    }
    for (own, p) in found.iter_mut().zip(benjamini_hochberg(&raw)?) {
        own.adjusted_p = p;
    }
    found.sort_by(|one, other| one.adjusted_p.total_cmp(&other.adjusted_p).then(other.slope.abs().total_cmp(&one.slope.abs())));
    Ok(found)
}

fn association(from: &Series, to: &Series, lag: i64) -> Result<Option<(Association, f64)>, ExperimentError> {
    let pairs: Vec<(&str, i64, f64, f64)> = from
        .values
        .iter()
        .filter_map(|((team, month), x)| Some((team.as_str(), *month, *x, *to.values.get(&(team.clone(), month + lag))?)))
        .collect();
    let names: Vec<&str> = pairs.iter().map(|(team, ..)| *team).collect::<BTreeSet<_>>().into_iter().collect();
    if names.len() < FEWEST_TEAMS || pairs.len() < FEWEST_PAIRS {
        return Ok(None);
    }
    let teams: Vec<usize> = pairs.iter().map(|(team, ..)| names.iter().position(|own| own == team).unwrap_or(0)).collect();
    let months: Vec<i64> = pairs.iter().map(|(_, month, ..)| *month).collect();
    let (Some(x), Some(y)) = (
        standardised(pairs.iter().map(|(_, _, x, _)| *x).collect(), &teams, &months),
        standardised(pairs.iter().map(|(_, _, _, y)| *y).collect(), &teams, &months),
    ) else {
        return Ok(None);
    };
    let model = match LeastSquares::fit(&y, Regressors::without_intercept(y.len()).column("earlier", x)?)? {
        Fitted::Fit(model) => model,
        Fitted::Refused(_) => return Ok(None),
    };
    let covariance = match model.covariance(&Errors::Clustered { by: &teams, correction: Correction::Cr2 })? {
        Fitted::Fit(covariance) => covariance,
        Fitted::Refused(_) => return Ok(None),
    };
    let outcome = covariance.coefficient("earlier", LEVEL)?;
    let Some((estimate, p)) = outcome.estimate().and_then(|estimate| Some((estimate, estimate.p_value?))) else {
        return Ok(None);
    };
    let own = Association {
        from: from.measured.clone(),
        to: to.measured.clone(),
        lag,
        teams: names.len(),
        pairs: pairs.len(),
        slope: estimate.point,
        adjusted_p: 1.0,
    };
    Ok(Some((own, p)))
}

/// Values without their team's and month's means, in standard deviations of what is left; none where nothing is left.
fn standardised(mut values: Vec<f64>, teams: &[usize], months: &[i64]) -> Option<Vec<f64>> {
    // Means in turn until both are gone: months and teams need not be complete.
    for _ in 0..50 {
        centre(&mut values, teams);
        centre(&mut values, months);
    }
    centre(&mut values, teams);
    let spread = (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt();
    (spread > 1e-9).then(|| values.into_iter().map(|value| value / spread).collect())
}

fn centre<Code: Ord + Copy>(values: &mut [f64], codes: &[Code]) {
    let mut sums: BTreeMap<Code, (f64, f64)> = BTreeMap::new();
    for (value, code) in values.iter().zip(codes) {
        let (sum, count) = sums.entry(*code).or_default();
        (*sum, *count) = (*sum + value, *count + 1.0);
    }
    for (value, code) in values.iter_mut().zip(codes) {
        *value -= sums.get(code).map_or(0.0, |(sum, count)| sum / count);
    }
}

/// Whether a difference of Tier 1 is flat or down as far as its limits say: its upper limit does not reach the margin.
///
/// # Errors
/// [`ExperimentError::Statistics`] where the figure is no number.
pub fn upper_limit(figure: &Figure) -> Result<Option<f64>, ExperimentError> {
    let Some((point, error)) = oriented(figure) else { return Ok(None) };
    let mut estimate = candor_stats::Estimate::new(point, "", 1.0);
    estimate.variance = Some(error * error);
    if let Answer::Estimate { degrees_of_freedom, .. } = &figure.answer {
        estimate.degrees_of_freedom = *degrees_of_freedom;
    }
    let compared = non_inferiority::estimate(&estimate, &Margin { value: 0.0, better: Better::Higher, alpha: 0.025 })?;
    Ok(compared.into_fit().and_then(|fit| fit.estimate.interval).and_then(|own| own.upper))
}

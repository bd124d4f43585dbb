//! Sum over sum with clusters: the figure for anything counted per line, per change or per person.

use serde::Serialize;

use crate::error::{StatsError, finite, open_unit, same_length};
use crate::linearised::{Linearised, Part, Reference, Spread, spread};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates a ratio of two sums over units that belong to clusters, for example reverted lines per landed line by developer.
///
/// # Definition
/// `R = sum of numerators / sum of denominators` over the rows of the domain. By Taylor linearisation the influence of a cluster is the sum of
/// `(numerator - R denominator) / sum of denominators` over its rows. With denominators of 1 it is a mean, with numerators of 0 and 1 a share.
///
/// # Input
/// One entry per row and slice, in any order; the domain says which rows count. Clusters without a row in the domain still count as
/// clusters: they could have had one.
///
/// # Output
/// A ratio in units of the numerator per unit of the denominator.
///
/// # Undefined when
/// The denominators of the domain sum to 0. Limits are missing, with a note, when one cluster carries the whole denominator or nothing varies.
///
/// # Assumptions
/// Clusters are independent. The ratio is stable: the denominator's own sum varies little between samples.
///
/// # Errors
/// [`StatsError`] for slices of different length, numbers that are not finite, or negative denominators.
///
/// # Source
/// Cochran 1977, "Sampling Techniques", 3rd edition, section 6.3 (ratio) and 9A (clusters); Binder 1983, International Statistical Review 51, 279-292.
///
/// # Example
/// Cochran 1977's ratio of sums, counted by hand: 3 comments on 30 lines and 5 on 50 give one comment per ten lines.
/// ```
/// use candor_stats::linearised::Reference;
/// use candor_stats::ratios::{RatioTable, Scale};
///
/// let table = RatioTable::new(&[1.0, 2.0, 5.0], &[10.0, 20.0, 50.0], &[1, 1, 2], None)?;
/// let ratio = table.ratio(Scale::Plain, Reference::SmallSample, 0.95)?;
/// assert!((ratio.point().unwrap() - 0.1).abs() < 1e-15);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RatioTable {
    numerator: f64,
    denominator: f64,
    rows: usize,
    /// Every numerator is at least 0.
    never_negative: bool,
    /// Every numerator lies between 0 and its denominator.
    share: bool,
    linearised: Linearised,
}

/// Scale on which the limits are symmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The ratio itself; cut at 0 where numerators cannot be negative.
    Plain,
    /// The log: for positive ratios, limits stay above 0.
    Log,
    /// The log odds: for shares, limits stay inside (0, 1).
    Logit,
}

impl RatioTable {
    /// Sums the rows up by cluster.
    ///
    /// # Errors
    /// [`StatsError`] as the type says.
    pub fn new(numerators: &[f64], denominators: &[f64], clusters: &[u32], domain: Option<&[bool]>) -> Result<Self, StatsError> {
        same_length("denominators", denominators.len(), numerators.len())?;
        same_length("clusters", clusters.len(), numerators.len())?;
        finite("numerators", numerators)?;
        finite("denominators", denominators)?;
        if let Some(domain) = domain {
            same_length("domain", domain.len(), numerators.len())?;
        }
        if let Some(value) = denominators.iter().find(|value| **value < 0.0) {
            let expected = "a number that is not negative";
            return Err(StatsError::OutOfRange { argument: "denominators", value: value.to_string(), expected });
        }
        for (argument, values) in [("numerators", numerators), ("denominators", denominators)] {
            if let Some(value) = values.iter().find(|value| value.abs() > 1e100) {
                return Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a number up to 1e100" });
            }
        }
        let mut ids = clusters.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let inside = |row: usize| domain.is_none_or(|domain| domain.get(row) == Some(&true));
        let mut sums = vec![(0.0, 0.0); ids.len()];
        let (mut rows, mut never_negative, mut share) = (0, true, true);
        for (row, ((numerator, denominator), cluster)) in numerators.iter().zip(denominators).zip(clusters).enumerate() {
            let place = ids.binary_search(cluster).ok().and_then(|at| sums.get_mut(at));
            if let (true, Some(place)) = (inside(row), place) {
                place.0 += numerator;
                place.1 += denominator;
                rows += 1;
                never_negative &= *numerator >= 0.0;
                share &= *numerator >= 0.0 && numerator <= denominator;
            }
        }
        let numerator: f64 = sums.iter().map(|sum| sum.0).sum();
        let denominator: f64 = sums.iter().map(|sum| sum.1).sum();
        let (ratio, scale) = if denominator > 0.0 { (numerator / denominator, denominator.recip()) } else { (0.0, 0.0) };
        let influence = sums.iter().map(|(numerator, denominator)| (numerator - ratio * denominator) * scale).collect();
        let carried = sums.iter().map(|(_, denominator)| denominator * scale).collect();
        // Noise of single units: of rows where each counts once, of the counted units where numerators count some of the denominators'. Otherwise a
        // row is no unit, and all variance counts as differences between clusters.
        let kept = || numerators.iter().zip(denominators).enumerate().filter(|(row, _)| inside(*row)).map(|(_, pair)| pair);
        let unit_variance: f64 = if kept().all(|(_, denominator)| *denominator == 1.0) {
            kept().map(|(numerator, _)| ((numerator - ratio) * scale).powi(2)).sum()
        } else if share {
            numerator * ((1.0 - ratio) * scale).powi(2) + (denominator - numerator) * (ratio * scale).powi(2)
        } else {
            0.0
        };
        let linearised = Linearised { clusters: ids, influence, share: carried, unit_variance };
        Ok(Self { numerator, denominator, rows, never_negative, share, linearised })
    }

    /// Number of clusters, those without a row in the domain included.
    #[must_use]
    pub fn clusters(&self) -> usize {
        self.linearised.clusters.len()
    }

    /// The ratio by cluster: what combines it with other figures of the same people.
    #[must_use]
    pub fn linearised(&self) -> &Linearised {
        &self.linearised
    }

    /// The ratio alone; `None` where the denominators sum to 0.
    #[must_use]
    pub fn point(&self) -> Option<f64> {
        Some(self.numerator / self.denominator).filter(|ratio| self.denominator > 0.0 && ratio.is_finite())
    }

    /// The ratio with limits on the chosen scale.
    ///
    /// # Errors
    /// [`StatsError`] for a level outside (0, 1), or a logit scale for rows whose numerator is not between 0 and the denominator.
    pub fn ratio(&self, scale: Scale, reference: Reference, level: f64) -> Result<Outcome, StatsError> {
        open_unit("level", level)?;
        if scale == Scale::Logit && !self.share {
            let (value, expected) = ("logit".to_string(), "plain or log: a numerator is not between 0 and its denominator");
            return Err(StatsError::OutOfRange { argument: "scale", value, expected });
        }
        let Some(point) = self.point() else { return Ok(self.nothing()) };
        let mut estimate = Estimate::new(point, format!("ratio of sums, linearised {}", reference.name()), self.rows as f64);
        estimate.clusters = Some(self.clusters());
        if self.share {
            estimate.events = Some(self.numerator);
        }
        let found = spread(&[Part { linearised: &self.linearised, factor: 1.0 }], reference);
        let Some(spread) = found.filter(|spread| spread.variance > 0.0) else {
            estimate.notes.push(self.silence());
            return Ok(Outcome::Estimate(estimate));
        };
        estimate.variance = Some(spread.variance);
        estimate.degrees_of_freedom = spread.degrees_of_freedom;
        estimate.notes.extend(spread.note());
        let margin = spread.margin(level);
        let limits = match scale {
            Scale::Log if point > 0.0 => Some((point * (-margin / point).exp(), point * (margin / point).exp())),
            Scale::Logit if point > 0.0 && point < 1.0 => {
                let shift = margin / (point * (1.0 - point));
                let back = |shift: f64| point / (point + (1.0 - point) * (-shift).exp());
                Some((back(-shift), back(shift)))
            }
            Scale::Plain => {
                let floor = if self.never_negative { 0.0 } else { f64::NEG_INFINITY };
                let ceiling = if self.share { 1.0 } else { f64::INFINITY };
                Some(((point - margin).max(floor), (point + margin).min(ceiling)))
            }
            Scale::Log | Scale::Logit => None,
        };
        estimate.interval = limits.map(|(lower, upper)| Interval::new(lower, upper, level));
        if limits.is_none() {
            estimate.notes.push("the ratio lies where the scale of the limits is undefined".to_string());
        }
        Ok(Outcome::Estimate(estimate.settled()))
    }

    /// Half-width of the limits on the plain scale; `None` where the clusters give none.
    pub(crate) fn margin(&self, reference: Reference, level: f64) -> Option<f64> {
        let found = spread(&[Part { linearised: &self.linearised, factor: 1.0 }], reference);
        found.filter(|spread| spread.variance > 0.0).map(|spread| spread.margin(level))
    }

    fn nothing(&self) -> Outcome {
        let have = format!("{} rows whose denominators sum to 0", self.rows);
        Outcome::insufficient(have, "a positive sum of denominators", "there is nothing to divide by")
    }

    fn silence(&self) -> String {
        if self.linearised.clusters.len() < 2 || self.linearised.share.iter().any(|share| *share > 1.0 - 1e-9) {
            "one cluster carries the whole denominator: nothing says how clusters vary, so there are no limits".to_string()
        } else {
            "the ratio is the same in every cluster: the data give no limits".to_string()
        }
    }
}

/// Estimates how much larger one ratio is than another, with the covariance of clusters that are in both.
///
/// # Definition
/// `R_a - R_b`; the influences of a cluster on both ratios are subtracted before they are squared. The p-value is against no difference.
///
/// # Input
/// Two tables over the same clusters (numbered alike), for example two domains of the same rows.
///
/// # Output
/// A difference in the unit of the ratios; limits symmetric on the plain scale.
///
/// # Undefined when
/// One of the ratios is. Limits are missing, with a note, when a cluster carries a whole denominator or nothing varies.
///
/// # Assumptions
/// Those of [`RatioTable`].
///
/// # Errors
/// [`StatsError`] for a level outside (0, 1).
///
/// # Source
/// As [`RatioTable`]; the contrast with the covariance of domains: R survey 4.1-1, `svyby(covmat = TRUE)` with `svycontrast`.
///
/// # Example
/// Counted by hand: 2 of 30 and 5 of 50.
/// ```
/// use candor_stats::linearised::Reference;
/// use candor_stats::ratios::{RatioTable, clustered};
///
/// let (numerators, denominators, clusters) = ([1.0, 1.0, 5.0], [10.0, 20.0, 50.0], [1, 2, 2]);
/// let first = RatioTable::new(&numerators, &denominators, &clusters, Some(&[true, true, false]))?;
/// let second = RatioTable::new(&numerators, &denominators, &clusters, Some(&[false, false, true]))?;
/// let difference = clustered::difference(&first, &second, Reference::Design, 0.95)?;
/// assert!((difference.point().unwrap() - (2.0 / 30.0 - 0.1)).abs() < 1e-15);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn difference(a: &RatioTable, b: &RatioTable, reference: Reference, level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    let (Some(first), Some(second)) = (a.point(), b.point()) else {
        return Ok(if a.point().is_none() { a.nothing() } else { b.nothing() });
    };
    let (mut estimate, found) = contrast(a, b, (1.0, -1.0), first - second, "difference of two ratios of sums", reference);
    if let Some(spread) = found {
        let margin = spread.margin(level);
        estimate.variance = Some(spread.variance);
        estimate.p_value = spread.p_value(estimate.point);
        estimate.interval = Some(Interval::new(estimate.point - margin, estimate.point + margin, level));
    }
    Ok(Outcome::Estimate(estimate.settled()))
}

/// Estimates how many times one ratio the other is, with the covariance of clusters that are in both.
///
/// # Definition
/// `R_a / R_b`; the variance is that of its log, the limits are symmetric there. The estimate's variance is on the scale of the point
/// (delta method). The p-value is against a quotient of 1.
///
/// # Input
/// As [`difference`].
///
/// # Output
/// A positive number without unit.
///
/// # Undefined when
/// As [`difference`], or one of the ratios is not positive.
///
/// # Assumptions
/// Those of [`RatioTable`].
///
/// # Errors
/// As [`difference`].
///
/// # Source
/// As [`difference`].
///
/// # Example
/// Counted by hand: 3 of 30 against 5 of 100.
/// ```
/// use candor_stats::linearised::Reference;
/// use candor_stats::ratios::{RatioTable, clustered};
///
/// let first = RatioTable::new(&[1.0, 2.0], &[10.0, 20.0], &[1, 2], None)?;
/// let second = RatioTable::new(&[3.0, 2.0], &[50.0, 50.0], &[1, 2], None)?;
/// let quotient = clustered::quotient(&first, &second, Reference::Design, 0.95)?;
/// assert!((quotient.point().unwrap() - 2.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn quotient(a: &RatioTable, b: &RatioTable, reference: Reference, level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    let (Some(first), Some(second)) = (a.point(), b.point()) else {
        return Ok(if a.point().is_none() { a.nothing() } else { b.nothing() });
    };
    let point = first / second;
    if !(first > 0.0 && second > 0.0 && point.is_finite() && point > 0.0) {
        return Ok(Outcome::not_applicable(format!("a quotient needs two positive ratios, and these are {first} and {second}")));
    }
    let factors = (first.recip(), -second.recip());
    let (mut estimate, found) = contrast(a, b, factors, point, "quotient of two ratios of sums, log scale", reference);
    if let Some(spread) = found {
        let margin = spread.margin(level);
        estimate.variance = Some(spread.variance * point * point).filter(|variance| variance.is_finite());
        estimate.p_value = spread.p_value(point.ln());
        estimate.interval = Some(Interval::new(point * (-margin).exp(), point * margin.exp(), level));
    }
    Ok(Outcome::Estimate(estimate.settled()))
}

/// The shared part of both contrasts: everything but what depends on the scale.
fn contrast(
    a: &RatioTable,
    b: &RatioTable,
    (fa, fb): (f64, f64),
    point: f64,
    what: &str,
    reference: Reference,
) -> (Estimate, Option<Spread>) {
    let mut estimate = Estimate::new(point, format!("{what}, linearised {}", reference.name()), (a.rows + b.rows) as f64);
    let parts = [Part { linearised: &a.linearised, factor: fa }, Part { linearised: &b.linearised, factor: fb }];
    let found = spread(&parts, reference).filter(|spread| spread.variance > 0.0);
    match &found {
        Some(spread) => {
            estimate.clusters = Some(spread.clusters);
            estimate.degrees_of_freedom = spread.degrees_of_freedom;
            estimate.notes.extend(spread.note());
        }
        None => {
            estimate.clusters = Some(a.clusters().max(b.clusters()));
            let silent = if a.linearised.share.iter().any(|share| *share > 1.0 - 1e-9) { a } else { b };
            estimate.notes.push(silent.silence());
        }
    }
    (estimate, found)
}

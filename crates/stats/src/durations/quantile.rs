//! Quantiles, with limits that assume no distribution.

use serde::Serialize;

use crate::distributions::binomial_cdf;
use crate::error::{StatsError, finite, open_unit, same_length};
use crate::linearised::Reference;
use crate::outcome::{Estimate, Interval, Outcome};
use crate::ratios::clustered::{RatioTable, Scale};

/// How a quantile between two values is read, by Hyndman and Fan's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Definition {
    /// Type 2: a value of the sample, or the mean of two where the share falls between them (SAS's default).
    Averaged,
    /// Type 6: linear, expecting `p (n + 1)` values below (Weibull; Minitab, SPSS).
    Weibull,
    /// Type 7: linear between the order statistics at `(n - 1) p` (R's and NumPy's default).
    Linear,
}

/// Estimates the value below which the share `p` of the values lies.
///
/// # Definition
/// The sample quantile of the chosen definition. The limits are order statistics: the number of values below the true quantile is binomial, so the l-th and
/// the u-th value enclose it with at least the stated probability whatever the distribution. A limit is missing where the sample is too small for it.
///
/// # Input
/// Values in any order and unit, independent of each other; `p` above 0 and below 1.
///
/// # Output
/// A value in the unit of the input. The interval's level is the nominal one; the true one is at least that when both limits exist.
///
/// # Undefined when
/// There is no value.
///
/// # Assumptions
/// Values are independent: those of one person are not.
///
/// # Errors
/// [`StatsError`] for values that are not finite, or `p` or a level outside (0, 1).
///
/// # Source
/// Hyndman and Fan 1996, "Sample quantiles in statistical packages", The American Statistician 50, 361-365; limits: David and Nagaraja 2003, Order Statistics, section 7.1.
///
/// # Example
/// David and Nagaraja's limits for a median of 10 values at 95 %: the 2nd and the 9th.
/// ```
/// use candor_stats::durations::quantile::{Definition, quantile};
///
/// let values: Vec<f64> = (1..=10).map(f64::from).collect();
/// let median = quantile(&values, 0.5, Definition::Linear, 0.95)?;
/// let estimate = median.estimate().unwrap();
/// assert_eq!(estimate.point, 5.5);
/// assert_eq!((estimate.interval.unwrap().lower, estimate.interval.unwrap().upper), (Some(2.0), Some(9.0)));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn quantile(values: &[f64], p: f64, definition: Definition, level: f64) -> Result<Outcome, StatsError> {
    finite("values", values)?;
    open_unit("p", p)?;
    open_unit("level", level)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(point) = sample(&sorted, p, definition) else {
        return Ok(Outcome::insufficient("no value", "at least one value", "there is nothing to take a quantile of"));
    };
    let n = sorted.len() as f64;
    let name = match definition {
        Definition::Averaged => "type 2",
        Definition::Weibull => "type 6",
        Definition::Linear => "type 7",
    };
    let mut estimate = Estimate::new(point, format!("sample quantile ({name}), distribution-free limits"), n);
    let tail = 0.5 * (1.0 - level);
    // Number of values that may lie below the quantile with at most the probability of one tail.
    let (mut low, mut high) = (0_usize, sorted.len() + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if binomial_cdf(middle as f64 - 1.0, n, p) <= tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    let lower = low.checked_sub(1).and_then(|at| sorted.get(at)).copied();
    let (mut low, mut high) = (0_usize, sorted.len() + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if binomial_cdf(middle as f64 - 1.0, n, p) >= 1.0 - tail {
            high = middle;
        } else {
            low = middle;
        }
    }
    let upper = high.checked_sub(1).and_then(|at| sorted.get(at)).copied();
    estimate.interval =
        Some(Interval { lower: lower.map(|limit| limit.min(point)), upper: upper.map(|limit| limit.max(point)), level });
    if lower.is_none() || upper.is_none() {
        estimate.notes.push(format!("{} values are too few for a limit on each side of this quantile", sorted.len()));
    }
    Ok(Outcome::Estimate(estimate))
}

/// Estimates the value below which the share `p` of the values lies, when values belong to people.
///
/// # Definition
/// The sample quantile of [`quantile`]. The limits are those of the share of values at or below it, linearised and summed by cluster on the
/// scale of the log odds around `p`, read back through the sample quantiles (Woodruff).
///
/// # Input
/// Values in any order and unit, the cluster of each, and `p` above 0 and below 1.
///
/// # Output
/// A value in the unit of the input.
///
/// # Undefined when
/// There is no value. Limits are missing, with a note, with one cluster, and where one cluster carries all.
///
/// # Assumptions
/// Clusters are independent.
///
/// # Errors
/// As [`quantile`], and for slices that differ in length.
///
/// # Source
/// Woodruff 1952, "Confidence intervals for medians and other position measures", J. Am. Stat. Assoc. 47, 635-646; with linearised variances:
/// Francisco and Fuller 1991, Annals of Statistics 19, 454-469.
///
/// # Example
/// The median of 1 to 9 is 5, whoever they belong to.
/// ```
/// use candor_stats::{durations::quantile::{Definition, clustered}, linearised::Reference};
///
/// let values: Vec<f64> = (1..=9).map(f64::from).collect();
/// let median = clustered(&values, &[1, 2, 3, 1, 2, 3, 1, 2, 3], 0.5, Definition::Linear, Reference::SmallSample, 0.95)?;
/// assert_eq!(median.point(), Some(5.0));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn clustered(
    values: &[f64],
    clusters: &[u32],
    p: f64,
    definition: Definition,
    reference: Reference,
    level: f64,
) -> Result<Outcome, StatsError> {
    finite("values", values)?;
    open_unit("p", p)?;
    open_unit("level", level)?;
    same_length("clusters", clusters.len(), values.len())?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(point) = sample(&sorted, p, definition) else {
        return Ok(Outcome::insufficient("no value", "at least one value", "there is nothing to take a quantile of"));
    };
    let below: Vec<f64> = values.iter().map(|value| f64::from(u8::from(*value <= point))).collect();
    let table = RatioTable::new(&below, &vec![1.0; values.len()], clusters, None)?;
    let method = format!("sample quantile, Woodruff limits {}", reference.name());
    let mut estimate = Estimate::new(point, method, values.len() as f64);
    estimate.clusters = Some(table.clusters());
    let Outcome::Estimate(share) = table.ratio(Scale::Plain, reference, level)? else { return Ok(Outcome::Estimate(estimate)) };
    estimate.notes.clone_from(&share.notes);
    estimate.degrees_of_freedom = share.degrees_of_freedom;
    let spread = share.variance.zip(table.margin(reference, level));
    if let Some((_, margin)) = spread {
        let shift = margin / (p * (1.0 - p));
        let back = |shift: f64| p / (p + (1.0 - p) * (-shift).exp());
        let at = |share: f64| sample(&sorted, share.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON), definition);
        if let (Some(lower), Some(upper)) = (at(back(-shift)), at(back(shift))) {
            estimate.interval = Some(Interval::new(lower.min(point), upper.max(point), level));
        }
    }
    Ok(Outcome::Estimate(estimate))
}

/// Quantile of sorted values.
fn sample(sorted: &[f64], p: f64, definition: Definition) -> Option<f64> {
    let n = sorted.len() as f64;
    let value = |rank: f64| sorted.get((rank.clamp(1.0, n.max(1.0)) as usize).saturating_sub(1)).copied();
    // Products like 0.1 * 30 miss whole numbers by their last digits.
    let fuzz = 4.0 * f64::EPSILON;
    let place = match definition {
        Definition::Averaged => n * p,
        Definition::Weibull => (n + 1.0) * p,
        Definition::Linear => (n - 1.0) * p + 1.0,
    };
    let whole = (place + fuzz * place.abs().max(1.0)).floor();
    let rest = if (place - whole).abs() <= fuzz * place.abs().max(1.0) { 0.0 } else { place - whole };
    let (below, above) = (value(whole)?, value(whole + 1.0)?);
    let share = match definition {
        Definition::Averaged if rest == 0.0 => 0.5,
        Definition::Averaged => 1.0,
        Definition::Weibull | Definition::Linear => rest,
    };
    // In this form two huge values of opposite sign do not overflow.
    Some((below * (1.0 - share) + above * share).clamp(below.min(above), above.max(below)))
}

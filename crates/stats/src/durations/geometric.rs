//! Typical durations on the log scale, where they are closest to normal.

use crate::distributions::{student_critical, student_two_sided};
use crate::error::{StatsError, finite, open_unit, same_length};
use crate::linearised::Reference;
use crate::outcome::{Estimate, Interval, Outcome};
use crate::ratios::clustered::{RatioTable, Scale, difference};

/// Estimates the geometric mean of positive durations.
///
/// # Definition
/// The exponential of the mean of the logs; limits are those of Student's t for the mean of the logs, transformed back.
///
/// # Input
/// Durations above 0 in any unit, independent of each other; for durations of the same people use [`clustered_ratio`] or clusters of your own.
///
/// # Output
/// A duration in the unit of the input; less is faster. The variance is on its scale (delta method).
///
/// # Undefined when
/// There is no duration; a duration is 0 or negative: its log does not exist, use a quantile. Limits need two durations.
///
/// # Assumptions
/// Durations are independent and their logs not too skewed.
///
/// # Errors
/// [`StatsError`] for durations that are not finite or a level outside (0, 1).
///
/// # Source
/// Bland and Altman 1996, "Transformations, means, and confidence intervals", BMJ 312, 1079.
///
/// # Example
/// The definition by hand: the geometric mean of 1, 10 and 100 is 10.
/// ```
/// let mean = candor_stats::durations::geometric::mean(&[1.0, 10.0, 100.0], 0.95)?;
/// assert!((mean.point().unwrap() - 10.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn mean(durations: &[f64], level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    let logs = match logs("durations", durations)? {
        Ok(logs) => logs,
        Err(outcome) => return Ok(*outcome),
    };
    let (centre, variance) = moments(&logs);
    let n = logs.len() as f64;
    let mut estimate = Estimate::new(centre.exp(), "geometric mean, Student's t on logs", n);
    if logs.len() < 2 {
        estimate.notes.push("a single duration says nothing about how durations vary".to_string());
    } else {
        let error = (variance / n).sqrt();
        let margin = student_critical(1.0 - level, n - 1.0) * error;
        estimate.degrees_of_freedom = Some(n - 1.0);
        estimate.variance = Some((error * estimate.point).powi(2)).filter(|variance| variance.is_finite());
        estimate.interval = Some(Interval::new((centre - margin).exp(), (centre + margin).exp(), level));
    }
    Ok(shown(estimate))
}

/// Estimates how many times longer the first durations are than the second: ratio of geometric means, unequal variances (Welch).
///
/// # Definition
/// The exponential of the difference of the means of the logs, with Welch's t: variances are not pooled. The p-value is against a ratio of 1.
///
/// # Input
/// Two sets of durations above 0 in the same unit.
///
/// # Output
/// A positive ratio without unit.
///
/// # Undefined when
/// As [`mean`]; limits need two durations in each set, and some variation.
///
/// # Assumptions
/// As [`mean`], in both sets; the sets are independent.
///
/// # Errors
/// As [`mean`].
///
/// # Source
/// Welch 1947, "The generalization of Student's problem when several different population variances are involved", Biometrika 34, 28-35.
///
/// # Example
/// By hand: the logs of 10 and 1000 are twice those of 10 and 10, so the ratio of geometric means is 10.
/// ```
/// let ratio = candor_stats::durations::geometric::ratio(&[10.0, 1000.0], &[10.0, 10.0], 0.95)?;
/// assert!((ratio.point().unwrap() - 10.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn ratio(first: &[f64], second: &[f64], level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    let (a, b) = match (logs("first", first)?, logs("second", second)?) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(outcome), _) | (_, Err(outcome)) => return Ok(*outcome),
    };
    let ((mean_a, variance_a), (mean_b, variance_b)) = (moments(&a), moments(&b));
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut estimate = Estimate::new((mean_a - mean_b).exp(), "ratio of geometric means, Welch's t on logs", n + m);
    let (part_a, part_b) = (variance_a / n, variance_b / m);
    let variance = part_a + part_b;
    if a.len() < 2 || b.len() < 2 || variance <= 0.0 {
        estimate.notes.push("limits need two durations in each group, and some variation".to_string());
        return Ok(shown(estimate));
    }
    let degrees = variance * variance / (part_a * part_a / (n - 1.0) + part_b * part_b / (m - 1.0));
    let margin = student_critical(1.0 - level, degrees) * variance.sqrt();
    estimate.degrees_of_freedom = Some(degrees).filter(|degrees| degrees.is_finite());
    estimate.variance = Some(variance * estimate.point * estimate.point).filter(|variance| variance.is_finite());
    estimate.p_value = Some(student_two_sided((mean_a - mean_b) / variance.sqrt(), degrees)).filter(|p| p.is_finite());
    estimate.interval = Some(Interval::new((mean_a - mean_b - margin).exp(), (mean_a - mean_b + margin).exp(), level));
    Ok(shown(estimate))
}

/// Estimates the ratio of geometric means when durations belong to people who may be in both groups.
///
/// # Definition
/// As [`ratio`]; the variance of the difference of the mean logs is linearised and summed by cluster, jointly over both groups.
///
/// # Input
/// Durations above 0, whether each belongs to the first group, and the cluster of each.
///
/// # Output
/// A positive ratio without unit. The p-value is against a ratio of 1.
///
/// # Undefined when
/// As [`mean`]; a group is empty. Limits are missing, with a note, when one cluster carries a group.
///
/// # Assumptions
/// Clusters are independent.
///
/// # Errors
/// As [`mean`]; slices of another length.
///
/// # Source
/// Binder 1983, International Statistical Review 51, 279-292, for the variance; Bland and Altman 1996, BMJ 312, 1079, for the log scale.
///
/// # Example
/// By hand, as for [`ratio`]: the ratio of the geometric means 100 and 10.
/// ```
/// use candor_stats::{durations::geometric, linearised::Reference};
///
/// let (hours, first) = ([10.0, 1000.0, 10.0, 10.0], [true, true, false, false]);
/// let ratio = geometric::clustered_ratio(&hours, &first, &[1, 2, 1, 2], Reference::SmallSample, 0.95)?;
/// assert!((ratio.point().unwrap() - 10.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn clustered_ratio(
    durations: &[f64],
    first: &[bool],
    clusters: &[u32],
    reference: Reference,
    level: f64,
) -> Result<Outcome, StatsError> {
    same_length("first", first.len(), durations.len())?;
    let logs = match logs("durations", durations)? {
        Ok(logs) => logs,
        Err(outcome) => return Ok(*outcome),
    };
    let ones = vec![1.0; logs.len()];
    let second: Vec<bool> = first.iter().map(|first| !first).collect();
    let a = RatioTable::new(&logs, &ones, clusters, Some(first))?;
    let b = RatioTable::new(&logs, &ones, clusters, Some(&second))?;
    Ok(match difference(&a, &b, reference, level)? {
        Outcome::Estimate(log) => exponential(log, format!("ratio of geometric means, linearised {}", reference.name())),
        refused => refused,
    })
}

/// Estimates the geometric mean when durations belong to people.
///
/// # Definition
/// As [`mean`]; the variance of the mean log is linearised and summed by cluster.
///
/// # Input
/// Durations above 0 and the cluster of each.
///
/// # Output, Undefined when, Assumptions, Errors, Source
/// As [`mean`] and [`clustered_ratio`].
///
/// # Example
/// By hand: the geometric mean of 1, 10 and 100 is 10.
/// ```
/// use candor_stats::{durations::geometric, linearised::Reference};
///
/// let mean = geometric::clustered_mean(&[1.0, 10.0, 100.0], &[1, 2, 3], Reference::SmallSample, 0.95)?;
/// assert!((mean.point().unwrap() - 10.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn clustered_mean(durations: &[f64], clusters: &[u32], reference: Reference, level: f64) -> Result<Outcome, StatsError> {
    let logs = match logs("durations", durations)? {
        Ok(logs) => logs,
        Err(outcome) => return Ok(*outcome),
    };
    let table = RatioTable::new(&logs, &vec![1.0; logs.len()], clusters, None)?;
    // Logs may be negative, so the plain scale has no floor here.
    Ok(match table.ratio(Scale::Plain, reference, level)? {
        Outcome::Estimate(log) => exponential(log, format!("geometric mean, linearised {}", reference.name())),
        refused => refused,
    })
}

/// An estimate of a log, shown as what it is the log of.
fn exponential(log: Estimate, method: String) -> Outcome {
    let point = log.point.exp();
    let mut estimate = Estimate { point, method, ..log };
    estimate.variance = estimate.variance.map(|variance| variance * point * point).filter(|variance| variance.is_finite());
    estimate.interval = estimate.interval.map(|interval| {
        let shown = |limit: Option<f64>| limit.map(f64::exp).filter(|limit| limit.is_finite());
        Interval { lower: shown(interval.lower), upper: shown(interval.upper), level: interval.level }
    });
    estimate.events = None;
    shown(estimate)
}

fn shown(estimate: Estimate) -> Outcome {
    if estimate.point.is_finite() && estimate.point > 0.0 {
        Outcome::Estimate(estimate.settled())
    } else {
        Outcome::not_applicable("the figure is too extreme to be a number: give the durations in another unit")
    }
}

/// Logs of the durations; the inner error is the answer when they have none.
fn logs(argument: &'static str, durations: &[f64]) -> Result<Result<Vec<f64>, Box<Outcome>>, StatsError> {
    finite(argument, durations)?;
    if durations.is_empty() {
        return Ok(Err(Box::new(Outcome::insufficient("no duration", "at least one duration", "there is nothing to average"))));
    }
    let flawed = durations.iter().filter(|duration| **duration <= 0.0).count();
    if flawed > 0 {
        return Ok(Err(Box::new(Outcome::not_applicable(format!(
            "{flawed} of {} durations are 0 or negative, and their logs do not exist: use a quantile",
            durations.len()
        )))));
    }
    Ok(Ok(durations.iter().map(|duration| duration.ln()).collect()))
}

/// Mean and variance (divisor n - 1; 0 for a single value).
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, if n > 1.0 { squares / (n - 1.0) } else { 0.0 })
}

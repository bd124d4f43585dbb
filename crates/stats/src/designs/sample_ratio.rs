//! Sample-ratio mismatch: whether the arms have the sizes that were planned. A mismatch makes every comparison of the arms suspect.

use crate::distributions::{binomial_two_sided, chi_squared_upper};
use crate::error::{finite, same_length};
use crate::rates::rate::countable;
use crate::refusal::{Stop, outcome};
use crate::{Estimate, Outcome, StatsError};

/// Below this p-value a mismatch is taken for a fault of the assignment, as experimentation platforms do.
pub const ALARM: f64 = 0.001;

/// Tests whether the sizes of the arms fit the planned weights.
///
/// # Definition
/// Pearson's chi-squared: sum of (count - expected)^2 / expected with arms - 1 degrees of freedom, expected = weight share times total.
///
/// # Input
/// Units per arm and the planned weight of each arm, above 0 (they need not sum to 1).
///
/// # Output
/// The point is chi-squared, 0 or more; its p-value. No interval.
///
/// # Undefined when
/// There are fewer than two arms or no units.
///
/// # Assumptions
/// Units were assigned independently of each other. Assigned by team, the teams are the units. One look at a time fixed in advance; for
/// looks whenever wanted use [`super::sequential_sample_ratio`]. With an expected count below 5 prefer [`exact`].
///
/// # Errors
/// [`StatsError::LengthMismatch`], [`StatsError::NotFinite`] and [`StatsError::OutOfRange`] name `weights`.
///
/// # Source
/// Fabijan and others 2019, Diagnosing Sample Ratio Mismatch in Online Controlled Experiments, doi:10.1145/3292500.3330722; Pearson 1900,
/// doi:10.1080/14786440009463897.
///
/// # Example
/// Kohavi, Tang and Xu, Trustworthy Online Controlled Experiments, 2020, chapter 3: 821588 against 815482 users at 50 / 50 has p = 1.8e-6.
/// ```
/// use candor_stats::designs::sample_ratio::chi_squared;
///
/// let outcome = chi_squared(&[821_588, 815_482], &[1.0, 1.0])?;
/// assert_eq!(format!("{:.1e}", outcome.estimate().unwrap().p_value.unwrap()), "1.8e-6");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn chi_squared(counts: &[u64], weights: &[f64]) -> Result<Outcome, StatsError> {
    outcome(try_chi_squared(counts, weights))
}

/// Tests two arms exactly: two-sided binomial p-value by the probabilities of results at most as likely.
///
/// The point is the share of the first arm.
///
/// # Definition
/// Sum of the binomial probabilities of all results that are at most as likely as the one seen.
///
/// # Input
/// Units seen in each of the two arms, and the planned shares, above 0 in any scale, in the same order.
///
/// # Undefined when
/// There are not exactly two arms, or no units.
///
/// # Assumptions
/// Units are assigned independently of each other.
///
/// # Errors
/// As [`chi_squared`]; [`StatsError::OutOfRange`] names `counts` above 10^9.
///
/// # Source
/// Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404; the two-sided p as in R's `binom.test`.
///
/// # Example
/// Conover, Practical Nonparametric Statistics, 1971, page 97, as in the help of `binom.test`: 682 of 925 plants where Mendel expects 3 of 4,
/// p = 0.3825.
/// ```
/// use candor_stats::designs::sample_ratio::exact;
///
/// let outcome = exact(&[682, 243], &[3.0, 1.0])?;
/// assert_eq!(format!("{:.4}", outcome.estimate().unwrap().p_value.unwrap()), "0.3825");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn exact(counts: &[u64], weights: &[f64]) -> Result<Outcome, StatsError> {
    outcome(try_exact(counts, weights))
}

/// Shares of the weights.
pub(crate) fn shares(weights: &[f64]) -> Result<Vec<f64>, StatsError> {
    finite("weights", weights)?;
    if let Some(weight) = weights.iter().find(|weight| **weight <= 0.0) {
        return Err(StatsError::OutOfRange { argument: "weights", value: weight.to_string(), expected: "weights above 0" });
    }
    let largest = weights.iter().fold(0.0_f64, |largest, weight| largest.max(*weight));
    let total: f64 = weights.iter().map(|weight| weight / largest).sum();
    let shares: Vec<f64> = weights.iter().map(|weight| weight / largest / total).collect();
    match shares.iter().find(|share| **share <= 0.0) {
        Some(_) => Err(StatsError::OutOfRange {
            argument: "weights",
            value: "one weight that is nothing beside another".to_owned(),
            expected: "weights of comparable size",
        }),
        None => Ok(shares),
    }
}

fn total(counts: &[u64], weights: &[f64]) -> Result<(u64, Vec<f64>), Stop> {
    same_length("weights", weights.len(), counts.len())?;
    let shares = shares(weights)?;
    if counts.len() < 2 {
        return Err(Stop::not_applicable("a ratio of sizes needs at least two arms"));
    }
    let total = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).ok_or_else(Stop::overflow)?;
    if total == 0 {
        return Err(Stop::insufficient("0 units", "1 unit", "no unit has been assigned yet"));
    }
    Ok((total, shares))
}

fn try_chi_squared(counts: &[u64], weights: &[f64]) -> Result<Estimate, Stop> {
    let (total, shares) = total(counts, weights)?;
    let n = total as f64;
    let statistic: f64 = counts.iter().zip(&shares).map(|(count, share)| (*count as f64 - n * share).powi(2) / (n * share)).sum();
    if !statistic.is_finite() {
        return Err(Stop::overflow());
    }
    let df = counts.len() as f64 - 1.0;
    let mut estimate = Estimate::new(statistic, "sample-ratio mismatch, Pearson chi-squared", n);
    estimate.degrees_of_freedom = Some(df);
    estimate.p_value = Some(chi_squared_upper(statistic, df));
    if shares.iter().any(|share| n * share < 5.0) {
        estimate.notes.push("an expected count is below 5: the chi-squared p-value is rough".to_owned());
    }
    alarm(&mut estimate);
    Ok(estimate)
}

fn try_exact(counts: &[u64], weights: &[f64]) -> Result<Estimate, Stop> {
    let (total, shares) = total(counts, weights)?;
    counts.iter().try_for_each(|count| countable("counts", *count))?;
    let (&[first, _], &[share, _]) = (counts, shares.as_slice()) else {
        return Err(Stop::not_applicable("the exact test is for two arms: use chi-squared for more"));
    };
    let mut estimate = Estimate::new(first as f64 / total as f64, "sample-ratio mismatch, exact binomial", total as f64);
    estimate.p_value = Some(binomial_two_sided(first, total, share));
    alarm(&mut estimate);
    Ok(estimate)
}

fn alarm(estimate: &mut Estimate) {
    if estimate.p_value.is_some_and(|p| p < ALARM) {
        estimate.notes.push("the arms do not have the planned sizes: find the fault before reading any comparison".to_owned());
    }
}

//! Whether one set of durations tends to be longer, by ranks alone.

use crate::distributions::normal_two_sided;
use crate::error::{StatsError, finite};
use crate::outcome::{Estimate, Outcome};

/// Estimates the chance that a value of the first set is larger than one of the second, and tests whether it is one half (Mann-Whitney).
///
/// # Definition
/// `U / (n m)`, where `U` counts the pairs in which the first value is larger, ties a half. The p-value is normal, with the correction of the variance for
/// ties and the continuity correction of one half.
///
/// # Input
/// Two sets of values in the same unit.
///
/// # Output
/// A probability in [0, 1], one half when neither tends to be larger; without limits. `U` is the point times both counts.
///
/// # Undefined when
/// A set is empty. The p-value is missing, with a note, when all values are equal.
///
/// # Assumptions
/// Values are independent: those of one person are not.
///
/// # Errors
/// [`StatsError`] for values that are not finite.
///
/// # Source
/// Mann and Whitney 1947, Annals of Mathematical Statistics 18, 50-60; ties: Lehmann 1975, Nonparametrics, section 1.4, equation (1.35).
///
/// # Example
/// By hand: of the six pairs of 3, 4 with 1, 2, 5 the first is larger in four.
/// ```
/// let test = candor_stats::durations::rank_test::mann_whitney(&[3.0, 4.0], &[1.0, 2.0, 5.0])?;
/// assert!((test.point().unwrap() - 4.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Result<Outcome, StatsError> {
    finite("first", first)?;
    finite("second", second)?;
    let (n, m) = (first.len() as f64, second.len() as f64);
    if first.is_empty() || second.is_empty() {
        let have = format!("{n} and {m} values");
        return Ok(Outcome::insufficient(have, "values in both sets", "there is nothing to compare"));
    }
    let mut all: Vec<(f64, bool)> =
        first.iter().map(|value| (*value, true)).chain(second.iter().map(|value| (*value, false))).collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut larger, mut ties, mut below) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let mine = group.iter().filter(|(_, first)| *first).count() as f64;
        let others = group.len() as f64 - mine;
        larger += mine * (below + 0.5 * others);
        below += others;
        let size = group.len() as f64;
        ties += size * (size * size - 1.0);
    }
    let total = n + m;
    let variance = n * m / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)));
    let mut estimate = Estimate::new(larger / (n * m), "Mann-Whitney, normal with ties and continuity correction", total);
    let distance = larger - 0.5 * n * m;
    if variance > 0.0 {
        estimate.p_value = Some(normal_two_sided((distance.abs() - 0.5).max(0.0) / variance.sqrt()));
    } else {
        estimate.notes.push("all values are equal: there is nothing to test".to_string());
    }
    Ok(Outcome::Estimate(estimate))
}

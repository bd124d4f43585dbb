//! Many tests at once: p-values adjusted so that the error rate of the whole family is held.

use crate::StatsError;

/// Largest number of p-values that [`hommel`] takes: its cost grows with the square of it.
const HOMMEL_LIMIT: usize = 20_000;

/// Adjusts p-values by Bonferroni: family-wise error under any dependence, the bluntest of all.
///
/// # Definition
/// `min(1, n * p)` for n p-values.
///
/// # Input
/// `p_values`: one per test, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input, each in [0, 1] and not below the raw one.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// None on dependence.
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1].
///
/// # Source
/// Dunn (1961), Multiple Comparisons Among Means, doi:10.1080/01621459.1961.10482090.
///
/// # Example
/// ```
/// let adjusted = candor_stats::looks::multiplicity::bonferroni(&[0.01, 0.04]).unwrap();
/// assert_eq!(adjusted, [0.02, 0.08]);
/// ```
pub fn bonferroni(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    check(p_values)?;
    let count = p_values.len() as f64;
    Ok(p_values.iter().map(|p| (count * p).min(1.0)).collect())
}

/// Adjusts p-values by Holm's step-down method: family-wise error under any dependence.
///
/// # Definition
/// With p(1) <= ... <= p(n): the running maximum of `(n - i + 1) * p(i)`, cut at 1.
///
/// # Input
/// `p_values`: one per test, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input, never above Bonferroni's.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// None on dependence.
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1].
///
/// # Source
/// Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure, Scand. J. Statist. 6, section 2.
///
/// # Example
/// ```
/// // R: p.adjust(c(0.01, 0.04, 0.03), "holm")
/// let adjusted = candor_stats::looks::multiplicity::holm(&[0.01, 0.04, 0.03]).unwrap();
/// assert_eq!(adjusted, [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    step(p_values, Direction::Down, |rank, count| count - rank + 1.0)
}

/// Adjusts p-values by Hochberg's step-up method: family-wise error for independent or positively dependent tests.
///
/// # Definition
/// With p(1) <= ... <= p(n): the running minimum from the largest down of `(n - i + 1) * p(i)`.
///
/// # Input
/// `p_values`: one per test, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input, never above Holm's.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// Independent or positively dependent tests (Simes' inequality); use [`holm`] where that is not known.
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1].
///
/// # Source
/// Hochberg (1988), A Sharper Bonferroni Procedure, doi:10.1093/biomet/75.4.800.
///
/// # Example
/// ```
/// // R: p.adjust(c(0.01, 0.04, 0.03), "hochberg")
/// let adjusted = candor_stats::looks::multiplicity::hochberg(&[0.01, 0.04, 0.03]).unwrap();
/// assert_eq!(adjusted, [0.03, 0.04, 0.04]);
/// ```
pub fn hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    step(p_values, Direction::Up, |rank, count| count - rank + 1.0)
}

/// Adjusts p-values by Benjamini and Hochberg: false discovery rate for independent or positively dependent tests.
///
/// # Definition
/// With p(1) <= ... <= p(n): the running minimum from the largest down of `n / i * p(i)`.
///
/// # Input
/// `p_values`: one per test, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// p-values are independent or positively dependent; else [`benjamini_yekutieli`].
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1].
///
/// # Source
/// Benjamini and Hochberg (1995), Controlling the False Discovery Rate, doi:10.1111/j.2517-6161.1995.tb02031.x.
///
/// # Example
/// ```
/// // R: p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH")
/// let adjusted = candor_stats::looks::multiplicity::benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5]).unwrap();
/// assert!((adjusted[1] - 0.053333333333333336).abs() < 1e-15);
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    step(p_values, Direction::Up, |rank, count| count / rank)
}

/// Adjusts p-values by Benjamini and Yekutieli: false discovery rate under any dependence.
///
/// # Definition
/// As [`benjamini_hochberg`], times `1 + 1/2 + ... + 1/n`.
///
/// # Input
/// `p_values`: one per test, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// None on dependence.
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1].
///
/// # Source
/// Benjamini and Yekutieli (2001), The Control of the False Discovery Rate Under Dependency, doi:10.1214/aos/1013699998, theorem 1.3.
///
/// # Example
/// ```
/// // R: p.adjust(c(0.01, 0.04), "BY")
/// let adjusted = candor_stats::looks::multiplicity::benjamini_yekutieli(&[0.01, 0.04]).unwrap();
/// assert!((adjusted[0] - 0.03).abs() < 1e-15 && (adjusted[1] - 0.06).abs() < 1e-15);
/// ```
pub fn benjamini_yekutieli(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let harmonic: f64 = (1..=p_values.len()).map(|rank| 1.0 / rank as f64).sum();
    step(p_values, Direction::Up, |rank, count| harmonic * count / rank)
}

/// Adjusts p-values by Hommel: family-wise error for independent or positively dependent tests, never above Hochberg's.
///
/// # Definition
/// The smallest level at which the closed test built from Simes' tests rejects.
///
/// # Input
/// `p_values`: at most 20,000, each in [0, 1]; ties are allowed; an empty slice gives an empty answer.
///
/// # Output
/// Adjusted p-values in the order of the input.
///
/// # Undefined when
/// No p-value: an empty list.
///
/// # Assumptions
/// Tests are independent or positively dependent; otherwise Holm's method holds the level.
///
/// # Errors
/// [`StatsError`] naming `p_values` where one is no number in [0, 1], or where there are more than 20,000.
///
/// # Source
/// Hommel (1988), A Stagewise Rejective Multiple Test Procedure, doi:10.1093/biomet/75.2.383; Wright (1992), doi:10.2307/2532694.
///
/// # Example
/// ```
/// // R: p.adjust(c(0.01, 0.04, 0.03), "hommel")
/// let adjusted = candor_stats::looks::multiplicity::hommel(&[0.01, 0.04, 0.03]).unwrap();
/// assert_eq!(adjusted, [0.03, 0.04, 0.04]);
/// ```
pub fn hommel(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    check(p_values)?;
    let count = p_values.len();
    if count > HOMMEL_LIMIT {
        return Err(StatsError::OutOfRange {
            argument: "p_values",
            value: format!("{count} p-values"),
            expected: "at most 20000 of them for Hommel's method; Hochberg's takes any number",
        });
    }
    let order = ascending(p_values);
    let sorted: Vec<f64> = order.iter().filter_map(|index| p_values.get(*index).copied()).collect();
    let simes = sorted.iter().zip(1_usize..).map(|(p, rank)| count as f64 * p / rank as f64).fold(1.0, f64::min);
    let mut adjusted = vec![simes; count];
    for size in (2..count).rev() {
        // The `size - 1` largest values against Simes' bound for an intersection of `size` hypotheses.
        let (small, large) = sorted.split_at(count - size + 1);
        let factor = size as f64;
        let bound = large.iter().zip(2_usize..).map(|(p, rank)| factor * p / rank as f64).fold(f64::INFINITY, f64::min);
        let mut last = 0.0;
        for (slot, p) in adjusted.iter_mut().zip(small) {
            last = (factor * p).min(bound);
            *slot = slot.max(last);
        }
        for slot in adjusted.iter_mut().skip(small.len()) {
            *slot = slot.max(last);
        }
    }
    let adjusted: Vec<f64> = adjusted.iter().zip(&sorted).map(|(adjusted, p)| adjusted.max(*p)).collect();
    Ok(unsorted(&order, &adjusted))
}

#[derive(Clone, Copy)]
enum Direction {
    /// From the smallest p-value up, running maximum.
    Down,
    /// From the largest p-value down, running minimum.
    Up,
}

/// `factor(rank, count) * p(rank)` made monotone and cut at 1.
fn step(p_values: &[f64], direction: Direction, factor: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>, StatsError> {
    check(p_values)?;
    let order = ascending(p_values);
    let count = p_values.len() as f64;
    let mut adjusted: Vec<f64> = order
        .iter()
        .zip(1_usize..)
        .filter_map(|(index, rank)| p_values.get(*index).map(|p| (factor(rank as f64, count) * p).min(1.0)))
        .collect();
    match direction {
        Direction::Down => {
            let mut largest = 0.0_f64;
            for value in &mut adjusted {
                largest = largest.max(*value);
                *value = largest;
            }
        }
        Direction::Up => {
            let mut smallest = 1.0_f64;
            for value in adjusted.iter_mut().rev() {
                smallest = smallest.min(*value);
                *value = smallest;
            }
        }
    }
    Ok(unsorted(&order, &adjusted))
}

fn check(p_values: &[f64]) -> Result<(), StatsError> {
    match p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        None => Ok(()),
        Some(p) => {
            Err(StatsError::OutOfRange { argument: "p_values", value: p.to_string(), expected: "p-values between 0 and 1" })
        }
    }
}

/// Positions of the input, smallest value first; equal values keep their order.
fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut indexed: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    indexed.sort_by(|left, right| left.1.total_cmp(&right.1));
    indexed.into_iter().map(|(index, _)| index).collect()
}

/// Puts sorted values back in the order of the input.
fn unsorted(order: &[usize], sorted: &[f64]) -> Vec<f64> {
    let mut pairs: Vec<(usize, f64)> = order.iter().copied().zip(sorted.iter().copied()).collect();
    pairs.sort_unstable_by_key(|(index, _)| *index);
    pairs.into_iter().map(|(_, value)| value).collect()
}

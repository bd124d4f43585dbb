//! Paired differences without a model: under no effect each pair could as well have come out with the other sign.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::inversion::{Draw, limits, note_missing_limit, share_as_extreme};
use crate::error::{finite, open_unit};
use crate::refusal::{Stop, outcome};
use crate::{Estimate, Outcome, StatsError};

/// Up to this number of pairs all sign vectors are enumerated.
pub const ENUMERATED_PAIRS: usize = 20;

/// Tests and bounds the mean of paired differences by flipping signs.
///
/// # Definition
/// p = share of all 2^n sign vectors v (the observed one included, ties counted) with |mean(v d)| >= |mean(d)|. The limits are the values t
/// that the same test does not reject for d - t. Beyond [`ENUMERATED_PAIRS`] pairs `draws` random vectors are drawn from `seed` (ChaCha20) and
/// p = (1 + extreme) / (1 + draws).
///
/// # Input
/// `differences`: one per independent pair (developer, task, team), any unit.
///
/// # Output
/// Point: the mean difference. The smallest possible p is 2^(1-n): with five pairs no p is below 0.0625 and limits at 95 % are missing.
///
/// # Undefined when
/// There is no pair, or all differences are 0 (then p = 1 and the limits are 0).
///
/// # Assumptions
/// Pairs are independent and, under no effect, symmetric about 0; assignment within a pair by coin makes this true.
///
/// # Errors
/// [`StatsError::NotFinite`] names `differences`; [`StatsError::OutOfRange`] names `level` or `draws`.
///
/// # Source
/// Fisher, The Design of Experiments, 1935, section 21: Darwin's 15 pairs of maize, where 1726 of 32768 sign vectors are as extreme.
///
/// # Example
/// ```
/// use candor_stats::clusters::sign_flips::mean_difference;
///
/// let darwin = [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];
/// let outcome = mean_difference(&darwin, 0.95, 9_999, 1)?;
/// assert_eq!(outcome.estimate().unwrap().p_value, Some(1726.0 / 32768.0));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn mean_difference(differences: &[f64], level: f64, draws: usize, seed: u64) -> Result<Outcome, StatsError> {
    outcome(try_mean_difference(differences, level, draws, seed))
}

/// Number of sign vectors of `pairs` pairs.
///
/// # Definition
/// 2^pairs; from 1024 pairs on it is infinite in floating point.
///
/// # Input
/// Number of pairs.
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// None.
///
/// # Source
/// Fisher, The Design of Experiments, 1935, section 21.
///
/// # Example
/// Darwin's 15 pairs (the source): 32,768.
/// ```
/// assert_eq!(candor_stats::clusters::sign_flips::sign_vectors(15), 32_768.0);
/// ```
#[must_use]
pub fn sign_vectors(pairs: usize) -> f64 {
    2.0_f64.powf(pairs as f64)
}

fn try_mean_difference(differences: &[f64], level: f64, draws: usize, seed: u64) -> Result<Estimate, Stop> {
    finite("differences", differences)?;
    open_unit("level", level)?;
    let n = differences.len();
    if n == 0 {
        return Err(Stop::insufficient("0 pairs", "1 pair", "there is no pair to compare"));
    }
    let count = n as f64;
    let point = differences.iter().map(|d| d / count).sum::<f64>();
    let spread = differences.iter().map(|d| d.abs() / count).sum::<f64>();
    if !point.is_finite() || !spread.is_finite() {
        return Err(Stop::overflow());
    }
    let sampled = n > ENUMERATED_PAIRS;
    let vectors = if sampled { random_flips(differences, draws, seed)? } else { all_flips(differences) };
    let p_value = |null: f64| share_as_extreme(&vectors, point, null, spread, sampled).min(1.0);
    let method = if sampled {
        format!("sign flips of pairs, {draws} random sign vectors (ChaCha20, seed {seed})")
    } else {
        format!("sign flips of pairs, all 2^{n} sign vectors")
    };
    let mut estimate = Estimate::new(point, method, count);
    estimate.p_value = Some(p_value(0.0));
    let deviation = differences.iter().map(|d| (d - point).abs() / count).sum::<f64>();
    let interval = if deviation > 0.0 {
        limits(point, deviation / count.sqrt(), level, p_value)
    } else {
        crate::Interval::new(point, point, level)
    };
    if deviation == 0.0 {
        estimate.notes.push("all differences are equal: limits and point coincide".to_owned());
    }
    estimate.notes.extend(note_missing_limit(&interval));
    estimate.interval = Some(interval);
    Ok(estimate)
}

/// All sign vectors with the first sign fixed: the mirrored half gives the same statistic.
fn all_flips(differences: &[f64]) -> Vec<Draw> {
    let count = differences.len() as f64;
    let mut draws = vec![Draw { level_part: 0.0, slope_part: 0.0, weight: 1.0 }];
    for (index, difference) in differences.iter().enumerate() {
        let (level, slope) = (difference / count, 1.0 / count);
        let minus: Vec<Draw> = if index == 0 {
            Vec::new()
        } else {
            draws
                .iter()
                .map(|draw| Draw { level_part: draw.level_part - level, slope_part: draw.slope_part - slope, ..*draw })
                .collect()
        };
        for draw in &mut draws {
            draw.level_part += level;
            draw.slope_part += slope;
        }
        draws.extend(minus);
    }
    draws
}

fn random_flips(differences: &[f64], draws: usize, seed: u64) -> Result<Vec<Draw>, Stop> {
    check_draws(draws)?;
    let count = differences.len() as f64;
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let one = |_| {
        let (mut level_part, mut slope_part) = (0.0, 0.0);
        for signs in differences.chunks(64) {
            let mut bits = random.next_u64();
            for difference in signs {
                let sign = if bits & 1 == 1 { 1.0 } else { -1.0 };
                level_part += sign * difference / count;
                slope_part += sign / count;
                bits >>= 1;
            }
        }
        Draw { level_part, slope_part, weight: 1.0 }
    };
    Ok((0..draws).map(one).collect())
}

/// A random sample of draws needs enough of them to resolve a p-value.
pub(crate) fn check_draws(draws: usize) -> Result<(), StatsError> {
    if (99..=10_000_000).contains(&draws) {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            argument: "draws",
            value: draws.to_string(),
            expected: "between 99 and 10000000 random draws",
        })
    }
}

//! Limits by turning a test around: the values that the test does not reject. Shared by the exact tests of this family.

use crate::distributions::bisect;
use crate::outcome::Interval;

/// Differences below this share of the statistic are ties: they come from the order of additions, not from the data.
pub(crate) const TIE: f64 = 1e-9;

/// How far out limits are looked for, in doublings of the first step.
const DOUBLINGS: i32 = 40;

/// One way in which the signs or arms could have fallen: the statistic is `level_part - null * slope_part`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    pub(crate) level_part: f64,
    pub(crate) slope_part: f64,
    /// Probability of this draw relative to the others.
    pub(crate) weight: f64,
}

/// Share of `draws` whose statistic is at least as far from 0 as the observed `point - null`; ties count.
///
/// `spread` is the size of the numbers that went into the statistic. `drawn` draws are a random sample of all: the observed one joins them.
pub(crate) fn share_as_extreme(draws: &[Draw], point: f64, null: f64, spread: f64, sampled: bool) -> f64 {
    let observed = (point - null).abs();
    let bar = observed - TIE * observed - 1e-12 * (spread + null.abs());
    let (mut extreme, mut all) = if sampled { (1.0, 1.0) } else { (0.0, 0.0) };
    for draw in draws {
        all += draw.weight;
        if (draw.level_part - null * draw.slope_part).abs() >= bar {
            extreme += draw.weight;
        }
    }
    if all > 0.0 { extreme / all } else { 1.0 }
}

/// Values around `point` with `p_value(value) > 1 - level`, found by stepping out in doublings of `step` and halving.
///
/// A side on which the test never rejects has no limit.
pub(crate) fn limits(point: f64, step: f64, level: f64, p_value: impl Fn(f64) -> f64) -> Interval {
    let alpha = 1.0 - level;
    // A share such as 50 / 1000 equals alpha up to rounding, and equality rejects.
    let rejects = |value: f64| p_value(value) <= alpha * (1.0 + TIE);
    let side = |direction: f64| {
        let (mut kept, mut out) = (0.0, step);
        for _ in 0..DOUBLINGS {
            if rejects(point + direction * out) {
                bisect(&mut kept, &mut out, |distance| !rejects(point + direction * distance));
                return Some(point + direction * kept);
            }
            kept = out;
            out *= 2.0;
        }
        None
    };
    let usable = step.is_finite() && step > 0.0;
    let (lower, upper) = if usable { (side(-1.0), side(1.0)) } else { (None, None) };
    Interval { lower: lower.filter(|limit| limit.is_finite()), upper: upper.filter(|limit| limit.is_finite()), level }
}

/// The sentence for an interval with a missing limit.
pub(crate) fn note_missing_limit(interval: &Interval) -> Option<String> {
    (interval.lower.is_none() || interval.upper.is_none())
        .then(|| format!("so few units cannot exclude any value on one side at level {}: that limit is missing", interval.level))
}

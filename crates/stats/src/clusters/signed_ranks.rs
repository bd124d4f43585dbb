//! Wilcoxon's signed ranks: paired differences when a few of them are wild.

use crate::distributions::{bisect, normal_critical, normal_two_sided};
use crate::error::{finite, open_unit};
use crate::refusal::{Fitted, Stop, fitted};
use crate::{Estimate, Interval, StatsError};

/// Up to this number of pairs that differ the null distribution is exact, ties included.
pub const EXACT_PAIRS: usize = 300;

/// Wilcoxon's signed-rank test with the shift that belongs to it.
#[derive(Debug, Clone)]
pub struct SignedRanks {
    /// V: the sum of the ranks of the positive differences; equal sizes share their mean rank, zeros have none.
    pub positive_ranks: f64,
    /// Number of differences that are not 0.
    pub pairs: usize,
    /// Hodges-Lehmann shift (median of all pairwise means) with limits and the p-value of V.
    pub shift: Estimate,
}

impl SignedRanks {
    /// Tests whether paired differences are centred at 0 and estimates their shift.
    ///
    /// # Definition
    /// p = min(1, 2 min(P(V <= v), P(V >= v))) under independent random signs of the observed ranks: exact up to [`EXACT_PAIRS`] pairs, ties
    /// included; normal with continuity correction beyond. The shift is the median of the means (d_i + d_j) / 2, i <= j; its limits are the
    /// order statistics of those means that the test excludes on neither side.
    ///
    /// # Input
    /// `differences`: one per independent pair, any unit; zeros are left out, as in Wilcoxon's own procedure.
    ///
    /// # Output
    /// V, 0 to n (n + 1) / 2, and the shift in the unit of the differences.
    ///
    /// # Undefined when
    /// No difference is other than 0. With five pairs or fewer limits at 95 % are missing: the smallest p is 2^(1-n).
    ///
    /// # Assumptions
    /// Pairs are independent and, under no effect, symmetric about 0.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] names `differences`, [`StatsError::OutOfRange`] names `level`.
    ///
    /// # Source
    /// Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed. 2014, sections 3.1 to 3.3.
    ///
    /// # Example
    /// Example 3.1 there, Hamilton depression scale before and after: V = 5 for after - before, two-sided p = 0.0391.
    /// ```
    /// use candor_stats::clusters::signed_ranks::SignedRanks;
    ///
    /// let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
    /// let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    /// let differences: Vec<f64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    /// let fitted = SignedRanks::test(&differences, 0.95)?;
    /// let test = fitted.fit().unwrap();
    /// assert_eq!(test.positive_ranks, 5.0);
    /// assert_eq!(test.shift.p_value, Some(0.0390625));
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn test(differences: &[f64], level: f64) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_test(differences, level))
    }

    fn try_test(differences: &[f64], level: f64) -> Result<Self, Stop> {
        finite("differences", differences)?;
        open_unit("level", level)?;
        let mut kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
        let n = kept.len();
        if n == 0 {
            return Err(Stop::insufficient(
                format!("{} pairs without a difference", differences.len()),
                "one pair that differs",
                "signed ranks need at least one difference other than 0",
            ));
        }
        kept.sort_by(f64::total_cmp);
        let doubled = doubled_ranks(&kept);
        let positive: u64 = kept.iter().zip(&doubled).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
        let walsh = n as f64 * (n as f64 + 1.0) / 2.0;
        let (p_value, rank_of_limit, method) = if n <= EXACT_PAIRS {
            let masses = masses(&doubled);
            let below: f64 = masses.iter().take(positive as usize + 1).sum();
            let above: f64 = masses.iter().skip(positive as usize).sum();
            ((2.0 * below.min(above)).min(1.0), exact_rank(n, level), "Wilcoxon signed ranks, exact")
        } else {
            let (variance, centre) = (doubled.iter().map(|rank| (*rank as f64 / 4.0).powi(2)).sum::<f64>(), walsh / 2.0);
            let distance = ((positive as f64 / 2.0 - centre).abs() - 0.5).max(0.0);
            let reach = normal_critical(1.0 - level) * variance.sqrt();
            let rank = (centre - reach - 0.5).floor();
            (
                normal_two_sided(distance / variance.sqrt()),
                (rank >= 0.0).then_some(rank as u64),
                "Wilcoxon signed ranks, normal with continuity correction",
            )
        };
        let total = walsh as u64;
        let point = f64::midpoint(walsh_mean(&kept, total.div_ceil(2)), walsh_mean(&kept, total / 2 + 1));
        if !point.is_finite() {
            return Err(Stop::overflow());
        }
        let mut shift = Estimate::new(point, method, differences.len() as f64);
        shift.p_value = Some(p_value);
        let limits = rank_of_limit.map(|rank| (walsh_mean(&kept, rank + 1), walsh_mean(&kept, total - rank)));
        shift.interval = Some(match limits {
            Some((lower, upper)) => Interval::new(lower, upper, level),
            None => Interval { lower: None, upper: None, level },
        });
        if limits.is_none() {
            shift.notes.push(format!("{n} pairs cannot exclude any value at level {level}: there are no limits"));
        }
        if n < differences.len() {
            shift.notes.push(format!("{} pairs without a difference were left out", differences.len() - n));
        }
        Ok(Self { positive_ranks: positive as f64 / 2.0, pairs: n, shift })
    }
}

/// Twice the rank of |d|, equal sizes sharing their mean rank; in the order of `sorted`.
fn doubled_ranks(sorted: &[f64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..sorted.len()).collect();
    order.sort_by(|a, b| sorted[*a].abs().total_cmp(&sorted[*b].abs()));
    let mut ranks = vec![0; sorted.len()];
    let mut start = 0;
    while start < order.len() {
        let size = sorted[order[start]].abs();
        // Differences such as 0.3 - 0.1 and 0.2 are equal up to rounding.
        let same = order[start..].iter().take_while(|at| sorted[**at].abs() <= size * (1.0 + 1e-12)).count();
        for at in &order[start..start + same] {
            ranks[*at] = (2 * start + same + 1) as u64;
        }
        start += same;
    }
    ranks
}

/// Probabilities of twice V under random signs.
fn masses(doubled: &[u64]) -> Vec<f64> {
    let total: u64 = doubled.iter().sum();
    let mut masses = vec![0.0; total as usize + 1];
    masses[0] = 1.0;
    let mut reached = 0;
    for rank in doubled {
        let rank = *rank as usize;
        for sum in (0..=reached).rev() {
            masses[sum] *= 0.5;
            masses[sum + rank] += masses[sum];
        }
        reached += rank;
    }
    masses
}

/// Largest v with P(V <= v) <= (1 - level) / 2 without ties; `None` when not even 0 is so rare.
fn exact_rank(n: usize, level: f64) -> Option<u64> {
    let ranks: Vec<u64> = (1..=n as u64).collect();
    let alpha = (1.0 - level) / 2.0 * (1.0 + 1e-9);
    let mut sum = 0.0;
    let mut last = None;
    for (v, mass) in masses(&ranks).iter().enumerate() {
        sum += mass;
        if sum > alpha {
            break;
        }
        last = Some(v as u64);
    }
    last
}

/// The `rank`-th smallest (from 1) of the means (d_i + d_j) / 2 over i <= j of sorted differences, without listing them.
fn walsh_mean(sorted: &[f64], rank: u64) -> f64 {
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return f64::NAN };
    let at_most = |x: f64| {
        let mut count = 0_u64;
        let mut end = sorted.len();
        for (start, low) in sorted.iter().enumerate() {
            while end > start && f64::midpoint(*low, sorted[end - 1]) > x {
                end -= 1;
            }
            if end <= start {
                break;
            }
            count += (end - start) as u64;
        }
        count
    };
    let (mut low, mut high) = (*first, *last);
    if at_most(low) >= rank {
        return low;
    }
    bisect(&mut low, &mut high, |x| at_most(x) < rank);
    high
}

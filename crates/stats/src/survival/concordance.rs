//! How often the row with the higher hazard dies first.

use super::lives::ordered_bits;
use super::risk_sets::RiskSets;

/// Sums of weights by rank, with prefix sums in logarithmic time (Fenwick tree).
struct Ranks(Vec<f64>);

impl Ranks {
    fn add(&mut self, rank: usize, weight: f64) {
        let mut at = rank + 1;
        while let Some(sum) = self.0.get_mut(at) {
            *sum += weight;
            at += at & at.wrapping_neg();
        }
    }

    /// Weight of the ranks below `rank`.
    fn below(&self, rank: usize) -> f64 {
        let (mut at, mut total) = (rank, 0.0);
        while at > 0 {
            total += self.0.get(at).copied().unwrap_or(0.0);
            at &= at - 1;
        }
        total
    }
}

/// Rank of each row's linear predictor, equal ones alike, and the number of ranks.
fn ranks_of(sets: &RiskSets, beta: &[f64]) -> (Vec<u32>, usize) {
    let mut keys: Vec<(u64, u32)> =
        (0..sets.rows.len()).map(|at| (ordered_bits(sets.linear_predictor(at, beta)), at as u32)).collect();
    keys.sort_unstable();
    let mut of_row = vec![0; keys.len()];
    let mut levels = 0;
    for equal in keys.chunk_by(|a, b| a.0 == b.0) {
        for (_, at) in equal {
            if let Some(rank) = of_row.get_mut(*at as usize) {
                *rank = levels;
            }
        }
        levels += 1;
    }
    (of_row, levels as usize)
}

/// Share of comparable pairs, within strata, in which the row with the larger linear predictor dies first; equal predictors count a half.
///
/// A pair is comparable when one row dies while the other is still at risk: not two deaths at the same time. `None` without such a pair.
///
/// Harrell, Califf, Pryor, Lee and Rosati 1982, JAMA 247, 2543-2546.
pub(super) fn concordance(sets: &RiskSets, beta: &[f64]) -> Option<f64> {
    let (of_row, levels) = ranks_of(sets, beta);
    let rank = |at: usize| of_row.get(at).map_or(0, |rank| *rank as usize);
    let (mut right, mut all) = (0.0, 0.0);
    let mut at = 0;
    let mut ranks = Ranks(Vec::new());
    let mut total = 0.0;
    let mut stratum = None;
    // Rows come by stratum and descending time: who is in the tree already outlives those who die now.
    while let Some(first) = sets.rows.get(at) {
        if stratum != Some(first.stratum) {
            stratum = Some(first.stratum);
            ranks = Ranks(vec![0.0; levels + 1]);
            total = 0.0;
        }
        let tied = |row: &&super::risk_sets::Row| row.time == first.time && row.stratum == first.stratum;
        let end = at + sets.rows.get(at..).unwrap_or_default().iter().take_while(tied).count();
        let group = || sets.rows.iter().enumerate().take(end).skip(at);
        for (position, row) in group().filter(|(_, row)| !row.died) {
            ranks.add(rank(position), row.weight);
            total += row.weight;
        }
        for (position, row) in group().filter(|(_, row)| row.died) {
            let (below, upto) = (ranks.below(rank(position)), ranks.below(rank(position) + 1));
            right += row.weight * (below + 0.5 * (upto - below));
            all += row.weight * total;
        }
        for (position, row) in group().filter(|(_, row)| row.died) {
            ranks.add(rank(position), row.weight);
            total += row.weight;
        }
        at = end;
    }
    (all > 0.0).then(|| (right / all).clamp(0.0, 1.0))
}

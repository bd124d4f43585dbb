//! How often the row with the higher hazard dies first.

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

/// Share of comparable pairs, within strata, in which the row with the larger linear predictor dies first; equal predictors count a half.
///
/// A pair is comparable when one row dies while the other is still at risk: not two deaths at the same time. `None` without such a pair.
///
/// Harrell, Califf, Pryor, Lee and Rosati 1982, JAMA 247, 2543-2546.
pub(super) fn concordance(sets: &RiskSets, beta: &[f64]) -> Option<f64> {
    let predictors: Vec<f64> = (0..sets.rows.len()).map(|at| sets.linear_predictor(at, beta)).collect();
    let mut levels = predictors.clone();
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup();
    let rank = |at: usize| predictors.get(at).map_or(0, |value| levels.partition_point(|level| level < value));
    let (mut right, mut all) = (0.0, 0.0);
    let mut at = 0;
    let mut ranks = Ranks(Vec::new());
    let mut total = 0.0;
    let mut stratum = None;
    // Rows come by stratum and descending time: who is in the tree already outlives those who die now.
    while let Some(first) = sets.rows.get(at) {
        if stratum != Some(first.stratum) {
            stratum = Some(first.stratum);
            ranks = Ranks(vec![0.0; levels.len() + 1]);
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

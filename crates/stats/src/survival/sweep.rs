//! Sums per cluster at many horizons in one walk over the rows: what makes the clustered curve fast.

use super::kaplan_meier::{LifeTable, Row};
use super::lives::Sum;
use crate::linearised::Linearised;

/// What is summed for a cluster up to the current horizon.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Influence on log S of the rows that ended, and what has to be taken off for late entries.
    closed: f64,
    /// Weight under observation.
    open: Sum,
    /// Expected deaths, split the same way.
    expected: f64,
}

impl LifeTable {
    /// Calls `visit` with the position in `horizons` and the curve by cluster for each of `horizons`: ascending numbers of steps. Never without clusters.
    ///
    /// The influence of a row on log S is `sum of d / (n (n - d))` over the steps that it survives while at risk, minus `1 / n` at the step
    /// at which it dies. The first sum is a difference of two values of one running sum, so that a cluster needs its open weight only.
    pub(super) fn sweep(&self, horizons: &[usize], mut visit: impl FnMut(usize, &Linearised)) {
        let Some(clusters) = self.clusters.clone() else { return };
        let mut tallies = vec![Tally::default(); clusters.len()];
        tallies.iter_mut().zip(&self.cluster_weights).for_each(|(tally, weight)| tally.open = *weight);
        let zeros = vec![0.0; clusters.len()];
        let mut linearised = Linearised { clusters, influence: zeros.clone(), share: zeros, unit_variance: 0.0 };
        // Squares over units (a row stands for as many as its weight): those that ended with their influence on log S, the others by number.
        let (mut ended, mut observed) = (0.0, self.weight);
        let (mut next, mut entering) = (0, 0);
        for (at, horizon) in horizons.iter().enumerate() {
            while let Some(row) = self.arrivals.get(entering).filter(|row| row.step() <= *horizon) {
                entering += 1;
                if let (Some(tally), Some(step)) = (tallies.get_mut(row.cluster as usize), self.steps.get(row.step())) {
                    tally.open.add(row.weight);
                    tally.closed -= row.weight * step.greenwood;
                    tally.expected -= row.weight * step.hazard;
                }
            }
            while let Some(row) = self.rows.get(next).filter(|row| row.step() <= *horizon) {
                if let (Some(tally), Some(own)) = (tallies.get_mut(row.cluster as usize), self.gains(row)) {
                    tally.open.add(-row.weight);
                    tally.closed += own.0;
                    ended += own.0 * own.0 / row.weight;
                    observed.add(-row.weight);
                    tally.expected += own.1;
                }
                next += 1;
            }
            let Some(step) = self.steps.get(*horizon) else { continue };
            let total: f64 = tallies.iter().map(|tally| (tally.expected + tally.open.value() * step.hazard).max(0.0)).sum();
            let scale = if total > 0.0 { total.recip() } else { 0.0 };
            let places = linearised.influence.iter_mut().zip(linearised.share.iter_mut());
            for (tally, (influence, share)) in tallies.iter().zip(places) {
                let open = tally.open.value();
                *influence = step.survival * (tally.closed + open * step.greenwood);
                *share = (tally.expected + open * step.hazard).max(0.0) * scale;
            }
            // With delayed entry a row's own sum is not at hand here; then all variance counts as differences between clusters.
            if self.arrivals.is_empty() {
                let units = ended + step.greenwood * step.greenwood * observed.value();
                linearised.unit_variance = step.survival * step.survival * units;
            }
            visit(at, &linearised);
        }
    }

    /// Influence on log S and expected deaths of a row from the start to its end.
    fn gains(&self, row: &Row) -> Option<(f64, f64)> {
        let end = self.steps.get(row.step())?;
        if !row.died() {
            return Some((row.weight * end.greenwood, row.weight * end.hazard));
        }
        let before = self.steps.get(row.step().checked_sub(1)?)?;
        Some((row.weight * before.greenwood - row.weight / end.at_risk, row.weight * end.hazard))
    }
}

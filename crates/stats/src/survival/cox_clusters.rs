//! Cox regression seen by cluster: how far each cluster moves each coefficient, and how much of its information it carries.

use nalgebra::DMatrix;

use super::cox::{Ties, shares};
use super::risk_sets::RiskSets;
use crate::linearised::Linearised;

/// Running sums over the death times of a stratum, one block of `Layout::size` numbers per death time.
struct Stratum {
    times: Vec<f64>,
    sums: Vec<f64>,
}

/// Where the parts of a block stand. The first half is summed over all deaths up to the time; the second holds what a row that dies at the time
/// is exposed to there, and what it is compared with.
#[derive(Clone, Copy)]
struct Layout {
    width: usize,
}

impl Layout {
    /// Numbers that are summed over time: hazard, hazard times each mean, times each mean along a coefficient's direction, and that squared.
    fn summed(self) -> usize {
        1 + 3 * self.width
    }

    fn size(self) -> usize {
        2 * self.summed() + self.width
    }

    fn means(self, i: usize) -> usize {
        1 + i
    }

    fn projected(self, i: usize) -> usize {
        1 + self.width + i
    }

    fn squares(self, i: usize) -> usize {
        1 + 2 * self.width + i
    }

    /// The same number for a row that dies at the time.
    fn own(self, place: usize) -> usize {
        self.summed() + place
    }

    /// Mean of covariate `i` that a death at the time is compared with.
    fn expected(self, i: usize) -> usize {
        2 * self.summed() + i
    }
}

/// Influence of every cluster on every coefficient, with the share of the coefficient's information that it carries.
///
/// The residual of a row is that of Lin and Wei 1989, equation (2.2), with Efron's shares for ties.
pub(super) fn by_cluster(
    sets: &RiskSets,
    ties: Ties,
    beta: &[f64],
    inverse: &DMatrix<f64>,
    scales: &[f64],
    clusters: &[u32],
) -> Vec<Linearised> {
    let width = sets.width;
    let layout = Layout { width };
    let direction = |j: usize, x: &[f64]| -> f64 { inverse.column(j).iter().zip(x).map(|(v, x)| v * x).sum() };
    let strata = strata(sets, ties, beta, layout, direction);
    let mut ids: Vec<u32> = sets.rows.iter().filter_map(|row| clusters.get(row.origin)).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let empty =
        Linearised { clusters: ids.clone(), influence: vec![0.0; ids.len()], share: vec![0.0; ids.len()], unit_variance: 0.0 };
    let mut found = vec![empty; width];
    let mut exposure = vec![0.0; layout.summed()];
    let mut residual = vec![0.0; width];
    for (at, row) in sets.rows.iter().enumerate() {
        let (Some(stratum), Some(cluster)) = (strata.get(row.stratum), clusters.get(row.origin)) else { continue };
        let Ok(place) = ids.binary_search(cluster) else { continue };
        let block = |position: usize| stratum.sums.get(position * layout.size()..(position + 1) * layout.size());
        let upto = |time: f64| stratum.times.partition_point(|moment| *moment <= time).checked_sub(1);
        let last = upto(row.time);
        let dies = last.filter(|last| row.died && stratum.times.get(*last) == Some(&row.time));
        let survived = if dies.is_some() { last.and_then(|last| last.checked_sub(1)) } else { last };
        exposure.iter_mut().for_each(|sum| *sum = 0.0);
        let mut add = |position: Option<usize>, from: usize, sign: f64| {
            if let Some(block) = position.and_then(block).and_then(|block| block.get(from..)) {
                exposure.iter_mut().zip(block).for_each(|(sum, value)| *sum += sign * value);
            }
        };
        add(survived, 0, 1.0);
        add(dies, layout.own(0), 1.0);
        if row.entry.is_finite() {
            add(upto(row.entry), 0, -1.0);
        }
        let exposed = |place: usize| exposure.get(place).copied().unwrap_or(0.0);
        let compared = dies.and_then(block);
        let x = sets.covariates(at);
        let risk = sets.linear_predictor(at, beta).exp();
        let hazard = exposed(0);
        for (i, (residual, x)) in residual.iter_mut().zip(x).enumerate() {
            let own = compared.and_then(|block| block.get(layout.expected(i))).map_or(0.0, |expected| x - expected);
            *residual = own - risk * (x * hazard - exposed(layout.means(i)));
        }
        for (j, linearised) in found.iter_mut().enumerate() {
            let along = direction(j, x);
            let information = along * along * hazard - 2.0 * along * exposed(layout.projected(j)) + exposed(layout.squares(j));
            let scale = scales.get(j).copied().unwrap_or(1.0);
            if let (Some(influence), Some(share)) = (linearised.influence.get_mut(place), linearised.share.get_mut(place)) {
                let own = row.weight * direction(j, &residual) / scale;
                *influence += own;
                linearised.unit_variance += own * own / row.weight;
                *share += (row.weight * risk * information).max(0.0);
            }
        }
    }
    for linearised in &mut found {
        let total: f64 = linearised.share.iter().sum();
        if total > 0.0 {
            linearised.share.iter_mut().for_each(|share| *share /= total);
        }
    }
    found
}

/// Running sums of every stratum, in ascending time.
fn strata(sets: &RiskSets, ties: Ties, beta: &[f64], layout: Layout, direction: impl Fn(usize, &[f64]) -> f64) -> Vec<Stratum> {
    let mut strata: Vec<Stratum> = (0..sets.strata()).map(|_| Stratum { times: Vec::new(), sums: Vec::new() }).collect();
    let mut block = vec![0.0; layout.size()];
    let mut means = Vec::with_capacity(layout.width);
    sets.walk(beta, |deaths| {
        block.iter_mut().for_each(|sum| *sum = 0.0);
        let mut add = |place: usize, amount: f64| {
            if let Some(sum) = block.get_mut(place) {
                *sum += amount;
            }
        };
        shares(deaths, ties, |share| {
            let part = share.weight / share.zero;
            let own = part * (1.0 - share.gone);
            means.clear();
            means.extend((0..layout.width).map(|i| share.mean(deaths, i)));
            let mut both = |place: usize, value: f64| {
                add(place, part * value);
                add(layout.own(place), own * value);
            };
            both(0, 1.0);
            for (i, mean) in means.iter().enumerate() {
                let along = direction(i, &means);
                both(layout.means(i), *mean);
                both(layout.projected(i), along);
                both(layout.squares(i), along * along);
            }
            for (i, mean) in means.iter().enumerate() {
                add(layout.expected(i), share.weight * mean / deaths.weight);
            }
        });
        if let Some(stratum) = strata.get_mut(deaths.stratum) {
            stratum.times.push(deaths.time);
            stratum.sums.extend_from_slice(&block);
        }
    });
    for stratum in &mut strata {
        // The walk came down in time.
        stratum.times.reverse();
        let ascending: Vec<f64> = stratum.sums.chunks(layout.size()).rev().flatten().copied().collect();
        stratum.sums = ascending;
        let mut past = vec![0.0; layout.summed()];
        for block in stratum.sums.chunks_mut(layout.size()) {
            for (sum, past) in block.iter_mut().zip(past.iter_mut()) {
                *sum += *past;
                *past = *sum;
            }
        }
    }
    strata
}

//! Sums over those at risk at each death time: what Cox regression walks over at every iteration.

use super::lives::{Lives, ascending};

/// Rows of positive weight with their covariates, by stratum and descending time.
pub(super) struct RiskSets {
    /// Number of covariates.
    pub(super) width: usize,
    pub(super) rows: Vec<Row>,
    /// Covariates of the rows, row after row, centred.
    pub(super) x: Vec<f64>,
    /// Ranges of `rows`, one per stratum.
    strata: Vec<(usize, usize)>,
    /// Positions in `rows` by stratum and descending entry; empty without delayed entry.
    late: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Position in the caller's slices.
    pub(super) origin: usize,
    pub(super) time: f64,
    pub(super) entry: f64,
    pub(super) weight: f64,
    pub(super) died: bool,
    pub(super) stratum: usize,
}

/// Sums with a weight of `weight * exp(eta)`: of 1, of the covariates, of their products (lower triangle, row after row).
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub(super) zero: f64,
    pub(super) one: Vec<f64>,
    pub(super) two: Vec<f64>,
}

impl Moments {
    fn new(width: usize) -> Self {
        Self { zero: 0.0, one: vec![0.0; width], two: vec![0.0; width * (width + 1) / 2] }
    }

    fn add(&mut self, weight: f64, x: &[f64]) {
        self.zero += weight;
        let mut place = self.two.iter_mut();
        for (i, (sum, value)) in self.one.iter_mut().zip(x).enumerate() {
            let part = weight * value;
            *sum += part;
            for other in x.iter().take(i + 1) {
                if let Some(sum) = place.next() {
                    *sum += part * other;
                }
            }
        }
    }

    fn clear(&mut self) {
        self.zero = 0.0;
        self.one.iter_mut().chain(self.two.iter_mut()).for_each(|sum| *sum = 0.0);
    }
}

/// A death time of a stratum.
pub(super) struct Deaths<'a> {
    pub(super) stratum: usize,
    pub(super) time: f64,
    /// Number of rows that die.
    pub(super) count: usize,
    /// Their weight.
    pub(super) weight: f64,
    /// Weighted sum of their covariates.
    pub(super) x: &'a [f64],
    /// Weighted sum of their linear predictors.
    pub(super) eta: f64,
    pub(super) at_risk: &'a Moments,
    pub(super) dying: &'a Moments,
}

impl RiskSets {
    pub(super) fn new(lives: &Lives<'_>, columns: &[Vec<f64>], strata: Option<&[u32]>) -> Self {
        let stratum = |row: usize| strata.and_then(|strata| strata.get(row)).copied().unwrap_or(0);
        let mut order: Vec<usize> =
            ascending(lives.times).into_iter().rev().map(|row| row as usize).filter(|row| lives.weight(*row) > 0.0).collect();
        // Stable, so that each stratum stays in descending time.
        order.sort_by_key(|row| stratum(*row));
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut before = None;
        let mut rows = Vec::with_capacity(order.len());
        let mut x = Vec::with_capacity(order.len() * columns.len());
        for (at, row) in order.iter().enumerate() {
            match ranges.last_mut() {
                Some(range) if before == Some(stratum(*row)) => range.1 = at + 1,
                _ => ranges.push((at, at + 1)),
            }
            before = Some(stratum(*row));
            x.extend(columns.iter().map(|column| column.get(*row).copied().unwrap_or_default()));
            rows.push(Row {
                origin: *row,
                time: lives.times.get(*row).copied().unwrap_or_default(),
                entry: lives.entries.and_then(|entries| entries.get(*row)).copied().unwrap_or(f64::NEG_INFINITY),
                weight: lives.weight(*row),
                died: lives.died.get(*row).copied().unwrap_or_default(),
                stratum: ranges.len() - 1,
            });
        }
        let mut late: Vec<usize> = if lives.entries.is_some() { (0..rows.len()).collect() } else { Vec::new() };
        let key = |at: &usize| rows.get(*at).map_or((0, 0.0), |row| (row.stratum, -row.entry));
        late.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
        Self { width: columns.len(), rows, x, strata: ranges, late }
    }

    /// Number of strata.
    pub(super) fn strata(&self) -> usize {
        self.strata.len()
    }

    pub(super) fn covariates(&self, at: usize) -> &[f64] {
        self.x.get(at * self.width..(at + 1) * self.width).unwrap_or_default()
    }

    pub(super) fn linear_predictor(&self, at: usize, beta: &[f64]) -> f64 {
        self.covariates(at).iter().zip(beta).map(|(x, beta)| x * beta).sum()
    }

    /// Calls `visit` at every death time, by stratum and descending time.
    pub(super) fn walk(&self, beta: &[f64], mut visit: impl FnMut(&Deaths<'_>)) {
        let (mut at_risk, mut dying) = (Moments::new(self.width), Moments::new(self.width));
        let mut sum = vec![0.0; self.width];
        let mut waiting = self.late.iter().peekable();
        for (stratum, (start, end)) in self.strata.iter().enumerate() {
            at_risk.clear();
            let mut at = *start;
            while let Some(time) = self.rows.get(at).filter(|_| at < *end).map(|row| row.time) {
                dying.clear();
                sum.iter_mut().for_each(|value| *value = 0.0);
                let (mut count, mut weight, mut total) = (0, 0.0, 0.0);
                while let Some(row) = self.rows.get(at).filter(|row| at < *end && row.time == time) {
                    let x = self.covariates(at);
                    let eta = self.linear_predictor(at, beta);
                    let risk = row.weight * eta.exp();
                    at_risk.add(risk, x);
                    if row.died {
                        dying.add(risk, x);
                        count += 1;
                        weight += row.weight;
                        total += row.weight * eta;
                        sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += row.weight * x);
                    }
                    at += 1;
                }
                let outside =
                    |position: &&usize| self.rows.get(**position).is_some_and(|row| row.stratum == stratum && row.entry >= time);
                while let Some(position) = waiting.next_if(outside) {
                    let weight = self.rows.get(*position).map_or(0.0, |row| row.weight);
                    at_risk.add(-weight * self.linear_predictor(*position, beta).exp(), self.covariates(*position));
                }
                if count > 0 {
                    visit(&Deaths { stratum, time, count, weight, x: &sum, eta: total, at_risk: &at_risk, dying: &dying });
                }
            }
            // Entries of this stratum before its first death time change nothing any more.
            while waiting.next_if(|position| self.rows.get(**position).is_some_and(|row| row.stratum == stratum)).is_some() {}
        }
    }
}

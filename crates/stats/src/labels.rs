//! Clusters, strata and units come as arbitrary whole-number labels; the estimators want them as 0..k in a fixed order.

use std::collections::HashMap;
use std::hash::Hash;

/// Labels as positions `0..count`, ordered by label so that nothing depends on the order of rows.
pub(crate) struct Groups<T = usize> {
    /// Position of each row's label.
    pub(crate) of_row: Vec<usize>,
    /// The labels in ascending order.
    pub(crate) labels: Vec<T>,
}

impl<T: Copy + Ord + Hash> Groups<T> {
    pub(crate) fn new(labels: &[T]) -> Self {
        let mut seen: HashMap<T, usize> = HashMap::new();
        let first_seen: Vec<usize> = labels
            .iter()
            .map(|label| {
                let next = seen.len();
                *seen.entry(*label).or_insert(next)
            })
            .collect();
        let mut ordered: Vec<(T, usize)> = seen.into_iter().collect();
        ordered.sort_unstable();
        let mut position = vec![0; ordered.len()];
        for (rank, (_, first)) in ordered.iter().enumerate() {
            position[*first] = rank;
        }
        let of_row = first_seen.into_iter().map(|first| position[first]).collect();
        Self { of_row, labels: ordered.into_iter().map(|(label, _)| label).collect() }
    }

    pub(crate) fn count(&self) -> usize {
        self.labels.len()
    }

    /// Number of rows of each group.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count()];
        for group in &self.of_row {
            sizes[*group] += 1;
        }
        sizes
    }

    /// All rows, group by group, in their order within each.
    pub(crate) fn rows_by_group(&self) -> Vec<usize> {
        let mut next: Vec<usize> = self
            .sizes()
            .into_iter()
            .scan(0, |from, size| {
                let start = *from;
                *from += size;
                Some(start)
            })
            .collect();
        let mut order = vec![0; self.of_row.len()];
        for (row, group) in self.of_row.iter().enumerate() {
            order[next[*group]] = row;
            next[*group] += 1;
        }
        order
    }
}

/// Subtracts from each value the mean of its group: what fixed effects of the groups would explain.
///
/// What is left of a value that never varies within a group is rounding, and becomes exactly 0.
pub(crate) fn within(values: &mut [f64], groups: &[usize], sizes: &[usize]) {
    let mut means = vec![0.0; sizes.len()];
    for (value, group) in values.iter().zip(groups) {
        means[*group] += value / sizes[*group] as f64;
    }
    for (value, group) in values.iter_mut().zip(groups) {
        let left = *value - means[*group];
        *value = if left.abs() <= 1e-13 * value.abs() { 0.0 } else { left };
    }
}

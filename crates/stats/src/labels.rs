//! Clusters, strata and units come as arbitrary whole-number labels; the estimators want them as 0..k in a fixed order.

use std::collections::HashMap;

/// Labels as positions `0..count`, ordered by label so that nothing depends on the order of rows.
pub(crate) struct Groups {
    /// Position of each row's label.
    pub(crate) of_row: Vec<usize>,
    /// The labels in ascending order.
    pub(crate) labels: Vec<usize>,
}

impl Groups {
    pub(crate) fn new(labels: &[usize]) -> Self {
        let mut seen: HashMap<usize, usize> = HashMap::new();
        let first_seen: Vec<usize> = labels
            .iter()
            .map(|label| {
                let next = seen.len();
                *seen.entry(*label).or_insert(next)
            })
            .collect();
        let mut ordered: Vec<(usize, usize)> = seen.into_iter().collect();
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
}

//! Small readers that several cases share: labels of a column, the figures of an outcome.

use std::collections::BTreeMap;

use candor_stats::Outcome;

use super::case::Table;

/// Texts of a column as whole-number labels, in order of first appearance.
pub fn labels(table: &Table, column: &str) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    let label = |text: String| {
        let next = seen.len();
        *seen.entry(text).or_insert(next)
    };
    table.texts(column).into_iter().map(label).collect()
}

/// Point, p-value and degrees of freedom.
pub fn point_p_df(outcome: &Outcome) -> (Option<f64>, Option<f64>, Option<f64>) {
    match outcome.estimate() {
        Some(estimate) => (Some(estimate.point), estimate.p_value, estimate.degrees_of_freedom),
        None => (None, None, None),
    }
}

/// Lower and upper limit.
pub fn limits(outcome: &Outcome) -> (Option<f64>, Option<f64>) {
    match outcome.estimate().and_then(|estimate| estimate.interval) {
        Some(interval) => (interval.lower, interval.upper),
        None => (None, None),
    }
}

pub fn standard_error(outcome: &Outcome) -> Option<f64> {
    outcome.estimate().and_then(candor_stats::Estimate::standard_error)
}

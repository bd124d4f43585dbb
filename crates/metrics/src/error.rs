//! What a caller did wrong. Too little evidence is not an error: that is an outcome inside the document.

use candor_stats::StatsError;
use thiserror::Error;

/// Facts or options that no report can be computed from.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MetricsError {
    /// An option outside its range.
    #[error("{option} is `{value}`, expected {expected}")]
    Option {
        /// Name of the option as the user spells it.
        option: &'static str,
        /// The offending value, printed.
        value: String,
        /// What would have been right, in words.
        expected: &'static str,
    },
    /// Two columns of the line facts that must have equal length differ.
    #[error("column `{column}` of the line facts has {have} entries, expected {need}")]
    ColumnLength {
        /// Name of the column.
        column: &'static str,
        /// Its length.
        have: usize,
        /// The length of the other columns.
        need: usize,
    },
    /// An index of the line facts that points nowhere.
    #[error("`{column}` at row {row} points at entry {index} of `{target}`, which has {entries}")]
    DanglingIndex {
        /// Column that holds the index.
        column: &'static str,
        /// Zero-based row.
        row: usize,
        /// The index.
        index: u64,
        /// What it should point into.
        target: &'static str,
        /// How many entries that has.
        entries: usize,
    },
    /// A cohort with more substantive lines than lines.
    #[error("cohort {row} has {substantive} substantive lines among {lines}")]
    Substantive {
        /// Zero-based row.
        row: usize,
        /// Substantive lines.
        substantive: u32,
        /// Lines.
        lines: u32,
    },
    /// A statistic refused its input.
    #[error("cannot compute {figure}")]
    Statistic {
        /// The figure, in words.
        figure: String,
        /// Why.
        #[source]
        source: StatsError,
    },
}

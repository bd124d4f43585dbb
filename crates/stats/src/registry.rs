//! The one list of everything that this crate can estimate. A statistic that is not here does not exist for the rest of Candor.

use serde::Serialize;

/// One statistic: what it answers, where it lives, who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statistic {
    /// Stable name, lower case with underscores; what reports and metric files refer to.
    pub id: &'static str,
    /// Folder of `src` that holds it.
    pub family: &'static str,
    /// Path of the public item below the family, for example `kaplan_meier::LifeTable::survival`.
    pub function: &'static str,
    /// The question that it answers, in the reader's words.
    pub question: &'static str,
    /// Author, year, title and equation or section of the source.
    pub source: &'static str,
    /// Folder of `cases` that compares it with the established packages, where there is one.
    pub case: Option<&'static str>,
}

/// Every statistic, sorted by family and then by id.
pub const STATISTICS: &[Statistic] = &[
    // attribution_error
    // clusters
    // designs
    // durations
    // looks
    // planning
    // pooling
    // privacy
    // proportions
    // rates
    // ratios
    // regression
    // survival
];

/// The statistic with this id.
///
/// # Example
/// ```
/// assert!(candor_stats::registry::find("no_such_statistic").is_none());
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Statistic> {
    STATISTICS.iter().find(|statistic| statistic.id == id)
}

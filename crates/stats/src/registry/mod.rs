//! The one list of everything that this crate can estimate. A statistic that is not here does not exist for the rest of Candor.

mod attribution_error;
mod clusters;
mod designs;
mod durations;
mod looks;
mod planning;
mod pooling;
mod privacy;
mod proportions;
mod rates;
mod ratios;
mod regression;
mod survival;

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

/// The families in alphabetical order; a file for each.
const FAMILIES: &[&[Statistic]] = &[
    attribution_error::LINES,
    clusters::LINES,
    designs::LINES,
    durations::LINES,
    looks::LINES,
    planning::LINES,
    pooling::LINES,
    privacy::LINES,
    proportions::LINES,
    rates::LINES,
    ratios::LINES,
    regression::LINES,
    survival::LINES,
];

/// Every statistic, sorted by family and then by id.
pub const STATISTICS: &[Statistic] = &joined::<{ count(FAMILIES) }>(FAMILIES);

const fn count(families: &[&[Statistic]]) -> usize {
    let (mut count, mut family) = (0, 0);
    while family < families.len() {
        count += families[family].len();
        family += 1;
    }
    count
}

/// The lines of all families behind each other, while compiling: one list without a start-up cost.
const fn joined<const COUNT: usize>(families: &[&[Statistic]]) -> [Statistic; COUNT] {
    let mut all = [families[0][0]; COUNT];
    let (mut at, mut family) = (0, 0);
    while family < families.len() {
        let mut line = 0;
        while line < families[family].len() {
            all[at] = families[family][line];
            at += 1;
            line += 1;
        }
        family += 1;
    }
    all
}

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

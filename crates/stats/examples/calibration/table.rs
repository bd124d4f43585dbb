//! Counts of studies, and their table.

use std::fmt::Write;

use candor_stats::{Estimate, Outcome};

/// What one simulated study showed about one estimator.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Whether the interval held the truth; `None` where there was no interval.
    pub covered: Option<bool>,
    /// Whether the null was rejected at 5 %; `None` where there was no test.
    pub rejected: Option<bool>,
}

impl Seen {
    /// Judges an outcome against the truth.
    pub fn of(outcome: Option<&Outcome>, truth: f64) -> Self {
        outcome.and_then(Outcome::estimate).map_or_else(Self::default, |estimate| Self::of_estimate(estimate, truth))
    }

    pub fn of_estimate(estimate: &Estimate, truth: f64) -> Self {
        let covered = estimate.interval.filter(|interval| interval.lower.is_some() || interval.upper.is_some()).map(|interval| {
            interval.lower.is_none_or(|lower| lower <= truth) && interval.upper.is_none_or(|upper| truth <= upper)
        });
        // Where an estimator gives no p-value its interval is the test of no effect.
        let rejected = estimate.p_value.map(|p| p <= 0.05);
        Self { covered, rejected }
    }

    pub fn test(p_value: Option<f64>) -> Self {
        Self { covered: None, rejected: p_value.map(|p| p <= 0.05) }
    }

    /// Only the interval counts: its p-value is against another null than the truth of the world without effect.
    pub fn interval_only(mut self) -> Self {
        self.rejected = None;
        self
    }
}

/// Sums over studies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    studies: u32,
    covered: (u32, u32),
    rejected: (u32, u32),
}

impl Cell {
    /// Adds a study with a planted effect: its interval counts.
    pub fn add_effect(&mut self, seen: Seen) {
        self.studies += 1;
        if let Some(covered) = seen.covered {
            self.covered.1 += 1;
            self.covered.0 += u32::from(covered);
        }
    }

    /// Adds a study without effect: its test counts.
    pub fn add_null(&mut self, seen: Seen) {
        if let Some(rejected) = seen.rejected {
            self.rejected.1 += 1;
            self.rejected.0 += u32::from(rejected);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.studies += other.studies;
        self.covered = (self.covered.0 + other.covered.0, self.covered.1 + other.covered.1);
        self.rejected = (self.rejected.0 + other.rejected.0, self.rejected.1 + other.rejected.1);
    }

    /// Share of intervals that held the truth, 0 to 1.
    pub fn coverage(&self) -> Option<f64> {
        (self.covered.1 > 0).then(|| f64::from(self.covered.0) / f64::from(self.covered.1))
    }

    /// Share of tests that rejected a true null, 0 to 1.
    pub fn false_positives(&self) -> Option<f64> {
        (self.rejected.1 > 0).then(|| f64::from(self.rejected.0) / f64::from(self.rejected.1))
    }

    fn text(&self) -> String {
        let percent = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}", 100.0 * share));
        let mut text = format!("{} / {}", percent(self.coverage()), percent(self.false_positives()));
        let answered = self.covered.1.max(self.rejected.1);
        if answered > 0 && self.covered.1 > 0 && self.studies > 0 && self.covered.1 * 200 < self.studies * 199 {
            let _ = write!(text, " ({:.0} % answered)", 100.0 * f64::from(self.covered.1) / f64::from(self.studies));
        }
        text
    }
}

/// A table with one row per estimator and one column per size.
pub struct Section {
    pub title: &'static str,
    pub columns: Vec<String>,
    pub rows: Vec<(&'static str, Vec<Cell>)>,
}

impl std::fmt::Display for Section {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "### {}\n", self.title)?;
        writeln!(formatter, "| estimator: coverage / false positives, % | {} |", self.columns.join(" | "))?;
        writeln!(formatter, "| --- |{}", " --- |".repeat(self.columns.len()))?;
        for (name, cells) in &self.rows {
            let cells: Vec<String> = cells.iter().map(Cell::text).collect();
            writeln!(formatter, "| {name} | {} |", cells.join(" | "))?;
        }
        Ok(())
    }
}

/// Names of estimators with what each of them saw in one study.
pub type Named = Vec<(&'static str, Seen)>;

/// Runs `runs` studies of one size with and without an effect on two threads; `study(run, effect?)` names what it saw.
pub fn simulate(runs: u32, study: impl Fn(u64, bool) -> Named + Sync) -> Vec<(&'static str, Cell)> {
    let part = |first: u32| {
        let mut cells: Vec<(&'static str, Cell)> = Vec::new();
        for run in (first..runs).step_by(2) {
            for planted in [true, false] {
                for (index, (name, seen)) in study(u64::from(run), planted).into_iter().enumerate() {
                    if index == cells.len() {
                        cells.push((name, Cell::default()));
                    }
                    if let Some((_, cell)) = cells.get_mut(index) {
                        if planted { cell.add_effect(seen) } else { cell.add_null(seen) }
                    }
                }
            }
        }
        cells
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| part(1));
        let mut cells = part(0);
        if let Ok(others) = other.join() {
            for ((_, cell), (_, more)) in cells.iter_mut().zip(&others) {
                cell.merge(more);
            }
        }
        cells
    })
}

/// Joins one simulation per size into a table.
pub fn section(
    title: &'static str,
    sizes: &[usize],
    unit: &str,
    runs: u32,
    study: impl Fn(usize, u64, bool) -> Named + Sync,
) -> Section {
    let mut rows: Vec<(&'static str, Vec<Cell>)> = Vec::new();
    for size in sizes {
        let found = simulate(runs, |run, planted| study(*size, run, planted));
        for (index, (name, cell)) in found.into_iter().enumerate() {
            if index == rows.len() {
                rows.push((name, Vec::new()));
            }
            if let Some((_, cells)) = rows.get_mut(index) {
                cells.push(cell);
            }
        }
    }
    Section { title, columns: sizes.iter().map(|size| format!("{size} {unit}")).collect(), rows }
}

//! A fault of a plan file: where it is, what was expected, what to do.

use std::fmt;

use serde::Serialize;

/// Whether a plan can be registered in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Refused,
    /// It can, and readers are told.
    Warning,
}

/// One thing that is wrong with a plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it refuses the plan.
    pub severity: Severity,
    /// Name of the fault, for programs.
    pub code: &'static str,
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Path of the value, for example `criterion[2].margin`.
    pub path: String,
    /// What was expected and what was found.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, file, line, column, path, message, hint, .. } = self;
        let kind = if self.severity == Severity::Warning { "warning: " } else { "" };
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        write!(f, "{file}:{line}:{column}: {kind}{path}{message} [{code}]\n  hint: {hint}")
    }
}

/// Of some names the one that differs least from what was written, if it is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().map(|name| (distance(written, name), name)).min()?;
    (near.0 <= (written.chars().count() / 3).max(2)).then_some(near.1)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (place, letter) in left.chars().enumerate() {
        let mut diagonal = place;
        let mut last = place + 1;
        let mut next = vec![last];
        for (above, other) in row.iter().skip(1).zip(&right) {
            let cost = diagonal + usize::from(letter != *other);
            diagonal = *above;
            last = cost.min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        let names = ["customer_bugs", "cycle_time", "csat"];
        assert_eq!(nearest("custmer_bug", names), Some("customer_bugs"));
        assert_eq!(nearest("revenue", names), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

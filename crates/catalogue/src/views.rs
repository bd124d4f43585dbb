//! The views that metrics share.

use std::collections::BTreeMap;

use crate::embedded;

/// A view: one comment that says what a row is, and one SELECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Its name, that of its file.
    pub name: &'static str,
    /// Path below the crate.
    pub file: &'static str,
    /// The text of the file.
    pub sql: &'static str,
}

impl View {
    /// What a row is.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        let start = self.sql.find("/*").map(|at| at + 2);
        let end = self.sql.find("*/");
        start.zip(end).and_then(|(start, end)| self.sql.get(start..end)).unwrap_or_default().trim()
    }
}

/// All views by name.
pub fn built_in() -> BTreeMap<&'static str, View> {
    embedded::VIEWS
        .iter()
        .map(|(file, sql)| {
            let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".sql");
            (name, View { name, file, sql })
        })
        .collect()
}

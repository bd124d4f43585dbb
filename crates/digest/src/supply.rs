//! Which tables a metric lacks, and the command that supplies each.

use candor_catalogue::{Metric, Session, line_tables, views};

use crate::document::Missing;

/// Tables without rows that the metric, or one of its figures, needs.
pub(crate) fn missing(session: &Session, metric: &Metric) -> Vec<Missing> {
    let views = views();
    let mut tables: Vec<&String> =
        metric.needs.iter().chain(metric.figures.iter().filter_map(|figure| figure.needs.as_ref()).flatten()).collect();
    tables.sort();
    tables.dedup();
    tables
        .into_iter()
        .filter(|table| !views.contains_key(table.as_str()) && session.facts().rows(table) == 0)
        .map(|table| Missing { table: table.clone(), command: command(table) })
        .collect()
}

/// The command that fills a table.
pub(crate) fn command(table: &str) -> String {
    match table {
        "findings" => "candor import REPORT.sarif".to_owned(),
        table if line_tables::names().any(|name| name == table) => "candor mine".to_owned(),
        table => format!("candor import {table}.csv"),
    }
}

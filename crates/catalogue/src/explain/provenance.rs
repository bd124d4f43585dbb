//! Where facts come from: the files that the snapshot pins, the imports behind their rows, and the rows of the files as they were imported.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Listed;
use crate::error::CatalogueError;
use crate::frame::NEVER;
use crate::session::{Reads, Session};

/// A table of facts that a figure reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableFacts {
    /// Its name.
    pub table: String,
    /// Its rows in the snapshot.
    pub rows: u64,
    /// The files that the snapshot pins, which this figure was computed from.
    pub files: Vec<String>,
    /// The imports that its rows came with.
    pub imports: Vec<Import>,
    /// The command that brings such facts.
    pub command: String,
}

/// Rows that came together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// What brought them: the id of a source, or the repository that was mined.
    pub source: String,
    /// When, UTC.
    pub fetched_at: Option<String>,
    /// The name under which the lake keeps the file as it came; `None` where git is the record.
    pub raw_ref: Option<String>,
    /// Rows.
    pub rows: u64,
}

/// A row of a file as it was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RawRow {
    /// The table that it became a row of.
    pub table: String,
    /// The name under which the lake keeps the file.
    pub raw_ref: Option<String>,
    /// Its place in the file, the first row below the header being 1.
    pub row: Option<i64>,
}

/// The tables that a query reads, with what they hold.
pub(super) fn tables(session: &Session, reads: &Reads) -> Result<Vec<TableFacts>, CatalogueError> {
    reads.tables.iter().map(|name| table(session, name)).collect()
}

fn table(session: &Session, name: &str) -> Result<TableFacts, CatalogueError> {
    let rows = session.facts().rows(name);
    let spec = candor_lake::TABLES.iter().find(|table| table.name == name);
    let has = |column: &str| spec.is_some_and(|spec| spec.column(column).is_some());
    let mut imports = Vec::new();
    // Tables in memory (in tests, or computed from others) need not have the columns of the lake.
    if rows > 0 && session.facts().is_pinned(name) {
        let sql = if has("raw_ref") && has("fetched_at") {
            Some(format!(
                "SELECT COALESCE(source, 'unknown') AS came_from, raw_ref, MAX(fetched_at) AS at, COUNT(*) AS n
                FROM {name} GROUP BY COALESCE(source, 'unknown'), raw_ref ORDER BY at, raw_ref"
            ))
        } else if has("repo") && name != "mined_repositories" {
            Some(format!(
                "SELECT 'git ' || COALESCE(m.name, t.repo) AS came_from, NULL AS raw_ref, MAX(m.mined_until) AS at, COUNT(*) AS n
                FROM {name} t LEFT JOIN mined_repositories m ON m.repo = t.repo
                GROUP BY 'git ' || COALESCE(m.name, t.repo) ORDER BY came_from"
            ))
        } else {
            None
        };
        if let Some(sql) = sql {
            let frame = session.rows(name, &sql)?;
            imports.extend((0..frame.rows).map(|row| {
                Import {
                    source: frame.name("came_from", row).unwrap_or("unknown").to_owned(),
                    fetched_at: frame
                        .at
                        .get(row)
                        .filter(|at| **at != NEVER)
                        .and_then(|at| jiff::Timestamp::from_microsecond(*at).ok())
                        .map(|at| at.to_string()),
                    raw_ref: frame.name("raw_ref", row).map(str::to_owned),
                    rows: frame.number("n", row).unwrap_or(0.0) as u64,
                }
            }));
        }
    }
    let files = session.facts().files(name);
    // Tables of the contract know the place of a row in its file; mined ones do not.
    let command = if has("row_number") { format!("candor import {name}.csv") } else { "candor mine".to_owned() };
    Ok(TableFacts { table: name.to_owned(), rows, files, imports, command })
}

/// How the names of observations are made of the keys of tables.
const NAMES: &[(&str, &str)] = &[
    ("pull_requests", "repo || '#' || number"),
    ("work_items", "tracker || ' ' || key"),
    ("findings", "tool || ' ' || fingerprint"),
    ("finance", "month"),
    ("ai_spend", "month"),
    ("incidents", "id"),
    ("deployments", "id"),
    ("support_tickets", "id"),
    ("satisfaction", "id"),
    ("assessments", "id"),
    ("tasks", "task"),
];

/// Finds the rows of imported files that listed observations are named after.
pub(super) fn raw(session: &Session, reads: &Reads, listed: &mut [Listed]) -> Result<(), CatalogueError> {
    let names: BTreeSet<&str> = listed.iter().map(|own| own.unit.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    let mut found: BTreeMap<String, Vec<RawRow>> = BTreeMap::new();
    for (table, name) in NAMES.iter().filter(|(table, _)| reads.tables.iter().any(|own| own == table)) {
        if session.facts().rows(table) == 0 {
            continue;
        }
        // A file that came by another way has no place in a file.
        let raw_ref = if session.facts().is_pinned(table) { "raw_ref" } else { "NULL" };
        let sql = format!(
            "SELECT {name} AS name, {raw_ref} AS raw_ref, row_number AS place FROM {table} WHERE {name} IN ({}) ORDER BY place",
            quoted.join(", ")
        );
        let frame = session.rows(table, &sql)?;
        for row in 0..frame.rows {
            let Some(own) = frame.name("name", row) else { continue };
            found.entry(own.to_owned()).or_default().push(RawRow {
                table: (*table).to_owned(),
                raw_ref: frame.name("raw_ref", row).map(str::to_owned),
                row: frame.number("place", row).map(|place| place as i64),
            });
        }
    }
    for own in listed {
        own.raw = found.get(&own.unit).cloned().unwrap_or_default();
    }
    Ok(())
}

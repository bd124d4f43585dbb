//! `candor status`: what the lake holds, how fresh it is, and what is not there.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use candor_lake::{ColumnType, Lake, Snapshot, TableSpec};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, output};

/// Arguments of `candor status`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor status
  candor status --json")]
pub struct Args {
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// What is known of a table.
struct Held {
    table: &'static TableSpec,
    rows: u64,
    fetched: Option<Timestamp>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// The column by which the rows of a table lie in time.
fn time_column(table: &TableSpec) -> Option<&'static str> {
    table
        .columns
        .iter()
        .find(|column| column.kind == ColumnType::Timestamp && column.name != "fetched_at")
        .map(|column| column.name)
}

/// The first and the last instant of a column.
pub fn bounds(snapshot: &Snapshot, table: &str, column: &str) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
    let mut found: Option<(i64, i64)> = None;
    snapshot.scan(table)?.columns(&[column])?.each(|batch| {
        let times = batch.columns().first().and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>().cloned());
        for at in times.iter().flatten().flatten() {
            found = Some(found.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        Ok::<_, Failure>(())
    })?;
    let instant = |at: i64| Timestamp::from_microsecond(at).unwrap_or_default();
    Ok(found.map(|(first, last)| (instant(first), instant(last))))
}

fn look(snapshot: Option<&Snapshot>, table: &'static TableSpec) -> Result<Held, Failure> {
    let mut held = Held { table, rows: 0, fetched: None, first: None, last: None };
    let Some(snapshot) = snapshot else { return Ok(held) };
    held.rows = snapshot.scan(table.name)?.count();
    if held.rows == 0 {
        return Ok(held);
    }
    if table.column("fetched_at").is_some() {
        held.fetched = bounds(snapshot, table.name, "fetched_at")?.map(|(_, last)| last);
    }
    if let Some(column) = time_column(table) {
        let bounds = bounds(snapshot, table.name, column)?;
        held.first = bounds.map(|(first, _)| first);
        held.last = bounds.map(|(_, last)| last);
    }
    Ok(held)
}

/// The command that fills a table.
fn command_for(table: &str) -> String {
    let report = |file: &str| format!("candor import {file} --repo REPO --commit SHA");
    match table {
        "coverage_files" => report("lcov.info"),
        "tests" => report("junit.xml"),
        _ if candor_tables::table(table).is_some() => format!("candor import {table}.csv"),
        _ => "candor mine".to_owned(),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let folder = organisation.lake();
    let snapshot = if folder.exists() { Lake::open(&folder)?.latest()? } else { None };
    let tables = candor_lake::TABLES.iter().map(|table| look(snapshot.as_ref(), table)).collect::<Result<Vec<_>, _>>()?;
    if args.json {
        let tables: Vec<Value> = tables
            .iter()
            .map(|held| {
                json!({
                    "table": held.table.name, "rows": held.rows, "fetched_at": held.fetched.map(|at| at.to_string()),
                    "first": held.first.map(|at| at.to_string()), "last": held.last.map(|at| at.to_string()),
                    "command": command_for(held.table.name),
                })
            })
            .collect();
        let document = json!({
            "schema": "candor-status/1", "organisation": organisation.description().name, "lake": folder.display().to_string(),
            "snapshot": snapshot.as_ref().map(|snapshot| snapshot.id().0),
            "written_at": snapshot.as_ref().map(|snapshot| snapshot.at().to_string()), "tables": tables,
        });
        return output::print(format!("{document:#}\n").as_bytes());
    }
    let mut text = String::new();
    match &snapshot {
        Some(snapshot) => {
            let _ = writeln!(text, "snapshot {} of {}: {}\n", snapshot.id().0, snapshot.at(), snapshot.description());
        }
        None => text.push_str("no facts yet\n\n"),
    }
    let zone = organisation.description().zone();
    let day = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_zoned(zone.clone()).date().to_string());
    let _ = writeln!(text, "{:<22} {:>10}  {:<10}  {:<10}  {:<10}", "table", "rows", "from", "to", "brought");
    for held in tables.iter().filter(|held| held.rows > 0) {
        let (first, last, fetched) = (day(held.first), day(held.last), day(held.fetched));
        let line = format!("{:<22} {:>10}  {first:<10}  {last:<10}  {fetched:<10}", held.table.name, held.rows);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let empty: Vec<&Held> = tables.iter().filter(|held| held.rows == 0).collect();
    if !empty.is_empty() {
        text.push_str("\nnot there, and what brings it:\n");
        let width = empty.iter().map(|held| command_for(held.table.name).len()).max().unwrap_or(0);
        for held in empty {
            let _ = writeln!(text, "{:<22} {:<width$}  {}", held.table.name, command_for(held.table.name), held.table.doc);
        }
    }
    output::print(text.as_bytes())
}

//! `candor status`: what the lake holds, how fresh it is, what is not there, and which metrics can be computed from it.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use candor_catalogue::readiness::{Readiness, State, readiness};
use candor_catalogue::{Facts, Session, Settings};
use candor_lake::{ColumnType, Lake, Snapshot, TableSpec};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Arguments of `candor status`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor status
  candor status --metrics
  candor status --json")]
pub struct Args {
    /// Each metric with what it is computed from, until when, and what is missing.
    #[arg(long)]
    metrics: bool,
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
    let metrics = metrics(&organisation, snapshot.as_ref())?;
    let held = &tables;
    if args.json {
        let tables: Vec<Value> = held
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
            "metrics": metrics.iter().map(|ready| of_metric(ready, held)).collect::<Vec<_>>(),
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
    if args.metrics {
        in_full(&mut text, &metrics, held, &day);
    } else {
        in_short(&mut text, &metrics);
    }
    output::print(text.as_bytes())
}

/// What each metric has and lacks.
fn metrics(organisation: &Organisation, snapshot: Option<&Snapshot>) -> Result<Vec<Readiness>, Failure> {
    let catalogue = engine::catalogue(organisation)?;
    let described = organisation.description();
    // No figure is computed, so any window will do.
    let (from, until) = (jiff::civil::date(2025, 1, 1), jiff::civil::date(2025, 1, 2));
    let mut settings = Settings::new(&described.timezone, &described.currency, from, until);
    settings.failed_hire_cost = described.failed_hire_cost;
    settings.stuck_junior_cost_per_month = described.stuck_junior_cost_per_month;
    let facts = snapshot.map_or_else(|| Ok(Facts::none()), Facts::of_snapshot)?;
    let session = Session::new(facts, settings)?;
    Ok(readiness(&session, &catalogue)?)
}

/// Until when the facts of a metric reach: the table that ends first. Tables without a time do not end.
fn until(ready: &Readiness, held: &[Held]) -> Option<Timestamp> {
    let of = |table: &String| held.iter().find(|held| held.table.name == table).and_then(|held| held.last);
    ready.from.iter().filter_map(of).min()
}

/// When the oldest of its tables was last brought.
fn brought(ready: &Readiness, held: &[Held]) -> Option<Timestamp> {
    let of = |table: &String| held.iter().find(|held| held.table.name == table).and_then(|held| held.fetched);
    ready.from.iter().filter_map(of).min()
}

/// What brings what is missing, each once.
fn commands(ready: &Readiness) -> Vec<String> {
    let mut all: Vec<String> = ready.missing.iter().map(|table| command_for(table)).collect();
    all.extend(ready.settings.iter().map(|name| format!("set {name} in candor.toml")));
    all.dedup();
    all
}

fn of_metric(ready: &Readiness, held: &[Held]) -> Value {
    json!({
        "metric": ready.metric, "tier": ready.tier, "state": ready.state, "from": ready.from, "missing": ready.missing,
        "settings": ready.settings, "less_without": ready.less_without, "commands": commands(ready),
        "until": until(ready, held).map(|at| at.to_string()), "brought_at": brought(ready, held).map(|at| at.to_string()),
    })
}

const TIERS: [&str; 3] = ["business outcomes", "team health", "individual patterns"];

/// How many metrics of each tier can be computed, and what would bring the most of the others.
fn in_short(text: &mut String, metrics: &[Readiness]) {
    text.push_str("\nmetrics\n");
    for (tier, name) in (1..).zip(TIERS) {
        let of: Vec<&Readiness> = metrics.iter().filter(|ready| ready.tier == tier).collect();
        let count = |state: State| of.iter().filter(|ready| ready.state == state).count();
        let (ready, partly) = (count(State::Ready), count(State::Partly));
        let _ = writeln!(text, "  tier {tier}, {name}: {ready} of {} can be computed, {partly} in part", of.len());
    }
    let mut brings: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for command in metrics.iter().flat_map(commands) {
        *brings.entry(command).or_default() += 1;
    }
    let mut brings: Vec<(String, usize)> = brings.into_iter().collect();
    brings.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    for (command, count) in brings.iter().take(5) {
        let _ = writeln!(text, "  {command:<36} is missing for {}", output::counted(*count, "metric"));
    }
    text.push_str("  `candor status --metrics` lists each of them\n");
}

/// Each metric.
fn in_full(text: &mut String, metrics: &[Readiness], held: &[Held], day: &dyn Fn(Option<Timestamp>) -> String) {
    for (tier, name) in (1..).zip(TIERS) {
        let _ = writeln!(text, "\ntier {tier}: {name}");
        let _ =
            writeln!(text, "  {:<32} {:<8} {:<10}  {:<10}  missing, and what brings it", "metric", "figures", "until", "brought");
        for ready in metrics.iter().filter(|ready| ready.tier == tier) {
            let state = match ready.state {
                State::Ready => "all",
                State::Partly => "some",
                State::Missing => "none",
            };
            let mut notes = Vec::new();
            if !ready.missing.is_empty() || !ready.settings.is_empty() {
                let missing: Vec<&str> = ready.missing.iter().chain(&ready.settings).map(String::as_str).collect();
                notes.push(format!("{}: {}", missing.join(", "), commands(ready).join(", ")));
            }
            if !ready.less_without.is_empty() {
                notes.push(format!("less without {}", ready.less_without.join(", ")));
            }
            let (until, brought) = (day(until(ready, held)), day(brought(ready, held)));
            let line = format!("  {:<32} {state:<8} {until:<10}  {brought:<10}  {}", ready.metric, notes.join("; "));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
}

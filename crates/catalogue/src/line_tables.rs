//! The tables that are filled from git: what each holds of lines, landings, functions and coverage.

use std::sync::Arc;

use candor_metrics::facts::{LineFacts, NONE};
use candor_metrics::{FunctionRow, LandingRow, LineRow, ObservedLives};
use candor_model::Origin;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;

use Column::{Instant, Number, Text, Truth};

#[derive(Clone, Copy)]
enum Column {
    Text,
    Instant,
    Truth,
    Number,
}

/// The tables with their columns. A metric that needs one of them, and finds it empty, says that lines were not mined.
const TABLES: &[(&str, &[(&str, Column)])] = &[
    (
        "lines",
        &[
            ("repo", Text),
            ("landing", Text),
            ("origin", Text),
            ("path", Text),
            ("landed_at", Instant),
            ("ended_at", Instant),
            ("died", Truth),
            ("by_self", Truth),
            ("n_lines", Number),
            ("n_substantive", Number),
            ("landing_substantive", Number),
            ("author", Text),
            ("is_bot", Truth),
            ("source", Text),
            ("landing_source", Text),
            ("tool", Text),
            ("language", Text),
            ("context", Text),
        ],
    ),
    (
        "landings",
        &[
            ("repo", Text),
            ("commit", Text),
            ("landed_at", Instant),
            ("followed_until", Instant),
            ("author", Text),
            ("is_bot", Truth),
            ("source", Text),
            ("change", Text),
            ("context", Text),
            ("n_lines", Number),
            ("ai_lines", Number),
            ("unknown_lines", Number),
            ("duplicated_lines", Number),
            ("is_bulk", Truth),
            ("n_substantive", Number),
            ("first_fix_at", Instant),
            ("reverted_at", Instant),
            ("commits", Number),
            ("agent_commits", Number),
            ("opened_by_agent", Truth),
        ],
    ),
    (
        "functions",
        &[
            ("repo", Text),
            ("commit", Text),
            ("path", Text),
            ("name", Text),
            ("start", Number),
            ("landed_at", Instant),
            ("author", Text),
            ("is_bot", Truth),
            ("source", Text),
            ("context", Text),
            ("language", Text),
            ("is_test", Truth),
            ("is_generated", Truth),
            ("cyclomatic", Number),
            ("cognitive", Number),
            ("cyclomatic_before", Number),
            ("cognitive_before", Number),
        ],
    ),
    (
        "coverage_lines",
        &[
            ("repo", Text),
            ("commit", Text),
            ("landed_at", Instant),
            ("author", Text),
            ("is_bot", Truth),
            ("source", Text),
            ("context", Text),
            ("has_report", Truth),
            ("executable_lines", Number),
            ("covered_lines", Number),
        ],
    ),
];

/// Names of the tables.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// The schema of a table.
#[must_use]
pub fn schema(name: &str) -> Option<SchemaRef> {
    let (_, columns) = TABLES.iter().find(|(own, _)| *own == name)?;
    let fields = columns.iter().map(|(name, column)| {
        let data_type = match column {
            Text => DataType::Utf8,
            Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Truth => DataType::Boolean,
            Number => DataType::Int64,
        };
        Field::new(*name, data_type, true)
    });
    Some(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// The tables `lines`, `landings` and `functions` from what was observed of `facts`.
///
/// # Errors
/// The rows do not fit the columns: a fault of this program.
pub fn of_lives(facts: &LineFacts, observed: &ObservedLives) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
    Ok(vec![
        ("lines", lines(facts, observed)?),
        ("landings", landings(facts, observed)?),
        ("functions", functions(facts, observed)?),
    ])
}

/// Names of an index, none for [`NONE`].
fn code(facts: &LineFacts, person: u32) -> Option<&str> {
    facts.codes.get(person as usize).map(String::as_str).filter(|code| !code.is_empty())
}

fn texts<'a, R>(rows: &[R], text: impl Fn(&R) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(text).collect::<StringArray>())
}

fn instants<R>(rows: &[R], seconds: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    let micros = rows.iter().map(|row| seconds(row).map(|at| at.saturating_mul(1_000_000)));
    Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn truths<R>(rows: &[R], truth: impl Fn(&R) -> bool) -> ArrayRef {
    Arc::new(rows.iter().map(|row| Some(truth(row))).collect::<BooleanArray>())
}

fn numbers<R>(rows: &[R], number: impl Fn(&R) -> Option<u64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| number(row).and_then(|value| i64::try_from(value).ok())).collect::<Int64Array>())
}

fn batch(table: &'static str, columns: Vec<(&'static str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    let schema = schema(table).unwrap_or_else(|| Arc::new(Schema::empty()));
    let column = |field: &Arc<Field>| {
        let found = columns.iter().find(|(name, _)| name == field.name()).map(|(_, array)| Arc::clone(array));
        found.ok_or_else(|| ArrowError::SchemaError(format!("no column {} for {table}", field.name())))
    };
    let arrays = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, arrays)
}

fn lines(facts: &LineFacts, observed: &ObservedLives) -> Result<RecordBatch, ArrowError> {
    let rows = observed.lines.as_slice();
    let by_landing: std::collections::HashMap<u32, &LandingRow> =
        observed.landings.iter().map(|row| (row.landing, row)).collect();
    let landing = |row: &LineRow| facts.landings.get(row.landing as usize);
    let origin = |row: &LineRow| facts.commits.get(row.origin as usize);
    let path = |row: &LineRow| facts.paths.get(row.path as usize);
    let known = |row: &LineRow| by_landing.get(&row.landing).copied();
    batch(
        "lines",
        vec![
            ("repo", texts(rows, |row| repository(facts, landing(row)?.repository))),
            ("landing", texts(rows, |row| commit(facts, landing(row)?.commit))),
            ("origin", texts(rows, |row| commit(facts, row.origin))),
            ("path", texts(rows, |row| path(row).map(|path| path.path.as_str()))),
            ("landed_at", instants(rows, |row| landing(row).map(|landing| landing.landed_at))),
            ("ended_at", instants(rows, |row| Some(row.ended_at))),
            ("died", truths(rows, |row| row.died)),
            ("by_self", truths(rows, |row| row.by_self)),
            ("n_lines", numbers(rows, |row| Some(u64::from(row.lines)))),
            ("n_substantive", numbers(rows, |row| Some(u64::from(row.substantive)))),
            ("landing_substantive", numbers(rows, |row| known(row).map(|landing| landing.substantive))),
            ("author", texts(rows, |row| code(facts, origin(row)?.author))),
            ("is_bot", truths(rows, |row| row.source == Origin::Bot)),
            ("source", texts(rows, |row| Some(row.source_name()))),
            ("landing_source", texts(rows, |row| known(row).map(|landing| landing.class))),
            ("tool", texts(rows, |row| (row.source == Origin::Ai).then(|| tool(&origin(row)?.tools)).flatten())),
            ("language", texts(rows, |row| facts.languages.get(usize::from(path(row)?.language)).map(String::as_str))),
            ("context", texts(rows, |row| facts.contexts.get(usize::from(path(row)?.context)).map(String::as_str))),
        ],
    )
}

fn landings(facts: &LineFacts, observed: &ObservedLives) -> Result<RecordBatch, ArrowError> {
    let rows = observed.landings.as_slice();
    let landing = |row: &LandingRow| facts.landings.get(row.landing as usize);
    let changes: Vec<Option<String>> = rows
        .iter()
        .map(|row| {
            let landing = landing(row)?;
            Some(format!("{}#{}", repository(facts, landing.repository)?, landing.pull_request?))
        })
        .collect();
    batch(
        "landings",
        vec![
            ("repo", texts(rows, |row| repository(facts, landing(row)?.repository))),
            ("commit", texts(rows, |row| commit(facts, landing(row)?.commit))),
            ("landed_at", instants(rows, |row| landing(row).map(|landing| landing.landed_at))),
            ("followed_until", instants(rows, |row| Some(row.followed_until))),
            ("author", texts(rows, |row| code(facts, row.author))),
            ("is_bot", truths(rows, |row| row.is_bot)),
            ("source", texts(rows, |row| Some(row.class))),
            ("change", Arc::new(changes.into_iter().collect::<StringArray>())),
            (
                "context",
                texts(rows, |row| {
                    (row.context != NONE).then(|| facts.contexts.get(row.context as usize)).flatten().map(String::as_str)
                }),
            ),
            ("n_lines", numbers(rows, |row| Some(row.lines))),
            ("ai_lines", numbers(rows, |row| Some(row.ai_lines))),
            ("unknown_lines", numbers(rows, |row| Some(row.unknown_lines))),
            // Repeated blocks that nobody looked for are not observed, which is no 0. Lines that come back to life are no new ones.
            ("duplicated_lines", numbers(rows, |row| landing(row)?.repeated.map(|repeated| repeated.min(row.lines)))),
            ("is_bulk", truths(rows, |row| landing(row).is_some_and(|landing| landing.is_bulk))),
            ("n_substantive", numbers(rows, |row| Some(row.substantive))),
            ("first_fix_at", instants(rows, |row| row.first_fix_at)),
            ("reverted_at", instants(rows, |row| row.reverted_at)),
            ("commits", numbers(rows, |row| landing(row).map(|landing| u64::from(landing.written)))),
            ("agent_commits", numbers(rows, |row| landing(row).map(|landing| u64::from(landing.written_by_agents)))),
            ("opened_by_agent", truths(rows, |row| landing(row).is_some_and(|landing| landing.opened_by_agent))),
        ],
    )
}

/// The context of code that tests.
const TESTS: &str = "tests";

fn functions(facts: &LineFacts, observed: &ObservedLives) -> Result<RecordBatch, ArrowError> {
    let rows = observed.functions.as_slice();
    let function = |row: &FunctionRow| facts.functions.get(row.function as usize);
    let landing = |row: &FunctionRow| facts.landings.get(function(row)?.landing as usize);
    let path = |row: &FunctionRow| facts.paths.get(function(row)?.path as usize);
    let context = |row: &FunctionRow| facts.contexts.get(usize::from(path(row)?.context)).map(String::as_str);
    let language = |row: &FunctionRow| facts.languages.get(usize::from(path(row)?.language)).map(String::as_str);
    let before = |row: &FunctionRow| function(row)?.before;
    // Rust has its tests in a module beside the code.
    let is_test = |row: &FunctionRow| {
        let in_module = || function(row).is_some_and(|one| one.name.split('.').any(|part| matches!(part, "tests" | "test")));
        context(row) == Some(TESTS) || (language(row) == Some("Rust") && in_module())
    };
    batch(
        "functions",
        vec![
            ("repo", texts(rows, |row| repository(facts, landing(row)?.repository))),
            ("commit", texts(rows, |row| commit(facts, landing(row)?.commit))),
            ("path", texts(rows, |row| path(row).map(|path| path.path.as_str()))),
            ("name", texts(rows, |row| function(row).map(|one| one.name.as_str()))),
            ("start", numbers(rows, |row| function(row).map(|one| u64::from(one.start)))),
            ("landed_at", instants(rows, |row| landing(row).map(|landing| landing.landed_at))),
            ("author", texts(rows, |row| code(facts, row.author))),
            ("is_bot", truths(rows, |row| row.is_bot)),
            ("source", texts(rows, |row| Some(row.class))),
            ("context", texts(rows, context)),
            ("language", texts(rows, language)),
            ("is_test", truths(rows, is_test)),
            // Generated files are left out before their functions are measured.
            ("is_generated", truths(rows, |_| false)),
            ("cyclomatic", numbers(rows, |row| Some(u64::from(function(row)?.complexity?.0)))),
            ("cognitive", numbers(rows, |row| Some(u64::from(function(row)?.complexity?.1)))),
            ("cyclomatic_before", numbers(rows, |row| Some(u64::from(before(row)?.0)))),
            ("cognitive_before", numbers(rows, |row| Some(u64::from(before(row)?.1)))),
        ],
    )
}

fn repository(facts: &LineFacts, number: u32) -> Option<&str> {
    facts.repositories.get(number as usize).map(|repository| repository.name.as_str())
}

fn commit(facts: &LineFacts, number: u32) -> Option<&str> {
    facts.commits.get(number as usize).map(|commit| commit.id.as_str())
}

/// The one tool that a commit names; `several` where it names more.
fn tool(tools: &[String]) -> Option<&str> {
    match tools {
        [] => None,
        [one] => Some(one),
        _ => Some("several"),
    }
}

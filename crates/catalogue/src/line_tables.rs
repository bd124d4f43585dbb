//! The tables that are filled from git: what each holds of lines, landings, functions and coverage.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

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
            ("business", Text),
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
            ("business", Text),
            ("n_lines", Number),
            ("ai_lines", Number),
            ("unknown_lines", Number),
            ("duplicated_lines", Number),
            ("is_bulk", Truth),
            ("first_fix_at", Instant),
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
            ("business", Text),
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
            ("business", Text),
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

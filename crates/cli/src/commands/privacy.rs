//! `candor privacy`: what is read, kept, hidden, shown to whom and sent, from the schema that the lake really has.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{Done, output};

/// Arguments of `candor privacy`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor privacy
  candor privacy --json")]
pub struct Args {
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// How a column treats persons.
fn treatment(table: &str, column: &candor_lake::ColumnSpec) -> Option<&'static str> {
    match (table, column.name) {
        ("people" | "identities", "name") | ("identities", "value") => Some("in clear: this table alone tells who is who"),
        ("people", "person") => Some("keyed hash of the id"),
        (_, "title") => Some("not kept, unless candor.toml says keep_titles = true"),
        _ if column.unit.starts_with("person id") => Some("keyed hash"),
        _ => None,
    }
}

const PROMISES: &[(&str, &str)] = &[
    ("read", "the repositories and files that you name, and nothing else"),
    (
        "kept",
        "the columns of the tables below, in the lake on this machine; imported files as they came, beside them (a title or a name in such a \
         file is in that copy); source text and session transcripts are never kept",
    ),
    (
        "hidden",
        "persons, under hashes with a key that was made in the lake and never leaves it; candor init keeps the lake out of git",
    ),
    ("shown", "figures about people only for groups of five or more (min_group); a person's own figures to that person alone"),
    ("sent", "nothing: no command of candor sends facts anywhere, and there is no telemetry"),
];

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let columns: Vec<(&str, &str, &str)> = candor_lake::TABLES
        .iter()
        .flat_map(|table| {
            table.columns.iter().filter_map(|column| Some((table.name, column.name, treatment(table.name, column)?)))
        })
        .collect();
    if args.json {
        let columns: Vec<Value> = columns
            .iter()
            .map(|(table, column, treatment)| json!({ "table": table, "column": column, "treatment": treatment }))
            .collect();
        let promises: serde_json::Map<String, Value> =
            PROMISES.iter().map(|(what, says)| ((*what).to_owned(), json!(says))).collect();
        let document = json!({ "schema": "candor-privacy/1", "promises": promises, "columns_about_persons": columns });
        return output::print(format!("{document:#}\n").as_bytes());
    }
    let mut text = String::new();
    for (what, says) in PROMISES {
        let _ = writeln!(text, "{what:<7} {says}");
    }
    text.push_str("\ncolumns about persons:\n");
    for (table, column, treatment) in columns {
        let _ = writeln!(text, "  {:<44} {treatment}", format!("{table}.{column}"));
    }
    output::print(text.as_bytes())
}

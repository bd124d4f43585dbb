//! `candor export`: line lives and attribution for other programs.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use candor_attribution::LabelPolicy;
use candor_git::LineRules;
use candor_lake::Snapshot;
use clap::{Subcommand, ValueEnum};
use parquet::arrow::ArrowWriter;

use crate::failure::Failure;
use crate::{Done, dates, output, store};

mod attribution;

/// Arguments of `candor export`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Cohorts of lines: landing, origin, death and killer, with counts.
    #[command(after_help = "Examples:
  candor export lines --repo . --format csv > lines.csv
  candor export lines --repo . --format parquet --output lines.parquet")]
    Lines(LinesArgs),
    /// Evidence, notes and identities by commit.
    #[command(after_help = "Example:
  candor export attribution --repo . --format json > attribution.json")]
    Attribution(AttributionArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LinesFormat {
    Csv,
    Parquet,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AttributionFormat {
    Json,
}

#[derive(clap::Args)]
struct LinesArgs {
    /// The repository.
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// Branch to follow instead of the default branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// As git sees lines: renames followed, nothing else (no moves, no white-space rule, no re-lands, nothing left out).
    #[arg(long)]
    strict: bool,
    /// Form of the rows.
    #[arg(long, value_enum)]
    format: LinesFormat,
    /// File to write instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(clap::Args)]
struct AttributionArgs {
    /// The repository.
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// Branch to follow instead of the default branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Signs of tools of your own (TOML), on top of the built-in ones.
    #[arg(long, value_name = "FILE")]
    signs: Option<PathBuf>,
    /// Who is who (TOML or CSV).
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Form of the document.
    #[arg(long, value_enum)]
    format: AttributionFormat,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.what {
        What::Lines(args) => lines(args),
        What::Attribution(args) => {
            let AttributionFormat::Json = args.format;
            let rules = LineRules::full();
            let selected = store::select(&args.repo, args.branch.as_deref(), rules)?;
            let fresh = store::refresh(selected, rules, &store::signs(args.signs.as_deref())?, &[])?;
            let who = store::identities(&fresh, args.people.as_deref())?;
            let document = attribution::document(&fresh, &who, &LabelPolicy::default())?;
            let mut text = serde_json::to_vec_pretty(&document).map_err(|error| Failure::machine(error.to_string()))?;
            text.push(b'\n');
            output::print(&text)
        }
    }
}

/// Columns of the export, in order; the first eight are the contract.
const HEADER: [&str; 12] = [
    "landing",
    "origin",
    "path_at_birth",
    "landed_at",
    "death",
    "died_at",
    "killer_origin",
    "n_lines",
    "n_substantive",
    "evidence",
    "before_observation",
    "censored_at",
];

fn lines(args: &LinesArgs) -> Done {
    let rules = if args.strict { LineRules::strict() } else { LineRules::full() };
    let selected = store::select(&args.repo, args.branch.as_deref(), rules)?;
    let fresh = store::refresh(selected, rules, &store::signs(None)?, &[])?;
    let batches = cohorts(&fresh.snapshot, &fresh.selected.store.repo, args.strict)?;
    let bytes = match args.format {
        LinesFormat::Csv => csv_of(&batches)?,
        LinesFormat::Parquet => parquet_of(&batches)?,
    };
    match &args.output {
        Some(path) => output::write_file(path, &bytes),
        None => output::print(&bytes),
    }
}

/// Rows of a repository; those that count in no figure only when `all`.
fn cohorts(snapshot: &Snapshot, repo: &str, all: bool) -> Result<Vec<RecordBatch>, Failure> {
    let mut columns = HEADER.to_vec();
    columns.push("left_out");
    let folder = format!("{repo}/");
    let batches = snapshot.scan("line_cohorts")?.columns(&columns)?.units(|unit| unit.starts_with(&folder)).read()?;
    batches
        .into_iter()
        .map(|batch| {
            if all {
                return Ok(batch);
            }
            let left_out = batch.column(columns.len() - 1);
            let keep: Vec<u64> = (0..batch.num_rows()).filter(|row| left_out.is_null(*row)).map(|row| row as u64).collect();
            arrow_select(&batch, keep)
        })
        .collect()
}

fn arrow_select(batch: &RecordBatch, rows: Vec<u64>) -> Result<RecordBatch, Failure> {
    arrow_select::take::take_record_batch(batch, &arrow_array::UInt64Array::from(rows))
        .map_err(|error| Failure::machine(error.to_string()))
}

fn csv_of(batches: &[RecordBatch]) -> Result<Vec<u8>, Failure> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let fault = |error: csv::Error| Failure::machine(error.to_string());
    out.write_record(HEADER).map_err(fault)?;
    for batch in batches {
        let columns: Vec<_> = HEADER.iter().filter_map(|name| batch.column_by_name(name)).collect();
        for row in 0..batch.num_rows() {
            for column in &columns {
                let text = cell(column.as_ref(), row);
                out.write_field(text).map_err(fault)?;
            }
            out.write_record(None::<&[u8]>).map_err(fault)?;
        }
    }
    out.into_inner().map_err(|error| Failure::machine(error.to_string()))
}

fn cell(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    if let Some(text) = column.as_string_opt::<i32>() {
        return text.value(row).to_owned();
    }
    if let Some(number) = column.as_primitive_opt::<Int32Type>() {
        return number.value(row).to_string();
    }
    if let Some(instant) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        return dates::rfc3339(instant.value(row).div_euclid(1_000_000));
    }
    column.as_boolean_opt().map_or_else(String::new, |truth| truth.value(row).to_string())
}

fn parquet_of(batches: &[RecordBatch]) -> Result<Vec<u8>, Failure> {
    let fault = |error: parquet::errors::ParquetError| Failure::machine(error.to_string());
    let schema = batches
        .first()
        .map_or_else(|| candor_lake::table("line_cohorts").map(|table| table.arrow_schema()), |batch| Some(batch.schema()));
    let Some(schema) = schema else { return Err(Failure::machine("the table of cohorts has no schema")) };
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, schema, None).map_err(fault)?;
    for batch in batches {
        writer.write(batch).map_err(fault)?;
    }
    writer.close().map_err(fault)?;
    Ok(out)
}

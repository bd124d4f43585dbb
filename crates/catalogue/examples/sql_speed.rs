//! The SQL of ten heavy metrics over tables of any size, for a race against another engine on the same Parquet files.
//!
//! ```text
//! sql_speed make DIR [COHORTS [CHANGES]]   writes DIR/TABLE.parquet (10,000,000 line cohorts, 1,000,000 pull requests)
//! sql_speed queries DIR                    writes DIR/queries/: the views and metrics as texts, in the order in which they are read
//! sql_speed run DIR [METRIC...]            seconds of each metric's SQL, all columns to Arrow: best of three after one that is not counted
//! ```
//!
//! `benches/sql/duckdb_queries.py DIR` does in DuckDB what `run` does here. Everything is drawn from one seed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use candor_catalogue::{Catalogue, Facts, Session, Settings, line_tables};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

const TEN: [&str; 10] = [
    "code_durability_90d",
    "rework_14d",
    "cost_per_surviving_line",
    "change_size",
    "review_time",
    "review_comments",
    "senior_review_load",
    "unreviewed_merge_rate",
    "cycle_time",
    "ai_dependency",
];
const PEOPLE: u64 = 1000;
const REPOSITORIES: u64 = 50;
const LANDINGS: u64 = 200_000;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// 2024-04-01 and 2026-03-31, in days since 1970.
const FROM: i64 = 19_814;
const UNTIL: i64 = 20_543;

/// A number that depends on nothing but its place (splitmix64).
fn draw(row: u64, salt: u64) -> u64 {
    let mut z = row.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03)).wrapping_add(1);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn below(row: u64, salt: u64, limit: u64) -> i64 {
    (draw(row, salt) % limit) as i64
}

fn one_of<'a>(row: u64, salt: u64, of: &[&'a str]) -> &'a str {
    of[below(row, salt, of.len() as u64) as usize]
}

fn instant(row: u64, salt: u64) -> i64 {
    FROM * DAY + below(row, salt, ((UNTIL - FROM) * DAY) as u64)
}

/// One value of a table.
enum Value {
    None,
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
}

/// The value of a column of a row; none where nothing says otherwise.
fn value(table: &str, column: &str, row: u64, changes: u64) -> Value {
    use Value::{None, Real, Text, Truth, Whole};
    let person = |salt: u64| Text(format!("q{:04}", below(row, salt, PEOPLE)));
    let repo = |number: u64| format!("acme/r{:02}", number % REPOSITORIES);
    let landing = draw(row, 1) % LANDINGS;
    // A review and a comment are of a change, and come within six days of it.
    let change = draw(row, 2) % changes;
    let created = |change: u64| instant(change, 20).min((UNTIL - 10) * DAY);
    let ready = |change: u64| created(change) + below(change, 21, DAY as u64);
    let merged = |change: u64| ready(change) + below(change, 22, 5 * DAY as u64);
    let deployed_until = ((row + 1) * 10).min(changes);
    match (table, column) {
        ("people", "person") => Text(format!("q{row:04}")),
        ("people", "professional_since") => Whole(16_436 + below(row, 3, 3_800)),
        ("employment", "person") => Text(format!("q{:04}", row / 3)),
        ("employment", "valid_from") => Whole(18_993 + (row % 3) as i64 * 380 + below(row / 3, 4, 360)),
        ("employment", "valid_until") if row % 3 < 2 => Whole(18_993 + (row % 3 + 1) as i64 * 380 + below(row / 3, 4, 360)),
        ("employment", "role") => Text("engineer".to_owned()),
        ("employment", "level") => Text(["junior", "mid", "senior"][(row % 3) as usize].to_owned()),
        ("employment", "team") => Text(format!("t{:02}", below(row, 5, 60))),
        ("repositories", "repo") => Text(repo(row)),
        ("repositories", "business") => Text(one_of(row, 6, &["regulated", "consumer", "platform"]).to_owned()),
        ("pull_requests", "repo") => Text(repo(draw(row, 7))),
        ("pull_requests", "number") => Whole(row as i64 + 1),
        ("pull_requests", "author") => person(8),
        ("pull_requests", "created_at") => Whole(created(row)),
        ("pull_requests", "ready_at") => Whole(ready(row)),
        ("pull_requests", "first_commit_at") => Whole(created(row) - below(row, 9, 5 * DAY as u64)),
        ("pull_requests", "merged_at") if below(row, 10, 10) > 0 => Whole(merged(row)),
        ("pull_requests", "additions") => Whole(below(row, 11, 500)),
        ("pull_requests", "deletions") => Whole(below(row, 12, 160)),
        ("pull_requests", "classified_lines") if below(row, 13, 10) > 2 => Whole(below(row, 11, 500)),
        ("pull_requests", "ai_lines") if below(row, 13, 10) > 2 => Whole(below(row, 14, below(row, 11, 500) as u64 + 1)),
        ("pull_requests", "context") => Text(one_of(row, 15, &["payments", "tests", "docs", "other"]).to_owned()),
        ("reviews", "id") => Text(format!("r{row}")),
        ("review_comments", "id") => Text(format!("c{row}")),
        ("reviews" | "review_comments", "repo") => Text(repo(draw(change, 7))),
        ("reviews" | "review_comments", "number") => Whole(change as i64 + 1),
        ("reviews" | "review_comments", "reviewer") => person(16),
        ("reviews" | "review_comments", "submitted_at") => Whole(ready(change) + below(row, 17, 6 * DAY as u64)),
        ("reviews", "state") => Text(one_of(row, 18, &["approved", "changes_requested", "commented"]).to_owned()),
        ("reviews", "minutes") if below(row, 19, 10) > 6 => Real(below(row, 23, 1_800) as f64 / 60.0),
        ("deployments", "id") => Text(format!("d{row}")),
        ("deployments", "service" | "repo") => Text(repo(draw(row, 24))),
        ("deployments", "environment") => Text("production".to_owned()),
        ("deployments", "started_at") => Whole(instant(row, 25)),
        ("deployments", "finished_at") => Whole(instant(row, 25) + 60_000_000),
        ("deployments", "status") => Text("succeeded".to_owned()),
        ("deployments", "pull_requests") => {
            let names = (row * 10..deployed_until).map(|change| format!("{}#{}", repo(draw(change, 7)), change + 1));
            Text(names.collect::<Vec<_>>().join(";"))
        }
        ("deployments", "is_rollback" | "is_hotfix") => Truth(below(row, 26, 30) == 0),
        ("ai_spend", "month") => Whole(FROM + row as i64 * 30),
        ("ai_spend", "tool") => Text("copilot".to_owned()),
        ("ai_spend", "cost") => Real(30_000.0),
        ("ai_spend", "currency") => Text("EUR".to_owned()),
        ("lines", "repo") => Text(repo(landing)),
        ("lines", "landing" | "origin") => Text(format!("{landing:040x}")),
        ("lines", "path") => Text(format!("src/{}.rs", below(row, 27, 40))),
        ("lines", "landed_at") => Whole(instant(landing, 28)),
        ("lines", "ended_at") => Whole(line_end(row, landing)),
        ("lines", "died") => Truth(line_end(row, landing) < UNTIL * DAY),
        ("lines", "by_self") if line_end(row, landing) < UNTIL * DAY => Truth(below(row, 30, 2) == 0),
        ("lines", "n_lines") => Whole(15 + below(row, 31, 5)),
        ("lines", "n_substantive") => Whole(below(row, 32, 15)),
        ("lines", "landing_substantive") => Whole(700),
        ("lines", "author") => Text(format!("q{:04}", landing % PEOPLE)),
        ("lines", "is_bot") => Truth(false),
        ("lines", "source") => Text(one_of(landing, 33, &["human", "ai", "unknown"]).to_owned()),
        ("lines", "landing_source") => Text(one_of(landing, 34, &["human", "ai_light", "ai_heavy", "unknown"]).to_owned()),
        ("lines", "language") => Text("Rust".to_owned()),
        ("lines", "context") => Text(one_of(landing, 35, &["payments", "tests", "docs", "other"]).to_owned()),
        _ => None,
    }
}

/// A life is over after half a year in the mean, or goes on.
fn line_end(row: u64, landing: u64) -> i64 {
    let uniform = (draw(row, 29) >> 11) as f64 / (1u64 << 53) as f64;
    (instant(landing, 28) + (-(1.0 - uniform).ln() * 180.0 * DAY as f64) as i64).min(UNTIL * DAY)
}

fn column(kind: &DataType, table: &str, name: &str, rows: std::ops::Range<u64>, changes: u64) -> ArrayRef {
    let length = (rows.end - rows.start) as usize;
    let values = rows.map(|row| value(table, name, row, changes));
    let whole = |value: Value| if let Value::Whole(number) = value { Some(number) } else { None };
    match kind {
        DataType::Utf8 => {
            Arc::new(values.map(|v| if let Value::Text(text) = v { Some(text) } else { None }).collect::<StringArray>())
        }
        DataType::Int32 => Arc::new(values.map(|v| whole(v).map(|number| number as i32)).collect::<Int32Array>()),
        DataType::Int64 => Arc::new(values.map(whole).collect::<Int64Array>()),
        DataType::Date32 => Arc::new(values.map(|v| whole(v).map(|number| number as i32)).collect::<Date32Array>()),
        DataType::Timestamp(..) => Arc::new(values.map(whole).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        DataType::Boolean => {
            Arc::new(values.map(|v| if let Value::Truth(truth) = v { Some(truth) } else { None }).collect::<BooleanArray>())
        }
        DataType::Float64 | DataType::Decimal128(..) => {
            let real = values.map(|v| if let Value::Real(number) = v { Some(number) } else { None }).collect::<Float64Array>();
            datafusion::arrow::compute::cast(&real, kind).unwrap()
        }
        other => new_null_array(other, length),
    }
}

/// Name, schema and rows of each table.
fn tables(cohorts: u64, changes: u64) -> Vec<(&'static str, SchemaRef, u64)> {
    let rows = |name: &str| match name {
        "people" => PEOPLE,
        "employment" => 3 * PEOPLE,
        "repositories" => REPOSITORIES,
        "pull_requests" => changes,
        "reviews" | "review_comments" => 2 * changes,
        "deployments" => changes.div_ceil(10),
        "ai_spend" => 24,
        "lines" => cohorts,
        _ => 0,
    };
    let facts = candor_lake::TABLES.iter().map(|table| (table.name, table.arrow_schema()));
    let lines = line_tables::names().map(|name| (name, line_tables::schema(name).unwrap()));
    facts.chain(lines).map(|(name, schema)| (name, schema, rows(name))).filter(|(_, _, rows)| *rows > 0).collect()
}

fn make(dir: &Path, cohorts: u64, changes: u64) {
    const ROWS: u64 = 131_072;
    fs::create_dir_all(dir).unwrap();
    for (name, schema, rows) in tables(cohorts, changes) {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap())).build();
        let file = File::create(dir.join(format!("{name}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).unwrap();
        for start in (0..rows).step_by(ROWS as usize) {
            let range = start..(start + ROWS).min(rows);
            let columns =
                schema.fields().iter().map(|field| column(field.data_type(), name, field.name(), range.clone(), changes));
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()).unwrap();
        }
        writer.close().unwrap();
        println!("{name}: {rows} rows");
    }
}

fn session(dir: &Path) -> Session {
    let mut facts = Facts::none();
    for (name, schema, _) in tables(1, 1) {
        let file = dir.join(format!("{name}.parquet"));
        if !file.exists() {
            panic!("{} is missing: make it with `sql_speed make DIR`", file.display());
        }
        facts.insert_files(name, schema, vec![file], 1);
    }
    let settings = Settings::new("Europe/Berlin", "EUR", "2024-04-01".parse().unwrap(), "2026-03-31".parse().unwrap());
    Session::new(facts, settings).unwrap()
}

/// Everything that another engine needs to ask the same: tables of settings as Parquet, views and metrics as texts.
fn queries(dir: &Path) {
    let (session, catalogue) = (session(dir), Catalogue::built_in().unwrap());
    let to = dir.join("queries");
    fs::create_dir_all(&to).unwrap();
    let (mut views, mut settings) = (Vec::new(), Vec::new());
    for id in TEN {
        let metric = catalogue.get(id).unwrap();
        let reads = session.reads(metric.sql()).unwrap();
        for view in reads.views {
            if !views.contains(&view.name) {
                views.push(view.name);
                fs::write(to.join(format!("view_{:02}_{}.sql", views.len(), view.name)), view.sql).unwrap();
            }
        }
        settings.extend(reads.settings.into_iter().filter(|name| !line_tables::names().any(|own| own == name)));
        fs::write(to.join(format!("metric_{id}.sql")), metric.sql()).unwrap();
    }
    settings.sort();
    settings.dedup();
    for name in settings {
        let batches = session.query(&format!("SELECT * FROM {name}")).unwrap();
        let Some(first) = batches.first() else { continue };
        let mut writer =
            ArrowWriter::try_new(File::create(to.join(format!("{name}.parquet"))).unwrap(), first.schema(), None).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.close().unwrap();
    }
}

fn run(dir: &Path, ids: &[String]) {
    let (session, catalogue) = (session(dir), Catalogue::built_in().unwrap());
    let mut total = 0.0;
    for id in TEN.iter().filter(|id| ids.is_empty() || ids.iter().any(|own| own == *id)) {
        let metric = catalogue.get(id).unwrap();
        let (mut best, mut rows) = (f64::INFINITY, 0);
        for turn in 0..4 {
            let start = Instant::now();
            rows = session.query(metric.sql()).unwrap().iter().map(RecordBatch::num_rows).sum();
            if turn > 0 {
                best = best.min(start.elapsed().as_secs_f64());
            }
        }
        total += best;
        println!("{id}\t{rows}\t{best:.3}");
    }
    println!("total\t\t{total:.3}");
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, otherwise: u64| words.get(place).map_or(otherwise, |word| word.parse().unwrap());
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", dir, ..] => make(&PathBuf::from(dir), number(2, 10_000_000), number(3, 1_000_000)),
        ["queries", dir] => queries(&PathBuf::from(dir)),
        ["run", dir, ..] => run(&PathBuf::from(dir), &words[2..]),
        _ => panic!("sql_speed make DIR [COHORTS [CHANGES]] | queries DIR | run DIR [METRIC...]"),
    }
}

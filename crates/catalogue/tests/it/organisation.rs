//! Reads the CSV files of a folder into tables of the lake's types. Only for legal files: the product's reader is another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor_catalogue::{Facts, Session, Settings};
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, TimeUnit};

const TABLES: &[(&str, &str)] = &[
    ("people", "person name manager:actor professional_since:date country"),
    ("identities", "kind value person"),
    ("employment", "person:actor valid_from:date valid_until:date role level team fte:num end_reason"),
    ("teams", "team valid_from:date name parent lead:actor business ai_policy is_control:bool"),
    ("repositories", "repo business team default_branch archived:bool"),
    ("attribution_coverage", "team source valid_from:date valid_until:date complete:bool"),
    ("finance", "month unit revenue:money engineering_cost:money currency fx_rate:num customers:num headcount_override:num"),
    ("ai_spend", "month tool seats:int cost:money currency fx_rate:num"),
    (
        "ai_usage",
        "person:actor day:date tool surface definition_id offered:int accepted:int accepted_auto:int rejected:int lines_offered:int lines_accepted:int sessions:int active:bool tokens_input:int tokens_output:int tokens_cached:int cost:money currency",
    ),
    (
        "work_items",
        "tracker key type title points:num is_revenue_feature:bool severity reported_by_customer:bool assignee:actor team created_at:time started_at:time done_at:time released_at:time resolution pull_requests",
    ),
    ("work_item_transitions", "tracker key at:time from_status to_status to_category actor:actor"),
    (
        "pull_requests",
        "repo number:int author:actor title created_at:time ready_at:time first_commit_at:time first_review_at:time approved_at:time merged_at:time closed_at:time merge_commit additions:int deletions:int files:int draft:bool labels reverts pushes_after_review:int ai_lines:int classified_lines:int context explains_why:bool explains_what:bool explains_risk:bool explains_tests:bool explanation_rating:num",
    ),
    ("reviews", "id repo number:int reviewer:actor state submitted_at:time minutes:num commit"),
    ("review_comments", "id repo number:int reviewer:actor submitted_at:time path line:int in_reply_to"),
    (
        "deployments",
        "id service repo environment started_at:time finished_at:time status pull_requests from_commit to_commit is_rollback:bool is_hotfix:bool remediates",
    ),
    (
        "incidents",
        "id severity service kind status title triggered_at:time acknowledged_at:time resolved_at:time responder:actor responders:actors caused_by customer_impact:bool",
    ),
    ("findings", "tool fingerprint commit repo rule level cwe path line:int first_seen_at:time fixed_at:time pull_request:int"),
    ("support_tickets", "id created_at:time resolved_at:time severity product hours:num is_product_related:bool"),
    ("satisfaction", "id responded_at:time product csat:int nps:int customer"),
    ("surveys", "survey kind title opens_on:date closes_on:date"),
    ("survey_answers", "id survey person:actor question scale value:num answered_at:time"),
    (
        "assessments",
        "id person:actor kind subject with_ai:bool minutes:num completed:bool score:num rubric rater:actor assessed_at:time",
    ),
    (
        "tasks",
        "experiment task person:actor forecast_minutes_with_ai:num forecast_minutes_without_ai:num forecast_at:time started_at:time finished_at:time actual_minutes:num post_review_minutes:num status perceived_speedup:num",
    ),
    ("assignments", "experiment unit_kind unit arm stratum assigned_at:time ledger_entry complied:bool"),
];

/// The folder that `CANDOR_ORG` names, or the one of the project.
pub fn folder() -> PathBuf {
    std::env::var_os("CANDOR_ORG")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/org_small"), PathBuf::from)
}

pub fn json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

pub fn settings(folder: &Path) -> Settings {
    let org = json(&folder.join("org.json"));
    let text = |key: &str| org[key].as_str().unwrap().to_owned();
    let list = |key: &str| org[key].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect();
    let mut settings = Settings::new(
        &text("timezone"),
        &text("currency"),
        text("window_start").parse().unwrap(),
        text("as_of").parse().unwrap(),
    );
    settings.ai_heavy_above = org["ai_heavy_above"].as_f64().unwrap();
    settings.min_group = org["min_group"].as_u64().unwrap() as u32;
    settings.practice_limit_minutes = org["practice_limit_minutes"].as_f64().unwrap();
    settings.failed_hire_cost = org["failed_hire_cost"].as_f64();
    settings.stuck_junior_cost_per_month = org["stuck_junior_cost_per_month"].as_f64();
    settings.severity_weights = org["severity_weights"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, weight)| (name.clone(), weight.as_f64().unwrap()))
        .collect();
    settings.ai_reviewers = list("ai_reviewers");
    settings.encouraged_contexts = list("encouraged");
    settings
}

pub fn session(folder: &Path) -> Session {
    Session::new(facts(folder), settings(folder)).unwrap()
}

pub fn facts(folder: &Path) -> Facts {
    let mut people = BTreeMap::new();
    for row in read(&folder.join("identities.csv")).1 {
        people.insert((row[0].clone(), folded(&row[0], &row[1])), row[2].clone());
    }
    let mut facts = Facts::none();
    for (table, columns) in TABLES {
        let (head, rows) = read(&folder.join(format!("{table}.csv")));
        let mut arrays: Vec<(&str, ArrayRef)> = Vec::new();
        for column in columns.split(' ') {
            let (name, kind) = column.split_once(':').unwrap_or((column, "text"));
            let at = head.iter().position(|own| own == name);
            let cells = rows.iter().map(|row| at.and_then(|at| row.get(at)).map(String::as_str).filter(|cell| !cell.is_empty()));
            let cells: StringArray = match kind {
                "actor" | "actors" => cells.map(|cell| cell.map(|cell| who(&people, cell))).collect(),
                "bool" => cells.map(|cell| cell.map(str::to_ascii_lowercase)).collect(),
                _ if *table == "finance" && name == "unit" => cells.map(|cell| Some(cell.unwrap_or("org"))).collect(),
                _ => cells.collect(),
            };
            let to = match kind {
                "date" => DataType::Date32,
                "time" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                "int" => DataType::Int64,
                "num" => DataType::Float64,
                "money" => DataType::Decimal128(20, 4),
                "bool" => DataType::Boolean,
                _ => DataType::Utf8,
            };
            let options = CastOptions { safe: false, ..CastOptions::default() };
            arrays
                .push((name, cast_with_options(&cells, &to, &options).unwrap_or_else(|error| panic!("{table}.{name}: {error}"))));
        }
        arrays.push(("row_number", Arc::new(Int64Array::from_iter_values(1..=rows.len() as i64))));
        if !arrays.iter().any(|(name, _)| *name == "source") {
            arrays.push(("source", Arc::new(StringArray::from(vec!["csv"; rows.len()]))));
        }
        let batch =
            RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
        facts.insert(table, batch.schema(), vec![batch]);
    }
    facts
}

fn folded(kind: &str, value: &str) -> String {
    if matches!(kind, "email" | "github" | "gitlab") { value.to_lowercase() } else { value.to_owned() }
}

fn who(people: &BTreeMap<(String, String), String>, cell: &str) -> String {
    let one = |cell: &str| match cell.split_once(':') {
        Some(("bot" | "external", _)) | None => cell.to_owned(),
        Some((kind, value)) => people[&(kind.to_owned(), folded(kind, value))].clone(),
    };
    cell.split(';').map(|cell| one(cell.trim())).collect::<Vec<_>>().join(";")
}

fn read(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let Ok(text) = std::fs::read_to_string(path) else { return (Vec::new(), Vec::new()) };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
    (head, reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
}

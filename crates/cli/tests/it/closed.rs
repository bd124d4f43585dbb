//! Closed periods stay as they are: in which order and in how many portions files came, and what came a day later, moves no figure of a
//! month that is over and followed up.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::import::{candor_tables_in_order, share_key};
use crate::metrics::{described, fixture, organisation};
use crate::support::process::Candor;

/// What ended before this day, with its follow-up, is closed.
const CLOSED: &str = "2026-02-01";

/// Figures by name, group and month: those of months that are over, and whose follow-up is.
fn closed(candor: &Candor, as_of: &str) -> BTreeMap<String, Value> {
    let listed = String::from_utf8(candor.run(["metrics", "list"]).ok()).unwrap();
    let all: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let mut args = vec!["metrics", "run", "--period", "month", "--to", CLOSED, "--as-of", as_of, "--json"];
    args.extend(&all);
    let document = candor.run(args).json();
    let mut found = BTreeMap::new();
    for figure in document["metrics"].as_array().unwrap().iter().flat_map(|metric| metric["figures"].as_array().unwrap()) {
        for cell in figure["cells"].as_array().unwrap() {
            let key = format!("{} {} {}", figure["figure"], cell["by"], cell["period"]["name"]);
            found.insert(key, cell.clone());
        }
    }
    found
}

/// What is closed in `before` and another thing in `after`.
fn moved(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let is_closed = |cell: &Value| cell["answer"]["code"] != "window_open" && cell["answer"]["maturity"] != "open";
    let other = |(key, cell): &(&String, &Value)| is_closed(cell) && after.get(*key) != Some(*cell);
    let line = |(key, cell): (&String, &Value)| {
        let shown = |cell: Option<&Value>| cell.map_or_else(|| "nothing".to_owned(), |cell| cell.to_string());
        format!("{key}: {} became {}", shown(Some(cell)), shown(after.get(key)))
    };
    before.iter().filter(other).map(line).collect()
}

/// The table of a file in two portions of rows; those of an organisation's history one after the other.
fn portions(path: &Path) -> [String; 2] {
    let text = fs::read_to_string(path).unwrap();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let (early, late) = rows.split_at(rows.len() / 2);
    [early, late].map(|rows| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    })
}

#[test]
fn neither_order_nor_portions_nor_another_day_move_a_closed_month() {
    let whole = tempfile::tempdir().unwrap();
    let candor = organisation(whole.path());
    let expected = closed(&candor, "2026-04-01");
    let told = expected.values().filter(|cell| cell["answer"]["kind"] == "estimate").count();
    assert!(told > 300, "only {told} figures can be told");

    // Knowledge of one day more, from the same snapshot.
    let moved_by_a_day = moved(&expected, &closed(&candor, "2026-04-02"));
    assert!(moved_by_a_day.is_empty(), "{} moved by a day:\n{}", moved_by_a_day.len(), moved_by_a_day.join("\n"));

    // Tables in portions, the later half first where no row needs another of its table; all of them again in one go at the end.
    // The key that hides people is the same in both: people stand in its order, and sums end alike to the last digit.
    let parts = tempfile::tempdir().unwrap();
    let candor = described(parts.path());
    share_key(whole.path(), parts.path());
    for table in candor_tables_in_order() {
        let path = fixture().join(format!("{table}.csv"));
        let import = |file: &Path| candor.run(["import", file.to_str().unwrap()]).check_ok().unwrap();
        if matches!(table, "ai_usage" | "satisfaction" | "support_tickets" | "survey_answers" | "finance" | "incidents") {
            let file = parts.path().join(format!("{table}.csv"));
            for portion in portions(&path).iter().rev() {
                fs::write(&file, portion).unwrap();
                import(&file);
            }
        } else {
            import(&path);
        }
    }
    let found = closed(&candor, "2026-04-01");
    let moved_by_order = moved(&expected, &found);
    assert!(moved_by_order.is_empty(), "{} moved by the order:\n{}", moved_by_order.len(), moved_by_order.join("\n"));
}

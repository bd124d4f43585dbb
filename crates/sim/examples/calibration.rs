//! How often the intervals that `candor` prints hold what `candor demo` planted.
//!
//! `cargo build --release && cargo run --release -p candor-sim --example calibration [SEEDS] [PEOPLE] [MONTHS] [TRUTHS] [FIRST]`: for each
//! seed and truth it makes an organisation with the program itself, asks the program for its figures, and counts. The table is that of
//! `docs/calibration.md`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program for measuring: it stops where something is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Metrics, the dimension to slice by, and whether each slice or the whole is looked at.
const BY_SOURCE: &[&str] = &[
    "review_time",
    "cycle_time",
    "revert_rate_30d",
    "change_failure_rate",
    "review_rounds",
    "review_comments",
    "explanation_quality",
    "security_findings",
];
const WHOLE: &[&str] = &[
    "revenue_per_engineer",
    "customer_bugs",
    "support_burden",
    "csat",
    "time_to_market",
    "security_incidents",
    "promotion_rate",
    "perceived_speedup",
    "task_rct",
    "perception_gap",
    "skill_mastery",
];

/// Counted by (figure, slice) and truth.
#[derive(Default)]
struct Count {
    held: u32,
    below: u32,
    all: u32,
    none: u32,
    planted: f64,
}

type Table = BTreeMap<(String, String), BTreeMap<String, Count>>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, without: u64| args.get(place).map_or(without, |text| text.parse().unwrap());
    let (seeds, people, months) = (number(0, 200), number(1, 60), number(2, 18));
    let truths: Vec<String> = args.get(3).map_or("mixed,null", String::as_str).split(',').map(str::to_owned).collect();
    let first = number(4, 1);
    let candor = std::env::var_os("CANDOR_BINARY").map_or_else(beside, PathBuf::from);
    let folder = std::env::temp_dir().join(format!("candor-calibration-{}", std::process::id()));
    let mut table = Table::new();
    for seed in first..first + seeds {
        for truth in &truths {
            let _ = std::fs::remove_dir_all(&folder);
            one(&candor, &folder, seed, people, months, truth, &mut table);
            let _ = std::fs::remove_dir_all(&folder);
        }
        if (seed - first) % 10 == 9 {
            eprintln!("{} seeds", seed - first + 1);
            print(&table, &truths);
        }
    }
    print(&table, &truths);
}

/// The program that was built with this example.
fn beside() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("candor")
}

fn run(candor: &Path, folder: Option<&Path>, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(candor);
    command.args(args).env_remove("CANDOR_ORG");
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let out = command.output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn one(candor: &Path, folder: &Path, seed: u64, people: u64, months: u64, truth: &str, table: &mut Table) {
    let [seed, people, months] = [seed, people, months].map(|number| number.to_string());
    // As many teams that all evidence is declared complete: every sixth team would have none.
    let demo = [
        "demo",
        "--without-packs",
        "--seed",
        &seed,
        "--people",
        &people,
        "--months",
        &months,
        "--teams",
        "5",
        "--effects",
        truth,
    ];
    run(candor, None, &[&demo[..], &[folder.to_str().unwrap()]].concat());
    let planted: Value = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let json = |args: &[&str]| -> Value { serde_json::from_slice(&run(candor, Some(folder), args)).unwrap() };
    let mut found = cells(&json(&[&["metrics", "run", "--json", "--by", "source"], BY_SOURCE].concat()));
    found.extend(cells(&json(&[&["metrics", "run", "--json"], WHOLE].concat())));
    let complete = format!("ALL=2000-01-01..{}", planted["until"].as_str().unwrap());
    found.extend(lives(&json(&["report", "repositories", "--json", "--attribution-complete", &complete])));
    for figure in planted["figures"].as_array().unwrap() {
        let slice = figure["slice"].as_object().unwrap();
        let source = slice.get("source").and_then(Value::as_str).unwrap_or_default();
        if slice.len() > usize::from(!source.is_empty()) || source == "unknown" {
            continue;
        }
        let (metric, name) = (figure["metric"].as_str().unwrap(), figure["figure"].as_str().unwrap());
        let name = if name.is_empty() { metric.to_owned() } else { format!("{metric}.{name}") };
        count(table, &found, (name, source.to_owned()), truth, figure["planted"].as_f64().unwrap());
    }
    for contrast in planted["contrasts"].as_array().unwrap() {
        if contrast["slices"][0].as_object().unwrap().len() == 1 && contrast["scale"] == "difference" {
            let name = (contrast["metric"].as_str().unwrap().to_owned(), "ai - human".to_owned());
            count(table, &found, name, truth, contrast["planted"].as_f64().unwrap());
        }
    }
}

type Found = BTreeMap<(String, String), Option<(f64, f64)>>;

fn count(table: &mut Table, found: &Found, key: (String, String), truth: &str, planted: f64) {
    let Some(limits) = found.get(&key) else { return };
    let count = table.entry(key).or_default().entry(truth.to_owned()).or_default();
    let Some((lower, upper)) = limits else {
        count.none += 1;
        return;
    };
    count.all += 1;
    count.planted += planted;
    count.held += u32::from(*lower <= planted && planted <= *upper);
    count.below += u32::from(*upper < planted);
}

fn limits(answer: &Value) -> Option<(f64, f64)> {
    let interval = answer.get("interval")?;
    Some((interval.get("lower")?.as_f64()?, interval.get("upper")?.as_f64()?))
}

/// Figures of the catalogue by (figure, source).
fn cells(document: &Value) -> Found {
    let mut found = Found::new();
    for figure in document["metrics"].as_array().unwrap().iter().flat_map(|metric| metric["figures"].as_array().unwrap()) {
        for cell in figure["cells"].as_array().unwrap() {
            let source = cell["by"].get("source").and_then(Value::as_str).unwrap_or_default();
            let by = cell["by"].as_object().unwrap();
            if by.keys().all(|key| key == "source" || key == "experiment") {
                let key = (figure["figure"].as_str().unwrap().to_owned(), source.to_owned());
                // The whole comes first; experiments have no other.
                found.entry(key).or_insert_with(|| limits(&cell["answer"]));
            }
        }
    }
    found
}

/// Figures of the report on line lives by (metric, source).
fn lives(document: &Value) -> Found {
    let mut found = Found::new();
    let durability = &document["durability"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut put = |metric: String, source: &str, answer: &Value| {
        found.insert((metric, if source == "all" { String::new() } else { source.to_owned() }), limits(answer));
    };
    let days = |figure: &Value| format!("code_durability_{}d", figure["days"]);
    for source in list(&durability["sources"]).iter().chain([&durability["all"]]) {
        for figure in list(&source["figures"]) {
            put(days(&figure), source["name"].as_str().unwrap(), &figure["line_weighted"]);
        }
    }
    for comparison in list(&durability["comparisons"]).iter().filter(|comparison| comparison["id"] == "ai_minus_human") {
        for figure in list(&comparison["figures"]) {
            put(days(&figure), "ai - human", &figure["raw"]);
        }
    }
    for source in list(&document["rework"]["sources"]) {
        put("rework_14d".to_owned(), source["name"].as_str().unwrap(), &source["total"]);
    }
    for class in list(&document["defects"]["classes"]) {
        put("defect_rate".to_owned(), class["name"].as_str().unwrap(), &class["rate"]);
    }
    found
}

fn print(table: &Table, truths: &[String]) {
    println!(
        "| figure | of | {} |",
        truths.iter().map(|truth| format!("{truth}: planted | held, %")).collect::<Vec<_>>().join(" | ")
    );
    println!("| --- | --- |{}", " --- | --- |".repeat(truths.len()));
    for ((name, source), counts) in table {
        let parts: Vec<String> = truths
            .iter()
            .map(|truth| match counts.get(truth) {
                Some(count) if count.all > 0 => {
                    let all = f64::from(count.all);
                    let held = 100.0 * f64::from(count.held) / all;
                    let few = if count.none > 0 { format!(", {} without", count.none) } else { String::new() };
                    format!("{:.4} | {held:.1} of {} ({} too low{few})", count.planted / all, count.all, count.below)
                }
                _ => "- | -".to_owned(),
            })
            .collect();
        println!("| `{name}` | {} | {} |", if source.is_empty() { "all" } else { source }, parts.join(" | "));
    }
}

//! CSV files of a whole organisation into a lake, from outside: refused whole, taken whole, the same twice, in any order, killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use candor_lake::Lake;
use serde_json::Value;

use crate::support::process::Candor;

fn fixture() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/org_small");
    // Nothing of the environment reaches the command under test, which means another folder by this name.
    std::env::var_os("CANDOR_ORG").map_or(own, PathBuf::from)
}

/// The command in a fresh organisation's folder.
fn organisation(dir: &Path) -> Candor {
    let candor = Candor::new(dir, "candor");
    let folder = dir.join("org");
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    let file = folder.join("candor.toml");
    let org: Value = serde_json::from_str(&fs::read_to_string(fixture().join("org.json")).unwrap()).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("timezone = \"UTC\"", &format!("timezone = {}", org["timezone"]));
    fs::write(file, text.replace("currency = \"EUR\"", &format!("currency = {}", org["currency"]))).unwrap();
    candor.with("CANDOR_ORG", folder.to_str().unwrap())
}

fn lake(dir: &Path) -> Lake {
    Lake::open(dir.join("org/lake")).unwrap()
}

/// All rows of all tables as text, without when and from which file they came; the key of persons is the lake's own.
fn contents(lake: &Lake) -> BTreeMap<&'static str, Vec<String>> {
    let Some(snapshot) = lake.latest().unwrap() else { return BTreeMap::new() };
    candor_lake::TABLES
        .iter()
        .map(|table| {
            let columns: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.name)
                .filter(|name| !matches!(*name, "fetched_at" | "raw_ref"))
                .collect();
            let mut rows = Vec::new();
            for batch in snapshot.read(table.name, &columns).unwrap() {
                for row in 0..batch.num_rows() {
                    rows.push(format!("{:?}", batch.columns().iter().map(|array| array.slice(row, 1)).collect::<Vec<_>>()));
                }
            }
            (table.name, rows)
        })
        .collect()
}

/// Copies the folder's own files, in a key of ours so that two lakes hide people alike.
pub fn share_key(from: &Path, to: &Path) {
    let key = lake(from).latest().unwrap().unwrap().state("key").unwrap().unwrap();
    let other = Lake::open_or_create(to.join("org/lake")).unwrap();
    let mut writer = other.write("test", "2026-01-01T00:00:00Z".parse().unwrap(), candor_lake::Wait::No).unwrap();
    writer.put_state("key", &key).unwrap();
    writer.commit("test", 1, "key").unwrap();
}

/// A column of a file of the folder, by another reader; nothing when there is no such file.
fn column(table: &str, index: usize) -> Vec<String> {
    let Ok(mut reader) = csv::Reader::from_path(fixture().join(format!("{table}.csv"))) else { return Vec::new() };
    reader.records().map(|row| row.unwrap()[index].to_owned()).collect()
}

/// A column by its name.
fn named(table: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(fixture().join(format!("{table}.csv"))).unwrap();
    let index = reader.headers().unwrap().iter().position(|header| header.trim_start_matches('\u{feff}') == name);
    index.map(|index| column(table, index)).unwrap_or_default()
}

#[test]
fn files_are_taken_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let folder = fixture();
    candor.run(["import", folder.to_str().unwrap()]).check_ok().unwrap();
    let lake = lake(dir.path());
    let first = lake.latest().unwrap().unwrap().id();
    let before = contents(&lake);
    for (table, rows) in &before {
        // Ids stand among the identities too.
        let files = if *table == "identities" { vec!["identities", "people"] } else { vec![*table] };
        assert_eq!(rows.len(), files.iter().map(|file| column(file, 0).len()).sum::<usize>(), "rows of {table}");
    }

    // The same again changes nothing.
    let again = candor.run(["import", folder.to_str().unwrap(), "--json"]).json();
    assert_eq!(again["changed"], Value::Bool(false), "{again}");
    assert_eq!(lake.latest().unwrap().unwrap().id(), first);

    // Each bad file is refused at its place, and leaves no trace.
    let mut wrong = Vec::new();
    for row in csv::Reader::from_path(folder.join("bad/expected_errors.csv")).unwrap().deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let file = folder.join("bad").join(&row["file"]);
        let refused = candor.run(["import", file.to_str().unwrap(), "--table", &row["table"], "--json"]);
        let document: Value = serde_json::from_slice(&refused.stdout).unwrap();
        let faults = document["files"][0]["faults"].as_array().unwrap();
        let is_expected = |fault: &Value| {
            fault["line"].as_u64() == row["line"].parse().ok()
                && fault["column"] == row["column"].as_str()
                && fault["field"].as_u64() == row["field"].parse().ok()
                && fault["kind"] == row["kind"].as_str()
                && fault["file"].as_str().is_some_and(|name| name.ends_with(&row["file"]))
        };
        if refused.code != Some(2) || faults.len() != 1 || !faults.iter().all(is_expected) {
            wrong.push(format!("{row:?}: {:?} {faults:#?}", refused.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(lake.latest().unwrap().unwrap().id(), first, "a refused file left a snapshot");
    assert!(contents(&lake) == before, "a refused file left rows");
}

#[test]
fn order_and_portions_do_not_matter() {
    let folder = fixture();
    let whole = tempfile::tempdir().unwrap();
    organisation(whole.path()).run(["import", folder.to_str().unwrap()]).check_ok().unwrap();
    let expected = contents(&lake(whole.path()));

    // Tables one after the other, those first to which others refer; big ones in halves, the later half first; then all again.
    let parts = tempfile::tempdir().unwrap();
    let candor = organisation(parts.path());
    share_key(whole.path(), parts.path());
    for table in candor_tables_in_order() {
        let path = folder.join(format!("{table}.csv"));
        let text = fs::read_to_string(&path).unwrap();
        if matches!(table, "ai_usage" | "satisfaction" | "support_tickets" | "survey_answers") {
            let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.is_empty()).collect();
            let half = lines.len() / 2;
            for portion in [&lines[half..], &lines[1..half]] {
                let file = parts.path().join(format!("{table}.csv"));
                fs::write(&file, format!("{}\n{}\n", lines[0], portion.join("\n"))).unwrap();
                candor.run(["import", file.to_str().unwrap()]).check_ok().unwrap();
            }
        } else {
            candor.run(["import", path.to_str().unwrap()]).check_ok().unwrap();
        }
    }
    candor.run(["import", folder.to_str().unwrap()]).check_ok().unwrap();
    let found = contents(&lake(parts.path()));
    for (table, rows) in &expected {
        assert!(found[table] == *rows, "rows of {table} depend on the order of the imports");
    }
}

pub fn candor_tables_in_order() -> Vec<&'static str> {
    let mut tables: Vec<&str> = candor_lake::TABLES.iter().map(|table| table.name).collect();
    tables.retain(|table| fixture().join(format!("{table}.csv")).exists());
    // People name identities as managers nowhere here; teams name people, employment teams, transitions work items.
    tables.sort_by_key(|table| match *table {
        "people" => 0,
        "identities" | "teams" | "surveys" | "tasks" => 1,
        "repositories" => 2,
        "pull_requests" => 3,
        "work_items" | "deployments" => 4,
        _ => 5,
    });
    tables
}

#[test]
fn rows_are_replaced_by_key_and_stay_when_they_vanish() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let file = dir.path().join("people.csv");
    let import = |text: &str, options: &[&str]| {
        fs::write(&file, text).unwrap();
        let mut arguments = vec!["import", file.to_str().unwrap(), "--json"];
        arguments.extend(options);
        candor.run(arguments)
    };
    let counts = |document: &Value| {
        ["added", "changed", "unchanged", "removed"].map(|name| document["tables"]["people"][name].as_u64().unwrap())
    };
    assert_eq!(counts(&import("person,name\np1,Ada\np2,Bo\n", &[]).json()), [2, 0, 0, 0]);
    assert_eq!(counts(&import("person,name,manager\np2,Bob,p1\n", &[]).json()), [0, 1, 0, 0]);
    // A circle through the lake is seen.
    let refused = import("person,name,manager\np1,Ada,p2\n", &[]);
    assert_eq!(refused.code, Some(2));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("cycle"), "{}", String::from_utf8_lossy(&refused.stdout));
    // Good rows only, and exit code 2 for the rest; what hangs on a row that was left out goes with it.
    let partly = import("person,country,manager\np3,DE,\np4,Germany,\np5,DE,p4\n", &["--keep-going"]);
    assert_eq!(partly.code, Some(2));
    let document: Value = serde_json::from_slice(&partly.stdout).unwrap();
    assert_eq!(counts(&document), [1, 0, 0, 0], "{document:#}");
    let kinds: Vec<&str> =
        document["files"][0]["faults"].as_array().unwrap().iter().map(|fault| fault["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["bad_country", "unknown_person"]);
    assert_eq!(counts(&import("person,name\np1,Ada\n", &["--replace"]).json()), [0, 0, 1, 2]);
}

#[test]
fn people_are_named_in_people_and_identities_only() {
    let dir = tempfile::tempdir().unwrap();
    organisation(dir.path()).run(["import", fixture().to_str().unwrap()]).check_ok().unwrap();
    let lake = lake(dir.path());
    let ids: BTreeSet<String> = named("people", "person").into_iter().collect();
    let titles: BTreeSet<String> = ["pull_requests", "work_items", "incidents", "surveys"]
        .iter()
        .flat_map(|table| named(table, "title"))
        .filter(|title| title.contains(' '))
        .collect();
    assert!(!ids.is_empty() && !titles.is_empty());
    for (table, rows) in contents(&lake) {
        // Strata and subjects are labels that somebody chose.
        if matches!(table, "people" | "identities" | "assignments") {
            continue;
        }
        for row in rows {
            let mut told = row.split('"').skip(1).step_by(2).flat_map(|text| text.split(';'));
            assert!(told.all(|text| !ids.contains(text) && !text.contains('@')), "{table}: {row}");
            assert!(!titles.iter().any(|title| row.contains(title.lines().next().unwrap())), "{table} keeps a title: {row}");
        }
    }
}

#[test]
fn a_spreadsheet_is_refused_with_the_flag_that_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let file = dir.path().join("finance.csv");
    let text = "month;unit;revenue;currency\r\n2024-01;shop;1.234.567,89;EUR\r\n2024-02;shop;7,25;EUR\r\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for content in [text.as_bytes().to_vec(), bytes] {
        fs::write(&file, content).unwrap();
        candor.run(["import", file.to_str().unwrap()]).check_refused(2, &["--dialect spreadsheet"]).unwrap();
    }
    let read = candor.run(["import", file.to_str().unwrap(), "--dialect", "spreadsheet"]);
    let said = read.stderr.clone();
    read.check_ok().unwrap();
    assert!(said.contains("UTF-16") && said.contains("revenue=1234567.8900") && said.contains("decimal comma"), "{said}");
}

/// `CANDOR_KILLS` sets how often (100).
#[test]
fn a_killed_import_is_all_or_nothing() {
    use std::time::{Duration, Instant};
    let kills: u32 = std::env::var("CANDOR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let folder = fixture();
    let subset = dir.path().join("subset");
    fs::create_dir(&subset).unwrap();
    for table in ["people", "identities", "teams", "repositories", "employment", "pull_requests", "reviews", "review_comments"] {
        fs::copy(folder.join(format!("{table}.csv")), subset.join(format!("{table}.csv"))).unwrap();
    }
    let arguments = ["import", subset.to_str().unwrap()];
    let clock = Instant::now();
    candor.run(arguments).check_ok().unwrap();
    let whole = clock.elapsed();
    let expected = contents(&lake(dir.path()));
    let org = dir.path().join("org/lake");
    let key = lake(dir.path()).latest().unwrap().unwrap().state("key").unwrap().unwrap();
    let mut done = 0;
    for n in 0..kills {
        fs::remove_dir_all(&org).unwrap();
        {
            let other = Lake::open_or_create(&org).unwrap();
            let mut writer = other.write("test", "2026-01-01T00:00:00Z".parse().unwrap(), candor_lake::Wait::No).unwrap();
            writer.put_state("key", &key).unwrap();
            writer.commit("test", 1, "key").unwrap();
        }
        let mut child =
            candor.command(arguments).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        // Moments spread over the whole run, the same on each run of the test.
        std::thread::sleep(Duration::from_nanos(u64::try_from(whole.as_nanos()).unwrap() / u64::from(kills) * u64::from(n)));
        let _ = child.kill();
        let _ = child.wait();
        let found = contents(&lake(dir.path()));
        let rows: usize = found.values().map(Vec::len).sum();
        assert!(rows == 0 || found == expected, "kill {n} left a part of an import: {rows} rows");
        done += usize::from(rows > 0);
        if n % 10 == 0 {
            candor.run(arguments).check_ok().unwrap();
            assert!(contents(&lake(dir.path())) == expected, "the run after kill {n} ends otherwise");
        }
    }
    assert!(done < kills as usize, "no run was killed before its end");
}

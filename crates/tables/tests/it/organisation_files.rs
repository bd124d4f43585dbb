//! Every file of the folder is legal; every file of `bad/` is refused as `expected_errors.csv` says, every one of `legal/` taken whole.

use std::path::Path;

use crate::folder::{Folder, shown};

fn rows(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

#[test]
fn the_folder_itself_is_legal() {
    let folder = Folder::open();
    let people = folder.files["people"].clone();
    for (table, outcome) in folder.with("people", "people.csv", &people) {
        assert!(outcome.faults.is_empty(), "{}", shown(&outcome.faults));
        // Counted by another reader.
        let count = csv::ReaderBuilder::new().flexible(true).from_reader(folder.files[table].as_slice()).records().count();
        assert_eq!(outcome.rows, count, "rows of {table}.csv");
    }
}

#[test]
fn bad_files_are_refused_as_expected() {
    let folder = Folder::open();
    let mut wrong = Vec::new();
    let expected = rows(&folder.path.join("bad/expected_errors.csv"));
    assert!(!expected.is_empty());
    for row in &expected {
        let bytes = std::fs::read(folder.path.join("bad").join(&row["file"])).unwrap();
        let outcome = &folder.with(&row["table"], &row["file"], &bytes)[row["table"].as_str()];
        let found: Vec<_> = outcome
            .faults
            .iter()
            .map(|fault| (fault.line.to_string(), fault.column.clone(), fault.field.to_string(), fault.kind.word()))
            .collect();
        let wanted = (row["line"].clone(), row["column"].clone(), row["field"].clone(), row["kind"].as_str());
        let text = shown(&outcome.faults);
        if found != [wanted] || !text.contains(&row["must_mention"]) {
            wrong.push(format!("{row:?}\n  gave: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

#[test]
fn odd_files_are_taken_whole() {
    let folder = Folder::open();
    for row in rows(&folder.path.join("legal/expected_rows.csv")) {
        let bytes = std::fs::read(folder.path.join("legal").join(&row["file"])).unwrap();
        let outcome = &folder.with(&row["table"], &row["file"], &bytes)[row["table"].as_str()];
        assert!(outcome.faults.is_empty(), "{}", shown(&outcome.faults));
        assert_eq!(outcome.rows.to_string(), row["rows"], "{}: {}", row["file"], row["why"]);
    }
}

/// F43: a byte order mark in front of the first column, quoted or not, and an umlaut behind it.
#[test]
fn f43_a_byte_order_mark_hides_no_column() {
    let folder = Folder::open();
    for header in ["person,name", "\"person\",\"name\""] {
        let bytes = format!("\u{feff}{header}\r\np1,Jörg Weiß\r\np2,Zoë\r\n").into_bytes();
        let table = candor_tables::table("people").unwrap();
        let file = candor_tables::read("people.csv", table, &bytes, &folder.settings);
        assert!(file.faults.is_empty(), "{}", shown(&file.faults));
        let names = candor_tables::Cells::Text(vec![Some("Jörg Weiß".into()), Some("Zoë".into())]);
        assert_eq!(file.rows.columns[1], names);
    }
}

//! Rows and folders for the tests of the lake.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use jiff::Timestamp;

/// A folder of its own that is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("candor-lake-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Relative paths and sizes of all files, sorted; without the note on who writes.
    pub fn files(&self) -> Vec<(String, u64)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let name = entry.path().strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
                    if !name.starts_with("writer.") {
                        files.push((name, entry.metadata().unwrap().len()));
                    }
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// Cohorts of `repo` whose numbers of lines are `lines`; every third one has died.
pub fn cohorts(repo: &str, lines: Range<i32>) -> RecordBatch {
    let id = |number: i32| format!("{:040x}", number / 7);
    let text = |make: &dyn Fn(i32) -> Option<String>| Arc::new(lines.clone().map(make).collect::<StringArray>()) as ArrayRef;
    let time = |make: &dyn Fn(i32) -> Option<i64>| {
        Arc::new(lines.clone().map(make).collect::<TimestampMicrosecondArray>().with_timezone("UTC")) as ArrayRef
    };
    let died = |line: i32| line % 3 == 0;
    let count = Arc::new(Int32Array::from_iter_values(lines.clone())) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable(vec![
        ("repo", text(&|_| Some(repo.to_owned())), true),
        ("landing", text(&|line| Some(id(line))), true),
        ("origin", text(&|line| Some(id(line + 1))), true),
        ("path_at_birth", text(&|line| Some(format!("src/part{}/file{}.rs", line % 13, line % 211))), true),
        ("path_in_origin", text(&|line| (line % 5 == 0).then(|| "old/place.rs".to_owned())), true),
        ("landed_at", time(&|line| Some(1_700_000_000_000_000 + i64::from(line) * 1_000_000)), true),
        ("death", text(&|line| died(line).then(|| id(line + 100))), true),
        ("died_at", time(&|line| died(line).then(|| 1_750_000_000_000_000 + i64::from(line))), true),
        ("killer_origin", text(&|line| died(line).then(|| id(line + 101))), true),
        ("n_lines", Arc::clone(&count), true),
        ("n_substantive", count, true),
        ("before_observation", Arc::new(lines.clone().map(|line| Some(line % 2 == 0)).collect::<BooleanArray>()), true),
    ])
    .unwrap()
}

pub fn total_rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// The values of `n_lines`.
pub fn lines_of(batches: &[RecordBatch]) -> Vec<i32> {
    batches
        .iter()
        .flat_map(|batch| batch.column_by_name("n_lines").unwrap().as_primitive::<Int32Type>().values().to_vec())
        .collect()
}

/// What a reader of Delta tables sees, from the log alone: version, and the live files with their rows.
///
/// Panics where such a reader would fail: an entry is missing, empty or torn, or a live file is not there with its size.
pub fn outside_view(lake: &Path, table: &str) -> Option<(u64, BTreeMap<String, u64>)> {
    let folder = lake.join("facts").join(table);
    let mut version = None;
    let mut live = BTreeMap::new();
    for next in 0.. {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("_delta_log/{next:020}.json"))) else { break };
        assert!(!text.is_empty(), "version {next} of `{table}` is empty");
        for line in text.lines() {
            let action: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("version {next} of `{table}`: {error} in {line}"));
            if let Some(add) = action.get("add") {
                let stats: serde_json::Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
                let path = add["path"].as_str().unwrap().to_owned();
                live.insert(path, (add["size"].as_u64().unwrap(), stats["numRecords"].as_u64().unwrap()));
            }
            if let Some(remove) = action.get("remove") {
                let path = remove["path"].as_str().unwrap();
                assert!(live.remove(path).is_some(), "version {next} of `{table}` removes `{path}`, which is not there");
            }
        }
        version = Some(next);
    }
    for (path, (size, _)) in &live {
        let found = std::fs::metadata(folder.join(path)).map(|metadata| metadata.len()).ok();
        assert_eq!(found, Some(*size), "size of `{path}`, live in version {version:?} of `{table}`");
    }
    Some((version?, live.into_iter().map(|(path, (_, rows))| (path, rows)).collect()))
}

/// Asserts that readers of the Delta tables see what the snapshot pins.
pub fn assert_outside_agrees(lake: &Path, snapshot: &candor_lake::Snapshot) {
    for pin in snapshot.tables() {
        let (version, live) =
            outside_view(lake, pin.table.name).unwrap_or_else(|| panic!("table `{}` has no log", pin.table.name));
        assert_eq!(version, pin.version, "version of `{}`", pin.table.name);
        assert_eq!((live.len(), live.values().sum::<u64>()), (pin.segments, pin.rows), "files and rows of `{}`", pin.table.name);
    }
}

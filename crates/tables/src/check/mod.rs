//! Checks between rows, files and the lake: references, keys, overlaps, circles. Persons are resolved to their keys on the way.

mod chains;
mod people;
mod references;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::{identity, pull_request};
use crate::contract::{Target, Type};
use crate::days::day_text;
use crate::fault::{FaultKind, Finding, nearest, quoted};
use crate::held::{Held, Parent, PersonKey, Spell, folded};
use crate::read::{File, person_columns, set_text};
use crate::rows::Cells;

/// Ids among which a nearest one is looked for; beyond that a hint is not worth the time.
const LOOKED_AT: usize = 20_000;

/// Checks the files of an import against each other and against what the lake holds, adds what is wrong to their faults, and replaces
/// persons by their keys. `held` becomes what the lake will hold.
pub fn check(files: &mut [File], held: &mut Held, key: PersonKey<'_>) {
    let unknown: FxHashSet<&'static str> =
        files.iter().filter(|file| file.keys_unknown).map(|file| file.rows.table.name).collect();
    let mut check = Check { files, held, key, unknown, found: Vec::new() };
    check.take_people();
    check.take_identities();
    check.resolve_people();
    check.take_rest();
    check.references();
    check.keys();
    check.overlaps();
    check.managers();
    check.parents();
    let found = std::mem::take(&mut check.found);
    for (file, row, column, finding) in found {
        if let Some(file) = files.get_mut(file) {
            file.fault(row, column, finding);
        }
    }
    for file in files {
        file.sort();
    }
}

struct Check<'a> {
    files: &'a mut [File],
    held: &'a mut Held,
    key: PersonKey<'a>,
    /// Tables of which some keys could not be read.
    unknown: FxHashSet<&'static str>,
    found: Vec<(usize, usize, usize, Finding)>,
}

/// What a reference came to.
enum Person {
    Key(String),
    Unknown,
    CannotTell,
}

impl Check<'_> {
    /// Places of the files of a table.
    fn of(&self, table: &str) -> Vec<usize> {
        self.files.iter().enumerate().filter(|(_, file)| file.rows.table.name == table).map(|(index, _)| index).collect()
    }

    fn position(&self, file: usize, column: &str) -> usize {
        self.files.get(file).and_then(|file| file.rows.table.position(column)).unwrap_or(usize::MAX)
    }

    fn text(&self, file: usize, row: usize, column: usize) -> Option<&str> {
        self.files.get(file).and_then(|file| file.rows.text(row, column).value())
    }

    fn rows(&self, file: usize) -> usize {
        self.files.get(file).map_or(0, |file| file.rows.len())
    }

    /// Keys that a file holds twice.
    fn keys(&mut self) {
        let mut found = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let rows = &file.rows;
            let columns: Vec<usize> = rows.table.key.iter().filter_map(|name| rows.table.position(name)).collect();
            let folds = rows.table.name == "identities";
            let mut seen: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
            for row in 0..rows.len() {
                if columns.iter().any(|column| rows.is_faulty(row, *column)) {
                    continue;
                }
                let mut key = Vec::with_capacity(32);
                for column in &columns {
                    match rows.columns.get(*column) {
                        Some(Cells::Text(cells)) => {
                            let text = cells.get(row).and_then(Option::as_deref).unwrap_or_default();
                            let kind = if folds { rows.text(row, 0).value().unwrap_or_default() } else { "" };
                            if folds && *column != 0 {
                                key.extend_from_slice(folded(kind, text).as_bytes());
                            } else {
                                key.extend_from_slice(text.as_bytes());
                            }
                            key.push(0);
                        }
                        Some(Cells::Int(cells)) => key.extend_from_slice(&number(cells.get(row).copied().flatten())),
                        Some(Cells::Time(cells)) => key.extend_from_slice(&number(cells.get(row).copied().flatten())),
                        Some(Cells::Date(cells)) => {
                            key.extend_from_slice(&number(cells.get(row).copied().flatten().map(i64::from)));
                        }
                        _ => {}
                    }
                }
                if let Some(first) = seen.insert(key, row) {
                    let column = columns.first().copied().unwrap_or(0);
                    let said: Vec<String> = columns.iter().map(|column| file.raw(row, *column)).collect();
                    let expected = format!("every {} once", rows.table.key.join(", "));
                    let line = rows.lines.get(first).copied().unwrap_or(0);
                    let hint = format!("line {line} has the same key; take one of the two rows out");
                    found.push((
                        index,
                        row,
                        column,
                        Finding::new(FaultKind::DuplicateKey, expected, quoted(&said.join(", ")), hint),
                    ));
                }
            }
        }
        self.found.extend(found);
    }
}

fn number(value: Option<i64>) -> [u8; 9] {
    let mut bytes = [0; 9];
    if let Some(value) = value {
        bytes = [1; 9];
        for (to, from) in bytes.iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
    bytes
}

fn unknown(kind: FaultKind, file: &str, text: &str, near: Option<String>) -> Finding {
    let hint = match near {
        Some(near) => format!("is it {near}? or add it to {file}.csv"),
        None => format!("add it to {file}.csv"),
    };
    Finding::new(kind, format!("one of {file}.csv"), quoted(text), hint)
}

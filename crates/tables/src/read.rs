//! One file into typed rows, with every fault that the file alone shows.

use std::borrow::Cow;

use candor_model::text::excerpt;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::Reader;
use crate::contract::{Table, Type};
use crate::fault::{Fault, FaultKind, Finding, nearest, quoted};
use crate::records::{Records, Start};
use crate::rows::{Cells, Rows, Value};
use crate::rules;
use crate::settings::{Dialect, Settings};

/// One file: its rows, and what is wrong.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name, as faults give it.
    pub name: String,
    /// Its rows.
    pub rows: Rows,
    /// What is wrong with it, in order of line and field.
    pub faults: Vec<Fault>,
    /// Some keys could not be read: what refers to this table cannot be checked.
    pub(crate) keys_unknown: bool,
    text: String,
    delimiter: u8,
    /// Bytes at which rows begin.
    starts: Vec<usize>,
    /// Place in the header of each column of the table, from 1; 0 = not there.
    fields: Vec<usize>,
}

impl File {
    fn new(name: &str, table: &'static Table, text: String, delimiter: u8) -> Self {
        Self {
            name: name.to_owned(),
            rows: Rows::new(table),
            faults: Vec::new(),
            keys_unknown: false,
            text,
            delimiter,
            starts: Vec::new(),
            fields: vec![0; table.columns.len()],
        }
    }

    /// Whether a record or a cell of it is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn whole(&mut self, line: u32, finding: Finding) {
        self.at(line, 0, "", finding);
    }

    fn at(&mut self, line: u32, field: usize, column: &str, finding: Finding) {
        let fault = finding.at(&self.name, line, field, column);
        self.faults.push(fault);
    }

    /// Adds a fault of a cell of the table.
    pub(crate) fn fault(&mut self, row: usize, column: usize, finding: Finding) {
        let line = self.rows.lines.get(row).copied().unwrap_or(0);
        let field = self.fields.get(column).copied().unwrap_or(0);
        let name = self.rows.table.columns.get(column).map_or("", |column| column.name);
        self.at(line, field, name, finding);
    }

    /// The cell as it stands in the file.
    #[must_use]
    pub fn raw(&self, row: usize, column: usize) -> String {
        let (Some(line), Some(offset)) = (self.rows.lines.get(row), self.starts.get(row)) else { return String::new() };
        let Some(place) = self.fields.get(column).and_then(|field| field.checked_sub(1)) else { return String::new() };
        let mut cells = Vec::new();
        let mut records = Records::at(&self.text, self.delimiter, Start { line: *line, offset: *offset });
        let _ = records.next_into(&mut cells);
        cells.get(place).map(|cell| cell.clone().into_owned()).unwrap_or_default()
    }

    /// Puts the faults in the order of the file.
    pub(crate) fn sort(&mut self) {
        self.faults.sort_by(|a, b| (a.line, a.field, a.kind.word()).cmp(&(b.line, b.field, b.kind.word())));
        // One thing that is wrong with a cell is told once.
        self.faults.dedup_by(|a, b| (a.line, a.field, &a.column, a.kind) == (b.line, b.field, &b.column, b.kind));
    }

    /// Whether the header or the encoding is wrong, so that no row of the file can be taken.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.faults.iter().any(|fault| is_of_header(fault.kind))
    }

    /// Lines that have a fault.
    #[must_use]
    pub fn faulty_lines(&self) -> FxHashSet<u32> {
        self.faults.iter().filter_map(|fault| u32::try_from(fault.line).ok()).collect()
    }

    /// Leaves out the rows of these lines, with their faults: from here on the file is as if it had never had them.
    pub fn leave_out(&mut self, lines: &FxHashSet<u32>) {
        let kept = self.rows.leave_out(lines);
        let mut row = 0;
        self.starts.retain(|_| {
            row += 1;
            kept.get(row - 1).copied().unwrap_or(true)
        });
        self.faults.retain(|fault| u32::try_from(fault.line).is_ok_and(|line| !lines.contains(&line)));
        self.keys_unknown = false;
    }
}

fn is_of_header(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::EmptyFile
            | FaultKind::NotUtf8
            | FaultKind::MissingColumn
            | FaultKind::UnknownColumn
            | FaultKind::DuplicateColumn
            | FaultKind::UnterminatedQuote
    )
}

const SPREADSHEET: &str = "`--dialect spreadsheet` reads files as spreadsheets save them";

/// Reads a file of the contract: UTF-8, comma, RFC 4180.
#[must_use]
pub fn read(name: &str, table: &'static Table, bytes: &[u8], settings: &Settings) -> File {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => read_text(name, table, text.to_owned(), Dialect::PLAIN, settings),
        result => {
            let offset = result.map_or_else(|error| error.valid_up_to(), |text| text.find('\0').unwrap_or(0));
            let before = bytes.get(..offset).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let mut file = File::new(name, table, String::new(), b',');
            file.keys_unknown = true;
            let byte = bytes.get(offset).copied().unwrap_or_default();
            let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || byte == 0;
            let encoding = if is_wide { "UTF-16" } else { "Windows-1252 or Latin-1" };
            let hint = format!("the file looks like {encoding}; save it as UTF-8; {SPREADSHEET}");
            let found = format!("the byte 0x{byte:02x}");
            file.whole(u32::try_from(line).unwrap_or(u32::MAX), Finding::new(FaultKind::NotUtf8, "text in UTF-8", found, hint));
            file
        }
    }
}

/// Reads text in a dialect that is known.
#[must_use]
pub fn read_text(name: &str, table: &'static Table, text: String, dialect: Dialect, settings: &Settings) -> File {
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let mut file = File::new(name, table, text, dialect.delimiter);
    let text = std::mem::take(&mut file.text);
    fill(&mut file, &text, dialect, settings);
    file.text = text;
    rules::check(&mut file, settings);
    file.sort();
    file
}

/// Where cells of a record go.
#[derive(Clone, Copy)]
enum Place {
    Column(usize),
    /// The owner's own, unknown, or named before.
    Ignored,
}

fn fill(file: &mut File, text: &str, dialect: Dialect, settings: &Settings) {
    let table = file.rows.table;
    let mut records = Records::new(text, dialect.delimiter);
    let mut cells: Vec<Cow<'_, str>> = Vec::new();
    let start = match records.next_into(&mut cells) {
        Ok(Some(start)) => start,
        Ok(None) => {
            file.keys_unknown = true;
            let hint = format!("the header is {}", header(table));
            file.whole(1, Finding::new(FaultKind::EmptyFile, "a header", "an empty file", hint));
            return;
        }
        Err(open) => {
            file.keys_unknown = true;
            let found = "the end of the file";
            let hint = format!("the quote opened on line {}; the header is {}", open.quote_line, header(table));
            file.at(open.line, open.field + 1, "", Finding::new(FaultKind::UnterminatedQuote, "a closing quote", found, hint));
            return;
        }
    };
    let names: Vec<String> = cells.iter().map(|cell| cell.clone().into_owned()).collect();
    let places = places(file, start, &names);
    // The header's fault is told; what stands under a name that is missing or misspelt is as good as unreadable.
    let has_stranger = file.faults.iter().any(|fault| fault.kind == FaultKind::UnknownColumn);
    for ((column, field), unreadable) in table.columns.iter().zip(&file.fields).zip(&mut file.rows.unreadable) {
        *unreadable = *field == 0 && (column.required || has_stranger);
    }
    let limits = settings.limits();
    let reader = Reader { dialect, limits: &limits, assumed_zone: settings.assumed_zone.as_ref() };
    // What an identity stands for is as good as its key: without it the identity cannot be resolved.
    let is_key: Vec<bool> = table
        .columns
        .iter()
        .map(|column| table.is_key(column.name) || (table.name == "identities" && column.name == "person"))
        .collect();
    if table
        .columns
        .iter()
        .zip(&is_key)
        .zip(&file.fields)
        .any(|((column, is_key), field)| *is_key && column.required && *field == 0)
    {
        file.keys_unknown = true;
    }
    let mut number = 0;
    loop {
        let start = match records.next_into(&mut cells) {
            Ok(Some(start)) => start,
            Ok(None) => break,
            Err(open) => {
                file.keys_unknown = true;
                let column = names.get(open.field).cloned().unwrap_or_default();
                let hint =
                    format!("the quote opened on line {}; close it, or write \"\" for a quote inside a cell", open.quote_line);
                let finding = Finding::new(FaultKind::UnterminatedQuote, "a closing quote", "the end of the file", hint);
                file.at(open.line, open.field + 1, &column, finding);
                break;
            }
        };
        number += 1;
        if cells.len() != names.len() {
            file.keys_unknown = true;
            let more = if cells.len() > names.len() {
                "a cell with a comma in it needs quotes"
            } else {
                "cells are missing; empty ones need their commas too"
            };
            let expected = format!("{} cells as in the header", names.len());
            let finding = Finding::new(FaultKind::WrongFieldCount, expected, format!("{} cells", cells.len()), more);
            file.whole(start.line, finding);
            continue;
        }
        let row = file.rows.len();
        file.rows.lines.push(start.line);
        file.rows.numbers.push(number);
        file.starts.push(start.offset);
        let mut filled = vec![false; table.columns.len()];
        for (cell, place) in cells.iter().zip(&places) {
            let Place::Column(index) = *place else { continue };
            let Some(column) = table.columns.get(index) else { continue };
            let value = if cell.is_empty() { default(table, column.name) } else { Some(reader.read(table.name, column, cell)) };
            let value = match value {
                None if column.required => {
                    let hint = format!("every row of {} says it", table.name);
                    let words = column.kind.words();
                    file.fault(row, index, Finding::new(FaultKind::MissingValue, words, "an empty cell", hint));
                    file.rows.mark(row, index);
                    None
                }
                None => None,
                Some(Ok(value)) => Some(value),
                Some(Err(finding)) => {
                    file.fault(row, index, finding);
                    file.rows.mark(row, index);
                    None
                }
            };
            if value.is_none() && file.rows.is_faulty(row, index) && is_key.get(index) == Some(&true) {
                file.keys_unknown = true;
            }
            if let Some(done) = filled.get_mut(index) {
                *done = true;
            }
            if let Some(cells) = file.rows.columns.get_mut(index) {
                cells.push(value);
            }
        }
        for (index, column) in table.columns.iter().enumerate() {
            if filled.get(index) != Some(&true)
                && let Some(cells) = file.rows.columns.get_mut(index)
            {
                cells.push(default(table, column.name).and_then(Result::ok));
            }
        }
    }
}

/// What an empty cell of a column says, where it says something.
fn default(table: &Table, column: &str) -> Option<Result<Value, Finding>> {
    ((table.name, column) == ("finance", "unit")).then(|| Ok(Value::Text("org".into())))
}

/// The header of a table.
#[must_use]
pub fn header(table: &Table) -> String {
    table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// Finds the columns of the header, and says what is wrong with it.
fn places(file: &mut File, start: Start, names: &[String]) -> Vec<Place> {
    let table = file.rows.table;
    let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
    let mut places = Vec::with_capacity(names.len());
    let one_cell = match names {
        [only] if only.contains(';') || only.contains('\t') => {
            let sign = if only.contains(';') { "`;`" } else { "a tab" };
            Some(format!("{sign} stands between the cells; write commas; {SPREADSHEET}"))
        }
        _ => None,
    };
    for (place, name) in names.iter().enumerate() {
        if let Some(earlier) = seen.insert(name, place) {
            let hint = format!("column {} has that name too; take one of them out", earlier + 1);
            let finding = Finding::new(FaultKind::DuplicateColumn, "every column once", quoted(name), hint);
            if !name.starts_with("x_") || table.position(name).is_some() {
                file.at(start.line, place + 1, name, finding);
            }
            places.push(Place::Ignored);
            continue;
        }
        if let Some(index) = table.position(name) {
            if let Some(field) = file.fields.get_mut(index) {
                *field = place + 1;
            }
            places.push(Place::Column(index));
            continue;
        }
        places.push(Place::Ignored);
        if name.starts_with("x_") {
            continue;
        }
        let hint = one_cell.clone().unwrap_or_else(|| unknown_hint(table, name));
        let finding = Finding::new(FaultKind::UnknownColumn, format!("a column of {}", table.name), quoted(name), hint);
        file.at(start.line, place + 1, name, finding);
    }
    for column in table.columns.iter().filter(|column| column.required) {
        if !names.iter().any(|name| name == column.name) {
            let hint = one_cell.clone().unwrap_or_else(|| {
                let strangers = names.iter().map(String::as_str).filter(|name| table.position(name).is_none());
                nearest(column.name, strangers).map_or_else(
                    || format!("`candor template {}` writes the whole header", table.name),
                    |name| format!("is it the one that is called `{}`?", excerpt(name, 80)),
                )
            });
            let expected = format!("the column {}: {}", column.name, column.kind.words());
            file.at(start.line, 0, column.name, Finding::new(FaultKind::MissingColumn, expected, "no such column", hint));
        }
    }
    places
}

fn unknown_hint(table: &Table, name: &str) -> String {
    let columns = || table.columns.iter().map(|column| column.name);
    match nearest(name, columns()) {
        Some(meant) => format!("write {meant}; columns of your own begin with x_"),
        None => format!("the columns are {}; columns of your own begin with x_", columns().collect::<Vec<_>>().join(", ")),
    }
}

/// Replaces the cell of a text column.
pub(crate) fn set_text(rows: &mut Rows, row: usize, column: usize, value: String) {
    if let Some(Cells::Text(cells)) = rows.columns.get_mut(column)
        && let Some(cell) = cells.get_mut(row)
    {
        *cell = Some(value.into());
    }
}

/// Columns of the table that hold persons.
pub(crate) fn person_columns(table: &Table) -> Vec<(usize, Type)> {
    table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind.holds_people())
        .map(|(index, column)| (index, column.kind))
        .collect()
}

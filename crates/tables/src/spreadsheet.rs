//! Files as spreadsheets save them: how one is written is found out once for the file, and never guessed for a single cell.

use std::borrow::Cow;
use std::fmt::Write;

use candor_model::text::excerpt;

use crate::contract::{Table, Type};
use crate::days::{DayOrder, day_text, digits, local_day};
use crate::fault::{Fault, FaultKind, Finding, quoted};
use crate::read::File;
use crate::records::Records;
use crate::rows::Cells;
use crate::settings::Dialect;

/// A file whose ways are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spreadsheet {
    /// Its text.
    pub text: String,
    /// How it is written.
    pub dialect: Dialect,
    /// The name of its encoding.
    pub encoding: &'static str,
}

/// What a person says of a file, where it does not say it itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether numbers have a decimal comma.
    pub decimal_comma: Option<bool>,
    /// How local dates are written.
    pub dates: Option<DayOrder>,
}

/// Finds out how a file is written.
///
/// # Errors
///
/// The first cell that can be read in two ways where nothing else in the file decides.
pub fn spreadsheet(name: &str, table: &'static Table, bytes: &[u8], told: Told) -> Result<Spreadsheet, Box<Fault>> {
    let (text, encoding) = decode(bytes);
    if let Some(at) = text.find('\0') {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let hint = format!("read as {encoding} the file holds a character with the number 0; save the sheet as CSV once more");
        let finding = Finding::new(FaultKind::NotUtf8, "text", "the byte 0x00", hint);
        return Err(Box::new(finding.at(name, u32::try_from(line).unwrap_or(u32::MAX), 0, "")));
    }
    let (text, said) = match text.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")) {
        // A line of Excel's own. It stays as an empty line, so that lines keep their numbers.
        Some(_) => {
            let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
            (format!("\n{rest}"), first.as_bytes().get(4).copied())
        }
        None => (text, None),
    };
    let delimiter = said.unwrap_or_else(|| delimiter(table, &text));
    let mut votes = Votes::default();
    let mut records = Records::new(&text, delimiter);
    let mut cells: Vec<Cow<'_, str>> = Vec::new();
    let mut columns: Vec<Option<usize>> = Vec::new();
    while let Ok(Some(start)) = records.next_into(&mut cells) {
        if columns.is_empty() {
            columns = cells.iter().map(|cell| table.position(cell)).collect();
            continue;
        }
        for (place, (cell, column)) in cells.iter().zip(&columns).enumerate() {
            let Some(column) = column.and_then(|column| table.columns.get(column)) else { continue };
            votes.look(&column.kind, cell, (start.line, place, column.name));
        }
    }
    let decimal_comma = told.decimal_comma.unwrap_or(votes.point == 0 && (votes.comma > 0 || delimiter == b';'));
    let dates = match (told.dates, votes.day_first, votes.month_first, votes.open_date) {
        (Some(order), ..) => order,
        (None, 0, 0, Some((text, (line, place, column)))) => {
            let reading = |order| local_day(&text, order).map_or_else(|| "no day".to_owned(), day_text);
            let hint = format!(
                "`--dates day-first` reads {}, `--dates month-first` reads {}",
                reading(DayOrder::DayFirst),
                reading(DayOrder::MonthFirst)
            );
            let finding = Finding::new(FaultKind::BadDate, "a date that can be read in one way", quoted(&text), hint);
            return Err(Box::new(finding.at(name, line, place + 1, column)));
        }
        (None, day, month, _) if month > day => DayOrder::MonthFirst,
        _ => DayOrder::DayFirst,
    };
    Ok(Spreadsheet { text, dialect: Dialect { delimiter, decimal_comma, dates: Some(dates) }, encoding })
}

impl Spreadsheet {
    /// How the file was read, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let delimiter = match self.dialect.delimiter {
            b'\t' => "tabs between cells".to_owned(),
            other => format!("`{}` between cells", char::from(other)),
        };
        let decimal = if self.dialect.decimal_comma { "decimal comma" } else { "decimal point" };
        let dates = match self.dialect.dates {
            Some(DayOrder::MonthFirst) => "month first in local dates",
            _ => "day first in local dates",
        };
        format!("{}, {delimiter}, {decimal}, {dates}", self.encoding)
    }
}

/// The first rows of a file in the form of the contract, to hold against the sheet.
#[must_use]
pub fn first_rows(file: &File, rows: usize) -> String {
    let rows_read = &file.rows;
    let mut text = String::new();
    for row in 0..rows.min(rows_read.len()) {
        let line = rows_read.lines.get(row).copied().unwrap_or(0);
        let _ = write!(text, "  line {line}:");
        for (column, cells) in rows_read.table.columns.iter().zip(&rows_read.columns) {
            let shown = match cells {
                Cells::Text(cells) => cells.get(row).and_then(Option::as_deref).map(str::to_owned),
                Cells::Int(cells) => cells.get(row).copied().flatten().map(|value| value.to_string()),
                Cells::Num(cells) => cells.get(row).copied().flatten().map(|value| value.to_string()),
                Cells::Money(cells) => cells.get(row).copied().flatten().map(money_text),
                Cells::Bool(cells) => cells.get(row).copied().flatten().map(|value| value.to_string()),
                Cells::Date(cells) => cells.get(row).copied().flatten().map(day_text),
                Cells::Time(cells) => cells
                    .get(row)
                    .copied()
                    .flatten()
                    .and_then(|value| jiff::Timestamp::from_microsecond(value).ok())
                    .map(|value| value.to_string()),
            };
            if let Some(shown) = shown {
                let _ = write!(text, " {}={}", column.name, excerpt(&shown, 60));
            }
        }
        text.push('\n');
    }
    text
}

fn money_text(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("{sign}{}.{:04}", value / 10_000, value % 10_000)
}

fn decode(bytes: &[u8]) -> (String, &'static str) {
    let wide = |big: bool, bytes: &[u8]| {
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| match pair {
                [a, b] if big => u16::from_be_bytes([*a, *b]),
                [a, b] => u16::from_le_bytes([*a, *b]),
                _ => 0xfffd,
            })
            .collect();
        String::from_utf16_lossy(&units)
    };
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return (wide(false, rest), "UTF-16");
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return (wide(true, rest), "UTF-16");
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    // Latin text in UTF-16 without a mark has a zero in every second byte.
    match bytes {
        [0, second, ..] if *second != 0 => return (wide(true, bytes), "UTF-16"),
        [first, 0, ..] if *first != 0 => return (wide(false, bytes), "UTF-16"),
        _ => {}
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), "UTF-8"),
        Err(_) => (encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), "Windows-1252"),
    }
}

/// What stands between the cells of the header: the sign with which most of its cells are columns of the table.
fn delimiter(table: &Table, text: &str) -> u8 {
    let columns = |delimiter: u8| {
        let mut cells = Vec::new();
        let read = Records::new(text, delimiter).next_into(&mut cells);
        if read.is_ok() { cells.iter().filter(|cell| table.position(cell).is_some()).count() } else { 0 }
    };
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|delimiter| columns(*delimiter)).unwrap_or(b',')
}

type Place = (u32, usize, &'static str);

/// What the cells of a file say of its ways.
#[derive(Default)]
struct Votes {
    comma: usize,
    point: usize,
    day_first: usize,
    month_first: usize,
    /// The first local date that says nothing of the order.
    open_date: Option<(String, Place)>,
}

impl Votes {
    fn look(&mut self, kind: &Type, cell: &str, place: Place) {
        match kind {
            Type::Int(_) | Type::Num(_) | Type::Money(_) => self.number(cell),
            Type::Date | Type::Month => self.date(cell, place),
            Type::Time => self.date(cell.split([' ', 'T']).next().unwrap_or_default(), place),
            _ => {}
        }
    }

    fn number(&mut self, cell: &str) {
        let behind = |sign: char| cell.rsplit_once(sign).map(|(_, rest)| rest);
        match (cell.contains(','), cell.contains('.')) {
            // The last of two signs is the decimal one.
            (true, true) if cell.rfind(',') > cell.rfind('.') => self.comma += 1,
            (true, true) => self.point += 1,
            (true, false) if behind(',').is_some_and(|rest| rest.len() != 3) => self.comma += 1,
            (false, true) if behind('.').is_some_and(|rest| rest.len() != 3) => self.point += 1,
            _ => {}
        }
    }

    fn date(&mut self, cell: &str, place: Place) {
        let parts: Vec<Option<u32>> = cell.split(['.', '/', '-']).map(digits).collect();
        let [Some(first), Some(second), Some(_)] = parts.as_slice() else { return };
        if *first > 31 {
            // The year comes first: there is one reading.
            return;
        }
        if cell.contains('.') || *first > 12 {
            self.day_first += 1;
        } else if *second > 12 {
            self.month_first += 1;
        } else if first != second && self.open_date.is_none() {
            self.open_date = Some((cell.to_owned(), place));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::{Settings, read_text, table};
    use jiff::tz::TimeZone;

    fn settings() -> Settings {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        Settings {
            currency: "EUR".to_owned(),
            zone: berlin.clone(),
            now: "2026-04-01T00:00:00Z".parse().unwrap(),
            assumed_zone: Some(berlin),
        }
    }

    fn opened(name: &str, bytes: &[u8]) -> (Spreadsheet, File) {
        let sheet = spreadsheet("sheet.csv", table(name).unwrap(), bytes, Told::default()).unwrap();
        let file = read_text("sheet.csv", table(name).unwrap(), sheet.text.clone(), sheet.dialect, &settings());
        (sheet, file)
    }

    /// F44: never 725 for 7,25; `1.234` alone is refused with both readings.
    #[test]
    fn a_decimal_comma_is_found_once_for_the_file() {
        let (sheet, file) =
            opened("finance", b"month;unit;revenue;currency\r\n2024-01;shop;1.234.567,89;EUR\r\n2024-02;shop;7,25;EUR\r\n2024-03;shop;1.234;EUR\r\n");
        assert!(sheet.dialect.decimal_comma && sheet.dialect.delimiter == b';', "{}", sheet.words());
        assert_eq!(file.rows.columns.get(2).unwrap(), &Cells::Money(vec![Some(12_345_678_900), Some(72_500), None]));
        let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
        assert_eq!((fault.line, fault.field, fault.kind), (4, 3, FaultKind::BadNumber));
        assert!(fault.hint.contains("1234 if the comma") && fault.hint.contains("1.234 if the point"), "{}", fault.hint);
    }

    #[test]
    fn a_character_zero_is_refused_and_what_acts_on_a_terminal_is_written_out() {
        let bugs = table("support_tickets").unwrap();
        for bytes in [&b"id,created_at\na,2025-01-02T03:04:05Z\nb\0,2025-01-02T03:04:05Z\n"[..], b"id\0,created_at\n"] {
            let fault = spreadsheet("s.csv", bugs, bytes, Told::default()).unwrap_err();
            let line = if bytes.len() > 20 { 3 } else { 1 };
            assert_eq!((fault.line, fault.kind), (line, FaultKind::NotUtf8), "{fault}");
        }
        let (_, file) = opened("support_tickets", format!("id,product\na\u{1b}[2J,{}\n", "x".repeat(100_000)).as_bytes());
        let shown = first_rows(&file, 1);
        assert!(shown.contains("id=a\\u{1b}[2J") && shown.len() < 200, "{}", shown.len());
    }

    #[test]
    fn utf_16_local_dates_and_quoted_line_breaks_are_read() {
        let text = "id;created_at;resolved_at;product;hours\r\nt1;31.12.2024 14:05;01.01.2025 09:00:30;\"shop\r\nfront\";1,5\r\n\r\nt2;2025-07-01T10:00:00Z;;;2\r\n";
        for big in [false, true] {
            let mut bytes = if big { vec![0xfe, 0xff] } else { vec![0xff, 0xfe] };
            bytes.extend(text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }));
            let (sheet, file) = opened("support_tickets", &bytes);
            assert!(file.faults.is_empty(), "{:?}", file.faults);
            assert_eq!(sheet.encoding, "UTF-16");
            assert_eq!(file.rows.lines, [2, 5]);
            let shown = first_rows(&file, 1);
            assert!(shown.contains("created_at=2024-12-31T13:05:00Z") && shown.contains("hours=1.5"), "{shown}");
        }
    }

    #[test]
    fn an_order_of_dates_that_nothing_shows_is_asked_for() {
        let bytes = b"survey,kind,opens_on\np,pulse,03/04/2025\n";
        let surveys = table("surveys").unwrap();
        let fault = spreadsheet("s.csv", surveys, bytes, Told::default()).unwrap_err();
        assert_eq!((fault.line, fault.field, fault.kind), (2, 3, FaultKind::BadDate));
        assert!(fault.hint.contains("2025-04-03") && fault.hint.contains("2025-03-04"), "{}", fault.hint);
        let told = Told { dates: Some(DayOrder::MonthFirst), ..Told::default() };
        let sheet = spreadsheet("s.csv", surveys, bytes, told).unwrap();
        let file = read_text("s.csv", surveys, sheet.text, sheet.dialect, &settings());
        assert!(first_rows(&file, 1).contains("opens_on=2025-03-04"));
        // One date in the file that can be read in one way decides.
        let (sheet, _) = opened("surveys", b"survey,kind,opens_on\np,pulse,03/04/2025\nq,pulse,03/14/2025\n");
        assert_eq!(sheet.dialect.dates, Some(DayOrder::MonthFirst));
    }

    #[test]
    fn hours_of_clock_changes_are_refused_or_taken_the_first_time() {
        let times = "id,created_at\na,2025-03-30 02:30:00\nb,2025-10-26 02:30:00\n";
        let file = read_text("s.csv", table("support_tickets").unwrap(), times.to_owned(), Dialect::PLAIN, &settings());
        let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
        assert_eq!((fault.line, fault.kind), (2, FaultKind::BadDatetime));
        let first: jiff::Timestamp = "2025-10-26T00:30:00Z".parse().unwrap();
        assert_eq!(file.rows.columns.get(1).unwrap(), &Cells::Time(vec![None, Some(first.as_microsecond())]));
    }
}

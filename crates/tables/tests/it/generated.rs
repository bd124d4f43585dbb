//! Every column of every table, spoilt in every way that its type knows: exactly one fault, of the right kind, at the right place.

use candor_tables::{Column, Range, TABLES, Target, Type};

use crate::folder::{Folder, shown};

/// Texts that a column must refuse, with the kind.
fn spoilt(table: &str, column: &Column) -> Vec<(&'static str, &'static str)> {
    fn numbers(range: &Range, wrong: &'static str, out: &mut Vec<(&'static str, &'static str)>) {
        out.extend(["12 EUR", "1e5", "1.250,00", "24%", "abc", "--1", "1.", "NaN", "1 000"].map(|text| (text, wrong)));
        if range.least.is_finite() {
            out.push(("-30", "out_of_range"));
            if range.is_open || range.least > 0.0 {
                out.push(("0", "out_of_range"));
            }
        }
        if range.greatest.is_finite() {
            out.push(("999", "out_of_range"));
        }
    }
    let mut out = Vec::new();
    if column.required {
        out.push(("", "missing_value"));
        out.push(("  ", "missing_value"));
    }
    match column.kind {
        Type::OneOf(_) => out.extend([("APPROVED", "not_allowed"), ("no such word", "not_allowed")]),
        Type::Date => {
            out.extend(
                ["31.12.2024", "2025-02-30", "2025-13-01", "yesterday", "2025-2-3", "2025-03-12T10:00:00Z"]
                    .map(|t| (t, "bad_date")),
            );
            if matches!((table, column.name), ("ai_usage", "day") | ("people", "professional_since")) {
                out.push(("2199-01-01", "in_future"));
            }
        }
        Type::Time => {
            out.extend(
                ["2025-03-12", "12.03.2025 10:00", "2025-02-30T10:00:00Z", "2025-03-12T25:00:00Z", "2025-03-12T10:00Z", "soon"]
                    .map(|t| (t, "bad_datetime")),
            );
            out.extend([
                ("2025-03-12T10:00:00", "missing_offset"),
                ("2025-03-12 10:00:00.5", "missing_offset"),
                ("2199-01-01T00:00:00Z", "in_future"),
            ]);
        }
        Type::Month => out.extend([
            ("2025-13", "bad_month"),
            ("03/2025", "bad_month"),
            ("2025-3", "bad_month"),
            ("2025-03-01", "bad_month"),
            ("2199-01", "in_future"),
        ]),
        Type::Int(range) => {
            numbers(&range, "bad_integer", &mut out);
            out.push(("1.5", "bad_integer"));
        }
        Type::Num(range) | Type::Money(range) => numbers(&range, "bad_number", &mut out),
        Type::Bool => out.extend([("yes", "bad_boolean"), ("1", "bad_boolean"), ("unknown", "bad_boolean")]),
        Type::Currency => out.extend([("Euro", "bad_currency"), ("eur", "bad_currency"), ("QQQ", "bad_currency")]),
        Type::Country => out.extend([("Germany", "bad_country"), ("de", "bad_country"), ("QQ", "bad_country")]),
        Type::Sha => {
            out.extend([("4b825dc", "bad_sha"), ("4B825DC642CB6EB9A060E54BF8D69288FBEE4904", "bad_sha"), ("HEAD", "bad_sha")])
        }
        Type::Cwe => out.extend([("89", "bad_cwe"), ("cwe-89", "bad_cwe"), ("CWE-", "bad_cwe"), ("CWE-x", "bad_cwe")]),
        Type::Person => out.extend([
            ("nobody-here", "unknown_person"),
            ("github:nobody-here", "unknown_person"),
            ("github:", "bad_reference"),
        ]),
        Type::Actor => out.extend([
            ("nobody-here", "unknown_person"),
            ("email:nobody@nowhere.example", "unknown_person"),
            ("bot:", "bad_reference"),
            ("external:", "bad_reference"),
        ]),
        Type::Actors => {
            out.extend([("nobody-here", "unknown_person"), ("bot:x;nobody-here", "unknown_person"), ("bot:", "bad_reference")])
        }
        Type::Reference(target) => out.push((
            "nowhere at all",
            match target {
                Target::People => "unknown_person",
                Target::Teams => "unknown_team",
                Target::Repositories => "unknown_repository",
                Target::ReviewComments => "unknown_comment",
                Target::Deployments => "unknown_deployment",
                Target::Surveys => "unknown_survey",
            },
        )),
        Type::PullRequests => out.extend([
            ("acme/checkout/12", "bad_reference"),
            ("acme/checkout#", "bad_reference"),
            ("#12", "bad_reference"),
            ("a/b#99999", "unknown_pull_request"),
        ]),
        Type::Causes => out.extend([
            ("acme/checkout/12", "bad_reference"),
            ("deployment:", "bad_reference"),
            ("deployment:nowhere", "unknown_deployment"),
            ("a/b#99999", "unknown_pull_request"),
        ]),
        Type::Numbers(_) => {
            out.extend([("x", "bad_integer"), ("1;2.5", "bad_integer"), ("0", "out_of_range"), ("99999", "unknown_pull_request")])
        }
        Type::Id | Type::Text | Type::Texts => {}
    }
    match (table, column.name) {
        ("survey_answers", "value") => out.push(("24000", "out_of_range")),
        ("assessments", "score") => out.push(("77", "out_of_range")),
        ("reviews" | "review_comments", "number") | ("findings", "pull_request") => out.push(("99999", "unknown_pull_request")),
        ("work_item_transitions", "key") => out.push(("NO-1", "unknown_work_item")),
        ("assignments", "unit") => out.push(("no-such-task", "unknown_task")),
        _ => {}
    }
    out
}

/// A line that spans no others, as cells.
pub struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn read(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        Self { header, rows }
    }

    /// Replaces a cell; a column that the file does not have is added at the end. Answers the field, from 1.
    pub fn set(&mut self, row: usize, column: &str, text: &str) -> usize {
        let field = self.header.iter().position(|name| name == column).unwrap_or_else(|| {
            self.header.push(column.to_owned());
            self.rows.iter_mut().for_each(|row| row.push(String::new()));
            self.header.len() - 1
        });
        text.clone_into(&mut self.rows[row][field]);
        field + 1
    }

    /// The file, and the line on which a row begins.
    pub fn bytes(&self, row: usize) -> (Vec<u8>, u64) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header).unwrap();
        self.rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let lines = |row: &Vec<String>| 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        (writer.into_inner().unwrap(), 2 + self.rows[..row].iter().map(lines).sum::<u64>())
    }

    fn with(&self, row: usize, column: &str, text: &str) -> (Vec<u8>, usize, u64) {
        let mut changed = Self { header: self.header.clone(), rows: self.rows.clone() };
        let field = changed.set(row, column, text);
        let (bytes, line) = changed.bytes(row);
        (bytes, field, line)
    }
}

#[test]
fn every_cell_can_be_wrong_in_one_way_at_a_time() {
    let folder = Folder::open();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for table in TABLES {
        let Some(bytes) = folder.files.get(table.name) else { continue };
        let sheet = Sheet::read(bytes);
        let row = sheet.rows.len() / 2;
        for column in table.columns {
            for (text, kind) in spoilt(table.name, column) {
                tried += 1;
                let (bytes, field, line) = sheet.with(row, column.name, text);
                let outcomes = folder.with(table.name, "spoilt.csv", &bytes);
                let faults: Vec<_> = outcomes.into_values().flat_map(|outcome| outcome.faults).collect();
                let found: Vec<_> =
                    faults.iter().map(|f| (f.file.as_str(), f.line, f.field, f.column.as_str(), f.kind.word())).collect();
                if found != [("spoilt.csv", line, field, column.name, kind)] {
                    wrong.push(format!(
                        "{}.{} = `{text}`: expected {kind} at {line}:{field}, found\n{}",
                        table.name,
                        column.name,
                        shown(&faults)
                    ));
                }
                if faults.iter().any(|fault| fault.hint.is_empty() || fault.expected.is_empty()) {
                    wrong.push(format!("a fault without expectation or hint: {}", shown(&faults)));
                }
            }
        }
    }
    assert!(tried > 900, "only {tried} faults were tried");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn headers_can_be_wrong() {
    let folder = Folder::open();
    let mut wrong = Vec::new();
    for table in TABLES {
        let Some(bytes) = folder.files.get(table.name) else { continue };
        let sheet = Sheet::read(bytes);
        for column in table.columns.iter().filter(|column| sheet.header.iter().any(|name| name == column.name)) {
            let place = sheet.header.iter().position(|name| name == column.name).unwrap();
            let spelt = |name: &str, extra: Option<&str>| {
                let mut writer = csv::Writer::from_writer(Vec::new());
                let mut header = sheet.header.clone();
                name.clone_into(&mut header[place]);
                header.extend(extra.map(str::to_owned));
                writer.write_record(&header).unwrap();
                for row in &sheet.rows {
                    let mut row = row.clone();
                    row.extend(extra.map(|_| String::new()));
                    writer.write_record(&row).unwrap();
                }
                writer.into_inner().unwrap()
            };
            let misspelt = format!("{}z", column.name);
            let mut cases = vec![(
                spelt(column.name, Some(column.name)),
                vec![(sheet.header.len() + 1, column.name.to_owned(), "duplicate_column")],
            )];
            let mut expected = vec![(place + 1, misspelt.clone(), "unknown_column")];
            if column.required {
                expected.insert(0, (0, column.name.to_owned(), "missing_column"));
            }
            cases.push((spelt(&misspelt, None), expected));
            for (bytes, expected) in cases {
                let outcomes = folder.with(table.name, "spoilt.csv", &bytes);
                let faults = &outcomes[table.name].faults;
                let found: Vec<_> = faults.iter().map(|f| (f.field, f.column.clone(), f.kind.word())).collect();
                let others: Vec<_> =
                    outcomes.iter().filter(|(name, _)| **name != table.name).flat_map(|(_, o)| &o.faults).collect();
                if found != expected || faults.iter().any(|fault| fault.line != 1) || (column.required && !others.is_empty()) {
                    wrong.push(format!(
                        "{}.{}: expected {expected:?}, found\n{}\n{}",
                        table.name,
                        column.name,
                        shown(faults),
                        others.len()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

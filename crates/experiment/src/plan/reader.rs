//! TOML with places: every value is taken by name, every miss is a finding with line and column, and nothing is silently ignored.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::finding::{Finding, Severity, nearest};

/// A file under examination: its text, and what was found so far.
pub(super) struct Examined<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each value stands, by path.
    places: RefCell<BTreeMap<String, Range<usize>>>,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> Examined<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, places: RefCell::default(), findings: RefCell::default() }
    }

    /// Line and column of a byte, from 1, columns in characters.
    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// Where the value of a path stands; of a value that is absent, the nearest table around it.
    fn place(&self, path: &str) -> Range<usize> {
        let places = self.places.borrow();
        let mut path = path;
        loop {
            if let Some(place) = places.get(path) {
                return place.clone();
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return 0..0,
            }
        }
    }

    fn push(&self, severity: Severity, place: usize, path: &str, code: &'static str, message: String, hint: String) {
        let (line, column) = self.line_and_column(place);
        let (file, path) = (self.file.to_owned(), path.to_owned());
        self.findings.borrow_mut().push(Finding { severity, code, file, line, column, path, message, hint });
    }

    /// Something that refuses the plan.
    pub(super) fn refuse(&self, path: &str, code: &'static str, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Refused, self.place(path).start, path, code, message.into(), hint.into());
    }

    /// Something that readers are told.
    pub(super) fn warn(&self, path: &str, code: &'static str, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, self.place(path).start, path, code, message.into(), hint.into());
    }

    /// Findings in the order of the file.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|finding| (finding.line, finding.column));
        findings
    }

    pub(super) fn is_refused(&self) -> bool {
        self.findings.borrow().iter().any(|finding| finding.severity == Severity::Refused)
    }

    /// The top of a file, or a finding with what TOML cannot be.
    pub(super) fn parse(&self, read: impl FnOnce(&Node<'_, '_>)) {
        match DeTable::parse(self.text) {
            Ok(table) => {
                let node = Node::new(self, table.get_ref(), String::new());
                read(&node);
                node.finish();
            }
            Err(error) => {
                let place = error.span().map_or(0, |span| span.start);
                let message = error.message().lines().next().unwrap_or("this is no TOML").to_owned();
                self.push(
                    Severity::Refused,
                    place,
                    "",
                    "syntax",
                    message,
                    "see https://toml.io for the form of the file".to_owned(),
                );
            }
        }
    }
}

/// One table of the file.
pub(super) struct Node<'e, 'a> {
    examined: &'e Examined<'a>,
    table: &'e DeTable<'e>,
    path: String,
    used: RefCell<BTreeSet<&'static str>>,
}

impl<'e, 'a> Node<'e, 'a> {
    fn new(examined: &'e Examined<'a>, table: &'e DeTable<'e>, path: String) -> Self {
        let node = Self { examined, table, path, used: RefCell::default() };
        for (key, value) in table.iter() {
            examined.places.borrow_mut().insert(node.join(key.get_ref()), value.span());
        }
        node
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&self, key: &'static str) -> Option<&'e DeValue<'e>> {
        self.used.borrow_mut().insert(key);
        self.table.get(key).map(|value| value.get_ref())
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    fn missing(&self, key: &str, expected: &str) {
        // A misspelt key is told once, where it stands.
        if self.table.iter().any(|(other, _)| other.get_ref() != key && nearest(other.get_ref(), [key]).is_some()) {
            return;
        }
        let table = if self.path.is_empty() { "the plan".to_owned() } else { format!("`{}`", self.path) };
        self.examined.refuse(
            &self.join(key),
            "missing",
            format!("{table} lacks `{key}`: expected {expected}"),
            format!("add a line `{key} = ...`; `candor plan new --default` shows every key with its meaning"),
        );
    }

    fn wrong(&self, key: &str, expected: &str, found: &DeValue<'_>) {
        let message = format!("expected {expected}, found {} ({})", shown(found), kind(found));
        self.examined.refuse(&self.join(key), "type", message, format!("write `{key}` as {expected}"));
    }

    /// A text that says something.
    pub(super) fn text(&self, key: &'static str, expected: &str) -> String {
        let text = self.optional_text(key, expected);
        if text.is_none() && !self.has(key) {
            self.missing(key, expected);
        }
        text.unwrap_or_default()
    }

    pub(super) fn optional_text(&self, key: &'static str, expected: &str) -> Option<String> {
        let value = self.value(key)?;
        let Some(text) = value.as_str() else {
            self.wrong(key, expected, value);
            return None;
        };
        if text.trim().is_empty() {
            self.examined.refuse(
                &self.join(key),
                "empty",
                format!("expected {expected}, found an empty text"),
                format!("write {expected}"),
            );
            return None;
        }
        Some(text.trim().to_owned())
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, all: &[T], spelling: impl Fn(T) -> &'static str) -> Option<T> {
        let names: Vec<&'static str> = all.iter().map(|value| spelling(*value)).collect();
        let expected = format!("one of {}", names.join(", "));
        let Some(value) = self.value(key) else {
            self.missing(key, &expected);
            return None;
        };
        let Some(text) = value.as_str() else {
            self.wrong(key, &expected, value);
            return None;
        };
        let found = all.iter().copied().find(|value| spelling(*value) == text);
        if found.is_none() {
            let hint = nearest(text, names.iter().copied())
                .map_or_else(|| "take one of these words".to_owned(), |name| format!("did you mean `{name}`?"));
            self.examined.refuse(&self.join(key), "word", format!("expected {expected}, found `{text}`"), hint);
        }
        found
    }

    pub(super) fn number(&self, key: &'static str, expected: &str, allowed: impl Fn(f64) -> bool) -> f64 {
        let number = self.optional_number(key, expected, allowed);
        if number.is_none() && !self.has(key) {
            self.missing(key, expected);
        }
        number.unwrap_or_default()
    }

    pub(super) fn optional_number(&self, key: &'static str, expected: &str, allowed: impl Fn(f64) -> bool) -> Option<f64> {
        let value = self.value(key)?;
        let number = match value {
            DeValue::Integer(number) => plain(number.as_str()).parse().ok(),
            DeValue::Float(number) => plain(number.as_str()).parse().ok(),
            _ => None,
        };
        let Some(number) = number.filter(|number: &f64| number.is_finite()) else {
            self.wrong(key, expected, value);
            return None;
        };
        if !allowed(number) {
            self.examined.refuse(
                &self.join(key),
                "range",
                format!("expected {expected}, found {number}"),
                "shares and margins are fractions: 0.10 is ten per cent, 0.03 is three points",
            );
            return None;
        }
        Some(number)
    }

    pub(super) fn whole(&self, key: &'static str, expected: &str, allowed: impl Fn(u32) -> bool) -> u32 {
        let is_whole =
            |number: f64| number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) && allowed(number as u32);
        self.number(key, expected, is_whole) as u32
    }

    pub(super) fn date(&self, key: &'static str, expected: &str) -> Date {
        let date = self.optional_date(key, expected);
        if date.is_none() && !self.has(key) {
            self.missing(key, expected);
        }
        date.unwrap_or_default()
    }

    pub(super) fn optional_date(&self, key: &'static str, expected: &str) -> Option<Date> {
        let value = self.value(key)?;
        let date = day(value);
        if date.is_none() {
            self.wrong(key, &format!("{expected}, as 2026-04-01 without quotes"), value);
        }
        date
    }

    fn list<T>(&self, key: &'static str, expected: &str, take: impl Fn(&DeValue<'_>) -> Option<T>) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong(key, expected, value);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (number, item) in array.iter().enumerate() {
            let path = format!("{}[{}]", self.join(key), number + 1);
            self.examined.places.borrow_mut().insert(path.clone(), item.span());
            match take(item.get_ref()) {
                Some(value) => found.push(value),
                None => {
                    let message = format!("expected {expected}, found {} ({})", shown(item.get_ref()), kind(item.get_ref()));
                    self.examined.refuse(&path, "type", message, format!("write `{key}` as {expected}"));
                }
            }
        }
        found
    }

    pub(super) fn texts(&self, key: &'static str, expected: &str) -> Vec<String> {
        self.list(key, expected, |value| value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    pub(super) fn dates(&self, key: &'static str, expected: &str) -> Vec<Date> {
        self.list(key, expected, day)
    }

    pub(super) fn wholes(&self, key: &'static str, expected: &str) -> Vec<u32> {
        self.list(key, expected, |value| match value {
            DeValue::Integer(number) => plain(number.as_str()).parse().ok(),
            _ => None,
        })
    }

    /// A table that must be there.
    pub(super) fn table<T>(&self, key: &'static str, expected: &str, read: impl FnOnce(&Node<'e, 'a>) -> T) -> Option<T> {
        if !self.has(key) {
            self.missing(key, &format!("a table `[{key}]` with {expected}"));
            return None;
        }
        self.optional_table(key, expected, read)
    }

    pub(super) fn optional_table<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Node<'e, 'a>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(table) = value.as_table() else {
            self.wrong(key, &format!("a table with {expected}"), value);
            return None;
        };
        let node = Node::new(self.examined, table, self.join(key));
        let read = read(&node);
        node.finish();
        Some(read)
    }

    /// Tables `[[key]]`, any number of them.
    pub(super) fn tables<T>(&self, key: &'static str, expected: &str, read: impl Fn(&Node<'e, 'a>) -> T) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong(key, &format!("tables `[[{key}]]` with {expected}"), value);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (number, item) in array.iter().enumerate() {
            let path = format!("{}[{}]", self.join(key), number + 1);
            self.examined.places.borrow_mut().insert(path.clone(), item.span());
            match item.get_ref().as_table() {
                Some(table) => {
                    let node = Node::new(self.examined, table, path);
                    found.push(read(&node));
                    node.finish();
                }
                None => self.wrong(key, &format!("tables `[[{key}]]` with {expected}"), item.get_ref()),
            }
        }
        found
    }

    /// Whatever was not asked for is a misspelling.
    fn finish(&self) {
        let used = self.used.borrow();
        for (key, _) in self.table.iter() {
            if used.contains(key.get_ref().as_ref()) {
                continue;
            }
            let hint = nearest(key.get_ref(), used.iter().copied()).map_or_else(
                || format!("the keys here are: {}", used.iter().copied().collect::<Vec<_>>().join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            let path = self.join(key.get_ref());
            self.examined.push(
                Severity::Refused,
                key.span().start,
                &path,
                "unknown_key",
                format!("there is no key `{}` here", key.get_ref()),
                hint,
            );
        }
    }
}

fn plain(number: &str) -> String {
    number.replace('_', "")
}

fn day(value: &DeValue<'_>) -> Option<Date> {
    let date = value.as_datetime().filter(|datetime| datetime.time.is_none() && datetime.offset.is_none())?.date?;
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}

/// A value as it was written, in short.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(value) => value.to_string(),
        DeValue::Array(items) => format!("a list of {}", items.len()),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Node<'_, '_> {
    /// Refuses one item of a list, counted from 0.
    pub(super) fn refuse_item(&self, key: &str, number: usize, code: &'static str, message: String) {
        self.examined.refuse(&format!("{}[{}]", self.join(key), number + 1), code, message, "take one of these words");
    }
}

//! One case folder as a test reads it, and what the product computed for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with inputs and the figures that established packages compute from them.
pub struct Case {
    folder: PathBuf,
    name: String,
    expected: BTreeMap<String, Option<f64>>,
}

impl Case {
    /// Reads `expected.json` and every other `*_expected.json` of the folder into one map.
    pub fn open(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut expected = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().ends_with("expected.json") {
                let text = fs::read_to_string(&path).unwrap();
                let map: BTreeMap<String, Option<f64>> =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                expected.extend(map);
            }
        }
        Self { folder: folder.to_path_buf(), name, expected }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the packages computed; `None` is no finite number.
    pub fn expected(&self) -> &BTreeMap<String, Option<f64>> {
        &self.expected
    }

    /// The expected keys that start with `prefix`.
    pub fn keys_starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.expected.keys().map(String::as_str).filter(move |key| key.starts_with(prefix))
    }

    /// Whether the packages have a figure (or a null) under this key.
    pub fn expects(&self, key: &str) -> bool {
        self.expected.contains_key(key)
    }

    pub fn table(&self, file: &str) -> Table {
        Table::read(&self.folder.join(file))
    }
}

/// A CSV file, read by column name.
pub struct Table {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).map(fields);
        let header = lines.next().unwrap_or_else(|| panic!("{} is empty", path.display()));
        let rows: Vec<_> = lines.collect();
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row.len(), header.len(), "{}: row {} has another number of fields", path.display(), index + 2);
        }
        Self { path: path.to_path_buf(), header, rows }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn has(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }

    pub fn texts(&self, column: &str) -> Vec<String> {
        let at = self.header.iter().position(|name| name == column);
        let at = at.unwrap_or_else(|| panic!("{} has no column `{column}`, it has {:?}", self.path.display(), self.header));
        self.rows.iter().map(|row| row[at].clone()).collect()
    }

    pub fn numbers(&self, column: &str) -> Vec<f64> {
        let read = |(row, text): (usize, &String)| {
            text.parse()
                .unwrap_or_else(|_| panic!("{}: row {}: `{text}` in `{column}` is no number", self.path.display(), row + 2))
        };
        self.texts(column).iter().enumerate().map(read).collect()
    }

    /// Numbers where an empty field or `NA` is a missing value.
    pub fn maybe_numbers(&self, column: &str) -> Vec<Option<f64>> {
        let read = |(row, text): (usize, &String)| {
            if text.is_empty() || text == "NA" {
                return None;
            }
            Some(text.parse().unwrap_or_else(|_| panic!("{}: row {}: `{text}` is no number", self.path.display(), row + 2)))
        };
        self.texts(column).iter().enumerate().map(read).collect()
    }
}

/// Fields of one line; a field in double quotes may hold commas, and a doubled quote stands for one.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.trim_end_matches('\r').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    out.push(field);
    out
}

/// How far a figure may be from the packages' one.
#[derive(Clone, Copy)]
enum Tolerance {
    Relative(f64),
    Absolute(f64),
}

/// What the product says under the same keys.
pub struct Computed {
    default: Tolerance,
    values: BTreeMap<String, (Option<f64>, Tolerance)>,
}

impl Computed {
    pub fn new() -> Self {
        Self { default: Tolerance::Relative(1e-9), values: BTreeMap::new() }
    }

    /// Relative tolerance of the `put`s that follow: what the README of the case says. 1e-9 until it is called.
    pub fn tolerance(&mut self, relative: f64) {
        self.default = Tolerance::Relative(relative);
    }

    pub fn put(&mut self, key: impl Into<String>, value: Option<f64>) {
        self.keep(key.into(), value, self.default);
    }

    pub fn put_with(&mut self, key: impl Into<String>, value: Option<f64>, relative_tolerance: f64) {
        self.keep(key.into(), value, Tolerance::Relative(relative_tolerance));
    }

    pub fn put_within(&mut self, key: impl Into<String>, value: Option<f64>, absolute_tolerance: f64) {
        self.keep(key.into(), value, Tolerance::Absolute(absolute_tolerance));
    }

    fn keep(&mut self, key: String, value: Option<f64>, tolerance: Tolerance) {
        let twice = self.values.insert(key.clone(), (value, tolerance));
        assert!(twice.is_none(), "`{key}` is computed twice");
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// `None` when the figure agrees, else what is wrong with it. `None` also where nothing was computed: ask `has` first.
    pub fn disagreement(&self, key: &str, expected: Option<f64>) -> Option<String> {
        let (value, tolerance) = self.values.get(key)?;
        let (Some(value), Some(expected)) = (*value, expected) else {
            return (*value != expected).then(|| format!("computed {value:?}, the packages say {expected:?}"));
        };
        let allowed = match *tolerance {
            Tolerance::Relative(relative) => (relative * expected.abs()).max(1e-12),
            Tolerance::Absolute(absolute) => absolute,
        };
        let off = (value - expected).abs();
        // Written so that a NaN disagrees.
        let agrees = off <= allowed;
        (!agrees).then(|| format!("computed {value:?}, the packages say {expected:?}: off by {off:e}, allowed {allowed:e}"))
    }

    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
}

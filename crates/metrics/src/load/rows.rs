//! Rows of the lake as plain values; the only place of the loader that knows Arrow.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BooleanArray, DictionaryArray, PrimitiveArray, RecordBatch, StringArray};
use candor_attribution::Person;
use candor_lake::{LakeError, Snapshot, TextAs};
use candor_model::{Evidence, EvidenceLevel, Mode, Origin, Strength};

use super::{EvidenceIndex, Input};
use crate::facts::NONE;

/// A row of `commits`.
pub(super) struct StoredCommit {
    pub id: String,
    pub author: Option<String>,
    pub co_authors: Vec<String>,
    pub authored_at: Option<i64>,
    pub committed_at: Option<i64>,
    pub ancestors_until: Option<i64>,
    pub landed_in: Option<String>,
    pub is_merge: bool,
    pub class: String,
    pub reverts: Vec<String>,
    pub unrecognised: Option<String>,
    /// Number of the pull request that its message names.
    pub pull_request: Option<u64>,
}

/// A row of `changes`.
pub(super) struct StoredChange {
    pub commit: String,
    pub landed_at: i64,
    pub added: u64,
    pub removed: u64,
    /// Commits that it brought besides itself.
    pub brought: u64,
    pub is_bulk: bool,
}

fn read(input: &Input<'_>, table: &str, columns: &[&str], text: TextAs) -> Result<Vec<RecordBatch>, LakeError> {
    let folder = format!("{}/", input.repo);
    input.snapshot.scan(table)?.columns(columns)?.text(text).units(|unit| unit == input.repo || unit.starts_with(&folder)).read()
}

struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Row<'_> {
    fn text(&self, column: &str) -> Option<String> {
        let array = self.batch.column_by_name(column)?.as_string_opt::<i32>()?;
        array.is_valid(self.row).then(|| array.value(self.row).to_owned())
    }
    fn seconds(&self, column: &str) -> Option<i64> {
        let array = self.batch.column_by_name(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        array.is_valid(self.row).then(|| array.value(self.row).div_euclid(1_000_000))
    }
    fn long(&self, column: &str) -> Option<i64> {
        let array = self.batch.column_by_name(column)?.as_primitive_opt::<Int64Type>()?;
        array.is_valid(self.row).then(|| array.value(self.row))
    }
    fn int(&self, column: &str) -> Option<i32> {
        let array = self.batch.column_by_name(column)?.as_primitive_opt::<Int32Type>()?;
        array.is_valid(self.row).then(|| array.value(self.row))
    }
    fn fraction(&self, column: &str) -> Option<f64> {
        let array = self.batch.column_by_name(column)?.as_primitive_opt::<arrow_array::types::Float64Type>()?;
        array.is_valid(self.row).then(|| array.value(self.row))
    }
    fn truth(&self, column: &str) -> bool {
        self.batch
            .column_by_name(column)
            .and_then(|array| array.as_boolean_opt())
            .is_some_and(|array| array.is_valid(self.row) && array.value(self.row))
    }

    /// A row of `evidence`; columns that were not asked for are absent in it.
    fn evidence(&self) -> Evidence {
        let name = |column: &str| self.text(column).unwrap_or_default();
        Evidence {
            level: EvidenceLevel::from_name(&name("level")).unwrap_or(EvidenceLevel::OrgDay),
            subject: name("subject"),
            path: self.text("path"),
            ranges: ranges_of(&name("ranges")),
            origin: Origin::from_name(&name("origin")).unwrap_or(Origin::Unknown),
            mode: Mode::from_name(&name("mode")).unwrap_or(Mode::Unknown),
            tool: self.text("tool"),
            tool_version: self.text("tool_version"),
            model: self.text("model"),
            provider: self.text("provider"),
            session: self.text("session"),
            source: name("evidence_source"),
            source_version: self.text("source_version"),
            rule_id: name("rule_id"),
            rule_version: name("rule_version"),
            strength: Strength::from_name(&name("strength")).unwrap_or(Strength::Aggregate),
            p_ai: self.fraction("p_ai").unwrap_or(0.0),
            valid_lines_fraction: self.fraction("valid_lines_fraction"),
            observed_at: self.seconds("observed_at"),
            detail: self.text("detail"),
        }
    }
}

fn each<T>(batches: &[RecordBatch], make: impl Fn(&Row<'_>) -> T) -> Vec<T> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| Row { batch, row })).map(|row| make(&row)).collect()
}

fn list(text: Option<String>) -> Vec<String> {
    text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

pub(super) fn commits(input: &Input<'_>) -> Result<Vec<StoredCommit>, LakeError> {
    let columns = [
        "commit",
        "author",
        "co_authors",
        "authored_at",
        "committed_at",
        "ancestors_until",
        "landed_in",
        "is_merge",
        "message_class",
        "reverts",
        "unrecognised",
        "pull_request",
    ];
    let batches = read(input, "commits", &columns, TextAs::Plain)?;
    Ok(each(&batches, |row| StoredCommit {
        id: row.text("commit").unwrap_or_default(),
        author: row.text("author"),
        co_authors: list(row.text("co_authors")),
        authored_at: row.seconds("authored_at"),
        committed_at: row.seconds("committed_at"),
        ancestors_until: row.seconds("ancestors_until"),
        landed_in: row.text("landed_in"),
        is_merge: row.truth("is_merge"),
        class: row.text("message_class").unwrap_or_default(),
        reverts: list(row.text("reverts")),
        unrecognised: row.text("unrecognised"),
        pull_request: row.long("pull_request").and_then(|number| u64::try_from(number).ok()),
    }))
}

pub(super) fn changes(input: &Input<'_>) -> Result<Vec<StoredChange>, LakeError> {
    let columns = ["commit", "landed_at", "lines_added", "lines_removed", "brought", "is_bulk"];
    let batches = read(input, "changes", &columns, TextAs::Plain)?;
    let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0);
    Ok(each(&batches, |row| StoredChange {
        commit: row.text("commit").unwrap_or_default(),
        landed_at: row.seconds("landed_at").unwrap_or(0),
        added: count(row.long("lines_added")),
        removed: count(row.long("lines_removed")),
        brought: row.int("brought").and_then(|value| u64::try_from(value).ok()).unwrap_or(0),
        is_bulk: row.truth("is_bulk"),
    }))
}

/// An identity: its id, who it says it is, and who the repository's `.mailmap` says it is.
pub(super) type StoredIdentity = (String, Person, Option<Person>);

pub(super) fn identities(input: &Input<'_>) -> Result<Vec<StoredIdentity>, LakeError> {
    let batches = read(input, "identities", &["kind", "person", "value", "name"], TextAs::Plain)?;
    let rows = each(&batches, |row| {
        let name = |column: &str| row.text(column).unwrap_or_default();
        (name("kind"), name("person"), Person::new(name("name"), name("value")))
    });
    let (proper, own): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(kind, ..)| kind == "mailmap");
    let mut proper: HashMap<String, Person> = proper.into_iter().map(|(_, id, person)| (id, person)).collect();
    Ok(own
        .into_iter()
        .filter(|(kind, ..)| kind == "commit")
        .map(|(_, id, person)| {
            let named = proper.remove(&id);
            (id, person, named)
        })
        .collect())
}

/// (Reason, paths, lines) of what has no lines at the tip; left-out paths with lines come from the cohorts.
pub(super) fn left_out(input: &Input<'_>) -> Result<Vec<(String, u64)>, LakeError> {
    let batches = read(input, "left_out", &["reason", "paths", "lines"], TextAs::Plain)?;
    let rows = each(&batches, |row| {
        (row.text("reason").unwrap_or_default(), row.int("paths").unwrap_or(0), row.long("lines").unwrap_or(0))
    });
    Ok(rows
        .into_iter()
        .filter(|(_, _, lines)| *lines == 0)
        .map(|(reason, paths, _)| (reason, u64::try_from(paths).unwrap_or(0)))
        .collect())
}

/// (Settings file, tool, time, whether evidence is left from then on).
pub(super) fn coverage(input: &Input<'_>) -> Result<Vec<(String, String, i64, bool)>, LakeError> {
    let batches = read(input, "trace_settings", &["evidence_source", "from", "complete", "detail"], TextAs::Plain)?;
    Ok(each(&batches, |row| {
        (
            row.text("detail").unwrap_or_default(),
            row.text("evidence_source").unwrap_or_default(),
            row.seconds("from").unwrap_or(0),
            row.truth("complete"),
        )
    }))
}

/// Which lines evidence is about was settled when the cohorts were made, so `ranges` is not read.
pub(super) fn evidence(input: &Input<'_>) -> Result<EvidenceIndex, LakeError> {
    let columns = [
        "evidence_id",
        "level",
        "subject",
        "path",
        "origin",
        "mode",
        "tool",
        "tool_version",
        "model",
        "provider",
        "session",
        "evidence_source",
        "source_version",
        "rule_id",
        "rule_version",
        "strength",
        "p_ai",
        "valid_lines_fraction",
        "detail",
    ];
    let batches = read(input, "evidence", &columns, TextAs::Plain)?;
    let mut index = EvidenceIndex::default();
    let rows = each(&batches, |row| (row.text("evidence_id").unwrap_or_default(), row.evidence()));
    rows.into_iter().for_each(|(id, evidence)| index.add(id, evidence));
    Ok(index)
}

/// All evidence on the commits of a repository and on their lines, by commit, as it was written.
///
/// # Errors
/// A snapshot that cannot be read.
pub fn evidence_by_commit(snapshot: &Snapshot, repo: &str) -> Result<HashMap<String, Vec<Evidence>>, LakeError> {
    let folder = format!("{repo}/");
    let batches = snapshot.scan("evidence")?.units(|unit| unit.starts_with(&folder)).read()?;
    let mut found: HashMap<String, Vec<Evidence>> = HashMap::new();
    for evidence in each(&batches, |row| row.evidence()) {
        found.entry(evidence.subject.clone()).or_default().push(evidence);
    }
    Ok(found)
}

fn ranges_of(text: &str) -> Vec<(u32, u32)> {
    text.split(',')
        .filter_map(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            Some((from.parse().ok()?, to.parse().ok()?))
        })
        .collect()
}

/// A text column whose values are looked up once each.
pub(super) struct Dictionary<'a> {
    array: Option<&'a DictionaryArray<Int32Type>>,
    values: Option<&'a StringArray>,
}

impl<'a> Dictionary<'a> {
    fn of(batch: &'a RecordBatch, column: &str) -> Self {
        let array = batch.column_by_name(column).and_then(|array| array.as_dictionary_opt::<Int32Type>());
        Self { array, values: array.and_then(|array| array.values().as_string_opt::<i32>()) }
    }

    /// What `look_up` says of each value, by key.
    pub(super) fn values<T>(&self, mut look_up: impl FnMut(&str) -> T) -> Vec<T> {
        self.values.map(|values| values.iter().map(|value| look_up(value.unwrap_or_default())).collect()).unwrap_or_default()
    }

    /// Numbers of the values, by key.
    pub(super) fn map(&self, look_up: impl Fn(&str) -> u32) -> Vec<u32> {
        self.values(look_up)
    }

    /// The key of a row.
    pub(super) fn key(&self, row: usize) -> Option<usize> {
        let array = self.array?;
        array.is_valid(row).then(|| usize::try_from(array.keys().value(row)).ok()).flatten()
    }

    /// The number of a row's value; [`NONE`] for a row without one.
    pub(super) fn pick(&self, row: usize, numbers: &[u32]) -> u32 {
        self.key(row).and_then(|key| numbers.get(key)).copied().unwrap_or(NONE)
    }

    /// The text of a row.
    pub(super) fn text(&self, row: usize) -> Option<&'a str> {
        let key = self.key(row)?;
        self.values.filter(|values| key < values.len()).map(|values| values.value(key))
    }
}

/// A batch of `line_cohorts`.
pub(super) struct CohortBatch<'a> {
    pub rows: usize,
    pub landing: Dictionary<'a>,
    pub origin: Dictionary<'a>,
    pub path: Dictionary<'a>,
    pub death: Dictionary<'a>,
    pub killer: Dictionary<'a>,
    pub evidence: Dictionary<'a>,
    pub left_out: Dictionary<'a>,
    lines: Option<&'a PrimitiveArray<Int32Type>>,
    substantive: Option<&'a PrimitiveArray<Int32Type>>,
    before: Option<&'a BooleanArray>,
    censored_at: Option<&'a PrimitiveArray<TimestampMicrosecondType>>,
}

impl CohortBatch<'_> {
    pub(super) fn lines(&self, row: usize) -> u32 {
        self.lines.and_then(|array| u32::try_from(array.value(row)).ok()).unwrap_or(0)
    }
    pub(super) fn substantive(&self, row: usize) -> u32 {
        self.substantive.and_then(|array| u32::try_from(array.value(row)).ok()).unwrap_or(0)
    }
    pub(super) fn before(&self, row: usize) -> bool {
        self.before.is_some_and(|array| array.is_valid(row) && array.value(row))
    }
    pub(super) fn censored_at(&self, row: usize) -> Option<i64> {
        let array = self.censored_at?;
        array.is_valid(row).then(|| array.value(row).div_euclid(1_000_000))
    }
}

pub(super) fn cohorts(input: &Input<'_>, take: &mut dyn FnMut(&CohortBatch<'_>)) -> Result<(), LakeError> {
    let columns = [
        "landing",
        "origin",
        "path_at_birth",
        "death",
        "killer_origin",
        "n_lines",
        "n_substantive",
        "evidence",
        "before_observation",
        "left_out",
        "censored_at",
    ];
    for batch in read(input, "line_cohorts", &columns, TextAs::Dictionary)? {
        let number = |column: &str| batch.column_by_name(column).and_then(|array| array.as_primitive_opt::<Int32Type>());
        take(&CohortBatch {
            rows: batch.num_rows(),
            landing: Dictionary::of(&batch, "landing"),
            origin: Dictionary::of(&batch, "origin"),
            path: Dictionary::of(&batch, "path_at_birth"),
            death: Dictionary::of(&batch, "death"),
            killer: Dictionary::of(&batch, "killer_origin"),
            evidence: Dictionary::of(&batch, "evidence"),
            left_out: Dictionary::of(&batch, "left_out"),
            lines: number("n_lines"),
            substantive: number("n_substantive"),
            before: batch.column_by_name("before_observation").and_then(|array| array.as_boolean_opt()),
            censored_at: batch
                .column_by_name("censored_at")
                .and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>()),
        });
    }
    Ok(())
}

/// A row of `touched_functions`: a function, and lines of one origin in it.
pub(super) struct StoredFunction {
    pub landing: String,
    pub path: String,
    pub name: String,
    pub start: u32,
    pub complexity: Option<(u32, u32)>,
    pub before: Option<(u32, u32)>,
    pub origin: Option<String>,
    pub evidence: Option<String>,
    pub lines: u32,
}

pub(super) fn functions(input: &Input<'_>) -> Result<Vec<StoredFunction>, LakeError> {
    let columns = [
        "landing",
        "path",
        "function",
        "start",
        "cyclomatic",
        "cognitive",
        "cyclomatic_before",
        "cognitive_before",
        "origin",
        "evidence",
        "n_lines",
    ];
    let batches = read(input, "touched_functions", &columns, TextAs::Plain)?;
    let number = |row: &Row<'_>, column: &str| row.int(column).and_then(|value| u32::try_from(value).ok());
    Ok(each(&batches, |row| StoredFunction {
        landing: row.text("landing").unwrap_or_default(),
        path: row.text("path").unwrap_or_default(),
        name: row.text("function").unwrap_or_default(),
        start: number(row, "start").unwrap_or(0),
        complexity: number(row, "cyclomatic").zip(number(row, "cognitive")),
        before: number(row, "cyclomatic_before").zip(number(row, "cognitive_before")),
        origin: row.text("origin"),
        evidence: row.text("evidence"),
        lines: number(row, "n_lines").unwrap_or(0),
    }))
}

/// A row of `repeated_lines`.
pub(super) struct StoredRepeats {
    pub landing: String,
    pub origin: String,
    pub evidence: Option<String>,
    /// Lines inside a repeated block.
    pub repeated: u32,
}

pub(super) fn repeated(input: &Input<'_>) -> Result<Vec<StoredRepeats>, LakeError> {
    let batches = read(input, "repeated_lines", &["landing", "origin", "evidence", "n_repeated"], TextAs::Plain)?;
    Ok(each(&batches, |row| StoredRepeats {
        landing: row.text("landing").unwrap_or_default(),
        origin: row.text("origin").unwrap_or_default(),
        evidence: row.text("evidence"),
        repeated: row.int("n_repeated").and_then(|lines| u32::try_from(lines).ok()).unwrap_or(0),
    }))
}

//! Files that scanners, coverage tools and test runners write: SARIF 2.1.0, LCOV, Cobertura and JUnit.

mod cobertura;
mod junit;
mod lcov;
mod lines;
mod paths;
mod sarif;
mod xml;

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use candor_lake::{Lake, Snapshot, SnapshotId, Wait, Writer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::git::SourceError;
use crate::git::columns::Columns;
pub use junit::{Outcome, TestCase};
pub use lines::Lines;
pub use paths::Paths;
pub use sarif::Findings;

/// Version of what is written.
const VERSION: i64 = 1;

/// A file that cannot be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{file}:{line}: {message}")]
pub struct ReportError {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What was expected, and what was found.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
}

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Findings of a scanner, SARIF 2.1.0.
    Sarif,
    /// Line coverage as `lcov` writes it.
    Lcov,
    /// Line coverage in the XML of Cobertura.
    Cobertura,
    /// Results of tests in the XML of JUnit.
    Junit,
}

impl Format {
    /// The format of a file by what it holds, where it is one of these.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(64 * 1024)).unwrap_or_default());
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            return text.contains("\"runs\"").then_some(Self::Sarif);
        }
        if text.starts_with('<') {
            let root = text.split('<').skip(1).find(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()))?;
            let name: String = root.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            return match name.as_str() {
                "coverage" => Some(Self::Cobertura),
                "testsuites" | "testsuite" => Some(Self::Junit),
                _ => None,
            };
        }
        text.lines().any(|line| line.starts_with("SF:")).then_some(Self::Lcov)
    }

    /// The word in facts and messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sarif => "sarif",
            Self::Lcov => "lcov",
            Self::Cobertura => "cobertura",
            Self::Junit => "junit",
        }
    }
}

/// Which code a report is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Id of the repository.
    pub repo: &'a str,
    /// The commit.
    pub commit: &'a str,
    /// When the report was made.
    pub at: Timestamp,
    /// When it is brought.
    pub now: Timestamp,
}

/// What a report brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Files or tests of the report.
    pub rows: usize,
    /// Paths that are no files of the repository; their lines are kept under the path as it was written.
    pub unmapped: Vec<String>,
    /// The snapshot.
    pub snapshot: Option<SnapshotId>,
    /// Whether anything is new.
    pub created: bool,
}

/// Reads the findings of a SARIF file.
///
/// # Errors
/// [`ReportError`] with the line.
pub fn findings(file: &str, bytes: &[u8], about: &About<'_>, paths: &mut Paths<'_>) -> Result<Findings, ReportError> {
    sarif::read(file, bytes, about, paths)
}

/// Reads line coverage: lines of each file, by path in the repository.
///
/// # Errors
/// [`ReportError`] with the line.
pub fn coverage(file: &str, format: Format, bytes: &[u8], paths: &mut Paths<'_>) -> Result<BTreeMap<String, Lines>, ReportError> {
    match format {
        Format::Cobertura => cobertura::read(file, bytes, paths),
        _ => lcov::read(file, bytes, paths),
    }
}

/// Reads results of tests.
///
/// # Errors
/// [`ReportError`] with the line.
pub fn tests(file: &str, bytes: &[u8]) -> Result<BTreeMap<(String, String), TestCase>, ReportError> {
    junit::read(file, bytes)
}

fn raw_name(format: Format, bytes: &[u8]) -> String {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("raw/{}/{digest}", format.word())
}

/// The unit of a commit's rows.
fn unit(about: &About<'_>) -> String {
    format!("{}@{}", about.repo, about.commit)
}

/// Keeps line coverage: a line is covered if any report of the commit covered it.
///
/// # Errors
/// The lake cannot be read or written.
pub fn keep_coverage(
    lake: &Lake,
    format: Format,
    bytes: &[u8],
    about: &About<'_>,
    mut lines: BTreeMap<String, Lines>,
    wait: Wait<'_>,
) -> Result<Brought, SourceError> {
    let mut writer = lake.write("candor import", about.now, wait)?;
    let before = writer.latest()?;
    let unit = unit(about);
    let rows = lines.len();
    let mut at = about.at;
    let mut known: BTreeMap<String, Lines> = BTreeMap::new();
    if let Some(before) = &before {
        let columns = ["path", "executable", "covered", "reported_at"];
        for batch in before.scan("coverage_files")?.columns(&columns)?.units(|name| name == unit).read()? {
            let texts: Vec<_> = batch.columns().iter().take(3).filter_map(|array| array.as_string_opt::<i32>()).collect();
            let [path, executable, covered] = texts.as_slice() else { continue };
            for ((path, executable), covered) in path.iter().zip(executable.iter()).zip(covered.iter()) {
                let lines = Lines::from_ranges(executable.unwrap_or_default(), covered.unwrap_or_default());
                known.insert(path.unwrap_or_default().to_owned(), lines);
            }
            if let Some(times) =
                batch.columns().get(3).and_then(|array| array.as_primitive_opt::<arrow_array::types::TimestampMicrosecondType>())
            {
                let first = times.iter().flatten().min().and_then(|at| Timestamp::from_microsecond(at).ok());
                at = first.map_or(at, |first| first.min(at));
            }
        }
    }
    let mut is_new = known.is_empty();
    for (path, old) in &known {
        let merged = lines.entry(path.clone()).or_default();
        merged.add(old);
        is_new |= merged != old;
    }
    is_new |= lines.len() != known.len();
    if !is_new || lines.is_empty() {
        return Ok(Brought { rows, snapshot: before.as_ref().map(Snapshot::id), ..Brought::default() });
    }
    let raw = raw_name(format, bytes);
    let length = lines.len();
    let text = |value: &str| vec![Some(value.to_owned()); length];
    let count = |number: usize| i64::try_from(number).ok();
    let instants = |at: Timestamp| vec![Some(at.as_second()); length];
    let batch = Columns::default()
        .text("repo", text(about.repo))
        .text("commit", text(about.commit))
        .text("path", lines.keys().cloned().map(Some).collect())
        .text("executable", lines.values().map(|lines| Some(lines.executable())).collect())
        .text("covered", lines.values().map(|lines| Some(lines.covered())).collect())
        .long("executable_lines", lines.values().map(|lines| count(lines.counts().0)).collect())
        .long("covered_lines", lines.values().map(|lines| count(lines.counts().1)).collect())
        .instant("reported_at", instants(at))
        .text("source", text(format.word()))
        .instant("fetched_at", instants(about.now))
        .text("raw_ref", text(&raw))
        .finish()
        .map_err(SourceError::rows("coverage_files"))?;
    writer.replace_segment("coverage_files", &unit, [batch])?;
    finish(&mut writer, format, &raw, bytes, about, rows)
}

/// Keeps results of tests: of several runs of a commit the worst result of each test counts.
///
/// # Errors
/// The lake cannot be read or written.
pub fn keep_tests(
    lake: &Lake,
    bytes: &[u8],
    about: &About<'_>,
    mut tests: BTreeMap<(String, String), TestCase>,
    wait: Wait<'_>,
) -> Result<Brought, SourceError> {
    let mut writer = lake.write("candor import", about.now, wait)?;
    let before = writer.latest()?;
    let unit = unit(about);
    let rows = tests.len();
    let mut known = BTreeMap::new();
    if let Some(before) = &before {
        let columns = ["suite", "name", "outcome", "seconds"];
        for batch in before.scan("tests")?.columns(&columns)?.units(|name| name == unit).read()? {
            let texts: Vec<_> = batch.columns().iter().take(3).filter_map(|array| array.as_string_opt::<i32>()).collect();
            let [suite, name, outcome] = texts.as_slice() else { continue };
            let seconds = batch.columns().get(3).and_then(|array| array.as_primitive_opt::<arrow_array::types::Float64Type>());
            for row in 0..batch.num_rows() {
                use arrow_array::Array;
                let seconds = seconds.and_then(|seconds| seconds.is_valid(row).then(|| seconds.value(row)));
                let test = TestCase { outcome: Outcome::of(outcome.value(row)), seconds };
                known.insert((suite.value(row).to_owned(), name.value(row).to_owned()), test);
            }
        }
    }
    for (name, old) in &known {
        tests.entry(name.clone()).and_modify(|test| test.add(old)).or_insert(*old);
    }
    if tests == known {
        return Ok(Brought { rows, snapshot: before.as_ref().map(Snapshot::id), ..Brought::default() });
    }
    let raw = raw_name(Format::Junit, bytes);
    let length = tests.len();
    let text = |value: &str| vec![Some(value.to_owned()); length];
    let batch = Columns::default()
        .text("repo", text(about.repo))
        .text("commit", text(about.commit))
        .text("suite", tests.keys().map(|(suite, _)| Some(suite.clone())).collect())
        .text("name", tests.keys().map(|(_, name)| Some(name.clone())).collect())
        .text("outcome", tests.values().map(|test| Some(test.outcome.word().to_owned())).collect())
        .fraction("seconds", tests.values().map(|test| test.seconds).collect())
        .instant("reported_at", vec![Some(about.at.as_second()); length])
        .text("source", text(Format::Junit.word()))
        .instant("fetched_at", vec![Some(about.now.as_second()); length])
        .text("raw_ref", text(&raw))
        .finish()
        .map_err(SourceError::rows("tests"))?;
    writer.replace_segment("tests", &unit, [batch])?;
    finish(&mut writer, Format::Junit, &raw, bytes, about, rows)
}

fn finish(
    writer: &mut Writer,
    format: Format,
    raw: &str,
    bytes: &[u8],
    about: &About<'_>,
    rows: usize,
) -> Result<Brought, SourceError> {
    writer.put_state(raw, bytes)?;
    let done = writer.commit(format.word(), VERSION, &format!("{} of {} at {}", format.word(), about.repo, about.commit))?;
    Ok(Brought { rows, unmapped: Vec::new(), snapshot: Some(done.snapshot), created: done.created })
}

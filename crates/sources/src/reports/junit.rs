//! JUnit's XML: what became of each test.

use std::collections::BTreeMap;

use super::ReportError;
use super::xml::{Seen, attribute, walk};

/// What became of a test; the later in this list, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It did not run.
    Skipped,
    /// It passed.
    Passed,
    /// It failed, or ended with an error.
    Failed,
}

impl Outcome {
    /// The word in facts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            _ => Self::Passed,
        }
    }
}

/// One test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestCase {
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
}

impl TestCase {
    /// Adds another run: the worst result and the longest time count.
    pub fn add(&mut self, other: &Self) {
        self.outcome = self.outcome.max(other.outcome);
        self.seconds = match (self.seconds, other.seconds) {
            (Some(own), Some(theirs)) => Some(own.max(theirs)),
            (own, theirs) => own.or(theirs),
        };
    }
}

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<BTreeMap<(String, String), TestCase>, ReportError> {
    let mut found: BTreeMap<(String, String), TestCase> = BTreeMap::new();
    let mut suites: Vec<String> = Vec::new();
    let mut current: Option<((String, String), TestCase)> = None;
    walk(file, bytes, |seen| {
        match seen {
            Seen::Open { name: "testsuite", attributes, .. } => {
                suites.push(attribute(attributes, "name").unwrap_or_default().to_owned());
            }
            Seen::Close { name: "testsuite" } => {
                suites.pop();
            }
            Seen::Open { name: "testcase", attributes, line } => {
                let name = attribute(attributes, "name").ok_or_else(|| ReportError {
                    file: file.to_owned(),
                    line,
                    message: "expected `name` in a `testcase`, found none".to_owned(),
                    hint: "is this a report of tests in JUnit's form?",
                })?;
                let suite = attribute(attributes, "classname").filter(|class| !class.is_empty());
                let suite = suite.or(suites.last().map(String::as_str)).unwrap_or_default().to_owned();
                let seconds = attribute(attributes, "time").and_then(|time| time.replace(',', "").parse::<f64>().ok());
                let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
                current = Some(((suite, name.to_owned()), TestCase { outcome: Outcome::Passed, seconds }));
            }
            Seen::Open { name: "failure" | "error", .. } => {
                if let Some((_, test)) = &mut current {
                    test.outcome = Outcome::Failed;
                }
            }
            Seen::Open { name: "skipped", .. } => {
                if let Some((_, test)) = &mut current {
                    test.outcome = Outcome::Skipped;
                }
            }
            Seen::Close { name: "testcase" } => {
                if let Some((name, test)) = current.take() {
                    found.entry(name).and_modify(|known| known.add(&test)).or_insert(test);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

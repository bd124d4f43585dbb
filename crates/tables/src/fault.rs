//! What is wrong with a file, with everything a person needs to mend it.

use std::fmt;

use candor_model::text::{excerpt, visible};
use serde::Serialize;

/// How many faults of a file are told; the rest is counted.
pub const TOLD: usize = 100;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// Kinds of faults. The words are part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FaultKind { $($(#[$doc])* $name,)* }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word in messages.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// No header.
    EmptyFile = "empty_file",
    /// Bytes that are no UTF-8.
    NotUtf8 = "not_utf8",
    /// A quote that is never closed.
    UnterminatedQuote = "unterminated_quote",
    /// More or fewer cells than the header names.
    WrongFieldCount = "wrong_field_count",
    /// A required column is not in the header.
    MissingColumn = "missing_column",
    /// The table has no such column.
    UnknownColumn = "unknown_column",
    /// The header names a column twice.
    DuplicateColumn = "duplicate_column",
    /// A cell that must be filled is empty.
    MissingValue = "missing_value",
    /// No date.
    BadDate = "bad_date",
    /// No month.
    BadMonth = "bad_month",
    /// No time.
    BadDatetime = "bad_datetime",
    /// A time that does not say its offset.
    MissingOffset = "missing_offset",
    /// No whole number.
    BadInteger = "bad_integer",
    /// No number.
    BadNumber = "bad_number",
    /// Neither true nor false.
    BadBoolean = "bad_boolean",
    /// No currency.
    BadCurrency = "bad_currency",
    /// No country.
    BadCountry = "bad_country",
    /// No commit id.
    BadSha = "bad_sha",
    /// No e-mail address.
    BadEmail = "bad_email",
    /// No weakness.
    BadCwe = "bad_cwe",
    /// A reference that is not written as one.
    BadReference = "bad_reference",
    /// A number outside its range.
    OutOfRange = "out_of_range",
    /// A word outside its list.
    NotAllowed = "not_allowed",
    /// Later than a day from now.
    InFuture = "in_future",
    /// Two times in the wrong order.
    EndBeforeStart = "end_before_start",
    /// Two cells contradict each other.
    Inconsistent = "inconsistent",
    /// The key was seen before.
    DuplicateKey = "duplicate_key",
    /// Two rows of a person share a day.
    Overlap = "overlap",
    /// Managers or parents form a circle.
    Cycle = "cycle",
    /// A person that is nowhere.
    UnknownPerson = "unknown_person",
    /// A team that is nowhere.
    UnknownTeam = "unknown_team",
    /// A repository that is nowhere.
    UnknownRepository = "unknown_repository",
    /// A pull request that is nowhere.
    UnknownPullRequest = "unknown_pull_request",
    /// A work item that is nowhere.
    UnknownWorkItem = "unknown_work_item",
    /// A deployment that is nowhere.
    UnknownDeployment = "unknown_deployment",
    /// A survey that is nowhere.
    UnknownSurvey = "unknown_survey",
    /// A comment that is nowhere.
    UnknownComment = "unknown_comment",
    /// A task that is nowhere.
    UnknownTask = "unknown_task",
    /// An amount in another currency, and no rate.
    MissingFxRate = "missing_fx_rate",
    /// An address where an opaque id belongs.
    PersonalData = "personal_data",
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Physical line, from 1, on which the record begins.
    pub line: u64,
    /// Place in the header, from 1; 0 when the fault is not in one cell.
    pub field: usize,
    /// Name of the column; empty when the fault has none.
    pub column: String,
    /// The kind.
    pub kind: FaultKind,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: ", visible(&self.file), self.line, self.field)?;
        if !self.column.is_empty() {
            write!(out, "{}: ", self.column)?;
        }
        write!(out, "expected {}, found {} [{}]", self.expected, self.found, self.kind.word())?;
        if !self.hint.is_empty() {
            write!(out, "\n  hint: {}", self.hint)?;
        }
        Ok(())
    }
}

/// What a check says of a cell, before it is known where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub kind: FaultKind,
    pub expected: String,
    pub found: String,
    pub hint: String,
}

impl Finding {
    pub(crate) fn new(kind: FaultKind, expected: impl Into<String>, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, expected: expected.into(), found: found.into(), hint: hint.into() }
    }
}

/// A text as it stands in messages: quoted, cut where it is long, control characters written out.
pub(crate) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "an empty cell".to_owned();
    }
    format!("\"{}\"", excerpt(text, 80))
}

/// Characters that a fault gives of one text of the file.
const TEXT: usize = 120;

/// Characters of a whole sentence of a fault: the longest list of columns has room.
const SENTENCE: usize = 1_000;

impl Finding {
    /// The fault of a file at a place. Whatever the file holds, the fault can be shown.
    pub(crate) fn at(self, file: &str, line: u32, field: usize, column: &str) -> Fault {
        let shown = |text: String| excerpt(&text, SENTENCE).into_owned();
        Fault {
            file: file.to_owned(),
            line: u64::from(line),
            field,
            column: excerpt(column, TEXT).into_owned(),
            kind: self.kind,
            expected: shown(self.expected),
            found: shown(self.found),
            hint: shown(self.hint),
        }
    }
}

/// The one of `known` that is nearest to `text`, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded: Vec<char> = text.to_lowercase().chars().collect();
    let limit = (folded.len() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|word| (distance(&folded, &word.to_lowercase().chars().collect::<Vec<_>>(), limit), word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, word)| (*distance, word.len()))
        .map(|(_, word)| word)
}

/// Levenshtein distance with exchanges of neighbours, or more than `limit`.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(limit + 1)
}

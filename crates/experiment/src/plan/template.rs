//! Plan files to begin with: the founding thread's criteria with their margins, or an empty form.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

const DEFAULT: &str = include_str!("default.toml");
const EMPTY: &str = include_str!("empty.toml");

/// The default plan: the criteria of the founding thread, with margins and reasons, for a baseline that begins on `from`.
///
/// # Output
/// Text of a plan file that passes the check as it is, so that an organisation edits margins and not forms.
#[must_use]
pub fn default_plan(id: &str, from: Date) -> String {
    dated(DEFAULT, id, from)
}

/// A plan file with every key and no answers: `check` says what is missing.
#[must_use]
pub fn empty_plan(id: &str, from: Date) -> String {
    dated(EMPTY, id, from)
}

fn dated(text: &str, id: &str, from: Date) -> String {
    let after = |span: Span| from.checked_add(span).unwrap_or(from).to_string();
    let month = |months: i64| after(months.months());
    // Looks use data before their day; the last one waits for the first week after the pilot to be complete.
    let last = from.checked_add(4.months().days(14)).unwrap_or(from).to_string();
    let before = from.checked_add(14.days()).unwrap_or(from).to_string();
    let marks = [
        ("@ID@", id.to_owned()),
        ("@BASELINE@", from.to_string()),
        ("@PILOT@", month(1)),
        ("@LOOK1@", month(2)),
        ("@LOOK2@", month(3)),
        ("@PILOT_END@", month(4)),
        ("@LAST_LOOK@", last),
        ("@ANALYSIS_END@", month(5)),
        ("@END@", month(6)),
        ("@FORECAST@", before),
    ];
    marks.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
}

//! Days as numbers and instants as seconds, both since 1970; the simulated organisation works by UTC, at hours that lie on the same day in
//! its own zone.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Seconds of an hour.
pub const HOUR: i64 = 3_600;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The number of a day, 1970-01-01 being 0.
#[must_use]
pub fn number(date: Date) -> i32 {
    date.since(EPOCH).map_or(0, |span| span.get_days())
}

/// The day of this number.
#[must_use]
pub fn date(day: i32) -> Date {
    EPOCH.checked_add(Span::new().days(day)).unwrap_or(EPOCH)
}

/// Midnight UTC of a day.
#[must_use]
pub fn midnight(day: i32) -> i64 {
    i64::from(day) * DAY
}

/// The day of an instant, UTC.
#[must_use]
pub fn day_of(at: i64) -> i32 {
    i32::try_from(at.div_euclid(DAY)).unwrap_or(0)
}

/// Whether people work on it.
#[must_use]
pub fn is_working(day: i32) -> bool {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) < 5
}

/// So many months after a day, or before it.
#[must_use]
pub fn months_after(day: Date, months: i32) -> Date {
    day.checked_add(Span::new().months(months)).unwrap_or(day)
}

/// First days of the months from `from`'s until before `until`.
#[must_use]
pub fn months(from: Date, until: Date) -> Vec<Date> {
    let mut month = from.first_of_month();
    let mut all = Vec::new();
    while month < until {
        all.push(month);
        month = months_after(month, 1);
    }
    all
}

/// As the contract writes a time.
#[must_use]
pub fn time_text(at: i64) -> String {
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// As the contract writes a month.
#[must_use]
pub fn month_text(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

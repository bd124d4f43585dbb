//! The one place of this crate that turns instants into years, quarters and text. UTC.

use jiff::{Timestamp, tz::TimeZone};

/// A year and its quarter, ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct YearQuarter {
    pub(crate) year: i16,
    pub(crate) quarter: i8,
}

impl YearQuarter {
    /// Of an instant in seconds since 1970; instants that no calendar holds fall on the nearest one that it does.
    pub(crate) fn of(seconds: i64) -> Self {
        let date = timestamp(seconds).to_zoned(TimeZone::UTC).date();
        Self { year: date.year(), quarter: (date.month() - 1) / 3 + 1 }
    }

    pub(crate) fn name(self) -> String {
        format!("{:04}-Q{}", self.year, self.quarter)
    }
}

/// RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(seconds: i64) -> String {
    timestamp(seconds).to_string()
}

fn timestamp(seconds: i64) -> Timestamp {
    let held = seconds.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    Timestamp::from_second(held).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_end_at_midnight_utc() {
        assert_eq!(YearQuarter::of(1_711_929_599).name(), "2024-Q1");
        assert_eq!(YearQuarter::of(1_711_929_600).name(), "2024-Q2");
        assert_eq!(YearQuarter::of(-1).name(), "1969-Q4");
    }

    #[test]
    fn impossible_instants_are_held_inside_the_calendar() {
        assert!(rfc3339(i64::MAX).starts_with("9999"), "{}", rfc3339(i64::MAX));
        assert!(!rfc3339(i64::MIN).is_empty());
        assert_eq!(rfc3339(1_700_864_540), "2023-11-24T22:22:20Z");
    }
}

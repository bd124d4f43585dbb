//! What reading a file depends on besides the file.

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::days::{DayOrder, day_number};

/// How a file writes what the contract writes in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells.
    pub delimiter: u8,
    /// Whether numbers have a decimal comma, and points (if any) between thousands.
    pub decimal_comma: bool,
    /// How local dates are written; `None`: they are not read.
    pub dates: Option<DayOrder>,
}

impl Dialect {
    /// The contract itself.
    pub const PLAIN: Self = Self { delimiter: b',', decimal_comma: false, dates: None };
}

/// What reading depends on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation's reporting currency.
    pub currency: String,
    /// Its time zone.
    pub zone: TimeZone,
    /// The present, for `in_future`.
    pub now: Timestamp,
    /// The zone in which times without offset are read; without one they are refused.
    pub assumed_zone: Option<TimeZone>,
}

const DAY_MICROS: i64 = 86_400_000_000;

/// What [`Settings`] say, ready for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Last instant that is not in the future.
    pub time: i64,
    /// Last day that is not in the future.
    pub day: i32,
    /// The present month, `YYYY-MM`.
    pub month: String,
    /// The present day, for hints.
    pub today: String,
}

impl Settings {
    pub(crate) fn limits(&self) -> Limits {
        let now = self.now.as_microsecond();
        let time = now.saturating_add(DAY_MICROS);
        let local = |at: i64| Timestamp::from_microsecond(at).unwrap_or(self.now).to_zoned(self.zone.clone()).date();
        let number = |date: civil::Date| {
            let part = |value: i8| u32::from(value.unsigned_abs());
            day_number(i32::from(date.year()), part(date.month()), part(date.day())).unwrap_or(i32::MAX)
        };
        let today = local(now);
        Limits {
            time,
            // The local day that holds the instant a day ahead is the last one whose beginning is no later.
            day: number(local(time)),
            month: format!("{:04}-{:02}", today.year(), today.month()),
            today: today.to_string(),
        }
    }
}

//! The one place of calendar arithmetic: local days with their beginnings and ends as instants, and the weeks, months and quarters of them.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::CatalogueError;
use crate::header::PeriodKind;
use crate::settings::{Settings, midnight};

/// First day of the calendar, unless facts of the window need an earlier one.
const FIRST: Date = Date::constant(2000, 1, 1);
/// Days of the calendar after `as_of`.
const AHEAD: i64 = 400;
const DAY_MICROS: i64 = 86_400_000_000;

/// A local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: Date,
    /// Its beginning, microseconds since 1970 UTC.
    pub starts_at: i64,
    /// Its end, not part of it.
    pub ends_at: i64,
}

impl Day {
    /// Monday of its ISO week.
    #[must_use]
    pub fn week_start(&self) -> Date {
        self.day.saturating_sub(i64::from(self.day.weekday().to_monday_zero_offset()).days())
    }

    /// `2025-W10`.
    #[must_use]
    pub fn iso_week(&self) -> String {
        let week = self.day.iso_week_date();
        format!("{:04}-W{:02}", week.year(), week.week())
    }

    /// `2025-03`.
    #[must_use]
    pub fn month(&self) -> String {
        format!("{:04}-{:02}", self.day.year(), self.day.month())
    }

    /// `2025-Q1`.
    #[must_use]
    pub fn quarter(&self) -> String {
        format!("{:04}-Q{}", self.day.year(), (self.day.month() - 1) / 3 + 1)
    }

    fn name(&self, kind: PeriodKind) -> String {
        match kind {
            PeriodKind::Overall => "overall".to_owned(),
            PeriodKind::Day => self.day.to_string(),
            PeriodKind::Week => self.iso_week(),
            PeriodKind::Month => self.month(),
            PeriodKind::Quarter => self.quarter(),
        }
    }
}

/// Days in order, without gaps.
#[derive(Debug, Clone)]
pub struct Calendar {
    days: Vec<Day>,
    window: (i64, i64),
    zone: TimeZone,
}

/// A period that touches the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its kind.
    pub kind: PeriodKind,
    /// `2025-W10`, `2025-03`, `overall`.
    pub name: String,
    /// First day.
    pub first: Date,
    /// The day after its last one.
    pub end: Date,
    /// Its beginning and end, microseconds since 1970 UTC.
    pub from: i64,
    /// Its end, not part of it.
    pub until: i64,
    /// Whether it lies wholly inside the window.
    pub whole: bool,
}

impl Calendar {
    /// The calendar of an organisation.
    ///
    /// # Errors
    /// [`CatalogueError::Setting`] for a zone that does not exist.
    pub fn new(settings: &Settings) -> Result<Self, CatalogueError> {
        settings.check()?;
        let zone = settings.zone()?;
        let last = settings.as_of.saturating_add(AHEAD.days());
        let mut day = FIRST.min(settings.window_start.first_of_month());
        let mut starts_at = midnight(day, &zone)?.as_microsecond();
        let mut days = Vec::with_capacity(10_500);
        while day <= last {
            let next = day.saturating_add(1.day());
            let ends_at = midnight(next, &zone)?.as_microsecond();
            days.push(Day { day, starts_at, ends_at });
            (day, starts_at) = (next, ends_at);
        }
        let window =
            (midnight(settings.window_start, &zone)?.as_microsecond(), midnight(settings.as_of, &zone)?.as_microsecond());
        Ok(Self { days, window, zone })
    }

    /// All days.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Beginning and end of the window, microseconds since 1970 UTC.
    #[must_use]
    pub fn window(&self) -> (i64, i64) {
        self.window
    }

    /// The local day of an instant, in microseconds.
    #[must_use]
    pub fn day_of(&self, at: i64) -> Option<Date> {
        jiff::Timestamp::from_microsecond(at).ok().map(|at| at.to_zoned(self.zone.clone()).date())
    }

    /// The periods of a kind that touch the window, in order.
    #[must_use]
    pub fn periods(&self, kind: PeriodKind) -> Vec<Period> {
        let (start, end) = self.window;
        if kind == PeriodKind::Overall {
            let day = |at: i64| self.days.iter().find(|day| day.starts_at == at).map_or(FIRST, |day| day.day);
            let (first, last) = (day(start), day(end));
            let name = "overall".to_owned();
            return vec![Period { kind, name, first, end: last, from: start, until: end, whole: true }];
        }
        let mut periods: Vec<Period> = Vec::new();
        for day in &self.days {
            let name = day.name(kind);
            match periods.last_mut() {
                Some(last) if last.name == name => {
                    last.end = day.day.saturating_add(1.day());
                    last.until = day.ends_at;
                }
                _ => periods.push(Period {
                    kind,
                    name,
                    first: day.day,
                    end: day.day.saturating_add(1.day()),
                    from: day.starts_at,
                    until: day.ends_at,
                    whole: false,
                }),
            }
        }
        // The first period of the calendar may have begun before it, the last one may end after it; neither touches the window.
        periods.retain(|period| period.from < end && period.until > start);
        for period in &mut periods {
            period.whole = period.from >= start && period.until <= end;
        }
        periods
    }

    /// Which of `periods`, in order and without gaps, each instant lies in.
    pub(crate) fn places(periods: &[Period], at: &[i64]) -> Vec<u32> {
        let place = |at: &i64| {
            let next = periods.partition_point(|period| period.from <= *at);
            match next.checked_sub(1).and_then(|place| periods.get(place).map(|period| (place, period))) {
                Some((place, period)) if *at < period.until => place as u32,
                _ => u32::MAX,
            }
        };
        at.iter().map(place).collect()
    }
}

impl Period {
    /// When a follow-up of so many days after its end is over: the instant, in microseconds.
    #[must_use]
    pub fn closes_at(&self, follow_up_days: u32) -> i64 {
        self.until + i64::from(follow_up_days) * DAY_MICROS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let day = |text: &str| text.parse::<Date>().unwrap();
        Calendar::new(&Settings::new("Europe/Berlin", "EUR", day("2025-02-01"), day("2026-04-01"))).unwrap()
    }

    #[test]
    fn days_follow_each_other_and_know_the_clock_changes() {
        let calendar = calendar();
        for (one, next) in calendar.days().iter().zip(calendar.days().iter().skip(1)) {
            assert_eq!(one.ends_at, next.starts_at, "{}", one.day);
        }
        let hours = |text: &str| {
            let day = calendar.days().iter().find(|day| day.day.to_string() == text).unwrap();
            (day.ends_at - day.starts_at) / 3_600_000_000
        };
        assert_eq!((hours("2025-03-30"), hours("2025-10-26"), hours("2025-03-31")), (23, 25, 24));
    }

    #[test]
    fn periods_are_local_and_those_at_the_edges_are_not_whole() {
        let calendar = calendar();
        let months = calendar.periods(PeriodKind::Month);
        assert_eq!(months.len(), 14);
        assert!(months.iter().all(|month| month.whole));
        let weeks = calendar.periods(PeriodKind::Week);
        let whole = |name: &str| weeks.iter().find(|week| week.name == name).map(|week| week.whole);
        assert_eq!((whole("2025-W05"), whole("2025-W06"), whole("2026-W13")), (Some(false), Some(true), Some(true)));
        assert_eq!((whole("2026-W14"), whole("2025-W04")), (Some(false), None));
        // 1 April in Berlin begins at 22:00 UTC of the day before.
        let at: jiff::Timestamp = "2025-03-31T22:30:00Z".parse().unwrap();
        let place = Calendar::places(&months, &[at.as_microsecond()]);
        assert_eq!(months[place[0] as usize].name, "2025-04");
        let quarters = calendar.periods(PeriodKind::Quarter);
        assert_eq!(quarters.iter().filter(|quarter| quarter.whole).count(), 4);
        assert_eq!(quarters[0].name, "2025-Q1");
    }

    #[test]
    fn iso_weeks_at_the_turn_of_the_year() {
        let day = |text: &str| Day { day: text.parse().unwrap(), starts_at: 0, ends_at: 0 };
        assert_eq!(day("2024-12-30").iso_week(), "2025-W01");
        assert_eq!(day("2021-01-03").iso_week(), "2020-W53");
        assert_eq!(day("2021-01-03").week_start().to_string(), "2020-12-28");
    }
}

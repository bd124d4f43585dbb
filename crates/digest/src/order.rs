//! What a digest is asked for: a tier, a period, whose figures.

use candor_catalogue::{PeriodKind, Stretch};
use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};

use crate::baseline::Baseline;

/// A period as a reader names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `2025-W10`, `2025-03`, `2025-Q1`, `2025`.
    pub name: String,
    /// Kind of its figures; a year is a stretch of its own.
    pub kind: PeriodKind,
    /// First day.
    pub from: Date,
    /// The day after the last one.
    pub until: Date,
}

/// What no digest can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A period that is none.
    #[error("`{0}` is no week, month, quarter or year")]
    Period(String),
    /// A period that ends after what is known.
    #[error("`{name}` is not over: nothing of {as_of} and later is known")]
    Open {
        /// The period.
        name: String,
        /// Where knowledge ends.
        as_of: Date,
    },
    /// A period before everything that is known.
    #[error("`{name}` lies before {start}, with which the window begins")]
    Before {
        /// The period.
        name: String,
        /// Where the window begins.
        start: Date,
    },
    /// A combination that is no pack.
    #[error("{0}")]
    Combination(String),
}

impl Asked {
    /// Reads `2025-W10`, `2025-03`, `2025-Q1` or `2025`.
    ///
    /// # Errors
    /// [`OrderError::Period`].
    pub fn parse(text: &str) -> Result<Self, OrderError> {
        let wrong = || OrderError::Period(text.to_owned());
        let (kind, from, until) = Self::bounds(text).ok_or_else(wrong)?;
        Ok(Self { name: text.to_owned(), kind, from, until })
    }

    fn bounds(text: &str) -> Option<(PeriodKind, Date, Date)> {
        let (year, rest) = text.split_at_checked(4)?;
        if !year.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let year: i16 = year.parse().ok()?;
        let number = |digits: &str, length: usize| {
            let plain = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_digit());
            plain.then(|| digits.parse::<i8>().ok()).flatten()
        };
        if rest.is_empty() {
            let first = Date::new(year, 1, 1).ok()?;
            return Some((PeriodKind::Overall, first, Date::new(year.checked_add(1)?, 1, 1).ok()?));
        }
        let rest = rest.strip_prefix('-')?;
        if let Some(week) = rest.strip_prefix('W') {
            let first = ISOWeekDate::new(year, number(week, 2)?, Weekday::Monday).ok()?.date();
            return Some((PeriodKind::Week, first, first.checked_add(7.days()).ok()?));
        }
        let (first, months, kind) = match rest.strip_prefix('Q') {
            Some(quarter) => {
                let quarter = number(quarter, 1).filter(|quarter| (1..=4).contains(quarter))?;
                (Date::new(year, 3 * (quarter - 1) + 1, 1).ok()?, 3, PeriodKind::Quarter)
            }
            None => (Date::new(year, number(rest, 2)?, 1).ok()?, 1, PeriodKind::Month),
        };
        Some((kind, first, first.checked_add(months.months()).ok()?))
    }

    /// Whether it is a year.
    #[must_use]
    pub fn is_year(&self) -> bool {
        self.kind == PeriodKind::Overall
    }

    /// The first day of the period before it.
    #[must_use]
    pub fn previous(&self) -> Date {
        let back = match self.kind {
            PeriodKind::Week => 7.days(),
            PeriodKind::Month => 1.months(),
            PeriodKind::Quarter => 3.months(),
            PeriodKind::Day => 1.days(),
            PeriodKind::Overall => 1.years(),
        };
        self.from.saturating_sub(back)
    }

    /// Its name of the period before it.
    #[must_use]
    pub fn previous_name(&self) -> String {
        let first = self.previous();
        match self.kind {
            PeriodKind::Week => {
                let week = first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            PeriodKind::Month => format!("{:04}-{:02}", first.year(), first.month()),
            PeriodKind::Quarter => format!("{:04}-Q{}", first.year(), (first.month() - 1) / 3 + 1),
            PeriodKind::Day => first.to_string(),
            PeriodKind::Overall => format!("{:04}", first.year()),
        }
    }

    /// Kind and first day of the series that is drawn up to it.
    #[must_use]
    pub fn series(&self) -> (PeriodKind, Date) {
        match self.kind {
            PeriodKind::Week => (PeriodKind::Week, self.from.saturating_sub(25.weeks())),
            PeriodKind::Month => (PeriodKind::Month, self.from.saturating_sub(12.months())),
            PeriodKind::Quarter => (PeriodKind::Quarter, self.from.saturating_sub(7.quarters_in_months())),
            PeriodKind::Day => (PeriodKind::Day, self.from.saturating_sub(27.days())),
            PeriodKind::Overall => (PeriodKind::Quarter, self.from.saturating_sub(1.years())),
        }
    }

    /// The period as a stretch of days.
    #[must_use]
    pub fn stretch(&self) -> Stretch {
        Stretch { kind: self.kind, from: self.from, until: self.until }
    }

    /// The period before it as a stretch of days.
    #[must_use]
    pub fn previous_stretch(&self) -> Stretch {
        Stretch { kind: self.kind, from: self.previous(), until: self.from }
    }
}

trait Quarters {
    fn quarters_in_months(self) -> jiff::Span;
}

impl Quarters for i64 {
    fn quarters_in_months(self) -> jiff::Span {
        (3 * self).months()
    }
}

/// Whose figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The whole organisation.
    All,
    /// One team.
    Team(String),
    /// One person, by the id that tables hold: for that person alone.
    Person(String),
}

/// What a digest is made of.
#[derive(Debug, Clone)]
pub struct Order {
    /// Name of the organisation, for the title.
    pub organisation: String,
    /// 1 = business outcomes, 2 = team health, 3 = individual patterns.
    pub tier: u8,
    /// The period.
    pub period: Asked,
    /// Whose figures.
    pub who: Who,
    /// The newest baseline, with the name of its file.
    pub baseline: Option<(String, Baseline)>,
    /// Team that went on as before, where the description names one and no table does.
    pub control_team: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_write_them() {
        let of = |text: &str| {
            let asked = Asked::parse(text).unwrap();
            (asked.from.to_string(), asked.until.to_string(), asked.previous_name())
        };
        let case = |text: &str, from: &str, until: &str, before: &str| {
            assert_eq!(of(text), (from.to_owned(), until.to_owned(), before.to_owned()), "{text}");
        };
        case("2025-W10", "2025-03-03", "2025-03-10", "2025-W09");
        case("2025-W01", "2024-12-30", "2025-01-06", "2024-W52");
        case("2025-03", "2025-03-01", "2025-04-01", "2025-02");
        case("2025-01", "2025-01-01", "2025-02-01", "2024-12");
        case("2025-Q1", "2025-01-01", "2025-04-01", "2024-Q4");
        case("2025", "2025-01-01", "2026-01-01", "2024");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "25",
            "2025-13",
            "2025-Q5",
            "2025-Q0",
            "2025-W54",
            "2025-W1",
            "2025-3",
            "2025-03-01",
            "abcd",
            "2025-",
            "２０２５",
        ] {
            assert!(Asked::parse(text).is_err(), "{text}");
        }
        assert!(Asked::parse("2025-W53").is_err(), "2025 has 52 weeks");
        assert!(Asked::parse("2026-W53").is_ok());
    }
}

//! Days and clock times as they are written, without a calendar library in the inner loop.

/// Days of a month of the proleptic Gregorian calendar; 0 for a month that does not exist.
fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days since 1970-01-01, where there is such a day.
///
/// Source: H. Hinnant, chrono-compatible low-level date algorithms, `days_from_civil`.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> Option<i32> {
    if day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i32::try_from((month + 9) % 12).ok()?;
    let day_of_year = (153 * month_from_march + 2) / 5 + i32::try_from(day).ok()? - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Year, month and day of a day number.
pub(crate) fn civil(day: i32) -> (i32, u32, u32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn day_text(day: i32) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The number of some ASCII digits, and nothing else.
pub(crate) fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Year, month and day of `YYYY-MM-DD`, whether or not there is such a day.
pub(crate) fn written_day(text: &str) -> Option<(i32, u32, u32)> {
    if text.len() != 10 || text.get(4..5)? != "-" || text.get(7..8)? != "-" {
        return None;
    }
    let year = i32::try_from(digits(text.get(..4)?)?).ok()?;
    Some((year, digits(text.get(5..7)?)?, digits(text.get(8..)?)?))
}

/// The numbers of a day that is written in another way: three groups of digits with `.`, `/` or `-` between, or eight digits.
fn groups(text: &str) -> Option<[(u32, usize); 3]> {
    let parts: Vec<&str> = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?]
    } else {
        text.split(['.', '/', '-']).map(str::trim).collect()
    };
    let [a, b, c] = parts.as_slice() else { return None };
    Some([(digits(a)?, a.len()), (digits(b)?, b.len()), (digits(c)?, c.len())])
}

/// Which number comes first in local dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// `31.12.2024`
    DayFirst,
    /// `12/31/2024`
    MonthFirst,
}

/// The day of a local date in a known order; years of two digits are of this century.
pub(crate) fn local_day(text: &str, order: DayOrder) -> Option<i32> {
    let [(a, a_length), (b, _), (c, c_length)] = groups(text)?;
    if a_length == 4 {
        return day_number(i32::try_from(a).ok()?, b, c);
    }
    let year = i32::try_from(c).ok()? + if c_length == 2 { 2000 } else { 0 };
    if !matches!(c_length, 2 | 4) {
        return None;
    }
    match order {
        DayOrder::DayFirst => day_number(year, b, a),
        DayOrder::MonthFirst => day_number(year, a, b),
    }
}

/// The day that is meant by a date in another form, when there is only one reading.
pub(crate) fn day_meant(text: &str) -> Option<String> {
    if let Some(day) = text.get(..10).and_then(written_day).and_then(|(y, m, d)| day_number(y, m, d))
        && text.get(10..).is_some_and(|rest| rest.starts_with(['T', 't', ' ']))
    {
        return Some(day_text(day));
    }
    let [first, _, last] = groups(text)?;
    if first.1 == 4 {
        return local_day(text, DayOrder::DayFirst).map(day_text);
    }
    if last.1 != 4 {
        return None;
    }
    // A point is German: the day comes first. With other signs only a number above 12 tells which is the day.
    if text.contains('.') {
        return local_day(text, DayOrder::DayFirst).map(day_text);
    }
    match (local_day(text, DayOrder::DayFirst), local_day(text, DayOrder::MonthFirst)) {
        (Some(day), None) | (None, Some(day)) => Some(day_text(day)),
        (Some(one), Some(other)) if one == other => Some(day_text(one)),
        _ => None,
    }
}

/// A written instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrittenTime {
    /// Day.
    pub day: i32,
    /// Microseconds since midnight by the clock.
    pub micros: i64,
    /// Offset from UTC in seconds, where it is written.
    pub offset: Option<i32>,
}

/// Why a text is no RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTime {
    /// Another form.
    Form,
    /// The form is right, and there is no such day or hour.
    Absent,
}

impl WrittenTime {
    /// Reads RFC 3339, with `T` or one space, with or without offset.
    pub(crate) fn read(text: &str) -> Result<Self, NoTime> {
        if !text.is_ascii() {
            return Err(NoTime::Form);
        }
        let form = || NoTime::Form;
        let (year, month, day) = text.get(..10).and_then(written_day).ok_or_else(form)?;
        let separator = text.get(10..11).ok_or_else(form)?;
        let clock = text.get(11..19).ok_or_else(form)?;
        if !matches!(separator, "T" | "t" | " ") || clock.get(2..3) != Some(":") || clock.get(5..6) != Some(":") {
            return Err(NoTime::Form);
        }
        let part = |range: std::ops::Range<usize>| clock.get(range).and_then(digits).ok_or_else(form);
        let (hour, minute, second) = (part(0..2)?, part(3..5)?, part(6..8)?);
        let mut rest = text.get(19..).unwrap_or_default();
        let mut fraction = 0;
        if let Some(behind) = rest.strip_prefix('.') {
            let length = behind.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return Err(NoTime::Form);
            }
            // Microseconds are kept; what is finer is cut.
            let mut micros: String = behind.get(..length.min(6)).unwrap_or_default().to_owned();
            while micros.len() < 6 {
                micros.push('0');
            }
            fraction = digits(&micros).ok_or_else(form)?;
            rest = behind.get(length..).unwrap_or_default();
        }
        let offset = match rest {
            "" => None,
            "Z" | "z" => Some(0),
            _ => {
                let sign = match rest.get(..1) {
                    Some("+") => 1,
                    Some("-") => -1,
                    _ => return Err(NoTime::Form),
                };
                if rest.len() != 6 || rest.get(3..4) != Some(":") {
                    return Err(NoTime::Form);
                }
                let hours = rest.get(1..3).and_then(digits).ok_or_else(form)?;
                let minutes = rest.get(4..6).and_then(digits).ok_or_else(form)?;
                if hours > 23 || minutes > 59 {
                    return Err(NoTime::Absent);
                }
                Some(sign * i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0))
            }
        };
        let day = day_number(year, month, day).ok_or(NoTime::Absent)?;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(NoTime::Absent);
        }
        let micros = i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + i64::from(fraction);
        Ok(Self { day, micros, offset })
    }

    /// Microseconds since 1970 of the clock time as if it were UTC.
    pub(crate) fn as_utc(&self) -> i64 {
        i64::from(self.day) * 86_400_000_000 + self.micros
    }
}

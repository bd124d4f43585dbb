//! One cell: text into a value of its column's type, or what is wrong with it.

use jiff::{civil, tz::TimeZone};

use crate::codes;
use crate::contract::{Column, Range, Type};
use crate::days::{NoTime, WrittenTime, civil as civil_day, day_meant, day_number, digits, local_day, written_day};
use crate::fault::{FaultKind, Finding, nearest, quoted};
use crate::list::IDENTITY_KINDS;
use crate::rows::Value;
use crate::settings::{Dialect, Limits};

/// What reading a cell depends on.
pub(crate) struct Reader<'a> {
    pub dialect: Dialect,
    pub limits: &'a Limits,
    pub assumed_zone: Option<&'a TimeZone>,
}

const FLAG: &str = "`--dialect spreadsheet` reads files as spreadsheets save them";

impl Reader<'_> {
    /// Reads a cell that is not empty.
    pub(crate) fn read(&self, table: &str, column: &Column, text: &str) -> Result<Value, Finding> {
        let kind = column.kind;
        let bad = |fault: FaultKind, hint: String| Finding::new(fault, kind.words(), quoted(text), hint);
        match kind {
            Type::Id | Type::Text => Ok(Value::Text(text.into())),
            Type::OneOf(words) => one_of(words, text).map(|word| Value::Text(word.into())),
            Type::Date => self.date(table, column, text),
            Type::Month => self.month(text),
            Type::Time => self.time(text).map(Value::Time),
            Type::Int(range) => self.int(&range, text).map(Value::Int),
            Type::Num(range) => self.num(&range, text).map(Value::Num),
            Type::Money(range) => self.money(&range, text).map(Value::Money),
            Type::Bool if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
            Type::Bool if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
            Type::Bool => {
                let meant = match text.to_lowercase().as_str() {
                    "yes" | "y" | "1" | "t" | "on" | "ja" | "wahr" => "write true",
                    "no" | "n" | "0" | "f" | "off" | "nein" | "falsch" => "write false",
                    _ => "write true or false; leave the cell empty where it is not known",
                };
                Err(bad(FaultKind::BadBoolean, meant.to_owned()))
            }
            Type::Currency if codes::is_currency(text) => Ok(Value::Text(text.into())),
            Type::Currency => Err(bad(FaultKind::BadCurrency, or_three_letters(codes::currency_meant(text)))),
            Type::Country if codes::is_country(text) => Ok(Value::Text(text.into())),
            Type::Country => Err(bad(
                FaultKind::BadCountry,
                codes::country_meant(text).map_or_else(
                    || "write the two capital letters of ISO 3166-1, such as DE".to_owned(),
                    |code| format!("write {code}"),
                ),
            )),
            Type::Sha => sha(text).map_err(|hint| bad(FaultKind::BadSha, hint)),
            Type::Cwe => cwe(text).map_err(|hint| bad(FaultKind::BadCwe, hint)),
            Type::Person => person(text, &kind),
            Type::Actor => actor(text, &kind).map(|()| Value::Text(text.into())),
            Type::Reference(_) => Ok(Value::Text(text.into())),
            Type::PullRequests | Type::Causes | Type::Actors | Type::Texts | Type::Numbers(_) => self.list(&kind, text),
        }
    }

    fn list(&self, kind: &Type, text: &str) -> Result<Value, Finding> {
        let mut items: Vec<String> = Vec::new();
        for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
            match kind {
                Type::PullRequests => {
                    pull_request(item).ok_or_else(|| bad_pull_request(kind, item))?;
                }
                Type::Causes => match item.strip_prefix("deployment:") {
                    Some("") => {
                        let hint = "write deployment: and the id of a deployment, deployment:d77";
                        return Err(Finding::new(FaultKind::BadReference, kind.words(), quoted(item), hint));
                    }
                    Some(_) => {}
                    None => {
                        pull_request(item).ok_or_else(|| bad_pull_request(kind, item))?;
                    }
                },
                Type::Actors => actor(item, kind)?,
                Type::Numbers(range) => {
                    items.push(self.int(range, item)?.to_string());
                    continue;
                }
                _ => {}
            }
            items.push(item.to_owned());
        }
        Ok(Value::Text(items.join(";").into()))
    }

    fn date(&self, table: &str, column: &Column, text: &str) -> Result<Value, Finding> {
        let expected = || Type::Date.words();
        let written = written_day(text);
        let mut day = written.and_then(|(year, month, day)| day_number(year, month, day));
        if let (None, Some(order)) = (written, self.dialect.dates) {
            day = local_day(text, order);
        }
        let Some(day) = day else {
            let hint = match (written, day_meant(text)) {
                (Some(_), _) => "there is no such day".to_owned(),
                (None, Some(meant)) => format!("write {meant}"),
                (None, None) => format!("write year, month and day: 2024-12-31; {FLAG}"),
            };
            return Err(Finding::new(FaultKind::BadDate, expected(), quoted(text), hint));
        };
        if day > self.limits.day && matches!((table, column.name), ("ai_usage", "day") | ("people", "professional_since")) {
            return Err(self.in_future("a day that has begun", text));
        }
        Ok(Value::Date(day))
    }

    fn month(&self, text: &str) -> Result<Value, Finding> {
        let bad = |hint: String| Finding::new(FaultKind::BadMonth, Type::Month.words(), quoted(text), hint);
        let number = |year: &str, month: &str| {
            let (year_number, month_number) = (digits(year)?, digits(month)?);
            (year.len() == 4 && (1..=12).contains(&month_number)).then(|| format!("{year_number:04}-{month_number:02}"))
        };
        let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
        let plain = text.len() == 7 && text.get(4..5) == Some("-");
        let month = match parts.as_slice() {
            [year, month] if plain => number(year, month),
            // As spreadsheets save a month: 03.2025, 03/2025, 1.3.2025 is read by the order of dates.
            [month, year] if self.dialect.dates.is_some() && year.len() == 4 => number(year, month),
            [_, _, _] => self.dialect.dates.and_then(|order| local_day(text, order)).map(|day| {
                let (year, month, _) = civil_day(day);
                format!("{year:04}-{month:02}")
            }),
            _ => None,
        };
        let Some(month) = month else {
            let meant = match parts.as_slice() {
                [year, month] if year.len() == 4 => number(year, month),
                [month, year] if year.len() == 4 => number(year, month),
                [year, month, _] if year.len() == 4 && day_meant(text).is_some() => number(year, month),
                _ if text.len() == 6 => text.get(..4).zip(text.get(4..)).and_then(|(year, month)| number(year, month)),
                _ => None,
            };
            return Err(bad(match meant {
                Some(meant) => format!("write {meant}"),
                None if plain => "months go from 01 to 12".to_owned(),
                None => format!("write year and month: 2025-03; {FLAG}"),
            }));
        };
        if month > self.limits.month {
            return Err(self.in_future("no month after the present one", text));
        }
        Ok(Value::Text(month.into()))
    }

    fn time(&self, text: &str) -> Result<i64, Finding> {
        let written = match WrittenTime::read(text) {
            Ok(written) => written,
            Err(NoTime::Form) if self.dialect.dates.is_some() => {
                self.local_time(text).ok_or_else(|| bad_time(text, NoTime::Form))?
            }
            Err(why) => return Err(bad_time(text, why)),
        };
        let micros = match (written.offset, self.assumed_zone) {
            (Some(offset), _) => written.as_utc() - i64::from(offset) * 1_000_000,
            (None, Some(zone)) => in_zone(&written, zone).ok_or_else(|| {
                let zone_name = zone.iana_name().unwrap_or("the assumed zone");
                let hint = format!("the clocks of {zone_name} skip this hour; write the time with its offset");
                Finding::new(FaultKind::BadDatetime, "a time that exists", quoted(text), hint)
            })?,
            (None, None) => {
                let hint = format!(
                    "write {text}Z if it is UTC, or the offset such as +02:00 behind it; `--assume-timezone ZONE` reads a file whose times are all in one zone"
                );
                return Err(Finding::new(FaultKind::MissingOffset, Type::Time.words(), quoted(text), hint));
            }
        };
        if micros > self.limits.time {
            return Err(self.in_future("a time that is past", text));
        }
        Ok(micros)
    }

    /// A local date with a clock time behind it, as spreadsheets save it: `31.12.2024 14:05`.
    fn local_time(&self, text: &str) -> Option<WrittenTime> {
        let (day, clock) = text.split_once([' ', 'T', 't'])?;
        let day = match written_day(day) {
            Some((year, month, day)) => day_number(year, month, day)?,
            None => local_day(day, self.dialect.dates?)?,
        };
        let clock = clock.trim();
        let (clock, afternoon) = match clock.to_ascii_lowercase() {
            lower if lower.ends_with("pm") => (clock.get(..clock.len() - 2)?.trim(), Some(true)),
            lower if lower.ends_with("am") => (clock.get(..clock.len() - 2)?.trim(), Some(false)),
            _ => (clock, None),
        };
        let parts: Vec<u32> = clock.split(':').map(digits).collect::<Option<_>>()?;
        let (mut hour, minute, second) = match parts.as_slice() {
            [hour, minute] => (*hour, *minute, 0),
            [hour, minute, second] => (*hour, *minute, *second),
            _ => return None,
        };
        if let Some(afternoon) = afternoon {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(WrittenTime { day, micros: i64::from(hour * 3600 + minute * 60 + second) * 1_000_000, offset: None })
    }

    fn in_future(&self, expected: &str, text: &str) -> Finding {
        Finding::new(FaultKind::InFuture, expected, quoted(text), format!("today is {}", self.limits.today))
    }

    /// A number in the contract's form: digits with an optional sign and point.
    fn plain_number(&self, text: &str) -> Option<String> {
        let mut plain = text.to_owned();
        if self.dialect.decimal_comma {
            if !well_grouped(text, '.', ',') {
                return None;
            }
            plain = text.replace('.', "").replace(',', ".");
        }
        let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
        let (whole, decimals) = match unsigned.split_once('.') {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (unsigned, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (all_digits(whole) && decimals.is_none_or(all_digits)).then_some(plain)
    }

    fn int(&self, range: &Range, text: &str) -> Result<i64, Finding> {
        let words = Type::Int(*range).words();
        let bad = |hint: String| Finding::new(FaultKind::BadInteger, words.clone(), quoted(text), hint);
        let plain = self.plain_number(text).ok_or_else(|| bad(number_hint(text, "a whole number")))?;
        if plain.contains('.') {
            return Err(bad("this is counted in whole numbers: no decimals".to_owned()));
        }
        let value: i64 = plain.parse().map_err(|_| {
            Finding::new(FaultKind::OutOfRange, "a whole number of at most 18 digits", quoted(text), "is this the right column?")
        })?;
        #[expect(clippy::cast_precision_loss, reason = "compared with small whole bounds only")]
        let inside = range.holds(value as f64);
        if inside { Ok(value) } else { Err(out_of_range(range, text)) }
    }

    fn num(&self, range: &Range, text: &str) -> Result<f64, Finding> {
        let bad = |hint: String| Finding::new(FaultKind::BadNumber, Type::Num(*range).words(), quoted(text), hint);
        let plain = self.plain_number(text).ok_or_else(|| bad(number_hint(text, "a decimal point")))?;
        let value: f64 = plain.parse().map_err(|_| bad("write digits with a decimal point".to_owned()))?;
        if !value.is_finite() || !range.holds(value) {
            return Err(out_of_range(range, text));
        }
        // -0 is 0.
        Ok(value + 0.0)
    }

    fn money(&self, range: &Range, text: &str) -> Result<i128, Finding> {
        let bad = |hint: String| Finding::new(FaultKind::BadNumber, Type::Money(*range).words(), quoted(text), hint);
        let plain = self.plain_number(text).ok_or_else(|| bad(number_hint(text, "a decimal point")))?;
        let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
        // The fifth decimal decides; a half goes away from 0. Programs write 947780.1899999999 for 947780.19.
        let rounds_up = decimals.as_bytes().get(4).is_some_and(|digit| *digit >= b'5');
        let digits = format!("{whole}{:0<4}", decimals.get(..decimals.len().min(4)).unwrap_or_default());
        let away = if plain.starts_with('-') { -1 } else { 1 };
        let value: Option<i128> = digits
            .parse()
            .ok()
            .map(|value: i128| value + if rounds_up { away } else { 0 })
            .filter(|value| value.unsigned_abs() < 10_u128.pow(20));
        let Some(value) = value else {
            return Err(Finding::new(FaultKind::OutOfRange, "an amount below 10^16", quoted(text), "is this the right column?"));
        };
        #[expect(clippy::cast_precision_loss, reason = "compared with 0 only")]
        let inside = range.holds(value as f64);
        if inside { Ok(value) } else { Err(out_of_range(range, text)) }
    }
}

/// Whether `text` is a number whose thousands (if separated) are groups of three, and which is no riddle: `1.234` alone is one.
fn well_grouped(text: &str, thousands: char, decimal: char) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, decimals) = unsigned.split_once(decimal).map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    if decimals.is_some_and(|rest| rest.contains([thousands, decimal])) {
        return false;
    }
    let groups: Vec<&str> = whole.split(thousands).collect();
    let [first, rest @ ..] = groups.as_slice() else { return false };
    // One point and three digits behind it: 1,234 or 1.234? Two points, or a comma behind, and it is plain.
    let is_riddle = rest.len() == 1 && decimals.is_none();
    rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3) && !is_riddle)
}

fn number_hint(text: &str, want: &str) -> String {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(percent) = unsigned.strip_suffix('%')
        && let Ok(value) = percent.trim().parse::<f64>()
    {
        return format!("write {want} without a sign; a share is a fraction: {}", value / 100.0);
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) && unsigned.contains([',', '.']) {
        let comma_is_decimal = text.replace('.', "").replace(',', ".");
        let point_is_decimal = text.replace(',', "");
        let is_number = |text: &str| text.parse::<f64>().is_ok();
        let readings = [(comma_is_decimal, "if the comma is the decimal sign"), (point_is_decimal, "if the point is")];
        let readings: Vec<String> =
            readings.iter().filter(|(value, _)| is_number(value)).map(|(value, when)| format!("{value} {when}")).collect();
        return format!("write a decimal point and no thousands separator: {}; {FLAG}", readings.join(", "));
    }
    format!("write digits, with {want}; no unit, exponent or thousands separator")
}

fn out_of_range(range: &Range, text: &str) -> Finding {
    let hint = if range.greatest.is_finite() && range.greatest <= 1.0 {
        "a share is a fraction: 0.24, not 24"
    } else {
        "leave the cell empty where it is not known"
    };
    Finding::new(FaultKind::OutOfRange, format!("a number {}", range.words()), quoted(text), hint)
}

/// The word of `words` that `text` is, exactly.
fn one_of(words: &'static [&'static str], text: &str) -> Result<&'static str, Finding> {
    if let Some(word) = words.iter().find(|word| **word == text) {
        return Ok(word);
    }
    let spelt = text.to_lowercase().replace([' ', '-'], "_");
    let meant = words.iter().copied().find(|word| *word == spelt).or_else(|| nearest(text, words.iter().copied()));
    let hint = meant.map_or_else(|| "the list is fixed; compared exactly".to_owned(), |word| format!("write {word}"));
    Err(Finding::new(FaultKind::NotAllowed, format!("one of {}", words.join(", ")), quoted(text), hint))
}

fn or_three_letters(code: Option<String>) -> String {
    code.map_or_else(|| "write the three capital letters of ISO 4217, such as EUR".to_owned(), |code| format!("write {code}"))
}

fn sha(text: &str) -> Result<Value, String> {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if matches!(text.len(), 40 | 64) && is_hex(text) {
        return Ok(Value::Text(text.into()));
    }
    let lower = text.to_lowercase();
    Err(if matches!(text.len(), 40 | 64) && is_hex(&lower) {
        format!("write {lower}")
    } else if is_hex(&lower) {
        format!("write the whole id; this has {} digits", text.len())
    } else {
        "write the commit's full hash, as `git rev-parse` prints it".to_owned()
    })
}

fn cwe(text: &str) -> Result<Value, String> {
    let number = text.strip_prefix("CWE-");
    if number.is_some_and(|number| digits(number).is_some()) {
        return Ok(Value::Text(text.into()));
    }
    let bare: String = text.chars().filter(char::is_ascii_digit).collect();
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    Err(if !bare.is_empty() && (letters.is_empty() || letters.eq_ignore_ascii_case("cwe")) {
        format!("write CWE-{bare}")
    } else {
        "write CWE- and the number".to_owned()
    })
}

/// Repository and number of `repo#number`.
pub(crate) fn pull_request(text: &str) -> Option<(&str, i64)> {
    let (repo, number) = text.rsplit_once('#')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| number.parse().ok()).flatten().filter(|number| *number >= 1)?;
    (!repo.is_empty()).then_some((repo, number))
}

fn bad_pull_request(kind: &Type, item: &str) -> Finding {
    let meant = item
        .rsplit_once(['/', '!', ':'])
        .filter(|(repo, number)| repo.contains('/') && digits(number).is_some())
        .map(|(repo, number)| format!("write {}#{number}", repo.trim_end_matches("/pull").trim_end_matches("/-/merge_requests")));
    let hint = meant.unwrap_or_else(|| "write repo#number, such as acme/checkout#12; several with ; between".to_owned());
    Finding::new(FaultKind::BadReference, kind.words(), quoted(item), hint)
}

/// Kind and value of `KIND:VALUE`, where the kind is one of identities.csv.
pub(crate) fn identity(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(kind, _)| IDENTITY_KINDS.contains(kind)).map(|(kind, value)| (kind, value.trim()))
}

fn person(text: &str, kind: &Type) -> Result<Value, Finding> {
    let bad = |hint: &str| Err(Finding::new(FaultKind::BadReference, kind.words(), quoted(text), hint));
    if identity(text).is_some_and(|(_, value)| value.is_empty()) {
        return bad("write the value behind the colon, such as github:grace-i");
    }
    if text.starts_with("bot:") || text.starts_with("external:") {
        return bad("only a person can stand here");
    }
    Ok(Value::Text(text.into()))
}

fn actor(text: &str, kind: &Type) -> Result<(), Finding> {
    let is_bare = ["bot:", "external:"].iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|name| name.trim().is_empty()));
    if is_bare || identity(text).is_some_and(|(_, value)| value.is_empty()) {
        let hint = "write the name behind the colon, such as bot:renovate";
        return Err(Finding::new(FaultKind::BadReference, kind.words(), quoted(text), hint));
    }
    Ok(())
}

fn bad_time(text: &str, why: NoTime) -> Finding {
    let hint = match why {
        NoTime::Absent => "there is no such day, hour or offset".to_owned(),
        NoTime::Form => time_meant(text).map_or_else(
            || {
                if written_day(text).is_some() || day_meant(text).is_some() {
                    format!(
                        "write the time of the day too, with its offset: {}T14:05:00+02:00",
                        day_meant(text).unwrap_or_else(|| text.to_owned())
                    )
                } else {
                    format!("write day, time and offset: 2025-03-31T14:05:00+02:00; {FLAG}")
                }
            },
            |meant| format!("write {meant}"),
        ),
    };
    Finding::new(FaultKind::BadDatetime, Type::Time.words(), quoted(text), hint)
}

/// The time that is meant by one that lacks only seconds or the colon of its offset.
fn time_meant(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let (clock, offset) = match text.get(11..)?.rfind(['+', '-', 'Z', 'z']) {
        Some(at) => (text.get(..11 + at)?, text.get(11 + at..)?),
        None => (text, ""),
    };
    let seconds = if clock.len() == 16 { ":00" } else { "" };
    let offset = match offset.len() {
        5 => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
        3 => format!("{offset}:00"),
        _ => offset.to_owned(),
    };
    let meant = format!("{clock}{seconds}{offset}");
    (WrittenTime::read(&meant).is_ok_and(|time| time.offset.is_some())).then_some(meant)
}

/// Microseconds since 1970 of a clock time in a zone: the first of an hour that exists twice, `None` for one that does not exist.
fn in_zone(written: &WrittenTime, zone: &TimeZone) -> Option<i64> {
    let (year, month, day) = civil_day(written.day);
    let seconds = written.micros / 1_000_000;
    let part = |value: i64| i8::try_from(value).ok();
    let local = civil::DateTime::new(
        i16::try_from(year).ok()?,
        part(i64::from(month))?,
        part(i64::from(day))?,
        part(seconds / 3600)?,
        part(seconds / 60 % 60)?,
        part(seconds % 60)?,
        i32::try_from(written.micros % 1_000_000).ok()? * 1000,
    )
    .ok()?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. }) {
        return None;
    }
    ambiguous.earlier().ok().map(jiff::Timestamp::as_microsecond)
}

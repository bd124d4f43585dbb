//! How figures, units and reasons are put into words, the same on every page.

use std::collections::BTreeMap;

use candor_catalogue::Answer;
use candor_stats::{Estimate, Interval};

/// Sign of a negative number; a hyphen is too short beside digits.
const MINUS: char = '\u{2212}';

/// A number with four significant digits, grouped by thousands.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (3 - magnitude).clamp(0, 12) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    // What is less than the last digit that is shown has no sign.
    if fraction.is_empty() && whole.bytes().all(|digit| digit == b'0') {
        return "0".to_owned();
    }
    let mut out = String::new();
    if value < 0.0 {
        out.push(MINUS);
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number with its sign.
fn signed(value: f64) -> String {
    let text = number(value);
    if value > 0.0 && text != "0" { format!("+{text}") } else { text }
}

/// One decimal, for shares in percent and changes.
fn tenth(value: f64) -> String {
    let text = format!("{:.1}", value.abs());
    if text == "0.0" { text } else { format!("{}{text}", if value < 0.0 { MINUS.to_string() } else { String::new() }) }
}

fn signed_tenth(value: f64) -> String {
    let text = tenth(value);
    if value > 0.0 && text != "0.0" { format!("+{text}") } else { text }
}

/// A unit as it is shown: a share in percent, a duration in the unit that fits its size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unit {
    factor: f64,
    label: String,
    is_share: bool,
}

impl Unit {
    /// The unit of a figure whose size is about `size`.
    pub(crate) fn of(unit: &str, size: f64, currency: &str) -> Self {
        let plain = |factor: f64, label: &str| Self { factor, label: label.to_owned(), is_share: false };
        if unit == "share" || unit.starts_with("share of ") {
            let of = unit.strip_prefix("share ").unwrap_or_default();
            let label = if of.is_empty() { "%".to_owned() } else { format!("% {of}") };
            return Self { factor: 100.0, label, is_share: true };
        }
        let size = size.abs();
        match unit {
            "hours" if size > 0.0 && size < 1.0 => plain(60.0, "minutes"),
            "hours" if size >= 72.0 => plain(1.0 / 24.0, "days"),
            "minutes" if size >= 2_880.0 => plain(1.0 / 1_440.0, "days"),
            "minutes" if size >= 120.0 => plain(1.0 / 60.0, "hours"),
            unit => plain(1.0, &unit.replace("currency", currency)),
        }
    }

    /// What stands behind the number.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// A value without its unit.
    pub(crate) fn value(&self, value: f64) -> String {
        if self.is_share {
            let text = tenth(100.0 * value);
            // A share that is not 0 or 1 is not rounded to it.
            return match text.as_str() {
                "0.0" if value > 0.0 => "<0.1".to_owned(),
                "100.0" if value < 1.0 => ">99.9".to_owned(),
                _ => text,
            };
        }
        number(value * self.factor)
    }

    /// A value with its unit.
    pub(crate) fn with_unit(&self, value: f64) -> String {
        format!("{} {}", self.value(value), self.label)
    }

    /// A difference with its sign and unit: percentage points for shares.
    pub(crate) fn difference(&self, value: f64) -> String {
        if self.is_share { format!("{} points", signed_tenth(100.0 * value)) } else { signed(value * self.factor) }
    }

    /// A difference with its sign and unit.
    pub(crate) fn difference_with_unit(&self, value: f64) -> String {
        // A unit that is a range (1 to 5) says nothing behind a difference.
        let is_range = self.label.starts_with(|letter: char| letter.is_ascii_digit());
        if self.is_share || is_range { self.difference(value) } else { format!("{} {}", self.difference(value), self.label) }
    }

    /// Limits of a difference.
    pub(crate) fn difference_limits(&self, interval: &Interval) -> String {
        let one = |limit: Option<f64>| {
            limit.map(|limit| if self.is_share { signed_tenth(100.0 * limit) } else { signed(limit * self.factor) })
        };
        between(one(interval.lower), one(interval.upper))
    }

    /// Limits of a figure.
    pub(crate) fn limits(&self, interval: &Interval) -> String {
        between(interval.lower.map(|limit| self.value(limit)), interval.upper.map(|limit| self.value(limit)))
    }
}

/// `3 to 5`, `3 or more`, `up to 5`.
fn between(lower: Option<String>, upper: Option<String>) -> String {
    match (lower, upper) {
        (Some(lower), Some(upper)) => format!("{lower} to {upper}"),
        (Some(lower), None) => format!("{lower} or more"),
        (None, Some(upper)) => format!("up to {upper}"),
        (None, None) => "no limits".to_owned(),
    }
}

/// A relative change in percent with its sign.
pub(crate) fn relative(value: f64) -> String {
    if value.abs() >= 10.0 {
        return format!("{} times", number(1.0 + value));
    }
    format!("{} %", signed_tenth(100.0 * value))
}

/// Limits of a relative change.
pub(crate) fn relative_limits(interval: &Interval) -> String {
    let one = |limit: Option<f64>| {
        limit.map(|limit| if limit.abs() >= 10.0 { number(100.0 * limit) } else { signed_tenth(100.0 * limit) })
    };
    format!("{} %", between(one(interval.lower), one(interval.upper)))
}

/// Limits of an estimate, or that there are none.
pub(crate) fn limits_of(estimate: &Estimate, show: impl Fn(&Interval) -> String) -> String {
    estimate.interval.as_ref().map_or_else(|| "no limits".to_owned(), show)
}

/// The text with numbers of many decimals cut to four significant digits: reasons name days and shares as they were computed.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, after) = rest.split_at(start);
        let end = after.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(after.len());
        let (digits, behind) = after.split_at(end);
        let long = digits.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 4 && !fraction.contains('.'));
        out.push_str(before);
        match digits.parse::<f64>() {
            Ok(value) if long => out.push_str(&number(value)),
            _ => out.push_str(digits),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Why there is no figure, in words for its place.
pub(crate) fn why(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Estimate(_) => None,
        Answer::Insufficient { have, need, reason, .. } => {
            Some(tidy(&format!("cannot be told: {reason} (there is {have}; it takes {need})")))
        }
        Answer::NotApplicable { reason, .. } => Some(format!("does not apply: {reason}")),
        Answer::NotObserved { reason, .. } => Some(format!("not observed: {reason}")),
    }
}

/// The same in a few words, for a cell of a table.
pub(crate) fn brief(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Estimate(_) => None,
        Answer::Insufficient { reason, .. } | Answer::NotApplicable { reason, .. } | Answer::NotObserved { reason, .. } => {
            Some(tidy(reason))
        }
    }
}

/// What is said of a comparison that goes across breaks.
pub(crate) fn crossing(crosses: &[String]) -> Option<String> {
    match crosses {
        [] => None,
        [day] => Some(format!("it goes across the break of {day}, which may be part of it")),
        [first, .., last] => {
            Some(format!("it goes across {} breaks, from {first} to {last}, which may be part of it", crosses.len()))
        }
    }
}

/// What happened on each day.
pub(crate) fn by_day(breaks: &[crate::document::Break]) -> BTreeMap<&str, Vec<&str>> {
    let mut days: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in breaks {
        days.entry(&found.day).or_default().push(&found.what);
    }
    days
}

/// Names in a row: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `source AI-heavy, team checkout`.
pub(crate) fn group(by: &BTreeMap<String, String>) -> String {
    by.iter().map(|(dimension, value)| format!("{dimension} {}", source(value))).collect::<Vec<_>>().join(", ")
}

/// Display name of a source.
pub(crate) fn source(value: &str) -> &str {
    match value {
        "ai" => "AI",
        "ai_light" => "AI-light",
        "ai_heavy" => "AI-heavy",
        other => other,
    }
}

/// The name of a figure for people: `review time: hours`.
pub(crate) fn name(figure: &str) -> String {
    let (metric, part) = figure.split_once('.').unwrap_or((figure, ""));
    let metric = match metric {
        "csat" => "CSAT".to_owned(),
        "nps" => "NPS".to_owned(),
        "tool_roi" => "tool ROI".to_owned(),
        other => other.replace('_', " ").replace("ai ", "AI "),
    };
    if part.is_empty() { metric } else { format!("{metric}: {}", part.replace('_', " ")) }
}

/// The first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        let shown = [0.0, 0.012_345, 1.5, -12.345_6, 1_234.56, 1_234_567.0].map(number);
        assert_eq!([number(-2e-14), signed(2e-14), signed(-0.0)], ["0"; 3]);
        assert_eq!(shown, ["0", "0.01235", "1.5", "\u{2212}12.35", "1,235", "1,234,567"]);
    }

    #[test]
    fn units_fit_their_size() {
        let shown = |unit: &str, value: f64| Unit::of(unit, value, "EUR").with_unit(value);
        assert_eq!(shown("hours", 0.5), "30 minutes");
        assert_eq!(shown("hours", 30.0), "30 hours");
        assert_eq!(shown("hours", 96.0), "4 days");
        assert_eq!(shown("minutes", 90.0), "90 minutes");
        assert_eq!(shown("share of lines", 0.934), "93.4 % of lines");
        assert_eq!(shown("share of lines", 0.999_9), ">99.9 % of lines");
        assert_eq!(shown("currency / feature", 1200.0), "1,200 EUR / feature");
    }

    #[test]
    fn reasons_keep_no_long_decimals() {
        let shown =
            ["follow-up to 0.7666666666666667; it takes 12", "2026-07-01, 3.5 of 4", "version 1.2.33333", "none"].map(tidy);
        assert_eq!(shown, ["follow-up to 0.7667; it takes 12", "2026-07-01, 3.5 of 4", "version 1.2.33333", "none"]);
    }

    #[test]
    fn changes_have_signs() {
        assert_eq!([relative(0.123), relative(-0.05), relative(0.0)], ["+12.3 %", "\u{2212}5.0 %", "0.0 %"]);
        assert_eq!(Unit::of("share", 0.5, "EUR").difference(-0.021), "\u{2212}2.1 points");
        assert_eq!(Unit::of("hours", 30.0, "EUR").difference(2.0), "+2");
    }
}

//! How numbers, intervals and reasons are put into words, the same in the terminal and on the page.

use candor_metrics::document::{LifeReport, Reading};
use candor_stats::{Estimate, Outcome};

/// Sign of a negative number; a hyphen is too short beside digits.
const MINUS: char = '\u{2212}';

/// Lines that a group needs for a curve or a row of its own: a handful that one person wrote in a week is no course of life.
pub(crate) const MINIMUM_GROUP: u64 = 100;

/// `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 landing`, `2 landings`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A share in percent with one decimal and no unit: `93.1`. Never rounds a share that is not 0 or 1 to it.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.1}", 100.0 * share);
    match text.as_str() {
        "0.0" if share > 0.0 => "<0.1".to_string(),
        "100.0" if share < 1.0 => ">99.9".to_string(),
        _ => text,
    }
}

/// A difference of shares in percentage points with its sign: `+1.2`, `−0.3`.
pub(crate) fn points(difference: f64) -> String {
    let text = format!("{:.1}", (100.0 * difference).abs());
    if text == "0.0" { text } else { format!("{}{text}", if difference < 0.0 { MINUS } else { '+' }) }
}

/// Limits of a share: `90.1–95.2`; `None` where there are none.
pub(crate) fn share_limits(estimate: &Estimate) -> Option<String> {
    let interval = estimate.interval?;
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) => Some(format!("{}–{}", percent(lower), percent(upper))),
        _ => None,
    }
}

/// Limits of a difference: `−2.0 to +0.4`.
pub(crate) fn point_limits(estimate: &Estimate) -> Option<String> {
    let interval = estimate.interval?;
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) => Some(format!("{} to {}", points(lower), points(upper))),
        _ => None,
    }
}

/// Why an outcome has no figure, in a few words for a cell.
pub(crate) fn gap(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Estimate(_) => None,
        Outcome::Insufficient { have, .. } => Some(have.replace("follow-up to ", "only ").replace(".0 days", " days")),
        Outcome::NotApplicable { .. } => Some("not applicable".to_string()),
    }
}

/// Why an outcome has no figure, as a sentence.
pub(crate) fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Estimate(_) => None,
        Outcome::Insufficient { have, need, reason } => Some(format!("there is {have}, it takes {need}: {reason}")),
        Outcome::NotApplicable { reason } => Some(reason.clone()),
    }
}

/// Notes and reasons, each once; those that one author carries figures become one, with the range of the shares.
pub(crate) fn merged(notes: Vec<String>) -> Vec<String> {
    const LEAD: &str = "one author carries ";
    let share = |note: &str| -> Option<u32> { note.split_once(LEAD)?.1.split_once(" %")?.0.parse().ok() };
    let shares: Vec<u32> = notes.iter().filter_map(|note| share(note)).collect();
    let (low, high) = (shares.iter().min().copied().unwrap_or(0), shares.iter().max().copied().unwrap_or(0));
    let mut list: Vec<String> = Vec::new();
    for note in notes {
        let note = match share(&note) {
            Some(own) if low < high => note
                .replace(&format!("{LEAD}{own} %"), &format!("{LEAD}{low} to {high} %"))
                .replace("what this figure rests on", "what such a figure rests on"),
            _ => note,
        };
        if !list.contains(&note) {
            list.push(note);
        }
    }
    list
}

/// A note of [`merged`] where there is little room; others stay as they are.
pub(crate) fn brief(note: &str) -> String {
    match note.split_once(" of what ").filter(|(share, _)| share.contains("one author carries ")) {
        Some((share, _)) => format!("{share} of it; a difference rests on the authors of both sides"),
        None => note.to_string(),
    }
}

/// Display name of a source or class.
pub(crate) fn group(name: &str) -> &str {
    match name {
        "ai" => "AI",
        "ai_light" => "AI-light",
        "ai_heavy" => "AI-heavy",
        "bot" => "bots",
        other => other,
    }
}

/// The day of an RFC 3339 instant.
pub(crate) fn day(instant: Option<&String>) -> &str {
    instant.map_or("?", |instant| instant.split('T').next().unwrap_or(instant))
}

/// Title of a report: its repositories.
pub(crate) fn title(read: &Reading) -> String {
    let names: Vec<&str> = read.repositories.iter().map(|repository| repository.name.as_str()).collect();
    match names.as_slice() {
        [] => "no repository".to_string(),
        [one] => format!("{one} · {}", read.repositories[0].branch),
        [first, second, third] => format!("{first}, {second}, {third}"),
        [first, second] => format!("{first}, {second}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}

/// What was left out over all repositories, by reason, most lines first.
pub(crate) fn left_out(read: &Reading) -> Vec<(String, u64, u64)> {
    let mut sums: std::collections::BTreeMap<&str, (u64, u64)> = std::collections::BTreeMap::new();
    for left_out in read.repositories.iter().flat_map(|repository| &repository.left_out) {
        let sum = sums.entry(&left_out.reason).or_default();
        sum.0 += left_out.paths;
        sum.1 += left_out.lines;
    }
    let mut list: Vec<_> = sums.into_iter().map(|(reason, (paths, lines))| (reason.replace('_', " "), paths, lines)).collect();
    list.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(&other.0)));
    list
}

/// What shaped the labels of this report and must stand beside its figures.
pub(crate) fn declarations(report: &LifeReport) -> Vec<String> {
    let settings = &report.settings;
    let mut list: Vec<String> = settings
        .complete
        .iter()
        .map(|text| format!("attribution declared complete: {text}; there, lines without evidence count as human"))
        .collect();
    // A date before the first landing shapes nothing.
    let reached = |date: &&String| report.read.from.as_deref().is_none_or(|first| first < date.as_str());
    list.extend(
        settings
            .human_before
            .iter()
            .filter(reached)
            .map(|date| format!("lines that landed before {date} without evidence count as human")),
    );
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shares_are_not_rounded_to_certainty() {
        assert_eq!([count(0), count(999), count(1_000), count(12_345_678)], ["0", "999", "1,000", "12,345,678"]);
        assert_eq!(
            [percent(0.0), percent(0.000_1), percent(0.5), percent(0.999_9), percent(1.0)],
            ["0.0", "<0.1", "50.0", ">99.9", "100.0"]
        );
        assert_eq!([points(-0.123), points(0.05), points(-0.000_1)], ["−12.3", "+5.0", "0.0"]);
    }
}

//! A digest as Markdown.

use std::fmt::Write;

use candor_catalogue::{Answer, Cell};

use crate::document::{Delta, Digest, DigestFigure, DigestMetric, Drill, Movement, Pack};
use crate::said::named;
use crate::words::{self, Unit};

/// Writes a digest as Markdown.
#[must_use]
pub fn markdown(digest: &Digest) -> String {
    let mut out = String::new();
    let organisation = if digest.organisation.is_empty() { String::new() } else { format!("{}: ", text(&digest.organisation)) };
    let _ = writeln!(out, "# {organisation}{}\n", text(&digest.title));
    let _ = writeln!(out, "{}\n", lede(digest));
    if digest.pack == Pack::OwnPage {
        out.push_str("This page is for you alone: it is in no other pack, and nobody is compared with you.\n\n");
    }
    coverage(&mut out, digest);
    said(&mut out, digest);
    breaks(&mut out, digest);
    for metric in &digest.metrics {
        metric_section(&mut out, digest, metric);
    }
    if let Some(drill) = &digest.drill {
        drill_section(&mut out, digest, drill);
    }
    out.push_str("## How to read it\n\n");
    for method in &digest.methods {
        let _ = writeln!(out, "- {}", text(method));
    }
    let _ = writeln!(out, "\n{}", foot(digest));
    out
}

/// What the page is about, in a sentence.
pub(crate) fn lede(digest: &Digest) -> String {
    let last = digest.period.until.parse::<jiff::civil::Date>().ok().and_then(|day| day.yesterday().ok());
    let last = last.map_or_else(|| digest.period.until.clone(), |day| day.to_string());
    let against = match &digest.baseline {
        Some(baseline) => format!("the baseline of {} to {} ({})", baseline.from, baseline.until, baseline.file),
        None if digest.pack == Pack::OwnPage => "your own past".to_owned(),
        None => "no baseline: `candor baseline` writes one".to_owned(),
    };
    format!("{} to {last}, compared with {} and {against}.", digest.period.from, digest.previous.name)
}

/// Where the figures come from.
pub(crate) fn foot(digest: &Digest) -> String {
    let snapshot = digest.snapshot.map_or_else(|| "no snapshot".to_owned(), |snapshot| format!("snapshot {snapshot}"));
    format!(
        "{} · {snapshot} · nothing of {} and later is known · days are those of {}",
        digest.schema, digest.settings.as_of, digest.settings.timezone
    )
}

/// Text that cannot be taken for Markdown or a line of its own.
fn text(raw: &str) -> String {
    let mut out = String::new();
    for letter in raw.chars() {
        match letter {
            '|' | '<' | '*' | '_' | '[' | '#' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

fn coverage(out: &mut String, digest: &Digest) {
    out.push_str("## How much can be known\n\n");
    if digest.coverage.is_empty() {
        out.push_str("Nothing is known of the evidence.\n\n");
    } else {
        out.push_str("| evidence | figure | limits | parts | observations | people |\n| --- | --- | --- | --- | --- | --- |\n");
        for figure in &digest.coverage {
            let _ = writeln!(out, "| {} | {} |", text(&named(figure)), row_of(digest, figure));
        }
        out.push('\n');
    }
    for line in &digest.declared {
        let _ = writeln!(out, "- {}", text(line));
    }
    if !digest.declared.is_empty() {
        out.push('\n');
    }
}

/// Figure, limits, parts, observations and people as cells.
fn row_of(digest: &Digest, figure: &DigestFigure) -> String {
    let cell = &figure.now;
    let unit = unit_of(digest, figure, cell);
    match &cell.answer {
        Answer::Estimate(estimate) => [
            unit.with_unit(estimate.point),
            words::limits_of(estimate, |interval| unit.limits(interval)),
            parts(cell, figure.scale),
            cell.units.to_string(),
            cell.people.map_or_else(|| "–".to_owned(), |people| people.to_string()),
        ]
        .join(" | "),
        other => format!("– | {} | | {} | ", text(&words::brief(other).unwrap_or_default()), cell.units),
    }
}

pub(crate) fn unit_of(digest: &Digest, figure: &DigestFigure, cell: &Cell) -> Unit {
    Unit::of(&figure.unit, cell.answer.point().unwrap_or_default(), &digest.settings.currency)
}

/// Numerator and denominator such that they give the printed figure.
pub(crate) fn parts(cell: &Cell, scale: f64) -> String {
    let (Some(numerator), Some(denominator)) = (cell.numerator, cell.denominator) else { return String::new() };
    let factor = if scale == 1.0 { String::new() } else { format!("{} × ", exact(scale)) };
    format!("{factor}{} / {}", exact(numerator), exact(denominator))
}

/// Ten significant digits: enough that the printed parts give the printed figure.
fn exact(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let decimals = (9 - value.abs().log10().floor() as i32).clamp(0, 17) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn said(out: &mut String, digest: &Digest) {
    out.push_str("## In words\n\n");
    for (title, list, none) in [
        ("What moved", &digest.said.moved, "Nothing moved beyond chance."),
        ("Where no movement can be seen", &digest.said.not_moved, "There is no such figure."),
        ("What cannot be told", &digest.said.cannot_tell, "Every figure can be told."),
    ] {
        let _ = writeln!(out, "### {title}\n");
        if list.is_empty() {
            let _ = writeln!(out, "{none}");
        }
        for line in list {
            let _ = writeln!(out, "- {}", text(line));
        }
        out.push('\n');
    }
}

fn breaks(out: &mut String, digest: &Digest) {
    if digest.breaks.is_empty() {
        return;
    }
    out.push_str("## Breaks\n\nFigures before and after such a day are not alike.\n\n");
    for found in &digest.breaks {
        let metrics = if found.metrics.is_empty() { String::new() } else { format!(" ({})", found.metrics.join(", ")) };
        let _ = writeln!(out, "- {}: {}{}", found.day, text(&found.what), text(&metrics));
    }
    out.push('\n');
}

fn metric_section(out: &mut String, digest: &Digest, metric: &DigestMetric) {
    let _ = writeln!(out, "## {}\n\n{}\n", text(&words::capital(&words::name(&metric.id))), text(&metric.question));
    for missing in &metric.missing {
        let _ = writeln!(out, "Not there: {}; `{}` supplies it.\n", text(&missing.table), missing.command);
    }
    out.push_str("| figure | value | limits | parts | observations | people | against ");
    let _ = writeln!(out, "{} | against the baseline | since the baseline, at every look | says |", digest.previous.name);
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for figure in &metric.figures {
        let unit = unit_of(digest, figure, &figure.now);
        let since = figure.since_baseline.as_ref().map_or_else(String::new, |since| match &since.always_valid {
            Answer::Estimate(estimate) => format!(
                "{} ({})",
                unit.difference(estimate.point),
                words::limits_of(estimate, |interval| unit.difference_limits(interval))
            ),
            other => words::brief(other).unwrap_or_default(),
        });
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            text(&named(figure)),
            row_of(digest, figure),
            text(&change(figure.previous.as_ref(), &unit)),
            text(&change(figure.baseline.as_ref(), &unit)),
            text(&since),
            movement(figure)
        );
    }
    out.push('\n');
    for figure in &metric.figures {
        details(out, digest, figure);
    }
    if !metric.caveats.is_empty() {
        let _ = writeln!(out, "{}\n", text(&metric.caveats));
    }
}

/// A change in one cell: difference and relative difference, each with limits.
pub(crate) fn change(delta: Option<&Delta>, unit: &Unit) -> String {
    let Some(delta) = delta else { return String::new() };
    let Answer::Estimate(absolute) = &delta.absolute else { return words::brief(&delta.absolute).unwrap_or_default() };
    let mut out = format!(
        "{} ({})",
        unit.difference(absolute.point),
        words::limits_of(absolute, |interval| unit.difference_limits(interval))
    );
    if let Answer::Estimate(relative) = &delta.relative {
        let _ = write!(out, "; {} ({})", words::relative(relative.point), words::limits_of(relative, words::relative_limits));
    }
    out
}

pub(crate) fn movement(figure: &DigestFigure) -> &'static str {
    match figure.movement {
        Movement::Better => "moved to the better",
        Movement::Worse => "moved to the worse",
        Movement::Moved => "moved",
        Movement::Perhaps => "may have moved",
        Movement::NotSeen => "no movement seen",
        Movement::CannotTell => "a movement cannot be told",
        Movement::Counted => "counted",
    }
}

/// What stands below the table: the newest that can be told, the series, slices, the control, notes.
fn details(out: &mut String, digest: &Digest, figure: &DigestFigure) {
    let name = text(&words::capital(&named(figure)));
    if let Some(newest) = &figure.newest
        && let Some(estimate) = newest.answer.estimate()
    {
        let unit = unit_of(digest, figure, newest);
        let _ = writeln!(
            out,
            "- {name}, newest that can be told: {}: {} ({}).",
            newest.period.name,
            unit.with_unit(estimate.point),
            words::limits_of(estimate, |interval| unit.limits(interval))
        );
    }
    let unit = unit_of(digest, figure, &figure.now);
    if figure.series.iter().any(|cell| cell.answer.estimate().is_some()) && figure.series.len() > 1 {
        // The JSON has all of it.
        let series: Vec<String> = figure
            .series
            .iter()
            .skip(figure.series.len().saturating_sub(13))
            .map(|cell| {
                format!("{} {}", cell.period.name, cell.answer.point().map_or_else(|| "–".to_owned(), |point| unit.value(point)))
            })
            .collect();
        let _ = writeln!(out, "- {name}, series ({}): {}.", text(unit.label()), series.join(", "));
    }
    let slices = by_group(figure, &unit);
    if !slices.is_empty() {
        let _ = writeln!(out, "- {name} by group: {}.", text(&slices.join("; ")));
    }
    if let Some(control) = &figure.control {
        let _ = writeln!(
            out,
            "- {name} against {}: {}.",
            text(&digest.control_teams.join(", ")),
            text(&change(Some(control), &unit))
        );
    }
    let deltas = [
        (&figure.previous, digest.previous.name.as_str()),
        (&figure.baseline, "the baseline"),
        (&figure.control, "the control teams"),
    ];
    for (delta, against) in deltas {
        for note in delta.iter().flat_map(|delta| words::crossing(&delta.crosses).into_iter().chain(delta.notes.iter().cloned()))
        {
            let _ = writeln!(out, "- {name} against {against}: {}.", text(&note));
        }
    }
    for note in figure.since_baseline.iter().filter_map(|since| words::crossing(&since.crosses)) {
        let _ = writeln!(out, "- {name} since the baseline: {}.", text(&note));
    }
    out.push('\n');
}

/// The slices of a figure, those without one together under their reason.
fn by_group(figure: &DigestFigure, unit: &Unit) -> Vec<String> {
    let mut shown = Vec::new();
    let mut gaps: Vec<(String, Vec<String>)> = Vec::new();
    for cell in &figure.slices {
        let own = cell.by.iter().filter(|(dimension, _)| !figure.now.by.contains_key(*dimension));
        let group = words::group(&own.map(|(dimension, value)| (dimension.clone(), value.clone())).collect());
        match &cell.answer {
            Answer::Estimate(estimate) => {
                let limits = words::limits_of(estimate, |interval| unit.limits(interval));
                shown.push(format!("{group} {} ({limits}; {})", unit.value(estimate.point), counted(cell)));
            }
            other => {
                let why = words::brief(other).unwrap_or_default();
                match gaps.iter_mut().find(|(own, _)| *own == why) {
                    Some((_, groups)) => groups.push(group),
                    None => gaps.push((why, vec![group])),
                }
            }
        }
    }
    shown.extend(gaps.into_iter().map(|(why, groups)| format!("{}: – ({why})", groups.join(", "))));
    shown
}

fn counted(cell: &Cell) -> String {
    match cell.people {
        Some(people) => format!("{} of {people} people", cell.units),
        None => cell.units.to_string(),
    }
}

fn drill_section(out: &mut String, digest: &Digest, drill: &Drill) {
    let _ = writeln!(
        out,
        "## Where to look\n\n{}. So Tier 2 is opened, against {}: {} comparisons, of which {} moved; the largest standardised change comes first. No \
         movement was seen in {} further slices.\n",
        text(&words::capital(&drill.reason)),
        drill.against.name,
        drill.comparisons,
        drill.rows.iter().filter(|row| row.moved).count(),
        drill.slices_not_moved
    );
    out.push_str("| figure | group | change | standardised | adjusted p | says |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in &drill.rows {
        let unit = Unit::of(&row.unit, row.later.point().unwrap_or_default(), &digest.settings.currency);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            text(&words::name(&row.figure)),
            text(&if row.by.is_empty() { "all".to_owned() } else { words::group(&row.by) }),
            text(&change(Some(&row.delta), &unit)),
            row.delta.standardised.map_or_else(|| "–".to_owned(), words::number),
            row.delta
                .adjusted_p
                .map_or_else(|| "–".to_owned(), |p| if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }),
            if row.moved { "moved" } else { "no movement seen" }
        );
    }
    out.push('\n');
}

//! Results as tables for a terminal, as Markdown and as CSV. Renders and computes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use candor_catalogue::{Answer, Break, Cell, Direction, FigureResult, MetricResult, PeriodKind, Results};

use crate::failure::Failure;

/// Tables for a terminal.
pub(super) fn terminal(results: &Results) -> String {
    let mut text = String::new();
    for metric in &results.metrics {
        let _ = writeln!(text, "{}: {}", metric.id, metric.question);
        let breaks = breaks_of(results, &metric.id);
        for figure in &metric.figures {
            let _ = writeln!(text, "\n{}", heading(figure));
            let rows = rows(figure, &breaks);
            let widths: Vec<usize> = (0..COLUMNS.len())
                .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0))
                .collect();
            for row in &rows {
                let line: Vec<String> = row
                    .iter()
                    .zip(&widths)
                    .enumerate()
                    .map(
                        |(at, (cell, width))| {
                            if (2..=5).contains(&at) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                        },
                    )
                    .collect();
                let _ = writeln!(text, "  {}", line.join("  ").trim_end());
            }
        }
        if !breaks.is_empty() {
            let _ = writeln!(text, "\n  {ACROSS}");
            for one in &breaks {
                let _ = writeln!(text, "  {}", sentence(one));
            }
        }
        if !metric.caveats.is_empty() {
            let _ = writeln!(text, "\n  {}", metric.caveats);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", foot(results));
    text
}

/// Tables in Markdown.
pub(super) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    for metric in &results.metrics {
        let _ = writeln!(text, "## {}\n\n{}\n", metric.id, metric.question);
        let breaks = breaks_of(results, &metric.id);
        for figure in &metric.figures {
            let _ = writeln!(text, "### {}\n", heading(figure));
            for (at, row) in rows(figure, &breaks).iter().enumerate() {
                let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
                let _ = writeln!(text, "| {} |", cells.join(" | "));
                if at == 0 {
                    let _ = writeln!(text, "|{}", " --- |".repeat(row.len()));
                }
            }
            text.push('\n');
        }
        if !breaks.is_empty() {
            let _ = writeln!(text, "{ACROSS}\n");
            for one in &breaks {
                let _ = writeln!(text, "- {}", sentence(one));
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{}\n", metric.caveats);
    }
    let _ = writeln!(text, "{}", foot(results));
    text
}

fn heading(figure: &FigureResult) -> String {
    let direction = match figure.direction {
        Direction::Higher => ", higher is better",
        Direction::Lower => ", lower is better",
        Direction::Neither => "",
    };
    format!("{} ({}){direction}", figure.figure, figure.unit)
}

fn foot(results: &Results) -> String {
    let settings = &results.settings;
    let snapshot = results.snapshot.map_or_else(|| "no snapshot".to_owned(), |snapshot| format!("snapshot {snapshot}"));
    format!(
        "{snapshot}; {} to {} (not included), {}; {:.0} % intervals",
        settings.window_start,
        settings.as_of,
        settings.timezone,
        100.0 * settings.level
    )
}

const ACROSS: &str = "Before and after these days figures do not compare:";

/// The breaks that concern a metric.
fn breaks_of<'a>(results: &'a Results, metric: &str) -> Vec<&'a Break> {
    results.breaks.iter().filter(|one| one.metrics.iter().any(|own| own == metric)).collect()
}

fn sentence(one: &Break) -> String {
    format!("{}  {}: {}", one.on, one.kind.words(), one.what)
}

/// The breaks that fall into the period of a cell and are not about other groups than its own.
fn inside(cell: &Cell, breaks: &[&Break]) -> Option<String> {
    let is_in = |one: &&&Break| {
        cell.period.kind != PeriodKind::Overall
            && cell.period.from <= one.on
            && one.on < cell.period.until
            && one.by.iter().all(|(dimension, value)| cell.by.get(dimension).is_none_or(|own| own == value))
    };
    let days: BTreeSet<&str> = breaks.iter().filter(is_in).map(|one| one.on.as_str()).collect();
    (!days.is_empty()).then(|| format!("break on {}", days.into_iter().collect::<Vec<_>>().join(", ")))
}

const COLUMNS: [&str; 7] = ["period", "of", "figure", "interval", "parts", "n", "note"];

/// A head and one row per cell.
fn rows(figure: &FigureResult, breaks: &[&Break]) -> Vec<Vec<String>> {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    for cell in &figure.cells {
        let of = if cell.by.is_empty() { "all".to_owned() } else { group(&cell.by) };
        let mut row = vec![cell.period.name.clone(), of];
        match &cell.answer {
            Answer::Estimate(estimate) => {
                let limit = |limit: Option<f64>| limit.map_or_else(|| "?".to_owned(), number);
                let interval = estimate.interval.filter(|own| own.lower.is_some() || own.upper.is_some());
                row.push(number(estimate.point));
                row.push(interval.map_or_else(String::new, |own| format!("{} to {}", limit(own.lower), limit(own.upper))));
                row.push(parts(cell, figure.scale));
                row.push(cell.units.to_string());
                row.push(notes(cell, &estimate.notes, estimate.unknown_source_share));
            }
            Answer::Insufficient { reason, code, .. } => {
                let closes = cell.closes_on.as_ref().map_or_else(String::new, |day| format!("; closes on {day}"));
                row.extend(["-".to_owned(), String::new(), String::new(), String::new()]);
                row.push(format!("insufficient ({code}): {reason}{closes}"));
            }
            Answer::NotApplicable { reason, code } => {
                row.extend(["-".to_owned(), String::new(), String::new(), String::new()]);
                row.push(format!("not applicable ({code}): {reason}"));
            }
            Answer::NotObserved { reason, code } => {
                row.extend(["-".to_owned(), String::new(), String::new(), String::new()]);
                row.push(format!("not observed ({code}): {reason}"));
            }
        }
        if let (Some(mark), Some(note)) = (inside(cell, breaks), row.last_mut()) {
            let before = std::mem::take(note);
            *note = if before.is_empty() { mark } else { format!("{mark}; {before}") };
        }
        rows.push(row);
    }
    rows
}

fn group(by: &BTreeMap<String, String>) -> String {
    by.iter().map(|(dimension, value)| format!("{dimension} {value}")).collect::<Vec<_>>().join(", ")
}

fn notes(cell: &Cell, notes: &[String], unknown: Option<f64>) -> String {
    let mut all = Vec::new();
    if let Some(share) = cell.left_out_share.filter(|share| *share > 0.0) {
        all.push(format!("{} left out", percent(share)));
    }
    // In a slice by source the share is 0 or 1, and says nothing.
    if let Some(share) = unknown.filter(|share| *share > 0.0 && !cell.by.contains_key("source")) {
        all.push(format!("source of {} unknown", percent(share)));
    }
    all.extend(notes.iter().cloned());
    all.join("; ")
}

fn percent(share: f64) -> String {
    if share < 0.001 { "under 0.1 %".to_owned() } else { format!("{:.1} %", 100.0 * share) }
}

/// Numerator and denominator such that they give the printed figure.
fn parts(cell: &Cell, scale: f64) -> String {
    let (Some(numerator), Some(denominator)) = (cell.numerator, cell.denominator) else { return String::new() };
    let factor = if scale == 1.0 { String::new() } else { format!("{} x ", exact(scale)) };
    format!("{factor}{} / {}", exact(numerator), exact(denominator))
}

/// Four significant digits: what a reader can use.
fn number(value: f64) -> String {
    significant(value, 4)
}

/// Ten significant digits: enough that the printed parts give the printed figure.
fn exact(value: f64) -> String {
    significant(value, 10)
}

fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (digits - 1 - magnitude).clamp(0, 17) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// One line per cell, with every digit.
pub(super) fn csv(results: &Results) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::machine(error.to_string());
    writer
        .write_record([
            "figure",
            "period_kind",
            "period",
            "from",
            "until",
            "by",
            "point",
            "lower",
            "upper",
            "level",
            "scale",
            "numerator",
            "denominator",
            "unit",
            "units",
            "people",
            "clusters",
            "left_out_share",
            "unknown_source_share",
            "kind",
            "reason",
            "method",
            "metric_version",
            "snapshot",
        ])
        .map_err(failed)?;
    for (metric, figure) in results.metrics.iter().flat_map(|metric| metric.figures.iter().map(move |figure| (metric, figure))) {
        for cell in &figure.cells {
            writer.write_record(line(results, metric, figure, cell)).map_err(failed)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Failure::machine(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Failure::machine(error.to_string()))
}

fn line(results: &Results, metric: &MetricResult, figure: &FigureResult, cell: &Cell) -> Vec<String> {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    let by = cell.by.iter().map(|(dimension, value)| format!("{dimension}={value}")).collect::<Vec<_>>().join(";");
    let estimate = cell.answer.estimate();
    let interval = estimate.and_then(|estimate| estimate.interval);
    let kind = match &cell.answer {
        Answer::Estimate(_) => "estimate",
        Answer::Insufficient { .. } => "insufficient",
        Answer::NotApplicable { .. } => "not_applicable",
        Answer::NotObserved { .. } => "not_observed",
    };
    vec![
        figure.figure.clone(),
        cell.period.kind.name().to_owned(),
        cell.period.name.clone(),
        cell.period.from.clone(),
        cell.period.until.clone(),
        by,
        text(cell.answer.point()),
        text(interval.and_then(|own| own.lower)),
        text(interval.and_then(|own| own.upper)),
        text(interval.map(|own| own.level)),
        figure.scale.to_string(),
        text(cell.numerator),
        text(cell.denominator),
        figure.unit.clone(),
        cell.units.to_string(),
        text(cell.people),
        text(estimate.and_then(|estimate| estimate.clusters)),
        text(cell.left_out_share),
        text(estimate.and_then(|estimate| estimate.unknown_source_share)),
        kind.to_owned(),
        text(cell.answer.code()),
        text(estimate.map(|estimate| &estimate.method)),
        metric.version.to_string(),
        text(results.snapshot),
    ]
}

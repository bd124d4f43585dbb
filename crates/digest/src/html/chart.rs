//! A figure over time as a small inline picture: gaps are drawn as gaps, days at which the series changes its meaning as marks.

use std::fmt::Write as _;

use candor_catalogue::{Answer, Cell};
use candor_report::page::text;
use maud::{Markup, html};

use crate::document::{Break, DigestFigure};
use crate::words::{self, Unit};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 112.0;
const LEFT: f64 = 4.0;
const RIGHT: f64 = 4.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 18.0;

struct Plot {
    low: f64,
    high: f64,
    step: f64,
}

impl Plot {
    /// A scale that holds every point; limits as far as they do not squeeze the points into a line.
    fn of(cells: &[Cell], level: Option<f64>) -> Option<Self> {
        let points: Vec<f64> = cells.iter().filter_map(|cell| cell.answer.point()).chain(level).collect();
        let low = points.iter().copied().reduce(f64::min)?;
        let high = points.iter().copied().reduce(f64::max)?;
        let limits = |upper: bool| {
            cells.iter().filter_map(move |cell| {
                let interval = cell.answer.estimate()?.interval?;
                if upper { interval.upper } else { interval.lower }
            })
        };
        let mut size = (high - low).max(high.abs().max(low.abs()) * 0.2);
        if size == 0.0 {
            // All points are 0: only the limits have a size.
            size = limits(true).chain(limits(false)).map(f64::abs).fold(0.0, f64::max);
        }
        if size == 0.0 {
            size = 1.0;
        }
        let lowest = limits(false).fold(low, f64::min).max(low - size);
        let highest = limits(true).fold(high, f64::max).min(high + size);
        let pad = if highest > lowest { 0.0 } else { size / 2.0 };
        let step = (WIDTH - LEFT - RIGHT) / cells.len().max(1) as f64;
        Some(Self { low: lowest - pad, high: highest + pad, step })
    }

    fn x(&self, place: usize) -> f64 {
        LEFT + self.step * (place as f64 + 0.5)
    }

    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Neighbouring cells that have a figure, and those that have none.
fn runs(cells: &[Cell]) -> Vec<(bool, std::ops::Range<usize>)> {
    let mut runs: Vec<(bool, std::ops::Range<usize>)> = Vec::new();
    for (place, cell) in cells.iter().enumerate() {
        let known = cell.answer.estimate().is_some();
        match runs.last_mut() {
            Some((own, range)) if *own == known => range.end = place + 1,
            _ => runs.push((known, place..place + 1)),
        }
    }
    runs
}

/// The band between the limits of neighbouring cells, clipped to the scale; empty where a limit is missing.
fn band(plot: &Plot, cells: &[Cell], range: std::ops::Range<usize>) -> Option<String> {
    let mut upper = String::new();
    let mut lower = String::new();
    let places: Vec<usize> = range.collect();
    if places.len() < 2 {
        return None;
    }
    for (at, place) in places.iter().enumerate() {
        let interval = cells.get(*place)?.answer.estimate()?.interval?;
        let _ = write!(upper, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, plot.x(*place), plot.y(interval.upper?));
    }
    for place in places.iter().rev() {
        let interval = cells.get(*place)?.answer.estimate()?.interval?;
        let _ = write!(lower, "L{:.1} {:.1}", plot.x(*place), plot.y(interval.lower?));
    }
    Some(format!("{upper}{lower}Z"))
}

fn line(plot: &Plot, cells: &[Cell], range: std::ops::Range<usize>) -> String {
    let mut path = String::new();
    for place in range {
        if let Some(point) = cells.get(place).and_then(|cell| cell.answer.point()) {
            let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { 'M' } else { 'L' }, plot.x(place), plot.y(point));
        }
    }
    path
}

/// Breaks that touch a figure, each with its place on the axis.
fn marks<'a>(figure: &DigestFigure, breaks: &'a [Break]) -> Vec<(f64, &'a Break)> {
    let metric = figure.figure.split('.').next().unwrap_or_default();
    let mine = breaks.iter().filter(|found| found.metrics.is_empty() || found.metrics.iter().any(|own| own == metric));
    mine.filter_map(|found| {
        let place = figure.series.iter().position(|cell| cell.period.from <= found.day && found.day < cell.period.until)?;
        Some((place as f64, found))
    })
    .collect()
}

/// The chart of a series.
pub(super) fn series(id: &str, figure: &DigestFigure, breaks: &[Break], unit: &Unit) -> Markup {
    let cells = &figure.series;
    let level = figure.baseline.as_ref().and_then(|delta| delta.earlier.point());
    let foot = HEIGHT - BOTTOM;
    let name = |place: usize| cells.get(place).map_or("", |cell| cell.period.name.as_str());
    let described = describe(cells, unit);
    html! {
        svg.series viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(format!("{id}-t {id}-d")) {
            title id=(format!("{id}-t")) { (text(&words::name(&figure.figure))) " by period" }
            desc id=(format!("{id}-d")) { (text(&described)) }
            @if let Some(plot) = Plot::of(cells, level) {
                @for (known, range) in runs(cells) {
                    @if known {
                        @if let Some(band) = band(&plot, cells, range.clone()) { path class="band" d=(band) {} }
                    } @else {
                        rect class="gap fill" x=(px(LEFT + plot.step * range.start as f64)) y=(px(TOP)) width=(px(plot.step * range.len() as f64)) height=(px(foot - TOP)) {
                            title { (text(&gap(cells, &range))) }
                        }
                    }
                }
                line class="axis" x1=(px(LEFT)) x2=(px(WIDTH - RIGHT)) y1=(px(foot)) y2=(px(foot)) {}
                @if let Some(level) = level {
                    line class="level" x1=(px(LEFT)) x2=(px(WIDTH - RIGHT)) y1=(px(plot.y(level))) y2=(px(plot.y(level))) { title { "baseline: " (text(&unit.with_unit(level))) } }
                }
                @for (place, found) in marks(figure, breaks) {
                    @let x = LEFT + plot.step * place;
                    line class="break" x1=(px(x)) x2=(px(x)) y1=(px(TOP - 6.0)) y2=(px(foot)) { title { (found.day) ": " (text(&found.what)) } }
                }
                @for (_, range) in runs(cells).into_iter().filter(|(known, _)| *known) {
                    @if range.len() > 1 { path class="line" d=(line(&plot, cells, range.clone())) {} }
                    @else {
                        @let place = range.start;
                        circle class="dot" cx=(px(plot.x(place))) cy=(px(plot.y(cells.get(place).and_then(|cell| cell.answer.point()).unwrap_or_default()))) r="2.4" {}
                    }
                }
                @if let Some(Answer::Estimate(last)) = cells.last().map(|cell| &cell.answer) {
                    @let x = plot.x(cells.len() - 1);
                    @if let Some((lower, upper)) = last.interval.and_then(|interval| interval.lower.zip(interval.upper)) {
                        line class="whisker" x1=(px(x)) x2=(px(x)) y1=(px(plot.y(lower))) y2=(px(plot.y(upper))) {}
                    }
                    circle class="dot" cx=(px(x)) cy=(px(plot.y(last.point))) r="3.4" {}
                }
                // The unit stands with the figure above; here it would run into the next card.
                text x=(px(LEFT)) y="9" { (text(&format!("{} to {}", unit.value(plot.low), unit.value(plot.high)))) @if unit.label().starts_with('%') { (text(" %")) } }
            } @else {
                rect class="gap fill" x=(px(LEFT)) y=(px(TOP)) width=(px(WIDTH - LEFT - RIGHT)) height=(px(foot - TOP)) {}
                text x=(px(WIDTH / 2.0)) y=(px(f64::midpoint(TOP, foot) + 4.0)) text-anchor="middle" { "no period has a figure" }
            }
            text x=(px(LEFT)) y=(px(HEIGHT - 3.0)) { (name(0)) }
            text x=(px(WIDTH - RIGHT)) y=(px(HEIGHT - 3.0)) text-anchor="end" { (name(cells.len().saturating_sub(1))) }
        }
    }
}

/// What a gap says of itself.
fn gap(cells: &[Cell], range: &std::ops::Range<usize>) -> String {
    let name = |place: usize| cells.get(place).map_or("", |cell| cell.period.name.as_str());
    let why = cells.get(range.start).and_then(|cell| words::brief(&cell.answer)).unwrap_or_default();
    let last = range.end.saturating_sub(1);
    if range.len() == 1 {
        format!("{}: {why}", name(range.start))
    } else {
        format!("{} to {}: {why}", name(range.start), name(last))
    }
}

fn describe(cells: &[Cell], unit: &Unit) -> String {
    let shown: Vec<String> = cells
        .iter()
        .map(|cell| {
            format!(
                "{} {}",
                cell.period.name,
                cell.answer.point().map_or_else(|| "no figure".to_owned(), |point| unit.value(point))
            )
        })
        .collect();
    format!("{}. Unit: {}.", shown.join(", "), unit.label())
}

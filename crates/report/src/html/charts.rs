//! Charts as inline SVG: survival curves with bands and numbers at risk, small multiples, strips with intervals, stacked bars.

use std::fmt::Write as _;

use candor_metrics::document::{CurvePoint, Level, SourceLines};
use maud::{Markup, html};

use crate::words;

/// Colour class of a group; only known names, so that no text of a repository becomes a class.
pub(super) fn class(name: &str) -> &'static str {
    match name {
        "human" => "human",
        "ai" | "ai_heavy" => "ai",
        "ai_light" | "mixed" => "mixed",
        "unknown" => "unknown",
        "bot" => "bot",
        _ => "all",
    }
}

/// Whether a group has a curve.
pub(super) fn is_drawn(level: &Level) -> bool {
    level.lines >= words::MINIMUM_GROUP && level.curve.len() > 1
}

/// Where a chart draws: the size of its picture and the box of its axes.
struct Plot {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    end: f64,
}

impl Plot {
    fn x(&self, days: f64) -> f64 {
        self.left + (self.width - self.left - self.right) * (days / self.end).clamp(0.0, 1.0)
    }

    fn y(&self, share: f64) -> f64 {
        self.top + (self.height - self.top - self.bottom) * (1.0 - share.clamp(0.0, 1.0))
    }

    /// The curve as steps: a share holds until the next point.
    fn line(&self, points: &[CurvePoint]) -> String {
        let mut path = String::new();
        for point in points.iter().filter(|point| point.days <= self.end + 1e-9) {
            if path.is_empty() {
                let _ = write!(path, "M{:.1} {:.1}", self.x(point.days), self.y(point.survival));
            } else {
                let _ = write!(path, "H{:.1}V{:.1}", self.x(point.days), self.y(point.survival));
            }
        }
        path
    }

    /// The band between the limits, one shape per unbroken stretch.
    fn bands(&self, points: &[CurvePoint]) -> Vec<String> {
        let known: Vec<Option<(f64, f64, f64)>> = points
            .iter()
            .filter(|point| point.days <= self.end + 1e-9)
            .map(|point| Some((self.x(point.days), self.y(point.lower?), self.y(point.upper?))))
            .collect();
        known
            .split(Option::is_none)
            .filter(|stretch| stretch.len() > 1)
            .map(|stretch| {
                let stretch: Vec<_> = stretch.iter().flatten().collect();
                let mut path = String::new();
                for (at, (x, _, upper)) in stretch.iter().enumerate() {
                    let _ = if at == 0 { write!(path, "M{x:.1} {upper:.1}") } else { write!(path, "H{x:.1}V{upper:.1}") };
                }
                for (at, (x, lower, _)) in stretch.iter().rev().enumerate() {
                    let _ = if at == 0 { write!(path, "V{lower:.1}") } else { write!(path, "V{lower:.1}H{x:.1}") };
                }
                path.push('Z');
                path
            })
            .collect()
    }

    fn curves(&self, levels: &[&Level]) -> Markup {
        html! {
            @for level in levels {
                @for band in self.bands(&level.curve) { path class=(format!("band {}", class(&level.name))) d=(band) {} }
            }
            @for level in levels {
                @if level.curve.len() > 1 { path class=(format!("line {}", class(&level.name))) d=(self.line(&level.curve)) {} }
            }
        }
    }

    fn grid(&self, shares: &[f64]) -> Markup {
        let (from, to) = (self.left, self.width - self.right);
        html! {
            @for share in shares {
                line class="grid" x1=(px(from)) x2=(px(to)) y1=(px(self.y(*share))) y2=(px(self.y(*share))) {}
                text x=(px(from - 6.0)) y=(px(self.y(*share) + 4.0)) text-anchor="end" { (format!("{:.0}", 100.0 * share)) }
            }
            line class="axis" x1=(px(from)) x2=(px(to)) y1=(px(self.y(0.0))) y2=(px(self.y(0.0))) {}
        }
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Last drawn day over all curves, at most a year.
fn end_of(levels: &[&Level]) -> f64 {
    let last = levels.iter().filter_map(|level| level.curve.last()).map(|point| point.days).fold(0.0, f64::max);
    if last > 0.0 { last.min(365.0) } else { 90.0 }
}

/// The point of a curve that holds at `days`; `None` past its end.
fn at(level: &Level, days: f64) -> Option<&CurvePoint> {
    level.curve.last().filter(|last| last.days + 1e-9 >= days)?;
    level.curve.iter().rfind(|point| point.days <= days + 1e-9)
}

/// The large survival chart with the numbers at risk below; `wide` for a desktop, else for a phone.
pub(super) fn survival(levels: &[&Level], horizons: &[u32], wide: bool) -> Markup {
    let rows = levels.len() as f64;
    let (width, body) = if wide { (760.0, 330.0) } else { (360.0, 260.0) };
    let right = if wide { 84.0 } else { 18.0 };
    let left = if wide { 100.0 } else { 84.0 };
    let plot = Plot {
        width,
        height: body + 52.0 + 18.0 * rows,
        left,
        right,
        top: 14.0,
        bottom: 56.0 + 18.0 * rows,
        end: end_of(levels),
    };
    let ticks = ticks(plot.end, wide);
    let id = if wide { "survival-wide" } else { "survival-narrow" };
    let foot = plot.y(0.0);
    html! {
        svg viewBox=(format!("0 0 {width} {}", plot.height)) role="img" aria-labelledby=(format!("{id}-title {id}-desc")) {
            title id=(format!("{id}-title")) { "Share of lines still alive by age, by source of the line" }
            desc id=(format!("{id}-desc")) { (describe(levels)) }
            (plot.grid(&[0.0, 0.25, 0.5, 0.75, 1.0]))
            text x=(px(plot.left)) y="8" { "% alive" }
            @for days in horizons.iter().map(|days| f64::from(*days)).filter(|days| *days <= plot.end) {
                line class="mark" x1=(px(plot.x(days))) x2=(px(plot.x(days))) y1=(px(plot.y(1.0))) y2=(px(foot)) {}
            }
            (plot.curves(levels))
            @if wide { (end_labels(&plot, levels)) }
            @for days in &ticks {
                line class="axis" x1=(px(plot.x(*days))) x2=(px(plot.x(*days))) y1=(px(foot)) y2=(px(foot + 5.0)) {}
                text x=(px(plot.x(*days))) y=(px(foot + 18.0)) text-anchor="middle" { (format!("{days:.0}")) }
            }
            text x=(px(width - right)) y=(px(foot + 34.0)) text-anchor="end" { "days after landing" }
            text x=(px(2.0)) y=(px(foot + 34.0)) class="strong" { "lines at risk" }
            @for (row, level) in levels.iter().enumerate() {
                @let y = foot + 52.0 + 18.0 * row as f64;
                text class=(format!("label {}", class(&level.name))) x="2" y=(px(y)) { (words::group(&level.name)) }
                @for days in &ticks {
                    text x=(px(plot.x(*days))) y=(px(y)) text-anchor="middle" {
                        (at(level, *days).map_or("–".to_string(), |point| short(point.at_risk, wide)))
                    }
                }
            }
        }
    }
}

/// `12,345` as long as there is room, then `123k`, `1.2M`.
fn short(number: u64, wide: bool) -> String {
    match number {
        0..=9_999 => words::count(number),
        10_000..=99_999 if wide => words::count(number),
        10_000..=999_499 => format!("{:.0}k", number as f64 / 1e3),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

fn ticks(end: f64, wide: bool) -> Vec<f64> {
    let step = if wide {
        [(20.0, 2.0), (60.0, 10.0), (130.0, 15.0), (190.0, 30.0), (400.0, 45.0)]
    } else {
        [(20.0, 5.0), (60.0, 15.0), (130.0, 30.0), (190.0, 60.0), (400.0, 90.0)]
    };
    let step = step.iter().find(|(most, _)| end <= *most).map_or(90.0, |(_, step)| *step);
    (0..).map(|at| f64::from(at) * step).take_while(|days| *days <= end + 1e-9).collect()
}

/// Names at the ends of the curves, pushed apart where they would overlap.
fn end_labels(plot: &Plot, levels: &[&Level]) -> Markup {
    let mut labels: Vec<(&str, f64, f64)> = levels
        .iter()
        .filter_map(|level| {
            let last = level.curve.iter().rfind(|point| point.days <= plot.end + 1e-9).filter(|_| level.curve.len() > 1)?;
            Some((level.name.as_str(), plot.x(last.days) + 7.0, plot.y(last.survival) + 4.0))
        })
        .collect();
    labels.sort_by(|one, other| one.2.total_cmp(&other.2));
    for at in 1..labels.len() {
        labels[at].2 = labels[at].2.max(labels[at - 1].2 + 15.0);
    }
    html! {
        @for (name, x, y) in labels {
            text class=(format!("label {}", class(name))) x=(px(x)) y=(px(y)) { (words::group(name)) }
        }
    }
}

fn describe(levels: &[&Level]) -> String {
    let mut parts = Vec::new();
    for level in levels {
        let name = words::group(&level.name);
        let figures: Vec<String> = level
            .figures
            .iter()
            .filter_map(|figure| Some(format!("{} % after {} days", words::percent(figure.line_weighted.point()?), figure.days)))
            .collect();
        parts.push(if figures.is_empty() { format!("{name}: no figure") } else { format!("{name}: {}", figures.join(", ")) });
    }
    format!("{}. The table below holds the same figures with limits.", parts.join("; "))
}

/// A small chart of one slice.
pub(super) fn multiple(id: &str, name: &str, levels: &[Level]) -> Markup {
    let levels: Vec<&Level> = levels.iter().filter(|level| is_drawn(level)).collect();
    let end = levels.iter().filter_map(|level| level.curve.last()).map(|point| point.days).fold(0.0, f64::max);
    let plot = Plot {
        width: 240.0,
        height: 150.0,
        left: 26.0,
        right: 6.0,
        top: 8.0,
        bottom: 20.0,
        end: if end > 0.0 { end } else { 90.0 },
    };
    let foot = plot.y(0.0);
    html! {
        svg viewBox="0 0 240 150" role="img" aria-labelledby=(format!("{id}-title {id}-desc")) {
            title id=(format!("{id}-title")) { "Lines still alive by age: " (name) }
            desc id=(format!("{id}-desc")) { (describe(&levels)) }
            (plot.grid(&[0.0, 0.5, 1.0]))
            @if end > 0.0 {
                (plot.curves(&levels))
                text x=(px(plot.left)) y=(px(foot + 15.0)) { "0" }
                text x=(px(plot.width - plot.right)) y=(px(foot + 15.0)) text-anchor="end" { (format!("{end:.0} days")) }
            } @else {
                rect class="gap" x=(px(plot.left + 4.0)) y=(px(plot.top + 4.0)) width=(px(plot.width - plot.left - plot.right - 8.0)) height=(px(foot - plot.top - 8.0)) {}
                text x=(px(plot.width / 2.0 + 10.0)) y=(px(f64::midpoint(plot.top, foot) + 4.0)) text-anchor="middle" { "too few lines to draw" }
            }
        }
    }
}

/// The scale of strips: a range that holds 0 where asked, rounded outwards to tenths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Scale {
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let step = if high - low > 0.5 { 0.1 } else { 0.05 };
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { low, high: if high > low { high } else { low + step } }
    }

    fn x(self, value: f64) -> f64 {
        1000.0 * ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// One point with its interval on a shared scale; a missing interval leaves the point alone, a missing point leaves the strip empty.
pub(super) fn strip(name: &str, scale: Scale, point: Option<f64>, limits: Option<(f64, f64)>, is_bound: bool) -> Markup {
    html! {
        svg class=(class(name)) viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true" {
            line class="grid" x1="0" x2="1000" y1="20" y2="20" vector-effect="non-scaling-stroke" {}
            @if scale.low < 0.0 && scale.high > 0.0 {
                line class="axis" x1=(px(scale.x(0.0))) x2=(px(scale.x(0.0))) y1="0" y2="40" vector-effect="non-scaling-stroke" {}
            }
            @if let Some((low, high)) = limits {
                line class=(if is_bound { "bound" } else { "whisker" }) x1=(px(scale.x(low))) x2=(px(scale.x(high))) y1="20" y2="20" vector-effect="non-scaling-stroke" {}
            }
            @if let Some(point) = point.filter(|_| !is_bound) {
                rect class="dot" x=(px((scale.x(point) - 4.0).clamp(0.0, 992.0))) y="8" width="8" height="24" {}
            }
        }
    }
}

/// Where each source lies on a stack of length `whole`: name, lines, start, length.
fn stacked(sources: &SourceLines, whole: f64) -> Vec<(&'static str, u64, f64, f64)> {
    let total = sources.total().max(1) as f64;
    let mut from = 0.0;
    let place = |(name, lines): (&'static str, u64)| {
        let length = whole * lines as f64 / total;
        from += length;
        (name, lines, from - length, length)
    };
    parts(sources).into_iter().map(place).collect()
}

/// One stacked bar of sources.
pub(super) fn stack(sources: &SourceLines) -> Markup {
    let total = sources.total().max(1) as f64;
    html! {
        svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" {
            title { "Landed lines by source" }
            @for (name, lines, from, width) in stacked(sources, 1000.0) {
                rect class=(format!("fill {}", class(name))) x=(px(from)) y="0" width=(px(width)) height="10" { title { (share_of(name, lines, total)) } }
            }
        }
    }
}

/// Columns of shares by quarter; quarters without landings are left open.
pub(super) fn quarters(quarters: &[candor_metrics::document::Quarter]) -> Markup {
    let all = every_quarter(quarters);
    let step = 1000.0 / all.len().max(1) as f64;
    html! {
        svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" {
            title { "Landed lines by source and quarter" }
            desc { "One column per quarter, each divided by share of lines. A quarter without landings is an open column. The table below holds the figures." }
            @for (column, (name, quarter)) in all.iter().enumerate() {
                @let x = step * column as f64 + 0.06 * step;
                @if let Some(quarter) = quarter {
                    @let total = quarter.lines.max(1) as f64;
                    @for (source, lines, top, height) in stacked(&quarter.sources, 100.0) {
                        rect class=(format!("fill {}", class(source))) x=(format!("{x:.2}")) y=(format!("{top:.2}")) width=(format!("{:.2}", 0.88 * step)) height=(format!("{height:.2}")) {
                            title { (name) ": " (share_of(source, lines, total)) }
                        }
                    }
                } @else {
                    rect class="gap" x=(format!("{x:.2}")) y="1" width=(format!("{:.2}", 0.88 * step)) height="98" vector-effect="non-scaling-stroke" { title { (name) ": no landing" } }
                }
            }
        }
    }
}

/// The quarters from the first to the last, with the gaps between them.
fn every_quarter(known: &[candor_metrics::document::Quarter]) -> Vec<(String, Option<&candor_metrics::document::Quarter>)> {
    let number = |name: &str| -> Option<i32> {
        let (year, quarter) = name.split_once("-Q")?;
        Some(year.parse::<i32>().ok()? * 4 + quarter.parse::<i32>().ok()? - 1)
    };
    let numbers: Vec<Option<i32>> = known.iter().map(|quarter| number(&quarter.quarter)).collect();
    let (Some(Some(first)), Some(Some(last))) = (numbers.first(), numbers.last()) else {
        return known.iter().map(|quarter| (quarter.quarter.clone(), Some(quarter))).collect();
    };
    // A clock that was wrong by decades must not draw hundreds of open columns.
    if last - first > 160 {
        return known.iter().map(|quarter| (quarter.quarter.clone(), Some(quarter))).collect();
    }
    (*first..=*last)
        .map(|at| {
            let found = numbers.iter().position(|number| *number == Some(at)).map(|at| &known[at]);
            (format!("{:04}-Q{}", at.div_euclid(4), at.rem_euclid(4) + 1), found)
        })
        .collect()
}

fn share_of(name: &str, lines: u64, total: f64) -> String {
    format!("{} {} %", words::group(name), words::percent(lines as f64 / total))
}

/// Sources in the order in which they are stacked.
pub(super) fn parts(sources: &SourceLines) -> [(&'static str, u64); 5] {
    [("human", sources.human), ("ai", sources.ai), ("mixed", sources.mixed), ("bot", sources.bot), ("unknown", sources.unknown)]
}

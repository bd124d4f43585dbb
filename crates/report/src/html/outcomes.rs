//! What happens to lines and landings: rework, reverts, defects, and whose lines the fixes remove.

use candor_metrics::document::{FixCell, LandingRates, LifeReport};
use candor_stats::Outcome;
use maud::{Markup, html};

use super::charts::{self, Scale};
use super::durability::note_list;
use super::{cell, difference, notes, share};
use crate::words;

pub(super) fn section(report: &LifeReport) -> Markup {
    let rework = &report.rework;
    let levels: Vec<_> = rework.sources.iter().chain([&rework.all]).collect();
    html! {
        h2 #outcomes { "Rework, reverts, defects" }
        h3 { "Rework within " (rework.days) " days" }
        p.note { "Landed lines changed or deleted within " (rework.days) " days. By their own people: an author or co-author of the change is one of the line. The two parts add up." }
        (strips(&levels.iter().map(|level| (level.name.as_str(), words::counted(level.lines, "line", "lines"), &level.total)).collect::<Vec<_>>()))
        div.scroll tabindex="0" role="region" aria-label="Rework" {
            table {
                thead { tr { th scope="col" { "source of the line" } th scope="col" { "all rework" } th scope="col" { "by their own people" } th scope="col" { "by others" } } }
                tbody { @for level in &levels { tr { th scope="row" class=(charts::class(&level.name)) { (words::group(&level.name)) } (cell(Some(&level.total))) (cell(Some(&level.by_self))) (cell(Some(&level.by_others))) } } }
            }
        }
        p { "AI minus human: " (difference(&rework.ai_minus_human)) }
        p { "AI minus unknown: " (difference(&rework.ai_minus_unknown)) }
        (rates("Reverts", &report.reverts))
        (rates("Landings that a fix traces back to", &report.defects))
        (fixes(report))
    }
}

fn strips(rows: &[(&str, String, &Outcome)]) -> Markup {
    let ends = |outcome: &Outcome| {
        let estimate = outcome.estimate()?;
        Some(estimate.interval.and_then(|interval| interval.upper).unwrap_or(estimate.point))
    };
    let scale = Scale::around(rows.iter().filter_map(|(_, _, outcome)| ends(outcome)));
    html! {
        div.rows {
            div.row.scale aria-hidden="true" { span.name {} span.strip.ends { span { "0" } span { (words::percent(scale.high)) " %" } } span.figure {} }
            @for (name, units, outcome) in rows {
                @let estimate = outcome.estimate();
                @let limits = estimate.and_then(|estimate| estimate.interval).and_then(|interval| Some((interval.lower?, interval.upper?)));
                div.row class=(charts::class(name)) {
                    span.name { (words::group(name)) small { (units) } }
                    span.strip { (charts::strip(name, scale, estimate.map(|estimate| estimate.point), limits, false)) }
                    span.figure { (share(outcome)) }
                }
            }
        }
    }
}

fn rates(title: &str, rates: &LandingRates) -> Markup {
    let classes: Vec<_> = rates.classes.iter().chain([&rates.all]).collect();
    let rows: Vec<_> = classes
        .iter()
        .map(|class| {
            let units = format!(
                "{}, {}",
                words::counted(class.landings, "landing", "landings"),
                words::counted(class.events, "event", "events")
            );
            (class.name.as_str(), units, &class.rate)
        })
        .collect();
    html! {
        h3 { (title) }
        p.note { "Share of " (rates.definition) "." }
        (strips(&rows))
        p { "AI-heavy minus human: " (difference(&rates.ai_heavy_minus_human)) }
        p { "AI-heavy minus unknown: " (difference(&rates.ai_heavy_minus_unknown)) }
        (note_list(&notes(classes.iter().map(|class| &class.rate))))
    }
}

fn fixes(report: &LifeReport) -> Markup {
    let fixes = &report.fixes;
    let names = |pick: fn(&FixCell) -> &str| {
        let order = ["human", "ai", "mixed", "unknown", "bot"];
        order.into_iter().filter(|name| fixes.cells.iter().any(|cell| pick(cell) == *name)).collect::<Vec<_>>()
    };
    let (fixers, lines) = (names(|cell| &cell.fixer), names(|cell| &cell.line));
    let find = |fixer: &str, line: &str| fixes.cells.iter().find(|cell| cell.fixer == fixer && cell.line == line);
    html! {
        h3 { "Who fixes whose lines" }
        @if fixes.lines == 0 {
            p.note { "No fix removed a line of these landings." }
        } @else {
            p.note { (words::counted(fixes.commits, "fix", "fixes")) " removed " (words::counted(fixes.lines, "line", "lines")) ". Counts, no rates: a source with more lines has more of them removed. Small: how many were an author's own." }
            div.scroll tabindex="0" role="region" aria-label="Who fixes whose lines" {
                table {
                    thead { tr { th scope="col" { "fix by" } @for line in &lines { th scope="col" { (words::group(line)) " lines" } } } }
                    tbody { @for fixer in &fixers { tr {
                        th scope="row" class=(charts::class(fixer)) { (words::group(fixer)) }
                        @for line in &lines {
                            td { @match find(fixer, line) { Some(cell) => { (words::count(cell.own_lines + cell.others_lines)) span.limits { (words::count(cell.own_lines)) " own" } }, None => "0" } }
                        }
                    } } }
                }
            }
        }
    }
}

//! The report as one self-contained page: no network, no script; every text is escaped by the template.

mod charts;
mod coverage;
mod durability;
mod outcomes;
mod reading;

use candor_metrics::document::LifeReport;
use candor_model::text::visible;
use candor_stats::{Estimate, Outcome};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::words;

/// The style sheet of every page: light and dark, phone and print.
pub const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded or run, whatever a commit says; only the style sheet inside the page counts.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes the report as one HTML file.
#[must_use]
pub fn html(report: &LifeReport) -> String {
    let title = words::title(&report.read);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(report.schema);
                title { "Candor: the lives of lines in " (text(&title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report, &title))
                main {
                    (said(report))
                    (coverage::section(report))
                    (durability::section(report))
                    (outcomes::section(report))
                    (reading::section(report))
                }
                footer {
                    p {
                        "Schema " code { (report.schema) } ". Every figure of this page is in the JSON of the same report; times are UTC; a missing figure says why and is never 0. "
                        "This file loads nothing and sends nothing."
                    }
                }
            }
        }
    };
    page.into_string()
}

/// Text without control characters and with its percent signs kept beside their numbers; the template escapes the rest.
#[must_use]
pub fn text(raw: &str) -> String {
    visible(raw).replace(" %", "\u{a0}%")
}

/// Sentences of ours, in which what is to be typed stands between backticks.
fn prose(raw: &str) -> Markup {
    let parts: Vec<&str> = raw.split('`').collect();
    // An odd backtick belongs to a name and stays.
    let (paired, rest) = parts.split_at(if parts.len() % 2 == 1 { parts.len() } else { parts.len() - 2 });
    html! {
        bdi {
            @for (at, part) in paired.iter().enumerate() { @if at % 2 == 1 { code { (text(part)) } } @else { (text(part)) } }
            @if !rest.is_empty() { (text(&rest.join("`"))) }
        }
    }
}

/// A name from a repository, kept apart from the direction of the text around it.
fn name(raw: &str) -> Markup {
    html! { bdi { (text(raw)) } }
}

fn head(report: &LifeReport, title: &str) -> Markup {
    let read = &report.read;
    let coverage = &report.coverage;
    let warnings: Vec<(String, &str)> = read
        .repositories
        .iter()
        .flat_map(|repository| repository.warnings.iter().map(move |warning| (repository.name.clone(), warning.as_str())))
        .collect();
    html! {
        header.top {
            p.brand { "Candor · the life of every line" }
            h1 { (name(title)) }
            p.lede {
                (words::day(read.from.as_ref())) " to " (words::day(read.as_of.as_ref()))
                @if let Some(since) = &report.settings.since { ", landings since " (words::day(Some(since))) }
                ". How long lines of code live after they land on the default branch, by who or what wrote them, as far as there is evidence."
            }
            div.facts {
                div { b { (words::count(read.landings)) } span { "landings on the mainline" } }
                div { b { (words::count(read.commits)) } span { "commits they brought" } }
                div { b { (words::count(read.landed_lines)) } span { "countable lines landed" } }
                div { b { (words::count(read.alive_lines)) } span { "of them alive at the end" } }
                div { b { (words::count(read.authors)) } span { "people who wrote them" } }
                div { b { @match coverage.unknown_share { Some(share) => { (words::percent(share)) " %" }, None => "–" } } span { "of landed lines of unknown source" } }
            }
            @if coverage.lines > 0 {
                div.stack { (charts::stack(&coverage.sources)) }
                (legend(report))
            }
            @if !warnings.is_empty() || !words::declarations(report).is_empty() {
                div.warn {
                    @for (repository, warning) in &warnings { p { b { (name(repository)) } ": " (prose(warning)) } }
                    @for declaration in words::declarations(report) { p { (prose(&declaration)) } }
                }
            }
            nav aria-label="Parts of the report" {
                a href="#said" { "In words" } a href="#coverage" { "Who wrote it" } a href="#durability" { "How long lines live" }
                a href="#slices" { "By language and year" } a href="#outcomes" { "Rework, reverts, defects" } a href="#reading" { "What was read" }
            }
        }
    }
}

fn legend(report: &LifeReport) -> Markup {
    let total = report.coverage.lines.max(1) as f64;
    html! {
        ul.legend {
            @for (source, lines) in charts::parts(&report.coverage.sources) {
                li {
                    svg class=(charts::class(source)) viewBox="0 0 16 7" aria-hidden="true" { rect class="fill" width="16" height="7" rx="1" {} }
                    (words::group(source)) " " b { (words::percent(lines as f64 / total)) " %" }
                }
            }
        }
    }
}

fn said(report: &LifeReport) -> Markup {
    let said = &report.statements;
    let kinds =
        [("Can be said", &said.can_say), ("Cannot be said yet", &said.cannot_say), ("Would change that", &said.would_change)];
    html! {
        h2 #said { "In words" }
        div.said {
            @for (title, list) in kinds {
                @if !list.is_empty() {
                    div { h3 { (title) } ul { @for sentence in list { li { (prose(sentence)) } } } }
                }
            }
        }
    }
}

/// A share with its limits, or why there is none, as the content of a cell.
fn share(outcome: &Outcome) -> Markup {
    figure(outcome, |share| format!("{} %", words::percent(share)), words::share_limits)
}

/// A difference with its limits, or why there is none.
fn difference(outcome: &Outcome) -> Markup {
    figure(outcome, |points| format!("{} points", words::points(points)), words::point_limits)
}

fn figure(outcome: &Outcome, value: impl Fn(f64) -> String, limits: impl Fn(&Estimate) -> Option<String>) -> Markup {
    match outcome {
        Outcome::Estimate(estimate) => {
            let about = about(estimate);
            html! {
                span title=(about) { (value(estimate.point)) }
                span.limits { @match limits(estimate) { Some(limits) => { (limits) }, None => "no limits" } }
            }
        }
        other => {
            html! { span.why title=(words::reason(other).unwrap_or_default()) { "— " (text(&words::gap(other).unwrap_or_default())) } }
        }
    }
}

/// Method, numbers and notes of an estimate, for those who point at it.
fn about(estimate: &Estimate) -> String {
    let mut parts = vec![estimate.method.clone()];
    if let Some(clusters) = estimate.clusters {
        parts.push(words::counted(clusters as u64, "author", "authors"));
    }
    if let Some(share) = estimate.unknown_source_share {
        parts.push(format!("{} % of unknown source", words::percent(share)));
    }
    parts.extend(estimate.notes.iter().cloned());
    text(&parts.join("; "))
}

/// A cell of a table.
fn cell(outcome: Option<&Outcome>) -> Markup {
    html! {
        @match outcome {
            Some(outcome) if outcome.point().is_some() => { td { (share(outcome)) } }
            Some(outcome) => { td.why { (share(outcome)) } }
            None => { td.why { "—" } }
        }
    }
}

/// Notes that must stand beside a set of estimates, and reasons of those that are missing, each once.
fn notes<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for outcome in outcomes {
        let found: Vec<String> = match outcome {
            // Degrees of freedom differ from figure to figure and are in the JSON; the warning is one.
            Outcome::Estimate(estimate) => {
                estimate.notes.iter().map(|note| note.split(" with ").next().unwrap_or(note).to_string()).collect()
            }
            Outcome::Insufficient { reason, .. } | Outcome::NotApplicable { reason } => {
                words::gap(outcome).map(|gap| format!("— {gap}: {reason}")).into_iter().collect()
            }
        };
        list.extend(found);
    }
    words::merged(list)
}

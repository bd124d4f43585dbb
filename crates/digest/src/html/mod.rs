//! A digest as one self-contained page: no network, no script, in the look of the report; every text is escaped by the template.

mod chart;

use candor_catalogue::{Answer, Cell};
use candor_report::page::{POLICY, STYLE, text};
use candor_stats::Estimate;
use maud::{DOCTYPE, Markup, PreEscaped, html as page};

use crate::document::{Delta, Digest, DigestFigure, DigestMetric, Drill, Movement, Pack};
use crate::markdown::{foot, lede, movement, parts, unit_of};
use crate::said::named;
use crate::words::{self, Unit};

/// What a digest needs beyond the style of every page.
const OWN_STYLE: &str = include_str!("digest.css");

/// Writes a digest as one HTML file.
#[must_use]
pub fn html(digest: &Digest) -> String {
    let page = page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(digest.schema);
                title { (text(&heading(digest))) }
                style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
            }
            body {
                (head(digest))
                main {
                    (said(digest))
                    @for metric in &digest.metrics { (section(digest, metric)) }
                    @if let Some(drill) = &digest.drill { (drill_section(digest, drill)) }
                    h2 #reading { "How to read it" }
                    ul.plain { @for method in &digest.methods { li { (text(method)) } } }
                }
                footer { p { (text(&foot(digest))) ". A missing figure says why and is never 0. This file loads nothing and sends nothing." } }
            }
        }
    };
    page.into_string()
}

fn heading(digest: &Digest) -> String {
    if digest.organisation.is_empty() { digest.title.clone() } else { format!("{}: {}", digest.organisation, digest.title) }
}

fn head(digest: &Digest) -> Markup {
    page! {
        header.top {
            p.brand { "Candor · " (brand(digest.pack)) }
            h1 { bdi { (text(&heading(digest))) } }
            p.lede { (text(&lede(digest))) }
            @if digest.pack == Pack::OwnPage {
                p.lede { "This page is for you alone: it is in no other pack, and nobody is compared with you." }
            }
            h3 { "How much can be known" }
            div.facts {
                @for figure in &digest.coverage {
                    @let unit = unit_of(digest, figure, &figure.now);
                    div {
                        @match &figure.now.answer {
                            Answer::Estimate(estimate) => { b { (text(&unit.value(estimate.point))) " %" } span { (text(&coverage_words(figure))) ", " (limits(estimate, |interval| unit.limits(interval))) } },
                            other => { b { "–" } span { (text(&coverage_words(figure))) ": " (coded(&words::brief(other).unwrap_or_default())) } },
                        }
                    }
                }
                @if digest.coverage.is_empty() { div { b { "–" } span { "nothing is known of the evidence" } } }
            }
            @if !digest.declared.is_empty() || !digest.breaks.is_empty() {
                div.warn {
                    @for line in &digest.declared { p { (text(line)) } }
                    @for (day, whats) in words::by_day(&digest.breaks) { p { b { "Break " span.day { (day) } } ": " (coded(&whats.join("; "))) } }
                }
            }
            nav.metrics aria-label="Parts of the page" {
                a href="#said" { "In words" }
                @if digest.drill.is_some() { a href="#drill" { "Where to look" } }
                @for metric in &digest.metrics { a href=(format!("#m-{}", metric.id)) { (text(&words::capital(&words::name(&metric.id)))) } }
                a href="#reading" { "How to read it" }
            }
        }
    }
}

fn brand(pack: Pack) -> &'static str {
    match pack {
        Pack::Business => "what the business sees",
        Pack::Team => "how the work goes",
        Pack::QuarterlyReview => "a quarter reviewed",
        Pack::AnnualTalent => "careers and skills",
        Pack::Patterns => "patterns of groups",
        Pack::OwnPage => "for you alone",
    }
}

fn coverage_words(figure: &DigestFigure) -> String {
    let what = match figure.figure.as_str() {
        "ai_share.pull_requests" => "of classified lines of merged changes are AI's",
        "ai_share.unclassified_share" => "of added lines of merged changes have no evidence",
        "ai_share.lines" => "of landed lines with evidence are AI's",
        "ai_share.unknown_lines_share" => "of landed lines have no evidence",
        other => return words::name(other),
    };
    what.to_owned()
}

fn said(digest: &Digest) -> Markup {
    let said = &digest.said;
    page! {
        h2 #said { "In words" }
        @for (title, list, none) in [
            ("What moved", &said.moved, "Nothing moved beyond chance."),
            ("Where no movement can be seen", &said.not_moved, "There is no such figure."),
            ("What cannot be told", &said.cannot_tell, "Every figure can be told."),
        ] {
            h3 { (title) }
            @if list.is_empty() { p { (none) } }
            ul.told { @for line in list { li { (coded(line)) } } }
        }
    }
}

/// A sentence in which commands stand between backticks.
fn coded(line: &str) -> Markup {
    page! {
        @for (place, part) in line.split('`').enumerate() {
            @if place % 2 == 1 { code { (text(part)) } } @else { (text(part)) }
        }
    }
}

fn section(digest: &Digest, metric: &DigestMetric) -> Markup {
    let (counted, figures): (Vec<&DigestFigure>, Vec<&DigestFigure>) =
        metric.figures.iter().partition(|figure| figure.movement == Movement::Counted);
    page! {
        section.metric {
            h2 id=(format!("m-{}", metric.id)) { (text(&words::capital(&words::name(&metric.id)))) }
            p { (text(&metric.question)) }
            @for missing in &metric.missing { p.note { "Not there: " (text(&missing.table)) "; " code { (missing.command) } " supplies it." } }
            div class=(if figures.len() == 1 { "cards one" } else { "cards" }) { @for (place, figure) in figures.iter().enumerate() { (card(digest, metric, figure, place)) } }
            @if !counted.is_empty() {
                p.counts {
                    @for (place, figure) in counted.iter().enumerate() {
                        @let unit = unit_of(digest, figure, &figure.now);
                        @if place > 0 { " · " }
                        (text(&words::capital(&named(figure)))) ": "
                        @match &figure.now.answer {
                            Answer::Estimate(estimate) => { (text(&unit.with_unit(estimate.point))) },
                            other => { "– (" (text(&words::brief(other).unwrap_or_default())) ")" },
                        }
                    }
                }
            }
            @if !metric.caveats.is_empty() { p.note { (text(&metric.caveats)) } }
        }
    }
}

fn card(digest: &Digest, metric: &DigestMetric, figure: &DigestFigure, place: usize) -> Markup {
    let cell = &figure.now;
    let unit = unit_of(digest, figure, cell);
    let id = format!("c-{}-{place}", metric.id);
    page! {
        figure.card {
            div {
            h4 { (text(&words::capital(&named(figure)))) }
            @match &cell.answer {
                Answer::Estimate(estimate) => {
                    p.value title=(text(&about(estimate))) { b { (text(&unit.value(estimate.point))) } " " (text(unit.label())) " " span.limits { (limits(estimate, |interval| unit.limits(interval))) } }
                    p.note { (text(&counts(cell, figure.scale))) }
                },
                other => { p.why { "– " (coded(&words::why(other).unwrap_or_default())) @if let Some(day) = &cell.closes_on { "; it can be told from " (day) " on" } } },
            }
            @if let Some(newest) = &figure.newest {
                @if let Some(estimate) = newest.answer.estimate() {
                    @let unit = unit_of(digest, figure, newest);
                    p.note { "Newest that can be told, " (newest.period.name) ": " (text(&unit.with_unit(estimate.point))) " (" (limits(estimate, |interval| unit.limits(interval))) ")" }
                }
            }
            @if figure.series.len() > 1 { (chart::series(&id, figure, &digest.breaks, &series_unit(digest, figure, &unit))) }
            }
            div {
            dl {
                @if let Some(delta) = &figure.previous { dt { "against " span.day { (delta.against.name) } } dd { (change(delta, &unit, &cell.answer)) (notes(&delta.crosses, &delta.notes)) } }
                @if let Some(delta) = &figure.baseline {
                    dt { (if digest.pack == Pack::OwnPage { "against your past" } else { "against baseline" }) }
                    dd { (change(delta, &unit, &cell.answer)) (notes(&delta.crosses, &delta.notes)) }
                }
                @if let Some(since) = &figure.since_baseline {
                    dt { "since then, at every look" }
                    dd {
                        @match &since.always_valid {
                            Answer::Estimate(estimate) => { (text(&unit.difference(estimate.point))) " " span.limits { (limits(estimate, |interval| unit.difference_limits(interval))) } },
                            other => { span.limits { (text(&reason(other, &cell.answer))) } },
                        }
                        (notes(&since.crosses, &[]))
                    }
                }
                @if let Some(delta) = &figure.control { dt { "against " (text(&digest.control_teams.join(", "))) } dd { (change(delta, &unit, &cell.answer)) (notes(&delta.crosses, &delta.notes)) } }
            }
            p.says { (words::capital(movement(figure))) }
            @if !figure.slices.is_empty() {
                details {
                    summary { "By group" }
                    dl { @for slice in &figure.slices { (slice_row(figure, slice, &unit)) } }
                }
            }
            }
        }
    }
}

/// The unit of a chart: that of the figure, or of its newest point where it has none.
fn series_unit(digest: &Digest, figure: &DigestFigure, unit: &Unit) -> Unit {
    if figure.now.answer.point().is_some() {
        return unit.clone();
    }
    figure
        .series
        .iter()
        .rev()
        .find(|cell| cell.answer.point().is_some())
        .map_or_else(|| unit.clone(), |cell| unit_of(digest, figure, cell))
}

fn slice_row(figure: &DigestFigure, slice: &Cell, unit: &Unit) -> Markup {
    let own = slice.by.iter().filter(|(dimension, _)| !figure.now.by.contains_key(*dimension));
    let group = words::group(&own.map(|(dimension, value)| (dimension.clone(), value.clone())).collect());
    page! {
        dt { (text(&group)) }
        dd {
            @match &slice.answer {
                Answer::Estimate(estimate) => { (text(&unit.value(estimate.point))) " " span.limits { (limits(estimate, |interval| unit.limits(interval))) "; " (text(&counts(slice, figure.scale))) } },
                other => { span.limits { "– " (text(&words::brief(other).unwrap_or_default())) } },
            }
        }
    }
}

/// Parts, observations and people of a cell.
fn counts(cell: &Cell, scale: f64) -> String {
    let mut all = Vec::new();
    let parts = parts(cell, scale);
    if !parts.is_empty() {
        all.push(parts);
    }
    all.push(format!("{} observed", cell.units));
    all.extend(cell.people.filter(|people| *people > 0).map(|people| format!("{people} people")));
    if let Some(share) = cell.left_out_share.filter(|share| *share > 0.0) {
        all.push(format!("{} left out", words::relative(share).trim_start_matches('+')));
    }
    all.join(" · ")
}

/// What a reader must know of a comparison.
fn notes(crosses: &[String], notes: &[String]) -> Markup {
    page! { @for note in words::crossing(crosses).iter().chain(notes) { p.note { (text(&words::capital(note))) "." } } }
}

/// Why a change has no figure; nothing is said twice where it is why the figure itself has none.
fn reason(answer: &Answer, now: &Answer) -> String {
    let why = words::brief(answer).unwrap_or_default();
    if now.code().is_some() && now.code() == answer.code() { "–".to_owned() } else { why }
}

fn change(delta: &Delta, unit: &Unit, now: &Answer) -> Markup {
    page! {
        @match &delta.absolute {
            Answer::Estimate(absolute) => {
                span title=(text(&about(absolute))) { (text(&unit.difference(absolute.point))) } " " span.limits { (limits(absolute, |interval| unit.difference_limits(interval))) }
                @if let Answer::Estimate(relative) = &delta.relative {
                    br; (text(&words::relative(relative.point))) " " span.limits { (limits(relative, words::relative_limits)) }
                }
            },
            other => { span.limits { (text(&reason(other, now))) } },
        }
    }
}

fn limits(estimate: &Estimate, show: impl Fn(&candor_stats::Interval) -> String) -> String {
    text(&words::limits_of(estimate, show))
}

/// Method, clusters, unknown sources and notes of an estimate, for those who point at it.
fn about(estimate: &Estimate) -> String {
    let mut all = vec![estimate.method.clone()];
    all.extend(estimate.clusters.map(|clusters| format!("{clusters} clusters")));
    all.extend(
        estimate
            .unknown_source_share
            .filter(|share| *share > 0.0)
            .map(|share| format!("source of {:.1} % unknown", 100.0 * share)),
    );
    all.extend(estimate.notes.iter().cloned());
    all.join("; ")
}

fn drill_section(digest: &Digest, drill: &Drill) -> Markup {
    let moved = drill.rows.iter().filter(|row| row.moved).count();
    page! {
        h2 #drill { "Where to look" }
        p {
            (text(&words::capital(&drill.reason))) ". So Tier 2 is opened, against " (drill.against.name) ": " (drill.comparisons) " comparisons, of which "
            (moved) " moved; the largest standardised change comes first. No movement was seen in " (drill.slices_not_moved) " further slices."
        }
        div.scroll {
            table {
                thead { tr { th.text { "Figure" } th.text { "Group" } th { "Difference" } th { "Relative" } th { "Standardised" } th { "Adjusted p" } th.text { "Says" } } }
                tbody {
                    @for row in &drill.rows {
                        @let unit = Unit::of(&row.unit, row.later.point().unwrap_or_default(), &digest.settings.currency);
                        tr {
                            th.text { (text(&words::capital(&words::name(&row.figure)))) }
                            td.text { (text(&if row.by.is_empty() { "all".to_owned() } else { words::group(&row.by) })) }
                            @match &row.delta.absolute {
                                Answer::Estimate(estimate) => { td { (text(&unit.difference_with_unit(estimate.point))) span.limits { (limits(estimate, |interval| unit.difference_limits(interval))) } } },
                                other => { td.why { (text(&words::brief(other).unwrap_or_default())) } },
                            }
                            @match &row.delta.relative {
                                Answer::Estimate(estimate) => { td { (text(&words::relative(estimate.point))) span.limits { (limits(estimate, words::relative_limits)) } } },
                                other => { td.why { (text(&words::brief(other).unwrap_or_default())) } },
                            }
                            td { (row.delta.standardised.map_or_else(|| "–".to_owned(), words::number)) }
                            td { (row.delta.adjusted_p.map_or_else(|| "–".to_owned(), |p| if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") })) }
                            td.text { (if row.moved { "moved" } else { "no movement seen" }) }
                        }
                    }
                }
            }
        }
    }
}

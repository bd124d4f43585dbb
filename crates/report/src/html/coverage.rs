//! Who or what wrote the lines, and how well the evidence agrees: before any figure by source.

use candor_metrics::document::{LifeReport, Quarter, Seen};
use maud::{Markup, html};

use super::{charts, name, share};
use crate::words;

pub(super) fn section(report: &LifeReport) -> Markup {
    let coverage = &report.coverage;
    html! {
        h2 #coverage { "Who wrote it" }
        p.lede {
            "A line without evidence is unknown and not human, unless it landed before there were such tools or its team declared attribution complete; both are said above where they apply. Unknown lines stand beside every figure by source."
        }
        @if coverage.lines == 0 {
            p.note { "No line landed, so there is nothing to attribute." }
        } @else {
            (evidence(report))
            (quarters(&coverage.quarters))
            div.scroll tabindex="0" role="region" aria-label="Tools and models" { (seen("Tools seen", &coverage.tools)) (seen("Models seen", &coverage.models)) }
        }
        (loose_ends(report))
        (agreement(report))
    }
}

fn evidence(report: &LifeReport) -> Markup {
    let evidence = &report.coverage.evidence;
    let total = report.coverage.lines.max(1) as f64;
    let rows = [
        ("recorded", "a tool saw the edit", evidence.recorded),
        ("self-declared", "a trailer, identity or footer says so", evidence.self_declared),
        ("inferred", "concluded from a branch, a label or a match", evidence.inferred),
        ("none", "nothing is known", evidence.none),
    ];
    html! {
        h3 { "Evidence behind the labels" }
        div.scroll tabindex="0" role="region" aria-label="Evidence behind the labels" {
            table {
                caption { "Landed countable lines by the strongest evidence" }
                thead { tr { th scope="col" { "evidence" } th scope="col" { "lines" } th scope="col" { "share" } } }
                tbody { @for (kind, what, lines) in rows { tr { th scope="row" .text { (kind) small { (what) } } td { (words::count(lines)) } td { (words::percent(lines as f64 / total)) " %" } } } }
            }
        }
    }
}

fn quarters(quarters: &[Quarter]) -> Markup {
    let (Some(first), Some(last)) = (quarters.first(), quarters.last()) else { return html! {} };
    html! {
        h3 { "By quarter of landing" }
        figure {
            @let few = if quarters.len() < 6 { "few" } else { "" };
            div class=(format!("bars {few}")) { (charts::quarters(quarters)) }
            div class=(format!("ends note {few}")) { span { (first.quarter) } @if quarters.len() > 1 { span { (last.quarter) } } }
            figcaption { "Share of landed lines by source: human at the top, then AI, mixed, bots, unknown at the foot. An open column is a quarter without landings." }
        }
        details {
            summary { "The same as a table" }
            div.scroll tabindex="0" role="region" aria-label="Sources by quarter" {
                table {
                    thead { tr { th scope="col" { "quarter" } th scope="col" { "lines" } @for head in ["human", "AI", "mixed", "bots", "unknown", "recorded", "declared", "inferred"] { th scope="col" { (head) } } } }
                    tbody {
                        @for quarter in quarters {
                            @let total = quarter.lines.max(1) as f64;
                            @let sources = charts::parts(&quarter.sources).map(|(_, lines)| lines);
                            @let evidence = [quarter.evidence.recorded, quarter.evidence.self_declared, quarter.evidence.inferred];
                            tr {
                                th scope="row" { (quarter.quarter) } td { (words::count(quarter.lines)) }
                                @for lines in sources.into_iter().chain(evidence) { td { (words::percent(lines as f64 / total)) " %" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Tools and models that are shown at once.
const SEEN: usize = 8;

fn seen_row(seen: &Seen) -> Markup {
    html! { tr { th scope="row" .text { (name(&seen.name)) } td { (words::count(seen.lines)) } td { (words::count(seen.commits)) } } }
}

fn seen(title: &str, list: &[Seen]) -> Markup {
    html! {
        @if !list.is_empty() {
            table {
                caption { (title) }
                thead { tr { th scope="col" { "name" } th scope="col" { "lines" } th scope="col" { "commits" } } }
                tbody { @for seen in list.iter().take(SEEN) { (seen_row(seen)) } }
            }
            @if list.len() > SEEN {
                details {
                    summary { (list.len() - SEEN) " more" }
                    table { tbody { @for seen in list.iter().skip(SEEN) { (seen_row(seen)) } } }
                }
            }
        }
    }
}

fn loose_ends(report: &LifeReport) -> Markup {
    let coverage = &report.coverage;
    html! {
        @if !coverage.unrecognised.is_empty() {
            h3 { "Looks like a tool, but is not known" }
            ul.plain { @for value in coverage.unrecognised.iter().take(20) { li { code { (name(&value.value)) } ", " (words::counted(value.count, "commit", "commits")) } } }
        }
        @if !coverage.rejected_notes.is_empty() {
            h3 { "Notes that could not be used" }
            ul.plain { @for value in &coverage.rejected_notes { li { (name(&value.value)) ": " (words::count(value.count)) } } }
            p.note { "Beside them, " (words::counted(coverage.agreement.recorded_commits, "commit", "commits")) " of the mainline's history " (if coverage.agreement.recorded_commits == 1 { "has" } else { "have" }) " a note that could." }
        }
        @if !coverage.settings_files.is_empty() {
            h3 { "Settings that switch evidence off or on" }
            ul.plain {
                @for file in coverage.settings_files.iter().take(20) {
                    li {
                        code { (name(&file.path)) } " in " (name(&file.repository)) ": from " (words::day(file.since.as_ref())) " on " (name(&file.tool))
                        @if file.leaves_evidence { " leaves evidence." } @else { " leaves none, so its lines look like lines of unknown source." }
                    }
                }
            }
        }
        @if coverage.conflicting_commits > 0 {
            p.note { "In " (words::counted(coverage.conflicting_commits, "commit", "commits")) " kinds of evidence disagree." }
        }
    }
}

fn agreement(report: &LifeReport) -> Markup {
    let agreement = &report.coverage.agreement;
    if agreement.table.iter().all(|row| row.declared + row.not_declared == 0) {
        return html! { p.note { "No commit carries both a tool's record and a message to compare it with, so how many AI lines leave no trailer is not known here." } };
    }
    let words_of = |record: &str| match record {
        "at_least_half_ai" => "at least half of the lines AI",
        "some_ai" => "some lines AI, less than half",
        "no_ai" => "no line AI",
        "no_lines" => "the commit adds no lines",
        _ => "no record at all",
    };
    html! {
        h3 { "Do records and declarations agree?" }
        div.scroll tabindex="0" role="region" aria-label="Agreement of records and declarations" {
            table {
                caption { "Commits by what a recording tool attests, and whether a trailer, identity or footer flags them as AI" }
                thead { tr { th scope="col" { "the record says" } th scope="col" { "flagged" } th scope="col" { "not flagged" } th scope="col" { "share flagged" } } }
                tbody {
                    @for row in &agreement.table {
                        @let all = row.declared + row.not_declared;
                        tr {
                            th scope="row" .text { (words_of(&row.record)) } td { (words::count(row.declared)) } td { (words::count(row.not_declared)) }
                            td { @if all > 0 { (words::percent(row.declared as f64 / all as f64)) " %" } @else { "—" } }
                        }
                    }
                }
            }
            table {
                caption { "With Wilson limits, as if commits were independent of each other; of lines, on the effective number of commits" }
                tbody {
                    tr { th scope="row" .text { "commits recorded as at least half AI that are flagged" } td { (share(&agreement.sensitivity_commits)) } }
                    tr { th scope="row" .text { "lines attested to AI that are in flagged commits" } td { (share(&agreement.sensitivity_lines)) } }
                    tr { th scope="row" .text { "commits recorded as without AI that are flagged" } td { (share(&agreement.flagged_without_ai)) } }
                    tr { th scope="row" .text { "lines attested to AI that the commit itself added" } td { (share(&agreement.attested_inside)) } }
                }
            }
        }
    }
}

//! How long lines live: the large chart, the figures, the comparisons with all that limits them, and small multiples.

use candor_metrics::document::{Comparison, Level, LifeReport, Slice};
use candor_stats::Outcome;
use maud::{Markup, html};

use super::charts::{self, Scale};
use super::{cell, difference, name, notes, prose, share};
use crate::words;

/// Slices drawn of each dimension; the table has all.
const DRAWN: usize = 12;

pub(super) fn section(report: &LifeReport) -> Markup {
    let durability = &report.durability;
    let levels: Vec<&Level> = durability.sources.iter().filter(|level| charts::is_drawn(level)).collect();
    let horizons = &report.settings.horizons_days;
    html! {
        h2 #durability { "How long lines live" }
        p.lede {
            "Of the lines that landed, the share still alive and unchanged after so many days: " (words::count(durability.lines))
            " lines with a letter or a digit. Moves, renames and changes of white space are no death. Young lines are followed as far as they go and never dropped (Kaplan-Meier)."
        }
        @if levels.is_empty() {
            p.note { "No curve: " @match &durability.all.figures.first().map(|figure| &figure.line_weighted) {
                Some(outcome) if outcome.point().is_none() => { (words::reason(outcome).unwrap_or_default()) },
                _ => { "fewer than " (report.settings.minimum_lines_drawn) " lines are followed." },
            } }
        } @else {
            figure {
                (key(&levels))
                div.wide { (charts::survival(&levels, horizons, true)) }
                div.narrow { (charts::survival(&levels, horizons, false)) }
                figcaption {
                    "Bands are " (level_of(report)) " limits, clustered by author. A curve ends where fewer than "
                    (report.settings.minimum_lines_drawn) " of its lines are followed, and has no band where one author carries it. " (absent(&durability.sources))
                }
            }
        }
        (figures(report))
        (comparisons(report))
        (corrected(report))
        h2 #slices { "By language, context and year" }
        p.lede { "Small charts with one scale: 0 to 100 % of lines alive, up to " (horizons.last().copied().unwrap_or(0)) " days; a group with fewer than " (words::MINIMUM_GROUP) " lines has figures and no curve. Differences between slices mix with differences between people and times." }
        (key(&durability.sources.iter().filter(|level| level.name != "mixed").collect::<Vec<_>>()))
        (multiples("By year of landing", "year", &durability.by_year, horizons))
        (multiples("By language", "language", &durability.by_language, horizons))
        (multiples("By context", "context", &durability.by_context, horizons))
    }
}

fn level_of(report: &LifeReport) -> String {
    format!("{} %", (1000.0 * report.settings.level).round() / 10.0)
}

/// Which groups have no curve, and why.
fn absent(levels: &[Level]) -> String {
    let none: Vec<&str> = levels.iter().filter(|level| level.lines == 0).map(|level| words::group(&level.name)).collect();
    let tiny: Vec<String> = levels
        .iter()
        .filter(|level| level.lines > 0 && !charts::is_drawn(level))
        .map(|level| format!("{} ({})", words::group(&level.name), words::counted(level.lines, "line", "lines")))
        .collect();
    let mut text = if none.is_empty() { String::new() } else { format!("No line is labelled {}. ", none.join(" or ")) };
    if !tiny.is_empty() {
        text.push_str(&format!(
            "Not drawn: {}, for a curve takes {} lines of a group; the table has what is known.",
            tiny.join(", "),
            words::MINIMUM_GROUP
        ));
    }
    text
}

fn key(levels: &[&Level]) -> Markup {
    html! {
        ul.legend {
            @for level in levels {
                li {
                    svg viewBox="0 0 26 10" aria-hidden="true" { line class=(format!("line {}", charts::class(&level.name))) x1="0" x2="26" y1="5" y2="5" {} }
                    (words::group(&level.name)) " (" (words::counted(level.lines, "line", "lines")) ")"
                }
            }
        }
    }
}

fn figures(report: &LifeReport) -> Markup {
    let durability = &report.durability;
    let days = &report.settings.horizons_days;
    let levels: Vec<&Level> = durability.sources.iter().chain([&durability.all]).collect();
    let last = |level: &'_ Level| level.figures.last().cloned();
    let hubs = durability.sources.iter().flat_map(|level| &level.figures).any(|figure| figure.without_hubs.is_some());
    let all: Vec<Outcome> =
        levels.iter().flat_map(|level| level.figures.iter().map(|figure| figure.line_weighted.clone())).collect();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Durability by source" {
            table {
                caption { "Share of lines alive, with " (level_of(report)) " limits. " b { (durability.unknown_share.map_or("–".to_string(), words::percent)) " % of these lines are of unknown source." } }
                thead { tr {
                    th scope="col" { "source" }
                    @for days in days { th scope="col" { (days) " days" } }
                    @if let Some(days) = days.last() {
                        th scope="col" { "at risk " (days) " d" } th scope="col" title="every landing weighs the same" { "by change, " (days) " d" }
                        @if hubs { th scope="col" title="without files that more than a tenth of all landings touch" { "no hubs, " (days) " d" } }
                    }
                    th scope="col" { "median life" } th scope="col" { "lines, authors" }
                } }
                tbody { @for level in &levels {
                    tr {
                        th scope="row" class=(charts::class(&level.name)) { (words::group(&level.name)) }
                        @for figure in &level.figures { (cell(Some(&figure.line_weighted))) }
                        @let last = last(level);
                        td { (last.as_ref().map_or("–".to_string(), |figure| words::count(figure.at_risk))) }
                        @if level.name == "all" {
                            td.why colspan=(1 + usize::from(hubs)) { "by source only" }
                        } @else {
                            (cell(last.as_ref().and_then(|figure| figure.change_weighted.as_ref())))
                            @if hubs { (cell(last.as_ref().and_then(|figure| figure.without_hubs.as_ref()))) }
                        }
                        (median(level.median_days.as_ref()))
                        td { (words::count(level.lines)) span.limits { (words::counted(level.authors, "author", "authors")) } }
                    }
                } }
            }
        }
        details {
            summary { "By source class of the landing" }
            p.note { "A landing is AI-heavy when more than " (words::percent(report.settings.ai_heavy)) " % of its lines of known source are AI, AI-light with a smaller share, human with none, unknown when nothing is known." }
            div.scroll tabindex="0" role="region" aria-label="Durability by class of landing" {
                table {
                    thead { tr { th scope="col" { "class" } th scope="col" { "landings" } th scope="col" { "lines" } @for days in days { th scope="col" { (days) " days" } } } }
                    tbody { @for level in &durability.landing_classes { tr {
                        th scope="row" class=(charts::class(&level.name)) { (words::group(&level.name)) } td { (words::count(level.landings)) } td { (words::count(level.lines)) }
                        @for figure in &level.figures { (cell(Some(&figure.line_weighted))) }
                    } } }
                }
            }
        }
        (note_list(&notes(all.iter())))
    }
}

pub(super) fn note_list(notes: &[String]) -> Markup {
    html! { @if !notes.is_empty() { ul.plain.note { @for note in notes { li { (prose(note)) } } } } }
}

fn median(outcome: Option<&Outcome>) -> Markup {
    html! {
        @match outcome {
            Some(Outcome::Estimate(estimate)) => {
                td {
                    (days(estimate.point))
                    span.limits { @match estimate.interval.map(|interval| (interval.lower, interval.upper)) {
                        Some((Some(lower), Some(upper))) => { (days(lower)) "–" (days(upper)) },
                        Some((Some(lower), None)) => { "from " (days(lower)) },
                        _ => "no limits",
                    } }
                }
            }
            Some(Outcome::Insufficient { reason, have, .. }) => {
                @match reason.split_once(", ") {
                    Some((_, more)) if reason.starts_with("median not reached") => { td title=(have) { "not reached" span.limits { (more) } } }
                    _ => { td.why title=(reason) { "— " (have) } }
                }
            }
            _ => { td.why { "—" } }
        }
    }
}

fn days(days: f64) -> String {
    if days < 10.0 { format!("{days:.1} d") } else { format!("{} d", words::count(days.round() as u64)) }
}

struct Row<'a> {
    title: String,
    small: String,
    outcome: &'a Outcome,
    is_range: Option<(f64, f64)>,
}

fn comparisons<'r>(report: &'r LifeReport) -> Markup {
    let durability = &report.durability;
    let Some(last) = report.settings.horizons_days.len().checked_sub(1) else { return html! {} };
    let days = report.settings.horizons_days[last];
    let mut groups: Vec<(&Comparison, Vec<Row<'r>>)> = Vec::new();
    for comparison in &durability.comparisons {
        let adjusted = comparison.figures.get(last).and_then(|figure| figure.adjusted.as_ref());
        let is_adjusted = adjusted.is_some_and(|adjusted| adjusted.difference.point().is_some());
        let raw = |how: &str| format!("raw, {how}{}", if is_adjusted { String::new() } else { format!("; {BARE}") });
        let mut rows: Vec<Row<'r>> = comparison
            .figures
            .iter()
            .map(|figure| Row {
                title: format!("{} days", figure.days),
                small: raw("every line weighing the same"),
                outcome: &figure.raw,
                is_range: None,
            })
            .collect();
        if let Some(figure) = comparison.figures.get(last) {
            let mut push = |small: String, outcome: Option<&'r Outcome>| {
                if let Some(outcome) = outcome {
                    rows.push(Row { title: format!("{days} days"), small, outcome, is_range: None });
                }
            };
            push(raw("every landing weighing the same"), figure.change_weighted.as_ref());
            push(raw("without hub files"), figure.without_hubs.as_ref());
            if let Some(adjusted) = figure.adjusted.as_ref().filter(|_| is_adjusted) {
                let share =
                    adjusted.ai_lines_used_share.map_or("no".to_string(), |share| format!("{} % of", words::percent(share)));
                let small = format!(
                    "adjusted: inside repository, language, context and year; {} of {} strata, {share} AI lines",
                    adjusted.strata_used, adjusted.strata
                );
                push(small, Some(&adjusted.difference));
            }
        }
        groups.push((comparison, rows));
    }
    let bounds = durability.bounds.get(last);
    let lowest_highest = bounds.and_then(|bounds| Some((bounds.lowest.point()?, bounds.highest.point()?)));
    let values = groups
        .iter()
        .flat_map(|(_, rows)| rows)
        .flat_map(|row| ends(row.outcome))
        .chain(lowest_highest.into_iter().flat_map(|(a, b)| [a, b]));
    let scale = Scale::around(values);
    html! {
        h3 { "AI and the others" }
        p.note {
            "Differences in the share of lines alive, in percentage points: right of the line AI lines live longer. These are comparisons in history and no effects: nobody assigned the tools, and people choose them for some work and not for other."
        }
        @for (at, (comparison, rows)) in groups.iter().enumerate() {
            div.rows {
                h4 { (comparison.label) }
                @if let Some(note) = unadjusted(report, comparison, last) { p.note { (prose(&note)) } }
                @if comparison.id == "ai_minus_everything_else" {
                    p.note { "Peers count every line without evidence of AI as human. Unknown lines then pass for human, and AI code that left no evidence blurs the difference." }
                }
                @if rows.iter().all(|row| row.outcome.point().is_none()) {
                    p.note { "No figure: " (rows.first().and_then(|row| words::reason(row.outcome)).unwrap_or_default()) "." }
                } @else {
                    (scale_row(scale))
                    @for row in rows { (row_of(row, scale)) }
                }
                @if let (0, Some(bounds)) = (at, bounds) {
                    @let range = |outcome: &Outcome| outcome.point().map(|point| (point, point));
                    (row_of(&Row { title: format!("{days} days"), small: "if all unknown and mixed lines were human".into(), outcome: &bounds.all_human, is_range: range(&bounds.all_human) }, scale))
                    (row_of(&Row { title: format!("{days} days"), small: "if all unknown and mixed lines were AI".into(), outcome: &bounds.all_ai, is_range: range(&bounds.all_ai) }, scale))
                    div.row {
                        span.name { (days) " days" small { "worst cases: the unknown lines that died on one side, the others on the other (" (words::percent(bounds.unknown_share)) " % unknown or mixed)" } }
                        span.strip { (charts::strip("all", scale, None, lowest_highest, true)) }
                        span.figure { @match lowest_highest { Some((low, high)) => { (words::points(low)) " to " (words::points(high)) }, None => span.why { "— " (words::gap(&bounds.lowest).unwrap_or_default()) } } }
                    }
                }
                (note_list(&notes(rows.iter().map(|row| row.outcome))))
                @if has_limits_where_a_side_has_none(report, comparison) {
                    ul.plain.note { li { "A difference can have limits where a side alone has none: each side rests on one author, the difference on those of both." } }
                }
            }
        }
    }
}

/// What a row says beside a figure that nothing adjusts.
const BARE: &str = "not adjusted for year of landing";

/// Says that a comparison is not adjusted, and in which years its sides landed; `None` where it is.
fn unadjusted(report: &LifeReport, comparison: &Comparison, last: usize) -> Option<String> {
    let figure = comparison.figures.get(last)?;
    figure.raw.point()?;
    if figure.adjusted.as_ref().is_some_and(|adjusted| adjusted.difference.point().is_some()) {
        return None;
    }
    let others: &[&str] = match comparison.id.as_str() {
        "ai_minus_human" => &["human"],
        "ai_minus_unknown" => &["unknown"],
        _ => &["human", "unknown"],
    };
    let why = match &figure.adjusted {
        Some(adjusted) => format!(
            "Not adjusted: none of {} of repository, language, context and year has two authors on each side, followed for {} days.",
            words::counted(adjusted.strata, "stratum", "strata"),
            figure.days
        ),
        None => "Not adjusted for anything.".to_owned(),
    };
    let years = |names: &[&str]| {
        let found: Vec<&str> = (report.durability.by_year.iter())
            .filter(|slice| slice.sources.iter().any(|level| names.contains(&level.name.as_str()) && level.lines > 0))
            .map(|slice| slice.name.as_str())
            .collect();
        match found.as_slice() {
            [] => None,
            [only] => Some((*only).to_owned()),
            [first, .., last] => Some(format!("{first} to {last}")),
        }
    };
    let eras = match (years(&["ai"]), years(others)) {
        (Some(ai), Some(other)) => {
            format!(
                " The AI lines landed in {ai}, the others in {other}: the difference may be one of years, languages or places."
            )
        }
        _ => " The difference may be one of years, languages or places.".to_owned(),
    };
    Some(why + &eras)
}

/// Whether a reader sees limits of a difference at an age at which one of its sides has none.
fn has_limits_where_a_side_has_none(report: &LifeReport, comparison: &Comparison) -> bool {
    let bare = |name: &str, at: usize| {
        let level = report.durability.sources.iter().find(|level| level.name == name);
        let figure = level.and_then(|level| level.figures.get(at)).and_then(|figure| figure.line_weighted.estimate());
        figure.is_some_and(|estimate| estimate.interval.is_none())
    };
    let other = if comparison.id == "ai_minus_human" { "human" } else { "unknown" };
    comparison.figures.iter().enumerate().any(|(at, figure)| {
        figure.raw.estimate().is_some_and(|estimate| estimate.interval.is_some()) && (bare("ai", at) || bare(other, at))
    })
}

fn ends(outcome: &Outcome) -> Vec<f64> {
    let Some(estimate) = outcome.estimate() else { return Vec::new() };
    let interval = estimate.interval.map(|interval| [interval.lower, interval.upper]).unwrap_or_default();
    interval.into_iter().flatten().chain([estimate.point]).collect()
}

fn scale_row(scale: Scale) -> Markup {
    html! {
        div.row.scale aria-hidden="true" {
            span.name {} span.strip.ends { span { (words::points(scale.low)) " points" } span { (words::points(scale.high)) } } span.figure {}
        }
    }
}

fn row_of(row: &Row<'_>, scale: Scale) -> Markup {
    let estimate = row.outcome.estimate();
    let limits = estimate.and_then(|estimate| estimate.interval).and_then(|interval| Some((interval.lower?, interval.upper?)));
    html! {
        div.row {
            span.name { (row.title) small { (row.small) } }
            @if estimate.is_some() { span.strip { (charts::strip("all", scale, estimate.map(|estimate| estimate.point), limits.or(row.is_range), false)) } }
            span.figure { @if row.is_range.is_some() { (row.outcome.point().map_or(String::new(), words::points)) } @else { (difference(row.outcome)) } }
        }
    }
}

fn corrected(report: &LifeReport) -> Markup {
    let Some(corrected) = &report.durability.corrected else {
        return html! { p.note { "Not corrected for errors of the evidence: no sensitivity and specificity were given (" code { "--se" } ", " code { "--sp" } ")." } };
    };
    html! {
        h3 { "Corrected for errors of the evidence" }
        p.note {
            "Stated sensitivity " (corrected.sensitivity) ", specificity " (corrected.specificity) ". Assumed: " (corrected.assumptions) ". AI share of the lines after correction: "
            @match corrected.ai_share.point() { Some(share) => { (words::percent(share)) " %." }, None => { "none, " (words::reason(&corrected.ai_share).unwrap_or_default()) "." } }
        }
        div.scroll tabindex="0" role="region" aria-label="Corrected durability" {
            table {
                thead { tr { th scope="col" { "age" } th scope="col" { "AI" } th scope="col" { "not AI" } th scope="col" { "difference" } th scope="col" { "uncorrected" } } }
                tbody { @for figure in &corrected.figures { tr {
                    th scope="row" { (figure.days) " days" } td { (share(&figure.ai)) } td { (share(&figure.not_ai)) } td { (difference(&figure.difference)) } td { (difference(&figure.uncorrected)) }
                } } }
            }
        }
        (note_list(&notes(corrected.figures.iter().map(|figure| &figure.difference))))
    }
}

fn multiples(title: &str, kind: &str, slices: &[Slice], horizons: &[u32]) -> Markup {
    if slices.is_empty() {
        return html! {};
    }
    let days = horizons.last().copied().unwrap_or(0);
    // Years keep their order and the last ones matter most; the others come with most lines first.
    let shown = if kind == "year" { &slices[slices.len().saturating_sub(DRAWN)..] } else { &slices[..slices.len().min(DRAWN)] };
    let label = |slice: &Slice| if kind == "context" { slice.name.replace('_', " ") } else { slice.name.clone() };
    html! {
        h3 { (title) }
        div.multiples {
            @for (at, slice) in shown.iter().enumerate() {
                figure {
                    h4 { (name(&label(slice))) }
                    p.note { (words::counted(slice.lines, "line", "lines")) ", " (slice.unknown_share.map_or("–".to_string(), words::percent)) " % unknown" }
                    (charts::multiple(&format!("{kind}-{at}"), &super::text(&label(slice)), &slice.sources))
                    dl { @for level in &slice.sources {
                        dt class=(charts::class(&level.name)) { (words::group(&level.name)) }
                        dd { @match level.figures.last().map(|figure| &figure.line_weighted) { Some(outcome) => { (inline(outcome)) }, None => "—" } }
                    } }
                }
            }
        }
        details {
            summary { "The same as a table (" (slices.len()) ")" }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    caption { "Share of lines alive after " (days) " days, and differences in percentage points, raw: not adjusted for " (if kind == "year" { "language or context" } else { "year of landing" }) }
                    thead { tr { th scope="col" { (kind) } th scope="col" { "lines" } th scope="col" { "unknown" } th scope="col" { "human" } th scope="col" { "AI" } th scope="col" { "unknown lines" } th scope="col" { "AI − human" } th scope="col" { "AI − unknown" } } }
                    tbody { @for slice in slices { tr {
                        th scope="row" .text { (name(&label(slice))) } td { (words::count(slice.lines)) } td { (slice.unknown_share.map_or("–".to_string(), words::percent)) " %" }
                        @for level in &slice.sources { (cell(level.figures.last().map(|figure| &figure.line_weighted))) }
                        @for list in [&slice.ai_minus_human, &slice.ai_minus_unknown] { @match list.last() { Some(last) => { td { (difference(&last.difference)) } }, None => { td.why { "—" } } } }
                    } } }
                }
            }
        }
    }
}

/// A share and its limits on one line.
fn inline(outcome: &Outcome) -> Markup {
    match outcome {
        Outcome::Estimate(estimate) => html! {
            (words::percent(estimate.point)) " % " span.note { @match words::share_limits(estimate) { Some(limits) => { "(" (limits) ")" }, None => "(no limits)" } }
        },
        other => html! { span.why { "— " (words::gap(other).unwrap_or_default()) } },
    }
}

//! What was read, what was left out, and how the figures are made.

use candor_metrics::document::LifeReport;
use maud::{Markup, html};

use super::name;
use crate::words;

pub(super) fn section(report: &LifeReport) -> Markup {
    let read = &report.read;
    let apart = &read.apart;
    let groups = [
        (apart.bot_lines, "written by bots: in coverage, not in durability"),
        (apart.before_observation_lines, "born before observation began, so of unknown age"),
        (apart.not_substantive_lines, "without a letter or a digit"),
        (apart.negative_age_lines, "counted with age 0, because by the commits' clocks they end before they begin"),
        (apart.hub_lines, "counted, but in hub files, which more than a tenth of all landings touch"),
    ];
    html! {
        h2 #reading { "What was read" }
        div.scroll tabindex="0" role="region" aria-label="Repositories" {
            table {
                thead { tr { @for head in ["repository", "branch", "tip", "period", "mainline", "commits", "alive"] { th scope="col" { (head) } } } }
                tbody { @for repository in &read.repositories { tr {
                    th scope="row" .text { (name(&repository.name)) } td.text { (name(&repository.branch)) } td { code { (name(&repository.tip.chars().take(12).collect::<String>())) } }
                    td { (words::day(repository.from.as_ref())) " to " (words::day(repository.as_of.as_ref())) }
                    td { (words::count(repository.mainline.into())) } td { (words::count(repository.commits.into())) } td { (words::count(repository.alive_lines)) }
                } } }
            }
        }
        h3 { "Left out" }
        @let left_out = words::left_out(read);
        @if left_out.is_empty() { p.note { "Nothing was left out." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Left out" {
                table {
                    thead { tr { th scope="col" { "reason" } th scope="col" { "paths" } th scope="col" { "lines" } } }
                    tbody { @for (reason, paths, lines) in &left_out { tr { th scope="row" .text { (name(reason)) } td { (words::count(*paths)) } td { (words::count(*lines)) } } } }
                }
            }
        }
        @if groups.iter().any(|(lines, _)| *lines > 0) {
            h3 { "Counted apart" }
            ul.plain { @for (lines, what) in groups { @if lines > 0 { li { (words::counted(lines, "line", "lines")) " " (what) } } } }
        }
        h3 { "How the figures are made" }
        ul.plain {
            li { "A line is born when it lands on the first-parent chain of the branch, at the committer's time, and dies in the landing that changes or removes it; alive lines are followed to the tip of their repository. Ages are exact seconds." }
            li { "Survival is Kaplan-Meier. Intervals use the infinitesimal jackknife over authors, for lines of one author share their fate, with a small-sample correction (CR2, Student's t); differences use both sides' authors jointly." }
            li { "A comparison needs " (report.settings.minimum_authors) " authors on each side. Curves are drawn as far as " (report.settings.minimum_lines_drawn) " lines are followed." }
            li { "Adjusted comparisons stratify by repository, language, context and year of landing, with Mantel-Haenszel weights; only strata with two authors on each side enter." }
            @for repository in &read.repositories { @if !repository.settings.is_empty() { li { (name(&repository.name)) ": " code { (name(&repository.settings)) } } } }
        }
    }
}

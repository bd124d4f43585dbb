//! Plain sentences over the finished document: what can be said, what cannot, what evidence would change that. They compute nothing.

use candor_stats::{Estimate, Outcome};

use crate::document::{ComparisonFigure, LifeReport, Statements};

/// Above this share of unknown lines no comparison by source is called telling.
const MUCH_UNKNOWN: f64 = 0.5;

/// Below this share of human lines more of them would say the most.
const FEW_HUMAN: f64 = 0.05;

/// Writes the sentences.
pub(crate) fn compute(report: &LifeReport) -> Statements {
    let mut said = Statements::default();
    all_lines(report, &mut said);
    by_source(report, &mut said);
    comparison(report, &mut said);
    outcomes(report, &mut said);
    coverage(report, &mut said);
    said
}

impl Statements {
    /// Adds what can be said and is also shown by a table.
    fn can_repeat(&mut self, sentence: String) {
        self.in_tables.push(sentence.clone());
        self.can_say.push(sentence);
    }

    /// Adds what cannot be said, where the tables show that a figure is missing and why.
    fn cannot_repeat(&mut self, sentence: String) {
        self.in_tables.push(sentence.clone());
        self.cannot_say.push(sentence);
    }
}

fn all_lines(report: &LifeReport, said: &mut Statements) {
    let figures = &report.durability.all.figures;
    if let Some((figure, estimate)) = figures.iter().rev().find_map(|figure| Some((figure, figure.line_weighted.estimate()?))) {
        said.can_repeat(format!(
            "Of all lines, whoever wrote them, {} live longer than {} days{}.",
            percent(estimate.point),
            figure.days,
            interval(estimate)
        ));
    }
    let missing: Vec<String> =
        figures.iter().filter(|figure| figure.line_weighted.point().is_none()).map(|figure| figure.days.to_string()).collect();
    if let Some(Outcome::Insufficient { have, .. }) =
        figures.iter().map(|figure| &figure.line_weighted).find(|outcome| outcome.point().is_none())
    {
        said.cannot_repeat(format!("How many lines live longer than {} days: there is {have}.", missing.join(", ")));
    }
}

fn by_source(report: &LifeReport, said: &mut Statements) {
    let lines = |name: &str| report.durability.sources.iter().find(|level| level.name == name).map_or(0, |level| level.lines);
    if report.durability.lines == 0 {
        said.cannot_say.push("Anything by source: no substantive line landed in the period.".to_string());
        return;
    }
    if lines("human") == 0 {
        said.cannot_repeat(
            "How long human lines live: no line carries positive evidence of human work, and a line without evidence is unknown, not human."
                .to_string(),
        );
        said.would_change.push(
            "Trailers that say `AI-Assisted: none`, recorded line evidence, or a declaration that attribution is complete for a team and time, \
             would show which lines are human."
                .to_string(),
        );
    }
    let few = lines("human") as f64 / report.durability.lines as f64;
    if lines("human") > 0 && lines("ai") > 0 && few < FEW_HUMAN {
        said.would_change.push(format!(
            "Only {} of the lines carry positive evidence of human work: trailers that say `AI-Assisted: none`, or a declaration that \
             attribution is complete for a team and time, would tell more of them from unknown ones.",
            percent(few)
        ));
    }
    if lines("ai") == 0 {
        said.cannot_repeat("How long AI lines live: no line carries evidence of AI.".to_string());
        said.would_change.push("AI tools set to leave trailers or notes would show which lines are theirs.".to_string());
    }
}

fn comparison(report: &LifeReport, said: &mut Statements) {
    let both = |id: &str| report.durability.comparisons.iter().find(|comparison| comparison.id == id);
    let last_known = |figures: &[ComparisonFigure]| figures.iter().rev().find(|figure| figure.raw.point().is_some()).cloned();
    for (id, other) in [("ai_minus_human", "human lines"), ("ai_minus_unknown", "lines of unknown source")] {
        let Some(found) = both(id) else { continue };
        let Some(figure) = last_known(&found.figures) else {
            if let Some(Outcome::Insufficient { have, need, .. }) = found.figures.first().map(|figure| &figure.raw) {
                said.cannot_repeat(format!(
                    "Whether AI lines live longer or shorter than {other}: there is {have}; it takes {need}."
                ));
            }
            continue;
        };
        let Some(estimate) = figure.raw.estimate() else { continue };
        if id == "ai_minus_unknown" && said.can_say.iter().any(|sentence| sentence.contains("human lines:")) {
            continue;
        }
        let adjusted =
            figure.adjusted.as_ref().and_then(|adjusted| adjusted.difference.estimate().map(|estimate| (estimate, adjusted)));
        let beside = match adjusted {
            Some((adjusted, basis)) => format!(
                "; inside the same repository, language, context and year {}{} over {} of the AI lines",
                points(adjusted.point),
                point_interval(adjusted),
                percent(basis.ai_lines_used_share.unwrap_or(0.0))
            ),
            None => "; no stratum has two authors on each side, so it is not adjusted, and may only show that they are lines of other \
                     years, languages or places"
                .to_string(),
        };
        let raw = format!("{} after {} days{}", points(estimate.point), figure.days, point_interval(estimate));
        match sign(estimate) {
            Some(direction) => said.can_say.push(format!(
                "In this history AI lines {direction} than {other}: {raw}{beside}. A comparison, no effect: nobody assigned the tools."
            )),
            None => {
                let fit = if estimate.interval.is_some() { "; it may go either way" } else { "" };
                said.cannot_say
                    .push(format!("Whether AI lines live longer or shorter than {other}: {raw}{beside}{fit}."));
            }
        }
    }
    let some_ai = report.durability.sources.iter().any(|level| level.name == "ai" && level.lines > 0);
    let bounds =
        report.durability.bounds.last().and_then(|bounds| Some((bounds, bounds.lowest.point()?, bounds.highest.point()?)));
    if let Some((bounds, low, high)) = bounds.filter(|(_, low, high)| some_ai && *low < 0.0 && *high > 0.0) {
        said.cannot_say.push(format!(
                    "Whether AI lives longer than human code after {} days, if nothing is assumed of the unknown and mixed lines ({}): a difference from {} to {} is possible.",
                    bounds.days,
                    percent(bounds.unknown_share),
                    points(low),
                    points(high)
                ));
    }
}

fn outcomes(report: &LifeReport, said: &mut Statements) {
    if let Some(estimate) = report.rework.all.total.estimate() {
        let split = match (report.rework.all.by_self.point(), report.rework.all.by_others.point()) {
            (Some(own), Some(others)) => format!(": {} by their own people, {} by others", percent(own), percent(others)),
            _ => String::new(),
        };
        said.can_repeat(format!(
            "{} of the lines are changed or deleted within {} days of landing{}{split}.",
            opening(estimate.point),
            report.rework.days,
            interval(estimate)
        ));
    }
    for (rates, what) in [(&report.reverts, "are reverted"), (&report.defects, "had a line removed by a later fix")] {
        match &rates.all.rate {
            Outcome::Estimate(estimate) => said.can_repeat(format!(
                "{} of the landings {what} within {} days{}.",
                opening(estimate.point),
                rates.days,
                interval(estimate)
            )),
            Outcome::Insufficient { have, need, .. } => {
                said.cannot_repeat(format!(
                    "How many landings {what} within {} days: there is {have}, it takes {need}.",
                    rates.days
                ));
            }
            Outcome::NotApplicable { reason } => said.cannot_say.push(reason.clone()),
        }
    }
}

fn coverage(report: &LifeReport, said: &mut Statements) {
    let coverage = &report.coverage;
    if let Some(unknown) = coverage.unknown_share.filter(|share| *share > MUCH_UNKNOWN) {
        said.cannot_say.push(format!(
            "What AI does in this code as a whole: {} of the landed lines carry no evidence of source.",
            percent(unknown)
        ));
        said.would_change.push(
            "`candor instrument` sets up trailers and notes; each month with them shrinks the unknown share of new lines."
                .to_string(),
        );
    }
    if let Some(estimate) = coverage.agreement.sensitivity_commits.estimate() {
        said.can_repeat(format!(
            "Trailers and identities flag {} of the commits that a recording tool attests at least half to AI{}: without records, AI work would \
             be missed to that extent.",
            percent(estimate.point),
            interval(estimate)
        ));
    } else if coverage.sources.ai > 0 && report.settings.sensitivity.is_none() {
        said.would_change.push(
            "Recorded line evidence (notes) next to trailers, or a reviewed sample of commits, would measure how much AI work leaves no trace; \
             with `--se` and `--sp` the figures are corrected for it."
                .to_string(),
        );
    }
    if coverage.settings_files.iter().any(|file| !file.leaves_evidence) {
        said.cannot_say.push(
            "What tools did after a settings file in this history switched their trailers off: such lines look like lines without evidence."
                .to_string(),
        );
    }
    said.would_change.push("An effect, instead of a comparison, takes a randomised or controlled design.".to_string());
}

fn sign(estimate: &Estimate) -> Option<&'static str> {
    let interval = estimate.interval?;
    match (interval.lower?, interval.upper?) {
        (lower, _) if lower > 0.0 => Some("lived longer"),
        (_, upper) if upper < 0.0 => Some("died sooner"),
        _ => None,
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.1} %", 100.0 * share);
    match text.as_str() {
        "0.0 %" if share > 0.0 => "under 0.1 %".to_string(),
        "100.0 %" if share < 1.0 => "over 99.9 %".to_string(),
        _ => text,
    }
}

/// A share at the beginning of a sentence.
fn opening(share: f64) -> String {
    let text = percent(share);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A difference in percentage points, with its sign.
fn points(difference: f64) -> String {
    format!("{:+.1} points", 100.0 * difference).replace('-', "\u{2212}")
}

fn interval(estimate: &Estimate) -> String {
    match estimate.interval.map(|interval| (interval.lower, interval.upper)) {
        Some((Some(lower), Some(upper))) => format!(" (from {} to {})", percent(lower).trim_end_matches(" %"), percent(upper)),
        _ => without_limits(estimate).unwrap_or_default(),
    }
}

fn point_interval(estimate: &Estimate) -> String {
    match estimate.interval.map(|interval| (interval.lower, interval.upper)) {
        Some((Some(lower), Some(upper))) => {
            format!(" (from {:+.1} to {:+.1})", 100.0 * lower, 100.0 * upper).replace('-', "\u{2212}")
        }
        _ => without_limits(estimate).unwrap_or_else(|| " (no limits)".to_string()),
    }
}

/// Why a figure that rests on one author has no limits, as short as a sentence has room for; `None` where that is not the reason.
fn without_limits(estimate: &Estimate) -> Option<String> {
    let note = estimate.notes.first()?.strip_prefix("one author carries ")?;
    Some(format!(" (no limits: one author carries {} of it)", note.split(" of what").next()?))
}

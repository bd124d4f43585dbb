//! The report as one screen of text: coverage first, then durability, then what happened to landings, then sentences.

use std::fmt::Write as _;

use candor_metrics::document::{Comparison, HorizonFigure, Level, LifeReport, ReworkLevel, SourceLines};
use candor_model::text::visible;
use candor_stats::Outcome;

use crate::words;

/// How to write on a terminal, or into a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns; lines are wrapped to it, at least 60.
    pub width: usize,
    /// Whether to use colours and weights.
    pub colour: bool,
}

impl Style {
    /// The style for an output: colours only on a terminal, and not when `NO_COLOR` holds anything (no-color.org).
    ///
    /// `columns` is the width of the terminal where it is known; text is never wider than 120 and, without a terminal, 100 columns.
    #[must_use]
    pub fn new(is_terminal: bool, no_color: Option<&std::ffi::OsStr>, columns: Option<usize>) -> Self {
        let width = columns.filter(|_| is_terminal).unwrap_or(100).clamp(60, 120);
        Self { width, colour: is_terminal && no_color.is_none_or(std::ffi::OsStr::is_empty) }
    }
}

/// From this width on tables have all their columns.
const WIDE: usize = 96;

/// Lines for what shaped the labels and for warnings; the page has all.
const WARNINGS: usize = 2;

/// Writes the report for a terminal.
#[must_use]
pub fn terminal(report: &LifeReport, style: Style) -> String {
    let mut screen = Screen { out: String::new(), style, gaps: Vec::new(), told: Vec::new() };
    screen.head(report);
    screen.coverage(report);
    screen.durability(report);
    screen.outcomes(report);
    screen.sentences(report);
    screen.out
}

#[derive(Clone, Copy)]
enum Paint {
    Plain,
    Bold,
    Dim,
    Human,
    Ai,
    Unknown,
}

struct Screen {
    out: String,
    style: Style,
    /// Reasons of missing figures of the current part.
    gaps: Vec<String>,
    /// Reasons that were told.
    told: Vec<String>,
}

impl Screen {
    fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Plain => return text.to_string(),
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Human => "34",
            Paint::Ai => "33",
            Paint::Unknown => "35",
        };
        if self.style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A line of plain text, wrapped, continued at `indent`.
    fn wrapped(&mut self, paint: Paint, first: &str, text: &str, indent: usize) {
        for (at, line) in wrap(&format!("{first}{}", clean(text)), self.style.width, indent).iter().enumerate() {
            let painted = self.paint(paint, line.trim_start());
            let text = if at == 0 { painted } else { format!("{}{painted}", " ".repeat(indent)) };
            let lead = if at == 0 { &line[..line.len() - line.trim_start().len()] } else { "" };
            let whole = format!("{lead}{text}");
            self.line(&whole);
        }
    }

    fn heading(&mut self, title: &str, note: &str) {
        self.out.push('\n');
        let room = self.style.width.saturating_sub(title.chars().count() + 2);
        let text = format!("{}  {}", self.paint(Paint::Bold, title), self.paint(Paint::Dim, &cut(note, room)));
        self.line(&text);
    }

    fn head(&mut self, report: &LifeReport) {
        let read = &report.read;
        let period = format!("{} to {}", words::day(read.from.as_ref()), words::day(read.as_of.as_ref()));
        let title = cut(&clean(&words::title(read)), self.style.width.saturating_sub(period.len() + 10));
        let text = format!("{}  {title}  {}", self.paint(Paint::Bold, "Candor"), self.paint(Paint::Dim, &period));
        self.line(&text);
        let since = report.settings.since.as_ref().map(|since| format!(" since {}", words::day(Some(since)))).unwrap_or_default();
        let facts = format!(
            "{}{since}, {}, {}; {} landed, {} alive",
            words::counted(read.landings, "landing", "landings"),
            words::counted(read.commits, "commit", "commits"),
            words::counted(read.authors, "author", "authors"),
            words::counted(read.landed_lines, "line", "lines"),
            words::count(read.alive_lines),
        );
        self.wrapped(Paint::Plain, "", &facts, 2);
        let left: Vec<String> = words::left_out(read)
            .iter()
            .filter(|(_, _, lines)| *lines > 0)
            .map(|(reason, _, lines)| format!("{reason} {}", words::count(*lines)))
            .collect();
        let apart = &read.apart;
        let also = [
            (apart.before_observation_lines, "born before observation"),
            (apart.not_substantive_lines, "blank or punctuation only"),
            (apart.negative_age_lines, "with an end before their beginning (age 0)"),
        ];
        let also: Vec<String> =
            also.iter().filter(|(lines, _)| *lines > 0).map(|(lines, what)| format!("{what} {}", words::count(*lines))).collect();
        let left = if left.is_empty() { "nothing".to_string() } else { left.join(", ") };
        let also = if also.is_empty() { String::new() } else { format!("; apart: {}", also.join(", ")) };
        self.wrapped(Paint::Dim, "", &format!("left out: {left}{also}"), 2);
        // What shapes the labels comes first.
        let warnings: Vec<String> =
            words::declarations(report)
                .into_iter()
                .chain(read.repositories.iter().flat_map(|repository| {
                    repository.warnings.iter().map(move |warning| format!("{}: {warning}", repository.name))
                }))
                .collect();
        let shown = if warnings.len() > WARNINGS { WARNINGS - 1 } else { WARNINGS };
        for warning in warnings.iter().take(shown) {
            self.one_line(Paint::Bold, &format!("! {warning}"));
        }
        if let Some(more) = warnings.len().checked_sub(shown).filter(|more| *more > 0) {
            self.one_line(Paint::Bold, &format!("! {more} more warnings on the page"));
        }
    }

    /// Text on one line: what does not fit is on the page.
    fn one_line(&mut self, paint: Paint, text: &str) {
        let text = self.paint(paint, &cut(&clean(text), self.style.width));
        self.line(&text);
    }

    fn coverage(&mut self, report: &LifeReport) {
        let coverage = &report.coverage;
        self.heading("Who wrote it", "share of landed lines, by evidence");
        if coverage.lines == 0 {
            self.line("no line landed, so there is nothing to attribute");
            return;
        }
        let share = |lines: u64| format!("{} %", words::percent(lines as f64 / coverage.lines as f64));
        let sources = &coverage.sources;
        let bar = self.bar(sources, 24);
        let shares = format!(
            "human {}, AI {}, mixed {}, bots {}, unknown {}",
            share(sources.human),
            share(sources.ai),
            share(sources.mixed),
            share(sources.bot),
            share(sources.unknown),
        );
        if self.style.width >= WIDE {
            let text = format!("{bar}  {}", self.paint(Paint::Bold, &shares));
            self.line(&text);
        } else {
            self.line(&bar);
            self.wrapped(Paint::Bold, "", &shares, 2);
        }
        let evidence = &coverage.evidence;
        let text = format!(
            "evidence: recorded {}, self-declared {}, inferred {}, none {}",
            share(evidence.recorded),
            share(evidence.self_declared),
            share(evidence.inferred),
            share(evidence.none)
        );
        self.one_line(Paint::Plain, &text);
        self.quarters(report);
        let mut tools: Vec<String> = coverage
            .tools
            .iter()
            .take(4)
            .map(|tool| format!("{} {}", tool.name, words::counted(tool.lines, "line", "lines")))
            .collect();
        if tools.is_empty() {
            tools.push("none".to_string());
        }
        let mut text = format!("tools seen: {}", tools.join(", "));
        if !coverage.unrecognised.is_empty() {
            let names: Vec<String> =
                coverage.unrecognised.iter().take(2).map(|value| format!("`{}` ({})", value.value, value.count)).collect();
            let _ = write!(text, "; not known: {}", names.join(", "));
        }
        self.one_line(Paint::Plain, &text);
        let agreement = &coverage.agreement;
        if let (Some(commits), Some(lines)) = (agreement.sensitivity_commits.estimate(), agreement.sensitivity_lines.estimate()) {
            let text = format!(
                "trailers find {} % ({}) of commits recorded as half AI, {} % ({}) of recorded AI lines",
                words::percent(commits.point),
                words::share_limits(commits).unwrap_or_default(),
                words::percent(lines.point),
                words::share_limits(lines).unwrap_or_default(),
            );
            self.wrapped(Paint::Plain, "", &text, 2);
        }
    }

    fn bar(&self, sources: &SourceLines, width: usize) -> String {
        let total = sources.total().max(1);
        let parts = [
            (sources.human, '█', Paint::Human),
            (sources.ai, '▓', Paint::Ai),
            (sources.mixed + sources.bot, '▒', Paint::Plain),
            (sources.unknown, '░', Paint::Unknown),
        ];
        let (mut sum, mut drawn, mut bar) = (0, 0, String::new());
        for (lines, mark, paint) in parts {
            sum += lines;
            let end = (sum as u128 * width as u128 / u128::from(total)) as usize;
            bar.push_str(&self.paint(paint, &mark.to_string().repeat(end - drawn)));
            drawn = end;
        }
        bar
    }

    fn quarters(&mut self, report: &LifeReport) {
        let room = (self.style.width.saturating_sub(46) / 2).max(6);
        let quarters = &report.coverage.quarters;
        let shown = quarters.get(quarters.len().saturating_sub(room)..).unwrap_or_default();
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
        if shown.len() < 2 {
            return;
        }
        let spark = |lines: &dyn Fn(&SourceLines) -> u64| -> String {
            shown.iter().map(|quarter| block(Some(lines(&quarter.sources) as f64 / quarter.lines.max(1) as f64))).collect()
        };
        let (ai, unknown) = (spark(&|sources| sources.ai + sources.mixed), spark(&|sources| sources.unknown));
        let text = format!(
            "by quarter, {} to {}: AI {}  unknown {}",
            first.quarter,
            last.quarter,
            self.paint(Paint::Ai, &ai),
            self.paint(Paint::Unknown, &unknown)
        );
        self.line(&text);
    }

    fn durability(&mut self, report: &LifeReport) {
        let durability = &report.durability;
        let note = format!(
            "% of lines alive (95 % limits, clustered by author); {}",
            words::counted(durability.lines, "substantive line", "substantive lines")
        )
        .replace("95 %", &format!("{} %", (100.0 * report.settings.level * 10.0).round() / 10.0));
        self.heading("How long lines live", &note);
        let wide = self.style.width >= WIDE;
        let last = report.settings.horizons_days.len().saturating_sub(1).min(2);
        let mut days: Vec<usize> = if wide { (0..=last).collect() } else { vec![0, last] };
        days.dedup();
        let spark = if wide { self.style.width.saturating_sub(12 + 20 * days.len() + 8 + 12).min(20) } else { 0 };
        let mut header = format!("{:<10}", "");
        for at in &days {
            let _ = write!(header, "{:<20}", format!("{} days", report.settings.horizons_days[*at]));
        }
        let end =
            durability.sources.iter().chain([&durability.all]).filter_map(|level| level.curve.last()).map(|point| point.days);
        let end = end.fold(0.0_f64, f64::max).min(365.0);
        if wide {
            let _ = write!(
                header,
                "{:>7} {:>11}  {}",
                "authors",
                format!("at risk {}d", days.last().and_then(|at| report.settings.horizons_days.get(*at)).copied().unwrap_or(0)),
                if end > 0.0 { format!("0–{end:.0} d") } else { String::new() }
            );
        }
        let header = self.paint(Paint::Dim, &header);
        self.line(&header);
        for level in durability.sources.iter().chain([&durability.all]) {
            // A handful of lines is on the page.
            if level.name == "mixed" && level.lines < words::MINIMUM_GROUP {
                continue;
            }
            self.level(level, &days, spark, end);
        }
        let weighted = self.weighted(report);
        if !weighted.is_empty() {
            self.wrapped(Paint::Plain, "", &weighted, 2);
        }
        let some = |name: &str| durability.sources.iter().any(|level| level.name == name && level.lines > 0);
        // Without lines on one side the rows above have said why there is no difference.
        for (comparison, other) in durability.comparisons.iter().zip(["human", "unknown"]) {
            if some("ai") && some(other) {
                self.comparison(comparison, &days);
            }
        }
        self.limits_of_knowledge(report);
        self.flush_gaps();
    }

    fn level(&mut self, level: &Level, days: &[usize], spark: usize, end: f64) {
        let paint = match level.name.as_str() {
            "human" => Paint::Human,
            "ai" => Paint::Ai,
            "unknown" => Paint::Unknown,
            _ => Paint::Plain,
        };
        let name = self.paint(paint, &format!("{:<10}", words::group(&level.name)));
        let mut text = name;
        if level.lines == 0 {
            text.push_str(match level.name.as_str() {
                "human" => "no line has evidence of human work",
                "ai" => "no line has evidence of AI",
                _ => "no line: nothing can be said about it",
            });
            self.line(&text);
            return;
        }
        for at in days {
            let cell = level.figures.get(*at).map_or(String::new(), |figure| self.share_cell(&figure.line_weighted));
            let _ = write!(text, "{}", pad(&cell, 20));
        }
        if spark > 0 {
            let at_risk = days.last().and_then(|at| level.figures.get(*at)).map_or(0, |figure| figure.at_risk);
            let _ = write!(text, "{:>7} {:>11}  ", words::count(level.authors), words::count(at_risk));
            let curve: String = (0..spark)
                .map(|at| {
                    let day = end * at as f64 / (spark - 1).max(1) as f64;
                    block(
                        level
                            .curve
                            .iter()
                            .rfind(|point| point.days <= day + 1e-9)
                            .filter(|_| reaches(level, day))
                            .map(|point| point.survival),
                    )
                })
                .collect();
            text.push_str(&self.paint(paint, &curve));
        }
        self.line(&text);
    }

    fn weighted(&self, report: &LifeReport) -> String {
        let Some(at) = report.settings.horizons_days.len().min(3).checked_sub(1) else { return String::new() };
        let levels: Vec<&Level> =
            report.durability.sources.iter().filter(|level| level.name != "mixed" && level.lines > 0).collect();
        let figures: Vec<_> = levels.iter().filter_map(|level| Some((level.name.as_str(), level.figures.get(at)?))).collect();
        let list = |pick: &dyn Fn(&HorizonFigure) -> Option<f64>| -> Option<String> {
            let found: Vec<String> = figures
                .iter()
                .filter_map(|(name, figure)| Some(format!("{} {}", words::group(name), words::percent(pick(figure)?))))
                .collect();
            (!found.is_empty()).then(|| found.join(", "))
        };
        let changes = list(&|figure| figure.change_weighted.as_ref().and_then(Outcome::point));
        let (Some(changes), Some((_, first))) = (changes, figures.first()) else { return String::new() };
        format!("{} days, every landing weighing the same: {changes}", first.days)
    }

    fn comparison(&mut self, comparison: &Comparison, days: &[usize]) {
        let (name, label) = match comparison.id.as_str() {
            "ai_minus_human" => ("AI − hum.", "AI minus human"),
            _ => ("AI − unk.", "AI minus unknown"),
        };
        let figures: Vec<_> = days.iter().filter_map(|at| comparison.figures.get(*at)).collect();
        if figures.iter().all(|figure| figure.raw.point().is_none()) {
            if !comparison.figures.is_empty() {
                let why = figures.first().and_then(|figure| words::gap(&figure.raw)).unwrap_or_default();
                self.wrapped(Paint::Dim, "", &format!("{label}: no figure ({why})"), 2);
            }
            return;
        }
        let mut text = format!("{name:<10}");
        for figure in &figures {
            let cell = match &figure.raw {
                Outcome::Estimate(estimate) => {
                    let limits = words::point_limits(estimate)
                        .map_or("(no limits)".to_string(), |limits| format!("({})", limits.replace(" to ", "…")));
                    format!("{} {limits}", words::points(estimate.point))
                }
                other => self.missing(other),
            };
            let _ = write!(text, "{}", pad(&cell, 20));
        }
        if self.style.width >= WIDE {
            let adjusted = figures.last().and_then(|figure| figure.adjusted.as_ref());
            if let Some((adjusted, point)) = adjusted.and_then(|adjusted| Some((adjusted, adjusted.difference.point()?))) {
                let _ = write!(text, "adjusted {}", words::points(point));
                // Few strata hold both: without its share, an adjusted figure of a hundredth of the lines looks like one of all.
                if let Some(share) = adjusted.ai_lines_used_share {
                    let _ = write!(text, " over {:.0} %", (100.0 * share).max(1.0));
                }
            } else {
                text.push_str("not adjusted");
            }
        } else if figures.last().and_then(|figure| figure.adjusted.as_ref()).is_none_or(|one| one.difference.point().is_none()) {
            text.push_str("raw");
        }
        self.line(&text);
    }

    fn limits_of_knowledge(&mut self, report: &LifeReport) {
        // Without a line of AI these are bounds of nothing.
        let has_ai = report.durability.sources.iter().any(|level| level.name == "ai" && level.lines > 0);
        let bounds = report.durability.bounds.get(report.settings.horizons_days.len().min(3).saturating_sub(1));
        if let Some((bounds, low, high)) =
            bounds.filter(|_| has_ai).and_then(|bounds| Some((bounds, bounds.lowest.point()?, bounds.highest.point()?)))
        {
            let one = |outcome: &Outcome| outcome.point().map_or("no figure".to_string(), words::points);
            let text = format!(
                "{} days, AI − human, unknown and mixed ({} %) as human {}, as AI {}; at worst {} to {}",
                bounds.days,
                words::percent(bounds.unknown_share),
                one(&bounds.all_human),
                one(&bounds.all_ai),
                words::points(low),
                words::points(high)
            );
            self.wrapped(Paint::Plain, "", &text, 2);
        }
        if let Some(corrected) = &report.durability.corrected {
            let figure = corrected.figures.get(report.settings.horizons_days.len().min(3).saturating_sub(1));
            let text = match figure.map(|figure| (&figure.difference, figure.days)) {
                Some((Outcome::Estimate(estimate), days)) => format!(
                    "corrected for sensitivity {} and specificity {}: AI − not AI {} ({}), {days} days",
                    corrected.sensitivity,
                    corrected.specificity,
                    words::points(estimate.point),
                    words::point_limits(estimate).unwrap_or_else(|| "no limits".to_string())
                ),
                Some((other, _)) => format!("no correction: {}", words::reason(other).unwrap_or_default()),
                None => return,
            };
            self.wrapped(Paint::Plain, "", &text, 2);
        }
    }

    fn outcomes(&mut self, report: &LifeReport) {
        self.heading("What happens to it", "% (limits); of landings, AI means AI-heavy");
        let wide = self.style.width >= WIDE;
        const GROUPS: [&str; 4] = ["human", "AI", "unknown", "all"];
        if wide {
            let header = format!("{:<29}{:<18}{:<18}{:<18}{}", "", GROUPS[0], GROUPS[1], GROUPS[2], GROUPS[3]);
            let header = self.paint(Paint::Dim, &header);
            self.line(&header);
        }
        let rework = &report.rework;
        let find = |name: &str| rework.sources.iter().find(|level| level.name == name);
        let row = |screen: &mut Self, name: &str, outcomes: [Option<&Outcome>; 4]| {
            let cells: Vec<String> =
                outcomes.into_iter().map(|outcome| outcome.map_or(String::new(), |outcome| screen.share_cell(outcome))).collect();
            if wide {
                let text: String = cells.iter().zip([18, 18, 18, 0]).map(|(cell, width)| pad(cell, width)).collect();
                screen.line(&format!("{name:<29}{text}"));
            } else {
                let parts: Vec<String> = GROUPS.iter().zip(&cells).map(|(group, cell)| format!("{group} {cell}")).collect();
                screen.wrapped(Paint::Plain, "", &format!("{}: {}", name.trim(), parts.join(", ")), 2);
            }
        };
        let total = |level: &ReworkLevel| level.total.clone();
        let totals = [find("human"), find("ai"), find("unknown"), Some(&rework.all)].map(|level| level.map(total));
        let name = format!("lines reworked in {} days", rework.days);
        row(self, &name, [0, 1, 2, 3].map(|at| totals[at].as_ref()));
        let split = |name: &str| {
            let level = find(name).or(Some(&rework.all)).filter(|level| level.name == name)?;
            Some(format!("{} + {}", words::percent(level.by_self.point()?), words::percent(level.by_others.point()?)))
        };
        let splits: Vec<String> =
            ["human", "ai", "unknown", "all"].iter().map(|name| split(name).unwrap_or_else(|| "—".to_string())).collect();
        if wide {
            let text: String = splits.iter().zip([18, 18, 18, 0]).map(|(cell, width)| pad(cell, width)).collect();
            self.line(&format!("{:<29}{text}", "  by own people + by others"));
        } else {
            let parts: Vec<String> = GROUPS.iter().zip(&splits).map(|(group, cell)| format!("{group} {cell}")).collect();
            self.wrapped(Paint::Plain, "", &format!("by own people + by others: {}", parts.join(", ")), 2);
        }
        for (rates, what) in [(&report.reverts, "landings reverted"), (&report.defects, "landings with fix")] {
            let class = |name: &str| rates.classes.iter().find(|class| class.name == name).map(|class| &class.rate);
            let name = format!("{what} in {} days", rates.days);
            row(self, &name, [class("human"), class("ai_heavy"), class("unknown"), Some(&rates.all.rate)]);
        }
        if report.fixes.lines > 0 {
            let own: u64 = report.fixes.cells.iter().map(|cell| cell.own_lines).sum();
            let of = |name: &str| {
                report
                    .fixes
                    .cells
                    .iter()
                    .filter(|cell| cell.line == name)
                    .map(|cell| cell.own_lines + cell.others_lines)
                    .sum::<u64>()
            };
            let share = |lines: u64| words::percent(lines as f64 / report.fixes.lines as f64);
            let text = format!(
                "{} removed {}, %: human {}, AI {}, mixed {}, unknown {}; the fixer's own {}",
                words::counted(report.fixes.commits, "fix", "fixes"),
                words::counted(report.fixes.lines, "line", "lines"),
                share(of("human")),
                share(of("ai")),
                share(of("mixed")),
                share(of("unknown")),
                share(own)
            );
            self.wrapped(Paint::Plain, "", &text, 2);
        }
        self.flush_gaps();
    }

    fn sentences(&mut self, report: &LifeReport) {
        let said = &report.statements;
        let kinds =
            [("Can be said", &said.can_say), ("Cannot be said", &said.cannot_say), ("Would change it", &said.would_change)];
        self.out.push('\n');
        let mut more = 0;
        for (title, list) in kinds {
            // What a table shows is not said again, but no heading stands alone.
            let Some(sentence) = list.iter().find(|sentence| !said.is_in_tables(sentence)).or(list.first()) else { continue };
            more += list.len() - 1;
            let title = format!("{title}:");
            self.wrapped_after(&title, sentence);
        }
        let compared =
            report.durability.comparisons.iter().any(|found| found.figures.iter().any(|one| one.raw.point().is_some()));
        let no_effect = if compared { "Comparisons in history, no effects: nobody assigned the tools. " } else { "" };
        let rest = match more {
            0 => String::new(),
            1 => "1 more sentence on the page.".to_string(),
            more => format!("{more} more sentences on the page."),
        };
        self.wrapped(Paint::Dim, "", format!("{no_effect}{rest}").trim_end(), 0);
    }

    /// A sentence after a title in bold.
    fn wrapped_after(&mut self, title: &str, sentence: &str) {
        for (at, line) in wrap(&format!("{title} {}", clean(sentence)), self.style.width, 2).iter().enumerate() {
            let text = match line.strip_prefix(title).filter(|_| at == 0) {
                Some(rest) => format!("{}{rest}", self.paint(Paint::Bold, title)),
                None => format!("  {line}"),
            };
            self.line(&text);
        }
    }

    fn share_cell(&mut self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Estimate(estimate) => {
                let limits =
                    words::share_limits(estimate).map_or_else(|| "(no limits)".to_string(), |limits| format!("({limits})"));
                if estimate.interval.is_none() {
                    self.note_gap(&format!(
                        "(no limits): {}",
                        estimate.notes.first().map_or("the data give none", String::as_str)
                    ));
                }
                format!("{} {limits}", words::percent(estimate.point))
            }
            other => self.missing(other),
        }
    }

    fn missing(&mut self, outcome: &Outcome) -> String {
        let gap = words::gap(outcome).unwrap_or_default();
        match outcome {
            Outcome::Insufficient { reason, .. } if !gap.starts_with("no l") => self.note_gap(&format!("— {gap}: {reason}")),
            Outcome::NotApplicable { reason } => self.note_gap(&format!("— {gap}: {reason}")),
            _ => {}
        }
        format!("— {gap}")
    }

    fn note_gap(&mut self, text: &str) {
        if !self.gaps.iter().any(|known| known == text) {
            self.gaps.push(text.to_string());
        }
    }

    /// Writes why figures of this part are missing.
    fn flush_gaps(&mut self) {
        for gap in words::merged(std::mem::take(&mut self.gaps)) {
            let gap = words::brief(&gap);
            // Shares of one author differ from part to part; the reason does not.
            let kind: String = gap.chars().filter(|letter| !letter.is_ascii_digit()).collect();
            if !self.told.contains(&kind) {
                self.wrapped(Paint::Dim, "", &gap, 2);
                self.told.push(kind);
            }
        }
    }
}

/// Whether a curve is drawn as far as `day`.
fn reaches(level: &Level, day: f64) -> bool {
    level.curve.last().is_some_and(|point| day <= point.days + 1e-9)
}

/// One of eight blocks for a share; a blank where there is none.
fn block(share: Option<f64>) -> char {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    share.map_or(' ', |share| BLOCKS[((share * 8.0).floor().clamp(0.0, 7.0)) as usize])
}

/// Pads to `width` columns, keeping one blank after a text that is too long.
fn pad(text: &str, width: usize) -> String {
    let used = text.chars().count();
    if used < width {
        format!("{text}{}", " ".repeat(width - used))
    } else if width > 2 {
        format!("{} ", cut(text, width - 1))
    } else {
        text.to_string()
    }
}

/// Cuts to `width` characters.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// Text without control characters: names from commits must not move the cursor.
fn clean(text: &str) -> String {
    visible(text).into_owned()
}

/// Breaks at blanks so that no line is longer than `width`, later lines being indented by `indent` by the caller.
fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    // A percent sign stays beside its number.
    let bound = text.replace(" %", "\u{a0}%");
    for word in bound.split(' ') {
        let room = if lines.is_empty() { width } else { width.saturating_sub(indent) };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_only_on_a_terminal_without_no_color() {
        let colour = |terminal, no: Option<&str>| Style::new(terminal, no.map(std::ffi::OsStr::new), Some(80)).colour;
        assert!(colour(true, None) && colour(true, Some("")));
        assert!(!colour(true, Some("1")) && !colour(false, None));
        assert_eq!(
            [
                Style::new(true, None, Some(80)).width,
                Style::new(false, None, Some(80)).width,
                Style::new(true, None, Some(20)).width
            ],
            [80, 100, 60]
        );
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\rc"), "a\\u{1b}[2Jb\\rc");
    }

    #[test]
    fn a_wrapped_text_keeps_its_words_and_its_width() {
        let text = "one two three four five six seven eight nine ten";
        let lines = wrap(text, 12, 2);
        assert!(lines.iter().all(|line| line.chars().count() <= 12), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrap("live on: 72.7 %", 14, 2), ["live on:", "72.7 %"]);
    }
}

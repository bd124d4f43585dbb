//! What each cohort of lines and each landing says, row by row, for readers that estimate by themselves. The rules are those of the report.

use candor_model::Origin;

use crate::error::MetricsError;
use crate::facts::{LabelledLines, LineFacts, NONE};
use crate::landings::Landings;
use crate::options::ReportOptions;
use crate::window::{Class, Window, source_name};

/// The life of one cohort of lines, as far as it is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRow {
    /// Index into [`LineFacts::landings`].
    pub landing: u32,
    /// Index into [`LineFacts::commits`]: the commit that wrote them.
    pub origin: u32,
    /// Index into [`LineFacts::paths`].
    pub path: u32,
    /// Death, or the end of follow-up; seconds, never before the landing.
    pub ended_at: i64,
    /// Whether they died then.
    pub died: bool,
    /// They died, and an author of the killing commit is one of theirs.
    pub by_self: bool,
    /// Number of lines.
    pub lines: u32,
    /// How many of them hold a letter or a digit.
    pub substantive: u32,
    /// Whose they are.
    pub source: Origin,
}

/// What is known of one landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LandingRow {
    /// Index into [`LineFacts::landings`].
    pub landing: u32,
    /// End of its follow-up, seconds.
    pub followed_until: i64,
    /// Author of most of its lines, an index into [`LineFacts::codes`], or [`NONE`].
    pub author: u32,
    /// All of it is a bot's.
    pub is_bot: bool,
    /// `human`, `ai_light`, `ai_heavy` or `unknown`.
    pub class: &'static str,
    /// Context of most of its lines, an index into [`LineFacts::contexts`], or [`NONE`].
    pub context: u32,
    /// Countable lines, bots' left out.
    pub lines: u64,
    /// Substantive ones among them.
    pub substantive: u64,
    /// AI lines among them.
    pub ai_lines: u64,
    /// Lines of unknown source among them.
    pub unknown_lines: u64,
    /// First fix that removes one of its substantive lines.
    pub first_fix_at: Option<i64>,
    /// First landing that reverts it.
    pub reverted_at: Option<i64>,
}

/// A function that a landing added or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionRow {
    /// Index into [`LineFacts::functions`].
    pub function: u32,
    /// Author of most of the lines that the landing brought to it, an index into [`LineFacts::codes`], or [`NONE`].
    pub author: u32,
    /// All of them are a bot's.
    pub is_bot: bool,
    /// `human`, `ai_light`, `ai_heavy` or `unknown`, by these lines; by the landing where it only removed some.
    pub class: &'static str,
}

/// Rows of lines and landings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObservedLives {
    /// Cohorts of lines that were born under observation, bots' too.
    pub lines: Vec<LineRow>,
    /// Landings that brought something that was not there before observation began, bots' and bulk commits too.
    pub landings: Vec<LandingRow>,
    /// Functions that these landings touched, those of bulk commits left out; none where the facts have none.
    pub functions: Vec<FunctionRow>,
}

/// What facts say, cohort by cohort and landing by landing.
///
/// # Input
/// Facts as the loader labels them; of the options, `since`, `as_of` and `ai_heavy`.
///
/// # Errors
/// [`MetricsError`] as [`crate::lives`].
pub fn observe(facts: &LineFacts, options: &ReportOptions) -> Result<ObservedLives, MetricsError> {
    let window = Window::new(facts, options)?;
    let units = Landings::new(&window);
    let mut observed = ObservedLives::default();
    let cohorts = &facts.cohorts;
    let mut sums = vec![Sums::default(); facts.landings.len()];
    // By landing and context: lines.
    let mut contexts: Vec<(u64, u64)> = Vec::new();
    for row in 0..cohorts.len() {
        let landing = cohorts.landing[row];
        if !window.counts[landing as usize] || cohorts.before_observation[row] {
            continue;
        }
        let (source, lines) = (cohorts.source[row], cohorts.lines[row]);
        let (ended_at, died, by_self) = window.end_of(row);
        observed.lines.push(LineRow {
            landing,
            origin: cohorts.origin[row],
            path: cohorts.path[row],
            ended_at: ended_at.max(facts.landings[landing as usize].landed_at),
            died,
            by_self,
            lines,
            substantive: cohorts.substantive[row],
            source,
        });
        if source == Origin::Bot {
            continue;
        }
        let sum = &mut sums[landing as usize];
        sum.lines += u64::from(lines);
        sum.substantive += u64::from(cohorts.substantive[row]);
        match source {
            Origin::Ai => sum.ai += u64::from(lines),
            Origin::Unknown => sum.unknown += u64::from(lines),
            Origin::Human | Origin::Mixed | Origin::Bot => {}
        }
        let key = u64::from(landing) << 32 | u64::from(facts.paths[cohorts.path[row] as usize].context);
        match contexts.last_mut() {
            Some(last) if last.0 == key => last.1 += u64::from(lines),
            _ => contexts.push((key, u64::from(lines))),
        }
    }
    let context = most(contexts, facts.landings.len());
    for (at, sum) in sums.iter().enumerate() {
        let Some(unit) = units.observed(at) else { continue };
        let landing = &facts.landings[at];
        observed.landings.push(LandingRow {
            landing: at as u32,
            followed_until: window.ends[landing.repository as usize].max(landing.landed_at),
            author: if unit.cluster < facts.people { unit.cluster } else { NONE },
            is_bot: unit.is_bot,
            class: window.classes[at].name(),
            context: context[at],
            lines: sum.lines,
            substantive: sum.substantive,
            ai_lines: sum.ai,
            unknown_lines: sum.unknown,
            first_fix_at: unit.fixed_at,
            reverted_at: units.reverted_at(at),
        });
    }
    for (at, function) in (0..).zip(&facts.functions) {
        let landing = function.landing as usize;
        // Landings that say nothing of lines, such as those before observation, say nothing of functions.
        let Some(unit) = units.observed(landing).filter(|_| window.counts[landing] && !facts.landings[landing].is_bulk) else {
            continue;
        };
        let lines = &function.lines;
        let only_removes = *lines == LabelledLines::default();
        let author = window.cluster(function.origin);
        observed.functions.push(FunctionRow {
            function: at,
            author: if author < facts.people { author } else { NONE },
            is_bot: if only_removes { unit.is_bot } else { lines.written() == 0 },
            class: if only_removes {
                window.classes[landing].name()
            } else {
                Class::of(lines.ai_share(), options.ai_heavy).name()
            },
        });
    }
    Ok(observed)
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    lines: u64,
    substantive: u64,
    ai: u64,
    unknown: u64,
}

/// By landing the value with most lines, the lower one among equals; counts come as (landing and value, lines).
fn most(mut counts: Vec<(u64, u64)>, landings: usize) -> Vec<u32> {
    counts.sort_unstable_by_key(|(key, _)| *key);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    let mut found = vec![(0_u64, NONE); landings];
    for (key, lines) in counts {
        let best = &mut found[(key >> 32) as usize];
        if lines > best.0 {
            *best = (lines, (key & u64::from(u32::MAX)) as u32);
        }
    }
    found.into_iter().map(|(_, value)| value).collect()
}

impl LineRow {
    /// `human`, `ai`, `mixed`, `bot` or `unknown`.
    #[must_use]
    pub fn source_name(&self) -> &'static str {
        source_name(self.source)
    }
}

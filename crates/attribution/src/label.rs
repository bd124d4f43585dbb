//! Labels, derived from evidence each time it is read, under a policy that is stated beside every figure.
//!
//! Order at a line: what a tool recorded for that line, then what the commit declares, then what is inferred. Where
//! nothing speaks, the line is unknown, unless the policy has a reason to call it human: it was committed before any such
//! tool existed, or its team has declared that its evidence is complete for that day. AI, human, mixed, bot and unknown
//! lines together are always all lines.

use candor_model::{Evidence, EvidenceLevel, Mode, Origin, Strength};
use std::collections::BTreeSet;

/// What turns evidence into labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelPolicy {
    /// Commits made before this (seconds since 1970) are human work: both of their times are before it, are told and lie after the first
    /// second of 1970, and they build on no commit that is younger; none switches it off.
    pub human_before: Option<i64>,
    /// Declarations that no evidence means human work.
    pub complete: Vec<CompleteDeclaration>,
    /// Share of AI lines, 0 to 1, above which a change counts as AI-heavy.
    pub ai_heavy: f64,
}

impl Default for LabelPolicy {
    /// Human before 2021-06-01 UTC (GitHub Copilot's preview began on 29 June 2021), nothing declared, heavy above 0.40.
    fn default() -> LabelPolicy {
        LabelPolicy { human_before: Some(1_622_505_600), complete: Vec::new(), ai_heavy: 0.40 }
    }
}

/// Whose evidence is declared complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    All,
    /// A team's.
    Team(String),
}

/// A statement that, for these days, all use of AI left evidence: no evidence then means human work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteDeclaration {
    /// Whose.
    pub scope: Scope,
    /// First second, since 1970 UTC.
    pub from: i64,
    /// First second after it.
    pub until: i64,
}

/// Why a declaration of completeness cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// It has another form.
    #[error("`{0}` declares nothing; write TEAM=FROM..UNTIL or ALL=FROM..UNTIL, for example `ALL=2025-01-01..2025-07-01`")]
    Form(String),
    /// A day does not exist.
    #[error("`{day}` in `{text}` is no day; write it as `2025-01-31`")]
    Day {
        /// The day.
        day: String,
        /// The whole text.
        text: String,
    },
    /// It ends before it begins.
    #[error("`{0}` ends before it begins; the second day is the first one that no longer belongs to it")]
    Empty(String),
}

impl std::str::FromStr for CompleteDeclaration {
    type Err = DeclarationError;

    /// Reads `TEAM=FROM..UNTIL` or `ALL=FROM..UNTIL`; days in UTC, UNTIL is the first day that no longer belongs to it.
    fn from_str(text: &str) -> Result<CompleteDeclaration, DeclarationError> {
        let form = || DeclarationError::Form(text.to_owned());
        let (scope, days) = text.split_once('=').ok_or_else(form)?;
        let (from, until) = days.split_once("..").ok_or_else(form)?;
        let scope = match scope.trim() {
            "" => return Err(form()),
            "ALL" => Scope::All,
            team => Scope::Team(team.to_owned()),
        };
        let day = |day: &str| {
            let midnight = day.trim().parse::<jiff::civil::Date>().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC));
            let midnight = midnight.map_err(|_| DeclarationError::Day { day: day.trim().to_owned(), text: text.to_owned() })?;
            Ok(midnight.timestamp().as_second())
        };
        let (from, until) = (day(from)?, day(until)?);
        if until <= from {
            return Err(DeclarationError::Empty(text.to_owned()));
        }
        Ok(CompleteDeclaration { scope, from, until })
    }
}

/// What a label needs to know about a commit besides its evidence.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommitFacts<'a> {
    /// Author time, seconds since 1970.
    pub authored_at: Option<i64>,
    /// Committer time, seconds since 1970.
    pub committed_at: Option<i64>,
    /// Latest committer time among the commits that it builds on, seconds since 1970; none when no time is told.
    pub ancestors_until: Option<i64>,
    /// Team of the author on that day.
    pub team: Option<&'a str>,
    /// Lines that the commit adds; none when it was not measured.
    pub added_lines: Option<u64>,
}

/// What a label rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// Evidence; `strength` says which kind.
    Evidence,
    /// It was committed before such tools existed.
    BeforeTools,
    /// The evidence of its team is declared complete for that day, and there is none.
    DeclaredComplete,
    /// There is no evidence, or none that can be read.
    NoEvidence,
}

/// Who or what wrote a line or a commit, as far as can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Origin.
    pub origin: Origin,
    /// Tools that are named, sorted.
    pub tools: Vec<String>,
    /// Models that are named, sorted.
    pub models: Vec<String>,
    /// How the tool was used; unknown when the evidence disagrees.
    pub mode: Mode,
    /// Strongest evidence that the label rests on; none without evidence.
    pub strength: Option<Strength>,
    /// What it rests on.
    pub why: Why,
    /// Whether pieces of evidence contradict each other.
    pub conflict: bool,
}

impl Label {
    fn bare(origin: Origin, why: Why) -> Label {
        Label { origin, tools: Vec::new(), models: Vec::new(), mode: Mode::Unknown, strength: None, why, conflict: false }
    }

    fn of(origin: Origin, evidence: &[&Evidence]) -> Label {
        let sorted = |names: BTreeSet<&String>| names.into_iter().cloned().collect();
        let modes: BTreeSet<Mode> = evidence.iter().map(|e| e.mode).filter(|&mode| mode != Mode::Unknown).collect();
        let mode = modes.first().filter(|_| modes.len() == 1).copied().unwrap_or(Mode::Unknown);
        Label {
            origin,
            tools: sorted(evidence.iter().filter_map(|e| e.tool.as_ref()).collect()),
            models: sorted(evidence.iter().filter_map(|e| e.model.as_ref()).collect()),
            mode,
            strength: evidence.iter().map(|e| e.strength).max(),
            why: Why::Evidence,
            conflict: false,
        }
    }
}

/// How a change counts by its share of AI lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceClass {
    /// No AI line among the classified ones.
    Human,
    /// Some, up to the limit.
    AiLight,
    /// More than the limit.
    AiHeavy,
    /// No line could be classified.
    Unknown,
}

impl LabelPolicy {
    /// The class of a change: AI lines over classified lines (AI and human ones; mixed and unknown ones are neither).
    ///
    /// 0 is human, up to and with the limit `ai_light`, above it `ai_heavy`; without a classified line unknown.
    pub fn source_class(&self, ai_lines: u64, classified_lines: u64) -> SourceClass {
        if classified_lines == 0 {
            return SourceClass::Unknown;
        }
        let share = ai_lines as f64 / classified_lines as f64;
        match ai_lines {
            0 => SourceClass::Human,
            _ if share <= self.ai_heavy => SourceClass::AiLight,
            _ => SourceClass::AiHeavy,
        }
    }

    /// The label where no evidence speaks.
    fn without_evidence(&self, facts: &CommitFacts<'_>) -> Label {
        // Both times: an amended or rebased commit keeps its author time, and what it holds may be younger. A clock that was not set
        // shows a time before the commits that this one builds on, or the first second of 1970.
        let is_true = |at: Option<i64>| at.is_none_or(|at| at > 0);
        let latest = facts.authored_at.max(facts.committed_at).max(facts.ancestors_until);
        if let (Some(before), Some(latest), Some(_)) = (self.human_before, latest, facts.committed_at)
            && latest < before
            && is_true(facts.authored_at)
            && is_true(facts.committed_at)
        {
            return Label::bare(Origin::Human, Why::BeforeTools);
        }
        let applies = |declaration: &CompleteDeclaration| {
            let theirs = match &declaration.scope {
                Scope::All => true,
                Scope::Team(team) => facts.team == Some(team.as_str()),
            };
            theirs && facts.authored_at.is_some_and(|at| (declaration.from..declaration.until).contains(&at))
        };
        if self.complete.iter().any(applies) {
            return Label::bare(Origin::Human, Why::DeclaredComplete);
        }
        Label::bare(Origin::Unknown, Why::NoEvidence)
    }
}

/// Whether AI evidence speaks, and whether human evidence does.
fn sides<'e>(evidence: impl IntoIterator<Item = &'e Evidence>) -> (bool, bool) {
    evidence.into_iter().fold((false, false), |(ai, human), e| {
        (ai || matches!(e.origin, Origin::Ai | Origin::Mixed), human || e.origin == Origin::Human)
    })
}

/// What the evidence on a commit as a whole says; recorded lines are not among it.
struct Whole<'e> {
    /// The strongest evidence, which decides.
    deciding: Vec<&'e Evidence>,
    ai: bool,
    human: bool,
    /// Weaker evidence says otherwise.
    contradicted: bool,
    bot: Vec<&'e Evidence>,
    unclear: bool,
}

impl<'e> Whole<'e> {
    fn of(evidence: &[&'e Evidence]) -> Whole<'e> {
        let whole: Vec<&Evidence> = evidence.iter().copied().filter(|e| e.level != EvidenceLevel::Line).collect();
        let speaks = |e: &&&Evidence| {
            let labels =
                matches!(e.level, EvidenceLevel::Commit | EvidenceLevel::PullRequest) && e.strength > Strength::Aggregate;
            labels && matches!(e.origin, Origin::Ai | Origin::Human | Origin::Mixed)
        };
        // Among equals, a statement on the commit itself comes before one on its pull request.
        let rank = |e: &Evidence| (e.strength, e.level == EvidenceLevel::Commit);
        let best = whole.iter().filter(speaks).map(|e| rank(e)).max();
        let deciding: Vec<&Evidence> = whole.iter().filter(speaks).filter(|e| Some(rank(e)) == best).copied().collect();
        let (ai, human) = sides(deciding.iter().copied());
        let (any_ai, any_human) = sides(whole.iter().filter(speaks).copied());
        Whole {
            ai,
            human,
            contradicted: any_ai && any_human,
            bot: whole.iter().copied().filter(|e| e.origin == Origin::Bot).collect(),
            unclear: whole.iter().any(|e| e.origin == Origin::Unknown),
            deciding,
        }
    }

    /// The label of the commit, or of its lines: AI that covers a part only makes the commit AI's and its lines mixed.
    fn label(&self, policy: &LabelPolicy, facts: &CommitFacts<'_>, of_lines: bool) -> Label {
        let all_mixed = self.deciding.iter().all(|e| e.origin == Origin::Mixed);
        let all_partial = self.deciding.iter().all(|e| e.covers_part());
        let origin = match (self.ai, self.human) {
            (true, true) => Origin::Mixed,
            (true, false) if all_mixed || (of_lines && all_partial) => Origin::Mixed,
            (true, false) => Origin::Ai,
            (false, true) => Origin::Human,
            (false, false) if !self.bot.is_empty() => return Label::of(Origin::Bot, &self.bot),
            (false, false) if self.unclear => return Label::bare(Origin::Unknown, Why::NoEvidence),
            (false, false) => return policy.without_evidence(facts),
        };
        Label { conflict: self.contradicted, ..Label::of(origin, &self.deciding) }
    }
}

/// What the evidence on a commit says of each of its lines, with the piece that says it; none where nothing speaks.
pub(crate) fn deciding(evidence: &[Evidence]) -> Option<(Origin, &Evidence)> {
    let all: Vec<&Evidence> = evidence.iter().collect();
    let whole = Whole::of(&all);
    let partial = whole.deciding.iter().all(|e| e.covers_part());
    let origin = match (whole.ai, whole.human) {
        (true, true) => Origin::Mixed,
        (true, false) if partial => Origin::Mixed,
        (true, false) => Origin::Ai,
        (false, true) => Origin::Human,
        (false, false) => return whole.bot.first().map(|bot| (Origin::Bot, *bot)),
    };
    whole.deciding.first().map(|first| (origin, *first))
}

/// Labels a line.
///
/// # Input
/// `recorded`: the line evidence whose ranges hold the line: a record, clipped to the commit's own added lines, or one
/// carried over from the branch of a squash; none if there is none. `evidence`: the evidence on the commit that wrote it, and that of level pull request on the merge that landed it.
/// Line evidence in it is left aside.
///
/// # Output
/// Recorded evidence decides alone; a commit that declares the opposite sets `conflict`.
pub fn line_label<'e>(
    policy: &LabelPolicy,
    facts: &CommitFacts<'_>,
    recorded: Option<&'e Evidence>,
    evidence: impl IntoIterator<Item = &'e Evidence>,
) -> Label {
    let evidence: Vec<&Evidence> = evidence.into_iter().collect();
    let whole = Whole::of(&evidence);
    match recorded {
        // The commit that wrote the line is known and says nothing: what the squash around it says does not reach it.
        Some(line) if line.origin == Origin::Unknown => policy.without_evidence(facts),
        Some(line) => {
            let conflict = match line.origin {
                Origin::Human => whole.ai && !whole.human && !whole.deciding.iter().all(|e| e.covers_part()),
                Origin::Ai => whole.human && !whole.ai,
                _ => false,
            };
            Label { conflict, ..Label::of(line.origin, &[line]) }
        }
        None => whole.label(policy, facts, true),
    }
}

/// Labels a commit.
///
/// # Definition
/// Without recorded lines: the strongest evidence decides; if it speaks for both sides, or says so itself, the commit is
/// mixed. With recorded lines: the sum of its lines' labels; all of one origin is that origin, more than one is mixed.
/// The lines without a record count with what the commit declares as a whole.
///
/// # Input
/// `evidence`: all evidence on the commit, and that of level pull request on the merge that landed it.
/// `facts.added_lines`: where it is none, the recorded lines stand for all.
pub fn commit_label<'e>(
    policy: &LabelPolicy,
    facts: &CommitFacts<'_>,
    evidence: impl IntoIterator<Item = &'e Evidence>,
) -> Label {
    let evidence: Vec<&Evidence> = evidence.into_iter().collect();
    let whole = Whole::of(&evidence);
    let lines: Vec<&Evidence> = evidence.iter().copied().filter(|e| e.level == EvidenceLevel::Line && e.lines() > 0).collect();
    if lines.is_empty() {
        return whole.label(policy, facts, false);
    }
    let count = |origin: Origin| lines.iter().filter(|e| e.origin == origin).map(|e| e.lines()).sum::<u64>();
    let (ai, human) = (count(Origin::Ai), count(Origin::Human));
    let recorded: u64 = lines.iter().map(|e| e.lines()).sum();
    let rest = facts.added_lines.unwrap_or(recorded).saturating_sub(recorded);
    let own = |e: &Evidence| match e.origin {
        Origin::Unknown => policy.without_evidence(facts).origin,
        origin => origin,
    };
    let mut origins: BTreeSet<Origin> = lines.iter().map(|e| own(e)).collect();
    let mut shown: Vec<&Evidence> = lines.iter().copied().filter(|e| e.origin != Origin::Unknown).collect();
    if rest > 0 {
        let fallback = whole.label(policy, facts, true);
        origins.insert(fallback.origin);
        if fallback.why == Why::Evidence {
            shown.extend(&whole.deciding);
        }
    }
    let origin = match origins.first() {
        Some(&only) if origins.len() == 1 => only,
        _ => Origin::Mixed,
    };
    let conflict = (human > 0 && ai == 0 && whole.ai) || (ai > 0 && whole.human && !whole.ai) || whole.contradicted;
    let why = if shown.is_empty() { policy.without_evidence(facts).why } else { Why::Evidence };
    Label { conflict, why, ..Label::of(origin, &shown) }
}

#[cfg(test)]
mod tests;

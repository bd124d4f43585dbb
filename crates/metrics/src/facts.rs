//! Line facts in memory, as the loader reads them from a snapshot of the lake and labels them: the one input of the line metrics.
//!
//! Ids are indices into the sibling vectors ([`NONE`] = absent). Times are seconds since 1970-01-01 UTC and may be negative.

use std::collections::BTreeMap;

use candor_model::{Origin, Strength};

/// The index that stands for "absent".
pub const NONE: u32 = u32::MAX;

/// Everything that the line metrics of one report read.
#[derive(Debug, Clone, Default)]
pub struct LineFacts {
    /// The repositories of this report.
    pub repositories: Vec<RepositoryFact>,
    /// Number of distinct people; a person is an index below this. Names stay in the lake.
    pub people: u32,
    /// By person: the keyed code under which other tables know them, `external:CODE` for who is no employee, empty for nobody in particular.
    pub codes: Vec<String>,
    /// Every commit that wrote or killed a landed line.
    pub commits: Vec<CommitFact>,
    /// The mainline commits of all repositories, each repository's oldest first.
    pub landings: Vec<Landing>,
    /// The paths at which lines were born.
    pub paths: Vec<PathFact>,
    /// The cohorts of lines, in columns of equal length.
    pub cohorts: Cohorts,
    /// Functions that landings touched; empty where they were not asked for.
    pub functions: Vec<FunctionFact>,
    /// Names of languages, by [`PathFact::language`].
    pub languages: Vec<String>,
    /// Names of contexts, by [`PathFact::context`].
    pub contexts: Vec<String>,
    /// Per commit with recorded line evidence and a trailer verdict: the agreement table's raw counts.
    pub agreement: Vec<AgreementRow>,
    /// Values that look like a tool but are not known, each with the commit that carries it.
    pub unrecognised: Vec<(String, u32)>,
    /// Evidence notes that could not be used: reason and commit, [`NONE`] for one that is not in the mainline's history.
    pub rejected_notes: Vec<(String, u32)>,
    /// Settings files that switch the evidence of a tool off or on: what and since when.
    pub coverage: Vec<CoverageChange>,
}

/// What was read of one repository.
#[derive(Debug, Clone, Default)]
pub struct RepositoryFact {
    /// Short name for the reader.
    pub name: String,
    /// Branch that was mined.
    pub branch: String,
    /// Committer time of the tip; follow-up ends here (`as_of`).
    pub as_of: i64,
    /// Committer time of the first mainline commit at hand.
    pub from: i64,
    /// Mainline commits.
    pub mainline: u32,
    /// Diff algorithm, rename threshold and limit, rules: definition version of every figure.
    pub settings: String,
    /// Paths of which no line was read, over the whole history: reason, paths.
    pub left_out: Vec<(String, u64)>,
    /// Lines that landed and are in no figure.
    pub apart: Vec<LinesApart>,
    /// What the reader must know: shallow boundary, missing objects, odd headers, rename limit hit, times out of order.
    pub warnings: Vec<String>,
}

/// Lines of one path that landed together and are in no figure.
#[derive(Debug, Clone)]
pub struct LinesApart {
    /// Why.
    pub reason: String,
    /// Index into [`LineFacts::paths`].
    pub path: u32,
    /// Index into [`LineFacts::landings`].
    pub landing: u32,
    /// Number of lines.
    pub lines: u32,
}

/// One commit that wrote or killed landed lines.
#[derive(Debug, Clone)]
pub struct CommitFact {
    /// Index of the repository.
    pub repository: u32,
    /// Full hex id.
    pub id: String,
    /// Person, the cluster of the intervals.
    pub author: u32,
    /// Co-authors that are people.
    pub co_authors: Vec<u32>,
    /// The landing that brought it, or [`NONE`].
    pub landing: u32,
    /// Author time.
    pub authored_at: i64,
    /// Label derived from the evidence on the commit.
    pub origin: Origin,
    /// Strongest evidence behind the label; `None` = no evidence.
    pub strength: Option<Strength>,
    /// Tools named, normalised; empty = none named.
    pub tools: Vec<String>,
    /// Models named, as spelt.
    pub models: Vec<String>,
    /// Kinds of evidence disagree.
    pub conflict: bool,
    /// The commit is a fix: conventional `fix`, or a revert, or linked to a bug.
    pub is_fix: bool,
    /// An autonomous agent wrote it.
    pub is_agent: bool,
}

/// One mainline commit.
#[derive(Debug, Clone)]
pub struct Landing {
    /// Index of the repository.
    pub repository: u32,
    /// The same commit in [`LineFacts::commits`].
    pub commit: u32,
    /// Committer time.
    pub landed_at: i64,
    /// Countable lines that landed with it.
    pub added: u64,
    /// Lines that died in it.
    pub removed: u64,
    /// Commits that it brought to the mainline besides itself.
    pub brought: u64,
    /// The first landing that reverts it, or [`NONE`].
    pub reverted_by: u32,
    /// It is on the list of bulk commits (reformatting).
    pub is_bulk: bool,
    /// Share of AI lines among the lines of known source that landed, 0 to 1; `None` = nothing known.
    pub ai_share: Option<f64>,
    /// Number of the pull request that its message names.
    pub pull_request: Option<u64>,
    /// Commits other than merges that landed with it, itself included.
    pub written: u32,
    /// How many of them an autonomous agent wrote.
    pub written_by_agents: u32,
    /// The first of them is an agent's: the agent opened the change.
    pub opened_by_agent: bool,
    /// Lines that landed, bots' aside, inside a block that the tree has elsewhere; `None` = nobody looked.
    pub repeated: Option<u64>,
}

/// One path at which lines were born.
#[derive(Debug, Clone)]
pub struct PathFact {
    /// Index of the repository.
    pub repository: u32,
    /// The path, odd ones quoted as git does.
    pub path: String,
    /// Index into [`LineFacts::languages`].
    pub language: u16,
    /// Index into [`LineFacts::contexts`].
    pub context: u16,
    /// More than a tenth of all landings touch it.
    pub is_hub: bool,
}

/// A function that a landing added or changed, as it is after it.
#[derive(Debug, Clone)]
pub struct FunctionFact {
    /// Index of the landing.
    pub landing: u32,
    /// Index into [`LineFacts::paths`].
    pub path: u32,
    /// Its name, after those of the types and modules around it.
    pub name: String,
    /// Its first line, from 1.
    pub start: u32,
    /// Cyclomatic and cognitive complexity; none where the grammar finds a fault in it.
    pub complexity: Option<(u32, u32)>,
    /// The same before the landing; none for a function that is new, or had a fault.
    pub before: Option<(u32, u32)>,
    /// The commit that wrote most of the lines that the landing brought to it; the landing's own where it only removed some.
    pub origin: u32,
    /// Lines that the landing brought to it, by label.
    pub lines: LabelledLines,
}

/// Numbers of lines by label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelledLines {
    /// AI.
    pub ai: u32,
    /// People.
    pub human: u32,
    /// Both, in parts that nobody knows.
    pub mixed: u32,
    /// Automation that is no AI.
    pub bot: u32,
    /// Nobody knows.
    pub unknown: u32,
}

impl LabelledLines {
    /// Counts lines of one label.
    pub fn add(&mut self, source: Origin, lines: u32) {
        let count = match source {
            Origin::Ai => &mut self.ai,
            Origin::Human => &mut self.human,
            Origin::Mixed => &mut self.mixed,
            Origin::Bot => &mut self.bot,
            Origin::Unknown => &mut self.unknown,
        };
        *count += lines;
    }

    /// Share of AI lines among those of AI or people; none where there are neither.
    #[must_use]
    pub fn ai_share(&self) -> Option<f64> {
        let known = self.ai + self.human;
        (known > 0).then(|| f64::from(self.ai) / f64::from(known))
    }

    /// Lines that are no bot's.
    #[must_use]
    pub fn written(&self) -> u32 {
        self.ai + self.human + self.mixed + self.unknown
    }
}

/// Lines that share their whole life, in columns.
#[derive(Debug, Clone, Default)]
pub struct Cohorts {
    /// Index of the landing that bore them.
    pub landing: Vec<u32>,
    /// Index of the commit that wrote them.
    pub origin: Vec<u32>,
    /// Index of the path at birth.
    pub path: Vec<u32>,
    /// Index of the landing in which they died, or [`NONE`] for alive.
    pub death: Vec<u32>,
    /// Index of the commit that killed them, or [`NONE`].
    pub killer: Vec<u32>,
    /// Number of lines.
    pub lines: Vec<u32>,
    /// How many of them hold a letter or a digit; durability counts these.
    pub substantive: Vec<u32>,
    /// Label of the lines: their own recorded evidence, else the commit's.
    pub source: Vec<Origin>,
    /// Strength of the evidence behind the label; `None` = no evidence.
    pub strength: Vec<Option<Strength>>,
    /// Born before observation began: left-truncated, age unknown.
    pub before_observation: Vec<bool>,
    /// The few that left observation without dying (damage, a reformatting commit): row and time in seconds.
    pub censored_at: BTreeMap<u32, i64>,
}

/// One commit as seen by two independent kinds of evidence.
#[derive(Debug, Clone)]
pub struct AgreementRow {
    /// The commit.
    pub commit: u32,
    /// Lines that the commit added (countable).
    pub added: u64,
    /// Of these, attested AI by a recording tool, after clipping.
    pub recorded_ai: u64,
    /// Lines claimed by the record before clipping.
    pub claimed: u64,
    /// A trailer, footer or identity flags the commit as AI.
    pub declared_ai: bool,
    /// A record exists for the commit.
    pub has_record: bool,
}

/// From this commit on, a tool's evidence is switched off or on by a settings file.
#[derive(Debug, Clone)]
pub struct CoverageChange {
    /// Index of the repository.
    pub repository: u32,
    /// Settings file.
    pub path: String,
    /// Tool.
    pub tool: String,
    /// Committer time of the change.
    pub at: i64,
    /// `true` = leaves evidence from here on, `false` = leaves none.
    pub leaves_evidence: bool,
}

impl Cohorts {
    /// Number of cohorts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.landing.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.landing.is_empty()
    }
}

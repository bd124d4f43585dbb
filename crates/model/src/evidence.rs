//! Evidence of who or what wrote code: append-only statements, from which labels are derived and never stored as fact.

use serde::{Deserialize, Serialize};

/// Who or what wrote a line, a commit or a change, as far as a piece of evidence says.
///
/// No evidence is [`Origin::Unknown`], never [`Origin::Human`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A tool that generates code wrote it.
    Ai,
    /// There is positive evidence that a person wrote it without such a tool.
    Human,
    /// Both, and the evidence does not say which part is whose.
    Mixed,
    /// Automation that is no AI (dependency updates, release scripts); left out of both arms.
    Bot,
    /// Nothing is known.
    Unknown,
}

/// How a piece of evidence came about, strongest last so that `max` picks the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Counts for a day or a month, which label no commit.
    Aggregate,
    /// Concluded from a branch name, a label, or a match of content.
    Inferred,
    /// Somebody or something said so: a trailer, an identity, a footer.
    SelfDeclared,
    /// A tool saw the edit.
    Recorded,
}

/// How the tool was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Inline completion.
    Completion,
    /// Code applied from a chat.
    ChatApply,
    /// An agent with a person beside it.
    InteractiveAgent,
    /// An agent on its own.
    AutonomousAgent,
    /// A suggestion made in a review.
    ReviewSuggestion,
    /// Not said.
    Unknown,
}

/// What a piece of evidence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// Lines of one file in one commit.
    Line,
    /// All that a commit adds.
    Commit,
    /// All that a pull request adds.
    PullRequest,
    /// A session of a tool.
    Session,
    /// One person on one day.
    UserDay,
    /// One organisation on one day.
    OrgDay,
}

impl Origin {
    /// All values.
    pub const ALL: [Self; 5] = [Self::Ai, Self::Human, Self::Mixed, Self::Bot, Self::Unknown];

    /// Name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Human => "human",
            Self::Mixed => "mixed",
            Self::Bot => "bot",
            Self::Unknown => "unknown",
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }
}

impl Strength {
    /// All values.
    pub const ALL: [Self; 4] = [Self::Aggregate, Self::Inferred, Self::SelfDeclared, Self::Recorded];

    /// Name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Inferred => "inferred",
            Self::SelfDeclared => "self_declared",
            Self::Recorded => "recorded",
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }
}

impl Mode {
    /// All values.
    pub const ALL: [Self; 6] =
        [Self::Completion, Self::ChatApply, Self::InteractiveAgent, Self::AutonomousAgent, Self::ReviewSuggestion, Self::Unknown];

    /// Name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completion => "completion",
            Self::ChatApply => "chat_apply",
            Self::InteractiveAgent => "interactive_agent",
            Self::AutonomousAgent => "autonomous_agent",
            Self::ReviewSuggestion => "review_suggestion",
            Self::Unknown => "unknown",
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }
}

impl EvidenceLevel {
    /// All values.
    pub const ALL: [Self; 6] = [Self::Line, Self::Commit, Self::PullRequest, Self::Session, Self::UserDay, Self::OrgDay];

    /// Name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Commit => "commit",
            Self::PullRequest => "pull_request",
            Self::Session => "session",
            Self::UserDay => "user_day",
            Self::OrgDay => "org_day",
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }
}

/// One statement on origin, with the rule that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is about.
    pub level: EvidenceLevel,
    /// Commit id in hex, or what else the level names.
    pub subject: String,
    /// File in that commit, for line evidence, as git quotes odd paths.
    pub path: Option<String>,
    /// One-based inclusive line ranges in the file as of that commit, for line evidence; sorted and disjoint.
    pub ranges: Vec<(u32, u32)>,
    /// What it says.
    pub origin: Origin,
    /// How the tool was used, where known.
    pub mode: Mode,
    /// Normalised name of the tool, for example `claude-code`.
    pub tool: Option<String>,
    /// Version of the tool that wrote the evidence, as it spells it.
    pub tool_version: Option<String>,
    /// Model as the evidence spells it.
    pub model: Option<String>,
    /// Who runs the model, where the evidence says so apart from the model's name.
    pub provider: Option<String>,
    /// Salted hash that joins evidence of one session; never the raw id.
    pub session: Option<String>,
    /// Kind of source: `trailer`, `author_identity`, `git_ai_note`, `pr_footer`, ...
    pub source: String,
    /// Version of the source's format, for example `authorship/3.0.0`; none where it has no versions.
    pub source_version: Option<String>,
    /// Rule that recognised it, permanent. [`SQUASH`] and what follows it marks a finding inside a squash message.
    pub rule_id: String,
    /// Version of that rule (a date for data-file rules).
    pub rule_version: String,
    /// How strong it is.
    pub strength: Strength,
    /// Prior probability that an AI tool wrote a material part, 0 to 1.
    pub p_ai: f64,
    /// Share of the claimed lines that the commit really added, 0 to 1, for line evidence.
    pub valid_lines_fraction: Option<f64>,
    /// When what it speaks of happened: seconds since 1970 UTC, as a rule the commit's own time.
    pub observed_at: Option<i64>,
    /// What else is to be known, in words; never a transcript, a name or an address.
    pub detail: Option<String>,
}

/// Stands in the id of a rule that found its sign in a message made of several commits' messages.
pub const SQUASH: &str = "@squash";

impl Evidence {
    /// Begins a statement by a rule; the remaining fields are empty until they are set.
    pub fn new(level: EvidenceLevel, subject: &str, origin: Origin, source: &str, rule: (&str, &str)) -> Evidence {
        Evidence {
            level,
            subject: subject.to_owned(),
            path: None,
            ranges: Vec::new(),
            origin,
            mode: Mode::Unknown,
            tool: None,
            tool_version: None,
            model: None,
            provider: None,
            session: None,
            source: source.to_owned(),
            source_version: None,
            rule_id: rule.0.to_owned(),
            rule_version: rule.1.to_owned(),
            strength: Strength::SelfDeclared,
            p_ai: match origin {
                Origin::Ai => 1.0,
                Origin::Human | Origin::Bot => 0.0,
                Origin::Mixed | Origin::Unknown => 0.5,
            },
            valid_lines_fraction: None,
            observed_at: None,
            detail: None,
        }
    }

    /// Whether it says that AI wrote some of its subject, but not that it wrote all of it: a trailer of one commit
    /// inside a squash of several, or a statement on a whole pull request. Lines of such a subject are mixed.
    pub fn covers_part(&self) -> bool {
        matches!(self.origin, Origin::Ai | Origin::Mixed)
            && (self.origin == Origin::Mixed || self.level == EvidenceLevel::PullRequest || self.rule_id.contains(SQUASH))
    }

    /// Number of lines in `ranges`.
    pub fn lines(&self) -> u64 {
        self.ranges.iter().map(|&(from, to)| u64::from(to.saturating_sub(from)) + u64::from(to >= from)).sum()
    }
}

//! The document that a report is: every figure with what a reader needs to judge it. Renderers and `--json` read nothing else.
//!
//! Conventions: shares and probabilities are 0 to 1; days are 86,400 seconds; instants are RFC 3339 in UTC; a figure that cannot be given is
//! an [`Outcome`] of kind `insufficient` or `not_applicable` and never 0. Changes of meaning change [`SCHEMA`].

use candor_stats::Outcome;
use serde::Serialize;

/// Id and version of the schema of [`LifeReport`].
pub const SCHEMA: &str = "candor-report/1";

/// All that is said about the lives of the lines of some repositories.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifeReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was asked for.
    pub settings: Settings,
    /// What was read.
    pub read: Reading,
    /// What is known about who or what wrote the lines; comes before every figure by source.
    pub coverage: Coverage,
    /// How long lines live.
    pub durability: Durability,
    /// Lines changed or deleted within 14 days.
    pub rework: Rework,
    /// Landings reverted within 30 days.
    pub reverts: LandingRates,
    /// Landings that a later fix traces back to, within 90 days.
    pub defects: LandingRates,
    /// Whose lines the fixes remove.
    pub fixes: Fixes,
    /// Plain sentences.
    pub statements: Statements,
}

/// The options of this report, and the fixed minimums that it holds to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Ages at which durability is given, in days.
    pub horizons_days: Vec<u32>,
    /// Two-sided level of all intervals.
    pub level: f64,
    /// Share of AI lines above which a landing is `ai_heavy`.
    pub ai_heavy: f64,
    /// Landings before this instant are left out.
    pub since: Option<String>,
    /// Nothing later than this instant is known; by default each repository's tip.
    pub as_of: Option<String>,
    /// Stated probability that an AI line carries evidence of it.
    pub sensitivity: Option<f64>,
    /// Stated probability that a line without AI carries no evidence of AI.
    pub specificity: Option<f64>,
    /// Declarations that attribution is complete, as given.
    pub complete: Vec<String>,
    /// Date before which lines without evidence count as human, as given.
    pub human_before: Option<String>,
    /// A curve is drawn only as far as this many lines are followed.
    pub minimum_lines_drawn: u64,
    /// A comparison needs this many authors on each side.
    pub minimum_authors: usize,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// Each repository.
    pub repositories: Vec<Repository>,
    /// Mainline commits of all of them.
    pub mainline: u64,
    /// Commits that the landings that count bring, themselves included.
    pub commits: u64,
    /// First instant of the period.
    pub from: Option<String>,
    /// Last instant of the period.
    pub as_of: Option<String>,
    /// Landings that count (mainline commits from `settings.since` to `settings.as_of`).
    pub landings: u64,
    /// Countable lines that landed with them.
    pub landed_lines: u64,
    /// Of these, and of lines born before observation, those alive at the end of the period.
    pub alive_lines: u64,
    /// People who wrote landed lines.
    pub authors: u64,
    /// Lines that durability and rework count apart.
    pub apart: Apart,
}

/// Landed lines that durability and rework do not count. A line is counted in the first group that fits.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Apart {
    /// Written by automation that is no AI.
    pub bot_lines: u64,
    /// Born before observation began: age unknown.
    pub before_observation_lines: u64,
    /// Without a letter or a digit.
    pub not_substantive_lines: u64,
    /// Counted, but with an end before their beginning by the commits' clocks: age taken as 0.
    pub negative_age_lines: u64,
    /// Counted, but in files that more than a tenth of all landings touch; figures without them stand beside.
    pub hub_lines: u64,
    /// Number of such files.
    pub hub_files: u64,
}

/// One repository as read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repository {
    /// Short name.
    pub name: String,
    /// Branch.
    pub branch: String,
    /// Tip of the mainline, hex.
    pub tip: String,
    /// First mainline commit at hand.
    pub from: Option<String>,
    /// End of follow-up.
    pub as_of: Option<String>,
    /// Mainline commits.
    pub mainline: u32,
    /// All commits that the mainline brings.
    pub commits: u32,
    /// Lines alive at the tip.
    pub alive_lines: u64,
    /// Definition version: diff algorithm, renames, rules.
    pub settings: String,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
    /// What the reader must know.
    pub warnings: Vec<String>,
}

/// Paths and lines left out for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    /// Reason: `generated`, `vendored`, `lock`, ...
    pub reason: String,
    /// Paths.
    pub paths: u64,
    /// Lines.
    pub lines: u64,
}

/// Landed countable lines by label. The five add up to all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SourceLines {
    /// Evidence of AI.
    pub ai: u64,
    /// Positive evidence of human work.
    pub human: u64,
    /// Evidence of both, undivided.
    pub mixed: u64,
    /// Automation that is no AI.
    pub bot: u64,
    /// No evidence.
    pub unknown: u64,
}

/// Landed countable lines by the strongest evidence behind their label. The four add up to all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EvidenceLines {
    /// A tool saw the edit.
    pub recorded: u64,
    /// Somebody or something said so.
    pub self_declared: u64,
    /// Concluded.
    pub inferred: u64,
    /// None.
    pub none: u64,
}

/// What is known about who or what wrote the lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// Landed countable lines, the denominator.
    pub lines: u64,
    /// By strength of evidence.
    pub evidence: EvidenceLines,
    /// By label.
    pub sources: SourceLines,
    /// Share of lines without evidence; `null` without lines.
    pub unknown_share: Option<f64>,
    /// The same by quarter of landing (UTC), oldest first, quarters without landings left out.
    pub quarters: Vec<Quarter>,
    /// Tools seen, most lines first.
    pub tools: Vec<Seen>,
    /// Models seen, most lines first.
    pub models: Vec<Seen>,
    /// Values that look like a tool but are not known.
    pub unrecognised: Vec<Counted>,
    /// Notes that could not be used, by reason.
    pub rejected_notes: Vec<Counted>,
    /// Settings files that switch a tool's evidence off or on.
    pub settings_files: Vec<SettingsFile>,
    /// Commits whose kinds of evidence disagree.
    pub conflicting_commits: u64,
    /// Recorded evidence against declarations.
    pub agreement: Agreement,
}

/// One quarter of landings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quarter {
    /// For example `2025-Q1`.
    pub quarter: String,
    /// Landed countable lines.
    pub lines: u64,
    /// By strength of evidence.
    pub evidence: EvidenceLines,
    /// By label.
    pub sources: SourceLines,
}

/// A tool or model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Name; models as spelt.
    pub name: String,
    /// Landed lines labelled AI or mixed whose commit names it; a line of a commit that names two counts for both.
    pub lines: u64,
    /// Commits that name it.
    pub commits: u64,
}

/// A value with its number of occurrences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// A settings file that switches a tool's evidence off or on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsFile {
    /// Repository.
    pub repository: String,
    /// Path.
    pub path: String,
    /// Tool.
    pub tool: String,
    /// Since when.
    pub since: Option<String>,
    /// `false`: the tool leaves no evidence from then on, so its lines look like lines without evidence.
    pub leaves_evidence: bool,
}

/// How far recorded evidence (notes) and declarations (trailers, identities, footers) agree on the same commits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Commits with a record.
    pub recorded_commits: u64,
    /// Commits by what the record says and whether a declaration flags them.
    pub table: Vec<AgreementRow>,
    /// Of commits whose record attests at least half of the added lines to AI, the share that a declaration flags (Wilson).
    pub sensitivity_commits: Outcome,
    /// Of lines attested to AI, the share in flagged commits (Wilson on the effective number of commits).
    pub sensitivity_lines: Outcome,
    /// Of commits whose record attests no line to AI, the share that a declaration flags all the same (Wilson).
    pub flagged_without_ai: Outcome,
    /// Of lines attested to AI, the share inside the commit's own added lines (Wilson on the effective number of commits).
    pub attested_inside: Outcome,
}

/// One row of the agreement table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgreementRow {
    /// `at_least_half_ai`, `some_ai`, `no_ai`, `no_lines` (the commit adds none), `no_record`.
    pub record: String,
    /// Commits that a declaration flags as AI.
    pub declared: u64,
    /// Commits that none flags.
    pub not_declared: u64,
}

/// How long lines live: Kaplan-Meier, S(t) = P(T > t), ages from the landing in exact seconds, substantive lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Durability {
    /// Substantive lines counted.
    pub lines: u64,
    /// Share of them without evidence of source.
    pub unknown_share: Option<f64>,
    /// By source of the line: `human`, `ai`, `unknown`, `mixed`.
    pub sources: Vec<Level>,
    /// All lines together.
    pub all: Level,
    /// By source class of the landing: `human`, `ai_light`, `ai_heavy`, `unknown`.
    pub landing_classes: Vec<Level>,
    /// AI against the others, comparisons in history, never effects.
    pub comparisons: Vec<Comparison>,
    /// What the lines of unknown or mixed source could do to AI - human.
    pub bounds: Vec<Bounds>,
    /// Correction for errors of the evidence, when its sensitivity and specificity are given.
    pub corrected: Option<Correction>,
    /// By language of the file.
    pub by_language: Vec<Slice>,
    /// By context of the file.
    pub by_context: Vec<Slice>,
    /// By year of landing (UTC).
    pub by_year: Vec<Slice>,
}

/// Durability of one group of lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// Name of the group.
    pub name: String,
    /// Substantive lines.
    pub lines: u64,
    /// Landings that brought them.
    pub landings: u64,
    /// Authors of their origins: the clusters of the intervals.
    pub authors: u64,
    /// Deaths seen, at any age.
    pub deaths: u64,
    /// Curve with its band; ends where fewer lines than `settings.minimum_lines_drawn` are followed.
    pub curve: Vec<CurvePoint>,
    /// Age in days at which half of the lines are gone.
    pub median_days: Option<Outcome>,
    /// Figures at the horizons.
    pub figures: Vec<HorizonFigure>,
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Age in days.
    pub days: f64,
    /// Share of lines that live longer.
    pub survival: f64,
    /// Lower limit of the band.
    pub lower: Option<f64>,
    /// Upper limit of the band.
    pub upper: Option<f64>,
    /// Lines older than this age under observation.
    pub at_risk: u64,
}

/// Durability at one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HorizonFigure {
    /// Horizon in days.
    pub days: u32,
    /// Lines older than this under observation.
    pub at_risk: u64,
    /// Deaths up to it.
    pub deaths: u64,
    /// Every line weighs the same.
    pub line_weighted: Outcome,
    /// Every landing weighs the same.
    pub change_weighted: Option<Outcome>,
    /// Line-weighted, without hub files.
    pub without_hubs: Option<Outcome>,
}

/// A comparison of two groups in history. It is no effect: nobody assigned the tools.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// `ai_minus_human`, `ai_minus_unknown`, `ai_minus_everything_else`.
    pub id: String,
    /// In words.
    pub label: String,
    /// At each horizon.
    pub figures: Vec<ComparisonFigure>,
}

/// A difference in survival at one horizon, as a share (0.05 = 5 percentage points).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonFigure {
    /// Horizon in days.
    pub days: u32,
    /// Raw, line-weighted, interval by joint influence over authors who are on both sides.
    pub raw: Outcome,
    /// Raw, every landing weighs the same.
    pub change_weighted: Option<Outcome>,
    /// Raw, line-weighted, without hub files.
    pub without_hubs: Option<Outcome>,
    /// Stratified by repository, language, context and year of landing.
    pub adjusted: Option<Adjusted>,
}

/// A stratified comparison with what it is based on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjusted {
    /// The difference.
    pub difference: Outcome,
    /// Strata with AI lines.
    pub strata: u64,
    /// Of these, strata that enter: at least two authors on each side, both followed to the horizon.
    pub strata_used: u64,
    /// Share of the AI lines that lies in the strata used.
    pub ai_lines_used_share: Option<f64>,
}

/// AI - human at one horizon under extreme assumptions on the lines of unknown and mixed source. Points; no sampling interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bounds {
    /// Horizon in days.
    pub days: u32,
    /// All of them were human.
    pub all_human: Outcome,
    /// All of them were AI.
    pub all_ai: Outcome,
    /// Those that died by then were AI, the others human: the lowest possible difference.
    pub lowest: Outcome,
    /// Those that died by then were human, the others AI: the highest possible difference.
    pub highest: Outcome,
    /// Lines of unknown or mixed source as a share of all.
    pub unknown_share: f64,
}

/// Durability corrected for errors of the evidence: lines with evidence of AI against lines without (human and unknown together).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correction {
    /// Stated sensitivity.
    pub sensitivity: f64,
    /// Stated specificity.
    pub specificity: f64,
    /// What is assumed.
    pub assumptions: String,
    /// Share of AI among the lines after correction.
    pub ai_share: Outcome,
    /// At each horizon.
    pub figures: Vec<CorrectedFigure>,
}

/// One corrected horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorrectedFigure {
    /// Horizon in days.
    pub days: u32,
    /// Survival of lines that AI wrote.
    pub ai: Outcome,
    /// Survival of lines that AI did not write.
    pub not_ai: Outcome,
    /// The first less the second.
    pub difference: Outcome,
    /// The same without correction: with evidence of AI less without.
    pub uncorrected: Outcome,
}

/// Durability in one value of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// The value.
    pub name: String,
    /// Substantive lines in it.
    pub lines: u64,
    /// Share of them without evidence of source.
    pub unknown_share: Option<f64>,
    /// `human`, `ai`, `unknown`.
    pub sources: Vec<Level>,
    /// AI - human at each horizon, raw.
    pub ai_minus_human: Vec<SliceDifference>,
    /// AI - unknown at each horizon, raw.
    pub ai_minus_unknown: Vec<SliceDifference>,
}

/// A raw difference in one slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceDifference {
    /// Horizon in days.
    pub days: u32,
    /// The difference.
    pub difference: Outcome,
}

/// Landed lines changed or deleted within 14 days, by whom: cumulative incidences that add up to the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rework {
    /// 14.
    pub days: u32,
    /// By source of the line: `human`, `ai`, `unknown`, `mixed`.
    pub sources: Vec<ReworkLevel>,
    /// All lines together.
    pub all: ReworkLevel,
    /// AI - human.
    pub ai_minus_human: Outcome,
    /// AI - unknown.
    pub ai_minus_unknown: Outcome,
}

/// Rework of one group of lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReworkLevel {
    /// Name of the group.
    pub name: String,
    /// Substantive lines.
    pub lines: u64,
    /// 1 - S(14 days).
    pub total: Outcome,
    /// Killed by an author or co-author of the line.
    pub by_self: Outcome,
    /// Killed by anybody else, bots too.
    pub by_others: Outcome,
}

/// How often something happens to landings within a time, by source class of the landing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LandingRates {
    /// `revert_rate_30d`, `defect_rate_90d`.
    pub id: String,
    /// The time.
    pub days: u32,
    /// What counts, in words.
    pub definition: String,
    /// `human`, `ai_light`, `ai_heavy`, `unknown`.
    pub classes: Vec<LandingClass>,
    /// All landings together.
    pub all: LandingClass,
    /// `ai_heavy` - `human`.
    pub ai_heavy_minus_human: Outcome,
    /// `ai_heavy` - `unknown`.
    pub ai_heavy_minus_unknown: Outcome,
}

/// Landings of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LandingClass {
    /// Name of the class.
    pub name: String,
    /// Landings.
    pub landings: u64,
    /// Events within the time.
    pub events: u64,
    /// 1 - S(days).
    pub rate: Outcome,
}

/// Whose lines the fixes remove: substantive lines whose death was a fix.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fixes {
    /// Commits that are fixes and removed lines.
    pub commits: u64,
    /// Lines that they removed.
    pub lines: u64,
    /// Source of the fix by source of the line; pairs without lines left out.
    pub cells: Vec<FixCell>,
}

/// One pair of sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixCell {
    /// Source of the fix.
    pub fixer: String,
    /// Source of the line that it removed.
    pub line: String,
    /// Lines of an author or co-author of the fix.
    pub own_lines: u64,
    /// Lines of other people.
    pub others_lines: u64,
}

/// Plain sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statements {
    /// What can be said.
    pub can_say: Vec<String>,
    /// What cannot be said, and why.
    pub cannot_say: Vec<String>,
    /// What evidence would change that.
    pub would_change: Vec<String>,
    /// Those of the sentences that say in words what the tables of a report show as figures; where room is short they can be left out.
    #[serde(skip)]
    pub(crate) in_tables: Vec<String>,
}

impl Statements {
    /// Whether a sentence only says what a table shows.
    #[must_use]
    pub fn is_in_tables(&self, sentence: &str) -> bool {
        self.in_tables.iter().any(|known| known == sentence)
    }
}

impl SourceLines {
    /// Their sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ai + self.human + self.mixed + self.bot + self.unknown
    }
}

impl EvidenceLines {
    /// Their sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.recorded + self.self_declared + self.inferred + self.none
    }
}

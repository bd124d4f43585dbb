//! The finished digest: everything that a page or `--json` shows. Documented in `docs/digest-schema.md`.

use std::collections::BTreeMap;

use candor_catalogue::{Answer, Cell, Direction, PeriodKind, Shown};
use serde::Serialize;

/// Id and version of the schema of [`Digest`].
pub const SCHEMA: &str = "candor-digest/1";

/// Which pack it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pack {
    /// Tier 1 for executives.
    Business,
    /// Tier 2 for a team or all of them.
    Team,
    /// Tiers 1 and 2 of a quarter, by group.
    QuarterlyReview,
    /// Careers, skills and what they cost, of a year.
    AnnualTalent,
    /// Tier 3 of groups.
    Patterns,
    /// Tier 3 of one person, for that person.
    OwnPage,
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which pack it is.
    pub pack: Pack,
    /// Its heading.
    pub title: String,
    /// Name of the organisation; empty where it has none.
    pub organisation: String,
    /// 1, 2 or 3.
    pub tier: u8,
    /// The period that it is about.
    pub period: Stand,
    /// The period before it.
    pub previous: Stand,
    /// The team, where it is about one.
    pub team: Option<String>,
    /// Number of the snapshot that everything was computed from.
    pub snapshot: Option<i64>,
    /// Settings that figures depend on.
    pub settings: Shown,
    /// The baseline that figures are compared with.
    pub baseline: Option<BaselineUsed>,
    /// Teams that went on as before in this period.
    pub control_teams: Vec<String>,
    /// How much can be known of who or what wrote the code: read first.
    pub coverage: Vec<DigestFigure>,
    /// What was declared on evidence, in words.
    pub declared: Vec<String>,
    /// Days at which a series changes its meaning.
    pub breaks: Vec<Break>,
    /// The digest in sentences.
    pub said: Said,
    /// The metrics, in the order of the catalogue.
    pub metrics: Vec<DigestMetric>,
    /// Tier 2 metrics that moved, where Tier 1 does not improve.
    pub drill: Option<Drill>,
    /// How the intervals were made, in words.
    pub methods: Vec<String>,
}

/// A stretch of days by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stand {
    /// `2025-W10`, `2025-03`, `2025-Q1`, `2025`, `baseline`.
    pub name: String,
    /// Kind of the figures.
    pub kind: PeriodKind,
    /// First day.
    pub from: String,
    /// The day after the last one.
    pub until: String,
}

/// The baseline that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaselineUsed {
    /// Name of its file.
    pub file: String,
    /// First day of its window.
    pub from: String,
    /// The day after its last one.
    pub until: String,
    /// Snapshot from which it was computed.
    pub snapshot: Option<i64>,
}

/// A day at which a series changes its meaning: figures before and after it are not alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Break {
    /// The first day of the new state.
    pub day: String,
    /// What kind of thing changed: a kind of the catalogue's breaks, `policy` or `definition`.
    pub kind: String,
    /// Groups that it concerns: dimension to value. Empty = all.
    pub by: BTreeMap<String, String>,
    /// Metrics that it touches; empty = any.
    pub metrics: Vec<String>,
    /// What changed.
    pub what: String,
}

impl From<candor_catalogue::Break> for Break {
    fn from(found: candor_catalogue::Break) -> Self {
        let candor_catalogue::Break { on, kind, what, by, metrics } = found;
        Self { day: on, kind: kind.words().to_owned(), by, metrics, what }
    }
}

/// The digest in sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// What moved, beyond what many looks and many figures show by chance.
    pub moved: Vec<String>,
    /// Where no movement can be seen, with what the interval still allows.
    pub not_moved: Vec<String>,
    /// What cannot be told, and why.
    pub cannot_tell: Vec<String>,
}

/// A metric in a digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DigestMetric {
    /// Its id.
    pub id: String,
    /// Version of its definition.
    pub version: u32,
    /// 1, 2 or 3.
    pub tier: u8,
    /// The question that it answers.
    pub question: String,
    /// What a reader must know.
    pub caveats: String,
    /// Whether it is one of the organisation's own.
    pub own: bool,
    /// What is not there, and the command that supplies it.
    pub missing: Vec<Missing>,
    /// Its figures.
    pub figures: Vec<DigestFigure>,
}

/// A table without rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The table.
    pub table: String,
    /// The command that fills it.
    pub command: String,
}

/// A figure in a digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DigestFigure {
    /// `review_time.hours`, or the id of the metric alone.
    pub figure: String,
    /// Unit of the point and its limits.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Name of the estimator.
    pub estimator: String,
    /// point = scale x numerator / denominator, where both are there.
    pub scale: f64,
    /// Values of dimensions over which no figure may be summed, where the metric has such.
    pub per: BTreeMap<String, String>,
    /// The figure of the period, or why there is none.
    pub now: Cell,
    /// The newest earlier period that can be told, where the follow-up of this one is not over.
    pub newest: Option<Cell>,
    /// The figure period by period, up to this one; a gap is a cell that says why.
    pub series: Vec<Cell>,
    /// Slices of the period, one dimension at a time.
    pub slices: Vec<Cell>,
    /// Against the period before.
    pub previous: Option<Delta>,
    /// Against the baseline.
    pub baseline: Option<Delta>,
    /// All days since the baseline against the baseline, with limits that hold however often one looks.
    pub since_baseline: Option<Since>,
    /// The change since the baseline, less that of the control teams.
    pub control: Option<Delta>,
    /// What can be said of its movement.
    pub movement: Movement,
}

/// What can be said of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// It moved to the better.
    Better,
    /// It moved to the worse.
    Worse,
    /// It moved; no direction is better.
    Moved,
    /// Its own interval excludes no change, but so would some interval of so many by chance.
    Perhaps,
    /// No movement can be seen; the interval says what is still possible.
    NotSeen,
    /// There is nothing to compare, or no interval.
    CannotTell,
    /// A number that is only counted.
    Counted,
}

/// A change against something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delta {
    /// What it is set against.
    pub against: Stand,
    /// The figure there.
    pub earlier: Answer,
    /// Difference, in the unit of the figure.
    pub absolute: Answer,
    /// Relative difference: 0.1 = 10 % more.
    pub relative: Answer,
    /// Difference over the spread between people (units where no people are known) in the earlier stretch.
    pub standardised: Option<f64>,
    /// p-value of the difference after Benjamini and Hochberg over all of its kind in the digest.
    pub adjusted_p: Option<f64>,
    /// Breaks between the first day of the earlier figure and the last one of the later: `2025-05-01 (tool version)`.
    pub crosses: Vec<String>,
    /// What a reader must know of the comparison.
    pub notes: Vec<String>,
}

/// The change since the baseline, for readers who look again and again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Since {
    /// All days since the end of the baseline.
    pub stretch: Stand,
    /// The figure over all of them.
    pub later: Answer,
    /// The figure of the baseline, from the same snapshot.
    pub earlier: Answer,
    /// Difference with limits that hold at all looks, or why there are none.
    pub always_valid: Answer,
    /// p-value that holds at all looks, after Benjamini and Hochberg over the digest.
    pub adjusted_p: Option<f64>,
    /// As in [`Delta::crosses`].
    pub crosses: Vec<String>,
}

/// Tier 2 metrics that moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drill {
    /// Why it is shown.
    pub reason: String,
    /// What the figures are set against.
    pub against: Stand,
    /// Comparisons that were made and had a p-value.
    pub comparisons: usize,
    /// Those that moved, the largest standardised change first; then the figures of all units together that did not.
    pub rows: Vec<DrillRow>,
    /// Comparisons of slices in which no movement was seen.
    pub slices_not_moved: usize,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrillRow {
    /// The figure.
    pub figure: String,
    /// Its unit.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// The group; empty = all units together.
    pub by: BTreeMap<String, String>,
    /// Whether it moved at the false discovery rate of the digest.
    pub moved: bool,
    /// The change.
    pub delta: Delta,
    /// The figure of the period.
    pub later: Answer,
}

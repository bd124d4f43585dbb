//! Breaks: days on which something else than the work changed what a series counts, so that before and after do not compare.
//!
//! What tools and people say of themselves (definitions of counters, versions, settings, dates of defaults, declared coverage) is a break
//! by itself. What only shows in the numbers (many people coming or going at once, evidence that stops) is one where chance alone would
//! give it in less than [`FALSE_ALARMS`] of all organisations in which nothing changed.

mod definitions;
mod evidence;
mod roster;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::error::CatalogueError;
use crate::header::Metric;
use crate::session::{Reads, Session};

/// How often all tests of one kind together may cry out where nothing changed: 1 in 100 organisations.
pub const FALSE_ALARMS: f64 = 0.01;

/// A day on which a series changes what it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Break {
    /// The first day of the new state.
    pub on: String,
    /// What kind of thing changed.
    pub kind: BreakKind,
    /// What changed, in one sentence.
    pub what: String,
    /// Groups that it concerns: dimension to value. Empty = all.
    pub by: BTreeMap<String, String>,
    /// Ids of the metrics of this run whose figures do not compare across the day.
    pub metrics: Vec<String>,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// A counter of a tool's telemetry means something else.
    TelemetryDefinition,
    /// Another major version of a tool writes the evidence.
    ToolVersion,
    /// A tool, or a setting of a repository, began or ceased to leave traces by itself.
    TrailerDefault,
    /// A team declared that all its AI work is visible, or took it back: what has no evidence gets another label.
    AttributionCoverage,
    /// Many people came, went or changed team.
    Roster,
    /// Evidence that used to come comes no longer, though the work goes on.
    EvidenceStopped,
}

impl BreakKind {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TelemetryDefinition => "telemetry definition",
            Self::ToolVersion => "tool version",
            Self::TrailerDefault => "trailer default",
            Self::AttributionCoverage => "declared coverage",
            Self::Roster => "roster",
            Self::EvidenceStopped => "evidence stopped",
        }
    }
}

/// What a break touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touches {
    /// Counters of telemetry.
    Usage,
    /// Labels by evidence.
    Labels,
    /// Numbers of engineers.
    Engineers,
    /// Slices by team.
    Teams,
}

impl Touches {
    fn concerns(self, metric: &Metric, reads: &Reads) -> bool {
        let has = |dimension: &str| metric.slices.iter().chain(&metric.per).any(|own| own == dimension);
        match self {
            Self::Usage => reads.has("ai_usage"),
            Self::Labels => {
                let lines = ["lines", "landings", "functions", "coverage_lines"].iter().any(|table| reads.has(table));
                lines || has("source") || metric.sql().contains("source") || metric.sql().contains("ai_lines")
            }
            Self::Engineers => reads.has("engineer_days") || reads.has("engineers_now"),
            Self::Teams => has("team"),
        }
    }
}

/// A break before it is known which of the metrics asked for it concerns.
#[derive(Debug, Clone)]
struct Found {
    on: Date,
    kind: BreakKind,
    what: String,
    by: BTreeMap<String, String>,
    touches: Vec<Touches>,
}

impl Found {
    fn new(on: Date, kind: BreakKind, what: String, touches: &[Touches]) -> Self {
        Self { on, kind, what, by: BTreeMap::new(), touches: touches.to_vec() }
    }

    fn of(mut self, dimension: &str, value: &str) -> Self {
        self.by.insert(dimension.to_owned(), value.to_owned());
        self
    }
}

/// The breaks after `from` and before `until` that concern at least one of the metrics, by day.
///
/// # Errors
/// [`CatalogueError::Engine`].
pub fn breaks(session: &Session, metrics: &[&Metric], from: Date, until: Date) -> Result<Vec<Break>, CatalogueError> {
    let reads = metrics.iter().map(|metric| session.reads(metric.sql())).collect::<Result<Vec<_>, _>>()?;
    let concerned = |touches: &[Touches]| -> Vec<String> {
        let is = |(metric, reads): &(&&Metric, &Reads)| touches.iter().any(|touches| touches.concerns(metric, reads));
        metrics.iter().zip(&reads).filter(is).map(|(metric, _)| metric.id.clone()).collect()
    };
    // A query is only run for what is asked for.
    let asked = |touches: Touches| !concerned(&[touches]).is_empty();
    let mut found = Vec::new();
    if asked(Touches::Usage) {
        found.extend(definitions::telemetry(session)?);
    }
    if asked(Touches::Labels) {
        found.extend(definitions::tool_versions(session)?);
        found.extend(definitions::trace_settings(session)?);
        found.extend(definitions::defaults(session)?);
        found.extend(definitions::coverage(session)?);
    }
    if asked(Touches::Labels) || asked(Touches::Usage) {
        found.extend(evidence::stopped(session, asked(Touches::Labels))?);
    }
    if asked(Touches::Engineers) || asked(Touches::Teams) {
        found.extend(roster::moves(session)?);
    }
    let mut breaks: Vec<Break> = found
        .into_iter()
        // A change on the first day has nothing before it.
        .filter(|one| one.on > from && one.on < until)
        .map(|one| Break { on: one.on.to_string(), kind: one.kind, what: one.what, by: one.by, metrics: concerned(&one.touches) })
        .filter(|one| !one.metrics.is_empty())
        .collect();
    breaks.sort();
    breaks.dedup();
    Ok(breaks)
}

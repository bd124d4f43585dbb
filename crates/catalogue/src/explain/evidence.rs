//! How observations got their source: which rule said so, on what evidence.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Seen;
use crate::error::CatalogueError;
use crate::estimate::observations;

/// Observations whose source was decided in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, PartialOrd, Ord)]
pub struct Label {
    /// `human`, `ai`, `ai_light`, `ai_heavy`, `mixed` or `unknown`.
    pub source: String,
    /// Why: the rule, and the evidence that it rests on.
    pub because: String,
    /// Observations, or statements where the rule is of evidence.
    pub count: u64,
}

/// Why each change has its source, in the order of the rules of the view `changes`.
const CHANGES: &str = "SELECT c.change, c.source,
    CASE
        WHEN c.classified_lines > 0 AND c.ai_lines = 0 THEN 'lines classified, none of them AI'
        WHEN c.classified_lines > 0 AND c.source = 'ai_light' THEN 'lines classified, the share of AI up to ai_heavy_above'
        WHEN c.classified_lines > 0 THEN 'lines classified, the share of AI above ai_heavy_above'
        WHEN c.classified_lines = 0 THEN 'no line to classify'
        WHEN c.source = 'human' AND c.created_at < (SELECT k.starts_at FROM calendar k JOIN settings x ON k.day = x.human_before)
            THEN 'no evidence, created before human_before'
        WHEN c.source = 'human' THEN 'no evidence, and the team declared for that day that all AI work is visible (attribution_coverage)'
        ELSE 'no evidence, and nobody declared that all AI work is visible'
    END AS because
FROM changes c";

/// The kinds of evidence on the commits that wrote the lines of landings or cohorts.
const STATEMENTS: &str =
    "SELECT e.repo || ' ' || e.subject AS commit, e.origin, e.evidence_source, e.rule_id, e.rule_version, e.strength, e.level,
    COALESCE(e.tool, 'unknown tool') AS tool
FROM evidence e";

/// How the observations of a cell got their source.
pub(super) fn labels(seen: &Seen<'_>) -> Result<Vec<Label>, CatalogueError> {
    let frame = seen.frame();
    if !frame.names.contains_key("source") {
        return Ok(Vec::new());
    }
    let Ok((found, _)) = observations(seen.figure, frame, &seen.group.rows, &seen.moment) else { return Ok(Vec::new()) };
    let reads = seen.session.reads(seen.metric.sql())?;
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    if reads.has("changes") {
        let frame_of_changes = seen.session.rows("sources of changes", CHANGES)?;
        let mut why: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for row in 0..frame_of_changes.rows {
            let cells = ["change", "source", "because"].map(|column| frame_of_changes.name(column, row));
            if let [Some(change), Some(source), Some(because)] = cells {
                why.insert(change, (source, because));
            }
        }
        for row in found.units() {
            let of = frame.name("unit", *row as usize).and_then(|unit| why.get(unit));
            if let Some((source, because)) = of {
                *counts.entry(((*source).to_owned(), (*because).to_owned())).or_default() += 1;
            }
        }
    }
    if reads.has("lines") || reads.has("landings") {
        // `repo landing origin path` of a cohort, `repo commit` of a landing.
        let mut sources: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for row in found.units() {
            let (Some(unit), Some(source)) = (frame.name("unit", *row as usize), frame.name("source", *row as usize)) else {
                continue;
            };
            let mut words = unit.splitn(4, ' ');
            if let (Some(repo), Some(landing)) = (words.next(), words.next()) {
                let commit = words.next().unwrap_or(landing);
                sources.entry(format!("{repo} {commit}")).or_default().insert(source);
            }
        }
        let mut with_evidence: BTreeSet<&str> = BTreeSet::new();
        let statements = seen.session.rows("evidence", STATEMENTS)?;
        for row in 0..statements.rows {
            let Some((commit, of)) = statements.name("commit", row).and_then(|commit| sources.get_key_value(commit)) else {
                continue;
            };
            with_evidence.insert(commit);
            let word = |column: &str| statements.name(column, row).unwrap_or("?");
            let because = format!(
                "{} evidence of {}: `{}`, version {}, {} on the {} ({})",
                word("strength"),
                word("tool"),
                word("rule_id"),
                word("rule_version"),
                word("evidence_source"),
                word("level"),
                word("origin")
            );
            *counts.entry((of.iter().copied().collect::<Vec<_>>().join(" or "), because)).or_default() += 1;
        }
        for (commit, of) in &sources {
            if !with_evidence.contains(commit.as_str()) {
                for source in of {
                    *counts.entry(((*source).to_owned(), "commits without any evidence".to_owned())).or_default() += 1;
                }
            }
        }
    }
    if counts.is_empty() {
        // The metric names a source, and neither changes nor lines say why: only how many there are of each.
        for row in found.units() {
            if let Some(source) = frame.name("source", *row as usize) {
                *counts.entry((source.to_owned(), "as the SELECT says".to_owned())).or_default() += 1;
            }
        }
    }
    Ok(counts.into_iter().map(|((source, because), count)| Label { source, because, count }).collect())
}

//! Breaks that somebody says: definitions of counters, versions of tools, settings, defaults of tools, declared coverage.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{BreakKind, Found, Touches};
use crate::error::CatalogueError;
use crate::session::Session;

fn day(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

/// A further definition id of a tool begins.
pub(super) fn telemetry(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    if session.facts().rows("ai_usage") == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT u.tool, COALESCE(u.definition_id, 'unnamed') AS definition, CAST(MIN(u.day) AS VARCHAR) AS first, CAST(MAX(u.day) AS VARCHAR) AS last
        FROM settings s CROSS JOIN ai_usage u WHERE u.day < s.as_of
        GROUP BY u.tool, COALESCE(u.definition_id, 'unnamed')";
    let frame = session.rows("telemetry definitions", sql)?;
    let mut of_tool: BTreeMap<&str, Vec<(Date, Date, &str)>> = BTreeMap::new();
    for row in 0..frame.rows {
        let (Some(tool), Some(definition)) = (frame.name("tool", row), frame.name("definition", row)) else { continue };
        let (Some(first), Some(last)) = (day(frame.name("first", row)), day(frame.name("last", row))) else { continue };
        of_tool.entry(tool).or_default().push((first, last, definition));
    }
    let mut found = Vec::new();
    for (tool, mut definitions) in of_tool {
        definitions.sort();
        for at in 1..definitions.len() {
            let (Some((first, _, new)), Some(earlier)) = (definitions.get(at), definitions.get(..at)) else { continue };
            let names: Vec<String> = earlier.iter().map(|(_, _, name)| format!("`{name}`")).collect();
            let goes_on = earlier.iter().any(|(_, last, _)| last >= first);
            let relation = if goes_on { "beside" } else { "after" };
            let what = format!("{tool}: counts by the definition `{new}` begin {relation} those by {}", names.join(", "));
            found.push(Found::new(*first, BreakKind::TelemetryDefinition, what, &[Touches::Usage]).of("tool", tool));
        }
    }
    Ok(found)
}

/// The part of a version that says that much may have changed: `2` of `2.1.7`, `0.9` of `0.9.3`.
fn major(version: &str) -> String {
    let mut parts = version.trim_start_matches(['v', 'V']).split(['.', '-', '+']);
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("0", Some(second)) => format!("0.{second}"),
        (first, _) => first.to_owned(),
    }
}

/// Another major version of a tool writes evidence for the first time.
pub(super) fn tool_versions(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    if session.facts().rows("evidence") == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT COALESCE(e.tool, e.evidence_source) AS tool, e.tool_version AS version, MIN(e.observed_at) AS at
        FROM settings s CROSS JOIN evidence e
        WHERE e.tool_version IS NOT NULL AND e.origin <> 'bot' AND e.observed_at < s.as_of_at
        GROUP BY COALESCE(e.tool, e.evidence_source), e.tool_version";
    let frame = session.rows("versions of tools", sql)?;
    let mut of_tool: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
    for row in 0..frame.rows {
        let (Some(tool), Some(version), Some(at)) = (frame.name("tool", row), frame.name("version", row), frame.at.get(row))
        else {
            continue;
        };
        let first = of_tool.entry(tool).or_default().entry(major(version)).or_insert(*at);
        *first = (*first).min(*at);
    }
    let mut found = Vec::new();
    for (tool, versions) in of_tool {
        let mut versions: Vec<(i64, String)> = versions.into_iter().map(|(version, at)| (at, version)).collect();
        versions.sort();
        for pair in versions.windows(2) {
            let [(_, before), (at, new)] = pair else { continue };
            let Some(on) = session.calendar().day_of(*at) else { continue };
            let what = format!("{tool}: evidence by version {new} begins, after version {before}");
            found.push(Found::new(on, BreakKind::ToolVersion, what, &[Touches::Labels]).of("tool", tool));
        }
    }
    Ok(found)
}

/// A settings file of a repository switches traces on or off.
pub(super) fn trace_settings(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    if session.facts().rows("trace_settings") == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT COALESCE(m.name, t.repo) AS repo, t.evidence_source AS tool, t.\"from\" AS at, t.complete, t.detail
        FROM settings s CROSS JOIN trace_settings t LEFT JOIN mined_repositories m ON m.repo = t.repo
        WHERE t.\"from\" < s.as_of_at";
    let frame = session.rows("settings of traces", sql)?;
    let mut rows: Vec<usize> = (0..frame.rows).collect();
    rows.sort_by_key(|row| (frame.name("repo", *row), frame.name("tool", *row), frame.at.get(*row).copied()));
    let mut state: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows {
        let (Some(repo), Some(tool), Some(at)) = (frame.name("repo", row), frame.name("tool", row), frame.at.get(row)) else {
            continue;
        };
        let complete = frame.is_true("complete", row);
        // Traces are on until somebody switches them off.
        if state.insert((repo, tool), complete).unwrap_or(true) == complete {
            continue;
        }
        let Some(on) = session.calendar().day_of(*at) else { continue };
        let switched = if complete { "on" } else { "off" };
        let detail = frame.name("detail", row).map_or_else(String::new, |detail| format!(" by {detail}"));
        let what = format!("{repo}: traces of {tool} were switched {switched}{detail}");
        found.push(Found::new(on, BreakKind::TrailerDefault, what, &[Touches::Labels]).of("repo", repo));
    }
    Ok(found)
}

/// Tools that began to leave traces by themselves, with the first day of the month of the change: vendors name no day.
const DEFAULTS: &[(&str, Date, &str)] = &[
    ("copilot", Date::constant(2025, 5, 1), "commits of its agent name their logs from about here on"),
    (
        "cursor",
        Date::constant(2026, 1, 1),
        "its agent names itself in commits by default from about here on; before, local edits left nothing",
    ),
    (
        "codex",
        Date::constant(2026, 2, 1),
        "its command line adds a trailer by default from about here on; before, it left nearly nothing",
    ),
];

/// Defaults of tools that the organisation is known to use.
pub(super) fn defaults(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    let tables: Vec<&str> =
        ["evidence", "ai_usage", "ai_spend"].into_iter().filter(|table| session.facts().rows(table) > 0).collect();
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<String> = tables.iter().map(|table| format!("SELECT tool FROM {table} WHERE tool IS NOT NULL")).collect();
    let frame = session.rows("tools in use", &parts.join(" UNION "))?;
    let used: BTreeSet<&str> = (0..frame.rows).filter_map(|row| frame.name("tool", row)).collect();
    let known = DEFAULTS.iter().filter(|(tool, ..)| used.contains(tool));
    Ok(known
        .map(|(tool, on, what)| {
            Found::new(*on, BreakKind::TrailerDefault, format!("{tool}: {what}"), &[Touches::Labels]).of("tool", tool)
        })
        .collect())
}

/// A team declares that all its AI work is visible, or no longer.
pub(super) fn coverage(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    if session.facts().rows("attribution_coverage") == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT team, source, CAST(valid_from AS VARCHAR) AS first, CAST(valid_until AS VARCHAR) AS until
        FROM attribution_coverage WHERE complete";
    let frame = session.rows("declared coverage", sql)?;
    let mut found = Vec::new();
    for row in 0..frame.rows {
        let (Some(team), Some(source)) = (frame.name("team", row), frame.name("source", row)) else { continue };
        let ends = [
            ("first", "a change without evidence counts as human from here on, before it was unknown"),
            ("until", "a change without evidence is unknown from here on, before it counted as human"),
        ];
        for (column, what) in ends {
            let Some(on) = day(frame.name(column, row)) else { continue };
            let what = format!("team {team}, by {source}: {what}");
            found.push(Found::new(on, BreakKind::AttributionCoverage, what, &[Touches::Labels]).of("team", team));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_is_what_may_change_much() {
        for (version, expected) in [("2.1.7", "2"), ("v3", "3"), ("0.9.3", "0.9"), ("1.0.0-beta+7", "1"), ("", "")] {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}

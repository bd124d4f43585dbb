//! What stands around the figures: declarations on evidence, teams that went on as before, and days at which a series changes its meaning.

use std::collections::BTreeMap;

use candor_catalogue::{CatalogueError, Metric, Session};
use jiff::civil::Date;

use crate::document::Break;
use crate::words;

/// What was declared on the completeness of evidence, in words, as far as it reaches into the days before `until`.
pub(crate) fn declared(session: &Session, until: Date) -> Result<Vec<String>, CatalogueError> {
    if session.facts().rows("attribution_coverage") == 0 {
        return Ok(Vec::new());
    }
    let frame = session.rows(
        "declared coverage",
        "SELECT team, source, CAST(valid_from AS VARCHAR) AS first, CAST(valid_until AS VARCHAR) AS last, complete
         FROM attribution_coverage ORDER BY team, first, source",
    )?;
    let day = until.to_string();
    // Teams of which the same was declared stand together.
    let mut declared: Vec<(String, Vec<String>)> = Vec::new();
    for row in (0..frame.rows).filter(|row| frame.name("first", *row).is_none_or(|first| first < day.as_str())) {
        let team = frame.name("team", row).unwrap_or_default().to_owned();
        let source = frame.name("source", row).unwrap_or("a tool");
        let (first, last) = (frame.name("first", row).unwrap_or("the beginning"), frame.name("last", row));
        let last = last.map_or_else(String::new, |last| format!(" until {last}"));
        let what = if frame.is_true("complete", row) {
            "declared complete: there, what has no evidence counts as human"
        } else {
            "recorded, and not complete: what has no evidence stays unknown"
        };
        let said = format!("{source}, from {first}{last}: {what}");
        match declared.iter_mut().find(|(own, _)| *own == said) {
            Some((_, teams)) => teams.push(team),
            None => declared.push((said, vec![team])),
        }
    }
    Ok(declared
        .into_iter()
        .map(|(said, teams)| match teams.as_slice() {
            teams if teams.iter().any(String::is_empty) => format!("every team, {said}"),
            [team] => format!("team {team}, {said}"),
            teams => format!("teams {}, {said}", words::listed(teams)),
        })
        .collect())
}

/// Teams marked as control at the beginning of a period, or the one of the description.
pub(crate) fn control_teams(session: &Session, day: Date, described: Option<&str>) -> Result<Vec<String>, CatalogueError> {
    let mut teams = Vec::new();
    if session.facts().rows("teams") > 0 {
        // The row in force is the last one that begins on or before the day.
        let frame = session.rows(
            "control teams",
            &format!(
                "SELECT team FROM (
                SELECT team, is_control, ROW_NUMBER() OVER (PARTITION BY team ORDER BY valid_from DESC NULLS LAST) AS place
                FROM teams WHERE valid_from IS NULL OR valid_from <= DATE '{day}'
             ) WHERE place = 1 AND is_control ORDER BY team"
            ),
        )?;
        teams.extend((0..frame.rows).filter_map(|row| frame.name("team", row).map(str::to_owned)));
    }
    if teams.is_empty() {
        teams.extend(described.map(str::to_owned));
    }
    Ok(teams)
}

/// Days after `from` and before `until` at which a series changes its meaning: the breaks of the catalogue, and changes of a team's AI policy.
pub(crate) fn breaks(session: &Session, metrics: &[&Metric], from: Date, until: Date) -> Result<Vec<Break>, CatalogueError> {
    let found = candor_catalogue::breaks(session, metrics, from, until)?;
    let mut breaks: Vec<Break> = found.into_iter().map(Break::from).collect();
    breaks.extend(policies(session, from, until)?);
    breaks.sort();
    Ok(breaks)
}

fn policies(session: &Session, from: Date, until: Date) -> Result<Vec<Break>, CatalogueError> {
    if session.facts().rows("teams") == 0 {
        return Ok(Vec::new());
    }
    let frame = session.rows(
        "policies of teams",
        "SELECT CAST(valid_from AS VARCHAR) AS day, team, before, ai_policy FROM (
            SELECT team, valid_from, ai_policy, LAG(ai_policy) OVER (PARTITION BY team ORDER BY valid_from NULLS FIRST) AS before FROM teams
         ) WHERE valid_from IS NOT NULL AND before IS NOT NULL AND before <> ai_policy ORDER BY day, team",
    )?;
    let (from, until) = (from.to_string(), until.to_string());
    let mut changed: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    for row in 0..frame.rows {
        let (Some(day), Some(team)) = (frame.name("day", row), frame.name("team", row)) else { continue };
        if day > from.as_str() && day < until.as_str() {
            let text = |column: &str| frame.name(column, row).unwrap_or("not said").to_owned();
            changed.entry((day.to_owned(), text("before"), text("ai_policy"))).or_default().push(team.to_owned());
        }
    }
    let told = changed.into_iter().map(|((day, before, after), teams)| {
        let by = match teams.as_slice() {
            [team] => BTreeMap::from([("team".to_owned(), team.clone())]),
            _ => BTreeMap::new(),
        };
        let whose = if teams.len() == 1 { "team" } else { "teams" };
        let what = format!("the AI policy of {whose} {} was {before} and became {after}", words::listed(&teams));
        Break { day, kind: "policy".to_owned(), by, metrics: Vec::new(), what }
    });
    Ok(told.collect())
}

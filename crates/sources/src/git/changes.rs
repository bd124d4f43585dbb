//! Rows of `changes` (landings), `left_out` and `repositories`.

use std::collections::BTreeMap;

use candor_git::added::AddedReader;
use candor_git::rules::LeftOut;
use candor_git::text::NoLines;
use candor_git::{Mainline, ObjectId, State};
use candor_lake::Writer;
use rustc_hash::FxHashSet;

use super::columns::Columns;
use super::error::SourceError;

/// Stages the landings from ordinal `from` on.
///
/// # Errors
/// See [`SourceError`].
pub fn write_changes(writer: &mut Writer, repo: &str, state: &State, from: usize) -> Result<(), SourceError> {
    let landings = state.lives.landings.get(from..).unwrap_or_default();
    if landings.is_empty() {
        return Ok(());
    }
    let bulk: FxHashSet<ObjectId> = state.bulk.iter().copied().collect();
    let rows: Vec<_> =
        (from..).zip(landings).filter_map(|(ordinal, counts)| Some((ordinal, counts, state.history.landing(ordinal)?))).collect();
    let count = |pick: fn(&candor_git::lives::LandingCounts) -> u32| {
        rows.iter().map(|(_, counts, _)| Some(i64::from(pick(counts)))).collect::<Vec<_>>()
    };
    let small = |value: usize| i32::try_from(value).ok();
    let kind = |parents: u32| if parents > 1 { "merge" } else { "direct" };
    let batch = Columns::default()
        .text("repo", vec![Some(repo.to_owned()); rows.len()])
        .text("commit", rows.iter().map(|(_, _, commit)| Some(commit.id.to_string())).collect())
        .instant("landed_at", rows.iter().map(|(_, _, commit)| Some(commit.time)).collect())
        .text("kind", rows.iter().map(|(_, _, commit)| Some(kind(commit.parent_count).to_owned())).collect())
        .int("parents", rows.iter().map(|(_, _, commit)| i32::try_from(commit.parent_count).ok()).collect())
        .int("brought", rows.iter().map(|(ordinal, ..)| small(state.history.brought(*ordinal).len().saturating_sub(1))).collect())
        .int("files", rows.iter().map(|(_, counts, _)| i32::try_from(counts.files).ok()).collect())
        .long("lines_added", count(|counts| counts.added))
        .long("lines_removed", count(|counts| counts.removed))
        .long("lines_moved", count(|counts| counts.moved))
        .long("lines_resumed", count(|counts| counts.resumed))
        .text("reverts", rows.iter().map(|(_, _, commit)| commit.reverts.first().cloned()).collect())
        .truth("is_bulk", rows.iter().map(|(_, _, commit)| Some(bulk.contains(&commit.id))).collect())
        .text(
            "notes",
            rows.iter()
                .map(|(_, counts, _)| {
                    (counts.renames_not_compared > 0)
                        .then(|| format!("{{\"renames_not_compared\":{}}}", counts.renames_not_compared))
                })
                .collect(),
        )
        .finish()
        .map_err(SourceError::rows("changes"))?;
    writer.replace_segment("changes", &format!("{repo}/{from:010}"), [batch])?;
    Ok(())
}

/// Stages what is left out: per landing and reason the lines born in left-out paths, and at the tip the paths without lines.
///
/// # Errors
/// See [`SourceError`].
pub fn write_left_out(writer: &mut Writer, repo: &str, state: &State) -> Result<(), SourceError> {
    let mut counted: BTreeMap<(u32, &'static str), (FxHashSet<u32>, i64)> = BTreeMap::new();
    for (index, block) in state.lives.blocks.iter().enumerate() {
        let Some(reason) = LeftOut::from_number(block.left_out) else { continue };
        let entry = counted.entry((block.landing, reason.name())).or_default();
        entry.0.insert(block.path);
        entry.1 += i64::try_from(state.lives.lines_of(index).len()).unwrap_or(0);
    }
    let tip = u32::try_from(state.lives.landings.len().saturating_sub(1)).unwrap_or(0);
    for why in NoLines::ALL {
        let paths: FxHashSet<u32> =
            state.lives.files.iter().filter(|(_, file)| file.no_lines == Some(why)).map(|(path, _)| *path).collect();
        if !paths.is_empty() {
            counted.entry((tip, why.name())).or_default().0.extend(paths);
        }
    }
    let hex = |landing: u32| state.history.landing(landing as usize).map(|commit| commit.id.to_string());
    let batch = Columns::default()
        .text("repo", vec![Some(repo.to_owned()); counted.len()])
        .text("landing", counted.keys().map(|(landing, _)| hex(*landing)).collect())
        .text("reason", counted.keys().map(|(_, reason)| Some((*reason).to_owned())).collect())
        .int("paths", counted.values().map(|(paths, _)| i32::try_from(paths.len()).ok()).collect())
        .long("lines", counted.values().map(|(_, lines)| Some(*lines)).collect())
        .finish()
        .map_err(SourceError::rows("left_out"))?;
    writer.replace_segment("left_out", repo, [batch])?;
    Ok(())
}

/// Stages the row of the repository.
///
/// # Errors
/// See [`SourceError`].
pub fn write_repository(
    writer: &mut Writer,
    repo: &str,
    name: &str,
    mainline: &Mainline,
    state: &State,
) -> Result<(), SourceError> {
    let tip = state.lives.landings.len().checked_sub(1).and_then(|last| state.history.landing(last));
    let settings = serde_json::json!({ "definition": state.rules.describe() }).to_string();
    let batch = Columns::default()
        .text("repo", vec![Some(repo.to_owned())])
        .text("name", vec![Some(name.to_owned())])
        .text("default_branch", vec![Some(mainline.branch.clone())])
        .text("tip", vec![tip.map(|commit| commit.id.to_string())])
        .instant("mined_until", vec![tip.map(|commit| commit.time)])
        .text("settings", vec![Some(settings)])
        .finish()
        .map_err(SourceError::rows("mined_repositories"))?;
    writer.replace_segment("mined_repositories", repo, [batch])?;
    Ok(())
}

/// Stages what settings files in the history say about the evidence that tools leave: from this landing on, on or off.
///
/// # Errors
/// See [`SourceError`].
pub fn write_coverage(writer: &mut Writer, repo: &str, state: &State, reader: &mut AddedReader) -> Result<(), SourceError> {
    let mut touched: BTreeMap<(u32, u32), ()> = BTreeMap::new();
    let settings: Vec<bool> = state.lives.paths.iter().map(|path| candor_attribution::is_settings_file(path.as_ref())).collect();
    if settings.iter().any(|is| *is) {
        for (index, block) in
            state.lives.blocks.iter().enumerate().filter(|(_, block)| settings.get(block.path as usize) == Some(&true))
        {
            touched.insert((block.landing, block.path), ());
            for line in state.lives.lines_of(index) {
                if let Some(end) = state.lives.end_of(line) {
                    touched.insert((end.landing, block.path), ());
                }
            }
        }
    }
    let mut rows = Vec::new();
    for (landing, path) in touched.into_keys() {
        let (Some(commit), Some(path)) = (state.history.landing(landing as usize), state.lives.paths.get(path as usize)) else {
            continue;
        };
        // A settings file that cannot be read, or is gone, switches nothing.
        let Ok(Some(content)) = reader.file(commit, path.as_ref()) else { continue };
        rows.extend(
            candor_attribution::coverage_facts(&commit.id.to_string(), path.as_ref(), &content)
                .into_iter()
                .map(|fact| (commit.time, fact)),
        );
    }
    let batch = Columns::default()
        .text("repo", vec![Some(repo.to_owned()); rows.len()])
        .text("evidence_source", rows.iter().map(|(_, fact)| Some(fact.tool.to_owned())).collect())
        .instant("from", rows.iter().map(|(at, _)| Some(*at)).collect())
        .truth("complete", rows.iter().map(|(_, fact)| Some(!fact.trailers_off)).collect())
        .text("detail", rows.iter().map(|(_, fact)| Some(format!("{}: `{}`", fact.path, fact.key))).collect())
        .finish()
        .map_err(SourceError::rows("trace_settings"))?;
    writer.replace_segment("trace_settings", repo, [batch])?;
    Ok(())
}

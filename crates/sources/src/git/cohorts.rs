//! Rows of `line_cohorts`: lines that share their whole life, grouped from the numbered lines of the miner.

use candor_git::lives::{Block, GROUP};
use candor_git::rules::LeftOut;
use candor_git::{State, quote_path};
use candor_lake::Writer;
use rustc_hash::FxHashMap;

use super::columns::{Columns, Repeated};
use super::error::SourceError;
use super::notes::LineEvidence;

/// Everything by which lines of one birth may differ.
type Fate = (Option<u32>, Option<u32>);
/// Lines, and substantive lines, by fate.
type Fates = FxHashMap<Fate, (i32, i32)>;

#[derive(Default)]
struct Rows {
    landing: Repeated<u32>,
    origin: Repeated<u32>,
    path: Repeated<u32>,
    origin_path: Repeated<u32>,
    landed_at: Vec<Option<i64>>,
    death: Repeated<u32>,
    died_at: Vec<Option<i64>>,
    killer: Repeated<u32>,
    lines: Vec<Option<i32>>,
    substantive: Vec<Option<i32>>,
    evidence: Repeated<u32>,
    before: Vec<Option<bool>>,
    left_out: Repeated<u8>,
    censored_at: Vec<Option<i64>>,
}

/// Name of the unit that holds the lines of a group.
fn unit(repo: &str, group: u32) -> String {
    format!("{repo}/{group:06}")
}

/// Stages the groups in `groups` anew.
///
/// # Errors
/// See [`SourceError`].
pub fn write_cohorts(
    writer: &mut Writer,
    repo: &str,
    state: &State,
    evidence: &LineEvidence,
    groups: impl IntoIterator<Item = u32>,
) -> Result<(), SourceError> {
    for group in groups {
        let batch = rows_of(state, evidence, group).finish(repo)?;
        writer.replace_segment("line_cohorts", &unit(repo, group), [batch])?;
    }
    Ok(())
}

fn rows_of(state: &State, evidence: &LineEvidence, group: u32) -> Rows {
    let lives = &state.lives;
    let range = group.saturating_mul(GROUP)..group.saturating_add(1).saturating_mul(GROUP).min(lives.line_count());
    let mut rows = Rows::default();
    let mut index = lives.blocks.partition_point(|block| block.first <= range.start).saturating_sub(1);
    let mut open: Option<(Block, Fates)> = None;
    while let Some(block) = lives.blocks.get(index).filter(|block| block.first < range.end) {
        let same = open.as_ref().is_some_and(|(first, _)| {
            (first.landing, first.origin, first.path, first.origin_path, first.left_out)
                == (block.landing, block.origin, block.path, block.origin_path, block.left_out)
        });
        if !same {
            if let Some((first, fates)) = open.take() {
                rows.push(state, evidence, &first, fates);
            }
            open = Some((*block, FxHashMap::default()));
        }
        let Some((_, fates)) = &mut open else { break };
        let attested = evidence.ranges(block.origin, block.origin_path);
        let lines = lives.lines_of(index);
        for line in lines.start.max(range.start)..lines.end.min(range.end) {
            let recorded =
                if attested.is_empty() { None } else { LineEvidence::of(attested, block.origin_line + (line - block.first) + 1) };
            let counts = fates.entry((lives.end_number(line), recorded)).or_default();
            counts.0 += 1;
            counts.1 += i32::from(lives.is_substantive(line));
        }
        index += 1;
    }
    if let Some((first, fates)) = open {
        rows.push(state, evidence, &first, fates);
    }
    rows
}

impl Rows {
    fn push(&mut self, state: &State, evidence: &LineEvidence, block: &Block, fates: Fates) {
        let landed_at = state.history.landing(block.landing as usize).map(|commit| commit.time);
        let mut fates: Vec<_> = fates.into_iter().collect();
        fates.sort_unstable();
        for ((end, recorded), (lines, substantive)) in fates {
            let end = end.and_then(|number| state.lives.ends.get(number as usize));
            let ended_at = end.and_then(|end| state.history.landing(end.landing as usize)).map(|commit| commit.time);
            let died = end.filter(|end| !end.censored);
            self.landing.push(Some(block.landing), |landing| hex_of_landing(state, *landing));
            self.origin.push(Some(block.origin), |origin| hex_of(state, *origin));
            self.path.push(Some(block.path), |path| spelt(state, *path));
            self.origin_path.push(Some(block.origin_path), |path| spelt(state, *path));
            self.landed_at.push(landed_at);
            self.death.push(died.map(|end| end.landing), |landing| hex_of_landing(state, *landing));
            self.died_at.push(died.and(ended_at));
            self.killer.push(died.map(|end| end.killer), |killer| hex_of(state, *killer));
            self.lines.push(Some(lines));
            self.substantive.push(Some(substantive));
            self.evidence.push(recorded, |index| evidence.ids.get(*index as usize).cloned().unwrap_or_default());
            self.before.push(Some(block.landing == 0 && state.is_cut()));
            self.left_out.push((block.left_out != 0).then_some(block.left_out), |number| {
                LeftOut::from_number(*number).map(LeftOut::name).unwrap_or_default().to_owned()
            });
            self.censored_at.push(if end.is_some_and(|end| end.censored) { ended_at } else { None });
        }
    }

    fn finish(self, repo: &str) -> Result<arrow_array::RecordBatch, SourceError> {
        let count = self.lines.len();
        let mut name = Repeated::default();
        (0..count).for_each(|_| name.push(Some(()), |()| repo.to_owned()));
        let columns = || -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
            Columns::default()
                .array("repo", name.finish()?)
                .array("landing", self.landing.finish()?)
                .array("origin", self.origin.finish()?)
                .array("path_at_birth", self.path.finish()?)
                .array("path_in_origin", self.origin_path.finish()?)
                .instant("landed_at", self.landed_at)
                .array("death", self.death.finish()?)
                .instant("died_at", self.died_at)
                .array("killer_origin", self.killer.finish()?)
                .int("n_lines", self.lines)
                .int("n_substantive", self.substantive)
                .array("evidence", self.evidence.finish()?)
                .truth("before_observation", self.before)
                .array("left_out", self.left_out.finish()?)
                .instant("censored_at", self.censored_at)
                .finish()
        };
        columns().map_err(SourceError::rows("line_cohorts"))
    }
}

fn hex_of(state: &State, number: u32) -> String {
    state.history.commit(number).map(|commit| commit.id.to_string()).unwrap_or_default()
}

fn hex_of_landing(state: &State, ordinal: u32) -> String {
    state.history.landing(ordinal as usize).map(|commit| commit.id.to_string()).unwrap_or_default()
}

fn spelt(state: &State, path: u32) -> String {
    state.lives.paths.get(path as usize).map(|path| quote_path(path.as_ref())).unwrap_or_default()
}

//! The lives of all lines: every line that ever landed has a number, a birth, and at most one death.

use std::collections::BTreeSet;

use bstr::BString;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::delta::{BornRun, CommitDelta, Segment};
use crate::history::History;
use crate::moves::{MIN_CHARACTERS, MIN_LINES};
use crate::rules::LeftOut;
use crate::text::NoLines;

/// Lines are stored and rewritten in groups of this many consecutive numbers.
pub const GROUP: u32 = 1 << 17;

/// The death number of a line that lives.
const ALIVE: u32 = 0;

/// Lines born together: consecutive in the text of their origin, numbered consecutively.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Number of the first line.
    pub first: u32,
    /// Ordinal of the landing on the mainline.
    pub landing: u32,
    /// Number of the commit that wrote them.
    pub origin: u32,
    /// Path in the landing, as an index into [`Lives::paths`].
    pub path: u32,
    /// Path in the origin, likewise.
    pub origin_path: u32,
    /// First line in the origin's text, zero-based.
    pub origin_line: u32,
    /// Number of the reason for which they are left out; 0 = they count.
    pub left_out: u8,
}

/// How lines ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct End {
    /// Ordinal of the landing in which they are gone.
    pub landing: u32,
    /// Number of the commit that removed them.
    pub killer: u32,
    /// They left observation (damage, bulk commit) and did not die.
    pub censored: bool,
}

/// A line that was gone and came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Line number.
    pub line: u32,
    /// Ordinal of the landing that took it.
    pub from: u32,
    /// Ordinal of the landing that brought it back.
    pub until: u32,
}

/// What a landing did, in lines that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LandingCounts {
    /// Paths changed.
    pub files: u32,
    /// Lines born.
    pub added: u32,
    /// Lines that died.
    pub removed: u32,
    /// Lines that live on by a move.
    pub moved: u32,
    /// Lines that resumed their life.
    pub resumed: u32,
    /// Lines born that do not count.
    pub left_out: u32,
    /// Pairs of paths that rename detection did not compare.
    pub renames_not_compared: u64,
}

/// Lines taken by a revert, in the order of the text that they stood in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reverted {
    /// Ordinal of the landing that took them.
    pub landing: u32,
    /// Number of the commit that took them.
    pub killer: u32,
    /// Path that they stood at.
    pub path: u32,
    /// (Hash, line number) of each line.
    pub lines: Vec<(u64, u32)>,
}

/// Lines of the path at the tip.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Line numbers, top to bottom.
    pub lines: Vec<u32>,
    /// Why it has none.
    pub no_lines: Option<NoLines>,
}

/// The state after some landings.
#[derive(Debug, Default)]
pub struct Lives {
    /// Births in order of line number.
    pub blocks: Vec<Block>,
    /// For each line, 0 = alive, else one more than the index into [`Self::ends`].
    pub(crate) deaths: Vec<u32>,
    /// One bit a line: it holds a letter or a digit.
    pub(crate) substantive: Vec<u64>,
    /// The ends that occur.
    pub ends: Vec<End>,
    /// Paths by number.
    pub paths: Vec<BString>,
    pub(crate) path_numbers: FxHashMap<BString, u32>,
    /// Files at the tip, by path number.
    pub files: FxHashMap<u32, File>,
    /// What each landing did.
    pub landings: Vec<LandingCounts>,
    /// Lines that came back.
    pub gaps: Vec<Gap>,
    pub(crate) reverted: Vec<Reverted>,
    /// Groups of [`GROUP`] consecutive line numbers in which something changed since the state was made or read.
    pub changed: BTreeSet<u32>,
}

/// The line numbers are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyLines;

impl Lives {
    /// Number of lines that ever landed.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.deaths.len()).unwrap_or(u32::MAX)
    }

    /// How a line ended; `None` = it lives.
    #[must_use]
    pub fn end_of(&self, line: u32) -> Option<End> {
        self.ends.get(self.end_number(line)? as usize).copied()
    }

    /// Index into [`Self::ends`] of how a line ended; `None` = it lives.
    #[must_use]
    pub fn end_number(&self, line: u32) -> Option<u32> {
        self.deaths.get(line as usize).copied().unwrap_or(ALIVE).checked_sub(1)
    }

    /// Whether the line holds a letter or a digit.
    #[must_use]
    pub fn is_substantive(&self, line: u32) -> bool {
        self.substantive.get(line as usize / 64).is_some_and(|word| word >> (line % 64) & 1 == 1)
    }

    /// Line numbers of a block.
    #[must_use]
    pub fn lines_of(&self, block: usize) -> std::ops::Range<u32> {
        let first = self.blocks.get(block).map_or(0, |block| block.first);
        first..self.blocks.get(block + 1).map_or(self.line_count(), |next| next.first)
    }

    /// The block that a line was born in.
    #[must_use]
    pub fn block_of(&self, line: u32) -> Option<&Block> {
        self.blocks.get(self.blocks.partition_point(|block| block.first <= line).checked_sub(1)?)
    }

    /// Number of a path, known or new.
    pub(crate) fn path_number(&mut self, path: &BString) -> u32 {
        if let Some(number) = self.path_numbers.get(path) {
            return *number;
        }
        let number = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        self.paths.push(path.clone());
        self.path_numbers.insert(path.clone(), number);
        number
    }

    /// Fills the lookup from paths to numbers after the paths were read from a stored state.
    pub(crate) fn index_paths(&mut self) {
        self.path_numbers = (0..).zip(&self.paths).map(|(number, path)| (path.clone(), number)).collect();
    }

    /// Applies the delta of the next landing.
    ///
    /// # Errors
    /// More lines than numbers; the state is then useless.
    pub fn apply(&mut self, history: &History, delta: &CommitDelta, lives_rules: bool) -> Result<(), TooManyLines> {
        let ordinal = u32::try_from(self.landings.len()).unwrap_or(u32::MAX);
        let own = history.mainline.get(ordinal as usize).copied().unwrap_or(u32::MAX);
        let mut counts = LandingCounts {
            files: u32::try_from(delta.files.len()).unwrap_or(u32::MAX),
            moved: u32::try_from(delta.moved).unwrap_or(u32::MAX),
            renames_not_compared: delta.renames_not_compared,
            ..LandingCounts::default()
        };
        // All old texts leave first, so that moves find them whatever the order of paths.
        let (old, reasons): (Vec<Vec<u32>>, Vec<Option<NoLines>>) = delta
            .files
            .iter()
            .map(|file| {
                let number = file.old_path.as_ref().map(|path| self.path_number(path));
                let file = number.and_then(|number| self.files.remove(&number)).unwrap_or_default();
                (file.lines, file.no_lines)
            })
            .unzip();
        self.end_lines(history, delta, &old, ordinal, own, lives_rules, &mut counts);
        let relands = if lives_rules { Relands::of(self, history, own) } else { Relands::default() };
        let mut old = old;
        for (index, file) in delta.files.iter().enumerate() {
            let Some(path) = &file.new_path else { continue };
            let number = self.path_number(path);
            let mut lines = Vec::new();
            let mut no_lines = file.no_lines;
            for segment in &file.segments {
                match segment {
                    Segment::Whole => {
                        lines = old.get_mut(index).map(std::mem::take).unwrap_or_default();
                        no_lines = reasons.get(index).copied().flatten();
                    }
                    Segment::Kept { file, start, len } => {
                        let (start, end) = (*start as usize, (*start + *len) as usize);
                        lines.extend_from_slice(
                            old.get(*file as usize).and_then(|lines| lines.get(start..end)).unwrap_or_default(),
                        );
                    }
                    Segment::Born(run) => {
                        let reason = run.left_out.or(file.left_out);
                        self.bear(run, reason, number, ordinal, own, &relands, &mut lines, &mut counts)?;
                    }
                }
            }
            self.files.insert(number, File { lines, no_lines });
        }
        self.landings.push(counts);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the landing at hand: taken apart, each argument would be looked up again")]
    fn end_lines(
        &mut self,
        history: &History,
        delta: &CommitDelta,
        old: &[Vec<u32>],
        ordinal: u32,
        own: u32,
        remember: bool,
        counts: &mut LandingCounts,
    ) {
        let mut numbers: FxHashMap<End, u32> = FxHashMap::default();
        for (file, lines) in delta.files.iter().zip(old) {
            let mut at = 0;
            for run in &file.dead {
                let end = End { landing: ordinal, killer: run.killer.unwrap_or(own), censored: run.censored };
                let number = *numbers.entry(end).or_insert_with(|| {
                    self.ends.push(end);
                    u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
                });
                let gone = lines.get(run.lines.start as usize..run.lines.end as usize).unwrap_or_default();
                for line in gone {
                    self.changed.insert(line / GROUP);
                    if let Some(death) = self.deaths.get_mut(*line as usize) {
                        *death = number;
                    }
                    let counts_for = self.block_of(*line).is_none_or(|block| block.left_out == 0);
                    counts.removed += u32::from(counts_for && !run.censored);
                }
                let is_revert = |commit: u32| history.commit(commit).is_some_and(|commit| !commit.reverts.is_empty());
                if remember
                    && (is_revert(own) || is_revert(end.killer))
                    && let Some(path) = &file.old_path
                {
                    let path = self.path_number(path);
                    let hashes = file.dead_hashes.get(at..).unwrap_or_default();
                    let lines = hashes.iter().zip(gone).map(|(hash, line)| (*hash, *line)).collect();
                    self.reverted.push(Reverted { landing: ordinal, killer: end.killer, path, lines });
                }
                at += run.lines.len();
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the landing at hand: taken apart, each argument would be looked up again")]
    fn bear(
        &mut self,
        run: &BornRun,
        reason: Option<LeftOut>,
        path: u32,
        ordinal: u32,
        own: u32,
        relands: &Relands,
        lines: &mut Vec<u32>,
        counts: &mut LandingCounts,
    ) -> Result<(), TooManyLines> {
        let resumed = relands.resume(self, path, run);
        let origin = run.origin.unwrap_or(own);
        let origin_path = run.origin_path.as_ref().map_or(path, |path| self.path_number(path));
        let mut open = false;
        for ((at, born), old_line) in (run.origin_start..).zip(&run.lines).zip(resumed) {
            if let Some(line) = old_line {
                let from = self.end_of(line).map_or(ordinal, |end| end.landing);
                self.changed.insert(line / GROUP);
                if let Some(death) = self.deaths.get_mut(line as usize) {
                    *death = ALIVE;
                }
                self.gaps.push(Gap { line, from, until: ordinal });
                let counts_for = self.block_of(line).is_none_or(|block| block.left_out == 0);
                counts.resumed += u32::from(counts_for);
                lines.push(line);
                open = false;
                continue;
            }
            let line = self.line_count();
            if line >= u32::MAX - 1 {
                return Err(TooManyLines);
            }
            if !open {
                let left_out = reason.map_or(0, |reason| reason as u8);
                self.blocks.push(Block { first: line, landing: ordinal, origin, path, origin_path, origin_line: at, left_out });
                open = true;
            }
            self.deaths.push(ALIVE);
            self.changed.insert(line / GROUP);
            if line.is_multiple_of(64) {
                self.substantive.push(0);
            }
            if born.substantive
                && let Some(word) = self.substantive.last_mut()
            {
                *word |= 1 << (line % 64);
            }
            lines.push(line);
            if reason.is_none() {
                counts.added += 1;
            } else {
                counts.left_out += 1;
            }
        }
        Ok(())
    }
}

/// The lines that the landing at hand may bring back.
#[derive(Default)]
struct Relands {
    /// By path: sets of lines that a revert took; the flag says that this landing declares to revert that revert.
    by_path: FxHashMap<u32, Vec<(bool, Reverted)>>,
}

impl Relands {
    fn of(lives: &Lives, history: &History, own: u32) -> Self {
        let mut found = Self::default();
        if lives.reverted.is_empty() {
            return found;
        }
        let ordinal = lives.landings.len();
        let mut named: FxHashSet<u32> = FxHashSet::default();
        for number in history.brought(ordinal) {
            for id in history.commit(number).map(|commit| &commit.reverts[..]).unwrap_or_default() {
                named.extend(
                    lives
                        .reverted
                        .iter()
                        .flat_map(|taken| [taken.killer, history.mainline.get(taken.landing as usize).copied().unwrap_or(own)])
                        .filter(|commit| {
                            history.commit(*commit).is_some_and(|commit| commit.id.to_hex().to_string().starts_with(id.as_str()))
                        }),
                );
            }
        }
        for taken in &lives.reverted {
            let landing = history.mainline.get(taken.landing as usize).copied().unwrap_or(own);
            let declared = named.contains(&taken.killer) || named.contains(&landing);
            found.by_path.entry(taken.path).or_default().push((declared, taken.clone()));
        }
        found
    }

    /// For each line of `run`, the line that it brings back.
    fn resume(&self, lives: &Lives, path: u32, run: &BornRun) -> Vec<Option<u32>> {
        let mut back = vec![None; run.lines.len()];
        let Some(sets) = self.by_path.get(&path) else { return back };
        let mut used: FxHashSet<u32> = FxHashSet::default();
        // The latest revert first: what it took is the latest life.
        for (declared, taken) in sets.iter().rev() {
            let mut starts: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
            for (start, (hash, line)) in taken.lines.iter().enumerate() {
                if lives.end_of(*line).is_some_and(|end| end.landing == taken.landing) && !used.contains(line) {
                    starts.entry(*hash).or_default().push(start);
                }
            }
            let mut at = 0;
            while at < run.lines.len() {
                let candidates =
                    run.lines.get(at).filter(|_| back.get(at) == Some(&None)).and_then(|line| starts.get(&line.hash));
                let longest = candidates
                    .into_iter()
                    .flatten()
                    .map(|&start| (common(run, &back, at, taken, start, lives, &used), std::cmp::Reverse(start)))
                    .max();
                let Some((len, std::cmp::Reverse(start))) = longest.filter(|(len, _)| *len > 0) else {
                    at += 1;
                    continue;
                };
                let weight: usize = run.lines.iter().skip(at).take(len).map(|line| usize::from(line.weight)).sum();
                if *declared || (len >= MIN_LINES as usize && weight >= MIN_CHARACTERS) {
                    for (slot, (_, line)) in back.iter_mut().skip(at).zip(taken.lines.iter().skip(start)).take(len) {
                        *slot = Some(*line);
                        used.insert(*line);
                    }
                }
                at += len;
            }
        }
        back
    }
}

/// How many lines from `at` are, one by one, those that a revert took from `start` on, and are free to come back.
fn common(
    run: &BornRun,
    back: &[Option<u32>],
    at: usize,
    taken: &Reverted,
    start: usize,
    lives: &Lives,
    used: &FxHashSet<u32>,
) -> usize {
    let new = run.lines.iter().zip(back).skip(at);
    let old = taken.lines.iter().skip(start);
    new.zip(old)
        .take_while(|((born, back), (hash, line))| {
            back.is_none()
                && born.hash == *hash
                && !used.contains(line)
                && lives.end_of(*line).is_some_and(|end| end.landing == taken.landing)
        })
        .count()
}

//! What one mainline commit does to the lines of its first parent: which live on, and where; which die; which are born.
//!
//! Deltas of different commits are independent of each other and are computed on all cores; [`crate::lives`] applies them in order.

use std::ops::Range;
use std::sync::Arc;

use bstr::BString;
use gix::ObjectId;
use rustc_hash::FxHashSet;

use crate::history::History;
use crate::hunks::{DiffAlgorithm, Differ, Hunk};
use crate::moves::MIN_CHARACTERS;
use crate::objects::{Objects, ReadError};
use crate::rename::{self, RenameOptions};
use crate::repository::Repository;
use crate::rules::{LeftOut, LeftOutRules};
use crate::text::{Content, NoLines, Text, is_substantive, weight_without_space};
use crate::tree::{self, Change, Entry, Flaw, Kind};
use crate::{moves, reformat, trace};

/// Everything that decides on line lives; another value is another definition of every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRules {
    /// Diff algorithm.
    pub algorithm: DiffAlgorithm,
    /// Rename detection.
    pub renames: RenameOptions,
    /// White space, moves, re-lands, left-out paths and bulk commits count as the design says; off = as git sees lines.
    pub lives: bool,
}

impl LineRules {
    /// The product's own rules.
    #[must_use]
    pub fn full() -> Self {
        Self { algorithm: DiffAlgorithm::Histogram, renames: RenameOptions::default(), lives: true }
    }

    /// For comparison with git: renames followed, nothing else.
    #[must_use]
    pub fn strict() -> Self {
        Self { lives: false, ..Self::full() }
    }

    /// For comparison with `git blame --first-parent --no-follow`, which knows Myers only.
    #[must_use]
    pub fn blame() -> Self {
        Self { algorithm: DiffAlgorithm::Myers, renames: RenameOptions { threshold_percent: 101, limit: 0 }, lives: false }
    }

    /// The definition in one line, for settings and figures.
    #[must_use]
    pub fn describe(&self) -> String {
        let renames = if self.renames.threshold_percent > 100 {
            "no renames".to_owned()
        } else {
            format!("renames from {} %, at most {1} x {1} pairs", self.renames.threshold_percent, self.renames.limit)
        };
        let rules = if self.lives { "lives-1 (white space, moves, re-lands, left-out paths, bulk commits)" } else { "strict-1" };
        format!("{} with indent heuristic; {renames}; {rules}", self.algorithm.name())
    }
}

/// The delta of one mainline commit against its first parent.
#[derive(Debug, Default)]
pub struct CommitDelta {
    /// One entry for each path that changed, renamed ones under both names.
    pub files: Vec<FileDelta>,
    /// Pairs of paths that rename detection did not compare because of its limit.
    pub renames_not_compared: u64,
    /// Objects that could not be read.
    pub unreadable: Vec<ReadError>,
    /// Flaws of the trees that were compared.
    pub flaws: Vec<Flaw>,
    /// Lines that live on because a block was moved.
    pub moved: u64,
}

/// What happens to one path.
#[derive(Debug)]
pub struct FileDelta {
    /// Path before; its lines are used up by this delta.
    pub old_path: Option<BString>,
    /// Path after.
    pub new_path: Option<BString>,
    /// Why the path has no lines afterwards; `None` where it has, or is gone.
    pub no_lines: Option<NoLines>,
    /// The lines afterwards, from the first to the last.
    pub segments: Vec<Segment>,
    /// Lines of the old text that die, ascending.
    pub dead: Vec<DeadRun>,
    /// Lines born here do not count, and why.
    pub left_out: Option<LeftOut>,
    /// Hashes of the dead lines, in the order of [`Self::dead`]; kept where a revert is involved, whose lines may come back.
    pub dead_hashes: Vec<u64>,
}

/// A run of lines of the new text.
#[derive(Debug)]
pub enum Segment {
    /// All lines of the old path, however many.
    Whole,
    /// Lines that live on.
    Kept {
        /// Index into [`CommitDelta::files`] of the file whose old text they stand in.
        file: u32,
        /// First line there, zero-based.
        start: u32,
        /// Number of lines.
        len: u32,
    },
    /// Lines that are born.
    Born(BornRun),
}

impl Segment {
    /// Number of lines; a whole text counts none, since it was not read.
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::Whole => 0,
            Self::Kept { len, .. } => *len,
            Self::Born(run) => u32::try_from(run.lines.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Lines born together.
#[derive(Debug, Clone)]
pub struct BornRun {
    /// Commit that wrote them; `None` = the landing itself.
    pub origin: Option<u32>,
    /// Path in the origin, where it is another one than in the landing.
    pub origin_path: Option<BString>,
    /// First line in the origin's text, zero-based.
    pub origin_start: u32,
    /// What must be known of each line.
    pub lines: Vec<BornLine>,
    /// These lines are left out for a reason of their own.
    pub left_out: Option<LeftOut>,
}

/// A line that is born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BornLine {
    /// Hash of its bytes.
    pub hash: u64,
    /// It holds a letter or a digit.
    pub substantive: bool,
    /// Characters that are no white space, counted up to [`MIN_CHARACTERS`].
    pub weight: u8,
}

/// A run of lines that die.
#[derive(Debug, Clone)]
pub struct DeadRun {
    /// Lines of the old text, zero-based, half-open.
    pub lines: Range<u32>,
    /// Commit that removed them; `None` = the landing itself.
    pub killer: Option<u32>,
    /// They leave observation instead of dying (damage, bulk commits).
    pub censored: bool,
}

/// One path while its delta is being worked out.
pub(crate) struct Work {
    pub old_path: Option<BString>,
    pub new_path: Option<BString>,
    pub old: Option<Arc<Text>>,
    pub new: Option<Arc<Text>>,
    /// The content is the same object: nothing was read.
    pub whole: bool,
    pub no_lines: Option<NoLines>,
    pub old_unreadable: bool,
    pub hunks: Vec<Hunk>,
    /// Lines of the old text that no line of the new text continues, so far.
    pub removed: Vec<Range<u32>>,
    /// Lines of the new text that continue no line, so far.
    pub added: Vec<Range<u32>>,
    /// Lines that live on although their bytes or place changed.
    pub matches: Vec<Match>,
}

/// Lines of the new text that continue lines of an old one.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub new_start: u32,
    pub file: u32,
    pub old_start: u32,
    pub len: u32,
}

/// What a thread needs to compute deltas.
pub struct Workshop {
    /// Object access.
    pub objects: Objects,
    /// Line comparison.
    pub differ: Differ,
    /// Which paths are left out.
    pub left_out: LeftOutRules,
    /// Rules of the run.
    pub rules: LineRules,
}

impl Workshop {
    /// A workshop for the calling thread.
    #[must_use]
    pub fn new(repo: &Repository, rules: LineRules) -> Self {
        Self { objects: Objects::new(repo.inner()), differ: Differ::default(), left_out: LeftOutRules::default(), rules }
    }

    /// The delta of the landing with this ordinal.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn landing(&mut self, history: &History, ordinal: usize, bulk: &FxHashSet<ObjectId>) -> Result<CommitDelta, ReadError> {
        self.landing_with_texts(history, ordinal, bulk).map(|(delta, _)| delta)
    }

    /// As [`Self::landing`], with the texts of each file of the delta.
    pub(crate) fn landing_with_texts(
        &mut self,
        history: &History,
        ordinal: usize,
        bulk: &FxHashSet<ObjectId>,
    ) -> Result<(CommitDelta, Vec<Work>), ReadError> {
        let previous = ordinal.checked_sub(1).and_then(|previous| history.landing(previous)).and_then(|commit| commit.tree);
        let Some(landing) = history.landing(ordinal) else { return Ok((CommitDelta::default(), Vec::new())) };
        self.objects.take_flaws();
        let (mut delta, works) = self.delta(previous, landing.tree, bulk.contains(&landing.id))?;
        let brought = history.brought(ordinal);
        if brought.len() > 1 {
            trace::trace_merge(self, history, ordinal, &works, &mut delta)?;
            let is_bulk = |number: u32| history.commit(number).is_some_and(|commit| bulk.contains(&commit.id));
            if self.rules.lives && brought.clone().any(is_bulk) {
                reformat::keep_reformatted_in_merge(&works, &mut delta, &is_bulk);
            }
        }
        delta.flaws = self.objects.take_flaws();
        let has_revert =
            brought.into_iter().any(|number| history.commit(number).is_some_and(|commit| !commit.reverts.is_empty()));
        if self.rules.lives && has_revert {
            for (file, work) in delta.files.iter_mut().zip(&works) {
                let hashes = work.old.as_ref().map(|text| text.hashes()).unwrap_or_default();
                file.dead_hashes = file
                    .dead
                    .iter()
                    .flat_map(|run| run.lines.clone())
                    .map(|line| hashes.get(line as usize).copied().unwrap_or(0))
                    .collect();
            }
        }
        Ok((delta, works))
    }

    /// The delta from tree `old` to tree `new`; `bulk` marks a commit that only reformats.
    fn delta(&mut self, old: Option<ObjectId>, new: Option<ObjectId>, bulk: bool) -> Result<(CommitDelta, Vec<Work>), ReadError> {
        let changes = tree::diff(&mut self.objects, old, new)?;
        let renames = rename::find(&mut self.objects, &changes, self.rules.renames);
        let mut delta = CommitDelta { renames_not_compared: renames.not_compared, ..CommitDelta::default() };
        let mut works = self.works(&changes, &renames.pairs);
        if self.rules.lives {
            for index in 0..works.len() {
                if let Some(work) = works.get_mut(index) {
                    reformat::keep_white_space_changes(&mut self.differ, work, index);
                    if bulk {
                        reformat::keep_reformatted(work, index);
                    }
                }
            }
            delta.moved = moves::keep_moved_blocks(&mut works);
        }
        delta.unreadable = self.objects.take_unreadable();
        delta.files = (0..).zip(&works).map(|(index, work)| self.assemble(index, work, new, bulk)).collect::<Result<_, _>>()?;
        Ok((delta, works))
    }

    fn works(&mut self, changes: &[Change], pairs: &[(usize, usize)]) -> Vec<Work> {
        let mut renamed_from = vec![None; changes.len()];
        let mut is_source = vec![false; changes.len()];
        for &(source, target) in pairs {
            if let (Some(from), Some(flag)) = (renamed_from.get_mut(target), is_source.get_mut(source)) {
                *from = Some(source);
                *flag = true;
            }
        }
        let mut works = Vec::with_capacity(changes.len());
        for ((change, from), is_source) in changes.iter().zip(renamed_from).zip(is_source) {
            if is_source {
                continue;
            }
            let source = from.and_then(|index: usize| changes.get(index)).unwrap_or(change);
            let old_path = source.old.is_some().then(|| source.path.clone());
            let new_path = change.new.is_some().then(|| change.path.clone());
            works.push(self.work(old_path, new_path, source.old, change.new));
        }
        works
    }

    fn work(
        &mut self,
        old_path: Option<BString>,
        new_path: Option<BString>,
        old_entry: Option<Entry>,
        new_entry: Option<Entry>,
    ) -> Work {
        let mut work = Work {
            old_path,
            new_path,
            old: None,
            new: None,
            whole: false,
            no_lines: None,
            old_unreadable: false,
            hunks: Vec::new(),
            removed: Vec::new(),
            added: Vec::new(),
            matches: Vec::new(),
        };
        if let (Some(old), Some(new)) = (&old_entry, &new_entry)
            && old.id == new.id
            && old.kind() == Kind::File
            && new.kind() == Kind::File
        {
            work.whole = true;
            return work;
        }
        if let Some(entry) = &old_entry {
            match self.objects.content(entry) {
                Content::Text(text) => work.old = Some(text),
                Content::None(why) => work.old_unreadable = why == NoLines::Unreadable,
            }
        }
        if let Some(entry) = &new_entry {
            match self.objects.content(entry) {
                Content::Text(text) => work.new = Some(text),
                Content::None(why) => work.no_lines = Some(why),
            }
        }
        match (&work.old, &work.new) {
            (Some(old), Some(new)) => {
                work.hunks = self.differ.hunks(old, new, self.rules.algorithm);
                work.removed = work.hunks.iter().map(|hunk| hunk.before.clone()).filter(|range| !range.is_empty()).collect();
                work.added = work.hunks.iter().map(|hunk| hunk.after.clone()).filter(|range| !range.is_empty()).collect();
            }
            (Some(old), None) if !old.is_empty() => work.removed.push(0..old.len()),
            (None, Some(new)) if !new.is_empty() => work.added.push(0..new.len()),
            _ => {}
        }
        work
    }

    fn assemble(&mut self, own: u32, work: &Work, root: Option<ObjectId>, bulk: bool) -> Result<FileDelta, ReadError> {
        let mut file = FileDelta {
            old_path: work.old_path.clone(),
            new_path: work.new_path.clone(),
            no_lines: work.no_lines,
            segments: Vec::new(),
            dead: Vec::new(),
            left_out: None,
            dead_hashes: Vec::new(),
        };
        if work.whole {
            file.segments.push(Segment::Whole);
            return Ok(file);
        }
        let bulk = bulk && self.rules.lives;
        let unreadable = work.no_lines == Some(NoLines::Unreadable);
        file.dead = work
            .removed
            .iter()
            .map(|lines| DeadRun { lines: lines.clone(), killer: None, censored: unreadable || bulk })
            .collect();
        let Some(new) = &work.new else { return Ok(file) };
        if work.old_unreadable {
            file.left_out = Some(LeftOut::Unreadable);
        } else if self.rules.lives
            && let Some(path) = &work.new_path
            && !work.added.is_empty()
        {
            file.left_out = self.left_out.of(&mut self.objects, root, path.as_ref(), new)?;
        }
        let mut placed: Vec<(u32, Segment)> = Vec::new();
        // The lines between the hunks of a text with an old side live on in place.
        if work.old.is_some() {
            let (mut old_at, mut new_at) = (0, 0);
            let end = Hunk { before: work.old.as_ref().map_or(0, |old| old.len())..0, after: new.len()..0 };
            for hunk in work.hunks.iter().chain([&end]) {
                if hunk.after.start > new_at {
                    placed.push((new_at, Segment::Kept { file: own, start: old_at, len: hunk.after.start - new_at }));
                }
                (old_at, new_at) = (hunk.before.end, hunk.after.end);
            }
        }
        for found in &work.matches {
            placed.push((found.new_start, Segment::Kept { file: found.file, start: found.old_start, len: found.len }));
        }
        for range in &work.added {
            placed.push((range.start, Segment::Born(born(new, range.clone(), bulk.then_some(LeftOut::Bulk)))));
        }
        placed.sort_by_key(|(at, _)| *at);
        file.segments = placed.into_iter().map(|(_, segment)| segment).collect();
        Ok(file)
    }
}

/// Lines `range` of `text` as lines that the landing itself wrote.
fn born(text: &Text, range: Range<u32>, left_out: Option<LeftOut>) -> BornRun {
    let lines = range
        .clone()
        .map(|index| {
            let line = text.line(index);
            let hash = text.hashes().get(index as usize).copied().unwrap_or(0);
            BornLine {
                hash,
                substantive: is_substantive(line),
                weight: u8::try_from(weight_without_space(line, MIN_CHARACTERS)).unwrap_or(u8::MAX),
            }
        })
        .collect();
    BornRun { origin: None, origin_path: None, origin_start: range.start, lines, left_out }
}

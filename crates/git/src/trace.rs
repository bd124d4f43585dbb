//! Through a merge: which merged commit wrote a line that the merge adds, and which one removed a line that it removes.
//!
//! The commits that a merge brings are numbered parents first, so walking numbers downwards meets children before parents (origins),
//! and upwards parents before children (killers).

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use bstr::BString;
use gix::ObjectId;
use rustc_hash::FxHashMap;

use crate::delta::{BornRun, CommitDelta, DeadRun, Segment, Work, Workshop};
use crate::history::{History, NO_COMMIT};
use crate::hunks::Hunk;
use crate::objects::ReadError;
use crate::rename;
use crate::tree::{self, Change, Entry};

/// Lines under trace: (line number in the text at hand, slot of the line in the question).
type Lines = Vec<(u32, u32)>;

/// Where a line was written: commit, path and zero-based line there.
pub(crate) type Written = (u32, BString, u32);

/// Replaces "the landing" by the merged commits in the born and the dead runs of a merge.
///
/// # Errors
/// A tree that cannot be read.
pub fn trace_merge(
    workshop: &mut Workshop,
    history: &History,
    ordinal: usize,
    works: &[Work],
    delta: &mut CommitDelta,
) -> Result<(), ReadError> {
    let Some(&merge) = history.mainline.get(ordinal) else { return Ok(()) };
    let brought = history.brought(ordinal);
    let mut tracer = Tracer {
        workshop,
        history,
        merge,
        first_parent: ordinal.checked_sub(1).and_then(|previous| history.mainline.get(previous)).copied(),
        set: brought.start..brought.end.saturating_sub(1),
        steps: FxHashMap::default(),
        hunks: FxHashMap::default(),
    };
    tracer.trace_origins(works, delta)?;
    tracer.trace_killers(works, delta)
}

/// Which commit of a branch wrote each of the first `lines` lines of `path` at its head, the last commit of `history`; commits before
/// `first` are those that the branch forked from.
///
/// # Errors
/// A tree that cannot be read.
pub(crate) fn trace_branch(
    workshop: &mut Workshop,
    history: &History,
    first: u32,
    path: &BString,
    lines: u32,
) -> Result<Vec<Option<Written>>, ReadError> {
    let end = u32::try_from(history.commits.len()).unwrap_or(u32::MAX);
    let head = end.saturating_sub(1);
    // No merge is under trace: every commit of the branch may have written the lines.
    let mut tracer = Tracer {
        workshop,
        history,
        merge: NO_COMMIT,
        first_parent: None,
        set: first..end,
        steps: FxHashMap::default(),
        hunks: FxHashMap::default(),
    };
    let asked = (0..lines).map(|line| (line, line)).collect();
    tracer.origins(head, FxHashMap::from_iter([(path.clone(), asked)]), lines)
}

struct Tracer<'a> {
    workshop: &'a mut Workshop,
    history: &'a History,
    merge: u32,
    first_parent: Option<u32>,
    /// Commits that the merge brings, itself left out.
    set: Range<u32>,
    steps: FxHashMap<(u32, u32), Rc<Step>>,
    hunks: FxHashMap<(ObjectId, ObjectId), Option<Rc<Vec<Hunk>>>>,
}

/// What changes from a parent to a commit.
struct Step {
    changes: Vec<Change>,
    /// Renames by index of the deleted and of the added change; filled when first asked for.
    renames: std::cell::OnceCell<Vec<(usize, usize)>>,
}

impl Tracer<'_> {
    fn step(&mut self, parent: u32, commit: u32) -> Result<Rc<Step>, ReadError> {
        if let Some(step) = self.steps.get(&(parent, commit)) {
            return Ok(Rc::clone(step));
        }
        let tree = |number: u32| self.history.commit(number).and_then(|commit| commit.tree);
        let changes = tree::diff(&mut self.workshop.objects, tree(parent), tree(commit))?;
        let step = Rc::new(Step { changes, renames: std::cell::OnceCell::new() });
        self.steps.insert((parent, commit), Rc::clone(&step));
        Ok(step)
    }

    fn renames<'s>(&mut self, step: &'s Step) -> &'s [(usize, usize)] {
        let rules = self.workshop.rules.renames;
        step.renames.get_or_init(|| rename::find(&mut self.workshop.objects, &step.changes, rules).pairs)
    }

    /// The path and entry in the parent that `path` of the commit comes from; `Ok(None)` = it is new in the commit. The flag says that
    /// nothing changed.
    fn source(&mut self, step: &Step, path: &BString) -> Option<Source> {
        let Ok(index) = step.changes.binary_search_by(|change| change.path.cmp(path)) else { return Some(Source::Same) };
        let change = step.changes.get(index)?;
        let new = change.new?;
        if let Some(old) = change.old {
            return Some(Source::Other { path: path.clone(), old, new });
        }
        let &(source, _) = self.renames(step).iter().find(|(_, target)| *target == index)?;
        let origin = step.changes.get(source)?;
        Some(Source::Other { path: origin.path.clone(), old: origin.old?, new })
    }

    /// The path and entry in the commit that `path` of the parent became; `None` = it is gone.
    fn target(&mut self, step: &Step, path: &BString) -> Option<Source> {
        let Ok(index) = step.changes.binary_search_by(|change| change.path.cmp(path)) else { return Some(Source::Same) };
        let change = step.changes.get(index)?;
        let old = change.old?;
        if let Some(new) = change.new {
            return Some(Source::Other { path: path.clone(), old, new });
        }
        let &(_, target) = self.renames(step).iter().find(|(source, _)| *source == index)?;
        let became = step.changes.get(target)?;
        Some(Source::Other { path: became.path.clone(), old, new: became.new? })
    }

    /// Hunks between two entries; `None` where one of them has no lines.
    fn hunks(&mut self, old: &Entry, new: &Entry) -> Option<Rc<Vec<Hunk>>> {
        if let Some(known) = self.hunks.get(&(old.id, new.id)) {
            return known.clone();
        }
        let (old_content, new_content) = (self.workshop.objects.content(old), self.workshop.objects.content(new));
        let found = match (old_content.text(), new_content.text()) {
            (Some(a), Some(b)) => Some(Rc::new(self.workshop.differ.hunks(a, b, self.workshop.rules.algorithm))),
            _ => None,
        };
        self.hunks.insert((old.id, new.id), found.clone());
        found
    }

    fn trace_origins(&mut self, works: &[Work], delta: &mut CommitDelta) -> Result<(), ReadError> {
        let mut first: FxHashMap<BString, Lines> = FxHashMap::default();
        let mut slots = 0_u32;
        for (file, work) in delta.files.iter().zip(works) {
            let (Some(path), Some(_)) = (&file.new_path, &work.new) else { continue };
            let mut lines = Lines::new();
            for run in file.segments.iter().filter_map(born) {
                for line in run.origin_start..run.origin_start + len(&run.lines) {
                    lines.push((line, slots));
                    slots += 1;
                }
            }
            if !lines.is_empty() {
                first.insert(path.clone(), lines);
            }
        }
        if slots == 0 {
            return Ok(());
        }
        let written = self.origins(self.merge, first, slots)?;
        let mut slot = 0_usize;
        for file in &mut delta.files {
            let Some(path) = file.new_path.clone() else { continue };
            let segments = std::mem::take(&mut file.segments);
            for segment in segments {
                match segment {
                    Segment::Born(run) => {
                        let end = slot + run.lines.len();
                        split_born(&run, written.get(slot..end).unwrap_or_default(), &path, &mut file.segments);
                        slot = end;
                    }
                    other => file.segments.push(other),
                }
            }
        }
        Ok(())
    }

    /// Where each slot was written; `None` = in the merge itself, or outside of what it brings.
    fn origins(&mut self, head: u32, first: FxHashMap<BString, Lines>, slots: u32) -> Result<Vec<Option<Written>>, ReadError> {
        let mut written: Vec<Option<Written>> = vec![None; slots as usize];
        let mut open: BTreeMap<u32, FxHashMap<BString, Lines>> = BTreeMap::new();
        open.insert(head, first);
        while let Some((commit, paths)) = open.pop_last() {
            let parents: Vec<u32> = self.history.commit(commit).map(|commit| commit.parents.to_vec()).unwrap_or_default();
            let parents: Vec<u32> =
                parents.into_iter().filter(|parent| commit != self.merge || Some(*parent) != self.first_parent).collect();
            let mut paths: Vec<_> = paths.into_iter().collect();
            paths.sort_by(|a, b| a.0.cmp(&b.0));
            for (path, lines) in paths {
                let left = self.pass(&parents, commit, &path, lines, &mut open)?;
                if commit == self.merge {
                    continue;
                }
                for (line, slot) in left {
                    if let Some(place) = written.get_mut(slot as usize) {
                        *place = Some((commit, path.clone(), line));
                    }
                }
            }
        }
        Ok(written)
    }

    /// Hands lines to the parents that have them, the first one first; returns those that no parent has.
    fn pass(
        &mut self,
        parents: &[u32],
        commit: u32,
        path: &BString,
        mut lines: Lines,
        open: &mut BTreeMap<u32, FxHashMap<BString, Lines>>,
    ) -> Result<Lines, ReadError> {
        // Two rounds, as git blame: parents that have the path, then those that have it under another name.
        for renamed in [false, true] {
            let mut candidates = Vec::new();
            for &parent in parents {
                let step = self.step(parent, commit)?;
                let is_other = step
                    .changes
                    .binary_search_by(|change| change.path.cmp(path))
                    .is_ok_and(|index| step.changes.get(index).is_some_and(|change| change.old.is_none()));
                if is_other != renamed {
                    continue;
                }
                match self.source(&step, path) {
                    Some(Source::Same) => {
                        self.hand_over(open, parent, path, lines);
                        return Ok(Lines::new());
                    }
                    Some(Source::Other { path: old_path, old, new }) if old.id == new.id => {
                        self.hand_over(open, parent, &old_path, lines);
                        return Ok(Lines::new());
                    }
                    Some(Source::Other { path: old_path, old, new }) => candidates.push((parent, old_path, old, new)),
                    None => {}
                }
            }
            for (parent, old_path, old, new) in candidates {
                let Some(hunks) = self.hunks(&old, &new) else { continue };
                let (kept, rest) = split(&lines, &hunks, |hunk| (hunk.after.clone(), hunk.before.clone()));
                self.hand_over(open, parent, &old_path, kept);
                lines = rest;
                if lines.is_empty() {
                    return Ok(lines);
                }
            }
        }
        Ok(lines)
    }

    fn hand_over(&self, open: &mut BTreeMap<u32, FxHashMap<BString, Lines>>, parent: u32, path: &BString, lines: Lines) {
        if lines.is_empty() || !self.set.contains(&parent) {
            return;
        }
        let known = open.entry(parent).or_default().entry(path.clone()).or_default();
        known.extend(lines);
        known.sort_unstable();
    }

    fn trace_killers(&mut self, works: &[Work], delta: &mut CommitDelta) -> Result<(), ReadError> {
        let mut asked: FxHashMap<BString, Lines> = FxHashMap::default();
        let mut slots = 0_u32;
        for (file, work) in delta.files.iter().zip(works) {
            let (Some(path), Some(_)) = (&file.old_path, &work.old) else { continue };
            let mut lines = Lines::new();
            for line in file.dead.iter().flat_map(|run| run.lines.clone()) {
                lines.push((line, slots));
                slots += 1;
            }
            if !lines.is_empty() {
                asked.insert(path.clone(), lines);
            }
        }
        if slots == 0 || self.set.is_empty() {
            return Ok(());
        }
        let killers = self.killers(&asked, slots)?;
        let mut slot = 0_usize;
        for (file, work) in delta.files.iter_mut().zip(works) {
            if file.old_path.is_none() || work.old.is_none() {
                continue;
            }
            let runs = std::mem::take(&mut file.dead);
            for run in runs {
                for line in run.lines.clone() {
                    let killer = killers.get(slot).copied().flatten();
                    slot += 1;
                    match file.dead.last_mut() {
                        Some(last) if last.killer == killer && last.lines.end == line && last.censored == run.censored => {
                            last.lines.end += 1
                        }
                        _ => file.dead.push(DeadRun { lines: line..line + 1, killer, censored: run.censored }),
                    }
                }
            }
        }
        Ok(())
    }

    /// The merged commit in which each slot went: there in a parent, not any more in the commit.
    fn killers(&mut self, asked: &FxHashMap<BString, Lines>, slots: u32) -> Result<Vec<Option<u32>>, ReadError> {
        let mut killers = vec![None; slots as usize];
        let mut present: FxHashMap<u32, FxHashMap<BString, Rc<Lines>>> = FxHashMap::default();
        for commit in self.set.clone() {
            let parents: Vec<u32> = self.history.commit(commit).map(|commit| commit.parents.to_vec()).unwrap_or_default();
            let mut here: FxHashMap<BString, Rc<Lines>> = FxHashMap::default();
            let mut gone: Vec<u32> = Vec::new();
            for parent in parents {
                if !self.set.contains(&parent) && !present.contains_key(&parent) {
                    let there = self.present_before(parent, asked)?;
                    present.insert(parent, there);
                }
                let Some(there) = present.get(&parent).filter(|there| !there.is_empty()).cloned() else { continue };
                let step = self.step(parent, commit)?;
                for (path, lines) in there {
                    match self.target(&step, &path) {
                        Some(Source::Same) => add(&mut here, path, &lines),
                        Some(Source::Other { path: new_path, old, new }) => {
                            if old.id == new.id {
                                add(&mut here, new_path, &lines);
                            } else if let Some(hunks) = self.hunks(&old, &new) {
                                let (kept, lost) = split(&lines, &hunks, |hunk| (hunk.before.clone(), hunk.after.clone()));
                                add(&mut here, new_path, &Rc::new(kept));
                                gone.extend(lost.into_iter().map(|(_, slot)| slot));
                            } else {
                                gone.extend(lines.iter().map(|(_, slot)| *slot));
                            }
                        }
                        None => gone.extend(lines.iter().map(|(_, slot)| *slot)),
                    }
                }
            }
            if !gone.is_empty() {
                let alive: rustc_hash::FxHashSet<u32> =
                    here.values().flat_map(|lines| lines.iter().map(|(_, slot)| *slot)).collect();
                for slot in gone.into_iter().filter(|slot| !alive.contains(slot)) {
                    if let Some(killer) = killers.get_mut(slot as usize) {
                        *killer = killer.or(Some(commit));
                    }
                }
            }
            present.insert(commit, here);
        }
        Ok(killers)
    }

    /// Where the lines of the first parent that are asked for stand in `commit`, from which the merged side forked.
    fn present_before(
        &mut self,
        commit: u32,
        asked: &FxHashMap<BString, Lines>,
    ) -> Result<FxHashMap<BString, Rc<Lines>>, ReadError> {
        let mut found = FxHashMap::default();
        let Some(first_parent) = self.first_parent else { return Ok(found) };
        if commit == first_parent {
            return Ok(asked.iter().map(|(path, lines)| (path.clone(), Rc::new(lines.clone()))).collect());
        }
        let step = self.step(commit, first_parent)?;
        for (path, lines) in asked {
            match self.source(&step, path) {
                Some(Source::Same) => add(&mut found, path.clone(), &Rc::new(lines.clone())),
                Some(Source::Other { path: old_path, old, new }) => {
                    if old.id == new.id {
                        add(&mut found, old_path, &Rc::new(lines.clone()));
                    } else if let Some(hunks) = self.hunks(&old, &new) {
                        let (kept, _) = split(lines, &hunks, |hunk| (hunk.after.clone(), hunk.before.clone()));
                        add(&mut found, old_path, &Rc::new(kept));
                    }
                }
                None => {}
            }
        }
        Ok(found)
    }
}

enum Source {
    /// Nothing changed.
    Same,
    /// Another content, perhaps under another path.
    Other { path: BString, old: Entry, new: Entry },
}

/// Adds lines to those known at a path; a line that came through another parent already is not doubled.
fn add(map: &mut FxHashMap<BString, Rc<Lines>>, path: BString, lines: &Rc<Lines>) {
    if lines.is_empty() {
        return;
    }
    match map.entry(path) {
        std::collections::hash_map::Entry::Vacant(vacant) => {
            vacant.insert(Rc::clone(lines));
        }
        std::collections::hash_map::Entry::Occupied(mut known) => {
            if !Rc::ptr_eq(known.get(), lines) {
                let mut both: Lines = known.get().iter().chain(lines.iter()).copied().collect();
                both.sort_unstable();
                both.dedup();
                *known.get_mut() = Rc::new(both);
            }
        }
    }
}

/// Splits sorted lines into those outside of all hunks, renumbered for the other side, and those inside.
fn split(lines: &[(u32, u32)], hunks: &[Hunk], sides: impl Fn(&Hunk) -> (Range<u32>, Range<u32>)) -> (Lines, Lines) {
    let (mut kept, mut rest) = (Lines::new(), Lines::new());
    let mut hunks = hunks.iter().map(sides).peekable();
    let (mut here_at, mut there_at) = (0_u32, 0_u32);
    for &(line, slot) in lines {
        while let Some((here, there)) = hunks.next_if(|(here, _)| here.end <= line) {
            (here_at, there_at) = (here.end, there.end);
        }
        if hunks.peek().is_some_and(|(here, _)| here.contains(&line)) {
            rest.push((line, slot));
        } else {
            kept.push((there_at + (line - here_at), slot));
        }
    }
    (kept, rest)
}

fn born(segment: &Segment) -> Option<&BornRun> {
    match segment {
        Segment::Born(run) => Some(run),
        Segment::Whole | Segment::Kept { .. } => None,
    }
}

fn len<T>(lines: &[T]) -> u32 {
    u32::try_from(lines.len()).unwrap_or(u32::MAX)
}

/// Cuts a born run where the origin, its path or the order of its lines changes.
fn split_born(run: &BornRun, written: &[Option<Written>], path: &BString, segments: &mut Vec<Segment>) {
    let mut current: Option<BornRun> = None;
    for ((at, line), place) in (run.origin_start..).zip(&run.lines).zip(written) {
        let (origin, origin_path, start) = match place {
            Some((commit, there, line)) => (Some(*commit), (there != path).then(|| there.clone()), *line),
            None => (None, None, at),
        };
        match &mut current {
            Some(open)
                if open.origin == origin && open.origin_path == origin_path && open.origin_start + len(&open.lines) == start =>
            {
                open.lines.push(*line)
            }
            _ => {
                segments.extend(current.take().map(Segment::Born));
                current = Some(BornRun { origin, origin_path, origin_start: start, lines: vec![*line], left_out: run.left_out });
            }
        }
    }
    segments.extend(current.map(Segment::Born));
}

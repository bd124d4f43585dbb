//! The commits that the mainline brings, numbered so that parents come first and each landing comes right after what it brings.

use bstr::BString;
use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::commit::{self, RawCommit};
use crate::error::GitError;
use crate::objects::{Objects, ReadError};

/// A commit number that stands for none.
pub const NO_COMMIT: u32 = u32::MAX;
/// How the words on a commit begin that could not be read.
pub const LACKING: &str = "missing or damaged";

/// One commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Id.
    pub id: ObjectId,
    /// Root tree.
    pub tree: Option<ObjectId>,
    /// Parents that are known, by number.
    pub parents: Box<[u32]>,
    /// Number of parents that the commit names, known or not.
    pub parent_count: u32,
    /// Committer time, seconds.
    pub time: i64,
    /// Ids, possibly abbreviated, that its message says it reverts.
    pub reverts: Box<[String]>,
}

/// All commits of the mainline and what it brings.
#[derive(Debug, Default)]
pub struct History {
    /// By number: the commits that landing `k` brings come right before it.
    pub commits: Vec<Commit>,
    /// Numbers of the mainline commits, oldest first.
    pub mainline: Vec<u32>,
    /// Number of a commit by its id.
    pub numbers: FxHashMap<ObjectId, u32>,
    /// What was unusual: commit and words.
    pub odd: Vec<(ObjectId, String)>,
    /// The history is cut before the first mainline commit at hand.
    pub cut: Option<Cut>,
}

/// Why the history at hand does not begin at a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// A shallow clone.
    Shallow,
    /// The parent is missing or damaged.
    Missing(ObjectId),
}

impl History {
    /// Numbers of the commits that landing number `ordinal` brings, itself last.
    #[must_use]
    pub fn brought(&self, ordinal: usize) -> std::ops::Range<u32> {
        let before = ordinal.checked_sub(1).and_then(|previous| self.mainline.get(previous)).map_or(0, |number| number + 1);
        let own = self.mainline.get(ordinal).map_or(before, |number| number + 1);
        before..own
    }

    /// The commit with this number.
    #[must_use]
    pub fn commit(&self, number: u32) -> Option<&Commit> {
        self.commits.get(number as usize)
    }

    /// The landing with this ordinal.
    #[must_use]
    pub fn landing(&self, ordinal: usize) -> Option<&Commit> {
        self.commit(*self.mainline.get(ordinal)?)
    }

    /// By number: the latest time that a commit names among those it builds on, where one is told. A commit made after them cannot be older,
    /// so one with an earlier time has a wrong time, or one of them has.
    ///
    /// Of two neighbours one may be wrong alone: a time counts up to that of the next commit, except for the one that comes right after.
    /// Times up to the first second of 1970 count as not told.
    #[must_use]
    pub fn ancestors_until(&self) -> Vec<Option<i64>> {
        let told = |commit: &Commit| Some(commit.time).filter(|time| *time > 0);
        // What is left of the ancestors' times when each is held against the commit right after it.
        let mut held: Vec<Option<i64>> = Vec::with_capacity(self.commits.len());
        let mut until = Vec::with_capacity(self.commits.len());
        for commit in &self.commits {
            let (mut own, mut latest) = (None, None);
            for (parent, known) in
                commit.parents.iter().filter_map(|number| Some((self.commit(*number)?, held.get(*number as usize)?)))
            {
                latest = latest.max(told(parent)).max(*known);
                own = own.max(told(parent).map(|time| told(commit).map_or(time, |after| time.min(after)))).max(*known);
            }
            held.push(own);
            until.push(latest);
        }
        until
    }

    /// Reads the history up to `tip`, going on from what is known already. `observe` sees each new commit once, in order of number.
    ///
    /// Returns `false`, having changed nothing, when what is known is not an ancestor on the mainline of `tip` (a force push).
    ///
    /// # Errors
    /// The tip is missing or damaged, a commit is its own ancestor, or the user stopped the run.
    pub fn extend(
        &mut self,
        objects: &mut Objects,
        tip: ObjectId,
        shallow: &[ObjectId],
        observe: &mut dyn FnMut(u32, ObjectId, &RawCommit<'_>) -> Result<(), GitError>,
    ) -> Result<bool, GitError> {
        let unreadable = |id: ObjectId, source: ReadError| GitError::Unreadable { commit: id.to_string(), source };
        let last_known = self.mainline.last().and_then(|number| self.commit(*number)).map(|commit| commit.id);
        let mut chain = Vec::new();
        let mut met = FxHashSet::default();
        let mut at = tip;
        let mut cut = None;
        loop {
            if Some(at) == last_known {
                break;
            }
            if self.numbers.contains_key(&at) {
                return Ok(false);
            }
            let first = match objects.commit(at) {
                Ok(raw) => commit::parse(raw).parents.first().copied(),
                Err(source) if chain.is_empty() => return Err(unreadable(at, source)),
                Err(source) => {
                    self.odd.push((at, format!("{LACKING}: {}; what is older was not observed", source.why)));
                    cut = Some(Cut::Missing(at));
                    break;
                }
            };
            if !met.insert(at) {
                return Err(GitError::Cycle { commit: at.to_string() });
            }
            chain.push(at);
            if shallow.contains(&at) {
                cut = first.map(|_| Cut::Shallow);
                break;
            }
            match first {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let reached_known = last_known.is_none() || (cut.is_none() && at == last_known.unwrap_or(at) && !chain.contains(&at));
        if !reached_known {
            return Ok(false);
        }
        if last_known.is_none() {
            self.cut = cut;
        }
        for id in chain.into_iter().rev() {
            self.land(objects, id, shallow, observe)?;
        }
        Ok(true)
    }

    /// Numbers the commits that mainline commit `id` brings, and `id` itself.
    fn land(
        &mut self,
        objects: &mut Objects,
        id: ObjectId,
        shallow: &[ObjectId],
        observe: &mut dyn FnMut(u32, ObjectId, &RawCommit<'_>) -> Result<(), GitError>,
    ) -> Result<(), GitError> {
        struct Frame {
            id: ObjectId,
            raw: Vec<u8>,
            parents: Vec<ObjectId>,
            next: usize,
        }
        let mut open: FxHashSet<ObjectId> = FxHashSet::default();
        let frame = |objects: &mut Objects, id: ObjectId| -> Result<Frame, ReadError> {
            let raw = objects.commit(id)?.to_vec();
            let parents = if shallow.contains(&id) { Vec::new() } else { commit::parse(&raw).parents };
            Ok(Frame { id, raw, parents, next: 0 })
        };
        let mut stack = match frame(objects, id) {
            Ok(first) => vec![first],
            Err(source) => return Err(GitError::Unreadable { commit: id.to_string(), source }),
        };
        open.insert(id);
        let mut missing: Vec<ObjectId> = Vec::new();
        while let Some(top) = stack.last_mut() {
            if let Some(&parent) = top.parents.get(top.next) {
                top.next += 1;
                // The first parent of a mainline commit is the mainline commit before it, numbered already, or lies beyond the cut.
                let beyond = stack.len() == 1 && stack.last().is_some_and(|top| top.next == 1);
                if beyond || self.numbers.contains_key(&parent) || missing.contains(&parent) {
                    continue;
                }
                if open.contains(&parent) {
                    return Err(GitError::Cycle { commit: parent.to_string() });
                }
                match frame(objects, parent) {
                    Ok(next) => {
                        open.insert(parent);
                        stack.push(next);
                    }
                    Err(source) => {
                        self.odd.push((parent, format!("{LACKING}: {}; a merge cannot be traced past it", source.why)));
                        missing.push(parent);
                    }
                }
                continue;
            }
            let Some(done) = stack.pop() else { break };
            let raw = commit::parse(&done.raw);
            let number = u32::try_from(self.commits.len()).unwrap_or(NO_COMMIT);
            let parents: Box<[u32]> = done.parents.iter().filter_map(|parent| self.numbers.get(parent).copied()).collect();
            let time = raw
                .committed_at
                .or(raw.authored_at)
                .unwrap_or_else(|| parents.first().and_then(|parent| self.commit(*parent)).map_or(0, |parent| parent.time));
            for words in &raw.odd {
                self.odd.push((done.id, (*words).to_owned()));
            }
            observe(number, done.id, &raw)?;
            self.commits.push(Commit {
                id: done.id,
                tree: raw.tree,
                parent_count: u32::try_from(done.parents.len()).unwrap_or(u32::MAX),
                parents,
                time,
                reverts: commit::reverted_ids(raw.message).into(),
            });
            self.numbers.insert(done.id, number);
        }
        if let Some(number) = self.numbers.get(&id) {
            self.mainline.push(*number);
        }
        Ok(())
    }
}

/// The commits that `.git-blame-ignore-revs` lists: full ids, one a line, `#` begins a comment.
#[must_use]
pub fn ignored_revisions(text: &BString) -> Vec<ObjectId> {
    use bstr::ByteSlice;
    text.lines()
        .map(|line| line.split_str("#").next().unwrap_or_default().trim())
        .filter_map(|line| ObjectId::from_hex(line).ok())
        .collect()
}

//! The commits of a branch that was squashed away, and which of them wrote each line at its head.
//!
//! Hosts keep such branches under names like `refs/pull/7/head`; their commits are no part of the mainline.

use bstr::BString;
use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::commit;
use crate::delta::{LineRules, Workshop};
use crate::history::{Commit, History};
use crate::hunks::Differ;
use crate::objects::{Objects, ReadError};
use crate::repository::Repository;
use crate::rules::LeftOutRules;
use crate::trace::trace_branch;
use crate::tree;

/// A branch with more commits than this is no pull request that somebody squashed.
const MOST_COMMITS: usize = 250;

/// Commits of a branch, parents first, the head last.
#[derive(Debug)]
pub struct Branch {
    /// The branch's own commits come after those that it forked from.
    history: History,
    /// Number of the first own commit.
    first: u32,
    /// Raw bytes of each own commit.
    pub raw: Vec<(ObjectId, Vec<u8>)>,
}

/// A line at the head of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchLine {
    /// Bytes, line feed included.
    pub text: Vec<u8>,
    /// Commit of the branch that wrote it, with path and one-based line there; `None` = older than the branch.
    pub written: Option<(ObjectId, BString, u32)>,
}

/// Why a head is no branch that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoBranch {
    /// It has more commits of its own than somebody squashes; those that were met are none of the mainline's.
    TooLong(Vec<ObjectId>),
    /// It has no commit of its own.
    Landed,
    /// A commit is missing or damaged.
    Unreadable,
}

/// Reads branches.
pub struct BranchReader {
    workshop: Workshop,
}

impl BranchReader {
    /// A reader for the calling thread.
    #[must_use]
    pub fn new(repo: &Repository) -> Self {
        let objects = Objects::new(repo.inner());
        Self {
            workshop: Workshop {
                objects,
                differ: Differ::default(),
                left_out: LeftOutRules::default(),
                rules: LineRules::strict(),
            },
        }
    }

    /// The commits that `head` has and the mainline of `mainline` lacks.
    ///
    /// # Errors
    /// There are none, too many, or some are missing.
    pub fn commits(&mut self, mainline: &History, head: ObjectId) -> Result<Branch, NoBranch> {
        let mut seen: FxHashMap<ObjectId, (Vec<u8>, Vec<ObjectId>)> = FxHashMap::default();
        let mut forks: Vec<ObjectId> = Vec::new();
        let mut open = vec![head];
        while let Some(id) = open.pop() {
            if seen.contains_key(&id) || forks.contains(&id) {
                continue;
            }
            if mainline.numbers.contains_key(&id) {
                forks.push(id);
                continue;
            }
            if seen.len() == MOST_COMMITS {
                let mut met: Vec<ObjectId> = seen.into_keys().collect();
                met.sort_unstable();
                return Err(NoBranch::TooLong(met));
            }
            let raw = self.workshop.objects.commit(id).map_err(|_| NoBranch::Unreadable)?.to_vec();
            let parents = commit::parse(&raw).parents;
            open.extend(parents.iter().copied());
            seen.insert(id, (raw, parents));
        }
        if seen.is_empty() {
            return Err(NoBranch::Landed);
        }
        let mut history = History::default();
        let add = |history: &mut History, commit: Commit| {
            let number = u32::try_from(history.commits.len()).unwrap_or(u32::MAX);
            history.numbers.insert(commit.id, number);
            history.commits.push(commit);
        };
        for fork in forks {
            let Some(known) = mainline.numbers.get(&fork).and_then(|number| mainline.commit(*number)) else { continue };
            add(&mut history, Commit { parents: Box::default(), reverts: Box::default(), ..known.clone() });
        }
        let first = u32::try_from(history.commits.len()).unwrap_or(u32::MAX);
        let mut raw_commits = Vec::with_capacity(seen.len());
        // Parents first; a commit is ready when all its parents are numbered.
        let mut stack = vec![head];
        let mut begun: FxHashSet<ObjectId> = FxHashSet::default();
        while let Some(&id) = stack.last() {
            let Some((raw, parents)) = seen.get(&id) else {
                stack.pop();
                continue;
            };
            let waiting: Vec<ObjectId> = parents
                .iter()
                .copied()
                .filter(|parent| seen.contains_key(parent) && !history.numbers.contains_key(parent))
                .collect();
            if !waiting.is_empty() {
                begun.insert(id);
                // Replaced objects can make a circle, in which no commit comes first.
                if waiting.iter().any(|parent| begun.contains(parent)) {
                    return Err(NoBranch::Unreadable);
                }
                stack.extend(waiting);
                continue;
            }
            stack.pop();
            if history.numbers.contains_key(&id) {
                continue;
            }
            let parsed = commit::parse(raw);
            let numbers = parents.iter().filter_map(|parent| history.numbers.get(parent).copied()).collect();
            let time = parsed.committed_at.or(parsed.authored_at).unwrap_or(0);
            let (tree, parent_count) = (parsed.tree, u32::try_from(parents.len()).unwrap_or(0));
            add(&mut history, Commit { id, tree, parents: numbers, parent_count, time, reverts: Box::default() });
            raw_commits.push((id, raw.clone()));
        }
        Ok(Branch { history, first, raw: raw_commits })
    }

    /// The lines of `path` at the head of the branch; none where the path is no text there.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn lines(&mut self, branch: &Branch, path: &BString) -> Result<Vec<BranchLine>, ReadError> {
        let Some(head) = branch.history.commits.last() else { return Ok(Vec::new()) };
        let Some(entry) = tree::lookup(&mut self.workshop.objects, head.tree, path.as_ref())? else { return Ok(Vec::new()) };
        let content = self.workshop.objects.content(&entry);
        let Some(text) = content.text() else { return Ok(Vec::new()) };
        let written = trace_branch(&mut self.workshop, &branch.history, branch.first, path, text.len())?;
        let lines = (0..text.len()).zip(written);
        Ok(lines
            .map(|(line, written)| BranchLine {
                text: text.line(line).to_vec(),
                written: written.and_then(|(commit, path, line)| Some((branch.history.commit(commit)?.id, path, line + 1))),
            })
            .collect())
    }
}

impl Branch {
    /// A commit of the branch, and its first parent where that is known.
    #[must_use]
    pub fn commit(&self, id: &ObjectId) -> Option<(Option<&Commit>, &Commit)> {
        let own = self.history.commit(*self.history.numbers.get(id)?)?;
        let parent = own.parents.first().and_then(|parent| self.history.commit(*parent));
        Some((parent, own))
    }
}

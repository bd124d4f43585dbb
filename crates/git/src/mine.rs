//! The run: deltas on all cores, lives in order, from where the last run ended.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, mpsc};

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashSet;

use crate::commit::RawCommit;
use crate::delta::{CommitDelta, LineRules, Workshop};
use crate::error::GitError;
use crate::history::{self, Cut, History};
use crate::lives::Lives;
use crate::objects::{Objects, ReadError};
use crate::repository::{Mainline, Repository};
use crate::tree;

/// Stack of a worker: the diff crate recurses once for each common run of two texts.
pub(crate) const STACK: usize = 256 << 20;
/// Landings that one worker takes at a time, so that the old side of one is the new side of the one before, in its cache.
const CHUNK: usize = 48;
/// Landings between two safe points.
const SLICE: usize = 100 * CHUNK;
/// Chunks that may be ahead of the one being applied, for each worker.
const AHEAD: usize = 4;

/// Everything that a later run needs to go on.
#[derive(Debug)]
pub struct State {
    /// Rules that the lines were followed by.
    pub rules: LineRules,
    /// Commits.
    pub history: History,
    /// Lines.
    pub lives: Lives,
    /// Commits that only reformat, sorted.
    pub bulk: Vec<ObjectId>,
    /// Objects that could not be read: commit at hand, object, why.
    pub unreadable: Vec<(ObjectId, ObjectId, String)>,
}

impl State {
    /// The state before the first commit.
    #[must_use]
    pub fn new(rules: LineRules, bulk: Vec<ObjectId>) -> Self {
        Self { rules, history: History::default(), lives: Lives::default(), bulk, unreadable: Vec::new() }
    }

    /// Lines of the first landing were born before observation began.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.history.cut.is_some()
    }
}

/// Who looks on.
pub trait Watch {
    /// A commit that was not known before, in order of number.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn commit(&mut self, number: u32, id: ObjectId, commit: &RawCommit<'_>) -> Result<(), GitError>;
    /// `done` of `total` new landings were followed.
    fn progress(&mut self, done: usize, total: usize);
    /// Whether to stop at the next safe point.
    fn is_stopped(&self) -> bool;
    /// A safe point in the middle of a long run: what was followed so far may be kept.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn safe_point(&mut self, state: &State) -> Result<(), GitError>;
}

/// How a run came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mined {
    /// Ordinal of the first landing that this run followed.
    pub from: usize,
    /// The known history was thrown away, and why.
    pub restarted: Option<&'static str>,
    /// The user stopped the run: the state is whole, but not all landings were followed.
    pub stopped: bool,
}

/// Mines `mainline`, going on from `state` where it is a beginning of that mainline under the same rules.
///
/// # Errors
/// See [`GitError`]; after an error the state of before is still what is stored.
pub fn mine(
    repo: &Repository,
    mainline: &Mainline,
    state: Option<State>,
    rules: LineRules,
    listed_bulk: &[ObjectId],
    watch: &mut dyn Watch,
) -> Result<(State, Mined), GitError> {
    let mut objects = Objects::new(repo.inner());
    let bulk = bulk_commits(&mut objects, mainline.tip, listed_bulk)?;
    let shallow = repo.shallow_commits();
    let mut restarted = None;
    let mut state = match state {
        Some(state) if state.rules != rules => {
            restarted = Some("the rules changed");
            State::new(rules, bulk.clone())
        }
        Some(state) if !same_bulk(&state, &bulk) => {
            restarted = Some("the list of bulk commits changed");
            State::new(rules, bulk.clone())
        }
        Some(state)
            if state.history.cut == Some(Cut::Shallow)
                && !shallow.iter().any(|id| state.history.landing(0).is_some_and(|commit| commit.id == *id)) =>
        {
            restarted = Some("the clone was deepened");
            State::new(rules, bulk.clone())
        }
        Some(state) => state,
        None => State::new(rules, bulk.clone()),
    };
    state.bulk = bulk;
    let mut observe = |number: u32, id: ObjectId, commit: &RawCommit<'_>| {
        if watch.is_stopped() { Err(GitError::Stopped) } else { watch.commit(number, id, commit) }
    };
    if !state.history.extend(&mut objects, mainline.tip, &shallow, &mut observe)? {
        restarted = Some("the branch was rewritten");
        state = State::new(rules, state.bulk);
        state.history.extend(&mut objects, mainline.tip, &shallow, &mut observe)?;
    }
    let from = state.lives.landings.len();
    let total = state.history.mainline.len();
    watch.progress(0, total - from);
    let mut stopped = false;
    while !stopped && state.lives.landings.len() < total {
        let at = state.lives.landings.len();
        stopped = !follow(repo, &mut state, at..(at + SLICE).min(total), &mut |at| {
            watch.progress(at - from, total - from);
            !watch.is_stopped()
        })?;
        watch.safe_point(&state)?;
    }
    refuse_empty_clone(repo, &state)?;
    Ok((state, Mined { from, restarted, stopped }))
}

/// A partial clone of which no content could be read tells nothing.
fn refuse_empty_clone(repo: &Repository, state: &State) -> Result<(), GitError> {
    if state.lives.line_count() == 0
        && let Some((_, example, _)) = state.unreadable.first()
    {
        return Err(GitError::Partial {
            path: repo.path().to_path_buf(),
            missing: state.unreadable.len(),
            example: example.to_string(),
        });
    }
    Ok(())
}

fn same_bulk(state: &State, bulk: &[ObjectId]) -> bool {
    let known = |list: &[ObjectId]| -> Vec<ObjectId> {
        list.iter().copied().filter(|id| state.history.numbers.contains_key(id)).collect()
    };
    known(&state.bulk) == known(bulk)
}

/// The commits that the tip's `.git-blame-ignore-revs` lists, and those that the user lists, sorted.
fn bulk_commits(objects: &mut Objects, tip: ObjectId, listed: &[ObjectId]) -> Result<Vec<ObjectId>, GitError> {
    let unreadable = |source: ReadError| GitError::Unreadable { commit: tip.to_string(), source };
    let root = crate::commit::parse(objects.commit(tip).map_err(unreadable)?).tree;
    let mut bulk = listed.to_vec();
    if let Some(entry) = tree::lookup(objects, root, b".git-blame-ignore-revs".as_bstr()).map_err(unreadable)?
        && let Ok(data) = objects.blob(entry.id)
    {
        bulk.extend(history::ignored_revisions(&data.into()));
    }
    bulk.sort_unstable();
    bulk.dedup();
    Ok(bulk)
}

/// Window between the workers and the thread that applies.
struct Gate {
    applied: Mutex<usize>,
    moved: Condvar,
    stop: AtomicBool,
}

type Delivery = (usize, Result<CommitDelta, (ObjectId, ReadError)>);

/// Follows the lines through these landings; `false` = `go_on` said no, and those applied so far are whole.
fn follow(
    repo: &Repository,
    state: &mut State,
    landings: Range<usize>,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<bool, GitError> {
    let bulk: FxHashSet<ObjectId> = state.bulk.iter().copied().collect();
    let State { history, lives, unreadable, rules, .. } = state;
    // Workers read the history while what is odd is still being added to it.
    let mut odd = std::mem::take(&mut history.odd);
    let (reading, rules) = (&*history, *rules);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(landings.len().div_ceil(CHUNK).max(1));
    let gate = Gate { applied: Mutex::new(landings.start), moved: Condvar::new(), stop: AtomicBool::new(false) };
    let next = AtomicUsize::new(landings.start);
    let (send, receive) = mpsc::channel::<Delivery>();
    let done = std::thread::scope(|scope| {
        let history = reading;
        for _ in 0..workers {
            let (send, gate, next, bulk, end) = (send.clone(), &gate, &next, &bulk, landings.end);
            let spawned = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
                let mut workshop = Workshop::new(repo, rules);
                loop {
                    let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                    if start >= end || !gate.wait_for(start.saturating_sub(AHEAD * workers * CHUNK)) {
                        return;
                    }
                    for ordinal in start..(start + CHUNK).min(end) {
                        let id =
                            history.landing(ordinal).map_or_else(|| ObjectId::null(gix::hash::Kind::Sha1), |commit| commit.id);
                        let delta = workshop.landing(history, ordinal, bulk).map_err(|error| (id, error));
                        if gate.stop.load(Ordering::Relaxed) || send.send((ordinal, delta)).is_err() {
                            return;
                        }
                    }
                }
            });
            if let Err(error) = spawned {
                gate.stop();
                return Err(GitError::Library {
                    path: repo.path().to_path_buf(),
                    why: format!("no thread could be started: {error}"),
                });
            }
        }
        drop(send);
        let mut waiting: BTreeMap<usize, CommitDelta> = BTreeMap::new();
        let mut apply = || {
            let mut at = landings.start;
            while at < landings.end {
                let Ok((ordinal, delta)) = receive.recv() else {
                    return Err(GitError::Library {
                        path: repo.path().to_path_buf(),
                        why: "a worker ended before its work was done".to_owned(),
                    });
                };
                let delta = delta.map_err(|(commit, source)| GitError::Unreadable { commit: commit.to_string(), source })?;
                waiting.insert(ordinal, delta);
                while let Some(delta) = waiting.remove(&at) {
                    if let Some(commit) = history.landing(at) {
                        odd.extend(delta.flaws.iter().map(|flaw| (commit.id, flaw.words().to_owned())));
                        unreadable.extend(delta.unreadable.iter().map(|error| (commit.id, error.id, error.why.clone())));
                    }
                    lives
                        .apply(history, &delta, rules.lives)
                        .map_err(|_| GitError::TooManyLines { path: repo.path().to_path_buf(), limit: u32::MAX - 1 })?;
                    at += 1;
                    if (at - landings.start).is_multiple_of(CHUNK) {
                        gate.open_to(at);
                    }
                    if !go_on(at) {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        let applied = apply();
        gate.stop();
        applied
    });
    history.odd = odd;
    done
}

impl Gate {
    /// Waits until `ordinal` landings were applied; `false` = the run is over.
    fn wait_for(&self, ordinal: usize) -> bool {
        let Ok(mut applied) = self.applied.lock() else { return false };
        while *applied < ordinal && !self.stop.load(Ordering::Relaxed) {
            match self.moved.wait(applied) {
                Ok(guard) => applied = guard,
                Err(_) => return false,
            }
        }
        !self.stop.load(Ordering::Relaxed)
    }

    fn open_to(&self, ordinal: usize) {
        if let Ok(mut applied) = self.applied.lock() {
            *applied = ordinal;
        }
        self.moved.notify_all();
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // Taking the lock makes sure that no worker is between its check and its wait.
        drop(self.applied.lock());
        self.moved.notify_all();
    }
}

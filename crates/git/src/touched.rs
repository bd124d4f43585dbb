//! What landings do to the texts of files, both sides at hand: for readers that look at more than the lines themselves.
//!
//! Deltas are computed anew, by the rules of the run, from the history alone; lives are not needed, so any stretch of landings can be asked for.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use rustc_hash::FxHashSet;

use crate::delta::{Segment, Workshop};
use crate::error::GitError;
use crate::mine::{STACK, State};
use crate::objects::ReadError;
use crate::repository::Repository;
use crate::text::Text;
use crate::tree;

/// Landings that one worker takes at a time, so that the old side of one is the new side of the one before, in its cache.
const CHUNK: usize = 16;

/// A file that a landing changes or renames. One that is renamed as it is has neither text nor lines here.
#[derive(Debug)]
pub struct TouchedFile {
    /// Path before, where it existed.
    pub old_path: Option<BString>,
    /// Path after, where it exists.
    pub new_path: Option<BString>,
    /// Text before; none for a file that is new, or was no text.
    pub old: Option<Arc<Text>>,
    /// Text after; none for a file that is gone, or is no text.
    pub new: Option<Arc<Text>>,
    /// Its content is what it was, under another path.
    pub is_renamed_whole: bool,
    /// Its lines count in no metric (generated, vendored, ...).
    pub is_left_out: bool,
    /// Lines that are born, ascending.
    pub born: Vec<BornLines>,
    /// Lines of the old text that die, zero-based, ascending.
    pub dead: Vec<Range<u32>>,
}

/// Lines of the new text that were born together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BornLines {
    /// First of them in the new text, zero-based.
    pub at: u32,
    /// How many they are.
    pub len: u32,
    /// Number of the commit that wrote them.
    pub origin: u32,
    /// Path in that commit, where it is another one than after the landing.
    pub origin_path: Option<BString>,
    /// First line in that commit's text, zero-based.
    pub origin_start: u32,
}

/// What `work` says of each landing of a stretch, in order; the landings are worked on on all cores.
///
/// # Errors
/// [`GitError::Unreadable`] for a tree that cannot be read; [`GitError::Library`] where no thread can be started.
pub fn each<T: Send>(
    repo: &Repository,
    state: &State,
    landings: Range<usize>,
    work: &(dyn Fn(usize, Vec<TouchedFile>) -> T + Sync),
) -> Result<Vec<T>, GitError> {
    let bulk: FxHashSet<ObjectId> = state.bulk.iter().copied().collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(landings.len().div_ceil(CHUNK).max(1));
    let next = AtomicUsize::new(landings.start);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(landings.len()));
    let fault: Mutex<Option<GitError>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let run = || {
                let mut workshop = Workshop::new(repo, state.rules);
                loop {
                    let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                    if start >= landings.end {
                        return;
                    }
                    for ordinal in start..(start + CHUNK).min(landings.end) {
                        match files(&mut workshop, state, ordinal, &bulk) {
                            Ok(files) => {
                                let said = work(ordinal, files);
                                done.lock().unwrap_or_else(PoisonError::into_inner).push((ordinal, said));
                            }
                            Err(source) => {
                                let commit = state.history.landing(ordinal).map(|commit| commit.id.to_string());
                                let error = GitError::Unreadable { commit: commit.unwrap_or_default(), source };
                                fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                                next.store(landings.end, Ordering::Relaxed);
                                return;
                            }
                        }
                    }
                }
            };
            if let Err(error) = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run) {
                next.store(landings.end, Ordering::Relaxed);
                let error =
                    GitError::Library { path: repo.path().to_path_buf(), why: format!("no thread could be started: {error}") };
                fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                return;
            }
        }
    });
    if let Some(error) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(ordinal, _)| *ordinal);
    Ok(done.into_iter().map(|(_, said)| said).collect())
}

fn files(
    workshop: &mut Workshop,
    state: &State,
    ordinal: usize,
    bulk: &FxHashSet<ObjectId>,
) -> Result<Vec<TouchedFile>, ReadError> {
    let (delta, works) = workshop.landing_with_texts(&state.history, ordinal, bulk)?;
    let own = state.history.mainline.get(ordinal).copied().unwrap_or(u32::MAX);
    let root = state.history.landing(ordinal).and_then(|commit| commit.tree);
    let mut touched = Vec::with_capacity(works.len());
    for (file, work) in delta.files.into_iter().zip(works) {
        if work.whole && work.old_path == work.new_path {
            continue;
        }
        let mut is_left_out = file.left_out.is_some();
        // The run asks this of files with new lines only.
        if let (false, Some(path), Some(new)) = (is_left_out, &work.new_path, &work.new)
            && work.added.is_empty()
        {
            is_left_out = workshop.left_out.of(&mut workshop.objects, root, path.as_bstr(), new)?.is_some();
        }
        let mut born = Vec::new();
        let mut at = 0;
        for segment in &file.segments {
            let len = segment.len();
            if let Segment::Born(run) = segment
                && run.left_out.is_none()
            {
                born.push(BornLines {
                    at,
                    len,
                    origin: run.origin.unwrap_or(own),
                    origin_path: run.origin_path.clone(),
                    origin_start: run.origin_start,
                });
            }
            at += len;
        }
        let dead = file.dead.into_iter().filter(|run| !run.censored).map(|run| run.lines).collect();
        touched.push(TouchedFile {
            old_path: work.old_path,
            new_path: work.new_path,
            old: work.old,
            new: work.new,
            is_renamed_whole: work.whole,
            is_left_out,
            born,
            dead,
        });
    }
    Ok(touched)
}

/// Shows every text of the tree after a landing whose lines count, with its path, in order of paths.
///
/// # Errors
/// [`GitError::Unreadable`] for a tree that cannot be read; contents that cannot be read are no text.
pub fn texts(
    repo: &Repository,
    state: &State,
    ordinal: usize,
    take: &mut dyn FnMut(BString, &Arc<Text>),
) -> Result<(), GitError> {
    let Some(landing) = state.history.landing(ordinal) else { return Ok(()) };
    let unreadable = |source: ReadError| GitError::Unreadable { commit: landing.id.to_string(), source };
    let mut workshop = Workshop::new(repo, state.rules);
    for change in tree::diff(&mut workshop.objects, None, landing.tree).map_err(unreadable)? {
        let Some(entry) = change.new else { continue };
        let content = workshop.objects.content(&entry);
        let Some(text) = content.text() else { continue };
        let out = workshop.left_out.of(&mut workshop.objects, landing.tree, change.path.as_bstr(), text).map_err(unreadable)?;
        if out.is_none() {
            take(change.path, text);
        }
    }
    Ok(())
}

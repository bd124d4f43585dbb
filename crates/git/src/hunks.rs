//! The hunks of two texts, as `git diff --histogram` (or Myers) cuts them, indent heuristic included.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};
use rustc_hash::FxHashMap;

use crate::histogram::Histogram;
use crate::indent::Indented;
use crate::myers::Myers;
use crate::sliding;
use crate::text::Text;

/// Which algorithm decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiffAlgorithm {
    /// As `git diff --histogram`: the product's own.
    #[default]
    Histogram,
    /// As `git blame`, which cuts the common tail of both texts off beforehand: for comparisons with it.
    Myers,
}

impl DiffAlgorithm {
    /// Name for settings and figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Histogram => "histogram",
            Self::Myers => "myers",
        }
    }
}

/// Lines `before` were replaced by lines `after`; zero-based, half-open, at least one of them not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Lines of the old text.
    pub before: Range<u32>,
    /// Lines of the new text.
    pub after: Range<u32>,
}

/// Lines around the changed middle that take part, so that hunks can slide as they would in the whole file.
const MARGIN: usize = 128;
/// How near a hunk may come to the edge of the middle before the whole file is compared instead.
const NEAR: u32 = 32;

/// Compares texts; keeps its buffers between calls.
#[derive(Default)]
pub struct Differ {
    numbers: FxHashMap<u64, u32>,
    before: Vec<Token>,
    after: Vec<Token>,
    diff: Diff,
    histogram: Histogram,
    myers: Myers,
}

impl Differ {
    /// The hunks that turn `old` into `new`, in order.
    pub fn hunks(&mut self, old: &Text, new: &Text, algorithm: DiffAlgorithm) -> Vec<Hunk> {
        let (a, b) = (old.hashes(), new.hashes());
        let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        if prefix == a.len() && prefix == b.len() {
            return Vec::new();
        }
        if a.is_empty() || b.is_empty() {
            return vec![Hunk { before: 0..old.len(), after: 0..new.len() }];
        }
        if algorithm == DiffAlgorithm::Myers {
            return self.window(old, new, 0, common_tail(old, new), algorithm);
        }
        let suffix = a.iter().rev().zip(b.iter().rev()).take(a.len().min(b.len()) - prefix).take_while(|(x, y)| x == y).count();
        let start = prefix.saturating_sub(MARGIN);
        let tail = suffix.saturating_sub(MARGIN);
        let hunks = self.window(old, new, start, tail, algorithm);
        if (start > 0 || tail > 0) && may_reach_edge(&hunks, a, b, start, tail) {
            return self.window(old, new, 0, 0, algorithm);
        }
        hunks
    }

    /// Runs that two sequences of hashes have in common, in order: (start in `old`, start in `new`, length).
    pub fn common(&mut self, old: &[u64], new: &[u64]) -> Vec<(u32, u32, u32)> {
        let Self { numbers, before, after, diff, .. } = self;
        numbers.clear();
        for (tokens, hashes) in [(&mut *before, old), (&mut *after, new)] {
            tokens.clear();
            for hash in hashes {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                tokens.push(Token(*numbers.entry(*hash).or_insert(next)));
            }
        }
        diff.compute_with(Algorithm::Histogram, before, after, u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        let mut runs = Vec::new();
        let (mut old_at, mut new_at) = (0, 0);
        let end = u32::try_from(new.len()).unwrap_or(u32::MAX);
        for hunk in diff.hunks() {
            if hunk.after.start > new_at {
                runs.push((old_at, new_at, hunk.after.start - new_at));
            }
            (old_at, new_at) = (hunk.before.end, hunk.after.end);
        }
        if end > new_at {
            runs.push((old_at, new_at, end - new_at));
        }
        runs
    }

    /// Compares all but the first `start` and the last `tail` lines, which are equal.
    fn window(&mut self, old: &Text, new: &Text, start: usize, tail: usize, algorithm: DiffAlgorithm) -> Vec<Hunk> {
        let Self { numbers, before, after, histogram, myers, .. } = self;
        numbers.clear();
        for (tokens, text) in [(&mut *before, old), (&mut *after, new)] {
            tokens.clear();
            for hash in text.hashes().get(start..text.hashes().len() - tail).unwrap_or_default() {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                tokens.push(Token(*numbers.entry(*hash).or_insert(next)));
            }
        }
        let (mut removed, mut added) = (vec![false; before.len()], vec![false; after.len()]);
        // What blame cuts off does not exist for it; the product's own window only saves time.
        let unseen = match algorithm {
            DiffAlgorithm::Histogram => {
                histogram.mark(before, after, numbers.len(), &mut removed, &mut added);
                0
            }
            DiffAlgorithm::Myers => {
                myers.mark(before, after, numbers.len(), &mut removed, &mut added);
                tail
            }
        };
        let seen = |text: &'_ Text| text.hashes().len() - unseen;
        sliding::slide(&mut removed, &added, before, &Indented { text: old, lines: seen(old) }, start);
        sliding::slide(&mut added, &removed, after, &Indented { text: new, lines: seen(new) }, start);
        sliding::hunks(&removed, &added, u32::try_from(start).unwrap_or(u32::MAX))
    }
}

/// Lines at the end of both texts that git cuts off before a diff without context: whole steps of bytes, back to the next line.
fn common_tail(old: &Text, new: &Text) -> usize {
    const STEP: usize = 1024;
    let (old_steps, new_steps) = (old.data().rchunks_exact(STEP), new.data().rchunks_exact(STEP));
    let steps = old_steps.zip(new_steps).take_while(|(old, new)| old == new).count();
    let tail = old.data().get(old.data().len() - steps * STEP..).unwrap_or_default();
    let whole = memchr::memchr(b'\n', tail).and_then(|end| tail.get(end + 1..)).unwrap_or_default();
    memchr::memchr_iter(b'\n', whole).count() + usize::from(whole.last().is_some_and(|last| *last != b'\n'))
}

/// Whether a hunk of the middle could have slid out of it, had there been more lines: then the cut was too tight.
fn may_reach_edge(hunks: &[Hunk], old: &[u64], new: &[u64], start: usize, tail: usize) -> bool {
    let (Some(first), Some(last)) = (hunks.first(), hunks.last()) else { return false };
    let up = |range: &Range<u32>, lines: &[u64]| {
        if range.is_empty() {
            return range.start;
        }
        let (mut top, mut end) = (range.start as usize, range.end as usize);
        while top > start && lines.get(top - 1) == lines.get(end - 1) {
            top -= 1;
            end -= 1;
        }
        u32::try_from(top).unwrap_or(u32::MAX)
    };
    let down = |range: &Range<u32>, lines: &[u64]| {
        let stop = lines.len() - tail;
        let (mut top, mut end) = (range.start as usize, range.end as usize);
        if !range.is_empty() {
            while end < stop && lines.get(top) == lines.get(end) {
                top += 1;
                end += 1;
            }
        }
        u32::try_from(stop.saturating_sub(end)).unwrap_or(u32::MAX)
    };
    let head = u32::try_from(start).unwrap_or(u32::MAX);
    let near_start = start > 0 && (up(&first.before, old).min(up(&first.after, new))) < head + NEAR;
    let near_end = tail > 0 && (down(&last.before, old).min(down(&last.after, new))) < NEAR;
    near_start || near_end
}

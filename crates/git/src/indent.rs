//! Where a run of changed lines that could lie higher or lower reads best: git's indent heuristic.
//!
//! A run is cut out of its text at two places. Each gets a penalty for standing where no thought begins, by the blank lines and the
//! indentation around it (git's `diff.indentHeuristic`, in its default since 2.14; the numbers below were fitted to people's choices there).
//! The diff crate's own version differs near the end of a text, and in what it takes for white space.

use std::cmp::Ordering;
use std::ops::Range;

use crate::text::Text;

/// Runs are not moved further than this from their lowest place.
const FURTHEST: usize = 100;
/// Deeper indentation is taken for this.
const DEEPEST: i32 = 200;
/// So many blank lines end the look for a line with text.
const MOST_BLANKS: i32 = 20;

const AT_START: i32 = 1;
const AT_END: i32 = 21;
const EACH_BLANK: i32 = -30;
const EACH_BLANK_AFTER: i32 = 6;
/// Deeper than the line before: without and with blank lines beside the cut.
const INDENTED: (i32, i32) = (-4, 10);
/// Less deep than the line before, and the next line is deeper again, as at an `else`.
const OUTDENTED: (i32, i32) = (24, 17);
/// Less deep than the line before.
const DEDENTED: (i32, i32) = (23, 17);
/// What a deeper cut costs beside a less deep one.
const DEEPER: i32 = 60;

/// The first `lines` lines of a text, by their indentation.
pub(crate) struct Indented<'a> {
    pub text: &'a Text,
    pub lines: usize,
}

#[derive(Default)]
struct Score {
    /// Depths of both cuts; -1 for each at the end of the text.
    depth: i32,
    penalty: i32,
}

impl Indented<'_> {
    /// The end of `run` where it reads best, between `highest` and the end that it has now.
    pub fn best_end(&self, run: &Range<usize>, highest: usize) -> usize {
        let size = run.end - run.start;
        let first = highest.max(run.start.saturating_sub(1)).max(run.end.saturating_sub(FURTHEST));
        let score = |end: usize| {
            let mut score = Score::default();
            self.add(end, &mut score);
            self.add(end.saturating_sub(size), &mut score);
            score
        };
        let (mut best, mut end) = (score(first), first);
        for other in first + 1..=run.end {
            let found = score(other);
            let depth = match found.depth.cmp(&best.depth) {
                Ordering::Less => -DEEPER,
                Ordering::Equal => 0,
                Ordering::Greater => DEEPER,
            };
            if depth + found.penalty - best.penalty <= 0 {
                (best, end) = (found, other);
            }
        }
        end
    }

    /// Adds what speaks against a cut before line `at`.
    fn add(&self, at: usize, score: &mut Score) {
        let here = self.depth(at);
        let (before, blanks_before) = self.beyond((0..at).rev());
        let (after, blanks_after) = self.beyond(at.saturating_add(1)..self.lines);
        if before.is_none() && blanks_before == 0 {
            score.penalty += AT_START;
        }
        if at >= self.lines {
            score.penalty += AT_END;
        }
        let blanks_after = if here.is_none() { 1 + blanks_after } else { 0 };
        let blanks = blanks_before + blanks_after;
        score.penalty += EACH_BLANK * blanks + EACH_BLANK_AFTER * blanks_after;
        let depth = here.or(after);
        score.depth += depth.unwrap_or(-1);
        let (Some(depth), Some(before)) = (depth, before) else { return };
        let (without, with) = match depth.cmp(&before) {
            Ordering::Equal => return,
            Ordering::Greater => INDENTED,
            Ordering::Less if after.is_some_and(|after| after > depth) => OUTDENTED,
            Ordering::Less => DEDENTED,
        };
        score.penalty += if blanks == 0 { without } else { with };
    }

    /// The depth of the first of these lines that is not blank, and how many blank ones are before it.
    fn beyond(&self, lines: impl Iterator<Item = usize>) -> (Option<i32>, i32) {
        let mut blanks = 0;
        for line in lines {
            if let Some(depth) = self.depth(line) {
                return (Some(depth), blanks);
            }
            blanks += 1;
            if blanks == MOST_BLANKS {
                return (Some(0), blanks);
            }
        }
        (None, blanks)
    }

    /// How deep a line is indented; `None` for a blank one and past the end.
    fn depth(&self, line: usize) -> Option<i32> {
        if line >= self.lines {
            return None;
        }
        let mut depth = 0;
        for byte in self.text.line(u32::try_from(line).unwrap_or(u32::MAX)) {
            match byte {
                b' ' => depth += 1,
                b'\t' => depth += 8 - depth % 8,
                b'\n' | b'\r' => {}
                _ => return Some(depth),
            }
            if depth >= DEEPEST {
                return Some(DEEPEST);
            }
        }
        None
    }
}

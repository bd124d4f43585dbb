//! Lines that live on although their bytes changed: white space only, or a commit that is known to reformat.

use std::ops::Range;

use bstr::ByteSlice;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::delta::{BornRun, CommitDelta, DeadRun, Match, Segment, Work};
use crate::hunks::Differ;
use crate::rules::LeftOut;
use crate::text::{Text, hash_without_space};

/// Inside each hunk, lines that are equal as `git diff -w` compares them are the same lines.
pub(crate) fn keep_white_space_changes(differ: &mut Differ, work: &mut Work, file: usize) {
    let (Some(old), Some(new)) = (work.old.clone(), work.new.clone()) else { return };
    let mut scratch = Vec::new();
    let mut found = Vec::new();
    for hunk in work.hunks.iter().filter(|hunk| !hunk.before.is_empty() && !hunk.after.is_empty()) {
        let before: Vec<u64> = hunk.before.clone().map(|line| hash_without_space(old.line(line), &mut scratch)).collect();
        let after: Vec<u64> = hunk.after.clone().map(|line| hash_without_space(new.line(line), &mut scratch)).collect();
        let known: FxHashSet<u64> = before.iter().copied().collect();
        if !after.iter().any(|hash| known.contains(hash)) {
            continue;
        }
        for (old_start, new_start, len) in differ.common(&before, &after) {
            found.push(Match {
                new_start: hunk.after.start + new_start,
                file: index(file),
                old_start: hunk.before.start + old_start,
                len,
            });
        }
    }
    keep(work, found);
}

/// Pairs the lines of each hunk of a reformatting commit: the most similar ones in order, so that a line lives on through it.
///
/// Similarity is the share of common pairs of neighbouring characters, white space and quotes aside (Dice coefficient). Old and new
/// lines are aligned in order so that the sum of similarities is largest; pairs below one half are no pairs.
pub(crate) fn keep_reformatted(work: &mut Work, file: usize) {
    let (Some(old), Some(new)) = (work.old.clone(), work.new.clone()) else { return };
    let mut found = Vec::new();
    for hunk in &work.hunks {
        let before: Vec<u32> = hunk.before.clone().filter(|line| contains(&work.removed, *line)).collect();
        let after: Vec<u32> = hunk.after.clone().filter(|line| contains(&work.added, *line)).collect();
        let pairs = pair(&old, &new, &before, &after);
        found.extend(pairs.into_iter().map(|(old_start, new_start)| Match { new_start, file: index(file), old_start, len: 1 }));
    }
    keep(work, found);
}

/// The same for reformatting commits that a merge brings: lines that such a commit wrote continue the most similar lines of their hunk
/// that such a commit removed; the rest is left out, or leaves observation.
pub(crate) fn keep_reformatted_in_merge(works: &[Work], delta: &mut CommitDelta, is_bulk: &dyn Fn(u32) -> bool) {
    for (index, (work, file)) in works.iter().zip(&mut delta.files).enumerate() {
        let (Some(old), Some(new)) = (work.old.as_deref(), work.new.as_deref()) else { continue };
        let by_bulk = |commit: Option<u32>| commit.is_some_and(is_bulk);
        let removed: Vec<Range<u32>> = file.dead.iter().filter(|run| by_bulk(run.killer)).map(|run| run.lines.clone()).collect();
        let (mut added, mut at) = (Vec::new(), 0);
        for segment in &file.segments {
            let len = segment.len();
            if let Segment::Born(run) = segment
                && by_bulk(run.origin)
            {
                added.push(at..at + len);
            }
            at += len;
        }
        if removed.is_empty() && added.is_empty() {
            continue;
        }
        let mut continues: FxHashMap<u32, u32> = FxHashMap::default();
        for hunk in &work.hunks {
            let before: Vec<u32> = hunk.before.clone().filter(|line| contains(&removed, *line)).collect();
            let after: Vec<u32> = hunk.after.clone().filter(|line| contains(&added, *line)).collect();
            continues.extend(pair(old, new, &before, &after).into_iter().map(|(old, new)| (new, old)));
        }
        let mut at = 0;
        let mut segments = Vec::with_capacity(file.segments.len());
        for segment in std::mem::take(&mut file.segments) {
            let start = at;
            at += segment.len();
            match segment {
                Segment::Born(run) if by_bulk(run.origin) => {
                    for (offset, line) in (0..).zip(&run.lines) {
                        segments.push(match continues.get(&(start + offset)) {
                            Some(old) => Segment::Kept { file: self::index(index), start: *old, len: 1 },
                            None => Segment::Born(BornRun {
                                origin_start: run.origin_start + offset,
                                lines: vec![*line],
                                left_out: Some(LeftOut::Bulk),
                                origin: run.origin,
                                origin_path: run.origin_path.clone(),
                            }),
                        });
                    }
                }
                other => segments.push(other),
            }
        }
        file.segments = segments;
        let kept: Vec<Range<u32>> = continues.values().map(|line| *line..*line + 1).collect();
        let dead = std::mem::take(&mut file.dead);
        for run in dead {
            let censored = run.censored || by_bulk(run.killer);
            let rest = without(
                std::slice::from_ref(&run.lines),
                kept.iter().filter(|cut| run.lines.contains(&cut.start)).cloned().collect(),
            );
            file.dead.extend(rest.into_iter().map(|lines| DeadRun { lines, killer: run.killer, censored }));
        }
    }
}

/// Aligned pairs (old line, new line); a hunk too large for that is paired by position.
fn pair(old: &Text, new: &Text, before: &[u32], after: &[u32]) -> Vec<(u32, u32)> {
    const LARGEST: usize = 1_000_000;
    if before.len() * after.len() > LARGEST {
        return before.iter().zip(after).map(|(old, new)| (*old, *new)).collect();
    }
    align(old, new, before, after)
}

fn align(old: &Text, new: &Text, before: &[u32], after: &[u32]) -> Vec<(u32, u32)> {
    let old_pairs: Vec<Vec<u16>> = before.iter().map(|line| bigrams(old.line(*line))).collect();
    let new_pairs: Vec<Vec<u16>> = after.iter().map(|line| bigrams(new.line(*line))).collect();
    let width = after.len() + 1;
    // best[i * width + j]: largest sum for the first i old and the first j new lines.
    let mut best = vec![0.0_f32; (before.len() + 1) * width];
    let at = |best: &[f32], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0.0);
    let mut similar = vec![0.0_f32; before.len() * after.len()];
    for (i, a) in old_pairs.iter().enumerate() {
        for (j, b) in new_pairs.iter().enumerate() {
            let likeness = dice(a, b);
            if let Some(cell) = similar.get_mut(i * after.len() + j) {
                *cell = likeness;
            }
            let paired = if likeness >= 0.5 { at(&best, i, j) + likeness } else { 0.0 };
            let value = paired.max(at(&best, i, j + 1)).max(at(&best, i + 1, j));
            if let Some(cell) = best.get_mut((i + 1) * width + j + 1) {
                *cell = value;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (before.len(), after.len());
    while i > 0 && j > 0 {
        let value = at(&best, i, j);
        if value <= at(&best, i - 1, j) {
            i -= 1;
        } else if value <= at(&best, i, j - 1) {
            j -= 1;
        } else {
            (i, j) = (i - 1, j - 1);
            if let (Some(old), Some(new)) = (before.get(i), after.get(j)) {
                pairs.push((*old, *new));
            }
        }
    }
    pairs.reverse();
    pairs
}

/// Sorted pairs of neighbouring characters; a line of one character is paired with nothing.
fn bigrams(line: &[u8]) -> Vec<u16> {
    let bytes: Vec<u8> = line
        .trim()
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'\'' | b'"' | b'`' | b',' | b';'))
        .collect();
    let mut pairs: Vec<u16> =
        [0].iter().chain(&bytes).zip(bytes.iter().chain(&[0])).map(|(a, b)| (u16::from(*a) << 8) | u16::from(*b)).collect();
    pairs.sort_unstable();
    pairs
}

fn dice(a: &[u16], b: &[u16]) -> f32 {
    let mut rest = b.iter().peekable();
    let mut common = 0_u32;
    for pair in a {
        while rest.next_if(|other| *other < pair).is_some() {}
        if rest.next_if(|other| *other == pair).is_some() {
            common += 1;
        }
    }
    let total = u32::try_from(a.len() + b.len()).unwrap_or(u32::MAX);
    #[expect(clippy::cast_precision_loss, reason = "a line has far fewer than 2^24 characters")]
    let (common, total) = (common as f32, total.max(1) as f32);
    2.0 * common / total
}

/// Records matches and takes their lines out of the removed and the added ones.
pub(crate) fn keep(work: &mut Work, found: Vec<Match>) {
    if found.is_empty() {
        return;
    }
    work.removed = without(&work.removed, found.iter().map(|one| one.old_start..one.old_start + one.len).collect());
    work.added = without(&work.added, found.iter().map(|one| one.new_start..one.new_start + one.len).collect());
    work.matches.extend(found);
}

/// `ranges` (ascending, disjoint) without the lines of `taken` (in any order).
pub(crate) fn without(ranges: &[Range<u32>], mut taken: Vec<Range<u32>>) -> Vec<Range<u32>> {
    taken.sort_by_key(|range| range.start);
    let mut rest = Vec::with_capacity(ranges.len());
    let mut taken = taken.into_iter().peekable();
    for range in ranges {
        let mut at = range.start;
        while taken.next_if(|cut| cut.end <= at).is_some() {}
        while let Some(cut) = taken.peek().filter(|cut| cut.start < range.end) {
            if cut.start > at {
                rest.push(at..cut.start);
            }
            at = at.max(cut.end);
            if cut.end > range.end {
                break;
            }
            taken.next();
        }
        if at < range.end {
            rest.push(at..range.end);
        }
    }
    rest
}

fn contains(ranges: &[Range<u32>], line: u32) -> bool {
    let at = ranges.partition_point(|range| range.end <= line);
    ranges.get(at).is_some_and(|range| range.contains(&line))
}

fn index(file: usize) -> u32 {
    u32::try_from(file).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
    use super::*;

    #[test]
    fn without_cuts_lines_out() {
        assert_eq!(without(&[0..10, 20..30], vec![25..26, 2..4, 0..1, 29..30]), [1..2, 4..10, 20..25, 26..29]);
        assert_eq!(without(&[5..6], vec![5..6]), []);
        assert_eq!(without(&[5..9], vec![]), [5..9]);
    }
}

//! Blocks that were removed here and added there in one commit: the lines live on.
//!
//! A block is at least [`MIN_LINES`] consecutive lines with at least [`MIN_CHARACTERS`] characters that are no white space, byte for
//! byte equal; the longest block first, then the one that stands first.

use std::collections::BinaryHeap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::delta::{Match, Work};
use crate::reformat::without;
use crate::text::{Text, weight_without_space};

/// Lines that make a block.
pub const MIN_LINES: u32 = 3;
/// Characters, white space aside, that make a block.
pub const MIN_CHARACTERS: usize = 20;
/// Places of one and the same three lines that are compared: beyond it they are boilerplate, and which is which cannot be known.
const MOST_PLACES: usize = 64;

/// A candidate; the order of its fields is the order of preference.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    len: u32,
    /// Everything below counts backwards: the heap gives the largest first, and what stands first shall win.
    new_file: std::cmp::Reverse<u32>,
    new_start: std::cmp::Reverse<u32>,
    old_file: std::cmp::Reverse<u32>,
    old_start: std::cmp::Reverse<u32>,
}

/// Finds moved blocks among the removed and added lines of one commit; returns how many lines live on by it.
pub(crate) fn keep_moved_blocks(works: &mut [Work]) -> u64 {
    let windows = removed_windows(works);
    if windows.is_empty() {
        return 0;
    }
    let mut heap = candidates(works, &windows);
    if heap.is_empty() {
        return 0;
    }
    let mut used_old: FxHashMap<u32, Vec<bool>> = FxHashMap::default();
    let mut used_new: FxHashMap<u32, Vec<bool>> = FxHashMap::default();
    let mut found: Vec<(u32, Match)> = Vec::new();
    while let Some(block) = heap.pop() {
        let (new_file, old_file) = (block.new_file.0, block.old_file.0);
        let (Some(new_text), Some(old_text)) =
            (text_of(works, new_file, |work| work.new.as_deref()), text_of(works, old_file, |work| work.old.as_deref()))
        else {
            continue;
        };
        let old_flags = used_old.entry(old_file).or_insert_with(|| vec![false; old_text.len() as usize]);
        let new_flags = used_new.entry(new_file).or_insert_with(|| vec![false; new_text.len() as usize]);
        let free = |flags: &[bool], start: u32, offset: u32| flags.get((start + offset) as usize) == Some(&false);
        let open: Vec<bool> = (0..block.len)
            .map(|offset| free(old_flags, block.old_start.0, offset) && free(new_flags, block.new_start.0, offset))
            .collect();
        let runs = runs_of(&open);
        let is_whole = matches!(runs.as_slice(), [run] if run.end - run.start == block.len);
        for run in runs {
            let len = run.end - run.start;
            let (new_start, old_start) = (block.new_start.0 + run.start, block.old_start.0 + run.start);
            if !is_block(new_text, new_start, len) {
                continue;
            }
            if is_whole {
                for offset in 0..len {
                    for (flags, start) in [(&mut *old_flags, old_start), (&mut *new_flags, new_start)] {
                        if let Some(flag) = flags.get_mut((start + offset) as usize) {
                            *flag = true;
                        }
                    }
                }
                found.push((new_file, Match { new_start, file: old_file, old_start, len }));
            } else {
                // A part was taken by a longer block: the rest stands in line again.
                heap.push(Block {
                    len,
                    new_start: std::cmp::Reverse(new_start),
                    old_start: std::cmp::Reverse(old_start),
                    ..block
                });
            }
        }
    }
    let moved = found.iter().map(|(_, one)| u64::from(one.len)).sum();
    let mut taken_old: FxHashMap<u32, Vec<Range<u32>>> = FxHashMap::default();
    let mut taken_new: FxHashMap<u32, Vec<Range<u32>>> = FxHashMap::default();
    for (new_file, one) in found {
        taken_old.entry(one.file).or_default().push(one.old_start..one.old_start + one.len);
        taken_new.entry(new_file).or_default().push(one.new_start..one.new_start + one.len);
        if let Some(work) = works.get_mut(new_file as usize) {
            work.matches.push(one);
        }
    }
    for (index, work) in (0..).zip(works.iter_mut()) {
        if let Some(taken) = taken_old.remove(&index) {
            work.removed = without(&work.removed, taken);
        }
        if let Some(taken) = taken_new.remove(&index) {
            work.added = without(&work.added, taken);
        }
    }
    moved
}

fn text_of(works: &[Work], file: u32, side: impl Fn(&Work) -> Option<&Text>) -> Option<&Text> {
    works.get(file as usize).and_then(side)
}

/// Where each run of three removed lines stands.
fn removed_windows(works: &[Work]) -> FxHashMap<[u64; 3], Vec<(u32, u32)>> {
    let mut windows: FxHashMap<[u64; 3], Vec<(u32, u32)>> = FxHashMap::default();
    if !works.iter().any(|work| work.added.iter().any(|range| range.end - range.start >= MIN_LINES)) {
        return windows;
    }
    for (file, work) in (0..).zip(works) {
        let Some(text) = work.old.as_deref() else { continue };
        for range in work.removed.iter().filter(|range| range.end - range.start >= MIN_LINES) {
            for line in range.start..=range.end - MIN_LINES {
                if let Some(window) = window(text, line) {
                    windows.entry(window).or_default().push((file, line));
                }
            }
        }
    }
    windows
}

fn window(text: &Text, line: u32) -> Option<[u64; 3]> {
    let start = line as usize;
    text.hashes().get(start..start + MIN_LINES as usize).and_then(|hashes| hashes.try_into().ok())
}

/// All blocks that cannot be made longer.
fn candidates(works: &[Work], windows: &FxHashMap<[u64; 3], Vec<(u32, u32)>>) -> BinaryHeap<Block> {
    let mut heap = BinaryHeap::new();
    for (new_file, work) in (0..).zip(works) {
        let Some(new) = work.new.as_deref() else { continue };
        for added in work.added.iter().filter(|range| range.end - range.start >= MIN_LINES) {
            for line in added.start..=added.end - MIN_LINES {
                let Some(places) = window(new, line).and_then(|key| windows.get(&key)) else { continue };
                for &(old_file, place) in places.iter().take(MOST_PLACES) {
                    let Some((old, removed)) = works
                        .get(old_file as usize)
                        .and_then(|work| Some((work.old.as_deref()?, run_with(&work.removed, place)?)))
                    else {
                        continue;
                    };
                    let continues = line > added.start
                        && place > removed.start
                        && new.hashes().get(line as usize - 1) == old.hashes().get(place as usize - 1);
                    if continues {
                        continue;
                    }
                    let most = (added.end - line).min(removed.end - place);
                    let len = (0..most)
                        .take_while(|offset| {
                            new.hashes().get((line + offset) as usize) == old.hashes().get((place + offset) as usize)
                        })
                        .count();
                    let len = u32::try_from(len).unwrap_or(u32::MAX);
                    if is_block(new, line, len) {
                        heap.push(Block {
                            len,
                            new_file: std::cmp::Reverse(new_file),
                            new_start: std::cmp::Reverse(line),
                            old_file: std::cmp::Reverse(old_file),
                            old_start: std::cmp::Reverse(place),
                        });
                    }
                }
            }
        }
    }
    heap
}

/// Whether `len` lines from `start` are enough to be a block.
pub(crate) fn is_block(text: &Text, start: u32, len: u32) -> bool {
    if len < MIN_LINES {
        return false;
    }
    let mut characters = 0;
    (start..start + len).any(|line| {
        characters += weight_without_space(text.line(line), MIN_CHARACTERS);
        characters >= MIN_CHARACTERS
    })
}

fn run_with(ranges: &[Range<u32>], line: u32) -> Option<&Range<u32>> {
    let at = ranges.partition_point(|range| range.end <= line);
    ranges.get(at).filter(|range| range.contains(&line))
}

/// Runs of `true`.
fn runs_of(flags: &[bool]) -> Vec<Range<u32>> {
    let mut runs: Vec<Range<u32>> = Vec::new();
    for (index, _) in (0_u32..).zip(flags).filter(|(_, flag)| **flag) {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

//! The histogram diff as git cuts it: the longest common run of the rarest lines first, then what lies before it and after it.
//!
//! The diff crate's own histogram differs from git's where lines repeat: it strips the common beginning and end of the texts, so that
//! their lines do not count towards how rare a line is, and passes over some places of a repeated line.

use std::ops::Range;

use imara_diff::Token;

use crate::myers::Myers;

/// Lines that occur more often than this are no beginning of a common run; where there are only such, Myers decides, as in git.
const MOST_OCCURRENCES: u32 = 64;
/// No position.
const NONE: u32 = u32::MAX;

/// Finds which lines are removed and added; keeps its buffers between calls.
#[derive(Default)]
pub(crate) struct Histogram {
    /// By token: its first position in the range of the old text at hand.
    first: Vec<u32>,
    /// By token: how often it occurs there.
    count: Vec<u32>,
    /// By position in the old text: the next one of the same token.
    next: Vec<u32>,
    open: Vec<(Range<u32>, Range<u32>)>,
    myers: Myers,
}

/// The common run that splits two texts.
enum Split {
    /// Start in the old text, start in the new one, length.
    Run(u32, u32, u32),
    /// No line is common.
    Nothing,
    /// All common lines occur too often.
    TooFrequent,
}

impl Histogram {
    /// Marks the lines of `before` that are removed and those of `after` that are added; tokens are below `tokens`.
    pub fn mark(&mut self, before: &[Token], after: &[Token], tokens: usize, removed: &mut [bool], added: &mut [bool]) {
        self.first.clear();
        self.first.resize(tokens, NONE);
        self.count.clear();
        self.count.resize(tokens, 0);
        self.next.clear();
        self.next.resize(before.len(), NONE);
        self.open.push((0..length(before), 0..length(after)));
        while let Some((old, new)) = self.open.pop() {
            if old.is_empty() || new.is_empty() {
                part_mut(removed, &old).fill(true);
                part_mut(added, &new).fill(true);
                continue;
            }
            match self.split(before, after, &old, &new) {
                Split::Run(old_at, new_at, len) => {
                    self.open.push((old_at + len..old.end, new_at + len..new.end));
                    self.open.push((old.start..old_at, new.start..new_at));
                }
                Split::Nothing => {
                    part_mut(removed, &old).fill(true);
                    part_mut(added, &new).fill(true);
                }
                Split::TooFrequent => {
                    let (gone, new_ones) = (part_mut(removed, &old), part_mut(added, &new));
                    self.myers.mark(part(before, &old), part(after, &new), tokens, gone, new_ones);
                }
            }
        }
    }

    fn split(&mut self, before: &[Token], after: &[Token], old: &Range<u32>, new: &Range<u32>) -> Split {
        for (at, token) in (old.start..old.end).zip(part(before, old)).rev() {
            let token = token.0 as usize;
            if let (Some(first), Some(count), Some(next)) =
                (self.first.get_mut(token), self.count.get_mut(token), self.next.get_mut(at as usize))
            {
                *next = *first;
                *first = at;
                *count += 1;
            }
        }
        let found = self.longest(before, after, old, new);
        for token in part(before, old) {
            if let (Some(first), Some(count)) = (self.first.get_mut(token.0 as usize), self.count.get_mut(token.0 as usize)) {
                *first = NONE;
                *count = 0;
            }
        }
        found
    }

    /// The run whose rarest line is rarest, and among those of one rarity the longest, the first one found.
    fn longest(&self, before: &[Token], after: &[Token], old: &Range<u32>, new: &Range<u32>) -> Split {
        let token = |text: &[Token], at: u32| text.get(at as usize).map(|token| token.0);
        let count = |token: Option<u32>| token.and_then(|token| self.count.get(token as usize)).copied().unwrap_or(0);
        let (mut best, mut rarest, mut any) = ((0, 0, 0), MOST_OCCURRENCES + 1, false);
        let mut at = new.start;
        while at < new.end {
            let here = token(after, at);
            let occurrences = count(here);
            let mut next_at = at + 1;
            any |= occurrences > 0;
            if occurrences > 0 && occurrences <= rarest {
                let mut place = here.and_then(|token| self.first.get(token as usize)).copied().unwrap_or(NONE);
                while place != NONE {
                    let (mut old_start, mut new_start, mut rarity) = (place, at, occurrences);
                    while old_start > old.start
                        && new_start > new.start
                        && token(before, old_start - 1) == token(after, new_start - 1)
                    {
                        old_start -= 1;
                        new_start -= 1;
                        if rarity > 1 {
                            rarity = rarity.min(count(token(before, old_start)));
                        }
                    }
                    let (mut old_end, mut new_end) = (place + 1, at + 1);
                    while old_end < old.end && new_end < new.end && token(before, old_end) == token(after, new_end) {
                        if rarity > 1 {
                            rarity = rarity.min(count(token(before, old_end)));
                        }
                        old_end += 1;
                        new_end += 1;
                    }
                    next_at = next_at.max(new_end);
                    let len = old_end - old_start;
                    // A single line wins by being rare only: git compares distances from first to last line, which begin at 0.
                    if len > best.2.max(1) || rarity < rarest {
                        best = (old_start, new_start, len);
                        rarest = rarity;
                    }
                    // Further places inside of this run would give the same or a shorter one.
                    place = self.next.get(place as usize).copied().unwrap_or(NONE);
                    while place != NONE && place < old_end {
                        place = self.next.get(place as usize).copied().unwrap_or(NONE);
                    }
                }
            }
            at = next_at;
        }
        match best {
            _ if any && rarest > MOST_OCCURRENCES => Split::TooFrequent,
            (_, _, 0) => Split::Nothing,
            (old_at, new_at, len) => Split::Run(old_at, new_at, len),
        }
    }
}

fn length(text: &[Token]) -> u32 {
    u32::try_from(text.len()).unwrap_or(NONE)
}

fn part<'a, T>(all: &'a [T], range: &Range<u32>) -> &'a [T] {
    all.get(range.start as usize..range.end as usize).unwrap_or_default()
}

fn part_mut<'a, T>(all: &'a mut [T], range: &Range<u32>) -> &'a mut [T] {
    all.get_mut(range.start as usize..range.end as usize).unwrap_or_default()
}

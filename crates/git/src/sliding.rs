//! Where a run of changed lines could as well lie some lines higher or lower, it is put where git puts it.

use std::ops::Range;

use imara_diff::Token;

use crate::hunks::Hunk;
use crate::indent::Indented;

/// A run of changed lines, perhaps empty, before an unchanged one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    start: usize,
    end: usize,
}

impl Run {
    fn from(flags: &[bool], start: usize) -> Self {
        let len = flags.get(start..).unwrap_or_default().iter().take_while(|changed| **changed).count();
        Self { start, end: start + len }
    }

    fn before(flags: &[bool], end: usize) -> Self {
        let len = flags.get(..end).unwrap_or_default().iter().rev().take_while(|changed| **changed).count();
        Self { start: end - len, end }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn up(&mut self, flags: &mut [bool], tokens: &[Token]) -> bool {
        if self.start == 0 || tokens.get(self.start - 1) != tokens.get(self.end - 1) {
            return false;
        }
        self.start -= 1;
        self.end -= 1;
        flags.swap(self.start, self.end);
        self.start = Self::before(flags, self.start).start;
        true
    }

    fn down(&mut self, flags: &mut [bool], tokens: &[Token]) -> bool {
        if self.end >= tokens.len() || tokens.get(self.start) != tokens.get(self.end) {
            return false;
        }
        flags.swap(self.start, self.end);
        self.start += 1;
        self.end = Self::from(flags, self.end + 1).end;
        true
    }
}

/// Slides the changed runs of one text: beside a run of the other text where there is one, else where it reads best.
///
/// The first flag is of line `start` of `text`.
pub(crate) fn slide(flags: &mut [bool], other: &[bool], tokens: &[Token], text: &Indented<'_>, start: usize) {
    let (mut run, mut beside) = (Run::from(flags, 0), Run::from(other, 0));
    loop {
        if !run.is_empty() {
            let (mut highest, mut has_other);
            loop {
                let size = run.end - run.start;
                while run.up(flags, tokens) {
                    beside = Run::before(other, beside.start.saturating_sub(1));
                }
                highest = run.end;
                has_other = !beside.is_empty();
                while run.down(flags, tokens) {
                    beside = Run::from(other, beside.end + 1);
                    has_other |= !beside.is_empty();
                }
                // A run that met another one may slide further up together with it.
                if size == run.end - run.start {
                    break;
                }
            }
            let lowest = if run.end == highest {
                run.end
            } else if has_other {
                0
            } else {
                text.best_end(&(run.start + start..run.end + start), highest + start) - start
            };
            while (lowest == 0 && beside.is_empty()) || (lowest > 0 && run.end > lowest) {
                if !run.up(flags, tokens) {
                    break;
                }
                beside = Run::before(other, beside.start.saturating_sub(1));
            }
        }
        if run.end >= flags.len() {
            return;
        }
        run = Run::from(flags, run.end + 1);
        beside = Run::from(other, beside.end + 1);
    }
}

/// Hunks from the changed lines of both texts.
pub(crate) fn hunks(removed: &[bool], added: &[bool], shift: u32) -> Vec<Hunk> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX).saturating_add(shift);
    let range = |run: &Run| -> Range<u32> { number(run.start)..number(run.end) };
    let mut found = Vec::new();
    let (mut old, mut new) = (Run::from(removed, 0), Run::from(added, 0));
    loop {
        if !old.is_empty() || !new.is_empty() {
            found.push(Hunk { before: range(&old), after: range(&new) });
        }
        if old.end >= removed.len() || new.end >= added.len() {
            return found;
        }
        old = Run::from(removed, old.end + 1);
        new = Run::from(added, new.end + 1);
    }
}

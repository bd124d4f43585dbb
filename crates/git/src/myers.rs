//! The Myers diff as git cuts it: for comparisons with `git blame`, and where a histogram finds no line that is rare enough.
//!
//! The shortest way from one text to the other is searched from both ends until the searches meet (E. W. Myers, An O(ND) difference
//! algorithm and its variations, 1986). Git first leaves out lines that cannot or hardly help, and gives up on the shortest way where the
//! search gets long; which lines live on depends on just how it does so, and the diff crate does it otherwise.

use std::ops::Range;

use imara_diff::Token;

/// Steps along equal lines from which a stretch says that a way is good; shorter ones are chance.
const GOOD_STRETCH: i64 = 20;
/// Changed lines after which a good stretch may end the search.
const PATIENCE: i64 = 256;
/// Changed lines after which the search ends in any case, at least.
const LEAST_LIMIT: i64 = 256;
/// So many times further than it cost must a way have come to end the search.
const WORTH: i64 = 4;
/// A line that the other text holds so often is frequent, however long the text.
const FREQUENT: usize = 1024;
/// Lines on either side that decide whether a frequent line is left out.
const SIGHT: usize = 100;
/// A frequent line is left out where, around it, fewer than one line in so many is frequent; the others are in one text only.
const FEW: usize = 4;
/// Further than every line.
const FAR: i64 = i64::MAX / 4;

/// Finds which lines are removed and added; keeps its buffers between calls.
#[derive(Default)]
pub(crate) struct Myers {
    /// By token: how often it occurs in the old and in the new text; all zero between calls.
    counts: Vec<[usize; 2]>,
    old: Kept,
    new: Kept,
    forward: Reached,
    backward: Reached,
}

/// The lines of one text that the search looks at.
#[derive(Default)]
struct Kept {
    tokens: Vec<Token>,
    /// Where in the text they are.
    places: Vec<usize>,
}

/// What one text says of a line of the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Partner {
    /// The line is not in the other text.
    None,
    /// It is there a few times.
    Few,
    /// It is there so often that a match says little.
    Frequent,
}

/// How far the search came on each diagonal (line of the old text minus line of the new one).
#[derive(Default)]
struct Reached {
    lines: Vec<i64>,
    /// Index of diagonal 0.
    middle: i64,
}

/// A piece of both texts whose edit script is to be found.
#[derive(Clone, Copy)]
struct Piece {
    old: (i64, i64),
    new: (i64, i64),
    /// The shortest script is wanted, however long that takes.
    shortest: bool,
}

/// The diagonals that a search has reached, every second of them.
struct Span {
    low: i64,
    high: i64,
}

impl Myers {
    /// Marks the lines of `before` that are removed and those of `after` that are added; tokens are below `tokens`.
    pub fn mark(&mut self, before: &[Token], after: &[Token], tokens: usize, removed: &mut [bool], added: &mut [bool]) {
        if self.counts.len() < tokens {
            self.counts.resize(tokens, [0, 0]);
        }
        self.count(before, |count| count[0] += 1);
        self.count(after, |count| count[1] += 1);
        let head = before.iter().zip(after).take_while(|(old, new)| old == new).count();
        let most = before.len().min(after.len()) - head;
        let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
        self.old.keep(before, head..before.len() - tail, |token| count_of(&self.counts, token)[1], removed);
        self.new.keep(after, head..after.len() - tail, |token| count_of(&self.counts, token)[0], added);
        for text in [before, after] {
            self.count(text, |count| *count = [0, 0]);
        }
        self.search(removed, added);
    }

    fn count(&mut self, text: &[Token], mut change: impl FnMut(&mut [usize; 2])) {
        for token in text {
            if let Some(count) = self.counts.get_mut(token.0 as usize) {
                change(count);
            }
        }
    }

    fn search(&mut self, removed: &mut [bool], added: &mut [bool]) {
        let (old_len, new_len) = (length(&self.old.tokens), length(&self.new.tokens));
        let diagonals = old_len + new_len + 3;
        let limit = rough_root(diagonals).max(LEAST_LIMIT);
        for reached in [&mut self.forward, &mut self.backward] {
            reached.middle = new_len + 1;
            reached.lines.resize(usize::try_from(diagonals + 1).unwrap_or(0), 0);
        }
        let mut open = vec![Piece { old: (0, old_len), new: (0, new_len), shortest: false }];
        while let Some(piece) = open.pop() {
            let Piece { old, new, .. } = self.without_equal_ends(piece);
            if old.0 == old.1 {
                self.new.flag(new, added);
            } else if new.0 == new.1 {
                self.old.flag(old, removed);
            } else {
                let cut = self.cut(old, new, piece.shortest, limit);
                open.push(Piece { old: (cut.old, old.1), new: (cut.new, new.1), shortest: cut.shortest_after });
                open.push(Piece { old: (old.0, cut.old), new: (new.0, cut.new), shortest: cut.shortest_before });
            }
        }
    }

    fn without_equal_ends(&self, piece: Piece) -> Piece {
        let Piece { mut old, mut new, shortest } = piece;
        while old.0 < old.1 && new.0 < new.1 && self.equal(old.0, new.0) {
            old.0 += 1;
            new.0 += 1;
        }
        while old.0 < old.1 && new.0 < new.1 && self.equal(old.1 - 1, new.1 - 1) {
            old.1 -= 1;
            new.1 -= 1;
        }
        Piece { old, new, shortest }
    }

    fn equal(&self, old: i64, new: i64) -> bool {
        match (token(&self.old.tokens, old), token(&self.new.tokens, new)) {
            (Some(old), Some(new)) => old == new,
            _ => false,
        }
    }

    /// Where a piece falls into two; neither text is empty in it, nor do the first or the last lines agree.
    fn cut(&mut self, old: (i64, i64), new: (i64, i64), shortest: bool, limit: i64) -> Cut {
        let (lowest, highest) = (old.0 - new.1, old.1 - new.0);
        let (start, end) = (old.0 - new.0, old.1 - new.1);
        let meet_forward = (start - end) % 2 != 0;
        let (mut ahead, mut behind) = (Span { low: start, high: start }, Span { low: end, high: end });
        self.forward.set(start, old.0);
        self.backward.set(end, old.1);
        for cost in 1.. {
            let mut good = false;
            ahead.widen(lowest, highest, &mut self.forward, -1);
            for diagonal in ahead.downwards() {
                let (left, right) = (self.forward.get(diagonal - 1), self.forward.get(diagonal + 1));
                let from = if left >= right { left + 1 } else { right };
                let mut at = from;
                while at < old.1 && at - diagonal < new.1 && self.equal(at, at - diagonal) {
                    at += 1;
                }
                good |= at - from > GOOD_STRETCH;
                self.forward.set(diagonal, at);
                if meet_forward && behind.has(diagonal) && self.backward.get(diagonal) <= at {
                    return Cut::met(at, at - diagonal);
                }
            }
            behind.widen(lowest, highest, &mut self.backward, FAR);
            for diagonal in behind.downwards() {
                let (left, right) = (self.backward.get(diagonal - 1), self.backward.get(diagonal + 1));
                let from = if left < right { left } else { right - 1 };
                let mut at = from;
                while at > old.0 && at - diagonal > new.0 && self.equal(at - 1, at - diagonal - 1) {
                    at -= 1;
                }
                good |= from - at > GOOD_STRETCH;
                self.backward.set(diagonal, at);
                if !meet_forward && ahead.has(diagonal) && at <= self.forward.get(diagonal) {
                    return Cut::met(at, at - diagonal);
                }
            }
            if shortest {
                continue;
            }
            if good && cost > PATIENCE {
                if let Some((at, beside)) = self.promising_start(&ahead, old, new, start, cost) {
                    return Cut { old: at, new: beside, shortest_before: true, shortest_after: false };
                }
                if let Some((at, beside)) = self.promising_end(&behind, old, new, end, cost) {
                    return Cut { old: at, new: beside, shortest_before: false, shortest_after: true };
                }
            }
            if cost >= limit {
                return self.furthest(&ahead, &behind, old, new);
            }
        }
        Cut::met(old.1, new.1)
    }

    /// The end of the best way from the start that came far for its cost and ends in a good stretch.
    fn promising_start(&self, ahead: &Span, old: (i64, i64), new: (i64, i64), start: i64, cost: i64) -> Option<(i64, i64)> {
        let (mut best, mut found) = (WORTH * cost, None);
        for diagonal in ahead.downwards() {
            let at = self.forward.get(diagonal);
            let beside = at - diagonal;
            let gain = (at - old.0) + (beside - new.0) - (diagonal - start).abs();
            if gain > best
                && (old.0 + GOOD_STRETCH..old.1).contains(&at)
                && (new.0 + GOOD_STRETCH..new.1).contains(&beside)
                && (1..=GOOD_STRETCH).all(|back| self.equal(at - back, beside - back))
            {
                (best, found) = (gain, Some((at, beside)));
            }
        }
        found
    }

    /// The same from the end.
    fn promising_end(&self, behind: &Span, old: (i64, i64), new: (i64, i64), end: i64, cost: i64) -> Option<(i64, i64)> {
        let (mut best, mut found) = (WORTH * cost, None);
        for diagonal in behind.downwards() {
            let at = self.backward.get(diagonal);
            let beside = at - diagonal;
            let gain = (old.1 - at) + (new.1 - beside) - (diagonal - end).abs();
            if gain > best
                && (old.0 + 1..=old.1 - GOOD_STRETCH).contains(&at)
                && (new.0 + 1..=new.1 - GOOD_STRETCH).contains(&beside)
                && (0..GOOD_STRETCH).all(|on| self.equal(at + on, beside + on))
            {
                (best, found) = (gain, Some((at, beside)));
            }
        }
        found
    }

    /// Gives up: the way that came furthest, from the start or from the end.
    fn furthest(&self, ahead: &Span, behind: &Span, old: (i64, i64), new: (i64, i64)) -> Cut {
        let mut top = (-1, -1);
        for diagonal in ahead.downwards() {
            let at = self.forward.get(diagonal).min(old.1).min(new.1 + diagonal);
            let sum = 2 * at - diagonal;
            if sum > top.0 {
                top = (sum, at);
            }
        }
        let mut bottom = (FAR, FAR);
        for diagonal in behind.downwards() {
            let at = self.backward.get(diagonal).max(old.0).max(new.0 + diagonal);
            let sum = 2 * at - diagonal;
            if sum < bottom.0 {
                bottom = (sum, at);
            }
        }
        if old.1 + new.1 - bottom.0 < top.0 - (old.0 + new.0) {
            Cut { old: top.1, new: top.0 - top.1, shortest_before: true, shortest_after: false }
        } else {
            Cut { old: bottom.1, new: bottom.0 - bottom.1, shortest_before: false, shortest_after: true }
        }
    }
}

/// A place where a piece falls into two, and which of them the search has settled.
struct Cut {
    old: i64,
    new: i64,
    shortest_before: bool,
    shortest_after: bool,
}

impl Cut {
    fn met(old: i64, new: i64) -> Self {
        Self { old, new, shortest_before: true, shortest_after: true }
    }
}

impl Kept {
    /// Takes the lines of `range` that help in finding the way, and flags the others as changed; `partners` counts a line in the other text.
    fn keep(&mut self, text: &[Token], range: Range<usize>, partners: impl Fn(Token) -> usize, flags: &mut [bool]) {
        self.tokens.clear();
        self.places.clear();
        let frequent = usize::try_from(rough_root(length(text))).unwrap_or(FREQUENT).min(FREQUENT);
        let lines = text.get(range.clone()).unwrap_or_default();
        let kinds: Vec<Partner> = lines
            .iter()
            .map(|line| match partners(*line) {
                0 => Partner::None,
                count if count >= frequent => Partner::Frequent,
                _ => Partner::Few,
            })
            .collect();
        for (index, (kind, line)) in kinds.iter().zip(lines).enumerate() {
            let place = range.start + index;
            if *kind == Partner::Few || (*kind == Partner::Frequent && !is_lost(&kinds, index)) {
                self.tokens.push(*line);
                self.places.push(place);
            } else if let Some(flag) = flags.get_mut(place) {
                *flag = true;
            }
        }
    }

    fn flag(&self, range: (i64, i64), flags: &mut [bool]) {
        let places =
            usize::try_from(range.0).ok().zip(usize::try_from(range.1).ok()).and_then(|(from, to)| self.places.get(from..to));
        for place in places.unwrap_or_default() {
            if let Some(flag) = flags.get_mut(*place) {
                *flag = true;
            }
        }
    }
}

/// Whether the frequent line at `index` stands among lines that have no partner, before and after it.
fn is_lost(kinds: &[Partner], index: usize) -> bool {
    let (before, from) = kinds.split_at_checked(index).unwrap_or_default();
    let (Some(alone_before), Some(alone_after)) = (run(before.iter().rev()), run(from.iter().skip(1))) else { return false };
    // The line itself counts on both sides.
    let frequent = alone_before.1 + alone_after.1 + 2;
    frequent * FEW < frequent + alone_before.0 + alone_after.0
}

/// Lines without a partner and frequent lines from here to the next line with few partners; `None` where none is without.
fn run<'a>(kinds: impl Iterator<Item = &'a Partner>) -> Option<(usize, usize)> {
    let (mut alone, mut frequent) = (0, 0);
    for kind in kinds.take(SIGHT) {
        match kind {
            Partner::None => alone += 1,
            Partner::Frequent => frequent += 1,
            Partner::Few => break,
        }
    }
    (alone > 0).then_some((alone, frequent))
}

impl Reached {
    fn get(&self, diagonal: i64) -> i64 {
        usize::try_from(self.middle + diagonal).ok().and_then(|at| self.lines.get(at)).copied().unwrap_or(0)
    }

    fn set(&mut self, diagonal: i64, line: i64) {
        if let Some(slot) = usize::try_from(self.middle + diagonal).ok().and_then(|at| self.lines.get_mut(at)) {
            *slot = line;
        }
    }
}

impl Span {
    /// One diagonal further on either side, or one less where the piece ends; `outside` stands beside the outermost ones.
    fn widen(&mut self, lowest: i64, highest: i64, reached: &mut Reached, outside: i64) {
        if self.low > lowest {
            self.low -= 1;
            reached.set(self.low - 1, outside);
        } else {
            self.low += 1;
        }
        if self.high < highest {
            self.high += 1;
            reached.set(self.high + 1, outside);
        } else {
            self.high -= 1;
        }
    }

    fn downwards(&self) -> impl Iterator<Item = i64> + use<> {
        (self.low..=self.high).rev().step_by(2)
    }

    fn has(&self, diagonal: i64) -> bool {
        (self.low..=self.high).contains(&diagonal)
    }
}

/// A power of two near the square root, from above: what git takes for one.
fn rough_root(number: i64) -> i64 {
    let (mut rest, mut root) = (number, 1);
    while rest > 0 {
        root <<= 1;
        rest >>= 2;
    }
    root
}

fn length(text: &[Token]) -> i64 {
    i64::try_from(text.len()).unwrap_or(FAR)
}

fn token(text: &[Token], at: i64) -> Option<Token> {
    usize::try_from(at).ok().and_then(|at| text.get(at)).copied()
}

fn count_of(counts: &[[usize; 2]], token: Token) -> [usize; 2] {
    counts.get(token.0 as usize).copied().unwrap_or_default()
}

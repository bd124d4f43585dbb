//! How far two independent kinds of evidence agree: what tools recorded, against what commits declare.
//!
//! Counts only; intervals come from the statistics. Recorded lines are the better of the two and stand for the truth here,
//! but they are no truth: lines without a record are not proven human.

use candor_model::{Evidence, Origin, Strength};

/// What the record of a commit says about the lines it added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recorded {
    /// At least half of the added lines are AI's.
    AtLeastHalf,
    /// Some, fewer than half.
    Some,
    /// None of them.
    None,
    /// There is no record.
    NoRecord,
}

impl Recorded {
    /// All rows of the table, in order.
    pub const ALL: [Recorded; 4] = [Recorded::AtLeastHalf, Recorded::Some, Recorded::None, Recorded::NoRecord];
}

/// A count of commits or lines, and how many of them stand in commits that declare AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flagged {
    /// All.
    pub all: u64,
    /// Those that are flagged by a trailer, an identity, a footer.
    pub flagged: u64,
}

impl Flagged {
    fn add(&mut self, count: u64, is_flagged: bool) {
        self.all += count;
        self.flagged += if is_flagged { count } else { 0 };
    }
}

/// Recorded lines against declarations, commit by commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    commits: [Flagged; 4],
    /// Lines that are recorded as AI's; flagged over all is the sensitivity of declarations by line.
    pub ai_lines: Flagged,
    /// Added lines of recorded commits that are not recorded as AI's; one minus flagged over all is the specificity by
    /// line, as far as no record means no AI.
    pub other_lines: Flagged,
    /// Commits with a record that add no line, and stand in no row.
    pub without_lines: u64,
}

/// Whether the evidence on a commit declares AI: by a trailer, an identity, a footer. Records do not count.
pub fn is_flagged<'e>(evidence: impl IntoIterator<Item = &'e Evidence>) -> bool {
    evidence.into_iter().any(|e| e.strength < Strength::Recorded && matches!(e.origin, Origin::Ai | Origin::Mixed))
}

impl Agreement {
    /// Counts a commit.
    ///
    /// # Input
    /// `recorded_ai`: lines that the commit added and that are recorded as AI's; none without a record. `added`: all lines
    /// that it added. `is_flagged`: whether it declares AI.
    pub fn add(&mut self, recorded_ai: Option<u64>, added: u64, is_flagged: bool) {
        let row = match recorded_ai {
            None => Recorded::NoRecord,
            Some(_) if added == 0 => {
                self.without_lines += 1;
                return;
            }
            Some(0) => Recorded::None,
            Some(ai) if u128::from(ai) * 2 >= u128::from(added) => Recorded::AtLeastHalf,
            Some(_) => Recorded::Some,
        };
        if let Some(cell) = self.commits.get_mut(row as usize) {
            cell.add(1, is_flagged);
        }
        if let Some(ai) = recorded_ai {
            self.ai_lines.add(ai, is_flagged);
            self.other_lines.add(added.saturating_sub(ai), is_flagged);
        }
    }

    /// Commits of a row.
    pub fn commits(&self, row: Recorded) -> Flagged {
        self.commits.get(row as usize).copied().unwrap_or_default()
    }

    /// Adds the counts of another table.
    pub fn merge(&mut self, other: &Agreement) {
        let pairs = self.commits.iter_mut().zip(&other.commits);
        let lines = [(&mut self.ai_lines, &other.ai_lines), (&mut self.other_lines, &other.other_lines)];
        for (mine, theirs) in pairs.chain(lines) {
            mine.all += theirs.all;
            mine.flagged += theirs.flagged;
        }
        self.without_lines += other.without_lines;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use candor_model::EvidenceLevel;

    #[test]
    fn commits_stand_in_one_row() {
        let mut table = Agreement::default();
        for (recorded, added, flagged) in [
            (Some(5), 10, true),
            (Some(4), 10, false),
            (Some(0), 10, true),
            (None, 10, true),
            (Some(0), 0, true),
            (Some(10), 10, false),
        ] {
            table.add(recorded, added, flagged);
        }
        let rows = Recorded::ALL.map(|row| (table.commits(row).all, table.commits(row).flagged));
        assert_eq!(rows, [(2, 1), (1, 0), (1, 1), (1, 1)]);
        assert_eq!((table.ai_lines, table.other_lines), (Flagged { all: 19, flagged: 5 }, Flagged { all: 21, flagged: 15 }));
        assert_eq!(table.without_lines, 1);
        let mut twice = table.clone();
        twice.merge(&table);
        assert_eq!((twice.ai_lines.all, twice.commits(Recorded::AtLeastHalf).all), (38, 4));
    }

    #[test]
    fn records_flag_nothing() {
        let of = |strength, origin| Evidence { strength, ..Evidence::new(EvidenceLevel::Commit, "c", origin, "x", ("r", "1")) };
        assert!(is_flagged([&of(Strength::SelfDeclared, Origin::Ai)]));
        assert!(is_flagged([&of(Strength::Inferred, Origin::Mixed)]));
        assert!(!is_flagged([&of(Strength::Recorded, Origin::Ai), &of(Strength::SelfDeclared, Origin::Human)]));
    }
}

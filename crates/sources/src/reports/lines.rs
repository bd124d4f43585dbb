//! Lines of a file that can run, and those that did.

use std::collections::BTreeMap;

/// Lines that can run, with whether any run reached them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<u32, bool>);

impl Lines {
    /// Adds what a run says of a line.
    pub fn line(&mut self, line: u32, covered: bool) {
        *self.0.entry(line).or_insert(false) |= covered;
    }

    /// Adds what other runs say.
    pub fn add(&mut self, other: &Self) {
        for (line, covered) in &other.0 {
            self.line(*line, *covered);
        }
    }

    /// Numbers of lines that can run, and of those that did.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.0.len(), self.0.values().filter(|covered| **covered).count())
    }

    /// Lines that can run as ranges: `1-4,9`.
    #[must_use]
    pub fn executable(&self) -> String {
        ranges(self.0.keys().copied())
    }

    /// Lines that did run as ranges.
    #[must_use]
    pub fn covered(&self) -> String {
        ranges(self.0.iter().filter(|(_, covered)| **covered).map(|(line, _)| *line))
    }

    /// Reads ranges back.
    #[must_use]
    pub fn from_ranges(executable: &str, covered: &str) -> Self {
        let mut lines = Self::default();
        for (text, is_covered) in [(executable, false), (covered, true)] {
            for part in text.split(',').filter(|part| !part.is_empty()) {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                    (first..=last).for_each(|line| lines.line(line, is_covered));
                }
            }
        }
        lines
    }
}

fn ranges(lines: impl Iterator<Item = u32>) -> String {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match found.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(line) => *last = line,
            _ => found.push((line, line)),
        }
    }
    let texts: Vec<String> =
        found.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") }).collect();
    texts.join(",")
}

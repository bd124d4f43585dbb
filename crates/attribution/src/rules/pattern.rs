//! Patterns that are compiled when they are first needed, since a run with nothing new to read needs none of them.

use super::RulesError;
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::sync::OnceLock;

/// Compiles one pattern: case-insensitive, ASCII, bytes.
pub(super) fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).unicode(false).size_limit(1 << 22).build()
}

/// One pattern.
#[derive(Debug, Clone, Default)]
pub(super) struct Pattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: String) -> Pattern {
        Pattern { text, regex: OnceLock::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The compiled pattern. It is always there: files of the user are checked when they are read, the embedded one by a test.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile(&self.text).ok()).as_ref()
    }
}

/// Patterns that are tried together.
#[derive(Debug, Clone, Default)]
pub(super) struct PatternSet {
    list: Vec<String>,
    set: OnceLock<Option<RegexSet>>,
}

impl PatternSet {
    pub(super) fn push(&mut self, pattern: String) {
        self.list.push(pattern);
    }

    /// Compiles the set now, so that a fault shows before anything is matched.
    pub(super) fn check(&self) -> Result<(), RulesError> {
        match self.build() {
            Ok(set) => {
                self.set.get_or_init(|| Some(set));
                Ok(())
            }
            Err(error) => Err(RulesError::Shape {
                file: "all rules files together".to_owned(),
                line: 0,
                key: "pattern".to_owned(),
                message: format!("the patterns cannot be matched together ({error}); simplify them"),
            }),
        }
    }

    /// Indexes of the patterns that match, in order.
    pub(super) fn matches(&self, text: &[u8]) -> Vec<usize> {
        let set = self.set.get_or_init(|| self.build().ok());
        set.as_ref().map(|set| set.matches(text).into_iter().collect()).unwrap_or_default()
    }

    fn build(&self) -> Result<RegexSet, regex::Error> {
        RegexSetBuilder::new(&self.list).case_insensitive(true).unicode(false).size_limit(1 << 26).build()
    }
}

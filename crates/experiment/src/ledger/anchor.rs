//! Heads of the ledger that were shown to somebody else: the only witnesses of time, and of a tail that was cut off.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::Chain;
use crate::canonical::{self, Hash};
use crate::{ExperimentError, ledger::timestamp::Reply};

/// What an anchor file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Always `candor-anchor-1`.
    pub format: String,
    /// Hash of the first line: the name of the ledger.
    pub ledger: Hash,
    /// Number of entries up to and with the head.
    pub entries: u32,
    /// Hash of the last line.
    pub head: Hash,
    /// When it was made, by the clock of whoever made it.
    pub at: Timestamp,
}

/// Who vouches for an anchor, and for which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorKind {
    /// A file that somebody kept: its time is its maker's word.
    File,
    /// A tag of a git repository: its time is the word of that repository's keeper.
    Git {
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
        /// The time of the tag.
        at: Timestamp,
    },
    /// A reply of a time-stamping authority.
    TimeStamp(Reply),
}

/// What an anchor says about a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorCheck {
    /// The ledger holds what was anchored.
    Holds,
    /// The anchor is about more entries than there are: a tail was cut off.
    Cut {
        /// Entries of the ledger.
        have: u32,
    },
    /// The entry in this line is another one than was anchored: history was written anew.
    Rewritten {
        /// Line of the file, from 1.
        line: u32,
    },
    /// The anchor belongs to another ledger.
    Other,
}

impl Anchor {
    /// The head of this chain; none of an empty one.
    #[must_use]
    pub fn of(chain: &Chain, at: Timestamp) -> Option<Self> {
        let ledger = chain.genesis()?;
        Some(Self { format: "candor-anchor-1".to_owned(), ledger, entries: chain.next_seq(), head: chain.head(), at })
    }

    /// The text of the anchor file: canonical JSON and a line end.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`], in theory.
    pub fn to_text(&self) -> Result<String, ExperimentError> {
        Ok(format!("{}\n", canonical::text(self)?))
    }

    /// Reads an anchor file; `name` is named when it is none.
    ///
    /// # Errors
    /// [`ExperimentError::Anchor`] where the text is something else.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ExperimentError> {
        let fault = |what: String| ExperimentError::Anchor { path: name.into(), what };
        let anchor: Self = serde_json::from_str(text)
            .map_err(|error| fault(format!("expected an anchor as `candor ledger anchor --file` writes it: {error}")))?;
        if anchor.format != "candor-anchor-1" || anchor.entries == 0 {
            return Err(fault(format!("expected format `candor-anchor-1` and at least one entry, found `{}`", anchor.format)));
        }
        Ok(anchor)
    }
}

impl fmt::Display for AnchorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("a file; its time is the word of whoever kept it"),
            Self::Git { repository, tag, at } => {
                write!(f, "tag `{tag}` of `{repository}`, {at} by the word of that repository's keeper")
            }
            Self::TimeStamp(reply) => write!(f, "a time-stamp reply of {} (RFC 3161)", reply.time),
        }
    }
}

/// Compares an anchor with a ledger.
#[must_use]
pub fn check_anchor(chain: &Chain, anchor: &Anchor) -> AnchorCheck {
    if chain.genesis() != Some(anchor.ledger) {
        return AnchorCheck::Other;
    }
    match chain.hash_at(anchor.entries - 1) {
        None => AnchorCheck::Cut { have: chain.next_seq() },
        Some(hash) if hash == anchor.head => AnchorCheck::Holds,
        Some(_) => AnchorCheck::Rewritten { line: anchor.entries },
    }
}

/// Compares a ledger with an export of it, byte by byte.
///
/// # Errors
/// The first line that differs, and how, in words.
pub fn check_export(ledger: &[u8], export: &[u8]) -> Result<usize, String> {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let same = ledger.iter().zip(export).take_while(|(left, right)| left == right).count();
    if same == export.len() {
        return Ok(lines(export));
    }
    let line = export.iter().take(same).filter(|byte| **byte == b'\n').count() + 1;
    if same == ledger.len() {
        return Err(format!(
            "the ledger ends before line {line} of the export: {} entries were cut off",
            lines(export) - lines(ledger)
        ));
    }
    Err(format!("line {line} is another one than in the export"))
}

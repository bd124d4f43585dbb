//! What tools recorded line by line: git-ai notes (`authorship/3.0.0`) and its older blobs (`authorship/0.0.1`).
//!
//! Records claim more than they should (F28): on git-ai's own history 84 % of the attested lines lie outside of what their
//! commit added. So a record is never evidence by itself; [`clip`] keeps of it the lines that the commit really added.
//!
//! Notes of some versions hold whole session transcripts. They are skipped while the text is read, never stored, and never
//! part of a message: errors name line and column only.

mod attested;
pub mod clip;
mod legacy;

pub(crate) use clip::session_hash;
pub use clip::{AddedLines, Clipped, clip};

use crate::ranges::Ranges;
use crate::rules::Rules;
use bstr::{BString, ByteSlice};
use candor_model::Origin;

/// Notes that are longer are not read; git-ai's own limit.
pub const MAX_BYTES: usize = 8 << 20;

/// Tools under which git-ai's own tests write.
const TEST_TOOLS: [&str; 4] = ["mock_ai", "mock-ai", "test-agent", "test_agent"];

/// git-ai's names of tools, where ours differ.
const NAMES: [(&str, &str); 4] =
    [("claude", "claude-code"), ("github-copilot", "copilot"), ("github-copilot-cli", "copilot"), ("gemini", "gemini-cli")];

/// Why a record is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is longer than [`MAX_BYTES`].
    #[error("the note has {0} bytes; notes of up to {MAX_BYTES} bytes are read")]
    TooLarge(usize),
    /// The attestation is not closed.
    #[error("the note has no line `---` between its attestations and its metadata")]
    NoDivider,
    /// The metadata cannot be read.
    #[error("the note's metadata cannot be read at line {line}, column {column}: {reason}")]
    Metadata {
        /// Line of the metadata, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What kind of fault; never the text itself.
        reason: &'static str,
    },
    /// It follows a schema that is not known.
    #[error("the note has the unknown schema_version `{0}`; `authorship/3.0.0` and `authorship/0.0.1` are known")]
    Schema(String),
}

impl NoteError {
    /// Keeps place and kind of a fault, and nothing of the text.
    pub(crate) fn of_json(error: &serde_json::Error) -> NoteError {
        let reason = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax => "it is no JSON",
            serde_json::error::Category::Data => "a value is missing or of another type than the format says",
            serde_json::error::Category::Io => "it could not be read",
        };
        NoteError::Metadata { line: error.line(), column: error.column(), reason }
    }
}

/// Who or what a key of a record stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Author {
    /// AI or human; mixed in Agent Trace.
    pub origin: Origin,
    /// Normalised name of the tool.
    pub tool: Option<String>,
    /// Model as the record spells it.
    pub model: Option<String>,
    /// Provider of the model, where it is said apart.
    pub provider: Option<String>,
    /// The tool's own id of the session; evidence holds its salted hash only.
    pub session_raw: Option<String>,
}

/// What became of the key of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// An index into [`Note::authors`].
    Author(usize),
    /// A tool under which tests write: no evidence.
    TestTool,
    /// The metadata holds nothing under this key: no evidence.
    Unresolved,
}

/// One claim: lines of a file were written under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteEntry {
    /// Path in the commit, bytes.
    pub path: BString,
    /// Key, as the record spells it.
    pub key: String,
    /// Claimed lines.
    pub ranges: Ranges,
    /// Who that is.
    pub resolved: Resolution,
}

/// A range that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRange {
    /// Path above it; empty where there is none.
    pub path: BString,
    /// The text of the range, cut to 80 bytes.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A record, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Kind of source: `git_ai_note` or `agent_trace`.
    pub source: &'static str,
    /// Version of its format.
    pub schema: String,
    /// Claims in the order of the record.
    pub entries: Vec<NoteEntry>,
    /// Who is named.
    pub authors: Vec<Author>,
    /// Ranges that were left out.
    pub rejected_ranges: Vec<RejectedRange>,
    /// Commit that the note says it was made for (in git-ai's practice the annotated commit).
    pub base_commit: Option<String>,
    /// Version of the tool that wrote the record.
    pub tool_version: Option<String>,
}

impl Note {
    /// Reads a git-ai record: a note of `authorship/3.0.0`, or a JSON blob of `authorship/0.0.1`.
    ///
    /// Unknown keys are ignored; a range that cannot be read is left out and listed; a key without metadata makes its
    /// entry unresolved.
    ///
    /// # Input
    /// `bytes`: the note. `rules`: names of tools, by which the old blobs tell tools from people.
    ///
    /// # Errors
    /// [`NoteError`]: too large, no divider, broken metadata, unknown schema. Then nothing of it is evidence.
    pub fn parse(bytes: &[u8], rules: &Rules) -> Result<Note, NoteError> {
        if bytes.len() > MAX_BYTES {
            return Err(NoteError::TooLarge(bytes.len()));
        }
        // Paths may begin with `{` too, so only what has no divider can be a blob of the first format.
        match attested::divided(bytes) {
            Some((attestations, metadata)) => attested::parse(attestations, metadata),
            None if bytes.trim_start().starts_with(b"{") => legacy::parse(bytes, rules),
            None => Err(NoteError::NoDivider),
        }
    }

    /// Number of entries whose key resolves to nothing.
    pub fn unresolved(&self) -> usize {
        self.entries.iter().filter(|entry| entry.resolved == Resolution::Unresolved).count()
    }

    /// The author of an entry.
    pub fn author(&self, entry: &NoteEntry) -> Option<&Author> {
        match entry.resolved {
            Resolution::Author(index) => self.authors.get(index),
            Resolution::TestTool | Resolution::Unresolved => None,
        }
    }
}

/// Our name of a tool that a record names.
pub(crate) fn tool_name(recorded: &str) -> Option<String> {
    let name = recorded.trim().to_ascii_lowercase();
    let ours = NAMES.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| (*ours).to_owned());
    ours.or(Some(name)).filter(|name| !name.is_empty() && name != "unknown")
}

/// git-ai's name of a tool that we name, for output in its terms.
pub fn git_ai_name(tool: &str) -> &str {
    NAMES.iter().find(|(_, ours)| *ours == tool).map_or(tool, |(theirs, _)| theirs)
}

pub(crate) fn is_test_tool(recorded: &str) -> bool {
    TEST_TOOLS.contains(&recorded.trim().to_ascii_lowercase().as_str())
}

/// A model's name, unless it is one of the words for none.
pub(crate) fn model_name(recorded: &str) -> Option<String> {
    let name = recorded.trim();
    (!["", "unknown", "none", "<synthetic>", "default"].contains(&name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;

//! `authorship/3.0.0`: attestations by path and key, a line `---`, and the metadata of the keys as JSON.

use super::{Author, Note, NoteEntry, NoteError, RejectedRange, Resolution, is_test_tool, model_name, tool_name};
use crate::ranges::{Ranges, normalised};
use bstr::{BStr, BString, ByteSlice};
use candor_model::Origin;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::HashMap;

const SCHEMA: &str = "authorship/3.0.0";

/// What is read of the metadata. All other keys, transcripts (`messages`) among them, are skipped by the parser.
#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    schema_version: Cow<'a, str>,
    #[serde(borrow)]
    base_commit_sha: Option<Cow<'a, str>>,
    #[serde(borrow)]
    git_ai_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    prompts: Option<HashMap<Cow<'a, str>, Session<'a>>>,
    #[serde(borrow)]
    sessions: Option<HashMap<Cow<'a, str>, Session<'a>>>,
    #[serde(borrow)]
    humans: Option<HashMap<Cow<'a, str>, IgnoredAny>>,
}

#[derive(Deserialize)]
struct Session<'a> {
    #[serde(borrow)]
    agent_id: Option<Agent<'a>>,
}

#[derive(Deserialize)]
struct Agent<'a> {
    #[serde(borrow)]
    tool: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct SchemaOnly<'a> {
    #[serde(borrow)]
    schema_version: Cow<'a, str>,
}

/// Reads a note, divided already.
pub(super) fn parse(attestations: &[u8], json: &[u8]) -> Result<Note, NoteError> {
    let metadata: Metadata<'_> = match serde_json::from_slice(json) {
        Ok(metadata) => metadata,
        // Another schema may have another shape: then that is the reason, not its first unexpected value.
        Err(error) => match serde_json::from_slice::<SchemaOnly<'_>>(json) {
            Ok(other) if other.schema_version != SCHEMA => return Err(NoteError::Schema(shortened(&other.schema_version))),
            _ => return Err(NoteError::of_json(&error)),
        },
    };
    if metadata.schema_version != SCHEMA {
        return Err(NoteError::Schema(shortened(&metadata.schema_version)));
    }
    let mut note = Note {
        source: "git_ai_note",
        schema: SCHEMA.to_owned(),
        entries: Vec::new(),
        authors: Vec::new(),
        rejected_ranges: Vec::new(),
        base_commit: metadata.base_commit_sha.as_deref().map(str::to_owned),
        tool_version: metadata.git_ai_version.as_deref().map(str::to_owned),
    };
    let mut keys = Keys { metadata: &metadata, known: HashMap::new() };
    let mut path: Option<BString> = None;
    for line in attestations.lines() {
        if let Some(entry) = line.strip_prefix(b"  ") {
            match &path {
                Some(path) => entry_of(entry.as_bstr(), path, &mut keys, &mut note),
                None => note.reject(BStr::new(""), entry, "no path stands above it"),
            }
        } else if !line.trim().is_empty() {
            path = Some(unquoted(line));
        }
    }
    Ok(note)
}

/// Attestations and metadata, divided by the first line that is exactly `---`.
pub(super) fn divided(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut start = 0;
    for line in bytes.lines_with_terminator() {
        let end = start + line.len();
        if matches!(line, b"---\n" | b"---\r\n" | b"---") {
            return Some((bytes.get(..start)?, bytes.get(end..)?));
        }
        start = end;
    }
    None
}

/// A path as git-ai writes it: in quotes when it holds blanks. What is escaped in them as git does it is resolved.
fn unquoted(line: &[u8]) -> BString {
    let Some(inner) = line.trim_end().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return line.into();
    };
    unescaped(inner).unwrap_or_else(|| inner.to_vec()).into()
}

/// Resolves git's escapes; none where a backslash is none of them.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&code, tail) = rest.split_first()?;
        rest = tail;
        bytes.push(match code {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b'"' | b'\\' => code,
            b'0'..=b'3' => {
                let digits = rest.get(..2).filter(|digits| digits.iter().all(|d| (b'0'..=b'7').contains(d)))?;
                rest = rest.get(2..)?;
                digits.iter().fold(code - b'0', |value, digit| value.wrapping_mul(8) + (digit - b'0'))
            }
            _ => return None,
        });
    }
    Some(bytes)
}

fn entry_of(entry: &BStr, path: &BString, keys: &mut Keys<'_>, note: &mut Note) {
    let Some((key, claimed)) = entry.trim().split_once_str(" ") else {
        note.reject(path.as_bstr(), entry, "no ranges stand behind the key");
        return;
    };
    let Ok(key) = key.to_str() else {
        note.reject(path.as_bstr(), entry, "its key is no text");
        return;
    };
    let mut ranges: Ranges = Vec::new();
    for text in claimed.split_str(",") {
        match range(text) {
            Ok(range) => ranges.push(range),
            Err(reason) => note.reject(path.as_bstr(), text, reason),
        }
    }
    let ranges = normalised(ranges);
    if !ranges.is_empty() {
        let resolved = keys.resolve(key, &mut note.authors);
        note.entries.push(NoteEntry { path: path.clone(), key: key.to_owned(), ranges, resolved });
    }
}

/// `7` or `3-9`, lines from 1.
fn range(text: &[u8]) -> Result<(u32, u32), &'static str> {
    let number = |text: &[u8]| text.trim().to_str().ok().and_then(|text| text.parse::<u32>().ok());
    let (from, to) = text.split_once_str("-").unwrap_or((text, text));
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from > 0 && from <= to => Ok((from, to)),
        (Some(0), Some(_)) => Err("lines are numbered from 1"),
        (Some(_), Some(_)) => Err("it ends before it begins"),
        _ => Err("it is no line or range of lines"),
    }
}

/// Looks keys up in the metadata, each once.
struct Keys<'a> {
    metadata: &'a Metadata<'a>,
    known: HashMap<String, Resolution>,
}

impl Keys<'_> {
    fn resolve(&mut self, key: &str, authors: &mut Vec<Author>) -> Resolution {
        // Behind `::` stands the checkpoint; the session before it is what the metadata knows.
        let key = key.split("::").next().unwrap_or(key);
        if let Some(&known) = self.known.get(key) {
            return known;
        }
        let resolution = self.look_up(key, authors);
        self.known.insert(key.to_owned(), resolution);
        resolution
    }

    fn look_up(&self, key: &str, authors: &mut Vec<Author>) -> Resolution {
        let session = self.metadata.sessions.iter().chain(&self.metadata.prompts).find_map(|map| map.get(key));
        let author = if let Some(session) = session {
            let Some(agent) = &session.agent_id else { return Resolution::Unresolved };
            if agent.tool.as_deref().is_some_and(is_test_tool) {
                return Resolution::TestTool;
            }
            Author {
                origin: Origin::Ai,
                tool: agent.tool.as_deref().and_then(tool_name),
                model: agent.model.as_deref().and_then(model_name),
                provider: None,
                session_raw: agent.id.as_deref().filter(|id| !id.is_empty()).map(str::to_owned),
            }
        } else if self.metadata.humans.as_ref().is_some_and(|humans| humans.contains_key(key)) {
            Author { origin: Origin::Human, tool: None, model: None, provider: None, session_raw: None }
        } else {
            return Resolution::Unresolved;
        };
        let index = authors.iter().position(|known| *known == author).unwrap_or_else(|| {
            authors.push(author);
            authors.len() - 1
        });
        Resolution::Author(index)
    }
}

impl Note {
    fn reject(&mut self, path: &BStr, text: &[u8], reason: &'static str) {
        let text = text.get(..text.len().min(80)).unwrap_or_default().to_str_lossy().into_owned();
        self.rejected_ranges.push(RejectedRange { path: path.to_owned(), text, reason });
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

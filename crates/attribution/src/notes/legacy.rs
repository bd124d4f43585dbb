//! `authorship/0.0.1`: one JSON object with files, their authors by name, and lines. Written before git-ai 1.0.
//!
//! It names authors and does not say which of them are tools; the names that the rules know are.

use super::{Author, Note, NoteEntry, NoteError, RejectedRange, Resolution, is_test_tool};
use crate::ranges::normalised;
use crate::rules::{Resolved, Rules};
use candor_model::Origin;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;

const SCHEMA: &str = "authorship/0.0.1";

#[derive(Deserialize)]
struct Blob<'a> {
    #[serde(borrow)]
    schema_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    files: Option<BTreeMap<Cow<'a, str>, File<'a>>>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, default)]
    authors: Vec<Claim<'a>>,
}

#[derive(Deserialize)]
struct Claim<'a> {
    #[serde(borrow)]
    author: Cow<'a, str>,
    #[serde(default)]
    lines: Vec<Lines>,
    agent_metadata: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    One(u32),
    Range(u32, u32),
}

/// Reads a blob.
pub(super) fn parse(bytes: &[u8], rules: &Rules) -> Result<Note, NoteError> {
    let blob: Blob<'_> = serde_json::from_slice(bytes).map_err(|error| NoteError::of_json(&error))?;
    let files = match (&blob.schema_version, blob.files) {
        (Some(schema), _) if schema != SCHEMA => return Err(NoteError::Schema(schema.chars().take(40).collect())),
        // The first blobs name no schema; files with authors are what tells them.
        (_, Some(files)) => files,
        (None, None) => return Err(NoteError::NoDivider),
        (Some(_), None) => BTreeMap::new(),
    };
    let mut note = Note {
        source: "git_ai_note",
        schema: SCHEMA.to_owned(),
        entries: Vec::new(),
        authors: Vec::new(),
        rejected_ranges: Vec::new(),
        base_commit: None,
        tool_version: None,
    };
    for (path, file) in files {
        for claim in file.authors {
            let mut ranges = Vec::with_capacity(claim.lines.len());
            for lines in &claim.lines {
                let (from, to) = match *lines {
                    Lines::One(line) => (line, line),
                    Lines::Range(from, to) => (from, to),
                };
                if from > 0 && from <= to {
                    ranges.push((from, to));
                } else {
                    let (path, text) = (path.as_bytes().into(), format!("{from}-{to}"));
                    note.rejected_ranges.push(RejectedRange {
                        path,
                        text,
                        reason: "it ends before it begins, or begins before line 1",
                    });
                }
            }
            let ranges = normalised(ranges);
            if ranges.is_empty() {
                continue;
            }
            let resolved = resolve(&claim, rules, &mut note.authors);
            // The key is a person's name in this format: it goes no further than this.
            note.entries.push(NoteEntry { path: path.as_bytes().into(), key: String::new(), ranges, resolved });
        }
    }
    Ok(note)
}

fn resolve(claim: &Claim<'_>, rules: &Rules, authors: &mut Vec<Author>) -> Resolution {
    let name = claim.author.trim();
    if is_test_tool(name) {
        return Resolution::TestTool;
    }
    let known = rules.resolve(name, true).into_iter().find_map(|resolved| match resolved {
        Resolved::Known { tool, model } => Some((tool, model)),
        _ => None,
    });
    let author = match (known, claim.agent_metadata.is_some()) {
        (Some((tool, model)), _) => Author { origin: Origin::Ai, tool, model, provider: None, session_raw: None },
        (None, true) => Author { origin: Origin::Ai, tool: None, model: None, provider: None, session_raw: None },
        // A first and a last name is a person; a single word may be a tool that the rules do not know.
        (None, false) if name.split_whitespace().count() > 1 => {
            Author { origin: Origin::Human, tool: None, model: None, provider: None, session_raw: None }
        }
        (None, false) => return Resolution::Unresolved,
    };
    let index = authors.iter().position(|known| *known == author).unwrap_or_else(|| {
        authors.push(author);
        authors.len() - 1
    });
    Resolution::Author(index)
}

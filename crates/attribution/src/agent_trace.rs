//! Agent Trace 0.1.0: records of what an agent wrote, before it was committed.
//!
//! A trace is evidence on a session until it is matched with a commit: the reference tool writes the revision at edit
//! time, which is the parent of the commit that will hold the lines. So a trace speaks of the lines of a commit when its
//! revision is that commit or one of its parents, and then only of lines that the commit added. The hashes of contents are
//! not compared, since the format does not say how they are made.

use crate::notes::{Author, Note, NoteEntry, RejectedRange, Resolution, is_test_tool, model_name, session_hash, tool_name};
use crate::ranges::normalised;
use bstr::ByteSlice;
use candor_model::{Evidence, EvidenceLevel, Origin, Strength};
use serde::Deserialize;
use std::borrow::Cow;

/// Where the reference tool appends its records, from the root of the repository.
pub const FILE: &str = ".agent-trace/traces.jsonl";

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its id.
    pub id: String,
    /// When it was written, seconds since 1970.
    pub at: i64,
    /// Git revision at that time.
    pub revision: Option<String>,
    /// What it claims, in the form of a note.
    pub record: Note,
}

/// A line of a trace file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct TraceError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong; never the text itself.
    pub reason: String,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    vcs: Option<Vcs<'a>>,
    #[serde(borrow)]
    tool: Option<Tool<'a>>,
    #[serde(borrow)]
    files: Vec<File<'a>>,
}

#[derive(Deserialize)]
struct Vcs<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    revision: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default)]
    conversations: Vec<Conversation<'a>>,
}

#[derive(Deserialize)]
struct Conversation<'a> {
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    contributor: Option<Contributor<'a>>,
    #[serde(borrow)]
    ranges: Vec<Lines<'a>>,
}

#[derive(Deserialize)]
struct Contributor<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    model_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Lines<'a> {
    start_line: u32,
    end_line: u32,
    #[serde(borrow)]
    contributor: Option<Contributor<'a>>,
}

/// Reads a trace file: one JSON object a line.
///
/// # Output
/// The records that can be read, in the order of the file, and the lines that cannot, with the reason. Empty lines are
/// skipped; unknown keys are ignored; a range that ends before it begins is left out and listed in its record.
pub fn parse(bytes: &[u8]) -> (Vec<Trace>, Vec<TraceError>) {
    let (mut traces, mut errors) = (Vec::new(), Vec::new());
    for (index, line) in bytes.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match one(line) {
            Ok(trace) => traces.push(trace),
            Err(reason) => errors.push(TraceError { line: index + 1, reason }),
        }
    }
    (traces, errors)
}

fn one(line: &[u8]) -> Result<Trace, String> {
    // The kind of fault and its column only: the parser's own message could hold text of a conversation.
    let record: Record<'_> = serde_json::from_slice(line).map_err(|error| {
        let kind = if error.is_data() {
            "a value is missing or of another type than Agent Trace 0.1.0 says"
        } else {
            "it is no JSON object"
        };
        format!("{kind} (column {})", error.column())
    })?;
    let mut numbers = record.version.split('.');
    if (numbers.next(), numbers.next()) != (Some("0"), Some("1")) {
        let version: String = record.version.chars().take(20).collect();
        return Err(format!("it has the version `{version}`; 0.1 is known"));
    }
    let at = record.timestamp.parse::<jiff::Timestamp>().map_err(|_| "its timestamp is no RFC 3339 time".to_owned())?;
    let mut note = Note {
        source: "agent_trace",
        schema: format!("agent-trace/{}", record.version),
        entries: Vec::new(),
        authors: Vec::new(),
        rejected_ranges: Vec::new(),
        base_commit: None,
        tool_version: record.tool.as_ref().and_then(|tool| tool.version.as_deref()).map(str::to_owned),
    };
    let tool = record.tool.as_ref().and_then(|tool| tool.name.as_deref());
    for file in &record.files {
        for conversation in &file.conversations {
            for lines in &conversation.ranges {
                let range = (lines.start_line, lines.end_line);
                if range.0 == 0 || range.1 < range.0 {
                    let (path, text) = (file.path.as_bytes().into(), format!("{}-{}", range.0, range.1));
                    note.rejected_ranges.push(RejectedRange {
                        path,
                        text,
                        reason: "it ends before it begins, or begins before line 1",
                    });
                    continue;
                }
                let who = lines.contributor.as_ref().or(conversation.contributor.as_ref());
                let resolved = resolve(who, tool, conversation.url.as_deref(), &mut note.authors);
                let (path, ranges) = (file.path.as_bytes().into(), normalised(vec![range]));
                note.entries.push(NoteEntry { path, key: String::new(), ranges, resolved });
            }
        }
    }
    let revision = record.vcs.filter(|vcs| vcs.kind == "git").map(|vcs| vcs.revision.to_ascii_lowercase());
    note.base_commit.clone_from(&revision);
    Ok(Trace { id: record.id.into_owned(), at: at.as_second(), revision, record: note })
}

fn resolve(who: Option<&Contributor<'_>>, tool: Option<&str>, session: Option<&str>, authors: &mut Vec<Author>) -> Resolution {
    let origin = match who.map(|who| who.kind.as_ref()) {
        Some("ai") => Origin::Ai,
        Some("human") => Origin::Human,
        Some("mixed") => Origin::Mixed,
        _ => return Resolution::Unresolved,
    };
    if tool.is_some_and(is_test_tool) {
        return Resolution::TestTool;
    }
    // `provider/model`, as models.dev writes it.
    let id = who.and_then(|who| who.model_id.as_deref()).unwrap_or_default();
    let (provider, model) = id.split_once('/').map_or((None, id), |(provider, model)| (Some(provider.to_owned()), model));
    let is_human = origin == Origin::Human;
    let author = Author {
        origin,
        tool: tool.filter(|_| !is_human).and_then(tool_name),
        model: model_name(model),
        provider,
        session_raw: session.filter(|url| !url.is_empty()).map(str::to_owned),
    };
    let index = authors.iter().position(|known| *known == author).unwrap_or_else(|| {
        authors.push(author);
        authors.len() - 1
    });
    Resolution::Author(index)
}

impl Trace {
    /// What the trace says as long as it is not matched: that the session took place. It labels no commit.
    pub fn session_evidence(&self, salt: &[u8]) -> Vec<Evidence> {
        let subject = self.revision.as_deref().unwrap_or(&self.id);
        let of = |author: &Author| Evidence {
            tool: author.tool.clone(),
            tool_version: self.record.tool_version.clone(),
            model: author.model.clone(),
            provider: author.provider.clone(),
            session: author.session_raw.as_deref().map(|id| session_hash(salt, id)),
            source_version: Some(self.record.schema.clone()),
            strength: Strength::Recorded,
            observed_at: Some(self.at),
            ..Evidence::new(EvidenceLevel::Session, subject, author.origin, "agent_trace", ("agent-trace/session", "1"))
        };
        self.record.authors.iter().map(of).collect()
    }
}

/// Puts together what traces claim for a commit, to be clipped by [`crate::notes::clip`]; none when no trace is for it.
///
/// # Definition
/// A trace is for a commit when its revision is the commit's own id or that of one of its parents. The latest trace comes
/// first, since what was written last is what was committed.
pub fn record_for(traces: &[Trace], commit: &str, parents: &[&str]) -> Option<Note> {
    let is_for = |trace: &&Trace| trace.revision.as_deref().is_some_and(|at| at == commit || parents.contains(&at));
    let mut matching: Vec<&Trace> = traces.iter().filter(is_for).collect();
    matching.sort_by_key(|trace| std::cmp::Reverse(trace.at));
    let mut record = matching.first()?.record.clone();
    for trace in matching.iter().skip(1) {
        let before = record.authors.len();
        record.authors.extend(trace.record.authors.iter().cloned());
        record.rejected_ranges.extend(trace.record.rejected_ranges.iter().cloned());
        record.entries.extend(trace.record.entries.iter().map(|entry| {
            let resolved = match entry.resolved {
                Resolution::Author(index) => Resolution::Author(before + index),
                other => other,
            };
            NoteEntry { resolved, ..entry.clone() }
        }));
    }
    Some(record)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::notes::{AddedLines, clip};
    use proptest::prelude::*;

    const EDIT: &str = r#"{"version":"0.1.0","id":"a","timestamp":"2026-01-25T10:00:00Z","vcs":{"type":"git","revision":"PARENT"},"tool":{"name":"cursor","version":"2.4"},"files":[{"path":"src/app.ts","conversations":[{"url":"https://tool.example/secret-session","contributor":{"type":"ai","model_id":"anthropic/claude-opus-4-5"},"ranges":[{"start_line":1,"end_line":50},{"start_line":60,"end_line":61,"contributor":{"type":"human"}},{"start_line":9,"end_line":3}]}]}],"metadata":{"com.example":1}}"#;

    #[test]
    fn a_trace_speaks_of_the_child_of_its_revision() {
        let (traces, errors) = parse(format!("{EDIT}\n\n{{\"version\":\"2.0.0\"}}\nnot json SECRET\n").as_bytes());
        assert_eq!((traces.len(), errors.iter().map(|e| e.line).collect::<Vec<_>>()), (1, vec![3, 4]));
        assert!(!format!("{errors:?}").contains("SECRET"));
        assert_eq!(traces[0].record.rejected_ranges.len(), 1);
        assert!(record_for(&traces, "child", &["other"]).is_none());
        let record = record_for(&traces, "child", &["parent"]).unwrap();
        let added =
            |path: &bstr::BStr| (path == "src/app.ts").then(|| AddedLines { path: "src/app.ts".into(), ranges: vec![(41, 60)] });
        let clipped = clip(&record, "child", b"salt", 0, &added);
        let found: Vec<_> =
            clipped.evidence.iter().map(|e| (e.origin, e.ranges.clone(), e.tool.as_deref(), e.model.as_deref())).collect();
        assert_eq!(
            found,
            [(Origin::Ai, vec![(41, 50)], Some("cursor"), Some("claude-opus-4-5")), (Origin::Human, vec![(60, 60)], None, None)]
        );
        assert_eq!(clipped.evidence[0].provider.as_deref(), Some("anthropic"));
        assert!(!format!("{:?}", clipped.evidence).contains("secret-session"), "sessions leave as a hash only");
    }

    #[test]
    fn until_it_is_matched_it_speaks_of_a_session() {
        let (traces, _) = parse(EDIT.as_bytes());
        let evidence = traces[0].session_evidence(b"salt");
        assert_eq!(
            evidence.iter().map(|e| (e.level, e.origin)).collect::<Vec<_>>(),
            [(EvidenceLevel::Session, Origin::Ai), (EvidenceLevel::Session, Origin::Human)]
        );
    }

    #[test]
    fn what_was_written_last_was_committed() {
        let later = EDIT.replace("10:00:00", "11:00:00").replace("\"cursor\"", "\"claude\"");
        let (traces, _) = parse(format!("{EDIT}\n{later}\n").as_bytes());
        let record = record_for(&traces, "child", &["parent"]).unwrap();
        let added = |_: &bstr::BStr| Some(AddedLines { path: "src/app.ts".into(), ranges: vec![(1, 50)] });
        let clipped = clip(&record, "child", b"salt", 0, &added);
        assert_eq!(
            clipped.evidence.iter().map(|e| (e.tool.as_deref(), e.lines())).collect::<Vec<_>>(),
            [(Some("claude-code"), 50)]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..600, byte in any::<u8>()) {
            let _ = parse(&bytes);
            let mut broken = EDIT.as_bytes().to_vec();
            let at = at % broken.len();
            broken[at] = byte;
            let (traces, errors) = parse(&broken);
            prop_assert!(traces.len() + errors.len() <= 2);
        }
    }
}

#![allow(clippy::unwrap_used, clippy::panic)]
//! The notes of the fixture history `git_ai_notes` with its expectations, the older blobs, and what records get wrong.

use super::*;
use crate::label::{CommitFacts, LabelPolicy, commit_label, line_label};
use bstr::BStr;
use candor_model::{Evidence, EvidenceLevel, Strength};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::embedded().unwrap());
const S: &str = "s_c9883b05a2487d::t_9f8e7d6c5b4a32";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn metadata(prompts: &str, extra: &str) -> String {
    format!(
        r#"{{"schema_version":"authorship/3.0.0","base_commit_sha":"{COMMIT}","prompts":{{{prompts}}},"humans":{{"h_31dce776f88375":{{"author":"Ada Example <ada@example.com>"}}}},"sessions":{{"s_c9883b05a2487d":{{"agent_id":{{"tool":"claude","id":"c1","model":"claude-sonnet-4-5"}},"human_author":"Ada Example <ada@example.com>"}},"s_0d0d0d0d0d0d0d":{{"agent_id":{{"tool":"cursor","id":"k1","model":"composer-1"}}}},"s_eeeeeeeeeeeeee":{{"agent_id":{{"tool":"mock_ai","id":"m1","model":"none"}}}}}}{extra}}}"#
    )
}

fn note(attestations: &str, prompts: &str, extra: &str) -> Result<Note, NoteError> {
    Note::parse(format!("{attestations}---\n{}\n", metadata(prompts, extra)).as_bytes(), &RULES)
}

fn lines(clipped: &Clipped, path: &str, origin: Origin) -> Vec<u32> {
    let of_path = clipped.evidence.iter().filter(|e| e.path.as_deref() == Some(path) && e.origin == origin);
    let set: BTreeSet<u32> = of_path.flat_map(|e| e.ranges.iter().flat_map(|&(from, to)| from..=to)).collect();
    set.into_iter().collect()
}

/// Clips to a commit that added these lines to one file and nothing else.
fn clipped(note: &Note, path: &str, added: &[(u32, u32)]) -> Clipped {
    clip(note, COMMIT, b"salt", 0, &|p: &BStr| (p == path).then(|| AddedLines { path: path.to_owned(), ranges: added.to_vec() }))
}

#[test]
fn good() {
    let note = note(&format!("a.txt\n  {S} 1-3,7\n  h_31dce776f88375 4-5\n"), "", "").unwrap();
    let clipped = clipped(&note, "a.txt", &[(1, 10)]);
    assert_eq!(lines(&clipped, "a.txt", Origin::Ai), [1, 2, 3, 7]);
    assert_eq!(lines(&clipped, "a.txt", Origin::Human), [4, 5]);
    assert_eq!(clipped.valid_lines_fraction(), Some(1.0));
    let ai = clipped.evidence.iter().find(|e| e.origin == Origin::Ai).unwrap();
    assert_eq!((ai.tool.as_deref(), ai.model.as_deref()), (Some("claude-code"), Some("claude-sonnet-4-5")));
    assert_eq!(git_ai_name(ai.tool.as_deref().unwrap()), "claude");
    assert_eq!((ai.level, ai.strength), (EvidenceLevel::Line, Strength::Recorded));
    let session = ai.session.as_deref().unwrap();
    assert!(session.len() == 32 && !session.contains("c1"), "a salted hash, not `{session}`");
    assert_eq!(note.base_commit.as_deref(), Some(COMMIT));
}

#[test]
fn claims_outside_of_what_the_commit_added_are_dropped() {
    let note = note(&format!("a.txt\n  {S} 1-400\nnot-there.txt\n  {S} 1-50\n"), "", "").unwrap();
    let clipped = clipped(&note, "a.txt", &[(11, 13)]);
    assert_eq!(lines(&clipped, "a.txt", Origin::Ai), [11, 12, 13]);
    assert_eq!((clipped.valid_lines, clipped.claimed_lines), (3, 450));
    assert!(clipped.evidence.iter().all(|e| e.valid_lines_fraction == Some(3.0 / 450.0)), "{clipped:?}");
}

/// F28: lines that the commit did not touch keep what they had, whichever way the note is wrong.
#[test]
fn records_are_wrong_in_both_directions() {
    let claims_all = note(&format!("a.txt\n  {S} 1-12\n"), "", "").unwrap();
    assert_eq!(lines(&clipped(&claims_all, "a.txt", &[(1, 11)]), "a.txt", Origin::Ai), (1..=11).collect::<Vec<_>>());
    let claims_human = note("a.txt\n  h_31dce776f88375 1-12\n", "", "").unwrap();
    let after = clipped(&claims_human, "a.txt", &[(5, 5)]);
    assert_eq!(lines(&after, "a.txt", Origin::Human), [5], "the ten other lines keep their earlier origin");
}

#[test]
fn faults_are_reasons_and_hold_nothing_of_the_text() {
    let broken = format!("b.txt\n  {S} 1-4\n---\n{{\"schema_version\":\"authorship/3.0.0\",\"messages\":\"TRANSCRIPT\",");
    let error = Note::parse(broken.as_bytes(), &RULES).unwrap_err();
    assert!(matches!(error, NoteError::Metadata { line: 1, .. }), "{error}");
    assert!(!error.to_string().contains("TRANSCRIPT"));
    let wrong_type = b"b.txt\n---\n{\"schema_version\":\"authorship/3.0.0\",\"prompts\":\"TRANSCRIPT\"}";
    let error = Note::parse(wrong_type, &RULES).unwrap_err();
    assert!(!error.to_string().contains("TRANSCRIPT"), "{error}");
    let no_divider = Note::parse(format!("c.txt\n  {S} 1-4\n").as_bytes(), &RULES).unwrap_err();
    assert_eq!(no_divider.to_string(), "the note has no line `---` between its attestations and its metadata");
    let schema = Note::parse(b"k.txt\n---\n{\"schema_version\":\"authorship/9.0.0\",\"prompts\":[]}", &RULES).unwrap_err();
    assert_eq!(schema, NoteError::Schema("authorship/9.0.0".to_owned()));
    assert_eq!(Note::parse(&vec![b' '; MAX_BYTES + 1], &RULES).unwrap_err(), NoteError::TooLarge(MAX_BYTES + 1));
    assert_eq!(Note::parse(b"", &RULES).unwrap_err(), NoteError::NoDivider);
}

#[test]
fn a_bad_range_costs_no_good_one() {
    let note = note(&format!("  {S} 1\nd.txt\n  {S} 1-2\n  {S} 9-3\n  {S} x\n  {S} 0,2\n  {S}\n"), "", "").unwrap();
    assert_eq!(lines(&clipped(&note, "d.txt", &[(1, 4)]), "d.txt", Origin::Ai), [1, 2]);
    let texts: Vec<&str> = note.rejected_ranges.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, [&format!("{S} 1"), "9-3", "x", "0", S]);
}

#[test]
fn keys_that_resolve_to_nothing_are_unknown_and_counted() {
    let attestations =
        format!("e.txt\n  {S} 1-2\n  zz_0123456789abcd 3\n  s_ffffffffffffff::t_00000000000000 4\n  s_0d0d0d0d0d0d0d::t_1 5\n");
    let note = note(&attestations, "", r#","logical_commit_id":"x","future":{"a":[1,2]}"#).unwrap();
    let clipped = clipped(&note, "e.txt", &[(1, 6)]);
    assert_eq!(lines(&clipped, "e.txt", Origin::Ai), [1, 2, 5]);
    assert_eq!((note.unresolved(), clipped.unresolved_lines), (2, 2));
    assert!(clipped.evidence.iter().any(|e| e.tool.as_deref() == Some("cursor") && e.ranges == [(5, 5)]), "{clipped:?}");
}

#[test]
fn empty_notes_and_test_tools_are_no_evidence() {
    assert_eq!(clipped(&note("", "", "").unwrap(), "g.txt", &[(1, 2)]).evidence, []);
    let test = clipped(&note("h.txt\n  s_eeeeeeeeeeeeee::t_1 1-2\n", "", "").unwrap(), "h.txt", &[(1, 2)]);
    assert_eq!((test.evidence.len(), test.test_tool_lines), (0, 2));
}

#[test]
fn paths_in_quotes() {
    let note = note(
        &format!("\"my file.txt\"\n  {S} 2-3\n\"caf\\303\\251 \\\"x\\\".txt\"\n  {S} 1\n\"back\\slash .txt\"\n  {S} 1\n"),
        "",
        "",
    )
    .unwrap();
    assert_eq!(lines(&clipped(&note, "my file.txt", &[(1, 4)]), "my file.txt", Origin::Ai), [2, 3]);
    let paths: Vec<String> = note.entries.iter().map(|e| e.path.to_string()).collect();
    let template = self::note(&format!("{{{{name}}}}/a.txt\n  {S} 1\n"), "", "").unwrap();
    assert_eq!(template.entries[0].path, "{{name}}/a.txt", "a path that looks like the beginning of JSON");
    assert_eq!(paths, ["my file.txt", "café \"x\".txt", "back\\slash .txt"]);
}

#[test]
fn transcripts_are_never_kept() {
    let prompt = r#""0123456789abcdef":{"agent_id":{"tool":"codex","id":"p1","model":"gpt-5"},"human_author":null,"messages":[{"type":"user","text":"TRANSCRIPT-MUST-NOT-BE-KEPT"}],"total_additions":1,"total_deletions":0,"accepted_lines":1,"overriden_lines":0}"#;
    let note = note("j.txt\n  0123456789abcdef 1\n", prompt, "").unwrap();
    let clipped = clipped(&note, "j.txt", &[(1, 3)]);
    assert_eq!(lines(&clipped, "j.txt", Origin::Ai), [1]);
    assert_eq!((clipped.evidence[0].tool.as_deref(), clipped.evidence[0].model.as_deref()), (Some("codex"), Some("gpt-5")));
    assert!(!format!("{note:?}{clipped:?}").contains("TRANSCRIPT"), "{note:?}");
    assert!(!format!("{note:?}{clipped:?}").contains("ada@example.com"), "people stand in the tables of people alone: {note:?}");
}

#[test]
fn a_record_of_human_lines_beside_a_trailer_is_a_conflict() {
    let clipped = clipped(&note("m.txt\n  h_31dce776f88375 1-2\n", "", "").unwrap(), "m.txt", &[(1, 2)]);
    let trailer = Evidence::new(EvidenceLevel::Commit, COMMIT, Origin::Ai, "trailer", ("claude-code/identity", "1"));
    let facts = CommitFacts { added_lines: Some(2), ..CommitFacts::default() };
    let all: Vec<Evidence> = clipped.evidence.iter().cloned().chain([trailer]).collect();
    let label = commit_label(&LabelPolicy::default(), &facts, &all);
    assert_eq!((label.origin, label.conflict), (Origin::Human, true));
    let line = line_label(&LabelPolicy::default(), &facts, clipped.evidence.first(), &all);
    assert_eq!((line.origin, line.strength, line.conflict), (Origin::Human, Some(Strength::Recorded), true));
}

#[test]
fn lines_that_two_authors_claim() {
    let note = note(&format!("a.txt\n  {S} 1-4\n  s_0d0d0d0d0d0d0d::t_1 3-6\n  h_31dce776f88375 6-7\n"), "", "").unwrap();
    let clipped = clipped(&note, "a.txt", &[(1, 9)]);
    assert_eq!(lines(&clipped, "a.txt", Origin::Mixed), [6], "claimed for AI and for a person");
    let by_tool = |tool: &str| {
        clipped.evidence.iter().find(|e| e.tool.as_deref() == Some(tool) && e.origin == Origin::Ai).unwrap().ranges.clone()
    };
    assert_eq!((by_tool("claude-code"), by_tool("cursor")), (vec![(1, 4)], vec![(5, 5)]), "the first of the record has it");
}

#[test]
fn blobs_of_the_first_format() {
    let blob = r#"{"files":{"src/a.rs":{"file":"src/a.rs","authors":[{"author":"Claude","lines":[22,22,[24,26]],"agent_metadata":null},
        {"author":"Ada Example","lines":[[30,31],[9,3]],"agent_metadata":null},{"author":"zorblax","lines":[40],"agent_metadata":null},
        {"author":"o3","lines":[50],"agent_metadata":null},{"author":"zorblax","lines":[60],"agent_metadata":{"model":"x"}}]}},"schema_version":"authorship/0.0.1"}"#;
    let note = Note::parse(blob.as_bytes(), &RULES).unwrap();
    let clipped = clipped(&note, "src/a.rs", &[(1, 100)]);
    assert_eq!(lines(&clipped, "src/a.rs", Origin::Ai), [22, 24, 25, 26, 50, 60]);
    assert_eq!(lines(&clipped, "src/a.rs", Origin::Human), [30, 31]);
    assert_eq!((note.unresolved(), note.rejected_ranges.len()), (1, 1));
    assert!(!format!("{note:?}").contains("Ada"), "names of people stay behind: {note:?}");
    assert!(Note::parse(br#"{"files":{}}"#, &RULES).is_ok(), "the first blobs name no schema");
    assert!(matches!(Note::parse(br#"{"files":{},"schema_version":"authorship/0.0.9"}"#, &RULES), Err(NoteError::Schema(_))));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes, &RULES);
        let mut framed = bytes;
        framed.extend_from_slice(format!("\n---\n{}", metadata("", "")).as_bytes());
        prop_assert!(Note::parse(&framed, &RULES).is_ok(), "odd attestations are left out one by one");
    }

    #[test]
    fn evidence_stays_within_what_the_commit_added(
        claims in prop::collection::vec((0usize..6, prop::collection::vec((0u32..60, 0u32..60), 1..4)), 0..12),
        added in prop::collection::vec((1u32..60, 1u32..60), 0..6),
    ) {
        let keys = [S, "s_0d0d0d0d0d0d0d::t_1", "s_eeeeeeeeeeeeee::t_1", "h_31dce776f88375", "zz_1", "s_c9883b05a2487d::t_2"];
        let mut text = "a.txt\n".to_owned();
        for (key, ranges) in &claims {
            let ranges: Vec<String> = ranges.iter().map(|(from, to)| format!("{from}-{to}")).collect();
            text += &format!("  {} {}\n", keys[*key], ranges.join(","));
        }
        let note = note(&text, "", "").unwrap();
        let clipped = clipped(&note, "a.txt", &added);
        let own: BTreeSet<u32> = added.iter().flat_map(|&(from, to)| from..=to).collect();
        let mut seen = BTreeSet::new();
        for (from, to) in clipped.evidence.iter().flat_map(|e| e.ranges.iter().copied()) {
            for line in from..=to {
                prop_assert!(own.contains(&line), "line {} was not added", line);
                prop_assert!(seen.insert(line), "line {} stands under two statements", line);
            }
        }
        prop_assert_eq!(seen.len() as u64, clipped.valid_lines);
        prop_assert!(clipped.valid_lines <= clipped.claimed_lines);
    }
}

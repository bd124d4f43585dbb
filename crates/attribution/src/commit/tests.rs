#![allow(clippy::unwrap_used, clippy::panic)]
//! The commits of the fixture history `ai_trailers` with its expectations, and what the list of field failures asks for.

use super::{CommitEvidence, CommitText, read_commit};
use crate::label::{CommitFacts, Label, LabelPolicy, commit_label, line_label};
use crate::rules::Rules;
use candor_model::{EvidenceLevel, Mode, Origin, Strength};
use proptest::prelude::*;
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::embedded().unwrap());
const ADA: (&str, &str) = ("Ada Example", "ada@example.com");
const AT: i64 = 1_760_000_000;

fn commit<'a>(author: (&'a str, &'a str), committer: (&'a str, &'a str), message: &'a [u8]) -> CommitText<'a> {
    CommitText {
        id: "0123456789abcdef0123456789abcdef01234567",
        author_name: author.0.as_bytes(),
        author_email: author.1.as_bytes(),
        committer_name: committer.0.as_bytes(),
        committer_email: committer.1.as_bytes(),
        message,
        encoding: None,
        authored_at: AT,
        committed_at: AT,
        parents: 1,
    }
}

fn facts(commit: &CommitText<'_>) -> CommitFacts<'static> {
    CommitFacts {
        authored_at: Some(commit.authored_at),
        committed_at: Some(commit.committed_at),
        ancestors_until: None,
        team: None,
        added_lines: Some(2),
    }
}

fn labelled(commit: &CommitText<'_>) -> (CommitEvidence, Label) {
    let found = read_commit(&RULES, commit);
    let label = commit_label(&LabelPolicy::default(), &facts(commit), &found.evidence);
    (found, label)
}

fn by_ada(message: &str) -> (CommitEvidence, Label) {
    labelled(&commit(ADA, ADA, message.as_bytes()))
}

fn co(trailer: &str) -> String {
    format!("Change\n\nSome words.\n\n{trailer}\n")
}

#[track_caller]
fn is(found: &(CommitEvidence, Label), origin: Origin, tools: &[&str]) {
    assert_eq!(
        (found.1.origin, found.1.tools.iter().map(String::as_str).collect::<Vec<_>>()),
        (origin, tools.to_vec()),
        "{found:#?}"
    );
}

#[test]
fn signs_of_tools() {
    for (trailer, tool) in [
        ("Co-Authored-By: Claude <noreply@anthropic.com>", "claude-code"),
        ("Co-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>", "claude-code"),
        ("CO-AUTHORED-BY: claude <NoReply@Anthropic.com>", "claude-code"),
        ("Generated with [Claude Code](https://claude.com/claude-code)", "claude-code"),
        ("\u{1F916} Generated with [Claude Code](https://claude.com/claude-code)", "claude-code"),
        ("Claude-Session: https://claude.ai/code/session_0123", "claude-code"),
        ("Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>", "copilot"),
        ("Co-authored-by: Cursor <cursoragent@cursor.com>", "cursor"),
        ("Made-with: Cursor", "cursor"),
        ("Co-authored-by: Codex <noreply@openai.com>", "codex"),
        ("Co-authored-by: aider (gpt-4o) <noreply@aider.chat>", "aider"),
        ("Assisted-by: Claude:claude-opus-4-6 coccinelle sparse", "claude-code"),
        ("Assisted-by: Claude Fable 5 <noreply@anthropic.com>", "claude-code"),
        ("Amp-Thread-ID: https://ampcode.com/threads/T-1", "amp"),
        ("Coding-Agent: Claude\nModel: claude-opus-4-6", "claude-code"),
        ("AI-assisted-by: claude-code", "claude-code"),
    ] {
        is(&by_ada(&co(trailer)), Origin::Ai, &[tool]);
    }
    let model = by_ada(&co("Assisted-by: GPT 5.6"));
    is(&model, Origin::Ai, &[]);
    assert_eq!(model.1.models, ["GPT 5.6"]);
    assert_eq!(
        by_ada(&co("Co-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>")).1.models,
        ["Claude Opus 4.6 (1M context)"]
    );
    assert_eq!(by_ada(&co("Co-authored-by: aider (gpt-4o) <noreply@aider.chat>")).1.models, ["gpt-4o"]);
    assert_eq!(by_ada(&co("Coding-Agent: Claude\nModel: claude-opus-4-6")).1.models, ["claude-opus-4-6"]);
    let two = by_ada(&co("Co-authored-by: Claude <noreply@anthropic.com>\nCo-authored-by: Cursor <cursoragent@cursor.com>"));
    is(&two, Origin::Ai, &["claude-code", "cursor"]);
}

#[test]
fn look_alikes_are_unknown() {
    for trailer in [
        "Co-authored-by: Claude Dupont <claude.dupont@example.com>",
        "Co-authored-by: Claude Petit <12345+claude@users.noreply.github.com>",
        "Co-authored-by: Claude <noreply@anthropic.com.example.com>",
        "Co-authored-by: Claude <xnoreply@anthropic.com>",
        "Co-authored-by: Olga Example <olga@openai.com>",
        "Assisted-by: Grace Example <grace@example.com>",
        "Assisted-by: Claude Dupont",
        "Assisted-by: Zorblax:zb-1",
        "Generated-by: openapi-generator 7.2",
        "AI-assisted: none",
        "AI-used-for: research",
        "We say that it was Generated with [Claude Code](https://claude.com/claude-code)",
        "> Co-authored-by: Claude <noreply@anthropic.com>",
        "    Co-authored-by: Claude <noreply@anthropic.com>",
    ] {
        is(&by_ada(&co(trailer)), Origin::Unknown, &[]);
    }
    is(
        &by_ada("Change\n\nWe no longer write Co-authored-by: Claude <noreply@anthropic.com> into messages."),
        Origin::Unknown,
        &[],
    );
    is(&by_ada("Move the cursor to the amp section, ai aid"), Origin::Unknown, &[]);
    is(&by_ada("No trailer at all"), Origin::Unknown, &[]);
    let claude = ("Claude Martin", "claude@example.com");
    is(&labelled(&commit(claude, claude, b"By a person whose name is Claude")), Origin::Unknown, &[]);
    let people = by_ada(&co("Co-authored-by: Claude Dupont <claude.dupont@example.com>")).0.co_authors;
    assert_eq!(people.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Claude Dupont <claude.dupont@example.com>"]);
    assert!(by_ada(&co("Assisted-by: Zorblax:zb-1")).0.unrecognised.contains(&"Zorblax:zb-1".to_owned()));
    let name = by_ada(&co("Assisted-by: Grace Example")).0;
    assert_eq!(name.unrecognised, Vec::<String>::new(), "a person's name is not put on the list of tools");
    assert!(name.evidence.iter().all(|e| e.origin == Origin::Unknown), "{name:?}");
    assert_eq!(by_ada(&co("AI-assisted: none")).0.negatives, ["AI-assisted: none"]);
}

#[test]
fn agents_and_bots_as_authors() {
    let copilot = ("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com");
    let found = labelled(&commit(copilot, copilot, co("Co-authored-by: Ada Example <ada@example.com>").as_bytes()));
    is(&found, Origin::Ai, &["copilot"]);
    assert_eq!(found.1.mode, Mode::AutonomousAgent);
    assert_eq!(found.0.co_authors.len(), 1, "the person who asked");
    let devin = ("devin-ai-integration[bot]", "158243242+devin-ai-integration[bot]@users.noreply.github.com");
    let found = labelled(&commit(devin, devin, b"By Devin"));
    is(&found, Origin::Ai, &["devin"]);
    assert_eq!(found.1.mode, Mode::AutonomousAgent);
    let aider = ("Ada Example (aider)", "ada@example.com");
    is(&labelled(&commit(aider, ADA, b"feat: by aider")), Origin::Ai, &["aider"]);
    is(&labelled(&commit(ADA, aider, b"Aider committed what Ada had written")), Origin::Unknown, &[]);
    let dependabot = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com");
    is(&labelled(&commit(dependabot, dependabot, b"Bump something")), Origin::Bot, &[]);
    let other = ("frobnicator[bot]", "1+frobnicator[bot]@users.noreply.github.com");
    let found = labelled(&commit(other, other, b"Do something"));
    is(&found, Origin::Bot, &[]);
    assert_eq!(found.0.unrecognised.len(), 1, "an application that nobody has classified is listed");
    let rabbit = by_ada(&co("Co-authored-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>"));
    is(&rabbit, Origin::Unknown, &[]);
    assert_eq!(rabbit.0.reviewers, ["coderabbit"]);
}

#[test]
fn a_tool_beside_a_bot_is_a_tool() {
    let actions = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com");
    is(
        &labelled(&commit(actions, actions, co("Co-authored-by: Claude <noreply@anthropic.com>").as_bytes())),
        Origin::Ai,
        &["claude-code"],
    );
    is(&by_ada(&co("Co-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>")), Origin::Unknown, &[]);
}

#[test]
fn before_the_first_tools_work_is_human() {
    let mut early = commit(ADA, ADA, b"A change of March 2020");
    (early.authored_at, early.committed_at) = (1_583_020_800, 1_583_020_800);
    assert_eq!(labelled(&early).1.origin, Origin::Human);
    early.committed_at = AT;
    assert_eq!(labelled(&early).1.origin, Origin::Unknown, "amended or rebased since: what it holds may be younger");
    early.message = b"Change\n\nCo-authored-by: Claude <noreply@anthropic.com>";
    is(&labelled(&early), Origin::Ai, &["claude-code"]);
    early.committed_at = early.authored_at;
    let found = labelled(&early);
    is(&found, Origin::Unknown, &[]);
    assert_eq!(found.0.unrecognised.len(), 1, "a sign outside its dates is listed and never makes a human");
}

#[test]
fn declarations_of_our_own_hook() {
    let found = by_ada(&co("AI-Assisted: claude-code; mode=interactive"));
    is(&found, Origin::Ai, &["claude-code"]);
    assert_eq!(found.1.mode, Mode::InteractiveAgent);
    let found = by_ada(&co("AI-Assisted: none; declared-by=person"));
    is(&found, Origin::Human, &[]);
    assert_eq!(found.1.strength, Some(Strength::SelfDeclared));
    let both = by_ada(&co("AI-Assisted: none; declared-by=person\nCo-authored-by: Claude <noreply@anthropic.com>"));
    assert_eq!((both.1.origin, both.1.conflict), (Origin::Mixed, true));
}

const SQUASH: &str = "Add a thing (#7)\n\n* First part\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* Second part\n\n\
                      Some closing words that are no trailer.\n";
const GITHUB: (&str, &str) = ("GitHub", "noreply@github.com");

/// F22: trailers inside the body of a squash are found, by a rule of their own, with lower strength; the commit is mixed.
#[test]
fn a_trailer_in_the_body_of_a_squash() {
    let found = labelled(&commit(ADA, GITHUB, SQUASH.as_bytes()));
    is(&found, Origin::Mixed, &["claude-code"]);
    let evidence = &found.0.evidence[0];
    assert_eq!((evidence.rule_id.as_str(), evidence.strength), ("claude-code/identity@squash-body", Strength::Inferred));
    assert!(evidence.p_ai < 0.6, "{evidence:?}");
    assert_eq!(found.0.pull_request, Some(7));
    assert!(found.0.is_squash);
}

/// F23: one trailer of a squash does not make all of its lines AI.
#[test]
fn a_trailer_at_the_end_of_a_squash_speaks_of_a_part() {
    let message = "Add x and y (#32)\n\n* Part one\n\n* Part two\n\nCo-authored-by: Cursor <cursoragent@cursor.com>\n";
    let squash = commit(ADA, ADA, message.as_bytes());
    let found = labelled(&squash);
    is(&found, Origin::Ai, &["cursor"]);
    let line = line_label(&LabelPolicy::default(), &facts(&squash), None, &found.0.evidence);
    assert_eq!(line.origin, Origin::Mixed, "the lines are mixed, with bounds of 0 to all");
    let single = commit(ADA, ADA, b"Add x (#32)\n\nText.\n\nCo-authored-by: Cursor <cursoragent@cursor.com>\n");
    let found = labelled(&single);
    assert_eq!(line_label(&LabelPolicy::default(), &facts(&single), None, &found.0.evidence).origin, Origin::Ai);
}

/// F12: the trailer is found whatever the encoding of the message is.
#[test]
fn messages_of_legacy_encodings() {
    let message = b"Korrektur f\xFCr Z\xE4hler\n\nCo-authored-by: Claude <noreply@anthropic.com>\n";
    for encoding in [None, Some(&b"ISO-8859-1"[..])] {
        is(&labelled(&CommitText { encoding, ..commit(ADA, ADA, message) }), Origin::Ai, &["claude-code"]);
    }
}

#[test]
fn disclosures_where_a_pull_request_lands() {
    for (body, origin) in [
        ("AI use: none", Origin::Human),
        ("**AI usage**: No AI.", Origin::Human),
        ("- [x] No AI was used", Origin::Human),
        ("- [X] I did not use AI", Origin::Human),
        ("- [ ] No AI was used", Origin::Unknown),
        ("- [x] No AIX support", Origin::Unknown),
        ("AI use: Claude Code", Origin::Ai),
        ("AI use: <!-- none or a tool -->", Origin::Unknown),
        ("AI use: none / some / all", Origin::Unknown),
        ("- [x] AI was used\n- [x] No AI was used", Origin::Mixed),
    ] {
        let squash = by_ada(&format!("Add a thing (#7)\n\nText.\n\n{body}\n\nMore.\n"));
        assert_eq!(squash.1.origin, origin, "`{body}`: {:#?}", squash.0);
        assert_eq!(
            by_ada(&format!("Add a thing\n\nText.\n\n{body}\n\nMore.\n")).1.origin,
            Origin::Unknown,
            "no pull request: `{body}`"
        );
    }
    let merge = "Merge pull request #7 from owner/topic\n\nAdd a thing\n\nAI use: none\n";
    let found = read_commit(&RULES, &CommitText { parents: 2, ..commit(ADA, GITHUB, merge.as_bytes()) });
    assert_eq!(
        found.evidence.iter().map(|e| (e.level, e.origin)).collect::<Vec<_>>(),
        [(EvidenceLevel::PullRequest, Origin::Human)]
    );
}

#[test]
fn a_branch_of_an_agent_is_inferred_and_covers_a_part() {
    let merge = CommitText { parents: 2, ..commit(ADA, GITHUB, b"Merge pull request #7 from owner/codex/fix-it\n\nFix it\n") };
    let found = read_commit(&RULES, &merge);
    let label = line_label(&LabelPolicy::default(), &facts(&merge), None, &found.evidence);
    assert_eq!((label.origin, label.strength, label.tools), (Origin::Mixed, Some(Strength::Inferred), vec!["codex".to_owned()]));
}

#[test]
fn odd_commits_end_nothing() {
    let odd = CommitText {
        encoding: Some(b"\xFF\xFF"),
        authored_at: i64::MIN,
        committed_at: i64::MAX,
        ..commit(("", ""), ("", "<ben"), b"\0\xFF")
    };
    assert_eq!(read_commit(&RULES, &odd).evidence, []);
}

proptest! {
    #[test]
    fn any_bytes_are_read(name in prop::collection::vec(any::<u8>(), 0..40), email in prop::collection::vec(any::<u8>(), 0..40),
                          message in prop::collection::vec(any::<u8>(), 0..400), parents in 0usize..4) {
        let commit = CommitText { author_name: &name, author_email: &email, parents, ..commit(ADA, ADA, &message) };
        let found = read_commit(&RULES, &commit);
        prop_assert!(found.evidence.iter().all(|e| (0.0..=1.0).contains(&e.p_ai)));
    }

    #[test]
    fn messages_of_pieces_are_read(pieces in prop::collection::vec(prop::sample::select(vec![
        "\n", "\n\n", "* ", "Co-authored-by: Claude <noreply@anthropic.com>", "Squashed commit of the following:", "commit 0123456789",
        "    ", "AI-Assisted: ", "none; declared-by=person", ";", "(#7)", "AI use: ", "- [x] No AI was used", "\u{1F916}", "<", ">", "é", "---", ": ",
        "This reverts commit ", "0123456", "Merge pull request #", "1", "'",
    ]), 0..30)) {
        let message = pieces.concat();
        let commit = commit(ADA, GITHUB, message.as_bytes());
        let (found, label) = labelled(&commit);
        prop_assert!(label.origin != Origin::Human || found.evidence.iter().any(|e| e.origin == Origin::Human), "human without evidence: {message:?}");
    }
}

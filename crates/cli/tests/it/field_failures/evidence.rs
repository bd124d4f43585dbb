//! Who and what wrote a line: identity (F17) and attribution (F21, F22, F23, F28).

use serde_json::{Value, json};

use super::Case;
use crate::support::attribution::{numbers, of, strings};
use crate::support::repository::{lines, replace_line};

const CLAUDE: &str = "Co-authored-by: Claude <noreply@anthropic.com>";

/// A note of git-ai on a commit: attestations, then metadata that knows one session of a tool and one person.
fn note(case: &Case, commit: &str, attestations: &str) {
    let metadata = json!({
        "schema_version": "authorship/3.0.0",
        "base_commit_sha": commit,
        "prompts": {},
        "humans": {"h_31dce776f88375": {"author": "Ada Example <ada@example.com>"}},
        "sessions": {"s_c9883b05a2487d": {"agent_id": {"tool": "claude", "id": "c1", "model": "claude-sonnet-4-5"}}},
    });
    let text = format!("{attestations}---\n{metadata}\n");
    case.repo.git_with_input(&["notes", "--ref=ai", "add", "-f", "-F", "-", commit], text.as_bytes());
}

const AI: &str = "s_c9883b05a2487d::t_9f8e7d6c5b4a32";
const HUMAN: &str = "h_31dce776f88375";

fn origin<'a>(document: &'a Value, commit: &str) -> &'a str {
    of(document, "attribution", commit)["origin"].as_str().unwrap_or("(none)")
}

#[test]
fn f17_one_person_with_two_addresses() {
    let mut case = Case::new();
    let mut commits = Vec::new();
    for i in 0..10 {
        let (name, mail) = [("Kim Vo", "kim@corp.example"), ("kimvo", "kim.vo@home.example")][i % 2];
        case.repo.person = (name.to_owned(), mail.to_owned());
        case.repo.write("a.txt", lines("a", 1, 2 + i));
        commits.push(case.repo.commit("Work"));
    }
    let author = |document: &Value, commit: &String| of(document, "identities", commit)["author"].clone();
    let before = case.attribution();
    assert_eq!(author(&before, &commits[0]), "Kim Vo <kim@corp.example>");
    assert_eq!(author(&before, &commits[1]), "kimvo <kim.vo@home.example>", "never merged on a likeness of names");
    case.repo.by("Ada").write(".mailmap", "Kim Vo <kim@corp.example> <kim.vo@home.example>\n");
    case.repo.commit("Map");
    let after = case.attribution();
    for commit in &commits {
        assert_eq!(author(&after, commit), "Kim Vo <kim@corp.example>", "also for history mined before the map existed");
    }
}

#[test]
fn f21_notes_left_behind_by_a_rebase_are_orphans() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Start");
    case.repo.git(&["checkout", "-q", "-b", "topic"]);
    let mut old = Vec::new();
    for name in ["b.txt", "c.txt"] {
        case.repo.write(name, lines(name, 1, 4));
        let id = case.repo.commit("Topic");
        note(&case, &id, &format!("{name}\n  {AI} 1-4\n"));
        old.push(id);
    }
    case.repo.git(&["checkout", "-q", "main"]);
    case.repo.write("d.txt", lines("d", 1, 2));
    case.repo.commit("Meanwhile");
    case.repo.git(&["checkout", "-q", "topic"]);
    case.repo.clock += 86_400;
    case.repo.git(&["rebase", "-q", "main"]);
    case.repo.git(&["checkout", "-q", "main"]);
    case.repo.git(&["merge", "-q", "--ff-only", "topic"]);
    let document = case.attribution();
    for landed in case.repo.git(&["rev-list", "-2", "main"]).lines() {
        assert!(!old.iter().any(|id| id == landed), "the rebase gave new ids");
        assert_eq!(origin(&document, landed), "unknown", "no evidence reaches {landed}");
    }
    for id in &old {
        let listed = strings(&of(&document, "notes", id)["unmatched"]);
        assert!(!listed.is_empty(), "the note on {id} is not listed as unmatched: {}", of(&document, "notes", id));
    }
}

#[test]
fn f22_trailers_inside_a_squash_are_found() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Start");
    case.repo.write("b.txt", lines("b", 1, 9));
    let squash = case.repo.commit(&format!(
        "Add a thing (#7)\n\n* First part\n\nSome words.\n\n{CLAUDE}\n\n* Second part\n\n{CLAUDE}\n\n* Third part\n\nClosing words.\n"
    ));
    let document = case.attribution();
    let found = of(&document, "attribution", &squash);
    assert_eq!(origin(&document, &squash), "mixed", "a trailer inside the body speaks for a part only: {found}");
    let tools = strings(&found["tools"]);
    assert!(tools.iter().any(|t| t.starts_with("claude")), "{found}");
}

#[test]
fn f23_one_trailer_does_not_mark_a_whole_squash() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Start");
    case.repo.git(&["checkout", "-q", "-b", "topic"]);
    let mut text = String::new();
    for (n, prefix, trailer) in [(10, "ai", CLAUDE), (50, "hand", ""), (40, "more", "")] {
        text += &lines(prefix, 1, n);
        case.repo.write("new.txt", &text);
        case.repo.commit(&format!("Part {prefix}\n\n{trailer}"));
    }
    case.repo.git(&["update-ref", "refs/pull/7/head", "topic"]);
    case.repo.git(&["checkout", "-q", "main"]);
    case.repo.git(&["merge", "-q", "--squash", "topic"]);
    let squash =
        case.repo.by("Host").commit_index(&format!("Add the file (#7)\n\n* Part ai\n\n{CLAUDE}\n\n* Part hand\n\n* Part more\n"));
    case.repo.git(&["branch", "-q", "-D", "topic"]);
    let document = case.attribution();
    let found = &of(&document, "attribution", &squash)["line_origin"]["new.txt"];
    assert_eq!(numbers(&found["ai"]), (1..=10).collect::<Vec<_>>(), "{found}");
    assert_eq!(numbers(&found["unknown"]), (11..=100).collect::<Vec<_>>(), "{found}");
    assert!(numbers(&found["human"]).is_empty());
}

#[test]
fn f23_a_head_fetched_after_its_landing_was_mined_is_looked_at_like_one_that_was_there() {
    for folder in ["pull", "merge-requests"] {
        let mut case = Case::new();
        case.repo.write("a.txt", lines("a", 1, 3));
        case.repo.commit("Start");
        case.repo.git(&["checkout", "-q", "-b", "topic"]);
        case.repo.write("new.txt", lines("ai", 1, 4));
        case.repo.commit(&format!("Part ai\n\n{CLAUDE}"));
        let mut text = lines("ai", 1, 4) + &lines("noted", 1, 3);
        case.repo.write("new.txt", &text);
        let noted = case.repo.commit("Part noted");
        text += &lines("hand", 1, 2);
        case.repo.write("new.txt", &text);
        case.repo.commit("Part hand");
        let head = case.repo.head();
        case.repo.git(&["checkout", "-q", "main"]);
        case.repo.git(&["merge", "-q", "--squash", "topic"]);
        let squash = case.repo.by("Host").commit_index("Add the file (#7)");
        case.repo.git(&["branch", "-q", "-D", "topic"]);
        let name = format!("refs/{folder}/7/head");
        let full = |case: &Case| {
            let fresh = crate::support::process::Candor::new(&case.repo.path.with_extension("fresh"), "full");
            let document = fresh.attribution(&case.repo.path, &[]).json();
            std::fs::remove_dir_all(case.repo.path.with_extension("fresh")).unwrap();
            document
        };
        let ai = |step: &str, expected: &[u64]| {
            let (document, anew) = (case.attribution(), full(&case));
            assert_eq!(document, anew, "{folder}: {step}: going on gives what reading all gives");
            let found = &of(&document, "attribution", &squash)["line_origin"]["new.txt"];
            assert_eq!(numbers(&found["ai"]), expected, "{folder}: {step}: {found}");
            let report = case.report();
            let landed = crate::support::process::Candor::new(&case.repo.path.with_extension("fresh"), "full")
                .run(["report".as_ref(), case.repo.path.as_os_str(), "--json".as_ref()])
                .json();
            std::fs::remove_dir_all(case.repo.path.with_extension("fresh")).unwrap();
            assert_eq!(report["coverage"], landed["coverage"], "{folder}: {step}: the cohorts' evidence is that of a full run");
            &case
        };
        ai("no head", &[]);
        ai("no head, again", &[]).repo.git(&["update-ref", &name, &head]);
        let case = ai("a head", &[1, 2, 3, 4]);
        note(case, &noted, &format!("new.txt\n  {AI} 5-7\n"));
        ai("a note on the branch", &[1, 2, 3, 4, 5, 6, 7]).repo.git(&["update-ref", &name, &noted]);
        ai("the head moved", &[1, 2, 3, 4, 5, 6, 7]).repo.git(&["update-ref", "-d", &name]);
        ai("no head any more", &[]);
    }
}

#[test]
fn f23_a_squash_whose_commits_are_gone_is_mixed_at_most() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Start");
    case.repo.write("new.txt", lines("new", 1, 100));
    let squash = case.repo.commit(&format!("Add the file (#7)\n\n* Part ai\n\n{CLAUDE}\n\n* Part hand\n\n* Part more\n"));
    let document = case.attribution();
    let found = of(&document, "attribution", &squash);
    assert_eq!(origin(&document, &squash), "mixed", "{found}");
    assert!(numbers(&found["line_origin"]["new.txt"]["ai"]).is_empty(), "no line can be told to be of the tool: {found}");
}

#[test]
fn f28_a_note_holds_only_for_lines_that_its_commit_touched() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 11));
    let first = case.repo.commit("By a tool");
    note(&case, &first, &format!("a.txt\n  {AI} 1-12\n"));
    case.repo.write("a.txt", lines("a", 1, 12));
    let typed = case.repo.commit("One line more, typed and not recorded");
    case.repo.write("a.txt", replace_line(&lines("a", 1, 12), 5, "a line 5 of the prose"));
    let word = case.repo.commit("One word");
    note(&case, &word, &format!("a.txt\n  {HUMAN} 1-12\n"));
    let document = case.attribution();
    let told = |commit: &str, who: &str| numbers(&of(&document, "notes", commit)["a.txt"][who]);
    assert_eq!(told(&first, "ai"), (1..=11).collect::<Vec<_>>());
    assert_eq!((told(&word, "human"), told(&word, "ai")), (vec![5], vec![]));
    assert_eq!(origin(&document, &typed), "unknown");
    let fraction = |commit: &str| of(&document, "notes", commit)["valid_lines_fraction"].as_f64().unwrap_or(-1.0);
    assert!((fraction(&first) - 11.0 / 12.0).abs() < 1e-9, "{}", fraction(&first));
    assert!((fraction(&word) - 1.0 / 12.0).abs() < 1e-9, "{}", fraction(&word));
}

#[test]
fn a_trace_written_before_the_commit_speaks_of_the_lines_that_the_commit_added() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 4));
    let before = case.repo.commit("Start");
    // As the reference hook stores it: the revision is the parent of the commit that will hold the lines, and a range is too long.
    let trace = json!({
        "version": "0.1.0",
        "id": "5f0c6f4e-6d0b-4c44-8f0a-0d6a3c1d2e3f",
        "timestamp": "2026-01-25T10:00:00Z",
        "vcs": {"type": "git", "revision": before},
        "tool": {"name": "cursor", "version": "1.0"},
        "files": [{"path": "a.txt", "conversations": [{
            "contributor": {"type": "ai", "model_id": "anthropic/claude-sonnet-4-5"},
            "ranges": [{"start_line": 3, "end_line": 6}],
        }]}],
    });
    case.repo.write(".agent-trace/traces.jsonl", format!("{trace}\n{{\"version\": 1}}\n"));
    case.repo.write("a.txt", lines("a", 1, 4) + &lines("tail", 1, 4));
    let commit = case.repo.commit("Four lines more");
    let run = case.candor.attribution(&case.repo.path, &[]);
    assert!(run.says("traces.jsonl") && run.says("line 2"), "the line that is no trace is told:\n{run}");
    let document = run.json();
    let entry = &of(&document, "attribution", &commit)["line_origin"]["a.txt"];
    assert_eq!(numbers(&entry["ai"]), [5, 6], "only lines that the commit added: {entry}");
    assert_eq!(numbers(&entry["unknown"]), [7, 8], "{entry}");
    assert_eq!(of(&document, "attribution", &before)["origin"], "unknown");
}

//! Reads and compares what `candor export attribution --repo PATH --format json` prints. Its shape mirrors the expectations of
//! `fixtures/histories/*/expected.json`: three objects, each by full commit id.
//!
//! ```json
//! {
//!   "schema": "candor-attribution/1",
//!   "attribution": {
//!     "<commit>": {
//!       "origin": "ai, human, mixed, bot or unknown",
//!       "tools": ["claude-code"],
//!       "mode": "autonomous_agent, another mode, or null",
//!       "co_authors": ["Eve Example <eve@example.com>"],
//!       "line_origin": {"src/a.txt": {"ai": [1, 3], "human": [], "unknown": [2]}},
//!       "unrecognised": ["Zorblax:zb-1"]
//!     }
//!   },
//!   "notes": {
//!     "<commit>": {
//!       "src/a.txt": {"ai": [1, 2], "human": [4], "unknown": [3], "tool": "claude", "model": "claude-sonnet-4-5"},
//!       "valid_lines_fraction": 0.0075,
//!       "rejected": ["line 2: `9-3` is no range of lines"],
//!       "conflict": ["human lines are recorded beside a trailer of claude-code"],
//!       "unmatched": ["the commit is not part of the mainline's history"]
//!     }
//!   },
//!   "identities": {
//!     "<commit>": {
//!       "author": "Ada Example <ada@example.com>",
//!       "committer": "Ada Example <ada@example.com>",
//!       "authored_at": "2023-11-24T22:13:20Z",
//!       "co_authors": ["Eve Example <eve@example.com>"]
//!     }
//!   }
//! }
//! ```
//!
//! `attribution` and `identities` hold every commit of the mainline and every commit that its merges bring; `notes` every commit
//! that has a note. Line numbers are those of the commit's own version of the file, in rising order; paths are written as in the
//! export of lines. A list that would be empty, and a value that is not known, may be left out. Further fields may stand beside these.

use std::collections::BTreeSet;

use serde_json::Value;

/// Names that one tool goes by.
const SAME_TOOL: [&[&str]; 2] = [&["claude-code", "claude"], &["copilot", "github-copilot", "copilot-agent"]];

/// The object of one kind (`attribution`, `notes`, `identities`) for one commit; null where there is none.
pub fn of<'a>(document: &'a Value, kind: &str, commit: &str) -> &'a Value {
    document.get(kind).and_then(|all| all.get(commit)).unwrap_or(&Value::Null)
}

/// The strings of a list; a single string counts as a list of one, nothing as an empty list.
pub fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// The line numbers of a list.
pub fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().map(|all| all.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
}

/// Compares the origin of one commit's evidence; gives what differs.
pub fn difference_in_attribution(expected: &Value, got: &Value) -> Vec<String> {
    if got.is_null() {
        return vec!["the commit is not in `attribution`".to_owned()];
    }
    let mut bad = Vec::new();
    let text = |side: &Value, field: &str| side[field].as_str().unwrap_or("(none)").to_owned();
    let (want, have) = (text(expected, "origin"), text(got, "origin"));
    let agent = expected["mode"] == "autonomous_agent";
    // Evidence on the squashed branch (`via`) may be left unread, but never be told as one origin for all lines.
    let unread = !expected["via"].is_null() && have == "unknown";
    let shared = want == "ai" && !agent && have == "mixed";
    if want != have && !shared && !unread {
        bad.push(format!("origin: expected {want}, got {have}"));
    }
    if agent && text(got, "mode") != "autonomous_agent" {
        bad.push(format!("mode: expected autonomous_agent, got {}", text(got, "mode")));
    }
    if !expected["tools"].is_null() {
        let known = |side: &Value| strings(&side["tools"]).iter().map(|t| one_name(t)).collect::<BTreeSet<_>>();
        if known(expected) != known(got) {
            bad.push(format!("tools: expected {}, got {}", expected["tools"], got["tools"]));
        }
    }
    if !expected["co_authors"].is_null() && strings(&expected["co_authors"]) != strings(&got["co_authors"]) {
        bad.push(format!("co_authors: expected {}, got {}", expected["co_authors"], got["co_authors"]));
    }
    let listed = strings(&got["unrecognised"]);
    bad.extend(
        strings(&expected["unrecognised"])
            .iter()
            .filter(|v| !listed.contains(v))
            .map(|v| format!("unrecognised: `{v}` is not listed")),
    );
    if !unread {
        for (path, want) in expected["line_origin"].as_object().into_iter().flatten() {
            bad.extend(difference_in_lines(want, &got["line_origin"][path]).map(|d| format!("line_origin of {path}: {d}")));
        }
    }
    bad
}

fn one_name(tool: &str) -> String {
    let same = SAME_TOOL.iter().find(|names| names.contains(&tool)).map(|names| names[0]);
    same.unwrap_or(tool).to_owned()
}

/// Compares what is left of a note after clipping; gives what differs.
pub fn difference_in_notes(expected: &Value, got: &Value) -> Vec<String> {
    let mut bad = Vec::new();
    for (path, want) in expected.as_object().into_iter().flatten().filter(|(_, v)| v.get("ai").is_some()) {
        let have = &got[path];
        bad.extend(difference_in_lines(want, have).map(|d| format!("{path}: {d}")));
        for field in ["tool", "model"] {
            if !want[field].is_null() && want[field] != have[field] {
                bad.push(format!("{path}: {field}: expected {}, got {}", want[field], have[field]));
            }
        }
    }
    let fraction = &expected["valid_lines_fraction"];
    let any: Vec<f64> = fraction
        .as_array()
        .map_or_else(|| fraction.as_f64().into_iter().collect(), |l| l.iter().filter_map(Value::as_f64).collect());
    let have = got["valid_lines_fraction"].as_f64();
    if !any.is_empty() && !any.iter().any(|want| have.is_some_and(|have| (want - have).abs() < 1e-9)) {
        bad.push(format!("valid_lines_fraction: expected {fraction}, got {}", got["valid_lines_fraction"]));
    }
    for field in ["rejected", "conflict"] {
        if !expected[field].is_null() && strings(&got[field]).iter().all(|reason| reason.trim().is_empty()) {
            bad.push(format!("{field}: nothing is listed; expected: {}", expected[field]));
        }
        if expected[field].is_null() && !strings(&got[field]).is_empty() {
            bad.push(format!("{field}: {} is listed without need", got[field]));
        }
    }
    bad
}

/// Compares the `ai`, `human` and `unknown` lines of one path. A list of lists gives alternatives: any position, the same in each.
/// A path of which nothing is told has unknown lines only.
fn difference_in_lines(want: &Value, have: &Value) -> Option<String> {
    let alternatives = |field: &str| -> Vec<Vec<u64>> {
        let list = want[field].as_array().cloned().unwrap_or_default();
        if list.iter().any(Value::is_array) { list.iter().map(numbers).collect() } else { vec![numbers(&want[field])] }
    };
    let all = ["ai", "human", "unknown"].map(alternatives);
    let right = (0..all.iter().map(Vec::len).max().unwrap_or(1)).any(|i| {
        ["ai", "human", "unknown"].iter().zip(&all).all(|(field, lists)| {
            let list = lists.get(i).unwrap_or(&lists[0]);
            *list == numbers(&have[*field]) || (*field == "unknown" && have.is_null())
        })
    });
    let line = |side: &Value| format!("ai {}, human {}, unknown {}", side["ai"], side["human"], side["unknown"]);
    (!right).then(|| format!("expected {}, got {}", line(want), line(have)))
}

/// Compares who wrote and committed, after `.mailmap`; gives what differs. Where the expectation carries a note, any reading of a
/// name is accepted, but the commit must be there.
pub fn difference_in_identities(expected: &Value, got: &Value) -> Vec<String> {
    if got.is_null() {
        return vec!["the commit is not in `identities`".to_owned()];
    }
    let mut bad = Vec::new();
    for field in ["author", "committer", "authored_at"] {
        let free = field != "authored_at" && !expected["note"].is_null();
        let trimmed = |side: &Value| side[field].as_str().map(|t| t.trim().to_owned());
        if !expected[field].is_null() && !free && trimmed(expected) != trimmed(got) {
            bad.push(format!("{field}: expected {}, got {}", expected[field], got[field]));
        }
    }
    if !expected["co_authors"].is_null() && strings(&expected["co_authors"]) != strings(&got["co_authors"]) {
        bad.push(format!("co_authors: expected {}, got {}", expected["co_authors"], got["co_authors"]));
    }
    bad
}

//! What tools leave behind: trailers and notes in the forms that they are known by.

use std::fmt::Write;

use crate::draws::Draws;

/// The trailer that a tool leaves in a commit.
#[must_use]
pub fn trailer(tool: &str) -> &'static str {
    match tool {
        "copilot" => "Co-authored-by: Copilot <copilot@github.com>",
        "cursor" => "Co-authored-by: Cursor <cursoragent@cursor.com>",
        _ => "Co-Authored-By: Claude <noreply@anthropic.com>",
    }
}

/// A git-ai note on the lines that a tool wrote in a commit, by path.
#[must_use]
pub fn note(tool: &str, seed: u64, commit: &str, ranges: &[(&str, Vec<(u32, u32)>)]) -> String {
    let (agent, model) = match tool {
        "copilot" => ("github-copilot", "gpt-5"),
        "cursor" => ("cursor", "composer-1"),
        _ => ("claude", "claude-sonnet-4-5"),
    };
    let number = u64::from_str_radix(commit.get(..12).unwrap_or_default(), 16).unwrap_or(0);
    let session = format!("s_{:014x}", (Draws::of(seed, "session", number).uniform() * (1_u64 << 53) as f64) as u64);
    let mut text = String::new();
    for (path, lines) in ranges {
        let lines: Vec<String> =
            lines.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") }).collect();
        let _ = writeln!(text, "{path}\n  {session}::t_1 {}", lines.join(","));
    }
    let metadata = serde_json::json!({
        "schema_version": "authorship/3.0.0", "git_ai_version": "1.0.0", "base_commit_sha": commit, "prompts": {},
        "sessions": { (session): { "agent_id": { "tool": agent, "id": commit.get(..8), "model": model } } },
    });
    text.push_str("---\n");
    text.push_str(&metadata.to_string());
    text
}

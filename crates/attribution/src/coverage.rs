//! Settings files in a repository's history that switch the traces of AI tools off or on.
//!
//! From such a commit on, the absence of a trailer says less (or more) than before. That is a fact on coverage, not on who
//! wrote anything. Only settings that belong to a repository are read: what a person sets at home stays unseen.

use bstr::{BStr, ByteSlice};
use serde::Deserialize;

/// From this commit on, a tool's traces are off or on in this repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageFact {
    /// Commit id in hex.
    pub commit: String,
    /// Normalised name of the tool.
    pub tool: &'static str,
    /// Whether its trailers are switched off; otherwise they are switched on by name.
    pub trailers_off: bool,
    /// The settings file.
    pub path: String,
    /// The key that says so.
    pub key: &'static str,
}

/// What a settings file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    tool: &'static str,
    key: &'static str,
    trailers_off: bool,
}

/// Whether a path is a settings file that [`coverage_facts`] can read, so that only these need be fetched.
pub fn is_settings_file(path: &BStr) -> bool {
    kind(path).is_some()
}

/// Reads what a settings file says about the traces of AI tools as of a commit.
///
/// # Input
/// `content`: the file in that commit. A file that cannot be read, or that says nothing on it, gives no fact.
pub fn coverage_facts(commit: &str, path: &BStr, content: &[u8]) -> Vec<CoverageFact> {
    let Some(kind) = kind(path) else { return Vec::new() };
    let text = content.to_str_lossy();
    let settings = match kind {
        Kind::ClaudeCode => claude_code(&text),
        Kind::Aider => aider(&text),
        Kind::Codex => codex(&text),
        Kind::Editor => editor(&text),
    };
    let path = path.to_str_lossy().into_owned();
    let fact = |s: Setting| CoverageFact {
        commit: commit.to_owned(),
        tool: s.tool,
        trailers_off: s.trailers_off,
        path: path.clone(),
        key: s.key,
    };
    settings.into_iter().map(fact).collect()
}

#[derive(Clone, Copy)]
enum Kind {
    ClaudeCode,
    Aider,
    Codex,
    Editor,
}

fn kind(path: &BStr) -> Option<Kind> {
    let ends = |file: &str| path.as_bytes() == file.as_bytes() || path.ends_with(format!("/{file}").as_bytes());
    [
        (".claude/settings.json", Kind::ClaudeCode),
        (".claude/settings.local.json", Kind::ClaudeCode),
        (".aider.conf.yml", Kind::Aider),
        (".codex/config.toml", Kind::Codex),
        (".vscode/settings.json", Kind::Editor),
    ]
    .into_iter()
    .find(|(file, _)| ends(file))
    .map(|(_, kind)| kind)
}

/// `attribution.commit` (empty: off), and `includeCoAuthoredBy` before it, which it overrules.
fn claude_code(text: &str) -> Vec<Setting> {
    #[derive(Deserialize)]
    struct Settings {
        #[serde(rename = "includeCoAuthoredBy")]
        include: Option<bool>,
        attribution: Option<Attribution>,
    }
    #[derive(Deserialize)]
    struct Attribution {
        commit: Option<String>,
    }
    let Ok(settings) = serde_json::from_str::<Settings>(&plain_json(text)) else { return Vec::new() };
    let commit = settings.attribution.and_then(|attribution| attribution.commit);
    let setting = match (commit, settings.include) {
        (Some(text), _) => Some(("attribution.commit", text.trim().is_empty())),
        (None, Some(include)) => Some(("includeCoAuthoredBy", !include)),
        (None, None) => None,
    };
    setting.map(|(key, trailers_off)| Setting { tool: "claude-code", key, trailers_off }).into_iter().collect()
}

/// aider marks the author, or, where it is set, adds a co-author; without both, or without commits of its own, no trace is left.
fn aider(text: &str) -> Vec<Setting> {
    let value = |key: &str| {
        let lines = text.lines().filter(|line| !line.starts_with([' ', '\t', '#']));
        let mut values = lines.filter_map(|line| line.split_once(':')).filter(|(k, _)| k.trim() == key);
        let value = values.next_back().map(|(_, v)| v.split(" #").next().unwrap_or_default().trim().to_ascii_lowercase());
        value.and_then(|v| match v.as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        })
    };
    let (author, co_author) = (value("attribute-author"), value("attribute-co-authored-by"));
    let setting = if value("auto-commits") == Some(false) {
        Some(("auto-commits", true))
    } else {
        match (author, co_author) {
            (_, Some(true)) => Some(("attribute-co-authored-by", false)),
            (Some(false), _) => Some(("attribute-author", true)),
            (Some(true), _) => Some(("attribute-author", false)),
            (None, _) => None,
        }
    };
    setting.map(|(key, trailers_off)| Setting { tool: "aider", key, trailers_off }).into_iter().collect()
}

/// `commit_attribution`: empty switches the trailer off.
fn codex(text: &str) -> Vec<Setting> {
    #[derive(Deserialize)]
    struct Settings {
        commit_attribution: Option<String>,
    }
    let attribution = toml::from_str::<Settings>(text).ok().and_then(|settings| settings.commit_attribution);
    let of = |text: String| Setting { tool: "codex", key: "commit_attribution", trailers_off: text.trim().is_empty() };
    attribution.map(of).into_iter().collect()
}

/// Settings of an editor's workspace: Copilot's co-author, Amp's co-author and thread.
fn editor(text: &str) -> Vec<Setting> {
    #[derive(Deserialize)]
    struct Settings {
        #[serde(rename = "git.addAICoAuthor")]
        co_author: Option<String>,
        #[serde(rename = "amp.git.commit.coauthor.enabled")]
        amp: Option<bool>,
    }
    let Ok(settings) = serde_json::from_str::<Settings>(&plain_json(text)) else { return Vec::new() };
    let copilot = settings.co_author.map(|v| Setting {
        tool: "copilot",
        key: "git.addAICoAuthor",
        trailers_off: v.eq_ignore_ascii_case("off"),
    });
    let amp = settings.amp.map(|on| Setting { tool: "amp", key: "amp.git.commit.coauthor.enabled", trailers_off: !on });
    copilot.into_iter().chain(amp).collect()
}

/// JSON without the comments and the commas at the end that editors allow.
fn plain_json(text: &str) -> String {
    let (mut plain, mut rest, mut in_text) = (String::with_capacity(text.len()), text, false);
    while let Some(c) = rest.chars().next() {
        let mut width = c.len_utf8();
        if in_text {
            if c == '\\' {
                width += rest.get(width..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
            }
            in_text = c != '"';
            plain.push_str(rest.get(..width).unwrap_or_default());
        } else if rest.starts_with("//") {
            width = rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            width = rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else {
            if matches!(c, '}' | ']') {
                let kept = plain.trim_end().len();
                if plain.get(..kept).is_some_and(|text| text.ends_with(',')) {
                    plain.truncate(kept - 1);
                }
            }
            in_text = c == '"';
            plain.push(c);
        }
        rest = rest.get(width..).unwrap_or_default();
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn says(path: &str, content: &str) -> Option<(&'static str, &'static str, bool)> {
        coverage_facts("c0ffee", path.into(), content.as_bytes()).first().map(|f| (f.tool, f.key, f.trailers_off))
    }

    #[test]
    fn settings_switch_traces_off_and_on() {
        for (path, content, expected) in [
            (".claude/settings.json", r#"{"includeCoAuthoredBy": false}"#, Some(("claude-code", "includeCoAuthoredBy", true))),
            (
                "sub/.claude/settings.json",
                r#"{"includeCoAuthoredBy": true}"#,
                Some(("claude-code", "includeCoAuthoredBy", false)),
            ),
            (
                ".claude/settings.json",
                r#"{"attribution": {"commit": "", "pr": ""}}"#,
                Some(("claude-code", "attribution.commit", true)),
            ),
            (
                ".claude/settings.json",
                r#"{"includeCoAuthoredBy": false, "attribution": {"commit": "With a tool"}}"#,
                Some(("claude-code", "attribution.commit", false)),
            ),
            (".claude/settings.json", r#"{"model": "x"}"#, None),
            (".claude/settings.json", "{broken", None),
            ("my.claude/settings.json", r#"{"includeCoAuthoredBy": false}"#, None),
            (
                ".aider.conf.yml",
                "attribute-author: false\nattribute-committer: false # no\n",
                Some(("aider", "attribute-author", true)),
            ),
            (
                ".aider.conf.yml",
                "attribute-author: false\nattribute-co-authored-by: true\n",
                Some(("aider", "attribute-co-authored-by", false)),
            ),
            (".aider.conf.yml", "# attribute-author: false\nauto-commits: false\n", Some(("aider", "auto-commits", true))),
            (".aider.conf.yml", "#attribute-author: false\n", None),
            (".codex/config.toml", "commit_attribution = \"\"\n[x]\ny = 1\n", Some(("codex", "commit_attribution", true))),
            (
                ".vscode/settings.json",
                "{\n // words\n \"git.addAICoAuthor\": \"off\",\n}",
                Some(("copilot", "git.addAICoAuthor", true)),
            ),
            (
                ".vscode/settings.json",
                r#"{"url": "http://x", "git.addAICoAuthor": "all"}"#,
                Some(("copilot", "git.addAICoAuthor", false)),
            ),
        ] {
            assert_eq!(says(path, content), expected, "{path}: {content}");
        }
        assert!(is_settings_file(".claude/settings.json".into()) && !is_settings_file("CLAUDE.md".into()));
    }

    proptest! {
        #[test]
        fn any_content_is_read(content in "[\"\\\\/*{},: a\\[\\]\n]{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for path in [".claude/settings.json", ".aider.conf.yml", ".codex/config.toml", ".vscode/settings.json"] {
                let _ = coverage_facts("c", path.into(), content.as_bytes());
                let _ = coverage_facts("c", path.into(), &bytes);
            }
        }
    }
}

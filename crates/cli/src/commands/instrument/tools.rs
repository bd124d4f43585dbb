//! What each AI tool must have switched on to leave evidence, and which tools a repository shows signs of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use candor_attribution::{Rules, coverage_facts};
use candor_git::ObjectId;
use candor_git::objects::Objects;
use candor_model::Origin;
use serde_json::{Value, json};

use super::check;
use super::git::Git;

/// How far back history is read for signs of tools.
const COMMITS: &str = "300";

/// A tool, what it leaves, and what must be on.
struct Tool {
    name: &'static str,
    title: &'static str,
    /// Files that a repository has for it. They show that the tool is used here, and never who wrote a commit.
    files: &'static [&'static str],
    needs: &'static str,
}

const TOOLS: [Tool; 11] = [
    Tool {
        name: "claude-code",
        title: "Claude Code",
        files: &["CLAUDE.md", ".claude"],
        needs: "co-author trailer, on by default: leave `attribution.commit` (before: `includeCoAuthoredBy`) in settings.json unset or not empty",
    },
    Tool {
        name: "copilot",
        title: "GitHub Copilot",
        files: &[".github/copilot-instructions.md"],
        needs: "the coding agent is the commit's author or co-author; in VS Code leave `git.addAICoAuthor` other than `off`; completions leave nothing",
    },
    Tool {
        name: "cursor",
        title: "Cursor",
        files: &[".cursor"],
        needs: "co-author trailer, a default only since early 2026 and dependent on settings: check the attribution setting; before that the IDE left nothing",
    },
    Tool {
        name: "codex",
        title: "OpenAI Codex",
        files: &[".codex/config.toml"],
        needs: "co-author trailer of the CLI, a default only since February 2026: leave `commit_attribution` in config.toml unset or not empty",
    },
    Tool {
        name: "aider",
        title: "Aider",
        files: &[".aider.conf.yml"],
        needs: "`auto-commits` on, with `attribute-author` or `attribute-co-authored-by` on; the committer's name alone is no evidence",
    },
    Tool {
        name: "gemini-cli",
        title: "Gemini CLI",
        files: &[],
        needs: "recognised by its addresses as author or co-author; nothing else in a commit shows it: declare it",
    },
    Tool {
        name: "amp",
        title: "Amp",
        files: &[],
        needs: "co-author and `Amp-Thread-ID` trailers: leave `amp.git.commit.coauthor.enabled` on",
    },
    Tool { name: "devin", title: "Devin", files: &[], needs: "its bot is the author of its commits; nothing to switch on" },
    Tool { name: "jules", title: "Jules", files: &[], needs: "its bot is the author of its commits; nothing to switch on" },
    Tool { name: "opencode", title: "OpenCode", files: &[], needs: "co-author trailer, recognised by its address" },
    Tool {
        name: "git-ai",
        title: "git-ai",
        files: &[],
        needs: "installed on every machine that commits; its notes in refs/notes/ai must be pushed, and fetched where reports are made; with its HTTP backend there may be no notes in git at all",
    },
];

/// A tool that this repository shows signs of.
pub struct InUse {
    tool: &'static Tool,
    signs: Vec<String>,
    /// Settings in the repository by which it leaves nothing.
    off: Vec<String>,
}

impl InUse {
    /// As the JSON output has it.
    pub fn json(&self) -> Value {
        json!({ "tool": self.tool.name, "signs": self.signs, "switched_off": self.off, "needs": self.tool.needs })
    }
}

/// The tools that show in files of the work tree and in the last commits. What cannot be read shows nothing: this is advice.
pub fn in_use(git: &Git, rules: &Rules) -> Vec<InUse> {
    let mut signs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut off: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    if git.has_work_tree {
        for tool in &TOOLS {
            let there = tool.files.iter().filter(|file| git.root.join(file).exists()).map(|file| format!("`{file}`"));
            signs.entry(tool.name).or_default().extend(there);
        }
        for path in [
            ".claude/settings.json",
            ".claude/settings.local.json",
            ".aider.conf.yml",
            ".codex/config.toml",
            ".vscode/settings.json",
        ] {
            let Ok(text) = std::fs::read(git.root.join(path)) else { continue };
            for fact in coverage_facts("", path.into(), &text).into_iter().filter(|fact| fact.trailers_off) {
                off.entry(fact.tool).or_default().push(format!("`{}` in `{path}`", fact.key));
            }
        }
    }
    let (counted, read) = in_history(git, rules);
    if git.repo.reference("refs/notes/ai").is_some() {
        signs.entry("git-ai").or_default().push("`refs/notes/ai`".to_owned());
    }
    let found = TOOLS.iter().filter_map(|tool| {
        let mut signs = signs.remove(tool.name).unwrap_or_default();
        signs.extend(counted.get(tool.name).map(|n| format!("{n} of the last {read} commits")));
        let off = off.remove(tool.name).unwrap_or_default();
        (!signs.is_empty() || !off.is_empty()).then_some(InUse { tool, signs, off })
    });
    found.collect()
}

/// Number of commits by tool among the last ones, and how many those are.
fn in_history(git: &Git, rules: &Rules) -> (BTreeMap<String, usize>, usize) {
    let ids = git.answer(&["rev-list", "--max-count", COMMITS, "HEAD", "--"]).unwrap_or_default();
    let mut objects = Objects::new(git.repo.inner());
    let (mut counted, mut commits) = (BTreeMap::new(), 0);
    for id in ids.lines().filter_map(|line| ObjectId::from_hex(line.as_bytes()).ok()) {
        let Ok((read, _)) = check::evidence(&mut objects, rules, id) else { continue };
        commits += 1;
        let of_ai = read.evidence.into_iter().filter(|evidence| evidence.origin == Origin::Ai);
        for tool in of_ai.filter_map(|evidence| evidence.tool).collect::<BTreeSet<_>>() {
            *counted.entry(tool).or_default() += 1;
        }
    }
    (counted, commits)
}

/// What people read after installing.
pub fn guide(found: &[InUse]) -> String {
    let mut text = String::from(
        "
What the hook writes is only what a person or a tool says:
  git config candor.declare 'claude-code; mode=interactive'   for this repository, from now on
  CANDOR_DECLARE='cursor; mode=chat' git commit               for one commit; a tool can set it for its own commits
  CANDOR_DECLARE=none git commit                              no tool took part, and a person says so

What each tool must have switched on to leave evidence of its own (* = seen in this repository):
",
    );
    for tool in &TOOLS {
        let used = found.iter().find(|one| one.tool.name == tool.name);
        let _ = writeln!(text, "{} {}: {}", if used.is_some() { '*' } else { ' ' }, tool.title, tool.needs);
        if let Some(used) = used {
            if !used.signs.is_empty() {
                let _ = writeln!(text, "      seen: {}", used.signs.join(", "));
            }
            for setting in &used.off {
                let _ = writeln!(text, "      warning: {setting} switches its trace off");
            }
        }
    }
    text.push_str("\nNone of this covers completions in an editor: declare them, or they stay unknown.\n");
    text
}

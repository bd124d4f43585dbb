//! Anchors in a git repository that others keep: annotated tags, made and read by git itself.

use std::path::Path;
use std::process::{Command, Stdio};

use candor_experiment::ledger::Anchor;
use jiff::Timestamp;

use crate::failure::Failure;

/// An anchor found in a repository.
pub struct Found {
    /// The tag or commit.
    pub name: String,
    /// Its time, by the word of the repository.
    pub at: Timestamp,
    /// What it says.
    pub anchor: Anchor,
}

fn git(repository: &Path, args: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
        command.env_remove(name);
    }
    let run = command.arg("-C").arg(repository).args(args).stdin(Stdio::null()).output();
    let run =
        run.map_err(|error| Failure::user(format!("git cannot be started: {error}")).hint("install git, or anchor to a file"))?;
    if run.status.success() {
        return Ok(String::from_utf8_lossy(&run.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&run.stderr);
    Err(Failure::user(format!("git refused in `{}`: {}", repository.display(), said.trim())))
}

/// Makes an annotated tag on the current commit, or an empty commit, whose message is the anchor.
pub fn write(repository: &Path, anchor: &Anchor, commit: bool) -> Result<String, Failure> {
    let message = format!("Head of a ledger of plans and verdicts after {} entries\n\n{}", anchor.entries, anchor.to_text()?);
    if commit {
        git(repository, &["commit", "--quiet", "--allow-empty", "--only", "-m", &message])?;
        return Ok(git(repository, &["rev-parse", "HEAD"])?.trim().to_owned());
    }
    let name = format!("candor-anchor-{}-{}", anchor.ledger.short(), anchor.entries);
    let existing = git(repository, &["tag", "-l", &name])?;
    if existing.trim().is_empty() {
        git(repository, &["tag", "-a", &name, "-m", &message])?;
    }
    Ok(name)
}

/// All anchors in the tags and commits of a repository.
pub fn read(repository: &Path) -> Result<Vec<Found>, Failure> {
    let tags = git(
        repository,
        &["for-each-ref", "refs/tags/candor-anchor-*", "--format=%(refname:short)%09%(taggerdate:unix)%09%(contents)%1e"],
    )?;
    let commits =
        git(repository, &["log", "--all", "--fixed-strings", "--grep=\"candor-anchor-1\"", "--format=%H%x09%ct%x09%B%x1e"])?;
    let mut found = Vec::new();
    for record in tags.split('\u{1e}').chain(commits.split('\u{1e}')) {
        let mut parts = record.trim().splitn(3, '\t');
        let (Some(name), Some(at), Some(text)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some(line) = text.lines().find(|line| line.starts_with('{')) else { continue };
        let at = at.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        if let (Some(at), Ok(anchor)) = (at, Anchor::from_text(name, line)) {
            found.push(Found { name: name.to_owned(), at, anchor });
        }
    }
    Ok(found)
}

//! `candor instrument --check`: which commits say nothing on who or what wrote them. A step for CI; the answer is an exit code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use candor_attribution::{CommitEvidence, CommitText, MessageClass, Note, Rules, message, read_commit};
use candor_git::commit::Signature;
use candor_git::objects::Objects;
use candor_git::{GitError, ObjectId};
use candor_model::Origin;
use serde_json::json;

use super::git::Git;
use crate::failure::Failure;
use crate::{Done, output};

/// Longest list on a terminal.
const SHOWN: usize = 50;

/// A commit without evidence.
struct Undeclared {
    id: String,
    subject: String,
    /// Values that look like a tool and are not known, or a negative that nobody put their name to.
    seen: Vec<String>,
}

/// Runs the check.
pub fn run(git: &Git, rules: &Rules, range: Option<&str>, allowed: usize, as_json: bool) -> Done {
    let selection = Selection::new(git, range)?;
    let ids = commits(git, &selection.args)?;
    let notes: BTreeMap<ObjectId, ObjectId> =
        candor_sources::git::notes::list(&git.repo).map_err(Failure::user)?.into_iter().collect();
    let mut objects = Objects::new(git.repo.inner());
    let (mut undeclared, mut by_origin, mut reverts) = (Vec::new(), BTreeMap::<&str, usize>::new(), 0usize);
    for id in &ids {
        let (read, subject) = evidence(&mut objects, rules, *id)?;
        let origin = match strongest(&read) {
            Some(origin) => origin,
            None if notes.get(id).is_some_and(|note| is_attested(&mut objects, rules, *note)) => "recorded",
            None if read.message_class == MessageClass::Revert => {
                // A revert brings nothing new: what it puts back has its own commit.
                reverts += 1;
                continue;
            }
            None => {
                let seen = read.unrecognised.into_iter().chain(read.negatives).collect();
                undeclared.push(Undeclared { id: id.to_string(), subject, seen });
                continue;
            }
        };
        *by_origin.entry(origin).or_default() += 1;
    }
    let passes = undeclared.len() <= allowed;
    if as_json {
        let document = json!({
            "schema": "candor-instrument-check/1",
            "commits_checked": selection.says,
            "commits": ids.len(),
            "with_evidence": by_origin,
            "reverts_left_aside": reverts,
            "undeclared": undeclared.iter().map(|one| json!({ "commit": one.id, "subject": one.subject, "seen": one.seen })).collect::<Vec<_>>(),
            "allowed": allowed,
            "passes": passes,
        });
        output::print(format!("{document:#}\n").as_bytes())?;
    } else {
        output::print(text(&selection.says, ids.len(), &by_origin, reverts, &undeclared).as_bytes())?;
    }
    if passes {
        return Ok(());
    }
    let mut failure = Failure::machine(format!(
        "{} of {} {} nothing on who or what wrote {} ({allowed} allowed)",
        undeclared.len(),
        counted(ids.len()),
        if undeclared.len() == 1 { "says" } else { "say" },
        if undeclared.len() == 1 { "it" } else { "them" },
    ))
    .hint("the last one: CANDOR_DECLARE='claude-code; mode=interactive' git commit --amend --no-edit (or CANDOR_DECLARE=none, when no tool took part), with the hooks of `candor instrument`");
    if notes.is_empty() {
        failure = failure
            .hint("there are no git-ai notes here; if the team records them: git fetch origin '+refs/notes/ai*:refs/notes/ai*'");
    }
    Err(failure)
}

fn counted(n: usize) -> String {
    if n == 1 { "1 commit".to_owned() } else { format!("{n} commits") }
}

fn text(says: &str, n: usize, by_origin: &BTreeMap<&str, usize>, reverts: usize, undeclared: &[Undeclared]) -> String {
    let mut text = format!("{}, {says}: {} without evidence", counted(n), undeclared.len());
    for (origin, n) in by_origin {
        let _ = write!(text, ", {n} {origin}");
    }
    if reverts > 0 {
        let _ = write!(text, ", {reverts} reverts left aside");
    }
    text.push('\n');
    for one in undeclared.iter().take(SHOWN) {
        let _ = write!(text, "  {} {}", one.id.get(..12).unwrap_or(&one.id), one.subject);
        if !one.seen.is_empty() {
            let _ = write!(text, "  (not counted: {})", plain(&one.seen.join(", ")));
        }
        text.push('\n');
    }
    if undeclared.len() > SHOWN {
        let _ = writeln!(text, "  ... and {} more; --json lists all", undeclared.len() - SHOWN);
    }
    text
}

/// Which commits are looked at, as arguments of `git rev-list` and in words.
struct Selection {
    args: Vec<String>,
    says: String,
}

impl Selection {
    fn new(git: &Git, range: Option<&str>) -> Result<Self, Failure> {
        if let Some(range) = range {
            return Ok(Self { args: vec![range.to_owned()], says: format!("`{}`", plain(range)) });
        }
        if git.ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?.is_none() {
            return Err(Failure::user("there is no commit yet, so none can be checked").hint("commit something first"));
        }
        let last = |says: &str| Self { args: vec!["--max-count=1".to_owned(), "HEAD".to_owned()], says: says.to_owned() };
        if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0") {
            return Ok(last("the last one, as CI is set"));
        }
        let head = git.answer(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
        let upstream = git.answer(&["rev-parse", "--verify", "--quiet", "--symbolic-full-name", "@{upstream}"]);
        let default = || {
            let of_remote = git.answer(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"]);
            of_remote.into_iter().chain(["refs/heads/main".to_owned(), "refs/heads/master".to_owned()]).find(|name| {
                *name != head && git.answer(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).is_some()
            })
        };
        Ok(match upstream.filter(|name| !name.is_empty()).or_else(default) {
            Some(base) => {
                let short = base.trim_start_matches("refs/heads/").trim_start_matches("refs/remotes/");
                Self { says: format!("`{}..HEAD`", plain(short)), args: vec![format!("{base}..HEAD")] }
            }
            None => last("the last one, as there is no other branch to compare with"),
        })
    }
}

/// Ids of the commits that are no merges: a merge brings what its own commits say.
fn commits(git: &Git, args: &[String]) -> Result<Vec<ObjectId>, Failure> {
    let mut all = vec!["rev-list", "--no-merges"];
    let (options, revisions): (Vec<&str>, Vec<&str>) = match args {
        [option, revision] => (vec![option.as_str()], vec![revision.as_str()]),
        other => (Vec::new(), other.iter().map(String::as_str).collect()),
    };
    all.extend(options);
    all.push("--end-of-options");
    for one in revisions.iter().flat_map(|range| range.split("..")).map(|end| end.trim_matches('.')).filter(|end| !end.is_empty())
    {
        let commit = format!("{}^{{commit}}", one.trim_start_matches('^'));
        let known = git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", one])?.is_some();
        if known && git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?.is_none() {
            return Err(Failure::user(format!("`{}` names no commit", plain(one))).hint("a range is `FROM..TO` or one revision"));
        }
    }
    all.extend(revisions);
    all.push("--");
    let ids = git.run(&all).map_err(|failure| {
        failure.hint("a range is `FROM..TO` or one revision; in a shallow clone, fetch more first (`git fetch --unshallow`, in CI the depth of the checkout)")
    })?;
    Ok(ids.lines().filter_map(|line| ObjectId::from_hex(line.trim().as_bytes()).ok()).collect())
}

/// What a commit says, and its subject.
pub fn evidence(objects: &mut Objects, rules: &Rules, id: ObjectId) -> Result<(CommitEvidence, String), Failure> {
    let hex = id.to_string();
    let raw = objects.commit(id).map_err(|source| GitError::Unreadable { commit: hex.clone(), source })?;
    let commit = candor_git::commit::parse(raw);
    let nobody = Signature::default();
    let (author, committer) = (commit.author.as_ref().unwrap_or(&nobody), commit.committer.as_ref().unwrap_or(&nobody));
    let encoding = commit.encoding.map(AsRef::as_ref);
    let read = read_commit(
        rules,
        &CommitText {
            id: &hex,
            author_name: &author.name,
            author_email: &author.email,
            committer_name: &committer.name,
            committer_email: &committer.email,
            message: commit.message,
            encoding,
            authored_at: commit.authored_at.or(commit.committed_at).unwrap_or(0),
            committed_at: commit.committed_at.or(commit.authored_at).unwrap_or(0),
            parents: commit.parents.len(),
        },
    );
    let text = message::decode(commit.message, encoding);
    Ok((read, plain(text.lines().find(|line| !line.trim().is_empty()).unwrap_or("(no message)"))))
}

/// What the evidence of a commit says of it, where it says anything.
fn strongest(read: &CommitEvidence) -> Option<&'static str> {
    let says = |origin| read.evidence.iter().any(|evidence| evidence.origin == origin);
    match (says(Origin::Ai) || says(Origin::Mixed), says(Origin::Human), says(Origin::Bot)) {
        (true, true, _) => Some("contradictory"),
        (true, false, _) => Some("ai"),
        (false, true, _) => Some("human"),
        (false, false, true) => Some("bot"),
        (false, false, false) => None,
    }
}

/// Whether a note attributes any line. Lines are not compared with the change here: that is what a report does.
fn is_attested(objects: &mut Objects, rules: &Rules, note: ObjectId) -> bool {
    let note = objects.blob(note).ok().and_then(|bytes| Note::parse(bytes, rules).ok());
    note.is_some_and(|note| note.entries.iter().any(|entry| note.author(entry).is_some()))
}

/// Text from a repository without what a terminal would obey.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

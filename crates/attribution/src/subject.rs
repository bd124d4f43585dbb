//! What a commit's message says about its kind: fix or feature, which pull request it lands, which branch it merges.

use crate::message::Message;
use serde::{Deserialize, Serialize};

/// Kind of a change, by its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageClass {
    /// Mends something.
    Fix,
    /// Adds something.
    Feature,
    /// Changes the form, not the behaviour; performance work too.
    Refactor,
    /// Tests.
    Test,
    /// Documentation.
    Docs,
    /// Upkeep: builds, dependencies, releases.
    Chore,
    /// Takes a commit back.
    Revert,
    /// Nothing of that, or nothing that the subject says.
    Other,
}

impl MessageClass {
    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            MessageClass::Fix => "fix",
            MessageClass::Feature => "feature",
            MessageClass::Refactor => "refactor",
            MessageClass::Test => "test",
            MessageClass::Docs => "docs",
            MessageClass::Chore => "chore",
            MessageClass::Revert => "revert",
            MessageClass::Other => "other",
        }
    }

    /// Reads a subject: the type of a conventional commit (<https://www.conventionalcommits.org/en/v1.0.0/>), else the
    /// first word, also behind a scope (`parser: fix ...`, `[parser] Fix ...`).
    pub fn of_subject(subject: &str) -> MessageClass {
        let mut subject = subject.trim();
        while let Some((_, rest)) = subject.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            subject = rest.trim_start();
        }
        if subject.starts_with("Revert \"") {
            return MessageClass::Revert;
        }
        let Some((head, rest)) = subject.split_once(':') else { return of_word(first_word(subject)) };
        let kind = head.split(['(', '!']).next().unwrap_or_default().trim();
        match of_type(kind) {
            Some(class) => class,
            // A scope is one word; anything longer is a sentence with a colon in it.
            None if !head.trim().contains(' ') => of_word(first_word(rest)),
            None => of_word(first_word(subject)),
        }
    }
}

fn first_word(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric()).split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

fn of_type(kind: &str) -> Option<MessageClass> {
    Some(match kind.to_ascii_lowercase().as_str() {
        "fix" | "bugfix" | "hotfix" | "bug" => MessageClass::Fix,
        "feat" | "feature" => MessageClass::Feature,
        "refactor" | "perf" | "style" => MessageClass::Refactor,
        "test" | "tests" => MessageClass::Test,
        "doc" | "docs" => MessageClass::Docs,
        "chore" | "build" | "ci" | "deps" | "release" => MessageClass::Chore,
        "revert" => MessageClass::Revert,
        _ => return None,
    })
}

fn of_word(word: &str) -> MessageClass {
    match word.to_ascii_lowercase().as_str() {
        "fix" | "fixes" | "fixed" | "fixing" | "bugfix" | "hotfix" | "repair" => MessageClass::Fix,
        "add" | "adds" | "added" | "implement" | "implements" | "introduce" | "support" | "feat" => MessageClass::Feature,
        "refactor" | "refactors" | "rename" | "simplify" | "extract" | "move" | "cleanup" | "clean" | "optimize" | "reformat" => {
            MessageClass::Refactor
        }
        "test" | "tests" | "testing" => MessageClass::Test,
        "doc" | "docs" | "document" | "documentation" | "readme" => MessageClass::Docs,
        "bump" | "chore" | "ci" | "build" | "release" | "upgrade" | "deps" => MessageClass::Chore,
        "revert" | "reverts" => MessageClass::Revert,
        _ => MessageClass::Other,
    }
}

/// Number of the pull or merge request that a commit lands, in the forms of GitHub, GitLab, Azure, Bitbucket and bors.
pub fn pull_request(message: &Message<'_>) -> Option<u64> {
    let subject = message.subject.trim();
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok().filter(|&n| n > 0)
    };
    let starts = ["Merge pull request #", "Merged PR ", "Auto merge of #", "Merge PR #"];
    if let Some(found) = starts.iter().find_map(|start| subject.strip_prefix(start).and_then(number)) {
        return Some(found);
    }
    let ends = |open: &str| {
        let (_, tail) = subject.strip_suffix(')')?.rsplit_once(open)?;
        (tail.bytes().all(|b| b.is_ascii_digit())).then(|| number(tail)).flatten()
    };
    if let Some(found) = ends("(#").or_else(|| ends("(!")).or_else(|| ends("(pull request #")) {
        return Some(found);
    }
    let gitlab = message.lines.iter().find_map(|(line, _)| line.strip_prefix("See merge request "));
    gitlab.and_then(|rest| rest.rsplit_once('!')).and_then(|(_, tail)| number(tail))
}

/// Name of the branch that a merge names, without the owner of a fork.
pub fn merged_branch<'a>(message: &Message<'a>) -> Option<&'a str> {
    let subject = message.subject.trim();
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        let (_, source) = rest.split_once(" from ")?;
        return source.split_once('/').map(|(_, branch)| branch.trim());
    }
    let rest = subject.strip_prefix("Merge branch '").or_else(|| subject.strip_prefix("Merge remote-tracking branch '"))?;
    let branch = rest.split('\'').next()?;
    Some(branch.strip_prefix("origin/").unwrap_or(branch))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn subjects_have_classes() {
        for (subject, class) in [
            ("fix: a thing", MessageClass::Fix),
            ("fix(parser)!: a thing", MessageClass::Fix),
            ("Fix the thing", MessageClass::Fix),
            ("globset: fix a bug", MessageClass::Fix),
            ("feat(ui): a thing", MessageClass::Feature),
            ("Add a thing (#7)", MessageClass::Feature),
            ("[parser] Add a rule", MessageClass::Feature),
            ("[parser][cli]: fix it", MessageClass::Fix),
            ("[not closed", MessageClass::Other),
            ("perf: faster", MessageClass::Refactor),
            ("test: more", MessageClass::Test),
            ("docs: words", MessageClass::Docs),
            ("Bump x from 1 to 2", MessageClass::Chore),
            ("Revert \"feat: a thing\"", MessageClass::Revert),
            ("revert: feat: a thing", MessageClass::Revert),
            ("Prefix the names", MessageClass::Other),
            ("Why we do this: fix", MessageClass::Other),
            ("", MessageClass::Other),
        ] {
            assert_eq!(MessageClass::of_subject(subject), class, "`{subject}`");
        }
    }

    #[test]
    fn pull_requests_and_branches_are_read() {
        let number = |text: &str| pull_request(&Message::parse(text));
        assert_eq!(number("Add a thing (#7)"), Some(7));
        assert_eq!(number("Revert \"Add a thing (#7)\" (#15)"), Some(15));
        assert_eq!(number("Merge pull request #12 from owner/codex/fix-it"), Some(12));
        assert_eq!(number("Merge branch 'x' into 'main'\n\nText\n\nSee merge request group/project!34"), Some(34));
        assert_eq!(number("Add (#7) and more"), None);
        assert_eq!(number("Add a thing (#99999999999999999999999)"), None, "a number that does not fit is none");
        assert_eq!(merged_branch(&Message::parse("Merge pull request #12 from owner/codex/fix-it")), Some("codex/fix-it"));
        assert_eq!(merged_branch(&Message::parse("Merge branch 'claude/x' into main")), Some("claude/x"));
        assert_eq!(merged_branch(&Message::parse("Merge the claude/ branch")), None);
    }
}

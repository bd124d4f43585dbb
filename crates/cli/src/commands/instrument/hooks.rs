//! Installing and removing the hooks: all or nothing, what was there goes on working, and what is not ours is left alone.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::git::Git;
use crate::failure::Failure;

/// The fetch of notes. The pattern matters: for a name without one, `git fetch` fails as long as the remote has no such notes.
pub const FETCH: &str = "+refs/notes/ai*:refs/notes/ai*";
const FETCH_KEY: &str = "remote.origin.fetch";
const REWRITE: &str = "refs/notes/ai";
const REWRITE_KEY: &str = "notes.rewriteRef";
/// What was added by us, so that exactly this can be taken out again.
const ADDED_KEY: &str = "candor.added";

/// The hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Hook {
    /// Adds the declaration.
    PrepareCommitMsg,
    /// Lets an empty message stay empty.
    CommitMsg,
}

impl Hook {
    const ALL: [Hook; 2] = [Hook::PrepareCommitMsg, Hook::CommitMsg];

    /// Git's name of the hook.
    pub fn name(self) -> &'static str {
        match self {
            Hook::PrepareCommitMsg => "prepare-commit-msg",
            Hook::CommitMsg => "commit-msg",
        }
    }

    /// The script.
    pub fn text(self) -> &'static str {
        match self {
            Hook::PrepareCommitMsg => include_str!("prepare-commit-msg.sh"),
            Hook::CommitMsg => include_str!("commit-msg.sh"),
        }
    }

    fn is_ours(self, text: &[u8]) -> bool {
        let mark = format!("# candor-hook: {}", self.name());
        text.split(|byte| *byte == b'\n').take(3).any(|line| line.strip_suffix(b"\r").unwrap_or(line) == mark.as_bytes())
    }

    fn chained(self) -> String {
        format!("{}.candor-chained", self.name())
    }
}

/// What was done.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Folder of the hooks.
    pub folder: PathBuf,
    /// What was changed.
    pub changed: Vec<String>,
    /// What the reader must know.
    pub remarks: Vec<String>,
}

/// Steps that were taken, each with its way back.
struct Steps<'g> {
    git: &'g Git,
    taken: Vec<Step>,
}

enum Step {
    Made(PathBuf),
    MadeFolder(PathBuf),
    Moved(PathBuf, PathBuf),
    Added(&'static str, String),
}

impl Steps<'_> {
    fn undo(self) {
        for step in self.taken.into_iter().rev() {
            // This is the way back from an error that is told; a second one would hide it.
            let _ = match step {
                Step::Made(path) => fs::remove_file(path).is_ok(),
                Step::MadeFolder(path) => fs::remove_dir(path).is_ok(),
                Step::Moved(from, to) => fs::rename(to, from).is_ok(),
                Step::Added(key, value) => self.git.take_out(key, &value).is_ok(),
            };
        }
    }

    fn moved(&mut self, from: &Path, to: &Path) -> Result<(), Failure> {
        fs::rename(from, to).map_err(|error| Failure::file("rename", from, &error))?;
        self.taken.push(Step::Moved(from.to_path_buf(), to.to_path_buf()));
        Ok(())
    }

    fn add(&mut self, key: &'static str, value: &str) -> Result<(), Failure> {
        self.git.add(key, value)?;
        self.taken.push(Step::Added(key, value.to_owned()));
        Ok(())
    }
}

/// Installs the hooks and settings; a second time changes nothing.
///
/// # Errors
/// A hook manager owns the folder, all repositories of the user share it, it cannot be written, or a hook is in the way. Then
/// everything is as it was.
pub fn install(git: &Git) -> Result<Outcome, Failure> {
    let folder = folder(git)?;
    refuse_shared(git, &folder)?;
    let mut outcome = Outcome { folder: folder.clone(), ..Outcome::default() };
    let mut steps = Steps { git, taken: Vec::new() };
    match install_all(git, &folder, &mut steps, &mut outcome) {
        Ok(()) => Ok(outcome),
        Err(failure) => {
            steps.undo();
            Err(failure.hint("nothing was changed"))
        }
    }
}

fn install_all(git: &Git, folder: &Path, steps: &mut Steps<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)
            .map_err(|error| Failure::user(format!("cannot make the folder of the hooks, `{}`: {error}", folder.display())))?;
        steps.taken.push(Step::MadeFolder(folder.to_path_buf()));
        steps.add(ADDED_KEY, "hooks-folder")?;
    }
    // All is written beside its place first; only then does anything that was there move.
    let mut staged = Vec::new();
    for hook in Hook::ALL {
        let path = folder.join(hook.name());
        let there = read(&path)?;
        if there.as_deref().is_some_and(|text| text == hook.text().as_bytes() && is_executable(&path)) {
            continue;
        }
        let chained = folder.join(hook.chained());
        let is_foreign = there.as_deref().is_some_and(|text| !hook.is_ours(text));
        if is_foreign && fs::symlink_metadata(&chained).is_ok() {
            return Err(Failure::user(format!(
                "`{}` is not candor's hook, and `{}` holds another one already",
                path.display(),
                chained.display()
            ))
            .hint("something replaced candor's hook after it was installed; decide which of the two to keep, and delete or merge the other"));
        }
        let part = folder.join(format!("{}.candor-{}.part", hook.name(), std::process::id()));
        steps.taken.push(Step::Made(part.clone()));
        write_executable(&part, hook.text()).map_err(|error| {
            Failure::user(format!("cannot write into the folder of the hooks, `{}`: {error}", folder.display()))
                .hint("the folder must be writable, with some space left")
        })?;
        staged.push((hook, part, path, chained, is_foreign, there.is_some()));
    }
    settings(git, steps, outcome)?;
    for (hook, part, path, chained, is_foreign, was_there) in staged {
        if is_foreign {
            let by = read(&path)?.as_deref().and_then(manager_of_text);
            steps.moved(&path, &chained)?;
            outcome.changed.push(format!("{}: the hook that was there goes on as {}", hook.name(), hook.chained()));
            if let Some(manager) = by {
                outcome.remarks.push(format!(
                    "{} was installed by {manager}, which may replace it; run `candor instrument` again after `{manager} install`",
                    hook.name()
                ));
            }
        }
        if was_there && !is_foreign {
            fs::rename(&part, &path).map_err(|error| Failure::file("write", &path, &error))?;
            outcome.changed.push(format!("{}: brought up to date", hook.name()));
        } else {
            steps.moved(&part, &path)?;
            outcome.changed.push(format!("{}: installed", hook.name()));
        }
    }
    Ok(())
}

fn settings(git: &Git, steps: &mut Steps<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let fetches = git.local_values(FETCH_KEY);
    if git.answer(&["config", "--get", "remote.origin.url"]).is_none() {
        outcome.remarks.push(
            "there is no remote `origin`, so no fetch of refs/notes/ai is set; run this again once there is one".to_owned(),
        );
    } else if !fetches.iter().any(|value| {
        value.ends_with(":refs/notes/ai")
            || value.ends_with(":refs/notes/ai*")
            || value.ends_with(":refs/notes/*")
            || value.ends_with(":refs/*")
    }) {
        if git.repo.reference(REWRITE).is_some() {
            outcome.remarks.push(format!(
                "refs/notes/ai is there already: a fetch would overwrite notes that were not pushed yet, so none is set; if notes \
                 are only ever read here: git config --add {FETCH_KEY} '{FETCH}'"
            ));
        } else {
            steps.add(FETCH_KEY, FETCH)?;
            steps.add(ADDED_KEY, "fetch")?;
            outcome.changed.push(format!("{FETCH_KEY} += {FETCH}"));
        }
    }
    let rewrites = git.local_values(REWRITE_KEY);
    if !rewrites.iter().any(|value| value == REWRITE || value == "refs/notes/*") {
        steps.add(REWRITE_KEY, REWRITE)?;
        steps.add(ADDED_KEY, "rewrite")?;
        outcome.changed.push(format!("{REWRITE_KEY} += {REWRITE} (notes follow amended and rebased commits)"));
    }
    Ok(())
}

/// Takes out what [`install`] put there, and nothing else.
///
/// # Errors
/// A file or a setting cannot be changed.
pub fn remove(git: &Git) -> Result<Outcome, Failure> {
    let folder = folder(git)?;
    let mut outcome = Outcome { folder: folder.clone(), ..Outcome::default() };
    for hook in Hook::ALL {
        let (path, chained) = (folder.join(hook.name()), folder.join(hook.chained()));
        let has_chained = fs::symlink_metadata(&chained).is_ok();
        match read(&path)? {
            Some(text) if !hook.is_ours(&text) => {
                outcome.remarks.push(format!(
                    "{} is not candor's and stays{}",
                    hook.name(),
                    match has_chained {
                        true => format!("; the hook that candor had kept stays as {}", hook.chained()),
                        false => String::new(),
                    }
                ));
            }
            _ if has_chained => {
                // In one step: at no moment is there no hook.
                fs::rename(&chained, &path).map_err(|error| Failure::file("rename", &chained, &error))?;
                outcome.changed.push(format!("{}: the hook that was there before is back", hook.name()));
            }
            Some(_) => {
                fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, &error))?;
                outcome.changed.push(format!("{}: removed", hook.name()));
            }
            None => {}
        }
    }
    for what in git.local_values(ADDED_KEY) {
        match what.as_str() {
            "fetch" => {
                git.take_out(FETCH_KEY, FETCH)?;
                outcome.changed.push(format!("{FETCH_KEY} -= {FETCH}"));
            }
            "rewrite" => {
                git.take_out(REWRITE_KEY, REWRITE)?;
                outcome.changed.push(format!("{REWRITE_KEY} -= {REWRITE}"));
            }
            // Only when nobody put anything else there.
            "hooks-folder" => drop(fs::remove_dir(&folder)),
            _ => {}
        }
        git.take_out(ADDED_KEY, &what)?;
    }
    Ok(outcome)
}

/// Folder of the hooks, by git's rules for `core.hooksPath` and work trees.
fn folder(git: &Git) -> Result<PathBuf, Failure> {
    let answer = git.run(&["rev-parse", "--git-path", "hooks"])?;
    let path = git.root.join(answer);
    Ok(path.canonicalize().unwrap_or(path))
}

fn refuse_shared(git: &Git, folder: &Path) -> Result<(), Failure> {
    let by_hand = |manager: &str, place: &str| {
        format!(
            "by hand: `candor instrument --print-hook prepare-commit-msg > .candor/prepare-commit-msg`, the same for commit-msg, commit \
             both, and have {manager} call them ({place}): sh .candor/prepare-commit-msg \"$@\""
        )
    };
    let common = git.repo.common_dir();
    if git.has_work_tree && folder.starts_with(&git.root) && !folder.starts_with(&common) {
        let inside = folder.strip_prefix(&git.root).unwrap_or(folder).display().to_string();
        let is_tracked = git.answer(&["ls-files", "--", &inside]).is_some_and(|files| !files.is_empty());
        let (manager, place) = if inside == ".husky" || inside.starts_with(".husky/") {
            ("husky", "a line in `.husky/prepare-commit-msg` and in `.husky/commit-msg`".to_owned())
        } else if is_tracked {
            ("the repository", format!("a line in `{inside}/prepare-commit-msg` and in `{inside}/commit-msg`"))
        } else {
            return Ok(());
        };
        return Err(Failure::user(format!("the folder of the hooks, `{inside}`, belongs to {manager}: nothing was changed"))
            .hint(by_hand(manager, &place)));
    }
    let scope = git.answer(&["config", "--show-scope", "--get", "core.hooksPath"]).unwrap_or_default();
    let scope = scope.split_whitespace().next().unwrap_or_default().to_owned();
    if scope == "global" || scope == "system" {
        return Err(Failure::user(format!(
            "core.hooksPath is a {scope} setting: the hooks in `{}` are those of all repositories: nothing was changed",
            folder.display()
        ))
        .hint(format!("set core.hooksPath in this repository, or {}", by_hand("these hooks", "a line in each"))));
    }
    let by_lefthook = Hook::ALL
        .iter()
        .any(|hook| read(&folder.join(hook.name())).ok().flatten().as_deref().and_then(manager_of_text) == Some("lefthook"));
    let file = ["lefthook.yml", ".lefthook.yml", "lefthook.yaml"].into_iter().find(|file| git.root.join(file).is_file());
    if let (true, true, Some(file)) = (by_lefthook, git.has_work_tree, file) {
        let place = "`prepare-commit-msg:` and `commit-msg:` with a command whose `run:` is the line that follows, with {1} {2} {3} for \"$@\"";
        return Err(Failure::user(format!("the hooks here are written by lefthook from `{file}`: nothing was changed"))
            .hint(by_hand("lefthook", place)));
    }
    Ok(())
}

fn manager_of_text(text: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(text);
    ["lefthook", "pre-commit", "husky"].into_iter().find(|manager| text.contains(manager))
}

/// A hook's text; none where there is no such file. A symbolic link whose target is gone counts as an empty hook.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(fs::symlink_metadata(path).ok().map(|_| Vec::new())),
        Err(error) => Err(Failure::file("read", path, &error)),
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

#[cfg(unix)]
fn write_executable(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn write_executable(path: &Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)
}

//! Opening a repository and finding the tip of its mainline.

use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use crate::error::GitError;
use crate::objects::Objects;

/// An opened repository.
pub struct Repository {
    path: PathBuf,
    inner: gix::ThreadSafeRepository,
}

/// The branch that is mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mainline {
    /// Short name of the branch.
    pub branch: String,
    /// Its tip.
    pub tip: ObjectId,
    /// What the reader must know of the choice.
    pub note: Option<String>,
}

impl Repository {
    /// Opens the repository at `path`, or the one that `path` lies in.
    ///
    /// # Errors
    /// No repository there, or one in a form that cannot be read.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let not_a_repository = |why: String| GitError::NotARepository { path: path.to_path_buf(), why };
        if !path.exists() {
            return Err(not_a_repository("there is no such file or folder".to_owned()));
        }
        let options = gix::open::Options::isolated().with(gix::sec::Trust::Full);
        let options = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
        let inner = gix::ThreadSafeRepository::discover_opts(path, gix::discover::upwards::Options::default(), options).map_err(
            |error| {
                let why = one_line(&causes(&error));
                if is_reftable(path) { GitError::Reftable { path: path.to_path_buf() } } else { not_a_repository(why) }
            },
        )?;
        let found = Self { path: path.to_path_buf(), inner };
        let git_dir = found.local().common_dir().to_path_buf();
        if git_dir.join("reftable").is_dir() {
            return Err(GitError::Reftable { path: path.to_path_buf() });
        }
        Ok(found)
    }

    /// The path that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that holds objects and references, shared by all work trees; it stands for the repository.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        let dir = self.local().common_dir().to_path_buf();
        dir.canonicalize().unwrap_or(dir)
    }

    /// The work tree, if there is one.
    #[must_use]
    pub fn work_dir(&self) -> Option<PathBuf> {
        self.local().workdir().map(Path::to_path_buf)
    }

    /// The handle that threads make their own from.
    #[must_use]
    pub fn inner(&self) -> &gix::ThreadSafeRepository {
        &self.inner
    }

    fn local(&self) -> gix::Repository {
        self.inner.to_thread_local()
    }

    /// The mainline: `branch`, else what `origin/HEAD` names, else what HEAD names.
    ///
    /// # Errors
    /// There is no such branch, or no commit on it.
    pub fn mainline(&self, branch: Option<&str>) -> Result<Mainline, GitError> {
        let repo = self.local();
        if branch == Some("HEAD") {
            // What is checked out, never a branch of that name, nor the HEAD of a remote.
            if let Some(tip) = self.found(&repo, "HEAD")? {
                return Ok(Mainline { branch: "HEAD".to_owned(), tip, note: None });
            }
        }
        if let Some(branch) = branch {
            let names = [
                format!("refs/heads/{branch}"),
                format!("refs/remotes/origin/{branch}"),
                format!("refs/remotes/{branch}"),
                branch.to_owned(),
            ];
            for name in &names {
                if let Some(tip) = self.found(&repo, name)? {
                    return Ok(Mainline { branch: branch.to_owned(), tip, note: None });
                }
            }
            return Err(GitError::NoBranch { path: self.path.clone(), branch: branch.to_owned(), others: self.branches(&repo) });
        }
        if let Some(tip) = self.found(&repo, "refs/remotes/origin/HEAD")? {
            let branch = self.symbolic(&repo, "refs/remotes/origin/HEAD").unwrap_or_else(|| "origin/HEAD".to_owned());
            let note = self.elsewhere(&repo, &branch, tip);
            return Ok(Mainline { branch, tip, note });
        }
        match repo.head_name() {
            Ok(Some(name)) => {
                let branch = name.shorten().to_str_lossy().into_owned();
                match self.found(&repo, &name.as_bstr().to_str_lossy())? {
                    Some(tip) => Ok(Mainline { branch, tip, note: None }),
                    None => Err(GitError::Unborn { path: self.path.clone(), branch, others: self.branches(&repo) }),
                }
            }
            Ok(None) => {
                let others = self.branches(&repo);
                match others.as_slice() {
                    [only] => match self.peel(&repo, &format!("refs/heads/{only}")) {
                        Some(tip) => Ok(Mainline {
                            branch: only.clone(),
                            tip,
                            note: Some(format!("HEAD is detached; the only branch, `{only}`, is taken as the mainline")),
                        }),
                        None => Err(GitError::Detached { path: self.path.clone(), others }),
                    },
                    // As a checkout of one commit for a test run leaves it: there is nothing else that could be meant.
                    [] => match self.peel(&repo, "HEAD") {
                        Some(tip) => Ok(Mainline {
                            branch: "HEAD".to_owned(),
                            tip,
                            note: Some(
                                "HEAD is detached and there is no branch; what is checked out is taken as the mainline"
                                    .to_owned(),
                            ),
                        }),
                        None => Err(GitError::Detached { path: self.path.clone(), others }),
                    },
                    _ => Err(GitError::Detached { path: self.path.clone(), others }),
                }
            }
            Err(error) => Err(self.broken("HEAD", &error)),
        }
    }

    fn broken(&self, name: &str, error: &dyn std::error::Error) -> GitError {
        GitError::Reference { path: self.path.clone(), name: name.to_owned(), why: causes(error) }
    }

    /// The commit that a reference leads to; `None` = there is no such reference.
    fn found(&self, repo: &gix::Repository, name: &str) -> Result<Option<ObjectId>, GitError> {
        // A name that no reference can have is nobody's reference.
        let Ok(valid) = <&gix::refs::PartialNameRef>::try_from(name) else { return Ok(None) };
        match repo.try_find_reference(valid) {
            Ok(None) => Ok(None),
            Err(error) => Err(self.broken(name, &error)),
            Ok(Some(_)) => Ok(self.peel(repo, name)),
        }
    }

    /// Why a reference that is there cannot be read, if it cannot.
    #[must_use]
    pub fn reference_fault(&self, name: &str) -> Option<String> {
        self.found(&self.local(), name).err().map(|error| error.to_string())
    }

    /// What to say where HEAD is not at the commit that `origin/HEAD` leads to.
    fn elsewhere(&self, repo: &gix::Repository, branch: &str, tip: ObjectId) -> Option<String> {
        let head = self.peel(repo, "HEAD").filter(|head| *head != tip)?;
        let name = repo.head_name().ok().flatten().map_or_else(|| "no branch".to_owned(), |name| format!("`{}`", name.shorten()));
        Some(format!(
            "`{branch}` is read as `origin` has it, at {}; HEAD, on {name}, is at {}: name a branch, or HEAD, to read that",
            tip.to_hex_with_len(8),
            head.to_hex_with_len(8)
        ))
    }

    /// The commit that a reference leads to.
    #[must_use]
    pub fn reference(&self, name: &str) -> Option<ObjectId> {
        self.peel(&self.local(), name)
    }

    /// Full names and commits of the references below `prefix`, in order of name.
    #[must_use]
    pub fn references(&self, prefix: &str) -> Vec<(BString, ObjectId)> {
        let repo = self.local();
        let Ok(platform) = repo.references() else { return Vec::new() };
        let Ok(found) = platform.prefixed(prefix) else { return Vec::new() };
        let mut all: Vec<(BString, ObjectId)> = found
            .filter_map(Result::ok)
            .filter_map(|mut reference| Some((reference.name().as_bstr().to_owned(), reference.peel_to_id().ok()?.detach())))
            .collect();
        all.sort();
        all
    }

    /// Whether one of these objects is there and can be unpacked.
    #[must_use]
    pub fn has_any(&self, ids: impl IntoIterator<Item = ObjectId>) -> bool {
        let mut objects = Objects::new(&self.inner);
        ids.into_iter().any(|id| objects.has(id))
    }

    /// References under `prefix` with what they point at, sorted by name; no object is looked at, so a tag is itself.
    #[must_use]
    pub fn targets(&self, prefix: &str) -> Vec<(BString, ObjectId)> {
        let repo = self.local();
        let Ok(platform) = repo.references() else { return Vec::new() };
        let Ok(found) = platform.prefixed(prefix) else { return Vec::new() };
        let mut all: Vec<(BString, ObjectId)> = found
            .filter_map(Result::ok)
            .filter_map(|reference| Some((reference.name().as_bstr().to_owned(), reference.target().try_id()?.to_owned())))
            .collect();
        all.sort();
        all
    }

    fn peel(&self, repo: &gix::Repository, name: &str) -> Option<ObjectId> {
        let mut reference = repo.try_find_reference(name).ok()??;
        let direct = reference.target().try_id().map(gix::hash::oid::to_owned);
        // A branch whose commit is damaged is there all the same: whoever reads the commit names the object.
        reference.peel_to_id().ok().map(gix::Id::detach).or(direct)
    }

    fn symbolic(&self, repo: &gix::Repository, name: &str) -> Option<String> {
        let reference = repo.try_find_reference(name).ok()??;
        let target = reference.target().try_name()?.as_bstr().to_str_lossy().into_owned();
        Some(target.strip_prefix("refs/remotes/origin/").unwrap_or(&target).to_owned())
    }

    fn branches(&self, repo: &gix::Repository) -> Vec<String> {
        let Ok(platform) = repo.references() else { return Vec::new() };
        let Ok(found) = platform.local_branches() else { return Vec::new() };
        let mut names: Vec<String> =
            found.filter_map(Result::ok).map(|reference| reference.name().shorten().to_str_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The commits whose parents a shallow clone does not have.
    #[must_use]
    pub fn shallow_commits(&self) -> Vec<ObjectId> {
        self.local().shallow_commits().ok().flatten().map(|commits| commits.iter().copied().collect()).unwrap_or_default()
    }

    /// Commits to which `info/grafts` gives other parents. They are not followed: git itself is giving this file up for `refs/replace/`.
    #[must_use]
    pub fn grafted_commits(&self) -> usize {
        let grafts = std::fs::read(self.local().common_dir().join("info").join("grafts")).unwrap_or_default();
        let names_commit = |line: &&[u8]| line.fields().next().is_some_and(|id| ObjectId::from_hex(id).is_ok());
        grafts.lines().filter(names_commit).count()
    }

    /// Whether the clone was made with a filter, so that objects may be missing on purpose.
    #[must_use]
    pub fn is_partial_clone(&self) -> bool {
        let repo = self.local();
        let config = repo.config_snapshot();
        config.string("extensions.partialClone").is_some() || config.boolean("remote.origin.promisor").unwrap_or(false)
    }
}

fn is_reftable(path: &Path) -> bool {
    [path.join(".git"), path.to_path_buf()].iter().any(|dir| dir.join("reftable").is_dir())
}

/// An error and what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = one_line(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        let words = one_line(&cause.to_string());
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// A path as git quotes it where it is unusual (`core.quotePath`): in double quotes with escapes, else as it is.
#[must_use]
pub fn quote_path(path: &BStr) -> String {
    if let Ok(text) = path.to_str()
        && !text.starts_with('"')
    {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for &byte in path.iter() {
        match byte {
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            0x07 => quoted.push_str("\\a"),
            0x08 => quoted.push_str("\\b"),
            0x0B => quoted.push_str("\\v"),
            0x0C => quoted.push_str("\\f"),
            b'"' => quoted.push_str("\\\""),
            b'\\' => quoted.push_str("\\\\"),
            0x20..=0x7E => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}

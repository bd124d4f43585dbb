//! What can go wrong with a repository, in the words of the person who has to mend it.

use std::path::PathBuf;

use thiserror::Error;

/// A repository that cannot be mined.
#[derive(Debug, Error)]
pub enum GitError {
    /// No repository at or above the path.
    #[error("`{}` cannot be opened as a git repository ({why})", path.display())]
    NotARepository {
        /// What was opened.
        path: PathBuf,
        /// What the git library says.
        why: String,
    },
    /// The repository is kept in a form that cannot be read.
    #[error("`{}` keeps its references in the reftable format, which cannot be read yet", path.display())]
    Reftable {
        /// What was opened.
        path: PathBuf,
    },
    /// The default branch has no commit.
    #[error("`{}` has no commits on its default branch `{branch}` (unborn)", path.display())]
    Unborn {
        /// What was opened.
        path: PathBuf,
        /// Branch that HEAD names.
        branch: String,
        /// Branches that have commits.
        others: Vec<String>,
    },
    /// HEAD is detached and several branches could be meant.
    #[error("HEAD of `{}` is detached, so there is no default branch", path.display())]
    Detached {
        /// What was opened.
        path: PathBuf,
        /// Branches that have commits.
        others: Vec<String>,
    },
    /// A reference that cannot be read.
    #[error("`{}`: the reference `{name}` cannot be read ({why})", path.display())]
    Reference {
        /// What was opened.
        path: PathBuf,
        /// The reference.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// No such branch.
    #[error("`{}` has no branch `{branch}`", path.display())]
    NoBranch {
        /// What was opened.
        path: PathBuf,
        /// What was asked for.
        branch: String,
        /// Branches that have commits.
        others: Vec<String>,
    },
    /// An object without which nothing can be told is missing or damaged.
    #[error("commit {commit}: {source}")]
    Unreadable {
        /// The commit at hand, hex.
        commit: String,
        /// The object and what is wrong with it.
        source: crate::objects::ReadError,
    },
    /// Replaced objects make a circle of commits.
    #[error("commit {commit} is its own ancestor")]
    Cycle {
        /// The commit, hex.
        commit: String,
    },
    /// A clone without blobs.
    #[error("`{}` is a partial clone: all {missing} file contents that were looked at are missing (for example {example})", path.display())]
    Partial {
        /// What was opened.
        path: PathBuf,
        /// How many blobs were looked for in vain.
        missing: usize,
        /// One of them.
        example: String,
    },
    /// More lines than line numbers.
    #[error("`{}` has more than {limit} lines in its history, which is the most that can be numbered", path.display())]
    TooManyLines {
        /// What was opened.
        path: PathBuf,
        /// The limit.
        limit: u32,
    },
    /// The user asked to stop.
    #[error("stopped at your request")]
    Stopped,
    /// A state that does not fit this program.
    #[error("the stored state of `{}` cannot be read: {why}", path.display())]
    BadState {
        /// What was opened.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The git library failed where it should not.
    #[error("`{}`: {why}", path.display())]
    Library {
        /// What was opened.
        path: PathBuf,
        /// What it says.
        why: String,
    },
}

impl GitError {
    /// What the user can do about it, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let branches = |others: &[String]| match others {
            [] => "no branch of this repository has a commit".to_owned(),
            some => format!("name a branch with `--branch`; there are: {}", some.join(", ")),
        };
        match self {
            // What git reads of it is more than what stands there: configuration, rights, alternates.
            Self::NotARepository { path, .. } if path.join(".git").symlink_metadata().is_ok() || path.join("HEAD").exists() => {
                Some("it is a repository that cannot be opened: see its configuration, its alternates and your rights; what `git status` says there tells more".to_owned())
            }
            Self::NotARepository { .. } => {
                Some("give the path of a folder that holds a git repository (a work tree or a bare one)".to_owned())
            }
            Self::Reftable { .. } => Some(
                "a clone keeps its references as files: `git clone --ref-format=files` of this repository can be read".to_owned(),
            ),
            Self::Unborn { others, .. } | Self::Detached { others, .. } | Self::NoBranch { others, .. } => Some(branches(others)),
            Self::Reference { .. } => Some(
                "see that you may read the folder `refs` and the file `packed-refs` of this repository; what `git show-ref` says of them tells more"
                    .to_owned(),
            ),
            Self::Unreadable { .. } => {
                Some("`git fsck` lists the damage; a fresh clone or `git fetch --refetch` may mend it".to_owned())
            }
            Self::Cycle { .. } => Some(
                "only replaced objects can make such a circle: `git replace -l` lists them, and `git replace -d ID` removes one".to_owned(),
            ),
            Self::Partial { .. } => {
                Some("fetch the contents first: `git fetch --refetch --no-filter`, or clone without `--filter`".to_owned())
            }
            Self::BadState { .. } => Some("remove the stored state; the next run mines from the beginning".to_owned()),
            Self::TooManyLines { .. } | Self::Stopped | Self::Library { .. } => None,
        }
    }

    /// Whether the user can mend it (exit code 2), as opposed to a failure of the program or the machine (exit code 1).
    #[must_use]
    pub fn is_users(&self) -> bool {
        !matches!(self, Self::TooManyLines { .. } | Self::Stopped | Self::BadState { .. } | Self::Library { .. })
    }
}

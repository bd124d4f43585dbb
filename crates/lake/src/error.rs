//! Everything that can go wrong at the lake, each message naming the file and the way out.

use std::io;
use std::path::{Path, PathBuf};

use crate::lock::Holder;

/// A failure at the lake.
///
/// A message says what was attempted, on which file, and, where there is one, what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// There is no lake in that folder.
    #[error("no lake in `{}`: it has no `{}`. Mine a repository into it first, or name another folder", .path.display(), crate::JOURNAL_FILE)]
    NotFound {
        /// The folder that was asked for.
        path: PathBuf,
    },
    /// The journal belongs to another program, or to a newer version of this one.
    #[error("`{}` is not a journal that this version can read: {found}. {hint}", .path.display())]
    NotOurs {
        /// The journal.
        path: PathBuf,
        /// What was found instead.
        found: String,
        /// How to go on.
        hint: &'static str,
    },
    /// Another process is writing.
    #[error("the lake `{}` is being written by {holder}. Wait until it is done, or stop it", .path.display())]
    Busy {
        /// The lake.
        path: PathBuf,
        /// Who holds the lock.
        holder: Holder,
    },
    /// The operating system refused something.
    #[error("cannot {action} `{}`: {}{}", .path.display(), .source, hint_for(.source))]
    Io {
        /// What was attempted, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The journal could not be read or written.
    #[error("cannot {action} the journal `{}`: {}{}", .path.display(), .source, journal_hint(.source))]
    Journal {
        /// What was attempted, as a verb.
        action: &'static str,
        /// The journal.
        path: PathBuf,
        /// Why it failed.
        source: Box<rusqlite::Error>,
    },
    /// A segment could not be encoded or decoded.
    #[error("cannot {action} `{}`: {}", .path.display(), .source)]
    Parquet {
        /// What was attempted, as a verb.
        action: &'static str,
        /// The segment.
        path: PathBuf,
        /// Why it failed.
        source: Box<parquet::errors::ParquetError>,
    },
    /// A file that the snapshot needs is gone or was changed after it was pinned.
    #[error(
        "`{}`, which snapshot {snapshot} needs, {problem}. Restore it from a copy, or delete the folder `{}` and mine again", .path.display(), .lake.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The lake it belongs to.
        lake: PathBuf,
        /// The snapshot that needs it.
        snapshot: i64,
        /// What is wrong with it.
        problem: String,
    },
    /// No such snapshot, or vacuum dropped it.
    #[error("the lake `{}` has no snapshot {id}{}", .path.display(), match .latest { Some(latest) => format!("; the latest is {latest}"), None => "; it has none yet".to_owned() })]
    NoSnapshot {
        /// The lake.
        path: PathBuf,
        /// What was asked for.
        id: i64,
        /// The newest one that there is.
        latest: Option<i64>,
    },
    /// No table has that name.
    #[error("no table is called `{name}`; the tables are {}", crate::schema::table_names())]
    UnknownTable {
        /// What was asked for.
        name: String,
    },
    /// The table has no such column.
    #[error("the table `{table}` has no column `{column}`; its columns are {}", crate::schema::column_names(.table))]
    UnknownColumn {
        /// The table.
        table: &'static str,
        /// What was asked for.
        column: String,
    },
    /// The rows handed over do not fit the table.
    #[error("rows for table `{table}`, unit `{unit}`, do not fit: {problem}")]
    Mismatch {
        /// The table.
        table: &'static str,
        /// The unit.
        unit: String,
        /// What does not fit, with what was expected.
        problem: String,
    },
    /// The snapshot is saved, but its Delta log could not be completed.
    #[error(
        "snapshot {snapshot} is saved, but readers of the Delta tables do not see it yet: {source}. The next write completes it"
    )]
    OutsideReadersBehind {
        /// The snapshot that is safe.
        snapshot: i64,
        /// Why the log lags.
        source: Box<LakeError>,
    },
}

impl LakeError {
    /// The file of the lake that is damaged, where that is what went wrong: another try will not mend it.
    #[must_use]
    pub fn damaged_file(&self) -> Option<&Path> {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::Damaged { path, .. } => Some(path),
            Self::Journal { path, source, .. } => {
                matches!(source.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)).then_some(path.as_path())
            }
            _ => None,
        }
    }

    /// Wraps what the operating system said about `path`.
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_path_buf(), source }
    }

    /// Wraps what SQLite said about the journal at `path`.
    pub(crate) fn journal(action: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Journal { action, path: path.to_path_buf(), source: Box::new(source) }
    }

    /// Wraps what the Parquet library said about `path`; a failure of the disk below it is told as such.
    pub(crate) fn parquet(action: &'static str, path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        move |source| match source {
            parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => Self::Io { action, path: path.to_path_buf(), source: *source },
                Err(inner) => Self::Parquet {
                    action,
                    path: path.to_path_buf(),
                    source: Box::new(parquet::errors::ParquetError::External(inner)),
                },
            },
            source => Self::Parquet { action, path: path.to_path_buf(), source: Box::new(source) },
        }
    }
}

fn hint_for(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ". Free some space, or choose another folder for the lake; what was saved before is intact"
        }
        io::ErrorKind::FileTooLarge => {
            ". This process may not write files that large; raise the limit, what was saved before is intact"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            ". Make the folder writable for you, or choose another one for the lake"
        }
        _ => "",
    }
}

fn journal_hint(source: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode;
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ". Free some space, or choose another folder for the lake; what was saved before is intact",
        Some(ErrorCode::SystemIoFailure) => ". See whether the disk has room and is in order; what was saved before is intact",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            ". Make the folder readable and writable for you, or choose another one for the lake"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ". The file is damaged: restore it from a copy, or delete the lake's folder and mine again"
        }
        _ => "",
    }
}

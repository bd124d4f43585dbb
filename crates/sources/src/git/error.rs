//! What can go wrong between a repository and its facts.

use candor_git::{BadCheckpoint, GitError};
use candor_lake::LakeError;
use thiserror::Error;

/// Facts that could not be made.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A batch that does not fit together.
    #[error("rows of `{table}` do not fit together: {source}")]
    Rows {
        /// Table.
        table: &'static str,
        /// What Arrow says.
        source: arrow_schema::ArrowError,
    },
    /// A kept state that cannot be read back.
    #[error("the state `{name}` kept in the lake cannot be read: {why}")]
    State {
        /// Name of the state.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// No randomness for the key of personal ids.
    #[error("the key under which people are known could not be made: {0}")]
    Key(std::io::Error),
}

impl SourceError {
    pub(crate) fn rows(table: &'static str) -> impl FnOnce(arrow_schema::ArrowError) -> Self {
        move |source| Self::Rows { table, source }
    }

    pub(crate) fn state(name: &str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::State { name: name.to_owned(), why: error.to_string() }
    }

    pub(crate) fn checkpoint(name: &str, why: &BadCheckpoint) -> Self {
        Self::State { name: name.to_owned(), why: why.to_string() }
    }
}

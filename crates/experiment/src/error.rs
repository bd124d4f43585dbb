//! What can go wrong with plans, keys and the ledger, in the user's words.

use std::path::PathBuf;

use crate::ledger::Fault;

/// A failure of this crate. Faults inside a plan file are listed, not thrown: see `plan::Finding`.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A text that should be a digest.
    #[error("`{found}` is no hash: expected 64 hex digits in lower case")]
    Hash {
        /// What stood there.
        found: String,
    },
    /// A value that canonical JSON cannot hold.
    #[error("this cannot be written as JSON: {reason}")]
    Canonical {
        /// What the writer said.
        reason: String,
    },
    /// A text that should be a public key.
    #[error("`{found}` is no public key: expected `ed25519:` and 64 hex digits in lower case")]
    PublicKey {
        /// What stood there.
        found: String,
    },
    /// A text that should be a secret key.
    #[error("`{path}` holds no secret key: expected PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`) with an Ed25519 key: {reason}")]
    SecretKey {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// A text that should be a secret seed.
    #[error("`{path}` holds no seed: expected the line `candor-seed-1` and 64 hex digits in lower case")]
    Seed {
        /// The file.
        path: PathBuf,
    },
    /// A file that could not be read or written.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process writes to the ledger.
    #[error("the ledger `{path}` is being written by {holder}")]
    Busy {
        /// The ledger.
        path: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// The ledger does not verify.
    #[error("{path}:{}: {}{}", .faults.first().map_or(0, |fault| fault.line), .faults.first().map_or("", |fault| fault.what.as_str()), more(.faults.len()))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Everything found, in order of lines.
        faults: Vec<Fault>,
    },
    /// An entry that would break a rule of the ledger.
    #[error("{what}")]
    Refused {
        /// What is wrong, and with which entry.
        what: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// A time-stamp reply or an anchor that cannot be read.
    #[error("`{path}`: {what}")]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        what: String,
    },
    /// A statistic refused its input.
    #[error(transparent)]
    Statistics(#[from] candor_stats::StatsError),
}

fn more(faults: usize) -> String {
    if faults > 1 { format!(" (and {} more)", faults - 1) } else { String::new() }
}

impl ExperimentError {
    /// Attaches the path and what was tried to an error of the system.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Whether the user can mend it, as opposed to the machine having failed.
    #[must_use]
    pub fn is_users(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            ),
            Self::Canonical { .. } => false,
            _ => true,
        }
    }

    /// What to do, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } => hint.clone(),
            Self::Damaged { .. } => Some(
                "nothing is written to a damaged ledger: `candor ledger verify` lists every fault; take the file back from an export, \
                 a backup or git"
                    .to_owned(),
            ),
            Self::Busy { .. } => Some("wait for it, then try again".to_owned()),
            Self::PublicKey { .. } | Self::SecretKey { .. } => Some("`candor key new NAME` makes a pair of keys".to_owned()),
            Self::Seed { .. } => Some("`candor assign commit` makes a seed and commits its hash".to_owned()),
            _ => None,
        }
    }
}

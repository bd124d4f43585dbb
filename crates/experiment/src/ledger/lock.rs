//! One writer at a time: a lock that the operating system frees when its holder dies, and a note on who that is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ExperimentError;

/// How often a waiting writer tries again.
const POLL: Duration = Duration::from_millis(10);

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// What it does, for example `candor plan register`.
    pub name: String,
    /// When it took the lock.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (process {}, since {})", self.name, self.pid, self.since)
    }
}

/// The lock, held until this is dropped or the process ends in any way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; asks `wait` again and again, with a word on the holder, whether to go on waiting.
    pub(super) fn take(
        path: &Path,
        ledger: &Path,
        holder: &Holder,
        wait: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Self, ExperimentError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(ExperimentError::io("open the lock file", path))?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(ExperimentError::Io { action: "lock", path: path.to_path_buf(), source });
                }
                Err(TryLockError::WouldBlock) => {}
            }
            let mut note = String::new();
            let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut note));
            let other = read.ok().and_then(|_| serde_json::from_str::<Holder>(&note).ok());
            let other = other.map_or_else(|| "another process".to_owned(), |other| other.to_string());
            if !wait(&other) {
                return Err(ExperimentError::Busy { path: ledger.to_path_buf(), holder: other });
            }
            std::thread::sleep(POLL);
        }
        let note = serde_json::to_vec(holder).unwrap_or_default();
        let written = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(&note));
        written.map_err(ExperimentError::io("write", path))?;
        Ok(Self { _file: file })
    }
}

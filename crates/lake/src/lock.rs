//! One writer per lake: a lock that the operating system frees when its holder dies, and a note on who that is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::LakeError;

const LOCK_FILE: &str = "writer.lock";
const HOLDER_FILE: &str = "writer.json";
/// How often a waiting writer tries again.
const POLL: Duration = Duration::from_millis(20);
/// How often a waiting writer hears who it waits for.
const TELL: Duration = Duration::from_secs(1);

/// Who writes, or wrote last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// What it says that it does, for example `candor report`.
    pub name: String,
    /// When it took the lock.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (process {}, since {})", self.name, self.pid, self.since)
    }
}

/// What to do when another process writes.
pub enum Wait<'a> {
    /// Give up at once with [`LakeError::Busy`].
    No,
    /// Wait as long as `each_second` answers true; it is told who holds the lock, the first time at once.
    While(&'a mut dyn FnMut(&Holder) -> bool),
}

/// The lock, held until this is dropped or the process ends in any way.
#[derive(Debug)]
pub(crate) struct WriterLock {
    // Dropping the file frees the lock.
    _file: File,
}

impl WriterLock {
    pub(crate) fn take(lake: &Path, name: &str, now: Timestamp, mut wait: Wait<'_>) -> Result<Self, LakeError> {
        let path = lake.join(LOCK_FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LakeError::io("open the lock file", &path))?;
        let mut told: Option<Instant> = None;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(LakeError::Io { action: "lock", path, source }),
                Err(TryLockError::WouldBlock) => {}
            }
            if told.is_none_or(|told| told.elapsed() >= TELL) {
                let holder = read_holder(&lake.join(HOLDER_FILE)).unwrap_or_else(|| Holder {
                    pid: 0,
                    name: "another process".to_owned(),
                    since: now,
                });
                let go_on = match &mut wait {
                    Wait::No => false,
                    Wait::While(each_second) => each_second(&holder),
                };
                if !go_on {
                    return Err(LakeError::Busy { path: lake.to_path_buf(), holder });
                }
                told = Some(Instant::now());
            }
            std::thread::sleep(POLL);
        }
        let holder = Holder { pid: std::process::id(), name: name.to_owned(), since: now };
        write_holder(&lake.join(HOLDER_FILE), &holder)?;
        Ok(Self { _file: file })
    }
}

fn read_holder(path: &PathBuf) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write_holder(path: &PathBuf, holder: &Holder) -> Result<(), LakeError> {
    let text = serde_json::to_vec(holder).unwrap_or_default();
    // Renamed into place so that a waiting process never reads half a note. It need not survive a power cut.
    let staged = path.with_extension("json.tmp");
    std::fs::write(&staged, text).map_err(LakeError::io("write", &staged))?;
    std::fs::rename(&staged, path).map_err(LakeError::io("write", path))
}

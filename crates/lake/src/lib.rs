//! Facts at rest: schemas, Delta tables, pinned snapshots. No other crate knows how the files of the lake look.
//!
//! ```text
//! <lake>/
//!   journal.sqlite      snapshots: which segments, states and table versions each of them pins
//!   writer.lock         held by the one writer; writer.json says who that is
//!   facts/<table>/      a Delta table: seg-*.parquet, _delta_log/
//!   state/              checkpoints of the mining, immutable
//!   aside/              what a start found in a log and did not know; nobody reads it
//! ```
//!
//! The journal is the truth. A commit syncs its segments, then the bodies of its log entries, then commits the journal's transaction,
//! and only then gives the log entries their names. Killed before the transaction, nothing happened; killed after it, the next
//! writer completes the log from the journal. Readers use the journal and the segments alone.
//!
//! ```
//! use candor_lake::{Lake, TextAs, Wait};
//! # use std::sync::Arc;
//! # let folder = std::env::temp_dir().join(format!("candor-lake-example-{}", std::process::id()));
//! # let person = Arc::new(arrow_array::StringArray::from(vec!["p1", "p2"])) as arrow_array::ArrayRef;
//! # let rows = arrow_array::RecordBatch::try_from_iter([("person", person)])?;
//! let lake = Lake::open_or_create(&folder)?;
//! let mut writer = lake.write("candor report", "2026-01-02T03:04:05Z".parse()?, Wait::No)?;
//! writer.replace_segment("people", "github.com/a/b", [&rows])?;
//! writer.put_state("mining/github.com/a/b", b"how far the mining came")?;
//! let done = writer.commit("git github.com/a/b", 1, "2 people")?;
//!
//! let snapshot = lake.snapshot(done.snapshot)?;
//! let batches = snapshot.scan("people")?.columns(&["person"])?.text(TextAs::Dictionary).units(|unit| unit == "github.com/a/b").read()?;
//! assert_eq!(batches[0].num_rows(), 2);
//! # drop(writer);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
mod delta;
mod durable;
mod error;
mod journal;
mod lock;
mod parallel;
mod repair;
mod scan;
mod schema;
mod segment;
mod snapshot;
mod vacuum;
mod writer;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use error::LakeError;
pub use lock::{Holder, Wait};
pub use scan::{Scan, TextAs};
pub use schema::{ColumnSpec, ColumnType, TABLES, TableSpec, table, text_dictionary};
pub use segment::{Segment, SegmentWriter};
pub use snapshot::{Snapshot, SnapshotId, TablePin};
pub use vacuum::Vacuumed;
pub use writer::{Commit, Writer};

/// Name of the journal in the folder of a lake; a folder that has it is a lake.
pub const JOURNAL_FILE: &str = "journal.sqlite";

/// A lake in a local folder. Holds no lock and no open file.
#[derive(Debug, Clone)]
pub struct Lake {
    path: PathBuf,
}

impl Lake {
    /// Opens the lake in `path`, or makes the folder in which the first write will put one.
    ///
    /// # Errors
    ///
    /// [`LakeError::NotOurs`] when the journal is another program's or a newer version's, [`LakeError::Io`] when the folder cannot be
    /// made.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, LakeError> {
        let path = path.as_ref();
        durable::create_folders(path)?;
        journal::Journal::read(path, |_| Ok(()))?;
        Ok(Self { path: path.to_path_buf() })
    }

    /// Opens the lake in `path`; never writes.
    ///
    /// # Errors
    ///
    /// [`LakeError::NotFound`] when there is none, [`LakeError::NotOurs`] when the journal is another program's or a newer version's.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LakeError> {
        let path = path.as_ref();
        match journal::Journal::read(path, |_| Ok(()))? {
            Some(()) => Ok(Self { path: path.to_path_buf() }),
            None => Err(LakeError::NotFound { path: path.to_path_buf() }),
        }
    }

    /// Gives a lake that is damaged another name, `PATH.damaged`, in place of one that had it before; answers that name.
    ///
    /// # Errors
    ///
    /// [`LakeError::Busy`] when another process writes there, [`LakeError::Io`] when the folder cannot be renamed.
    pub fn set_aside(path: &Path, holder: &str, now: Timestamp) -> Result<PathBuf, LakeError> {
        let _lock = lock::WriterLock::take(path, holder, now, Wait::No)?;
        let mut name = path.as_os_str().to_owned();
        name.push(".damaged");
        let aside = PathBuf::from(name);
        if aside.exists() {
            std::fs::remove_dir_all(&aside).map_err(LakeError::io("remove", &aside))?;
        }
        std::fs::rename(path, &aside).map_err(LakeError::io("set aside", path))?;
        Ok(aside)
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Becomes the one writer, mends what an interrupted write left, and answers a writer that sees the latest snapshot.
    ///
    /// `holder` says to others what this process does, `now` when; `wait` what to do when another process writes.
    ///
    /// # Errors
    ///
    /// [`LakeError::Busy`] naming the other writer; [`LakeError::Io`] and [`LakeError::Journal`], for example on a read-only folder.
    pub fn write(&self, holder: &str, now: Timestamp, wait: Wait<'_>) -> Result<Writer, LakeError> {
        Writer::open(&self.path, holder, now, wait)
    }

    /// The newest snapshot; `None` before the first commit.
    ///
    /// # Errors
    ///
    /// [`LakeError::Journal`].
    pub fn latest(&self) -> Result<Option<Snapshot>, LakeError> {
        let pin = journal::Journal::read(&self.path, |journal| match journal.latest()? {
            Some(id) => journal.pin(id),
            None => Ok(None),
        })?;
        Ok(pin.flatten().map(|pin| Snapshot::new(&self.path, pin)))
    }

    /// The snapshot of that number.
    ///
    /// # Errors
    ///
    /// [`LakeError::NoSnapshot`] when there is none or vacuum dropped it, [`LakeError::Journal`].
    pub fn snapshot(&self, id: SnapshotId) -> Result<Snapshot, LakeError> {
        let found = journal::Journal::read(&self.path, |journal| Ok((journal.pin(id.0)?, journal.latest()?)))?;
        match found {
            Some((Some(pin), _)) => Ok(Snapshot::new(&self.path, pin)),
            Some((None, latest)) => Err(LakeError::NoSnapshot { path: self.path.clone(), id: id.0, latest }),
            None => Err(LakeError::NoSnapshot { path: self.path.clone(), id: id.0, latest: None }),
        }
    }

    /// Numbers of all snapshots, oldest first.
    ///
    /// # Errors
    ///
    /// [`LakeError::Journal`].
    pub fn snapshots(&self) -> Result<Vec<SnapshotId>, LakeError> {
        let rows = journal::Journal::read(&self.path, journal::Journal::snapshots)?;
        Ok(rows.unwrap_or_default().iter().map(|row| SnapshotId(row.id)).collect())
    }
}

fn facts_folder(lake: &Path) -> PathBuf {
    lake.join("facts")
}

fn table_folder(lake: &Path, table: &str) -> PathBuf {
    facts_folder(lake).join(table)
}

fn state_folder(lake: &Path) -> PathBuf {
    lake.join("state")
}

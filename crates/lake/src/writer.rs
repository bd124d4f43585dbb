//! The one writer of a lake: stages segments and states, and commits them as a snapshot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use jiff::Timestamp;
use serde_json::Value;
use sha2::Digest;

use crate::delta::{FileAction, StagedEntry, VersionChange, describe, entry_body};
use crate::durable;
use crate::error::LakeError;
use crate::journal::{Journal, LogEntry, PinChange, SegmentRow, SnapshotRow, StateRow};
use crate::lock::{Wait, WriterLock};
use crate::repair;
use crate::schema::{self, TableSpec};
use crate::segment::{Segment, SegmentWriter, seeded_hash, short_hash, slug};
use crate::snapshot::{Snapshot, SnapshotId};

/// Start of the names of state files.
pub(crate) const STATE_PREFIX: &str = "state-";

/// A segment's place: table and unit.
type Place = (&'static str, String);

/// The one writer of a lake. What is staged counts only after [`Writer::commit`]; dropped before that, it never happened.
#[derive(Debug)]
pub struct Writer {
    lake: PathBuf,
    holder: String,
    now: Timestamp,
    latest: Option<i64>,
    segments: BTreeMap<Place, SegmentRow>,
    states: BTreeMap<String, StateRow>,
    versions: BTreeMap<&'static str, u64>,
    /// What the log of each table says of it.
    descriptions: BTreeMap<&'static str, Value>,
    staged_segments: BTreeMap<Place, Option<SegmentRow>>,
    staged_states: BTreeMap<String, Option<StateRow>>,
    repairs: Vec<String>,
    pub(crate) journal: Journal,
    // Last, so that the journal is closed before the lock is freed.
    _lock: WriterLock,
}

/// What [`Writer::commit`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The snapshot that holds what was staged.
    pub snapshot: SnapshotId,
    /// False when all of it was there already: then no version and no snapshot was made.
    pub created: bool,
}

impl Writer {
    pub(crate) fn open(lake: &Path, holder: &str, now: Timestamp, wait: Wait<'_>) -> Result<Self, LakeError> {
        durable::create_folders(lake)?;
        let lock = WriterLock::take(lake, holder, now, wait)?;
        let journal = Journal::open_to_write(lake)?;
        let repairs = repair::mend(lake, &journal, now)?;
        let latest = journal.latest()?;
        let mut writer = Self {
            lake: lake.to_path_buf(),
            holder: holder.to_owned(),
            now,
            latest,
            segments: BTreeMap::new(),
            states: BTreeMap::new(),
            versions: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            staged_segments: BTreeMap::new(),
            staged_states: BTreeMap::new(),
            repairs,
            journal,
            _lock: lock,
        };
        if let Some(pin) = latest.map(|id| writer.journal.pin(id)).transpose()?.flatten() {
            // A table that a newer version added is left as it is.
            for row in pin.segments {
                if let Some(table) = schema::table(&row.table) {
                    writer.segments.insert((table.name, row.unit.clone()), row);
                }
            }
            for row in pin.states {
                writer.states.insert(row.name.clone(), row);
            }
            for (name, version) in pin.versions {
                if let Some(table) = schema::table(&name) {
                    writer.versions.insert(table.name, version);
                }
            }
        }
        for (name, description) in writer.journal.descriptions()? {
            if let (Some(table), Ok(description)) = (schema::table(&name), serde_json::from_str(&description)) {
                writer.descriptions.insert(table.name, description);
            }
        }
        Ok(writer)
    }

    /// What had to be mended when this writer took over, in sentences; empty after an orderly end.
    #[must_use]
    pub fn repairs(&self) -> &[String] {
        &self.repairs
    }

    /// The snapshot on top of which this writer writes; `None` before the first commit.
    ///
    /// # Errors
    ///
    /// [`LakeError::Journal`].
    pub fn latest(&self) -> Result<Option<Snapshot>, LakeError> {
        let pin = self.latest.map(|id| self.journal.pin(id)).transpose()?.flatten();
        Ok(pin.map(|pin| Snapshot::new(&self.lake, pin)))
    }

    /// Begins a segment that will hold all rows of `unit` in `table`.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`].
    pub fn segment(&self, table: &str, unit: &str) -> Result<SegmentWriter, LakeError> {
        let table = known(table)?;
        Ok(SegmentWriter::new(table, unit, crate::table_folder(&self.lake, table.name)))
    }

    /// Puts a finished segment in the place of what its unit held in its table. One without rows removes it.
    pub fn stage(&mut self, segment: Segment) {
        self.staged_segments.insert((segment.table.name, segment.unit), segment.file);
    }

    /// Replaces all rows of `unit` in `table` by those of `batches`, kept in their order; no rows remove the unit.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::segment`], [`SegmentWriter::push`] and [`SegmentWriter::finish`].
    pub fn replace_segment<B: std::borrow::Borrow<RecordBatch>>(
        &mut self,
        table: &str,
        unit: &str,
        batches: impl IntoIterator<Item = B>,
    ) -> Result<(), LakeError> {
        let mut segment = self.segment(table, unit)?;
        for batch in batches {
            segment.push(batch.borrow())?;
        }
        self.stage(segment.finish()?);
        Ok(())
    }

    /// Removes all rows of `unit` from `table`. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`].
    pub fn remove_segment(&mut self, table: &str, unit: &str) -> Result<(), LakeError> {
        self.staged_segments.insert((known(table)?.name, unit.to_owned()), None);
        Ok(())
    }

    /// Keeps `bytes` under `name`, in the place of what was kept there.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`].
    pub fn put_state(&mut self, name: &str, bytes: &[u8]) -> Result<(), LakeError> {
        let folder = crate::state_folder(&self.lake);
        durable::create_folders(&folder)?;
        let row = StateRow { name: name.to_owned(), path: state_name(name, bytes), size: bytes.len() as u64 };
        if self.states.get(name) != Some(&row) {
            durable::publish(&durable::stage(&folder, bytes)?, &folder.join(&row.path))?;
        }
        self.staged_states.insert(name.to_owned(), Some(row));
        Ok(())
    }

    /// Forgets what is kept under `name`.
    pub fn remove_state(&mut self, name: &str) {
        self.staged_states.insert(name.to_owned(), None);
    }

    /// Makes all that is staged one new snapshot, or nothing of it.
    ///
    /// `app` and `app_version` name the source and its own version of what it wrote; `description` is for people.
    /// When this returns, the snapshot survives a power cut. What is staged equals what is there: no new snapshot.
    ///
    /// # Errors
    ///
    /// After any error but [`LakeError::OutsideReadersBehind`] the snapshot before is the latest, and all is staged still.
    pub fn commit(&mut self, app: &str, app_version: i64, description: &str) -> Result<Commit, LakeError> {
        let mut ended = Vec::new();
        let mut new = Vec::new();
        for (place, staged) in &self.staged_segments {
            let present = self.segments.get(place);
            if present != staged.as_ref() {
                ended.extend(present.cloned());
                new.extend(staged.clone());
            }
        }
        let mut ended_states = Vec::new();
        let mut new_states = Vec::new();
        for (name, staged) in &self.staged_states {
            let present = self.states.get(name);
            if present != staged.as_ref() {
                ended_states.extend(present.map(|row| row.name.clone()));
                new_states.extend(staged.clone());
            }
        }
        if let (Some(latest), true) =
            (self.latest, ended.is_empty() && new.is_empty() && ended_states.is_empty() && new_states.is_empty())
        {
            self.staged_segments.clear();
            self.staged_states.clear();
            return Ok(Commit { snapshot: SnapshotId(latest), created: false });
        }

        let id = self.latest.unwrap_or(0) + 1;
        let snapshot = SnapshotRow {
            id,
            at: self.now.as_microsecond(),
            app: app.to_owned(),
            app_version,
            description: description.to_owned(),
        };
        let log_entries = self.log_entries(&snapshot, &ended, &new);
        if !new_states.is_empty() {
            durable::sync_folder(&crate::state_folder(&self.lake))?;
        }
        let staged = self.stage_log(&log_entries)?;
        let change = PinChange {
            ended_segments: &ended,
            new_segments: &new,
            ended_states: &ended_states,
            new_states: &new_states,
            log_entries: &log_entries,
        };
        if let Err(error) = self.journal.insert(&snapshot, &self.holder, &change) {
            staged.into_iter().for_each(StagedEntry::discard);
            return Err(error);
        }

        // From here on the snapshot exists.
        self.latest = Some(id);
        for (place, staged) in std::mem::take(&mut self.staged_segments) {
            match staged {
                Some(row) => self.segments.insert(place, row),
                None => self.segments.remove(&place),
            };
        }
        for (name, staged) in std::mem::take(&mut self.staged_states) {
            match staged {
                Some(row) => self.states.insert(name, row),
                None => self.states.remove(&name),
            };
        }
        for entry in log_entries {
            self.versions.insert(entry.table, entry.version);
            if let Some(description) = entry.description.and_then(|text| serde_json::from_str(&text).ok()) {
                self.descriptions.insert(entry.table, description);
            }
        }
        for entry in staged {
            entry.publish().map_err(|source| LakeError::OutsideReadersBehind { snapshot: id, source: Box::new(source) })?;
        }
        Ok(Commit { snapshot: SnapshotId(id), created: true })
    }

    pub(crate) fn lake(&self) -> &Path {
        &self.lake
    }

    /// Table (empty for a state) and file name of what waits for a commit.
    pub(crate) fn staged_files(&self) -> Vec<(String, String)> {
        let segments = self.staged_segments.values().flatten().map(|row| (row.table.clone(), row.path.clone()));
        let states = self.staged_states.values().flatten().map(|row| (String::new(), row.path.clone()));
        segments.chain(states).collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// One log entry for each table that changes.
    fn log_entries(&self, snapshot: &SnapshotRow, ended: &[SegmentRow], new: &[SegmentRow]) -> Vec<LogEntry> {
        fn action(row: &SegmentRow) -> FileAction<'_> {
            FileAction { path: &row.path, size: row.size, rows: row.rows }
        }
        schema::TABLES
            .iter()
            .filter_map(|table| {
                let change = VersionChange {
                    added: new.iter().filter(|row| row.table == table.name).map(action).collect(),
                    removed: ended.iter().filter(|row| row.table == table.name).map(action).collect(),
                    app: &snapshot.app,
                    app_version: snapshot.app_version,
                    description: &snapshot.description,
                    snapshot: snapshot.id,
                    at: self.now,
                };
                if change.added.is_empty() && change.removed.is_empty() {
                    return None;
                }
                let version = self.versions.get(table.name).map_or(0, |version| version + 1);
                let before = self.descriptions.get(table.name);
                let description = Some(describe(table, before, self.now)).filter(|now| Some(now) != before);
                let body = entry_body(version, description.as_ref(), &change);
                Some(LogEntry { table: table.name, version, description: description.map(|text| text.to_string()), body })
            })
            .collect()
    }

    /// Makes the names of the segments durable, and puts the bodies of the log entries on the disk.
    fn stage_log(&self, log_entries: &[LogEntry]) -> Result<Vec<StagedEntry>, LakeError> {
        let mut staged = Vec::with_capacity(log_entries.len());
        for entry in log_entries {
            let folder = crate::table_folder(&self.lake, entry.table);
            match durable::sync_folder(&folder).and_then(|()| StagedEntry::new(&folder, entry.version, &entry.body)) {
                Ok(entry) => staged.push(entry),
                Err(error) => {
                    staged.into_iter().for_each(StagedEntry::discard);
                    return Err(error);
                }
            }
        }
        Ok(staged)
    }
}

/// File name of a state: like a segment's, it says what the file must hold.
pub(crate) fn state_name(name: &str, bytes: &[u8]) -> String {
    format!("{STATE_PREFIX}{}-{}", slug(name), short_hash(seeded_hash(name).chain_update(bytes)))
}

fn known(name: &str) -> Result<&'static TableSpec, LakeError> {
    schema::table(name).ok_or_else(|| LakeError::UnknownTable { name: name.to_owned() })
}

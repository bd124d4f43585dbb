//! A snapshot: the lake as of one commit, by the files that it pinned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use jiff::Timestamp;

use crate::error::LakeError;
use crate::journal::{Pin, SegmentRow};
use crate::scan::Scan;
use crate::schema::{self, TableSpec};
use crate::segment::segment_path;

/// Number of a snapshot, growing by the commit. Every figure names the one that it was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub i64);

impl std::fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a snapshot holds of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TablePin {
    /// The table.
    pub table: &'static TableSpec,
    /// Version of the Delta table that outside readers see the same rows in.
    pub version: u64,
    /// Number of segments.
    pub segments: usize,
    /// Number of rows.
    pub rows: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// The lake as of one commit. Needs no lock: what it names is never changed.
#[derive(Debug, Clone)]
pub struct Snapshot {
    lake: PathBuf,
    pin: Pin,
    at: Timestamp,
}

impl Snapshot {
    pub(crate) fn new(lake: &Path, pin: Pin) -> Self {
        let at = Timestamp::from_microsecond(pin.snapshot.at).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { lake: lake.to_path_buf(), pin, at }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        SnapshotId(self.pin.snapshot.id)
    }

    /// When the run that wrote it began, as that run said.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Application that wrote it, and its own version of what it wrote.
    #[must_use]
    pub fn transaction(&self) -> (&str, i64) {
        (&self.pin.snapshot.app, self.pin.snapshot.app_version)
    }

    /// What its writer said about it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.pin.snapshot.description
    }

    /// The tables that have ever had rows, in the order of [`crate::TABLES`].
    #[must_use]
    pub fn tables(&self) -> Vec<TablePin> {
        let versions: BTreeMap<&str, u64> = self.pin.versions.iter().map(|(table, version)| (table.as_str(), *version)).collect();
        schema::TABLES
            .iter()
            .filter_map(|table| {
                let version = *versions.get(table.name)?;
                let mut pin = TablePin { table, version, segments: 0, rows: 0, bytes: 0 };
                for segment in self.segments(table.name) {
                    pin.segments += 1;
                    pin.rows += segment.rows;
                    pin.bytes += segment.size;
                }
                Some(pin)
            })
            .collect()
    }

    /// The units of a table, sorted, with their numbers of rows.
    pub fn units(&self, table: &str) -> impl Iterator<Item = (&str, u64)> {
        self.segments(table).map(|segment| (segment.unit.as_str(), segment.rows))
    }

    /// The files that hold a table, for engines that read files themselves: each is there and has the size that was pinned.
    ///
    /// A table without rows has none.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`]; [`LakeError::Damaged`] when a file is gone or has another size.
    pub fn files(&self, table: &str) -> Result<Vec<PathBuf>, LakeError> {
        let table = schema::table(table).ok_or_else(|| LakeError::UnknownTable { name: table.to_owned() })?;
        self.segments(table.name)
            .map(|segment| {
                let path = segment_path(&self.lake, segment);
                match std::fs::metadata(&path) {
                    Ok(found) if found.len() == segment.size => Ok(path),
                    Ok(found) => Err(self.damaged(&path, format!("has {} bytes instead of {}", found.len(), segment.size))),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(self.damaged(&path, "is gone".to_owned())),
                    Err(source) => Err(LakeError::Io { action: "read", path, source }),
                }
            })
            .collect()
    }

    /// Begins to read a table.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`]. A table without rows is no error.
    pub fn scan(&self, table: &str) -> Result<Scan<'_>, LakeError> {
        let table = schema::table(table).ok_or_else(|| LakeError::UnknownTable { name: table.to_owned() })?;
        Ok(Scan::new(self, table))
    }

    /// Reads columns of all units of a table, with text as plain `Utf8`; see [`Scan::read`].
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::scan`], [`Scan::columns`] and [`Scan::read`].
    pub fn read(&self, table: &str, columns: &[&str]) -> Result<Vec<RecordBatch>, LakeError> {
        self.scan(table)?.columns(columns)?.read()
    }

    /// The bytes kept under `name`, or `None` when there are none.
    ///
    /// # Errors
    ///
    /// [`LakeError::Damaged`] when the file is gone or holds anything but what was written, [`LakeError::Io`].
    pub fn state(&self, name: &str) -> Result<Option<Vec<u8>>, LakeError> {
        let Some(state) = self.pin.states.iter().find(|state| state.name == name) else { return Ok(None) };
        let path = crate::state_folder(&self.lake).join(&state.path);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.damaged(&path, "is gone".to_owned())),
            Err(source) => return Err(LakeError::Io { action: "read", path, source }),
        };
        if bytes.len() as u64 != state.size {
            return Err(self.damaged(&path, format!("has {} bytes instead of {}", bytes.len(), state.size)));
        }
        if crate::writer::state_name(name, &bytes) != state.path {
            return Err(self.damaged(&path, "has other contents than were written".to_owned()));
        }
        Ok(Some(bytes))
    }

    /// The file that holds what is kept under `name`, for people who want to look at it themselves.
    #[must_use]
    pub fn state_path(&self, name: &str) -> Option<PathBuf> {
        let state = self.pin.states.iter().find(|state| state.name == name)?;
        Some(crate::state_folder(&self.lake).join(&state.path))
    }

    /// Names under which something is kept, sorted.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.pin.states.iter().map(|state| state.name.as_str())
    }

    pub(crate) fn lake(&self) -> &Path {
        &self.lake
    }

    pub(crate) fn segments(&self, table: &str) -> impl Iterator<Item = &SegmentRow> {
        let from = self.pin.segments.partition_point(|segment| segment.table.as_str() < table);
        self.pin.segments.iter().skip(from).take_while(move |segment| segment.table == table)
    }

    pub(crate) fn damaged(&self, path: &Path, problem: String) -> LakeError {
        LakeError::Damaged { path: path.to_path_buf(), lake: self.lake.clone(), snapshot: self.pin.snapshot.id, problem }
    }
}

//! The journal: which segments make up which snapshot, in SQLite.
//!
//! Rows say from which snapshot on and until which one a segment, a state or a table version holds, so the journal grows with what
//! changes, not with what there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::JOURNAL_FILE;
use crate::error::LakeError;

/// Says in the file's header whose it is ("CNDR").
const APPLICATION_ID: i32 = 0x434e_4452;
/// Version of the tables below. Migrations only go forward.
const SCHEMA_VERSION: i32 = 1;

const CREATE: &str = "
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, holder TEXT NOT NULL,
    app TEXT NOT NULL, app_version INTEGER NOT NULL, description TEXT NOT NULL
) STRICT;
CREATE TABLE segment (
    id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, unit TEXT NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, row_count INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE UNIQUE INDEX segment_alive ON segment (table_name, unit) WHERE until IS NULL;
CREATE INDEX segment_ended ON segment (until) WHERE until IS NOT NULL;
CREATE TABLE state (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE UNIQUE INDEX state_alive ON state (name) WHERE until IS NULL;
CREATE TABLE log_entry (
    table_name TEXT NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL, description TEXT, body BLOB NOT NULL,
    PRIMARY KEY (table_name, version)
) STRICT;
";

/// One snapshot's row.
#[derive(Debug, Clone)]
pub(crate) struct SnapshotRow {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) app: String,
    pub(crate) app_version: i64,
    pub(crate) description: String,
}

/// A segment that a snapshot pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentRow {
    pub(crate) table: String,
    pub(crate) unit: String,
    /// File name in the table's folder.
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) rows: u64,
}

/// A state file that a snapshot pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateRow {
    pub(crate) name: String,
    /// File name in the state folder.
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// Everything that a snapshot pins.
#[derive(Debug, Clone)]
pub(crate) struct Pin {
    pub(crate) snapshot: SnapshotRow,
    /// Sorted by table and unit.
    pub(crate) segments: Vec<SegmentRow>,
    /// Sorted by name.
    pub(crate) states: Vec<StateRow>,
    /// Version of each table that has one.
    pub(crate) versions: Vec<(String, u64)>,
}

/// The journal of one lake, open.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
}

impl Journal {
    /// Opens the journal to write, and creates it first where there is none. Only under the writer's lock.
    pub(crate) fn open_to_write(lake: &Path) -> Result<Self, LakeError> {
        let path = lake.join(JOURNAL_FILE);
        let wrap = |action| LakeError::journal(action, &path);
        let mut connection = Connection::open(&path).map_err(wrap("open"))?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(wrap("open"))?;
        check_owner(&connection, &path)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(wrap("write"))?;
        connection.pragma_update(None, "synchronous", "full").map_err(wrap("write"))?;
        connection.pragma_update(None, "fullfsync", true).map_err(wrap("write"))?;
        if user_version(&connection, &path)? == 0 {
            let transaction = connection.transaction().map_err(wrap("write"))?;
            transaction.execute_batch(CREATE).map_err(wrap("create"))?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(wrap("create"))?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(wrap("create"))?;
            transaction.commit().map_err(wrap("create"))?;
            crate::durable::sync_folder(lake)?;
        }
        Ok(Self { path, connection })
    }

    /// Runs `read` on a consistent view of the journal without writing a byte.
    ///
    /// Answers `None` where there is no journal, or one that its creator did not live to fill.
    pub(crate) fn read<T>(lake: &Path, read: impl Fn(&Self) -> Result<T, LakeError>) -> Result<Option<T>, LakeError> {
        let path = lake.join(JOURNAL_FILE);
        let write_ahead = lake.join(format!("{JOURNAL_FILE}-wal"));
        for _ in 0..3 {
            // With no write-ahead file the database file alone is the journal, and SQLite need not put its side files in the folder.
            let before = stamp(&path)?;
            if before.is_none() {
                return Ok(None);
            }
            if write_ahead.exists() {
                break;
            }
            let result = Self::read_with(&path, true, &read);
            // A writer that came in between may have moved pages under us: read again.
            if !write_ahead.exists() && stamp(&path)? == before {
                return result;
            }
        }
        Self::read_with(&path, false, &read)
    }

    fn read_with<T>(path: &Path, immutable: bool, read: &impl Fn(&Self) -> Result<T, LakeError>) -> Result<Option<T>, LakeError> {
        let wrap = |action| LakeError::journal(action, path);
        let connection = if immutable {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path), flags)
        } else {
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        }
        .map_err(wrap("open"))?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(wrap("open"))?;
        check_owner(&connection, path)?;
        if user_version(&connection, path)? == 0 {
            return Ok(None);
        }
        // One transaction, so that all questions are answered as of the same commit.
        connection.execute_batch("BEGIN").map_err(wrap("read"))?;
        let journal = Self { path: path.to_path_buf(), connection };
        read(&journal).map(Some)
    }

    fn wrap(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> LakeError {
        LakeError::journal(action, &self.path)
    }

    /// All snapshots, oldest first.
    pub(crate) fn snapshots(&self) -> Result<Vec<SnapshotRow>, LakeError> {
        self.query("SELECT id, at, app, app_version, description FROM snapshot ORDER BY id", [], |row| {
            Ok(SnapshotRow {
                id: row.get(0)?,
                at: row.get(1)?,
                app: row.get(2)?,
                app_version: row.get(3)?,
                description: row.get(4)?,
            })
        })
    }

    /// Id of the newest snapshot.
    pub(crate) fn latest(&self) -> Result<Option<i64>, LakeError> {
        self.connection.query_row("SELECT max(id) FROM snapshot", [], |row| row.get(0)).map_err(self.wrap("read"))
    }

    /// All that the snapshot `id` pins; `None` when there is no such snapshot.
    pub(crate) fn pin(&self, id: i64) -> Result<Option<Pin>, LakeError> {
        let snapshot = self
            .connection
            .query_row("SELECT id, at, app, app_version, description FROM snapshot WHERE id = ?1", [id], |row| {
                Ok(SnapshotRow {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    app: row.get(2)?,
                    app_version: row.get(3)?,
                    description: row.get(4)?,
                })
            })
            .optional()
            .map_err(self.wrap("read"))?;
        let Some(snapshot) = snapshot else { return Ok(None) };
        let segments = self.query(
            "SELECT table_name, unit, path, size, row_count FROM segment
             WHERE since <= ?1 AND (until IS NULL OR until > ?1) ORDER BY table_name, unit",
            [id],
            |row| {
                Ok(SegmentRow { table: row.get(0)?, unit: row.get(1)?, path: row.get(2)?, size: row.get(3)?, rows: row.get(4)? })
            },
        )?;
        let states = self.query(
            "SELECT name, path, size FROM state WHERE since <= ?1 AND (until IS NULL OR until > ?1) ORDER BY name",
            [id],
            |row| Ok(StateRow { name: row.get(0)?, path: row.get(1)?, size: row.get(2)? }),
        )?;
        let versions = self.query(
            "SELECT table_name, max(version) FROM log_entry WHERE since <= ?1 GROUP BY table_name ORDER BY table_name",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Some(Pin { snapshot, segments, states, versions }))
    }

    /// Name and description of each table that has one, the newest last.
    pub(crate) fn descriptions(&self) -> Result<Vec<(String, String)>, LakeError> {
        self.query("SELECT table_name, description FROM log_entry WHERE description IS NOT NULL ORDER BY version", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// Writes a snapshot in one transaction; on any error nothing of it remains.
    pub(crate) fn insert(&mut self, snapshot: &SnapshotRow, holder: &str, change: &PinChange<'_>) -> Result<(), LakeError> {
        let path = self.path.clone();
        let wrap = || LakeError::journal("write", &path);
        let transaction = self.connection.transaction().map_err(wrap())?;
        let id = snapshot.id;
        transaction
            .execute(
                "INSERT INTO snapshot (id, at, holder, app, app_version, description) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id, snapshot.at, holder, snapshot.app, snapshot.app_version, snapshot.description],
            )
            .map_err(wrap())?;
        for row in change.ended_segments {
            transaction
                .execute(
                    "UPDATE segment SET until = ?1 WHERE table_name = ?2 AND unit = ?3 AND until IS NULL",
                    params![id, row.table, row.unit],
                )
                .map_err(wrap())?;
        }
        for row in change.new_segments {
            transaction
                .execute(
                    "INSERT INTO segment (table_name, unit, path, size, row_count, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![row.table, row.unit, row.path, row.size, row.rows, id],
                )
                .map_err(wrap())?;
        }
        for name in change.ended_states {
            transaction
                .execute("UPDATE state SET until = ?1 WHERE name = ?2 AND until IS NULL", params![id, name])
                .map_err(wrap())?;
        }
        for row in change.new_states {
            transaction
                .execute(
                    "INSERT INTO state (name, path, size, since) VALUES (?1, ?2, ?3, ?4)",
                    params![row.name, row.path, row.size, id],
                )
                .map_err(wrap())?;
        }
        for entry in change.log_entries {
            transaction
                .execute(
                    "INSERT INTO log_entry (table_name, version, since, description, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![entry.table, entry.version, id, entry.description, entry.body],
                )
                .map_err(wrap())?;
        }
        transaction.commit().map_err(wrap())
    }

    /// Runs one query and collects its rows.
    pub(crate) fn query<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LakeError> {
        let mut statement = self.connection.prepare(sql).map_err(self.wrap("read"))?;
        let rows = statement.query_map(params, row).map_err(self.wrap("read"))?;
        rows.collect::<Result<Vec<T>, _>>().map_err(self.wrap("read"))
    }
}

/// What one snapshot changes against the one before.
#[derive(Debug)]
pub(crate) struct PinChange<'a> {
    pub(crate) ended_segments: &'a [SegmentRow],
    pub(crate) new_segments: &'a [SegmentRow],
    pub(crate) ended_states: &'a [String],
    pub(crate) new_states: &'a [StateRow],
    pub(crate) log_entries: &'a [LogEntry],
}

/// An entry of a table's Delta log.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) table: &'static str,
    pub(crate) version: u64,
    /// The table's description in JSON, where this entry gives it a new one.
    pub(crate) description: Option<String>,
    pub(crate) body: Vec<u8>,
}

fn user_version(connection: &Connection, path: &Path) -> Result<i32, LakeError> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(LakeError::journal("read", path))
}

/// Refuses another program's database and a newer version's journal.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), LakeError> {
    let wrap = || LakeError::journal("read", path);
    // The tables first: whoever creates them names their owner in the same transaction, which may end between these questions.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(wrap())?;
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(wrap())?;
    let version = user_version(connection, path)?;
    if owner != APPLICATION_ID && tables > 0 {
        return Err(LakeError::NotOurs {
            path: path.to_path_buf(),
            found: format!("its application id is {owner}, expected {APPLICATION_ID}"),
            hint: "Choose another folder for the lake",
        });
    }
    if version > SCHEMA_VERSION {
        return Err(LakeError::NotOurs {
            path: path.to_path_buf(),
            found: format!("its version is {version}, the newest known here is {SCHEMA_VERSION}"),
            hint: "Use the version of candor that wrote it, or a newer one",
        });
    }
    Ok(())
}

/// Size and time of a file; `None` where there is none.
fn stamp(path: &Path) -> Result<Option<(u64, Option<SystemTime>)>, LakeError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some((metadata.len(), metadata.modified().ok()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LakeError::Io { action: "read", path: path.to_path_buf(), source }),
    }
}

fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

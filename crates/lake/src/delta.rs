//! The log of a Delta table, written by us: reader version 1, writer version 2, no partitions, no deletion vectors.
//!
//! The bodies of log entries are kept in the journal with the pin that they belong to, and the files in `_delta_log` are made from
//! them. So an entry is either exactly what was acknowledged or it is rewritten at the next start (see [`crate::repair`]).
//! Format: the Delta transaction log protocol, sections "Actions" and "Delta Log Entries".

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::checkpoint;
use crate::durable;
use crate::error::LakeError;
use crate::schema::TableSpec;

/// Folder of the log inside a table's folder.
pub(crate) const LOG_FOLDER: &str = "_delta_log";

/// Name of the file that points at the newest checkpoint.
pub(crate) const LAST_CHECKPOINT: &str = "_last_checkpoint";

/// For how long a removed file may still be read by those who opened an older version.
pub(crate) const RETENTION_DAYS: i64 = 30;

/// A file as an action of the log names it.
#[derive(Debug, Clone)]
pub(crate) struct FileAction<'a> {
    /// Path inside the table's folder.
    pub(crate) path: &'a str,
    /// Bytes.
    pub(crate) size: u64,
    /// Rows.
    pub(crate) rows: u64,
}

/// What one version changes.
#[derive(Debug, Clone)]
pub(crate) struct VersionChange<'a> {
    pub(crate) added: Vec<FileAction<'a>>,
    pub(crate) removed: Vec<FileAction<'a>>,
    /// Application and its own version of what it wrote.
    pub(crate) app: &'a str,
    pub(crate) app_version: i64,
    pub(crate) description: &'a str,
    /// Snapshot of the lake that this version belongs to.
    pub(crate) snapshot: i64,
    pub(crate) at: Timestamp,
}

/// File name of a version's log entry.
pub(crate) fn entry_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// The version whose log entry bears that name.
pub(crate) fn entry_version(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The version of a checkpoint file of any form.
pub(crate) fn checkpoint_version(name: &str) -> Option<u64> {
    let (digits, rest) = name.split_at_checked(20)?;
    (rest.starts_with(".checkpoint.") && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The version that the pointer to the newest checkpoint names.
pub(crate) fn hinted_version(bytes: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Value>(bytes).ok()?.get("version")?.as_u64()
}

/// Body of the log entry that makes `version` of a table, one JSON action a line. `description` is that of the table where it is new.
pub(crate) fn entry_body(version: u64, description: Option<&Value>, change: &VersionChange<'_>) -> Vec<u8> {
    let millis = change.at.as_millisecond();
    let mut actions = vec![json!({"commitInfo": {
        "timestamp": millis,
        "operation": if version == 0 { "CREATE TABLE" } else { "WRITE" },
        "operationParameters": {},
        "engineInfo": concat!("candor/", env!("CARGO_PKG_VERSION")),
        "userMetadata": change.description,
        "snapshot": change.snapshot,
    }})];
    if version == 0 {
        actions.push(json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}));
    }
    actions.extend(description.map(|description| json!({"metaData": description})));
    actions.push(json!({"txn": {"appId": change.app, "version": change.app_version, "lastUpdated": millis}}));
    for file in &change.removed {
        actions.push(json!({"remove": {
            "path": file.path,
            "deletionTimestamp": millis,
            "dataChange": true,
            "extendedFileMetadata": true,
            "partitionValues": {},
            "size": file.size,
        }}));
    }
    for file in &change.added {
        actions.push(json!({"add": {
            "path": file.path,
            "partitionValues": {},
            "size": file.size,
            "modificationTime": millis,
            "dataChange": true,
            "stats": json!({"numRecords": file.rows}).to_string(),
        }}));
    }
    let mut body = Vec::new();
    for action in actions {
        body.extend_from_slice(action.to_string().as_bytes());
        body.push(b'\n');
    }
    body
}

/// What the log says of a table: its columns and settings. The id and the time of birth of `before`, an older description, remain.
pub(crate) fn describe(table: &TableSpec, before: Option<&Value>, at: Timestamp) -> Value {
    let kept = |name: &str| before.and_then(|before| before.get(name)).cloned();
    let fields: Vec<Value> = table
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.kind.delta(),
                "nullable": true,
                "metadata": {"comment": comment(column.doc, column.unit)},
            })
        })
        .collect();
    json!({
        "id": kept("id").unwrap_or_else(|| table_id(table, at).into()),
        "name": table.name,
        "description": table.doc,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json!({"type": "struct", "fields": fields}).to_string(),
        "partitionColumns": [],
        // The defaults clean the log after 30 days, and versions that figures name would vanish.
        "configuration": {
            "delta.enableExpiredLogCleanup": "false",
            "delta.logRetentionDuration": "interval 36500 days",
            "delta.deletedFileRetentionDuration": format!("interval {RETENTION_DAYS} days"),
            "delta.checkpointInterval": checkpoint::INTERVAL.to_string(),
        },
        "createdTime": kept("createdTime").unwrap_or_else(|| at.as_millisecond().into()),
    })
}

fn comment(doc: &str, unit: &str) -> String {
    if unit.is_empty() { doc.to_owned() } else { format!("{doc} [{unit}]") }
}

/// A UUID (version 8: own scheme) made of the table's name and its birth, so that no randomness is needed.
fn table_id(table: &TableSpec, at: Timestamp) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(table.name).chain_update(at.as_nanosecond().to_le_bytes()).finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    let value =
        (u128::from_be_bytes(bytes) & !(0xf000_u128 << 64) & !(0xc000_u128 << 48)) | (0x8000_u128 << 64) | (0x8000_u128 << 48);
    let hex = format!("{value:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A log entry whose bytes are on the disk but which has no name yet.
#[derive(Debug)]
pub(crate) struct StagedEntry {
    staged: PathBuf,
    path: PathBuf,
}

impl StagedEntry {
    /// Writes and syncs `body` next to the log of the table in `table_folder`.
    pub(crate) fn new(table_folder: &Path, version: u64, body: &[u8]) -> Result<Self, LakeError> {
        let log = table_folder.join(LOG_FOLDER);
        durable::create_folders(&log)?;
        let staged = durable::stage(&log, body)?;
        Ok(Self { staged, path: log.join(entry_name(version)) })
    }

    /// Makes it the entry of its version. Refuses to replace one that another program put there meanwhile.
    pub(crate) fn publish(self) -> Result<(), LakeError> {
        match fs::hard_link(&self.staged, &self.path) {
            Ok(()) => {
                let _ = fs::remove_file(&self.staged);
            }
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                let _ = fs::remove_file(&self.staged);
                return Err(LakeError::Io { action: "add the log entry", path: self.path, source });
            }
            // Some file systems have no hard links.
            Err(_) => durable::publish(&self.staged, &self.path)?,
        }
        match self.path.parent() {
            Some(log) => durable::sync_folder(log),
            None => Ok(()),
        }
    }

    /// Takes it back.
    pub(crate) fn discard(self) {
        let _ = fs::remove_file(self.staged);
    }
}

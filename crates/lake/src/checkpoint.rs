//! Checkpoints of a Delta log: its state in one Parquet file, so that outside readers need not read every entry.
//!
//! Nothing of ours reads them, and a lost one costs nothing but time. Format: the Delta transaction log protocol, section
//! "Checkpoints", classic naming, schema of version 1.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, Field, Fields};
use jiff::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use serde_json::{Map, Value, json};

use crate::delta::{LAST_CHECKPOINT, LOG_FOLDER, RETENTION_DAYS};
use crate::durable;
use crate::error::LakeError;

/// Versions between two checkpoints.
pub(crate) const INTERVAL: u64 = 50;

/// File name of the checkpoint of a version.
pub(crate) fn file_name(version: u64) -> String {
    format!("{version:020}.checkpoint.parquet")
}

/// Writes the checkpoint of `version`, the last of the log whose entries are `bodies`, oldest first, and points readers to it.
pub(crate) fn write(
    table_folder: &Path,
    version: u64,
    bodies: impl IntoIterator<Item = Vec<u8>>,
    now: Timestamp,
) -> Result<(), LakeError> {
    let log = table_folder.join(LOG_FOLDER);
    let path = log.join(file_name(version));
    let state = LogState::replay(bodies, now)
        .map_err(|error| LakeError::parquet("read the log for", &path)(ParquetError::External(Box::new(error))))?;
    let actions = state.actions();
    let mut bytes = Vec::new();
    encode(&actions, &mut bytes).map_err(LakeError::parquet("write", &path))?;
    let pointer =
        json!({"version": version, "size": actions.len(), "sizeInBytes": bytes.len(), "numOfAddFiles": state.added.len()})
            .to_string();
    durable::publish(&durable::stage(&log, &bytes)?, &path)?;
    durable::sync_folder(&log)?;
    durable::publish(&durable::stage(&log, pointer.as_bytes())?, &log.join(LAST_CHECKPOINT))?;
    durable::sync_folder(&log)
}

/// What a log says when all its entries are taken together.
#[derive(Debug, Default)]
struct LogState {
    protocol: Option<Value>,
    metadata: Option<Value>,
    transactions: BTreeMap<String, Value>,
    added: BTreeMap<String, Value>,
    removed: BTreeMap<String, Value>,
}

impl LogState {
    fn replay(bodies: impl IntoIterator<Item = Vec<u8>>, now: Timestamp) -> Result<Self, serde_json::Error> {
        let mut state = Self::default();
        for body in bodies {
            for line in body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                for (kind, action) in serde_json::from_slice::<Map<String, Value>>(line)? {
                    state.take(&kind, action);
                }
            }
        }
        // Writers need the others to know which files they may remove; those that are older are removed by now.
        let oldest = now.as_millisecond() - RETENTION_DAYS * 86_400_000;
        state.removed.retain(|_, action| action["deletionTimestamp"].as_i64().is_some_and(|at| at >= oldest));
        Ok(state)
    }

    fn take(&mut self, kind: &str, action: Value) {
        let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
        match kind {
            "protocol" => self.protocol = Some(action),
            "metaData" => self.metadata = Some(action),
            "txn" => {
                self.transactions.insert(text("appId"), action);
            }
            "add" => {
                let path = text("path");
                self.removed.remove(&path);
                self.added.insert(path, action);
            }
            "remove" => {
                let path = text("path");
                self.added.remove(&path);
                self.removed.insert(path, action);
            }
            _ => {}
        }
    }

    fn actions(&self) -> Vec<(&'static str, &Value)> {
        let mut actions = Vec::new();
        actions.extend(self.protocol.iter().map(|action| ("protocol", action)));
        actions.extend(self.metadata.iter().map(|action| ("metaData", action)));
        actions.extend(self.transactions.values().map(|action| ("txn", action)));
        actions.extend(self.removed.values().map(|action| ("remove", action)));
        actions.extend(self.added.values().map(|action| ("add", action)));
        actions
    }
}

/// One row an action, one column a kind of action, null but in the action's own.
fn encode(actions: &[(&'static str, &Value)], bytes: &mut Vec<u8>) -> Result<(), ParquetError> {
    let rows = |kind: &str| actions.iter().map(|(found, action)| (*found == kind).then_some(*action)).collect::<Vec<_>>();
    let (protocol, metadata, transaction, remove, add) =
        (rows("protocol"), rows("metaData"), rows("txn"), rows("remove"), rows("add"));
    let format: Vec<Option<&Value>> = metadata.iter().map(|action| action.map(|action| &action["format"])).collect();
    let columns = [
        (
            "txn",
            record(
                &transaction,
                vec![
                    ("appId", texts(&transaction, "appId")),
                    ("version", longs(&transaction, "version")),
                    ("lastUpdated", longs(&transaction, "lastUpdated")),
                ],
            )?,
        ),
        (
            "add",
            record(
                &add,
                vec![
                    ("path", texts(&add, "path")),
                    ("partitionValues", maps(&add, "partitionValues")?),
                    ("size", longs(&add, "size")),
                    ("modificationTime", longs(&add, "modificationTime")),
                    ("dataChange", flags(&add)),
                    ("stats", texts(&add, "stats")),
                ],
            )?,
        ),
        (
            "remove",
            record(
                &remove,
                vec![
                    ("path", texts(&remove, "path")),
                    ("deletionTimestamp", longs(&remove, "deletionTimestamp")),
                    ("dataChange", flags(&remove)),
                    ("partitionValues", maps(&remove, "partitionValues")?),
                    ("size", longs(&remove, "size")),
                ],
            )?,
        ),
        (
            "metaData",
            record(
                &metadata,
                vec![
                    ("id", texts(&metadata, "id")),
                    ("name", texts(&metadata, "name")),
                    ("description", texts(&metadata, "description")),
                    (
                        "format",
                        record(&format, vec![("provider", texts(&format, "provider")), ("options", maps(&format, "options")?)])?,
                    ),
                    ("schemaString", texts(&metadata, "schemaString")),
                    ("partitionColumns", no_texts(&metadata)),
                    ("configuration", maps(&metadata, "configuration")?),
                    ("createdTime", longs(&metadata, "createdTime")),
                ],
            )?,
        ),
        (
            "protocol",
            record(
                &protocol,
                vec![
                    ("minReaderVersion", integers(&protocol, "minReaderVersion")),
                    ("minWriterVersion", integers(&protocol, "minWriterVersion")),
                ],
            )?,
        ),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))?;
    let mut writer = ArrowWriter::try_new(bytes, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn record(rows: &[Option<&Value>], columns: Vec<(&str, ArrayRef)>) -> Result<ArrayRef, ArrowError> {
    let fields: Fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let present: NullBuffer = rows.iter().map(Option::is_some).collect::<Vec<bool>>().into();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    Ok(Arc::new(StructArray::try_new(fields, arrays, Some(present))?))
}

fn texts(rows: &[Option<&Value>], name: &str) -> ArrayRef {
    Arc::new(rows.iter().map(|row| row.and_then(|row| row[name].as_str())).collect::<StringArray>())
}

fn longs(rows: &[Option<&Value>], name: &str) -> ArrayRef {
    Arc::new(rows.iter().map(|row| row.and_then(|row| row[name].as_i64())).collect::<Int64Array>())
}

fn integers(rows: &[Option<&Value>], name: &str) -> ArrayRef {
    let value = |row: &Value| row[name].as_i64().and_then(|value| i32::try_from(value).ok());
    Arc::new(rows.iter().map(|row| row.and_then(value)).collect::<Int32Array>())
}

/// A checkpoint describes a state, so none of its actions changes data.
fn flags(rows: &[Option<&Value>]) -> ArrayRef {
    Arc::new(rows.iter().map(|row| row.map(|_| false)).collect::<BooleanArray>())
}

fn maps(rows: &[Option<&Value>], name: &str) -> Result<ArrayRef, ArrowError> {
    let names = MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut builder = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for row in rows {
        if let Some(entries) = row.and_then(|row| row[name].as_object()) {
            for (key, value) in entries {
                builder.keys().append_value(key);
                builder.values().append_option(value.as_str());
            }
        }
        builder.append(row.is_some())?;
    }
    Ok(Arc::new(builder.finish()))
}

/// Our tables have no partition columns.
fn no_texts(rows: &[Option<&Value>]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        builder.append(row.is_some());
    }
    Arc::new(builder.finish())
}

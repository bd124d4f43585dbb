//! What a new writer mends before it writes: leftovers of an interrupted write, and logs that are not what the journal says.
//!
//! Runs under the writer's lock. Files that no snapshot ever pinned were never acknowledged and go; entries of a log that the journal
//! does not know are moved aside, never deleted; entries that are missing or damaged are written again from the journal. A table's log gets a checkpoint
//! here when it has grown enough.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::checkpoint;
use crate::delta::{self, LOG_FOLDER, StagedEntry, checkpoint_version, entry_name, entry_version};
use crate::durable::{self, STAGED_PREFIX};
use crate::error::LakeError;
use crate::journal::Journal;
use crate::schema::TABLES;
use crate::segment::SEGMENT_PREFIX;
use crate::writer::STATE_PREFIX;

/// Mends the lake and says what was mended, a sentence each.
pub(crate) fn mend(lake: &Path, journal: &Journal, now: Timestamp) -> Result<Vec<String>, LakeError> {
    let mut told = Vec::new();
    let mut pinned: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for (table, path) in journal.query("SELECT table_name, path FROM segment", [], |row| Ok((row.get(0)?, row.get(1)?)))? {
        pinned.entry(table).or_default().insert(path);
    }
    let mut logged: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let entries =
        journal.query("SELECT table_name, version, length(body) FROM log_entry ORDER BY table_name, version", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })?;
    for (table, version, size) in entries {
        logged.entry(table).or_default().push((version, size));
    }
    for table in TABLES.iter() {
        let folder = crate::table_folder(lake, table.name);
        if !folder.is_dir() && !logged.contains_key(table.name) {
            continue;
        }
        let removed = sweep(&folder, SEGMENT_PREFIX, pinned.get(table.name).unwrap_or(&HashSet::new()))?;
        if removed > 0 {
            told.push(format!("removed {removed} files of an interrupted write from table `{}`", table.name));
        }
        let empty = Vec::new();
        let entries = logged.get(table.name).unwrap_or(&empty);
        let checkpoints = mend_log(lake, journal, table.name, entries, &mut told)?;
        if entries.is_empty() {
            // Outside readers take a folder without a log for a broken table. Folders that hold anything else stay.
            for folder in [&folder.join(LOG_FOLDER), &folder] {
                let _ = fs::remove_dir(folder);
            }
            continue;
        }
        if let Some(last) = entries.last().map(|(version, _)| *version)
            && last >= checkpoints.last().map_or(checkpoint::INTERVAL, |newest| newest + checkpoint::INTERVAL)
        {
            let bodies =
                journal
                    .query("SELECT body FROM log_entry WHERE table_name = ?1 ORDER BY version", [table.name], |row| row.get(0))?;
            checkpoint::write(&folder, last, bodies, now)?;
        }
    }
    let states = journal.query("SELECT path FROM state", [], |row| row.get(0))?.into_iter().collect();
    let removed = sweep(&crate::state_folder(lake), STATE_PREFIX, &states)?;
    if removed > 0 {
        told.push(format!("removed {removed} state files of an interrupted write"));
    }
    Ok(told)
}

/// Removes staged files, and files of ours that are not in `pinned`; counts the latter.
fn sweep(folder: &Path, prefix: &str, pinned: &HashSet<String>) -> Result<usize, LakeError> {
    let mut removed = 0;
    for name in durable::names_in(folder)? {
        let stray = name.starts_with(prefix) && !pinned.contains(&name);
        if stray || name.starts_with(STAGED_PREFIX) {
            let path = folder.join(&name);
            fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
            removed += usize::from(stray);
        }
    }
    Ok(removed)
}

/// Makes the log of one table hold the entries that the journal knows, and no other; answers the versions of its sound checkpoints.
fn mend_log(
    lake: &Path,
    journal: &Journal,
    table: &str,
    entries: &[(u64, u64)],
    told: &mut Vec<String>,
) -> Result<BTreeSet<u64>, LakeError> {
    let table_folder = crate::table_folder(lake, table);
    let log = table_folder.join(LOG_FOLDER);
    let last = entries.last().map(|(version, _)| *version);
    let mut checkpoints = BTreeSet::new();
    let mut hint = false;
    for name in durable::names_in(&log)? {
        let path = log.join(&name);
        if name.starts_with(STAGED_PREFIX) {
            fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
        } else if let Some(version) = entry_version(&name) {
            if last.is_none_or(|last| version > last) {
                move_aside(lake, table, &log, &name)?;
                told.push(format!("moved version {version} of table `{table}`, which no snapshot knows, aside"));
            }
        } else if let Some(version) = checkpoint_version(&name) {
            let known = last.is_some_and(|last| version <= last);
            if known && is_whole(&path) {
                checkpoints.insert(version);
            } else {
                move_aside(lake, table, &log, &name)?;
                told.push(format!("moved a broken checkpoint of version {version} of table `{table}` aside"));
            }
        } else if name == delta::LAST_CHECKPOINT {
            hint = true;
        }
    }
    if hint {
        let path = log.join(delta::LAST_CHECKPOINT);
        let bytes = fs::read(&path).map_err(LakeError::io("read", &path))?;
        if !delta::hinted_version(&bytes).is_some_and(|version| checkpoints.contains(&version)) {
            move_aside(lake, table, &log, delta::LAST_CHECKPOINT)?;
            told.push(format!("moved a pointer to a missing checkpoint of table `{table}` aside"));
        }
    }
    for &(version, size) in entries {
        let name = entry_name(version);
        let path = log.join(&name);
        let found = fs::metadata(&path).ok().map(|metadata| metadata.len());
        // Sizes catch what a crash does to a file; the newest is also compared byte by byte.
        let whole =
            found == Some(size) && (Some(version) != last || fs::read(&path).ok() == Some(body(journal, table, version)?));
        if whole {
            continue;
        }
        if found.is_some() {
            move_aside(lake, table, &log, &name)?;
            told.push(format!("wrote version {version} of the log of table `{table}` again: its entry was damaged"));
        } else {
            told.push(format!("completed the log of table `{table}` with version {version}"));
        }
        StagedEntry::new(&table_folder, version, &body(journal, table, version)?)?.publish()?;
    }
    Ok(checkpoints)
}

fn body(journal: &Journal, table: &str, version: u64) -> Result<Vec<u8>, LakeError> {
    let sql = "SELECT body FROM log_entry WHERE table_name = ?1 AND version = ?2";
    Ok(journal.query(sql, rusqlite::params![table, version], |row| row.get(0))?.pop().unwrap_or_default())
}

/// Whether a Parquet file is complete.
fn is_whole(path: &Path) -> bool {
    fs::File::open(path).is_ok_and(|file| parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).is_ok())
}

/// Moves a file of a log to where no reader looks.
fn move_aside(lake: &Path, table: &str, log: &Path, name: &str) -> Result<(), LakeError> {
    let aside = lake.join("aside");
    durable::create_folders(&aside)?;
    let from = log.join(name);
    let to = (0..)
        .map(|copy: u32| aside.join(format!("{table}-{name}.{copy}")))
        .find(|to| !to.exists())
        .unwrap_or_else(|| aside.join(name));
    fs::rename(&from, &to).map_err(LakeError::io("move aside", &from))?;
    durable::sync_folder(&aside)?;
    durable::sync_folder(log)
}

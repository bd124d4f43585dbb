//! Forgetting old snapshots, and removing the files that no snapshot needs any more.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, SystemTime};

use rusqlite::params;

use crate::error::LakeError;
use crate::writer::Writer;

/// What [`Writer::vacuum`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vacuumed {
    /// Snapshots that can no longer be opened.
    pub snapshots: usize,
    /// Files removed.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Writer {
    /// Forgets all but the `keep` newest snapshots (at least one), then removes files that no snapshot needs and that were written at
    /// least `min_age` before this writer's `now`.
    ///
    /// The age gives readers time: one that opened a snapshot before it was forgotten reads on. The Delta logs stay whole; outside
    /// readers cannot go back to a version whose files are gone.
    ///
    /// # Errors
    ///
    /// [`LakeError::Journal`], [`LakeError::Io`]. Interrupted anywhere, the next call goes on.
    pub fn vacuum(&mut self, keep: usize, min_age: Duration) -> Result<Vacuumed, LakeError> {
        let mut done = Vacuumed::default();
        let snapshots = self.journal.snapshots()?;
        let Some(oldest) = snapshots.get(snapshots.len().saturating_sub(keep.max(1))).map(|row| row.id) else { return Ok(done) };
        let path = self.journal.path.clone();
        let wrap = || LakeError::journal("write", &path);
        done.snapshots = self.journal.connection.execute("DELETE FROM snapshot WHERE id < ?1", [oldest]).map_err(wrap())?;

        let before = SystemTime::from(self.now()).checked_sub(min_age).unwrap_or(SystemTime::UNIX_EPOCH);
        let lake = self.lake().to_path_buf();
        let staged = self.staged_files();
        for (select, delete, folder_of) in [
            (
                "SELECT id, table_name, path, until FROM segment ORDER BY id",
                "DELETE FROM segment WHERE id = ?1",
                (|lake: &std::path::Path, table: &str| crate::table_folder(lake, table)) as fn(&std::path::Path, &str) -> _,
            ),
            ("SELECT id, '', path, until FROM state ORDER BY id", "DELETE FROM state WHERE id = ?1", |lake, _| {
                crate::state_folder(lake)
            }),
        ] {
            let rows: Vec<(i64, String, String, Option<i64>)> =
                self.journal.query(select, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            let over = |until: &Option<i64>| until.is_some_and(|until| until <= oldest);
            // The same rows make the same file, so a file of an ended place may be needed again by a later one.
            let kept = rows.iter().filter(|(.., until)| !over(until)).map(|(_, table, path, _)| (table.as_str(), path.as_str()));
            // So may it by what is staged, whose commit is still to come.
            let staged = staged.iter().map(|(table, path)| (table.as_str(), path.as_str()));
            let needed: HashSet<(&str, &str)> = kept.chain(staged).collect();
            for (id, table, path, until) in &rows {
                if !over(until) {
                    continue;
                }
                let file = folder_of(&lake, table).join(path);
                match fs::metadata(&file) {
                    Ok(_) if needed.contains(&(table.as_str(), path.as_str())) => {}
                    Ok(metadata) => {
                        if metadata.modified().is_ok_and(|modified| modified > before) {
                            continue;
                        }
                        fs::remove_file(&file).map_err(LakeError::io("remove", &file))?;
                        done.files += 1;
                        done.bytes += metadata.len();
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(source) => return Err(LakeError::Io { action: "remove", path: file, source }),
                }
                self.journal.connection.execute(delete, params![id]).map_err(wrap())?;
            }
        }
        Ok(done)
    }
}

//! Files that are whole and on the disk before anybody relies on them.
//!
//! Written under a hidden name, synced, renamed; the folder is synced by whoever makes the name matter.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::LakeError;

/// Start of the names of files that are still being written; readers of Delta tables skip names that start with a dot.
pub(crate) const STAGED_PREFIX: &str = ".staged-";

/// A fresh hidden name in `folder`.
pub(crate) fn staged_path(folder: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    folder.join(format!("{STAGED_PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Writes `bytes` under a hidden name in `folder` and syncs them; the name is returned.
pub(crate) fn stage(folder: &Path, bytes: &[u8]) -> Result<PathBuf, LakeError> {
    let path = staged_path(folder);
    let written = File::create(&path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    if let Err(source) = written {
        let _ = fs::remove_file(&path);
        return Err(LakeError::Io { action: "write", path, source });
    }
    Ok(path)
}

/// Gives a staged file its name, replacing what bears it.
pub(crate) fn publish(staged: &Path, path: &Path) -> Result<(), LakeError> {
    fs::rename(staged, path).map_err(LakeError::io("write", path))
}

/// Makes the names in `folder` survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LakeError> {
    // Windows cannot open a folder as a file; there the rename itself is as durable as it gets.
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(LakeError::io("sync the folder", folder))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Creates `folder` and those above it, so that they survive a power cut.
pub(crate) fn create_folders(folder: &Path) -> Result<(), LakeError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folders(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(source) => return Err(LakeError::Io { action: "create the folder", path: folder.to_path_buf(), source }),
    }
    match folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Names in `folder`; none when it does not exist.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, LakeError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(LakeError::Io { action: "list the folder", path: folder.to_path_buf(), source }),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(LakeError::io("list the folder", folder))?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

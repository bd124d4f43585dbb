//! The ledger on disk: appended under a lock, synced before anybody is told, mended after a kill, and never extended when it is damaged.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::body::Body;
use super::chain::{self, Chain, Reading};
use super::entry::{Entry, When};
use super::lock::{Holder, Lock};
use crate::ExperimentError;
use crate::canonical::Hash;
use crate::key::SecretKey;

const FILE: &str = "ledger.jsonl";

/// A ledger's folder. Holds nothing open.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

/// What a writer found and mended when it opened the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mended {
    /// A cut-off end was set aside in this file: it had never been acknowledged.
    SetAside(PathBuf),
    /// The last entry was whole but for its line end, which was put back.
    LineEnd,
}

/// The one writer.
#[derive(Debug)]
pub struct LedgerWriter {
    path: PathBuf,
    file: File,
    length: u64,
    chain: Chain,
    mended: Option<Mended>,
    // Last, so that the file is closed before the lock is freed.
    _lock: Lock,
}

impl Ledger {
    /// The ledger in this folder, whether it is there yet or not.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Folder of heads that were shown to others.
    #[must_use]
    pub fn anchors(&self) -> PathBuf {
        self.folder.join("anchors")
    }

    /// File that keeps the figures of a look: their canonical text, named after its hash.
    #[must_use]
    pub fn figures(&self, hash: &Hash) -> PathBuf {
        self.folder.join("looks").join(format!("{hash}.json"))
    }

    /// Keeps a text beside the chain under its hash, synced, so that whatever the chain names can be read again.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] where it cannot be written.
    pub fn keep(&self, text: &str) -> Result<Hash, ExperimentError> {
        let hash = Hash::of(text.as_bytes());
        let path = self.figures(&hash);
        let folder = self.folder.join("looks");
        fs::create_dir_all(&folder).map_err(ExperimentError::io("make the folder", &folder))?;
        // A file that a kill left half written has another hash than its name, and is written anew.
        if fs::read(&path).is_ok_and(|bytes| Hash::of(&bytes) == hash) {
            return Ok(hash);
        }
        let staged = path.with_extension("part");
        let written = File::create(&staged).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.and_then(|()| fs::rename(&staged, &path)).map_err(ExperimentError::io("write", &path))?;
        sync_folder(&folder)?;
        Ok(hash)
    }

    /// The bytes as they are; none where there is no ledger yet.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] where the file cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, ExperimentError> {
        match fs::read(self.path()) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(ExperimentError::io("read", self.path())(error)),
        }
    }

    /// Reads and checks, without a lock: what was acknowledged is whole.
    ///
    /// # Errors
    /// [`ExperimentError::Io`] where the file cannot be read; faults are part of the answer.
    pub fn read(&self) -> Result<Reading, ExperimentError> {
        Ok(chain::read(&self.bytes()?))
    }

    /// The sound chain.
    ///
    /// # Errors
    /// [`ExperimentError::Damaged`] where a line is not as it was written, [`ExperimentError::Io`] where the file cannot be read.
    pub fn chain(&self) -> Result<Chain, ExperimentError> {
        self.sound(self.read()?).map(|reading| reading.chain)
    }

    fn sound(&self, reading: Reading) -> Result<Reading, ExperimentError> {
        if reading.faults.is_empty() {
            return Ok(reading);
        }
        Err(ExperimentError::Damaged { path: self.path(), faults: reading.faults })
    }

    /// Opens the ledger to write, makes it where there is none, and mends what a killed writer left. `wait` hears who else writes and
    /// says whether to go on waiting.
    ///
    /// # Errors
    /// [`ExperimentError::Busy`], [`ExperimentError::Damaged`] or [`ExperimentError::Io`].
    pub fn write(&self, who: &str, now: Timestamp, wait: &mut dyn FnMut(&str) -> bool) -> Result<LedgerWriter, ExperimentError> {
        fs::create_dir_all(&self.folder).map_err(ExperimentError::io("make the folder", &self.folder))?;
        let holder = Holder { pid: std::process::id(), name: who.to_owned(), since: now };
        let lock = Lock::take(&self.folder.join(".lock"), &self.folder, &holder, wait)?;
        for (name, text) in [
            // Line ends are part of what is hashed, and two appended branches must never be merged line by line.
            (".gitattributes", "ledger.jsonl -text merge=binary\nanchors/* -text\nlooks/* -text\n"),
            (".gitignore", ".lock\ntorn/\n"),
        ] {
            let path = self.folder.join(name);
            if !path.exists() {
                fs::write(&path, text).map_err(ExperimentError::io("write", &path))?;
            }
        }
        let path = self.path();
        let is_new = !path.exists();
        let fault = |action| ExperimentError::io(action, &path);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(fault("open"))?;
        if is_new {
            sync_folder(&self.folder)?;
        }
        let bytes = self.bytes()?;
        let mut reading = self.sound(chain::read(&bytes))?;
        let mut mended = None;
        if let Some(tail) = reading.tail.take() {
            let torn = bytes.get(tail.offset..).unwrap_or_default();
            if tail.is_whole {
                file.write_all(b"\n").and_then(|()| file.sync_data()).map_err(fault("mend"))?;
                reading = self.read()?;
                mended = Some(Mended::LineEnd);
            } else {
                let folder = self.folder.join("torn");
                fs::create_dir_all(&folder).map_err(ExperimentError::io("make the folder", &folder))?;
                let aside = folder.join(format!("line-{}-{}.part", tail.line, Hash::of(torn).short()));
                fs::write(&aside, torn).map_err(ExperimentError::io("write", &aside))?;
                sync_folder(&folder)?;
                file.set_len(tail.offset as u64).and_then(|()| file.sync_all()).map_err(fault("mend"))?;
                mended = Some(Mended::SetAside(aside));
            }
        }
        let length = file.seek(SeekFrom::End(0)).map_err(fault("read"))?;
        Ok(LedgerWriter { path, file, length, chain: reading.chain, mended, _lock: lock })
    }
}

/// Makes the names in a folder survive a power cut. Where folders cannot be opened, the system does it by itself.
fn sync_folder(folder: &Path) -> Result<(), ExperimentError> {
    match File::open(folder) {
        Ok(open) if cfg!(unix) => open.sync_all().map_err(ExperimentError::io("sync", folder)),
        _ => Ok(()),
    }
}

impl LedgerWriter {
    /// Everything that is in the ledger.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What had to be mended.
    #[must_use]
    pub fn mended(&self) -> Option<&Mended> {
        self.mended.as_ref()
    }

    /// Appends an entry signed by `keys`. When this answers, the entry is on disk.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] where the entry breaks a rule, [`ExperimentError::Io`] where it cannot be written: then nothing is.
    pub fn append(&mut self, when: impl Into<When>, body: Body, keys: &[&SecretKey]) -> Result<(Hash, Entry), ExperimentError> {
        let entry = Entry::sign(self.chain.next_seq(), self.chain.head(), when.into(), body, keys)?;
        self.chain.allows(&entry)?;
        let mut line = entry.line()?.into_bytes();
        let hash = Hash::of(&line);
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            // Half a line would be set aside by the next writer; without it there is nothing to explain.
            let _ = self.file.set_len(self.length);
            return Err(ExperimentError::io("write", &self.path)(error));
        }
        self.length += line.len() as u64;
        self.chain.push(entry.clone(), hash)?;
        Ok((hash, entry))
    }
}

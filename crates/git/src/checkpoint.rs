//! The state of a run as bytes, so that the next run goes on where this one ended. Little-endian, versioned; compressing is the keeper's.
//!
//! Bytes are written and read as a stream: the state of a long history is large, and needs not be there twice.

use std::io::{self, BufReader, Read, Write};

use bstr::BString;
use gix::ObjectId;

use crate::delta::LineRules;
use crate::history::{Commit, Cut, History};
use crate::hunks::DiffAlgorithm;
use crate::lives::{Block, End, File, Gap, LandingCounts, Lives, Reverted};
use crate::mine::State;
use crate::rename::RenameOptions;
use crate::text::NoLines;

/// Changes with every change of the format or of the meaning of what is stored.
const MAGIC: &[u8; 20] = b"candor git state 02\n";
/// Bytes that are handed on at a time.
const PORTION: usize = 1 << 16;
/// A damaged length must not reserve memory that the bytes cannot fill: more than this grows as items are read.
const RESERVED: usize = 1 << 16;

/// Why stored bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// Of another program or another version.
    #[error("it begins otherwise than this version writes it")]
    Version,
    /// Too short, or numbers that lead nowhere.
    #[error("it is damaged at byte {0}")]
    Damaged(usize),
    /// Reading failed.
    #[error("it cannot be read from byte {0} on: {1}")]
    Unreadable(usize, String),
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    portion: Vec<u8>,
    /// The first write that failed; nothing is written after it.
    failed: Option<io::Error>,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.portion.extend_from_slice(bytes);
        if self.portion.len() >= PORTION {
            self.hand_on();
        }
    }
    fn hand_on(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(&self.portion).err();
        }
        self.portion.clear();
    }
    fn u8(&mut self, value: u8) {
        self.put(&[value]);
    }
    fn u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }
    fn u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }
    fn i64(&mut self, value: i64) {
        self.put(&value.to_le_bytes());
    }
    fn bytes(&mut self, value: &[u8]) {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.put(value);
    }
    fn id(&mut self, id: &ObjectId) {
        self.u8(u8::try_from(id.as_slice().len()).unwrap_or(0));
        self.put(id.as_slice());
    }
    fn list<T>(&mut self, list: impl ExactSizeIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.u64(list.len() as u64);
        for item in list {
            write(self, item);
        }
    }
    fn u32s(&mut self, list: &[u32]) {
        self.list(list.iter(), |out, value| out.u32(*value));
    }
}

struct Reader<'a> {
    input: BufReader<&'a mut dyn Read>,
    at: usize,
}

impl Reader<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BadCheckpoint> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BadCheckpoint::Damaged(self.at),
            _ => BadCheckpoint::Unreadable(self.at, error.to_string()),
        })?;
        self.at += bytes.len();
        Ok(())
    }
    fn take(&mut self, len: usize) -> Result<Vec<u8>, BadCheckpoint> {
        let mut bytes = vec![0; len.min(RESERVED)];
        let mut filled = 0;
        loop {
            self.fill(bytes.get_mut(filled..).unwrap_or_default())?;
            filled = bytes.len();
            if filled == len {
                return Ok(bytes);
            }
            bytes.resize(len.min(filled.saturating_mul(2)), 0);
        }
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadCheckpoint> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
    fn u8(&mut self) -> Result<u8, BadCheckpoint> {
        Ok(u8::from_le_bytes(self.array()?))
    }
    fn u32(&mut self) -> Result<u32, BadCheckpoint> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    fn u64(&mut self) -> Result<u64, BadCheckpoint> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    fn i64(&mut self) -> Result<i64, BadCheckpoint> {
        Ok(i64::from_le_bytes(self.array()?))
    }
    fn bytes(&mut self) -> Result<Vec<u8>, BadCheckpoint> {
        let len = self.u32()? as usize;
        self.take(len)
    }
    fn text(&mut self) -> Result<String, BadCheckpoint> {
        let at = self.at;
        String::from_utf8(self.bytes()?).map_err(|_| BadCheckpoint::Damaged(at))
    }
    fn id(&mut self) -> Result<ObjectId, BadCheckpoint> {
        let len = self.u8()?;
        self.id_of(len)
    }
    fn id_of(&mut self, len: u8) -> Result<ObjectId, BadCheckpoint> {
        let (at, mut bytes) = (self.at, [0; u8::MAX as usize]);
        let bytes = bytes.get_mut(..usize::from(len)).unwrap_or_default();
        self.fill(bytes)?;
        ObjectId::try_from(&*bytes).map_err(|_| BadCheckpoint::Damaged(at))
    }
    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T, BadCheckpoint>) -> Result<Vec<T>, BadCheckpoint> {
        let at = self.at;
        let len = usize::try_from(self.u64()?).map_err(|_| BadCheckpoint::Damaged(at))?;
        let mut list = Vec::with_capacity(len.min(RESERVED));
        for _ in 0..len {
            list.push(read(self)?);
        }
        Ok(list)
    }
    fn u32s(&mut self) -> Result<Vec<u32>, BadCheckpoint> {
        let at = self.at;
        let mut rest = usize::try_from(self.u64()?).map_err(|_| BadCheckpoint::Damaged(at))?;
        let mut list = Vec::with_capacity(rest.min(RESERVED));
        while rest > 0 {
            let portion = self.take(rest.min(PORTION / 4) * 4)?;
            rest -= portion.len() / 4;
            list.extend(portion.chunks_exact(4).map(|chunk| u32::from_le_bytes(chunk.try_into().unwrap_or_default())));
        }
        Ok(list)
    }
    fn at_end(&mut self) -> bool {
        matches!(self.input.read(&mut [0]), Ok(0))
    }
}

impl State {
    /// Writes the state as bytes.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = Writer { out, portion: Vec::with_capacity(PORTION + 64), failed: None };
        out.put(MAGIC);
        out.u8(u8::from(self.rules.algorithm == DiffAlgorithm::Myers));
        out.u8(self.rules.renames.threshold_percent);
        out.u32(self.rules.renames.limit);
        out.u8(u8::from(self.rules.lives));
        out.list(self.bulk.iter(), |out, id| out.id(id));
        out.list(self.unreadable.iter(), |out, (commit, object, why)| {
            out.id(commit);
            out.id(object);
            out.bytes(why.as_bytes());
        });
        write_history(&mut out, &self.history);
        write_lives(&mut out, &self.lives);
        out.hand_on();
        out.failed.map_or(Ok(()), Err)
    }

    /// Reads what [`State::write`] wrote.
    ///
    /// # Errors
    /// The bytes are of another version, or damaged; then the history is mined anew.
    pub fn read(input: &mut dyn Read) -> Result<Self, BadCheckpoint> {
        let mut input = Reader { input: BufReader::with_capacity(PORTION, input), at: 0 };
        match input.array() {
            Ok(ref magic) if magic == MAGIC => {}
            Err(why @ BadCheckpoint::Unreadable(..)) => return Err(why),
            _ => return Err(BadCheckpoint::Version),
        }
        let algorithm = if input.u8()? == 1 { DiffAlgorithm::Myers } else { DiffAlgorithm::Histogram };
        let renames = RenameOptions { threshold_percent: input.u8()?, limit: input.u32()? };
        let rules = LineRules { algorithm, renames, lives: input.u8()? == 1 };
        let bulk = input.list(Reader::id)?;
        let unreadable = input.list(|input| Ok((input.id()?, input.id()?, input.text()?)))?;
        let history = read_history(&mut input)?;
        let lives = read_lives(&mut input)?;
        if !input.at_end() {
            return Err(BadCheckpoint::Damaged(input.at));
        }
        Ok(Self { rules, history, lives, bulk, unreadable })
    }
}

fn write_history(out: &mut Writer<'_>, history: &History) {
    out.list(history.commits.iter(), |out, commit| {
        out.id(&commit.id);
        match &commit.tree {
            Some(tree) => out.id(tree),
            None => out.u8(0),
        }
        out.u32s(&commit.parents);
        out.u32(commit.parent_count);
        out.i64(commit.time);
        out.list(commit.reverts.iter(), |out, id| out.bytes(id.as_bytes()));
    });
    out.u32s(&history.mainline);
    out.list(history.odd.iter(), |out, (id, words)| {
        out.id(id);
        out.bytes(words.as_bytes());
    });
    match &history.cut {
        None => out.u8(0),
        Some(Cut::Shallow) => out.u8(1),
        Some(Cut::Missing(id)) => {
            out.u8(2);
            out.id(id);
        }
    }
}

fn read_history(input: &mut Reader<'_>) -> Result<History, BadCheckpoint> {
    let commits = input.list(|input| {
        let id = input.id()?;
        let tree = match input.u8()? {
            0 => None,
            len => Some(input.id_of(len)?),
        };
        let parents = input.u32s()?.into();
        let parent_count = input.u32()?;
        let time = input.i64()?;
        let reverts = input.list(Reader::text)?.into();
        Ok(Commit { id, tree, parents, parent_count, time, reverts })
    })?;
    let mainline = input.u32s()?;
    let odd = input.list(|input| Ok((input.id()?, input.text()?)))?;
    let at = input.at;
    let cut = match input.u8()? {
        0 => None,
        1 => Some(Cut::Shallow),
        2 => Some(Cut::Missing(input.id()?)),
        _ => return Err(BadCheckpoint::Damaged(at)),
    };
    let numbers = (0..).zip(&commits).map(|(number, commit)| (commit.id, number)).collect();
    Ok(History { commits, mainline, numbers, odd, cut })
}

fn write_lives(out: &mut Writer<'_>, lives: &Lives) {
    out.list(lives.blocks.iter(), |out, block| {
        for value in [block.first, block.landing, block.origin, block.path, block.origin_path, block.origin_line] {
            out.u32(value);
        }
        out.u8(block.left_out);
    });
    out.u32s(&lives.deaths);
    out.list(lives.substantive.iter(), |out, word| out.u64(*word));
    out.list(lives.ends.iter(), |out, end| {
        out.u32(end.landing);
        out.u32(end.killer);
        out.u8(u8::from(end.censored));
    });
    out.list(lives.paths.iter(), |out, path| out.bytes(path));
    let mut files: Vec<_> = lives.files.iter().collect();
    files.sort_by_key(|(path, _)| **path);
    out.list(files.into_iter(), |out, (path, file)| {
        out.u32(*path);
        out.u8(file.no_lines.map_or(0, |why| why as u8 + 1));
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for &line in &file.lines {
            match runs.last_mut() {
                Some((first, len)) if *first + *len == line => *len += 1,
                _ => runs.push((line, 1)),
            }
        }
        out.list(runs.into_iter(), |out, (first, len)| {
            out.u32(first);
            out.u32(len);
        });
    });
    out.list(lives.landings.iter(), |out, counts| {
        for value in [counts.files, counts.added, counts.removed, counts.moved, counts.resumed, counts.left_out] {
            out.u32(value);
        }
        out.u64(counts.renames_not_compared);
    });
    out.list(lives.gaps.iter(), |out, gap| {
        for value in [gap.line, gap.from, gap.until] {
            out.u32(value);
        }
    });
    out.list(lives.reverted.iter(), |out, taken| {
        for value in [taken.landing, taken.killer, taken.path] {
            out.u32(value);
        }
        out.list(taken.lines.iter(), |out, (hash, line)| {
            out.u64(*hash);
            out.u32(*line);
        });
    });
}

fn read_lives(input: &mut Reader<'_>) -> Result<Lives, BadCheckpoint> {
    let mut lives = Lives {
        blocks: input.list(|input| {
            Ok(Block {
                first: input.u32()?,
                landing: input.u32()?,
                origin: input.u32()?,
                path: input.u32()?,
                origin_path: input.u32()?,
                origin_line: input.u32()?,
                left_out: input.u8()?,
            })
        })?,
        deaths: input.u32s()?,
        substantive: input.list(Reader::u64)?,
        ends: input.list(|input| Ok(End { landing: input.u32()?, killer: input.u32()?, censored: input.u8()? == 1 }))?,
        paths: input.list(|input| Ok(BString::from(input.bytes()?)))?,
        ..Lives::default()
    };
    let files = input.list(|input| {
        let path = input.u32()?;
        let at = input.at;
        let no_lines = match input.u8()? {
            0 => None,
            number => Some(NoLines::ALL.get(usize::from(number) - 1).copied().ok_or(BadCheckpoint::Damaged(at))?),
        };
        let runs = input.list(|input| Ok((input.u32()?, input.u32()?)))?;
        let known = u32::try_from(lives.deaths.len()).unwrap_or(u32::MAX);
        if runs.iter().any(|(first, len)| first.checked_add(*len).is_none_or(|end| end > known)) {
            return Err(BadCheckpoint::Damaged(at));
        }
        let lines = runs.into_iter().flat_map(|(first, len)| first..first + len).collect();
        Ok((path, File { lines, no_lines }))
    })?;
    lives.files = files.into_iter().collect();
    lives.landings = input.list(|input| {
        Ok(LandingCounts {
            files: input.u32()?,
            added: input.u32()?,
            removed: input.u32()?,
            moved: input.u32()?,
            resumed: input.u32()?,
            left_out: input.u32()?,
            renames_not_compared: input.u64()?,
        })
    })?;
    lives.gaps = input.list(|input| Ok(Gap { line: input.u32()?, from: input.u32()?, until: input.u32()? }))?;
    lives.reverted = input.list(|input| {
        Ok(Reverted {
            landing: input.u32()?,
            killer: input.u32()?,
            path: input.u32()?,
            lines: input.list(|input| Ok((input.u64()?, input.u32()?)))?,
        })
    })?;
    lives.index_paths();
    Ok(lives)
}

//! The state of a run as bytes, so that the next run goes on where this one ended. Little-endian, versioned; compressing is the keeper's.

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
const MAGIC: &[u8; 20] = b"candor git state 01\n";

/// Why stored bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// Of another program or another version.
    #[error("it begins otherwise than this version writes it")]
    Version,
    /// Too short, or numbers that lead nowhere.
    #[error("it is damaged at byte {0}")]
    Damaged(usize),
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    fn bytes(&mut self, value: &[u8]) {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(value);
    }
    fn id(&mut self, id: &ObjectId) {
        self.u8(u8::try_from(id.as_slice().len()).unwrap_or(0));
        self.0.extend_from_slice(id.as_slice());
    }
    fn list<T>(&mut self, list: impl ExactSizeIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.u64(list.len() as u64);
        for item in list {
            write(self, item);
        }
    }
    fn u32s(&mut self, list: &[u32]) {
        self.u64(list.len() as u64);
        self.0.extend(list.iter().flat_map(|value| value.to_le_bytes()));
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], BadCheckpoint> {
        let end = self.at.checked_add(len).ok_or(BadCheckpoint::Damaged(self.at))?;
        let bytes = self.data.get(self.at..end).ok_or(BadCheckpoint::Damaged(self.at))?;
        self.at = end;
        Ok(bytes)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadCheckpoint> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| BadCheckpoint::Damaged(at))
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
    fn bytes(&mut self) -> Result<&'a [u8], BadCheckpoint> {
        let len = self.u32()? as usize;
        self.take(len)
    }
    fn text(&mut self) -> Result<String, BadCheckpoint> {
        let at = self.at;
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| BadCheckpoint::Damaged(at))
    }
    fn id(&mut self) -> Result<ObjectId, BadCheckpoint> {
        let at = self.at;
        let len = usize::from(self.u8()?);
        ObjectId::try_from(self.take(len)?).map_err(|_| BadCheckpoint::Damaged(at))
    }
    fn list<T>(
        &mut self,
        smallest: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, BadCheckpoint>,
    ) -> Result<Vec<T>, BadCheckpoint> {
        let at = self.at;
        let len = usize::try_from(self.u64()?).map_err(|_| BadCheckpoint::Damaged(at))?;
        // A damaged length must not reserve memory that the bytes cannot fill.
        if len.saturating_mul(smallest) > self.data.len() - self.at {
            return Err(BadCheckpoint::Damaged(at));
        }
        let mut list = Vec::with_capacity(len);
        for _ in 0..len {
            list.push(read(self)?);
        }
        Ok(list)
    }
    fn u32s(&mut self) -> Result<Vec<u32>, BadCheckpoint> {
        let at = self.at;
        let len = usize::try_from(self.u64()?).map_err(|_| BadCheckpoint::Damaged(at))?;
        let bytes = self.take(len.checked_mul(4).ok_or(BadCheckpoint::Damaged(at))?)?;
        Ok(bytes.chunks_exact(4).map(|chunk| u32::from_le_bytes(chunk.try_into().unwrap_or_default())).collect())
    }
}

impl State {
    /// The state as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.0.extend_from_slice(MAGIC);
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
        out.0
    }

    /// Reads what [`State::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are of another version, or damaged; then the history is mined anew.
    pub fn from_bytes(data: &[u8]) -> Result<Self, BadCheckpoint> {
        let mut input = Reader { data, at: 0 };
        if input.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
            return Err(BadCheckpoint::Version);
        }
        let algorithm = if input.u8()? == 1 { DiffAlgorithm::Myers } else { DiffAlgorithm::Histogram };
        let renames = RenameOptions { threshold_percent: input.u8()?, limit: input.u32()? };
        let rules = LineRules { algorithm, renames, lives: input.u8()? == 1 };
        let bulk = input.list(21, Reader::id)?;
        let unreadable = input.list(46, |input| Ok((input.id()?, input.id()?, input.text()?)))?;
        let history = read_history(&mut input)?;
        let lives = read_lives(&mut input)?;
        if input.at != data.len() {
            return Err(BadCheckpoint::Damaged(input.at));
        }
        Ok(Self { rules, history, lives, bulk, unreadable })
    }
}

fn write_history(out: &mut Writer, history: &History) {
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
    let commits = input.list(40, |input| {
        let id = input.id()?;
        let at = input.at;
        let len = usize::from(input.u8()?);
        let tree = match len {
            0 => None,
            _ => Some(ObjectId::try_from(input.take(len)?).map_err(|_| BadCheckpoint::Damaged(at))?),
        };
        let parents = input.u32s()?.into();
        let parent_count = input.u32()?;
        let time = input.i64()?;
        let reverts = input.list(4, Reader::text)?.into();
        Ok(Commit { id, tree, parents, parent_count, time, reverts })
    })?;
    let mainline = input.u32s()?;
    let odd = input.list(25, |input| Ok((input.id()?, input.text()?)))?;
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

fn write_lives(out: &mut Writer, lives: &Lives) {
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
        blocks: input.list(25, |input| {
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
        substantive: input.list(8, Reader::u64)?,
        ends: input.list(9, |input| Ok(End { landing: input.u32()?, killer: input.u32()?, censored: input.u8()? == 1 }))?,
        paths: input.list(4, |input| Ok(BString::from(input.bytes()?)))?,
        ..Lives::default()
    };
    let files = input.list(13, |input| {
        let path = input.u32()?;
        let at = input.at;
        let no_lines = match input.u8()? {
            0 => None,
            number => Some(NoLines::ALL.get(usize::from(number) - 1).copied().ok_or(BadCheckpoint::Damaged(at))?),
        };
        let runs = input.list(8, |input| Ok((input.u32()?, input.u32()?)))?;
        let known = u32::try_from(lives.deaths.len()).unwrap_or(u32::MAX);
        if runs.iter().any(|(first, len)| first.checked_add(*len).is_none_or(|end| end > known)) {
            return Err(BadCheckpoint::Damaged(at));
        }
        let lines = runs.into_iter().flat_map(|(first, len)| first..first + len).collect();
        Ok((path, File { lines, no_lines }))
    })?;
    lives.files = files.into_iter().collect();
    lives.landings = input.list(32, |input| {
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
    lives.gaps = input.list(12, |input| Ok(Gap { line: input.u32()?, from: input.u32()?, until: input.u32()? }))?;
    lives.reverted = input.list(20, |input| {
        Ok(Reverted {
            landing: input.u32()?,
            killer: input.u32()?,
            path: input.u32()?,
            lines: input.list(12, |input| Ok((input.u64()?, input.u32()?)))?,
        })
    })?;
    lives.index_paths();
    Ok(lives)
}

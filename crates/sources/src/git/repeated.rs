//! Rows of `repeated_lines`: which lines that land stand in a block that the tree has elsewhere.

use bstr::BString;
use candor_git::text::{Text, hash_without_space};
use candor_git::touched::{self, TouchedFile};
use candor_git::{Repository, State};
use candor_lake::Writer;
use rustc_hash::{FxHashMap, FxHashSet};

use super::columns::Columns;
use super::error::SourceError;
use super::functions::Source;

/// Lines of a block; blank ones are passed over.
const BLOCK: usize = 6;

/// Lines by the commit that wrote them and the evidence on them.
type ByOrigin<T> = FxHashMap<(u32, Option<u32>), T>;

/// A block of lines in a text.
struct Block {
    /// Of its lines, white space aside.
    hash: u64,
    /// First and last line, zero-based.
    lines: (u32, u32),
}

/// What a landing does to the blocks of a file.
pub struct FileBlocks {
    old_path: Option<BString>,
    new_path: Option<BString>,
    is_renamed_whole: bool,
    is_left_out: bool,
    old: Vec<u64>,
    new: Vec<Block>,
    lines: u32,
    /// Lines that are born: first, number, origin and evidence.
    born: Vec<(u32, u32, (u32, Option<u32>))>,
}

impl FileBlocks {
    /// The blocks of a file on both sides.
    pub fn of(file: TouchedFile, recorded: &dyn Fn(u32, &BString, u32) -> Option<u32>) -> Self {
        let mut born: Vec<(u32, u32, (u32, Option<u32>))> = Vec::new();
        if let (Some(path), false) = (&file.new_path, file.is_left_out) {
            for run in &file.born {
                let origin_path = run.origin_path.as_ref().unwrap_or(path);
                for offset in 0..run.len {
                    let key = (run.origin, recorded(run.origin, origin_path, run.origin_start + offset));
                    match born.last_mut() {
                        Some((first, len, same)) if *same == key && *first + *len == run.at + offset => *len += 1,
                        _ => born.push((run.at + offset, 1, key)),
                    }
                }
            }
        }
        Self {
            is_renamed_whole: file.is_renamed_whole,
            is_left_out: file.is_left_out,
            old: file.old.as_ref().map(|text| blocks(text).into_iter().map(|block| block.hash).collect()).unwrap_or_default(),
            new: file.new.as_ref().map(|text| blocks(text)).unwrap_or_default(),
            lines: file.new.as_ref().map_or(0, |text| text.len()),
            born,
            old_path: file.old_path,
            new_path: file.new_path,
        }
    }
}

/// All blocks of a text, overlapping.
fn blocks(text: &Text) -> Vec<Block> {
    let mut scratch = Vec::new();
    let lines: Vec<(u32, u64)> = (0..text.len())
        .map(|line| (line, hash_without_space(text.line(line), &mut scratch)))
        .filter(|(_, hash)| *hash != 0)
        .collect();
    let block = |window: &[(u32, u64)]| {
        let mix = |sum: u64, hash: u64| (sum.rotate_left(23) ^ hash).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let hash = window.iter().fold(0, |sum, (_, hash)| mix(sum, *hash));
        Some(Block { hash, lines: (window.first()?.0, window.last()?.0) })
    };
    lines.windows(BLOCK).filter_map(block).collect()
}

/// How often each block stands in the tree after a landing.
#[derive(Default)]
pub struct Tree {
    /// Landings that were followed.
    at: usize,
    counts: FxHashMap<u64, u32>,
    /// Paths whose blocks are counted.
    paths: FxHashSet<BString>,
}

impl Tree {
    /// Brings the tree to where it stands before the landing with this ordinal.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub fn go_to(&mut self, repository: &Repository, state: &State, ordinal: usize) -> Result<(), SourceError> {
        if self.at == ordinal {
            return Ok(());
        }
        *self = Self { at: ordinal, ..Self::default() };
        let Some(before) = ordinal.checked_sub(1) else { return Ok(()) };
        touched::texts(repository, state, before, &mut |path, text| {
            for block in blocks(text) {
                *self.counts.entry(block.hash).or_default() += 1;
            }
            self.paths.insert(path);
        })?;
        Ok(())
    }

    /// Follows a landing; the lines that it brought, and how many of them stand in a block that the tree has elsewhere too, by origin.
    pub fn apply(&mut self, files: Vec<FileBlocks>) -> ByOrigin<(i32, i32)> {
        self.at += 1;
        // Both sides of a rename are there: first everything goes, then everything comes.
        let mut moved = Vec::new();
        for file in &files {
            let was_counted = file.old_path.as_ref().is_some_and(|path| self.paths.remove(path));
            if file.is_renamed_whole {
                moved.extend(file.new_path.clone().filter(|_| was_counted));
                continue;
            }
            if !was_counted {
                continue;
            }
            for hash in &file.old {
                if let Some(count) = self.counts.get_mut(hash) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.counts.remove(hash);
                    }
                }
            }
        }
        self.paths.extend(moved);
        for file in files.iter().filter(|file| !file.is_renamed_whole && !file.is_left_out) {
            let Some(path) = &file.new_path else { continue };
            for block in &file.new {
                *self.counts.entry(block.hash).or_default() += 1;
            }
            self.paths.insert(path.clone());
        }
        let mut found: ByOrigin<(i32, i32)> = FxHashMap::default();
        for file in files.iter().filter(|file| !file.born.is_empty()) {
            let mut repeats = vec![false; file.lines as usize];
            for block in file.new.iter().filter(|block| self.counts.get(&block.hash).is_some_and(|count| *count > 1)) {
                let lines = repeats.get_mut(block.lines.0 as usize..=block.lines.1 as usize);
                lines.into_iter().flatten().for_each(|repeat| *repeat = true);
            }
            for (first, len, key) in &file.born {
                let counted = found.entry(*key).or_default();
                let repeated = repeats.iter().skip(*first as usize).take(*len as usize).filter(|repeat| **repeat).count();
                counted.0 += i32::try_from(*len).unwrap_or(i32::MAX);
                counted.1 += i32::try_from(repeated).unwrap_or(i32::MAX);
            }
        }
        found
    }
}

/// Stages the rows of landings, given with their ordinals.
///
/// # Errors
/// See [`SourceError`].
pub fn write(
    writer: &mut Writer,
    source: &Source<'_>,
    first: usize,
    landings: Vec<(usize, ByOrigin<(i32, i32)>)>,
) -> Result<(), SourceError> {
    let Source { repo, state, evidence, .. } = source;
    let mut rows = Vec::new();
    for (ordinal, lines) in landings {
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_unstable();
        rows.extend(lines.into_iter().map(|(key, counts)| (ordinal, key, counts)));
    }
    let hex = |commit: Option<&candor_git::history::Commit>| commit.map(|commit| commit.id.to_string());
    let batch = Columns::default()
        .text("repo", vec![Some((*repo).to_owned()); rows.len()])
        .text("landing", rows.iter().map(|(ordinal, ..)| hex(state.history.landing(*ordinal))).collect())
        .text("origin", rows.iter().map(|(_, (origin, _), _)| hex(state.history.commit(*origin))).collect())
        .text(
            "evidence",
            rows.iter().map(|(_, (_, index), _)| index.and_then(|index| evidence.ids.get(index as usize)).cloned()).collect(),
        )
        .int("n_lines", rows.iter().map(|(.., (lines, _))| Some(*lines)).collect())
        .int("n_repeated", rows.iter().map(|(.., (_, repeated))| Some(*repeated)).collect())
        .finish()
        .map_err(SourceError::rows("repeated_lines"))?;
    writer.replace_segment("repeated_lines", &format!("{repo}/{first:010}"), [batch])?;
    Ok(())
}

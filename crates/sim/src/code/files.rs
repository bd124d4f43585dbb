//! In which file and where each block stands, landing by landing.

use crate::code::text::{Form, form, path, write};
use crate::draws::Draws;
use crate::world::{CONTEXTS, Repo};

/// Blocks that a file holds at most before new ones go elsewhere.
const FULL: usize = 14;

/// A file of a repository.
#[derive(Debug, Clone)]
struct File {
    path: String,
    context: usize,
    form: Form,
    /// (Number of the block, its lines), in order.
    blocks: Vec<(usize, u32)>,
    is_there: bool,
}

/// The files of a repository, as they stand after the last landing.
#[derive(Debug)]
pub struct Files {
    files: Vec<File>,
    /// Files by context.
    by_context: Vec<Vec<usize>>,
    /// The file of each block.
    at: rustc_hash::FxHashMap<usize, usize>,
    language: crate::world::Language,
    seed: u64,
}

/// What a commit does.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// (Number of the block, its lines) that it adds.
    pub adds: Vec<(usize, u32)>,
    /// Numbers of the blocks that it ends.
    pub ends: Vec<usize>,
}

/// A file after a commit: its text, or `None` where the last block went; and the lines (from 1) of each block that the commit added.
#[derive(Debug)]
pub struct Written {
    /// Its path.
    pub path: String,
    /// What it holds.
    pub text: Option<String>,
    /// (Number of the block, first line, last line).
    pub added: Vec<(usize, u32, u32)>,
}

impl Files {
    /// No files.
    #[must_use]
    pub fn of(repo: &Repo, seed: u64) -> Self {
        Self {
            files: Vec::new(),
            by_context: vec![Vec::new(); CONTEXTS.len()],
            at: rustc_hash::FxHashMap::default(),
            language: repo.language,
            seed,
        }
    }

    /// Makes a commit's edit in its context; the files that it touched, in the order of their paths.
    pub fn apply(&mut self, context: usize, edit: &Edit, draws: &mut Draws) -> Vec<Written> {
        let mut touched: Vec<usize> = Vec::new();
        // What is replaced in a file of the same context is replaced in its place.
        let mut gaps: Vec<(usize, usize)> = Vec::new();
        let mut ends: Vec<(usize, usize)> = edit.ends.iter().filter_map(|block| Some((*self.at.get(block)?, *block))).collect();
        ends.sort_unstable();
        for (file, block) in ends {
            self.at.remove(&block);
            let Some(own) = self.files.get_mut(file) else { continue };
            if let Some(place) = own.blocks.iter().position(|(number, _)| *number == block) {
                own.blocks.remove(place);
                touched.push(file);
                if own.context == context {
                    gaps.push((file, place));
                }
            }
        }
        // From the end, so that places before stay what they are.
        gaps.reverse();
        let mut gaps = gaps.into_iter();
        let mut home = None;
        for (block, lines) in &edit.adds {
            let gap = gaps.next();
            let (file, place) = match gap {
                Some(gap) => gap,
                None => {
                    let file = *home.get_or_insert_with(|| self.home(context, draws));
                    let count = self.files.get(file).map_or(0, |file| file.blocks.len());
                    (file, draws.below(count + 1))
                }
            };
            if let Some(own) = self.files.get_mut(file) {
                own.blocks.insert(place.min(own.blocks.len()), (*block, *lines));
                self.at.insert(*block, file);
                touched.push(file);
                if own.blocks.len() >= FULL {
                    home = None;
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let mut written: Vec<Written> = touched.into_iter().filter_map(|file| self.written(file, edit)).collect();
        written.sort_by(|a, b| a.path.cmp(&b.path));
        written
    }

    /// A file of the context that is not full, or a new one.
    fn home(&mut self, context: usize, draws: &mut Draws) -> usize {
        let known = self.by_context.get(context).map_or(&[][..], Vec::as_slice);
        let has_room = |file: &&usize| self.files.get(**file).is_some_and(|file| file.blocks.len() < FULL);
        let open: Vec<usize> = known.iter().filter(has_room).copied().collect();
        if open.len() >= 3 || (!open.is_empty() && draws.chance(0.8)) {
            return open.get(draws.below(open.len())).copied().unwrap_or(0);
        }
        let name = CONTEXTS.get(context).copied().unwrap_or("business_logic");
        self.files.push(File {
            path: path(name, self.language, known.len()),
            context,
            form: form(name, self.language),
            blocks: Vec::new(),
            is_there: false,
        });
        let file = self.files.len() - 1;
        if let Some(known) = self.by_context.get_mut(context) {
            known.push(file);
        }
        file
    }

    fn written(&mut self, file: usize, edit: &Edit) -> Option<Written> {
        let own = self.files.get_mut(file)?;
        if own.blocks.is_empty() {
            let was_there = std::mem::replace(&mut own.is_there, false);
            return was_there.then(|| Written { path: own.path.clone(), text: None, added: Vec::new() });
        }
        own.is_there = true;
        let (mut text, mut line, mut added) = (String::new(), 1, Vec::new());
        for (block, lines) in &own.blocks {
            write(&mut text, own.form, *block, *lines, self.seed);
            if edit.adds.iter().any(|(number, _)| number == block) {
                added.push((*block, line, line + lines - 1));
            }
            line += lines;
        }
        Some(Written { path: own.path.clone(), text: Some(text), added })
    }
}

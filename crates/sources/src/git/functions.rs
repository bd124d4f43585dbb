//! Rows of `touched_functions`: what landings add or change of functions, with the complexity before and after.

use std::ops::Range;

use bstr::{BString, ByteSlice};
use candor_complexity::{Function, Language};
use candor_git::touched::{self, TouchedFile};
use candor_git::{Repository, State, quote_path};
use candor_lake::Writer;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::columns::{Columns, Repeated};
use super::error::SourceError;
use super::notes::LineEvidence;
use super::people::identity_id;
use super::repeated::{self, FileBlocks, Tree};

/// Raised when the rows mean something else than before.
const VERSION: u32 = 1;
/// Landings of one unit of the table: what is held in memory, and what is made anew where evidence on one of them arrives later.
const STRETCH: usize = 256;

/// Of which landings the functions were measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    version: u32,
    stretches: Vec<Stretch>,
    /// All landings were measured that there were.
    pub is_complete: bool,
}

/// Landings that were measured together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stretch {
    from: usize,
    until: usize,
    /// Of the evidence on the lines that they brought.
    evidence: String,
    done: bool,
}

impl Measured {
    fn current() -> u32 {
        VERSION * 1_000 + candor_complexity::VERSION
    }

    /// Whether this version would write the same rows.
    pub fn is_current(&self) -> bool {
        self.version == Self::current()
    }

    /// What is to be measured so that all landings of `state` are: stretches that are known and have the evidence that they had stay.
    pub fn up_to(&self, state: &State, evidence: &LineEvidence) -> Self {
        let total = state.lives.landings.len();
        let mut stretches: Vec<Stretch> = Vec::new();
        if self.is_current() {
            stretches.extend(self.stretches.iter().filter(|stretch| stretch.until <= total).cloned());
        }
        let mut from = stretches.last().map_or(0, |last| last.until);
        while from < total {
            let until = (from + STRETCH).min(total);
            stretches.push(Stretch { from, until, evidence: String::new(), done: false });
            from = until;
        }
        for stretch in &mut stretches {
            let mut bytes = Vec::new();
            for ordinal in stretch.from..stretch.until {
                for number in state.history.brought(ordinal) {
                    evidence.describe(number, &mut bytes);
                }
            }
            let own = identity_id(&[], &bytes, &[]);
            stretch.done &= stretch.evidence == own;
            stretch.evidence = own;
        }
        Self { version: Self::current(), stretches, is_complete: false }
    }

    /// Stretches that are not measured yet, by their place, with their landings.
    pub fn lacking(&self) -> Vec<(usize, Range<usize>)> {
        let lacking = self.stretches.iter().enumerate().filter(|(_, stretch)| !stretch.done);
        lacking.map(|(at, stretch)| (at, stretch.from..stretch.until)).collect()
    }

    /// Notes that a stretch is measured.
    pub fn done(&mut self, at: usize) {
        if let Some(stretch) = self.stretches.get_mut(at) {
            stretch.done = true;
        }
    }
}

/// A function that a landing touched.
struct Touched {
    path: String,
    /// Its name before it was told from others on its line.
    base: String,
    start: u32,
    function: Function,
    before: Option<Function>,
    /// Lines that the landing brought to it, by origin and evidence.
    lines: Vec<((u32, Option<u32>), i32)>,
}

/// From where rows are made.
pub struct Source<'a> {
    /// Id of the repository in the lake.
    pub repo: &'a str,
    /// The repository.
    pub repository: &'a Repository,
    /// Its history.
    pub state: &'a State,
    /// Evidence on lines.
    pub evidence: &'a LineEvidence,
}

/// Stages the rows of these landings; `tree` is as the landing before them left it, or is made so.
///
/// # Errors
/// See [`SourceError`].
pub fn write(writer: &mut Writer, source: &Source<'_>, tree: &mut Tree, landings: Range<usize>) -> Result<(), SourceError> {
    let Source { repo, repository, state, evidence } = source;
    let paths: FxHashMap<&BString, u32> = state.lives.paths.iter().zip(0..).collect();
    let first = landings.start;
    let recorded = |origin: u32, path: &BString, line: u32| {
        let ranges = paths.get(path).map(|path| evidence.ranges(origin, *path)).unwrap_or_default();
        if ranges.is_empty() { None } else { LineEvidence::of(ranges, line + 1) }
    };
    // Nobody saw the first landing of a cut history come about.
    let is_seen = |ordinal: usize| ordinal > 0 || !state.is_cut();
    let work = |ordinal: usize, files: Vec<TouchedFile>| {
        let functions: Vec<Touched> =
            if is_seen(ordinal) { files.iter().flat_map(|file| functions_of(file, &recorded)).collect() } else { Vec::new() };
        let blocks: Vec<FileBlocks> = files.into_iter().map(|file| FileBlocks::of(file, &recorded)).collect();
        (functions, blocks)
    };
    tree.go_to(repository, state, first)?;
    let (found, blocks): (Vec<Vec<Touched>>, Vec<Vec<FileBlocks>>) =
        touched::each(repository, state, landings, &work)?.into_iter().unzip();
    let repeats: Vec<_> = blocks.into_iter().map(|files| tree.apply(files)).collect();
    let counted = repeats.into_iter().zip(first..).filter(|(_, ordinal)| is_seen(*ordinal)).map(|(repeats, at)| (at, repeats));
    repeated::write(writer, source, first, counted.collect())?;
    let rows: Vec<_> = found
        .iter()
        .zip(first..)
        .flat_map(|(functions, ordinal)| functions.iter().map(move |function| (ordinal, function)))
        .flat_map(|(ordinal, function)| {
            let lines = function.lines.iter().map(|((origin, recorded), lines)| (Some(*origin), *recorded, *lines));
            // Lines were removed only.
            let none = function.lines.is_empty().then_some((None, None, 0));
            lines.chain(none).map(move |lines| (ordinal, function, lines))
        })
        .collect();
    let figure = |value: Option<u32>| value.and_then(|value| i32::try_from(value).ok());
    let of = |function: &Function, pick: fn(&Function) -> u32| if function.is_broken { None } else { Some(pick(function)) };
    let mut landing: Repeated<usize> = Repeated::default();
    let mut path: Repeated<String> = Repeated::default();
    let mut name: Repeated<String> = Repeated::default();
    let mut origin: Repeated<u32> = Repeated::default();
    let mut recorded: Repeated<u32> = Repeated::default();
    for (ordinal, touched, (from, evidence_index, _)) in &rows {
        landing.push(Some(*ordinal), |ordinal| {
            state.history.landing(*ordinal).map(|commit| commit.id.to_string()).unwrap_or_default()
        });
        path.push(Some(touched.path.clone()), String::clone);
        name.push(Some(touched.function.name.clone()), String::clone);
        origin.push(*from, |number| state.history.commit(*number).map(|commit| commit.id.to_string()).unwrap_or_default());
        recorded.push(*evidence_index, |index| evidence.ids.get(*index as usize).cloned().unwrap_or_default());
    }
    let before = |pick: fn(&Function) -> u32| {
        rows.iter().map(|(_, touched, _)| figure(touched.before.as_ref().and_then(|before| of(before, pick)))).collect::<Vec<_>>()
    };
    let after =
        |pick: fn(&Function) -> u32| rows.iter().map(|(_, touched, _)| figure(of(&touched.function, pick))).collect::<Vec<_>>();
    let columns = || -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
        Columns::default()
            .text("repo", vec![Some((*repo).to_owned()); rows.len()])
            .array("landing", landing.finish()?)
            .array("path", path.finish()?)
            .array("function", name.finish()?)
            .int("start", rows.iter().map(|(_, touched, _)| figure(Some(touched.function.start))).collect())
            .int("end", rows.iter().map(|(_, touched, _)| figure(Some(touched.function.end))).collect())
            .int("cyclomatic", after(|function| function.cyclomatic))
            .int("cognitive", after(|function| function.cognitive))
            .int("cyclomatic_before", before(|function| function.cyclomatic))
            .int("cognitive_before", before(|function| function.cognitive))
            .array("origin", origin.finish()?)
            .array("evidence", recorded.finish()?)
            .int("n_lines", rows.iter().map(|(_, _, (_, _, lines))| Some(*lines)).collect())
            .finish()
    };
    let batch = columns().map_err(SourceError::rows("touched_functions"))?;
    writer.replace_segment("touched_functions", &format!("{repo}/{first:010}"), [batch])?;
    Ok(())
}

/// The functions of a file that a landing touches.
fn functions_of(file: &TouchedFile, recorded: &dyn Fn(u32, &BString, u32) -> Option<u32>) -> Vec<Touched> {
    let (Some(path), Some(new)) = (&file.new_path, &file.new) else { return Vec::new() };
    let Some(language) = Language::of_path(path) else { return Vec::new() };
    if file.is_left_out || (file.born.is_empty() && file.dead.is_empty()) {
        return Vec::new();
    }
    let Ok(functions) = candor_complexity::measure(language, new.data()) else { return Vec::new() };
    let old = file.old_path.as_ref().zip(file.old.as_ref());
    let before = old.and_then(|(path, text)| Some((Language::of_path(path)?, text)));
    let before = before.and_then(|(language, text)| candor_complexity::measure(language, text.data()).ok()).unwrap_or_default();
    // By function: lines by origin and evidence.
    let mut lines: Vec<FxHashMap<(u32, Option<u32>), i32>> = vec![FxHashMap::default(); functions.len()];
    let owners = owners(&functions, new.len());
    for run in &file.born {
        let origin_path = run.origin_path.as_ref().unwrap_or(path);
        for offset in 0..run.len {
            let owner = owners.get((run.at + offset) as usize).copied().flatten();
            let Some(lines) = owner.and_then(|owner| lines.get_mut(owner)) else { continue };
            *lines.entry((run.origin, recorded(run.origin, origin_path, run.origin_start + offset))).or_default() += 1;
        }
    }
    let old_lines = old.map_or(0, |(_, text)| text.len());
    let old_owners = self::owners(&before, old_lines);
    let mut loses = vec![false; before.len()];
    for line in file.dead.iter().cloned().flatten() {
        let owner = old_owners.get(line as usize).copied().flatten();
        if let Some(loses) = owner.and_then(|owner| loses.get_mut(owner)) {
            *loses = true;
        }
    }
    let pairs = pairs(&functions, &before);
    let mut touched = Vec::new();
    for ((function, lines), pair) in functions.into_iter().zip(lines).zip(pairs) {
        let loses = pair.and_then(|pair| loses.get(pair)).copied().unwrap_or(false);
        if lines.is_empty() && !loses {
            continue;
        }
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_unstable();
        // Short functions without names may stand on one line: a row is one of them.
        let same = touched
            .iter()
            .rev()
            .take_while(|other: &&Touched| other.start == function.start)
            .filter(|other| other.base == function.name)
            .count();
        let base = function.name.clone();
        let mut function = function;
        if same > 0 {
            function.name = format!("{base}#{}", same + 1);
        }
        touched.push(Touched {
            path: quote_path(path.as_bstr()),
            base,
            start: function.start,
            function,
            before: pair.and_then(|pair| before.get(pair)).cloned(),
            lines,
        });
    }
    touched
}

/// By line, from the first: the innermost function that it stands in. Functions come in the order in which they begin.
fn owners(functions: &[Function], lines: u32) -> Vec<Option<usize>> {
    let mut owners = Vec::with_capacity(lines as usize);
    let mut open: Vec<usize> = Vec::new();
    let mut next = functions.iter().enumerate().peekable();
    for line in 1..=lines {
        while let Some((at, _)) = next.next_if(|(_, function)| function.start <= line) {
            open.push(at);
        }
        while open.last().and_then(|at| functions.get(*at)).is_some_and(|function| function.end < line) {
            open.pop();
        }
        owners.push(open.last().copied());
    }
    owners
}

/// By function after: the same one before. Of several of one name the n-th is the n-th, where there are as many as before; where not, nobody
/// knows which is which.
fn pairs(after: &[Function], before: &[Function]) -> Vec<Option<usize>> {
    let by_name = |functions: &[Function]| {
        let mut found: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, function) in functions.iter().enumerate() {
            found.entry(function.name.clone()).or_default().push(at);
        }
        found
    };
    let (new, old) = (by_name(after), by_name(before));
    let mut pairs = vec![None; after.len()];
    for (name, places) in new {
        let Some(earlier) = old.get(&name).filter(|earlier| earlier.len() == places.len()) else { continue };
        for (place, earlier) in places.into_iter().zip(earlier) {
            if let Some(pair) = pairs.get_mut(place) {
                *pair = Some(*earlier);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn function(name: &str, start: u32, end: u32) -> Function {
        Function { name: name.to_owned(), start, end, cyclomatic: 1, cognitive: 0, is_broken: false }
    }

    #[test]
    fn a_line_belongs_to_the_innermost_function() {
        let functions = [function("a", 2, 8), function("a.b", 4, 6), function("c", 9, 9)];
        let owners = owners(&functions, 10);
        let expected = [None, Some(0), Some(0), Some(1), Some(1), Some(1), Some(0), Some(0), Some(2), None];
        assert_eq!(owners, expected);
    }

    #[test]
    fn functions_of_one_name_are_paired_where_they_are_as_many() {
        let two = [function("a", 1, 2), function("a", 3, 4), function("b", 5, 6)];
        let three = [function("a", 1, 2), function("a", 3, 4), function("a", 5, 6), function("b", 7, 8)];
        assert_eq!(pairs(&two, &two), [Some(0), Some(1), Some(2)]);
        assert_eq!(pairs(&three, &two), [None, None, None, Some(2)]);
    }
}

//! What recording tools left: git-ai notes and the older blobs, read once each, clipped to what the commit really added.

use bstr::{BStr, BString};
use candor_attribution::agent_trace::{self, Trace};
use candor_attribution::notes::AddedLines;
use candor_attribution::{Note, Rules, clip};
use candor_git::added::{self, AddedReader};
use candor_git::{ObjectId, Repository, State, quote_path};
use candor_model::{Evidence, Origin};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// Where git-ai keeps its notes.
pub const NOTES: &str = "refs/notes/ai";
/// Where its first versions kept theirs.
const OLD_NOTES: &str = "refs/ai/authorship/";

/// One note, read: what is kept of it besides its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteRecord {
    /// Annotated commit, hex.
    pub commit: String,
    /// Object of the note, hex.
    pub note: String,
    /// The commit is part of the history at hand.
    pub matched: bool,
    /// Why the note, or ranges of it, were not used.
    pub rejected: Vec<String>,
    /// Lines that the commit adds.
    pub added: u64,
    /// Lines that the note claims for AI or people.
    pub claimed: u64,
    /// Those of them that the commit added.
    pub valid: u64,
    /// Lines of the commit that it gives to AI.
    pub ai: u64,
    /// Lines of the commit that it gives to people.
    pub human: u64,
    /// Lines of the commit under keys that resolve to nothing.
    pub unresolved: u64,
    /// Lines of the commit that a test tool claims.
    pub test_tool: u64,
    /// Evidence on lines.
    pub evidence: Vec<Evidence>,
}

/// Agent Trace records that the tip of the mainline holds.
pub struct Traces {
    /// The file's object; none = there is no such file.
    object: Option<ObjectId>,
    records: Vec<Trace>,
    /// What could not be read of it, for the reader.
    pub fault: Option<String>,
}

impl Traces {
    /// Reads the file as of `tip`.
    #[must_use]
    pub fn read(repo: &Repository, tip: ObjectId) -> Self {
        let mut reader = AddedReader::new(repo);
        let nothing = |fault| Self { object: None, records: Vec::new(), fault };
        let (object, content) = match reader.object_at(tip, agent_trace::FILE.as_bytes()) {
            Ok(Some(found)) => found,
            Ok(None) => return nothing(None),
            Err(error) => {
                return nothing(Some(format!("`{}` cannot be read, so no trace is evidence: {error}", agent_trace::FILE)));
            }
        };
        let (records, errors) = agent_trace::parse(&content);
        let fault = errors.first().map(|first| {
            let more = if errors.len() > 1 { format!(" (and {} more lines)", errors.len() - 1) } else { String::new() };
            format!("`{}`, line {}: {}{more}: what is there is no evidence", agent_trace::FILE, first.line, first.reason)
        });
        Self { object: Some(object), records, fault }
    }

    /// Commits that a trace may speak of: the children of the revision that it names, since tools write the trace before they commit;
    /// where there are none, the revision itself.
    fn commits(&self, state: &State) -> Vec<(ObjectId, ObjectId)> {
        let Some(object) = self.object else { return Vec::new() };
        let revisions: FxHashSet<u32> = self
            .records
            .iter()
            .filter_map(|trace| ObjectId::from_hex(trace.revision.as_ref()?.as_bytes()).ok())
            .filter_map(|id| state.history.numbers.get(&id).copied())
            .collect();
        let speaks = |number: u32, commit: &candor_git::history::Commit| {
            commit.parents.iter().any(|parent| revisions.contains(parent))
                || (revisions.contains(&number) && !has_child(state, number))
        };
        let named = (0..).zip(&state.history.commits).filter(|(number, commit)| speaks(*number, commit));
        named.map(|(_, commit)| (commit.id, object)).collect()
    }

    /// What the traces record for a commit.
    fn record_for(&self, state: &State, commit: ObjectId) -> Option<Note> {
        let number = *state.history.numbers.get(&commit)?;
        let own = state.history.commit(number)?;
        let hex = commit.to_string();
        let is_childs = has_child(state, number);
        let records: Vec<Trace> =
            self.records.iter().filter(|trace| !(is_childs && trace.revision.as_ref() == Some(&hex))).cloned().collect();
        let parents: Vec<String> =
            own.parents.iter().filter_map(|parent| state.history.commit(*parent)).map(|parent| parent.id.to_string()).collect();
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        agent_trace::record_for(&records, &hex, &parents)
    }
}

/// Whether a commit of the history builds on this one; its children come after it.
fn has_child(state: &State, number: u32) -> bool {
    let after = state.history.commits.get(number as usize + 1..).unwrap_or_default();
    after.iter().any(|commit| commit.parents.contains(&number))
}

/// The notes of the repository: (annotated commit, note).
///
/// # Errors
/// What stands in the way, in words for the reader: the notes are then left aside.
pub fn list(repo: &Repository) -> Result<Vec<(ObjectId, ObjectId)>, String> {
    if let Some(fault) = repo.reference_fault(NOTES) {
        return Err(format!("no note is evidence: {fault}"));
    }
    added::notes(repo, NOTES).map_err(|error| format!("`{NOTES}` cannot be read, so no note is evidence: {error}"))
}

/// All notes, by annotated commit; `known` are those read before, which are read again only if note or commit changed.
///
/// The second value lists the commits whose line evidence changed.
///
/// A note that cannot be read is rejected and listed; for a whole reference that cannot be read see [`list`].
pub fn read_notes(
    repo: &Repository,
    state: &State,
    rules: &Rules,
    salt: &[u8],
    known: Vec<NoteRecord>,
    traces: &Traces,
) -> (Vec<NoteRecord>, Vec<ObjectId>) {
    let mut known: FxHashMap<String, NoteRecord> = known.into_iter().map(|record| (record.commit.clone(), record)).collect();
    let mut listed = list(repo).unwrap_or_default();
    for (name, id) in repo.references(OLD_NOTES) {
        if let Some(commit) = name.strip_prefix(OLD_NOTES.as_bytes()).and_then(|hex| ObjectId::from_hex(hex).ok())
            && listed.binary_search_by(|(annotated, _)| annotated.cmp(&commit)).is_err()
        {
            listed.push((commit, id));
        }
    }
    listed.sort_unstable();
    // A note was made for the commit; a trace was written before it. Where both speak, the note is read.
    for (commit, object) in traces.commits(state) {
        if listed.binary_search_by(|(annotated, _)| annotated.cmp(&commit)).is_err() && traces.record_for(state, commit).is_some()
        {
            listed.push((commit, object));
        }
    }
    listed.sort_unstable();
    let mut changed = Vec::new();
    let mut open: Vec<(usize, ObjectId, ObjectId)> = Vec::new();
    let mut records: Vec<Option<NoteRecord>> = Vec::with_capacity(listed.len());
    for (commit, note) in listed {
        let matched = state.history.numbers.contains_key(&commit);
        match known.remove(&commit.to_string()) {
            Some(record) if note == record.note.as_str() && record.matched == matched => records.push(Some(record)),
            _ => {
                open.push((records.len(), commit, note));
                changed.push(commit);
                records.push(None);
            }
        }
    }
    changed.extend(known.into_keys().filter_map(|gone| ObjectId::from_hex(gone.as_bytes()).ok()));
    for (index, record) in read_open(repo, state, rules, salt, &open, traces) {
        if let Some(slot) = records.get_mut(index) {
            *slot = Some(record);
        }
    }
    (records.into_iter().flatten().collect(), changed)
}

/// Reads notes on all cores; each is independent of the others.
fn read_open(
    repo: &Repository,
    state: &State,
    rules: &Rules,
    salt: &[u8],
    open: &[(usize, ObjectId, ObjectId)],
    traces: &Traces,
) -> Vec<(usize, NoteRecord)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = open.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = open
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    let mut reader = AddedReader::new(repo);
                    part.iter()
                        .map(|(index, commit, note)| (*index, read_note(&mut reader, state, rules, salt, *commit, *note, traces)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    })
}

fn read_note(
    reader: &mut AddedReader,
    state: &State,
    rules: &Rules,
    salt: &[u8],
    commit: ObjectId,
    note: ObjectId,
    traces: &Traces,
) -> NoteRecord {
    let number = state.history.numbers.get(&commit).copied();
    let mut record = NoteRecord {
        commit: commit.to_string(),
        note: note.to_string(),
        matched: number.is_some(),
        rejected: Vec::new(),
        added: 0,
        claimed: 0,
        valid: 0,
        ai: 0,
        human: 0,
        unresolved: 0,
        test_tool: 0,
        evidence: Vec::new(),
    };
    let parsed = match traces.object {
        Some(object) if object == note => {
            traces.record_for(state, commit).ok_or_else(|| "no trace speaks of the commit".to_owned())
        }
        _ => reader
            .blob(note)
            .map_err(|error| error.to_string())
            .and_then(|bytes| Note::parse(bytes, rules).map_err(|error| error.to_string())),
    };
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(why) => {
            record.rejected.push(why);
            return record;
        }
    };
    for range in &parsed.rejected_ranges {
        record.rejected.push(format!("`{}` of {}: {}", range.text, quote_path(range.path.as_ref()), range.reason));
    }
    let Some(own) = number.and_then(|number| state.history.commit(number)) else {
        // The commit was rewritten or never landed: what the note claims cannot be clipped, so it says nothing here.
        return record;
    };
    let parent = own.parents.first().and_then(|parent| state.history.commit(*parent));
    let lines = match reader.added(parent, own) {
        Ok(lines) => lines,
        Err(error) => {
            record.rejected.push(error.to_string());
            return record;
        }
    };
    record.added = lines.iter().flat_map(|file| &file.ranges).map(|(from, to)| u64::from(to - from) + 1).sum();
    let by_path: FxHashMap<&BString, &added::AddedLines> = lines.iter().map(|file| (&file.path, file)).collect();
    let look_up = |path: &BStr| {
        let file = by_path.get(&BString::from(path))?;
        Some(AddedLines { path: quote_path(path), ranges: file.ranges.clone() })
    };
    let clipped = clip(&parsed, &record.commit, salt, own.time, &look_up);
    record.claimed = clipped.claimed_lines;
    record.valid = clipped.valid_lines;
    record.ai = clipped.lines(Origin::Ai) + clipped.lines(Origin::Mixed);
    record.human = clipped.lines(Origin::Human);
    record.unresolved = clipped.unresolved_lines;
    record.test_tool = clipped.test_tool_lines;
    record.evidence = clipped.evidence;
    record
}

/// One-based inclusive ranges of a path, each with the index of its evidence.
type Attested = Vec<(u32, u32, u32)>;

/// Line evidence by origin commit and path in it, for splitting cohorts.
#[derive(Debug, Default)]
pub struct LineEvidence {
    by_commit: FxHashMap<u32, FxHashMap<u32, Attested>>,
    /// Ids of the evidence.
    pub ids: Vec<String>,
}

impl LineEvidence {
    /// Indexes evidence on lines, given by commit; what comes first on a line holds.
    #[must_use]
    pub fn new(repo: &str, state: &State, evidence: &[(&str, &[Evidence])]) -> Self {
        let paths: FxHashMap<String, u32> =
            (0..).zip(&state.lives.paths).map(|(number, path)| (quote_path(path.as_ref()), number)).collect();
        let mut found = Self::default();
        for (commit, evidence) in evidence.iter().filter(|(_, evidence)| !evidence.is_empty()) {
            let Some(number) = ObjectId::from_hex(commit.as_bytes()).ok().and_then(|id| state.history.numbers.get(&id).copied())
            else {
                continue;
            };
            for evidence in *evidence {
                let Some(path) = evidence.path.as_ref().and_then(|path| paths.get(path)) else { continue };
                let index = u32::try_from(found.ids.len()).unwrap_or(u32::MAX);
                found.ids.push(super::commits::evidence_id(repo, evidence));
                let ranges = found.by_commit.entry(number).or_default().entry(*path).or_default();
                ranges.extend(evidence.ranges.iter().map(|(from, to)| (*from, *to, index)));
            }
        }
        for paths in found.by_commit.values_mut() {
            for ranges in paths.values_mut() {
                ranges.sort_unstable();
            }
        }
        found
    }

    /// Ranges (one-based, inclusive, with index of the evidence) of a path in a commit.
    #[must_use]
    pub fn ranges(&self, commit: u32, path: u32) -> &[(u32, u32, u32)] {
        self.by_commit.get(&commit).and_then(|paths| paths.get(&path)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything that is recorded on the lines of a commit, as bytes: others where anything of it is another.
    pub fn describe(&self, commit: u32, out: &mut Vec<u8>) {
        let Some(paths) = self.by_commit.get(&commit) else { return };
        let mut ranges: Vec<_> = paths.iter().collect();
        ranges.sort_unstable_by_key(|(path, _)| **path);
        out.extend(commit.to_le_bytes());
        for (path, ranges) in ranges {
            out.extend(path.to_le_bytes());
            for (from, to, index) in ranges {
                out.extend(from.to_le_bytes());
                out.extend(to.to_le_bytes());
                out.extend(self.ids.get(*index as usize).map(String::as_bytes).unwrap_or_default());
            }
        }
    }

    /// The evidence on one line (one-based).
    #[must_use]
    pub fn of(ranges: &[(u32, u32, u32)], line: u32) -> Option<u32> {
        let at = ranges.partition_point(|(_, to, _)| *to < line);
        ranges.get(at).filter(|(from, _, _)| *from <= line).map(|(_, _, index)| *index)
    }
}

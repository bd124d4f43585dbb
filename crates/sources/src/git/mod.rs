//! A git repository as facts: mined from where the last run ended, with the evidence that its commits and notes hold.

pub mod carried;
mod changes;
mod cohorts;
pub mod columns;
pub mod commits;
pub mod error;
mod functions;
pub mod notes;
pub mod people;
mod repeated;
mod told;

use std::time::Instant;

use candor_attribution::{Mailmap, Rules};
use candor_git::added::AddedReader;
use candor_git::commit::RawCommit;
use candor_git::{GitError, LineRules, Mainline, ObjectId, Repository, State, Watch};
use candor_lake::{Holder, Lake, Snapshot, SnapshotId, Wait, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use error::SourceError;
use notes::{LineEvidence, NoteRecord};
use people::Identities;
pub use told::other_parents;

/// Tables in which a repository has units of its own.
const TABLES: [&str; 10] = [
    "changes",
    "commits",
    "evidence",
    "identities",
    "left_out",
    "line_cohorts",
    "mined_repositories",
    "repeated_lines",
    "touched_functions",
    "trace_settings",
];
/// Seconds of mining after which a safe point is kept.
const KEEP_AFTER_SECONDS: u64 = 20;
/// How hard zstd tries: states are written often.
const LEVEL: i32 = 1;
/// Raised when the rows that this version writes mean something else than before.
const FACTS_VERSION: u32 = 6;

/// One repository in a lake.
#[derive(Debug, Clone)]
pub struct Store {
    /// The lake.
    pub lake: Lake,
    /// Id of the repository in it.
    pub repo: String,
    /// Name for the reader.
    pub name: String,
}

/// By which rules facts are made.
pub struct Wanted<'a> {
    /// Rules of line lives.
    pub lines: LineRules,
    /// Signs of tools.
    pub signs: &'a Rules,
    /// Commits that only reformat, besides those that the repository lists.
    pub bulk: &'a [ObjectId],
    /// Whether functions that landings touch and lines that repeat are looked at: only the catalogue of an organisation reads them.
    pub functions: bool,
}

/// Who looks on.
pub trait Progress {
    /// `done` of `total` landings were followed.
    fn landings(&mut self, done: usize, total: usize);
    /// The functions of `done` of `total` landings were measured.
    fn functions(&mut self, done: usize, total: usize);
    /// Another process is writing.
    fn waiting(&mut self, holder: &Holder);
    /// Whether to stop at the next safe point.
    fn is_stopped(&self) -> bool;
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The snapshot to read.
    pub snapshot: SnapshotId,
    /// Landings that were new.
    pub new_landings: usize,
    /// What was known was thrown away, and why.
    pub restarted: Option<&'static str>,
    /// The user stopped the run before its end.
    pub stopped: bool,
}

/// What decides whether there is anything to do, and what the reader must know of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    version: u32,
    #[serde(default)]
    name: String,
    definition: String,
    signs: String,
    tip: String,
    notes: String,
    /// Heads of pull and merge requests.
    heads: String,
    /// What stands in the place of objects (`refs/replace/`).
    replaced: String,
    /// The `.mailmap` at the tip.
    #[serde(default)]
    mailmap: String,
    /// Commits that `info/grafts` names.
    grafted: usize,
    bulk: Vec<String>,
    shallow: Vec<String>,
    /// Objects that could not be read, the first of them: when one can be, the facts are made anew.
    lacking: Vec<String>,
    /// All landings up to the tip are in the tables.
    complete: bool,
    /// Landings whose rows are written.
    landings: usize,
    /// What the reader must know: cut history, missing objects, odd headers, limits that bit.
    pub warnings: Vec<String>,
    /// All commits that the mainline brings.
    pub commits: usize,
}

impl Head {
    fn of(name: &str, repo: &Repository, mainline: &Mainline, wanted: &Wanted<'_>, heads: &carried::Heads) -> Self {
        // What cannot be read is not the same as what is not there: when it can be, it is read.
        let fault = || repo.reference_fault(notes::NOTES).unwrap_or_default();
        let mut notes = repo.reference(notes::NOTES).map_or_else(fault, |id| id.to_string());
        for (_, id) in repo.references("refs/ai/authorship/") {
            notes.push_str(&id.to_string());
        }
        Self {
            version: FACTS_VERSION,
            name: name.to_owned(),
            definition: wanted.lines.describe(),
            signs: wanted.signs.version().to_owned(),
            tip: mainline.tip.to_string(),
            notes: people::identity_id(&[], notes.as_bytes(), &[]),
            heads: people::identity_id(&[], format!("{heads:?}").as_bytes(), &[]),
            replaced: people::identity_id(&[], format!("{:?}", repo.targets("refs/replace/")).as_bytes(), &[]),
            // Known once the tip is read.
            mailmap: String::new(),
            grafted: repo.grafted_commits(),
            bulk: wanted.bulk.iter().map(ToString::to_string).collect(),
            lacking: Vec::new(),
            shallow: repo.shallow_commits().iter().map(ToString::to_string).collect(),
            complete: true,
            landings: 0,
            warnings: Vec::new(),
            commits: 0,
        }
    }

    /// The definition of the lines: diff, renames, rules.
    #[must_use]
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// Whether what is stored answers what is wanted.
    fn answers(&self, wanted: &Self) -> bool {
        // The tip says which `.mailmap` it is.
        let bare = |head: &Self| Self {
            landings: 0,
            warnings: Vec::new(),
            commits: 0,
            lacking: Vec::new(),
            mailmap: String::new(),
            ..head.clone()
        };
        bare(self) == bare(wanted)
    }

    /// Whether a run can go on from what is stored.
    fn continues(&self, wanted: &Self) -> bool {
        (self.version, &self.definition, &self.signs, &self.replaced)
            == (wanted.version, &wanted.definition, &wanted.signs, &wanted.replaced)
    }

    /// Whether an object that was missing or damaged can be read now.
    fn is_mended(&self, repo: &Repository) -> bool {
        let mut lacking = self.lacking.iter().filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok()).peekable();
        lacking.peek().is_some() && repo.has_any(lacking)
    }
}

/// Whether the functions of all landings of a repository that a snapshot holds were measured: after a run that was stopped they are not, and
/// those that were are no sample of the others.
///
/// # Errors
/// The snapshot cannot be read.
pub fn functions_are_measured(snapshot: &Snapshot, repo: &str) -> Result<bool, SourceError> {
    let bytes = snapshot.state(&format!("{repo}/functions"))?;
    let measured: Option<functions::Measured> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(measured.is_some_and(|measured| measured.is_current() && measured.is_complete))
}

impl Store {
    fn state_name(&self, kind: &str) -> String {
        format!("{}/{kind}", self.repo)
    }

    /// The head of what `snapshot` holds of this repository.
    ///
    /// # Errors
    /// The snapshot cannot be read.
    pub fn head(&self, snapshot: &Snapshot) -> Result<Option<Head>, SourceError> {
        let bytes = snapshot.state(&self.state_name("head"))?;
        // A head of another version is none: the history is mined anew.
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// The notes that were read for this repository.
    ///
    /// # Errors
    /// The snapshot cannot be read.
    pub fn notes(&self, snapshot: &Snapshot) -> Result<Vec<NoteRecord>, SourceError> {
        let Some(bytes) = snapshot.state(&self.state_name("notes"))? else { return Ok(Vec::new()) };
        let bytes = unpack(&self.state_name("notes"), &bytes)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Of which landings the functions were measured.
    fn measured(&self, snapshot: &Snapshot) -> Result<functions::Measured, SourceError> {
        let bytes = snapshot.state(&self.state_name("functions"))?;
        let measured: Option<functions::Measured> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(measured.filter(functions::Measured::is_current).unwrap_or_default())
    }

    fn carried(&self, snapshot: &Snapshot) -> Result<carried::Carried, SourceError> {
        let name = self.state_name("carried");
        let Some(bytes) = snapshot.state(&name)? else { return Ok(carried::Carried::new()) };
        Ok(serde_json::from_slice(&unpack(&name, &bytes)?).unwrap_or_default())
    }

    /// Brings the facts up to the tip of `mainline`; does nothing when they are.
    ///
    /// # Errors
    /// See [`SourceError`]. The facts of before stay as they were.
    pub fn refresh(
        &self,
        repo: &Repository,
        mainline: &Mainline,
        wanted: &Wanted<'_>,
        progress: &mut dyn Progress,
        now: Timestamp,
    ) -> Result<Refreshed, SourceError> {
        let heads = carried::heads(repo);
        let head = Head::of(&self.name, repo, mainline, wanted, &heads);
        if let Some(snapshot) = self.lake.latest()?
            && self.head(&snapshot)?.is_some_and(|stored| stored.answers(&head) && !stored.is_mended(repo))
            && (!wanted.functions || self.measured(&snapshot)?.is_complete)
        {
            return Ok(Refreshed { snapshot: snapshot.id(), new_landings: 0, restarted: None, stopped: false });
        }
        let holder = format!("candor mining {}", self.name);
        let mut writer = self.lake.write(
            &holder,
            now,
            Wait::While(&mut |holder| {
                progress.waiting(holder);
                !progress.is_stopped()
            }),
        )?;
        // Another process may have done the work while this one waited.
        let before = writer.latest()?;
        let stored = before.as_ref().map(|snapshot| self.head(snapshot)).transpose()?.flatten();
        let stored = stored.filter(|stored| !stored.is_mended(repo));
        if let (Some(snapshot), Some(stored)) = (&before, &stored)
            && stored.answers(&head)
            && (!wanted.functions || self.measured(snapshot)?.is_complete)
        {
            return Ok(Refreshed { snapshot: snapshot.id(), new_landings: 0, restarted: None, stopped: false });
        }
        let state = match (&before, &stored) {
            (Some(snapshot), Some(stored)) if stored.continues(&head) => self.state(snapshot)?,
            _ => None,
        };
        let key = match before.as_ref().map(|snapshot| snapshot.state("key")).transpose()?.flatten() {
            Some(key) => key,
            None => people::new_key()?,
        };
        let forgotten = before.as_ref().map(|snapshot| snapshot.state(people::FORGOTTEN)).transpose()?.flatten();
        let forgotten = forgotten.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        writer.put_state("key", &key)?;
        let resumes = state.is_some();
        let mailmap = AddedReader::new(repo).file_at(mainline.tip, b".mailmap").unwrap_or_default().unwrap_or_default();
        let head = Head { mailmap: people::identity_id(&[], &mailmap, &[]), ..head };
        let is_new = stored.as_ref().is_none_or(|stored| stored.mailmap != head.mailmap);
        let people = Identities::new(key).forgetting(forgotten).proper_by(Mailmap::parse(&mailmap), is_new);
        let mut run = Run {
            store: self,
            head,
            before,
            people,
            rows: commits::CommitRows::new(
                &self.repo,
                state.as_ref().map_or(0, |state| u32::try_from(state.history.commits.len()).unwrap_or(0)),
            ),
            signs: wanted.signs,
            writer: &mut writer,
            progress,
            landings_written: if resumes { stored.as_ref().map_or(0, |stored| stored.landings) } else { 0 },
            all_groups: !resumes || stored.as_ref().is_some_and(|stored| !stored.complete),
            kept: Instant::now(),
            is_anew: false,
            error: None,
            notes_fault: notes::list(repo).err().into_iter().collect(),
            heads,
            replaced: repo.targets("refs/replace/").len(),
        };
        if resumes {
            run.load_people()?;
        }
        if resumes && !run.heads.is_empty() {
            run.load_pulls()?;
        }
        let mined = candor_git::mine(repo, mainline, state, wanted.lines, wanted.bulk, &mut run);
        let (state, mined) = match (mined, run.error.take()) {
            (_, Some(error)) => return Err(error),
            (Err(error), None) => return Err(error.into()),
            (Ok(done), None) => done,
        };
        if mined.stopped {
            run.keep(&state)?;
            return Ok(Refreshed {
                snapshot: SnapshotId(0),
                new_landings: state.lives.landings.len() - mined.from,
                restarted: mined.restarted,
                stopped: true,
            });
        }
        let (mut snapshot, evidence) = run.finish(repo, mainline, &state)?;
        let mut stopped = false;
        if wanted.functions {
            let (measured, is_stopped) = run.measure_functions(repo, &state, &evidence)?;
            (snapshot, stopped) = (measured.unwrap_or(snapshot), is_stopped);
        }
        Ok(Refreshed { snapshot, new_landings: state.lives.landings.len() - mined.from, restarted: mined.restarted, stopped })
    }

    /// The miner's state, where there is one that this version can read.
    ///
    /// # Errors
    /// The snapshot cannot be read, or the state is damaged.
    pub fn state(&self, snapshot: &Snapshot) -> Result<Option<State>, SourceError> {
        let name = self.state_name("state");
        let Some(bytes) = snapshot.state(&name)? else { return Ok(None) };
        let mut unpacked = zstd::Decoder::new(bytes.as_slice()).map_err(SourceError::state(&name))?;
        match State::read(&mut unpacked) {
            Ok(state) => Ok(Some(state)),
            Err(candor_git::BadCheckpoint::Version) => Ok(None),
            Err(why) => Err(SourceError::checkpoint(&name, &why)),
        }
    }
}

fn pack(name: &str, bytes: &[u8]) -> Result<Vec<u8>, SourceError> {
    zstd::encode_all(bytes, LEVEL).map_err(SourceError::state(name))
}

fn unpack(name: &str, bytes: &[u8]) -> Result<Vec<u8>, SourceError> {
    zstd::decode_all(bytes).map_err(SourceError::state(name))
}

/// One run under the lock.
struct Run<'a> {
    store: &'a Store,
    head: Head,
    before: Option<Snapshot>,
    people: Identities,
    rows: commits::CommitRows,
    signs: &'a Rules,
    writer: &'a mut Writer,
    progress: &'a mut dyn Progress,
    landings_written: usize,
    /// No group of cohorts in the lake can be trusted.
    all_groups: bool,
    kept: Instant,
    /// What the lake held of the repository was thrown away.
    is_anew: bool,
    error: Option<SourceError>,
    /// Notes or traces that cannot be read.
    notes_fault: Vec<String>,
    /// Heads of pull and merge requests.
    heads: carried::Heads,
    /// Objects in whose place others stand.
    replaced: usize,
}

impl Watch for Run<'_> {
    fn commit(&mut self, number: u32, id: ObjectId, commit: &RawCommit<'_>) -> Result<(), GitError> {
        if number == 0 {
            // The history begins anew: nothing of before is true of it.
            self.rows = commits::CommitRows::new(&self.store.repo, 0);
            self.people = self.people.anew();
            self.landings_written = 0;
            self.all_groups = true;
            self.is_anew = true;
            if let Err(error) = self.forget() {
                self.error = Some(error);
                return Err(GitError::Stopped);
            }
        }
        self.rows.push(self.signs, &mut self.people, id, commit);
        Ok(())
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.progress.landings(done, total);
    }

    fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    fn safe_point(&mut self, state: &State) -> Result<(), GitError> {
        let rest = state.history.mainline.len() > state.lives.landings.len();
        if rest && self.kept.elapsed().as_secs() >= KEEP_AFTER_SECONDS && !self.progress.is_stopped() {
            self.keep(state).map_err(|error| {
                self.error = Some(error);
                GitError::Stopped
            })?;
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Stages the removal of everything that the lake holds of this repository.
    fn forget(&mut self) -> Result<(), SourceError> {
        let Some(before) = &self.before else { return Ok(()) };
        let own = format!("{}/", self.store.repo);
        for table in TABLES {
            let units: Vec<String> = before
                .units(table)
                .map(|(unit, _)| unit.to_owned())
                .filter(|unit| *unit == self.store.repo || unit.starts_with(&own))
                .collect();
            for unit in units {
                self.writer.remove_segment(table, &unit)?;
            }
        }
        self.writer.remove_state(&self.store.state_name("functions"));
        self.writer.remove_state(&self.store.state_name("notes"));
        self.writer.remove_state(&self.store.state_name("carried"));
        Ok(())
    }

    fn load_people(&mut self) -> Result<(), SourceError> {
        let Some(before) = &self.before else { return Ok(()) };
        let repo = self.store.repo.clone();
        for batch in
            before.scan("identities")?.columns(&["kind", "person", "value", "name"])?.units(|unit| unit == repo).read()?
        {
            self.people.restore(&batch);
        }
        Ok(())
    }

    /// Pull requests that the commits of earlier runs name: a head may have been fetched, or a note on its branch, since they were looked at.
    fn load_pulls(&mut self) -> Result<(), SourceError> {
        use arrow_array::cast::AsArray;
        let Some(before) = &self.before else { return Ok(()) };
        let own = format!("{}/", self.store.repo);
        let mut number = 0;
        for batch in before.scan("commits")?.columns(&["pull_request"])?.units(|unit| unit.starts_with(&own)).read()? {
            let pulls = batch.column(0).as_primitive_opt::<arrow_array::types::Int64Type>();
            for pull in pulls.into_iter().flatten() {
                self.rows.pulls.extend(pull.and_then(|pull| u64::try_from(pull).ok()).map(|pull| (number, pull)));
                number += 1;
            }
        }
        Ok(())
    }

    /// Keeps what was followed so far, without cohorts: the next run goes on from here.
    fn keep(&mut self, state: &State) -> Result<(), SourceError> {
        self.write_common(state, false)?;
        self.writer.commit("git", 0, &format!("mined a part of {}", self.store.name))?;
        self.all_groups = true;
        self.kept = Instant::now();
        Ok(())
    }

    fn write_common(&mut self, state: &State, complete: bool) -> Result<(), SourceError> {
        self.rows.write(self.writer, &mut self.people, &state.history)?;
        changes::write_changes(self.writer, &self.store.repo, state, self.landings_written)?;
        self.landings_written = state.lives.landings.len();
        let name = self.store.state_name("state");
        let mut packed = zstd::Encoder::new(Vec::new(), LEVEL).map_err(SourceError::state(&name))?;
        state.write(&mut packed).map_err(SourceError::state(&name))?;
        self.writer.put_state(&name, &packed.finish().map_err(SourceError::state(&name))?)?;
        self.head.complete = complete;
        self.head.landings = self.landings_written;
        self.head.warnings = told::warnings(state);
        self.head.warnings.extend(other_parents(self.head.grafted, self.replaced));
        if !self.head.shallow.is_empty() && state.history.cut.is_none() {
            self.head.warnings.push(
                "the clone was cut (made shallow) after it had been read: what was read before is kept, a new copy of it would show less".to_owned(),
            );
        }
        self.head.warnings.extend(self.notes_fault.iter().cloned());
        self.head.commits = state.history.commits.len();
        let head = serde_json::to_vec(&self.head).unwrap_or_default();
        self.writer.put_state(&self.store.state_name("head"), &head)?;
        Ok(())
    }

    fn finish(
        &mut self,
        repo: &Repository,
        mainline: &Mainline,
        state: &State,
    ) -> Result<(SnapshotId, LineEvidence), SourceError> {
        let known = match &self.before {
            Some(before) if !self.all_groups => self.store.notes(before)?,
            _ => Vec::new(),
        };
        let traces = notes::Traces::read(repo, mainline.tip);
        self.notes_fault.extend(traces.fault.clone());
        let (records, changed) = notes::read_notes(repo, state, self.signs, self.people.key(), known, &traces);
        let known = match &self.before {
            Some(before) if !self.all_groups => self.store.carried(before)?,
            _ => carried::Carried::new(),
        };
        let pulls = (self.rows.pulls.as_slice(), &self.heads);
        let (carried, newly_carried) = carried::read_carried(repo, state, self.signs, self.people.key(), pulls, &known);
        let more_carried = carried != known;
        // What was recorded for the commit itself comes before what is carried to it.
        let recorded: Vec<(&str, &[candor_model::Evidence])> =
            records.iter().map(|record| (record.commit.as_str(), record.evidence.as_slice())).collect();
        let attested: rustc_hash::FxHashSet<&str> =
            recorded.iter().filter(|(_, evidence)| !evidence.is_empty()).map(|(commit, _)| *commit).collect();
        let rest = carried
            .iter()
            .filter(|(commit, _)| !attested.contains(commit.as_str()))
            .map(|(commit, looked)| (commit.as_str(), looked.evidence.as_slice()));
        let all: Vec<(&str, &[candor_model::Evidence])> = recorded.iter().copied().chain(rest).collect();
        let evidence = LineEvidence::new(&self.store.repo, state, &all);
        let mut groups = state.lives.changed.clone();
        if self.all_groups {
            groups = (0..state.lives.line_count().div_ceil(candor_git::lives::GROUP)).collect();
        } else {
            groups.extend(groups_of(state, &[changed.as_slice(), newly_carried.as_slice()].concat()));
        }
        cohorts::write_cohorts(self.writer, &self.store.repo, state, &evidence, groups)?;
        if self.all_groups || !changed.is_empty() || more_carried {
            let all: Vec<candor_model::Evidence> = all.iter().flat_map(|(_, evidence)| evidence.iter().cloned()).collect();
            let unit = format!("{}/notes", self.store.repo);
            self.writer.replace_segment("evidence", &unit, [commits::evidence_batch(&self.store.repo, &all)?])?;
            let name = self.store.state_name("notes");
            self.writer.put_state(&name, &pack(&name, &serde_json::to_vec(&records).unwrap_or_default())?)?;
            let name = self.store.state_name("carried");
            self.writer.put_state(&name, &pack(&name, &serde_json::to_vec(&carried).unwrap_or_default())?)?;
        }
        changes::write_coverage(self.writer, &self.store.repo, state, &mut AddedReader::new(repo))?;
        changes::write_left_out(self.writer, &self.store.repo, state)?;
        changes::write_repository(self.writer, &self.store.repo, &self.store.name, mainline, state)?;
        self.head.lacking = told::lacking(repo, state);
        self.note_unmeasured(state, &evidence)?;
        self.write_common(state, true)?;
        let tip = self.head.tip.get(..12).unwrap_or_default();
        let commit = self.writer.commit("git", 0, &format!("mined {} up to {tip}", self.store.name))?;
        Ok((commit.snapshot, evidence))
    }

    /// Notes with the facts of this run that functions of some landings are to be measured: whoever is killed now measures them next time.
    fn note_unmeasured(&mut self, state: &State, evidence: &LineEvidence) -> Result<(), SourceError> {
        let Some(before) = self.before.as_ref().filter(|_| !self.is_anew) else { return Ok(()) };
        let mut open = self.store.measured(before)?;
        if open.is_complete && !open.up_to(state, evidence).lacking().is_empty() {
            open.is_complete = false;
            self.writer.put_state(&self.store.state_name("functions"), &serde_json::to_vec(&open).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Measures the functions of landings that were not, or whose evidence is another now; the snapshot, where there was anything to do, and
    /// whether the user stopped it.
    fn measure_functions(
        &mut self,
        repo: &Repository,
        state: &State,
        evidence: &LineEvidence,
    ) -> Result<(Option<SnapshotId>, bool), SourceError> {
        let known = match &self.before {
            Some(before) if !self.is_anew => self.store.measured(before)?,
            _ => functions::Measured::default(),
        };
        let mut measured = known.up_to(state, evidence);
        let stretches = measured.lacking();
        let total: usize = stretches.iter().map(|(_, landings)| landings.len()).sum();
        let mut tree = repeated::Tree::default();
        let (mut done, mut snapshot, mut stopped) = (0, None, false);
        self.progress.functions(0, total);
        self.kept = Instant::now();
        for (at, landings) in stretches {
            if self.progress.is_stopped() {
                stopped = true;
                break;
            }
            done += landings.len();
            let source = functions::Source { repo: &self.store.repo, repository: repo, state, evidence };
            functions::write(self.writer, &source, &mut tree, landings)?;
            measured.done(at);
            self.progress.functions(done, total);
            if done < total && self.kept.elapsed().as_secs() >= KEEP_AFTER_SECONDS {
                snapshot = Some(self.keep_measured(&measured)?);
            }
        }
        measured.is_complete = !stopped;
        if measured != known {
            snapshot = Some(self.keep_measured(&measured)?);
        }
        Ok((snapshot, stopped))
    }

    fn keep_measured(&mut self, measured: &functions::Measured) -> Result<SnapshotId, SourceError> {
        self.kept = Instant::now();
        self.writer.put_state(&self.store.state_name("functions"), &serde_json::to_vec(measured).unwrap_or_default())?;
        Ok(self.writer.commit("git", 0, &format!("measured functions of {}", self.store.name))?.snapshot)
    }
}

/// Groups that hold lines written by one of these commits.
fn groups_of(state: &State, changed: &[ObjectId]) -> Vec<u32> {
    if changed.is_empty() {
        return Vec::new();
    }
    let numbers: rustc_hash::FxHashSet<u32> = changed.iter().filter_map(|id| state.history.numbers.get(id).copied()).collect();
    let group = candor_git::lives::GROUP;
    let touched = state.lives.blocks.iter().enumerate().filter(|(_, block)| numbers.contains(&block.origin));
    touched
        .flat_map(|(index, _)| {
            let lines = state.lives.lines_of(index);
            lines.start / group..=lines.end.saturating_sub(1) / group
        })
        .collect()
}

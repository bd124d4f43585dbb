//! From a pinned snapshot to [`LineFacts`]: rows joined, people resolved, labels derived. Nothing of this is stored.

pub mod contexts;
mod languages;
mod rows;

use bstr::BString;
use candor_attribution::{CommitFacts, CompleteDeclaration, Identities, KnownPerson, LabelPolicy, commit_label, line_label};
use candor_lake::{LakeError, Snapshot};
use candor_model::{Evidence, EvidenceLevel, Mode, Origin, Strength};
use rustc_hash::FxHashMap;

use crate::facts::{
    AgreementRow, CommitFact, CoverageChange, FunctionFact, LabelledLines, Landing, LineFacts, LinesApart, NONE, PathFact,
    RepositoryFact,
};
pub use contexts::{Contexts, ContextsError};
pub use languages::language;
pub use rows::evidence_by_commit;

/// Key of who commits without a name and an address.
const NOBODY: &str = "nobody in particular";

/// Share of a repository's landings that must touch a path to make it a hub.
const HUB_SHARE: f64 = 0.1;

/// What a recording tool's note came to, for the agreement table.
#[derive(Debug, Clone, Default)]
pub struct RecordSummary {
    /// Commit, hex.
    pub commit: String,
    /// The commit is in the history.
    pub matched: bool,
    /// Lines that the commit adds.
    pub added: u64,
    /// Of these, attested AI.
    pub ai: u64,
    /// Lines claimed.
    pub claimed: u64,
    /// Why the note or parts of it were not used.
    pub rejected: Vec<String>,
}

/// One repository to load.
pub struct Input<'a> {
    /// Snapshot of the lake that it is in.
    pub snapshot: &'a Snapshot,
    /// Id in that lake.
    pub repo: &'a str,
    /// Name for the reader.
    pub name: &'a str,
    /// Branch.
    pub branch: &'a str,
    /// Definition of its lines.
    pub definition: String,
    /// What the reader must know.
    pub warnings: Vec<String>,
    /// What notes came to.
    pub records: Vec<RecordSummary>,
    /// Who is who, beside what the lake keeps of the repository's `.mailmap`.
    pub identities: &'a Identities,
    /// Declarations that attribution is complete in this repository, on top of those of the policy.
    pub complete: Vec<CompleteDeclaration>,
}

/// How rows become facts.
pub struct LoadOptions<'a> {
    /// How evidence becomes labels.
    pub policy: &'a LabelPolicy,
    /// Contexts by path.
    pub contexts: &'a Contexts,
    /// Whether the functions that landings touched are read too.
    pub functions: bool,
}

/// Loads repositories into one set of facts.
///
/// # Errors
/// A snapshot that cannot be read.
pub fn load(inputs: &[Input<'_>], options: &LoadOptions<'_>) -> Result<LineFacts, LakeError> {
    let mut loader = Loader {
        facts: LineFacts::default(),
        people: FxHashMap::default(),
        languages: FxHashMap::default(),
        contexts: FxHashMap::default(),
        options,
        most_lines: 0,
    };
    for input in inputs {
        loader.repository(input)?;
    }
    loader.facts.people = u32::try_from(loader.people.len()).unwrap_or(u32::MAX);
    Ok(loader.facts)
}

struct Loader<'a> {
    facts: LineFacts,
    people: FxHashMap<BString, u32>,
    languages: FxHashMap<&'static str, u16>,
    contexts: FxHashMap<String, u16>,
    options: &'a LoadOptions<'a>,
    /// Of the function at hand: the most lines that it has of one origin.
    most_lines: u32,
}

/// A tool and a model, each where it is named.
type ToolAndModel = (Option<String>, Option<String>);

/// Person by identity id, and what the people file says of it.
type Who<'a> = FxHashMap<String, (u32, Option<&'a KnownPerson>)>;

/// Evidence of one repository.
#[derive(Default)]
struct EvidenceIndex {
    on_commit: FxHashMap<String, Vec<Evidence>>,
    on_lines: FxHashMap<String, Evidence>,
    /// Tools and models of recorded lines, by commit; each pair once.
    line_tools: FxHashMap<String, Vec<ToolAndModel>>,
}

/// Labels of one commit.
struct CommitLabels {
    lines: Origin,
    strength: Option<Strength>,
    /// The label of a line of the commit that no evidence speaks of.
    silent: Origin,
}

/// The label of lines with this evidence of their own, of a commit with these labels.
fn label_of(own: Option<(Origin, Strength)>, commit: Option<&CommitLabels>) -> (Origin, Option<Strength>) {
    match own {
        // A line whose own commit is known and says nothing takes nothing over from the squash that it came in.
        Some((Origin::Unknown, _)) => (commit.map_or(Origin::Unknown, |label| label.silent), None),
        Some((origin, strength)) => (origin, Some(strength)),
        None => commit.map_or((Origin::Unknown, None), |label| (label.lines, label.strength)),
    }
}

impl Loader<'_> {
    fn repository(&mut self, input: &Input<'_>) -> Result<(), LakeError> {
        let repository = u32::try_from(self.facts.repositories.len()).unwrap_or(NONE);
        let evidence = rows::evidence(input)?;
        let mut policy = self.options.policy.clone();
        policy.complete.extend(input.complete.iter().cloned());
        let who = self.identities(input)?;
        let stored = rows::commits(input)?;
        let first_commit = u32::try_from(self.facts.commits.len()).unwrap_or(NONE);
        let numbers: FxHashMap<String, u32> =
            (first_commit..).zip(&stored).map(|(number, commit)| (commit.id.clone(), number)).collect();
        let mut labels = Vec::with_capacity(stored.len());
        for (number, commit) in (first_commit..).zip(&stored) {
            let values = commit.unrecognised.iter().flat_map(|values| values.lines());
            self.facts.unrecognised.extend(values.map(|value| (value.to_owned(), number)));
            let (fact, label) = self.commit(repository, commit, &who, &evidence, &policy);
            self.facts.commits.push(fact);
            labels.push(label);
        }
        let landings = rows::changes(input)?;
        let first_landing = u32::try_from(self.facts.landings.len()).unwrap_or(NONE);
        let mut landing_of: FxHashMap<u32, u32> = FxHashMap::default();
        let (mut from, mut as_of) = (0, 0);
        for (number, change) in (first_landing..).zip(&landings) {
            let commit = numbers.get(&change.commit).copied().unwrap_or(NONE);
            landing_of.insert(commit, number);
            if number == first_landing {
                from = change.landed_at;
            }
            as_of = change.landed_at;
            self.facts.landings.push(Landing {
                repository,
                commit,
                landed_at: change.landed_at,
                added: change.added,
                removed: change.removed,
                brought: change.brought,
                reverted_by: NONE,
                is_bulk: change.is_bulk,
                ai_share: None,
                pull_request: None,
                written: 0,
                written_by_agents: 0,
                opened_by_agent: false,
                repeated: None,
            });
        }
        self.written(&stored, &numbers, &landing_of, first_commit);
        self.reverts(&stored, &numbers, &landing_of, first_commit);
        let apart = self.cohorts(input, repository, &numbers, &landing_of, &labels, first_commit, &evidence)?;
        self.shares(first_landing);
        self.agreement(input, &stored, &numbers, &evidence, first_commit);
        let left_out = rows::left_out(input)?;
        self.facts.coverage.extend(rows::coverage(input)?.into_iter().map(|(path, tool, at, leaves_evidence)| CoverageChange {
            repository,
            path,
            tool,
            at,
            leaves_evidence,
        }));
        self.facts.repositories.push(RepositoryFact {
            name: input.name.to_owned(),
            branch: input.branch.to_owned(),
            as_of,
            from,
            mainline: u32::try_from(landings.len()).unwrap_or(u32::MAX),
            settings: input.definition.clone(),
            left_out,
            apart,
            warnings: input.warnings.clone(),
        });
        Ok(())
    }

    /// The number of a person, known or new; `code` is what other tables call a new one.
    fn person(&mut self, key: BString, code: impl FnOnce() -> String) -> u32 {
        let next = u32::try_from(self.people.len()).unwrap_or(NONE);
        *self.people.entry(key).or_insert_with(|| {
            self.facts.codes.push(code());
            next
        })
    }

    /// Person by identity id, and what the people file says of it.
    fn identities<'i>(&mut self, input: &Input<'i>) -> Result<Who<'i>, LakeError> {
        let mut who = FxHashMap::default();
        for (id, own, proper) in rows::identities(input)? {
            let resolved = input.identities.resolve_proper(proper.as_ref().unwrap_or(&own), &own);
            let person = match resolved.key() {
                Some(key) => {
                    self.person(key, || resolved.known.map_or_else(|| format!("external:{id}"), |known| known.id.clone()))
                }
                None => self.person(BString::from(NOBODY), String::new),
            };
            who.insert(id, (person, resolved.known));
        }
        Ok(who)
    }

    fn commit(
        &mut self,
        repository: u32,
        commit: &rows::StoredCommit,
        who: &Who<'_>,
        evidence: &EvidenceIndex,
        policy: &LabelPolicy,
    ) -> (CommitFact, CommitLabels) {
        let (author, team) = match commit.author.as_ref().and_then(|id| who.get(id)) {
            // Of the day on which the commit was written.
            Some((person, known)) => (*person, known.and_then(|known| known.team_at(commit.authored_at))),
            None => (self.person(BString::from(NOBODY), String::new), None),
        };
        let facts = CommitFacts {
            authored_at: commit.authored_at,
            committed_at: commit.committed_at,
            ancestors_until: commit.ancestors_until,
            team,
            added_lines: None,
        };
        let on = |id: &String| evidence.on_commit.get(id).map(Vec::as_slice).unwrap_or_default();
        // What a merge says of its pull request is said of the commits that it brings.
        let landing = commit.landed_in.as_ref().filter(|landing| **landing != commit.id).map(on).unwrap_or_default();
        let own = || on(&commit.id).iter().chain(landing.iter().filter(|one| one.level == EvidenceLevel::PullRequest));
        let whole = commit_label(policy, &facts, own());
        let lines = line_label(policy, &facts, None, own());
        let silent = line_label(policy, &facts, None, []);
        let (mut tools, mut models) = (whole.tools, whole.models);
        for (tool, model) in evidence.line_tools.get(&commit.id).into_iter().flatten() {
            tools.extend(tool.clone());
            models.extend(model.clone());
        }
        for names in [&mut tools, &mut models] {
            names.sort_unstable();
            names.dedup();
        }
        let fact = CommitFact {
            repository,
            id: commit.id.clone(),
            author,
            co_authors: commit.co_authors.iter().filter_map(|id| who.get(id)).map(|(person, _)| *person).collect(),
            // Known when the landings are.
            landing: NONE,
            authored_at: commit.authored_at.or(commit.committed_at).unwrap_or(0),
            origin: whole.origin,
            strength: whole.strength,
            tools,
            models,
            conflict: whole.conflict,
            is_fix: matches!(commit.class.as_str(), "fix" | "revert") || !commit.reverts.is_empty(),
            is_agent: on(&commit.id).iter().any(|one| one.mode == Mode::AutonomousAgent && one.level == EvidenceLevel::Commit),
        };
        (fact, CommitLabels { lines: lines.origin, strength: lines.strength, silent: silent.origin })
    }

    /// What landed together: how many commits, whose, and the pull request that they name.
    fn written(
        &mut self,
        stored: &[rows::StoredCommit],
        numbers: &FxHashMap<String, u32>,
        landing_of: &FxHashMap<u32, u32>,
        first_commit: u32,
    ) {
        // By landing: the earliest commit that it brought.
        let mut first: FxHashMap<u32, (i64, bool)> = FxHashMap::default();
        for (number, commit) in (first_commit..).zip(stored) {
            let mainline = commit.landed_in.as_ref().and_then(|id| numbers.get(id)).copied().unwrap_or(number);
            let Some(at) = landing_of.get(&mainline).copied() else { continue };
            if let Some(fact) = self.facts.commits.get_mut(number as usize) {
                fact.landing = at;
            }
            let Some(landing) = self.facts.landings.get_mut(at as usize) else { continue };
            // The mainline commit speaks for the change; what it brought may name changes that it only mentions.
            if landing.commit == number {
                landing.pull_request = commit.pull_request;
            }
            if commit.is_merge {
                continue;
            }
            let is_agent = self.facts.commits.get(number as usize).is_some_and(|fact| fact.is_agent);
            landing.written += 1;
            landing.written_by_agents += u32::from(is_agent);
            let authored = commit.authored_at.or(commit.committed_at).unwrap_or(i64::MAX);
            let kept = first.entry(at).or_insert((authored, is_agent));
            if authored < kept.0 {
                *kept = (authored, is_agent);
            }
            landing.opened_by_agent = kept.1;
        }
    }

    /// The first landing that says it reverts each landing.
    fn reverts(
        &mut self,
        stored: &[rows::StoredCommit],
        numbers: &FxHashMap<String, u32>,
        landing_of: &FxHashMap<u32, u32>,
        first_commit: u32,
    ) {
        let mut ids: Vec<(&str, u32)> = numbers.iter().map(|(id, number)| (id.as_str(), *number)).collect();
        ids.sort_unstable();
        let find = |prefix: &str| {
            let at = ids.partition_point(|(id, _)| *id < prefix);
            let mut hits = ids.get(at..).unwrap_or_default().iter().take_while(|(id, _)| id.starts_with(prefix));
            let first = hits.next().map(|(_, number)| *number);
            // An abbreviation that fits two commits names neither.
            if hits.next().is_some() { None } else { first }
        };
        let landed = |number: u32| {
            let own = landing_of.get(&number).copied();
            own.or_else(|| {
                stored
                    .get((number - first_commit) as usize)
                    .and_then(|commit| commit.landed_in.as_ref())
                    .and_then(|id| numbers.get(id))
                    .and_then(|commit| landing_of.get(commit))
                    .copied()
            })
        };
        for (number, commit) in (first_commit..).zip(stored) {
            for prefix in &commit.reverts {
                let (Some(reverted), Some(by)) = (find(prefix).and_then(landed), landed(number)) else { continue };
                if let Some(landing) = self.facts.landings.get_mut(reverted as usize)
                    && reverted < by
                    && (landing.reverted_by == NONE || landing.reverted_by > by)
                {
                    landing.reverted_by = by;
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the repository at hand, taken apart once")]
    fn cohorts(
        &mut self,
        input: &Input<'_>,
        repository: u32,
        numbers: &FxHashMap<String, u32>,
        landing_of: &FxHashMap<u32, u32>,
        labels: &[CommitLabels],
        first_commit: u32,
        evidence: &EvidenceIndex,
    ) -> Result<Vec<LinesApart>, LakeError> {
        let mut apart = Vec::new();
        let mut paths: FxHashMap<String, u32> = FxHashMap::default();
        let first_path = self.facts.paths.len();
        let functions = if self.options.functions { rows::functions(input)? } else { Vec::new() };
        let repeated = if self.options.functions { rows::repeated(input)? } else { Vec::new() };
        // By path of this repository: the last landing that bore lines there, and how many did.
        let mut births: Vec<(u32, u32)> = Vec::new();
        let commit_number = |id: &str| numbers.get(id).copied().unwrap_or(NONE);
        let landing_number = |id: &str| numbers.get(id).and_then(|commit| landing_of.get(commit)).copied().unwrap_or(NONE);
        rows::cohorts(input, &mut |batch| {
            let landing = batch.landing.map(landing_number);
            let origin = batch.origin.map(commit_number);
            let death = batch.death.map(landing_number);
            let killer = batch.killer.map(commit_number);
            let recorded: Vec<Option<(Origin, Strength)>> =
                batch.evidence.values(|id| evidence.on_lines.get(id).map(|one| (one.origin, one.strength)));
            let path: Vec<u32> = batch.path.values(|path| self.path(repository, path, &mut paths));
            births.resize(self.facts.paths.len() - first_path, (NONE, 0));
            for row in 0..batch.rows {
                let (lines, substantive) = (batch.lines(row), batch.substantive(row));
                let path_number = batch.path.key(row).and_then(|key| path.get(key)).copied().unwrap_or(NONE);
                let landing = batch.landing.pick(row, &landing);
                if let Some(reason) = batch.left_out.text(row) {
                    apart.push(LinesApart { reason: reason.to_owned(), path: path_number, landing, lines });
                    continue;
                }
                if let Some(seen) = births.get_mut((path_number as usize).wrapping_sub(first_path))
                    && seen.0 != landing
                {
                    *seen = (landing, seen.1 + 1);
                }
                let origin = batch.origin.pick(row, &origin);
                let death = batch.death.pick(row, &death);
                let own = batch.evidence.key(row).and_then(|key| recorded.get(key)).copied().flatten();
                let (source, strength) = label_of(own, labels.get(origin.wrapping_sub(first_commit) as usize));
                let cohorts = &mut self.facts.cohorts;
                cohorts.landing.push(landing);
                cohorts.origin.push(origin);
                cohorts.path.push(path_number);
                cohorts.death.push(death);
                cohorts.killer.push(batch.killer.pick(row, &killer));
                cohorts.lines.push(lines);
                cohorts.substantive.push(substantive);
                cohorts.source.push(source);
                cohorts.strength.push(strength);
                cohorts.before_observation.push(batch.before(row));
                if let Some(at) = batch.censored_at(row) {
                    cohorts.censored_at.insert(u32::try_from(cohorts.landing.len() - 1).unwrap_or(NONE), at);
                }
            }
        })?;
        for row in functions {
            let landing = landing_number(&row.landing);
            if landing == NONE {
                continue;
            }
            let path = self.path(repository, &row.path, &mut paths);
            let origin = row.origin.as_deref().map_or(NONE, commit_number);
            let own = row.evidence.as_ref().and_then(|id| evidence.on_lines.get(id)).map(|one| (one.origin, one.strength));
            let (source, _) = label_of(own, labels.get(origin.wrapping_sub(first_commit) as usize));
            self.function(&row, landing, path, origin, source);
        }
        for row in repeated {
            let Some(landing) = self.facts.landings.get_mut(landing_number(&row.landing) as usize) else { continue };
            let origin = commit_number(&row.origin);
            let own = row.evidence.as_ref().and_then(|id| evidence.on_lines.get(id)).map(|one| (one.origin, one.strength));
            let (source, _) = label_of(own, labels.get(origin.wrapping_sub(first_commit) as usize));
            let lines = if source == Origin::Bot { 0 } else { u64::from(row.repeated) };
            landing.repeated = Some(landing.repeated.unwrap_or(0) + lines);
        }
        births.resize(self.facts.paths.len() - first_path, (NONE, 0));
        self.contexts(first_path);
        let landings = landing_of.len();
        #[expect(clippy::cast_precision_loss, reason = "numbers of landings")]
        for (fact, (_, touched)) in self.facts.paths.iter_mut().skip(first_path).zip(births) {
            if landings >= 50 && f64::from(touched) > HUB_SHARE * landings as f64 {
                fact.is_hub = true;
            }
        }
        Ok(apart)
    }

    /// The number of a path, known or new.
    fn path(&mut self, repository: u32, path: &str, known: &mut FxHashMap<String, u32>) -> u32 {
        if let Some(number) = known.get(path) {
            return *number;
        }
        let number = u32::try_from(self.facts.paths.len()).unwrap_or(NONE);
        let fact = PathFact {
            repository,
            path: path.to_owned(),
            language: self.language(path),
            // Filled in for all paths at once.
            context: 0,
            is_hub: false,
        };
        self.facts.paths.push(fact);
        known.insert(path.to_owned(), number);
        number
    }

    /// Adds a row of a function; the rows of one function follow each other.
    fn function(&mut self, row: &rows::StoredFunction, landing: u32, path: u32, origin: u32, source: Origin) {
        let own = self.facts.landings.get(landing as usize).map_or(NONE, |landing| landing.commit);
        let is_same =
            |last: &FunctionFact| (last.landing, last.path, last.start) == (landing, path, row.start) && last.name == row.name;
        if !self.facts.functions.last().is_some_and(is_same) {
            self.facts.functions.push(FunctionFact {
                landing,
                path,
                name: row.name.clone(),
                start: row.start,
                complexity: row.complexity,
                before: row.before,
                origin: own,
                lines: LabelledLines::default(),
            });
            self.most_lines = 0;
        }
        let Some(function) = self.facts.functions.last_mut() else { return };
        function.lines.add(source, row.lines);
        if row.lines > self.most_lines && origin != NONE {
            self.most_lines = row.lines;
            function.origin = origin;
        }
    }

    fn language(&mut self, path: &str) -> u16 {
        let name = language(path);
        let next = u16::try_from(self.languages.len()).unwrap_or(u16::MAX);
        *self.languages.entry(name).or_insert_with(|| {
            self.facts.languages.push(name.to_owned());
            next
        })
    }

    /// Numbers the contexts of the paths from `first` on; matching patterns takes the most time of a path, so all cores do it.
    fn contexts(&mut self, first: usize) {
        let paths = self.facts.paths.get(first..).unwrap_or_default();
        let rules = self.options.contexts;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let names: Vec<&str> = std::thread::scope(|scope| {
            let parts = paths.chunks(paths.len().div_ceil(cores).max(1));
            let running: Vec<_> =
                parts.map(|part| scope.spawn(move || part.iter().map(|path| rules.of(&path.path)).collect::<Vec<_>>())).collect();
            let join = |part: std::thread::ScopedJoinHandle<'_, _>| match part.join() {
                Ok(names) => names,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            running.into_iter().flat_map(join).collect()
        });
        for (path, name) in self.facts.paths.iter_mut().skip(first).zip(names) {
            let next = u16::try_from(self.contexts.len()).unwrap_or(u16::MAX);
            path.context = *self.contexts.entry(name.to_owned()).or_insert_with_key(|name| {
                self.facts.contexts.push(name.clone());
                next
            });
        }
    }

    /// AI lines over lines of known source, by landing.
    fn shares(&mut self, first_landing: u32) {
        let mut counts = vec![(0_u64, 0_u64); self.facts.landings.len()];
        let cohorts = &self.facts.cohorts;
        for ((landing, source), lines) in cohorts.landing.iter().zip(&cohorts.source).zip(&cohorts.lines) {
            let Some(count) = counts.get_mut(*landing as usize).filter(|_| *landing >= first_landing) else { continue };
            match source {
                Origin::Ai => *count = (count.0 + u64::from(*lines), count.1 + u64::from(*lines)),
                Origin::Human => count.1 += u64::from(*lines),
                Origin::Mixed | Origin::Bot | Origin::Unknown => {}
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "numbers of lines")]
        for (landing, (ai, known)) in self.facts.landings.iter_mut().zip(counts) {
            if known > 0 {
                landing.ai_share = Some(ai as f64 / known as f64);
            }
        }
    }

    fn agreement(
        &mut self,
        input: &Input<'_>,
        stored: &[rows::StoredCommit],
        numbers: &FxHashMap<String, u32>,
        evidence: &EvidenceIndex,
        first_commit: u32,
    ) {
        let records: FxHashMap<&str, &RecordSummary> =
            input.records.iter().map(|record| (record.commit.as_str(), record)).collect();
        for record in &input.records {
            let commit = numbers.get(&record.commit).copied().unwrap_or(NONE);
            if !record.matched {
                let reason = "the commit is not part of the mainline's history (rewritten, squashed or never merged)";
                self.facts.rejected_notes.push((reason.to_owned(), commit));
            }
            self.facts.rejected_notes.extend(record.rejected.iter().map(|reason| (reason.clone(), commit)));
        }
        if records.is_empty() {
            return;
        }
        let mut landed: FxHashMap<u32, u64> = FxHashMap::default();
        for (origin, lines) in self.facts.cohorts.origin.iter().zip(&self.facts.cohorts.lines) {
            *landed.entry(*origin).or_default() += u64::from(*lines);
        }
        for commit in stored.iter().filter(|commit| !commit.is_merge) {
            let own = evidence.on_commit.get(&commit.id).map(Vec::as_slice).unwrap_or_default();
            let declared_ai = candor_attribution::agreement::is_flagged(own);
            let number = numbers.get(&commit.id).copied().unwrap_or(first_commit);
            let row = match records.get(commit.id.as_str()) {
                Some(record) => AgreementRow {
                    commit: number,
                    added: record.added,
                    recorded_ai: record.ai,
                    claimed: record.claimed,
                    declared_ai,
                    has_record: true,
                },
                None => AgreementRow {
                    commit: number,
                    added: landed.get(&number).copied().unwrap_or(0),
                    recorded_ai: 0,
                    claimed: 0,
                    declared_ai,
                    has_record: false,
                },
            };
            self.facts.agreement.push(row);
        }
    }
}

impl EvidenceIndex {
    fn add(&mut self, id: String, evidence: Evidence) {
        match evidence.level {
            EvidenceLevel::Line => {
                let named = self.line_tools.entry(evidence.subject.clone()).or_default();
                let pair = (evidence.tool.clone(), evidence.model.clone());
                if !named.contains(&pair) {
                    named.push(pair);
                }
                self.on_lines.insert(id, evidence);
            }
            _ => self.on_commit.entry(evidence.subject.clone()).or_default().push(evidence),
        }
    }
}

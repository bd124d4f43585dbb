//! The three comparisons with git: lines of each file, lines added and removed by each landing, landing of each living line.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bstr::{BStr, BString, ByteSlice};
use candor_git::delta::{CommitDelta, Segment, Workshop};
use candor_git::hunks::Differ;
use candor_git::objects::Objects;
use candor_git::rules::LeftOutRules;
use candor_git::text::{Content, NoLines};
use candor_git::tree::{self, Change, Flaw};
use candor_git::{LineRules, ObjectId, Repository, State, quote_path};
use serde::Serialize;

use super::git::{Changed, Counted, Entry, Git, Pair};
use crate::failure::Failure;

/// Landings that one call of git compares.
const LANDINGS_A_CALL: usize = 256;
/// Files whose contents one call of git gives.
const FILES_A_CALL: usize = 64;
/// From so many files and landings on it pays to let git index the paths that each commit changes.
const WORTH_INDEXING: (usize, usize) = (64, 1000);
/// Why a file was not compared that could have been.
const NOT_IN_SAMPLE: &str = "not in the sample";
/// Why git's answer is not taken: git itself reads such a folder in more than one way.
const FLAWED: &str = "in a folder that `git fsck` reports";

/// What was compared, and how it came out.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Name in the document.
    pub name: &'static str,
    /// What is compared, in words.
    pub what: &'static str,
    /// How git was asked.
    pub git: &'static str,
    /// Candor's rules for it.
    pub definition: String,
    /// Files or landings compared.
    pub compared: u64,
    /// Files or landings that differ.
    pub differing: u64,
    /// Lines compared: of the files at the tip, or added and removed.
    pub lines: u64,
    /// Lines in which they differ.
    pub lines_differing: u64,
    /// Left out on both sides, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// The differences, up to the limit asked for.
    pub differences: Vec<Difference>,
    /// Differences that are not listed because of the limit.
    pub not_listed: u64,
}

/// One difference.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Landing, where one is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Path; none = the landing as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Git's figure.
    pub git: String,
    /// Candor's.
    pub candor: String,
}

/// What all comparisons need.
pub struct Comparison<'a> {
    /// Git.
    pub git: &'a Git,
    /// The repository.
    pub repo: &'a Repository,
    /// The tip compared.
    pub tip: ObjectId,
    /// Differences to list in each check.
    pub limit: usize,
    /// Sees what is done of what there is to do; `false` = stop.
    pub look: &'a (dyn Fn(&str, usize, usize) -> bool + Sync),
}

impl Check {
    fn new(name: &'static str, what: &'static str, git: &'static str, rules: LineRules) -> Self {
        Self {
            name,
            what,
            git,
            definition: rules.describe(),
            compared: 0,
            differing: 0,
            lines: 0,
            lines_differing: 0,
            left_out: BTreeMap::new(),
            differences: Vec::new(),
            not_listed: 0,
        }
    }

    /// Files that were left out because a sample was asked for.
    pub fn not_in_sample(&self) -> u64 {
        self.left_out.get(NOT_IN_SAMPLE).copied().unwrap_or(0)
    }

    /// Whether only a sample was compared.
    pub fn is_sample(&self) -> bool {
        self.not_in_sample() > 0
    }

    fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    fn list(&mut self, limit: usize, difference: Difference) {
        if self.differences.len() < limit { self.differences.push(difference) } else { self.not_listed += 1 }
    }
}

/// Why git's entry has no lines, by the rules of Candor; its content is read by git.
fn reason_without_lines(entry: Entry, content: Option<&Vec<u8>>) -> Result<u64, &'static str> {
    match entry.0 & 0o170_000 {
        0o120_000 => return Err(NoLines::Symlink.name()),
        0o160_000 => return Err(NoLines::Submodule.name()),
        _ => {}
    }
    let Some(data) = content else { return Err("missing from this copy") };
    if data.len() > candor_git::text::SIZE_LIMIT {
        return Err(NoLines::TooLarge.name());
    }
    if data.iter().take(8_000).any(|byte| *byte == 0) {
        return Err(NoLines::Binary.name());
    }
    let ends = data.iter().filter(|byte| **byte == b'\n').count() as u64;
    Ok(ends + u64::from(data.last().is_some_and(|byte| *byte != b'\n')))
}

/// Landings in which a folder was compared that `git fsck` reports.
fn flawed(state: &State) -> HashSet<ObjectId> {
    let flaws = [Flaw::Twice, Flaw::Unsorted].map(Flaw::words);
    state.history.odd.iter().filter(|(_, words)| flaws.contains(&words.as_str())).map(|(id, _)| *id).collect()
}

/// Paths that some landing changes from or to an object that this copy lacks, and those landings.
#[derive(Debug, Default)]
pub struct Missing {
    paths: BTreeSet<BString>,
    landings: HashSet<ObjectId>,
}

impl Comparison<'_> {
    fn pairs(&self, state: &State) -> Vec<Pair> {
        let ids: Vec<ObjectId> = (0..state.history.mainline.len()).filter_map(|at| Some(state.history.landing(at)?.id)).collect();
        let parents = std::iter::once(None).chain(ids.iter().map(|id| Some(*id)));
        ids.iter().copied().zip(parents).collect()
    }

    /// Where the history needs objects that this copy lacks; git would stop there.
    pub fn missing(&self, state: &State) -> Result<Missing, Failure> {
        let lacking: HashSet<ObjectId> = state.unreadable.iter().map(|(_, object, _)| *object).collect();
        let mut missing = Missing::default();
        if lacking.is_empty() {
            return Ok(missing);
        }
        let pairs = self.pairs(state);
        let found = self.in_parallel("looking for missing objects", &pairs, LANDINGS_A_CALL, |pairs| {
            let mut found = Vec::new();
            for (commit, changes) in self.git.changes(pairs, &[])? {
                let lacks = |change: &Changed| change.sides.iter().flatten().any(|(_, id)| lacking.contains(id));
                found.extend(changes.into_iter().filter(lacks).map(|change| (commit, change.path)));
            }
            Ok(found)
        })?;
        for (commit, path) in found.into_iter().flatten() {
            missing.landings.insert(commit);
            missing.paths.insert(path);
        }
        Ok(missing)
    }

    /// Living lines of each file against the lines of its content at the tip.
    pub fn files(&self, state: &State) -> Result<Check, Failure> {
        let mut check =
            Check::new("files", "living lines of each file at the tip", "git ls-tree -r TIP; git cat-file --batch", state.rules);
        let entries = self.git.tree(self.tip)?;
        let counted = self.in_parallel("counting lines at the tip", &entries, FILES_A_CALL, |entries| {
            let is_file = |(_, (mode, _)): &&(BString, Entry)| mode & 0o170_000 == 0o100_000;
            let ids: Vec<ObjectId> = entries.iter().filter(is_file).map(|(_, (_, id))| *id).collect();
            let mut contents = self.git.contents(&ids)?.into_iter();
            Ok(entries
                .iter()
                .map(|entry| {
                    let content = if is_file(&entry) { contents.next().flatten() } else { None };
                    reason_without_lines(entry.1, content.as_ref())
                })
                .collect::<Vec<_>>())
        })?;
        let mut known: HashMap<&BStr, (usize, Option<NoLines>)> = state
            .lives
            .files
            .iter()
            .filter_map(|(path, file)| {
                Some((state.lives.paths.get(*path as usize)?.as_bstr(), (file.lines.len(), file.no_lines)))
            })
            .collect();
        let mut met: HashSet<&BStr> = HashSet::new();
        for ((path, _), theirs) in entries.iter().zip(counted.into_iter().flatten()) {
            if !met.insert(path.as_bstr()) {
                check.leave_out(FLAWED);
                continue;
            }
            let ours = known.remove(path.as_bstr());
            let (said, lines) = match (theirs, ours) {
                (Err(reason), Some((0, Some(_)))) => {
                    check.leave_out(reason);
                    continue;
                }
                (Ok(lines), Some((alive, None))) => {
                    check.compared += 1;
                    check.lines += lines;
                    if lines == alive as u64 {
                        continue;
                    }
                    (format!("{alive} living lines"), lines.abs_diff(alive as u64))
                }
                (theirs, Some((alive, why))) => {
                    check.compared += 1;
                    let why = why.map_or(String::new(), |why| format!(" ({})", why.name()));
                    (format!("{alive} living lines{why}"), theirs.unwrap_or(alive as u64))
                }
                (theirs, None) => {
                    check.compared += 1;
                    ("no such file".to_owned(), theirs.unwrap_or(0))
                }
            };
            check.differing += 1;
            check.lines_differing += lines;
            let git = theirs.map_or_else(|reason| format!("no lines ({reason})"), |lines| format!("{lines} lines"));
            check.list(self.limit, Difference { commit: None, path: Some(quote_path(path.as_ref())), git, candor: said });
        }
        let mut rest: Vec<_> = known.into_iter().collect();
        rest.sort_unstable_by_key(|(path, _)| *path);
        for (path, (alive, _)) in rest {
            check.compared += 1;
            check.differing += 1;
            check.lines_differing += alive as u64;
            let (git, candor) = ("no such file".to_owned(), format!("{alive} living lines"));
            check.list(self.limit, Difference { commit: None, path: Some(quote_path(path)), git, candor });
        }
        Ok(check)
    }

    /// Lines added and removed by each landing.
    pub fn landings(&self, state: &State, missing: &Missing) -> Result<Check, Failure> {
        let command = "git diff-tree --stdin -r --root --numstat --histogram -M50% -l1000, each landing against its first parent";
        let mut check = Check::new("landings", "lines added and removed by each landing", command, state.rules);
        let mut pairs = self.pairs(state);
        let theirs = self.git.mainline(self.tip)?;
        if let Some((at, (ours, _))) = pairs.iter().enumerate().find(|(at, (id, _))| theirs.get(*at) != Some(id)) {
            check.compared += 1;
            check.differing += 1;
            let git = theirs.get(at).map_or_else(|| "the mainline ends before it".to_owned(), |id| format!("commit {id}"));
            let candor = format!("commit {ours}");
            check.list(self.limit, Difference { commit: None, path: None, git: format!("{git} at place {at}"), candor });
            return Ok(check);
        }
        let except: Vec<BString> = missing.paths.iter().cloned().collect();
        let beyond = matches!(state.history.cut, Some(candor_git::history::Cut::Missing(_)));
        if beyond && !pairs.is_empty() {
            // The first landing at hand has a parent that this copy lacks: git cannot compare it, and Candor takes it as a beginning.
            pairs.remove(0);
            check.leave_out("its parent is missing from this copy");
        }
        let outcomes = self.in_parallel("comparing landings", &pairs, LANDINGS_A_CALL, |pairs| {
            let mut counts: HashMap<ObjectId, Vec<Counted>> = self.git.counts(pairs, &except)?.into_iter().collect();
            let mut eye = Eye::new(self.repo, state);
            pairs
                .iter()
                .map(|(id, _)| eye.compare(*id, &counts.remove(id).unwrap_or_default(), missing))
                .collect::<Result<Vec<_>, _>>()
        })?;
        for outcome in outcomes.into_iter().flatten() {
            check.compared += 1;
            check.lines += outcome.lines;
            for reason in outcome.left_out {
                check.leave_out(reason);
            }
            check.differing += u64::from(!outcome.differences.is_empty());
            check.lines_differing += outcome.lines_differing;
            for difference in outcome.differences {
                check.list(self.limit, difference);
            }
        }
        Ok(check)
    }

    /// The landing of each living line, for `sample` files evenly spread over all (`None` = all); `state` is of [`LineRules::blame`].
    pub fn lines(&self, git: &mut Git, state: &State, missing: &Missing, sample: Option<usize>) -> Result<Check, Failure> {
        let mut check = Check::new(
            "lines",
            "landing of each living line",
            "git blame --first-parent --no-follow --no-textconv TIP -- FILE",
            state.rules,
        );
        let mut paths: Vec<(&BString, &[u32])> = state
            .lives
            .files
            .iter()
            .filter(|(_, file)| !file.lines.is_empty())
            .filter_map(|(path, file)| Some((state.lives.paths.get(*path as usize)?, file.lines.as_slice())))
            .collect();
        paths.sort_unstable_by_key(|(path, _)| *path);
        let all = paths.len();
        paths.retain(|(path, _)| !missing.paths.contains(*path));
        for _ in paths.len()..all {
            check.leave_out("an earlier version is missing from this copy");
        }
        if let Some(wanted) = sample.filter(|wanted| *wanted < paths.len()) {
            let total = paths.len();
            paths = (0..wanted).filter_map(|at| paths.get(at * total / wanted).copied()).collect();
            *check.left_out.entry(NOT_IN_SAMPLE).or_default() += (total - wanted) as u64;
        }
        let landings = state.history.mainline.len();
        if paths.len() >= WORTH_INDEXING.0 && landings >= WORTH_INDEXING.1 {
            (self.look)("letting git index changed paths", 0, 0);
            git.index_changed_paths(self.tip);
        }
        let git = &*git;
        let has_flaws = !flawed(state).is_empty();
        let outcomes = self.in_parallel("comparing landings of lines", &paths, 1, |files| {
            let &[(path, lines)] = files else { return Ok(None) };
            let ours: Vec<Option<ObjectId>> =
                lines.iter().map(|line| Some(state.history.landing(state.lives.block_of(*line)?.landing as usize)?.id)).collect();
            let mut theirs = vec![None; ours.len()];
            let runs = match git.blame(self.tip, path.as_ref()) {
                // Such a folder can stop blame itself.
                Err(failure) if has_flaws && failure.is_machines() => {
                    return Ok(Some((path, 0, 0, String::new(), String::new())));
                }
                runs => runs?,
            };
            for (first, len, id) in runs {
                theirs.resize(theirs.len().max(first + len), None);
                theirs.iter_mut().skip(first).take(len).for_each(|slot| *slot = Some(id));
            }
            let differ: Vec<usize> = (0..ours.len().max(theirs.len())).filter(|at| ours.get(*at) != theirs.get(*at)).collect();
            let Some(first) = differ.first() else { return Ok(None) };
            let name =
                |side: &[Option<ObjectId>]| side.get(*first).copied().flatten().map_or("none".to_owned(), |id| id.to_string());
            Ok(Some((path, differ.len(), *first, name(&theirs), name(&ours))))
        })?;
        let differing: Vec<_> = outcomes.into_iter().flatten().collect();
        let explained = self.without_lines_once(state, differing.iter().map(|(path, ..)| (*path).clone()).collect())?;
        check.compared = paths.len() as u64;
        check.lines = paths.iter().map(|(_, lines)| lines.len() as u64).sum();
        for (path, lines, first, git, candor) in differing {
            let no_answer = (lines == 0).then_some(&FLAWED);
            if let Some(reason) = no_answer.or_else(|| explained.get(path)) {
                check.compared -= 1;
                check.lines -= paths.iter().find(|(other, _)| *other == path).map_or(0, |(_, lines)| lines.len() as u64);
                check.leave_out(reason);
                continue;
            }
            check.differing += 1;
            check.lines_differing += lines as u64;
            let first = first + 1;
            let path = Some(quote_path(path.as_ref()));
            let git = format!("{lines} of its lines differ; line {first} landed with {git}");
            check.list(self.limit, Difference { commit: None, path, git, candor: format!("line {first} landed with {candor}") });
        }
        Ok(check)
    }

    /// Those of `paths` that had no lines at some landing, and why: git's blame traces lines through such a version, Candor does not.
    fn without_lines_once(&self, state: &State, paths: Vec<BString>) -> Result<HashMap<BString, &'static str>, Failure> {
        let mut explained = HashMap::new();
        if paths.is_empty() {
            return Ok(explained);
        }
        let changes =
            self.in_parallel("reading earlier versions", &self.pairs(state), 4096, |pairs| self.git.changes(pairs, &paths))?;
        let flawed = flawed(state);
        for (commit, changes) in changes.iter().flatten() {
            if flawed.contains(commit) {
                explained.extend(changes.iter().map(|change| (change.path.clone(), FLAWED)));
            }
        }
        let mut versions: Vec<(BString, Entry)> = changes
            .into_iter()
            .flatten()
            .flat_map(|(_, changes)| changes)
            .filter_map(|change| Some((change.path, change.sides[1]?)))
            .collect();
        versions.sort_unstable();
        versions.dedup();
        let found = self.in_parallel("reading earlier versions", &versions, FILES_A_CALL, |versions| {
            let is_file = |(_, (mode, _)): &&(BString, Entry)| mode & 0o170_000 == 0o100_000;
            let ids: Vec<ObjectId> = versions.iter().filter(is_file).map(|(_, (_, id))| *id).collect();
            let mut contents = self.git.contents(&ids)?.into_iter();
            let reason = |version: &(BString, Entry)| {
                let content = if is_file(&version) { contents.next().flatten() } else { None };
                reason_without_lines(version.1, content.as_ref()).err().map(|reason| (version.0.clone(), reason))
            };
            Ok(versions.iter().map(reason).collect::<Vec<_>>())
        })?;
        for (path, reason) in found.into_iter().flatten().flatten() {
            let reason = match reason {
                "binary" => "an earlier version is binary",
                "too_large" => "an earlier version is too large",
                "symlink" => "an earlier version is a link",
                "submodule" => "an earlier version is a submodule",
                _ => "an earlier version is missing from this copy",
            };
            explained.insert(path, reason);
        }
        Ok(explained)
    }

    /// Works on pieces of `items` on all cores; results in order of the pieces.
    fn in_parallel<T: Sync, R: Send>(
        &self,
        what: &str,
        items: &[T],
        piece: usize,
        work: impl Fn(&[T]) -> Result<R, Failure> + Sync,
    ) -> Result<Vec<R>, Failure> {
        let pieces: Vec<&[T]> = items.chunks(piece).collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let done: Mutex<(BTreeMap<usize, R>, Option<Failure>)> = Mutex::default();
        let poisoned = || Failure::machine("a worker ended before its work was done");
        std::thread::scope(|scope| {
            for _ in 0..workers {
                // Delta work recurses into the diff once for each common run of two texts.
                let spawned = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, || {
                    while !stop.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(piece) = pieces.get(at) else { return };
                        let result = work(piece);
                        let Ok(mut done) = done.lock() else { return };
                        match result {
                            Ok(result) => {
                                done.0.insert(at, result);
                            }
                            Err(failure) => {
                                done.1.get_or_insert(failure);
                                stop.store(true, Ordering::Relaxed);
                            }
                        }
                        if !(self.look)(what, done.0.len(), pieces.len()) {
                            done.1.get_or_insert(Failure::stopped());
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                });
                if spawned.is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        });
        let (results, failure) = done.into_inner().map_err(|_| poisoned())?;
        match failure {
            Some(failure) => Err(failure),
            None if results.len() < pieces.len() => Err(poisoned()),
            None => Ok(results.into_values().collect()),
        }
    }
}

/// How one landing came out.
struct Outcome {
    lines: u64,
    lines_differing: u64,
    left_out: Vec<&'static str>,
    differences: Vec<Difference>,
}

/// Looks at single landings file by file where totals differ.
struct Eye<'a> {
    state: &'a State,
    workshop: Workshop,
    objects: Objects,
    ordinals: HashMap<ObjectId, usize>,
}

/// Added and removed lines of a path, and the path that it was renamed from.
type Figures<'a> = (u64, u64, Option<&'a BStr>);

impl<'a> Eye<'a> {
    fn new(repo: &Repository, state: &'a State) -> Self {
        let workshop = Workshop {
            objects: Objects::new(repo.inner()),
            differ: Differ::default(),
            left_out: LeftOutRules::default(),
            rules: state.rules,
        };
        let objects = Objects::new(repo.inner());
        let ordinals = (0..state.history.mainline.len()).filter_map(|at| Some((state.history.landing(at)?.id, at))).collect();
        Self { state, workshop, objects, ordinals }
    }

    fn compare(&mut self, id: ObjectId, theirs: &[Counted], missing: &Missing) -> Result<Outcome, Failure> {
        let ordinal = self.ordinals.get(&id).copied().unwrap_or_default();
        let counts = self.state.lives.landings.get(ordinal).copied().unwrap_or_default();
        let ours = (u64::from(counts.added), u64::from(counts.removed));
        let total = theirs.iter().filter_map(|file| file.lines).fold((0, 0), |sum, lines| (sum.0 + lines.0, sum.1 + lines.1));
        let mut outcome = Outcome { lines: ours.0 + ours.1, lines_differing: 0, left_out: Vec::new(), differences: Vec::new() };
        if ours == total && !missing.landings.contains(&id) {
            return Ok(outcome);
        }
        let unreadable = |source: candor_git::objects::ReadError| {
            Failure::from(candor_git::GitError::Unreadable { commit: id.to_string(), source })
        };
        let delta = self.workshop.landing(&self.state.history, ordinal, &Default::default()).map_err(unreadable)?;
        let tree_at = |at: Option<usize>| at.and_then(|at| self.state.history.landing(at)).and_then(|commit| commit.tree);
        let changes =
            tree::diff(&mut self.objects, tree_at(ordinal.checked_sub(1)), tree_at(Some(ordinal))).map_err(unreadable)?;
        let without = self.without_lines(&changes);
        let ours = figures(&delta);
        let (mut paths, mut theirs_by_path): (BTreeSet<&BStr>, HashMap<&BStr, Figures<'_>>) = Default::default();
        paths.extend(ours.keys());
        for file in theirs {
            paths.insert(file.path.as_ref());
            let (added, removed) = file.lines.unwrap_or_default();
            theirs_by_path.insert(file.path.as_ref(), (added, removed, file.from.as_ref().map(|path| path.as_bstr())));
        }
        outcome.lines = 0;
        for path in paths {
            let (ours, theirs) = (ours.get(path), theirs_by_path.get(path));
            let from = [ours, theirs].into_iter().flatten().find_map(|figures| figures.2);
            // Git is not asked for a path of which any version is missing, also where this landing needs none of these.
            let reason = |path: &BStr| {
                let missing = || missing.paths.contains(path).then_some(&"another version is missing from this copy");
                without.get(path).or_else(missing).copied()
            };
            if let Some(reason) = [Some(path), from].into_iter().flatten().find_map(reason) {
                outcome.left_out.push(reason);
                continue;
            }
            let (ours, theirs) = (ours.copied().unwrap_or((0, 0, None)), theirs.copied().unwrap_or((0, 0, None)));
            outcome.lines += ours.0 + ours.1;
            if (ours.0, ours.1) != (theirs.0, theirs.1) {
                outcome.lines_differing += ours.0.abs_diff(theirs.0) + ours.1.abs_diff(theirs.1);
                outcome.differences.push(difference(id, Some(path), theirs, ours));
            }
        }
        if !delta.flaws.is_empty() {
            outcome.left_out.extend(outcome.differences.drain(..).map(|_| FLAWED));
            outcome.lines_differing = 0;
        }
        if outcome.differences.is_empty() && outcome.left_out.is_empty() {
            // Every file agrees and the totals do not: the lives keep other books than the deltas.
            outcome.lines_differing += total.0.abs_diff(u64::from(counts.added)) + total.1.abs_diff(u64::from(counts.removed));
            let ours = (u64::from(counts.added), u64::from(counts.removed), None);
            outcome.differences.push(difference(id, None, (total.0, total.1, None), ours));
        }
        Ok(outcome)
    }

    /// Paths of which one side has no lines, and why.
    fn without_lines(&mut self, changes: &[Change]) -> HashMap<BString, &'static str> {
        let mut found = HashMap::new();
        for change in changes {
            for entry in [change.old, change.new].into_iter().flatten() {
                if let Content::None(why) = self.objects.content(&entry) {
                    let why = if why == NoLines::Unreadable { "missing from this copy" } else { why.name() };
                    found.insert(change.path.clone(), why);
                }
            }
        }
        found
    }
}

fn figures(delta: &CommitDelta) -> HashMap<&BStr, Figures<'_>> {
    let mut found = HashMap::new();
    for file in &delta.files {
        let Some(path) = file.new_path.as_ref().or(file.old_path.as_ref()) else { continue };
        let born = |segment: &Segment| if let Segment::Born(run) = segment { run.lines.len() as u64 } else { 0 };
        let added = file.segments.iter().map(born).sum();
        let removed = file.dead.iter().map(|run| run.lines.len() as u64).sum();
        let from = file.old_path.as_ref().filter(|old| *old != path).map(|old| old.as_bstr());
        found.insert(path.as_bstr(), (added, removed, from));
    }
    found
}

fn difference(commit: ObjectId, path: Option<&BStr>, theirs: Figures<'_>, ours: Figures<'_>) -> Difference {
    let spell = |(added, removed, from): Figures<'_>| {
        let from = from.map_or_else(String::new, |from| format!(", renamed from {}", quote_path(from)));
        format!("+{added} -{removed}{from}")
    };
    Difference { commit: Some(commit.to_string()), path: path.map(quote_path), git: spell(theirs), candor: spell(ours) }
}

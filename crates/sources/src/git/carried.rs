//! Evidence of squashed-away branches, where the host's references to them are at hand: carried to the lines of the squash.

use std::collections::BTreeMap;

use bstr::BString;
use candor_attribution::carry::{HeadLine, SquashFile, carry};
use candor_attribution::ranges::normalised;
use candor_attribution::{Note, Rules, clip};
use candor_git::added::{self, AddedReader};
use candor_git::branch::{Branch, BranchLine, BranchReader, NoBranch};
use candor_git::text::Text;
use candor_git::{ObjectId, Repository, State, quote_path};
use candor_model::{Evidence, Origin};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::commits::commit_evidence;

/// Where hosts keep the heads of merge and pull requests; of two requests with one number, the later one here counts.
const HEADS: [&str; 2] = ["refs/merge-requests/", "refs/pull/"];

/// The head of each request, by its number.
pub type Heads = BTreeMap<u64, ObjectId>;

/// What the branch of a landing said when it was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// The head that was looked at.
    head: String,
    /// Commits of its branch that the mainline lacked; of a branch that is too long those that were met.
    commits: Vec<String>,
    /// The branch is too long to be one that somebody squashed.
    too_long: bool,
    /// Changes with the commits of the branch and with the notes on them.
    branch: String,
    /// What is carried to the landing, perhaps nothing.
    pub evidence: Vec<Evidence>,
}

/// What was carried, by the landing's commit id.
pub type Carried = BTreeMap<String, Looked>;

/// The heads that this copy has.
pub fn heads(repo: &Repository) -> Heads {
    let found = HEADS.into_iter().flat_map(|folder| repo.targets(folder).into_iter().map(move |found| (folder, found)));
    found
        .filter_map(|(folder, (name, id))| {
            let name = String::from_utf8(name.into()).ok()?;
            Some((name.strip_prefix(folder)?.strip_suffix("/head")?.parse().ok()?, id))
        })
        .collect()
}

/// Carries evidence to the landings among `pulls` (number of the commit, number of its request); what `known` says of a branch that is as it
/// was holds still. Says for which landings something changed.
///
/// A branch that cannot be read carries nothing.
pub fn read_carried(
    repo: &Repository,
    state: &State,
    rules: &Rules,
    salt: &[u8],
    (pulls, heads): (&[(u32, u64)], &Heads),
    known: &Carried,
) -> (Carried, Vec<ObjectId>) {
    let landings: Vec<(u32, ObjectId)> = pulls
        .iter()
        .filter(|(number, _)| {
            state.history.mainline.binary_search(number).is_ok()
                && state.history.commit(*number).is_some_and(|commit| commit.parent_count == 1)
        })
        .filter_map(|(number, pull)| Some((*number, *heads.get(pull)?)))
        .filter(|(_, head)| !state.history.numbers.contains_key(head))
        .collect();
    let notes: FxHashMap<ObjectId, ObjectId> = if landings.is_empty() {
        FxHashMap::default()
    } else {
        super::notes::list(repo).unwrap_or_default().into_iter().collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = landings.len().div_ceil(threads).max(1);
    let carried: Carried = std::thread::scope(|scope| {
        let running: Vec<_> = landings
            .chunks(share)
            .map(|part| {
                let notes = &notes;
                scope.spawn(move || {
                    let mut carrier =
                        Carrier { branches: BranchReader::new(repo), reader: AddedReader::new(repo), state, rules, salt, notes };
                    part.iter().filter_map(|(number, head)| carrier.look(*number, *head, known)).collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    let evidence = |all: &Carried, id: &String| all.get(id).map(|looked| looked.evidence.clone()).unwrap_or_default();
    let changed = carried
        .keys()
        .chain(known.keys().filter(|id| !carried.contains_key(*id)))
        .filter(|id| evidence(&carried, id) != evidence(known, id))
        .filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok())
        .collect();
    (carried, changed)
}

struct Carrier<'a> {
    branches: BranchReader,
    reader: AddedReader,
    state: &'a State,
    rules: &'a Rules,
    salt: &'a [u8],
    notes: &'a FxHashMap<ObjectId, ObjectId>,
}

/// What the commits of a branch say of themselves, and what was recorded for their lines.
struct Said {
    commits: FxHashMap<ObjectId, Vec<Evidence>>,
    lines: FxHashMap<ObjectId, Vec<Evidence>>,
}

impl Carrier<'_> {
    /// What the branch at `head` says of a landing.
    fn look(&mut self, number: u32, head: ObjectId, known: &Carried) -> Option<(String, Looked)> {
        let id = self.state.history.commit(number)?.id.to_string();
        let spelt = head.to_string();
        let known = known.get(&id).filter(|looked| looked.head == spelt);
        if let Some(looked) = known.filter(|looked| self.is_as_it_was(looked)) {
            return Some((id, looked.clone()));
        }
        let (met, too_long, branch) = match self.branches.commits(&self.state.history, head) {
            Ok(branch) => (branch.raw.iter().map(|(commit, _)| *commit).collect(), false, Some(branch)),
            Err(NoBranch::TooLong(met)) => (met, true, None),
            Err(NoBranch::Landed | NoBranch::Unreadable) => return None,
        };
        let evidence = branch.and_then(|branch| self.carry(number, &branch)).unwrap_or_default();
        let looked = Looked {
            head: spelt,
            branch: self.branch_id(&met),
            commits: met.iter().map(ToString::to_string).collect(),
            too_long,
            evidence,
        };
        Some((id, looked))
    }

    /// Whether a branch would be read as it was when it was looked at; no object is read to tell. From one head lead always the same commits, so
    /// only the mainline can have come to hold some of them, and notes can have been written.
    fn is_as_it_was(&self, looked: &Looked) -> bool {
        let met: Vec<ObjectId> = looked.commits.iter().filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok()).collect();
        let same_commits = !met.iter().any(|id| self.state.history.numbers.contains_key(id));
        same_commits && (looked.too_long || self.branch_id(&met) == looked.branch)
    }

    /// Changes with the commits and with the notes on them.
    fn branch_id(&self, commits: &[ObjectId]) -> String {
        let mut digest = Sha256::new();
        for commit in commits {
            digest.update(commit.as_slice());
            digest.update([u8::from(self.notes.contains_key(commit))]);
            digest.update(self.notes.get(commit).map_or(&[][..], |note| note.as_slice()));
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn carry(&mut self, number: u32, branch: &Branch) -> Option<Vec<Evidence>> {
        let squash = self.state.history.commit(number)?;
        let said = self.said(branch);
        let speaks = |evidence: &Evidence| matches!(evidence.origin, Origin::Ai | Origin::Human | Origin::Mixed);
        if !said.commits.values().chain(said.lines.values()).flatten().any(speaks) {
            return None;
        }
        let parent = squash.parents.first().and_then(|parent| self.state.history.commit(*parent));
        let mut carried = Vec::new();
        for file in self.reader.added(parent, squash).ok()? {
            let Some(content) = self.reader.file(squash, file.path.as_ref()).ok().flatten() else { continue };
            let lines = self.branches.lines(branch, &file.path).ok()?;
            carried.extend(carry_file(&squash.id.to_string(), &file, &Text::new(content), &lines, &said, squash.time));
        }
        Some(carried)
    }

    fn said(&mut self, branch: &Branch) -> Said {
        let mut said = Said { commits: FxHashMap::default(), lines: FxHashMap::default() };
        for (id, raw) in &branch.raw {
            said.commits.insert(*id, commit_evidence(self.rules, *id, &candor_git::commit::parse(raw)).evidence);
            let Some((parent, own)) = self.notes.get(id).and(branch.commit(id)) else { continue };
            let parsed = self
                .notes
                .get(id)
                .and_then(|note| self.reader.blob(*note).ok())
                .and_then(|bytes| Note::parse(bytes, self.rules).ok());
            let (Some(note), Ok(added)) = (parsed, self.reader.added(parent, own)) else { continue };
            let by_path: FxHashMap<&BString, &added::AddedLines> = added.iter().map(|file| (&file.path, file)).collect();
            let look_up = |path: &bstr::BStr| {
                let file = by_path.get(&BString::from(path))?;
                Some(candor_attribution::notes::AddedLines { path: quote_path(path), ranges: file.ranges.clone() })
            };
            said.lines.insert(*id, clip(&note, &id.to_string(), self.salt, own.time, &look_up).evidence);
        }
        said
    }
}

fn carry_file(
    squash: &str,
    file: &added::AddedLines,
    content: &Text,
    lines: &[BranchLine],
    said: &Said,
    at: i64,
) -> Vec<Evidence> {
    let ids: Vec<String> =
        lines.iter().map(|line| line.written.as_ref().map(|(id, ..)| id.to_string()).unwrap_or_default()).collect();
    let head: Vec<HeadLine<'_>> = lines
        .iter()
        .zip(&ids)
        .filter_map(|(line, commit)| {
            let (id, path, number) = line.written.as_ref()?;
            let recorded = said.lines.get(id).and_then(|all| {
                let path = quote_path(path.as_ref());
                all.iter().find(|one| {
                    one.path.as_ref() == Some(&path) && one.ranges.iter().any(|(from, to)| (from..=to).contains(&number))
                })
            });
            let evidence = said.commits.get(id).map(Vec::as_slice).unwrap_or_default();
            Some(HeadLine { text: &line.text, commit, recorded, evidence })
        })
        .collect();
    let added = normalised(file.ranges.clone()).into_iter().flat_map(|(from, to)| from..=to);
    let own =
        SquashFile { path: quote_path(file.path.as_ref()), lines: added.map(|line| (line, content.line(line - 1))).collect() };
    carry(squash, &own, &head, at)
}

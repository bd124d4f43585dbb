//! The living lines of one file with what is known of each.

use std::collections::HashMap;
use std::path::{Component, Path};
use std::str::FromStr;

use bstr::{BString, ByteSlice};
use candor_attribution::{CommitFacts, Identities, Label, LabelPolicy, Person, Why, line_label};
use candor_git::added::AddedReader;
use candor_git::commit::{self, Signature};
use candor_git::lives::File;
use candor_git::objects::Objects;
use candor_git::rules::LeftOut;
use candor_git::text::{NoLines, Text};
use candor_git::{ObjectId, quote_path};
use candor_model::{Evidence, EvidenceLevel};

use super::revision::Shown;
use crate::failure::Failure;

/// Names that an error suggests.
const NEAR_NAMES: usize = 3;

/// Some lines of a file, as `-L` names them; one-based, inclusive; no end = to the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    start: u32,
    end: Option<u32>,
}

impl FromStr for Limits {
    type Err = Failure;

    /// Reads `START,END`, `START,+N`, `START,-N`, `START` or `,END`.
    fn from_str(text: &str) -> Result<Self, Failure> {
        let bad = || {
            Failure::user(format!("`-L {text}` names no lines")).hint(
                "write `-L 10,20` (both included), `-L 10,+5` (five lines), `-L 10` (to the end) or `-L ,20`; lines count from 1",
            )
        };
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(bad);
        let (start, end) = text.split_once(',').unwrap_or((text, ""));
        if start.is_empty() && end.is_empty() {
            return Err(bad());
        }
        let start = if start.is_empty() { 1 } else { number(start)? };
        let end = match (end.strip_prefix('+'), end.strip_prefix('-')) {
            (Some(count), _) => Some(start.saturating_add(number(count)? - 1)),
            (_, Some(count)) => Some((start.saturating_sub(number(count)? - 1)).max(1)),
            _ if end.is_empty() => None,
            _ => Some(number(end)?),
        };
        Ok(match end {
            Some(end) if end < start => Self { start: end, end: Some(start) },
            _ => Self { start, end },
        })
    }
}

/// A commit that wrote lines.
#[derive(Debug, Clone)]
pub struct Writer {
    /// Id.
    pub id: ObjectId,
    /// Author, by the mailmap and the people file.
    pub author: Person,
    /// Committer, likewise.
    pub committer: Person,
    /// Author time, seconds.
    pub authored_at: Option<i64>,
    /// Committer time, seconds.
    pub committed_at: Option<i64>,
    /// Latest committer time among the commits that it builds on, seconds.
    pub ancestors_until: Option<i64>,
    /// First line of the message.
    pub subject: BString,
    team: Option<String>,
}

/// What a label rests on.
#[derive(Debug, Clone)]
pub struct Source {
    /// Label.
    pub label: Label,
    /// Kinds of the evidence, such as `trailer`.
    pub kinds: Vec<String>,
}

impl Source {
    /// Strength and kinds of the evidence, or why there is a label without any.
    pub fn words(&self) -> String {
        match (self.label.why, self.label.strength) {
            (Why::Evidence, Some(strength)) => format!("{} {}", strength.name(), self.kinds.join("+")).trim_end().to_owned(),
            (Why::Evidence, None) => self.kinds.join("+"),
            (Why::BeforeTools, _) => "before tools".to_owned(),
            (Why::DeclaredComplete, _) => "declared complete".to_owned(),
            (Why::NoEvidence, _) => "no evidence".to_owned(),
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Number, from 1.
    pub number: u32,
    /// Its bytes, without the line end's LF.
    pub text: BString,
    /// Landing.
    pub landing: ObjectId,
    /// Committer time of the landing, seconds.
    pub landed_at: i64,
    /// Index into [`Blamed::writers`].
    pub writer: usize,
    /// Path in the origin, as git quotes it.
    pub origin_path: String,
    /// Number in the origin, from 1.
    pub origin_line: u32,
    /// Index into [`Blamed::sources`].
    pub source: usize,
    /// It counts in no figure, and why.
    pub left_out: Option<LeftOut>,
    /// It was gone for a while.
    pub resumed: bool,
    /// It is older than the history at hand.
    pub before_observation: bool,
}

/// The lines of a file.
pub struct Blamed {
    /// Path, as git quotes it.
    pub path: String,
    /// The lines asked for.
    pub lines: Vec<Line>,
    /// Commits that wrote them.
    pub writers: Vec<Writer>,
    /// Labels.
    pub sources: Vec<Source>,
    /// Committer time of the revision, seconds: ages are told at it.
    pub as_of: i64,
    /// The file has no line at all.
    pub is_empty_file: bool,
}

/// The path that the user means, among those at the revision.
pub fn path(shown: &Shown, file: &Path, from_here: bool) -> Result<u32, Failure> {
    let lives = &shown.state.lives;
    let typed = file.to_string_lossy();
    let wanted = candidates(shown, file, from_here);
    let number = |number: &u32| lives.paths.get(*number as usize);
    let spelt = |path: &BString| wanted.contains(path) || quote_path(path.as_ref()) == typed;
    // The first candidate wins where several are there.
    let rank = |path: &BString| wanted.iter().position(|other| other == path).unwrap_or(wanted.len());
    let found = lives.files.keys().filter_map(|key| Some((key, number(key)?))).filter(|(_, path)| spelt(path));
    if let Some((key, _)) = found.min_by_key(|(_, path)| rank(path)) {
        return Ok(*key);
    }
    let short = shown.tip.to_hex_with_len(8);
    let name = wanted.first().map_or_else(|| typed.as_bytes().into(), Clone::clone);
    let mut folder = name.to_vec();
    folder.push(b'/');
    if name.is_empty() || lives.files.keys().filter_map(number).any(|path| path.starts_with(&folder)) {
        return Err(Failure::user(format!("`{typed}` is a folder at {short}")).hint("name a file in it"));
    }
    let mut near: Vec<(usize, String)> = lives
        .files
        .keys()
        .filter_map(number)
        .filter_map(|path| Some((unlikeness(&name, path)?, quote_path(path.as_ref()))))
        .collect();
    near.sort();
    let failure = Failure::user(format!("there is no file `{typed}` at {short}"));
    let ever = wanted.iter().any(|path| lives.paths.contains(path));
    let failure = match (ever, near.is_empty()) {
        (true, _) => failure.hint("it was there earlier; name a commit of that time as REV"),
        (false, true) => failure.hint(format!(
            "paths are those of the revision that is read, from the root of the repository or from this folder; `git ls-tree -r --name-only {short}` lists them"
        )),
        (false, false) => failure,
    };
    let names: Vec<String> = near.into_iter().take(NEAR_NAMES).map(|(_, path)| format!("`{path}`")).collect();
    Err(if names.is_empty() { failure } else { failure.hint(format!("near names: {}", names.join(", "))) })
}

/// What the user's path may mean inside of the repository, the likeliest first.
fn candidates(shown: &Shown, file: &Path, from_here: bool) -> Vec<BString> {
    let root = shown.fresh.selected.repo.work_dir().and_then(|root| root.canonicalize().ok());
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let mut found = Vec::new();
    if let Some(root) = &root {
        let base = if file.is_absolute() { Some(Path::new("")) } else { here.as_deref().filter(|_| from_here) };
        if let Some(base) = base
            && let Some(inside) = resolved(&base.join(file)).strip_prefix(root).ok().map(slashed)
        {
            found.push(inside);
        }
    }
    if !file.is_absolute() {
        let plain = slashed(&resolved(file));
        if !found.contains(&plain) {
            found.push(plain);
        }
    }
    found
}

/// `path` without `.` and `..`, by its words only: the file may be gone by now.
fn resolved(path: &Path) -> std::path::PathBuf {
    let mut clean = std::path::PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

fn slashed(path: &Path) -> BString {
    let parts: Vec<_> = path.components().map(|part| <[u8]>::from_os_str(part.as_os_str()).unwrap_or_default()).collect();
    bstr::join("/", parts).into()
}

/// How far a path is from the one asked for; none = not near. The same name in another folder, or in other case, is nearest.
fn unlikeness(asked: &[u8], path: &[u8]) -> Option<usize> {
    let base = |path: &[u8]| path.rsplit_once_str("/").map_or(path, |(_, base)| base).to_ascii_lowercase();
    if base(asked) == base(path) {
        return Some(0);
    }
    let (asked, path) = (asked.to_ascii_lowercase(), path.to_ascii_lowercase());
    let near = (asked.len() / 5).max(2);
    if asked.len().abs_diff(path.len()) > near {
        return None;
    }
    let mut row: Vec<usize> = (0..=path.len()).collect();
    for (i, a) in asked.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, b) in path.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let here = (diagonal + usize::from(a != b)).min(left + 1).min(above + 1);
            if let Some(slot) = row.get_mut(j) {
                *slot = left;
            }
            diagonal = above;
            left = here;
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().filter(|distance| *distance <= near)
}

impl Blamed {
    /// Reads the lines within `limits` (all lines where there are none) of path number `path`.
    pub fn read(shown: &Shown, path: u32, limits: &[Limits], who: &Identities, policy: &LabelPolicy) -> Result<Self, Failure> {
        let lives = &shown.state.lives;
        let bytes_of = lives.paths.get(path as usize).cloned().unwrap_or_default();
        let name = quote_path(bytes_of.as_ref());
        let empty = File::default();
        let file = lives.files.get(&path).unwrap_or(&empty);
        if let Some(why) = file.no_lines {
            return Err(without_lines(&name, why));
        }
        let mut reader = AddedReader::new(&shown.fresh.selected.repo);
        let content = reader
            .file_at(shown.tip, &bytes_of)
            .map_err(|source| Failure::from(candor_git::GitError::Unreadable { commit: shown.tip.to_string(), source }))?;
        let text = Text::new(content.unwrap_or_default());
        if text.len() as usize != file.lines.len() {
            let (living, there) = (file.lines.len(), text.len());
            return Err(Failure::machine(format!(
                "`{name}` has {there} lines, but {living} living ones: `candor verify` tells more"
            )));
        }
        let wanted = numbers(limits, text.len(), &name)?;
        let store = &shown.fresh.selected.store;
        let mut work = Work {
            shown,
            who,
            policy,
            evidence: candor_metrics::load::evidence_by_commit(&shown.fresh.snapshot, &store.repo)?,
            objects: Objects::new(shown.fresh.selected.repo.inner()),
            ancestors_until: shown.state.history.ancestors_until(),
            writers: Vec::new(),
            writer_numbers: HashMap::new(),
            sources: Vec::new(),
            source_numbers: HashMap::new(),
        };
        let resumed: std::collections::HashSet<u32> = lives.gaps.iter().map(|gap| gap.line).collect();
        let mut lines = Vec::with_capacity(wanted.len());
        for number in wanted {
            let Some(&line) = file.lines.get(number as usize - 1) else { continue };
            let Some(block) = lives.block_of(line) else { continue };
            let landing = shown.state.history.landing(block.landing as usize);
            let writer = work.writer(block.origin);
            let origin_line = block.origin_line + (line - block.first) + 1;
            let origin_path =
                lives.paths.get(block.origin_path as usize).map_or_else(String::new, |path| quote_path(path.as_ref()));
            let text = text.line(number - 1);
            lines.push(Line {
                number,
                text: text.strip_suffix(b"\n").unwrap_or(text).into(),
                landing: landing.map_or(shown.tip, |commit| commit.id),
                landed_at: landing.map_or(0, |commit| commit.time),
                writer,
                source: work.source(writer, landing.map_or(shown.tip, |commit| commit.id), &origin_path, origin_line),
                origin_path,
                origin_line,
                left_out: LeftOut::from_number(block.left_out),
                resumed: resumed.contains(&line),
                before_observation: shown.state.is_cut() && block.landing == 0,
            });
        }
        let as_of = shown.state.history.numbers.get(&shown.tip).and_then(|number| shown.state.history.commit(*number));
        Ok(Self {
            path: name,
            lines,
            writers: work.writers,
            sources: work.sources,
            as_of: as_of.map_or(0, |commit| commit.time),
            is_empty_file: text.is_empty(),
        })
    }
}

fn without_lines(name: &str, why: NoLines) -> Failure {
    let (words, hint) = match why {
        NoLines::Binary => ("it is binary (a NUL byte in its first 8,000 bytes)", "its history as a whole: `git log --follow`"),
        NoLines::TooLarge => ("it is larger than 2 MiB", "such files count in no figure; `git blame` reads them"),
        NoLines::Symlink => ("it is a symbolic link", "name the file that it leads to"),
        NoLines::Submodule => ("it is a submodule", "run the command in that repository"),
        NoLines::Unreadable => {
            ("its content is missing or damaged in this copy", "`git fsck` lists the damage; `git fetch --refetch` may mend it")
        }
    };
    Failure::user(format!("`{name}` has no lines: {words}")).hint(hint)
}

fn numbers(limits: &[Limits], lines: u32, name: &str) -> Result<Vec<u32>, Failure> {
    if limits.is_empty() {
        return Ok((1..=lines).collect());
    }
    let mut wanted = Vec::new();
    for limits in limits {
        if limits.start > lines {
            return Err(Failure::user(format!("`{name}` has {lines} lines; there is no line {}", limits.start)));
        }
        wanted.extend(limits.start..=limits.end.unwrap_or(lines).min(lines));
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

/// What has been looked up so far.
struct Work<'a> {
    shown: &'a Shown,
    who: &'a Identities,
    policy: &'a LabelPolicy,
    evidence: HashMap<String, Vec<Evidence>>,
    objects: Objects,
    ancestors_until: Vec<Option<i64>>,
    writers: Vec<Writer>,
    writer_numbers: HashMap<u32, usize>,
    sources: Vec<Source>,
    /// By writer, landing and index of the line evidence.
    source_numbers: HashMap<(usize, ObjectId, Option<usize>), usize>,
}

impl Work<'_> {
    fn writer(&mut self, number: u32) -> usize {
        if let Some(known) = self.writer_numbers.get(&number) {
            return *known;
        }
        let id = self.shown.state.history.commit(number).map_or(self.shown.tip, |commit| commit.id);
        let raw = self.objects.commit(id).map(<[u8]>::to_vec).unwrap_or_default();
        let commit = commit::parse(&raw);
        let person = |signature: Option<&Signature>| {
            let signature = signature.cloned().unwrap_or_default();
            self.who.resolve(&Person::new(signature.name, signature.email))
        };
        let author = person(commit.author.as_ref());
        let writer = Writer {
            id,
            team: author.known.and_then(|known| known.team.clone()),
            author: author.person,
            committer: person(commit.committer.as_ref()).person,
            authored_at: commit.authored_at,
            committed_at: commit.committed_at,
            ancestors_until: self.ancestors_until.get(number as usize).copied().flatten(),
            subject: commit.message.lines().next().unwrap_or_default().into(),
        };
        self.writers.push(writer);
        self.writer_numbers.insert(number, self.writers.len() - 1);
        self.writers.len() - 1
    }

    fn source(&mut self, writer: usize, landing: ObjectId, path: &str, line: u32) -> usize {
        let Some(commit) = self.writers.get(writer) else { return 0 };
        let of = |id: ObjectId| self.evidence.get(&id.to_string()).map(Vec::as_slice).unwrap_or_default();
        let own = of(commit.id);
        let holds = |one: &Evidence| {
            let here = one.level == EvidenceLevel::Line && one.path.as_deref() == Some(path);
            here && one.ranges.iter().any(|(from, to)| (*from..=*to).contains(&line))
        };
        let recorded = own.iter().position(holds);
        let key = (writer, landing, recorded);
        if let Some(known) = self.source_numbers.get(&key) {
            return *known;
        }
        let recorded = recorded.and_then(|index| own.get(index));
        let facts = CommitFacts {
            authored_at: commit.authored_at,
            committed_at: commit.committed_at,
            ancestors_until: commit.ancestors_until,
            team: commit.team.as_deref(),
            added_lines: None,
        };
        let pull_request = if landing == commit.id { &[][..] } else { of(landing) };
        let pull_request = pull_request.iter().filter(|one| one.level == EvidenceLevel::PullRequest);
        let whole: Vec<&Evidence> = own.iter().filter(|one| one.level != EvidenceLevel::Line).chain(pull_request).collect();
        let label = line_label(self.policy, &facts, recorded, whole.iter().copied());
        let mut kinds: Vec<String> = match recorded {
            _ if label.why != Why::Evidence => Vec::new(),
            Some(recorded) => vec![recorded.source.clone()],
            None => whole.iter().filter(|one| Some(one.strength) == label.strength).map(|one| one.source.clone()).collect(),
        };
        kinds.sort();
        kinds.dedup();
        self.sources.push(Source { label, kinds });
        self.source_numbers.insert(key, self.sources.len() - 1);
        self.sources.len() - 1
    }
}

//! A repository as a stream for `git fast-import`: commits, merges, squashes, trailers and notes.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use crate::code::files::{Edit, Files, Written};
use crate::code::git::{Id, Signature, Tree, commit, hex, name};
use crate::code::lives::Lives;
use crate::days::{HOUR, midnight, number};
use crate::draws::Draws;
use crate::evidence;
use crate::work::{Change, Class, Kind};
use crate::world::{CONTEXTS, Crowd, Shape};

/// A landing, as the history has it.
#[derive(Debug, Clone)]
pub struct Landed {
    /// Position of the change.
    pub change: usize,
    /// Name of the landing.
    pub commit: String,
}

/// Who lands merges and squashes.
const HOST: (&str, &str) = ("GitHub", "noreply@github.com");

struct Out<'a> {
    to: &'a mut dyn Write,
    tree: Tree,
    mark: usize,
    tip: Option<(usize, Id)>,
    notes: Vec<(usize, String)>,
}

/// Writes the stream of one repository; answers its landings, in order.
///
/// # Errors
/// What `to` says.
pub fn write(
    shape: &Shape,
    seed: u64,
    crowd: &Crowd,
    changes: &[Change],
    lives: &Lives,
    repo: usize,
    to: &mut dyn Write,
) -> io::Result<Vec<Landed>> {
    let end = midnight(number(shape.until));
    let Some(own) = crowd.repos.get(repo) else { return Ok(Vec::new()) };
    let mut files = Files::of(own, seed ^ repo as u64);
    let mut out = Out { to, tree: Tree::default(), mark: 0, tip: None, notes: Vec::new() };
    let mut landed: FxHashMap<usize, Id> = FxHashMap::default();
    let mut all = Vec::new();
    // Blocks by the change that brings them, and by the one that ends them; a block is known by its place in the list of lives.
    let (mut brings, mut takes): (FxHashMap<usize, Vec<usize>>, FxHashMap<usize, Vec<usize>>) = Default::default();
    let is_here = |change: usize| changes.get(change).is_some_and(|change| change.repo == repo);
    for (block, life) in lives.lives.iter().enumerate().filter(|(_, life)| is_here(life.change)) {
        brings.entry(life.change).or_default().push(block);
        if let Some(killer) = life.killer {
            takes.entry(killer).or_default().push(block);
        }
    }
    for (position, change) in changes.iter().enumerate().filter(|(_, change)| change.repo == repo && change.merged < end) {
        let mut draws = Draws::of(seed, "landing", position as u64);
        let blocks: Vec<(usize, u32, bool)> = brings
            .get(&position)
            .into_iter()
            .flatten()
            .filter_map(|block| {
                let planned = change.blocks.get(lives.lives.get(*block)?.block)?;
                Some((*block, planned.lines, planned.is_ai))
            })
            .collect();
        let ends = takes.get(&position).cloned().unwrap_or_default();
        let reverted = match change.kind {
            Kind::Revert(of) => changes.get(of).zip(landed.get(&of).copied()),
            _ => None,
        };
        let landing = Landing { crowd, change, has_notes: own.has_notes, reverted, seed };
        let id = landing.write(&mut out, &mut files, &blocks, ends, &mut draws)?;
        landed.insert(position, id);
        all.push(Landed { change: position, commit: hex(&id) });
    }
    out.write_notes(end)?;
    out.to.write_all(b"done\n")?;
    Ok(all)
}

struct Landing<'a> {
    crowd: &'a Crowd,
    change: &'a Change,
    has_notes: bool,
    reverted: Option<(&'a Change, Id)>,
    seed: u64,
}

impl Landing<'_> {
    fn author(&self, at: i64) -> Signature {
        let person = self.crowd.people.get(self.change.author);
        let (name, email) = person.map_or(("", ""), |person| (person.name.as_str(), person.email.as_str()));
        Signature { name: name.to_owned(), email: email.to_owned(), at }
    }

    fn tool(&self) -> &'static str {
        self.crowd.people.get(self.change.author).map_or("", |person| person.tool)
    }

    /// Writes the change as the mainline has it, and answers the landing.
    fn write(
        &self,
        out: &mut Out<'_>,
        files: &mut Files,
        blocks: &[(usize, u32, bool)],
        ends: Vec<usize>,
        draws: &mut Draws,
    ) -> io::Result<Id> {
        let change = self.change;
        let host = Signature { name: HOST.0.to_owned(), email: HOST.1.to_owned(), at: change.merged };
        let is_mixed = blocks.iter().any(|block| block.2) && blocks.iter().any(|block| !block.2);
        let title = self.title();
        // Where tools leave trailers, a change of two origins keeps its commits: a trailer speaks of a whole commit.
        let is_merge = (is_mixed && !self.has_notes) || (self.reverted.is_none() && draws.chance(0.25));
        if !is_merge {
            let edit = Edit { adds: blocks.iter().map(|(block, lines, _)| (*block, *lines)).collect(), ends };
            let written = files.apply(change.context, &edit, draws);
            let message = match self.reverted {
                Some((_, id)) => format!("{title} (#{})\n\nThis reverts commit {}.\n", change.number, hex(&id)),
                None => self.signed(format!("{title} (#{})\n", change.number), blocks),
            };
            let (author, committer) = if draws.chance(0.7) {
                (self.author(change.merged), host)
            } else {
                (self.author(change.ready), self.author(change.merged))
            };
            let tip = out.tip;
            let id = out.commit(tip, None, &author, &committer, &message, &written)?;
            self.note(out, id, &written, blocks);
            return Ok(id);
        }
        let base = out.tip;
        let parts: Vec<Vec<(usize, u32, bool)>> = if is_mixed && !self.has_notes {
            let (ai, human): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| block.2);
            vec![human, ai]
        } else {
            let (one, two) = blocks.split_at(blocks.len() / 2);
            vec![one.to_vec(), two.to_vec()]
        };
        let span = (change.ready - change.first_commit).max(HOUR / 30);
        let mut ends = Some(ends);
        let mut tip = base;
        let count = parts.len() as i64;
        for (place, part) in parts.iter().enumerate() {
            let at = change.first_commit + span * place as i64 / count;
            let edit = Edit {
                adds: part.iter().map(|(block, lines, _)| (*block, *lines)).collect(),
                ends: ends.take().unwrap_or_default(),
            };
            let written = files.apply(change.context, &edit, draws);
            if written.is_empty() {
                continue;
            }
            let message =
                self.signed(if place == 0 { format!("{title}\n") } else { format!("{title}, part {}\n", place + 1) }, part);
            // Brought up to date just before it lands, so the time of the commit follows that of its parent.
            let committer = self.author(change.merged - 60 * (count - place as i64));
            let id = out.commit(tip, None, &self.author(at), &committer, &message, &written)?;
            self.note(out, id, &written, part);
            tip = out.tip;
        }
        let message = format!("Merge pull request #{} from acme/change-{}\n\n{title}\n", change.number, change.number);
        out.commit(base, tip, &self.author(change.merged), &host, &message, &[])
    }

    fn title(&self) -> String {
        let subject =
            format!("{} {}", CONTEXTS.get(self.change.context).unwrap_or(&"core").replace('_', " "), self.change.number);
        match self.change.kind {
            Kind::Feature => format!("feat: extend {subject}"),
            Kind::Chore => format!("refactor: tidy up {subject}"),
            Kind::Fix => format!("fix: mend {subject}"),
            Kind::Revert(_) => {
                let of = self.reverted.map(|(change, _)| Landing { change, reverted: None, ..*self }.title());
                format!("Revert \"{}\"", of.unwrap_or_default())
            }
        }
    }

    /// The message with the trailer that the tool leaves, where there is a sign and no note takes its place.
    fn signed(&self, message: String, blocks: &[(usize, u32, bool)]) -> String {
        let speaks = self.change.class == Class::Human || blocks.iter().any(|block| block.2);
        if self.change.has_sign && !self.has_notes && speaks {
            format!("{message}\n{}\n", evidence::trailer(self.tool()))
        } else {
            message
        }
    }

    /// Leaves a note on the lines that the evidence says AI wrote.
    fn note(&self, out: &mut Out<'_>, id: Id, written: &[Written], blocks: &[(usize, u32, bool)]) {
        if !self.has_notes || !self.change.has_sign {
            return;
        }
        let is_ai =
            |block: usize| self.change.class == Class::Human || blocks.iter().any(|(own, _, is_ai)| *own == block && *is_ai);
        let ranges: Vec<(&str, Vec<(u32, u32)>)> = written
            .iter()
            .map(|file| {
                let lines = file.added.iter().filter(|(block, _, _)| is_ai(*block)).map(|(_, from, to)| (*from, *to));
                (file.path.as_str(), lines.collect::<Vec<_>>())
            })
            .filter(|(_, lines)| !lines.is_empty())
            .collect();
        if !ranges.is_empty() {
            out.notes.push((out.mark, evidence::note(self.tool(), self.seed, &hex(&id), &ranges)));
        }
    }
}

impl Out<'_> {
    /// Writes a commit; without files it has the tree of the last one.
    fn commit(
        &mut self,
        parent: Option<(usize, Id)>,
        merged: Option<(usize, Id)>,
        author: &Signature,
        committer: &Signature,
        message: &str,
        files: &[Written],
    ) -> io::Result<Id> {
        self.mark += 1;
        writeln!(
            self.to,
            "commit refs/heads/main\nmark :{}\nauthor {}\ncommitter {}",
            self.mark,
            author.text(),
            committer.text()
        )?;
        write!(self.to, "data {}\n{message}\n", message.len())?;
        if let Some((mark, _)) = parent {
            writeln!(self.to, "from :{mark}")?;
        }
        if let Some((mark, _)) = merged {
            // The merge has what the branch has.
            writeln!(self.to, "merge :{mark}\nM 040000 {} ", hex(&self.tree.id()))?;
        }
        for file in files {
            match &file.text {
                Some(text) => {
                    self.tree.set(&file.path, Some(name("blob", text.as_bytes())));
                    write!(self.to, "M 100644 inline {}\ndata {}\n{text}\n", file.path, text.len())?;
                }
                None => {
                    self.tree.set(&file.path, None);
                    writeln!(self.to, "D {}", file.path)?;
                }
            }
        }
        writeln!(self.to)?;
        let parents: Vec<Id> = parent.iter().chain(&merged).map(|(_, id)| *id).collect();
        let id = commit(&self.tree.id(), &parents, author, committer, message);
        self.tip = Some((self.mark, id));
        Ok(id)
    }

    /// Writes the notes as one commit of their own.
    fn write_notes(&mut self, at: i64) -> io::Result<()> {
        if self.notes.is_empty() {
            return Ok(());
        }
        self.mark += 1;
        let author = Signature { name: "git-ai".to_owned(), email: "git-ai@acme.example".to_owned(), at };
        writeln!(self.to, "commit refs/notes/ai\nmark :{}\ncommitter {}\ndata 6\nNotes\n", self.mark, author.text())?;
        for (mark, note) in &self.notes {
            writeln!(self.to, "N inline :{mark}\ndata {}\n{note}", note.len())?;
        }
        writeln!(self.to)
    }
}

//! Random histories as plain values: what each commit's tree holds is known here, so that the right number of lines at any commit
//! comes from neither git nor Candor. A history is a list of steps; each step works on whatever state it meets, so that a failing
//! list can be shortened step by step.

use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use crate::support::repository::DAY;

/// What a step does to one branch. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Replaces, adds or takes away lines in the middle of a file.
    Edit,
    Insert,
    Delete,
    /// Takes a block out and puts it elsewhere in the same or another file.
    Move,
    Rename,
    /// Renames a file and changes one line of it.
    RenameAndEdit,
    Create,
    Remove,
    /// Begins a side branch at the tip of the mainline.
    Fork,
    /// Merges a side branch into the mainline, and sometimes the mainline back.
    Merge,
    /// A merge that also changes a line that neither side changed.
    EvilMerge,
    /// Merges all side branches at once.
    Octopus,
    /// Undoes a commit of the mainline with git's message.
    Revert,
    /// Brings a file back as it was some commits ago, without a word.
    Restore,
    Indent,
    /// Turns LF into CRLF or back.
    LineEnds,
    /// Adds lines that are like others: braces and blanks.
    Repeat,
    Empty,
    /// Makes a text binary or a binary text.
    Binary,
    /// Takes away or adds the last line feed.
    LastNewline,
    /// A file becomes a link, a submodule, executable, or a file again.
    Kind,
}

/// One step: an action with the numbers that say where.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub action: Action,
    pub branch: u8,
    pub file: u8,
    pub at: u8,
    pub count: u8,
    pub other: u8,
    /// Days since the commit before; below 0 the clock runs backwards.
    pub days: i8,
}

fn step() -> impl Strategy<Value = Step> {
    use Action::*;
    let action = prop_oneof![
        8 => Just(Edit), 8 => Just(Insert), 6 => Just(Delete), 5 => Just(Move), 3 => Just(Rename), 3 => Just(RenameAndEdit),
        4 => Just(Create), 2 => Just(Remove), 5 => Just(Fork), 6 => Just(Merge), 1 => Just(EvilMerge), 1 => Just(Octopus),
        4 => Just(Revert), 2 => Just(Restore), 2 => Just(Indent), 2 => Just(LineEnds), 2 => Just(Repeat), 1 => Just(Empty),
        1 => Just(Binary), 1 => Just(LastNewline), 1 => Just(Kind)
    ];
    let days = prop_oneof![8 => 0i8..20, 1 => -30i8..0, 1 => 20i8..120];
    (action, 0u8..6, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), days)
        .prop_map(|(action, branch, file, at, count, other, days)| Step { action, branch, file, at, count, other, days })
}

/// A history, the point at which a first run mines it, and what takes the place of its end after a force push.
#[derive(Clone, Debug)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Where on the mainline the first run stops, and where the rewritten end begins.
    pub cut: u8,
    pub rewritten: Vec<Step>,
}

/// Plans of 10 to 60 commits with a rewritten end of up to 10.
pub fn plan() -> impl Strategy<Value = Plan> {
    (prop::collection::vec(step(), 10..60), any::<u8>(), prop::collection::vec(step(), 1..10))
        .prop_map(|(steps, cut, rewritten)| Plan { steps, cut, rewritten })
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `100644`, `100755`, `120000` or `160000`.
    pub mode: &'static str,
    pub content: Vec<u8>,
}

impl Entry {
    fn text(content: Vec<u8>) -> Entry {
        Entry { mode: "100644", content }
    }

    /// Number of lines, where the entry has lines at all.
    pub fn lines(&self) -> u64 {
        if !self.is_text() {
            return 0;
        }
        let complete = self.content.iter().filter(|b| **b == b'\n').count() as u64;
        complete + u64::from(self.content.last().is_some_and(|b| *b != b'\n'))
    }

    /// A file (no link, no submodule) without a NUL in its first 8,000 bytes.
    pub fn is_text(&self) -> bool {
        self.mode.starts_with("100") && !self.content.iter().take(8000).any(|b| *b == 0)
    }
}

/// The files of a commit by path; paths are bytes.
pub type Tree = BTreeMap<Vec<u8>, Rc<Entry>>;

/// Lines of all files.
pub fn lines_of(tree: &Tree) -> u64 {
    tree.values().map(|entry| entry.lines()).sum()
}

/// A commit with its parents as positions in the list of all commits.
#[derive(Debug)]
pub struct Commit {
    pub parents: Vec<usize>,
    pub tree: Tree,
    pub time: i64,
    pub author: usize,
    pub message: Message,
}

/// The message; that of a revert needs an id that only git knows.
#[derive(Debug)]
pub enum Message {
    Words(String),
    Reverts(usize),
}

/// All commits, parents first, with two tips.
#[derive(Debug)]
pub struct History {
    pub commits: Vec<Commit>,
    /// The mainline, oldest first.
    pub mainline: Vec<usize>,
    /// Tip of the branch after a force push.
    pub rewritten: usize,
    /// Position on the mainline up to which a first run sees it.
    pub cut: usize,
}

/// Names that ask for quoting, that are not UTF-8, that differ in case or composition only.
const NAMES: [&[u8]; 12] = [
    b"a.txt",
    b"src/b.rs",
    b"with space.md",
    b"quote\"d.c",
    b"tab\there.h",
    "n\u{e9}.txt".as_bytes(),
    "ne\u{301}.txt".as_bytes(),
    b"latin\xe9.txt",
    b"A.txt",
    b"-dash, comma.py",
    b"deep/er/path/x.go",
    b"back\\slash.txt",
];

struct Writer {
    commits: Vec<Commit>,
    /// Tips: the mainline first, then the side branches.
    tips: Vec<usize>,
    time: i64,
    /// Makes lines distinct.
    serial: u32,
}

impl History {
    /// Carries out a plan. The first commit always creates three files.
    pub fn of(plan: &Plan) -> History {
        let mut writer = Writer { commits: Vec::new(), tips: vec![0], time: 1_500_000_000, serial: 0 };
        let tree = (0..3).map(|i| (NAMES[i].to_vec(), Rc::new(Entry::text(writer.new_lines(12))))).collect();
        writer.commits.push(Commit {
            parents: vec![],
            tree,
            time: writer.time,
            author: 0,
            message: Message::Words("Start".into()),
        });
        plan.steps.iter().for_each(|step| writer.step(step));
        let mainline = writer.mainline();
        let cut = usize::from(plan.cut) % mainline.len();
        let tip = writer.tips[0];
        writer.tips = vec![mainline[cut]];
        plan.rewritten.iter().for_each(|step| writer.step(step));
        let rewritten = writer.tips[0];
        writer.tips = vec![tip];
        History { commits: writer.commits, mainline, rewritten, cut }
    }

    /// The tip of the mainline.
    pub fn tip(&self) -> usize {
        self.mainline[self.mainline.len() - 1]
    }
}

impl Writer {
    fn mainline(&self) -> Vec<usize> {
        let mut line = vec![self.tips[0]];
        while let Some(parent) = self.commits[line[line.len() - 1]].parents.first() {
            line.push(*parent);
        }
        line.reverse();
        line
    }

    fn new_line(&mut self) -> Vec<u8> {
        self.serial += 1;
        format!("    let word_{} = call({});\n", self.serial.wrapping_mul(2_654_435_761) % 9973, self.serial).into_bytes()
    }

    fn new_lines(&mut self, n: usize) -> Vec<u8> {
        (0..n).flat_map(|_| self.new_line()).collect()
    }

    fn commit(&mut self, branch: usize, further: &[usize], tree: Tree, step: &Step, message: Message) {
        self.time += i64::from(step.days) * DAY + 3600;
        let mut parents = vec![self.tips[branch]];
        parents.extend(further);
        self.commits.push(Commit { parents, tree, time: self.time, author: usize::from(step.other % 4), message });
        self.tips[branch] = self.commits.len() - 1;
    }

    fn step(&mut self, step: &Step) {
        use Action::*;
        let side = |n: usize| 1 + usize::from(step.other) % n.max(1);
        match step.action {
            Fork if self.tips.len() < 4 => {
                self.tips.push(self.tips[0]);
                self.change(self.tips.len() - 1, &Step { action: Insert, ..*step });
            }
            Merge | EvilMerge if self.tips.len() > 1 => {
                let side = side(self.tips.len() - 1);
                let (into, from) = if step.count.is_multiple_of(5) { (side, 0) } else { (0, side) };
                self.merge(into, &[from], step);
                if step.count.is_multiple_of(3) && into == 0 {
                    self.tips.remove(side);
                }
            }
            Octopus if self.tips.len() > 2 => {
                let all: Vec<usize> = (1..self.tips.len()).collect();
                self.merge(0, &all, step);
                self.tips.truncate(1);
            }
            _ => self.change(usize::from(step.branch) % self.tips.len(), step),
        }
    }

    fn merge(&mut self, into: usize, from: &[usize], step: &Step) {
        let ours = self.tips[into];
        let mut tree = self.commits[ours].tree.clone();
        let mut others: Vec<usize> = from.iter().map(|f| self.tips[*f]).filter(|t| *t != ours).collect();
        others.dedup();
        if others.is_empty() {
            return;
        }
        for other in &others {
            let base = self.common_ancestor(ours, *other);
            tree = merge_trees(&self.commits[base].tree, &tree, &self.commits[*other].tree, step.at);
        }
        if step.action == Action::EvilMerge {
            let line = self.new_line();
            let files: Vec<_> = tree.keys().cloned().collect();
            if let Some(path) = files.get(usize::from(step.file) % files.len().max(1)).filter(|p| tree[*p].is_text()) {
                let mut lines = split(&tree[path].content);
                let at = usize::from(step.at) % (lines.len() + 1);
                lines.insert(at, line);
                tree.insert(path.clone(), Rc::new(Entry::text(lines.concat())));
            }
        }
        self.commit(into, &others, tree, step, Message::Words("Merge branch".into()));
    }

    /// Any common ancestor will do for a merge of our own making: the youngest in the list.
    fn common_ancestor(&self, one: usize, two: usize) -> usize {
        let ancestors = |tip: usize| {
            let mut seen = vec![false; self.commits.len()];
            let mut open = vec![tip];
            while let Some(c) = open.pop() {
                if !std::mem::replace(&mut seen[c], true) {
                    open.extend(&self.commits[c].parents);
                }
            }
            seen
        };
        let (a, b) = (ancestors(one), ancestors(two));
        (0..self.commits.len()).rev().find(|c| a[*c] && b[*c]).unwrap_or(0)
    }

    fn change(&mut self, branch: usize, step: &Step) {
        use Action::*;
        let mut tree = self.commits[self.tips[branch]].tree.clone();
        let mut message = Message::Words(format!("{:?}", step.action));
        let texts: Vec<Vec<u8>> = tree.iter().filter(|(_, e)| e.is_text()).map(|(p, _)| p.clone()).collect();
        let all: Vec<Vec<u8>> = tree.keys().cloned().collect();
        let pick = |list: &[Vec<u8>], n: u8| list.get(usize::from(n) % list.len().max(1)).cloned();
        let (at, count) = (usize::from(step.at), usize::from(step.count));
        match step.action {
            Create => {
                let path = self.free_name(&tree, step.other);
                let content = self.new_lines(1 + count % 30);
                tree.insert(path, Rc::new(Entry::text(content)));
            }
            Remove => {
                if let Some(path) = pick(&all, step.file).filter(|_| all.len() > 2) {
                    tree.remove(&path);
                }
            }
            Rename | RenameAndEdit => {
                if let Some(path) = pick(&texts, step.file) {
                    let mut entry = (*tree[&path]).clone();
                    let mut lines = split(&entry.content);
                    if step.action == RenameAndEdit && lines.len() >= 8 {
                        let at = at % lines.len();
                        lines[at] = self.new_line();
                        entry.content = lines.concat();
                    }
                    let to = self.free_name(&tree, step.other);
                    tree.remove(&path);
                    tree.insert(to, Rc::new(entry));
                }
            }
            Revert => {
                let mainline = self.mainline();
                let undone = mainline[mainline.len() - 1 - usize::from(step.count % 4) % mainline.len()];
                if let Some(parent) = self.commits[undone].parents.first() {
                    let (before, after) = (self.commits[*parent].tree.clone(), &self.commits[undone].tree);
                    tree = merge_trees(after, &tree, &before, step.at);
                    message = Message::Reverts(undone);
                }
            }
            Restore => {
                let mainline = self.mainline();
                let old = &self.commits[mainline[mainline.len() - 1 - count % mainline.len()]].tree;
                let paths: Vec<Vec<u8>> = old.keys().cloned().collect();
                if let Some(path) = pick(&paths, step.file) {
                    tree.insert(path.clone(), old[&path].clone());
                }
            }
            Kind => {
                if let Some(path) = pick(&all, step.file) {
                    let modes = ["100755", "120000", "160000", "100644"];
                    let mode = modes[at % 4];
                    let content = if mode == "160000" { vec![] } else { self.new_lines(3) };
                    let content =
                        if mode.starts_with("100") && tree[&path].is_text() { tree[&path].content.clone() } else { content };
                    tree.insert(path, Rc::new(Entry { mode, content }));
                }
            }
            Binary => {
                let files: Vec<Vec<u8>> =
                    tree.iter().filter(|(_, e)| e.mode.starts_with("100")).map(|(p, _)| p.clone()).collect();
                if let Some(path) = pick(&files, step.file) {
                    let mut content = tree[&path].content.clone();
                    if tree[&path].is_text() {
                        content.insert(0, 0)
                    } else {
                        content.retain(|b| *b != 0)
                    }
                    tree.insert(path, Rc::new(Entry::text(content)));
                }
            }
            Move => {
                if let (Some(from), Some(to)) = (pick(&texts, step.file), pick(&texts, step.other)) {
                    let mut lines = split(&tree[&from].content);
                    let start = at % lines.len().max(1);
                    let end = (start + 1 + count % 10).min(lines.len());
                    let block: Vec<Vec<u8>> = lines.drain(start..end).collect();
                    tree.insert(from, Rc::new(Entry::text(lines.concat())));
                    let mut target = split(&tree[&to].content);
                    let place = usize::from(step.other) % (target.len() + 1);
                    target.splice(place..place, block);
                    tree.insert(to, Rc::new(Entry::text(target.concat())));
                }
            }
            Empty => {}
            _ => {
                if let Some(path) = pick(&texts, step.file) {
                    let mut entry = (*tree[&path]).clone();
                    entry.content = self.edit(&entry.content, step);
                    tree.insert(path, Rc::new(entry));
                }
            }
        }
        self.commit(branch, &[], tree, step, message);
    }

    /// Edits inside one text.
    fn edit(&mut self, content: &[u8], step: &Step) -> Vec<u8> {
        use Action::*;
        let mut lines = split(content);
        let start = usize::from(step.at) % (lines.len() + 1);
        let some = 1 + usize::from(step.count) % 6;
        let end = (start + some).min(lines.len());
        match step.action {
            Delete => {
                lines.drain(start..end);
            }
            Indent => lines[start..end].iter_mut().for_each(|line| {
                line.splice(0..0, *b"  ");
            }),
            Repeat => {
                let like = [&b"}\n"[..], b"\n", b"    }\n"].map(<[u8]>::to_vec);
                lines.splice(start..start, like.into_iter().cycle().take(some));
            }
            LineEnds => {
                let crlf = lines.iter().any(|line| line.ends_with(b"\r\n"));
                for line in lines.iter_mut().filter(|line| line.ends_with(b"\n")) {
                    let keep = line.len() - if line.ends_with(b"\r\n") { 2 } else { 1 };
                    line.truncate(keep);
                    line.extend(if crlf { &b"\n"[..] } else { b"\r\n" });
                }
            }
            LastNewline => {
                if let Some(last) = lines.last_mut()
                    && last.pop_if(|b| *b == b'\n').is_none()
                {
                    last.push(b'\n');
                }
            }
            Insert => {
                let new: Vec<Vec<u8>> = (0..some).map(|_| self.new_line()).collect();
                lines.splice(start..start, new);
            }
            _ => {
                let new: Vec<Vec<u8>> = (start..end.max(start + 1)).map(|_| self.new_line()).collect();
                lines.splice(start..end, new);
            }
        }
        lines.concat()
    }

    fn free_name(&mut self, tree: &Tree, wish: u8) -> Vec<u8> {
        let wish = usize::from(wish);
        let free = (0..NAMES.len()).map(|i| NAMES[(wish + i) % NAMES.len()]).find(|name| !tree.contains_key(*name));
        self.serial += 1;
        free.map_or_else(|| format!("more/{}.txt", self.serial).into_bytes(), <[u8]>::to_vec)
    }
}

/// The lines of a text with their line feeds.
fn split(content: &[u8]) -> Vec<Vec<u8>> {
    content.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

/// A three-way merge by path, and by lines where both sides changed a text; `choice` settles conflicts.
fn merge_trees(base: &Tree, ours: &Tree, theirs: &Tree, choice: u8) -> Tree {
    let mut merged = Tree::new();
    let paths: std::collections::BTreeSet<&Vec<u8>> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    for path in paths {
        let (b, o, t) = (base.get(path), ours.get(path), theirs.get(path));
        let entry = match (o, t) {
            _ if b == o => t.cloned(),
            _ if b == t || o == t => o.cloned(),
            (Some(o), Some(t)) if o.is_text() && t.is_text() => {
                let base = b.filter(|b| b.is_text()).map(|b| split(&b.content)).unwrap_or_default();
                Some(Rc::new(Entry { mode: o.mode, content: merge_lines(&base, &split(&o.content), &split(&t.content), choice) }))
            }
            (Some(_), _) => o.cloned(),
            (None, _) => t.cloned(),
        };
        merged.extend(entry.map(|e| (path.clone(), e)));
    }
    merged
}

/// Each side is seen as one changed region between a common start and a common end.
fn merge_lines(base: &[Vec<u8>], ours: &[Vec<u8>], theirs: &[Vec<u8>], choice: u8) -> Vec<u8> {
    let region = |side: &[Vec<u8>]| {
        let start = base.iter().zip(side).take_while(|(a, b)| a == b).count();
        let rest = base.len().min(side.len()) - start;
        let end = base.iter().rev().zip(side.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        (start, base.len() - end, side[start..side.len() - end].to_vec())
    };
    let (mine, other) = (region(ours), region(theirs));
    let (first, second) = if mine.0 <= other.0 { (mine, other) } else { (other, mine) };
    if first.1 <= second.0 {
        return [&base[..first.0], &first.2, &base[first.1..second.0], &second.2, &base[second.1..]].concat().concat();
    }
    match choice % 3 {
        0 => ours.concat(),
        1 => theirs.concat(),
        _ => [ours, &[b"settled by hand in the merge\n".to_vec()], theirs].concat().concat(),
    }
}

//! What differs between two trees, entry by entry, without looking at any blob.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use crate::objects::{Objects, ReadError};

/// Mode and object of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// One of the five modes that git knows (see [`canonical`]).
    pub mode: u32,
    /// Object.
    pub id: ObjectId,
}

/// Kind of an entry, by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Tree,
    /// A regular file, executable or not.
    File,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}

impl Entry {
    /// Kind by mode.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.mode & 0o170_000 {
            0o040_000 => Kind::Tree,
            0o120_000 => Kind::Symlink,
            0o100_000 => Kind::File,
            _ => Kind::Submodule,
        }
    }
}

/// The mode that git takes for what a tree spells: of a regular file only the owner's execute bit counts, and what is neither file, link nor
/// folder is a submodule (`777777`, `0`).
///
/// Source: `canon_mode` of git, which keeps 16 bits of what is spelt.
fn canonical(spelt: u16) -> u32 {
    match spelt & 0o170_000 {
        0o100_000 if spelt & 0o100 == 0 => 0o100_644,
        0o100_000 => 0o100_755,
        0o120_000 => 0o120_000,
        0o040_000 => 0o040_000,
        _ => 0o160_000,
    }
}

/// What `git fsck` reports of a tree that can be read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// One name stands there twice.
    Twice,
    /// The entries are not in git's order.
    Unsorted,
}

impl Flaw {
    /// What was done about it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Twice => {
                "a folder lists one name twice (`git fsck`: duplicateEntries); the first entry is read, as by `git blame`"
            }
            Self::Unsorted => "a folder is not in git's order (`git fsck`: treeNotSorted); it is read as if it were",
        }
    }
}

/// A tree that was read: entries in git's order, each name once.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    data: Vec<u8>,
    flaws: Vec<Flaw>,
}

impl Folder {
    /// Takes the raw bytes of a tree; `None` where they are no entries to their end.
    pub(crate) fn read(data: &[u8], hash_len: usize) -> Option<Self> {
        let mut items = Items { rest: data, hash_len };
        let mut flaws = Vec::new();
        let mut last: Option<Item<'_>> = None;
        for item in items.by_ref() {
            match last.as_ref().map_or(std::cmp::Ordering::Less, |last| last.order(&item)) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => flaws.push(Flaw::Twice),
                std::cmp::Ordering::Greater => flaws.push(Flaw::Unsorted),
            }
            last = Some(item);
        }
        if !items.rest.is_empty() {
            return None;
        }
        if flaws.is_empty() {
            return Some(Self { data: data.to_vec(), flaws });
        }
        let mut sorted: Vec<Item<'_>> = Items { rest: data, hash_len }.collect();
        let all = sorted.len();
        // Of equal names the first one stays first.
        sorted.sort_by(Item::order);
        sorted.dedup_by(|later, first| later.order(first).is_eq());
        if sorted.len() < all {
            flaws.push(Flaw::Twice);
        }
        flaws.sort_unstable();
        flaws.dedup();
        let mut data = Vec::with_capacity(data.len());
        for item in sorted {
            data.extend_from_slice(format!("{:o} ", item.mode).as_bytes());
            data.extend_from_slice(item.name);
            data.push(0);
            data.extend_from_slice(item.id.as_slice());
        }
        Some(Self { data, flaws })
    }

    /// Bytes held.
    pub(crate) fn weight(&self) -> usize {
        self.data.len()
    }

    fn items(&self, hash_len: usize) -> Items<'_> {
        Items { rest: &self.data, hash_len }
    }
}

/// One path that differs. A path is on both sides where it is a file, link or submodule on both.
#[derive(Debug, Clone)]
pub struct Change {
    /// Path from the root, `/` between parts.
    pub path: BString,
    /// Entry before.
    pub old: Option<Entry>,
    /// Entry after.
    pub new: Option<Entry>,
}

/// One entry of a raw tree.
struct Item<'a> {
    mode: u32,
    name: &'a BStr,
    id: ObjectId,
}

/// Iterates over the raw bytes of a tree; ends at the first malformed entry.
struct Items<'a> {
    rest: &'a [u8],
    hash_len: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let space = memchr::memchr(b' ', self.rest)?;
        let (mode, rest) = self.rest.split_at(space);
        let rest = rest.get(1..)?;
        let nul = memchr::memchr(0, rest)?;
        let (name, rest) = rest.split_at(nul);
        if mode.is_empty() || name.is_empty() {
            return None;
        }
        let id = rest.get(1..=self.hash_len)?;
        self.rest = rest.get(self.hash_len + 1..)?;
        let mode = mode
            .iter()
            .try_fold(0_u16, |mode, digit| matches!(digit, b'0'..=b'7').then(|| (mode << 3) | u16::from(digit - b'0')))?;
        Some(Item { mode: canonical(mode), name: name.as_bstr(), id: ObjectId::try_from(id).ok()? })
    }
}

impl Item<'_> {
    fn entry(&self) -> Entry {
        Entry { mode: self.mode, id: self.id }
    }

    fn is_tree(&self) -> bool {
        self.entry().kind() == Kind::Tree
    }

    /// Order of git's trees: a folder sorts as if its name ended in `/`.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let end = |item: &Self| item.is_tree().then_some(b'/');
        self.name.iter().copied().chain(end(self)).cmp(other.name.iter().copied().chain(end(other)))
    }
}

/// The differences of two root trees; `None` is the empty tree.
///
/// # Errors
/// A tree that is missing or damaged; its name is in the error.
pub fn diff(objects: &mut Objects, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Vec<Change>, ReadError> {
    let mut changes = Vec::new();
    if old != new {
        diff_trees(objects, old, new, &mut BString::default(), &mut changes)?;
        // A file that became a folder (or back) sorts apart from it; the list is ordered by path, so that equal paths meet.
        changes.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(changes)
}

fn diff_trees(
    objects: &mut Objects,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    path: &mut BString,
    changes: &mut Vec<Change>,
) -> Result<(), ReadError> {
    let hash_len = objects.hash_len();
    let (old_folder, new_folder) = (objects.tree(old)?, objects.tree(new)?);
    for flaw in old_folder.flaws.iter().chain(&new_folder.flaws) {
        objects.note(*flaw);
    }
    let mut old_items = old_folder.items(hash_len).peekable();
    let mut new_items = new_folder.items(hash_len).peekable();
    loop {
        let order = match (old_items.peek(), new_items.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.order(new),
        };
        let old = if order.is_le() { old_items.next() } else { None };
        let new = if order.is_ge() { new_items.next() } else { None };
        if let (Some(old), Some(new)) = (&old, &new)
            && old.id == new.id
            && old.mode == new.mode
        {
            continue;
        }
        let Some(name) = old.as_ref().or(new.as_ref()).map(|item| item.name) else { continue };
        let length = path.len();
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        // Equal in order means that both are folders or neither is.
        if old.as_ref().or(new.as_ref()).is_some_and(Item::is_tree) {
            let (old_id, new_id) = (old.map(|item| item.id), new.map(|item| item.id));
            if old_id != new_id {
                diff_trees(objects, old_id, new_id, path, changes)?;
            }
        } else {
            changes.push(Change { path: path.clone(), old: old.map(|item| item.entry()), new: new.map(|item| item.entry()) });
        }
        path.truncate(length);
    }
}

/// The entry at `path` below `root`, if there is one.
///
/// # Errors
/// A tree on the way that is missing or damaged.
pub fn lookup(objects: &mut Objects, root: Option<ObjectId>, path: &BStr) -> Result<Option<Entry>, ReadError> {
    let hash_len = objects.hash_len();
    let mut tree = root;
    let mut parts = path.split_str("/").peekable();
    while let Some(part) = parts.next() {
        let folder = objects.tree(tree)?;
        let wanted_tree = parts.peek().is_some();
        let found =
            folder.items(hash_len).find(|item| item.name == part && item.is_tree() == wanted_tree).map(|item| item.entry());
        match found {
            Some(entry) if wanted_tree => tree = Some(entry.id),
            other => return Ok(other),
        }
    }
    Ok(None)
}

/// The folder `name` directly in the folder `tree`, if there is one.
///
/// # Errors
/// `tree` is missing or damaged.
pub fn lookup_child(objects: &mut Objects, tree: ObjectId, name: &BStr) -> Result<Option<Entry>, ReadError> {
    let hash_len = objects.hash_len();
    let folder = objects.tree(Some(tree))?;
    Ok(folder.items(hash_len).find(|item| item.name == name && item.is_tree()).map(|item| item.entry()))
}

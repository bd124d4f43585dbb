//! What a commit adds by itself, whether or not it landed that way; and the notes that are attached to commits.

use bstr::BString;
use gix::ObjectId;

use crate::commit;
use crate::history::Commit;
use crate::hunks::{DiffAlgorithm, Differ};
use crate::objects::{Objects, ReadError};
use crate::rename::{self, RenameOptions};
use crate::repository::Repository;
use crate::tree::{self, Entry};

/// Lines that a commit adds to a path, against its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedLines {
    /// Path in the commit.
    pub path: BString,
    /// One-based inclusive ranges, ascending and disjoint.
    pub ranges: Vec<(u32, u32)>,
}

/// Reads commits one at a time, by tree.
pub struct AddedReader {
    objects: Objects,
    differ: Differ,
}

impl AddedReader {
    /// A reader for the calling thread.
    #[must_use]
    pub fn new(repo: &Repository) -> Self {
        Self { objects: Objects::new(repo.inner()), differ: Differ::default() }
    }

    /// The lines that `commit` adds against `parent` (`None` = it is a root), renames followed.
    ///
    /// # Errors
    /// A tree that cannot be read. Contents that cannot be read add nothing.
    pub fn added(&mut self, parent: Option<&Commit>, commit: &Commit) -> Result<Vec<AddedLines>, ReadError> {
        let changes = tree::diff(&mut self.objects, parent.and_then(|parent| parent.tree), commit.tree)?;
        let renames = rename::find(&mut self.objects, &changes, RenameOptions::default()).pairs;
        let mut added = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let Some(new) = change.new else { continue };
            let source = renames
                .iter()
                .find(|(_, target)| *target == index)
                .and_then(|(source, _)| changes.get(*source))
                .unwrap_or(change);
            let ranges = self.ranges(source.old.as_ref(), &new);
            if !ranges.is_empty() {
                added.push(AddedLines { path: change.path.clone(), ranges });
            }
        }
        Ok(added)
    }

    fn ranges(&mut self, old: Option<&Entry>, new: &Entry) -> Vec<(u32, u32)> {
        let content = self.objects.content(new);
        let Some(new) = content.text() else { return Vec::new() };
        let old = old.map(|old| self.objects.content(old));
        match old.as_ref().and_then(|old| old.text()) {
            Some(old) => {
                let hunks = self.differ.hunks(old, new, DiffAlgorithm::Histogram);
                hunks.iter().filter(|hunk| !hunk.after.is_empty()).map(|hunk| (hunk.after.start + 1, hunk.after.end)).collect()
            }
            None if new.is_empty() => Vec::new(),
            None => vec![(1, new.len())],
        }
    }

    /// The raw bytes of a blob.
    ///
    /// # Errors
    /// The object is missing, damaged or no blob.
    pub fn blob(&mut self, id: ObjectId) -> Result<&[u8], ReadError> {
        self.objects.blob(id)
    }

    /// The object and the bytes of the file at `path` in the commit `id`, if there is one.
    ///
    /// # Errors
    /// The commit, a tree or the blob cannot be read.
    pub fn object_at(&mut self, id: ObjectId, path: &[u8]) -> Result<Option<(ObjectId, Vec<u8>)>, ReadError> {
        let root = commit::parse(self.objects.commit(id)?).tree;
        match tree::lookup(&mut self.objects, root, path.into())? {
            Some(entry) if entry.kind() == tree::Kind::File => Ok(Some((entry.id, self.objects.blob(entry.id)?.to_vec()))),
            _ => Ok(None),
        }
    }

    /// The bytes of the file at `path` in the commit `id`, if there is one.
    ///
    /// # Errors
    /// The commit, a tree or the blob cannot be read.
    pub fn file_at(&mut self, id: ObjectId, path: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.object_at(id, path)?.map(|(_, bytes)| bytes))
    }

    /// The bytes of the file at `path` in `commit`, if there is one.
    ///
    /// # Errors
    /// A tree or the blob that cannot be read.
    pub fn file(&mut self, commit: &Commit, path: &bstr::BStr) -> Result<Option<Vec<u8>>, ReadError> {
        match tree::lookup(&mut self.objects, commit.tree, path)? {
            Some(entry) if entry.kind() == tree::Kind::File => Ok(Some(self.objects.blob(entry.id)?.to_vec())),
            _ => Ok(None),
        }
    }
}

/// The notes below a reference such as `refs/notes/ai`: (annotated object, note), in order of the annotated object.
///
/// # Errors
/// The notes' own commit or tree cannot be read: which object, and why.
pub fn notes(repo: &Repository, reference: &str) -> Result<Vec<(ObjectId, ObjectId)>, ReadError> {
    let Some(tip) = repo.reference(reference) else { return Ok(Vec::new()) };
    let mut objects = Objects::new(repo.inner());
    let root = commit::parse(objects.commit(tip)?).tree;
    // Notes lie in a tree whose folders are the first digits of the annotated object.
    let mut found: Vec<(ObjectId, ObjectId)> = tree::diff(&mut objects, None, root)?
        .into_iter()
        .filter_map(|change| {
            let hex: Vec<u8> = change.path.iter().copied().filter(|byte| *byte != b'/').collect();
            Some((ObjectId::from_hex(&hex).ok()?, change.new?.id))
        })
        .collect();
    found.sort_unstable();
    Ok(found)
}

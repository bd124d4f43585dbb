//! Reading objects: one handle per thread, with the small caches that mining a chain of commits lives from.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::Kind as ObjectKind;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::prelude::FindExt;
use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::commit;
use crate::text::{Content, NoLines};
use crate::tree::{Entry, Flaw, Folder, Kind};

/// An object that cannot be read.
#[derive(Debug, Clone, Error)]
#[error("object {id} is missing or damaged ({why})")]
pub struct ReadError {
    /// The object.
    pub id: ObjectId,
    /// What the object database says.
    pub why: String,
}

/// Bytes of texts that one thread keeps.
const TEXT_CACHE_BYTES: usize = 64 << 20;
/// Bytes of unpacked objects that one thread keeps as bases of deltas.
const DELTA_BASE_CACHE_BYTES: usize = 48 << 20;
/// Bytes of trees that one thread keeps.
const TREE_CACHE_BYTES: usize = 24 << 20;

/// Object access of one thread.
pub struct Objects {
    repo: gix::Repository,
    hash_len: usize,
    buffer: Vec<u8>,
    trees: TwoGenerations<Arc<Folder>>,
    texts: TwoGenerations<Content>,
    unreadable: Vec<ReadError>,
    flaws: Vec<Flaw>,
}

impl Objects {
    /// A handle for the calling thread.
    #[must_use]
    pub fn new(repo: &gix::ThreadSafeRepository) -> Self {
        let mut repo = repo.to_thread_local();
        // Neighbouring versions of a file lie on one chain of deltas: without its bases at hand each would be unpacked from the start.
        repo.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(DELTA_BASE_CACHE_BYTES)));
        let hash_len = repo.object_hash().len_in_bytes();
        Self {
            repo,
            hash_len,
            buffer: Vec::new(),
            trees: TwoGenerations::new(TREE_CACHE_BYTES),
            texts: TwoGenerations::new(TEXT_CACHE_BYTES),
            unreadable: Vec::new(),
            flaws: Vec::new(),
        }
    }

    /// Bytes of an object id.
    #[must_use]
    pub fn hash_len(&self) -> usize {
        self.hash_len
    }

    /// A tree; `None` is the empty one.
    ///
    /// # Errors
    /// The object is missing, damaged or no tree.
    pub(crate) fn tree(&mut self, id: Option<ObjectId>) -> Result<Arc<Folder>, ReadError> {
        let Some(id) = id else { return Ok(Arc::default()) };
        if let Some(tree) = self.trees.get(&id) {
            return Ok(tree);
        }
        let hash_len = self.hash_len;
        let Some(folder) = Folder::read(self.read(id, ObjectKind::Tree)?, hash_len) else {
            return Err(ReadError { id, why: "it is no well-formed tree".to_owned() });
        };
        let folder = Arc::new(folder);
        self.trees.put(id, Arc::clone(&folder), folder.weight());
        Ok(folder)
    }

    /// The content of an entry; never fails: what cannot be read has no lines and is listed (see [`Self::take_unreadable`]).
    pub fn content(&mut self, entry: &Entry) -> Content {
        match entry.kind() {
            Kind::Symlink => return Content::None(NoLines::Symlink),
            Kind::Submodule => return Content::None(NoLines::Submodule),
            Kind::Tree => return Content::None(NoLines::Unreadable),
            Kind::File => {}
        }
        if let Some(content) = self.texts.get(&entry.id) {
            return content;
        }
        let content = match self.read(entry.id, ObjectKind::Blob) {
            Ok(data) => Content::from_blob(data.to_vec()),
            Err(error) => {
                self.unreadable.push(error);
                Content::None(NoLines::Unreadable)
            }
        };
        let weight = content.text().map_or(64, |text| text.weight());
        self.texts.put(entry.id, content.clone(), weight);
        content
    }

    /// The raw bytes of a commit.
    ///
    /// # Errors
    /// The object is missing, damaged or no commit.
    pub fn commit(&mut self, id: ObjectId) -> Result<&[u8], ReadError> {
        let hash_len = self.hash_len;
        let data = self.read(id, ObjectKind::Commit)?;
        match commit::flaw(data, hash_len) {
            Some(flaw) => Err(ReadError { id, why: flaw.to_owned() }),
            None => Ok(data),
        }
    }

    /// The raw bytes of a blob of any size.
    ///
    /// # Errors
    /// The object is missing, damaged or no blob.
    pub fn blob(&mut self, id: ObjectId) -> Result<&[u8], ReadError> {
        self.read(id, ObjectKind::Blob)
    }

    /// The blobs that could not be read since the last call.
    pub fn take_unreadable(&mut self) -> Vec<ReadError> {
        std::mem::take(&mut self.unreadable)
    }

    /// Remembers a flaw of a tree that was compared.
    pub(crate) fn note(&mut self, flaw: Flaw) {
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    /// The flaws of the trees that were compared since the last call, each once.
    pub fn take_flaws(&mut self) -> Vec<Flaw> {
        let mut flaws = std::mem::take(&mut self.flaws);
        flaws.sort_unstable();
        flaws
    }

    /// Whether the object is there and can be unpacked.
    pub fn has(&mut self, id: ObjectId) -> bool {
        self.repo.objects.find(&id, &mut self.buffer).is_ok()
    }

    fn read(&mut self, id: ObjectId, kind: ObjectKind) -> Result<&[u8], ReadError> {
        let error = |why: String| ReadError { id, why };
        let data =
            self.repo.objects.find(&id, &mut self.buffer).map_err(|source| error(source.to_string().replace('\n', " ")))?;
        if data.kind != kind {
            return Err(error(format!("it is a {}, expected a {kind}", data.kind)));
        }
        Ok(data.data)
    }
}

/// A cache that forgets what was not asked for since half of its bytes were last filled: close to least recently used, at the price
/// of two maps.
struct TwoGenerations<V> {
    young: FxHashMap<ObjectId, (V, usize)>,
    old: FxHashMap<ObjectId, (V, usize)>,
    young_bytes: usize,
    limit: usize,
}

impl<V: Clone> TwoGenerations<V> {
    fn new(limit: usize) -> Self {
        Self { young: FxHashMap::default(), old: FxHashMap::default(), young_bytes: 0, limit }
    }

    fn get(&mut self, id: &ObjectId) -> Option<V> {
        if let Some((value, _)) = self.young.get(id) {
            return Some(value.clone());
        }
        let (value, weight) = self.old.remove(id)?;
        self.put(*id, value.clone(), weight);
        Some(value)
    }

    fn put(&mut self, id: ObjectId, value: V, weight: usize) {
        if self.young_bytes + weight > self.limit / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += weight;
        self.young.insert(id, (value, weight));
    }
}

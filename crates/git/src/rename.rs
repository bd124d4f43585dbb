//! Which deleted path became which added one, as `git diff -M50%` decides (diffcore-rename): exact matches first, then files that share
//! an otherwise unique base name, then the best of the full comparison, up to a limit that is announced when it bites.

use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashMap;

use crate::objects::Objects;
use crate::text::{Content, Text};
use crate::tree::{Change, Entry, Kind};

/// Similarity is counted in these units, as in git.
const MAX_SCORE: u64 = 60_000;
/// Candidates kept for one added path.
const CANDIDATES: usize = 4;
/// Size of the space that spans of bytes are hashed into.
const HASH_BASE: u32 = 107_927;

/// How renames are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenameOptions {
    /// Similarity from which a pair is a rename, in per cent; above 100 = no renames.
    pub threshold_percent: u8,
    /// Largest `n` for which `n` x `n` pairs are compared.
    pub limit: u32,
}

impl Default for RenameOptions {
    fn default() -> Self {
        Self { threshold_percent: 50, limit: 1000 }
    }
}

/// What was found in one commit.
#[derive(Debug, Clone, Default)]
pub struct Renames {
    /// Pairs (index of the deleted change, index of the added change).
    pub pairs: Vec<(usize, usize)>,
    /// Pairs of paths that were not compared because of the limit.
    pub not_compared: u64,
}

struct Side<'a> {
    change: usize,
    path: &'a BStr,
    entry: Entry,
    taken: bool,
    spans: Option<Option<Arc<Spans>>>,
}

/// Bytes of a file by the hash of the span that they stand in, sorted by hash.
struct Spans {
    size: u64,
    counts: Vec<(u32, u32)>,
}

/// Finds renames among `changes` (paths with only an old, or only a new entry take part).
pub fn find(objects: &mut Objects, changes: &[Change], options: RenameOptions) -> Renames {
    let mut found = Renames::default();
    if options.threshold_percent > 100 {
        return found;
    }
    let side = |pick: fn(&Change) -> Option<Entry>| -> Vec<Side<'_>> {
        let files = changes.iter().enumerate().filter(|(_, change)| change.old.is_none() != change.new.is_none());
        files
            .filter_map(|(index, change)| Some((index, change, pick(change)?)))
            .filter(|(_, _, entry)| entry.kind() == Kind::File)
            .map(|(index, change, entry)| Side { change: index, path: change.path.as_bstr(), entry, taken: false, spans: None })
            .collect()
    };
    let mut sources = side(|change| change.old);
    let mut targets = side(|change| change.new);
    if sources.is_empty() || targets.is_empty() {
        return found;
    }
    exact(&mut sources, &mut targets, &mut found);
    let minimum = MAX_SCORE * u64::from(options.threshold_percent) / 100;
    if minimum < MAX_SCORE {
        by_base_name(objects, &mut sources, &mut targets, minimum, &mut found);
        by_similarity(objects, &mut sources, &mut targets, minimum, options.limit, &mut found);
    }
    found
}

fn base_name(path: &BStr) -> &BStr {
    path.rfind_byte(b'/').and_then(|at| path.get(at + 1..)).map_or(path, ByteSlice::as_bstr)
}

fn take(source: &mut Side<'_>, target: &mut Side<'_>, found: &mut Renames) {
    source.taken = true;
    target.taken = true;
    found.pairs.push((source.change, target.change));
}

fn exact(sources: &mut [Side<'_>], targets: &mut [Side<'_>], found: &mut Renames) {
    let mut by_id: FxHashMap<gix::ObjectId, Vec<usize>> = FxHashMap::default();
    for (index, source) in sources.iter().enumerate() {
        by_id.entry(source.entry.id).or_default().push(index);
    }
    for target in targets {
        let Some(candidates) = by_id.get(&target.entry.id) else { continue };
        let mut best = None;
        for &index in candidates {
            let Some(source) = sources.get(index).filter(|source| !source.taken) else { continue };
            if base_name(source.path) == base_name(target.path) {
                best = Some(index);
                break;
            }
            best = best.or(Some(index));
        }
        if let Some(source) = best.and_then(|index| sources.get_mut(index)) {
            take(source, target, found);
        }
    }
}

/// Files whose base name is unique among the deleted and among the added paths need a higher score, but only one comparison.
fn by_base_name(objects: &mut Objects, sources: &mut [Side<'_>], targets: &mut [Side<'_>], minimum: u64, found: &mut Renames) {
    fn unique<'a>(side: &[Side<'a>]) -> FxHashMap<&'a BStr, Option<usize>> {
        let mut names: FxHashMap<&BStr, Option<usize>> = FxHashMap::default();
        for (index, file) in side.iter().enumerate().filter(|(_, file)| !file.taken) {
            names.entry(base_name(file.path)).and_modify(|known| *known = None).or_insert(Some(index));
        }
        names
    }
    let minimum = minimum + (MAX_SCORE - minimum) / 2;
    let target_names = unique(targets);
    let mut pairs: Vec<(usize, usize)> = unique(sources)
        .iter()
        .filter_map(|(name, source)| Some(((*source)?, target_names.get(name).copied().flatten()?)))
        .collect();
    pairs.sort_unstable();
    for (source, target) in pairs {
        let (Some(source), Some(target)) = (sources.get_mut(source), targets.get_mut(target)) else { continue };
        if similarity(objects, source, target, minimum) >= minimum {
            take(source, target, found);
        }
    }
}

fn by_similarity(
    objects: &mut Objects,
    sources: &mut [Side<'_>],
    targets: &mut [Side<'_>],
    minimum: u64,
    limit: u32,
    found: &mut Renames,
) {
    let open_sources: Vec<usize> =
        (0..sources.len()).filter(|&index| sources.get(index).is_some_and(|file| !file.taken)).collect();
    let open_targets: Vec<usize> =
        (0..targets.len()).filter(|&index| targets.get(index).is_some_and(|file| !file.taken)).collect();
    let pairs = open_sources.len() as u64 * open_targets.len() as u64;
    if pairs > u64::from(limit) * u64::from(limit) {
        found.not_compared = pairs;
        return;
    }
    let mut candidates: Vec<(u64, bool, usize, usize)> = Vec::new();
    for &target_index in &open_targets {
        let Some(target) = targets.get_mut(target_index) else { continue };
        // As in git, each source is recorded whatever its score, in place of the worst so far: that decides the order of equals.
        let mut best: Vec<(u64, bool, usize, usize)> = Vec::with_capacity(CANDIDATES);
        for &source_index in &open_sources {
            let Some(source) = sources.get_mut(source_index) else { continue };
            let score = similarity(objects, source, target, minimum);
            let entry = (score, base_name(source.path) == base_name(target.path), target_index, source_index);
            if best.len() < CANDIDATES {
                best.push(entry);
                continue;
            }
            let worst = best.iter_mut().min_by_key(|other| (other.0, other.1));
            if let Some(worst) = worst.filter(|worst| (entry.0, entry.1) > (worst.0, worst.1)) {
                *worst = entry;
            }
        }
        best.retain(|entry| entry.0 >= minimum);
        candidates.extend(best);
    }
    candidates.sort_by_key(|&(score, same_name, ..)| std::cmp::Reverse((score, same_name)));
    for (_, _, target, source) in candidates {
        let (Some(source), Some(target)) = (sources.get_mut(source), targets.get_mut(target)) else { continue };
        if !source.taken && !target.taken {
            take(source, target, found);
        }
    }
}

/// Bytes of the source that the target still has, over the size of the larger one.
fn similarity(objects: &mut Objects, source: &mut Side<'_>, target: &mut Side<'_>, minimum: u64) -> u64 {
    let (Some(old), Some(new)) = (spans(objects, source), spans(objects, target)) else { return 0 };
    let (largest, smallest) = (old.size.max(new.size), old.size.min(new.size));
    if largest == 0 || largest * (MAX_SCORE - minimum) < (largest - smallest) * MAX_SCORE {
        return 0;
    }
    let mut copied = 0_u64;
    let mut rest = new.counts.iter().peekable();
    for &(hash, count) in &old.counts {
        while rest.next_if(|(other, _)| *other < hash).is_some() {}
        if let Some((_, other)) = rest.next_if(|(other, _)| *other == hash) {
            copied += u64::from(count.min(*other));
        }
    }
    copied * MAX_SCORE / largest
}

fn spans(objects: &mut Objects, side: &mut Side<'_>) -> Option<Arc<Spans>> {
    if side.spans.is_none() {
        side.spans = Some(match objects.content(&side.entry) {
            Content::Text(text) => Some(Arc::new(Spans::of(&text))),
            // Files without lines keep their life as a whole or not at all: only an exact match is a rename for us.
            Content::None(_) => None,
        });
    }
    side.spans.clone().flatten()
}

impl Spans {
    /// Cuts a text into spans that end at a line feed or after 64 bytes; a CR before a line feed does not count.
    fn of(text: &Text) -> Self {
        let data = text.data();
        let mut counts: Vec<(u32, u32)> = Vec::with_capacity(text.hashes().len() + data.len() / 64);
        let (mut high, mut low, mut length) = (0_u32, 0_u32, 0_u32);
        let mut bytes = data.iter().peekable();
        while let Some(&byte) = bytes.next() {
            if byte == b'\r' && bytes.peek() == Some(&&b'\n') {
                continue;
            }
            let previous = high;
            high = (high << 7) ^ (low >> 25);
            low = (low << 7) ^ (previous >> 25);
            high = high.wrapping_add(u32::from(byte));
            length += 1;
            if length < 64 && byte != b'\n' {
                continue;
            }
            counts.push((high.wrapping_add(low.wrapping_mul(0x61)) % HASH_BASE, length));
            (high, low, length) = (0, 0, 0);
        }
        if length > 0 {
            counts.push((high.wrapping_add(low.wrapping_mul(0x61)) % HASH_BASE, length));
        }
        counts.sort_unstable_by_key(|(hash, _)| *hash);
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Self { size: data.len() as u64, counts }
    }
}

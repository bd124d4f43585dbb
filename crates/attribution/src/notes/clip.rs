//! From a record's claims to evidence: only lines that the commit really added, each under one author.

use super::{Author, Note, Resolution};
use crate::ranges::{Ranges, count, difference, intersection, normalised};
use bstr::{BStr, BString, ByteSlice};
use candor_model::{Evidence, EvidenceLevel, Mode, Origin, Strength};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// What a commit added to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedLines {
    /// Path as evidence spells it (as git quotes it, where it is odd).
    pub path: String,
    /// Lines in the file as of the commit; any order.
    pub ranges: Ranges,
}

/// What is left of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Clipped {
    /// One statement for each file and author; ranges of different statements on a file never overlap.
    pub evidence: Vec<Evidence>,
    /// Lines that the record claims for AI or people (each line of a file once).
    pub claimed_lines: u64,
    /// Those of them that the commit added.
    pub valid_lines: u64,
    /// Lines that the commit added and that are claimed under keys that resolve to nothing.
    pub unresolved_lines: u64,
    /// Lines that the commit added and that a test tool claims.
    pub test_tool_lines: u64,
}

impl Clipped {
    /// Share of the claimed lines that the commit added, 0 to 1; none when nothing was claimed.
    pub fn valid_lines_fraction(&self) -> Option<f64> {
        (self.claimed_lines > 0).then(|| self.valid_lines as f64 / self.claimed_lines as f64)
    }

    /// Lines with evidence of this origin.
    pub fn lines(&self, origin: Origin) -> u64 {
        self.evidence.iter().filter(|e| e.origin == origin).map(Evidence::lines).sum()
    }
}

/// Keeps of a record the lines that the commit added (F28): the others keep whatever origin they had before.
///
/// # Definition
/// Per file: claimed lines that are also added lines. A line that is claimed for AI and for a person is mixed. A line that
/// several AI authors claim goes to the first of them in the record. Claims of test tools and of keys that resolve to
/// nothing are no evidence and are counted.
///
/// # Input
/// `commit`: id in hex of the commit whose record it is. `salt`: of the installation; sessions leave as a hash with it
/// only. `observed_at`: the commit's time. `added`: what the commit added at a path of the record, none when nothing.
///
/// # Output
/// Every statement carries the valid share of the whole record, since a record that claims lines elsewhere is doubtful
/// as a whole.
pub fn clip(note: &Note, commit: &str, salt: &[u8], observed_at: i64, added: &dyn Fn(&BStr) -> Option<AddedLines>) -> Clipped {
    let mut by_path: BTreeMap<&BString, Vec<(Resolution, &Ranges)>> = BTreeMap::new();
    for entry in &note.entries {
        by_path.entry(&entry.path).or_default().push((entry.resolved, &entry.ranges));
    }
    let mut clipped = Clipped { evidence: Vec::new(), claimed_lines: 0, valid_lines: 0, unresolved_lines: 0, test_tool_lines: 0 };
    for (path, claims) in by_path {
        let lines = added(path.as_bstr());
        let (path, own) = lines.map(|lines| (lines.path, normalised(lines.ranges))).unwrap_or_default();
        let claimed = |wanted: &dyn Fn(Resolution) -> bool| {
            normalised(
                claims.iter().filter(|(resolved, _)| wanted(*resolved)).flat_map(|(_, ranges)| ranges.iter().copied()).collect(),
            )
        };
        let origin = |resolved: Resolution| match resolved {
            Resolution::Author(index) => note.authors.get(index).map(|author| author.origin),
            Resolution::TestTool | Resolution::Unresolved => None,
        };
        let all = claimed(&|resolved| origin(resolved).is_some());
        clipped.claimed_lines += count(&all);
        clipped.valid_lines += count(&intersection(&all, &own));
        clipped.unresolved_lines += count(&intersection(&claimed(&|r| r == Resolution::Unresolved), &own));
        clipped.test_tool_lines += count(&intersection(&claimed(&|r| r == Resolution::TestTool), &own));
        if own.is_empty() {
            continue;
        }
        let ai = claimed(&|resolved| origin(resolved) == Some(Origin::Ai));
        let human = claimed(&|resolved| origin(resolved) == Some(Origin::Human));
        let both = intersection(&ai, &human);
        // Authors in the order of the record; what one has, the next cannot have.
        let mut order: Vec<(usize, Ranges)> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        for (resolved, ranges) in &claims {
            let Resolution::Author(index) = *resolved else { continue };
            let at = *place.entry(index).or_insert_with(|| {
                order.push((index, Ranges::new()));
                order.len() - 1
            });
            if let Some((_, theirs)) = order.get_mut(at) {
                theirs.extend(ranges.iter());
            }
        }
        let mut free = own;
        for (index, theirs) in order {
            let Some(author) = note.authors.get(index) else { continue };
            let theirs = intersection(&normalised(theirs), &free);
            free = difference(&free, &theirs);
            for (origin, ranges) in [(author.origin, difference(&theirs, &both)), (Origin::Mixed, intersection(&theirs, &both))] {
                if !ranges.is_empty() {
                    clipped.evidence.push(statement(note, commit, salt, observed_at, author, origin, &path, ranges));
                }
            }
        }
    }
    let fraction = clipped.valid_lines_fraction();
    for evidence in &mut clipped.evidence {
        evidence.valid_lines_fraction = fraction;
    }
    clipped
}

#[allow(clippy::too_many_arguments, reason = "the parts of one statement, put together in one place")]
fn statement(
    note: &Note,
    commit: &str,
    salt: &[u8],
    observed_at: i64,
    author: &Author,
    origin: Origin,
    path: &str,
    ranges: Ranges,
) -> Evidence {
    // A trace says where lines were when they were written, not where they were committed.
    let (rule, doubt) = match note.source {
        "agent_trace" => (("agent-trace/lines", "1"), 0.15),
        _ => (("git-ai/attested-lines", "1"), 0.05),
    };
    Evidence {
        path: Some(path.to_owned()),
        ranges,
        mode: Mode::Unknown,
        tool: author.tool.clone(),
        tool_version: note.tool_version.clone(),
        model: author.model.clone(),
        provider: author.provider.clone(),
        session: author.session_raw.as_deref().map(|id| session_hash(salt, id)),
        source_version: Some(note.schema.clone()),
        strength: Strength::Recorded,
        p_ai: match origin {
            Origin::Ai => 1.0 - doubt,
            Origin::Human => doubt,
            _ => 0.5,
        },
        observed_at: Some(observed_at),
        ..Evidence::new(EvidenceLevel::Line, commit, origin, note.source, rule)
    }
}

/// The hash under which a session's id leaves this crate: it joins evidence of one session and gives the id away to
/// nobody who does not have the salt.
pub(crate) fn session_hash(salt: &[u8], id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update((salt.len() as u64).to_le_bytes());
    hash.update(salt);
    hash.update(id.as_bytes());
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

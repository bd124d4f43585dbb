//! Reading a ledger with suspicion: every line by itself, then its place in the chain, then whether it may say what it says.

use std::collections::BTreeMap;

use serde::Serialize;

use super::body::Body;
use super::entry::Entry;
use super::rules::Rules;
use crate::ExperimentError;
use crate::canonical::Hash;
use crate::key::PublicKey;
use crate::plan::Plan;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// Bytes after the last line end: a write that was cut off, never acknowledged, or a line end that somebody took away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Line on which they stand, from 1.
    pub line: usize,
    /// Where they begin.
    pub offset: usize,
    /// Whether they are a whole entry that follows the last one, and only the line end is missing.
    pub is_whole: bool,
}

/// What a file says.
#[derive(Debug)]
pub struct Reading {
    /// The entries up to the first fault.
    pub chain: Chain,
    /// Everything that is wrong, in order of lines.
    pub faults: Vec<Fault>,
    /// A cut-off end, where there is one.
    pub tail: Option<Tail>,
    /// Lines whose time lies before that of the line before: no fault, for clocks differ, but worth knowing.
    pub clock_steps: Vec<usize>,
}

/// A sound chain of entries.
#[derive(Debug, Default, Clone)]
pub struct Chain {
    entries: Vec<Entry>,
    hashes: Vec<Hash>,
    rules: Rules,
}

impl Chain {
    /// The entries in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Entries with the hashes of their lines.
    pub fn hashed(&self) -> impl Iterator<Item = (&Hash, &Entry)> {
        self.hashes.iter().zip(&self.entries)
    }

    /// Hash of the entry at a place.
    #[must_use]
    pub fn hash_at(&self, seq: u32) -> Option<Hash> {
        self.hashes.get(usize::try_from(seq).ok()?).copied()
    }

    /// The entry with this hash.
    #[must_use]
    pub fn find(&self, hash: &Hash) -> Option<&Entry> {
        self.hashed().find(|(own, _)| *own == hash).map(|(_, entry)| entry)
    }

    /// Hash of the last line; [`Hash::NONE`] of an empty ledger.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.hashes.last().copied().unwrap_or(Hash::NONE)
    }

    /// Hash of the first line: the name of the ledger.
    #[must_use]
    pub fn genesis(&self) -> Option<Hash> {
        self.hashes.first().copied()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys that may sign now, with the names of their holders.
    #[must_use]
    pub fn keys(&self) -> &BTreeMap<PublicKey, String> {
        self.rules.keys()
    }

    /// Place of the next entry.
    #[must_use]
    pub fn next_seq(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Whether this entry may follow, by the rules of its kind.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] with the rule that it breaks.
    pub fn allows(&self, entry: &Entry) -> Result<(), ExperimentError> {
        self.rules.clone().take(entry, Hash::NONE)
    }

    /// Takes an entry whose line has this hash.
    pub(super) fn push(&mut self, entry: Entry, hash: Hash) -> Result<(), ExperimentError> {
        self.rules.take(&entry, hash)?;
        self.entries.push(entry);
        self.hashes.push(hash);
        Ok(())
    }

    /// Planned looks of an experiment that were held or missed so far.
    #[must_use]
    pub fn looks_held(&self, id: &str) -> u32 {
        let held = |entry: &&Entry| match &entry.body {
            Body::Look(look) => look.experiment == id && look.planned,
            Body::MissedLook(look) => look.experiment == id,
            _ => false,
        };
        u32::try_from(self.entries.iter().filter(held).count()).unwrap_or(u32::MAX)
    }

    /// The plan in force: the entry that holds it, and the plan.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] where no such plan is registered, or where it was written by a version with another form.
    pub fn plan_in_force(&self, id: &str) -> Result<(Hash, Plan), ExperimentError> {
        let entries = self.plans(id);
        let Some((hash, entry)) = entries.last() else {
            let names: Vec<&str> = self
                .entries
                .iter()
                .filter_map(|entry| match &entry.body {
                    Body::Plan(plan) => Some(plan.id.as_str()),
                    _ => None,
                })
                .collect();
            let hint = if names.is_empty() {
                "`candor plan register FILE` registers one".to_owned()
            } else {
                format!("registered are: {}", names.join(", "))
            };
            return Err(ExperimentError::Refused { what: format!("no plan `{id}` is registered"), hint: Some(hint) });
        };
        let value = match &entry.body {
            Body::Plan(plan) => plan.plan.clone(),
            Body::Amendment(change) => change.plan.clone(),
            _ => serde_json::Value::Null,
        };
        let plan = serde_json::from_value(value).map_err(|error| ExperimentError::Refused {
            what: format!("the plan in entry {} cannot be read by this version: {error}", entry.seq),
            hint: Some("use the version of candor that registered it".to_owned()),
        })?;
        Ok((*hash, plan))
    }

    /// Entries of one experiment's plan: its registration and amendments, oldest first.
    #[must_use]
    pub fn plans(&self, id: &str) -> Vec<(Hash, &Entry)> {
        let own = |body: &Body| match body {
            Body::Plan(plan) => plan.id == id,
            Body::Amendment(change) => change.id == id,
            _ => false,
        };
        self.hashed().filter(|(_, entry)| own(&entry.body)).map(|(hash, entry)| (*hash, entry)).collect()
    }
}

/// Reads the bytes of a ledger file and checks everything that can be checked without anything else.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut reading = Reading { chain: Chain::default(), faults: Vec::new(), tail: None, clock_steps: Vec::new() };
    let mut seen: BTreeMap<Hash, usize> = BTreeMap::new();
    let mut expected = Expected { seq: 0, previous: Hash::NONE };
    let mut offset = 0;
    let mut number = 0;
    let mut last_at = None;
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        number += 1;
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            let is_whole = reading.faults.is_empty()
                && line_entry(rest).is_ok_and(|entry| expected.misses(&entry).is_none() && reading.chain.allows(&entry).is_ok());
            reading.tail = Some(Tail { line: number, offset, is_whole });
            break;
        };
        let line = rest.get(..length).unwrap_or_default();
        offset += length + 1;
        let hash = Hash::of(line);
        let fault = match line_entry(line) {
            Err(what) => {
                expected = Expected { seq: expected.seq.saturating_add(1), previous: hash };
                Some(what)
            }
            Ok(entry) => {
                let misplaced = match seen.get(&hash) {
                    Some(first) => Some(format!("entry {} is repeated: it stands in line {first} already", entry.seq)),
                    None => expected.misses(&entry),
                };
                expected = Expected { seq: entry.seq.saturating_add(1), previous: hash };
                if last_at.is_some_and(|last| entry.at < last) {
                    reading.clock_steps.push(number);
                }
                last_at = Some(entry.at);
                match misplaced {
                    Some(what) => Some(what),
                    // Rules look at the entries before: after a fault there is nothing to judge by.
                    None if !reading.faults.is_empty() => None,
                    None => reading.chain.push(entry, hash).err().map(|error| error.to_string()),
                }
            }
        };
        seen.entry(hash).or_insert(number);
        reading.faults.extend(fault.map(|what| Fault { line: number, what }));
    }
    reading
}

/// What the next line has to be.
struct Expected {
    seq: u32,
    previous: Hash,
}

impl Expected {
    fn misses(&self, entry: &Entry) -> Option<String> {
        let (found, wanted) = (entry.seq, self.seq);
        if found > wanted {
            let missing =
                if found - wanted == 1 { format!("entry {wanted} is") } else { format!("entries {wanted} to {} are", found - 1) };
            return Some(format!("entry {found} stands where entry {wanted} should: {missing} missing before it, or moved"));
        }
        if found < wanted {
            return Some(format!(
                "entry {found} stands where entry {wanted} should: it was moved, or written by a second branch"
            ));
        }
        (entry.previous != self.previous).then(|| {
            format!(
                "entry {found} does not follow the line before it: it names {}…, and that line has the hash {}…",
                entry.previous.short(),
                self.previous.short()
            )
        })
    }
}

/// An entry by itself: readable, in its one spelling, and with signatures that hold.
fn line_entry(line: &[u8]) -> Result<Entry, String> {
    let text =
        std::str::from_utf8(line).map_err(|error| format!("the line is no UTF-8 from byte {}", error.valid_up_to() + 1))?;
    let entry: Entry = serde_json::from_str(text).map_err(|error| format!("the line is no entry: {error}"))?;
    let canonical = entry.line().map_err(|error| error.to_string())?;
    if canonical != text {
        let same = canonical.bytes().zip(text.bytes()).take_while(|(left, right)| left == right).count();
        return Err(format!(
            "entry {} is not as it was written: byte {} of the line differs from its canonical form",
            entry.seq,
            same + 1
        ));
    }
    let message = entry.message().map_err(|error| error.to_string())?;
    if entry.signatures.is_empty() {
        return Err(format!("entry {} has no signature", entry.seq));
    }
    match entry.signatures.iter().find(|signed| !signed.key.has_signed(&message, &signed.signature)) {
        Some(signed) => {
            Err(format!("entry {} was changed after it was signed: the signature of {} does not hold", entry.seq, signed.key))
        }
        None => Ok(entry),
    }
}

//! Identities as commits spell them, known elsewhere by a keyed hash only.

use std::io::Read;

use bstr::ByteSlice;
use candor_attribution::{Mailmap, Person};
use candor_git::commit::Signature;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};

use super::error::SourceError;

/// Name under which the lake keeps the ids of identities that are to be forgotten.
pub const FORGOTTEN: &str = "forgotten";
/// Kind of an identity as commits spell it.
pub const COMMIT: &str = "commit";
/// Kind of the row that gives an identity its proper name and address.
pub const MAILMAP: &str = "mailmap";
/// Bytes of the key.
pub const KEY_BYTES: usize = 32;

/// The id of an identity: a hash of name and address under the lake's key, so that ids of different lakes do not match.
#[must_use]
pub fn identity_id(key: &[u8], name: &[u8], email: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(key)
        .chain_update((name.len() as u64).to_le_bytes())
        .chain_update(name)
        .chain_update(email)
        .finalize();
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// A new key from the operating system.
///
/// # Errors
/// The system has no source of randomness.
pub fn new_key() -> Result<Vec<u8>, SourceError> {
    let mut key = vec![0; KEY_BYTES];
    std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut key)).map_err(SourceError::Key)?;
    Ok(key)
}

/// Identities met so far, by number.
#[derive(Debug, Default)]
pub struct Identities {
    key: Vec<u8>,
    numbers: FxHashMap<Signature, u32>,
    /// Identities whose names and addresses are not to be kept.
    forgotten: FxHashSet<String>,
    /// Id, name and address of each.
    pub all: Vec<(String, Signature)>,
    /// Identities at the time of the last write; none where the repository's `.mailmap` has changed since.
    pub written: Option<usize>,
    /// Proper names and addresses, as the repository's `.mailmap` at the tip says.
    mailmap: Mailmap,
}

impl Identities {
    /// None yet, under this key.
    #[must_use]
    pub fn new(key: Vec<u8>) -> Self {
        Self { key, written: Some(0), ..Self::default() }
    }

    /// None yet, and of these never name and address.
    #[must_use]
    pub fn forgetting(self, forgotten: FxHashSet<String>) -> Self {
        Self { forgotten, ..self }
    }

    /// None yet, with proper names and addresses by this `.mailmap`; `is_new` = the last run knew another one.
    #[must_use]
    pub fn proper_by(self, mailmap: Mailmap, is_new: bool) -> Self {
        Self { mailmap, written: if is_new { None } else { self.written }, ..self }
    }

    /// Proper name and address of an identity, where they are not its own.
    #[must_use]
    pub fn proper(&self, who: &Signature) -> Option<Signature> {
        let own = Person::new(who.name.clone(), who.email.clone());
        let proper = self.mailmap.resolve(&own);
        (proper != own).then_some(Signature { name: proper.name, email: proper.email })
    }

    /// None of before, under the same key, with the same ones forgotten and the same proper names.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.key.clone()).forgetting(self.forgotten.clone()).proper_by(self.mailmap.clone(), true)
    }

    /// Whether name and address of an identity are not to be kept.
    #[must_use]
    pub fn is_forgotten(&self, id: &str) -> bool {
        self.forgotten.contains(id)
    }

    /// The number of an identity, known or new.
    pub fn number(&mut self, who: &Signature) -> u32 {
        if let Some(number) = self.numbers.get(who) {
            return *number;
        }
        let id = identity_id(&self.key, &who.name, &who.email);
        // Bytes that are no UTF-8 come back from the table otherwise than they went in; the id tells that they are the same.
        let known =
            if who.email.is_utf8() && who.name.is_utf8() { None } else { self.all.iter().position(|(other, _)| *other == id) };
        if let Some(number) = known.and_then(|index| u32::try_from(index).ok()) {
            return number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push((id, who.clone()));
        self.numbers.insert(who.clone(), number);
        number
    }

    /// Takes over what an earlier run wrote (columns `kind`, `person`, `value`, `name`).
    pub fn restore(&mut self, batch: &arrow_array::RecordBatch) {
        use arrow_array::cast::AsArray;
        let [kind, person, email, name] = ["kind", "person", "value", "name"]
            .map(|column| batch.column_by_name(column).and_then(|array| array.as_string_opt::<i32>()));
        let (Some(kind), Some(person), Some(email), Some(name)) = (kind, person, email, name) else { return };
        for (((kind, person), email), name) in kind.iter().zip(person).zip(email).zip(name) {
            if kind != Some(COMMIT) {
                continue;
            }
            let who = Signature { name: name.unwrap_or_default().into(), email: email.unwrap_or_default().into() };
            let id = person.unwrap_or_default().to_owned();
            // One that was forgotten has no name to be found by.
            if !self.is_forgotten(&id) {
                self.numbers.insert(who.clone(), u32::try_from(self.all.len()).unwrap_or(u32::MAX));
            }
            self.all.push((id, who));
        }
        self.written = self.written.map(|_| self.all.len());
    }

    /// The id of an identity by its number.
    #[must_use]
    pub fn id(&self, number: u32) -> Option<&str> {
        self.all.get(number as usize).map(|(id, _)| id.as_str())
    }

    /// The key, as salt for other hashes.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

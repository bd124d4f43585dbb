//! One entry: its place in the chain, its content, and who signed it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::ExperimentError;
use crate::canonical::{self, Hash};
use crate::key::{SecretKey, Signed};

/// When an entry is written, as far as its writer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The time.
    pub at: Timestamp,
    /// Whether somebody typed it, where else the clock of the machine says it.
    pub typed: bool,
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self { at, typed: false }
    }
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Place in the chain, from 0.
    pub seq: u32,
    /// Hash of the line before, without its line end.
    pub previous: Hash,
    /// When the machine that wrote it says that it did: a claim, and no proof.
    pub at: Timestamp,
    /// Whether that time was typed by hand.
    #[serde(skip_serializing_if = "is_false", default)]
    pub at_typed: bool,
    /// Kind and content.
    #[serde(flatten)]
    pub body: Body,
    /// Who signed.
    pub signatures: Vec<Signed>,
}

/// An entry without its signatures.
#[derive(Serialize)]
struct Unsigned<'a> {
    seq: u32,
    previous: Hash,
    at: Timestamp,
    #[serde(skip_serializing_if = "is_false")]
    at_typed: bool,
    #[serde(flatten)]
    body: &'a Body,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Entry {
    /// Makes the entry and signs it with each of `keys`.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where the content cannot be written as JSON.
    pub fn sign(seq: u32, previous: Hash, when: When, body: Body, keys: &[&SecretKey]) -> Result<Self, ExperimentError> {
        let mut entry = Self { seq, previous, at: when.at, at_typed: when.typed, body, signatures: Vec::new() };
        let message = entry.message()?;
        entry.signatures = keys.iter().map(|key| key.sign(&message)).collect();
        Ok(entry)
    }

    /// What its signatures are over: everything but themselves.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where the content cannot be written as JSON.
    pub fn message(&self) -> Result<Vec<u8>, ExperimentError> {
        let unsigned =
            Unsigned { seq: self.seq, previous: self.previous, at: self.at, at_typed: self.at_typed, body: &self.body };
        Ok(format!("candor-ledger-1\n{}", canonical::text(&unsigned)?).into_bytes())
    }

    /// The line, without its line end.
    ///
    /// # Errors
    /// [`ExperimentError::Canonical`] where the content cannot be written as JSON.
    pub fn line(&self) -> Result<String, ExperimentError> {
        canonical::text(self)
    }
}

//! The memory that nobody can edit unseen: one file of JSON lines, each entry naming the hash of the one before and signed.
//!
//! ```text
//! ORGANISATION/ledger/
//!   ledger.jsonl     one entry a line: canonical JSON (RFC 8785), Ed25519 signatures; only ever appended to
//!   anchors/         heads that were shown to others: files, git tags, time-stamp replies
//!   looks/           figures of looks in canonical form, each named after its hash
//!   torn/            ends of lines that a killed process left; never acknowledged, never part of the chain
//!   .lock            held by the one writer; says who that is
//! ```
//!
//! What the chain proves is the order of entries and whose keys signed them. Time is proved only up to the anchors, and a tail that was cut
//! off shows only against an anchor or an export that names it.

mod anchor;
mod body;
mod chain;
mod entry;
mod file;
mod lock;
mod rules;
pub mod timestamp;

pub use anchor::{Anchor, AnchorCheck, AnchorKind, check_anchor, check_export};
pub use body::{
    Amendment, Assignment, Body, Change, Draw, EnrolledUnit, Enrolment, FileHash, KeyAction, KeyChange, Look, MissedLook,
    PlanRegistration, PolicyChange, Retrospective, SeedCommitment, SeedReveal, VerdictRecord,
};
pub use chain::{Chain, Fault, Reading, Tail, read};
pub use entry::{Entry, When};
pub use file::{Ledger, LedgerWriter, Mended};
pub use lock::Holder;

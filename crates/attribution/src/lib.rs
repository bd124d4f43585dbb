//! Evidence of who or what wrote a line: what commits, notes and traces say, and how labels are derived from it.
//!
//! The crate takes bytes and gives [`candor_model::Evidence`]; it reads no repository. The way from a commit to a label:
//!
//! 1. [`rules`] holds the dated list of signs (embedded, with the user's own on top),
//! 2. [`commit`] reads one commit's people and message by it; [`notes`] and [`agent_trace`] read what tools recorded,
//!    [`carry`] takes evidence from the commits of a branch to the squash that landed them,
//! 3. the evidence is stored, append-only,
//! 4. [`label`] derives labels from it each time it is read, under a stated policy.
//!
//! [`identities`] says who is who, [`coverage`] what a repository's settings switch off, [`agreement`] how far two kinds of
//! evidence agree.
//!
//! A sign that is not known is listed for a person to look at and labels nothing. No evidence is `unknown`, never `human`.

pub mod agent_trace;
pub mod agreement;
pub mod carry;
pub mod commit;
pub mod coverage;
pub mod declaration;
pub mod identities;
pub mod label;
pub mod mailmap;
pub mod message;
pub mod notes;
pub mod person;
pub mod ranges;
pub mod rules;
pub mod subject;

pub use agreement::Agreement;
pub use commit::{CommitEvidence, CommitText, read_commit};
pub use coverage::{CoverageFact, coverage_facts, is_settings_file};
pub use identities::{Identities, KnownPerson};
pub use label::{CommitFacts, CompleteDeclaration, Label, LabelPolicy, Scope, Why, commit_label, line_label};
pub use mailmap::Mailmap;
pub use notes::{Note, NoteError, clip};
pub use person::Person;
pub use rules::{Rules, RulesError};
pub use subject::MessageClass;

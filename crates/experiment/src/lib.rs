//! Decisions that hold under pressure: what was planned, who drew what, when somebody looked, and what follows, each written down before
//! the next is known.
//!
//! [`ledger`] is the append-only chain of signed entries and the only part that touches files; plans, draws, verdicts, statements and the
//! roadmap are pure functions of what they are handed. Nothing here reads a clock or draws without a seed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod assign;
pub mod canonical;
pub mod design;
pub mod diagnosis;
pub mod error;
pub mod key;
pub mod ledger;
pub mod plan;
pub mod roadmap;
pub mod statement;
pub mod verdict;

pub use error::ExperimentError;

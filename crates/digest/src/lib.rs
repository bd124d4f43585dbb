//! Figures at the reader's cadence: the monthly business pack, the weekly team pack, the quarterly review, the annual talent pack, a person's own page,
//! and the baseline that all of them are read against.
//!
//! ```text
//! Session, Catalogue, Order -> figures, changes (candor-catalogue) -> Digest -> Markdown, HTML, JSON
//! ```
//!
//! A [`Digest`] is finished: what renders it computes no figure.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod assemble;
mod baseline;
mod document;
mod drill;
mod html;
mod markdown;
mod observations;
mod order;
mod privacy;
mod said;
mod since;
mod supply;
mod surroundings;
mod words;

pub use assemble::digest;
pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineError, BaselineFigure, BaselineKind, baseline};
pub use document::{
    BaselineUsed, Break, Delta, Digest, DigestFigure, DigestMetric, Drill, DrillRow, Missing, Movement, Pack, SCHEMA, Said,
    Since, Stand,
};
pub use html::html;
pub use markdown::markdown;
pub use observations::Observations;
pub use order::{Asked, Order, OrderError, Who};

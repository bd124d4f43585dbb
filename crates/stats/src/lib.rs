//! Every figure of Candor passes through this crate: slices and an explicit seed in, an [`Outcome`] out.
//!
//! It depends on nothing of ours, does no I/O, reads no clock, and no NaN or infinity crosses its boundary in either direction.
//! One file per statistic in a folder per family; [`registry`] is the one list of them and a test walks it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod attribution_error;
pub mod clusters;
pub mod designs;
pub(crate) mod distributions;
pub mod durations;
pub mod error;
pub(crate) mod labels;
pub mod linearised;
pub mod looks;
pub mod outcome;
pub mod planning;
pub mod pooling;
pub mod privacy;
pub mod proportions;
pub(crate) mod quadrature;
pub(crate) mod random;
pub mod rates;
pub mod ratios;
pub mod refusal;
pub mod registry;
pub mod regression;
pub(crate) mod roots;
pub mod survival;
pub(crate) mod wald;

pub use error::StatsError;
pub use outcome::{Estimate, Interval, Maturity, Outcome};
pub use refusal::Fitted;

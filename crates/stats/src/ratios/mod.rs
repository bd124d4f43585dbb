//! Ratios of sums over clustered units, for example review comments per changed line.

pub mod clustered;

pub use clustered::{RatioTable, Scale};

//! How long code, changes and careers last: curves, tests and regressions for times that may be censored.

pub mod comparison;
pub mod competing_risks;
pub mod gray;
pub mod kaplan_meier;
pub mod limits;
pub mod lives;
pub mod logrank;
pub mod median;
pub mod restricted_mean;
mod sweep;

pub use kaplan_meier::LifeTable;
pub use limits::{Confidence, Limits};
pub use lives::Lives;

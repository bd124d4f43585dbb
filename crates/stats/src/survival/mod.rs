//! How long code, changes and careers last: curves, tests and regressions for times that may be censored.

pub mod comparison;
pub mod competing_risks;
mod concordance;
mod counting;
pub mod cox;
mod cox_clusters;
pub mod gray;
pub mod kaplan_meier;
pub mod limits;
pub mod lives;
pub mod logrank;
pub mod median;
pub mod proportional_hazards;
pub mod restricted_mean;
mod risk_sets;
mod sweep;

pub use kaplan_meier::LifeTable;
pub use limits::{Confidence, Limits};
pub use lives::Lives;

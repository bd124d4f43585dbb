//! Observations and estimates from facts.
//!
//! [`observe`] says what single cohorts and landings say. [`lives`] turns line facts into one serialisable document, [`document::LifeReport`]: the only thing that a renderer reads.

pub mod document;
pub mod facts;
pub mod load;

mod agreement;
mod bounds;
mod calendar;
mod contrast;
mod correction;
mod coverage;
mod durability;
mod error;
mod few_authors;
mod fixes;
mod landings;
mod lives;
mod observed;
mod options;
mod rework;
mod rows;
mod statements;
mod strata;
mod window;

pub use error::MetricsError;
pub use lives::lives;
pub use observed::{FunctionRow, LandingRow, LineRow, ObservedLives, observe};
pub use options::{MINIMUM_AUTHORS, MINIMUM_DEGREES, MINIMUM_LINES_DRAWN, ReportOptions};
pub use rework::REWORK_DAYS;

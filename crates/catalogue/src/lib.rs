//! The catalogue of metrics: SQL files over one pinned snapshot of the lake, their observations, and the estimates from them.
//!
//! ```text
//! snapshot -> Session (tables, calendar, settings, views) -> SELECT of a metric -> Frame (observations) -> cells -> answers -> Results
//! ```
//!
//! A [`Session`] reads a snapshot and never a source. A [`Catalogue`] holds the built-in metrics and the organisation's own, which are the
//! same thing: a text with a head. [`run`] computes figures, [`Results`] is what a page or `--json` shows.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod breaks;
mod calendar;
mod catalogue;
mod cells;
mod change;
mod composed;
mod context;
mod document;
mod error;
mod estimate;
pub mod explain;
mod frame;
mod header;
pub mod line_tables;
pub mod readiness;
mod reasons;
pub mod reconcile;
mod run;
mod session;
mod settings;
mod suppression;
mod views;

mod embedded {
    //! What `build.rs` found in `catalogue/` and `views/`.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

pub use breaks::{Break, BreakKind, FALSE_ALARMS, breaks};
pub use calendar::{Calendar, Day, Period};
pub use catalogue::Catalogue;
pub use change::{Change, Stretch, against};
pub use document::{Answer, Cell, FigureResult, MetricResult, Results, SCHEMA, Span};
pub use error::{CatalogueError, Fault};
pub use frame::{Frame, NEVER, NONE, Names};
pub use header::{Direction, Estimator, Figure, IncidenceReport, Metric, Parts, PeriodKind, SurvivalReport};
pub use run::{Columns, Observed, Question, observe, observe_person, observe_with, run};
pub use session::{Facts, Reads, Session};
pub use settings::{Settings, Shown};
pub use views::{View, built_in as views};

//! The report as terminal text, HTML and JSON.
//!
//! Every renderer reads one [`LifeReport`] and computes no figure.

mod html;
mod json;
mod terminal;
mod words;

pub use candor_metrics::document::LifeReport;
pub use html::html;

/// What every page of Candor shares: its look, and that nothing may be loaded or run.
pub mod page {
    pub use crate::html::{POLICY, STYLE, text};
}
pub use json::{ReportError, json};
pub use terminal::{Style, terminal};

//! The report as terminal text, HTML and JSON.
//!
//! Every renderer reads one [`LifeReport`] and computes no figure.

mod html;
mod json;
mod terminal;
mod words;

pub use candor_metrics::document::LifeReport;
pub use html::html;
pub use json::{ReportError, json};
pub use terminal::{Style, terminal};

//! The document as JSON; `docs/report-schema.md` describes it.

use candor_metrics::document::LifeReport;
use thiserror::Error;

/// A document that could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A value that JSON cannot hold.
    #[error("cannot write the report as JSON")]
    Json {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// The whole document as pretty-printed JSON with a line break at the end; every figure that is missing is an object that says why.
///
/// # Errors
/// [`ReportError::Json`] when a number is not finite, which the statistics rule out.
pub fn json(report: &LifeReport) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(report).map_err(|source| ReportError::Json { source })?;
    text.push('\n');
    Ok(text)
}

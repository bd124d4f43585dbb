//! The report as terminal text, HTML and JSON.

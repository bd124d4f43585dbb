//! What is outside, turned into facts: one folder per vendor, each `read -> facts`. Git is its own journal: nothing of it is kept raw; files are kept as they came.

pub mod csv;
pub mod git;
pub mod reports;

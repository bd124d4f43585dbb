//! What is outside, turned into facts: one folder per vendor, each `read -> facts`. Git is its own journal: nothing of it is kept raw.

pub mod git;

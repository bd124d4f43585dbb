//! Shares and their comparison: one proportion, two proportions, two-by-two tables over strata.

pub mod single;

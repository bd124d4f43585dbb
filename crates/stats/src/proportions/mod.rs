//! Shares and their comparison: one proportion, two proportions, two-by-two tables over strata.

pub mod exact;
pub mod risk_difference;
pub mod risk_ratio;
pub mod single;
pub mod stratified;

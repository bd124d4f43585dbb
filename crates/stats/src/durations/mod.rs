//! Skewed durations: geometric means, quantiles and rank tests, without pretending that they are normal.

pub mod geometric;
pub mod quantile;
pub mod rank_test;
pub mod robust;

//! Events per exposure: Poisson, over-dispersed and clustered.

pub mod rate;
pub mod rate_ratio;
pub mod rate_regression;
pub mod weighted_rate;

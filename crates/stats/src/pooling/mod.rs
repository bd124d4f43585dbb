//! Several studies or contexts seen together.

mod confidence_distribution;
pub mod effect_size;
pub mod heterogeneity;
pub mod meta_regression;
pub mod partial_pooling;
pub mod random_effects;
pub mod signed_sum;

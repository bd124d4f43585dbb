//! Tests that stay honest with few clusters.

pub(crate) mod inversion;
pub mod randomisation;
pub mod sign_flips;
pub mod signed_ranks;
pub mod wild_bootstrap;

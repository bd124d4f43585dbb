//! Estimators for the ways in which AI tools are rolled out: trials, staggered rollouts, interrupted series, observation.

pub mod two_arms;

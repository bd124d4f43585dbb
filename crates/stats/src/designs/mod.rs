//! Estimators for the ways in which AI tools are rolled out: trials, staggered rollouts, interrupted series, observation.

pub mod ancova;
pub mod difference_in_differences;
pub mod event_study;
pub(crate) mod panel;
pub mod staggered;
pub mod staggered_summaries;
pub mod two_arms;

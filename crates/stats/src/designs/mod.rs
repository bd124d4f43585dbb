//! Estimators for the ways in which AI tools are rolled out: trials, staggered rollouts, interrupted series, observation.

pub mod ancova;
pub mod compliance;
pub mod difference_in_differences;
pub mod e_value;
pub mod event_study;
pub mod interrupted_series;
pub mod observational;
pub(crate) mod panel;
pub mod sample_ratio;
pub mod sequential_sample_ratio;
pub mod staggered;
pub mod staggered_summaries;
pub mod task_trial;
pub mod two_arms;

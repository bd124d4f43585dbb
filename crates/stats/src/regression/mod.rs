//! Least squares with the variances that hold for clustered or serial data.

pub(crate) mod bias_reduced;
pub(crate) mod cluster_scores;
pub mod covariance;
pub(crate) mod generalised;
pub mod joint_test;
pub mod least_squares;
pub mod logistic;
pub mod regressors;
pub(crate) mod triangle;

pub use covariance::{Correction, Covariance, Errors};
pub use least_squares::LeastSquares;
pub use regressors::Regressors;

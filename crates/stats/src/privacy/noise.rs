//! The one place where noise is drawn for publication, by OpenDP's samplers.
//!
//! The draws come from the operating system's randomness on purpose: whoever knows a seed could take the noise off again. Everything else in
//! this crate is seeded. OpenDP is built without its OpenSSL feature; its bits then come from a ChaCha20 generator that the operating system
//! seeds.

use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::{make_gaussian, make_laplace};
use opendp::measures::{MaxDivergence, ZeroConcentratedDivergence};
use opendp::metrics::{L1Distance, L2Distance};
use serde::Serialize;

use super::account::{gaussian_cost, laplace_cost, positive};
use super::accuracy;
use super::decimal::Decimal;
use crate::StatsError;

/// Counts with noise, and what stands beside them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Noised {
    /// One count per input; may be negative, which must not be cut away (it would bias sums).
    pub counts: Vec<i64>,
    /// Cost of publishing all of them: epsilon for Laplace noise, rho for Gaussian.
    pub cost: Decimal,
    /// Distance that the noise of one count stays below in 95 % of publications.
    pub accuracy_95: f64,
}

/// Adds discrete Laplace noise to counts.
///
/// # Definition
/// `P(noise = x)` proportional to `exp(-|x| / scale)`; epsilon = sensitivity / scale for all counts together.
///
/// # Input
/// `counts`; `sensitivity`: by how much one person can change all counts together (sum of absolute changes), at least 1; `scale` above 0.
///
/// # Output
/// [`Noised`]. Not reproducible: the draws come from the operating system. Book the cost before publishing.
///
/// # Undefined when
/// The sampler refuses the scale: an error naming `scale`. No counts give no counts, at the same cost.
///
/// # Assumptions
/// No person changes the counts by more than `sensitivity`; which counts are asked for does not depend on the data.
///
/// # Errors
/// [`StatsError`] naming `sensitivity` or `scale`.
///
/// # Source
/// Canonne, Kamath and Steinke (2020), arXiv:2004.00010, algorithm 2, in OpenDP 0.16 (`make_laplace`).
///
/// # Example
/// ```
/// let noised = candor_stats::privacy::noise::discrete_laplace(&[12, 0, 7], 1, 2.0).unwrap();
/// assert_eq!(noised.counts.len(), 3);
/// assert_eq!(noised.cost, "0.5".parse().unwrap());
/// ```
pub fn discrete_laplace(counts: &[i64], sensitivity: u32, scale: f64) -> Result<Noised, StatsError> {
    let cost = laplace_cost(at_least_one(sensitivity)?, scale)?;
    let domain = VectorDomain::new(AtomDomain::<i64>::default());
    let measurement = make_laplace::<_, _, MaxDivergence>(domain, L1Distance::<i64>::default(), scale, None);
    let counts = measurement.and_then(|noise| noise.invoke(&counts.to_vec())).map_err(|_| refused(scale))?;
    Ok(Noised { counts, cost, accuracy_95: accuracy::discrete_laplace(scale, 0.05)? })
}

/// Adds discrete Gaussian noise to counts.
///
/// # Definition
/// `P(noise = x)` proportional to `exp(-x^2 / (2 scale^2))`; rho = sensitivity^2 / (2 scale^2) for all counts together.
///
/// # Input
/// `counts`; `sensitivity`: by how much one person can move the vector of counts (Euclidean length), above 0; `scale`: standard deviation of
/// the noise, above 0 and at most 10^6.
///
/// # Output
/// [`Noised`]. Not reproducible: the draws come from the operating system. Book the cost before publishing.
///
/// # Undefined when
/// The sampler refuses the scale: an error naming `scale`. No counts give no counts, at the same cost.
///
/// # Assumptions
/// No person changes the counts by more than `sensitivity`; which counts are asked for does not depend on the data.
///
/// # Errors
/// [`StatsError`] naming `sensitivity` or `scale`.
///
/// # Source
/// Canonne, Kamath and Steinke (2020), arXiv:2004.00010, algorithm 3, in OpenDP 0.16 (`make_gaussian`).
///
/// # Example
/// ```
/// let noised = candor_stats::privacy::noise::discrete_gaussian(&[12, 0, 7], 1.0, 4.0).unwrap();
/// assert_eq!(noised.cost, "0.03125".parse().unwrap());
/// assert_eq!(noised.accuracy_95, 9.0);
/// ```
pub fn discrete_gaussian(counts: &[i64], sensitivity: f64, scale: f64) -> Result<Noised, StatsError> {
    positive("sensitivity", sensitivity)?;
    let accuracy_95 = accuracy::discrete_gaussian(scale, 0.05)?;
    let cost = gaussian_cost(sensitivity, scale)?;
    let domain = VectorDomain::new(AtomDomain::<i64>::default());
    let measurement = make_gaussian::<_, _, ZeroConcentratedDivergence>(domain, L2Distance::<f64>::default(), scale, None);
    let counts = measurement.and_then(|noise| noise.invoke(&counts.to_vec())).map_err(|_| refused(scale))?;
    Ok(Noised { counts, cost, accuracy_95 })
}

fn at_least_one(sensitivity: u32) -> Result<f64, StatsError> {
    if sensitivity >= 1 {
        return Ok(f64::from(sensitivity));
    }
    let expected = "at least 1: figures that nobody can change need no noise";
    Err(StatsError::OutOfRange { argument: "sensitivity", value: "0".to_owned(), expected })
}

fn refused(scale: f64) -> StatsError {
    StatsError::OutOfRange { argument: "scale", value: scale.to_string(), expected: "a scale that the sampler of OpenDP takes" }
}

//! What a concentrated privacy loss means as the epsilon that people know, from above and at its tightest.

use super::account::positive;
use crate::distributions::normal_cdf;
use crate::error::open_unit;
use crate::{StatsError, roots};

/// Converts a loss of rho into the epsilon that holds at `delta`.
///
/// # Definition
/// The least over a > 1 of `a rho + (a ln(1 - 1 / a) - ln((a - 1) delta)) / (a - 1)`, never below 0.
///
/// # Input
/// `rho`: 0 or more, below 1e10. `delta`: in (0, 1), far below one over the number of persons.
///
/// # Output
/// epsilon, rounded upwards; 0 for a rho of 0. It bounds the loss of every mechanism with this rho and is therefore never below
/// [`gaussian_epsilon`].
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// The mechanisms account for their whole budget in rho.
///
/// # Errors
/// [`StatsError`] naming `rho` or `delta`.
///
/// # Source
/// Canonne, Kamath and Steinke (2020), The Discrete Gaussian for Differential Privacy, arXiv:2004.00010, proposition 12 and corollary 13.
///
/// # Example
/// ```
/// // OpenDP 0.16: make_zCDP_to_approxDP at rho 0.03125 and delta 1e-6.
/// let epsilon = candor_stats::privacy::conversion::epsilon_from_rho(0.03125, 1e-6).unwrap();
/// assert!((epsilon - 1.1429257095713568).abs() < 1e-9);
/// ```
pub fn epsilon_from_rho(rho: f64, delta: f64) -> Result<f64, StatsError> {
    open_unit("delta", delta)?;
    if !(0.0..=1e10).contains(&rho) {
        return Err(StatsError::OutOfRange { argument: "rho", value: rho.to_string(), expected: "a loss between 0 and 10^10" });
    }
    if rho == 0.0 {
        return Ok(0.0);
    }
    let epsilon = |order: f64| {
        // order = a - 1; a ln(1 - 1/a) = (1 + order) ln(order / (1 + order)).
        let log = -(1.0 + order) * order.recip().ln_1p();
        (1.0 + order) * rho + (log - order.ln() - delta.ln()) / order
    };
    // The derivative changes its sign once; the search runs on the logarithm of the order.
    let slope = |log_order: f64| {
        let order = log_order.exp();
        let inner = (-(1.0 + order) * order.recip().ln_1p() - order.ln() - delta.ln()) / order;
        rho - inner / order + (-order.recip().ln_1p()) / order
    };
    let best = roots::between(slope, -40.0, 80.0, 1e-12).map_or(1.0, f64::exp);
    // Every order gives a valid bound, so a search that is off by a little only gives a little more.
    let least = [best, 1.0, best * 1.001, best / 1.001].map(epsilon).into_iter().filter(|value| value.is_finite());
    Ok(least.fold(f64::INFINITY, f64::min).clamp(0.0, f64::MAX) * (1.0 + 1e-12))
}

/// The tightest epsilon of `count` publications with Gaussian noise at `delta`: nothing below it may ever be reported.
///
/// # Definition
/// The epsilon with `Phi(mu / 2 - epsilon / mu) - e^epsilon Phi(-mu / 2 - epsilon / mu) = delta` for
/// `mu = sqrt(count) sensitivity / scale`.
///
/// # Input
/// `sensitivity` (Euclidean) and `scale` (standard deviation) above 0; `count` of publications with this noise; `delta` in (0, 1).
///
/// # Output
/// epsilon; 0 where the noise hides everything at that delta.
///
/// # Undefined when
/// The noise is less than a ten-thousandth of what it has to hide: an error naming `scale`.
///
/// # Assumptions
/// One release with Gaussian noise; several releases are one with the summed rho.
///
/// # Errors
/// [`StatsError`] naming the argument that is out of range.
///
/// # Source
/// Balle and Wang (2018), Improving the Gaussian Mechanism for Differential Privacy, arXiv:1805.06530, theorem 8; composition: Dong, Roth and
/// Su (2022), Gaussian Differential Privacy, doi:10.1111/rssb.12454, corollary 3.3.
///
/// # Example
/// ```
/// // dp-accounting 0.6, PLDAccountant: 1.0607018640120818 (its grid rounds upwards).
/// let epsilon = candor_stats::privacy::conversion::gaussian_epsilon(1.0, 4.0, 1, 1e-6).unwrap();
/// assert!((epsilon - 1.0607018640120818).abs() < 1e-3);
/// ```
pub fn gaussian_epsilon(sensitivity: f64, scale: f64, count: u32, delta: f64) -> Result<f64, StatsError> {
    positive("sensitivity", sensitivity)?;
    positive("scale", scale)?;
    open_unit("delta", delta)?;
    let mu = f64::from(count).sqrt() * sensitivity / scale;
    if mu == 0.0 {
        return Ok(0.0);
    }
    if mu > 1e4 {
        return Err(StatsError::OutOfRange {
            argument: "scale",
            value: scale.to_string(),
            expected: "noise that hides anything at all",
        });
    }
    let excess = |epsilon: f64| {
        let far = normal_cdf(-mu / 2.0 - epsilon / mu);
        // The product of a huge and a tiny number, taken on the log scale.
        let second = if far > 0.0 { (epsilon + far.ln()).exp() } else { 0.0 };
        normal_cdf(mu / 2.0 - epsilon / mu) - second - delta
    };
    if excess(0.0) <= 0.0 {
        return Ok(0.0);
    }
    // Beyond this the first term alone is below delta / 2.
    let highest = mu * (mu / 2.0 + 40.0);
    Ok(roots::between(excess, 0.0, highest, 1e-12).unwrap_or(highest))
}

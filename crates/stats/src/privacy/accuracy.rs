//! How far noise may move a figure, and how likely each step is: what stands beside a published number.

use super::account::positive;
use crate::StatsError;
use crate::distributions::normal_critical;
use crate::error::open_unit;

/// Largest standard deviation for which the discrete Gaussian is summed term by term.
const LARGEST_SCALE: f64 = 1e6;

/// Distance that Laplace noise stays within but for a share `alpha` of publications: `-scale ln(alpha)`.
///
/// # Definition
/// d with P(|X| > d) = exp(-d / scale) = alpha.
///
/// # Input
/// `scale`: of the noise, above 0, in steps of the figure. `alpha`: a share of publications, in (0, 1).
/// The distance has the unit of `scale`.
///
/// # Undefined when
/// The distance is larger than any number: an error naming `scale`.
///
/// # Assumptions
/// Continuous Laplace noise: for whole counts use [`discrete_laplace`]. It says nothing of what was counted wrongly before the noise.
///
/// # Errors
/// [`StatsError`] naming `scale` not above 0 or `alpha` outside (0, 1).
///
/// # Source
/// Dwork and Roth (2014), The Algorithmic Foundations of Differential Privacy, doi:10.1561/0400000042, fact 3.7.
///
/// # Example
/// ```
/// // OpenDP 0.16: laplacian_scale_to_accuracy(1., .05)
/// let distance = candor_stats::privacy::accuracy::laplace(1.0, 0.05).unwrap();
/// assert!((distance - 2.995732273553991).abs() < 1e-12);
/// ```
pub fn laplace(scale: f64, alpha: f64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    open_unit("alpha", alpha)?;
    kept(-scale * alpha.ln())
}

/// Distance d such that discrete Laplace noise reaches d or more in a share `alpha` of publications.
///
/// # Definition
/// `scale ln(2 / (alpha (e^(1 / scale) + 1))) + 1`; a whole number of steps is its floor.
///
/// # Input
/// `scale`: of the noise, above 0, in steps of the figure. `alpha`: a share of publications, in (0, 1).
///
/// # Undefined when
/// The distance is larger than any number: an error naming `scale`.
///
/// # Assumptions
/// The noise is that of [`super::noise::discrete_laplace`]. It says nothing of what was counted wrongly before the noise.
///
/// # Errors
/// [`StatsError`] naming `scale` not above 0 or `alpha` outside (0, 1).
///
/// # Source
/// Ghosh, Roughgarden and Sundararajan (2012), doi:10.1137/09076828X, definition 2.1, summed over both tails.
///
/// # Example
/// ```
/// // OpenDP 0.16: discrete_laplacian_scale_to_accuracy(1., .05)
/// let distance = candor_stats::privacy::accuracy::discrete_laplace(1.0, 0.05).unwrap();
/// assert!((distance - 3.3756177665957137).abs() < 1e-12);
/// ```
pub fn discrete_laplace(scale: f64, alpha: f64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    open_unit("alpha", alpha)?;
    // ln(2 / (e^x + 1)) = -x - ln((1 + e^-x) / 2) does not overflow for small scales.
    let x = scale.recip();
    kept((scale * (-alpha.ln() - x - ((1.0 + (-x).exp()) / 2.0).ln()) + 1.0).max(0.0))
}

/// Distance that Gaussian noise stays within but for a share `alpha` of publications: `z_(1 - alpha / 2) scale`.
///
/// # Definition
/// d with P(|X| > d) = 2 Phi(-d / scale) = alpha.
///
/// # Input
/// `scale`: standard deviation of the noise, above 0. `alpha`: a share of publications, in (0, 1). The distance has the unit of `scale`.
///
/// # Undefined when
/// The distance is larger than any number: an error naming `scale`.
///
/// # Assumptions
/// Continuous Gaussian noise: for whole counts use [`discrete_gaussian`].
///
/// # Errors
/// [`StatsError`] naming `scale` not above 0 or `alpha` outside (0, 1).
///
/// # Source
/// Canonne, Kamath and Steinke (2020), arXiv:2004.00010, section 2 (continuous Gaussian).
///
/// # Example
/// ```
/// // OpenDP 0.16: gaussian_scale_to_accuracy(4., .05)
/// let distance = candor_stats::privacy::accuracy::gaussian(4.0, 0.05).unwrap();
/// assert!((distance - 7.839855938160215).abs() < 1e-9);
/// ```
pub fn gaussian(scale: f64, alpha: f64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    open_unit("alpha", alpha)?;
    kept(scale * normal_critical(alpha))
}

/// Smallest whole distance that discrete Gaussian noise reaches or passes in at most a share `alpha` of publications.
///
/// # Definition
/// Least d with `P(|X| >= d) <= alpha` for `P(X = x)` proportional to `exp(-x^2 / (2 scale^2))`.
///
/// # Input
/// `scale`: the parameter above, nearly the standard deviation, in (0, 10^6]. `alpha`: a share of publications, in (0, 1).
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// The noise is that of [`super::noise::discrete_gaussian`]. It says nothing of what was counted wrongly before the noise.
///
/// # Errors
/// [`StatsError`] naming `scale` outside (0, 10^6] or `alpha` outside (0, 1).
///
/// # Source
/// Canonne, Kamath and Steinke (2020), arXiv:2004.00010, definition 1.
///
/// # Example
/// ```
/// // OpenDP 0.16: discrete_gaussian_scale_to_accuracy(4., .05)
/// assert_eq!(candor_stats::privacy::accuracy::discrete_gaussian(4.0, 0.05).unwrap(), 9.0);
/// ```
pub fn discrete_gaussian(scale: f64, alpha: f64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    open_unit("alpha", alpha)?;
    if scale > LARGEST_SCALE {
        return Err(StatsError::OutOfRange { argument: "scale", value: scale.to_string(), expected: "a scale of at most 10^6" });
    }
    let density = |step: f64| (-0.5 * (step / scale).powi(2)).exp();
    // Beyond 40 scales nothing is left of a double.
    let last = (40.0 * scale).ceil() as u64 + 1;
    let total = 1.0 + 2.0 * (1..=last).rev().map(|step| density(step as f64)).sum::<f64>();
    let mut inside = 1.0;
    let mut distance = 1_u64;
    while inside < (1.0 - alpha) * total && distance <= last {
        inside += 2.0 * density(distance as f64);
        distance += 1;
    }
    Ok(distance as f64)
}

/// Probability that discrete Laplace noise moves a count by exactly `step`.
///
/// # Definition
/// `(1 - q) / (1 + q) q^|step|` with `q = e^(-1 / scale)`.
///
/// # Input
/// `scale` above 0; `step`: any whole number, negative ones are as likely as positive ones.
///
/// # Undefined when
/// Never within the allowed range. Far steps have the probability 0 of a double.
///
/// # Assumptions
/// The noise is that of [`super::noise::discrete_laplace`].
///
/// # Errors
/// [`StatsError`] naming `scale` not above 0.
///
/// # Source
/// Ghosh, Roughgarden and Sundararajan (2012), doi:10.1137/09076828X, definition 2.1.
///
/// # Example
/// ```
/// // scipy: dlaplace.pmf(0, 1)
/// let mass = candor_stats::privacy::accuracy::discrete_laplace_mass(1.0, 0).unwrap();
/// assert!((mass - 0.46211715726000974).abs() < 1e-15);
/// ```
pub fn discrete_laplace_mass(scale: f64, step: i64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    let x = scale.recip();
    Ok((0.5 * x).tanh() * (-x * (step as f64).abs()).exp())
}

/// Probability that discrete Gaussian noise moves a count by exactly `step`.
///
/// # Definition
/// `exp(-step^2 / (2 scale^2))` over its sum over all whole numbers.
///
/// # Input
/// `scale` in (0, 10^6]; `step`: any whole number, negative ones are as likely as positive ones.
///
/// # Undefined when
/// Never within the allowed range. Far steps have the probability 0 of a double.
///
/// # Assumptions
/// The noise is that of [`super::noise::discrete_gaussian`].
///
/// # Errors
/// [`StatsError`] naming `scale` outside (0, 10^6].
///
/// # Source
/// Canonne, Kamath and Steinke (2020), arXiv:2004.00010, definition 1.
///
/// # Example
/// ```
/// let mass = candor_stats::privacy::accuracy::discrete_gaussian_mass(10.0, 0).unwrap();
/// assert!((mass - 1.0 / (10.0 * std::f64::consts::TAU.sqrt())).abs() < 1e-15);
/// ```
pub fn discrete_gaussian_mass(scale: f64, step: i64) -> Result<f64, StatsError> {
    positive("scale", scale)?;
    if scale > LARGEST_SCALE {
        return Err(StatsError::OutOfRange { argument: "scale", value: scale.to_string(), expected: "a scale of at most 10^6" });
    }
    let density = |step: f64| (-0.5 * (step / scale).powi(2)).exp();
    let last = (40.0 * scale).ceil() as u64 + 1;
    let total = 1.0 + 2.0 * (1..=last).rev().map(|step| density(step as f64)).sum::<f64>();
    Ok(density(step as f64) / total)
}

fn kept(distance: f64) -> Result<f64, StatsError> {
    if distance.is_finite() {
        Ok(distance)
    } else {
        Err(StatsError::OutOfRange {
            argument: "scale",
            value: "so large".to_owned(),
            expected: "a scale whose reach is a finite number",
        })
    }
}

//! Power of comparing two shares of independent units.

use super::noncentral::size_for;
use super::t_power::planned;
use crate::distributions::{normal_cdf, normal_critical};
use crate::error::open_unit;
use crate::{Outcome, StatsError};

/// Largest number of units that a plan may ask for.
const MOST_UNITS: f64 = 1e12;

/// Which approximation the power of two shares rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approximation {
    /// Normal, with the pooled variance under no difference and separate ones under the difference.
    Normal,
    /// Cohen's h, the difference of `2 asin(sqrt(p))`.
    CohenH,
}

/// Power of comparing two shares with n units in each arm, two-sided.
///
/// # Definition
/// Normal: `Phi((sqrt(n) |p1 - p2| - z sqrt((p1 + p2) (1 - (p1 + p2) / 2))) / sqrt(p1 q1 + p2 q2))`. Cohen's h:
/// `Phi(h sqrt(n / 2) - z) + Phi(-h sqrt(n / 2) - z)`.
///
/// # Input
/// `first`, `second`: shares in (0, 1). `per_arm`: units in each arm, above 0. `alpha`: two-sided error rate in (0, 1).
///
/// # Output
/// A probability.
///
/// # Undefined when
/// Never within the allowed range. For equal shares the normal form gives half of `alpha`, one tail only.
///
/// # Assumptions
/// Independent units; lines of one change are not. Multiply by the design effect ([`super::intra_cluster::design_effect`]) or simulate.
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, eq. 4.10; Cohen (1988), section 6.2.
///
/// # Example
/// ```
/// use candor_stats::planning::proportion_power::{Approximation, power};
/// // The inverse of R's power.prop.test(p1 = .76, p2 = .58, power = .8).
/// let power = power(0.76, 0.58, 105.936041090396, 0.05, Approximation::Normal).unwrap();
/// assert!((power - 0.8).abs() < 1e-6);
/// ```
pub fn power(first: f64, second: f64, per_arm: f64, alpha: f64, approximation: Approximation) -> Result<f64, StatsError> {
    open_unit("first", first)?;
    open_unit("second", second)?;
    open_unit("alpha", alpha)?;
    if !(per_arm > 0.0 && per_arm <= MOST_UNITS) {
        let value = per_arm.to_string();
        return Err(StatsError::OutOfRange { argument: "per_arm", value, expected: "a number of units above 0, at most 10^12" });
    }
    Ok(unchecked(first, second, per_arm, alpha, approximation))
}

fn unchecked(first: f64, second: f64, per_arm: f64, alpha: f64, approximation: Approximation) -> f64 {
    let z = normal_critical(alpha);
    let power = match approximation {
        Approximation::Normal => {
            let sum = first + second;
            let null = (sum * (1.0 - sum / 2.0)).sqrt();
            let alternative = (first * (1.0 - first) + second * (1.0 - second)).sqrt();
            normal_cdf((per_arm.sqrt() * (first - second).abs() - z * null) / alternative)
        }
        Approximation::CohenH => {
            let h = 2.0 * (first.sqrt().asin() - second.sqrt().asin());
            let shift = h.abs() * (per_arm / 2.0).sqrt();
            normal_cdf(shift - z) + normal_cdf(-shift - z)
        }
    };
    power.clamp(0.0, 1.0)
}

/// Units per arm at which the comparison of two shares has the wanted power.
///
/// # Definition
/// The n at which [`power`] gives `power`; not rounded: plan with the next whole number.
///
/// # Input
/// As [`power`]; the wanted `power` in (0, 1).
///
/// # Output
/// An [`crate::Estimate`] whose point is n per arm.
///
/// # Undefined when
/// The shares are equal: [`Outcome::NotApplicable`].
///
/// # Assumptions
/// As [`power`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Fleiss, Levin and Paik (2003), eq. 4.10; Cohen (1988), section 6.2.
///
/// # Example
/// ```
/// use candor_stats::planning::proportion_power::{Approximation, size};
/// // R: power.prop.test(p1 = .02, p2 = .046, power = .8)$n and pwr.2p.test(ES.h(.02, .046), power = .8)$n
/// let normal = size(0.02, 0.046, 0.05, 0.8, Approximation::Normal).unwrap();
/// assert!((normal.point().unwrap() - 739.842457064828).abs() < 1e-3);
/// let cohen = size(0.02, 0.046, 0.05, 0.8, Approximation::CohenH).unwrap();
/// assert!((cohen.point().unwrap() - 711.68175900836).abs() < 1e-3);
/// ```
pub fn size(first: f64, second: f64, alpha: f64, power: f64, approximation: Approximation) -> Result<Outcome, StatsError> {
    open_unit("first", first)?;
    open_unit("second", second)?;
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    let size = size_for(|n| unchecked(first, second, n, alpha, approximation), power, 1e-3, MOST_UNITS, "units per arm");
    Ok(planned(size, "two shares, units per arm"))
}

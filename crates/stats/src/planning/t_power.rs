//! Power of t tests on independent units: two arms, or pairs.

use super::noncentral::{size_for, two_sided_power};
use crate::error::{finite, open_unit};
use crate::{Estimate, Fitted, Outcome, StatsError, roots};

/// Largest number of units that a plan may ask for.
const MOST_UNITS: f64 = 1e10;

/// Power of the two-sided two-sample t test.
///
/// # Definition
/// P(|T| > t) for T noncentral with `effect / sqrt(1 / n1 + 1 / n2)` on n1 + n2 - 2 degrees of freedom; both tails count.
///
/// # Input
/// `effect`: difference of means in standard deviations within an arm. `first`, `second`: units per arm, at least 2 (fractions are allowed).
/// `alpha`: two-sided error rate in (0, 1).
///
/// # Output
/// A probability, at least `alpha`.
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// Independent units, equal variances; for teams or people with several tasks use [`super::cluster_power`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, section 2.5; R `power.t.test(strict = TRUE)`.
///
/// # Example
/// ```
/// // R: power.t.test(n = 50, delta = .5, strict = TRUE)$power
/// let power = candor_stats::planning::t_power::two_sample(0.5, 50.0, 50.0, 0.05).unwrap();
/// assert!((power - 0.696893405533548).abs() < 1e-8);
/// ```
pub fn two_sample(effect: f64, first: f64, second: f64, alpha: f64) -> Result<f64, StatsError> {
    finite("effect", &[effect])?;
    open_unit("alpha", alpha)?;
    at_least_two("first", first)?;
    at_least_two("second", second)?;
    Ok(two_sample_power(effect, first, second, alpha))
}

fn two_sample_power(effect: f64, first: f64, second: f64, alpha: f64) -> f64 {
    two_sided_power(effect / (first.recip() + second.recip()).sqrt(), first + second - 2.0, alpha)
}

/// Units per arm at which the two-sided two-sample t test has the wanted power.
///
/// # Definition
/// The n per arm at which [`two_sample`] gives `power`; not rounded: plan with the next whole number.
///
/// # Input
/// As [`two_sample`]; `power` in (0, 1).
///
/// # Output
/// An [`Estimate`] whose point is n per arm, at least 2.
///
/// # Undefined when
/// No size up to 10^10 reaches the power (an effect of 0): [`Outcome::NotApplicable`].
///
/// # Assumptions
/// As [`two_sample`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Cohen (1988), section 2.5; R `power.t.test`.
///
/// # Example
/// ```
/// // R: power.t.test(delta = .2, power = .8)$n
/// let size = candor_stats::planning::t_power::two_sample_size(0.2, 0.05, 0.8).unwrap();
/// assert!((size.point().unwrap() - 393.4057).abs() < 1e-2);
/// ```
pub fn two_sample_size(effect: f64, alpha: f64, power: f64) -> Result<Outcome, StatsError> {
    finite("effect", &[effect])?;
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    let size = size_for(|n| two_sample_power(effect, n, n, alpha), power, 2.0, MOST_UNITS, "units per arm");
    Ok(planned(size, "two-sample t test, units per arm"))
}

/// Power of the two-sided one-sample t test on differences within pairs.
///
/// # Definition
/// P(|T| > t) for T noncentral with `effect sqrt(n)` on n - 1 degrees of freedom.
///
/// # Input
/// `effect`: mean difference in standard deviations of the differences. `pairs`: at least 2. `alpha`: two-sided error rate in (0, 1).
///
/// # Output
/// A probability, at least `alpha`.
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// Differences are normal and independent of each other.
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Cohen (1988), section 2.3; R `power.t.test(type = "paired", strict = TRUE)`.
///
/// # Example
/// ```
/// // Without an effect the power is the error rate.
/// let power = candor_stats::planning::t_power::paired(0.0, 34.0, 0.05).unwrap();
/// assert!((power - 0.05).abs() < 1e-9);
/// ```
pub fn paired(effect: f64, pairs: f64, alpha: f64) -> Result<f64, StatsError> {
    finite("effect", &[effect])?;
    open_unit("alpha", alpha)?;
    at_least_two("pairs", pairs)?;
    Ok(two_sided_power(effect * pairs.sqrt(), pairs - 1.0, alpha))
}

/// Pairs at which the two-sided t test on differences has the wanted power.
///
/// # Definition
/// The n at which [`paired`] gives `power`; not rounded: plan with the next whole number.
///
/// # Input
/// As [`paired`]; `power` in (0, 1).
///
/// # Output
/// An [`Estimate`] whose point is the number of pairs, at least 2.
///
/// # Undefined when
/// No size up to 10^10 reaches the power (an effect of 0): [`Outcome::NotApplicable`].
///
/// # Assumptions
/// As [`paired`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Cohen (1988), section 2.3; R `power.t.test(type = "paired")`.
///
/// # Example
/// ```
/// // R: power.t.test(delta = .5, power = .8, type = "paired")$n
/// let size = candor_stats::planning::t_power::paired_size(0.5, 0.05, 0.8).unwrap();
/// assert!((size.point().unwrap() - 33.3672039788039).abs() < 1e-4);
/// ```
pub fn paired_size(effect: f64, alpha: f64, power: f64) -> Result<Outcome, StatsError> {
    finite("effect", &[effect])?;
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    let size = size_for(|n| two_sided_power(effect * n.sqrt(), n - 1.0, alpha), power, 2.0, MOST_UNITS, "pairs");
    Ok(planned(size, "paired t test, pairs"))
}

/// Smallest effect that the two-sided two-sample t test detects with the wanted power.
///
/// # Definition
/// The effect at which [`two_sample`] gives `power`.
///
/// # Input
/// `first`, `second`: units per arm, at least 2; `alpha` and `power` in (0, 1).
///
/// # Output
/// An [`Estimate`] whose point is the effect in standard deviations within an arm.
///
/// # Undefined when
/// `power` is not above `alpha`: [`Outcome::NotApplicable`], for that is reached without an effect.
///
/// # Assumptions
/// As [`two_sample`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Bloom (1995), Minimum Detectable Effects, doi:10.1177/0193841X9501900504.
///
/// # Example
/// ```
/// // The inverse of the example of `two_sample`.
/// let effect = candor_stats::planning::t_power::two_sample_detectable(50.0, 50.0, 0.05, 0.696893405533548).unwrap();
/// assert!((effect.point().unwrap() - 0.5).abs() < 1e-8);
/// ```
pub fn two_sample_detectable(first: f64, second: f64, alpha: f64, power: f64) -> Result<Outcome, StatsError> {
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    at_least_two("first", first)?;
    at_least_two("second", second)?;
    let error = (first.recip() + second.recip()).sqrt();
    Ok(detectable(
        error,
        first + second - 2.0,
        (alpha, power),
        first + second,
        "two-sample t test, smallest effect in standard deviations",
    ))
}

/// The effect at which a t statistic with this standard error and these degrees has the wanted power.
pub(super) fn detectable(error: f64, degrees: f64, (alpha, power): (f64, f64), units: f64, method: &str) -> Outcome {
    if power <= alpha {
        return Outcome::not_applicable("a power not above the error rate is reached without any effect");
    }
    // With one or two degrees the critical value alone can be in the hundreds.
    let highest = 10.0 * crate::distributions::student_critical(alpha, degrees) + 1e3;
    match roots::between(|shift| two_sided_power(shift, degrees, alpha) - power, 0.0, highest, 1e-12) {
        Some(shift) if (shift * error).is_finite() => {
            let mut estimate = Estimate::new(shift * error, method, units);
            estimate.degrees_of_freedom = Some(degrees);
            Outcome::Estimate(estimate)
        }
        _ => Outcome::not_applicable("no effect that can be written down is detected with this power"),
    }
}

pub(super) fn planned(size: Fitted<f64>, method: &str) -> Outcome {
    match size {
        Fitted::Fit(size) => {
            let mut estimate = Estimate::new(size, method, size);
            estimate.notes.push("not rounded: plan with the next whole number".to_owned());
            Outcome::Estimate(estimate)
        }
        Fitted::Refused(outcome) => outcome,
    }
}

fn at_least_two(argument: &'static str, units: f64) -> Result<(), StatsError> {
    if (2.0..=MOST_UNITS).contains(&units) {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: units.to_string(), expected: "a number of units between 2 and 10^10" })
    }
}

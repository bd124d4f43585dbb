//! Events that a comparison of two survival curves needs.

use crate::distributions::normal_critical;
use crate::error::open_unit;
use crate::{Estimate, Outcome, StatsError};

/// Events at which the log-rank test has the wanted power.
///
/// # Definition
/// `(z_(1 - alpha / 2) + z_power)^2 / (p (1 - p) ln(hazard ratio)^2)` for the share p of units in the first arm.
///
/// # Input
/// `hazard_ratio`: above 0. `first_share`: share of units in the first arm, in (0, 1). `alpha`: two-sided error rate, `power`: both in (0, 1).
///
/// # Output
/// An [`Estimate`] whose point is the number of events (dead lines, not lines at risk) in both arms together; not rounded.
///
/// # Undefined when
/// The hazard ratio is 1, or `power` is below one half of `alpha`: [`Outcome::NotApplicable`].
///
/// # Assumptions
/// Proportional hazards and independent units: with clusters multiply by the design effect.
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Schoenfeld (1981), The Asymptotic Properties of Nonparametric Tests for Comparing Survival Distributions, doi:10.1093/biomet/68.1.316.
///
/// # Example
/// ```
/// // rpact: getSampleSizeSurvival(hazardRatio = 1.5, typeOfComputation = "Schoenfeld")
/// let events = candor_stats::planning::survival_power::log_rank_events(1.5, 0.5, 0.05, 0.8).unwrap();
/// assert!((events.point().unwrap() - 190.968040183989).abs() < 1e-6);
/// ```
pub fn log_rank_events(hazard_ratio: f64, first_share: f64, alpha: f64, power: f64) -> Result<Outcome, StatsError> {
    open_unit("first_share", first_share)?;
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    if !(hazard_ratio.is_finite() && hazard_ratio > 0.0) {
        let value = hazard_ratio.to_string();
        return Err(StatsError::OutOfRange { argument: "hazard_ratio", value, expected: "a finite ratio above 0" });
    }
    let log = hazard_ratio.ln();
    // z of the power: P(|Z| >= z) = 2 (1 - power) above one half, mirrored below.
    let z_power = if power >= 0.5 { normal_quantile(1.0 - power) } else { -normal_quantile(power) };
    let reach = normal_critical(alpha) + z_power;
    let events = reach * reach / (first_share * (1.0 - first_share) * log * log);
    if log == 0.0 || reach <= 0.0 || !events.is_finite() {
        return Ok(Outcome::not_applicable(
            "with a hazard ratio this near to 1, or a power this low, no number of events answers",
        ));
    }
    let mut estimate = Estimate::new(events, "log-rank test, Schoenfeld, events in both arms", events);
    estimate.events = Some(events);
    estimate.notes.push("not rounded: plan with the next whole number of events".to_owned());
    Ok(Outcome::Estimate(estimate))
}

/// Upper-tail normal quantile for a tail of at most one half.
fn normal_quantile(tail: f64) -> f64 {
    if tail >= 0.5 { 0.0 } else { normal_critical(2.0 * tail) }
}

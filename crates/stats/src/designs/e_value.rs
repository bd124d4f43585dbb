//! E-value: how strong an unmeasured cause of both use and outcome would have to be to explain an association away.

use crate::StatsError;
use crate::error::open_unit;
use crate::rates::rate::positive;
use crate::{Interval, distributions::normal_critical};

/// E-values of a point and of the limit that is nearer to no association; 1 or more, 1 = nothing needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EValue {
    /// Of the point.
    pub point: f64,
    /// Of the nearer limit; 1 when the interval covers no association, `None` without an interval.
    pub limit: Option<f64>,
}

/// Computes the E-value of a risk ratio.
///
/// # Definition
/// RR + sqrt(RR (RR - 1)) for RR >= 1, the same of 1 / RR below 1.
///
/// # Input
/// A risk ratio (or rate ratio, or hazard ratio of a rare outcome) above 0 with its interval, if it has one.
///
/// # Output
/// The smallest risk ratio of an unmeasured cause, with both use and outcome and beyond the measured covariates, that could explain it away.
///
/// # Undefined when
/// The ratio is 0 or below: an error naming `risk_ratio`.
///
/// # Assumptions
/// It says how strong confounding must be, not whether it is there. It is no licence to call an association an effect.
///
/// # Errors
/// [`StatsError::OutOfRange`] names `risk_ratio`.
///
/// # Source
/// VanderWeele and Ding 2017, Sensitivity Analysis in Observational Research: Introducing the E-Value, doi:10.7326/M16-2607, table 1.
///
/// # Example
/// Their example: RR 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0.
/// ```
/// use candor_stats::Interval;
/// use candor_stats::designs::e_value::of_risk_ratio;
///
/// let e = of_risk_ratio(3.9, Some(Interval::new(1.8, 8.7, 0.95)))?;
/// assert_eq!(format!("{:.2} {:.1}", e.point, e.limit.unwrap()), "7.26 3.0");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn of_risk_ratio(risk_ratio: f64, interval: Option<Interval>) -> Result<EValue, StatsError> {
    positive("risk_ratio", risk_ratio)?;
    let limit = interval.map(|interval| {
        let nearer = if risk_ratio >= 1.0 { interval.lower.map(|lower| lower.max(0.0)) } else { interval.upper };
        match nearer {
            Some(limit) if (risk_ratio >= 1.0 && limit > 1.0) || (risk_ratio < 1.0 && limit < 1.0 && limit > 0.0) => value(limit),
            _ => 1.0,
        }
    });
    Ok(EValue { point: value(risk_ratio), limit })
}

/// Computes the E-value of a difference of means.
///
/// # Definition
/// The difference in standard deviations d is turned into the risk ratio exp(0.91 d), its limits likewise with normal ones of d.
///
/// # Input
/// The difference, its standard error and the outcome's standard deviation (above 0), all in one unit; the level of the limits.
///
/// # Undefined when
/// The difference is 300 standard deviations or more: an error names the argument. Limits on both sides of no difference have the E-value 1.
///
/// # Assumptions
/// As for [`of_risk_ratio`]; the conversion assumes a roughly normal outcome.
///
/// # Errors
/// [`StatsError::OutOfRange`] names `difference`, `standard_error`, `standard_deviation` or `level`.
///
/// # Source
/// VanderWeele and Ding 2017, doi:10.7326/M16-2607, table 2.
///
/// # Example
/// ```
/// use candor_stats::designs::e_value::of_difference;
///
/// // d = 0.5: RR = exp(0.455) = 1.576, E = 1.576 + sqrt(1.576 * 0.576) = 2.53.
/// let e = of_difference(1.0, 0.4, 2.0, 0.95)?;
/// assert_eq!(format!("{:.2}", e.point), "2.53");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn of_difference(difference: f64, standard_error: f64, standard_deviation: f64, level: f64) -> Result<EValue, StatsError> {
    open_unit("level", level)?;
    positive("standard_deviation", standard_deviation)?;
    let bounded = |argument, value: f64| {
        // Beyond 300 standard deviations a risk ratio is no finite number.
        if (value / standard_deviation).abs() < 300.0 {
            Ok(value / standard_deviation)
        } else {
            Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "less than 300 standard deviations" })
        }
    };
    let (d, error) = (bounded("difference", difference)?, bounded("standard_error", standard_error)?);
    if error < 0.0 {
        return Err(StatsError::OutOfRange {
            argument: "standard_error",
            value: standard_error.to_string(),
            expected: "0 or more",
        });
    }
    let half = normal_critical(1.0 - level) * error;
    let interval = Interval::new((0.91 * (d - half)).exp(), (0.91 * (d + half)).exp(), level);
    of_risk_ratio((0.91 * d).exp(), Some(interval))
}

fn value(risk_ratio: f64) -> f64 {
    let above = if risk_ratio >= 1.0 { risk_ratio } else { 1.0 / risk_ratio };
    // sqrt of each factor, because their product may overflow.
    let value = above + above.sqrt() * (above - 1.0).sqrt();
    if value.is_finite() { value } else { f64::MAX }
}

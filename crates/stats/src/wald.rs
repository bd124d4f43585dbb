//! Turns a point and its variance into an estimate with limits and a p-value, in one place for all families.

use crate::distributions::{normal_critical, normal_two_sided, student_critical, student_two_sided};
use crate::outcome::{Estimate, Interval};
use crate::refusal::Stop;

/// Distribution that point / standard error is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Against {
    Normal,
    Student(f64),
}

impl Against {
    pub(crate) fn critical(self, alpha: f64) -> f64 {
        match self {
            Self::Normal => normal_critical(alpha),
            Self::Student(df) => student_critical(alpha, df),
        }
    }

    pub(crate) fn two_sided(self, statistic: f64) -> f64 {
        match self {
            Self::Normal => normal_two_sided(statistic),
            Self::Student(df) => student_two_sided(statistic, df),
        }
    }
}

/// Estimate with limits `point +- critical * sqrt(variance)` and the two-sided p-value against `null`.
///
/// A variance of exactly 0 has no p-value: nothing varies that a difference could be compared with.
pub(crate) fn estimate(
    point: f64,
    variance: f64,
    against: Against,
    (null, level): (f64, f64),
    method: impl Into<String>,
    units: f64,
) -> Result<Estimate, Stop> {
    if !point.is_finite() || !variance.is_finite() || variance < 0.0 {
        return Err(Stop::overflow());
    }
    let mut estimate = Estimate::new(point, method, units);
    let error = variance.sqrt();
    estimate.variance = Some(variance);
    if let Against::Student(df) = against {
        if !(df.is_finite() && df > 0.0) {
            estimate.notes.push("no degrees of freedom are left: the standard error has no limits".to_owned());
            return Ok(estimate);
        }
        estimate.degrees_of_freedom = Some(df);
    }
    if error == 0.0 {
        estimate.interval = Some(Interval::new(point, point, level));
        estimate.notes.push("the residuals are all zero: limits and point coincide and there is no p-value".to_owned());
        return Ok(estimate);
    }
    let half = against.critical(1.0 - level) * error;
    estimate.interval = Some(Interval::new(point - half, point + half, level));
    if !half.is_finite() {
        estimate.notes.push("too few degrees of freedom for finite limits".to_owned());
    }
    let p = against.two_sided((point - null) / error);
    estimate.p_value = p.is_finite().then_some(p);
    Ok(estimate)
}

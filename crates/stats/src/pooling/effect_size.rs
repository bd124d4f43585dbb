//! What goes into a pooled figure when a study reports counts.

use serde::Serialize;

use crate::StatsError;

/// An effect on the log scale with its sampling variance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LogRatio {
    /// Natural logarithm of the ratio.
    pub effect: f64,
    /// Its sampling variance.
    pub variance: f64,
}

/// Computes the log risk ratio of a two-by-two table.
///
/// # Definition
/// `ln((a / (a + b)) / (c / (c + d)))` with variance `1/a - 1/(a + b) + 1/c - 1/(c + d)` for a events and b others in the first arm, c and
/// d in the second. Where one of the four is 0, 1/2 is added to all of them.
///
/// # Input
/// Four counts of 0 or more.
///
/// # Output
/// The log ratio and its variance; `None` where an arm is empty or where neither arm has an event (nothing to compare).
///
/// # Undefined when
/// An arm is empty or neither arm has an event: `None`.
///
/// # Assumptions
/// Events are binomial within arms; the variance is that of large samples.
///
/// # Errors
/// [`StatsError`] naming the count that is negative or no number.
///
/// # Source
/// Viechtbauer (2010), Conducting Meta-Analyses in R with the metafor Package, doi:10.18637/jss.v036.i03, section 3.1 (`measure = "RR"`).
///
/// # Example
/// ```
/// // Trial 1 of the BCG trials (Colditz et al. 1994): metafor gives -0.8893 with variance 0.3256.
/// let ratio = candor_stats::pooling::effect_size::log_risk_ratio(4.0, 119.0, 11.0, 128.0).unwrap().unwrap();
/// assert!((ratio.effect + 0.889311333920205).abs() < 1e-12);
/// assert!((ratio.variance - 0.325584765003961).abs() < 1e-12);
/// ```
pub fn log_risk_ratio(
    events_first: f64,
    others_first: f64,
    events_second: f64,
    others_second: f64,
) -> Result<Option<LogRatio>, StatsError> {
    let named = [
        ("events_first", events_first),
        ("others_first", others_first),
        ("events_second", events_second),
        ("others_second", others_second),
    ];
    for (argument, count) in named {
        crate::error::finite(argument, &[count])?;
        if count < 0.0 {
            return Err(StatsError::OutOfRange { argument, value: count.to_string(), expected: "a count of 0 or more" });
        }
    }
    let empty = events_first + others_first == 0.0 || events_second + others_second == 0.0;
    if empty || events_first + events_second == 0.0 {
        return Ok(None);
    }
    let added = if named.iter().any(|(_, count)| *count == 0.0) { 0.5 } else { 0.0 };
    let [a, b, c, d] = named.map(|(_, count)| count + added);
    let (first, second) = (a + b, c + d);
    let effect = (a / first).ln() - (c / second).ln();
    let variance = 1.0 / a - 1.0 / first + 1.0 / c - 1.0 / second;
    Ok((effect.is_finite() && variance.is_finite()).then_some(LogRatio { effect, variance }))
}

//! What every answer must satisfy, and the values that break naive code.

use candor_stats::{Estimate, Fitted, Interval, Outcome, StatsError};
use proptest::prelude::*;

/// A value that some formula does not expect, now and then an ordinary one.
pub fn absurd() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -3.0..3.0_f64,
        4 => prop::sample::select(vec![0.0, 1.0, -1.0, 2.0]),
        1 => prop::sample::select(vec![-0.0, 1e-300, -1e-300, 1e-12, 1e12, -1e12, 1e150, -1e200, f64::MAX, f64::MIN_POSITIVE]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

/// Finite but ugly: ties, zeros, far apart magnitudes.
pub fn ugly() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -3.0..3.0_f64,
        4 => prop::sample::select(vec![0.0, 1.0, -1.0, 2.0]),
        1 => prop::sample::select(vec![1e-300, 1e-12, 1e12, -1e12, 1e60, -1e75]),
    ]
}

/// Asserts that an interval has finite limits in order.
pub fn sound_interval(interval: &Interval) {
    for limit in [interval.lower, interval.upper].into_iter().flatten() {
        assert!(limit.is_finite(), "a limit that is not finite: {interval:?}");
    }
    if let (Some(lower), Some(upper)) = (interval.lower, interval.upper) {
        assert!(lower <= upper, "limits in the wrong order: {interval:?}");
    }
}

/// Asserts that every number is finite and in its range, and that the limits hold the point.
pub fn sound_estimate(estimate: &Estimate) {
    let shown = format!("{estimate:?}");
    assert!(estimate.point.is_finite() && estimate.units.is_finite(), "{shown}");
    let numbers = [estimate.variance, estimate.degrees_of_freedom, estimate.events, estimate.p_value, estimate.censored_share];
    assert!(numbers.into_iter().flatten().all(f64::is_finite), "{shown}");
    assert!(estimate.variance.is_none_or(|variance| variance >= 0.0), "{shown}");
    assert!(estimate.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{shown}");
    if let Some(interval) = estimate.interval {
        sound_interval(&interval);
        let slack = 1e-9 * (estimate.point.abs() + 1e-290);
        assert!(interval.lower.is_none_or(|lower| lower <= estimate.point + slack), "{shown}");
        assert!(interval.upper.is_none_or(|upper| upper >= estimate.point - slack), "{shown}");
        assert!(
            (interval.lower.is_some() && interval.upper.is_some()) || !estimate.notes.is_empty(),
            "a missing limit without a word: {shown}"
        );
    }
}

/// Asserts that an answer is sound: a figure, or words.
pub fn sound(outcome: &Outcome) {
    match outcome {
        Outcome::Estimate(estimate) => sound_estimate(estimate),
        Outcome::Insufficient { have, need, reason } => {
            assert!(!have.is_empty() && !need.is_empty() && !reason.is_empty(), "{outcome:?}");
        }
        Outcome::NotApplicable { reason } => assert!(!reason.is_empty(), "{outcome:?}"),
    }
}

/// An answer is sound, a mistake names its argument.
pub fn sound_result(result: &Result<Outcome, StatsError>) {
    match result {
        Ok(outcome) => sound(outcome),
        Err(error) => assert!(error.to_string().contains('`'), "{error}"),
    }
}

/// The fit, after its refusal or mistake has been checked.
pub fn sound_fit<T>(result: Result<Fitted<T>, StatsError>) -> Option<T> {
    match result {
        Ok(Fitted::Fit(fit)) => Some(fit),
        Ok(Fitted::Refused(outcome)) => {
            assert!(outcome.estimate().is_none(), "a refusal with a figure: {outcome:?}");
            sound(&outcome);
            None
        }
        Err(error) => {
            assert!(error.to_string().contains('`'), "{error}");
            None
        }
    }
}

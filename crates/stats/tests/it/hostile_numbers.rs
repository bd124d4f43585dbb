//! The numbers that break naive code, for the hostile tests of all families.

use candor_stats::Estimate;
use proptest::prelude::*;

/// Ordinary, tiny, huge and impossible numbers.
pub fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0_f64,
        4 => 0.0..1.0_f64,
        2 => prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e12, -1e12, 1e-12, 1e150, 1e300, -1e300, 1e-300, f64::MIN_POSITIVE, f64::MAX]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ]
}

/// Up to `most` of them, or the same one over and over.
pub fn wild(most: usize) -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        3 => prop::collection::vec(number(), 0..=most),
        2 => prop::collection::vec(0.0..1.0_f64, 0..=most),
        1 => (number(), 0..=most).prop_map(|(value, count)| vec![value; count]),
    ]
}

/// No NaN and no infinity leaves the crate.
pub fn assert_finite(estimate: &Estimate) {
    let interval = estimate.interval.iter().flat_map(|interval| [interval.lower, interval.upper]).flatten();
    let numbers = [Some(estimate.point), estimate.variance, estimate.degrees_of_freedom, estimate.p_value];
    assert!(numbers.into_iter().flatten().chain(interval).all(f64::is_finite), "{estimate:?}");
    assert!(estimate.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{estimate:?}");
}

//! Properties that hold for every input of the family `durations`.

use candor_stats::durations::quantile::{Definition, quantile};
use candor_stats::durations::{geometric, rank_test, robust};
use candor_stats::linearised::Reference;
use proptest::prelude::*;

fn hours() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((1_u32..400).prop_map(|tenths| f64::from(tenths) / 10.0), 2..25)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_unit_of_time_only_scales(values in hours(), factor in 0.01..100.0_f64) {
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let (a, b) = (geometric::mean(&values, 0.95).unwrap(), geometric::mean(&scaled, 0.95).unwrap());
        prop_assert!(close(a.point().unwrap() * factor, b.point().unwrap()));
        let upper = |outcome: &candor_stats::Outcome| outcome.estimate().unwrap().interval.unwrap().upper.unwrap();
        prop_assert!(close(upper(&a) * factor, upper(&b)));
        let mad = |values: &[f64]| robust::median_absolute_deviation(values).unwrap().point().unwrap();
        prop_assert!((mad(&values) * factor - mad(&scaled)).abs() <= 1e-9 * factor * 40.0);
    }

    #[test]
    fn order_does_not_matter_and_the_other_order_inverts(values in hours(), other in hours()) {
        let mut reversed = values.clone();
        reversed.reverse();
        let point = |outcome: candor_stats::Outcome| outcome.point().unwrap();
        prop_assert!(close(point(geometric::mean(&values, 0.95).unwrap()), point(geometric::mean(&reversed, 0.95).unwrap())));
        let ratio = point(geometric::ratio(&values, &other, 0.95).unwrap());
        prop_assert!(close(ratio, point(geometric::ratio(&other, &values, 0.95).unwrap()).recip()));
        let (a, b) = (rank_test::mann_whitney(&values, &other).unwrap(), rank_test::mann_whitney(&other, &values).unwrap());
        prop_assert!((a.point().unwrap() + b.point().unwrap() - 1.0).abs() < 1e-12);
        prop_assert_eq!(a.estimate().unwrap().p_value.is_some(), b.estimate().unwrap().p_value.is_some());
    }

    #[test]
    fn a_ratio_is_the_quotient_of_the_means(values in hours(), other in hours()) {
        let mean = |values: &[f64]| geometric::mean(values, 0.95).unwrap().point().unwrap();
        let ratio = geometric::ratio(&values, &other, 0.95).unwrap().point().unwrap();
        prop_assert!(close(ratio, mean(&values) / mean(&other)));
        let all: Vec<f64> = values.iter().chain(&other).copied().collect();
        let first: Vec<bool> = (0..all.len()).map(|row| row < values.len()).collect();
        let clusters: Vec<u32> = (0..all.len() as u32).collect();
        let clustered = geometric::clustered_ratio(&all, &first, &clusters, Reference::SmallSample, 0.95).unwrap();
        prop_assert!(close(clustered.point().unwrap(), ratio));
    }

    #[test]
    fn quantiles_rise_and_lie_inside_the_sample(values in hours()) {
        for definition in [Definition::Averaged, Definition::Weibull, Definition::Linear] {
            let points: Vec<f64> =
                [0.1, 0.25, 0.5, 0.75, 0.9].iter().map(|p| quantile(&values, *p, definition, 0.95).unwrap().point().unwrap()).collect();
            prop_assert!(points.windows(2).all(|pair| pair[0] <= pair[1]), "{points:?}");
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
            prop_assert!(points.iter().all(|point| (low..=high).contains(point)));
        }
    }
}

#[test]
fn distribution_free_limits_cover_as_often_as_they_say() {
    // 400 samples of 30 from 1..=10000, drawn by a fixed linear congruence; the true median is 5000.5.
    let mut state = 12_345_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % 10_000 + 1) as f64
    };
    let covered = (0..400)
        .filter(|_| {
            let values: Vec<f64> = (0..30).map(|_| draw()).collect();
            let interval = quantile(&values, 0.5, Definition::Linear, 0.95).unwrap().estimate().unwrap().interval.unwrap();
            interval.lower.unwrap() <= 5000.5 && interval.upper.unwrap() >= 5000.5
        })
        .count();
    assert!(covered >= 372, "{covered} of 400 intervals hold the median; 95 % and more is promised");
}

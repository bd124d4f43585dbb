//! Properties that hold for every input of the family `pooling`.

use candor_stats::pooling::effect_size::log_risk_ratio;
use candor_stats::pooling::heterogeneity::{Method, heterogeneity};
use candor_stats::pooling::meta_regression::{Test, meta_regression};
use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::pooling::random_effects::{Limits, leave_one_out, pool};
use proptest::prelude::*;

const METHODS: [Method; 5] = [
    Method::EqualEffects,
    Method::DerSimonianLaird,
    Method::PauleMandel,
    Method::MaximumLikelihood,
    Method::RestrictedMaximumLikelihood,
];

/// Effects with variances over three orders of magnitude.
fn studies(fewest: usize) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((-3.0..3.0_f64, -3.0..0.0_f64), fewest..12)
        .prop_map(|rows| rows.into_iter().map(|(effect, log)| (effect, 10.0_f64.powf(log))).unzip())
}

fn near(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance * left.abs().max(right.abs()).max(1e-3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tau2_is_never_negative_and_its_limits_hold_paule_and_mandel((effects, variances) in studies(2)) {
        for method in METHODS {
            let found = heterogeneity(&effects, &variances, method, 0.95).unwrap();
            prop_assert!(found.tau2 >= 0.0 && found.q >= 0.0);
            prop_assert!((0.0..=1.0).contains(&found.q_p_value.unwrap()));
            prop_assert!((0.0..=100.0).contains(&found.i2_percent.unwrap()));
            let interval = found.tau2_interval.unwrap();
            let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
            prop_assert!(0.0 <= lower && lower <= upper);
            if method == Method::PauleMandel {
                prop_assert!(lower <= found.tau2 + 1e-12 && found.tau2 <= upper + 1e-12, "{lower} {} {upper}", found.tau2);
            }
        }
    }

    #[test]
    fn the_order_of_studies_their_sign_and_their_unit_do_not_matter((effects, variances) in studies(3), unit in 0.1..10.0_f64) {
        for method in METHODS {
            let one = pool(&effects, &variances, method, Limits::HartungKnapp, 0.95).unwrap().into_fit().unwrap();
            let reverse = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
            let other = pool(&reverse(&effects), &reverse(&variances), method, Limits::HartungKnapp, 0.95).unwrap().into_fit().unwrap();
            prop_assert!(near(one.mean.point, other.mean.point, 1e-7));
            let scaled_effects: Vec<f64> = effects.iter().map(|effect| -unit * effect).collect();
            let scaled_variances: Vec<f64> = variances.iter().map(|variance| unit * unit * variance).collect();
            let scaled = pool(&scaled_effects, &scaled_variances, method, Limits::HartungKnapp, 0.95).unwrap().into_fit().unwrap();
            prop_assert!(near(-unit * one.mean.point, scaled.mean.point, 1e-6));
            prop_assert!(near(unit * unit * one.heterogeneity.tau2, scaled.heterogeneity.tau2, 1e-5));
        }
    }

    #[test]
    fn the_wider_interval_holds_both_and_the_mean_lies_among_the_studies((effects, variances) in studies(3)) {
        let by = |limits| pool(&effects, &variances, Method::RestrictedMaximumLikelihood, limits, 0.95).unwrap().into_fit().unwrap();
        let wide = by(Limits::Wider);
        let interval = wide.mean.interval.unwrap();
        for narrow in [by(Limits::Normal), by(Limits::HartungKnapp)] {
            let other = narrow.mean.interval.unwrap();
            prop_assert!(interval.lower.unwrap() <= other.lower.unwrap() + 1e-12 && other.upper.unwrap() <= interval.upper.unwrap() + 1e-12);
            prop_assert!(wide.mean.p_value.unwrap() + 1e-12 >= narrow.mean.p_value.unwrap());
        }
        let (least, most) = effects.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), e| (l.min(*e), m.max(*e)));
        prop_assert!(least - 1e-9 <= wide.mean.point && wide.mean.point <= most + 1e-9);
        let prediction = wide.prediction.unwrap();
        prop_assert!(prediction.lower.unwrap() < wide.mean.point && wide.mean.point < prediction.upper.unwrap());
    }

    #[test]
    fn leaving_one_out_is_pooling_the_others((effects, variances) in studies(4)) {
        let method = Method::PauleMandel;
        let rest = leave_one_out(&effects, &variances, method, Limits::Normal, 0.95).unwrap();
        let others = pool(&effects[1..], &variances[1..], method, Limits::Normal, 0.95).unwrap().into_fit().unwrap();
        prop_assert_eq!(&rest[0].pooled, &others);
    }

    #[test]
    fn shrunk_effects_lie_between_raw_and_common((effects, variances) in studies(3)) {
        let pooled = partial_pooling(&effects, &variances, 0.95).unwrap().into_fit().unwrap();
        for context in &pooled.contexts {
            let (raw, shrunk, mean) = (context.raw.point, context.shrunk.point, pooled.mean.point);
            prop_assert!(shrunk >= raw.min(mean) - 1e-9 && shrunk <= raw.max(mean) + 1e-9);
            prop_assert!((0.0..=1.0).contains(&context.own_weight));
            let interval = context.shrunk.interval.unwrap();
            prop_assert!(interval.lower.unwrap() <= shrunk && shrunk <= interval.upper.unwrap());
        }
    }

    #[test]
    fn a_moderator_that_explains_nothing_leaves_the_mean((effects, variances) in studies(4)) {
        // Centred by the weights, the intercept of equal effects is the pooled mean.
        let weights: Vec<f64> = variances.iter().map(|variance| 1.0 / variance).collect();
        let total: f64 = weights.iter().sum();
        let raw: Vec<f64> = (0..effects.len()).map(|index| index as f64).collect();
        let center = raw.iter().zip(&weights).map(|(value, weight)| value * weight).sum::<f64>() / total;
        let moderator: Vec<f64> = raw.iter().map(|value| value - center).collect();
        if let Some(fit) = meta_regression(&effects, &variances, &[&moderator], Test::Normal, 0.95).unwrap().into_fit()
            && fit.tau2 == 0.0
        {
            let mean = pool(&effects, &variances, Method::EqualEffects, Limits::Normal, 0.95).unwrap().into_fit().unwrap();
            prop_assert!(near(fit.coefficients[0].point, mean.mean.point, 1e-6));
        }
    }

    #[test]
    fn swapping_the_arms_flips_the_log_ratio(a in 0..50_u32, b in 1..50_u32, c in 1..50_u32, d in 1..50_u32) {
        let [a, b, c, d] = [a, b, c, d].map(f64::from);
        let one = log_risk_ratio(a, b, c, d).unwrap().unwrap();
        let other = log_risk_ratio(c, d, a, b).unwrap().unwrap();
        prop_assert!((one.effect + other.effect).abs() < 1e-12 && (one.variance - other.variance).abs() < 1e-12 && one.variance > 0.0);
    }
}

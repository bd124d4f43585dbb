//! Input that breaks naive code, for every public function of the family `pooling`.

use candor_stats::linearised::{Linearised, Reference};
use candor_stats::pooling::effect_size::log_risk_ratio;
use candor_stats::pooling::heterogeneity::{Method, heterogeneity};
use candor_stats::pooling::meta_regression::{Test, meta_regression, small_study_effect};
use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::pooling::random_effects::{Limits, leave_one_out, pool, variances};
use candor_stats::pooling::signed_sum::{Contrast, Term, signed_sum};
use candor_stats::{Estimate, Interval};
use proptest::prelude::*;

use super::super::hostile_numbers::{assert_finite, number, wild};

const METHODS: [Method; 5] = [
    Method::EqualEffects,
    Method::DerSimonianLaird,
    Method::PauleMandel,
    Method::MaximumLikelihood,
    Method::RestrictedMaximumLikelihood,
];

/// Effects with variances that may be impossible, or possible and far apart.
fn studies() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let possible = prop::collection::vec((number(), -140.0..140.0_f64), 0..6)
        .prop_map(|rows| rows.into_iter().map(|(effect, log)| (effect, 10.0_f64.powf(log))).unzip());
    prop_oneof![possible, (wild(5), wild(5))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn pooling_answers_or_names_the_argument((effects, variances) in studies(), level in prop_oneof![3 => Just(0.95), 1 => number()]) {
        for method in METHODS {
            if let Ok(found) = heterogeneity(&effects, &variances, method, level) {
                prop_assert!(found.tau2.is_finite() && found.tau2 >= 0.0 && found.q.is_finite() && found.q_p_value.is_none_or(f64::is_finite));
                prop_assert!(found.i2_percent.is_none_or(f64::is_finite) && found.h2.is_none_or(f64::is_finite), "{found:?}");
            }
            for limits in [Limits::Normal, Limits::HartungKnapp, Limits::Wider] {
                if let Some(pooled) = pool(&effects, &variances, method, limits, level).ok().and_then(candor_stats::Fitted::into_fit) {
                    assert_finite(&pooled.mean);
                }
            }
        }
        for rest in leave_one_out(&effects, &variances, Method::PauleMandel, Limits::Normal, level).into_iter().flatten() {
            assert_finite(&rest.pooled.mean);
        }
        if let Some(pooled) = partial_pooling(&effects, &variances, level).ok().and_then(candor_stats::Fitted::into_fit) {
            pooled.contexts.iter().for_each(|context| {
                assert_finite(&context.raw);
                assert_finite(&context.shrunk);
            });
        }
    }

    #[test]
    fn signed_sums_answer_or_name_the_argument(
        (points, limits) in (wild(4), wild(4)), influence in wild(3), share in wild(3), level in prop_oneof![3 => Just(0.95), 1 => number()],
    ) {
        let figures: Vec<Estimate> = points
            .iter()
            .zip(&limits)
            .map(|(point, limit)| {
                let mut figure = Estimate::new(*point, "wild", 3.0);
                figure.interval = Some(Interval::new(point - limit.abs(), point + limit.abs(), 0.95));
                figure
            })
            .collect();
        let size = influence.len().min(share.len());
        let clusters: Vec<u32> = (0..size as u32).collect();
        let linearised =
            Linearised { clusters, influence: influence[..size].to_vec(), share: share[..size].to_vec(), unit_variance: 1.0 };
        for linearised in [None, Some(&linearised)] {
            let terms: Vec<Term<'_>> = figures
                .iter()
                .enumerate()
                .map(|(at, estimate)| Term { estimate, linearised, sign: if at % 2 == 0 { 1.0 } else { -1.0 } })
                .collect();
            for contrast in [Contrast::Difference, Contrast::Quotient] {
                if let Ok(outcome) = signed_sum(&terms, contrast, Reference::SmallSample, level) {
                    outcome.estimate().into_iter().for_each(assert_finite);
                }
            }
        }
    }

    #[test]
    fn regression_answers_or_names_the_argument((effects, variances) in studies(), moderator in wild(5), level in prop_oneof![3 => Just(0.9), 1 => number()]) {
        for test in [Test::Normal, Test::KnappHartung] {
            for columns in [vec![], vec![moderator.as_slice()], vec![moderator.as_slice(), effects.as_slice()]] {
                if let Some(fit) = meta_regression(&effects, &variances, &columns, test, level).ok().and_then(candor_stats::Fitted::into_fit) {
                    fit.coefficients.iter().for_each(assert_finite);
                    prop_assert!(fit.tau2.is_finite() && fit.moderator_q.is_finite() && fit.residual_q.is_finite(), "{fit:?}");
                }
            }
        }
        if let Ok(outcome) = small_study_effect(&effects, &variances, level) {
            outcome.estimate().into_iter().for_each(assert_finite);
        }
    }

    #[test]
    fn counts_answer_or_name_the_argument(counts in prop::array::uniform4(number()), errors in wild(4)) {
        let [a, b, c, d] = counts;
        if let Ok(Some(ratio)) = log_risk_ratio(a, b, c, d) {
            prop_assert!(ratio.effect.is_finite() && ratio.variance.is_finite());
        }
        if let Ok(squares) = variances(&errors) {
            prop_assert!(squares.iter().all(|square| square.is_finite() && *square > 0.0), "{errors:?}");
        }
    }
}

#[test]
fn one_study_and_none_are_answered() {
    let one = pool(&[0.4], &[0.04], Method::RestrictedMaximumLikelihood, Limits::Wider, 0.95).unwrap().into_fit().unwrap();
    assert_eq!((one.mean.point, one.prediction), (0.4, None));
    assert!(one.mean.notes.iter().any(|note| note.contains("one study")), "{:?}", one.mean.notes);
    let error = pool(&[], &[], Method::EqualEffects, Limits::Normal, 0.95).unwrap_err().to_string();
    assert!(error.contains("`effects`"), "{error}");
    assert!(partial_pooling(&[0.1, 0.2], &[0.1, 0.1], 0.95).unwrap().refusal().is_some());
    // Nobody had an event: there is nothing to compare.
    assert_eq!(log_risk_ratio(0.0, 10.0, 0.0, 10.0).unwrap(), None);
}

#[test]
fn studies_that_agree_exactly_have_no_width_of_their_own() {
    let pooled =
        pool(&[0.2; 5], &[0.01; 5], Method::RestrictedMaximumLikelihood, Limits::Wider, 0.95).unwrap().into_fit().unwrap();
    assert_eq!(pooled.heterogeneity.tau2, 0.0);
    let interval = pooled.mean.interval.unwrap();
    assert!(
        interval.lower.unwrap() < 0.2 - 0.08 && interval.upper.unwrap() > 0.2 + 0.08,
        "the normal limits must stand: {interval:?}"
    );
}

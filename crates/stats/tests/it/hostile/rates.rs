//! Input that breaks naive code, for every public function of the family `rates`.

use candor_stats::rates::rate::rate;
use candor_stats::rates::rate_ratio::{Method, RateRatio, Test};
use candor_stats::rates::rate_regression::{NegativeBinomial, RateErrors, RateRegression};
use candor_stats::regression::{Correction, Regressors};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_fit, sound_interval, sound_result, ugly};

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0_u64..30, 1 => prop::sample::select(vec![0, 1, 10_000, 3_000_000, 1 << 40, u64::MAX])]
}

fn exposure() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.1..100.0_f64, 1 => absurd(), 1 => prop::sample::select(vec![1e-300, 1e300, f64::MIN_POSITIVE, f64::MAX])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rates_and_ratios_answer_anything(x in count(), y in count(), exposure1 in exposure(), exposure0 in exposure(), level in absurd()) {
        sound_result(&rate(x, exposure1, level));
        sound_result(&rate(x, exposure1, 0.95));
        let Ok(ratio) = RateRatio::new(x, exposure1, y, exposure0) else { return Ok(()) };
        for method in [Method::Exact, Method::MidP, Method::Score, Method::ScoreLog, Method::WaldLog] {
            sound_interval(&ratio.limits(method, 0.95).unwrap());
            sound_result(&ratio.estimate(method, 0.95));
        }
        for test in [Test::Exact, Test::MidP, Test::Score] {
            prop_assert!(ratio.p_value(test).is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
    }

    #[test]
    fn rate_regression_answers_anything(
        rows in prop::collection::vec((prop_oneof![4 => (0_u32..6).prop_map(f64::from), 1 => absurd()], exposure(), ugly(), 0_usize..5), 0..14),
    ) {
        let events: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let exposure: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let by: Vec<usize> = rows.iter().map(|row| row.3).collect();
        let right = || Regressors::with_intercept(x.len()).column("x", x.as_slice()).unwrap();
        if let Some(fit) = sound_fit(RateRegression::fit(&events, &exposure, right())) {
            prop_assert!(fit.deviance().is_finite() && fit.dispersion().is_finite());
            let corrections = [Correction::Cr0, Correction::Cr1, Correction::Cr1s, Correction::Cr2, Correction::Cr3];
            let clustered = corrections.map(|correction| RateErrors::Clustered { by: &by, correction });
            for errors in [RateErrors::Poisson, RateErrors::Quasi].iter().chain(&clustered) {
                sound_result(&fit.log_ratio("x", errors, 0.95));
                sound_result(&fit.ratio("x", errors, 0.95));
            }
        }
        if let Some(fit) = sound_fit(NegativeBinomial::fit(&events, &exposure, right())) {
            prop_assert!(fit.theta().is_finite() && fit.coefficients().iter().all(|own| own.is_finite()));
        }
    }
}

#[test]
fn a_rate_of_zero_to_divide_by_is_said_in_words_with_its_bound() {
    let ratio = RateRatio::new(5, 10.0, 0, 10.0).unwrap();
    let outcome = ratio.estimate(Method::Exact, 0.95).unwrap();
    sound(&outcome);
    assert!(outcome.estimate().is_none() && format!("{outcome:?}").contains("above"), "{outcome:?}");
    assert!(ratio.limits(Method::Exact, 0.95).unwrap().lower.is_some());
    let none = RateRatio::new(0, 10.0, 0, 10.0).unwrap();
    assert_eq!(none.p_value(Test::Exact), Some(1.0));
    assert!(none.estimate(Method::Score, 0.95).unwrap().estimate().is_none());
}

#[test]
fn a_group_without_events_is_refused_in_words() {
    let right = Regressors::with_intercept(6).column("x", vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).unwrap();
    let fitted = RateRegression::fit(&[3.0, 1.0, 2.0, 0.0, 0.0, 0.0], &[1.0; 6], right).unwrap();
    assert!(format!("{:?}", fitted.refusal().unwrap()).contains("no events"));
    let error = RateRegression::fit(&[1.0, -1.0], &[1.0, 1.0], Regressors::with_intercept(2)).unwrap_err();
    assert!(error.to_string().contains("`events` is -1"), "{error}");
    let error = RateRegression::fit(&[1.0, 1.0], &[1.0, 0.0], Regressors::with_intercept(2)).unwrap_err();
    assert!(error.to_string().contains("`exposure` is 0"), "{error}");
}

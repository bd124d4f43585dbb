//! Input that breaks naive code, for every public function of the family `regression`.

use candor_stats::regression::logistic::Logistic;
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors, joint_test};
use proptest::prelude::*;

use super::soundness::{absurd, sound_fit, sound_result, ugly};

const CORRECTIONS: [Correction; 5] = [Correction::Cr0, Correction::Cr1, Correction::Cr1s, Correction::Cr2, Correction::Cr3];

fn every_answer(y: &[f64], columns: &[Vec<f64>], by: &[usize], lag: usize) {
    let mut right = Regressors::with_intercept(y.len());
    for (index, column) in columns.iter().enumerate() {
        match right.column(format!("x{index}"), column.as_slice()) {
            Ok(wider) => right = wider,
            Err(error) => {
                assert!(error.to_string().contains("`values`"), "{error}");
                return;
            }
        }
    }
    let Some(fit) = sound_fit(LeastSquares::fit(y, right)) else { return };
    assert!(fit.coefficients().iter().chain(fit.residuals()).all(|number| number.is_finite()));
    assert!(fit.r_squared().is_none_or(f64::is_finite) && fit.durbin_watson().is_none_or(f64::is_finite));
    let second: Vec<usize> = by.iter().enumerate().map(|(row, label)| (row + label) % 3).collect();
    let mut kinds = vec![
        Errors::Homoskedastic,
        Errors::Hc0,
        Errors::Hc1,
        Errors::Hc2,
        Errors::Hc3,
        Errors::TwoWay { first: by, second: &second },
        Errors::NeweyWest { lag, adjusted: true },
    ];
    kinds.extend(CORRECTIONS.map(|correction| Errors::Clustered { by, correction }));
    for errors in &kinds {
        let Some(covariance) = sound_fit(fit.covariance(errors)) else { continue };
        for name in fit.regressors().names() {
            sound_result(&covariance.coefficient(name, 0.95));
            assert!(covariance.standard_error(name).is_none_or(|error| error.is_finite() && error >= 0.0));
        }
        sound_result(&joint_test::joint(&covariance, &["x0"]));
        sound_result(&joint_test::joint(&covariance, &["intercept", "x0"]));
        sound_result(&joint_test::joint(&covariance, &["x0", "x0"]));
        assert!(covariance.coefficient("no such column", 0.95).is_err() && covariance.coefficient("x0", 1.0).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn least_squares_answers_anything(
        rows in prop::collection::vec((absurd(), absurd(), absurd(), 0_usize..4), 0..14),
        lag in 0_usize..20,
    ) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let columns = [rows.iter().map(|row| row.1).collect(), rows.iter().map(|row| row.2).collect()];
        let by: Vec<usize> = rows.iter().map(|row| row.3).collect();
        every_answer(&y, &columns, &by, lag);
    }

    #[test]
    fn least_squares_answers_ugly_numbers(
        rows in prop::collection::vec((ugly(), ugly(), 0_usize..4), 3..14),
        lag in 0_usize..20,
    ) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let columns = [rows.iter().map(|row| row.1).collect()];
        let by: Vec<usize> = rows.iter().map(|row| row.2).collect();
        every_answer(&y, &columns, &by, lag);
    }

    #[test]
    fn logistic_regression_answers_anything(
        rows in prop::collection::vec((prop_oneof![9 => prop::sample::select(vec![0.0, 1.0]), 1 => absurd()], absurd()), 0..20),
    ) {
        let yes: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let Ok(right) = Regressors::with_intercept(x.len()).column("x", x) else { return Ok(()) };
        if let Some(fit) = sound_fit(Logistic::fit(&yes, right)) {
            sound_result(&fit.coefficient("x", 0.95));
            prop_assert!(fit.probabilities().iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}

#[test]
fn separated_arms_are_refused_in_words() {
    let (x, yes) = ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    let fitted = Logistic::fit(&yes, Regressors::with_intercept(6).column("x", &x).unwrap()).unwrap();
    let refusal = format!("{:?}", fitted.refusal().unwrap());
    assert!(refusal.contains("without error"), "{refusal}");
}

#[test]
fn one_cluster_is_refused_and_a_constant_column_named() {
    let (x, y) = ([0.0, 1.0, 2.0, 3.0], [0.0, 1.5, 1.0, 3.0]);
    let fitted = LeastSquares::fit(&y, Regressors::with_intercept(4).column("x", &x).unwrap()).unwrap();
    let errors = Errors::Clustered { by: &[7, 7, 7, 7], correction: Correction::Cr2 };
    assert!(fitted.fit().unwrap().covariance(&errors).unwrap().refusal().is_some());
    let constant = LeastSquares::fit(&y, Regressors::with_intercept(4).column("level", &[2.0; 4]).unwrap()).unwrap();
    assert!(format!("{:?}", constant.refusal().unwrap()).contains("`level`"));
}

#[test]
fn a_perfect_fit_has_no_p_value() {
    let x = [0.0, 1.0, 2.0, 3.0];
    let fitted = LeastSquares::fit(&[5.0; 4], Regressors::with_intercept(4).column("x", &x).unwrap()).unwrap();
    let covariance = fitted.fit().unwrap().covariance(&Errors::Hc3).unwrap();
    let outcome = covariance.fit().unwrap().coefficient("x", 0.95).unwrap();
    assert!(outcome.point().unwrap().abs() < 1e-12, "{outcome:?}");
    sound_result(&Ok(outcome));
}

//! Input that breaks naive code, for every public function of the family `clusters`.

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::sign_flips::mean_difference;
use candor_stats::clusters::signed_ranks::SignedRanks;
use candor_stats::clusters::wild_bootstrap::{Bootstrap, coefficient};
use candor_stats::regression::{LeastSquares, Regressors};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_estimate, sound_fit, sound_result, ugly};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn paired_tests_answer_anything(differences in prop::collection::vec(absurd(), 0..12), level in absurd()) {
        sound_result(&mean_difference(&differences, level, 99, 1));
        sound_result(&mean_difference(&differences, 0.9, 99, 1));
        if let Some(test) = sound_fit(SignedRanks::test(&differences, 0.9)) {
            sound_estimate(&test.shift);
            prop_assert!(test.positive_ranks >= 0.0);
        }
    }

    #[test]
    fn paired_tests_answer_ugly_numbers(differences in prop_oneof![prop::collection::vec(ugly(), 1..12), prop::collection::vec(ugly(), 21..30)]) {
        sound_result(&mean_difference(&differences, 0.9, 99, 1));
        if let Some(test) = sound_fit(SignedRanks::test(&differences, 0.9)) {
            sound_estimate(&test.shift);
        }
    }

    #[test]
    fn randomisation_answers_anything(
        units in prop::collection::vec((ugly(), any::<bool>(), 0_usize..3), 0..9),
        probability in absurd(),
    ) {
        let y: Vec<f64> = units.iter().map(|unit| unit.0).collect();
        let treated: Vec<bool> = units.iter().map(|unit| unit.1).collect();
        let strata: Vec<usize> = units.iter().map(|unit| unit.2).collect();
        for drawn in [Drawn::Complete, Drawn::Strata(&strata), Drawn::Coins { probability }, Drawn::Coins { probability: 1e-12 }] {
            sound_result(&randomisation::test(&y, &treated, &drawn, 0.9, 99, 1));
            prop_assert!(randomisation::assignments(&treated, &drawn).is_ok());
        }
        prop_assert!(randomisation::test(&y, &treated, &Drawn::Strata(&[]), 0.9, 99, 1).is_err() || y.is_empty());
    }

    #[test]
    fn the_wild_bootstrap_answers_anything(
        rows in prop::collection::vec((ugly(), ugly(), 0_usize..16), 3..25),
        impose_null in any::<bool>(),
    ) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let by: Vec<usize> = rows.iter().map(|row| row.2).collect();
        let right = Regressors::with_intercept(x.len()).column("x", x).unwrap();
        if let Some(fit) = sound_fit(LeastSquares::fit(&y, right)) {
            for name in ["x", "intercept"] {
                sound_result(&coefficient(&fit, name, &Bootstrap { by: &by, impose_null, draws: 99, seed: 1 }, 0.9));
            }
        }
    }
}

#[test]
fn mistakes_name_the_argument() {
    let text = |result: Result<candor_stats::Outcome, candor_stats::StatsError>| result.unwrap_err().to_string();
    assert!(text(mean_difference(&[1.0; 25], 0.95, 5, 1)).contains("`draws`"));
    assert!(
        text(mean_difference(&[1.0, f64::NAN], 0.95, 99, 1))
            .contains("`differences` holds a value that is not finite at index 1")
    );
    assert!(text(mean_difference(&[1.0], 0.0, 99, 1)).contains("`level`"));
    let (y, by) = ([1.0, 2.0, 4.0], [0, 1, 2]);
    let fit = LeastSquares::fit(&y, Regressors::with_intercept(3)).unwrap();
    let run = Bootstrap { by: &by, impose_null: true, draws: 99, seed: 1 };
    assert!(text(coefficient(fit.fit().unwrap(), "slope", &run, 0.95)).contains("`name` is slope"));
    let short = Bootstrap { by: &by[..2], ..run };
    assert!(text(coefficient(fit.fit().unwrap(), "intercept", &short, 0.95)).contains("`by`"));
}

#[test]
fn nothing_to_compare_is_said_in_words() {
    sound(&mean_difference(&[], 0.95, 99, 1).unwrap());
    let equal = mean_difference(&[0.0; 6], 0.95, 99, 1).unwrap();
    assert_eq!((equal.point(), equal.estimate().unwrap().p_value), (Some(0.0), Some(1.0)));
    let one_arm = randomisation::test(&[1.0, 2.0], &[true, true], &Drawn::Complete, 0.95, 99, 1).unwrap();
    assert!(one_arm.estimate().is_none(), "{one_arm:?}");
    let ties = randomisation::test(&[3.0; 6], &[true, true, true, false, false, false], &Drawn::Complete, 0.95, 99, 1).unwrap();
    assert_eq!((ties.point(), ties.estimate().unwrap().p_value), (Some(0.0), Some(1.0)));
}

//! Properties of the family `clusters`: what must hold whatever the data.

use candor_stats::Outcome;
use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::sign_flips::mean_difference;
use candor_stats::clusters::signed_ranks::SignedRanks;
use candor_stats::clusters::wild_bootstrap::{Bootstrap, coefficient};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};

use super::draws::{Source, close, close_maybe, reordered};

fn p(outcome: &Outcome) -> f64 {
    outcome.estimate().unwrap().p_value.unwrap()
}

fn limits(outcome: &Outcome) -> (Option<f64>, Option<f64>) {
    let interval = outcome.estimate().unwrap().interval.unwrap();
    (interval.lower, interval.upper)
}

/// Limits hold 0 exactly when the test does not reject it.
fn consistent(outcome: &Outcome) {
    let (lower, upper) = limits(outcome);
    let holds_zero = lower.is_none_or(|lower| lower <= 0.0) && upper.is_none_or(|upper| upper >= 0.0);
    assert_eq!(holds_zero, p(outcome) > 0.05, "{outcome:?}");
}

/// Outcome, arm by cluster and cluster of each row.
fn clustered(seed: u64, clusters: usize, effect: f64) -> (Vec<f64>, Vec<f64>, Vec<usize>) {
    let mut source = Source::new(seed);
    let (mut y, mut arm, mut by) = (Vec::new(), Vec::new(), Vec::new());
    for cluster in 0..clusters {
        let level = source.noise();
        for _ in 0..3 + source.below(6) {
            arm.push(f64::from(u8::from(cluster % 2 == 0)));
            y.push(effect * arm[arm.len() - 1] + level + source.noise());
            by.push(cluster);
        }
    }
    (y, arm, by)
}

fn on_arm(y: &[f64], arm: &[f64]) -> LeastSquares<'static> {
    let right = Regressors::with_intercept(y.len()).column("arm", arm.to_vec()).unwrap();
    LeastSquares::fit(y, right).unwrap().fit().unwrap().clone()
}

/// t of the arm with CR1S errors.
fn t(fit: &LeastSquares<'_>, by: &[usize], null: f64) -> f64 {
    let covariance = fit.covariance(&Errors::Clustered { by, correction: Correction::Cr1s }).unwrap();
    (fit.coefficient("arm").unwrap() - null) / covariance.fit().unwrap().standard_error("arm").unwrap()
}

#[test]
fn the_wild_bootstrap_equals_refitting_every_sign_vector() {
    for (seed, effect) in [(1, 0.0), (2, 1.0), (3, 2.0)] {
        let (y, arm, by) = clustered(seed, 7, effect);
        let fit = on_arm(&y, &arm);
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        for impose_null in [true, false] {
            let observed = t(&fit, &by, 0.0).abs();
            let (centre, null): (Vec<f64>, f64) = if impose_null {
                (vec![mean; y.len()], 0.0)
            } else {
                (y.iter().zip(fit.residuals()).map(|(y, e)| y - e).collect(), fit.coefficient("arm").unwrap())
            };
            let extreme = (0..128_u32).filter(|signs| {
                let sign = |row: usize| if signs >> by[row] & 1 == 1 { -1.0 } else { 1.0 };
                let flipped: Vec<f64> = (0..y.len()).map(|row| centre[row] + sign(row) * (y[row] - centre[row])).collect();
                t(&on_arm(&flipped, &arm), &by, null).abs() >= observed - 1e-9
            });
            let run = Bootstrap { by: &by, impose_null, draws: 99, seed: 1 };
            let outcome = coefficient(&fit, "arm", &run, 0.95).unwrap();
            close(p(&outcome), extreme.count() as f64 / 128.0, 1e-12);
            consistent(&outcome);
        }
    }
}

#[test]
fn the_limits_of_the_wild_bootstrap_move_with_the_effect() {
    for clusters in [7, 15] {
        let (y, arm, by) = clustered(9, clusters, 1.0);
        let run = Bootstrap { by: &by, impose_null: true, draws: 999, seed: 5 };
        let plain = coefficient(&on_arm(&y, &arm), "arm", &run, 0.95).unwrap();
        let moved: Vec<f64> = y.iter().zip(&arm).map(|(y, arm)| y + 10.0 * arm).collect();
        let moved = coefficient(&on_arm(&moved, &arm), "arm", &run, 0.95).unwrap();
        let ((lower, upper), (lower_moved, upper_moved)) = (limits(&plain), limits(&moved));
        close_maybe(lower_moved, lower.map(|lower| lower + 10.0), 1e-7);
        close_maybe(upper_moved, upper.map(|upper| upper + 10.0), 1e-7);
        let turned: Vec<f64> = arm.iter().map(|arm| 1.0 - arm).collect();
        let turned = coefficient(&on_arm(&y, &turned), "arm", &run, 0.95).unwrap();
        close(turned.point().unwrap(), -plain.point().unwrap(), 1e-9);
        close(p(&turned), p(&plain), 1e-12);
    }
}

#[test]
fn sign_flips_turn_with_the_sign_and_do_not_see_the_order() {
    for (seed, pairs) in [(1, 4), (2, 8), (3, 13), (4, 30)] {
        let mut source = Source::new(seed);
        let differences: Vec<f64> = source.noises(pairs).iter().map(|d| d + 0.7).collect();
        let plain = mean_difference(&differences, 0.95, 2_000, 3).unwrap();
        let turned = mean_difference(&differences.iter().map(|d| -d).collect::<Vec<_>>(), 0.95, 2_000, 3).unwrap();
        close(p(&turned), p(&plain), 1e-12);
        let ((lower, upper), (lower_turned, upper_turned)) = (limits(&plain), limits(&turned));
        close_maybe(lower_turned, upper.map(|upper| -upper), 1e-9);
        close_maybe(upper_turned, lower.map(|lower| -lower), 1e-9);
        consistent(&plain);
        if pairs <= 20 {
            let order = source.shuffled(pairs);
            close(p(&mean_difference(&reordered(&differences, &order), 0.95, 2_000, 3).unwrap()), p(&plain), 1e-12);
            assert!(p(&plain) >= 2.0_f64.powi(1 - pairs as i32) * (1.0 - 1e-12));
        }
    }
}

#[test]
fn few_pairs_have_no_limits_and_say_so() {
    let outcome = mean_difference(&[1.0, 1.2, 0.8, 1.1, 0.9], 0.95, 999, 1).unwrap();
    assert_eq!(limits(&outcome), (None, None));
    close(p(&outcome), 0.0625, 1e-12);
    assert!(outcome.estimate().unwrap().notes.iter().any(|note| note.contains("missing")), "{outcome:?}");
}

#[test]
fn signed_ranks_follow_shifts_and_agree_with_enumeration() {
    for seed in 0..12 {
        let mut source = Source::new(seed);
        // One decimal makes ties.
        let differences: Vec<f64> = (0..9).map(|_| (10.0 * source.noise()).round() / 10.0 + 0.5).filter(|d| *d != 0.0).collect();
        let fitted = SignedRanks::test(&differences, 0.95).unwrap();
        let test = fitted.fit().unwrap();
        let n = differences.len();
        let rank = |at: usize| {
            let size = |other: usize| differences[other].abs();
            let below = (0..n).filter(|other| size(*other) < size(at) - 1e-12).count();
            let same = (0..n).filter(|other| (size(*other) - size(at)).abs() <= 1e-12).count();
            below as f64 + (same as f64 + 1.0) / 2.0
        };
        let v: f64 = (0..n).filter(|at| differences[*at] > 0.0).map(rank).sum();
        close(test.positive_ranks, v, 1e-12);
        let sums = (0..1_u32 << n).map(|signs| (0..n).filter(|at| signs >> at & 1 == 1).map(rank).sum::<f64>());
        let (below, above) = sums.fold((0.0, 0.0), |(below, above), sum| {
            (below + f64::from(u8::from(sum <= v + 1e-9)), above + f64::from(u8::from(sum >= v - 1e-9)))
        });
        close(test.shift.p_value.unwrap(), (2.0 * f64::min(below, above) / f64::from(1_u32 << n)).min(1.0), 1e-12);
        let means = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).map(|(i, j)| (differences[i] + differences[j]) / 2.0);
        let mut means: Vec<f64> = means.collect();
        means.sort_by(f64::total_cmp);
        let half = means.len() / 2;
        let median = if means.len() % 2 == 1 { means[half] } else { (means[half - 1] + means[half]) / 2.0 };
        close(test.shift.point, median, 1e-12);
    }
}

#[test]
fn exact_and_normal_signed_ranks_meet() {
    let differences: Vec<f64> = Source::new(4).noises(301).iter().map(|d| d + 0.1).collect();
    let normal = SignedRanks::test(&differences, 0.95).unwrap();
    let exact = SignedRanks::test(&differences[..300], 0.95).unwrap();
    let (normal, exact) = (&normal.fit().unwrap().shift, &exact.fit().unwrap().shift);
    assert!(normal.method.contains("normal") && exact.method.contains("exact"));
    assert!((normal.p_value.unwrap() - exact.p_value.unwrap()).abs() < 0.1, "{normal:?} and {exact:?}");
    let (a, b) = (normal.interval.unwrap(), exact.interval.unwrap());
    assert!((a.lower.unwrap() - b.lower.unwrap()).abs() < 0.02 && (a.upper.unwrap() - b.upper.unwrap()).abs() < 0.02);
}

#[test]
fn randomisation_within_one_stratum_is_complete_and_turned_arms_flip_the_sign() {
    let mut source = Source::new(8);
    let y: Vec<f64> = source.noises(9);
    let treated: Vec<bool> = (0..9).map(|unit| unit % 2 == 0).collect();
    let run = |treated: &[bool], drawn: &Drawn<'_>| randomisation::test(&y, treated, drawn, 0.9, 999, 2).unwrap();
    let (complete, one) = (run(&treated, &Drawn::Complete), run(&treated, &Drawn::Strata(&[4; 9])));
    close(p(&complete), p(&one), 1e-12);
    let turned: Vec<bool> = treated.iter().map(|own| !own).collect();
    let turned = run(&turned, &Drawn::Complete);
    close(turned.point().unwrap(), -complete.point().unwrap(), 1e-12);
    close(p(&turned), p(&complete), 1e-12);
    close_maybe(limits(&turned).0, limits(&complete).1.map(|upper| -upper), 1e-7);
    let coins = run(&treated, &Drawn::Coins { probability: 0.5 });
    // By hand: all sets of any size but none and all, each equally likely.
    let difference = |chosen: u32| {
        let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
        for (unit, y) in y.iter().enumerate() {
            let arm = (chosen >> unit & 1) as usize;
            sums[arm] += y;
            counts[arm] += 1.0;
        }
        (sums[1] / counts[1] - sums[0] / counts[0]).abs()
    };
    let own = (0..9).filter(|unit| unit % 2 == 0).map(|unit| 1 << unit).sum::<u32>();
    let extreme = (1..511).filter(|chosen| difference(*chosen) >= difference(own) - 1e-9).count();
    close(p(&coins), extreme as f64 / 510.0, 1e-12);
}

#[test]
fn pairs_as_strata_are_sign_flips() {
    let mut source = Source::new(12);
    let (with, without) = (source.noises(8), source.noises(8));
    let y: Vec<f64> = with.iter().chain(&without).copied().collect();
    let treated: Vec<bool> = (0..16).map(|unit| unit < 8).collect();
    let pair: Vec<usize> = (0..16).map(|unit| unit % 8).collect();
    let randomised = randomisation::test(&y, &treated, &Drawn::Strata(&pair), 0.95, 999, 1).unwrap();
    let differences: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with - without).collect();
    let flips = mean_difference(&differences, 0.95, 999, 1).unwrap();
    close(randomised.point().unwrap(), flips.point().unwrap(), 1e-12);
    close(p(&randomised), p(&flips), 1e-12);
    close_maybe(limits(&randomised).0, limits(&flips).0, 1e-7);
    close(randomisation::assignments(&treated, &Drawn::Strata(&pair)).unwrap(), 256.0, 1e-15);
}

#[test]
fn a_random_sample_of_assignments_comes_close_to_all_of_them() {
    let mut source = Source::new(17);
    let y: Vec<f64> = source.noises(30).iter().enumerate().map(|(unit, y)| y + if unit < 15 { 0.6 } else { 0.0 }).collect();
    let treated: Vec<bool> = (0..30).map(|unit| unit < 15).collect();
    let one = randomisation::test(&y, &treated, &Drawn::Complete, 0.95, 20_000, 1).unwrap();
    let two = randomisation::test(&y, &treated, &Drawn::Complete, 0.95, 20_000, 2).unwrap();
    assert!((p(&one) - p(&two)).abs() < 0.02, "{} and {}", p(&one), p(&two));
    assert_eq!(one, randomisation::test(&y, &treated, &Drawn::Complete, 0.95, 20_000, 1).unwrap());
}

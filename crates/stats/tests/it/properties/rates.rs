//! Properties of the family `rates`: what must hold whatever the data.

use candor_stats::rates::rate::rate;
use candor_stats::rates::rate_ratio::{Method, RateRatio, Test};
use candor_stats::rates::rate_regression::{NegativeBinomial, RateErrors, RateRegression};
use candor_stats::regression::{Correction, Regressors};
use proptest::prelude::*;

use super::draws::{Source, close, close_maybe, reordered};

const METHODS: [Method; 5] = [Method::Exact, Method::MidP, Method::Score, Method::ScoreLog, Method::WaldLog];
const TESTS: [Test; 3] = [Test::Exact, Test::MidP, Test::Score];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_turned_ratio_is_the_inverse(x in 0_u64..40, y in 0_u64..40, exposure1 in 0.1..50.0_f64, exposure0 in 0.1..50.0_f64) {
        let ratio = RateRatio::new(x, exposure1, y, exposure0).unwrap();
        let turned = RateRatio::new(y, exposure0, x, exposure1).unwrap();
        let scaled = RateRatio::new(x, 7.0 * exposure1, y, 7.0 * exposure0).unwrap();
        for test in TESTS {
            close_maybe(turned.p_value(test), ratio.p_value(test), 1e-7);
            close_maybe(scaled.p_value(test), ratio.p_value(test), 1e-7);
        }
        for method in METHODS {
            let (own, other) = (ratio.limits(method, 0.9).unwrap(), turned.limits(method, 0.9).unwrap());
            let inverse = |limit: Option<f64>| limit.filter(|limit| *limit > 0.0).map(|limit| 1.0 / limit);
            if own.upper.is_some() && own.lower.is_some_and(|lower| lower > 0.0) {
                close_maybe(inverse(other.lower), own.upper, 1e-7);
                close_maybe(inverse(other.upper), own.lower, 1e-7);
            }
            if let Some(point) = ratio.ratio() {
                prop_assert!(own.lower.is_none_or(|lower| lower <= point * (1.0 + 1e-9)));
                prop_assert!(own.upper.is_none_or(|upper| upper >= point * (1.0 - 1e-9)));
            }
        }
        let (exact, mid) = (ratio.limits(Method::Exact, 0.9).unwrap(), ratio.limits(Method::MidP, 0.9).unwrap());
        prop_assert!(exact.lower <= mid.lower.map(|lower| lower + 1e-9));
        prop_assert!(exact.upper.is_none_or(|upper| mid.upper.is_some_and(|mid| mid <= upper * (1.0 + 1e-9))));
    }

    #[test]
    fn the_exact_test_is_the_sum_of_rare_results(x in 0_u64..25, y in 0_u64..25, exposure1 in 0.1..5.0_f64) {
        let ratio = RateRatio::new(x, exposure1, y, 1.0).unwrap();
        let (n, p) = (x + y, exposure1 / (exposure1 + 1.0));
        // Without any event there is one result, and half of its own chance is no rare one.
        prop_assume!(n > 0);
        let mut masses = vec![(1.0 - p).powi(n as i32)];
        for k in 1..=n {
            let last = masses[masses.len() - 1];
            masses.push(last * (n - k + 1) as f64 / k as f64 * p / (1.0 - p));
        }
        let own = masses[x as usize];
        let expected: f64 = masses.iter().filter(|mass| **mass <= own * (1.0 + 1e-7)).sum();
        close(ratio.p_value(Test::Exact).unwrap(), expected.min(1.0), 1e-8);
        close(ratio.p_value(Test::MidP).unwrap(), (expected.min(1.0) - own / 2.0).max(0.0), 1e-7);
    }
}

#[test]
fn garwood_limits_hold_the_rate_and_are_exact_tests_turned_around() {
    for events in [0_u64, 1, 3, 14, 400, 1_000_000] {
        let outcome = rate(events, 4.0, 0.95).unwrap();
        let estimate = outcome.estimate().unwrap();
        let interval = estimate.interval.unwrap();
        assert!(interval.lower.unwrap() <= estimate.point && estimate.point <= interval.upper.unwrap(), "{estimate:?}");
        if events < 30 {
            // P(X <= events) = 0.025 at the upper limit.
            let mean = 4.0 * interval.upper.unwrap();
            let mut mass = (-mean).exp();
            let mut sum = mass;
            for k in 1..=events {
                mass *= mean / k as f64;
                sum += mass;
            }
            close(sum, 0.025, 1e-9);
        }
    }
}

/// Events, exposure, arm and team.
fn panel(seed: u64) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<usize>) {
    let mut source = Source::new(seed);
    let (mut events, mut exposure, mut arm, mut team) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for own in 0..12 {
        let level = (0.6 * source.noise()).exp();
        for _ in 0..2 + source.below(4) {
            exposure.push(5.0 + 10.0 * source.uniform());
            arm.push(f64::from(own % 2));
            events.push((level * exposure[exposure.len() - 1] * (0.5 + source.uniform())).round());
            team.push(own as usize);
        }
    }
    (events, exposure, arm, team)
}

fn fit(events: &[f64], exposure: &[f64], arm: &[f64]) -> RateRegression<'static> {
    let right = Regressors::with_intercept(arm.len()).column("arm", arm.to_vec()).unwrap();
    RateRegression::fit(events, exposure, right).unwrap().fit().unwrap().clone()
}

fn figures(fit: &RateRegression<'_>, errors: &RateErrors<'_>) -> [f64; 3] {
    let outcome = fit.log_ratio("arm", errors, 0.95).unwrap();
    let estimate = outcome.estimate().unwrap();
    [estimate.point, estimate.variance.unwrap(), estimate.p_value.unwrap()]
}

#[test]
fn rate_regression_does_not_see_row_order_units_of_exposure_or_split_rows() {
    let (events, exposure, arm, team) = panel(3);
    let plain = fit(&events, &exposure, &arm);
    let order = Source::new(1).shuffled(events.len());
    let other = fit(&reordered(&events, &order), &reordered(&exposure, &order), &reordered(&arm, &order));
    let other_team = reordered(&team, &order);
    let scaled = fit(&events, &exposure.iter().map(|own| 1000.0 * own).collect::<Vec<_>>(), &arm);
    let kinds = |by| {
        let all = [Correction::Cr0, Correction::Cr1, Correction::Cr1s, Correction::Cr2, Correction::Cr3];
        let clustered = all.map(|correction| RateErrors::Clustered { by, correction });
        [RateErrors::Poisson, RateErrors::Quasi].into_iter().chain(clustered).collect::<Vec<_>>()
    };
    for (own, reordered) in kinds(team.as_slice()).iter().zip(kinds(other_team.as_slice())) {
        let expected = figures(&plain, own);
        for (value, expected) in figures(&other, &reordered).into_iter().zip(expected) {
            close(value, expected, 1e-7);
        }
        for (value, expected) in figures(&scaled, own).into_iter().zip(expected) {
            close(value, expected, 1e-7);
        }
    }
    // Each row in two halves of a team: coefficients, Poisson and clustered errors stay.
    let twice = |values: &[f64], factor: f64| values.iter().chain(values).map(|value| factor * value).collect::<Vec<_>>();
    let split = fit(&twice(&events, 0.5), &twice(&exposure, 0.5), &twice(&arm, 1.0));
    let teams: Vec<usize> = team.iter().chain(&team).copied().collect();
    for (value, expected) in figures(&split, &RateErrors::Poisson).into_iter().zip(figures(&plain, &RateErrors::Poisson)) {
        close(value, expected, 1e-7);
    }
    let clustered = |by| RateErrors::Clustered { by, correction: Correction::Cr2 };
    for (value, expected) in figures(&split, &clustered(&teams)).into_iter().zip(figures(&plain, &clustered(&team))) {
        close(value, expected, 1e-7);
    }
    let quasi = figures(&plain, &RateErrors::Quasi)[1] / figures(&plain, &RateErrors::Poisson)[1];
    close(quasi, plain.dispersion(), 1e-9);
    let turned = fit(&events, &exposure, &arm.iter().map(|arm| 1.0 - arm).collect::<Vec<_>>());
    close(figures(&turned, &clustered(&team))[0], -figures(&plain, &clustered(&team))[0], 1e-7);
}

#[test]
fn one_column_alone_gives_the_crude_ratio() {
    let (events, exposure, arm, _) = panel(9);
    let crude = |which: f64| {
        let own = |values: &[f64]| values.iter().zip(&arm).filter(|(_, arm)| **arm == which).map(|(value, _)| value).sum::<f64>();
        own(&events) / own(&exposure)
    };
    let ratio = fit(&events, &exposure, &arm).ratio("arm", &RateErrors::Quasi, 0.95).unwrap();
    close(ratio.point().unwrap(), crude(1.0) / crude(0.0), 1e-8);
    let right = || Regressors::with_intercept(arm.len()).column("arm", arm.as_slice()).unwrap();
    let fitted = NegativeBinomial::fit(&events, &exposure, right()).unwrap();
    let wide = fitted.fit().unwrap();
    assert!(wide.theta() > 0.0 && wide.coefficient("arm").unwrap().is_finite());
    // Counts at their means vary less than Poisson counts: nothing is left for theta.
    let level: Vec<f64> = exposure.iter().map(|own| (3.0 * own).round()).collect();
    assert!(NegativeBinomial::fit(&level, &exposure, right()).unwrap().refusal().is_some());
}

#[test]
fn few_clusters_are_named_and_poisson_errors_on_wide_counts_are_called_too_small() {
    let (events, exposure, arm, team) = panel(5);
    let few: Vec<usize> = team.iter().map(|team| team % 6).collect();
    let fit = fit(&events, &exposure, &arm);
    let notes = |errors: &RateErrors<'_>| fit.log_ratio("arm", errors, 0.95).unwrap().estimate().unwrap().notes.join("; ");
    assert!(
        notes(&RateErrors::Clustered { by: &few, correction: Correction::Cr2 }).contains("only 6 clusters: small-sample method")
    );
    assert!(notes(&RateErrors::Poisson).contains("too small"), "{}", notes(&RateErrors::Poisson));
}

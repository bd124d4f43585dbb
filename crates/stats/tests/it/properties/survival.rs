//! Properties that hold for every input of the family `survival`.

use candor_stats::linearised::Reference;
use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::cox::{self, Cox, CoxRows, Ties};
use candor_stats::survival::logrank::{self, GroupedLives, LogRank, Weighting};
use candor_stats::survival::{Confidence, LifeTable, Limits, Lives, comparison, gray};
use proptest::prelude::*;

/// Time, death, weight, cluster, and a second attribute (group, covariate).
type Row = (u32, bool, u32, u32, u32);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0_u32..40, prop::bool::weighted(0.6), 1_u32..9, 0_u32..6, 0_u32..3), 6..40)
}

struct Data {
    times: Vec<f64>,
    died: Vec<bool>,
    weights: Vec<f64>,
    clusters: Vec<u32>,
    attribute: Vec<u32>,
}

impl Data {
    fn new(rows: &[Row]) -> Self {
        Self {
            times: rows.iter().map(|row| f64::from(row.0)).collect(),
            died: rows.iter().map(|row| row.1).collect(),
            weights: rows.iter().map(|row| f64::from(row.2)).collect(),
            clusters: rows.iter().map(|row| row.3).collect(),
            attribute: rows.iter().map(|row| row.4).collect(),
        }
    }

    fn lives(&self) -> Lives<'_> {
        Lives::new(&self.times, &self.died).weighted(&self.weights)
    }

    fn curve(&self) -> LifeTable {
        LifeTable::new(&self.lives().clustered(&self.clusters)).unwrap()
    }

    /// The curve when the weights of one cluster are a little larger.
    fn nudged(&self, cluster: u32, by: f64) -> Vec<f64> {
        self.weights
            .iter()
            .zip(&self.clusters)
            .map(|(weight, own)| if *own == cluster { weight * (1.0 + by) } else { *weight })
            .collect()
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

fn plain() -> Confidence {
    Confidence { reference: Reference::Normal, ..Confidence::default() }
}

const HORIZONS: [f64; 4] = [0.0, 5.0, 15.0, 30.0];
const NUDGE: f64 = 1e-5;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn curves_fall_from_one_and_limits_hold_them(rows in rows()) {
        let data = Data::new(&rows);
        let curves = [data.curve(), LifeTable::new(&data.lives()).unwrap()];
        let grid: Vec<f64> = (-1..45).map(f64::from).collect();
        for curve in &curves {
            for limits in [Limits::LogLog, Limits::Log, Limits::Plain] {
                for reference in [Reference::SmallSample, Reference::Design, Reference::Normal] {
                    let points = curve.curve(&grid, &Confidence { limits, reference, level: 0.9 }).unwrap();
                    prop_assert_eq!(points[0].survival, Some(1.0));
                    let known: Vec<f64> = points.iter().filter_map(|point| point.survival).collect();
                    prop_assert!(known.windows(2).all(|pair| pair[0] >= pair[1]) && known.iter().all(|s| (0.0..=1.0).contains(s)));
                    for point in points {
                        if let (Some(s), Some(lower), Some(upper)) = (point.survival, point.lower, point.upper) {
                            prop_assert!(0.0 <= lower && lower <= s + 1e-12 && s <= upper + 1e-12 && upper <= 1.0, "{point:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn order_splitting_and_scaling_change_nothing(rows in rows(), factor in 0.01..100.0_f64) {
        let data = Data::new(&rows);
        let mut turned = rows.clone();
        turned.reverse();
        // A row of weight w as rows of weight 1 and w - 1; the latter is 0 for some, which is as if it were not there.
        let split: Vec<Row> = rows.iter().flat_map(|row| [(row.0, row.1, 1, row.3, row.4), (row.0, row.1, row.2 - 1, row.3, row.4)]).collect();
        let (turned, split) = (Data::new(&turned), Data::new(&split));
        let heavier: Vec<f64> = data.weights.iter().map(|weight| weight * factor).collect();
        let heavier = LifeTable::new(&data.lives().weighted(&heavier).clustered(&data.clusters)).unwrap();
        for horizon in HORIZONS {
            let expected = data.curve().survival(horizon, &plain()).unwrap();
            for other in [&turned.curve(), &split.curve(), &heavier] {
                let found = other.survival(horizon, &plain()).unwrap();
                prop_assert_eq!(expected.point().is_some(), found.point().is_some());
                if let (Some(a), Some(b)) = (expected.estimate(), found.estimate()) {
                    prop_assert!(close(a.point, b.point) && a.variance.zip(b.variance).is_none_or(|(a, b)| (a - b).abs() < 1e-10), "{a:?} {b:?}");
                }
            }
            let small = |data: &Data| data.curve().survival(horizon, &Confidence::default()).unwrap();
            if let (Some(a), Some(b)) = (small(&data).estimate(), small(&split).estimate()) {
                prop_assert!(a.degrees_of_freedom.zip(b.degrees_of_freedom).is_none_or(|(a, b)| (a - b).abs() < 1e-6 * a), "{a:?} {b:?}");
            }
            let (a, b) = (LifeTable::new(&data.lives()).unwrap(), LifeTable::new(&split.lives()).unwrap());
            let variance = |curve: &LifeTable| curve.curve(&[horizon], &plain()).unwrap()[0].standard_error;
            prop_assert!(variance(&a).zip(variance(&b)).is_none_or(|(a, b)| close(a, b)));
        }
    }

    #[test]
    fn units_censored_at_once_and_entries_before_the_start_change_nothing(rows in rows(), more in 0_usize..5) {
        // Nobody dies at 0, where those censored at once are still at risk.
        let rows: Vec<Row> = rows.iter().map(|row| (row.0 + 1, row.1, row.2, row.3, row.4)).collect();
        let data = Data::new(&rows);
        let mut joined = rows.clone();
        joined.extend((0..more).map(|_| (0, false, 3, 0, 0)));
        let joined = Data::new(&joined);
        let entries = vec![-1.0; rows.len()];
        let late = LifeTable::new(&data.lives().entering(&entries).clustered(&data.clusters)).unwrap();
        for horizon in [1.0, 5.0, 15.0, 30.0] {
            let expected = data.curve().curve(&[horizon], &plain()).unwrap()[0];
            for other in [&joined.curve(), &late] {
                let found = other.curve(&[horizon], &plain()).unwrap()[0];
                prop_assert!(expected.survival.zip(found.survival).is_none_or(|(a, b)| close(a, b)));
                prop_assert_eq!(expected.at_risk, found.at_risk);
            }
            let found = late.curve(&[horizon], &plain()).unwrap()[0];
            prop_assert!(expected.standard_error.zip(found.standard_error).is_none_or(|(a, b)| (a - b).abs() < 1e-10));
        }
    }

    #[test]
    fn influence_is_the_slope_in_the_weights_of_a_cluster(rows in rows(), late in any::<bool>()) {
        let data = Data::new(&rows);
        let entries: Vec<f64> = data.times.iter().zip(&data.clusters).map(|(time, cluster)| time - f64::from(cluster + 1) * 4.0).collect();
        let build = |weights: &[f64]| {
            let lives = Lives::new(&data.times, &data.died).weighted(weights).clustered(&data.clusters);
            LifeTable::new(&if late { lives.entering(&entries) } else { lives }).unwrap()
        };
        let curve = build(&data.weights);
        for horizon in HORIZONS {
            let found = curve.influence(horizon).unwrap().unwrap();
            prop_assert!(found.influence.iter().sum::<f64>().abs() < 1e-9, "influences do not sum to 0: {found:?}");
            let (mut squares, mut mean_squares) = (0.0, 0.0);
            for (cluster, influence) in found.clusters.iter().zip(&found.influence) {
                let at = |by: f64| build(&data.nudged(*cluster, by));
                let (up, down) = (at(NUDGE), at(-NUDGE));
                if let (Some(a), Some(b)) = (up.point(horizon), down.point(horizon)) {
                    let slope = (a - b) / (2.0 * NUDGE);
                    prop_assert!((slope - influence).abs() < 1e-6, "cluster {cluster} at {horizon}: {slope} against {influence}");
                    squares += slope * slope;
                }
                let mean = |curve: &LifeTable| curve.restricted_mean(horizon.max(1.0), &plain()).unwrap().point();
                if let (Some(a), Some(b)) = (mean(&up), mean(&down)) {
                    mean_squares += ((a - b) / (2.0 * NUDGE)).powi(2);
                }
            }
            let error = curve.curve(&[horizon], &plain()).unwrap()[0].standard_error;
            prop_assert!(error.is_none_or(|error| (error * error - squares).abs() < 1e-6), "{error:?} {squares}");
            let mean = curve.restricted_mean(horizon.max(1.0), &plain()).unwrap();
            let variance = mean.estimate().and_then(|estimate| estimate.variance);
            prop_assert!(variance.is_none_or(|variance| (variance - mean_squares).abs() < 1e-4 * mean_squares.max(1.0)), "{variance:?} {mean_squares}");
        }
    }

    #[test]
    fn relabelling_flips_the_difference_and_inverts_the_ratio(rows in rows()) {
        let (a, b): (Vec<Row>, Vec<Row>) = rows.iter().partition(|row| row.4 == 0);
        let (a, b) = (Data::new(&a).curve(), Data::new(&b).curve());
        for horizon in HORIZONS {
            for confidence in [plain(), Confidence::default()] {
                let (x, y) = (
                    comparison::difference(&a, &b, horizon, &confidence).unwrap(),
                    comparison::difference(&b, &a, horizon, &confidence).unwrap(),
                );
                if let (Some(x), Some(y)) = (x.estimate(), y.estimate()) {
                    prop_assert!(close(x.point, -y.point) && x.variance.zip(y.variance).is_none_or(|(v, w)| close(v, w)));
                    prop_assert!(x.degrees_of_freedom.zip(y.degrees_of_freedom).is_none_or(|(v, w)| (v - w).abs() < 1e-6 * v));
                }
                let (x, y) =
                    (comparison::ratio(&a, &b, horizon, &confidence).unwrap(), comparison::ratio(&b, &a, horizon, &confidence).unwrap());
                if let (Some(x), Some(y)) = (x.point(), y.point()) {
                    prop_assert!(close(x, y.recip()));
                }
            }
        }
        let itself = comparison::difference(&a, &a.clone(), 5.0, &plain()).unwrap();
        prop_assert!(itself.estimate().is_none_or(|estimate| estimate.point == 0.0 && estimate.variance.unwrap_or(0.0) < 1e-20));
    }

    #[test]
    fn a_quantile_is_where_the_curve_crosses(rows in rows()) {
        let curve = Data::new(&rows).curve();
        for dead in [0.1, 0.25, 0.5, 0.9] {
            if let Some(time) = curve.quantile(dead, &plain()).unwrap().point() {
                prop_assert!(curve.point(time).unwrap() <= 1.0 - dead + 1e-7);
                prop_assert!(curve.point(time - 40.0).is_none_or(|before| before >= 1.0 - dead - 1e-7));
            }
        }
    }

    #[test]
    fn causes_share_what_has_left(rows in rows()) {
        let data = Data::new(&rows);
        // The attribute as cause, 0 for those who did not die.
        let causes: Vec<u32> = data.died.iter().zip(&data.attribute).map(|(died, kind)| if *died { kind + 1 } else { 0 }).collect();
        let incidence = Incidence::new(&data.times, &causes, Some(&data.weights), Some(&data.clusters)).unwrap();
        let curve = data.curve();
        for horizon in HORIZONS {
            let Some(survival) = curve.point(horizon) else { continue };
            let parts: Vec<f64> = (1..=3).map(|cause| incidence.point(cause, horizon).unwrap()).collect();
            prop_assert!(close(parts.iter().sum::<f64>() + survival, 1.0), "{parts:?} {survival}");
            for (cause, part) in (1..=3).zip(&parts) {
                // What treats the other causes as censored is never below: the usual mistake is not what we print.
                let only: Vec<bool> = causes.iter().map(|found| *found == cause).collect();
                let alone = LifeTable::new(&Lives::new(&data.times, &only).weighted(&data.weights)).unwrap();
                prop_assert!(alone.point(horizon).is_none_or(|alone| 1.0 - alone >= part - 1e-9));
                let mut squares = 0.0;
                for cluster in 0..6 {
                    let slope = |by: f64| {
                        Incidence::new(&data.times, &causes, Some(&data.nudged(cluster, by)), None).unwrap().point(cause, horizon).unwrap()
                    };
                    squares += ((slope(NUDGE) - slope(-NUDGE)) / (2.0 * NUDGE)).powi(2);
                }
                let error = incidence.curve(cause, &[horizon], &plain()).unwrap()[0].standard_error;
                prop_assert!(error.is_none_or(|error| (error * error - squares).abs() < 1e-6), "{error:?} {squares}");
            }
        }
        // One cause alone is the complement of the curve.
        let one: Vec<u32> = data.died.iter().map(|died| u32::from(*died)).collect();
        let alone = Incidence::new(&data.times, &one, Some(&data.weights), Some(&data.clusters)).unwrap();
        for horizon in HORIZONS {
            let (a, b) = (alone.curve(1, &[horizon], &plain()).unwrap()[0], curve.curve(&[horizon], &plain()).unwrap()[0]);
            prop_assert!(a.incidence.zip(b.survival).is_none_or(|(f, s)| close(f + s, 1.0)));
            prop_assert!(a.standard_error.zip(b.standard_error).is_none_or(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn tests_ignore_names_order_and_a_stratum_for_all(rows in rows()) {
        let data = Data::new(&rows);
        let renamed: Vec<u32> = data.attribute.iter().map(|group| 90 - group).collect();
        let one = vec![7; rows.len()];
        let mut turned = rows.clone();
        turned.reverse();
        let turned = Data::new(&turned);
        let lives = data.lives().clustered(&data.clusters);
        let run = |rows: &GroupedLives<'_>, weighting| logrank::test(rows, weighting).unwrap().fit().cloned();
        let same = |a: &Option<LogRank>, b: &Option<LogRank>| match (a, b) {
            (Some(a), Some(b)) => (a.chi_squared - b.chi_squared).abs() < 1e-6 * a.chi_squared.max(1.0) && (0.0..=1.0).contains(&a.p_value),
            (a, b) => a.is_none() == b.is_none(),
        };
        for weighting in [Weighting::LogRank, Weighting::Gehan, Weighting::TaroneWare, Weighting::Peto] {
            let rows = GroupedLives { lives, groups: &data.attribute, strata: None };
            let expected = run(&rows, weighting);
            let other = run(&GroupedLives { groups: &renamed, ..rows }, weighting);
            prop_assert!(same(&expected, &other), "{expected:?} {other:?}");
            let other = run(&GroupedLives { strata: Some(&one), ..rows }, weighting);
            prop_assert!(same(&expected, &other), "{expected:?} {other:?}");
            let other = run(&GroupedLives { lives: turned.lives(), groups: &turned.attribute, strata: None }, weighting);
            prop_assert!(same(&expected, &other), "{expected:?} {other:?}");
            if let Some(test) = &expected {
                let (observed, awaited): (f64, f64) =
                    (test.groups.iter().map(|group| group.observed).sum(), test.groups.iter().map(|group| group.expected).sum());
                prop_assert!(close(observed, awaited), "{observed} {awaited}");
            }
        }
    }

    #[test]
    fn covariates_may_be_rescaled_and_shifted(rows in rows(), factor in 0.01..100.0_f64, shift in -50.0..50.0_f64) {
        let data = Data::new(&rows);
        let x: Vec<f64> = data.attribute.iter().map(|value| f64::from(*value)).collect();
        let scaled: Vec<f64> = x.iter().map(|value| value * factor + shift).collect();
        let run = |column: &[f64], ties| {
            let rows = CoxRows { lives: data.lives().clustered(&data.clusters), covariates: &[column], strata: None };
            cox::fit(&rows, ties).unwrap().fit().cloned()
        };
        for ties in [Ties::Efron, Ties::Breslow] {
            let (a, b): (Option<Cox>, Option<Cox>) = (run(&x, ties), run(&scaled, ties));
            prop_assert_eq!(a.is_some(), b.is_some());
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert!((a.coefficients[0] - b.coefficients[0] * factor).abs() < 1e-6 * a.coefficients[0].abs().max(1.0));
                prop_assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-7 * a.log_likelihood.abs().max(1.0));
                let p = |cox: &Cox| cox.coefficient(0, &Confidence::default()).unwrap().estimate().unwrap().p_value;
                prop_assert!(p(&a).zip(p(&b)).is_none_or(|(a, b)| (a - b).abs() < 1e-6));
            }
        }
    }

    #[test]
    fn the_sandwich_is_the_sum_of_squared_slopes_in_the_weights(rows in rows()) {
        let data = Data::new(&rows);
        let x: Vec<f64> = data.attribute.iter().map(|value| f64::from(*value)).collect();
        let run = |weights: &[f64]| {
            let lives = Lives::new(&data.times, &data.died).weighted(weights).clustered(&data.clusters);
            cox::fit(&CoxRows { lives, covariates: &[&x], strata: None }, Ties::Breslow).unwrap().fit().cloned()
        };
        let Some(fit) = run(&data.weights) else { return Ok(()) };
        prop_assume!(fit.coefficients[0].abs() < 4.0);
        let mut squares = 0.0;
        for cluster in 0..6 {
            let slope = |by: f64| run(&data.nudged(cluster, by)).map(|fit| fit.coefficients[0]);
            let (Some(up), Some(down)) = (slope(1e-4), slope(-1e-4)) else { return Ok(()) };
            squares += ((up - down) / 2e-4).powi(2);
        }
        let variance = fit.coefficient(0, &plain()).unwrap().estimate().unwrap().variance;
        prop_assert!(variance.is_none_or(|variance| (variance - squares).abs() < 1e-4 * squares.max(0.01)), "{variance:?} {squares}");
    }
}

#[test]
fn without_ties_the_score_test_of_cox_is_the_log_rank_test() {
    let times: Vec<f64> = (1..=30).map(f64::from).collect();
    let died: Vec<bool> = (0..30).map(|row| row % 4 != 1).collect();
    let groups: Vec<u32> = (0..30).map(|row| u32::from(row * 7 % 11 < 5)).collect();
    let x: Vec<f64> = groups.iter().map(|group| f64::from(*group)).collect();
    let lives = Lives::new(&times, &died);
    let test = logrank::test(&GroupedLives { lives, groups: &groups, strata: None }, Weighting::LogRank).unwrap();
    for ties in [Ties::Efron, Ties::Breslow] {
        let fit = cox::fit(&CoxRows { lives, covariates: &[&x], strata: None }, ties).unwrap();
        let (score, chi_squared) = (fit.fit().unwrap().score, test.fit().unwrap().chi_squared);
        assert!((score - chi_squared).abs() < 1e-9 * chi_squared, "{score} {chi_squared}");
    }
}

#[test]
fn grays_test_without_another_cause_is_near_the_log_rank_test() {
    let times: Vec<f64> = (0..200).map(|row| f64::from((row * 37) % 101)).collect();
    let causes: Vec<u32> = (0..200).map(|row| u32::from(row % 3 != 0)).collect();
    let groups: Vec<u32> = (0..200).map(|row| u32::from((row * 37) % 101 + row % 7 > 55)).collect();
    let died: Vec<bool> = causes.iter().map(|cause| *cause == 1).collect();
    let rows = GroupedLives { lives: Lives::new(&times, &died), groups: &groups, strata: None };
    let log_rank = logrank::test(&rows, Weighting::LogRank).unwrap().fit().unwrap().chi_squared;
    let gray = gray::test(&times, &causes, &groups, 1).unwrap().point().unwrap();
    assert!((gray / log_rank - 1.0).abs() < 0.15, "{gray} {log_rank}");
}

//! Input that breaks naive code, for every public function of the family `survival`.

use candor_stats::linearised::Reference;
use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::cox::{self, CoxRows, Ties};
use candor_stats::survival::logrank::{self, GroupedLives, Weighting};
use candor_stats::survival::{Confidence, LifeTable, Limits, Lives, comparison, gray};
use candor_stats::{Fitted, Outcome};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_interval, sound_result};

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0_u32..12).prop_map(f64::from),
        2 => 0.0..10.0_f64,
        1 => prop::sample::select(vec![0.0, -0.0, 1e-300, 1e12, 1e300, f64::MAX]),
    ]
}

fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![6 => (0_u32..5).prop_map(f64::from), 1 => prop::sample::select(vec![0.0, 1e-300, 1e-12, 0.3, 1e12, 1e100])]
}

/// Time, death, weight, cluster, group, how long before its end the row enters.
type Row = (f64, bool, f64, u32, u32, f64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let back = prop_oneof![4 => 0.5..20.0_f64, 1 => prop::sample::select(vec![1.0, 2.0, 1e12])];
    prop::collection::vec((time(), any::<bool>(), weight(), 0_u32..4, 0_u32..3, back), 0..14)
}

const REFERENCES: [Reference; 3] = [Reference::SmallSample, Reference::Design, Reference::Normal];

fn ask(curve: &LifeTable, odd: f64) {
    for reference in REFERENCES {
        for limits in [Limits::LogLog, Limits::Log, Limits::Plain] {
            let confidence = Confidence { level: 0.95, limits, reference };
            for horizon in [0.0, 3.0, 11.0, odd] {
                sound_result(&curve.survival(horizon, &confidence));
                sound_result(&curve.restricted_mean(horizon, &confidence));
                sound_result(&comparison::difference(curve, curve, horizon, &confidence));
            }
            for point in curve.curve(&[0.0, 2.0, 1e6], &confidence).unwrap() {
                let numbers = [point.survival, point.standard_error, point.lower, point.upper, Some(point.at_risk)];
                assert!(numbers.into_iter().flatten().all(f64::is_finite), "{point:?}");
            }
            sound_result(&curve.median(&confidence));
            sound_result(&curve.quantile(0.9, &confidence));
            sound_interval(&curve.quantile_limits(0.5, &confidence).unwrap());
        }
    }
    let odd_level = Confidence { level: odd, ..Confidence::default() };
    sound_result(&curve.survival(3.0, &odd_level));
    sound_result(&curve.quantile(odd, &Confidence::default()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn curves_answer_anything(rows in rows(), odd in absurd()) {
        let times: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let died: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let clusters: Vec<u32> = rows.iter().map(|row| row.3 * 1_431_655_765).collect();
        let entries: Vec<f64> = rows.iter().map(|row| row.0 - row.5).collect();
        let bare = Lives::new(&times, &died);
        let all = [bare, bare.weighted(&weights), bare.weighted(&weights).clustered(&clusters), bare.weighted(&weights).entering(&entries).clustered(&clusters)];
        let curves: Vec<LifeTable> = all.iter().filter_map(|lives| match LifeTable::new(lives) {
            Ok(curve) => Some(curve),
            Err(error) => {
                assert!(error.to_string().contains('`'), "{error}");
                None
            }
        }).collect();
        for curve in &curves {
            ask(curve, odd);
        }
        for a in &curves {
            for b in &curves {
                sound_result(&comparison::difference(a, b, 3.0, &Confidence::default()));
                sound_result(&comparison::ratio(a, b, 3.0, &Confidence::default()));
            }
        }
    }

    #[test]
    fn comparisons_answer_anything(rows in rows(), odd in absurd()) {
        let mut times: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let died: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let clusters: Vec<u32> = rows.iter().map(|row| row.3).collect();
        let groups: Vec<u32> = rows.iter().map(|row| row.4).collect();
        let causes: Vec<u32> = rows.iter().map(|row| if row.1 { row.4 + 1 } else { 0 }).collect();
        for _ in 0..2 {
            for lives in [Lives::new(&times, &died).clustered(&clusters), Lives::new(&times, &died).weighted(&weights).clustered(&clusters)] {
                for strata in [None, Some(clusters.as_slice())] {
                    let rows = GroupedLives { lives, groups: &groups, strata };
                    for weighting in [Weighting::LogRank, Weighting::Gehan, Weighting::TaroneWare, Weighting::Peto] {
                        let mut results = vec![logrank::test(&rows, weighting)];
                        results.extend(REFERENCES.map(|reference| logrank::robust(&rows, weighting, reference)));
                        for result in results {
                            sound_result(&result.map(|fitted| match fitted {
                                Fitted::Fit(test) => test.outcome(),
                                Fitted::Refused(outcome) => outcome,
                            }));
                        }
                    }
                }
            }
            for clusters in [None, Some(clusters.as_slice())] {
                match Incidence::new(&times, &causes, Some(&weights), clusters) {
                    Err(error) => prop_assert!(error.to_string().contains('`')),
                    Ok(incidence) => {
                        for cause in 0..4 {
                            for reference in REFERENCES {
                                let confidence = Confidence { reference, ..Confidence::default() };
                                sound_result(&incidence.incidence(cause, 4.0, &confidence));
                                sound_result(&incidence.incidence(cause, odd, &confidence));
                            }
                            prop_assert!(incidence.aalen_variance(cause, 4.0).is_none_or(|variance| variance >= 0.0 && variance.is_finite()));
                        }
                    }
                }
            }
            sound_result(&gray::test(&times, &causes, &groups, 1));
            sound_result(&gray::test(&times, &causes, &groups, 0));
            if let Some(first) = times.first_mut() {
                *first = odd;
            }
        }
    }

    #[test]
    fn regressions_answer_anything(rows in rows(), x in prop::collection::vec(absurd(), 14), late in any::<bool>()) {
        let times: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let died: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let clusters: Vec<u32> = rows.iter().map(|row| row.3).collect();
        let entries: Vec<f64> = rows.iter().map(|row| row.0 - row.5).collect();
        let group: Vec<f64> = rows.iter().map(|row| f64::from(row.4)).collect();
        let odd = &x[..rows.len()];
        let bare = Lives::new(&times, &died).clustered(&clusters);
        for lives in [bare, bare.weighted(&weights)] {
            let lives = if late { lives.entering(&entries) } else { lives };
            for covariates in [vec![group.as_slice()], vec![group.as_slice(), odd], vec![odd, odd], vec![]] {
                for ties in [Ties::Efron, Ties::Breslow] {
                    match cox::fit(&CoxRows { lives, covariates: &covariates, strata: Some(&clusters) }, ties) {
                        Err(error) => prop_assert!(error.to_string().contains('`')),
                        Ok(Fitted::Refused(outcome)) => sound(&outcome),
                        Ok(Fitted::Fit(fit)) => {
                            prop_assert!([fit.log_likelihood, fit.score, fit.wald, fit.likelihood_ratio().0].iter().all(|value| value.is_finite()));
                            prop_assert!(fit.concordance.is_none_or(|share| (0.0..=1.0).contains(&share)));
                            for test in &fit.proportionality {
                                prop_assert!(test.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{test:?}");
                            }
                            for reference in REFERENCES {
                                for index in 0..covariates.len() {
                                    let confidence = Confidence { reference, ..Confidence::default() };
                                    sound(&fit.coefficient(index, &confidence).unwrap());
                                    sound(&fit.hazard_ratio(index, &confidence).unwrap());
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_wrong_slice_is_named() {
    let named = |lives: Lives<'_>, name: &str| {
        let error = LifeTable::new(&lives).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")), "{error}");
    };
    named(Lives::new(&[1.0], &[]), "died");
    named(Lives::new(&[f64::NAN], &[true]), "times");
    named(Lives::new(&[-1.0], &[true]), "times");
    named(Lives::new(&[1.0], &[true]).weighted(&[f64::INFINITY]), "weights");
    named(Lives::new(&[1.0], &[true]).weighted(&[-1.0]), "weights");
    named(Lives::new(&[1.0], &[true]).entering(&[1.0]), "entries");
    named(Lives::new(&[1.0], &[true]).clustered(&[]), "clusters");
}

#[test]
fn all_dead_all_alive_and_nobody_are_said_in_words() {
    let ask = |times: &[f64], died: &[bool], horizon| {
        LifeTable::new(&Lives::new(times, died)).unwrap().survival(horizon, &Confidence::default()).unwrap()
    };
    let dead = ask(&[0.0; 12], &[true; 12], 30.0);
    assert_eq!(dead.point(), Some(0.0));
    assert!(dead.estimate().unwrap().notes.iter().any(|note| note.contains("everybody")), "{dead:?}");
    let alive = ask(&[95.0; 3], &[false; 3], 30.0);
    assert_eq!(alive.point(), Some(1.0));
    assert!(alive.estimate().unwrap().interval.is_none() && !alive.estimate().unwrap().notes.is_empty(), "{alive:?}");
    assert!(matches!(ask(&[], &[], 30.0), Outcome::Insufficient { .. }));
    let Outcome::Insufficient { reason, .. } = ask(&[84.0; 3], &[false; 3], 90.0) else { panic!() };
    assert!(reason.contains("84"), "{reason}");
}

#[test]
fn few_clusters_are_said_and_one_cluster_gives_no_limits() {
    let (times, died) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [true, true, false, true, false, false]);
    let curve = LifeTable::new(&Lives::new(&times, &died).clustered(&[1, 1, 2, 2, 3, 3])).unwrap();
    let outcome = curve.survival(4.0, &Confidence::default()).unwrap();
    let estimate = outcome.estimate().unwrap();
    assert!(estimate.notes.iter().any(|note| note.contains("only 3 clusters")), "{estimate:?}");
    assert!(estimate.degrees_of_freedom.is_some());
    let curve = LifeTable::new(&Lives::new(&times, &died).clustered(&[9; 6])).unwrap();
    let outcome = curve.survival(4.0, &Confidence::default()).unwrap();
    assert!(
        outcome.estimate().unwrap().interval.is_none() && outcome.estimate().unwrap().notes[0].contains("one cluster"),
        "{outcome:?}"
    );
}

#[test]
fn arms_told_apart_by_death_alone_have_no_hazard_ratio() {
    let times = [1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 9.0, 9.0];
    let died = [true, true, true, true, false, false, false, false];
    let arm = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    for ties in [Ties::Efron, Ties::Breslow] {
        let fit = cox::fit(&CoxRows { lives: Lives::new(&times, &died), covariates: &[&arm], strata: None }, ties).unwrap();
        let Fitted::Refused(Outcome::Insufficient { reason, .. }) = fit else { panic!("{fit:?}") };
        assert!(reason.contains("without end"), "{reason}");
    }
}

#[test]
fn weights_of_1e12_do_not_drown_the_others() {
    // The heavy row leaves first; what is left is an ordinary curve.
    let (times, died) = ([1.0, 2.0, 3.0, 4.0], [false, true, true, false]);
    let heavy = LifeTable::new(&Lives::new(&times, &died).weighted(&[1e12, 0.1, 0.2, 0.3]).clustered(&[1, 2, 3, 4])).unwrap();
    let light = LifeTable::new(&Lives::new(&times, &died).weighted(&[1.0, 0.1, 0.2, 0.3]).clustered(&[1, 2, 3, 4])).unwrap();
    let (a, b) = (heavy.survival(3.0, &Confidence::default()).unwrap(), light.survival(3.0, &Confidence::default()).unwrap());
    assert!((a.point().unwrap() - b.point().unwrap()).abs() < 1e-12);
    assert!((a.estimate().unwrap().variance.unwrap() - b.estimate().unwrap().variance.unwrap()).abs() < 1e-9, "{a:?} {b:?}");
}

//! Properties that hold for every input of the family `planning`.

use std::num::NonZeroUsize;

use candor_stats::planning::cluster_power::{self, ClusterDesign, LabelError};
use candor_stats::planning::intra_cluster::{self, Method, design_effect};
use candor_stats::planning::proportion_power::{self, Approximation};
use candor_stats::planning::simulation::{Analysis, Baseline, Change, Runs, Study, Trial, power};
use candor_stats::planning::survival_power::log_rank_events;
use candor_stats::planning::t_power;
use proptest::prelude::*;

fn runs(count: u32, threads: usize) -> Runs {
    Runs { count, seed: 20_260_101, threads: NonZeroUsize::new(threads).unwrap() }
}

fn study(control_clusters: usize, exposed_clusters: usize, change: Change) -> Study {
    Study { control_clusters, exposed_clusters, change, label_error: None, alpha: 0.05 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn size_and_power_are_each_others_inverse(effect in 0.05..2.0_f64, wanted in 0.2..0.99_f64) {
        let size = t_power::two_sample_size(effect, 0.05, wanted).unwrap().point().unwrap();
        let reached = t_power::two_sample(effect, size, size, 0.05).unwrap();
        prop_assert!(reached >= wanted - 1e-9 && (size == 2.0 || (reached - wanted).abs() < 1e-7), "{size}: {reached}");
        let pairs = t_power::paired_size(effect, 0.05, wanted).unwrap().point().unwrap();
        prop_assert!(t_power::paired(effect, pairs, 0.05).unwrap() >= wanted - 1e-7);
        let detectable = t_power::two_sample_detectable(size, size, 0.05, wanted).unwrap().point().unwrap();
        prop_assert!(size == 2.0 || (detectable - effect).abs() < 1e-5 * effect);
    }

    #[test]
    fn power_grows_with_effect_and_units_and_is_a_probability(effect in 0.0..3.0_f64, n in 2.0..500.0_f64, alpha in 0.001..0.2_f64) {
        let at = |effect: f64, n: f64| t_power::two_sample(effect, n, n, alpha).unwrap();
        let power = at(effect, n);
        prop_assert!((alpha - 1e-9..=1.0).contains(&power));
        prop_assert!(at(effect + 0.1, n) >= power - 1e-9 && at(effect, n + 10.0) >= power - 1e-9);
        prop_assert!((at(-effect, n) - power).abs() < 1e-12);
    }

    #[test]
    fn shares_need_fewer_units_the_further_apart_they_are(first in 0.05..0.5_f64, gap in 0.02..0.2_f64) {
        for approximation in [Approximation::Normal, Approximation::CohenH] {
            let size = |gap: f64| proportion_power::size(first, first + gap, 0.05, 0.8, approximation).unwrap().point().unwrap();
            prop_assert!(size(gap + 0.05) < size(gap));
            let reached = proportion_power::power(first, first + gap, size(gap), 0.05, approximation).unwrap();
            prop_assert!((reached - 0.8).abs() < 1e-6);
        }
    }

    #[test]
    fn clusters_cost_power_and_so_do_labels(sizes in prop::collection::vec(2.0..80.0_f64, 2..12), icc in 0.01..0.5_f64) {
        let design = |correlation, label_error| ClusterDesign { first_sizes: &sizes, second_sizes: &sizes, correlation, label_error };
        let labels = LabelError { positive_predictive_value: 0.9, negative_predictive_value: 0.95 };
        let power = |design: &ClusterDesign<'_>| cluster_power::power(design, 0.4, 0.05).unwrap();
        let (with, without) = (power(&design(icc, None)), power(&design(0.0, None)));
        prop_assert!(with <= without + 1e-9);
        prop_assert!(power(&design(icc, Some(labels))) <= with + 1e-9);
        let effect = |design: &ClusterDesign<'_>| cluster_power::detectable_effect(design, 0.05, 0.8).unwrap().point().unwrap();
        prop_assert!((effect(&design(icc, Some(labels))) * 0.85 - effect(&design(icc, None))).abs() < 1e-7);
        prop_assert!(design_effect(&sizes, icc).unwrap() >= 1.0);
    }

    #[test]
    fn correlations_lie_in_the_unit_interval_and_ignore_units_and_labels(
        rows in prop::collection::vec((-5.0..5.0_f64, 0..6_usize), 8..60), unit in 0.1..100.0_f64,
    ) {
        let (values, clusters): (Vec<f64>, Vec<usize>) = rows.iter().copied().unzip();
        for method in [Method::Anova, Method::RestrictedMaximumLikelihood] {
            let one = intra_cluster::correlation(&values, &clusters, method, 0.95).unwrap();
            if let Some(estimate) = one.estimate() {
                let interval = estimate.interval.unwrap();
                prop_assert!((0.0..=1.0).contains(&estimate.point));
                prop_assert!(interval.lower.unwrap() <= estimate.point && estimate.point <= interval.upper.unwrap());
                let scaled: Vec<f64> = values.iter().rev().map(|value| 3.0 + unit * value).collect();
                let renamed: Vec<usize> = clusters.iter().rev().map(|cluster| 100 - 7 * cluster).collect();
                let other = intra_cluster::correlation(&scaled, &renamed, method, 0.95).unwrap();
                prop_assert!((other.point().unwrap() - estimate.point).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn hazards_and_their_inverse_need_the_same_events(ratio in 1.05..5.0_f64, share in 0.1..0.9_f64) {
        let events = |ratio: f64, share: f64| log_rank_events(ratio, share, 0.05, 0.8).unwrap().point().unwrap();
        prop_assert!((events(ratio, share) / events(1.0 / ratio, 1.0 - share) - 1.0).abs() < 1e-9);
        prop_assert!(events(ratio, 0.5) <= events(ratio, share) + 1e-9);
    }
}

#[test]
fn simulation_agrees_with_the_formula_where_the_model_holds() {
    let baseline = Baseline::Normal { sizes: &[20], correlation: 0.05 };
    let sizes = [20.0; 10];
    let labels = LabelError { positive_predictive_value: 0.9, negative_predictive_value: 0.95 };
    for label_error in [None, Some(labels)] {
        let design = ClusterDesign { first_sizes: &sizes, second_sizes: &sizes, correlation: 0.05, label_error };
        let formula = cluster_power::power(&design, 0.4, 0.05).unwrap();
        let study = Study { label_error, ..study(10, 10, Change::Add) };
        let simulated = power(&baseline, &study, 0.4, Analysis::ClusterMeans, &runs(1500, 2)).unwrap().point().unwrap();
        assert!((simulated - formula).abs() < 0.045, "simulated {simulated}, formula {formula}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let values: Vec<f64> = (0..120).map(|row| f64::from((row * 37 % 11) % 2)).collect();
    let clusters: Vec<usize> = (0..120).map(|row| row / (5 + row % 3)).collect();
    let baseline = Baseline::Own { values: &values, clusters: &clusters };
    let study = study(5, 6, Change::Share);
    let by = |threads| power(&baseline, &study, 0.2, Analysis::ClusterRobust, &runs(60, threads)).unwrap();
    assert_eq!(by(1), by(2));
    assert_eq!(by(1), by(7));
}

#[test]
fn a_share_moves_by_the_effect_and_a_refusal_is_counted() {
    let values: Vec<f64> = (0..300).map(|row| f64::from(u8::from(row % 5 == 0))).collect();
    let clusters: Vec<usize> = (0..300).map(|row| row / 10).collect();
    let baseline = Baseline::Own { values: &values, clusters: &clusters };
    let moved = std::sync::Mutex::new(0.0);
    let watch = |trial: &Trial| {
        let mean = |arm: bool| {
            let of: Vec<f64> =
                trial.values.iter().zip(&trial.exposed).filter(|(_, own)| **own == arm).map(|(value, _)| *value).collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        *moved.lock().unwrap() += mean(true) - mean(false);
        None
    };
    let outcome = power(&baseline, &study(20, 20, Change::Share), 0.3, Analysis::Own(&watch), &runs(200, 2)).unwrap();
    let shift = *moved.lock().unwrap() / 200.0;
    assert!((shift - 0.3).abs() < 0.01, "the share moved by {shift}");
    let estimate = outcome.estimate().unwrap();
    assert_eq!(estimate.point, 0.0);
    assert!(estimate.notes.iter().any(|note| note.contains("200 of 200 runs")), "{:?}", estimate.notes);
}

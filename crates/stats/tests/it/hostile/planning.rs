//! Input that breaks naive code, for every public function of the family `planning`.

use std::num::NonZeroUsize;

use candor_stats::planning::cluster_power::{self, ClusterDesign, LabelError};
use candor_stats::planning::intra_cluster::{self, Method, design_effect};
use candor_stats::planning::proportion_power::{self, Approximation};
use candor_stats::planning::simulation::{self, Analysis, Baseline, Change, Runs, Study};
use candor_stats::planning::survival_power::log_rank_events;
use candor_stats::planning::t_power;
use candor_stats::{Outcome, StatsError};
use proptest::prelude::*;

use super::super::hostile_numbers::{assert_finite, number, wild};

fn finite(outcome: &Result<Outcome, StatsError>) {
    outcome.iter().filter_map(Outcome::estimate).for_each(assert_finite);
}

fn probability(power: Result<f64, StatsError>) {
    assert!(power.as_ref().map_or(true, |power| (0.0..=1.0).contains(power)), "{power:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn formulas_answer_or_name_the_argument(numbers in prop::array::uniform4(number()), sane in any::<bool>()) {
        let [a, b, c, d] = numbers;
        let alpha = if sane { 0.05 } else { d };
        probability(t_power::two_sample(a, b, c, alpha));
        probability(t_power::paired(a, b, alpha));
        finite(&t_power::two_sample_size(a, alpha, b));
        finite(&t_power::paired_size(a, alpha, b));
        finite(&t_power::two_sample_detectable(a, b, alpha, c));
        for approximation in [Approximation::Normal, Approximation::CohenH] {
            probability(proportion_power::power(a, b, c, alpha, approximation));
            finite(&proportion_power::size(a, b, alpha, c, approximation));
        }
        finite(&log_rank_events(a, b, alpha, c));
        if let Ok(error) = LabelError::from_accuracy(a, b, c) {
            prop_assert!(error.attenuation().is_finite());
        }
    }

    #[test]
    fn clusters_answer_or_name_the_argument(sizes in (wild(4), wild(4)), numbers in prop::array::uniform3(number()), labels in prop::option::of((number(), number()))) {
        let [correlation, effect, wanted] = numbers;
        let label_error = labels.map(|(ppv, npv)| LabelError { positive_predictive_value: ppv, negative_predictive_value: npv });
        for (first, second) in [(sizes.0.clone(), sizes.1.clone()), (vec![10.0; 3], sizes.1.iter().map(|size| size.abs() + 1.0).collect())] {
            let design = ClusterDesign { first_sizes: &first, second_sizes: &second, correlation, label_error };
            probability(cluster_power::power(&design, effect, 0.05));
            finite(&cluster_power::detectable_effect(&design, 0.05, wanted));
            if let Ok(factor) = design_effect(&second, correlation) {
                prop_assert!(factor.is_finite() && factor >= 1.0);
            }
        }
    }

    #[test]
    fn correlations_answer_or_name_the_argument(values in wild(12), clusters in prop::collection::vec(0..4_usize, 0..12), level in prop_oneof![3 => Just(0.95), 1 => number()]) {
        let clusters: Vec<usize> = clusters.into_iter().cycle().take(values.len()).collect();
        for method in [Method::Anova, Method::RestrictedMaximumLikelihood] {
            finite(&intra_cluster::correlation(&values, &clusters, method, level));
        }
    }

    #[test]
    fn simulations_answer_or_name_the_argument(
        values in prop_oneof![wild(12), prop::collection::vec(prop_oneof![Just(0.0), Just(1.0)], 4..12)], effect in number(),
        clusters in (0..5_usize, 0..5_usize), labels in prop::option::of((number(), number())), normal in any::<bool>(), change in 0..3_usize,
        largest in number(),
    ) {
        let labels_of_units: Vec<usize> = (0..values.len()).map(|unit| unit % 3).collect();
        let sizes = [1, 3];
        let baseline = if normal {
            Baseline::Normal { sizes: &sizes, correlation: effect.abs().min(1.0) }
        } else {
            Baseline::Own { values: &values, clusters: &labels_of_units }
        };
        let label_error = labels.map(|(ppv, npv)| LabelError { positive_predictive_value: ppv, negative_predictive_value: npv });
        let change = [Change::Add, Change::Multiply, Change::Share][change];
        let study = Study { control_clusters: clusters.0, exposed_clusters: clusters.1, change, label_error, alpha: 0.05 };
        let runs = Runs { count: 3, seed: 1, threads: NonZeroUsize::MIN };
        for analysis in [Analysis::ClusterMeans, Analysis::ClusterRobust] {
            finite(&simulation::power(&baseline, &study, effect, analysis, &runs));
            finite(&simulation::detectable_effect(&baseline, &study, (largest, 0.8), analysis, &runs));
        }
    }
}

#[test]
fn the_argument_is_named() {
    let message = |error: StatsError| error.to_string();
    assert!(message(t_power::two_sample(0.5, 1.0, 50.0, 0.05).unwrap_err()).contains("`first`"));
    assert!(message(proportion_power::power(0.0, 0.5, 10.0, 0.05, Approximation::Normal).unwrap_err()).contains("`first`"));
    assert!(t_power::two_sample_size(0.0, 0.05, 0.8).unwrap().point().is_none(), "no size shows an effect of 0");
    assert!(log_rank_events(1.0, 0.5, 0.05, 0.8).unwrap().point().is_none(), "no number of events tells equal hazards apart");
}

//! Computes every key of the case `few_clusters`.

use std::collections::BTreeMap;

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::sign_flips;
use candor_stats::clusters::signed_ranks::SignedRanks;
use candor_stats::clusters::wild_bootstrap::{Bootstrap, coefficient};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};

use super::case::{Case, Computed};
use super::figures::{labels, point_p_df};
use super::ols_robust::regressors;

pub fn compute(case: &Case, out: &mut Computed) {
    let teams = case.table("teams.csv");
    let team = labels(&teams, "team");
    let (y, ai) = (teams.numbers("y"), teams.numbers("ai"));
    let fitted = LeastSquares::fit(&y, regressors(&teams, &["ai", "x"])).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("ai.coef", fit.coefficient("ai"));
    for (name, correction) in [("CR1", Correction::Cr1), ("CR2", Correction::Cr2)] {
        let covariance = fit.covariance(&Errors::Clustered { by: &team, correction }).unwrap();
        out.put(format!("ai.se_{name}"), covariance.fit().unwrap().standard_error("ai"));
        if correction == Correction::Cr2 {
            let (_, p, df) = point_p_df(&covariance.fit().unwrap().coefficient("ai", 0.95).unwrap());
            out.put("ai.CR2_p", p);
            out.put("ai.CR2_df", df);
        }
    }
    for (name, impose_null) in [("null_imposed", true), ("null_not_imposed", false)] {
        let outcome = coefficient(fit, "ai", &Bootstrap { by: &team, impose_null, draws: 9_999, seed: 1 }, 0.95).unwrap();
        let estimate = outcome.estimate().unwrap();
        out.put(format!("wild_cluster_rademacher_{name}_11.p"), estimate.p_value);
        out.put(format!("wild_cluster_rademacher_{name}_11.t"), estimate.standard_error().map(|error| estimate.point / error));
    }

    let mut means: BTreeMap<usize, (f64, f64, bool)> = BTreeMap::new();
    for ((team, y), ai) in team.iter().zip(&y).zip(&ai) {
        let sums = means.entry(*team).or_insert((0.0, 0.0, *ai == 1.0));
        *sums = (sums.0 + y, sums.1 + 1.0, sums.2);
    }
    let (means, treated): (Vec<f64>, Vec<bool>) = means.into_values().map(|(sum, n, ai)| (sum / n, ai)).unzip();
    // Student's test with one variance is least squares on the arm.
    let arm: Vec<f64> = treated.iter().map(|own| f64::from(u8::from(*own))).collect();
    let right = Regressors::with_intercept(means.len()).column("ai", &arm).unwrap();
    let on_arm = LeastSquares::fit(&means, right).unwrap();
    let on_arm = on_arm.fit().unwrap().covariance(&Errors::Homoskedastic).unwrap();
    let (difference, p, _) = point_p_df(&on_arm.fit().unwrap().coefficient("ai", 0.95).unwrap());
    out.put("team_means.difference", difference);
    out.put("team_means.t_test_p", p);
    let randomised = randomisation::test(&means, &treated, &Drawn::Complete, 0.95, 9_999, 1).unwrap();
    out.put("randomisation.team_means.p_two_sided", randomised.estimate().unwrap().p_value);
    out.put("randomisation.team_means.assignments", randomisation::assignments(&treated, &Drawn::Complete).ok());

    let paired = case.table("paired.csv");
    let (with, without) = (paired.numbers("with_ai"), paired.numbers("without_ai"));
    let differences: Vec<f64> = with.iter().zip(without).map(|(with, without)| with - without).collect();
    let flips = sign_flips::mean_difference(&differences, 0.95, 9_999, 1).unwrap();
    out.put("paired.mean_difference", flips.point());
    out.put("paired.sign_flip_p", flips.estimate().unwrap().p_value);
    out.put("paired.sign_flips", Some(sign_flips::sign_vectors(differences.len())));
    let mean = LeastSquares::fit(&differences, Regressors::with_intercept(differences.len())).unwrap();
    let mean = mean.fit().unwrap().covariance(&Errors::Homoskedastic).unwrap();
    out.put("paired.t_p", point_p_df(&mean.fit().unwrap().coefficient("intercept", 0.95).unwrap()).1);
    let ranks = SignedRanks::test(&differences, 0.95).unwrap();
    out.put("paired.wilcoxon_V", ranks.fit().map(|ranks| ranks.positive_ranks));
    out.put("paired.wilcoxon_p", ranks.fit().and_then(|ranks| ranks.shift.p_value));
}

//! Computes every key of the case `sample_ratio`.

use candor_stats::designs::sample_ratio::{chi_squared, exact};
use candor_stats::designs::sequential_sample_ratio::SequentialSampleRatio;

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    let arms = case.table("arms.csv");
    for ((id, counts), weights) in arms.texts("id").into_iter().zip(arms.texts("counts")).zip(arms.texts("weights")) {
        let counts: Vec<u64> = serde_json::from_str(&counts).unwrap();
        let weights: Vec<f64> = serde_json::from_str(&weights).unwrap();
        let outcome = chi_squared(&counts, &weights).unwrap();
        out.put(format!("{id}.chi2"), outcome.point());
        out.put(format!("{id}.p"), outcome.estimate().and_then(|estimate| estimate.p_value));
        if counts.len() == 2 {
            let outcome = exact(&counts, &weights).unwrap();
            out.put(format!("{id}.exact_binomial_p"), outcome.estimate().and_then(|estimate| estimate.p_value));
        }
    }
    // Weights and concentration stand in the README of the case alone.
    let mut test = SequentialSampleRatio::new(&[0.5, 0.25, 0.25], 100.0).unwrap();
    for (row, arm) in case.table("sequence.csv").numbers("arm").into_iter().enumerate() {
        let look = test.assign(arm as usize).unwrap();
        let prefix = format!("sequential.after_{}", row + 1);
        if case.expects(&format!("{prefix}.bayes_factor")) {
            out.put(format!("{prefix}.bayes_factor"), look.bayes_factor);
            out.put(format!("{prefix}.running_min_p"), Some(look.p_value));
        }
    }
}

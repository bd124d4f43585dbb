//! Computes every key of the case `cuped`.

use candor_stats::designs::two_arms::{Comparison, cuped, means, ratios};
use candor_stats::regression::{Errors, LeastSquares, Regressors};
use candor_stats::{Estimate, Fitted};

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let people = case.table("people.csv");
    let (pre, post, ai) = (people.numbers("pre"), people.numbers("post"), people.numbers("ai"));
    let treated: Vec<bool> = ai.iter().map(|ai| *ai == 1.0).collect();
    comparison(out, "unadjusted", &means(&post, &treated, 0.95).unwrap());
    comparison(out, "cuped", &cuped(&post, &pre, &treated, 0.95).unwrap());
    let (numerators, denominators) = (people.numbers("num"), people.numbers("den"));
    comparison(out, "ratio_delta", &ratios(&numerators, &denominators, &treated, 0.95).unwrap());

    let right = Regressors::with_intercept(post.len()).column("ai", &ai).unwrap().column("pre", &pre).unwrap();
    regression(out, "ancova", &post, right);
    let mean = pre.iter().sum::<f64>() / pre.len() as f64;
    let centred: Vec<f64> = pre.iter().map(|x| x - mean).collect();
    let product: Vec<f64> = centred.iter().zip(&ai).map(|(c, ai)| c * ai).collect();
    let right = Regressors::with_intercept(post.len()).column("ai", &ai).unwrap();
    let right = right.column("c", &centred).unwrap().column("ai:c", &product).unwrap();
    regression(out, "lin_interacted", &post, right);
}

fn regression(out: &mut Computed, prefix: &str, y: &[f64], right: Regressors<'_>) {
    let fitted = LeastSquares::fit(y, right).unwrap();
    let fit = fitted.fit().unwrap();
    out.put(format!("{prefix}.ai.coef"), fit.coefficient("ai"));
    for (name, errors) in [("HC2", Errors::Hc2), ("HC3", Errors::Hc3)] {
        let covariance = fit.covariance(&errors).unwrap();
        out.put(format!("{prefix}.ai.se_{name}"), covariance.fit().unwrap().standard_error("ai"));
    }
}

fn comparison(out: &mut Computed, prefix: &str, fitted: &Fitted<Comparison>) {
    let comparison = fitted.fit().unwrap();
    put(out, &format!("{prefix}.absolute"), Some(&comparison.absolute));
    put(out, &format!("{prefix}.relative"), comparison.relative.as_ref());
}

fn put(out: &mut Computed, prefix: &str, estimate: Option<&Estimate>) {
    let interval = estimate.and_then(|estimate| estimate.interval);
    out.put(format!("{prefix}.estimate"), estimate.map(|estimate| estimate.point));
    out.put(format!("{prefix}.se"), estimate.and_then(Estimate::standard_error));
    out.put(format!("{prefix}.p"), estimate.and_then(|estimate| estimate.p_value));
    out.put(format!("{prefix}.lower"), interval.and_then(|interval| interval.lower));
    out.put(format!("{prefix}.upper"), interval.and_then(|interval| interval.upper));
}

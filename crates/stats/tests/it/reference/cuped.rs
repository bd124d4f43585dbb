//! Computes every key of the case `cuped`.

use candor_stats::designs::ancova::Adjusted;
use candor_stats::designs::two_arms::{Comparison, cuped, means, ratios};
use candor_stats::regression::Errors;
use candor_stats::{Estimate, Fitted};

use super::case::{Case, Computed};
use super::figures::standard_error;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let people = case.table("people.csv");
    let (pre, post, ai) = (people.numbers("pre"), people.numbers("post"), people.numbers("ai"));
    let treated: Vec<bool> = ai.iter().map(|ai| *ai == 1.0).collect();
    comparison(out, "unadjusted", &means(&post, &treated, 0.95).unwrap());
    comparison(out, "cuped", &cuped(&post, &pre, &treated, 0.95).unwrap());
    let (numerators, denominators) = (people.numbers("num"), people.numbers("den"));
    comparison(out, "ratio_delta", &ratios(&numerators, &denominators, &treated, 0.95).unwrap());

    for (prefix, interacted) in [("ancova", false), ("lin_interacted", true)] {
        let fitted = Adjusted::fit(&post, &treated, &[("pre", &pre)], interacted).unwrap();
        let fit = fitted.fit().unwrap();
        out.put(format!("{prefix}.ai.coef"), fit.effect(&Errors::Hc2, 0.95).unwrap().point());
        for (name, errors) in [("HC2", Errors::Hc2), ("HC3", Errors::Hc3)] {
            out.put(format!("{prefix}.ai.se_{name}"), standard_error(&fit.effect(&errors, 0.95).unwrap()));
        }
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

//! Computes every key of the case `observational`.

use candor_stats::designs::observational::Observational;
use candor_stats::regression::Errors;

use super::case::{Case, Computed};
use super::figures::standard_error;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-6);
    let table = case.table("changes.csv");
    let y = table.numbers("y");
    // The covariates are the columns that have a propensity coefficient.
    let named = case.keys_starting_with("propensity.").filter_map(|key| key.strip_prefix("propensity.")?.strip_suffix(".coef"));
    let columns: Vec<(&str, Vec<f64>)> =
        named.filter(|name| *name != "intercept").map(|name| (name, table.numbers(name))).collect();
    let covariates: Vec<(&str, &[f64])> = columns.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let used: Vec<bool> = table.numbers("ai").into_iter().map(|ai| ai == 1.0).collect();
    let fitted = Observational::fit(&y, &used, &covariates).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("naive_difference", fit.unadjusted(0.95).unwrap().point());
    let regression = fit.regression(&Errors::Hc3, 0.95).unwrap();
    out.put("regression.ai.coef", regression.point());
    out.put("regression.ai.se_HC3", standard_error(&regression));
    for name in covariates.iter().map(|(name, _)| *name).chain(["intercept"]) {
        let coefficient = fit.propensity().coefficient(name, 0.95).unwrap();
        out.put(format!("propensity.{name}.coef"), coefficient.point());
        out.put(format!("propensity.{name}.se"), standard_error(&coefficient));
    }
    let estimates = [
        ("ipw", fit.inverse_weighting(None, 0.95)),
        ("ra", fit.outcome_regression(None, 0.95)),
        ("aipw", fit.doubly_robust(None, 0.95)),
    ];
    for (name, outcome) in estimates {
        let outcome = outcome.unwrap();
        out.put(format!("{name}.ate"), outcome.point());
        out.put_with(format!("{name}.gmm_se"), standard_error(&outcome), 1e-3);
    }
}

//! Computes every key of the case `interrupted_time_series`.

use std::collections::BTreeSet;

use candor_stats::designs::interrupted_series::Interrupted;
use candor_stats::regression::Errors;

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let weeks = case.table("weeks.csv");
    let (times, outcomes) = (weeks.numbers("week"), weeks.numbers("y"));
    let change = times.iter().zip(weeks.numbers("policy")).find(|(_, policy)| *policy == 1.0).map(|(time, _)| *time).unwrap();
    let fitted = Interrupted::fit(&outcomes, &times, change).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("durbin_watson", fit.durbin_watson());
    let lags: BTreeSet<usize> = case
        .keys_starting_with("intercept.newey_west_lag")
        .filter_map(|key| key.strip_prefix("intercept.newey_west_lag")?.split('_').next()?.parse().ok())
        .collect();
    let columns = [("intercept", "intercept"), ("week", "time"), ("policy", "level_change"), ("weeks_since", "slope_change")];
    for (key, name) in columns {
        out.put(format!("{key}.coef"), fit.regression().coefficient(name));
        for lag in &lags {
            for (suffix, adjusted) in [("se", false), ("se_adjusted", true)] {
                let covariance = fit.regression().covariance(&Errors::NeweyWest { lag: *lag, adjusted }).unwrap();
                out.put(format!("{key}.newey_west_lag{lag}_{suffix}"), covariance.fit().unwrap().standard_error(name));
            }
        }
    }
}

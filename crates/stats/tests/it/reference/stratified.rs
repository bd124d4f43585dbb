//! Computes every key of the case `stratified`: reverts by source inside kinds of work.

use candor_stats::proportions::stratified::{Stratum, mantel_haenszel};

use super::case::{Case, Computed};
use super::figures::limits;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let table = case.table("strata.csv");
    let column = |name: &str| -> Vec<u64> { table.numbers(name).iter().map(|value| *value as u64).collect() };
    let (x1, n1, x0, n0) = (column("x1"), column("n1"), column("x0"), column("n0"));
    let strata: Vec<Stratum> =
        (0..table.len()).map(|row| Stratum { first: (x1[row], n1[row]), second: (x0[row], n0[row]) }).collect();
    let found = mantel_haenszel(&strata, 0.95).unwrap();
    for (name, outcome) in [("mh_odds_ratio", &found.odds_ratio), ("mh_risk_ratio", &found.risk_ratio)] {
        let (lower, upper) = limits(outcome);
        out.put(name, outcome.point());
        out.put(format!("{name}.lower"), lower);
        out.put(format!("{name}.upper"), upper);
    }
    out.put("crude_risk_ratio", found.crude_risk_ratio);
    for (name, test) in [("cmh", found.association), ("breslow_day", found.homogeneity)] {
        out.put(format!("{name}_chi2"), test.map(|test| test.chi_squared));
        out.put(format!("{name}_p"), test.map(|test| test.p_value));
    }
}

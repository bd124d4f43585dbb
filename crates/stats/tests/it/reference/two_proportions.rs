//! Computes every key of the case `two_proportions`: one share, difference, ratio and exact figures of each table.

use candor_stats::Outcome;
use candor_stats::proportions::exact::{Exact, boschloo, figures};
use candor_stats::proportions::risk_ratio::RatioLimits;
use candor_stats::proportions::{risk_difference, risk_ratio, single};

use super::case::{Case, Computed};
use super::figures::limits;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-6);
    let table = case.table("tables.csv");
    let column = |name: &str| -> Vec<u64> { table.numbers(name).iter().map(|value| *value as u64).collect() };
    let (x1, n1, x0, n0) = (column("x1"), column("n1"), column("x0"), column("n0"));
    for (row, id) in table.texts("id").iter().enumerate() {
        let (first, second) = ((x1[row], n1[row]), (x0[row], n0[row]));
        let mut put = |key: &str, value: Option<f64>, tolerance: f64| {
            // The packages print nothing where a group has no event, or for the unconditional test of large tables.
            let key = format!("{id}.{key}");
            if case.expects(&key) {
                out.put_with(key, value, tolerance);
            }
        };
        let mut put_limits = |name: &str, (lower, upper): (Option<f64>, Option<f64>)| {
            put(&format!("{name}.lower"), lower, 1e-6);
            put(&format!("{name}.upper"), upper, 1e-6);
        };
        for (group, (events, units)) in [("p1", first), ("p0", second)] {
            let shares: [(&str, Outcome); 4] = [
                ("wilson", single::wilson(events, units, 0.95).unwrap()),
                ("agresti_coull", single::agresti_coull(events, units, 0.95).unwrap()),
                ("clopper_pearson", single::clopper_pearson(events, units, 0.95).unwrap()),
                ("jeffreys", single::jeffreys(events, units, 0.95).unwrap()),
            ];
            for (name, outcome) in shares {
                put_limits(&format!("{group}.{name}"), limits(&outcome));
            }
        }
        let difference = risk_difference::miettinen_nurminen(first, second, 0.95).unwrap();
        put_limits("rd_newcombe", limits(&risk_difference::newcombe(first, second, 0.95).unwrap()));
        for (name, kind) in [
            ("rr_score", RatioLimits::Koopman),
            ("rr_miettinen_nurminen", RatioLimits::MiettinenNurminen),
            ("rr_katz", RatioLimits::Katz),
        ] {
            let interval = risk_ratio::limits(first, second, kind, 0.95).unwrap();
            put_limits(name, (interval.lower, interval.upper));
        }
        let exact = figures(first, second, Exact::Fisher, 0.95).unwrap().unwrap();
        for (name, value) in [
            ("fisher_or.lower", Some(exact.lower)),
            ("fisher_or.upper", exact.upper),
            ("odds_ratio_conditional_mle", exact.odds_ratio),
        ] {
            put(name, value, uniroot(value));
        }
        put("fisher_p", Some(exact.p_value), 1e-6);
        put("risk_difference", difference.point(), 1e-6);
        put("risk_ratio", risk_ratio::ratio(first, second, RatioLimits::Koopman, 0.95).unwrap().point(), 1e-6);
        if case.expects(&format!("{id}.boschloo_p")) {
            put("boschloo_p", boschloo(first, second).unwrap().estimate().and_then(|estimate| estimate.p_value), 1e-4);
        }
    }
}

/// How far R's `fisher.test` may be from the odds ratio that it solves for, relative to it.
///
/// It calls `uniroot` on the odds ratio or its inverse, whichever is below 1, with an absolute tolerance of 2^-13. Ours are exact to rounding:
/// a property checks that each limit leaves 2.5 % in its tail.
fn uniroot(value: Option<f64>) -> f64 {
    let below_one = value.map_or(1.0, |ratio| ratio.min(ratio.recip()));
    if below_one > 0.0 { f64::EPSILON.powf(0.25) / below_one } else { 1e-6 }
}

//! Computes every key of the case `always_valid`.

use std::collections::BTreeSet;

use candor_stats::looks::confidence_sequence::{
    ArmTotals, Effect, Side, Tuning, confidence_sequence, difference, relative_difference,
};

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    let looks = case.table("looks.csv");
    let (n_a, sum_a, squares_a) = (looks.numbers("n_a"), looks.numbers("sum_a"), looks.numbers("sumsq_a"));
    let (n_b, sum_b, squares_b) = (looks.numbers("n_b"), looks.numbers("sum_b"), looks.numbers("sumsq_b"));
    let tunings: BTreeSet<u64> =
        case.expected().keys().filter_map(|key| key.split("n_star_").nth(1)?.split('.').next()?.parse().ok()).collect();
    for (row, week) in looks.texts("week").iter().enumerate() {
        let a = ArmTotals { units: n_a[row], sum: sum_a[row], sum_of_squares: squares_a[row] };
        let b = ArmTotals { units: n_b[row], sum: sum_b[row], sum_of_squares: squares_b[row] };
        let absolute = difference(&a, &b).unwrap().into_fit().unwrap();
        let relative = relative_difference(&a, &b).unwrap().into_fit().unwrap();
        for tuning in &tunings {
            for (kind, effect) in [("absolute", absolute), ("relative", relative)] {
                two_sided(out, &format!("week{week}.{kind}.n_star_{tuning}"), &effect, *tuning as f64);
            }
            for (kind, side) in [("greater", Side::Lower), ("lesser", Side::Upper)] {
                let outcome = confidence_sequence(&absolute, &Tuning { units: *tuning as f64, alpha: 0.05, side }).unwrap();
                let interval = outcome.estimate().unwrap().interval.unwrap();
                let (name, limit, other) = match side {
                    Side::Upper => ("upper", interval.upper, interval.lower),
                    _ => ("lower", interval.lower, interval.upper),
                };
                assert_eq!(other, None, "a one-sided sequence has one limit");
                out.put(format!("week{week}.one_sided_{kind}.n_star_{tuning}.{name}"), limit);
            }
        }
    }
}

fn two_sided(out: &mut Computed, prefix: &str, effect: &Effect, units: f64) {
    let outcome = confidence_sequence(effect, &Tuning { units, alpha: 0.05, side: Side::Both }).unwrap();
    let estimate = outcome.estimate().unwrap();
    let interval = estimate.interval.unwrap();
    out.put(format!("{prefix}.estimate"), Some(estimate.point));
    out.put(format!("{prefix}.se"), estimate.standard_error());
    out.put(format!("{prefix}.lower"), interval.lower);
    out.put(format!("{prefix}.upper"), interval.upper);
    out.put_within(format!("{prefix}.p"), estimate.p_value, 1e-9);
}

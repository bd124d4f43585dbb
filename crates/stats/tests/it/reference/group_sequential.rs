//! Computes every key of the case `group_sequential`.
//!
//! The case has no table: the looks of the worked study stand in `data.look*`, and the information of the planned looks stands in the
//! name of a plan (`checkpoints_3_6_12_24`). A name without numbers means equal steps, unless the exact O'Brien-Fleming values, which
//! fall with the square root of information, say otherwise.

use std::collections::BTreeSet;

use candor_stats::looks::group_sequential::{
    Boundary, Shape, Spending, Stagewise, classical_boundary, cumulate, repeated_p_value, spending_boundary,
};
use candor_stats::looks::monitoring::{Look, Plan, Side, monitor};

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    let plans: BTreeSet<&str> =
        case.expected().keys().filter_map(|key| key.split('.').next()).filter(|name| *name != "data").collect();
    for plan in &plans {
        let (fractions, alpha) = (information(case, plan), alpha(case, plan));
        for kind in kinds(case, plan) {
            let rows = match kind {
                "asOF" => spending_boundary(Spending::OBrienFleming, alpha, &fractions),
                "asP" => spending_boundary(Spending::Pocock, alpha, &fractions),
                "OF" => classical_boundary(Shape::OBrienFleming, alpha, &fractions),
                "P" => classical_boundary(Shape::Pocock, alpha, &fractions),
                other => panic!("no boundary `{other}`"),
            };
            put(out, &format!("{plan}.{kind}"), &rows.unwrap());
        }
    }
    let first = plans.iter().find(|plan| !plan.contains('_')).or(plans.first()).unwrap();
    study(case, out, &information(case, first), alpha(case, first));
}

fn put(out: &mut Computed, prefix: &str, rows: &[Boundary]) {
    for (row, number) in rows.iter().zip(1..) {
        out.put_with(format!("{prefix}.look{number}.critical_z"), row.critical_z, 1e-5);
        out.put_within(format!("{prefix}.look{number}.alpha_spent"), Some(row.alpha_spent), 2e-7);
        out.put_within(format!("{prefix}.look{number}.stage_level"), Some(row.stage_level), 2e-7);
    }
}

/// The study with stage-wise means: repeated intervals and p-values on the plan that it followed.
fn study(case: &Case, out: &mut Computed, fractions: &[f64], alpha: f64) {
    let value = |number: usize, name: &str| case.expected().get(&format!("data.look{number}.{name}")).copied().flatten();
    let looks = (1..).take_while(|number| value(*number, "n1").is_some()).count();
    let arm = |arm: usize| -> Vec<Stagewise> {
        (1..=looks)
            .map(|number| Stagewise {
                units: value(number, &format!("n{arm}")).unwrap(),
                mean: value(number, &format!("mean{arm}")).unwrap(),
                deviation: value(number, &format!("sd{arm}")).unwrap(),
            })
            .collect()
    };
    let cumulated: Vec<_> = cumulate(&arm(1), &arm(2)).unwrap().into_iter().map(Option::unwrap).collect();
    let side = Side { alpha, spending: Spending::OBrienFleming };
    let plan = Plan { benefit: side, harm: side, planned_information: 1.0 };
    let held: Vec<Look> = cumulated
        .iter()
        .zip(fractions)
        .map(|(look, fraction)| Look {
            information: *fraction,
            effect: look.difference,
            standard_error: look.standard_error,
            degrees_of_freedom: None,
            last: false,
        })
        .collect();
    for (number, judged) in (1..).zip(monitor(&plan, &held).unwrap()) {
        for name in ["n1", "n2", "mean1", "mean2", "sd1", "sd2"] {
            out.put(format!("data.look{number}.{name}"), value(number, name));
        }
        out.put_with(format!("data.look{number}.repeated_ci.lower"), judged.interval.lower, 1e-5);
        out.put_with(format!("data.look{number}.repeated_ci.upper"), judged.interval.upper, 1e-5);
        let p = repeated_p_value(Spending::OBrienFleming, &fractions[..number], judged.z).unwrap();
        // The package searches its error rate in steps of about 1e-6.
        out.put_within(format!("data.look{number}.repeated_p"), Some(p), 1e-5);
    }
}

fn kinds<'a>(case: &'a Case, plan: &str) -> BTreeSet<&'a str> {
    let second = |key: &'a String| {
        let mut parts = key.split('.');
        (parts.next() == Some(plan)).then(|| parts.next()).flatten()
    };
    case.expected().keys().filter_map(second).collect()
}

fn looks(case: &Case, plan: &str, kind: &str) -> usize {
    (1..).take_while(|number| case.expects(&format!("{plan}.{kind}.look{number}.critical_z"))).count()
}

/// Error rate of a plan: what its last look has spent, to the digits that a plan is written with.
fn alpha(case: &Case, plan: &str) -> f64 {
    let kind = kinds(case, plan).into_iter().next().unwrap();
    let last = format!("{plan}.{kind}.look{}.alpha_spent", looks(case, plan, kind));
    (case.expected()[&last].unwrap() * 1e5).round() / 1e5
}

fn information(case: &Case, plan: &str) -> Vec<f64> {
    let count = looks(case, plan, kinds(case, plan).into_iter().next().unwrap());
    let named: Vec<f64> = plan.split('_').filter_map(|part| part.parse().ok()).collect();
    if named.len() == count {
        return named.iter().map(|month| month / named[count - 1]).collect();
    }
    let equal: Vec<f64> = (1..=count).map(|look| look as f64 / count as f64).collect();
    let critical = |number: usize| case.expected().get(&format!("{plan}.OF.look{number}.critical_z")).copied().flatten();
    let from_values: Option<Vec<f64>> = (1..=count).map(|number| Some((critical(count)? / critical(number)?).powi(2))).collect();
    match from_values {
        Some(shares) if shares.iter().zip(&equal).any(|(share, step)| (share - step).abs() > 1e-5) => shares,
        _ => equal,
    }
}

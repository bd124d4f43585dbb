//! Computes every key of the case `non_inferiority`. Margins on means stand in its keys.

use candor_stats::looks::non_inferiority::{
    Better, Comparison, Margin, Shares, Verdict, equivalence, mean_difference, share_difference,
};

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-7);
    proportions(case, out);
    means(case, out);
}

fn proportions(case: &Case, out: &mut Computed) {
    let table = case.table("proportions.csv");
    let counts = |column: &str| -> Vec<u64> { table.numbers(column).iter().map(|count| *count as u64).collect() };
    let (x1, n1, x0, n0) = (counts("x1"), counts("n1"), counts("x0"), counts("n0"));
    let margins = table.numbers("margin");
    for (row, id) in table.texts("id").iter().enumerate() {
        let shares = Shares { new_events: x1[row], new_units: n1[row], old_events: x0[row], old_units: n0[row] };
        let at = |alpha: f64| share_difference(&shares, &Margin { value: margins[row], better: Better::Higher, alpha }).unwrap();
        let compared = at(0.05);
        agreed(&compared, margins[row]);
        out.put(format!("{id}.difference"), Some(compared.estimate.point));
        // The package's own figure is left out: it is reproduced with its slip and without it.
        let counts = [x1[row], n1[row], x0[row], n0[row]].map(|count| count as f64);
        let (slipped, right) = (cubic_z(counts, margins[row], counts[2]), cubic_z(counts, margins[row], counts[3]));
        if let Some(package) = case.expected()[&format!("{id}.farrington_manning_z")] {
            assert!((slipped - package).abs() < 1e-9, "{id}: the package says {package}, its formula {slipped}");
        }
        let statistic = compared.statistic.unwrap();
        assert!((right - statistic).abs() < 1e-9, "{id}: computed {statistic}, the published cubic says {right}");
    }
}

/// z by the cubic of Miettinen and Nurminen (1985), appendix 1, for counts x1, n1, x0, n0. Its linear coefficient is
/// `(n0 d - N - 2 x0) d + x`; statsmodels up to 0.15 (its issue 10269) has x0 in the place of n0, here `first`.
fn cubic_z([x1, n1, x0, n0]: [f64; 4], difference: f64, first: f64) -> f64 {
    let (total, events) = (n1 + n0, x1 + x0);
    let second = (n1 + 2.0 * n0) * difference - total - events;
    let linear = (first * difference - total - 2.0 * x0) * difference + events;
    let constant = x0 * difference * (1.0 - difference);
    let third = second / (3.0 * total);
    let q = third.powi(3) - linear * second / (6.0 * total * total) + constant / (2.0 * total);
    let p = q.signum() * (third * third - linear / (3.0 * total)).sqrt();
    let p0 = 2.0 * p * ((std::f64::consts::PI + (q / p.powi(3)).acos()) / 3.0).cos() - third;
    let p1 = p0 + difference;
    (x1 / n1 - x0 / n0 - difference) / (p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0).sqrt()
}

/// The README of the case: non-inferior at 5 % one-sided is a lower limit of the 90 % interval above the margin.
fn agreed(compared: &Comparison, margin: f64) {
    let lower = compared.estimate.interval.unwrap().lower.unwrap();
    assert_eq!(compared.verdict == Verdict::NonInferior, lower > margin, "{compared:?}");
}

fn means(case: &Case, out: &mut Computed) {
    let table = case.table("means.csv");
    let (arms, values) = (table.texts("arm"), table.numbers("y"));
    let difference = case.keys_starting_with("means.").find(|key| key.contains("_minus_")).unwrap();
    let (new, old) = difference.strip_prefix("means.").unwrap().split_once("_minus_").unwrap();
    let arm = |name: &str| -> Vec<f64> { arms.iter().zip(&values).filter(|(arm, _)| *arm == name).map(|(_, y)| *y).collect() };
    let (new_values, old_values) = (arm(new), arm(old));
    let against = |value: f64, better: Better| {
        mean_difference(&new_values, &old_values, &Margin { value, better, alpha: 0.05 }).unwrap().into_fit().unwrap()
    };
    let figure = against(0.0, Better::Higher).estimate;
    let interval = figure.interval.unwrap();
    out.put(difference, Some(figure.point));
    out.put("means.welch_90.lower", interval.lower);
    out.put("means.welch_90.upper", interval.upper);
    for key in case.keys_starting_with("means.") {
        let Some((test, margin)) = key.strip_suffix(".p").and_then(|key| key.rsplit_once("_margin_")) else { continue };
        let margin: f64 = margin.parse().unwrap();
        let p = match test {
            "means.non_inferior" => against(-margin, Better::Higher).estimate.p_value,
            "means.tost" => equivalence(&figure, (-margin, margin), 0.05).unwrap().into_fit().unwrap().p_value,
            "means.tost_upper" => against(margin, Better::Lower).estimate.p_value,
            other => panic!("no test `{other}`"),
        };
        out.put(key, p);
    }
}

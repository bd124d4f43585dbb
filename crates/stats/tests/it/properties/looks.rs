//! Properties that hold for every input of the family `looks`.

use candor_stats::Estimate;
use candor_stats::looks::confidence_sequence::{
    ArmTotals, Effect, Side, Tuning, confidence_sequence, difference, running_intersection,
};
use candor_stats::looks::group_sequential::{Shape, Spending, classical_boundary, repeated_p_value, spending_boundary};
use candor_stats::looks::monitoring::{self, Decision, Look, Plan, monitor};
use candor_stats::looks::multiplicity::{benjamini_hochberg, benjamini_yekutieli, bonferroni, hochberg, holm, hommel};
use candor_stats::looks::non_inferiority::{
    self, Better, Margin, Rates, Shares, Verdict, mean_difference, rate_difference, rate_ratio, share_difference, share_ratio,
};
use proptest::prelude::*;

fn tuning(units: f64, side: Side) -> Tuning {
    Tuning { units, alpha: 0.05, side }
}

fn p_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![4 => 0.0..=1.0, 1 => Just(0.0), 1 => Just(1.0), 1 => Just(0.05)], 1..40)
}

/// Growing shares of the planned information.
fn fractions() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.02..1.0, 1..6).prop_map(|steps: Vec<f64>| {
        let total: f64 = steps.iter().sum();
        steps
            .iter()
            .scan(0.0, |sum, step| {
                Some({
                    *sum += step;
                    *sum / total
                })
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn adjusted_p_values_keep_their_order_and_their_rank_of_bluntness(p in p_values()) {
        let n = p.len();
        let methods = [bonferroni(&p), holm(&p), hochberg(&p), hommel(&p), benjamini_hochberg(&p), benjamini_yekutieli(&p)];
        let [bonferroni, holm, hochberg, hommel, bh, by] = methods.map(Result::unwrap);
        for i in 0..n {
            for adjusted in [&bonferroni, &holm, &hochberg, &hommel, &bh, &by] {
                prop_assert!((p[i] - 1e-12..=1.0).contains(&adjusted[i]), "{} became {}", p[i], adjusted[i]);
                for j in 0..n {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j] + 1e-12);
                }
            }
            let chain = [bonferroni[i], holm[i], hochberg[i], hommel[i], bh[i]];
            prop_assert!(chain.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{chain:?}");
            prop_assert!(by[i] + 1e-12 >= bh[i]);
        }
        // The order of the tests does not matter.
        let reversed: Vec<f64> = p.iter().rev().copied().collect();
        let mut back = candor_stats::looks::multiplicity::hommel(&reversed).unwrap();
        back.reverse();
        prop_assert_eq!(back, hommel);
    }

    #[test]
    fn boundaries_spend_their_error_rate_and_no_more(fractions in fractions(), alpha in 0.001..0.2_f64) {
        for rows in [
            spending_boundary(Spending::OBrienFleming, alpha, &fractions).unwrap(),
            spending_boundary(Spending::Pocock, alpha, &fractions).unwrap(),
            classical_boundary(Shape::OBrienFleming, alpha, &fractions).unwrap(),
            classical_boundary(Shape::Pocock, alpha, &fractions).unwrap(),
        ] {
            prop_assert!((rows.last().unwrap().alpha_spent - alpha).abs() < 1e-7, "{rows:?}");
            prop_assert!(rows.windows(2).all(|pair| pair[0].alpha_spent <= pair[1].alpha_spent + 1e-15));
            // Every look is at least as strict as a single one at the whole error rate.
            prop_assert!(rows.iter().all(|row| row.stage_level <= alpha + 1e-9));
        }
    }

    #[test]
    fn repeated_p_values_agree_with_the_boundary(fractions in fractions(), z in 0.5..4.0_f64) {
        let p = repeated_p_value(Spending::Pocock, &fractions, z).unwrap();
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assume!(p < 0.9);
        let rows = spending_boundary(Spending::Pocock, p, &fractions).unwrap();
        let critical = rows.last().unwrap().critical_z.unwrap();
        prop_assert!((critical - z).abs() < 1e-4, "p {p} gives {critical}, not {z}");
        prop_assert!(repeated_p_value(Spending::Pocock, &fractions, z + 0.2).unwrap() < p);
    }

    #[test]
    fn sides_of_a_plan_mirror_each_other(fractions in fractions(), effects in prop::collection::vec(-3.0..3.0_f64, 6)) {
        let side = monitoring::Side { alpha: 0.025, spending: Spending::OBrienFleming };
        let harm = monitoring::Side { alpha: 0.05, spending: Spending::Pocock };
        let looks = |sign: f64| -> Vec<Look> {
            fractions.iter().zip(&effects).map(|(fraction, effect)| Look {
                information: *fraction, effect: sign * effect, standard_error: 1.0, degrees_of_freedom: None, last: false,
            }).collect()
        };
        let plan = Plan { benefit: side, harm, planned_information: 1.0 };
        let mirrored = Plan { benefit: harm, harm: side, planned_information: 1.0 };
        for (one, other) in monitor(&plan, &looks(1.0)).unwrap().iter().zip(monitor(&mirrored, &looks(-1.0)).unwrap()) {
            prop_assert_eq!(one.benefit_critical_z, other.harm_critical_z.map(|z| -z));
            let swapped = match other.decision {
                Decision::Benefit => Decision::Harm,
                Decision::Harm => Decision::Benefit,
                same => same,
            };
            prop_assert_eq!(one.decision, swapped);
            // A decision and an interval that leaves out 0 are the same thing.
            let leaves_out = one.interval.lower.is_some_and(|l| l > 0.0) || one.interval.upper.is_some_and(|u| u < 0.0);
            prop_assert_eq!(leaves_out, matches!(one.decision, Decision::Benefit | Decision::Harm));
        }
    }

    #[test]
    fn sequences_hold_the_point_shrink_and_mirror(
        estimate in -5.0..5.0_f64, error in 0.01..3.0_f64, units in 2.0..1e6_f64, star in 10.0..1e5_f64, df in prop::option::of(1.0..100.0_f64),
    ) {
        let effect = Effect { estimate, standard_error: error, units, degrees_of_freedom: df };
        let both = confidence_sequence(&effect, &tuning(star, Side::Both)).unwrap();
        let both = both.estimate().unwrap();
        let interval = both.interval.unwrap();
        let (lower, upper) = (interval.lower.unwrap_or(f64::NEG_INFINITY), interval.upper.unwrap_or(f64::INFINITY));
        prop_assert!(lower <= estimate && estimate <= upper);
        let p = both.p_value.unwrap();
        prop_assert!((0.0..=1.0).contains(&p));
        // The p-value and the interval agree about 0.
        prop_assert_eq!(p < 0.05 - 1e-9, (lower > 0.0 || upper < 0.0) && p < 0.05 - 1e-9);
        // A sequence is wider than a single interval.
        prop_assert!(upper - estimate >= 1.959_963 * error);
        let mirrored = confidence_sequence(&Effect { estimate: -estimate, ..effect }, &tuning(star, Side::Both)).unwrap();
        prop_assert_eq!(mirrored.estimate().unwrap().interval.unwrap().upper, interval.lower.map(|l| -l));
        let one_sided = confidence_sequence(&effect, &tuning(star, Side::Lower)).unwrap();
        let one_sided = one_sided.estimate().unwrap().interval.unwrap();
        prop_assert!(one_sided.lower.unwrap_or(f64::NEG_INFINITY) >= lower - 1e-9 * error.abs().max(1.0));
    }

    #[test]
    fn running_intersections_never_widen(estimates in prop::collection::vec(-0.2..0.2_f64, 2..30)) {
        let looks: Vec<Effect> = estimates.iter().zip(1..).map(|(estimate, week)| Effect {
            estimate: *estimate, standard_error: 1.0 / f64::from(week).sqrt(), units: 40.0 * f64::from(week), degrees_of_freedom: None,
        }).collect();
        let widths: Vec<f64> = running_intersection(&looks, &tuning(500.0, Side::Both)).unwrap().iter().map(|outcome| {
            let interval = outcome.estimate().unwrap().interval.unwrap();
            interval.upper.unwrap() - interval.lower.unwrap()
        }).collect();
        prop_assert!(widths.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{widths:?}");
    }

    #[test]
    fn arms_can_be_split_scaled_and_swapped(a in prop::collection::vec(-10.0..10.0_f64, 3..30), b in prop::collection::vec(-10.0..10.0_f64, 3..30)) {
        let totals = |values: &[f64], scale: f64| ArmTotals {
            units: values.len() as f64,
            sum: values.iter().map(|v| v * scale).sum(),
            sum_of_squares: values.iter().map(|v| (v * scale).powi(2)).sum(),
        };
        let fit = |a: ArmTotals, b: ArmTotals| difference(&a, &b).unwrap().into_fit();
        let (one, swapped) = (fit(totals(&a, 1.0), totals(&b, 1.0)), fit(totals(&b, 1.0), totals(&a, 1.0)));
        prop_assume!(one.is_some());
        let (one, swapped) = (one.unwrap(), swapped.unwrap());
        prop_assert_eq!(one.estimate, -swapped.estimate);
        prop_assert!((one.standard_error - swapped.standard_error).abs() < 1e-12);
        let scaled = fit(totals(&a, 7.0), totals(&b, 7.0)).unwrap();
        prop_assert!((scaled.estimate - 7.0 * one.estimate).abs() < 1e-9 && (scaled.standard_error - 7.0 * one.standard_error).abs() < 1e-6);
    }

    #[test]
    fn margins_move_the_verdict_one_way(x1 in 0..40_u64, more in 1..40_u64, x0 in 0..40_u64, other in 1..40_u64) {
        let shares = Shares { new_events: x1, new_units: x1 + more, old_events: x0, old_units: x0 + other };
        let at = |value: f64| share_difference(&shares, &Margin { value, better: Better::Higher, alpha: 0.05 }).unwrap();
        let mut last = 0.0;
        for step in -9..=9 {
            let compared = at(f64::from(step) / 10.0);
            let interval = compared.estimate.interval.unwrap();
            prop_assert!(interval.lower.unwrap() <= compared.estimate.point && compared.estimate.point <= interval.upper.unwrap());
            if let Some(p) = compared.estimate.p_value {
                prop_assert!((0.0..=1.0).contains(&p) && p >= last - 1e-7, "p fell from {last} to {p}");
                last = p;
            }
        }
        // New and old swapped: the mirror image.
        let swapped = Shares { new_events: x0, new_units: x0 + other, old_events: x1, old_units: x1 + more };
        let mirrored = share_difference(&swapped, &Margin { value: 0.1, better: Better::Lower, alpha: 0.05 }).unwrap();
        prop_assert_eq!(mirrored.verdict, at(-0.1).verdict);
    }

    #[test]
    fn rates_do_not_mind_the_unit_of_exposure(x1 in 0..60_u64, x0 in 1..60_u64, t1 in 1.0..1e3_f64, t0 in 1.0..1e3_f64, unit in 0.01..100.0_f64) {
        let rates = |unit: f64| Rates { new_events: x1, new_exposure: t1 * unit, old_events: x0, old_exposure: t0 * unit };
        let margin = Margin { value: 1.5, better: Better::Lower, alpha: 0.05 };
        let one = rate_ratio(&rates(1.0), &margin).unwrap().into_fit().unwrap();
        let other = rate_ratio(&rates(unit), &margin).unwrap().into_fit().unwrap();
        prop_assert!((one.statistic.unwrap() - other.statistic.unwrap()).abs() < 1e-9);
        let interval = one.estimate.interval.unwrap();
        prop_assert!(interval.lower.unwrap() <= one.estimate.point && one.estimate.point <= interval.upper.unwrap());
        let per = |unit: f64| {
            let margin = Margin { value: 0.02 / unit, better: Better::Lower, alpha: 0.05 };
            rate_difference(&rates(unit), &margin).unwrap().into_fit().unwrap()
        };
        let (one, other) = (per(1.0), per(unit));
        prop_assert!((one.statistic.unwrap() - other.statistic.unwrap()).abs() < 1e-6);
        let interval = one.estimate.interval.unwrap();
        prop_assert!(interval.lower.unwrap() <= one.estimate.point && one.estimate.point <= interval.upper.unwrap());
        let scaled = other.estimate.interval.unwrap().upper.unwrap() * unit;
        prop_assert!((interval.upper.unwrap() - scaled).abs() < 1e-6 * scaled.abs(), "{} and {scaled}", interval.upper.unwrap());
    }

    #[test]
    fn verdict_and_one_sided_test_agree_on_means(
        new in prop::collection::vec(-5.0..5.0_f64, 3..20), old in prop::collection::vec(-5.0..5.0_f64, 3..20), value in -2.0..2.0_f64,
    ) {
        let compared = mean_difference(&new, &old, &Margin { value, better: Better::Higher, alpha: 0.05 }).unwrap().into_fit().unwrap();
        let p = compared.estimate.p_value.unwrap();
        prop_assume!((p - 0.05).abs() > 1e-9 && (p - 0.95).abs() > 1e-9);
        let verdict = if p < 0.05 { Verdict::NonInferior } else if p > 0.95 { Verdict::Inferior } else { Verdict::Open };
        prop_assert_eq!(compared.verdict, verdict);
    }
}

/// A limit of a rate difference is the margin whose one-sided p-value is alpha.
#[test]
fn limits_are_the_margins_that_the_test_just_rejects() {
    let rates = Rates { new_events: 12, new_exposure: 40.0, old_events: 30, old_exposure: 70.0 };
    let at = |value: f64| {
        let margin = Margin { value, better: Better::Higher, alpha: 0.05 };
        rate_difference(&rates, &margin).unwrap().into_fit().unwrap().estimate
    };
    let interval = at(0.0).interval.unwrap();
    assert!((at(interval.lower.unwrap()).p_value.unwrap() - 0.05).abs() < 1e-9);
    assert!((at(interval.upper.unwrap()).p_value.unwrap() - 0.95).abs() < 1e-9);
    let shares = Shares { new_events: 12, new_units: 40, old_events: 30, old_units: 70 };
    let at = |value: f64| {
        let margin = Margin { value, better: Better::Higher, alpha: 0.05 };
        share_ratio(&shares, &margin).unwrap().into_fit().unwrap().estimate
    };
    let interval = at(1.0).interval.unwrap();
    assert!((at(interval.lower.unwrap()).p_value.unwrap() - 0.05).abs() < 1e-9);
    assert!((at(interval.upper.unwrap()).p_value.unwrap() - 0.95).abs() < 1e-9);
}

/// A look that was missed leaves its share of the error rate to the next one; a last look that comes early spends the rest.
#[test]
fn missed_and_early_looks_lose_no_error_rate() {
    let side = monitoring::Side { alpha: 0.025, spending: Spending::OBrienFleming };
    let plan = Plan { benefit: side, harm: side, planned_information: 100.0 };
    let look = |information, last| Look { information, effect: 0.0, standard_error: 1.0, degrees_of_freedom: None, last };
    let all = monitor(&plan, &[look(25.0, false), look(50.0, false), look(100.0, true)]).unwrap();
    let missed = monitor(&plan, &[look(50.0, false), look(100.0, true)]).unwrap();
    assert!((all[1].benefit_alpha_spent - missed[0].benefit_alpha_spent).abs() < 1e-12);
    assert!(missed[0].benefit_critical_z.unwrap() < all[1].benefit_critical_z.unwrap());
    let early = monitor(&plan, &[look(50.0, false), look(80.0, true)]).unwrap();
    assert!((early[1].benefit_alpha_spent - 0.025).abs() < 1e-12);
    assert_eq!(early[1].decision, Decision::Undecided);
    let beyond = monitor(&plan, &[look(120.0, false), look(130.0, false)]).unwrap();
    assert_eq!(beyond[1].benefit_critical_z, None, "nothing is left to spend after the plan is complete");
}

/// Where few clusters make the level of several looks uncertain, the answer itself says so, and a single look, whose t is exact, does not.
#[test]
fn few_clusters_are_named_in_the_answer() {
    let side = monitoring::Side { alpha: 0.025, spending: Spending::OBrienFleming };
    let plan = Plan { benefit: side, harm: side, planned_information: 100.0 };
    let look = |information, degrees: f64, last| Look {
        information,
        effect: 0.0,
        standard_error: 1.0,
        degrees_of_freedom: Some(degrees),
        last,
    };
    let judged = monitor(&plan, &[look(50.0, 6.0, false), look(100.0, 14.0, true)]).unwrap();
    assert!(judged[0].notes.iter().any(|note| note.contains("only 6 degrees of freedom")), "{:?}", judged[0].notes);
    assert!(judged[1].notes.is_empty(), "{:?}", judged[1].notes);
    assert!(monitor(&plan, &[look(100.0, 6.0, true)]).unwrap()[0].notes.is_empty());
    assert!(!monitor(&plan, &[look(50.0, 6.0, false)]).unwrap()[0].notes.is_empty());
}

#[test]
fn equivalence_lies_between_the_two_tests() {
    let mut figure = Estimate::new(0.05, "difference", 50.0);
    (figure.variance, figure.degrees_of_freedom) = (Some(0.01), Some(12.0));
    let tested = non_inferiority::equivalence(&figure, (-0.3, 0.3), 0.05).unwrap().into_fit().unwrap();
    let upper = Margin { value: 0.3, better: Better::Lower, alpha: 0.05 };
    let one = non_inferiority::estimate(&figure, &upper).unwrap().into_fit().unwrap();
    assert_eq!(tested.p_value, one.estimate.p_value);
}

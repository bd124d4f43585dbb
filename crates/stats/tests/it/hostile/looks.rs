//! Input that breaks naive code, for every public function of the family `looks`.

use candor_stats::looks::confidence_sequence::{
    ArmTotals, Effect, Side, Tuning, confidence_sequence, difference, relative_difference, running_intersection,
};
use candor_stats::looks::group_sequential::{
    Shape, Spending, Stagewise, classical_boundary, cumulate, repeated_p_value, spending_boundary,
};
use candor_stats::looks::monitoring::{self, Look, Plan, monitor};
use candor_stats::looks::multiplicity::{benjamini_hochberg, benjamini_yekutieli, bonferroni, hochberg, holm, hommel};
use candor_stats::looks::non_inferiority::{
    Better, Comparison, Margin, Rates, Shares, equivalence, estimate, mean_difference, rate_difference, rate_ratio,
    share_difference, share_ratio,
};
use candor_stats::{Estimate, Interval};
use proptest::prelude::*;

use super::super::hostile_numbers::{assert_finite, number, wild};

fn finite_interval(interval: Option<Interval>) {
    let limits = interval.iter().flat_map(|interval| [interval.lower, interval.upper]);
    assert!(limits.flatten().all(f64::is_finite), "{interval:?}");
}

fn finite_comparison(compared: &Comparison) {
    assert_finite(&compared.estimate);
    assert!(compared.statistic.is_none_or(f64::is_finite), "{compared:?}");
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Both), Just(Side::Lower), Just(Side::Upper)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn adjustments_take_p_values_or_name_them(p in wild(8)) {
        for adjust in [bonferroni, holm, hochberg, hommel, benjamini_hochberg, benjamini_yekutieli] {
            match adjust(&p) {
                Ok(adjusted) => prop_assert!(adjusted.len() == p.len() && adjusted.iter().all(|p| (0.0..=1.0).contains(p))),
                Err(error) => prop_assert!(error.to_string().contains("`p_values`"), "{error}"),
            }
        }
    }

    #[test]
    fn sequences_answer_or_name_the_argument(
        numbers in prop::array::uniform6(number()), units in number(), alpha in number(), side in side(), degrees in prop::option::of(number()),
    ) {
        let [a, b, c, d, e, f] = numbers;
        let (first, second) = (ArmTotals { units: a, sum: b, sum_of_squares: c }, ArmTotals { units: d, sum: e, sum_of_squares: f });
        let tuning = Tuning { units, alpha, side };
        for fitted in [difference(&first, &second), relative_difference(&first, &second)].into_iter().flatten() {
            if let Some(effect) = fitted.into_fit() {
                prop_assert!(effect.estimate.is_finite() && effect.standard_error > 0.0 && effect.standard_error.is_finite());
                let effect = Effect { degrees_of_freedom: degrees, ..effect };
                if let Ok(outcome) = confidence_sequence(&effect, &tuning) {
                    outcome.estimate().iter().for_each(|estimate| assert_finite(estimate));
                }
            }
        }
        let raw = Effect { estimate: a, standard_error: b, units: c, degrees_of_freedom: degrees };
        for outcome in running_intersection(&[raw, raw], &tuning).into_iter().flatten() {
            outcome.estimate().iter().for_each(|estimate| assert_finite(estimate));
        }
    }

    #[test]
    fn boundaries_answer_or_name_the_argument(alpha in number(), mut fractions in wild(4), z in number(), sorted in any::<bool>()) {
        if sorted {
            fractions.sort_by(f64::total_cmp);
        }
        let rows = [
            spending_boundary(Spending::OBrienFleming, alpha, &fractions),
            spending_boundary(Spending::Pocock, alpha, &fractions),
            classical_boundary(Shape::OBrienFleming, alpha, &fractions),
            classical_boundary(Shape::Pocock, alpha, &fractions),
        ];
        for row in rows.into_iter().flatten().flatten() {
            prop_assert!(row.critical_z.is_none_or(f64::is_finite) && row.alpha_spent.is_finite() && row.stage_level.is_finite(), "{row:?}");
        }
        if let Ok(p) = repeated_p_value(Spending::OBrienFleming, &fractions, z) {
            prop_assert!((0.0..=1.0).contains(&p));
        }
    }

    #[test]
    fn plans_answer_or_name_the_argument(
        rows in prop::collection::vec((number(), number(), number(), prop::option::of(number())), 0..4),
        alphas in (number(), number()), planned in number(), sorted in any::<bool>(), last in any::<bool>(),
    ) {
        let mut looks: Vec<Look> = rows.iter().map(|(information, effect, error, degrees)| Look {
            information: *information, effect: *effect, standard_error: *error, degrees_of_freedom: *degrees, last: false,
        }).collect();
        if sorted {
            looks.sort_by(|left, right| left.information.total_cmp(&right.information));
        }
        if let Some(look) = looks.last_mut() {
            look.last = last;
        }
        let plan = Plan {
            benefit: monitoring::Side { alpha: alphas.0, spending: Spending::Pocock },
            harm: monitoring::Side { alpha: alphas.1, spending: Spending::OBrienFleming },
            planned_information: planned,
        };
        if let Ok(judged) = monitor(&plan, &looks) {
            for row in judged {
                finite_interval(Some(row.interval));
                prop_assert!(row.z.is_finite() && row.information_fraction.is_finite(), "{row:?}");
            }
        }
    }

    #[test]
    fn stages_cumulate_or_name_the_arm(rows in prop::collection::vec((number(), number(), number()), 0..5)) {
        let arm: Vec<Stagewise> = rows.iter().map(|(units, mean, deviation)| Stagewise { units: *units, mean: *mean, deviation: *deviation }).collect();
        if let Ok(looks) = cumulate(&arm, &arm) {
            prop_assert!(looks.into_iter().flatten().all(|look| look.difference.is_finite() && look.standard_error.is_finite()));
        }
    }

    #[test]
    fn margins_answer_or_name_the_argument(
        events in prop::array::uniform4(prop_oneof![0..5_u64, 0..1_000_000_u64, Just(u64::MAX)]), exposure in (number(), number()),
        value in number(), alpha in number(), figure in (number(), number(), prop::option::of(number())), values in (wild(6), wild(6)),
        higher in any::<bool>(),
    ) {
        let [x1, n1, x0, n0] = events;
        let shares = Shares { new_events: x1, new_units: n1, old_events: x0, old_units: n0 };
        let rates = Rates { new_events: x1, new_exposure: exposure.0, old_events: x0, old_exposure: exposure.1 };
        for alpha in [alpha, 0.05] {
            let margin = Margin { value, better: if higher { Better::Higher } else { Better::Lower }, alpha };
            share_difference(&shares, &margin).iter().for_each(finite_comparison);
            for fitted in [
                share_ratio(&shares, &margin),
                rate_difference(&rates, &margin),
                rate_ratio(&rates, &margin),
                mean_difference(&values.0, &values.1, &margin),
            ].into_iter().flatten() {
                fitted.fit().into_iter().for_each(finite_comparison);
            }
            let mut raw = Estimate::new(figure.0, "any", 10.0);
            (raw.variance, raw.degrees_of_freedom) = (Some(figure.1), figure.2);
            for fitted in estimate(&raw, &margin).into_iter() {
                fitted.fit().into_iter().for_each(finite_comparison);
            }
            for fitted in equivalence(&raw, (value, value + 1.0), alpha).into_iter() {
                fitted.fit().into_iter().for_each(assert_finite);
            }
        }
    }
}

#[test]
fn empty_input_has_an_answer() {
    assert_eq!(holm(&[]).unwrap(), Vec::<f64>::new());
    assert_eq!(spending_boundary(Spending::Pocock, 0.025, &[]).unwrap(), []);
    assert_eq!(classical_boundary(Shape::Pocock, 0.025, &[]).unwrap(), []);
    assert!(repeated_p_value(Spending::Pocock, &[], 2.0).unwrap_err().to_string().contains("`fractions`"));
    let one = ArmTotals { units: 1.0, sum: 2.0, sum_of_squares: 4.0 };
    assert!(difference(&one, &one).unwrap().refusal().is_some());
}

#[test]
fn no_events_and_all_events_are_answered() {
    let margin = Margin { value: -0.1, better: Better::Higher, alpha: 0.05 };
    for (new_events, old_events) in [(0, 0), (20, 20), (0, 20), (20, 0)] {
        let shares = Shares { new_events, new_units: 20, old_events, old_units: 20 };
        let compared = share_difference(&shares, &margin).unwrap();
        let interval = compared.estimate.interval.unwrap();
        assert!(interval.lower.unwrap() <= compared.estimate.point && compared.estimate.point <= interval.upper.unwrap());
        let ratio = share_ratio(&shares, &Margin { value: 0.9, ..margin }).unwrap();
        assert_eq!(ratio.refusal().is_some(), old_events == 0);
    }
    let rates = Rates { new_events: 0, new_exposure: 10.0, old_events: 0, old_exposure: 10.0 };
    assert!(rate_difference(&rates, &margin).unwrap().refusal().is_some());
    let rates = Rates { old_events: 3, ..rates };
    let compared =
        rate_difference(&rates, &Margin { value: 0.1, better: Better::Lower, alpha: 0.05 }).unwrap().into_fit().unwrap();
    assert!(compared.estimate.interval.unwrap().upper.unwrap() > compared.estimate.point);
}

#[test]
fn a_year_of_daily_looks_is_planned() {
    let fractions: Vec<f64> = (1..=365).map(|day| f64::from(day) / 365.0).collect();
    let rows = spending_boundary(Spending::OBrienFleming, 0.025, &fractions[200..]).unwrap();
    assert!((rows.last().unwrap().alpha_spent - 0.025).abs() < 1e-9);
}

//! Properties that hold for every input of the family `proportions`.

use candor_stats::proportions::exact::{Exact, boschloo, figures};
use candor_stats::proportions::risk_ratio::{RatioLimits, limits};
use candor_stats::proportions::stratified::{Stratum, mantel_haenszel};
use candor_stats::proportions::{risk_difference, single};
use candor_stats::{Interval, Outcome};
use proptest::prelude::*;

fn table() -> impl Strategy<Value = ((u64, u64), (u64, u64))> {
    let share = || (0_u64..40, 0_u64..40).prop_map(|(events, others)| (events, events + others + 1));
    (share(), share())
}

fn interval(outcome: &Outcome) -> Interval {
    outcome.estimate().unwrap().interval.unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn counting_non_events_mirrors_a_share(((events, units), _) in table()) {
        for share in [single::wilson, single::agresti_coull, single::clopper_pearson, single::jeffreys] {
            let (a, b) = (interval(&share(events, units, 0.95).unwrap()), interval(&share(units - events, units, 0.95).unwrap()));
            prop_assert!(close(a.lower.unwrap(), 1.0 - b.upper.unwrap()) && close(a.upper.unwrap(), 1.0 - b.lower.unwrap()), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_higher_level_is_wider(((events, units), _) in table()) {
        for share in [single::wilson, single::clopper_pearson, single::jeffreys] {
            let (narrow, wide) = (interval(&share(events, units, 0.8).unwrap()), interval(&share(events, units, 0.99).unwrap()));
            prop_assert!(wide.lower <= narrow.lower && wide.upper >= narrow.upper, "{narrow:?} {wide:?}");
        }
    }

    #[test]
    fn exact_limits_hold_those_of_wilson_nowhere_narrower_than_their_tail(((events, units), _) in table()) {
        // The definition of Clopper and Pearson: each limit leaves 2.5 % in its tail.
        let found = interval(&single::clopper_pearson(events, units, 0.95).unwrap());
        let mass = |k: u64, p: f64| {
            let choose: f64 = (1..=k).map(|i| ((units - k + i) as f64 / i as f64).ln()).sum();
            (choose + k as f64 * p.ln() + (units - k) as f64 * (1.0 - p).ln()).exp()
        };
        if events > 0 {
            let upper_tail: f64 = (events..=units).map(|k| mass(k, found.lower.unwrap())).sum();
            prop_assert!((upper_tail - 0.025).abs() < 1e-9, "{upper_tail}");
        }
        if events < units {
            let lower_tail: f64 = (0..=events).map(|k| mass(k, found.upper.unwrap())).sum();
            prop_assert!((lower_tail - 0.025).abs() < 1e-9, "{lower_tail}");
        }
    }

    #[test]
    fn exchanging_the_groups_flips_the_difference_and_inverts_the_ratio((first, second) in table()) {
        for difference in [risk_difference::miettinen_nurminen, risk_difference::newcombe] {
            let (a, b) = (difference(first, second, 0.95).unwrap(), difference(second, first, 0.95).unwrap());
            prop_assert!(close(a.point().unwrap(), -b.point().unwrap()));
            let (a, b) = (interval(&a), interval(&b));
            prop_assert!(close(a.lower.unwrap(), -b.upper.unwrap()) && close(a.upper.unwrap(), -b.lower.unwrap()), "{a:?} {b:?}");
        }
        for kind in [RatioLimits::Koopman, RatioLimits::MiettinenNurminen] {
            let (a, b) = (limits(first, second, kind, 0.95).unwrap(), limits(second, first, kind, 0.95).unwrap());
            if let (Some(upper), Some(lower)) = (a.upper, b.lower) {
                prop_assert!((upper * lower - 1.0).abs() < 1e-6, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn exact_odds_leave_their_tail_and_mid_p_is_smaller((first, second) in table()) {
        let (fisher, mid) = (
            figures(first, second, Exact::Fisher, 0.95).unwrap().unwrap(),
            figures(first, second, Exact::MidP, 0.95).unwrap().unwrap(),
        );
        prop_assert!(mid.p_value <= fisher.p_value + 1e-12);
        prop_assert!(mid.lower >= fisher.lower * (1.0 - 1e-9), "{fisher:?} {mid:?}");
        // At a limit the hypergeometric tail is 2.5 %, counted here by the law itself.
        let events = first.0 + second.0;
        let support: Vec<u64> = (events.saturating_sub(second.1)..=events.min(first.1)).collect();
        let choose = |n: u64, k: u64| -> f64 { (1..=k).map(|i| ((n - k + i) as f64 / i as f64).ln()).sum() };
        let tail = |ratio: f64, upper: bool| {
            let weight = |x: u64| (choose(first.1, x) + choose(second.1, events - x) + x as f64 * ratio.ln()).exp();
            let all: f64 = support.iter().map(|x| weight(*x)).sum();
            let part: f64 = support.iter().filter(|x| if upper { **x >= first.0 } else { **x <= first.0 }).map(|x| weight(*x)).sum();
            part / all
        };
        if fisher.lower > 0.0 {
            prop_assert!((tail(fisher.lower, true) - 0.025).abs() < 1e-8, "{}", tail(fisher.lower, true));
        }
        if let Some(upper) = fisher.upper {
            prop_assert!((tail(upper, false) - 0.025).abs() < 1e-8, "{}", tail(upper, false));
        }
    }

    #[test]
    fn a_single_stratum_is_the_crude_table((first, second) in table()) {
        let found = mantel_haenszel(&[Stratum { first, second }], 0.95).unwrap();
        if let (Some(inside), Some(crude)) = (found.risk_ratio.point(), found.crude_risk_ratio) {
            prop_assert!(close(inside, crude), "{inside} {crude}");
        }
        prop_assert!(found.homogeneity.is_none());
    }
}

#[test]
fn strata_that_reverse_the_pooled_table_are_named() {
    // Simpson's paradox: kidney stones, Charig et al. 1986.
    let strata = [Stratum { first: (81, 87), second: (234, 270) }, Stratum { first: (192, 263), second: (55, 80) }];
    let found = mantel_haenszel(&strata, 0.95).unwrap();
    assert!(found.risk_ratio.point().unwrap() > 1.0 && found.crude_risk_ratio.unwrap() < 1.0);
    assert!(found.notes.iter().any(|note| note.contains("other way")), "{:?}", found.notes);
}

#[test]
fn score_limits_of_two_equal_tables_are_symmetric() {
    let found = interval(&risk_difference::miettinen_nurminen((10, 100), (10, 100), 0.95).unwrap());
    assert!((found.lower.unwrap() + found.upper.unwrap()).abs() < 1e-12, "{found:?}");
}

#[test]
fn boschloo_is_symmetric_and_at_least_as_powerful_as_fisher() {
    for (first, second) in [((7, 12), (1, 12)), ((3, 10), (4, 9)), ((0, 8), (5, 11)), ((9, 9), (2, 7))] {
        let p = |first, second| boschloo(first, second).unwrap().estimate().unwrap().p_value.unwrap();
        assert!(close(p(first, second), p(second, first)), "{first:?} {second:?}");
        // Each side is at most Fisher's one-sided p, and the two-sided p is at most twice the smaller one.
        let doubled = 2.0 * one_sided_fisher(first, second).min(one_sided_fisher(second, first));
        assert!(p(first, second) <= doubled.min(1.0) + 1e-9, "{first:?} {second:?}: {} above {doubled}", p(first, second));
    }
}

/// Hypergeometric probability of as few events or fewer in the first group.
fn one_sided_fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let events = first.0 + second.0;
    let choose = |n: u64, k: u64| -> f64 { (1..=k).map(|i| (n - k + i) as f64 / i as f64).product() };
    let way = |x: u64| choose(first.1, x) * choose(second.1, events - x);
    let support = events.saturating_sub(second.1)..=events.min(first.1);
    support.clone().filter(|x| *x <= first.0).map(way).sum::<f64>() / support.map(way).sum::<f64>()
}

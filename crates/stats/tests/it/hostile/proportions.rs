//! Input that breaks naive code, for every public function of the family `proportions`.

use candor_stats::Outcome;
use candor_stats::proportions::exact::{Exact, boschloo, figures, odds_ratio};
use candor_stats::proportions::risk_ratio::{RatioLimits, limits, ratio};
use candor_stats::proportions::stratified::{Stratum, mantel_haenszel};
use candor_stats::proportions::{risk_difference, single};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_interval, sound_result};

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0_u64..30, 1 => prop::sample::select(vec![0, 1, 10_000, 3_000_000, 1 << 40, 1 << 50, u64::MAX])]
}

fn small() -> impl Strategy<Value = (u64, u64)> {
    (0_u64..12, 0_u64..12).prop_map(|(events, others)| (events, events + others))
}

const RATIOS: [RatioLimits; 3] = [RatioLimits::Koopman, RatioLimits::MiettinenNurminen, RatioLimits::Katz];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn one_share_answers_anything(events in count(), units in count(), level in absurd()) {
        for share in [single::wilson, single::agresti_coull, single::clopper_pearson, single::jeffreys] {
            sound_result(&share(events, units, level));
            sound_result(&share(events, units, 0.95));
            sound_result(&share(events.min(units), units, 0.999));
        }
    }

    #[test]
    fn two_shares_answer_anything(x1 in count(), n1 in count(), x0 in count(), n0 in count(), level in absurd()) {
        for (first, second) in [((x1, n1), (x0, n0)), ((x1.min(n1), n1), (x0.min(n0), n0))] {
            sound_result(&risk_difference::miettinen_nurminen(first, second, 0.95));
            sound_result(&risk_difference::newcombe(first, second, level));
            for kind in RATIOS {
                sound_result(&ratio(first, second, kind, 0.9));
                if let Ok(interval) = limits(first, second, kind, 0.9) {
                    sound_interval(&interval);
                }
            }
            sound_result(&odds_ratio(first, second, Exact::MidP, level));
        }
    }

    #[test]
    fn exact_tests_answer_any_small_table(first in small(), second in small()) {
        for exact in [Exact::Fisher, Exact::MidP] {
            let found = figures(first, second, exact, 0.95).unwrap().unwrap();
            prop_assert!((0.0..=1.0).contains(&found.p_value) && found.lower >= 0.0, "{found:?}");
            prop_assert!(found.upper.is_none_or(|upper| upper.is_finite() && upper >= found.lower), "{found:?}");
            sound_result(&odds_ratio(first, second, exact, 0.95));
        }
        sound_result(&boschloo(first, second));
    }

    #[test]
    fn strata_answer_anything(cells in prop::collection::vec((count(), count(), count(), count()), 0..5), level in absurd()) {
        let strata: Vec<Stratum> =
            cells.iter().map(|(x1, n1, x0, n0)| Stratum { first: (*x1.min(n1), *n1), second: (*x0.min(n0), *n0) }).collect();
        for level in [level, 0.95] {
            match mantel_haenszel(&strata, level) {
                Ok(found) => {
                    sound(&found.risk_ratio);
                    sound(&found.odds_ratio);
                    for test in [found.association, found.homogeneity].into_iter().flatten() {
                        prop_assert!(test.chi_squared.is_finite() && (0.0..=1.0).contains(&test.p_value), "{test:?}");
                    }
                    prop_assert!([found.crude_risk_ratio, found.crude_odds_ratio].into_iter().flatten().all(f64::is_finite));
                }
                Err(error) => prop_assert!(error.to_string().contains('`')),
            }
        }
    }
}

#[test]
fn without_events_the_ratio_is_answered_in_words_with_its_one_sided_limit() {
    let outcome = ratio((5, 60), (0, 55), RatioLimits::Katz, 0.95).unwrap();
    let Outcome::Insufficient { reason, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("above"), "{reason}");
    let Outcome::Insufficient { reason, .. } = ratio((0, 60), (5, 55), RatioLimits::Koopman, 0.95).unwrap() else { panic!() };
    assert!(reason.contains("below"), "{reason}");
    let Outcome::Insufficient { reason, .. } = ratio((0, 40), (0, 41), RatioLimits::Koopman, 0.95).unwrap() else { panic!() };
    assert!(reason.contains("nothing"), "{reason}");
}

#[test]
fn a_table_too_large_for_an_exact_test_is_refused_in_words() {
    assert!(matches!(boschloo((5_000, 10_000), (4_000, 10_000)), Ok(Outcome::Insufficient { .. })));
    assert!(matches!(
        odds_ratio((500_000, 1_000_000), (400_000, 1_000_000), Exact::Fisher, 0.95),
        Ok(Outcome::Insufficient { .. })
    ));
}

//! Input that breaks naive code, for every public function of the family `attribution_error`.

use candor_stats::attribution_error::bounds::{self, Tally};
use candor_stats::attribution_error::two_by_two::{Measure, Misclassified, Table, audited, corrected, observed};
use candor_stats::attribution_error::{Accuracy, Audit, groups, rogan_gladen};
use candor_stats::proportions::single;
use candor_stats::{Estimate, Outcome};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_result, ugly};

fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..=1.0_f64, 2 => prop::sample::select(vec![0.0, 0.5, 1.0]), 1 => absurd()]
}

fn accuracy() -> impl Strategy<Value = Accuracy> {
    (rate(), rate()).prop_map(|(sensitivity, specificity)| Accuracy { sensitivity, specificity })
}

fn audit() -> impl Strategy<Value = Audit> {
    let count = || prop_oneof![6 => 0_u64..60, 1 => prop::sample::select(vec![0, 1, 1 << 40, u64::MAX])];
    (count(), count(), count(), count()).prop_map(|(true_positives, positives, true_negatives, negatives)| Audit {
        true_positives: true_positives.min(positives.saturating_add(1)),
        positives,
        true_negatives: true_negatives.min(negatives.saturating_add(1)),
        negatives,
    })
}

fn cell() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..500.0_f64, 2 => Just(0.0), 1 => ugly(), 1 => absurd()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn shares_are_corrected_or_refused(x in 0_u64..50, more in 0_u64..50, accuracy in accuracy(), audit in audit(), seed in any::<u64>(), level in absurd()) {
        let apparent = single::wilson(x, x + more, 0.95).unwrap();
        if let Some(estimate) = apparent.estimate() {
            sound_result(&rogan_gladen::corrected(estimate, &accuracy));
        }
        sound_result(&rogan_gladen::audited(x, x + more, &audit, 200, seed, 0.95));
        sound_result(&rogan_gladen::audited(x, x + more, &audit, 200, seed, level));
        sound_result(&rogan_gladen::audited(x + 1, x, &audit, 200, seed, 0.95));
        sound_result(&rogan_gladen::audited(x, x + more, &audit, 0, seed, 0.95));
    }

    #[test]
    fn differences_are_corrected_or_refused(point in absurd(), share in rate(), accuracy in accuracy()) {
        let mut seen = Estimate::new(point, "difference", 10.0);
        seen.variance = Some(0.1);
        sound_result(&groups::difference(&seen, share, &accuracy));
    }

    #[test]
    fn tables_are_corrected_or_refused(
        cells in (cell(), cell(), cell(), cell()),
        pair in (accuracy(), accuracy()),
        audits in (audit(), audit()),
        level in absurd(),
        seed in any::<u64>(),
    ) {
        let table =
            Table { case_exposed: cells.0, case_unexposed: cells.1, noncase_exposed: cells.2, noncase_unexposed: cells.3 };
        for measure in [Measure::RiskRatio, Measure::OddsRatio, Measure::RiskDifference] {
            sound_result(&observed(&table, measure, 0.95));
            for which in [Misclassified::Exposure, Misclassified::Outcome] {
                sound_result(&corrected(&table, which, [pair.0, pair.1], measure, 0.95));
                sound_result(&corrected(&table, which, [pair.0, pair.1], measure, level));
                sound_result(&audited(&table, which, [audits.0, audits.1], measure, 100, seed, 0.95));
            }
        }
    }

    #[test]
    fn bounds_answer_anything(cells in prop::collection::vec(cell(), 6)) {
        let tally = |at: usize| Tally { events: cells[at].min(cells[at + 1]), units: cells[at + 1] };
        match bounds::difference(tally(0), tally(2), tally(4)) {
            Err(error) => prop_assert!(error.to_string().contains('`')),
            Ok(found) => {
                for bound in [found.as_labelled, found.all_first, found.all_second, found.lowest, found.highest].into_iter().flatten() {
                    prop_assert!((-1.0..=1.0).contains(&bound), "{found:?}");
                }
            }
        }
        sound_result(&bounds::share(cells[0], cells[1], cells[2]));
    }
}

#[test]
fn an_impossible_share_is_refused_in_words_and_never_shown() {
    // 8 of 1000 flagged, but false alarms alone would flag 2 %.
    let apparent = single::wilson(8, 1000, 0.95).unwrap();
    let accuracy = Accuracy { sensitivity: 0.9, specificity: 0.98 };
    let outcome = rogan_gladen::corrected(apparent.estimate().unwrap(), &accuracy).unwrap();
    let Outcome::NotApplicable { reason } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("false alarms"), "{reason}");
    let apparent = single::wilson(990, 1000, 0.95).unwrap();
    let outcome = rogan_gladen::corrected(apparent.estimate().unwrap(), &accuracy).unwrap();
    let Outcome::NotApplicable { reason } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("even if every unit"), "{reason}");
}

#[test]
fn a_label_that_says_nothing_is_refused_in_words() {
    let apparent = single::wilson(300, 1000, 0.95).unwrap();
    for (sensitivity, specificity, word) in [(0.5, 0.52, "almost nothing"), (0.3, 0.3, "swapped")] {
        let outcome = rogan_gladen::corrected(apparent.estimate().unwrap(), &Accuracy { sensitivity, specificity }).unwrap();
        sound(&outcome);
        assert!(matches!(&outcome, Outcome::NotApplicable { reason } if reason.contains(word)), "{outcome:?}");
    }
}

//! Properties that hold for every input of the family `attribution_error`.

use candor_stats::attribution_error::bounds::{self, Tally};
use candor_stats::attribution_error::two_by_two::{Measure, Misclassified, Table, audited, corrected, observed};
use candor_stats::attribution_error::{Accuracy, Audit, groups, rogan_gladen};
use candor_stats::proportions::single;
use proptest::prelude::*;

fn good() -> impl Strategy<Value = Accuracy> {
    (0.6..0.99_f64, 0.6..0.99_f64).prop_map(|(sensitivity, specificity)| Accuracy { sensitivity, specificity })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

/// What the label makes of true counts.
fn mislabelled(flagged: f64, unflagged: f64, accuracy: Accuracy) -> (f64, f64) {
    let seen = accuracy.sensitivity * flagged + (1.0 - accuracy.specificity) * unflagged;
    (seen, flagged + unflagged - seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn correction_undoes_what_the_label_does(cells in (1.0..200.0_f64, 1.0..200.0_f64, 1.0..200.0_f64, 1.0..200.0_f64), one in good(), two in good()) {
        let (a, b, c, d) = cells;
        let truth = Table { case_exposed: a, case_unexposed: b, noncase_exposed: c, noncase_unexposed: d };
        for measure in [Measure::RiskRatio, Measure::OddsRatio, Measure::RiskDifference] {
            let expected = observed(&truth, measure, 0.95).unwrap();
            let ((a1, b1), (c1, d1)) = (mislabelled(a, b, one), mislabelled(c, d, two));
            let seen = Table { case_exposed: a1, case_unexposed: b1, noncase_exposed: c1, noncase_unexposed: d1 };
            let found = corrected(&seen, Misclassified::Exposure, [one, two], measure, 0.95).unwrap();
            prop_assert!(close(found.point().unwrap(), expected.point().unwrap()), "{found:?} {expected:?}");
            let ((a1, c1), (b1, d1)) = (mislabelled(a, c, one), mislabelled(b, d, two));
            let seen = Table { case_exposed: a1, case_unexposed: b1, noncase_exposed: c1, noncase_unexposed: d1 };
            let found = corrected(&seen, Misclassified::Outcome, [one, two], measure, 0.95).unwrap();
            prop_assert!(close(found.point().unwrap(), expected.point().unwrap()), "{found:?} {expected:?}");
        }
    }

    #[test]
    fn a_perfect_label_needs_no_correction(x in 1_u64..40, more in 1_u64..40, point in -0.5..0.5_f64, share in 0.1..0.9_f64) {
        let apparent = single::wilson(x, x + more, 0.95).unwrap();
        let found = rogan_gladen::corrected(apparent.estimate().unwrap(), &Accuracy::PERFECT).unwrap();
        prop_assert!(close(found.point().unwrap(), apparent.point().unwrap()));
        let seen = candor_stats::Estimate::new(point, "difference", 10.0);
        let found = groups::difference(&seen, share, &Accuracy::PERFECT).unwrap();
        prop_assert!(close(found.point().unwrap(), point));
    }

    #[test]
    fn errors_only_ever_shrink_a_difference(point in -0.5..0.5_f64, share in 0.2..0.8_f64, accuracy in good()) {
        let seen = candor_stats::Estimate::new(point, "difference", 10.0);
        if let Some(corrected) = groups::difference(&seen, share, &accuracy).unwrap().point() {
            prop_assert!(corrected.abs() >= point.abs() - 1e-12, "{corrected} from {point}");
        }
    }

    #[test]
    fn bounds_hold_every_assignment(
        known in (0_u32..30, 1_u32..30, 0_u32..30, 1_u32..30),
        unknown in (0_u32..20, 0_u32..20),
        to_first in (0_u32..=100, 0_u32..=100),
    ) {
        let tally = |events: u32, others: u32| Tally { events: f64::from(events), units: f64::from(events + others) };
        let (first, second, hidden) = (tally(known.0, known.1), tally(known.2, known.3), tally(unknown.0, unknown.1));
        let found = bounds::difference(first, second, hidden).unwrap();
        // Any share of the unknown events and of the unknown others to the first group.
        let events = f64::from(unknown.0) * f64::from(to_first.0) / 100.0;
        let others = f64::from(unknown.1) * f64::from(to_first.1) / 100.0;
        let a = (first.events + events) / (first.units + events + others);
        let b = (second.events + hidden.events - events) / (second.units + hidden.units - events - others);
        prop_assert!((found.lowest.unwrap() - 1e-12..=found.highest.unwrap() + 1e-12).contains(&(a - b)), "{found:?} {}", a - b);
    }
}

proptest! {
    // Each case simulates thousands of runs.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn an_audit_widens_and_a_seed_repeats(x in 200_u64..400, seed in any::<u64>()) {
        let audit = Audit { true_positives: 82, positives: 100, true_negatives: 97, negatives: 100 };
        let found = rogan_gladen::audited(x, 1000, &audit, 500, seed, 0.95).unwrap();
        prop_assert_eq!(&found, &rogan_gladen::audited(x, 1000, &audit, 500, seed, 0.95).unwrap());
        let apparent = single::wilson(x, 1000, 0.95).unwrap();
        let known = rogan_gladen::corrected(apparent.estimate().unwrap(), &audit.accuracy().unwrap()).unwrap();
        let width = |outcome: &candor_stats::Outcome| {
            let interval = outcome.estimate().unwrap().interval.unwrap();
            interval.upper.unwrap() - interval.lower.unwrap()
        };
        prop_assert!(width(&found) > width(&known) * 0.95, "{} against {}", width(&found), width(&known));
        let table = Table { case_exposed: x as f64, case_unexposed: 700.0, noncase_exposed: 600.0, noncase_unexposed: 900.0 };
        let twice = || audited(&table, Misclassified::Exposure, [audit; 2], Measure::OddsRatio, 300, seed, 0.95).unwrap();
        prop_assert_eq!(twice(), twice());
    }
}

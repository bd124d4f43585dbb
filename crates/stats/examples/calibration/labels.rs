//! Labels that err: what the corrected figures keep, and what the uncorrected ones lose.

use candor_stats::attribution_error::two_by_two::{self, Measure, Misclassified, Table};
use candor_stats::attribution_error::{Accuracy, Audit, rogan_gladen};
use candor_stats::proportions::single;

use super::draws::Draws;
use super::table::{Named, Section, Seen, section as joined};

const SENSITIVITY: f64 = 0.85;
const SPECIFICITY: f64 = 0.95;
/// Units of either truth that an audit looks at.
const AUDITED: u64 = 300;

pub fn section(sizes: &[usize], runs: u32) -> Section {
    joined("Labels with sensitivity 0.85 and specificity 0.95", sizes, "units", runs, study)
}

/// One set of labelled units; `planted` is a true difference between the kinds.
fn study(units: usize, run: u64, planted: bool) -> Named {
    let draws = &mut Draws::new(21, run);
    let risks = [0.2, if planted { 0.35 } else { 0.2 }];
    let (mut flagged, mut cells) = (0_u64, [[0.0; 2]; 2]);
    for _ in 0..units {
        let kind = draws.chance(0.4);
        let label = draws.chance(if kind { SENSITIVITY } else { 1.0 - SPECIFICITY });
        let case = draws.chance(risks[usize::from(kind)]);
        flagged += u64::from(label);
        cells[usize::from(case)][usize::from(label)] += 1.0;
    }
    let audit = Audit {
        true_positives: (0..AUDITED).filter(|_| draws.chance(SENSITIVITY)).count() as u64,
        positives: AUDITED,
        true_negatives: (0..AUDITED).filter(|_| draws.chance(SPECIFICITY)).count() as u64,
        negatives: AUDITED,
    };
    let accuracy = Accuracy { sensitivity: SENSITIVITY, specificity: SPECIFICITY };
    let table = Table {
        case_exposed: cells[1][1],
        case_unexposed: cells[1][0],
        noncase_exposed: cells[0][1],
        noncase_unexposed: cells[0][0],
    };
    let (share, difference) = (0.4, risks[1] - risks[0]);
    let apparent = single::wilson(flagged, units as u64, 0.95).ok();
    let corrected = apparent.as_ref().and_then(|outcome| rogan_gladen::corrected(outcome.estimate()?, &accuracy).ok());
    let audited = rogan_gladen::audited(flagged, units as u64, &audit, 1_000, run, 0.95).ok();
    let crude = two_by_two::observed(&table, Measure::RiskDifference, 0.95).ok();
    let known = two_by_two::corrected(&table, Misclassified::Exposure, [accuracy; 2], Measure::RiskDifference, 0.95).ok();
    let sampled =
        two_by_two::audited(&table, Misclassified::Exposure, [audit; 2], Measure::RiskDifference, 1_000, run, 0.95).ok();
    vec![
        ("share: as labelled", Seen::of(apparent.as_ref(), share).interval_only()),
        ("share: Rogan-Gladen, accuracy known", Seen::of(corrected.as_ref(), share).interval_only()),
        ("share: Rogan-Gladen, accuracy from an audit", Seen::of(audited.as_ref(), share).interval_only()),
        ("risk difference: as labelled", against_zero(crude.as_ref(), difference)),
        ("risk difference: corrected, accuracy known", against_zero(known.as_ref(), difference)),
        ("risk difference: corrected, accuracy from an audit", against_zero(sampled.as_ref(), difference)),
    ]
}

/// The interval is the test of no difference: some of these estimators give no p-value.
fn against_zero(outcome: Option<&candor_stats::Outcome>, truth: f64) -> Seen {
    let zero = Seen::of(outcome, 0.0);
    Seen { covered: Seen::of(outcome, truth).covered, rejected: zero.covered.map(|covered| !covered) }
}

//! Input that breaks naive code, for every public function of the family `durations`.

use candor_stats::Outcome;
use candor_stats::durations::quantile::{Definition, clustered, quantile};
use candor_stats::durations::{geometric, rank_test, robust};
use candor_stats::linearised::Reference;
use proptest::prelude::*;

use super::soundness::{absurd, sound_result, ugly};

const DEFINITIONS: [Definition; 3] = [Definition::Averaged, Definition::Weibull, Definition::Linear];
const REFERENCES: [Reference; 3] = [Reference::SmallSample, Reference::Design, Reference::Normal];

fn duration() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.1..50.0_f64, 2 => ugly().prop_map(f64::abs), 1 => absurd()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_duration_is_answered(
        rows in prop::collection::vec((duration(), any::<bool>(), 0_u32..4), 0..12),
        other in prop::collection::vec(duration(), 0..8),
        p in absurd(),
        level in absurd(),
    ) {
        let hours: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let first: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let people: Vec<u32> = rows.iter().map(|row| row.2).collect();
        for level in [level, 0.95] {
            sound_result(&geometric::mean(&hours, level));
            sound_result(&geometric::ratio(&hours, &other, level));
            for reference in REFERENCES {
                sound_result(&geometric::clustered_mean(&hours, &people, reference, level));
                sound_result(&geometric::clustered_ratio(&hours, &first, &people, reference, level));
            }
            for definition in DEFINITIONS {
                sound_result(&quantile(&hours, p, definition, level));
                sound_result(&quantile(&hours, 0.9, definition, level));
                sound_result(&clustered(&hours, &people, p, definition, Reference::SmallSample, level));
                sound_result(&clustered(&hours, &people, 0.75, definition, Reference::Design, level));
            }
        }
        sound_result(&robust::median_absolute_deviation(&hours));
        sound_result(&robust::trimmed_mean(&hours, p));
        sound_result(&robust::trimmed_mean(&hours, 0.1));
        sound_result(&rank_test::mann_whitney(&hours, &other));
    }
}

#[test]
fn a_duration_of_zero_has_no_geometric_mean_and_the_answer_says_what_to_use() {
    let outcome = geometric::mean(&[0.0, 3.0], 0.95).unwrap();
    assert!(matches!(&outcome, Outcome::NotApplicable { reason } if reason.contains("quantile")), "{outcome:?}");
}

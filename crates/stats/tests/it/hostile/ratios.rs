//! Input that breaks naive code, for every public function of the family `ratios`.

use candor_stats::linearised::Reference;
use candor_stats::ratios::{RatioTable, Scale, clustered};
use proptest::prelude::*;

use super::soundness::{absurd, sound_result, ugly};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_ratio_is_answered(
        rows in prop::collection::vec((ugly(), prop_oneof![3 => 0.0..5.0_f64, 1 => ugly()], 0_u32..4, any::<bool>()), 0..12),
        odd in absurd(),
        level in absurd(),
    ) {
        let mut top: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let bottom: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let people: Vec<u32> = rows.iter().map(|row| row.2 * 1_000_000_000).collect();
        let inside: Vec<bool> = rows.iter().map(|row| row.3).collect();
        let outside: Vec<bool> = rows.iter().map(|row| !row.3).collect();
        for _ in 0..2 {
            let tables = [None, Some(inside.as_slice()), Some(outside.as_slice())]
                .map(|domain| RatioTable::new(&top, &bottom, &people, domain));
            for table in &tables {
                match table {
                    Err(error) => prop_assert!(error.to_string().contains('`')),
                    Ok(table) => {
                        for reference in [Reference::SmallSample, Reference::Design, Reference::Normal] {
                            for scale in [Scale::Plain, Scale::Log, Scale::Logit] {
                                sound_result(&table.ratio(scale, reference, 0.95));
                                sound_result(&table.ratio(scale, reference, level));
                            }
                        }
                    }
                }
            }
            if let [Ok(_), Ok(a), Ok(b)] = &tables {
                sound_result(&clustered::difference(a, b, Reference::SmallSample, 0.95));
                sound_result(&clustered::quotient(a, b, Reference::SmallSample, 0.95));
                sound_result(&clustered::quotient(a, b, Reference::Design, level));
            }
            if let Some(value) = top.first_mut() {
                *value = odd;
            }
        }
    }
}

#[test]
fn slices_of_another_length_are_named() {
    let error = RatioTable::new(&[1.0], &[1.0, 2.0], &[1], None).unwrap_err();
    assert!(error.to_string().contains("`denominators`"), "{error}");
    let error = RatioTable::new(&[1.0], &[-1.0], &[1], None).unwrap_err();
    assert!(error.to_string().contains("`denominators`"), "{error}");
}

#[test]
fn one_cluster_gives_a_point_without_limits_and_says_why() {
    let table = RatioTable::new(&[1.0, 2.0], &[10.0, 20.0], &[5, 5], None).unwrap();
    let outcome = table.ratio(Scale::Plain, Reference::SmallSample, 0.95).unwrap();
    let estimate = outcome.estimate().unwrap();
    assert!(estimate.interval.is_none() && estimate.notes.iter().any(|note| note.contains("one cluster")), "{estimate:?}");
}

//! Properties that hold for every input of the family `ratios`.

use candor_stats::linearised::Reference;
use candor_stats::ratios::{RatioTable, Scale, clustered};
use proptest::prelude::*;

type Row = (u32, u32, u32, bool);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0_u32..9, 1_u32..60, 0_u32..6, any::<bool>()), 4..40)
}

fn table(rows: &[Row], side: Option<bool>) -> RatioTable {
    let top: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
    let bottom: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
    let people: Vec<u32> = rows.iter().map(|row| row.2).collect();
    let domain: Option<Vec<bool>> = side.map(|side| rows.iter().map(|row| row.3 == side).collect());
    RatioTable::new(&top, &bottom, &people, domain.as_deref()).unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-6)
}

const ALL: [Reference; 3] = [Reference::SmallSample, Reference::Design, Reference::Normal];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn order_and_splitting_rows_change_nothing(rows in rows()) {
        let mut turned = rows.clone();
        turned.reverse();
        // Every row in two rows: the numerator in one, the denominator split over both.
        let split: Vec<Row> =
            rows.iter().flat_map(|row| [(row.0, row.1 - row.1 / 2, row.2, row.3), (0, row.1 / 2, row.2, row.3)]).collect();
        for reference in ALL {
            let found = |rows: &[Row]| table(rows, None).ratio(Scale::Plain, reference, 0.95).unwrap();
            let (a, b, c) = (found(&rows), found(&turned), found(&split));
            prop_assert!(close(a.point().unwrap(), b.point().unwrap()) && close(a.point().unwrap(), c.point().unwrap()));
            let variance = |outcome: &candor_stats::Outcome| outcome.estimate().unwrap().variance.unwrap_or(0.0);
            prop_assert!((variance(&a) - variance(&b)).abs() < 1e-12 && (variance(&a) - variance(&c)).abs() < 1e-12);
        }
    }

    #[test]
    fn exchanging_the_groups_flips_the_sign_and_inverts_the_quotient(rows in rows()) {
        let (a, b) = (table(&rows, Some(true)), table(&rows, Some(false)));
        for reference in ALL {
            let pair = (clustered::difference(&a, &b, reference, 0.95).unwrap(), clustered::difference(&b, &a, reference, 0.95).unwrap());
            if let (Some(x), Some(y)) = (pair.0.estimate(), pair.1.estimate()) {
                prop_assert!(close(x.point, -y.point) && x.p_value.zip(y.p_value).is_none_or(|(p, q)| close(p, q)));
                prop_assert!(x.variance.zip(y.variance).is_none_or(|(v, w)| close(v, w)));
            }
            let pair = (clustered::quotient(&a, &b, reference, 0.95).unwrap(), clustered::quotient(&b, &a, reference, 0.95).unwrap());
            if let (Some(x), Some(y)) = (pair.0.estimate(), pair.1.estimate()) {
                prop_assert!(close(x.point, y.point.recip()));
            }
        }
    }

    #[test]
    fn the_small_sample_interval_is_the_widest(rows in rows()) {
        let table = table(&rows, None);
        let width = |reference| {
            let outcome = table.ratio(Scale::Plain, reference, 0.95).unwrap();
            let estimate = outcome.estimate().unwrap().clone();
            estimate.variance.map(|variance| (variance, estimate.degrees_of_freedom))
        };
        if let (Some((small, df)), Some((design, _)), Some((plain, _))) =
            (width(Reference::SmallSample), width(Reference::Design), width(Reference::Normal))
        {
            prop_assert!(small >= plain && design >= plain, "{small} {design} {plain}");
            let clusters = table.clusters() as f64;
            prop_assert!(df.is_some_and(|df| (1.0..=clusters - 1.0 + 1e-9).contains(&df)), "{df:?} of {clusters}");
        }
    }

    #[test]
    fn a_group_against_itself_differs_by_nothing(rows in rows()) {
        let a = table(&rows, None);
        let outcome = clustered::difference(&a, &a.clone(), Reference::Design, 0.95).unwrap();
        let estimate = outcome.estimate().unwrap();
        prop_assert!(estimate.point == 0.0 && estimate.variance.unwrap_or(0.0) < 1e-20, "{estimate:?}");
    }
}

//! Computes every key of the case `misclassification`: apparent and true shares, and published corrections of two-by-two tables.

use candor_stats::attribution_error::Accuracy;
use candor_stats::attribution_error::two_by_two::{Measure, Misclassified, Table, corrected, observed};
use candor_stats::proportions::single;

use super::case::{Case, Computed};
use super::figures::limits;

pub fn compute(case: &Case, out: &mut Computed) {
    let table = case.table("shares.csv");
    let ids = table.texts("id");
    let (flagged, units) = (table.numbers("flagged"), table.numbers("n"));
    let (sensitivity, specificity) = (table.numbers("sensitivity"), table.numbers("specificity"));
    for (row, id) in ids.iter().enumerate() {
        let accuracy = Accuracy { sensitivity: sensitivity[row], specificity: specificity[row] };
        let counts = (flagged[row] as u64, units[row] as u64);
        for (name, share) in [
            ("wilson", single::wilson(counts.0, counts.1, 0.95).unwrap()),
            ("c-p", single::clopper_pearson(counts.0, counts.1, 0.95).unwrap()),
        ] {
            if name == "wilson" {
                out.put(format!("{id}.apparent"), share.point());
                // epiR prints the formula also where it is no share; the product refuses there, and the formula is what both have in common.
                out.put(format!("{id}.true"), share.point().and_then(|share| accuracy.invert(share)));
            }
            let (lower, upper) = limits(&share);
            out.put(format!("{id}.{name}.apparent.lower"), lower);
            out.put(format!("{id}.{name}.apparent.upper"), upper);
            out.put(format!("{id}.{name}.true.lower"), lower.and_then(|limit| accuracy.invert(limit)));
            out.put(format!("{id}.{name}.true.upper"), upper.and_then(|limit| accuracy.invert(limit)));
        }
    }
    two_by_two(case, out);
}

fn two_by_two(case: &Case, out: &mut Computed) {
    let table = case.table("two_by_two.csv");
    let column = |name: &str| table.numbers(name);
    let cells = ["case_exposed", "case_unexposed", "noncase_exposed", "noncase_unexposed"].map(column);
    let [se1, se0, sp1, sp0] = ["se1", "se0", "sp1", "sp0"].map(column);
    for (row, (id, kind)) in table.texts("id").iter().zip(table.texts("kind")).enumerate() {
        let [case_exposed, case_unexposed, noncase_exposed, noncase_unexposed] = [0, 1, 2, 3].map(|cell| cells[cell][row]);
        let counts = Table { case_exposed, case_unexposed, noncase_exposed, noncase_unexposed };
        let accuracy = [(se1[row], sp1[row]), (se0[row], sp0[row])];
        let accuracy = accuracy.map(|(sensitivity, specificity)| Accuracy { sensitivity, specificity });
        let which = if kind == "exposure" { Misclassified::Exposure } else { Misclassified::Outcome };
        for (name, measure) in [("rr", Measure::RiskRatio), ("or", Measure::OddsRatio)] {
            let before = observed(&counts, measure, 0.95).unwrap();
            let after = corrected(&counts, which, accuracy, measure, 0.95).unwrap();
            for (when, outcome) in [("observed", before), ("corrected", after)] {
                let (lower, upper) = limits(&outcome);
                for (suffix, value) in [("", outcome.point()), (".lower", lower), (".upper", upper)] {
                    let key = format!("{id}.{when}_{name}{suffix}");
                    // The publications print limits for some measures only.
                    if case.expects(&key) {
                        out.put_with(key, value, 1e-4);
                    }
                }
            }
        }
    }
}

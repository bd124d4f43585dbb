//! Computes every key of the case `multiple_testing`.

use candor_stats::StatsError;
use candor_stats::looks::multiplicity::{benjamini_hochberg, benjamini_yekutieli, bonferroni, hochberg, holm, hommel};

use super::case::{Case, Computed};

type Adjust = fn(&[f64]) -> Result<Vec<f64>, StatsError>;

const METHODS: [(&str, Adjust); 6] = [
    ("BH", benjamini_hochberg),
    ("BY", benjamini_yekutieli),
    ("bonferroni", bonferroni),
    ("hochberg", hochberg),
    ("holm", holm),
    ("hommel", hommel),
];

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-12);
    let table = case.table("p.csv");
    let (names, p_values) = (table.texts("test"), table.numbers("p"));
    for (method, adjust) in METHODS {
        for (name, p) in names.iter().zip(adjust(&p_values).unwrap()) {
            out.put(format!("{method}.{name}"), Some(p));
        }
    }
}

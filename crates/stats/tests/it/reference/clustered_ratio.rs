//! Computes every key of the case `clustered_ratio`: comments per changed line by source, authors as clusters.

use candor_stats::linearised::Reference;
use candor_stats::ratios::{RatioTable, Scale, clustered};

use super::case::{Case, Computed};
use super::figures::{labels, standard_error};

pub fn compute(case: &Case, out: &mut Computed) {
    let table = case.table("pull_requests.csv");
    let authors: Vec<u32> = labels(&table, "author").into_iter().map(|label| label as u32).collect();
    let (lines, comments, sources) = (table.numbers("changed_lines"), table.numbers("comments"), table.texts("source"));
    let domain = |name: &str| {
        let inside: Vec<bool> = sources.iter().map(|source| source == name).collect();
        RatioTable::new(&comments, &lines, &authors, Some(&inside)).unwrap()
    };
    let all = RatioTable::new(&comments, &lines, &authors, None).unwrap();
    let mean = RatioTable::new(&comments, &vec![1.0; table.len()], &authors, None).unwrap();
    let estimate = |table: &RatioTable| table.ratio(Scale::Plain, Reference::Design, 0.95).unwrap();
    for key in case.expected().keys() {
        let (names, figure) = key.split_once('.').unwrap_or((key, ""));
        match (names, figure) {
            ("clusters", "") => out.put(key, Some(all.clusters() as f64)),
            ("degrees_of_freedom", "") => {
                out.put(key, estimate(&all).estimate().and_then(|estimate| estimate.degrees_of_freedom));
            }
            ("mean_comments", "mean") => out.put(key, mean.point()),
            ("mean_comments", "se") => out.put(key, standard_error(&estimate(&mean))),
            (_, "difference" | "se") => {
                let (first, second) = names.split_once("_minus_").unwrap();
                let both = clustered::difference(&domain(first), &domain(second), Reference::Design, 0.95).unwrap();
                out.put(key, if figure == "se" { standard_error(&both) } else { both.point() });
            }
            (_, "log_ratio" | "log_ratio_se") => {
                let (first, second) = names.split_once("_over_").unwrap();
                let both = clustered::quotient(&domain(first), &domain(second), Reference::Design, 0.95).unwrap();
                let both = both.estimate().unwrap();
                let error = both.standard_error().map(|error| error / both.point);
                out.put(key, if figure == "log_ratio" { Some(both.point.ln()) } else { error });
            }
            (name, "ratio" | "se_linearised") => {
                let table = if name == "all" { all.clone() } else { domain(name) };
                let ratio = estimate(&table);
                out.put(key, if figure == "ratio" { ratio.point() } else { standard_error(&ratio) });
            }
            _ => {}
        }
    }
}

//! Prints how often intervals hold the truth and tests cry wolf, for every estimator in the situations that Candor meets.
//!
//! `cargo run --release -p candor-stats --example calibration [RUNS] [SECTION]`: 4000 simulated studies per cell unless RUNS says otherwise, all
//! sections unless SECTION names one of `clusters`, `labels`, `looks`, `pooling`. The draws are fixed: the same RUNS give the same table on every machine.
#![allow(clippy::print_stdout)]

mod draws;
mod few_clusters;
mod labels;
mod pooled;
mod table;
mod weekly;

/// Numbers of clusters or studies in the tables.
const COUNTS: [usize; 4] = [6, 8, 16, 40];
/// Numbers of labelled units.
const UNITS: [usize; 3] = [300, 1000, 5000];

type Table = fn(u32) -> table::Section;

const SECTIONS: [(&str, Table); 4] = [
    ("clusters", |runs| few_clusters::section(&COUNTS, runs)),
    ("labels", |runs| labels::section(&UNITS, runs)),
    ("looks", |runs| weekly::section(&COUNTS, runs)),
    ("pooling", |runs| pooled::section(&COUNTS, runs)),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().map_or(Some(4000), |text| text.parse().ok().filter(|runs| *runs > 0));
    let wanted = arguments.next();
    let known = wanted.as_ref().is_none_or(|wanted| SECTIONS.iter().any(|(name, _)| name == wanted));
    let (Some(runs), true) = (runs, known) else {
        eprintln!("error: expected a number of runs above 0 and, after it, one of clusters, labels, looks, pooling");
        std::process::exit(2);
    };
    println!(
        "{runs} simulated studies per cell; goal: coverage 93 to 97 %, false positives at most 5.5 % (52 weekly looks: 5 %)."
    );
    for (_, section) in SECTIONS.iter().filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| name == wanted)) {
        print!("\n{}", section(runs));
    }
}

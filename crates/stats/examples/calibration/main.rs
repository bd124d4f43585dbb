//! Prints how often intervals hold the truth and tests cry wolf, for every estimator in the situations that Candor meets.
//!
//! `cargo run --release -p candor-stats --example calibration [RUNS]`; 4000 simulated studies per cell unless RUNS says otherwise. The draws are
//! fixed: the same RUNS give the same table on every machine.
#![allow(clippy::print_stdout)]

mod draws;
mod few_clusters;
mod labels;
mod pooled;
mod table;
mod weekly;

fn main() {
    let runs = std::env::args().nth(1).map_or(Some(4000), |text| text.parse().ok().filter(|runs| *runs > 0));
    let Some(runs) = runs else {
        eprintln!("error: the number of runs must be a whole number above 0");
        std::process::exit(2);
    };
    println!("{runs} simulated studies per cell; goal: coverage 93 to 97 %, false positives at most 5.5 % (52 weekly looks: 5 %).");
    for section in [few_clusters::section(runs), labels::section(runs), weekly::section(runs), pooled::section(runs)] {
        print!("\n{section}");
    }
}

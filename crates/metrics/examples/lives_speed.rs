//! Times the whole report document on synthetic cohorts: `cargo run --release -p candor-metrics --example lives_speed [COHORTS]`.

#![allow(clippy::unwrap_used)]

use std::time::Instant;

#[path = "../tests/it/synthetic.rs"]
mod synthetic;

fn main() {
    let cohorts = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    let plan =
        synthetic::Plan { cohorts, landings: 20_000, people: 500, repositories: 1, days: 1_500, ..synthetic::Plan::default() };
    let facts = synthetic::facts(&plan);
    let options = candor_metrics::ReportOptions { se_sp: Some((0.6, 0.97)), ..candor_metrics::ReportOptions::default() };
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let start = Instant::now();
        let report = candor_metrics::lives(&facts, &options).unwrap();
        let took = start.elapsed().as_secs_f64() * 1e3;
        best = best.min(took);
        println!("{took:8.1} ms   {} lines, {} cohorts", report.durability.lines, cohorts);
    }
    println!("best of seven: {best:.1} ms");
}

//! Writes the page of a synthetic history, to look at: `cargo run -p candor-report --example page [rich|young|empty] > page.html`.

#![allow(clippy::unwrap_used)]

#[path = "../../metrics/tests/it/synthetic.rs"]
mod synthetic;

use candor_metrics::{ReportOptions, facts::LineFacts, lives};
use synthetic::{Plan, facts};

fn main() {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let options = ReportOptions { se_sp: Some((0.8, 0.95)), ..ReportOptions::default() };
    let report = match kind.as_str() {
        "empty" => lives(&LineFacts::default(), &ReportOptions::default()),
        "young" => {
            let shares = [0.0, 0.05, 0.95, 0.0, 0.0];
            lives(
                &facts(&Plan { shares, repositories: 1, landings: 60, cohorts: 300, days: 50, people: 6, ..Plan::default() }),
                &options,
            )
        }
        _ => lives(&facts(&Plan { cohorts: 20_000, landings: 1_500, people: 40, ..Plan::default() }), &options),
    };
    print!("{}", candor_report::html(&report.unwrap()));
}

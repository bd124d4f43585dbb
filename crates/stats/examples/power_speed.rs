//! Times 10,000 simulated studies of 40 clusters on two threads: the promise of the planning family.
//!
//! `cargo run --release -p candor-stats --example power_speed`
#![allow(clippy::print_stdout)]

use std::num::NonZeroUsize;
use std::time::Instant;

use candor_stats::planning::cluster_power::LabelError;
use candor_stats::planning::simulation::{Analysis, Baseline, Change, Runs, Study, power};

fn main() {
    // 60 teams with 10 to 69 merged changes each; teams revert between one and four in ten.
    let (mut values, mut clusters) = (Vec::new(), Vec::new());
    for team in 0..60_usize {
        for change in 0..10 + (team * 7) % 60 {
            values.push(f64::from(u8::from((change * 31 + team * 17) % 10 < 1 + team % 4)));
            clusters.push(team);
        }
    }
    let baseline = Baseline::Own { values: &values, clusters: &clusters };
    let labels = LabelError { positive_predictive_value: 0.9, negative_predictive_value: 0.95 };
    let study =
        Study { control_clusters: 20, exposed_clusters: 20, change: Change::Share, label_error: Some(labels), alpha: 0.05 };
    let Some(threads) = NonZeroUsize::new(2) else { return };
    let runs = Runs { count: 10_000, seed: 1, threads };
    for (name, analysis) in [
        ("t test on cluster means", Analysis::ClusterMeans),
        ("CR2 with degrees of freedom by the correlation", Analysis::ClusterRobust),
    ] {
        let start = Instant::now();
        let found = power(&baseline, &study, 0.06, analysis, &runs).ok().and_then(|outcome| outcome.point());
        let power = found.map_or_else(|| "no answer".to_owned(), |power| format!("power {power:.3}"));
        println!("{name}: 10,000 studies of 40 clusters in {:.2} s, {power}", start.elapsed().as_secs_f64());
    }
}

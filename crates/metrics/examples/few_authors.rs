//! Coverage and width of clustered survival limits when one author carries most lines, by degrees of freedom: why limits are withheld below
//! `MINIMUM_DEGREES`. `cargo run --release -p candor-metrics --example few_authors`.

#![allow(clippy::unwrap_used)]

use candor_stats::survival::{Confidence, LifeTable, Lives};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const RUNS: usize = 1_500;
const LINES: f64 = 3_000.0;

fn main() {
    let mut dice = ChaCha20Rng::seed_from_u64(20);
    let mut unit = move || ((dice.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let mut normal = move || (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
    // Authors differ: the share of an author's lines that lives past the horizon is logistic of a normal.
    let share = |z: f64| 1.0 / (1.0 + (-(1.5 + 0.8 * z)).exp());
    let truth = (-8_000..=8_000).map(|at| f64::from(at) / 1e3).map(|z| share(z) * (-0.5 * z * z).exp()).sum::<f64>()
        / 1e3
        / std::f64::consts::TAU.sqrt();
    let edges = [1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, f64::INFINITY];
    let mut found = vec![(0_usize, 0_usize, Vec::new()); edges.len() - 1];
    for authors in [2_usize, 3, 5, 12, 30] {
        for leading in [0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99] {
            for _ in 0..RUNS / 7 {
                let (mut times, mut died, mut weights, mut clusters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
                for author in 0..authors {
                    let even = 1.0 / authors as f64;
                    let of = if leading <= even {
                        even
                    } else if author == 0 {
                        leading
                    } else {
                        (1.0 - leading) / (authors - 1) as f64
                    };
                    let lives = share(normal());
                    for (time, dead, part) in [(5.0, true, 1.0 - lives), (20.0, false, lives)] {
                        times.push(time + f64::from(author as u32) / 1e3);
                        died.push(dead);
                        weights.push((LINES * of * part).round());
                        clusters.push(author as u32);
                    }
                }
                let table = LifeTable::new(&Lives::new(&times, &died).weighted(&weights).clustered(&clusters)).unwrap();
                let outcome = table.survival(10.0, &Confidence::default()).unwrap();
                let Some((degrees, limits)) =
                    outcome.estimate().and_then(|estimate| Some((estimate.degrees_of_freedom?, estimate.interval?)))
                else {
                    continue;
                };
                let (lower, upper) = (limits.lower.unwrap(), limits.upper.unwrap());
                let bin = edges.partition_point(|edge| *edge <= degrees).clamp(1, found.len()) - 1;
                found[bin].0 += 1;
                found[bin].1 += usize::from(lower <= truth && truth <= upper);
                found[bin].2.push(upper - lower);
            }
        }
    }
    println!("degrees of freedom   runs  coverage of 95 %  median width, points");
    for (edge, (runs, covered, widths)) in edges.windows(2).zip(&mut found) {
        widths.sort_by(f64::total_cmp);
        let middle = widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN);
        println!(
            "{:>6} to {:<9} {runs:>7} {:>16.1} % {:>16.1}",
            edge[0],
            edge[1],
            100.0 * *covered as f64 / *runs as f64,
            100.0 * middle
        );
    }
}

//! Asks every statistic that takes rows in worlds that break naive code, at full size.
//!
//! `cargo run --release -p candor-stats --example hostile [ROWS]`: 10,000,000 rows unless ROWS says otherwise (needs about 9 GB and over an hour then). Prints
//! one line per world with the slowest statistic, and fails where an answer holds a NaN or an infinity, where a statistic panics, or takes
//! more than ten minutes. The same worlds with fewer rows are asked in the tests.
#![allow(clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

mod entries;
mod worlds;

use std::time::Instant;

use entries::{ENTRIES, unsound};
use worlds::{COUNT, World};

/// Seconds after which a statistic counts as hanging.
const PATIENCE: f64 = 600.0;

fn main() {
    let rows = std::env::args().nth(1).map_or(Some(10_000_000), |text| text.parse::<usize>().ok());
    let Some(rows) = rows else {
        eprintln!("error: expected a number of rows");
        std::process::exit(2);
    };
    println!(
        "{rows} rows (fewer where a statistic takes studies)\n\n| world | seconds | slowest | seconds |\n| --- | --- | --- | --- |"
    );
    let mut broken = Vec::new();
    for kind in 0..COUNT {
        let (all, few) = (World::new(kind, rows), World::new(kind, 200));
        let (mut total, mut slowest) = (0.0, ("", 0.0));
        for entry in ENTRIES {
            let world = if entry.most < rows { &few } else { &all };
            let start = Instant::now();
            let answers = std::panic::catch_unwind(|| (entry.ask)(world));
            let seconds = start.elapsed().as_secs_f64();
            total += seconds;
            if seconds > slowest.1 {
                slowest = (entry.ids[0], seconds);
            }
            match answers {
                Err(_) => broken.push(format!("{}: {} panicked", all.name, entry.ids[0])),
                Ok(answers) => broken.extend(unsound(&answers).map(|answer| format!("{}: {answer}", all.name))),
            }
            if seconds > PATIENCE {
                broken.push(format!("{}: {} took {seconds:.0} s", all.name, entry.ids[0]));
            }
        }
        println!("| {} | {total:.1} | {} | {:.1} |", all.name, slowest.0, slowest.1);
    }
    for line in &broken {
        eprintln!("error: {line}");
    }
    if !broken.is_empty() {
        std::process::exit(1);
    }
    println!("\nno NaN, no infinity, no panic");
}

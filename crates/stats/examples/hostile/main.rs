//! Asks every statistic that takes rows in worlds that break naive code, at full size.
//!
//! `cargo run --release -p candor-stats --example hostile [ROWS [WORLD]]`: 10,000,000 rows unless ROWS says otherwise. Prints one line per
//! world with the slowest statistic, or one per statistic of the one world (counted from 0) that WORLD names, and says at once where an
//! answer holds a NaN or an infinity, where a statistic panics, or where it took more than ten minutes; then the program fails at the end.
//! The same worlds with fewer rows are asked in the tests.
#![allow(clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

mod entries;
mod worlds;

use std::time::Instant;

use entries::{ENTRIES, unsound};
use worlds::{COUNT, World};

/// Seconds after which a statistic counts as hanging.
const PATIENCE: f64 = 600.0;

fn main() {
    let number = |at: usize| std::env::args().nth(at).map(|text| text.parse::<usize>());
    let (Ok(rows), Ok(only)) = (number(1).unwrap_or(Ok(10_000_000)), number(2).transpose()) else {
        return give_up("expected a number of rows, and the number of a world or nothing");
    };
    if only.is_some_and(|only| only >= COUNT) {
        return give_up("there are 14 worlds, 0 to 13");
    }
    println!("{rows} rows (fewer where a statistic takes studies)\n");
    println!(
        "{}",
        if only.is_some() {
            "| statistic | seconds |\n| --- | --- |"
        } else {
            "| world | seconds | slowest | seconds |\n| --- | --- | --- | --- |"
        }
    );
    let faults: usize =
        (0..COUNT).filter(|kind| only.is_none_or(|only| only == *kind)).map(|kind| ask(kind, rows, only.is_some())).sum();
    if faults > 0 {
        return give_up(&format!("{faults} faults"));
    }
    println!("\nno NaN, no infinity, no panic, nothing that hangs");
}

fn give_up(why: &str) {
    eprintln!("error: {why}");
    std::process::exit(if why.ends_with("faults") { 1 } else { 2 });
}

/// Asks everything in one world; the number of faults.
fn ask(kind: usize, rows: usize, each: bool) -> usize {
    let (all, few) = (World::new(kind, rows), World::new(kind, 200));
    let (mut total, mut slowest, mut faults) = (0.0, ("", 0.0), 0);
    let mut fault = |what: &str| {
        eprintln!("error: {}: {what}", all.name);
        faults += 1;
    };
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
            Err(_) => fault(&format!("{} panicked", entry.ids[0])),
            Ok(answers) => unsound(&answers).into_iter().for_each(|answer| fault(answer)),
        }
        if seconds > PATIENCE {
            fault(&format!("{} took {seconds:.0} s", entry.ids[0]));
        }
        if each {
            println!("| {} | {seconds:.1} |", entry.ids[0]);
        }
    }
    if !each {
        println!("| {} | {total:.1} | {} | {:.1} |", all.name, slowest.0, slowest.1);
    }
    faults
}

//! Measures what the lake promises: opening, and reading a million cohorts.
//!
//! `cargo run --release -p candor-lake --example lake_speed -- FOLDER [ROWS]`; the folder must not exist yet.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use candor_lake::{Lake, TextAs, Wait};
use common::{cohorts, now, total_rows};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| panic!("name a folder"));
    let rows: i32 = arguments.next().map_or(1_000_000, |rows| rows.parse().unwrap());
    let batch = cohorts("github.com/example/repository", 0..rows);
    let started = Instant::now();
    let lake = Lake::open_or_create(&folder).unwrap();
    let mut writer = lake.write("speed", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "github.com/example/repository", [&batch]).unwrap();
    println!("write {rows} cohorts: {:?}", started.elapsed());
    let started = Instant::now();
    writer.commit("speed", 1, "").unwrap();
    println!("commit: {:?}", started.elapsed());
    drop(writer);
    let started = Instant::now();
    drop(lake.write("speed", now(), Wait::No).unwrap());
    println!("take and free the lock, check the lake: {:?}", started.elapsed());
    for _ in 0..5 {
        let started = Instant::now();
        let snapshot = Lake::open(&folder).unwrap().latest().unwrap().unwrap();
        let opened = started.elapsed();
        for text in [TextAs::Dictionary, TextAs::Plain] {
            let started = Instant::now();
            let columns = [
                "landing",
                "origin",
                "path_at_birth",
                "landed_at",
                "death",
                "died_at",
                "killer_origin",
                "n_lines",
                "n_substantive",
                "before_observation",
            ];
            let batches = snapshot.scan("line_cohorts").unwrap().columns(&columns).unwrap().text(text).read().unwrap();
            println!("open {opened:?}, read {} rows of 10 columns, text {text:?}: {:?}", total_rows(&batches), started.elapsed());
        }
    }
}

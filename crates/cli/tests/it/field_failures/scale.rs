//! Histories that kept other tools busy for hours or ate all memory: F13 and F14. `CANDOR_LARGE=1` runs F14 at its full size.

use std::fmt::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::Case;
use crate::generated::Importer;
use crate::support::process::finish_child;

#[test]
fn f13_eight_thousand_files_change_their_folder() {
    let case = Case::new();
    let mut git = Importer::start(&case.repo);
    for (mark, folder) in [(1, "old"), (2, "new")] {
        let who = format!("Ada Example <ada@example.com> {} +0000", 1_700_000_000 + mark * 86_400);
        git.send(format!("commit refs/heads/main\nmark :{mark}\nauthor {who}\ncommitter {who}\ndata 4\nMove\n"));
        if mark == 2 {
            git.send("from :1\ndeleteall\n");
        }
        for file in 0..8000 {
            let mut text = String::new();
            for line in 0..40 {
                let changed = if mark == 2 && line == 20 { " changed" } else { "" };
                writeln!(text, "file {file} has a line {line} of its own{changed}").unwrap();
            }
            git.send(format!("M 100644 inline {folder}/f{file}.txt\n"));
            git.data(text.as_bytes());
        }
        git.send("\n");
    }
    let second = git.id(2);
    git.finish();
    let (rows, run) = case.rows_of(&case.repo.path, &["--strict"]);
    assert!(run.took < Duration::from_secs(90), "it takes seconds, not hours\n{run}");
    assert_eq!(rows.alive(), 320_000);
    let born = rows.sum(|r| r.landing == second);
    if born != 8_000 {
        assert!(
            run.says(&second) && run.says("rename"),
            "{born} lines are born, but no bound of the rename search is told: {}",
            run.stderr
        );
    }
}

#[test]
fn f14_memory_does_not_grow_with_the_history() {
    let commits = if std::env::var_os("CANDOR_LARGE").is_some() { 50_000 } else { 8_000 };
    let case = Case::new();
    let mut git = Importer::start(&case.repo);
    const FILES: usize = 200;
    for commit in 0..commits {
        let who = format!("Ada Example <ada@example.com> {} +0000", 1_400_000_000 + commit * 3600);
        git.send(format!("commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 4\nWork\n"));
        // Each commit replaces 20 of the 60 lines of one file.
        let file = commit % FILES;
        let round = commit / FILES;
        let mut text = String::new();
        for line in 0..60 {
            let since = (0..=round).rev().find(|r| r % 3 == line / 20).unwrap_or(0);
            writeln!(text, "file {file} line {line} as of round {since}").unwrap();
        }
        git.send(format!("M 100644 inline d{}/f{file}.txt\n", file % 10));
        git.data(text.as_bytes());
        git.send("\n");
    }
    git.finish();
    let mut command = case.candor.command(["export", "lines", "--format", "csv", "--repo", case.repo.path.to_str().unwrap()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = Instant::now();
    let child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            let Some(kib) = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()) else { break };
            peak = peak.max(kib);
            std::thread::sleep(Duration::from_millis(20));
        }
        peak
    });
    let run = finish_child(child, "candor export lines".to_owned(), begun);
    let peak = watch.join().unwrap();
    run.check_ok().unwrap_or_else(|why| panic!("{why}"));
    println!("{commits} commits: peak memory {} MiB, {:.1} s", peak / 1024, run.took.as_secs_f64());
    assert!(peak < 1024 * 1024, "peak memory {} MiB for {commits} commits of 20 changed lines", peak / 1024);
    let rows = crate::support::cohorts::Cohorts::parse(&run.stdout).unwrap();
    assert_eq!(rows.alive(), 60 * FILES as u64);
}

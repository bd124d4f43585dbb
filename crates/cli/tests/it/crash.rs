//! A kill at any moment costs time, never a figure: the next run gives what an undisturbed one gives. Two runs at once do not
//! disturb each other. `CANDOR_KILLS` sets how often a run is killed (100).

use std::fmt::Write;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::generated::Importer;
use crate::support::cohorts::Cohorts;
use crate::support::process::{Candor, Finished, describe, finish_child};
use crate::support::repository::Repository;

const COMMITS: usize = 2000;
/// Parts of the history that the branch goes through, so that runs on a grown store are killed too.
const STATES: [usize; 4] = [COMMITS / 2, COMMITS * 3 / 4, COMMITS - 10, COMMITS];

/// Some 2,000 commits on 60 files, with a side branch merged at every tenth; the ids of [`STATES`].
fn repository(dir: &std::path::Path) -> (Repository, Vec<String>) {
    let repo = Repository::with_options(dir, "repo", &["--bare"]);
    let mut git = Importer::start(&repo);
    let mut states = Vec::new();
    for n in 1..=COMMITS {
        let who = format!("Ada Example <ada@example.com> {} +0000", 1_600_000_000 + n * 7200);
        let head = |branch: &str, mark: usize, from: usize| {
            let parent = if from > 0 { format!("from :{from}\n") } else { String::new() };
            format!("commit refs/heads/{branch}\nmark :{mark}\nauthor {who}\ncommitter {who}\ndata 5\nWork\n\n{parent}")
        };
        let merged = n % 10 == 0;
        if merged {
            git.send(head("side", COMMITS + n, n - 3));
            git.send(format!("M 100644 inline side/f{}.txt\n", n % 70));
            git.data(format!("line one of {n}\nline two of {n}\n").as_bytes());
            git.send("\n");
        }
        git.send(head("main", n, n - 1));
        if merged {
            git.send(format!("merge :{}\nM 100644 inline side/f{}.txt\n", COMMITS + n, n % 70));
            git.data(format!("line one of {n}\nline two of {n}\n").as_bytes());
        }
        let file = (n * 17) % 60;
        let mut text = String::new();
        for line in 0..30 {
            let since = if line % 3 == n % 3 { n } else { line };
            writeln!(text, "    file {file}, line {line}, since {since}").unwrap();
        }
        git.send(format!("M 100644 inline src/d{}/f{file}.rs\n", file % 7));
        git.data(text.as_bytes());
        git.send("\n");
        if STATES.contains(&n) {
            states.push(git.id(n));
        }
    }
    git.finish();
    (repo, states)
}

/// A small generator of its own, so that the moments are the same on each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// What a run printed, once it is sure that it printed figures at all.
fn whole(run: Finished) -> Vec<u8> {
    let rows = Cohorts::parse(&run.stdout).unwrap_or_else(|why| panic!("{why}\n{run}"));
    assert!(rows.alive() >= 60 * 30, "the tip holds at least 1,800 lines\n{run}");
    run.ok()
}

#[test]
fn a_kill_at_any_moment_changes_no_figure() {
    let kills: usize = std::env::var("CANDOR_KILLS").ok().and_then(|v| v.parse().ok()).unwrap_or(100);
    let temp = tempfile::tempdir().unwrap();
    let (repo, states) = repository(temp.path());
    let set_main = |state: usize| repo.git(&["update-ref", "refs/heads/main", &states[state]]);
    let mut undisturbed = Vec::new();
    let mut took = Duration::ZERO;
    for state in 0..states.len() {
        set_main(state);
        let run = Candor::new(temp.path(), &format!("undisturbed{state}")).lines(&repo.path, &[]);
        took = took.max(run.took);
        undisturbed.push(whole(run));
    }
    let candor = Candor::new(temp.path(), "store");
    let mut dice = Dice(0x5eed);
    let (mut killed, mut in_a_row, mut state) = (0, 0, 0);
    set_main(0);
    for round in 0..kills {
        let mut command = match round % 2 {
            0 => candor.command(["export", "lines", "--format", "csv", "--repo"]),
            _ => candor.command(["report"]),
        };
        command.arg(&repo.path).stdout(Stdio::null()).stderr(Stdio::null());
        // Short delays are drawn more often: a run on a grown store is over long before a first one.
        let share = dice.below(1000) as f64 / 1000.0;
        let delay = took.mul_f64(share * share);
        let mut child = command.spawn().unwrap();
        std::thread::sleep(delay);
        let ended = child.try_wait().unwrap().is_some();
        killed += usize::from(!ended);
        child.kill().unwrap();
        child.wait().unwrap();
        in_a_row += 1;
        // Up to three kills in a row on one state of the branch, then a run to the end.
        if ended || in_a_row == 3 || round + 1 == kills {
            in_a_row = 0;
            let run = candor.lines(&repo.path, &[]);
            run.check_ok().unwrap_or_else(|why| panic!("after kill {round} ({delay:?}): {why}"));
            assert!(
                run.stdout == undisturbed[state],
                "after kill {round} ({delay:?}, state {state}) the next run gives other figures\n{run}"
            );
            state = (state + 1) % states.len();
            if state == 0 {
                fs::remove_dir_all(&candor.cache).unwrap();
                fs::create_dir(&candor.cache).unwrap();
            }
            set_main(state);
        }
    }
    println!("{killed} of {kills} runs were killed before their end; an undisturbed one takes {took:?}");
    assert!(killed * 2 > kills, "too few runs were hit to prove anything");
}

#[test]
fn two_runs_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let (repo, _) = repository(temp.path());
    let expected = whole(Candor::new(temp.path(), "alone").lines(&repo.path, &[]));
    for round in 0..5 {
        let candor = Candor::new(temp.path(), &format!("shared{round}"));
        let begun = Instant::now();
        let runs: Vec<_> = (0..2)
            .map(|_| {
                let mut command = candor.command(["export", "lines", "--format", "csv", "--repo"]);
                command.arg(&repo.path).stdout(Stdio::piped()).stderr(Stdio::piped());
                let line = describe(&command);
                (command.spawn().unwrap(), line)
            })
            .collect();
        // Both pipes must be drained at the same time, or one run waits for its reader and the other for the store.
        let threads: Vec<_> =
            runs.into_iter().map(|(child, line)| std::thread::spawn(move || finish_child(child, line, begun))).collect();
        let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(ends.iter().any(|run| run.code == Some(0)), "neither run came through\n{}\n{}", ends[0], ends[1]);
        for run in ends {
            run.check_manners().unwrap_or_else(|why| panic!("{why}"));
            if run.code == Some(0) {
                assert!(run.stdout == expected, "two runs at once give other figures than one alone\n{run}");
            } else {
                let names_holder = run.says("process") || run.says("another run") || run.says("pid");
                assert!(run.code == Some(1) && names_holder, "the second run must wait or say who holds the store\n{run}");
            }
        }
        assert!(candor.lines(&repo.path, &[]).ok() == expected, "the store is not whole after two runs at once");
    }
}

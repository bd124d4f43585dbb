//! Draws from outside, and what a kill at any moment of register and assign leaves: nothing lost, nothing drawn twice, no fork.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::ledger::Organisation;
use crate::support::process::Finished;

fn text(run: Finished) -> String {
    String::from_utf8(run.ok()).unwrap()
}

/// An organisation with a registered task trial.
fn trial() -> Organisation {
    let own = Organisation::with_keys();
    let plan = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiment/fixtures/plans/good/task_rct.toml");
    fs::copy(plan, own.path("plan.toml")).unwrap();
    own.run("plan register plan.toml --key ada --key grace --as-of 2026-04-20").ok();
    own
}

fn tasks(numbers: impl Iterator<Item = u32>) -> String {
    let row = |n: u32| {
        format!("task-trial,k{n},p{:02},{},60,80,2026-05-03T09:00:00+02:00,open\n", n % 4, ["tests", "payments"][n as usize % 2])
    };
    let header = "experiment,task,person,x_context,forecast_minutes_with_ai,forecast_minutes_without_ai,forecast_at,status\n";
    header.to_owned() + &numbers.map(row).collect::<String>()
}

/// Unit -> arm of a table of assignments.
fn arms(table: &str) -> BTreeMap<String, String> {
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("experiment,unit_kind,unit,arm,stratum,assigned_at,ledger_entry,complied"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let arms: BTreeMap<String, String> = rows.iter().map(|row| (row[2].to_owned(), row[3].to_owned())).collect();
    assert_eq!(arms.len(), rows.len(), "a unit was drawn twice:\n{table}");
    arms
}

#[test]
fn a_trial_from_seed_to_second_draw() {
    let own = trial();
    own.write("tasks.csv", tasks(0..20));
    let enrol = "assign enrol task-trial tasks.csv --key ada --as-of 2026-05-04";
    own.run(enrol).check_refused(2, &["no seed is committed", "assign commit"]).unwrap();
    let run = own.run("assign commit task-trial --key ada --as-of 2026-04-21");
    assert!(run.says("one person alone"), "{run}");
    own.run("assign commit task-trial --key grace --seed grace.seed --as-of 2026-04-21").ok();
    own.run(enrol).check_refused(2, &["not at hand", "--seed"]).unwrap();
    let mine = own.secret("seeds/task-trial.seed");
    let enrol = format!("{enrol} --seed {mine} --seed grace.seed");
    let first = arms(&text(own.run(&enrol)));
    assert_eq!(first.len(), 20);
    own.write("tasks.csv", tasks((0..30).rev()));
    let second = arms(&text(own.run(&enrol)));
    assert!(second.len() == 30 && first.iter().all(|(unit, arm)| second[unit] == *arm), "later units changed earlier ones");
    let single = format!(
        "assign enrol task-trial --unit k99 --stratum p01/tests --minutes-without 30 --key ada --seed {mine} --seed grace.seed"
    );
    assert_eq!(arms(&text(own.run(&format!("{single} --as-of 2026-05-05")))).len(), 1);
    own.run("assign show task-trial --out assignments.csv").ok();
    assert_eq!(arms(&fs::read_to_string(own.path("assignments.csv")).unwrap()).len(), 31);
    own.run("assign verify task-trial").check_refused(2, &["not at hand"]).unwrap();
    own.write("tasks.csv", tasks(0..30));
    let verify = format!("assign verify task-trial --seed {mine} --seed grace.seed --units tasks.csv");
    own.run(&verify).check_ok().unwrap();
    own.write("tasks.csv", tasks(0..30).replacen("60,80", "60,90", 1));
    let run = own.run(&verify);
    assert!(String::from_utf8_lossy(&run.stdout).contains("the forecast of unit `k0` is not the one"), "{run}");
    run.check_refused(2, &["1 difference between"]).unwrap();
    own.run("assign reveal task-trial --key ada --as-of 2026-10-01").ok();
    own.run("assign reveal task-trial --key grace --seed grace.seed --as-of 2026-10-01").ok();
    let said = text(own.run("assign verify task-trial"));
    assert!(said.contains("31 units drawn again from the seeds of 2 people"), "{said}");
    own.write("tasks.csv", tasks(40..41));
    own.run(&enrol).check_refused(2, &["public"]).unwrap();
    own.run("ledger verify").check_ok().unwrap();
}

#[test]
fn bad_units_are_told_with_line_and_column() {
    let own = trial();
    own.run("assign commit task-trial --key ada --as-of 2026-04-21").ok();
    let good = tasks(0..3);
    for (old, new, says) in [
        ("k1,", ",", &["tasks.csv:3:2: task:", "found none"][..]),
        ("60,80", "60,eighty", &["tasks.csv:2:6: forecast_minutes_without_ai:", "eighty"]),
        ("2026-05-03T09:00:00+02:00", "2026-05-03", &["tasks.csv:2:7: forecast_at:", "offset", "hint:"]),
        ("2026-05-03T09:00:00+02:00", "2026-06-03T09:00:00+02:00", &["after its draw", "forecast first"]),
        ("60,80", "60,", &["k0", "no forecast"]),
        (",task,", ",job,", &["tasks.csv:1:0: header:", "`unit`"]),
        (",person,", ",people,", &["tasks.csv:1:0: header:", "`stratum`"]),
        ("task-trial,k2", "task-trial,k1", &["k1", "named twice"]),
        (",open\n", ",open,more\n", &["tasks.csv:2:"]),
    ] {
        own.write("tasks.csv", good.replacen(old, new, 1));
        let run = own.run("assign enrol task-trial tasks.csv --key ada --as-of 2026-05-04");
        run.check_refused(2, says).unwrap_or_else(|why| panic!("{old} -> {new}: {why}"));
    }
    own.write("tasks.csv", good.replace("task-trial,", ","));
    own.run("assign enrol other tasks.csv --key ada").check_refused(2, &["no plan `other`", "task-trial"]).unwrap();
}

/// A small generator of moments: the test must not depend on the clock for its choices.
struct Moments(u64);

impl Moments {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Runs a command and kills it after so many microseconds, if it has not ended by then. What it printed was acknowledged.
fn killed(own: &Organisation, line: &str, after: Duration) -> (bool, String) {
    let mut command = own.candor.command(line.split_whitespace());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    while begun.elapsed() < after {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        thread::sleep(Duration::from_micros(200));
    }
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn two_hundred_kills_lose_nothing_and_draw_nothing_twice() {
    let own = trial();
    own.run("assign commit task-trial --key ada --as-of 2026-04-21").ok();
    let begun = Instant::now();
    own.write("tasks.csv", tasks(0..2));
    let mut acknowledged = arms(&text(own.run("assign enrol task-trial tasks.csv --key ada --as-of 2026-05-04")));
    // How long a run takes grows with the ledger: longer after a kill, shorter after a run that ended, so that both keep happening.
    let mut whole = begun.elapsed().as_micros() as f64;
    let plan = fs::read_to_string(own.path("plan.toml")).unwrap();
    let mut plans: Vec<(String, String)> = Vec::new();
    let (mut finished, mut moments) = (0, Moments(7));
    for round in 0..200_u32 {
        let after = Duration::from_micros(moments.below((1.3 * whole) as u64));
        let before = finished;
        if round % 4 == 3 {
            let id = format!("plan-{}", round / 8);
            own.write("other.toml", plan.replace("id = \"task-trial\"", &format!("id = \"{id}\"")));
            let (done, printed) = killed(&own, "plan register other.toml --key ada --key grace --as-of 2026-04-22", after);
            finished += u32::from(done);
            if !printed.is_empty() {
                plans.push((id, printed.trim().to_owned()));
            }
        } else {
            // Every batch repeats old units and brings new ones.
            own.write("tasks.csv", tasks(round / 2..round + 3));
            let (done, printed) = killed(&own, "assign enrol task-trial tasks.csv --key ada --as-of 2026-05-04", after);
            finished += u32::from(done);
            if done {
                for (unit, arm) in arms(&printed) {
                    let before = acknowledged.insert(unit.clone(), arm.clone());
                    assert!(before.is_none_or(|before| before == arm), "round {round}: unit {unit} was drawn anew");
                }
            }
        }
        whole *= if finished > before { 0.9 } else { 1.08 };
        if round % 20 == 19 {
            own.run("ledger verify").check_ok().unwrap_or_else(|why| panic!("round {round}: {why}"));
        }
    }
    assert!((20..190).contains(&finished), "{finished} of 200 runs ended by themselves: the moments miss the work");
    own.run("ledger verify").check_ok().unwrap();
    own.write("tasks.csv", tasks(0..203));
    let all = arms(&text(own.run("assign enrol task-trial tasks.csv --key ada --as-of 2026-05-04")));
    for (unit, arm) in &acknowledged {
        assert_eq!(all.get(unit), Some(arm), "unit {unit} was told another arm");
    }
    for (id, hash) in plans {
        assert_eq!(
            own.run(&format!("plan show {id} --json")).json()["entry"],
            hash.as_str(),
            "plan {id} was acknowledged and is gone"
        );
    }
    let seed = own.secret("seeds/task-trial.seed");
    own.run(&format!("assign verify task-trial --seed {seed}")).check_ok().unwrap();
    arms(&text(own.run("assign show task-trial")));
}

#[test]
fn two_processes_at_once_never_fork() {
    let own = trial();
    own.run("assign commit task-trial --key ada --as-of 2026-04-21").ok();
    own.write("one.csv", tasks(0..40));
    own.write("two.csv", tasks(20..60));
    for _ in 0..4 {
        let children: Vec<_> = ["one.csv", "two.csv", "one.csv"]
            .iter()
            .map(|file| {
                let line = format!("assign enrol task-trial {file} --key ada --as-of 2026-05-04");
                let mut command = own.candor.command(line.split_whitespace());
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for output in outputs {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            for (unit, arm) in arms(std::str::from_utf8(&output.stdout).unwrap()) {
                assert_eq!(seen.entry(unit).or_insert_with(|| arm.clone()), &arm);
            }
        }
    }
    own.run("ledger verify").check_ok().unwrap();
    assert_eq!(arms(&text(own.run("assign show task-trial"))).len(), 60);
}

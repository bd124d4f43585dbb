//! Verdicts from outside: recorded once, replayed by anybody, and put into words that nobody can bend.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ledger::Organisation;
use crate::support::process::Finished;

fn text(run: Finished) -> String {
    String::from_utf8(run.ok()).unwrap()
}

/// Figures of the task trial: share of time (less is better), durability, what people say; with their standard errors.
fn figures(as_of: &str, time: (f64, f64), durability: (f64, f64)) -> Value {
    let figure = |metric: &str, name: &str, scale: &str, better: &str, point: f64, error: f64| {
        json!({
            "metric": metric, "figure": name, "version": 1, "scale": scale, "better": better, "unknown_source_share": 0.1,
            "answer": { "kind": "estimate", "point": point, "standard_error": error, "units": 400, "clusters": 16, "degrees_of_freedom": 14, "method": "task trial" },
        })
    };
    json!({
        "form": "candor-estimates-1", "plan": "task-trial", "as_of": as_of, "snapshot": "42",
        "figures": [
            figure("task_rct", "effect", "relative", "lower", time.0, time.1),
            figure("code_durability_30d", "", "points", "higher", durability.0, durability.1),
            figure("perceived_speedup", "", "absolute", "neither", 0.20, 0.02),
        ],
    })
}

fn trial() -> Organisation {
    let own = Organisation::with_keys();
    let plan = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiment/fixtures/plans/good/task_rct.toml");
    fs::copy(plan, own.path("plan.toml")).unwrap();
    own.run("plan register plan.toml --key ada --key grace --as-of 2026-04-20").ok();
    own
}

#[test]
fn a_trial_to_its_statement() {
    let own = trial();
    own.write("early.json", figures("2026-06-01", (-0.10, 0.08), (0.0, 0.02)).to_string());
    let said = text(own.run("verdict task-trial --estimates early.json"));
    assert!(
        said.starts_with("INSUFFICIENT\n") && said.contains("look 1 of 3") && said.contains("when it will be known"),
        "{said}"
    );
    let levels = text(own.run("verdict task-trial --levels 2026-06-01"));
    assert!(
        levels.lines().all(|level| level.parse::<f64>().unwrap() > 0.99),
        "an early look of O'Brien and Fleming's asks for much: {levels}"
    );
    own.run("statement task-trial --for board").check_refused(2, &["no verdict on `task-trial`", "--record"]).unwrap();
    own.run("verdict task-trial --estimates early.json --record --key ada --as-of 2026-06-02").ok();
    let page = text(own.run("statement task-trial --for board"));
    assert!(page.contains("cannot tell yet") && page.contains("2026\\-07-01") || page.contains("2026-07-01"), "{page}");
    // METR's figures: 19 % slower, 20 % felt.
    own.write("last.json", figures("2026-08-14", (0.19, 0.04), (0.0, 0.01)).to_string());
    own.write("other.json", figures("2026-08-14", (-0.19, 0.04), (0.0, 0.01)).to_string());
    let record = "verdict task-trial --estimates last.json --record --key ada --as-of 2026-08-15";
    let run = own.run(record);
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.starts_with("PULL BACK\n") && said.contains("looks that nobody held: 2026-07-01"), "{run}");
    let ledger = fs::read(own.ledger()).unwrap();
    own.run(record).ok();
    assert_eq!(fs::read(own.ledger()).unwrap(), ledger, "recorded twice is recorded once");
    own.run("verdict task-trial --estimates other.json --record --key ada")
        .check_refused(2, &["held with other figures", "held once"])
        .unwrap();
    let entry = own.run("verdict task-trial --estimates last.json --record --key ada --json").json()["entry"]
        .as_str()
        .unwrap()
        .to_owned();
    for figures in ["", " --estimates last.json"] {
        let said = text(own.run(&format!("verdict task-trial --replay {entry}{figures}")));
        assert!(said.contains("`pull_back` comes out again"), "{said}");
    }
    // What the ledger kept is compared with its hash, too.
    let kept = fs::read_dir(own.path("ledger/looks"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| fs::read_to_string(path).unwrap().contains("2026-08-14"))
        .unwrap();
    let whole = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, whole.replace("0.19", "0.18")).unwrap();
    own.run(&format!("verdict task-trial --replay {entry}")).check_refused(2, &["difference"]).unwrap();
    fs::write(&kept, whole).unwrap();
    own.run("verdict task-trial --estimates early.json --record --key ada").check_ok().unwrap();
    let run = own.run(&format!("verdict task-trial --estimates other.json --replay {entry}"));
    assert!(String::from_utf8_lossy(&run.stdout).contains("class: \"pull_back\" in the ledger"), "{run}");
    run.check_refused(2, &["difference"]).unwrap();
    own.run("verdict task-trial --estimates last.json --replay 1").check_refused(2, &["entry `1` is no verdict"]).unwrap();
    for audience in ["board", "team", "community"] {
        own.run(&format!("statement task-trial --for {audience} --out {audience}.html")).ok();
        let page = fs::read_to_string(own.path(&format!("{audience}.html"))).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("pulled back to where it is safe"), "{page}");
        assert!(!page.contains("justif") && !page.contains("success"), "{page}");
    }
    own.run("ledger verify").check_ok().unwrap();
    let table = text(own.run("ledger export --format table"));
    for word in ["look 1 at", "look 2 at `task-trial` missed, due 2026-07-01", "look 3 at", "verdict on `task-trial`: pull_back"]
    {
        assert!(table.contains(word), "`{word}` is not in\n{table}");
    }
}

#[test]
fn an_unplanned_look_is_exploratory_and_gives_no_verdict() {
    let own = trial();
    own.write("figures.json", figures("2026-06-20", (-0.30, 0.03), (0.0, 0.005)).to_string());
    let run = own.run("verdict task-trial --estimates figures.json --record --key ada --as-of 2026-06-21");
    assert!(run.says("exploratory"), "{run}");
    run.check_ok().unwrap();
    own.run("statement task-trial --for team").check_refused(2, &["no verdict"]).unwrap();
    // The planned look before it can still be held with the data of its day, and a later one closes that door.
    own.write("first.json", figures("2026-06-01", (-0.10, 0.08), (0.0, 0.02)).to_string());
    own.write("second.json", figures("2026-07-01", (-0.10, 0.08), (0.0, 0.02)).to_string());
    own.run("verdict task-trial --estimates second.json --record --key ada --as-of 2026-07-02").ok();
    own.run("verdict task-trial --estimates first.json --record --key ada --as-of 2026-07-03")
        .check_refused(2, &["later look"])
        .unwrap();
    let table = text(own.run("ledger export --format table"));
    assert!(table.contains("(exploratory)") && table.matches("verdict on").count() == 1, "{table}");
    own.write("broken.json", "{\n  \"form\": \"candor-estimates-1\",\n  \"plam\": 1\n}");
    own.run("verdict task-trial --estimates broken.json").check_refused(2, &["broken.json:3:", "plam"]).unwrap();
    own.run("verdict other --estimates figures.json").check_refused(2, &["no plan `other`"]).unwrap();
}

#[test]
fn kills_between_look_and_verdict_leave_one_of_each() {
    for round in 0..4_u64 {
        let own = trial();
        own.write("last.json", figures("2026-08-14", (0.19, 0.04), (0.0, 0.01)).to_string());
        let line = "verdict task-trial --estimates last.json --record --key ada --as-of 2026-08-15";
        for kill in 0..25_u64 {
            let mut command = own.candor.command(line.split_whitespace());
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let (begun, after) = (Instant::now(), Duration::from_micros(300 * (kill + 1) * (round + 1)));
            while begun.elapsed() < after && child.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_micros(100));
            }
            let _ = child.kill();
            child.wait().unwrap();
        }
        own.run(line).ok();
        own.run("ledger verify").check_ok().unwrap_or_else(|why| panic!("round {round}: {why}"));
        let table = text(own.run("ledger export --format table"));
        let count = |word: &str| table.matches(word).count();
        assert_eq!([count("look 1 at"), count("look 2 at"), count("look 3 at"), count("verdict on")], [1, 1, 1, 1], "{table}");
    }
}

//! Looks from outside: the registered analysis on a whole organisation, against the figures of the catalogue, and verdicts that rest on it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::metrics::organisation;
use crate::support::process::Candor;

/// The organisation of the fixture with two signers; its folder is `org` in `dir`.
fn signed(dir: &Path) -> Candor {
    let secrets = dir.join("secrets");
    let candor = organisation(dir).with("CANDOR_CONFIG_DIR", secrets.to_str().unwrap());
    candor.run(["key", "new", "ada", "--as-of", "2025-01-02"]).ok();
    candor.run(["key", "new", "grace", "--key", "ada", "--as-of", "2025-01-02"]).ok();
    candor
}

fn run(candor: &Candor, line: &str) -> String {
    String::from_utf8(candor.run(line.split_whitespace()).ok()).unwrap()
}

/// Registers the plan of the organisation's task trial.
fn task_trial(dir: &Path) -> Candor {
    let candor = signed(dir);
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiment/fixtures/plans/good/task_rct.toml");
    let mut plan = fs::read_to_string(good).unwrap();
    for (was, is) in [
        ("id = \"task-trial\"", "id = \"rct-1\""),
        ("\"ai_not_allowed\"", "\"ai_disallowed\""),
        ("2026-04-01", "2025-02-01"),
        ("2026-05-01", "2025-03-01"),
        ("[2026-06-01, 2026-07-01, 2026-08-14]", "[2025-05-01, 2025-09-01]"),
        ("2026-08-01", "2025-07-01"),
        ("2026-09-01", "2025-10-01"),
        ("2026-10-01", "2025-11-01"),
        ("2026-04-15", "2025-02-15"),
    ] {
        assert!(plan.contains(was), "the plan has no {was}");
        plan = plan.replace(was, is);
    }
    fs::write(dir.join("plan.toml"), plan).unwrap();
    let file = dir.join("plan.toml");
    let args = ["plan", "register", file.to_str().unwrap(), "--key", "ada", "--key", "grace", "--as-of", "2025-02-20"];
    candor.run(args).ok();
    candor
}

fn figure<'a>(document: &'a Value, metric: &str) -> &'a Value {
    document["estimates"]["figures"].as_array().unwrap().iter().find(|own| own["metric"] == metric).unwrap()
}

#[test]
fn the_task_trial_is_the_one_of_the_catalogue() {
    let dir = tempfile::tempdir().unwrap();
    let candor = task_trial(dir.path());
    let looked = candor.run("look rct-1 --as-of 2026-04-01 --json".split_whitespace()).json();
    assert_eq!(looked["look"], Value::Null, "no look is planned for that day");
    let speed = &figure(&looked, "task_rct")["answer"];
    let shown = candor.run("metrics run task_rct --as-of 2026-04-01 --json".split_whitespace()).json();
    let cells = shown["metrics"][0]["figures"].as_array().unwrap();
    let effect = &cells.iter().find(|own| own["figure"] == "task_rct.effect").unwrap()["cells"][0]["answer"];
    let close = |one: &Value, other: &Value| (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() < 1e-9;
    assert!(close(&speed["point"], &effect["point"]), "{speed} {effect}");
    assert!(
        (speed["point"].as_f64().unwrap() - 0.107_201_740_089_623_69).abs() < 1e-9,
        "as pandas and statsmodels have it: {speed}"
    );
    assert!(close(&speed["degrees_of_freedom"], &effect["degrees_of_freedom"]), "{speed} {effect}");
    assert_eq!((speed["units"].as_f64(), speed["clusters"].as_u64()), (Some(211.0), Some(12)));
    let check = |name: &str| {
        looked["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|own| own["name"] == name)
            .unwrap_or_else(|| panic!("no check {name}: {looked}"))
    };
    assert!(check("sample_ratio")["says"].as_str().unwrap().starts_with("110 ai_disallowed, 111 ai_allowed"), "{looked}");
    assert!(
        check("missing_outcomes")["says"].as_str().unwrap().starts_with("4 of 110 in the control arm and 5 of 110"),
        "{looked}"
    );
    assert!((check("compliance_of_the_others")["value"].as_f64().unwrap() - 0.934_579_439_252_336_4).abs() < 1e-12, "{looked}");
}

#[test]
fn a_verdict_comes_out_of_its_snapshot_again() {
    let dir = tempfile::tempdir().unwrap();
    let candor = task_trial(dir.path());
    let first = run(&candor, "look rct-1 --as-of 2025-05-01 --record --key ada");
    assert!(first.contains("planned look 1 of 2") && first.contains("sample_ratio"), "{first}");
    let odd = run(&candor, "look rct-1 --as-of 2025-05-02");
    assert!(odd.contains("unplanned: exploratory") && odd.contains("the next planned look is on 2025-09-01"), "{odd}");
    let said = run(&candor, "verdict rct-1 --as-of 2025-09-01 --record --key ada");
    assert!(said.contains("look 2 of 2") && !said.contains("typed into a file"), "{said}");
    let document = candor.run("verdict rct-1 --as-of 2025-09-01 --record --key ada --json".split_whitespace()).json();
    assert_eq!(document["verdict"]["figures"], "registered_analysis");
    assert_eq!(document["verdict"]["standing"]["held"].as_array().unwrap().len(), 2, "the look that was recorded counts");
    let entry = document["entry"].as_str().unwrap().to_owned();
    let again = run(&candor, &format!("verdict rct-1 --replay {entry}"));
    assert!(again.contains("comes out again from snapshot"), "{again}");
    let kept = run(&candor, &format!("verdict rct-1 --replay {entry} --kept"));
    assert!(kept.contains("comes out again from the figures that were kept"), "{kept}");
    // Facts that come later do not change what was said then.
    let more = dir.path().join("more");
    fs::create_dir(&more).unwrap();
    let tasks = fs::read_to_string(crate::metrics::fixture().join("tasks.csv")).unwrap();
    fs::write(more.join("tasks.csv"), tasks.replacen("32.53", "320.53", 1)).unwrap();
    candor.run(["import", more.to_str().unwrap()]).check_ok().unwrap();
    assert_eq!(run(&candor, &format!("verdict rct-1 --replay {entry}")), again);
    let other = candor.run("verdict rct-1 --as-of 2025-09-01 --record --key ada".split_whitespace());
    other.check_refused(2, &["held with other figures"]).unwrap();
    // Typed figures stay typed, whatever they say of themselves.
    let figures = candor.run("look rct-1 --as-of 2026-04-01 --json".split_whitespace()).json()["estimates"].clone();
    assert_eq!(figures["origin"], "registered_analysis");
    let file = dir.path().join("figures.json");
    fs::write(&file, figures.to_string()).unwrap();
    let typed = String::from_utf8(candor.run(["verdict", "rct-1", "--estimates", file.to_str().unwrap()]).ok()).unwrap();
    assert!(typed.contains("typed into a file"), "{typed}");
}

#[test]
fn one_control_team_is_a_comparison_without_limits() {
    let dir = tempfile::tempdir().unwrap();
    let candor = signed(dir.path());
    let file = dir.path().join("plan.toml");
    candor.run(["plan", "new", file.to_str().unwrap(), "--default", "--from", "2025-02-01"]).ok();
    let mut plan = fs::read_to_string(&file).unwrap();
    // The teams are those of the table; `data` has too little to be looked at here.
    let teams = "treated_teams = [\"checkout\", \"data\", \"mobile\", \"search\"]\ncontrol_teams = [\"platform\"]\n";
    assert!(plan.contains(teams), "{plan}");
    plan = plan.replace("\"data\", ", "");
    fs::write(&file, plan).unwrap();
    let register = ["plan", "register", file.to_str().unwrap(), "--key", "ada", "--key", "grace", "--as-of", "2025-02-20"];
    candor.run(register).ok();
    let said = run(&candor, "look ai-tools --as-of 2025-06-15");
    assert!(said.contains("design control_team, compares, and shows no effect"), "{said}");
    assert!(said.contains("3 against 1 teams: how much teams differ by themselves cannot be seen"), "{said}");
    assert!(said.contains("`revenue_per_engineer` cannot be told by team"), "{said}");
    assert!(
        said.contains("contamination") && said.contains("interference") && said.contains("pre_trend review_time.hours"),
        "{said}"
    );
    let looked = candor.run("look ai-tools --as-of 2025-06-15 --json".split_whitespace()).json();
    let review = looked["estimates"]["figures"].as_array().unwrap();
    let review = review.iter().find(|own| own["metric"] == "review_time" && own["group"].is_null()).unwrap();
    // By hand from the catalogue's own figures of the teams in both phases.
    let hours = |from: &str, to: &str, team: &str| {
        let line = format!("metrics run review_time --by team --from {from} --to {to} --as-of 2025-06-15 --json");
        let document = candor.run(line.split_whitespace()).json();
        let figures = document["metrics"][0]["figures"].as_array().unwrap();
        let cells = figures.iter().find(|own| own["figure"] == "review_time.hours").unwrap()["cells"].as_array().unwrap();
        let cell = cells.iter().find(|cell| cell["by"]["team"] == team).unwrap();
        cell["answer"]["point"].as_f64().unwrap()
    };
    let change = |team: &str| (hours("2025-03-01", "2025-06-01", team) / hours("2025-02-01", "2025-03-01", team)).ln();
    let effect = (["checkout", "search", "mobile"].map(change).iter().sum::<f64>() / 3.0 - change("platform")).exp_m1();
    assert!((review["answer"]["point"].as_f64().unwrap() - effect).abs() < 1e-9, "{review} {effect}");
    let verdict = run(&candor, "verdict ai-tools --as-of 2025-06-15");
    assert!(verdict.starts_with("INSUFFICIENT"), "without limits nothing can be told: {verdict}");
}

#[test]
fn the_past_says_what_a_plan_could_see_and_the_roadmap_reads_its_gates_from_the_facts() {
    let dir = tempfile::tempdir().unwrap();
    let candor = signed(dir.path());
    let file = dir.path().join("plan.toml");
    let file = file.to_str().unwrap();
    let new = candor.run(["plan", "new", file, "--default", "--from", "2026-01-01"]);
    assert!(new.stderr.contains("4 with AI, 1 as control"), "{new}");
    let words = run(&candor, &format!("plan check {file} --words-only"));
    assert!(words.contains("not told, for the plan says nothing about their precision: revenue"), "{words}");
    // A smaller plan, with a slip of the pen among its teams.
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiment/fixtures/plans/good/control_team.toml");
    let mut plan = fs::read_to_string(good).unwrap();
    for (was, is) in [
        ("treated_teams = [\"a\", \"b\", \"c\", \"d\"]", "treated_teams = [\"checkout\", \"mobile\", \"moblie\"]"),
        ("control_teams = [\"e\", \"f\", \"g\", \"h\"]", "control_teams = [\"platform\", \"search\"]"),
        ("metric = \"task_rct\"\nfigure = \"effect\"", "metric = \"review_time\"\nfigure = \"hours\""),
        ("metric = \"code_durability_30d\"", "metric = \"revenue_per_engineer\""),
        ("scale = \"points\"", "scale = \"relative\""),
        ("2026-04-01", "2026-01-01"),
        ("2026-05-01", "2026-02-01"),
        ("[2026-06-01, 2026-07-01, 2026-08-14]", "[2026-03-01, 2026-05-14]"),
        ("2026-08-01", "2026-05-01"),
        ("2026-09-01", "2026-06-01"),
        ("2026-10-01", "2026-07-01"),
        ("2026-04-15", "2026-01-15"),
    ] {
        assert!(plan.contains(was), "the plan has no {was}");
        plan = plan.replace(was, is);
    }
    plan = plan.lines().filter(|line| !line.starts_with("precision")).map(|line| format!("{line}\n")).collect();
    fs::write(file, plan).unwrap();
    let said = run(&candor, &format!("plan check {file} --as-of 2026-01-31"));
    for words in [
        "rehearsed on 2025-11",
        "speed *",
        "`revenue_per_engineer` cannot be told by team",
        "nobody is in these teams of the plan: moblie",
    ] {
        assert!(said.contains(words), "{words} is missing:\n{said}");
    }
    let road = run(&candor, &format!("roadmap {file} --as-of 2026-01-31 --all"));
    for words in [
        "met         four weeks of review_time in the baseline",
        "met         attribution coverage measured",
        "not needed  compliance tracked",
    ] {
        assert!(road.contains(words), "{words} is missing:\n{road}");
    }
    assert!(road.contains("met         power computed: four of five pilots would show speed from"), "{road}");
}

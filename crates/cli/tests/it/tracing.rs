//! From a figure back, from outside: explained to the kept file and its row, placed beside others, with the breaks on its way.

use std::fs;

use crate::metrics::organisation;

#[test]
fn a_figure_is_explained_to_the_row_of_the_kept_file() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let as_of = ["--as-of", "2026-04-01"];
    let explain = |args: &[&str]| candor.run([&["explain"], args, &as_of].concat());
    let own = explain(&["review_time", "--period", "2025-06", "--slice", "source=human", "--json"]).json();
    let run = ["metrics", "run", "review_time", "--by", "source", "--period", "month", "--json", "--as-of", "2026-04-01"];
    let run = candor.run(run).json();
    let cells = run["metrics"][0]["figures"][0]["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| cell["period"]["name"] == "2025-06" && cell["by"]["source"] == "human").unwrap();
    assert_eq!(&own["cell"], cell, "explained is what `metrics run` prints");
    assert_eq!((&own["same_again"], own["snapshot"].is_i64()), (&true.into(), true));
    let listed = own["observations"]["listed"].as_array().unwrap();
    assert!(!listed.is_empty());
    for one in listed {
        // The row of the kept file names the change that is listed.
        let raw = &one["raw"][0];
        let path = own["kept"][raw["raw_ref"].as_str().unwrap()].as_str().unwrap();
        let mut reader = csv::Reader::from_path(path).unwrap();
        let at = raw["row"].as_u64().unwrap() as usize;
        let row = reader.records().nth(at - 1).unwrap().unwrap();
        assert_eq!(one["unit"].as_str().unwrap(), format!("{}#{}", &row[0], &row[1]), "row {at} of {path}");
    }
    let text = String::from_utf8(explain(&["csat", "--period", "2025-Q2"]).ok()).unwrap();
    for part in ["1. The figure", "the figure, to the last digit", "FROM", "satisfaction:", "7. The raw files", "row "] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    explain(&["csat", "--period", "june"]).check_refused(2, &["june", "2025-W10"]).unwrap();
    explain(&["csat", "--slice", "human"]).check_refused(2, &["human", "source=human"]).unwrap();
    explain(&["ai_usage", "--slice", "person=p05"]).check_refused(2, &["person"]).unwrap();
    explain(&["csta"]).check_refused(2, &["csta", "candor metrics"]).unwrap();
}

#[test]
fn definitions_of_others_lead_to_ours() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let text = String::from_utf8(candor.run(["reconcile", "--as-of", "2026-04-01"]).ok()).unwrap();
    for id in ["gitclear_churn", "linearb_rework", "faros_churn", "swarmia_ai_changes", "claude_code_ai_changes"] {
        assert!(text.contains(&format!("peer.{id}")), "{text}");
    }
    assert!(text.contains("as `candor metrics run` computes it") && !text.contains("please report"), "{text}");
    candor.run(["reconcile", "gitclear_chrun"]).check_refused(2, &["gitclear_chrun", "gitclear_churn"]).unwrap();
    candor.run(["metrics", "run", "peer.gitclear_churn"]).check_refused(2, &["peer.gitclear_churn"]).unwrap();
}

#[test]
fn breaks_are_named_where_figures_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let run = |args: &[&str]| {
        let args = [&["metrics", "run", "ai_usage", "--period", "month", "--as-of", "2026-04-01"], args].concat();
        candor.run(args)
    };
    let found = run(&["--json"]).json();
    let breaks = found["breaks"].as_array().unwrap();
    let counters = breaks.iter().find(|one| one["kind"] == "telemetry_definition").unwrap();
    assert_eq!((&counters["on"], &counters["metrics"][0]), (&"2025-10-01".into(), &"ai_usage".into()));
    for form in [&[] as &[&str], &["--md"]] {
        let text = String::from_utf8(run(form).ok()).unwrap();
        assert!(text.contains("do not compare") && text.contains("break on 2025-10-01"), "{text}");
        let month = text.lines().find(|line| line.contains("2025-10") && line.contains("all")).unwrap();
        assert!(month.contains("break on 2025-10-01"), "{month}");
    }
    let before = run(&["--to", "2025-09-01", "--json"]).json();
    assert!(!before["breaks"].to_string().contains("2025-10-01"), "what comes later is no break of these months");
}

#[test]
fn a_series_begins_with_its_metric_where_nobody_says_when() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let file = dir.path().join("org/candor.toml");
    let text = fs::read_to_string(&file).unwrap();
    let without: String = text.lines().filter(|line| !line.starts_with("window_start")).map(|line| format!("{line}\n")).collect();
    assert_ne!(text, without);
    fs::write(&file, without).unwrap();
    let found = candor.run(["metrics", "run", "csat", "--period", "month", "--json", "--as-of", "2026-04-01"]).json();
    let cells = found["metrics"][0]["figures"][0]["cells"].as_array().unwrap();
    assert_eq!(cells[0]["answer"]["kind"], "estimate", "the first month has an answer: {}", cells[0]);
    assert!(cells[0]["period"]["name"].as_str().unwrap() > "2024", "{}", cells[0]["period"]);
    assert!(found["settings"]["window_start"].as_str().unwrap() < "2024", "older facts of other tables are there");
}

#[test]
fn the_status_says_what_can_be_computed() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let status = candor.run(["status", "--json"]).json();
    let of = |id: &str| status["metrics"].as_array().unwrap().iter().find(|metric| metric["metric"] == id).unwrap().clone();
    assert_eq!((&of("csat")["state"], &of("csat")["from"][0]), (&"ready".into(), &"satisfaction".into()));
    assert_eq!((&of("rework_14d")["state"], &of("rework_14d")["commands"][0]), (&"missing".into(), &"candor mine".into()));
    assert_eq!(of("ai_share")["state"], "partly", "by changes, not by lines");
    assert!(of("csat")["until"].as_str().unwrap() > "2026", "{}", of("csat"));
    let text = String::from_utf8(candor.run(["status", "--metrics"]).ok()).unwrap();
    assert!(text.contains("tier 3: individual patterns") && text.contains("candor mine"), "{text}");
    let short = String::from_utf8(candor.run(["status"]).ok()).unwrap();
    assert!(short.contains("can be computed") && short.contains("candor status --metrics"), "{short}");
}

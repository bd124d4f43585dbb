//! The catalogue from outside: a whole organisation imported, and its figures against those that pandas computed; own metrics; bad questions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::process::Candor;

pub fn fixture() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/org_small");
    // Nothing of the environment reaches the command under test, which means another folder by this name.
    std::env::var_os("CANDOR_ORG").map_or(own, PathBuf::from)
}

pub fn json(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(fixture().join(name)).unwrap()).unwrap()
}

/// The command in the folder of the fixture's organisation, described and imported.
pub fn organisation(dir: &Path) -> Candor {
    let candor = described(dir);
    candor.run(["import", fixture().to_str().unwrap()]).check_ok().unwrap();
    candor
}

/// The same before anything is imported.
pub fn described(dir: &Path) -> Candor {
    let candor = Candor::new(dir, "candor");
    let folder = dir.join("org");
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    let (file, org) = (folder.join("candor.toml"), json("org.json"));
    let mut text = fs::read_to_string(&file).unwrap();
    for (was, is) in [
        ("timezone = \"UTC\"", format!("timezone = {}", org["timezone"])),
        ("currency = \"EUR\"", format!("currency = {}", org["currency"])),
        ("# window_start = \"2025-01-01\"", format!("window_start = {}", org["window_start"])),
        ("ai_reviewers = []", format!("ai_reviewers = {}", org["ai_reviewers"])),
        ("# failed_hire = 60000", format!("failed_hire = {}", org["failed_hire_cost"])),
        ("# stuck_junior_per_month = 3500", format!("stuck_junior_per_month = {}", org["stuck_junior_cost_per_month"])),
    ] {
        assert!(text.contains(was), "candor.toml has no `{was}`");
        text = text.replace(was, &is);
    }
    fs::write(file, text).unwrap();
    candor.with("CANDOR_ORG", folder.to_str().unwrap())
}

/// What a question gives: point or code by figure and slice.
type Answers = BTreeMap<(String, String), Value>;

fn ask(candor: &Candor, ids: &[&str], end: &str) -> Answers {
    let as_of = json("org.json")["as_of"].as_str().unwrap().to_owned();
    let mut args = vec!["metrics", "run", "--json", "--as-of", &as_of];
    match end {
        "overall" => {}
        "week" | "month" | "quarter" => args.extend(["--period", end]),
        dimension => args.extend(["--by", dimension]),
    }
    args.extend(ids);
    let document = candor.run(&args).json();
    assert_eq!(document["schema"], "candor-metrics/1");
    assert!(document["snapshot"].is_i64(), "a figure names its snapshot");
    let mut answers = Answers::new();
    for figure in document["metrics"].as_array().unwrap().iter().flat_map(|metric| metric["figures"].as_array().unwrap()) {
        for cell in figure["cells"].as_array().unwrap() {
            let value = match end {
                "overall" if cell["by"].as_object().unwrap().is_empty() => "",
                "week" | "month" | "quarter" if cell["by"].as_object().unwrap().is_empty() => {
                    cell["period"]["name"].as_str().unwrap()
                }
                dimension => match cell["by"][dimension].as_str() {
                    Some(value) => value,
                    None => continue,
                },
            };
            let answer = &cell["answer"];
            let said = if answer["kind"] == "estimate" { answer["point"].clone() } else { answer["code"].clone() };
            answers.insert((figure["figure"].as_str().unwrap().to_owned(), value.to_owned()), said);
        }
    }
    answers
}

#[test]
fn figures_of_an_imported_organisation_agree() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let (expected, reasons) = (json("expected.json"), json("insufficient.json"));
    let ends = ["overall", "week", "month", "quarter", "source", "level", "team", "severity"];
    let listed = String::from_utf8(candor.run(["metrics", "list"]).ok()).unwrap();
    let all: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let (mut right, mut wrong) = (0, Vec::new());
    for end in ends {
        let keys: Vec<(&String, &str, &str, &Value)> = expected
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(key, value)| {
                let (rest, last) = if end == "overall" {
                    (key.strip_suffix(".overall")?, "")
                } else {
                    let (rest, last) = key.rsplit_once('.')?;
                    (rest.strip_suffix(&format!(".{end}"))?, last)
                };
                Some((key, rest, last, value))
            })
            .collect();
        // Only metrics with such a key can be asked: not every one has every dimension.
        let ids: Vec<&str> =
            all.iter().copied().filter(|id| keys.iter().any(|(key, ..)| key.split('.').next() == Some(*id))).collect();
        let answers = ask(&candor, &ids, end);
        for (key, figure, value, expected) in keys {
            let Some(answer) = answers.get(&(figure.to_owned(), value.to_owned())) else { continue };
            let reason = &reasons[key];
            let agrees = match expected.as_f64() {
                Some(expected) => answer.as_f64().is_some_and(|own| (own - expected).abs() <= 1e-9 * expected.abs().max(1.0)),
                None => answer == reason,
            };
            // Complementary suppression, which the product applies and the fixture does not, withholds some.
            if agrees || answer == "small_group" {
                right += 1;
            } else {
                wrong.push(format!("{key}: {answer} instead of {expected} {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{right} agree, {} do not:\n{}", wrong.len(), wrong.join("\n"));
    assert!(right > 1500, "only {right} keys were compared");
}

#[test]
fn an_old_snapshot_gives_the_old_figure_to_the_last_digit() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let as_of = json("org.json")["as_of"].as_str().unwrap().to_owned();
    let run = |further: &[&str]| {
        let mut args = vec!["metrics", "run", "csat", "--json", "--as-of", &as_of];
        args.extend(further);
        candor.run(&args).json()
    };
    let before = run(&[]);
    let snapshot = before["snapshot"].to_string();
    let file = dir.path().join("satisfaction.csv");
    fs::write(&file, "id,responded_at,csat\nzz1,2025-06-01T10:00:00Z,1\n").unwrap();
    candor.run(["import", file.to_str().unwrap()]).check_ok().unwrap();
    assert_ne!(run(&[])["metrics"], before["metrics"], "the new answer counts in the newest snapshot");
    assert_eq!(run(&["--snapshot", &snapshot]), before);
}

const OWN: &str = "/*
id = \"big_changes\"
version = 1
tier = 2
cadence = \"month\"
question = \"How many changes are large?\"
definition = \"More than 200 lines.\"
source = \"ours\"
needs = [\"pull_requests\"]
slices = [\"source\"]

[[figure]]
name = \"\"
unit = \"share\"
direction = \"lower\"
estimator = \"proportion\"
value = \"is_big\"
*/
SELECT change AS unit, author AS cluster, at, source,
    lines > 200 AS is_big
FROM merged_changes
";

#[test]
fn an_own_metric_works_as_a_built_in_one_and_a_wrong_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let file = dir.path().join("org/metrics/big_changes.sql");
    let run = || candor.run(["metrics", "run", "big_changes", "--by", "source", "--as-of", "2026-04-01"]);
    run().check_refused(2, &["big_changes", "candor metrics"]).unwrap();
    fs::write(&file, OWN).unwrap();
    run().check_ok().unwrap();
    let out = |args: &[&str]| String::from_utf8(candor.run(args).ok()).unwrap();
    assert!(out(&["metrics"]).contains("big_changes") && out(&["metrics"]).contains("(own)"));
    assert!(out(&["metrics", "show", "big_changes"]).contains("lines > 200"));
    for (was, is, says) in [
        ("estimator = \"proportion\"", "estimator = \"proprtion\"", &["big_changes.sql:16", "proportion"] as &[&str]),
        ("value = \"is_big\"", "value = \"is_bg\"", &["big_changes.sql:17", "is_big"]),
        ("lines > 200", "lins > 200", &["big_changes.sql:20", "lins"]),
        ("at, source,", "source,", &["big_changes.sql", "`at`"]),
        ("FROM merged_changes", "FROM merged_change", &["big_changes.sql:21", "merged_changes"]),
        ("lines > 200", "lines > ) 200", &["big_changes.sql:20"]),
        ("id = \"big_changes\"", "id = \"csat\"", &["big_changes.sql:2", "id"]),
        ("cadence = ", "cadenc = ", &["big_changes.sql:5", "cadence"]),
        ("needs = [\"pull_requests\"]", "needs = [\"pull_request\"]", &["big_changes.sql:9", "pull_request"]),
    ] {
        assert!(OWN.contains(was), "{was}");
        fs::write(&file, OWN.replace(was, is)).unwrap();
        run().check_refused(2, says).unwrap();
    }
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    candor.run(["metrics", "run", "reveiw_time"]).check_refused(2, &["reveiw_time", "review_time"]).unwrap();
    candor.run(["metrics", "run", "csat", "--by", "colour"]).check_refused(2, &["csat", "colour"]).unwrap();
    candor.run(["metrics", "run", "ai_dependency", "--by", "person"]).check_refused(2, &["person"]).unwrap();
    candor.run(["metrics", "run", "csat", "--snapshot", "99"]).check_refused(2, &["99"]).unwrap();
    candor.run(["metrics", "run", "csat", "--from", "2030-01-01"]).check_refused(2, &["2030-01-01"]).unwrap();
    candor.run(["metrics", "show", "nonsense"]).check_refused(2, &["nonsense"]).unwrap();
}

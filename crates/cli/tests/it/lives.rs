//! The catalogue's metrics on line lives say of a mined repository what `candor report` says of it: two ways to the same figures.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::process::Candor;
use crate::support::repository::{DAY, Repository, lines};

/// A history of five people, one of whom commits under two names that `.mailmap` joins; some declare AI, some write fixes, one reverts.
fn history(dir: &Path) -> Repository {
    let mut repo = Repository::new(dir, "app");
    repo.step = 5 * DAY;
    repo.write(".mailmap", "Ada Example <ada@example.com> <old-ada@example.com>\n");
    let people = ["Ada", "Bo", "Cleo", "Dan", "Eve", "Old-Ada"];
    for round in 0..18_usize {
        let who = people[round % people.len()];
        repo.by(who);
        repo.write(&format!("src/{round}.rs"), lines(&format!("file {round}"), 1, 20 + round));
        if round > 3 {
            // Some lines of an earlier file go, of their author or of somebody else.
            let victim = format!("src/{}.rs", round - 1 - round % 3);
            repo.write(&victim, lines(&format!("changed in {round}"), 1, 6 + round));
        }
        let subject = if round % 5 == 4 { "fix: what was wrong" } else { "feat: something" };
        let trailer = match round % 3 {
            1 => "\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n",
            2 => "\n\nAI-Assisted: none; declared-by=person\n",
            _ => "\n",
        };
        repo.commit(&format!("{subject} {round}{trailer}"));
        if round == 10 {
            let bad = repo.head();
            repo.by("Cleo");
            repo.git(&["revert", "--no-edit", &bad]);
        }
    }
    repo.by("Ada");
    repo.step = 120 * DAY;
    repo.write("last.rs", lines("last", 1, 30));
    repo.commit("chore: the last one");
    repo
}

fn cell<'a>(document: &'a Value, figure: &str, source: Option<&str>) -> &'a Value {
    let figures = document["metrics"].as_array().unwrap().iter().flat_map(|metric| metric["figures"].as_array().unwrap());
    let found = figures.clone().find(|one| one["figure"] == figure);
    let cells = found.unwrap_or_else(|| panic!("no figure {figure} in {document:#}"))["cells"].as_array().unwrap();
    let is_it = |cell: &&Value| match source {
        Some(source) => cell["by"]["source"] == source,
        None => cell["by"].as_object().unwrap().is_empty(),
    };
    cells.iter().find(is_it).unwrap_or_else(|| panic!("no cell {source:?} of {figure} in {document:#}"))
}

/// Point, limits, variance, degrees of freedom and clusters agree to the last digits.
fn agree(what: &str, report: &Value, answer: &Value) {
    assert_eq!(report["kind"], answer["kind"], "{what}: {report} and {answer}");
    let answer = if answer["estimate"].is_object() { &answer["estimate"] } else { answer };
    for pointer in ["/point", "/variance", "/degrees_of_freedom", "/interval/lower", "/interval/upper", "/clusters"] {
        let (one, other) = (report.pointer(pointer).and_then(Value::as_f64), answer.pointer(pointer).and_then(Value::as_f64));
        let close = match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1e-9),
            (one, other) => one == other,
        };
        assert!(close, "{what}: {pointer} is {one:?} in the report and {other:?} in the catalogue\n{report}\n{answer}");
    }
}

#[test]
fn the_catalogue_says_of_lines_what_the_report_says() {
    let dir = tempfile::tempdir().unwrap();
    let repo = history(dir.path());
    let folder = dir.path().join("org");
    let plain = Candor::new(dir.path(), "candor");
    plain.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    let file = folder.join("candor.toml");
    let text = fs::read_to_string(&file).unwrap().replace("# window_start = \"2025-01-01\"", "window_start = \"2020-01-01\"");
    fs::write(&file, format!("{text}\n[[repository]]\nrepo = \"acme/app\"\npath = \"{}\"\n", repo.path.display())).unwrap();
    let candor = plain.with("CANDOR_ORG", folder.to_str().unwrap());
    candor.run(["mine"]).check_ok().unwrap();
    let report = candor.run(["report", repo.path.to_str().unwrap(), "--json"]).json();
    let ids = ["code_durability_30d", "code_durability_90d", "rework_14d", "defect_rate", "revert_rate_30d", "ai_share"];
    let mut args = vec!["metrics", "run", "--json", "--by", "source"];
    args.extend(&ids[..5]);
    let document = candor.run(&args).json();
    let mut compared = 0;
    for level in report["durability"]["sources"].as_array().unwrap() {
        let source = level["name"].as_str().unwrap();
        for figure in level["figures"].as_array().unwrap() {
            let days = figure["days"].as_u64().unwrap();
            if days != 60 {
                let id = format!("code_durability_{days}d");
                let cell = cell(&document, &id, Some(source));
                if figure["line_weighted"]["kind"] == "estimate" {
                    agree(&format!("{id} of {source}"), &figure["line_weighted"], &cell["answer"]);
                    compared += 1;
                }
            }
        }
    }
    for level in report["rework"]["sources"].as_array().unwrap().iter().chain([&report["rework"]["all"]]) {
        let source = level["name"].as_str().unwrap();
        for (part, figure) in [("total", "rework_14d"), ("by_self", "rework_14d.by_self"), ("by_others", "rework_14d.by_others")]
        {
            let cell = cell(&document, figure, (source != "all").then_some(source));
            if level[part]["kind"] == "estimate" {
                assert!(
                    (level[part]["point"].as_f64().unwrap() - cell["answer"]["point"].as_f64().unwrap()).abs() < 1e-12,
                    "{figure} of {source}: {} and {}",
                    level[part],
                    cell["answer"]
                );
                compared += 1;
            }
        }
    }
    let unknown = cell(&document, "code_durability_90d", None)["answer"]["unknown_source_share"].as_f64().unwrap();
    let shown = report["durability"]["unknown_share"].as_f64().unwrap();
    assert!(shown > 0.1 && (unknown - shown).abs() < 1e-12, "{unknown} in the catalogue, {shown} in the report");
    agree("defect_rate", &report["defects"]["all"]["rate"], &cell(&document, "defect_rate", None)["answer"]);
    agree("reverts", &report["reverts"]["all"]["rate"], &cell(&document, "revert_rate_30d.landings", None)["answer"]);
    for class in report["defects"]["classes"].as_array().unwrap() {
        let cell = cell(&document, "defect_rate", Some(class["name"].as_str().unwrap()));
        assert_eq!(class["landings"], cell["units"], "{class} and {cell}");
    }
    assert!(compared >= 18, "only {compared} figures could be compared");
    let share = candor.run(["metrics", "run", "--json", "ai_share"]).json();
    let lines = cell(&share, "ai_share.lines", None);
    assert!(lines["numerator"].as_f64().unwrap() > 0.0, "{lines}");
}

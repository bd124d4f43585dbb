//! Good plans pass, each bad one is refused at its line with what was expected and what to do, and amendments show what changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use candor_experiment::canonical::text;
use candor_experiment::plan::{Finding, Plan, Severity, check, default_plan, differences, empty_plan};
use proptest::prelude::*;

use crate::support::known;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans")
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn refusals(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity == Severity::Refused).collect()
}

#[test]
fn good_plans_pass() {
    for file in fs::read_dir(folder().join("good")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let checked = check(&name, &read(&format!("good/{name}")), &known());
        assert!(refusals(&checked.findings).is_empty() && checked.plan.is_some(), "{name}: {:#?}", checked.findings);
    }
}

#[test]
fn every_bad_plan_is_refused_where_its_fault_is() {
    let table = read("expected.csv");
    let mut listed = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.splitn(5, ',').map(|cell| cell.trim_matches('"')).collect();
        let [file, line, code, word, hint] = cells[..] else { panic!("{row}") };
        listed.insert(file.to_owned());
        let checked = check(file, &read(&format!("bad/{file}")), &known());
        let refused = refusals(&checked.findings);
        let said: String = refused.iter().map(|finding| format!("{finding}\n")).collect();
        let fits = |finding: &&Finding| {
            finding.code == code
                && finding.line.to_string() == line
                && finding.message.contains(word)
                && finding.hint.contains(hint)
        };
        // One fault, one refusal: what follows from it is not listed as a fault of its own.
        if checked.plan.is_some() || refused.len() != 1 || !refused.iter().all(fits) {
            wrong.push(format!("{file}: expected line {line}, [{code}], `{word}`, hint `{hint}`; found:\n{said}"));
        }
        let shape = format!("{file}:{line}:");
        if !said.starts_with(&shape) {
            wrong.push(format!("{file}: the message does not begin with `{shape}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files: BTreeSet<String> =
        fs::read_dir(folder().join("bad")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, listed, "files of `bad` and rows of `expected.csv`");
    assert!(files.len() >= 40);
}

#[test]
fn the_default_plan_passes_and_says_what_is_hopeless() {
    let text = default_plan("ai-tools", "2026-04-01".parse().unwrap());
    let checked = check("plan.toml", &text, &known());
    assert!(refusals(&checked.findings).is_empty(), "{:#?}", checked.findings);
    let codes: Vec<&str> = checked.findings.iter().map(|finding| finding.code).collect();
    for code in ["few_control_teams", "hopeless", "roi_without_trial"] {
        assert!(codes.contains(&code), "no warning `{code}` in {codes:?}");
    }
    let hopeless = checked.findings.iter().find(|finding| finding.code == "hopeless").unwrap();
    assert!(hopeless.message.contains("promotion") && hopeless.hint.contains("units in all"), "{hopeless}");
    let plan = checked.plan.unwrap();
    // The founding thread's margins.
    let margin = |id: &str| plan.criterion(id).unwrap().margin;
    assert_eq!([margin("revenue"), margin("time_to_market"), margin("bugs"), margin("promotion")], [0.10, 0.15, 0.05, 0.03]);
    assert_eq!(plan.dates.policy_until.to_string(), "2026-10-01");
}

/// What editors on other systems do to a text file changes neither the plan nor the places that are named.
#[test]
fn line_ends_and_a_byte_order_mark_do_no_harm() {
    let good = read("good/task_rct.toml");
    let plan = check("a", &good, &known()).plan.unwrap();
    for bent in [good.replace('\n', "\r\n"), format!("\u{feff}{good}")] {
        let checked = check("b", &bent, &known());
        assert_eq!(checked.plan.as_ref(), Some(&plan), "{:#?}", checked.findings);
        let line = good.lines().position(|line| line.starts_with("covariates")).unwrap() + 1;
        let bad = bent.replace("\"forecast\", \"context\"", "\"diff_size\"");
        let found = check("b", &bad, &known()).findings;
        assert!(
            found.iter().any(|finding| finding.code == "post_treatment" && finding.line == line && finding.column == 15),
            "{found:#?}"
        );
    }
}

#[test]
fn an_empty_plan_says_what_it_lacks() {
    let checked = check("plan.toml", &empty_plan("x", "2026-04-01".parse().unwrap()), &known());
    assert!(checked.plan.is_none());
    let paths: Vec<&str> = checked.findings.iter().map(|finding| finding.path.as_str()).collect();
    for path in ["question", "criterion[1].metric", "criterion[1].reason", "at_the_end.reason"] {
        assert!(paths.contains(&path), "`{path}` is not asked for: {paths:?}");
    }
}

#[test]
fn a_plan_is_the_same_after_its_canonical_form() {
    for name in ["task_rct", "cluster", "staggered"] {
        let plan = check(name, &read(&format!("good/{name}.toml")), &known()).plan.unwrap();
        let canonical = text(&plan).unwrap();
        let back: Plan = serde_json::from_str(&canonical).unwrap();
        assert_eq!(back, plan);
        assert_eq!(text(&back).unwrap(), canonical);
    }
}

#[test]
fn comments_and_order_of_tables_change_nothing_but_the_text() {
    let good = read("good/task_rct.toml");
    let moved = {
        let (before, after) = good.split_once("[unknown_attribution]").unwrap();
        let (unknown, rest) = after.split_once("[missing_data]").unwrap();
        format!("{before}[missing_data]{rest}\n# a comment\n[unknown_attribution]{unknown}")
    };
    let (one, other) = (check("a", &good, &known()).plan.unwrap(), check("b", &moved, &known()).plan.unwrap());
    assert_eq!(text(&one).unwrap(), text(&other).unwrap());
    let changed = good.replace("margin = 0.05\nflat", "margin = 0.04\nflat");
    let changed = check("c", &changed, &known()).plan.unwrap();
    let json = |plan: &Plan| serde_json::to_value(plan).unwrap();
    let found = differences(&json(&one), &json(&changed));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, "criteria[speed].margin");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A line taken away, doubled or bent never panics, and what is still accepted is a plan.
    #[test]
    fn a_bent_plan_is_refused_or_sound(line in any::<proptest::sample::Index>(), way in 0_u8..4, letter in any::<char>()) {
        let good = read("good/task_rct.toml");
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        let place = line.index(lines.len());
        match way {
            0 => { lines.remove(place); }
            1 => { let line = lines[place].clone(); lines.insert(place, line); }
            2 => lines[place].push(letter),
            _ => lines[place] = lines[place].replacen('=', &letter.to_string(), 1),
        }
        let checked = check("plan.toml", &lines.join("\n"), &known());
        for finding in &checked.findings {
            prop_assert!(finding.line >= 1 && finding.column >= 1 && finding.line <= lines.len() + 1);
            prop_assert!(!finding.message.is_empty() && !finding.hint.is_empty());
        }
        prop_assert_eq!(checked.plan.is_some(), refusals(&checked.findings).is_empty());
    }

    /// Every number of the file replaced by an impossible one is refused at its line.
    #[test]
    fn impossible_numbers_are_refused(place in any::<proptest::sample::Index>(), number in prop_oneof![Just("-7"), Just("1e300"), Just("nan"), Just("inf")]) {
        let good = read("good/task_rct.toml");
        let lines: Vec<&str> = good.lines().collect();
        let numeric: Vec<usize> = (0..lines.len())
            .filter(|i| lines[*i].split_once(" = ").is_some_and(|(key, value)| value.parse::<f64>().is_ok() && key != "effect"))
            .collect();
        let at = numeric[place.index(numeric.len())];
        let mut bent: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let key = lines[at].split_once(" = ").unwrap().0;
        bent[at] = format!("{key} = {number}");
        let checked = check("plan.toml", &bent.join("\n"), &known());
        // The level of what people report may be any number; every other one has a range.
        prop_assume!(!(key == "margin" && number == "-7" && lines[at + 1].contains("absolute")));
        prop_assert!(checked.plan.is_none(), "line {}: {}", at + 1, bent[at]);
        prop_assert!(refusals(&checked.findings).iter().any(|finding| finding.line == at + 1), "line {}: {:#?}", at + 1, checked.findings);
    }
}

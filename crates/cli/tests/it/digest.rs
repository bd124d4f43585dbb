//! Baselines and digests from outside: figures agree with those of `candor metrics`, small groups and other people's figures stay hidden, gaps keep
//! their place.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::metrics::organisation;
use crate::support::process::Candor;

const AS_OF: &str = "2026-04-01";

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("`{key}` is no list"))
}

fn figures(digest: &Value) -> Vec<&Value> {
    list(digest, "metrics").iter().flat_map(|metric| list(metric, "figures")).collect()
}

fn figure<'a>(digest: &'a Value, name: &str) -> &'a Value {
    figures(digest).into_iter().find(|figure| figure["figure"] == name).unwrap_or_else(|| panic!("no figure {name}"))
}

/// The command as somebody with this address.
fn asked_by(candor: &Candor, address: &str) -> Candor {
    candor.with("GIT_CONFIG_COUNT", "1").with("GIT_CONFIG_KEY_0", "user.email").with("GIT_CONFIG_VALUE_0", address)
}

fn baseline_file(dir: &Path) -> std::path::PathBuf {
    dir.join("org/baseline/2026-04-01.json")
}

#[test]
fn a_weekly_pack_compares_with_the_baseline_and_hides_nothing_and_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let said = candor.run(["baseline", "--to", "2025-06-01", "--as-of", AS_OF]).ok();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("code_durability_30d") && said.contains("candor mine"), "what is missing names its command: {said}");
    candor.run(["baseline", "--to", "2025-06-01", "--as-of", AS_OF]).check_refused(2, &["--replace"]).unwrap();
    let baseline: Value = serde_json::from_str(&fs::read_to_string(baseline_file(dir.path())).unwrap()).unwrap();
    assert_eq!(baseline["schema"], "candor-baseline/1");
    for figure in list(&baseline, "figures") {
        let people = figure["people"].as_u64();
        let is_group = figure["by"].get("team").is_some();
        assert!(!is_group || people.is_none_or(|people| people == 0 || people >= 5), "a team of {people:?} people: {figure}");
    }

    let digest = candor.run(["digest", "--tier", "2", "--period", "2025-W40", "--as-of", AS_OF, "--json"]).json();
    assert_eq!((&digest["schema"], &digest["pack"]), (&Value::from("candor-digest/1"), &Value::from("team")));
    assert_eq!(digest["baseline"]["until"], "2025-06-01");
    let catalogue =
        candor.run(["metrics", "run", "review_time", "velocity", "--period", "week", "--as-of", AS_OF, "--json"]).json();
    let mut agree = 0;
    for known in list(&catalogue, "metrics").iter().flat_map(|metric| list(metric, "figures")) {
        let cell = list(known, "cells").iter().find(|cell| cell["period"]["name"] == "2025-W40").unwrap();
        let own = figure(&digest, known["figure"].as_str().unwrap());
        assert_eq!(own["now"], *cell, "{}", known["figure"]);
        agree += 1;
    }
    assert!(agree >= 8);
    let mut codes = std::collections::BTreeSet::new();
    for figure in figures(&digest) {
        assert!(figure["now"]["answer"]["kind"].is_string(), "every figure is in its place");
        for cell in list(figure, "slices") {
            let people = cell["people"].as_u64();
            assert!(people.is_none_or(|people| people == 0 || people >= 5), "{}: {cell}", figure["figure"]);
        }
        codes.extend(figure["now"]["answer"]["code"].as_str().map(str::to_owned));
        let (parts, answer) =
            (figure["now"]["numerator"].as_f64().zip(figure["now"]["denominator"].as_f64()), &figure["now"]["answer"]);
        if let (Some((numerator, denominator)), Some(point)) = (parts, answer["point"].as_f64()) {
            let scale = figure["scale"].as_f64().unwrap();
            assert!((scale * numerator / denominator - point).abs() < 1e-9 * point.abs().max(1.0), "{}", figure["figure"]);
        }
    }
    assert!(codes.contains("needs_line_data") && codes.contains("no_data"), "gaps keep their place: {codes:?}");
    // The baseline's own figure is what the change is against, and limits at all looks are wider than those of one.
    let own = figure(&digest, "review_time.hours");
    let recorded =
        list(&baseline, "figures").iter().find(|row| row["figure"] == "review_time.hours" && row["by"].is_null()).unwrap();
    assert!((own["baseline"]["earlier"]["point"].as_f64().unwrap() - recorded["point"].as_f64().unwrap()).abs() < 1e-9);
    let page = dir.path().join("team.html");
    let page = page.to_str().unwrap();
    candor.run(["digest", "--tier", "2", "--period", "2025-W40", "--as-of", AS_OF, "--html", page]).check_ok().unwrap();
    check_page(&fs::read_to_string(page).unwrap(), &digest);
    let markdown =
        String::from_utf8(candor.run(["digest", "--tier", "2", "--period", "2025-W40", "--as-of", AS_OF]).ok()).unwrap();
    let place = |text: &str| markdown.find(text).unwrap_or_else(|| panic!("no `{text}` in {markdown}"));
    assert!(place("How much can be known") < place("In words") && place("In words") < place("## Review time"));
}

/// Every figure has a card of the same make, whether it moved or not and whether it can be told or not; periods without a figure are gaps.
fn check_page(page: &str, digest: &Value) {
    let cards: Vec<&str> =
        page.split("<figure class=\"card\">").skip(1).map(|card| card.split("</figure>").next().unwrap()).collect();
    let shown: Vec<&Value> = figures(digest).into_iter().filter(|figure| figure["movement"] != "counted").collect();
    assert_eq!(cards.len(), shown.len(), "a figure has no card");
    let mut gaps = 0;
    for (card, figure) in cards.iter().zip(&shown) {
        let name = &figure["figure"];
        assert_eq!(card.matches("class=\"says\"").count(), 1, "{name} does not say whether it moved");
        let series = list(figure, "series");
        assert_eq!(
            card.matches("<svg class=\"series\" viewBox=\"0 0 300 112\"").count(),
            usize::from(series.len() > 1),
            "{name}"
        );
        let told = |cell: &&Value| cell["answer"]["kind"] == "estimate";
        let is_gap = |cell: &Value| !told(&cell);
        if series.len() < 2 {
            continue;
        }
        // Neighbours without a figure are one gap; no line goes through it.
        let expected =
            series.iter().enumerate().filter(|(at, cell)| is_gap(cell) && (*at == 0 || !is_gap(&series[at - 1]))).count();
        assert_eq!(
            card.matches("class=\"gap fill\"").count(),
            expected.max(usize::from(!series.iter().any(|cell| told(&cell)))),
            "{name}"
        );
        let points: usize = card.matches("class=\"line\" d=\"").count();
        assert!(points <= expected + 1, "{name}: {points} lines between {expected} gaps");
        gaps += expected;
    }
    assert!(gaps > 3, "only {gaps} gaps: the test shows nothing");
    assert!(shown.iter().any(|figure| figure["movement"] == "not_seen"), "no null result on the page");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "the page loads something");
}

#[test]
fn a_person_gets_the_own_page_and_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let page = ["digest", "--tier", "3", "--period", "2025-Q3", "--as-of", AS_OF, "--person"];
    let with = |further: &[&str]| page.iter().copied().chain(further.iter().copied()).map(str::to_owned).collect::<Vec<_>>();
    let me = asked_by(&candor, "p02@acme.example");
    me.run(with(&["p05"])).check_refused(2, &["p05", "nobody else"]).unwrap();
    me.run(with(&["p05@acme.example"])).check_refused(2, &["nobody else"]).unwrap();
    asked_by(&candor, "stranger@example.com")
        .run(with(&["me"]))
        .check_refused(2, &["stranger@example.com", "identities.csv"])
        .unwrap();
    me.run(["digest", "--tier", "2", "--period", "2025-W40", "--person", "me"]).check_refused(2, &["tier 3"]).unwrap();
    let own = me.run(with(&["me", "--json"])).json();
    assert_eq!(own["pack"], "own_page");
    assert!(own["baseline"].is_null(), "a person is compared with the own past alone");
    assert!(figures(&own).iter().any(|figure| figure["now"]["answer"]["kind"] == "estimate"), "the page has figures");
    let text = own.to_string();
    assert!(!text.contains("acme.example") && !text.contains("Kowalski"), "no name and no address is on the page");
    // Nobody's figures are in what others read: no metric is sliced by person, in packs as in `metrics run`.
    candor.run(["metrics", "run", "review_time", "--by", "person"]).check_refused(2, &["nobody else"]).unwrap();
    let group = candor.run(["digest", "--tier", "3", "--period", "2025-Q3", "--as-of", AS_OF, "--json"]).json();
    for figure in figures(&group) {
        for cell in list(figure, "slices").iter().chain(list(figure, "series")).chain([&figure["now"]]) {
            assert!(cell["by"].get("person").is_none(), "{}: {cell}", figure["figure"]);
        }
    }
    for figure in figures(&own) {
        assert!(figure["now"]["people"].as_u64().is_none_or(|people| people <= 1), "{}: others' rows", figure["figure"]);
    }
}

#[test]
fn periods_that_cannot_be_told_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let candor = organisation(dir.path());
    let run = |period: &str, further: &[&str]| {
        let mut args = vec!["digest", "--tier", "1", "--period", period, "--as-of", AS_OF];
        args.extend(further);
        candor.run(args)
    };
    run("2025-13", &[]).check_refused(2, &["2025-13", "2025-W10"]).unwrap();
    run("2026-04", &[]).check_refused(2, &["2026-04", "not over"]).unwrap();
    run("2024-12", &[]).check_refused(2, &["2024-12", "window"]).unwrap();
    let broken = dir.path().join("b.json");
    fs::write(&broken, "{\n \"schema\": \"candor-baseline/9\"}").unwrap();
    run("2025-09", &["--baseline", broken.to_str().unwrap()]).check_refused(2, &["b.json", "candor-baseline/1"]).unwrap();
    candor.run(["baseline", "--from", "2024-01-01", "--as-of", AS_OF]).check_refused(2, &["2024-01-01"]).unwrap();
}

//! What the report must say, and must not say, about the same inputs; its schema is `candor-report/1`.

use serde_json::Value;

use super::{Case, mentions};
use crate::support::process::files_below;
use crate::support::repository::{DAY, lines, replace_line};

/// Lines of one reason in the list of what was left out of the only repository.
fn left_out(report: &Value, reason: &str) -> Option<u64> {
    let all = report["read"]["repositories"][0]["left_out"].as_array()?;
    all.iter().find(|entry| entry["reason"] == reason)?["lines"].as_u64()
}

/// All outcomes in the document, wherever they stand.
fn outcomes(document: &Value) -> Vec<&Value> {
    match document {
        Value::Object(all) if all.contains_key("kind") => vec![document],
        Value::Object(all) => all.values().flat_map(outcomes).collect(),
        Value::Array(all) => all.iter().flat_map(outcomes).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn f01_odd_headers_are_listed() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 5));
    let odd = case.repo.commit_raw(
        b"author Ada Example <ada@example.com> 1313600000 +051800\ncommitter Ada Example <ada@example.com> 1313600000 +051800\n\nOdd\n",
    );
    let report = case.report();
    let warnings = &report["read"]["repositories"][0]["warnings"];
    assert!(mentions(warnings, &odd[..7]), "the commit with the odd zone is not listed: {warnings:#}");
}

#[test]
fn f02_and_f10_what_was_left_out_is_told_with_its_reason() {
    let mut case = Case::new();
    case.repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},lib", "1".repeat(40))]);
    case.repo.write("src/app.js", lines("app", 1, 20));
    case.repo.write("vendor/lib/x.js", lines("x", 1, 200));
    case.repo.write("yarn.lock", "# yarn lockfile v1\n");
    case.repo.git(&["add", "src", "vendor", "yarn.lock"]);
    case.repo.commit_index("Everything at once");
    let report = case.report();
    assert_eq!(left_out(&report, "submodule"), Some(0), "{:#}", report["read"]);
    assert_eq!(left_out(&report, "vendored"), Some(200), "{:#}", report["read"]);
    assert!(left_out(&report, "lock").or(left_out(&report, "generated")).is_some(), "{:#}", report["read"]);
    assert_eq!(report["read"]["landed_lines"], 20);
}

#[test]
fn f05_lines_of_the_boundary_enter_no_figure() {
    let mut case = Case::new();
    for i in 0..10 {
        case.repo.write(&format!("f{i}.txt"), lines("line", 1 + 5 * i, 5 + 5 * i));
        case.repo.commit("Five lines more");
    }
    let url = format!("file://{}", case.repo.path.display());
    let clone = case.temp.path().join("clone");
    case.repo.git(&["clone", "-q", "--depth", "3", &url, clone.to_str().unwrap()]);
    let run = case.candor.run(["report".as_ref(), clone.as_os_str(), "--json".as_ref()]);
    if run.code == Some(2) {
        run.check_refused(2, &["shallow"]).unwrap_or_else(|why| panic!("{why}"));
        return;
    }
    let report = run.json();
    assert_eq!(report["read"]["apart"]["before_observation_lines"], 40, "{:#}", report["read"]);
    assert_eq!(report["durability"]["lines"], 10, "only lines that landed under observation have an age");
    assert!(mentions(&report["read"]["repositories"][0]["warnings"], "shallow"), "{:#}", report["read"]);
}

#[test]
fn f06_one_empty_commit_makes_no_ratio() {
    let mut case = Case::new();
    case.repo.commit("Nothing yet");
    // `json` refuses NaN and Infinity: they are no JSON.
    let report = case.report();
    assert_eq!(report["read"]["mainline"], 1);
    assert_eq!(report["coverage"]["unknown_share"], Value::Null, "a share of nothing is no number");
    let figures: Vec<&Value> = outcomes(&report["durability"]).into_iter().filter(|o| o["kind"] == "estimate").collect();
    assert!(figures.is_empty(), "durability of no lines has no figure: {figures:#?}");
}

#[test]
fn f07_the_cause_of_a_fix_is_behind_the_reformat() {
    let mut case = Case::new();
    let text = |indent: &str, skip: usize| -> String {
        (1..=30).filter(|i| *i != skip).map(|i| format!("{indent}call(first_{i}, second_{i});\n")).collect()
    };
    case.repo.write("a.js", text("  ", 0));
    case.repo.by("Ann").commit("Write");
    case.repo.write("a.js", text("    ", 0).replace("(first_15, ", "(\n        first_15, "));
    let bob = case.repo.by("Bob").commit("Reformat all");
    case.repo.write(".git-blame-ignore-revs", format!("{bob}\n"));
    case.repo.by("Bob").commit("List the reformat");
    case.repo.write("a.js", text("    ", 15));
    case.repo.by("Cy").commit("fix: crash on empty input");
    let report = case.report();
    assert_eq!(
        report["defects"]["all"]["events"], 1,
        "one landing, Ann's, brought what the fix removed: {:#}",
        report["defects"]
    );
    assert!(left_out(&report, "bulk").is_some(), "lines treated as bulk are counted: {:#}", report["read"]);
}

#[test]
fn f08_algorithm_and_threshold_are_named() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 5));
    case.repo.commit("Start");
    let settings = case.report()["read"]["repositories"][0]["settings"].clone();
    for word in ["histogram", "rename", "50"] {
        assert!(mentions(&settings, word), "`{word}` is not named in {settings}");
    }
}

#[test]
fn f17_a_map_of_people_changes_the_number_of_clusters() {
    let mut case = Case::new();
    for i in 0..10 {
        let (name, mail) = [("Kim Vo", "kim@corp.example"), ("kimvo", "kim.vo@home.example")][i % 2];
        case.repo.person = (name.to_owned(), mail.to_owned());
        case.repo.write(&format!("{i}.txt"), lines("a", 1, 5));
        case.repo.commit("Work");
    }
    assert_eq!(case.report()["read"]["authors"], 2);
    case.repo.write(".mailmap", "Kim Vo <kim@corp.example> <kim.vo@home.example>\n");
    case.repo.commit("Map");
    assert_eq!(case.report()["read"]["authors"], 1, "also for history that was mined before the map existed");
}

#[test]
fn f23_a_squash_whose_commits_are_gone_is_mixed_lines_not_ai_lines() {
    let mut case = Case::new();
    case.repo.write("new.txt", lines("new", 1, 100));
    case.repo.commit("Add (#7)\n\n* One\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* Two\n\n* Three\n");
    let sources = case.report()["coverage"]["sources"].clone();
    assert_eq!((&sources["ai"], &sources["human"], &sources["mixed"]), (&0.into(), &0.into(), &100.into()), "{sources:#}");
}

#[test]
fn f45_a_median_that_is_not_reached_is_no_number() {
    let mut case = Case::new();
    let text = |who: &str, from: usize| lines(who, from, 33);
    case.repo.step = 0;
    for who in ["Ada", "Ben", "Cid"] {
        case.repo.write(&format!("{who}.txt"), text(who, 1));
        case.repo.by(who).commit("Land");
    }
    case.repo.step = 10 * DAY;
    for who in ["Ada", "Ben"] {
        case.repo.write(&format!("{who}.txt"), text(who, 11));
    }
    case.repo.by("Cid").commit("Remove twenty");
    case.repo.step = 85 * DAY;
    case.repo.commit("Ninety-five days after the landing");
    let all = case.report()["durability"]["all"].clone();
    assert_eq!((&all["lines"], &all["deaths"]), (&99.into(), &20.into()));
    let median = &all["median_days"];
    assert!(median["kind"] != "estimate" && mentions(median, "not reached"), "{median:#}");
    let ninety = all["figures"].as_array().unwrap().iter().find(|f| f["days"] == 90).unwrap().clone();
    let point = ninety["line_weighted"]["point"].as_f64().unwrap_or(-1.0);
    assert!((point - 79.0 / 99.0).abs() < 1e-9, "{ninety:#}");
}

#[test]
fn f46_a_survival_curve_never_rises() {
    let mut case = Case::new();
    case.repo.clock = 1_200_000_000;
    case.repo.write("old.txt", lines("old", 1, 100));
    case.repo.by("Ada").commit("Fifteen years ago");
    case.repo.step = 14 * 365 * DAY;
    case.repo.write("new.txt", lines("new", 1, 100));
    case.repo.by("Ben").commit("A year ago");
    case.repo.step = 300 * DAY;
    std::fs::remove_file(case.repo.path.join("new.txt")).unwrap();
    case.repo.by("Cid").commit("All removed");
    case.repo.step = 65 * DAY;
    case.repo.commit("Today");
    let all = case.report()["durability"]["all"].clone();
    let curve: Vec<(f64, f64)> =
        all["curve"].as_array().unwrap().iter().map(|p| (p["days"].as_f64().unwrap(), p["survival"].as_f64().unwrap())).collect();
    assert!(!curve.is_empty(), "{all:#}");
    assert!(curve.windows(2).all(|w| w[1].1 <= w[0].1 + 1e-12), "the curve rises: {curve:?}");
    let at = |days: f64| curve.iter().rev().find(|p| p.0 <= days).map_or(1.0, |p| p.1);
    assert!(
        (at(299.0) - 1.0).abs() < 1e-9 && (at(301.0) - 0.5).abs() < 1e-9,
        "half of the lines are gone from day 300 on: {curve:?}"
    );
}

#[test]
fn f52_text_of_a_repository_never_runs_as_script() {
    let mut case = Case::new();
    case.repo.person = ("<img src=x onerror=alert(1)>".to_owned(), "x@example.com".to_owned());
    case.repo.write("a<svg onload=z>.rs", lines("a", 1, 5));
    case.repo.commit("</title><script>alert(1)</script>\n\nAssisted-by: <script>alert(2)</script>");
    case.repo.write("a<svg onload=z>.rs", replace_line(&lines("a", 1, 5), 2, "another line of the text"));
    case.repo.commit("Second");
    case.repo.git(&["branch", "-m", "main", "x\"onmouseover=\"y"]);
    let repo = case.temp.path().join("<b>repo & co");
    std::fs::rename(&case.repo.path, &repo).unwrap();
    let run = case.candor.run(["report".as_ref(), repo.as_os_str()]);
    run.check_ok().unwrap_or_else(|why| panic!("{why}"));
    let written = files_below(case.temp.path());
    let pages: Vec<_> = written.into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "html")).collect();
    assert!(!pages.is_empty(), "the report wrote no HTML file\n{run}");
    for (path, bytes) in pages {
        let page = String::from_utf8(bytes).expect("the page is UTF-8");
        for bad in ["<img src=x", "<script>alert", "<svg onload", "\"onmouseover=\"y", "<b>repo"] {
            assert!(!page.contains(bad), "{} holds `{bad}`", path.display());
        }
        for outside in ["<script src", "http-equiv=\"refresh\"", "src=\"http", "href=\"http://", "url(http", "@import"] {
            assert!(!page.contains(outside), "{} reaches out: {outside}", path.display());
        }
    }
    let terminal = String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr;
    assert!(!terminal.contains('\u{1b}'), "no control sequences in a pipe\n{run}");
}

/// The head of a report as of a day is that of the history which ended then, and `--since` leaves out what landed before.
#[test]
fn the_head_of_a_report_knows_nothing_later() {
    let mut case = Case::new();
    for i in 0..6 {
        case.repo.write(&format!("f{i}.txt"), lines("line", 1 + 5 * i, 5 + 5 * i));
        case.repo.write("all.txt", lines("all", i, 2 * i));
        case.repo.commit("Five lines more");
    }
    let at = case.repo.git(&["show", "-s", "--format=%cI", "HEAD~3"]);
    case.repo.git(&["branch", "then", "HEAD~3"]);
    let as_of = case.report_with(&["--as-of", &at]);
    let then = case.report_with(&["--branch", "then"]);
    for part in ["from", "as_of", "landings", "commits", "landed_lines", "alive_lines", "authors"] {
        assert_eq!(as_of["read"][part], then["read"][part], "{part}");
    }
    assert!(as_of["read"]["alive_lines"].as_u64() < case.report()["read"]["alive_lines"].as_u64());
    let since = case.report_with(&["--since", &at]);
    assert_eq!((&since["read"]["landings"], &since["read"]["commits"]), (&4.into(), &4.into()), "{:#}", since["read"]);
    assert!(since["read"]["alive_lines"].as_u64() <= since["read"]["landed_lines"].as_u64(), "{:#}", since["read"]);
    let path = case.repo.path.as_os_str();
    let turned = case.candor.run([
        "report".as_ref(),
        path,
        "--since".as_ref(),
        "2030-01-01".as_ref(),
        "--as-of".as_ref(),
        "2020-01-01".as_ref(),
    ]);
    turned.check_refused(2, &["since", "--as-of"]).unwrap_or_else(|why| panic!("{why}"));
}

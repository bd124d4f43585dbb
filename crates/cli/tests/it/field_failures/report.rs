//! What the report must say, and must not say, about the same inputs.

use super::{Case, mentions};
use crate::support::process::files_below;
use crate::support::repository::{DAY, lines};

#[test]
fn f01_odd_headers_are_listed() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 5));
    let odd = case.repo.commit_raw(
        b"author Ada Example <ada@example.com> 1313600000 +051800\ncommitter Ada Example <ada@example.com> 1313600000 +051800\n\nOdd\n",
    );
    let report = case.report();
    assert!(mentions(&report, &odd[..7]), "the commit with the odd zone is not listed\n{report:#}");
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
    for reason in ["submodule", "vendored", "lock"] {
        assert!(mentions(&report, reason), "left out as {reason} is not told\n{report:#}");
    }
}

#[test]
fn f06_one_empty_commit_makes_no_ratio() {
    let mut case = Case::new();
    case.repo.commit("Nothing yet");
    // `json` refuses NaN and Infinity: they are no JSON.
    case.report();
}

#[test]
fn f08_algorithm_and_threshold_are_named() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 5));
    case.repo.commit("Start");
    let report = case.report();
    assert!(mentions(&report, "histogram"), "the diff algorithm is not named\n{report:#}");
    assert!(mentions(&report, "rename"), "the rename rule is not named\n{report:#}");
}

#[test]
fn f45_a_median_that_is_not_reached_is_no_number() {
    let mut case = Case::new();
    let all: String = (0..100).map(|i| format!("line number {i} of a long text\n")).collect();
    for (i, who) in ["Ada", "Ben", "Cid"].into_iter().enumerate() {
        case.repo
            .by(who)
            .write(&format!("{who}.txt"), all.lines().skip(i * 33).take(33).map(|l| format!("{l}\n")).collect::<String>());
        case.repo.step = if i == 0 { DAY } else { 0 };
        case.repo.commit("Land");
    }
    case.repo.step = 10 * DAY;
    for who in ["Ada", "Ben"] {
        case.repo.write(
            &format!("{who}.txt"),
            std::fs::read_to_string(case.repo.path.join(format!("{who}.txt")))
                .unwrap()
                .lines()
                .skip(10)
                .map(|l| format!("{l}\n"))
                .collect::<String>(),
        );
    }
    case.repo.by("Cid").commit("Remove twenty");
    case.repo.step = 80 * DAY;
    case.repo.commit("Ninety days later");
    let report = case.report();
    let text = report.to_string();
    assert!(!text.contains("Infinity") && !text.contains("NaN"), "{report:#}");
}

#[test]
fn f52_text_of_a_repository_never_runs_as_script() {
    let mut case = Case::new();
    case.repo.person = ("<img src=x onerror=alert(1)>".to_owned(), "x@example.com".to_owned());
    case.repo.write("a<svg onload=z>.rs", lines("a", 1, 5));
    case.repo.commit("</title><script>alert(1)</script>\n\nAssisted-by: <script>alert(2)</script>");
    case.repo.git(&["branch", "-m", "main", "x\"onmouseover=\"y"]);
    let repo = case.temp.path().join("<b>repo & co</b>");
    std::fs::rename(&case.repo.path, &repo).unwrap();
    let run = case.candor.run(["report".as_ref(), repo.as_os_str()]);
    run.check_ok().unwrap_or_else(|why| panic!("{why}"));
    let pages: Vec<_> =
        files_below(case.temp.path()).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "html")).collect();
    assert!(!pages.is_empty(), "the report wrote no HTML file\n{run}");
    for (path, bytes) in pages {
        let page = String::from_utf8(bytes).expect("the page is UTF-8");
        for bad in ["<img src=x", "<script>alert", "<svg onload", "\"onmouseover=\"y", "<b>repo"] {
            assert!(!page.contains(bad), "{} holds `{bad}`", path.display());
        }
        assert!(!page.contains("<script src") && !page.contains("http-equiv=\"refresh\""), "the page loads nothing");
        for outside in ["src=\"http", "href=\"http://", "url(http", "@import"] {
            assert!(!page.contains(outside), "{} reaches out: {outside}", path.display());
        }
    }
    assert!(!run.stderr.contains('\u{1b}'), "no control characters in a pipe\n{run}");
}

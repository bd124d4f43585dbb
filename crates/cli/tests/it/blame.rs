//! `candor blame`: the lines of a file with landing, origin, evidence, author and age, and the flags that people know from git.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::{Candor, Finished};
use crate::support::repository::{Repository, lines, replace_line};

/// A file whose first two lines are Ada's, whose third is Bo's with a tool and came by a merge, and whose fourth is Cy's.
struct Case {
    _dir: TempDir,
    repo: Repository,
    candor: Candor,
    start: String,
    topic: String,
    merge: String,
    last: String,
}

impl Case {
    fn new() -> Case {
        let dir = TempDir::new().unwrap();
        let mut repo = Repository::new(dir.path(), "repo");
        let text = lines("a", 1, 4);
        repo.write("src/a.txt", &text);
        repo.write("logo.png", b"\x89PNG\0\0");
        repo.write("empty.txt", "");
        repo.write("Cargo.lock", "[[package]]\nname = \"a\"\n");
        let start = repo.commit("Start");
        repo.git(&["checkout", "-q", "-b", "topic"]);
        let text = replace_line(&text, 3, "three, by a tool, long enough to be a line of its own");
        repo.by("Bo").write("src/a.txt", &text);
        let topic = repo.commit("Work\n\nCo-authored-by: Claude <noreply@anthropic.com>\n");
        repo.by("Ada").git(&["checkout", "-q", "main"]);
        repo.clock += repo.step;
        repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "topic"]);
        let merge = repo.head();
        repo.by("Cy").write("src/a.txt", replace_line(&text, 4, "four, otherwise"));
        let last = repo.commit("Change");
        let candor = Candor::new(dir.path(), "candor");
        Case { _dir: dir, repo, candor, start, topic, merge, last }
    }

    fn run(&self, args: &[&str]) -> Finished {
        let mut all = vec!["blame"];
        all.extend(args);
        all.extend(["--repo", self.repo.path.to_str().unwrap()]);
        self.candor.run(all)
    }

    fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.run(args).ok()).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        self.run(&all).json()
    }
}

fn column<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    document["lines"].as_array().unwrap().iter().map(|line| line[name].as_str().unwrap_or("(none)")).collect()
}

#[test]
fn each_line_has_landing_origin_evidence_author_and_age() {
    let case = Case::new();
    let document = case.json(&["src/a.txt"]);
    assert_eq!(column(&document, "landing"), [&case.start, &case.start, &case.merge, &case.last]);
    assert_eq!(column(&document, "origin"), [&case.start, &case.start, &case.topic, &case.last]);
    assert_eq!(column(&document, "source"), ["unknown", "unknown", "ai", "unknown"]);
    assert_eq!(column(&document, "strength"), ["(none)", "(none)", "self_declared", "(none)"]);
    let third = &document["lines"][2];
    assert_eq!(third["tools"], serde_json::json!(["claude-code"]), "{third:#}");
    assert_eq!(third["author"]["email"], "bo@example.com", "{third:#}");
    let ages: Vec<_> = document["lines"].as_array().unwrap().iter().map(|line| line["age_days"].as_i64()).collect();
    assert_eq!(ages, [Some(3), Some(3), Some(1), Some(0)], "days from the landing to the tip: {document:#}");
    assert_eq!(document["revision"], case.last);
}

#[test]
fn columns_follow_the_flags_of_git() {
    let case = Case::new();
    let text = case.text(&["src/a.txt"]);
    let third = text.lines().nth(2).unwrap();
    for part in [
        &case.merge[..8],
        &case.topic[..8],
        "ai",
        "claude-code",
        "self_declared",
        "(Bo Example",
        "2023-11-17",
        "1d",
        "3) three, by a tool",
    ] {
        assert!(third.contains(part), "`{part}` is not in `{third}`");
    }
    let first = text.lines().next().unwrap();
    assert!(first.contains("no evidence") && !first.contains(&case.topic[..8]), "{first}");
    let numbers = |text: &str| {
        text.lines().map(|line| line.split(')').next().unwrap().rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (limits, expected) in [
        (&["-L", "2,3"][..], &["2", "3"][..]),
        (&["-L", "3,+2"], &["3", "4"]),
        (&["-L", "3,-2"], &["2", "3"]),
        (&["-L", "4"], &["4"]),
        (&["-L", ",2"], &["1", "2"]),
        (&["-L", "3,99"], &["3", "4"]),
        (&["-L", "1,1", "-L", "4,4"], &["1", "4"]),
    ] {
        let mut args = vec!["src/a.txt"];
        args.extend(limits);
        assert_eq!(numbers(&case.text(&args)), expected, "{limits:?}");
    }
    assert!(case.text(&["src/a.txt", "-l"]).contains(&case.topic), "-l gives whole ids");
    assert!(!case.text(&["src/a.txt", "-s"]).contains("Example"), "-s leaves out authors");
    assert!(case.text(&["src/a.txt", "-e"]).contains("(<bo@example.com>"), "-e gives addresses");
    assert!(case.text(&["src/a.txt", "-t"]).contains("1700259200 +0000"), "-t gives seconds and zone");
    assert!(case.text(&["src/a.txt", "--date", "iso-strict"]).contains("2023-11-17T22:13:20Z"), "--date gives the form");
}

#[test]
fn porcelain_is_read_as_that_of_git() {
    let case = Case::new();
    let ours = case.text(&["src/a.txt", "--porcelain"]);
    let git = case.repo.git(&["blame", "--porcelain", "HEAD", "--", "src/a.txt"]);
    // What git itself says of each line, but for headers that only one of the two has.
    let common = |text: &str| {
        let skipped = ["candor-", "boundary", "previous "];
        text.lines().filter(|line| !skipped.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(common(&ours), common(&git));
    let landing = format!("candor-landing {}", case.merge);
    assert!(ours.lines().any(|line| line == landing) && ours.contains("\ncandor-source ai\n"), "{ours}");
}

#[test]
fn revisions_are_branches_tags_and_commits_of_the_mainline() {
    let case = Case::new();
    case.repo.git(&["tag", "v1", &case.merge]);
    let start = &case.start[..7];
    for (revision, expected) in [
        ("main", vec![&case.start, &case.start, &case.merge, &case.last]),
        ("v1", vec![&case.start, &case.start, &case.merge, &case.start]),
        ("main~1", vec![&case.start, &case.start, &case.merge, &case.start]),
        (start, vec![&case.start; 4]),
        ("topic", vec![&case.start, &case.start, &case.topic, &case.start]),
    ] {
        let document = case.json(&["src/a.txt", revision]);
        assert_eq!(column(&document, "landing"), expected, "{revision}");
    }
    let ages = case.json(&["src/a.txt", "main~1"]);
    assert_eq!(ages["lines"][2]["age_days"], 0, "ages are told at the revision");
    for (revision, says) in [
        (&case.topic[..9], "is no commit of the mainline"),
        ("mian", "neither a branch or tag nor a commit"),
        ("main~9", "lies before the first"),
    ] {
        case.run(&["src/a.txt", revision]).check_refused(2, &[says]).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn what_has_no_lines_says_why() {
    let mut case = Case::new();
    case.repo.git(&["mv", "logo.png", "brand.png"]);
    case.repo.commit("Move");
    for (file, says) in [
        ("brand.png", &["brand.png", "binary"][..]),
        ("logo.png", &["no file `logo.png`", "earlier"]),
        ("src/A.TXT", &["no file", "near names", "`src/a.txt`"]),
        ("a.txt", &["no file", "`src/a.txt`"]),
        ("src", &["is a folder"]),
    ] {
        case.run(&[file]).check_refused(2, says).unwrap_or_else(|why| panic!("{why}"));
    }
    for limits in ["0,2", "9", "x", ",", "2,+0", "/re/"] {
        case.run(&["src/a.txt", "-L", limits]).check_refused(2, &[]).unwrap_or_else(|why| panic!("{limits}: {why}"));
    }
    let empty = case.run(&["empty.txt"]);
    assert!(empty.says("is empty") && empty.stdout.is_empty(), "{empty}");
    empty.ok();
    let lock = case.text(&["Cargo.lock"]);
    assert!(lock.lines().all(|line| line.contains("left out: lock")), "{lock}");
}

#[test]
fn files_are_named_from_the_current_folder() {
    let mut case = Case::new();
    case.repo.write("deep/er/b.txt", "b\n");
    case.repo.commit("More");
    case.candor.cwd = PathBuf::from(&case.repo.path).join("deep");
    for (file, text) in [
        ("er/b.txt", "b"),
        ("../src/a.txt", "a line 1 of the text"),
        ("./er/../er/b.txt", "b"),
        ("src/a.txt", "a line 1 of the text"),
    ] {
        let document = case.candor.run(["blame", file, "--json"]).json();
        assert_eq!(document["lines"][0]["text"], text, "{file}");
    }
    let absolute = case.repo.path.canonicalize().unwrap().join("src").join("a.txt");
    let document = case.candor.run([Path::new("blame"), &absolute, Path::new("--json")]).json();
    assert_eq!(document["path"], "src/a.txt");
}

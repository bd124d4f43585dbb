//! Histories that ended other tools' runs or made their figures wrong: F01 to F12.

use super::{Case, count};
use crate::support::cohorts::Cohorts;
use crate::support::process::{Candor, files_below};
use crate::support::repository::{DAY, lines, replace_line};

#[test]
fn f01_a_zone_of_six_digits_does_not_end_the_run() {
    let mut case = Case::new();
    case.repo.clock = 1_313_000_000;
    case.repo.write("a.txt", lines("a", 1, 5));
    let first = case.repo.commit("Start");
    case.repo.write("a.txt", replace_line(&lines("a", 1, 5), 2, "another second line"));
    let odd = case.repo.commit_raw(
        b"author Ada Example <ada@example.com> 1313600000 +051800\ncommitter Ada Example <ada@example.com> 1313600000 +051800\n\nOdd\n",
    );
    case.repo.clock = 1_314_000_000;
    case.repo.write("a.txt", replace_line(&lines("a", 1, 5), 2, "a third second line"));
    let last = case.repo.commit("After");
    let rows = case.rows(&[]);
    assert_eq!((count(&rows, &first, ""), count(&rows, &first, &odd)), (4, 1));
    assert_eq!((count(&rows, &odd, &last), count(&rows, &last, "")), (1, 1));
    let born = rows.rows.keys().find(|r| r.landing == odd).unwrap();
    assert_eq!(born.landed_at, "2011-08-17T16:53:20Z", "the instant is the number of seconds, the zone plays no part");
    let authored = case.attribution()["identities"][&odd]["authored_at"].clone();
    assert_eq!(authored, "2011-08-17T16:53:20Z");
}

#[test]
fn f02_a_submodule_without_gitmodules_is_never_looked_up() {
    let mut case = Case::new();
    let link = |case: &Case, digit: &str| {
        let entry = format!("160000,{},vendor/lib", digit.repeat(40));
        case.repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    };
    case.repo.write("a.txt", lines("a", 1, 4));
    case.repo.git(&["add", "a.txt"]);
    link(&case, "1");
    let first = case.repo.commit_index("Start");
    link(&case, "2");
    case.repo.commit_index("Move the submodule on");
    case.repo.git(&["update-index", "--force-remove", "vendor/lib"]);
    case.repo.commit_index("Drop it");
    for mode in [&["--strict"][..], &[]] {
        let rows = case.rows(mode);
        assert_eq!((rows.landed(), count(&rows, &first, "")), (4, 4), "{mode:?}: only the text has lines");
    }
}

#[test]
fn f03_lines_moved_to_another_file_live_on() {
    let mut case = Case::new();
    let all: Vec<String> = (1..=40).map(|i| format!("a line of 30 characters, no {i:02}\n")).collect();
    case.repo.write("a.txt", all.concat());
    let first = case.repo.commit("Start");
    let mut moved = all[10..30].to_vec();
    moved[8] = "a line of 30 letters, not  19 \n".to_owned();
    case.repo.write("a.txt", [&all[..10], &all[30..]].concat().concat());
    case.repo.write("b.txt", moved.concat());
    let second = case.repo.commit("Move twenty lines");
    let rows = case.rows(&[]);
    assert_eq!(rows.alive(), 40);
    assert_eq!(count(&rows, &first, &second), 1, "one line changed on the way");
    assert_eq!(count(&rows, &second, ""), 1);
    assert_eq!(count(&rows, &first, ""), 39);
}

#[test]
fn f04_lines_that_come_in_by_a_merge_have_a_birth() {
    let mut case = Case::new();
    let g = lines("g", 1, 6);
    case.repo.write("g.py", &g);
    let first = case.repo.commit("Start");
    case.repo.git(&["checkout", "-q", "-b", "topic"]);
    case.repo.write("f.py", lines("f", 1, 12));
    case.repo.write("g.py", replace_line(&g, 3, "third line of the topic"));
    let topic = case.repo.by("Ben").commit("Topic");
    case.repo.git(&["checkout", "-q", "main"]);
    case.repo.write("g.py", replace_line(&g, 3, "third line of the mainline"));
    let main = case.repo.by("Cid").commit("Meanwhile");
    case.repo.try_git(&["merge", "-q", "--no-ff", "--no-commit", "topic"]);
    case.repo.write("g.py", replace_line(&g, 3, "third line that neither side had"));
    let merge = case.repo.by("Ada").commit("Merge branch 'topic'");
    let rows = case.rows(&["--strict"]);
    assert_eq!(rows.sum(|r| r.landing == merge && r.origin == topic && r.path == "f.py"), 12);
    assert_eq!(rows.sum(|r| r.landing == merge && r.origin == merge && r.path == "g.py"), 1, "the resolution is the merge's own");
    assert_eq!(count(&rows, &first, ""), 5);
    assert_eq!((count(&rows, &first, &main), count(&rows, &main, &merge)), (1, 1));
}

#[test]
fn f05_a_shallow_clone_does_not_pass_for_a_whole_history() {
    let mut case = Case::new();
    for i in 0..10 {
        case.repo.write(&format!("f{i}.txt"), lines("line", 1 + 5 * i, 5 + 5 * i));
        case.repo.commit("Five lines more");
    }
    let url = format!("file://{}", case.repo.path.display());
    let clone = case.temp.path().join("clone");
    case.repo.git(&["clone", "-q", "--depth", "3", &url, clone.to_str().unwrap()]);
    let run = case.candor.lines(&clone, &[]);
    run.check_manners().unwrap_or_else(|why| panic!("{why}"));
    assert!(run.says("shallow"), "{run}");
    if run.code == Some(2) {
        assert!(run.says("git fetch --unshallow") || run.says("--deepen"), "the refusal names the command that helps\n{run}");
        return;
    }
    let rows = Cohorts::parse(&run.ok()).unwrap();
    assert!(rows.has_before_observation, "a column marks the lines whose age is not known");
    assert_eq!(rows.rows.values().map(|n| n.before_observation).sum::<u64>(), 40);
    assert_eq!(rows.landed(), 50);
}

#[test]
fn f06_a_repository_without_commits_or_without_news_is_no_error() {
    let mut case = Case::new();
    let none = case.candor.lines(&case.repo.path, &[]);
    none.check_manners().unwrap_or_else(|why| panic!("{why}"));
    assert!(none.says("no commit") || none.says("no history") || none.says("empty") || none.says("unborn"), "{none}");
    assert!(none.stdout.iter().filter(|b| **b == b'\n').count() <= 1, "no rows\n{none}");
    case.repo.commit("An empty commit");
    let (rows, _) = case.rows_of(&case.repo.path, &[]);
    assert_eq!(rows.rows.len(), 0, "one change with 0 lines");
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Lines");
    assert_eq!(case.rows(&[]).alive(), 3);
    let before = files_below(&case.candor.cache);
    assert_eq!(case.rows(&[]).alive(), 3);
    assert!(before == files_below(&case.candor.cache), "nothing new, no new version");
}

#[test]
fn f07_a_listed_reformat_kills_nothing() {
    let mut case = Case::new();
    let line = |i: usize| format!("call(first_{i}, second_{i}, third_{i});");
    let old: String = (1..=30).map(|i| format!("  {}\n", line(i))).collect();
    case.repo.write("a.js", old);
    let ann = case.repo.by("Ann").commit("Write");
    let wrapped = |i: usize| format!("    call(first_{i},\n         second_{i}, third_{i});\n");
    let new = |skip: usize| -> String {
        (1..=30).filter(|i| *i != skip).map(|i| if i % 5 == 0 { wrapped(i) } else { format!("    {}\n", line(i)) }).collect()
    };
    case.repo.write("a.js", new(0));
    let bob = case.repo.by("Bob").commit("Reformat all");
    case.repo.write(".git-blame-ignore-revs", format!("# reformat\n{bob}\n"));
    case.repo.by("Ann").commit("List the reformat");
    case.repo.write("a.js", new(15));
    let fix = case.repo.by("Cy").commit("fix: crash on empty input");
    let rows = case.rows(&[]);
    assert_eq!(rows.sum(|r| r.death == bob), 0, "a listed commit kills nothing");
    assert_eq!(rows.sum(|r| r.landing == bob), 0, "and lands nothing that counts");
    let killed = rows.filter(|r| r.death == fix);
    assert!(killed.rows.keys().all(|r| r.landing == ann), "what the fix removes is Ann's: {killed:?}");
    assert!(killed.landed() >= 1, "the fix removes a wrapped line");
}

#[test]
fn f08_counts_by_landing_are_those_of_blame() {
    let mut case = Case::new();
    let block = |name: &str| format!("fn {name}() {{\n    body_of_{name}();\n}}\n\n");
    let text: String = (0..15).map(|i| block(&format!("part_{i}"))).collect();
    case.repo.write("a.rs", &text);
    case.repo.commit("Sixty lines with many that are equal");
    let at = text.match_indices("fn part_7").next().unwrap().0;
    let grown = format!("{}{}{}", &text[..at], block("inserted"), &text[at..]);
    case.repo.write("a.rs", &grown);
    case.repo.by("Ben").commit("Insert a block in the middle");
    case.repo.git(&["mv", "a.rs", "b.rs"]);
    // 45 % of the lines: each body of the first halves of the functions gets another text.
    let edited: String =
        grown.lines().enumerate().map(|(i, l)| if i < 28 { format!("{l} // {i}\n") } else { format!("{l}\n") }).collect();
    case.repo.write("b.rs", edited);
    case.repo.by("Cid").commit("Rename and edit");
    let rows = case.rows(&["--strict"]);
    let blame = case.repo.git(&["blame", "--first-parent", "-s", "--abbrev=40", "main", "--", "b.rs"]);
    let mut expected = std::collections::BTreeMap::<String, u64>::new();
    for line in blame.lines() {
        *expected.entry(line.trim_start_matches('^')[..40].to_owned()).or_default() += 1;
    }
    let mut got = std::collections::BTreeMap::<String, u64>::new();
    for (row, n) in rows.rows.iter().filter(|(row, _)| row.death.is_empty()) {
        *got.entry(row.landing.clone()).or_default() += n.lines;
    }
    // The boundary commit is printed with a caret and one digit less.
    let shorten = |all: std::collections::BTreeMap<String, u64>| -> Vec<(String, u64)> {
        all.into_iter().map(|(id, n)| (id[..39].to_owned(), n)).collect()
    };
    assert_eq!(shorten(got), shorten(expected));
}

#[test]
fn f09_line_ends_are_no_change() {
    let mut case = Case::new();
    let text = lines("a", 1, 200);
    let mixed = lines("m", 1, 3).replacen('\n', "\r\n", 2);
    case.repo.write("a.txt", &text);
    case.repo.write("mixed.txt", &mixed);
    case.repo.write("old-mac.txt", "one\rtwo\rthree\r");
    let first = case.repo.commit("LF");
    let changed = (1..=6).fold(text, |t, i| replace_line(&t, i * 30, &format!("changed line {i}")));
    case.repo.write("a.txt", changed.replace('\n', "\r\n"));
    let second = case.repo.by("Ben").commit("CRLF by an editor, and six changes");
    case.repo.write(".gitattributes", "a.txt text\n");
    case.repo.write("a.txt", &changed);
    let third = case.repo.by("Cid").commit("Back to LF");
    let rows = case.rows(&[]);
    let of = |landing: &str, death: &str| rows.sum(|r| r.landing == landing && r.death == death && r.path == "a.txt");
    assert_eq!((of(&first, &second), of(&first, ""), of(&second, "")), (6, 194, 6));
    assert_eq!(rows.sum(|r| r.death == third), 0, "line ends alone kill nothing");
    assert_eq!(rows.sum(|r| r.path == "old-mac.txt" && r.death.is_empty()), 1, "a CR ends no line");
    assert_eq!(rows.sum(|r| r.path == "mixed.txt" && r.death.is_empty()), 3);
}

#[test]
fn f10_vendored_and_generated_files_are_nobodys_work() {
    let mut case = Case::new();
    case.repo.write("src/app.js", lines("app", 1, 20));
    case.repo.write("vendor/lib/x.js", lines("x", 1, 20_000));
    case.repo.write("dist/app.min.js", format!("function a(){{{}}}\n", "return 1;".repeat(300)));
    case.repo.write("yarn.lock", "# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n  version \"1.0.0\"\n");
    let ann = case.repo.by("Ann").commit("Everything at once");
    case.repo.write("src/app.js", lines("app", 1, 50));
    let ben = case.repo.by("Ben").commit("Thirty lines");
    let rows = case.rows(&[]);
    assert_eq!((rows.sum(|r| r.landing == ann), rows.sum(|r| r.landing == ben)), (20, 30));
    let strict = case.rows(&["--strict"]);
    assert_eq!(strict.sum(|r| r.landing == ann && r.path == "vendor/lib/x.js"), 20_000, "strict mode leaves nothing out");
}

#[test]
fn f11_bytes_that_are_no_utf8_are_still_text() {
    let mut case = Case::new();
    let mut text = lines("c", 1, 10).into_bytes();
    let fourth = text.split_inclusive(|b| *b == b'\n').take(3).map(<[u8]>::len).sum::<usize>();
    text.splice(fourth..fourth, *b"/* caf\xe9 */ ");
    case.repo.write("src/alt.c", &text);
    let first = case.repo.commit("Latin-1");
    let seventh = text.split_inclusive(|b| *b == b'\n').take(6).map(<[u8]>::len).sum::<usize>();
    text.insert(seventh, b'x');
    case.repo.write("src/alt.c", &text);
    let second = case.repo.by("Ben").commit("Change line 7");
    let rows = case.rows(&[]);
    assert_eq!((rows.sum(|r| r.landing == first), count(&rows, &first, &second), count(&rows, &second, "")), (10, 1, 1));
    // `json` refuses what is not UTF-8.
    case.attribution();
}

#[test]
fn f12_messages_that_are_no_utf8_keep_their_trailers() {
    let mut case = Case::new();
    case.repo.write("a.txt", lines("a", 1, 3));
    case.repo.commit("Start");
    let mut ids = Vec::new();
    for (i, header) in [&b"encoding ISO-8859-1\n"[..], b""].into_iter().enumerate() {
        case.repo.write("a.txt", lines("a", 1, 4 + i));
        let who = format!("Ada Example <ada@example.com> {} +0000\n", 1_700_000_000 + DAY * (5 + i as i64));
        let message = b"\nKorrektur f\xfcr Z\xe4hler\n\nCo-authored-by: Eve Example <eve@example.com>\n";
        let rest = [b"author ", who.as_bytes(), b"committer ", who.as_bytes(), header, message].concat();
        ids.push(case.repo.commit_raw(&rest));
    }
    let document = case.attribution();
    for id in &ids {
        assert_eq!(document["identities"][id]["co_authors"], serde_json::json!(["Eve Example <eve@example.com>"]));
    }
    assert_eq!(case.rows(&[]).alive(), 5);
    let again = Candor::new(case.temp.path(), "again");
    again.lines(&case.repo.path, &["--strict"]).ok();
}

//! Repositories as git itself would not write them, and what stands beside the objects: read as git reads it, or told.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::{Candor, Finished};
use crate::support::repository::{Repository, lines};

struct Bench {
    dir: TempDir,
    repo: Repository,
    candor: Candor,
}

impl Bench {
    fn new() -> Bench {
        let dir = TempDir::new().unwrap();
        let repo = Repository::new(dir.path(), "repo");
        let candor = Candor::new(dir.path(), "candor");
        Bench { dir, repo, candor }
    }

    /// One file with one more line in each commit.
    fn grown(commits: usize) -> (Bench, Vec<String>) {
        let mut bench = Bench::new();
        let ids = (1..=commits)
            .map(|n| {
                bench.repo.write("a.txt", lines("a", 1, n));
                bench.repo.commit("Grow")
            })
            .collect();
        (bench, ids)
    }

    fn blob(&self, text: &str) -> String {
        self.repo.git_with_input(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    /// A tree of (mode, name, object), byte for byte in this order.
    fn tree(&self, entries: &[(&str, &str, &str)]) -> String {
        let mut data = Vec::new();
        for (mode, name, id) in entries {
            data.extend(format!("{mode} {name}\0").bytes());
            data.extend((0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
        }
        self.repo.git_with_input(&["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &data)
    }

    fn commit_tree(&mut self, tree: &str, message: &str) -> String {
        self.repo.clock += self.repo.step;
        let mut args = vec!["commit-tree", tree, "-m", message];
        let head = self.repo.try_git(&["rev-parse", "--verify", "-q", "refs/heads/main"]);
        let parent = String::from_utf8(head.stdout).unwrap().trim().to_owned();
        if !parent.is_empty() {
            args.extend(["-p", &parent]);
        }
        let id = self.repo.git(&args);
        self.repo.git(&["update-ref", "refs/heads/main", &id]);
        id
    }

    /// A commit whose author and committer have these times, spelt as they are.
    fn commit_at(&mut self, author: &str, committer: &str) -> String {
        self.repo.commit_raw(
            format!("author A <a@example.com> {author} +0000\ncommitter A <a@example.com> {committer} +0000\n\nAt a time\n")
                .as_bytes(),
        )
    }

    fn verify(&self, further: &[&str]) -> Finished {
        let path = self.repo.path.to_str().unwrap();
        self.candor.run([&["verify", path], further].concat())
    }

    fn blame(&self, args: &[&str]) -> Finished {
        let path = self.repo.path.to_str().unwrap();
        self.candor.run([&["blame"], args, &["--repo", path]].concat())
    }

    fn rows(&self, further: &[&str]) -> (String, Finished) {
        let run = self.candor.lines(&self.repo.path, further);
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        (String::from_utf8(run.stdout.clone()).unwrap(), run)
    }

    fn sources(&self, file: &str) -> Vec<String> {
        let document: Value = self.blame(&[file, "--json"]).json();
        document["lines"].as_array().unwrap().iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect()
    }
}

/// The modes that git takes for something else than what they spell, and their neighbours.
const MODES: [&str; 20] = [
    "100644", "100664", "100600", "100755", "100711", "0100644", "777777", "0", "1", "40000", "040000", "40755", "120000",
    "120777", "160000", "1100644", "644", "60000", "10644", "100644",
];

#[test]
fn modes_are_taken_for_what_git_takes_them_for() {
    let mut bench = Bench::new();
    let text = bench.blob(&lines("a", 1, 5));
    let folder = bench.tree(&[("100644", "x", &text)]);
    for (at, mode) in MODES.into_iter().enumerate() {
        let is_folder = mode.trim_start_matches('0').starts_with("40");
        let tree = bench.tree(&[(mode, "a", if is_folder { &folder } else { &text })]);
        bench.commit_tree(&tree, mode);
        if at % 4 == 3 {
            let document = bench.verify(&["--json"]).json();
            assert_eq!(document["agree"], true, "up to mode {mode}: {document:#}");
        }
    }
    // The lines live from the last time on that git saw a file come, and a submodule has none.
    let (rows, _) = bench.rows(&["--strict"]);
    let alive: Vec<&str> = rows.lines().skip(1).filter(|row| row.split(',').nth(4) == Some("")).collect();
    assert_eq!(alive.len(), 1, "{rows}");
    assert!(alive[0].starts_with(&bench.repo.git(&["rev-parse", "main"])), "{rows}");
}

#[test]
fn a_folder_that_fsck_reports_is_read_as_by_blame_and_told() {
    let mut bench = Bench::new();
    let (a, b, z) = (bench.blob(&lines("a", 1, 5)), bench.blob(&lines("b", 1, 7)), bench.blob(&lines("z", 1, 3)));
    let file = "100644";
    let below = bench.tree(&[(file, "x", &z)]);
    for (message, entries) in [
        ("plain", vec![(file, "a", &a), (file, "z", &z)]),
        ("twice", vec![(file, "a", &a), (file, "a", &b), (file, "z", &z)]),
        ("twice the same", vec![(file, "a", &a), (file, "a", &a), (file, "z", &z)]),
        ("the other one first", vec![(file, "a", &b), (file, "a", &a), (file, "z", &z)]),
        ("once", vec![(file, "a", &b), (file, "z", &z)]),
        ("a file and a folder", vec![(file, "a", &b), ("40000", "a", &below), (file, "z", &z)]),
        ("not in order", vec![(file, "z", &z), (file, "a", &b)]),
        ("in order", vec![(file, "a", &b), (file, "z", &z)]),
        ("twice at the tip", vec![(file, "a", &b), (file, "z", &z), (file, "z", &a)]),
    ] {
        let entries: Vec<(&str, &str, &str)> = entries.iter().map(|(mode, name, id)| (*mode, *name, id.as_str())).collect();
        let tree = bench.tree(&entries);
        bench.commit_tree(&tree, message);
        let run = bench.verify(&["--json"]);
        assert_eq!(run.code, Some(0), "after `{message}`\n{run}");
    }
    let (rows, run) = bench.rows(&["--strict"]);
    assert!(run.says("lists one name twice") && run.says("duplicateEntries"), "{run}");
    assert!(run.says("not in git's order") && run.says("treeNotSorted"), "{run}");
    let alive = |path: &str| -> u64 {
        let of = rows.lines().map(|row| row.split(',').collect::<Vec<_>>()).filter(|row| row[2] == path && row[4].is_empty());
        of.map(|row| row[7].parse::<u64>().unwrap()).sum()
    };
    assert_eq!((alive("a"), alive("z")), (7, 3), "{rows}");
    let git = bench.repo.git(&["blame", "-s", "main", "--", "z"]);
    assert_eq!(git.lines().count(), 3, "git blame reads the first entry: {git}");
    // The second entry of a name is no file of its own, and no folder is damaged by it.
    assert_eq!(bench.sources("z").len(), 3);
}

#[test]
fn grafts_are_told_and_not_followed() {
    let (bench, ids) = Bench::grown(4);
    let (before, _) = bench.rows(&[]);
    fs::write(bench.repo.path.join(".git/info/grafts"), format!("# a comment\n{} {}\n{}\n", ids[0], ids[2], ids[3])).unwrap();
    let (after, run) = bench.rows(&[]);
    assert_eq!(before, after);
    assert!(run.says("`info/grafts` gives other parents to 2 commits") && run.says("not followed"), "{run}");
    // The first graft makes a circle, in which git itself would run for ever.
    let run = bench.verify(&[]);
    assert!(run.says("info/grafts"), "{run}");
    run.ok();
    fs::remove_file(bench.repo.path.join(".git/info/grafts")).unwrap();
    assert!(!bench.rows(&[]).1.says("grafts"), "what is gone is told no more");
}

#[test]
fn a_circle_of_replaced_commits_ends_with_a_message() {
    let (bench, ids) = Bench::grown(4);
    let raw = bench.repo.git(&["cat-file", "commit", &ids[0]]);
    let (tree, rest) = raw.split_once('\n').unwrap();
    let with_parent = format!("{tree}\nparent {}\n{rest}\n", ids[2]);
    let other =
        bench.repo.git_with_input(&["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], with_parent.as_bytes());
    bench.repo.git(&["update-ref", &format!("refs/replace/{}", ids[0]), &other]);
    for run in [bench.candor.lines(&bench.repo.path, &[]), bench.verify(&[]), bench.blame(&["a.txt"])] {
        run.check_refused(2, &["is its own ancestor", "git replace"]).unwrap_or_else(|why| panic!("{why}"));
    }
    bench.repo.git(&["update-ref", "-d", &format!("refs/replace/{}", ids[0])]);
    bench.repo.git(&["replace", "--graft", &ids[3], &ids[1]]);
    let (_, run) = bench.rows(&[]);
    assert!(run.says("in the place of 1 object another one stands"), "{run}");
}

#[test]
fn a_sample_that_agrees_is_called_a_sample() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c"] {
        bench.repo.write(name, lines(name, 1, 4));
    }
    bench.repo.commit("Start");
    let text = String::from_utf8(bench.verify(&["--sample", "1"]).ok()).unwrap();
    assert!(text.contains("candor and git agree in the sample: git was asked for the lines of 1 of 3 files"), "{text}");
    assert!(!text.contains("candor and git agree\n"), "{text}");
    let text = String::from_utf8(bench.verify(&["--sample", "9"]).ok()).unwrap();
    assert!(text.contains("candor and git agree\n"), "a sample of all is all: {text}");
}

#[test]
fn times_that_no_calendar_holds_are_no_times() {
    let mut bench = Bench::new();
    bench.repo.write("a.txt", lines("a", 1, 2));
    bench.commit_at("1700000000", "1700000000");
    bench.repo.write("b.txt", lines("b", 1, 2));
    bench.commit_at("-9223372036854775808", "-9223372036854775808");
    bench.repo.write("c.txt", lines("c", 1, 2));
    bench.commit_at("9223372036854775807", "9223372036854775807");
    bench.repo.write("d.txt", lines("d", 1, 2));
    bench.commit_at("1700000500", "1700000500");
    let (rows, run) = bench.rows(&[]);
    assert!(run.says("2 commits") && run.says("a time that no calendar holds"), "{run}");
    let landed: Vec<&str> = rows.lines().skip(1).map(|row| row.split(',').nth(3).unwrap()).collect();
    // Without a time of its own a commit has that of its parent.
    assert_eq!(
        landed,
        ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", "2023-11-14T22:21:40Z"],
        "{rows}"
    );
    for file in ["b.txt", "c.txt"] {
        assert_eq!(bench.sources(file), ["unknown"; 2], "{file}");
    }
}

#[test]
fn a_time_that_cannot_be_true_makes_no_line_human() {
    let mut bench = Bench::new();
    let mut commit = |file: &str, author: &str, committer: &str| {
        bench.repo.write(file, lines(file, 1, 3));
        bench.commit_at(author, committer)
    };
    commit("old.txt", "1500000000", "1500000000");
    commit("never_set.txt", "0", "0");
    commit("negative.txt", "-5", "1500000100");
    commit("future.txt", "1900000000", "1900000000");
    commit("after_it.txt", "1500000200", "1500000200");
    commit("again.txt", "1500000300", "1500000300");
    commit("new.txt", "1700000000", "1700000000");
    commit("next.txt", "1700000100", "1700000100");
    commit("reset.txt", "946684800", "946684800");
    commit("reset_again.txt", "946684900", "946684900");
    let tip = commit("tip.txt", "1700000200", "1700000200");
    for (file, source) in [
        ("old.txt", "human"),
        ("never_set.txt", "unknown"),
        ("negative.txt", "unknown"),
        ("future.txt", "unknown"),
        // Of this one and the one before it, one has a wrong time.
        ("after_it.txt", "unknown"),
        ("again.txt", "human"),
        ("new.txt", "unknown"),
        ("reset.txt", "unknown"),
        ("reset_again.txt", "unknown"),
        ("tip.txt", "unknown"),
    ] {
        assert_eq!(bench.sources(file), [source; 3], "{file}");
    }
    let (_, run) = bench.rows(&[]);
    assert!(run.says("up to the first second of 1970"), "{run}");
    assert!(run.says("3 commits") && run.says("more than a day before that of a commit that it builds on"), "{run}");
    assert!(run.says("more than a day after that of the tip"), "{run}");
    // The report and the export say the same, and evidence still speaks.
    let document = bench.candor.attribution(&bench.repo.path, &[]).json();
    let humans = document["attribution"].as_object().unwrap().values().filter(|one| one["origin"] == "human").count();
    assert_eq!(humans, 2, "old.txt and again.txt: {document:#}");
    assert!(document["attribution"][&tip].is_object());
}

#[test]
fn damaged_facts_of_the_cache_are_set_aside_and_made_anew() {
    for (what, damage) in [
        (
            "the journal",
            (|lake: &Path| fs::write(lake.join("journal.sqlite"), b"no database at all, but some bytes\n").unwrap()) as fn(&Path),
        ),
        ("a segment", |lake: &Path| {
            let folder = lake.join("facts/line_cohorts");
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
                fs::write(path, b"PAR1").unwrap();
            }
        }),
        ("a state", |lake: &Path| {
            for entry in fs::read_dir(lake.join("state")).unwrap() {
                let path = entry.unwrap().path();
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            }
        }),
    ] {
        let (mut bench, _) = Bench::grown(3);
        let (expected, _) = bench.rows(&[]);
        let lakes = |bench: &Bench| -> Vec<String> {
            let names = fs::read_dir(&bench.candor.cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect()
        };
        let name = lakes(&bench)[0].clone();
        damage(&bench.candor.cache.join(&name));
        let (rows, run) = bench.rows(&[]);
        assert_eq!(rows, expected, "{what}");
        assert!(run.says("set aside") && run.says(".damaged"), "{what}\n{run}");
        let mut after = lakes(&bench);
        after.sort();
        assert_eq!(after, [name.clone(), format!("{name}.damaged")], "{what}");
        let (_, quiet) = bench.rows(&[]);
        assert!(!quiet.says("set aside"), "once is enough: {quiet}");
        bench.repo.write("b.txt", "more\n");
        bench.repo.commit("More");
        assert!(bench.rows(&[]).0.contains(",b.txt,"), "{what}");
        // A second time the older one makes room.
        damage(&bench.candor.cache.join(&name));
        assert!(bench.rows(&[]).1.says("set aside"), "{what}");
        assert_eq!(lakes(&bench).len(), 2, "{what}");
    }
}

#[test]
fn what_is_read_is_said_where_head_is_elsewhere() {
    let (mut bench, ids) = Bench::grown(3);
    bench.repo.git(&["update-ref", "refs/remotes/origin/main", &ids[1]]);
    bench.repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let run = bench.blame(&["a.txt"]);
    assert!(run.says("`main` is read as `origin` has it") && run.says(&ids[1][..8]) && run.says(&ids[2][..8]), "{run}");
    assert_eq!(run.ok().iter().filter(|byte| **byte == b'\n').count(), 2, "the lines of origin/main");
    assert!(bench.rows(&[]).1.says("`main` is read as `origin` has it"));
    for revision in ["HEAD", "main"] {
        let run = bench.blame(&["a.txt", revision]);
        assert_eq!(run.ok().iter().filter(|byte| **byte == b'\n').count(), 3, "{revision}");
    }
    bench.repo.git(&["checkout", "-q", "-b", "topic"]);
    bench.repo.write("a.txt", lines("a", 1, 9));
    bench.repo.commit("On a branch");
    assert!(bench.blame(&["a.txt"]).says("HEAD, on `topic`"));
    bench.repo.git(&["checkout", "-q", &ids[1]]);
    assert!(!bench.blame(&["a.txt"]).says("HEAD"), "HEAD is where origin/main is");
}

#[test]
fn a_branch_that_is_as_it_was_is_not_read_again() {
    let mut bench = Bench::new();
    bench.repo.write("a.txt", lines("a", 1, 3));
    bench.repo.commit("Start");
    let mut squashes = Vec::new();
    let mut own = Vec::new();
    for number in [7, 8] {
        bench.repo.git(&["checkout", "-q", "-b", "topic"]);
        bench.repo.write(&format!("{number}.txt"), lines("ai", 1, 4));
        own.push(bench.repo.commit("Part\n\nCo-authored-by: Claude <noreply@anthropic.com>\n"));
        bench.repo.git(&["update-ref", &format!("refs/pull/{number}/head"), "topic"]);
        bench.repo.git(&["checkout", "-q", "main"]);
        bench.repo.git(&["merge", "-q", "--squash", "topic"]);
        squashes.push(bench.repo.commit_index(&format!("Add it (#{number})")));
        bench.repo.git(&["branch", "-q", "-D", "topic"]);
    }
    let ai = |bench: &Bench, squash: &str| -> usize {
        let document = bench.candor.attribution(&bench.repo.path, &[]).json();
        document["attribution"][squash]["line_origin"]
            .as_object()
            .map_or(0, |files| files.values().map(|file| file["ai"].as_array().map_or(0, Vec::len)).sum())
    };
    assert_eq!(squashes.iter().map(|squash| ai(&bench, squash)).collect::<Vec<_>>(), [4, 4]);
    // The commit itself is gone: a run that looked at the branch again would find nothing to carry.
    fs::remove_file(bench.repo.path.join(".git/objects").join(&own[0][..2]).join(&own[0][2..])).unwrap();
    bench.repo.write("a.txt", lines("a", 1, 4));
    bench.repo.commit("More");
    assert_eq!(squashes.iter().map(|squash| ai(&bench, squash)).collect::<Vec<_>>(), [4, 4]);
    // A head that moved is looked at.
    bench.repo.git(&["update-ref", "refs/pull/8/head", &squashes[0]]);
    assert_eq!(ai(&bench, &squashes[1]), 0);
}

#[test]
fn what_cannot_be_found_or_written_says_how_to_go_on() {
    let (bench, _) = Bench::grown(2);
    for (run, says) in [
        (bench.blame(&["nope.rs"]), &["no file `nope.rs`", "hint:"][..]),
        (bench.blame(&["a.txt", "no-such-rev"]), &["neither a branch or tag nor a commit", "hint:"]),
        (bench.blame(&["a.txt", "main~9"]), &["lies before the first", "hint:"]),
        (
            bench.candor.lines(&bench.repo.path, &["--output", bench.dir.path().join("no/such/lines.csv").to_str().unwrap()]),
            &["no/such/lines.csv", "hint: the folder must be there before", "make it first"],
        ),
    ] {
        run.check_refused(2, says).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn references_that_cannot_be_read_are_named() {
    let (bench, _) = Bench::grown(2);
    let git = bench.repo.path.join(".git");
    bench.repo.git(&["pack-refs", "--all"]);
    let packed = fs::read(git.join("packed-refs")).unwrap();
    fs::write(git.join("packed-refs"), b"# pack-refs with: peeled fully-peeled sorted \nthis is no line of references\n")
        .unwrap();
    for run in [bench.candor.lines(&bench.repo.path, &[]), bench.blame(&["a.txt"]), bench.verify(&[])] {
        run.check_refused(2, &["packed-refs", "hint:"]).unwrap_or_else(|why| panic!("{why}"));
    }
    fs::write(git.join("packed-refs"), packed).unwrap();
    bench.rows(&[]);
    fs::write(git.join("refs/heads/main"), b"no id at all\n").unwrap();
    for run in [bench.candor.lines(&bench.repo.path, &[]), bench.blame(&["a.txt"])] {
        run.check_refused(2, &["refs/heads/main", "hint:"]).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut bench = Bench::new();
    bench.repo.person = ("Mal\u{1b}[31mice".to_owned(), "m\u{9b}31m@example.com".to_owned());
    bench.repo.write("a\u{1b}]0;title\u{7}.txt", lines("a", 1, 2));
    bench.repo.commit("Start");
    let no_control = |bytes: &[u8], run: &str| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{run}: {text:?}");
        text
    };
    let name = "a\u{1b}]0;title\u{7}.txt";
    for flag in ["-l", "-e"] {
        let run = bench.blame(&[name, flag]);
        no_control(run.stderr.as_bytes(), "standard error");
        let text = no_control(&run.ok(), flag);
        assert!(text.contains("\\u{1b}") || text.contains("\\u{9b}"), "{text}");
    }
    let run = bench.blame(&["b\u{1b}[2J.txt"]);
    run.check_refused(2, &["\\u{1b}[2J"]).unwrap_or_else(|why| panic!("{why}"));
    no_control(run.stderr.as_bytes(), "standard error");
}

#[test]
fn what_a_folder_holds_and_cannot_be_read_is_left_out_and_told() {
    let (bench, _) = Bench::grown(2);
    fs::create_dir(bench.dir.path().join("many")).unwrap();
    let many = bench.dir.path().join("many");
    fs::rename(&bench.repo.path, many.join("good")).unwrap();
    let empty = Repository::new(&many, "empty");
    let run = bench.candor.run(["report", many.to_str().unwrap(), "--json"]);
    run.check_ok().unwrap();
    assert!(["left out", "many/empty", "no commits"].iter().all(|word| run.says(word)), "{run}");
    let told = run.json()["read"]["repositories"][0]["warnings"].to_string();
    assert!(told.contains("left out beside it") && told.contains("many/empty"), "{told}");
    // What is named itself is wanted.
    let named = bench.candor.run(["report", many.join("good").to_str().unwrap(), empty.path.to_str().unwrap()]);
    named.check_refused(2, &["many/empty", "no commits"]).unwrap();
    let alone = bench.candor.run(["report", empty.path.to_str().unwrap()]);
    alone.check_refused(2, &["no commits"]).unwrap();
}

#[test]
fn a_checkout_of_one_commit_is_read() {
    let (bench, ids) = Bench::grown(3);
    bench.repo.git(&["checkout", "-q", "--detach", &ids[1]]);
    bench.repo.git(&["branch", "-D", "main"]);
    let report = bench.candor.run(["report", bench.repo.path.to_str().unwrap(), "--json"]).json();
    assert_eq!(
        (report["read"]["repositories"][0]["branch"].as_str(), report["read"]["alive_lines"].as_u64()),
        (Some("HEAD"), Some(2))
    );
}

#[test]
fn a_clone_that_is_cut_after_it_was_read_says_so() {
    let (bench, ids) = Bench::grown(4);
    let report = |bench: &Bench| bench.candor.run(["report", bench.repo.path.to_str().unwrap(), "--json"]).json();
    let before = report(&bench);
    fs::write(bench.repo.path.join(".git/shallow"), format!("{}\n", ids[1])).unwrap();
    let after = report(&bench);
    assert_eq!(after["read"]["landings"], before["read"]["landings"], "what was read is kept");
    assert!(after["read"]["repositories"][0]["warnings"].to_string().contains("after it had been read"), "{after:#}");
}

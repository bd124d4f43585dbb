//! What goes wrong must be told: what and where, what was expected, how to go on. Exit code 2 for the user's mistakes, 1 for
//! failures, never a panic, and never rows that look like an answer.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::cohorts::Cohorts;
use crate::support::process::{Candor, Finished, finish};
use crate::support::repository::{Repository, lines};

struct Bench {
    temp: tempfile::TempDir,
    candor: Candor,
}

fn bench() -> Bench {
    let temp = tempfile::tempdir().unwrap();
    let candor = Candor::new(temp.path(), "store");
    Bench { temp, candor }
}

impl Bench {
    /// Five commits of ten lines each.
    fn repository(&self, name: &str) -> Repository {
        let mut repo = Repository::new(self.temp.path(), name);
        for i in 0..5 {
            repo.write(&format!("f{i}.txt"), lines(&format!("f{i}"), 1, 10));
            repo.commit("Ten lines");
        }
        repo
    }

    /// `candor export lines` and `candor report` on the same path must give the same kind of answer.
    fn refused(&self, path: &Path, further: &[&str], code: i32, says: &[&str]) {
        for run in [self.candor.lines(path, further), self.report(path, further)] {
            run.check_refused(code, says).unwrap_or_else(|why| panic!("{why}"));
            no_rows(&run);
        }
    }

    fn report(&self, path: &Path, further: &[&str]) -> Finished {
        let further = further.iter().map(OsStr::new);
        self.candor.run([OsStr::new("report"), path.as_os_str()].into_iter().chain(further))
    }
}

fn no_rows(run: &Finished) {
    assert!(run.stdout.iter().filter(|b| **b == b'\n').count() <= 1, "a refused run prints no rows\n{run}");
}

#[test]
fn not_a_repository() {
    let bench = bench();
    let plain = bench.temp.path().join("plain folder");
    fs::create_dir(&plain).unwrap();
    bench.refused(&plain, &[], 2, &["plain folder", "repository"]);
}

#[test]
fn no_such_path() {
    let bench = bench();
    bench.refused(&bench.temp.path().join("nowhere"), &[], 2, &["nowhere"]);
}

#[test]
fn a_file_in_place_of_a_repository() {
    let bench = bench();
    let file = bench.temp.path().join("file.txt");
    fs::write(&file, "text").unwrap();
    bench.refused(&file, &[], 2, &["file.txt"]);
}

#[test]
fn an_unknown_branch_is_named_with_those_that_exist() {
    let bench = bench();
    let repo = bench.repository("repo");
    bench.refused(&repo.path, &["--branch", "no-such-branch"], 2, &["no-such-branch", "main"]);
}

#[test]
fn an_unborn_branch_is_named() {
    let bench = bench();
    let repo = bench.repository("repo");
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/not-born"]);
    let run = bench.candor.lines(&repo.path, &[]);
    run.check_manners().unwrap();
    assert!(run.says("not-born") || run.says("main"), "{run}");
    assert!(matches!(run.code, Some(0 | 2)), "{run}");
}

#[test]
fn no_commits() {
    let bench = bench();
    let repo = Repository::new(bench.temp.path(), "repo");
    for run in [bench.candor.lines(&repo.path, &[]), bench.report(&repo.path, &[])] {
        run.check_manners().unwrap_or_else(|why| panic!("{why}"));
        assert!(run.says("no commit") || run.says("empty") || run.says("unborn") || run.says("no history"), "{run}");
    }
}

#[test]
fn a_corrupt_object_in_the_middle_is_named() {
    let bench = bench();
    let repo = bench.repository("repo");
    let blob = repo.git(&["rev-parse", "HEAD~2:f2.txt"]);
    let file = repo.path.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "no zlib stream").unwrap();
    let commit = repo.git(&["rev-parse", "HEAD~2"]);
    for run in [bench.candor.lines(&repo.path, &["--strict"]), bench.report(&repo.path, &[])] {
        run.check_manners().unwrap_or_else(|why| panic!("{why}"));
        assert!(run.says(&blob) || run.says(&commit), "neither the object {blob} nor its commit {commit} is named\n{run}");
    }
}

/// Objects cut off in the middle, as after a crash of the machine: of each kind one.
#[test]
fn truncated_objects_of_each_kind_end_no_run_in_a_panic() {
    for kind in ["HEAD", "HEAD^{tree}", "HEAD:f4.txt", "HEAD~3", "HEAD~3^{tree}"] {
        let bench = bench();
        let repo = bench.repository("repo");
        let id = repo.git(&["rev-parse", kind]);
        let file = repo.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        let run = bench.candor.lines(&repo.path, &[]);
        run.check_manners().unwrap_or_else(|why| panic!("{kind}: {why}"));
        let commit = repo.git(&["rev-parse", kind.split(['^', ':']).next().unwrap()]);
        assert!(run.says(&id) || run.says(&commit), "{kind}: neither the object {id} nor its commit is named\n{run}");
    }
}

/// What was missing and came back, or is replaced by something else, must show in the next run: the facts equal those of a fresh cache.
#[test]
fn a_mended_repository_is_read_anew() {
    let bench = bench();
    let fresh = |name: &str, repo: &Path| Candor::new(bench.temp.path(), name).lines(repo, &[]).ok();
    for (number, gone) in ["HEAD~2", "HEAD~2:f2.txt", "HEAD~2^{tree}"].into_iter().enumerate() {
        let repo = bench.repository(&format!("mended{number}"));
        let whole = fresh(&format!("whole{number}"), &repo.path);
        let id = repo.git(&["rev-parse", gone]);
        let file = repo.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
        let aside = repo.path.join("aside");
        fs::rename(&file, &aside).unwrap();
        let damaged = bench.candor.lines(&repo.path, &[]);
        assert!(damaged.code != Some(0) || damaged.stdout != whole, "{gone}: nothing was missed\n{damaged}");
        fs::rename(&aside, &file).unwrap();
        assert_eq!(bench.candor.lines(&repo.path, &[]).ok(), whole, "{gone} is back");
    }
    let repo = bench.repository("replaced");
    bench.candor.lines(&repo.path, &[]).ok();
    repo.git(&["replace", "--graft", "HEAD~1"]);
    let replaced = bench.candor.lines(&repo.path, &[]).ok();
    assert_eq!(replaced, fresh("replaced.fresh", &repo.path), "a replaced object");
    repo.git(&["replace", "-d", &repo.git(&["rev-parse", "HEAD~1"])]);
    assert_ne!(bench.candor.lines(&repo.path, &[]).ok(), replaced, "the replacement is gone");
}

/// Whole objects whose content is no tree and no commit: none may pass for an empty one.
#[test]
fn objects_that_make_no_sense_are_named_and_not_taken_for_empty_ones() {
    let bench = bench();
    let repo = bench.repository("repo");
    let write =
        |kind: &str, bytes: &[u8]| repo.git_with_input(&["hash-object", "-t", kind, "-w", "--stdin", "--literally"], bytes);
    let tree = write("tree", b"100644 a.rs\0abc");
    let person = "Ada Example <ada@example.com> 1800000000 +0000";
    let tail = format!("author {person}\ncommitter {person}\n\nOdd\n");
    let good = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = repo.git(&["rev-parse", "HEAD"]);
    for (name, named, commit) in [
        ("tree", Some(&tree), format!("tree {tree}\nparent {parent}\n{tail}")),
        ("parent", None, format!("tree {good}\nparent zzzz\n{tail}")),
        ("empty", None, String::new()),
        ("no_tree", None, tail.clone()),
    ] {
        let id = write("commit", commit.as_bytes());
        fs::write(repo.path.join(".git/refs/heads").join(name), format!("{id}\n")).unwrap();
        let run = bench.report(&repo.path, &["--branch", name]);
        run.check_refused(run.code.unwrap_or(0), &["damaged"]).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(run.code != Some(0) && run.says(named.unwrap_or(&id)), "{name}: the object is not named\n{run}");
    }
}

#[test]
fn malformed_notes_are_counted_and_stop_nothing() {
    let bench = bench();
    let repo = bench.repository("repo");
    let mut ids = Vec::new();
    let texts: [&[u8]; 5] = [b"", b"\xff\xfe\x00 no text", b"---\n[1,2]\n", b"f.txt\n  s_1::t_1 1-\n---\n{}", b"{\"a\":"];
    for (i, text) in texts.into_iter().enumerate() {
        let id = repo.git(&["rev-parse", &format!("HEAD~{i}")]);
        let blob = repo.git_with_input(&["hash-object", "-w", "--stdin"], text);
        repo.git(&["notes", "--ref=ai", "add", "-f", "-C", &blob, &id]);
        ids.push(id);
    }
    let document = bench.candor.attribution(&repo.path, &[]).json();
    for id in &ids {
        let found = &document["attribution"][id]["origin"];
        assert_eq!(found, "unknown", "a note that cannot be read says nothing about {id}");
    }
    bench.report(&repo.path, &["--json"]).json();
}

#[test]
fn a_notes_reference_that_names_no_commit_is_told() {
    let bench = bench();
    let repo = bench.repository("repo");
    let blob = repo.git_with_input(&["hash-object", "-w", "--stdin"], b"no commit");
    fs::create_dir_all(repo.path.join(".git/refs/notes")).unwrap();
    fs::write(repo.path.join(".git/refs/notes/ai"), format!("{blob}\n")).unwrap();
    let run = bench.candor.attribution(&repo.path, &[]);
    run.check_manners().unwrap_or_else(|why| panic!("{why}"));
    assert!(run.says("refs/notes/ai"), "the reference is not named\n{run}");
}

#[test]
fn malformed_files_of_the_user_are_named() {
    let bench = bench();
    let repo = bench.repository("repo");
    for (flag, name, text) in [
        ("--contexts", "contexts.toml", &b"\"**\" = \"no_such_context\"\n"[..]),
        ("--contexts", "broken.toml", b"[[[\n"),
        ("--contexts", "bytes.toml", b"\xff\xfe\x00"),
        ("--people", "people.csv", b"no,such,header\n1,2,3\n"),
    ] {
        let file = bench.temp.path().join(name);
        fs::write(&file, text).unwrap();
        let run = bench.report(&repo.path, &[flag, file.to_str().unwrap()]);
        run.check_refused(2, &[name]).unwrap_or_else(|why| panic!("{flag} {name}: {why}"));
    }
    for flag in ["--contexts", "--people"] {
        bench
            .report(&repo.path, &[flag, "missing.file"])
            .check_refused(2, &["missing.file"])
            .unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let bench = bench();
    let repo = bench.repository("repo");
    for (further, named) in [
        (&["--as-of", "yesterday"][..], "as-of"),
        (&["--since", "2024-13-45"], "since"),
        (&["--ai-heavy", "1.5"], "ai-heavy"),
        (&["--ai-heavy", "lots"], "ai-heavy"),
        (&["--se", "0.6", "--sp", "1.7"], "sp"),
        (&["--human-before", "2024-02-30"], "human-before"),
        (&["--attribution-complete", "ALL"], "attribution-complete"),
        (&["--no-such-flag"], "no-such-flag"),
    ] {
        let run = bench.report(&repo.path, further);
        run.check_refused(2, &[named]).unwrap_or_else(|why| panic!("{further:?}: {why}"));
    }
    let run = bench.candor.run(["export", "lines", "--repo", repo.path.to_str().unwrap(), "--format", "xml"]);
    run.check_refused(2, &["xml", "csv"]).unwrap_or_else(|why| panic!("{why}"));
    bench.candor.run(["no-such-command"]).check_refused(2, &["no-such-command"]).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let bench = bench();
    let repo = bench.repository("repo");
    // A file where the folder should be stops the superuser too.
    let blocked = bench.temp.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let run = bench.candor.with("CANDOR_CACHE_DIR", blocked.join("cache").to_str().unwrap()).lines(&repo.path, &[]);
    store_refused(&run, "blocked");
    if !mount(&["-t", "tmpfs", "-o", "ro", "tmpfs"], &bench.candor.cache) {
        return;
    }
    let run = bench.candor.lines(&repo.path, &[]);
    unmount(&bench.candor.cache);
    store_refused(&run, "store.cache");
}

/// A place that cannot be written is the user's mistake or a failure of the machine: the code may say either.
fn store_refused(run: &Finished, name: &str) {
    let code = run.code.filter(|c| *c != 0).unwrap_or(1);
    run.check_refused(code, &[name]).unwrap_or_else(|why| panic!("{why}"));
    no_rows(run);
}

#[test]
fn no_disk_space_is_told_and_leaves_a_store_that_opens() {
    let bench = bench();
    let mut repo = bench.repository("repo");
    for i in 0..40 {
        repo.write(&format!("more/{i}.txt"), lines(&format!("more {i}"), 1, 20));
        repo.commit("More");
    }
    if !mount(&["-t", "tmpfs", "-o", "size=16k", "tmpfs"], &bench.candor.cache) {
        return;
    }
    let full = bench.candor.lines(&repo.path, &[]);
    // The same place with room again: whatever was left there must not stand in the way.
    let grown = mount(&["-o", "remount,size=64m"], &bench.candor.cache);
    let after = bench.candor.lines(&repo.path, &[]);
    unmount(&bench.candor.cache);
    full.check_manners().unwrap_or_else(|why| panic!("{why}"));
    if full.code != Some(0) {
        full.check_refused(1, &[]).unwrap_or_else(|why| panic!("{why}"));
        assert!(full.says("space") || full.says("room"), "the message does not say that the disk is full\n{full}");
        no_rows(&full);
    }
    assert!(grown, "the file system could not be made larger");
    let expected = Candor::new(bench.temp.path(), "other").lines(&repo.path, &[]).ok();
    assert_eq!(Cohorts::parse(&expected).unwrap().alive(), 850);
    assert!(after.ok() == expected, "the run after the full disk differs from one in a new store");
}

/// Mounts something on `at`; says why not where that is not possible.
fn mount(options: &[&str], at: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(options).arg(at);
    if Command::new("mount").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: there is no command `mount` here");
        return false;
    }
    let run = finish(command);
    if run.code != Some(0) {
        println!("skipped: nothing can be mounted here: {}", run.stderr.trim());
    }
    run.code == Some(0)
}

fn unmount(at: &Path) {
    let mut command = Command::new("umount");
    command.arg(at);
    finish(command);
}

/// `candor export ... | head -1`: the reader goes away, and that is no error to shout about.
#[test]
fn a_closed_pipe_is_no_panic() {
    let bench = bench();
    let mut repo = bench.repository("repo");
    let many: String = (0..4000).map(|i| format!("line {i} of a file\n")).collect();
    for i in 0..400 {
        repo.write(&format!("dir/a-rather-long-name-to-fill-the-pipe-{i}.txt"), "one\ntwo\n");
    }
    repo.write("many.txt", many);
    repo.commit("Many rows");
    for args in [["export", "lines", "--format", "csv"], ["export", "attribution", "--format", "json"]] {
        let mut command = bench.candor.command(args);
        command.arg("--repo").arg(&repo.path).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        child.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert!(!stderr.to_lowercase().contains("error"), "{args:?}: a reader that has seen enough is no error: {stderr}");
    }
}

#[test]
fn arguments_that_are_no_utf8() {
    let bench = bench();
    let repo = bench.repository("repo");
    let odd = bench.temp.path().join(OsStr::from_bytes(b"r\xe9po"));
    let run = bench.candor.lines(&odd, &[]);
    run.check_refused(2, &["po"]).unwrap_or_else(|why| panic!("{why}"));
    fs::rename(&repo.path, &odd).unwrap();
    let run = bench.candor.lines(&odd, &[]);
    run.check_ok().unwrap_or_else(|why| panic!("a path that is no UTF-8 is still a path: {why}"));
    assert_eq!(Cohorts::parse(&run.stdout).unwrap().alive(), 50);
    for flag in ["--branch", "--format"] {
        let args = [OsStr::new("export"), OsStr::new("lines"), OsStr::new("--repo"), odd.as_os_str(), OsStr::new(flag)];
        let run = bench.candor.run(args.into_iter().chain([OsStr::from_bytes(b"\xff\xfe")]));
        run.check_refused(2, &[]).unwrap_or_else(|why| panic!("{why}"));
    }
}

/// A shallow clone and a clone without blobs are the two incomplete kinds that a user meets; CI makes the first by default.
#[test]
fn incomplete_clones_say_what_they_lack() {
    let bench = bench();
    let repo = bench.repository("repo");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path.display());
    for (name, option, words) in [
        ("shallow", "--depth=2", &["shallow"][..]),
        ("partial", "--filter=blob:none", &["partial", "missing", "promisor", "filter"]),
    ] {
        let clone = bench.temp.path().join(name);
        repo.git(&["clone", "-q", "--no-checkout", option, &url, clone.to_str().unwrap()]);
        // What is not there must not be fetched without being asked.
        fs::rename(&repo.path, repo.path.with_extension("away")).unwrap();
        let run = bench.candor.lines(&clone, &[]);
        fs::rename(repo.path.with_extension("away"), &repo.path).unwrap();
        run.check_manners().unwrap_or_else(|why| panic!("{why}"));
        assert!(words.iter().any(|word| run.says(word)), "none of {words:?} is said\n{run}");
        assert!(run.code == Some(2) || run.code == Some(0), "{run}");
    }
}

//! `candor verify` against git on repositories that hold what is odd, and against a git that lies.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::Candor;
use crate::support::repository::{Repository, lines, replace_line};

fn check<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// Text, a merge, a rename, a binary file that is renamed, a link to text, an empty file, and names that git quotes.
fn odd_repository(dir: &Path) -> Repository {
    let mut repo = Repository::new(dir, "repo");
    repo.write("a.txt", lines("a", 1, 30));
    repo.write("logo.png", b"\x89PNG\0\0 not a text\n");
    repo.write("empty", "");
    repo.write("late.txt", "no line end");
    repo.commit("Start");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("a.txt", replace_line(&lines("a", 1, 30), 3, "three, otherwise"));
    repo.commit("On a branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("sp ace/caf\u{e9}.txt", lines("b", 1, 12));
    repo.commit("Meanwhile");
    repo.clock += repo.step;
    repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "topic"]);
    repo.git(&["mv", "a.txt", "moved.txt"]);
    repo.git(&["mv", "logo.png", "brand.png"]);
    repo.commit("Move");
    repo.write("moved.txt", replace_line(&lines("a", 1, 30), 7, "seven, otherwise"));
    repo.write("late.txt", "no line end\nnow one\n");
    repo.commit("Change");
    repo
}

#[test]
fn an_odd_repository_agrees_with_git() {
    let dir = TempDir::new().unwrap();
    let repo = odd_repository(dir.path());
    let candor = Candor::new(dir.path(), "candor");
    let document = candor.run([Path::new("verify"), &repo.path, Path::new("--json")]).json();
    assert_eq!(document["agree"], true, "{document:#}");
    assert_eq!(document["tip"], repo.head());
    // moved.txt 30, late.txt 2, café.txt 12, and the empty file.
    for (name, compared, lines) in [("files", 4, 44), ("lines", 3, 44)] {
        let check = check(&document, name);
        assert_eq!((check["compared"].as_u64(), check["lines"].as_u64()), (Some(compared), Some(lines)), "{check:#}");
    }
    assert_eq!(check(&document, "files")["left_out"]["binary"], 1, "a renamed binary file still has no lines: {document:#}");
    assert_eq!(check(&document, "landings")["compared"], 5, "{document:#}");
    assert!(candor.cache.read_dir().unwrap().next().is_none(), "the comparison runs in memory");
}

#[test]
fn links_submodules_and_former_binaries_are_left_out_on_both_sides() {
    let dir = TempDir::new().unwrap();
    let mut repo = Repository::new(dir.path(), "repo");
    repo.write("was.bin", "one line\n\0 and a NUL\n");
    repo.commit("Start");
    repo.write("was.bin", "one line\nand a second one\n");
    repo.commit("Text now");
    let target = repo.git_with_input(&["hash-object", "-w", "--stdin"], b"was.bin");
    let head = repo.head();
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},link")]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
    repo.commit_index("A link and a submodule");
    let candor = Candor::new(dir.path(), "candor");
    let run = candor.run([Path::new("verify"), &repo.path, Path::new("--json")]);
    let document = run.json();
    let left_out = |name: &str, reason: &str| check(&document, name)["left_out"][reason].as_u64();
    assert_eq!(left_out("files", "symlink"), Some(1), "{document:#}");
    assert_eq!(left_out("files", "submodule"), Some(1), "{document:#}");
    assert_eq!(left_out("landings", "symlink"), Some(1), "{document:#}");
    // Git's blame follows the first line back into the binary version; Candor's lines were born with the text.
    assert_eq!(left_out("lines", "an earlier version is binary"), Some(1), "{document:#}");
    assert_eq!(document["agree"], true, "{document:#}");
}

#[test]
fn a_copy_that_lacks_an_object_is_compared_in_part() {
    let dir = TempDir::new().unwrap();
    let mut repo = odd_repository(dir.path());
    repo.write("gone.txt", lines("gone", 1, 9));
    repo.commit("Soon lost");
    let id = repo.git(&["rev-parse", "HEAD:gone.txt"]);
    repo.write("gone.txt", lines("found", 1, 5));
    repo.commit("Not lost");
    repo.write("gone.txt", lines("found", 1, 6));
    repo.commit("Needs nothing that is lost");
    std::fs::remove_file(repo.path.join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    let candor = Candor::new(dir.path(), "candor");
    let document = candor.run([Path::new("verify"), &repo.path, Path::new("--json")]).json();
    assert_eq!(document["agree"], true, "{document:#}");
    assert_eq!(check(&document, "landings")["left_out"]["missing from this copy"], 2, "{document:#}");
    assert_eq!(check(&document, "landings")["left_out"]["another version is missing from this copy"], 1, "{document:#}");
    assert_eq!(check(&document, "lines")["left_out"]["an earlier version is missing from this copy"], 1, "{document:#}");
}

#[test]
fn a_sample_asks_git_for_fewer_files() {
    let dir = TempDir::new().unwrap();
    let repo = odd_repository(dir.path());
    let candor = Candor::new(dir.path(), "candor");
    let run = candor.run([Path::new("verify"), &repo.path, Path::new("--sample"), Path::new("1"), Path::new("--json")]);
    let document = run.json();
    assert_eq!(check(&document, "lines")["compared"], 1, "{document:#}");
    assert_eq!(check(&document, "lines")["left_out"]["not in the sample"], 2, "{document:#}");
    assert_eq!(check(&document, "files")["compared"], 4, "a sample is of `git blame` only: {document:#}");
    let text = String::from_utf8(candor.run([Path::new("verify"), &repo.path]).ok()).unwrap();
    assert!(text.contains("candor and git agree"), "{text}");
}

/// A `git` that is the real one but for what `script` does first; `$real` is the real one.
#[cfg(unix)]
fn with_false_git(dir: &Path, candor: &Candor, script: &str) -> Candor {
    use std::os::unix::fs::PermissionsExt;
    let folder = dir.join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let real = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|path| path.is_file()).unwrap();
    let file = folder.join("git");
    std::fs::write(&file, format!("#!/bin/sh\nreal='{}'\n{script}\nexec \"$real\" \"$@\"\n", real.display())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap();
    candor.with("PATH", path.to_str().unwrap())
}

#[cfg(unix)]
#[test]
fn differences_are_found_listed_and_end_with_1() {
    let dir = TempDir::new().unwrap();
    let repo = odd_repository(dir.path());
    let head = repo.head();
    // One line more in the numbers of each commit, and a blame that gives all lines to the tip.
    let script = format!(
        r#"case "$*" in
*--numstat*) "$real" "$@" | sed 's/^1\t/2\t/; s/\x001\t/\x002\t/g'; exit;;
*--incremental*) "$real" "$@" | sed 's/^[0-9a-f]\{{40\}} /{head} /'; exit;;
esac"#
    );
    let candor = with_false_git(dir.path(), &Candor::new(dir.path(), "candor"), &script);
    let run = candor.run([Path::new("verify"), &repo.path, Path::new("--json"), Path::new("--limit"), Path::new("1")]);
    run.check_refused(1, &["differ"]).unwrap_or_else(|why| panic!("{why}"));
    let document: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(document["agree"], false, "{document:#}");
    assert_eq!(check(&document, "files")["differing"], 0, "{document:#}");
    let landings = check(&document, "landings");
    assert!(landings["differing"].as_u64() > Some(0), "{document:#}");
    let first = &landings["differences"][0];
    assert!(
        first["git"].as_str().unwrap().starts_with("+2 ") && first["candor"].as_str().unwrap().starts_with("+1 "),
        "{first:#}"
    );
    let found = check(&document, "lines");
    // All lines of `late.txt` are the tip's anyway.
    assert_eq!((found["differing"].as_u64(), found["not_listed"].as_u64()), (Some(2), Some(1)), "{document:#}");
    assert_eq!(found["differences"].as_array().map(Vec::len), Some(1), "{document:#}");
    let text = candor.run([Path::new("verify"), &repo.path]);
    assert_eq!(text.code, Some(1), "{text}");
    let said = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(said.contains("candor and git differ") && said.contains("moved.txt"), "{said}");
}

#[cfg(unix)]
#[test]
fn no_git_and_an_old_git_are_said() {
    let dir = TempDir::new().unwrap();
    let repo = odd_repository(dir.path());
    let candor = Candor::new(dir.path(), "candor");
    let old = with_false_git(dir.path(), &candor, r#"case "$*" in *version) echo 'git version 2.30.9'; exit;; esac"#);
    let run = old.run([Path::new("verify"), &repo.path]);
    run.check_refused(2, &["2.30.9", "too old", "2.31"]).unwrap_or_else(|why| panic!("{why}"));
    let empty = dir.path().join("nothing");
    std::fs::create_dir_all(&empty).unwrap();
    let none = candor.with("PATH", empty.to_str().unwrap()).run([Path::new("verify"), &repo.path]);
    none.check_refused(2, &["`git` is not found", "install git"]).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn mistakes_of_the_user_end_with_2() {
    let dir = TempDir::new().unwrap();
    let repo = odd_repository(dir.path());
    let candor = Candor::new(dir.path(), "candor");
    for (args, says) in [
        (vec!["verify", "nowhere"], vec!["nowhere", "no such"]),
        (vec!["verify", repo.path.to_str().unwrap(), "--branch", "mian"], vec!["mian", "main"]),
        (vec!["verify", repo.path.to_str().unwrap(), "--sample", "0"], vec!["--sample"]),
    ] {
        candor.run(&args).check_refused(2, &says).unwrap_or_else(|why| panic!("{why}"));
    }
}

/// Texts of few distinct lines, in which a diff has much to choose: the strict rules choose as `git diff --histogram` does.
#[test]
fn repetitive_texts_have_the_hunks_of_git() {
    let dir = TempDir::new().unwrap();
    let mut repo = Repository::new(dir.path(), "repo");
    let mut seed = 7_u64;
    let mut below = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let words =
        ["{", "}", "", "    }", "    {", "        ok", "    a = 1;", "    b = 2;", "fn f() {", "fn g() {", "    return;", "// x"];
    let mut texts = vec![vec![words[0]; 3]; 6];
    for _ in 0..60 {
        for (name, text) in texts.iter_mut().enumerate() {
            for _ in 0..1 + below(8) {
                let at = below(text.len() + 1);
                if below(3) == 0 && text.len() > 10 {
                    text.drain(at..(at + below(6)).min(text.len()).max(at));
                } else {
                    let new: Vec<&str> = (0..=below(7)).map(|_| words[below(words.len())]).collect();
                    text.splice(at..at, new);
                }
            }
            repo.write(&format!("{name}.txt"), format!("{}\n", text.join("\n")));
        }
        repo.commit("Change");
    }
    let run = Candor::new(dir.path(), "candor").run([Path::new("verify"), &repo.path, Path::new("--json")]);
    let document: Value = serde_json::from_slice(&run.stdout).unwrap();
    for name in ["files", "landings", "lines"] {
        assert_eq!(check(&document, name)["differing"], 0, "{document:#}");
    }
    assert!(check(&document, "landings")["lines"].as_u64() > Some(2_000), "{document:#}");
}

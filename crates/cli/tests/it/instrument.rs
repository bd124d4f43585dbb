//! `candor instrument`: the hooks in real repositories, under real git. What a commit says is asked of git, never of Candor.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use candor_attribution::declaration::Declaration;

use crate::support::process::{Candor, Finished, files_below, finish, isolate};
use crate::support::repository::Repository;

const INTERACTIVE: &str = "AI-Assisted: claude-code; mode=interactive";
const FETCH: &str = "+refs/notes/ai*:refs/notes/ai*";

struct Bench {
    temp: tempfile::TempDir,
    candor: Candor,
    repo: Repository,
}

fn bench() -> Bench {
    let temp = tempfile::tempdir().unwrap();
    let candor = Candor::new(temp.path(), "store");
    let mut repo = Repository::new(temp.path(), "a repo");
    repo.write("f.txt", "1\n");
    repo.commit("First");
    Bench { temp, candor, repo }
}

impl Bench {
    fn instrument(&self, path: &Path, further: &[&str]) -> Finished {
        self.candor.run([OsStr::new("instrument"), path.as_os_str()].into_iter().chain(further.iter().map(OsStr::new)))
    }

    fn installed() -> Bench {
        let bench = bench();
        bench.ok(&[]);
        bench
    }

    fn ok(&self, further: &[&str]) -> Finished {
        let run = self.instrument(&self.repo.path, further);
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        run
    }

    /// `git ARGS` in `dir` with a change staged, a declaration and an editor.
    fn git_in(&self, dir: &Path, declare: Option<&str>, editor: &str, args: &[&str]) -> Finished {
        let mut command = Command::new("git");
        isolate(&mut command, &self.temp.path().join("a repo.home"));
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
        }
        if let Some(value) = declare {
            command.env("CANDOR_DECLARE", value);
        }
        if !editor.is_empty() {
            command.env("GIT_EDITOR", editor);
        }
        command.args(args).current_dir(dir);
        finish(command)
    }

    fn git(&self, declare: Option<&str>, editor: &str, args: &[&str]) -> Finished {
        self.git_in(&self.repo.path, declare, editor, args)
    }

    fn change(&self) {
        let path = self.repo.path.join("f.txt");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}more\n")).unwrap();
        self.repo.git(&["add", "-A"]);
    }

    /// Commits a change, and gives the whole message.
    fn message(&self, declare: Option<&str>, editor: &str, args: &[&str]) -> String {
        self.change();
        let run = self.git(declare, editor, &[&["commit", "-q"], args].concat());
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        self.last()
    }

    fn last(&self) -> String {
        self.repo.git(&["log", "-1", "--format=%B"])
    }

    fn hook(&self, name: &str) -> PathBuf {
        self.repo.path.join(".git/hooks").join(name)
    }

    fn put_hook(&self, name: &str, text: &str) {
        fs::create_dir_all(self.hook(name).parent().unwrap()).unwrap();
        fs::write(self.hook(name), text).unwrap();
        fs::set_permissions(self.hook(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn trailers(message: &str) -> Vec<&str> {
    message.lines().filter(|line| line.to_ascii_lowercase().starts_with("ai-assisted")).collect()
}

#[test]
fn nothing_is_declared_by_default() {
    let bench = Bench::installed();
    assert_eq!(bench.message(None, "", &["-m", "Plain"]), "Plain");
    bench.repo.git(&["config", "candor.declare", "claude-code; mode=interactive"]);
    assert_eq!(bench.message(None, "", &["-m", "Set"]), format!("Set\n\n{INTERACTIVE}"));
    assert_eq!(bench.message(Some("none"), "", &["-m", "Own"]), "Own\n\nAI-Assisted: none; declared-by=person");
    assert_eq!(bench.message(Some(""), "", &["-m", "Silent"]), "Silent", "an empty variable keeps the setting quiet");
}

#[test]
fn what_the_hook_writes_is_what_the_declaration_prints() {
    let bench = Bench::installed();
    for (value, expected) in [
        ("claude-code; mode=interactive", INTERACTIVE),
        ("AI-Assisted: claude-code;mode=interactive", INTERACTIVE),
        ("cursor", "AI-Assisted: cursor; mode=unknown"),
        (
            " claude-code ,cursor ; mode = autonomous_agent; model=claude-opus-4-6 ",
            "AI-Assisted: claude-code, cursor; mode=autonomous; model=claude-opus-4-6",
        ),
        ("aider; model=ollama/qwen2.5:7b", "AI-Assisted: aider; mode=unknown; model=ollama/qwen2.5:7b"),
        ("none", "AI-Assisted: none; declared-by=person"),
        ("None; declared-by=tool", "AI-Assisted: none; declared-by=tool"),
    ] {
        let message = bench.message(Some(value), "", &["-m", "Change"]);
        assert_eq!(trailers(&message), [expected], "`{value}`\n{message}");
        let read = Declaration::parse(expected.strip_prefix("AI-Assisted: ").unwrap()).unwrap();
        assert_eq!(read.to_string(), expected, "`{value}` is read back");
        let by_git = bench.repo.git(&["log", "-1", "--format=%(trailers:key=AI-Assisted)"]);
        assert_eq!(by_git, expected, "git sees a trailer too");
    }
}

#[test]
fn values_that_say_nothing_or_mean_harm_are_told_and_not_written() {
    let bench = Bench::installed();
    let proof = bench.temp.path().join("proof");
    let run = format!("$(touch '{0}')`touch '{0}'`; touch '{0}'", proof.display());
    for value in [
        run.as_str(),
        "$(id)",
        "`id`",
        "a\nSigned-off-by: Mallory <m@example.com>",
        "claude-code; mode=chat\n\nmore",
        "x' ; touch y ; '",
        "\"quoted\"",
        "claude\u{e9}",
        "%s%n",
        "-n",
        "*",
        "yes",
        "true",
        "claude-code, none",
        "none; mode=chat",
        "none; declared-by=default",
        "claude-code; declared-by=person",
        "claude-code; mode=telepathic",
        "claude-code; colour=red",
        "claude-code; chat",
        ";",
        ",",
        &"x".repeat(201),
    ] {
        bench.change();
        let run = bench.git(Some(value), "", &["commit", "-q", "-m", "Change"]);
        run.check_ok().unwrap_or_else(|why| panic!("`{value}`: {why}"));
        if value == "-n" {
            assert_eq!(bench.last(), "Change\n\nAI-Assisted: -n; mode=unknown", "an odd name, but harmless");
            continue;
        }
        assert_eq!(bench.last(), "Change", "`{value}`");
        assert!(run.stderr.contains("candor: "), "`{value}` is not told\n{run}");
    }
    assert!(!proof.exists(), "a value was run");
    assert!(!bench.repo.path.join("y").exists(), "a value was run");
    bench.repo.git(&["config", "candor.declare", "$(touch proof)\nx"]);
    assert_eq!(bench.message(None, "", &["-m", "Change"]), "Change");
    assert!(!bench.repo.path.join("proof").exists(), "a setting was run");
}

#[test]
fn none_is_no_default_for_all_repositories() {
    let bench = Bench::installed();
    bench.change();
    let global = bench.temp.path().join("gitconfig");
    fs::write(&global, "[candor]\n\tdeclare = none\n").unwrap();
    let mut command = Command::new("git");
    isolate(&mut command, bench.temp.path());
    command.env("GIT_CONFIG_GLOBAL", &global).current_dir(&bench.repo.path);
    command.args(["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Change"]);
    let run = finish(command);
    run.check_ok().unwrap();
    assert_eq!(bench.last(), "Change");
    assert!(run.stderr.contains("default that nobody looked at"), "{run}");
}

#[test]
fn editors_comments_and_scissors() {
    let bench = Bench::installed();
    bench.repo.git(&["config", "candor.declare", "claude-code; mode=interactive"]);
    let subject = "sed -i 1s/^/Subject/";
    let expected = format!("Subject\n\n{INTERACTIVE}");
    for comment in ["#", ";", "%", "auto"] {
        bench.repo.git(&["config", "core.commentChar", comment]);
        for args in [&[][..], &["-v"], &["--cleanup=scissors"], &["-v", "--cleanup=scissors"]] {
            assert_eq!(bench.message(None, subject, args), expected, "comment `{comment}`, {args:?}");
            // A message that is there already, and opened once more in an editor.
            let further = [args, &["-e", "-m", "Subject"]].concat();
            assert_eq!(bench.message(None, "true", &further), expected, "comment `{comment}`, {further:?}");
        }
    }
    bench.repo.git(&["config", "core.commentChar", "auto"]);
    let message = bench.message(None, "", &["-m", "Subject", "-m", "See\n#7 is meant"]);
    assert_eq!(message, format!("Subject\n\nSee\n#7 is meant\n\n{INTERACTIVE}"), "without an editor no line is a comment");
    let message = bench.message(None, "true", &["-v", "-e", "-m", "Subject", "-m", "#7 is meant"]);
    assert_eq!(message, format!("Subject\n\n#7 is meant\n\n{INTERACTIVE}"));
}

#[test]
fn an_empty_message_is_still_refused() {
    let bench = Bench::installed();
    bench.repo.git(&["config", "candor.declare", "claude-code; mode=interactive"]);
    let template = bench.temp.path().join("template");
    fs::write(&template, "Why:\n\n# words on how\n").unwrap();
    let template = template.to_str().unwrap();
    let before = bench.repo.head();
    bench.change();
    for comment in ["#", ";", "auto"] {
        bench.repo.git(&["config", "core.commentChar", comment]);
        for args in [&["commit"][..], &["commit", "-v"], &["commit", "-s"], &["commit", "-m", ""], &["commit", "-t", template]] {
            let run = bench.git(None, "true", args);
            assert_eq!(run.code, Some(1), "comment `{comment}`: nobody wrote a message\n{run}");
            assert!(run.stderr.contains("Aborting commit"), "git's own words are missing\n{run}");
            assert_eq!(bench.repo.head(), before, "comment `{comment}`, {args:?}");
        }
    }
    bench.repo.git(&["config", "core.commentChar", "#"]);
    let message = bench.message(None, "sed -i 1s/^/My/", &["-t", template]);
    assert_eq!(message, format!("MyWhy:\n\n{INTERACTIVE}"));
}

#[test]
fn amending_merging_and_replaying_add_no_second_one() {
    let bench = Bench::installed();
    let set = Some("claude-code; mode=interactive");
    let declared = format!("Change\n\n{INTERACTIVE}");
    assert_eq!(bench.message(set, "", &["-m", "Change"]), declared);
    for args in [&["commit", "-q", "--amend", "--no-edit"][..], &["commit", "-q", "--amend", "-C", "HEAD"]] {
        bench.git(Some("cursor"), "", args).check_ok().unwrap();
        assert_eq!(bench.last(), declared, "{args:?}");
    }
    // What exists is declared by who says so now, and not by a standing setting or by a tool that did not see it.
    bench.message(None, "", &["-m", "Old"]);
    bench.repo.git(&["config", "candor.declare", "claude-code; mode=interactive"]);
    for (declare, expected) in [
        (None, "Old".to_owned()),
        (Some("none; declared-by=tool"), "Old".to_owned()),
        (Some("none"), "Old\n\nAI-Assisted: none; declared-by=person".to_owned()),
    ] {
        bench.git(declare, "", &["commit", "-q", "--amend", "--no-edit"]).check_ok().unwrap();
        assert_eq!(bench.last(), expected, "{declare:?}");
    }
    let git = |args: &[&str]| bench.git(set, "true", args).check_ok().unwrap_or_else(|why| panic!("{why}"));
    let base = bench.repo.head();
    git(&["switch", "-q", "-c", "side"]);
    bench.repo.write("side.txt", "side\n");
    bench.repo.git(&["add", "-A"]);
    bench.git(Some(""), "", &["commit", "-q", "-m", "Side, undeclared"]).check_ok().unwrap();
    bench.repo.write("side.txt", "side\nmore\n");
    bench.repo.git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "Side, declared"]);
    git(&["switch", "-q", "main"]);
    bench.message(Some(""), "", &["-m", "Main moves"]);
    git(&["merge", "-q", "--no-ff", "side", "-m", "Merge side"]);
    assert_eq!(bench.last(), "Merge side");
    git(&["reset", "-q", "--hard", "HEAD^"]);
    git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    git(&["commit", "-q", "-m", "Merge by hand"]);
    assert_eq!(bench.last(), "Merge by hand");
    git(&["reset", "-q", "--hard", "HEAD^"]);
    let expected = format!("Side, declared\n\n{INTERACTIVE}");
    git(&["cherry-pick", "side~1"]);
    assert_eq!(bench.last(), "Side, undeclared");
    git(&["cherry-pick", "side"]);
    assert_eq!(bench.last(), expected);
    git(&["switch", "-q", "side"]);
    git(&["rebase", "-q", "--force-rebase", "--onto", "main~2", &base]);
    assert_eq!(bench.last(), expected);
    assert_eq!(bench.repo.git(&["log", "-1", "--format=%B", "HEAD~1"]), "Side, undeclared");
    git(&["switch", "-q", "main"]);
    git(&["reset", "-q", "--hard", "HEAD~2"]);
    git(&["merge", "-q", "--squash", "side"]);
    git(&["commit", "-q", "--no-edit"]);
    assert_eq!(trailers(&bench.last()).len(), 0, "a squash's own part of the message is not declared anew\n{}", bench.last());
}

#[test]
fn a_hook_that_was_there_goes_on_working() {
    let bench = bench();
    let theirs = "#!/bin/sh\nprintf '%s|%s|%s\\n' \"${1##*/}\" \"$2\" \"$3\" >> seen\n[ ! -e stop ] || exit 7\nprintf '\\nTicket: 12\\n' >> \"$1\"\n";
    bench.put_hook("prepare-commit-msg", theirs);
    let before = files_below(&bench.repo.path.join(".git/hooks"));
    let config = fs::read(bench.repo.path.join(".git/config")).unwrap();
    bench.ok(&[]);
    let installed = files_below(&bench.repo.path.join(".git"));
    let again = bench.ok(&[]);
    assert_eq!(files_below(&bench.repo.path.join(".git")), installed, "the second time changes nothing\n{again}");
    let message = bench.message(Some("cursor; mode=chat"), "", &["-m", "Change"]);
    assert_eq!(message, "Change\n\nTicket: 12\nAI-Assisted: cursor; mode=chat");
    assert_eq!(fs::read_to_string(bench.repo.path.join("seen")).unwrap(), "COMMIT_EDITMSG|message|\n");
    bench.repo.write("stop", "");
    bench.change();
    let head = bench.repo.head();
    let run = bench.git(None, "", &["commit", "-q", "-m", "No"]);
    assert_eq!((run.code, bench.repo.head()), (Some(1), head), "the exit code of the hook before is respected\n{run}");
    bench.ok(&["--remove"]);
    assert_eq!(files_below(&bench.repo.path.join(".git/hooks")), before);
    assert_eq!(fs::read(bench.repo.path.join(".git/config")).unwrap(), config);
    // Changed meanwhile: what is there now is put back, not what once was.
    bench.ok(&[]);
    fs::write(bench.hook("prepare-commit-msg.candor-chained"), "#!/bin/sh\n# newer\n").unwrap();
    bench.ok(&["--remove"]);
    assert_eq!(fs::read_to_string(bench.hook("prepare-commit-msg")).unwrap(), "#!/bin/sh\n# newer\n");
    bench.ok(&["--remove"]);
    assert_eq!(fs::read_to_string(bench.hook("prepare-commit-msg")).unwrap(), "#!/bin/sh\n# newer\n", "not ours, not touched");
}

#[test]
fn a_hook_that_replaced_ours_is_not_touched() {
    let bench = bench();
    bench.put_hook("commit-msg", "#!/bin/sh\n# first\n");
    bench.ok(&[]);
    bench.put_hook("commit-msg", "#!/bin/sh\n# another\n");
    let all = files_below(&bench.repo.path.join(".git"));
    bench.instrument(&bench.repo.path, &[]).check_refused(2, &["commit-msg.candor-chained", "nothing was changed"]).unwrap();
    assert_eq!(files_below(&bench.repo.path.join(".git")), all, "a refusal leaves nothing behind");
    bench.ok(&["--remove"]);
    assert_eq!(fs::read_to_string(bench.hook("commit-msg")).unwrap(), "#!/bin/sh\n# another\n");
    assert_eq!(fs::read_to_string(bench.hook("commit-msg.candor-chained")).unwrap(), "#!/bin/sh\n# first\n");
}

#[test]
fn settings_are_added_once_and_taken_out_again() {
    let bench = bench();
    let copy = bench.temp.path().join("copy");
    let run =
        bench.git_in(bench.temp.path(), None, "", &["clone", "-q", bench.repo.path.to_str().unwrap(), copy.to_str().unwrap()]);
    run.check_ok().unwrap();
    let config = fs::read(copy.join(".git/config")).unwrap();
    let ask = |key: &str| String::from_utf8(bench.git_in(&copy, None, "", &["config", "--get-all", key]).stdout).unwrap();
    for _ in 0..2 {
        bench.instrument(&copy, &[]).check_ok().unwrap();
        assert_eq!(ask("remote.origin.fetch"), format!("+refs/heads/*:refs/remotes/origin/*\n{FETCH}\n"));
        assert_eq!(ask("notes.rewriteRef"), "refs/notes/ai\n");
    }
    bench.git_in(&copy, None, "", &["fetch", "-q"]).check_ok().expect("a remote without notes stops no fetch");
    bench.repo.git(&["notes", "--ref=ai", "add", "-m", "note"]);
    bench.git_in(&copy, None, "", &["fetch", "-q"]).check_ok().unwrap();
    bench.git_in(&copy, None, "", &["notes", "--ref=ai", "show"]).check_ok().expect("notes come with the fetch");
    bench.instrument(&copy, &["--remove"]).check_ok().unwrap();
    assert_eq!(fs::read(copy.join(".git/config")).unwrap(), config);
    // The same values set by somebody else stay.
    for (key, value) in [("remote.origin.fetch", FETCH), ("notes.rewriteRef", "refs/notes/ai")] {
        bench.git_in(&copy, None, "", &["config", "--add", key, value]).check_ok().unwrap();
    }
    let config = fs::read(copy.join(".git/config")).unwrap();
    bench.instrument(&copy, &[]).check_ok().unwrap();
    bench.instrument(&copy, &["--remove"]).check_ok().unwrap();
    assert_eq!(fs::read(copy.join(".git/config")).unwrap(), config);
}

#[test]
fn hooks_path_work_trees_and_bare_repositories() {
    let bench = bench();
    let own = bench.temp.path().join("own hooks");
    bench.repo.git(&["config", "core.hooksPath", own.to_str().unwrap()]);
    bench.ok(&[]);
    assert!(own.join("prepare-commit-msg").is_file());
    assert_eq!(bench.message(Some("cursor"), "", &["-m", "Change"]), "Change\n\nAI-Assisted: cursor; mode=unknown");
    bench.ok(&["--remove"]);
    assert!(!own.exists(), "the folder was made by candor");
    bench.repo.git(&["config", "--unset", "core.hooksPath"]);

    let tree = bench.temp.path().join("tree");
    bench.repo.git(&["worktree", "add", "-q", tree.to_str().unwrap(), "-b", "other"]);
    bench.instrument(&tree, &[]).check_ok().unwrap();
    fs::write(tree.join("g.txt"), "g\n").unwrap();
    bench.git_in(&tree, None, "", &["add", "-A"]).check_ok().unwrap();
    bench.git_in(&tree, Some("cursor"), "", &["commit", "-q", "-m", "Tree"]).check_ok().unwrap();
    assert_eq!(bench.repo.git(&["log", "-1", "--format=%B", "other"]), "Tree\n\nAI-Assisted: cursor; mode=unknown");
    assert_eq!(bench.message(Some("cursor"), "", &["-m", "Main"]), "Main\n\nAI-Assisted: cursor; mode=unknown");

    let bare = Repository::with_options(bench.temp.path(), "bare.git", &["--bare"]);
    let config = fs::read(bare.path.join("config")).unwrap();
    bench.instrument(&bare.path, &[]).check_ok().unwrap();
    assert!(bare.path.join("hooks/prepare-commit-msg").is_file());
    let removed = String::from_utf8(bench.instrument(&bare.path, &["--remove"]).ok()).unwrap();
    assert!(!bare.path.join("hooks/prepare-commit-msg").exists());
    assert_eq!(fs::read(bare.path.join("config")).unwrap(), config, "the settings are what they were, byte for byte");
    assert!(removed.starts_with("removed in ") && !removed.contains("candor.declare"), "no guide to what is gone: {removed}");
    // A mirror fetches all references already.
    bare.git(&["remote", "add", "--mirror=fetch", "origin", bench.repo.path.to_str().unwrap()]);
    bench.instrument(&bare.path, &[]).check_ok().unwrap();
    assert_eq!(bare.git(&["config", "--get-all", "remote.origin.fetch"]), "+refs/*:refs/*");
}

#[test]
fn hook_managers_and_bad_places_are_named_and_nothing_is_changed() {
    let mut bench = bench();
    bench.repo.write(".husky/pre-commit", "true\n");
    bench.repo.commit("Husky");
    bench.repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let all = files_below(&bench.repo.path);
    let run = bench.instrument(&bench.repo.path, &[]);
    run.check_refused(2, &["husky", "--print-hook prepare-commit-msg"]).unwrap_or_else(|why| panic!("{why}"));
    bench.repo.git(&["config", "core.hooksPath", ".husky"]);
    bench.instrument(&bench.repo.path, &[]).check_refused(2, &["husky"]).unwrap();
    bench.repo.git(&["config", "core.hooksPath", ".husky/_"]);
    assert_eq!(files_below(&bench.repo.path).len(), all.len(), "nothing is left behind");
    bench.instrument(&bench.temp.path().join("nowhere"), &[]).check_refused(2, &["nowhere"]).unwrap();
    bench.instrument(bench.temp.path(), &["--check"]).check_refused(2, &["repository"]).unwrap();
    bench.repo.git(&["config", "core.hooksPath", bench.repo.path.join("f.txt").to_str().unwrap()]);
    let run = bench.instrument(&bench.repo.path, &[]);
    run.check_refused(2, &["f.txt", "folder of the hooks", "nothing was changed"]).unwrap_or_else(|why| panic!("{why}"));
    let printed = bench.candor.run(["instrument", "--print-hook", "commit-msg"]);
    assert!(printed.stdout.starts_with(b"#!/bin/sh\n# candor-hook: commit-msg\n"), "{printed}");
}

#[test]
fn the_check_lists_commits_without_evidence() {
    let bench = Bench::installed();
    bench.repo.git(&["switch", "-q", "-c", "work"]);
    bench.message(Some("cursor; mode=chat"), "", &["-m", "Declared"]);
    bench.message(Some("none"), "", &["-m", "By hand"]);
    bench.message(None, "", &["-m", "Agent", "-m", "Co-Authored-By: Claude <noreply@anthropic.com>"]);
    bench.ok(&["--check"]);
    bench.message(None, "", &["-m", "Silent", "-m", "AI-Assisted: none"]);
    let silent = bench.repo.head();
    let run = bench.instrument(&bench.repo.path, &["--check"]);
    run.check_refused(1, &["1 of 4 commits"]).unwrap_or_else(|why| panic!("{why}"));
    assert!(String::from_utf8_lossy(&run.stdout).contains("Silent"), "{run}");
    bench.ok(&["--check", "--allow-undeclared", "1"]);
    bench.ok(&["--check", "main..HEAD~1"]);
    let run = bench.instrument(&bench.repo.path, &["--check", "HEAD~1..HEAD", "--json"]);
    assert_eq!(run.code, Some(1), "{run}");
    let document: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(document["undeclared"][0]["commit"], silent.as_str(), "{document}");
    assert_eq!(document["passes"], false, "{document}");
    // An empty note says nothing; one that attributes lines is evidence.
    bench.repo.git(&[
        "notes",
        "--ref=ai",
        "add",
        "-m",
        "---\n{\"schema_version\":\"authorship/3.0.0\",\"base_commit_sha\":\"x\",\"prompts\":{}}",
    ]);
    assert_eq!(bench.instrument(&bench.repo.path, &["--check", "HEAD~1..HEAD"]).code, Some(1));
    let note = "f.txt\n  s_c9883b05a2487d::t_9f8e7d6c5b4a32 1-2\n---\n{\"schema_version\":\"authorship/3.0.0\",\"base_commit_sha\":\"x\",\"prompts\":{},\"sessions\":{\"s_c9883b05a2487d\":{\"agent_id\":{\"tool\":\"claude\",\"id\":\"c\",\"model\":\"m\"}}}}";
    bench.repo.git(&["notes", "--ref=ai", "add", "-f", "-m", note]);
    bench.ok(&["--check", "HEAD~1..HEAD"]);
    let ci = bench.candor.with("CI", "true");
    let run = ci.run([OsStr::new("instrument"), bench.repo.path.as_os_str(), OsStr::new("--check")]);
    assert!(run.code == Some(0) && String::from_utf8_lossy(&run.stdout).contains("the last one"), "{run}");
    for bad in ["no-such..HEAD", "--all", "--output=x"] {
        let run = bench.instrument(&bench.repo.path, &[&format!("--check={bad}")]);
        assert_eq!(run.code, Some(2), "`{bad}`\n{run}");
    }
}

#[test]
fn tools_of_this_repository_are_marked() {
    let mut bench = bench();
    bench.repo.write(".claude/settings.json", "{\"includeCoAuthoredBy\": false}");
    bench.repo.commit("Settings\n\nCo-authored-by: Cursor <cursoragent@cursor.com>");
    let text = String::from_utf8(bench.ok(&[]).stdout).unwrap();
    for says in
        ["* Claude Code", "`includeCoAuthoredBy` in `.claude/settings.json` switches its trace off", "* Cursor", "  Aider"]
    {
        assert!(text.contains(says), "`{says}` is missing\n{text}");
    }
}

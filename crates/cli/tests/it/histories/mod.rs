//! Runs the product on every history of `fixtures/histories` (or of the folder that `CANDOR_HISTORIES` names) and compares what
//! comes out with its `expected.json` and CSV files, exactly as the README there says. `CANDOR_HISTORY=NAME` runs one of them.

mod expected;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::attribution::{difference_in_attribution, difference_in_identities, difference_in_notes, of};
use crate::support::cohorts::{Cohort, Cohorts, Count, Names};
use crate::support::process::{Candor, Finished, files_below, finish, isolate};
use crate::support::survival::survival;
use expected::{Accepted, Aggregates, Expected, Mode, State, Survival};

/// Each history is built and mined by its own; two run side by side.
const THREADS: usize = 2;

/// One folder of histories, with its expectations.
struct History {
    name: String,
    folder: PathBuf,
    expected: Expected,
}

impl History {
    fn read(folder: &Path) -> Result<History, String> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join("expected.json")).map_err(|e| format!("{name}/expected.json: {e}"))?;
        let expected: Expected = serde_json::from_str(&text).map_err(|e| format!("{name}/expected.json: {e}"))?;
        if expected.schema != "candor-history/1" {
            return Err(format!("{name}/expected.json: schema `{}` is not known here", expected.schema));
        }
        Ok(History { name, folder: folder.to_path_buf(), expected })
    }

    fn rows(&self, file: &str) -> Result<Cohorts, String> {
        let bytes = std::fs::read(self.folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
        Cohorts::parse(&bytes).map_err(|e| format!("{file}: {e}"))
    }

    fn build(&self, script: &str, dir: &Path) -> Result<(), String> {
        let mut command = Command::new("sh");
        isolate(&mut command, dir);
        command.arg(self.folder.join(script)).arg(dir);
        let run = finish(command);
        if run.code == Some(0) { Ok(()) } else { Err(format!("the history cannot be built\n{run}")) }
    }
}

fn folder_of_histories() -> PathBuf {
    std::env::var_os("CANDOR_HISTORIES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/histories"), PathBuf::from)
}

/// Runs `check` on each history that `wanted` wants, in a new folder, and panics with all that failed.
fn each_history(wanted: impl Fn(&Expected) -> bool + Sync, check: impl Fn(&History, &Path) -> Result<(), String> + Sync) {
    let folder = folder_of_histories();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.join("expected.json").exists()).collect();
    folders.sort();
    if let Some(only) = std::env::var_os("CANDOR_HISTORY") {
        folders.retain(|f| f.file_name() == Some(&only));
    }
    assert!(!folders.is_empty(), "{} holds no history", folder.display());
    let git = finish({
        let mut command = Command::new("git");
        command.arg("--version");
        command
    });
    let git = version(&String::from_utf8_lossy(&git.stdout));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = History::read(folder).and_then(|history| {
                        if !wanted(&history.expected) {
                            return Ok(());
                        }
                        if let Some(needed) = history.expected.needs_git.as_ref().filter(|v| version(v) > git) {
                            println!("{}: skipped, it needs git {needed}", history.name);
                            return Ok(());
                        }
                        done.fetch_add(1, Ordering::Relaxed);
                        let temp = tempfile::tempdir().unwrap();
                        check(&history, temp.path()).map_err(|why| format!("== {}\n{why}", history.name))
                    });
                    if let Err(why) = outcome {
                        failures.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let run = done.into_inner();
    println!("{run} histories of {}, {} failed", folder.display(), failures.len());
    assert!(run > 0, "no history was run");
    assert!(failures.is_empty(), "{} of {run} histories failed:\n{}", failures.len(), failures.join("\n"));
}

/// The numbers of a version, as in `git version 2.47.3`.
fn version(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

#[test]
fn lines() {
    each_history(|_| true, check_lines);
}

#[test]
fn attribution_notes_and_identities() {
    each_history(|e| !(e.attribution.is_empty() && e.notes.is_empty() && e.identities.is_empty()), check_attribution);
}

/// The rows of both modes share one store, as they do for a user; then the second state with that store and with a new one.
fn check_lines(history: &History, dir: &Path) -> Result<(), String> {
    let expected = &history.expected;
    let built = dir.join("history");
    history.build(&expected.script, &built)?;
    let repo = built.join(&expected.open);
    let store = Candor::new(dir, "store");
    let mut wrong = check_state(history, &expected.state, &store, &repo, "first state");
    if let Some(then) = &expected.then {
        history.build(&then.script, &built)?;
        wrong.extend(check_state(history, &then.state, &store, &repo, "second state, store of the first"));
        wrong.extend(check_state(history, &then.state, &Candor::new(dir, "new"), &repo, "second state, new store"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn check_state(history: &History, state: &State, candor: &Candor, repo: &Path, which: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, mode) in [("strict", &state.strict), ("default", &state.default)] {
        let mut args: Vec<&str> = history.expected.args.iter().map(String::as_str).collect();
        args.extend((name == "strict").then_some("--strict"));
        let run = candor.lines(repo, &args);
        let mut verdict = judge(history, state, mode.as_ref(), name == "strict", &run);
        if verdict.is_ok() && run.code == Some(0) {
            let again = candor.lines(repo, &args);
            if again.stdout != run.stdout {
                verdict =
                    Err(format!("a second run over the same history gives other bytes\nfirst run\n{run}\nsecond run\n{again}"));
            }
        }
        wrong.extend(verdict.err().map(|why| format!("-- {name}, {which}\n{why}")));
    }
    wrong
}

/// Holds a run against the expected outcome first, then against each accepted one.
fn judge(history: &History, state: &State, mode: Option<&Mode>, strict: bool, run: &Finished) -> Result<(), String> {
    run.check_manners()?;
    let expected = &history.expected;
    let first = match &expected.refuse {
        Some(refuse) => check_outcome(history, refuse, strict, run),
        None => check_rows(history, state, mode, run),
    };
    let Err(why) = first else { return Ok(()) };
    let mut told = why;
    for accepted in &expected.accepted_outcomes {
        match check_outcome(history, accepted, strict, run) {
            Ok(()) => {
                println!("{}: accepted outcome `{}`", history.name, accepted.outcome.as_deref().unwrap_or("refuse"));
                return Ok(());
            }
            Err(why) => told += &format!("\n  nor is it an accepted outcome: {why}"),
        }
    }
    Err(told)
}

fn check_rows(history: &History, state: &State, mode: Option<&Mode>, run: &Finished) -> Result<(), String> {
    let mode = mode.ok_or("the history expects rows but names no file")?;
    run.check_ok()?;
    if let Some(word) = history.expected.says.iter().find(|word| !run.says(word)) {
        return Err(format!("standard error does not say `{word}`\n{run}"));
    }
    let got = Cohorts::parse(&run.stdout).map_err(|e| format!("{e}\n{run}"))?;
    let names = Names::from_labels(&state.labels);
    let expected = history.rows(&mode.file)?;
    let difference = match mode.check.as_str() {
        "rows" => Cohorts::difference(&expected, &got, &names),
        "totals" => Cohorts::difference_in_totals(&expected, &got, &names),
        other => return Err(format!("check `{other}` is not known here")),
    };
    let Some(difference) = difference else { return check_aggregates(&mode.aggregates, &got) };
    for accepted in &mode.accepted {
        if Cohorts::difference(&history.rows(&accepted.file)?, &got, &names).is_none() {
            println!("{}: accepted rows: {}", history.name, accepted.why);
            return Ok(());
        }
    }
    if let Some(forbidden) = &mode.forbidden {
        let column = |row: &Cohort, name: &str| match name {
            "landing" => row.landing.clone(),
            "death" => row.death.clone(),
            "origin" => row.origin.clone(),
            _ => row.killer_origin.clone(),
        };
        if got.rows.keys().all(|row| forbidden.iter().all(|(name, ids)| !ids.contains(&column(row, name)))) {
            println!("{}: accepted, because no row holds what is forbidden", history.name);
            return Ok(());
        }
    }
    Err(format!("  other rows than {}:\n{difference}  $ {}\n  standard error: {}", mode.file, run.command, run.stderr.trim_end()))
}

/// What the rows allow: sums, figures by commit, survival, and the same for substantive lines where the column is there.
fn check_aggregates(expected: &Aggregates, got: &Cohorts) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut same = |what: String, want: u64, have: u64| {
        if want != have {
            wrong.push(format!("  {what}: expected {want}, got {have}"));
        }
    };
    same("lines landed".to_owned(), expected.lines_landed, got.landed());
    same("lines alive".to_owned(), expected.lines_alive, got.alive());
    same("lines dead".to_owned(), expected.lines_dead, got.landed() - got.alive());
    // A line that resumes its life has no death in the rows: what was removed in between cannot be told from them.
    let resumes = expected.per_commit.iter().any(|c| c.resumed > 0);
    let mut alive = 0;
    for commit in &expected.per_commit {
        let (added, removed) = (got.sum(|r| r.landing == commit.commit), got.sum(|r| r.death == commit.commit));
        same(format!("added in {}", commit.commit), commit.added, added);
        alive = (alive + added).saturating_sub(removed);
        if !resumes {
            same(format!("removed in {}", commit.commit), commit.removed, removed);
            same(format!("alive after {}", commit.commit), commit.alive, alive);
        }
    }
    if got.has_before_observation {
        same(
            "lines from before the observation".to_owned(),
            expected.before_observation.unwrap_or(0),
            got.rows.values().map(|n| n.before_observation).sum(),
        );
    }
    if got.has_substantive {
        let want = &expected.substantive;
        same("substantive lines landed".to_owned(), want.lines_landed, got.sum_substantive(|_| true));
        same("substantive lines alive".to_owned(), want.lines_alive, got.sum_substantive(|r| r.death.is_empty()));
    }
    if expected.before_observation.is_none() {
        wrong.extend(check_survival("S", &expected.survival, &expected.tip_time, got, |n| n.lines));
        if got.has_substantive {
            wrong.extend(check_survival("substantive S", &expected.substantive.survival, &expected.tip_time, got, |n| {
                n.substantive
            }));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn check_survival(what: &str, expected: &Survival, tip_time: &str, got: &Cohorts, lines: fn(&Count) -> u64) -> Vec<String> {
    let mut wrong = Vec::new();
    let n: u64 = got.rows.values().map(lines).sum();
    if n != expected.n {
        wrong.push(format!("  {what}: expected n {}, got {n}", expected.n));
    }
    for (days, want) in [(30, &expected.d30), (60, &expected.d60), (90, &expected.d90)] {
        let have = survival(got, tip_time, days * 86_400, lines);
        if (have.s - want.s).abs() > 1e-9 || have.deaths != want.deaths || have.at_risk_after != want.at_risk_after {
            wrong.push(format!(
                "  {what}({days} days): expected {}, {} deaths, {} at risk after; got {}, {}, {}",
                want.s, want.deaths, want.at_risk_after, have.s, have.deaths, have.at_risk_after
            ));
        }
    }
    wrong
}

/// A refusal, a run that goes on in part, or a good run with other rows.
fn check_outcome(history: &History, accepted: &Accepted, strict: bool, run: &Finished) -> Result<(), String> {
    let outcome = accepted.outcome.as_deref().unwrap_or("refuse");
    if let Some(code) = accepted.exit_code
        && run.code != Some(code)
    {
        return Err(format!("`{outcome}` needs exit code {code}\n{run}"));
    }
    if let Some(word) = accepted.says.iter().find(|word| !run.says(word)) {
        return Err(format!("standard error does not say `{word}`\n{run}"));
    }
    if !accepted.says_one_of.is_empty() && !accepted.says_one_of.iter().any(|word| run.says(word)) {
        return Err(format!("standard error says none of `{}`\n{run}", accepted.says_one_of.join("`, `")));
    }
    if run.stderr.trim().is_empty() {
        return Err(format!("nothing on standard error tells what happened\n{run}"));
    }
    let got = if run.stdout.is_empty() {
        Cohorts::default()
    } else {
        Cohorts::parse(&run.stdout).map_err(|e| format!("{e}\n{run}"))?
    };
    match outcome {
        "refuse" if run.code == Some(0) => return Err(format!("a refusal does not end with exit code 0\n{run}")),
        "ok" => run.check_ok()?,
        "refuse" | "ok_in_part" => {}
        other => return Err(format!("outcome `{other}` is not known here")),
    }
    // The files of these histories are those of strict mode.
    match &accepted.file {
        Some(file) if strict => check_part(history, accepted, &history.rows(file)?, &got, run),
        Some(_) => Ok(()),
        None if got.rows.is_empty() => Ok(()),
        None => Err(format!("no row may be printed\n{run}")),
    }
}

/// Exact rows where `rows_checked` keeps them; a damaged path must not be told as if nothing had happened.
fn check_part(history: &History, accepted: &Accepted, undamaged: &Cohorts, got: &Cohorts, run: &Finished) -> Result<(), String> {
    let (paths, landings) = match &accepted.rows_checked {
        Some(checked) => (checked.paths_except.clone().unwrap_or_default(), checked.landings.as_ref()),
        None => (Vec::new(), None),
    };
    let keep = |r: &Cohort| !paths.contains(&r.path) && landings.is_none_or(|l| l.contains(&r.landing));
    let names = Names::from_labels(&history.expected.state.labels);
    if let Some(difference) = Cohorts::difference(&undamaged.filter(keep), &got.filter(keep), &names) {
        return Err(format!("other rows in the part that is not damaged:\n{difference}{run}"));
    }
    let damaged = |side: &Cohorts| side.filter(|r| !keep(r));
    if !paths.is_empty() && damaged(got).rows.keys().eq(damaged(undamaged).rows.keys()) && history.expected.refuse.is_some() {
        return Err(format!("the damaged paths are told as if nothing had happened\n{run}"));
    }
    Ok(())
}

/// Tells what of an expectation (first) is not met.
type Difference = fn(&serde_json::Value, &serde_json::Value) -> Vec<String>;

fn check_attribution(history: &History, dir: &Path) -> Result<(), String> {
    let expected = &history.expected;
    let built = dir.join("history");
    history.build(&expected.script, &built)?;
    let repo = built.join(&expected.open);
    let candor = Candor::new(dir, "store");
    let run = candor.attribution(&repo, &[]);
    run.check_ok()?;
    let document: serde_json::Value =
        serde_json::from_slice(&run.stdout).map_err(|e| format!("standard output is not JSON: {e}\n{run}"))?;
    let mut wrong = Vec::new();
    let kinds: [(&str, _, Difference); 3] = [
        ("attribution", &expected.attribution, difference_in_attribution),
        ("notes", &expected.notes, difference_in_notes),
        ("identities", &expected.identities, difference_in_identities),
    ];
    for (kind, all, difference) in kinds {
        for (commit, want) in all {
            let label = want["label"].as_str().unwrap_or_default();
            wrong.extend(
                difference(want, of(&document, kind, commit))
                    .iter()
                    .map(|why| format!("  {kind} of {label} ({}): {why}", &commit[..7])),
            );
        }
    }
    wrong.extend(check_nothing_forbidden(history, &candor, &repo, dir));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Transcripts inside notes are dropped unread: their text may be in no file that the product writes and in nothing that it prints.
fn check_nothing_forbidden(history: &History, candor: &Candor, repo: &Path, dir: &Path) -> Vec<String> {
    let texts: Vec<&str> = history.expected.notes.values().filter_map(|note| note["forbidden_text"].as_str()).collect();
    if texts.is_empty() {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let runs = [
        candor.lines(repo, &[]),
        candor.attribution(repo, &[]),
        candor.run(["report".as_ref(), repo.as_os_str(), "--json".as_ref()]),
    ];
    for run in &runs {
        let printed = [run.stdout.as_slice(), run.stderr.as_bytes()];
        for text in texts.iter().filter(|text| printed.iter().any(|bytes| holds(bytes, text.as_bytes()))) {
            wrong.push(format!("  `{text}` is printed by {}", run.command));
        }
    }
    for (path, bytes) in files_below(dir).into_iter().filter(|(path, _)| !path.starts_with("history")) {
        for text in texts.iter().filter(|text| holds(&bytes, text.as_bytes())) {
            wrong.push(format!("  `{text}` is in the file {}", path.display()));
        }
    }
    wrong
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// The comparison itself must be able to pass and to fail: each expected CSV against its own expectations, and with a row lost.
#[test]
fn the_expected_rows_agree_with_their_own_aggregates() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder_of_histories()).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("expected.json").exists() {
            continue;
        }
        let history = History::read(&folder).unwrap();
        let states = [Some(&history.expected.state), history.expected.then.as_ref().map(|then| &then.state)];
        for mode in states.into_iter().flatten().flat_map(|s| [&s.strict, &s.default]).flatten() {
            let mut rows = history.rows(&mode.file).unwrap();
            check_aggregates(&mode.aggregates, &rows).unwrap_or_else(|why| panic!("{}: {}:\n{why}", history.name, mode.file));
            rows.rows.pop_first();
            if mode.aggregates.lines_landed > 0 {
                assert!(check_aggregates(&mode.aggregates, &rows).is_err(), "{}: a lost row is not seen", history.name);
            }
            seen += 1;
        }
    }
    assert!(seen > 0, "no expected rows were read");
}

/// Judgements of single histories that `expected.json` gives in words.
mod judgements {
    use super::*;

    fn built(name: &str) -> Option<(History, tempfile::TempDir, PathBuf)> {
        let folder = folder_of_histories().join(name);
        if !folder.exists() {
            println!("{name}: skipped, it is not among these histories");
            return None;
        }
        let history = History::read(&folder).unwrap();
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("history");
        history.build(&history.expected.script, &dir).unwrap();
        let repo = dir.join(&history.expected.open);
        Some((history, temp, repo))
    }

    fn same(expected: &Cohorts, got: &[u8], names: &Names) -> Option<String> {
        Cohorts::difference(expected, &Cohorts::parse(got).unwrap(), names)
    }

    /// With `--branch other` an unborn HEAD is no obstacle.
    #[test]
    fn unborn_head_with_a_branch_named() {
        let Some((history, temp, repo)) = built("unborn") else { return };
        let run = Candor::new(temp.path(), "store").lines(&repo, &["--strict", "--branch", "other"]);
        let names = Names::from_labels(&history.expected.state.labels);
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(same(&history.rows("lines.strict.other.csv").unwrap(), &run.stdout, &names), None, "\n{run}");
    }

    /// A detached HEAD without `--branch`: the only branch, or the detached commit with a word about it, or a refusal that names the flag.
    #[test]
    fn detached_head_without_a_branch() {
        let Some((history, temp, repo)) = built("detached") else { return };
        let run = Candor::new(temp.path(), "store").lines(&repo, &["--strict"]);
        let names = Names::from_labels(&history.expected.state.labels);
        if run.code == Some(2) {
            run.check_refused(2, &["--branch"]).unwrap_or_else(|why| panic!("{why}"));
            return;
        }
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        let all = history.rows("lines.strict.csv").unwrap();
        if same(&all, &run.stdout, &names).is_some() {
            let tip = &history.expected.state.labels["C"];
            let other = Candor::new(temp.path(), "other").lines(&repo, &["--strict", "--branch", tip]);
            assert!(run.says("detached"), "another answer than that of main must say that HEAD is detached\n{run}");
            assert!(other.code != Some(0) || other.stdout == run.stdout, "neither main nor the detached commit\n{run}");
        }
    }
}

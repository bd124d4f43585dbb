//! Invariants over generated histories: what is alive is what the tip holds, what came minus what went is what is there at each
//! commit, a second run changes nothing, and an incremental run equals a full one, force pushes and odd clocks included.
//! `CANDOR_CASES` sets how many histories are made (40), `CANDOR_SEED` another start of the fixed series.

mod import;
mod model;

use std::collections::BTreeMap;
use std::path::Path;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::support::cohorts::{Cohorts, Names};
use crate::support::process::{Candor, files_below};
use crate::support::repository::Repository;
pub use import::{Importer, import};
use model::{History, Plan, Tree, lines_of, plan};

/// Runs `check` on generated plans; panics with the shortest plan that fails, and leaves its repository behind.
fn for_all(name: &str, check: fn(&Plan, &Path) -> Result<(), String>) {
    let number = |key: &str, otherwise: u32| std::env::var(key).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise);
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("CANDOR_SEED", 1).to_le_bytes());
    let config =
        Config { cases: number("CANDOR_CASES", 40), max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let outcome = runner.run(&plan(), |plan| {
        let temp = tempfile::tempdir().unwrap();
        check(&plan, temp.path()).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(_, plan)) = outcome {
        let kept = tempfile::tempdir().unwrap().keep();
        let why = check(&plan, &kept).expect_err("the shortest failing plan fails again");
        let steps: Vec<String> = plan.steps.iter().map(|step| format!("  {step:?}")).collect();
        let end: Vec<String> = plan.rewritten.iter().map(|step| format!("  {step:?}")).collect();
        panic!(
            "{name}: the shortest plan that fails (repository kept in {}):\n{}\ncut {}, rewritten end:\n{}\n{why}",
            kept.display(),
            steps.join("\n"),
            plan.cut,
            end.join("\n")
        );
    }
    outcome.unwrap();
}

/// A plan carried out in git, with `main` at the tip.
struct Built {
    history: History,
    ids: Vec<String>,
    repo: Repository,
    names: Names,
}

impl Built {
    fn new(plan: &Plan, dir: &Path) -> Built {
        let history = History::of(plan);
        let repo = Repository::with_options(dir, "repo", &["--bare"]);
        let ids = import(&history, &repo);
        let labels: BTreeMap<String, String> = ids.iter().enumerate().map(|(i, id)| (format!("c{i}"), id.clone())).collect();
        let built = Built { names: Names::from_labels(&labels), history, ids, repo };
        built.set_main(built.history.tip());
        built
    }

    fn set_main(&self, commit: usize) {
        self.repo.git(&["update-ref", "refs/heads/main", &self.ids[commit]]);
    }

    fn cohorts(&self, candor: &Candor, further: &[&str]) -> Result<Cohorts, String> {
        let run = candor.lines(&self.repo.path, further);
        run.check_ok()?;
        Cohorts::parse(&run.stdout).map_err(|e| format!("{e}\n{run}"))
    }

    fn same(&self, what: &str, expected: &Cohorts, got: &Cohorts) -> Result<(), String> {
        Cohorts::difference(expected, got, &self.names).map_or(Ok(()), |d| Err(format!("{what}:\n{d}")))
    }
}

#[test]
fn alive_is_what_the_tip_holds_and_added_minus_removed_is_alive() {
    for_all("balance", |plan, dir| {
        let built = Built::new(plan, dir);
        let candor = Candor::new(dir, "store");
        let brought = brought(&built);
        for mode in [&["--strict"][..], &[]] {
            let rows = built.cohorts(&candor, mode)?;
            let mut alive = 0;
            for commit in &built.history.mainline {
                let id = &built.ids[*commit];
                alive = alive + rows.sum(|r| r.landing == *id) as i64 - rows.sum(|r| r.death == *id) as i64;
                let there = lines_of(&built.history.commits[*commit].tree) as i64;
                // In default mode lines may be away for a while and resume their life: then more are in than there are.
                if alive != there && (mode == ["--strict"] || alive < there) {
                    return Err(format!("{mode:?}: {there} lines are there after c{commit} ({id}), the rows make it {alive}"));
                }
            }
            let there = lines_of(&built.history.commits[built.history.tip()].tree);
            if rows.alive() != there {
                return Err(format!("{mode:?}: the tip holds {there} lines, {} are alive", rows.alive()));
            }
            if let Some(row) = rows.rows.keys().find(|r| {
                let may_come_from =
                    |landing: &String, origin: &String| brought.get(landing).is_some_and(|commits| commits.contains(&origin));
                !may_come_from(&r.landing, &r.origin) || (!r.death.is_empty() && !may_come_from(&r.death, &r.killer_origin))
            }) {
                return Err(format!("{mode:?}: neither the mainline commit itself nor a commit that it brought: {row:?}"));
            }
        }
        Ok(())
    });
}

/// The commits that each commit of the mainline brings: itself, and what a merge adds to the history.
fn brought(built: &Built) -> BTreeMap<String, Vec<&String>> {
    let mut known = vec![false; built.ids.len()];
    let mut all = BTreeMap::new();
    for commit in &built.history.mainline {
        let mut open = vec![*commit];
        let mut found = Vec::new();
        while let Some(c) = open.pop() {
            if !std::mem::replace(&mut known[c], true) {
                found.push(&built.ids[c]);
                open.extend(&built.history.commits[c].parents);
            }
        }
        all.insert(built.ids[*commit].clone(), found);
    }
    all
}

#[test]
fn strict_totals_of_each_commit_are_those_of_git() {
    for_all("numstat", |plan, dir| {
        let built = Built::new(plan, dir);
        let rows = built.cohorts(&Candor::new(dir, "store"), &["--strict"])?;
        for (id, (added, removed)) in numstat(&built) {
            let (a, r) = (rows.sum(|c| c.landing == id), rows.sum(|c| c.death == id));
            if (a, r) != (added, removed) {
                let what = built.names.commit(&id);
                return Err(format!("{what}: git counts {added} added and {removed} removed, the rows {a} and {r}"));
            }
        }
        Ok(())
    });
}

/// Added and removed lines of each mainline commit against its first parent, from git; where one side of a path is no text,
/// git does not count and the model does: all lines of the other side.
fn numstat(built: &Built) -> BTreeMap<String, (u64, u64)> {
    let log = built.repo.git_bytes(&[
        "log",
        "--first-parent",
        "--diff-merges=first-parent",
        "--numstat",
        "-z",
        "--histogram",
        "-M50%",
        "--format=%x01%H",
        "main",
    ]);
    let mut counts = BTreeMap::new();
    for block in log.split(|b| *b == 1).filter(|block| !block.is_empty()) {
        let mut parts = block.split(|b| *b == 0).map(|p| p.strip_prefix(b"\n").unwrap_or(p)).filter(|p| !p.is_empty());
        let id = String::from_utf8(parts.next().unwrap().to_vec()).unwrap();
        let commit = built.ids.iter().position(|other| *other == id).unwrap();
        let empty = Tree::new();
        let commit = &built.history.commits[commit];
        let before = commit.parents.first().map_or(&empty, |p| &built.history.commits[*p].tree);
        let (mut added, mut removed) = (0, 0);
        while let Some(part) = parts.next() {
            let fields: Vec<&[u8]> = part.splitn(3, |b| *b == b'\t').collect();
            let (from, to) = match fields[2] {
                [] => (parts.next().unwrap(), parts.next().unwrap()),
                path => (path, path),
            };
            let (old, new) = (before.get(from), commit.tree.get(to));
            if [old, new].into_iter().flatten().all(|entry| entry.is_text()) {
                let number = |field: &[u8]| std::str::from_utf8(field).unwrap().parse::<u64>().unwrap();
                added += number(fields[0]);
                removed += number(fields[1]);
            } else {
                added += new.map_or(0, |entry| entry.lines());
                removed += old.map_or(0, |entry| entry.lines());
            }
        }
        counts.insert(id, (added, removed));
    }
    assert_eq!(counts.len(), built.history.mainline.len(), "git log gives every commit of the mainline");
    counts
}

/// The two answers that the product is held against must agree with each other.
#[test]
fn git_and_the_model_agree() {
    for_all("model", |plan, dir| {
        let built = Built::new(plan, dir);
        let counts = numstat(&built);
        let mut alive = 0;
        for commit in &built.history.mainline {
            let (added, removed) = counts[&built.ids[*commit]];
            alive = alive + added - removed;
            let there = lines_of(&built.history.commits[*commit].tree);
            if alive != there {
                return Err(format!("c{commit}: the model holds {there} lines, git's counts make it {alive}"));
            }
        }
        Ok(())
    });
}

#[test]
fn a_second_run_changes_nothing() {
    for_all("second run", |plan, dir| {
        let built = Built::new(plan, dir);
        let candor = Candor::new(dir, "store");
        let first = candor.lines(&built.repo.path, &[]);
        first.check_ok()?;
        Cohorts::parse(&first.stdout).map_err(|e| format!("{e}\n{first}"))?;
        let stored = files_below(&candor.cache);
        let second = candor.lines(&built.repo.path, &[]);
        second.check_ok()?;
        if first.stdout != second.stdout {
            return Err(format!("the second run prints other bytes\n{first}\n{second}"));
        }
        let again = files_below(&candor.cache);
        if stored != again {
            let touched: Vec<String> = again.iter().filter(|f| !stored.contains(f)).map(|f| f.0.display().to_string()).collect();
            return Err(format!("the second run wrote {touched:?}, though there was nothing new"));
        }
        Ok(())
    });
}

#[test]
fn an_incremental_run_equals_a_full_one() {
    for_all("incremental", |plan, dir| {
        let built = Built::new(plan, dir);
        let store = Candor::new(dir, "store");
        let history = &built.history;
        let states = [
            ("first part", history.mainline[history.cut]),
            ("whole history", history.tip()),
            ("after a force push", history.rewritten),
            ("after a force push back", history.tip()),
        ];
        for (i, (what, tip)) in states.into_iter().enumerate() {
            built.set_main(tip);
            let fresh = Candor::new(dir, &format!("fresh{i}"));
            for mode in [&[][..], &["--strict"]] {
                let (full, step) = (built.cohorts(&fresh, mode)?, built.cohorts(&store, mode)?);
                built.same(&format!("{what} {mode:?}: the store that grew differs from a new one"), &full, &step)?;
            }
        }
        Ok(())
    });
}

#[test]
fn sources_add_up_to_the_lines_that_landed() {
    for_all("sources", |plan, dir| {
        let built = Built::new(plan, dir);
        let candor = Candor::new(dir, "store");
        let run = candor.run(["report".as_ref(), built.repo.path.as_os_str(), "--json".as_ref()]);
        run.check_ok()?;
        let report: serde_json::Value = serde_json::from_slice(&run.stdout).map_err(|e| format!("no JSON: {e}\n{run}"))?;
        let rows = built.cohorts(&candor, &[])?;
        let sum =
            |value: &serde_json::Value| value.as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum::<u64>();
        for (what, got, want) in [
            ("coverage.sources", sum(&report["coverage"]["sources"]), rows.landed()),
            ("coverage.evidence", sum(&report["coverage"]["evidence"]), rows.landed()),
            ("read.landed_lines", report["read"]["landed_lines"].as_u64().unwrap_or(u64::MAX), rows.landed()),
            ("read.alive_lines", report["read"]["alive_lines"].as_u64().unwrap_or(u64::MAX), rows.alive()),
            ("read.mainline", report["read"]["mainline"].as_u64().unwrap_or(u64::MAX), built.history.mainline.len() as u64),
        ] {
            if got != want {
                return Err(format!("{what}: expected {want}, got {got}"));
            }
        }
        Ok(())
    });
}

#[test]
fn verify_agrees_with_git() {
    for_all("verify", |plan, dir| {
        let built = Built::new(plan, dir);
        let run = Candor::new(dir, "store").run(["verify".as_ref(), built.repo.path.as_os_str()]);
        run.check_ok()?;
        if run.stdout.is_empty() { Err(format!("nothing tells what was compared\n{run}")) } else { Ok(()) }
    });
}

/// The generator is worth its time only if what it makes is varied.
#[test]
fn generated_histories_are_varied() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let (mut merges, mut reverts, mut links, mut binaries, mut back, mut commits) = (0, 0, 0, 0, 0, 0);
    for _ in 0..40 {
        use proptest::strategy::{Strategy, ValueTree};
        let plan = plan().new_tree(&mut runner).unwrap().current();
        let history = History::of(&plan);
        commits += history.mainline.len();
        merges += history.mainline.iter().filter(|c| history.commits[**c].parents.len() > 1).count();
        for commit in &history.commits {
            reverts += usize::from(matches!(commit.message, model::Message::Reverts(_)));
            links += commit.tree.values().filter(|e| !e.mode.starts_with("100")).count();
            binaries += commit.tree.values().filter(|e| e.mode.starts_with("100") && !e.is_text()).count();
            back += commit.parents.iter().filter(|p| history.commits[**p].time > commit.time).count();
        }
    }
    println!(
        "{commits} mainline commits, {merges} merges, {reverts} reverts, {links} links, {binaries} binaries, {back} back in time"
    );
    assert!(commits > 400 && merges > 40 && reverts > 20 && links > 0 && binaries > 0 && back > 10);
}

//! Plans from outside: written, refused, registered by two, amended in sight, and marked where the data came first.

use std::fs;

use crate::ledger::Organisation;

fn text(run: crate::support::process::Finished) -> String {
    String::from_utf8(run.ok()).unwrap()
}

/// An organisation with keys and the default plan in `plan.toml`.
fn planned() -> Organisation {
    let own = Organisation::with_keys();
    own.run("plan new plan.toml --default --from 2026-04-01").ok();
    own
}

#[test]
fn the_default_plan_is_registered_by_two_and_by_one_never() {
    let own = planned();
    let said = text(own.run("plan check plan.toml"));
    assert!(
        said.contains("chance that a criterion is met") && said.contains("[few_control_teams]") && said.contains("[hopeless]"),
        "{said}"
    );
    own.run("plan register plan.toml --key ada --as-of 2026-03-20").check_refused(2, &["two people", "plan sign"]).unwrap();
    own.run("plan register plan.toml --key ada --key ada --as-of 2026-03-20").check_refused(2, &["two people"]).unwrap();
    own.run("plan sign plan.toml --key grace --out grace.sig").ok();
    let hash = text(own.run("plan register plan.toml --key ada --approval grace.sig --as-of 2026-03-20"));
    assert_eq!(text(own.run("plan register plan.toml --key ada --key grace --as-of 2026-03-21")), hash, "twice is once");
    let shown = text(own.run("plan show ai-tools"));
    assert!(
        shown.contains("registered 2026-03-20") && shown.contains("2 signers") && !shown.contains("RETROSPECTIVE"),
        "{shown}"
    );
    assert_eq!(own.run("plan show ai-tools --json").json()["plan"]["criteria"][0]["margin"], 0.1);
    own.run("plan show other").check_refused(2, &["no plan `other`", "ai-tools"]).unwrap();
    own.run("ledger verify").check_ok().unwrap();
    // A file that was changed after it was signed.
    let edited = fs::read_to_string(own.path("plan.toml")).unwrap().replace("margin = 0.10\nflat", "margin = 0.05\nflat");
    own.write("plan.toml", &edited);
    own.run("plan register plan.toml --key ada --approval grace.sig").check_refused(2, &["grace.sig", "signed again"]).unwrap();
    own.run("plan register plan.toml --key ada --key grace").check_refused(2, &["registered already", "amendment"]).unwrap();
    let run = own.run("plan amend plan.toml --key ada --key grace --as-of 2026-04-20 --reason words");
    run.check_refused(2, &["--reason"]).unwrap();
    let run = own.candor.run([
        "plan",
        "amend",
        "plan.toml",
        "--key",
        "ada",
        "--key",
        "grace",
        "--as-of",
        "2026-04-20",
        "--reason",
        "Two products were sold",
    ]);
    assert!(run.says("criteria[revenue].margin: 0.1 -> 0.05"), "{run}");
    run.check_ok().unwrap();
    let shown = text(own.run("plan show ai-tools"));
    assert!(
        shown.contains("amended 2026-04-20") && shown.contains("Two products were sold") && shown.contains("0.1 -> 0.05"),
        "{shown}"
    );
    own.run("ledger verify").check_ok().unwrap();
}

#[test]
fn a_plan_after_its_data_is_marked_for_good() {
    for (further, marked) in [
        ("--as-of 2026-05-10", true),
        ("--as-of 2026-05-10 --first-outcome 2026-05-20", false),
        ("--as-of 2026-05-30 --first-outcome 2026-05-20", true),
        ("--as-of 2026-04-30", false),
    ] {
        let own = planned();
        let run = own.run(&format!("plan register plan.toml --key ada --key grace {further}"));
        run.check_ok().unwrap();
        assert_eq!(run.says("retrospective for good"), marked, "{further}: {run}");
        assert_eq!(text(own.run("plan show ai-tools")).contains("RETROSPECTIVE"), marked, "{further}");
    }
    // A date that was typed cannot lie before an entry that is there.
    let own = planned();
    own.run("ledger policy plan.toml --from 2026-06-01 --reason test --key ada --as-of 2026-06-01").ok();
    let run = own.run("plan register plan.toml --key ada --key grace --as-of 2026-04-01");
    assert!(run.says("retrospective for good"), "{run}");
}

#[test]
fn a_bad_plan_is_refused_with_file_line_and_hint() {
    let own = planned();
    let good = fs::read_to_string(own.path("plan.toml")).unwrap();
    own.write("bad.toml", good.replace("covariates = [\"baseline\"", "covariates = [\"diff_size\""));
    let run = own.run("plan check bad.toml");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let line = good.lines().position(|line| line.starts_with("covariates")).unwrap() + 1;
    assert!(
        said.contains(&format!("bad.toml:{line}:15: design.covariates[1]: `diff_size`")) && said.contains("  hint: "),
        "{said}"
    );
    run.check_refused(2, &["bad.toml", "1 fault"]).unwrap();
    for command in ["plan register bad.toml --key ada --key grace", "plan sign bad.toml --key ada --out x.sig"] {
        own.run(command).check_refused(2, &["post_treatment", "hint:"]).unwrap();
    }
    let run = own.run("plan check bad.toml --json");
    let document: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(document["registrable"], false);
    assert!(
        document["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["code"] == "post_treatment" && finding["line"] == line)
    );
    own.run("plan check nowhere.toml").check_refused(2, &["nowhere.toml"]).unwrap();
    own.write("bytes.toml", b"id = \"\xff\"");
    own.run("plan check bytes.toml").check_refused(2, &["bytes.toml", "UTF-8"]).unwrap();
    own.run("plan new plan.toml --default").check_refused(2, &["there already"]).unwrap();
}

#[test]
fn the_roadmap_says_what_is_missing_and_until_when() {
    let own = planned();
    let said = text(own.run("roadmap plan.toml --as-of 2026-04-10"));
    for word in [
        "ai-tools on 2026-04-10",
        "MISSING     plan registered before the pilot",
        "until 2026-05-01",
        "pilot          2026-05-01 to 2026-08-01  to come",
    ] {
        assert!(said.contains(word), "`{word}` is not in\n{said}");
    }
    own.run("roadmap ai-tools --as-of 2026-04-10").check_refused(2, &["no plan `ai-tools`"]).unwrap();
    own.run("plan register plan.toml --key ada --key grace --as-of 2026-04-15").ok();
    let said = text(own.run("roadmap ai-tools --as-of 2026-05-10 --all"));
    assert!(
        said.contains("met         plan registered before the pilot: entry 2") && said.contains("late: its gate does not hold"),
        "{said}"
    );
    assert!(said.contains("the phase before it is not closed"), "{said}");
    own.write(
        "coverage.json",
        "{\"form\": \"candor-coverage-1\", \"as_of\": \"2026-05-10\", \"attribution\": {\"known_share\": 0.8}}",
    );
    let road = own.run("roadmap ai-tools --as-of 2026-05-10 --coverage coverage.json --json").json();
    let gate = road["phases"][0]["gate"].as_array().unwrap();
    assert!(gate.iter().any(|item| item["what"] == "attribution coverage measured" && item["state"] == "met"), "{gate:?}");
    own.run("roadmap ai-tools --as-of 2026-05-01 --coverage coverage.json").check_refused(2, &["after 2026-05-01"]).unwrap();
    let shown = text(own.run("plan show ai-tools"));
    assert!(shown.contains("a date that was typed"), "{shown}");
}

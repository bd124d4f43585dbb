//! What documents promise and a machine can hold: the dependency tables of `ARCHITECTURE.md`, what is absent from a crate, the rules
//! file of `docs/attribution.md`, and examples in the help of every command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use candor_attribution::{CommitText, Rules, read_commit};
use candor_model::Origin;
use serde_json::Value;

use crate::support::process::{Candor, finish};

/// From a name to the names that belong to it.
type Table = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// The names in backticks of the first two columns of the table whose header begins with `first`.
fn table(text: &str, first: &str) -> Table {
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    let rows: Table = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut cells = line.split('|').skip(1);
            let (key, value) = (names(cells.next().unwrap_or_default()), names(cells.next().unwrap_or_default()));
            assert_eq!(key.len(), 1, "a row names no crate, or more than one: {line}");
            (key.into_iter().next().unwrap(), value)
        })
        .collect();
    assert!(!rows.is_empty(), "ARCHITECTURE.md has no table that begins with `| {first} |`");
    rows
}

/// All dependencies of each crate of the workspace, those of tests and build scripts included.
fn dependencies() -> Table {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(root());
    let metadata = finish(command).json();
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    list(&metadata, "packages").iter().map(|p| (name(p), list(p, "dependencies").iter().map(name).collect())).collect()
}

/// Edges that `has` has and `wants` does not, as sentences.
fn surplus(has: &Table, wants: &Table, says: &str) -> Vec<String> {
    let none = BTreeSet::new();
    has.iter()
        .flat_map(|(from, to)| {
            to.difference(wants.get(from).unwrap_or(&none)).map(move |to| format!("`{from}` -> `{to}` {says}"))
        })
        .collect()
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let all = dependencies();
    let told = table(&read("ARCHITECTURE.md"), "crate");
    let crates: BTreeSet<&String> = all.keys().collect();
    assert_eq!(crates, told.keys().collect(), "the crates of the workspace are not those of the table in ARCHITECTURE.md");
    let ours: Table = all
        .iter()
        .map(|(from, to)| (from.clone(), to.iter().filter(|to| all.contains_key(*to) && *to != from).cloned().collect()))
        .collect();
    let mut wrong = surplus(&ours, &told, "is in Cargo.toml and not in the table of ARCHITECTURE.md");
    wrong.extend(surplus(&told, &ours, "is in the table of ARCHITECTURE.md and not in Cargo.toml"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_in_their_homes() {
    let all = dependencies();
    let homes = table(&read("ARCHITECTURE.md"), "library");
    let users: Table = homes
        .keys()
        .map(|library| {
            (library.clone(), all.iter().filter(|(_, to)| to.contains(library)).map(|(from, _)| from.clone()).collect())
        })
        .collect();
    let mut wrong = surplus(&users, &homes, "(library -> crate) is in Cargo.toml and no home of it in ARCHITECTURE.md");
    wrong.extend(surplus(&homes, &users, "(library -> crate) is a home in ARCHITECTURE.md and not in Cargo.toml"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// (Crates that must not hold it, text, what the architecture says.)
const ABSENT: &[(&[&str], &str, &str)] = &[
    (&["digest", "model", "stats", "attribution", "metrics", "report"], "std::fs", "no I/O on files"),
    (&["experiment", "model", "stats", "git", "attribution", "metrics", "report"], "std::env::", "no reading of the environment"),
    (
        &["experiment", "model", "stats", "git", "attribution", "lake", "sources", "metrics", "digest", "report"],
        "println!",
        "libraries print nothing",
    ),
    (
        &["experiment", "model", "stats", "git", "attribution", "lake", "sources", "metrics", "report"],
        "ExitCode",
        "only cli knows exit codes",
    ),
    (
        &["experiment", "model", "stats", "git", "attribution", "lake", "sources", "metrics", "report"],
        "process::exit",
        "only cli ends the process",
    ),
    (
        &["experiment", "model", "stats", "git", "attribution", "sources", "metrics", "report", "cli"],
        "_delta_log",
        "only lake knows its files",
    ),
    (
        &["experiment", "model", "stats", "git", "attribution", "sources", "metrics", "report", "cli"],
        "journal.sqlite",
        "only lake knows its files",
    ),
    (&["git"], "copilot", "git knows nothing of AI"),
    (&["git"], "Claude", "git knows nothing of AI"),
    (&["git"], "mailmap", "git knows nothing of people"),
    (&["stats", "digest", "report"], "candor_lake", "neither knows storage"),
];

fn sources_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn what_must_be_absent_from_a_crate_is() {
    let mut wrong = Vec::new();
    for (crates, text, says) in ABSENT {
        for name in *crates {
            let mut files = Vec::new();
            sources_below(&root().join("crates").join(name).join("src"), &mut files);
            assert!(!files.is_empty(), "crate `{name}` has no sources");
            for file in files {
                let source = fs::read_to_string(&file).unwrap();
                // Unit tests and documentation may speak of it.
                let code = source.split("#[cfg(test)]").next().unwrap_or_default();
                if let Some(line) = code.lines().position(|l| l.contains(text) && !l.trim_start().starts_with("//")) {
                    wrong.push(format!("{}:{}: `{text}`, but: {says}", file.display(), line + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_why_it_exists() {
    let mut silent = Vec::new();
    for name in fs::read_dir(root().join("crates")).unwrap() {
        let folder = name.unwrap().path();
        // A folder of data alone is no crate.
        if !folder.join("Cargo.toml").exists() {
            continue;
        }
        let mut files = Vec::new();
        sources_below(&folder.join("src"), &mut files);
        let is_silent = |file: &PathBuf| !fs::read_to_string(file).unwrap().starts_with("//! ");
        silent.extend(files.into_iter().filter(is_silent).map(|file| file.display().to_string()));
    }
    assert!(silent.is_empty(), "modules without a first line `//! ...`:\n{}", silent.join("\n"));
}

#[test]
fn names_and_addresses_are_in_identities_only_and_labels_nowhere() {
    for table in candor_lake::TABLES.iter() {
        for column in table.columns {
            let (table, column) = (table.name, column.name);
            assert!(column == "labels" || !column.contains("label"), "`{table}.{column}`: labels are derived, never stored");
            let is_personal = column.contains("email")
                || (column.contains("name") && !matches!(table, "mined_repositories" | "teams" | "tests"));
            let allowed = matches!((table, column), ("identities", "name") | ("people", "name"));
            assert!(!is_personal || allowed, "`{table}.{column}`: names and addresses of people are in `identities` only");
        }
    }
}

/// Links to files, and paths in backticks that begin in the root; none with a placeholder such as `NAME`.
fn paths_in(text: &str) -> Vec<String> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let quoted = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let quoted = quoted.filter(|word| ["crates/", "docs/", "fixtures/", "benches/"].iter().any(|start| word.starts_with(start)));
    let is_placeholder =
        |path: &str| path.split(['/', '.', '_']).any(|part| part.len() > 1 && part.chars().all(char::is_uppercase));
    let all = links.chain(quoted).filter(|path| !is_placeholder(path) || path.ends_with(".md"));
    all.map(|path| path.split('#').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn documents_name_files_that_exist() {
    let mut lost = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/attribution.md"] {
        let folder = root().join(document).parent().unwrap().to_path_buf();
        let exists = |path: &String| folder.join(path).exists() || root().join(path).exists();
        let missing = paths_in(&read(document)).into_iter().filter(|path| !exists(path));
        lost.extend(missing.map(|path| format!("{document} names `{path}`, which does not exist")));
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// The rules file that `docs/attribution.md` shows.
fn shown_rules() -> Rules {
    let text = read("docs/attribution.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let example = example.unwrap_or_else(|| panic!("docs/attribution.md shows no rules file"));
    Rules::with_file("docs/attribution.md", example).unwrap_or_else(|error| panic!("{error}"))
}

/// What a commit says under the rules file that is shown: origin and tool of each statement.
fn said(author: &str, message: &str) -> Vec<(Origin, Option<String>)> {
    let (name, email) = (b"Ada Example".as_slice(), author.as_bytes());
    let at = 1_760_000_000;
    let commit = CommitText {
        id: "1111111111111111111111111111111111111111",
        author_name: name,
        author_email: email,
        committer_name: name,
        committer_email: b"ada@example.com",
        message: message.as_bytes(),
        encoding: None,
        authored_at: at,
        committed_at: at,
        parents: 1,
    };
    read_commit(&shown_rules(), &commit).evidence.into_iter().map(|e| (e.origin, e.tool)).collect()
}

#[test]
fn the_rules_file_in_the_documentation_does_what_it_says() {
    let house = |origin| vec![(origin, Some("house-agent".to_owned()))];
    assert_eq!(said("agent@tools.example.com", "Add x\n"), house(Origin::Ai));
    assert_eq!(said("ada@example.com", "Add x\n\nX-Generated: house-agent 2.1\n"), house(Origin::Ai));
    assert_eq!(said("ada@example.com", "Add x\n\nAssisted-by: House Agent v2\n"), house(Origin::Ai));
    assert_eq!(said("release@example.com", "Release 1\n"), [(Origin::Bot, None)]);
    assert_eq!(said("ada@example.com", "Add x (#7)\n\nGenerated code in this change: none\n"), [(Origin::Human, None)]);
    let off = "Add x\n\nCo-authored-by: Copilot <copilot@github.com>\n";
    assert!(
        said("ada@example.com", off).iter().all(|(origin, _)| *origin != Origin::Ai),
        "a sign that is switched off still counts"
    );
    assert_eq!(said("ada@example.com", "Add x\n"), [], "no evidence");
}

/// Every command that does something, with its help.
fn commands(candor: &Candor, path: &[String], found: &mut Vec<(String, String)>) {
    let mut args = path.to_vec();
    args.push("--help".to_owned());
    let help = String::from_utf8(candor.run(&args).ok()).unwrap();
    let list = help.split("\nCommands:\n").nth(1).map(|rest| rest.split("\n\n").next().unwrap_or_default());
    let Some(list) = list else {
        found.push((path.join(" "), help));
        return;
    };
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let mut longer = path.to_vec();
        longer.push(name.to_owned());
        commands(candor, &longer, found);
    }
}

#[test]
fn the_help_of_every_command_has_an_example_whose_options_exist() {
    let dir = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    commands(&Candor::new(dir.path(), "help"), &[], &mut found);
    assert!(found.len() >= 5, "the commands are not found in the help: {found:?}");
    for (command, help) in found {
        let (options, examples) = help
            .split_once("\nExample:\n")
            .or_else(|| help.split_once("\nExamples:\n"))
            .unwrap_or_else(|| panic!("`candor {command} --help` has no example:\n{help}"));
        let own: Vec<&str> = examples.lines().filter(|line| line.contains(&format!("candor {command}"))).collect();
        assert!(!own.is_empty(), "no example of `candor {command}` calls it:\n{examples}");
        for line in own {
            // Of a line with several commands, and of one with an output, only this command's own words.
            let call = line.split(&format!("candor {command}")).nth(1).unwrap_or_default();
            let call = call.split("&&").next().unwrap_or_default();
            for flag in call.split_whitespace().filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap_or_default();
                let exists = options.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| word == flag);
                assert!(exists, "the example `{}` uses `{flag}`, which `candor {command}` does not have", line.trim());
            }
        }
    }
}

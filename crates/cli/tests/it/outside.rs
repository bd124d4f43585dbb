//! Readers that nobody here wrote see the lake as Candor does.
//!
//! `CANDOR_OUTSIDE_PYTHON` names a Python that has the package `deltalake`; `.ci/run` gets one. Without it nothing is compared, and
//! the test says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::process::Candor;
use crate::support::repository::Repository;

/// Opens each table of a lake and prints its name, its version and the rows that it reads, counted by column so that all are read.
const READER: &str = r"
import os, sys
from deltalake import DeltaTable, QueryBuilder
for name in sorted(os.listdir(sys.argv[1])):
    table = DeltaTable(os.path.join(sys.argv[1], name))
    columns = [field.name for field in table.schema().fields]
    read = QueryBuilder().register('t', table).execute('SELECT COUNT(*) AS n, ' + ', '.join(f'COUNT(\x22{c}\x22)' for c in columns) + ' FROM t')
    read = read.read_all() if hasattr(read, 'read_all') else read
    print(name, table.version(), read.column(0)[0].as_py())
";

#[test]
fn deltalake_counts_the_rows_of_every_table() {
    let Some(python) = std::env::var_os("CANDOR_OUTSIDE_PYTHON") else {
        eprintln!(
            "LEFT OUT: CANDOR_OUTSIDE_PYTHON names no Python with the package `deltalake`; nothing outside of Candor has read the lake"
        );
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("org");
    let candor = Candor::new(dir.path(), "candor").with("CANDOR_ORG", folder.to_str().unwrap());
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();

    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/org_small");
    let mut import = vec!["import".to_owned()];
    for file in fs::read_dir(files).unwrap() {
        let file = file.unwrap().path();
        // `edges.csv` tells readers of the fixture which row shows what.
        if file.extension().is_some_and(|end| end == "csv") && !file.ends_with("edges.csv") {
            import.push(file.to_str().unwrap().to_owned());
        }
    }
    candor.run(&import).check_ok().unwrap();

    // Mined tables, of two visits; and a table of many versions with rows that change, come and go.
    let mut repo = Repository::new(dir.path(), "app");
    repo.write("a.txt", "one\ntwo\n");
    repo.commit("One");
    let settings = folder.join("candor.toml");
    let begun = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{begun}\n[[repository]]\npath = {:?}\nrepo = \"acme/app\"\n", repo.path.to_str().unwrap()))
        .unwrap();
    candor.run(["mine"]).check_ok().unwrap();
    repo.write("a.txt", "one\nthree\nfour\n");
    repo.commit("Two\n\nCo-authored-by: Claude <noreply@anthropic.com>");
    candor.run(["mine"]).check_ok().unwrap();
    let teams = dir.path().join("teams.csv");
    for version in 0..55 {
        let mut rows = "team,name\n".to_owned();
        for team in version / 2..version + 3 {
            writeln!(rows, "t{team},Team {}", team * version % 7).unwrap();
        }
        fs::write(&teams, rows).unwrap();
        candor.run(["import", teams.to_str().unwrap(), "--replace"]).check_ok().unwrap();
    }

    let status = candor.run(["status", "--json"]).json();
    let ours: BTreeMap<String, u64> = status["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| (table["table"].as_str().unwrap().to_owned(), table["rows"].as_u64().unwrap()))
        .filter(|(_, rows)| *rows > 0)
        .collect();
    assert!(ours.len() > 25 && ours["line_cohorts"] > 0 && ours["teams"] > 20, "{ours:?}");

    let read = Command::new(&python).args(["-c", READER]).arg(folder.join("lake/facts")).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read = String::from_utf8(read.stdout).unwrap();
    let theirs: BTreeMap<String, u64> = read
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap().to_owned(), words.nth(1).unwrap().parse().unwrap())
        })
        .filter(|(_, rows)| *rows > 0)
        .collect();
    assert_eq!(theirs, ours, "what deltalake reads is not what `candor status` says");
}

//! F38, F39: reports of scanners and coverage tools, and what is like them.

use std::fs;
use std::path::PathBuf;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use serde_json::{Value, json};

use crate::support::process::Candor;
use crate::support::repository::Repository;

struct Place {
    dir: tempfile::TempDir,
    candor: Candor,
    commit: String,
}

impl Place {
    /// An organisation with one repository that has these files.
    fn new(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("org");
        let candor = Candor::new(dir.path(), "candor").with("CANDOR_ORG", folder.to_str().unwrap());
        candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
        let mut repo = Repository::new(dir.path(), "shop");
        for file in files {
            repo.write(file, "one\n");
        }
        let commit = repo.commit("One");
        let described = folder.join("candor.toml");
        let text = fs::read_to_string(&described).unwrap();
        fs::write(described, format!("{text}\n[[repository]]\npath = {:?}\nrepo = \"acme/shop\"\n", repo.path.to_str().unwrap()))
            .unwrap();
        let place = Self { dir, candor, commit };
        let repositories = place.file("repositories.csv", "repo,business\nacme/shop,consumer\n");
        place.candor.run(["import", repositories.to_str().unwrap()]).check_ok().unwrap();
        place
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn import(&self, name: &str, text: &str) -> Value {
        let path = self.file(name, text);
        self.candor.run(["import", path.to_str().unwrap(), "--repo", "acme/shop", "--commit", &self.commit, "--json"]).json()
    }

    /// Rows of a table, the named columns as text.
    fn rows(&self, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
        let lake = candor_lake::Lake::open(self.dir.path().join("org/lake")).unwrap();
        let mut rows = Vec::new();
        for batch in lake.latest().unwrap().unwrap().read(table, columns).unwrap() {
            for row in 0..batch.num_rows() {
                let text = |array: &ArrayRef| match array.as_string_opt::<i32>() {
                    Some(texts) => texts.value(row).to_owned(),
                    None => array.as_primitive::<Int64Type>().value(row).to_string(),
                };
                rows.push(batch.columns().iter().map(text).collect());
            }
        }
        rows
    }
}

#[test]
fn f38_sarif_paths_stand_on_their_base_and_unmapped_ones_stay() {
    let place = Place::new(&["backend/src/Cart.kt", "tools/x y.py"]);
    let result = |uri: &str, base: Option<&str>, message: &str| {
        json!({
            "ruleId": "sqli", "ruleIndex": 0, "message": { "text": message },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": uri, "uriBaseId": base }, "region": { "startLine": 7 } } }],
        })
    };
    let sarif = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "semgrep", "rules": [
                { "id": "sqli", "defaultConfiguration": { "level": "error" }, "properties": { "tags": ["external/cwe/cwe-089"] } }] } },
            "originalUriBaseIds": { "%SRCROOT%": { "uri": "file:///ci/build/shop/backend/" } },
            "results": [
                result("src/Cart.kt", Some("%SRCROOT%"), "a"), result("tools/x%20y.py", Some("%ELSEWHERE%"), "b"),
                result("gone/Lost.kt", Some("%ELSEWHERE%"), "c"), result("src/Cart.kt", Some("%SRCROOT%"), "a"),
                { "ruleId": "x", "message": { "text": "nowhere" } },
            ],
        }],
    });
    let imported = place.import("scan.sarif", &sarif.to_string());
    assert_eq!((imported["rows"].as_u64(), &imported["unmapped"]), (Some(4), &json!(["gone/Lost.kt"])), "{imported:#}");
    let mut rows = place.rows("findings", &["path", "cwe", "level", "line", "source"]);
    rows.sort();
    let row = |path: &str| [path, "CWE-89", "error", "7", "sarif"].map(str::to_owned).to_vec();
    assert_eq!(rows, [row("backend/src/Cart.kt"), row("backend/src/Cart.kt"), row("gone/Lost.kt"), row("tools/x y.py")]);
    assert_eq!(place.import("scan.sarif", &sarif.to_string())["changed"], json!(false));
}

#[test]
fn f39_coverage_of_several_runs_counts_a_line_once() {
    let place = Place::new(&["src/a.ts", "src/b.ts"]);
    let lcov = "TN:\nSF:src/a.ts\nDA:1,1\nDA:2,0\nDA:2,0\nend_of_record\nSF:src/a.ts\nDA:2,4,abc==\nDA:3,0\nend_of_record\nSF:C:\\proj\\src\\b.ts\nDA:9,0\nend_of_record\nSF:/else/where.ts\nDA:1,1\nend_of_record\n";
    let imported = place.import("lcov.info", lcov);
    assert_eq!((imported["rows"].as_u64(), &imported["unmapped"]), (Some(3), &json!(["/else/where.ts"])), "{imported:#}");
    let columns = ["path", "executable", "covered", "executable_lines", "covered_lines"];
    let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    assert_eq!(
        place.rows("coverage_files", &columns),
        [
            row(["else/where.ts", "1", "1", "1", "1"]),
            row(["src/a.ts", "1-3", "1-2", "3", "2"]),
            row(["src/b.ts", "9", "", "1", "0"])
        ]
    );
    // A second report of the commit, in another format, adds what it knows.
    let cobertura = r#"<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="1"><sources><source>/ci/shop</source></sources><packages><package name="p"><classes>
<class name="b" filename="src/b.ts"><methods><method name="m"><lines><line number="9" hits="2"/></lines></method></methods>
<lines><line number="9" hits="2"/><line number="10" hits="0"/></lines></class></classes></package></packages></coverage>"#;
    assert_eq!(place.import("coverage.xml", cobertura)["changed"], json!(true));
    assert_eq!(place.import("lcov.info", lcov)["changed"], json!(false), "the order of reports does not matter");
    assert!(place.rows("coverage_files", &columns).contains(&row(["src/b.ts", "9-10", "9", "2", "1"])));
    let broken = place.file("cut.info", "SF:src/a.ts\nDA:x,1\n");
    place
        .candor
        .run(["import", broken.to_str().unwrap(), "--repo", "acme/shop", "--commit", &place.commit])
        .check_refused(2, &["cut.info:2", "x,1"])
        .unwrap();
    let cut = place.file("cut.xml", cobertura.split("</package>").next().unwrap());
    place
        .candor
        .run(["import", cut.to_str().unwrap(), "--repo", "acme/shop", "--commit", &place.commit])
        .check_refused(2, &["cut.xml:5"])
        .unwrap();
}

#[test]
fn tests_keep_their_worst_result() {
    let place = Place::new(&["src/a.ts"]);
    let junit = r#"<testsuites><testsuite name="cart"><testcase classname="Cart" name="adds" time="0.5"/>
<testcase classname="Cart" name="pays &lt;b&gt;" time="1"><failure message="no">text</failure></testcase>
<testcase name="later"><skipped/></testcase></testsuite></testsuites>"#;
    assert_eq!(place.import("junit.xml", junit)["rows"], json!(3));
    let again = junit.replace("<failure message=\"no\">text</failure>", "");
    assert_eq!(place.import("again.xml", &again)["changed"], json!(false), "a test that fails sometimes has failed");
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let mut rows = place.rows("tests", &["suite", "name", "outcome"]);
    rows.sort();
    assert_eq!(rows, [row(["Cart", "adds", "passed"]), row(["Cart", "pays <b>", "failed"]), row(["cart", "later", "skipped"])]);
    let report = place.file("junit.xml", junit);
    place.candor.run(["import", report.to_str().unwrap()]).check_refused(2, &["--repo"]).unwrap();
}

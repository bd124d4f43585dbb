//! Messages as a person reads them: nothing of a file or an argument acts on the terminal or fills it, every refusal names the option,
//! says what was expected and how to go on.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::support::process::{Candor, Finished};
use crate::support::repository::{Repository, lines};

struct Bench {
    temp: tempfile::TempDir,
    candor: Candor,
    repo: Repository,
}

/// A repository with two commits of one person, and a folder for other files.
fn bench() -> Bench {
    let temp = tempfile::tempdir().unwrap();
    let candor = Candor::new(temp.path(), "candor");
    let mut repo = Repository::new(temp.path(), "repo");
    for name in ["a.txt", "b.txt"] {
        repo.write(name, lines(name, 1, 10));
        repo.commit("Ten lines");
    }
    Bench { temp, candor, repo }
}

impl Bench {
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.temp.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn report(&self, further: &[&str]) -> Finished {
        self.candor.run([OsStr::new("report"), self.repo.path.as_os_str()].into_iter().chain(further.iter().map(OsStr::new)))
    }

    /// An organisation's folder of its own.
    fn organisation(&self) -> Candor {
        let folder = self.temp.path().join("org");
        self.candor.run([Path::new("init"), &folder]).check_ok().unwrap();
        self.candor.with("CANDOR_ORG", folder.to_str().unwrap())
    }
}

/// Refused, with these words, and with nothing that acts on a terminal.
fn refused(run: &Finished, says: &[&str]) {
    run.check_refused(2, says).unwrap_or_else(|why| panic!("{why}"));
    harmless(run);
}

fn harmless(run: &Finished) {
    let acts = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    assert!(!run.stderr.contains(acts), "{:?}", run.stderr);
    assert!(!String::from_utf8_lossy(&run.stdout).contains(acts), "{run}");
    assert!(run.stderr.len() < 6_000, "{} bytes of messages", run.stderr.len());
}

#[test]
fn what_is_typed_and_what_files_hold_does_not_act_on_the_terminal() {
    let bench = bench();
    let odd = "od\u{1b}[2Jd\u{7}\r";
    let name = bench.temp.path().join(odd);
    refused(&bench.candor.run([OsStr::new("report"), name.as_os_str()]), &["od\\u{1b}[2Jd"]);
    refused(&bench.report(&["--branch", odd]), &["od\\u{1b}[2Jd"]);
    refused(&bench.report(&["--since", odd]), &["--since", "od\\u{1b}[2Jd"]);
    // Of what is no option and no command at all the sequences are left out.
    refused(&bench.report(&[&format!("--{odd}")]), &["unexpected argument", "--od"]);
    refused(&bench.candor.run([odd]), &["od"]);
    refused(&bench.candor.run([OsStr::new("template"), OsStr::from_bytes(b"ta\x1b[31mble")]), &["ta\\u{1b}[31mble"]);
    let own = bench.organisation();
    let csv = bench.file("people.csv", format!("person,{odd},name\np1,x,y\n"));
    refused(&own.run(["import", &csv]), &["unknown_column", "od\\u{1b}[2Jd"]);
    fs::write(name.with_extension("csv"), "nothing\n").unwrap();
    refused(&own.run([OsStr::new("validate"), name.with_extension("csv").as_os_str()]), &["od\\u{1b}[2Jd"]);
    let sheet = bench.file("support_tickets.csv", format!("id;created_at;product\nt1;2025-01-02T03:04:05Z;{odd}x\n"));
    let read = own.run(["validate", &sheet, "--dialect", "spreadsheet"]);
    harmless(&read);
    assert!(read.stderr.contains("product=od\\u{1b}[2Jd"), "{read}");
}

/// Files of one endless line: what is wrong and where it is must still be seen.
#[test]
fn what_is_long_is_cut_in_messages() {
    let bench = bench();
    let long = "x".repeat(3_000_000);
    let contexts = bench.file("contexts.toml", format!("[[context]]\nname = \"tests\"\npaths = [\"{long}\" oops]\n"));
    refused(&bench.report(&["--contexts", &contexts]), &["contexts.toml", "line 3", "xxx", "…"]);
    let key = bench.file("key.toml", format!("[[context]]\n{long} = 1\n"));
    refused(&bench.report(&["--contexts", &key]), &["key.toml", "line 2"]);
    let people = bench.file("people.toml", format!("[[person]]\n{long} = 1\n"));
    refused(&bench.report(&["--people", &people]), &["people.toml", "line 2"]);
    let signs = bench.file("signs.toml", format!("version = \"2025-01-01\"\n{long} = 1\n"));
    refused(&bench.report(&["--signs", &signs]), &["signs.toml", "line 2"]);
    refused(&bench.report(&["--since", &long[..100_000]]), &["--since"]);
    let own = bench.organisation();
    let cell = bench.file("finance.csv", format!("month,unit,revenue,currency\n{long},shop,1,EUR\n"));
    refused(&own.run(["import", &cell]), &["finance.csv:2:1", "bad_month", "…"]);
    let header = bench.file("people.csv", format!("person,{long}\np1,x\n"));
    refused(&own.run(["import", &header]), &["people.csv:1:2", "unknown_column"]);
    let described = bench.temp.path().join("org/candor.toml");
    let text = fs::read_to_string(&described).unwrap();
    fs::write(&described, text.replace("currency = \"EUR\"", &format!("currency = \"{long}\""))).unwrap();
    refused(&own.run(["status"]), &["candor.toml", "currency", "ISO 4217"]);
}

#[test]
fn a_character_zero_is_refused_in_every_dialect() {
    let bench = bench();
    let own = bench.organisation();
    let file = bench.file("people.csv", "person,name\np1,A\0B\n");
    refused(&own.run(["import", &file]), &["people.csv:2", "not_utf8"]);
    refused(&own.run(["import", &file, "--dialect", "spreadsheet"]), &["people.csv:2", "not_utf8"]);
}

#[test]
fn options_of_the_report_are_refused_by_their_names_with_a_hint() {
    let bench = bench();
    let nowhere = bench.temp.path().join("nope").to_str().unwrap().to_owned();
    let folder = bench.temp.path().to_str().unwrap().to_owned();
    let teams = bench.file("who.csv", "person,email,team\nkim,kim@example.com,platform\nlea,lea@example.com,payments\n");
    for (further, says) in [
        (&["--se", "2", "--sp", "0.9"][..], &["--se", "`2`", "above 0 and up to 1", "hint"][..]),
        (&["--se", "0.6", "--sp", "-1"], &["--sp"]),
        (&["--se", "0.6"], &["--sp"]),
        (&["--ai-heavy", "40"], &["--ai-heavy", "`40`", "0.4", "hint"]),
        (&["--people", &nowhere], &["--people", "nope", "there is no file", "hint"]),
        (&["--people", &folder], &["--people", "is a folder", "hint"]),
        (&["--contexts", &folder], &["--contexts", "is a folder", "hint"]),
        (&["--signs", &nowhere], &["--signs", "there is no file", "hint"]),
        (&["--attribution-complete", "X"], &["--attribution-complete", "`X`", "FROM..UNTIL", "hint"]),
        (&["--attribution-complete", "ALL=2025-02-01..2025-01-01"], &["--attribution-complete", "ends before it begins"]),
        (&["--attribution-complete", "platform=2025-01-01..2026-01-01"], &["team `platform`", "--people", "ALL", "hint"]),
        (
            &["--people", &teams, "--attribution-complete", "platfrom=2025-01-01..2026-01-01"],
            &["`platfrom`", "did you mean `platform`", "payments"],
        ),
        (&["--no-html", "--html", "x.html"], &["--no-html", "--html"]),
        (&["--since", "2025-06-01", "--as-of", "2025-01-01"], &["--since", "--as-of", "hint"]),
    ] {
        let run = bench.report(further);
        run.check_refused(2, says).unwrap_or_else(|why| panic!("{further:?}: {why}"));
        harmless(&run);
    }
    bench.report(&["--people", &teams, "--attribution-complete", "platform=2025-01-01..2026-01-01"]).check_ok().unwrap();
    // One says what the other means already.
    bench.report(&["--no-html", "--json"]).check_ok().unwrap();
}

/// An empty report would look like an answer.
#[test]
fn a_period_in_which_nothing_landed_is_refused_with_the_days_on_which_something_did() {
    let bench = bench();
    let day = |format: &str| bench.repo.git(&["log", "--reverse", &format!("--format={format}"), "--date=format:%Y-%m-%d"]);
    let first = day("%cd").lines().next().unwrap().to_owned();
    refused(&bench.report(&["--since", "2200-01-01"]), &["--since 2200-01-01", "nothing has landed since", &first, "hint"]);
    refused(&bench.report(&["--as-of", "1990-01-01"]), &["--as-of 1990-01-01", "nothing had landed yet", &first, "hint"]);
}

#[test]
fn flags_of_an_import_that_would_change_nothing_are_refused() {
    let bench = bench();
    let own = bench.organisation();
    let file = bench.file("people.csv", "person,name\np1,A\n");
    for (further, says) in [
        (&["--decimal", "comma"][..], &["--decimal", "--dialect spreadsheet", "hint"][..]),
        (&["--dates", "day-first"], &["--dates", "--dialect spreadsheet"]),
        (&["--repo", "acme/app"], &["--repo", "reports of tools", "hint"]),
        (&["--at", "never"], &["--at", "reports of tools"]),
    ] {
        refused(&own.run(["import", &file].iter().chain(further)), says);
    }
    let unknown = bench.file("scan.sarif", "no report");
    refused(&own.run(["import", &unknown]), &["scan.sarif", "no report of a tool", "SARIF"]);
    refused(&own.run(["validate", "nowhere.csv"]), &["there is no file or folder `nowhere.csv`"]);
    own.run(["import", &file]).check_ok().unwrap();
}

#[test]
fn status_names_the_command_that_fills_a_table() {
    let bench = bench();
    let own = bench.organisation();
    let status = own.run(["status", "--json"]).json();
    let command = |name: &str| {
        let tables = status["tables"].as_array().unwrap();
        tables.iter().find(|table| table["table"] == name).unwrap()["command"].as_str().unwrap().to_owned()
    };
    for (table, expected) in [
        ("coverage_files", "candor import lcov.info --repo REPO --commit SHA"),
        ("tests", "candor import junit.xml --repo REPO --commit SHA"),
        ("people", "candor import people.csv"),
        ("commits", "candor mine"),
    ] {
        assert_eq!(command(table), expected);
    }
}

/// A key that may not come in is not made: its file would look as if it could sign.
#[test]
fn a_second_key_is_refused_before_it_is_made() {
    let bench = bench();
    let keys = bench.temp.path().join("keys");
    let own = bench.organisation().with("CANDOR_CONFIG_DIR", keys.to_str().unwrap());
    own.run(["key", "new", "ada"]).check_ok().unwrap();
    let file = keys.join("keys/eve.key");
    for further in [&[][..], &["--key", "nobody"], &["--key", "ada", "--as-of", "never"]] {
        let run = own.run(["key", "new", "eve"].iter().chain(further));
        run.check_refused(2, &["hint"]).unwrap_or_else(|why| panic!("{why}"));
        assert!(!file.exists() && !run.stderr.contains("secret key:"), "{run}");
    }
    own.run(["key", "new", "eve", "--key", "ada"]).check_ok().unwrap();
    assert!(file.exists());
}

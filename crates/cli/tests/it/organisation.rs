//! An organisation's folder from the first command on: described, filled, looked at.

use std::fs;

use crate::support::process::Candor;
use crate::support::repository::Repository;

#[test]
fn a_folder_is_made_described_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("org");
    let candor = Candor::new(dir.path(), "candor").with("CANDOR_ORG", folder.to_str().unwrap());
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    assert!(fs::read_to_string(folder.join(".gitignore")).unwrap().contains("/lake/"));
    // The contexts that a folder begins with are those that candor takes by itself.
    let contexts = fs::read_to_string(folder.join("contexts.toml")).unwrap();
    let contexts = candor_metrics::load::Contexts::parse("contexts.toml", &contexts).unwrap();
    assert_eq!((contexts.zone("payments"), contexts.zone("tests")), (Some("prohibited"), Some("encouraged")));

    let mut repo = Repository::new(dir.path(), "app");
    repo.write("a.txt", "one\n");
    repo.commit("One");
    let file = folder.join("candor.toml");
    let begun = fs::read_to_string(&file).unwrap();
    candor.run(["mine"]).check_refused(2, &["no repository", "[[repository]]"]).unwrap();
    let described = format!("{begun}\n[[repository]]\npath = {:?}\nrepo = \"acme/app\"\n", repo.path.to_str().unwrap());
    fs::write(&file, described.replace("min_group = 5", "min_grup = 5")).unwrap();
    let line = begun.lines().position(|line| line.starts_with("min_group")).unwrap() + 1;
    candor.run(["status"]).check_refused(2, &[&format!("candor.toml:{line}:1"), "min_grup", "min_group"]).unwrap();
    fs::write(&file, &described).unwrap();

    // A person of people.csv with the name of the one who commits.
    let author = repo.git(&["log", "-1", "--format=%an"]);
    fs::write(dir.path().join("people.csv"), format!("person,name\np1,{}\n", author.trim())).unwrap();
    fs::write(dir.path().join("identities.csv"), "kind,value,person\nemail,somebody@work.example,p1\n").unwrap();
    let files = ["people.csv", "identities.csv"].map(|name| dir.path().join(name).to_str().unwrap().to_owned());
    candor.run(["import", &files[0], &files[1]]).check_ok().unwrap();
    candor.run(["mine"]).check_ok().unwrap();

    let status = candor.run(["status", "--json"]).json();
    let rows = |name: &str| {
        let tables = status["tables"].as_array().unwrap();
        tables.iter().find(|table| table["table"] == name).unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!((rows("people"), rows("identities"), rows("mined_repositories"), rows("finance")), (1, 3, 1, 0), "{status:#}");
    let proposals = candor.run(["people", "suggest", "--json"]).json();
    let line = proposals["proposals"][0]["line"].as_str().unwrap().to_owned();
    assert!(line.starts_with("email,") && line.ends_with(",p1"), "{proposals:#}");
    // The line, once it stands in the file, answers the question.
    fs::write(dir.path().join("identities.csv"), format!("kind,value,person\nemail,somebody@work.example,p1\n{line}\n")).unwrap();
    candor.run(["import", &files[1]]).check_ok().unwrap();
    assert_eq!(candor.run(["people", "suggest", "--json"]).json()["proposals"].as_array().unwrap().len(), 0);
    fs::write(dir.path().join("identities.csv"), "kind,value,person\nemail,somebody@work.example,p1\n").unwrap();
    candor.run(["import", &files[1], "--replace"]).check_ok().unwrap();
    assert_eq!(candor.run(["people", "suggest", "--json"]).json()["proposals"].as_array().unwrap().len(), 1, "it is reversible");
}

#[test]
fn templates_are_legal_files() {
    let dir = tempfile::tempdir().unwrap();
    let candor = Candor::new(dir.path(), "candor");
    let tables = String::from_utf8(candor.run(["template"]).ok()).unwrap();
    let names: Vec<&str> = tables.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 24, "{tables}");
    for name in &names {
        let template = candor.run(["template", name]).ok();
        let file = dir.path().join(format!("{name}.csv"));
        fs::write(&file, template).unwrap();
        candor.run(["validate", file.to_str().unwrap()]).check_ok().unwrap();
        candor.run(["template", name, "--columns"]).check_ok().unwrap();
    }
    // Rows of the examples refer to people and repositories that are not there: nothing but that may be wrong with them.
    for name in &names {
        fs::write(dir.path().join(format!("{name}.csv")), candor.run(["template", name, "--example"]).ok()).unwrap();
    }
    let checked = candor.run(["validate", dir.path().to_str().unwrap(), "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    for file in document["files"].as_array().unwrap() {
        for fault in file["faults"].as_array().unwrap() {
            let kind = fault["kind"].as_str().unwrap();
            assert!(kind.starts_with("unknown_") && kind != "unknown_column" || kind == "missing_fx_rate", "{fault:#}");
        }
        assert_eq!(file["rows"].as_u64(), Some(1), "{file:#}");
    }
    candor.run(["template", "peple"]).check_refused(2, &["peple", "people"]).unwrap();
}

#[test]
fn a_person_is_forgotten_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("org");
    let candor = Candor::new(dir.path(), "candor").with("CANDOR_ORG", folder.to_str().unwrap());
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    let mut repo = Repository::new(dir.path(), "app");
    repo.write("a.txt", "one\n");
    repo.commit("One");
    let described = folder.join("candor.toml");
    let begun = fs::read_to_string(&described).unwrap();
    fs::write(&described, format!("{begun}\n[[repository]]\npath = {:?}\n", repo.path.to_str().unwrap())).unwrap();
    let email = repo.git(&["log", "-1", "--format=%ae"]).trim().to_owned();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let files = [
        file("people.csv", "person,name,manager\nboss7,Quentin Zebrafish,\np2,Bo,boss7\n"),
        file("identities.csv", &format!("kind,value,person\nemail,{email},boss7\ngithub,zebraq,boss7\n")),
        file("employment.csv", "person,valid_from,role\nboss7,2020-01-01,manager\np2,2020-01-01,manager\n"),
        file("repositories.csv", "repo,business\nacme/a,platform\n"),
        file("pull_requests.csv", "repo,number,author,created_at\nacme/a,1,github:zebraq,2025-01-01T00:00:00Z\n"),
    ];
    let mut import = vec!["import"];
    import.extend(files.iter().map(String::as_str));
    candor.run(&import).check_ok().unwrap();
    candor.run(["mine"]).check_ok().unwrap();
    candor.run(["forget", "nobody"]).check_refused(2, &["nobody"]).unwrap();
    let would = candor.run(["forget", "github:ZebraQ", "--json"]).json();
    assert_eq!(would["tables"]["people"], serde_json::json!({ "rows": 1, "mentions": 1 }), "{would:#}");
    assert_eq!((&would["accounts"], &would["files"]), (&serde_json::json!(1), &serde_json::json!(4)), "{would:#}");
    let lake = candor_lake::Lake::open(folder.join("lake")).unwrap();
    let everything = |lake: &candor_lake::Lake| {
        let snapshot = lake.latest().unwrap().unwrap();
        let columns = |table: &candor_lake::TableSpec| table.columns.iter().map(|column| column.name).collect::<Vec<_>>();
        let tables = candor_lake::TABLES.iter().map(|table| format!("{:?}", snapshot.read(table.name, &columns(table)).unwrap()));
        let raw = snapshot
            .states()
            .filter(|name| name.starts_with("raw/"))
            .map(|name| String::from_utf8_lossy(&snapshot.state(name).unwrap().unwrap()).into_owned());
        tables.chain(raw).collect::<String>()
    };
    let is_named = |text: &str| ["Zebrafish", "zebraq", "boss7", email.as_str()].iter().any(|word| text.contains(word));
    assert!(is_named(&everything(&lake)), "what was only asked for must not be done");
    candor.run(["forget", "boss7", "--yes"]).check_ok().unwrap();
    assert!(!is_named(&everything(&lake)), "{}", everything(&lake));
    assert_eq!(lake.snapshots().unwrap().len(), 1, "an older snapshot would name the person");
    // Not by commits to come, either.
    repo.write("a.txt", "two\n");
    repo.commit("Two");
    candor.run(["mine"]).check_ok().unwrap();
    assert!(!is_named(&everything(&lake)), "{}", everything(&lake));
}

/// F17: accounts that identities.csv joins are one person in every command of the folder, for history mined before as well.
#[test]
fn identities_of_the_folder_count_in_reports_and_exports() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("org");
    let candor = Candor::new(dir.path(), "candor").with("CANDOR_ORG", folder.to_str().unwrap());
    candor.run(["init", folder.to_str().unwrap()]).check_ok().unwrap();
    let mut repo = Repository::new(dir.path(), "app");
    for (name, line) in [("Kim Vo", "one"), ("kimvo", "two")] {
        repo.by(name);
        repo.write(&format!("{line}.txt"), line);
        repo.commit(line);
    }
    let emails: Vec<String> = repo.git(&["log", "--format=%ae"]).lines().map(str::to_owned).collect();
    assert!(emails.len() == 2 && emails[0] != emails[1], "{emails:?}");
    let authors = || {
        let arguments = ["export", "attribution", "--format", "json", "--repo", repo.path.to_str().unwrap()];
        let document = candor.run(arguments).json();
        let of = |value: &serde_json::Value| value["author"].as_str().unwrap().to_owned();
        document["identities"].as_object().unwrap().values().map(of).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(authors().len(), 2);
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let people = file("people.csv", "person,name\nk,Kim Vo\n".to_owned());
    let rows: String = emails.iter().map(|email| format!("email,{email},k\n")).collect();
    let identities = file("identities.csv", format!("kind,value,person\n{rows}"));
    candor.run(["import", &people, &identities]).check_ok().unwrap();
    assert_eq!(authors().len(), 1, "{:?}", authors());
    candor.run(["report", repo.path.to_str().unwrap(), "--json"]).check_ok().unwrap();
    fs::write(folder.join("contexts.toml"), "[[context]]\nname = \"payment\"\npaths = []\n").unwrap();
    candor.run(["report", repo.path.to_str().unwrap(), "--json"]).check_refused(2, &["contexts.toml", "payment"]).unwrap();
}

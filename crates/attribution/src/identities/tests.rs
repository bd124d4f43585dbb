#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn kims() -> [Person; 2] {
    [Person::new("Kim Vo", "kim@corp.example"), Person::new("kimvo", "kim.vo@home.example")]
}

fn keys(identities: &Identities) -> Vec<Option<BString>> {
    kims().iter().map(|person| identities.resolve(person).key()).collect()
}

/// F17: one person with two addresses is two identities until a file says otherwise.
#[test]
fn the_team_is_that_of_the_time() {
    let text = "[[person]]\nid = \"k\"\nemails = [\"kim@corp.example\"]\nteam = \"payments\"";
    let plain = Identities::default().with_people("p.toml", text).unwrap();
    let team = |of: &Identities, at: Option<i64>| of.people()[0].team_at(at).map(str::to_owned);
    assert_eq!(team(&plain, None).as_deref(), Some("payments"));
    let spells = [("k".to_owned(), vec![(200, Some("search".to_owned())), (100, Some("payments".to_owned())), (300, None)])];
    let dated = plain.with_teams(spells.into());
    let told: Vec<_> = [None, Some(99), Some(100), Some(199), Some(200), Some(300)].map(|at| team(&dated, at)).into();
    let none = || None::<String>;
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(told, [none(), none(), some("payments"), some("payments"), some("search"), none()]);
    assert_eq!(dated.people()[0].teams().collect::<Vec<_>>(), ["payments", "payments", "search"]);
}

#[test]
fn a_person_with_two_addresses() {
    let none = keys(&Identities::default());
    assert_ne!(none[0], none[1], "never joined on the name alone");
    let proposed = proposals(&kims());
    assert_eq!(proposed.len(), 1, "{proposed:?}");
    assert!(proposed[0].reason.contains("`kimvo`"), "{proposed:?}");
    let map = Mailmap::parse(b"Kim Vo <kim@corp.example> <kim.vo@home.example>\n");
    let mapped = keys(&Identities::with_mailmap(map));
    assert_eq!(mapped[0], mapped[1]);
    for (path, text) in [
        (
            "people.toml",
            "[[person]]\nname = \"Kim Vo\"\nemails = [\"kim@corp.example\", \"Kim.Vo@home.example\"]\nteam = \"payments\"\n",
        ),
        ("people.csv", "person,email,team\nkim,kim@corp.example;kim.vo@home.example,payments\n"),
        ("people.csv", "person,email,name\nkim,kim@corp.example,Kim Vo\nkim,kim.vo@home.example,\n"),
        ("identities.csv", "kind,value,person\nemail,kim@corp.example,kim\ngithub,kim-v,kim\nemail,kim.vo@home.example,kim\n"),
    ] {
        let identities = Identities::default().with_people(path, text).unwrap();
        let joined = keys(&identities);
        assert_eq!(joined[0], joined[1], "{path}: {text}");
        let [_, home] = kims();
        let found = identities.resolve(&home);
        assert_eq!(found.person.email, "kim@corp.example", "{path}: {text}");
    }
    let identities = Identities::default()
        .with_people("p.toml", "[[person]]\nid = \"k\"\nemails = [\"kim@corp.example\"]\nteam = \"payments\"")
        .unwrap();
    assert_eq!(identities.resolve(&kims()[0]).known.unwrap().team.as_deref(), Some("payments"));
    assert_eq!(identities.people().len(), 1);
}

#[test]
fn a_mailmap_comes_before_the_people_file() {
    let map = Mailmap::parse(b"<kim@corp.example> <old@corp.example>\n");
    let identities = Identities::with_mailmap(map).with_people("people.csv", "person,email\nkim,kim@corp.example\n").unwrap();
    assert_eq!(identities.resolve(&Person::new("K", "old@corp.example")).key(), Some("person:kim".into()));
    assert_eq!(
        Identities::default().resolve(&Person::default()).key(),
        None,
        "without a name and an address nobody in particular"
    );
    assert_eq!(Identities::default().resolve(&Person::new("", "Ben@example.com")).key(), Some("email:ben@example.com".into()));
}

#[test]
fn what_says_nothing_proposes_nothing() {
    let accounts = [
        Person::new("Ada Example", "info@a.example"),
        Person::new("Ben Example", "info@b.example"),
        Person::new("Li", "li@a.example"),
        Person::new("Li", "li@b.example"),
        Person::new("dependabot[bot]", "1+dependabot[bot]@x.example"),
        Person::new("dependabot[bot]", "2+dependabot[bot]@y.example"),
    ];
    assert_eq!(proposals(&accounts), []);
    let login = [Person::new("Ada Example", "ada@a.example"), Person::new("x", "123+ada-example@users.noreply.github.com")];
    assert_eq!(proposals(&login).len(), 1);
}

#[test]
fn faults_are_named_with_file_line_and_column() {
    for (path, text, expected) in [
        ("p.csv", "person,email\nkim,kim\n", "people file `p.csv`, line 2, column `email`: `kim` is no e-mail address"),
        (
            "p.csv",
            "person,email\nkim,k@x.example\nben,K@x.example\n",
            "line 3, column `email`: `K@x.example` belongs to `kim` already (line 2)",
        ),
        ("p.csv", "person,mail\n", "line 1: unknown column `mail`"),
        ("p.csv", "person,name\n", "line 1: the header needs `person` and either `email`"),
        ("p.csv", "person,email\n,k@x.example\n", "line 2, column `person`: it is empty"),
        ("p.csv", "person,email\nkim,k@x.example,more\n", "line 2: 3 cells where the header has 2"),
        ("p.toml", "[[person]]\nemails = [\"k@x.example\"]\n", "line 2, column `id`: the person has neither"),
        ("p.toml", "[[person]]\nname = \"Kim\"\nmails = []\n", "people file `p.toml`, line 3: unknown field `mails`"),
    ] {
        let error = Identities::default().with_people(path, text).unwrap_err().to_string();
        assert!(error.contains(expected), "expected `{expected}` in `{error}`");
    }
}

//! Keys and the ledger from outside: what is written can be verified, what was changed is named with file and line.

use std::fs;
use std::path::PathBuf;

use crate::support::process::{Candor, Finished};

/// An organisation's folder, and a user whose secrets are kept apart.
pub struct Organisation {
    temp: tempfile::TempDir,
    pub candor: Candor,
}

impl Organisation {
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let outside = Candor::new(temp.path(), "org");
        let folder = temp.path().join("org.cwd");
        outside.run(["init", folder.to_str().unwrap()]).ok();
        let secrets = temp.path().join("secrets");
        let candor = outside.with("CANDOR_CONFIG_DIR", secrets.to_str().unwrap());
        Organisation { temp, candor }
    }

    /// With keys of ada and grace.
    pub fn with_keys() -> Self {
        let own = Self::new();
        own.run("key new ada --as-of 2026-03-01").ok();
        own.run("key new grace --key ada --as-of 2026-03-01").ok();
        own
    }

    /// Runs the words of a line.
    pub fn run(&self, line: &str) -> Finished {
        self.candor.run(line.split_whitespace())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.candor.cwd.join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("ledger/ledger.jsonl")
    }

    /// Path of a file in the user's own folder.
    pub fn secret(&self, name: &str) -> String {
        self.outside("secrets").join(name).to_str().unwrap().to_owned()
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }
}

fn text(run: Finished) -> String {
    String::from_utf8(run.ok()).unwrap()
}

#[test]
fn keys_come_in_by_request_and_go_by_revocation() {
    let own = Organisation::with_keys();
    let elsewhere = own.candor.with("CANDOR_CONFIG_DIR", own.outside("elsewhere").to_str().unwrap());
    let public = text(elsewhere.run(["key", "new", "lin", "--request", "lin.json"]));
    assert_eq!(text(own.run("key admit lin.json --key ada")), public);
    assert_eq!(text(own.run("key admit lin.json --key ada")), public, "twice is once");
    let list = text(own.run("key list"));
    assert!(list.contains(public.trim()) && list.lines().count() == 3, "{list}");
    own.run("key new ada --key grace").check_ok().unwrap();
    own.run("key new eve").check_refused(2, &["has keys already", "--key"]).unwrap();
    own.run("key revoke grace --key ada").ok();
    own.run("key revoke nobody --key ada").check_refused(2, &["nobody", "lin"]).unwrap();
    own.write("policy.toml", "x = 1");
    own.run("ledger policy policy.toml --from 2026-04-01 --reason test --key grace").check_refused(2, &["revoked"]).unwrap();
    own.run("ledger policy policy.toml --from 2026-04-01 --reason test").check_refused(2, &["several keys", "--key"]).unwrap();
    own.run("ledger policy policy.toml --from 2026-04-01 --reason test --key ada").ok();
    own.run("ledger verify").check_ok().unwrap();
    // Secrets are the user's own, and nobody else can read them.
    let secret = own.outside("secrets/keys/ada.key");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&secret).unwrap().permissions()) & 0o777, 0o600);
    let pem = fs::read_to_string(secret).unwrap();
    let body = pem.lines().nth(1).unwrap();
    for (path, bytes) in crate::support::process::files_below(&own.candor.cwd) {
        assert!(!String::from_utf8_lossy(&bytes).contains(body), "a secret key is in `{}`", path.display());
    }
}

#[test]
fn a_change_is_named_with_file_and_line() {
    let own = Organisation::with_keys();
    own.write("policy.toml", "x = 1");
    own.run("ledger policy policy.toml --from 2026-04-01 --reason test --key ada").ok();
    let whole = fs::read(own.ledger()).unwrap();
    let said = text(own.run("ledger verify"));
    assert!(said.contains("proved      order") && said.contains("not proved  time"), "{said}");
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 40;
    let mut bent = whole.clone();
    bent[second] ^= 1;
    fs::write(own.ledger(), &bent).unwrap();
    let run = own.run("ledger verify");
    assert!(String::from_utf8_lossy(&run.stdout).contains("ledger.jsonl:2:"), "{run}");
    run.check_refused(2, &["not as it was written"]).unwrap();
    for command in ["ledger policy policy.toml --from 2026-04-01 --reason test --key ada", "ledger export", "key list"] {
        own.run(command).check_refused(2, &["ledger.jsonl:2:"]).unwrap_or_else(|why| panic!("{why}"));
    }
    assert_eq!(fs::read(own.ledger()).unwrap(), bent, "a damaged ledger is left as it is");
    // A line that was never finished is no fault, and the next entry sets it aside.
    let mut torn = whole.clone();
    torn.extend_from_slice(b"{\"at\":\"2026-");
    fs::write(own.ledger(), &torn).unwrap();
    let said = text(own.run("ledger verify"));
    assert!(said.contains("ledger.jsonl:4: an unfinished line"), "{said}");
    let run = own.run("ledger policy policy.toml --from 2026-04-01 --reason again --key ada");
    run.check_ok().unwrap();
    assert!(run.says("torn/line-4"), "{run}");
    assert_eq!(own.run("ledger verify --json").json()["entries"], 4);
}

#[test]
fn a_cut_tail_shows_against_what_others_keep() {
    let own = Organisation::with_keys();
    let repository = crate::support::repository::Repository::new(own.temp.path(), "theirs");
    repository.git(&["commit", "-q", "--allow-empty", "-m", "First"]);
    let theirs = repository.path.to_str().unwrap().to_owned();
    // The tag needs somebody who makes it; the environment of the test has no name of its own.
    repository.git(&["config", "user.name", "Somebody"]);
    repository.git(&["config", "user.email", "somebody@example.com"]);
    own.run("ledger anchor --file head.json --request head.tsq --as-of 2026-03-02").ok();
    own.run("ledger export --out export.jsonl").ok();
    own.run(&format!("ledger anchor --git {theirs} --as-of 2026-03-02")).ok();
    own.run(&format!("ledger anchor --git {theirs} --commit --as-of 2026-03-02")).ok();
    let said = text(own.run(&format!("ledger verify --anchor head.json --git {theirs} --against export.jsonl")));
    assert!(said.contains("candor-anchor-") && said.matches("witness").count() >= 5, "{said}");
    assert!(said.contains("proved      that no tail was cut off before the last witness"), "{said}");
    // What lies in the ledger's own folder proves nothing by itself.
    let said = text(own.run("ledger verify"));
    assert!(
        said.contains("not proved  that no tail was cut off: no witness from outside") && said.contains("own folder"),
        "{said}"
    );
    let whole = fs::read_to_string(own.ledger()).unwrap();
    let first = whole.lines().next().unwrap();
    fs::write(own.ledger(), format!("{first}\n")).unwrap();
    fs::remove_dir_all(own.path("ledger/anchors")).unwrap();
    own.run("ledger verify").check_ok().unwrap_or_else(|why| panic!("without a witness nothing is missing: {why}"));
    for witness in ["--anchor head.json".to_owned(), format!("--git {theirs}"), "--against export.jsonl".to_owned()] {
        let run = own.run(&format!("ledger verify {witness}"));
        assert!(String::from_utf8_lossy(&run.stdout).contains("cut off"), "{witness}: {run}");
        run.check_refused(2, &[]).unwrap_or_else(|why| panic!("{witness}: {why}"));
    }
}

#[test]
fn a_time_stamp_of_something_else_is_refused() {
    let own = Organisation::with_keys();
    own.run("ledger anchor --file head.json --as-of 2026-03-02").ok();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../experiment/fixtures/rfc3161");
    let reply = folder.join("reply.tsr");
    own.run(&format!("ledger anchor --reply {} --of head.json", reply.display()))
        .check_refused(2, &["stamps", "head.json"])
        .unwrap_or_else(|why| panic!("{why}"));
    own.run("ledger anchor --reply head.json --of head.json").check_refused(2, &["RFC 3161"]).unwrap();
    own.run("ledger anchor --reply head.json").check_refused(2, &["--of"]).unwrap();
}

#[test]
fn outside_of_an_organisation_it_says_how_to_make_one() {
    let temp = tempfile::tempdir().unwrap();
    let candor = Candor::new(temp.path(), "nowhere");
    candor.run(["ledger", "verify"]).check_refused(2, &["candor.toml", "candor init"]).unwrap();
    let own = Organisation::new();
    own.run("ledger verify").check_refused(2, &["no ledger yet", "candor key new"]).unwrap();
    own.run("ledger anchor --file x.json").check_refused(2, &["is empty"]).unwrap();
}

/// A reply of an authority that nobody trusts, made with openssl where there is one.
#[test]
fn a_time_stamp_is_compared_and_its_signature_left_open() {
    let own = Organisation::with_keys();
    own.run("ledger anchor --file head.json --request head.tsq --as-of 2026-03-02").ok();
    let config = "[ req ]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n[ dn ]\nCN = Example\n[ v3 ]\n\
                  extendedKeyUsage = critical,timeStamping\n[ one ]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
                  digests = sha256\n";
    own.write("tsa.cnf", config);
    own.write("serial", "01\n");
    let openssl = |line: &str| {
        let mut command = std::process::Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(&own.candor.cwd);
        command.output().is_ok_and(|run| run.status.success())
    };
    let made = openssl("req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 9 -config tsa.cnf")
        && openssl("ts -reply -config tsa.cnf -section one -queryfile head.tsq -signer tsa.pem -inkey tsa.key -out head.tsr");
    if !made {
        println!("skipped: no openssl here that makes time stamps");
        return;
    }
    let run = own.run("ledger anchor --reply head.tsr --of head.json");
    assert!(run.says("2 entries existed on") && run.says("not verified"), "{run}");
    let said = text(own.run("ledger verify"));
    assert!(
        said.contains("a time-stamp reply of") && said.contains("open        that no tail was cut off before entry 2"),
        "{said}"
    );
    assert!(said.contains("not proved  that no tail was cut off: no witness from outside"), "{said}");
}

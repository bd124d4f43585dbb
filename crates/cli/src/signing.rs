//! Secret keys and seeds in the user's own folder, and the ledger of the organisation: what commands that sign have in common.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Chain, Ledger, LedgerWriter, Mended, When};
use jiff::Timestamp;

use crate::commands::init::Organisation;
use crate::failure::Failure;
use crate::{dates, output, store};

/// Who signs an entry, and when it says it was written.
#[derive(clap::Args)]
pub struct Signing {
    /// Secret key that signs: the name of one in your own folder, or a file. May be repeated [default: the only one there].
    #[arg(long, value_name = "NAME|FILE")]
    pub key: Vec<String>,
    /// Date the entry on this day or instant instead of now; the ledger says that it was typed.
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
}

impl Signing {
    /// The keys, in the order in which they were named.
    pub fn keys(&self) -> Result<Vec<SecretKey>, Failure> {
        if self.key.is_empty() {
            return Ok(vec![only_key()?]);
        }
        self.key.iter().map(|name| read_key(name)).collect()
    }

    /// The time of the entry.
    pub fn at(&self) -> Result<When, Failure> {
        Ok(When { at: as_of(self.as_of.as_deref())?, typed: self.as_of.is_some() })
    }
}

/// The instant that `--as-of` names, or now.
pub fn as_of(text: Option<&str>) -> Result<Timestamp, Failure> {
    match text {
        Some(text) => {
            let seconds = dates::instant("--as-of", text)?;
            Timestamp::from_second(seconds).map_err(|error| Failure::user(format!("`--as-of {text}`: {error}")))
        }
        None => Ok(store::now()),
    }
}

/// The user's own folder for `keys` or `seeds`: never the organisation's, which is committed.
pub fn secrets(kind: &str) -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = set("CANDOR_CONFIG_DIR");
    let base = own.or_else(|| set("XDG_CONFIG_HOME").map(|dir| dir.join("candor"))).or_else(|| {
        let home = set("HOME").or_else(|| set("USERPROFILE"))?;
        Some(home.join(".config").join("candor"))
    });
    base.map(|base| base.join(kind)).ok_or_else(|| {
        Failure::user("there is no folder for secrets: neither CANDOR_CONFIG_DIR nor XDG_CONFIG_HOME nor HOME is set")
            .hint("set CANDOR_CONFIG_DIR to a folder that only you can read")
    })
}

/// 32 bytes that nobody can predict.
pub fn entropy() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    #[expect(
        clippy::disallowed_methods,
        reason = "secret keys and the seeds of draws must be unpredictable; draws themselves are seeded"
    )]
    getrandom::fill(&mut bytes).map_err(|error| Failure::machine(format!("the system gives no randomness: {error}")))?;
    Ok(bytes)
}

/// Writes a secret that only its owner can read, and never over another one.
pub fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let fault = |error: std::io::Error| Failure::file("write", path, &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::user(format!("`{}` is there already", path.display()))
                .hint("a secret is never overwritten: take another name"));
        }
        opened => opened.map_err(fault)?,
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)
}

/// The file that a name or path of a key means.
pub fn key_file(name: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(name);
    if path.is_file() {
        return Ok(path);
    }
    Ok(secrets("keys")?.join(format!("{name}.key")))
}

/// Reads a secret key.
pub fn read_key(name: &str) -> Result<SecretKey, Failure> {
    let path = key_file(name)?;
    if !path.is_file() {
        return Err(Failure::user(format!("there is no key `{name}`: neither a file of that name nor `{}`", path.display()))
            .hint("`candor key new NAME` makes one"));
    }
    Ok(SecretKey::from_pem(&path, &store::read_text(&path)?)?)
}

fn only_key() -> Result<SecretKey, Failure> {
    let folder = secrets("keys")?;
    let files =
        std::fs::read_dir(&folder).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect::<Vec<_>>());
    let mut keys: Vec<PathBuf> =
        files.unwrap_or_default().into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "key")).collect();
    keys.sort();
    match keys.as_slice() {
        [only] => Ok(SecretKey::from_pem(only, &store::read_text(only)?)?),
        [] => Err(Failure::user(format!("there is no key in `{}`", folder.display())).hint("`candor key new NAME` makes one")),
        many => {
            let names: Vec<String> =
                many.iter().filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
            Err(Failure::user(format!("several keys are here: {}", names.join(", "))).hint("say which one signs: `--key NAME`"))
        }
    }
}

/// The ledger of the organisation.
pub fn ledger() -> Result<Ledger, Failure> {
    Ok(Ledger::at(Organisation::here()?.folder().join("ledger")))
}

/// The sound chain of the organisation's ledger.
pub fn chain() -> Result<Chain, Failure> {
    Ok(ledger()?.chain()?)
}

/// Opens the ledger to write; waits for another writer, and says so.
pub fn writer(who: &str) -> Result<LedgerWriter, Failure> {
    let begun = std::time::Instant::now();
    let mut told = false;
    let mut wait = |holder: &str| {
        if !told {
            output::say(&format!("waiting: the ledger is being written by {holder}"));
            told = true;
        }
        begun.elapsed().as_secs() < 60
    };
    let writer = ledger()?.write(who, store::now(), &mut wait)?;
    match writer.mended() {
        Some(Mended::SetAside(file)) => output::say(&format!(
            "note: a run was stopped while it wrote to the ledger; its unfinished line is in `{}` and was never part of the ledger",
            file.display()
        )),
        Some(Mended::LineEnd) => output::say("note: the last line of the ledger had lost its line end; it was put back"),
        None => {}
    }
    Ok(writer)
}

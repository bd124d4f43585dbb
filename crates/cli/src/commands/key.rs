//! `candor key`: who may sign. Secret keys stay in the user's own folder; the ledger knows public ones.

use std::path::{Path, PathBuf};

use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, KeyAction, KeyChange};
use serde_json::json;

use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output, store};

/// Arguments of `candor key`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Make a key pair. The first one of a ledger lets itself in; a later one is let in by --key, or asks by --request.
    New(New),
    /// Let the key of a request into the ledger.
    Admit(Admit),
    /// Take a key out: from then on it signs nothing.
    Revoke(Revoke),
    /// The keys that may sign.
    List(List),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor key new ada
  candor key new grace --key ada                   on one machine
  candor key new grace --request grace.json        on her own machine; send the file to somebody whose key is in the ledger")]
struct New {
    /// Name of the holder, as people call them.
    #[arg(value_name = "NAME")]
    name: String,
    /// Write the secret key here instead of into your own folder.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a request for `candor key admit` and leave the ledger alone.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "as_of"])]
    request: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor key admit grace.json --key ada")]
struct Admit {
    /// The request.
    #[arg(value_name = "FILE")]
    request: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor key revoke grace --key ada")]
struct Revoke {
    /// Whose key.
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor key list --json")]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.action {
        Action::New(args) => new(args),
        Action::Admit(args) => admit(args),
        Action::Revoke(args) => revoke(args),
        Action::List(args) => list(args),
    }
}

/// Where the user's own key of this name is kept.
fn key_path(name: &str, out: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    let is_plain =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) && !name.starts_with('.');
    if !is_plain {
        return Err(Failure::user(format!("`{name}` is no name for a key")).hint("use letters, digits, `-`, `_` and `.`"));
    }
    match out {
        Some(path) => Ok(path.clone()),
        None => Ok(signing::secrets("keys")?.join(format!("{name}.key"))),
    }
}

/// The key that a stopped run left there.
fn kept_key(path: &Path) -> Result<Option<SecretKey>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    Ok(Some(SecretKey::from_pem(path, &store::read_text(path)?)?))
}

/// The key that is kept there, or a new one, from now on kept there.
fn own_key(path: &Path) -> Result<SecretKey, Failure> {
    if let Some(key) = kept_key(path)? {
        return Ok(key);
    }
    let key = SecretKey::from_entropy(signing::entropy()?);
    signing::write_secret(path, &key.to_pem()?)?;
    Ok(key)
}

fn new(args: &New) -> Done {
    let path = key_path(&args.name, args.out.as_ref())?;
    let tell = || output::say(&format!("secret key: `{}` (keep it; whoever has it signs as `{}`)", path.display(), args.name));
    if let Some(request) = &args.request {
        let change = KeyChange::request(&args.name, &own_key(&path)?);
        tell();
        let text = candor_experiment::canonical::text(&change)?;
        output::write_file(request, format!("{text}\n").as_bytes())?;
        output::say(&format!(
            "request: `{}`; somebody whose key is in the ledger runs `candor key admit` on it",
            request.display()
        ));
        return output::print(format!("{}\n", change.key).as_bytes());
    }
    let mut writer = signing::writer("candor key new")?;
    if let Some(key) = kept_key(&path)? {
        let change = KeyChange::request(&args.name, &key);
        if writer.chain().keys().get(&change.key) == Some(&args.name) {
            tell();
            output::say("the key is in the ledger already");
            return output::print(format!("{}\n", change.key).as_bytes());
        }
    }
    // Everything that can be refused is refused before a key is made.
    let sponsors = if writer.chain().is_empty() {
        None
    } else if args.signing.key.is_empty() {
        return Err(Failure::user(
            "no key was made: the ledger has keys already, and one of their holders has to let a new one in",
        )
        .hint("add `--key NAME` of a key that is in the ledger, or `--request FILE` to ask somebody elsewhere"));
    } else {
        Some(args.signing.keys()?)
    };
    let at = args.signing.at()?;
    let key = own_key(&path)?;
    let change = KeyChange::request(&args.name, &key);
    let public = change.key;
    let sponsors = sponsors.unwrap_or_else(|| vec![key]);
    let signers: Vec<&SecretKey> = sponsors.iter().collect();
    writer.append(at, Body::Key(change), &signers).map_err(|error| {
        Failure::from(error).hint(format!("the secret key is kept in `{}`; the same command goes on with it", path.display()))
    })?;
    tell();
    output::print(format!("{public}\n").as_bytes())
}

fn admit(args: &Admit) -> Done {
    let text = store::read_text(&args.request)?;
    let change: KeyChange = serde_json::from_str(&text).map_err(|error| {
        Failure::user(format!(
            "{}:{}:{}: expected a request as `candor key new --request` writes it: {error}",
            args.request.display(),
            error.line(),
            error.column()
        ))
        .hint("the new holder runs `candor key new NAME --request FILE` and sends you that file")
    })?;
    let keys = args.signing.keys()?;
    let mut writer = signing::writer("candor key admit")?;
    if writer.chain().keys().get(&change.key) != Some(&change.name) {
        let signers: Vec<&SecretKey> = keys.iter().collect();
        writer.append(args.signing.at()?, Body::Key(change.clone()), &signers)?;
    }
    output::say(&format!("`{}` may sign; ask them whether their key is the one below", change.name));
    output::print(format!("{}\n", change.key).as_bytes())
}

fn revoke(args: &Revoke) -> Done {
    let keys = args.signing.keys()?;
    let mut writer = signing::writer("candor key revoke")?;
    let found = writer.chain().keys().iter().find(|(_, name)| **name == args.name).map(|(key, _)| *key);
    let Some(key) = found else {
        let names: Vec<&str> = writer.chain().keys().values().map(String::as_str).collect();
        return Err(Failure::user(format!("no key of `{}` is in the ledger", args.name))
            .hint(format!("there are keys of: {}", names.join(", "))));
    };
    let signers: Vec<&SecretKey> = keys.iter().collect();
    let body = Body::Key(KeyChange { action: KeyAction::Revoke, name: args.name.clone(), key, proof: None });
    writer.append(args.signing.at()?, body, &signers)?;
    output::say(&format!("the key of `{}` signs nothing from here on; what it signed before stays", args.name));
    Ok(())
}

fn list(args: &List) -> Done {
    let chain = signing::chain()?;
    if args.json {
        let keys: Vec<_> = chain.keys().iter().map(|(key, name)| json!({ "name": name, "key": key })).collect();
        return output::print(format!("{}\n", json!({ "keys": keys })).as_bytes());
    }
    let mut rows: Vec<(&String, String)> = chain.keys().iter().map(|(key, name)| (name, key.to_string())).collect();
    rows.sort();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let text: String = rows.iter().map(|(name, key)| format!("{name:width$}  {key}\n")).collect();
    output::print(text.as_bytes())
}

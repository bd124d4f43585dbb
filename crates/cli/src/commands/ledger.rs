//! `candor ledger`: what the chain proves, copies of it for others, and its head in other people's hands.

mod anchor;
mod git;
mod verify;

use std::path::PathBuf;

use candor_experiment::canonical::Hash;
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, FileHash, PolicyChange};

use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output};

/// Arguments of `candor ledger`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Check every line, and say exactly what that proves.
    Verify(verify::Args),
    /// A copy for others, or a table for people.
    Export(Export),
    /// Put the head of the chain where others keep it, so that time and a cut tail can be proved.
    Anchor(anchor::Args),
    /// Write down that the rules on where AI may be used have changed.
    Policy(Policy),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor ledger export --out ledger-2026-04.jsonl      every line as it is, to compare with later
  candor ledger export --format table                  what happened, one line each")]
struct Export {
    /// Write here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The lines themselves, or a table for people.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Jsonl,
    Table,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor ledger policy policy.cedar contexts.toml --from 2026-09-01 --reason \"payments: reverts 2.1 times those of human changes\"")]
struct Policy {
    /// Files that hold the rules.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Day from which they hold.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Hash of the verdict entry that they follow from.
    #[arg(long, value_name = "HASH")]
    follows: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.action {
        Action::Verify(args) => verify::run(args),
        Action::Export(args) => export(args),
        Action::Anchor(args) => anchor::run(args),
        Action::Policy(args) => policy(args),
    }
}

fn export(args: &Export) -> Done {
    let ledger = signing::ledger()?;
    let bytes = ledger.bytes()?;
    // Whole lines only: an unfinished one was never acknowledged.
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let whole = bytes.get(..end).unwrap_or_default();
    let reading = candor_experiment::ledger::read(whole);
    if let Some(fault) = reading.faults.first() {
        return Err(Failure::user(format!("{}:{}: {}", ledger.path().display(), fault.line, fault.what))
            .hint("a damaged ledger is not passed on; `candor ledger verify` lists every fault"));
    }
    let out = match args.format {
        Format::Jsonl => whole.to_vec(),
        Format::Table => {
            let names = reading.chain.entries().iter().map(|entry| {
                let hash = reading.chain.hash_at(entry.seq).map_or_else(String::new, |hash| hash.short());
                format!(
                    "{:>5}  {}  {hash}  {:15}  {}\n",
                    entry.seq,
                    entry.at.strftime("%Y-%m-%d %H:%M"),
                    entry.body.kind(),
                    entry.body.summary()
                )
            });
            names.collect::<String>().into_bytes()
        }
    };
    match &args.out {
        Some(path) => {
            output::write_file(path, &out)?;
            output::say(&format!("wrote {} entries to `{}`; head {}", reading.chain.len(), path.display(), reading.chain.head()));
            Ok(())
        }
        None => output::print(&out),
    }
}

fn policy(args: &Policy) -> Done {
    let mut files = Vec::new();
    for path in &args.files {
        let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        files.push(FileHash { file: path.display().to_string(), sha256: Hash::of(&bytes) });
    }
    let in_force_from = args
        .from
        .parse()
        .map_err(|_| Failure::user(format!("`--from {}` is no day", args.from)).hint("write a day as 2026-09-01"))?;
    let follows = args.follows.as_deref().map(str::parse::<Hash>).transpose()?;
    let keys = args.signing.keys()?;
    let signers: Vec<&SecretKey> = keys.iter().collect();
    let mut writer = signing::writer("candor ledger policy")?;
    if let Some(hash) = &follows {
        match writer.chain().find(hash).map(|entry| &entry.body) {
            Some(Body::Verdict(_)) => {}
            _ => {
                return Err(Failure::user(format!("`--follows {hash}` is no verdict of this ledger"))
                    .hint("`candor ledger export --format table` lists the entries"));
            }
        }
    }
    let body = Body::PolicyChange(PolicyChange { reason: args.reason.clone(), in_force_from, files, follows });
    let (hash, _) = writer.append(args.signing.at()?, body, &signers)?;
    output::print(format!("{hash}\n").as_bytes())
}

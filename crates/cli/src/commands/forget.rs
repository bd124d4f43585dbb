//! `candor forget`: removes a person, after saying what that takes away.

use std::fmt::Write;

use candor_lake::{Lake, Wait};
use candor_sources::csv;
use serde_json::{Value, json};

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, output, store};

/// Arguments of `candor forget`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor forget p07
  candor forget github:grace-i --yes

Rows about the person go; where others' rows mention the person, nobody is named any more. Names stay in your repositories and in
your own files: take the person out of people.csv and identities.csv too, or the next import brings the person back.")]
pub struct Args {
    /// Id of people.csv, or KIND:VALUE of identities.csv.
    #[arg(value_name = "PERSON")]
    person: String,
    /// Do it; without this, only say what would go.
    #[arg(long)]
    yes: bool,
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let folder = organisation.lake();
    let nobody = || {
        Failure::user(format!("nobody is known as `{}`", args.person))
            .hint("name an id of people.csv, or KIND:VALUE of identities.csv such as github:grace-i")
    };
    if !folder.exists() {
        return Err(nobody());
    }
    let lake = Lake::open(&folder)?;
    let done = csv::forget(&lake, &args.person, args.yes, store::now(), Wait::No)?.ok_or_else(nobody)?;
    if args.json {
        let tables: serde_json::Map<String, Value> = done
            .tables
            .iter()
            .map(|(table, (rows, mentions))| ((*table).to_owned(), json!({ "rows": rows, "mentions": mentions })))
            .collect();
        let document = json!({
            "schema": "candor-forget/1", "done": args.yes, "tables": tables, "accounts": done.accounts, "files": done.files,
            "snapshot": done.snapshot.map(|snapshot| snapshot.0), "older_snapshots": done.snapshots,
        });
        return output::print(format!("{document:#}\n").as_bytes());
    }
    let mut text = String::new();
    for (table, (rows, mentions)) in &done.tables {
        let _ = writeln!(text, "{table:<22} {rows:>8} rows go {mentions:>8} rows stay without the person");
    }
    let _ = writeln!(text, "accounts of commits    {:>8} lose name and address", done.accounts);
    let _ = writeln!(text, "kept files             {:>8} go, because they name the person", done.files);
    if !done.tables.is_empty() {
        let tables: Vec<&str> = done.tables.keys().copied().collect();
        let _ = writeln!(text, "figures that read {} change", tables.join(", "));
    }
    match done.snapshot {
        Some(snapshot) => {
            let _ = writeln!(
                text,
                "forgotten in snapshot {}; {} older ones held the person and are gone: their figures cannot be computed again",
                snapshot.0, done.snapshots
            );
        }
        None => text.push_str("nothing was done; --yes does it, and takes older snapshots away, which hold the person still\n"),
    }
    output::print(text.as_bytes())
}

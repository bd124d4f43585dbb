//! `candor people`: accounts that may belong to one person, for somebody to decide.

use std::collections::BTreeMap;
use std::fmt::Write;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use candor_attribution::Person;
use candor_attribution::identities::proposals;
use candor_lake::{Lake, Snapshot};
use serde_json::{Value, json};

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, output};

/// Arguments of `candor people`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List accounts that look like one person, with the reason; nothing is merged.
    Suggest(Suggest),
}

/// Arguments of `candor people suggest`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  candor people suggest

A line in identities.csv merges two accounts; without it (and after an import with --replace) they are two again.")]
struct Suggest {
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.what {
        What::Suggest(args) => suggest(args),
    }
}

/// Who is known under which address.
#[derive(Default)]
struct Known {
    /// Ids of people.csv by key.
    ids: BTreeMap<String, String>,
    /// Names by key.
    names: BTreeMap<String, String>,
    /// Keys by address in lower case.
    emails: BTreeMap<String, String>,
    /// Names and addresses of commits.
    accounts: Vec<Person>,
}

fn column(batch: &RecordBatch, index: usize, row: usize) -> Option<String> {
    use arrow_array::Array;
    let array = batch.columns().get(index)?.as_string_opt::<i32>()?;
    array.is_valid(row).then(|| array.value(row).to_owned())
}

fn known(snapshot: &Snapshot) -> Result<Known, Failure> {
    let mut known = Known::default();
    for batch in snapshot.read("people", &["person", "name"])? {
        for row in 0..batch.num_rows() {
            if let (Some(person), Some(name)) = (column(&batch, 0, row), column(&batch, 1, row)) {
                known.names.insert(person, name);
            }
        }
    }
    let mut emails: Vec<(String, String)> = Vec::new();
    for batch in snapshot.read("identities", &["kind", "value", "person", "name"])? {
        for row in 0..batch.num_rows() {
            let (Some(kind), Some(value), Some(person)) =
                (column(&batch, 0, row), column(&batch, 1, row), column(&batch, 2, row))
            else {
                continue;
            };
            match kind.as_str() {
                "id" => {
                    known.ids.insert(person, value);
                }
                "email" => emails.push((value, person)),
                "commit" => known.accounts.push(Person::new(column(&batch, 3, row).unwrap_or_default(), value)),
                _ => {}
            }
        }
    }
    for (email, person) in emails {
        let name = known.names.get(&person).cloned().unwrap_or_default();
        known.accounts.push(Person::new(name, email.clone()));
        known.emails.insert(email.to_lowercase(), person);
    }
    Ok(known)
}

fn suggest(args: &Suggest) -> Done {
    let organisation = Organisation::here()?;
    let folder = organisation.lake();
    let snapshot = if folder.exists() { Lake::open(&folder)?.latest()? } else { None };
    let Some(snapshot) = snapshot else {
        return Err(
            Failure::user("there are no facts yet").hint("`candor mine` reads the repositories, `candor import` the files")
        );
    };
    let known = known(&snapshot)?;
    let owner = |person: &Person| known.emails.get(&person.email.to_string().to_lowercase()).cloned();
    let mut text = String::new();
    let mut found: Vec<Value> = Vec::new();
    for proposal in proposals(&known.accounts) {
        let owners = (owner(&proposal.a), owner(&proposal.b));
        // Somebody decided already: one person, or two.
        let (stranger, person) = match &owners {
            (Some(_), Some(_)) => continue,
            (Some(person), None) => (&proposal.b, Some(person)),
            (None, Some(person)) => (&proposal.a, Some(person)),
            (None, None) => (&proposal.b, None),
        };
        let id = person.and_then(|person| known.ids.get(person)).cloned();
        let shown = |person: &Person| format!("{} <{}>", person.name, person.email);
        let line = id.as_ref().map(|id| format!("email,{},{id}", stranger.email));
        let _ = writeln!(text, "{}\n{}\n  {}", shown(&proposal.a), shown(&proposal.b), proposal.reason);
        match &line {
            Some(line) => {
                let _ = writeln!(text, "  one person? a line in identities.csv: {line}\n");
            }
            None => text.push_str("  one person? a line in people.csv, and both addresses in identities.csv\n\n"),
        }
        found.push(json!({ "a": shown(&proposal.a), "b": shown(&proposal.b), "reason": proposal.reason, "line": line }));
    }
    if args.json {
        let document = json!({ "schema": "candor-people/1", "snapshot": snapshot.id().0, "proposals": found });
        return output::print(format!("{document:#}\n").as_bytes());
    }
    if found.is_empty() {
        text.push_str("no two accounts look like one person\n");
    }
    output::print(text.as_bytes())
}

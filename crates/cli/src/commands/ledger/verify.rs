//! `candor ledger verify`: every line checked, and in plain words what that proves and what it does not.

use std::path::{Path, PathBuf};

use candor_experiment::canonical::Hash;
use candor_experiment::ledger::{Anchor, AnchorCheck, AnchorKind, Chain, check_anchor, check_export, read, timestamp};
use serde_json::{Value, json};

use super::git;
use crate::failure::Failure;
use crate::{Done, output, signing, store};

/// Arguments of `candor ledger verify`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor ledger verify
  candor ledger verify --anchor head.json --git ../somebody-elses-repository --against ledger-2026-04.jsonl
  candor ledger verify copy-of-a-ledger.jsonl --json

Exit codes: 0 = nothing was found; 2 = something is not as it was written.")]
pub struct Args {
    /// The file [default: the organisation's ledger].
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// An anchor file that somebody kept. May be repeated.
    #[arg(long, value_name = "FILE")]
    anchor: Vec<PathBuf>,
    /// A repository that may hold anchors. May be repeated.
    #[arg(long, value_name = "DIR")]
    git: Vec<PathBuf>,
    /// An earlier export that somebody kept. May be repeated.
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A witness and what it says.
struct Witness {
    name: String,
    kind: AnchorKind,
    anchor: Anchor,
    check: AnchorCheck,
    /// Whether it lies in the ledger's own folder, where whoever forges the ledger could forge it too.
    is_ours: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let (path, anchors) = match &args.file {
        Some(path) => (path.clone(), None),
        None => {
            let ledger = signing::ledger()?;
            (ledger.path(), Some(ledger.anchors()))
        }
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && args.file.is_none() => {
            return Err(Failure::user(format!("there is no ledger yet: `{}`", path.display()))
                .hint("`candor key new NAME` makes its first entry"));
        }
        Err(error) => return Err(Failure::file("read", &path, &error)),
    };
    let reading = read(&bytes);
    let mut faults: Vec<String> =
        reading.faults.iter().map(|fault| format!("{}:{}: {}", path.display(), fault.line, fault.what)).collect();
    let witnesses = witnesses(args, &reading.chain, anchors.as_deref())?;
    // Against a damaged chain an anchor says nothing that the faults do not say better.
    if reading.faults.is_empty() {
        faults.extend(witnesses.iter().filter_map(|witness| disagreement(witness, &path)));
    }
    let mut exports = Vec::new();
    for export in &args.against {
        let other = std::fs::read(export).map_err(|error| Failure::file("read", export, &error))?;
        match check_export(&bytes, &other) {
            Ok(entries) => exports.push((export, entries)),
            Err(what) => faults.push(format!("{}: {what} (`{}`)", path.display(), export.display())),
        }
    }
    let tail = reading.tail.as_ref().map(|tail| {
        let what = if tail.is_whole {
            "the last line has lost its line end"
        } else {
            "an unfinished line: never acknowledged, no part of the chain"
        };
        format!("{}:{}: {what}; the next entry mends it", path.display(), tail.line)
    });
    if args.json {
        output::print(format!("{}\n", document(&reading.chain, &faults, tail.as_deref(), &witnesses)).as_bytes())?;
    } else {
        let mut text = String::new();
        for line in faults.iter().chain(&tail) {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&explain(&reading.chain, faults.is_empty(), &witnesses, &exports));
        let typed = reading.chain.entries().iter().filter(|entry| entry.at_typed).count();
        if typed > 0 {
            text.push_str(&format!(
                "note: the dates of {typed} entries were typed by hand; the clock of the machine said something else\n"
            ));
        }
        for line in &reading.clock_steps {
            text.push_str(&format!(
                "note: line {line} is dated before the line above it: the clocks of two machines differ, or a date was typed\n"
            ));
        }
        output::print(text.as_bytes())?;
    }
    match faults.len() {
        0 => Ok(()),
        count => Err(Failure::user(format!("the ledger is not as it was written: {}", output::counted(count, "fault")))),
    }
}

fn witnesses(args: &Args, chain: &Chain, own: Option<&Path>) -> Result<Vec<Witness>, Failure> {
    let mut found = Vec::new();
    let mut add = |name: String, kind, anchor: Anchor, is_ours| {
        let check = check_anchor(chain, &anchor);
        found.push(Witness { name, kind, anchor, check, is_ours });
    };
    let mut files: Vec<(PathBuf, bool)> = args.anchor.iter().map(|path| (path.clone(), false)).collect();
    if let Some(entries) = own.and_then(|own| std::fs::read_dir(own).ok()) {
        let mut own: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        own.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        own.sort();
        files.extend(own.into_iter().map(|path| (path, true)));
    }
    for (path, is_ours) in files {
        let text = store::read_text(&path)?;
        let anchor = Anchor::from_text(&path.display().to_string(), &text)?;
        let reply = path.with_extension("tsr");
        let kind = match std::fs::read(&reply) {
            Err(_) => AnchorKind::File,
            Ok(bytes) => {
                let read = timestamp::read(&bytes).map_err(|what| Failure::user(format!("`{}`: {what}", reply.display())))?;
                if read.imprint != Hash::of(text.as_bytes()) {
                    return Err(Failure::user(format!("`{}` stamps another text than `{}`", reply.display(), path.display())));
                }
                AnchorKind::TimeStamp(read)
            }
        };
        add(path.display().to_string(), kind, anchor, is_ours);
    }
    for repository in &args.git {
        for one in git::read(repository)? {
            let name = repository.display().to_string();
            let kind = AnchorKind::Git { repository: name.clone(), tag: one.name, at: one.at };
            add(name, kind, one.anchor, false);
        }
    }
    found.sort_by_key(|witness| witness.anchor.entries);
    Ok(found)
}

fn disagreement(witness: &Witness, path: &Path) -> Option<String> {
    let (path, name, entries) = (path.display(), &witness.name, witness.anchor.entries);
    match witness.check {
        AnchorCheck::Holds => None,
        AnchorCheck::Cut { have } => {
            Some(format!("{path}:{}: a tail was cut off here: `{name}` knew {entries} entries, and there are {have}", have + 1))
        }
        AnchorCheck::Rewritten { line } => Some(format!("{path}:{line}: another entry stood here when `{name}` was made")),
        AnchorCheck::Other => Some(format!("{path}:1: `{name}` is about another ledger, or the first entry was replaced")),
    }
}

/// What is proved, and what is not.
fn explain(chain: &Chain, is_sound: bool, witnesses: &[Witness], exports: &[(&PathBuf, usize)]) -> String {
    let mut text = String::new();
    let mut say = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    say(format!("entries     {}", chain.len()));
    say(format!("head        {}", chain.head()));
    for (key, name) in chain.keys() {
        say(format!("key         {name}: {key}"));
    }
    if !is_sound {
        say("proved      the entries before the first fault, in their order; nothing after it".to_owned());
        return text;
    }
    say("proved      order: each entry names the hash of the one before, so none was changed, dropped, moved or repeated before the head".to_owned());
    say("proved      who: each entry is signed by a key that the ledger had let in; compare the keys above with their holders"
        .to_owned());
    for witness in witnesses.iter().filter(|witness| witness.check == AnchorCheck::Holds) {
        let own = if witness.is_ours && !matches!(witness.kind, AnchorKind::TimeStamp(_)) {
            "; a copy in the ledger's own folder proves nothing by itself: ask the one who keeps the original"
        } else {
            ""
        };
        say(format!("witness     entries 0 to {}: {}{own}", witness.anchor.entries - 1, witness.kind));
        if matches!(witness.kind, AnchorKind::TimeStamp(_)) {
            say(format!("            {}", timestamp::NOT_VERIFIED));
        }
    }
    for (export, entries) in exports {
        say(format!("witness     entries 0 to {}: the export `{}`", entries.saturating_sub(1), export.display()));
    }
    let holds = || witnesses.iter().filter(|witness| witness.check == AnchorCheck::Holds);
    let outside = holds().filter(|witness| !witness.is_ours).map(|witness| witness.anchor.entries as usize);
    let known = outside.chain(exports.iter().map(|(_, entries)| *entries)).max().unwrap_or(0);
    let stamped = holds()
        .filter(|witness| matches!(witness.kind, AnchorKind::TimeStamp(_)))
        .map(|witness| witness.anchor.entries as usize)
        .max();
    say("not proved  time: the dates of entries are their writers' word; only a witness shows that entries existed by then"
        .to_owned());
    say(match known {
        0 => "not proved  that no tail was cut off: no witness from outside was named".to_owned(),
        n if n < chain.len() => {
            format!("not proved  that no tail was cut off after entry {}: the witnesses know no further", n - 1)
        }
        _ => "proved      that no tail was cut off before the last witness".to_owned(),
    });
    if let Some(entries) = stamped.filter(|entries| *entries > known) {
        say(format!(
            "open        that no tail was cut off before entry {entries}: it is proved if the authority's signature holds"
        ));
    }
    say("not proved  that holders of the keys did not write the whole chain anew after the last witness".to_owned());
    text
}

fn document(chain: &Chain, faults: &[String], tail: Option<&str>, witnesses: &[Witness]) -> Value {
    let witnesses: Vec<Value> = witnesses
        .iter()
        .map(|witness| {
            json!({
                "name": witness.name, "kind": witness.kind.to_string(), "entries": witness.anchor.entries,
                "holds": witness.check == AnchorCheck::Holds, "in_own_folder": witness.is_ours,
            })
        })
        .collect();
    let keys: Vec<Value> = chain.keys().iter().map(|(key, name)| json!({ "name": name, "key": key })).collect();
    json!({
        "entries": chain.len(), "head": chain.head(), "sound": faults.is_empty(), "faults": faults, "unfinished": tail,
        "keys": keys, "witnesses": witnesses,
    })
}

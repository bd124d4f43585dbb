//! `candor ledger anchor`: the head of the chain goes to others, who later witness what had been written by when.

use std::path::{Path, PathBuf};

use candor_experiment::canonical::Hash;
use candor_experiment::ledger::{Anchor, AnchorCheck, check_anchor, timestamp};

use super::git;
use crate::failure::Failure;
use crate::{Done, output, signing, store};

/// Arguments of `candor ledger anchor`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor ledger anchor --file head.json                      mail it to somebody, print it, publish it
  candor ledger anchor --git ../somebody-elses-repository    an annotated tag there; push it
  candor ledger anchor --file head.json --request head.tsq   send head.tsq to a time-stamping authority, then:
  candor ledger anchor --reply head.tsr --of head.json")]
pub struct Args {
    /// Write the head to this file.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["git", "reply"])]
    file: Option<PathBuf>,
    /// Tag the current commit of this repository with the head.
    #[arg(long, value_name = "DIR")]
    git: Option<PathBuf>,
    /// With --git: make an empty commit instead of a tag.
    #[arg(long, requires = "git")]
    commit: bool,
    /// With --file: write a request for a time stamp over it (RFC 3161), to be sent to an authority.
    #[arg(long, value_name = "FILE", requires = "file")]
    request: Option<PathBuf>,
    /// Import the authority's reply; needs --of.
    #[arg(long, value_name = "FILE", requires = "of", conflicts_with_all = ["file", "git"])]
    reply: Option<PathBuf>,
    /// The anchor file that the reply is about.
    #[arg(long, value_name = "FILE", requires = "reply")]
    of: Option<PathBuf>,
    /// Date the anchor on this day or instant instead of now.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    if let (Some(reply), Some(of)) = (&args.reply, &args.of) {
        return import(reply, of);
    }
    let ledger = signing::ledger()?;
    let chain = ledger.chain()?;
    let Some(anchor) = Anchor::of(&chain, signing::as_of(args.as_of.as_deref())?) else {
        return Err(Failure::user(format!("the ledger `{}` is empty: there is no head", ledger.path().display()))
            .hint("`candor key new NAME` makes its first entry"));
    };
    let text = anchor.to_text()?;
    keep(&ledger.anchors().join(format!("{:06}.json", anchor.entries)), text.as_bytes())?;
    if let Some(path) = &args.file {
        output::write_file(path, text.as_bytes())?;
        if let Some(request) = &args.request {
            output::write_file(request, &timestamp::request(&Hash::of(text.as_bytes())))?;
            output::say(&format!("send `{}` to a time-stamping authority as application/timestamp-query", request.display()));
        }
        output::say(&format!("head of {} entries in `{}`: give it to somebody who keeps it", anchor.entries, path.display()));
    }
    if let Some(repository) = &args.git {
        let name = git::write(repository, &anchor, args.commit)?;
        output::say(&format!("`{name}` in `{}`: push it to where others have it", repository.display()));
    }
    output::print(format!("{}\n", anchor.head).as_bytes())
}

/// Writes a file of the anchors' folder once; the same head again changes nothing.
fn keep(path: &Path, bytes: &[u8]) -> Done {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
    }
    output::write_file(path, bytes)
}

fn import(reply: &Path, of: &Path) -> Done {
    let text = store::read_text(of)?;
    let anchor = Anchor::from_text(&of.display().to_string(), &text)?;
    let bytes = std::fs::read(reply).map_err(|error| Failure::file("read", reply, &error))?;
    let read = timestamp::read(&bytes).map_err(|what| Failure::user(format!("`{}`: {what}", reply.display())))?;
    let own = Hash::of(text.as_bytes());
    if read.imprint != own {
        return Err(Failure::user(format!(
            "`{}` stamps {}, and `{}` has the hash {own}",
            reply.display(),
            read.imprint,
            of.display()
        ))
        .hint("name the very file that was stamped"));
    }
    let ledger = signing::ledger()?;
    match check_anchor(&ledger.chain()?, &anchor) {
        AnchorCheck::Holds => {}
        AnchorCheck::Other => return Err(Failure::user(format!("`{}` is about another ledger", of.display()))),
        AnchorCheck::Cut { have } => {
            let what =
                format!("`{}` is about {} entries, and the ledger has {have}: a tail was cut off", of.display(), anchor.entries);
            return Err(Failure::user(what));
        }
        AnchorCheck::Rewritten { line } => {
            return Err(Failure::user(format!(
                "{}:{line}: another entry stood here when `{}` was made",
                ledger.path().display(),
                of.display()
            )));
        }
    }
    let name = ledger.anchors().join(format!("{:06}-{}", anchor.entries, own.short()));
    keep(&name.with_extension("json"), text.as_bytes())?;
    keep(&name.with_extension("tsr"), &bytes)?;
    output::say(&format!(
        "{} entries existed on {} by the word of the authority (policy {})",
        anchor.entries, read.time, read.policy
    ));
    output::say(timestamp::NOT_VERIFIED);
    Ok(())
}

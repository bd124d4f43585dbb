//! `candor statement`: one page for the board, the teams or the community, made from the recorded verdict.

use std::path::PathBuf;

use candor_experiment::statement::{Audience, statement};
use candor_experiment::verdict::record;

use super::verdict::find;
use crate::{Done, output, signing};

/// Arguments of `candor statement`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor statement ai-tools --for board --out statement.html
  candor statement ai-tools --for community > statement.md

The page is made from the latest verdict in the ledger. Nobody writes it, and it says nothing that the verdict does not.")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// For whom.
    #[arg(long = "for", value_enum)]
    audience: For,
    /// The verdict of this entry (its number or hash) instead of the latest.
    #[arg(long, value_name = "ENTRY")]
    entry: Option<String>,
    /// Markdown or one HTML page [default: by the ending of --out, else Markdown].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum For {
    Board,
    Team,
    Community,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Markdown,
    Html,
    Json,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let chain = signing::chain()?;
    chain.plan_in_force(&args.plan)?;
    let recorded = find(record::recorded(&chain, &args.plan)?, args.entry.as_deref(), &args.plan)?;
    let audience = match args.audience {
        For::Board => Audience::Board,
        For::Team => Audience::Team,
        For::Community => Audience::Community,
    };
    let made = statement(&recorded.plan, &recorded.verdict, audience, Some(&recorded.hash))?;
    let ending = args.out.as_ref().and_then(|path| path.extension()).and_then(|ending| ending.to_str());
    let by_ending = match ending {
        Some("html" | "htm") => Format::Html,
        Some("json") => Format::Json,
        _ => Format::Markdown,
    };
    let page = match args.format.unwrap_or(by_ending) {
        Format::Markdown => made.to_markdown(),
        Format::Html => made.to_html(),
        Format::Json => format!("{}\n", serde_json::json!(made)),
    };
    match &args.out {
        Some(path) => {
            output::write_file(path, page.as_bytes())?;
            output::say(&format!(
                "wrote `{}` from the verdict `{}` in entry {}",
                path.display(),
                recorded.verdict.class,
                recorded.seq
            ));
            Ok(())
        }
        None => output::print(page.as_bytes()),
    }
}

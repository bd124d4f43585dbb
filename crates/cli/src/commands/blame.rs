//! `candor blame`: who or what wrote each living line of a file, when it landed, and how that is known.

mod lines;
mod revision;
mod show;

use std::path::PathBuf;

use candor_attribution::LabelPolicy;

use crate::failure::Failure;
use crate::{Done, output, store};
use lines::{Blamed, Limits};

/// Arguments of `candor blame`.
#[derive(clap::Args)]
#[command(
    after_help = "Columns: landing (the mainline commit in which the line first appeared; ^ = before the history at hand), origin (the
merged commit that wrote it; blank = the landing itself), source of the line, tool, evidence, then in brackets the author of
the origin, the day of the landing, the age in days at the revision shown, and the number of the line.
! after the source = pieces of evidence contradict each other.
Without REV the lines are those of the default branch: the one that origin/HEAD names, else the one that is checked out.

Examples:
  candor blame src/main.rs
  candor blame src/main.rs -L 10,+20 -e
  candor blame src/main.rs HEAD
  candor blame src/main.rs v1.2.0 --repo ~/src/app --json"
)]
pub struct Args {
    /// File, relative to the current folder, or with --repo to the root of the repository.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Branch, tag or HEAD, or a commit of the mainline (`1a2b3c4`, `main~3`), instead of the tip of the default branch.
    #[arg(value_name = "REV")]
    revision: Option<String>,
    /// The repository.
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
    /// Lines START to END only (`10,20`, `10,+5`, `10`, `,20`); may be repeated.
    #[arg(short = 'L', value_name = "START,END")]
    lines: Vec<String>,
    /// Whole commit ids.
    #[arg(short = 'l')]
    long: bool,
    /// Neither author nor day nor age.
    #[arg(short = 's')]
    short: bool,
    /// The author's e-mail address instead of the name.
    #[arg(short = 'e', long = "show-email")]
    email: bool,
    /// The time as seconds since 1970 and zone.
    #[arg(short = 't')]
    raw_time: bool,
    /// Form of the day.
    #[arg(long, value_enum, value_name = "FORM", default_value = "short", conflicts_with = "raw_time")]
    date: show::DateForm,
    /// As `git blame --porcelain`, with further headers that begin with `candor-`.
    #[arg(short = 'p', long, conflicts_with = "json")]
    porcelain: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// Who is who (TOML or CSV).
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Signs of tools of your own (TOML), on top of the built-in ones.
    #[arg(long, value_name = "FILE")]
    signs: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let limits = args.lines.iter().map(|text| text.parse()).collect::<Result<Vec<Limits>, Failure>>()?;
    let root = args.repo.clone().unwrap_or_else(|| PathBuf::from("."));
    let shown = revision::find(&root, args.revision.as_deref(), &store::signs(args.signs.as_deref())?)?;
    let who = store::identities(&shown.fresh, args.people.as_deref())?;
    let path = lines::path(&shown, &args.file, args.repo.is_none())?;
    let blamed = Blamed::read(&shown, path, &limits, &who, &LabelPolicy::default())?;
    if blamed.is_empty_file {
        output::say(&format!("note: `{}` is empty", blamed.path));
    }
    let bytes = if args.json {
        show::json(&blamed, &shown)?
    } else if args.porcelain {
        show::porcelain(&blamed)
    } else {
        let date = if args.raw_time { show::DateForm::Raw } else { args.date };
        show::columns(&blamed, &show::Columns { long: args.long, people: !args.short, email: args.email, date })
    };
    output::print(&bytes)
}

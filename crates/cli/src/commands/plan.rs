//! `candor plan`: write down beforehand what is asked, how it is measured and what follows.

mod metrics;
mod register;
mod show;

use std::path::{Path, PathBuf};

use candor_experiment::plan::{Finding, Plan, Severity, check, default_plan, empty_plan};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::failure::Failure;
use crate::{Done, output, signing, store};

/// Arguments of `candor plan`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Write a plan file to begin with.
    New(New),
    /// Say what a plan file may not say, and the chance that each criterion will say anything.
    Check(Check),
    /// Sign a plan on your own machine, for somebody else to register.
    Sign(register::Sign),
    /// Put a plan into the ledger, before its data.
    Register(register::Register),
    /// Change a registered plan; what it was stays visible.
    Amend(register::Amend),
    /// Show a registered plan and how it changed.
    Show(show::Show),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor plan new plan.toml --default --from 2026-04-01
  candor plan new plan.toml --id task-trial")]
struct New {
    /// File to write.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The founding criteria with their margins, ready to be edited; without it, a form with no answers.
    #[arg(long)]
    default: bool,
    /// Name of the plan in the ledger.
    #[arg(long, value_name = "NAME", default_value = "ai-tools")]
    id: String,
    /// First day of the baseline [default: the first of next month].
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The day that counts as today.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor plan check plan.toml
  candor plan check plan.toml --json

Exit codes: 0 = it can be registered; 2 = it cannot, and why.")]
struct Check {
    /// The plan file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.action {
        Action::New(args) => new(args),
        Action::Check(args) => check_file(args),
        Action::Sign(args) => register::sign(args),
        Action::Register(args) => register::register(args),
        Action::Amend(args) => register::amend(args),
        Action::Show(args) => show::run(args),
    }
}

/// A day as users write it.
pub fn day(flag: &str, text: &str) -> Result<Date, Failure> {
    text.parse().map_err(|_| Failure::user(format!("`{flag} {text}` is no day")).hint("write a day as 2026-04-01"))
}

fn new(args: &New) -> Done {
    if args.file.exists() {
        return Err(Failure::user(format!("`{}` is there already", args.file.display())).hint("name another file"));
    }
    let from = match &args.from {
        Some(text) => day("--from", text)?,
        None => {
            let today = signing::as_of(args.as_of.as_deref())?.to_zoned(TimeZone::UTC).date();
            today.first_of_month().checked_add(1.month()).map_err(|error| Failure::user(error.to_string()))?
        }
    };
    let text = if args.default { default_plan(&args.id, from) } else { empty_plan(&args.id, from) };
    output::write_file(&args.file, text.as_bytes())?;
    output::say(&format!("wrote `{}`; edit it, then `candor plan check {}`", args.file.display(), args.file.display()));
    Ok(())
}

fn check_file(args: &Check) -> Done {
    let text = store::read_text(&args.file)?;
    let checked = check(&args.file.display().to_string(), &text, &metrics::known()?);
    if args.json {
        let chances = checked.plan.as_ref().map(show::chances_json);
        output::print(
            format!("{}\n", json!({ "registrable": checked.plan.is_some(), "findings": checked.findings, "chances": chances }))
                .as_bytes(),
        )?;
    } else {
        let mut out: String = checked.findings.iter().map(|finding| format!("{finding}\n")).collect();
        if let Some(plan) = &checked.plan {
            out.push_str(&show::chances_text(plan));
            out.push_str(&format!("{}: it can be registered\n", args.file.display()));
        }
        output::print(out.as_bytes())?;
    }
    refuse(&args.file, &checked.findings)
}

fn refuse(file: &Path, findings: &[Finding]) -> Done {
    match findings.iter().filter(|finding| finding.severity == Severity::Refused).count() {
        0 => Ok(()),
        count => Err(Failure::user(format!("`{}` cannot be registered: {}", file.display(), output::counted(count, "fault")))),
    }
}

/// A plan file that can be registered: its plan and its text. Findings go to standard error.
pub fn sound(file: &Path) -> Result<(Plan, String), Failure> {
    let text = store::read_text(file)?;
    let checked = check(&file.display().to_string(), &text, &metrics::known()?);
    for finding in &checked.findings {
        output::say(&finding.to_string());
    }
    refuse(file, &checked.findings)?;
    let plan = checked.plan.ok_or_else(|| Failure::machine(format!("`{}` was checked and gave no plan", file.display())))?;
    Ok((plan, text))
}

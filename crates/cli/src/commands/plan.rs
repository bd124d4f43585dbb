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

use super::init::Organisation;
use super::look::Bench;
use super::look::rehearsal::{rehearse, teams};
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
  candor plan check plan.toml --as-of 2026-03-20     with the facts that were there on that day
  candor plan check plan.toml --json

In an organisation's folder the plan is rehearsed on its past: baseline and pilot moved back, nothing done, so that the chance of a verdict
rests on how much its own figures vary. Nothing is written.

Exit codes: 0 = it can be registered; 2 = it cannot, and why.")]
struct Check {
    /// The plan file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The day that counts as today.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Say only what the plan's own words allow; look at no facts.
    #[arg(long, conflicts_with = "as_of")]
    words_only: bool,
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
    let mut text = if args.default { default_plan(&args.id, from) } else { empty_plan(&args.id, from) };
    let today = signing::as_of(args.as_of.as_deref())?.to_zoned(TimeZone::UTC).date();
    if let Some(teams) = organisation_teams(today, from.min(today)) {
        let named =
            |is_control: bool| teams.iter().filter(|own| own.1 == is_control).map(|own| own.0.clone()).collect::<Vec<_>>();
        let (treated, control) = (named(false), named(true));
        if !treated.is_empty() && !control.is_empty() {
            text = with_teams(&text, &treated, &control);
            output::say(&format!("teams as the table `teams` has them: {} with AI, {} as control", treated.len(), control.len()));
        }
    }
    output::write_file(&args.file, text.as_bytes())?;
    output::say(&format!("wrote `{}`; edit it, then `candor plan check {}`", args.file.display(), args.file.display()));
    Ok(())
}

fn check_file(args: &Check) -> Done {
    let text = store::read_text(&args.file)?;
    let checked = check(&args.file.display().to_string(), &text, &metrics::known()?);
    let as_of = signing::as_of(args.as_of.as_deref())?.to_zoned(TimeZone::UTC).date();
    let past = match checked.plan.as_ref().filter(|_| !args.words_only) {
        // A plan is sound or not whatever the facts are.
        Some(plan) => rehearse(plan, as_of).unwrap_or_else(|failure| {
            output::say(&format!("the facts say nothing of this plan: {failure}"));
            None
        }),
        None => None,
    };
    if args.json {
        let chances = checked.plan.as_ref().map(|plan| show::chances_json(past.as_ref().map_or(plan, |past| &past.plan)));
        output::print(
            format!("{}\n", json!({ "registrable": checked.plan.is_some(), "findings": checked.findings, "chances": chances }))
                .as_bytes(),
        )?;
    } else {
        let mut out: String = checked.findings.iter().map(|finding| format!("{finding}\n")).collect();
        if let Some(plan) = &checked.plan {
            out.push_str(&show::chances_text(plan, past.as_ref()));
            out.push_str(&unknown_teams(plan, as_of)?);
            out.push_str(&format!("{}: it can be registered\n", args.file.display()));
        }
        output::print(out.as_bytes())?;
    }
    refuse(&args.file, &checked.findings)
}

/// Teams that the plan names and the organisation does not have.
fn unknown_teams(plan: &Plan, as_of: Date) -> Result<String, Failure> {
    let named: Vec<&String> = plan.design.treated_teams.iter().chain(&plan.design.control_teams).collect();
    let Some(known) = organisation_teams(as_of, as_of).filter(|known| !known.is_empty() && !named.is_empty()) else {
        return Ok(String::new());
    };
    let unknown: Vec<&str> =
        named.into_iter().filter(|team| !known.iter().any(|own| own.0 == **team)).map(String::as_str).collect();
    let known: Vec<&str> = known.iter().map(|own| own.0.as_str()).collect();
    Ok(if unknown.is_empty() {
        String::new()
    } else {
        format!(
            "\nwarning: nobody is in these teams of the plan: {}\n  hint: teams with people on {as_of}: {}\n",
            unknown.join(", "),
            known.join(", ")
        )
    })
}

/// Teams with people on a day, as it is known on another, and whether the table `teams` marks them as control; none where there are no facts to read.
fn organisation_teams(as_of: Date, day: Date) -> Option<Vec<(String, bool)>> {
    if !Organisation::current().ok().flatten().is_some_and(|own| own.lake().exists()) {
        return None;
    }
    let bench = Bench::open(as_of, None).ok()?;
    let teams = teams(&bench, day.yesterday().ok()?).ok()?;
    let control = super::design::named_control(&bench).ok()?;
    Some(teams.into_iter().map(|team| (team.clone(), control.contains(&team))).collect())
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

/// A plan text with these teams in place of those that stand for an example.
fn with_teams(text: &str, treated: &[String], control: &[String]) -> String {
    let list = |teams: &[String]| teams.iter().map(|team| format!("\"{team}\"")).collect::<Vec<_>>().join(", ");
    let line = |line: &str| {
        let named = |key: &str, teams: &[String]| line.starts_with(key).then(|| format!("{key} = [{}]", list(teams)));
        named("treated_teams", treated).or_else(|| named("control_teams", control)).unwrap_or_else(|| line.to_owned())
    };
    text.lines().map(|own| line(own) + "\n").collect()
}

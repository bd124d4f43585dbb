//! `candor roadmap`: where the undertaking stands on a day, what is missing, what to do next and until when.

use std::path::PathBuf;

use candor_experiment::ledger::Ledger;
use candor_experiment::roadmap::{Coverage, ItemState, Roadmap, Status, roadmap};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::{Done, output, signing, store};

/// Arguments of `candor roadmap`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor roadmap ai-tools
  candor roadmap ai-tools --coverage coverage.json --as-of 2026-06-10
  candor roadmap plan.toml                       a plan that is not registered yet

Exit codes: 0 = told, whatever is missing; 2 = there is no such plan, or a file cannot be read.")]
pub struct Args {
    /// The plan: its name in the ledger, or a plan file.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// What is known of the data (JSON, `candor-coverage-1`).
    #[arg(long, value_name = "FILE")]
    coverage: Option<PathBuf>,
    /// The day that counts as today.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// All of it, not only what is missing.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let as_of = signing::as_of(args.as_of.as_deref())?.to_zoned(TimeZone::UTC).date();
    let ledger: Ledger = signing::ledger()?;
    let chain = ledger.chain()?;
    let plan = match args.plan.ends_with(".toml") {
        true => super::plan::sound(&PathBuf::from(&args.plan))?.0,
        false => chain.plan_in_force(&args.plan)?.1,
    };
    let coverage = match &args.coverage {
        Some(path) => Some(Coverage::from_json(&path.display().to_string(), &store::read_text(path)?)?),
        None => None,
    };
    if let Some(own) = coverage.as_ref().filter(|own| own.as_of > as_of) {
        return Err(Failure::user(format!("the coverage is of {}, after {as_of}", own.as_of))
            .hint("name a later day with `--as-of`, or measure the coverage of that day"));
    }
    let road = roadmap(&plan, &chain, coverage.as_ref(), as_of);
    if args.json {
        return output::print(format!("{}\n", serde_json::json!(road)).as_bytes());
    }
    output::print(words(&road, args.all).as_bytes())
}

fn words(road: &Roadmap, all: bool) -> String {
    let mut text = format!("{} on {}\n", road.plan, road.as_of);
    for phase in &road.phases {
        let status = match phase.status {
            Status::ToCome => "to come",
            Status::Now if phase.may_open => "now",
            Status::Now => "its time is now, and the phase before it is not closed",
            Status::Done => "done",
            Status::Late => "late: its gate does not hold",
        };
        text.push_str(&format!("\n{:14} {} to {}  {status}\n", phase.phase.as_str().replace('_', " "), phase.from, phase.until));
        for item in &phase.gate {
            let is_due = matches!(phase.status, Status::Now | Status::Late);
            if !all && (!is_due || matches!(item.state, ItemState::Met | ItemState::NotNeeded)) {
                continue;
            }
            let mark = match item.state {
                ItemState::Met => "met",
                ItemState::Missing => "MISSING",
                ItemState::Unavailable => "unavailable",
                ItemState::NotNeeded => "not needed",
            };
            text.push_str(&format!("  {mark:11} {}: {}\n", item.what, item.why));
            if let Some(next) = &item.next {
                let until = item.until.map_or_else(String::new, |day| format!(" (until {day})"));
                text.push_str(&format!("              next: {next}{until}\n"));
            }
        }
    }
    text
}

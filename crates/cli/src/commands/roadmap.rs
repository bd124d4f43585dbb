//! `candor roadmap`: where the undertaking stands on a day, what is missing, what to do next and until when.

mod coverage;

use std::path::PathBuf;

use candor_experiment::ledger::Ledger;
use candor_experiment::roadmap::{Coverage, Item, ItemState, Roadmap, Status, roadmap};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::{Done, output, signing, store};

/// Arguments of `candor roadmap`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor roadmap ai-tools
  candor roadmap ai-tools --as-of 2026-06-10 --all
  candor roadmap ai-tools --coverage coverage.json   figures of a data warehouse instead of those of the facts here
  candor roadmap plan.toml                       a plan that is not registered yet

Exit codes: 0 = told, whatever is missing; 2 = there is no such plan, or a file cannot be read.")]
pub struct Args {
    /// The plan: its name in the ledger, or a plan file.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// What is known of the data (JSON, `candor-coverage-1`), instead of what the organisation's own facts say.
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
        None => coverage::measured(&plan, &chain, as_of).unwrap_or_else(|failure| {
            output::say(&format!("the facts say nothing of this day: {failure}"));
            None
        }),
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
        let mut grouped: Vec<(Item, Vec<String>)> = Vec::new();
        for item in phase.gate.iter().filter(|item| all || is_told(item, phase.status)) {
            // Metrics that lack the same thing are one line.
            let metric = item.what.strip_prefix("four weeks of ").and_then(|rest| rest.strip_suffix(" in the baseline"));
            let same = |group: &&mut (Item, Vec<String>)| {
                !group.1.is_empty() && (group.0.state, &group.0.why) == (item.state, &item.why)
            };
            match (metric, grouped.iter_mut().find(same)) {
                (Some(metric), Some(group)) => group.1.push(metric.to_owned()),
                (metric, _) => grouped.push((item.clone(), metric.map(str::to_owned).into_iter().collect())),
            }
        }
        for (item, metrics) in grouped {
            let mark = match item.state {
                ItemState::Met => "met",
                ItemState::Missing => "MISSING",
                ItemState::Unavailable => "unavailable",
                ItemState::NotNeeded => "not needed",
                ItemState::ToCome => "to come",
            };
            let what =
                if metrics.len() > 1 { format!("four weeks in the baseline of {}", metrics.join(", ")) } else { item.what };
            text.push_str(&format!("  {mark:11} {what}: {}\n", item.why));
            if let Some(next) = &item.next {
                let until = item.until.map_or_else(String::new, |day| format!(" (until {day})"));
                text.push_str(&format!("              next: {next}{until}\n"));
            }
        }
    }
    text
}

/// Whether an item is told without being asked for: what is missing, unavailable or to be done on a day, once the time of its phase has come.
fn is_told(item: &Item, status: Status) -> bool {
    matches!(status, Status::Now | Status::Late)
        && matches!(item.state, ItemState::Missing | ItemState::Unavailable | ItemState::ToCome)
}

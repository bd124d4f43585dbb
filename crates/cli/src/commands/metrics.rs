//! `candor metrics`: the catalogue, one metric explained, and figures.

mod explain;
mod show;

use candor_catalogue::{Catalogue, PeriodKind, Question};
use jiff::civil::Date;

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Arguments of `candor metrics`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor metrics
  candor metrics show review_time
  candor metrics run review_time --by source --period month
  candor metrics run csat nps --json")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Every metric with its question, by tier.
    List(ListArgs),
    /// One metric: question, definition, figures, caveats, version, SQL. Also a view that metrics share.
    Show(ShowArgs),
    /// Compute figures, with intervals or the reason why there are none.
    Run(RunArgs),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor metrics list
  candor metrics list --tier 1")]
struct ListArgs {
    /// Only this tier: 1 = business outcomes, 2 = team health, 3 = individual patterns.
    #[arg(long, value_name = "TIER", value_parser = clap::value_parser!(u8).range(1..=3))]
    tier: Option<u8>,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor metrics show revert_rate_30d
  candor metrics show merged_changes")]
struct ShowArgs {
    /// Id of a metric, or name of a view.
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor metrics run revert_rate_30d --by source
  candor metrics run review_time --by source,level --period month --from 2025-03-01
  candor metrics run revenue_per_engineer --period month --csv > revenue.csv
  candor metrics run review_time --snapshot 12 --as-of 2026-04-01")]
struct RunArgs {
    /// Ids of metrics.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Dimensions to slice by, joined by commas: source, level, team, repo, context, business, ...
    #[arg(long, value_name = "DIMENSIONS", value_delimiter = ',')]
    by: Vec<String>,
    /// Period of each figure.
    #[arg(long, value_enum, default_value = "overall")]
    period: Period,
    /// First day.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The day after the last one.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    #[command(flatten)]
    pin: engine::Pin,
    /// One JSON document on standard output (docs/metrics-schema.md).
    #[arg(long, conflicts_with_all = ["csv", "md"])]
    json: bool,
    /// One line per figure, as CSV.
    #[arg(long, conflicts_with = "md")]
    csv: bool,
    /// Tables in Markdown.
    #[arg(long)]
    md: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Period {
    Overall,
    Day,
    Week,
    Month,
    Quarter,
}

impl From<Period> for PeriodKind {
    fn from(period: Period) -> Self {
        match period {
            Period::Overall => Self::Overall,
            Period::Day => Self::Day,
            Period::Week => Self::Week,
            Period::Month => Self::Month,
            Period::Quarter => Self::Quarter,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.command {
        None => list(None),
        Some(Command::List(args)) => list(args.tier),
        Some(Command::Show(args)) => output::print(explain::text(&catalogue()?, &args.id)?.as_bytes()),
        Some(Command::Run(args)) => compute(args),
    }
}

/// The catalogue of the organisation, or the built-in one where there is none.
pub fn catalogue() -> Result<Catalogue, Failure> {
    Ok(match Organisation::current()? {
        Some(organisation) => engine::catalogue(&organisation)?,
        None => Catalogue::built_in()?,
    })
}

fn list(tier: Option<u8>) -> Done {
    output::print(explain::list(&catalogue()?, tier).as_bytes())
}

fn compute(args: &RunArgs) -> Done {
    let organisation = Organisation::here()?;
    let catalogue = engine::catalogue(&organisation)?;
    if args.by.iter().any(|dimension| dimension == "person") {
        return Err(Failure::user("figures are not given by person: those of a person go to nobody else")
            .hint("slice by level or team; a group needs five people"));
    }
    let (_, session) = args.pin.open(&organisation)?;
    catalogue.check_own(&session)?;
    let by = args.by.iter().map(|dimension| dimension.trim().to_owned()).filter(|dimension| !dimension.is_empty()).collect();
    let question = Question { by, period: args.period.into(), from: args.from, to: args.to };
    let results = candor_catalogue::run(&session, &catalogue, &args.ids, &question)?;
    let text = if args.json {
        let json = serde_json::to_string_pretty(&results).map_err(|error| Failure::machine(error.to_string()))?;
        format!("{json}\n")
    } else if args.csv {
        show::csv(&results)?
    } else if args.md {
        show::markdown(&results)
    } else {
        show::terminal(&results)
    };
    output::print(text.as_bytes())
}

//! `candor metrics`: the catalogue, one metric explained, and figures.

mod explain;
mod show;

use std::path::{Path, PathBuf};

use candor_catalogue::{Catalogue, CatalogueError, Facts, PeriodKind, Question, Session, Settings};
use candor_lake::{Lake, Snapshot, SnapshotId};
use jiff::civil::Date;

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, output};

/// Columns whose earliest value is the first day with facts, where the description names no window.
const BEGINNINGS: &[(&str, &str)] = &[
    ("pull_requests", "created_at"),
    ("work_items", "created_at"),
    ("deployments", "started_at"),
    ("incidents", "triggered_at"),
    ("support_tickets", "created_at"),
    ("satisfaction", "responded_at"),
    ("survey_answers", "answered_at"),
    ("changes", "landed_at"),
];

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
    /// Know nothing from this day on; without it, the day of the snapshot.
    #[arg(long, value_name = "DAY")]
    as_of: Option<Date>,
    /// Compute from this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER")]
    snapshot: Option<i64>,
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

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Lake(error) => error.into(),
            CatalogueError::Engine { .. } | CatalogueError::Statistic { .. } => Self::machine(error.to_string()),
            CatalogueError::UnknownMetric { .. } => Self::user(error.to_string()).hint("`candor metrics` lists them"),
            other => Self::user(other.to_string()),
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

/// The folder of own metrics.
pub(super) fn own(organisation: &Organisation) -> PathBuf {
    organisation.folder().join("metrics")
}

/// The catalogue of the organisation, or the built-in one where there is none.
fn catalogue() -> Result<Catalogue, Failure> {
    Ok(match Organisation::current()? {
        Some(organisation) => Catalogue::with_own(&own(&organisation))?,
        None => Catalogue::built_in()?,
    })
}

fn list(tier: Option<u8>) -> Done {
    output::print(explain::list(&catalogue()?, tier).as_bytes())
}

fn compute(args: &RunArgs) -> Done {
    let organisation = Organisation::here()?;
    let catalogue = Catalogue::with_own(&own(&organisation))?;
    if args.by.iter().any(|dimension| dimension == "person") {
        return Err(Failure::user("figures are not given by person: those of a person go to nobody else")
            .hint("slice by level or team; a group needs five people"));
    }
    let session = open(&organisation, args.snapshot, args.as_of)?;
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

/// The engine over a snapshot of the organisation.
fn open(organisation: &Organisation, snapshot: Option<i64>, as_of: Option<Date>) -> Result<Session, Failure> {
    session(organisation, &pinned(organisation, snapshot)?, as_of)
}

/// A snapshot of the organisation, the newest one by default.
pub(super) fn pinned(organisation: &Organisation, snapshot: Option<i64>) -> Result<Snapshot, Failure> {
    let nothing = || Failure::user("there are no facts yet").hint("`candor import FILE` or `candor mine` brings some");
    let folder = organisation.lake();
    if !folder.exists() {
        return Err(nothing());
    }
    let lake = Lake::open(&folder)?;
    match snapshot {
        Some(id) => lake
            .snapshot(SnapshotId(id))
            .map_err(|error| Failure::user(error.to_string()).hint("leave --snapshot out for the newest one")),
        None => lake.latest()?.ok_or_else(nothing),
    }
}

/// The engine over a snapshot.
pub(super) fn session(organisation: &Organisation, snapshot: &Snapshot, as_of: Option<Date>) -> Result<Session, Failure> {
    let settings = settings(organisation, snapshot, as_of)?;
    Ok(Session::new(Facts::of_snapshot(snapshot)?, settings)?)
}

/// What the description says, with the window of this run.
fn settings(organisation: &Organisation, snapshot: &Snapshot, as_of: Option<Date>) -> Result<Settings, Failure> {
    let described = organisation.description();
    let zone = described.zone();
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).date();
    let as_of = as_of.unwrap_or_else(|| local(snapshot.at()));
    let window_start = match described.window_start {
        Some(day) => day,
        None => first_fact(snapshot)?.map(local).ok_or_else(|| {
            Failure::user("no fact has a time, so there is no window")
                .hint("set window_start in candor.toml, or import what has times")
        })?,
    };
    if window_start >= as_of {
        return Err(Failure::user(format!("the window would begin on {window_start} and knowledge ends with {as_of}"))
            .hint("set another window_start in candor.toml, or a later --as-of"));
    }
    let mut settings = Settings::new(&described.timezone, &described.currency, window_start, as_of);
    settings.window_from_facts = described.window_start.is_none();
    settings.ai_heavy_above = described.ai_heavy_above;
    settings.human_before = described.human_before;
    settings.min_group = described.min_group;
    settings.level = described.level;
    settings.practice_limit_minutes = described.practice_limit_minutes;
    settings.failed_hire_cost = described.failed_hire_cost;
    settings.stuck_junior_cost_per_month = described.stuck_junior_cost_per_month;
    settings.severity_weights.clone_from(&described.severity_weights);
    settings.ai_reviewers.clone_from(&described.ai_reviewers);
    settings.encouraged_contexts = encouraged(organisation.folder())?;
    Ok(settings)
}

/// Contexts in which AI is encouraged, by the organisation's file or the built-in one.
fn encouraged(folder: &Path) -> Result<Vec<String>, Failure> {
    let file = folder.join("contexts.toml");
    let contexts = if file.is_file() {
        candor_metrics::load::Contexts::parse(&file.display().to_string(), &crate::store::read_text(&file)?)
    } else {
        candor_metrics::load::Contexts::built_in()
    };
    let contexts = contexts.map_err(|error| Failure::user(error.to_string()))?;
    Ok(contexts.names().filter(|name| contexts.zone(name) == Some("encouraged")).map(str::to_owned).collect())
}

fn first_fact(snapshot: &Snapshot) -> Result<Option<jiff::Timestamp>, Failure> {
    let mut first = None;
    for (table, column) in BEGINNINGS {
        let bounds = super::status::bounds(snapshot, table, column)?;
        first = first.into_iter().chain(bounds.map(|(first, _)| first)).min();
    }
    Ok(first)
}

//! `candor design`: the designs of a study, and which of them could show what here.

use std::num::NonZeroUsize;

use candor_catalogue::{Estimator, NONE, observe};
use candor_experiment::design::suggest::{Past, PastWork, Portrait, Suggestion, portrait, suggest};
use candor_experiment::design::{DESCRIPTIONS, Description};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::look::{self, Bench};
use crate::failure::Failure;
use crate::signing::Signing;
use crate::{Done, output};

/// Arguments of `candor design`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Every design: what it needs, what it estimates, how.
    List(List),
    /// Rank the designs by what each could detect here by the end of the pilot.
    Suggest(Suggest),
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor design list")]
struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor design suggest
  candor design suggest --metric review_time.hours --control platform --as-of 2026-04-01
  candor design suggest --sensitivity 0.8 --specificity 0.95

The organisation's own past is put into arms by lot, again and again, and analysed as each design would be; nothing is changed and nobody assigned.
Exit codes: 0 = told; 2 = the metric or the facts cannot be used.")]
struct Suggest {
    /// Metric and figure that the study is to move: a mean, a share or a geometric mean of single changes or items. May be repeated.
    #[arg(long, value_name = "METRIC[.FIGURE]", default_values = ["cycle_time.hours", "review_time.hours"])]
    metric: Vec<String>,
    /// Team that would be control; may be repeated [default: those that `teams` marks as control].
    #[arg(long, value_name = "TEAM")]
    control: Vec<String>,
    /// Months that the pilot would last.
    #[arg(long, value_name = "NUMBER", default_value = "3")]
    months: NonZeroUsize,
    /// Share of AI work that labels find, as measured.
    #[arg(long, value_name = "SHARE", requires = "specificity")]
    sensitivity: Option<f64>,
    /// Share of other work that labels leave alone, as measured.
    #[arg(long, value_name = "SHARE", requires = "sensitivity")]
    specificity: Option<f64>,
    /// Simulated studies of each design.
    #[arg(long, value_name = "NUMBER", default_value = "400")]
    runs: u32,
    /// Seed of all lots.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,
    /// Know nothing from this day on; without it, today.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Compute from this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER")]
    snapshot: Option<i64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.action {
        Action::List(args) => list(args),
        Action::Suggest(args) => suggestions(args),
    }
}

fn list(args: &List) -> Done {
    if args.json {
        return output::print(format!("{}\n", json!({ "designs": DESCRIPTIONS })).as_bytes());
    }
    let text = |own: &Description| {
        format!("{}\n  needs      {}\n  estimates  {}\n  analysis   {}\n", own.design, own.needs, own.estimates, own.analysis)
    };
    output::print(DESCRIPTIONS.iter().map(text).collect::<Vec<_>>().join("\n").as_bytes())
}

/// What was found for one metric.
struct Found {
    metric: String,
    is_log: bool,
    portrait: Portrait,
    suggestions: Vec<Suggestion>,
}

fn suggestions(args: &Suggest) -> Done {
    let as_of = look::day(&Signing { key: Vec::new(), as_of: args.as_of.clone() })?;
    let bench = Bench::open(as_of, args.snapshot)?;
    let control = if args.control.is_empty() { named_control(&bench)? } else { args.control.clone() };
    let mut found = Vec::new();
    for metric in &args.metric {
        let (work, is_log) = past_work(&bench, metric, as_of, args.months.get())?;
        if work.is_empty() {
            output::say(&format!("`{metric}` has no observation in the last {} months", 2 * args.months.get()));
            continue;
        }
        let past = Past {
            work: &work,
            is_log,
            pilot_months: args.months.get(),
            control_teams: &control,
            labels: args.sensitivity.zip(args.specificity),
            runs: args.runs.clamp(50, 100_000),
            seed: args.seed,
        };
        found.push(Found { metric: metric.clone(), is_log, portrait: portrait(&past)?, suggestions: suggest(&past)? });
    }
    if args.json {
        let metrics: Vec<_> = found
            .iter()
            .map(|own| json!({ "metric": own.metric, "relative": own.is_log, "portrait": own.portrait, "designs": own.suggestions }))
            .collect();
        let document = json!({ "as_of": as_of, "snapshot": bench.session.facts().snapshot(), "months": args.months, "control_teams": control, "metrics": metrics });
        return output::print(format!("{document}\n").as_bytes());
    }
    output::print(words(&found, &control, args.months.get()).as_bytes())
}

/// Teams that the table `teams` marks as control.
pub fn named_control(bench: &Bench) -> Result<Vec<String>, Failure> {
    let rows = bench.session.rows("control teams", "SELECT DISTINCT team FROM teams WHERE is_control ORDER BY team")?;
    Ok((0..rows.rows).filter_map(|row| rows.name("team", row)).map(str::to_owned).collect())
}

/// Pieces of work of a figure in twice the pilot's months before a day.
fn past_work(bench: &Bench, name: &str, as_of: Date, months: usize) -> Result<(Vec<PastWork>, bool), Failure> {
    let (id, figure_name) = name.split_once('.').unwrap_or((name, ""));
    let metric = bench.catalogue.get(id)?;
    let figure = metric.figures.iter().find(|figure| figure.name == figure_name).ok_or_else(|| {
        let names: Vec<&str> = metric.figures.iter().map(|figure| figure.name.as_str()).collect();
        Failure::user(format!("`{id}` has no figure `{figure_name}`")).hint(format!("it has: {}", names.join(", ")))
    })?;
    let (column, is_log) = match &figure.estimator {
        Estimator::GeometricMean { value } => (value, true),
        Estimator::Mean { value } | Estimator::Proportion { value } => (value, false),
        other => {
            return Err(Failure::user(format!("`{name}` is a {}, which has no value for a single piece of work", other.name()))
                .hint("take a geometric mean, a mean or a share, such as review_time.hours or unreviewed_merge_rate"));
        }
    };
    let observed = observe(&bench.session, metric)?;
    let frame = observed.frame();
    let people = frame.names.get("person").or_else(|| frame.names.get("cluster"));
    let from = as_of.checked_sub(i64::try_from(2 * months).unwrap_or(6).months()).unwrap_or(as_of);
    let mut found = Vec::new();
    for row in 0..frame.rows {
        if figure.only.as_deref().is_some_and(|only| !frame.is_true(only, row)) || frame.is_true("is_exposure", row) {
            continue;
        }
        let day = frame.at.get(row).and_then(|at| bench.session.calendar().day_of(*at));
        let (Some(value), Some(day)) = (frame.number(column, row), day.filter(|day| *day >= from && *day < as_of)) else {
            continue;
        };
        let Some(person) = people.and_then(|names| names.codes.get(row)).filter(|code| **code != NONE) else { continue };
        if is_log && value <= 0.0 {
            continue;
        }
        // Whole months before the day, whatever their length.
        let months_ago = (0..2 * months)
            .find(|ago| as_of.checked_sub(i64::try_from(ago + 1).unwrap_or(1).months()).is_ok_and(|start| day >= start))
            .unwrap_or(2 * months);
        let team = frame.names.get("team").filter(|_| frame.name("team", row).is_some_and(|team| team != "none"));
        found.push(PastWork {
            team: team.and_then(|names| names.codes.get(row)).map(|code| *code as usize),
            person: *person as usize,
            months_ago,
            value: if is_log { value.ln() } else { value },
            with_ai: frame.name("source", row).filter(|source| *source != "unknown").map(|source| source != "human"),
        });
    }
    Ok((found, is_log))
}

fn words(found: &[Found], control: &[String], months: usize) -> String {
    let mut out = String::new();
    for own in found {
        let portrait = &own.portrait;
        out.push_str(&format!(
            "{}: {} teams, {} people, {:.0} pieces of work a month\n",
            own.metric, portrait.teams, portrait.people, portrait.work_a_month
        ));
        let share =
            |share: Option<f64>| share.map_or_else(|| "unknown".to_owned(), |share| format!("{:.0} %", 100.0 * share.max(0.0)));
        out.push_str(&format!(
            "variance: {} between teams, {} between people; the source of {:.0} % of the work is not known\n\n",
            share(portrait.between_teams),
            share(portrait.between_people),
            100.0 * portrait.unknown_share
        ));
        for (place, suggestion) in own.suggestions.iter().enumerate() {
            let detects = match suggestion.detectable {
                Some(effect) if own.is_log => format!("detects {:.0} %", 100.0 * effect),
                Some(effect) => format!("detects {effect:.3}"),
                None => "cannot show anything here".to_owned(),
            };
            let kind = if suggestion.is_effect { "an effect" } else { "a comparison" };
            out.push_str(&format!("{}. {:14} {detects:28} {kind}\n", place + 1, suggestion.design.as_str()));
            suggestion.notes.iter().for_each(|note| out.push_str(&format!("   {note}\n")));
        }
        out.push('\n');
    }
    let control = if control.is_empty() { "none".to_owned() } else { control.join(", ") };
    out.push_str(&format!(
        "Detects: the smallest effect that four of five pilots of {months} months would find at 5 %, from simulated lots on this past. Control teams: {control}.\n"
    ));
    out
}

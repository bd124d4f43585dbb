//! `candor verdict`: what follows from the figures of a look, by the rules that were registered before them.

use std::path::{Path, PathBuf};

use candor_experiment::canonical::{Hash, text};
use candor_experiment::design::CheckState;
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, Chain, VerdictRecord};
use candor_experiment::plan::{Plan, State};
use candor_experiment::verdict::record::{self, Recorded};
use candor_experiment::verdict::{Estimates, Origin, Standing, Verdict, judge, levels_asked};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::look;
use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output, store};

/// Version of the program that judges.
pub const PROGRAM: &str = concat!("candor ", env!("CARGO_PKG_VERSION"));

/// Arguments of `candor verdict`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor verdict ai-tools --as-of 2026-08-14                        what would follow from the registered analysis
  candor verdict ai-tools --as-of 2026-08-14 --record --key ada
  candor verdict ai-tools --replay 14                               does the verdict of entry 14 come out of its snapshot again?
  candor verdict ai-tools --estimates figures.json                  figures from elsewhere, marked as typed for good
  candor verdict ai-tools --levels 2026-08-15                       intervals that such figures have to bring

A look is held once: on its planned day, with one set of figures. On other days a verdict is exploratory and is recorded as such.
Exit codes: 0 = judged, whatever the verdict; 2 = it cannot be judged, or a replay differs.")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Compute from this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["estimates", "replay", "levels"])]
    snapshot: Option<i64>,
    /// Judge figures that come from elsewhere (JSON, `candor-estimates-1`) instead of those of the registered analysis: the verdict says so
    /// for good.
    #[arg(long, value_name = "FILE")]
    estimates: Option<PathBuf>,
    /// Write look and verdict into the ledger.
    #[arg(long)]
    record: bool,
    /// Judge the verdict of this entry again (its number or hash) and compare.
    #[arg(long, value_name = "ENTRY", conflicts_with = "record")]
    replay: Option<String>,
    /// With `--replay`: judge the figures that the ledger kept, without computing them from the snapshot again.
    #[arg(long, requires = "replay", conflicts_with = "estimates")]
    kept: bool,
    /// Print the levels of the intervals that a look on this day asks for, for methods without a standard error.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["estimates", "replay", "record"])]
    levels: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    if let Some(entry) = &args.replay {
        return replay(args, entry);
    }
    if let Some(text) = &args.levels {
        let as_of = super::plan::day("--levels", text)?;
        let chain = signing::chain()?;
        let (_, plan) = chain.plan_in_force(&args.plan)?;
        let levels = levels_asked(&plan, &Standing::of(&chain, &plan, as_of, None).held, as_of)?;
        let out = if args.json {
            format!("{}\n", json!({ "levels": levels }))
        } else {
            levels.iter().map(|level| format!("{level}\n")).collect()
        };
        return output::print(out.as_bytes());
    }
    let chain = signing::chain()?;
    let (_, plan) = chain.plan_in_force(&args.plan)?;
    let estimates = match &args.estimates {
        Some(path) => typed(path)?,
        None => computed(&plan, &chain, look::day(&args.signing)?, args.snapshot)?,
    };
    let estimates = &estimates;
    if args.record {
        return record(args, estimates);
    }
    let verdict = judge(&plan, &Standing::of(&chain, &plan, estimates.as_of, None), estimates, PROGRAM)?;
    show(args, &plan, &verdict, None)
}

fn read(path: &Path) -> Result<Estimates, Failure> {
    Ok(Estimates::from_json(&path.display().to_string(), &store::read_text(path)?)?)
}

/// Figures of a file that somebody hands over: typed, whatever it says of itself.
fn typed(path: &Path) -> Result<Estimates, Failure> {
    Ok(Estimates { origin: Origin::Typed, ..read(path)? })
}

/// Figures of the registered analysis; what fails among its checks is said.
fn computed(plan: &Plan, chain: &Chain, as_of: Date, snapshot: Option<i64>) -> Result<Estimates, Failure> {
    let standing = Standing::of(chain, plan, as_of, None);
    let looked = look::look(plan, chain, &standing.held, as_of, snapshot)?;
    for remark in &looked.remarks {
        output::say(remark);
    }
    for check in looked.analysis.checks.iter().filter(|check| check.state == CheckState::Failed) {
        output::say(&format!("check `{}` failed: {}", check.name, check.says));
    }
    Ok(looked.analysis.estimates)
}

fn show(args: &Args, plan: &Plan, verdict: &Verdict, entry: Option<Hash>) -> Done {
    let out = if args.json { format!("{}\n", json!({ "verdict": verdict, "entry": entry })) } else { words(plan, verdict) };
    output::print(out.as_bytes())
}

fn record(args: &Args, estimates: &Estimates) -> Done {
    let keys = args.signing.keys()?;
    let at = args.signing.at()?;
    let mut writer = signing::writer("candor verdict")?;
    let (in_force, plan) = writer.chain().plan_in_force(&args.plan)?;
    let standing = Standing::of(writer.chain(), &plan, estimates.as_of, None);
    let verdict = judge(&plan, &standing, estimates, PROGRAM)?;
    let look = look::record_look(&mut writer, (in_force, &plan), estimates, &verdict, at, &keys)?;
    if verdict.look.is_none() {
        output::say("exploratory: the look is in the ledger, and no verdict, for none was planned for this day");
        return show(args, &plan, &verdict, None);
    }
    // A run that was stopped between look and verdict is finished here.
    let known = record::recorded(writer.chain(), &plan.id)?.into_iter().find(|own| own.look.look == verdict.look.unwrap_or(0));
    let entry = match known {
        Some(Recorded { hash, .. }) => hash,
        None => {
            let value: Value = serde_json::from_str(&text(&verdict)?).map_err(|error| Failure::machine(error.to_string()))?;
            let body = VerdictRecord { experiment: plan.id.clone(), look, class: verdict.class.to_string(), verdict: value };
            let signers: Vec<&SecretKey> = keys.iter().collect();
            writer.append(at, Body::Verdict(body), &signers)?.0
        }
    };
    output::say(&format!("recorded: {entry}"));
    show(args, &plan, &verdict, Some(entry))
}

/// The recorded verdict that a number or a hash means.
pub fn find(found: Vec<Recorded>, entry: Option<&str>, plan: &str) -> Result<Recorded, Failure> {
    let numbers: Vec<String> = found.iter().map(|own| own.seq.to_string()).collect();
    let wanted = |own: &Recorded| {
        entry.is_none_or(|entry| own.seq.to_string() == entry || (entry.len() >= 6 && own.hash.to_string().starts_with(entry)))
    };
    found.into_iter().rfind(wanted).ok_or_else(|| {
        let what = entry.map_or_else(
            || format!("no verdict on `{plan}` is recorded"),
            |entry| format!("entry `{entry}` is no verdict on `{plan}`"),
        );
        let hint = if numbers.is_empty() {
            "`candor verdict PLAN --estimates FILE --record` records one".to_owned()
        } else {
            format!("verdicts are in the entries {}", numbers.join(", "))
        };
        Failure::user(what).hint(hint)
    })
}

fn replay(args: &Args, entry: &str) -> Done {
    let ledger = signing::ledger()?;
    let chain = ledger.chain()?;
    let recorded = find(record::recorded(&chain, &args.plan)?, Some(entry), &args.plan)?;
    let estimates = match &args.estimates {
        Some(path) => read(path)?,
        None if args.kept || recorded.verdict.figures == Origin::Typed => read(&ledger.figures(&recorded.look.estimates))?,
        None => {
            let as_of = recorded.look.as_of;
            let held = Standing::of(&chain, &recorded.plan, as_of, Some(recorded.look_seq)).held;
            let snapshot = recorded.look.snapshot.parse().ok();
            let looked = look::look(&recorded.plan, &chain, &held, as_of, snapshot).map_err(|failure| {
                failure.hint("`--kept` judges the figures that the ledger kept, without computing them again")
            })?;
            looked.analysis.estimates
        }
    };
    let differences = record::replay(&chain, &recorded, &estimates, PROGRAM)?;
    if args.json {
        output::print(
            format!("{}\n", json!({ "entry": recorded.hash, "same": differences.is_empty(), "differences": differences }))
                .as_bytes(),
        )?;
    } else {
        let mut out: String = differences.iter().map(|line| format!("{line}\n")).collect();
        if differences.is_empty() {
            out = format!(
                "entry {}: `{}` comes out again from {} and the registered plan\n",
                recorded.seq,
                recorded.verdict.class,
                match estimates.origin {
                    Origin::Typed => "the same figures".to_owned(),
                    Origin::RegisteredAnalysis if args.kept => "the figures that were kept".to_owned(),
                    Origin::RegisteredAnalysis => format!("snapshot {}", recorded.look.snapshot),
                }
            );
        }
        output::print(out.as_bytes())?;
    }
    match differences.len() {
        0 => Ok(()),
        count => {
            Err(Failure::user(format!("{} from the verdict in entry {}", output::counted(count, "difference"), recorded.seq)))
        }
    }
}

fn words(plan: &Plan, verdict: &Verdict) -> String {
    let mut out = format!("{}\n", verdict.class.to_string().replace('_', " ").to_uppercase());
    let kind = match verdict.look {
        Some(look) => format!("look {look} of {}", plan.looks.dates.len()),
        None => "exploratory look".to_owned(),
    };
    out.push_str(&format!(
        "{} on {}, {kind}, snapshot {}, {}\n\n",
        verdict.plan, verdict.as_of, verdict.snapshot, verdict.program
    ));
    let mut list = |heading: &str, lines: &[String]| {
        if !lines.is_empty() {
            out.push_str(&format!("{heading}\n"));
            lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        }
    };
    list("because", &verdict.because);
    if let Some(end) = &verdict.default_action {
        list("registered default action", &[format!("{}: {}", end.action, end.reason)]);
    }
    let criteria: Vec<String> = plan
        .criteria
        .iter()
        .zip(&verdict.criteria)
        .map(|(criterion, own)| {
            let point = own.point.map_or_else(|| "-".to_owned(), |number| look::scaled(criterion.scale, number));
            let mark = if own.state == State::Harm { "!" } else { " " };
            format!("{mark} {:14} {:12} {point:>10}  {}", own.criterion, own.state.as_str(), own.why)
        })
        .collect();
    list("criteria (positive is good)", &criteria);
    let rules: Vec<String> = verdict
        .rules
        .iter()
        .map(|rule| {
            let truth = match rule.truth {
                candor_experiment::verdict::Truth::Yes => "holds",
                candor_experiment::verdict::Truth::No => "does not hold",
                candor_experiment::verdict::Truth::Open => "open",
            };
            format!("{:10} {truth:14} {}", rule.verdict.as_str(), rule.name)
        })
        .collect();
    list("rules", &rules);
    let open: Vec<String> = verdict
        .outlook
        .open
        .iter()
        .map(|known| match (&known.by, known.times_the_data, &known.needs) {
            (Some(day), Some(times), _) => format!("{}: by {day}, with {times:.1} times the data", known.criterion),
            (_, _, Some(needs)) => format!("{}: {needs}", known.criterion),
            _ => known.criterion.clone(),
        })
        .collect();
    list("when it will be known, if the figures stay where they are", &open);
    list("what would change it", &verdict.would_change);
    list("notes", &verdict.notes);
    out
}

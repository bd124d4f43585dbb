//! `candor verdict`: what follows from the figures of a look, by the rules that were registered before them.

use std::path::{Path, PathBuf};

use candor_experiment::canonical::{Hash, text};
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, LedgerWriter, VerdictRecord};
use candor_experiment::plan::{Plan, Scale, State};
use candor_experiment::verdict::record::{self, Recorded};
use candor_experiment::verdict::{Estimates, Standing, Verdict, judge, levels_asked};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output, store};

/// Version of the program that judges.
const PROGRAM: &str = concat!("candor ", env!("CARGO_PKG_VERSION"));

/// Arguments of `candor verdict`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor verdict ai-tools --estimates figures.json                  what would follow
  candor verdict ai-tools --estimates figures.json --record --key ada
  candor verdict ai-tools --replay 14                               does the verdict of entry 14 come out again?
  candor verdict ai-tools --levels 2026-08-15                       intervals that a bootstrap has to give

A look is held once: on its planned day, with one set of figures. On other days a verdict is exploratory and is recorded as such.
Exit codes: 0 = judged, whatever the verdict; 2 = it cannot be judged, or a replay differs.")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Figures of the registered analysis (JSON, `candor-estimates-1`); of a replay, those that the ledger kept unless others are named.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["replay", "levels"])]
    estimates: Option<PathBuf>,
    /// Write look and verdict into the ledger.
    #[arg(long)]
    record: bool,
    /// Judge the verdict of this entry again (its number or hash) and compare.
    #[arg(long, value_name = "ENTRY", conflicts_with = "record")]
    replay: Option<String>,
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
    let Some(path) = &args.estimates else { return Err(Failure::user("name the figures with `--estimates FILE`")) };
    let estimates = read(path)?;
    let estimates = &estimates;
    if args.record {
        return record(args, estimates);
    }
    let chain = signing::chain()?;
    let (_, plan) = chain.plan_in_force(&args.plan)?;
    let verdict = judge(&plan, &Standing::of(&chain, &plan, estimates.as_of, None), estimates, PROGRAM)?;
    show(args, &plan, &verdict, None)
}

fn read(path: &Path) -> Result<Estimates, Failure> {
    Ok(Estimates::from_json(&path.display().to_string(), &store::read_text(path)?)?)
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
    let signers: Vec<&SecretKey> = keys.iter().collect();
    let append = |writer: &mut LedgerWriter, body: Body| -> Result<Hash, Failure> { Ok(writer.append(at, body, &signers)?.0) };
    // The figures first: whatever the ledger names must be there to be read again.
    let own = signing::ledger()?.keep(&text(estimates)?)?;
    let held = verdict.look.and_then(|look| record::held(writer.chain(), &plan.id, look));
    let look = match held {
        Some((hash, look)) if look.estimates == own => hash,
        Some((_, look)) => {
            return Err(Failure::user(format!(
                "look {} was held with other figures (hash {}…)",
                look.look,
                look.estimates.short()
            ))
            .hint(
                "a look is held once; what was wrong with its figures is told in an amendment, and the next look judges anew",
            ));
        }
        None => {
            let mut last = None;
            for body in record::entries(writer.chain(), &plan, in_force, estimates, &verdict)? {
                last = Some(append(&mut writer, body)?);
            }
            last.ok_or_else(|| Failure::machine("a look made no entry"))?
        }
    };
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
            append(&mut writer, Body::Verdict(body))?
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
        None => read(&ledger.figures(&recorded.look.estimates))?,
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
                "entry {}: `{}` comes out again from the same figures and the registered plan\n",
                recorded.seq, recorded.verdict.class
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
            let shown = |number: f64| match criterion.scale {
                Scale::Relative => format!("{:+.1} %", 100.0 * number),
                Scale::Points => format!("{:+.1} pt", 100.0 * number),
                Scale::Absolute => format!("{number:+.3}"),
            };
            let point = own.point.map_or_else(|| "-".to_owned(), shown);
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

//! `candor look`: the registered analysis of a plan on a named snapshot, with the checks that it needs to be believed.

mod arms;
mod beliefs;
mod observe;
pub mod rehearsal;

use candor_catalogue::{Catalogue, Session};
use candor_experiment::design::{Analysis, Check, CheckState, Conduct, analyse, description};
use candor_experiment::ledger::{Chain, LedgerWriter};
use candor_experiment::plan::{Criterion, Plan, Scale};
use candor_experiment::verdict::{Answer, Estimates, Limits, Standing, Verdict, judge, record};
use candor_experiment::{
    canonical::{Hash, text},
    key::SecretKey,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::init::Organisation;
use super::verdict::PROGRAM;
use crate::engine::{self, Pin};
use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output};

/// Arguments of `candor look`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor look ai-tools                                  today, on the newest snapshot
  candor look ai-tools --as-of 2026-08-14 --snapshot 12
  candor look ai-tools --as-of 2026-08-14 --record --key ada

A look on a planned day is that look and may decide; on any other day it is exploratory, is recorded as such, and no verdict rests on it.
Exit codes: 0 = looked, whatever is seen; 2 = there is no such plan, snapshot or organisation.")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Compute from this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER")]
    snapshot: Option<i64>,
    /// Write the look into the ledger, with the hash of its figures.
    #[arg(long)]
    record: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    signing: Signing,
}

/// The registered analysis of a look, and what has to be told beside it.
pub struct Looked {
    /// Figures and checks.
    pub analysis: Analysis,
    /// About assignment and snapshot.
    pub remarks: Vec<String>,
    /// What the arms did.
    pub conduct: Conduct,
    /// What people said, beside what was measured.
    pub beliefs: Vec<beliefs::Belief>,
}

/// The day of a look: `--as-of`, or today in the organisation's zone.
pub fn day(signing: &Signing) -> Result<Date, Failure> {
    match &signing.as_of {
        Some(text) => match text.parse::<Date>() {
            Ok(day) if text.len() == 10 => Ok(day),
            _ => Ok(signing::as_of(Some(text))?.to_zoned(TimeZone::UTC).date()),
        },
        None => {
            let zone = Organisation::here()?.description().zone();
            Ok(signing::as_of(None)?.to_zoned(zone).date())
        }
    }
}

/// A snapshot with what is known before a day, and the catalogue to read it with.
pub struct Bench {
    /// The engine.
    pub session: Session,
    /// The metrics, own ones included.
    pub catalogue: Catalogue,
}

impl Bench {
    /// Opens a snapshot, the newest unless one is named.
    pub fn open(as_of: Date, snapshot: Option<i64>) -> Result<Self, Failure> {
        let organisation = Organisation::here()?;
        let catalogue = engine::catalogue(&organisation)?;
        let (_, session) = Pin::of(snapshot, as_of).open(&organisation)?;
        catalogue.check_own(&session)?;
        Ok(Self { session, catalogue })
    }

    /// Runs the analysis of a plan; `held` are the days of the planned looks that were held, this one included.
    pub fn analyse(&self, plan: &Plan, chain: &Chain, held: &[Date]) -> Result<Looked, Failure> {
        let seen = observe::observe(plan, chain, &self.session, &self.catalogue)?;
        let beliefs = beliefs::beliefs(plan, &self.session, &self.catalogue)?;
        let analysis = analyse(plan, &seen.observed, held)?;
        Ok(Looked { analysis, remarks: seen.remarks, conduct: seen.observed.conduct, beliefs })
    }
}

/// Runs the registered analysis on a snapshot.
pub fn look(plan: &Plan, chain: &Chain, held: &[Date], as_of: Date, snapshot: Option<i64>) -> Result<Looked, Failure> {
    Bench::open(as_of, snapshot)?.analyse(plan, chain, held)
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let as_of = day(&args.signing)?;
    let chain = signing::chain()?;
    let (_, plan) = chain.plan_in_force(&args.plan)?;
    let standing = Standing::of(&chain, &plan, as_of, None);
    let looked = look(&plan, &chain, &standing.held, as_of, args.snapshot)?;
    let verdict = judge(&plan, &standing, &looked.analysis.estimates, PROGRAM)?;
    let entry = if args.record { Some(hold(args, &looked.analysis.estimates)?) } else { None };
    if args.json {
        let document = json!({
            "plan": plan.id, "as_of": as_of, "snapshot": looked.analysis.estimates.snapshot, "look": verdict.look,
            "missed": verdict.standing.missed, "estimates": looked.analysis.estimates, "criteria": verdict.criteria,
            "checks": looked.analysis.checks, "remarks": looked.remarks, "beliefs": looked.beliefs, "entry": entry,
        });
        return output::print(format!("{document}\n").as_bytes());
    }
    output::print(words(&plan, &verdict, &looked).as_bytes())
}

/// Holds the look: figures first, then the entry.
fn hold(args: &Args, estimates: &Estimates) -> Result<Hash, Failure> {
    let keys = args.signing.keys()?;
    let at = args.signing.at()?;
    let mut writer = signing::writer("candor look")?;
    let (in_force, plan) = writer.chain().plan_in_force(&args.plan)?;
    let standing = Standing::of(writer.chain(), &plan, estimates.as_of, None);
    let verdict = judge(&plan, &standing, estimates, PROGRAM)?;
    let entry = record_look(&mut writer, (in_force, &plan), estimates, &verdict, at, &keys)?;
    let kind = if verdict.look.is_some() { "recorded" } else { "recorded as exploratory: no verdict rests on it" };
    output::say(&format!("{kind}: {entry}"));
    Ok(entry)
}

/// The entry of a look: the one that is there already where it was held with the same figures, else a new one.
pub fn record_look(
    writer: &mut LedgerWriter,
    (in_force, plan): (Hash, &Plan),
    estimates: &Estimates,
    verdict: &Verdict,
    at: candor_experiment::ledger::When,
    keys: &[SecretKey],
) -> Result<Hash, Failure> {
    let signers: Vec<&SecretKey> = keys.iter().collect();
    // The figures first: whatever the ledger names must be there to be read again.
    let own = signing::ledger()?.keep(&text(estimates)?)?;
    match verdict.look.and_then(|look| record::held(writer.chain(), &plan.id, look)) {
        Some((hash, look)) if look.estimates == own => Ok(hash),
        Some((_, look)) => {
            Err(Failure::user(format!("look {} was held with other figures (hash {}…)", look.look, look.estimates.short())).hint(
                "a look is held once; what was wrong with its figures is told in an amendment, and the next look judges anew",
            ))
        }
        None => {
            let mut last = None;
            for body in record::entries(writer.chain(), plan, in_force, estimates, verdict)? {
                last = Some(writer.append(at, body, &signers)?.0);
            }
            last.ok_or_else(|| Failure::machine("a look made no entry"))
        }
    }
}

/// A number on the scale of a criterion, positive is good.
pub fn scaled(scale: Scale, number: f64) -> String {
    match scale {
        Scale::Relative => format!("{:+.1} %", 100.0 * number),
        Scale::Points => format!("{:+.1} pt", 100.0 * number),
        Scale::Absolute => format!("{number:+.3}"),
    }
}

fn interval(criterion: &Criterion, limits: Option<Limits>) -> String {
    let Some(limits) = limits else { return "no interval at this look".to_owned() };
    // Shares differ by 100 points at most: what lies beyond is no limit.
    let says = |number: &f64| criterion.scale != Scale::Points || number.abs() <= 1.0;
    let limit =
        |limit: Option<f64>| limit.filter(says).map_or_else(|| "no limit".to_owned(), |number| scaled(criterion.scale, number));
    format!("{} to {} ({} % interval)", limit(limits.lower), limit(limits.upper), percent(1.0 - 2.0 * limits.alpha))
}

/// A level with as many digits as it needs.
fn percent(level: f64) -> String {
    let left = 1.0 - level;
    let digits = if left >= 0.01 { 1 } else { (-(left * 100.0).log10()).ceil().clamp(1.0, 12.0) as usize };
    format!("{:.digits$}", 100.0 * level)
}

fn words(plan: &Plan, verdict: &Verdict, looked: &Looked) -> String {
    let which = match verdict.look {
        Some(look) => format!("planned look {look} of {}", plan.looks.dates.len()),
        None => "unplanned: exploratory, nothing follows from it".to_owned(),
    };
    let mut out = format!("{} on {}, snapshot {}: {which}\n", plan.id, verdict.as_of, verdict.snapshot);
    if !verdict.standing.missed.is_empty() {
        let days: Vec<String> = verdict.standing.missed.iter().map(ToString::to_string).collect();
        out.push_str(&format!("looks that nobody held: {}\n", days.join(", ")));
    }
    let design = description(plan.design.kind);
    let kind = if verdict.is_effect { "estimates" } else { "compares, and shows no effect" };
    out.push_str(&format!("design {}, {kind}: {}\n", plan.design.kind, design.estimates));
    out.push_str(&format!("analysis: {} ({}, {})\n", design.analysis, plan.estimator.name, plan.estimator.variance));
    out.push_str("\nfigures (positive is good)\n");
    let width = verdict.criteria.iter().map(|own| own.measured.chars().count()).max().unwrap_or(0).max(11);
    // What is said of several figures is said once.
    let mut remarks: Vec<(&String, Vec<&str>)> = Vec::new();
    for (criterion, judged) in plan.criteria.iter().zip(&verdict.criteria) {
        let point = judged.point.map_or_else(|| "-".to_owned(), |point| scaled(criterion.scale, point));
        let measured = if judged.measured.is_empty() { "all members" } else { judged.measured.as_str() };
        out.push_str(&format!("  {:16} {measured:width$} {point:>9}  ", criterion.id));
        if judged.point.is_some() {
            out.push_str(&format!("{}, {}\n", interval(criterion, judged.limits), judged.state));
        } else {
            out.push_str(&format!("{}: {}\n", judged.state, judged.why));
        }
        let own = looked.analysis.estimates.figures.iter().find(|own| own.group.is_none() && own.is_of(criterion));
        if let Some(Answer::Estimate { units, clusters, method, notes, .. }) = own.map(|own| &own.answer) {
            let clusters = clusters.map_or_else(String::new, |clusters| format!(", {clusters} clusters"));
            out.push_str(&format!("  {:16} {units:.0} units{clusters}; {method}\n", ""));
            for note in notes {
                match remarks.iter_mut().find(|own| own.0 == note) {
                    Some(own) => own.1.push(&criterion.id),
                    None => remarks.push((note, vec![&criterion.id])),
                }
            }
        }
    }
    for (note, criteria) in remarks {
        out.push_str(&format!("  {}: {note}\n", criteria.join(", ")));
    }
    let told: Vec<_> = verdict.groups.iter().filter(|own| own.says != candor_experiment::verdict::Says::CannotTell).collect();
    if !told.is_empty() {
        out.push_str("\nby group (exploratory; false discoveries held at 5 %)\n");
        for own in told {
            let criterion = plan.criteria.iter().find(|criterion| criterion.measured() == own.measured);
            let point = own.point.zip(criterion).map_or_else(String::new, |(point, criterion)| scaled(criterion.scale, point));
            out.push_str(&format!(
                "  {} {}: {} {} {point}\n",
                own.group.dimension,
                own.group.value,
                own.measured,
                own.says.as_str()
            ));
        }
    }
    if !looked.beliefs.is_empty() {
        out.push_str("\nwhat people say, beside it (no verdict rests on it)\n");
        out.push_str(&beliefs::words(&looked.beliefs));
    }
    out.push_str("\nchecks\n");
    let width = looked.analysis.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for check in &looked.analysis.checks {
        out.push_str(&line(check, width));
    }
    for remark in &looked.remarks {
        out.push_str(&format!("! {remark}\n"));
    }
    if verdict.look.is_none() {
        let next = plan.looks.dates.iter().find(|day| **day > verdict.as_of);
        let next = next.map_or_else(|| "no planned look is left".to_owned(), |day| format!("the next planned look is on {day}"));
        out.push_str(&format!("\nnot planned for this day: whatever is seen here decides nothing; {next}\n"));
    }
    out
}

fn line(check: &Check, width: usize) -> String {
    let mark = if check.state == CheckState::Failed { "!" } else { " " };
    format!("{mark} {:width$} {:7} {}\n", check.name, check.state.as_str(), check.says)
}

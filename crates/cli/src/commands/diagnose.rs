//! `candor diagnose`: where business figures are flat or down, which team figures moved with what. Exploratory, all of it.

use std::collections::BTreeMap;

use candor_catalogue::{Direction as Way, Estimator, Figure, Metric, PeriodKind, Question, SurvivalReport, observe};
use candor_experiment::diagnosis::{
    Association, CrudeAndStratified, Movement, Pooled, Series, associations, crude_and_stratified, movements, pooled,
};
use candor_experiment::plan::{Claim, Criterion, Design, Plan, Role, Scale, State, Subgroup};
use candor_experiment::verdict::{Says, Standing, judge};
use serde_json::json;

use super::look::{self, Bench, scaled};
use super::verdict::PROGRAM;
use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output};

/// Months between an earlier and a later figure, at most.
const MOST_LAG: i64 = 3;
/// Lines of a list on the terminal.
const SHOWN: usize = 15;

/// Arguments of `candor diagnose`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor diagnose ai-tools --as-of 2026-08-14
  candor diagnose ai-tools --snapshot 12 --json

Everything here is exploratory: it says where to look, and no verdict rests on it.
Exit codes: 0 = told; 2 = there is no such plan, snapshot or organisation.")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Compute from this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER")]
    snapshot: Option<i64>,
    /// The day before which everything is observed.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that a diagnosis tells.
struct Diagnosis {
    tier1: Vec<(String, State, Option<f64>, Scale)>,
    moved: Vec<Movement>,
    sources: Vec<Movement>,
    contexts: Vec<Pooled>,
    paradoxes: Vec<CrudeAndStratified>,
    associations: Vec<Association>,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let as_of = look::day(&Signing { key: Vec::new(), as_of: args.as_of.clone() })?;
    let chain = signing::chain()?;
    let (_, plan) = chain.plan_in_force(&args.plan)?;
    let bench = Bench::open(as_of, args.snapshot)?;
    let standing = Standing::of(&chain, &plan, as_of, None);
    let registered = bench.analyse(&plan, &chain, &standing.held)?.analysis.estimates;
    let verdict = judge(&plan, &standing, &registered, PROGRAM)?;
    let tier = |criterion: &Criterion| bench.catalogue.get(&criterion.metric).map_or(0, |metric| metric.tier);
    let tier1 = plan
        .criteria
        .iter()
        .zip(&verdict.criteria)
        .filter(|(criterion, _)| tier(criterion) == 1)
        .map(|(criterion, judged)| (criterion.id.clone(), judged.state, judged.point, criterion.scale))
        .collect();
    let by_design = exploring(&plan, &bench, plan.design.kind, &["context"]);
    let by_design = bench.analyse(&by_design, &chain, &[])?.analysis.estimates;
    let source = |covariates: &[&str]| {
        let mut own = exploring(&plan, &bench, Design::Observational, if covariates.is_empty() { &["context"] } else { &[] });
        own.design.arms = vec!["human".to_owned(), "ai_heavy".to_owned()];
        own.design.control = "human".to_owned();
        own.design.covariates = covariates.iter().map(|name| (*name).to_owned()).collect();
        own
    };
    let crude = bench.analyse(&source(&[]), &chain, &[])?.analysis.estimates;
    let stratified = bench.analyse(&source(&["context", "level"]), &chain, &[])?.analysis.estimates;
    let mut contexts = pooled(&by_design)?;
    // Where the design has no figures by context, the sources have.
    if contexts.is_empty() {
        contexts = pooled(&crude)?;
    }
    let found = Diagnosis {
        tier1,
        moved: movements(&by_design)?,
        sources: movements(&crude)?,
        contexts,
        paradoxes: crude_and_stratified(&crude, &stratified),
        associations: found_associations(&bench)?,
    };
    if args.json {
        let tier1: Vec<_> = found
            .tier1
            .iter()
            .map(|(criterion, state, point, _)| json!({ "criterion": criterion, "state": state, "point": point }))
            .collect();
        let document = json!({
            "plan": plan.id, "as_of": as_of, "snapshot": registered.snapshot, "tier1": tier1, "moved": found.moved,
            "by_source": found.sources, "contexts": found.contexts, "crude_and_stratified": found.paradoxes,
            "associations": found.associations,
        });
        return output::print(format!("{document}\n").as_bytes());
    }
    output::print(words(&plan, &found, &registered.snapshot, as_of).as_bytes())
}

/// Which figures go with which some months later.
pub fn found_associations(bench: &Bench) -> Result<Vec<Association>, Failure> {
    Ok(associations(&series(bench)?, MOST_LAG)?)
}

/// The plan with the first figure of every metric of Tier 2 instead of its criteria.
fn exploring(plan: &Plan, bench: &Bench, design: Design, dimensions: &[&str]) -> Plan {
    let mut own = plan.clone();
    own.design.kind = design;
    "cr2".clone_into(&mut own.estimator.variance);
    if design == Design::Observational {
        "observational_adjustment".clone_into(&mut own.estimator.name);
    }
    let family = own.families.first().map_or_else(String::new, |family| family.id.clone());
    own.families.truncate(1);
    own.unavailable.clear();
    let subgroup = |dimension: &&str| Subgroup { dimension: (*dimension).to_owned(), values: Vec::new(), reason: String::new() };
    own.subgroups = dimensions.iter().map(subgroup).collect();
    own.criteria = figures(bench, 2)
        .into_iter()
        .map(|(metric, figure)| Criterion {
            id: metric.id.clone(),
            metric: metric.id.clone(),
            figure: figure.name.clone(),
            version: metric.version,
            family: family.clone(),
            role: Role::Evidence,
            claim: Claim::NotWorse,
            margin: 0.0,
            flat_margin: 0.0,
            harm_margin: 0.0,
            scale: scale(&figure.estimator),
            reason: String::new(),
            members: Vec::new(),
            precision: None,
        })
        .collect();
    own
}

/// The first figure of each metric of a tier of which one way is good.
fn figures(bench: &Bench, tier: u8) -> Vec<(&Metric, &Figure)> {
    let is_figure = |figure: &&Figure| {
        figure.direction != Way::Neither && !matches!(figure.estimator, Estimator::Count { .. } | Estimator::Composed)
    };
    let first = |metric: &'_ &Metric| metric.tier == tier;
    bench
        .catalogue
        .metrics()
        .into_iter()
        .filter(first)
        .filter_map(|metric| Some((metric, metric.figures.iter().find(is_figure)?)))
        .collect()
}

/// Shares in points, everything else as a ratio.
fn scale(estimator: &Estimator) -> Scale {
    match estimator {
        Estimator::Proportion { .. }
        | Estimator::CumulativeIncidence { .. }
        | Estimator::Survival { report: SurvivalReport::Event { .. } | SurvivalReport::Survival { .. }, .. } => Scale::Points,
        _ => Scale::Relative,
    }
}

/// The figures of all tiers by team and month.
fn series(bench: &Bench) -> Result<Vec<Series>, Failure> {
    let mut found = Vec::new();
    for (tier, all) in [1, 2, 3].map(|tier| (tier, figures(bench, tier))) {
        // What people use is no good and no bad, and is what Tier 3 is asked for here.
        let usage = bench
            .catalogue
            .metrics()
            .into_iter()
            .filter(|metric| tier == 3 && matches!(metric.id.as_str(), "ai_usage" | "ai_share"));
        let usage = usage.filter_map(|metric| Some((metric, metric.figures.first()?)));
        for (metric, figure) in all.into_iter().chain(usage) {
            if metric.all_time || !metric.slices.iter().any(|slice| slice == "team") {
                continue;
            }
            if figure.slices.as_ref().is_some_and(|slices| !slices.iter().any(|slice| slice == "team")) {
                continue;
            }
            let question = Question { period: PeriodKind::Month, ..Question::by(&["team"]) };
            let mut values = BTreeMap::new();
            for cell in observe(&bench.session, metric)?.figure(&figure.name, &question)?.iter().flat_map(|result| &result.cells)
            {
                let Some(team) = cell.by.get("team").filter(|team| *team != "none" && *team != "unknown") else { continue };
                let month = cell.period.from.parse::<jiff::civil::Date>();
                if let (Ok(day), Some(point)) = (month, cell.answer.point()) {
                    values.insert((team.clone(), i64::from(day.year()) * 12 + i64::from(day.month())), point);
                }
            }
            let measured = if figure.name.is_empty() { metric.id.clone() } else { format!("{}.{}", metric.id, figure.name) };
            found.push(Series { tier, measured, values });
        }
    }
    Ok(found)
}

fn words(plan: &Plan, found: &Diagnosis, snapshot: &str, as_of: jiff::civil::Date) -> String {
    let mut out = format!("{} on {as_of}, snapshot {snapshot}: exploratory, where to look and no verdict\n", plan.id);
    out.push_str("\nbusiness (Tier 1)\n");
    for (criterion, state, point, scale) in &found.tier1 {
        let point = point.map_or_else(|| "-".to_owned(), |point| scaled(*scale, point));
        out.push_str(&format!("  {criterion:20} {:12} {point}\n", state.as_str()));
    }
    let is_open = found.tier1.iter().all(|(_, state, ..)| *state == State::Met);
    if is_open && !found.tier1.is_empty() {
        out.push_str("  every criterion of business holds: what follows is where it comes from\n");
    }
    let mut list = |heading: &str, lines: Vec<String>, nothing: &str| {
        out.push_str(&format!("\n{heading}\n"));
        if lines.is_empty() {
            out.push_str(&format!("  {nothing}\n"));
        }
        let more = lines.len().saturating_sub(SHOWN);
        lines.into_iter().take(SHOWN).for_each(|line| out.push_str(&format!("  {line}\n")));
        if more > 0 {
            out.push_str(&format!("  and {more} more (--json has all)\n"));
        }
    };
    let movement = |own: &Movement| {
        let group = own.group.as_ref().map_or_else(String::new, |group| format!(" in {} {}", group.dimension, group.value));
        format!(
            "{}{group}: {} ({:+.1} standard errors, adjusted p {:.3})",
            own.measured,
            scaled(own.scale, own.point),
            own.standardised,
            own.adjusted_p
        )
    };
    let moved = |all: &[Movement]| all.iter().filter(|own| own.moved).map(movement).collect::<Vec<_>>();
    let none = |all: &[Movement]| format!("none of {} figures moved once false findings are held at 5 %", all.len());
    list(
        "team figures that moved between the arms (Tier 2; positive is good, largest first)",
        moved(&found.moved),
        &none(&found.moved),
    );
    list("AI-heavy work against human work in the pilot, as it is (a comparison)", moved(&found.sources), &none(&found.sources));
    let paradox = |own: &CrudeAndStratified| {
        let says = if own.turns {
            "turns round: the sources do different work"
        } else if own.shrinks {
            "more than half of it is the work, not the source"
        } else {
            "stays"
        };
        format!(
            "{}: {} crude, {} at equal context and level; {says}",
            own.measured,
            scaled(own.scale, own.crude),
            scaled(own.scale, own.stratified)
        )
    };
    let mut paradoxes: Vec<&CrudeAndStratified> = found.paradoxes.iter().collect();
    paradoxes.sort_by_key(|own| (!own.turns, !own.shrinks));
    list("crude against stratified", paradoxes.into_iter().map(paradox).collect(), "no figure could be adjusted");
    let context = |own: &Pooled| {
        let limit = |limit: Option<f64>| limit.map_or_else(|| "no limit".to_owned(), |limit| scaled(own.scale, limit));
        format!(
            "{} {} in {}: {} pooled ({} to {}), {} by itself",
            own.says.as_str().replace('_', " "),
            own.group.value,
            own.measured,
            scaled(own.scale, own.shrunk),
            limit(own.lower),
            limit(own.upper),
            scaled(own.scale, own.raw)
        )
    };
    let mut contexts: Vec<&Pooled> = found.contexts.iter().collect();
    contexts.sort_by_key(|own| own.says == Says::CannotTell);
    list(
        "contexts, partially pooled",
        contexts.into_iter().map(context).collect(),
        "fewer than three contexts have a figure with an error",
    );
    let association = |own: &Association| {
        format!(
            "{} -> {} after {} months: {:+.2} standard deviations each ({} teams, adjusted p {:.3})",
            own.from, own.to, own.lag, own.slope, own.teams, own.adjusted_p
        )
    };
    let strong: Vec<String> = found.associations.iter().filter(|own| own.adjusted_p <= 0.05).map(association).collect();
    let nothing = match found.associations.len() {
        0 => "it takes four teams with 24 pairs of months".to_owned(),
        count => format!("none of {count} pairs and lags stands out once false findings are held at 5 %"),
    };
    list("what goes with what, within teams and months (associations, no causes)", strong, &nothing);
    out
}

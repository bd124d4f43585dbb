//! A plan for readers: what is asked, what follows, how likely each criterion is to say anything, and how it changed.

use candor_experiment::ledger::{Body, Change};
use candor_experiment::plan::chance::{alternatives, chances};
use candor_experiment::plan::{Claim, Criterion, Plan, Scale};
use serde_json::{Value, json};

use crate::commands::look::rehearsal::Rehearsal;
use crate::{Done, output, signing};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor plan show ai-tools
  candor plan show ai-tools --json")]
pub struct Show {
    /// Name of the plan.
    #[arg(value_name = "ID")]
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Shows a registered plan.
pub fn run(args: &Show) -> Done {
    let chain = signing::chain()?;
    let (hash, plan) = chain.plan_in_force(&args.id)?;
    let history = chain.plans(&args.id);
    if args.json {
        let entries: Vec<Value> = history
            .iter()
            .map(|(hash, entry)| json!({ "entry": entry.seq, "hash": hash, "at": entry.at, "body": entry.body }))
            .collect();
        return output::print(format!("{}\n", json!({ "plan": plan, "entry": hash, "history": entries })).as_bytes());
    }
    let mut text = format!("{}  ({})\n{}\n\n", plan.title, plan.id, plan.question);
    for (hash, entry) in &history {
        match &entry.body {
            Body::Plan(own) => {
                text.push_str(&format!(
                    "registered {}{} as entry {} ({}), {} signers\n",
                    entry.at,
                    if entry.at_typed { " (a date that was typed)" } else { "" },
                    entry.seq,
                    hash.short(),
                    own.approvals.len()
                ));
                if let Some(mark) = &own.retrospective {
                    text.push_str(&format!(
                        "RETROSPECTIVE: outcomes exist since {}, before it was registered on {}\n",
                        mark.first_outcome, mark.registered_on
                    ));
                }
            }
            Body::Amendment(own) => {
                let looks =
                    if own.looks_held > 0 { format!(", after {} looks", own.looks_held) } else { ", before any look".to_owned() };
                text.push_str(&format!("amended {} as entry {}{looks}: {}\n", entry.at, entry.seq, own.reason));
                own.changes.iter().for_each(|one| text.push_str(&format!("  {}\n", change(one))));
            }
            _ => {}
        }
    }
    text.push_str(&describe(&plan));
    text.push_str(&chances_text(&plan, None));
    output::print(text.as_bytes())
}

/// One change in words.
pub fn change(change: &Change) -> String {
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: {} -> {}", change.path, shown(&change.from), shown(&change.to))
}

fn describe(plan: &Plan) -> String {
    let dates = &plan.dates;
    let mut text = format!(
        "\nestimand    {}\ndesign      {}, {} by {}; {} with {}\nbaseline    {} to {}\npilot       {} to {}\nanalysis    to {}\npolicy      to {}\n",
        plan.estimand,
        plan.design.kind,
        plan.design.arms.join(" and "),
        plan.design.unit,
        plan.estimator.name,
        plan.estimator.variance,
        dates.baseline_from,
        dates.pilot_from,
        dates.pilot_from,
        dates.pilot_until,
        dates.analysis_until,
        dates.policy_until,
    );
    let days: Vec<String> = plan.looks.dates.iter().map(ToString::to_string).collect();
    text.push_str(&format!("looks       {} ({})\n\n", days.join(", "), plan.looks.method));
    for criterion in &plan.criteria {
        text.push_str(&format!("{:11} {} {}: {}\n", criterion.role.as_str(), criterion.id, bar(criterion), criterion.reason));
    }
    text.push('\n');
    for rule in &plan.rules {
        let conditions: Vec<String> = rule
            .conditions
            .iter()
            .map(|condition| {
                let states: Vec<&str> = condition.is.iter().map(|state| state.as_str()).collect();
                format!("{} is {}", condition.criterion, states.join(" or "))
            })
            .collect();
        text.push_str(&format!("{:11} {} of: {} ({})\n", rule.verdict.as_str(), rule.when, conditions.join("; "), rule.name));
    }
    text.push_str(&format!("at the end  {}: {}\n", plan.at_the_end.action, plan.at_the_end.reason));
    for forecast in &plan.forecasts {
        text.push_str(&format!(
            "forecast    {} expects {} of {} (said {})\n",
            forecast.sponsor, forecast.effect, forecast.criterion, forecast.made_on
        ));
    }
    for missing in &plan.unavailable {
        text.push_str(&format!("unavailable {}: {} (signed by {})\n", missing.metric, missing.reason, missing.signed_by));
    }
    text
}

/// What a criterion claims, in words.
fn bar(criterion: &Criterion) -> String {
    let size = match criterion.scale {
        Scale::Relative => format!("{:.1} %", 100.0 * criterion.margin),
        Scale::Points => format!("{:.1} points", 100.0 * criterion.margin),
        Scale::Absolute => format!("{}", criterion.margin),
    };
    let measured = criterion.measured();
    match criterion.claim {
        Claim::Gain => format!("({measured} better by {size} or more)"),
        Claim::NotWorse => format!("({measured} not worse by {size} or more)"),
        Claim::Above => format!("({measured} at least {size})"),
        Claim::NoneWorseOneBetter => format!("(none of {} worse, one better)", criterion.members.join(", ")),
    }
}

/// Below this chance at the last look a criterion is called hopeless.
const HOPELESS: f64 = 0.2;

/// The chance that each criterion is met at each look; `past` says what a rehearsal measured.
pub fn chances_text(plan: &Plan, past: Option<&Rehearsal>) -> String {
    let plan = past.map_or(plan, |past| &past.plan);
    let mut text = "\nchance that a criterion is met at a look, if what the plan supposes is true:\n".to_owned();
    if let Some(past) = past.filter(|past| !past.measured.is_empty()) {
        let (from, until) = past.pilot;
        text.push_str(&format!(
            "  (marked *: rehearsed on {from} to {until}, when nothing was done; how much your own figures vary)\n"
        ));
    }
    let mut untold = Vec::new();
    let mut hopeless: Vec<&Criterion> = Vec::new();
    let mut ways_out: Vec<(String, Vec<&str>)> = Vec::new();
    for criterion in plan.criteria.iter().filter(|criterion| criterion.claim != Claim::NoneWorseOneBetter) {
        let found = plan.family(&criterion.family).map(|family| chances(plan, criterion, family)).unwrap_or_default();
        let Some(last) = found.last() else {
            untold.push(criterion.id.as_str());
            continue;
        };
        let looks: Vec<String> = found.iter().map(|chance| format!("{} {:3.0} %", chance.day, 100.0 * chance.met)).collect();
        let size = |effect: Option<f64>| match (effect, criterion.scale) {
            (None, _) => "never".to_owned(),
            (Some(effect), Scale::Relative) => format!("{:+.1} %", 100.0 * effect),
            (Some(effect), Scale::Points) => format!("{:+.1} points", 100.0 * effect),
            (Some(effect), Scale::Absolute) => format!("{effect:+.3}"),
        };
        let is_measured = past.is_some_and(|past| past.measured.contains(&criterion.id));
        let name = format!("{}{}", criterion.id, if is_measured { " *" } else { "" });
        let supposed =
            criterion.precision.map_or_else(String::new, |own| format!("   supposed {}", size(Some(own.supposed_effect))));
        text.push_str(&format!("  {name:16} {}{supposed}\n", looks.join("   ")));
        let (seen, harm) = (size(last.seen_from), size(last.harm_from));
        text.push_str(&format!(
            "  {:16} at the last look, with a chance of 80 %: met from {seen} on, harm found from {harm} down\n",
            ""
        ));
        // What the plan says of itself was told by its check already; without a forecast of a gain nothing is supposed that could be hopeless.
        let is_supposed = criterion.claim == Claim::NotWorse || plan.forecasts.iter().any(|own| own.criterion == criterion.id);
        if is_measured && is_supposed && last.met < HOPELESS {
            hopeless.push(criterion);
        }
    }
    for criterion in &hopeless {
        // The ways out are the same for most; only the early sign differs.
        let ways = plan.family(&criterion.family).map(|family| alternatives(criterion, family)).unwrap_or_default();
        match ways_out.iter_mut().find(|own: &&mut (String, Vec<&str>)| own.0 == ways) {
            Some(own) => own.1.push(&criterion.id),
            None => ways_out.push((ways, vec![&criterion.id])),
        }
    }
    for (ways, ids) in ways_out {
        text.push_str(&format!("  hopeless as it stands: {}\n    {ways}\n", ids.join(", ")));
    }
    if let Some(past) = past {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for id in &untold {
            let why = past.untold.get(*id).map_or("nothing was observed", String::as_str);
            match reasons.iter_mut().find(|own| own.0 == why) {
                Some(own) => own.1.push(id),
                None => reasons.push((why, vec![id])),
            }
        }
        for (why, ids) in reasons {
            text.push_str(&format!("  not told of {}: {why}\n", ids.join(", ")));
        }
    } else if !untold.is_empty() {
        text.push_str(&format!("  not told, for the plan says nothing about their precision: {}\n", untold.join(", ")));
    }
    text
}

/// The same as JSON.
pub fn chances_json(plan: &Plan) -> Value {
    let rows = plan.criteria.iter().flat_map(|criterion| {
        let found = plan.family(&criterion.family).map(|family| chances(plan, criterion, family)).unwrap_or_default();
        found.into_iter().map(|chance| {
            json!({
                "criterion": criterion.id, "look": chance.day, "chance_met": chance.met, "seen_from": chance.seen_from,
                "harm_from": chance.harm_from, "standard_error": chance.standard_error,
            })
        })
    });
    Value::Array(rows.collect())
}

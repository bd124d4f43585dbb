//! What follows from the figures: a pure function of plan, figures and program, which nobody can type, delay or reword.

mod criteria;
mod estimates;
mod limits;
mod outlook;
pub mod record;
mod rules;

use candor_stats::looks::monitoring::about_the_level;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ExperimentError;
use crate::plan::{AtTheEnd, LookMethod, Plan, RuleVerdict, State, words::spelled};

pub use criteria::Judged;
pub use estimates::{Answer, Estimates, Figure, Group, Origin, OwnInterval};
pub use limits::{Limits, levels_asked};
pub use outlook::{Known, Outlook};
pub use rules::{Held, RuleResult, Truth};

/// Share of false findings by group that is accepted.
const FALSE_DISCOVERIES: f64 = 0.05;

spelled! {
    /// What the verdict is.
    Class {
        /// Every criterion of success holds.
        Justified = "justified",
        /// It goes on, differently.
        Adjust = "adjust",
        /// It goes back.
        PullBack = "pull_back",
        /// It cannot be told yet.
        Insufficient = "insufficient",
        /// It could not be told to the end; the registered default action is taken.
        InsufficientFinal = "insufficient_final",
    }
}

/// What the ledger says about the plan at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Days of the planned looks that were held, this one included, oldest first.
    pub held: Vec<Date>,
    /// Days of the planned looks that nobody held.
    pub missed: Vec<Date>,
    /// Whether the plan is marked retrospective.
    pub retrospective: bool,
    /// Amendments, and how many of them came after a look.
    pub amendments: u32,
    /// Those that came after a look.
    pub late_amendments: u32,
}

/// The verdict, with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What it is.
    pub class: Class,
    /// The plan.
    pub plan: String,
    /// Version of the program that computed it.
    pub program: String,
    /// Day up to which data were used.
    pub as_of: Date,
    /// Snapshot of the data.
    pub snapshot: String,
    /// Where the figures come from; verdicts of before that was noted rest on typed ones.
    #[serde(skip_serializing_if = "Origin::is_typed", default = "Origin::typed")]
    pub figures: Origin,
    /// Number of the planned look, from 1; none: exploratory, and nothing follows from it.
    pub look: Option<u32>,
    /// Whether the design allows to speak of an effect.
    pub is_effect: bool,
    /// What the ledger says.
    pub standing: Standing,
    /// Every criterion of the plan, in its order, the dull ones too.
    pub criteria: Vec<Judged>,
    /// Every rule of the plan, in its order.
    pub rules: Vec<RuleResult>,
    /// Why it is this one.
    pub because: Vec<String>,
    /// Contexts, levels and the like, one by one: exploratory.
    pub groups: Vec<GroupFinding>,
    /// When it will be known, where it is not.
    pub outlook: Outlook,
    /// What would change it.
    pub would_change: Vec<String>,
    /// What is done now where the end leaves it open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default_action: Option<AtTheEnd>,
    /// What readers have to know.
    pub notes: Vec<String>,
}

/// What is seen in one group. Exploratory: it suggests where to look and decides nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFinding {
    /// The group.
    pub group: Group,
    /// Metric and figure.
    pub measured: String,
    /// `helps`, `hurts` or `cannot_tell`.
    pub says: Says,
    /// Effect, positive is good.
    pub point: Option<f64>,
}

spelled! {
    /// What a group says.
    Says { /** Better, false discoveries held at 5 % over all groups. */ Helps = "helps", /** Worse, likewise. */ Hurts = "hurts", /** Neither. */ CannotTell = "cannot_tell" }
}

/// Judges a plan by figures.
///
/// # Definition
/// Every criterion gets a state from its interval (`criteria`), every rule a truth from states (`rules`). Precedence: a rule for pulling back
/// that holds, then one for adjusting, then justified where all its rules hold and no guardrail is harmed or failed. Where the success rules are
/// refuted (a criterion lies wholly below its bar) and nothing else holds, it is `adjust`: that is known, and it is not success. Else the
/// intervals cannot tell: `insufficient`, and `insufficient_final` with the registered default action from the last look on.
///
/// # Input
/// `estimates` of this plan; `standing` from the ledger, with the day of this look as the last one held where it is planned.
///
/// # Errors
/// [`ExperimentError::Refused`] where the estimates belong to another plan; [`ExperimentError::Statistics`] where a figure is no number.
pub fn judge(plan: &Plan, standing: &Standing, estimates: &Estimates, program: &str) -> Result<Verdict, ExperimentError> {
    estimates.check(plan)?;
    let look = plan.looks.dates.iter().position(|day| *day == estimates.as_of).and_then(|place| u32::try_from(place + 1).ok());
    let levels = limits::Levels::new(plan, &standing.held, estimates.as_of)?;
    let criteria = criteria::judge(plan, estimates, &levels)?;
    let rules = rules::apply(plan, &criteria);
    let holds = |verdict: RuleVerdict| rules.iter().filter(move |rule| rule.verdict == verdict && rule.truth == Truth::Yes);
    let (class, because) = if let Some(because) = reasons(holds(RuleVerdict::PullBack)) {
        (Class::PullBack, because)
    } else if let Some(because) = reasons(holds(RuleVerdict::Adjust)) {
        (Class::Adjust, because)
    } else {
        success(plan, &criteria, &rules)
    };
    let is_over = plan.looks.dates.last().is_some_and(|last| estimates.as_of >= *last);
    let class = if class == Class::Insufficient && is_over { Class::InsufficientFinal } else { class };
    let outlook = outlook::outlook(plan, estimates.as_of, &criteria, class);
    let would_change = outlook::would_change(plan, &criteria, &rules, class);
    Ok(Verdict {
        class,
        plan: plan.id.clone(),
        program: program.to_owned(),
        as_of: estimates.as_of,
        snapshot: estimates.snapshot.clone(),
        figures: estimates.origin,
        look,
        is_effect: plan.design.kind.is_randomised()
            || (plan.design.kind == crate::plan::Design::ControlTeam && plan.design.control_teams.len() >= 4),
        standing: standing.clone(),
        groups: groups(plan, estimates)?,
        because,
        outlook,
        would_change,
        default_action: (class == Class::InsufficientFinal).then(|| plan.at_the_end.clone()),
        notes: notes(plan, standing, look, estimates.origin, &rules).into_iter().chain(few_clusters(plan, estimates)).collect(),
        criteria,
        rules,
    })
}

fn reasons<'a>(rules: impl Iterator<Item = &'a RuleResult>) -> Option<Vec<String>> {
    let found: Vec<String> = rules.map(|rule| format!("{}: {}", rule.name, rule.because.join("; "))).collect();
    (!found.is_empty()).then_some(found)
}

/// Success, its refutation, or neither.
fn success(plan: &Plan, criteria: &[Judged], rules: &[RuleResult]) -> (Class, Vec<String>) {
    let rules: Vec<&RuleResult> = rules.iter().filter(|rule| rule.verdict == RuleVerdict::Justified).collect();
    let guardrail = criteria.iter().find(|own| {
        plan.criterion(&own.criterion).is_some_and(|criterion| criterion.role == crate::plan::Role::Guardrail)
            && matches!(own.state, State::Harm | State::Failed)
    });
    if rules.iter().any(|rule| rule.truth == Truth::No) {
        let refuted = rules.iter().filter(|rule| rule.truth == Truth::No);
        return (
            Class::Adjust,
            refuted.map(|rule| format!("the bar is not reached, and that is known: {}", rule.because.join("; "))).collect(),
        );
    }
    if !rules.is_empty() && rules.iter().all(|rule| rule.truth == Truth::Yes) {
        return match guardrail {
            None => (Class::Justified, rules.iter().map(|rule| format!("{}: {}", rule.name, rule.because.join("; "))).collect()),
            Some(own) => (
                Class::Adjust,
                vec![format!("every criterion of success holds, and guardrail `{}` is {}", own.criterion, own.state)],
            ),
        };
    }
    let open: Vec<String> = criteria
        .iter()
        .filter(|own| own.state == State::Insufficient)
        .map(|own| format!("`{}`: {}", own.criterion, own.why))
        .collect();
    (Class::Insufficient, open)
}

fn notes(plan: &Plan, standing: &Standing, look: Option<u32>, origin: Origin, rules: &[RuleResult]) -> Vec<String> {
    let mut notes = Vec::new();
    if origin == Origin::Typed {
        notes.push("the figures were typed into a file: no snapshot shows that they are right".to_owned());
    }
    if look.is_none() {
        notes.push("exploratory: no look was planned for this day, and nothing follows from it".to_owned());
    }
    if standing.retrospective {
        notes.push("retrospective: the plan was registered after its first outcomes".to_owned());
    }
    if !standing.missed.is_empty() {
        let days: Vec<String> = standing.missed.iter().map(ToString::to_string).collect();
        notes.push(format!("looks that nobody held: {}", days.join(", ")));
    }
    if standing.amendments > 0 {
        notes.push(format!(
            "the plan was amended {} times, {} of them after a look",
            standing.amendments, standing.late_amendments
        ));
    }
    if !plan.design.kind.is_randomised() {
        notes.push("nobody was drawn by lot: groups may differ for other reasons than the tools".to_owned());
    }
    let open = rules.iter().filter(|rule| rule.verdict == RuleVerdict::PullBack && rule.truth == Truth::Open);
    notes.extend(open.map(|rule| format!("not excluded: {} ({})", rule.name, rule.because.join("; "))));
    notes
}

/// Where planned looks are judged on so few clusters that their error rates hold only about: what simulation says of it.
fn few_clusters(plan: &Plan, estimates: &Estimates) -> Option<String> {
    let is_spent = plan.looks.method == LookMethod::Planned && plan.looks.dates.len() > 1;
    // Limits that a method gives by itself do not come from Student's t.
    let degrees = estimates.figures.iter().filter_map(|figure| match &figure.answer {
        Answer::Estimate { degrees_of_freedom, intervals, .. } if intervals.is_empty() => *degrees_of_freedom,
        _ => None,
    });
    degrees.min_by(f64::total_cmp).filter(|_| is_spent).and_then(|fewest| about_the_level(Some(fewest)))
}

/// Groups with an estimate: helps or hurts where Benjamini and Hochberg's adjusted two-sided p-value over all of them is at most 5 %.
fn groups(plan: &Plan, estimates: &Estimates) -> Result<Vec<GroupFinding>, ExperimentError> {
    let mut found = Vec::new();
    let mut tested: Vec<(usize, f64)> = Vec::new();
    for criterion in plan.criteria.iter().filter(|criterion| !criterion.metric.is_empty()) {
        for figure in estimates.figures.iter().filter(|figure| figure.is_of(criterion)) {
            let Some(group) = figure.group.clone() else { continue };
            let point = figure.oriented_point();
            if figure.mismatch(criterion).is_none() {
                tested.extend(limits::p_value(figure)?.map(|p| (found.len(), p)));
            }
            found.push(GroupFinding { group, measured: criterion.measured(), says: Says::CannotTell, point });
        }
    }
    let raw: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
    let adjusted = candor_stats::looks::multiplicity::benjamini_hochberg(&raw)?;
    for ((place, _), p) in tested.iter().zip(adjusted) {
        if let Some(own) = found.get_mut(*place).filter(|_| p <= FALSE_DISCOVERIES) {
            own.says = if own.point.is_some_and(|point| point > 0.0) { Says::Helps } else { Says::Hurts };
        }
    }
    Ok(found)
}

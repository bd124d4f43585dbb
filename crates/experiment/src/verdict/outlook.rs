//! When it will be known, and what would change the verdict.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Class;
use super::criteria::Judged;
use super::rules::{RuleResult, Truth};
use crate::plan::{Claim, Plan, RuleVerdict, State};

/// More data than this many times what is there is out of reach.
const REACH: f64 = 24.0;

/// When an open criterion will be decided, if its figure stays where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The criterion.
    pub criterion: String,
    /// How many times the data that are there it takes; none where no amount within reach does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub times_the_data: Option<f64>,
    /// Day by which they will have come at the pace so far.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<Date>,
    /// What it needs besides, where time alone does not help.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub needs: Option<String>,
}

/// When it will be known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// The next planned look.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_look: Option<Date>,
    /// Day by which every open criterion of success will be decided, where all are within reach.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub known_by: Option<Date>,
    /// Criterion by criterion.
    pub open: Vec<Known>,
}

/// Computes when open criteria will be decided.
///
/// # Definition
/// With point p, half width h of the interval and the nearest bar at distance d, the interval leaves the bar once it is narrower by h / d; at a
/// width that falls with the square root of the data that takes (h / d)^2 times the data, and days in proportion.
pub(super) fn outlook(plan: &Plan, as_of: Date, criteria: &[Judged], class: Class) -> Outlook {
    let mut outlook = Outlook { next_look: plan.looks.dates.iter().copied().find(|day| *day > as_of), ..Outlook::default() };
    if !matches!(class, Class::Insufficient | Class::InsufficientFinal) {
        return outlook;
    }
    let days = f64::from(plan.dates.pilot_from.until(as_of).map_or(0, |span| span.get_days()).max(1));
    for own in criteria.iter().filter(|own| own.state == State::Insufficient) {
        let Some(criterion) = plan.criterion(&own.criterion) else { continue };
        if criterion.claim == Claim::NoneWorseOneBetter {
            continue;
        }
        let mut known = Known { criterion: own.criterion.clone(), times_the_data: None, by: None, needs: None };
        let limits = own.limits.and_then(|limits| limits.lower.zip(limits.upper));
        match (own.point, limits) {
            (Some(point), Some((lower, upper))) => {
                let bar = criterion.bar();
                let half = if point >= bar { point - lower } else { upper - point };
                let times = (half / (point - bar).abs().max(1e-12)).powi(2);
                if times <= REACH {
                    known.times_the_data = Some((times.max(1.0) * 100.0).round() / 100.0);
                    let until = plan.dates.pilot_from.checked_add(((days * times.max(1.0)).ceil() as i64).days());
                    known.by = until.ok();
                } else {
                    known.needs = Some(format!("more than {REACH} times the data: the figure lies too near to the bar"));
                }
            }
            _ => known.needs = Some(own.why.clone()),
        }
        outlook.open.push(known);
    }
    let in_success: Vec<&str> = plan
        .rules
        .iter()
        .filter(|rule| rule.verdict == RuleVerdict::Justified)
        .flat_map(|rule| rule.conditions.iter().map(|condition| condition.criterion.as_str()))
        .collect();
    let deciding: Vec<&Known> = outlook.open.iter().filter(|known| in_success.contains(&known.criterion.as_str())).collect();
    let has_open_composed = criteria.iter().any(|own| {
        own.state == State::Insufficient
            && in_success.contains(&own.criterion.as_str())
            && plan.criterion(&own.criterion).is_some_and(|criterion| criterion.claim == Claim::NoneWorseOneBetter)
    });
    if !deciding.is_empty() && !has_open_composed && deciding.iter().all(|known| known.by.is_some()) {
        outlook.known_by = deciding.iter().filter_map(|known| known.by).max();
    }
    outlook
}

/// What would change the verdict, in words.
pub(super) fn would_change(plan: &Plan, criteria: &[Judged], rules: &[RuleResult], class: Class) -> Vec<String> {
    // 0 is added because it takes the sign off a negative zero.
    let shown = |number: f64| format!("{}", (number * 1e4).round() / 1e4 + 0.0);
    let mut found = Vec::new();
    for rule in
        rules.iter().filter(|rule| rule.verdict == RuleVerdict::PullBack && rule.truth != Truth::Yes && class != Class::PullBack)
    {
        let able: Vec<String> = rule
            .conditions
            .iter()
            .filter_map(|held| {
                let (own, criterion) =
                    (criteria.iter().find(|own| own.criterion == held.criterion)?, plan.criterion(&held.criterion)?);
                let upper = own.upper_for_harm?;
                Some(format!(
                    "the upper limit of `{}` falling from {} below {}",
                    held.criterion,
                    shown(upper),
                    shown(criterion.harm_bar())
                ))
            })
            .collect();
        if !able.is_empty() {
            found.push(format!("pull_back: {}", able.join(", or ")));
        }
    }
    if class != Class::Justified {
        let missing: Vec<String> = rules
            .iter()
            .filter(|rule| rule.verdict == RuleVerdict::Justified)
            .flat_map(|rule| &rule.conditions)
            .filter(|held| held.truth != Truth::Yes)
            .map(|held| {
                let own = criteria.iter().find(|own| own.criterion == held.criterion);
                let criterion = plan.criterion(&held.criterion);
                match own.zip(criterion).and_then(|(own, criterion)| Some((own.lower_for_claim?, criterion.bar()))) {
                    Some((lower, bar)) => {
                        format!("the lower limit of `{}` rising from {} to {}", held.criterion, shown(lower), shown(bar))
                    }
                    None => format!("`{}` being met ({})", held.criterion, own.map_or("no figure", |own| own.why.as_str())),
                }
            })
            .collect();
        if !missing.is_empty() {
            found.push(format!("justified: {}", missing.join(", and ")));
        }
    }
    for rule in rules.iter().filter(|rule| {
        rule.truth == Truth::Yes && matches!(class, Class::PullBack | Class::Adjust) && rule.verdict != RuleVerdict::Justified
    }) {
        found.push(format!("no longer {}: the rule `{}` not holding any more", rule.verdict, rule.name));
    }
    found
}

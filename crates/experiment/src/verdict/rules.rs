//! Rules over states, with a third truth value: where a state is open, a rule that hangs on it is open, unless its limits exclude it.

use serde::{Deserialize, Serialize};

use super::criteria::Judged;
use crate::plan::{Plan, Rule, RuleVerdict, State, When};

/// Whether a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The intervals cannot tell.
    Open,
}

/// One condition as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The criterion.
    pub criterion: String,
    /// Whether it is in one of the states that count.
    pub truth: Truth,
}

/// A rule as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleResult {
    /// What it says.
    pub name: String,
    /// What it concludes.
    pub verdict: RuleVerdict,
    /// Whether it holds.
    pub truth: Truth,
    /// Its conditions.
    pub conditions: Vec<Held>,
    /// In words: the conditions that decide.
    pub because: Vec<String>,
}

pub(super) fn apply(plan: &Plan, judged: &[Judged]) -> Vec<RuleResult> {
    plan.rules.iter().map(|rule| result(rule, judged)).collect()
}

fn result(rule: &Rule, judged: &[Judged]) -> RuleResult {
    let mut conditions = Vec::with_capacity(rule.conditions.len());
    let mut words = Vec::new();
    for condition in &rule.conditions {
        let own = judged.iter().find(|own| own.criterion == condition.criterion);
        let truth = own.map_or(Truth::Open, |own| truth(own, &condition.is));
        let state = own.map_or(State::Insufficient, |own| own.state);
        words.push((truth, format!("`{}` {}", condition.criterion, says(state))));
        conditions.push(Held { criterion: condition.criterion.clone(), truth });
    }
    let any = |truth: Truth| conditions.iter().any(|held| held.truth == truth);
    let truth = match rule.when {
        _ if conditions.is_empty() => Truth::No,
        When::Any if any(Truth::Yes) => Truth::Yes,
        When::Any if any(Truth::Open) => Truth::Open,
        When::Any => Truth::No,
        When::All if any(Truth::No) => Truth::No,
        When::All if any(Truth::Open) => Truth::Open,
        When::All => Truth::Yes,
    };
    let because = words.into_iter().filter(|(own, _)| *own == truth).map(|(_, words)| words).collect();
    RuleResult { name: rule.name.clone(), verdict: rule.verdict, truth, conditions, because }
}

/// A state as the end of a sentence.
fn says(state: State) -> &'static str {
    match state {
        State::Met => "is met",
        State::Failed => "lies below its bar",
        State::Insufficient => "is open",
        State::Flat => "is flat",
        State::Harm => "shows harm",
    }
}

fn truth(own: &Judged, states: &[State]) -> Truth {
    if states.contains(&own.state) {
        return Truth::Yes;
    }
    if own.state != State::Insufficient {
        return Truth::No;
    }
    let is_possible = |state: &State| match state {
        State::Harm => own.can_be_harm,
        State::Met => own.can_be_met,
        State::Failed | State::Flat | State::Insufficient => true,
    };
    if states.iter().any(is_possible) { Truth::Open } else { Truth::No }
}

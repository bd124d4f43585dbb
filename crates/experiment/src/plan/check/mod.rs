//! What a plan may not say, whatever its authors wish: each refusal with its place, what was expected, and what to do instead.

mod criteria;
mod dates;
mod design;
mod handling;
mod rules;

use super::finding::{Finding, Severity};
use super::read;
use super::reader::Examined;
use super::{KnownMetric, Plan};

/// A plan file under the eyes of the checker.
#[derive(Debug)]
pub struct Checked {
    /// The plan, if nothing refuses it.
    pub plan: Option<Plan>,
    /// Everything that was found, in the order of the file.
    pub findings: Vec<Finding>,
}

/// Reads and checks a plan file. `file` is only named; `known` is the catalogue of metrics.
#[must_use]
pub fn check(file: &str, text: &str, known: &[KnownMetric]) -> Checked {
    let examined = Examined::new(file, text);
    let plan = read::read(&examined);
    if let Some(plan) = &plan {
        identity(&examined, plan);
        dates::check(&examined, plan);
        design::check(&examined, plan);
        criteria::check(&examined, plan, known);
        rules::check(&examined, plan, known);
        handling::check(&examined, plan, known);
    }
    let findings = examined.into_findings();
    let is_refused = findings.iter().any(|finding| finding.severity == Severity::Refused);
    Checked { plan: plan.filter(|_| !is_refused), findings }
}

fn identity(examined: &Examined<'_>, plan: &Plan) {
    let is_name = |text: &str| {
        let mut letters = text.chars();
        letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
    };
    let say = "use lower-case letters, digits, `-` and `_`, and begin with a letter";
    if !is_name(&plan.id) {
        examined.refuse("id", "bad_id", format!("expected a short name, found `{}`", plan.id), say);
    }
    for (kind, ids) in [
        ("family", plan.families.iter().map(|family| &family.id).collect::<Vec<_>>()),
        ("criterion", plan.criteria.iter().map(|criterion| &criterion.id).collect()),
    ] {
        for (number, id) in ids.iter().enumerate() {
            let path = format!("{kind}[{}].id", number + 1);
            if !is_name(id) {
                examined.refuse(&path, "bad_id", format!("expected a short name, found `{id}`"), say);
            }
            if ids.iter().take(number).any(|other| other == id) {
                examined.refuse(&path, "duplicate", format!("`{id}` is the name of another {kind} already"), "every name once");
            }
        }
    }
    for (path, text) in [("question", &plan.question), ("estimand", &plan.estimand)] {
        if text.split_whitespace().count() < 4 {
            examined.refuse(
                path,
                "too_short",
                format!("expected a sentence, found `{text}`"),
                "say it so that a stranger knows what is measured",
            );
        }
    }
}

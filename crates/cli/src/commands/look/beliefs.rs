//! What people forecast and believe, beside what was measured with them: a task trial shows both, and no verdict rests on the difference.

use candor_catalogue::{Answer, Catalogue, Question, Session, observe};
use candor_experiment::plan::{Design, Plan};
use serde::Serialize;

use crate::failure::Failure;

/// The metrics that hold beliefs against the trial, when their people spoke, and the metric and figure of what they said.
const GAPS: [(&str, &str, (&str, &str)); 2] = [
    ("forecast_gap", "before the tasks", ("task_rct", "forecast_speedup")),
    ("perception_gap", "afterwards", ("perception_gap", "perceived")),
];

/// A belief against the measurement, in percentage points of time saved.
#[derive(Debug, Serialize)]
pub struct Belief {
    /// The metric of the catalogue.
    pub metric: String,
    /// When it was said.
    pub when: &'static str,
    /// Belief minus measurement, with its limits, or why there is none.
    pub gap: Answer,
    /// Mean share of time that people said they save.
    pub believed: Option<f64>,
}

/// The beliefs of a task trial; none for other designs.
pub fn beliefs(plan: &Plan, session: &Session, catalogue: &Catalogue) -> Result<Vec<Belief>, Failure> {
    if plan.design.kind != Design::TaskRct {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let answer = |id: &str, figure: &str| -> Result<Option<Answer>, Failure> {
        let result = observe(session, catalogue.get(id)?)?.answer(&Question::overall())?;
        let own = result.figures.into_iter().find(|own| own.figure == format!("{id}.{figure}"));
        let cell = own.and_then(|own| own.cells.into_iter().find(|cell| cell.by.get("experiment") == Some(&plan.id)));
        Ok(cell.map(|cell| cell.answer))
    };
    for (id, when, (said, figure)) in GAPS {
        let Some(gap) = answer(id, "percentage_points")? else { continue };
        let believed = answer(said, figure)?.as_ref().and_then(Answer::point);
        found.push(Belief { metric: id.to_owned(), when, gap, believed });
    }
    Ok(found)
}

/// The beliefs as lines.
pub fn words(beliefs: &[Belief]) -> String {
    let mut out = String::new();
    for own in beliefs {
        let said = own.believed.map_or_else(String::new, |share| format!("people said that they save {:.1} %; ", 100.0 * share));
        let gap = match &own.gap {
            Answer::Estimate(estimate) => {
                let limits = estimate.interval.and_then(|own| Some((own.lower?, own.upper?, own.level)));
                let limits = limits.map_or_else(String::new, |(lower, upper, level)| {
                    format!(" ({lower:+.1} to {upper:+.1}, {:.0} % interval)", 100.0 * level)
                });
                format!("{:+.1} points of time saved against what was measured{limits}", estimate.point)
            }
            Answer::Insufficient { reason, .. } | Answer::NotApplicable { reason, .. } | Answer::NotObserved { reason, .. } => {
                reason.clone()
            }
        };
        out.push_str(&format!("  {:16} {said}{gap} [{}]\n", own.when, own.metric));
    }
    out
}

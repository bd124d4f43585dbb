//! `within_team`: like features of one team matched and split by lot.

use super::figure::Looks;
use super::{Description, Measure, WorkRow, work};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::WithinTeam,
    needs: "work items, tasks or people of the same teams, matched into strata and drawn by `candor assign`; outcomes that name the unit",
    estimates: "the effect of the arm on a unit, within its stratum",
    analysis: "regression on the arm within strata and at equal covariates (ANCOVA), or the difference of the arms' figures; people are clusters, CR2",
};

/// The figure of a criterion.
pub(super) fn figure(
    plan: &Plan,
    scale: Scale,
    measure: Measure,
    rows: &[WorkRow],
    looks: &Looks<'_>,
) -> Result<Answer, ExperimentError> {
    if let Some(answer) = work::one_armed(rows) {
        return Ok(answer);
    }
    let is_adjusted = matches!(plan.estimator.name.as_str(), "ancova" | "cuped");
    match measure {
        // A curve has no regression here, and a ratio whose parts are 0 has no logarithm.
        Measure::Lives { .. } => work::plain(scale, measure, rows, looks),
        Measure::Ratio if !is_adjusted || work::outcomes(scale, measure, rows).is_none() => {
            work::plain(scale, measure, rows, looks)
        }
        _ => work::adjusted(scale, measure, rows, &plan.estimator.variance, looks),
    }
}

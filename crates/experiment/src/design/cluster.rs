//! `cluster`: whole teams by lot. One number per team, so that no dependence inside a team is left to model.

use super::figure::{Looks, Turn};
use super::teams::{self, Contrast, Unit};
use super::{Description, TeamRow};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::Cluster,
    needs: "four teams at least in each arm, drawn by `candor assign`; metrics by team",
    estimates: "the effect of the arm on a team's figure, every team counting once",
    analysis: "one figure per team over the pilot, adjusted for the same figure in the baseline (ANCOVA); CR2, a wild bootstrap or the lot drawn again as it was drawn",
};

/// The figure of a criterion.
///
/// # Definition
/// Each team's figure over the pilot on the arm: as it is (`difference_of_means`), on its baseline as well (`ancova`, `cuped`: the same
/// regression when every team counts once), or as change from the baseline (`difference_in_differences`). Relative claims compare logarithms,
/// or where a figure is 0 the difference as a share of the control.
pub(super) fn figure(plan: &Plan, scale: Scale, rows: &[TeamRow], looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    let estimator = plan.estimator.name.as_str();
    let needs_before = matches!(estimator, "ancova" | "cuped" | "difference_in_differences");
    let usable = || rows.iter().filter_map(|row| Some((row, row.after?, row.before.filter(|_| needs_before))));
    let usable = || usable().filter(|(_, _, before)| before.is_some() || !needs_before);
    let log = teams::has_logarithms(scale, usable().flat_map(|(_, after, before)| [after, before.unwrap_or(1.0)]));
    let turned = |value: f64| if log { value.ln() } else { value };
    let changes = estimator == "difference_in_differences";
    let units: Vec<Unit> = usable()
        .map(|(row, after, before)| Unit {
            outcome: turned(after) - if changes { before.map_or(0.0, turned) } else { 0.0 },
            before: before.map(turned).filter(|_| !changes),
            treated: row.treated,
            stratum: row.stratum,
        })
        .collect();
    let what = if changes { "difference in differences of teams" } else { "difference of teams' figures" };
    if scale == Scale::Relative && !log {
        let level = |units: &[Unit]| {
            let control = teams::mean(units, false, |unit| unit.outcome)?;
            Some((teams::mean(units, true, |unit| unit.outcome)? - control, control))
        };
        let plain: Vec<Unit> = usable()
            .map(|(row, after, _)| Unit { outcome: after, before: None, treated: row.treated, stratum: row.stratum })
            .collect();
        return teams::relative(&plain, level, "difference of teams' figures", looks);
    }
    let from = if log { Turn::Log } else { Turn::Same };
    Contrast { units: &units, from, variance: &plan.estimator.variance, what }.answer(looks)
}

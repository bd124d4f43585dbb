//! `control_team`: teams that use AI against named teams that use little, by how each changed. Nobody drew them.

use super::figure::{Looks, Turn};
use super::teams::{self, Contrast, Unit};
use super::{Description, TeamRow};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::ControlTeam,
    needs: "teams that use little AI, named before anybody knows how they do; a baseline of every team; metrics by team",
    estimates: "how much more the other teams' figures changed than the control teams': an effect only if both would have moved alike, which nobody can show",
    analysis: "difference in differences of one figure per team and phase (CR2 or a wild bootstrap), with an event study of the months before",
};

/// The figure of a criterion.
///
/// # Definition
/// Per team the figure over the pilot minus the figure over the baseline (of logarithms for relative claims); then the teams' changes on the
/// arm. One number per team leaves no serial correlation (Bertrand, Duflo and Mullainathan 2004, doi:10.1162/003355304772839588, IV.C).
pub(super) fn figure(plan: &Plan, scale: Scale, rows: &[TeamRow], looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    let pairs: Vec<(&TeamRow, f64, f64)> = rows.iter().filter_map(|row| Some((row, row.before?, row.after?))).collect();
    let log = teams::has_logarithms(scale, pairs.iter().flat_map(|(_, before, after)| [*before, *after]));
    let turned = |value: f64| if log { value.ln() } else { value };
    let unit = |(row, before, after): &(&TeamRow, f64, f64)| Unit {
        outcome: turned(*after) - turned(*before),
        before: None,
        treated: row.treated,
        stratum: 0,
    };
    let units: Vec<Unit> = pairs.iter().map(unit).collect();
    let what = "difference in differences of teams";
    if scale == Scale::Relative && !log {
        // The base is what the treated teams would have had: their baseline and the control's change.
        let units: Vec<Unit> =
            units.iter().zip(&pairs).map(|(unit, (_, before, _))| Unit { before: Some(*before), ..*unit }).collect();
        let level = |units: &[Unit]| {
            let control = teams::mean(units, false, |unit| unit.outcome)?;
            let base = teams::mean(units, true, |unit| unit.before.unwrap_or(0.0))? + control;
            Some((teams::mean(units, true, |unit| unit.outcome)? - control, base))
        };
        return teams::relative(&units, level, what, looks);
    }
    let from = if log { Turn::Log } else { Turn::Same };
    Contrast { units: &units, from, variance: &plan.estimator.variance, what }.answer(looks)
}

//! `staggered`: every team begins, at a date that it drew. Those that have not begun are the comparison.

use std::collections::BTreeMap;

use candor_stats::Fitted;
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::staggered_summaries::by_group;

use super::figure::{Looks, Turn, refused};
use super::{Description, TeamMonth, teams};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::Staggered,
    needs: "eight teams at least and two dates of the roll-out, drawn by `candor assign`; metrics by team and month",
    estimates: "the effect of having begun, mean over the teams of their months from their date on",
    analysis: "Callaway and Sant'Anna's group-time effects against teams that have not begun yet, mean by group",
};

/// The figure of a criterion.
///
/// # Definition
/// One figure per team and whole month (its logarithm for relative claims); group-time effects against teams that have not begun, averaged
/// over each group's months from its date on and then over teams.
pub(super) fn figure(_plan: &Plan, scale: Scale, months: &[TeamMonth], looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    let log = teams::has_logarithms(scale, months.iter().map(|row| row.value));
    if scale == Scale::Relative && !log {
        return Ok(Answer::NotApplicable {
            reason: "a month without a single case has no logarithm, and a roll-out compares logarithms: register the claim in points or in the metric's unit".to_owned(),
        });
    }
    let names: BTreeMap<&str, usize> = months
        .iter()
        .map(|row| row.team.as_str())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .enumerate()
        .map(|(code, team)| (team, code))
        .collect();
    let outcomes: Vec<f64> = months.iter().map(|row| if log { row.value.ln() } else { row.value }).collect();
    let units: Vec<usize> = months.iter().map(|row| names.get(row.team.as_str()).copied().unwrap_or(0)).collect();
    let periods: Vec<i64> = months.iter().map(|row| row.month).collect();
    let first_treated: Vec<Option<i64>> = months.iter().map(|row| row.begins).collect();
    let rollout =
        Rollout { outcomes: &outcomes, units: &units, periods: &periods, first_treated: &first_treated, covariates: &[] };
    let outcome = match GroupTime::fit(&rollout, Controls::NotYet, 0.95)? {
        Fitted::Fit(cells) => by_group(&cells)?.overall,
        Fitted::Refused(outcome) => outcome,
    };
    if outcome.estimate().is_none() {
        return Ok(refused(outcome));
    }
    looks.answer(outcome, if log { Turn::Log } else { Turn::Same })
}

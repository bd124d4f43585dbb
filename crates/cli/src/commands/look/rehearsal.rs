//! A plan rehearsed on the organisation's own past: a pilot of the same length in which nothing was done shows how precise each criterion will be.

use std::collections::{BTreeMap, BTreeSet};

use candor_experiment::design::analyse;
use candor_experiment::plan::{Claim, Criterion, Design, Plan, Precision, Scale};
use candor_experiment::verdict::Answer;
use jiff::civil::Date;

use super::arms::{self, Arms, Unit};
use super::{Bench, observe};
use crate::commands::init::Organisation;
use crate::failure::Failure;

/// What the past says of a plan.
pub struct Rehearsal {
    /// First and last day of the pilot that never was.
    pub pilot: (Date, Date),
    /// The plan with the precision of each criterion that could be rehearsed and says nothing of it by itself.
    pub plan: Plan,
    /// Criteria whose precision is measured here.
    pub measured: BTreeSet<String>,
    /// Why others could not be rehearsed.
    pub untold: BTreeMap<String, String>,
}

/// Rehearses a plan on what was known on a day, at the latest when its pilot begins; none without facts.
///
/// # Definition
/// Baseline and pilot are moved back as they are until the pilot ends on the day; teams keep the arms that the plan names, or are dealt out in
/// turn where a lot would draw them. The standard error of each criterion's contrast, at no effect, is what the plan may expect at the end
/// of its own pilot.
///
/// # Errors
/// As a look.
pub fn rehearse(plan: &Plan, as_of: Date) -> Result<Option<Rehearsal>, Failure> {
    if !Organisation::current()?.is_some_and(|own| own.lake().exists()) {
        return Ok(None);
    }
    let day = as_of.min(plan.dates.pilot_from);
    let past = moved(plan, day)?;
    let bench = Bench::open(day, None)?;
    let pilot = (past.dates.pilot_from, day);
    let mut found = Rehearsal { pilot, plan: plan.clone(), measured: BTreeSet::new(), untold: BTreeMap::new() };
    let arms = match arms_of(&past, &bench)? {
        Ok(arms) => arms,
        Err(reason) => {
            let open = plan.criteria.iter().filter(|own| own.precision.is_none() && own.claim != Claim::NoneWorseOneBetter);
            found.untold = open.map(|own| (own.id.clone(), reason.clone())).collect();
            return Ok(Some(found));
        }
    };
    let seen = observe::observe_arms(&past, arms, &bench.session, &bench.catalogue)?;
    let figures = analyse(&past, &seen.observed, &[])?.estimates.figures;
    for criterion in found.plan.criteria.iter_mut() {
        if criterion.precision.is_some() || criterion.claim == Claim::NoneWorseOneBetter {
            continue;
        }
        let own = figures.iter().find(|figure| figure.group.is_none() && figure.is_of(criterion));
        let told = match own.map(|figure| (&figure.answer, figure.mismatch(criterion))) {
            Some((_, Some(mismatch))) => Err(mismatch),
            Some((Answer::Estimate { point, standard_error, clusters, .. }, None)) => {
                // A relative difference has its error in proportion to itself: at no effect it is that of the logarithm.
                let at_no_effect = if criterion.scale == Scale::Relative { 1.0 + point } else { 1.0 };
                standard_error
                    .map(|error| error / at_no_effect)
                    .filter(|error| error.is_finite() && *error > 0.0)
                    .map(|error| precision(plan, criterion, error, *clusters))
                    .ok_or_else(|| "too few teams or people had a figure".to_owned())
            }
            Some((
                Answer::Insufficient { reason, .. } | Answer::NotApplicable { reason } | Answer::NotObserved { reason },
                None,
            )) => Err(reason.clone()),
            None => Err("nothing was observed".to_owned()),
        };
        match told {
            Ok(precision) => {
                found.measured.insert(criterion.id.clone());
                criterion.precision = Some(precision);
            }
            Err(reason) => {
                found.untold.insert(criterion.id.clone(), reason);
            }
        }
    }
    Ok(Some(found))
}

/// What is supposed of a criterion: the first forecast of a sponsor; else, where "not worse" is claimed, no difference, and elsewhere the bar.
fn precision(plan: &Plan, criterion: &Criterion, standard_error: f64, clusters: Option<u32>) -> Precision {
    let forecast = plan.forecasts.iter().find(|own| own.criterion == criterion.id).map(|own| own.effect);
    let supposed_effect = forecast.unwrap_or(if criterion.claim == Claim::NotWorse { 0.0 } else { criterion.margin });
    Precision { supposed_effect, standard_error: Some(standard_error), clusters, units: None, share: None }
}

/// The plan with baseline and pilot moved back so that the pilot ends on the day, with an error that every figure has.
fn moved(plan: &Plan, day: Date) -> Result<Plan, Failure> {
    let out_of_range = |error: jiff::Error| Failure::user(error.to_string());
    let back = plan.dates.pilot_until.since(day).map_err(out_of_range)?;
    let mut past = plan.clone();
    for date in [&mut past.dates.baseline_from, &mut past.dates.pilot_from, &mut past.dates.pilot_until] {
        *date = date.checked_sub(back).map_err(out_of_range)?;
    }
    "cr2".clone_into(&mut past.estimator.variance);
    past.subgroups.clear();
    Ok(past)
}

/// Who would be in which arm, or why nobody can say.
fn arms_of(plan: &Plan, bench: &Bench) -> Result<Result<Arms, String>, Failure> {
    let by_team = arms::by_team(plan) && plan.design.kind != Design::Staggered;
    Ok(match plan.design.kind {
        Design::Observational => Ok(Arms::default()),
        Design::ControlTeam => Ok(arms::named(plan)),
        _ if by_team => {
            let control = arms::control(plan);
            let other = (0..plan.design.arms.len()).find(|arm| *arm != control).unwrap_or(control + 1);
            let mut dealt = Arms::default();
            for (place, team) in teams(bench, plan.dates.pilot_from)?.into_iter().enumerate() {
                let arm = if place % 2 == 0 { control } else { other };
                dealt.units.insert(team, Unit { arm, stratum: 0, complied: None, begins: None });
            }
            Ok(dealt)
        }
        _ => {
            Err("what this design draws does not exist before the pilot: `candor design suggest` shows what it could detect here"
                .to_owned())
        }
    })
}

/// Teams with people on a day.
pub fn teams(bench: &Bench, day: Date) -> Result<Vec<String>, Failure> {
    let sql = format!(
        "SELECT DISTINCT team FROM person_spans WHERE employed AND team <> 'none' AND from_day <= DATE '{day}' AND until_day > DATE '{day}' ORDER BY team"
    );
    let rows = bench.session.rows("teams with people", &sql)?;
    Ok((0..rows.rows).filter_map(|row| rows.name("team", row)).map(str::to_owned).collect())
}

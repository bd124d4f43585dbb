//! What has to hold before anybody believes a contrast: sizes and balance of arms, trends before, who did as told, and how arms touch.

use candor_stats::designs::difference_in_differences::Panel;
use candor_stats::designs::event_study::EventStudy;
use candor_stats::designs::sample_ratio::{self, ALARM};
use candor_stats::designs::two_arms;
use candor_stats::regression::Correction;
use candor_stats::{Fitted, Outcome};
use serde::{Deserialize, Serialize};

use super::{Assigned, Content, Observed, TeamMonth};
use crate::ExperimentError;
use crate::plan::{Design, Plan, words::spelled};

/// Difference of shares of AI work between the arms below which they are hardly two.
const LEAST_CONTRAST: f64 = 0.10;
/// Standardised difference of what was known before above which arms are called unlike.
const UNLIKE: f64 = 0.25;
/// Share of compliance below which an effect of assignment says little about use.
const LEAST_COMPLIANCE: f64 = 0.80;
/// Share of crossing reviews above which arms influence each other.
const MOST_CROSSING: f64 = 0.20;

spelled! {
    /// How a check came out.
    CheckState {
        /// Nothing speaks against it.
        Passed = "passed",
        /// Something is wrong.
        Failed = "failed",
        /// It cannot be told.
        Open = "open",
    }
}

/// Something that has to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// How it came out.
    pub state: CheckState,
    /// In words.
    pub says: String,
    /// The number that decided, where there is one.
    pub value: Option<f64>,
}

fn check(name: &str, state: CheckState, says: impl Into<String>, value: Option<f64>) -> Check {
    Check { name: name.to_owned(), state, says: says.into(), value: value.filter(|value| value.is_finite()) }
}

fn open(name: &str, says: impl Into<String>) -> Check {
    check(name, CheckState::Open, says, None)
}

fn judged(holds: bool) -> CheckState {
    if holds { CheckState::Passed } else { CheckState::Failed }
}

/// All checks of a design, in a fixed order.
pub(super) fn checks(plan: &Plan, observed: &Observed) -> Result<Vec<Check>, ExperimentError> {
    let mut found = Vec::new();
    let kind = plan.design.kind;
    let control = plan.design.arms.iter().position(|arm| *arm == plan.design.control).unwrap_or(0);
    if kind.is_randomised() && kind != Design::Staggered {
        found.push(sizes(plan, &observed.units)?);
    }
    if kind != Design::ControlTeam {
        found.extend(balance(&observed.units, control)?);
    }
    if kind == Design::ControlTeam {
        found.extend(trends(observed)?);
    }
    if kind.is_randomised() {
        found.extend(compliance(&observed.units, control));
    }
    if kind != Design::Observational {
        found.push(contamination(observed));
        found.push(crossing(observed));
    }
    found.push(missing(&observed.units, control, plan.missing_data.most_difference));
    Ok(found)
}

/// Sizes of the arms against the lot.
fn sizes(plan: &Plan, units: &[Assigned]) -> Result<Check, ExperimentError> {
    const NAME: &str = "sample_ratio";
    let counts: Vec<u64> =
        (0..plan.design.arms.len()).map(|arm| units.iter().filter(|unit| unit.arm == arm).count() as u64).collect();
    let told = plan.design.arms.iter().zip(&counts).map(|(arm, count)| format!("{count} {arm}")).collect::<Vec<_>>().join(", ");
    let weights = vec![1.0; counts.len()];
    let outcome = if counts.len() == 2 && counts.iter().sum::<u64>() <= 10_000 {
        sample_ratio::exact(&counts, &weights)?
    } else {
        sample_ratio::chi_squared(&counts, &weights)?
    };
    Ok(match outcome {
        Outcome::Estimate(estimate) => {
            let p = estimate.p_value.unwrap_or(1.0);
            let says =
                if p < ALARM { "the arms have not the sizes of the lot: find the fault first" } else { "as the lot would give" };
            check(NAME, judged(p >= ALARM), format!("{told}: p = {p:.3}, {says}"), Some(p))
        }
        _ => open(NAME, "no unit has been assigned"),
    })
}

/// What was known before, compared between arms.
fn balance(units: &[Assigned], control: usize) -> Result<Option<Check>, ExperimentError> {
    const NAME: &str = "balance";
    let known: Vec<(f64, bool)> =
        units.iter().filter_map(|unit| Some((unit.before.filter(|before| *before > 0.0)?.ln(), unit.arm != control))).collect();
    if known.is_empty() {
        return Ok(Some(open(NAME, "nothing was measured of the units before they were assigned")));
    }
    let (values, treated): (Vec<f64>, Vec<bool>) = known.into_iter().unzip();
    Ok(Some(match two_arms::means(&values, &treated, 0.95)? {
        Fitted::Fit(comparison) => {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let spread =
                (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)).sqrt();
            let difference = if spread > 0.0 { comparison.absolute.point / spread } else { 0.0 };
            let says =
                format!("what was known before differs by {difference:+.2} standard deviations (log scale) between the arms");
            check(NAME, judged(difference.abs() <= UNLIKE), says, Some(difference))
        }
        Fitted::Refused(_) => open(NAME, "fewer than two units in an arm were measured before"),
    }))
}

/// Trends of treated and control teams before the pilot, metric by metric; the worst is told.
fn trends(observed: &Observed) -> Result<Vec<Check>, ExperimentError> {
    let mut found = Vec::new();
    for own in observed.figures.iter().filter(|own| own.group.is_none()) {
        let Content::Teams { months, .. } = &own.content else { continue };
        let measured = if own.figure.is_empty() { own.metric.clone() } else { format!("{}.{}", own.metric, own.figure) };
        let name = format!("pre_trend {measured}");
        found.push(match pre_trend(months)? {
            None => open(&name, "it takes two whole months before the pilot, and two teams in each arm, to see whether the arms moved alike"),
            Some(p) => {
                let says = if p < 0.05 {
                    format!("the arms moved apart before the pilot already (p = {p:.3}): the difference in differences is not to be believed")
                } else {
                    format!("no difference of trends is seen (p = {p:.3}), which is no evidence that there is none")
                };
                check(&name, judged(p >= 0.05), says, Some(p))
            }
        });
    }
    Ok(found)
}

fn pre_trend(months: &[TeamMonth]) -> Result<Option<f64>, ExperimentError> {
    let before: Vec<&TeamMonth> = months.iter().filter(|row| row.month < 0).collect();
    let mut periods: Vec<i64> = before.iter().map(|row| row.month).collect();
    periods.sort_unstable();
    periods.dedup();
    let Some(reference) = periods.last().copied().filter(|_| periods.len() > 1) else { return Ok(None) };
    let mut teams: Vec<&str> = before.iter().map(|row| row.team.as_str()).collect();
    teams.sort_unstable();
    teams.dedup();
    // Teams with a figure in every month before.
    let complete: Vec<usize> = teams
        .iter()
        .enumerate()
        .filter(|(_, team)| before.iter().filter(|row| row.team == **team).count() == periods.len())
        .map(|(code, _)| code)
        .collect();
    let code = |row: &TeamMonth| teams.iter().position(|team| *team == row.team).unwrap_or(usize::MAX);
    let rows: Vec<&&TeamMonth> = before.iter().filter(|row| complete.contains(&code(row))).collect();
    let in_arm = |treated: bool| {
        rows.iter().filter(|row| row.treated == treated).map(|row| code(row)).collect::<std::collections::BTreeSet<_>>().len()
    };
    if in_arm(true) < 2 || in_arm(false) < 2 {
        return Ok(None);
    }
    let outcomes: Vec<f64> = rows.iter().map(|row| row.value).collect();
    let units: Vec<usize> = rows.iter().map(|row| code(row)).collect();
    let at: Vec<i64> = rows.iter().map(|row| row.month).collect();
    let treated: Vec<bool> = rows.iter().map(|row| row.treated).collect();
    let panel = Panel { outcomes: &outcomes, units: &units, periods: &at };
    Ok(match EventStudy::fit(&panel, &treated, 0, reference)? {
        Fitted::Fit(study) => study.pre_trend(Correction::Cr2)?.estimate().and_then(|estimate| estimate.p_value),
        Fitted::Refused(_) => None,
    })
}

fn compliance(units: &[Assigned], control: usize) -> Vec<Check> {
    [("compliance_of_the_control", true), ("compliance_of_the_others", false)]
        .into_iter()
        .map(|(name, is_control)| {
            let known: Vec<bool> =
                units.iter().filter(|unit| (unit.arm == control) == is_control).filter_map(|unit| unit.complied).collect();
            if known.is_empty() {
                return open(name, "nobody noted whether units did as they were told");
            }
            let share = known.iter().filter(|complied| **complied).count() as f64 / known.len() as f64;
            check(
                name,
                judged(share >= LEAST_COMPLIANCE),
                format!("{:.0} % of {} did as they were told", 100.0 * share, known.len()),
                Some(share),
            )
        })
        .collect()
}

/// Whether the arms differ in what they are meant to differ in.
fn contamination(observed: &Observed) -> Check {
    const NAME: &str = "contamination";
    let share = |work: Option<(f64, f64)>| work.filter(|(all, _)| *all > 0.0).map(|(all, with_ai)| with_ai / all);
    let (control, treated) = (share(observed.conduct.control_work), share(observed.conduct.treated_work));
    match (control, treated) {
        (Some(control), Some(treated)) => {
            let says = format!(
                "{:.0} % of the control arm's work of known source has AI lines, {:.0} % of the other arms'",
                100.0 * control,
                100.0 * treated
            );
            check(NAME, judged(treated - control >= LEAST_CONTRAST), says, Some(treated - control))
        }
        _ => open(NAME, "no work of known source can be told to an arm"),
    }
}

/// Interference index: the share of the control arm's reviews that come from people of other arms.
fn crossing(observed: &Observed) -> Check {
    const NAME: &str = "interference";
    match observed.conduct.control_reviews.filter(|(all, _)| *all > 0.0) {
        Some((all, crossing)) => {
            let share = crossing / all;
            let says =
                format!("{:.0} % of {all:.0} reviews of the control arm's work come from people of other arms", 100.0 * share);
            check(NAME, judged(share <= MOST_CROSSING), says, Some(share))
        }
        None => open(NAME, "no review can be told to an arm"),
    }
}

/// Outcomes that are missing, by arm.
fn missing(units: &[Assigned], control: usize, most: f64) -> Check {
    const NAME: &str = "missing_outcomes";
    let of = |is_control: bool| {
        let known: Vec<bool> =
            units.iter().filter(|unit| (unit.arm == control) == is_control).filter_map(|unit| unit.has_outcome).collect();
        (known.iter().filter(|has| !**has).count(), known.len())
    };
    let ((control, of_control), (others, of_others)) = (of(true), of(false));
    if of_control == 0 || of_others == 0 {
        return open(NAME, "whether outcomes are missing cannot be told unit by unit");
    }
    let (first, second) = (control as f64 / of_control as f64, others as f64 / of_others as f64);
    let says = format!("{control} of {of_control} in the control arm and {others} of {of_others} in the others");
    check(NAME, judged((first - second).abs() <= most), says, Some(second - first))
}

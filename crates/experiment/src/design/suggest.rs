//! Which design could show what in this organisation: its own past, put into arms by lot again and again, analysed as the design would be.

use std::collections::BTreeMap;

use candor_stats::looks::non_inferiority::{self, Better, Margin};
use candor_stats::planning::cluster_power::LabelError;
use candor_stats::planning::intra_cluster::{self, Method};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use candor_stats::{Estimate, Fitted, StatsError};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;

use super::teams::FEWEST_TEAMS;
use crate::ExperimentError;
use crate::plan::Design;

/// Power that a detectable effect has.
const POWER: f64 = 0.80;
/// Fewest teams for a roll-out by lot.
const FEWEST_ROLLOUT: usize = 8;
/// Fewest people for errors that know of people.
const FEWEST_PEOPLE: usize = 4;

/// The organisation's past, as far as a design needs it.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    /// One row for each piece of work, of the months before the day on which this is asked.
    pub work: &'a [PastWork],
    /// Whether outcomes are logarithms, so that effects are ratios.
    pub is_log: bool,
    /// Months that the pilot lasts; as many months of the past stand for it.
    pub pilot_months: usize,
    /// Teams that are named as control, where they are.
    pub control_teams: &'a [String],
    /// Sensitivity and specificity with which labels tell AI work from other work; none where nobody measured them.
    pub labels: Option<(f64, f64)>,
    /// Simulated studies of each design.
    pub runs: u32,
    /// Seed of all lots.
    pub seed: u64,
}

/// A piece of work of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct PastWork {
    /// The team, as a code; none where it had none.
    pub team: Option<usize>,
    /// Who did it, as a code.
    pub person: usize,
    /// Months before the day of asking: 0 is the last whole one.
    pub months_ago: usize,
    /// The outcome, or its logarithm.
    pub value: f64,
    /// Whether it is labelled as AI work; none where its source is not known.
    pub with_ai: Option<bool>,
}

/// What the past looks like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Portrait {
    /// Teams with work.
    pub teams: usize,
    /// People with work.
    pub people: usize,
    /// Pieces of work in a month, mean.
    pub work_a_month: f64,
    /// Standard deviation of a piece of work's outcome (of its logarithm, where effects are ratios).
    pub deviation: f64,
    /// Share of that variance that lies between teams.
    pub between_teams: Option<f64>,
    /// The same between people.
    pub between_people: Option<f64>,
    /// Share of work whose source is not known.
    pub unknown_share: f64,
}

/// What one design could show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The design.
    pub design: Design,
    /// Whether it would show an effect, and not a comparison only.
    pub is_effect: bool,
    /// Smallest effect that it detects with power 80 % by the end of the pilot: a share where effects are ratios, else in the metric's unit.
    pub detectable: Option<f64>,
    /// How often it sees an effect of nothing: the false positives of its own simulation.
    pub false_positives: Option<f64>,
    /// What has to be said of it.
    pub notes: Vec<String>,
}

/// The portrait of a past.
///
/// # Errors
/// [`ExperimentError::Statistics`] where an outcome is no number.
pub fn portrait(past: &Past<'_>) -> Result<Portrait, ExperimentError> {
    let work: Vec<&PastWork> = past.work.iter().filter(|row| row.months_ago < past.pilot_months).collect();
    let distinct = |codes: Vec<usize>| codes.into_iter().collect::<std::collections::BTreeSet<_>>().len();
    let values: Vec<f64> = work.iter().map(|row| row.value).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let correlation = |rows: Vec<(f64, usize)>| -> Result<Option<f64>, StatsError> {
        let (values, codes): (Vec<f64>, Vec<usize>) = rows.into_iter().unzip();
        Ok(intra_cluster::correlation(&values, &codes, Method::Anova, 0.95)?.point())
    };
    Ok(Portrait {
        teams: distinct(work.iter().filter_map(|row| row.team).collect()),
        people: distinct(work.iter().map(|row| row.person).collect()),
        work_a_month: n / past.pilot_months.max(1) as f64,
        deviation,
        between_teams: correlation(work.iter().filter_map(|row| Some((row.value, row.team?))).collect())?,
        between_people: correlation(work.iter().map(|row| (row.value, row.person)).collect())?,
        unknown_share: work.iter().filter(|row| row.with_ai.is_none()).count() as f64 / n.max(1.0),
    })
}

/// Every design, those that show an effect first, and among them the one that detects the smallest.
///
/// # Definition
/// The last months of the past stand for the pilot, those before them for the baseline. Each simulated study draws arms by lot as the design
/// would, changes nothing, and is analysed as the design would be. An effect moves the estimate and nothing else, so the smallest effect that is
/// detected with power 80 % is read off the estimates and limits of these studies. Labels that err let only a part of an effect through.
///
/// # Errors
/// [`ExperimentError::Statistics`] where an outcome is no number.
pub fn suggest(past: &Past<'_>) -> Result<Vec<Suggestion>, ExperimentError> {
    let mut found =
        vec![tasks(past)?, within_team(past)?, cluster(past)?, staggered(past)?, control_team(past)?, observational(past)?];
    let size = |own: &Suggestion| own.detectable.unwrap_or(f64::INFINITY);
    found.sort_by(|one, other| {
        let can = |own: &Suggestion| own.is_effect && own.detectable.is_some();
        can(other).cmp(&can(one)).then_with(|| size(one).total_cmp(&size(other)))
    });
    Ok(found)
}

/// A simulated study: its estimate without any effect, and how far its limits lie from it.
#[derive(Debug, Clone, Copy)]
struct Study {
    point: f64,
    margin: f64,
}

/// Lots of one design.
struct Lots(ChaCha20Rng);

impl Lots {
    fn new(past: &Past<'_>, design: Design, run: u32) -> Self {
        let mut source = ChaCha20Rng::seed_from_u64(past.seed);
        source.set_stream((design as u64) << 32 | u64::from(run));
        Self(source)
    }

    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }

    /// `treated` of `count` at random.
    fn choose(&mut self, count: usize, treated: usize) -> Vec<bool> {
        let mut arms: Vec<bool> = (0..count).map(|place| place < treated).collect();
        for place in (1..count).rev() {
            arms.swap(place, self.below(place + 1));
        }
        arms
    }
}

/// The smallest effect that the studies detect, and how often they see one where there is none.
fn detect(studies: &[Study], is_log: bool, attenuation: f64) -> (Option<f64>, Option<f64>) {
    if studies.is_empty() {
        return (None, None);
    }
    let n = studies.len() as f64;
    let seen = |effect: f64| studies.iter().filter(|own| (own.point + effect).abs() > own.margin).count() as f64 / n;
    let (mut low, mut high) = (0.0, studies.iter().map(|own| own.margin + own.point.abs()).fold(0.0, f64::max));
    if !high.is_finite() || attenuation <= 0.0 {
        return (None, Some(seen(0.0)));
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if seen(middle) >= POWER {
            high = middle;
        } else {
            low = middle;
        }
    }
    let effect = high / attenuation;
    (Some(if is_log { effect.exp_m1() } else { effect }), Some(seen(0.0)))
}

fn margin(estimate: &Estimate) -> Result<Option<f64>, ExperimentError> {
    if estimate.variance.is_none_or(|variance| variance <= 0.0) {
        return Ok(None);
    }
    let compared = non_inferiority::estimate(estimate, &Margin { value: 0.0, better: Better::Higher, alpha: 0.025 })?;
    let interval = compared.into_fit().and_then(|fit| fit.estimate.interval);
    Ok(interval.and_then(|own| own.upper).map(|upper| upper - estimate.point))
}

/// Estimate and margin of a coefficient with errors by cluster.
fn robust(outcomes: &[f64], right: Regressors<'_>, by: &[usize]) -> Result<Option<Study>, ExperimentError> {
    let model = match LeastSquares::fit(outcomes, right)? {
        Fitted::Fit(model) => model,
        Fitted::Refused(_) => return Ok(None),
    };
    let covariance = match model.covariance(&Errors::Clustered { by, correction: Correction::Cr2 })? {
        Fitted::Fit(covariance) => covariance,
        Fitted::Refused(_) => return Ok(None),
    };
    let outcome = covariance.coefficient(ARM, 0.95)?;
    let Some(estimate) = outcome.estimate() else { return Ok(None) };
    Ok(margin(estimate)?.map(|margin| Study { point: estimate.point, margin }))
}

const ARM: &str = "treated";

/// Pieces of work in strata, half of each by lot, errors by person.
fn in_strata(
    past: &Past<'_>,
    design: Design,
    strata: impl Fn(&PastWork) -> Option<(usize, usize)>,
) -> Result<(Vec<Study>, usize), ExperimentError> {
    let work: Vec<(&PastWork, (usize, usize))> =
        past.work.iter().filter(|row| row.months_ago < past.pilot_months).filter_map(|row| Some((row, strata(row)?))).collect();
    let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (place, (_, stratum)) in work.iter().enumerate() {
        members.entry(*stratum).or_default().push(place);
    }
    // What stands alone in its stratum says nothing within it.
    members.retain(|_, places| places.len() > 1);
    let kept: Vec<usize> = members.values().flatten().copied().collect();
    let people: Vec<usize> = kept.iter().filter_map(|place| work.get(*place)).map(|(row, _)| row.person).collect();
    let count = people.iter().collect::<std::collections::BTreeSet<_>>().len();
    if count < FEWEST_PEOPLE {
        return Ok((Vec::new(), count));
    }
    let centred = |values: &dyn Fn(usize) -> f64| -> Vec<f64> {
        members
            .values()
            .flat_map(|places| {
                let mean = places.iter().map(|place| values(*place)).sum::<f64>() / places.len() as f64;
                places.iter().map(move |place| (*place, mean)).collect::<Vec<_>>()
            })
            .map(|(place, mean)| values(place) - mean)
            .collect()
    };
    let value = |place: usize| work.get(place).map_or(0.0, |(row, _)| row.value);
    let outcomes = centred(&value);
    let mut studies = Vec::new();
    for run in 0..past.runs {
        let mut lots = Lots::new(past, design, run);
        let mut arms = vec![0.0; work.len()];
        for places in members.values() {
            let spare = if places.len() % 2 == 1 { lots.below(2) } else { 0 };
            for (place, treated) in places.iter().zip(lots.choose(places.len(), places.len() / 2 + spare)) {
                if let Some(slot) = arms.get_mut(*place) {
                    *slot = f64::from(u8::from(treated));
                }
            }
        }
        let arm = centred(&|place| arms.get(place).copied().unwrap_or(0.0));
        let right = Regressors::without_intercept(outcomes.len()).column(ARM, arm)?;
        studies.extend(robust(&outcomes, right, &people)?);
    }
    Ok((studies, count))
}

fn tasks(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let (studies, people) = in_strata(past, Design::TaskRct, |row| Some((row.person, 0)))?;
    let mut notes =
        vec![format!("{people} people with two pieces of work or more; forecasts before each draw would make it sharper")];
    if people < FEWEST_PEOPLE {
        notes = vec![format!("{people} people with two pieces of work or more, and it takes {FEWEST_PEOPLE}")];
    }
    Ok(suggestion(Design::TaskRct, true, detect(&studies, past.is_log, 1.0), notes))
}

fn within_team(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let (studies, people) = in_strata(past, Design::WithinTeam, |row| Some((row.team?, row.months_ago)))?;
    let notes = vec![format!("work of {people} people, matched by team and month")];
    Ok(suggestion(Design::WithinTeam, true, detect(&studies, past.is_log, 1.0), notes))
}

/// One mean per team in the pilot's months and in as many before; none of teams without both.
fn team_means(past: &Past<'_>) -> BTreeMap<usize, (f64, f64)> {
    let mut sums: BTreeMap<usize, [(f64, f64); 2]> = BTreeMap::new();
    for row in past.work.iter().filter(|row| row.months_ago < 2 * past.pilot_months) {
        let Some(team) = row.team else { continue };
        let phase = usize::from(row.months_ago < past.pilot_months);
        if let Some((sum, count)) = sums.entry(team).or_default().get_mut(phase) {
            (*sum, *count) = (*sum + row.value, *count + 1.0);
        }
    }
    sums.into_iter()
        .filter(|(_, [before, after])| before.1 > 0.0 && after.1 > 0.0)
        .map(|(team, [before, after])| (team, (before.0 / before.1, after.0 / after.1)))
        .collect()
}

fn cluster(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let means: Vec<(f64, f64)> = team_means(past).into_values().collect();
    let n = means.len();
    if n < 2 * FEWEST_TEAMS {
        let note = format!("{n} teams with work in both phases; a lot among fewer than 4 against 4 cannot show anything at 5 %");
        return Ok(suggestion(Design::Cluster, true, (None, None), vec![note]));
    }
    let outcomes: Vec<f64> = means.iter().map(|(_, after)| *after).collect();
    let centre = means.iter().map(|(before, _)| before).sum::<f64>() / n as f64;
    let before: Vec<f64> = means.iter().map(|(before, _)| before - centre).collect();
    let by: Vec<usize> = (0..n).collect();
    let mut studies = Vec::new();
    for run in 0..past.runs {
        let arm = Lots::new(past, Design::Cluster, run).choose(n, n / 2);
        let arm: Vec<f64> = arm.into_iter().map(|own| f64::from(u8::from(own))).collect();
        let right = Regressors::with_intercept(n).column(ARM, arm)?.column("before", before.clone())?;
        studies.extend(robust(&outcomes, right, &by)?);
    }
    let notes = vec![format!("{} against {} teams, adjusted for the months before", n / 2, n - n / 2)];
    Ok(suggestion(Design::Cluster, true, detect(&studies, past.is_log, 1.0), notes))
}

fn staggered(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let means = team_means(past).len();
    if means < FEWEST_ROLLOUT {
        let note = format!("{means} teams with work in both phases; a roll-out by lot takes {FEWEST_ROLLOUT}");
        return Ok(suggestion(Design::Staggered, true, (None, None), vec![note]));
    }
    // Two dates: half of the teams at the beginning, half in the middle of the pilot; until then the second half is the comparison.
    let mut short = past.clone();
    short.pilot_months = (past.pilot_months / 2).max(1);
    let shift = past.pilot_months - short.pilot_months;
    let moved: Vec<PastWork> = past
        .work
        .iter()
        .filter_map(|row| Some(PastWork { months_ago: row.months_ago.checked_sub(shift)?, ..row.clone() }))
        .collect();
    let own = cluster(&Past { work: &moved, ..short })?;
    let notes = vec![
        "half of the teams at once, half in the middle of the pilot: only until then there is a comparison".to_owned(),
        "every team has it in the end, which is sometimes what makes a lot acceptable".to_owned(),
    ];
    Ok(Suggestion { design: Design::Staggered, notes, ..own })
}

fn control_team(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let means: Vec<(f64, f64)> = team_means(past).into_values().collect();
    let (n, controls) = (means.len(), past.control_teams.len());
    let mut notes = Vec::new();
    if controls == 0 {
        notes.push("no control team is named: nothing to compare with".to_owned());
        return Ok(suggestion(Design::ControlTeam, false, (None, None), notes));
    }
    let changes: Vec<f64> = means.iter().map(|(before, after)| after - before).collect();
    if n <= controls {
        notes.push(format!("{n} teams with work in both phases, and {controls} of them would be control"));
        return Ok(suggestion(Design::ControlTeam, false, (None, None), notes));
    }
    if controls == 1 {
        // Each team in turn as the control: how far apart one team lies from the rest where nothing was done.
        let total: f64 = changes.iter().sum();
        let mut apart: Vec<f64> = changes.iter().map(|own| ((total - own) / (n as f64 - 1.0) - own).abs()).collect();
        apart.sort_by(f64::total_cmp);
        let widest = apart.last().copied().unwrap_or(0.0);
        let shown = if past.is_log { format!("{:.0} %", 100.0 * widest.exp_m1()) } else { format!("{widest:.3}") };
        notes.push("one control team: this is a comparison and no effect, whatever comes out; it has no limits, for one team does not show how teams differ".to_owned());
        notes.push(format!("in the past, where nothing was done, one team moved up to {shown} away from the others"));
        notes.push("what would make it an effect: a lot within people (`task_rct`), which needs no control team at all; or a lot among 4 against 4 teams; with four named control teams it could be read as one if trends are alike".to_owned());
        return Ok(suggestion(Design::ControlTeam, false, (None, None), notes));
    }
    let by: Vec<usize> = (0..n).collect();
    let mut studies = Vec::new();
    for run in 0..past.runs {
        let arm = Lots::new(past, Design::ControlTeam, run).choose(n, n - controls);
        let arm: Vec<f64> = arm.into_iter().map(|own| f64::from(u8::from(own))).collect();
        studies.extend(robust(&changes, Regressors::with_intercept(n).column(ARM, arm)?, &by)?);
    }
    notes.push(format!(
        "{} against {controls} teams that nobody drew: believed only as far as both would have moved alike",
        n - controls
    ));
    if controls < FEWEST_TEAMS {
        notes.push("fewer than four control teams: a comparison, not an effect".to_owned());
    }
    Ok(suggestion(Design::ControlTeam, controls >= FEWEST_TEAMS, detect(&studies, past.is_log, 1.0), notes))
}

fn observational(past: &Past<'_>) -> Result<Suggestion, ExperimentError> {
    let work: Vec<&PastWork> =
        past.work.iter().filter(|row| row.months_ago < past.pilot_months && row.with_ai.is_some()).collect();
    let users = work.iter().filter(|row| row.with_ai == Some(true)).count();
    let people: Vec<usize> = work.iter().map(|row| row.person).collect();
    let distinct = people.iter().collect::<std::collections::BTreeSet<_>>().len();
    let mut notes = vec!["people chose: an adjusted comparison, never an effect".to_owned()];
    let attenuation = match past.labels {
        Some((sensitivity, specificity)) => {
            let share = users as f64 / work.len().max(1) as f64;
            LabelError::from_accuracy(sensitivity, specificity, share)?.attenuation()
        }
        None => 1.0,
    };
    match past.labels {
        Some(_) => notes.push(format!("labels that err let {:.0} % of a difference through", 100.0 * attenuation)),
        None => notes.push("how often labels err is not known: what they hide is not in this figure".to_owned()),
    }
    if users == 0 || users == work.len() || distinct < FEWEST_PEOPLE {
        notes.push(format!("{users} of {} pieces of work of known source are AI work, of {distinct} people", work.len()));
        return Ok(suggestion(Design::Observational, false, (None, None), notes));
    }
    let outcomes: Vec<f64> = work.iter().map(|row| row.value).collect();
    let mut studies = Vec::new();
    for run in 0..past.runs {
        let arm = Lots::new(past, Design::Observational, run).choose(work.len(), users);
        let arm: Vec<f64> = arm.into_iter().map(|own| f64::from(u8::from(own))).collect();
        studies.extend(robust(&outcomes, Regressors::with_intercept(work.len()).column(ARM, arm)?, &people)?);
    }
    Ok(suggestion(Design::Observational, false, detect(&studies, past.is_log, attenuation), notes))
}

fn suggestion(
    design: Design,
    is_effect: bool,
    (detectable, false_positives): (Option<f64>, Option<f64>),
    notes: Vec<String>,
) -> Suggestion {
    Suggestion { design, is_effect, detectable, false_positives, notes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_effect_is_the_one_that_four_of_five_studies_see() {
        let studies: Vec<Study> = [0.0, 0.1, 0.2, -0.1, -0.2].map(|point| Study { point, margin: 1.0 }).to_vec();
        // With 1.1 the studies at -0.1, 0, 0.1 and 0.2 lie beyond their margin, that at -0.2 does not.
        let (effect, none) = detect(&studies, false, 1.0);
        assert!((effect.unwrap() - 1.1).abs() < 1e-9, "{effect:?}");
        assert_eq!(none, Some(0.0));
        assert!((detect(&studies, false, 0.5).0.unwrap() - 2.2).abs() < 1e-9, "half of an effect needs twice the effect");
    }
}

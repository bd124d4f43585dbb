//! From figures to states: each criterion by its whole interval, claims of one family sharing its error rate.

use serde::{Deserialize, Serialize};

use super::estimates::{Answer, Estimates, Figure};
use super::limits::{Levels, Limits};
use crate::ExperimentError;
use crate::plan::{Claim, Criterion, Family, Plan, Role, State};

/// A criterion as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Its id.
    pub criterion: String,
    /// Metric and figure.
    pub measured: String,
    /// What can be said.
    pub state: State,
    /// In words.
    pub why: String,
    /// Effect or level, positive is good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<f64>,
    /// Limits at the family's error rate at this look: those that say failed and flat.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<Limits>,
    /// Lower limit once the family's error rate is shared: the one that says met.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lower_for_claim: Option<f64>,
    /// Upper limit once the family's error rate of harm is shared: the one that says harm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upper_for_harm: Option<f64>,
    /// Whether the limits leave harm possible.
    pub can_be_harm: bool,
    /// Whether the limits leave the claim possible.
    pub can_be_met: bool,
}

/// A criterion with a figure that can be used.
struct Usable<'a> {
    place: usize,
    criterion: &'a Criterion,
    figure: &'a Figure,
}

pub(super) fn judge(plan: &Plan, estimates: &Estimates, levels: &Levels) -> Result<Vec<Judged>, ExperimentError> {
    let mut judged: Vec<Judged> = Vec::with_capacity(plan.criteria.len());
    let mut usable = Vec::new();
    for (place, criterion) in plan.criteria.iter().enumerate() {
        let mut open = Judged {
            criterion: criterion.id.clone(),
            measured: criterion.measured(),
            state: State::Insufficient,
            why: String::new(),
            point: None,
            limits: None,
            lower_for_claim: None,
            upper_for_harm: None,
            can_be_harm: true,
            can_be_met: true,
        };
        match figure(plan, estimates, criterion) {
            Ok(Some(figure)) => {
                open.point = figure.oriented_point();
                open.limits = levels.plain(figure, criterion)?;
                usable.push(Usable { place, criterion, figure });
            }
            Ok(None) => {}
            Err(why) => open.why = why,
        }
        judged.push(open);
    }
    for family in &plan.families {
        // Evidence is judged by itself: it is no claim that anybody makes.
        let (shared, alone): (Vec<&Usable>, Vec<&Usable>) =
            usable.iter().filter(|own| own.criterion.family == family.id).partition(|own| own.criterion.role != Role::Evidence);
        let shared_count = plan
            .criteria
            .iter()
            .filter(|own| own.family == family.id && own.role != Role::Evidence && own.claim != Claim::NoneWorseOneBetter)
            .count();
        share(family, &shared, shared_count, levels, &mut judged)?;
        for own in alone {
            share(family, &[own], 1, levels, &mut judged)?;
        }
    }
    for own in &usable {
        if let Some(slot) = judged.get_mut(own.place) {
            conclude(own.criterion, slot);
        }
    }
    for (place, criterion) in
        plan.criteria.iter().enumerate().filter(|(_, criterion)| criterion.claim == Claim::NoneWorseOneBetter)
    {
        let composed = compose(plan, criterion, estimates, levels, &judged)?;
        if let Some(slot) = judged.get_mut(place) {
            (slot.state, slot.why, slot.can_be_harm, slot.can_be_met) = composed;
        }
    }
    Ok(judged)
}

/// The figure of a criterion, or why it cannot be used; none for a criterion without one.
fn figure<'a>(plan: &Plan, estimates: &'a Estimates, criterion: &Criterion) -> Result<Option<&'a Figure>, String> {
    if criterion.claim == Claim::NoneWorseOneBetter {
        return Ok(None);
    }
    let figure = estimates.of(criterion).ok_or_else(|| format!("there is no figure for {}", criterion.measured()))?;
    if let Some(why) = figure.mismatch(criterion) {
        return Err(why);
    }
    match &figure.answer {
        Answer::Estimate { .. } => {}
        Answer::Insufficient { have, need, reason } => return Err(format!("{reason} (have {have}, need {need})")),
        Answer::NotApplicable { reason } => return Err(format!("not applicable: {reason}")),
        Answer::NotObserved { reason } => return Err(format!("not observed: {reason}")),
    }
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let most = plan.unknown_attribution.most_unknown_share;
    if let Some(share) = figure.unknown_source_share.filter(|share| *share > most) {
        return Err(format!("the source of {} of the units is not known, and the plan allows {}", percent(share), percent(most)));
    }
    let most = plan.missing_data.most_difference;
    if let Some(share) = figure.missing_difference.filter(|share| *share > most) {
        return Err(format!("{} more outcomes are missing in one arm, and the plan allows {}", percent(share), percent(most)));
    }
    Ok(Some(figure))
}

/// Distributes the error rates of a family over its claims and its findings of harm.
fn share(
    family: &Family,
    members: &[&Usable],
    count: usize,
    levels: &Levels,
    judged: &mut [Judged],
) -> Result<(), ExperimentError> {
    let is_met = |own: &Usable, limits: Limits| limits.lower.is_some_and(|lower| lower >= own.criterion.bar());
    let is_harm = |own: &Usable, limits: Limits| limits.upper.is_some_and(|upper| upper < own.criterion.harm_bar());
    let claims = decide(&family.method, family.alpha, members, count, levels, is_met)?;
    let harms = decide(&family.method, family.harm_alpha, members, count, levels, is_harm)?;
    for ((own, claim), harm) in members.iter().zip(claims).zip(harms) {
        if let Some(slot) = judged.get_mut(own.place) {
            slot.lower_for_claim = claim.and_then(|limits| limits.lower);
            slot.upper_for_harm = harm.and_then(|limits| limits.upper);
        }
    }
    Ok(())
}

/// The limits by which each member is decided, under a multiple-testing method that is written with intervals.
///
/// # Definition
/// Bonferroni: every member at alpha / k. Holm: those that pass at alpha / r, with r members left, are taken out, again and again until none
/// passes; the same decisions as Holm's ordered p-values. Hochberg: the largest set of which all pass at alpha / (k - size + 1).
fn decide(
    method: &str,
    alpha: f64,
    members: &[&Usable],
    count: usize,
    levels: &Levels,
    passes: impl Fn(&Usable, Limits) -> bool,
) -> Result<Vec<Option<Limits>>, ExperimentError> {
    let at = |divisor: usize| -> Result<Vec<Option<Limits>>, ExperimentError> {
        members.iter().map(|own| levels.at(own.figure, alpha / divisor.max(1) as f64)).collect()
    };
    let passing = |limits: &[Option<Limits>]| -> Vec<bool> {
        members.iter().zip(limits).map(|(own, limits)| limits.is_some_and(|limits| passes(own, limits))).collect()
    };
    let first = at(count)?;
    match method {
        "hochberg" => {
            // A member without a figure counts as one that never passes.
            for size in (1..=members.len()).rev() {
                let limits = at(count - size + 1)?;
                let pass = passing(&limits);
                if pass.iter().filter(|pass| **pass).count() >= size {
                    return Ok(limits
                        .into_iter()
                        .zip(&first)
                        .zip(pass)
                        .map(|((own, first), pass)| if pass { own } else { *first })
                        .collect());
                }
            }
            Ok(first)
        }
        "holm" => {
            let mut kept: Vec<Option<Limits>> = vec![None; members.len()];
            let mut left = count;
            loop {
                let limits = at(left)?;
                let fresh: Vec<bool> =
                    passing(&limits).into_iter().zip(&kept).map(|(pass, kept)| pass && kept.is_none()).collect();
                let passed = fresh.iter().filter(|fresh| **fresh).count();
                if passed == 0 {
                    return Ok(kept.into_iter().zip(limits).map(|(kept, last)| kept.or(last)).collect());
                }
                for ((slot, limits), fresh) in kept.iter_mut().zip(&limits).zip(fresh) {
                    if fresh {
                        *slot = *limits;
                    }
                }
                left = left.saturating_sub(passed).max(1);
                if kept.iter().all(Option::is_some) {
                    return Ok(kept);
                }
            }
        }
        _ => Ok(first),
    }
}

fn conclude(criterion: &Criterion, slot: &mut Judged) {
    let (bar, harm) = (criterion.bar(), criterion.harm_bar());
    let lower = slot.limits.and_then(|limits| limits.lower).unwrap_or(f64::NEG_INFINITY);
    let upper = slot.limits.and_then(|limits| limits.upper).unwrap_or(f64::INFINITY);
    slot.can_be_harm = lower < harm;
    slot.can_be_met = upper >= bar;
    let is_harm = slot.upper_for_harm.is_some_and(|upper| upper < harm);
    let is_met = slot.lower_for_claim.is_some_and(|lower| lower >= bar);
    let flat = match criterion.claim {
        Claim::Gain => criterion.flat_margin > 0.0 && lower > -criterion.flat_margin && upper < criterion.flat_margin,
        Claim::NotWorse => is_met && upper < criterion.margin,
        Claim::Above | Claim::NoneWorseOneBetter => false,
    };
    let shown =
        |number: f64| if number.is_finite() { format!("{}", (number * 1e4).round() / 1e4 + 0.0) } else { "no limit".to_owned() };
    let interval = format!("{} to {}", shown(lower), shown(upper));
    (slot.state, slot.why) = if slot.limits.is_none() {
        (State::Insufficient, "this look may not decide: too little of the error rate is spent by then, or the figure has no interval of that level".to_owned())
    } else if is_harm {
        (State::Harm, format!("the whole interval ({interval}) lies below {}", shown(harm)))
    } else if flat {
        (State::Flat, format!("the whole interval ({interval}) lies inside the margin"))
    } else if is_met {
        (
            State::Met,
            format!("the whole interval ({interval}) lies above {}, also once the family's error rate is shared", shown(bar)),
        )
    } else if upper < bar {
        (State::Failed, format!("the whole interval ({interval}) lies below the bar of {}", shown(bar)))
    } else {
        (State::Insufficient, format!("the interval ({interval}) leaves the bar of {} open", shown(bar)))
    };
}

/// None of the members is worse, and one at least is better.
fn compose(
    plan: &Plan,
    criterion: &Criterion,
    estimates: &Estimates,
    levels: &Levels,
    judged: &[Judged],
) -> Result<(State, String, bool, bool), ExperimentError> {
    let members: Vec<&Judged> =
        criterion.members.iter().filter_map(|id| judged.iter().find(|own| own.criterion == *id)).collect();
    let with =
        |state: State| members.iter().filter(|own| own.state == state).map(|own| own.criterion.as_str()).collect::<Vec<_>>();
    let can_be_harm = members.iter().any(|own| own.can_be_harm);
    for state in [State::Harm, State::Failed] {
        let names = with(state);
        if !names.is_empty() {
            return Ok((state, format!("worse: {}", names.join(", ")), can_be_harm, false));
        }
    }
    let open = with(State::Insufficient);
    let alpha = plan.family(&criterion.family).map_or(0.025, |family| family.alpha) / members.len().max(1) as f64;
    let mut better = Vec::new();
    let mut can_be_better = false;
    for own in &members {
        let member = plan.criterion(&own.criterion);
        let figure =
            member.filter(|_| own.state != State::Insufficient || own.limits.is_some()).and_then(|member| estimates.of(member));
        let limits = figure.map(|figure| levels.at(figure, alpha)).transpose()?.flatten();
        if limits.and_then(|limits| limits.lower).is_some_and(|lower| lower > 0.0) {
            better.push(own.criterion.as_str());
        }
        can_be_better |= own.limits.and_then(|limits| limits.upper).is_none_or(|upper| upper > 0.0);
    }
    if !can_be_better {
        return Ok((State::Failed, "none of the members can be better".to_owned(), can_be_harm, false));
    }
    if !open.is_empty() {
        return Ok((State::Insufficient, format!("open: {}", open.join(", ")), can_be_harm, true));
    }
    if !better.is_empty() {
        return Ok((State::Met, format!("none is worse, and better is: {}", better.join(", ")), can_be_harm, true));
    }
    if members.iter().all(|own| own.state == State::Flat) {
        return Ok((State::Flat, "every member lies inside its margin".to_owned(), can_be_harm, false));
    }
    Ok((State::Insufficient, "none is worse, and none is better for certain".to_owned(), can_be_harm, true))
}

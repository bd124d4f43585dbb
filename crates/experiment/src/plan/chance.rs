//! Before anybody registers: how likely each criterion is to say anything at each look, and what to do where it is hopeless.

use jiff::civil::Date;

use super::{Claim, Criterion, Family, LookMethod, Plan, Role, Spending};

/// The chance at one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Day of the look.
    pub day: Date,
    /// Chance that the criterion is met at this look taken alone, if what is supposed is true, 0 to 1.
    pub met: f64,
    /// Standard error expected by then.
    pub standard_error: f64,
}

/// Computes the chance that a criterion is met at each look, under what the plan supposes.
///
/// # Definition
/// The standard error at the last look is given, or `sqrt(4 p (1 - p) / n)` for a share of `n` units in two equal arms; at a look with
/// the share f of the pilot behind it, it is that over `sqrt(f)`. Met: the one-sided test of "no better than the margin" at the level
/// that the look may spend, Bonferroni's share of the family's error rate (Holm's first step), rejects; t test, non-central t.
///
/// # Output
/// One [`Chance`] per look; none where the plan says nothing about precision. Where the supposed effect does not exceed the bar, the
/// chance is what error alone allows at most.
///
/// # Assumptions
/// Information arrives evenly over the pilot, and the supposed precision is right.
///
/// # Source
/// Julious 2004, doi:10.1002/sim.1783 (non-inferiority); Lan and DeMets 1983, doi:10.2307/2336502.
#[must_use]
pub fn chances(plan: &Plan, criterion: &Criterion, family: &Family) -> Vec<Chance> {
    let Some(precision) = criterion.precision else { return Vec::new() };
    let by_share = || {
        let (share, units) = (precision.share?, f64::from(precision.units?));
        Some((4.0 * share * (1.0 - share) / units).sqrt())
    };
    let Some(last) = precision.standard_error.or_else(by_share) else { return Vec::new() };
    // Distance from the bar, on the good side.
    let beyond = match criterion.claim {
        Claim::Gain | Claim::Above => precision.supposed_effect - criterion.margin,
        Claim::NotWorse => precision.supposed_effect + criterion.margin,
        Claim::NoneWorseOneBetter => return Vec::new(),
    };
    let members = plan
        .criteria
        .iter()
        .filter(|other| other.family == family.id && other.claim != Claim::NoneWorseOneBetter && other.role != Role::Evidence)
        .count();
    let alpha = family.alpha / members.max(1) as f64;
    let fractions: Vec<f64> = plan.looks.dates.iter().map(|day| plan.information_at(*day)).collect();
    let levels = levels(plan, alpha, &fractions);
    let arm = precision.clusters.map_or(1e6, |clusters| (f64::from(clusters) / 2.0).max(2.0));
    let looks = plan.looks.dates.iter().zip(&fractions).zip(levels);
    looks
        .filter(|((_, fraction), _)| **fraction > 0.0)
        .map(|((day, fraction), level)| {
            let standard_error = last / fraction.sqrt();
            let met = match beyond > 0.0 && level > 0.0 {
                // Effect in standard deviations that gives this non-centrality with two arms of this size.
                true => candor_stats::planning::t_power::two_sample(
                    beyond / standard_error * (2.0 / arm).sqrt(),
                    arm,
                    arm,
                    (2.0 * level).min(0.99),
                )
                .unwrap_or(level),
                false => level,
            };
            Chance { day: *day, met, standard_error }
        })
        .collect()
}

/// One-sided level of the look alone.
fn levels(plan: &Plan, alpha: f64, fractions: &[f64]) -> Vec<f64> {
    if plan.looks.method == LookMethod::AlwaysValid {
        // A confidence sequence tuned for its end costs about a third more width there: roughly a quarter of the error rate.
        return fractions.iter().map(|_| alpha / 4.0).collect();
    }
    let spending = plan.looks.spending.unwrap_or(Spending::OBrienFleming).rule();
    let mut distinct: Vec<f64> = Vec::new();
    for fraction in fractions.iter().copied().filter(|fraction| *fraction > 0.0) {
        if distinct.last().is_none_or(|last| fraction > last * 1.001) {
            distinct.push(fraction);
        }
    }
    let boundary = candor_stats::looks::group_sequential::spending_boundary(spending, alpha, &distinct).unwrap_or_default();
    fractions
        .iter()
        .map(|fraction| {
            let at = boundary.iter().rev().find(|look| look.information <= *fraction * 1.001);
            at.map_or(0.0, |look| look.stage_level)
        })
        .collect()
}

/// What else could be done where a criterion is hopeless.
#[must_use]
pub fn alternatives(criterion: &Criterion, family: &Family) -> String {
    let mut ways = Vec::new();
    if let Some((share, supposed)) = criterion.precision.and_then(|precision| Some((precision.share?, precision.supposed_effect)))
    {
        let other = share + supposed - if criterion.claim == Claim::NotWorse { -criterion.margin } else { criterion.margin };
        if (0.0..1.0).contains(&other) && other > 0.0 {
            let wanted = candor_stats::planning::proportion_power::size(
                share,
                other,
                2.0 * family.alpha,
                0.8,
                candor_stats::planning::proportion_power::Approximation::Normal,
            );
            if let Some(size) = wanted.ok().and_then(|outcome| outcome.point()) {
                ways.push(format!("it takes about {:.0} units in all for a chance of 80 %", 2.0 * size));
            }
        }
    }
    ways.push("judge it at a later horizon in a family of its own".to_owned());
    let early = match criterion.metric.as_str() {
        "promotion_rate" | "time_to_promotion" | "talent_cost" => "debugging_proficiency, mental_model_strength, skill_mastery",
        "developer_retention" => "sentiment",
        "revenue_per_engineer" | "cost_per_feature" | "tool_roi" => "features_shipped, time_to_market, task_rct",
        "customer_bugs" | "security_incidents" | "incidents_per_change" => "defect_rate, revert_rate_30d, security_findings",
        _ => "",
    };
    ways.push(if early.is_empty() {
        "judge an early sign instead".to_owned()
    } else {
        format!("judge an early sign meanwhile ({early})")
    });
    ways.push("pool with other organisations".to_owned());
    ways.push("or keep it, knowing that it will most likely say nothing".to_owned());
    ways.join("; ")
}

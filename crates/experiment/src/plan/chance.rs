//! Before anybody registers: how likely each criterion is to say anything at each look, and what to do where it is hopeless.

use candor_stats::looks::confidence_sequence::{Effect, Side, Tuning, confidence_sequence};
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use jiff::civil::Date;

use super::{Claim, Criterion, Family, LookMethod, Plan, Role, Spending};

/// What one look can see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Day of the look.
    pub day: Date,
    /// Chance that the criterion is met at this look taken alone, if what is supposed is true, 0 to 1.
    pub met: f64,
    /// Effect from which on it would be met with a chance of 80 %; none where this look may not decide.
    pub seen_from: Option<f64>,
    /// Effect from which on downwards harm would be found with a chance of 80 %; none where this look may not decide.
    pub harm_from: Option<f64>,
    /// Standard error expected by then.
    pub standard_error: f64,
}

/// Chance at which an effect counts as one that can be seen.
const POWER: f64 = 0.8;

/// Computes what each look can see of a criterion, under what the plan supposes.
///
/// # Definition
/// The standard error at the last look is given, or `sqrt(4 p (1 - p) / n)` for a share of `n` units in two equal arms; at a look with
/// the share f of the pilot behind it, it is that over `sqrt(f)`. Met: the one-sided test of "no better than the bar" at the level
/// that the look may spend, Bonferroni's share of the family's error rate (Holm's first step), rejects; t test, non-central t. Harm: the same
/// below the harm margin at the error rate for harm.
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
    let Some(precision) = criterion.precision.filter(|_| criterion.claim != Claim::NoneWorseOneBetter) else { return Vec::new() };
    let by_share = || {
        let (share, units) = (precision.share?, f64::from(precision.units?));
        Some((4.0 * share * (1.0 - share) / units).sqrt())
    };
    let Some(last) = precision.standard_error.or_else(by_share) else { return Vec::new() };
    let shares = plan
        .criteria
        .iter()
        .filter(|other| other.family == family.id && other.claim != Claim::NoneWorseOneBetter && other.role != Role::Evidence)
        .count()
        .max(1) as f64;
    let fractions: Vec<f64> = plan.looks.dates.iter().map(|day| plan.information_at(*day)).collect();
    let claims = levels(plan, family.alpha / shares, &fractions);
    let harms = levels(plan, family.harm_alpha / shares, &fractions);
    let arm = precision.clusters.map_or(1e6, |clusters| (f64::from(clusters) / 2.0).max(2.0));
    let looks = plan.looks.dates.iter().zip(&fractions).zip(claims.into_iter().zip(harms));
    looks
        .filter(|((_, fraction), _)| **fraction > 0.0)
        .map(|((day, fraction), (claim, harm))| {
            let standard_error = last / fraction.sqrt();
            let beyond = (precision.supposed_effect - criterion.bar()) / standard_error;
            Chance {
                day: *day,
                met: if beyond > 0.0 && claim > 0.0 { power(beyond, arm, claim) } else { claim },
                seen_from: needed(arm, claim).map(|beyond| criterion.bar() + beyond * standard_error),
                harm_from: needed(arm, harm).map(|beyond| criterion.harm_bar() - beyond * standard_error),
                standard_error,
            }
        })
        .collect()
}

/// Chance of a one-sided test at `level`, where the truth lies `beyond` standard errors beyond the bar.
fn power(beyond: f64, arm: f64, level: f64) -> f64 {
    // Effect in standard deviations that gives this non-centrality with two arms of this size.
    let effect = beyond * (2.0 / arm).sqrt();
    candor_stats::planning::t_power::two_sample(effect, arm, arm, (2.0 * level).min(0.99)).unwrap_or(level)
}

/// Standard errors beyond the bar at which the chance is [`POWER`].
fn needed(arm: f64, level: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    while power(high, arm, level) < POWER {
        high *= 2.0;
        if level <= 0.0 || high > 1e4 {
            return None;
        }
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if power(middle, arm, level) < POWER { low = middle } else { high = middle }
    }
    Some(high)
}

/// One-sided level of each look alone.
fn levels(plan: &Plan, alpha: f64, fractions: &[f64]) -> Vec<f64> {
    if plan.looks.method == LookMethod::AlwaysValid {
        let units = plan.looks.tuned_for_units.map_or(2.0, f64::from);
        return fractions.iter().map(|fraction| always_valid(alpha, units, *fraction).unwrap_or(0.0)).collect();
    }
    let spending = plan.looks.spending.unwrap_or(Spending::OBrienFleming).rule();
    let mut distinct: Vec<f64> = Vec::new();
    for fraction in fractions.iter().copied().filter(|fraction| *fraction > 0.0) {
        if distinct.last().is_none_or(|last| fraction > last * 1.001) {
            distinct.push(fraction);
        }
    }
    let boundary = candor_stats::looks::group_sequential::spending_boundary(spending, alpha, &distinct).unwrap_or_default();
    let at = |fraction: &f64| {
        boundary.iter().rev().find(|look| look.information <= *fraction * 1.001).map_or(0.0, |look| look.stage_level)
    };
    fractions.iter().map(at).collect()
}

/// The level that a single look would need for the width of an always-valid interval: P(Z > critical value of the sequence).
fn always_valid(alpha: f64, units: f64, fraction: f64) -> Option<f64> {
    let effect = Effect { estimate: 0.0, standard_error: 1.0, units: (units * fraction).max(2.0), degrees_of_freedom: None };
    let outcome = confidence_sequence(&effect, &Tuning { units, alpha, side: Side::Lower }).ok()?;
    let critical = -outcome.estimate()?.interval?.lower?;
    let mut figure = candor_stats::Estimate::new(critical, "", units);
    figure.variance = Some(1.0);
    let compared = non_inferiority::estimate(&figure, &Margin { value: 0.0, better: Better::Higher, alpha: 0.025 }).ok()?;
    compared.into_fit()?.estimate.p_value
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

//! A running study against its plan: separate boundaries for benefit and harm, at the information that is really there.

use serde::Serialize;

use super::group_sequential::{Spending, ascending, boundary};
use crate::distributions::{normal_cdf, normal_critical, student_two_sided};
use crate::error::{finite, open_unit};
use crate::{Interval, StatsError};

/// One direction of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Side {
    /// One-sided error rate of this direction, in (0, 1).
    pub alpha: f64,
    /// How it is spent.
    pub spending: Spending,
}

/// What was written down before the first look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plan {
    /// Direction of positive effects.
    pub benefit: Side,
    /// Direction of negative effects; usually with the larger error rate or the quicker spending, because harm must be seen early.
    pub harm: Side,
    /// Information at which the study is complete (1 / variance of the effect, or units, in the unit of [`Look::information`]).
    pub planned_information: f64,
}

/// A look that was really held.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    /// Information in hand, in the unit of the plan.
    pub information: f64,
    /// Estimated effect; positive is benefit.
    pub effect: f64,
    /// Its standard error, above 0.
    pub standard_error: f64,
    /// Degrees of freedom where the effect over its standard error follows Student's t (few clusters).
    pub degrees_of_freedom: Option<f64>,
    /// Whether no look will follow: the rest of the error rate is spent here even when less information came than was planned.
    pub last: bool,
}

/// What a look allows to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The effect is above 0.
    Benefit,
    /// The effect is below 0.
    Harm,
    /// Neither; looks will follow.
    Continue,
    /// Neither, and all error rate is spent: the study ends without a decision.
    Undecided,
}

/// One look judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// Share of the planned information in hand (above 1 where more came than was planned).
    pub information_fraction: f64,
    /// Effect over standard error on the normal scale (converted by its p-value where it follows Student's t).
    pub z: f64,
    /// z above which benefit is shown; missing where this look may not yet show it.
    pub benefit_critical_z: Option<f64>,
    /// z below which harm is shown (a negative number); missing where this look may not yet show it.
    pub harm_critical_z: Option<f64>,
    /// One-sided error rate spent on benefit so far.
    pub benefit_alpha_spent: f64,
    /// One-sided error rate spent on harm so far.
    pub harm_alpha_spent: f64,
    /// Interval for the effect that holds at all looks together; a limit is missing where its boundary is.
    pub interval: Interval,
    /// What may be said.
    pub decision: Decision,
    /// Where simulation says that the error rates hold only about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What simulation says of several planned looks at so few clusters that Student's t has fewer than this many degrees of freedom: two arms
/// of fewer than ten clusters together.
const FEW_DEGREES: f64 = 8.0;

/// The note for planned looks at few clusters, whose error rates hold only about; `None` where there are enough, or no t.
///
/// # Definition
/// Said below 8 degrees of freedom, which two arms of ten clusters together have.
///
/// # Input
/// Degrees of freedom of the effect over its standard error, as in [`Look::degrees_of_freedom`].
///
/// # Undefined when
/// Without degrees of freedom, where normal limits are used, nothing is said.
///
/// # Assumptions
/// As simulated: clusters of unequal size that grow over a year, two arms, four looks, two times 2.5 % (docs/calibration.md).
///
/// # Source
/// `cargo run --release -p candor-stats --example calibration`, the rows of planned looks: 5.6 and 5.7 % (O'Brien-Fleming type), 5.3 and 5.7 %
/// (Pocock type) with 6 and 8 clusters; at most 4.9 % with 16 or 40.
///
/// # Example
/// Eight clusters in two arms have 6 degrees of freedom, sixteen have 14 (the same simulation).
/// ```
/// use candor_stats::looks::monitoring::about_the_level;
///
/// assert!(about_the_level(Some(6.0)).unwrap().contains("5.3 to 5.7 %"));
/// assert!(about_the_level(Some(14.0)).is_none() && about_the_level(None).is_none());
/// ```
#[must_use]
pub fn about_the_level(degrees_of_freedom: Option<f64>) -> Option<String> {
    let degrees = degrees_of_freedom.filter(|degrees| *degrees < FEW_DEGREES)?;
    Some(format!(
        "only {} degrees of freedom: over all planned looks the error rate holds only about; with 6 or 8 clusters 5.3 to 5.7 % of simulated \
         years without an effect showed one at two times 2.5 %",
        (degrees * 10.0).round() / 10.0
    ))
}

/// Judges every look of a running study against its plan.
///
/// # Definition
/// Each direction spends its own error rate over the information fractions of the looks that were held ([`Spending`]); the limits are
/// the repeated ones, effect -/+ critical value times standard error. The boundaries are computed as if the other direction had none,
/// which can only lower the error rates.
///
/// # Input
/// `looks` in order of time, information growing by at least 0.01 % of itself. Missed looks are simply absent. Only the final entry may
/// be `last`. Information beyond the plan counts as complete.
///
/// # Output
/// One [`Judged`] per look. The first decision that is not `Continue` is the study's; later rows say what the look would have said.
/// Looks after all error rate is spent have no critical values. With fewer than ten clusters its notes say that the level holds only about.
///
/// # Undefined when
/// No look: an empty list. A limit is missing where its boundary is.
///
/// # Assumptions
/// Independent increments of information. With few clusters the conversion from t to z holds the level of each look approximately: four looks
/// at two times 2.5 % rejected a true null in 5.3 to 5.7 % of simulated years with 6 or 8 clusters, in 4.3 to 4.9 % with 16 or 40
/// (docs/calibration.md).
///
/// # Errors
/// [`StatsError`] naming `plan` or `looks`.
///
/// # Source
/// Lan and DeMets (1983), doi:10.2307/2336502; repeated intervals: Jennison and Turnbull (2000), Group Sequential Methods, section 9.2;
/// from t to z by equal p-values: the same, section 3.8.
///
/// # Example
/// ```
/// use candor_stats::looks::group_sequential::Spending;
/// use candor_stats::looks::monitoring::{Decision, Look, Plan, Side, monitor};
/// let side = Side { alpha: 0.025, spending: Spending::OBrienFleming };
/// let plan = Plan { benefit: side, harm: side, planned_information: 320.0 };
/// let look = |information, effect, standard_error| Look {
///     information, effect, standard_error, degrees_of_freedom: None, last: false,
/// };
/// // rpact 3.3.4, asOF, repeated interval of the first of four looks: -0.643321710736814 to 1.34332167767211.
/// let judged = monitor(&plan, &[look(80.0, 0.35, 0.22926513471201)]).unwrap();
/// assert!((judged[0].interval.lower.unwrap() + 0.6433217).abs() < 1e-5);
/// assert_eq!(judged[0].decision, Decision::Continue);
/// ```
pub fn monitor(plan: &Plan, looks: &[Look]) -> Result<Vec<Judged>, StatsError> {
    open_unit("plan", plan.benefit.alpha)?;
    open_unit("plan", plan.harm.alpha)?;
    if !(plan.planned_information.is_finite() && plan.planned_information > 0.0) {
        let value = plan.planned_information.to_string();
        return Err(StatsError::OutOfRange { argument: "plan", value, expected: "planned information above 0" });
    }
    check(looks)?;
    let fractions: Vec<f64> = looks.iter().map(|look| look.information / plan.planned_information).collect();
    ascending("looks", &fractions)?;
    let sides = [plan.benefit, plan.harm].map(|side| {
        let spent = fractions.iter().zip(looks).map(|(fraction, look)| {
            let fraction = if look.last { 1.0 } else { *fraction };
            side.spending.spent(side.alpha, fraction)
        });
        spent.collect::<Result<Vec<f64>, StatsError>>().map(|spent| boundary(&fractions, &spent))
    });
    let [benefit, harm] = sides;
    let level = (1.0 - plan.benefit.alpha - plan.harm.alpha).max(0.0);
    let judged = looks.iter().zip(fractions).zip(benefit?.into_iter().zip(harm?)).map(|((look, fraction), (up, down))| {
        let z = normal_scale(look.effect / look.standard_error, look.degrees_of_freedom);
        let reach = |critical: f64| student_scale(critical, look.degrees_of_freedom) * look.standard_error;
        let limit = |value: Option<f64>| value.filter(|value| value.is_finite());
        let over = look.last || fraction >= 1.0;
        let decision = match (up.critical_z, down.critical_z) {
            (Some(critical), _) if z > critical => Decision::Benefit,
            (_, Some(critical)) if -z > critical => Decision::Harm,
            _ if over => Decision::Undecided,
            _ => Decision::Continue,
        };
        Judged {
            information_fraction: fraction,
            z,
            benefit_critical_z: up.critical_z,
            harm_critical_z: down.critical_z.map(|critical| -critical),
            benefit_alpha_spent: up.alpha_spent,
            harm_alpha_spent: down.alpha_spent,
            interval: Interval {
                lower: limit(up.critical_z.map(|critical| look.effect - reach(critical))),
                upper: limit(down.critical_z.map(|critical| look.effect + reach(critical))),
                level,
            },
            decision,
            // A single look has the level of its t.
            notes: about_the_level(look.degrees_of_freedom.filter(|_| looks.len() > 1 || !look.last)).into_iter().collect(),
        }
    });
    Ok(judged.collect())
}

fn check(looks: &[Look]) -> Result<(), StatsError> {
    for (index, look) in looks.iter().enumerate() {
        finite("looks", &[look.information, look.effect, look.standard_error])
            .map_err(|_| StatsError::NotFinite { argument: "looks", index })?;
        let out_of_range = |value: String, expected| Err(StatsError::OutOfRange { argument: "looks", value, expected });
        if look.standard_error <= 0.0 {
            return out_of_range(format!("standard error {}", look.standard_error), "a standard error above 0 at every look");
        }
        if look.degrees_of_freedom.is_some_and(|degrees| !(degrees.is_finite() && degrees > 0.0)) {
            return out_of_range(
                format!("{:?} degrees of freedom", look.degrees_of_freedom),
                "degrees of freedom above 0, or none",
            );
        }
        if look.last && index + 1 < looks.len() {
            return out_of_range(format!("look {} is the last one", index + 1), "no look after the last one");
        }
    }
    Ok(())
}

/// The standard normal value with the same one-sided p-value as `t`.
pub(super) fn normal_scale(t: f64, degrees: Option<f64>) -> f64 {
    let Some(degrees) = degrees else { return t.clamp(-1e300, 1e300) };
    let p = student_two_sided(t, degrees);
    if t == 0.0 || p >= 1.0 {
        return 0.0;
    }
    normal_critical(p.max(1e-300)).copysign(t)
}

/// The value of Student's t with the same one-sided p-value as `z`.
pub(super) fn student_scale(z: f64, degrees: Option<f64>) -> f64 {
    let Some(degrees) = degrees else { return z };
    let p = 2.0 * normal_cdf(-z.abs());
    if p >= 1.0 {
        return 0.0;
    }
    crate::distributions::student_critical(p.max(1e-300), degrees).copysign(z)
}

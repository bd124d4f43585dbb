//! Trials in which not everybody does as assigned: the effect of assignment, and the effect of use on those whom assignment moves.

use crate::error::{finite, open_unit, same_length};
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::{Correction, Covariance, Errors, LeastSquares, Regressors};
use crate::wald::Against;
use crate::{Estimate, Interval, Outcome, StatsError};

/// A trial with imperfect compliance.
///
/// # Definition
/// - intention to treat: outcome on assignment, by least squares;
/// - first stage: use on assignment; F = (coefficient / error)^2;
/// - effect of use: intention to treat / first stage (Wald, two-stage least squares with one instrument).
///
/// Errors: HC2 with n - 2 degrees for independent units; CR2 with degrees by the correlation within clusters where units share one. Limits of the effect of
/// use are Anderson and Rubin's: all values t for which (outcome - t use) does not depend on assignment. They hold however weak the first
/// stage is; with a first stage that is itself not significant they have no end.
///
/// # Input
/// Per unit: outcome, arm **as assigned**, use (0/1, or an amount), and the cluster if whole teams were assigned.
///
/// # Output
/// [`Trial`]: three figures in the unit of the outcome (the first stage in that of use).
///
/// # Undefined when
/// An arm is empty, or assignment does not change use at all.
///
/// # Assumptions
/// Assignment was random and changes the outcome only through use; nobody does the opposite of the assignment. The effect of use then
/// speaks of compliers only. Comparing users with non-users instead would undo the randomisation.
///
/// # Source
/// Angrist, Imbens and Rubin 1996, doi:10.1080/01621459.1996.10476902; Anderson and Rubin 1949, doi:10.1214/aoms/1177730090; weak
/// instruments: Staiger and Stock 1997, doi:10.2307/2171753 (F < 10).
///
/// # Example
/// Sommer and Zeger 1991, doi:10.1002/sim.4780100110, vitamin A: 74 deaths of 11588 controls; 46 of 12094 assigned, of whom 9675 took it.
/// Intention to treat -2.58 per 1000, effect on those who took it -3.23 per 1000.
/// ```
/// use candor_stats::designs::compliance::Trial;
///
/// let died: Vec<f64> = (0..23_682).map(|i| f64::from(i < 74 || (11_588..11_588 + 46).contains(&i))).collect();
/// let assigned: Vec<bool> = (0..23_682).map(|i| i >= 11_588).collect();
/// let took: Vec<f64> = (0..23_682).map(|i| f64::from(i >= 23_682 - 9_675)).collect();
/// let fitted = Trial::fit(&died, &assigned, &took, None, 0.95)?;
/// let trial = fitted.fit().unwrap();
/// assert_eq!(format!("{:.5} {:.5}", trial.intention_to_treat.point, trial.effect_of_use.point().unwrap()), "-0.00258 -0.00323");
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trial {
    /// Effect of being assigned, whatever units did.
    pub intention_to_treat: Estimate,
    /// How much assignment raises use.
    pub first_stage: Estimate,
    /// Strength of the first stage, 0 or more; `None` when use follows assignment without exception.
    pub first_stage_f: Option<f64>,
    /// Effect of use on compliers.
    pub effect_of_use: Outcome,
}

/// Below this F the instrument counts as weak.
pub const WEAK: f64 = 10.0;

const ARM: &str = "assigned";

impl Trial {
    /// Estimates the three figures; `by` are clusters, if units share them.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name `outcomes`, `assigned`, `used` or `by`; [`StatsError::OutOfRange`] names
    /// `level`.
    pub fn fit(
        outcomes: &[f64],
        assigned: &[bool],
        used: &[f64],
        by: Option<&[usize]>,
        level: f64,
    ) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(outcomes, assigned, used, by, level))
    }

    fn try_fit(outcomes: &[f64], assigned: &[bool], used: &[f64], by: Option<&[usize]>, level: f64) -> Result<Self, Stop> {
        finite("outcomes", outcomes)?;
        same_length("assigned", assigned.len(), outcomes.len())?;
        same_length("used", used.len(), outcomes.len())?;
        finite("used", used)?;
        open_unit("level", level)?;
        if let Some(by) = by {
            same_length("by", by.len(), outcomes.len())?;
        }
        let arm: Vec<f64> = assigned.iter().map(|own| f64::from(u8::from(*own))).collect();
        let on_arm = |values: &[f64]| {
            let right = Regressors::with_intercept(arm.len()).column(ARM, arm.as_slice())?;
            let model = LeastSquares::try_fit(values, right)?;
            let errors = by.map_or(Errors::Hc2, |by| Errors::Clustered { by, correction: Correction::Cr2Correlated });
            Covariance::new(&model, &errors)?.try_contrast(&[(ARM, 1.0)], level)
        };
        let mut intention_to_treat = on_arm(outcomes)?;
        intention_to_treat.method = format!("intention to treat, {}", intention_to_treat.method);
        let mut first_stage = on_arm(used)?;
        first_stage.method = format!("first stage, {}", first_stage.method);
        let spread = first_stage.variance.unwrap_or(0.0);
        let first_stage_f = Some(first_stage.point * first_stage.point / spread).filter(|f| f.is_finite());
        let effect_of_use = match effect(&intention_to_treat, &first_stage, outcomes, used, level, on_arm) {
            Ok(estimate) => Outcome::Estimate(estimate),
            Err(Stop::Refused(outcome)) => *outcome,
            Err(Stop::Mistake(error)) => return Err(error.into()),
        };
        Ok(Self { intention_to_treat, first_stage, first_stage_f, effect_of_use })
    }
}

fn effect(
    whole: &Estimate,
    first: &Estimate,
    outcomes: &[f64],
    used: &[f64],
    level: f64,
    on_arm: impl Fn(&[f64]) -> Result<Estimate, Stop>,
) -> Result<Estimate, Stop> {
    let scale = used.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if first.point.abs() <= 1e-12 * scale {
        return Err(Stop::insufficient(
            "an assignment that does not change use",
            "more use in one arm than in the other",
            "the effect of use cannot be seen where assignment moves nobody",
        ));
    }
    let point = whole.point / first.point;
    let residual: Vec<f64> = outcomes.iter().zip(used).map(|(y, d)| y - point * d).collect();
    let own = on_arm(&residual)?.variance.unwrap_or(f64::NAN);
    let mut estimate =
        Estimate::new(point, "effect of use on compliers, two-stage least squares, Anderson-Rubin limits", whole.units);
    let variance = own / (first.point * first.point);
    if !point.is_finite() || !variance.is_finite() {
        return Err(Stop::overflow());
    }
    estimate.variance = Some(variance);
    estimate.clusters = whole.clusters;
    estimate.degrees_of_freedom = whole.degrees_of_freedom;
    // Whether the effect of use is 0 is the same question as whether assignment changed anything.
    estimate.p_value = whole.p_value;
    let (vyy, vdd) = (whole.variance.unwrap_or(0.0), first.variance.unwrap_or(0.0));
    // var(y - t d) = vyy - 2 t vyd + t^2 vdd at every t, so the variance at the point gives the covariance.
    let vyd = if point == 0.0 {
        covariance_at(outcomes, used, vyy, vdd, on_arm)?
    } else {
        (vyy + point * point * vdd - own) / (2.0 * point)
    };
    let critical = whole.degrees_of_freedom.map_or(Against::Normal, Against::Student).critical(1.0 - level).powi(2);
    let lead = first.point * first.point - critical * vdd;
    let middle = whole.point * first.point - critical * vyd;
    let tail = whole.point * whole.point - critical * vyy;
    estimate.interval = Some(if lead > 0.0 {
        let root = (middle * middle - lead * tail).max(0.0).sqrt();
        Interval::new((middle - root) / lead, (middle + root) / lead, level)
    } else {
        estimate.notes.push("assignment hardly changes use: the limits of the effect of use have no end".to_owned());
        Interval { lower: None, upper: None, level }
    });
    let f = first.point * first.point / vdd;
    if f < WEAK {
        estimate.notes.push(format!("weak instrument: first-stage F is {f:.1}, below {WEAK}"));
    }
    estimate.notes.push("speaks of units that use AI because they were assigned to".to_owned());
    estimate.notes.extend(whole.notes.iter().cloned());
    Ok(estimate)
}

/// Covariance of the two coefficients from the variance of that of their sum.
fn covariance_at(
    outcomes: &[f64],
    used: &[f64],
    vyy: f64,
    vdd: f64,
    on_arm: impl Fn(&[f64]) -> Result<Estimate, Stop>,
) -> Result<f64, Stop> {
    let sum: Vec<f64> = outcomes.iter().zip(used).map(|(y, d)| y + d).collect();
    Ok((on_arm(&sum)?.variance.unwrap_or(f64::NAN) - vyy - vdd) / 2.0)
}

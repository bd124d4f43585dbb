//! Planned looks: boundaries that hold the error rate over all looks together, and the intervals and p-values that go with them.

use serde::Serialize;

use super::joint_law::{self, FAR, Stage};
use crate::distributions::{normal_cdf, normal_critical};
use crate::error::open_unit;
use crate::{StatsError, roots};

/// Least growth of information from one look to the next, as a share of the later one.
const LEAST_GROWTH: f64 = 1e-4;

/// Least error rate for which a look gets a boundary: below it no z-value that a computer can tell apart would cross.
const LEAST_ALPHA: f64 = 1e-15;

/// How the one-sided error rate is spent as information arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spending {
    /// `2 (1 - Phi(z_(1 - alpha / 2) / sqrt(t)))`: next to nothing early; of O'Brien-Fleming type.
    OBrienFleming,
    /// `alpha ln(1 + (e - 1) t)`: about evenly; of Pocock type.
    Pocock,
}

/// Shape of the classical boundaries, which need the looks to be planned in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Critical values fall with the square root of information (O'Brien and Fleming 1979).
    OBrienFleming,
    /// The same critical value at every look (Pocock 1977).
    Pocock,
}

/// What one look takes to stop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Boundary {
    /// Information at the look, in the unit of the input.
    pub information: f64,
    /// One-sided critical value of the z-statistic; missing where the look may spend so little that nothing could cross.
    pub critical_z: Option<f64>,
    /// One-sided p-value that the look alone asks for; 0 where there is no critical value.
    pub stage_level: f64,
    /// Error rate spent up to and with this look.
    pub alpha_spent: f64,
}

impl Spending {
    /// One-sided error rate that may be spent once the share `fraction` (0 to 1; cut there) of the planned information is in.
    ///
    /// Source: Lan and DeMets (1983), Discrete Sequential Boundaries for Clinical Trials, doi:10.2307/2336502, section 2.
    ///
    /// # Errors
    /// [`StatsError`] naming `alpha` outside (0, 1) or `fraction` where it is negative or no number.
    ///
    /// # Example
    /// ```
    /// use candor_stats::looks::group_sequential::Spending;
    /// // rpact 3.3.4, typeOfDesign = "asP", alpha = 0.025, three months of 24.
    /// let spent = Spending::Pocock.spent(0.025, 0.125).unwrap();
    /// assert!((spent - 0.00486418236370034).abs() < 1e-12);
    /// ```
    pub fn spent(self, alpha: f64, fraction: f64) -> Result<f64, StatsError> {
        open_unit("alpha", alpha)?;
        if !(fraction.is_finite() && fraction >= 0.0) {
            return Err(StatsError::OutOfRange {
                argument: "fraction",
                value: fraction.to_string(),
                expected: "a share of the planned information, 0 or more",
            });
        }
        let fraction = fraction.min(1.0);
        if fraction == 0.0 {
            return Ok(0.0);
        }
        if fraction == 1.0 {
            return Ok(alpha);
        }
        Ok(match self {
            Self::OBrienFleming => 2.0 * normal_cdf(-normal_critical(alpha) / fraction.sqrt()),
            Self::Pocock => alpha * (1.0 + (std::f64::consts::E - 1.0) * fraction).ln(),
        })
    }
}

/// Computes the boundary of every look when the error rate is spent as information arrives.
///
/// # Definition
/// The critical value of look k solves P(no crossing before k, Z_k > c_k) = alpha(t_k) - alpha(t_(k-1)) under no effect. Only the looks
/// that were really held, at the information that they really had, enter: a missed look leaves its share to the next one.
///
/// # Input
/// `alpha`: one-sided error rate, in (0, 1). `fractions`: information of each look as a share of the plan, ascending, each at least
/// 0.01 % above the one before; a share above 1 spends all that is left.
///
/// # Output
/// One [`Boundary`] per look; an effect in the tested direction is shown where z exceeds `critical_z`.
///
/// # Undefined when
/// A look that may spend less than 1e-15 has no critical value: it cannot decide.
///
/// # Assumptions
/// The statistics have the canonical joint normal law, that is, information grows and increments are independent.
///
/// # Errors
/// [`StatsError`] naming `alpha` or `fractions`.
///
/// # Source
/// Lan and DeMets (1983), doi:10.2307/2336502; Jennison and Turnbull (2000), Group Sequential Methods, section 7.2.
///
/// # Example
/// ```
/// use candor_stats::looks::group_sequential::{Spending, spending_boundary};
/// // rpact 3.3.4: getDesignGroupSequential(alpha = .025, sided = 1, typeOfDesign = "asOF", informationRates = (1:4) / 4)
/// let looks = spending_boundary(Spending::OBrienFleming, 0.025, &[0.25, 0.5, 0.75, 1.0]).unwrap();
/// assert!((looks[3].critical_z.unwrap() - 2.01409014314413).abs() < 1e-6);
/// ```
pub fn spending_boundary(spending: Spending, alpha: f64, fractions: &[f64]) -> Result<Vec<Boundary>, StatsError> {
    open_unit("alpha", alpha)?;
    ascending("fractions", fractions)?;
    let cumulative = fractions.iter().map(|fraction| spending.spent(alpha, *fraction)).collect::<Result<Vec<_>, _>>()?;
    Ok(boundary(fractions, &cumulative))
}

/// Computes the classical O'Brien-Fleming or Pocock boundary for looks that are planned in full.
///
/// # Definition
/// `c_k = c (t_k / t_K)^(-1/2)` or `c_k = c`, with the c at which P(some Z_k > c_k) = alpha under no effect.
///
/// # Input
/// `alpha`: one-sided error rate in (0, 1). `fractions`: information of the planned looks in any unit, ascending.
///
/// # Output
/// One [`Boundary`] per look.
///
/// # Undefined when
/// No look: an empty list.
///
/// # Assumptions
/// Independent increments of information and a normal statistic; the looks are those that were planned.
///
/// # Errors
/// [`StatsError`] naming `alpha` or `fractions`.
///
/// # Source
/// O'Brien and Fleming (1979), doi:10.2307/2530245; Pocock (1977), doi:10.1093/biomet/64.2.191; for unequal steps Jennison and
/// Turnbull (2000), section 2.7.
///
/// # Example
/// ```
/// use candor_stats::looks::group_sequential::{Shape, classical_boundary};
/// // Jennison and Turnbull (2000), table 2.1: two-sided 5 % Pocock constant for five looks.
/// let looks = classical_boundary(Shape::Pocock, 0.025, &[0.2, 0.4, 0.6, 0.8, 1.0]).unwrap();
/// assert!((looks[0].critical_z.unwrap() - 2.413).abs() < 1e-3);
/// ```
pub fn classical_boundary(shape: Shape, alpha: f64, fractions: &[f64]) -> Result<Vec<Boundary>, StatsError> {
    open_unit("alpha", alpha)?;
    ascending("fractions", fractions)?;
    let Some(last) = fractions.last() else { return Ok(Vec::new()) };
    let factors: Vec<f64> = match shape {
        Shape::OBrienFleming => fractions.iter().map(|fraction| last.sqrt() / fraction.sqrt()).collect(),
        Shape::Pocock => vec![1.0; fractions.len()],
    };
    let spent = |constant: f64| {
        let mut stage: Option<Stage> = None;
        let mut spent = Vec::with_capacity(fractions.len());
        let mut total = 0.0;
        for (index, (information, factor)) in fractions.iter().zip(&factors).enumerate() {
            let z = constant * factor;
            total += joint_law::above(stage.as_ref(), *information, z);
            spent.push(total);
            if let Some(next) = fractions.get(index + 1) {
                stage = Some(joint_law::go_on(stage.as_ref(), *information, z, *next));
            }
        }
        spent
    };
    let total = |constant: f64| spent(constant).last().copied().unwrap_or(f64::NAN) - alpha;
    let constant = roots::between(total, -FAR, FAR, 1e-10).unwrap_or(FAR);
    let rows = fractions.iter().zip(&factors).zip(spent(constant));
    Ok(rows
        .map(|((information, factor), alpha_spent)| Boundary {
            information: *information,
            critical_z: Some(constant * factor),
            stage_level: normal_cdf(-constant * factor),
            alpha_spent,
        })
        .collect())
}

/// The one-sided p-value of look `k` that may be quoted at every look: the smallest error rate whose boundary the look would cross.
///
/// # Definition
/// The alpha at which the critical value of the last look in `fractions` equals `z`.
///
/// # Input
/// `fractions`: information of the looks so far as shares of the plan, ascending; `z`: statistic of the last of them.
///
/// # Output
/// A p-value in [0, 1]; 1 where no error rate below 0.999 would let the look decide.
///
/// # Undefined when
/// No look: an error naming `fractions`.
///
/// # Assumptions
/// Independent increments of information and a normal statistic.
///
/// # Errors
/// [`StatsError`] naming `fractions` (also where it is empty) or `z`.
///
/// # Source
/// Jennison and Turnbull (2000), Group Sequential Methods, section 9.4 (repeated p-values).
///
/// # Example
/// ```
/// use candor_stats::looks::group_sequential::{Spending, repeated_p_value};
/// // At the one look of a fixed design the repeated p-value is the ordinary one: P(Z > 1.959964) = 0.025.
/// let p = repeated_p_value(Spending::OBrienFleming, &[1.0], 1.959963984540054).unwrap();
/// assert!((p - 0.025).abs() < 1e-9);
/// ```
pub fn repeated_p_value(spending: Spending, fractions: &[f64], z: f64) -> Result<f64, StatsError> {
    ascending("fractions", fractions)?;
    crate::error::finite("z", &[z])?;
    if fractions.is_empty() {
        return Err(StatsError::LengthMismatch { argument: "fractions", have: 0, need: 1 });
    }
    // On the logistic scale the search treats small and large error rates alike.
    let alpha_of = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    let excess = |logit: f64| {
        let alpha = alpha_of(logit);
        let cumulative: Option<Vec<f64>> = fractions.iter().map(|fraction| spending.spent(alpha, *fraction).ok()).collect();
        let critical = cumulative.and_then(|spent| boundary(fractions, &spent).last().and_then(|last| last.critical_z));
        z - critical.unwrap_or(FAR)
    };
    let (lowest, highest) = (-80.0, 6.9);
    if excess(highest) < 0.0 {
        return Ok(1.0);
    }
    if excess(lowest) >= 0.0 {
        return Ok(alpha_of(lowest));
    }
    Ok(roots::between(excess, lowest, highest, 1e-9).map_or(1.0, alpha_of))
}

/// Two arms at one look, both cumulated over all stages so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cumulated {
    /// Mean of the first arm minus mean of the second.
    pub difference: f64,
    /// Its standard error from the pooled standard deviation.
    pub standard_error: f64,
    /// Units of both arms together: the information where variance and allocation stay the same.
    pub units: f64,
}

/// Units, mean and standard deviation of one arm in one stage (the units that arrived since the look before).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stagewise {
    /// Number of units, at least 1.
    pub units: f64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (denominator n - 1), 0 or more.
    pub deviation: f64,
}

/// Cumulates two arms over stages and gives their difference at every look.
///
/// # Definition
/// Overall means and sums of squares are rebuilt from the stages; the standard error is `s sqrt(1 / n1 + 1 / n2)` with the pooled s.
///
/// # Input
/// `first`, `second`: one entry per stage and arm, the same number of stages.
///
/// # Output
/// One entry per look; `None` where fewer than three units or no variation leave the standard error undefined.
///
/// # Undefined when
/// A look has fewer than three units in both arms together, or nothing varies: `None` at that look.
///
/// # Assumptions
/// Units are independent and vary equally in both arms; stages hold different units.
///
/// # Errors
/// [`StatsError`] naming the arm with a count below 1, a negative deviation or a value that is no number, or a length that differs.
///
/// # Source
/// Wassmer and Brannath (2016), Group Sequential and Confirmatory Adaptive Designs in Clinical Trials, section 3.1.
///
/// # Example
/// ```
/// use candor_stats::looks::group_sequential::{Stagewise, cumulate};
/// let arm = |mean, deviation| [Stagewise { units: 40.0, mean, deviation }];
/// // sqrt((1 + 1.1025) / 2) * sqrt(2 / 40)
/// let look = cumulate(&arm(0.35, 1.0), &arm(0.0, 1.05)).unwrap()[0].unwrap();
/// assert!((look.standard_error - 0.2292651).abs() < 1e-7);
/// ```
pub fn cumulate(first: &[Stagewise], second: &[Stagewise]) -> Result<Vec<Option<Cumulated>>, StatsError> {
    crate::error::same_length("second", second.len(), first.len())?;
    let (first, second) = (running("first", first)?, running("second", second)?);
    let look = |((n1, mean1, squares1), (n2, mean2, squares2)): ((f64, f64, f64), (f64, f64, f64))| {
        let variance = (squares1 + squares2) / (n1 + n2 - 2.0) * (1.0 / n1 + 1.0 / n2);
        let difference = mean1 - mean2;
        let defined = n1 + n2 > 2.0 && variance > 0.0 && variance.is_finite() && difference.is_finite();
        defined.then(|| Cumulated { difference, standard_error: variance.sqrt(), units: n1 + n2 })
    };
    Ok(first.into_iter().zip(second).map(look).collect())
}

/// Units, mean and sum of squared deviations of all stages up to each.
fn running(argument: &'static str, stages: &[Stagewise]) -> Result<Vec<(f64, f64, f64)>, StatsError> {
    let (mut units, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut out = Vec::with_capacity(stages.len());
    for (index, stage) in stages.iter().enumerate() {
        if !(stage.units.is_finite() && stage.mean.is_finite() && stage.deviation.is_finite()) {
            return Err(StatsError::NotFinite { argument, index });
        }
        if stage.units < 1.0 || stage.deviation < 0.0 {
            let value = format!("{} units with standard deviation {}", stage.units, stage.deviation);
            return Err(StatsError::OutOfRange {
                argument,
                value,
                expected: "at least 1 unit and a standard deviation of 0 or more",
            });
        }
        let total: f64 = units + stage.units;
        let shift: f64 = stage.mean - mean;
        squares += (stage.units - 1.0) * stage.deviation.powi(2) + shift * shift * units * stage.units / total;
        mean += shift * stage.units / total;
        units = total;
        out.push((units, mean, squares));
    }
    Ok(out)
}

/// Boundaries for looks with `information` when `cumulative` error rates may be spent up to each.
pub(super) fn boundary(information: &[f64], cumulative: &[f64]) -> Vec<Boundary> {
    let mut stage: Option<Stage> = None;
    let mut before = 0.0;
    let mut out = Vec::with_capacity(information.len());
    for (index, (information_here, alpha_spent)) in information.iter().zip(cumulative).enumerate() {
        let share = alpha_spent - before;
        let critical_z = (share >= LEAST_ALPHA).then(|| {
            let excess = |z: f64| (joint_law::above(stage.as_ref(), *information_here, z).max(1e-300) / share).ln();
            roots::between(excess, -FAR, FAR, 1e-10)
        });
        let critical_z = critical_z.flatten();
        if critical_z.is_some() {
            before = *alpha_spent;
        }
        out.push(Boundary {
            information: *information_here,
            critical_z,
            stage_level: critical_z.map_or(0.0, |z| normal_cdf(-z)),
            alpha_spent: before,
        });
        if let Some(next) = information.get(index + 1) {
            stage = Some(joint_law::go_on(stage.as_ref(), *information_here, critical_z.unwrap_or(FAR), *next));
        }
    }
    out
}

/// Positive, finite and growing by at least [`LEAST_GROWTH`].
pub(super) fn ascending(argument: &'static str, information: &[f64]) -> Result<(), StatsError> {
    crate::error::finite(argument, information)?;
    let mut before = 0.0;
    for value in information {
        if *value <= 0.0 || *value - before < LEAST_GROWTH * value {
            return Err(StatsError::OutOfRange {
                argument,
                value: format!("{value} after {before}"),
                expected: "positive information that grows by at least 0.01 % from look to look",
            });
        }
        before = *value;
    }
    Ok(())
}

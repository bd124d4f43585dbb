//! Not worse by more than a margin: differences, ratios and rates against a margin that was written down before.

use serde::Serialize;

use crate::distributions::{normal_cdf, normal_critical, student_critical, student_two_sided};
use crate::error::{finite, open_unit};
use crate::proportions::risk_difference::{Counts, miettinen_nurminen};
use crate::proportions::risk_ratio::RatioLimits;
use crate::{Estimate, Fitted, Interval, Outcome, StatsError};

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better: the new arm may lie below the old by the margin at most.
    Higher,
    /// Less is better: the new arm may lie above the old by the margin at most.
    Lower,
}

/// What was written down before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margin {
    /// The value of the difference (or ratio) that is just not acceptable any more: -0.03 for three points fewer where more is better, 0.9
    /// for a ratio that may fall to nine tenths.
    pub value: f64,
    /// Which direction is good.
    pub better: Better,
    /// One-sided error rate, in (0, 0.5); the interval that belongs to it has level 1 - 2 alpha.
    pub alpha: f64,
}

/// What a comparison with a margin says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies on the good side of the margin.
    NonInferior,
    /// The whole interval lies on the bad side: worse by more than the margin.
    Inferior,
    /// The margin lies inside the interval: cannot tell yet.
    Open,
}

/// A figure compared with a margin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// New minus old (or new over old) with the interval of level 1 - 2 alpha; its p-value is one-sided against the margin.
    pub estimate: Estimate,
    /// Test statistic against the margin; positive speaks for the good side. Missing where nothing varies under the margin.
    pub statistic: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// Events of units in two independent arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shares {
    /// Events in the new arm.
    pub new_events: u64,
    /// Units in the new arm, at least 1.
    pub new_units: u64,
    /// Events in the old arm.
    pub old_events: u64,
    /// Units in the old arm, at least 1.
    pub old_units: u64,
}

/// Events over exposure (time, lines, changes) in two independent arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// Events in the new arm.
    pub new_events: u64,
    /// Exposure of the new arm, above 0.
    pub new_exposure: f64,
    /// Events in the old arm.
    pub old_events: u64,
    /// Exposure of the old arm, above 0, in the same unit.
    pub old_exposure: f64,
}

/// Compares the difference of two shares with a margin.
///
/// # Definition
/// Farrington and Manning's z: `(p1 - p0 - m) / sqrt(p1~ q1~ / n1 + p0~ q0~ / n0)`, shares with ~ at the maximum of the likelihood under
/// `p1 - p0 = m`. Interval: Miettinen and Nurminen's score limits (variance times N / (N - 1)).
///
/// # Input
/// `shares`; `margin` on the difference new - old, in (-1, 1).
///
/// # Output
/// [`Comparison`]; the p-value is P(Z > z), or P(Z < z) where lower is better.
///
/// # Undefined when
/// An arm has no units: an error naming `shares`.
///
/// # Assumptions
/// Independent units. Lines of one change or changes of one team are not: compare a clustered estimate with [`estimate`].
///
/// # Errors
/// [`StatsError`] naming `shares` or `margin`.
///
/// # Source
/// Farrington and Manning (1990), doi:10.1002/sim.4780091208; Miettinen and Nurminen (1985), doi:10.1002/sim.4780040211.
///
/// # Example
/// ```
/// use candor_stats::looks::non_inferiority::{Better, Margin, Shares, Verdict, share_difference};
/// let shares = Shares { new_events: 1950, new_units: 3000, old_events: 1960, old_units: 3000 };
/// let margin = Margin { value: -0.03, better: Better::Higher, alpha: 0.05 };
/// let compared = share_difference(&shares, &margin).unwrap();
/// // The shares at the maximum of the likelihood, 0.636661 and 0.666661, give a standard error of 0.0122978.
/// assert!((compared.statistic.unwrap() - 0.0266667 / 0.0122978).abs() < 1e-4);
/// assert_eq!(compared.verdict, Verdict::NonInferior);
/// ```
pub fn share_difference(shares: &Shares, margin: &Margin) -> Result<Comparison, StatsError> {
    let arms = arms(shares)?;
    check(margin)?;
    if !(-1.0..1.0).contains(&margin.value) || margin.value == -1.0 {
        return Err(out_of_range("margin", margin.value, "a difference of shares between -1 and 1"));
    }
    let pairs = ((shares.new_events, shares.new_units), (shares.old_events, shares.old_units));
    let limits = miettinen_nurminen(pairs.0, pairs.1, 1.0 - 2.0 * margin.alpha)?;
    let limits = limits.estimate().and_then(|estimate| estimate.interval).and_then(|interval| interval.lower.zip(interval.upper));
    let point = arms.x1 / arms.n1 - arms.x0 / arms.n0;
    let mut figure =
        Estimate::new(point, "difference of two shares, Farrington-Manning test, Miettinen-Nurminen limits", arms.n1 + arms.n0);
    figure.events = Some(arms.x1 + arms.x0);
    // Farrington and Manning's variance is Miettinen and Nurminen's without the factor N / (N - 1).
    let total = arms.n1 + arms.n0;
    let z = arms.score(margin.value) * (total / (total - 1.0)).sqrt();
    Ok(compare(figure, limits.unwrap_or((-1.0, 1.0)), Some(z).filter(|z| z.is_finite()), margin))
}

/// Compares the ratio of two shares with a margin.
///
/// # Definition
/// z of `p1 - m p0` with the shares at the maximum of the likelihood under `p1 = m p0`. Interval: score limits (Koopman's).
///
/// # Input
/// `shares`; `margin` on the ratio new / old, above 0.
///
/// # Output
/// [`Fitted`]: the comparison, or [`Outcome::NotApplicable`] where the old arm has no event and the ratio does not exist.
///
/// # Undefined when
/// The old arm has no event: a refusal in words.
///
/// # Assumptions
/// Independent units; see [`share_difference`].
///
/// # Errors
/// [`StatsError`] naming `shares` or `margin`.
///
/// # Source
/// Koopman (1984), doi:10.2307/2531405; Miettinen and Nurminen (1985), doi:10.1002/sim.4780040211, eq. 9.
///
/// # Example
/// ```
/// use candor_stats::looks::non_inferiority::{Better, Margin, Shares, share_ratio};
/// // Koopman (1984): 36 of 40 against 16 of 80, 95 % limits 2.94 and 7.15.
/// let shares = Shares { new_events: 36, new_units: 40, old_events: 16, old_units: 80 };
/// let margin = Margin { value: 0.9, better: Better::Higher, alpha: 0.025 };
/// let compared = share_ratio(&shares, &margin).unwrap().into_fit().unwrap();
/// assert!((compared.estimate.interval.unwrap().lower.unwrap() - 2.94).abs() < 0.005);
/// ```
pub fn share_ratio(shares: &Shares, margin: &Margin) -> Result<Fitted<Comparison>, StatsError> {
    let arms = arms(shares)?;
    check(margin)?;
    positive_margin(margin)?;
    if arms.x0 == 0.0 {
        return Ok(Fitted::Refused(Outcome::not_applicable("the old arm has no event: a ratio to it does not exist")));
    }
    let limits = arms.ratio_limits(RatioLimits::Koopman, 1.0 - 2.0 * margin.alpha);
    let limits = (limits.lower.unwrap_or(0.0), limits.upper.unwrap_or(f64::INFINITY));
    let point = (arms.x1 / arms.n1) / (arms.x0 / arms.n0);
    let mut figure = Estimate::new(point, "ratio of two shares, score test and limits", arms.n1 + arms.n0);
    figure.events = Some(arms.x1 + arms.x0);
    let z = arms.ratio_score(margin.value, 1.0);
    Ok(Fitted::Fit(compare(figure, limits, Some(z).filter(|z| z.is_finite()), margin)))
}

/// Compares the difference of two rates with a margin.
///
/// # Definition
/// `(r1 - r0 - m) / sqrt(r1~ / t1 + r0~ / t0)` with the rates at the maximum of the Poisson likelihood under `r1 - r0 = m`; the limits are
/// the margins at which the statistic reaches the normal quantile.
///
/// # Input
/// `rates`; `margin` on the difference new - old, in events per unit of exposure.
///
/// # Output
/// [`Fitted`]: the comparison, or [`Outcome::Insufficient`] where neither arm has an event.
///
/// # Undefined when
/// Neither arm has an event: a refusal in words.
///
/// # Assumptions
/// Poisson events: independent, constant rate. Incidents come in bursts; compare a clustered estimate with [`estimate`] then.
///
/// # Errors
/// [`StatsError`] naming `rates` or `margin`.
///
/// # Source
/// Miettinen and Nurminen (1985), doi:10.1002/sim.4780040211, section on rates, eq. 22-24.
///
/// # Example
/// ```
/// use candor_stats::looks::non_inferiority::{Better, Margin, Rates, rate_difference};
/// let rates = Rates { new_events: 20, new_exposure: 100.0, old_events: 20, old_exposure: 100.0 };
/// let margin = Margin { value: 0.0, better: Better::Lower, alpha: 0.05 };
/// let compared = rate_difference(&rates, &margin).unwrap().into_fit().unwrap();
/// assert_eq!(compared.estimate.p_value, Some(0.5));
/// ```
pub fn rate_difference(rates: &Rates, margin: &Margin) -> Result<Fitted<Comparison>, StatsError> {
    let (x1, x0) = exposures(rates)?;
    check(margin)?;
    let (t1, t0) = (rates.new_exposure, rates.old_exposure);
    if x1 + x0 == 0.0 {
        return Ok(no_events());
    }
    let point = x1 / t1 - x0 / t0;
    let z = |difference: f64| {
        // The larger root of t r0^2 + (t difference - x) r0 - x0 difference = 0 with t and x over both arms.
        let (t, x) = (t1 + t0, x1 + x0);
        let b = t * difference - x;
        let root = (b * b + 4.0 * t * x0 * difference).max(0.0).sqrt();
        let old = ((root - b) / (2.0 * t)).max(-difference).max(0.0);
        let z = (point - difference) / ((old + difference).max(0.0) / t1 + old / t0).sqrt();
        z.is_finite().then_some(z)
    };
    let scale = (x1 + 10.0) / t1 + (x0 + 10.0) / t0;
    let limits = margins(z, point, 100.0 * scale, margin);
    let mut figure = Estimate::new(point, "difference of two Poisson rates, score test and limits", t1 + t0);
    figure.events = Some(x1 + x0);
    Ok(Fitted::Fit(compare(figure, limits, z(margin.value), margin)))
}

/// Compares the ratio of two rates with a margin.
///
/// # Definition
/// `(r1 - m r0) / sqrt(r1~ / t1 + m^2 r0~ / t0)` with `r0~ = (x1 + x0) / (m t1 + t0)`, `r1~ = m r0~`; limits where it reaches the normal quantile.
///
/// # Input
/// `rates`; `margin` on the ratio new / old, above 0.
///
/// # Output
/// [`Fitted`]: the comparison; [`Outcome::NotApplicable`] where the old arm has no event, [`Outcome::Insufficient`] where neither has.
///
/// # Undefined when
/// The old arm has no event, or neither has one: a refusal in words.
///
/// # Assumptions
/// Poisson events; see [`rate_difference`].
///
/// # Errors
/// [`StatsError`] naming `rates` or `margin`.
///
/// # Source
/// Miettinen and Nurminen (1985), doi:10.1002/sim.4780040211, eq. 26; Gu, Ng, Tang and Schucany (2008), doi:10.1002/bimj.200710403, section 2.
///
/// # Example
/// ```
/// use candor_stats::looks::non_inferiority::{Better, Margin, Rates, rate_ratio};
/// let rates = Rates { new_events: 20, new_exposure: 100.0, old_events: 10, old_exposure: 100.0 };
/// let margin = Margin { value: 2.0, better: Better::Lower, alpha: 0.05 };
/// let compared = rate_ratio(&rates, &margin).unwrap().into_fit().unwrap();
/// assert_eq!((compared.estimate.point, compared.estimate.p_value), (2.0, Some(0.5)));
/// ```
pub fn rate_ratio(rates: &Rates, margin: &Margin) -> Result<Fitted<Comparison>, StatsError> {
    let (x1, x0) = exposures(rates)?;
    check(margin)?;
    positive_margin(margin)?;
    let (t1, t0) = (rates.new_exposure, rates.old_exposure);
    if x1 + x0 == 0.0 {
        return Ok(no_events());
    }
    if x0 == 0.0 {
        return Ok(Fitted::Refused(Outcome::not_applicable("the old arm has no event: a ratio to its rate does not exist")));
    }
    // With k = ratio t1 / t0: (x1 - k x0) / sqrt(k (x1 + x0)), free of the unit of exposure.
    let z = |ratio: f64| {
        let k = ratio * (t1 / t0);
        let z = (x1 - k * x0) / (k * (x1 + x0)).sqrt();
        z.is_finite().then_some(z)
    };
    // z^2 = c^2 is a quadratic in k: x0^2 k^2 - (2 x1 x0 + c^2 (x1 + x0)) k + x1^2 = 0.
    let critical = normal_critical(2.0 * margin.alpha);
    let b = 2.0 * x1 * x0 + critical * critical * (x1 + x0);
    let large = (b + (b * b - 4.0 * x0 * x0 * x1 * x1).max(0.0).sqrt()) / (2.0 * x0 * x0);
    // The product of the roots is (x1 / x0)^2.
    let small = x1 * x1 / (x0 * x0) / large;
    let per_k = t0 / t1;
    let point = x1 / x0 * per_k;
    let mut figure = Estimate::new(point, "ratio of two Poisson rates, score test and limits", t1 + t0);
    figure.events = Some(x1 + x0);
    Ok(Fitted::Fit(compare(figure, (small * per_k, large * per_k), z(margin.value), margin)))
}

/// Compares the difference of two means with a margin, unequal variances allowed.
///
/// # Definition
/// Welch's t of `mean_new - mean_old - m` with Satterthwaite's degrees of freedom.
///
/// # Input
/// `new`, `old`: one value per independent unit, at least two each; `margin` on new - old, in the unit of the values.
///
/// # Output
/// [`Fitted`]: the comparison with its degrees of freedom; [`Outcome::Insufficient`] with fewer than two units in an arm or where nothing
/// varies.
///
/// # Undefined when
/// Fewer than two units in an arm or no variation at all: a refusal in words.
///
/// # Assumptions
/// Units are independent of each other; for units of one cluster use the clustered methods.
///
/// # Errors
/// [`StatsError`] naming `new`, `old` or `margin`.
///
/// # Source
/// Welch (1947), doi:10.1093/biomet/34.1-2.28; Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority, section 2.
///
/// # Example
/// ```
/// use candor_stats::looks::non_inferiority::{Better, Margin, mean_difference};
/// let margin = Margin { value: -1.0, better: Better::Higher, alpha: 0.05 };
/// let compared = mean_difference(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], &margin).unwrap().into_fit().unwrap();
/// // t = 1 / sqrt(2 / 3) on 4 degrees of freedom.
/// assert!((compared.statistic.unwrap() - 1.5_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn mean_difference(new: &[f64], old: &[f64], margin: &Margin) -> Result<Fitted<Comparison>, StatsError> {
    finite("new", new)?;
    finite("old", old)?;
    check(margin)?;
    let fewest = new.len().min(old.len());
    if fewest < 2 {
        let reason = "the variance within an arm needs at least two units";
        return Ok(Fitted::Refused(Outcome::insufficient(format!("{fewest} units in one arm"), "2 units in each arm", reason)));
    }
    let ((n1, mean1, v1), (n0, mean0, v0)) = (moments(new), moments(old));
    let (part1, part0) = (v1 / n1, v0 / n0);
    let variance = part1 + part0;
    let point = mean1 - mean0;
    if variance == 0.0 || !variance.is_finite() || !point.is_finite() {
        let (have, need) = ("no variation that can be computed with", "values that vary, below about 1e150");
        return Ok(Fitted::Refused(Outcome::insufficient(
            have,
            need,
            "without variation within the arms a margin cannot be tested",
        )));
    }
    // Shares of the variance, so that no square leaves the numbers.
    let (share1, share0) = (part1 / variance, part0 / variance);
    let degrees = (share1 * share1 / (n1 - 1.0) + share0 * share0 / (n0 - 1.0)).recip();
    let mut figure = Estimate::new(point, "difference of two means, Welch", n1 + n0);
    figure.variance = Some(variance);
    figure.degrees_of_freedom = Some(degrees);
    estimate(&figure, margin)
}

/// Compares any estimate that has a variance with a margin: clustered, adjusted, corrected for label errors.
///
/// # Definition
/// `(point - m) / se` against Student's t where the estimate has degrees of freedom, else against the normal law.
///
/// # Input
/// `figure`: on a scale on which it is roughly normal (give ratios and their margins as logarithms); `margin` on that scale.
///
/// # Output
/// [`Fitted`]: the comparison, whose estimate keeps provenance and notes of `figure`; [`Outcome::Insufficient`] where it has no variance.
///
/// # Undefined when
/// The figure has no variance or one of 0: a refusal in words.
///
/// # Assumptions
/// The figure over its error follows Student's t with its degrees of freedom, or the normal law where it names none.
///
/// # Errors
/// [`StatsError`] naming `figure` or `margin`.
///
/// # Source
/// Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority, section 2.
///
/// # Example
/// ```
/// use candor_stats::Estimate;
/// use candor_stats::looks::non_inferiority::{Better, Margin, Verdict, estimate};
/// let mut figure = Estimate::new(0.0, "difference", 100.0);
/// figure.variance = Some(0.01);
/// // Lower limit of the 90 % interval: -0.164 > -0.2.
/// let compared = estimate(&figure, &Margin { value: -0.2, better: Better::Higher, alpha: 0.05 }).unwrap();
/// assert_eq!(compared.fit().unwrap().verdict, Verdict::NonInferior);
/// ```
pub fn estimate(figure: &Estimate, margin: &Margin) -> Result<Fitted<Comparison>, StatsError> {
    check(margin)?;
    finite("figure", &[figure.point])?;
    finite("figure", &figure.variance.map_or([0.0], |variance| [variance]))?;
    let error = figure.standard_error().filter(|error| error.is_finite() && *error > 0.0);
    let Some(error) = error else {
        let reason = "without a standard error a margin cannot be tested";
        return Ok(Fitted::Refused(Outcome::insufficient("an estimate without a variance", "a variance above 0", reason)));
    };
    let degrees = figure.degrees_of_freedom;
    if let Some(degrees) = degrees.filter(|degrees| !(degrees.is_finite() && *degrees > 0.0)) {
        return Err(out_of_range("figure", degrees, "degrees of freedom above 0, or none"));
    }
    let critical =
        degrees.map_or_else(|| normal_critical(2.0 * margin.alpha), |degrees| student_critical(2.0 * margin.alpha, degrees));
    let statistic = (figure.point - margin.value) / error;
    let half = critical * error;
    let limits = (figure.point - half, figure.point + half);
    let mut compared = compare(figure.clone(), limits, Some(statistic).filter(|t| t.is_finite()), margin);
    if let (Some(degrees), Some(toward)) = (degrees, compared.statistic) {
        compared.estimate.p_value = Some(student_above(toward, degrees));
    }
    Ok(Fitted::Fit(compared))
}

/// Tests that a figure lies between two margins (two one-sided tests).
///
/// # Definition
/// The larger of the one-sided p-values against `lower` (higher is better) and `upper` (lower is better). Equivalent at `alpha` exactly when
/// the interval of level 1 - 2 alpha lies between the margins.
///
/// # Input
/// `figure` as in [`estimate`]; `lower` below `upper`; `alpha` one-sided, in (0, 0.5).
///
/// # Output
/// [`Fitted`]: the estimate with the interval of level 1 - 2 alpha and the p-value of equivalence.
///
/// # Undefined when
/// The figure has no variance or one of 0: a refusal in words.
///
/// # Assumptions
/// The figure over its error follows Student's t with its degrees of freedom, or the normal law where it names none.
///
/// # Errors
/// [`StatsError`] naming `lower`, `figure` or `margin`.
///
/// # Source
/// Schuirmann (1987), A Comparison of the Two One-Sided Tests Procedure, doi:10.1007/BF01068419.
///
/// # Example
/// ```
/// use candor_stats::Estimate;
/// use candor_stats::looks::non_inferiority::equivalence;
/// let mut figure = Estimate::new(0.0, "difference", 100.0);
/// figure.variance = Some(0.01);
/// let tested = equivalence(&figure, (-0.2, 0.2), 0.05).unwrap().into_fit().unwrap();
/// // P(Z > 2) = 0.02275.
/// assert!((tested.p_value.unwrap() - 0.0227501319).abs() < 1e-9);
/// ```
pub fn equivalence(figure: &Estimate, (lower, upper): (f64, f64), alpha: f64) -> Result<Fitted<Estimate>, StatsError> {
    finite("lower", &[lower, upper])?;
    if lower >= upper {
        return Err(out_of_range("lower", lower, "a lower margin below the upper one"));
    }
    let from_below = estimate(figure, &Margin { value: lower, better: Better::Higher, alpha })?;
    let from_above = estimate(figure, &Margin { value: upper, better: Better::Lower, alpha })?;
    Ok(match (from_below, from_above) {
        (Fitted::Fit(below), Fitted::Fit(above)) => {
            let mut tested = below.estimate;
            tested.p_value = tested.p_value.zip(above.estimate.p_value).map(|(below, above)| below.max(above));
            Fitted::Fit(tested)
        }
        (Fitted::Refused(outcome), _) | (_, Fitted::Refused(outcome)) => Fitted::Refused(outcome),
    })
}

/// Puts interval, one-sided normal p-value and verdict beside a figure; `z` is that of figure minus margin.
fn compare(mut figure: Estimate, (lower, upper): (f64, f64), z: Option<f64>, margin: &Margin) -> Comparison {
    let interval = Interval::new(lower, upper, 1.0 - 2.0 * margin.alpha);
    if interval.lower.is_none() || interval.upper.is_none() {
        figure.notes.push("a missing limit is unbounded".to_owned());
    }
    let statistic = z.map(|z| if margin.better == Better::Higher { z } else { -z });
    figure.interval = Some(interval);
    figure.p_value = statistic.map(|z| normal_cdf(-z));
    if statistic.is_none() {
        figure.notes.push("nothing varies under the margin: there is no p-value".to_owned());
    }
    let (good, bad) = match margin.better {
        Better::Higher => (lower > margin.value, upper < margin.value),
        Better::Lower => (upper < margin.value, lower > margin.value),
    };
    let verdict = match (good, bad) {
        (true, _) => Verdict::NonInferior,
        (_, true) => Verdict::Inferior,
        _ => Verdict::Open,
    };
    Comparison { estimate: figure, statistic, verdict }
}

/// Differences at which a falling score reaches the two critical values.
fn margins(z: impl Fn(f64) -> Option<f64>, point: f64, reach: f64, margin: &Margin) -> (f64, f64) {
    let critical = normal_critical(2.0 * margin.alpha);
    let score = |difference: f64| z(difference).unwrap_or_else(|| 1e6_f64.copysign(point - difference));
    let at_point = |target: f64| if target > 0.0 { (point - reach, point) } else { (point, point + reach) };
    let root = |target: f64| {
        let (from, to) = at_point(target);
        // At the point itself the score is 0 or, without any variance, undefined.
        let value = |difference: f64| if difference == point { -target } else { score(difference) - target };
        crate::roots::between(value, from, to, 0.0)
    };
    (root(critical).unwrap_or(f64::NEG_INFINITY), root(-critical).unwrap_or(f64::INFINITY))
}

fn student_above(t: f64, degrees: f64) -> f64 {
    // Beyond this the square of t is no finite number any more, and nothing is left of the tail.
    let both = if t.abs() > 1e100 { 0.0 } else { student_two_sided(t, degrees) };
    if t > 0.0 { 0.5 * both } else { 1.0 - 0.5 * both }
}

fn moments(values: &[f64]) -> (f64, f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / count).sum::<f64>();
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (count, mean, squares / (count - 1.0))
}

fn no_events() -> Fitted<Comparison> {
    let reason = "without any event two rates cannot be compared";
    Fitted::Refused(Outcome::insufficient("0 events", "1 event", reason))
}

fn out_of_range(argument: &'static str, value: f64, expected: &'static str) -> StatsError {
    StatsError::OutOfRange { argument, value: value.to_string(), expected }
}

fn check(margin: &Margin) -> Result<(), StatsError> {
    finite("margin", &[margin.value, margin.alpha])?;
    open_unit("margin", 2.0 * margin.alpha)
}

fn positive_margin(margin: &Margin) -> Result<(), StatsError> {
    if (1e-20..1e20).contains(&margin.value) { Ok(()) } else { Err(out_of_range("margin", margin.value, "a ratio above 0")) }
}

fn arms(shares: &Shares) -> Result<Counts, StatsError> {
    for (events, units) in [(shares.new_events, shares.new_units), (shares.old_events, shares.old_units)] {
        if units == 0 || events > units {
            let value = format!("{events} events in {units} units");
            return Err(StatsError::OutOfRange {
                argument: "shares",
                value,
                expected: "at least one unit and no more events than units",
            });
        }
    }
    Ok(Counts {
        x1: shares.new_events as f64,
        n1: shares.new_units as f64,
        x0: shares.old_events as f64,
        n0: shares.old_units as f64,
    })
}

fn exposures(rates: &Rates) -> Result<(f64, f64), StatsError> {
    for exposure in [rates.new_exposure, rates.old_exposure] {
        if !(1e-100..=1e100).contains(&exposure) {
            return Err(out_of_range("rates", exposure, "an exposure above 0"));
        }
    }
    Ok((rates.new_events as f64, rates.old_events as f64))
}

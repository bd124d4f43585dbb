//! The true share behind an apparent one.

use super::accuracy::{Accuracy, Audit, check_runs, impossible, sorted_quantile};
use crate::error::{StatsError, finite, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};
use crate::proportions::single::within;
use crate::random::Draws;

/// Estimates the true share behind the share that an imperfect label shows (Rogan-Gladen), for a known accuracy.
///
/// # Definition
/// `true = (apparent + specificity - 1) / (sensitivity + specificity - 1)`. The limits of the apparent share go through the same formula, and
/// what falls outside [0, 1] is cut, with a note. The accuracy counts as known: if an audit measured it, use [`audited`].
///
/// # Input
/// An estimate of an apparent share, by any method: [`crate::proportions::single::wilson`] for independent units, a clustered ratio otherwise.
///
/// # Output
/// A share in [0, 1].
///
/// # Undefined when
/// Sensitivity + specificity is about 1 (the label says nothing) or clearly below 1 (its sides are swapped); or the formula leaves [0, 1]: then
/// the stated accuracy cannot be right, and the answer says why instead of a number.
///
/// # Assumptions
/// The accuracy is the same in all units that are counted.
///
/// # Errors
/// [`StatsError`] for an accuracy outside [0, 1] or an apparent share that is no share.
///
/// # Source
/// Rogan and Gladen 1978, "Estimating prevalence from the results of a screening test", American Journal of Epidemiology 107, 71-76, equation (1).
///
/// # Example
/// Rogan and Gladen's formula at an apparent share of 0.43 with sensitivity 0.82 and specificity 0.97: 0.40 / 0.79.
/// ```
/// use candor_stats::attribution_error::{Accuracy, rogan_gladen};
/// use candor_stats::proportions::single;
///
/// let apparent = single::wilson(430, 1000, 0.95)?;
/// let accuracy = Accuracy { sensitivity: 0.82, specificity: 0.97 };
/// let corrected = rogan_gladen::corrected(apparent.estimate().unwrap(), &accuracy)?;
/// assert!((corrected.point().unwrap() - 0.40 / 0.79).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn corrected(apparent: &Estimate, accuracy: &Accuracy) -> Result<Outcome, StatsError> {
    accuracy.check()?;
    finite("apparent", &[apparent.point])?;
    if !(0.0..=1.0).contains(&apparent.point) {
        let value = apparent.point.to_string();
        return Err(StatsError::OutOfRange { argument: "apparent", value, expected: "a share from 0 to 1" });
    }
    if let Some(refusal) = accuracy.refusal() {
        return Ok(refusal);
    }
    let Some(point) = accuracy.invert(apparent.point) else { return Ok(Outcome::not_applicable("the label says nothing")) };
    // Rounding may leave a true 0 or 1 by its last digit.
    if !(-1e-12..=1.0 + 1e-12).contains(&point) {
        return Ok(impossible(apparent.point, point, accuracy));
    }
    let mut estimate = apparent.clone();
    estimate.point = point.clamp(0.0, 1.0);
    estimate.method = format!("{}; Rogan-Gladen correction, accuracy taken as known", apparent.method);
    let youden = accuracy.youden();
    estimate.variance = apparent.variance.map(|variance| variance / (youden * youden)).filter(|variance| variance.is_finite());
    estimate.p_value = None;
    estimate.interval = apparent.interval.map(|interval| {
        let through = |limit: Option<f64>| limit.and_then(|limit| accuracy.invert(limit));
        Interval { lower: through(interval.lower), upper: through(interval.upper), level: interval.level }
    });
    cut(&mut estimate);
    Ok(Outcome::Estimate(estimate))
}

/// Cuts the interval to [0, 1] and says so.
fn cut(estimate: &mut Estimate) {
    let Some(interval) = &mut estimate.interval else { return };
    let outside = |limit: &Option<f64>| limit.is_some_and(|limit| !(0.0..=1.0).contains(&limit));
    if outside(&interval.lower) || outside(&interval.upper) {
        estimate.notes.push(
            "a limit of the corrected share lay outside [0, 1] and was cut: the stated accuracy is near what the data exclude"
                .into(),
        );
    }
    interval.lower = interval.lower.map(|limit| limit.clamp(0.0, 1.0));
    interval.upper = interval.upper.map(|limit| limit.clamp(0.0, 1.0));
}

/// Estimates the true share behind an apparent one when an audit measured the accuracy: its uncertainty widens the limits.
///
/// # Definition
/// Each run draws sensitivity, specificity and the apparent share from their posteriors under Jeffreys' prior and corrects; limits are
/// quantiles over the runs that are possible (informative label, share in [0, 1]). The point is the correction at the observed accuracy.
///
/// # Input
/// Flagged units of all units; the counts of the audit; `runs` from 100 to 10,000,000 (10,000 give two stable digits); a seed.
///
/// # Output
/// A share in [0, 1]; the notes give the share of runs that were impossible.
///
/// # Undefined when
/// As [`corrected`]; or a side of the label was not audited; or more than half of the runs are impossible.
///
/// # Assumptions
/// Units, flagged and audited, are independent; the audited units are a random sample of their kind.
///
/// # Errors
/// [`StatsError`] for counts that exceed their totals, a level outside (0, 1), or a number of runs outside its range.
///
/// # Source
/// Rogan and Gladen 1978 for the formula; Lang and Reiczigel 2014, "Confidence limits for prevalence of disease adjusted for estimated
/// sensitivity and specificity", Preventive Veterinary Medicine 113, 13-22, for the need; simulation after Fox, Lash and Greenland 2005.
///
/// # Example
/// With an audit of the size of a million the limits are those of a known accuracy (0.4679 to 0.5454 for 430 of 1000 at 0.82 and 0.97).
/// ```
/// use candor_stats::attribution_error::{Audit, rogan_gladen};
///
/// let audit = Audit { true_positives: 820_000, positives: 1_000_000, true_negatives: 970_000, negatives: 1_000_000 };
/// let share = rogan_gladen::audited(430, 1000, &audit, 4_000, 1, 0.95)?;
/// let interval = share.estimate().unwrap().interval.unwrap();
/// assert!((interval.lower.unwrap() - 0.4679).abs() < 0.005 && (interval.upper.unwrap() - 0.5454).abs() < 0.005);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn audited(flagged: u64, units: u64, audit: &Audit, runs: usize, seed: u64, level: f64) -> Result<Outcome, StatsError> {
    within(flagged, units, "flagged")?;
    audit.check()?;
    check_runs(runs)?;
    open_unit("level", level)?;
    if units == 0 {
        return Ok(Outcome::insufficient("no unit", "at least one unit", "a share of nothing is not a number"));
    }
    let Some(accuracy) = audit.accuracy() else {
        return Ok(Outcome::insufficient(
            format!("{} flagged and {} unflagged units audited", audit.positives, audit.negatives),
            "audited units of both kinds",
            "without audited units of one kind nothing is known about that side of the label",
        ));
    };
    if let Some(refusal) = accuracy.refusal() {
        return Ok(refusal);
    }
    let (x, n) = (flagged as f64, units as f64);
    let Some(point) = accuracy.invert(x / n) else { return Ok(Outcome::not_applicable("the label says nothing")) };
    if !(0.0..=1.0).contains(&point) {
        return Ok(impossible(x / n, point, &accuracy));
    }
    let mut draws = Draws::new(seed);
    let mut shares = Vec::with_capacity(runs);
    for _ in 0..runs {
        let drawn = audit.draw(&mut draws);
        let apparent = draws.beta(x + 0.5, n - x + 0.5);
        if drawn.refusal().is_none() {
            shares.extend(drawn.invert(apparent).filter(|share| (0.0..=1.0).contains(share)));
        }
    }
    let impossible_runs = 1.0 - shares.len() as f64 / runs as f64;
    if impossible_runs > 0.5 {
        return Ok(Outcome::not_applicable(format!(
            "in {:.0} % of the runs the audited accuracy cannot be right for these units: audit more units, or units like these",
            100.0 * impossible_runs
        )));
    }
    shares.sort_unstable_by(f64::total_cmp);
    let mut estimate = Estimate::new(point, "Rogan-Gladen correction, simulated over the uncertainty of the audit", n);
    estimate.events = Some(x);
    let tail = 0.5 - 0.5 * level;
    if let (Some(lower), Some(upper)) = (sorted_quantile(&shares, tail), sorted_quantile(&shares, 1.0 - tail)) {
        estimate.interval = Some(Interval::new(lower.min(point), upper.max(point), level));
    }
    if impossible_runs > 0.0 {
        estimate.notes.push(format!("{:.1} % of the runs gave an impossible share and were dropped", 100.0 * impossible_runs));
    }
    Ok(Outcome::Estimate(estimate))
}

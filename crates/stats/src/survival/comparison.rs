//! Two survival curves at one horizon: difference and ratio, also when the same people are in both.

use super::kaplan_meier::{LifeTable, ONE_CLUSTER};
use super::limits::Confidence;
use crate::error::{StatsError, finite};
use crate::linearised::{Part, Spread, spread};
use crate::outcome::{Estimate, Interval, Outcome};

/// Estimates how much more of the first group than of the second is alive at a horizon: `S_a(t) - S_b(t)`.
///
/// # Definition
/// The variance is joint: the influences of a cluster on both curves are subtracted before they are squared, so that a developer who wrote lines
/// of both kinds counts once. Without clusters the curves are independent and Greenwood's variances add up.
/// The p-value is against no difference.
///
/// # Input
/// Two curves of the same unit of time, both with clusters (numbered alike) or both without; a horizon in that unit.
///
/// # Output
/// A difference in [-1, 1]; the limits are symmetric on the plain scale and cut to [-1, 1].
///
/// # Undefined when
/// One of the curves is at this horizon. Limits are missing, with a note, where they are missing for both curves, or a curve has one cluster only.
///
/// # Assumptions
/// Those of [`LifeTable`].
///
/// # Errors
/// [`StatsError`] for a horizon that is not finite, a level outside (0, 1), or one curve with clusters and the other without.
///
/// # Source
/// Therneau and Grambsch 2000, "Modeling Survival Data", section 7.2 (influence of a subject on a curve); joint over overlapping clusters as R
/// survival 3.5-3 `survfit(..., cluster, influence = TRUE)` gives it per curve.
///
/// # Example
/// Freireich et al. 1963, Blood 21, table 1: at 10 weeks 0.753 of the 6-MP arm and 8 of 21 of the placebo arm are in remission.
/// ```
/// use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};
///
/// let weeks = [6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35.];
/// let relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0].map(|flag| flag == 1);
/// let placebo = [1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23.];
/// let treated = LifeTable::new(&Lives::new(&weeks, &relapsed))?;
/// let control = LifeTable::new(&Lives::new(&placebo, &[true; 21]))?;
/// let difference = comparison::difference(&treated, &control, 10.0, &Confidence::default())?;
/// assert!((difference.point().unwrap() - (0.753 - 8.0 / 21.0)).abs() < 0.001);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn difference(a: &LifeTable, b: &LifeTable, horizon: f64, confidence: &Confidence) -> Result<Outcome, StatsError> {
    let Pair { points: (first, second), joint } = match pair(a, b, horizon, confidence, |_, _| (1.0, -1.0))? {
        Ok(pair) => pair,
        Err(outcome) => return Ok(outcome),
    };
    let mut estimate = describe(a, b, horizon, first - second, "difference of two Kaplan-Meier curves");
    if let Some(spread) = joint.keep(&mut estimate) {
        let margin = spread.margin(confidence.level);
        let (lower, upper) = (estimate.point - margin, estimate.point + margin);
        estimate.interval = Some(Interval::new(lower.max(-1.0), upper.min(1.0), confidence.level));
    }
    Ok(Outcome::Estimate(estimate))
}

/// Estimates how many times the second group's share alive the first group's is at a horizon: `S_a(t) / S_b(t)`.
///
/// # Definition
/// The variance is that of the log of the ratio, joint over clusters as in [`difference`]; limits are symmetric on the log scale. The
/// estimate's variance is on the scale of the ratio (delta method). The p-value is against a ratio of 1.
///
/// # Input
/// As [`difference`].
///
/// # Output
/// A positive ratio without unit.
///
/// # Undefined when
/// One of the curves is at this horizon, or the second one is 0 there. Where the first one is 0 the ratio is 0 without limits.
///
/// # Assumptions
/// Those of [`LifeTable`].
///
/// # Errors
/// As [`difference`].
///
/// # Source
/// As [`difference`]; the log scale: Kalbfleisch and Prentice 2002, "The Statistical Analysis of Failure Time Data", section 1.4.
///
/// # Example
/// Freireich et al. 1963: 18 of 21 of the 6-MP arm (three relapses at 6 weeks, one censored there) against 12 of 21 are left after week 6.
/// ```
/// use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};
///
/// let treated = LifeTable::new(&Lives::new(&[6., 9.], &[true, false]).weighted(&[3., 18.]))?;
/// let control = LifeTable::new(&Lives::new(&[5., 9.], &[true, false]).weighted(&[9., 12.]))?;
/// let ratio = comparison::ratio(&treated, &control, 6.0, &Confidence::default())?;
/// assert!((ratio.point().unwrap() - 18.0 / 12.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn ratio(a: &LifeTable, b: &LifeTable, horizon: f64, confidence: &Confidence) -> Result<Outcome, StatsError> {
    let factors =
        |first: f64, second: f64| if first > 0.0 && second > 0.0 { (first.recip(), -second.recip()) } else { (0.0, 0.0) };
    let Pair { points: (first, second), joint } = match pair(a, b, horizon, confidence, factors)? {
        Ok(pair) => pair,
        Err(outcome) => return Ok(outcome),
    };
    let point = first / second;
    if second <= 0.0 || !point.is_finite() {
        let reason = "nobody of the second group is alive at the horizon, so there is nothing to divide by";
        return Ok(Outcome::not_applicable(reason));
    }
    let mut estimate = describe(a, b, horizon, point, "ratio of two Kaplan-Meier curves, log scale");
    if first <= 0.0 {
        estimate.notes.push("nobody of the first group is alive: the data give no limits".to_string());
        return Ok(Outcome::Estimate(estimate));
    }
    if let Some(spread) = joint.keep(&mut estimate) {
        let margin = spread.margin(confidence.level);
        estimate.variance = Some(spread.variance * point * point).filter(|variance| variance.is_finite());
        estimate.p_value = spread.p_value(point.ln());
        estimate.interval = Some(Interval::new(point * (-margin).exp(), point * margin.exp(), confidence.level));
    }
    Ok(Outcome::Estimate(estimate.settled()))
}

/// The points of two curves and the spread of what combines them.
struct Pair {
    points: (f64, f64),
    joint: Joint,
}

/// A joint spread, or why there is none.
enum Joint {
    Known(Spread),
    Missing(String),
}

impl Joint {
    /// Writes the spread into the estimate, or the note that there is none.
    fn keep(self, estimate: &mut Estimate) -> Option<Spread> {
        match self {
            Self::Missing(note) => {
                estimate.notes.push(note);
                None
            }
            Self::Known(spread) => {
                estimate.variance = Some(spread.variance);
                estimate.degrees_of_freedom = spread.degrees_of_freedom;
                estimate.p_value = spread.p_value(estimate.point);
                estimate.notes.extend(estimate.clusters.and_then(|_| spread.note()));
                Some(spread)
            }
        }
    }
}

/// Points and joint spread of `fa * S_a + fb * S_b`, where `factors` gives `(fa, fb)` from the points; the inner error is the answer.
fn pair(
    a: &LifeTable,
    b: &LifeTable,
    horizon: f64,
    confidence: &Confidence,
    factors: impl Fn(f64, f64) -> (f64, f64),
) -> Result<Result<Pair, Outcome>, StatsError> {
    finite("horizon", &[horizon])?;
    confidence.check()?;
    if a.units() > 0.0 && b.units() > 0.0 && a.clusters().is_some() != b.clusters().is_some() {
        let value = "given for one curve only".to_string();
        return Err(StatsError::OutOfRange { argument: "clusters", value, expected: "clusters for both curves or for none" });
    }
    let (Some(first), Some(second)) = (a.point(horizon), b.point(horizon)) else {
        let unknown = if a.point(horizon).is_none() { a } else { b };
        return Ok(Err(unknown.unknown(horizon)));
    };
    let (fa, fb) = factors(first, second);
    let joint = match (a.influence(horizon)?, b.influence(horizon)?) {
        (Some(in_a), Some(in_b)) => {
            // A curve on which nobody died has no spread of its own; the other one's spread is then all there is.
            let parts = [(a, &in_a, fa), (b, &in_b, fb)];
            let moving = parts.iter().filter(|(table, ..)| table.deaths_by(horizon) > 0.0);
            let parts: Vec<Part<'_>> = moving.map(|(_, linearised, factor)| Part { linearised, factor: *factor }).collect();
            if parts.is_empty() {
                Joint::Missing("nobody died in either group up to the horizon: the data give no limits".to_string())
            } else {
                spread(&parts, confidence.reference).map_or_else(|| Joint::Missing(ONE_CLUSTER.to_string()), Joint::Known)
            }
        }
        _ => {
            let variance = |table: &LifeTable, factor: f64| {
                let margin = table.margins(&[horizon], confidence).into_iter().next();
                margin.and_then(|margin| margin.variance).unwrap_or(0.0) * factor * factor
            };
            let variance = variance(a, fa) + variance(b, fb);
            if variance > 0.0 && variance.is_finite() {
                Joint::Known(Spread { variance, degrees_of_freedom: None, clusters: usize::MAX })
            } else {
                Joint::Missing("nobody or everybody died in both groups up to the horizon: the data give no limits".to_string())
            }
        }
    };
    Ok(Ok(Pair { points: (first, second), joint }))
}

fn describe(a: &LifeTable, b: &LifeTable, horizon: f64, point: f64, what: &str) -> Estimate {
    let clusters = a.joint_clusters(b);
    let variance = if clusters.is_some() { "joint infinitesimal jackknife by cluster" } else { "Greenwood variances" };
    let mut estimate = Estimate::new(point, format!("{what}, {variance}"), a.units() + b.units());
    estimate.clusters = clusters;
    estimate.events = Some(a.deaths_by(horizon) + b.deaths_by(horizon));
    let censored = |table: &LifeTable| table.censored_before(horizon).unwrap_or(0.0) * table.units();
    estimate.censored_share =
        Some(((censored(a) + censored(b)) / estimate.units).clamp(0.0, 1.0)).filter(|share| share.is_finite());
    for (table, group) in [(a, "first"), (b, "second")] {
        match table.point(horizon) {
            Some(1.0) => {
                estimate.notes.push(format!("nobody of the {group} group died up to the horizon: its own spread counts as 0"))
            }
            Some(0.0) => estimate.notes.push(format!("everybody of the {group} group died: its own spread counts as 0")),
            _ => {}
        }
    }
    estimate
}

impl LifeTable {
    /// Number of distinct clusters over both curves.
    fn joint_clusters(&self, other: &Self) -> Option<usize> {
        let mut all = self.clusters.clone()?;
        all.extend(other.clusters.as_ref()?);
        all.sort_unstable();
        all.dedup();
        Some(all.len())
    }
}

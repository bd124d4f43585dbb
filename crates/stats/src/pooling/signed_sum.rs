//! Figures put beside each other with signs: a change is a difference of two, a change against that of a control group one of four.

use serde::Serialize;

use crate::distributions::{normal_critical, normal_two_sided};
use crate::error::{StatsError, finite, open_unit};
use crate::linearised::{Linearised, Part, Reference, spread};
use crate::outcome::{Estimate, Interval, Outcome};

/// One figure of a signed sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term<'a> {
    /// The figure, with its limits where it has some.
    pub estimate: &'a Estimate,
    /// The figure seen by cluster, in its own unit, where its estimator can be.
    pub linearised: Option<&'a Linearised>,
    /// 1 or -1.
    pub sign: f64,
}

/// The scale on which figures are set against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// Differences, in the unit of the figures.
    Difference,
    /// Quotients, without unit; limits are symmetric on the log scale where they come from clusters.
    Quotient,
}

/// Estimates a signed sum of figures, or a product of figures and reciprocals: later minus earlier, later over earlier.
///
/// # Definition
/// `sum of sign * figure`, or `product of figure ^ sign`. Where every figure is known by cluster, the influences of a cluster are added up before they
/// are squared, so that a person who is in several of the figures counts once. Where one is not, the distances from each figure to its own
/// limits are combined (MOVER): with d the sum, the lower limit is `d - sqrt(sum of squared distances towards it)`, and the upper one alike; figures
/// are taken as independent of each other there, which widens the limits where the same people are in both. Quotients do the same with logs.
///
/// # Input
/// Figures of the same unit with limits at `level`.
///
/// # Output
/// An [`Estimate`] in the unit of the figures, or a factor. The p-value is against 0, or a factor of 1.
///
/// # Undefined when
/// There is no figure. A quotient of figures that are not all positive: [`Outcome::NotApplicable`]. Limits are missing, with a note, where a
/// figure has none.
///
/// # Assumptions
/// Clusters are independent of each other.
///
/// # Errors
/// [`StatsError`] for a level outside (0, 1), a figure that is not finite or a sign other than 1 and -1.
///
/// # Source
/// Binder 1983, International Statistical Review 51, 279-292 (joint by cluster); Zou and Donner 2008, Statistics in Medicine 27, 1693-1702,
/// doi:10.1002/sim.3095 (limits from limits).
///
/// # Example
/// The limits of Newcombe's method 10 are those of MOVER on two Wilson intervals: 56 of 70 against 48 of 80.
/// ```
/// use candor_stats::linearised::Reference;
/// use candor_stats::pooling::signed_sum::{Contrast, Term, signed_sum};
/// use candor_stats::proportions::{risk_difference::newcombe, single::wilson};
///
/// let (one, other) = (wilson(56, 70, 0.95)?, wilson(48, 80, 0.95)?);
/// let term = |outcome: &'static candor_stats::Outcome, sign| Term { estimate: outcome.estimate().unwrap(), linearised: None, sign };
/// let (one, other): (&'static _, &'static _) = (Box::leak(Box::new(one)), Box::leak(Box::new(other)));
/// let found = signed_sum(&[term(one, 1.0), term(other, -1.0)], Contrast::Difference, Reference::SmallSample, 0.95)?;
/// let known = newcombe((56, 70), (48, 80), 0.95)?;
/// let limits = |outcome: &candor_stats::Outcome| outcome.estimate().unwrap().interval.unwrap();
/// assert!((limits(&found).lower.unwrap() - limits(&known).lower.unwrap()).abs() < 1e-12);
/// assert!((limits(&found).upper.unwrap() - limits(&known).upper.unwrap()).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn signed_sum(terms: &[Term<'_>], contrast: Contrast, reference: Reference, level: f64) -> Result<Outcome, StatsError> {
    open_unit("level", level)?;
    finite("terms", &terms.iter().map(|term| term.estimate.point).collect::<Vec<_>>())?;
    if let Some(term) = terms.iter().find(|term| term.sign.abs() != 1.0) {
        return Err(StatsError::OutOfRange { argument: "terms", value: term.sign.to_string(), expected: "signs of 1 or -1" });
    }
    if terms.is_empty() {
        return Ok(Outcome::insufficient("no figure", "at least one figure", "there is nothing to set against each other"));
    }
    let is_quotient = contrast == Contrast::Quotient;
    if is_quotient && terms.iter().any(|term| term.estimate.point <= 0.0) {
        return Ok(Outcome::not_applicable("a quotient needs figures above 0, and one of these is not"));
    }
    let on_scale = |value: f64| if is_quotient { value.ln() } else { value };
    let back = |value: f64| if is_quotient { value.exp() } else { value };
    let sum: f64 = terms.iter().map(|term| term.sign * on_scale(term.estimate.point)).sum();
    let units = terms.iter().map(|term| term.estimate.units).sum();
    let what = if is_quotient { "quotient of figures, log scale" } else { "difference of figures" };
    let mut estimate = Estimate::new(back(sum), what, units);
    if !estimate.point.is_finite() {
        return Ok(Outcome::insufficient(
            "figures too far apart",
            "a factor that is a number",
            "the quotient is too large to be a number",
        ));
    }
    let parts: Option<Vec<Part<'_>>> = terms
        .iter()
        .map(|term| {
            let factor = if is_quotient { term.sign / term.estimate.point } else { term.sign };
            term.linearised.map(|linearised| Part { linearised, factor })
        })
        .collect();
    // A figure in which clusters do not differ at all (a share of 0, say) is not certain: only its own limits say how uncertain it is.
    let varies = |part: &Part<'_>| part.linearised.influence.iter().any(|influence| influence.abs() > 1e-12);
    let parts = parts.filter(|parts| parts.iter().all(varies));
    let joint = parts.and_then(|parts| spread(&parts, reference)).filter(|spread| spread.variance > 0.0);
    if let Some(spread) = joint {
        let margin = spread.margin(level);
        estimate.method = format!("{what}, joint {}", reference.name());
        estimate.clusters = Some(spread.clusters);
        estimate.degrees_of_freedom = spread.degrees_of_freedom;
        let scale = if is_quotient { estimate.point * estimate.point } else { 1.0 };
        estimate.variance = Some(spread.variance * scale).filter(|variance| variance.is_finite());
        estimate.p_value = spread.p_value(sum);
        estimate.interval = Some(Interval::new(back(sum - margin), back(sum + margin), level));
        estimate.notes.extend(spread.note());
        return Ok(Outcome::Estimate(estimate.settled()));
    }
    if !is_quotient {
        let known = |term: &Term<'_>| term.estimate.variance.filter(|variance| *variance > 0.0);
        let variance = terms.iter().map(known).sum::<Option<f64>>();
        estimate.variance = variance.filter(|variance| variance.is_finite());
    }
    estimate.method = format!("{what}, limits from the limits of each (MOVER), as if independent");
    let (below, above) = (distance(terms, -1.0, on_scale, level), distance(terms, 1.0, on_scale, level));
    if below.is_none() && above.is_none() {
        estimate.notes.push("one of the figures has no limits, so their contrast has none".to_owned());
        return Ok(Outcome::Estimate(estimate));
    }
    let towards_null = if sum > 0.0 { below } else { above };
    estimate.p_value = towards_null.filter(|distance| *distance > 0.0).map(|distance| {
        // Such that 1 - level is reached exactly where the limit touches the null value.
        normal_two_sided(sum / distance * normal_critical(1.0 - level))
    });
    let limit =
        |distance: Option<f64>, side: f64| distance.map(|distance| back(sum + side * distance)).filter(|limit| limit.is_finite());
    estimate.interval = Some(Interval { lower: limit(below, -1.0), upper: limit(above, 1.0), level });
    if below.is_none() || above.is_none() {
        estimate.notes.push("one of the figures has no limit on this side, so their contrast has none".to_owned());
    }
    Ok(Outcome::Estimate(estimate.settled()))
}

/// Distance from the sum to its limit on one side; `None` where a figure has no limit there, or all distances are 0.
fn distance(terms: &[Term<'_>], side: f64, on_scale: impl Fn(f64) -> f64, level: f64) -> Option<f64> {
    let squares = terms.iter().map(|term| {
        let interval = term.estimate.interval.filter(|interval| (interval.level - level).abs() < 1e-9)?;
        let limit = if term.sign * side > 0.0 { interval.upper } else { interval.lower };
        let distance = on_scale(limit?) - on_scale(term.estimate.point);
        distance.is_finite().then_some(distance * distance)
    });
    squares.sum::<Option<f64>>().map(f64::sqrt).filter(|distance| distance.is_finite() && *distance > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratios::clustered::{RatioTable, Scale, difference, quotient};

    #[test]
    fn two_clustered_figures_agree_with_the_ratios() {
        let (numerators, denominators) = ([3.0, 1.0, 4.0, 1.0, 5.0, 9.0], [10.0, 12.0, 9.0, 11.0, 14.0, 20.0]);
        let clusters = [1, 2, 3, 1, 2, 3];
        let domain = [true, true, true, false, false, false];
        let table = |inside: bool| {
            RatioTable::new(&numerators, &denominators, &clusters, Some(&domain.map(|own| own == inside))).unwrap()
        };
        let (a, b) = (table(false), table(true));
        let of = |table: &RatioTable| table.ratio(Scale::Plain, Reference::SmallSample, 0.95).unwrap();
        let (one, other) = (of(&a), of(&b));
        let (one, other) = (one.estimate().unwrap(), other.estimate().unwrap());
        let terms = [
            Term { estimate: one, linearised: Some(a.linearised()), sign: 1.0 },
            Term { estimate: other, linearised: Some(b.linearised()), sign: -1.0 },
        ];
        for (contrast, known) in [
            (Contrast::Difference, difference(&a, &b, Reference::SmallSample, 0.95).unwrap()),
            (Contrast::Quotient, quotient(&a, &b, Reference::SmallSample, 0.95).unwrap()),
        ] {
            let found = signed_sum(&terms, contrast, Reference::SmallSample, 0.95).unwrap();
            let (found, known) = (found.estimate().unwrap(), known.estimate().unwrap());
            assert!((found.point - known.point).abs() < 1e-12);
            assert!((found.p_value.unwrap() - known.p_value.unwrap()).abs() < 1e-12);
            assert!((found.interval.unwrap().lower.unwrap() - known.interval.unwrap().lower.unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn the_p_value_is_small_exactly_where_the_limits_exclude_the_null_value() {
        let figure = |point: f64, half: f64| {
            let mut estimate = Estimate::new(point, "test", 10.0);
            estimate.interval = Some(Interval::new(point - half, point + 1.5 * half, 0.95));
            estimate
        };
        for step in 0..60 {
            let (one, other) = (figure(10.0 + f64::from(step) * 0.1, 1.0), figure(12.0, 1.3));
            let terms =
                [Term { estimate: &one, linearised: None, sign: 1.0 }, Term { estimate: &other, linearised: None, sign: -1.0 }];
            for (contrast, null) in [(Contrast::Difference, 0.0), (Contrast::Quotient, 1.0)] {
                let found = signed_sum(&terms, contrast, Reference::SmallSample, 0.95).unwrap();
                let found = found.estimate().unwrap();
                let limits = found.interval.unwrap();
                let excludes = limits.lower.unwrap() > null || limits.upper.unwrap() < null;
                assert_eq!(excludes, found.p_value.unwrap() < 0.05, "{step}: {found:?}");
            }
        }
    }

    #[test]
    fn a_share_of_nothing_is_not_taken_for_certain() {
        let table = |events: [f64; 4], first: u32| {
            RatioTable::new(&events, &[1.0; 4], &[first, first + 1, first + 2, first + 3], None).unwrap()
        };
        let (before, after) = (table([1.0, 0.0, 1.0, 0.0], 0), table([0.0; 4], 0));
        let known = crate::proportions::single::wilson(0, 4, 0.95).unwrap();
        let one = before.ratio(Scale::Logit, Reference::SmallSample, 0.95).unwrap();
        let terms = [
            Term { estimate: known.estimate().unwrap(), linearised: Some(after.linearised()), sign: 1.0 },
            Term { estimate: one.estimate().unwrap(), linearised: Some(before.linearised()), sign: -1.0 },
        ];
        let found = signed_sum(&terms, Contrast::Difference, Reference::SmallSample, 0.95).unwrap();
        let found = found.estimate().unwrap();
        assert!(found.method.contains("MOVER"), "{}", found.method);
        let wilson_upper = known.estimate().unwrap().interval.unwrap().upper.unwrap();
        assert!(found.interval.unwrap().upper.unwrap() > found.point + wilson_upper - 1e-12, "{found:?}");
        assert_eq!(found.variance, None, "no standard error stands for a share of 0");
    }

    #[test]
    fn without_limits_there_are_none() {
        let bare = Estimate::new(3.0, "sum", 3.0);
        let terms =
            [Term { estimate: &bare, linearised: None, sign: 1.0 }, Term { estimate: &bare, linearised: None, sign: -1.0 }];
        let found = signed_sum(&terms, Contrast::Difference, Reference::SmallSample, 0.95).unwrap();
        let found = found.estimate().unwrap();
        assert_eq!((found.point, found.interval, found.p_value), (0.0, None, None));
        assert!(!found.notes.is_empty());
    }
}

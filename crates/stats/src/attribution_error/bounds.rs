//! What the unknown could do to a comparison at worst.

use serde::Serialize;

use crate::error::{StatsError, finite};
use crate::outcome::Outcome;

/// Events among units of one source; weights are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tally {
    /// Units with the event.
    pub events: f64,
    /// All units.
    pub units: f64,
}

/// A difference of shares under every way in which the unknown units could be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// First minus second group as labelled, the unknown left out.
    pub as_labelled: Option<f64>,
    /// All unknown units put into the first group.
    pub all_first: Option<f64>,
    /// All unknown units put into the second group.
    pub all_second: Option<f64>,
    /// The lowest difference that any assignment of the unknown units gives.
    pub lowest: Option<f64>,
    /// The highest difference that any assignment of the unknown units gives.
    pub highest: Option<f64>,
}

impl Tally {
    fn check(&self, argument: &'static str) -> Result<(), StatsError> {
        finite(argument, &[self.events, self.units])?;
        if self.events < 0.0 || self.events > self.units || self.units > 1e100 {
            let value = format!("{} of {}", self.events, self.units);
            return Err(StatsError::OutOfRange { argument, value, expected: "from 0 events up to the number of units" });
        }
        Ok(())
    }

    fn share(&self) -> Option<f64> {
        (self.units > 0.0).then(|| self.events / self.units)
    }

    fn with(&self, events: f64, units: f64) -> Self {
        Self { events: self.events + events, units: self.units + units }
    }
}

/// Bounds the difference of two shares when the source of some units is unknown.
///
/// # Definition
/// `all_first` and `all_second` put every unknown unit on one side. `lowest` and `highest` are worst cases over every assignment: each unknown
/// event and each unknown non-event may go to either side; the extremes put all unknown events on one side and all unknown non-events on the
/// other.
///
/// # Input
/// Tallies of the two groups and of the unknown units.
///
/// # Output
/// Differences of shares in [-1, 1]; a bound is missing where a group has no unit under that assignment. These are bounds, not limits: they hold no
/// sampling error.
///
/// # Undefined when
/// A group has no unit: that bound is missing.
///
/// # Assumptions
/// None about the unknown units. The known labels are right.
///
/// # Errors
/// [`StatsError`] for tallies that are negative, not finite, or have more events than units.
///
/// # Source
/// Manski 1990, "Nonparametric bounds on treatment effects", American Economic Review 80, 319-323; Horowitz and Manski 1995, Econometrica 63, 281-302.
///
/// # Example
/// 10 of 50 against 5 of 50 with 20 unknown units of which 4 have the event, counted by hand.
/// ```
/// use candor_stats::attribution_error::bounds::{Tally, difference};
///
/// let tally = |events, units| Tally { events, units };
/// let bounds = difference(tally(10.0, 50.0), tally(5.0, 50.0), tally(4.0, 20.0))?;
/// assert_eq!(bounds.all_first, Some(14.0 / 70.0 - 5.0 / 50.0));
/// assert_eq!(bounds.highest, Some(14.0 / 54.0 - 5.0 / 66.0));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn difference(first: Tally, second: Tally, unknown: Tally) -> Result<Bounds, StatsError> {
    first.check("first")?;
    second.check("second")?;
    unknown.check("unknown")?;
    let minus = |a: Tally, b: Tally| a.share().zip(b.share()).map(|(a, b)| a - b);
    let calm = unknown.units - unknown.events;
    let with_events = |tally: Tally| tally.with(unknown.events, unknown.events);
    let with_calm = |tally: Tally| tally.with(0.0, calm);
    // A group without units may only be filled by what helps the extreme; then both fillings are tried and the further one counts.
    let all_first = minus(first.with(unknown.events, unknown.units), second);
    let all_second = minus(first, second.with(unknown.events, unknown.units));
    let candidates = [
        minus(first, second),
        all_first,
        all_second,
        minus(with_events(first), with_calm(second)),
        minus(with_calm(first), with_events(second)),
    ];
    // The unknown units must go somewhere, so the labelled difference is a candidate only where there are none.
    let assigned = candidates.iter().skip(usize::from(unknown.units > 0.0)).flatten();
    let lowest = assigned.clone().copied().reduce(f64::min);
    let highest = assigned.copied().reduce(f64::max);
    Ok(Bounds { as_labelled: minus(first, second), all_first, all_second, lowest, highest })
}

/// Bounds the share of units from one source when the source of some units is unknown: from none of the unknown to all of them.
///
/// # Definition
/// `known / all` and `(known + unknown) / all`, where `all` counts the unknown units as well.
///
/// # Input
/// Units of the source in question, of all other known sources, and of unknown source; weights are allowed.
///
/// # Output
/// The two bounds in [0, 1], lower first, in the interval of an estimate whose point is the share among the known units.
///
/// # Undefined when
/// No unit has a known source.
///
/// # Assumptions
/// None about the unknown units. The known labels are right.
///
/// # Errors
/// [`StatsError`] for numbers that are negative or not finite.
///
/// # Source
/// Manski 1990, "Nonparametric bounds on treatment effects", American Economic Review 80, 319-323.
///
/// # Example
/// 30 of one source, 50 of others, 20 unknown, counted by hand: between 0.3 and 0.5.
/// ```
/// use candor_stats::attribution_error::bounds::share;
///
/// let outcome = share(30.0, 50.0, 20.0)?;
/// let bounds = outcome.estimate().unwrap().interval.unwrap();
/// assert_eq!((bounds.lower, bounds.upper), (Some(0.3), Some(0.5)));
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn share(known: f64, others: f64, unknown: f64) -> Result<Outcome, StatsError> {
    for (argument, value) in [("known", known), ("others", others), ("unknown", unknown)] {
        finite(argument, &[value])?;
        if !(0.0..=1e100).contains(&value) {
            return Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a number from 0 to 1e100" });
        }
    }
    let all = known + others + unknown;
    if known + others <= 0.0 {
        return Ok(Outcome::insufficient(
            format!("{unknown} units, all of unknown source"),
            "units of known source",
            "where every source is unknown the share is anything from 0 to 1",
        ));
    }
    let mut estimate =
        crate::outcome::Estimate::new(known / (known + others), "share among units of known source, worst-case bounds", all);
    estimate.interval = Some(crate::outcome::Interval::new(known / all, ((known + unknown) / all).min(1.0), 1.0));
    estimate.unknown_source_share = Some(unknown / all);
    estimate
        .notes
        .push("the interval is a bound over every possible source of the unknown units and holds no sampling error".to_string());
    Ok(Outcome::Estimate(estimate))
}

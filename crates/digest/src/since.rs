//! Limits that hold however often one looks: for what is read every week or every month.

use candor_catalogue::{Answer, Change};
use candor_stats::looks::confidence_sequence::{Effect, Side, Tuning, confidence_sequence};

/// Days after the baseline at which the limits are tightest: half a year, which is how long a pilot runs.
const TIGHTEST_AFTER_DAYS: f64 = 182.0;

/// The change since the baseline with limits at all looks. The tuning is fixed by the baseline alone, so that no look can choose it.
pub(crate) fn always_valid(change: &Change, baseline_days: f64, level: f64) -> Answer {
    let Some(estimate) = change.absolute.estimate() else { return change.absolute.clone() };
    let none = |reason: &str| Answer::NotApplicable { code: "no_always_valid_limits".to_owned(), reason: reason.to_owned() };
    let Some(error) = estimate.standard_error().filter(|error| *error > 0.0) else {
        return none(
            "this estimator gives no standard error, and limits that hold at all looks need one: read the limits of the period alone",
        );
    };
    if estimate.interval.is_none() {
        return none("one person or unit carries most of one of the figures: no limits can be given");
    }
    let units = change.units.iter().sum::<u64>() as f64;
    let tuned = change.units[0] as f64 * (1.0 + TIGHTEST_AFTER_DAYS / baseline_days.max(1.0));
    let effect =
        Effect { estimate: estimate.point, standard_error: error, units, degrees_of_freedom: estimate.degrees_of_freedom };
    match confidence_sequence(&effect, &Tuning { units: tuned.max(2.0), alpha: 1.0 - level, side: Side::Both }) {
        Ok(outcome) => Answer::of(outcome, "not_computable"),
        Err(_) => none("the standard error is no number that limits could be computed from"),
    }
}

//! Limits are withheld where one author carries so much that they would say nothing.

use candor_stats::Estimate;

use crate::options::MINIMUM_DEGREES;

/// Takes the limits off an estimate whose variance has fewer than [`MINIMUM_DEGREES`] degrees of freedom, and says what carries it.
///
/// `leading` gives the largest share of one author, 0 to 1; it is asked only then.
pub(crate) fn withhold(estimate: &mut Estimate, leading: impl FnOnce() -> Option<f64>) {
    if !too_few(estimate.degrees_of_freedom) {
        return;
    }
    estimate.interval = None;
    // What it says of the small-sample method is about the limits that are gone.
    estimate.notes.retain(|note| !note.starts_with("only "));
    estimate.notes.insert(0, carried(leading().unwrap_or(1.0)));
}

/// Whether limits with so many degrees of freedom are withheld; never those of the normal law.
pub(crate) fn too_few(degrees_of_freedom: Option<f64>) -> bool {
    degrees_of_freedom.is_some_and(|degrees| degrees < MINIMUM_DEGREES)
}

/// What stands beside an estimate without limits of which one author carries the share `leading`.
pub(crate) fn carried(leading: f64) -> String {
    let percent = 100.0 * leading;
    // Never rounded to the whole, which would be another case: nobody else at all.
    let share = if leading >= 1.0 { "all".to_string() } else { format!("{:.0} %", percent.min(99.0)) };
    format!("one author carries {share} of what this figure rests on: no limits can be given; more authors would change that")
}

#[cfg(test)]
mod tests {
    use super::*;
    use candor_stats::Interval;

    fn estimate(degrees_of_freedom: Option<f64>) -> Estimate {
        let mut estimate = Estimate::new(0.9, "a method", 100.0);
        estimate.degrees_of_freedom = degrees_of_freedom;
        estimate.interval = Some(Interval::new(0.1, 0.99, 0.95));
        estimate.notes.push("only 3 clusters: small-sample variance".to_string());
        estimate
    }

    #[test]
    fn below_the_minimum_the_limits_go_and_the_note_names_the_share() {
        let mut found = estimate(Some(MINIMUM_DEGREES - 0.01));
        withhold(&mut found, || Some(0.708));
        assert_eq!(found.interval, None);
        assert_eq!(found.point, 0.9);
        let expected =
            "one author carries 71 % of what this figure rests on: no limits can be given; more authors would change that";
        assert_eq!(found.notes, [expected]);
    }

    #[test]
    fn from_the_minimum_on_and_without_degrees_nothing_changes() {
        for degrees in [Some(MINIMUM_DEGREES), Some(7.5), None] {
            let mut found = estimate(degrees);
            withhold(&mut found, || Some(0.5));
            assert_eq!(found, estimate(degrees), "{degrees:?}");
        }
    }

    #[test]
    fn a_share_is_never_rounded_to_the_whole() {
        assert!(carried(0.9999).starts_with("one author carries 99 %"));
        assert!(carried(1.0).starts_with("one author carries all of"));
    }
}

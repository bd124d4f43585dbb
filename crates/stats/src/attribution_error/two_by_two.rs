//! A two-by-two table whose exposure or outcome label errs, with an accuracy of its own on each side.

use super::accuracy::{Accuracy, Audit, check_runs, impossible, sorted_quantile};
use crate::distributions::normal_critical;
use crate::error::{StatsError, finite, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};
use crate::random::Draws;

/// Counts of a two-by-two table; weights are allowed, so the counts need not be whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Table {
    /// Units with the outcome among the exposed (for example reverted, labelled AI).
    pub case_exposed: f64,
    /// Units with the outcome among the unexposed.
    pub case_unexposed: f64,
    /// Units without the outcome among the exposed.
    pub noncase_exposed: f64,
    /// Units without the outcome among the unexposed.
    pub noncase_unexposed: f64,
}

/// Which of the two labels errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misclassified {
    /// The exposure (AI or human); the two accuracies are those in cases and in non-cases.
    Exposure,
    /// The outcome (reverted or not); the two accuracies are those in exposed and in unexposed units.
    Outcome,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Share of cases among the exposed over that among the unexposed.
    RiskRatio,
    /// Odds of being a case among the exposed over those among the unexposed.
    OddsRatio,
    /// Share of cases among the exposed minus that among the unexposed.
    RiskDifference,
}

impl Table {
    fn cells(&self) -> [f64; 4] {
        [self.case_exposed, self.case_unexposed, self.noncase_exposed, self.noncase_unexposed]
    }

    fn from_cells([case_exposed, case_unexposed, noncase_exposed, noncase_unexposed]: [f64; 4]) -> Self {
        Self { case_exposed, case_unexposed, noncase_exposed, noncase_unexposed }
    }

    fn check(&self) -> Result<(), StatsError> {
        finite("table", &self.cells())?;
        match self.cells().iter().find(|count| **count < 0.0 || **count > 1e100) {
            Some(count) => {
                Err(StatsError::OutOfRange { argument: "table", value: count.to_string(), expected: "counts from 0 to 1e100" })
            }
            None => Ok(()),
        }
    }

    /// The value of the measure (on the log scale for ratios) and its slope in each cell; `None` where it is undefined.
    fn measure(&self, measure: Measure) -> Option<(f64, [f64; 4])> {
        let [a, b, c, d] = self.cells();
        let (exposed, unexposed) = (a + c, b + d);
        if exposed <= 0.0 || unexposed <= 0.0 {
            return None;
        }
        let (value, slope) = match measure {
            Measure::OddsRatio => ((a / b).ln() - (c / d).ln(), [a.recip(), -b.recip(), -c.recip(), d.recip()]),
            Measure::RiskRatio => (
                (a / exposed).ln() - (b / unexposed).ln(),
                [a.recip() - exposed.recip(), unexposed.recip() - b.recip(), -exposed.recip(), unexposed.recip()],
            ),
            Measure::RiskDifference => (
                a / exposed - b / unexposed,
                [c / exposed / exposed, -d / unexposed / unexposed, -a / exposed / exposed, b / unexposed / unexposed],
            ),
        };
        (value.is_finite() && slope.iter().all(|slope| slope.is_finite())).then_some((value, slope))
    }

    /// The table without the label's errors; the inner error is an accuracy that this table excludes, as an answer.
    fn repaired(&self, which: Misclassified, accuracy: [Accuracy; 2]) -> Result<Self, Box<Outcome>> {
        let [a, b, c, d] = self.cells();
        // Each pair of cells that one accuracy mixes: (flagged, unflagged).
        let pairs = match which {
            Misclassified::Exposure => [(a, b), (c, d)],
            Misclassified::Outcome => [(a, c), (b, d)],
        };
        let mut repaired = [(0.0, 0.0); 2];
        for (((flagged, unflagged), accuracy), place) in pairs.into_iter().zip(accuracy).zip(&mut repaired) {
            let total = flagged + unflagged;
            if total <= 0.0 {
                continue;
            }
            let apparent = flagged / total;
            let share = accuracy.invert(apparent).unwrap_or(-1.0);
            if !(-1e-12..=1.0 + 1e-12).contains(&share) {
                return Err(Box::new(impossible(apparent, share, &accuracy)));
            }
            let share = share.clamp(0.0, 1.0);
            *place = (total * share, total * (1.0 - share));
        }
        let [first, second] = repaired;
        Ok(Self::from_cells(match which {
            Misclassified::Exposure => [first.0, first.1, second.0, second.1],
            Misclassified::Outcome => [first.0, second.0, first.1, second.1],
        }))
    }

    /// Slopes of the measure in the observed cells, through the repair.
    fn observed_slope(which: Misclassified, accuracy: [Accuracy; 2], [a, b, c, d]: [f64; 4]) -> [f64; 4] {
        // A flagged unit adds specificity / youden to the true flagged ones and takes the rest from the unflagged ones, and vice versa.
        let through = |accuracy: Accuracy, flagged: f64, unflagged: f64| {
            let youden = accuracy.youden();
            let (up, down) = (accuracy.specificity / youden, (1.0 - accuracy.specificity) / youden);
            let (back, own) = ((1.0 - accuracy.sensitivity) / youden, accuracy.sensitivity / youden);
            (up * flagged - back * unflagged, own * unflagged - down * flagged)
        };
        let [one, two] = accuracy;
        match which {
            Misclassified::Exposure => {
                let ((a, b), (c, d)) = (through(one, a, b), through(two, c, d));
                [a, b, c, d]
            }
            Misclassified::Outcome => {
                let ((a, c), (b, d)) = (through(one, a, c), through(two, b, d));
                [a, b, c, d]
            }
        }
    }
}

/// Estimates a measure of the table as it is, without correction.
///
/// The figure to show beside [`corrected`]; the same as it with a perfect label.
///
/// # Definition
/// [`corrected`] with sensitivity and specificity 1 in both groups.
///
/// # Input
/// Counts of both groups, 0 or more, as the label has them; the level of the limits in (0, 1).
///
/// # Undefined when
/// As [`corrected`].
///
/// # Assumptions
/// The label is never wrong: that is why it is only the figure beside the corrected one.
///
/// # Errors
/// [`StatsError`] for counts that are negative or not finite, or a level outside (0, 1).
///
/// # Source
/// As [`corrected`], whose correction with these values is none.
///
/// # Example
/// Fink and Lash 2003: smoking and breast cancer, as observed.
/// ```
/// use candor_stats::attribution_error::two_by_two::{Measure, Table, observed};
///
/// let table = Table { case_exposed: 215.0, case_unexposed: 1449.0, noncase_exposed: 668.0, noncase_unexposed: 4296.0 };
/// let odds_ratio = observed(&table, Measure::OddsRatio, 0.95)?;
/// assert_eq!((odds_ratio.point().unwrap() * 1e4).round(), 9542.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn observed(table: &Table, measure: Measure, level: f64) -> Result<Outcome, StatsError> {
    let mut outcome = corrected(table, Misclassified::Exposure, [Accuracy::PERFECT; 2], measure, level)?;
    if let Outcome::Estimate(estimate) = &mut outcome {
        estimate.method = format!("{}, as labelled", measure.name());
    }
    Ok(outcome)
}

/// Estimates a measure of the table that the label's errors hide, with an accuracy of its own on each side.
///
/// # Definition
/// In each pair of cells that one accuracy mixes, `true = (flagged - (1 - specificity) total) / (sensitivity + specificity - 1)`. The measure is that of
/// the repaired table; its variance follows from the observed counts by the delta method, on the log scale for ratios. The accuracies count as
/// known: if audits measured them, use [`audited`].
///
/// # Input
/// A table of independent units; which label errs; one accuracy in cases and one in non-cases (exposure), or one in exposed and one in unexposed
/// units (outcome).
///
/// # Output
/// A ratio without unit, or a difference of shares. The estimate's variance is on the scale of the point. The p-value is against no association.
///
/// # Undefined when
/// A label says almost nothing, an accuracy is excluded by the table, or a repaired cell that the measure divides by is empty.
///
/// # Assumptions
/// Units are independent: a table of lines is not, so its limits are too narrow. The label errs alike within each side.
///
/// # Errors
/// [`StatsError`] for counts that are negative or not finite, accuracies outside [0, 1], or a level outside (0, 1).
///
/// # Source
/// Fox, MacLehose and Lash 2021, "Applying Quantitative Bias Analysis to Epidemiologic Data", 2nd edition, chapter 6; variance: Chu, Wang, Cole and Greenland
/// 2006, "Sensitivity analysis of misclassification", Annals of Epidemiology 16, 834-841.
///
/// # Example
/// Fink and Lash 2003 (as in the tests of the R package episensr): smoking with sensitivity 0.78 and specificity 0.99: 0.9491 (0.7896 to 1.1408).
/// ```
/// use candor_stats::attribution_error::{Accuracy, two_by_two::{Measure, Misclassified, Table, corrected}};
///
/// let table = Table { case_exposed: 215.0, case_unexposed: 1449.0, noncase_exposed: 668.0, noncase_unexposed: 4296.0 };
/// let accuracy = Accuracy { sensitivity: 0.78, specificity: 0.99 };
/// let odds_ratio = corrected(&table, Misclassified::Exposure, [accuracy; 2], Measure::OddsRatio, 0.95)?;
/// let estimate = odds_ratio.estimate().unwrap();
/// assert_eq!((estimate.point * 1e4).round(), 9491.0);
/// assert_eq!((estimate.interval.unwrap().upper.unwrap() * 1e4).round(), 11408.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn corrected(
    table: &Table,
    which: Misclassified,
    accuracy: [Accuracy; 2],
    measure: Measure,
    level: f64,
) -> Result<Outcome, StatsError> {
    table.check()?;
    open_unit("level", level)?;
    for side in &accuracy {
        side.check()?;
    }
    if let Some(refusal) = accuracy.iter().find_map(Accuracy::refusal) {
        return Ok(refusal);
    }
    let repaired = match table.repaired(which, accuracy) {
        Ok(repaired) => repaired,
        Err(outcome) => return Ok(*outcome),
    };
    let Some((value, variance)) = value_and_variance(table, &repaired, which, accuracy, measure) else {
        return Ok(Outcome::insufficient(
            "an empty cell in the corrected table",
            "units in every cell",
            format!("the {} is undefined where a cell that it divides by is empty", measure.name()),
        ));
    };
    let margin = normal_critical(1.0 - level) * variance.sqrt();
    let method = format!("{}, corrected for label errors, accuracy taken as known", measure.name());
    let mut estimate = Estimate::new(measure.shown(value), method, table.cells().iter().sum());
    estimate.events = Some(table.case_exposed + table.case_unexposed);
    estimate.interval = Some(Interval::new(measure.shown(value - margin), measure.shown(value + margin), level));
    estimate.variance = Some(variance * measure.stretch(value).powi(2)).filter(|variance| variance.is_finite());
    let z = value / variance.sqrt();
    estimate.p_value = z.is_finite().then(|| crate::distributions::normal_two_sided(z));
    Ok(if estimate.point.is_finite() {
        Outcome::Estimate(estimate.settled())
    } else {
        Outcome::not_applicable("the ratio is too large to be a number")
    })
}

/// Estimates the same measure when audits measured the accuracies: their uncertainty widens the limits.
///
/// # Definition
/// Each run draws both accuracies from their posteriors under Jeffreys' prior, repairs the table, and adds a normal error of the measure's own
/// standard error. Limits are quantiles over the possible runs. The point is the correction at the observed accuracies.
///
/// # Input
/// As [`corrected`], with one audit per side; `runs` from 100 to 10,000,000; a seed.
///
/// # Output
/// As [`corrected`], without variance and p-value; the notes give the share of runs that were impossible.
///
/// # Undefined when
/// As [`corrected`]; or a side was not audited; or more than half of the runs are impossible.
///
/// # Assumptions
/// As [`corrected`]; the audited units are a random sample of their kind.
///
/// # Errors
/// As [`corrected`]; counts of an audit that exceed their totals; a number of runs outside its range.
///
/// # Source
/// Fox, Lash and Greenland 2005, "A method to automate probabilistic sensitivity analyses of misclassified binary variables", International Journal of
/// Epidemiology 34, 1370-1376.
///
/// # Example
/// With audits of the size of a million the limits are those of known accuracies (Fink and Lash 2003: 0.7896 to 1.1408).
/// ```
/// use candor_stats::attribution_error::{Audit, two_by_two::{Measure, Misclassified, Table, audited}};
///
/// let table = Table { case_exposed: 215.0, case_unexposed: 1449.0, noncase_exposed: 668.0, noncase_unexposed: 4296.0 };
/// let audit = Audit { true_positives: 780_000, positives: 1_000_000, true_negatives: 990_000, negatives: 1_000_000 };
/// let ratio = audited(&table, Misclassified::Exposure, [audit; 2], Measure::OddsRatio, 4_000, 1, 0.95)?;
/// let interval = ratio.estimate().unwrap().interval.unwrap();
/// assert!((interval.lower.unwrap() - 0.7896).abs() < 0.02 && (interval.upper.unwrap() - 1.1408).abs() < 0.02);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn audited(
    table: &Table,
    which: Misclassified,
    audits: [Audit; 2],
    measure: Measure,
    runs: usize,
    seed: u64,
    level: f64,
) -> Result<Outcome, StatsError> {
    for audit in &audits {
        audit.check()?;
    }
    check_runs(runs)?;
    let [Some(first), Some(second)] = audits.map(|audit| audit.accuracy()) else {
        return Ok(Outcome::insufficient(
            "a side of the label without audited units",
            "audited units of both kinds on both sides",
            "without audited units of one kind nothing is known about that side of the label",
        ));
    };
    let mut outcome = corrected(table, which, [first, second], measure, level)?;
    let Outcome::Estimate(estimate) = &mut outcome else { return Ok(outcome) };
    let mut draws = Draws::new(seed);
    let mut values = Vec::with_capacity(runs);
    for _ in 0..runs {
        let accuracy = audits.map(|audit| audit.draw(&mut draws));
        let error = draws.normal();
        if accuracy.iter().any(|side| side.refusal().is_some()) {
            continue;
        }
        let Ok(repaired) = table.repaired(which, accuracy) else { continue };
        let found = value_and_variance(table, &repaired, which, accuracy, measure);
        values.extend(found.map(|(value, variance)| value + error * variance.sqrt()).filter(|value| value.is_finite()));
    }
    let impossible_runs = 1.0 - values.len() as f64 / runs as f64;
    if impossible_runs > 0.5 {
        return Ok(Outcome::not_applicable(format!(
            "in {:.0} % of the runs the audited accuracies cannot be right for this table: audit more units, or units like these",
            100.0 * impossible_runs
        )));
    }
    values.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 - 0.5 * level;
    let limits = sorted_quantile(&values, tail).zip(sorted_quantile(&values, 1.0 - tail));
    estimate.interval = limits.map(|(lower, upper)| {
        let (lower, upper) = (measure.shown(lower), measure.shown(upper));
        Interval::new(lower.min(estimate.point), upper.max(estimate.point), level)
    });
    estimate.variance = None;
    estimate.p_value = None;
    estimate.method = format!("{}, corrected for label errors, simulated over the uncertainty of the audits", measure.name());
    if impossible_runs > 0.0 {
        estimate.notes.push(format!("{:.1} % of the runs gave an impossible table and were dropped", 100.0 * impossible_runs));
    }
    Ok(outcome)
}

/// The measure of the repaired table and its variance, on the log scale for ratios.
fn value_and_variance(
    table: &Table,
    repaired: &Table,
    which: Misclassified,
    accuracy: [Accuracy; 2],
    measure: Measure,
) -> Option<(f64, f64)> {
    let (value, slope) = repaired.measure(measure)?;
    let slope = Table::observed_slope(which, accuracy, slope);
    let variance: f64 = table.cells().iter().zip(slope).map(|(count, slope)| count * slope * slope).sum();
    variance.is_finite().then_some((value, variance))
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::RiskRatio => "risk ratio",
            Self::OddsRatio => "odds ratio",
            Self::RiskDifference => "risk difference",
        }
    }

    /// From the scale of the variance to the scale that is shown.
    fn shown(self, value: f64) -> f64 {
        match self {
            Self::RiskRatio | Self::OddsRatio => value.exp(),
            Self::RiskDifference => value.clamp(-1.0, 1.0),
        }
    }

    /// Slope of [`Self::shown`].
    fn stretch(self, value: f64) -> f64 {
        match self {
            Self::RiskRatio | Self::OddsRatio => value.exp(),
            Self::RiskDifference => 1.0,
        }
    }
}

//! A year of weekly looks: does any of 52 looks cry wolf?

use candor_stats::looks::confidence_sequence::{ArmTotals, Effect, Side, Tuning, confidence_sequence, difference};
use candor_stats::looks::group_sequential::Spending;
use candor_stats::looks::monitoring::{self, Decision, Look, Plan, monitor};

use super::draws::Draws;
use super::table::{Named, Section, Seen, section as joined};

/// Looks in a year.
const WEEKS: usize = 52;
/// Share of the variance of a unit that lies between clusters.
const CORRELATION: f64 = 0.1;
/// Units of one cluster in one week.
const WEEKLY: f64 = 4.0;

pub fn section(sizes: &[usize], runs: u32) -> Section {
    joined("52 weekly looks (all intervals of the year hold the truth / any look rejects)", sizes, "clusters", runs, study)
}

/// One year; the first rows have independent units that arrive, `count` of them in each arm and week.
fn study(count: usize, run: u64, planted: bool) -> Named {
    let mut seen = arriving(count, &mut Draws::new(31, run), planted);
    seen.extend(clustered(count, &mut Draws::new(32, run), planted));
    seen
}

/// What a year of intervals and tests adds up to.
struct Year {
    held: bool,
    rejected: bool,
}

impl Year {
    fn new() -> Self {
        Self { held: true, rejected: false }
    }

    fn add(&mut self, covers_truth: bool, rejects: bool) {
        self.held &= covers_truth;
        self.rejected |= rejects;
    }

    fn seen(self) -> Seen {
        Seen { covered: Some(self.held), rejected: Some(self.rejected) }
    }
}

fn sequence(year: &mut Year, effect: &Effect, units: f64, truth: f64) {
    let tuning = Tuning { units, alpha: 0.05, side: Side::Both };
    if let Ok(outcome) = confidence_sequence(effect, &tuning)
        && let Some(estimate) = outcome.estimate()
        && let Some(interval) = estimate.interval
    {
        let covers =
            |value: f64| interval.lower.is_none_or(|lower| lower <= value) && interval.upper.is_none_or(|upper| value <= upper);
        year.add(covers(truth), estimate.p_value.is_some_and(|p| p <= 0.05));
    }
}

fn arriving(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let truth = if planted { 0.3 } else { 0.0 };
    let mut arms = [ArmTotals { units: 0.0, sum: 0.0, sum_of_squares: 0.0 }; 2];
    let (mut valid, mut naive) = (Year::new(), Year::new());
    for _ in 0..WEEKS {
        for (arm, totals) in arms.iter_mut().enumerate() {
            for _ in 0..count {
                // Skewed, as hours are: an exponential with mean 1.
                let value = draws.exponential() + truth * arm as f64;
                totals.units += 1.0;
                totals.sum += value;
                totals.sum_of_squares += value * value;
            }
        }
        if let Ok(fitted) = difference(&arms[0], &arms[1])
            && let Some(effect) = fitted.into_fit()
        {
            // Tuned to half a year.
            sequence(&mut valid, &effect, 26.0 * 2.0 * count as f64, truth);
            let z = |null: f64| ((effect.estimate - null) / effect.standard_error).abs() > 1.959_964;
            naive.add(!z(truth), z(0.0));
        }
    }
    vec![
        ("arriving units, skewed: confidence sequence", valid.seen()),
        ("arriving units, skewed: an ordinary interval every week", naive.seen()),
    ]
}

/// The same clusters all year; every week adds units to each of them. Cluster means are compared.
fn clustered(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let truth = if planted { 0.3 } else { 0.0 };
    let sizes: Vec<f64> = draws.sizes(count).iter().map(|size| WEEKLY * *size as f64 / 20.0).collect();
    let common: Vec<f64> = sizes.iter().map(|_| CORRELATION.sqrt() * draws.normal()).collect();
    let mut sums = vec![0.0; count];
    let degrees = count as f64 - 2.0;
    let (mut with_t, mut without, mut naive, mut planned) = (Year::new(), Year::new(), Year::new(), Vec::new());
    for week in 1..=WEEKS {
        for (sum, size) in sums.iter_mut().zip(&sizes) {
            *sum += size * ((1.0 - CORRELATION) / size).sqrt() * draws.normal();
        }
        let mean = |cluster: usize| {
            let arm = if cluster % 2 == 1 { truth } else { 0.0 };
            common[cluster] + arm + sums[cluster] / (sizes[cluster] * week as f64)
        };
        let side = |odd: usize| {
            let means: Vec<f64> = (odd..count).step_by(2).map(mean).collect();
            let units = means.len() as f64;
            let center = means.iter().sum::<f64>() / units;
            (units, center, means.iter().map(|value| (value - center).powi(2)).sum::<f64>())
        };
        let ((n0, mean0, squares0), (n1, mean1, squares1)) = (side(0), side(1));
        let standard_error = ((squares0 + squares1) / degrees * (1.0 / n0 + 1.0 / n1)).sqrt();
        let units = sizes.iter().sum::<f64>() * week as f64;
        let effect = Effect { estimate: mean1 - mean0, standard_error, units, degrees_of_freedom: Some(degrees) };
        let tuned = sizes.iter().sum::<f64>() * 26.0;
        sequence(&mut with_t, &effect, tuned, truth);
        sequence(&mut without, &Effect { degrees_of_freedom: None, ..effect }, tuned, truth);
        let t = |null: f64| ((effect.estimate - null) / standard_error).abs() > critical(degrees);
        naive.add(!t(truth), t(0.0));
        // Information follows from the design: the variance of a cluster mean falls towards the part between clusters.
        let inverse = sizes.iter().map(|size| size.recip()).sum::<f64>() / count as f64;
        let typical = |weeks: f64| 1.0 / (CORRELATION + (1.0 - CORRELATION) * inverse / weeks);
        planned.push(Look {
            information: typical(week as f64) / typical(WEEKS as f64),
            effect: effect.estimate,
            standard_error,
            degrees_of_freedom: Some(degrees),
            last: week == WEEKS,
        });
    }
    let spent = |spending| {
        let side = monitoring::Side { alpha: 0.025, spending };
        let plan = Plan { benefit: side, harm: side, planned_information: 1.0 };
        // Once a quarter: information grows too little from week to week for 52 looks to be planned.
        let quarterly: Vec<Look> = planned.iter().copied().skip(12).step_by(13).collect();
        let mut year = Year::new();
        for judged in monitor(&plan, &quarterly).unwrap_or_default() {
            let covers = judged.interval.lower.is_none_or(|lower| lower <= truth)
                && judged.interval.upper.is_none_or(|upper| truth <= upper);
            year.add(covers, matches!(judged.decision, Decision::Benefit | Decision::Harm));
        }
        year.seen()
    };
    vec![
        ("growing clusters: confidence sequence with Student's t", with_t.seen()),
        ("growing clusters: confidence sequence with normal tails", without.seen()),
        ("growing clusters: an ordinary t interval every week", naive.seen()),
        ("growing clusters: four planned looks, O'Brien-Fleming type", spent(Spending::OBrienFleming)),
        ("growing clusters: four planned looks, Pocock type", spent(Spending::Pocock)),
    ]
}

/// 97.5 % points of Student's t for the degrees of freedom of the table.
fn critical(degrees: f64) -> f64 {
    match degrees as u32 {
        4 => 2.776_445,
        6 => 2.446_912,
        14 => 2.144_787,
        _ => 2.024_394,
    }
}

//! Exact comparisons of two shares: for tables that are too small for any approximation.

use super::risk_difference::checked;
use super::single::within;
use crate::distributions::bisect;
use crate::error::{StatsError, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

use statrs::function::gamma::ln_gamma;

/// Probabilities this close are the same: ties between tables must not hang on rounding.
const SAME: f64 = 1.0 + 1e-7;

/// Above this number of tables under the observed totals the conditional test takes too long as well.
const MOST_CONDITIONAL: u64 = 100_000;

/// Above this number of tables an unconditional test takes too long and says no more than a score test.
const MOST_TABLES: u64 = 4_000_000;

/// Which p-value a conditional exact test gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exact {
    /// All tables as likely as the observed one or less: never rejects too often, often too rarely.
    Fisher,
    /// The observed table counts a half: closer to its level on average, but without the guarantee.
    MidP,
}

/// Tests whether two shares are equal, given the totals, and estimates the odds ratio (Fisher's exact test).
///
/// # Definition
/// Given all totals, the events in the first group are hypergeometric. The p-value sums the probabilities of all tables that are not more likely
/// than the observed one; mid-p halves those that are exactly as likely. The point is the conditional maximum likelihood estimate of the odds
/// ratio, its limits are the odds ratios at which each tail has probability `alpha / 2` (halved for the observed table with mid-p).
///
/// # Input
/// Events and units of the first and of the second group, as pairs.
///
/// # Output
/// An odds ratio with exact limits and p-value against 1. A missing upper limit is infinite.
///
/// # Undefined when
/// A group has no unit. Where the estimate is 0 or infinite the answer is `Insufficient`, and its reason gives p-value and one-sided limit.
/// With more than 100,000 tables under the observed totals a score test says the same, and the answer says so.
///
/// # Assumptions
/// Units are independent.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// Fisher 1935, J. R. Stat. Soc. 98, 39-82; Cornfield 1956 for the limits; Lancaster 1961, J. Am. Stat. Assoc. 56, 223-234, for mid-p.
///
/// # Example
/// Fisher's tea tasting (Agresti 2013, Categorical Data Analysis, table 3.9): 3 of 4 against 1 of 4, two-sided p = 0.486, odds ratio 6.408.
/// ```
/// use candor_stats::proportions::exact::{Exact, odds_ratio};
///
/// let outcome = odds_ratio((3, 4), (1, 4), Exact::Fisher, 0.95)?;
/// let estimate = outcome.estimate().unwrap();
/// assert_eq!((estimate.p_value.unwrap() * 1e3).round(), 486.0);
/// assert_eq!((estimate.point * 1e3).round(), 6408.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn odds_ratio(first: (u64, u64), second: (u64, u64), exact: Exact, level: f64) -> Result<Outcome, StatsError> {
    if let Err(outcome) = checked(first, second, level)? {
        return Ok(*outcome);
    }
    let Some(figures) = figures(first, second, exact, level)? else {
        let reason = "an exact test over so many tables takes too long and says no more than a score test";
        return Ok(Outcome::insufficient("more tables", format!("at most {MOST_CONDITIONAL} tables"), reason));
    };
    let Some(point) = figures.odds_ratio.filter(|ratio| *ratio > 0.0 && ratio.is_finite()) else {
        let known = match (figures.lower > 0.0, figures.upper) {
            (true, None) => format!("odds ratio above {:.4}", figures.lower),
            (false, Some(upper)) => format!("odds ratio below {upper:.4}"),
            _ => "any odds ratio".to_string(),
        };
        return Ok(Outcome::insufficient(
            format!("{} of {} and {} of {} events", first.0, first.1, second.0, second.1),
            "events and non-events in both groups",
            format!(
                "the odds ratio is no finite positive number; exact p = {:.4}, {known} at {} %",
                figures.p_value,
                100.0 * level
            ),
        ));
    };
    let name = if exact == Exact::Fisher { "Fisher's exact test" } else { "mid-p exact test" };
    let mut estimate = Estimate::new(point, format!("conditional odds ratio, {name}"), (first.1 + second.1) as f64);
    estimate.events = Some((first.0 + second.0) as f64);
    estimate.p_value = Some(figures.p_value);
    estimate.interval =
        Some(Interval { lower: Some(figures.lower.min(point)), upper: figures.upper.map(|u| u.max(point)), level });
    Ok(Outcome::Estimate(estimate))
}

/// What a conditional exact test knows, also where the odds ratio is 0 or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactFigures {
    /// Two-sided p-value against an odds ratio of 1.
    pub p_value: f64,
    /// Conditional maximum likelihood estimate; `None` when it is infinite. 0 also where the totals leave one table only.
    pub odds_ratio: Option<f64>,
    /// Lower limit of the odds ratio.
    pub lower: f64,
    /// Upper limit; `None` when it is infinite.
    pub upper: Option<f64>,
}

/// All figures of [`odds_ratio`], without the refusal where the estimate is 0 or infinite; `None` with more than 100,000 tables.
///
/// # Definition
/// As [`odds_ratio`].
///
/// # Input
/// As [`odds_ratio`].
///
/// # Output
/// [`ExactFigures`], also where the estimate is 0 or infinite.
///
/// # Undefined when
/// A group has no unit, or the totals allow more than 100,000 tables: `None`.
///
/// # Assumptions
/// Units are independent.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// As [`odds_ratio`].
///
/// # Example
/// Tea tasting without a mistake (Fisher, The Design of Experiments, 1935, chapter II): 1 of 70 on either side, and an infinite odds ratio.
/// ```
/// use candor_stats::proportions::exact::{Exact, figures};
///
/// let found = figures((4, 4), (0, 4), Exact::Fisher, 0.95)?.unwrap();
/// assert!((found.p_value - 2.0 / 70.0).abs() < 1e-12 && found.odds_ratio.is_none() && found.upper.is_none());
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn figures(first: (u64, u64), second: (u64, u64), exact: Exact, level: f64) -> Result<Option<ExactFigures>, StatsError> {
    within(first.0, first.1, "first")?;
    within(second.0, second.1, "second")?;
    open_unit("level", level)?;
    let Some(law) = Conditional::new(first, second) else { return Ok(None) };
    let own = if exact == Exact::Fisher { 1.0 } else { 0.5 };
    let x = first.0;
    let probabilities = law.probabilities(0.0);
    let observed = law.place(x).and_then(|at| probabilities.get(at)).copied().unwrap_or(0.0);
    let p_value = probabilities
        .iter()
        .map(|p| match p {
            p if *p > observed * SAME => 0.0,
            p if *p * SAME < observed => *p,
            p => own * p,
        })
        .sum::<f64>()
        .clamp(0.0, 1.0);
    let tail = 0.5 * (1.0 - level);
    let solve = |below: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (-700.0, 700.0);
        bisect(&mut low, &mut high, below);
        (0.5 * (low + high)).exp()
    };
    let (at_low, at_high) = (x == law.lowest, x == law.highest());
    let odds_ratio = match (at_low, at_high) {
        (true, _) => Some(0.0),
        (false, true) => None,
        (false, false) => Some(solve(&|log| law.mean(log) < x as f64)),
    };
    let lower = if at_low { 0.0 } else { solve(&|log| law.tail(log, x, true, own) < tail) };
    let upper = (!at_high).then(|| solve(&|log| law.tail(log, x, false, own) > tail));
    Ok(Some(ExactFigures { p_value, odds_ratio, lower, upper }))
}

/// Events in the first group given all totals.
struct Conditional {
    lowest: u64,
    /// Log of the number of ways to each table, by events in the first group from the lowest on.
    ways: Vec<f64>,
}

impl Conditional {
    fn new(first: (u64, u64), second: (u64, u64)) -> Option<Self> {
        let events = first.0 + second.0;
        let (lowest, highest) = (events.saturating_sub(second.1), events.min(first.1));
        if highest - lowest >= MOST_CONDITIONAL {
            return None;
        }
        let ways = (lowest..=highest).map(|x| ln_choose(first.1, x) + ln_choose(second.1, events - x)).collect();
        Some(Self { lowest, ways })
    }

    fn highest(&self) -> u64 {
        self.lowest + self.ways.len() as u64 - 1
    }

    fn place(&self, x: u64) -> Option<usize> {
        x.checked_sub(self.lowest).map(|at| at as usize)
    }

    /// Probabilities of all tables at a log odds ratio.
    fn probabilities(&self, log: f64) -> Vec<f64> {
        let values: Vec<f64> = self.ways.iter().enumerate().map(|(at, ways)| ways + at as f64 * log).collect();
        let most = values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value));
        let raw: Vec<f64> = values.iter().map(|value| (value - most).exp()).collect();
        let total: f64 = raw.iter().sum();
        raw.into_iter().map(|value| value / total).collect()
    }

    fn mean(&self, log: f64) -> f64 {
        self.lowest as f64 + self.probabilities(log).iter().enumerate().map(|(at, p)| at as f64 * p).sum::<f64>()
    }

    /// Probability of `x` or more (or `x` or fewer), the table of `x` itself counted with `own`.
    fn tail(&self, log: f64, x: u64, upper: bool, own: f64) -> f64 {
        let at = self.place(x).unwrap_or(0);
        let part = |(place, p): (usize, &f64)| match place.cmp(&at) {
            std::cmp::Ordering::Equal => own * p,
            std::cmp::Ordering::Greater if upper => *p,
            std::cmp::Ordering::Less if !upper => *p,
            _ => 0.0,
        };
        self.probabilities(log).iter().enumerate().map(part).sum()
    }
}

/// Log of the binomial coefficient.
fn ln_choose(n: u64, k: u64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// Tests whether two shares are equal without fixing the number of events (Boschloo's exact test).
///
/// # Definition
/// One-sided Fisher p-values order the tables. The p-value of a side is the largest probability, over every common share, of a table with a
/// Fisher p-value as small as the observed one; the two-sided p-value is twice the smaller side, at most 1. Never rejects too often, and never
/// has less power than Fisher's test.
///
/// # Input
/// Events and units of the first and of the second group, as pairs; at most 4,000,000 tables, that is `(units_1 + 1) (units_0 + 1)`.
///
/// # Output
/// The difference of the shares as point, with the p-value.
///
/// # Undefined when
/// A group has no unit; there are more tables than the limit: a score test says the same there.
///
/// # Assumptions
/// Units are independent.
///
/// # Errors
/// [`StatsError`] for more events than units.
///
/// # Source
/// Boschloo 1970, "Raised conditional level of significance for the 2x2-table when testing the equality of two probabilities", Statistica Neerlandica 24, 1-9.
///
/// # Example
/// SciPy's documentation of `boschloo_exact` (1.6 and later): 74 of 117 against 31 of 63, one-sided p = 0.0355 where Fisher's is 0.0483.
/// ```
/// let outcome = candor_stats::proportions::exact::boschloo((74, 117), (31, 63))?;
/// let p = outcome.estimate().unwrap().p_value.unwrap();
/// assert!((p / 2.0 - 0.0355).abs() < 2e-4);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn boschloo(first: (u64, u64), second: (u64, u64)) -> Result<Outcome, StatsError> {
    let counts = match checked(first, second, 0.95)? {
        Ok(counts) => counts,
        Err(outcome) => return Ok(*outcome),
    };
    let tables = (first.1 + 1).saturating_mul(second.1 + 1);
    if tables > MOST_TABLES {
        let reason = "an exact test over so many tables takes too long and says no more than a score test";
        return Ok(Outcome::insufficient(format!("{tables} tables"), format!("at most {MOST_TABLES} tables"), reason));
    }
    let lower = one_sided(first, second);
    // The other side is the same test with the groups exchanged.
    let upper = one_sided(second, first);
    let (p1, p0) = counts.shares();
    let mut estimate = Estimate::new(p1 - p0, "risk difference, Boschloo's exact test", counts.n1 + counts.n0);
    estimate.events = Some(counts.x1 + counts.x0);
    estimate.p_value = Some((2.0 * lower.min(upper)).clamp(0.0, 1.0));
    Ok(Outcome::Estimate(estimate))
}

/// Largest probability, over the common share, of a table that speaks at least as much for the first share being smaller.
fn one_sided(first: (u64, u64), second: (u64, u64)) -> f64 {
    let choose = |n: u64| -> Vec<f64> { (0..=n).map(|x| ln_choose(n, x)).collect() };
    let (ways1, ways0) = (choose(first.1), choose(second.1));
    // Fisher's p for "smaller": probability of as few events or fewer in the first group, given their total.
    let mut tables: Vec<(u64, u64, f64)> = Vec::new();
    for events in 0..=first.1 + second.1 {
        let (low, high) = (events.saturating_sub(second.1), events.min(first.1));
        let law: Vec<f64> = (low..=high)
            .map(|x| ways1.get(x as usize).copied().unwrap_or(0.0) + ways0.get((events - x) as usize).copied().unwrap_or(0.0))
            .collect();
        let most = law.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value));
        let total: f64 = law.iter().map(|value| (value - most).exp()).sum();
        let mut sum = 0.0;
        for (x, value) in (low..=high).zip(&law) {
            sum += (value - most).exp() / total;
            tables.push((x, events - x, sum));
        }
    }
    let observed = tables.iter().find(|(x1, x0, _)| *x1 == first.0 && *x0 == second.0).map_or(1.0, |table| table.2);
    // The tables that count, by number of events: at a common share they are equally likely apart from their number of ways.
    let mut by_events: Vec<f64> = vec![0.0; (first.1 + second.1) as usize + 1];
    for (x1, x0, p) in tables {
        if p <= observed * (1.0 + 1e-10)
            && let (Some(sum), Some(a), Some(b)) =
                (by_events.get_mut((x1 + x0) as usize), ways1.get(x1 as usize), ways0.get(x0 as usize))
        {
            // Relative to all ways to this number of events, so that nothing overflows.
            *sum += (a + b - ln_choose(first.1 + second.1, x1 + x0)).exp();
        }
    }
    let all = first.1 + second.1;
    let ways: Vec<f64> = choose(all);
    let size = |share: f64| -> f64 {
        let (yes, no) = (share.ln(), (-share).ln_1p());
        let mass = |(events, ways): (usize, &f64)| {
            let part = by_events.get(events).copied().unwrap_or(0.0);
            if part > 0.0 { part * (ways + events as f64 * yes + (all as f64 - events as f64) * no).exp() } else { 0.0 }
        };
        ways.iter().enumerate().map(mass).sum()
    };
    // The size has several humps: a grid finds the highest, a golden section its top.
    let steps = 1_000.min(20 * all.max(10));
    let best = (1..steps).map(|k| k as f64 / steps as f64).fold((0.5, 0.0), |best, share| {
        let value = size(share);
        if value > best.1 { (share, value) } else { best }
    });
    let (mut low, mut high) = ((best.0 - 1.0 / steps as f64).max(1e-9), (best.0 + 1.0 / steps as f64).min(1.0 - 1e-9));
    let golden = 0.618_033_988_749_894_9;
    let mut most = best.1;
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        let (fa, fb) = (size(a), size(b));
        most = most.max(fa).max(fb);
        if fa > fb {
            high = b;
        } else {
            low = a;
        }
    }
    most.clamp(0.0, 1.0)
}

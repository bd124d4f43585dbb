//! Two shares compared inside strata, with the crude comparison beside it.

use serde::Serialize;

use super::single::within;
use crate::distributions::{chi_squared_upper, normal_critical, normal_two_sided};
use crate::error::{StatsError, open_unit};
use crate::outcome::{Estimate, Interval, Outcome};

/// One stratum, for example one kind of work: events and units of both groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stratum {
    /// Events and units of the first group.
    pub first: (u64, u64),
    /// Events and units of the second group.
    pub second: (u64, u64),
}

/// A statistic that refers to chi-squared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The statistic.
    pub chi_squared: f64,
    /// Its degrees of freedom.
    pub degrees_of_freedom: f64,
    /// Probability of a statistic as large or larger under the hypothesis.
    pub p_value: f64,
}

/// A stratified comparison and the crude one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MantelHaenszel {
    /// Risk ratio common to all strata.
    pub risk_ratio: Outcome,
    /// Odds ratio common to all strata.
    pub odds_ratio: Outcome,
    /// Risk ratio of the pooled table: what one sees without strata. `None` where it is no finite number.
    pub crude_risk_ratio: Option<f64>,
    /// Odds ratio of the pooled table. `None` where it is no finite number.
    pub crude_odds_ratio: Option<f64>,
    /// Test of no association in any stratum (Cochran-Mantel-Haenszel, without continuity correction).
    pub association: Option<Test>,
    /// Test that all strata share one odds ratio (Breslow-Day).
    pub homogeneity: Option<Test>,
    /// What must stand beside the figures: a pooled table that points the other way, strata that differ.
    pub notes: Vec<String>,
}

/// Compares two shares inside strata (Mantel-Haenszel) and shows the crude comparison beside it.
///
/// # Definition
/// With events `x` and units `n` of both groups and `N = n1 + n0` in each stratum, the risk ratio is `sum(x1 n0 / N) / sum(x0 n1 / N)`, the odds ratio
/// `sum(x1 (n0 - x0) / N) / sum(x0 (n1 - x1) / N)`. Limits are symmetric on the log scale, with the variances of Greenland and Robins (risk
/// ratio) and of Robins, Breslow and Greenland (odds ratio).
///
/// # Input
/// One entry per stratum; strata in which a group has no unit say nothing and are skipped.
///
/// # Output
/// Ratios without unit, above 1 when the first group has more events.
///
/// # Undefined when
/// No stratum has units of both groups; a ratio has no events on one of its sides: then that ratio is `Insufficient`.
///
/// # Assumptions
/// Units are independent; one ratio holds in all strata: [`MantelHaenszel::homogeneity`] tests it for the odds ratio.
///
/// # Errors
/// [`StatsError`] for more events than units or a level outside (0, 1).
///
/// # Source
/// Mantel and Haenszel 1959, J. Natl. Cancer Inst. 22, 719-748; Greenland and Robins 1985, Biometrics 41, 55-68, equation (13); Robins, Breslow and Greenland
/// 1986, Biometrics 42, 311-323; Breslow and Day 1980, Statistical Methods in Cancer Research I, equation (4.30).
///
/// # Example
/// Mantel and Haenszel's odds ratio by hand for one table: (3 * 8 / 20) / (2 * 7 / 20).
/// ```
/// use candor_stats::proportions::stratified::{Stratum, mantel_haenszel};
///
/// let pooled = mantel_haenszel(&[Stratum { first: (3, 10), second: (2, 10) }], 0.95)?;
/// assert!((pooled.odds_ratio.point().unwrap() - 24.0 / 14.0).abs() < 1e-12);
/// assert!((pooled.risk_ratio.point().unwrap() - 1.5).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn mantel_haenszel(strata: &[Stratum], level: f64) -> Result<MantelHaenszel, StatsError> {
    open_unit("level", level)?;
    for stratum in strata {
        within(stratum.first.0, stratum.first.1, "strata")?;
        within(stratum.second.0, stratum.second.1, "strata")?;
    }
    let tables: Vec<Table> =
        strata.iter().filter(|stratum| stratum.first.1 > 0 && stratum.second.1 > 0).map(Table::new).collect();
    let crude = strata.iter().fold([0.0; 4], |sum, stratum| {
        let add = [stratum.first.0, stratum.first.1, stratum.second.0, stratum.second.1];
        let mut sum = sum;
        sum.iter_mut().zip(add).for_each(|(sum, value)| *sum += value as f64);
        sum
    });
    let [x1, n1, x0, n0] = crude;
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let crude_risk_ratio = finite((x1 / n1) / (x0 / n0));
    let crude_odds_ratio = finite(x1 * (n0 - x0) / (x0 * (n1 - x1)));
    let risk_ratio = risk_ratio(&tables, level);
    let odds_ratio = odds_ratio(&tables, level);
    let association = association(&tables);
    let homogeneity = odds_ratio.point().and_then(|ratio| homogeneity(&tables, ratio));
    let mut notes = Vec::new();
    if let Some((inside, crude)) = risk_ratio.point().zip(crude_risk_ratio)
        && (inside - 1.0) * (crude - 1.0) < 0.0
    {
        notes.push(format!("the pooled table points the other way: {crude:.3} pooled, {inside:.3} inside the strata"));
    }
    if homogeneity.is_some_and(|test| test.p_value < 0.05) {
        notes.push("the strata differ: no single ratio describes them all".to_string());
    }
    if tables.len() < strata.len() {
        notes.push(format!("{} strata without units of both groups say nothing and were skipped", strata.len() - tables.len()));
    }
    Ok(MantelHaenszel { risk_ratio, odds_ratio, crude_risk_ratio, crude_odds_ratio, association, homogeneity, notes })
}

/// Cells of a stratum in floating point: events and the rest in the first group, then in the second.
struct Table {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

impl Table {
    fn new(stratum: &Stratum) -> Self {
        let ((x1, n1), (x0, n0)) = (stratum.first, stratum.second);
        Self { a: x1 as f64, b: (n1 - x1) as f64, c: x0 as f64, d: (n0 - x0) as f64 }
    }

    fn total(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }
}

fn describe(tables: &[Table], ratio: f64, variance: f64, level: f64, method: &str) -> Outcome {
    // Rounding may leave a variance of 0 by its last digit.
    let variance = variance.max(0.0);
    let error = variance.sqrt();
    let margin = normal_critical(1.0 - level) * error;
    let mut estimate = Estimate::new(ratio, method, tables.iter().map(Table::total).sum());
    estimate.events = Some(tables.iter().map(|table| table.a + table.c).sum());
    estimate.interval = Some(Interval::new(ratio * (-margin).exp(), ratio * margin.exp(), level));
    estimate.variance = Some(variance * ratio * ratio).filter(|variance| variance.is_finite());
    estimate.p_value = Some(normal_two_sided(ratio.ln() / error)).filter(|p| p.is_finite() && error > 0.0);
    Outcome::Estimate(estimate.settled())
}

fn empty(what: &str) -> Outcome {
    let reason = "a ratio over strata needs strata with both groups and events on both of its sides";
    Outcome::insufficient(
        "no event on one side in the strata with both groups",
        "events on both sides",
        format!("{reason} ({what})"),
    )
}

fn risk_ratio(tables: &[Table], level: f64) -> Outcome {
    let (mut top, mut bottom, mut spread) = (0.0, 0.0, 0.0);
    for Table { a, b, c, d } in tables {
        let (n1, n0) = (a + b, c + d);
        let total = n1 + n0;
        top += a * n0 / total;
        bottom += c * n1 / total;
        spread += ((a + c) / total * (n1 / total) * n0) - a * c / total;
    }
    let ratio = top / bottom;
    if !(top > 0.0 && ratio.is_finite()) {
        return empty("risk ratio");
    }
    describe(tables, ratio, spread / (top * bottom), level, "Mantel-Haenszel risk ratio, Greenland-Robins variance")
}

fn odds_ratio(tables: &[Table], level: f64) -> Outcome {
    let (mut r, mut s, mut pr, mut mixed, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for table in tables {
        let Table { a, b, c, d } = table;
        let total = table.total();
        let (agree, differ) = (a * d / total, b * c / total);
        let (p, q) = ((a + d) / total, (b + c) / total);
        r += agree;
        s += differ;
        pr += p * agree;
        mixed += p * differ + q * agree;
        qs += q * differ;
    }
    let ratio = r / s;
    if !(r > 0.0 && ratio.is_finite()) {
        return empty("odds ratio");
    }
    let variance = pr / (2.0 * r * r) + mixed / (2.0 * r * s) + qs / (2.0 * s * s);
    describe(tables, ratio, variance, level, "Mantel-Haenszel odds ratio, Robins-Breslow-Greenland variance")
}

fn association(tables: &[Table]) -> Option<Test> {
    let (mut difference, mut variance) = (0.0, 0.0);
    for table in tables {
        let Table { a, b, c, d } = table;
        let total = table.total();
        difference += a - (a + b) * (a + c) / total;
        if total > 1.0 {
            variance += (a + b) / total * ((c + d) / total) * ((a + c) / (total - 1.0)) * (b + d);
        }
    }
    let chi_squared = difference * difference / variance;
    let p_value = chi_squared_upper(chi_squared, 1.0);
    (variance > 0.0 && chi_squared.is_finite()).then_some(Test { chi_squared, degrees_of_freedom: 1.0, p_value })
}

/// Breslow and Day's statistic at the common odds ratio; `None` with fewer than two strata that say anything.
fn homogeneity(tables: &[Table], ratio: f64) -> Option<Test> {
    let (mut chi_squared, mut used) = (0.0, 0.0);
    for table in tables {
        let Table { a, b, c, d } = table;
        let (n1, n0, events) = (a + b, c + d, a + c);
        if events == 0.0 || events == table.total() {
            continue;
        }
        // The first cell that has the common odds ratio under these margins: the root between its bounds.
        let (mut low, mut high) = ((events - n0).max(0.0), events.min(n1));
        let below = |cell: f64| cell * (n0 - events + cell) < ratio * (n1 - cell) * (events - cell);
        crate::distributions::bisect(&mut low, &mut high, below);
        let cell = 0.5 * (low + high);
        let spread = cell.recip() + (n1 - cell).recip() + (events - cell).recip() + (n0 - events + cell).recip();
        chi_squared += (a - cell) * (a - cell) * spread;
        used += 1.0;
    }
    let degrees_of_freedom = used - 1.0;
    let sound = degrees_of_freedom >= 1.0 && chi_squared.is_finite();
    sound.then(|| Test { chi_squared, degrees_of_freedom, p_value: chi_squared_upper(chi_squared, degrees_of_freedom) })
}

//! Staggered rollouts: effects by adoption group and period that compare only with units that have not adopted.

use std::collections::BTreeMap;

use nalgebra::DVector;

use crate::error::{finite, open_unit, same_length};
use crate::labels::Groups;
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::triangle::Triangle;
use crate::wald::{self, Against};
use crate::{Estimate, StatsError};

/// Rows of a staggered rollout.
#[derive(Debug, Clone, Copy)]
pub struct Rollout<'a> {
    /// Outcome of each row, in any unit.
    pub outcomes: &'a [f64],
    /// Unit of each row: what adopted as a whole.
    pub units: &'a [usize],
    /// Period of each row.
    pub periods: &'a [i64],
    /// First period under treatment of the row's unit; `None` = never. The same in all rows of a unit.
    pub first_treated: &'a [Option<i64>],
    /// Covariates by row; their value in the period that the comparison starts from is used.
    pub covariates: &'a [&'a [f64]],
}

/// With whom an adoption group is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controls {
    /// Units that never adopt within the data.
    Never,
    /// Also units that have not adopted by the later of the two periods compared.
    NotYet,
}

/// Effects by adoption group and period.
///
/// # Definition
/// ATT(g, t) = mean change of group g minus the change that its controls make expected, from the base period to t. Base: the last period
/// before g for t >= g; the period before t for t < g (these are pseudo-effects that should be 0). Expected change: the controls' mean, or with
/// covariates their regression on the covariates (outcome regression). Errors from influence functions of independent units.
///
/// # Input
/// [`Rollout`] rows, one per unit and period. Units that miss a period are left out, as are units treated from the first period on; units that
/// would adopt after the last period count as never treated.
///
/// # Output
/// One [`Cell`] per group and period after the first; summaries in [`super::staggered_summaries`].
///
/// # Undefined when
/// No group adopts within the data, or no cell has controls.
///
/// # Assumptions
/// Parallel trends (given covariates) between each group and its controls; no effect before adoption; adoption is never undone; units are
/// independent. The packages' normal limits cover 84 to 93 % instead of 95 % with 3 to 8 units per group (300 simulated rollouts), so the
/// figures here use the small-sample method: each unit's influence is inflated by sqrt(n_k / (n_k - 1)), n_k being the units that adopt
/// with it (HC2), and limits are Student's t with Welch's degrees of freedom over these cohorts: 93 to 98 % in the same rollouts.
/// [`GroupTime::as_published`] gives the packages' own.
///
/// # Source
/// Callaway and Sant'Anna 2021, Difference-in-Differences with multiple time periods, doi:10.1016/j.jeconom.2020.12.001, equations 2.6 and
/// 2.8; influence function of outcome regression: Sant'Anna and Zhao 2020, doi:10.1016/j.jeconom.2020.06.003, section 3.
///
/// # Example
/// With one adoption date it is the difference of mean changes (source, section 2.2): (5 - 2 and 7 - 3) against (2 - 1 and 4 - 2).
/// ```
/// use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
///
/// let rollout = Rollout {
///     outcomes: &[2.0, 5.0, 3.0, 7.0, 1.0, 2.0, 2.0, 4.0],
///     units: &[1, 1, 2, 2, 3, 3, 4, 4],
///     periods: &[1, 2, 1, 2, 1, 2, 1, 2],
///     first_treated: &[Some(2), Some(2), Some(2), Some(2), None, None, None, None],
///     covariates: &[],
/// };
/// let fitted = GroupTime::fit(&rollout, Controls::Never, 0.95)?;
/// assert!((fitted.fit().unwrap().cells()[0].effect.point - 2.0).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct GroupTime {
    cells: Vec<Cell>,
    pub(crate) level: f64,
    pub(crate) units: usize,
    /// Per cell the influence of each unit; sums of squares / n^2 are variances.
    pub(crate) influence: Vec<DVector<f64>>,
    /// Adoption groups with their share of all units.
    pub(crate) shares: BTreeMap<i64, f64>,
    /// Adoption group of each unit.
    pub(crate) group_of_unit: Vec<Option<i64>>,
    pub(crate) notes: Vec<String>,
    /// Plain influence-function errors and normal limits, as the packages print them.
    published: bool,
}

/// Effect on one adoption group in one period.
#[derive(Debug, Clone)]
pub struct Cell {
    /// First period under treatment of the group.
    pub group: i64,
    /// Period of the effect; before `group` a pseudo-effect.
    pub period: i64,
    /// The effect, in the unit of the outcome.
    pub effect: Estimate,
}

/// Below this number of units a group's normal limits are called too narrow.
const FEW_UNITS: usize = 10;

impl GroupTime {
    /// Estimates all cells; `level` is that of their limits.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name the field; [`StatsError::OutOfRange`] names `level`, `first_treated` when it
    /// differs within a unit, or `units` when a unit has two rows in one period.
    pub fn fit(rollout: &Rollout<'_>, controls: Controls, level: f64) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(rollout, controls, level))
    }

    /// The cells, by group and then period.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    fn try_fit(rollout: &Rollout<'_>, controls: Controls, level: f64) -> Result<Self, Stop> {
        open_unit("level", level)?;
        let (table, mut notes) = Table::read(rollout)?;
        let n = table.rows.len();
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for group in table.groups.iter().flatten() {
            *counts.entry(*group).or_default() += 1;
        }
        if counts.is_empty() {
            return Err(Stop::insufficient(
                "no unit that adopts after the first period",
                "one unit that adopts within the data",
                "an effect of adoption needs units seen before and after it",
            ));
        }
        let shares = counts.iter().map(|(group, count)| (*group, *count as f64 / n as f64)).collect();
        let mut found = Self {
            cells: Vec::new(),
            level,
            units: n,
            influence: Vec::new(),
            shares,
            group_of_unit: table.groups.clone(),
            notes: Vec::new(),
            published: false,
        };
        let mut without = 0;
        for (group, count) in &counts {
            for later in 1..table.periods.len() {
                match table.cell(*group, later, controls) {
                    Some((effect, own)) => {
                        let mut estimate = found.estimate(effect, &own, "one group and period")?;
                        if *count < FEW_UNITS {
                            estimate.notes.push(format!("only {count} units adopt in period {group}"));
                        }
                        found.cells.push(Cell { group: *group, period: table.periods[later], effect: estimate });
                        found.influence.push(own);
                    }
                    None => without += 1,
                }
            }
        }
        if found.cells.is_empty() {
            return Err(Stop::insufficient(
                "no unit left to compare with",
                match controls {
                    Controls::Never => "units that never adopt",
                    Controls::NotYet => "units that adopt later or never",
                },
                "without controls a change over time cannot be told from the effect",
            ));
        }
        if without > 0 {
            notes.push(format!("{without} group-period cells without enough controls were left out"));
        }
        found.notes = notes;
        Ok(found)
    }

    /// The same effects with the packages' errors: plain influence functions and normal limits, too narrow with few units.
    #[must_use]
    pub fn as_published(&self) -> Self {
        let mut published = Self { published: true, ..self.clone() };
        for at in 0..published.cells.len() {
            let effect = published.cells[at].effect.point;
            if let Ok(estimate) = published.estimate(effect, &published.influence[at], "one group and period") {
                published.cells[at].effect = estimate;
            }
        }
        published
    }

    /// An effect with limits from the influence of each unit.
    pub(crate) fn estimate(&self, effect: f64, influence: &DVector<f64>, what: &str) -> Result<Estimate, Stop> {
        let n = self.units as f64;
        let method = format!("group-time effects (Callaway and Sant'Anna), {what}, influence function");
        let mut estimate = if self.published {
            let variance = influence.norm_squared() / (n * n);
            let mut estimate =
                wald::estimate(effect, variance, Against::Normal, (0.0, self.level), format!("{method}, as published"), n)?;
            estimate.notes.push("normal limits as the packages print them: too narrow with few units".to_owned());
            estimate
        } else {
            // Units, and sum of squared influence, of each cohort that takes part.
            let mut cohorts: BTreeMap<Option<i64>, (f64, f64)> = BTreeMap::new();
            for (own, cohort) in influence.iter().zip(&self.group_of_unit) {
                let (units, squares) = cohorts.entry(*cohort).or_insert((0.0, 0.0));
                *units += 1.0;
                *squares += own * own;
            }
            let parts = cohorts.values().filter(|(units, _)| *units > 1.0);
            let parts: Vec<(f64, f64)> =
                parts.map(|(units, squares)| (*units, squares / (n * n) * units / (units - 1.0))).collect();
            let variance: f64 = parts.iter().map(|(_, own)| own).sum();
            let df = 1.0 / parts.iter().map(|(units, own)| (own / variance).powi(2) / (units - 1.0)).sum::<f64>();
            let df = if df.is_finite() { df } else { n - 1.0 };
            let method = format!("{method}, small sample (HC2 by cohort, Welch)");
            wald::estimate(effect, variance, Against::Student(df), (0.0, self.level), method, n)?
        };
        let alone = self.shares.values().filter(|share| **share * n < 1.5).count();
        if alone > 0 {
            estimate
                .notes
                .push(format!("{alone} groups of a single unit: how such units vary cannot be seen and is not in the limits"));
        }
        estimate.clusters = Some(self.units);
        Ok(estimate)
    }
}

/// The rollout as a balanced table: one line per unit, one entry per period.
struct Table<'a> {
    rollout: &'a Rollout<'a>,
    periods: Vec<i64>,
    /// Row of the input per unit and period.
    rows: Vec<Vec<usize>>,
    /// Adoption group per unit; `None` = never within the data.
    groups: Vec<Option<i64>>,
}

impl<'a> Table<'a> {
    fn read(rollout: &'a Rollout<'a>) -> Result<(Self, Vec<String>), Stop> {
        let count = rollout.outcomes.len();
        finite("outcomes", rollout.outcomes)?;
        same_length("units", rollout.units.len(), count)?;
        same_length("periods", rollout.periods.len(), count)?;
        same_length("first_treated", rollout.first_treated.len(), count)?;
        for covariate in rollout.covariates {
            same_length("covariates", covariate.len(), count)?;
            finite("covariates", covariate)?;
        }
        let (units, periods) = (Groups::new(rollout.units), Groups::new(rollout.periods));
        let (Some(start), Some(end)) = (periods.labels.first().copied(), periods.labels.last().copied()) else {
            return Err(Stop::insufficient("0 rows", "units over two periods", "there is nothing to compare"));
        };
        if start == end {
            return Err(Stop::insufficient("1 period", "2 periods", "a change needs a period before and one after"));
        }
        let mut rows = vec![vec![usize::MAX; periods.count()]; units.count()];
        let mut first: Vec<Option<Option<i64>>> = vec![None; units.count()];
        for row in 0..count {
            let (unit, period) = (units.of_row[row], periods.of_row[row]);
            if rows[unit][period] != usize::MAX {
                return Err(StatsError::OutOfRange {
                    argument: "units",
                    value: format!("{} twice in period {}", rollout.units[row], rollout.periods[row]),
                    expected: "one row per unit and period",
                }
                .into());
            }
            rows[unit][period] = row;
            let own = rollout.first_treated[row];
            if first[unit].is_some_and(|known| known != own) {
                return Err(StatsError::OutOfRange {
                    argument: "first_treated",
                    value: format!("{own:?} after another value for unit {}", rollout.units[row]),
                    expected: "the same period in all rows of a unit",
                }
                .into());
            }
            first[unit] = Some(own);
        }
        let (mut kept, mut groups, mut gaps, mut always) = (Vec::new(), Vec::new(), 0, 0);
        for (line, first) in rows.into_iter().zip(first) {
            if line.contains(&usize::MAX) {
                gaps += 1;
                continue;
            }
            match first.flatten() {
                Some(first) if first <= start => always += 1,
                first => {
                    kept.push(line);
                    groups.push(first.filter(|first| *first <= end));
                }
            }
        }
        let mut notes = Vec::new();
        if gaps > 0 {
            notes.push(format!("{gaps} units that miss a period were left out"));
        }
        if always > 0 {
            notes.push(format!("{always} units treated from the first period on were left out"));
        }
        Ok((Self { rollout, periods: periods.labels, rows: kept, groups }, notes))
    }

    /// Effect and influence of each unit for `group` in the period at position `later`; `None` without enough controls.
    fn cell(&self, group: i64, later: usize, controls: Controls) -> Option<(f64, DVector<f64>)> {
        let time = self.periods[later];
        let base = if time < group { later - 1 } else { self.periods.iter().rposition(|period| *period < group)? };
        let horizon = time.max(self.periods[base]);
        let is_control = |own: Option<i64>| match own {
            None => true,
            Some(own) => controls == Controls::NotYet && own != group && own > horizon,
        };
        let change = |unit: usize| self.rollout.outcomes[self.rows[unit][later]] - self.rollout.outcomes[self.rows[unit][base]];
        let treated: Vec<usize> = (0..self.rows.len()).filter(|unit| self.groups[*unit] == Some(group)).collect();
        let compared: Vec<usize> = (0..self.rows.len()).filter(|unit| is_control(self.groups[*unit])).collect();
        if treated.is_empty() || compared.is_empty() {
            return None;
        }
        let n = self.rows.len() as f64;
        let of_treated = n / treated.len() as f64;
        let mut influence = DVector::zeros(self.rows.len());
        let expected = self.expected_change(base, &treated, &compared, change, n, &mut influence)?;
        let effect = treated.iter().map(|unit| change(*unit) - expected(*unit)).sum::<f64>() / treated.len() as f64;
        for unit in &treated {
            influence[*unit] += of_treated * (change(*unit) - expected(*unit) - effect);
        }
        (effect.is_finite() && influence.iter().all(|own| own.is_finite())).then_some((effect, influence))
    }

    /// What the controls make expected for a unit; their part of the influence is added.
    fn expected_change<'t>(
        &'t self,
        base: usize,
        treated: &[usize],
        compared: &[usize],
        change: impl Fn(usize) -> f64,
        n: f64,
        influence: &mut DVector<f64>,
    ) -> Option<impl Fn(usize) -> f64 + 't> {
        let width = self.rollout.covariates.len() + 1;
        let read = move |unit: usize, into: &mut [f64]| {
            into[0] = 1.0;
            for (value, covariate) in into[1..].iter_mut().zip(self.rollout.covariates) {
                *value = covariate[self.rows[unit][base]];
            }
        };
        if compared.len() < width {
            return None;
        }
        let mut x = vec![0.0; width];
        let mut lengths = vec![0.0_f64; width];
        for unit in compared {
            read(*unit, &mut x);
            for (length, value) in lengths.iter_mut().zip(&x) {
                *length = length.hypot(*value);
            }
        }
        let mut triangle = Triangle::new(width);
        let scaled = move |unit: usize, into: &mut [f64]| {
            read(unit, into);
            for (value, length) in into.iter_mut().zip(&lengths) {
                *value = if *length > 0.0 { *value / length } else { 0.0 };
            }
        };
        for unit in compared {
            scaled(*unit, &mut x);
            triangle.absorb(&mut x, change(*unit));
        }
        let inverse = triangle.inverse().ok()?;
        let coefficients = &inverse * triangle.right();
        // Influence through the estimated line: minus (mean x of the treated)' (X'X / n)^-1 x residual, in the scaled columns.
        let mut mean = DVector::<f64>::zeros(width);
        for unit in treated {
            scaled(*unit, &mut x);
            for (sum, value) in mean.iter_mut().zip(&x) {
                *sum += value / treated.len() as f64;
            }
        }
        let lever = &inverse * (inverse.transpose() * mean);
        let fitted = move |unit: usize, x: &mut [f64]| {
            scaled(unit, x);
            x.iter().zip(coefficients.iter()).map(|(x, b)| x * b).sum::<f64>()
        };
        for unit in compared {
            let residual = change(*unit) - fitted(*unit, &mut x);
            let weight: f64 = x.iter().zip(lever.iter()).map(|(x, l)| x * l).sum();
            influence[*unit] -= n * weight * residual;
        }
        Some(move |unit: usize| fitted(unit, &mut vec![0.0; width]))
    }
}

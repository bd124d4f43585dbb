//! Rows of units over periods, as difference in differences and event studies read them.

use crate::error::{finite, same_length};
use crate::labels::{Groups, within};
use crate::refusal::Stop;
use crate::regression::Regressors;

/// Outcomes of units over periods, one row per unit and period; rows may come in any order and need not be complete.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Outcome of each row, in any unit.
    pub outcomes: &'a [f64],
    /// Unit of each row: what was treated as a whole, for example a team. Units are the clusters.
    pub units: &'a [usize],
    /// Period of each row, for example months from the roll-out; may be negative.
    pub periods: &'a [i64],
}

/// A panel whose unit effects are taken out of everything.
pub(crate) struct Within {
    pub(crate) units: Groups,
    pub(crate) periods: Groups<i64>,
    sizes: Vec<usize>,
}

impl Panel<'_> {
    /// Checks the shape and finds units and periods.
    pub(crate) fn open(&self) -> Result<Within, Stop> {
        let rows = self.outcomes.len();
        finite("outcomes", self.outcomes)?;
        same_length("units", self.units.len(), rows)?;
        same_length("periods", self.periods.len(), rows)?;
        let units = Groups::new(self.units);
        let sizes = units.sizes();
        Ok(Within { periods: Groups::new(self.periods), units, sizes })
    }
}

impl Within {
    /// `values` minus the mean of their unit.
    pub(crate) fn deviations(&self, mut values: Vec<f64>) -> Vec<f64> {
        within(&mut values, &self.units.of_row, &self.sizes);
        values
    }

    /// Adds one column per period except the one at position `reference`, unit effects taken out.
    pub(crate) fn with_periods<'r>(&self, right: Regressors<'r>, reference: usize) -> Result<Regressors<'r>, Stop> {
        let others = (0..self.periods.count()).filter(|position| *position != reference);
        let add = |right: Regressors<'r>, position: usize| {
            let name = format!("period {}", self.periods.labels[position]);
            right.column(name, self.deviations(indicator(&self.periods.of_row, |own| own == position)))
        };
        Ok(others.into_iter().try_fold(right, add)?)
    }
}

/// 1 where `holds`, else 0.
pub(crate) fn indicator(values: &[usize], holds: impl Fn(usize) -> bool) -> Vec<f64> {
    values.iter().map(|value| f64::from(u8::from(holds(*value)))).collect()
}

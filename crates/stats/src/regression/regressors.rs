//! The right-hand side of a regression: named columns of equal length.

use std::borrow::Cow;

use crate::StatsError;
use crate::error::{finite, same_length};
use crate::labels::Groups;

/// Named columns with one entry per row, in the order in which they enter the model.
///
/// # Example
/// ```
/// use candor_stats::regression::Regressors;
///
/// let ai = [0.0, 1.0, 1.0];
/// let right = Regressors::with_intercept(3).column("ai", &ai)?;
/// assert_eq!(right.names(), ["intercept", "ai"]);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Regressors<'a> {
    rows: usize,
    names: Vec<String>,
    columns: Vec<Cow<'a, [f64]>>,
}

impl<'a> Regressors<'a> {
    /// No column yet, for `rows` rows.
    #[must_use]
    pub fn without_intercept(rows: usize) -> Self {
        Self { rows, names: Vec::new(), columns: Vec::new() }
    }

    /// One column of ones called `intercept`, for `rows` rows.
    #[must_use]
    pub fn with_intercept(rows: usize) -> Self {
        Self { rows, names: vec!["intercept".to_owned()], columns: vec![Cow::Owned(vec![1.0; rows])] }
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when it has another number of rows, [`StatsError::NotFinite`] when a value is not finite; both
    /// name the argument `values`.
    pub fn column(mut self, name: impl Into<String>, values: impl Into<Cow<'a, [f64]>>) -> Result<Self, StatsError> {
        let values = values.into();
        same_length("values", values.len(), self.rows)?;
        finite("values", &values)?;
        self.names.push(name.into());
        self.columns.push(values);
        Ok(self)
    }

    /// Adds one 0/1 column for each label except `reference` (a fixed effect); a column is called `prefix` and its label.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when `labels` has another number of rows.
    pub fn dummies(mut self, prefix: &str, labels: &[usize], reference: usize) -> Result<Self, StatsError> {
        same_length("labels", labels.len(), self.rows)?;
        for label in Groups::new(labels).labels.into_iter().filter(|label| *label != reference) {
            self.names.push(format!("{prefix}{label}"));
            self.columns.push(Cow::Owned(labels.iter().map(|own| f64::from(u8::from(*own == label))).collect()));
        }
        Ok(self)
    }

    /// Names of the columns, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Position of the column with this name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// Writes row `row` into `into`, which has one entry per column.
    pub(crate) fn read_row(&self, row: usize, into: &mut [f64]) {
        for (value, column) in into.iter_mut().zip(&self.columns) {
            *value = column[row];
        }
    }

    /// Euclidean length of each column, computed so that no square overflows.
    pub(crate) fn lengths(&self) -> Vec<f64> {
        let length = |column: &Cow<'a, [f64]>| {
            let largest = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            if largest == 0.0 { 0.0 } else { largest * column.iter().map(|value| (value / largest).powi(2)).sum::<f64>().sqrt() }
        };
        self.columns.iter().map(length).collect()
    }
}

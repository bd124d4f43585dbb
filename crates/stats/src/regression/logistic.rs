//! Logistic regression: the probability of a yes as a function of columns, for propensities and compliance.

use super::generalised::{Family, Generalised};
use super::regressors::Regressors;
use crate::error::{open_unit, same_length};
use crate::refusal::{Fitted, Stop, fitted, outcome};
use crate::wald::{self, Against};
use crate::{Outcome, StatsError};

/// A fitted logistic model.
#[derive(Debug, Clone)]
pub struct Logistic<'a> {
    pub(crate) model: Generalised<'a>,
}

impl<'a> Logistic<'a> {
    /// Fits log(p / (1 - p)) = X b by maximum likelihood.
    ///
    /// # Definition
    /// Fisher scoring until deviance and coefficients settle, at most 100 steps.
    ///
    /// # Input
    /// `yes`: one 0 or 1 per row. Coefficients are log odds ratios per unit of the column.
    ///
    /// # Output
    /// Log odds ratios and fitted probabilities; positive = the yes becomes more likely.
    ///
    /// # Undefined when
    /// The columns separate yes from no (no finite maximum), a column is a combination of others, or there are not more rows than columns.
    ///
    /// # Assumptions
    /// Rows are independent; the log odds are linear in the columns.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] and [`StatsError::OutOfRange`] name `yes`.
    ///
    /// # Source
    /// McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, section 2.5; separation: Albert and Anderson 1984,
    /// doi:10.1093/biomet/71.1.1.
    ///
    /// # Example
    /// With one 0/1 column the coefficient is the log odds ratio: for the two-by-two table of Fisher's tea tasting (3, 1; 1, 3; Fisher, The
    /// Design of Experiments, 1935, section 5) it is log 9, with the error sqrt(1/3 + 1 + 1 + 1/3).
    /// ```
    /// use candor_stats::regression::{Regressors, logistic::Logistic};
    ///
    /// let (x, yes) = ([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    /// let fitted = Logistic::fit(&yes, Regressors::with_intercept(8).column("x", &x)?)?;
    /// let outcome = fitted.fit().unwrap().coefficient("x", 0.95)?;
    /// let estimate = outcome.estimate().unwrap();
    /// assert!((estimate.point - 9.0_f64.ln()).abs() < 1e-9 && (estimate.variance.unwrap() - 8.0 / 3.0).abs() < 1e-9);
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn fit(yes: &[f64], regressors: Regressors<'a>) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(yes, regressors))
    }

    pub(crate) fn try_fit(yes: &[f64], regressors: Regressors<'a>) -> Result<Self, Stop> {
        same_length("yes", yes.len(), regressors.rows())?;
        binary("yes", yes)?;
        Ok(Self { model: Generalised::fit(Family::Binomial, yes, None, regressors)? })
    }

    /// Coefficient of the column with this name, a log odds ratio.
    #[must_use]
    pub fn log_odds_ratio(&self, name: &str) -> Option<f64> {
        self.model.regressors.position(name).map(|at| self.model.coefficients[at])
    }

    /// Fitted probability of a yes, per row.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        &self.model.means
    }

    /// Estimates the coefficient with this name with limits from the inverse information (normal).
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `name` when there is no such column and `level` when it is not between 0 and 1.
    pub fn coefficient(&self, name: &str, level: f64) -> Result<Outcome, StatsError> {
        open_unit("level", level)?;
        let at = self.model.regressors.position(name).ok_or_else(|| StatsError::OutOfRange {
            argument: "name",
            value: name.to_owned(),
            expected: "the name of a column of the regression",
        })?;
        let variance = self.model.contrast(at).norm_squared();
        let rows = self.model.regressors.rows() as f64;
        outcome(wald::estimate(self.model.coefficients[at], variance, Against::Normal, (0.0, level), "logistic regression", rows))
    }
}

/// Checks that every value is 0 or 1.
pub(crate) fn binary(argument: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().find(|value| **value != 0.0 && **value != 1.0) {
        Some(value) => Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "only 0 and 1" }),
        None => Ok(()),
    }
}

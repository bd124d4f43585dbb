//! Interrupted time series: one series before and after a change, with errors that allow for memory in the series.

use crate::error::{finite, same_length};
use crate::refusal::{Fitted, Stop, fitted};
use crate::regression::{Errors, LeastSquares, Regressors};
use crate::{Outcome, StatsError};

/// A fitted segmented regression; columns `intercept`, `time`, `level_change` and `slope_change`.
///
/// # Definition
/// outcome = a + b time + c after + d (time - last time before), c being the jump and d the change of slope per unit of time; Newey-West
/// errors with Bartlett weights, limits from Student's t with n - 4 degrees.
///
/// # Input
/// One outcome per time, times ascending in equal steps (weeks); `change` is the first time under the new policy. The jump is that of a line
/// extended to the last time before.
///
/// # Output
/// Jump in the unit of the outcome, change of slope in that unit per unit of time.
///
/// # Undefined when
/// There are fewer than two times on a side, or fewer than five in all.
///
/// # Assumptions
/// Nothing else changed at that time, and the trend before would have gone on: without a control series this cannot be checked, so the
/// figure is an association in time and no effect. Newey-West errors are too small with short series and strong memory: look at
/// [`Interrupted::durbin_watson`].
///
/// # Source
/// Wagner, Soumerai, Zhang and Ross-Degnan 2002, doi:10.1046/j.1365-2710.2002.00430.x; Newey and West 1987, doi:10.2307/1913610; default lag:
/// Newey and West 1994, doi:10.2307/2297912.
///
/// # Example
/// A straight line that jumps by 5 and then rises by 2 more per week.
/// ```
/// use candor_stats::designs::interrupted_series::Interrupted;
///
/// let times = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
/// let outcomes = [1.0, 2.1, 2.9, 4.0, 12.0, 15.1, 17.9, 21.0];
/// let fitted = Interrupted::fit(&outcomes, &times, 5.0)?;
/// let fit = fitted.fit().unwrap();
/// let (jump, slope) = (fit.level_change(2, 0.95)?, fit.slope_change(2, 0.95)?);
/// assert!((jump.point().unwrap() - 5.0).abs() < 0.15 && (slope.point().unwrap() - 2.0).abs() < 0.1);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Interrupted {
    model: LeastSquares<'static>,
}

impl Interrupted {
    /// Fits the series.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name `outcomes` or `times`; [`StatsError::OutOfRange`] names `times` when they
    /// do not ascend, or `change` when it is not finite.
    pub fn fit(outcomes: &[f64], times: &[f64], change: f64) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(outcomes, times, change))
    }

    fn try_fit(outcomes: &[f64], times: &[f64], change: f64) -> Result<Self, Stop> {
        finite("outcomes", outcomes)?;
        same_length("times", times.len(), outcomes.len())?;
        finite("times", times)?;
        if !change.is_finite() {
            return Err(
                StatsError::OutOfRange { argument: "change", value: change.to_string(), expected: "a finite time" }.into()
            );
        }
        if let Some(pair) = times.windows(2).find(|pair| pair[0] >= pair[1]) {
            let value = format!("{} after {}", pair[1], pair[0]);
            return Err(StatsError::OutOfRange { argument: "times", value, expected: "ascending times" }.into());
        }
        let before = times.iter().filter(|time| **time < change).count();
        let after = times.len() - before;
        if before < 2 || after < 2 {
            return Err(Stop::insufficient(
                format!("{before} times before and {after} after the change"),
                "2 times on each side",
                "a trend on each side needs two points there",
            ));
        }
        let last = times[before - 1];
        let level = times.iter().map(|time| f64::from(u8::from(*time >= change))).collect::<Vec<_>>();
        let slope = times.iter().map(|time| if *time >= change { time - last } else { 0.0 }).collect::<Vec<_>>();
        let right = Regressors::with_intercept(times.len())
            .column("time", times.to_vec())?
            .column("level_change", level)?
            .column("slope_change", slope)?;
        Ok(Self { model: LeastSquares::try_fit(outcomes, right)? })
    }

    /// Lag of Newey and West's rule, floor(4 (n / 100)^(2/9)).
    #[must_use]
    pub fn default_lag(&self) -> usize {
        (4.0 * (self.model.regressors().rows() as f64 / 100.0).powf(2.0 / 9.0)) as usize
    }

    /// The regression.
    #[must_use]
    pub fn regression(&self) -> &LeastSquares<'static> {
        &self.model
    }

    /// Durbin-Watson statistic of the residuals; below about 1.5 the series has a memory that the errors may not catch.
    #[must_use]
    pub fn durbin_watson(&self) -> Option<f64> {
        self.model.durbin_watson()
    }

    /// Estimates the jump at the change, with the errors multiplied by n / (n - 4).
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn level_change(&self, lag: usize, level: f64) -> Result<Outcome, StatsError> {
        self.named("level_change", lag, level)
    }

    /// Estimates the change of slope per unit of time.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn slope_change(&self, lag: usize, level: f64) -> Result<Outcome, StatsError> {
        self.named("slope_change", lag, level)
    }

    fn named(&self, name: &str, lag: usize, level: f64) -> Result<Outcome, StatsError> {
        match self.model.covariance(&Errors::NeweyWest { lag, adjusted: true })? {
            Fitted::Fit(covariance) => Ok(match covariance.coefficient(name, level)? {
                Outcome::Estimate(mut estimate) => {
                    estimate
                        .notes
                        .push("a change in time, not an effect: nothing shows what would have happened without it".to_owned());
                    if self.durbin_watson().is_some_and(|statistic| statistic < 1.5) {
                        estimate.notes.push(
                            "the residuals remember: Durbin-Watson is below 1.5, so the limits may be too narrow".to_owned(),
                        );
                    }
                    Outcome::Estimate(estimate)
                }
                other => other,
            }),
            Fitted::Refused(outcome) => Ok(outcome),
        }
    }
}

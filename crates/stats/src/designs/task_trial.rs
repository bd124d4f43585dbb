//! METR's design: tasks randomised to AI allowed or not within developers, compared in log time given the forecast.

use crate::error::{finite, open_unit, same_length};
use crate::refusal::{Fitted, Stop, fitted, outcome};
use crate::regression::{Correction, Covariance, Errors, LeastSquares, Regressors};
use crate::wald::{self, Against};
use crate::{Estimate, Interval, Outcome, StatsError};

/// One row per task.
#[derive(Debug, Clone, Copy)]
pub struct Tasks<'a> {
    /// Developer of each task: the cluster.
    pub developers: &'a [usize],
    /// Whether AI was allowed, as assigned and never as complied.
    pub ai_allowed: &'a [bool],
    /// Forecast before assignment of the minutes without AI, above 0.
    pub forecast_minutes: &'a [f64],
    /// Minutes until the task was handed to review, 0 or more.
    pub initial_minutes: &'a [f64],
    /// Minutes after review; `None` where they are not known.
    pub post_review_minutes: &'a [Option<f64>],
}

/// A fitted task trial: the columns are `intercept`, `ai_allowed` and `log_forecast`.
///
/// # Definition
/// log(initial + post-review minutes) = a + b AI allowed + c log(forecast minutes), by least squares; missing post-review minutes are set
/// to the mean of their arm before the logarithm. The effect is exp(b) - 1: above 0 means slower with AI.
///
/// # Input
/// [`Tasks`] rows of finished tasks. Dropping tasks by arm would bias the comparison: show the finished share of each arm beside it.
///
/// # Output
/// exp(b) - 1: the share of time that AI adds (negative: saves), with limits on the same scale; the log scale in [`TaskTrial::regression`].
///
/// # Undefined when
/// An arm is empty or has missing minutes only; all forecasts are equal; four tasks or fewer.
///
/// # Assumptions
/// Tasks were assigned by lot; a developer's tasks depend on each other, developers do not. The published errors (CR1S with z = 1.96) are
/// too small with 16 developers: on METR's own data they exclude 0 (p = 0.031) and CR2 does not (p = 0.053).
///
/// # Source
/// Becker, Rush, Barnes and Rein 2025, Measuring the Impact of Early-2025 AI on Experienced Open-Source Developer Productivity,
/// arXiv:2507.09089, section 2.3; CR2: Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004.
///
/// # Example
/// Equal forecasts within pairs and AI tasks that take 1.19 times as long give the paper's headline: 19 % slower.
/// ```
/// use candor_stats::designs::task_trial::{TaskTrial, Tasks};
///
/// let (forecast, plain) = ([30.0, 30.0, 60.0, 60.0, 90.0, 90.0], [30.0, 35.7, 66.0, 78.54, 80.0, 95.2]);
/// let tasks = Tasks {
///     developers: &[1, 1, 2, 2, 3, 3],
///     ai_allowed: &[false, true, false, true, false, true],
///     forecast_minutes: &forecast,
///     initial_minutes: &plain,
///     post_review_minutes: &[Some(0.0); 6],
/// };
/// let fitted = TaskTrial::fit(&tasks)?;
/// let outcome = fitted.fit().unwrap().effect(0.95)?;
/// assert!((outcome.point().unwrap() - 0.19).abs() < 1e-9);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TaskTrial {
    model: LeastSquares<'static>,
    developers: Vec<usize>,
    /// Mean post-review minutes of the arm without and with AI.
    means: [Option<f64>; 2],
    missing: usize,
}

const ARM: &str = "ai_allowed";

impl TaskTrial {
    /// Fits the trial.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`], [`StatsError::NotFinite`] and [`StatsError::OutOfRange`] name the field; minutes of 0 in all have no
    /// logarithm.
    pub fn fit(tasks: &Tasks<'_>) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(tasks))
    }

    fn try_fit(tasks: &Tasks<'_>) -> Result<Self, Stop> {
        let count = tasks.developers.len();
        same_length("ai_allowed", tasks.ai_allowed.len(), count)?;
        same_length("forecast_minutes", tasks.forecast_minutes.len(), count)?;
        same_length("initial_minutes", tasks.initial_minutes.len(), count)?;
        same_length("post_review_minutes", tasks.post_review_minutes.len(), count)?;
        finite("forecast_minutes", tasks.forecast_minutes)?;
        finite("initial_minutes", tasks.initial_minutes)?;
        let known: Vec<f64> = tasks.post_review_minutes.iter().map(|minutes| minutes.unwrap_or(0.0)).collect();
        finite("post_review_minutes", &known)?;
        range("forecast_minutes", tasks.forecast_minutes, |value| value > 0.0, "minutes above 0")?;
        range("initial_minutes", tasks.initial_minutes, |value| value >= 0.0, "minutes of 0 or more")?;
        range("post_review_minutes", &known, |value| value >= 0.0, "minutes of 0 or more")?;
        let mean = |which: bool| {
            let own = tasks.post_review_minutes.iter().zip(tasks.ai_allowed).filter(|(_, arm)| **arm == which);
            let own: Vec<f64> = own.filter_map(|(minutes, _)| *minutes).collect();
            (!own.is_empty()).then(|| super::two_arms::mean(&own))
        };
        let means = [mean(false), mean(true)];
        let mut log_total = Vec::with_capacity(count);
        for (row, initial) in tasks.initial_minutes.iter().enumerate() {
            let own = tasks.post_review_minutes[row].or(means[usize::from(tasks.ai_allowed[row])]);
            let Some(own) = own else {
                return Err(Stop::insufficient(
                    "an arm without any known post-review minutes",
                    "one known value per arm",
                    "missing minutes are filled with the mean of their arm, and there is none",
                ));
            };
            let total = initial + own;
            if total <= 0.0 {
                return Err(StatsError::OutOfRange {
                    argument: "initial_minutes",
                    value: format!("{initial} in row {row} and no minutes after review"),
                    expected: "a total above 0, which has a logarithm",
                }
                .into());
            }
            log_total.push(total.ln());
        }
        let arm: Vec<f64> = tasks.ai_allowed.iter().map(|arm| f64::from(u8::from(*arm))).collect();
        let forecast: Vec<f64> = tasks.forecast_minutes.iter().map(|minutes| minutes.ln()).collect();
        let right = Regressors::with_intercept(count).column(ARM, arm)?.column("log_forecast", forecast)?;
        let model = LeastSquares::try_fit(&log_total, right)?;
        let missing = tasks.post_review_minutes.iter().filter(|minutes| minutes.is_none()).count();
        Ok(Self { model, developers: tasks.developers.to_vec(), means, missing })
    }

    /// The regression on the log scale.
    #[must_use]
    pub fn regression(&self) -> &LeastSquares<'static> {
        &self.model
    }

    /// Mean post-review minutes that missing ones were set to, without and with AI.
    #[must_use]
    pub fn imputed(&self) -> [Option<f64>; 2] {
        self.means
    }

    /// Number of tasks whose post-review minutes were missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Estimates the effect with the small-sample method: clusters by developer, CR2, Satterthwaite's t. The one to report.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn effect(&self, level: f64) -> Result<Outcome, StatsError> {
        let errors = Errors::Clustered { by: &self.developers, correction: Correction::Cr2 };
        outcome(self.covariance(&errors).and_then(|covariance| self.shown(covariance.try_contrast(&[(ARM, 1.0)], level)?)))
    }

    /// Estimates the effect as published: any errors of the design with normal limits, whatever the number of developers.
    ///
    /// METR prints homoskedastic, HC3 and CR1S errors.
    ///
    /// # Definition
    /// exp(b) - 1 with limits exp(b -/+ z se) - 1, z the normal quantile; se homoskedastic, HC3 or CR1S by developer.
    ///
    /// # Input
    /// One of [`PublishedErrors`]; the level of the limits in (0, 1).
    ///
    /// # Output
    /// The share of time that AI adds (negative: saves), with its limits.
    ///
    /// # Undefined when
    /// As [`TaskTrial`]; with [`PublishedErrors::Clustered`] also where there is only one developer.
    ///
    /// # Assumptions
    /// As many developers as normal limits need: 16 are too few, so [`Self::effect`] stands beside it.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    ///
    /// # Source
    /// Becker, Rush, Barnes and Rein 2025, arXiv:2507.09089, section 2.3.
    ///
    /// # Example
    /// The paper's headline, 19 % slower, in tasks that take 1.19 times as long with AI.
    /// ```
    /// use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};
    ///
    /// let tasks = Tasks {
    ///     developers: &[1, 1, 2, 2, 3, 3],
    ///     ai_allowed: &[false, true, false, true, false, true],
    ///     forecast_minutes: &[30.0, 30.0, 60.0, 60.0, 90.0, 90.0],
    ///     initial_minutes: &[30.0, 35.7, 66.0, 78.54, 80.0, 95.2],
    ///     post_review_minutes: &[Some(0.0); 6],
    /// };
    /// let fitted = TaskTrial::fit(&tasks)?;
    /// let outcome = fitted.fit().unwrap().published(&PublishedErrors::Homoskedastic, 0.95)?;
    /// assert!((outcome.point().unwrap() - 0.19).abs() < 1e-9);
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn published(&self, errors: &PublishedErrors, level: f64) -> Result<Outcome, StatsError> {
        outcome(self.try_published(*errors, level).and_then(|log| self.shown(log)))
    }

    /// [`Self::published`] on the log scale: the coefficient itself.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn published_log(&self, errors: &PublishedErrors, level: f64) -> Result<Outcome, StatsError> {
        outcome(self.try_published(*errors, level))
    }

    fn try_published(&self, errors: PublishedErrors, level: f64) -> Result<Estimate, Stop> {
        open_unit("level", level)?;
        let errors = match errors {
            PublishedErrors::Homoskedastic => Errors::Homoskedastic,
            PublishedErrors::Hc3 => Errors::Hc3,
            PublishedErrors::Clustered => Errors::Clustered { by: &self.developers, correction: Correction::Cr1s },
        };
        let covariance = self.covariance(&errors)?;
        let own = covariance.try_contrast(&[(ARM, 1.0)], level)?;
        let (variance, method) = (own.variance.unwrap_or(f64::NAN), format!("{}, normal limits as published", own.method));
        let mut estimate = wald::estimate(own.point, variance, Against::Normal, (0.0, level), method, own.units)?;
        estimate.clusters = own.clusters;
        estimate.notes.splice(0..0, own.notes);
        Ok(estimate)
    }

    fn covariance(&self, errors: &Errors<'_>) -> Result<Covariance<'_, 'static>, Stop> {
        Covariance::new(&self.model, errors)
    }

    /// From the log scale to the share of time that AI adds.
    fn shown(&self, log: Estimate) -> Result<Estimate, Stop> {
        let point = log.point.exp_m1();
        if !point.is_finite() {
            return Err(Stop::overflow());
        }
        let raised = |limit: Option<f64>| limit.map(f64::exp_m1).filter(|limit| limit.is_finite());
        let interval = log.interval.map(|own| Interval { lower: raised(own.lower), upper: raised(own.upper), level: own.level });
        let mut notes = log.notes;
        if self.missing > 0 {
            notes.push(format!("{} missing post-review times were set to the mean of their arm", self.missing));
        }
        if interval.is_some_and(|interval| interval.lower.is_none() || interval.upper.is_none()) {
            notes.push("the effect is so uncertain that a limit is too large to be a number".to_owned());
        }
        let method = format!("task trial, exp(b) - 1: {}", log.method);
        Ok(Estimate { point, interval, variance: None, method, notes, ..log })
    }
}

/// Errors that METR's script prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedErrors {
    /// Equal variances, independent tasks.
    Homoskedastic,
    /// HC3, independent tasks.
    Hc3,
    /// CR1S by developer.
    Clustered,
}

fn range(
    argument: &'static str,
    values: &[f64],
    allowed: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<(), StatsError> {
    match values.iter().find(|value| !allowed(**value)) {
        Some(value) => Err(StatsError::OutOfRange { argument, value: value.to_string(), expected }),
        None => Ok(()),
    }
}

//! Self-chosen use of AI: differences after adjustment for what is known. None of these figures is an effect.

use nalgebra::DVector;

use super::two_arms;
use crate::error::{finite, open_unit, same_length};
use crate::labels::Groups;
use crate::refusal::{Fitted, Stop, fitted, outcome};
use crate::regression::logistic::Logistic;
use crate::regression::{Errors, LeastSquares, Regressors};
use crate::wald::{self, Against};
use crate::{Estimate, Outcome, StatsError};

/// Adjusted comparison of units that chose with units that did not.
///
/// # Definition
/// e(x): logistic propensity; m1, m0: least squares of the outcome on the covariates among users and others.
/// - inverse weighting: weighted mean of users with weights 1/e minus that of the others with weights 1/(1-e), weights normalised;
/// - outcome regression: mean of m1 - m0 over all units;
/// - doubly robust (AIPW): mean of m1 - m0 + T (y - m1) / e - (1-T) (y - m0) / (1-e): right when either model is.
///
/// Errors from influence functions that include the estimation of e, m1 and m0; normal limits, or Student's t with G - 1 degrees when rows
/// are clustered.
///
/// # Input
/// One outcome and one flag of use per row; covariates from **before** the choice, by name.
///
/// # Output
/// Average difference over all rows, users minus others, in the unit of the outcome. See [`Overlap`] before reading it.
///
/// # Undefined when
/// The covariates separate users from others (no overlap), an arm has too few rows for its regression, a covariate does not vary.
///
/// # Assumptions
/// No unmeasured cause of both use and outcome. This cannot be checked: each estimate carries a note that it is an association, and
/// [`super::e_value`] says how strong such a cause would have to be.
///
/// # Source
/// Lunceford and Davidian 2004, doi:10.1002/sim.1903, sections 2 and 3; Robins, Rotnitzky and Zhao 1994, doi:10.1080/01621459.1994.10476818;
/// trimming: Crump, Hotz, Imbens and Mitnik 2009, doi:10.1093/biomet/asn055.
///
/// # Example
/// Use that depends on nothing: weighting by the true shares changes nothing about the difference of means (Lunceford and Davidian 2004,
/// section 2, with a constant propensity).
/// ```
/// use candor_stats::designs::observational::Observational;
///
/// let y = [1.0, 2.0, 3.0, 4.0, 2.0, 3.0, 4.0, 5.0];
/// let x = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0];
/// let used = [false, false, false, false, true, true, true, true];
/// let fitted = Observational::fit(&y, &used, &[("x", &x)])?;
/// let outcome = fitted.fit().unwrap().doubly_robust(None, 0.95)?;
/// assert!((outcome.point().unwrap() - 1.0).abs() < 1e-9);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Observational {
    outcomes: Vec<f64>,
    used: Vec<bool>,
    names: Vec<String>,
    covariates: Vec<Vec<f64>>,
    propensity: Logistic<'static>,
    /// Outcome models of the others and of the users.
    models: [LeastSquares<'static>; 2],
    /// Rows left out by trimming.
    trimmed: usize,
}

/// How far users and others can be compared at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap {
    /// Smallest and largest propensity among the others.
    pub others: [f64; 2],
    /// Smallest and largest propensity among the users.
    pub users: [f64; 2],
    /// Share of rows with a propensity below 0.1 or above 0.9.
    pub extreme_share: f64,
    /// Rows by tenth of the propensity: (others, users) in 0 to 0.1, 0.1 to 0.2 and so on.
    pub tenths: [(usize, usize); 10],
    /// (sum of weights)^2 / sum of squared weights of the others and of the users: how many equally weighted rows they are worth.
    pub effective_rows: [f64; 2],
}

/// Propensities that Crump and others' rule of thumb keeps.
pub const USUAL_TRIM: [f64; 2] = [0.1, 0.9];

const NOT_AN_EFFECT: &str = "self-chosen use: an adjusted association, not an effect";

impl Observational {
    /// Fits propensity and outcome models.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`] and [`StatsError::LengthMismatch`] name `outcomes`, `used` or `covariates`.
    pub fn fit(outcomes: &[f64], used: &[bool], covariates: &[(&str, &[f64])]) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(outcomes, used, covariates))
    }

    fn try_fit(outcomes: &[f64], used: &[bool], covariates: &[(&str, &[f64])]) -> Result<Self, Stop> {
        finite("outcomes", outcomes)?;
        same_length("used", used.len(), outcomes.len())?;
        for (_, values) in covariates {
            same_length("covariates", values.len(), outcomes.len())?;
            finite("covariates", values)?;
        }
        let names: Vec<String> = covariates.iter().map(|(name, _)| (*name).to_owned()).collect();
        let covariates: Vec<Vec<f64>> = covariates.iter().map(|(_, values)| values.to_vec()).collect();
        Self::from_parts(outcomes.to_vec(), used.to_vec(), names, covariates, 0)
    }

    fn from_parts(
        outcomes: Vec<f64>,
        used: Vec<bool>,
        names: Vec<String>,
        covariates: Vec<Vec<f64>>,
        trimmed: usize,
    ) -> Result<Self, Stop> {
        let yes: Vec<f64> = used.iter().map(|used| f64::from(u8::from(*used))).collect();
        if !(used.contains(&true) && used.contains(&false)) {
            return Err(Stop::insufficient("one arm", "users and others", "a difference needs both"));
        }
        let right = |keep: Option<bool>| {
            let kept = |row: usize| keep.is_none_or(|which| used[row] == which);
            let rows = (0..used.len()).filter(|row| kept(*row)).count();
            let mut right = Regressors::with_intercept(rows);
            for (name, values) in names.iter().zip(&covariates) {
                let own: Vec<f64> = values.iter().enumerate().filter(|(row, _)| kept(*row)).map(|(_, value)| *value).collect();
                right = right.column(name.clone(), own)?;
            }
            Ok::<_, StatsError>(right)
        };
        let propensity = Logistic::try_fit(&yes, right(None)?)?;
        let model = |which: bool| {
            let own: Vec<f64> = outcomes.iter().zip(&used).filter(|(_, used)| **used == which).map(|(y, _)| *y).collect();
            LeastSquares::try_fit(&own, right(Some(which))?)
        };
        let models = [model(false)?, model(true)?];
        Ok(Self { outcomes, used, names, covariates, propensity, models, trimmed })
    }

    /// The logistic model of use.
    #[must_use]
    pub fn propensity(&self) -> &Logistic<'static> {
        &self.propensity
    }

    /// How far users and others overlap.
    #[must_use]
    pub fn overlap(&self) -> Overlap {
        let mut ranges = [[1.0_f64, 0.0_f64]; 2];
        let (mut tenths, mut extreme, mut sums) = ([(0, 0); 10], 0, [[0.0_f64; 2]; 2]);
        for (e, used) in self.propensity.probabilities().iter().zip(&self.used) {
            let arm = usize::from(*used);
            ranges[arm] = [ranges[arm][0].min(*e), ranges[arm][1].max(*e)];
            let (others, users) = &mut tenths[((e * 10.0) as usize).min(9)];
            *(if *used { users } else { others }) += 1;
            extreme += usize::from(*e < USUAL_TRIM[0] || *e > USUAL_TRIM[1]);
            let weight = if *used { 1.0 / e } else { 1.0 / (1.0 - e) };
            sums[arm] = [sums[arm][0] + weight, sums[arm][1] + weight * weight];
        }
        Overlap {
            others: ranges[0],
            users: ranges[1],
            extreme_share: extreme as f64 / self.used.len() as f64,
            tenths,
            effective_rows: sums.map(|[sum, squares]| sum * sum / squares),
        }
    }

    /// Leaves out rows with a propensity outside `lower..=upper` and fits again; the figures then speak of the rows kept only.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `lower` or `upper` unless 0 < lower < upper < 1.
    pub fn trim(&self, lower: f64, upper: f64) -> Result<Fitted<Self>, StatsError> {
        open_unit("lower", lower)?;
        open_unit("upper", upper)?;
        if lower >= upper {
            return Err(StatsError::OutOfRange { argument: "lower", value: lower.to_string(), expected: "less than `upper`" });
        }
        let kept: Vec<bool> = self.propensity.probabilities().iter().map(|e| *e >= lower && *e <= upper).collect();
        let keep = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(value, _)| *value).collect()
        };
        let used: Vec<bool> = self.used.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(used, _)| *used).collect();
        let left_out = self.used.len() - used.len();
        fitted(Self::from_parts(
            keep(&self.outcomes),
            used,
            self.names.clone(),
            self.covariates.iter().map(|values| keep(values)).collect(),
            self.trimmed + left_out,
        ))
    }

    /// Estimates the difference without any adjustment (Welch).
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`.
    pub fn unadjusted(&self, level: f64) -> Result<Outcome, StatsError> {
        Ok(match two_arms::means(&self.outcomes, &self.used, level)? {
            Fitted::Fit(comparison) => Outcome::Estimate(self.noted(comparison.absolute)),
            Fitted::Refused(outcome) => outcome,
        })
    }

    /// Estimates the coefficient of use in one regression with the covariates.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`; [`StatsError::LengthMismatch`] the labels of `errors`.
    pub fn regression(&self, errors: &Errors<'_>, level: f64) -> Result<Outcome, StatsError> {
        outcome(self.try_regression(errors, level))
    }

    fn try_regression(&self, errors: &Errors<'_>, level: f64) -> Result<Estimate, Stop> {
        let used: Vec<f64> = self.used.iter().map(|used| f64::from(u8::from(*used))).collect();
        let mut right = Regressors::with_intercept(used.len()).column("used", used)?;
        for (name, values) in self.names.iter().zip(&self.covariates) {
            right = right.column(name.clone(), values.as_slice())?;
        }
        let model = LeastSquares::try_fit(&self.outcomes, right)?;
        let covariance = crate::regression::Covariance::new(&model, errors)?;
        Ok(self.noted(covariance.try_contrast(&[("used", 1.0)], level)?))
    }

    /// Estimates the difference by inverse weighting with normalised weights; `by` are clusters of rows, if any.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `level`; [`StatsError::LengthMismatch`] names `by`.
    pub fn inverse_weighting(&self, by: Option<&[usize]>, level: f64) -> Result<Outcome, StatsError> {
        let e = self.propensity.probabilities();
        let weight = |row: usize| if self.used[row] { 1.0 / e[row] } else { 1.0 / (1.0 - e[row]) };
        let mut sums = [[0.0; 2]; 2];
        for (row, y) in self.outcomes.iter().enumerate() {
            let sum = &mut sums[usize::from(self.used[row])];
            *sum = [sum[0] + weight(row), sum[1] + weight(row) * y];
        }
        let means = sums.map(|[weights, total]| total / weights);
        let n = self.outcomes.len() as f64;
        // Share of an arm's weight in n, about 1; the sample's own makes the error that of the estimating equations.
        let shares = sums.map(|[weights, _]| weights / n);
        let mut lever = DVector::zeros(self.names.len() + 1);
        let mut influence = vec![0.0; self.outcomes.len()];
        for (row, y) in self.outcomes.iter().enumerate() {
            let arm = usize::from(self.used[row]);
            let (sign, off) = if self.used[row] { (1.0, 1.0 - e[row]) } else { (-1.0, e[row]) };
            let own = weight(row) * (y - means[arm]) / shares[arm];
            influence[row] = sign * own;
            // d weight / d gamma = -(1-e)/e x for users and e/(1-e) x for the others; the signs of the two arms cancel.
            self.add_row(&mut lever, row, -off * own / n);
        }
        self.add_propensity(&mut influence, &lever);
        self.finish(means[1] - means[0], influence, by, level, "inverse propensity weighting, normalised")
    }

    /// Estimates the difference by outcome regression in each arm; `by` are clusters of rows, if any.
    ///
    /// # Errors
    /// As [`Self::inverse_weighting`].
    pub fn outcome_regression(&self, by: Option<&[usize]>, level: f64) -> Result<Outcome, StatsError> {
        let predictions: Vec<f64> = (0..self.outcomes.len()).map(|row| self.predict(row, 1) - self.predict(row, 0)).collect();
        let point = two_arms::mean(&predictions);
        let mut influence: Vec<f64> = predictions.iter().map(|own| own - point).collect();
        let n = self.outcomes.len() as f64;
        let mut mean = DVector::zeros(self.names.len() + 1);
        for row in 0..self.outcomes.len() {
            self.add_row(&mut mean, row, 1.0 / n);
        }
        self.add_model(&mut influence, 1, &mean);
        self.add_model(&mut influence, 0, &-mean);
        self.finish(point, influence, by, level, "outcome regression")
    }

    /// Estimates the difference by augmented inverse weighting (AIPW); `by` are clusters of rows, if any. The one to show first.
    ///
    /// # Errors
    /// As [`Self::inverse_weighting`].
    pub fn doubly_robust(&self, by: Option<&[usize]>, level: f64) -> Result<Outcome, StatsError> {
        let e = self.propensity.probabilities();
        let n = self.outcomes.len() as f64;
        let width = self.names.len() + 1;
        let (mut by_propensity, mut by_users, mut by_others) =
            (DVector::zeros(width), DVector::zeros(width), DVector::zeros(width));
        let mut terms = Vec::with_capacity(self.outcomes.len());
        for (row, y) in self.outcomes.iter().enumerate() {
            let (m1, m0) = (self.predict(row, 1), self.predict(row, 0));
            let term = if self.used[row] {
                let left = (y - m1) / e[row];
                self.add_row(&mut by_propensity, row, -left * (1.0 - e[row]) / n);
                self.add_row(&mut by_users, row, -1.0 / e[row] / n);
                left
            } else {
                let left = (y - m0) / (1.0 - e[row]);
                self.add_row(&mut by_propensity, row, -left * e[row] / n);
                self.add_row(&mut by_others, row, 1.0 / (1.0 - e[row]) / n);
                -left
            };
            self.add_row(&mut by_users, row, 1.0 / n);
            self.add_row(&mut by_others, row, -1.0 / n);
            terms.push(m1 - m0 + term);
        }
        let point = two_arms::mean(&terms);
        let mut influence: Vec<f64> = terms.iter().map(|own| own - point).collect();
        self.add_propensity(&mut influence, &by_propensity);
        self.add_model(&mut influence, 1, &by_users);
        self.add_model(&mut influence, 0, &by_others);
        self.finish(point, influence, by, level, "augmented inverse propensity weighting (AIPW)")
    }

    /// Adds `factor` times the row (1, covariates).
    fn add_row(&self, into: &mut DVector<f64>, row: usize, factor: f64) {
        into[0] += factor;
        for (column, values) in self.covariates.iter().enumerate() {
            into[column + 1] += factor * values[row];
        }
    }

    fn predict(&self, row: usize, arm: usize) -> f64 {
        let coefficients = self.models[arm].coefficients();
        coefficients[0] + self.covariates.iter().zip(&coefficients[1..]).map(|(values, b)| values[row] * b).sum::<f64>()
    }

    /// Adds lever' n (X'WX)^-1 x (T - e): what estimating the propensity contributes.
    fn add_propensity(&self, influence: &mut [f64], lever: &DVector<f64>) {
        let n = self.outcomes.len() as f64;
        // With orthonormal weighted rows z, x' (X'WX)^-1 lever (T - e) = z' (back' lever) times the Pearson residual.
        let turned = self.propensity.model.turned(lever);
        self.propensity.model.each_row(|row, z, residual, _| influence[row] += n * z.dot(&turned) * residual);
    }

    /// Adds lever' n (X'X)^-1 x residual of the arm's outcome model.
    fn add_model(&self, influence: &mut [f64], arm: usize, lever: &DVector<f64>) {
        let n = self.outcomes.len() as f64;
        let rows: Vec<usize> = (0..self.used.len()).filter(|row| usize::from(self.used[*row]) == arm).collect();
        let turned = self.models[arm].back().transpose() * lever;
        self.models[arm].each_row(|own, z, residual| influence[rows[own]] += n * z.dot(&turned) * residual);
    }

    fn finish(
        &self,
        point: f64,
        influence: Vec<f64>,
        by: Option<&[usize]>,
        level: f64,
        method: &str,
    ) -> Result<Outcome, StatsError> {
        outcome(self.try_finish(point, influence, by, level, method))
    }

    fn try_finish(
        &self,
        point: f64,
        influence: Vec<f64>,
        by: Option<&[usize]>,
        level: f64,
        method: &str,
    ) -> Result<Estimate, Stop> {
        open_unit("level", level)?;
        let n = self.outcomes.len() as f64;
        let (variance, against, clusters) = match by {
            None => (influence.iter().map(|own| own * own).sum::<f64>() / (n * n), Against::Normal, None),
            Some(by) => {
                same_length("by", by.len(), influence.len())?;
                let groups = Groups::new(by);
                if groups.count() < 2 {
                    return Err(Stop::insufficient(
                        "1 cluster",
                        "2 clusters",
                        "the variance between clusters cannot be seen within one",
                    ));
                }
                let mut sums = vec![0.0; groups.count()];
                for (own, group) in influence.iter().zip(&groups.of_row) {
                    sums[*group] += own;
                }
                let g = groups.count() as f64;
                let variance = sums.iter().map(|sum| sum * sum).sum::<f64>() / (n * n) * g / (g - 1.0);
                (variance, Against::Student(g - 1.0), Some(groups.count()))
            }
        };
        let mut estimate = wald::estimate(point, variance, against, (0.0, level), method, n)?;
        estimate.clusters = clusters;
        if let Some(count) = clusters.filter(|count| *count < crate::regression::covariance::FEW_CLUSTERS) {
            estimate
                .notes
                .push(format!("only {count} clusters: Student's t with {} degrees, limits may still be too narrow", count - 1));
        }
        Ok(self.noted(estimate))
    }

    fn noted(&self, mut estimate: Estimate) -> Estimate {
        estimate.notes.push(NOT_AN_EFFECT.to_owned());
        if self.trimmed > 0 {
            estimate
                .notes
                .push(format!("{} rows without overlap were left out: the figure speaks of the others only", self.trimmed));
        }
        let extreme = self.overlap().extreme_share;
        if extreme > 0.1 {
            estimate
                .notes
                .push(format!("{:.0} % of rows have a propensity below 0.1 or above 0.9: trim before reading", extreme * 100.0));
        }
        estimate
    }
}

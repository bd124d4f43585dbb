//! Generalised linear models by iteratively reweighted least squares: the shared engine of logistic and rate regression.

use nalgebra::{DMatrix, DVector};

use super::cluster_scores::ClusterScores;
use super::least_squares::{collinear, whiten};
use super::regressors::Regressors;
use super::triangle::Triangle;
use crate::labels::Groups;
use crate::refusal::Stop;

/// Distribution of the outcome, with its usual link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Family {
    /// 0/1, logit link.
    Binomial,
    /// Counts, log link.
    Poisson,
    /// Counts whose variance is mu + mu^2 / theta, log link.
    NegativeBinomial { theta: f64 },
}

/// Iterations before a fit counts as not converging.
const ITERATIONS: usize = 100;
/// A linear predictor beyond this is a probability or a rate of 0 for every purpose: the data separate the groups.
const SEPARATED: f64 = 27.0;

/// A fitted model; weights and residuals are those of the last step.
#[derive(Debug, Clone)]
pub(crate) struct Generalised<'a> {
    pub(crate) regressors: Regressors<'a>,
    pub(crate) coefficients: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) deviance: f64,
    /// Sum of (y - mu)^2 / variance.
    pub(crate) pearson: f64,
    family: Family,
    outcome: Vec<f64>,
    /// Maps sqrt(weight) x to an orthonormal row; (X'WX)^-1 = back back'.
    back: DMatrix<f64>,
}

impl Family {
    fn mean(self, predictor: f64) -> f64 {
        match self {
            Self::Binomial => 1.0 / (1.0 + (-predictor).exp()),
            Self::Poisson | Self::NegativeBinomial { .. } => predictor.exp(),
        }
    }

    fn variance(self, mean: f64) -> f64 {
        match self {
            Self::Binomial => mean * (1.0 - mean),
            Self::Poisson => mean,
            Self::NegativeBinomial { theta } => mean + mean * mean / theta,
        }
    }

    /// Derivative of the mean by the linear predictor.
    fn slope(self, mean: f64) -> f64 {
        match self {
            Self::Binomial => mean * (1.0 - mean),
            Self::Poisson | Self::NegativeBinomial { .. } => mean,
        }
    }

    fn start(self, outcome: f64) -> f64 {
        match self {
            Self::Binomial => {
                let mean = f64::midpoint(outcome, 0.5);
                (mean / (1.0 - mean)).ln()
            }
            Self::Poisson | Self::NegativeBinomial { .. } => (outcome + 0.1).ln(),
        }
    }

    /// Twice the log-likelihood that this row loses against a perfect fit.
    fn deviance(self, y: f64, mean: f64) -> f64 {
        let entropy = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
        2.0 * match self {
            Self::Binomial => entropy(y, mean) + entropy(1.0 - y, 1.0 - mean),
            Self::Poisson => entropy(y, mean) - (y - mean),
            Self::NegativeBinomial { theta } => entropy(y, mean) - (y + theta) * ((y + theta) / (mean + theta)).ln(),
        }
    }
}

impl<'a> Generalised<'a> {
    /// Fits by Fisher scoring; `offset` is added to the linear predictor of each row.
    pub(crate) fn fit(family: Family, outcome: &[f64], offset: Option<&[f64]>, regressors: Regressors<'a>) -> Result<Self, Stop> {
        let (rows, width) = (regressors.rows(), regressors.width());
        if rows <= width || width == 0 {
            return Err(Stop::insufficient(
                format!("{rows} rows"),
                format!("{} rows", width + 1),
                format!("a regression with {width} columns leaves nothing to judge its error by"),
            ));
        }
        let lengths = regressors.lengths();
        let (mut x, mut scaled) = (vec![0.0; width], vec![0.0; width]);
        let mut plain = Triangle::new(width);
        for row in 0..rows {
            regressors.read_row(row, &mut x);
            for ((entry, value), length) in scaled.iter_mut().zip(&x).zip(&lengths) {
                *entry = if *length > 0.0 { value / length } else { 0.0 };
            }
            plain.absorb(&mut scaled, 0.0);
        }
        plain.inverse().map_err(|dependent| collinear(&regressors, dependent.0))?;
        let shift = |row: usize| offset.map_or(0.0, |offset| offset[row]);
        let mut predictors: Vec<f64> = outcome.iter().map(|y| family.start(*y)).collect();
        let mut previous = f64::INFINITY;
        let (mut coefficients, mut back) = (vec![0.0; width], DMatrix::zeros(width, width));
        let mut converged = false;
        for _ in 0..ITERATIONS {
            let mut triangle = Triangle::new(width);
            for (row, predictor) in predictors.iter().enumerate() {
                regressors.read_row(row, &mut x);
                let mean = family.mean(*predictor);
                let slope = family.slope(mean);
                let root = slope / family.variance(mean).sqrt();
                if !(root.is_finite() && root > 0.0) {
                    return Err(separated());
                }
                for ((entry, value), length) in scaled.iter_mut().zip(&x).zip(&lengths) {
                    *entry = if *length > 0.0 { root * value / length } else { 0.0 };
                }
                triangle.absorb(&mut scaled, root * (predictor - shift(row) + (outcome[row] - mean) / slope));
            }
            // The columns are independent, so only weights that vanish can make them look otherwise.
            back = triangle.inverse().map_err(|_| separated())?;
            for (mut line, length) in back.row_iter_mut().zip(&lengths) {
                line /= *length;
            }
            let fresh: Vec<f64> = (&back * triangle.right()).iter().copied().collect();
            let moved = fresh.iter().zip(&coefficients).zip(&lengths).map(|((new, old), l)| (new - old).abs() * l);
            let moved = moved.fold(0.0_f64, f64::max);
            let size = fresh.iter().zip(&lengths).map(|(new, l)| (new * l).abs()).fold(1.0_f64, f64::max);
            coefficients = fresh;
            let mut deviance = 0.0;
            for (row, predictor) in predictors.iter_mut().enumerate() {
                regressors.read_row(row, &mut x);
                *predictor = shift(row) + x.iter().zip(&coefficients).map(|(x, b)| x * b).sum::<f64>();
                deviance += family.deviance(outcome[row], family.mean(*predictor));
            }
            if !deviance.is_finite() {
                return Err(separated());
            }
            if converged {
                // One step after the deviance settled squares the remaining error: `back` then belongs to the solution.
                break;
            }
            converged = (previous - deviance).abs() <= 1e-10 * (deviance.abs() + 0.1) && moved <= 1e-6 * size;
            previous = deviance;
        }
        if !converged {
            return Err(separated());
        }
        let free = predictors.iter().enumerate().map(|(row, predictor)| predictor - shift(row));
        let (low, high) = free.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), own| (low.min(own), high.max(own)));
        let beyond = match family {
            Family::Binomial => low < -SEPARATED || high > SEPARATED,
            // A log rate has no natural zero: only the distance between rows says that one group has no events.
            Family::Poisson | Family::NegativeBinomial { .. } => high - low > 2.0 * SEPARATED,
        };
        if beyond {
            return Err(separated());
        }
        let means: Vec<f64> = predictors.iter().map(|predictor| family.mean(*predictor)).collect();
        let deviance = outcome.iter().zip(&means).map(|(y, mean)| family.deviance(*y, *mean)).sum();
        let pearson = outcome.iter().zip(&means).map(|(y, mean)| (y - mean).powi(2) / family.variance(*mean)).sum();
        Ok(Self { regressors, coefficients, means, deviance, pearson, family, outcome: outcome.to_vec(), back })
    }

    pub(crate) fn residual_degrees(&self) -> f64 {
        (self.regressors.rows() - self.regressors.width()) as f64
    }

    /// Row of `back` that gives the coefficient from the whitened basis.
    pub(crate) fn contrast(&self, column: usize) -> DVector<f64> {
        self.back.row(column).transpose()
    }

    /// back' v: a vector on the scale of the coefficients in the whitened basis.
    pub(crate) fn turned(&self, v: &DVector<f64>) -> DVector<f64> {
        self.back.transpose() * v
    }

    /// Calls `visit(row, z, e, root)` with orthonormal rows z, Pearson residuals e and roots of the weights.
    pub(crate) fn each_row(&self, mut visit: impl FnMut(usize, &DVector<f64>, f64, f64)) {
        let mut x = vec![0.0; self.regressors.width()];
        let mut z = DVector::zeros(x.len());
        for row in 0..self.outcome.len() {
            let (residual, root) = self.whitened(row, &mut x, &mut z);
            visit(row, &z, residual, root);
        }
    }

    /// Writes row `row` of the weighted columns into `x` and its orthonormal form into `z`; gives its Pearson residual and the root of its weight.
    fn whitened(&self, row: usize, x: &mut [f64], z: &mut DVector<f64>) -> (f64, f64) {
        let mean = self.means[row];
        self.regressors.read_row(row, x);
        let deviation = self.family.variance(mean).sqrt();
        let root = self.family.slope(mean) / deviation;
        for value in x.iter_mut() {
            *value *= root;
        }
        whiten(&self.back, x, z);
        ((self.outcome[row] - mean) / deviation, root)
    }

    /// Sums per cluster, for the same sandwich as in least squares: the model is least squares in the weighted rows.
    pub(crate) fn scores(&self, groups: &Groups) -> ClusterScores {
        let mut x = vec![0.0; self.regressors.width()];
        // A shift of the linear predictor that a cluster has in common moves each whitened outcome by the root of its weight.
        ClusterScores::gather(groups, x.len(), |row, z| self.whitened(row, &mut x, z))
    }
}

fn separated() -> Stop {
    Stop::insufficient(
        "groups that the columns separate completely",
        "both outcomes (or events) in every group",
        "a coefficient has no finite estimate: some combination of the columns predicts the outcome without error, or has no events",
    )
}

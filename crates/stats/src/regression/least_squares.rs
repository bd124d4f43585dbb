//! Ordinary least squares: coefficients, fit and residuals. Its errors are in [`super::covariance`].

use nalgebra::{DMatrix, DVector};

use super::covariance::{Covariance, Errors};
use super::regressors::Regressors;
use super::triangle::Triangle;
use crate::StatsError;
use crate::error::{finite, same_length};
use crate::refusal::{Fitted, Stop, fitted};

/// A fitted linear model.
#[derive(Debug, Clone)]
pub struct LeastSquares<'a> {
    regressors: Regressors<'a>,
    coefficients: Vec<f64>,
    residuals: Vec<f64>,
    residual_squares: f64,
    total_squares: f64,
    /// Maps a row x to its row of Q: z = back' x, and Q'y to coefficients: b = back Q'y.
    back: DMatrix<f64>,
}

impl<'a> LeastSquares<'a> {
    /// Fits `outcome` on `regressors` by least squares.
    ///
    /// # Definition
    /// The coefficients b that minimise the sum of (outcome - X b)^2, by Givens rotations on columns of length 1.
    ///
    /// # Input
    /// One outcome per row of `regressors`, in any unit; finite. A coefficient has the unit outcome / regressor.
    ///
    /// # Output
    /// Coefficients, residuals and fit; errors, limits and p-values come from [`Self::covariance`].
    ///
    /// # Undefined when
    /// There are not more rows than columns, or a column is a combination of the columns before it (its remainder is below 1e-7 of its
    /// length, as in R's `lm`): [`crate::Outcome::Insufficient`] names the column.
    ///
    /// # Assumptions
    /// The mean of the outcome is linear in the columns. The variance is a matter of [`Errors`]: rows of one person are not independent.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] and [`StatsError::NotFinite`] name `outcome`.
    ///
    /// # Source
    /// Golub and Van Loan, Matrix Computations, 4th ed. 2013, sections 5.3 and 6.5.3.
    ///
    /// # Example
    /// Anscombe, 1973, Graphs in Statistical Analysis, doi:10.1080/00031305.1973.10478966, first data set: y = 3.00 + 0.500 x, R2 = 0.667.
    /// ```
    /// use candor_stats::regression::{LeastSquares, Regressors};
    ///
    /// let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    /// let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    /// let fitted = LeastSquares::fit(&y, Regressors::with_intercept(11).column("x", &x)?)?;
    /// let fit = fitted.fit().unwrap();
    /// assert_eq!(format!("{:.2} {:.3}", fit.coefficients()[0], fit.coefficients()[1]), "3.00 0.500");
    /// assert_eq!(format!("{:.3}", fit.r_squared().unwrap()), "0.667");
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn fit(outcome: &[f64], regressors: Regressors<'a>) -> Result<Fitted<Self>, StatsError> {
        fitted(Self::try_fit(outcome, regressors))
    }

    pub(crate) fn try_fit(outcome: &[f64], regressors: Regressors<'a>) -> Result<Self, Stop> {
        let (rows, width) = (regressors.rows(), regressors.width());
        same_length("outcome", outcome.len(), rows)?;
        finite("outcome", outcome)?;
        if width == 0 {
            return Err(Stop::not_applicable("a regression needs at least one column"));
        }
        if rows <= width {
            return Err(Stop::insufficient(
                format!("{rows} rows"),
                format!("{} rows", width + 1),
                format!("a regression with {width} columns leaves nothing to judge its error by"),
            ));
        }
        let lengths = regressors.lengths();
        let mut triangle = Triangle::new(width);
        let mut row = vec![0.0; width];
        for (index, value) in outcome.iter().enumerate() {
            regressors.read_row(index, &mut row);
            for (entry, length) in row.iter_mut().zip(&lengths) {
                // A column of zeros stays one, and is reported as dependent.
                *entry = if *length > 0.0 { *entry / length } else { 0.0 };
            }
            triangle.absorb(&mut row, *value);
        }
        let mut back = triangle.inverse().map_err(|dependent| collinear(&regressors, dependent.0))?;
        for (mut line, length) in back.row_iter_mut().zip(&lengths) {
            line /= *length;
        }
        let coefficients: Vec<f64> = (&back * triangle.right()).iter().copied().collect();
        let mut residuals = Vec::with_capacity(rows);
        for (index, value) in outcome.iter().enumerate() {
            regressors.read_row(index, &mut row);
            residuals.push(value - row.iter().zip(&coefficients).map(|(x, b)| x * b).sum::<f64>());
        }
        let residual_squares = residuals.iter().map(|e| e * e).sum();
        let mean = if regressors.position("intercept").is_some() { outcome.iter().sum::<f64>() / rows as f64 } else { 0.0 };
        let total_squares = outcome.iter().map(|value| (value - mean).powi(2)).sum();
        let fit = Self { regressors, coefficients, residuals, residual_squares, total_squares, back };
        let numbers = fit.coefficients.iter().chain(fit.back.iter()).chain([&fit.residual_squares, &fit.total_squares]);
        if numbers.into_iter().all(|number| number.is_finite()) { Ok(fit) } else { Err(Stop::overflow()) }
    }

    /// The columns.
    #[must_use]
    pub fn regressors(&self) -> &Regressors<'a> {
        &self.regressors
    }

    /// Coefficients in the order of the columns.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Coefficient of the column with this name.
    #[must_use]
    pub fn coefficient(&self, name: &str) -> Option<f64> {
        self.regressors.position(name).map(|at| self.coefficients[at])
    }

    /// Outcome minus fitted value, per row.
    #[must_use]
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// Share of the variation about the mean (about 0 without an intercept) that the columns explain; `None` when nothing varies.
    #[must_use]
    pub fn r_squared(&self) -> Option<f64> {
        (self.total_squares > 0.0).then(|| 1.0 - self.residual_squares / self.total_squares)
    }

    /// Residual variance: residual sum of squares / (rows - columns).
    #[must_use]
    pub fn residual_variance(&self) -> f64 {
        self.residual_squares / self.residual_degrees()
    }

    /// Rows minus columns.
    #[must_use]
    pub fn residual_degrees(&self) -> f64 {
        (self.regressors.rows() - self.regressors.width()) as f64
    }

    /// Leverage of each row, 0 to 1: how much its own outcome pulls its fitted value.
    #[must_use]
    pub fn leverages(&self) -> Vec<f64> {
        let mut leverages = Vec::with_capacity(self.residuals.len());
        self.each_row(|_, z, _| leverages.push(z.norm_squared()));
        leverages
    }

    /// Durbin-Watson statistic of the residuals in row order, 0 to 4; about 2 without serial correlation, `None` for a perfect fit.
    ///
    /// # Source
    /// Durbin and Watson, 1950, Testing for Serial Correlation in Least Squares Regression I, doi:10.1093/biomet/37.3-4.409.
    #[must_use]
    pub fn durbin_watson(&self) -> Option<f64> {
        let steps: f64 = self.residuals.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        (self.residual_squares > 0.0).then(|| steps / self.residual_squares)
    }

    /// Estimates the covariance of the coefficients: see [`Errors`] for the choices.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when labels and rows differ in number.
    pub fn covariance(&self, errors: &Errors<'_>) -> Result<Fitted<Covariance<'_, 'a>>, StatsError> {
        fitted(Covariance::new(self, errors))
    }

    pub(crate) fn back(&self) -> &DMatrix<f64> {
        &self.back
    }

    /// Calls `visit(row, z, residual)` for each row, z being its row of the orthonormal Q.
    pub(crate) fn each_row(&self, mut visit: impl FnMut(usize, &DVector<f64>, f64)) {
        let width = self.regressors.width();
        let mut x = vec![0.0; width];
        let mut z = DVector::zeros(width);
        for (index, residual) in self.residuals.iter().enumerate() {
            self.whitened(index, &mut x, &mut z);
            visit(index, &z, *residual);
        }
    }

    /// Writes row `row` of the columns into `x` and of Q into `z`.
    pub(crate) fn whitened(&self, row: usize, x: &mut [f64], z: &mut DVector<f64>) {
        self.regressors.read_row(row, x);
        whiten(&self.back, x, z);
    }
}

/// z = back' x for an upper triangular `back`.
pub(crate) fn whiten(back: &DMatrix<f64>, x: &[f64], z: &mut DVector<f64>) {
    for column in 0..x.len() {
        z[column] = (0..=column).map(|row| back[(row, column)] * x[row]).sum();
    }
}

pub(crate) fn collinear(regressors: &Regressors<'_>, column: usize) -> Stop {
    let name = regressors.names().get(column).map_or("", String::as_str);
    Stop::insufficient(
        format!("`{name}` without variation of its own"),
        format!("variation in `{name}` that the columns before it do not explain"),
        format!("`{name}` is a combination of the columns before it, so its coefficient cannot be told from theirs"),
    )
}

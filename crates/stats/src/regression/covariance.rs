//! Errors of regression coefficients that hold when rows differ in variance, share a cluster or follow each other in time.

use nalgebra::{DMatrix, DVector};

use super::bias_reduced::{BiasReduced, one_cluster};
use super::cluster_scores::{ClusterScores, Power};
use super::least_squares::LeastSquares;
use crate::error::{open_unit, same_length};
use crate::labels::Groups;
use crate::refusal::{Stop, outcome};
use crate::wald::{self, Against};
use crate::{Estimate, Outcome, StatsError};

/// Below this number of clusters the small-sample method is called for, and an estimate without it says so.
pub const FEW_CLUSTERS: usize = 10;

/// Name of [`Correction::Cr2Correlated`] in methods.
pub(crate) const CORRELATED: &str = "CR2 with degrees of freedom by the correlation within clusters";

/// What simulation says of [`Correction::Cr2`] where clusters differ in size.
pub(crate) const CR2_MISS: &str = "CR2 with the degrees of freedom of independent rows: where clusters of unequal size were assigned as a whole, 5 to 6 % of simulated \
     studies reject a true null at 5 %";

/// Which deviations from independent rows of equal variance the errors allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors<'c> {
    /// None: equal variances, independent rows.
    Homoskedastic,
    /// Unequal variances, no correction (White 1980).
    Hc0,
    /// HC0 times n / (n - p).
    Hc1,
    /// Residuals divided by sqrt(1 - leverage).
    Hc2,
    /// Residuals divided by 1 - leverage.
    Hc3,
    /// Rows of one cluster depend on each other in any way.
    Clustered {
        /// Cluster of each row.
        by: &'c [usize],
        /// Small-sample correction.
        correction: Correction,
    },
    /// Rows that share either label depend on each other (Cameron, Gelbach and Miller 2011), each term with G / (G - 1).
    TwoWay {
        /// One label of each row.
        first: &'c [usize],
        /// The other label of each row.
        second: &'c [usize],
    },
    /// Rows in time order depend on each other up to `lag` steps, Bartlett weights (Newey and West 1987).
    NeweyWest {
        /// Largest distance in time at which rows depend on each other.
        lag: usize,
        /// Whether to multiply by n / (n - p).
        adjusted: bool,
    },
}

/// Small-sample correction of a cluster-robust variance with G clusters, n rows and p columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// None.
    Cr0,
    /// G / (G - 1).
    Cr1,
    /// G / (G - 1) * (n - 1) / (n - p): the default of Stata and of most packages.
    Cr1s,
    /// Bias-reduced linearisation with Satterthwaite degrees of freedom for independent rows, as packages have it.
    Cr2,
    /// CR2 whose degrees of freedom and bias follow the correlation that residuals show within clusters: the one to prefer, above all with
    /// few or unequal clusters.
    Cr2Correlated,
    /// The cluster jackknife.
    Cr3,
}

/// Covariance of the coefficients of one fit.
///
/// # Definition
/// `back M back'` with M the middle of the sandwich: sum of z z' e^2 w(leverage) for HC, sum over clusters of (A_g u_g)(A_g u_g)' for CR with
/// A_g = I, (I - H_gg)^(-1/2) (CR2) or (I - H_gg)^(-1) (CR3), weighted autocovariances of z e for Newey-West.
/// Limits: Student's t with n - p degrees of freedom (homoskedastic, HC, Newey-West), G - 1 (CR0, CR1, CR1S, CR3; the smaller G for two
/// ways), Satterthwaite's for CR2: exact where rows are independent, too many where large clusters weigh more than small ones.
/// [`Correction::Cr2Correlated`] takes them, and the mean error of the variance, under a random effect of clusters whose share of the
/// variance comes from the residuals by an analysis of variance (cut at 0: then it is CR2).
///
/// # Input
/// A fit and, for clusters, one whole-number label per row in any order.
///
/// # Output
/// Standard errors, estimates of coefficients and of weighted sums of them, on the scale of the fit; see [`Self::coefficient`]. The cost does
/// not depend on cluster sizes: no matrix is larger than columns x columns.
///
/// # Undefined when
/// There are fewer than two clusters; a two-way variance comes out negative; only one cluster informs the contrast.
///
/// # Assumptions
/// Clusters are independent of each other. CR0 to CR1S reject too often below about 40 clusters, more so with unequal ones; with fewer
/// than [`FEW_CLUSTERS`] their estimates say so. In simulated studies of 6 to 40 clusters of unequal size, whole clusters assigned, a true
/// null was rejected at 5 % in 13 to 7 % with CR1S, in 5.3 to 5.9 % with CR2 (its estimate says so), in 4.0 to 5.2 % with
/// [`Correction::Cr2Correlated`], and in 4.5 to 5.0 % with CR3 (docs/calibration.md). HC errors assume that rows are independent.
///
/// # Source
/// White 1980, doi:10.2307/1912934; MacKinnon and White 1985, doi:10.1016/0304-4076(85)90158-7 (HC1 to HC3); Bell and McCaffrey 2002, Survey
/// Methodology 28(2), equations 7 and 8, and Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004, equations 6 and 10 (CR2);
/// Imbens and Kolesar 2016, doi:10.1162/REST_a_00552 (degrees of freedom under a random effect);
/// Cameron, Gelbach and Miller 2011, doi:10.1198/jbes.2010.07136, equation 2.9; Newey and West 1987, doi:10.2307/1913610, equation 5.
#[derive(Debug, Clone)]
pub struct Covariance<'f, 'a> {
    fit: &'f LeastSquares<'a>,
    /// Covariance of Q'y.
    middle: DMatrix<f64>,
    rule: Rule,
    method: String,
    clusters: Option<usize>,
    notes: Vec<String>,
}

/// Where degrees of freedom come from.
#[derive(Debug, Clone)]
enum Rule {
    Fixed(f64),
    Satterthwaite(BiasReduced),
    Correlated(BiasReduced),
}

impl<'f, 'a> Covariance<'f, 'a> {
    pub(crate) fn new(fit: &'f LeastSquares<'a>, errors: &Errors<'_>) -> Result<Self, Stop> {
        let rows = fit.regressors().rows();
        let width = fit.regressors().width();
        let inflation = rows as f64 / fit.residual_degrees();
        let plain = |middle, method: &str| Self {
            fit,
            middle,
            rule: Rule::Fixed(fit.residual_degrees()),
            method: format!("least squares, {method}"),
            clusters: None,
            notes: Vec::new(),
        };
        let made = match *errors {
            Errors::Homoskedastic => plain(DMatrix::identity(width, width) * fit.residual_variance(), "equal variances"),
            Errors::Hc0 => plain(heteroskedastic(fit, |_| 1.0), "HC0"),
            Errors::Hc1 => plain(heteroskedastic(fit, |_| inflation), "HC1"),
            Errors::Hc2 => plain(heteroskedastic(fit, |left| 1.0 / left), "HC2"),
            Errors::Hc3 => plain(heteroskedastic(fit, |left| 1.0 / (left * left)), "HC3"),
            Errors::NeweyWest { lag, adjusted } => {
                let middle = serial(fit, lag) * if adjusted { inflation } else { 1.0 };
                plain(middle, &format!("Newey-West, lag {lag}{}", if adjusted { ", times n / (n - p)" } else { "" }))
            }
            Errors::Clustered { by, correction } => Self::clustered(fit, by, correction)?,
            Errors::TwoWay { first, second } => Self::two_way(fit, first, second)?,
        };
        if made.middle.iter().all(|entry| entry.is_finite()) { Ok(made) } else { Err(Stop::overflow()) }
    }

    fn clustered(fit: &'f LeastSquares<'a>, by: &[usize], correction: Correction) -> Result<Self, Stop> {
        let scores = scores(fit, "by", by)?;
        let count = scores.count();
        let g = count as f64;
        let rows = fit.regressors().rows() as f64;
        let small = g / (g - 1.0);
        let fixed = |middle, name| (middle, Rule::Fixed(g - 1.0), name);
        let (middle, rule, name) = match correction {
            Correction::Cr0 => fixed(scores.meat(), "CR0"),
            Correction::Cr1 => fixed(scores.meat() * small, "CR1"),
            Correction::Cr1s => fixed(scores.meat() * (small * (rows - 1.0) / fit.residual_degrees()), "CR1S"),
            Correction::Cr3 => fixed(scores.adjusted_meat(&scores.adjustments(Power::Inverse)?), "CR3"),
            Correction::Cr2 => {
                let reduced = BiasReduced::new(scores)?;
                (reduced.meat(), Rule::Satterthwaite(reduced), "CR2 with Satterthwaite degrees of freedom")
            }
            Correction::Cr2Correlated => {
                let reduced = BiasReduced::new(scores)?;
                (reduced.meat(), Rule::Correlated(reduced), CORRELATED)
            }
        };
        let mut notes = Vec::new();
        if count < FEW_CLUSTERS {
            notes.push(match correction {
                Correction::Cr2 => format!("only {count} clusters: small-sample method (CR2, Satterthwaite degrees of freedom)"),
                Correction::Cr2Correlated => format!("only {count} clusters: small-sample method ({name})"),
                _ => format!("only {count} clusters: {name} is no small-sample method, prefer CR2 or an exact test"),
            });
        }
        if correction == Correction::Cr2 {
            notes.push(CR2_MISS.to_owned());
        }
        Ok(Self { fit, middle, rule, method: format!("least squares, {name}"), clusters: Some(count), notes })
    }

    fn two_way(fit: &'f LeastSquares<'a>, first: &[usize], second: &[usize]) -> Result<Self, Stop> {
        same_length("second", second.len(), fit.regressors().rows())?;
        let (one, two) = (scores(fit, "first", first)?, scores(fit, "second", second)?);
        let (rows_of_one, rows_of_two) = (Groups::new(first), Groups::new(second));
        let both: Vec<usize> =
            rows_of_one.of_row.iter().zip(&rows_of_two.of_row).map(|(a, b)| a * rows_of_two.count() + b).collect();
        let both = scores(fit, "second", &both)?;
        let term = |scores: &ClusterScores| {
            let g = scores.count() as f64;
            scores.meat() * (g / (g - 1.0))
        };
        let middle = term(&one) + term(&two) - term(&both);
        let smaller = one.count().min(two.count());
        let mut notes = Vec::new();
        if smaller < FEW_CLUSTERS {
            notes.push(format!("only {smaller} clusters in one of the two ways: the limits are too narrow"));
        }
        Ok(Self {
            fit,
            middle,
            rule: Rule::Fixed(smaller as f64 - 1.0),
            method: "least squares, two-way CR1".to_owned(),
            clusters: Some(smaller),
            notes,
        })
    }

    /// The fit that these errors belong to.
    #[must_use]
    pub fn fit(&self) -> &'f LeastSquares<'a> {
        self.fit
    }

    /// Number of clusters, where rows are clustered; the smaller of the two ways.
    #[must_use]
    pub fn clusters(&self) -> Option<usize> {
        self.clusters
    }

    /// Standard error of the coefficient with this name; `None` for an unknown name, a negative two-way variance, or one
    /// that leaves the range of numbers.
    #[must_use]
    pub fn standard_error(&self, name: &str) -> Option<f64> {
        let w = self.contrast_vector(&[(name, 1.0)]).ok()?;
        let variance = self.variance(&w);
        (variance.is_finite() && variance >= 0.0).then(|| variance.sqrt())
    }

    /// Estimates the coefficient with this name: limits at `level` and the p-value against 0.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `name` when there is no such column and `level` when it is not between 0 and 1.
    ///
    /// # Example
    /// Long and Ervin, 2000, doi:10.1080/00031305.2000.10474549, show that HC3 is wider than HC0 in small samples; here from the definition by
    /// hand: two arms of two, variance of the difference HC2 = s1^2/2 + s0^2/2 = 0.25 + 1.
    /// ```
    /// use candor_stats::regression::{Errors, LeastSquares, Regressors};
    ///
    /// let (ai, y) = ([0.0, 0.0, 1.0, 1.0], [1.0, 3.0, 5.0, 6.0]);
    /// let fitted = LeastSquares::fit(&y, Regressors::with_intercept(4).column("ai", &ai)?)?;
    /// let covariance = fitted.fit().unwrap().covariance(&Errors::Hc2)?;
    /// let outcome = covariance.fit().unwrap().coefficient("ai", 0.95)?;
    /// let estimate = outcome.estimate().unwrap();
    /// assert!((estimate.point - 3.5).abs() < 1e-12 && (estimate.variance.unwrap() - 1.25).abs() < 1e-12);
    /// # Ok::<(), candor_stats::StatsError>(())
    /// ```
    pub fn coefficient(&self, name: &str, level: f64) -> Result<Outcome, StatsError> {
        self.contrast(&[(name, 1.0)], level)
    }

    /// Estimates a weighted sum of coefficients, given by name and weight.
    ///
    /// # Errors
    /// As [`Self::coefficient`]; [`StatsError::NotFinite`] when a weight is not finite.
    pub fn contrast(&self, parts: &[(&str, f64)], level: f64) -> Result<Outcome, StatsError> {
        outcome(self.try_contrast(parts, level))
    }

    pub(crate) fn try_contrast(&self, parts: &[(&str, f64)], level: f64) -> Result<Estimate, Stop> {
        open_unit("level", level)?;
        let w = self.contrast_vector(parts)?;
        let point = parts.iter().filter_map(|(name, weight)| Some(self.fit.coefficient(name)? * weight)).sum();
        let (variance, df) = match &self.rule {
            Rule::Fixed(df) => (self.variance(&w), *df),
            Rule::Satterthwaite(reduced) => reduced.satterthwaite(&w),
            Rule::Correlated(reduced) => reduced.correlated(&w, None),
        };
        if variance < 0.0 {
            return Err(Stop::insufficient(
                "a two-way variance below 0",
                "more clusters in both ways",
                "the difference of the three cluster terms came out negative, which happens with few clusters",
            ));
        }
        if df.is_nan() {
            return Err(one_cluster());
        }
        let rows = self.fit.regressors().rows() as f64;
        let mut estimate = wald::estimate(point, variance, Against::Student(df), (0.0, level), self.method.clone(), rows)?;
        estimate.clusters = self.clusters;
        estimate.notes.splice(0..0, self.notes.iter().cloned());
        Ok(estimate)
    }

    /// Variance of w'Q'y.
    fn variance(&self, w: &DVector<f64>) -> f64 {
        w.dot(&(&self.middle * w))
    }

    /// w with (weighted sum of coefficients) = w'Q'y.
    pub(crate) fn contrast_vector(&self, parts: &[(&str, f64)]) -> Result<DVector<f64>, StatsError> {
        let mut w = DVector::zeros(self.fit.regressors().width());
        for (index, (name, weight)) in parts.iter().enumerate() {
            let at = self.fit.regressors().position(name).ok_or_else(|| StatsError::OutOfRange {
                argument: "name",
                value: (*name).to_owned(),
                expected: "the name of a column of the regression",
            })?;
            if !weight.is_finite() {
                return Err(StatsError::NotFinite { argument: "parts", index });
            }
            w += self.fit.back().row(at).transpose() * *weight;
        }
        Ok(w)
    }

    pub(crate) fn middle(&self) -> &DMatrix<f64> {
        &self.middle
    }

    /// The cluster sums, where the rule is CR2.
    pub(crate) fn bias_reduced(&self) -> Option<&BiasReduced> {
        match &self.rule {
            Rule::Satterthwaite(reduced) | Rule::Correlated(reduced) => Some(reduced),
            Rule::Fixed(_) => None,
        }
    }

    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Sums of the rows of each cluster; at least two clusters.
pub(crate) fn scores(fit: &LeastSquares<'_>, argument: &'static str, by: &[usize]) -> Result<ClusterScores, Stop> {
    same_length(argument, by.len(), fit.regressors().rows())?;
    let groups = Groups::new(by);
    if groups.count() < 2 {
        return Err(Stop::insufficient(
            format!("{} cluster", groups.count()),
            "2 clusters",
            "the variance between clusters cannot be seen within one",
        ));
    }
    let mut x = vec![0.0; fit.regressors().width()];
    Ok(ClusterScores::gather(&groups, x.len(), |row, z| {
        fit.whitened(row, &mut x, z);
        (fit.residuals()[row], 1.0)
    }))
}

/// Sum of z z' e^2 weight(1 - leverage); a row that alone decides a coefficient has no residual and adds nothing.
fn heteroskedastic(fit: &LeastSquares<'_>, weight: impl Fn(f64) -> f64) -> DMatrix<f64> {
    let width = fit.regressors().width();
    let mut middle = DMatrix::zeros(width, width);
    fit.each_row(|_, z, residual| {
        let left = 1.0 - z.norm_squared();
        if left > 1e-12 {
            middle.ger(residual * residual * weight(left), z, z, 1.0);
        }
    });
    middle
}

/// Sum of the autocovariances of z e up to `lag` with weights 1 - l / (lag + 1).
fn serial(fit: &LeastSquares<'_>, lag: usize) -> DMatrix<f64> {
    let width = fit.regressors().width();
    let mut terms = DMatrix::zeros(width, fit.residuals().len());
    fit.each_row(|row, z, residual| terms.column_mut(row).axpy(residual, z, 0.0));
    let mut middle = DMatrix::zeros(width, width);
    for term in terms.column_iter() {
        middle.ger(1.0, &term, &term, 1.0);
    }
    for distance in 1..=lag.min(terms.ncols().saturating_sub(1)) {
        let weight = 1.0 - distance as f64 / (lag as f64 + 1.0);
        for (later, earlier) in terms.column_iter().skip(distance).zip(terms.column_iter()) {
            middle.ger(weight, &later, &earlier, 1.0);
            middle.ger(weight, &earlier, &later, 1.0);
        }
    }
    middle
}

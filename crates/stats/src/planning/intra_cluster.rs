//! How much alike the units of one cluster are, which decides what a plan with clusters can detect.

use crate::distributions::fisher_upper;
use crate::error::{finite, open_unit, same_length};
use crate::labels::Groups;
use crate::{Estimate, Interval, Outcome, StatsError, roots};

/// How the intra-cluster correlation is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From the mean squares of a one-way analysis of variance; cut at 0.
    Anova,
    /// Restricted maximum likelihood of a normal random intercept.
    RestrictedMaximumLikelihood,
}

/// Estimates the intra-cluster correlation: share of the variance that lies between clusters.
///
/// # Definition
/// ANOVA: `(MSB - MSW) / (MSB + (m0 - 1) MSW)` with `m0 = (N - sum m^2 / N) / (k - 1)`, cut at 0. REML: `s_b^2 / (s_b^2 + s_w^2)` at the maximum of
/// the restricted likelihood. Limits in both cases: the ratios r of variance between and within clusters at which
/// `sum w (mean - weighted mean)^2 / (k - 1) / MSW` with `w = m / (1 + m r)` equals a quantile of F on k - 1 and N - k, as shares
/// r / (1 + r), cut at 0. They are exact for any sizes.
///
/// # Input
/// `values`: one per unit. `clusters`: one whole-number label per unit. `level` of the limits, in (0, 1).
///
/// # Output
/// An [`Estimate`] in [0, 1]; `units`, `clusters`.
///
/// # Undefined when
/// Fewer than two clusters, no cluster with two units: [`Outcome::Insufficient`]; no variation at all: [`Outcome::NotApplicable`].
///
/// # Assumptions
/// A normal random intercept with equal variance within clusters. Below ten clusters the limits are wide for good reason.
///
/// # Errors
/// [`StatsError`] naming `values`, `clusters` or `level`.
///
/// # Source
/// Donner (1986), A Review of Inference Procedures for the Intraclass Correlation Coefficient, doi:10.2307/1403259, eq. 2.1 and section 3;
/// Patterson and Thompson (1971), doi:10.1093/biomet/58.3.545 (REML); Wald (1940), A Note on the Analysis of Variance with Unequal Class
/// Frequencies, doi:10.1214/aoms/1177731946 (limits).
///
/// # Example
/// Two clusters of two: MSB = 4, MSW = 0.5, m0 = 2.
/// ```
/// use candor_stats::planning::intra_cluster::{Method, correlation};
/// let outcome = correlation(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 2, 2], Method::Anova, 0.95).unwrap();
/// assert!((outcome.point().unwrap() - 3.5 / 4.5).abs() < 1e-12);
/// ```
pub fn correlation(values: &[f64], clusters: &[usize], method: Method, level: f64) -> Result<Outcome, StatsError> {
    finite("values", values)?;
    same_length("clusters", clusters.len(), values.len())?;
    open_unit("level", level)?;
    let groups = Groups::new(clusters);
    let (count, units) = (groups.count(), values.len());
    if count < 2 {
        let reason = "a correlation within clusters shows in the contrast of at least two";
        return Ok(Outcome::insufficient(format!("{count} clusters"), "2 clusters", reason));
    }
    if units == count {
        let reason = "units of one cluster must be compared with each other";
        return Ok(Outcome::insufficient("clusters of one unit each", "a cluster with two units", reason));
    }
    // Scaled by the largest deviation, so that squares stay numbers.
    let center = values.iter().map(|value| value / units as f64).sum::<f64>();
    let scale = values.iter().map(|value| (value - center).abs()).fold(0.0, f64::max);
    if scale == 0.0 {
        return Ok(Outcome::not_applicable("all values are equal: there is no variance to be shared out"));
    }
    if !scale.is_finite() {
        let reason = "the values are too large to compute with: give them in a larger unit";
        return Ok(Outcome::insufficient("values whose differences are no finite numbers", "values below about 1e300", reason));
    }
    let layout = Layout::new(values.iter().map(|value| (value - center) / scale), &groups);
    let point = match method {
        Method::Anova => layout.anova(),
        Method::RestrictedMaximumLikelihood => layout.restricted(),
    };
    let label = match method {
        Method::Anova => "intra-cluster correlation, one-way analysis of variance",
        Method::RestrictedMaximumLikelihood => "intra-cluster correlation, REML",
    };
    let mut estimate = Estimate::new(point, label, units as f64);
    estimate.clusters = Some(count);
    let (lower, upper) = layout.limits(1.0 - level);
    estimate.interval = Some(Interval::new(lower.min(point), upper.max(point), level));
    if count < 10 {
        estimate.notes.push(format!("{count} clusters: the correlation is poorly known, plan with its upper limit"));
    }
    Ok(Outcome::Estimate(estimate))
}

/// Factor by which clusters of unequal size inflate the variance of a mean over units.
///
/// # Definition
/// `1 + (m (1 + cv^2) - 1) icc` with the mean m of the sizes and their coefficient of variation cv (denominator k).
///
/// # Input
/// `sizes`: units per cluster, at least 1 each; `correlation` in [0, 1].
///
/// # Output
/// The factor, at least 1.
///
/// # Undefined when
/// There is no cluster: an error naming `sizes`.
///
/// # Assumptions
/// Every cluster has the same correlation, and units weigh the same.
///
/// # Errors
/// [`StatsError`] naming `sizes` (also where it is empty) or `correlation`.
///
/// # Source
/// Eldridge, Ashby and Kerry (2006), Sample Size for Cluster Randomized Trials, doi:10.1093/ije/dyl129, eq. 3.
///
/// # Example
/// ```
/// // Teams of 40 tasks, correlation 0.08.
/// let factor = candor_stats::planning::intra_cluster::design_effect(&[40.0, 40.0], 0.08).unwrap();
/// assert!((factor - 4.12).abs() < 1e-12);
/// ```
pub fn design_effect(sizes: &[f64], correlation: f64) -> Result<f64, StatsError> {
    finite("sizes", sizes)?;
    let out_of_range = |argument, value: String, expected| Err(StatsError::OutOfRange { argument, value, expected });
    if sizes.is_empty() {
        return Err(StatsError::LengthMismatch { argument: "sizes", have: 0, need: 1 });
    }
    if let Some(size) = sizes.iter().find(|size| !(1.0..=1e100).contains(*size)) {
        return out_of_range("sizes", size.to_string(), "at least one unit in each cluster");
    }
    if !(0.0..=1.0).contains(&correlation) {
        return out_of_range("correlation", correlation.to_string(), "a correlation between 0 and 1");
    }
    // m (1 + cv^2) = sum m^2 / sum m: the size of the cluster of a random unit.
    let total: f64 = sizes.iter().sum();
    let seen = sizes.iter().map(|size| size * (size / total)).sum::<f64>();
    Ok(1.0 + (seen - 1.0) * correlation)
}

/// Correlations above this count as 1.
const HIGHEST: f64 = 1.0 - 1e-12;

/// Sizes and means of clusters with the squares around them.
struct Layout {
    sizes: Vec<f64>,
    means: Vec<f64>,
    units: f64,
    within: f64,
    between: f64,
}

impl Layout {
    fn new(values: impl Iterator<Item = f64> + Clone, groups: &Groups) -> Self {
        let count = groups.count();
        let (mut sizes, mut means) = (vec![0.0; count], vec![0.0; count]);
        let mut within = 0.0;
        let mut units = 0.0;
        let mut mean = 0.0;
        for (value, group) in values.zip(&groups.of_row) {
            let (Some(size), Some(own)) = (sizes.get_mut(*group), means.get_mut(*group)) else { continue };
            *size += 1.0;
            let shift = value - *own;
            *own += shift / *size;
            within += shift * (value - *own);
            units += 1.0;
            mean += (value - mean) / units;
        }
        let between = sizes.iter().zip(&means).map(|(size, own)| size * (own - mean) * (own - mean)).sum();
        Self { sizes, means, units, within, between }
    }

    fn mean_squares(&self) -> (f64, f64) {
        let count = self.sizes.len() as f64;
        (self.between / (count - 1.0), self.within / (self.units - count))
    }

    /// The size that stands for all of them in the expected mean square between clusters.
    fn typical_size(&self) -> f64 {
        let squares: f64 = self.sizes.iter().map(|size| size * size / self.units).sum();
        (self.units - squares) / (self.sizes.len() as f64 - 1.0)
    }

    fn at_ratio(&self, ratio: f64) -> f64 {
        if ratio.is_finite() { ((ratio - 1.0) / (ratio + self.typical_size() - 1.0)).clamp(0.0, 1.0) } else { 1.0 }
    }

    fn anova(&self) -> f64 {
        let (between, within) = self.mean_squares();
        if within == 0.0 { 1.0 } else { self.at_ratio(between / within) }
    }

    /// Wald's limits: exact, because the weighted squares at the true ratio of variances follow chi-squared.
    fn limits(&self, alpha: f64) -> (f64, f64) {
        let (_, within) = self.mean_squares();
        if within == 0.0 {
            return (1.0, 1.0);
        }
        let (numerator, denominator) = (self.sizes.len() as f64 - 1.0, self.units - self.sizes.len() as f64);
        let quantile = |upper: f64| {
            let excess = |log: f64| fisher_upper(log.exp(), numerator, denominator) - upper;
            roots::between(excess, -80.0, 80.0, 1e-10).map_or(f64::INFINITY, f64::exp)
        };
        let reached = |upper: f64| {
            let target = quantile(upper) * numerator * within;
            let excess = |correlation: f64| self.weighted_squares(correlation) - target;
            if excess(0.0) <= 0.0 {
                return 0.0;
            }
            if excess(HIGHEST) >= 0.0 {
                return 1.0;
            }
            roots::between(excess, 0.0, HIGHEST, 1e-14).unwrap_or(0.0)
        };
        (reached(alpha / 2.0), reached(1.0 - alpha / 2.0))
    }

    /// Squares of the means around their weighted mean, with weights m / (1 + m r) at the ratio r = correlation / (1 - correlation).
    fn weighted_squares(&self, correlation: f64) -> f64 {
        let ratio = correlation / (1.0 - correlation);
        let weights = || self.sizes.iter().map(|size| size / (1.0 + size * ratio));
        let total: f64 = weights().sum();
        let mean = weights().zip(&self.means).map(|(weight, own)| weight * own).sum::<f64>() / total;
        weights().zip(&self.means).map(|(weight, own)| weight * (own - mean) * (own - mean)).sum()
    }

    /// Correlation at the maximum of the restricted likelihood, profiled over mean and total variance.
    fn restricted(&self) -> f64 {
        if self.within == 0.0 {
            return 1.0;
        }
        // Derivative of -2 log likelihood after lambda = between / within variance.
        let slope = |correlation: f64| {
            let lambda = correlation / (1.0 - correlation);
            let weights = || self.sizes.iter().map(|size| size / (1.0 + size * lambda));
            let total: f64 = weights().sum();
            let mean = weights().zip(&self.means).map(|(weight, own)| weight * own).sum::<f64>() / total;
            let squares = |power: i32| -> f64 {
                weights().zip(&self.means).map(|(weight, own)| weight.powi(power) * (own - mean) * (own - mean)).sum()
            };
            let spread: f64 = weights().map(|weight| weight * weight).sum();
            total - spread / total - (self.units - 1.0) * squares(2) / (self.within + squares(1))
        };
        if slope(0.0) >= 0.0 {
            return 0.0;
        }
        if slope(HIGHEST) <= 0.0 {
            return 1.0;
        }
        roots::between(slope, 0.0, HIGHEST, 1e-14).unwrap_or(0.0)
    }
}

//! Power where teams or people, not their single tasks, are assigned: the unit of the test is the cluster.

use serde::Serialize;

use super::noncentral::two_sided_power;
use super::t_power::detectable;
use crate::error::{finite, open_unit};
use crate::{Outcome, StatsError};

/// Error with which units are labelled as exposed (AI-made) or not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LabelError {
    /// Share of units labelled exposed that are exposed, 0 to 1.
    pub positive_predictive_value: f64,
    /// Share of units labelled unexposed that are unexposed, 0 to 1.
    pub negative_predictive_value: f64,
}

impl LabelError {
    /// Predictive values from sensitivity and specificity of the labels and the true share of exposed units.
    ///
    /// # Errors
    /// [`StatsError`] naming the argument that is not in [0, 1].
    ///
    /// # Source
    /// Altman and Bland (1994), Diagnostic Tests 2: Predictive Values, doi:10.1136/bmj.309.6947.102.
    ///
    /// # Example
    /// ```
    /// use candor_stats::planning::cluster_power::LabelError;
    /// let error = LabelError::from_accuracy(0.9, 0.95, 0.5).unwrap();
    /// assert!((error.positive_predictive_value - 0.45 / 0.475).abs() < 1e-12);
    /// ```
    pub fn from_accuracy(sensitivity: f64, specificity: f64, exposed_share: f64) -> Result<Self, StatsError> {
        share("sensitivity", sensitivity)?;
        share("specificity", specificity)?;
        share("exposed_share", exposed_share)?;
        let hit = sensitivity * exposed_share;
        let false_alarm = (1.0 - specificity) * (1.0 - exposed_share);
        let miss = (1.0 - sensitivity) * exposed_share;
        let quiet = specificity * (1.0 - exposed_share);
        let ratio = |right: f64, wrong: f64| if right + wrong > 0.0 { right / (right + wrong) } else { 1.0 };
        Ok(Self { positive_predictive_value: ratio(hit, false_alarm), negative_predictive_value: ratio(quiet, miss) })
    }

    /// Share of a true effect that the labels let through: `PPV + NPV - 1`.
    #[must_use]
    pub fn attenuation(&self) -> f64 {
        self.positive_predictive_value + self.negative_predictive_value - 1.0
    }

    pub(super) fn check(&self) -> Result<(), StatsError> {
        share("label_error", self.positive_predictive_value)?;
        share("label_error", self.negative_predictive_value)
    }
}

fn share(argument: &'static str, value: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a share between 0 and 1" })
    }
}

/// Two arms of clusters, as planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterDesign<'a> {
    /// Units in each cluster of the first arm; at least 1 each.
    pub first_sizes: &'a [f64],
    /// Units in each cluster of the second arm; at least 1 each.
    pub second_sizes: &'a [f64],
    /// Intra-cluster correlation of the outcome, 0 to 1.
    pub correlation: f64,
    /// Error of the labels; `None` where exposure is known.
    pub label_error: Option<LabelError>,
}

/// Power of the two-sided t test on cluster means.
///
/// # Definition
/// Variance of a cluster mean `icc + (1 - icc) / m` in units of the total variance, averaged over the clusters of an arm; t on k1 + k2 - 2
/// degrees of freedom; label error multiplies the effect by [`LabelError::attenuation`].
///
/// # Input
/// `design`; `effect`: difference of means in standard deviations of a unit (between and within clusters together); `alpha`: two-sided error
/// rate in (0, 1).
///
/// # Output
/// A probability, at least `alpha`.
///
/// # Undefined when
/// Fewer than two clusters in an arm: an error naming `design`.
///
/// # Assumptions
/// Every cluster counts alike; normal cluster means. With very unequal sizes or few clusters compare with [`super::simulation`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials in Health Research, sections 5.2 and 6.2.
///
/// # Example
/// ```
/// use candor_stats::planning::cluster_power::{ClusterDesign, power};
/// let sizes = [40.0; 6];
/// let design = ClusterDesign { first_sizes: &sizes, second_sizes: &sizes, correlation: 0.08, label_error: None };
/// // Six teams of 40 tasks per arm: statsmodels' TTestIndPower on team means.
/// assert!((power(&design, 0.5, 0.05).unwrap() - 0.682243438598515).abs() < 1e-8);
/// ```
pub fn power(design: &ClusterDesign<'_>, effect: f64, alpha: f64) -> Result<f64, StatsError> {
    finite("effect", &[effect])?;
    open_unit("alpha", alpha)?;
    let error = standard_error(design)?;
    let attenuation = design.label_error.map_or(1.0, |labels| labels.attenuation());
    Ok(two_sided_power(effect * attenuation / error, degrees(design), alpha))
}

/// Smallest effect that the t test on cluster means detects with the wanted power.
///
/// # Definition
/// The effect at which [`power`] gives `power`: label error makes it larger by 1 / [`LabelError::attenuation`].
///
/// # Input
/// As [`power`]; `power` in (0, 1).
///
/// # Output
/// An [`crate::Estimate`] whose point is the effect in standard deviations of a unit; `units` and `clusters` are those of the design.
///
/// # Undefined when
/// Labels that are no better than chance, or a power not above alpha: [`Outcome::NotApplicable`].
///
/// # Assumptions
/// As [`power`].
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Bloom (1995), Minimum Detectable Effects, doi:10.1177/0193841X9501900504; Donner and Klar (2000), section 5.2.
///
/// # Example
/// ```
/// use candor_stats::planning::cluster_power::{ClusterDesign, detectable_effect};
/// let sizes = [40.0; 6];
/// let design = ClusterDesign { first_sizes: &sizes, second_sizes: &sizes, correlation: 0.08, label_error: None };
/// let effect = detectable_effect(&design, 0.05, 0.8).unwrap();
/// assert!((effect.point().unwrap() - 0.576254500234161).abs() < 1e-5);
/// ```
pub fn detectable_effect(design: &ClusterDesign<'_>, alpha: f64, power: f64) -> Result<Outcome, StatsError> {
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    let attenuation = design.label_error.map_or(1.0, |labels| labels.attenuation());
    let error = standard_error(design)?;
    if attenuation <= 1e-9 {
        return Ok(Outcome::not_applicable("labels that are no better than chance let no effect through"));
    }
    let units = design.first_sizes.iter().chain(design.second_sizes).sum();
    let method = "t test on cluster means, smallest effect in standard deviations of a unit";
    let mut outcome = detectable(error / attenuation, degrees(design), (alpha, power), units, method);
    let clusters = design.first_sizes.len() + design.second_sizes.len();
    if let Outcome::Estimate(estimate) = &mut outcome {
        estimate.clusters = Some(clusters);
        if clusters < 10 {
            estimate.notes.push(format!("{clusters} clusters: the figure rests on normal cluster means"));
        }
        if design.label_error.is_some() {
            estimate.notes.push(format!("labels let {:.0} % of an effect through", 100.0 * attenuation));
        }
    }
    Ok(outcome)
}

fn degrees(design: &ClusterDesign<'_>) -> f64 {
    (design.first_sizes.len() + design.second_sizes.len()) as f64 - 2.0
}

/// Standard error of the difference of arm means over clusters, in standard deviations of a unit.
fn standard_error(design: &ClusterDesign<'_>) -> Result<f64, StatsError> {
    let out_of_range = |value: String, expected| Err(StatsError::OutOfRange { argument: "design", value, expected });
    let icc = design.correlation;
    if !(0.0..=1.0).contains(&icc) {
        return out_of_range(format!("an intra-cluster correlation of {icc}"), "an intra-cluster correlation between 0 and 1");
    }
    if let Some(labels) = &design.label_error {
        labels.check()?;
    }
    let mut variance = 0.0;
    for sizes in [design.first_sizes, design.second_sizes] {
        if sizes.len() < 2 {
            return out_of_range(format!("{} clusters in one arm", sizes.len()), "at least two clusters in each arm");
        }
        if let Some(size) = sizes.iter().find(|size| !(size.is_finite() && **size >= 1.0)) {
            return out_of_range(format!("a cluster of {size} units"), "at least one unit in each cluster");
        }
        let count = sizes.len() as f64;
        let of_means = sizes.iter().map(|size| icc + (1.0 - icc) / size).sum::<f64>() / count;
        variance += of_means / count;
    }
    Ok(variance.sqrt())
}

//! Sample-ratio mismatch that may be checked after every unit: the p-value stays valid however often one looks.

use super::sample_ratio::shares;
use crate::StatsError;

/// A running test of planned arm sizes.
///
/// # Definition
/// Bayes factor of a Dirichlet-multinomial with parameters concentration * weight against the planned weights; after each unit it is
/// multiplied by (concentration w + units of the arm) / (concentration + units) / w, before the unit is counted.
/// p = running minimum of 1 / Bayes factor, at most 1.
///
/// # Input
/// Planned weights above 0; the concentration says how close to the plan a mismatch is expected to be (100 is the authors' default).
///
/// # Output
/// P(p ever <= a) <= a when units are assigned as planned, at all times together (Ville's inequality).
///
/// # Undefined when
/// There are fewer than two arms.
///
/// # Assumptions
/// Units are assigned one by one and independently.
///
/// # Source
/// Lindon and Malek 2022, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 35, equations 5 and 9.
///
/// # Example
/// The first unit never says anything: its factor is w / w = 1. A second one in the same arm of two equal ones, with concentration 2:
/// (1 + 1) / (2 + 1) / (1/2) = 4/3.
/// ```
/// use candor_stats::designs::sequential_sample_ratio::SequentialSampleRatio;
///
/// let mut test = SequentialSampleRatio::new(&[1.0, 1.0], 2.0)?;
/// assert!((test.assign(0)?.bayes_factor.unwrap() - 1.0).abs() < 1e-12);
/// let look = test.assign(0)?;
/// assert!((look.bayes_factor.unwrap() - 4.0 / 3.0).abs() < 1e-12 && (look.p_value - 0.75).abs() < 1e-12);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SequentialSampleRatio {
    shares: Vec<f64>,
    concentration: f64,
    counts: Vec<f64>,
    units: u64,
    ln_factor: f64,
    p_value: f64,
}

/// The state after a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioLook {
    /// Units so far.
    pub units: u64,
    /// Evidence for a mismatch over evidence for the plan; `None` when it is too large to be a number.
    pub bayes_factor: Option<f64>,
    /// Valid at every look.
    pub p_value: f64,
}

impl SequentialSampleRatio {
    /// A test before the first unit.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `weights` or `concentration`; [`StatsError::NotFinite`] names `weights`.
    pub fn new(weights: &[f64], concentration: f64) -> Result<Self, StatsError> {
        if weights.len() < 2 {
            let value = format!("{} weights", weights.len());
            return Err(StatsError::OutOfRange { argument: "weights", value, expected: "at least two arms" });
        }
        if !(concentration > 0.0 && concentration.is_finite()) {
            let value = concentration.to_string();
            return Err(StatsError::OutOfRange { argument: "concentration", value, expected: "a finite number above 0" });
        }
        let shares = shares(weights)?;
        let counts = vec![0.0; shares.len()];
        Ok(Self { shares, concentration, counts, units: 0, ln_factor: 0.0, p_value: 1.0 })
    }

    /// Counts one unit in `arm` (from 0) and looks.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] names `arm` when there is no such arm.
    pub fn assign(&mut self, arm: usize) -> Result<RatioLook, StatsError> {
        let (Some(share), Some(count)) = (self.shares.get(arm), self.counts.get_mut(arm)) else {
            return Err(StatsError::OutOfRange { argument: "arm", value: arm.to_string(), expected: "one of the planned arms" });
        };
        let predicted = (self.concentration * share + *count) / (self.concentration + self.units as f64);
        *count += 1.0;
        self.units += 1;
        self.ln_factor += predicted.ln() - share.ln();
        self.p_value = self.p_value.min((-self.ln_factor).exp()).min(1.0);
        let bayes_factor = Some(self.ln_factor.exp()).filter(|factor| factor.is_finite());
        Ok(RatioLook { units: self.units, bayes_factor, p_value: self.p_value })
    }
}

//! Whether effects of a Cox regression change over time.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::cox::{Position, Ties, contribute};
use super::kaplan_meier::LifeTable;
use super::lives::Lives;
use super::risk_sets::RiskSets;
use crate::distributions::chi_squared_upper;

/// A test of proportional hazards; small p-values speak against them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proportionality {
    /// The statistic; `None` where the information does not allow the test.
    pub chi_squared: Option<f64>,
    /// Its degrees of freedom.
    pub degrees_of_freedom: f64,
    /// Probability of a statistic as large or larger under proportional hazards.
    pub p_value: Option<f64>,
}

/// Score tests of a coefficient's slope in `1 - S(t-)`, the Kaplan-Meier time scale: one per covariate, and one of all covariates at the end.
///
/// Grambsch and Therneau 1994, Biometrika 81, 515-526; as score tests: R survival 3.5-3 `cox.zph(transform = "km")`.
pub(super) fn proportionality(sets: &RiskSets, ties: Ties, found: &Position) -> Vec<Proportionality> {
    let times: Vec<f64> = sets.rows.iter().map(|row| row.time).collect();
    let died: Vec<bool> = sets.rows.iter().map(|row| row.died).collect();
    let entries: Vec<f64> = sets.rows.iter().map(|row| row.entry).collect();
    let late = entries.iter().all(|entry| entry.is_finite()) && !entries.is_empty();
    let lives = if late { Lives::new(&times, &died).entering(&entries) } else { Lives::new(&times, &died) };
    let width = sets.width;
    let none = |degrees_of_freedom| Proportionality { chi_squared: None, degrees_of_freedom, p_value: None };
    let Ok(curve) = LifeTable::new(&lives) else {
        return (0..width).map(|_| none(1.0)).chain([none(width as f64)]).collect();
    };
    let mut slope = DVector::zeros(width);
    let mut whole = DMatrix::zeros(2 * width, 2 * width);
    let (mut means, mut score, mut information) =
        (Vec::with_capacity(width), DVector::zeros(width), DMatrix::zeros(width, width));
    sets.walk(found.beta.as_slice(), |deaths| {
        let position = curve.steps.partition_point(|step| step.time < deaths.time).saturating_sub(1);
        let scale = 1.0 - curve.steps.get(position).map_or(1.0, |step| step.survival);
        score.fill(0.0);
        information.fill(0.0);
        contribute(deaths, ties, &mut means, &mut score, &mut information);
        slope.axpy(scale, &score, 1.0);
        for (corner, factor) in [((0, 0), 1.0), ((0, width), scale), ((width, 0), scale), ((width, width), scale * scale)] {
            for (sum, value) in whole.view_mut(corner, (width, width)).iter_mut().zip(information.iter()) {
                *sum += factor * value;
            }
        }
    });
    let test = |covariates: &[usize]| {
        let kept: Vec<usize> = (0..width).chain(covariates.iter().map(|covariate| width + covariate)).collect();
        let of = |i: usize| kept.get(i).copied().unwrap_or(0);
        let part = DMatrix::from_fn(kept.len(), kept.len(), |i, j| whole.get((of(i), of(j))).copied().unwrap_or(0.0));
        let score =
            DVector::from_fn(kept.len(), |i, _| of(i).checked_sub(width).and_then(|i| slope.get(i)).copied().unwrap_or(0.0));
        let degrees_of_freedom = covariates.len() as f64;
        let statistic = part.cholesky().map(|cholesky| cholesky.solve(&score).dot(&score)).filter(|value| value.is_finite());
        let p_value = statistic.map(|statistic| chi_squared_upper(statistic, degrees_of_freedom));
        Proportionality { chi_squared: statistic.map(|statistic| statistic.max(0.0)), degrees_of_freedom, p_value }
    };
    let all: Vec<usize> = (0..width).collect();
    (0..width).map(|covariate| test(&[covariate])).chain([test(&all)]).collect()
}

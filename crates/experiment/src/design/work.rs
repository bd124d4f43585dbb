//! Pieces of work compared between arms, with people as clusters: what the designs of tasks, features and people share.

use std::collections::BTreeMap;

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::wild_bootstrap::{self, Bootstrap};
use candor_stats::linearised::Reference;
use candor_stats::ratios::{RatioTable, clustered};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};
use candor_stats::{Estimate, Fitted, Outcome};

use super::figure::{Looks, Turn, insufficient, refused};
use super::{DRAWS, Measure, SEED, WorkRow};
use crate::ExperimentError;
use crate::plan::Scale;
use crate::verdict::Answer;

const ARM: &str = "treated";

/// Why there is no contrast at all.
pub(super) fn one_armed(rows: &[WorkRow]) -> Option<Answer> {
    let treated = rows.iter().filter(|row| row.treated).count();
    (treated == 0 || treated == rows.len()).then(|| {
        insufficient(
            format!("{treated} rows of the other arms and {} of the control", rows.len() - treated),
            "rows in each arm",
            "a contrast needs both arms",
        )
    })
}

/// The arms' figures, subtracted or divided, without any adjustment: rows of one person belong together in both arms.
pub(super) fn plain(scale: Scale, measure: Measure, rows: &[WorkRow], looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    let people: Vec<u32> = rows.iter().map(|row| u32::try_from(row.person).unwrap_or(u32::MAX)).collect();
    let outcome = match measure {
        Measure::Ratio => {
            let numerators: Vec<f64> = rows.iter().map(|row| row.value).collect();
            let denominators: Vec<f64> = rows.iter().map(|row| row.weight).collect();
            let table = |which: bool| {
                let domain: Vec<bool> = rows.iter().map(|row| row.treated == which).collect();
                RatioTable::new(&numerators, &denominators, &people, Some(&domain))
            };
            let (treated, control) = (table(true)?, table(false)?);
            if scale == Scale::Relative {
                logged(clustered::quotient(&treated, &control, Reference::SmallSample, 0.95)?)
            } else {
                clustered::difference(&treated, &control, Reference::SmallSample, 0.95)?
            }
        }
        Measure::Lives { at, gone } => {
            let table = |which: bool| {
                let own: Vec<(&WorkRow, u32)> = rows
                    .iter()
                    .zip(&people)
                    .filter(|(row, _)| row.treated == which)
                    .map(|(row, person)| (row, *person))
                    .collect();
                let times: Vec<f64> = own.iter().map(|(row, _)| row.value).collect();
                let ended: Vec<bool> = own.iter().map(|(row, _)| row.ended).collect();
                let weights: Vec<f64> = own.iter().map(|(row, _)| row.weight).collect();
                let by: Vec<u32> = own.iter().map(|(_, person)| *person).collect();
                LifeTable::new(&Lives::new(&times, &ended).weighted(&weights).clustered(&by))
            };
            let (treated, control) = (table(true)?, table(false)?);
            let confidence = Confidence { level: 0.95, ..Confidence::default() };
            if scale == Scale::Relative && gone {
                return Ok(Answer::NotApplicable {
                    reason: "shares that are gone are compared in points: register the claim in points".to_owned(),
                });
            }
            if scale == Scale::Relative {
                logged(comparison::ratio(&treated, &control, at, &confidence)?)
            } else {
                let difference = comparison::difference(&treated, &control, at, &confidence)?;
                if gone { negative(difference) } else { difference }
            }
        }
        Measure::GeometricMean | Measure::TaskMinutes => return adjusted(scale, measure, rows, "cr2", looks),
    };
    looks.answer(outcome, if scale == Scale::Relative { Turn::Log } else { Turn::Same })
}

/// Regression on the arm within strata and at equal covariates, errors by person.
///
/// # Definition
/// The outcome (its logarithm for geometric means and for relative claims) minus its mean in the stratum, on the arm minus its mean there, on
/// what was known before and on the covariates. Taking the strata out changes neither CR2 nor its degrees of freedom (Pustejovsky and Tipton
/// 2018, theorem 2).
pub(super) fn adjusted(
    scale: Scale,
    measure: Measure,
    rows: &[WorkRow],
    variance: &str,
    looks: &Looks<'_>,
) -> Result<Answer, ExperimentError> {
    if let Some(answer) = one_armed(rows) {
        return Ok(answer);
    }
    let Some((outcomes, log)) = outcomes(scale, measure, rows) else {
        return Ok(no_logarithm());
    };
    let strata: Vec<usize> = rows.iter().map(|row| row.stratum).collect();
    let arm: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row.treated))).collect();
    let others = || -> Result<Regressors<'static>, ExperimentError> {
        let mut right = Regressors::without_intercept(rows.len());
        if rows.iter().all(|row| row.before.is_some_and(|before| before > 0.0)) {
            let before = rows.iter().map(|row| row.before.map_or(0.0, f64::ln)).collect();
            right = column(right, "before", before, &strata)?;
        }
        for place in 0..rows.first().map_or(0, |row| row.covariates.len()) {
            let codes: Vec<usize> = rows.iter().map(|row| row.covariates.get(place).copied().unwrap_or(0)).collect();
            let mut values = codes.clone();
            values.sort_unstable();
            values.dedup();
            for value in values.iter().skip(1) {
                let dummy = codes.iter().map(|code| f64::from(u8::from(code == value))).collect();
                right = column(right, &format!("covariate {place} = {value}"), dummy, &strata)?;
            }
        }
        Ok(right)
    };
    let people: Vec<usize> = rows.iter().map(|row| row.person).collect();
    let left = within(outcomes, &strata);
    let from = if log { Turn::Log } else { Turn::Same };
    if variance == "randomisation" && !looks.is_always_valid() {
        let residuals = match others()? {
            right if right.width() == 0 => left,
            right => match LeastSquares::fit(&left, right)? {
                Fitted::Fit(model) => model.residuals().to_vec(),
                Fitted::Refused(outcome) => return Ok(refused(outcome)),
            },
        };
        let treated: Vec<bool> = rows.iter().map(|row| row.treated).collect();
        return looks.answer_by_level(from, |level| {
            randomisation::test(&residuals, &treated, &Drawn::Strata(&strata), level, DRAWS, SEED)
        });
    }
    let right = others()?.column(ARM, within(arm, &strata))?;
    let model = match LeastSquares::fit(&left, right)? {
        Fitted::Fit(model) => model,
        Fitted::Refused(outcome) => return Ok(refused(outcome)),
    };
    if variance == "wild_cluster_bootstrap" && !looks.is_always_valid() {
        let run = Bootstrap { by: &people, impose_null: true, draws: DRAWS, seed: SEED };
        return looks.answer_by_level(from, |level| wild_bootstrap::coefficient(&model, ARM, &run, level));
    }
    let outcome = match model.covariance(&Errors::Clustered { by: &people, correction: Correction::Cr2 })? {
        Fitted::Fit(covariance) => covariance.coefficient(ARM, 0.95)?,
        Fitted::Refused(outcome) => outcome,
    };
    looks.answer(outcome, from)
}

/// Outcomes as they are compared, and whether they are logarithms; none where they have none.
pub(super) fn outcomes(scale: Scale, measure: Measure, rows: &[WorkRow]) -> Option<(Vec<f64>, bool)> {
    let value = |row: &WorkRow| if measure == Measure::Ratio && row.weight > 0.0 { row.value / row.weight } else { row.value };
    let log = scale == Scale::Relative || matches!(measure, Measure::GeometricMean | Measure::TaskMinutes);
    if !log {
        return Some((rows.iter().map(value).collect(), false));
    }
    // Differences of logarithms are relative differences and nothing else.
    let positive = scale == Scale::Relative && rows.iter().all(|row| value(row) > 0.0);
    positive.then(|| (rows.iter().map(|row| value(row).ln()).collect(), true))
}

/// Why outcomes cannot be compared on the scale that was registered.
pub(super) fn no_logarithm() -> Answer {
    Answer::NotApplicable {
        reason: "this claim compares logarithms, and some outcomes have none or the claim is not relative: register ratios as relative, and shares or counts in points"
            .to_owned(),
    }
}

fn column(
    right: Regressors<'static>,
    name: &str,
    values: Vec<f64>,
    strata: &[usize],
) -> Result<Regressors<'static>, ExperimentError> {
    let values = within(values, strata);
    // What does not vary within strata is taken out with them.
    if values.iter().all(|value| value.abs() < 1e-12) {
        return Ok(right);
    }
    Ok(right.column(name, values)?)
}

/// Values minus the mean of their stratum.
fn within(values: Vec<f64>, strata: &[usize]) -> Vec<f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (value, stratum) in values.iter().zip(strata) {
        let (sum, count) = sums.entry(*stratum).or_default();
        (*sum, *count) = (*sum + value, *count + 1.0);
    }
    let mean = |stratum: &usize| sums.get(stratum).map_or(0.0, |(sum, count)| sum / count);
    values.into_iter().zip(strata).map(|(value, stratum)| value - mean(stratum)).collect()
}

/// A ratio as its logarithm, whose limits are symmetric.
fn logged(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Estimate(estimate) if estimate.point > 0.0 => {
            let variance = estimate.variance.map(|variance| variance / (estimate.point * estimate.point));
            Outcome::Estimate(Estimate { point: estimate.point.ln(), variance, interval: None, ..estimate })
        }
        Outcome::Estimate(_) => Outcome::insufficient("a ratio of 0", "a ratio above 0", "one arm has nothing to compare"),
        other => other,
    }
}

fn negative(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Estimate(estimate) => Outcome::Estimate(Estimate { point: -estimate.point, interval: None, ..estimate }),
        other => other,
    }
}

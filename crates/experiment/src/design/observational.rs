//! `observational`: work that people chose to do with or without AI, compared at equal covariates. Never an effect.

use candor_stats::Fitted;
use candor_stats::designs::e_value;
use candor_stats::designs::observational::{Observational, USUAL_TRIM};

use super::figure::{Looks, Turn, refused};
use super::{Description, Measure, WorkRow, work};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::Observational,
    needs: "work whose source is known, and what was known of it before: context, level, team",
    estimates: "an adjusted comparison; groups may differ for reasons that nobody measured",
    analysis: "doubly robust (AIPW) over rows with a propensity from 0.1 to 0.9, people as clusters; the E-value says how strong an unmeasured cause would have to be",
};

/// The adjusted comparison of a criterion.
pub(super) fn figure(
    _plan: &Plan,
    scale: Scale,
    measure: Measure,
    rows: &[WorkRow],
    looks: &Looks<'_>,
) -> Result<Answer, ExperimentError> {
    if let Some(answer) = work::one_armed(rows) {
        return Ok(answer);
    }
    if matches!(measure, Measure::Lives { .. }) {
        return with_note(work::plain(scale, measure, rows, looks)?, "not adjusted: a curve has no adjusted comparison here");
    }
    let Some((outcomes, log)) = work::outcomes(scale, measure, rows) else {
        return with_note(work::plain(scale, measure, rows, looks)?, "not adjusted: outcomes of 0 have no logarithm");
    };
    let used: Vec<bool> = rows.iter().map(|row| row.treated).collect();
    let dummies = dummies(rows);
    let covariates: Vec<(&str, &[f64])> = dummies.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
    let whole = match Observational::fit(&outcomes, &used, &covariates)? {
        Fitted::Fit(model) => model,
        Fitted::Refused(outcome) => return Ok(refused(outcome)),
    };
    let probabilities: Vec<bool> =
        whole.propensity().probabilities().iter().map(|share| *share >= USUAL_TRIM[0] && *share <= USUAL_TRIM[1]).collect();
    let (model, kept) = if probabilities.iter().all(|kept| *kept) {
        (whole, probabilities)
    } else {
        match whole.trim(USUAL_TRIM[0], USUAL_TRIM[1])? {
            Fitted::Fit(model) => (model, probabilities),
            Fitted::Refused(outcome) => return Ok(refused(outcome)),
        }
    };
    let pick = |place: usize| kept.get(place).copied().unwrap_or(false);
    let people: Vec<usize> = rows.iter().enumerate().filter(|(place, _)| pick(*place)).map(|(_, row)| row.person).collect();
    let own: Vec<f64> = outcomes.iter().enumerate().filter(|(place, _)| pick(*place)).map(|(_, value)| *value).collect();
    let mut outcome = model.doubly_robust(Some(&people), 0.95)?;
    if let candor_stats::Outcome::Estimate(estimate) = &mut outcome {
        let deviation = deviation(&own);
        if let (Some(error), true) = (estimate.standard_error(), deviation > 0.0) {
            let value = e_value::of_difference(estimate.point, error, deviation, 0.95)?;
            estimate.notes.push(format!(
                "E-value {:.2}: an unmeasured cause that goes with both use and outcome by that risk ratio would explain the point{}",
                value.point,
                value.limit.map_or_else(String::new, |limit| format!(", and by {limit:.2} the nearer limit"))
            ));
        }
        let overlap = model.overlap();
        estimate.notes.push(format!(
            "overlap: propensities of the others {:.2} to {:.2}, of the users {:.2} to {:.2}; {} of {} rows are left out as beyond comparison",
            overlap.others[0], overlap.others[1], overlap.users[0], overlap.users[1], rows.len() - own.len(), rows.len()
        ));
        estimate.method = format!("adjusted comparison: {}", estimate.method);
    }
    looks.answer(outcome, if log { Turn::Log } else { Turn::Same })
}

fn with_note(mut answer: Answer, note: &str) -> Result<Answer, ExperimentError> {
    if let Answer::Estimate { notes, method, .. } = &mut answer {
        notes.push(note.to_owned());
        *method = format!("comparison: {method}");
    }
    Ok(answer)
}

/// A column for each value of each covariate but the commonest, values of fewer than 10 rows in an arm together.
fn dummies(rows: &[WorkRow]) -> Vec<(String, Vec<f64>)> {
    let mut found = Vec::new();
    for place in 0..rows.first().map_or(0, |row| row.covariates.len()) {
        let mut counts: std::collections::BTreeMap<usize, [usize; 2]> = std::collections::BTreeMap::new();
        let code = |row: &WorkRow| row.covariates.get(place).copied().unwrap_or(0);
        for row in rows {
            if let Some(slot) = counts.entry(code(row)).or_default().get_mut(usize::from(row.treated)) {
                *slot += 1;
            }
        }
        let mut common: Vec<(usize, usize)> =
            counts.iter().filter(|(_, [others, users])| *others.min(users) >= 10).map(|(code, [a, b])| (a + b, *code)).collect();
        common.sort_unstable_by(|left, right| right.cmp(left));
        // Values that are rare in an arm stay in the reference with the commonest, which the overlap then shows.
        for (_, value) in common.iter().skip(1) {
            let column = rows.iter().map(|row| f64::from(u8::from(code(row) == *value))).collect();
            found.push((format!("covariate {place} = {value}"), column));
        }
    }
    found
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

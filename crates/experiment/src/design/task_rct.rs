//! `task_rct`: each task by lot within its person, forecasts before and minutes after. METR's design.

use candor_stats::clusters::wild_bootstrap::{self, Bootstrap};
use candor_stats::designs::task_trial::{TaskTrial, Tasks};
use candor_stats::regression::{Correction, Errors};
use candor_stats::{Estimate, Fitted, Outcome};

use super::figure::{Looks, Turn, refused};
use super::{DRAWS, Description, Measure, SEED, WorkRow, work};
use crate::ExperimentError;
use crate::plan::{Design, Plan, Scale};
use crate::verdict::Answer;

pub(super) const DESCRIPTION: Description = Description {
    design: Design::TaskRct,
    needs: "tasks drawn by `candor assign` after their forecast; minutes of every task, dropped ones told",
    estimates: "the effect of allowing AI on a task, as assigned, within people",
    analysis: "log of minutes on the arm and the log of the forecast; people are clusters, CR2 with Satterthwaite's degrees of freedom",
};

/// The figure of a criterion: the task trial for minutes, else the logarithm of the outcome within strata.
pub(super) fn figure(
    plan: &Plan,
    scale: Scale,
    measure: Measure,
    rows: &[WorkRow],
    looks: &Looks<'_>,
) -> Result<Answer, ExperimentError> {
    let variance = plan.estimator.variance.as_str();
    if let Some(answer) = work::one_armed(rows) {
        return Ok(answer);
    }
    if measure == Measure::TaskMinutes && plan.estimator.name == "task_trial" && variance != "randomisation" {
        return task_trial(variance, rows, looks);
    }
    match measure {
        Measure::TaskMinutes | Measure::GeometricMean => work::adjusted(scale, measure, rows, variance, looks),
        Measure::Ratio | Measure::Lives { .. } => work::plain(scale, measure, rows, looks),
    }
}

fn task_trial(variance: &str, rows: &[WorkRow], looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    let developers: Vec<usize> = rows.iter().map(|row| row.person).collect();
    let minutes: Vec<f64> = rows.iter().map(|row| row.value).collect();
    let trial = TaskTrial::fit(&Tasks {
        developers: &developers,
        ai_allowed: &rows.iter().map(|row| row.treated).collect::<Vec<_>>(),
        forecast_minutes: &rows.iter().map(|row| row.before.unwrap_or(0.0)).collect::<Vec<_>>(),
        initial_minutes: &minutes,
        // What was missing was set to the mean of its arm where the rows were made.
        post_review_minutes: &vec![Some(0.0); rows.len()],
    })?;
    let trial = match trial {
        Fitted::Fit(trial) => trial,
        Fitted::Refused(outcome) => return Ok(refused(outcome)),
    };
    const ARM: &str = "ai_allowed";
    if variance == "wild_cluster_bootstrap" && !looks.is_always_valid() {
        let run = Bootstrap { by: &developers, impose_null: true, draws: DRAWS, seed: SEED };
        return looks.answer_by_level(Turn::Log, |level| wild_bootstrap::coefficient(trial.regression(), ARM, &run, level));
    }
    let outcome = match trial.regression().covariance(&Errors::Clustered { by: &developers, correction: Correction::Cr2 })? {
        Fitted::Fit(covariance) => covariance.coefficient(ARM, 0.95)?,
        Fitted::Refused(outcome) => outcome,
    };
    let told = match outcome {
        Outcome::Estimate(estimate) => {
            let method = format!("task trial, log of minutes given the forecast: {}", estimate.method);
            Outcome::Estimate(Estimate { method, ..estimate })
        }
        other => other,
    };
    looks.answer(told, Turn::Log)
}

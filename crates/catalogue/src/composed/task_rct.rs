//! `task_rct`: METR's design on the organisation's own tasks.

use std::collections::BTreeMap;

use candor_stats::designs::sample_ratio::chi_squared;
use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial};
use candor_stats::{Fitted, Outcome, StatsError};

use super::experiment::{AI_ALLOWED, Experiment, coefficient, mean};
use super::{Named, Rows};
use crate::document::Answer;
use crate::header::Direction;
use crate::reasons;

/// Errors that METR prints, with the names of the figures: on the scale of the effect and on the log scale.
const PUBLISHED: [(PublishedErrors, &str, &str); 3] = [
    (PublishedErrors::Clustered, "effect.CR1S", "ai_allowed.CR1S"),
    (PublishedErrors::Hc3, "effect.HC3", "ai_allowed.HC3"),
    (PublishedErrors::Homoskedastic, "effect.homoskedastic", "ai_allowed.homoskedastic"),
];

#[derive(Default)]
struct Arm {
    assigned: u64,
    dropped: u64,
    complied: Vec<f64>,
    imputed: Option<f64>,
}

pub(super) fn figures(of: &Rows<'_>) -> Result<Vec<Named>, StatsError> {
    let experiment = Experiment::new(of);
    let (tasks, people) = (experiment.tasks.len() as u64, experiment.people().len());
    let level = of.settings.level;
    let arms = arms(of);
    let mut figures = Vec::new();
    for (name, arm) in &arms {
        figures.push(Named::shown("assigned", "tasks", arm.assigned as f64, arm.assigned).of_arm(name));
        figures.push(Named::shown("dropped", "tasks", arm.dropped as f64, arm.assigned).of_arm(name));
        let complied = mean(arm.complied.iter().copied());
        figures.extend(
            complied.map(|share| Named::shown("complied_share", "share of tasks", share, arm.complied.len() as u64).of_arm(name)),
        );
        figures.extend(
            arm.imputed.map(|minutes| Named::shown("imputed_post_review", "minutes", minutes, arm.assigned).of_arm(name)),
        );
    }
    let counts: Vec<u64> = arms.values().map(|arm| arm.assigned).collect();
    if let Outcome::Estimate(ratio) = chi_squared(&counts, &vec![1.0; counts.len()])? {
        figures.extend(ratio.p_value.map(|p| Named::shown("sample_ratio_p", "p-value", p, counts.iter().sum())));
    }
    let effect = |name, answer| Named::new(name, "share of time", Direction::Lower, answer, tasks);
    match experiment.fit(None)? {
        Fitted::Refused(outcome) => figures.insert(0, effect("effect", Answer::of(outcome, reasons::NOT_COMPUTABLE))),
        Fitted::Fit(trial) => {
            figures.insert(0, effect("effect", Answer::of(trial.effect(level)?, reasons::NOT_COMPUTABLE)));
            figures.extend(published(&trial, level, tasks)?);
        }
    }
    figures.push(Named::shown("tasks_analysed", "tasks", tasks as f64, tasks));
    figures.push(Named::shown("people", "people", people as f64, people as u64));
    figures.extend(
        experiment.forecast(None).map(|share| Named::shown("forecast_speedup", "share of time saved", share, people as u64)),
    );
    // By task it would count those who write many tasks more often: the mean over people of their mean.
    let mut perceived: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in of.rows.iter().map(|row| *row as usize).filter(|row| of.frame.name("arm", *row) == Some(AI_ALLOWED)) {
        if let Some((person, share)) = of.frame.name("person", row).zip(of.frame.number("task_perceived_speedup", row)) {
            perceived.entry(person).or_default().push(share);
        }
    }
    let count = perceived.len() as u64;
    let share = mean(perceived.into_values().filter_map(|shares| mean(shares.into_iter())));
    figures.extend(share.map(|share| Named::shown("task_perceived_speedup", "share of time saved", share, count)));
    Ok(figures)
}

fn arms(of: &Rows<'_>) -> BTreeMap<String, Arm> {
    let mut arms: BTreeMap<String, Arm> = BTreeMap::new();
    for row in of.rows.iter().map(|row| *row as usize) {
        let Some(name) = of.frame.name("arm", row) else { continue };
        let arm = arms.entry(name.to_owned()).or_default();
        arm.assigned += 1;
        arm.dropped += u64::from(of.frame.name("status", row) == Some("dropped"));
        arm.complied.extend(of.frame.number("complied", row));
        arm.imputed = of.frame.number("imputed_post_review", row).or(arm.imputed);
    }
    arms
}

/// The effect with METR's errors, and the regression on the log scale.
fn published(trial: &TaskTrial, level: f64, tasks: u64) -> Result<Vec<Named>, StatsError> {
    let mut figures = Vec::new();
    for (errors, effect, log) in PUBLISHED {
        for (name, unit, outcome) in [
            (effect, "share of time", trial.published(&errors, level)?),
            (log, "log of time", trial.published_log(&errors, level)?),
        ] {
            figures.push(Named::new(name, unit, Direction::Lower, Answer::of(outcome, reasons::NOT_COMPUTABLE), tasks));
        }
    }
    for (figure, column) in [("intercept", "intercept"), ("log_forecast", "log_forecast")] {
        let found = coefficient(trial.regression(), column);
        figures.extend(found.map(|value| Named::shown(figure, "log of time", value, tasks)));
    }
    Ok(figures)
}

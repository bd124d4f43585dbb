//! Computes every key of the case `task_rct`.

use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};

use super::case::{Case, Computed};
use super::figures::{labels, limits};
use super::ols_robust::every_error;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let table = case.table("tasks.csv");
    let developers = labels(&table, "dev");
    let ai_allowed: Vec<bool> = table.numbers("ai_allowed").into_iter().map(|arm| arm == 1.0).collect();
    let tasks = Tasks {
        developers: &developers,
        ai_allowed: &ai_allowed,
        forecast_minutes: &table.numbers("forecast_no_ai_min"),
        initial_minutes: &table.numbers("initial_min"),
        post_review_minutes: &table.maybe_numbers("post_review_min"),
    };
    let fitted = TaskTrial::fit(&tasks).unwrap();
    let trial = fitted.fit().unwrap();
    // The case calls the log of the forecast `lx`.
    every_error(out, trial.regression(), &developers, true, |name| if name == "log_forecast" { "lx" } else { name });
    effects(out, trial);
}

/// Puts the keys that METR's own data share: `effect*` and `imputed_post_review.*`.
pub fn effects(out: &mut Computed, trial: &TaskTrial) {
    let kinds = [
        ("homoskedastic", Some(PublishedErrors::Homoskedastic)),
        ("HC3", Some(PublishedErrors::Hc3)),
        ("CR1S", Some(PublishedErrors::Clustered)),
        ("CR2", None),
    ];
    for (name, errors) in kinds {
        let outcome = errors.map_or_else(|| trial.effect(0.95), |errors| trial.published(&errors, 0.95)).unwrap();
        let (lower, upper) = limits(&outcome);
        out.put(format!("effect.{name}.lower"), lower);
        out.put(format!("effect.{name}.upper"), upper);
        if name == "CR2" {
            out.put("effect", outcome.point());
        }
    }
    for (arm, mean) in trial.imputed().into_iter().enumerate() {
        out.put(format!("imputed_post_review.ai{arm}"), mean);
    }
}

//! Computes every key of the case `metr`, from METR's own data where the reader has them.
//!
//! The data have no licence and are not part of the project. `CANDOR_METR_DATA=PATH` points at `data_complete.csv` of
//! github.com/METR/Measuring-Early-2025-AI-on-Exp-OSS-Devs at commit 3e430372; without it the case is skipped.

use std::env;
use std::path::PathBuf;

use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};
use candor_stats::regression::{Correction, Errors};

use super::case::{Case, Computed, Table};
use super::figures::{labels, point_p_df};
use super::task_rct::effects;

/// Where the reader keeps METR's data.
pub fn data() -> Option<PathBuf> {
    env::var_os("CANDOR_METR_DATA").map(PathBuf::from)
}

pub fn compute(_case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let Some(path) = data() else { return };
    let table = Table::read(&path);
    let developers = labels(&table, "dev_id");
    // The data README has the arms the wrong way round: 1 = AI allowed, as the script and the paper's counts show.
    let ai_allowed: Vec<bool> = table.numbers("ai_treatment").into_iter().map(|arm| arm == 1.0).collect();
    let tasks = Tasks {
        developers: &developers,
        ai_allowed: &ai_allowed,
        forecast_minutes: &table.numbers("predicted_time_no_ai"),
        initial_minutes: &table.numbers("initial_implementation_time"),
        post_review_minutes: &table.maybe_numbers("post_review_implementation_time"),
    };
    let fitted = TaskTrial::fit(&tasks).unwrap();
    let trial = fitted.fit().unwrap();
    let fit = trial.regression();
    effects(out, trial);
    out.put("missing_post_review", Some(trial.missing() as f64));
    out.put("n", Some(table.len() as f64));
    out.put("ai_rows", Some(ai_allowed.iter().filter(|arm| **arm).count() as f64));
    out.put("r_squared", fit.r_squared());
    out.put("sigma", Some(fit.residual_variance().sqrt()));
    let clustered = |correction| Errors::Clustered { by: &developers, correction };
    let kinds = [
        ("homoskedastic", Errors::Homoskedastic),
        ("HC3", Errors::Hc3),
        ("CR0", clustered(Correction::Cr0)),
        ("CR1S", clustered(Correction::Cr1s)),
    ];
    for name in fit.regressors().names() {
        out.put(format!("{name}.coef"), fit.coefficient(name));
        for (kind, errors) in &kinds {
            let covariance = fit.covariance(errors).unwrap();
            out.put(format!("{name}.se_{kind}"), covariance.fit().unwrap().standard_error(name));
        }
    }
    let variance = |correction| {
        let covariance = fit.covariance(&clustered(correction)).unwrap();
        covariance.fit().unwrap().standard_error("ai_allowed").unwrap().powi(2)
    };
    out.put("cluster_factor_on_variance", Some(variance(Correction::Cr1s) / variance(Correction::Cr0)));
    let cr2 = fit.covariance(&clustered(Correction::Cr2)).unwrap();
    let cr2 = cr2.fit().unwrap();
    let (_, p, df) = point_p_df(&cr2.coefficient("ai_allowed", 0.95).unwrap());
    out.put("developers", cr2.clusters().map(|clusters| clusters as f64));
    // clubSandwich's figures are given with ten digits.
    out.put_with("ai_allowed.se_CR2", cr2.standard_error("ai_allowed"), 1e-7);
    out.put_with("ai_allowed.CR2_df", df, 1e-7);
    out.put_with("ai_allowed.CR2_p", p, 1e-7);
    for (name, errors) in [("CR1S", PublishedErrors::Clustered), ("HC3", PublishedErrors::Hc3)] {
        out.put(format!("ai_allowed.{name}.p_z"), point_p_df(&trial.published_log(&errors, 0.95).unwrap()).1);
    }
    let plain = fit.covariance(&Errors::Homoskedastic).unwrap();
    let (_, p, df) = point_p_df(&plain.fit().unwrap().coefficient("ai_allowed", 0.95).unwrap());
    out.put(format!("ai_allowed.homoskedastic.p_t{}", df.unwrap()), p);
}

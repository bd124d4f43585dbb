//! Computes every key of the case `meta_analysis`.

use std::collections::BTreeSet;

use candor_stats::pooling::effect_size::log_risk_ratio;
use candor_stats::pooling::heterogeneity::Method;
use candor_stats::pooling::meta_regression::{Test, meta_regression, small_study_effect};
use candor_stats::pooling::random_effects::{Limits, Pooled, leave_one_out, pool, variances};

use super::case::{Case, Computed, Table};

/// Tolerances of the README: figures, tau2 and what follows from it alone, Q-profile (absolute: the package searches in steps of 1e-4).
const FIGURE: f64 = 1e-7;
const TAU2: f64 = 1e-6;
const Q_PROFILE: f64 = 1e-4;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(FIGURE);
    let sets: BTreeSet<&str> = case.expected().keys().filter_map(|key| key.split('.').next()).collect();
    for set in sets {
        let table = case.table(&format!("{set}.csv"));
        let (effects, variances) = effects(out, set, &table);
        let prefix = format!("{set}.");
        let second: BTreeSet<&str> = case.keys_starting_with(&prefix).filter_map(|key| key.split('.').nth(1)).collect();
        for part in second {
            if let Some(moderator) = part.strip_prefix("meta_regression_") {
                regression(case, out, &format!("{set}.{part}"), (&effects, &variances, &table.numbers(moderator)));
            } else if let Some((method, limits)) = model(part) {
                let prefix = format!("{set}.{part}");
                put(out, &prefix, &pool(&effects, &variances, method, limits, 0.95).unwrap().into_fit().unwrap());
                extras(case, out, &prefix, (&effects, &variances), method);
            }
        }
    }
}

fn model(name: &str) -> Option<(Method, Limits)> {
    let (name, limits) = match name.strip_suffix("_hartung_knapp") {
        Some(name) => (name, Limits::HartungKnapp),
        None => (name, Limits::Normal),
    };
    let method = match name {
        "EE" => Method::EqualEffects,
        "DL" => Method::DerSimonianLaird,
        "PM" => Method::PauleMandel,
        "ML" => Method::MaximumLikelihood,
        "REML" => Method::RestrictedMaximumLikelihood,
        _ => return None,
    };
    Some((method, limits))
}

/// Effects and variances of a table, from standard errors or from counts.
fn effects(out: &mut Computed, set: &str, table: &Table) -> (Vec<f64>, Vec<f64>) {
    if table.has("effect") {
        return (table.numbers("effect"), variances(&table.numbers("se")).unwrap());
    }
    let [tpos, tneg, cpos, cneg] = ["tpos", "tneg", "cpos", "cneg"].map(|column| table.numbers(column));
    let (mut effects, mut variances) = (Vec::new(), Vec::new());
    for (row, trial) in table.texts("trial").iter().enumerate() {
        let ratio = log_risk_ratio(tpos[row], tneg[row], cpos[row], cneg[row]).unwrap().unwrap();
        out.put(format!("{set}.yi.{trial}"), Some(ratio.effect));
        out.put(format!("{set}.vi.{trial}"), Some(ratio.variance));
        effects.push(ratio.effect);
        variances.push(ratio.variance);
    }
    (effects, variances)
}

fn put(out: &mut Computed, prefix: &str, pooled: &Pooled) {
    let (mean, found) = (&pooled.mean, &pooled.heterogeneity);
    let interval = mean.interval.unwrap();
    out.put(format!("{prefix}.estimate"), Some(mean.point));
    out.put(format!("{prefix}.se"), mean.standard_error());
    out.put(format!("{prefix}.p"), mean.p_value);
    out.put(format!("{prefix}.lower"), interval.lower);
    out.put(format!("{prefix}.upper"), interval.upper);
    out.put(format!("{prefix}.Q"), Some(found.q));
    out.put(format!("{prefix}.Q_p"), found.q_p_value);
    out.put_with(format!("{prefix}.tau2"), Some(found.tau2), TAU2);
    out.put_with(format!("{prefix}.I2_percent"), found.i2_percent, TAU2);
    out.put_with(format!("{prefix}.H2"), found.h2, TAU2);
    if let Some(prediction) = pooled.prediction {
        out.put(format!("{prefix}.prediction.lower"), prediction.lower);
        out.put(format!("{prefix}.prediction.upper"), prediction.upper);
    }
}

/// Q-profile, leave-one-out and Egger's test, which the packages give for some of the models.
fn extras(case: &Case, out: &mut Computed, prefix: &str, (effects, variances): (&[f64], &[f64]), method: Method) {
    if case.expects(&format!("{prefix}.tau2_q_profile.lower")) {
        let pooled = pool(effects, variances, method, Limits::Normal, 0.95).unwrap().into_fit().unwrap();
        let interval = pooled.heterogeneity.tau2_interval.unwrap();
        out.put_within(format!("{prefix}.tau2_q_profile.lower"), interval.lower, Q_PROFILE);
        out.put_within(format!("{prefix}.tau2_q_profile.upper"), interval.upper, Q_PROFILE);
    }
    if case.expects(&format!("{prefix}.leave_one_out.1.estimate")) {
        for rest in leave_one_out(effects, variances, method, Limits::Normal, 0.95).unwrap() {
            let key = format!("{prefix}.leave_one_out.{}", rest.left_out + 1);
            out.put(format!("{key}.estimate"), Some(rest.pooled.mean.point));
            out.put_with(format!("{key}.tau2"), Some(rest.pooled.heterogeneity.tau2), TAU2);
        }
    }
    if case.expects(&format!("{prefix}.egger_z")) {
        let outcome = small_study_effect(effects, variances, 0.95).unwrap();
        let slope = outcome.estimate().unwrap();
        out.put(format!("{prefix}.egger_z"), slope.standard_error().map(|error| slope.point / error));
        out.put(format!("{prefix}.egger_p"), slope.p_value);
    }
}

fn regression(case: &Case, out: &mut Computed, prefix: &str, (effects, variances, moderator): (&[f64], &[f64], &[f64])) {
    let fit = |test| meta_regression(effects, variances, &[moderator], test, 0.95).unwrap().into_fit().unwrap();
    let (normal, knapp) = (fit(Test::Normal), fit(Test::KnappHartung));
    let figures = [
        ("intercept", Some(normal.coefficients[0].point), FIGURE),
        ("slope", Some(normal.coefficients[1].point), FIGURE),
        ("slope_se", normal.coefficients[1].standard_error(), FIGURE),
        ("tau2", Some(normal.tau2), TAU2),
        ("QE", Some(normal.residual_q), FIGURE),
        ("QM", Some(normal.moderator_q), FIGURE),
        ("p_knha", knapp.coefficients[1].p_value, FIGURE),
        ("slope_se_knha", knapp.coefficients[1].standard_error(), FIGURE),
    ];
    for (name, value, tolerance) in figures {
        let key = format!("{prefix}.{name}");
        if case.expects(&key) {
            out.put_with(key, value, tolerance);
        }
    }
}

//! Input that breaks naive code, for every public function of the family `designs`.

use candor_stats::Interval;
use candor_stats::designs::ancova::Adjusted;
use candor_stats::designs::compliance::Trial;
use candor_stats::designs::difference_in_differences::{DifferenceInDifferences, Panel, collapsed};
use candor_stats::designs::e_value::{of_difference, of_risk_ratio};
use candor_stats::designs::event_study::EventStudy;
use candor_stats::designs::interrupted_series::{Interrupted, Memory};
use candor_stats::designs::observational::Observational;
use candor_stats::designs::sample_ratio::{chi_squared, exact};
use candor_stats::designs::sequential_sample_ratio::SequentialSampleRatio;
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::staggered_summaries::{by_calendar, by_exposure, by_group, simple};
use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};
use candor_stats::designs::two_arms::{cuped, means, ratios};
use candor_stats::regression::{Correction, Errors};
use proptest::prelude::*;

use super::soundness::{absurd, sound, sound_estimate, sound_fit, sound_result, ugly};

/// Absurd in one case of three, else finite.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![1 => absurd(), 2 => ugly()]
}

fn few_values() -> impl Strategy<Value = f64> {
    prop_oneof![4 => prop::sample::select(vec![0.0, 1.0, 2.0, 3.5]), 4 => -3.0..3.0_f64, 1 => ugly()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn two_arms_answer_anything(rows in prop::collection::vec((value(), few_values(), any::<bool>()), 0..14), level in absurd()) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let treated: Vec<bool> = rows.iter().map(|row| row.2).collect();
        for fitted in [means(&y, &treated, level), means(&y, &treated, 0.9), cuped(&y, &x, &treated, 0.9), ratios(&y, &x, &treated, 0.9), ratios(&x, &y, &treated, 0.9)] {
            if let Some(comparison) = sound_fit(fitted) {
                sound_estimate(&comparison.absolute);
                comparison.relative.iter().for_each(sound_estimate);
            }
        }
        for interacted in [true, false] {
            if let Some(fit) = sound_fit(Adjusted::fit(&y, &treated, &[("x", &x)], interacted)) {
                sound_result(&fit.effect(&Errors::Hc2, 0.9));
                sound_result(&fit.effect(&Errors::Hc3, level));
            }
        }
        if let Some(trial) = sound_fit(Trial::fit(&y, &treated, &x, None, 0.9)) {
            sound_estimate(&trial.intention_to_treat);
            sound_estimate(&trial.first_stage);
            sound(&trial.effect_of_use);
            prop_assert!(trial.first_stage_f.is_none_or(|f| f.is_finite() && f >= 0.0));
        }
    }

    #[test]
    fn panels_answer_anything(
        rows in prop::collection::vec((value(), 0_usize..5, prop_oneof![9 => -3_i64..3, 1 => any::<i64>()], any::<bool>()), 0..40),
        first in -3_i64..3,
        reference in -3_i64..3,
    ) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let units: Vec<usize> = rows.iter().map(|row| row.1).collect();
        let periods: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let treated: Vec<bool> = rows.iter().map(|row| row.3).collect();
        let in_arm: Vec<bool> = units.iter().map(|unit| unit % 2 == 0).collect();
        let panel = Panel { outcomes: &y, units: &units, periods: &periods };
        for correction in [Correction::Cr0, Correction::Cr1s, Correction::Cr2, Correction::Cr3] {
            if let Some(fit) = sound_fit(DifferenceInDifferences::fit(&panel, &treated)) {
                sound_result(&fit.effect(correction, 0.9));
                if let Some(errors) = fit.package_errors() {
                    prop_assert!(errors.fixest.standard_error.is_finite() && errors.linearmodels.standard_error.is_finite());
                }
            }
            if let Some(study) = sound_fit(EventStudy::fit(&panel, &in_arm, first, reference)) {
                study.effects(correction, 0.9).unwrap().iter().for_each(|(_, outcome)| sound(outcome));
                sound_result(&study.pre_trend(correction));
                prop_assert!(study.pre_trend_wald(correction).is_none_or(f64::is_finite));
            }
        }
        sound_result(&collapsed(&panel, &in_arm, first, 0.9));
    }

    #[test]
    fn rollouts_answer_anything(
        waves in prop::collection::vec(prop::option::of(-1_i64..5), 0..9),
        values in prop::collection::vec(value(), 36),
        covariate in prop::collection::vec(few_values(), 36),
        gap in prop::option::of(0_usize..36),
    ) {
        let mut rows: Vec<(f64, usize, i64, Option<i64>, f64)> = Vec::new();
        for (unit, first) in waves.iter().enumerate() {
            for time in 0..4_usize {
                let at = 4 * unit + time;
                rows.push((values[at], unit, time as i64, *first, covariate[at]));
            }
        }
        if let Some(gap) = gap.filter(|gap| *gap < rows.len()) {
            rows.remove(gap);
        }
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let units: Vec<usize> = rows.iter().map(|row| row.1).collect();
        let periods: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let first: Vec<Option<i64>> = rows.iter().map(|row| row.3).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.4).collect();
        for covariates in [vec![], vec![x.as_slice()]] {
            for controls in [Controls::Never, Controls::NotYet] {
                let rollout = Rollout { outcomes: &y, units: &units, periods: &periods, first_treated: &first, covariates: &covariates };
                let Some(cells) = sound_fit(GroupTime::fit(&rollout, controls, 0.9)) else { continue };
                cells.cells().iter().for_each(|cell| sound_estimate(&cell.effect));
                sound_result(&simple(&cells));
                for summary in [by_group(&cells), by_exposure(&cells), by_calendar(&cells)] {
                    let summary = summary.unwrap();
                    sound(&summary.overall);
                    summary.effects.iter().for_each(|(_, outcome)| sound(outcome));
                }
            }
        }
    }

    #[test]
    fn task_trials_answer_anything(
        rows in prop::collection::vec((0_usize..4, any::<bool>(), prop_oneof![5 => 1.0..100.0_f64, 1 => absurd()], prop_oneof![5 => 0.0..100.0_f64, 1 => absurd()], prop::option::of(prop_oneof![5 => 0.0..100.0_f64, 1 => absurd()])), 0..12),
    ) {
        let developers: Vec<usize> = rows.iter().map(|row| row.0).collect();
        let ai_allowed: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let forecast: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let initial: Vec<f64> = rows.iter().map(|row| row.3).collect();
        let review: Vec<Option<f64>> = rows.iter().map(|row| row.4).collect();
        let tasks = Tasks { developers: &developers, ai_allowed: &ai_allowed, forecast_minutes: &forecast, initial_minutes: &initial, post_review_minutes: &review };
        if let Some(trial) = sound_fit(TaskTrial::fit(&tasks)) {
            sound_result(&trial.effect(0.9));
            for errors in [PublishedErrors::Homoskedastic, PublishedErrors::Hc3, PublishedErrors::Clustered] {
                sound_result(&trial.published(&errors, 0.9));
                sound_result(&trial.published_log(&errors, 0.9));
            }
        }
    }

    #[test]
    fn observation_answers_anything(rows in prop::collection::vec((value(), few_values(), any::<bool>(), 0_usize..4), 0..30)) {
        let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let used: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let by: Vec<usize> = rows.iter().map(|row| row.3).collect();
        let Some(fit) = sound_fit(Observational::fit(&y, &used, &[("x", &x)])) else { return Ok(()) };
        let mut fits = vec![fit.clone()];
        fits.extend(sound_fit(fit.trim(0.2, 0.8)));
        for fit in &fits {
            sound_result(&fit.unadjusted(0.9));
            sound_result(&fit.regression(&Errors::Hc3, 0.9));
            let overlap = fit.overlap();
            prop_assert!(overlap.effective_rows.iter().all(|rows| rows.is_finite()) && overlap.extreme_share.is_finite());
            sound_result(&fit.inverse_weighting(None, 0.9));
            sound_result(&fit.outcome_regression(None, 0.9));
            sound_result(&fit.doubly_robust(None, 0.9));
        }
        sound_result(&fit.doubly_robust(Some(&by), 0.9));
        sound_result(&fit.inverse_weighting(Some(&by), 0.9));
    }

    #[test]
    fn sample_ratios_and_e_values_answer_anything(
        counts in prop::collection::vec(prop_oneof![5 => 0_u64..50, 1 => any::<u64>()], 0..5),
        weights in prop::collection::vec(prop_oneof![5 => 0.1..3.0_f64, 1 => absurd()], 0..5),
        arms in prop::collection::vec(0_usize..4, 0..30),
        numbers in prop::array::uniform4(absurd()),
    ) {
        sound_result(&chi_squared(&counts, &weights));
        sound_result(&exact(&counts, &weights));
        if let Ok(mut test) = SequentialSampleRatio::new(&weights, numbers[0].abs()) {
            for arm in arms {
                if let Ok(look) = test.assign(arm) {
                    prop_assert!((0.0..=1.0).contains(&look.p_value) && look.bayes_factor.is_none_or(f64::is_finite), "{look:?}");
                }
            }
        }
        let [a, b, c, d] = numbers;
        let interval = Interval { lower: Some(b).filter(|b| b.is_finite()), upper: Some(c).filter(|c| c.is_finite()), level: 0.95 };
        for e in [of_risk_ratio(a, Some(interval)), of_risk_ratio(a, None), of_difference(a, b, c, d), of_difference(a, b, c, 0.95)].into_iter().flatten() {
            prop_assert!(e.point.is_finite() && e.point >= 1.0 && e.limit.is_none_or(|limit| limit.is_finite() && limit >= 1.0), "{e:?}");
        }
    }

    #[test]
    fn series_answer_anything(values in prop::collection::vec(value(), 0..20), times in prop::collection::vec(absurd(), 0..20), change in absurd(), lag in 0_usize..50) {
        let regular: Vec<f64> = (0..values.len()).map(|time| time as f64).collect();
        for times in [&times, &regular] {
            for change in [change, values.len() as f64 / 2.0] {
                if let Some(fit) = sound_fit(Interrupted::fit(&values, times, change)) {
                    for memory in [Memory::Autoregression, Memory::NeweyWest { lag }] {
                        sound_result(&fit.level_change(memory, 0.9));
                        sound_result(&fit.slope_change(memory, 0.9));
                    }
                }
            }
        }
    }
}

#[test]
fn no_overlap_and_one_arm_are_said_in_words() {
    let (y, x) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0, 0.5, 1.0, 4.0, 4.5, 5.0]);
    let used = [false, false, false, true, true, true];
    let refused = Observational::fit(&y, &used, &[("x", &x)]).unwrap();
    assert!(format!("{:?}", refused.refusal().unwrap()).contains("separate"), "{:?}", refused.refusal());
    assert!(Observational::fit(&y, &[true; 6], &[("x", &x)]).unwrap().refusal().is_some());
    assert!(means(&y, &[true; 6], 0.95).unwrap().refusal().is_some());
    let constant = cuped(&y, &[2.0; 6], &used, 0.95).unwrap();
    assert!(format!("{:?}", constant.refusal().unwrap()).contains("varies"));
}

#[test]
fn mistakes_in_a_rollout_name_the_argument() {
    let rollout = Rollout {
        outcomes: &[1.0, 2.0, 3.0],
        units: &[1, 1, 1],
        periods: &[1, 2, 2],
        first_treated: &[None, None, None],
        covariates: &[],
    };
    let error = GroupTime::fit(&rollout, Controls::Never, 0.95).unwrap_err().to_string();
    assert!(error.contains("`units` is 1 twice in period 2"), "{error}");
    let rollout = Rollout { periods: &[1, 2, 3], first_treated: &[None, Some(2), None], ..rollout };
    let error = GroupTime::fit(&rollout, Controls::Never, 0.95).unwrap_err().to_string();
    assert!(error.contains("`first_treated`"), "{error}");
}

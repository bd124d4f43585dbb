//! Properties of the family `designs`: what must hold whatever the data.

use candor_stats::clusters::sign_flips::mean_difference;
use candor_stats::designs::ancova::Adjusted;
use candor_stats::designs::compliance::Trial;
use candor_stats::designs::difference_in_differences::{DifferenceInDifferences, Panel, collapsed};
use candor_stats::designs::event_study::EventStudy;
use candor_stats::designs::interrupted_series::{Interrupted, Memory};
use candor_stats::designs::observational::{Observational, USUAL_TRIM};
use candor_stats::designs::sample_ratio::{chi_squared, exact};
use candor_stats::designs::sequential_sample_ratio::SequentialSampleRatio;
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::staggered_summaries::{by_calendar, by_exposure, by_group, simple};
use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};
use candor_stats::designs::two_arms::{cuped, means, ratios};
use candor_stats::regression::{Correction, Errors};
use candor_stats::{Estimate, Outcome};

use super::draws::{Source, close, close_maybe, reordered};

/// Point, variance and p-value agree.
#[track_caller]
fn same(one: &Estimate, two: &Estimate, relative: f64) {
    close(one.point, two.point, relative);
    close_maybe(one.variance, two.variance, relative);
    close_maybe(one.p_value, two.p_value, relative.max(1e-7));
}

#[track_caller]
fn same_outcome(one: &Outcome, two: &Outcome, relative: f64) {
    same(one.estimate().unwrap(), two.estimate().unwrap(), relative);
}

fn turned(treated: &[bool]) -> Vec<bool> {
    treated.iter().map(|own| !own).collect()
}

/// Outcome, measurement before, denominator and arm of `count` units.
fn units(seed: u64, count: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<bool>) {
    let mut source = Source::new(seed);
    let before = source.noises(count);
    let treated: Vec<bool> = (0..count).map(|unit| unit % 3 != 0).collect();
    let y = before.iter().zip(&treated).map(|(x, arm)| 10.0 + x + f64::from(u8::from(*arm)) + source.noise()).collect();
    let size = (0..count).map(|_| 5.0 + 10.0 * source.uniform()).collect();
    (y, before, size, treated)
}

#[test]
fn two_arms_turn_with_their_labels_and_do_not_see_row_order() {
    let (y, before, size, treated) = units(2, 40);
    let order = Source::new(8).shuffled(40);
    let (y2, before2, size2, treated2) =
        (reordered(&y, &order), reordered(&before, &order), reordered(&size, &order), reordered(&treated, &order));
    let pairs = [
        (means(&y, &treated, 0.9), means(&y2, &treated2, 0.9), means(&y, &turned(&treated), 0.9)),
        (cuped(&y, &before, &treated, 0.9), cuped(&y2, &before2, &treated2, 0.9), cuped(&y, &before, &turned(&treated), 0.9)),
        (ratios(&y, &size, &treated, 0.9), ratios(&y2, &size2, &treated2, 0.9), ratios(&y, &size, &turned(&treated), 0.9)),
    ];
    for (plain, reordered, other) in pairs {
        let (plain, reordered, other) = (plain.unwrap(), reordered.unwrap(), other.unwrap());
        let (plain, reordered, other) = (plain.fit().unwrap(), reordered.fit().unwrap(), other.fit().unwrap());
        same(&plain.absolute, &reordered.absolute, 1e-9);
        same(plain.relative.as_ref().unwrap(), reordered.relative.as_ref().unwrap(), 1e-9);
        close(other.absolute.point, -plain.absolute.point, 1e-9);
        close_maybe(other.absolute.p_value, plain.absolute.p_value, 1e-9);
    }
    // What was measured before explains half of the variance, and CUPED removes it.
    let (plain, adjusted) = (means(&y, &treated, 0.9).unwrap(), cuped(&y, &before, &treated, 0.9).unwrap());
    assert!(adjusted.fit().unwrap().absolute.variance < plain.fit().unwrap().absolute.variance);
    let moved: Vec<f64> = before.iter().map(|x| 7.0 - 3.0 * x).collect();
    same(&cuped(&y, &moved, &treated, 0.9).unwrap().fit().unwrap().absolute, &adjusted.fit().unwrap().absolute, 1e-9);
}

#[test]
fn regression_adjustment_does_not_see_how_covariates_are_measured() {
    let (y, before, size, treated) = units(4, 50);
    let moved: Vec<f64> = before.iter().map(|x| 100.0 - 3.0 * x).collect();
    for interacted in [false, true] {
        let effect = |y: &[f64], before: &[f64], treated: &[bool]| {
            let fitted = Adjusted::fit(y, treated, &[("before", before), ("size", &size)], interacted).unwrap();
            fitted.fit().unwrap().effect(&Errors::Hc2, 0.95).unwrap()
        };
        let plain = effect(&y, &before, &treated);
        same_outcome(&effect(&y, &moved, &treated), &plain, 1e-8);
        let other = effect(&y, &before, &turned(&treated));
        close(other.point().unwrap(), -plain.point().unwrap(), 1e-8);
    }
}

/// Outcomes of 12 units over 6 periods, rows shuffled; half of the units change in period 3.
fn panel(seed: u64) -> (Vec<f64>, Vec<usize>, Vec<i64>, Vec<bool>) {
    let mut source = Source::new(seed);
    let (mut y, mut unit, mut period, mut arm) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for own in 0..12_usize {
        let level = source.noise();
        for time in 0..6 {
            let treated = own % 2 == 0;
            unit.push(10 * own);
            period.push(time);
            arm.push(treated);
            y.push(level + 0.3 * time as f64 + if treated && time >= 3 { 0.8 } else { 0.0 } + 0.5 * source.noise());
        }
    }
    let order = source.shuffled(y.len());
    (reordered(&y, &order), reordered(&unit, &order), reordered(&period, &order), reordered(&arm, &order))
}

#[test]
fn difference_in_differences_removes_what_belongs_to_units_and_periods() {
    let (y, units, periods, arm) = panel(3);
    let treated: Vec<bool> = arm.iter().zip(&periods).map(|(arm, time)| *arm && *time >= 3).collect();
    let shifted: Vec<f64> =
        (0..y.len()).map(|row| y[row] + 5.0 * units[row] as f64 - 7.0 * (periods[row] * periods[row]) as f64).collect();
    let run = |y: &[f64], treated: &[bool]| {
        let panel = Panel { outcomes: y, units: &units, periods: &periods };
        let fitted = DifferenceInDifferences::fit(&panel, treated).unwrap();
        fitted.fit().unwrap().effect(Correction::Cr2, 0.95).unwrap()
    };
    let plain = run(&y, &treated);
    same_outcome(&run(&shifted, &treated), &plain, 1e-7);
    let other: Vec<bool> = arm.iter().zip(&periods).map(|(arm, time)| !*arm && *time >= 3).collect();
    close(run(&y, &other).point().unwrap(), -plain.point().unwrap(), 1e-8);
    // Balanced, with one start: the collapsed comparison has the same point, and the event study averages to it.
    let both = Panel { outcomes: &y, units: &units, periods: &periods };
    close(collapsed(&both, &arm, 3, 0.95).unwrap().point().unwrap(), plain.point().unwrap(), 1e-8);
    let study = EventStudy::fit(&both, &arm, 3, 2).unwrap();
    let effects = study.fit().unwrap().coefficients();
    let mean = |side: bool| {
        let own: Vec<f64> = effects.iter().filter(|(time, _)| (*time >= 3) == side).map(|(_, effect)| *effect).collect();
        own.iter().sum::<f64>() / 3.0
    };
    close(mean(true) - mean(false), plain.point().unwrap(), 1e-8);
    // The same again as a rollout of one group.
    let first: Vec<Option<i64>> = arm.iter().map(|arm| arm.then_some(3)).collect();
    let rollout = Rollout { outcomes: &y, units: &units, periods: &periods, first_treated: &first, covariates: &[] };
    let cells = GroupTime::fit(&rollout, Controls::Never, 0.95).unwrap();
    for cell in cells.fit().unwrap().cells().iter().filter(|cell| cell.period >= 3) {
        let effect = effects.iter().find(|(time, _)| *time == cell.period).unwrap().1;
        close(cell.effect.point, effect, 1e-8);
    }
}

/// Outcome, unit, period, first treated period and covariate of each row.
type Rows = (Vec<f64>, Vec<usize>, Vec<i64>, Vec<Option<i64>>, Vec<f64>);

/// A rollout in three waves with units that never adopt; `effect` grows with the time since adoption.
fn rollout_rows(seed: u64, effect: f64) -> Rows {
    let mut source = Source::new(seed);
    let mut rows: Rows = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for unit in 0..32_usize {
        let (level, x) = (source.noise(), source.noise());
        let first = [None, Some(3), Some(4), Some(6)][unit % 4];
        for time in 1..=6_i64 {
            let since = first.map_or(0.0, |first: i64| f64::from(u8::from(time >= first)) * (1.0 + (time - first) as f64));
            rows.0.push(level + 0.2 * time as f64 + effect * since + 0.3 * source.noise());
            rows.1.push(unit);
            rows.2.push(time);
            rows.3.push(first);
            rows.4.push(x);
        }
    }
    rows
}

#[test]
fn staggered_effects_do_not_see_unit_levels_row_order_or_useless_units() {
    let (y, units, periods, first, x) = rollout_rows(5, 0.5);
    let order = Source::new(6).shuffled(y.len());
    let shifted: Vec<f64> =
        (0..y.len()).map(|row| y[row] + 9.0 * units[row] as f64 + (periods[row] * periods[row]) as f64).collect();
    for controls in [Controls::Never, Controls::NotYet] {
        for covariates in [vec![], vec![x.as_slice()]] {
            let plain =
                Rollout { outcomes: &y, units: &units, periods: &periods, first_treated: &first, covariates: &covariates };
            let moved = Rollout { outcomes: &shifted, ..plain };
            let (y2, units2, periods2, first2, x2) = (
                reordered(&y, &order),
                reordered(&units, &order),
                reordered(&periods, &order),
                reordered(&first, &order),
                reordered(&x, &order),
            );
            let covariates2: Vec<&[f64]> = covariates.iter().map(|_| x2.as_slice()).collect();
            let other =
                Rollout { outcomes: &y2, units: &units2, periods: &periods2, first_treated: &first2, covariates: &covariates2 };
            let run = |rollout: &Rollout<'_>| GroupTime::fit(rollout, controls, 0.95).unwrap().fit().unwrap().clone();
            let (plain, moved, other) = (run(&plain), run(&moved), run(&other));
            assert_eq!(plain.cells().len(), 15);
            for ((a, b), c) in plain.cells().iter().zip(moved.cells()).zip(other.cells()) {
                same(&b.effect, &a.effect, 1e-7);
                same(&c.effect, &a.effect, 1e-7);
            }
            same_outcome(&simple(&moved).unwrap(), &simple(&plain).unwrap(), 1e-7);
            for summary in [by_group, by_exposure, by_calendar] {
                same_outcome(&summary(&other).unwrap().overall, &summary(&plain).unwrap().overall, 1e-7);
            }
            // The truth lies within four standard errors of every summary by exposure.
            for (since, effect) in by_exposure(&plain).unwrap().effects {
                let estimate = effect.estimate().unwrap();
                let truth = if since < 0 { 0.0 } else { 0.5 * (1.0 + since as f64) };
                assert!((estimate.point - truth).abs() < 4.0 * estimate.standard_error().unwrap(), "{since}: {estimate:?}");
            }
        }
    }
}

#[test]
fn a_late_rollout_counts_as_never_and_an_early_one_is_left_out() {
    let (y, units, periods, first, _) = rollout_rows(7, 0.5);
    let run = |first: &[Option<i64>]| {
        let rollout = Rollout { outcomes: &y, units: &units, periods: &periods, first_treated: first, covariates: &[] };
        GroupTime::fit(&rollout, Controls::Never, 0.95).unwrap().fit().unwrap().clone()
    };
    let late: Vec<Option<i64>> = first.iter().map(|first| first.or(Some(9))).collect();
    for (a, b) in run(&first).cells().iter().zip(run(&late).cells()) {
        same(&a.effect, &b.effect, 1e-12);
    }
    let early: Vec<Option<i64>> = first.iter().map(|first| if *first == Some(3) { Some(1) } else { *first }).collect();
    let kept = run(&early);
    assert!(kept.cells().iter().all(|cell| cell.group != 1 && cell.group != 3));
    let notes = simple(&kept).unwrap().estimate().unwrap().notes.join("; ");
    assert!(notes.contains("8 units treated from the first period on were left out"), "{notes}");
}

#[test]
fn the_task_trial_does_not_see_units_of_time_and_turns_with_the_arms() {
    let mut source = Source::new(15);
    let developers: Vec<usize> = (0..60).map(|task| task / 6).collect();
    let arm: Vec<bool> = (0..60).map(|task| task % 2 == 0).collect();
    let forecast: Vec<f64> = (0..60).map(|_| 10.0 + 100.0 * source.uniform()).collect();
    let initial: Vec<f64> = forecast.iter().map(|forecast| forecast * (0.3 * source.noise()).exp()).collect();
    let review: Vec<Option<f64>> = (0..60).map(|task| (task % 7 != 0).then(|| 20.0 * source.uniform())).collect();
    let hours = |values: &[f64]| values.iter().map(|value| value / 60.0).collect::<Vec<_>>();
    let fit = |arm: &[bool], forecast: &[f64], initial: &[f64], review: &[Option<f64>]| {
        let tasks = Tasks {
            developers: &developers,
            ai_allowed: arm,
            forecast_minutes: forecast,
            initial_minutes: initial,
            post_review_minutes: review,
        };
        TaskTrial::fit(&tasks).unwrap().fit().unwrap().clone()
    };
    let plain = fit(&arm, &forecast, &initial, &review);
    let review_hours: Vec<Option<f64>> = review.iter().map(|own| own.map(|own| own / 60.0)).collect();
    let scaled = fit(&arm, &hours(&forecast), &hours(&initial), &review_hours);
    same_outcome(&scaled.effect(0.95).unwrap(), &plain.effect(0.95).unwrap(), 1e-8);
    let other = fit(&turned(&arm), &forecast, &initial, &review);
    close(1.0 + other.effect(0.95).unwrap().point().unwrap(), 1.0 / (1.0 + plain.effect(0.95).unwrap().point().unwrap()), 1e-9);
    let width = |outcome: &Outcome| {
        let interval = outcome.estimate().unwrap().interval.unwrap();
        interval.upper.unwrap() - interval.lower.unwrap()
    };
    // Ten developers: the published limits are narrower than the small-sample ones.
    assert!(width(&plain.published(&PublishedErrors::Clustered, 0.95).unwrap()) < width(&plain.effect(0.95).unwrap()));
}

#[test]
fn adjusted_associations_turn_with_the_labels_and_remove_a_measured_cause() {
    let mut source = Source::new(30);
    let x = source.noises(400);
    let used: Vec<bool> = x.iter().map(|x| source.uniform() < 1.0 / (1.0 + (-x).exp())).collect();
    let y: Vec<f64> = x.iter().map(|x| 2.0 * x + source.noise()).collect();
    let fit = |used: &[bool]| Observational::fit(&y, used, &[("x", &x)]).unwrap().fit().unwrap().clone();
    let (plain, other) = (fit(&used), fit(&turned(&used)));
    let all = |fit: &Observational| {
        [
            fit.inverse_weighting(None, 0.95).unwrap(),
            fit.outcome_regression(None, 0.95).unwrap(),
            fit.doubly_robust(None, 0.95).unwrap(),
            fit.regression(&Errors::Hc3, 0.95).unwrap(),
        ]
    };
    for (one, two) in all(&plain).iter().zip(&all(&other)) {
        let (one, two) = (one.estimate().unwrap(), two.estimate().unwrap());
        close(two.point, -one.point, 1e-7);
        close_maybe(two.variance, one.variance, 1e-6);
        assert!(one.point.abs() < 4.0 * one.standard_error().unwrap(), "{one:?}");
        assert!(one.notes.iter().any(|note| note.contains("not an effect")), "{one:?}");
    }
    assert!(plain.unadjusted(0.95).unwrap().point().unwrap() > 1.0);
    // Rows as their own clusters change nothing but the factor n / (n - 1).
    let alone: Vec<usize> = (0..400).collect();
    let clustered = plain.doubly_robust(Some(&alone), 0.95).unwrap();
    close(
        clustered.estimate().unwrap().variance.unwrap(),
        all(&plain)[2].estimate().unwrap().variance.unwrap() * 400.0 / 399.0,
        1e-9,
    );
    let overlap = plain.overlap();
    let counted: (usize, usize) = overlap.tenths.iter().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    let users = used.iter().filter(|used| **used).count();
    assert_eq!(counted, (400 - users, users));
    let trimmed = plain.trim(USUAL_TRIM[0], USUAL_TRIM[1]).unwrap();
    let trimmed = trimmed.fit().unwrap().doubly_robust(None, 0.95).unwrap();
    assert!(trimmed.estimate().unwrap().units <= 400.0);
}

#[test]
fn sample_ratio_tests_do_not_see_the_order_of_arms_or_the_scale_of_weights() {
    let (one, two) =
        (chi_squared(&[510, 490, 300], &[2.0, 2.0, 1.0]).unwrap(), chi_squared(&[300, 490, 510], &[0.2, 0.4, 0.4]).unwrap());
    close(one.point().unwrap(), two.point().unwrap(), 1e-9);
    let p = |counts: [u64; 2], weights: [f64; 2]| exact(&counts, &weights).unwrap().estimate().unwrap().p_value.unwrap();
    close(p([136, 110], [0.55, 0.45]), p([110, 136], [45.0, 55.0]), 1e-9);
    assert_eq!(chi_squared(&[250, 250], &[1.0, 1.0]).unwrap().estimate().unwrap().p_value, Some(1.0));
}

#[test]
fn looking_at_the_sample_ratio_after_every_unit_keeps_its_false_alarms_below_the_level() {
    let mut alarms = 0;
    for seed in 0..400 {
        let mut source = Source::new(seed);
        let mut test = SequentialSampleRatio::new(&[0.5, 0.5], 100.0).unwrap();
        let last = (0..600).map(|_| test.assign(source.below(2)).unwrap()).last().unwrap();
        alarms += usize::from(last.p_value <= 0.05);
    }
    assert!(alarms <= 30, "{alarms} of 400 sound experiments were called unsound");
    let mut source = Source::new(1);
    let mut test = SequentialSampleRatio::new(&[0.5, 0.5], 100.0).unwrap();
    let looks: Vec<f64> = (0..5_000).map(|_| test.assign(usize::from(source.uniform() < 0.6)).unwrap().p_value).collect();
    assert!(looks.windows(2).all(|pair| pair[1] <= pair[0]) && looks[4_999] < 1e-6);
}

#[test]
fn an_interrupted_series_does_not_see_a_common_trend() {
    let mut source = Source::new(44);
    let times: Vec<f64> = (0..40).map(f64::from).collect();
    let y: Vec<f64> = times.iter().map(|time| if *time >= 25.0 { 3.0 } else { 0.0 } + source.noise()).collect();
    let bent: Vec<f64> = y.iter().zip(&times).map(|(y, time)| y + 100.0 + 2.5 * time).collect();
    let fit = |y: &[f64]| Interrupted::fit(y, &times, 25.0).unwrap().fit().unwrap().clone();
    let (plain, bent) = (fit(&y), fit(&bent));
    assert_eq!(plain.default_lag(), 3);
    let lags = [0, 3, 39, 500].map(|lag| Memory::NeweyWest { lag });
    for memory in lags.into_iter().chain([Memory::Autoregression]) {
        same_outcome(&bent.level_change(memory, 0.95).unwrap(), &plain.level_change(memory, 0.95).unwrap(), 1e-5);
        same_outcome(&bent.slope_change(memory, 0.95).unwrap(), &plain.slope_change(memory, 0.95).unwrap(), 1e-5);
    }
    close_maybe(bent.durbin_watson(), plain.durbin_watson(), 1e-8);
}

#[test]
fn full_compliance_makes_use_and_assignment_one_and_half_doubles_the_effect() {
    let (y, _, _, assigned) = units(60, 90);
    let arm: Vec<f64> = assigned.iter().map(|own| f64::from(u8::from(*own))).collect();
    let by: Vec<usize> = (0..90).map(|unit| unit / 3).collect();
    for by in [None, Some(by.as_slice())] {
        let full = Trial::fit(&y, &assigned, &arm, by, 0.95).unwrap();
        let full = full.fit().unwrap();
        let used = full.effect_of_use.estimate().unwrap();
        close(used.point, full.intention_to_treat.point, 1e-9);
        let (own, whole) = (used.interval.unwrap(), full.intention_to_treat.interval.unwrap());
        close_maybe(own.lower, whole.lower, 1e-7);
        close_maybe(own.upper, whole.upper, 1e-7);
        let half: Vec<f64> = arm.iter().map(|arm| 0.5 * arm).collect();
        let half = Trial::fit(&y, &assigned, &half, by, 0.95).unwrap();
        close(half.fit().unwrap().effect_of_use.point().unwrap(), 2.0 * used.point, 1e-9);
    }
    let mut source = Source::new(61);
    let noise: Vec<f64> = source.noises(90);
    let weak = Trial::fit(&y, &assigned, &noise, None, 0.95).unwrap();
    let weak = weak.fit().unwrap();
    assert!(weak.first_stage_f.unwrap() < 10.0);
    let estimate = weak.effect_of_use.estimate().unwrap();
    assert!(estimate.notes.iter().any(|note| note.contains("weak instrument")), "{estimate:?}");
}

#[test]
fn paired_and_two_arm_tests_agree_about_large_effects() {
    let mut source = Source::new(70);
    let without = source.noises(12);
    let with: Vec<f64> = without.iter().map(|own| own + 5.0 + 0.1 * source.noise()).collect();
    let differences: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with - without).collect();
    let paired = mean_difference(&differences, 0.95, 999, 1).unwrap();
    let y: Vec<f64> = with.iter().chain(&without).copied().collect();
    let treated: Vec<bool> = (0..24).map(|unit| unit < 12).collect();
    let unpaired = means(&y, &treated, 0.95).unwrap();
    close(unpaired.fit().unwrap().absolute.point, paired.point().unwrap(), 1e-9);
    assert!(paired.estimate().unwrap().p_value.unwrap() < 0.001);
}

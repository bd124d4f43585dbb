//! What holds on any history.

use candor_metrics::document::LifeReport;
use candor_metrics::facts::LineFacts;
use candor_metrics::{ReportOptions, lives};
use candor_stats::Outcome;

use super::synthetic::{Dice, Plan, facts};

fn report(facts: &LineFacts) -> LifeReport {
    lives(facts, &ReportOptions { se_sp: Some((0.8, 0.95)), ..ReportOptions::default() }).unwrap()
}

fn plans() -> impl Iterator<Item = Plan> {
    (0..6).map(|seed| Plan { seed, cohorts: 300 + 900 * seed as usize, people: 3 + 5 * seed as u32, ..Plan::default() })
}

#[test]
fn groups_add_up_to_the_landed_lines() {
    for plan in plans() {
        let facts = facts(&plan);
        let report = report(&facts);
        let landed: u64 = facts.cohorts.lines.iter().map(|lines| u64::from(*lines)).sum();
        let coverage = &report.coverage;
        assert_eq!(coverage.sources.total(), landed, "ai + human + mixed + bot + unknown");
        assert_eq!(coverage.evidence.total(), landed, "recorded + self-declared + inferred + none");
        assert_eq!(coverage.quarters.iter().map(|quarter| quarter.lines).sum::<u64>(), landed);
        assert!(
            coverage
                .quarters
                .iter()
                .all(|quarter| quarter.sources.total() == quarter.lines && quarter.evidence.total() == quarter.lines)
        );
        let durable: u64 = report.durability.sources.iter().map(|level| level.lines).sum();
        let apart = &report.read.apart;
        assert_eq!(durable, report.durability.lines);
        assert_eq!(durable + apart.bot_lines + apart.before_observation_lines + apart.not_substantive_lines, landed);
        for slices in [&report.durability.by_language, &report.durability.by_context, &report.durability.by_year] {
            assert_eq!(slices.iter().map(|slice| slice.lines).sum::<u64>(), durable);
        }
        let deaths: u64 = report.durability.sources.iter().map(|level| level.deaths).sum();
        assert_eq!(deaths, report.durability.all.deaths);
        let landings: u64 = report.reverts.classes.iter().map(|class| class.landings).sum();
        assert_eq!(landings, report.reverts.all.landings);
    }
}

#[test]
fn rework_by_self_and_by_others_is_rework() {
    for plan in plans() {
        let report = report(&facts(&plan));
        for level in report.rework.sources.iter().chain([&report.rework.all]) {
            if let (Some(total), Some(own), Some(others)) = (level.total.point(), level.by_self.point(), level.by_others.point())
            {
                assert!((total - own - others).abs() < 1e-9, "{}: {total} is not {own} + {others}", level.name);
            }
        }
    }
}

#[test]
fn the_order_of_cohorts_and_splitting_them_change_nothing() {
    for plan in plans() {
        let plain = facts(&plan);
        let mut mixed = plain.clone();
        let mut dice = Dice::new(99);
        for last in (1..mixed.cohorts.len()).rev() {
            let with = dice.below(last as u32 + 1) as usize;
            swap(&mut mixed, last, with);
        }
        // One cohort as two rows.
        let split = mixed.cohorts.lines.iter().position(|lines| *lines > 4).unwrap();
        let cohorts = &mut mixed.cohorts;
        let (lines, substantive) = (cohorts.lines[split] / 2, cohorts.substantive[split] / 2);
        cohorts.lines[split] -= lines;
        cohorts.substantive[split] -= substantive;
        cohorts.landing.push(cohorts.landing[split]);
        cohorts.origin.push(cohorts.origin[split]);
        cohorts.path.push(cohorts.path[split]);
        cohorts.death.push(cohorts.death[split]);
        cohorts.killer.push(cohorts.killer[split]);
        cohorts.lines.push(lines);
        cohorts.substantive.push(substantive);
        cohorts.source.push(cohorts.source[split]);
        cohorts.strength.push(cohorts.strength[split]);
        cohorts.before_observation.push(false);
        same(&report(&plain), &report(&mixed));
    }
}

fn swap(facts: &mut LineFacts, one: usize, other: usize) {
    let cohorts = &mut facts.cohorts;
    cohorts.landing.swap(one, other);
    cohorts.origin.swap(one, other);
    cohorts.path.swap(one, other);
    cohorts.death.swap(one, other);
    cohorts.killer.swap(one, other);
    cohorts.lines.swap(one, other);
    cohorts.substantive.swap(one, other);
    cohorts.source.swap(one, other);
    cohorts.strength.swap(one, other);
    cohorts.before_observation.swap(one, other);
}

/// Two documents with equal structure and texts, and numbers equal but for rounding.
fn same(one: &LifeReport, other: &LifeReport) {
    fn walk(path: &str, one: &serde_json::Value, other: &serde_json::Value) {
        use serde_json::Value;
        match (one, other) {
            (Value::Number(a), Value::Number(b)) => {
                let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
                assert!((a - b).abs() <= 1e-7 * (1.0 + a.abs()), "{path}: {a} and {b}");
            }
            (Value::Array(a), Value::Array(b)) => {
                assert_eq!(a.len(), b.len(), "{path}");
                a.iter().zip(b).enumerate().for_each(|(at, (a, b))| walk(&format!("{path}[{at}]"), a, b));
            }
            (Value::Object(a), Value::Object(b)) => {
                assert_eq!(a.len(), b.len(), "{path}");
                a.iter().for_each(|(key, a)| walk(&format!("{path}.{key}"), a, &b[key]));
            }
            (a, b) => assert_eq!(a, b, "{path}"),
        }
    }
    walk("$", &serde_json::to_value(one).unwrap(), &serde_json::to_value(other).unwrap());
}

#[test]
fn estimates_stay_inside_their_intervals_and_curves_never_rise() {
    for plan in plans() {
        let report = report(&facts(&plan));
        for level in report.durability.sources.iter().chain([&report.durability.all]) {
            assert!(level.curve.windows(2).all(|pair| pair[1].survival <= pair[0].survival + 1e-12), "{}", level.name);
            assert!(level.curve.windows(2).all(|pair| pair[1].at_risk <= pair[0].at_risk));
            for figure in &level.figures {
                let Some(estimate) = figure.line_weighted.estimate() else { continue };
                assert!((0.0..=1.0).contains(&estimate.point));
                if let Some(interval) = estimate.interval {
                    assert!(interval.lower.unwrap() <= estimate.point && estimate.point <= interval.upper.unwrap());
                }
            }
        }
        for bounds in &report.durability.bounds {
            let [low, high, one, other] =
                [&bounds.lowest, &bounds.highest, &bounds.all_human, &bounds.all_ai].map(|o| o.point().unwrap());
            assert!(low <= one + 1e-9 && one <= high + 1e-9 && low <= other + 1e-9 && other <= high + 1e-9);
        }
    }
}

#[test]
fn planted_survival_is_found() {
    let plan = Plan { cohorts: 60_000, landings: 3_000, people: 60, days: 2_000, ..Plan::default() };
    let facts = facts(&plan);
    let report = report(&facts);
    // A death falls on the next landing, at most a step late; then S lies between the planted S(t) and S(t - step).
    let step = 2.0 * plan.days as f64 / f64::from(plan.landings);
    for (name, hazard) in [("human", plan.hazards[0]), ("ai", plan.hazards[1])] {
        let level = report.durability.sources.iter().find(|level| level.name == name).unwrap();
        for figure in &level.figures {
            let truth = (-hazard * (f64::from(figure.days) - step / 2.0)).exp();
            let point = figure.line_weighted.point().unwrap();
            assert!((point - truth).abs() < 0.02, "{name} at {} days: planted {truth}, found {point}", figure.days);
        }
    }
    let comparison = &report.durability.comparisons[0].figures[2];
    let truth = (-0.006_f64 * 90.0).exp() - (-0.002_f64 * 90.0).exp();
    for outcome in
        [&comparison.raw, comparison.change_weighted.as_ref().unwrap(), &comparison.adjusted.as_ref().unwrap().difference]
    {
        assert!((outcome.point().unwrap() - truth).abs() < 0.03, "planted {truth}: {outcome:?}");
    }
}

#[test]
fn incidence_intervals_agree_with_deleting_authors() {
    // The influence of an author is the derivative in the author's weight: compare the interval's variance with a delete-one jackknife.
    let plan = Plan { cohorts: 20_000, people: 40, landings: 2_000, hazards: [0.02, 0.05, 0.03], ..Plan::default() };
    let facts = facts(&plan);
    let whole = report(&facts).rework.all.by_others;
    let estimate = whole.estimate().unwrap();
    let mut squares = 0.0;
    for person in 0..plan.people {
        let mut without = facts.clone();
        for row in 0..without.cohorts.len() {
            if facts.commits[facts.cohorts.origin[row] as usize].author == person {
                without.cohorts.substantive[row] = 0;
            }
        }
        squares += (report(&without).rework.all.by_others.point().unwrap() - estimate.point).powi(2);
    }
    let ratio = estimate.variance.unwrap() / squares;
    assert!((0.85..1.18).contains(&ratio), "infinitesimal and delete-one jackknife should be close: ratio {ratio}");
}

#[test]
fn a_second_run_gives_the_same_document() {
    let facts = facts(&Plan::default());
    let (one, other) = (report(&facts), report(&facts));
    assert_eq!(one, other);
    assert!(matches!(one.durability.sources[0].figures[0].line_weighted, Outcome::Estimate(_)));
}

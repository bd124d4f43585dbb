//! Designs on data whose truth is known: the analysis finds what was planted, and covers it as often as it says.

use candor_experiment::design::{
    Analysis, Assigned, Conduct, Content, Measure, Observations, Observed, TeamMonth, TeamRow, WorkRow, analyse,
};
use candor_experiment::plan::{Design, Direction, Plan, Scale};
use candor_experiment::verdict::{Answer, Origin};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::support::good;

struct Draws(ChaCha20Rng);

impl Draws {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn draws(seed: u64) -> Draws {
    Draws(ChaCha20Rng::seed_from_u64(seed))
}

/// A plan of a kind with one criterion, judged on its last look.
fn plan(kind: Design, scale: Scale, estimator: &str, variance: &str) -> Plan {
    let mut plan = good(kind.as_str());
    plan.criteria.truncate(1);
    plan.criteria[0].scale = scale;
    plan.estimator.name = estimator.to_owned();
    plan.estimator.variance = variance.to_owned();
    plan.looks.dates = vec!["2026-08-14".parse().unwrap()];
    plan
}

fn observed(plan: &Plan, content: Content) -> Observed {
    let criterion = &plan.criteria[0];
    Observed {
        snapshot: "1".to_owned(),
        as_of: "2026-08-14".parse().unwrap(),
        figures: vec![Observations {
            metric: criterion.metric.clone(),
            figure: criterion.figure.clone(),
            version: criterion.version,
            better: Direction::Lower,
            group: None,
            content,
            unknown_source_share: None,
            missing_difference: None,
        }],
        units: Vec::new(),
        conduct: Conduct::default(),
    }
}

fn run(plan: &Plan, content: Content) -> Analysis {
    analyse(plan, &observed(plan, content), &["2026-08-14".parse().unwrap()]).unwrap()
}

/// Point and the 95 % limits of the first figure: by its own interval at that level, else by its error.
fn figure(analysis: &Analysis) -> (f64, f64, f64) {
    let Answer::Estimate { point, standard_error, intervals, .. } = &analysis.estimates.figures[0].answer else {
        panic!("no estimate: {:?}", analysis.estimates.figures[0].answer);
    };
    match intervals.iter().find(|own| own.level > 0.949) {
        Some(own) => (*point, own.lower.unwrap_or(f64::NEG_INFINITY), own.upper.unwrap_or(f64::INFINITY)),
        None => {
            let error = standard_error.unwrap();
            (*point, point - 2.0 * error, point + 2.0 * error)
        }
    }
}

fn tasks(seed: u64, effect: f64) -> Vec<WorkRow> {
    let mut own = draws(seed);
    (0..16)
        .flat_map(|person| {
            let habit = 0.3 * own.normal();
            let slower = 0.1 * own.normal();
            (0..15)
                .map(|task| {
                    let forecast = (4.0 + 0.7 * own.normal()).exp();
                    let treated = own.uniform() < 0.5;
                    let arm = if treated { (1.0 + effect).ln() + slower } else { 0.0 };
                    let value = (forecast.ln() + habit + arm + 0.5 * own.normal()).exp();
                    WorkRow {
                        person,
                        treated,
                        stratum: person * 8 + task / 2,
                        value,
                        weight: 1.0,
                        ended: true,
                        before: Some(forecast),
                        covariates: Vec::new(),
                    }
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_task_trial_finds_what_was_planted() {
    let plan = plan(Design::TaskRct, Scale::Relative, "task_trial", "cr2");
    let mut covered = 0;
    for seed in 0..200 {
        let analysis = run(&plan, Content::Work { measure: Measure::TaskMinutes, rows: tasks(seed, 0.19) });
        let (_, lower, upper) = figure(&analysis);
        covered += u32::from(lower <= 0.19 && 0.19 <= upper);
    }
    assert!((184..=198).contains(&covered), "95 % limits hold the truth in {covered} of 200 trials");
    let analysis = run(&plan, Content::Work { measure: Measure::TaskMinutes, rows: tasks(1, 0.19) });
    assert_eq!(analysis.estimates.origin, Origin::RegisteredAnalysis);
    assert_eq!(analysis, run(&plan, Content::Work { measure: Measure::TaskMinutes, rows: tasks(1, 0.19) }), "twice is the same");
}

#[test]
fn the_lot_drawn_again_and_the_bootstrap_agree_with_the_errors_by_person() {
    let limits = |variance: &str| {
        let plan = plan(Design::WithinTeam, Scale::Relative, "ancova", variance);
        figure(&run(&plan, Content::Work { measure: Measure::GeometricMean, rows: tasks(3, -0.2) }))
    };
    let (robust, wild, lot) = (limits("cr2"), limits("wild_cluster_bootstrap"), limits("randomisation"));
    for other in [wild, lot] {
        assert!((robust.0 - other.0).abs() < 0.03, "{robust:?} {other:?}");
        assert!((robust.1 - other.1).abs() < 0.08 && (robust.2 - other.2).abs() < 0.08, "{robust:?} {other:?}");
    }
}

fn teams(seed: u64, count: usize, controls: usize, effect: f64) -> (Vec<TeamRow>, Vec<TeamMonth>) {
    let mut own = draws(seed);
    let (mut rows, mut months) = (Vec::new(), Vec::new());
    for team in 0..count {
        let treated = team >= controls;
        let habit = 3.0 + 0.5 * own.normal();
        let mut at = |month: i64| {
            let arm = if treated && month >= 0 { (1.0 + effect).ln() } else { 0.0 };
            let value = (habit + 0.02 * month as f64 + arm + 0.1 * own.normal()).exp();
            months.push(TeamMonth {
                team: format!("t{team:02}"),
                treated,
                month,
                begins: Some(if team % 2 == 0 { 1 } else { 3 }),
                value,
            });
            value
        };
        let before = (-4..0).map(&mut at).map(f64::ln).sum::<f64>() / 4.0;
        let after = (0..3).map(&mut at).map(f64::ln).sum::<f64>() / 3.0;
        rows.push(TeamRow {
            team: format!("t{team:02}"),
            treated,
            stratum: 0,
            before: Some(before.exp()),
            after: Some(after.exp()),
        });
    }
    (rows, months)
}

#[test]
fn teams_are_compared_by_how_they_changed() {
    for (kind, estimator, variance) in [
        (Design::ControlTeam, "difference_in_differences", "cr2"),
        (Design::ControlTeam, "difference_in_differences", "wild_cluster_bootstrap"),
        (Design::Cluster, "ancova", "cr2"),
        (Design::Cluster, "ancova", "randomisation"),
        (Design::Cluster, "difference_in_differences", "randomisation"),
    ] {
        let plan = plan(kind, Scale::Relative, estimator, variance);
        let mut covered = 0;
        for seed in 0..100 {
            let (rows, months) = teams(seed, 12, 6, 0.15);
            let (_, lower, upper) = figure(&run(&plan, Content::Teams { rows, months }));
            covered += u32::from(lower <= 0.15 && 0.15 <= upper);
        }
        assert!((88..=100).contains(&covered), "{kind} {estimator} {variance}: {covered} of 100");
    }
}

#[test]
fn one_control_team_has_no_limits_and_trends_are_seen() {
    let plan = plan(Design::ControlTeam, Scale::Relative, "difference_in_differences", "cr2");
    let (rows, months) = teams(1, 4, 1, 0.15);
    let one = run(&plan, Content::Teams { rows, months });
    let Answer::Estimate { standard_error: None, intervals, notes, .. } = &one.estimates.figures[0].answer else {
        panic!("{one:?}")
    };
    assert!(intervals.is_empty() && notes[0].contains("3 against 1 teams"), "{notes:?}");
    let trend = |slope: f64| {
        let (rows, mut months) = teams(2, 12, 6, 0.0);
        for row in months.iter_mut().filter(|row| row.treated) {
            row.value *= (slope * row.month as f64).exp();
        }
        let found = run(&plan, Content::Teams { rows, months });
        found.checks.into_iter().find(|check| check.name.starts_with("pre_trend")).unwrap()
    };
    assert_eq!(trend(0.0).state.as_str(), "passed");
    assert_eq!(trend(0.4).state.as_str(), "failed");
}

#[test]
fn a_figure_of_nothing_is_compared_without_logarithms() {
    let plan = plan(Design::ControlTeam, Scale::Relative, "difference_in_differences", "cr2");
    let (mut rows, _) = teams(5, 12, 6, 0.5);
    rows[7].before = Some(0.0);
    let (point, lower, upper) = figure(&run(&plan, Content::Teams { rows, months: Vec::new() }));
    assert!(point.is_finite() && lower < point && point < upper, "{lower} {point} {upper}");
}

#[test]
fn a_roll_out_by_lot_is_compared_with_those_that_wait() {
    let plan = plan(Design::Staggered, Scale::Relative, "staggered_group_time", "cr2");
    let mut covered = 0;
    for seed in 0..100 {
        let mut own = draws(seed);
        let mut months = Vec::new();
        for team in 0..16 {
            let begins = if team % 2 == 0 { 1 } else { 3 };
            let habit = 3.0 + 0.4 * own.normal();
            for month in -3..3_i64 {
                let arm = if month >= begins { 1.25_f64.ln() } else { 0.0 };
                let value = (habit + 0.03 * month as f64 + arm + 0.05 * own.normal()).exp();
                months.push(TeamMonth { team: format!("t{team}"), treated: true, month, begins: Some(begins), value });
            }
        }
        let (_, lower, upper) = figure(&run(&plan, Content::Teams { rows: Vec::new(), months }));
        covered += u32::from(lower <= 0.25 && 0.25 <= upper);
    }
    assert!((88..=100).contains(&covered), "{covered} of 100");
}

#[test]
fn an_adjusted_comparison_takes_the_work_out_and_never_says_effect() {
    let plan = plan(Design::Observational, Scale::Relative, "observational_adjustment", "cr2");
    let mut own = draws(11);
    let rows: Vec<WorkRow> = (0..2_000)
        .map(|place| {
            // Hard work is done with AI more often, and takes longer whoever does it; AI itself does nothing.
            let hard = usize::from(own.uniform() < 0.5);
            let treated = own.uniform() < 0.2 + 0.6 * hard as f64;
            let value = (2.0 + hard as f64 + 0.5 * own.normal()).exp();
            WorkRow {
                person: place % 40,
                treated,
                stratum: 0,
                value,
                weight: 1.0,
                ended: true,
                before: None,
                covariates: vec![hard],
            }
        })
        .collect();
    let adjusted = run(&plan, Content::Work { measure: Measure::GeometricMean, rows: rows.clone() });
    let (point, lower, upper) = figure(&adjusted);
    assert!(point.abs() < 0.1 && lower < 0.0 && 0.0 < upper, "{lower} {point} {upper}");
    let crude: Vec<WorkRow> = rows.into_iter().map(|row| WorkRow { covariates: Vec::new(), ..row }).collect();
    let (point, ..) = figure(&run(&plan, Content::Work { measure: Measure::GeometricMean, rows: crude }));
    assert!(point > 0.5, "without the work as it was it looks slower: {point}");
    let Answer::Estimate { method, notes, .. } = &adjusted.estimates.figures[0].answer else { panic!("{adjusted:?}") };
    assert!(method.starts_with("adjusted comparison"), "{method}");
    assert!(notes.iter().any(|note| note.contains("E-value")) && notes.iter().any(|note| note.contains("overlap")), "{notes:?}");
}

#[test]
fn checks_find_a_broken_lot_and_dropped_outcomes() {
    let plan = plan(Design::TaskRct, Scale::Relative, "task_trial", "cr2");
    let check = |units: Vec<Assigned>, name: &str| {
        let own = Observed { units, ..observed(&plan, Content::Nothing(Answer::NotObserved { reason: String::new() })) };
        let found = analyse(&plan, &own, &[]).unwrap().checks;
        found.into_iter().find(|check| check.name == name).unwrap().state.as_str()
    };
    let unit = |place: usize, arm: usize, outcome: bool| Assigned {
        arm,
        complied: Some(!place.is_multiple_of(3)),
        has_outcome: Some(outcome),
        before: Some(30.0 + (place % 7) as f64),
    };
    let fair: Vec<Assigned> = (0..200).map(|place| unit(place, place % 2, true)).collect();
    assert_eq!(check(fair.clone(), "sample_ratio"), "passed");
    assert_eq!(check(fair.clone(), "balance"), "passed");
    assert_eq!(check(fair.clone(), "missing_outcomes"), "passed");
    assert_eq!(check(fair, "compliance_of_the_others"), "failed");
    let unequal: Vec<Assigned> = (0..200).map(|place| unit(place, usize::from(place % 3 == 0), true)).collect();
    assert_eq!(check(unequal, "sample_ratio"), "failed");
    let dropped: Vec<Assigned> = (0..200).map(|place| unit(place, place % 2, place % 2 == 0 || place % 10 != 1)).collect();
    assert_eq!(check(dropped, "missing_outcomes"), "failed");
    assert_eq!(check(Vec::new(), "missing_outcomes"), "open");
}

//! How often the founding criteria end in which verdict, where the truth is known: the decision rules by themselves, with figures that are
//! drawn and not measured. `cargo run -p candor-experiment --example decision_rates [RUNS] [planned]` prints the table of docs/calibration.md.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod draws;

use std::collections::BTreeMap;

use candor_experiment::plan::{Claim, Criterion, Direction, KnownFigure, KnownMetric, Plan, check, default_plan};
use candor_experiment::verdict::{Answer, Class, Estimates, Figure, Origin, Standing, judge};
use jiff::civil::Date;

use draws::Normals;

/// Standard error of a criterion's effect with 12 teams at the last look, on its own scale.
const ERRORS: &[(&str, f64)] = &[
    ("revenue", 0.03),
    ("time_to_market", 0.05),
    ("bugs", 0.06),
    ("promotion", 0.08),
    ("lead_time", 0.04),
    ("deployments", 0.04),
    ("failures", 0.01),
    ("recovery", 0.10),
    ("rework_rate", 0.01),
    ("durability", 0.02),
    ("reverts", 0.006),
    ("findings", 0.08),
    ("review", 0.05),
    ("cycle", 0.04),
    ("skills", 0.06),
    ("retention", 0.03),
    ("incidents", 0.10),
    ("roi", 1.0),
    ("felt", 0.02),
];

/// (Name, effects that are not 0.) Felt gains are there in every truth: people report them whatever happens.
const TRUTHS: &[(&str, &[(&str, f64)])] = &[
    (
        "harmful",
        &[
            ("revenue", -0.08),
            ("time_to_market", -0.15),
            ("bugs", -0.30),
            ("durability", -0.18),
            ("reverts", -0.03),
            ("review", -0.30),
            ("incidents", -0.40),
            ("roi", -4.0),
        ],
    ),
    ("null", &[]),
    ("at the bar", &[("revenue", 0.10), ("time_to_market", 0.15), ("lead_time", 0.15), ("roi", 2.0)]),
    (
        "helpful",
        &[
            ("revenue", 0.20),
            ("time_to_market", 0.35),
            ("bugs", 0.15),
            ("promotion", 0.20),
            ("lead_time", 0.25),
            ("deployments", 0.20),
            ("failures", 0.02),
            ("recovery", 0.30),
            ("rework_rate", 0.02),
            ("cycle", 0.20),
            ("roi", 6.0),
        ],
    ),
    (
        "mixed",
        &[
            ("revenue", 0.12),
            ("time_to_market", 0.25),
            ("durability", -0.10),
            ("review", -0.20),
            ("lead_time", 0.10),
            ("roi", 1.0),
        ],
    ),
];

/// A catalogue that knows what the default plan names.
fn known() -> Vec<KnownMetric> {
    let table = include_str!("../fixtures/plans/metrics.tsv");
    let metric = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let figure = |text: &str| {
            let (name, direction) = text.split_once(':').unwrap();
            KnownFigure { name: name.to_owned(), direction: Direction::named(direction).unwrap() }
        };
        KnownMetric {
            id: cells[0].to_owned(),
            version: cells[1].parse().unwrap(),
            tier: cells[2].parse().unwrap(),
            figures: cells[3].split(' ').map(figure).collect(),
        }
    };
    table.lines().skip(1).map(metric).collect()
}

fn figure(criterion: &Criterion, point: f64, error: f64, degrees: f64) -> Figure {
    Figure {
        metric: criterion.metric.clone(),
        figure: criterion.figure.clone(),
        version: criterion.version,
        scale: criterion.scale,
        better: Direction::Higher,
        group: None,
        answer: Answer::Estimate {
            point,
            standard_error: Some(error),
            degrees_of_freedom: Some(degrees),
            intervals: Vec::new(),
            units: 1000.0,
            clusters: None,
            method: "drawn".to_owned(),
            notes: Vec::new(),
        },
        unknown_source_share: None,
        missing_difference: None,
    }
}

/// One pilot: it ends when it is justified or pulled back, and goes on after an adjustment.
fn pilot(plan: &Plan, truth: &BTreeMap<&str, f64>, teams: f64, normals: &mut Normals) -> Class {
    let degrees = teams - 2.0;
    let criteria: Vec<&Criterion> = plan.criteria.iter().filter(|own| own.claim != Claim::NoneWorseOneBetter).collect();
    // The estimated error of a figure is wrong by the same factor all through a pilot.
    let draws: Vec<(f64, f64, f64)> = criteria
        .iter()
        .map(|own| {
            let error = ERRORS.iter().find(|(id, _)| *id == own.id).unwrap().1 * (12.0 / teams).sqrt();
            let squares: f64 = (0..degrees as u32).map(|_| normals.next().powi(2)).sum();
            let effect = if own.id == "felt" { 0.20 } else { truth.get(own.id.as_str()).copied().unwrap_or(0.0) };
            (effect, error, (squares / degrees).sqrt())
        })
        .collect();
    let mut sums = vec![0.0; criteria.len()];
    let (mut before, mut class, mut held): (f64, Class, Vec<Date>) = (0.0, Class::Insufficient, Vec::new());
    for day in &plan.looks.dates {
        let share = plan.information_at(*day);
        held.push(*day);
        let mut figures = Vec::new();
        for ((criterion, (effect, error, factor)), sum) in criteria.iter().zip(&draws).zip(&mut sums) {
            *sum += effect * (share - before) + error * (share - before).sqrt() * normals.next();
            figures.push(figure(criterion, *sum / share, factor * error / share.sqrt(), degrees));
        }
        before = share;
        let estimates = Estimates::new(&plan.id, *day, "drawn", Origin::RegisteredAnalysis, figures);
        let standing =
            Standing { held: held.clone(), missed: Vec::new(), retrospective: false, amendments: 0, late_amendments: 0 };
        class = judge(plan, &standing, &estimates, "example").unwrap().class;
        if matches!(class, Class::Justified | Class::PullBack) {
            break;
        }
    }
    class
}

fn main() {
    let runs: u32 = std::env::args().nth(1).map_or(400, |text| text.parse().unwrap());
    // Weekly looks take ten times as long.
    let planned_only = std::env::args().nth(2).is_some_and(|word| word == "planned");
    let plan = check("default", &default_plan("rates", "2026-04-01".parse().unwrap()), &known()).plan.unwrap();
    let mut weekly = plan.clone();
    weekly.looks.dates = (1..=15).map(|week| plan.dates.pilot_from.checked_add(jiff::ToSpan::weeks(week)).unwrap()).collect();
    println!(
        "| truth | teams | looks | justified | adjust | pull back | insufficient |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (name, effects) in TRUTHS {
        let truth: BTreeMap<&str, f64> = effects.iter().copied().collect();
        for teams in [6.0, 12.0, 30.0] {
            for (looks, plan) in [("3 planned", &plan), ("15 weekly", &weekly)].into_iter().take(if planned_only { 1 } else { 2 })
            {
                let mut normals = Normals(1);
                let mut found: BTreeMap<Class, u32> = BTreeMap::new();
                for _ in 0..runs {
                    *found.entry(pilot(plan, &truth, teams, &mut normals)).or_default() += 1;
                }
                let share = |class: Class| 100.0 * f64::from(found.get(&class).copied().unwrap_or(0)) / f64::from(runs);
                println!(
                    "| {name} | {teams} | {looks} | {:.1} % | {:.1} % | {:.1} % | {:.1} % |",
                    share(Class::Justified),
                    share(Class::Adjust),
                    share(Class::PullBack),
                    share(Class::Insufficient) + share(Class::InsufficientFinal)
                );
            }
        }
    }
}

//! How often whole pilots end in which verdict, and how often the intervals that were used hold what was planted: simulated organisations, week by
//! week from pieces of work to figures of teams, through the registered analysis and the rules, with a look every week.
//! `cargo run --release -p candor-experiment --example pilots [RUNS]` prints the table of docs/calibration.md.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod draws;

use std::collections::BTreeMap;

use candor_experiment::design::{Conduct, Content, Observations, Observed, TeamRow, analyse};
use candor_experiment::plan::{Direction, KnownFigure, KnownMetric, Plan, Scale, check};
use candor_experiment::verdict::{Answer, Class, Standing, judge};
use jiff::ToSpan;

use draws::Normals;

/// Weeks before the pilot and in it.
const WEEKS: usize = 13;
/// Pieces of work of a team in a week, on average.
const WORK: f64 = 24.0;

/// What a criterion measures, and how it varies: level, spread between teams, spread of a piece of work, spread of a week of a team (which carries
/// over to the next one by half). On the log scale for relative claims.
struct Measured {
    id: &'static str,
    metric: &'static str,
    figure: &'static str,
    /// Claim, role, margin.
    claim: &'static str,
    role: &'static str,
    margin: f64,
    scale: Scale,
    level: f64,
    between: f64,
    within: f64,
    week: f64,
    /// Share of the pieces of work that have this figure.
    rate: f64,
}

const MEASURED: &[Measured] = &[
    Measured {
        id: "market",
        metric: "time_to_market",
        figure: "median_days",
        claim: "gain",
        role: "success",
        margin: 0.10,
        scale: Scale::Relative,
        level: 40.0,
        between: 0.30,
        within: 0.80,
        week: 0.10,
        rate: 0.2,
    },
    Measured {
        id: "cycle",
        metric: "cycle_time",
        figure: "hours",
        claim: "gain",
        role: "success",
        margin: 0.05,
        scale: Scale::Relative,
        level: 50.0,
        between: 0.25,
        within: 0.90,
        week: 0.08,
        rate: 1.0,
    },
    Measured {
        id: "review",
        metric: "review_time",
        figure: "hours",
        claim: "not_worse",
        role: "guardrail",
        margin: 0.10,
        scale: Scale::Relative,
        level: 12.0,
        between: 0.30,
        within: 1.10,
        week: 0.08,
        rate: 1.0,
    },
    Measured {
        id: "reverts",
        metric: "revert_rate_30d",
        figure: "",
        claim: "not_worse",
        role: "guardrail",
        margin: 0.02,
        scale: Scale::Points,
        level: 0.05,
        between: 0.015,
        within: 0.0,
        week: 0.01,
        rate: 1.0,
    },
    Measured {
        id: "durability",
        metric: "code_durability_90d",
        figure: "",
        claim: "not_worse",
        role: "guardrail",
        margin: 0.03,
        scale: Scale::Points,
        level: 0.76,
        between: 0.05,
        within: 0.0,
        week: 0.03,
        rate: 1.0,
    },
];

/// Effects by criterion, positive is good.
const TRUTHS: &[(&str, [f64; 5])] = &[
    ("harmful", [-0.15, -0.19, -0.40, -0.06, -0.18]),
    ("null", [0.0; 5]),
    ("helpful", [0.30, 0.25, 0.10, 0.01, 0.05]),
    ("mixed", [0.20, 0.15, -0.20, -0.03, -0.10]),
];

fn known() -> Vec<KnownMetric> {
    MEASURED
        .iter()
        .map(|own| KnownMetric {
            id: own.metric.to_owned(),
            version: 1,
            tier: 2,
            figures: vec![KnownFigure { name: own.figure.to_owned(), direction: better(own) }],
        })
        .collect()
}

fn better(own: &Measured) -> Direction {
    if own.id == "durability" { Direction::Higher } else { Direction::Lower }
}

/// The plan: teams by lot, or, where there are too few for a lot to say anything at 5 %, named teams against control teams.
fn plan(teams: usize) -> Plan {
    let names = |range: std::ops::Range<usize>| range.map(|team| format!("\"t{team}\"")).collect::<Vec<_>>().join(", ");
    let (design, estimator) = if teams < 8 {
        let (treated, control) = (names(0..teams / 2), names(teams / 2..teams));
        (
            format!("kind = \"control_team\"\ntreated_teams = [{treated}]\ncontrol_teams = [{control}]"),
            "difference_in_differences",
        )
    } else {
        (format!("kind = \"cluster\"\nteams = [{}]", names(0..teams)), "ancova")
    };
    let mut text = format!(
        "plan = 1\nid = \"pilots\"\ntitle = \"Teams with AI\"\nquestion = \"Are teams that use AI better off?\"\nestimand = \"The difference between teams with and without AI in each metric over the pilot, beyond the baseline.\"\n\
         [dates]\nbaseline_from = 2026-01-05\npilot_from = 2026-04-06\npilot_until = 2026-07-06\nanalysis_until = 2026-08-03\npolicy_until = 2026-09-07\n\
         [design]\n{design}\nunit = \"team\"\narms = [\"without\", \"with\"]\ncontrol = \"without\"\ncovariates = [\"baseline\"]\n\
         [estimator]\nname = \"{estimator}\"\nvariance = \"cr2\"\n[looks]\nmethod = \"planned\"\nspending = \"obrien_fleming\"\ndates = ["
    );
    let first: jiff::civil::Date = "2026-04-06".parse().unwrap();
    let days: Vec<String> = (2..=WEEKS as i64).map(|week| first.checked_add(week.weeks()).unwrap().to_string()).collect();
    text.push_str(&days.join(", "));
    text.push_str("]\n");
    for family in ["success", "guardrail"] {
        text.push_str(&format!(
            "[[family]]\nid = \"{family}\"\nhorizon_months = 6\nalpha = 0.025\nharm_alpha = 0.01\nmethod = \"holm\"\n"
        ));
    }
    for own in MEASURED {
        let figure = if own.figure.is_empty() { String::new() } else { format!("figure = \"{}\"\n", own.figure) };
        let flat = if own.claim == "gain" { format!("flat_margin = {}\n", own.margin / 2.0) } else { String::new() };
        text.push_str(&format!(
            "[[criterion]]\nid = \"{}\"\nmetric = \"{}\"\n{figure}version = 1\nfamily = \"{}\"\nrole = \"{}\"\nclaim = \"{}\"\nmargin = {}\n{flat}scale = \"{}\"\nreason = \"The margin of the calibration, chosen before anything was simulated.\"\n",
            own.id, own.metric, own.role, own.role, own.claim, own.margin, own.scale.as_str()
        ));
    }
    text.push_str(
        "[[rule]]\nname = \"Delivery or review get slower\"\nverdict = \"pull_back\"\nwhen = \"any\"\ncondition = [{ criterion = \"market\", is = [\"harm\"] }, { criterion = \"cycle\", is = [\"harm\"] }]\n\
         [[rule]]\nname = \"Quality or review decline\"\nverdict = \"adjust\"\nwhen = \"any\"\ncondition = [{ criterion = \"review\", is = [\"harm\", \"failed\"] }, { criterion = \"reverts\", is = [\"harm\", \"failed\"] }, { criterion = \"durability\", is = [\"harm\", \"failed\"] }]\n\
         [[rule]]\nname = \"Faster, and no worse\"\nverdict = \"justified\"\nwhen = \"all\"\ncondition = [{ criterion = \"market\", is = [\"met\"] }, { criterion = \"cycle\", is = [\"met\"] }, { criterion = \"durability\", is = [\"met\", \"flat\"] }]\n\
         [unknown_attribution]\nhandling = \"bounds\"\nmost_unknown_share = 0.4\nreason = \"Above this share the worst case leaves nothing to say.\"\n\
         [missing_data]\nhandling = \"bounds\"\nmost_difference = 0.5\nreason = \"A team without a figure in a phase is left out of both.\"\n\
         [at_the_end]\naction = \"restrict\"\nreason = \"Where it cannot be shown to help it stays where it is safe.\"\n\
         [[forecast]]\nsponsor = \"CFO\"\ncriterion = \"cycle\"\neffect = 0.10\nmade_on = 2026-03-15\n",
    );
    let checked = check("pilots", &text, &known());
    checked.plan.unwrap_or_else(|| panic!("{:#?}\n{text}", checked.findings))
}

/// Sums of one metric of one team: before the pilot, and in it week by week.
struct Series {
    before: (f64, f64),
    weeks: Vec<(f64, f64)>,
}

/// Draws what a team does in all weeks.
fn series(own: &Measured, effect: f64, draws: &mut Normals) -> Series {
    let mut level = own.between * draws.next();
    let mut week_effect = 0.0;
    let mut series = Series { before: (0.0, 0.0), weeks: Vec::with_capacity(WEEKS) };
    // A team's own effect lies around the common one, on the scale on which teams are compared.
    let own_share = 1.0 + 0.3 * draws.next();
    let effect = own_share * if own.scale == Scale::Relative { (1.0 - effect).ln() } else { effect };
    for week in 0..2 * WEEKS {
        week_effect = 0.5 * week_effect + 0.75_f64.sqrt() * own.week * draws.next();
        let in_pilot = week >= WEEKS;
        let pieces = (WORK * own.rate * (1.0 + 0.3 * draws.next())).round().max(0.0);
        let sum = if own.scale == Scale::Relative {
            let mean = own.level.ln() + level + week_effect + if in_pilot { effect } else { 0.0 };
            pieces * mean + own.within * pieces.sqrt() * draws.next()
        } else {
            let towards = if better(own) == Direction::Higher { effect } else { -effect };
            let share = (own.level + level + week_effect + if in_pilot { towards } else { 0.0 }).clamp(0.001, 0.999);
            (0..pieces as u32).filter(|_| draws.uniform() < share).count() as f64
        };
        if in_pilot {
            series.weeks.push((sum, pieces));
        } else {
            series.before.0 += sum;
            series.before.1 += pieces;
        }
        // Teams drift by themselves.
        level += 0.02 * own.between * draws.next();
    }
    series
}

fn value(own: &Measured, (sum, pieces): (f64, f64)) -> Option<f64> {
    (pieces > 0.0).then(|| if own.scale == Scale::Relative { (sum / pieces).exp() } else { sum / pieces })
}

/// Coverage of the intervals at the last look that was held, for criteria with one: held, all, sum of their levels.
#[derive(Default)]
struct Coverage {
    held: u32,
    all: u32,
    level: f64,
}

/// One pilot: its verdict is the first that justifies or pulls back, else that of the last look. It is looked at to its end all the same, for the
/// coverage of the last intervals, which early endings would choose among.
fn pilot(plan: &Plan, teams: usize, effects: &[f64; 5], draws: &mut Normals, coverage: &mut Coverage) -> Class {
    let work: Vec<Vec<Series>> = (0..teams)
        .map(|team| {
            let treated = team < teams / 2;
            MEASURED.iter().zip(effects).map(|(own, effect)| series(own, if treated { *effect } else { 0.0 }, draws)).collect()
        })
        .collect();
    let mut ended = None;
    let mut held = Vec::new();
    for (place, day) in plan.looks.dates.iter().enumerate() {
        held.push(*day);
        let weeks = place + 2;
        let figures = MEASURED.iter().enumerate().map(|(at, own)| {
            let rows = work.iter().enumerate().map(|(team, all)| {
                let series = &all[at];
                let pilot = series.weeks.iter().take(weeks).fold((0.0, 0.0), |sum, week| (sum.0 + week.0, sum.1 + week.1));
                TeamRow {
                    team: format!("t{team}"),
                    treated: team < teams / 2,
                    stratum: 0,
                    before: value(own, series.before),
                    after: value(own, pilot),
                }
            });
            Observations {
                metric: own.metric.to_owned(),
                figure: own.figure.to_owned(),
                version: 1,
                better: better(own),
                group: None,
                content: Content::Teams { rows: rows.collect(), months: Vec::new() },
                unknown_source_share: None,
                missing_difference: None,
            }
        });
        let observed = Observed {
            snapshot: "simulated".to_owned(),
            as_of: *day,
            figures: figures.collect(),
            units: Vec::new(),
            conduct: Conduct::default(),
        };
        let estimates = analyse(plan, &observed, &held).unwrap().estimates;
        let standing =
            Standing { held: held.clone(), missed: Vec::new(), retrospective: false, amendments: 0, late_amendments: 0 };
        let verdict = judge(plan, &standing, &estimates, "example").unwrap();
        if place + 1 == plan.looks.dates.len() {
            for (judged, effect) in verdict.criteria.iter().zip(effects) {
                let Some(limits) = judged.limits.filter(|_| judged.point.is_some()) else { continue };
                coverage.all += 1;
                coverage.level += 1.0 - 2.0 * limits.alpha;
                let inside =
                    limits.lower.is_none_or(|lower| lower <= *effect) && limits.upper.is_none_or(|upper| *effect <= upper);
                coverage.held += u32::from(inside);
            }
            return ended.unwrap_or(verdict.class);
        }
        if ended.is_none() && matches!(verdict.class, Class::Justified | Class::PullBack) {
            ended = Some(verdict.class);
        }
        // Every figure has an answer, or the world is not what it says it is.
        assert!(estimates.figures.iter().all(|own| !matches!(own.answer, Answer::NotApplicable { .. })), "{estimates:?}");
    }
    Class::Insufficient
}

fn main() {
    let runs: u32 = std::env::args().nth(1).map_or(400, |text| text.parse().unwrap());
    println!(
        "| truth | teams | justified | adjust | pull back | insufficient | intervals that hold the truth (level) |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (name, effects) in TRUTHS {
        for teams in [6, 12, 30] {
            let plan = plan(teams);
            let (mut draws, mut coverage) = (Normals(1), Coverage::default());
            let mut found: BTreeMap<Class, u32> = BTreeMap::new();
            for _ in 0..runs {
                *found.entry(pilot(&plan, teams, effects, &mut draws, &mut coverage)).or_default() += 1;
            }
            let share = |class: Class| 100.0 * f64::from(found.get(&class).copied().unwrap_or(0)) / f64::from(runs);
            let all = f64::from(coverage.all.max(1));
            println!(
                "| {name} | {teams} | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % ({:.1} %) |",
                share(Class::Justified),
                share(Class::Adjust),
                share(Class::PullBack),
                share(Class::Insufficient) + share(Class::InsufficientFinal),
                100.0 * f64::from(coverage.held) / all,
                100.0 * coverage.level / all
            );
        }
    }
}

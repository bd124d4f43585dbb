//! Every verdict can be reached, none can be talked into, and what is not known never counts as good.

use std::collections::BTreeMap;

use candor_experiment::plan::chance::chances;
use candor_experiment::plan::{Claim, Direction, LookMethod, Plan, State, check, default_plan};
use candor_experiment::verdict::{
    Answer, Class, Estimates, Figure, Group, Origin, OwnInterval, Says, Standing, Truth, Verdict, judge, levels_asked,
};
use proptest::prelude::*;

use crate::assign::good;
use crate::support::known;

pub fn default() -> Plan {
    check("plan.toml", &default_plan("ai-tools", "2026-04-01".parse().unwrap()), &known()).plan.unwrap()
}

/// Effects on the good side by criterion: everything is better than it must be, and known well.
pub fn fine(plan: &Plan) -> BTreeMap<String, (f64, f64)> {
    let effect = |claim: Claim, margin: f64| match claim {
        Claim::Gain | Claim::Above => margin + 0.1,
        _ => margin,
    };
    plan.criteria
        .iter()
        .filter(|own| !own.metric.is_empty())
        .map(|own| (own.id.clone(), (effect(own.claim, own.margin), 0.001)))
        .collect()
}

/// Estimates of (effect on the good side, standard error) by criterion.
pub fn estimates(plan: &Plan, as_of: &str, effects: &BTreeMap<String, (f64, f64)>) -> Estimates {
    let known = known();
    let figure = |(id, (effect, error)): (&String, &(f64, f64))| {
        let criterion = plan.criterion(id).unwrap();
        let metric = known.iter().find(|metric| metric.id == criterion.metric).unwrap();
        let better = metric.figures.iter().find(|figure| figure.name == criterion.figure).unwrap().direction;
        let point = if better == Direction::Lower { -effect } else { *effect };
        Figure {
            metric: criterion.metric.clone(),
            figure: criterion.figure.clone(),
            version: criterion.version,
            scale: criterion.scale,
            better,
            group: None,
            answer: estimate(point, *error),
            unknown_source_share: Some(0.1),
            missing_difference: None,
        }
    };
    let figures = effects.iter().map(figure).collect();
    Estimates::new(&plan.id, as_of.parse().unwrap(), "42", Origin::RegisteredAnalysis, figures)
}

pub fn estimate(point: f64, error: f64) -> Answer {
    Answer::Estimate {
        point,
        standard_error: Some(error),
        degrees_of_freedom: None,
        intervals: Vec::new(),
        units: 1000.0,
        clusters: None,
        method: "difference in differences".to_owned(),
        notes: Vec::new(),
    }
}

pub fn standing(plan: &Plan, until: &str) -> Standing {
    let until = until.parse().unwrap();
    let held = plan.looks.dates.iter().copied().filter(|day| *day <= until).collect();
    Standing { held, missed: Vec::new(), retrospective: false, amendments: 0, late_amendments: 0 }
}

pub const LAST: &str = "2026-08-15";

pub fn verdict(plan: &Plan, as_of: &str, effects: &BTreeMap<String, (f64, f64)>) -> Verdict {
    judge(plan, &standing(plan, as_of), &estimates(plan, as_of, effects), "test").unwrap()
}

fn with(effects: &BTreeMap<String, (f64, f64)>, changes: &[(&str, f64, f64)]) -> BTreeMap<String, (f64, f64)> {
    let mut effects = effects.clone();
    for (id, point, error) in changes {
        effects.insert((*id).to_owned(), (*point, *error));
    }
    effects
}

fn state(verdict: &Verdict, id: &str) -> State {
    verdict.criteria.iter().find(|own| own.criterion == id).unwrap().state
}

/// What differs from a fine pilot, the verdict, and words of its reason.
type Case = (&'static [(&'static str, f64, f64)], Class, &'static str);

/// A verdict from several planned looks at few clusters says that its error rates hold only about; always-valid intervals need not.
#[test]
fn planned_looks_at_few_clusters_are_named_in_the_verdict() {
    let noted = |method: LookMethod, degrees: Option<f64>| {
        let mut plan = default();
        plan.looks.method = method;
        let mut estimates = estimates(&plan, LAST, &fine(&plan));
        let Answer::Estimate { degrees_of_freedom, .. } = &mut estimates.figures[0].answer else { panic!("an estimate") };
        *degrees_of_freedom = degrees;
        let verdict = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap();
        verdict.notes.iter().any(|note| note.contains("6 degrees of freedom"))
    };
    assert!(noted(LookMethod::Planned, Some(6.0)));
    assert!(!noted(LookMethod::Planned, Some(16.0)) && !noted(LookMethod::Planned, None));
    assert!(!noted(LookMethod::AlwaysValid, Some(6.0)));
}

#[test]
fn every_class_is_reached_by_the_founding_criteria() {
    let plan = default();
    assert_eq!(plan.looks.dates.last().unwrap().to_string(), LAST);
    let fine = fine(&plan);
    let cases: &[Case] = &[
        (&[], Class::Justified, "Every criterion of success holds"),
        // Pull back.
        (&[("revenue", -0.10, 0.01)], Class::PullBack, "Business value is declining"),
        (&[("bugs", -0.30, 0.02)], Class::PullBack, "reach customers"),
        (&[("promotion", -0.20, 0.01)], Class::PullBack, "capability is eroding"),
        (&[("retention", -0.20, 0.01)], Class::PullBack, "capability is eroding"),
        (&[("roi", -5000.0, 100.0)], Class::PullBack, "exceeds the tools' savings"),
        // Adjust.
        (&[("durability", -0.18, 0.01)], Class::Adjust, "quality metric"),
        (&[("skills", -0.30, 0.02)], Class::Adjust, "more slowly"),
        (&[("review", -0.30, 0.02), ("cycle", 0.0, 0.01)], Class::Adjust, "Review eats"),
        (&[("revenue", 0.0, 0.005), ("time_to_market", 0.0, 0.01)], Class::Adjust, "flat while people report gains"),
        // The bar is missed for certain, and nobody is harmed.
        (&[("revenue", 0.05, 0.01)], Class::Adjust, "bar is not reached"),
        // Precedence: harm to customers weighs more than a declining quality metric.
        (&[("durability", -0.18, 0.01), ("incidents", -0.50, 0.02)], Class::PullBack, "reach customers"),
        // Cannot tell.
        (&[("revenue", 0.12, 0.05)], Class::InsufficientFinal, "`revenue`"),
        (&[("promotion", 0.0, 0.17)], Class::InsufficientFinal, "`promotion`"),
        (&[("failures", 0.0, 0.05)], Class::InsufficientFinal, "`failures`"),
    ];
    for (changes, class, word) in cases {
        let found = verdict(&plan, LAST, &with(&fine, changes));
        assert_eq!(found.class, *class, "{changes:?}: {:?}", found.because);
        assert!(found.because.iter().any(|why| why.contains(word)), "{changes:?}: `{word}` is not in {:?}", found.because);
        assert_eq!(found.default_action.is_some(), *class == Class::InsufficientFinal);
        assert_eq!(found.criteria.len(), plan.criteria.len(), "every criterion is shown");
    }
    let early = verdict(&plan, "2026-07-01", &with(&fine, &[("revenue", 0.12, 0.05)]));
    assert_eq!((early.class, early.look), (Class::Insufficient, Some(2)));
    assert_eq!(early.outlook.next_look.unwrap().to_string(), LAST);
    let off = verdict(&plan, "2026-07-15", &fine);
    assert_eq!(off.look, None);
    assert!(off.notes.iter().any(|note| note.starts_with("exploratory")), "{:?}", off.notes);
}

#[test]
fn what_is_not_known_never_counts_as_good() {
    let plan = default();
    let fine = fine(&plan);
    let success = ["revenue", "time_to_market", "bugs", "promotion", "lead_time", "failures"];
    for id in success {
        let mut estimates = estimates(&plan, LAST, &fine);
        let metric = &plan.criterion(id).unwrap().metric;
        let place = estimates
            .figures
            .iter()
            .position(|figure| figure.metric == *metric && figure.figure == plan.criterion(id).unwrap().figure)
            .unwrap();
        let judged = |estimates: &Estimates| judge(&plan, &standing(&plan, LAST), estimates, "test").unwrap();
        let answers = [
            Answer::Insufficient { have: "3 teams".to_owned(), need: "8 teams".to_owned(), reason: "too few".to_owned() },
            Answer::NotApplicable { reason: "definitions differ".to_owned() },
            Answer::NotObserved { reason: "the instrument was off".to_owned() },
        ];
        for answer in answers {
            estimates.figures[place].answer = answer;
            let found = judged(&estimates);
            assert_eq!(found.class, Class::InsufficientFinal, "{id}");
        }
        estimates.figures[place].answer = estimate(1.0, 0.001);
        let bent: [fn(&mut Figure); 4] = [
            |figure| figure.version = 2,
            |figure| figure.scale = candor_experiment::plan::Scale::Absolute,
            |figure| figure.unknown_source_share = Some(0.6),
            |figure| figure.missing_difference = Some(0.2),
        ];
        for bend in bent {
            let mut estimates = estimates.clone();
            bend(&mut estimates.figures[place]);
            let found = judged(&estimates);
            assert_eq!(state(&found, id), State::Insufficient, "{id}");
            assert_ne!(found.class, Class::Justified, "{id}");
        }
        estimates.figures.remove(place);
        assert_eq!(judged(&estimates).class, Class::InsufficientFinal, "{id}: no figure");
    }
    let nothing = verdict(&plan, LAST, &BTreeMap::new());
    assert_eq!(nothing.class, Class::InsufficientFinal);
    assert!(nothing.criteria.iter().all(|own| own.state == State::Insufficient));
}

/// Bends estimates, and a word of the refusal.
type Bent = (fn(&mut Estimates), &'static str);

#[test]
fn estimates_of_something_else_are_refused() {
    let plan = default();
    let good = estimates(&plan, LAST, &fine(&plan));
    let bent: [Bent; 6] = [
        (|own| own.plan = "other".to_owned(), "plan `other`"),
        (|own| own.form = "candor-estimates-9".to_owned(), "candor-estimates-9"),
        (|own| own.figures.push(own.figures[0].clone()), "twice"),
        (|own| own.figures[0].answer = estimate(f64::NAN, 0.1), "finite"),
        (|own| own.figures[0].answer = estimate(0.1, 0.0), "above 0"),
        (|own| own.figures[0].unknown_source_share = Some(1.5), "shares"),
    ];
    for (bend, word) in bent {
        let mut estimates = good.clone();
        bend(&mut estimates);
        let error = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap_err().to_string();
        assert!(error.contains(word), "expected `{word}` in: {error}");
    }
    let error = Estimates::from_json("figures.json", "{\n \"form\": 7}").unwrap_err().to_string();
    assert!(error.contains("figures.json:2:"), "{error}");
}

#[test]
fn a_verdict_is_a_function_of_its_inputs() {
    let plan = default();
    let fine = with(&fine(&plan), &[("revenue", 0.12, 0.05), ("durability", -0.01, 0.02)]);
    let one = estimates(&plan, LAST, &fine);
    let mut other = one.clone();
    other.figures.reverse();
    let standing = standing(&plan, LAST);
    let text =
        |estimates: &Estimates| candor_experiment::canonical::text(&judge(&plan, &standing, estimates, "test").unwrap()).unwrap();
    assert_eq!(text(&one), text(&other), "the order of figures decides nothing");
    let back: Verdict = serde_json::from_str(&text(&one)).unwrap();
    assert_eq!(candor_experiment::canonical::text(&back).unwrap(), text(&one));
    let read = Estimates::from_json("x", &candor_experiment::canonical::text(&one).unwrap()).unwrap();
    assert_eq!(text(&read), text(&one), "and so does the way through a file");
}

#[test]
fn a_retrospective_or_amended_plan_says_so_in_every_verdict() {
    let plan = default();
    let standing = Standing {
        retrospective: true,
        amendments: 2,
        late_amendments: 1,
        missed: vec![plan.looks.dates[0]],
        ..standing(&plan, LAST)
    };
    let found = judge(&plan, &standing, &estimates(&plan, LAST, &fine(&plan)), "test").unwrap();
    for word in ["retrospective", "amended 2 times, 1 of them after", "nobody held: 2026-06-01", "nobody was drawn"] {
        assert!(found.notes.iter().any(|note| note.contains(word)), "`{word}` is not in {:?}", found.notes);
    }
}

#[test]
fn groups_help_hurt_or_cannot_tell_and_decide_nothing() {
    let plan = default();
    let mut estimates = estimates(&plan, LAST, &fine(&plan));
    let before = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap();
    let durability = estimates.figures.iter().find(|figure| figure.metric == "code_durability_90d").unwrap().clone();
    for (value, point, error) in [("tests", 0.10, 0.01), ("payments", -0.20, 0.01), ("schema", -0.05, 0.10)] {
        let group = Group { dimension: "context".to_owned(), value: value.to_owned() };
        estimates.figures.push(Figure { group: Some(group), answer: estimate(point, error), ..durability.clone() });
    }
    let found = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap();
    assert_eq!((found.class, &found.criteria), (before.class, &before.criteria));
    let says: Vec<Says> = found.groups.iter().map(|own| own.says).collect();
    assert_eq!(says, [Says::Helps, Says::Hurts, Says::CannotTell]);
}

#[test]
fn it_says_when_it_will_be_known() {
    let plan = default();
    // Half width about 0.1 around 0.15, bar 0.10: it takes about four times the data.
    let found = verdict(&plan, "2026-07-01", &with(&fine(&plan), &[("revenue", 0.15, 0.036)]));
    assert_eq!(found.class, Class::Insufficient);
    let known = found.outlook.open.iter().find(|known| known.criterion == "revenue").unwrap();
    let times = known.times_the_data.unwrap();
    assert!(times > 2.0 && known.by.unwrap() > "2026-08-01".parse().unwrap(), "{known:?}");
    assert_eq!(found.outlook.known_by, known.by);
    assert!(
        found.would_change.iter().any(|line| line.starts_with("justified:") && line.contains("`revenue` rising")),
        "{:?}",
        found.would_change
    );
    assert!(
        found.would_change.iter().any(|line| line.starts_with("pull_back:") && line.contains("below")),
        "{:?}",
        found.would_change
    );
    // A figure on its bar is never told from it.
    let found = verdict(&plan, "2026-07-01", &with(&fine(&plan), &[("revenue", 0.10, 0.03)]));
    let known = found.outlook.open.iter().find(|known| known.criterion == "revenue").unwrap();
    assert!(known.times_the_data.is_none() && known.needs.is_some() && found.outlook.known_by.is_none(), "{known:?}");
}

/// The decisions of a family are those of Holm's ordered p-values.
#[test]
fn families_decide_as_holm_does() {
    let mut plan = good("task_rct");
    let template = plan.criterion("durability").unwrap().clone();
    plan.criteria.clear();
    let metrics = ["code_durability_30d", "code_durability_60d", "code_durability_90d", "coverage", "csat"];
    for metric in metrics {
        plan.criteria.push(candor_experiment::plan::Criterion {
            id: metric.to_owned(),
            metric: metric.to_owned(),
            ..template.clone()
        });
    }
    plan.rules.clear();
    let mut draws = 1_u64;
    let mut next = || {
        draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draws >> 11) as f64 / (1_u64 << 53) as f64
    };
    let day = plan.looks.dates[2].to_string();
    plan.looks.dates = vec![plan.looks.dates[2]];
    for round in 0..300 {
        let effects: BTreeMap<String, (f64, f64)> =
            metrics.iter().map(|id| ((*id).to_owned(), (0.06 * next() - 0.03, 0.01 + 0.01 * next()))).collect();
        let found = verdict(&plan, &day, &effects);
        let p: Vec<f64> = metrics.iter().map(|id| normal_above((effects[*id].0 + 0.03) / effects[*id].1)).collect();
        let adjusted = candor_stats::looks::multiplicity::holm(&p).unwrap();
        for (place, id) in metrics.iter().enumerate() {
            let met = matches!(state(&found, id), State::Met | State::Flat);
            assert_eq!(met, adjusted[place] <= 0.025, "round {round}, {id}: p {} adjusted {}", p[place], adjusted[place]);
        }
    }
}

/// P(Z > z), by the continued product of Abramowitz and Stegun 26.2.17 (error below 7.5e-8).
fn normal_above(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.2316419 * z.abs());
    let poly = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if z >= 0.0 { upper } else { 1.0 - upper }
}

/// A generator of standard normal draws with a fixed seed.
pub struct Normals(u64);

impl Normals {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn next(&mut self) -> f64 {
        let (u, v) = (self.uniform().max(1e-300), self.uniform());
        (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    }
}

/// Runs many pilots with a truth, looking at every planned look: they end when they are justified or pulled back, and go on after an
/// adjustment. How often each class was the last.
fn run(plan: &Plan, truth: (f64, f64), runs: u32, seed: u64) -> BTreeMap<Class, u32> {
    let mut normals = Normals::new(seed);
    let mut found = BTreeMap::new();
    let days: Vec<String> = plan.looks.dates.iter().map(ToString::to_string).collect();
    let information: Vec<f64> = plan.looks.dates.iter().map(|day| plan.information_at(*day)).collect();
    for _ in 0..runs {
        // Sums of independent increments: the estimate of a later look contains that of the earlier ones.
        let (mut sums, mut before) = ([0.0_f64; 2], 0.0);
        let mut class = Class::Insufficient;
        for (day, f) in days.iter().zip(&information) {
            let step: f64 = f - before;
            before = *f;
            let mut effects = BTreeMap::new();
            for (sum, (id, effect, error)) in sums.iter_mut().zip([("speed", truth.0, 0.04), ("durability", truth.1, 0.01)]) {
                *sum += effect * step + error * step.sqrt() * normals.next();
                effects.insert(id.to_owned(), (*sum / f, error / f.sqrt()));
            }
            class = verdict(plan, day, &effects).class;
            if matches!(class, Class::Justified | Class::PullBack) {
                break;
            }
        }
        *found.entry(class).or_default() += 1;
    }
    found
}

#[test]
fn false_verdicts_stay_below_their_error_rates() {
    let plan = good("task_rct");
    let runs = 1_000;
    let share = |found: &BTreeMap<Class, u32>, class: Class| f64::from(found.get(&class).copied().unwrap_or(0)) / f64::from(runs);
    // Three standard errors of a share of 2.5 %.
    let slack = 3.0 * (0.025_f64 * 0.975 / f64::from(runs)).sqrt();
    let bar = run(&plan, (0.05, 0.0), runs, 1);
    assert!(share(&bar, Class::Justified) <= 0.025 + slack, "an effect on the bar: {bar:?}");
    let null = run(&plan, (0.0, 0.0), runs, 2);
    assert!(share(&null, Class::Justified) <= 0.01 && share(&null, Class::PullBack) <= 0.025 + slack, "no effect: {null:?}");
    let harmful = run(&plan, (-0.19, -0.06), runs, 3);
    assert!(share(&harmful, Class::Justified) == 0.0 && share(&harmful, Class::PullBack) >= 0.95, "harm: {harmful:?}");
    let helpful = run(&plan, (0.25, 0.0), runs, 4);
    assert!(share(&helpful, Class::PullBack) <= 0.01 && share(&helpful, Class::Justified) >= 0.75, "help: {helpful:?}");
}

/// What `plan check` promises is what verdicts do: the chance to be met, and the effects from which on gain and harm are seen.
#[test]
fn the_chances_of_the_plan_are_those_of_the_verdicts() {
    let mut plan = good("task_rct");
    let runs = 800;
    let mut normals = Normals::new(11);
    for always_valid in [false, true] {
        if always_valid {
            plan.looks.method = LookMethod::AlwaysValid;
            (plan.looks.spending, plan.looks.tuned_for_units) = (None, Some(1000));
        }
        let speed = plan.criteria.iter_mut().find(|own| own.id == "speed").unwrap();
        speed.precision.as_mut().unwrap().clusters = None;
        let family = plan.families[0].clone();
        let told = |plan: &Plan| *chances(plan, plan.criterion("speed").unwrap(), &family).last().unwrap();
        let first = told(&plan);
        for (truth, state_wanted, chance) in [
            (0.20, State::Met, first.met),
            (first.seen_from.unwrap(), State::Met, 0.8),
            (first.harm_from.unwrap(), State::Harm, 0.8),
        ] {
            let mut found = 0;
            for _ in 0..runs {
                // The other claim of the family never passes, so that the first step of Holm is the only one.
                let effects =
                    [("speed".to_owned(), (truth + 0.05 * normals.next(), 0.05)), ("durability".to_owned(), (0.0, 1.0))];
                found += u32::from(state(&verdict(&plan, "2026-08-14", &effects.into()), "speed") == state_wanted);
            }
            let share = f64::from(found) / f64::from(runs);
            let slack = 4.0 * (chance * (1.0 - chance) / f64::from(runs)).sqrt() + 0.005;
            assert!((share - chance).abs() < slack, "always valid {always_valid}, truth {truth}: {share}, told {chance}");
        }
    }
}

#[test]
fn always_valid_limits_are_wider_and_hold_at_any_day() {
    let planned = good("task_rct");
    let mut plan = planned.clone();
    plan.looks.method = LookMethod::AlwaysValid;
    plan.looks.spending = None;
    plan.looks.tuned_for_units = Some(1000);
    let effects: BTreeMap<String, (f64, f64)> =
        [("speed".to_owned(), (0.20, 0.04)), ("durability".to_owned(), (0.0, 0.005))].into();
    let day = planned.looks.dates[2].to_string();
    let (one, other) = (verdict(&planned, &day, &effects), verdict(&plan, &day, &effects));
    let width = |verdict: &Verdict| {
        let limits = verdict.criteria[0].limits.unwrap();
        limits.upper.unwrap() - limits.lower.unwrap()
    };
    assert!(width(&other) > 1.2 * width(&one), "{} against {}", width(&other), width(&one));
    assert_eq!(other.class, Class::Justified);
}

#[test]
fn a_figure_with_limits_of_its_own_decides_by_them_alone_if_their_level_is_high_enough() {
    let plan = default();
    let mut estimates = estimates(&plan, LAST, &fine(&plan));
    let roi = estimates.figures.iter().position(|figure| figure.metric == "tool_roi").unwrap();
    let own = |upper: f64, level: f64| OwnInterval { lower: Some(-9000.0), upper: Some(upper), level };
    let mut says = |intervals: Vec<OwnInterval>, error: Option<f64>| {
        let mut answer = estimate(-5000.0, 1.0);
        if let Answer::Estimate { intervals: slot, standard_error, .. } = &mut answer {
            (*slot, *standard_error) = (intervals, error);
        }
        estimates.figures[roi].answer = answer;
        let found = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap();
        state(&found, "roi")
    };
    assert_eq!(says(vec![own(-100.0, 0.999)], None), State::Harm);
    assert_eq!(says(vec![own(100.0, 0.999)], None), State::Insufficient);
    assert_eq!(says(vec![own(-100.0, 0.90)], None), State::Insufficient, "a level of 90 % is too low to decide");
    assert_eq!(
        says(vec![own(100.0, 0.999)], Some(1.0)),
        State::Insufficient,
        "the narrow normal interval does not count beside them"
    );
    assert_eq!(says(vec![own(5000.0, 0.9999), own(-100.0, 0.998)], None), State::Harm, "the lowest level that is high enough");
    assert_eq!(says(Vec::new(), None), State::Insufficient);
}

#[test]
fn the_levels_that_are_asked_for_are_enough() {
    let plan = default();
    let day = LAST.parse().unwrap();
    let asked = levels_asked(&plan, &standing(&plan, LAST).held, day).unwrap();
    assert!(asked.windows(2).all(|pair| pair[0] < pair[1]) && asked[0] > 0.9 && asked.len() > 10, "{asked:?}");
    // The same normal limits, handed over at these levels, give the same states as their standard errors do.
    let effects = with(&fine(&plan), &[("revenue", 0.13, 0.01), ("durability", -0.05, 0.004), ("bugs", -0.02, 0.01)]);
    let by_error = verdict(&plan, LAST, &effects);
    let mut estimates = estimates(&plan, LAST, &effects);
    for figure in &mut estimates.figures {
        if let Answer::Estimate { point, standard_error, intervals, .. } = &mut figure.answer {
            let error = standard_error.take().unwrap();
            *intervals = asked
                .iter()
                .map(|level| {
                    let half = normal_quantile((1.0 - level) / 2.0) * error;
                    OwnInterval { lower: Some(*point - half), upper: Some(*point + half), level: *level }
                })
                .collect();
        }
    }
    let by_limits = judge(&plan, &standing(&plan, LAST), &estimates, "test").unwrap();
    assert_eq!(by_limits.class, by_error.class);
    for (one, other) in by_limits.criteria.iter().zip(&by_error.criteria) {
        assert_eq!(one.state, other.state, "{}", one.criterion);
    }
    let early = levels_asked(&plan, &[], "2026-04-10".parse().unwrap()).unwrap();
    assert!(early.is_empty(), "before the pilot nothing may be decided: {early:?}");
    assert_eq!(verdict(&plan, "2026-04-10", &effects).class, Class::Insufficient);
}

/// z with P(Z > z) = p, by bisection.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if normal_above(middle) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the figures: justified never stands beside harm, and a better figure never makes the verdict worse.
    #[test]
    fn verdicts_are_sound(points in proptest::collection::vec((-0.4_f64..0.4, 0.001_f64..0.2), 20), better in 0_usize..20, by in 0.0_f64..0.5) {
        let plan = default();
        let ids: Vec<String> = plan.criteria.iter().filter(|own| !own.metric.is_empty() && own.id != "felt").map(|own| own.id.clone()).collect();
        let effects: BTreeMap<String, (f64, f64)> = ids.iter().cloned().zip(points).collect();
        let found = verdict(&plan, LAST, &effects);
        let success = ["revenue", "time_to_market", "bugs", "promotion", "velocity"];
        if found.class == Class::Justified {
            prop_assert!(success.iter().all(|id| matches!(state(&found, id), State::Met | State::Flat)));
            prop_assert!(found.criteria.iter().all(|own| own.state != State::Harm));
            prop_assert!(found.rules.iter().all(|rule| rule.truth != Truth::Yes || rule.verdict == candor_experiment::plan::RuleVerdict::Justified));
        }
        let id = &ids[better % ids.len()];
        let mut improved = effects.clone();
        improved.get_mut(id).unwrap().0 += by;
        let rank = |state: State| match state { State::Harm => 0, State::Failed => 1, State::Insufficient => 2, State::Flat | State::Met => 3 };
        let after = verdict(&plan, LAST, &improved);
        // Within limits of one width a figure that moves to the good side moves through the states in order. Flat is no state of a gain here:
        // it lies between failed and open.
        let is_gain = plan.criterion(id).unwrap().claim == Claim::Gain;
        if !is_gain {
            prop_assert!(rank(state(&after, id)) >= rank(state(&found, id)), "{id}: {:?} became {:?}", state(&found, id), state(&after, id));
        }
        if after.class == Class::PullBack && found.class != Class::PullBack {
            prop_assert!(false, "a better `{id}` made it pull back");
        }
    }
}

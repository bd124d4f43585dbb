//! A statement can never contradict its verdict: every class, audience and kind of design, and whatever people typed into the plan.

use std::collections::{BTreeMap, BTreeSet};

use candor_experiment::canonical::Hash;
use candor_experiment::plan::{DefaultAction, Plan};
use candor_experiment::statement::{Audience, contradictions, forbidden, statement};
use candor_experiment::verdict::{Class, Group, Verdict, judge};
use proptest::prelude::*;

use crate::assign::good;
use crate::verdict::{LAST, default, estimate, estimates, fine, standing, verdict};

/// One verdict of each class, on a given plan.
fn of_each_class(plan: &Plan, early: &str, last: &str, open: &str, bad: &str, low: (&str, f64)) -> Vec<Verdict> {
    let fine = fine(plan);
    let with = |id: &str, point: f64, error: f64| {
        let mut effects = fine.clone();
        effects.insert(id.to_owned(), (point, error));
        effects
    };
    let found = vec![
        verdict(plan, last, &fine),
        verdict(plan, last, &with(low.0, low.1, 0.001)),
        verdict(plan, last, &with(bad, -0.5, 0.001)),
        verdict(plan, early, &with(open, 0.12, 0.2)),
        verdict(plan, last, &with(open, 0.12, 0.2)),
    ];
    let classes: BTreeSet<Class> = found.iter().map(|verdict| verdict.class).collect();
    assert_eq!(classes.len(), Class::ALL.len(), "{classes:?}");
    found
}

fn all_texts(plan: &Plan, verdict: &Verdict) -> Vec<(Audience, String)> {
    let mut texts = Vec::new();
    for audience in Audience::ALL.iter().copied() {
        let made = statement(plan, verdict, audience, Some(&Hash::of(b"entry")))
            .unwrap_or_else(|error| panic!("{:?} {audience:?}: {error}", verdict.class));
        texts.push((audience, made.text()));
        texts.push((audience, made.to_markdown()));
        // What a reader of the page sees: its text without marks and style.
        let html = made.to_html();
        let body = html.split("<main>").nth(1).unwrap();
        let mut is_mark = false;
        let seen: String = body
            .chars()
            .filter(|c| {
                let keep = !is_mark && *c != '<';
                is_mark = (is_mark || *c == '<') && *c != '>';
                keep
            })
            .collect();
        texts.push((audience, seen));
    }
    texts
}

#[test]
fn no_class_uses_a_word_that_it_may_not_use() {
    let founding = default();
    let trial = good("task_rct");
    let many = of_each_class(&founding, "2026-07-01", LAST, "revenue", "bugs", ("revenue", 0.05));
    let few = of_each_class(&trial, "2026-07-01", "2026-08-14", "speed", "durability", ("speed", 0.04));
    for (plan, verdicts) in [(&founding, many), (&trial, few)] {
        for verdict in verdicts {
            for bend in 0..4 {
                let mut verdict = verdict.clone();
                verdict.look = if bend == 1 { None } else { verdict.look };
                verdict.standing.retrospective = bend == 2;
                verdict.standing.late_amendments = bend;
                if let Some(end) = &mut verdict.default_action {
                    end.action = DefaultAction::ALL[bend as usize];
                    end.until = (end.action == DefaultAction::ExtendOnce).then(|| "2027-01-31".parse().unwrap());
                }
                for (audience, text) in all_texts(plan, &verdict) {
                    let found = contradictions(verdict.class, verdict.is_effect, &text);
                    assert!(found.is_empty(), "{:?} for {audience:?} says {found:?}:\n{text}", verdict.class);
                    assert_eq!(text.contains("exploratory"), verdict.look.is_none() || !verdict.groups.is_empty(), "{text}");
                    assert_eq!(text.contains("retrospective"), verdict.standing.retrospective, "{text}");
                }
            }
        }
    }
}

/// The lists are worth something: the leads of other classes are caught by them.
#[test]
fn a_sentence_of_another_class_is_caught() {
    let plan = default();
    let verdicts = of_each_class(&plan, "2026-07-01", LAST, "revenue", "bugs", ("revenue", 0.05));
    let leads: BTreeMap<Class, String> =
        verdicts.iter().map(|verdict| (verdict.class, statement(&plan, verdict, Audience::Board, None).unwrap().lead)).collect();
    for (class, other) in [
        (Class::Justified, Class::PullBack),
        (Class::Justified, Class::Insufficient),
        (Class::PullBack, Class::Justified),
        (Class::PullBack, Class::Insufficient),
        (Class::Adjust, Class::Justified),
        (Class::Adjust, Class::PullBack),
        (Class::Adjust, Class::Insufficient),
        (Class::Insufficient, Class::Justified),
        (Class::Insufficient, Class::PullBack),
        (Class::InsufficientFinal, Class::Justified),
        (Class::InsufficientFinal, Class::PullBack),
    ] {
        assert!(!contradictions(class, true, &leads[&other]).is_empty(), "{class:?} could say: {}", leads[&other]);
    }
    for text in ["The licences are already spent.", "Give it more time to work.", "A GAME CHANGER for us"] {
        for class in Class::ALL {
            assert!(!contradictions(*class, true, text).is_empty(), "{class:?}: {text}");
        }
    }
    assert!(contradictions(Class::Justified, false, "The effect is large").contains(&"effect"));
    assert!(
        contradictions(Class::Justified, true, "failed_deployment_recovery_time").is_empty(),
        "a metric's name claims nothing"
    );
    for class in Class::ALL {
        assert!(forbidden(*class, true).len() > 10);
    }
}

#[test]
fn what_people_typed_does_not_enter() {
    let mut plan = default();
    plan.title = "Our AI success story is proven".to_owned();
    plan.question = "How much does the game changer pay off?".to_owned();
    plan.forecasts[0].sponsor = "CFO, who says it is on track".to_owned();
    for rule in &mut plan.rules {
        rule.name = "Disaster: pull back, the pilot failed <script>".to_owned();
    }
    for criterion in &mut plan.criteria {
        criterion.reason = "Obviously worth it".to_owned();
    }
    for verdict in of_each_class(&plan, "2026-07-01", LAST, "revenue", "bugs", ("revenue", 0.05)) {
        for (_, text) in all_texts(&plan, &verdict) {
            assert!(
                !text.contains("story") && !text.contains("script") && !text.contains("CFO") && !text.contains("Obviously"),
                "{text}"
            );
        }
    }
}

#[test]
fn groups_stand_where_they_belong() {
    let plan = default();
    let mut figures = estimates(&plan, LAST, &fine(&plan));
    let durability = figures.figures.iter().find(|figure| figure.metric == "code_durability_90d").unwrap().clone();
    let reverts = figures.figures.iter().find(|figure| figure.metric == "revert_rate_30d").unwrap().clone();
    let group = |value: &str| Some(Group { dimension: "context".to_owned(), value: value.to_owned() });
    for (template, value, point) in
        [(&durability, "tests", 0.1), (&durability, "payments", -0.2), (&reverts, "payments", -0.1), (&reverts, "tests", 0.0)]
    {
        let mut figure = template.clone();
        figure.group = group(value);
        figure.answer = estimate(point, 0.01);
        figures.figures.push(figure);
    }
    let found = judge(&plan, &standing(&plan, LAST), &figures, "test").unwrap();
    let made = statement(&plan, &found, Audience::Team, None).unwrap();
    let lines = |heading: &str| {
        made.sections.iter().find(|section| section.heading == heading).map(|section| section.lines.clone()).unwrap_or_default()
    };
    assert_eq!(lines("Where it helps"), ["context tests: code_durability_90d"]);
    assert_eq!(lines("Where it is restricted"), ["context payments: code_durability_90d"]);
    // Shares only leave the house; money and levels stay.
    let community = statement(&plan, &found, Audience::Community, None).unwrap().text();
    assert!(!community.contains("tool_roi") && community.contains("code_durability_90d"), "{community}");
}

#[test]
fn the_page_needs_nothing_else() {
    let plan = default();
    let html = statement(&plan, &verdict(&plan, LAST, &fine(&plan)), Audience::Board, None).unwrap().to_html();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Content-Security-Policy"));
    for word in ["<script", "http://", "https://", "<img", "<link", "url("] {
        assert!(!html.contains(word), "the page has `{word}`");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the figures are, there is a statement, and it keeps to its words.
    #[test]
    fn any_verdict_has_a_statement(points in proptest::collection::vec((-0.4_f64..0.4, 0.001_f64..0.2), 22), day in prop_oneof![Just("2026-06-01"), Just("2026-07-09"), Just(LAST)]) {
        let plan = default();
        let effects: BTreeMap<String, (f64, f64)> = plan.criteria.iter().filter(|own| !own.metric.is_empty()).map(|own| own.id.clone()).zip(points).collect();
        let found = verdict(&plan, day, &effects);
        for (audience, text) in all_texts(&plan, &found) {
            prop_assert!(contradictions(found.class, found.is_effect, &text).is_empty(), "{:?} {audience:?}: {text}", found.class);
        }
    }
}

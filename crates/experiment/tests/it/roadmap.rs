//! The way of a plan: what is missing is named with what to do and until when, and nothing opens before its gate.

use std::collections::BTreeSet;

use candor_experiment::assign::seed::Seed;
use candor_experiment::canonical::{Hash, text};
use candor_experiment::ledger::{Body, Ledger, LedgerWriter, PlanRegistration, PolicyChange, SeedCommitment, VerdictRecord};
use candor_experiment::plan::Plan;
use candor_experiment::roadmap::{
    AttributionMeasured, Coverage, Detectable, ItemState, MetricCoverage, PhaseKind, PilotChecks, Roadmap, Status, roadmap,
};
use candor_experiment::verdict::{Standing, judge, record};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::assign::good;
use crate::support::{add_key, key, open};
use crate::verdict::{LAST, default, estimates, fine};

fn on(day: &str) -> Timestamp {
    format!("{day}T08:00:00Z").parse().unwrap()
}

fn register(writer: &mut LedgerWriter, plan: &Plan, day: &str) -> Hash {
    let value = serde_json::to_value(plan).unwrap();
    let message = PlanRegistration::message(&value).unwrap();
    let approvals = vec![key(1).sign(&message), key(2).sign(&message)];
    let body = PlanRegistration { id: plan.id.clone(), plan: value, source: Hash::of(b""), retrospective: None, approvals };
    writer.append(on(day), Body::Plan(body), &[&key(1)]).unwrap().0
}

fn covered(plan: &Plan, as_of: &str) -> Coverage {
    let metrics: BTreeSet<&str> =
        plan.criteria.iter().map(|own| own.metric.as_str()).filter(|metric| !metric.is_empty()).collect();
    let own = |metric: &str| MetricCoverage {
        metric: metric.to_owned(),
        from: Some(plan.dates.baseline_from),
        until: Some(plan.dates.policy_until),
        gap_days: 0,
    };
    Coverage {
        form: "candor-coverage-1".to_owned(),
        as_of: as_of.parse().unwrap(),
        metrics: metrics.into_iter().map(own).collect(),
        attribution: Some(AttributionMeasured { known_share: 0.8 }),
        detectable: vec![Detectable { criterion: "revenue".to_owned(), effect: 0.2 }],
        pilot: Some(PilotChecks { sample_ratio_p: Some(0.4), compliance: Some(0.9), contamination: Some(0.05) }),
        associations: true,
        policies_simulated: true,
    }
}

fn at(plan: &Plan, writer: &LedgerWriter, coverage: Option<&Coverage>, day: &str) -> Roadmap {
    roadmap(plan, writer.chain(), coverage, day.parse::<Date>().unwrap())
}

fn status(road: &Roadmap, phase: PhaseKind) -> Status {
    road.phases.iter().find(|own| own.phase == phase).unwrap().status
}

fn founded(folder: &std::path::Path) -> LedgerWriter {
    let mut writer = open(&Ledger::at(folder));
    add_key(&mut writer, 1, "ada");
    add_key(&mut writer, 2, "grace");
    writer
}

#[test]
fn an_empty_beginning_names_everything_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let writer = founded(folder.path());
    let plan = default();
    let road = at(&plan, &writer, None, "2026-04-10");
    assert_eq!(status(&road, PhaseKind::Baseline), Status::Now);
    assert_eq!(status(&road, PhaseKind::Pilot), Status::ToCome);
    let missing = road.next_steps();
    let named = |word: &str| missing.iter().any(|item| item.what.contains(word));
    for word in ["plan registered", "revenue_per_engineer", "code_durability_90d", "attribution coverage", "power"] {
        assert!(named(word), "`{word}` is not named");
    }
    assert!(missing.iter().all(|item| item.next.is_some() && item.until == Some(plan.dates.pilot_from)), "{missing:#?}");
    let metrics: BTreeSet<&str> =
        plan.criteria.iter().map(|own| own.metric.as_str()).filter(|metric| !metric.is_empty()).collect();
    let told = road.phases[0].gate.iter().filter(|item| item.what.starts_with("four weeks"));
    assert_eq!(told.count(), metrics.len(), "every metric, none skipped");
    let late = at(&plan, &writer, None, "2026-05-10");
    assert_eq!(status(&late, PhaseKind::Baseline), Status::Late);
    let pilot = late.phases.iter().find(|own| own.phase == PhaseKind::Pilot).unwrap();
    assert!(pilot.status == Status::Now && !pilot.may_open, "a pilot may not open before its baseline is closed");
}

#[test]
fn data_that_are_too_short_or_unavailable_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = founded(folder.path());
    let mut plan = default();
    plan.unavailable.push(candor_experiment::plan::Unavailable {
        metric: "csat".to_owned(),
        reason: "There is no survey.".to_owned(),
        signed_by: "Head of Support".to_owned(),
    });
    register(&mut writer, &plan, "2026-03-20");
    let mut coverage = covered(&plan, "2026-05-01");
    coverage.metrics[0].from = Some("2026-04-10".parse().unwrap());
    coverage.metrics[1].gap_days = 5;
    let road = at(&plan, &writer, Some(&coverage), "2026-05-01");
    let baseline = &road.phases[0];
    let of = |state: ItemState| {
        baseline.gate.iter().filter(|item| item.state == state).map(|item| item.why.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(ItemState::Missing), ["21 days of 28", "25 days of 28"]);
    assert_eq!(of(ItemState::Unavailable), ["There is no survey. (signed by Head of Support)"]);
    let full = covered(&plan, "2026-05-01");
    assert_eq!(status(&at(&plan, &writer, Some(&full), "2026-05-01"), PhaseKind::Baseline), Status::Done);
}

#[test]
fn a_whole_way_from_baseline_to_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = founded(folder.path());
    let plan = default();
    let plan_hash = register(&mut writer, &plan, "2026-03-20");
    let full = covered(&plan, LAST);
    for day in ["2026-06-01", "2026-07-01", LAST] {
        let before = at(&plan, &writer, Some(&full), day);
        let due = before.next_steps().into_iter().find(|item| item.what.contains(&format!("of {day}"))).unwrap().clone();
        assert!(due.until.unwrap().to_string() == day && due.next.unwrap().contains("candor verdict"), "{day}");
        let estimates = estimates(&plan, day, &fine(&plan));
        let verdict = judge(&plan, &Standing::of(writer.chain(), &plan, estimates.as_of, None), &estimates, "test").unwrap();
        let mut look = Hash::NONE;
        for body in record::entries(writer.chain(), &plan, plan_hash, &estimates, &verdict).unwrap() {
            look = writer.append(on(day), body, &[&key(1)]).unwrap().0;
        }
        let value = serde_json::from_str(&text(&verdict).unwrap()).unwrap();
        let body = VerdictRecord { experiment: plan.id.clone(), look, class: verdict.class.to_string(), verdict: value };
        writer.append(on(day), Body::Verdict(body), &[&key(1)]).unwrap();
        let recorded = record::recorded(writer.chain(), &plan.id).unwrap();
        assert_eq!(record::replay(writer.chain(), recorded.last().unwrap(), &estimates, "test").unwrap(), Vec::<String>::new());
    }
    let road = at(&plan, &writer, Some(&full), "2026-09-10");
    assert_eq!(status(&road, PhaseKind::Pilot), Status::Done, "{:#?}", road.phases[1]);
    assert_eq!(status(&road, PhaseKind::Analysis), Status::Done, "{:#?}", road.phases[2]);
    assert_eq!(status(&road, PhaseKind::Policy), Status::Now);
    let verdict = writer.chain().head();
    let policy = |follows| {
        Body::PolicyChange(PolicyChange {
            reason: "tests only".to_owned(),
            in_force_from: "2026-09-20".parse().unwrap(),
            files: Vec::new(),
            follows,
        })
    };
    let mut unfounded = founded(&folder.path().join("other"));
    unfounded.append(on("2026-09-20"), policy(None), &[&key(1)]).unwrap();
    let gate = at(&plan, &unfounded, Some(&full), "2026-10-05").phases[3].gate.clone();
    assert!(gate.iter().any(|item| item.state == ItemState::Missing && item.why.contains("names no verdict")), "{gate:#?}");
    writer.append(on("2026-09-20"), policy(Some(verdict)), &[&key(1)]).unwrap();
    assert_eq!(status(&at(&plan, &writer, Some(&full), "2026-10-05"), PhaseKind::Policy), Status::Done);
    let road = at(&plan, &writer, Some(&full), "2028-06-10");
    assert_eq!(status(&road, PhaseKind::Months3), Status::Done);
    for phase in [PhaseKind::Months12, PhaseKind::Months24] {
        assert_eq!(status(&road, phase), Status::Late, "long checkpoints are held, not assumed");
    }
    // A day before the looks: what was written later is not known then.
    let early = at(&plan, &writer, Some(&full), "2026-06-15");
    assert!(early.next_steps().iter().any(|item| item.what.contains("of 2026-07-01")), "{:#?}", early.next_steps());
}

#[test]
fn a_lot_has_a_gate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = founded(folder.path());
    let plan = good("task_rct");
    let hash = register(&mut writer, &plan, "2026-04-20");
    let mut coverage = covered(&plan, "2026-05-20");
    let pilot = |writer: &LedgerWriter, coverage: &Coverage| at(&plan, writer, Some(coverage), "2026-05-20").phases[1].clone();
    let missing = |phase: &candor_experiment::roadmap::Phase| {
        phase.gate.iter().filter(|item| item.state == ItemState::Missing).map(|item| item.what.clone()).collect::<Vec<_>>()
    };
    let before = missing(&pilot(&writer, &coverage));
    assert!(
        before.contains(&"hash of a seed in the ledger".to_owned()) && before.contains(&"arms assigned by lot".to_owned()),
        "{before:?}"
    );
    let seed = SeedCommitment { experiment: plan.id.clone(), plan: hash, commitment: Seed::new([1; 32]).commitment(&plan.id) };
    writer.append(on("2026-04-21"), Body::SeedCommitment(seed), &[&key(1)]).unwrap();
    assert!(!missing(&pilot(&writer, &coverage)).contains(&"hash of a seed in the ledger".to_owned()));
    coverage.pilot = Some(PilotChecks { sample_ratio_p: Some(0.0004), compliance: None, contamination: Some(0.0) });
    let after = missing(&pilot(&writer, &coverage));
    assert!(
        after.contains(&"arms have the sizes of the lot".to_owned()) && after.contains(&"compliance tracked".to_owned()),
        "{after:?}"
    );
}

#[test]
fn coverage_that_makes_no_sense_is_refused() {
    for (text, word) in [
        ("{", "coverage.json:1:"),
        ("{\"form\": \"candor-coverage-2\", \"as_of\": \"2026-05-01\"}", "candor-coverage-2"),
        ("{\"form\": \"candor-coverage-1\", \"as_of\": \"2026-05-01\", \"metric\": []}", "metric"),
        (
            "{\"form\": \"candor-coverage-1\", \"as_of\": \"2026-05-01\", \"attribution\": {\"known_share\": 80}}",
            "between 0 and 1",
        ),
    ] {
        let error = Coverage::from_json("coverage.json", text).unwrap_err().to_string();
        assert!(error.contains(word), "expected `{word}` in: {error}");
    }
}

//! Draws: balanced, repeatable by anybody, and never changed by order, repetition or units that come later.

use std::collections::BTreeMap;

use candor_experiment::assign::redraw::{changed_forecasts, draw_key, redraw, revealed};
use candor_experiment::assign::seed::{DrawKey, Seed};
use candor_experiment::assign::{Candidate, Forecast, Roll, draw, enrol};
use candor_experiment::canonical::Hash;
use candor_experiment::ledger::{Body, Ledger, LedgerWriter, PlanRegistration, SeedCommitment, SeedReveal};
use candor_experiment::plan::{Plan, check};
use proptest::prelude::*;

use crate::support::{add_key, at, key, known, open};

pub fn good(name: &str) -> Plan {
    let path = format!("{}/fixtures/plans/good/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    check(name, &std::fs::read_to_string(path).unwrap(), &known()).plan.unwrap()
}

fn seeds() -> [Seed; 2] {
    [Seed::new([3; 32]), Seed::new([4; 32])]
}

fn task(number: u32) -> Candidate {
    let forecast = Forecast { minutes_with_ai: Some(60.0), minutes_without_ai: Some(80.0), at: at(1) };
    let stratum = format!("p{:02}/{}", number % 5, ["tests", "payments"][number as usize % 2]);
    Candidate { unit: format!("k{number}"), stratum, forecast: Some(forecast) }
}

fn team(number: u32) -> Candidate {
    Candidate { unit: format!("team-{number}"), stratum: ["product", "platform"][number as usize % 2].to_owned(), forecast: None }
}

/// A ledger with a registered plan and committed seeds.
fn begun(ledger: &Ledger, plan: &Plan) -> LedgerWriter {
    let mut writer = open(ledger);
    add_key(&mut writer, 1, "ada");
    add_key(&mut writer, 2, "grace");
    let value = serde_json::to_value(plan).unwrap();
    let message = PlanRegistration::message(&value).unwrap();
    let approvals = vec![key(1).sign(&message), key(2).sign(&message)];
    let body = PlanRegistration { id: plan.id.clone(), plan: value, source: Hash::of(b""), retrospective: None, approvals };
    let (hash, _) = writer.append(at(1), Body::Plan(body), &[&key(1)]).unwrap();
    for (number, seed) in (1..).zip(seeds()) {
        let body = SeedCommitment { experiment: plan.id.clone(), plan: hash, commitment: seed.commitment(&plan.id) };
        writer.append(at(1), Body::SeedCommitment(body), &[&key(number)]).unwrap();
    }
    writer
}

/// Enrols and draws batches one after the other, and gives unit -> arm.
fn run(writer: &mut LedgerWriter, plan: &Plan, batches: &[Vec<Candidate>]) -> BTreeMap<String, String> {
    let key_of_draws = draw_key(writer.chain(), &plan.id, &seeds()).unwrap();
    for batch in batches {
        let roll = Roll::of(writer.chain(), &plan.id);
        if let Some(enrolment) = enrol(plan, &roll, &key_of_draws, batch, at(2)).unwrap() {
            let (hash, _) = writer.append(at(2), Body::Enrolment(enrolment.clone()), &[&key(1)]).unwrap();
            writer.append(at(2), Body::Assignment(draw(hash, &enrolment, &key_of_draws)), &[&key(1)]).unwrap();
        }
    }
    Roll::of(writer.chain(), &plan.id).drawn.into_iter().map(|drawn| (drawn.unit, drawn.arm)).collect()
}

fn fresh(plan: &Plan, batches: &[Vec<Candidate>]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    run(&mut begun(&Ledger::at(folder.path()), plan), plan, batches)
}

#[test]
fn order_repetition_and_later_units_change_nothing() {
    for (plan, unit) in [("task_rct", task as fn(u32) -> Candidate), ("cluster", team), ("staggered", team)] {
        let plan = good(plan);
        let first: Vec<Candidate> = (0..24).map(unit).collect();
        let later: Vec<Candidate> = (24..40).map(unit).collect();
        let expected = fresh(&plan, std::slice::from_ref(&first));
        assert_eq!(expected.len(), 24);
        let reversed: Vec<Candidate> = first.iter().rev().cloned().collect();
        assert_eq!(fresh(&plan, std::slice::from_ref(&reversed)), expected, "the order of the input");
        assert_eq!(fresh(&plan, &[first.clone(), reversed.clone(), first.clone()]), expected, "the same again");
        let mixed: Vec<Candidate> = later.iter().chain(&reversed).cloned().collect();
        let grown = fresh(&plan, &[first.clone(), mixed]);
        assert_eq!(grown.len(), 40);
        assert!(expected.iter().all(|(unit, arm)| grown.get(unit) == Some(arm)), "units that come later");
    }
}

#[test]
fn blocks_balance_every_person_and_context() {
    let plan = good("task_rct");
    let folder = tempfile::tempdir().unwrap();
    let mut writer = begun(&Ledger::at(folder.path()), &plan);
    let units: Vec<Candidate> = (0..400).map(task).collect();
    run(&mut writer, &plan, &[units]);
    let mut balance: BTreeMap<String, i32> = BTreeMap::new();
    for drawn in Roll::of(writer.chain(), &plan.id).drawn {
        let (stratum, block) = drawn.stratum.rsplit_once("/b").unwrap();
        assert!(block.parse::<u32>().unwrap() >= 1);
        *balance.entry(stratum.to_owned()).or_default() += if drawn.arm == "ai_allowed" { 1 } else { -1 };
    }
    assert_eq!(balance.len(), 10);
    // The largest block has six places: inside of it an arm can be ahead by three.
    assert!(balance.values().all(|difference| difference.abs() <= 3), "{balance:?}");
}

#[test]
fn clusters_share_out_the_arms_within_strata() {
    let plan = good("cluster");
    let drawn = fresh(&plan, &[(0..16).map(team).collect()]);
    for stratum in 0..2 {
        let heavy = (0..16)
            .filter(|number| number % 2 == stratum)
            .filter(|number| drawn[&format!("team-{number}")] == "ai_allowed")
            .count();
        assert_eq!(heavy, 4, "{drawn:?}");
    }
    let plan = good("staggered");
    let drawn = fresh(&plan, &[(0..18).map(team).collect()]);
    let mut dates: BTreeMap<&String, usize> = BTreeMap::new();
    drawn.values().for_each(|arm| *dates.entry(arm).or_default() += 1);
    assert_eq!(dates.values().copied().collect::<Vec<_>>(), [6, 6, 6], "{dates:?}");
}

/// Over many seeds each unit gets each arm equally often, also the first and the last of a block.
#[test]
fn the_lot_is_fair() {
    let plan = good("task_rct");
    let units: Vec<Candidate> = (0..5).map(|i| Candidate { stratum: "p1/tests".to_owned(), ..task(i) }).collect();
    let runs = 4_000;
    let mut allowed = [0_i32; 5];
    let mut alternate = 0;
    for run in 0..runs {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&(run as u32).to_le_bytes());
        let key = DrawKey::new("x", &[&Seed::new(bytes)]);
        let enrolment = enrol(&plan, &Roll::default(), &key, &units, at(2)).unwrap().unwrap();
        let drawn = draw(Hash::NONE, &enrolment, &key).draws;
        for (place, draw) in drawn.iter().enumerate() {
            allowed[place] += i32::from(draw.arm == "ai_allowed");
        }
        alternate += i32::from(drawn[0].arm != drawn[1].arm);
    }
    // Five standard errors of a share of one half in 4,000 runs.
    let limit = 5.0 * (f64::from(runs) / 4.0).sqrt();
    for (place, count) in allowed.iter().enumerate() {
        assert!((f64::from(*count) - f64::from(runs) / 2.0).abs() < limit, "place {place}: {count} of {runs}");
    }
    // With blocks of 2, 4, 6 equally likely the second differs from the first with (1 + 2/3 + 3/5) / 3.
    let expected = f64::from(runs) * (1.0 + 2.0 / 3.0 + 3.0 / 5.0) / 3.0;
    assert!((f64::from(alternate) - expected).abs() < limit, "{alternate}, expected {expected}");
}

#[test]
fn anybody_can_draw_again_and_a_bent_draw_shows() {
    let plan = good("task_rct");
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let mut writer = begun(&ledger, &plan);
    run(&mut writer, &plan, &[(0..10).map(task).collect(), (10..20).map(task).collect()]);
    let missing = draw_key(writer.chain(), &plan.id, &seeds()[..1]).err().unwrap().to_string();
    assert!(missing.contains("1 of 2"), "{missing}");
    // Somebody who holds a key gives an arm by hand, in a batch of their own order.
    let roll = Roll::of(writer.chain(), &plan.id);
    let key_of_draws = draw_key(writer.chain(), &plan.id, &seeds()).unwrap();
    let mut enrolment = enrol(&plan, &roll, &key_of_draws, &[task(30), task(40)], at(3)).unwrap().unwrap();
    assert_eq!(enrolment.units[0].stratum, enrolment.units[1].stratum);
    let (first, second) = (enrolment.units[0].unit.clone(), enrolment.units[1].unit.clone());
    enrolment.units[0].unit = second.clone();
    enrolment.units[1].unit = first;
    let (hash, _) = writer.append(at(3), Body::Enrolment(enrolment.clone()), &[&key(1)]).unwrap();
    let mut assignment = draw(hash, &enrolment, &key_of_draws);
    let other = |arm: &str| if arm == "ai_allowed" { "ai_not_allowed" } else { "ai_allowed" };
    assignment.draws[1].arm = other(&assignment.draws[1].arm).to_owned();
    writer.append(at(3), Body::Assignment(assignment), &[&key(1)]).unwrap();
    let commitments = candor_experiment::assign::redraw::commitments(writer.chain(), &plan.id);
    for ((commitment, _), seed) in commitments.iter().zip(seeds()) {
        let wrong = SeedReveal { experiment: plan.id.clone(), commitment: *commitment, seed: Seed::new([9; 32]).reveal() };
        assert!(writer.append(at(9), Body::SeedReveal(wrong), &[&key(1)]).unwrap_err().to_string().contains("not the seed"));
        let body = SeedReveal { experiment: plan.id.clone(), commitment: *commitment, seed: seed.reveal() };
        writer.append(at(9), Body::SeedReveal(body), &[&key(1)]).unwrap();
    }
    let found = redraw(writer.chain(), &plan.id, &revealed(writer.chain(), &plan.id)).unwrap();
    assert_eq!((found.units, found.seeds), (22, 2));
    assert_eq!(found.differences.len(), 2, "{:?}", found.differences);
    assert!(
        found.differences[0].contains("somebody ordered") && found.differences[1].contains("the lot gives it"),
        "{:?}",
        found.differences
    );
    let late = enrol(&plan, &Roll::of(writer.chain(), &plan.id), &key_of_draws, &[task(50)], at(9)).unwrap().unwrap();
    assert!(writer.append(at(9), Body::Enrolment(late), &[&key(1)]).unwrap_err().to_string().contains("public"));
}

#[test]
fn the_ledger_holds_no_person_and_no_forecast_and_still_tells_a_change() {
    let plan = good("task_rct");
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let mut writer = begun(&ledger, &plan);
    let mut units: Vec<Candidate> = (0..10).map(task).collect();
    units[3].forecast.as_mut().unwrap().minutes_with_ai = Some(61.5);
    run(&mut writer, &plan, &[units.clone()]);
    let text = String::from_utf8(ledger.bytes().unwrap()).unwrap();
    // After the plan, which names contexts for other reasons.
    let text: String = text.lines().filter(|line| !line.contains("\"kind\":\"plan\"")).collect();
    assert!(text.contains("k3"));
    for word in ["p00", "p03", "payments", "61.5", "minutes"] {
        assert!(!text.contains(word), "the ledger holds `{word}`");
    }
    let changed = |units: &[Candidate]| changed_forecasts(writer.chain(), &plan.id, &seeds(), units).unwrap();
    assert_eq!(changed(&units), Vec::<String>::new());
    units[3].forecast.as_mut().unwrap().minutes_with_ai = Some(61.0);
    units[4].forecast = None;
    let found = changed(&units);
    assert!(found.len() == 2 && found.iter().any(|line| line.contains("`k3`")), "{found:?}");
}

#[test]
fn what_cannot_be_enrolled_is_told() {
    let plan = good("task_rct");
    let key = DrawKey::new("x", &[&Seed::new([1; 32])]);
    let refused =
        |plan: &Plan, units: &[Candidate], hour| enrol(plan, &Roll::default(), &key, units, at(hour)).unwrap_err().to_string();
    assert!(refused(&plan, &[task(1)], 0).contains("after its draw"));
    assert!(refused(&plan, &[Candidate { forecast: None, ..task(1) }], 2).contains("no forecast"));
    assert!(refused(&plan, &[task(1), Candidate { stratum: "other".to_owned(), ..task(1) }], 2).contains("named twice"));
    assert!(refused(&good("observational"), &[team(1)], 2).contains("draws nothing"));
    assert!(refused(&good("staggered"), &[team(1)], 24 * 200).contains("no roll-out date"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// However units arrive, in whatever batches and repetitions: those of the first batch stay as they are, and nobody is drawn twice.
    #[test]
    fn batches_of_any_shape(numbers in proptest::collection::vec(0_u32..60, 1..40), cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4)) {
        let plan = good("task_rct");
        let key = DrawKey::new("x", &[&Seed::new([7; 32])]);
        let mut batches: Vec<Vec<Candidate>> = vec![Vec::new()];
        let ends: Vec<usize> = cuts.iter().map(|cut| cut.index(numbers.len())).collect();
        for (place, number) in numbers.iter().enumerate() {
            if ends.contains(&place) {
                batches.push(Vec::new());
            }
            batches.last_mut().unwrap().push(task(*number));
        }
        let mut roll = Roll::default();
        let mut arms: BTreeMap<String, String> = BTreeMap::new();
        for batch in batches.iter().chain(&batches) {
            let Some(enrolment) = enrol(&plan, &roll, &key, batch, at(2)).unwrap() else { continue };
            for draw in draw(Hash::NONE, &enrolment, &key).draws {
                prop_assert!(arms.insert(draw.unit.clone(), draw.arm).is_none(), "{} was drawn twice", draw.unit);
            }
            for unit in &enrolment.units {
                roll.units.insert(unit.unit.clone());
                let next = roll.positions.entry(unit.stratum.clone()).or_default();
                prop_assert_eq!(unit.position, *next);
                *next += 1;
            }
        }
        let distinct: std::collections::BTreeSet<&u32> = numbers.iter().collect();
        prop_assert_eq!(arms.len(), distinct.len());
    }
}

//! A small organisation with keys, a plan and a ledger.

use candor_experiment::canonical::Hash;
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, KeyChange, Ledger, LedgerWriter, PlanRegistration};
use candor_experiment::plan::{Direction, KnownFigure, KnownMetric, Plan, check};
use jiff::Timestamp;

pub fn key(number: u8) -> SecretKey {
    SecretKey::from_entropy([number; 32])
}

pub fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_772_323_200 + hour * 3600).unwrap()
}

pub fn open(ledger: &Ledger) -> LedgerWriter {
    ledger.write("a test", at(0), &mut |_| false).unwrap()
}

/// Adds the key with this number and name; the first signs for itself, others are vouched for by key 1.
pub fn add_key(writer: &mut LedgerWriter, number: u8, name: &str) {
    let (new, first) = (key(number), key(1));
    writer.append(at(0), Body::Key(KeyChange::request(name, &new)), &[&first]).unwrap();
}

pub fn plan(id: &str, signers: &[&SecretKey]) -> PlanRegistration {
    let plan = serde_json::json!({ "id": id, "question": "Does it help?", "margin": 0.05 });
    let message = PlanRegistration::message(&plan).unwrap();
    let approvals = signers.iter().map(|key| key.sign(&message)).collect();
    PlanRegistration { id: id.to_owned(), plan, source: Hash::of(b"text"), retrospective: None, approvals }
}

/// A ledger with two keys and a plan `x`.
pub fn founded(ledger: &Ledger) -> LedgerWriter {
    let mut writer = open(ledger);
    add_key(&mut writer, 1, "ada");
    add_key(&mut writer, 2, "grace");
    writer.append(at(1), Body::Plan(plan("x", &[&key(1), &key(2)])), &[&key(1)]).unwrap();
    writer
}

/// The catalogue as it is: id, definition version, tier, figures with their directions.
pub fn known() -> Vec<KnownMetric> {
    let table = include_str!("../../fixtures/plans/metrics.tsv");
    let figure = |text: &str| {
        let (name, direction) = text.split_once(':').unwrap();
        KnownFigure { name: name.to_owned(), direction: Direction::named(direction).unwrap() }
    };
    let metric = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        KnownMetric {
            id: cells[0].to_owned(),
            version: cells[1].parse().unwrap(),
            tier: cells[2].parse().unwrap(),
            figures: cells[3].split(' ').map(figure).collect(),
        }
    };
    table.lines().skip(1).map(metric).collect()
}

/// The sound plan of a kind of design.
pub fn good(design: &str) -> Plan {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/plans/good/{design}.toml"));
    let text = std::fs::read_to_string(&file).unwrap();
    check(&file.display().to_string(), &text, &known()).plan.unwrap()
}

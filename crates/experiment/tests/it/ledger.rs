//! The ledger finds every change, loses nothing that it acknowledged, and never forks.

use std::fs;

use candor_experiment::ExperimentError;
use candor_experiment::assign::seed::Seed;
use candor_experiment::canonical::{Hash, text};
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{
    Anchor, AnchorCheck, Body, EnrolledUnit, Enrolment, FileHash, KeyAction, KeyChange, Ledger, Mended, PolicyChange,
    SeedCommitment, check_anchor, check_export, read,
};
use proptest::prelude::*;

use crate::support::{add_key, at, founded, key, open, plan};

fn policy(reason: &str) -> Body {
    Body::PolicyChange(PolicyChange {
        reason: reason.to_owned(),
        in_force_from: "2026-04-01".parse().unwrap(),
        files: vec![FileHash { file: "policy.cedar".to_owned(), sha256: Hash::of(b"permit") }],
        follows: None,
    })
}

/// A ledger of six entries of several kinds.
fn sample(folder: &std::path::Path) -> (Ledger, Vec<u8>) {
    let ledger = Ledger::at(folder.join("ledger"));
    let mut writer = founded(&ledger);
    let plan = writer.chain().head();
    let commitment = Seed::new([3; 32]).commitment("x");
    let seed = Body::SeedCommitment(SeedCommitment { experiment: "x".to_owned(), plan, commitment });
    writer.append(at(2), seed, &[&key(2)]).unwrap();
    for number in 0..2 {
        writer.append(at(3 + number), policy(&format!("rule {number} — “für alle”")), &[&key(1)]).unwrap();
    }
    let bytes = ledger.bytes().unwrap();
    assert!(read(&bytes).faults.is_empty() && read(&bytes).chain.len() == 6);
    (ledger, bytes)
}

fn line_of(bytes: &[u8], place: usize) -> usize {
    bytes[..place].iter().filter(|byte| **byte == b'\n').count() + 1
}

#[test]
fn every_flipped_byte_is_found_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes) = sample(folder.path());
    for place in 0..bytes.len() {
        // A bit for the near miss, 0x20 for another case of letters, and a line end where none was.
        let other = [bytes[place] ^ 0x20, b'\n', b'0', b' '][place % 4];
        for change in [bytes[place] ^ 1, other] {
            if change == bytes[place] {
                continue;
            }
            let mut bent = bytes.clone();
            bent[place] = change;
            let reading = read(&bent);
            let found = reading.faults.first().map(|fault| fault.line).or(reading.tail.map(|tail| tail.line));
            assert_eq!(found, Some(line_of(&bytes, place)), "byte {place} became {change:#x}: {:?}", reading.faults);
        }
    }
}

#[test]
fn every_dropped_swapped_or_repeated_line_is_found_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes) = sample(folder.path());
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let check = |lines: Vec<&[u8]>, line: usize, word: &str| {
        let reading = read(&lines.concat());
        let first = reading.faults.first().unwrap_or_else(|| panic!("line {line}: a change was not found"));
        assert!(first.line == line && first.what.contains(word), "expected `{word}` in line {line}: {first:?}");
    };
    for place in 0..lines.len() {
        if place + 1 < lines.len() {
            let mut dropped = lines.clone();
            dropped.remove(place);
            check(dropped, place + 1, "missing");
            let mut swapped = lines.clone();
            swapped.swap(place, place + 1);
            check(swapped, place + 1, "stands where");
        }
        let mut repeated = lines.clone();
        repeated.insert(place, lines[place]);
        check(repeated, place + 2, "repeated");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_at_all_end_in_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn several_changes_at_once_are_found(places in proptest::collection::vec(any::<proptest::sample::Index>(), 1..6), bit in 0_u8..8) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path());
        drop(founded(&ledger));
        let bytes = ledger.bytes().unwrap();
        let mut bent = bytes.clone();
        for place in &places {
            bent[place.index(bytes.len())] ^= 1 << bit;
        }
        prop_assume!(bent != bytes);
        let first = bytes.iter().zip(&bent).position(|(left, right)| left != right).unwrap();
        let reading = read(&bent);
        let found = reading.faults.first().map(|fault| fault.line).or(reading.tail.map(|tail| tail.line));
        prop_assert_eq!(found, Some(line_of(&bytes, first)));
    }
}

#[test]
fn a_cut_tail_shows_only_against_an_anchor_or_an_export() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, bytes) = sample(folder.path());
    let chain = ledger.chain().unwrap();
    let anchor = Anchor::of(&chain, at(9)).unwrap();
    assert_eq!(Anchor::from_text("a", &anchor.to_text().unwrap()).unwrap(), anchor);
    assert_eq!(check_anchor(&chain, &anchor), AnchorCheck::Holds);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let cut = lines[..3].concat();
    let reading = read(&cut);
    assert!(reading.faults.is_empty() && reading.tail.is_none(), "a chain without its end is a sound chain");
    assert_eq!(check_anchor(&reading.chain, &anchor), AnchorCheck::Cut { have: 3 });
    assert!(check_export(&cut, &bytes).unwrap_err().contains("3 entries were cut off"));
    assert_eq!(check_export(&bytes, &cut), Ok(3), "an older export is the beginning of the ledger");
    // Whoever holds a key can write another end; the anchor tells.
    fs::write(ledger.path(), &cut).unwrap();
    let mut writer = open(&ledger);
    for number in 0..3 {
        writer.append(at(20), policy(&format!("another rule {number}")), &[&key(1)]).unwrap();
    }
    assert_eq!(check_anchor(writer.chain(), &anchor), AnchorCheck::Rewritten { line: 6 });
    assert!(check_export(&ledger.bytes().unwrap(), &bytes).unwrap_err().contains("line 4"));
    let other = Ledger::at(folder.path().join("other"));
    let mut other = open(&other);
    add_key(&mut other, 1, "somebody");
    assert_eq!(check_anchor(other.chain(), &anchor), AnchorCheck::Other);
}

#[test]
fn a_line_torn_by_a_kill_is_set_aside_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, bytes) = sample(folder.path());
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in (last + 1..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        fs::write(ledger.path(), &bytes[..end]).unwrap();
        let reading = ledger.read().unwrap();
        assert!(reading.faults.is_empty() && reading.chain.len() == 5, "what was acknowledged is whole");
        let tail = reading.tail.unwrap();
        assert_eq!((tail.line, tail.is_whole), (6, end == bytes.len() - 1));
        let writer = open(&ledger);
        match writer.mended().unwrap() {
            // Only the line end was lost: that is an acknowledged entry that an editor touched.
            Mended::LineEnd => assert!(end == bytes.len() - 1 && writer.chain().len() == 6),
            Mended::SetAside(file) => {
                assert_eq!(fs::read(file).unwrap(), &bytes[last..end]);
                assert_eq!(writer.chain().len(), 5);
            }
        }
        drop(writer);
        let reading = ledger.read().unwrap();
        assert!(reading.faults.is_empty() && reading.tail.is_none());
    }
}

#[test]
fn a_damaged_ledger_is_never_extended() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, mut bytes) = sample(folder.path());
    bytes[700] ^= 1;
    fs::write(ledger.path(), &bytes).unwrap();
    let error = ledger.write("a test", at(0), &mut |_| false).unwrap_err();
    let line = line_of(&bytes, 700);
    assert!(error.to_string().contains(&format!("ledger.jsonl:{line}:")), "{error}");
    assert_eq!(fs::read(ledger.path()).unwrap(), bytes, "nothing is written");
}

#[test]
fn one_writer_waits_or_is_refused_and_hears_who_writes() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let first = ledger.write("candor plan register", at(0), &mut |_| false).unwrap();
    let mut heard = Vec::new();
    let error = ledger
        .write("another", at(0), &mut |holder| {
            heard.push(holder.to_owned());
            heard.len() < 3
        })
        .unwrap_err();
    assert!(matches!(error, ExperimentError::Busy { .. }));
    assert!(heard.len() == 3 && heard[0].contains("candor plan register") && error.to_string().contains("candor plan register"));
    drop(first);
    drop(open(&ledger));
}

/// (What is tried, a word of the refusal.)
#[test]
fn what_may_not_follow_is_refused_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(folder.path());
    let (ada, grace, eve) = (key(1), key(2), key(3));
    let mut writer = founded(&ledger);
    let plan_hash = writer.chain().head();
    let head = writer.chain().head();
    let new = |name: &str, key: &SecretKey| Body::Key(KeyChange::request(name, key));
    let unproved = Body::Key(KeyChange { proof: KeyChange::request("eva", &eve).proof, ..KeyChange::request("eve", &eve) });
    let commit = |experiment: &str, plan| {
        let commitment = Seed::new([3; 32]).commitment(experiment);
        Body::SeedCommitment(SeedCommitment { experiment: experiment.to_owned(), plan, commitment })
    };
    let enrol = |position| {
        let unit = EnrolledUnit { unit: "k1".to_owned(), stratum: "p1/tests".to_owned(), position, forecast: None };
        Body::Enrolment(Enrolment {
            experiment: "x".to_owned(),
            unit_kind: "task".to_owned(),
            scheme: "blocks".to_owned(),
            arms: vec!["a".to_owned(), "b".to_owned()],
            block_sizes: vec![2, 4],
            waves: Default::default(),
            units: vec![unit],
        })
    };
    let mut forged = plan("y", &[&ada, &grace]);
    forged.plan = serde_json::json!({ "id": "y", "margin": 0.5 });
    let cases: Vec<(Body, Vec<&SecretKey>, &str)> = vec![
        (policy("x"), vec![&eve], "has no key in this ledger"),
        (policy("x"), vec![&ada, &ada], "signed twice"),
        (new("eve", &eve), vec![&eve], "has no key"),
        (unproved, vec![&ada], "did not sign"),
        (new("ada", &eve), vec![&ada], "has a key already"),
        (Body::Plan(plan("y", &[&ada])), vec![&ada], "it takes 2"),
        (Body::Plan(plan("y", &[&ada, &ada])), vec![&ada], "it takes 2"),
        (Body::Plan(plan("y", &[&ada, &eve])), vec![&ada], "has no key"),
        (Body::Plan(forged), vec![&ada], "is not over this content"),
        (Body::Plan(plan("x", &[&ada, &grace])), vec![&ada], "registered already"),
        (commit("unknown", plan_hash), vec![&ada], "no plan `unknown`"),
        (commit("x", Hash::of(b"another plan")), vec![&ada], "in force"),
        (enrol(0), vec![&ada], "no seed is committed"),
    ];
    for (body, signers, word) in cases {
        let kind = body.kind();
        let error = writer.append(at(5), body, &signers).unwrap_err().to_string();
        assert!(error.contains(word), "{kind}: expected `{word}` in: {error}");
        assert_eq!(writer.chain().head(), head);
    }
    writer.append(at(5), commit("x", plan_hash), &[&ada]).unwrap();
    assert!(writer.append(at(5), enrol(1), &[&ada]).unwrap_err().to_string().contains("0 is next"));
    writer.append(at(5), enrol(0), &[&ada]).unwrap();
    assert!(writer.append(at(5), enrol(1), &[&ada]).unwrap_err().to_string().contains("enrolled already"));
    assert!(writer.append(at(5), commit("x", plan_hash), &[&ada]).unwrap_err().to_string().contains("shopped for"));
    let revoke = Body::Key(KeyChange { action: KeyAction::Revoke, name: "grace".to_owned(), key: grace.public(), proof: None });
    writer.append(at(6), revoke, &[&ada]).unwrap();
    assert!(writer.append(at(7), policy("x"), &[&grace]).unwrap_err().to_string().contains("revoked"));
    drop(writer);
    assert!(ledger.read().unwrap().faults.is_empty());
}

#[test]
fn the_line_is_canonical_json() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, bytes) = sample(folder.path());
    for line in std::str::from_utf8(&bytes).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(text(&value).unwrap(), line);
    }
    let chain = ledger.chain().unwrap();
    let again: Vec<String> = chain.entries().iter().map(|entry| entry.line().unwrap()).collect();
    assert_eq!(again.join("\n") + "\n", std::str::from_utf8(&bytes).unwrap());
}

//! Every figure of every metric walks back to its observations and comes out again.

use std::collections::BTreeMap;

use candor_catalogue::explain::{Asked, Explanation, explain};
use candor_catalogue::{Catalogue, CatalogueError, Estimator, Session};

use crate::organisation::{folder, session};

fn asked(figure: Option<&str>, period: &str, by: &[(&str, &str)]) -> Asked {
    let by: BTreeMap<String, String> = by.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Asked { figure: figure.map(str::to_owned), period: period.to_owned(), by, limit: 5 }
}

#[test]
fn every_figure_comes_out_again() {
    let session = session(&folder());
    let catalogue = Catalogue::built_in().unwrap();
    let (mut identical, mut equal, mut wrong) = (0, 0, Vec::new());
    for metric in catalogue.metrics() {
        // One figure of each estimator: others of the metric go the same way.
        let mut done = std::collections::BTreeSet::new();
        for figure in metric.figures.iter().filter(|figure| figure.estimator != Estimator::Composed) {
            if !done.insert(figure.estimator.name()) {
                continue;
            }
            let by: &[(&str, &str)] =
                if metric.id == "acceptance_rate" { &[("tool", "copilot"), ("definition_id", "copilot-v2")] } else { &[] };
            let key = metric.key(figure);
            let own = match explain(&session, &catalogue, &metric.id, &asked(Some(&key), "overall", by)) {
                Ok(own) => own,
                Err(error) => {
                    wrong.push(format!("{key}: {error}"));
                    continue;
                }
            };
            let counts = &own.observations;
            if !own.same_again {
                wrong.push(format!("{key}: a second engine gives another answer"));
            }
            let Some(point) = own.cell.answer.point() else { continue };
            let rows = counts.counted + counts.exposure + counts.not_meant + counts.open + counts.incomplete;
            if rows != counts.in_cell || counts.counted != own.cell.units {
                wrong.push(format!("{key}: {rows} rows of {}, {} units", counts.in_cell, own.cell.units));
            }
            match &own.calculation {
                Some(own) if own.is_identical => identical += 1,
                Some(own) if own.difference.abs() <= 1e-12 * point.abs().max(1.0) => equal += 1,
                other => wrong.push(format!("{key}: {point} and {other:?}")),
            }
            let is_personal = metric.tier == 3 || figure.min_people.is_some();
            if is_personal && !counts.listed.is_empty() {
                wrong.push(format!("{key}: lists what single people did"));
            }
            if counts.groups.iter().any(|group| group.people < 5) {
                wrong.push(format!("{key}: {:?}", counts.groups));
            }
        }
    }
    assert!(wrong.is_empty(), "{identical} identical, {equal} equal, wrong:\n{}", wrong.join("\n"));
    assert!(identical + equal > 30, "{identical} identical, {equal} equal");
}

#[test]
fn no_person_is_named() {
    let session = session(&folder());
    let catalogue = Catalogue::built_in().unwrap();
    let people: Vec<String> = std::fs::read_to_string(folder().join("people.csv"))
        .unwrap()
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next().map(|person| format!("\"{person}\"")))
        .collect();
    for (id, figure) in
        [("promotion_rate", None), ("ai_usage", None), ("review_time", None), ("senior_review_load", Some("hours"))]
    {
        let own = explain(&session, &catalogue, id, &asked(figure, "overall", &[])).unwrap();
        let text = serde_json::to_string(&(&own.observations, &own.labels)).unwrap();
        for person in &people {
            assert!(!text.contains(person), "{id} names {person}: {text}");
        }
        for listed in &own.observations.listed {
            assert!(people.iter().all(|person| !listed.unit.contains(person.trim_matches('"'))), "{id}: {}", listed.unit);
        }
    }
}

fn of(session: &Session, id: &str, asked: &Asked) -> Result<Explanation, CatalogueError> {
    explain(session, &Catalogue::built_in().unwrap(), id, asked)
}

#[test]
fn a_change_is_found_in_its_file_and_its_label_in_its_rule() {
    let session = session(&folder());
    let own = of(&session, "review_time", &asked(Some("hours"), "2025-06", &[])).unwrap();
    assert_eq!(own.observations.listed.len(), 5);
    for listed in &own.observations.listed {
        assert_eq!(listed.raw.len(), 1, "{listed:?}");
        assert!(listed.raw[0].table == "pull_requests" && listed.raw[0].row.is_some(), "{listed:?}");
        assert!(listed.moves_by.is_some(), "{listed:?}");
    }
    let moves: Vec<f64> = own.observations.listed.iter().filter_map(|listed| listed.moves_by.map(f64::abs)).collect();
    assert!(moves.windows(2).all(|pair| pair[0] >= pair[1]), "{moves:?}");
    assert_eq!(own.labels.iter().map(|label| label.count).sum::<u64>(), own.observations.counted);
    assert!(own.sql.last().unwrap().name == "review_time" && own.sql.iter().any(|sql| sql.name == "changes"));
    assert!(own.facts.iter().any(|table| table.table == "pull_requests" && table.rows > 0));
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let session = session(&folder());
    for (figure, period, by, says) in [
        (None, "march", &[][..], "2025-03"),
        (None, "2019-03", &[], "2025-02 to 2026-03"),
        (Some("hous"), "overall", &[], "`hours`"),
        (None, "overall", &[("team", "nobody")], "team=checkout"),
        (None, "overall", &[("colour", "red")], "cannot be sliced"),
    ] {
        let error = of(&session, "review_time", &asked(figure, period, by)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

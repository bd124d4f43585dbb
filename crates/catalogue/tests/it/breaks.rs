//! Breaks of a whole organisation: those that its facts say, and none where nothing changed.

use candor_catalogue::{Break, BreakKind, Catalogue, Question, run};

use crate::organisation::{folder, session};

fn breaks(ids: &[&str]) -> Vec<Break> {
    let session = session(&folder());
    let catalogue = Catalogue::built_in().unwrap();
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    run(&session, &catalogue, &ids, &Question::overall()).unwrap().breaks
}

#[test]
fn what_the_facts_say_is_a_break_for_the_metrics_that_it_concerns() {
    let found = breaks(&["csat", "review_time", "ai_usage", "velocity"]);
    let coverage: Vec<&Break> = found.iter().filter(|one| one.kind == BreakKind::AttributionCoverage).collect();
    let days: Vec<&str> = coverage.iter().map(|one| one.on.as_str()).collect();
    assert_eq!(days, ["2025-06-01", "2025-09-01"], "the platform team declared its coverage complete for three months");
    assert!(coverage.iter().all(|one| one.metrics.contains(&"review_time".to_owned()) && one.by["team"] == "platform"));
    let counters = found.iter().find(|one| one.kind == BreakKind::TelemetryDefinition).unwrap();
    assert_eq!((counters.on.as_str(), counters.by["tool"].as_str()), ("2025-10-01", "copilot"));
    assert!(counters.what.contains("copilot-v1") && counters.what.contains("copilot-v2"), "{}", counters.what);
    assert_eq!(counters.metrics, ["ai_usage"], "only telemetry depends on what its counters mean");
    for one in &found {
        assert!(!one.metrics.contains(&"csat".to_owned()), "answers of customers do not depend on it: {one:?}");
    }
}

//! Definitions of others: each ends in our figure, its steps add up, and nothing else knows them.

use candor_catalogue::reconcile::{peers, reconcile};
use candor_catalogue::{Catalogue, CatalogueError};

use crate::organisation::{folder, session};

#[test]
fn every_way_ends_in_our_figure_and_adds_up() {
    let session = session(&folder());
    let catalogue = Catalogue::built_in().unwrap();
    for period in ["overall", "2025-06", "2025-Q3"] {
        let found = reconcile(&session, &catalogue, &[], period).unwrap();
        assert_eq!(found.peers.len(), 8);
        for peer in &found.peers {
            assert!(peer.steps.len() >= 3 && peer.steps.iter().all(|step| !step.what.is_empty()), "{}", peer.id);
            let points: Option<Vec<f64>> = peer.steps.iter().map(|step| step.cell.answer.point()).collect();
            let lines = ["peer.gitclear_churn", "peer.linearb_rework", "peer.faros_churn"];
            match points {
                Some(points) => {
                    assert_eq!(peer.agrees, Some(true), "{period} {}: {points:?} is not {:?}", peer.id, peer.our_cell);
                    let sum = points[0] + peer.steps.iter().filter_map(|step| step.change).sum::<f64>();
                    assert!((sum - points[points.len() - 1]).abs() < 1e-12, "{}: {sum} {points:?}", peer.id);
                }
                None if lines.contains(&peer.id.as_str()) => {
                    assert!(peer.steps.iter().all(|step| step.cell.answer.code() == Some("needs_line_data")), "{}", peer.id);
                }
                // The newest definition of the counters began in the autumn.
                None => assert!(peer.id == "peer.copilot_acceptance" && period != "overall", "{period} {}", peer.id),
            }
        }
    }
}

#[test]
fn no_metric_plan_or_rule_can_name_one() {
    let catalogue = Catalogue::built_in().unwrap();
    for (id, metric) in peers().unwrap() {
        assert!(matches!(catalogue.get(&id), Err(CatalogueError::UnknownMetric { .. })), "{id}");
        assert!(catalogue.get(&metric.id).is_err(), "{id} is a metric of the same name");
        let (ours, _) = metric.ours.clone().unwrap();
        let own = catalogue.get(ours.split('.').next().unwrap()).unwrap();
        assert!(own.figures.iter().any(|figure| own.key(figure) == ours), "{id} leads to {ours}, which is no figure");
    }
}

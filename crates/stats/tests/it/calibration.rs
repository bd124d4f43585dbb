//! A small size of the calibration command: no estimator may drift from its level unseen, and the methods that fail must be seen to fail.

#[path = "../../examples/calibration/draws.rs"]
mod draws;
#[path = "../../examples/calibration/few_clusters.rs"]
mod few_clusters;
#[path = "../../examples/calibration/labels.rs"]
mod labels;
#[path = "../../examples/calibration/pooled.rs"]
mod pooled;
#[path = "../../examples/calibration/table.rs"]
mod table;
#[path = "../../examples/calibration/weekly.rs"]
mod weekly;

use table::{Cell, Section};

fn row<'a>(section: &'a Section, name: &str) -> &'a [Cell] {
    let found = section.rows.iter().find(|(row, _)| *row == name);
    &found.unwrap_or_else(|| panic!("{section}\nhas no row `{name}`")).1
}

/// The draws are fixed, so these bounds are not a matter of luck: they leave room for the Monte Carlo error of few runs.
fn holds(section: &Section, name: &str, least_coverage: f64, most_false_positives: f64) {
    for cell in row(section, name) {
        let (coverage, rejected) = (cell.coverage().unwrap_or(1.0), cell.false_positives().unwrap_or(0.0));
        assert!(coverage >= least_coverage && rejected <= most_false_positives, "`{name}` misses its level:\n{section}");
    }
}

fn fails(section: &Section, name: &str) {
    let cells = row(section, name);
    let missed = cells.iter().any(|cell| cell.coverage().is_some_and(|coverage| coverage < 0.9));
    let wolf = cells.iter().any(|cell| cell.false_positives().is_some_and(|share| share > 0.1));
    assert!(missed || wolf, "`{name}` should fail here, or the worlds are too kind:\n{section}");
}

#[test]
fn few_clusters_hold_their_level() {
    let section = few_clusters::section(&[8], 120);
    for name in [
        "means: CR2, Satterthwaite (packages)",
        "means: CR2, degrees by the correlation",
        "intra-cluster correlation: Wald's limits",
        "means: wild cluster bootstrap",
        "means: Welch on cluster means",
        "shares: ratio of sums, small-sample",
        "survival: Kaplan-Meier, small-sample",
        "survival: difference of two curves, small-sample",
        "survival: Cox by cluster, small-sample",
        "rates: Poisson with CR2, degrees by the correlation",
        "panel: difference in differences, collapsed",
    ] {
        holds(&section, name, 0.89, 0.11);
    }
    for name in [
        "means: CR1S (the usual default)",
        "shares: ratio of sums, normal limits (packages)",
        "rates: Poisson as if events were independent",
    ] {
        fails(&section, name);
    }
}

#[test]
fn labels_that_err_are_repaired() {
    let section = labels::section(&[1000], 40);
    holds(&section, "share: Rogan-Gladen, accuracy known", 0.88, 1.0);
    holds(&section, "share: Rogan-Gladen, accuracy from an audit", 0.88, 1.0);
    holds(&section, "risk difference: corrected, accuracy known", 0.88, 0.12);
    holds(&section, "risk difference: corrected, accuracy from an audit", 0.88, 0.12);
    fails(&section, "share: as labelled");
}

#[test]
fn a_year_of_looks_does_not_cry_wolf() {
    let section = weekly::section(&[8], 100);
    holds(&section, "arriving units, skewed: confidence sequence", 0.94, 0.06);
    holds(&section, "growing clusters: confidence sequence with Student's t", 0.94, 0.06);
    holds(&section, "growing clusters: four planned looks, O'Brien-Fleming type", 0.88, 0.12);
    fails(&section, "arriving units, skewed: an ordinary interval every week");
}

#[test]
fn pooled_figures_hold_their_level() {
    let section = pooled::section(&[6], 60);
    holds(&section, "mean: REML, the wider of Hartung-Knapp and normal", 0.87, 0.13);
    holds(&section, "new study: prediction interval", 0.87, 1.0);
    holds(&section, "one context: shrunk estimate", 0.87, 1.0);
    fails(&section, "mean: equal effects");
}

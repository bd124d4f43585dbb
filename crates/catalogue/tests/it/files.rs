//! The files of the catalogue: each is whole, plans, and is known by its name.

use candor_catalogue::{Catalogue, observe, views};

use crate::organisation::{folder, session};

#[test]
fn every_metric_runs() {
    let session = session(&folder());
    let catalogue = Catalogue::built_in().unwrap();
    let wrong: Vec<String> = catalogue
        .metrics()
        .into_iter()
        .filter_map(|metric| observe(&session, metric).err().map(|error| format!("{}: {error}", metric.id)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_view_says_what_a_row_is() {
    for view in views().values() {
        assert!(view.doc().len() > 20, "{} does not say what a row is", view.file);
    }
}

//! Compares every figure with the established packages: walks the folders of `crates/stats/cases`, or of `CANDOR_REFERENCE`.
//!
//! `CANDOR_REFERENCE=DIR` points the same test at other data of the same shape; `CANDOR_CASE=NAME` runs one folder alone.

mod case;
mod figures;
mod left_out;

mod always_valid;
mod clustered_ratio;
mod competing_risks;
mod cox;
mod cuped;
mod did_event_study;
mod durations;
mod few_clusters;
mod group_sequential;
mod interrupted_time_series;
mod kaplan_meier;
mod kaplan_meier_clustered;
mod logrank;
mod meta_analysis;
mod metr;
mod misclassification;
mod multiple_testing;
mod non_inferiority;
mod observational;
mod ols_robust;
mod partial_pooling;
mod power;
mod privacy;
mod rates;
mod sample_ratio;
mod staggered_rollout;
mod stratified;
mod task_rct;
mod two_proportions;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use case::{Case, Computed};

/// Computes the keys of one case from its inputs.
type Compute = fn(&Case, &mut Computed);

/// Folder name of a case and what computes it.
const CASES: &[(&str, Compute)] = &[
    ("always_valid", always_valid::compute),
    ("clustered_ratio", clustered_ratio::compute),
    ("competing_risks", competing_risks::compute),
    ("cox", cox::compute),
    ("cuped", cuped::compute),
    ("did_event_study", did_event_study::compute),
    ("durations", durations::compute),
    ("few_clusters", few_clusters::compute),
    ("group_sequential", group_sequential::compute),
    ("interrupted_time_series", interrupted_time_series::compute),
    ("kaplan_meier", kaplan_meier::compute),
    ("kaplan_meier_clustered", kaplan_meier_clustered::compute),
    ("logrank", logrank::compute),
    ("meta_analysis", meta_analysis::compute),
    ("metr", metr::compute),
    ("misclassification", misclassification::compute),
    ("multiple_testing", multiple_testing::compute),
    ("non_inferiority", non_inferiority::compute),
    ("observational", observational::compute),
    ("ols_robust", ols_robust::compute),
    ("partial_pooling", partial_pooling::compute),
    ("power", power::compute),
    ("privacy", privacy::compute),
    ("rates", rates::compute),
    ("sample_ratio", sample_ratio::compute),
    ("staggered_rollout", staggered_rollout::compute),
    ("stratified", stratified::compute),
    ("task_rct", task_rct::compute),
    ("two_proportions", two_proportions::compute),
];

/// A whole organisation that stands beside the cases: an input of the metrics, not of a statistic.
const NOT_A_STATISTIC: &[&str] = &["org_small"];

fn folders() -> Vec<PathBuf> {
    let root = env::var_os("CANDOR_REFERENCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), |folder| PathBuf::from(&folder));
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "{} holds no case", root.display());
    folders
}

/// Compares one case; returns what is wrong and the numbers of keys compared and left out.
fn compare(case: &Case, compute: Compute) -> (Vec<String>, usize, usize) {
    let mut computed = Computed::new();
    compute(case, &mut computed);
    let (mut wrong, mut compared, mut left_out) = (Vec::new(), 0, 0);
    for (key, expected) in case.expected() {
        let reason = left_out::reason(case.name(), key);
        match (computed.has(key), reason) {
            (true, None) => {
                compared += 1;
                wrong.extend(computed.disagreement(key, *expected).map(|text| format!("{}: `{key}`: {text}", case.name())));
            }
            (false, Some(_)) => left_out += 1,
            (true, Some(reason)) => wrong.push(format!("{}: `{key}` is computed, but left out ({reason})", case.name())),
            (false, None) => wrong.push(format!("{}: `{key}` is not computed", case.name())),
        }
    }
    wrong.extend(
        computed
            .keys()
            .filter(|key| !case.expects(key))
            .map(|key| format!("{}: `{key}` is computed, but not expected", case.name())),
    );
    (wrong, compared, left_out)
}

#[test]
fn every_case_agrees_with_the_packages() {
    let only = env::var("CANDOR_CASE").ok();
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let skipped = NOT_A_STATISTIC.contains(&name.as_str());
        if skipped || only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        if name == "metr" && metr::data().is_none() {
            println!("{name:<28} skipped: METR's data are not part of the project, CANDOR_METR_DATA points at them");
            continue;
        }
        let Some((_, compute)) = CASES.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name}: no statistic computes this case"));
            continue;
        };
        let (found, compared, left_out) = compare(&Case::open(&folder), *compute);
        println!("{name:<28} {compared:>5} keys compared, {left_out:>3} left out, {:>3} wrong", found.len());
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{} figures disagree:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_pattern_of_the_left_out_list_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for (name, pattern, reason) in left_out::LEFT_OUT {
        let case = Case::open(&folder.join(name));
        assert!(
            case.expected().keys().any(|key| left_out::matches(pattern, key)),
            "{name}: nothing matches `{pattern}` ({reason})"
        );
    }
    let known: BTreeSet<_> = CASES.iter().map(|(name, _)| *name).collect();
    assert_eq!(known.len(), CASES.len(), "a case stands twice in the table");
}

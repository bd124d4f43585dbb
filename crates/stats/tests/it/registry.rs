//! Walks the registry: what it names exists, is cited, and nothing exists that it does not name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use candor_stats::registry::STATISTICS;

/// Files of a family folder that several of its statistics share and that are no statistic themselves.
const SHARED: &[&str] = &[
    "clusters/inversion.rs",
    "designs/panel.rs",
    "mod.rs",
    "attribution_error/accuracy.rs",
    "looks/joint_law.rs",
    "planning/noncentral.rs",
    "pooling/confidence_distribution.rs",
    "regression/bias_reduced.rs",
    "regression/cluster_scores.rs",
    "regression/generalised.rs",
    "regression/regressors.rs",
    "regression/triangle.rs",
    "survival/concordance.rs",
    "survival/counting.rs",
    "survival/cox_clusters.rs",
    "survival/limits.rs",
    "survival/lives.rs",
    "survival/proportional_hazards.rs",
    "survival/risk_sets.rs",
    "survival/sweep.rs",
];

fn source(family: &str, function: &str) -> PathBuf {
    let file = function.split("::").next().unwrap_or_default();
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(family).join(format!("{file}.rs"))
}

#[test]
fn ids_are_unique_and_sorted_by_family() {
    let keys: Vec<_> = STATISTICS.iter().map(|statistic| (statistic.family, statistic.id)).collect();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(keys, sorted, "the registry is not sorted by family and id");
    let ids: BTreeSet<_> = STATISTICS.iter().map(|statistic| statistic.id).collect();
    assert_eq!(ids.len(), STATISTICS.len(), "two statistics share an id");
}

#[test]
fn every_statistic_is_cited_and_lives_where_it_says() {
    for statistic in STATISTICS {
        let cited = statistic.source.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() == 4);
        assert!(cited, "`{}` cites no year: `{}`", statistic.id, statistic.source);
        assert!(statistic.question.ends_with('?'), "`{}` asks no question: `{}`", statistic.id, statistic.question);
        let path = source(statistic.family, statistic.function);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}`: {}: {error}", statistic.id, path.display()));
        let item = statistic.function.rsplit("::").next().unwrap_or_default();
        let found = [format!("pub fn {item}("), format!("pub fn {item}<"), format!("pub struct {item}")];
        assert!(
            found.iter().any(|needle| text.contains(needle)),
            "`{}`: {} has no public `{item}`",
            statistic.id,
            path.display()
        );
    }
}

#[test]
fn every_file_of_a_family_is_registered() {
    let mut named: BTreeMap<&str, BTreeSet<PathBuf>> = BTreeMap::new();
    for statistic in STATISTICS {
        named.entry(statistic.family).or_default().insert(source(statistic.family, statistic.function));
    }
    for (family, files) in named {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(family);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let shared = SHARED.contains(&name.as_str()) || SHARED.contains(&format!("{family}/{name}").as_str());
            assert!(shared || files.contains(&path), "{} is in no line of the registry", path.display());
        }
    }
}

#[test]
fn every_case_belongs_to_a_statistic() {
    let named: BTreeSet<_> = STATISTICS.iter().filter_map(|statistic| statistic.case).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for case in &named {
        assert!(folder.join(case).is_dir(), "the registry names the case `{case}`, which does not exist");
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            assert!(named.contains(name.as_str()), "no statistic of the registry names the case `{name}`");
        }
    }
}

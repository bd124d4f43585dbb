//! The worlds of `examples/hostile` at a size for every run: large enough that sums, sorts and quadratic loops show.

#[path = "../../examples/hostile/entries.rs"]
mod entries;
#[path = "../../examples/hostile/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;

use candor_stats::registry::STATISTICS;
use entries::{ENTRIES, unsound};
use worlds::{COUNT, World};

/// Rows of a table that is large for its time in a test; the example `hostile` asks the same with as many as it is told.
const ROWS: usize = if cfg!(debug_assertions) { 10_000 } else { 100_000 };

/// Registered statistics that take counts, figures, plans or single draws instead of rows; the tests beside this file attack them.
const WITHOUT_ROWS: &[&str] = &[
    "corrected_difference",
    "corrected_share",
    "corrected_share_audited",
    "corrected_table",
    "corrected_table_audited",
    "unknown_source_bounds",
    "unknown_source_share",
    "e_value",
    "e_value_of_difference",
    "sample_ratio",
    "sample_ratio_exact",
    "sample_ratio_sequential",
    "classical_boundary",
    "confidence_sequence",
    "equivalence",
    "monitoring",
    "non_inferior_estimate",
    "non_inferior_rate_difference",
    "non_inferior_rate_ratio",
    "non_inferior_share_difference",
    "non_inferior_share_ratio",
    "repeated_p_value",
    "running_intersection",
    "spending_boundary",
    "cluster_detectable_effect",
    "cluster_power",
    "log_rank_events",
    "paired_power",
    "paired_size",
    "simulated_detectable_effect",
    "simulated_power",
    "two_sample_detectable_effect",
    "two_sample_power",
    "two_sample_size",
    "two_shares_power",
    "two_shares_size",
    "log_risk_ratio",
    "signed_sum",
    "epsilon_from_rho",
    "exact_decimal",
    "gaussian_accuracy",
    "gaussian_noise",
    "gaussian_noise_cost",
    "laplace_accuracy",
    "laplace_noise",
    "laplace_noise_cost",
    "privacy_account",
    "tight_gaussian_epsilon",
    "boschloo_test",
    "mantel_haenszel",
    "odds_ratio_exact",
    "risk_difference",
    "risk_difference_newcombe",
    "risk_ratio",
    "share_agresti_coull",
    "share_exact",
    "share_jeffreys",
    "share_wilson",
    "poisson_rate",
    "rate_ratio",
];

fn ask(rows: usize) {
    for kind in 0..COUNT {
        let (all, few) = (World::new(kind, rows), World::new(kind, rows.min(40)));
        for entry in ENTRIES {
            let world = if entry.most < rows { &few } else { &all };
            let answers = (entry.ask)(world);
            assert!(!answers.is_empty(), "{}: {:?} says nothing", world.name, entry.ids);
            assert!(unsound(&answers).is_none(), "{}, {rows} rows: {:?}: {:?}", world.name, entry.ids, unsound(&answers));
        }
    }
}

#[test]
fn large_tables_get_numbers_or_words() {
    ask(ROWS);
}

#[test]
fn tiny_tables_get_numbers_or_words() {
    for rows in [0, 1, 2, 3, 5, 8, 13, 100] {
        ask(rows);
    }
}

#[test]
fn every_statistic_is_attacked() {
    let asked: Vec<&str> = ENTRIES.iter().flat_map(|entry| entry.ids).chain(WITHOUT_ROWS).copied().collect();
    let unique: BTreeSet<&str> = asked.iter().copied().collect();
    assert_eq!(unique.len(), asked.len(), "a statistic is attacked twice");
    let registered: BTreeSet<&str> = STATISTICS.iter().map(|statistic| statistic.id).collect();
    let missing: Vec<_> = registered.symmetric_difference(&unique).collect();
    assert!(missing.is_empty(), "not both registered and attacked: {missing:?}");
}

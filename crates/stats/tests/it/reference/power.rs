//! Computes every key of the case `power`. Its inputs (effects, shares, sizes, powers) stand in its keys.

use candor_stats::planning::cluster_power::{ClusterDesign, detectable_effect, power};
use candor_stats::planning::intra_cluster::{Method, correlation, design_effect};
use candor_stats::planning::proportion_power::{Approximation, size};
use candor_stats::planning::survival_power::log_rank_events;
use candor_stats::planning::t_power::{paired_size, two_sample, two_sample_size};

use super::case::{Case, Computed};

const ALPHA: f64 = 0.05;

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-5);
    for key in case.expected().keys() {
        let (group, figure) = key.split_once('.').unwrap();
        match group {
            "t_paired" | "t_two_sample" => out.put(key, t_test(group, figure)),
            "proportions" => out.put(key, proportions(figure)),
            "survival" => out.put(key, survival(case, key, figure)),
            "cluster" => out.put(key, cluster(case, key, figure)),
            other => match other.strip_prefix("icc_of_") {
                Some(source) => out.put_with(key, Some(icc(case, source, figure)), 1e-4),
                None => panic!("no plan `{other}`"),
            },
        }
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` in a key is no number"))
}

/// `80` of `power80` as 0.8.
fn percent(text: &str) -> f64 {
    number(text) / 100.0
}

/// `d0.5.power_n50` or `d0.5.n_power80`.
fn t_test(group: &str, figure: &str) -> Option<f64> {
    let (effect, figure) = figure.strip_prefix('d')?.rsplit_once('.')?;
    let effect = number(effect);
    if let Some(units) = figure.strip_prefix("power_n") {
        return two_sample(effect, number(units), number(units), ALPHA).ok();
    }
    let power = percent(figure.rsplit_once("power")?.1);
    let size = if group == "t_paired" { paired_size(effect, ALPHA, power) } else { two_sample_size(effect, ALPHA, power) };
    size.ok()?.point()
}

/// `0.02_vs_0.046.n_per_arm_power80_normal`.
fn proportions(figure: &str) -> Option<f64> {
    let (shares, figure) = figure.rsplit_once('.')?;
    let (first, second) = shares.split_once("_vs_")?;
    let (power, approximation) = figure.strip_prefix("n_per_arm_power")?.split_once('_')?;
    let approximation = if approximation == "normal" { Approximation::Normal } else { Approximation::CohenH };
    size(number(first), number(second), ALPHA, percent(power), approximation).ok()?.point()
}

fn survival(case: &Case, key: &str, figure: &str) -> Option<f64> {
    match figure.strip_prefix("schoenfeld_events_power") {
        Some(power) => {
            let ratio = case.expected()["survival.hazard_ratio"]?;
            log_rank_events(ratio, 0.5, ALPHA, percent(power)).ok()?.point()
        }
        None => case.expected()[key],
    }
}

fn cluster(case: &Case, key: &str, figure: &str) -> Option<f64> {
    let input = |name: &str| case.expected()[&format!("cluster.{name}")].unwrap();
    let sizes = vec![input("tasks_per_team"); input("teams_per_arm") as usize];
    let design = ClusterDesign { first_sizes: &sizes, second_sizes: &sizes, correlation: input("icc"), label_error: None };
    match figure {
        "design_effect" => design_effect(&sizes, input("icc")).ok(),
        "power_for_half_sd" => power(&design, 0.5, ALPHA).ok(),
        _ => match figure.strip_prefix("mde_power") {
            Some(wanted) => detectable_effect(&design, ALPHA, percent(wanted)).ok()?.point(),
            None => case.expected()[key],
        },
    }
}

/// `ols_robust_log_time`: a case beside this one and a column of its table of tasks.
fn icc(case: &Case, source: &str, figure: &str) -> f64 {
    let (at, _) = source.match_indices('_').nth(1).unwrap();
    let (other, column) = (&source[..at], &source[at + 1..]);
    let tasks = case.table(&format!("../{other}/tasks.csv"));
    let developers: Vec<usize> = tasks.numbers("dev").iter().map(|developer| *developer as usize).collect();
    let method = if figure == "anova" { Method::Anova } else { Method::RestrictedMaximumLikelihood };
    correlation(&tasks.numbers(column), &developers, method, 0.95).unwrap().point().unwrap()
}

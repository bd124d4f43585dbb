//! Computes every key of the case `durations`: hours until a review, by source.

use candor_stats::durations::quantile::{Definition, quantile};
use candor_stats::durations::{geometric, rank_test, robust};

use super::case::{Case, Computed};
use super::figures::{limits, point_p_df};
use super::kaplan_meier::{groups, pick};

pub fn compute(case: &Case, out: &mut Computed) {
    let table = case.table("review_hours.csv");
    let hours = table.numbers("hours");
    let groups = groups(&table, "source");
    let of = |name: &str| pick(&hours, &groups[name]);
    for key in case.expected().keys() {
        let (name, figure) = key.split_once('.').unwrap_or((key, ""));
        if let Some(pair) = key.strip_prefix("ratio_") {
            let (first, second) = pair.split_once("_over_").unwrap();
            let ratio = geometric::ratio(&of(first), &of(second), 0.95).unwrap();
            let ((point, p, df), (lower, upper)) = (point_p_df(&ratio), limits(&ratio));
            out.put(key, point);
            out.put("ratio.welch_p", p);
            out.put("ratio.welch_df", df);
            out.put("ratio.welch.lower", lower);
            out.put("ratio.welch.upper", upper);
        } else if let Some(first) = key.strip_prefix("mann_whitney_U_") {
            let second = groups.keys().find(|name| *name != first).unwrap();
            let test = rank_test::mann_whitney(&of(first), &of(second)).unwrap();
            let (point, p, _) = point_p_df(&test);
            out.put(key, point.map(|share| share * of(first).len() as f64 * of(second).len() as f64));
            out.put("mann_whitney_p_normal_ties_continuity", p);
        } else if figure == "geometric_mean" {
            let mean = geometric::mean(&of(name), 0.95).unwrap();
            let (lower, upper) = limits(&mean);
            out.put(key, mean.point());
            out.put(format!("{key}.lower"), lower);
            out.put(format!("{key}.upper"), upper);
        } else if figure == "mad" {
            out.put(key, robust::median_absolute_deviation(&of(name)).unwrap().point());
        } else if let Some(percent) = figure.strip_prefix("trimmed_mean_") {
            let share = percent.parse::<f64>().unwrap() / 100.0;
            out.put(key, robust::trimmed_mean(&of(name), share).unwrap().point());
        } else if let Some((share, definition)) = figure.strip_prefix("quantile_").and_then(|rest| rest.rsplit_once(".type")) {
            let definition = match definition {
                "2" => Definition::Averaged,
                "6" => Definition::Weibull,
                _ => Definition::Linear,
            };
            out.put(key, quantile(&of(name), share.parse().unwrap(), definition, 0.95).unwrap().point());
        }
    }
}

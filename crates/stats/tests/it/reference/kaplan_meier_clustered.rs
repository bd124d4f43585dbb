//! Computes every key of the case `kaplan_meier_clustered`: curves by source, and their difference with developers in both.

use std::collections::BTreeMap;

use candor_stats::linearised::Reference;
use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::case::{Case, Computed};
use super::kaplan_meier::{groups, pick};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let table = case.table("cohorts.csv");
    let (days, lines) = (table.numbers("days"), table.numbers("lines"));
    let death: Vec<bool> = table.numbers("death").iter().map(|flag| *flag != 0.0).collect();
    let developers: BTreeMap<String, u32> = groups(&table, "dev").into_keys().zip(0..).collect();
    let developer: Vec<u32> = table.texts("dev").iter().map(|name| developers[name]).collect();
    let rows = Rows { days, death, lines, developer, groups: groups(&table, "source") };
    let curves: BTreeMap<&String, LifeTable> = rows.groups.keys().map(|name| (name, rows.curve(name, |_| 1.0))).collect();
    // R has no small-sample factor and normal limits.
    let confidence = Confidence { reference: Reference::Normal, ..Confidence::default() };
    for key in case.expected().keys() {
        let parts: Vec<&str> = key.split('.').collect();
        match parts[..] {
            [name, "clusters"] => out.put(key, curves[&name.to_string()].clusters().map(|count| count as f64)),
            [name, horizon, "S"] => {
                let curve = &curves[&name.to_string()].curve(&[horizon.parse().unwrap()], &confidence).unwrap()[0];
                out.put(key, curve.survival);
                out.put(format!("{name}.{horizon}.robust_se"), curve.standard_error);
                out.put(format!("{name}.{horizon}.log-log.lower"), curve.lower);
                out.put(format!("{name}.{horizon}.log-log.upper"), curve.upper);
            }
            [names, horizon, "difference"] => {
                let (first, second) = names.split_once("_minus_").unwrap();
                let time = horizon.parse().unwrap();
                let difference =
                    comparison::difference(&curves[&first.to_string()], &curves[&second.to_string()], time, &confidence).unwrap();
                let difference = difference.estimate().unwrap();
                out.put(key, Some(difference.point));
                out.put(format!("{names}.{horizon}.robust_se"), difference.standard_error());
            }
            ["bootstrap_se", horizon, names] => {
                // The packages resampled 3,000 times; the case allows 6 % for the noise of both.
                let error = resampled(&rows, names, horizon.parse().unwrap());
                out.put_with(key, Some(error), 0.06);
            }
            _ => {}
        }
    }
}

struct Rows {
    days: Vec<f64>,
    death: Vec<bool>,
    lines: Vec<f64>,
    developer: Vec<u32>,
    groups: BTreeMap<String, Vec<usize>>,
}

impl Rows {
    /// The curve of a group where each developer counts as often as `times` says.
    fn curve(&self, group: &str, times: impl Fn(u32) -> f64) -> LifeTable {
        let rows = &self.groups[group];
        let (days, death, developer) = (pick(&self.days, rows), pick(&self.death, rows), pick(&self.developer, rows));
        let lines: Vec<f64> = rows.iter().map(|row| self.lines[*row] * times(self.developer[*row])).collect();
        LifeTable::new(&Lives::new(&days, &death).weighted(&lines).clustered(&developer)).unwrap()
    }
}

/// Standard deviation of `S(time)`, or of a difference `a_minus_b`, over resamples of whole developers.
fn resampled(rows: &Rows, names: &str, time: f64) -> f64 {
    let developers = rows.developer.iter().max().unwrap() + 1;
    let mut random = ChaCha20Rng::seed_from_u64(20_240_607);
    let mut values = Vec::new();
    for _ in 0..3_000 {
        let mut drawn = vec![0.0; developers as usize];
        (0..developers).for_each(|_| drawn[random.next_u32() as usize % developers as usize] += 1.0);
        let point = |group: &str| rows.curve(group, |developer| drawn[developer as usize]).point(time);
        values.extend(match names.split_once("_minus_") {
            None => point(names),
            Some((first, second)) => point(first).zip(point(second)).map(|(first, second)| first - second),
        });
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}

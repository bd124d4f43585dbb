//! Computes every key of the case `kaplan_meier`: one curve per source and per edge case.

use std::collections::BTreeMap;

use candor_stats::survival::{Confidence, LifeTable, Limits, Lives};

use super::case::{Case, Computed, Table};

const SCALES: [Limits; 3] = [Limits::LogLog, Limits::Log, Limits::Plain];

/// Rows of the table by the text in `column`.
pub fn groups(table: &Table, column: &str) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, name) in table.texts(column).into_iter().enumerate() {
        groups.entry(name).or_default().push(row);
    }
    groups
}

pub fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| values[*row].clone()).collect()
}

pub fn compute(case: &Case, out: &mut Computed) {
    for (file, column) in [("cohorts.csv", "source"), ("edge.csv", "curve")] {
        let table = case.table(file);
        let (days, death, lines) = (table.numbers("days"), table.numbers("death"), table.numbers("lines"));
        let death: Vec<bool> = death.iter().map(|flag| *flag != 0.0).collect();
        for (name, rows) in groups(&table, column) {
            let (days, death, lines) = (pick(&days, &rows), pick(&death, &rows), pick(&lines, &rows));
            curve(case, out, &name, &LifeTable::new(&Lives::new(&days, &death).weighted(&lines)).unwrap());
        }
    }
}

fn curve(case: &Case, out: &mut Computed, name: &str, curve: &LifeTable) {
    out.put(format!("{name}.n"), Some(curve.units()));
    out.put(format!("{name}.deaths"), Some(curve.deaths()));
    let confidence = |limits| Confidence { limits, ..Confidence::default() };
    let median = curve.median(&confidence(Limits::LogLog)).unwrap().point();
    out.put_with(format!("{name}.median"), median, 0.0);
    for limits in SCALES {
        let interval = curve.quantile_limits(0.5, &confidence(limits)).unwrap();
        out.put_with(format!("{name}.median.{}.lower", limits.name()), interval.lower, 0.0);
        out.put_with(format!("{name}.median.{}.upper", limits.name()), interval.upper, 0.0);
    }
    let prefix = format!("{name}.");
    let mut horizons: Vec<String> = Vec::new();
    for key in case.keys_starting_with(&prefix) {
        let rest = &key[prefix.len()..];
        if let Some(horizon) = rest.strip_suffix(".S") {
            horizons.push(horizon.to_string());
        } else if let Some(horizon) = rest.strip_prefix("rmst").filter(|rest| !rest.ends_with("_se")) {
            let mean = curve.restricted_mean(horizon.parse().unwrap(), &Confidence::default()).unwrap();
            out.put(key, mean.point());
            out.put(format!("{key}_se"), mean.estimate().and_then(|estimate| estimate.standard_error()));
        }
    }
    for horizon in horizons {
        let time: f64 = horizon.parse().unwrap();
        let point = &curve.curve(&[time], &Confidence::default()).unwrap()[0];
        out.put(format!("{name}.{horizon}.S"), point.survival);
        if point.survival.is_none() {
            // Past the end of follow-up the packages print nothing else.
            continue;
        }
        out.put(format!("{name}.{horizon}.n_risk"), Some(point.at_risk));
        out.put(format!("{name}.{horizon}.greenwood_se"), point.standard_error);
        for limits in SCALES {
            let point = &curve.curve(&[time], &confidence(limits)).unwrap()[0];
            out.put(format!("{name}.{horizon}.{}.lower", limits.name()), point.lower);
            out.put(format!("{name}.{horizon}.{}.upper", limits.name()), point.upper);
        }
    }
}

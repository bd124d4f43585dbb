//! Computes every key of the case `staggered_rollout`.

use std::collections::BTreeSet;

use candor_stats::Outcome;
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::staggered_summaries::{Summary, by_calendar, by_exposure, by_group, simple};

use super::case::{Case, Computed};
use super::figures::{labels, standard_error};

/// Unit, period, first treated period and outcome, as the public data set and as ours call them.
const COLUMNS: [[&str; 4]; 2] = [["countyreal", "year", "first.treat", "lemp"], ["team", "month", "first_ai_month", "y"]];

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    // The keys start with the name of the data.
    let data: BTreeSet<&str> = case.expected().keys().filter_map(|key| key.split('.').next()).collect();
    for data in data {
        let table = case.table(&format!("{data}.csv"));
        let [unit, period, first, outcome] = COLUMNS.into_iter().find(|columns| table.has(columns[0])).unwrap();
        let whole = |column: &str| table.numbers(column).into_iter().map(|value| value as i64).collect::<Vec<_>>();
        let first: Vec<Option<i64>> = whole(first).into_iter().map(|first| (first != 0).then_some(first)).collect();
        let (units, periods, outcomes) = (labels(&table, unit), whole(period), table.numbers(outcome));
        for (name, controls) in [("never", Controls::Never), ("notyet", Controls::NotYet)] {
            // Which covariates are adjusted for stands in the keys alone.
            let start = format!("{data}.{name}.");
            let mut variants: BTreeSet<Option<String>> = BTreeSet::new();
            for key in case.keys_starting_with(&start) {
                let rest = key.strip_prefix(&start).unwrap();
                let covariate = rest.strip_prefix("reg_").and_then(|rest| rest.split('.').next());
                variants.insert(covariate.map(str::to_owned));
            }
            for covariate in variants {
                let values = covariate.as_ref().map(|column| table.numbers(column));
                let covariates: Vec<&[f64]> = values.as_deref().into_iter().collect();
                let rollout = Rollout {
                    outcomes: &outcomes,
                    units: &units,
                    periods: &periods,
                    first_treated: &first,
                    covariates: &covariates,
                };
                let fitted = GroupTime::fit(&rollout, controls, 0.95).unwrap();
                let prefix = covariate.map_or_else(|| start.clone(), |covariate| format!("{start}reg_{covariate}."));
                put_all(out, &prefix, &fitted.fit().unwrap().as_published());
            }
        }
    }
}

fn put_all(out: &mut Computed, prefix: &str, cells: &GroupTime) {
    for cell in cells.cells() {
        out.put(format!("{prefix}att_g{}_t{}", cell.group, cell.period), Some(cell.effect.point));
        out.put(format!("{prefix}se_g{}_t{}", cell.group, cell.period), printed(cell.effect.standard_error()));
    }
    overall(out, &format!("{prefix}simple."), &simple(cells).unwrap());
    for (name, summary) in [("group", by_group(cells)), ("dynamic", by_exposure(cells)), ("calendar", by_calendar(cells))] {
        let Summary { effects, overall: mean } = summary.unwrap();
        for (axis, effect) in effects {
            out.put(format!("{prefix}{name}.{axis}.att"), effect.point());
            out.put(format!("{prefix}{name}.{axis}.se"), printed(standard_error(&effect)));
        }
        overall(out, &format!("{prefix}{name}."), &mean);
    }
}

fn overall(out: &mut Computed, prefix: &str, mean: &Outcome) {
    out.put(format!("{prefix}overall_att"), mean.point());
    out.put(format!("{prefix}overall_se"), printed(standard_error(mean)));
}

/// The packages print an error below ten times the root of the machine precision as missing.
fn printed(error: Option<f64>) -> Option<f64> {
    error.filter(|error| *error > 10.0 * f64::EPSILON.sqrt())
}

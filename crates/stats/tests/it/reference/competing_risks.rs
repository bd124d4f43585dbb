//! Computes every key of the case `competing_risks`: promotion with leaving as a competing risk.

use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::{Confidence, gray};

use super::case::{Case, Computed};
use super::figures::labels;
use super::kaplan_meier::{groups, pick};

/// Number of a named cause in the column `event`.
fn cause(name: &str) -> Option<u32> {
    match name {
        "promoted" => Some(1),
        "left" => Some(2),
        _ => None,
    }
}

pub fn compute(case: &Case, out: &mut Computed) {
    let table = case.table("juniors.csv");
    let months = table.numbers("months");
    let events: Vec<u32> = table.numbers("event").iter().map(|event| *event as u32).collect();
    let cohorts: Vec<u32> = labels(&table, "cohort").into_iter().map(|label| label as u32).collect();
    let curve = |rows: &[usize]| Incidence::new(&pick(&months, rows), &pick(&events, rows), None, None).unwrap();
    let incidences: Vec<(String, Incidence)> =
        groups(&table, "cohort").into_iter().map(|(name, rows)| (name, curve(&rows))).collect();
    for key in case.expected().keys() {
        let parts: Vec<&str> = key.split('.').collect();
        match parts[..] {
            ["gray_test", name, "chi2"] => {
                let test = gray::test(&months, &events, &cohorts, cause(name).unwrap()).unwrap();
                out.put(key, test.point());
                out.put_with(format!("gray_test.{name}.p"), test.estimate().and_then(|estimate| estimate.p_value), 1e-6);
            }
            [cohort, name, horizon, "cif"] => {
                let (cause, time) = (cause(name).unwrap(), horizon.parse().unwrap());
                let (_, incidence) = incidences.iter().find(|(known, _)| known == cohort).unwrap();
                let point = incidence.curve(cause, &[time], &Confidence::default()).unwrap()[0];
                let prefix = format!("{cohort}.{name}.{horizon}");
                out.put(key, point.incidence);
                out.put(format!("{prefix}.aj_se"), point.standard_error);
                out.put(format!("{prefix}.cmprsk_se"), incidence.aalen_variance(cause, time).map(f64::sqrt));
                out.put(format!("{prefix}.log-log.lower"), point.lower);
                out.put(format!("{prefix}.log-log.upper"), point.upper);
            }
            _ => {}
        }
    }
}

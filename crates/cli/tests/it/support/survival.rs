//! Kaplan-Meier over exported rows, written out once more here so that the expected figures can be checked without the product.

use super::cohorts::{Cohort, Cohorts, Count, seconds};

/// S(t) after `t` seconds, as `fixtures/histories/README.md` defines it.
#[derive(Debug, PartialEq)]
pub struct Survival {
    pub s: f64,
    /// Deaths up to and at t.
    pub deaths: u64,
    /// Lines older than t.
    pub at_risk_after: u64,
}

/// Estimates S(t) from all rows; `tip_time` censors the living, negative ages count as 0, `lines` says what to count in a row.
pub fn survival(cohorts: &Cohorts, tip_time: &str, t: i64, lines: fn(&Count) -> u64) -> Survival {
    let tip = seconds(tip_time).expect("the tip has a time");
    let age = |row: &Cohort| row.age_at_death().or_else(|| Some(tip - seconds(&row.landed_at)?)).expect("rows have times").max(0);
    let mut ages: Vec<(i64, bool, u64)> =
        cohorts.rows.iter().map(|(row, n)| (age(row), row.death.is_empty(), lines(n))).filter(|a| a.2 > 0).collect();
    // At equal age deaths come before censoring: `false` sorts first.
    ages.sort_unstable();
    let mut at_risk: u64 = ages.iter().map(|a| a.2).sum();
    let (mut s, mut deaths) = (1.0, 0);
    let mut i = 0;
    while i < ages.len() && ages[i].0 <= t {
        let (at, censored, _) = ages[i];
        let end = i + ages[i..].iter().take_while(|a| (a.0, a.1) == (at, censored)).count();
        let n: u64 = ages[i..end].iter().map(|a| a.2).sum();
        if !censored {
            s *= 1.0 - n as f64 / at_risk as f64;
            deaths += n;
        }
        at_risk -= n;
        i = end;
    }
    Survival { s, deaths, at_risk_after: at_risk }
}

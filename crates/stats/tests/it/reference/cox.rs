//! Computes every key of the case `cox`: time to revert by source, seniority and size.

use candor_stats::linearised::Reference;
use candor_stats::survival::cox::{Cox, CoxRows, Ties, fit};
use candor_stats::survival::{Confidence, Lives};

use super::case::{Case, Computed};
use super::figures::{labels, limits, standard_error};

const NAMES: [&str; 3] = ["ai", "junior", "log_size"];

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-6);
    let table = case.table("changes.csv");
    let days = table.numbers("days");
    let reverted: Vec<bool> = table.numbers("reverted").iter().map(|flag| *flag != 0.0).collect();
    let columns = NAMES.map(|name| table.numbers(name));
    let covariates: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let column = |name: &str| -> Vec<u32> { labels(&table, name).into_iter().map(|label| label as u32).collect() };
    let (repositories, developers) = (column("repo"), column("dev"));
    let rows = CoxRows { lives: Lives::new(&days, &reverted), covariates: &covariates, strata: None };
    let fitted = |rows: &CoxRows<'_>, ties| fit(rows, ties).unwrap().fit().unwrap().clone();
    let confidence = Confidence { reference: Reference::Normal, ..Confidence::default() };
    let coefficients = |out: &mut Computed, name: &str, cox: &Cox| {
        for (index, covariate) in NAMES.iter().enumerate() {
            let found = cox.coefficient(index, &confidence).unwrap();
            out.put(format!("{name}.{covariate}.coef"), found.point());
            out.put(format!("{name}.{covariate}.se"), standard_error(&found));
        }
    };
    for (name, ties) in [("efron", Ties::Efron), ("breslow", Ties::Breslow)] {
        let cox = fitted(&rows, ties);
        coefficients(out, name, &cox);
        out.put(format!("{name}.loglik"), Some(cox.log_likelihood));
        out.put(format!("{name}.loglik_null"), Some(cox.log_likelihood_null));
        out.put(format!("{name}.score"), Some(cox.score));
        out.put(format!("{name}.wald"), Some(cox.wald));
    }
    coefficients(out, "efron_strata_repo", &fitted(&CoxRows { strata: Some(&repositories), ..rows }, Ties::Efron));
    let clustered = fitted(&CoxRows { lives: rows.lives.clustered(&developers), ..rows }, Ties::Efron);
    for (index, covariate) in NAMES.iter().enumerate() {
        let coefficient = clustered.coefficient(index, &confidence).unwrap();
        out.put(format!("efron_cluster.{covariate}.robust_se"), standard_error(&coefficient));
        let (lower, upper) = limits(&clustered.hazard_ratio(index, &confidence).unwrap());
        out.put(format!("efron_cluster.{covariate}.hr_lower"), lower);
        out.put(format!("efron_cluster.{covariate}.hr_upper"), upper);
    }
    let cox = fitted(&rows, Ties::Efron);
    out.put("concordance", cox.concordance);
    for (name, test) in NAMES.iter().chain(&["GLOBAL"]).zip(&cox.proportionality) {
        out.put(format!("zph_km.{name}.chisq"), test.chi_squared);
        out.put(format!("zph_km.{name}.p"), test.p_value);
    }
}

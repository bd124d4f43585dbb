//! Computes every key of the case `ols_robust`.

use candor_stats::Outcome;
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors, joint_test};

use super::case::{Case, Computed, Table};
use super::figures::{labels, point_p_df};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let tasks = case.table("tasks.csv");
    let (dev, repo) = (labels(&tasks, "dev"), labels(&tasks, "repo"));
    let y = tasks.numbers("log_time");
    let columns = ["ai", "senior", "log_forecast"];
    let fitted = LeastSquares::fit(&y, regressors(&tasks, &columns)).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("n", Some(y.len() as f64));
    out.put("r_squared", fit.r_squared());
    out.put("max_leverage", fit.leverages().into_iter().reduce(f64::max));
    every_error(out, fit, &dev, true, |name| name);
    let two_way = fit.covariance(&Errors::TwoWay { first: &dev, second: &repo }).unwrap();
    out.put("ai.se_two_way_dev_repo_CR1", two_way.fit().and_then(|two_way| two_way.standard_error("ai")));

    let cr2 = fit.covariance(&Errors::Clustered { by: &dev, correction: Correction::Cr2 }).unwrap();
    let cr2 = cr2.fit().unwrap();
    out.put("clusters", cr2.clusters().map(|clusters| clusters as f64));
    let (f, p, df) = point_p_df(&joint_test::joint(cr2, &["ai", "senior"]).unwrap());
    out.put("wald_HTZ_ai_senior.F", f);
    out.put("wald_HTZ_ai_senior.p", p);
    out.put_with("wald_HTZ_ai_senior.df_denom", df, 1e-6);

    // A developer's own level takes the place of the intercept and of what does not vary within developers.
    let right = Regressors::without_intercept(y.len()).dummies("dev", &dev, usize::MAX).unwrap();
    let right = right.column("ai", tasks.numbers("ai")).unwrap().column("log_forecast", tasks.numbers("log_forecast")).unwrap();
    let within = LeastSquares::fit(&y, right).unwrap();
    let within = within.fit().unwrap().covariance(&Errors::Clustered { by: &dev, correction: Correction::Cr2 }).unwrap();
    let within = within.fit().unwrap();
    let (coefficient, _, df) = point_p_df(&within.coefficient("ai", 0.95).unwrap());
    out.put("within_dev.ai.coef", coefficient);
    out.put("within_dev.ai.se_CR2", within.standard_error("ai"));
    out.put_with("within_dev.ai.CR2_df", df, 1e-6);
}

pub fn regressors<'a>(table: &Table, columns: &[&str]) -> Regressors<'a> {
    columns.iter().fold(Regressors::with_intercept(table.len()), |right, name| right.column(*name, table.numbers(name)).unwrap())
}

/// Puts `<column>.coef`, `<column>.se_*` and, where asked, the limits of CR2; `shown` is how the case calls a column.
pub fn every_error(out: &mut Computed, fit: &LeastSquares<'_>, by: &[usize], limits: bool, shown: impl Fn(&str) -> &str) {
    let clustered = |correction| Errors::Clustered { by, correction };
    let kinds = [
        ("homoskedastic", Errors::Homoskedastic),
        ("HC0", Errors::Hc0),
        ("HC1", Errors::Hc1),
        ("HC2", Errors::Hc2),
        ("HC3", Errors::Hc3),
        ("CR0", clustered(Correction::Cr0)),
        ("CR1", clustered(Correction::Cr1)),
        ("CR1S", clustered(Correction::Cr1s)),
        ("CR2", clustered(Correction::Cr2)),
        ("CR3", clustered(Correction::Cr3)),
    ];
    for name in fit.regressors().names() {
        let key = shown(name);
        out.put(format!("{key}.coef"), fit.coefficient(name));
        for (kind, errors) in &kinds {
            let covariance = fit.covariance(errors).unwrap();
            out.put(format!("{key}.se_{kind}"), covariance.fit().and_then(|covariance| covariance.standard_error(name)));
            if *kind == "CR2" && limits {
                cr2_limits(out, key, &covariance.fit().unwrap().coefficient(name, 0.95).unwrap());
            }
        }
    }
}

fn cr2_limits(out: &mut Computed, name: &str, outcome: &Outcome) {
    let interval = outcome.estimate().and_then(|estimate| estimate.interval);
    let (_, p, df) = point_p_df(outcome);
    out.put(format!("{name}.CR2.lower"), interval.and_then(|interval| interval.lower));
    out.put(format!("{name}.CR2.upper"), interval.and_then(|interval| interval.upper));
    out.put(format!("{name}.CR2_p"), p);
    out.put_with(format!("{name}.CR2_df"), df, 1e-6);
}

//! Computes every key of the case `rates`.

use candor_stats::rates::rate::rate;
use candor_stats::rates::rate_ratio::{Method, RateRatio, Test};
use candor_stats::rates::rate_regression::{NegativeBinomial, RateErrors, RateRegression};
use candor_stats::regression::{Correction, Regressors};

use super::case::{Case, Computed, Table};
use super::figures::{labels, limits, standard_error};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-7);
    pairs(case, out);
    let panel = case.table("panel.csv");
    let (events, exposure, team) = (panel.numbers("bugs"), panel.numbers("customer_kmonths"), labels(&panel, "team"));
    let fitted = RateRegression::fit(&events, &exposure, regressors(&panel)).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("glm.deviance", Some(fit.deviance()));
    out.put("glm.dispersion_pearson", Some(fit.dispersion()));
    let clustered = |correction| RateErrors::Clustered { by: &team, correction };
    let kinds = [
        ("poisson_se", RateErrors::Poisson),
        ("quasi_se", RateErrors::Quasi),
        ("cluster_CR0_se", clustered(Correction::Cr0)),
        ("cluster_CR1_se", clustered(Correction::Cr1)),
    ];
    for (name, coefficient) in regressors(&panel).names().iter().zip(fit.coefficients()) {
        out.put(format!("glm.{name}.coef"), Some(*coefficient));
        for (kind, errors) in &kinds {
            out.put(format!("glm.{name}.{kind}"), standard_error(&fit.log_ratio(name, errors, 0.95).unwrap()));
        }
    }
    let negative_binomial = NegativeBinomial::fit(&events, &exposure, regressors(&panel)).unwrap();
    let negative_binomial = negative_binomial.fit();
    out.put_with("negbin.ai:post.coef", negative_binomial.and_then(|fit| fit.coefficient("ai:post")), 1e-5);
    out.put_with("negbin.theta", negative_binomial.map(NegativeBinomial::theta), 1e-5);
}

fn regressors(panel: &Table) -> Regressors<'static> {
    let (ai, post) = (panel.numbers("ai"), panel.numbers("post"));
    let product: Vec<f64> = ai.iter().zip(&post).map(|(ai, post)| ai * post).collect();
    let right = Regressors::with_intercept(panel.len()).column("ai", ai).unwrap().column("post", post).unwrap();
    right.column("ai:post", product).unwrap()
}

fn pairs(case: &Case, out: &mut Computed) {
    let pairs = case.table("pairs.csv");
    let counts = |column: &str| pairs.numbers(column).into_iter().map(|count| count as u64).collect::<Vec<_>>();
    let (events1, events0) = (counts("events1"), counts("events0"));
    let (exposure1, exposure0) = (pairs.numbers("exposure1"), pairs.numbers("exposure0"));
    for (row, id) in pairs.texts("id").into_iter().enumerate() {
        let ratio = RateRatio::new(events1[row], exposure1[row], events0[row], exposure0[row]).unwrap();
        out.put(format!("{id}.rate_ratio"), ratio.ratio());
        out.put(format!("{id}.exact_p"), ratio.p_value(Test::Exact));
        out.put(format!("{id}.exact_midp"), ratio.p_value(Test::MidP));
        out.put(format!("{id}.score_p"), ratio.p_value(Test::Score));
        let methods =
            [("exact", Method::Exact), ("score", Method::Score), ("score-log", Method::ScoreLog), ("wald-log", Method::WaldLog)];
        for (name, method) in methods {
            let interval = ratio.limits(method, 0.95).unwrap();
            for (side, limit) in [("lower", interval.lower), ("upper", interval.upper)] {
                let key = format!("{id}.{name}.{side}");
                // The packages have no score limits where an arm has no event; ours exist there.
                if name == "exact" || case.expects(&key) {
                    out.put(key, limit);
                }
            }
        }
        let (lower, upper) = limits(&rate(events1[row], exposure1[row], 0.95).unwrap());
        out.put(format!("{id}.rate1.garwood.lower"), lower);
        out.put(format!("{id}.rate1.garwood.upper"), upper);
    }
}

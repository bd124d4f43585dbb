//! Computes every key of the case `privacy`. Its inputs (scales, sensitivities, quarters, levels) stand in its keys.

use candor_stats::privacy::account::{Account, Measure, gaussian_cost, laplace_cost};
use candor_stats::privacy::{accuracy, conversion};

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-6);
    for key in case.expected().keys() {
        let (mechanism, rest) = key.split_once('.').unwrap();
        if let Some(scales) = mechanism.strip_prefix("laplace_composition_") {
            out.put(key, Some(composition(scales)));
        } else if let Some(rest) = rest.strip_prefix("scale_for_epsilon_") {
            let (epsilon, sensitivity) = rest.split_once("_sensitivity_").unwrap();
            // Scale and cost are each other's inverse at a fixed sensitivity.
            out.put(key, Some(laplace_cost(number(sensitivity), number(epsilon)).unwrap().to_f64()));
        } else {
            let (scale, figure) = split_figure(rest);
            match figure.starts_with("quarters_") {
                true => quarters(out, key, scale, figure),
                false => out.put(key, Some(single(mechanism, scale, figure))),
            }
        }
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// `scale_2.5.accuracy_at_0.05` as 2.5 and `accuracy_at_0.05`: both sides may hold points.
fn split_figure(rest: &str) -> (f64, &str) {
    let tail = rest.strip_prefix("scale_").unwrap();
    let at = tail.char_indices().position(|(at, c)| c == '.' && tail[at + 1..].starts_with(|c: char| c.is_alphabetic())).unwrap();
    (number(&tail[..at]), &tail[at + 1..])
}

fn single(mechanism: &str, scale: f64, figure: &str) -> f64 {
    if let Some(alpha) = figure.strip_prefix("accuracy_at_") {
        let reach = match mechanism {
            "laplace" => accuracy::laplace,
            "discrete_laplace" => accuracy::discrete_laplace,
            "gaussian" => accuracy::gaussian,
            "discrete_gaussian" => accuracy::discrete_gaussian,
            other => panic!("no mechanism `{other}`"),
        };
        return reach(scale, number(alpha)).unwrap();
    }
    if let Some(step) = figure.strip_prefix("pmf_") {
        return match mechanism {
            "discrete_laplace" => accuracy::discrete_laplace_mass(scale, number(step) as i64).unwrap(),
            _ => accuracy::discrete_gaussian_mass(scale, number(step) as i64).unwrap(),
        };
    }
    let (sensitivity, measure) = figure.strip_prefix("sensitivity_").unwrap().rsplit_once('.').unwrap();
    match measure {
        "epsilon" => laplace_cost(number(sensitivity), scale).unwrap().to_f64(),
        "rho_zcdp" => gaussian_cost(number(sensitivity), scale).unwrap().to_f64(),
        other => panic!("no measure `{other}`"),
    }
}

/// An account that pays the same Gaussian noise every quarter.
fn quarters(out: &mut Computed, key: &str, scale: f64, figure: &str) {
    let (count, figure) = figure.strip_prefix("quarters_").unwrap().split_once('.').unwrap();
    let count: u32 = count.parse().unwrap();
    let mut account = Account::new(Measure::ZeroConcentrated, "1000".parse().unwrap());
    for quarter in 1..=count {
        let cost = gaussian_cost(1.0, scale).unwrap();
        assert!(account.spend(&format!("quarter {quarter}"), "counts", cost).unwrap().fit().is_some());
    }
    if figure == "rho_zcdp" {
        out.put(key, Some(account.spent().to_f64()));
    } else if let Some(delta) = figure.strip_prefix("epsilon_at_delta_") {
        let (epsilon, tight) =
            (account.epsilon(number(delta)).unwrap(), conversion::gaussian_epsilon(1.0, scale, count, number(delta)));
        assert!(epsilon >= tight.unwrap(), "{key}: an epsilon below the tight one");
        out.put(key, Some(epsilon));
    } else {
        let delta = number(figure.strip_prefix("pld_tight_epsilon_at_delta_").unwrap());
        out.put_with(key, Some(conversion::gaussian_epsilon(1.0, scale, count, delta).unwrap()), 1e-3);
    }
}

fn composition(scales: &str) -> f64 {
    let mut account = Account::new(Measure::PureEpsilon, "1000".parse().unwrap());
    for scale in scales.split('_') {
        let cost = laplace_cost(1.0, number(scale)).unwrap();
        assert!(account.spend("quarter", "counts", cost).unwrap().fit().is_some());
    }
    account.spent().to_f64()
}

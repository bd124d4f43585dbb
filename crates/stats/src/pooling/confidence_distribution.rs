//! What the data leave open about tau2, spread out as a law, so that intervals do not take tau2 as known.

use super::heterogeneity::Model;
use crate::distributions::{chi_squared_from_lower, normal_cdf};
use crate::roots;

/// Values that stand for the law, each with the same weight.
const VALUES: usize = 60;

/// A component `location + scale * noise` of a mixture, with noise from a symmetric law.
pub(super) struct Component {
    pub location: f64,
    pub scale: f64,
}

/// Equally likely values of tau2 given the data, descending.
///
/// Q(tau2) follows chi-squared with k - 1 degrees of freedom at the true tau2; the tau2 that solve Q(tau2) = x for its quantiles x, cut at
/// 0, are a confidence distribution.
///
/// Source: Viechtbauer (2007), doi:10.1002/sim.2514 (the pivot); Nagashima, Noma and Furukawa (2019), doi:10.1177/0962280218773520 (its use in
/// prediction intervals).
pub(super) fn of_tau2(model: &Model, degrees: f64) -> Vec<f64> {
    (0..VALUES)
        .map(|index| {
            let share = (index as f64 + 0.5) / VALUES as f64;
            model.root_of_q(chi_squared_from_lower(share, degrees)).unwrap_or(0.0)
        })
        .collect()
}

/// Central interval of an even mixture of normal components; `None` where it leaves the numbers.
pub(super) fn normal_mixture(components: &[Component], level: f64) -> Option<(f64, f64)> {
    let share = |x: f64| {
        let below = |part: &Component| {
            if part.scale > 0.0 { normal_cdf((x - part.location) / part.scale) } else { f64::from(u8::from(x >= part.location)) }
        };
        components.iter().map(below).sum::<f64>() / components.len() as f64
    };
    let reach = |sign: f64| {
        let ends = components.iter().map(|part| sign * part.location + 40.0 * part.scale);
        sign * ends.fold(f64::NEG_INFINITY, f64::max)
    };
    let (low, high) = (reach(-1.0), reach(1.0));
    let tail = 0.5 * (1.0 - level);
    let quantile = |target: f64| roots::between(|x| share(x) - target, low, high, 0.0);
    if low == high {
        return Some((low, high));
    }
    quantile(tail).zip(quantile(1.0 - tail)).filter(|(lower, upper)| lower.is_finite() && upper.is_finite())
}

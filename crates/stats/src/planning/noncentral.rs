//! Tails of Student's t with a true effect in it, which every power of a t test is made of.

use statrs::function::gamma::ln_gamma;

use crate::distributions::{normal_cdf, student_critical};
use crate::{Fitted, Outcome, quadrature, roots};

/// P(|T| > critical value at two-sided `alpha`) for a t statistic with `degrees` >= 1 and the noncentrality `shift`: both tails count.
///
/// T = (Z + shift) / s with s^2 = chi-squared / degrees; the integral over s is taken numerically.
pub(super) fn two_sided_power(shift: f64, degrees: f64, alpha: f64) -> f64 {
    let critical = student_critical(alpha, degrees);
    let power = over_scale(degrees, |scale| normal_cdf(shift - critical * scale) + normal_cdf(-shift - critical * scale));
    power.clamp(0.0, 1.0)
}

/// Mean of `value` over s = sqrt(chi-squared / degrees).
fn over_scale(degrees: f64, value: impl Fn(f64) -> f64) -> f64 {
    let spread = (0.5 / degrees).sqrt();
    let (lower, upper) = ((1.0 - 12.0 * spread).max(0.0), 1.0 + 12.0 * spread);
    let half = 0.5 * degrees;
    // For large degrees the terms cancel almost entirely; their difference is taken by Stirling's series.
    let constant = if half < 1e4 {
        half * half.ln() - ln_gamma(half) - half
    } else {
        0.5 * (half / std::f64::consts::TAU).ln() - 1.0 / (12.0 * half)
    };
    let density = |scale: f64| {
        let square = scale * scale;
        // degrees / 2 (1 - s^2 + 2 ln s) - ln s, kept small near s = 1.
        let log = half * (1.0 - square + 2.0 * scale.ln()) - scale.ln() + constant + std::f64::consts::LN_2;
        log.exp()
    };
    quadrature::composite(lower, upper, 24).iter().map(|(scale, weight)| weight * density(*scale) * value(*scale)).sum()
}

/// The size in `lowest..=highest` at which a rising `power` reaches `target`, as an outcome in words where there is none.
pub(super) fn size_for(power: impl Fn(f64) -> f64, target: f64, lowest: f64, highest: f64, unit: &str) -> Fitted<f64> {
    if power(lowest) >= target {
        return Fitted::Fit(lowest);
    }
    if power(highest) < target {
        return Fitted::Refused(Outcome::not_applicable(format!(
            "no number up to {highest:e} {unit} reaches this power: the effect is too small"
        )));
    }
    // On the logarithm the search treats ten and ten million alike.
    let excess = |log: f64| power(log.exp()) - target;
    match roots::between(excess, lowest.ln(), highest.ln(), 1e-12) {
        Some(log) => Fitted::Fit(log.exp()),
        None => Fitted::Refused(Outcome::not_applicable("the power leaves the range of numbers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_effect_the_power_is_the_error_rate() {
        for degrees in [1.0, 2.0, 10.0, 1e3, 1e5, 1e7] {
            let power = two_sided_power(0.0, degrees, 0.05);
            assert!((power - 0.05).abs() < 1e-9, "{degrees} degrees: {power}");
        }
    }
}

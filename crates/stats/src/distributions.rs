//! Tails and quantiles of the reference distributions, accurate far out, without a panic for any argument.
//!
//! Everything rests on `statrs`' incomplete beta and gamma functions and, since `statrs` knows the error function to ten digits only,
//! on that of `libm`; quantiles are found by bisection on the tail that they
//! are defined by, so that a limit and the p-value at that limit agree to the last digits.

use libm::erfc;
use statrs::function::{beta::checked_beta_reg, gamma};

/// Regularised incomplete beta function with the edges written out.
fn beta_regularised(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        checked_beta_reg(a, b, x).unwrap_or(f64::NAN).clamp(0.0, 1.0)
    }
}

/// P(|Z| >= |z|) for a standard normal Z.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2).clamp(0.0, 1.0)
}

/// P(Z <= z) for a standard normal Z.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    (0.5 * erfc(-z / std::f64::consts::SQRT_2)).clamp(0.0, 1.0)
}

/// The z > 0 with P(|Z| >= z) = `alpha`, 0 < alpha < 1.
pub(crate) fn normal_critical(alpha: f64) -> f64 {
    decreasing_root(normal_two_sided, alpha)
}

/// P(|T| >= |t|) for Student's t with `df` > 0 degrees of freedom.
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    if df > 1e6 {
        // Two terms beyond the normal leave an error of order 1 / df^2; the beta function would lose more to cancellation.
        return normal_two_sided(t * (1.0 - 0.25 / df) / (1.0 + 0.5 * t * t / df).sqrt());
    }
    let square = t * t;
    if square <= df {
        // Small |t|: the complement keeps its digits.
        return (1.0 - beta_regularised(0.5, 0.5 * df, square / (df + square))).clamp(0.0, 1.0);
    }
    beta_regularised(0.5 * df, 0.5, df / (df + square))
}

/// The t > 0 with P(|T| >= t) = `alpha`, 0 < alpha < 1; infinite where no finite number has so small a tail.
pub(crate) fn student_critical(alpha: f64, df: f64) -> f64 {
    let critical = decreasing_root(|t| student_two_sided(t, df), alpha);
    // Beyond this the square is no finite number any more.
    if critical < 1e150 { critical } else { f64::INFINITY }
}

/// P(X >= x) for chi-squared with `df` > 0 degrees of freedom.
pub(crate) fn chi_squared_upper(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma::checked_gamma_ur(0.5 * df, 0.5 * x).unwrap_or(f64::NAN).clamp(0.0, 1.0) }
}

/// P(X <= x) for chi-squared with `df` > 0 degrees of freedom.
fn chi_squared_lower(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { gamma::checked_gamma_lr(0.5 * df, 0.5 * x).unwrap_or(f64::NAN).clamp(0.0, 1.0) }
}

/// The x with P(X >= x) = `upper`.
pub(crate) fn chi_squared_from_upper(upper: f64, df: f64) -> f64 {
    decreasing_root(|x| chi_squared_upper(x, df), upper)
}

/// The x with P(X <= x) = `lower`.
pub(crate) fn chi_squared_from_lower(lower: f64, df: f64) -> f64 {
    decreasing_root(|x| -chi_squared_lower(x, df), -lower)
}

/// P(F >= f) for Fisher's F with `numerator` and `denominator` degrees of freedom.
pub(crate) fn fisher_upper(f: f64, numerator: f64, denominator: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if denominator > 1e9 {
        return chi_squared_upper(f * numerator, numerator);
    }
    beta_regularised(0.5 * denominator, 0.5 * numerator, denominator / (denominator + numerator * f))
}

/// P(X <= k) for a binomial X of `n` trials with success probability `p`.
pub(crate) fn binomial_cdf(k: f64, n: f64, p: f64) -> f64 {
    if k < 0.0 {
        0.0
    } else if k >= n {
        1.0
    } else {
        beta_regularised(n - k, k + 1.0, 1.0 - p)
    }
}

/// log P(X = k) for a binomial X of `n` trials with success probability `p` strictly between 0 and 1.
pub(crate) fn binomial_ln_mass(k: f64, n: f64, p: f64) -> f64 {
    let choose = gamma::ln_gamma(n + 1.0) - gamma::ln_gamma(k + 1.0) - gamma::ln_gamma(n - k + 1.0);
    choose + k * p.ln() + (n - k) * (-p).ln_1p()
}

/// The p with P(Beta(a, b) <= p) = `lower`.
pub(crate) fn beta_quantile(lower: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    bisect(&mut low, &mut high, |x| beta_regularised(a, b, x) < lower);
    0.5 * (low + high)
}

/// Root of `tail(x) = target` on x >= 0 for a tail that does not increase; infinite when it lies beyond 1e300.
fn decreasing_root(tail: impl Fn(f64) -> f64, target: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while tail(high) > target {
        low = high;
        high *= 2.0;
        if high > 1e300 {
            return f64::INFINITY;
        }
    }
    // A root below 1 is bracketed from below as well, so that its relative accuracy does not suffer.
    if low == 0.0 {
        low = 0.5;
        while low > 1e-300 && tail(low) <= target {
            high = low;
            low *= 0.5;
        }
    }
    bisect(&mut low, &mut high, |x| tail(x) > target);
    0.5 * (low + high)
}

/// Halves `low..high` while it can shrink; `below(x)` says that the root lies above x.
pub(crate) fn bisect(low: &mut f64, high: &mut f64, below: impl Fn(f64) -> bool) {
    for _ in 0..200 {
        let middle = 0.5 * (*low + *high);
        if middle <= *low || middle >= *high {
            break;
        }
        if below(middle) {
            *low = middle;
        } else {
            *high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-12 * expected.abs(), "{value} is not {expected}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // R 4.2: qnorm(.975), qt(.975, 5), qt(.975, 0.7), qchisq(.975, 3), qchisq(.025, 3), qbeta(.025, 3, 8).
        close(normal_critical(0.05), 1.959_963_984_540_054);
        close(student_critical(0.05, 5.0), 2.570_581_835_636_314);
        close(chi_squared_from_upper(0.025, 3.0), 9.348_403_604_496_148);
        close(chi_squared_from_lower(0.025, 3.0), 0.215_795_282_623_897_9);
        close(beta_quantile(0.5, 1.0, 2.0), 1.0 - 0.5_f64.sqrt());
    }

    #[test]
    fn tails_agree_where_formulas_meet() {
        for t in [0.1, 1.0, 2.0, 5.0] {
            let (below, above) = (student_two_sided(t, 1e6), student_two_sided(t, 1e6 + 1.0));
            assert!((below - above).abs() < 1e-8 * below, "t = {t}: {below} and {above}");
        }
        close(fisher_upper(4.0, 1.0, 7.0), student_two_sided(2.0, 7.0));
        close(student_two_sided(1.0, 1.0), 0.5);
        assert_eq!(student_critical(0.5, 1e-4), f64::INFINITY);
    }
}

//! Tails and quantiles of the reference distributions, accurate far out, without a panic for any argument.
//!
//! `statrs` gives the gamma function; its error function has 10 digits (so `libm`'s is used) and its incomplete beta function stops after
//! 140 steps, which large counts exceed, so the incomplete functions are ours. Quantiles are found by bisection on the tail that they are
//! defined by, so that a limit and the p-value at that limit agree to the last digits.

use libm::erfc;
use statrs::function::gamma;

/// Regularised incomplete beta function I_x(a, b): Lentz's continued fraction (DLMF 8.17.22), with as many steps as large counts need.
fn beta_regularised(a: f64, b: f64, x: f64) -> f64 {
    if !(a > 0.0 && b > 0.0) || x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let value = if x < (a + 1.0) / (a + b + 2.0) {
        beta_front(a, b, x, 1.0 - x) * beta_fraction(a, b, x) / a
    } else {
        1.0 - beta_front(b, a, 1.0 - x, x) * beta_fraction(b, a, 1.0 - x) / b
    };
    value.clamp(0.0, 1.0)
}

/// x^a y^b / B(a, b) for y = 1 - x, without the cancellation of three log-gammas (Loader 2000, Fast and Accurate Computation of Binomial
/// Probabilities).
fn beta_front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    // The logarithm of the share near 1 comes from the one near 0, which has more digits.
    let (ln_x, ln_y) = if x < y { (x.ln(), (-x).ln_1p()) } else { ((-y).ln_1p(), y.ln()) };
    if a < 10.0 || b < 10.0 {
        let (small, large) = (a.min(b), a.max(b));
        let rise = if large < 10.0 {
            gamma::ln_gamma(a + b) - gamma::ln_gamma(large)
        } else {
            let n = small + large;
            small * n.ln() + (large - 0.5) * (small / large).ln_1p() - small + stirling_error(n) - stirling_error(large)
        };
        return (rise - gamma::ln_gamma(small) + a * ln_x + b * ln_y).exp();
    }
    let n = a + b;
    let exponent = deviation(a, n * x) + deviation(b, n * y) + stirling_error(a) + stirling_error(b) - stirling_error(n);
    (a / n * b / std::f64::consts::TAU).sqrt() * (-exponent).exp()
}

/// a log(a / m) + m - a, exact also where a is close to m.
fn deviation(a: f64, m: f64) -> f64 {
    let v = (a - m) / (a + m);
    if v.abs() > 0.1 {
        return a * (a / m).ln() + m - a;
    }
    let (mut sum, mut power) = ((a - m) * v, 2.0 * a * v);
    for k in 1..100 {
        power *= v * v;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// log Gamma(a) minus Stirling's approximation of it, a >= 10.
fn stirling_error(a: f64) -> f64 {
    let square = a * a;
    (1.0 / 12.0
        - (1.0 / 360.0
            - (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square) / square)
            / square)
        / a
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let steps = (200.0 + 20.0 * a.max(b).sqrt()).min(1e6) as u64;
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=steps {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() <= 2.0 * f64::EPSILON {
            break;
        }
    }
    fraction
}

/// Regularised incomplete gamma functions (P, Q) of shape a: series below the mean, Lentz's continued fraction above (DLMF 8.7.1, 8.9.2).
fn gamma_regularised(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || a <= 0.0 || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let front = if a < 10.0 {
        (a * x.ln() - x - gamma::ln_gamma(a)).exp()
    } else {
        (a / std::f64::consts::TAU).sqrt() * (-deviation(a, x) - stirling_error(a)).exp()
    };
    let steps = (200.0 + 20.0 * a.sqrt()).min(1e6) as u64;
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for step in 1..=steps {
            term *= x / (a + step as f64);
            sum += term;
            if term <= sum * 0.5 * f64::EPSILON {
                break;
            }
        }
        let lower = (front * sum).clamp(0.0, 1.0);
        return (lower, 1.0 - lower);
    }
    const TINY: f64 = 1e-300;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / guarded(b);
    let mut fraction = d;
    for step in 1..=steps {
        let k = step as f64;
        let numerator = -k * (k - a);
        b += 2.0;
        d = 1.0 / guarded(numerator * d + b);
        c = guarded(b + numerator / c);
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() <= 2.0 * f64::EPSILON {
            break;
        }
    }
    let upper = (front * fraction).clamp(0.0, 1.0);
    (1.0 - upper, upper)
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
    if df > 1e3 {
        // Hill 1970, Algorithm 395: the beta function would lose digits to cancellation, this expansion gains them with df.
        let a = df - 0.5;
        let b = 48.0 * a * a;
        let y = a * (t * t / df).ln_1p();
        let z = (((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0) / b + 1.0) * y.sqrt();
        return normal_two_sided(z);
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
    gamma_regularised(0.5 * df, 0.5 * x).1
}

/// P(X <= x) for chi-squared with `df` > 0 degrees of freedom.
fn chi_squared_lower(x: f64, df: f64) -> f64 {
    gamma_regularised(0.5 * df, 0.5 * x).0
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
    if k == 0.0 {
        return n * (-p).ln_1p();
    }
    if k == n {
        return n * p.ln();
    }
    if k < 10.0 || n - k < 10.0 {
        let choose = gamma::ln_gamma(n + 1.0) - gamma::ln_gamma(k + 1.0) - gamma::ln_gamma(n - k + 1.0);
        return choose + k * p.ln() + (n - k) * (-p).ln_1p();
    }
    let exponent = deviation(k, n * p) + deviation(n - k, n * (1.0 - p));
    let correction = stirling_error(n) - stirling_error(k) - stirling_error(n - k);
    0.5 * (n / (std::f64::consts::TAU * k * (n - k))).ln() + correction - exponent
}

/// Two-sided exact binomial p-value: the probability of all results that are at most as likely as `k`.
///
/// As in R's `binom.test`, a result counts as equally likely when it is within 1e-7 of it.
pub(crate) fn binomial_two_sided(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 {
        return if k == 0 { 1.0 } else { 0.0 };
    }
    if p >= 1.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    let (x, trials) = (k as f64, n as f64);
    let mode = trials * p;
    if x == mode {
        return 1.0;
    }
    let bar = binomial_ln_mass(x, trials, p) + 1e-7_f64.ln_1p();
    let rare = |other: u64| binomial_ln_mass(other as f64, trials, p) <= bar;
    // Beyond the mode the mass falls, so the rare results of the other side are found by halving.
    let total = if x < mode {
        let (mut common, mut first_rare) = (mode.ceil() as u64, n + 1);
        if rare(common) {
            first_rare = common;
        }
        while first_rare - common > 1 && first_rare > common {
            let middle = common + (first_rare - common) / 2;
            if rare(middle) { first_rare = middle } else { common = middle }
        }
        binomial_cdf(x, trials, p) + binomial_upper(first_rare as f64, trials, p)
    } else {
        let (mut last_rare, mut common) = (-1.0, mode.floor());
        if rare(common as u64) {
            last_rare = common;
        }
        while common - last_rare > 1.0 {
            let middle = ((common + last_rare) / 2.0).floor();
            if rare(middle as u64) { last_rare = middle } else { common = middle }
        }
        binomial_cdf(last_rare, trials, p) + binomial_upper(x, trials, p)
    };
    total.clamp(0.0, 1.0)
}

/// P(X >= k), computed as a tail so that small values keep their digits.
pub(crate) fn binomial_upper(k: f64, n: f64, p: f64) -> f64 {
    if k <= 0.0 {
        1.0
    } else if k > n {
        0.0
    } else {
        beta_regularised(k, n - k + 1.0, p)
    }
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
    close_in(&mut low, &mut high, |x| tail(x) - target);
    bisect(&mut low, &mut high, |x| tail(x) > target);
    0.5 * (low + high)
}

/// Brings `low..high` close to the root of a function that falls from above 0 to at most 0 in it, with few calls: regula falsi, Illinois
/// variant (Dowell and Jarratt 1971, BIT 11, 168-174). What is left is for [`bisect`], whose answer it does not change.
fn close_in(low: &mut f64, high: &mut f64, f: impl Fn(f64) -> f64) {
    let (mut above, mut below) = (f(*low), f(*high));
    let mut moved_low = None;
    for _ in 0..40 {
        let width = *high - *low;
        if width <= 1e-14 * *high || !(above > 0.0 && below < 0.0) {
            return;
        }
        let middle = *low + width * (above / (above - below));
        if !(middle > *low && middle < *high) {
            return;
        }
        let value = f(middle);
        if value > 0.0 {
            (*low, above) = (middle, value);
            if moved_low == Some(true) {
                below *= 0.5;
            }
            moved_low = Some(true);
        } else {
            (*high, below) = (middle, value);
            if moved_low == Some(false) {
                above *= 0.5;
            }
            moved_low = Some(false);
        }
    }
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
    fn the_beta_function_holds_for_large_counts() {
        // By symmetry, and the sum of both tails.
        assert!((beta_regularised(4e7, 4e7, 0.5) - 0.5).abs() < 1e-11);
        for (a, b, x) in [(12.0, 30.0, 0.3), (5e5, 4e5, 0.5555), (3.0, 1e6, 2e-6), (1e7, 2.5, 0.999_999_8)] {
            let sum = beta_regularised(a, b, x) + beta_regularised(b, a, 1.0 - x);
            assert!((sum - 1.0).abs() < 1e-10, "a = {a}, b = {b}: {sum}");
        }
        // The two forms of the leading factor agree where they meet.
        close(
            beta_front(10.0, 20.0, 0.4, 0.6),
            (gamma::ln_gamma(30.0) - gamma::ln_gamma(10.0) - gamma::ln_gamma(20.0) + 10.0 * 0.4_f64.ln() + 20.0 * 0.6_f64.ln())
                .exp(),
        );
        let total: f64 = (0..=60).map(|k| binomial_ln_mass(f64::from(k), 60.0, 0.3).exp()).sum();
        close(total, 1.0);
        assert!((binomial_two_sided(1, 10, 0.5) - 22.0 / 1024.0).abs() < 1e-15);
    }

    #[test]
    fn tails_agree_where_formulas_meet() {
        for t in [0.1, 1.0, 2.0, 5.0] {
            let (below, above) = (student_two_sided(t, 1e3), student_two_sided(t, 1e3 + 1e-9));
            assert!((below - above).abs() < 1e-9 * below, "t = {t}: {below} and {above}");
        }
        // R 4.2: pnorm(-6), pnorm(-1).
        close(normal_cdf(-6.0), 9.865_876_450_377e-10);
        close(normal_cdf(-1.0), 0.158_655_253_931_457_05);
        close(chi_squared_upper(4.0, 2.0), (-2.0_f64).exp());
        close(fisher_upper(4.0, 1.0, 7.0), student_two_sided(2.0, 7.0));
        close(student_two_sided(1.0, 1.0), 0.5);
        assert_eq!(student_critical(0.5, 1e-4), f64::INFINITY);
    }
}

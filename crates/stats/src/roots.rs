//! One bracketing root finder for functions that cost more than a line of arithmetic.

/// A root of `f` between `low` and `high`, or `None` where the ends do not bracket one or `f` leaves the numbers.
///
/// Brent's method by Chandrupatla's rule: inverse quadratic steps where they are safe, halving else. Stops at `tolerance` (absolute
/// on the argument) or at neighbouring floating-point numbers.
///
/// Source: Chandrupatla (1997), A New Hybrid Quadratic/Bisection Algorithm, doi:10.1016/S0965-9978(96)00051-8.
pub(crate) fn between(f: impl Fn(f64) -> f64, low: f64, high: f64, tolerance: f64) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if !fa.is_finite() || !fb.is_finite() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let mut share = 0.5;
    for _ in 0..200 {
        let x = a + share * (b - a);
        let fx = f(x);
        if !fx.is_finite() {
            return None;
        }
        let (c, fc);
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, fc) = (b, fb);
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let (best, best_value) = if fa.abs() < fb.abs() { (a, fa) } else { (b, fb) };
        let reach = tolerance.max(2.0 * f64::EPSILON * best.abs());
        let width = (b - a).abs();
        if best_value == 0.0 || width <= reach {
            return Some(best);
        }
        let xi = (a - b) / (c - b);
        let phi = (fa - fb) / (fc - fb);
        share = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        let least = 0.5 * reach / width;
        share = if share.is_finite() { share.clamp(least, 1.0 - least) } else { 0.5 };
    }
    Some(if fa.abs() < fb.abs() { a } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_roots_and_refuses_what_is_no_bracket() {
        let root = between(|x| x * x * x - 2.0, 0.0, 10.0, 0.0).unwrap_or(f64::NAN);
        assert!((root - 2.0_f64.cbrt()).abs() < 1e-15, "{root}");
        let flat = between(|x| (x - 1.0).powi(9), -3.0, 7.5, 1e-12).unwrap_or(f64::NAN);
        assert!((flat - 1.0).abs() < 1e-3, "{flat}");
        assert_eq!(between(|x| x * x + 1.0, -1.0, 1.0, 1e-9), None);
        assert_eq!(between(|x: f64| x.ln(), -1.0, 2.0, 1e-9), None);
    }
}

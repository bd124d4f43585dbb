//! Seeded draws from the laws that simulations need: ChaCha20 by name, so that a seed means the same figure on every machine.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws that the seed fixes.
#[derive(Debug, Clone)]
pub(crate) struct Draws(ChaCha20Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// One of 2^64 streams that the seed fixes: simulations give each run its own, so that threads do not matter.
    pub(crate) fn stream(seed: u64, stream: u64) -> Self {
        let mut source = ChaCha20Rng::seed_from_u64(seed);
        source.set_stream(stream);
        Self(source)
    }

    /// Uniform on `0..count`; 0 where `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        // The product is below `count`, and its bias is below count / 2^64.
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }

    /// Uniform on the open interval (0, 1): 53 bits, moved by half a step off 0.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by the polar method (Marsaglia and Bray 1964).
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// Gamma with scale 1 and `shape` > 0 (Marsaglia and Tsang 2000, ACM Trans. Math. Softw. 26, 363-372).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(shape.recip());
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = (9.0 * d).sqrt().recip();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with both parameters > 0.
    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        if x + y > 0.0 { x / (x + y) } else { a / (a + b) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_of_their_laws() {
        let mut draws = Draws::new(7);
        let mut moments = |law: &mut dyn FnMut(&mut Draws) -> f64| {
            let values: Vec<f64> = (0..40_000).map(|_| law(&mut draws)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64)
        };
        let near = |(mean, variance): (f64, f64), (m, v): (f64, f64)| {
            assert!((mean - m).abs() < 5.0 * (v / 40_000.0).sqrt(), "mean {mean}, expected {m}");
            assert!((variance / v - 1.0).abs() < 0.06, "variance {variance}, expected {v}");
        };
        near(moments(&mut |draws| draws.uniform()), (0.5, 1.0 / 12.0));
        near(moments(&mut |draws| draws.normal()), (0.0, 1.0));
        near(moments(&mut |draws| draws.gamma(0.5)), (0.5, 0.5));
        near(moments(&mut |draws| draws.gamma(4.0)), (4.0, 4.0));
        near(moments(&mut |draws| draws.beta(2.0, 6.0)), (0.25, 0.25 * 0.75 / 9.0));
    }
}

//! Seeded ordinary data for properties: normal enough, clustered, unbalanced.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of numbers from one seed.
pub struct Source(ChaCha20Rng);

impl Source {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sum of twelve uniforms minus six: close enough to normal.
    pub fn noise(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    pub fn noises(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.noise()).collect()
    }

    /// A whole number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.uniform() * bound as f64) as usize).min(bound - 1)
    }

    pub fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }
}

/// Rows in another order.
pub fn reordered<T: Clone>(values: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|at| values[*at].clone()).collect()
}

#[track_caller]
pub fn close(value: f64, expected: f64, relative: f64) {
    let allowed = relative * expected.abs().max(value.abs()) + 1e-12;
    assert!((value - expected).abs() <= allowed, "{value} is not {expected}");
}

#[track_caller]
pub fn close_maybe(value: Option<f64>, expected: Option<f64>, relative: f64) {
    match (value, expected) {
        (Some(value), Some(expected)) => close(value, expected, relative),
        _ => assert_eq!(value, expected),
    }
}

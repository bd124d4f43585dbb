//! Seeded draws for simulated organisations.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One stream of draws; every simulated study has its own.
pub struct Draws(ChaCha20Rng);

impl Draws {
    /// Stream `run` of the world `seed`.
    pub fn new(seed: u64, run: u64) -> Self {
        let mut source = ChaCha20Rng::seed_from_u64(seed);
        source.set_stream(run);
        Self(source)
    }

    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    pub fn normal(&mut self) -> f64 {
        // Box and Muller (1958).
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Gamma with scale 1 and a whole-number shape: a sum of exponentials.
    pub fn gamma(&mut self, shape: u32) -> f64 {
        (0..shape).map(|_| self.exponential()).sum()
    }

    /// A share that is normal on the logit scale around `center`.
    pub fn share(&mut self, center: f64, spread: f64) -> f64 {
        share_at(center, spread * self.normal())
    }

    pub fn poisson(&mut self, mean: f64) -> u64 {
        // Arrivals of a unit rate until the mean is used up.
        let mut left = mean - self.exponential();
        let mut count = 0;
        while left > 0.0 {
            count += 1;
            left -= self.exponential();
        }
        count
    }

    /// Sizes of `count` clusters, a few of them large: coefficient of variation about 0.8.
    pub fn sizes(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| (20.0 * (0.75 * self.normal()).exp()).round().clamp(4.0, 150.0) as usize).collect()
    }
}

fn share_at(center: f64, shift: f64) -> f64 {
    1.0 / (1.0 + (1.0 - center) / center * (-shift).exp())
}

/// Mean of [`Draws::share`], by the midpoint rule over eight standard deviations on either side.
pub fn mean_share(center: f64, spread: f64) -> f64 {
    let steps = 800;
    let (mut sum, mut weight) = (0.0, 0.0);
    for step in 0..steps {
        let z = (f64::from(step) + 0.5) * 16.0 / f64::from(steps) - 8.0;
        let density = (-0.5 * z * z).exp();
        sum += density * share_at(center, spread * z);
        weight += density;
    }
    sum / weight
}

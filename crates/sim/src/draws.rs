//! Seeded draws: one ChaCha20 stream for each subject, so that a change in one subject moves no other.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws that a seed and a subject fix.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha20Rng);

impl Draws {
    /// The stream of a subject, such as `("career", 17)`.
    #[must_use]
    pub fn of(seed: u64, subject: &str, index: u64) -> Self {
        // FNV-1a over the subject and its number, then the finaliser of SplitMix64: neighbours get streams far apart.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let hash = subject.bytes().chain(index.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, step);
        let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mut source = ChaCha20Rng::seed_from_u64(seed);
        source.set_stream(hash ^ (hash >> 31));
        Self(source)
    }

    /// Uniform on the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Uniform on [from, to).
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    /// Uniform on `0..count`; 0 where `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }

    /// Whether something of probability `p` happens.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// One of a list; `None` where it is empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// The position of one of `weights`, each with a probability in proportion.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.uniform() * weights.iter().sum::<f64>();
        for (position, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return position;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Standard normal, by the polar method (Marsaglia and Bray 1964).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Log-normal with this median and this standard deviation of the logarithm.
    pub fn lognormal(&mut self, median: f64, sd: f64) -> f64 {
        median * (sd * self.normal()).exp()
    }

    /// Poisson with this mean: counts exponential gaps, in pieces so that a large mean is no rounding to 0.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut left, mut count) = (mean, 0);
        loop {
            left -= self.exponential(1.0);
            if left < 0.0 {
                return count;
            }
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_subjects_do_not_touch_each_other() {
        let mut one = Draws::of(1, "career", 3);
        let mut two = Draws::of(1, "career", 4);
        let mut other = Draws::of(1, "change", 3);
        let first: Vec<f64> = (0..4).map(|_| one.uniform()).collect();
        assert_ne!(first, (0..4).map(|_| two.uniform()).collect::<Vec<_>>());
        assert_ne!(first, (0..4).map(|_| other.uniform()).collect::<Vec<_>>());
        assert_eq!(first, (0..4).scan(Draws::of(1, "career", 3), |draws, _| Some(draws.uniform())).collect::<Vec<_>>());
    }

    #[test]
    fn draws_have_the_moments_of_their_laws() {
        let mut draws = Draws::of(7, "moments", 0);
        let mean = |law: &mut dyn FnMut() -> f64| (0..40_000).map(|_| law()).sum::<f64>() / 40_000.0;
        let poisson = mean(&mut || f64::from(draws.poisson(3.5)));
        assert!((poisson - 3.5).abs() < 0.05, "{poisson}");
        let exponential = mean(&mut || draws.exponential(2.0));
        assert!((exponential - 2.0).abs() < 0.05, "{exponential}");
        let normal = mean(&mut || draws.normal());
        assert!(normal.abs() < 0.03, "{normal}");
        let second = mean(&mut || draws.weighted(&[1.0, 2.0, 1.0]) as f64);
        assert!((second - 1.0).abs() < 0.02, "{second}");
    }
}

//! Seeds: secret until the experiment is over, committed to by their hash, and the one source of all draws.

use std::path::Path;

use hmac::{Hmac, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::ExperimentError;
use crate::canonical::{Hash, hex, unhex};

const HEADER: &str = "candor-seed-1";

/// 32 secret bytes of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret seed")
    }
}

impl Seed {
    /// The seed that 32 unpredictable bytes make.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What is committed to: SHA-256 of `candor-seed-1`, the experiment and the seed, so that a seed serves one experiment.
    #[must_use]
    pub fn commitment(&self, experiment: &str) -> Hash {
        let mut text = format!("{HEADER}\n{experiment}\n").into_bytes();
        text.extend_from_slice(&self.0);
        Hash::of(&text)
    }

    /// The text of a seed file.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{HEADER}\n{}\n", self.reveal())
    }

    /// The seed in hex digits, for the day on which it becomes public.
    #[must_use]
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }

    /// Reads a seed file.
    ///
    /// # Errors
    /// [`ExperimentError::Seed`] where the text is something else.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, ExperimentError> {
        let mut lines = text.lines();
        let seed = (lines.next() == Some(HEADER)).then(|| lines.next().and_then(unhex)).flatten();
        seed.filter(|_| lines.next().is_none()).map(Self).ok_or_else(|| ExperimentError::Seed { path: path.to_path_buf() })
    }
}

/// The key of all draws of one experiment: made of every committed seed, so that no single person could choose it.
#[derive(Clone)]
pub struct DrawKey([u8; 32]);

impl DrawKey {
    /// Joins the seeds in the order of their commitments.
    #[must_use]
    pub fn new(experiment: &str, seeds: &[&Seed]) -> Self {
        let mut digest = Sha256::new();
        digest.update(format!("candor-draw-1\n{experiment}\n"));
        for seed in seeds {
            digest.update(seed.0);
        }
        Self(digest.finalize().into())
    }

    /// HMAC-SHA-256 of a purpose and a name.
    fn derive(&self, purpose: &str, name: &str) -> [u8; 32] {
        // A key of any length is taken; the error type of the trait has no value here.
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(name.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// A stream of draws of its own for each purpose and name (a stratum, for instance).
    #[must_use]
    pub fn stream(&self, purpose: &str, name: &str) -> Stream {
        Stream(ChaCha20Rng::from_seed(self.derive(purpose, name)))
    }

    /// A code for a stratum that names a person: the same person and context have the same one, and nobody reads them from it.
    #[must_use]
    pub fn label(&self, stratum: &str) -> String {
        format!("s-{}", hex(&self.derive("stratum", stratum)).chars().take(16).collect::<String>())
    }

    /// A commitment to a text: HMAC-SHA-256 with the seeds, so that not even a short text can be guessed before they are revealed.
    #[must_use]
    pub fn commit(&self, text: &str) -> Hash {
        Hash::of(&self.derive("commitment", text))
    }

    /// A number that orders names as the lot wants it, whatever their order in a file.
    #[must_use]
    pub fn rank(&self, name: &str) -> [u8; 32] {
        self.derive("order", name)
    }
}

/// Draws: ChaCha20 by name, so that a seed means the same arms on every machine and in every version.
pub struct Stream(ChaCha20Rng);

impl Stream {
    /// Uniform on `0..count` without bias; 0 where `count` is 0 or 1.
    pub fn below(&mut self, count: u32) -> u32 {
        if count < 2 {
            return 0;
        }
        // Numbers above the largest multiple of `count` are drawn again.
        let limit = u32::MAX - u32::MAX % count;
        loop {
            let number = self.0.next_u32();
            if number < limit {
                return number % count;
            }
        }
    }

    /// Shuffles by Fisher and Yates, from the end.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(u32::try_from(last + 1).unwrap_or(u32::MAX)) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_file_is_read_back_and_others_are_refused() {
        let seed = Seed::new([9; 32]);
        assert_eq!(Seed::from_text(Path::new("s"), &seed.to_text()).unwrap(), seed);
        for wrong in ["", "candor-seed-1\n", "candor-seed-1\nabc\n", &format!("{}x", seed.to_text()), &seed.reveal()] {
            assert!(Seed::from_text(Path::new("s.seed"), wrong).unwrap_err().to_string().contains("s.seed"));
        }
    }

    #[test]
    fn a_commitment_is_for_one_experiment_and_reveals_nothing() {
        let seed = Seed::new([9; 32]);
        assert_ne!(seed.commitment("a"), seed.commitment("b"));
        assert!(!seed.commitment("a").to_string().contains(&"09".repeat(4)));
        assert_eq!(format!("{seed:?}"), "a secret seed");
    }

    #[test]
    fn draws_are_those_of_chacha20_and_even() {
        let key = DrawKey::new("x", &[&Seed::new([1; 32])]);
        let mut counts = [0_u32; 6];
        let mut stream = key.stream("blocks", "p07/tests");
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Chi-squared with 5 degrees of freedom: 20.5 is its 99.9 % point.
        let chi: f64 = counts.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi < 20.5, "{counts:?}");
        let (mut one, mut other) = (key.stream("blocks", "a"), key.stream("blocks", "b"));
        assert_ne!((0..8).map(|_| one.below(1000)).collect::<Vec<_>>(), (0..8).map(|_| other.below(1000)).collect::<Vec<_>>());
    }
}

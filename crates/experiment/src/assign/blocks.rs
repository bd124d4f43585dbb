//! Units that come one by one: blocks of random size within each stratum, so that arms stay balanced and the next one cannot be guessed.

use std::collections::BTreeMap;

use super::seed::{DrawKey, Stream};
use crate::ledger::{Draw, Enrolment};

/// The arms of one stratum, place after place.
///
/// # Definition
/// A ChaCha20 stream keyed by HMAC-SHA-256(seeds, stratum) gives block after block: first its size, each of `sizes` equally likely, then
/// the order of its arms, each arm `size / arms` times (Fisher and Yates). Place k of the stratum is the k-th arm of that sequence.
///
/// # Source
/// Pocock 1979, Biometrics 35, 183-197 (random permuted blocks).
struct Sequence<'a> {
    stream: Stream,
    arms: &'a [String],
    sizes: &'a [u32],
    block: u32,
    left: Vec<&'a str>,
}

impl<'a> Sequence<'a> {
    fn new(key: &DrawKey, stratum: &str, arms: &'a [String], sizes: &'a [u32]) -> Self {
        Self { stream: key.stream("blocks", stratum), arms, sizes, block: 0, left: Vec::new() }
    }
}

impl<'a> Iterator for Sequence<'a> {
    /// Number of the block, from 1, and the arm.
    type Item = (u32, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            let choice = self.stream.below(u32::try_from(self.sizes.len()).ok()?);
            let size = self.sizes.get(choice as usize).copied().unwrap_or(0) as usize;
            let each = size / self.arms.len().max(1);
            self.left = self.arms.iter().flat_map(|arm| std::iter::repeat_n(arm.as_str(), each)).collect();
            self.stream.shuffle(&mut self.left);
            self.block += 1;
        }
        self.left.pop().map(|arm| (self.block, arm))
    }
}

/// Draws every unit of an enrolment, in its order.
pub(super) fn draw(enrolment: &Enrolment, key: &DrawKey) -> Vec<Draw> {
    // How far each stratum has to be unrolled.
    let mut needed: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in &enrolment.units {
        let most = needed.entry(unit.stratum.as_str()).or_default();
        *most = (*most).max(unit.position as usize + 1);
    }
    let unroll = |(stratum, count): (&'_ str, usize)| {
        let sequence = Sequence::new(key, stratum, &enrolment.arms, &enrolment.block_sizes);
        (stratum.to_owned(), sequence.take(count).map(|(block, arm)| (block, arm.to_owned())).collect::<Vec<_>>())
    };
    let unrolled: BTreeMap<String, Vec<(u32, String)>> = needed.into_iter().map(unroll).collect();
    let drawn = enrolment.units.iter().filter_map(|unit| {
        let (block, arm) = unrolled.get(&unit.stratum)?.get(unit.position as usize)?;
        Some(Draw { unit: unit.unit.clone(), arm: arm.clone(), stratum: format!("{}/b{block}", unit.stratum) })
    });
    drawn.collect()
}

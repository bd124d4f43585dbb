//! The common input of the survival curves: checked once, put into the order of time once.

use crate::error::{StatsError, finite, same_length};

/// Times that may be censored, one entry per row in every slice. A row stands for `weights` identical units.
///
/// Times are plain numbers in one unit of the caller's choice (seconds, days); integers up to 2^53 are exact.
#[derive(Debug, Clone, Copy)]
pub struct Lives<'a> {
    /// When follow-up of the row ended: at its death, or at its censoring. Not negative.
    pub times: &'a [f64],
    /// Whether it ended with a death. Deaths come before censorings at the same time.
    pub died: &'a [bool],
    /// How many units the row stands for; 1 each when missing. Not negative; a row of weight 0 is as if it were not there.
    pub weights: Option<&'a [f64]>,
    /// When the row came under observation (delayed entry), before its time; from the start when missing.
    /// A row that enters at t is at risk after t.
    pub entries: Option<&'a [f64]>,
    /// Who belongs together, for example the developer; every row on its own when missing.
    pub clusters: Option<&'a [u32]>,
}

impl<'a> Lives<'a> {
    /// Rows of weight 1, under observation from the start, each on its own.
    #[must_use]
    pub fn new(times: &'a [f64], died: &'a [bool]) -> Self {
        Self { times, died, weights: None, entries: None, clusters: None }
    }

    /// The same rows with weights.
    #[must_use]
    pub fn weighted(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// The same rows with delayed entry.
    #[must_use]
    pub fn entering(self, entries: &'a [f64]) -> Self {
        Self { entries: Some(entries), ..self }
    }

    /// The same rows, dependent inside a cluster.
    #[must_use]
    pub fn clustered(self, clusters: &'a [u32]) -> Self {
        Self { clusters: Some(clusters), ..self }
    }

    /// Checks every slice.
    ///
    /// # Errors
    /// [`StatsError`] with the name of the field: lengths that differ, values that are not finite, negative times or weights, an entry
    /// that is not before the time of its row.
    pub(crate) fn check(&self) -> Result<(), StatsError> {
        let rows = self.times.len();
        same_length("died", self.died.len(), rows)?;
        finite("times", self.times)?;
        not_negative("times", self.times)?;
        if let Some(weights) = self.weights {
            same_length("weights", weights.len(), rows)?;
            finite("weights", weights)?;
            not_negative("weights", weights)?;
        }
        if let Some(entries) = self.entries {
            same_length("entries", entries.len(), rows)?;
            finite("entries", entries)?;
            if let Some((entry, time)) = entries.iter().zip(self.times).find(|(entry, time)| entry >= time) {
                let value = format!("{entry} for a row that ends at {time}");
                return Err(StatsError::OutOfRange {
                    argument: "entries",
                    value,
                    expected: "a number below the time of the row",
                });
            }
        }
        if let Some(clusters) = self.clusters {
            same_length("clusters", clusters.len(), rows)?;
        }
        if rows >= (1 << 30) {
            return Err(StatsError::OutOfRange {
                argument: "times",
                value: format!("{rows} rows"),
                expected: "fewer than 2^30 rows",
            });
        }
        Ok(())
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        match self.weights {
            Some(weights) => weights.get(row).copied().unwrap_or(0.0),
            None => 1.0,
        }
    }
}

pub(crate) fn not_negative(argument: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().find(|value| **value < 0.0) {
        Some(value) => {
            Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a number that is not negative" })
        }
        None => Ok(()),
    }
}

/// Positions of `values` in ascending order; equal values in any order. The values are finite.
///
/// When range and count allow it, value and position are packed into one integer, which sorts by its digits: whole days of a million rows
/// take one pass over them, whole seconds three.
pub(crate) fn ascending(values: &[f64]) -> Vec<u32> {
    if values.is_sorted() {
        return (0..).take(values.len()).collect();
    }
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
    let bits = usize::BITS - values.len().leading_zeros();
    let whole =
        high - low < (1_u64 << (63 - bits)).min(1 << 52) as f64 && values.iter().all(|value| (value - low).fract() == 0.0);
    // A fractional `low` could make differences whole by rounding; then two different values might tie.
    if whole && low.fract() == 0.0 && low.abs() < 9e15 && high.abs() < 9e15 {
        if high - low < f64::from(1_u32 << DIGIT) && values.len() >= FEW {
            return counted(values, low);
        }
        let keys = values.iter().enumerate().map(|(at, value)| (((value - low) as u64) << bits) | at as u64).collect();
        let highest = bits + (u64::BITS - ((high - low).max(0.0) as u64).leading_zeros());
        let mask = (1_u64 << bits) - 1;
        return by_digits(keys, bits, highest).into_iter().map(|key| (key & mask) as u32).collect();
    }
    let mut keys: Vec<(u64, u32)> = values.iter().enumerate().map(|(at, value)| (ordered_bits(*value), at as u32)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, at)| at).collect()
}

/// Numbers of one digit of a radix sort: as many counters as fit close to the processor.
const DIGIT: u32 = 11;

/// Fewer values than this are not worth a table of counters.
const FEW: usize = 256;

/// Positions of whole numbers from `low` on that span one digit (counting sort).
fn counted(values: &[f64], low: f64) -> Vec<u32> {
    let digit = |value: &f64| (value - low) as usize & ((1 << DIGIT) - 1);
    let mut places = [0_usize; 1 << DIGIT];
    values.iter().for_each(|value| places[digit(value)] += 1);
    let mut before = 0;
    for place in &mut places {
        before += std::mem::replace(place, before);
    }
    let mut order = vec![0; values.len()];
    for (at, value) in (0..).zip(values) {
        let place = &mut places[digit(value)];
        order[*place] = at;
        *place += 1;
    }
    order
}

/// Sorts keys that are in the order of their bits below `from` and have none from `to` on (radix sort).
fn by_digits(mut keys: Vec<u64>, from: u32, to: u32) -> Vec<u64> {
    let passes = to.saturating_sub(from).div_ceil(DIGIT);
    // Many passes are not worth the moves.
    if keys.len() < FEW || passes > 4 {
        keys.sort_unstable();
        return keys;
    }
    let mut moved = vec![0; keys.len()];
    for pass in 0..passes {
        let digit = |key: u64| (key >> (from + pass * DIGIT)) as usize & ((1 << DIGIT) - 1);
        let mut places = [0_usize; 1 << DIGIT];
        keys.iter().for_each(|key| places[digit(*key)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for key in &keys {
            let place = &mut places[digit(*key)];
            moved[*place] = *key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut moved);
    }
    keys
}

/// Bits of a finite number in an order that is the order of the numbers; both zeros are one.
pub(super) fn ordered_bits(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

/// A sum that keeps what rounding would lose (Neumaier 1974), so that weights of 1e12 and of 1 can meet in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let next = self.total + value;
        self.lost += if self.total.abs() >= value.abs() { (self.total - next) + value } else { (value - next) + self.total };
        self.total = next;
    }

    pub(crate) fn value(self) -> f64 {
        self.total + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_orders_whole_fractional_and_negative_numbers() {
        for values in [vec![3.0, 1.0, 2.0, 1.0], vec![0.5, -0.25, 1e300, 0.0, -0.0], vec![-3.0, 5.0, -4.0], vec![], vec![9.0]] {
            let order = ascending(&values);
            assert_eq!(order.len(), values.len());
            let sorted: Vec<f64> = order.iter().map(|at| values[*at as usize]).collect();
            assert!(sorted.windows(2).all(|pair| pair[0] <= pair[1]), "{sorted:?}");
        }
    }

    #[test]
    fn whole_numbers_sort_alike_by_digits_and_by_comparison() {
        // Ranges of one, two, three, four and more digits; ties keep the order of their rows.
        for range in [1_u64, 2, 700, 1 << 11, (1 << 11) + 1, 1 << 26, 1 << 40, 1 << 45] {
            let values: Vec<f64> =
                (0..3000_u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 13) % range).map(|v| v as f64 - 5.0).collect();
            let mut expected: Vec<u32> = (0..3000).collect();
            expected.sort_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
            assert_eq!(ascending(&values), expected, "range {range}");
        }
    }

    #[test]
    fn sum_keeps_small_parts() {
        let mut sum = Sum::default();
        for value in [1e17, 1.0, -1e17] {
            sum.add(value);
        }
        assert_eq!(sum.value(), 1.0);
    }
}

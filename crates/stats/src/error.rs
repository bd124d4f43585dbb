//! What a caller did wrong. Too little evidence is not an error: that is [`crate::Outcome::Insufficient`].

use thiserror::Error;

/// An argument that no statistic can be computed from. Names the argument as the public signature spells it.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StatsError {
    /// A value that is NaN or infinite.
    #[error("`{argument}` holds a value that is not finite at index {index}")]
    NotFinite {
        /// Name of the argument in the public signature.
        argument: &'static str,
        /// Zero-based position of the first offending value.
        index: usize,
    },
    /// A value outside the range that the statistic is defined for.
    #[error("`{argument}` is {value}, expected {expected}")]
    OutOfRange {
        /// Name of the argument in the public signature.
        argument: &'static str,
        /// The offending value, printed.
        value: String,
        /// What would have been right, in words.
        expected: &'static str,
    },
    /// Two slices that must have one entry per unit differ in length.
    #[error("`{argument}` has {have} entries, expected {need}")]
    LengthMismatch {
        /// Name of the argument in the public signature.
        argument: &'static str,
        /// Its length.
        have: usize,
        /// The length that the other arguments fix.
        need: usize,
    },
}

/// The largest magnitude of a value: fourth powers of it, and sums of ten million of them, are still numbers, so that no variance of
/// a variance leaves their range. No measured quantity comes near.
pub const LARGEST: f64 = 1e75;

/// Checks that every value of `values` is finite and at most [`LARGEST`] in magnitude.
///
/// # Errors
/// [`StatsError::NotFinite`] with the first position that is not finite, [`StatsError::OutOfRange`] with the first value beyond
/// [`LARGEST`].
pub fn finite(argument: &'static str, values: &[f64]) -> Result<(), StatsError> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(StatsError::NotFinite { argument, index });
    }
    match values.iter().find(|value| value.abs() > LARGEST) {
        Some(value) => {
            Err(StatsError::OutOfRange { argument, value: format!("{value:e}"), expected: "numbers up to 1e75 in magnitude" })
        }
        None => Ok(()),
    }
}

/// Checks that `have` equals `need`.
///
/// # Errors
/// [`StatsError::LengthMismatch`] otherwise.
pub fn same_length(argument: &'static str, have: usize, need: usize) -> Result<(), StatsError> {
    if have == need { Ok(()) } else { Err(StatsError::LengthMismatch { argument, have, need }) }
}

/// Checks that `0 < value < 1`.
///
/// # Errors
/// [`StatsError::OutOfRange`] otherwise, also for NaN.
pub fn open_unit(argument: &'static str, value: f64) -> Result<(), StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a number between 0 and 1, both excluded" })
    }
}

//! Exact decimals for privacy budgets: 0.1 + 0.2 + 0.7 is 1, ten times 0.1 is 1, and a spend of one billionth more is too much.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::StatsError;

/// Most digits after the point.
const MOST_DIGITS: u32 = 27;

/// A number of 0 or more with at most 27 digits after the point, kept exactly.
///
/// Text form: plain digits with an optional point and exponent (`0.1`, `1e-9`); the serialised form is that text.
///
/// # Definition
/// A whole number of units of 10^-27. Sums, differences and multiples are exact or not there at all; nothing is ever rounded.
///
/// # Input
/// Text or figures from 0 to about 3.4 * 10^11; no unit of its own.
///
/// # Undefined when
/// A result would be negative, or too large to be kept: then `None`, never a wrong number.
///
/// # Assumptions
/// None.
///
/// # Source
/// None but arithmetic. IEEE 754-2019 is why it is needed: binary floating point has no 0.1, so a budget in it is overspent or refused by its rounding.
///
/// # Example
/// ```
/// use candor_stats::privacy::decimal::Decimal;
/// let parse = |text: &str| text.parse::<Decimal>().unwrap();
/// let sum = parse("0.1").plus(parse("0.2")).and_then(|sum| sum.plus(parse("0.7"))).unwrap();
/// assert_eq!(sum, parse("1"));
/// assert_eq!(sum.to_string(), "1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal {
    /// Units of 10^-27.
    units: u128,
}

/// 10^27: what one whole is in units.
const ONE: u128 = 10_u128.pow(MOST_DIGITS);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { units: 0 };

    /// The sum, or `None` where it is too large to be kept (above about 3 * 10^11).
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.units.checked_add(other.units).map(|units| Self { units })
    }

    /// The difference, or `None` where `other` is the larger one.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.units.checked_sub(other.units).map(|units| Self { units })
    }

    /// `count` times the number, or `None` where it is too large to be kept.
    #[must_use]
    pub fn times(self, count: u32) -> Option<Self> {
        self.units.checked_mul(u128::from(count)).map(|units| Self { units })
    }

    /// The nearest floating-point number, for formulas; never for sums.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // The text form is exact and parsing rounds correctly.
        self.to_string().parse().unwrap_or(f64::MAX)
    }

    /// The smallest decimal with `digits` digits after the point that is not below `value`: costs are rounded up, never down.
    ///
    /// # Errors
    /// [`StatsError`] naming `value` where it is negative, no number or above 10^11.
    pub fn at_least(value: f64, digits: u32) -> Result<Self, StatsError> {
        if !(0.0..=1e11).contains(&value) {
            return Err(StatsError::OutOfRange {
                argument: "value",
                value: value.to_string(),
                expected: "a number between 0 and 10^11",
            });
        }
        // The printed form is the exact value of the floating-point number.
        let exact = format!("{value:.1100}");
        let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
        let digits = digits.min(MOST_DIGITS) as usize;
        let (kept, rest) = fraction.split_at(digits.min(fraction.len()));
        let step = 10_u128.pow(MOST_DIGITS - digits as u32);
        let floor = format!("{whole}.{kept}").parse::<Self>()?;
        let up = if rest.bytes().any(|digit| digit != b'0') { step } else { 0 };
        Ok(Self { units: floor.units.saturating_add(up) })
    }
}

impl FromStr for Decimal {
    type Err = StatsError;

    fn from_str(text: &str) -> Result<Self, StatsError> {
        let wrong = || StatsError::OutOfRange {
            argument: "decimal",
            value: text.to_owned(),
            expected: "a number of 0 or more with at most 27 digits after the point, such as `0.1` or `1e-9`",
        };
        let trimmed = text.trim();
        let trimmed = trimmed.strip_prefix('+').unwrap_or(trimmed);
        let (mantissa, exponent) = match trimmed.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| wrong())?),
            None => (trimmed, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        // Position of the last digit relative to the unit of 10^-27.
        let mut shift = i64::from(exponent) + i64::from(MOST_DIGITS) - fraction.len() as i64;
        let mut units: u128 = 0;
        let significant: Vec<u128> = digits().map(|digit| u128::from(digit - b'0')).collect();
        let zeros = significant.iter().rev().take_while(|digit| **digit == 0).count();
        shift += zeros as i64;
        for digit in significant.iter().take(significant.len() - zeros) {
            units = units.checked_mul(10).and_then(|units| units.checked_add(*digit)).ok_or_else(wrong)?;
        }
        if units == 0 {
            return Ok(Self::ZERO);
        }
        let factor = u32::try_from(shift).ok().and_then(|shift| 10_u128.checked_pow(shift)).ok_or_else(wrong)?;
        units.checked_mul(factor).map(|units| Self { units }).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Decimal {
    type Error = StatsError;

    fn try_from(text: String) -> Result<Self, StatsError> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.to_string()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.units / ONE, self.units % ONE);
        if rest == 0 {
            return write!(formatter, "{whole}");
        }
        let fraction = format!("{rest:027}");
        write!(formatter, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_and_value_agree() {
        for (text, shown) in
            [("0.10", "0.1"), ("1e-9", "0.000000001"), ("1000", "1000"), ("1.5E2", "150"), (" 0 ", "0"), (".5", "0.5")]
        {
            assert_eq!(decimal(text).to_string(), shown, "`{text}`");
        }
        for text in ["", "-1", "1e-28", "abc", "1..2", "1e99", "0x1", "NaN", "1e", "."] {
            assert!(text.parse::<Decimal>().is_err(), "`{text}` is no decimal");
        }
        assert_eq!(decimal("0.03125").to_f64(), 0.03125);
    }

    #[test]
    fn rounding_never_lowers_a_cost() {
        assert_eq!(Decimal::at_least(0.03125, 9).unwrap(), decimal("0.03125"));
        // The double nearest to 0.1 lies above it.
        assert_eq!(Decimal::at_least(0.1, 9).unwrap(), decimal("0.100000001"));
        assert_eq!(Decimal::at_least(5e-324, 3).unwrap(), decimal("0.001"));
        assert!(Decimal::at_least(f64::NAN, 3).is_err());
        assert!(Decimal::at_least(-1.0, 3).is_err());
    }
}

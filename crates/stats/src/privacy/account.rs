//! What has been published so far and what may still be: one budget over all quarters, kept to the last digit.

use serde::{Deserialize, Serialize};

use super::conversion::epsilon_from_rho;
use super::decimal::Decimal;
use crate::{Fitted, Outcome, StatsError};

/// Digits after the point to which a cost that is no short decimal is rounded up.
const COST_DIGITS: u32 = 15;

/// In which unit privacy loss is counted. Both add up over publications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// rho of zero-concentrated differential privacy: the unit of Gaussian noise.
    ZeroConcentrated,
    /// epsilon of pure differential privacy: the unit of Laplace noise.
    PureEpsilon,
}

/// One publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// The period that it belongs to, for example `2026-Q1`.
    pub period: String,
    /// What was published.
    pub purpose: String,
    /// Its cost in the unit of the account.
    pub cost: Decimal,
}

/// A privacy budget over quarters. Serialise it after every spend and before the figure leaves: a copy or a restart then knows it.
///
/// # Definition
/// Costs are added exactly; a publication is refused when the sum would pass the budget, however little.
///
/// # Input
/// A budget above 0, in rho or in epsilon ([`Measure`]), and one cost per publication in the same measure.
///
/// # Undefined when
/// Never: a spend that does not fit is refused with an error, and the account stays as it was.
///
/// # Assumptions
/// Every publication about these persons is booked here, and none is published before it is booked. Two copies of an account do not know of
/// each other.
///
/// # Source
/// Bun and Steinke (2016), Concentrated Differential Privacy, arXiv:1605.02065, lemma 1.7 (rho adds up) and proposition 1.4 (pure epsilon
/// costs epsilon^2 / 2).
///
/// # Example
/// ```
/// use candor_stats::privacy::account::{Account, Measure};
/// let mut account = Account::new(Measure::ZeroConcentrated, "1".parse().unwrap());
/// for quarter in 1..=10 {
///     assert!(account.spend(&format!("quarter {quarter}"), "survival by context", "0.1".parse().unwrap()).unwrap().fit().is_some());
/// }
/// assert!(account.spend("quarter 11", "one more", "1e-9".parse().unwrap()).unwrap().refusal().is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    measure: Measure,
    budget: Decimal,
    spends: Vec<Spend>,
}

impl Account {
    /// An account that nothing was spent from.
    #[must_use]
    pub fn new(measure: Measure, budget: Decimal) -> Self {
        Self { measure, budget, spends: Vec::new() }
    }

    /// The unit of its costs.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// What may be spent over all periods together.
    #[must_use]
    pub fn budget(&self) -> Decimal {
        self.budget
    }

    /// What was spent, oldest first.
    #[must_use]
    pub fn spends(&self) -> &[Spend] {
        &self.spends
    }

    /// Sum of all costs.
    #[must_use]
    pub fn spent(&self) -> Decimal {
        // A file could hold more than the budget; a sum beyond the range of numbers is then as good as the largest number.
        self.spends.iter().try_fold(Decimal::ZERO, |sum, spend| sum.plus(spend.cost)).unwrap_or(self.budget)
    }

    /// Sum of the costs of one period.
    #[must_use]
    pub fn spent_in(&self, period: &str) -> Decimal {
        let costs = self.spends.iter().filter(|spend| spend.period == period);
        costs.map(|spend| spend.cost).try_fold(Decimal::ZERO, Decimal::plus).unwrap_or(self.budget)
    }

    /// What is left of the budget.
    #[must_use]
    pub fn left(&self) -> Decimal {
        self.budget.minus(self.spent()).unwrap_or(Decimal::ZERO)
    }

    /// Books a publication and gives what is left; books nothing and says why where the budget does not reach.
    ///
    /// # Errors
    /// [`StatsError`] naming `cost` where it is 0: nothing that depends on data is free.
    pub fn spend(&mut self, period: &str, purpose: &str, cost: Decimal) -> Result<Fitted<Decimal>, StatsError> {
        if cost == Decimal::ZERO {
            let expected = "a cost above 0: nothing that depends on data is free";
            return Err(StatsError::OutOfRange { argument: "cost", value: "0".to_owned(), expected });
        }
        let left = self.left();
        let Some(rest) = left.minus(cost) else {
            return Ok(Fitted::Refused(Outcome::insufficient(
                format!("{left} of the budget of {}", self.budget),
                cost.to_string(),
                "the privacy budget over all periods does not reach for this publication",
            )));
        };
        self.spends.push(Spend { period: period.to_owned(), purpose: purpose.to_owned(), cost });
        Ok(Fitted::Fit(rest))
    }

    /// The epsilon that everything spent so far amounts to at `delta` (which plays no role for a pure epsilon).
    ///
    /// # Errors
    /// [`StatsError`] naming `delta` outside (0, 1).
    pub fn epsilon(&self, delta: f64) -> Result<f64, StatsError> {
        match self.measure {
            Measure::PureEpsilon => {
                crate::error::open_unit("delta", delta)?;
                Ok(self.spent().to_f64())
            }
            Measure::ZeroConcentrated => epsilon_from_rho(self.spent().to_f64(), delta),
        }
    }
}

/// Cost in rho of Gaussian noise with standard deviation `scale` on figures that one person moves by at most `sensitivity`.
///
/// # Definition
/// `sensitivity^2 / (2 scale^2)`, rounded up at the 15th digit after the point.
///
/// # Input
/// `sensitivity`: Euclidean length by which one person can move all figures of the publication together, above 0; `scale`: standard deviation of the
/// noise in the same unit, above 0.
///
/// # Undefined when
/// The cost does not fit into a [`Decimal`]: an error naming `scale`.
///
/// # Assumptions
/// The sensitivity is a bound for every possible person, not for those in the data: it must be enforced before figures are summed.
///
/// # Errors
/// [`StatsError`] naming `sensitivity` or `scale` where one is not above 0 or the cost leaves the range of a [`Decimal`].
///
/// # Source
/// Canonne, Kamath and Steinke (2020), The Discrete Gaussian for Differential Privacy, arXiv:2004.00010, theorem 4 (the discrete Gaussian
/// costs what the continuous one does).
///
/// # Example
/// ```
/// use candor_stats::privacy::account::gaussian_cost;
/// // OpenDP 0.16: make_gaussian(scale = 4).map(1) is 0.03125.
/// assert_eq!(gaussian_cost(1.0, 4.0).unwrap(), "0.03125".parse().unwrap());
/// ```
pub fn gaussian_cost(sensitivity: f64, scale: f64) -> Result<Decimal, StatsError> {
    positive("sensitivity", sensitivity)?;
    positive("scale", scale)?;
    rounded_up("scale", scale, (sensitivity / scale).powi(2) / 2.0)
}

/// Cost in epsilon of Laplace noise with `scale` on figures that one person moves by at most `sensitivity`.
///
/// # Definition
/// `sensitivity / scale`, rounded up at the 15th digit after the point.
///
/// # Input
/// `sensitivity`: sum of absolute changes that one person can make to all figures of the publication together, above 0; `scale` of the noise in
/// the same unit, above 0.
///
/// # Undefined when
/// The cost does not fit into a [`Decimal`]: an error naming `scale`.
///
/// # Assumptions
/// The sensitivity is a bound for every possible person, not for those in the data: it must be enforced before figures are summed.
///
/// # Errors
/// [`StatsError`] naming `sensitivity` or `scale` where one is not above 0 or the cost leaves the range of a [`Decimal`].
///
/// # Source
/// Ghosh, Roughgarden and Sundararajan (2012), Universally Utility-Maximizing Privacy Mechanisms, doi:10.1137/09076828X, definition 2.1.
///
/// # Example
/// ```
/// use candor_stats::privacy::account::laplace_cost;
/// // OpenDP 0.16: make_laplace(scale = 8).map(3) is 0.375.
/// assert_eq!(laplace_cost(3.0, 8.0).unwrap(), "0.375".parse().unwrap());
/// ```
pub fn laplace_cost(sensitivity: f64, scale: f64) -> Result<Decimal, StatsError> {
    positive("sensitivity", sensitivity)?;
    positive("scale", scale)?;
    rounded_up("scale", scale, sensitivity / scale)
}

/// Cost in rho of a publication that is `epsilon`-private, for one account over both kinds of noise.
///
/// # Definition
/// `epsilon^2 / 2`, rounded up at the 15th digit after the point.
///
/// # Input
/// `epsilon` of one publication, above 0; it has no unit.
///
/// # Undefined when
/// The cost does not fit into a [`Decimal`]: an error naming `epsilon`.
///
/// # Assumptions
/// The publication is epsilon-private without any delta, as with Laplace noise.
///
/// # Errors
/// [`StatsError`] naming `epsilon` where it is not above 0 or its cost leaves the range of a [`Decimal`].
///
/// # Source
/// Bun and Steinke (2016), arXiv:1605.02065, proposition 1.4.
///
/// # Example
/// ```
/// assert_eq!(candor_stats::privacy::account::pure_cost(0.5).unwrap(), "0.125".parse().unwrap());
/// ```
pub fn pure_cost(epsilon: f64) -> Result<Decimal, StatsError> {
    positive("epsilon", epsilon)?;
    rounded_up("epsilon", epsilon, epsilon * epsilon / 2.0)
}

fn rounded_up(argument: &'static str, value: f64, cost: f64) -> Result<Decimal, StatsError> {
    // The quotient itself may have been rounded down: its upper neighbour is rounded up at a digit that it does not reach.
    let above = if exact(cost) { cost } else { cost.next_up().next_up() };
    let wrong = || StatsError::OutOfRange { argument, value: value.to_string(), expected: "noise whose cost lies below 10^11" };
    Decimal::at_least(above, COST_DIGITS)
        .map_err(|_| wrong())
        .and_then(|cost| if cost == Decimal::ZERO { Err(wrong()) } else { Ok(cost) })
}

/// Whether a quotient is a short binary fraction, which division and squaring give exactly.
fn exact(cost: f64) -> bool {
    cost * 1_048_576.0 == (cost * 1_048_576.0).trunc() && cost < 1e9
}

pub(super) fn positive(argument: &'static str, value: f64) -> Result<(), StatsError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { argument, value: value.to_string(), expected: "a finite number above 0" })
    }
}

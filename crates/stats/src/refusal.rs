//! How a computation that gives many figures says that it cannot give any, and how that travels inside this crate.

use crate::{Outcome, StatsError};

/// A fit with many figures, or the outcome that stands in the place of each of them.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one lives per fit, never in a list")]
pub enum Fitted<T> {
    /// The fit; ask it for its figures.
    Fit(T),
    /// [`Outcome::Insufficient`] or [`Outcome::NotApplicable`]: why there is no fit.
    Refused(Outcome),
}

impl<T> Fitted<T> {
    /// The fit, if there is one.
    #[must_use]
    pub fn fit(&self) -> Option<&T> {
        match self {
            Self::Fit(fit) => Some(fit),
            Self::Refused(_) => None,
        }
    }

    /// The fit itself, if there is one.
    #[must_use]
    pub fn into_fit(self) -> Option<T> {
        match self {
            Self::Fit(fit) => Some(fit),
            Self::Refused(_) => None,
        }
    }

    /// Why there is none.
    #[must_use]
    pub fn refusal(&self) -> Option<&Outcome> {
        match self {
            Self::Fit(_) => None,
            Self::Refused(outcome) => Some(outcome),
        }
    }
}

/// Leaves a computation early: with a caller's mistake or with an outcome that is no estimate.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    Mistake(StatsError),
    // Boxed, because every private function returns it.
    Refused(Box<Outcome>),
}

impl From<StatsError> for Stop {
    fn from(error: StatsError) -> Self {
        Self::Mistake(error)
    }
}

impl Stop {
    /// Too little to compute from.
    pub(crate) fn insufficient(have: impl Into<String>, need: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Refused(Box::new(Outcome::insufficient(have, need, reason)))
    }

    /// A question that makes no sense for this input.
    pub(crate) fn not_applicable(reason: impl Into<String>) -> Self {
        Self::Refused(Box::new(Outcome::not_applicable(reason)))
    }

    /// A figure that left the range of numbers.
    pub(crate) fn overflow() -> Self {
        Self::insufficient(
            "values whose squares are no finite numbers",
            "values below about 1e150",
            "the values are too large to compute with: give them in a larger unit",
        )
    }
}

/// Turns the way in which a computation ended into the public form for one figure.
pub(crate) fn outcome(result: Result<crate::Estimate, Stop>) -> Result<Outcome, StatsError> {
    match result {
        Ok(estimate) => Ok(Outcome::Estimate(estimate)),
        Err(Stop::Refused(outcome)) => Ok(*outcome),
        Err(Stop::Mistake(error)) => Err(error),
    }
}

/// Turns the way in which a computation ended into the public form for many figures.
pub(crate) fn fitted<T>(result: Result<T, Stop>) -> Result<Fitted<T>, StatsError> {
    match result {
        Ok(fit) => Ok(Fitted::Fit(fit)),
        Err(Stop::Refused(outcome)) => Ok(Fitted::Refused(*outcome)),
        Err(Stop::Mistake(error)) => Err(error),
    }
}

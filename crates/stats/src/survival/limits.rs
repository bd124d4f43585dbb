//! The scale on which limits of a survival probability are symmetric.

use serde::Serialize;

use crate::error::{StatsError, open_unit};
use crate::linearised::Reference;

/// Transformation of a survival probability whose normal limits are transformed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limits {
    /// log(-log S): stays inside (0, 1) and holds its level best near 0 and 1.
    LogLog,
    /// log S: stays above 0, cut at 1.
    Log,
    /// S itself, cut to [0, 1].
    Plain,
}

/// Which interval is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Confidence {
    /// Two-sided level, above 0 and below 1.
    pub level: f64,
    /// Scale of the limits of a survival probability.
    pub limits: Limits,
    /// How the spread between clusters becomes an interval. Without clusters it is always the normal law.
    pub reference: Reference,
}

impl Default for Confidence {
    /// 95 %, log-log limits, the small-sample method.
    fn default() -> Self {
        Self { level: 0.95, limits: Limits::LogLog, reference: Reference::SmallSample }
    }
}

impl Confidence {
    pub(crate) fn check(&self) -> Result<(), StatsError> {
        open_unit("level", self.level)
    }
}

impl Limits {
    /// Name in the field's terms.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LogLog => "log-log",
            Self::Log => "log",
            Self::Plain => "plain",
        }
    }

    /// Limits around the survival probability `s` whose half-width on the plain scale is `margin`.
    ///
    /// `None` where the scale is undefined: at 0 and, for a positive margin, at 1.
    ///
    /// Kalbfleisch and Prentice 2002, "The Statistical Analysis of Failure Time Data", 2nd edition, section 1.4 (delta method on each scale).
    #[must_use]
    pub fn around(self, s: f64, margin: f64) -> Option<(f64, f64)> {
        if !(s > 0.0 && s <= 1.0 && margin >= 0.0 && margin.is_finite()) || (s == 1.0 && margin > 0.0) {
            return None;
        }
        if margin == 0.0 {
            return Some((s, s));
        }
        let limits = match self {
            Self::Plain => (s - margin, s + margin),
            Self::Log => (s * (-margin / s).exp(), s * (margin / s).exp()),
            Self::LogLog => {
                let shift = margin / (s * -s.ln());
                (s.powf(shift.exp()), s.powf((-shift).exp()))
            }
        };
        Some((limits.0.clamp(0.0, 1.0), limits.1.clamp(0.0, 1.0)))
    }
}

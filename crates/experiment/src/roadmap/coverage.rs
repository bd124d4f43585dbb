//! What is known of the data on a day, as the facts of the organisation or a file say it: which metrics have data since when, and what was measured about them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ExperimentError;

/// Name of this form.
const FORM: &str = "candor-coverage-1";

/// Coverage of the data on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Always `candor-coverage-1`.
    pub form: String,
    /// The day.
    pub as_of: Date,
    /// Metric by metric.
    #[serde(default)]
    pub metrics: Vec<MetricCoverage>,
    /// How well it is known who or what wrote the code.
    #[serde(default)]
    pub attribution: Option<AttributionMeasured>,
    /// What effects can be seen by the end of the pilot.
    #[serde(default)]
    pub detectable: Vec<Detectable>,
    /// What the pilot is checked for.
    #[serde(default)]
    pub pilot: Option<PilotChecks>,
    /// Whether the tables of associations between tiers are computed.
    #[serde(default)]
    pub associations: bool,
    /// Whether the policies were tried on the history.
    #[serde(default)]
    pub policies_simulated: bool,
}

/// Data of one metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricCoverage {
    /// Its id.
    pub metric: String,
    /// First day with data.
    #[serde(default)]
    pub from: Option<Date>,
    /// First day after the last one with data.
    #[serde(default)]
    pub until: Option<Date>,
    /// Days without data in between.
    #[serde(default)]
    pub gap_days: u32,
}

/// How well it is known who or what wrote the code.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributionMeasured {
    /// Share of changes of known source, 0 to 1.
    pub known_share: f64,
}

/// The smallest effect that can be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detectable {
    /// The criterion.
    pub criterion: String,
    /// The effect, on the criterion's scale, at a chance of 80 %.
    pub effect: f64,
}

/// What the pilot is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotChecks {
    /// p-value of the sample-ratio test.
    #[serde(default)]
    pub sample_ratio_p: Option<f64>,
    /// Share of units that did what their arm asks, 0 to 1.
    #[serde(default)]
    pub compliance: Option<f64>,
    /// Share of control units that used the tools all the same, 0 to 1.
    #[serde(default)]
    pub contamination: Option<f64>,
}

impl Coverage {
    /// Coverage of a day of which nothing is known yet.
    #[must_use]
    pub fn of(as_of: Date) -> Self {
        Self {
            form: FORM.to_owned(),
            as_of,
            metrics: Vec::new(),
            attribution: None,
            detectable: Vec::new(),
            pilot: None,
            associations: false,
            policies_simulated: false,
        }
    }

    /// Reads coverage; `name` is named when it is none.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] with line and column, or with the value that makes no sense.
    pub fn from_json(name: &str, text: &str) -> Result<Self, ExperimentError> {
        let refuse = |what: String| ExperimentError::Refused { what, hint: None };
        let coverage: Self = serde_json::from_str(text).map_err(|error| {
            refuse(format!("{name}:{}:{}: expected coverage of the form `{FORM}`: {error}", error.line(), error.column()))
        })?;
        if coverage.form != FORM {
            return Err(refuse(format!("{name}: expected coverage of the form `{FORM}`, found `{}`", coverage.form)));
        }
        let checks =
            coverage.pilot.map(|pilot| [pilot.sample_ratio_p, pilot.compliance, pilot.contamination]).unwrap_or_default();
        let shares = checks.into_iter().flatten().chain(coverage.attribution.map(|own| own.known_share));
        match shares.into_iter().find(|share| !(0.0..=1.0).contains(share)) {
            Some(share) => Err(refuse(format!("{name}: expected shares between 0 and 1, found {share}"))),
            None => Ok(coverage),
        }
    }
}

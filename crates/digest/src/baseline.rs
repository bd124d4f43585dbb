//! The baseline: what every metric said before, kept as a file that an organisation commits.

use std::collections::BTreeMap;

use candor_catalogue::{Answer, Catalogue, CatalogueError, Cell, PeriodKind, Question};
use candor_stats::{Estimate, Interval, Maturity};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::observations::Observations;
use crate::privacy;
use crate::supply;

/// Id and version of the schema of [`Baseline`].
pub const BASELINE_SCHEMA: &str = "candor-baseline/1";

/// What every metric said in a window of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// [`BASELINE_SCHEMA`].
    pub schema: String,
    /// The day at whose beginning knowledge ended.
    pub as_of: Date,
    /// First day of the window.
    pub from: Date,
    /// The day after its last one.
    pub until: Date,
    /// Number of the snapshot that everything was computed from.
    pub snapshot: Option<i64>,
    /// Time zone of days.
    pub timezone: String,
    /// Currency of amounts.
    pub currency: String,
    /// Share of AI lines above which a change was AI-heavy.
    pub ai_heavy_above: f64,
    /// Level of the intervals.
    pub level: f64,
    /// The figures, by metric, figure and team.
    pub figures: Vec<BaselineFigure>,
}

/// One figure of a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineFigure {
    /// Id of the metric.
    pub metric: String,
    /// Version of its definition.
    pub version: u32,
    /// `review_time.hours`, or the id of the metric alone.
    pub figure: String,
    /// Unit.
    pub unit: String,
    /// The group: dimension to value; empty = all units together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, String>,
    /// What the answer is.
    pub kind: BaselineKind,
    /// The figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<f64>,
    /// Lower limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// Variance of the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance: Option<f64>,
    /// Degrees of freedom of the variance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrees_of_freedom: Option<f64>,
    /// Independent clusters, as a rule people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<usize>,
    /// What is counted or summed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// What it is divided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// Observations.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub units: u64,
    /// Distinct people behind them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u64>,
    /// How it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether some units were still inside their follow-up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// Stable name of the reason why there is no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Commands that supply what was missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supplied_by: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What an answer of a baseline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// A figure.
    Estimate,
    /// Too little to compute it from.
    Insufficient,
    /// The question made no sense.
    NotApplicable,
    /// The instrument was not running.
    NotObserved,
}

/// Why a file is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// No JSON of the form.
    #[error("{file}:{line}: {problem}")]
    Form {
        /// The file as it was named.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Another version of the form.
    #[error("{file}: expected `{BASELINE_SCHEMA}`, found `{found}`")]
    Schema {
        /// The file as it was named.
        file: String,
        /// Its schema.
        found: String,
    },
    /// A window that ends before it begins.
    #[error("{file}: the window ends on {until} and begins on {from}")]
    Window {
        /// The file as it was named.
        file: String,
        /// Its first day.
        from: Date,
        /// The day after its last one.
        until: Date,
    },
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn parse(file: &str, text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Head {
            schema: Option<String>,
        }
        let form = |error: serde_json::Error| {
            let problem = error.to_string();
            let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
            BaselineError::Form { file: file.to_owned(), line: error.line(), problem }
        };
        let head: Head = serde_json::from_str(text).map_err(form)?;
        let found = head.schema.unwrap_or_default();
        if found != BASELINE_SCHEMA {
            return Err(BaselineError::Schema { file: file.to_owned(), found });
        }
        let own: Self = serde_json::from_str(text).map_err(form)?;
        if own.from >= own.until {
            return Err(BaselineError::Window { file: file.to_owned(), from: own.from, until: own.until });
        }
        Ok(own)
    }

    /// The file's text.
    ///
    /// # Errors
    /// None that a baseline can cause: every number of it is finite.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| format!("{text}\n"))
    }

    /// The figure of a group.
    #[must_use]
    pub fn figure(&self, name: &str, by: &BTreeMap<String, String>) -> Option<&BaselineFigure> {
        self.figures.iter().find(|figure| figure.figure == name && figure.by == *by)
    }
}

impl BaselineFigure {
    /// The figure as an estimate, where it is one.
    #[must_use]
    pub fn estimate(&self, level: f64) -> Option<Estimate> {
        let mut estimate = Estimate::new(self.point?, self.method.clone().unwrap_or_default(), self.units as f64);
        let has_limits = self.lower.is_some() || self.upper.is_some();
        estimate.interval = has_limits.then_some(Interval { lower: self.lower, upper: self.upper, level });
        estimate.variance = self.variance;
        estimate.degrees_of_freedom = self.degrees_of_freedom;
        estimate.clusters = self.clusters;
        Some(estimate)
    }
}

/// Computes a baseline: every metric over the window, and by team where the metric knows teams of five people.
///
/// Metrics over all history (promotions, for example) are taken over all of it.
///
/// # Errors
/// [`CatalogueError`] of the first metric that fails.
pub fn baseline<'a>(
    observations: &Observations<'a>,
    catalogue: &'a Catalogue,
    from: Date,
    until: Date,
) -> Result<Baseline, CatalogueError> {
    let session = observations.session();
    let settings = session.settings();
    let mut figures = Vec::new();
    for metric in catalogue.metrics() {
        let observed = observations.of(metric)?;
        let commands: Vec<String> = supply::missing(session, metric).into_iter().map(|missing| missing.command).collect();
        let has_teams = metric.tier < 3 && metric.slices.iter().any(|dimension| dimension == "team");
        let by: Vec<String> = if has_teams { vec!["team".to_owned()] } else { Vec::new() };
        let question = if metric.all_time {
            Question { by, ..Question::overall() }
        } else {
            Question { by, period: PeriodKind::Overall, from: Some(from), to: Some(until) }
        };
        let result = privacy::guarded(observed.answer(&question)?, &metric.per, settings.min_group);
        for figure in &result.figures {
            for cell in &figure.cells {
                figures.push(row(&result.id, result.version, &figure.figure, &figure.unit, cell, &commands));
            }
        }
    }
    Ok(Baseline {
        schema: BASELINE_SCHEMA.to_owned(),
        as_of: settings.as_of,
        from,
        until,
        snapshot: session.facts().snapshot(),
        timezone: settings.timezone.clone(),
        currency: settings.currency.clone(),
        ai_heavy_above: settings.ai_heavy_above,
        level: settings.level,
        figures,
    })
}

fn row(metric: &str, version: u32, figure: &str, unit: &str, cell: &Cell, commands: &[String]) -> BaselineFigure {
    let estimate = cell.answer.estimate();
    let interval = estimate.and_then(|estimate| estimate.interval);
    let (kind, reason) = match &cell.answer {
        Answer::Estimate(_) => (BaselineKind::Estimate, None),
        Answer::Insufficient { reason, .. } => (BaselineKind::Insufficient, Some(reason)),
        Answer::NotApplicable { reason, .. } => (BaselineKind::NotApplicable, Some(reason)),
        Answer::NotObserved { reason, .. } => (BaselineKind::NotObserved, Some(reason)),
    };
    BaselineFigure {
        metric: metric.to_owned(),
        version,
        figure: figure.to_owned(),
        unit: unit.to_owned(),
        by: cell.by.clone(),
        kind,
        point: cell.answer.point(),
        lower: interval.and_then(|interval| interval.lower),
        upper: interval.and_then(|interval| interval.upper),
        variance: estimate.and_then(|estimate| estimate.variance),
        degrees_of_freedom: estimate.and_then(|estimate| estimate.degrees_of_freedom),
        clusters: estimate.and_then(|estimate| estimate.clusters),
        numerator: cell.numerator,
        denominator: cell.denominator,
        units: cell.units,
        people: cell.people,
        method: estimate.map(|estimate| estimate.method.clone()),
        open: estimate.is_some_and(|estimate| estimate.maturity == Some(Maturity::Open)),
        code: cell.answer.code().map(str::to_owned),
        reason: reason.cloned(),
        supplied_by: if kind == BaselineKind::Estimate { Vec::new() } else { commands.to_vec() },
    }
}

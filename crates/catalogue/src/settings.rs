//! What an organisation says of itself that figures depend on.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::CatalogueError;

/// Settings of an organisation, with the window of this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Time zone of days, weeks, months and quarters, by its IANA name.
    pub timezone: String,
    /// Reporting currency, ISO 4217.
    pub currency: String,
    /// First local day of the window.
    pub window_start: Date,
    /// Whether nobody says when the window begins, so that it begins with the first fact of any table: a series of periods then begins
    /// with the first observation of its metric.
    pub window_from_facts: bool,
    /// The local day at whose beginning knowledge ends: nothing of it is known.
    pub as_of: Date,
    /// Share of AI lines above which a change is AI-heavy.
    pub ai_heavy_above: f64,
    /// Up to how many minutes practice sessions are compared.
    pub practice_limit_minutes: f64,
    /// What a failed junior hire costs, in the reporting currency; there is no talent cost without it.
    pub failed_hire_cost: Option<f64>,
    /// What a junior past the 24th month costs per month; there is no talent cost without it.
    pub stuck_junior_cost_per_month: Option<f64>,
    /// Changes before this day without evidence count as human.
    pub human_before: Date,
    /// People that a figure of Tier 3 needs.
    pub min_group: u32,
    /// Weights of customer bugs by severity.
    pub severity_weights: Vec<(String, f64)>,
    /// Accounts of AI reviewers, for example `bot:codereview`.
    pub ai_reviewers: Vec<String>,
    /// Contexts in which AI is encouraged.
    pub encouraged_contexts: Vec<String>,
    /// Level of all intervals, 0 to 1.
    pub level: f64,
}

impl Settings {
    /// The settings that nobody changed, for a zone, a currency and a window.
    #[must_use]
    pub fn new(timezone: &str, currency: &str, window_start: Date, as_of: Date) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            timezone: timezone.to_owned(),
            currency: currency.to_owned(),
            window_start,
            window_from_facts: false,
            as_of,
            ai_heavy_above: 0.40,
            practice_limit_minutes: 90.0,
            failed_hire_cost: None,
            stuck_junior_cost_per_month: None,
            human_before: Date::constant(2021, 6, 1),
            min_group: 5,
            severity_weights: [("critical", 10.0), ("high", 5.0), ("medium", 2.0), ("low", 1.0)]
                .map(|(severity, weight)| (severity.to_owned(), weight))
                .to_vec(),
            ai_reviewers: Vec::new(),
            encouraged_contexts: texts(&["boilerplate", "tests", "docs", "tooling", "refactoring"]),
            level: 0.95,
        }
    }

    /// The zone.
    ///
    /// # Errors
    /// [`CatalogueError::Setting`] when there is no such zone.
    pub fn zone(&self) -> Result<TimeZone, CatalogueError> {
        TimeZone::get(&self.timezone).map_err(|_| CatalogueError::Setting {
            name: "timezone",
            found: format!("`{}`", self.timezone),
            expected: "a name of the IANA time zone database, for example Europe/Berlin",
        })
    }

    /// The value of a numeric setting by its name in heads of metrics.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match name {
            "practice_limit_minutes" => Some(self.practice_limit_minutes),
            "failed_hire_cost" => self.failed_hire_cost,
            "stuck_junior_cost_per_month" => self.stuck_junior_cost_per_month,
            "ai_heavy_above" => Some(self.ai_heavy_above),
            _ => None,
        }
    }

    /// Refuses what no figure can be computed from.
    ///
    /// # Errors
    /// [`CatalogueError::Setting`].
    pub fn check(&self) -> Result<(), CatalogueError> {
        let wrong = |name, found: String, expected| Err(CatalogueError::Setting { name, found, expected });
        self.zone()?;
        if self.window_start >= self.as_of {
            return wrong("window_start", self.window_start.to_string(), "a day before `as_of`");
        }
        if self.as_of.year() > 9000 || self.window_start.year() < 1900 {
            return wrong("as_of", self.as_of.to_string(), "a window between the years 1900 and 9000");
        }
        if !(0.0..1.0).contains(&self.ai_heavy_above) {
            return wrong("ai_heavy_above", self.ai_heavy_above.to_string(), "a share from 0 to 1");
        }
        if !self.practice_limit_minutes.is_finite() || self.practice_limit_minutes <= 0.0 {
            return wrong("practice_limit_minutes", self.practice_limit_minutes.to_string(), "minutes above 0");
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return wrong("level", self.level.to_string(), "a share between 0 and 1");
        }
        Ok(())
    }
}

/// The beginning of a local day as an instant.
pub(crate) fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, CatalogueError> {
    day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|_| CatalogueError::Setting {
        name: "as_of",
        found: day.to_string(),
        expected: "a day that the time zone has",
    })
}

/// What of the settings a reader of a figure must know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Time zone of days, weeks, months and quarters.
    pub timezone: String,
    /// Currency of amounts.
    pub currency: String,
    /// First day of the window.
    pub window_start: String,
    /// The day at whose beginning knowledge ends.
    pub as_of: String,
    /// Share of AI lines above which a change is AI-heavy.
    pub ai_heavy_above: f64,
    /// People that a figure of Tier 3 needs.
    pub min_group: u32,
    /// Level of all intervals.
    pub level: f64,
}

impl From<&Settings> for Shown {
    fn from(settings: &Settings) -> Self {
        Self {
            timezone: settings.timezone.clone(),
            currency: settings.currency.clone(),
            window_start: settings.window_start.to_string(),
            as_of: settings.as_of.to_string(),
            ai_heavy_above: settings.ai_heavy_above,
            min_group: settings.min_group,
            level: settings.level,
        }
    }
}

//! What a reader may ask of a report, and the fixed minimums below which no figure is given.

use crate::error::MetricsError;

/// Curves are drawn only as far as this many lines are followed.
pub const MINIMUM_LINES_DRAWN: u64 = 10;

/// A comparison needs this many authors on each side.
pub const MINIMUM_AUTHORS: usize = 2;

/// Below this many of Satterthwaite's degrees of freedom no limits are given: one author carries the figure.
///
/// In the simulation of `examples/few_authors.rs` (2 to 30 authors, one of them with up to 99 % of the lines) nominal 95 % limits with fewer
/// than 1.1 degrees of freedom cover 88 %; from 1.1 to 2 they cover 95 to 98 % and are 32 to 68 points wide in the median, which is what can
/// be known; from 2 on they cover 94 % or more at 28 points or less.
pub const MINIMUM_DEGREES: f64 = 1.25;

/// Options of [`crate::lives`]. Instants are seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportOptions {
    /// Ages at which durability is given, in days, ascending.
    pub horizons_days: Vec<u32>,
    /// Two-sided level of all intervals, between 0 and 1.
    pub level: f64,
    /// Share of AI lines above which a landing is `ai_heavy`, 0 to 1.
    pub ai_heavy: f64,
    /// Landings before this instant are left out.
    pub since: Option<i64>,
    /// Nothing later than this instant is known; `None` = each repository's own tip.
    pub as_of: Option<i64>,
    /// Sensitivity and specificity of the evidence of AI, each 0 to 1, their sum above 1.
    pub se_sp: Option<(f64, f64)>,
    /// Declarations that attribution is complete, as given; the loader has applied them, the report shows them.
    pub complete: Vec<String>,
    /// Date before which lines without evidence count as human, as given; applied by the loader.
    pub human_before: Option<String>,
}

impl Default for ReportOptions {
    /// 30, 60 and 90 days, 95 %, AI-heavy above 40 %.
    fn default() -> Self {
        Self {
            horizons_days: vec![30, 60, 90],
            level: 0.95,
            ai_heavy: 0.40,
            since: None,
            as_of: None,
            se_sp: None,
            complete: Vec::new(),
            human_before: None,
        }
    }
}

impl ReportOptions {
    /// Whether a report can be computed with them.
    ///
    /// # Errors
    /// [`MetricsError::Option`] names the first one that is out of its range, as the user spells it.
    pub fn check(&self) -> Result<(), MetricsError> {
        let refuse = |option, value: String, expected| Err(MetricsError::Option { option, value, expected });
        if self.horizons_days.is_empty() || self.horizons_days.len() > 8 {
            return refuse("the list of horizons", format!("{} values", self.horizons_days.len()), "1 to 8 ages in days");
        }
        if let Some(pair) = self.horizons_days.windows(2).find(|pair| pair.first() >= pair.last()) {
            return refuse("the list of horizons", format!("{pair:?}"), "ages in ascending order");
        }
        if let Some(days) = self.horizons_days.iter().find(|days| **days == 0 || **days > 36_500) {
            return refuse("the list of horizons", days.to_string(), "ages from 1 to 36500 days");
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return refuse("the level of intervals", self.level.to_string(), "a number between 0 and 1, for example 0.95");
        }
        if !(0.0..=1.0).contains(&self.ai_heavy) {
            return refuse("--ai-heavy", self.ai_heavy.to_string(), "a share from 0 to 1, such as 0.4 for 40 %");
        }
        if let Some((se, sp)) = self.se_sp {
            if !(se > 0.0 && se <= 1.0) {
                return refuse(
                    "--se",
                    se.to_string(),
                    "a share above 0 and up to 1, such as 0.6: of 100 AI lines 60 have evidence of AI",
                );
            }
            if !(sp > 0.0 && sp <= 1.0) {
                return refuse(
                    "--sp",
                    sp.to_string(),
                    "a share above 0 and up to 1, such as 0.97: of 100 human lines 97 have no evidence of AI",
                );
            }
        }
        if let (Some(since), Some(as_of)) = (self.since, self.as_of)
            && since > as_of
        {
            return refuse("--since", crate::calendar::rfc3339(since), "an instant before that of --as-of");
        }
        Ok(())
    }
}

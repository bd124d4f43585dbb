//! How an organisation describes itself: `candor.toml`, read strictly, with file, line and hint for every slip of the pen.

use std::path::PathBuf;

use candor_model::text::excerpt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::codes;
use crate::fault::nearest;
use crate::list::{BUSINESSES, SEVERITIES};

/// A description that cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {message}")]
pub struct DescriptionError {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was expected, and what was found.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A repository of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedRepository {
    /// Where it is, relative to the description.
    pub path: PathBuf,
    /// Its id in `repositories.csv` and `pull_requests.csv`.
    pub repo: Option<String>,
    /// Kind of business: regulated, consumer or platform.
    pub business: Option<String>,
    /// The team that owns it.
    pub team: Option<String>,
    /// The mainline, where it is not what git says.
    pub branch: Option<String>,
    /// First day from which every AI tool used on it leaves evidence, as somebody vouches.
    pub attribution_complete_from: Option<Date>,
}

/// What an organisation says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    /// Name for pages.
    pub name: String,
    /// Folder of the facts, relative to the description.
    pub lake: PathBuf,
    /// IANA name of the time zone in which days, weeks and months are counted.
    pub timezone: String,
    /// Reporting currency, ISO 4217.
    pub currency: String,
    /// First day of the window of figures; `None`: the first day with facts.
    pub window_start: Option<Date>,
    /// Share of AI lines above which a change is AI-heavy (exactly that share is not).
    pub ai_heavy_above: f64,
    /// Changes before this day without evidence count as human.
    pub human_before: Date,
    /// People that a figure about people needs.
    pub min_group: u32,
    /// Level of all intervals.
    pub level: f64,
    /// Up to how many minutes practice sessions are compared.
    pub practice_limit_minutes: f64,
    /// What a failed junior hire costs, in the reporting currency.
    pub failed_hire_cost: Option<f64>,
    /// What a junior past the 24th month costs per month, in the reporting currency.
    pub stuck_junior_cost_per_month: Option<f64>,
    /// Weights of bugs by severity, in the order critical, high, medium, low.
    pub severity_weights: Vec<(String, f64)>,
    /// Accounts of AI reviewers, for example `bot:codereview`.
    pub ai_reviewers: Vec<String>,
    /// Whether titles of pull requests, work items, incidents and surveys are kept.
    pub keep_titles: bool,
    /// First day of a pilot, for comparisons before and after.
    pub pilot_start: Option<Date>,
    /// Team that goes on as before.
    pub control_team: Option<String>,
    /// Repositories.
    pub repositories: Vec<DescribedRepository>,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: String::new(),
            lake: PathBuf::from("lake"),
            timezone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            window_start: None,
            ai_heavy_above: 0.40,
            human_before: Date::constant(2021, 6, 1),
            min_group: 5,
            level: 0.95,
            practice_limit_minutes: 90.0,
            failed_hire_cost: None,
            stuck_junior_cost_per_month: None,
            severity_weights: SEVERITIES.iter().map(|word| (*word).to_owned()).zip([10.0, 5.0, 2.0, 1.0]).collect(),
            ai_reviewers: Vec::new(),
            keep_titles: false,
            pilot_start: None,
            control_team: None,
            repositories: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: Option<String>,
    lake: Option<PathBuf>,
    timezone: Option<Spanned<String>>,
    currency: Option<Spanned<String>>,
    week_start: Option<Spanned<String>>,
    window_start: Option<Spanned<String>>,
    keep_titles: Option<bool>,
    thresholds: Option<Thresholds>,
    severity_weights: Option<Weights>,
    reviews: Option<Reviews>,
    practice: Option<Practice>,
    talent_cost: Option<TalentCost>,
    pilot: Option<Pilot>,
    #[serde(default, rename = "repository")]
    repositories: Vec<Repository>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    ai_heavy_above: Option<Spanned<f64>>,
    human_before: Option<Spanned<String>>,
    min_group: Option<Spanned<i64>>,
    level: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    critical: Option<Spanned<f64>>,
    high: Option<Spanned<f64>>,
    medium: Option<Spanned<f64>>,
    low: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reviews {
    #[serde(default)]
    ai_reviewers: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Practice {
    limit_minutes: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TalentCost {
    failed_hire: Option<Spanned<f64>>,
    stuck_junior_per_month: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pilot {
    start: Option<Spanned<String>>,
    control_team: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repository {
    path: PathBuf,
    repo: Option<String>,
    business: Option<Spanned<String>>,
    team: Option<String>,
    branch: Option<String>,
    attribution_complete_from: Option<Spanned<String>>,
}

/// The text that is read, for places.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn fault(&self, at: usize, message: String, hint: impl Into<String>) -> DescriptionError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        // A text of the file may be as long as the file.
        let message = excerpt(&message, 300).into_owned();
        DescriptionError { file: self.file.to_owned(), line, column, message, hint: excerpt(&hint.into(), 600).into_owned() }
    }

    fn date(&self, value: Option<&Spanned<String>>, name: &str) -> Result<Option<Date>, DescriptionError> {
        let Some(value) = value else { return Ok(None) };
        value.get_ref().parse().map(Some).map_err(|_| {
            let message = format!("{name}: expected a date YYYY-MM-DD, found `{}`", value.get_ref());
            self.fault(value.span().start, message, "write it in quotes, such as \"2025-02-01\"")
        })
    }

    fn number(&self, value: Option<&Spanned<f64>>, name: &str, range: &crate::Range) -> Result<Option<f64>, DescriptionError> {
        let Some(value) = value else { return Ok(None) };
        let number = *value.get_ref();
        if number.is_finite() && range.holds(number) {
            return Ok(Some(number));
        }
        let message = format!("{name}: expected a number {}, found `{number}`", range.words());
        Err(self.fault(value.span().start, message, "take the line out to use what candor takes by itself"))
    }
}

impl Organisation {
    /// Reads a description. `file` names it in messages.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, DescriptionError> {
        let source = Source { file, text };
        let read: Text = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().trim_end().to_owned();
            let hint = unknown_key_hint(&message);
            source.fault(at, message, hint)
        })?;
        let mut own = Self { name: read.name.unwrap_or_default(), ..Self::default() };
        if let Some(lake) = read.lake {
            own.lake = lake;
        }
        if let Some(zone) = read.timezone {
            let name = zone.get_ref();
            TimeZone::get(name).map_err(|_| {
                let message = format!("timezone: there is no time zone `{name}`");
                source.fault(zone.span().start, message, "write its IANA name, such as \"Europe/Berlin\" or \"America/New_York\"")
            })?;
            own.timezone.clone_from(name);
        }
        if let Some(currency) = read.currency {
            let code = currency.get_ref();
            if !codes::is_currency(code) {
                let message = format!("currency: expected a currency (ISO 4217), found `{code}`");
                let hint =
                    codes::currency_meant(code).map_or_else(|| "such as \"EUR\"".to_owned(), |code| format!("write \"{code}\""));
                return Err(source.fault(currency.span().start, message, hint));
            }
            own.currency.clone_from(code);
        }
        if let Some(week) = read.week_start.filter(|week| week.get_ref() != "monday") {
            let message = format!("week_start: expected \"monday\", found `{}`", week.get_ref());
            return Err(source.fault(week.span().start, message, "weeks are ISO weeks, which begin on Monday, in every figure"));
        }
        own.window_start = source.date(read.window_start.as_ref(), "window_start")?;
        own.keep_titles = read.keep_titles.unwrap_or(false);
        if let Some(thresholds) = read.thresholds {
            let share = crate::Range::closed(0.0, 1.0);
            let heavy = source.number(thresholds.ai_heavy_above.as_ref(), "ai_heavy_above", &share)?;
            own.ai_heavy_above = heavy.unwrap_or(own.ai_heavy_above);
            own.human_before = source.date(thresholds.human_before.as_ref(), "human_before")?.unwrap_or(own.human_before);
            let level = source.number(thresholds.level.as_ref(), "level", &crate::Range::closed(0.5, 0.9999))?;
            own.level = level.unwrap_or(own.level);
            if let Some(group) = thresholds.min_group {
                own.min_group = u32::try_from(*group.get_ref()).ok().filter(|people| *people >= 5).ok_or_else(|| {
                    let message = format!("min_group: expected 5 or more, found `{}`", group.get_ref());
                    source.fault(
                        group.span().start,
                        message,
                        "a figure of fewer than five people is about persons, and is not shown",
                    )
                })?;
            }
        }
        if let Some(weights) = read.severity_weights {
            let given = [weights.critical, weights.high, weights.medium, weights.low];
            for ((severity, weight), given) in own.severity_weights.iter_mut().zip(&given) {
                *weight = source.number(given.as_ref(), severity, &crate::Range::FROM_0)?.unwrap_or(*weight);
            }
        }
        for reviewer in read.reviews.into_iter().flat_map(|reviews| reviews.ai_reviewers) {
            if reviewer.get_ref().strip_prefix("bot:").is_none_or(str::is_empty) {
                let message = format!("ai_reviewers: expected `bot:NAME`, found `{}`", reviewer.get_ref());
                return Err(source.fault(
                    reviewer.span().start,
                    message,
                    "write the account as the files of reviews name it, such as \"bot:codereview\"",
                ));
            }
            own.ai_reviewers.push(reviewer.into_inner());
        }
        if let Some(practice) = read.practice {
            let limit = source.number(practice.limit_minutes.as_ref(), "limit_minutes", &crate::Range::ABOVE_0)?;
            own.practice_limit_minutes = limit.unwrap_or(own.practice_limit_minutes);
        }
        if let Some(cost) = read.talent_cost {
            own.failed_hire_cost = source.number(cost.failed_hire.as_ref(), "failed_hire", &crate::Range::FROM_0)?;
            own.stuck_junior_cost_per_month =
                source.number(cost.stuck_junior_per_month.as_ref(), "stuck_junior_per_month", &crate::Range::FROM_0)?;
        }
        if let Some(pilot) = read.pilot {
            own.pilot_start = source.date(pilot.start.as_ref(), "start")?;
            own.control_team = pilot.control_team;
        }
        for repository in read.repositories {
            if let Some(business) = &repository.business
                && !BUSINESSES.contains(&business.get_ref().as_str())
            {
                let message = format!("business: expected one of {}, found `{}`", BUSINESSES.join(", "), business.get_ref());
                let hint = nearest(business.get_ref(), BUSINESSES.iter().copied())
                    .map_or_else(|| "the list is fixed".to_owned(), |word| format!("write \"{word}\""));
                return Err(source.fault(business.span().start, message, hint));
            }
            own.repositories.push(DescribedRepository {
                path: repository.path,
                repo: repository.repo,
                business: repository.business.map(Spanned::into_inner),
                team: repository.team,
                branch: repository.branch,
                attribution_complete_from: source
                    .date(repository.attribution_complete_from.as_ref(), "attribution_complete_from")?,
            });
        }
        Ok(own)
    }

    /// The time zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC)
    }
}

/// For `unknown field \`x\`, expected one of \`a\`, \`b\``: the nearest one.
fn unknown_key_hint(message: &str) -> String {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match words.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown field") => match nearest(unknown, known.iter().copied()) {
            Some(meant) => format!("write `{meant}`"),
            None => "`candor init DIR` writes a description with every key in it".to_owned(),
        },
        _ => "`candor init DIR` writes a description with every key in it, to compare with".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn everything_can_be_said() {
        let text = r#"
            name = "Acme"
            timezone = "Europe/Berlin"
            currency = "USD"
            week_start = "monday"
            window_start = "2025-02-01"
            [thresholds]
            ai_heavy_above = 0.5
            human_before = "2021-01-01"
            [severity_weights]
            critical = 8
            [reviews]
            ai_reviewers = ["bot:codereview"]
            [practice]
            limit_minutes = 60
            [talent_cost]
            failed_hire = 60000
            stuck_junior_per_month = 3500
            [pilot]
            start = "2025-03-01"
            control_team = "platform"
            [[repository]]
            path = "../checkout"
            repo = "acme/checkout"
            business = "regulated"
            team = "checkout"
            attribution_complete_from = "2025-05-01"
        "#;
        let own = Organisation::parse("candor.toml", text).unwrap();
        assert_eq!((own.timezone.as_str(), own.currency.as_str(), own.ai_heavy_above), ("Europe/Berlin", "USD", 0.5));
        assert_eq!(own.severity_weights.first().unwrap(), &("critical".to_owned(), 8.0));
        assert_eq!(own.severity_weights.get(1).unwrap(), &("high".to_owned(), 5.0));
        assert_eq!((own.failed_hire_cost, own.practice_limit_minutes), (Some(60000.0), 60.0));
        assert_eq!(own.repositories.first().unwrap().attribution_complete_from, Some(Date::constant(2025, 5, 1)));
        assert_eq!(Organisation::parse("candor.toml", "").unwrap(), Organisation::default());
    }

    #[test]
    fn slips_are_told_with_place_and_hint() {
        for (text, place, says, hint) in [
            ("name = \"a\"\ntimezon = \"UTC\"\n", (2, 1), "timezon", "timezone"),
            ("timezone = \"Berlin\"\n", (1, 12), "Berlin", "IANA"),
            ("currency = \"euro\"\n", (1, 12), "euro", "EUR"),
            ("\n\nweek_start = \"sunday\"\n", (3, 14), "monday", "ISO"),
            ("window_start = \"1.2.2025\"\n", (1, 16), "YYYY-MM-DD", "quotes"),
            ("[thresholds]\nmin_group = 4\n", (2, 13), "5 or more", "persons"),
            ("[thresholds]\nai_heavy_above = 40\n", (2, 18), "from 0 to 1", "take"),
            ("[[repository]]\npath = \"a\"\nbusiness = \"regulate\"\n", (3, 12), "regulated", "regulated"),
            ("[reviews]\nai_reviewers = [\"codereview\"]\n", (2, 17), "bot:NAME", "bot:codereview"),
            ("name = \n", (1, 8), "", "candor init"),
        ] {
            let error = Organisation::parse("candor.toml", text).unwrap_err();
            assert_eq!((error.line, error.column), place, "{text}: {error}");
            assert!(error.to_string().contains(says) && error.hint.contains(hint), "{text}: {error} ({})", error.hint);
        }
    }
}

//! What is planted: the truth file, read strictly, with file, line and hint for every slip of the pen.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A truth file that cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {message}")]
pub struct EffectsError {
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

/// A key of the file.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub range: RangeInclusive<f64>,
    /// What it is without the file.
    pub without: f64,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($key:ident = $without:literal in $range:expr, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $(#[doc = $text] pub $key: f64,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $without,)+ }
            }
        }

        impl $name {
            /// The keys, in the order in which they are explained.
            #[must_use]
            pub fn keys() -> Vec<Key> {
                vec![$(Key { name: stringify!($key), range: $range, without: $without, doc: $text },)+]
            }

            fn set(&mut self, key: &str, value: f64) {
                match key {
                    $(stringify!($key) => self.$key = value,)+
                    _ => {}
                }
            }
        }
    };
}

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
const RATIO: RangeInclusive<f64> = 0.05..=20.0;

section! {
    /// How fast people are, and how fast they think they are.
    Speed {
        felt = 0.0 in -10.0..=1.0, "share of time that people believe afterwards to have saved (0.24: 24 % less time)";
        forecast = 0.0 in -10.0..=1.0, "share of time that they expect to save";
        time_ratio = 1.0 in RATIO, "time of a task with AI / without it, in the task experiment (1.19: 19 % slower)";
        coding_ratio = 1.0 in RATIO, "hours from first commit to ready, AI-heavy changes / human ones";
        review_ratio = 1.0 in RATIO, "hours from ready to merge, AI-heavy / human";
        comment_ratio = 1.0 in RATIO, "review comments per change, AI-heavy / human";
        round_ratio = 1.0 in RATIO, "review rounds per change, AI-heavy / human";
        output_ratio = 1.0 in RATIO, "changes per engineer who uses AI / before";
    }
}

section! {
    /// How long lines live.
    Lines {
        human_90d = 0.76 in 0.05..=0.99, "share of human lines that are unchanged 90 days after landing";
        ai_90d = 0.76 in 0.05..=0.99, "the same of AI lines";
        shape = 0.7 in 0.3..=3.0, "shape of the Weibull law of lives: below 1, young lines change most";
        person_spread = 0.08 in 0.0..=0.2, "how far people differ: their lines' 90-day share lies within so much of the common one";
    }
}

section! {
    /// What becomes of changes.
    Changes {
        revert_30d = 0.03 in 0.0..=0.3, "share of human changes that are reverted within 30 days";
        revert_ratio = 1.0 in RATIO, "AI-heavy / human";
        defect_90d = 0.12 in 0.0..=0.5, "share of human landings to which a fix traces back within 90 days";
        defect_ratio = 1.0 in RATIO, "AI-heavy / human";
        failure_7d = 0.03 in 0.0..=0.3, "share of deployed human changes that cause an incident within 7 days";
        failure_ratio = 1.0 in RATIO, "AI-heavy / human";
        size_ratio = 1.0 in 0.2..=5.0, "lines per change, AI-heavy / human";
        finding_ratio = 1.0 in RATIO, "security findings per added line, AI-heavy / human";
        explains = 0.6 in SHARE, "share of the four questions that a human change's text answers";
        explains_ratio = 1.0 in 0.05..=1.6, "AI-heavy / human";
        light_dose = 0.5 in SHARE, "what a change with some AI has of the effect of an AI-heavy one, on the logarithm";
    }
}

section! {
    /// Who uses AI, once the pilot has begun.
    Use {
        before = 0.05 in SHARE, "share of engineers who use it before the pilot, and in teams that go on as before";
        adopters = 0.85 in SHARE, "share of engineers who use it in the other teams";
        light = 0.25 in SHARE, "share of a user's changes with some AI";
        heavy = 0.45 in SHARE, "share of a user's changes that are AI-heavy";
    }
}

section! {
    /// What becomes of people.
    People {
        promotion_24m = 0.65 in SHARE, "share of juniors at mid level within 24 months";
        promotion_ratio = 1.0 in 0.05..=1.5, "the same of juniors who join a team with AI after the pilot began / others";
        left_24m = 0.15 in 0.0..=0.35, "share of juniors who leave within 24 months before any promotion";
        debugging_minutes_ratio = 1.0 in RATIO, "minutes of a practice session without AI, of users / of others";
        mastery_ratio = 1.0 in 0.05..=1.5, "score after learning with AI / without";
        sentiment_shift = 0.0 in -2.0..=2.0, "points of the weekly pulse (1 to 5) that users are above others";
    }
}

section! {
    /// What becomes of the business, in proportion to the share of engineers who use AI.
    Business {
        revenue_per_engineer = 60000.0 in 1000.0..=1_000_000.0, "currency per engineer-month without AI";
        revenue_ratio = 1.0 in 0.2..=5.0, "revenue per engineer-month, everybody uses AI / nobody";
        market_days = 32.0 in 5.0..=150.0, "median days from start to delivery of a revenue feature without AI";
        market_ratio = 1.0 in 0.2..=5.0, "the same, teams with AI / others";
        bugs = 9.0 in 0.0..=100.0, "customer bugs per 1000 customer-months without AI";
        bug_ratio = 1.0 in RATIO, "everybody uses AI / nobody";
        tickets = 40.0 in 0.0..=500.0, "support tickets per 1000 customer-months without AI";
        ticket_ratio = 1.0 in RATIO, "everybody uses AI / nobody";
        csat = 0.78 in SHARE, "share of customers who answer 4 or 5 of 5, without AI";
        csat_shift = 0.0 in -0.5..=0.5, "change of that share when everybody uses AI";
        security_incidents = 0.3 in 0.0..=10.0, "security incidents per month without AI";
        security_ratio = 1.0 in RATIO, "everybody uses AI / nobody";
    }
}

/// How AI does in one context of code, where it differs; `None`: as everywhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContextEffect {
    /// Share of human lines unchanged after 90 days.
    pub human_90d: Option<f64>,
    /// The same of AI lines.
    pub ai_90d: Option<f64>,
    /// Reverts, AI-heavy / human.
    pub revert_ratio: Option<f64>,
    /// Defects, AI-heavy / human.
    pub defect_ratio: Option<f64>,
    /// Failures, AI-heavy / human.
    pub failure_ratio: Option<f64>,
    /// Hours of review, AI-heavy / human.
    pub review_ratio: Option<f64>,
    /// How much likelier AI is used there than elsewhere.
    pub use_ratio: Option<f64>,
}

/// Keys of a context.
#[must_use]
pub fn context_keys() -> Vec<Key> {
    let key = |name, range, doc| Key { name, range, without: f64::NAN, doc };
    vec![
        key("human_90d", 0.05..=0.99, "share of human lines unchanged after 90 days"),
        key("ai_90d", 0.05..=0.99, "share of AI lines unchanged after 90 days"),
        key("revert_ratio", RATIO, "reverts, AI-heavy / human"),
        key("defect_ratio", RATIO, "defects, AI-heavy / human"),
        key("failure_ratio", RATIO, "failed deployments, AI-heavy / human"),
        key("review_ratio", RATIO, "hours of review, AI-heavy / human"),
        key("use_ratio", 0.0..=2.0, "how much likelier AI is used there than elsewhere"),
    ]
}

/// Everything that is planted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Name for people.
    pub name: String,
    /// Time.
    pub speed: Speed,
    /// Lives of lines.
    pub lines: Lines,
    /// Changes.
    pub changes: Changes,
    /// Use of AI.
    pub usage: Use,
    /// People.
    pub people: People,
    /// Business.
    pub business: Business,
    /// Contexts of code that differ.
    pub contexts: BTreeMap<String, ContextEffect>,
}

/// Truths that come with the program, by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("mixed", include_str!("../effects/mixed.toml")),
    ("null", include_str!("../effects/null.toml")),
    ("helpful", include_str!("../effects/helpful.toml")),
    ("harmful", include_str!("../effects/harmful.toml")),
];

/// Sections of the file with their keys.
#[must_use]
pub fn sections() -> Vec<(&'static str, Vec<Key>)> {
    vec![
        ("speed", Speed::keys()),
        ("lines", Lines::keys()),
        ("changes", Changes::keys()),
        ("use", Use::keys()),
        ("people", People::keys()),
        ("business", Business::keys()),
    ]
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn fault(&self, at: usize, message: impl Into<String>, hint: impl Into<String>) -> EffectsError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        EffectsError { file: self.file.to_owned(), line, column, message: message.into(), hint: hint.into() }
    }

    fn unknown(&self, at: usize, what: &str, found: &str, known: &[&'static str]) -> EffectsError {
        let nearest = candor_tables::nearest(found, known.iter().copied());
        let hint = nearest.map_or_else(|| format!("the names are {}", known.join(", ")), |name| format!("write `{name}`"));
        self.fault(at, format!("there is no {what} `{found}`"), hint)
    }

    fn number(&self, section: &str, key: &Key, value: &Spanned<DeValue<'_>>) -> Result<f64, EffectsError> {
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            other => {
                let message = format!("[{section}] {}: expected a number, found a {}", key.name, other.type_str());
                return Err(self.fault(value.span().start, message, format!("{}: {}", key.name, key.doc)));
            }
        };
        let number: Option<f64> = text.parse().ok().filter(|number| key.range.contains(number));
        number.ok_or_else(|| {
            let (from, to) = (key.range.start(), key.range.end());
            let message = format!("[{section}] {}: expected a number from {from} to {to}, found `{text}`", key.name);
            self.fault(value.span().start, message, format!("{}: {}", key.name, key.doc))
        })
    }

    fn section(
        &self,
        name: &str,
        keys: &[Key],
        value: &Spanned<DeValue<'_>>,
        mut set: impl FnMut(&str, f64),
    ) -> Result<(), EffectsError> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("{name}: expected a table, found a {}", value.get_ref().type_str());
            return Err(self.fault(
                value.span().start,
                message,
                format!("write `[{name}]` on a line of its own, and its keys below"),
            ));
        };
        for (found, value) in table {
            let Some(key) = keys.iter().find(|key| key.name == found.get_ref().as_ref()) else {
                let known: Vec<&'static str> = keys.iter().map(|key| key.name).collect();
                return Err(self.unknown(found.span().start, &format!("key in [{name}]"), found.get_ref(), &known));
            };
            set(key.name, self.number(name, key, value)?);
        }
        Ok(())
    }
}

impl Effects {
    /// A truth that comes with the program.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(own, _)| *own == name)?;
        Self::parse(&format!("{name}.toml"), text).ok()
    }

    /// Reads a truth file.
    ///
    /// # Errors
    /// The text is no TOML, a key is not known or not a number in its range, or things cannot be true together.
    pub fn parse(file: &str, text: &str) -> Result<Self, EffectsError> {
        let source = Source { file, text };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            source.fault(
                at,
                error.message().to_owned(),
                "a truth file is TOML; `candor demo --effects-template` prints one with every key",
            )
        })?;
        let mut own = Self::default();
        for (name, value) in table.get_ref() {
            match name.get_ref().as_ref() {
                "name" => match value.get_ref() {
                    DeValue::String(text) => own.name = text.to_string(),
                    other => {
                        let message = format!("name: expected a text, found a {}", other.type_str());
                        return Err(source.fault(value.span().start, message, "write it in quotes"));
                    }
                },
                "speed" => source.section("speed", &Speed::keys(), value, |key, number| own.speed.set(key, number))?,
                "lines" => source.section("lines", &Lines::keys(), value, |key, number| own.lines.set(key, number))?,
                "changes" => source.section("changes", &Changes::keys(), value, |key, number| own.changes.set(key, number))?,
                "use" => source.section("use", &Use::keys(), value, |key, number| own.usage.set(key, number))?,
                "people" => source.section("people", &People::keys(), value, |key, number| own.people.set(key, number))?,
                "business" => {
                    source.section("business", &Business::keys(), value, |key, number| own.business.set(key, number))?
                }
                "context" => own.contexts = source.contexts(value)?,
                other => {
                    let known = ["name", "speed", "lines", "changes", "use", "people", "business", "context"];
                    return Err(source.unknown(name.span().start, "section", other, &known));
                }
            }
        }
        own.check(&source)?;
        Ok(own)
    }

    /// What cannot be true together.
    fn check(&self, source: &Source<'_>) -> Result<(), EffectsError> {
        let at = |key: &str| source.text.find(key).unwrap_or(0);
        let people = &self.people;
        let promoted = people.promotion_24m * people.promotion_ratio.max(1.0);
        if promoted + people.left_24m > 1.0 {
            let message =
                format!("[people] {promoted:.2} of the juniors promoted and {:.2} gone are more than all", people.left_24m);
            return Err(source.fault(at("promotion"), message, "lower promotion_24m, promotion_ratio or left_24m"));
        }
        if self.usage.light + self.usage.heavy > 1.0 {
            let message = "[use] light and heavy are together more than all changes of a user";
            return Err(source.fault(at("[use]"), message, "lower one of them"));
        }
        for (context, key, number) in self.chances() {
            if number > 0.9 {
                let message = format!("{key}: AI-heavy changes would have a share of {number:.2}{context}, and 0.9 is the most");
                return Err(source.fault(at(key), message, "lower the share of human changes, or the ratio"));
            }
        }
        for (context, survival, reverts) in self.survivals() {
            if survival >= 1.0 - reverts {
                let message = format!(
                    "[lines] {survival:.2} of the lines live for 90 days{context}, but {reverts:.2} of the changes are reverted by then"
                );
                return Err(source.fault(at("90d"), message, "lower the share of lines that live, or the reverts"));
            }
        }
        Ok(())
    }

    fn chances(&self) -> Vec<(String, &'static str, f64)> {
        let changes = &self.changes;
        let mut all = vec![
            (String::new(), "revert_ratio", changes.revert_30d * changes.revert_ratio),
            (String::new(), "defect_ratio", changes.defect_90d * changes.defect_ratio),
            (String::new(), "failure_ratio", changes.failure_7d * changes.failure_ratio),
        ];
        for (name, context) in &self.contexts {
            let there = format!(" in {name}");
            let ratios = [
                ("revert_ratio", changes.revert_30d, context.revert_ratio),
                ("defect_ratio", changes.defect_90d, context.defect_ratio),
                ("failure_ratio", changes.failure_7d, context.failure_ratio),
            ];
            all.extend(ratios.into_iter().filter_map(|(key, share, ratio)| Some((there.clone(), key, share * ratio?))));
        }
        all
    }

    fn survivals(&self) -> Vec<(String, f64, f64)> {
        let names = std::iter::once("").chain(self.contexts.keys().map(String::as_str));
        names
            .map(|name| {
                let there = if name.is_empty() { String::new() } else { format!(" in {name}") };
                let most = self.survival_90d(name, true).max(self.survival_90d(name, false)) + self.lines.person_spread;
                (there, most, self.revert_30d(name, 1.0).max(self.revert_30d(name, 0.0)))
            })
            .collect()
    }

    fn context(&self, name: &str) -> Option<&ContextEffect> {
        self.contexts.get(name)
    }

    /// Share of lines in this context that are unchanged after 90 days.
    #[must_use]
    pub fn survival_90d(&self, context: &str, is_ai: bool) -> f64 {
        let own = self.context(context);
        if is_ai {
            own.and_then(|own| own.ai_90d).unwrap_or(self.lines.ai_90d)
        } else {
            own.and_then(|own| own.human_90d).unwrap_or(self.lines.human_90d)
        }
    }

    /// Chance that a change in this context is reverted within 30 days; `dose` is 0 for a human change, 1 for an AI-heavy one.
    #[must_use]
    pub fn revert_30d(&self, context: &str, dose: f64) -> f64 {
        let ratio = self.context(context).and_then(|own| own.revert_ratio).unwrap_or(self.changes.revert_ratio);
        self.changes.revert_30d * ratio.powf(dose)
    }

    /// Chance that a fix traces back to a change within 90 days.
    #[must_use]
    pub fn defect_90d(&self, context: &str, dose: f64) -> f64 {
        let ratio = self.context(context).and_then(|own| own.defect_ratio).unwrap_or(self.changes.defect_ratio);
        self.changes.defect_90d * ratio.powf(dose)
    }

    /// Chance that a deployed change causes an incident within 7 days.
    #[must_use]
    pub fn failure_7d(&self, context: &str, dose: f64) -> f64 {
        let ratio = self.context(context).and_then(|own| own.failure_ratio).unwrap_or(self.changes.failure_ratio);
        self.changes.failure_7d * ratio.powf(dose)
    }

    /// Factor on the hours of review.
    #[must_use]
    pub fn review_factor(&self, context: &str, dose: f64) -> f64 {
        self.context(context).and_then(|own| own.review_ratio).unwrap_or(self.speed.review_ratio).powf(dose)
    }

    /// How much likelier AI is used there.
    #[must_use]
    pub fn use_factor(&self, context: &str) -> f64 {
        self.context(context).and_then(|own| own.use_ratio).unwrap_or(1.0)
    }
}

impl Source<'_> {
    fn contexts(&self, value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<String, ContextEffect>, EffectsError> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.fault(
                value.span().start,
                "context: expected tables",
                "write `[context.tests]`, and its keys below",
            ));
        };
        let mut all = BTreeMap::new();
        for (name, value) in table {
            let known = candor_tables::CONTEXTS;
            if !known.contains(&name.get_ref().as_ref()) {
                return Err(self.unknown(name.span().start, "context", name.get_ref(), known));
            }
            let mut own = ContextEffect::default();
            self.section(&format!("context.{}", name.get_ref()), &context_keys(), value, |key, number| {
                let place = match key {
                    "human_90d" => &mut own.human_90d,
                    "ai_90d" => &mut own.ai_90d,
                    "revert_ratio" => &mut own.revert_ratio,
                    "defect_ratio" => &mut own.defect_ratio,
                    "failure_ratio" => &mut own.failure_ratio,
                    "review_ratio" => &mut own.review_ratio,
                    _ => &mut own.use_ratio,
                };
                *place = Some(number);
            })?;
            all.insert(name.get_ref().to_string(), own);
        }
        Ok(all)
    }
}

/// A truth file with every key, what it means, and what it is without the file.
#[must_use]
pub fn template() -> String {
    let mut text = "# What is planted. A line that is taken out means what it says here; ratios of 1 and shifts of 0 are no effect.\nname = \"own\"\n".to_owned();
    for (section, keys) in sections() {
        text.push_str(&format!("\n[{section}]\n"));
        for key in keys {
            text.push_str(&format!("{} = {:?} # {}\n", key.name, key.without, key.doc));
        }
    }
    text.push_str("\n# Where a context of code differs; any of them, with any of these keys.\n# [context.payments]\n");
    for key in context_keys() {
        text.push_str(&format!("# {} = # {}\n", key.name, key.doc));
    }
    text
}

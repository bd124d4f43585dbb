//! Reading a rules file: its shape, its checks, and messages that name file, line and key.

use super::pattern::{Pattern, compile};
use super::{Field, Kind, Place, Rule, RulesError, Text, name::Name};
use candor_model::{Mode, Strength};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer, value::StrDeserializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use toml::Spanned;

/// What a disclosure line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Says {
    /// No tool took part.
    Human,
    /// A tool took part.
    Ai,
    /// The group `value` of the pattern decides.
    Value,
}

/// A line of a pull-request template.
#[derive(Debug)]
pub(crate) struct Disclosure {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) says: Says,
    pub(crate) p_ai: f64,
    pub(super) pattern: Pattern,
}

/// One file, read and checked.
pub(super) struct RuleFile {
    pub(super) version: String,
    pub(super) negatives: Vec<String>,
    pub(super) non_code: Vec<String>,
    pub(super) disable: Vec<String>,
    pub(super) rules: Vec<RawRule>,
    pub(super) names: Vec<Name>,
    pub(super) disclosures: Vec<Disclosure>,
}

/// One rule as the file has it, checked but not yet compiled.
pub(super) struct RawRule {
    pub(super) id: String,
    pub(super) field: Field,
    pub(super) keys: Vec<String>,
    pattern: String,
    rule: Rule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    version: Spanned<String>,
    #[serde(default)]
    negatives: Vec<String>,
    #[serde(default)]
    non_code: Vec<String>,
    #[serde(default)]
    disable: Vec<String>,
    #[serde(default)]
    rule: Vec<RuleText>,
    #[serde(default)]
    name: Vec<NameText>,
    #[serde(default)]
    disclosure: Vec<DisclosureText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    id: Spanned<String>,
    tool: Option<String>,
    #[serde(default)]
    kind: Kind,
    r#where: OneOrMany<Place>,
    #[serde(default)]
    field: Field,
    key: Option<OneOrMany<String>>,
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    resolve: bool,
    #[serde(default)]
    bare_names: bool,
    valid_from: Option<Spanned<String>>,
    valid_to: Option<Spanned<String>>,
    strength: Option<Strength>,
    mode: Option<Mode>,
    p_ai: Option<Spanned<f64>>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameText {
    pattern: Spanned<String>,
    tool: Option<String>,
    #[serde(default)]
    model: bool,
    #[serde(default)]
    given_name: bool,
    #[serde(default)]
    vendor: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureText {
    id: Spanned<String>,
    pattern: Spanned<String>,
    says: Says,
    p_ai: Option<Spanned<f64>>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// A value or a list of values. Hand-written since an untagged enum would answer a wrong value with "no variant matched".
struct OneOrMany<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Both<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(StrDeserializer::new(text))?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Ok(OneOrMany(Vec::deserialize(SeqAccessDeserializer::new(list))?))
            }
        }
        deserializer.deserialize_any(Both(PhantomData))
    }
}

/// Where in which file a message points.
struct At<'a> {
    file: &'a str,
    text: &'a str,
    /// Whether patterns are compiled to see that they can be; a test does so for the embedded file.
    checks: bool,
}

impl At<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        self.text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn shape(&self, span: &Range<usize>, message: impl Into<String>) -> RulesError {
        let line = self.line(span);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let key = text.split_once('=').map(|(key, _)| key.trim()).unwrap_or_default();
        RulesError::Shape { file: self.file.to_owned(), line, key: key.to_owned(), message: message.into() }
    }

    fn value(&self, span: &Range<usize>, key: &'static str, value: &dyn fmt::Display, expected: impl Into<String>) -> RulesError {
        let (file, line) = (self.file.to_owned(), self.line(span));
        RulesError::Value { file, line, key, value: value.to_string(), expected: expected.into() }
    }

    fn pattern(&self, pattern: &Spanned<String>, anchored: String) -> Result<Pattern, RulesError> {
        if self.checks {
            // The pattern alone first: what is broken by itself could still close the brackets that are put around it.
            compile(pattern.get_ref()).and_then(|_| compile(&anchored)).map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let expected = format!("regular expression ({reason}; ASCII, no look-around)");
                self.value(&pattern.span(), "pattern", pattern.get_ref(), expected)
            })?;
        }
        Ok(Pattern::new(anchored))
    }

    fn day(&self, day: Option<&Spanned<String>>, key: &'static str) -> Result<Option<i64>, RulesError> {
        let Some(day) = day else { return Ok(None) };
        let parsed = day.get_ref().parse::<jiff::civil::Date>().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC));
        let parsed = parsed.map_err(|_| self.value(&day.span(), key, day.get_ref(), "day; write it as `2025-02-24`"))?;
        Ok(Some(parsed.timestamp().as_second()))
    }

    fn share(&self, p_ai: Option<&Spanned<f64>>, default: f64) -> Result<f64, RulesError> {
        let Some(p_ai) = p_ai else { return Ok(default) };
        if (0.0..=1.0).contains(p_ai.get_ref()) {
            return Ok(*p_ai.get_ref());
        }
        Err(self.value(&p_ai.span(), "p_ai", p_ai.get_ref(), "probability from 0 to 1"))
    }
}

impl RuleFile {
    /// Reads and checks a rules file; `file` is what messages call it, `checks` whether patterns are compiled to check them.
    pub(super) fn parse(file: &str, text: &str, checks: bool) -> Result<RuleFile, RulesError> {
        let at = At { file, text, checks };
        let parsed: FileText =
            toml::from_str(text).map_err(|error| at.shape(&error.span().unwrap_or(0..0), error.message().to_owned()))?;
        let version = parsed.version.get_ref().trim().to_owned();
        if version.is_empty() {
            return Err(at.value(&parsed.version.span(), "version", &version, "version; write the day of the last change"));
        }
        let mut rules: Vec<RawRule> = Vec::with_capacity(parsed.rule.len());
        for rule in parsed.rule {
            let rule = RawRule::check(&at, rule, &version, &rules)?;
            rules.push(rule);
        }
        let mut names = Vec::with_capacity(parsed.name.len());
        for name in parsed.name {
            let pattern = at.pattern(&name.pattern, format!("^(?:{})$", name.pattern.get_ref()))?;
            let NameText { tool, model, given_name, vendor, .. } = name;
            names.push(Name { anchored: pattern.text().to_owned(), tool, model, given_name, vendor });
        }
        let mut disclosures = Vec::with_capacity(parsed.disclosure.len());
        for d in parsed.disclosure {
            let pattern = at.pattern(&d.pattern, format!("^(?:{})", d.pattern.get_ref()))?;
            if d.says == Says::Value && !["(?P<value>", "(?<value>"].iter().any(|group| pattern.text().contains(group)) {
                let expected = "pattern with a group `(?P<value>...)`, which `says = \"value\"` needs";
                return Err(at.value(&d.pattern.span(), "pattern", d.pattern.get_ref(), expected));
            }
            let p_ai = at.share(d.p_ai.as_ref(), 0.8)?;
            disclosures.push(Disclosure { id: d.id.into_inner(), version: version.clone(), says: d.says, p_ai, pattern });
        }
        let (negatives, non_code, disable) = (parsed.negatives, parsed.non_code, parsed.disable);
        Ok(RuleFile { version, negatives, non_code, disable, rules, names, disclosures })
    }
}

impl RawRule {
    fn check(at: &At<'_>, text: RuleText, version: &str, before: &[RawRule]) -> Result<RawRule, RulesError> {
        let (span, id) = (text.id.span(), text.id.get_ref().clone());
        if id.trim().is_empty() || id.contains(candor_model::evidence::SQUASH) || before.iter().any(|rule| rule.id == id) {
            return Err(at.value(&span, "id", &id, "id of its own; every rule of a file needs another one, without `@squash`"));
        }
        let OneOrMany(places) = text.r#where;
        let keys = text.key.map(|OneOrMany(keys)| keys).unwrap_or_default();
        let is_trailer = places.contains(&Place::Trailer);
        let people = [Place::Author, Place::Committer, Place::CoAuthor];
        let fault = if places.is_empty() {
            Some("place where to look; `where` must name at least one")
        } else if is_trailer && keys.is_empty() {
            Some("rule for a trailer without `key`; name the trailer's keys")
        } else if is_trailer && places.len() > 1 {
            Some("rule for one kind of place; trailers need a rule of their own")
        } else if !is_trailer && (!keys.is_empty() || text.resolve) {
            Some("rule for a trailer; `key` and `resolve` belong to `where = \"trailer\"`")
        } else if text.resolve == text.pattern.is_some() {
            Some("rule with a way to match; give `pattern`, or `resolve = true` for a trailer, and not both")
        } else if text.field == Field::Name && !places.iter().all(|p| people.contains(p)) {
            Some("rule for people; `field = \"name\"` belongs to author, committer and co_author")
        } else {
            None
        };
        if let Some(expected) = fault {
            return Err(at.value(&span, "id", &id, expected));
        }
        let mut rule = Rule {
            id: id.clone(),
            version: version.to_owned(),
            tool: text.tool,
            kind: text.kind,
            strength: text.strength.unwrap_or(Strength::SelfDeclared),
            mode: text.mode.unwrap_or(Mode::Unknown),
            p_ai: at.share(text.p_ai.as_ref(), if text.kind == Kind::Ai { 0.8 } else { 0.0 })?,
            valid_from: at.day(text.valid_from.as_ref(), "valid_from")?,
            valid_to: at.day(text.valid_to.as_ref(), "valid_to")?,
            places,
            resolve: text.resolve,
            bare_names: text.bare_names,
            pattern: None,
        };
        let pattern = match &text.pattern {
            Some(pattern) => {
                rule.pattern = Some(at.pattern(pattern, format!("^(?:{})", pattern.get_ref()))?);
                pattern.get_ref().clone()
            }
            None => String::new(),
        };
        Ok(RawRule { id, field: text.field, keys, pattern, rule })
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.rule.places
    }

    /// The pattern with the anchors of its text: people, names and logins match as a whole, other texts from their beginning.
    pub(super) fn anchored(&self, text: Text) -> String {
        let pattern = &self.pattern;
        match text {
            Text::Email => format!(r"^(?:[0-9]+\+)?(?:{pattern})$"),
            Text::Name | Text::Other(Place::PrAuthor) => format!("^(?:{pattern})$"),
            Text::Other(_) => format!("^(?:{pattern})"),
        }
    }

    pub(super) fn into_rule(self) -> Rule {
        self.rule
    }
}

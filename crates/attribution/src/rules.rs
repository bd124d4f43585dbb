//! The dated list of signs by which commits say that a tool took part, and the user's own list on top of it.
//!
//! The list is data (`rules/tools.toml` explains its keys), so that a new tool needs no new program. Every pattern is
//! matched against a parsed field, never against free text, and addresses, names and logins only as a whole.

mod file;
mod name;
mod pattern;

use crate::person::Person;
use bstr::ByteSlice;
use candor_model::{Mode, Strength};
use file::{Disclosure, RawRule, RuleFile};
use pattern::{Pattern, PatternSet};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

pub(crate) use file::Says;
pub(crate) use name::Resolved;

/// Why a rules file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file does not have the shape of a rules file.
    #[error("rules file `{file}`, line {line}, key `{key}`: {message}")]
    Shape {
        /// File as the user named it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Key on that line; empty where the line has none.
        key: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// A value does not mean anything.
    #[error("rules file `{file}`, line {line}, key `{key}`: `{value}` is no {expected}")]
    Value {
        /// File as the user named it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Key.
        key: &'static str,
        /// What the file says.
        value: String,
        /// What was expected, with a hint.
        expected: String,
    },
}

/// What kind of thing a rule recognises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An AI tool that writes.
    #[default]
    Ai,
    /// Automation that is no AI.
    Bot,
    /// An AI that reviews, and is no author.
    Reviewer,
}

/// The part of a commit or of a pull request in which a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Author of the commit.
    Author,
    /// Committer of the commit.
    Committer,
    /// A person in `Co-authored-by`, `Co-developed-by` or `Assisted-by`.
    CoAuthor,
    /// Any other trailer.
    Trailer,
    /// A line of the message.
    Footer,
    /// First line of the message.
    Subject,
    /// Name of the branch that was merged.
    Branch,
    /// Login of the pull request's author.
    PrAuthor,
}

/// Which part of a person a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The address, as a whole.
    #[default]
    Email,
    /// The name, as a whole.
    Name,
}

/// One sign.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Permanent id.
    pub id: String,
    /// Version of the file that it stands in.
    pub version: String,
    /// Normalised name of the tool.
    pub tool: Option<String>,
    /// What it recognises.
    pub kind: Kind,
    /// Strength of the evidence.
    pub strength: Strength,
    /// How the tool is used when this sign is left.
    pub mode: Mode,
    /// P(a tool wrote a material part | match).
    pub p_ai: f64,
    /// First second in which the sign counts.
    pub valid_from: Option<i64>,
    /// First second in which it counts no longer.
    pub valid_to: Option<i64>,
    places: Vec<Place>,
    resolve: bool,
    bare_names: bool,
    pattern: Option<Pattern>,
}

impl Rule {
    /// Whether the sign counts at this time (seconds since 1970, UTC).
    pub fn is_valid_at(&self, at: i64) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }

    pub(crate) fn resolves(&self) -> bool {
        self.resolve
    }

    pub(crate) fn allows_bare_names(&self) -> bool {
        self.bare_names
    }
}

/// Patterns that look at the same kind of text, tried together.
#[derive(Debug, Default)]
struct Matcher {
    set: PatternSet,
    rules: Vec<usize>,
}

/// Kinds of text; people are one, wherever they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Text {
    Email,
    Name,
    Other(Place),
}

impl Text {
    fn of(place: Place, field: Field) -> Text {
        match (place, field) {
            (Place::Author | Place::Committer | Place::CoAuthor, Field::Email) => Text::Email,
            (Place::Author | Place::Committer | Place::CoAuthor, Field::Name) => Text::Name,
            (other, _) => Text::Other(other),
        }
    }
}

/// All signs, ready to be matched.
#[derive(Debug)]
pub struct Rules {
    version: String,
    rules: Vec<Rule>,
    matchers: HashMap<Text, Matcher>,
    trailers: HashMap<String, Vec<usize>>,
    names: name::Names,
    disclosures: Vec<Disclosure>,
    disclosure_set: PatternSet,
    negatives: HashSet<String>,
    non_code: HashSet<String>,
}

const EMBEDDED: &str = include_str!("../rules/tools.toml");
const EMBEDDED_NAME: &str = "tools.toml (embedded)";

impl Rules {
    /// Reads the list that the program carries.
    ///
    /// # Errors
    /// Only when the embedded file itself is broken, which a test rules out.
    pub fn embedded() -> Result<Rules, RulesError> {
        Rules::build(vec![RuleFile::parse(EMBEDDED_NAME, EMBEDDED, false)?])
    }

    /// Reads the embedded list with the user's own on top.
    ///
    /// A rule of the user's file with an id that is known already replaces that rule; `disable` switches rules off.
    ///
    /// # Input
    /// `path` is what messages call the file; `text` is its content.
    ///
    /// # Errors
    /// [`RulesError`] names the file, the line and the key: no TOML, an unknown key or value, a pattern that is no
    /// regular expression, a day that does not exist, a `p_ai` outside 0 to 1, a rule without what its place needs.
    pub fn with_file(path: &str, text: &str) -> Result<Rules, RulesError> {
        let rules = Rules::build(vec![RuleFile::parse(EMBEDDED_NAME, EMBEDDED, false)?, RuleFile::parse(path, text, true)?])?;
        rules.check()?;
        Ok(rules)
    }

    /// Version of the list, with that of the user's own behind a `+`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All signs, in the order of the files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    fn build(files: Vec<RuleFile>) -> Result<Rules, RulesError> {
        let version = files.iter().map(|f| f.version.as_str()).collect::<Vec<_>>().join("+");
        let mut raw: Vec<RawRule> = Vec::new();
        let (mut names, mut disclosures) = (name::Names::default(), Vec::<Disclosure>::new());
        let (mut negatives, mut non_code) = (HashSet::new(), HashSet::new());
        for file in files {
            let off: HashSet<&str> = file.disable.iter().map(String::as_str).collect();
            raw.retain(|rule| !off.contains(rule.id.as_str()));
            disclosures.retain(|d| !off.contains(d.id.as_str()));
            for rule in file.rules {
                match raw.iter_mut().find(|known| known.id == rule.id) {
                    Some(known) => *known = rule,
                    None => raw.push(rule),
                }
            }
            // The user's names come first, so that they can say otherwise.
            names.prepend(file.names);
            for disclosure in file.disclosures {
                disclosures.retain(|d| d.id != disclosure.id);
                disclosures.push(disclosure);
            }
            negatives.extend(file.negatives.iter().map(|v| v.to_ascii_lowercase()));
            non_code.extend(file.non_code.iter().map(|v| v.to_ascii_lowercase()));
        }
        let mut matchers: HashMap<Text, Matcher> = HashMap::new();
        let mut trailers: HashMap<String, Vec<usize>> = HashMap::new();
        let mut rules = Vec::with_capacity(raw.len());
        for (index, rule) in raw.into_iter().enumerate() {
            for key in &rule.keys {
                trailers.entry(key.to_ascii_lowercase()).or_default().push(index);
            }
            let texts: HashSet<Text> = rule.places().iter().map(|&place| Text::of(place, rule.field)).collect();
            for text in texts.into_iter().filter(|&text| text != Text::Other(Place::Trailer)) {
                let matcher = matchers.entry(text).or_default();
                matcher.set.push(rule.anchored(text));
                matcher.rules.push(index);
            }
            rules.push(rule.into_rule());
        }
        let mut disclosure_set = PatternSet::default();
        disclosures.iter().for_each(|disclosure| disclosure_set.push(disclosure.pattern.text().to_owned()));
        Ok(Rules { version, rules, matchers, trailers, names, disclosures, disclosure_set, negatives, non_code })
    }

    /// Compiles all sets of patterns.
    fn check(&self) -> Result<(), RulesError> {
        self.matchers.values().try_for_each(|matcher| matcher.set.check())?;
        self.disclosure_set.check()?;
        self.names.check()
    }

    fn matches(&self, place: Place, field: Field, text: &[u8]) -> impl Iterator<Item = &Rule> {
        let found = self.matchers.get(&Text::of(place, field)).map(|m| (m, m.set.matches(text)));
        let rules = found.into_iter().flat_map(|(m, hits)| hits.into_iter().filter_map(|hit| m.rules.get(hit)));
        rules.filter_map(|&index| self.rules.get(index)).filter(move |rule| rule.places.contains(&place))
    }

    /// Rules that recognise a person in this place, by address or name.
    pub(crate) fn person(&self, place: Place, person: &Person) -> Vec<&Rule> {
        let email = self.matches(place, Field::Email, person.email.trim());
        email.chain(self.matches(place, Field::Name, person.name.trim())).collect()
    }

    /// Rules that recognise a piece of text (footer, subject, branch, login) from its beginning.
    pub(crate) fn text(&self, place: Place, text: &str) -> Vec<&Rule> {
        self.matches(place, Field::Email, text.as_bytes()).collect()
    }

    /// Rules for a trailer's key, whose pattern, if they have one, the value fulfils.
    pub(crate) fn trailer(&self, key: &str, value: &str) -> Vec<&Rule> {
        let Some(rules) = self.trailers.get(key) else { return Vec::new() };
        let rules = rules.iter().filter_map(|&index| self.rules.get(index));
        let fulfils = |rule: &&Rule| match &rule.pattern {
            Some(pattern) => pattern.regex().is_some_and(|regex| regex.is_match(value.as_bytes())),
            None => true,
        };
        rules.filter(fulfils).collect()
    }

    /// Disclosure rules that a line fulfils, with the value that decides where the rule says so.
    pub(crate) fn disclosure<'r, 'l>(&'r self, line: &'l str) -> Vec<(&'r Disclosure, Option<&'l str>)> {
        let hits = self.disclosure_set.matches(line.as_bytes());
        let found = hits.into_iter().filter_map(|hit| self.disclosures.get(hit));
        found
            .map(|rule| {
                let captures = rule.pattern.regex().and_then(|regex| regex.captures(line.as_bytes()));
                let value = captures.and_then(|c| c.name("value")).and_then(|m| line.get(m.range()));
                (rule, value)
            })
            .collect()
    }

    /// What the value of a trailer names.
    pub(crate) fn resolve(&self, value: &str, bare_names: bool) -> Vec<Resolved> {
        self.names.resolve(value, bare_names, &self.negatives, &self.non_code)
    }

    /// The model that a tool's display name holds, for example `Claude Opus 4.6 (1M context)` or `aider (gpt-4o)`.
    pub(crate) fn model_in_name(&self, name: &str) -> Option<String> {
        self.names.model_in(name)
    }

    /// The tool with this normalised name, if a rule or a name knows it.
    pub(crate) fn knows_tool(&self, tool: &str) -> bool {
        self.rules.iter().any(|rule| rule.kind == Kind::Ai && rule.tool.as_deref() == Some(tool)) || self.names.knows_tool(tool)
    }

    /// Whether the value is one of the negatives.
    pub(crate) fn is_negative(&self, value: &str) -> bool {
        self.negatives.contains(&name::folded(value))
    }
}

#[cfg(test)]
mod tests;

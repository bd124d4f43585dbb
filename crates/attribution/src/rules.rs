//! The dated list of signs by which commits say that a tool took part, and the user's own list on top of it.
//!
//! The list is data (`rules/tools.toml` explains its keys), so that a new tool needs no new program. Every pattern is
//! matched against a parsed field, never against free text, and addresses, names and logins only as a whole.

mod file;
mod name;

use crate::person::Person;
use bstr::ByteSlice;
use candor_model::{Mode, Strength};
use file::{Disclosure, RawRule, RuleFile};
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};
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
    resolve: bool,
    bare_names: bool,
    pattern: Option<Regex>,
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

/// Patterns of one place and field, tried together.
#[derive(Debug)]
struct Matcher {
    set: RegexSet,
    rules: Vec<usize>,
}

/// All signs, ready to be matched.
#[derive(Debug)]
pub struct Rules {
    version: String,
    rules: Vec<Rule>,
    places: HashMap<(Place, Field), Matcher>,
    trailers: HashMap<String, Vec<usize>>,
    names: name::Names,
    disclosures: Vec<Disclosure>,
    disclosure_set: RegexSet,
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
        Rules::build(vec![RuleFile::parse(EMBEDDED_NAME, EMBEDDED)?])
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
        Rules::build(vec![RuleFile::parse(EMBEDDED_NAME, EMBEDDED)?, RuleFile::parse(path, text)?])
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
        let mut patterns: HashMap<(Place, Field), (Vec<String>, Vec<usize>)> = HashMap::new();
        let mut trailers: HashMap<String, Vec<usize>> = HashMap::new();
        let mut rules = Vec::with_capacity(raw.len());
        for (index, rule) in raw.into_iter().enumerate() {
            for key in &rule.keys {
                trailers.entry(key.to_ascii_lowercase()).or_default().push(index);
            }
            for &place in rule.places.iter().filter(|&&place| place != Place::Trailer) {
                let (list, ids) = patterns.entry((place, rule.field)).or_default();
                list.push(rule.anchored(place));
                ids.push(index);
            }
            rules.push(rule.into_rule());
        }
        let mut places = HashMap::new();
        for (at, (list, rules)) in patterns {
            places.insert(at, Matcher { set: regex_set(&list)?, rules });
        }
        let disclosure_set = regex_set(&disclosures.iter().map(|d| d.anchored.clone()).collect::<Vec<_>>())?;
        names.compile()?;
        Ok(Rules { version, rules, places, trailers, names, disclosures, disclosure_set, negatives, non_code })
    }

    fn matches(&self, place: Place, field: Field, text: &[u8]) -> impl Iterator<Item = &Rule> {
        let found = self.places.get(&(place, field)).map(|m| (m, m.set.matches(text)));
        found
            .into_iter()
            .flat_map(|(matcher, hits)| hits.into_iter().filter_map(|hit| matcher.rules.get(hit)).collect::<Vec<_>>())
            .filter_map(|&index| self.rules.get(index))
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
        rules.filter(|rule| rule.pattern.as_ref().is_none_or(|p| p.is_match(value.as_bytes()))).collect()
    }

    /// Disclosure rules that a line fulfils, with the value that decides where the rule says so.
    pub(crate) fn disclosure<'r, 'l>(&'r self, line: &'l str) -> Vec<(&'r Disclosure, Option<&'l str>)> {
        let hits = self.disclosure_set.matches(line.as_bytes());
        let found = hits.into_iter().filter_map(|hit| self.disclosures.get(hit));
        found
            .map(|rule| {
                let captures = rule.regex.captures(line.as_bytes());
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

fn regex_set(patterns: &[String]) -> Result<RegexSet, RulesError> {
    let set = RegexSetBuilder::new(patterns).case_insensitive(true).unicode(false).size_limit(1 << 26).build();
    set.map_err(|error| RulesError::Shape {
        file: "all rules files together".to_owned(),
        line: 0,
        key: "pattern".to_owned(),
        message: format!("the patterns cannot be matched together ({error}); simplify them"),
    })
}

#[cfg(test)]
mod tests;

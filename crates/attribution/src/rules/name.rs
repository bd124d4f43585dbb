//! What the value of a trailer names: a tool, a model, a person, nothing, or something that nobody knows yet.

use super::RulesError;
use super::pattern::PatternSet;
use crate::person::Person;
use std::collections::HashSet;

/// An entry of the list of names.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) anchored: String,
    pub(super) tool: Option<String>,
    pub(super) model: bool,
    pub(super) given_name: bool,
    pub(super) vendor: bool,
}

/// All names; the first entry that matches decides.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
    set: PatternSet,
}

/// What one value, or one part of a list of values, names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// It says that no tool took part, or that one was used for something that is no code.
    Negative,
    /// A person with an address.
    Person(Person),
    /// A tool, a model, or both; a model can stand without a tool.
    Known {
        /// Normalised name of the tool.
        tool: Option<String>,
        /// Model as the value spells it.
        model: Option<String>,
    },
    /// Something else, for a person to look at.
    Unrecognised(String),
}

/// A value in the form in which it is compared: lower case, single blanks, no full stop at the end.
pub(super) fn folded(value: &str) -> String {
    let words = value.split_whitespace().collect::<Vec<_>>().join(" ");
    words.trim_end_matches('.').to_ascii_lowercase()
}

impl Names {
    pub(super) fn prepend(&mut self, mut names: Vec<Name>) {
        names.append(&mut self.names);
        self.names = names;
        self.set = PatternSet::default();
        self.names.iter().for_each(|name| self.set.push(name.anchored.clone()));
    }

    pub(super) fn check(&self) -> Result<(), RulesError> {
        self.set.check()
    }

    pub(super) fn knows_tool(&self, tool: &str) -> bool {
        self.names.iter().any(|name| name.tool.as_deref() == Some(tool))
    }

    fn lookup(&self, text: &str) -> Option<&Name> {
        let text = text.trim();
        let first = |text: &str| self.set.matches(text.as_bytes()).into_iter().next().and_then(|i| self.names.get(i));
        first(text).or_else(|| first(without_version(text)?))
    }

    pub(super) fn model_in(&self, display: &str) -> Option<String> {
        let display = display.trim();
        if self.lookup(display).is_some_and(|name| name.model) {
            return Some(display.to_owned());
        }
        let (head, inner) = brackets(display)?;
        if self.lookup(head).is_some_and(|name| name.model) {
            return Some(display.to_owned());
        }
        self.lookup(inner).is_some_and(|name| name.model).then(|| inner.to_owned())
    }

    pub(super) fn resolve(
        &self,
        value: &str,
        bare: bool,
        negatives: &HashSet<String>,
        non_code: &HashSet<String>,
    ) -> Vec<Resolved> {
        let value = value.trim();
        let whole = folded(value);
        if whole.is_empty() || negatives.contains(&whole) || non_code.contains(&whole) {
            return vec![Resolved::Negative];
        }
        if let Some(person) = Person::parse(value.as_bytes()) {
            return vec![Resolved::Person(person)];
        }
        if let Some(known) = self.one(value, bare) {
            return vec![known];
        }
        // A list: each part speaks for itself, if at least one of them is known.
        let parts: Vec<&str> = value.split([',', '&', '+']).map(str::trim).filter(|part| !part.is_empty()).collect();
        let found: Vec<Option<Resolved>> = parts.iter().map(|part| self.one(part, bare)).collect();
        if found.iter().any(Option::is_some) {
            let unknown = |part: &&str| Resolved::Unrecognised((*part).to_owned());
            return found.into_iter().zip(&parts).map(|(known, part)| known.unwrap_or_else(|| unknown(part))).collect();
        }
        vec![Resolved::Unrecognised(value.to_owned())]
    }

    /// `tool`, `model`, `tool:model rest`, `tool (model)`.
    fn one(&self, value: &str, bare: bool) -> Option<Resolved> {
        if let Some(name) = self.lookup(value) {
            if name.vendor || (name.given_name && !bare) {
                return None;
            }
            return Some(Resolved::Known { tool: name.tool.clone(), model: name.model.then(|| value.to_owned()) });
        }
        if let Some((agent, rest)) = value.split_once(':') {
            let model = rest.split_whitespace().next().unwrap_or_default();
            let (agent, known) = (self.lookup(agent), self.lookup(model).filter(|name| name.model));
            if known.is_none() && agent.is_none_or(|name| name.vendor || (name.given_name && !bare)) {
                return None;
            }
            let tool = agent.and_then(|name| name.tool.clone()).or_else(|| known.and_then(|name| name.tool.clone()));
            return Some(Resolved::Known { tool, model: (!model.is_empty()).then(|| model.to_owned()) });
        }
        let (head, inner) = brackets(value)?;
        let (outer, within) = (self.lookup(head), self.lookup(inner));
        let alone = outer.is_some_and(|name| !name.vendor && (!name.given_name || bare));
        let together = within.is_some_and(|name| name.model || (outer.is_some() && (name.vendor || name.tool.is_some())));
        if !alone && !together {
            return None;
        }
        let tool = outer.and_then(|name| name.tool.clone()).or_else(|| within.and_then(|name| name.tool.clone()));
        let model = within.filter(|name| name.model).map(|_| inner).or(outer.filter(|name| name.model).map(|_| head));
        Some(Resolved::Known { tool, model: model.map(str::to_owned) })
    }
}

/// `head (inner)` at the end of a text.
fn brackets(text: &str) -> Option<(&str, &str)> {
    let (head, inner) = text.trim().strip_suffix(')')?.rsplit_once('(')?;
    Some((head.trim(), inner.trim()))
}

/// A name without the version behind it: `Codex 0.30`, `claude-code/2.1.4`, `Aider v0.80`.
fn without_version(text: &str) -> Option<&str> {
    let (head, version) = text.rsplit_once([' ', '/'])?;
    let digits = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let is_version =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    is_version.then(|| head.trim())
}

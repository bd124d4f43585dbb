//! Contexts of code (payments, tests, docs, ...) by path rules: the built-in ones, or a file of the user's.

use candor_model::text::{around, excerpt};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use thiserror::Error;

/// The contexts that there are; `other` is what no rule matches.
pub const CONTEXTS: &[&str] = &[
    "api_contract",
    "auth",
    "boilerplate",
    "business_logic",
    "compliance",
    "crypto",
    "docs",
    "infrastructure",
    "other",
    "payments",
    "performance_critical",
    "refactoring",
    "schema",
    "tests",
    "tooling",
];

/// How welcome AI is in a context.
pub const ZONES: &[&str] = &["prohibited", "restricted", "encouraged"];
/// The built-in rules as text, to begin a file of one's own with.
pub const BUILT_IN: &str = include_str!("../contexts.toml");

/// A contexts file that cannot be used.
#[derive(Debug, Error)]
pub enum ContextsError {
    /// No TOML, or another shape.
    #[error("{file}: {why}")]
    Shape {
        /// The file.
        file: String,
        /// Line, column and what was expected, as the TOML reader says.
        why: String,
    },
    /// A context that does not exist.
    #[error("{file}, line {line}: there is no context `{name}`; expected one of {}", CONTEXTS.join(", "))]
    Unknown {
        /// The file.
        file: String,
        /// Line of the name.
        line: usize,
        /// The name.
        name: String,
    },
    /// A zone that does not exist.
    #[error("{file}, line {line}: there is no zone `{name}`; expected one of {}", ZONES.join(", "))]
    Zone {
        /// The file.
        file: String,
        /// Line of the zone.
        line: usize,
        /// The name.
        name: String,
    },
    /// A pattern that is no glob.
    #[error("{file}, line {line}: `{pattern}` is no path pattern: {why}")]
    Pattern {
        /// The file.
        file: String,
        /// Line of the pattern.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    context: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: toml::Spanned<String>,
    zone: Option<toml::Spanned<String>>,
    paths: Vec<toml::Spanned<String>>,
}

/// Path rules, in order.
#[derive(Debug, Clone)]
pub struct Contexts {
    names: Vec<String>,
    /// Zone of each context.
    zones: Vec<Option<String>>,
    globs: GlobSet,
    /// Index into `names` of each glob.
    owner: Vec<usize>,
}

impl Contexts {
    /// The built-in rules.
    ///
    /// # Errors
    /// Never for the rules that are shipped; a test reads them.
    pub fn built_in() -> Result<Self, ContextsError> {
        Self::parse("the built-in contexts", BUILT_IN)
    }

    /// Rules from the text of a file.
    ///
    /// # Errors
    /// [`ContextsError`] names the file and the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, ContextsError> {
        let parsed: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let begin = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |before| before + 1);
            let line = text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let number = text.get(..begin).unwrap_or_default().matches('\n').count() + 1;
            let message = error.message().replace('\n', " ");
            let why = format!("line {number}: {}; found `{}`", excerpt(&message, 300), around(line, at - begin, 120));
            ContextsError::Shape { file: file.to_owned(), why }
        })?;
        let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let (mut names, mut zones, mut owner, mut globs) = (Vec::new(), Vec::new(), Vec::new(), GlobSetBuilder::new());
        for entry in parsed.context {
            let name = entry.name.get_ref();
            if !CONTEXTS.contains(&name.as_str()) {
                return Err(ContextsError::Unknown {
                    file: file.to_owned(),
                    line: line_of(entry.name.span().start),
                    name: name.clone(),
                });
            }
            for pattern in entry.paths {
                // Paths and patterns in lower case instead of globs that ignore case: those miss the set's tables of names and endings.
                let glob = GlobBuilder::new(&pattern.get_ref().to_lowercase()).literal_separator(true).build();
                globs.add(glob.map_err(|error| ContextsError::Pattern {
                    file: file.to_owned(),
                    line: line_of(pattern.span().start),
                    pattern: pattern.get_ref().clone(),
                    why: error.kind().to_string(),
                })?);
                owner.push(names.len());
            }
            if let Some(zone) = entry.zone.as_ref().filter(|zone| !ZONES.contains(&zone.get_ref().as_str())) {
                return Err(ContextsError::Zone {
                    file: file.to_owned(),
                    line: line_of(zone.span().start),
                    name: zone.get_ref().clone(),
                });
            }
            names.push(name.clone());
            zones.push(entry.zone.map(toml::Spanned::into_inner));
        }
        let globs = globs.build().map_err(|error| ContextsError::Shape { file: file.to_owned(), why: error.to_string() })?;
        Ok(Self { names, zones, globs, owner })
    }

    /// The contexts of the rules, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The zone of a context, where the rules say one.
    #[must_use]
    pub fn zone(&self, context: &str) -> Option<&str> {
        let index = self.names.iter().position(|name| name == context)?;
        self.zones.get(index).and_then(Option::as_deref)
    }

    /// The context of a path: that of the first rule that matches, else `other`.
    #[must_use]
    pub fn of(&self, path: &str) -> &str {
        let matched = self.globs.matches(path.to_lowercase());
        let first = matched.iter().filter_map(|glob| self.owner.get(*glob)).min();
        first.and_then(|index| self.names.get(*index)).map_or("other", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn built_in_rules_read_paths_as_people_do() {
        let contexts = Contexts::built_in().unwrap();
        for (path, expected) in [
            ("src/lib.rs", "business_logic"),
            ("tests/it/main.rs", "tests"),
            ("crates/x/src/parser_test.go", "tests"),
            ("src/test/java/A.java", "tests"),
            ("README.md", "docs"),
            ("src/payments/charge.py", "payments"),
            ("src/billing.ts", "payments"),
            ("app/auth/token.rb", "auth"),
            ("db/migrations/001.sql", "schema"),
            ("api/service.proto", "api_contract"),
            (".github/workflows/ci.yml", "infrastructure"),
            ("scripts/release.sh", "tooling"),
            ("Cargo.toml", "boilerplate"),
            ("logo.xyz", "other"),
        ] {
            assert_eq!(contexts.of(path), expected, "{path}");
        }
    }

    #[test]
    fn an_unknown_context_is_named_with_its_line() {
        let error =
            Contexts::parse("c.toml", "[[context]]\nname = \"tests\"\npaths = []\n[[context]]\nname = \"paymets\"\npaths = []\n")
                .unwrap_err();
        assert!(error.to_string().starts_with("c.toml, line 5: there is no context `paymets`"), "{error}");
        let error = Contexts::parse("c.toml", "[[context]]\nname = \"tests\"\npaths = [\n  \"a[\",\n]\n").unwrap_err();
        assert!(error.to_string().starts_with("c.toml, line 4: `a[`"), "{error}");
    }
}

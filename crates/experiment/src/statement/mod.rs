//! The page for the board, the teams or the community: made from the verdict in a constructive frame, and never against it.
//!
//! Every sentence is chosen by the verdict's class; texts that people typed (titles, reasons, names) do not enter, because they could say
//! what the verdict does not. What is left is checked against the words that a class may not use before anybody sees it.

mod html;
mod markdown;
mod sentences;
mod words;

use serde::Serialize;

use crate::ExperimentError;
use crate::canonical::Hash;
use crate::plan::{Plan, words::spelled};
use crate::verdict::Verdict;

pub use words::{contradictions, forbidden};

spelled! {
    /// For whom a statement is.
    Audience {
        /// Those who decide.
        Board = "board",
        /// Those whose work it is about.
        Team = "team",
        /// Other organisations.
        Community = "community",
    }
}

/// A statement: paragraphs under headings, and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// For whom.
    pub audience: Audience,
    /// The first line.
    pub title: String,
    /// The verdict in a sentence.
    pub lead: String,
    /// The rest.
    pub sections: Vec<Section>,
    /// From which verdict it was made.
    pub source: String,
}

/// A heading and what stands under it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Sentences, one a line.
    pub lines: Vec<String>,
    /// Rows of a table: measure, what was found, bar or limit, what follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<[String; 4]>,
}

/// Header of the table.
pub(crate) const COLUMNS: [&str; 4] = ["measure", "found (plus is good)", "bar or limit", "so"];

/// Makes the statement of a verdict.
///
/// # Input
/// `entry`: hash of the ledger's entry of the verdict, where it is recorded.
///
/// # Errors
/// [`ExperimentError::Refused`] where a sentence would contradict the verdict: nothing is printed rather than that.
pub fn statement(plan: &Plan, verdict: &Verdict, audience: Audience, entry: Option<&Hash>) -> Result<Statement, ExperimentError> {
    let source = match entry {
        Some(hash) => format!("Made from the verdict in entry {} of the ledger; nobody can reword it.", hash.short()),
        None => "Made from a verdict that is not recorded in the ledger: a draft.".to_owned(),
    };
    let statement = Statement {
        audience,
        title: sentences::title(verdict),
        lead: sentences::lead(verdict),
        sections: sentences::sections(plan, verdict, audience),
        source,
    };
    let found = contradictions(verdict.class, verdict.is_effect, &statement.text());
    if let Some(word) = found.first() {
        return Err(ExperimentError::Refused {
            what: format!("the statement would say `{word}` beside the verdict `{}`, and is not made", verdict.class),
            hint: Some("this is an error of the program: please report it with the verdict".to_owned()),
        });
    }
    Ok(statement)
}

impl Statement {
    /// All of its text, for checks.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = |section: &Section| section.rows.iter().map(|row| format!("{}\n", row.join("; "))).collect::<String>();
        let sections = self.sections.iter().map(|own| format!("{}\n{}\n{}", own.heading, own.lines.join("\n"), rows(own)));
        format!("{}\n{}\n{}{}\n", self.title, self.lead, sections.collect::<String>(), self.source)
    }

    /// As Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// As one HTML page that needs nothing else: no network, no script.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::render(self)
    }
}

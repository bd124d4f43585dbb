//! Everything that can go wrong with the catalogue: files that are wrong, questions that make no sense, facts that cannot be read.

use std::path::PathBuf;

use candor_lake::LakeError;

/// A fault of a metric file or a view, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file as it was named.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Key of the header or column of the SELECT; empty where the fault is elsewhere.
    pub key: String,
    /// What was expected, and what was found.
    pub problem: String,
    /// How to mend it.
    pub hint: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        if !self.hint.is_empty() {
            write!(f, "\n  hint: {}", self.hint)?;
        }
        Ok(())
    }
}

/// A failure of the catalogue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A metric file or a view is wrong.
    #[error("{0}")]
    File(Box<Fault>),
    /// Several files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Files(Vec<Fault>),
    /// A metric that does not exist.
    #[error("there is no metric `{id}`{}", .nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
    UnknownMetric {
        /// What was asked for.
        id: String,
        /// The id that is spelled most alike.
        nearest: Option<String>,
    },
    /// A dimension that the metric does not have.
    #[error("`{id}` cannot be sliced by `{dimension}`: it has {have}")]
    UnknownDimension {
        /// The metric.
        id: String,
        /// What was asked for.
        dimension: String,
        /// The dimensions that it has, in words.
        have: String,
    },
    /// Something that cannot be asked.
    #[error("{0}")]
    Question(String),
    /// A setting of the organisation that cannot be used.
    #[error("the setting `{name}` is {found}, expected {expected}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The engine failed on a query that it had accepted.
    #[error("cannot compute `{what}`: {problem}")]
    Engine {
        /// A metric, a view or a table.
        what: String,
        /// What the engine says.
        problem: String,
    },
    /// A statistic refused its input.
    #[error("cannot estimate `{figure}`: {source}")]
    Statistic {
        /// The figure.
        figure: String,
        /// What was wrong.
        source: candor_stats::StatsError,
    },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<Fault> for CatalogueError {
    fn from(fault: Fault) -> Self {
        Self::File(Box::new(fault))
    }
}

/// The name among `names` that is spelled most alike, if one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    names.map(|other| (distance(name, other), other)).filter(|(far, _)| *far <= limit).min().map(|(_, other)| other)
}

/// Number of letters to insert, delete or replace (Levenshtein 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut before = above;
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
        for at in 1..row.len() {
            let cost = usize::from(other[at - 1] != letter);
            let best = (before + cost).min(row[at - 1] + 1).min(row[at] + 1);
            before = std::mem::replace(&mut row[at], best);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["review_time", "review_rounds", "nps"];
        assert_eq!(nearest("reveiw_time", names.into_iter()), Some("review_time"));
        assert_eq!(nearest("velocity", names.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

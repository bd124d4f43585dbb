//! Which landings count, until when each repository is followed, and what is derived once per landing.

use candor_model::Origin;

use crate::calendar::YearQuarter;
use crate::error::MetricsError;
use crate::facts::{LineFacts, NONE};
use crate::options::ReportOptions;

/// Seconds of a day.
pub(crate) const DAY: u32 = 86_400;

/// Source class of a landing, after its share of AI lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Human,
    AiLight,
    AiHeavy,
    Unknown,
}

impl Class {
    pub(crate) const ALL: [Self; 4] = [Self::Human, Self::AiLight, Self::AiHeavy, Self::Unknown];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::AiLight => "ai_light",
            Self::AiHeavy => "ai_heavy",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn of(share: Option<f64>, heavy: f64) -> Self {
        match share {
            None => Self::Unknown,
            Some(share) if share > heavy => Self::AiHeavy,
            Some(share) if share > 0.0 => Self::AiLight,
            Some(_) => Self::Human,
        }
    }
}

/// Facts that were checked, with what is derived per repository and landing. All indices of the facts point somewhere.
pub(crate) struct Window<'a> {
    pub(crate) facts: &'a LineFacts,
    pub(crate) options: &'a ReportOptions,
    /// End of follow-up by repository.
    pub(crate) ends: Vec<i64>,
    /// By landing: whether it counts.
    pub(crate) counts: Vec<bool>,
    /// By landing: class.
    pub(crate) classes: Vec<Class>,
    /// By landing: index into `quarters`.
    pub(crate) quarter: Vec<u32>,
    /// Quarters of the landings that count, ascending.
    pub(crate) quarters: Vec<YearQuarter>,
    /// By landing: index into `years`.
    pub(crate) year: Vec<u32>,
    /// Years of the landings that count, ascending.
    pub(crate) years: Vec<i16>,
    /// By commit: author, and whether somebody is named beside the author.
    authors: Vec<(u32, bool)>,
}

impl<'a> Window<'a> {
    /// Checks every index once, so that nothing after it can point nowhere.
    pub(crate) fn new(facts: &'a LineFacts, options: &'a ReportOptions) -> Result<Self, MetricsError> {
        options.check()?;
        check(facts)?;
        let ends: Vec<i64> = facts
            .repositories
            .iter()
            .map(|repository| options.as_of.map_or(repository.as_of, |as_of| as_of.min(repository.as_of)))
            .collect();
        let inside = |at: i64| options.since.is_none_or(|since| at >= since) && options.as_of.is_none_or(|as_of| at <= as_of);
        let counts: Vec<bool> = facts.landings.iter().map(|landing| inside(landing.landed_at)).collect();
        let classes = facts.landings.iter().map(|landing| Class::of(landing.ai_share, options.ai_heavy)).collect();
        let of: Vec<YearQuarter> = facts.landings.iter().map(|landing| YearQuarter::of(landing.landed_at)).collect();
        let mut quarters: Vec<YearQuarter> =
            of.iter().zip(&counts).filter(|(_, counts)| **counts).map(|(quarter, _)| *quarter).collect();
        quarters.sort_unstable();
        quarters.dedup();
        let quarter = of.iter().map(|quarter| quarters.binary_search(quarter).unwrap_or(0) as u32).collect();
        let mut years: Vec<i16> = quarters.iter().map(|quarter| quarter.year).collect();
        years.dedup();
        let year = of.iter().map(|quarter| years.binary_search(&quarter.year).unwrap_or(0) as u32).collect();
        let authors =
            facts.commits.iter().map(|commit| (commit.author.min(facts.people), !commit.co_authors.is_empty())).collect();
        Ok(Self { facts, options, ends, counts, classes, quarter, quarters, year, years, authors })
    }

    /// Whether a commit is of the days that the report is about. One that belongs to no landing is where no days are named.
    pub(crate) fn has_commit(&self, commit: u32) -> bool {
        let landing = self.facts.commits.get(commit as usize).map_or(NONE, |fact| fact.landing);
        self.counts.get(landing as usize).copied().unwrap_or_else(|| self.is_whole())
    }

    /// Whether the report is about the whole history.
    pub(crate) fn is_whole(&self) -> bool {
        self.options.since.is_none() && self.options.as_of.is_none()
    }

    /// Number of clusters: people, and one for all unknown authors.
    pub(crate) fn clusters(&self) -> usize {
        self.facts.people as usize + 1
    }

    /// The cluster of a commit's author.
    pub(crate) fn cluster(&self, commit: u32) -> u32 {
        self.authors[commit as usize].0
    }

    /// The instant of the death of cohort `row` when it is known by the end of the report.
    pub(crate) fn died_at(&self, row: usize) -> Option<i64> {
        let death = self.facts.cohorts.death[row];
        if death == NONE {
            return None;
        }
        let at = self.facts.landings[death as usize].landed_at;
        self.options.as_of.is_none_or(|as_of| at <= as_of).then_some(at)
    }

    /// How the life of cohort `row` ends as far as it is followed: when, whether by death, and whether by its own people.
    pub(crate) fn end_of(&self, row: usize) -> (i64, bool, bool) {
        let cohorts = &self.facts.cohorts;
        let died_at = self.died_at(row);
        let repository = self.facts.landings[cohorts.landing[row] as usize].repository;
        let end = self.ends[repository as usize];
        let followed = cohorts.censored_at.get(&(row as u32)).map_or(end, |left| end.min(*left));
        let by_self = died_at.is_some() && self.same_people(cohorts.origin[row], cohorts.killer[row]);
        (died_at.unwrap_or(followed), died_at.is_some(), by_self)
    }

    /// Whether an author or co-author of one commit is author or co-author of the other.
    pub(crate) fn same_people(&self, one: u32, other: u32) -> bool {
        if one == NONE || other == NONE {
            return false;
        }
        let ((author, company), (killer, more)) = (self.authors[one as usize], self.authors[other as usize]);
        if author == killer && author < self.facts.people {
            return true;
        }
        if !company && !more {
            return false;
        }
        let (one, other) = (&self.facts.commits[one as usize], &self.facts.commits[other as usize]);
        let has = |commit: &crate::facts::CommitFact, person: u32| {
            person < self.facts.people && (commit.author == person || commit.co_authors.contains(&person))
        };
        has(other, one.author) || one.co_authors.iter().any(|person| has(other, *person))
    }

    /// Seconds from `from` to `to`, not below 0, and not above 136 years.
    pub(crate) fn age(from: i64, to: i64) -> u32 {
        to.saturating_sub(from).clamp(0, i64::from(u32::MAX - 2)) as u32
    }
}

/// Names of the sources as the document spells them.
pub(crate) fn source_name(source: Origin) -> &'static str {
    match source {
        Origin::Ai => "ai",
        Origin::Human => "human",
        Origin::Mixed => "mixed",
        Origin::Bot => "bot",
        Origin::Unknown => "unknown",
    }
}

fn check(facts: &LineFacts) -> Result<(), MetricsError> {
    let cohorts = &facts.cohorts;
    let need = cohorts.len();
    let columns = [
        ("origin", cohorts.origin.len()),
        ("path", cohorts.path.len()),
        ("death", cohorts.death.len()),
        ("killer", cohorts.killer.len()),
        ("lines", cohorts.lines.len()),
        ("substantive", cohorts.substantive.len()),
        ("source", cohorts.source.len()),
        ("strength", cohorts.strength.len()),
        ("before_observation", cohorts.before_observation.len()),
    ];
    if let Some((column, have)) = columns.into_iter().find(|(_, have)| *have != need) {
        return Err(MetricsError::ColumnLength { column, have, need });
    }
    let (repositories, commits, landings) = (facts.repositories.len(), facts.commits.len(), facts.landings.len());
    points("cohort landing", &cohorts.landing, "landings", landings, false)?;
    points("cohort origin", &cohorts.origin, "commits", commits, false)?;
    points("cohort path", &cohorts.path, "paths", facts.paths.len(), false)?;
    points("cohort death", &cohorts.death, "landings", landings, true)?;
    points("cohort killer", &cohorts.killer, "commits", commits, true)?;
    let each = |column, values: Vec<u32>, target, entries, may_be_absent| points(column, &values, target, entries, may_be_absent);
    each("commit repository", facts.commits.iter().map(|c| c.repository).collect(), "repositories", repositories, false)?;
    each("landing repository", facts.landings.iter().map(|l| l.repository).collect(), "repositories", repositories, false)?;
    each("landing commit", facts.landings.iter().map(|l| l.commit).collect(), "commits", commits, false)?;
    each("landing reverted_by", facts.landings.iter().map(|l| l.reverted_by).collect(), "landings", landings, true)?;
    each("path repository", facts.paths.iter().map(|p| p.repository).collect(), "repositories", repositories, false)?;
    each("path language", facts.paths.iter().map(|p| p.language.into()).collect(), "languages", facts.languages.len(), false)?;
    each("path context", facts.paths.iter().map(|p| p.context.into()).collect(), "contexts", facts.contexts.len(), false)?;
    each("commit landing", facts.commits.iter().map(|c| c.landing).collect(), "landings", landings, true)?;
    each("agreement commit", facts.agreement.iter().map(|row| row.commit).collect(), "commits", commits, true)?;
    each("unrecognised commit", facts.unrecognised.iter().map(|(_, commit)| *commit).collect(), "commits", commits, true)?;
    each("rejected note commit", facts.rejected_notes.iter().map(|(_, commit)| *commit).collect(), "commits", commits, true)?;
    let apart = || facts.repositories.iter().flat_map(|repository| &repository.apart);
    each("lines apart landing", apart().map(|lines| lines.landing).collect(), "landings", landings, true)?;
    each("lines apart path", apart().map(|lines| lines.path).collect(), "paths", facts.paths.len(), true)?;
    each("coverage repository", facts.coverage.iter().map(|c| c.repository).collect(), "repositories", repositories, false)?;
    let functions = &facts.functions;
    each("function landing", functions.iter().map(|f| f.landing).collect(), "landings", landings, false)?;
    each("function path", functions.iter().map(|f| f.path).collect(), "paths", facts.paths.len(), false)?;
    each("function origin", functions.iter().map(|f| f.origin).collect(), "commits", commits, false)?;
    match cohorts.lines.iter().zip(&cohorts.substantive).position(|(lines, substantive)| substantive > lines) {
        Some(row) => Err(MetricsError::Substantive { row, substantive: cohorts.substantive[row], lines: cohorts.lines[row] }),
        None => Ok(()),
    }
}

fn points(
    column: &'static str,
    values: &[u32],
    target: &'static str,
    entries: usize,
    may_be_absent: bool,
) -> Result<(), MetricsError> {
    let wrong = |value: u32| value as usize >= entries && !(may_be_absent && value == NONE);
    match values.iter().position(|value| wrong(*value)) {
        Some(row) => Err(MetricsError::DanglingIndex { column, row, index: values[row].into(), target, entries }),
        None => Ok(()),
    }
}

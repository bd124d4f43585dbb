//! From a figure back to what it rests on: observations, SQL, facts, evidence, raw files; and the figure computed again on the way.
//!
//! Whose figure it is decides what is listed. Where an observation is a person's, or the metric is of Tier 3, nothing is listed but groups of
//! at least as many people as a figure needs; a person is a letter, and never named.

mod evidence;
mod parts;
mod provenance;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::cells::Group;
use crate::document::{Cell, MetricResult};
use crate::error::{CatalogueError, nearest};
use crate::estimate::{Moment, observations};
use crate::frame::{Frame, NEVER, NONE};
use crate::header::{Direction, Estimator, Figure, Metric, PeriodKind};
use crate::run::{Columns, Layout, Question, observe_with};
use crate::session::Session;
use crate::settings::Shown;

pub use evidence::Label;
pub use parts::{Calculation, Step};
pub use provenance::{Import, RawRow, TableFacts};

/// Id and version of the schema of [`Explanation`].
pub const SCHEMA: &str = "candor-explain/1";

/// Which figure, and how much of what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Name of the figure below the metric's; the first one by default.
    pub figure: Option<String>,
    /// `2025-03`, `2025-W10`, `2025-Q1`, `2025-03-04` or `overall`.
    pub period: String,
    /// The slice: dimension to value.
    pub by: BTreeMap<String, String>,
    /// Observations to list at most.
    pub limit: usize,
}

/// A figure and all that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// [`SCHEMA`].
    pub schema: String,
    /// Number of the snapshot.
    pub snapshot: Option<i64>,
    /// Settings that figures depend on.
    pub settings: Shown,
    /// Id of the metric.
    pub metric: String,
    /// Version of its definition.
    pub version: u32,
    /// The question that it answers.
    pub question: String,
    /// The exact definition in words.
    pub definition: String,
    /// Who says so.
    pub source: String,
    /// What a reader must know.
    pub caveats: String,
    /// `review_time.hours`, or the id alone.
    pub figure: String,
    /// Unit of the point.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Name of the estimator.
    pub estimator: String,
    /// The figure as `candor metrics run` gives it.
    pub cell: Cell,
    /// What was counted, what was not, and the observations that move the figure most.
    pub observations: Counted,
    /// The figure computed again from the observations, step by step; `None` where it is withheld or has no formula of its own.
    pub calculation: Option<Calculation>,
    /// Whether a second engine, which read the pinned files anew, gave the same answer, digit by digit.
    pub same_again: bool,
    /// The SELECT of the metric, and before it the views that it reads.
    pub sql: Vec<Sql>,
    /// The tables of facts.
    pub facts: Vec<TableFacts>,
    /// How the observations got their source.
    pub labels: Vec<Label>,
}

/// A text of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sql {
    /// Its name.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// What a row is; empty for the metric.
    pub doc: String,
    /// The text.
    pub text: String,
}

/// What became of the rows of the SELECT.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Counted {
    /// Rows inside the window.
    pub in_window: u64,
    /// Rows of this group and period.
    pub in_cell: u64,
    /// Observations that the figure rests on.
    pub counted: u64,
    /// Rows that only add to what is divided by.
    pub exposure: u64,
    /// Rows that the figure is not about (its column `where` is not true).
    pub not_meant: u64,
    /// Rows whose follow-up is not over.
    pub open: u64,
    /// Rows that lack a cell that the figure needs.
    pub incomplete: u64,
    /// Distinct people.
    pub people: Option<u64>,
    /// The observations that move the figure most, at most as many as asked for.
    pub listed: Vec<Listed>,
    /// Where observations are people's: shares of groups of people, the largest first.
    pub groups: Vec<PeopleShare>,
    /// Why not every one, or none, is listed.
    pub because: String,
}

/// An observation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// Its name, such as `acme/app#12`.
    pub unit: String,
    /// When it was observed, UTC.
    pub at: Option<String>,
    /// The letter of its person in this explanation; `None` where too few people are behind the figure to tell them apart.
    pub person: Option<String>,
    /// The columns that the figure reads.
    pub values: BTreeMap<String, f64>,
    /// The figure minus the figure without it, where that can be said.
    pub moves_by: Option<f64>,
    /// Where it stands in the files that were imported.
    pub raw: Vec<RawRow>,
}

/// A group of people, and what they add.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeopleShare {
    /// How many they are.
    pub people: u64,
    /// Their observations.
    pub observations: u64,
    /// Their share of what is counted or summed.
    pub share: Option<f64>,
}

/// The kind of a period, by its name.
///
/// # Errors
/// [`CatalogueError::Question`] for a name of no period.
pub(crate) fn period_of(name: &str) -> Result<PeriodKind, CatalogueError> {
    kind_of(name).ok_or_else(|| {
        CatalogueError::Question(format!("`{name}` is no period, expected 2025-03, 2025-W10, 2025-Q1, 2025-03-04 or overall"))
    })
}

fn kind_of(name: &str) -> Option<PeriodKind> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = match name.split_once('-') {
        None => return (name == "overall").then_some(PeriodKind::Overall),
        Some(parts) => parts,
    };
    if !digits(year) {
        return None;
    }
    match (rest.split_at_checked(1), rest.parse::<u8>()) {
        (Some(("W", week)), _) if digits(week) => Some(PeriodKind::Week),
        (Some(("Q", quarter)), _) if digits(quarter) => Some(PeriodKind::Quarter),
        (_, Ok(_)) => Some(PeriodKind::Month),
        _ if name.parse::<Date>().is_ok() => Some(PeriodKind::Day),
        _ => None,
    }
}

/// The question of `metrics run` that has the cell among its answers.
fn question(metric: &Metric, asked: &Asked) -> Result<Question, CatalogueError> {
    let period = period_of(&asked.period)?;
    let by = asked.by.keys().filter(|dimension| !metric.per.contains(dimension)).cloned().collect();
    Ok(Question { by, ..Question::every(period) })
}

fn figure<'a>(metric: &'a Metric, name: Option<&str>) -> Result<&'a Figure, CatalogueError> {
    let Some(name) = name else {
        return metric.figures.first().ok_or_else(|| CatalogueError::Question(format!("`{}` has no figure", metric.id)));
    };
    let short = name.strip_prefix(&format!("{}.", metric.id)).unwrap_or(name);
    metric.figures.iter().find(|figure| figure.name == short || metric.key(figure) == name).ok_or_else(|| {
        let names = || metric.figures.iter().map(|figure| figure.name.as_str());
        let near = nearest(short, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        CatalogueError::Question(format!("`{}` has no figure `{name}`; it has {all}{near}", metric.id))
    })
}

/// The cell of a result that was asked for.
fn cell_of(result: &MetricResult, key: &str, asked: &Asked) -> Result<Cell, CatalogueError> {
    let none = |problem: String| CatalogueError::Question(problem);
    let figure = result.figures.iter().find(|figure| figure.figure == key);
    let figure = figure.ok_or_else(|| none(format!("there is no figure `{key}` in this snapshot")))?;
    let in_period = || figure.cells.iter().filter(|cell| cell.period.name == asked.period);
    if in_period().next().is_none() {
        let mut names: Vec<&str> = figure.cells.iter().map(|cell| cell.period.name.as_str()).collect();
        names.dedup();
        let have = match (names.first(), names.last()) {
            (Some(first), Some(last)) => format!("the window has {first} to {last}"),
            _ => "the window has none".to_owned(),
        };
        return Err(none(format!("the period `{}` is not in the window: {have}", asked.period)));
    }
    in_period().find(|cell| cell.by == asked.by).cloned().ok_or_else(|| {
        let words = |by: &BTreeMap<String, String>| {
            by.iter().map(|(dimension, value)| format!("{dimension}={value}")).collect::<Vec<_>>().join(",")
        };
        let have: Vec<String> = in_period().map(|cell| words(&cell.by)).filter(|words| !words.is_empty()).take(12).collect();
        none(format!("there is no slice `{}` of `{key}`; there are {}", words(&asked.by), have.join(" ")))
    })
}

/// Explains one figure of a metric.
///
/// # Errors
/// [`CatalogueError::UnknownMetric`], [`CatalogueError::UnknownDimension`], [`CatalogueError::Question`] where there is no such figure, period
/// or slice, [`CatalogueError::Engine`].
pub fn explain(session: &Session, catalogue: &Catalogue, id: &str, asked: &Asked) -> Result<Explanation, CatalogueError> {
    let metric = catalogue.get(id)?;
    let figure = figure(metric, asked.figure.as_deref())?;
    let question = question(metric, asked)?;
    let key = metric.key(figure);
    let observed = observe_with(session, metric, &Columns::All)?;
    let cell = cell_of(&crate::run::observe(session, metric)?.answer(&question)?.suppressed(), &key, asked)?;
    let layout = observed.layout(&question)?;
    let group = layout
        .groups
        .iter()
        .find(|group| group.by == cell.by && layout.periods.get(group.period).is_some_and(|period| period.name == asked.period));
    let none = Group { by: cell.by.clone(), period: 0, rows: Vec::new(), mixed: false };
    let moment = Moment { kind: question.period, as_of: session.calendar().window().1 };
    let seen = Seen { session, metric, figure, layout: &layout, group: group.unwrap_or(&none), moment };
    // Read again by an engine of its own: the same text over the same pinned files.
    let again = Session::new(session.facts().clone(), session.settings().clone())?;
    let same_again = cell_of(&crate::run::observe(&again, metric)?.answer(&question)?.suppressed(), &key, asked)? == cell;
    let reads = session.reads(metric.sql())?;
    let shown = cell.answer.point().is_some();
    let (observations, calculation) = seen.counted(&cell, asked.limit, &reads)?;
    let mut sql: Vec<Sql> = reads
        .views
        .iter()
        .map(|view| Sql {
            name: view.name.to_owned(),
            file: view.file.to_owned(),
            doc: view.doc().to_owned(),
            text: view.sql.trim().to_owned(),
        })
        .collect();
    let file = metric.file.clone();
    sql.push(Sql { name: metric.id.clone(), file, doc: String::new(), text: metric.sql().to_owned() });
    Ok(Explanation {
        schema: SCHEMA.to_owned(),
        snapshot: session.facts().snapshot(),
        settings: Shown::from(session.settings()),
        metric: metric.id.clone(),
        version: metric.version,
        question: metric.question.clone(),
        definition: metric.definition.clone(),
        source: metric.source.clone(),
        caveats: metric.caveats.clone(),
        figure: key,
        unit: figure.unit.clone(),
        direction: figure.direction,
        estimator: figure.estimator.name().to_owned(),
        calculation,
        same_again,
        sql,
        facts: provenance::tables(session, &reads)?,
        labels: if shown { evidence::labels(&seen)? } else { Vec::new() },
        observations,
        cell,
    })
}

/// The observations of the cell, while they are looked at.
struct Seen<'a> {
    session: &'a Session,
    metric: &'a Metric,
    figure: &'a Figure,
    layout: &'a Layout<'a>,
    group: &'a Group,
    moment: Moment,
}

/// Letters for people: `A` to `Z`, `AA`, ...
fn letter(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (place % 26) as u8));
        match (place / 26).checked_sub(1) {
            Some(next) => place = next,
            None => break,
        }
    }
    letters.iter().rev().collect()
}

impl Seen<'_> {
    fn frame(&self) -> &Frame {
        self.layout.frame.as_ref()
    }

    fn person(&self, row: u32) -> Option<u32> {
        let codes = self.frame().names.get("person")?;
        codes.codes.get(row as usize).copied().filter(|code| *code != NONE)
    }

    /// Whether its observations say something of single people.
    fn is_personal(&self, rows: &[u32]) -> bool {
        let frame = self.frame();
        let names = |row: u32| {
            let (unit, person) = (frame.name("unit", row as usize), frame.name("person", row as usize));
            unit.zip(person).is_some_and(|(unit, person)| unit.contains(person))
        };
        self.metric.tier == 3 || self.figure.min_people.is_some() || rows.iter().any(|row| names(*row))
    }

    fn counted(
        &self,
        cell: &Cell,
        limit: usize,
        reads: &crate::session::Reads,
    ) -> Result<(Counted, Option<Calculation>), CatalogueError> {
        let frame = self.frame();
        let minimum = u64::from(self.session.settings().min_group);
        let mut counted = Counted {
            in_window: frame.rows as u64,
            in_cell: self.group.rows.len() as u64,
            people: cell.people,
            ..Counted::default()
        };
        let withheld = cell.answer.code() == Some(crate::reasons::SMALL_GROUP);
        if withheld {
            // What a figure would say of few people, its parts say too.
            counted.in_cell = 0;
            counted.because = "too few people: nothing of what stands behind the figure is shown".to_owned();
            return Ok((counted, None));
        }
        if self.figure.estimator == Estimator::Composed {
            counted.counted = cell.units;
            counted.because = "the figure is composed of several estimates; `candor metrics show` says how".to_owned();
            return Ok((counted, None));
        }
        let Ok((seen, _)) = observations(self.figure, frame, &self.group.rows, &self.moment) else {
            counted.because = "no observation can be counted".to_owned();
            return Ok((counted, None));
        };
        counted.counted = seen.units().len() as u64;
        counted.exposure = (seen.used().len() - seen.units().len()) as u64;
        let used: std::collections::BTreeSet<u32> = seen.used().iter().copied().collect();
        for row in self.group.rows.iter().filter(|row| !used.contains(row)) {
            let not_meant = self.figure.only.as_ref().is_some_and(|only| !frame.is_true(only, *row as usize));
            let at = frame.at.get(*row as usize).copied().unwrap_or(NEVER);
            let follow_up = i64::from(self.figure.follow_up_days.unwrap_or(0)) * 86_400_000_000;
            let counter = if not_meant {
                &mut counted.not_meant
            } else if follow_up > 0 && at != NEVER && at.saturating_add(follow_up) > self.moment.as_of {
                &mut counted.open
            } else {
                &mut counted.incomplete
            };
            *counter += 1;
        }
        let Some(point) = cell.answer.point() else {
            counted.because = "there is no figure that they could move".to_owned();
            return Ok((counted, None));
        };
        let (calculation, moves) = parts::calculate(self.figure, frame, &seen, &self.moment, self.session.settings());
        let calculation = calculation.map(|own| own.compared(point));
        if self.is_personal(seen.units()) {
            counted.groups = self.shares(&moves, minimum as usize);
            counted.because =
                format!("observations are people's: shown are groups of at least {minimum} people, those who add most first");
        } else {
            let few = counted.people.is_some_and(|people| people < minimum);
            counted.listed = self.listed(&moves, limit, few);
            provenance::raw(self.session, reads, &mut counted.listed)?;
            let rest = counted.counted.saturating_sub(counted.listed.len() as u64);
            if rest > 0 {
                counted.because = format!("those that move the figure most; {rest} more are not listed");
            }
        }
        Ok((counted, calculation))
    }

    /// The observations that move the figure most.
    fn listed(&self, moves: &[parts::Move], limit: usize, few: bool) -> Vec<Listed> {
        let frame = self.frame();
        let mut letters: BTreeMap<u32, String> = BTreeMap::new();
        let columns: Vec<&str> = self.figure.estimator.columns().into_iter().map(|(_, column)| column).collect();
        moves
            .iter()
            .take(limit)
            .map(|own| {
                let row = own.row as usize;
                let person = self.person(own.row).filter(|_| !few).map(|code| {
                    let next = letters.len();
                    letters.entry(code).or_insert_with(|| letter(next)).clone()
                });
                let value = |column: &&str| frame.number(column, row).map(|number| ((*column).to_owned(), number));
                let at = frame.at.get(row).copied().filter(|at| *at != NEVER);
                Listed {
                    unit: frame.name("unit", row).unwrap_or("(no name)").to_owned(),
                    at: at.and_then(|at| jiff::Timestamp::from_microsecond(at).ok()).map(|at| at.to_string()),
                    person,
                    values: columns.iter().filter_map(value).collect(),
                    moves_by: own.by,
                    raw: Vec::new(),
                }
            })
            .collect()
    }

    /// What groups of at least `minimum` people add, those first who add most.
    fn shares(&self, moves: &[parts::Move], minimum: usize) -> Vec<PeopleShare> {
        let mut of: BTreeMap<u32, (u64, f64)> = BTreeMap::new();
        for own in moves {
            if let Some(person) = self.person(own.row) {
                let sums = of.entry(person).or_default();
                *sums = (sums.0 + 1, sums.1 + own.adds);
            }
        }
        let mut people: Vec<(u64, f64)> = of.into_values().collect();
        people.sort_by(|one, other| other.1.total_cmp(&one.1).then(other.0.cmp(&one.0)));
        let total: f64 = people.iter().map(|(_, adds)| adds).sum();
        let minimum = minimum.max(1);
        if people.len() < minimum {
            return Vec::new();
        }
        let whole = people.len() / minimum;
        (0..whole)
            .map(|at| {
                // The last group takes those who are too few for one of their own.
                let until = if at + 1 == whole { people.len() } else { (at + 1) * minimum };
                let group = people.get(at * minimum..until).unwrap_or_default();
                PeopleShare {
                    people: group.len() as u64,
                    observations: group.iter().map(|(count, _)| count).sum(),
                    share: (total > 0.0).then(|| group.iter().map(|(_, adds)| adds).sum::<f64>() / total),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_periods_say_their_kind() {
        for (name, kind) in [
            ("2025-03", Some(PeriodKind::Month)),
            ("2025-W10", Some(PeriodKind::Week)),
            ("2025-Q1", Some(PeriodKind::Quarter)),
            ("2025-03-04", Some(PeriodKind::Day)),
            ("overall", Some(PeriodKind::Overall)),
            ("march", None),
            ("2025-Wx", None),
            ("2025-02-31", None),
            ("", None),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }

    #[test]
    fn letters_do_not_end() {
        let letters: Vec<String> = [0, 25, 26, 27, 701, 702].map(letter).to_vec();
        assert_eq!(letters, ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }
}

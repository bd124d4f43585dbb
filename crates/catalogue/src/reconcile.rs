//! Definitions of others on the same facts, and the steps from each to ours: so that a figure that somebody read elsewhere can be placed.
//!
//! One file of `reconcile/` is one definition, with the head of a metric. Its figures are the steps: each changes one part of the definition,
//! and the last one is a figure of ours, which is computed by its own file too and must be the same. They are no metrics: the catalogue does
//! not know them, so no plan, rule or pack can name one; their ids begin with `peer.`, which no metric's may.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::document::{Cell, MetricResult};
use crate::embedded;
use crate::error::{CatalogueError, nearest};
use crate::explain::period_of;
use crate::header::{Direction, Metric};
use crate::run::{Question, observe};
use crate::session::Session;
use crate::settings::Shown;

/// Id and version of the schema of [`Reconciliation`].
pub const SCHEMA: &str = "candor-reconcile/1";

/// Definitions of others beside ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconciliation {
    /// [`SCHEMA`].
    pub schema: String,
    /// Number of the snapshot.
    pub snapshot: Option<i64>,
    /// Settings that figures depend on.
    pub settings: Shown,
    /// The period.
    pub period: String,
    /// One entry for each definition.
    pub peers: Vec<Peer>,
}

/// A definition of somebody else, and the way to ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peer {
    /// `peer.gitclear_churn`.
    pub id: String,
    /// Version of the computation.
    pub version: u32,
    /// The question that it answers.
    pub question: String,
    /// Its definition in words.
    pub definition: String,
    /// Whose it is.
    pub source: String,
    /// What a reader must know.
    pub caveats: String,
    /// From their figure to ours.
    pub steps: Vec<Step>,
    /// The figure of ours that the last step is.
    pub ours: String,
    /// Its slice.
    pub ours_by: BTreeMap<String, String>,
    /// Our figure, computed by its own file; `None` where it has no such cell.
    pub our_cell: Option<Cell>,
    /// Whether the last step is our figure; `None` where one of the two is missing.
    pub agrees: Option<bool>,
}

/// A step of the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its short name.
    pub name: String,
    /// What it changes.
    pub what: String,
    /// Unit of the figure after it.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// The figure after it.
    pub cell: Cell,
    /// The figure after it minus the figure before it: all of them and the first figure add up to ours. `None` for the first step, and
    /// where one of the two has no figure.
    pub change: Option<f64>,
}

/// The definitions of others, by id.
///
/// # Errors
/// [`CatalogueError::File`] when a file is wrong, which a test rules out.
pub fn peers() -> Result<BTreeMap<String, Metric>, CatalogueError> {
    let mut peers = BTreeMap::new();
    for (file, text) in embedded::PEERS {
        let metric = Metric::parse(file, text, false)?;
        peers.insert(format!("peer.{}", metric.id), metric);
    }
    Ok(peers)
}

/// Computes definitions of others, all or those named, and the steps from each to ours.
///
/// # Errors
/// [`CatalogueError::Question`] for a definition or a period that does not exist, [`CatalogueError::Engine`].
pub fn reconcile(
    session: &Session,
    catalogue: &Catalogue,
    ids: &[String],
    period: &str,
) -> Result<Reconciliation, CatalogueError> {
    let all = peers()?;
    let names = |id: &String| format!("peer.{}", id.strip_prefix("peer.").unwrap_or(id));
    for id in ids {
        let name = names(id);
        if !all.contains_key(&name) {
            let near = nearest(&name, all.keys().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
            let known = all.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            let problem = format!("there is no definition `{id}`{}; there are {known}", near.unwrap_or_default());
            return Err(CatalogueError::Question(problem));
        }
    }
    let wanted: Vec<String> = ids.iter().map(names).collect();
    let kind = period_of(period)?;
    let question = Question::every(kind);
    let mut found = Vec::new();
    for (id, metric) in all.iter().filter(|(id, _)| wanted.is_empty() || wanted.contains(id)) {
        found.push(peer(session, catalogue, (id, metric), &question, period)?);
    }
    Ok(Reconciliation {
        schema: SCHEMA.to_owned(),
        snapshot: session.facts().snapshot(),
        settings: Shown::from(session.settings()),
        period: period.to_owned(),
        peers: found,
    })
}

fn cells<'a>(result: &'a MetricResult, figure: &str, period: &str) -> Vec<&'a Cell> {
    let of_figure = result.figures.iter().filter(|own| own.figure == figure).flat_map(|own| &own.cells);
    of_figure.filter(|cell| cell.period.name == period).collect()
}

fn peer(
    session: &Session,
    catalogue: &Catalogue,
    (id, metric): (&String, &Metric),
    question: &Question,
    period: &str,
) -> Result<Peer, CatalogueError> {
    let result = observe(session, metric)?.answer(question)?.suppressed();
    let mut steps: Vec<Step> = Vec::new();
    for figure in &metric.figures {
        let cell = cells(&result, &metric.key(figure), period).into_iter().find(|cell| cell.by.is_empty()).cloned();
        let Some(cell) = cell else {
            return Err(CatalogueError::Question(format!("the period `{period}` is not in the window")));
        };
        let before = steps.last().and_then(|step| step.cell.answer.point());
        let change = before.zip(cell.answer.point()).map(|(before, after)| after - before);
        steps.push(Step {
            name: figure.name.clone(),
            what: figure.step.clone().unwrap_or_default(),
            unit: figure.unit.clone(),
            direction: figure.direction,
            cell,
            change,
        });
    }
    let (ours, ours_by) = metric.ours.clone().unwrap_or_default();
    let our_cell = our_cell(session, catalogue, &ours, &ours_by, question, period, steps.last())?;
    let last = steps.last().and_then(|step| step.cell.answer.point());
    let own = our_cell.as_ref().and_then(|cell| cell.answer.point());
    let agrees = last.zip(own).map(|(last, own)| (last - own).abs() <= 1e-12 * own.abs().max(1.0));
    Ok(Peer {
        id: id.clone(),
        version: metric.version,
        question: metric.question.clone(),
        definition: metric.definition.clone(),
        source: metric.source.clone(),
        caveats: metric.caveats.clone(),
        steps,
        ours,
        ours_by,
        our_cell,
        agrees,
    })
}

/// Our figure by its own file. Where it is never summed over some dimension, the cell that the last step is.
fn our_cell(
    session: &Session,
    catalogue: &Catalogue,
    ours: &str,
    by: &BTreeMap<String, String>,
    question: &Question,
    period: &str,
    last: Option<&Step>,
) -> Result<Option<Cell>, CatalogueError> {
    let Some(id) = ours.split('.').next().filter(|id| !id.is_empty()) else { return Ok(None) };
    let metric = catalogue.get(id)?;
    let question = Question { by: by.keys().cloned().collect(), ..question.clone() };
    let result = observe(session, metric)?.answer(&question)?.suppressed();
    let fits = |cell: &&Cell| {
        let named = by.iter().all(|(dimension, value)| cell.by.get(dimension) == Some(value));
        named && cell.by.keys().all(|dimension| by.contains_key(dimension) || metric.per.contains(dimension))
    };
    let candidates: Vec<&Cell> = cells(&result, ours, period).into_iter().filter(fits).collect();
    let point = last.and_then(|step| step.cell.answer.point());
    let equal = candidates.iter().find(|cell| cell.answer.point().is_some() && cell.answer.point() == point);
    Ok(equal.or_else(|| candidates.first()).map(|cell| (*cell).clone()))
}

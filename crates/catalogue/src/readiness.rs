//! Which metrics can be computed from what is there, and what is missing for the others: by tables, without running a metric.

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::error::CatalogueError;
use crate::header::Metric;
use crate::session::Session;

/// What a metric has and lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Its id.
    pub metric: String,
    /// 1, 2 or 3.
    pub tier: u8,
    /// Whether all, some or none of its figures have the tables that they need.
    pub state: State,
    /// Tables that it needs and that have rows.
    pub from: Vec<String>,
    /// Tables that it needs and that are empty.
    pub missing: Vec<String>,
    /// Settings of `candor.toml` without which it has no figure.
    pub settings: Vec<String>,
    /// Tables that it reads besides and that are empty: without them slices or corrections are missing.
    pub less_without: Vec<String>,
}

/// Whether figures can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All figures.
    Ready,
    /// Some figures.
    Partly,
    /// No figure.
    Missing,
}

/// What each metric has and lacks, by tier and id.
///
/// # Errors
/// [`CatalogueError::Engine`] for a metric that is no query.
pub fn readiness(session: &Session, catalogue: &Catalogue) -> Result<Vec<Readiness>, CatalogueError> {
    catalogue.metrics().into_iter().map(|metric| of(session, metric)).collect()
}

fn of(session: &Session, metric: &Metric) -> Result<Readiness, CatalogueError> {
    let reads = session.reads(metric.sql())?;
    // A view that is needed stands for the tables that it reads.
    let tables = |needs: &[String]| -> Result<Vec<String>, CatalogueError> {
        let mut all = Vec::new();
        for need in needs {
            if session.is_view(need) {
                all.extend(session.reads(&format!("SELECT * FROM {need}"))?.tables);
            } else {
                all.push(need.clone());
            }
        }
        Ok(all)
    };
    let has = |table: &String| session.facts().rows(table) > 0;
    let mut needed: Vec<String> = Vec::new();
    let (mut can, mut cannot) = (0, 0);
    for figure in &metric.figures {
        let needs = tables(figure.needs.as_ref().unwrap_or(&metric.needs))?;
        if needs.iter().all(&has) {
            can += 1;
        } else {
            cannot += 1;
        }
        needed.extend(needs);
    }
    needed.sort();
    needed.dedup();
    let settings: Vec<String> = if metric.id == "talent_cost" {
        ["failed_hire_cost", "stuck_junior_cost_per_month"]
            .into_iter()
            .filter(|name| session.settings().number(name).is_none())
            .map(str::to_owned)
            .collect()
    } else {
        Vec::new()
    };
    let state = match (can, cannot) {
        (0, _) => State::Missing,
        _ if !settings.is_empty() => State::Partly,
        (_, 0) => State::Ready,
        _ => State::Partly,
    };
    let (from, missing) = needed.iter().cloned().partition(&has);
    let less_without = reads.tables.into_iter().filter(|table| !has(table) && !needed.contains(table)).collect();
    Ok(Readiness { metric: metric.id.clone(), tier: metric.tier, state, from, missing, settings, less_without })
}

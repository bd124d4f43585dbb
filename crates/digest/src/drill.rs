//! Where business outcomes do not improve: the Tier 2 figures that moved, the largest standardised change first.

use std::collections::BTreeMap;

use candor_catalogue::{Catalogue, CatalogueError, Change};
use candor_stats::looks::multiplicity::benjamini_hochberg;

use crate::assemble::{Context, delta, p_value, stand};
use crate::document::{DigestMetric, Drill, DrillRow, Movement};
use crate::privacy;

/// Dimensions by which Tier 2 is opened.
const DIMENSIONS: &[&str] = &["source", "context"];

/// The Tier 2 figures that moved, where Tier 1 does not improve.
pub(crate) fn drill<'a>(
    context: &Context<'a, '_>,
    catalogue: &'a Catalogue,
    metrics: &[DigestMetric],
) -> Result<Option<Drill>, CatalogueError> {
    let tier1 = || metrics.iter().filter(|metric| metric.tier == 1).flat_map(|metric| &metric.figures);
    let count = |wanted: Movement| tier1().filter(|figure| figure.movement == wanted).count();
    let (better, worse, not_seen) =
        (count(Movement::Better), count(Movement::Worse), count(Movement::NotSeen) + count(Movement::Perhaps));
    if better > 0 && worse == 0 {
        return Ok(None);
    }
    let reason = match (worse, not_seen) {
        (0, 0) => "no movement of Tier 1 can be told".to_owned(),
        (0, flat) => format!("no figure of Tier 1 moved to the better; of {flat} no movement can be seen"),
        (worse, _) => format!("{worse} of the figures of Tier 1 moved to the worse, {better} to the better"),
    };
    let period = &context.order.period;
    let (earlier, against) = match context.baseline_stretch() {
        Some(stretch) => (stretch.clone(), stand("baseline", &stretch)),
        None => {
            let previous = period.previous_stretch();
            if previous.from < context.session().settings().window_start {
                return Ok(None);
            }
            (previous.clone(), stand(&period.previous_name(), &previous))
        }
    };
    let mut rows: Vec<(DrillRow, Option<f64>)> = Vec::new();
    for metric in catalogue.metrics().into_iter().filter(|metric| metric.tier == 2) {
        let has = |dimension: &str| metric.slices.iter().any(|own| own == dimension);
        let team = context.by();
        if !team.is_empty() && !has("team") {
            continue;
        }
        let Some(observed) = context.observe(metric)? else { continue };
        let mut add = |change: &Change| {
            let figure = metric.figures.iter().find(|figure| metric.key(figure) == change.figure);
            if let Some(figure) = figure.filter(|_| !privacy::hides(change, &metric.per, context.min_group())) {
                let row = DrillRow {
                    figure: change.figure.clone(),
                    unit: figure.unit.clone(),
                    direction: figure.direction,
                    by: change.by.clone(),
                    moved: false,
                    delta: delta(change, against.clone()),
                    later: change.later.clone(),
                };
                rows.push((row, p_value(&change.absolute)));
            }
        };
        for change in observed.changes(&team, &earlier, &period.stretch())? {
            if context.is_ours(&change.by, &metric.per, &[]) {
                add(&change);
            }
        }
        for dimension in DIMENSIONS.iter().filter(|dimension| has(dimension)) {
            let by: Vec<String> = team.iter().cloned().chain([(*dimension).to_owned()]).collect();
            for change in observed.changes(&by, &earlier, &period.stretch())? {
                if context.is_ours(&change.by, &metric.per, &[dimension]) {
                    add(&change);
                }
            }
        }
    }
    Ok(Some(ranked(rows, reason, against, 1.0 - context.session().settings().level)?))
}

fn ranked(
    mut rows: Vec<(DrillRow, Option<f64>)>,
    reason: String,
    against: crate::document::Stand,
    alpha: f64,
) -> Result<Drill, CatalogueError> {
    let known: Vec<f64> = rows.iter().filter_map(|(_, p)| *p).collect();
    let adjusted = benjamini_hochberg(&known).map_err(|_| CatalogueError::Question("p-values outside 0 to 1".to_owned()))?;
    for ((row, _), adjusted) in rows.iter_mut().filter(|(_, p)| p.is_some()).zip(&adjusted) {
        row.delta.adjusted_p = Some(*adjusted);
        row.moved = *adjusted <= alpha;
    }
    let mut rows: Vec<DrillRow> = rows.into_iter().map(|(row, _)| row).collect();
    let is_slice = |by: &BTreeMap<String, String>| by.keys().any(|dimension| DIMENSIONS.contains(&dimension.as_str()));
    let slices_not_moved = rows.iter().filter(|row| !row.moved && row.delta.adjusted_p.is_some() && is_slice(&row.by)).count();
    rows.retain(|row| row.moved || !is_slice(&row.by));
    let size = |row: &DrillRow| row.delta.standardised.map_or(0.0, f64::abs);
    rows.sort_by(|one, other| other.moved.cmp(&one.moved).then(size(other).total_cmp(&size(one))));
    Ok(Drill { reason, against, comparisons: known.len(), rows, slices_not_moved })
}

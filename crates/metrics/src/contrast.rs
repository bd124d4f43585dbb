//! Differences between groups of lines whose authors overlap, raw and stratified, with one interval by joint influence.

use std::collections::BTreeMap;

use candor_stats::linearised::{Linearised, Part, Reference, spread};
use candor_stats::survival::LifeTable;
use candor_stats::{Estimate, Interval, Outcome};

use crate::error::MetricsError;
use crate::few_authors::withhold;
use crate::options::MINIMUM_AUTHORS;

/// One side of a comparison at one horizon.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// The share, 0 to 1.
    pub(crate) point: f64,
    /// Its influence by author.
    pub(crate) influence: Linearised,
    /// Lines or landings.
    pub(crate) units: f64,
}

impl Side {
    /// Survival of `table` at `horizon` seconds; `None` where it is undefined.
    pub(crate) fn survival(table: &LifeTable, horizon: f64) -> Result<Option<Self>, MetricsError> {
        Ok(Self::survivals(table, &[horizon])?.pop().flatten())
    }

    /// The same at each of `horizons`, in one pass over the rows.
    pub(crate) fn survivals(table: &LifeTable, horizons: &[f64]) -> Result<Vec<Option<Self>>, MetricsError> {
        let influences = table
            .influences(horizons)
            .map_err(|source| MetricsError::Statistic { figure: "influence at the horizons".to_string(), source })?;
        let side = |(horizon, influence): (&f64, Option<Linearised>)| {
            Some(Self { point: table.point(*horizon)?, influence: influence?, units: table.units() })
        };
        Ok(horizons.iter().zip(influences).map(side).collect())
    }

    fn authors(&self) -> usize {
        self.influence.clusters.len()
    }
}

/// Names of the two sides, for reasons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) one: &'static str,
    pub(crate) other: &'static str,
    /// Whether a side holds nothing at all, as opposed to nothing old enough.
    pub(crate) empty: (bool, bool),
}

/// `one - other` with an interval on the plain scale, or why there is none.
pub(crate) fn difference(one: Option<&Side>, other: Option<&Side>, names: Names, method: &str, level: f64) -> Outcome {
    let describe = |side: Option<&Side>, name: &str, empty: bool| match side {
        None if empty => format!("{name}: none"),
        None => format!("{name}: not followed to this age"),
        Some(side) => format!("{name}: {}", authors(side.authors())),
    };
    match (one, other) {
        (Some(a), Some(b)) if a.authors() >= MINIMUM_AUTHORS && b.authors() >= MINIMUM_AUTHORS => {
            combination(&[(a, 1.0), (b, -1.0)], (-1.0, 1.0), method, level)
        }
        _ => Outcome::insufficient(
            format!("{}, {}", describe(one, names.one, names.empty.0), describe(other, names.other, names.empty.1)),
            format!("{MINIMUM_AUTHORS} authors on each side, followed to this age"),
            "with fewer authors a difference could be one person's",
        ),
    }
}

/// The sum of `factor * side` with an interval on the plain scale, cut to `range`.
pub(crate) fn combination(sides: &[(&Side, f64)], range: (f64, f64), method: &str, level: f64) -> Outcome {
    let point = sides.iter().map(|(side, factor)| side.point * factor).sum();
    let mut estimate = Estimate::new(point, method, sides.iter().map(|(side, _)| side.units).sum());
    let parts: Vec<Part<'_>> = sides.iter().map(|(side, factor)| Part { linearised: &side.influence, factor: *factor }).collect();
    match spread(&parts, Reference::SmallSample) {
        Some(found) if found.variance > 0.0 => {
            let margin = found.margin(level);
            estimate.interval = Some(Interval::new((point - margin).max(range.0), (point + margin).min(range.1), level));
            estimate.variance = Some(found.variance);
            estimate.degrees_of_freedom = found.degrees_of_freedom;
            estimate.clusters = Some(found.clusters);
            estimate.notes.extend(found.note());
            withhold(&mut estimate, || sides.iter().filter_map(|(side, _)| side.influence.leading()).reduce(f64::max));
        }
        _ => estimate
            .notes
            .push("authors do not differ, or one carries a whole side: nothing says how wide an interval would be".to_string()),
    }
    Outcome::Estimate(estimate)
}

/// `1 author`, `3 authors`.
pub(crate) fn authors(count: usize) -> String {
    format!("{count} {}", if count == 1 { "author" } else { "authors" })
}

/// Sums sides over strata with weights, held as sums until all strata are in.
#[derive(Default)]
pub(crate) struct Pooled {
    weight: f64,
    point: f64,
    units: f64,
    unit_variance: f64,
    by_cluster: BTreeMap<u32, (f64, f64)>,
}

impl Pooled {
    pub(crate) fn add(&mut self, side: &Side, weight: f64) {
        self.weight += weight;
        self.point += weight * side.point;
        self.units += side.units;
        self.unit_variance += weight * weight * side.influence.unit_variance;
        let of = &side.influence;
        for ((cluster, influence), share) in of.clusters.iter().zip(&of.influence).zip(&of.share) {
            let sums = self.by_cluster.entry(*cluster).or_default();
            sums.0 += weight * influence;
            sums.1 += weight * share;
        }
    }

    /// The weighted mean as one side; weights are taken as fixed.
    pub(crate) fn side(self) -> Option<Side> {
        if self.weight <= 0.0 {
            return None;
        }
        let mut influence = Linearised {
            clusters: Vec::new(),
            influence: Vec::new(),
            share: Vec::new(),
            unit_variance: self.unit_variance / self.weight / self.weight,
        };
        for (cluster, (moved, share)) in self.by_cluster {
            influence.clusters.push(cluster);
            influence.influence.push(moved / self.weight);
            influence.share.push(share / self.weight);
        }
        Some(Side { point: self.point / self.weight, influence, units: self.units })
    }
}

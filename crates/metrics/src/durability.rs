//! How long lines live, by source of the line: curves, figures at horizons, comparisons, slices.

use candor_model::Origin;
use candor_stats::survival::{Confidence, LifeTable};
use candor_stats::{Estimate, Interval, Maturity, Outcome};

use crate::contrast::{Names, Side, difference};
use crate::coverage::beside;
use crate::document::{Comparison, ComparisonFigure, CurvePoint, HorizonFigure, Level, Slice, SliceDifference};
use crate::error::MetricsError;
use crate::few_authors::{carried, too_few, withhold};
use crate::options::{MINIMUM_LINES_DRAWN, ReportOptions};
use crate::rework::REWORK_DAYS;
use crate::rows::{Builder, Groups, Row, Rows, SOURCES, Tally};
use crate::window::{Class, DAY, Window, source_name};

/// Name of the line-weighted difference in `Estimate::method`.
const RAW: &str = "difference of Kaplan-Meier curves, infinitesimal jackknife by author, joint over both sides";

/// Everything that the parts of durability share.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) window: &'a Window<'a>,
    pub(crate) rows: &'a Rows,
}

/// One group with its curve, kept for comparisons.
pub(crate) struct Fitted {
    pub(crate) level: Level,
    pub(crate) table: LifeTable,
}

impl Frame<'_> {
    pub(crate) fn horizons(&self) -> Vec<f64> {
        self.window.options.horizons_days.iter().map(|days| f64::from(*days) * f64::from(DAY)).collect()
    }

    /// The last horizon, in seconds: beyond it rows are merged where no longer curve is drawn.
    pub(crate) fn last_horizon(&self) -> u32 {
        self.window.options.horizons_days.last().map_or(0, |days| days.saturating_mul(DAY))
    }

    pub(crate) fn confidence(&self) -> Confidence {
        Confidence { level: self.window.options.level, ..Confidence::default() }
    }

    /// The rows at `positions`, every line weighing the same.
    pub(crate) fn lines<'r>(&'r self, positions: &'r [u32]) -> impl Iterator<Item = (&'r Row, f64)> {
        positions.iter().map(|at| &self.rows.rows[*at as usize]).map(|row| (row, f64::from(row.lines)))
    }

    /// The figures of one curve at the horizons.
    pub(crate) fn survivals(&self, table: &LifeTable, tally: &Tally) -> Result<Vec<Outcome>, MetricsError> {
        let horizons = self.horizons();
        let found = table
            .survivals(&horizons, &self.confidence())
            .map_err(|source| MetricsError::Statistic { figure: "survival at the horizons".to_string(), source })?;
        Ok(found.into_iter().zip(&horizons).map(|(outcome, horizon)| in_days(outcome, table, tally.followed, *horizon)).collect())
    }

    /// Describes one group; its curve is drawn on `grid`, days in ascending order.
    pub(crate) fn level(&self, name: &str, table: LifeTable, tally: Tally, grid: &[f64]) -> Result<Fitted, MetricsError> {
        let figures = self
            .survivals(&table, &tally)?
            .into_iter()
            .zip(&self.window.options.horizons_days)
            .map(|(line_weighted, days)| {
                let horizon = f64::from(*days) * f64::from(DAY);
                HorizonFigure {
                    days: *days,
                    at_risk: older_than(&table, horizon),
                    deaths: table.deaths_by(horizon).round() as u64,
                    line_weighted,
                    change_weighted: None,
                    without_hubs: None,
                }
            })
            .collect();
        let curve = self.drawn(&table, grid)?;
        let authors = if tally.lines > 0 { table.clusters().unwrap_or(0) as u64 } else { 0 };
        let level = Level {
            name: name.to_string(),
            lines: tally.lines,
            landings: tally.landings,
            authors,
            deaths: tally.deaths,
            curve,
            median_days: None,
            figures,
        };
        Ok(Fitted { level, table })
    }

    /// The curve as far as enough lines are followed.
    fn drawn(&self, table: &LifeTable, grid: &[f64]) -> Result<Vec<CurvePoint>, MetricsError> {
        let drawn: Vec<f64> = grid
            .iter()
            .map(|days| days * f64::from(DAY))
            .take_while(|time| older_than(table, *time - 1.0) >= MINIMUM_LINES_DRAWN)
            .collect();
        let points = table
            .curve(&drawn, &self.confidence())
            .map_err(|source| MetricsError::Statistic { figure: "the drawn curve".to_string(), source })?;
        Ok(points
            .into_iter()
            .filter_map(|point| {
                let survival = point.survival?;
                let limits = point.lower.zip(point.upper).filter(|_| !too_few(point.degrees_of_freedom));
                Some(CurvePoint {
                    days: point.time / f64::from(DAY),
                    survival,
                    lower: limits.map(|(lower, _)| lower),
                    upper: limits.map(|(_, upper)| upper),
                    at_risk: older_than(table, point.time),
                })
            })
            .collect())
    }

    /// Sides of a comparison at every horizon.
    pub(crate) fn sides(&self, table: &LifeTable) -> Result<Vec<Option<Side>>, MetricsError> {
        Side::survivals(table, &self.horizons())
    }

    /// Differences at every horizon.
    pub(crate) fn differences(
        &self,
        one: &[Option<Side>],
        other: &[Option<Side>],
        names: Names,
        unknown: Option<f64>,
    ) -> Vec<Outcome> {
        let level = self.window.options.level;
        one.iter()
            .zip(other)
            .map(|(one, other)| beside(difference(one.as_ref(), other.as_ref(), names, RAW, level), unknown))
            .collect()
    }

    /// Share of lines of unknown source.
    pub(crate) fn unknown_share(&self) -> Option<f64> {
        let all: u64 = SOURCES.iter().map(|source| self.rows.lines_of(*source)).sum();
        (all > 0).then(|| self.rows.lines_of(Origin::Unknown) as f64 / all as f64)
    }
}

/// The age in seconds up to which rows must be exact for all but the long curves: the last horizon, and rework's.
pub(crate) fn split(options: &ReportOptions) -> u32 {
    let horizons = options.horizons_days.iter().copied();
    horizons.chain([REWORK_DAYS]).max().unwrap_or(REWORK_DAYS).saturating_mul(DAY)
}

/// Lines older than `time` under observation; ages are whole seconds.
fn older_than(table: &LifeTable, time: f64) -> u64 {
    table.at_risk(time + 0.5).round() as u64
}

/// Rewrites reasons that speak of seconds, and adds maturity.
pub(crate) fn in_days(outcome: Outcome, table: &LifeTable, followed: u32, horizon: f64) -> Outcome {
    let days = |seconds: f64| seconds / f64::from(DAY);
    match outcome {
        Outcome::Estimate(mut estimate) => {
            // The statistic speaks of units that die; here they are lines, or landings to which something happens.
            for note in &mut estimate.notes {
                if note.starts_with("nobody died") {
                    *note = "nothing happened by this age, so the data give no limits".to_string();
                }
            }
            for note in estimate.notes.iter_mut().filter(|note| note.starts_with("one cluster carries")) {
                *note = carried(1.0);
            }
            withhold(&mut estimate, || table.influence(horizon).ok().flatten().and_then(|of| of.leading()));
            estimate.maturity = Some(if f64::from(followed) >= horizon { Maturity::Closed } else { Maturity::Open });
            Outcome::Estimate(estimate)
        }
        Outcome::Insufficient { have, need, reason } => match table.last_follow_up() {
            None => Outcome::insufficient("no line", "1 line", "there is nothing whose durability could be estimated"),
            Some(last) if last < horizon => Outcome::insufficient(
                format!("follow-up to {:.1} days", days(last)),
                format!("follow-up to {} days", days(horizon)),
                "some are still alive when follow-up ends, so nothing is known yet about later ages",
            ),
            Some(_) => Outcome::Insufficient { have, need, reason },
        },
        other => other,
    }
}

/// Grid of the large chart: every day, then wider, then years; in days.
pub(crate) fn long_grid() -> Vec<f64> {
    let days = (0..=30).chain((32..=90).step_by(2)).chain((95..=365).step_by(5)).chain([547, 730, 1095, 1461, 1826, 2557, 3652]);
    days.map(f64::from).collect()
}

/// Grid of the small charts, up to the last horizon; in days.
pub(crate) fn short_grid(last_days: u32) -> Vec<f64> {
    let step = (last_days / 18).max(1);
    let mut grid: Vec<f64> = (0..last_days).step_by(step as usize).map(f64::from).collect();
    grid.push(f64::from(last_days));
    grid
}

/// The groups by source of the line, with their curves.
pub(crate) fn by_source(frame: Frame<'_>, source: Origin) -> Result<Fitted, MetricsError> {
    whole(frame, source_name(source), frame.rows.long(Some(source)))
}

/// All lines together.
pub(crate) fn all(frame: Frame<'_>) -> Result<Fitted, MetricsError> {
    whole(frame, "all", frame.rows.long(None))
}

fn whole<'r>(frame: Frame<'_>, name: &str, rows: impl Iterator<Item = &'r Row>) -> Result<Fitted, MetricsError> {
    let mut builder = Builder::new(frame.window);
    let (table, tally) = builder.curve(rows.map(|row| (row, f64::from(row.lines))), None)?;
    let mut fitted = frame.level(name, table, tally, &long_grid())?;
    fitted.level.median_days = Some(median(&fitted.table, &fitted.level.curve, frame.window.options.level));
    Ok(fitted)
}

/// Age at which half of the lines are gone: the smallest one with S < 1/2, or the middle of the stretch on which S = 1/2.
///
/// The limits are the drawn ages at which the band has certainly not, and has certainly crossed one half: rounded outwards.
fn median(table: &LifeTable, curve: &[CurvePoint], level: f64) -> Outcome {
    const SAME: f64 = 1e-9;
    let day = f64::from(DAY);
    let Some(last) = table.last_follow_up() else {
        return Outcome::insufficient("no line", "1 line", "there is nothing whose durability could be estimated");
    };
    let lowest = table.point(last).unwrap_or(1.0);
    if lowest > 0.5 + SAME {
        return Outcome::insufficient(
            format!("{:.1} % alive after {:.0} days", 100.0 * lowest, (last / day).floor()),
            "follow-up until half of the lines are gone",
            format!("median not reached, more than {:.0} days", (last / day).floor()),
        );
    }
    // Ages are whole seconds, so a search over whole seconds finds the step itself.
    let first_at_most = |share: f64| {
        let (mut low, mut high) = (0_u64, last as u64);
        while low < high {
            let middle = low.midpoint(high);
            if table.point(middle as f64).is_some_and(|s| s <= share) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low as f64
    };
    let (reached, below) = (first_at_most(0.5 + SAME), if lowest < 0.5 - SAME { first_at_most(0.5 - SAME) } else { last });
    let half = table.point(reached).is_some_and(|s| (s - 0.5).abs() <= SAME);
    let mut estimate = Estimate::new(
        if half { reached.midpoint(below) } else { reached } / day,
        "median of the Kaplan-Meier curve",
        table.units(),
    );
    estimate.clusters = table.clusters();
    estimate.events = Some(table.deaths());
    if curve.iter().rfind(|point| point.days <= estimate.point).is_none_or(|point| point.lower.is_none() && point.survival > 0.0)
    {
        estimate.notes.push("the drawn curve has no limits where it falls below one half, so there are none here".to_string());
        return Outcome::Estimate(estimate);
    }
    estimate.interval = Some(Interval {
        lower: curve.iter().take_while(|point| point.lower.is_some_and(|limit| limit >= 0.5)).last().map(|point| point.days),
        upper: curve.iter().find(|point| point.upper.is_some_and(|limit| limit < 0.5)).map(|point| point.days),
        level,
    });
    estimate.notes.push("limits are those of the drawn curve, rounded outwards; a missing one is not reached".to_string());
    Outcome::Estimate(estimate)
}

/// Change-weighted figures: every landing weighs the same within a source.
pub(crate) fn change_weighted(frame: Frame<'_>, source: Origin) -> Result<(Vec<Outcome>, Vec<Option<Side>>), MetricsError> {
    let mut totals = vec![0_u64; frame.window.facts.landings.len()];
    let rows = frame.rows.of(source);
    for row in rows {
        totals[row.landing as usize] += u64::from(row.lines);
    }
    let weighted = rows.iter().map(|row| (row, f64::from(row.lines) / totals[row.landing as usize] as f64));
    limited(frame, weighted)
}

/// Line-weighted figures without hub files.
pub(crate) fn without_hubs(frame: Frame<'_>, source: Origin) -> Result<(Vec<Outcome>, Vec<Option<Side>>), MetricsError> {
    limited(frame, frame.rows.of(source).iter().filter(|row| !row.hub).map(|row| (row, f64::from(row.lines))))
}

fn limited<'r>(
    frame: Frame<'_>,
    rows: impl Iterator<Item = (&'r Row, f64)>,
) -> Result<(Vec<Outcome>, Vec<Option<Side>>), MetricsError> {
    let (table, tally) = Builder::new(frame.window).curve(rows, Some(frame.last_horizon()))?;
    Ok((frame.survivals(&table, &tally)?, frame.sides(&table)?))
}

/// Lines without evidence of AI: human and unknown together, as peers count "everything else".
pub(crate) fn everything_else(frame: Frame<'_>) -> Result<(LifeTable, Vec<Option<Side>>), MetricsError> {
    let rows = frame.rows.rows.iter().filter(|row| matches!(row.source, Origin::Human | Origin::Unknown));
    let (table, _) = Builder::new(frame.window).curve(rows.map(|row| (row, f64::from(row.lines))), Some(frame.last_horizon()))?;
    let sides = frame.sides(&table)?;
    Ok((table, sides))
}

/// By source class of the landing.
pub(crate) fn landing_classes(frame: Frame<'_>) -> Result<Vec<Level>, MetricsError> {
    let class = |row: &Row| frame.window.classes[row.landing as usize] as usize;
    let groups = Groups::new(&frame.rows.rows, Class::ALL.len(), |row| Some(class(row)));
    let mut builder = Builder::new(frame.window);
    Class::ALL
        .iter()
        .map(|class| {
            let (table, tally) = builder.curve(frame.lines(groups.of(*class as usize)), Some(frame.last_horizon()))?;
            Ok(frame.level(class.name(), table, tally, &[])?.level)
        })
        .collect()
}

/// Durability by the values of one dimension, in the given order of values; values without lines are left out.
pub(crate) fn slices(frame: Frame<'_>, names: &[String], value: impl Fn(&Row) -> usize) -> Result<Vec<Slice>, MetricsError> {
    const SHOWN: [Origin; 3] = [Origin::Human, Origin::Ai, Origin::Unknown];
    let place = |row: &Row| SHOWN.iter().position(|source| *source == row.source).unwrap_or(SHOWN.len());
    let width = SHOWN.len() + 1;
    let groups = Groups::new(&frame.rows.rows, names.len() * width, |row| Some(value(row) * width + place(row)));
    let limit = frame.last_horizon();
    let grid = short_grid(limit / DAY);
    let mut builder = Builder::new(frame.window);
    let mut slices = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let lines = |place: usize| frame.lines(groups.of(at * width + place)).map(|(row, _)| u64::from(row.lines)).sum::<u64>();
        let (unknown, all) = (lines(2), (0..width).map(lines).sum::<u64>());
        if all == 0 {
            continue;
        }
        let unknown_share = Some(unknown as f64 / all as f64);
        let mut fitted = Vec::with_capacity(SHOWN.len());
        for (place, source) in SHOWN.iter().enumerate() {
            let (table, tally) = builder.curve(frame.lines(groups.of(at * width + place)), Some(limit))?;
            let mut one = frame.level(source_name(*source), table, tally, &grid)?;
            for figure in &mut one.level.figures {
                figure.line_weighted = beside(figure.line_weighted.clone(), unknown_share);
            }
            fitted.push((frame.sides(&one.table)?, one.level));
        }
        let against = |other: usize, name: &'static str| {
            let empty = (fitted[1].1.lines == 0, fitted[other].1.lines == 0);
            let names = Names { one: "AI", other: name, empty };
            let found = frame.differences(&fitted[1].0, &fitted[other].0, names, unknown_share);
            found
                .into_iter()
                .zip(&frame.window.options.horizons_days)
                .map(|(difference, days)| SliceDifference { days: *days, difference })
        };
        slices.push(Slice {
            name: name.clone(),
            lines: all,
            unknown_share,
            ai_minus_human: against(0, "human").collect(),
            ai_minus_unknown: against(2, "unknown").collect(),
            sources: fitted.into_iter().map(|(_, level)| level).collect(),
        });
    }
    Ok(slices)
}

/// Puts one comparison together from its parts.
pub(crate) fn comparison(id: &str, label: &str, days: &[u32], raw: Vec<Outcome>) -> Comparison {
    let figures = days
        .iter()
        .zip(raw)
        .map(|(days, raw)| ComparisonFigure { days: *days, raw, change_weighted: None, without_hubs: None, adjusted: None })
        .collect();
    Comparison { id: id.to_string(), label: label.to_string(), figures }
}

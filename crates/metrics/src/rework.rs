//! Lines changed or deleted within 14 days of landing, by their own people and by others.

use candor_model::Origin;
use candor_stats::linearised::{Linearised, Part, Reference, spread};
use candor_stats::survival::{LifeTable, Limits};
use candor_stats::{Estimate, Interval, Outcome};

use crate::contrast::{Names, Side, difference};
use crate::coverage::beside;
use crate::document::{Rework, ReworkLevel};
use crate::durability::{Frame, in_days};
use crate::error::MetricsError;
use crate::few_authors::withhold;
use crate::rows::{Builder, End, Row, SOURCES, Tally};
use crate::window::{DAY, source_name};

/// Days within which a change of a landed line is rework.
pub const REWORK_DAYS: u32 = 14;

const CAUSES: [End; 2] = [End::BySelf, End::ByOthers];

/// Estimates rework within 14 days.
///
/// # Definition
/// 1 - S(14 days) of the cohorts of durability; by self and by others as cumulative incidences, the sum over deaths up to 14 days of
/// `S(before) d_k / n`: the two add up to the whole. Self = an author or co-author of the killing commit is author or co-author of the line's.
///
/// # Output
/// Shares, 0 to 1, lower is better. Intervals by infinitesimal jackknife over authors, log-log scale.
///
/// # Undefined when
/// No line is followed for 14 days and not all are gone before.
///
/// # Source
/// Aalen and Johansen 1978, "An empirical transition matrix for non-homogeneous Markov chains based on censored observations",
/// Scand. J. Stat. 5, 141-150.
pub(crate) fn compute(frame: Frame<'_>) -> Result<Rework, MetricsError> {
    let unknown = frame.unknown_share();
    let mut sides = Vec::with_capacity(SOURCES.len());
    let mut sources: Vec<ReworkLevel> = Vec::with_capacity(SOURCES.len());
    for source in SOURCES {
        let (mut level, side) = level(frame, source_name(source), frame.rows.of(source))?;
        for outcome in [&mut level.total, &mut level.by_self, &mut level.by_others] {
            *outcome = beside(outcome.clone(), unknown);
        }
        sources.push(level);
        sides.push(side);
    }
    let against = |other: usize, name: &'static str| {
        let method = "difference of 1 - S(14 days), infinitesimal jackknife by author, joint over both sides";
        let empty = (sources[1].lines == 0, sources[other].lines == 0);
        let names = Names { one: "AI", other: name, empty };
        beside(difference(sides[1].as_ref(), sides[other].as_ref(), names, method, frame.window.options.level), unknown)
    };
    Ok(Rework {
        days: REWORK_DAYS,
        ai_minus_human: against(0, source_name(Origin::Human)),
        ai_minus_unknown: against(2, source_name(Origin::Unknown)),
        all: level(frame, "all", &frame.rows.rows)?.0,
        sources,
    })
}

fn level(frame: Frame<'_>, name: &str, rows: &[Row]) -> Result<(ReworkLevel, Option<Side>), MetricsError> {
    let horizon = REWORK_DAYS * DAY;
    let (table, tally) = Builder::new(frame.window).curve(rows.iter().map(|row| (row, f64::from(row.lines))), Some(horizon))?;
    let at = f64::from(horizon);
    let failed = |source| MetricsError::Statistic { figure: "rework".to_string(), source };
    let survival = in_days(table.survival(at, &frame.confidence()).map_err(failed)?, &table, tally.followed, at);
    let [by_self, by_others] = match survival.estimate() {
        None => [survival.clone(), survival.clone()],
        Some(whole) => incidences(rows, &table, &tally, frame.window.clusters(), horizon)
            .map(|incidence| describe(&incidence, whole, frame.window.options.level)),
    };
    let side = Side::survival(&table, at)?.map(complement);
    Ok((ReworkLevel { name: name.to_string(), lines: tally.lines, total: one_minus(survival), by_self, by_others }, side))
}

/// 1 - an estimate, limits turned round.
pub(crate) fn one_minus(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Estimate(mut estimate) => {
            estimate.point = 1.0 - estimate.point;
            estimate.interval = estimate.interval.map(|interval| Interval {
                lower: interval.upper.map(|limit| 1.0 - limit),
                upper: interval.lower.map(|limit| 1.0 - limit),
                level: interval.level,
            });
            estimate.method = format!("1 - {}", estimate.method);
            Outcome::Estimate(estimate)
        }
        other => other,
    }
}

/// The other side of a share.
pub(crate) fn complement(mut side: Side) -> Side {
    side.point = 1.0 - side.point;
    side.influence.influence.iter_mut().for_each(|influence| *influence = -*influence);
    side
}

struct Incidence {
    point: f64,
    deaths: f64,
    influence: Linearised,
}

fn describe(incidence: &Incidence, whole: &Estimate, level: f64) -> Outcome {
    let mut estimate =
        Estimate::new(incidence.point, "Aalen-Johansen, infinitesimal jackknife by author, log-log limits", whole.units);
    estimate.clusters = whole.clusters;
    estimate.events = Some(incidence.deaths);
    estimate.maturity = whole.maturity;
    if let Some(found) =
        spread(&[Part { linearised: &incidence.influence, factor: 1.0 }], Reference::SmallSample).filter(|s| s.variance > 0.0)
    {
        estimate.variance = Some(found.variance);
        estimate.degrees_of_freedom = found.degrees_of_freedom;
        let limits = Limits::LogLog.around(1.0 - incidence.point, found.margin(level));
        estimate.interval = limits.map(|(lower, upper)| Interval::new(1.0 - upper, 1.0 - lower, level));
        estimate.notes.extend(found.note());
        withhold(&mut estimate, || incidence.influence.leading());
    }
    Outcome::Estimate(estimate)
}

/// What is summed for an author.
#[derive(Clone, Copy, Default)]
struct Sums {
    open: f64,
    /// Influence of the rows that ended on log S after their end.
    after: f64,
    /// By cause: influence of the rows that ended, up to their end, less `after` times the incidence at their end.
    until: [f64; 2],
    expected: [f64; 2],
}

/// Both cumulative incidences at `horizon`, with the influence of every author.
///
/// For a row of weight w that is at risk until T, the derivative of `F_k(t) = sum S(u-) d_k / n` has two parts: through `d_k / n` at the
/// deaths that it is at risk for, and through `S(u-)`, on which its influence is `w A(u-) S(u-)` while it is at risk and `S(u-)` times a
/// constant afterwards, with A the running sum of `d / (n (n - d))`. Both are running sums, so one walk over the rows suffices.
fn incidences(rows: &[Row], table: &LifeTable, tally: &Tally, clusters: usize, horizon: u32) -> [Incidence; 2] {
    let mut sums = vec![Sums::default(); clusters];
    let mut seen = vec![false; clusters];
    for row in rows {
        sums[row.cluster as usize].open += f64::from(row.lines);
        seen[row.cluster as usize] = true;
    }
    let (mut at_risk, mut alive, mut greenwood) = (tally.lines as f64, 1.0, 0.0);
    let (mut incidence, mut through, mut hazard, mut deaths_of) = ([0.0; 2], [0.0; 2], [0.0; 2], [0.0; 2]);
    let reached = &rows[..rows.partition_point(|row| row.age <= horizon)];
    for together in reached.chunk_by(|one, other| one.age == other.age) {
        let lines_of = |end: End| together.iter().filter(|row| row.end == end).map(|row| f64::from(row.lines)).sum::<f64>();
        let deaths = CAUSES.map(lines_of);
        let all = deaths[0] + deaths[1];
        for cause in 0..2 {
            incidence[cause] += alive * deaths[cause] / at_risk;
            // What a living unit of weight adds: through the survival before, less through the number at risk now.
            through[cause] += alive * deaths[cause] / at_risk * (greenwood - 1.0 / at_risk);
            hazard[cause] += deaths[cause] / at_risk;
            deaths_of[cause] += deaths[cause];
        }
        let left = at_risk - all;
        if left > 0.0 {
            greenwood += all / (at_risk * left);
        }
        for row in together {
            let weight = f64::from(row.lines);
            let sum = &mut sums[row.cluster as usize];
            let death = if row.end == End::Alive || left <= 0.0 { 0.0 } else { 1.0 / left };
            let after = weight * (greenwood - death);
            sum.open -= weight;
            sum.after += after;
            for (cause, end) in CAUSES.iter().enumerate() {
                let own = if row.end == *end { alive / at_risk } else { 0.0 };
                sum.until[cause] += weight * (through[cause] + own) - after * incidence[cause];
                sum.expected[cause] += weight * hazard[cause];
            }
        }
        alive *= left.max(0.0) / at_risk;
        at_risk -= together.iter().map(|row| f64::from(row.lines)).sum::<f64>();
        if at_risk <= 0.0 {
            break;
        }
    }
    debug_assert!(table.point(f64::from(horizon)).is_none_or(|s| (1.0 - s - incidence[0] - incidence[1]).abs() < 1e-6));
    [0, 1].map(|cause| {
        let mut influence = Linearised { clusters: Vec::new(), influence: Vec::new(), share: Vec::new(), unit_variance: 0.0 };
        let expected = |sum: &Sums| (sum.expected[cause] + sum.open.max(0.0) * hazard[cause]).max(0.0);
        let total: f64 = sums.iter().map(expected).sum();
        for (cluster, sum) in sums.iter().enumerate().filter(|(cluster, _)| seen[*cluster]) {
            influence.clusters.push(cluster as u32);
            influence.influence.push(sum.until[cause] + sum.after * incidence[cause] + sum.open * through[cause]);
            influence.share.push(if total > 0.0 { expected(sum) / total } else { 0.0 });
        }
        Incidence { point: incidence[cause], deaths: deaths_of[cause], influence }
    })
}

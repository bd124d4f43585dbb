//! Metrics that SQL cannot say whole: their SELECT gives the rows, a file here makes the figures. One file per metric, one line in one list.

mod experiment;
mod forecast_gap;
mod perception_gap;
mod task_rct;
mod tool_roi;

use candor_stats::{Outcome, StatsError};

use crate::calendar::Period;
use crate::cells::Group;
use crate::document::{Answer, Cell, FigureResult};
use crate::error::CatalogueError;
use crate::estimate::Computed;
use crate::frame::Frame;
use crate::header::{Direction, Estimator, Figure};
use crate::reasons;
use crate::run::{Observed, cell};
use crate::settings::Settings;

/// Makes the figures of one group from its rows.
type Make = fn(&Rows<'_>) -> Result<Vec<Named>, StatsError>;

/// The composed metrics.
const COMPOSED: &[(&str, Make)] = &[
    ("forecast_gap", forecast_gap::figures),
    ("perception_gap", perception_gap::figures),
    ("task_rct", task_rct::figures),
    ("tool_roi", tool_roi::figures),
];

/// The rows of one group, and what else a figure depends on.
struct Rows<'a> {
    frame: &'a Frame,
    rows: &'a [u32],
    settings: &'a Settings,
}

/// A figure of a composed metric.
struct Named {
    /// Its name below the metric's.
    name: &'static str,
    unit: &'static str,
    direction: Direction,
    /// The arm that it is of, where it is of one.
    arm: Option<String>,
    computed: Computed,
}

impl Named {
    fn new(name: &'static str, unit: &'static str, direction: Direction, answer: Answer, units: u64) -> Self {
        Self { name, unit, direction, arm: None, computed: Computed { answer, units, ..Computed::because(reasons::NO_DATA) } }
    }

    /// A number that is only shown.
    fn shown(name: &'static str, unit: &'static str, point: f64, units: u64) -> Self {
        let estimate = candor_stats::Estimate::new(point, "counted", units as f64);
        Self::new(name, unit, Direction::Neither, Answer::of(Outcome::Estimate(estimate), reasons::NOT_COMPUTABLE), units)
    }

    fn of_arm(mut self, arm: &str) -> Self {
        self.arm = Some(arm.to_owned());
        self
    }
}

/// Whether there is a file for the metric.
pub(crate) fn exists(id: &str) -> bool {
    COMPOSED.iter().any(|(own, _)| *own == id)
}

/// The composed figures of a metric.
pub(crate) fn answer(
    observed: &Observed<'_>,
    frame: &Frame,
    groups: &[Group],
    periods: &[Period],
    settings: &Settings,
) -> Result<Vec<FigureResult>, CatalogueError> {
    let metric = observed.metric();
    let Some((_, make)) = COMPOSED.iter().find(|(id, _)| *id == metric.id) else { return Ok(Vec::new()) };
    let mut results: Vec<FigureResult> = Vec::new();
    for group in groups {
        // The figures of the head stand for all that the file makes.
        let declared: Vec<&Figure> = metric.figures.iter().filter(|figure| figure.estimator == Estimator::Composed).collect();
        let barred = declared.iter().find_map(|figure| observed.barred(figure, group, periods));
        let named = match barred {
            None if !group.rows.is_empty() => make(&Rows { frame, rows: &group.rows, settings })
                .map_err(|source| CatalogueError::Statistic { figure: metric.id.clone(), source })?,
            code => {
                let because = |figure: &&Figure| {
                    (metric.key(figure), cell(group, periods, figure, Computed::because(code.unwrap_or(reasons::NO_DATA))))
                };
                for (figure, (name, cell)) in declared.iter().map(|figure| (figure, because(figure))) {
                    push(&mut results, &name, (&figure.unit, figure.direction), cell);
                }
                continue;
            }
        };
        for named in named {
            let name = if named.name.is_empty() { metric.id.clone() } else { format!("{}.{}", metric.id, named.name) };
            let Some(figure) = declared.first() else { continue };
            let mut cell = cell(group, periods, figure, named.computed);
            cell.by.extend(named.arm.map(|arm| ("arm".to_owned(), arm)));
            push(&mut results, &name, (named.unit, named.direction), cell);
        }
    }
    Ok(results)
}

fn push(results: &mut Vec<FigureResult>, name: &str, (unit, direction): (&str, Direction), cell: Cell) {
    match results.iter_mut().find(|result| result.figure == name) {
        Some(result) => result.cells.push(cell),
        None => results.push(FigureResult {
            figure: name.to_owned(),
            unit: unit.to_owned(),
            direction,
            estimator: Estimator::Composed.name().to_owned(),
            scale: 1.0,
            cells: vec![cell],
        }),
    }
}

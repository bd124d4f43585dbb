//! What lines of unknown source could do to AI - human: worst-case bounds.

use candor_model::Origin;
use candor_stats::{Estimate, Outcome};

use crate::coverage::beside;
use crate::document::Bounds;
use crate::durability::Frame;
use crate::options::MINIMUM_AUTHORS;
use crate::rows::{End, Row};
use crate::window::DAY;

/// Computes AI - human with the lines of unknown and mixed source put on either side.
///
/// # Definition
/// With U the lines of unknown or mixed source: `all_human` = S(AI) - S(human + U); `all_ai` = S(AI + U) - S(human);
/// `lowest` = S(AI + those of U that died by then) - S(human + the others of U); `highest` the other way round. No assignment of whole
/// cohorts gives a difference outside [`lowest`, `highest`] but for what censoring before the horizon leaves open.
///
/// # Undefined when
/// A side has no line followed to the horizon, or lines of fewer than [`MINIMUM_AUTHORS`] people.
///
/// # Source
/// Manski 1990, "Nonparametric bounds on treatment effects", Am. Econ. Rev. 80, 319-323.
pub(crate) fn compute(frame: Frame<'_>) -> Vec<Bounds> {
    let rows = &frame.rows.rows;
    let undecided = |row: &Row| matches!(row.source, Origin::Unknown | Origin::Mixed);
    let lines = |source: Origin| frame.rows.lines_of(source) as f64;
    let sums = [lines(Origin::Ai), lines(Origin::Human), lines(Origin::Unknown) + lines(Origin::Mixed)];
    let all: f64 = sums.iter().sum();
    let [ai_lines, human_lines, undecided_lines] = sums;
    let share = if all > 0.0 { undecided_lines / all } else { 0.0 };
    let bounds_at = |days: &u32| {
        let horizon = days * DAY;
        let reached = &rows[..rows.partition_point(|row| row.age <= horizon)];
        let dead = |row: &Row| undecided(row) && row.end != End::Alive && row.age <= horizon;
        let dead_lines = reached.iter().filter(|row| dead(row)).map(|row| u64::from(row.lines)).sum::<u64>() as f64;
        let of = |source: Origin, joins: &dyn Fn(&Row) -> bool, total: f64| {
            let member = |row: &Row| row.source == source || (undecided(row) && joins(row));
            if !has_authors(rows, member) {
                return None;
            }
            product_limit(reached, member, total, horizon)
        };
        let none = &|_: &Row| false;
        let every = &|_: &Row| true;
        let living = &|row: &Row| !dead(row);
        let less = |ai: Option<f64>, human: Option<f64>| match (ai, human) {
            (Some(ai), Some(human)) => {
                let method = "difference of Kaplan-Meier curves under an assumed source of the unknown lines";
                let mut estimate = Estimate::new(ai - human, method, all);
                estimate.notes.push("a bound on the point; sampling error comes on top".to_string());
                beside(Outcome::Estimate(estimate), Some(share))
            }
            _ => Outcome::insufficient(
                "under 2 authors, or no line followed to this age, on one side",
                "2 authors on each side, followed to this age",
                "with fewer authors a difference could be one person's",
            ),
        };
        let (ai, human) = (Origin::Ai, Origin::Human);
        let (with, without) = (ai_lines + undecided_lines, human_lines + undecided_lines);
        Bounds {
            days: *days,
            all_human: less(of(ai, none, ai_lines), of(human, every, without)),
            all_ai: less(of(ai, every, with), of(human, none, human_lines)),
            lowest: less(of(ai, &dead, ai_lines + dead_lines), of(human, living, without - dead_lines)),
            highest: less(of(ai, living, with - dead_lines), of(human, &dead, human_lines + dead_lines)),
            unknown_share: share,
        }
    };
    frame.window.options.horizons_days.iter().map(bounds_at).collect()
}

/// Whether the members are of [`MINIMUM_AUTHORS`] people.
fn has_authors(rows: &[Row], member: impl Fn(&Row) -> bool) -> bool {
    let mut met: Vec<u32> = Vec::with_capacity(MINIMUM_AUTHORS);
    rows.iter().filter(|row| member(row)).any(|row| {
        if !met.contains(&row.cluster) {
            met.push(row.cluster);
        }
        met.len() >= MINIMUM_AUTHORS
    })
}

/// Kaplan-Meier point at `horizon` of the members of `reached`, the rows no older than it; `total` = lines of all members of any age.
///
/// The general estimator sorts, keeps influences and costs ten times as much; the bounds need sixteen bare points on rows in order.
fn product_limit(reached: &[Row], member: impl Fn(&Row) -> bool, total: f64, horizon: u32) -> Option<f64> {
    if total <= 0.0 {
        return None;
    }
    let (mut at_risk, mut alive, mut last) = (total, 1.0, 0);
    let mut members = reached.iter().filter(|row| member(row)).peekable();
    while let Some(age) = members.peek().map(|row| row.age) {
        let (mut left, mut deaths) = (0.0, 0.0);
        while let Some(row) = members.next_if(|row| row.age == age) {
            let lines = f64::from(row.lines);
            left += lines;
            deaths += if row.end == End::Alive { 0.0 } else { lines };
        }
        alive *= (at_risk - deaths).max(0.0) / at_risk;
        at_risk -= left;
        last = age;
        if at_risk <= 0.0 {
            break;
        }
    }
    (alive <= 0.0 || at_risk > 0.0 || last >= horizon).then_some(alive)
}

//! What missing and wrong evidence could do to AI - human: worst-case bounds, and correction by stated error rates.

use candor_model::Origin;
use candor_stats::{Estimate, Outcome};

use crate::contrast::{Side, combination};
use crate::coverage::beside;
use crate::document::{Bounds, CorrectedFigure, Correction};
use crate::durability::Frame;
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
/// A side has no line followed to the horizon.
///
/// # Source
/// Manski 1990, "Nonparametric bounds on treatment effects", Am. Econ. Rev. 80, 319-323.
pub(crate) fn bounds(frame: Frame<'_>) -> Vec<Bounds> {
    let rows = &frame.rows.rows;
    let undecided = |row: &Row| matches!(row.source, Origin::Unknown | Origin::Mixed);
    let lines =
        |wanted: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).map(|row| u64::from(row.lines)).sum::<u64>() as f64;
    let all = lines(&|_| true);
    let sums = [lines(&|row| row.source == Origin::Ai), lines(&|row| row.source == Origin::Human), lines(&undecided)];
    let [ai_lines, human_lines, undecided_lines] = sums;
    let share = if all > 0.0 { undecided_lines / all } else { 0.0 };
    let bounds_at = |days: &u32| {
        let horizon = days * DAY;
        let reached = &rows[..rows.partition_point(|row| row.age <= horizon)];
        let dead = |row: &Row| undecided(row) && row.end != End::Alive && row.age <= horizon;
        let dead_lines = reached.iter().filter(|row| dead(row)).map(|row| u64::from(row.lines)).sum::<u64>() as f64;
        let of = |source: Origin, joins: &dyn Fn(&Row) -> bool, total: f64| {
            product_limit(reached, |row| row.source == source || (undecided(row) && joins(row)), total, horizon)
        };
        let (none, every): (&dyn Fn(&Row) -> bool, &dyn Fn(&Row) -> bool) = (&|_| false, &|_| true);
        let living: &dyn Fn(&Row) -> bool = &|row| !dead(row);
        let less = |ai: Option<f64>, human: Option<f64>| match (ai, human) {
            (Some(ai), Some(human)) => {
                let method = "difference of Kaplan-Meier curves under an assumed source of the unknown lines";
                let mut estimate = Estimate::new(ai - human, method, all);
                estimate.notes.push("a bound on the point; sampling error comes on top".to_string());
                beside(Outcome::Estimate(estimate), Some(share))
            }
            _ => Outcome::insufficient(
                "no line followed to this age on one side",
                "lines on both sides",
                "under this assumption one side is empty",
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

/// Error rates below this sum (less 1) say too little to correct anything.
const MINIMUM_YOUDEN: f64 = 0.05;

/// Corrects survival by source for errors of the evidence.
///
/// # Definition
/// With f the share of lines with evidence of AI: `p = (f + sp - 1) / (se + sp - 1)`, `ppv = se p / f`, `npv = sp (1 - p) / (1 - f)`; the two
/// observed curves are mixtures `S(flagged) = ppv A + (1 - ppv) H` and `S(others) = (1 - npv) A + npv H`, solved for A and H.
/// Others = human and unknown together; mixed lines and bots' are left out.
///
/// # Output
/// Shares, 0 to 1; intervals by joint influence with se, sp and f taken as known.
///
/// # Undefined when
/// se + sp is not clearly above 1, or f, A or H fall outside [0, 1]: then the stated rates cannot be right, and the answer says so.
///
/// # Assumptions
/// Errors do not depend on how long a line lives. If those who leave no evidence also write shorter-lived lines, the corrected figure is
/// wrong in a direction that nothing here shows: see the bounds.
///
/// # Source
/// Rogan and Gladen 1978, Am. J. Epidemiol. 107, 71-76; mixture form: Fink and Lash 2003, Ann. Epidemiol. 13, 401.
pub(crate) fn correction(
    frame: Frame<'_>,
    flagged: &[Option<Side>],
    others: &[Option<Side>],
    lines: (u64, u64),
) -> Option<Correction> {
    let (sensitivity, specificity) = frame.window.options.se_sp?;
    let level = frame.window.options.level;
    let share = lines.0 as f64 / (lines.0 + lines.1).max(1) as f64;
    let youden = sensitivity + specificity - 1.0;
    let prevalence = (share + specificity - 1.0) / youden;
    let refusal = if lines.0 == 0 || lines.1 == 0 {
        Some(Outcome::insufficient(
            format!("{} lines with evidence of AI, {} without", lines.0, lines.1),
            "lines on both sides",
            "with one side empty there is nothing to correct",
        ))
    } else if youden < MINIMUM_YOUDEN {
        Some(Outcome::not_applicable(format!(
            "sensitivity {sensitivity} and specificity {specificity} add up to {:.2}: evidence that is hardly better than chance corrects nothing",
            sensitivity + specificity
        )))
    } else if !(prevalence > 0.0 && prevalence < 1.0) {
        Some(Outcome::not_applicable(format!(
            "with sensitivity {sensitivity} and specificity {specificity} a share of {:.1} % flagged lines is impossible: one of the two cannot be right",
            100.0 * share
        )))
    } else {
        None
    };
    let ppv = sensitivity * prevalence / share;
    let npv = specificity * (1.0 - prevalence) / (1.0 - share);
    let spread = ppv + npv - 1.0;
    let figure = |(days, (flagged, others)): (&u32, (&Option<Side>, &Option<Side>))| {
        let missing = || {
            Outcome::insufficient(
                "not followed to this age on one side",
                "both sides followed to this age",
                "lines are too young",
            )
        };
        let solved = |factors: [f64; 2], range: (f64, f64), method: &str| match (flagged, others) {
            (Some(one), Some(two)) => combination(&[(one, factors[0]), (two, factors[1])], range, method, level),
            _ => missing(),
        };
        let uncorrected = solved([1.0, -1.0], (-1.0, 1.0), "difference of Kaplan-Meier curves, with evidence of AI less without");
        if let Some(refusal) = &refusal {
            return CorrectedFigure {
                days: *days,
                ai: refusal.clone(),
                not_ai: refusal.clone(),
                difference: refusal.clone(),
                uncorrected,
            };
        }
        let method = "Kaplan-Meier curves unmixed by stated sensitivity and specificity";
        let ai = solved([1.0 + (1.0 - ppv) / spread, -(1.0 - ppv) / spread], (0.0, 1.0), method);
        let not_ai = solved([-(1.0 - npv) / spread, 1.0 + (1.0 - npv) / spread], (0.0, 1.0), method);
        let impossible =
            [&ai, &not_ai].iter().any(|side| side.point().is_some_and(|share| !(-1e-9..=1.0 + 1e-9).contains(&share)));
        if impossible {
            let refusal = Outcome::not_applicable(
                "the corrected survival falls outside 0 to 100 %: with these rates the observed curves are impossible, so one of the rates cannot be right",
            );
            return CorrectedFigure {
                days: *days,
                ai: refusal.clone(),
                not_ai: refusal.clone(),
                difference: refusal,
                uncorrected,
            };
        }
        CorrectedFigure {
            days: *days,
            ai,
            not_ai,
            difference: solved([1.0 / spread, -1.0 / spread], (-1.0, 1.0), method),
            uncorrected,
        }
    };
    let figures = frame.window.options.horizons_days.iter().zip(flagged.iter().zip(others)).map(figure).collect();
    let ai_share = refusal.clone().unwrap_or_else(|| {
        let mut estimate = Estimate::new(prevalence, "Rogan-Gladen, rates taken as known", (lines.0 + lines.1) as f64);
        estimate.notes.push("no interval: the rates are stated, not estimated".to_string());
        Outcome::Estimate(estimate)
    });
    Some(Correction {
        sensitivity,
        specificity,
        assumptions: "errors of the evidence do not depend on how long a line lives; human and unknown lines together are the lines without \
                      evidence of AI; the stated rates are taken as known"
            .to_string(),
        ai_share,
        figures,
    })
}

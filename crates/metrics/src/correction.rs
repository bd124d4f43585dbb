//! Durability corrected for stated error rates of the evidence.

use candor_stats::attribution_error::{Accuracy, groups, rogan_gladen};
use candor_stats::{Estimate, Outcome};

use crate::contrast::{Side, combination};
use crate::document::{CorrectedFigure, Correction};
use crate::durability::Frame;
use crate::error::MetricsError;

/// Corrects survival by source for errors of the evidence.
///
/// # Definition
/// With f the share of lines with evidence of AI and p the corrected share (Rogan and Gladen): `ppv = se p / f`, `npv = sp (1 - p) / (1 - f)`; the
/// two observed curves are mixtures `S(flagged) = ppv A + (1 - ppv) H` and `S(others) = (1 - npv) A + npv H`, solved for A, H and A - H.
/// Others = human and unknown together; mixed lines and bots' are left out.
///
/// # Output
/// Shares, 0 to 1; intervals by joint influence with se, sp and f taken as known.
///
/// # Undefined when
/// se + sp is not clearly above 1, or f, A or H would be impossible: then the stated rates cannot be right, and the answer says so.
///
/// # Assumptions
/// Errors do not depend on how long a line lives. If those who leave no evidence also write shorter-lived lines, the corrected figure is
/// wrong in a direction that nothing here shows: see the bounds.
///
/// # Source
/// Rogan and Gladen 1978, Am. J. Epidemiol. 107, 71-76; the mixture: Aigner 1973, Journal of Econometrics 1, 49-59, equation (7).
pub(crate) fn compute(
    frame: Frame<'_>,
    flagged: &[Option<Side>],
    others: &[Option<Side>],
    lines: (u64, u64),
) -> Result<Option<Correction>, MetricsError> {
    let Some((sensitivity, specificity)) = frame.window.options.se_sp else { return Ok(None) };
    let accuracy = Accuracy { sensitivity, specificity };
    let all = lines.0 + lines.1;
    let ai_share = if lines.0 == 0 || lines.1 == 0 {
        Outcome::insufficient(
            format!("{} lines with evidence of AI, {} without", lines.0, lines.1),
            "lines on both sides",
            "with one side empty there is nothing to correct",
        )
    } else {
        let apparent = Estimate::new(lines.0 as f64 / all as f64, "share of lines with evidence of AI", all as f64);
        rogan_gladen::corrected(&apparent, &accuracy).map_err(failed)?
    };
    let horizons = frame.window.options.horizons_days.iter().zip(flagged.iter().zip(others));
    let figures = horizons
        .map(|(days, (flagged, others))| {
            figure(*days, (flagged.as_ref(), others.as_ref()), &ai_share, accuracy, frame.window.options.level)
        })
        .collect::<Result<_, _>>()?;
    Ok(Some(Correction {
        sensitivity,
        specificity,
        assumptions: "errors of the evidence do not depend on how long a line lives; human and unknown lines together are the lines without \
                      evidence of AI; the stated rates are taken as known"
            .to_string(),
        ai_share,
        figures,
    }))
}

fn figure(
    days: u32,
    (flagged, others): (Option<&Side>, Option<&Side>),
    ai_share: &Outcome,
    accuracy: Accuracy,
    level: f64,
) -> Result<CorrectedFigure, MetricsError> {
    let whole = |outcome: Outcome, uncorrected: Outcome| CorrectedFigure {
        days,
        ai: outcome.clone(),
        not_ai: outcome.clone(),
        difference: outcome,
        uncorrected,
    };
    let (Some(one), Some(two)) = (flagged, others) else {
        let missing = Outcome::insufficient(
            "one side not followed to this age",
            "both sides followed to this age",
            "the lines are too young or too few",
        );
        return Ok(whole(missing.clone(), missing));
    };
    let uncorrected = combination(
        &[(one, 1.0), (two, -1.0)],
        (-1.0, 1.0),
        "difference of Kaplan-Meier curves, with evidence of AI less without",
        level,
    );
    let (Some(share), Some(seen)) = (ai_share.point(), uncorrected.estimate()) else {
        return Ok(whole(ai_share.clone(), uncorrected));
    };
    let apparent = one.units / (one.units + two.units);
    let difference = groups::difference(seen, apparent, &accuracy).map_err(failed)?;
    if difference.point().is_none() {
        return Ok(whole(difference, uncorrected));
    }
    let ppv = accuracy.sensitivity * share / apparent;
    let npv = accuracy.specificity * (1.0 - share) / (1.0 - apparent);
    let spread = ppv + npv - 1.0;
    let solved = |factors: [f64; 2]| {
        let method = "Kaplan-Meier curves unmixed by stated sensitivity and specificity, infinitesimal jackknife by author";
        combination(&[(one, factors[0]), (two, factors[1])], (0.0, 1.0), method, level)
    };
    let ai = solved([1.0 + (1.0 - ppv) / spread, -(1.0 - ppv) / spread]);
    let not_ai = solved([-(1.0 - npv) / spread, 1.0 + (1.0 - npv) / spread]);
    let possible = |outcome: &Outcome| outcome.point().is_some_and(|share| (-1e-9..=1.0 + 1e-9).contains(&share));
    if !possible(&ai) || !possible(&not_ai) {
        let refusal = Outcome::not_applicable(
            "the corrected survival falls outside 0 to 100 %: with these rates the observed curves are impossible, so one of the rates cannot be right",
        );
        return Ok(whole(refusal, uncorrected));
    }
    Ok(CorrectedFigure { days, ai, not_ai, difference, uncorrected })
}

fn failed(source: candor_stats::StatsError) -> MetricsError {
    MetricsError::Statistic { figure: "the corrected durability".to_string(), source }
}

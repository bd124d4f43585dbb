//! Computes every key of the case `did_event_study`.

use candor_stats::designs::difference_in_differences::{DifferenceInDifferences, Panel, collapsed};
use candor_stats::designs::event_study::EventStudy;
use candor_stats::regression::Correction;

use super::case::{Case, Computed};
use super::figures::{labels, point_p_df, standard_error};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-8);
    let table = case.table("panel.csv");
    let (outcomes, units) = (table.numbers("y"), labels(&table, "team"));
    let periods: Vec<i64> = table.numbers("month").into_iter().map(|month| month as i64).collect();
    let flags = |column: &str| table.numbers(column).into_iter().map(|value| value == 1.0).collect::<Vec<_>>();
    let (in_arm, post) = (flags("ai_team"), flags("post"));
    let panel = Panel { outcomes: &outcomes, units: &units, periods: &periods };
    let first = periods.iter().zip(&post).filter(|(_, post)| **post).map(|(period, _)| *period).min().unwrap();

    let treated: Vec<bool> = in_arm.iter().zip(&post).map(|(arm, post)| *arm && *post).collect();
    let fitted = DifferenceInDifferences::fit(&panel, &treated).unwrap();
    let fit = fitted.fit().unwrap();
    out.put("twfe.coef", Some(fit.coefficient()));
    for (name, correction) in [("CR0", Correction::Cr0), ("CR1", Correction::Cr1), ("CR2", Correction::Cr2)] {
        out.put(format!("twfe.se_{name}"), standard_error(&fit.effect(correction, 0.95).unwrap()));
    }
    let (_, p, df) = point_p_df(&fit.effect(Correction::Cr2, 0.95).unwrap());
    out.put("twfe.CR2_p", p);
    out.put("twfe.CR2_df", df);
    let packages = fit.package_errors();
    out.put("twfe.se_fixest_default", packages.map(|errors| errors.fixest.standard_error));
    out.put("twfe.p_fixest_default", packages.and_then(|errors| errors.fixest.p_value));
    out.put("twfe.se_linearmodels_default", packages.map(|errors| errors.linearmodels.standard_error));

    let (difference, p, _) = point_p_df(&collapsed(&panel, &in_arm, first, 0.95).unwrap());
    out.put("collapsed_two_period.difference", difference);
    out.put("collapsed_two_period.welch_p", p);

    let study = EventStudy::fit(&panel, &in_arm, first, -1).unwrap();
    let study = study.fit().unwrap();
    for (period, effect) in study.effects(Correction::Cr1, 0.95).unwrap() {
        out.put(format!("event.{period}.coef"), effect.point());
        out.put(format!("event.{period}.se_CR1"), standard_error(&effect));
    }
    out.put("pretrend.wald_chi2_CR1", study.pre_trend_wald(Correction::Cr1));
    let (f, p, _) = point_p_df(&study.pre_trend(Correction::Cr1).unwrap());
    out.put("pretrend.F", f);
    out.put("pretrend.p_F_G_minus_1", p);
    out.put("pretrend.HTZ_p", point_p_df(&study.pre_trend(Correction::Cr2).unwrap()).1);
}

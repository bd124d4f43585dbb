//! A design that cannot answer is refused before anybody spends months on it.

use std::collections::BTreeSet;

use crate::plan::finding::nearest;
use crate::plan::reader::Examined;
use crate::plan::{Design, Plan, UnitKind};

/// Estimators by design; the first is the usual one.
const ESTIMATORS: &[(Design, &[&str])] = &[
    (Design::TaskRct, &["task_trial", "geometric_mean_ratio_clustered"]),
    (Design::WithinTeam, &["ancova", "cuped", "difference_of_means", "difference_of_ratios"]),
    (Design::Cluster, &["ancova", "cuped", "difference_of_means", "difference_of_ratios", "difference_in_differences"]),
    (Design::ControlTeam, &["difference_in_differences", "event_study"]),
    (Design::Staggered, &["staggered_group_time"]),
    (Design::Observational, &["observational_adjustment"]),
];

/// Ways to compute an error, and whether they know of clusters.
const VARIANCES: &[(&str, bool)] =
    &[("cr2", true), ("wild_cluster_bootstrap", true), ("randomisation", true), ("hc3", false), ("independent", false)];

/// What may be adjusted for: measured before the arms, or not changed by them.
const COVARIATES: &[&str] = &[
    "baseline",
    "context",
    "level",
    "team",
    "repo",
    "business",
    "forecast",
    "calendar_month",
    "person",
    "language",
    "work_item_type",
    "points",
];

/// What the arms change: adjusting for it takes the effect away, or makes one.
const POST_TREATMENT: &[&str] = &[
    "diff_size",
    "change_size",
    "additions",
    "deletions",
    "files",
    "review_rounds",
    "review_comments",
    "review_time",
    "ai_share",
    "ai_lines",
    "ai_usage",
    "sessions",
    "tokens",
    "acceptance_rate",
    "cycle_time",
    "coverage",
    "complexity",
    "duplication",
    "pushes_after_review",
    "explanation_quality",
    "actual_minutes",
    "complied",
];

pub(super) fn check(examined: &Examined<'_>, plan: &Plan) {
    arms(examined, plan);
    units(examined, plan);
    teams(examined, plan);
    covariates(examined, plan);
    estimator(examined, plan);
    if plan.design.kind == Design::Observational {
        let words = plan.estimand.to_lowercase();
        if let Some(word) = ["effect", "cause", "impact"].into_iter().find(|word| words.contains(word)) {
            examined.refuse(
                "estimand",
                "no_effect",
                format!("an observational design estimates no effect, and the estimand says `{word}`"),
                "say `difference` or `comparison`; for an effect somebody has to be drawn by lot, or teams named before",
            );
        }
        examined.warn(
            "design.kind",
            "comparison_only",
            "nothing is assigned: whatever comes out is a comparison, and groups may differ for other reasons",
            "a lot within people (`task_rct`) or among teams (`cluster`) would make it an effect",
        );
    }
}

fn arms(examined: &Examined<'_>, plan: &Plan) {
    let design = &plan.design;
    let arms: BTreeSet<&String> = design.arms.iter().collect();
    if design.kind == Design::Staggered {
        if !design.arms.is_empty() && design.arms.len() < 2 {
            examined.refuse("design.arms", "arms", "expected at least two arms", "name the arm with and the arm without");
        }
    } else if arms.len() < 2 || arms.len() != design.arms.len() {
        examined.refuse(
            "design.arms",
            "arms",
            format!("expected at least two arms with different names, found {}", design.arms.len()),
            "name them, for example [\"ai_light\", \"ai_heavy\"]",
        );
    }
    if !design.arms.is_empty() && !arms.contains(&design.control) {
        let hint = format!("take one of: {}", design.arms.join(", "));
        examined.refuse("design.control", "control_arm", format!("expected one of the arms, found `{}`", design.control), hint);
    }
}

fn units(examined: &Examined<'_>, plan: &Plan) {
    let design = &plan.design;
    let allowed: &[UnitKind] = match design.kind {
        Design::TaskRct => &[UnitKind::Task, UnitKind::WorkItem],
        Design::WithinTeam => &[UnitKind::WorkItem, UnitKind::Task, UnitKind::Person],
        Design::Cluster | Design::ControlTeam | Design::Staggered => &[UnitKind::Team],
        Design::Observational => UnitKind::ALL,
    };
    if !allowed.contains(&design.unit) {
        let names: Vec<&str> = allowed.iter().map(|unit| unit.as_str()).collect();
        examined.refuse(
            "design.unit",
            "unit",
            format!("expected {} for `{}`, found `{}`", names.join(" or "), design.kind, design.unit),
            "what is drawn has to be what the design draws",
        );
    }
    let blocks = matches!(design.kind, Design::TaskRct | Design::WithinTeam);
    if !blocks {
        if !design.block_sizes.is_empty() {
            examined.refuse(
                "design.block_sizes",
                "needless_blocks",
                format!("`{}` draws no blocks", design.kind),
                "leave `block_sizes` out",
            );
        }
        return;
    }
    let arms = u32::try_from(design.arms.len()).unwrap_or(u32::MAX).max(1);
    if design.block_sizes.is_empty() {
        examined.refuse(
            "design",
            "no_blocks",
            "expected `block_sizes`, a list of at least two sizes",
            "for two arms: `block_sizes = [2, 4, 6]`",
        );
    }
    for (number, size) in design.block_sizes.iter().enumerate() {
        if *size == 0 || size % arms != 0 || *size > 100 {
            examined.refuse(
                &format!("design.block_sizes[{}]", number + 1),
                "block_size",
                format!("expected a multiple of the number of arms ({arms}), at most 100, found {size}"),
                "each block holds every arm equally often",
            );
        }
    }
    let sizes: BTreeSet<&u32> = design.block_sizes.iter().collect();
    if sizes.len() == 1 {
        examined.refuse(
            "design.block_sizes",
            "predictable_blocks",
            "expected at least two sizes: with one, everybody knows the last arm of each block beforehand",
            "for two arms: `block_sizes = [2, 4, 6]`",
        );
    }
}

/// The smallest two-sided p-value that a draw of `k` of `n` teams can give: 2 of the binomial number.
fn smallest_p(n: usize, k: usize) -> f64 {
    let ways: f64 = (0..k.min(n)).map(|i| (n - i) as f64 / (i + 1) as f64).product();
    (2.0 / ways).min(1.0)
}

fn teams(examined: &Examined<'_>, plan: &Plan) {
    let design = &plan.design;
    for (key, teams) in
        [("teams", &design.teams), ("treated_teams", &design.treated_teams), ("control_teams", &design.control_teams)]
    {
        let different: BTreeSet<&String> = teams.iter().collect();
        if different.len() != teams.len() {
            examined.refuse(&format!("design.{key}"), "duplicate", "a team is named twice", "name every team once");
        }
    }
    if let Some(both) = design.treated_teams.iter().find(|team| design.control_teams.contains(team)) {
        examined.refuse(
            "design.control_teams",
            "team_in_both",
            format!("`{both}` cannot be on both sides"),
            "take it out of one of them",
        );
    }
    let alpha = plan.families.iter().map(|family| 2.0 * family.alpha).fold(0.0, f64::max);
    match design.kind {
        Design::Cluster => {
            let (n, k) = (design.teams.len(), design.teams.len() / design.arms.len().max(1));
            if smallest_p(n, k) > alpha + 1e-12 || n < 8 {
                let least = if n < 2 { "1".to_owned() } else { format!("{:.2}", smallest_p(n, k)) };
                examined.refuse(
                    if design.teams.is_empty() { "design" } else { "design.teams" },
                    "too_few_teams",
                    format!("expected at least 4 teams in each arm for a test at {:.0} %, found {n} in all: the smallest p-value of such a draw is {least}", 100.0 * alpha),
                    "draw tasks within people instead (`task_rct`), bring more teams, or call it a comparison",
                );
            }
        }
        Design::ControlTeam => {
            if design.control_teams.is_empty() {
                examined.refuse(
                    "design",
                    "no_control_teams",
                    "expected `control_teams`: teams that are named before anybody knows how they do",
                    "name one team at least that uses little or no AI",
                );
            }
            if design.treated_teams.is_empty() {
                examined.refuse("design", "no_treated_teams", "expected `treated_teams`", "name the teams that use AI");
            }
            let fewest = design.control_teams.len().min(design.treated_teams.len());
            if (1..4).contains(&fewest) {
                examined.warn(
                    "design.control_teams",
                    "few_control_teams",
                    format!(
                        "{} against {} teams: a comparison, no effect; no test of such teams can reach 5 %",
                        design.treated_teams.len(),
                        design.control_teams.len()
                    ),
                    "with 4 control teams at least, or a lot within people (`task_rct`), it could become one",
                );
            }
        }
        Design::Staggered => {
            let dates: BTreeSet<_> = design.rollout_dates.iter().collect();
            if dates.len() < 2 || dates.len() != design.rollout_dates.len() {
                examined.refuse(
                    "design.rollout_dates",
                    "rollout_dates",
                    format!("expected at least two different days, found {}", design.rollout_dates.len()),
                    "teams that begin later are the comparison for those that begin earlier",
                );
            }
            if let Some(day) =
                design.rollout_dates.iter().find(|day| **day < plan.dates.pilot_from || **day >= plan.dates.pilot_until)
            {
                examined.refuse(
                    "design.rollout_dates",
                    "rollout_outside",
                    format!("expected days of the pilot, found {day}"),
                    "roll out inside the pilot",
                );
            }
            if design.teams.len() < 8 {
                examined.refuse(
                    "design",
                    "too_few_teams",
                    format!("expected at least 8 teams for a roll-out by lot, found {}", design.teams.len()),
                    "bring more teams, or draw tasks within people (`task_rct`)",
                );
            }
        }
        Design::TaskRct | Design::WithinTeam | Design::Observational => {}
    }
}

fn covariates(examined: &Examined<'_>, plan: &Plan) {
    for (number, name) in plan.design.covariates.iter().enumerate() {
        let path = format!("design.covariates[{}]", number + 1);
        if POST_TREATMENT.contains(&name.as_str()) {
            examined.refuse(
                &path,
                "post_treatment",
                format!("`{name}` is changed by the arms themselves: adjusting for it takes away the effect that is looked for"),
                "adjust for what was there before: `baseline`, `context`, `level`, `repo`",
            );
        } else if !COVARIATES.contains(&name.as_str()) {
            let hint = nearest(name, COVARIATES.iter().copied())
                .map_or_else(|| format!("known are: {}", COVARIATES.join(", ")), |name| format!("did you mean `{name}`?"));
            examined.refuse(&path, "covariate", format!("expected something measured before the pilot, found `{name}`"), hint);
        }
    }
}

fn estimator(examined: &Examined<'_>, plan: &Plan) {
    let fitting = ESTIMATORS.iter().find(|(design, _)| *design == plan.design.kind).map_or(&[][..], |(_, names)| names);
    if !fitting.contains(&plan.estimator.name.as_str()) {
        examined.refuse(
            "estimator.name",
            "estimator",
            format!("expected {} for `{}`, found `{}`", fitting.join(" or "), plan.design.kind, plan.estimator.name),
            "an estimator answers the question of one kind of design",
        );
    }
    let known = VARIANCES.iter().find(|(name, _)| *name == plan.estimator.variance);
    match known {
        None => {
            let names: Vec<&str> = VARIANCES.iter().map(|(name, _)| *name).collect();
            examined.refuse(
                "estimator.variance",
                "variance",
                format!("expected one of {}, found `{}`", names.join(", "), plan.estimator.variance),
                "cr2 is right for most",
            );
        }
        Some((name, false)) => examined.refuse(
            "estimator.variance",
            "unclustered",
            format!("`{name}` takes the units of one person or team for independent, which they are not"),
            "use cr2, wild_cluster_bootstrap or randomisation",
        ),
        Some((_, true)) => {}
    }
    if plan.estimator.variance == "randomisation" && !plan.design.kind.is_randomised() {
        examined.refuse(
            "estimator.variance",
            "no_draw",
            format!("`{}` draws nothing that could be drawn again", plan.design.kind),
            "use cr2 or wild_cluster_bootstrap",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_against_four_teams_are_the_fewest_for_five_per_cent() {
        assert!(smallest_p(6, 3) > 0.05);
        assert!((smallest_p(8, 4) - 2.0 / 70.0).abs() < 1e-12);
    }
}

//! Margins with reasons, metrics that exist in the version that is named, and error rates that add up.

use crate::plan::finding::nearest;
use crate::plan::reader::Examined;
use crate::plan::{Claim, Criterion, Design, Direction, Family, KnownMetric, Plan, Role, Scale};

/// What people say of themselves.
pub(super) const SELF_REPORTED: &[&str] = &["perceived_speedup", "sentiment", "perception_gap", "forecast_gap"];

/// Error rate of all families together beyond which nothing is held.
const MOST_ALPHA: f64 = 0.1;

pub(super) fn check(examined: &Examined<'_>, plan: &Plan, known: &[KnownMetric]) {
    if plan.criteria.is_empty() {
        examined.refuse("", "no_criteria", "expected at least one `[[criterion]]`", "without one nothing is decided");
    }
    families(examined, plan);
    for (number, criterion) in plan.criteria.iter().enumerate() {
        let path = format!("criterion[{}]", number + 1);
        metric(examined, plan, criterion, &path, known);
        margins(examined, criterion, &path);
        members(examined, plan, criterion, &path);
        precision(examined, plan, criterion, &path);
        if plan.family(&criterion.family).is_none() {
            let names: Vec<&str> = plan.families.iter().map(|family| family.id.as_str()).collect();
            let hint = format!("there are: {}", names.join(", "));
            examined.refuse(
                &format!("{path}.family"),
                "unknown_family",
                format!("there is no family `{}`", criterion.family),
                hint,
            );
        }
        let same = |other: &Criterion| {
            other.measured() == criterion.measured() && other.claim == criterion.claim && other.family == criterion.family
        };
        if !criterion.metric.is_empty() && plan.criteria.iter().take(number).any(same) {
            let what = format!("`{}` is judged twice by the same claim in one family", criterion.measured());
            examined.refuse(&format!("{path}.metric"), "judged_twice", what, "one figure, one claim, one margin");
        }
    }
    if !plan.criteria.iter().any(|criterion| criterion.role == Role::Guardrail) && !plan.criteria.is_empty() {
        examined.refuse(
            "",
            "no_guardrail",
            "expected at least one criterion with `role = \"guardrail\"`",
            "name what may not get worse meanwhile: code_durability_30d, security_findings, customer_bugs",
        );
    }
}

fn families(examined: &Examined<'_>, plan: &Plan) {
    for (number, family) in plan.families.iter().enumerate() {
        let path = format!("family[{}]", number + 1);
        if !["holm", "hochberg", "bonferroni"].contains(&family.method.as_str()) {
            examined.refuse(
                &format!("{path}.method"),
                "family_method",
                format!("expected holm, hochberg or bonferroni, found `{}`", family.method),
                "benjamini_hochberg is for exploratory figures and decides nothing; holm is right for most",
            );
        }
        if !plan.criteria.iter().any(|criterion| criterion.family == family.id) {
            examined.refuse(
                &format!("{path}.id"),
                "empty_family",
                format!("no criterion belongs to family `{}`", family.id),
                "take it out, or name it in a criterion",
            );
        }
        let same = |other: &&Family| other.horizon_months == family.horizon_months;
        let alpha: f64 = plan.families.iter().filter(same).map(|other| other.alpha).sum();
        if alpha > MOST_ALPHA + 1e-12 && !plan.families.iter().take(number).any(|other| same(&other)) {
            examined.refuse(
                &format!("{path}.alpha"),
                "alpha_sum",
                format!("expected at most {MOST_ALPHA} for all families of one horizon together, found {alpha:.3}"),
                "splitting claims into families does not make more error free of charge",
            );
        }
    }
}

fn metric(examined: &Examined<'_>, plan: &Plan, criterion: &Criterion, path: &str, known: &[KnownMetric]) {
    if criterion.metric.is_empty() {
        return;
    }
    let Some(metric) = known.iter().find(|metric| metric.id == criterion.metric) else {
        let hint = nearest(&criterion.metric, known.iter().map(|metric| metric.id.as_str()))
            .map_or_else(|| "`candor metrics list` shows every id".to_owned(), |name| format!("did you mean `{name}`?"));
        examined.refuse(&format!("{path}.metric"), "unknown_metric", format!("there is no metric `{}`", criterion.metric), hint);
        return;
    };
    let figure = metric.figures.iter().find(|figure| figure.name == criterion.figure);
    if figure.is_none() {
        let figures: Vec<&str> =
            metric.figures.iter().map(|figure| figure.name.as_str()).filter(|name| !name.is_empty()).collect();
        let path = if criterion.figure.is_empty() { format!("{path}.metric") } else { format!("{path}.figure") };
        if figures.is_empty() {
            examined.refuse(
                &path,
                "unknown_figure",
                format!("`{}` has one figure without a name, found `{}`", metric.id, criterion.figure),
                "leave `figure` out",
            );
        } else {
            let found = if criterion.figure.is_empty() { "none".to_owned() } else { format!("`{}`", criterion.figure) };
            let hint =
                nearest(&criterion.figure, figures.iter().copied()).unwrap_or(figures.first().copied().unwrap_or_default());
            examined.refuse(
                &path,
                "unknown_figure",
                format!("expected `figure`, one of {}; found {found}", figures.join(", ")),
                format!("for example `figure = \"{hint}\"`"),
            );
        }
    }
    if metric.version != criterion.version {
        examined.refuse(
            &format!("{path}.version"),
            "metric_version",
            format!("`{}` has definition version {}, found {}", metric.id, metric.version, criterion.version),
            "a plan names the definition that it was made for; read what changed, then decide whether the margin still holds",
        );
    }
    let is_self_reported = SELF_REPORTED.contains(&metric.id.as_str());
    let has_no_direction = figure.is_some_and(|figure| figure.direction == Direction::Neither);
    if has_no_direction && !is_self_reported && criterion.role != Role::Evidence {
        examined.refuse(
            &format!("{path}.metric"),
            "no_direction",
            format!("`{}` has no good direction: usage, spending and counts cannot be a success or a harm", criterion.measured()),
            "judge outcomes; usage may stand beside them",
        );
    }
    if is_self_reported && criterion.role != Role::Evidence {
        examined.refuse(
            &format!("{path}.role"),
            "self_report",
            format!("`{}` is what people say of themselves, and that differs from what is measured", metric.id),
            "give it `role = \"evidence\"`: the rule on flat outcomes and felt gains uses it",
        );
    }
    if metric.id == "tool_roi" && plan.design.kind != Design::TaskRct {
        examined.warn(
            &format!("{path}.metric"),
            "roi_without_trial",
            "`tool_roi` needs a measured ratio of times from a task trial; without one it stays insufficient",
            "run a task trial beside it, or expect this criterion to say nothing",
        );
    }
    let horizon = plan.family(&criterion.family).map_or(24, |family| family.horizon_months);
    if ["promotion_rate", "time_to_promotion"].contains(&metric.id.as_str()) && horizon < 12 {
        examined.warn(
            &format!("{path}.family"),
            "slow_metric",
            format!("`{}` moves over 24 months; at {horizon} months it can hardly say anything", metric.id),
            "judge early signs meanwhile (debugging_proficiency, mental_model_strength, skill_mastery), and this one at 12 and 24 months",
        );
    }
}

fn margins(examined: &Examined<'_>, criterion: &Criterion, path: &str) {
    if criterion.reason.split_whitespace().count() < 4 {
        examined.refuse(
            &format!("{path}.reason"),
            "thin_reason",
            format!("expected a reason for the margin in a sentence, found `{}`", criterion.reason),
            "say what a change of this size costs or is worth, and to whom",
        );
    }
    if criterion.claim == Claim::NoneWorseOneBetter {
        return;
    }
    let margin = format!("{path}.margin");
    match criterion.claim {
        Claim::Gain if criterion.margin < 0.0 => {
            examined.refuse(
                &margin,
                "negative_margin",
                format!("expected a size of 0 or more, found {}", criterion.margin),
                "the good side is positive for every metric, also where less is better: 0.15 for fifteen per cent less",
            );
        }
        Claim::NotWorse if criterion.margin <= 0.0 => {
            examined.refuse(
                &margin,
                "zero_margin",
                format!("expected a size above 0, found {}", criterion.margin),
                "`not worse` can only be shown up to a margin: say how much worse would still be acceptable, and why",
            );
        }
        _ => {}
    }
    let most = match criterion.scale {
        Scale::Relative | Scale::Points => 1.0,
        Scale::Absolute => f64::INFINITY,
    };
    for (key, value) in
        [("margin", criterion.margin), ("flat_margin", criterion.flat_margin), ("harm_margin", criterion.harm_margin)]
    {
        // A harm margin that nobody wrote is the margin itself.
        let is_default = key == "harm_margin" && criterion.claim == Claim::NotWorse && value == criterion.margin;
        if value.abs() > most && !is_default {
            examined.refuse(
                &format!("{path}.{key}"),
                "percent",
                format!("expected a fraction of at most 1, found {value}"),
                format!("ten per cent is 0.10; found {value} would be {} per cent", 100.0 * value),
            );
        }
    }
    if criterion.claim == Claim::Gain && (0.0..criterion.flat_margin).contains(&criterion.margin) {
        examined.refuse(
            &format!("{path}.flat_margin"),
            "flat_above_margin",
            format!("expected at most the margin ({}), found {}", criterion.margin, criterion.flat_margin),
            "what is flat cannot be a gain at the same time",
        );
    }
    if criterion.claim == Claim::NotWorse && criterion.harm_margin > criterion.margin {
        examined.refuse(
            &format!("{path}.harm_margin"),
            "harm_above_margin",
            format!("expected at most the margin ({}), found {}", criterion.margin, criterion.harm_margin),
            "worse than the margin is harm; a wider one would leave a gap in which nothing follows",
        );
    }
}

fn members(examined: &Examined<'_>, plan: &Plan, criterion: &Criterion, path: &str) {
    if criterion.claim != Claim::NoneWorseOneBetter {
        if !criterion.members.is_empty() {
            examined.refuse(
                &format!("{path}.members"),
                "needless_members",
                format!("`{}` has no members", criterion.claim),
                "leave `members` out, or claim `none_worse_one_better`",
            );
        }
        return;
    }
    if criterion.members.len() < 2 {
        examined.refuse(
            path,
            "members",
            format!("expected at least two `members`, found {}", criterion.members.len()),
            "name criteria that claim `not_worse`",
        );
    }
    for (number, member) in criterion.members.iter().enumerate() {
        let is_fit = plan.criterion(member).is_some_and(|member| member.claim == Claim::NotWorse);
        if !is_fit {
            examined.refuse(
                &format!("{path}.members[{}]", number + 1),
                "unknown_criterion",
                format!("expected the id of a criterion that claims `not_worse`, found `{member}`"),
                "each member needs a margin of its own",
            );
        }
    }
}

fn precision(examined: &Examined<'_>, plan: &Plan, criterion: &Criterion, path: &str) {
    let Some(precision) = &criterion.precision else { return };
    let by_share = precision.share.is_some() && precision.units.is_some();
    if precision.standard_error.is_none() && !by_share {
        examined.refuse(
            &format!("{path}.precision"),
            "precision",
            "expected `standard_error`, or `units` and `share`",
            "take them from the organisation's own baseline; without them no chance of a verdict can be told",
        );
        return;
    }
    let Some(family) = plan.family(&criterion.family) else { return };
    let Some(last) = crate::plan::chance::chances(plan, criterion, family).last().copied() else { return };
    if last.met < 0.2 {
        examined.warn(
            &format!("{path}.precision"),
            "hopeless",
            format!(
                "even at the last look the chance to see `{}` met is {:.0} %, if what is supposed is true",
                criterion.id,
                100.0 * last.met
            ),
            crate::plan::chance::alternatives(criterion, family),
        );
    }
}

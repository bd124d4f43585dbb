//! What is done with what is not known, and who said what beforehand.

use crate::plan::finding::nearest;
use crate::plan::reader::Examined;
use crate::plan::{DefaultAction, Design, KnownMetric, MissingHandling, Plan};

const DIMENSIONS: &[&str] = &["context", "level", "business", "team", "tool"];
/// Groups that nobody is singled out by.
const FORBIDDEN: &[&str] = &["person", "author", "hour", "weekday", "gender", "country", "age"];
/// Subgroups beyond which something is found by chance.
const MOST_SUBGROUPS: usize = 6;

pub(super) fn check(examined: &Examined<'_>, plan: &Plan, known: &[KnownMetric]) {
    subgroups(examined, plan);
    for (path, reason) in [
        ("unknown_attribution.reason", &plan.unknown_attribution.reason),
        ("missing_data.reason", &plan.missing_data.reason),
        ("at_the_end.reason", &plan.at_the_end.reason),
    ] {
        if reason.split_whitespace().count() < 4 {
            examined.refuse(
                path,
                "thin_reason",
                format!("expected a reason in a sentence, found `{reason}`"),
                "say why this is right here",
            );
        }
    }
    if plan.unknown_attribution.most_unknown_share > 0.5 {
        examined.refuse(
            "unknown_attribution.most_unknown_share",
            "mostly_unknown",
            format!("expected at most 0.5, found {}", plan.unknown_attribution.most_unknown_share),
            "where more than half is unknown, figures by source say nothing",
        );
    }
    if plan.missing_data.handling == MissingHandling::WithinArm && plan.design.kind != Design::TaskRct {
        examined.refuse(
            "missing_data.handling",
            "imputation",
            "`within_arm` is for task trials: a missing review time becomes the mean of its arm",
            "use `bounds` or `left_out`",
        );
    }
    let end = &plan.at_the_end;
    match (end.action, end.until) {
        (DefaultAction::ExtendOnce, None) => examined.refuse(
            "at_the_end",
            "endless",
            "an extension needs `until`, its last look",
            "an extension without an end is a decision not to decide",
        ),
        (DefaultAction::ExtendOnce, Some(until)) if until <= plan.dates.policy_until => {
            examined.refuse(
                "at_the_end.until",
                "date_order",
                format!("expected a day after the plan's end ({}), found {until}", plan.dates.policy_until),
                "an extension goes on after the end",
            );
        }
        (action, Some(_)) if action != DefaultAction::ExtendOnce => {
            examined.refuse(
                "at_the_end.until",
                "needless_until",
                format!("`{action}` has no `until`"),
                "leave it out, or set `action = \"extend_once\"`",
            );
        }
        _ => {}
    }
    for (number, forecast) in plan.forecasts.iter().enumerate() {
        let path = format!("forecast[{}]", number + 1);
        if plan.criterion(&forecast.criterion).is_none() {
            let hint = nearest(&forecast.criterion, plan.criteria.iter().map(|criterion| criterion.id.as_str()))
                .map_or_else(|| "name a criterion of this plan".to_owned(), |name| format!("did you mean `{name}`?"));
            examined.refuse(
                &format!("{path}.criterion"),
                "unknown_criterion",
                format!("there is no criterion `{}`", forecast.criterion),
                hint,
            );
        }
        if forecast.made_on >= plan.dates.pilot_from {
            examined.refuse(
                &format!("{path}.made_on"),
                "late_forecast",
                format!("expected a day before the pilot begins ({}), found {}", plan.dates.pilot_from, forecast.made_on),
                "a forecast that was made while the data came in is none",
            );
        }
    }
    if plan.forecasts.is_empty() {
        examined.warn(
            "",
            "no_forecast",
            "nobody who wants it to succeed has said what they expect",
            "ask the sponsors for a number each, now: afterwards everybody knew it",
        );
    }
    for (number, missing) in plan.unavailable.iter().enumerate() {
        let path = format!("unavailable[{}].metric", number + 1);
        if !known.iter().any(|metric| metric.id == missing.metric) {
            let hint = nearest(&missing.metric, known.iter().map(|metric| metric.id.as_str()))
                .map_or_else(|| "`candor metrics list` shows every id".to_owned(), |name| format!("did you mean `{name}`?"));
            examined.refuse(&path, "unknown_metric", format!("there is no metric `{}`", missing.metric), hint);
        }
        if let Some(criterion) = plan.criteria.iter().find(|criterion| criterion.metric == missing.metric) {
            examined.refuse(
                &path,
                "unavailable_criterion",
                format!("`{}` has no data, and criterion `{}` rests on it", missing.metric, criterion.id),
                "take the criterion out, or find the data before you register",
            );
        }
    }
}

fn subgroups(examined: &Examined<'_>, plan: &Plan) {
    for (number, subgroup) in plan.subgroups.iter().enumerate() {
        let path = format!("subgroup[{}].dimension", number + 1);
        if FORBIDDEN.contains(&subgroup.dimension.as_str()) {
            examined.refuse(
                &path,
                "forbidden_subgroup",
                format!("results by `{}` are not made: nobody is singled out or ranked", subgroup.dimension),
                format!("take one of {}", DIMENSIONS.join(", ")),
            );
        } else if !DIMENSIONS.contains(&subgroup.dimension.as_str()) {
            let hint = nearest(&subgroup.dimension, DIMENSIONS.iter().copied())
                .map_or_else(|| format!("take one of {}", DIMENSIONS.join(", ")), |name| format!("did you mean `{name}`?"));
            examined.refuse(
                &path,
                "subgroup",
                format!("expected one of {}, found `{}`", DIMENSIONS.join(", "), subgroup.dimension),
                hint,
            );
        }
        if plan.subgroups.iter().take(number).any(|other| other.dimension == subgroup.dimension) {
            examined.refuse(
                &path,
                "duplicate",
                format!("`{}` is a subgroup already", subgroup.dimension),
                "name every dimension once",
            );
        }
    }
    if plan.subgroups.len() > MOST_SUBGROUPS {
        examined.refuse(
            "subgroup",
            "too_many_subgroups",
            format!("expected at most {MOST_SUBGROUPS}, found {}", plan.subgroups.len()),
            "the more groups, the surer one of them shines by chance",
        );
    }
}

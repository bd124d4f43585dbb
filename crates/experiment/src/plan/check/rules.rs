//! Rules that decide: each verdict can be reached, by outcomes and not by opinions.

use super::criteria::SELF_REPORTED;
use crate::plan::finding::nearest;
use crate::plan::reader::Examined;
use crate::plan::{Claim, KnownMetric, Plan, Role, RuleVerdict, State, When};

pub(super) fn check(examined: &Examined<'_>, plan: &Plan, _known: &[KnownMetric]) {
    for verdict in [RuleVerdict::PullBack, RuleVerdict::Justified] {
        if !plan.rules.iter().any(|rule| rule.verdict == verdict) {
            examined.refuse(
                "",
                "no_rule",
                format!("expected at least one `[[rule]]` with `verdict = \"{verdict}\"`"),
                "a plan that cannot end one way decides nothing: write down before what would make you do it",
            );
        }
    }
    for (number, rule) in plan.rules.iter().enumerate() {
        let path = format!("rule[{}]", number + 1);
        if rule.conditions.is_empty() {
            examined.refuse(
                &path,
                "no_condition",
                format!("rule `{}` has no `[[rule.condition]]`", rule.name),
                "a rule without a condition holds always",
            );
        }
        if rule.verdict == RuleVerdict::Justified && rule.when == When::Any && rule.conditions.len() > 1 {
            examined.refuse(
                &format!("{path}.when"),
                "any_success",
                "success takes all of its criteria, found `any`",
                "with `any` one lucky figure would be enough: write `when = \"all\"`",
            );
        }
        for (place, condition) in rule.conditions.iter().enumerate() {
            let path = format!("{path}.condition[{}]", place + 1);
            let Some(criterion) = plan.criterion(&condition.criterion) else {
                let hint = nearest(&condition.criterion, plan.criteria.iter().map(|criterion| criterion.id.as_str()))
                    .map_or_else(|| "name a criterion of this plan".to_owned(), |name| format!("did you mean `{name}`?"));
                examined.refuse(
                    &format!("{path}.criterion"),
                    "unknown_criterion",
                    format!("there is no criterion `{}`", condition.criterion),
                    hint,
                );
                continue;
            };
            if condition.is.is_empty() {
                examined.refuse(&path, "no_state", "expected `is`, a list of states", "for example `is = [\"harm\"]`");
            }
            if condition.is.contains(&State::Insufficient) {
                examined.refuse(
                    &format!("{path}.is"),
                    "open_state",
                    "`insufficient` decides nothing: absence of evidence is no evidence",
                    "what is done where the end leaves it open stands in `[at_the_end]`",
                );
            }
            if rule.verdict == RuleVerdict::Justified {
                let is_bad = |state: &State| matches!(state, State::Harm | State::Failed);
                let is_flat_gain = |state: &State| *state == State::Flat && criterion.claim != Claim::NotWorse;
                if condition.is.iter().any(|state| is_bad(state) || is_flat_gain(state)) {
                    examined.refuse(
                        &format!("{path}.is"),
                        "success_of_failure",
                        "a failed, flat or harmful criterion cannot justify",
                        "success is `met`, and `flat` where the claim is `not_worse`",
                    );
                }
                if SELF_REPORTED.contains(&criterion.metric.as_str()) {
                    examined.refuse(
                        &format!("{path}.criterion"),
                        "self_report",
                        format!("`{}` is what people say of themselves", criterion.metric),
                        "success rests on outcomes",
                    );
                }
            } else if rule.verdict == RuleVerdict::PullBack
                && condition.is.contains(&State::Met)
                && criterion.role != Role::Evidence
            {
                examined.refuse(
                    &format!("{path}.is"),
                    "harm_of_success",
                    format!("`{}` being met is no reason to pull back", criterion.id),
                    "harm is `harm`",
                );
            }
        }
    }
    for (number, criterion) in plan.criteria.iter().enumerate() {
        let in_rule = plan.rules.iter().any(|rule| rule.conditions.iter().any(|condition| condition.criterion == criterion.id));
        let is_member = plan.criteria.iter().any(|other| other.members.contains(&criterion.id));
        if !in_rule && !is_member && criterion.role != Role::Evidence {
            examined.refuse(
                &format!("criterion[{}].id", number + 1),
                "unused_criterion",
                format!("no rule refers to `{}`", criterion.id),
                "what follows if it fails? Name it in a rule, or give it `role = \"evidence\"`",
            );
        }
    }
}

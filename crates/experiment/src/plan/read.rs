//! From the tables of a plan file to a plan. Only form is judged here; what a plan may say is judged in `check`.

use super::reader::{Examined, Node};
use super::{
    AtTheEnd, Claim, Condition, Criterion, Dates, DefaultAction, Design, DesignSpec, Estimator, Family, LookMethod, Looks,
    MissingData, MissingHandling, Plan, Precision, Role, Rule, RuleVerdict, Scale, Spending, SponsorForecast, State, Subgroup,
    Unavailable, UnitKind, UnknownAttribution, UnknownHandling, When,
};

/// The plan of a file, or none where its form is wrong.
pub(super) fn read(examined: &Examined<'_>) -> Option<Plan> {
    let mut plan = None;
    examined.parse(|top| plan = whole(top));
    plan.filter(|_| !examined.is_refused())
}

fn whole(top: &Node<'_, '_>) -> Option<Plan> {
    let form = top.whole("plan", "1, the version of this form", |form| form == 1);
    let id = top.text("id", "a short name in lower case, for example `ai-tools-2026`");
    let title = top.text("title", "what the plan is called");
    let question = top.text("question", "the question that the plan answers");
    let estimand = top.text("estimand", "population, contrast, outcome and period");
    let dates = top.table("dates", "the phases", dates);
    let design = top.table("design", "how arms come about", design);
    let estimator = top.table("estimator", "how the contrast is computed", |node| Estimator {
        name: node.text("name", "the name of an estimator"),
        variance: node.text("variance", "how its error is computed"),
    });
    let looks = top.table("looks", "when somebody looks", |node| Looks {
        method: node.word("method", LookMethod::ALL, LookMethod::as_str).unwrap_or(LookMethod::Planned),
        spending: node.has("spending").then(|| node.word("spending", Spending::ALL, Spending::as_str)).flatten(),
        tuned_for_units: node
            .has("tuned_for_units")
            .then(|| node.whole("tuned_for_units", "a number of units, 2 or more", |units| units >= 2)),
        dates: node.dates("dates", "a list of days, as [2026-08-01]"),
    });
    let families = top.tables("family", "families of claims", |node| Family {
        id: node.text("id", "the name of the family"),
        horizon_months: node
            .whole("horizon_months", "months from the start of the pilot, 1 to 24", |months| (1..=24).contains(&months)),
        alpha: node.number("alpha", "a one-sided error rate above 0 and at most 0.1", |alpha| alpha > 0.0 && alpha <= 0.1),
        harm_alpha: node
            .number("harm_alpha", "a one-sided error rate above 0 and at most 0.1", |alpha| alpha > 0.0 && alpha <= 0.1),
        method: node.text("method", "holm, hochberg or bonferroni"),
    });
    let criteria = top.tables("criterion", "what is judged", criterion);
    let rules = top.tables("rule", "what follows", |node| Rule {
        name: node.text("name", "what the rule says, for people"),
        verdict: node.word("verdict", RuleVerdict::ALL, RuleVerdict::as_str).unwrap_or(RuleVerdict::Adjust),
        when: node.word("when", When::ALL, When::as_str).unwrap_or(When::Any),
        conditions: node.tables("condition", "a criterion and the states that count", condition),
    });
    let subgroups = top.tables("subgroup", "groups that are looked at apart", |node| Subgroup {
        dimension: node.text("dimension", "context, level, business, team or tool"),
        values: node.texts("values", "a list of texts"),
        reason: node.text("reason", "why this group may differ"),
    });
    let share = |share: f64| (0.0..=1.0).contains(&share);
    let unknown_attribution = top.table("unknown_attribution", "what is done with work of unknown source", |node| {
        let handling = node.word("handling", UnknownHandling::ALL, UnknownHandling::as_str);
        UnknownAttribution {
            handling: handling.unwrap_or(UnknownHandling::Bounds),
            most_unknown_share: node.number("most_unknown_share", "a share from 0 to 1", share),
            reason: node.text("reason", "why so"),
        }
    });
    let missing_data = top.table("missing_data", "what is done with missing outcomes", |node| MissingData {
        handling: node.word("handling", MissingHandling::ALL, MissingHandling::as_str).unwrap_or(MissingHandling::Bounds),
        most_difference: node.number("most_difference", "a difference of shares from 0 to 1", share),
        reason: node.text("reason", "why so"),
    });
    let at_the_end = top.table("at_the_end", "what is done where the end leaves it open", |node| AtTheEnd {
        action: node.word("action", DefaultAction::ALL, DefaultAction::as_str).unwrap_or(DefaultAction::Restrict),
        until: node.optional_date("until", "the last look of an extension"),
        reason: node.text("reason", "why so"),
    });
    let forecasts = top.tables("forecast", "what sponsors expect", |node| SponsorForecast {
        sponsor: node.text("sponsor", "a role, not a name"),
        criterion: node.text("criterion", "the id of a criterion"),
        effect: node.number("effect", "the expected effect, positive is good", |effect| effect.abs() <= 1e9),
        made_on: node.date("made_on", "the day on which it was said"),
    });
    let unavailable = top.tables("unavailable", "metrics without data", |node| Unavailable {
        metric: node.text("metric", "the id of a metric"),
        reason: node.text("reason", "why there are no data"),
        signed_by: node.text("signed_by", "the role of who vouches for that"),
    });
    Some(Plan {
        form,
        id,
        title,
        question,
        estimand,
        dates: dates?,
        design: design?,
        estimator: estimator?,
        looks: looks?,
        families,
        criteria,
        rules,
        subgroups,
        unknown_attribution: unknown_attribution?,
        missing_data: missing_data?,
        at_the_end: at_the_end?,
        forecasts,
        unavailable,
    })
}

fn dates(node: &Node<'_, '_>) -> Dates {
    Dates {
        baseline_from: node.date("baseline_from", "the first day of the baseline"),
        pilot_from: node.date("pilot_from", "the first day of the pilot"),
        pilot_until: node.date("pilot_until", "the first day after the pilot"),
        analysis_until: node.date("analysis_until", "the first day after the analysis"),
        policy_until: node.date("policy_until", "the first day after the policies are drawn up"),
    }
}

fn design(node: &Node<'_, '_>) -> DesignSpec {
    DesignSpec {
        kind: node.word("kind", Design::ALL, Design::as_str).unwrap_or(Design::Observational),
        unit: node.word("unit", UnitKind::ALL, UnitKind::as_str).unwrap_or(UnitKind::Team),
        arms: node.texts("arms", "a list of names"),
        control: node.text("control", "the arm that is the comparison"),
        teams: node.texts("teams", "a list of teams"),
        treated_teams: node.texts("treated_teams", "a list of teams"),
        control_teams: node.texts("control_teams", "a list of teams"),
        rollout_dates: node.dates("rollout_dates", "a list of days, as [2026-05-01]"),
        block_sizes: node.wholes("block_sizes", "a list of whole numbers, as [2, 4, 6]"),
        covariates: node.texts("covariates", "a list of names"),
    }
}

fn criterion(node: &Node<'_, '_>) -> Criterion {
    let claim = node.word("claim", Claim::ALL, Claim::as_str).unwrap_or(Claim::NotWorse);
    let is_composed = claim == Claim::NoneWorseOneBetter;
    let finite = |number: f64| number.abs() <= 1e12;
    let size = |number: f64| (0.0..=1e12).contains(&number);
    let id = node.text("id", "the name of the criterion in rules");
    let (metric, version, margin, scale) = if is_composed {
        (String::new(), 0, 0.0, Scale::Relative)
    } else {
        (
            node.text("metric", "the id of a metric"),
            node.whole("version", "the definition version of the metric", |version| version > 0),
            node.number("margin", "a margin", finite),
            node.word("scale", Scale::ALL, Scale::as_str).unwrap_or(Scale::Relative),
        )
    };
    let default_harm = if claim == Claim::NotWorse { margin } else { 0.0 };
    Criterion {
        id,
        metric,
        figure: node.optional_text("figure", "a figure of the metric").unwrap_or_default(),
        version,
        family: node.text("family", "the id of a family"),
        role: node.word("role", Role::ALL, Role::as_str).unwrap_or(Role::Guardrail),
        claim,
        margin,
        flat_margin: node.optional_number("flat_margin", "a size of 0 or more", size).unwrap_or(0.0),
        harm_margin: node.optional_number("harm_margin", "a size of 0 or more", size).unwrap_or(default_harm),
        scale,
        reason: node.text("reason", "why this margin and no other"),
        members: node.texts("members", "a list of criteria"),
        precision: node.optional_table("precision", "what is known about its precision", |node| Precision {
            supposed_effect: node.number("supposed_effect", "the effect that is supposed, positive is good", finite),
            standard_error: node.optional_number("standard_error", "a standard error above 0", |error| error > 0.0),
            clusters: node
                .has("clusters")
                .then(|| node.whole("clusters", "a number of clusters, 2 or more", |clusters| clusters >= 2)),
            units: node.has("units").then(|| node.whole("units", "a number of units, 2 or more", |units| units >= 2)),
            share: node.optional_number("share", "a share between 0 and 1", |share| share > 0.0 && share < 1.0),
        }),
    }
}

fn condition(node: &Node<'_, '_>) -> Condition {
    let states = node.texts("is", "a list of states, as [\"harm\"]");
    for (number, state) in states.iter().enumerate() {
        if State::named(state).is_none() {
            let names: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
            node.refuse_item("is", number, "word", format!("expected one of {}, found `{state}`", names.join(", ")));
        }
    }
    Condition {
        criterion: node.text("criterion", "the id of a criterion"),
        is: states.iter().filter_map(|state| State::named(state)).collect(),
    }
}

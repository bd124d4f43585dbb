//! Sentences by class and audience. What is claimed here is only what the verdict holds.

use super::{Audience, Section};
use crate::plan::{Claim, Criterion, DefaultAction, Plan, RuleVerdict, Scale, State};
use crate::verdict::{Class, GroupFinding, Judged, Says, Truth, Verdict};

pub(super) fn title(verdict: &Verdict) -> String {
    let what = match verdict.class {
        Class::Justified => "AI coding tools: where they carry their cost",
        Class::Adjust => "AI coding tools: what to do differently",
        Class::PullBack => "AI coding tools: drawing the line where the figures draw it",
        Class::Insufficient => "AI coding tools: what is known so far, and when there will be more",
        Class::InsufficientFinal => "AI coding tools: the agreed next step",
    };
    if verdict.look.is_none() { format!("{what} (exploratory)") } else { what.to_owned() }
}

pub(super) fn lead(verdict: &Verdict) -> String {
    let until = verdict.as_of;
    match verdict.class {
        Class::Justified => format!(
            "Up to {until}, every bar that was set beforehand is reached: at this organisation the tools justify their cost."
        ),
        Class::Adjust => {
            let is_short = verdict.rules.iter().any(|rule| rule.verdict == RuleVerdict::Justified && rule.truth == Truth::No);
            let what = if is_short {
                "the tools fall short of the bar that was set beforehand"
            } else {
                "a condition holds that was set beforehand as a reason for change"
            };
            format!("Up to {until}, {what}. The tools stay, with changes to how and where they are used.")
        }
        Class::PullBack => format!(
            "Up to {until}, the figures lie on the wrong side of limits that were set beforehand. The use of the tools is pulled back to where it is safe."
        ),
        Class::Insufficient => format!(
            "Up to {until}, the figures cannot tell yet whether the tools carry their cost. That is a finding about the data, and in neither direction one about the tools."
        ),
        Class::InsufficientFinal => format!(
            "Up to {until}, at the last planned look, the figures leave the question open. What was agreed beforehand for this case is done now."
        ),
    }
}

pub(super) fn sections(plan: &Plan, verdict: &Verdict, audience: Audience) -> Vec<Section> {
    let mut found = Vec::new();
    let mut add = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            found.push(Section { heading: heading.to_owned(), lines, rows: Vec::new() });
        }
    };
    add("What follows", follows(verdict));
    add("Where it helps", groups(verdict, Says::Helps));
    add("Where it is restricted", groups(verdict, Says::Hurts));
    add("Where nothing can be said", groups(verdict, Says::CannotTell));
    add("What was learned", learned(plan, verdict));
    add("What waiting costs", waiting(plan, verdict));
    add("What would change this", change(verdict, audience));
    add("How to read this", reading(verdict, audience));
    // After what was learned, before what waiting costs.
    let place = found.iter().position(|section| section.heading == "What was learned").map_or(found.len(), |place| place + 1);
    found.insert(
        place,
        Section { heading: "What was measured".to_owned(), lines: Vec::new(), rows: measured(plan, verdict, audience) },
    );
    found
}

fn follows(verdict: &Verdict) -> Vec<String> {
    match verdict.class {
        Class::Justified => vec!["The tools stay where they were used in the pilot; the measurements go on, and the later checkpoints stand.".to_owned()],
        Class::Adjust => vec![
            "The rules on where the tools may be used are changed along the groups below, and the change is measured like the pilot was.".to_owned(),
        ],
        Class::PullBack => vec![
            "Outside the groups in which they help, the tools are switched off; what was learned about them is kept.".to_owned(),
            "A new trial can be registered at any time, with its own bar.".to_owned(),
        ],
        Class::Insufficient => {
            let mut lines = vec!["Nothing changes until the next planned look.".to_owned()];
            lines.extend(verdict.outlook.next_look.map(|day| format!("The next planned look is on {day}.")));
            match verdict.outlook.known_by {
                Some(day) => lines.push(format!("If the figures stay where they are, the question is answered by {day}.")),
                None => lines.push("By time alone the question is not answered within reach: some figures need more units or other measures.".to_owned()),
            }
            lines
        }
        Class::InsufficientFinal => {
            let action = verdict.default_action.as_ref().map(|end| end.action);
            let line = match action {
                Some(DefaultAction::Restrict) => "AI stays in the uses where it is safe and goes into no others.".to_owned(),
                Some(DefaultAction::PullBack) => "The tools are switched off, as was agreed for this case.".to_owned(),
                Some(DefaultAction::AsBefore) => "Everything is again as it was before the pilot.".to_owned(),
                Some(DefaultAction::ExtendOnce) => match verdict.default_action.as_ref().and_then(|end| end.until) {
                    Some(day) => format!("The pilot is extended once, with its last look on {day}; there is no second extension."),
                    None => "The pilot is extended once; there is no second extension.".to_owned(),
                },
                None => "The registered default action is taken.".to_owned(),
            };
            vec![line, "This step was registered before the first figure came in.".to_owned()]
        }
    }
}

fn percent(point: f64, scale: Scale) -> String {
    match scale {
        Scale::Relative => format!("{:+.1} %", 100.0 * point),
        Scale::Points => format!("{:+.1} points", 100.0 * point),
        Scale::Absolute => format!("{:+.3}", point),
    }
}

fn groups(verdict: &Verdict, says: Says) -> Vec<String> {
    // A group is one line, with the metrics that say so; a group with a good and a bad figure stands under the bad one.
    let key = |own: &GroupFinding| (own.group.dimension.clone(), own.group.value.clone());
    let hurt: Vec<_> = verdict.groups.iter().filter(|own| own.says == Says::Hurts).map(key).collect();
    let helped: Vec<_> = verdict.groups.iter().filter(|own| own.says == Says::Helps).map(key).collect();
    let mut lines: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    for own in verdict.groups.iter().filter(|own| own.says == says) {
        let name = key(own);
        let is_elsewhere = (says == Says::Helps && hurt.contains(&name))
            || (says == Says::CannotTell && (hurt.contains(&name) || helped.contains(&name)));
        if is_elsewhere || seen.contains(&name) {
            continue;
        }
        let metrics: Vec<&str> = verdict
            .groups
            .iter()
            .filter(|other| other.says == says && key(other) == name)
            .map(|other| other.measured.as_str())
            .collect();
        lines.push(format!("{} {}: {}", name.0, name.1, metrics.join(", ")));
        seen.push(name);
    }
    lines
}

fn state_words(own: &Judged, criterion: &Criterion) -> &'static str {
    let is_limit = criterion.claim == Claim::NotWorse;
    match own.state {
        State::Met if is_limit => "within its limit",
        State::Met => "the bar is reached",
        State::Flat => "no change beyond the margin",
        State::Failed if is_limit => "beyond its limit",
        State::Failed => "below the bar",
        State::Harm => "worse, beyond the limit",
        State::Insufficient => "open",
    }
}

fn measured(plan: &Plan, verdict: &Verdict, audience: Audience) -> Vec<[String; 4]> {
    // Other organisations read shares, not money or levels.
    let criteria =
        plan.criteria.iter().zip(&verdict.criteria).filter(|(criterion, _)| criterion.claim != Claim::NoneWorseOneBetter);
    let lines = criteria.filter(|(criterion, _)| audience != Audience::Community || criterion.scale != Scale::Absolute).map(
        |(criterion, own)| {
            let figure = match (own.point, own.limits.and_then(|limits| limits.lower.zip(limits.upper))) {
                (Some(point), Some((lower, upper))) => {
                    format!(
                        "{} ({} to {})",
                        percent(point, criterion.scale),
                        percent(lower, criterion.scale),
                        percent(upper, criterion.scale)
                    )
                }
                (Some(point), None) => format!("{}, without an interval", percent(point, criterion.scale)),
                (None, _) => "no figure".to_owned(),
            };
            let bar = match criterion.claim {
                Claim::Gain | Claim::Above => format!("bar {}", percent(criterion.margin, criterion.scale)),
                _ => format!("limit {}", percent(-criterion.margin, criterion.scale)),
            };
            [own.measured.clone(), figure, bar, state_words(own, criterion).to_owned()]
        },
    );
    lines.collect()
}

fn learned(plan: &Plan, verdict: &Verdict) -> Vec<String> {
    let count = |state: State| verdict.criteria.iter().filter(|own| own.state == state).count();
    let mut lines = vec![format!(
        "Of {} measures {} reach their bar or keep within their limit, {} show no change beyond their margin, {} fall short, {} are worse beyond their limit, and {} are open.",
        verdict.criteria.len(),
        count(State::Met),
        count(State::Flat),
        count(State::Failed),
        count(State::Harm),
        count(State::Insufficient)
    )];
    for forecast in &plan.forecasts {
        let found =
            plan.criterion(&forecast.criterion).zip(verdict.criteria.iter().find(|own| own.criterion == forecast.criterion));
        if let Some((criterion, Judged { point: Some(point), .. })) = found {
            lines.push(format!(
                "{}: expected beforehand {}, measured {}.",
                criterion.measured(),
                percent(forecast.effect, criterion.scale),
                percent(*point, criterion.scale)
            ));
        }
    }
    lines
}

fn waiting(plan: &Plan, verdict: &Verdict) -> Vec<String> {
    match verdict.class {
        Class::Insufficient => vec![format!(
            "Each month of waiting costs a month of licences and of whatever harm is not excluded yet; it ends on {} at the latest.",
            plan.looks.dates.last().map_or_else(String::new, ToString::to_string)
        )],
        Class::PullBack | Class::Adjust => {
            vec!["Each month without the change costs a month of what stands as worse above.".to_owned()]
        }
        Class::Justified | Class::InsufficientFinal => Vec::new(),
    }
}

fn change(verdict: &Verdict, audience: Audience) -> Vec<String> {
    let open = verdict.criteria.iter().filter(|own| own.state == State::Insufficient).count();
    let mut lines = match verdict.class {
        Class::Justified => vec!["A limit that is crossed at a later look, or a bar that is no longer reached.".to_owned()],
        Class::Adjust => vec!["Figures of a later look, after the changes, in a plan of their own.".to_owned()],
        Class::PullBack => vec!["Figures of a new trial that reach a bar which is set before it begins.".to_owned()],
        Class::Insufficient | Class::InsufficientFinal => vec![format!("More data on the {open} open measures.")],
    };
    if audience == Audience::Board {
        lines.push("Opinions, plans and announcements change nothing here.".to_owned());
    }
    lines
}

fn reading(verdict: &Verdict, audience: Audience) -> Vec<String> {
    let mut lines = Vec::new();
    if verdict.look.is_none() {
        lines.push("No look was planned for this day: these figures are exploratory, and nothing follows from them.".to_owned());
    }
    if verdict.figures.is_typed() {
        lines.push(
            "The figures came from a file and not from the registered analysis: nobody can compute them again from a snapshot."
                .to_owned(),
        );
    }
    if verdict.standing.retrospective {
        lines.push("The plan was registered after its first outcomes had come in: it is retrospective.".to_owned());
    }
    if !verdict.standing.missed.is_empty() {
        lines.push(format!("{} planned looks were not held.", verdict.standing.missed.len()));
    }
    if verdict.standing.late_amendments > 0 {
        lines.push(format!("The plan was changed {} times after a look.", verdict.standing.late_amendments));
    }
    if !verdict.is_effect {
        lines.push(
            "Nobody was drawn by lot: these are differences between groups, which may differ for other reasons.".to_owned(),
        );
    }
    lines.push(
        "Signs are turned so that plus is good for every measure; ranges are intervals that allow for the planned looks."
            .to_owned(),
    );
    if !verdict.groups.is_empty() {
        lines.push("Findings by group are exploratory: they suggest where to look and decide nothing.".to_owned());
    }
    if audience == Audience::Team {
        lines.push("No figure here is about a person, and none ranks people or teams.".to_owned());
    }
    lines
}

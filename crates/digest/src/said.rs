//! The digest in sentences: what moved, where no movement can be seen, what cannot be told.

use std::collections::BTreeMap;

use crate::document::{Digest, DigestFigure, DigestMetric, Movement, Pack, Said};
use crate::words::{self, Unit};

/// The sentences of a digest.
pub(crate) fn said(metrics: &[DigestMetric], currency: &str) -> Said {
    let mut said = Said::default();
    // Reasons, each with the figures that lack it.
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (metric, figure) in metrics.iter().flat_map(|metric| metric.figures.iter().map(move |figure| (metric, figure))) {
        let name = named(figure);
        match figure.movement {
            Movement::Better | Movement::Worse | Movement::Moved => {
                let way = match figure.movement {
                    Movement::Better => "to the better",
                    Movement::Worse => "to the worse",
                    _ => "and no direction of it is better",
                };
                said.moved.push(format!("{} moved {way}: {}.", words::capital(&name), compared(figure, currency)));
            }
            Movement::Perhaps => said.not_moved.push(format!(
                "{}: {}: it may have moved, but among so many figures one like it is expected by chance.",
                words::capital(&name),
                compared(figure, currency)
            )),
            Movement::NotSeen => {
                said.not_moved.push(format!(
                    "{}: no movement can be seen: {}.",
                    words::capital(&name),
                    compared(figure, currency)
                ));
            }
            Movement::CannotTell => match words::why(&figure.now.answer) {
                Some(mut why) => {
                    if let Some(day) = &figure.now.closes_on {
                        why = format!("{why}; it can be told from {day} on");
                    }
                    let commands: Vec<String> = metric.missing.iter().map(|missing| format!("`{}`", missing.command)).collect();
                    if !commands.is_empty() && is_missing(figure) {
                        why = format!("{why}; {} supplies it", commands.join(", "));
                    }
                    reasons.entry(why).or_default().push(name);
                }
                None => reasons.entry("nothing to compare it with, or no limits".to_owned()).or_default().push(name),
            },
            Movement::Counted => {}
        }
    }
    said.cannot_tell = reasons.into_iter().map(|(why, names)| format!("{}: {why}.", words::capital(&names.join(", ")))).collect();
    said
}

/// Whether a missing table explains why there is no figure.
fn is_missing(figure: &DigestFigure) -> bool {
    matches!(
        figure.now.answer.code(),
        Some("no_data" | "needs_line_data" | "revenue_unknown" | "cost_unknown" | "customers_unknown")
    )
}

pub(crate) fn named(figure: &DigestFigure) -> String {
    let name = words::name(&figure.figure);
    if figure.per.is_empty() { name } else { format!("{name} ({})", words::group(&figure.per)) }
}

/// The comparison that the movement rests on, as a part of a sentence.
fn compared(figure: &DigestFigure, currency: &str) -> String {
    let size = figure.now.answer.point().unwrap_or_default();
    let unit = Unit::of(&figure.unit, size, currency);
    if let Some(since) = &figure.since_baseline
        && let Some(estimate) = since.always_valid.estimate()
        && estimate.p_value.is_some()
    {
        return format!(
            "{} since the baseline ({}){}",
            unit.difference_with_unit(estimate.point),
            words::limits_of(estimate, |interval| unit.difference_limits(interval)),
            across(&since.crosses)
        );
    }
    let delta = [&figure.baseline, &figure.previous]
        .into_iter()
        .flatten()
        .find(|delta| delta.absolute.estimate().is_some_and(|estimate| estimate.p_value.is_some()));
    let Some(delta) = delta else { return String::new() };
    let mut text = String::new();
    if let Some(estimate) = delta.absolute.estimate() {
        text = format!(
            "{} against {} ({})",
            unit.difference_with_unit(estimate.point),
            against(&delta.against.name),
            words::limits_of(estimate, |interval| unit.difference_limits(interval))
        );
    }
    if let Some(estimate) = delta.relative.estimate() {
        text = format!(
            "{text}, which is {} ({})",
            words::relative(estimate.point),
            words::limits_of(estimate, words::relative_limits)
        );
    }
    text.push_str(&across(&delta.crosses));
    text
}

/// The breaks that a comparison crosses, as a part of a sentence.
fn across(crosses: &[String]) -> String {
    words::crossing(crosses).map_or_else(String::new, |note| format!("; {note}"))
}

/// What a change is against, in a sentence.
fn against(name: &str) -> String {
    if name == "baseline" { "the baseline".to_owned() } else { name.to_owned() }
}

/// How the intervals were made, in words.
pub(crate) fn methods(digest: &Digest) -> Vec<String> {
    let level = words::number(100.0 * digest.settings.level);
    let figures: Vec<&DigestFigure> = digest.metrics.iter().flat_map(|metric| &metric.figures).collect();
    let mut methods = vec![format!(
        "Limits are {level} % limits of the figure of its period alone, clustered by person. Limits of one week or month say nothing of many looks."
    )];
    if digest.pack == Pack::OwnPage {
        methods[0] = format!("Limits are {level} % limits of your own figure; your changes count as independent of each other.");
    }
    methods.push(
        "A change is later minus earlier, and later over earlier. The same people are in both, so their influences are taken together for means, \
         ratios, shares, geometric means and survival at a time; for other figures the limits come from the two figures' own limits as if they were \
         independent (MOVER), which widens them where the same people are in both."
            .to_owned(),
    );
    if figures.iter().any(|figure| figure.since_baseline.is_some()) {
        methods.push(format!(
            "\"Since the baseline\" compares all days since the baseline with it. Its limits are an asymptotic confidence sequence, tightest half a year \
             after the baseline: over all looks together they miss with {} % at most. Quantiles and medians have no standard error and no such limits.",
            words::number(100.0 - 100.0 * digest.settings.level)
        ));
    }
    let compared =
        figures.iter().filter(|figure| figure.previous.as_ref().is_some_and(|delta| delta.adjusted_p.is_some())).count();
    if compared > 1 {
        methods.push(format!(
            "{compared} figures are compared with the period before; {} of them would differ by their own limits through chance alone. What is said to \
             have moved passes Benjamini and Hochberg's rule over all figures of the page.",
            words::number((compared as f64 * (1.0 - digest.settings.level)).max(0.1).round().max(1.0))
        ));
    }
    methods.push(
        "\"No movement can be seen\" is no proof that nothing moved: the limits say how much movement is still possible."
            .to_owned(),
    );
    methods.push(
        "A comparison over time, or by source, is a comparison and no effect: nobody assigned the tools at random, and other things changed too."
            .to_owned(),
    );
    if digest.pack != Pack::OwnPage {
        methods.push(format!(
            "A group of fewer than {} people has no figure here, nor the slice that would give it away.",
            digest.settings.min_group
        ));
    }
    methods
}

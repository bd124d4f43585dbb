//! Studies of unequal precision whose true effects differ.

use candor_stats::pooling::heterogeneity::{Method, heterogeneity};
use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::pooling::random_effects::{Limits, pool};

use super::draws::Draws;
use super::table::{Named, Section, Seen, section as joined};

/// Variance of true effects.
const TAU2: f64 = 0.04;

pub fn section(sizes: &[usize], runs: u32) -> Section {
    joined("Pooling of studies (tau2 0.04, sampling variances 0.01 to 0.25)", sizes, "studies", runs, study)
}

/// One collection of `count` studies.
fn study(count: usize, run: u64, planted: bool) -> Named {
    let draws = &mut Draws::new(41, run);
    let mean = if planted { 0.3 } else { 0.0 };
    let variances: Vec<f64> = (0..count).map(|_| 0.01 * 25.0_f64.powf(draws.uniform())).collect();
    let truths: Vec<f64> = (0..count).map(|_| mean + TAU2.sqrt() * draws.normal()).collect();
    let effects: Vec<f64> =
        truths.iter().zip(&variances).map(|(truth, variance)| truth + variance.sqrt() * draws.normal()).collect();
    let new_study = mean + TAU2.sqrt() * draws.normal();
    let pooled = |method, limits| pool(&effects, &variances, method, limits, 0.95).ok().and_then(candor_stats::Fitted::into_fit);
    let judged =
        |method, limits| pooled(method, limits).map_or_else(Seen::default, |pooled| Seen::of_estimate(&pooled.mean, mean));
    let predicted = pooled(Method::RestrictedMaximumLikelihood, Limits::Wider).and_then(|pooled| pooled.prediction);
    let holds = |interval: candor_stats::Interval, truth: f64| {
        interval.lower.is_none_or(|lower| lower <= truth) && interval.upper.is_none_or(|upper| truth <= upper)
    };
    let interval_only = |covered| Seen { covered, rejected: None };
    let spread = heterogeneity(&effects, &variances, Method::RestrictedMaximumLikelihood, 0.95).ok();
    let spread = spread.and_then(|found| found.tau2_interval).map(|interval| holds(interval, TAU2));
    // One context stands for all: the first, whose precision is as random as any.
    let context = partial_pooling(&effects, &variances, 0.95).ok().and_then(candor_stats::Fitted::into_fit);
    let shrunk = context.and_then(|pooled| pooled.contexts.first()?.shrunk.interval).zip(truths.first());
    vec![
        ("mean: REML, the wider of Hartung-Knapp and normal", judged(Method::RestrictedMaximumLikelihood, Limits::Wider)),
        ("mean: Paule-Mandel, the wider of the two", judged(Method::PauleMandel, Limits::Wider)),
        ("mean: REML, Hartung-Knapp alone", judged(Method::RestrictedMaximumLikelihood, Limits::HartungKnapp)),
        ("mean: REML, normal limits", judged(Method::RestrictedMaximumLikelihood, Limits::Normal)),
        ("mean: DerSimonian-Laird, normal limits", judged(Method::DerSimonianLaird, Limits::Normal)),
        ("mean: equal effects", judged(Method::EqualEffects, Limits::Normal)),
        ("new study: prediction interval", interval_only(predicted.map(|interval| holds(interval, new_study)))),
        ("tau2: Q-profile", interval_only(spread)),
        ("one context: shrunk estimate", interval_only(shrunk.map(|(interval, truth)| holds(interval, *truth)))),
    ]
}

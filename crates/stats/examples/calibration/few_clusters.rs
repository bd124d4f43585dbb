//! Clusters of unequal size, half of them in each arm or every one with units of both kinds.

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::wild_bootstrap::{self, Bootstrap};
use candor_stats::designs::difference_in_differences::{Panel, collapsed};
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::{staggered_summaries, two_arms};
use candor_stats::linearised::Reference;
use candor_stats::planning::intra_cluster;
use candor_stats::rates::rate_regression::{RateErrors, RateRegression};
use candor_stats::ratios::{RatioTable, clustered};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use candor_stats::survival::cox::{self, CoxRows, Ties};
use candor_stats::survival::logrank::{self, GroupedLives, Weighting};
use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};
use candor_stats::{Fitted, Outcome};

use super::draws::{Draws, mean_share};
use super::table::{Named, Section, Seen, section as joined};

pub fn section(sizes: &[usize], runs: u32) -> Section {
    joined("Clusters of unequal size", sizes, "clusters", runs, study)
}

/// All estimators in one set of simulated organisations with `count` clusters.
fn study(count: usize, run: u64, planted: bool) -> Named {
    let mut seen = means(count, &mut Draws::new(11, run), planted);
    seen.extend(shares(count, &mut Draws::new(12, run), planted));
    seen.extend(lives(count, &mut Draws::new(13, run), planted));
    seen.extend(rates(count, &mut Draws::new(14, run), planted));
    seen.extend(panels(count, &mut Draws::new(15, run), planted));
    seen
}

/// A value of 0 or 1 for an arm.
fn flag(arm: bool) -> f64 {
    f64::from(u8::from(arm))
}

/// Unit values with a cluster effect (correlation 0.1); whole clusters are assigned.
fn means(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let effect = if planted { 0.3 } else { 0.0 };
    let (mut values, mut clusters, mut exposed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cluster_means, mut before, mut arms) = (Vec::new(), Vec::new(), Vec::new());
    for (cluster, size) in draws.sizes(count).into_iter().enumerate() {
        let arm = cluster % 2 == 1;
        let common = 0.1_f64.sqrt() * draws.normal();
        let own: Vec<f64> = (0..size).map(|_| common + effect * flag(arm) + 0.9_f64.sqrt() * draws.normal()).collect();
        cluster_means.push(own.iter().sum::<f64>() / size as f64);
        before.push(common + 0.2 * draws.normal());
        arms.push(arm);
        clusters.extend(std::iter::repeat_n(cluster, size));
        exposed.extend(std::iter::repeat_n(flag(arm), size));
        values.extend(own);
    }
    let columns = Regressors::with_intercept(values.len()).column("exposed", exposed).ok();
    let fit = columns.and_then(|columns| LeastSquares::fit(&values, columns).ok()).and_then(Fitted::into_fit);
    let robust = |correction| {
        let covariance = fit.as_ref()?.covariance(&Errors::Clustered { by: &clusters, correction }).ok()?.into_fit()?;
        covariance.coefficient("exposed", 0.95).ok()
    };
    let wild = fit.as_ref().and_then(|fit| {
        let run = Bootstrap { by: &clusters, impose_null: true, draws: 399, seed: 1 };
        wild_bootstrap::coefficient(fit, "exposed", &run, 0.95).ok()
    });
    let permuted = randomisation::test(&cluster_means, &arms, &Drawn::Complete, 0.95, 999, 1).ok();
    let welch = two_arms::means(&cluster_means, &arms, 0.95).ok().and_then(Fitted::into_fit);
    let cuped = two_arms::cuped(&cluster_means, &before, &arms, 0.95).ok().and_then(Fitted::into_fit);
    let icc = intra_cluster::correlation(
        &values.iter().zip(&clusters).map(|(value, cluster)| value - effect * flag(cluster % 2 == 1)).collect::<Vec<_>>(),
        &clusters,
        intra_cluster::Method::RestrictedMaximumLikelihood,
        0.95,
    );
    vec![
        ("means: CR2, Satterthwaite (packages)", Seen::of(robust(Correction::Cr2).as_ref(), effect)),
        ("means: CR2, degrees by the correlation", Seen::of(robust(Correction::Cr2Correlated).as_ref(), effect)),
        ("means: CR3, t on G - 1", Seen::of(robust(Correction::Cr3).as_ref(), effect)),
        ("means: CR1S (the usual default)", Seen::of(robust(Correction::Cr1s).as_ref(), effect)),
        ("means: wild cluster bootstrap", Seen::of(wild.as_ref(), effect)),
        ("means: randomisation inference on cluster means", Seen::of(permuted.as_ref(), effect)),
        ("means: Welch on cluster means", welch.map_or_else(Seen::default, |fit| Seen::of_estimate(&fit.absolute, effect))),
        ("means: CUPED on cluster means", cuped.map_or_else(Seen::default, |fit| Seen::of_estimate(&fit.absolute, effect))),
        ("intra-cluster correlation: Wald's limits", Seen::of(icc.ok().as_ref(), 0.1).interval_only()),
    ]
}

/// Spread of the clusters' shares on the logit scale.
const SPREAD: f64 = 0.65;

/// Shares of units, ratio of sums; whole clusters are assigned.
fn shares(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let (low, high) = (0.6, if planted { 0.75 } else { 0.6 });
    let (mut yes, mut units, mut clusters, mut arms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (cluster, size) in draws.sizes(count).into_iter().enumerate() {
        let arm = cluster % 2 == 1;
        let share = draws.share(if arm { high } else { low }, SPREAD);
        yes.push((0..size).filter(|_| draws.chance(share)).count() as f64);
        units.push(size as f64);
        clusters.push(cluster as u32);
        arms.push(arm);
    }
    let truth = mean_share(high, SPREAD) - mean_share(low, SPREAD);
    let others: Vec<bool> = arms.iter().map(|arm| !arm).collect();
    let tables = RatioTable::new(&yes, &units, &clusters, Some(&arms))
        .ok()
        .zip(RatioTable::new(&yes, &units, &clusters, Some(&others)).ok());
    let difference = |reference| tables.as_ref().and_then(|(new, old)| clustered::difference(new, old, reference, 0.95).ok());
    vec![
        ("shares: ratio of sums, small-sample", Seen::of(difference(Reference::SmallSample).as_ref(), truth)),
        ("shares: ratio of sums, normal limits (packages)", Seen::of(difference(Reference::Normal).as_ref(), truth)),
    ]
}

/// Lives of units of both kinds in every cluster, with a frailty per cluster (gamma, shape 4) and censoring.
fn lives(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let hazards = [0.5, if planted { 0.75 } else { 0.5 }];
    let (mut times, mut died, mut groups, mut clusters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (cluster, size) in draws.sizes(count).into_iter().enumerate() {
        let frailty = draws.gamma(4) / 4.0;
        let mix = 0.2 + 0.6 * draws.uniform();
        for _ in 0..size {
            let kind = usize::from(draws.chance(mix));
            let death = draws.exponential() / (hazards[kind] * frailty);
            let end = 0.5 + 2.5 * draws.uniform();
            times.push(death.min(end));
            died.push(death <= end);
            groups.push(kind as u32);
            clusters.push(cluster as u32);
        }
    }
    // Survival to 1 with the frailty integrated out: (1 + hazard / 4)^-4.
    let survival = hazards.map(|hazard: f64| (1.0 + hazard / 4.0).powi(-4));
    let table = |kind: u32| {
        let at: Vec<usize> = (0..times.len()).filter(|row| groups[*row] == kind).collect();
        let (times, died): (Vec<f64>, Vec<bool>) = at.iter().map(|row| (times[*row], died[*row])).unzip();
        let clusters: Vec<u32> = at.iter().map(|row| clusters[*row]).collect();
        LifeTable::new(&Lives::new(&times, &died).clustered(&clusters)).ok()
    };
    let tables = table(1).zip(table(0));
    let confidence = |reference| Confidence { reference, ..Confidence::default() };
    let one = |reference| tables.as_ref().and_then(|(new, _)| new.survival(1.0, &confidence(reference)).ok());
    let two =
        |reference| tables.as_ref().and_then(|(new, old)| comparison::difference(new, old, 1.0, &confidence(reference)).ok());
    let truth = survival[1] - survival[0];
    let rows = Lives::new(&times, &died).clustered(&clusters);
    let rank =
        logrank::robust(&GroupedLives { lives: rows, groups: &groups, strata: None }, Weighting::LogRank, Reference::SmallSample);
    let rank = rank.ok().and_then(Fitted::into_fit).map(|test| test.p_value);
    let kinds: Vec<f64> = groups.iter().map(|kind| f64::from(*kind)).collect();
    let hazard = |reference| {
        let rows = CoxRows { lives: rows, covariates: &[&kinds], strata: None };
        cox::fit(&rows, Ties::Efron).ok()?.into_fit()?.coefficient(0, &confidence(reference))
    };
    let null_only = |outcome: Option<Outcome>| Seen { covered: None, ..Seen::of(outcome.as_ref(), 0.0) };
    vec![
        ("survival: Kaplan-Meier, small-sample", Seen::of(one(Reference::SmallSample).as_ref(), survival[1]).interval_only()),
        (
            "survival: Kaplan-Meier, normal limits (packages)",
            Seen::of(one(Reference::Normal).as_ref(), survival[1]).interval_only(),
        ),
        ("survival: difference of two curves, small-sample", Seen::of(two(Reference::SmallSample).as_ref(), truth)),
        ("survival: difference of two curves, normal limits (packages)", Seen::of(two(Reference::Normal).as_ref(), truth)),
        ("survival: log-rank by cluster", Seen::test(rank)),
        ("survival: Cox by cluster, small-sample", null_only(hazard(Reference::SmallSample))),
        ("survival: Cox by cluster, normal limits (packages)", null_only(hazard(Reference::Normal))),
    ]
}

/// Events per exposure with a gamma frailty (shape 5); whole clusters are assigned.
fn rates(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let ratio: f64 = if planted { 1.5 } else { 1.0 };
    let (mut events, mut exposure, mut exposed, mut clusters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (cluster, size) in draws.sizes(count).into_iter().enumerate() {
        let arm = cluster % 2 == 1;
        let frailty = draws.gamma(5) / 5.0;
        let rate = 0.4 * frailty * if arm { ratio } else { 1.0 };
        events.push(draws.poisson(rate * size as f64) as f64);
        exposure.push(size as f64);
        exposed.push(flag(arm));
        clusters.push(cluster);
    }
    let columns = Regressors::with_intercept(count).column("exposed", exposed).ok();
    let fit = columns.and_then(|columns| RateRegression::fit(&events, &exposure, columns).ok()).and_then(Fitted::into_fit);
    let log_ratio = |errors: RateErrors<'_>| fit.as_ref().and_then(|fit| fit.log_ratio("exposed", &errors, 0.95).ok());
    let robust = log_ratio(RateErrors::Clustered { by: &clusters, correction: Correction::Cr2 });
    vec![
        ("rates: Poisson with CR2, Satterthwaite (packages)", Seen::of(robust.as_ref(), ratio.ln())),
        (
            "rates: Poisson with CR2, degrees by the correlation",
            Seen::of(
                log_ratio(RateErrors::Clustered { by: &clusters, correction: Correction::Cr2Correlated }).as_ref(),
                ratio.ln(),
            ),
        ),
        (
            "rates: Poisson with CR3, t on G - 1",
            Seen::of(log_ratio(RateErrors::Clustered { by: &clusters, correction: Correction::Cr3 }).as_ref(), ratio.ln()),
        ),
        ("rates: quasi-Poisson on cluster totals", Seen::of(log_ratio(RateErrors::Quasi).as_ref(), ratio.ln())),
        ("rates: Poisson as if events were independent", Seen::of(log_ratio(RateErrors::Poisson).as_ref(), ratio.ln())),
    ]
}

/// Eight periods of every cluster; half of them change at period 4, or a third each at 3, at 5 and never.
fn panels(count: usize, draws: &mut Draws, planted: bool) -> Named {
    let effect = if planted { 0.5 } else { 0.0 };
    let (mut both, mut staggered) = (Vec::new(), Vec::new());
    let (mut units, mut periods, mut treated, mut first) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for unit in 0..count {
        let own = draws.normal();
        let mut noise = draws.normal();
        let arrival = match unit % 3 {
            0 => None,
            1 => Some(3),
            _ => Some(5),
        };
        for period in 0..8_i64 {
            // Weeks of one team resemble each other: a first-order autoregression.
            noise = 0.4 * noise + 0.5 * draws.normal();
            let base = own + 0.1 * period as f64 + noise;
            both.push(base + effect * flag(unit % 2 == 1 && period >= 4));
            staggered.push(base + effect * flag(arrival.is_some_and(|arrival| period >= arrival)));
            units.push(unit);
            periods.push(period);
            treated.push(unit % 2 == 1);
            first.push(arrival);
        }
    }
    let panel = Panel { outcomes: &both, units: &units, periods: &periods };
    let two_periods = collapsed(&panel, &treated, 4, 0.95).ok();
    let rollout = Rollout { outcomes: &staggered, units: &units, periods: &periods, first_treated: &first, covariates: &[] };
    let cells = GroupTime::fit(&rollout, Controls::NotYet, 0.95).ok().and_then(Fitted::into_fit);
    let simple = cells.and_then(|cells| staggered_summaries::simple(&cells).ok());
    vec![
        ("panel: difference in differences, collapsed", Seen::of(two_periods.as_ref(), effect)),
        ("panel: Callaway-Sant'Anna, simple mean", Seen::of(simple.as_ref(), effect)),
    ]
}

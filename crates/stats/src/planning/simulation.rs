//! Power by simulation: the user's own units, clusters of the sizes that there are, labels that err, and the analysis that will really be run.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::cluster_power::LabelError;
use crate::distributions::student_two_sided;
use crate::error::{finite, open_unit, same_length};
use crate::labels::Groups;
use crate::random::Draws;
use crate::regression::{Correction, Errors, LeastSquares, Regressors};
use crate::{Estimate, Fitted, Interval, Outcome, StatsError};

/// Most threads that a simulation starts.
const MOST_THREADS: usize = 64;

/// Clusters of a baseline below which drawing from it understates how clusters differ; the answer says so.
const FEW_CLUSTERS: usize = 10;

/// Where simulated units come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Baseline<'a> {
    /// Units of the time before, one value and one cluster label each: whole clusters are drawn with replacement.
    Own {
        /// Outcome of each unit.
        values: &'a [f64],
        /// Cluster of each unit.
        clusters: &'a [usize],
    },
    /// A normal random intercept: clusters of the given sizes, drawn with replacement, total variance 1 and mean 0.
    Normal {
        /// Units per cluster, at least 1 each.
        sizes: &'a [usize],
        /// Intra-cluster correlation, 0 to 1.
        correlation: f64,
    },
}

/// What exposure does to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Adds the effect to the value.
    Add,
    /// Multiplies the value by 1 + effect.
    Multiply,
    /// Turns values of 0 into 1 (or 1 into 0) at random so that the expected share moves by the effect; for outcomes of 0 and 1.
    Share,
}

/// A planned study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Study {
    /// Clusters in the unexposed arm.
    pub control_clusters: usize,
    /// Clusters in the exposed arm.
    pub exposed_clusters: usize,
    /// What exposure does.
    pub change: Change,
    /// Error of the labels of single units; `None` where exposure is known.
    pub label_error: Option<LabelError>,
    /// Two-sided error rate of the analysis, in (0, 1).
    pub alpha: f64,
}

/// How long and with which draws to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// Number of simulated studies, at least 1.
    pub count: u32,
    /// Seed; run i uses stream i of ChaCha20 under it, so the answer depends on neither threads nor their timing.
    pub seed: u64,
    /// Threads to use, at most 64.
    pub threads: NonZeroUsize,
}

/// One simulated study as its analysis sees it.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// Outcome of each unit.
    pub values: Vec<f64>,
    /// Cluster of each unit, `0..` within the study.
    pub clusters: Vec<usize>,
    /// Whether the unit is in the arm that is labelled exposed.
    pub exposed: Vec<bool>,
}

/// The analysis that will really be run: a two-sided p-value, or none where it refuses.
#[derive(Clone, Copy)]
pub enum Analysis<'a> {
    /// Student's t on cluster means, every cluster counting alike.
    ClusterMeans,
    /// Difference of unit means with CR2 errors and degrees of freedom by the correlation within clusters.
    ClusterRobust,
    /// Any other.
    Own(&'a (dyn Fn(&Trial) -> Option<f64> + Sync)),
}

impl Analysis<'_> {
    /// Two-sided p-value of a study.
    #[must_use]
    pub fn p_value(&self, trial: &Trial) -> Option<f64> {
        match self {
            Self::ClusterMeans => cluster_means(trial),
            Self::ClusterRobust => cluster_robust(trial),
            Self::Own(analysis) => analysis(trial),
        }
    }
}

/// Simulates the power of a study.
///
/// # Definition
/// Share of simulated studies whose two-sided p-value is at most alpha. Each study draws whole clusters with replacement from the baseline,
/// assigns them to arms, changes the truly exposed units by `effect` (with label error some of the exposed arm are not, some of the other
/// are) and is then analysed as the real one will be.
///
/// # Input
/// `baseline`, `study`, `effect` in the unit of its [`Change`], `analysis`, `runs`.
///
/// # Output
/// An [`Estimate`]: power with Wilson limits of the Monte Carlo error at 95 %; `units` are runs. Runs in which the analysis refused count as
/// not significant and are named in a note. With an effect of 0 the figure is the false-positive rate of the analysis on these data.
///
/// # Undefined when
/// The baseline has fewer than two clusters: [`Outcome::Insufficient`].
///
/// # Assumptions
/// Future clusters are like those of the baseline. With fewer than ten of them their differences are understated; a note says so.
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Arnold, Hogan, Colford and Hubbard (2011), Simulation Methods to Estimate Design Power, doi:10.1186/1471-2288-11-94.
///
/// # Example
/// ```
/// use std::num::NonZeroUsize;
/// use candor_stats::planning::simulation::{Analysis, Baseline, Change, Runs, Study, power};
/// let baseline = Baseline::Normal { sizes: &[40], correlation: 0.08 };
/// let study = Study { control_clusters: 6, exposed_clusters: 6, change: Change::Add, label_error: None, alpha: 0.05 };
/// let runs = Runs { count: 400, seed: 1, threads: NonZeroUsize::MIN };
/// let simulated = power(&baseline, &study, 0.5, Analysis::ClusterMeans, &runs).unwrap();
/// // The formula says 0.682 (Donner and Klar 2000, section 5.2).
/// assert!((simulated.point().unwrap() - 0.682).abs() < 0.07);
/// ```
pub fn power(
    baseline: &Baseline<'_>,
    study: &Study,
    effect: f64,
    analysis: Analysis<'_>,
    runs: &Runs,
) -> Result<Outcome, StatsError> {
    let source = match prepare(baseline, study, effect, runs)? {
        Fitted::Fit(source) => source,
        Fitted::Refused(outcome) => return Ok(outcome),
    };
    let tally = simulate(&source, study, effect, analysis, runs);
    let mut estimate = tally.estimate(runs.count, "power by simulation, Wilson limits of the Monte Carlo error");
    estimate.clusters = Some(study.control_clusters + study.exposed_clusters);
    estimate.notes.extend(source.note());
    Ok(Outcome::Estimate(estimate))
}

/// Smallest effect that the study detects with the wanted power, by simulation.
///
/// # Definition
/// The effect in `0..largest` (or `largest..0`) at which [`power`] reaches `wanted`, found by halving with the same draws at every effect.
///
/// # Input
/// As [`power`]; `largest`: the largest effect that is thinkable, not 0; its sign is the direction. `wanted` in (0, 1).
///
/// # Output
/// An [`Estimate`] whose point is the effect, known to a thousandth of `largest` and the Monte Carlo error of the power.
///
/// # Undefined when
/// Not even `largest` is detected with that power: [`Outcome::Insufficient`] says how often it is.
///
/// # Assumptions
/// As [`power`]; power is taken to grow with the effect.
///
/// # Errors
/// [`StatsError`] naming the argument.
///
/// # Source
/// Arnold, Hogan, Colford and Hubbard (2011), doi:10.1186/1471-2288-11-94.
///
/// # Example
/// ```
/// use std::num::NonZeroUsize;
/// use candor_stats::planning::simulation::{Analysis, Baseline, Change, Runs, Study, detectable_effect};
/// let baseline = Baseline::Normal { sizes: &[40], correlation: 0.08 };
/// let study = Study { control_clusters: 6, exposed_clusters: 6, change: Change::Add, label_error: None, alpha: 0.05 };
/// let runs = Runs { count: 100, seed: 1, threads: NonZeroUsize::MIN };
/// let effect = detectable_effect(&baseline, &study, (2.0, 0.8), Analysis::ClusterMeans, &runs).unwrap();
/// // The formula says 0.576.
/// assert!((effect.point().unwrap() - 0.576).abs() < 0.15);
/// ```
pub fn detectable_effect(
    baseline: &Baseline<'_>,
    study: &Study,
    (largest, wanted): (f64, f64),
    analysis: Analysis<'_>,
    runs: &Runs,
) -> Result<Outcome, StatsError> {
    open_unit("wanted", wanted)?;
    if !(largest.is_finite() && largest != 0.0) {
        let value = largest.to_string();
        return Err(StatsError::OutOfRange { argument: "largest", value, expected: "a finite effect that is not 0" });
    }
    let source = match prepare(baseline, study, largest, runs)? {
        Fitted::Fit(source) => source,
        Fitted::Refused(outcome) => return Ok(outcome),
    };
    let share = |effect: f64| simulate(&source, study, effect, analysis, runs).share(runs.count);
    let reached = share(largest);
    if reached < wanted {
        return Ok(Outcome::insufficient(
            format!("power {reached:.3} at an effect of {largest}"),
            format!("power {wanted}"),
            "not even the largest thinkable effect is detected with this power: more clusters are needed, not more units",
        ));
    }
    let (mut low, mut high) = (0.0, largest);
    for _ in 0..10 {
        let middle = 0.5 * (low + high);
        if share(middle) >= wanted {
            high = middle;
        } else {
            low = middle;
        }
    }
    let mut estimate = Estimate::new(high, "smallest detectable effect by simulation", f64::from(runs.count));
    estimate.clusters = Some(study.control_clusters + study.exposed_clusters);
    estimate.notes.push(format!("power {:.3} at this effect over {} simulated studies", share(high), runs.count));
    estimate.notes.extend(source.note());
    Ok(Outcome::Estimate(estimate))
}

/// Clusters ready to be drawn.
enum Source<'a> {
    /// Values of each cluster, and the mean over all units.
    Own {
        clusters: Vec<Vec<f64>>,
        mean: f64,
    },
    Normal {
        sizes: &'a [usize],
        between: f64,
        within: f64,
    },
}

impl Source<'_> {
    fn note(&self) -> Option<String> {
        match self {
            Self::Own { clusters, .. } if clusters.len() < FEW_CLUSTERS => {
                Some(format!("the baseline has {} clusters: how much clusters differ is understated", clusters.len()))
            }
            _ => None,
        }
    }

    /// Appends one cluster drawn at random to `values`.
    fn draw(&self, draws: &mut Draws, values: &mut Vec<f64>) {
        match self {
            Self::Own { clusters, .. } => {
                if let Some(cluster) = clusters.get(draws.below(clusters.len())) {
                    values.extend_from_slice(cluster);
                }
            }
            Self::Normal { sizes, between, within } => {
                let size = sizes.get(draws.below(sizes.len())).copied().unwrap_or(0);
                let common = between * draws.normal();
                values.extend((0..size).map(|_| common + within * draws.normal()));
            }
        }
    }
}

fn prepare<'a>(baseline: &Baseline<'a>, study: &Study, effect: f64, runs: &Runs) -> Result<Fitted<Source<'a>>, StatsError> {
    finite("effect", &[effect])?;
    open_unit("study", study.alpha)?;
    let out_of_range = |argument, value: String, expected| Err(StatsError::OutOfRange { argument, value, expected });
    if study.control_clusters < 2 || study.exposed_clusters < 2 {
        let value = format!("{} and {} clusters", study.control_clusters, study.exposed_clusters);
        return out_of_range("study", value, "at least two clusters in each arm");
    }
    if let Some(labels) = &study.label_error {
        labels.check()?;
    }
    if runs.count == 0 {
        return out_of_range("runs", "0".to_owned(), "at least one run");
    }
    match *baseline {
        Baseline::Normal { sizes, correlation } => {
            if study.change == Change::Share {
                return out_of_range("study", "a change of a share".to_owned(), "a baseline of values that are 0 or 1");
            }
            if sizes.is_empty() || sizes.contains(&0) {
                return out_of_range("baseline", format!("sizes {sizes:?}"), "at least one cluster size, each at least 1");
            }
            if !(0.0..=1.0).contains(&correlation) {
                return out_of_range("baseline", correlation.to_string(), "an intra-cluster correlation between 0 and 1");
            }
            Ok(Fitted::Fit(Source::Normal { sizes, between: correlation.sqrt(), within: (1.0 - correlation).sqrt() }))
        }
        Baseline::Own { values, clusters } => own(values, clusters, study, effect),
    }
}

fn own<'a>(values: &[f64], clusters: &[usize], study: &Study, effect: f64) -> Result<Fitted<Source<'a>>, StatsError> {
    finite("baseline", values)?;
    same_length("baseline", clusters.len(), values.len())?;
    let groups = Groups::new(clusters);
    if groups.count() < 2 {
        let reason = "a simulation on the own baseline draws whole clusters from it";
        return Ok(Fitted::Refused(Outcome::insufficient(format!("{} clusters", groups.count()), "2 clusters", reason)));
    }
    let mean = values.iter().map(|value| value / values.len() as f64).sum::<f64>();
    if study.change == Change::Share {
        let out_of_range = |argument, value: String, expected| Err(StatsError::OutOfRange { argument, value, expected });
        if let Some(value) = values.iter().find(|value| **value != 0.0 && **value != 1.0) {
            return out_of_range("baseline", value.to_string(), "values of 0 and 1 where a share changes");
        }
        if !(0.0..=1.0).contains(&(mean + effect)) {
            return out_of_range("effect", effect.to_string(), "an effect that keeps the share between 0 and 1");
        }
    }
    let mut drawn = vec![Vec::new(); groups.count()];
    for (value, group) in values.iter().zip(&groups.of_row) {
        if let Some(cluster) = drawn.get_mut(*group) {
            cluster.push(*value);
        }
    }
    Ok(Fitted::Fit(Source::Own { clusters: drawn, mean }))
}

/// What the runs came to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    significant: u32,
    refused: u32,
}

impl Tally {
    fn share(self, runs: u32) -> f64 {
        f64::from(self.significant) / f64::from(runs)
    }

    fn estimate(self, runs: u32, method: &str) -> Estimate {
        let (count, share) = (f64::from(runs), self.share(runs));
        let z = crate::distributions::normal_critical(0.05);
        let center = (share + z * z / (2.0 * count)) / (1.0 + z * z / count);
        let half = z / (1.0 + z * z / count) * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
        let mut estimate = Estimate::new(share, method, count);
        estimate.interval = Some(Interval::new((center - half).clamp(0.0, share), (center + half).clamp(share, 1.0), 0.95));
        estimate.variance = Some(share * (1.0 - share) / count);
        if self.refused > 0 {
            estimate
                .notes
                .push(format!("the analysis gave no answer in {} of {runs} runs; they count as not significant", self.refused));
        }
        estimate
    }
}

/// Runs all simulated studies on the given threads. Sums of counts do not depend on who counts.
fn simulate(source: &Source<'_>, study: &Study, effect: f64, analysis: Analysis<'_>, runs: &Runs) -> Tally {
    let threads = runs.threads.get().min(MOST_THREADS) as u32;
    let part = |first: u32| {
        let mut tally = Tally::default();
        let mut trial = Trial::default();
        for run in (first..runs.count).step_by(threads as usize) {
            let mut draws = Draws::stream(runs.seed, u64::from(run));
            fill(&mut trial, source, study, effect, &mut draws);
            match analysis.p_value(&trial) {
                Some(p) if p <= study.alpha => tally.significant += 1,
                Some(_) => {}
                None => tally.refused += 1,
            }
        }
        tally
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || part(first))).collect();
        let mut total = part(0);
        for other in others {
            // A thread can only have died of a panic in the caller's own analysis: it goes on in the caller's thread.
            let tally = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            total.significant += tally.significant;
            total.refused += tally.refused;
        }
        total
    })
}

/// Draws one study into `trial`.
fn fill(trial: &mut Trial, source: &Source<'_>, study: &Study, effect: f64, draws: &mut Draws) {
    trial.values.clear();
    trial.clusters.clear();
    trial.exposed.clear();
    for cluster in 0..study.control_clusters + study.exposed_clusters {
        let labelled = cluster >= study.control_clusters;
        let from = trial.values.len();
        source.draw(draws, &mut trial.values);
        for value in trial.values.iter_mut().skip(from) {
            let exposed = match study.label_error {
                None => labelled,
                Some(error) if labelled => draws.uniform() < error.positive_predictive_value,
                Some(error) => draws.uniform() >= error.negative_predictive_value,
            };
            if exposed {
                *value = changed(*value, study.change, effect, source, draws);
            }
        }
        trial.clusters.resize(trial.values.len(), cluster);
        trial.exposed.resize(trial.values.len(), labelled);
    }
}

fn changed(value: f64, change: Change, effect: f64, source: &Source<'_>, draws: &mut Draws) -> f64 {
    match (change, source) {
        (Change::Add, _) => value + effect,
        (Change::Multiply, _) => value * (1.0 + effect),
        (Change::Share, Source::Own { mean, .. }) => {
            // Every unit draws, so that all effects see the same draws.
            let chance = draws.uniform();
            if effect > 0.0 && value == 0.0 && chance < effect / (1.0 - mean) {
                1.0
            } else if effect < 0.0 && value == 1.0 && chance < -effect / mean {
                0.0
            } else {
                value
            }
        }
        (Change::Share, Source::Normal { .. }) => value,
    }
}

/// Student's t with pooled variance on cluster means.
fn cluster_means(trial: &Trial) -> Option<f64> {
    let clusters = trial.clusters.last()? + 1;
    let mut sums = vec![(0.0, 0.0, false); clusters];
    for ((value, cluster), exposed) in trial.values.iter().zip(&trial.clusters).zip(&trial.exposed) {
        let slot = sums.get_mut(*cluster)?;
        *slot = (slot.0 + value, slot.1 + 1.0, *exposed);
    }
    let arm = |wanted: bool| {
        let means =
            sums.iter().filter(|(_, units, exposed)| *exposed == wanted && *units > 0.0).map(|(sum, units, _)| sum / units);
        let count = means.clone().count() as f64;
        let mean = means.clone().sum::<f64>() / count;
        (count, mean, means.map(|value| (value - mean) * (value - mean)).sum::<f64>())
    };
    let ((n0, mean0, squares0), (n1, mean1, squares1)) = (arm(false), arm(true));
    let degrees = n0 + n1 - 2.0;
    let variance = (squares0 + squares1) / degrees * (n0.recip() + n1.recip());
    let t = (mean1 - mean0) / variance.sqrt();
    (t.is_finite() && degrees > 0.0).then(|| student_two_sided(t, degrees))
}

/// CR2 on the difference of unit means, as it is reported.
fn cluster_robust(trial: &Trial) -> Option<f64> {
    let exposed: Vec<f64> = trial.exposed.iter().map(|exposed| f64::from(u8::from(*exposed))).collect();
    let columns = Regressors::with_intercept(trial.values.len()).column("exposed", exposed).ok()?;
    let fit = LeastSquares::fit(&trial.values, columns).ok()?.into_fit()?;
    let covariance =
        fit.covariance(&Errors::Clustered { by: &trial.clusters, correction: Correction::Cr2Correlated }).ok()?.into_fit()?;
    covariance.coefficient("exposed", 0.95).ok()?.estimate()?.p_value
}

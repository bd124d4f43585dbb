//! Tests of equal survival between groups.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::lives::{Lives, ascending};
use crate::distributions::{chi_squared_upper, fisher_upper};
use crate::error::{StatsError, same_length};
use crate::linearised::{FEW_CLUSTERS, Reference};
use crate::outcome::{Estimate, Outcome};
use crate::refusal::Fitted;

/// Lives in groups that are compared, within strata if there are any.
#[derive(Debug, Clone, Copy)]
pub struct GroupedLives<'a> {
    /// The times; weights are counts.
    pub lives: Lives<'a>,
    /// Group of each row, any numbers.
    pub groups: &'a [u32],
    /// Stratum of each row: only rows of one stratum are compared with each other.
    pub strata: Option<&'a [u32]>,
}

/// How much a death counts by when it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// All deaths alike: best against proportional hazards.
    LogRank,
    /// By the number at risk (Gehan's Wilcoxon test): early deaths count more.
    Gehan,
    /// By the square root of the number at risk (Tarone-Ware).
    TaroneWare,
    /// By the survival of all groups just before (Peto-Peto, Fleming-Harrington with rho = 1).
    Peto,
}

/// Result of a comparison of groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogRank {
    /// One entry per group, by group number.
    pub groups: Vec<GroupCount>,
    /// Covariance of `observed - expected`, groups by groups.
    pub covariance: Vec<Vec<f64>>,
    /// The test statistic.
    pub chi_squared: f64,
    /// Its degrees of freedom: groups in which deaths were possible, minus 1.
    pub degrees_of_freedom: f64,
    /// Probability of a statistic as large or larger when the groups are alike.
    pub p_value: f64,
    /// Number of clusters; `None` without them.
    pub clusters: Option<usize>,
    /// What must stand beside the test.
    pub notes: Vec<String>,
    /// How it was computed.
    pub method: String,
    units: f64,
    deaths: f64,
}

/// Deaths of a group, weighted as the test weights them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupCount {
    /// Number of the group.
    pub group: u32,
    /// Weighted deaths.
    pub observed: f64,
    /// Weighted deaths that the group would have if all groups were alike.
    pub expected: f64,
}

impl LogRank {
    /// The test as an outcome: the point is the test statistic.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let mut estimate = Estimate::new(self.chi_squared, self.method.clone(), self.units);
        estimate.degrees_of_freedom = Some(self.degrees_of_freedom);
        estimate.p_value = Some(self.p_value);
        estimate.clusters = self.clusters;
        estimate.events = Some(self.deaths);
        estimate.censored_share = (self.units > 0.0).then(|| (1.0 - self.deaths / self.units).clamp(0.0, 1.0));
        estimate.notes.clone_from(&self.notes);
        Outcome::Estimate(estimate)
    }
}

/// Tests whether groups survive alike (log-rank family).
///
/// # Definition
/// At each death time the deaths of a group are compared with its share of those at risk; the differences are weighted and summed, over strata
/// too. The variance is hypergeometric, with the correction for ties. The statistic refers to chi-squared.
///
/// # Input
/// Rows in any order; weights are counts; clusters are ignored: use [`robust`] when rows belong together.
///
/// # Output
/// Observed and expected deaths by group, statistic, degrees of freedom and p-value.
///
/// # Undefined when
/// There are fewer than two groups, nobody died, or at no death time two groups were at risk.
///
/// # Assumptions
/// Rows are independent; censoring does not depend on risk.
///
/// # Errors
/// [`StatsError`] for rows that [`Lives`] does not allow, or slices of another length.
///
/// # Source
/// Klein and Moeschberger 2003, "Survival Analysis", 2nd edition, equations (7.3.1) to (7.3.9); Peto weights by Harrington and Fleming 1982,
/// Biometrika 69, 553-566, as R survival 3.5-3 `survdiff(rho = 1)`.
///
/// # Example
/// Freireich et al. 1963: 9 relapses on 6-MP where 19.3 were expected, chi-squared 16.8 (Kalbfleisch and Prentice 2002, section 1.5).
/// ```
/// use candor_stats::survival::{Lives, logrank::{self, GroupedLives, Weighting}};
///
/// let weeks = [
///     6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35., // 6-MP
///     1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23., // placebo
/// ];
/// let mut relapsed = [true; 42];
/// for censored in [3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20] {
///     relapsed[censored] = false;
/// }
/// let groups: Vec<u32> = (0..42).map(|row| u32::from(row < 21)).collect();
/// let rows = GroupedLives { lives: Lives::new(&weeks, &relapsed), groups: &groups, strata: None };
/// let test = logrank::test(&rows, Weighting::LogRank)?;
/// let test = test.fit().unwrap();
/// assert_eq!((test.chi_squared * 10.0).round(), 168.0);
/// assert_eq!((test.groups[1].expected * 10.0).round(), 193.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn test(rows: &GroupedLives<'_>, weighting: Weighting) -> Result<Fitted<LogRank>, StatsError> {
    let Some(sums) = Sums::new(rows, weighting)? else { return Ok(Fitted::Refused(no_death())) };
    let covariance = sums.covariance.clone();
    let method = format!("{}, hypergeometric variance", weighting.name(rows.strata.is_some()));
    Ok(sums.finish(covariance, method, |_, _| None, None))
}

/// Tests whether groups survive alike when rows belong together: the score test with a variance summed by cluster.
///
/// # Definition
/// The statistic of [`fn@test`] is a sum of one score residual per row; the residuals are summed by cluster, and the sum over clusters of their
/// products is the variance. With [`Reference::Normal`] the statistic refers to chi-squared (R's `coxph(..., cluster)$rscore`). Otherwise it is
/// turned into Hotelling's statistic for the mean of the clusters, which keeps its level with few clusters.
///
/// # Input
/// As [`fn@test`], with clusters in [`Lives`].
///
/// # Output
/// As [`fn@test`]; the covariance is the one by cluster.
///
/// # Undefined when
/// As [`fn@test`]; or there are no more clusters than groups.
///
/// # Assumptions
/// Clusters are independent, and so many that the largest does not dominate.
///
/// # Errors
/// As [`fn@test`]; clusters that are missing.
///
/// # Source
/// Lin and Wei 1989, "The robust inference for the Cox proportional hazards model", J. Am. Stat. Assoc. 84, 1074-1078; Hotelling 1931.
///
/// # Example
/// When every row is its own cluster the robust and the plain statistic are close (Freireich et al. 1963: 16.8 plain).
/// ```
/// use candor_stats::linearised::Reference;
/// use candor_stats::survival::{Lives, logrank::{self, GroupedLives, Weighting}};
///
/// let times = [1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 6., 6., 6., 7., 10., 13., 16., 22., 23., 25.];
/// let groups: Vec<u32> = (0..20).map(|row| u32::from(row < 10)).collect();
/// let clusters: Vec<u32> = (0..20).collect();
/// let lives = Lives::new(&times, &[true; 20]).clustered(&clusters);
/// let rows = GroupedLives { lives, groups: &groups, strata: None };
/// let robust = logrank::robust(&rows, Weighting::LogRank, Reference::Normal)?;
/// assert!(robust.fit().unwrap().p_value < 0.01);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn robust(rows: &GroupedLives<'_>, weighting: Weighting, reference: Reference) -> Result<Fitted<LogRank>, StatsError> {
    let Some(clusters) = rows.lives.clusters else {
        return Err(StatsError::OutOfRange {
            argument: "clusters",
            value: "missing".to_string(),
            expected: "the cluster of each row",
        });
    };
    let Some(sums) = Sums::new(rows, weighting)? else { return Ok(Fitted::Refused(no_death())) };
    let mut ids: Vec<u32> =
        clusters.iter().enumerate().filter(|(row, _)| rows.lives.weight(*row) > 0.0).map(|(_, cluster)| *cluster).collect();
    ids.sort_unstable();
    ids.dedup();
    let width = sums.names.len();
    let mut scores = DMatrix::zeros(ids.len(), width);
    for (row, cluster) in clusters.iter().enumerate() {
        let Ok(place) = ids.binary_search(cluster) else { continue };
        sums.residual(rows, row, |group, residual| {
            if let Some(sum) = scores.get_mut((place, group)) {
                *sum += residual;
            }
        });
    }
    let covariance = scores.transpose() * &scores;
    let count = ids.len();
    let method = format!("{}, score variance {}", weighting.name(rows.strata.is_some()), reference.name());
    let p_value = move |chi_squared: f64, degrees: f64| {
        let clusters = count as f64;
        if reference == Reference::Normal || clusters <= degrees {
            return None;
        }
        // chi-squared about 0 is bounded by the number of clusters; about the mean it is Hotelling's.
        let hotelling = (clusters - 1.0) * chi_squared / (clusters - chi_squared).max(f64::MIN_POSITIVE);
        Some(fisher_upper(hotelling * (clusters - degrees) / (degrees * (clusters - 1.0)), degrees, clusters - degrees))
    };
    let live = sums.expected.iter().filter(|expected| **expected > 0.0).count();
    if count <= live {
        return Ok(Fitted::Refused(Outcome::insufficient(
            format!("{count} clusters"),
            format!("more than {live} clusters"),
            "with so few clusters nothing says how much the groups differ by chance",
        )));
    }
    Ok(sums.finish(covariance, method, p_value, Some((count, reference))))
}

fn no_death() -> Outcome {
    Outcome::insufficient("no death", "deaths while two groups are at risk", "without deaths there is nothing to compare")
}

impl Weighting {
    fn name(self, stratified: bool) -> String {
        let name = match self {
            Self::LogRank => "log-rank test",
            Self::Gehan => "Gehan-Wilcoxon test",
            Self::TaroneWare => "Tarone-Ware test",
            Self::Peto => "Peto-Peto test",
        };
        if stratified { format!("{name}, stratified") } else { name.to_string() }
    }

    fn at(self, at_risk: f64, survival: f64) -> f64 {
        match self {
            Self::LogRank => 1.0,
            Self::Gehan => at_risk,
            Self::TaroneWare => at_risk.sqrt(),
            Self::Peto => survival,
        }
    }
}

/// A death time of a stratum with running sums up to it.
struct Moment {
    time: f64,
    weight: f64,
    /// Share of each group among those at risk.
    shares: Vec<f64>,
    /// Running sum of `weight d / n`.
    hazard: f64,
    /// Running sums of `weight d / n * share`, by group.
    shared: Vec<f64>,
}

/// Sums over all strata.
struct Sums {
    names: Vec<u32>,
    observed: Vec<f64>,
    expected: Vec<f64>,
    covariance: DMatrix<f64>,
    strata: Vec<u32>,
    moments: Vec<Vec<Moment>>,
    units: f64,
    deaths: f64,
}

impl Sums {
    /// `None` when nobody died.
    fn new(rows: &GroupedLives<'_>, weighting: Weighting) -> Result<Option<Self>, StatsError> {
        rows.lives.check()?;
        same_length("groups", rows.groups.len(), rows.lives.times.len())?;
        if let Some(strata) = rows.strata {
            same_length("strata", strata.len(), rows.lives.times.len())?;
        }
        let distinct = |values: &[u32]| {
            let mut ids: Vec<u32> =
                values.iter().enumerate().filter(|(row, _)| rows.lives.weight(*row) > 0.0).map(|(_, id)| *id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let names = distinct(rows.groups);
        let strata = rows.strata.map_or_else(|| vec![0], distinct);
        let width = names.len();
        let mut sums = Self {
            observed: vec![0.0; width],
            expected: vec![0.0; width],
            covariance: DMatrix::zeros(width, width),
            moments: Vec::new(),
            units: 0.0,
            deaths: 0.0,
            names,
            strata,
        };
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); sums.strata.len()];
        for row in ascending(rows.lives.times) {
            let stratum = rows.strata.and_then(|strata| strata.get(row as usize)).copied().unwrap_or(0);
            if let Some(list) = sums.strata.binary_search(&stratum).ok().and_then(|at| members.get_mut(at)) {
                list.push(row);
            }
        }
        for list in members {
            let moments = sums.stratum(rows, &list, weighting);
            sums.moments.push(moments);
        }
        Ok((sums.deaths > 0.0).then_some(sums))
    }

    fn group(&self, rows: &GroupedLives<'_>, row: usize) -> Option<usize> {
        self.names.binary_search(rows.groups.get(row)?).ok()
    }

    /// Adds one stratum, whose rows come in the order of time.
    fn stratum(&mut self, rows: &GroupedLives<'_>, order: &[u32], weighting: Weighting) -> Vec<Moment> {
        let lives = &rows.lives;
        let width = self.names.len();
        let mut entries: Vec<(f64, u32)> = match lives.entries {
            None => Vec::new(),
            Some(entries) => order.iter().filter_map(|row| Some((*entries.get(*row as usize)?, *row))).collect(),
        };
        entries.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut waiting = entries.iter().peekable();
        let mut at_risk = vec![0.0; width];
        let add = |at_risk: &mut Vec<f64>, group: Option<usize>, weight: f64| {
            if let Some(count) = group.and_then(|group| at_risk.get_mut(group)) {
                *count = (*count + weight).max(0.0);
            }
        };
        if entries.is_empty() {
            for row in order.iter().rev() {
                add(&mut at_risk, self.group(rows, *row as usize), lives.weight(*row as usize));
            }
        }
        let mut moments = Vec::new();
        let (mut survival, mut hazard, mut shared) = (1.0, 0.0, vec![0.0; width]);
        let mut at = 0;
        while let Some(time) = order.get(at).and_then(|row| lives.times.get(*row as usize)).copied() {
            while let Some((_, row)) = waiting.next_if(|(entry, _)| *entry < time) {
                add(&mut at_risk, self.group(rows, *row as usize), lives.weight(*row as usize));
            }
            let mut dead = vec![0.0; width];
            let mut gone: Vec<(Option<usize>, f64)> = Vec::new();
            while let Some(row) = order.get(at).map(|row| *row as usize).filter(|row| lives.times.get(*row) == Some(&time)) {
                let (group, weight) = (self.group(rows, row), lives.weight(row));
                self.units += weight;
                if let Some(count) = group.filter(|_| lives.died.get(row) == Some(&true)).and_then(|group| dead.get_mut(group)) {
                    *count += weight;
                }
                gone.push((group, weight));
                at += 1;
            }
            let (deaths, total): (f64, f64) = (dead.iter().sum(), at_risk.iter().sum());
            if deaths > 0.0 && total > 0.0 {
                let weight = weighting.at(total, survival);
                let shares: Vec<f64> = at_risk.iter().map(|count| count / total).collect();
                self.moment(&dead, &shares, deaths, total, weight);
                hazard += weight * deaths / total;
                shared.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += weight * deaths / total * share);
                survival *= ((total - deaths) / total).max(0.0);
                moments.push(Moment { time, weight, shares, hazard, shared: shared.clone() });
            }
            for (group, weight) in gone {
                add(&mut at_risk, group, -weight);
            }
        }
        moments
    }

    fn moment(&mut self, dead: &[f64], shares: &[f64], deaths: f64, total: f64, weight: f64) {
        self.deaths += deaths;
        // With weights that are no counts a total below 1 is possible; then there is no tie to correct.
        let ties = if total > 1.0 { ((total - deaths) / (total - 1.0)).clamp(0.0, 1.0) } else { 0.0 };
        for (group, (count, share)) in dead.iter().zip(shares).enumerate() {
            if let (Some(observed), Some(expected)) = (self.observed.get_mut(group), self.expected.get_mut(group)) {
                *observed += weight * count;
                *expected += weight * deaths * share;
            }
            for (other, share_other) in shares.iter().enumerate() {
                let same = if group == other { *share } else { 0.0 };
                if let Some(place) = self.covariance.get_mut((group, other)) {
                    *place += weight * weight * deaths * ties * (same - share * share_other);
                }
            }
        }
    }

    /// Gives the score residual of a row in each group.
    fn residual(&self, rows: &GroupedLives<'_>, row: usize, mut give: impl FnMut(usize, f64)) {
        let lives = &rows.lives;
        let stratum = rows.strata.and_then(|strata| strata.get(row)).copied().unwrap_or(0);
        let Some(moments) = self.strata.binary_search(&stratum).ok().and_then(|at| self.moments.get(at)) else { return };
        let (Some(time), Some(own)) = (lives.times.get(row), self.group(rows, row)) else { return };
        let weight = lives.weight(row);
        let upto =
            |time: f64| moments.partition_point(|moment| moment.time <= time).checked_sub(1).and_then(|at| moments.get(at));
        let last = upto(*time);
        let first = lives.entries.and_then(|entries| entries.get(row)).and_then(|entry| upto(*entry));
        for group in 0..self.names.len() {
            let indicator = f64::from(u8::from(group == own));
            let past = |moment: Option<&Moment>| {
                moment.map_or(0.0, |moment| indicator * moment.hazard - moment.shared.get(group).copied().unwrap_or(0.0))
            };
            let mut residual = past(first) - past(last);
            if let Some(moment) = last.filter(|moment| lives.died.get(row) == Some(&true) && moment.time == *time) {
                residual += moment.weight * (indicator - moment.shares.get(group).copied().unwrap_or(0.0));
            }
            give(group, weight * residual);
        }
    }

    fn finish(
        self,
        covariance: DMatrix<f64>,
        method: String,
        p_value: impl Fn(f64, f64) -> Option<f64>,
        clusters: Option<(usize, Reference)>,
    ) -> Fitted<LogRank> {
        let live: Vec<usize> =
            (0..self.names.len()).filter(|group| self.expected.get(*group).is_some_and(|e| *e > 0.0)).collect();
        // The differences sum to 0, so one group is told by the others.
        let kept = live.get(1..).unwrap_or_default();
        let difference = |group: &usize| self.observed.get(*group).zip(self.expected.get(*group)).map_or(0.0, |(o, e)| o - e);
        let score = DVector::from_iterator(kept.len(), kept.iter().map(difference));
        let part = DMatrix::from_fn(kept.len(), kept.len(), |i, j| {
            kept.get(i).zip(kept.get(j)).and_then(|(i, j)| covariance.get((*i, *j))).copied().unwrap_or(0.0)
        });
        let scale = part.diagonal().iter().fold(0.0_f64, |most, value| most.max(*value));
        let solved = if kept.is_empty() || scale <= 0.0 { None } else { part.cholesky().map(|cholesky| cholesky.solve(&score)) };
        let chi_squared = solved.map(|solved| solved.dot(&score)).filter(|value| value.is_finite() && *value >= 0.0);
        let Some(chi_squared) = chi_squared else {
            return Fitted::Refused(Outcome::insufficient(
                format!("{} groups in which deaths were possible, and no usable variance", live.len()),
                "deaths at times at which two groups are at risk",
                "at no death time was there a choice between the groups, or they are told apart by the data alone",
            ));
        };
        let degrees = kept.len() as f64;
        let entry = |group: usize| GroupCount {
            group: self.names.get(group).copied().unwrap_or_default(),
            observed: self.observed.get(group).copied().unwrap_or_default(),
            expected: self.expected.get(group).copied().unwrap_or_default(),
        };
        let mut notes = Vec::new();
        if let Some((count, reference)) = clusters.filter(|(count, _)| *count < FEW_CLUSTERS) {
            let small_sample = reference != Reference::Normal;
            notes.push(if small_sample {
                format!("only {count} clusters: the p-value is that of Hotelling's statistic for their mean")
            } else {
                format!("only {count} clusters: chi-squared is too liberal for so few")
            });
        }
        Fitted::Fit(LogRank {
            groups: (0..self.names.len()).map(entry).collect(),
            covariance: covariance.row_iter().map(|row| row.iter().copied().collect()).collect(),
            chi_squared,
            degrees_of_freedom: degrees,
            p_value: p_value(chi_squared, degrees).unwrap_or_else(|| chi_squared_upper(chi_squared, degrees)).clamp(0.0, 1.0),
            clusters: clusters.map(|(count, _)| count),
            notes,
            method,
            units: self.units,
            deaths: self.deaths,
        })
    }
}

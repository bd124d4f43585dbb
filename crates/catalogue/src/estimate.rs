//! From the observations of one cell to a figure, by the estimators of `candor_stats`.

use std::collections::BTreeSet;

use candor_stats::durations::geometric;
use candor_stats::durations::quantile::{self, Definition};
use candor_stats::linearised::Reference;
use candor_stats::proportions::single::wilson;
use candor_stats::rates::weighted_rate::weighted_rate;
use candor_stats::ratios::RatioTable;
use candor_stats::ratios::clustered::Scale;
use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::{Confidence, LifeTable, Lives};
use candor_stats::{Estimate, Interval, Maturity, Outcome, StatsError};

use crate::document::Answer;
use crate::frame::{Frame, NEVER, NONE};
use crate::header::{Estimator, Figure, IncidenceReport, Parts, PeriodKind, SurvivalReport};
use crate::reasons;
use crate::settings::Settings;

/// Below this many of Satterthwaite's degrees of freedom no limits are given: one cluster carries the figure. The same as in the report on
/// line lives, where a simulation found it.
pub(crate) const MINIMUM_DEGREES: f64 = 1.25;

/// What a cell says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Computed {
    pub(crate) answer: Answer,
    pub(crate) numerator: Option<f64>,
    pub(crate) denominator: Option<f64>,
    pub(crate) units: u64,
    pub(crate) people: Option<u64>,
    pub(crate) left_out_share: Option<f64>,
}

impl Computed {
    pub(crate) fn because(code: &str) -> Self {
        Self { answer: reasons::answer(code), numerator: None, denominator: None, units: 0, people: None, left_out_share: None }
    }
}

/// The rows of a cell that a figure counts.
pub(crate) struct Observations<'a> {
    frame: &'a Frame,
    /// Rows with all that the figure needs, those of pure exposure included.
    used: Vec<u32>,
    /// The used rows that are observations.
    units: Vec<u32>,
}

impl Observations<'_> {
    /// Rows that enter the sums, those of pure exposure included.
    pub(crate) fn used(&self) -> &[u32] {
        &self.used
    }

    /// The used rows that are observations.
    pub(crate) fn units(&self) -> &[u32] {
        &self.units
    }

    pub(crate) fn numbers(&self, column: &str, rows: &[u32]) -> Vec<f64> {
        let column = self.frame.numbers.get(column).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| column.get(*row as usize).copied().unwrap_or(f64::NAN)).collect()
    }

    /// The cluster of each row: a missing name is the one unknown cluster; without such a column each row stands for itself.
    fn clusters(&self, rows: &[u32]) -> Vec<u32> {
        match self.frame.names.get("cluster") {
            Some(names) => rows.iter().map(|row| names.codes.get(*row as usize).copied().unwrap_or(NONE)).collect(),
            None => rows.to_vec(),
        }
    }

    /// The numbers of a column in the rows that are observations.
    pub(crate) fn values(&self, column: &str) -> Vec<f64> {
        self.numbers(column, &self.units)
    }

    /// The clusters of the rows that are observations.
    pub(crate) fn clusters_of_units(&self) -> Vec<u32> {
        self.clusters(&self.units)
    }

    /// The clusters of all used rows, those of pure exposure included.
    pub(crate) fn clusters_of_used(&self) -> Vec<u32> {
        self.clusters(&self.used)
    }

    pub(crate) fn people(&self) -> Option<u64> {
        let names = self.frame.names.get("person")?;
        let people: BTreeSet<u32> = self.units.iter().filter_map(|row| names.codes.get(*row as usize)).copied().collect();
        Some(people.iter().filter(|code| **code != NONE).count() as u64)
    }

    /// Share of the observations without evidence; where they have weights, as cohorts of lines have, of their weight.
    fn unknown_source_share(&self, estimator: &Estimator) -> Option<f64> {
        let names = self.frame.names.get("source")?;
        let unknown = names.code("unknown");
        let weight = estimator.columns().into_iter().find(|(role, _)| *role == "weight");
        let weights = weight.map(|(_, column)| self.numbers(column, &self.units));
        let (mut all, mut without) = (0.0, 0.0);
        for (place, row) in self.units.iter().enumerate() {
            let Some(code) = names.codes.get(*row as usize).filter(|code| **code != NONE) else { continue };
            let weight = weights.as_ref().map_or(1.0, |weights| weights.get(place).copied().unwrap_or(0.0));
            all += weight;
            if Some(*code) == unknown {
                without += weight;
            }
        }
        (all > 0.0).then(|| without / all)
    }
}

/// Where a cell stands in time.
pub(crate) struct Moment {
    /// Kind of its period.
    pub(crate) kind: PeriodKind,
    /// End of knowledge, microseconds.
    pub(crate) as_of: i64,
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Picks the rows that a figure counts.
pub(crate) fn observations<'a>(
    figure: &Figure,
    frame: &'a Frame,
    rows: &[u32],
    moment: &Moment,
) -> Result<(Observations<'a>, Option<f64>), Box<Computed>> {
    let gap = frame.names.get("gap");
    let gap_of = |row: u32| gap.and_then(|gap| gap.get(row as usize));
    if let Some(row) = rows.iter().find(|row| gap_of(**row).is_some() && frame.is_true("gap_wins", **row as usize)) {
        return Err(Box::new(Computed::because(gap_of(*row).unwrap_or(reasons::NO_DATA))));
    }
    let counts_time = !matches!(figure.estimator, Estimator::Survival { .. } | Estimator::CumulativeIncidence { .. });
    let follow_up = i64::from(figure.follow_up_days.unwrap_or(0)) * DAY_MICROS;
    let mature = |row: u32| {
        let at = frame.at.get(row as usize).copied().unwrap_or(NEVER);
        !counts_time || follow_up == 0 || at == NEVER || at + follow_up <= moment.as_of
    };
    let meant = |row: u32| mature(row) && figure.only.as_ref().is_none_or(|only| frame.is_true(only, row as usize));
    let week = moment.kind == PeriodKind::Week;
    let needed: Vec<&Vec<f64>> = figure
        .estimator
        .columns()
        .into_iter()
        .filter(|(key, _)| match *key {
            "denominator_in_week" => week,
            "denominator" => !(week && has_week(&figure.estimator)),
            _ => true,
        })
        .filter_map(|(_, column)| frame.numbers.get(column))
        .collect();
    let complete = |row: u32| needed.iter().all(|column| column.get(row as usize).is_some_and(|number| number.is_finite()));
    let exposure = |row: u32| frame.is_true("is_exposure", row as usize);
    let (mut used, mut units, mut asked) = (Vec::new(), Vec::new(), 0_u64);
    for row in rows.iter().copied().filter(|row| meant(*row)) {
        let pure = exposure(row);
        let complete = complete(row);
        // A gap says why values are missing: a row that has all that this figure needs is an observation all the same.
        asked += u64::from(!pure && (complete || gap_of(row).is_none()));
        if complete {
            used.push(row);
            if !pure {
                units.push(row);
            }
        }
    }
    let sums = matches!(figure.estimator, Estimator::Ratio(_) | Estimator::Rate(_) | Estimator::Count { .. });
    if used.is_empty() || (units.is_empty() && !sums) {
        let code = rows.iter().find_map(|row| gap_of(*row)).unwrap_or(reasons::NO_DATA);
        return Err(Box::new(Computed::because(code)));
    }
    let left_out_share = (asked > 0).then(|| (asked - units.len() as u64) as f64 / asked as f64);
    Ok((Observations { frame, used, units }, left_out_share))
}

fn has_week(estimator: &Estimator) -> bool {
    matches!(estimator, Estimator::Ratio(parts) | Estimator::Rate(parts) if parts.denominator_in_week.is_some())
}

/// Computes a figure from the rows of a cell.
pub(crate) fn compute(
    figure: &Figure,
    frame: &Frame,
    rows: &[u32],
    moment: &Moment,
    settings: &Settings,
) -> Result<Computed, StatsError> {
    let (seen, left_out_share) = match observations(figure, frame, rows, moment) {
        Ok(found) => found,
        Err(refused) => return Ok(*refused),
    };
    let people = seen.people();
    if let Some(minimum) = figure.min_people {
        let minimum = minimum.max(settings.min_group);
        if people.is_none_or(|people| people < u64::from(minimum)) {
            return Ok(Computed::because(reasons::SMALL_GROUP));
        }
    }
    let mut found = by_estimator(figure, &seen, moment, settings)?;
    if let Answer::Estimate(estimate) = &mut found.answer {
        scale(estimate, figure.scale);
        withhold(estimate);
        estimate.unknown_source_share = seen.unknown_source_share(&figure.estimator);
        if let Some(days) = figure.follow_up_days {
            let last = seen.units.iter().filter_map(|row| frame.at.get(*row as usize)).max().copied().unwrap_or(NEVER);
            let open = last != NEVER && last + i64::from(days) * DAY_MICROS > moment.as_of;
            estimate.maturity = Some(if open { Maturity::Open } else { Maturity::Closed });
        }
    }
    Ok(Computed { units: seen.units.len() as u64, people, left_out_share, ..found })
}

fn by_estimator(figure: &Figure, seen: &Observations<'_>, moment: &Moment, settings: &Settings) -> Result<Computed, StatsError> {
    let level = settings.level;
    let confidence = Confidence { level, ..Confidence::default() };
    let values = |column: &str| seen.values(column);
    let clusters = || seen.clusters_of_units();
    let shown = |outcome: Outcome| Computed { answer: Answer::of(outcome, reasons::NOT_COMPUTABLE), ..Computed::because("") };
    let part = |outcome: Outcome, numerator: f64, denominator: f64| Computed {
        numerator: Some(numerator),
        denominator: Some(denominator),
        ..shown(outcome)
    };
    Ok(match &figure.estimator {
        Estimator::Mean { value } => {
            let values = values(value);
            let outcome = ratio(&values, &vec![1.0; values.len()], &clusters(), Scale::Plain, "mean", level)?;
            part(outcome, values.iter().sum(), values.len() as f64)
        }
        Estimator::MeanOfUnits { value, by } => {
            let (means, ids) = nested_means(seen, value, by);
            let outcome = ratio(&means, &vec![1.0; means.len()], &ids, Scale::Plain, "mean of means", level)?;
            part(outcome, means.iter().sum(), means.len() as f64)
        }
        Estimator::Proportion { value } => {
            let values = values(value);
            let outcome = proportion(&values, &clusters(), level)?;
            part(outcome, values.iter().sum(), values.len() as f64)
        }
        Estimator::Ratio(parts) => {
            let (numerators, denominators) = both(parts, seen, moment);
            let (numerator, denominator): (f64, f64) = (numerators.iter().sum(), denominators.iter().sum());
            if denominator == 0.0 {
                return Ok(Computed::because(reasons::ZERO_DENOMINATOR));
            }
            if denominators.iter().any(|denominator| *denominator < 0.0) {
                let mut estimate = Estimate::new(numerator / denominator, "ratio of sums", numerators.len() as f64);
                estimate.notes.push("a denominator is negative: no limits".to_owned());
                return Ok(part(Outcome::Estimate(estimate), numerator, denominator));
            }
            let outcome = ratio(&numerators, &denominators, &seen.clusters(&seen.used), Scale::Plain, "ratio of sums", level)?;
            part(outcome, numerator, denominator)
        }
        Estimator::Rate(parts) => {
            let (events, exposures) = both(parts, seen, moment);
            let (numerator, exposure): (f64, f64) = (events.iter().sum(), exposures.iter().sum());
            if exposure == 0.0 {
                return Ok(Computed::because(reasons::ZERO_DENOMINATOR));
            }
            // Events of one cluster come together, so they are one event of their size; those of unknown people stand for themselves.
            let mut sizes: Vec<f64> = Vec::new();
            let mut of_cluster: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
            let is_clustered = seen.frame.names.contains_key("cluster");
            for (size, cluster) in events.iter().zip(seen.clusters(&seen.used)).filter(|(size, _)| **size != 0.0) {
                if is_clustered && cluster != NONE {
                    *of_cluster.entry(cluster).or_default() += size;
                } else {
                    sizes.push(*size);
                }
            }
            sizes.extend(of_cluster.into_values());
            part(weighted_rate(&sizes, exposure, level)?, numerator, exposure)
        }
        Estimator::Count { value } => {
            let values = seen.numbers(value, &seen.used);
            shown(Outcome::Estimate(Estimate::new(values.iter().sum(), "sum", values.len() as f64)))
        }
        Estimator::GeometricMean { value } => {
            shown(geometric::clustered_mean(&values(value), &clusters(), Reference::SmallSample, level)?)
        }
        Estimator::Quantile { value, q } => {
            let reference = Reference::SmallSample;
            shown(quantile::clustered(&values(value), &clusters(), *q, Definition::Linear, reference, level)?)
        }
        Estimator::Survival { duration, event, weight, entry, report } => {
            let (times, events) = (values(duration), values(event));
            let died: Vec<bool> = events.iter().map(|event| *event != 0.0).collect();
            let weights = weight.as_ref().map(|column| values(column));
            let entries = entry.as_ref().map(|column| values(column));
            let ids = clusters();
            let lives =
                Lives { weights: weights.as_deref(), entries: entries.as_deref(), ..Lives::new(&times, &died).clustered(&ids) };
            let table = LifeTable::new(&lives)?;
            let (outcome, code) = match report {
                SurvivalReport::Event { at } => (complement(table.survival(*at, &confidence)?), reasons::WINDOW_OPEN),
                SurvivalReport::Survival { at } => (table.survival(*at, &confidence)?, reasons::WINDOW_OPEN),
                SurvivalReport::Median => (table.median(&confidence)?, reasons::MEDIAN_NOT_REACHED),
                SurvivalReport::RestrictedMean { limit_setting } => {
                    let limit = settings.number(limit_setting).unwrap_or(settings.practice_limit_minutes);
                    (table.restricted_mean(limit, &confidence)?, reasons::WINDOW_OPEN)
                }
            };
            Computed { answer: Answer::of(outcome, code), ..shown_nothing() }
        }
        Estimator::CumulativeIncidence { duration, cause, weight, report } => {
            let times = values(duration);
            let causes: Vec<u32> = values(cause).iter().map(|cause| *cause as u32).collect();
            let weights = weight.as_ref().map(|column| values(column));
            let table = Incidence::new(&times, &causes, weights.as_deref(), Some(&clusters()))?;
            let (outcome, code) = match report {
                IncidenceReport::At(at) => (table.incidence(1, *at, &confidence)?, reasons::WINDOW_OPEN),
                IncidenceReport::Median => (incidence_median(&table, &times, &causes, &confidence)?, reasons::MEDIAN_NOT_REACHED),
            };
            Computed { answer: Answer::of(outcome, code), ..shown_nothing() }
        }
        Estimator::Composed => Computed::because(reasons::NO_DATA),
    })
}

fn shown_nothing() -> Computed {
    Computed::because(reasons::NO_DATA)
}

/// Numerators and denominators of the used rows.
pub(crate) fn both(parts: &Parts, seen: &Observations<'_>, moment: &Moment) -> (Vec<f64>, Vec<f64>) {
    let week = parts.denominator_in_week.as_ref().filter(|_| moment.kind == PeriodKind::Week);
    let denominator = week.unwrap_or(&parts.denominator);
    (seen.numbers(&parts.numerator, &seen.used), seen.numbers(denominator, &seen.used))
}

fn ratio(
    numerators: &[f64],
    denominators: &[f64],
    clusters: &[u32],
    scale: Scale,
    name: &str,
    level: f64,
) -> Result<Outcome, StatsError> {
    let table = RatioTable::new(numerators, denominators, clusters, None)?;
    Ok(match table.ratio(scale, Reference::SmallSample, level)? {
        Outcome::Estimate(mut estimate) => {
            estimate.method = estimate.method.replacen("ratio of sums", name, 1);
            Outcome::Estimate(estimate)
        }
        other => other,
    })
}

/// A share by cluster; where all or none have it, the limits are those of as many units as there are clusters.
fn proportion(values: &[f64], clusters: &[u32], level: f64) -> Result<Outcome, StatsError> {
    let ones = vec![1.0; values.len()];
    let (sum, count): (f64, f64) = (values.iter().sum(), values.len() as f64);
    if sum > 0.0 && sum < count {
        return ratio(values, &ones, clusters, Scale::Logit, "share", level);
    }
    let distinct = clusters.iter().collect::<BTreeSet<_>>().len() as u64;
    let outcome = wilson(if sum > 0.0 { distinct } else { 0 }, distinct, level)?;
    Ok(match outcome {
        Outcome::Estimate(mut estimate) => {
            estimate.units = count;
            estimate.clusters = Some(distinct as usize);
            estimate.events = Some(sum);
            estimate.method = "share, Wilson limits with each cluster as one unit".to_owned();
            Outcome::Estimate(estimate)
        }
        other => other,
    })
}

/// The means of the outermost units, each with the cluster of its first row: weeks of one person belong together.
pub(crate) fn nested_means(seen: &Observations<'_>, value: &str, by: &[String]) -> (Vec<f64>, Vec<u32>) {
    let column = seen.frame.numbers.get(value).map_or(&[][..], Vec::as_slice);
    let code = |name: &String, row: u32| {
        seen.frame.names.get(name).and_then(|names| names.codes.get(row as usize)).copied().unwrap_or(NONE)
    };
    let clusters = seen.clusters(&seen.units);
    let number = |row: &u32| column.get(*row as usize).copied().unwrap_or(f64::NAN);
    let key = |row: &u32| by.iter().map(|name| code(name, *row)).collect::<Vec<u32>>();
    let mut rows: Vec<(Vec<u32>, u32, f64)> =
        seen.units.iter().zip(clusters).map(|(row, cluster)| (key(row), cluster, number(row))).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    // From the innermost units outwards.
    for depth in (1..=by.len()).rev() {
        let mut means = Vec::new();
        for group in rows.chunk_by(|one, other| one.0.get(..depth) == other.0.get(..depth)) {
            let Some((key, cluster, _)) = group.first() else { continue };
            let mean = group.iter().map(|(_, _, value)| value).sum::<f64>() / group.len() as f64;
            means.push((key.get(..depth).unwrap_or_default().to_vec(), *cluster, mean));
        }
        rows = means;
    }
    rows.into_iter().map(|(_, cluster, mean)| (mean, cluster)).unzip()
}

/// 1 minus a share, with its limits.
fn complement(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Estimate(mut estimate) => {
            estimate.point = 1.0 - estimate.point;
            let less = |limit: Option<f64>| limit.map(|limit| 1.0 - limit);
            estimate.interval = estimate.interval.map(|own| Interval { lower: less(own.upper), upper: less(own.lower), ..own });
            estimate.method = format!("1 - {}", estimate.method);
            Outcome::Estimate(estimate)
        }
        other => other,
    }
}

/// When the event has happened to half, others leaving meanwhile; limits where the limits of the curve reach one half.
fn incidence_median(table: &Incidence, times: &[f64], causes: &[u32], confidence: &Confidence) -> Result<Outcome, StatsError> {
    const HALF: f64 = 0.5 - 1e-12;
    let mut grid: Vec<f64> = times.iter().zip(causes).filter(|(_, cause)| **cause == 1).map(|(time, _)| *time).collect();
    grid.sort_unstable_by(f64::total_cmp);
    grid.dedup();
    let curve = table.curve(1, &grid, confidence)?;
    let first = |value: fn(&candor_stats::survival::competing_risks::IncidencePoint) -> Option<f64>| {
        curve.iter().find(|point| value(point).is_some_and(|value| value >= HALF)).map(|point| point.time)
    };
    let Some(point) = first(|point| point.incidence) else {
        let most = curve.iter().filter_map(|point| point.incidence).fold(0.0, f64::max);
        let have = format!("{:.0} % with the event", 100.0 * most);
        return Ok(Outcome::insufficient(have, "half with the event", "the median is not reached yet"));
    };
    let mut estimate = Estimate::new(point, "median of the Aalen-Johansen incidence, limits by inversion", times.len() as f64);
    estimate.clusters = table.clusters();
    estimate.events = Some(causes.iter().filter(|cause| **cause == 1).count() as f64);
    let (lower, upper) = (first(|point| point.upper), first(|point| point.lower));
    estimate.interval = Some(Interval { lower, upper, level: confidence.level });
    if lower.is_none() || upper.is_none() {
        estimate.notes.push("a limit of the incidence does not reach one half: that side has no limit".to_owned());
    }
    Ok(Outcome::Estimate(estimate))
}

/// Brings an estimate into the unit of the figure.
fn scale(estimate: &mut Estimate, factor: f64) {
    if factor == 1.0 {
        return;
    }
    estimate.point *= factor;
    estimate.variance = estimate.variance.map(|variance| variance * factor * factor);
    estimate.interval = estimate.interval.map(|own| {
        let limit = |limit: Option<f64>| limit.map(|limit| limit * factor).filter(|limit| limit.is_finite());
        let (one, other) = (limit(own.lower), limit(own.upper));
        if factor < 0.0 { Interval { lower: other, upper: one, ..own } } else { Interval { lower: one, upper: other, ..own } }
    });
}

/// Takes the limits off where one cluster carries so much that they would say nothing.
fn withhold(estimate: &mut Estimate) {
    if estimate.degrees_of_freedom.is_some_and(|degrees| degrees < MINIMUM_DEGREES) {
        estimate.interval = None;
        estimate.notes.retain(|note| !note.starts_with("only "));
        let note = "one person or unit carries most of this figure: no limits can be given; more of them would change that";
        estimate.notes.insert(0, note.to_owned());
    }
}

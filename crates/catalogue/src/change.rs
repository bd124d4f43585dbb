//! How a figure differs from that of an earlier period, and from the change of a control group: people who are in both count once.

use std::collections::BTreeMap;

use candor_stats::linearised::{Linearised, Reference};
use candor_stats::pooling::signed_sum::{Contrast, Term, signed_sum};
use candor_stats::ratios::RatioTable;
use candor_stats::survival::{LifeTable, Lives};
use candor_stats::{Outcome, StatsError};
use jiff::civil::Date;

use crate::calendar::Period;
use crate::cells::{Group, groups};
use crate::document::Answer;
use crate::error::CatalogueError;
use crate::estimate::{MINIMUM_DEGREES, Moment, Observations, compute, observations};
use crate::frame::Frame;
use crate::header::{Estimator, Figure, PeriodKind, SurvivalReport};
use crate::reasons;
use crate::run::{Observed, Question};
use crate::settings::midnight;

/// A stretch of days that is set against another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its kind; [`PeriodKind::Overall`] for any stretch.
    pub kind: PeriodKind,
    /// Its first day.
    pub from: Date,
    /// The day after its last one.
    pub until: Date,
}

/// How one figure of one group changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// `review_time.hours`, or the id of the metric alone.
    pub figure: String,
    /// The group: dimension to value.
    pub by: BTreeMap<String, String>,
    /// The figure of the earlier stretch, computed from the same snapshot.
    pub earlier: Answer,
    /// The figure of the later stretch.
    pub later: Answer,
    /// Later minus earlier, in the unit of the figure.
    pub absolute: Answer,
    /// Later over earlier, less 1.
    pub relative: Answer,
    /// The difference over how much people or units differ in the earlier stretch: comparable between figures of different units.
    pub standardised: Option<f64>,
    /// Observations of the earlier and the later stretch.
    pub units: [u64; 2],
    /// Distinct people behind them, where the metric knows people.
    pub people: [Option<u64>; 2],
}

/// A figure of one group in one stretch, with what sets it against another.
struct Side {
    answer: Answer,
    linearised: Option<Linearised>,
    units: u64,
    people: Option<u64>,
}

impl Observed<'_> {
    /// Sets a later stretch against an earlier one: every figure, all units together and each group of `by`.
    ///
    /// Figures that are only counted have no change: they grow with the stretch. Limits are joint by cluster for means, ratios, shares, geometric means
    /// and survival at a time; for others they come from the limits of the two figures.
    ///
    /// # Errors
    /// As [`Observed::answer`].
    pub fn changes(&self, by: &[String], earlier: &Stretch, later: &Stretch) -> Result<Vec<Change>, CatalogueError> {
        let mut found = Vec::new();
        self.each_pair(by, earlier, later, |figure, periods, groups| {
            let name = self.metric().key(figure);
            let sides = self.sides(figure, &groups, periods)?;
            let terms = [(&sides[1], 1.0), (&sides[0], -1.0)];
            found.push(Change {
                figure: name,
                by: groups[1].by.clone(),
                absolute: self.set_against(&terms, Contrast::Difference)?,
                relative: self.set_against(&terms, Contrast::Quotient)?,
                standardised: standardised(&sides[1], &sides[0]),
                units: [sides[0].units, sides[1].units],
                people: [sides[0].people, sides[1].people],
                earlier: sides[0].answer.clone(),
                later: sides[1].answer.clone(),
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// The change of all groups of a dimension that are no control, less the change of those that are: a difference in differences.
    ///
    /// It gives the change of the others as `earlier` and `later`. The quotient is the factor of the others over that of the control.
    ///
    /// # Errors
    /// As [`Observed::answer`].
    pub fn changes_against(
        &self,
        dimension: &str,
        controls: &[String],
        earlier: &Stretch,
        later: &Stretch,
    ) -> Result<Vec<Change>, CatalogueError> {
        let is_control =
            |row: usize| self.frame().name(dimension, row).map(|name| controls.iter().any(|control| control == name));
        let mut found = Vec::new();
        self.each_pair(&[], earlier, later, |figure, periods, groups| {
            let part = |group: &Group, wanted: bool| {
                let rows = group.rows.iter().copied();
                // A row of no group belongs to all of them: the exposure that they share.
                Group {
                    rows: rows.filter(|row| is_control(*row as usize).is_none_or(|own| own == wanted)).collect(),
                    ..group.clone()
                }
            };
            let others = groups.clone().map(|group| part(&group, false));
            let controls = groups.map(|group| part(&group, true));
            let (others, controls) = (self.sides(figure, &others, periods)?, self.sides(figure, &controls, periods)?);
            let terms = [(&others[1], 1.0), (&others[0], -1.0), (&controls[1], -1.0), (&controls[0], 1.0)];
            found.push(Change {
                figure: self.metric().key(figure),
                by: BTreeMap::new(),
                absolute: self.set_against(&terms, Contrast::Difference)?,
                relative: self.set_against(&terms, Contrast::Quotient)?,
                standardised: None,
                units: [others[0].units + controls[0].units, others[1].units + controls[1].units],
                // The fewest people of the four figures: what a reader could learn of somebody.
                people: [fewest(&others[0], &controls[0]), fewest(&others[1], &controls[1])],
                earlier: others[0].answer.clone(),
                later: others[1].answer.clone(),
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// Calls `each` with every figure and every group that is in both stretches or in one of them.
    fn each_pair(
        &self,
        by: &[String],
        earlier: &Stretch,
        later: &Stretch,
        mut each: impl FnMut(&Figure, &[Period; 2], [Group; 2]) -> Result<(), CatalogueError>,
    ) -> Result<(), CatalogueError> {
        Question { by: by.to_vec(), ..Question::overall() }.check(self.metric())?;
        let periods = [self.stretch(earlier)?, self.stretch(later)?];
        let groups = groups(self.frame(), &self.metric().per, by, &periods);
        let (first, second): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|group| group.period == 0);
        for figure in &self.metric().figures {
            if matches!(figure.estimator, Estimator::Count { .. } | Estimator::Composed) {
                continue;
            }
            for after in &second {
                if let Some(before) = first.iter().find(|before| before.by == after.by) {
                    each(figure, &periods, [before.clone(), after.clone()])?;
                }
            }
        }
        Ok(())
    }

    fn stretch(&self, stretch: &Stretch) -> Result<Period, CatalogueError> {
        let settings = self.session().settings();
        let zone = settings.zone()?;
        let (from, until) = (midnight(stretch.from, &zone)?.as_microsecond(), midnight(stretch.until, &zone)?.as_microsecond());
        let (start, end) = self.session().calendar().window();
        Ok(Period {
            kind: stretch.kind,
            name: format!("{} to {}", stretch.from, stretch.until),
            first: stretch.from,
            end: stretch.until,
            from,
            until,
            whole: from >= start && until <= end,
        })
    }

    fn sides(&self, figure: &Figure, groups: &[Group; 2], periods: &[Period; 2]) -> Result<[Side; 2], CatalogueError> {
        let side = |group: &Group| {
            self.side(figure, group, periods)
                .map_err(|source| CatalogueError::Statistic { figure: self.metric().key(figure), source })
        };
        Ok([side(&groups[0])?, side(&groups[1])?])
    }

    fn side(&self, figure: &Figure, group: &Group, periods: &[Period; 2]) -> Result<Side, StatsError> {
        if let Some(code) = self.barred(figure, group, periods).or_else(|| self.not_split(figure, group)) {
            return Ok(Side { answer: reasons::answer(code), linearised: None, units: 0, people: None });
        }
        let kind = periods.get(group.period).map_or(PeriodKind::Overall, |period| period.kind);
        let moment = Moment { kind, as_of: self.session().calendar().window().1 };
        let (frame, settings) = (self.frame(), self.session().settings());
        // A person sees the own figure: that one asks for no group.
        let own;
        let figure = if self.is_own() {
            own = Figure { min_people: None, ..figure.clone() };
            &own
        } else {
            figure
        };
        let computed = compute(figure, frame, &group.rows, &moment, settings)?;
        let (units, people) = (computed.units, computed.people);
        let linearised = match computed.answer {
            Answer::Estimate(_) => linearised(figure, frame, &group.rows, &moment)?,
            _ => None,
        };
        Ok(Side { answer: computed.answer, linearised, units, people })
    }

    fn set_against(&self, sides: &[(&Side, f64)], contrast: Contrast) -> Result<Answer, CatalogueError> {
        if let Some((missing, _)) = sides.iter().find(|(side, _)| side.answer.estimate().is_none()) {
            return Ok(missing.answer.clone());
        }
        let terms: Vec<Term<'_>> = sides
            .iter()
            .filter_map(|(side, sign)| {
                Some(Term { estimate: side.answer.estimate()?, linearised: side.linearised.as_ref(), sign: *sign })
            })
            .collect();
        against(&terms, contrast, self.session().settings().level)
            .map_err(|source| CatalogueError::Statistic { figure: self.metric().id.clone(), source })
    }
}

fn fewest(one: &Side, other: &Side) -> Option<u64> {
    one.people.into_iter().chain(other.people).min()
}

/// Sets figures against each other: their difference, or the share by which one is more than the other.
///
/// # Errors
/// [`StatsError`] as [`signed_sum`].
pub fn against(terms: &[Term<'_>], contrast: Contrast, level: f64) -> Result<Answer, StatsError> {
    let mut outcome = signed_sum(terms, contrast, Reference::SmallSample, level)?;
    if let Outcome::Estimate(estimate) = &mut outcome {
        if estimate.degrees_of_freedom.is_some_and(|degrees| degrees < MINIMUM_DEGREES) {
            (estimate.interval, estimate.p_value) = (None, None);
            estimate.notes.insert(0, "one person or unit carries most of one of the figures: no limits can be given".to_owned());
        }
        if contrast == Contrast::Quotient {
            estimate.point -= 1.0;
            if let Some(interval) = &mut estimate.interval {
                (interval.lower, interval.upper) =
                    (interval.lower.map(|limit| limit - 1.0), interval.upper.map(|limit| limit - 1.0));
            }
        }
    }
    Ok(Answer::of(outcome, reasons::NOT_COMPUTABLE))
}

/// The difference over the spread between clusters (units, where there are none) of the earlier stretch: variance of the figure times their number.
fn standardised(later: &Side, earlier: &Side) -> Option<f64> {
    let (after, before) = (later.answer.estimate()?, earlier.answer.estimate()?);
    let level = before.interval.map(|interval| interval.level);
    let variance = before.variance.or_else(|| {
        // Where a figure has limits only, they stand for a normal law's.
        let interval = before.interval?;
        let half = (interval.upper? - interval.lower?) / 2.0;
        level.map(|_| (half / 1.96).powi(2))
    })?;
    let count = before.clusters.map_or(earlier.units as f64, |clusters| clusters as f64);
    let spread = (variance * count).sqrt();
    let standardised = (after.point - before.point) / spread;
    standardised.is_finite().then_some(standardised)
}

/// A figure seen by cluster, where its estimator is a smooth function of sums.
fn linearised(figure: &Figure, frame: &Frame, rows: &[u32], moment: &Moment) -> Result<Option<Linearised>, StatsError> {
    let Ok((seen, _)) = observations(figure, frame, rows, moment) else { return Ok(None) };
    let scaled = |mut linearised: Linearised| {
        linearised.influence.iter_mut().for_each(|influence| *influence *= figure.scale);
        linearised.unit_variance *= figure.scale * figure.scale;
        linearised
    };
    let mean = |values: &[f64]| RatioTable::new(values, &vec![1.0; values.len()], &seen.clusters_of_units(), None);
    let found = match &figure.estimator {
        Estimator::Mean { value } | Estimator::Proportion { value } => Some(mean(&seen.values(value))?.linearised().clone()),
        Estimator::Ratio(parts) => {
            let (numerators, denominators) = crate::estimate::both(parts, &seen, moment);
            let is_ratio = denominators.iter().all(|denominator| *denominator >= 0.0) && denominators.iter().sum::<f64>() > 0.0;
            if is_ratio {
                let table = RatioTable::new(&numerators, &denominators, &seen.clusters_of_used(), None)?;
                Some(table.linearised().clone())
            } else {
                None
            }
        }
        Estimator::MeanOfUnits { value, by } => {
            let (means, clusters) = crate::estimate::nested_means(&seen, value, by);
            Some(RatioTable::new(&means, &vec![1.0; means.len()], &clusters, None)?.linearised().clone())
        }
        Estimator::GeometricMean { value } => geometric(&seen, value)?,
        Estimator::Survival { duration, event, weight, entry, report } => match report {
            SurvivalReport::Event { at } | SurvivalReport::Survival { at } => {
                let (times, events) = (seen.values(duration), seen.values(event));
                let died: Vec<bool> = events.iter().map(|event| *event != 0.0).collect();
                let weights = weight.as_ref().map(|column| seen.values(column));
                let entries = entry.as_ref().map(|column| seen.values(column));
                let clusters = seen.clusters_of_units();
                let lives = Lives {
                    weights: weights.as_deref(),
                    entries: entries.as_deref(),
                    ..Lives::new(&times, &died).clustered(&clusters)
                };
                let sign = if matches!(report, SurvivalReport::Event { .. }) { -1.0 } else { 1.0 };
                LifeTable::new(&lives)?.influence(*at)?.map(|mut linearised| {
                    linearised.influence.iter_mut().for_each(|influence| *influence *= sign);
                    linearised
                })
            }
            SurvivalReport::Median | SurvivalReport::RestrictedMean { .. } => None,
        },
        Estimator::Rate(_)
        | Estimator::Count { .. }
        | Estimator::Quantile { .. }
        | Estimator::CumulativeIncidence { .. }
        | Estimator::Composed => None,
    };
    Ok(found.map(scaled))
}

/// A geometric mean by cluster: that of the mean of the logs, times the figure.
fn geometric(seen: &Observations<'_>, value: &str) -> Result<Option<Linearised>, StatsError> {
    let logs: Vec<f64> = seen.values(value).iter().map(|value| value.ln()).collect();
    if logs.is_empty() || logs.iter().any(|log| !log.is_finite()) {
        return Ok(None);
    }
    let point = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
    let mut linearised = RatioTable::new(&logs, &vec![1.0; logs.len()], &seen.clusters_of_units(), None)?.linearised().clone();
    linearised.influence.iter_mut().for_each(|influence| *influence *= point);
    linearised.unit_variance *= point * point;
    Ok(Some(linearised))
}

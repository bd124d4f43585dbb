//! The figure computed again from its observations, in steps that a reader can follow with a calculator. Nothing of `candor_stats` is used
//! here: two ways that agree are worth more than one that is shown twice.

use serde::Serialize;

use crate::estimate::{Moment, Observations, both, nested_means};
use crate::frame::Frame;
use crate::header::{Estimator, Figure, IncidenceReport, SurvivalReport};
use crate::settings::Settings;

/// A figure computed in steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calculation {
    /// The formula in words.
    pub formula: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What comes out.
    pub result: f64,
    /// Whether it is the printed figure to the last digit of the machine.
    pub is_identical: bool,
    /// The printed figure minus the result: a few units of the last digit where sums are taken in another order.
    pub difference: f64,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it is.
    pub what: String,
    /// Its value.
    pub value: f64,
}

/// An observation and what it does to the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Move {
    pub(super) row: u32,
    /// The figure minus the figure without it.
    pub(super) by: Option<f64>,
    /// What it adds to what is counted or summed.
    pub(super) adds: f64,
}

impl Calculation {
    fn new(formula: String, result: f64) -> Self {
        Self { formula, steps: Vec::new(), result, is_identical: false, difference: 0.0 }
    }

    fn step(mut self, what: impl Into<String>, value: f64) -> Self {
        // The sum of nothing is a negative zero.
        self.steps.push(Step { what: what.into(), value: value + 0.0 });
        self
    }

    /// Held against the printed figure.
    pub(super) fn compared(mut self, point: f64) -> Self {
        self.is_identical = point == self.result;
        self.difference = point - self.result;
        self
    }
}

/// Computes a figure again, and what each observation does to it, the strongest first.
pub(super) fn calculate(
    figure: &Figure,
    frame: &Frame,
    seen: &Observations<'_>,
    moment: &Moment,
    settings: &Settings,
) -> (Option<Calculation>, Vec<Move>) {
    let values = |column: &str| seen.numbers(column, seen.units());
    let (calculation, mut moves) = match &figure.estimator {
        Estimator::Mean { value } => {
            let values = values(value);
            let (sum, n) = (values.iter().sum::<f64>(), values.len() as f64);
            let own = Calculation::new(format!("sum of {value} / number of observations"), sum / n)
                .step(format!("sum of {value}"), sum)
                .step("observations", n);
            (Some(own), ratio_moves(seen.units(), &values, &vec![1.0; values.len()], figure.scale))
        }
        Estimator::Proportion { value } => {
            let values = values(value);
            let (sum, n) = (values.iter().sum::<f64>(), values.len() as f64);
            let own = Calculation::new(format!("observations with {value} / observations"), sum / n)
                .step(format!("observations with {value}"), sum)
                .step("observations", n);
            (Some(own), ratio_moves(seen.units(), &values, &vec![1.0; values.len()], figure.scale))
        }
        Estimator::MeanOfUnits { value, by } => {
            let (means, _) = nested_means(seen, value, by);
            let (sum, n) = (means.iter().sum::<f64>(), means.len() as f64);
            let units = by.first().map_or("unit", String::as_str);
            let own = Calculation::new(format!("mean of {value} within each {}, then over them", by.join(", ")), sum / n)
                .step(format!("sum of the means by {units}"), sum)
                .step(format!("number of {units}"), n);
            let moves = seen.units().iter().zip(values(value)).map(|(row, value)| Move { row: *row, by: None, adds: value });
            (Some(own), moves.collect())
        }
        Estimator::Ratio(parts) | Estimator::Rate(parts) => {
            let (numerators, denominators) = both(parts, seen, moment);
            let (numerator, denominator) = (numerators.iter().sum::<f64>(), denominators.iter().sum::<f64>());
            let own =
                Calculation::new(format!("sum of {} / sum of {}", parts.numerator, parts.denominator), numerator / denominator)
                    .step(format!("sum of {}", parts.numerator), numerator)
                    .step(format!("sum of {}", parts.denominator), denominator);
            let mut moves = ratio_moves(seen.used(), &numerators, &denominators, figure.scale);
            // What only adds exposure (a day, an engineer) is no observation to look at.
            let units: std::collections::BTreeSet<u32> = seen.units().iter().copied().collect();
            moves.retain(|own| units.contains(&own.row));
            (Some(own), moves)
        }
        Estimator::Count { value } => {
            let values = seen.numbers(value, seen.used());
            let sum = values.iter().sum::<f64>();
            let own = Calculation::new(format!("sum of {value}"), sum).step("rows", values.len() as f64);
            let moves = seen.used().iter().zip(&values).map(|(row, value)| Move {
                row: *row,
                by: Some(value * figure.scale),
                adds: *value,
            });
            (Some(own), moves.collect())
        }
        Estimator::GeometricMean { value } => {
            let values = values(value);
            let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
            let (sum, n) = (logs.iter().sum::<f64>(), logs.len() as f64);
            let mean = sum / n;
            let own = Calculation::new(format!("exp(mean of ln {value})"), mean.exp())
                .step(format!("sum of ln {value}"), sum)
                .step("observations", n)
                .step("mean of the logarithms", mean);
            let moves = seen.units().iter().zip(logs.iter().zip(&values)).map(|(row, (log, value))| {
                let without = ((sum - log) / (n - 1.0)).exp();
                Move { row: *row, by: (n > 1.0).then(|| figure.scale * (mean.exp() - without)), adds: *value }
            });
            (Some(own), moves.collect())
        }
        Estimator::Quantile { value, q } => quantile(seen, &values(value), value, *q, figure.scale),
        Estimator::Survival { duration, event, weight, entry, report } => {
            let ones = || vec![1.0; seen.units().len()];
            let rows = Lives {
                times: values(duration),
                causes: values(event).iter().map(|event| u32::from(*event != 0.0)).collect(),
                weights: weight.as_ref().map_or_else(ones, |column| values(column)),
                entries: entry.as_ref().map(|column| values(column)),
            };
            (Some(survival(&rows, duration, report, settings)), rows.moves(seen.units()))
        }
        Estimator::CumulativeIncidence { duration, cause, weight, report } => {
            let rows = Lives {
                times: values(duration),
                causes: values(cause).iter().map(|cause| *cause as u32).collect(),
                weights: weight.as_ref().map_or_else(|| vec![1.0; seen.units().len()], |column| values(column)),
                entries: None,
            };
            (Some(incidence(&rows, duration, *report)), rows.moves(seen.units()))
        }
        Estimator::Composed => (None, Vec::new()),
    };
    let calculation = calculation.map(|mut own| {
        if figure.scale != 1.0 {
            own.steps.push(Step { what: "times".to_owned(), value: figure.scale });
            own.result *= figure.scale;
        }
        own
    });
    let name = |own: &Move| frame.name("unit", own.row as usize);
    moves.sort_by(|one, other| {
        let size = |own: &Move| own.by.map_or(f64::NEG_INFINITY, f64::abs);
        size(other)
            .total_cmp(&size(one))
            .then(other.adds.abs().total_cmp(&one.adds.abs()))
            .then_with(|| name(one).cmp(&name(other)))
            .then(one.row.cmp(&other.row))
    });
    (calculation, moves)
}

/// What a ratio of sums would be without each row.
fn ratio_moves(rows: &[u32], numerators: &[f64], denominators: &[f64], scale: f64) -> Vec<Move> {
    let (numerator, denominator) = (numerators.iter().sum::<f64>(), denominators.iter().sum::<f64>());
    let all = numerator / denominator;
    let with = |(row, (n, d)): (&u32, (&f64, &f64))| {
        let rest = denominator - d;
        let by = (rest > 0.0).then(|| scale * (all - (numerator - n) / rest));
        Move { row: *row, by, adds: *n }
    };
    rows.iter().zip(numerators.iter().zip(denominators)).map(with).collect()
}

/// Hyndman and Fan 1996, type 7: between the values at the places below and above (n - 1) q.
fn type_7(sorted: &[f64], q: f64) -> Option<(f64, f64, f64)> {
    let place = sorted.len().checked_sub(1)? as f64 * q;
    let below = *sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.floor() as usize + 1).copied().unwrap_or(below);
    Some((below + (place - place.floor()) * (above - below), below, above))
}

fn quantile(seen: &Observations<'_>, values: &[f64], value: &str, q: f64, scale: f64) -> (Option<Calculation>, Vec<Move>) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some((result, below, above)) = type_7(&sorted, q) else { return (None, Vec::new()) };
    let own = Calculation::new(format!("quantile {q} of {value}, type 7: between the values next to place (n - 1) {q}"), result)
        .step("observations", values.len() as f64)
        .step("place, counted from 0", (values.len() - 1) as f64 * q)
        .step("value below", below)
        .step("value above", above);
    // Only whether an observation lies below or above moves a quantile: those nearest to it come first, with no number of their own.
    let moves = seen.units().iter().zip(values).map(|(row, value)| Move { row: *row, by: None, adds: *value });
    let mut moves: Vec<Move> = moves.collect();
    for own in &mut moves {
        own.by = (values.len() > 1).then(|| {
            let without: Vec<f64> = if values.len() <= 2000 {
                let mut rest = sorted.clone();
                rest.remove(sorted.partition_point(|value| *value < own.adds));
                rest
            } else {
                sorted.clone()
            };
            scale * (result - type_7(&without, q).map_or(result, |(point, ..)| point))
        });
    }
    (Some(own), moves)
}

/// Durations with what ended them: 0 = nothing yet.
struct Lives {
    times: Vec<f64>,
    causes: Vec<u32>,
    weights: Vec<f64>,
    entries: Option<Vec<f64>>,
}

/// A time at which something ended.
struct Point {
    time: f64,
    at_risk: f64,
    /// By the event, and by anything else that ends.
    ended: f64,
    competing: f64,
}

impl Lives {
    fn points(&self) -> Vec<Point> {
        let mut ends: Vec<(f64, u32, f64)> = self
            .times
            .iter()
            .zip(&self.causes)
            .zip(&self.weights)
            .map(|((time, cause), weight)| (*time, *cause, *weight))
            .collect();
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut entered: Vec<(f64, f64)> = self.entries.iter().flatten().copied().zip(self.weights.iter().copied()).collect();
        entered.sort_by(|one, other| one.0.total_cmp(&other.0));
        let total: f64 = self.weights.iter().sum();
        let (mut inside, mut next_entry) = (if self.entries.is_some() { 0.0 } else { total }, 0);
        let mut points = Vec::new();
        for group in ends.chunk_by(|one, other| one.0 == other.0) {
            let Some((time, ..)) = group.first() else { continue };
            while let Some((_, weight)) = entered.get(next_entry).filter(|(entry, _)| entry < time) {
                inside += weight;
                next_entry += 1;
            }
            let sum =
                |is: fn(u32) -> bool| group.iter().filter(|(_, cause, _)| is(*cause)).map(|(.., weight)| weight).sum::<f64>();
            let (ended, competing) = (sum(|cause| cause == 1), sum(|cause| cause > 1));
            points.push(Point { time: *time, at_risk: inside, ended, competing });
            inside -= group.iter().map(|(.., weight)| weight).sum::<f64>();
        }
        points
    }

    /// Those that ended first and weigh most come first: they bend the curve.
    fn moves(&self, rows: &[u32]) -> Vec<Move> {
        let weight = |(cause, weight): (&u32, &f64)| if *cause == 1 { *weight } else { 0.0 };
        let adds = self.causes.iter().zip(&self.weights).map(weight);
        rows.iter().zip(adds).map(|(row, adds)| Move { row: *row, by: None, adds }).collect()
    }
}

fn survival(rows: &Lives, duration: &str, report: &SurvivalReport, settings: &Settings) -> Calculation {
    let points = rows.points();
    let total: f64 = rows.weights.iter().sum();
    let mut left = 1.0;
    let mut curve: Vec<(f64, f64)> = Vec::new();
    for point in &points {
        if point.ended > 0.0 && point.at_risk > 0.0 {
            left *= 1.0 - point.ended / point.at_risk;
            curve.push((point.time, left));
        }
    }
    let at = |time: f64| curve.iter().rev().find(|(own, _)| *own <= time).map_or(1.0, |(_, left)| *left);
    let ended = |until: f64| points.iter().filter(|point| point.time <= until).map(|point| point.ended).sum::<f64>();
    let censored = |until: f64| {
        let is = |(time, cause): &(&f64, &u32)| **cause == 0 && **time < until;
        let times = rows.times.iter().zip(&rows.causes).zip(&rows.weights);
        times.filter(|(pair, _)| is(pair)).map(|(_, weight)| weight).sum::<f64>()
    };
    let described = |own: Calculation, until: f64| {
        own.step("observations, weighted", total)
            .step(format!("with the event by {until}"), ended(until))
            .step(format!("out of sight before {until}, censored"), censored(until))
            .step("different times of events until then", curve.iter().filter(|(time, _)| *time <= until).count() as f64)
    };
    let formula =
        |what: &str| format!("{what}, S the product of 1 - ended / at risk over the times of {duration} (Kaplan-Meier)");
    match report {
        SurvivalReport::Survival { at: time } => described(Calculation::new(formula(&format!("S({time})")), at(*time)), *time),
        SurvivalReport::Event { at: time } => {
            described(Calculation::new(formula(&format!("1 - S({time})")), 1.0 - at(*time)), *time)
                .step(format!("S({time})"), at(*time))
        }
        SurvivalReport::Median => {
            const HALF: f64 = 0.5;
            let below = curve.iter().find(|(_, left)| *left < HALF - 1e-12).map(|(time, _)| *time);
            let flat = curve.iter().find(|(_, left)| (*left - HALF).abs() <= 1e-12).map(|(time, _)| *time);
            let median = match (flat, below) {
                (Some(flat), Some(below)) => f64::midpoint(flat, below),
                (_, Some(below)) => below,
                (Some(flat), None) => flat,
                (None, None) => f64::NAN,
            };
            let own =
                Calculation::new(formula("smallest time with S < 0.5, or the middle of the stretch on which S = 0.5"), median);
            described(own, median).step("S there", at(median))
        }
        SurvivalReport::RestrictedMean { limit_setting } => {
            let limit = settings.number(limit_setting).unwrap_or(settings.practice_limit_minutes);
            let (mut area, mut time, mut left) = (0.0, 0.0, 1.0);
            for (next, after) in curve.iter().filter(|(time, _)| *time < limit) {
                area += left * (next - time);
                (time, left) = (*next, *after);
            }
            area += left * (limit - time);
            described(Calculation::new(formula(&format!("area under S up to {limit_setting} = {limit}")), area), limit)
        }
    }
}

fn incidence(rows: &Lives, duration: &str, report: IncidenceReport) -> Calculation {
    let points = rows.points();
    let (mut left, mut share) = (1.0, 0.0);
    let mut curve: Vec<(f64, f64)> = Vec::new();
    for point in points.iter().filter(|point| point.at_risk > 0.0) {
        share += left * point.ended / point.at_risk;
        left *= 1.0 - (point.ended + point.competing) / point.at_risk;
        curve.push((point.time, share));
    }
    let until = |time: f64, part: fn(&Point) -> f64| points.iter().filter(|point| point.time <= time).map(part).sum::<f64>();
    let formula = |what: &str| {
        format!(
            "{what}, the sum of S before x ended / at risk over the times of {duration}, S counting every end (Aalen-Johansen)"
        )
    };
    let (result, time, what) = match report {
        IncidenceReport::At(time) => {
            let share = curve.iter().rev().find(|(own, _)| *own <= time).map_or(0.0, |(_, share)| *share);
            (share, time, format!("cumulative incidence at {time}"))
        }
        IncidenceReport::Median => {
            let half = curve.iter().find(|(_, share)| *share >= 0.5 - 1e-12).map_or(f64::NAN, |(time, _)| *time);
            (half, half, "smallest time at which the cumulative incidence reaches one half".to_owned())
        }
    };
    Calculation::new(formula(&what), result)
        .step("observations", rows.times.len() as f64)
        .step(format!("with the event by {time}"), until(time, |point| point.ended))
        .step(format!("gone otherwise by {time}"), until(time, |point| point.competing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_7_interpolates() {
        assert_eq!(type_7(&[1.0, 2.0, 4.0, 8.0], 0.75).map(|found| found.0), Some(5.0));
        assert_eq!(type_7(&[3.0], 0.5).map(|found| found.0), Some(3.0));
        assert_eq!(type_7(&[], 0.5), None);
    }

    #[test]
    fn a_curve_by_hand() {
        // Four lives: one ends at 1, one is censored at 1, one ends at 2, one lives: S(1) = 3/4, S(2) = 3/4 x 1/2.
        let rows = Lives { times: vec![1.0, 1.0, 2.0, 3.0], causes: vec![1, 0, 1, 0], weights: vec![1.0; 4], entries: None };
        let settings = Settings::new("UTC", "EUR", jiff::civil::date(2025, 1, 1), jiff::civil::date(2025, 2, 1));
        let at = |time| survival(&rows, "days", &SurvivalReport::Survival { at: time }, &settings).result;
        assert_eq!((at(0.5), at(1.0), at(2.0)), (1.0, 0.75, 0.375));
        assert_eq!(survival(&rows, "days", &SurvivalReport::Median, &settings).result, 2.0);
        // With delayed entries at 1 the last two are not at risk at 1.
        let late = Lives { entries: Some(vec![0.0, 0.0, 1.0, 1.0]), ..rows };
        let at = |time| survival(&late, "days", &SurvivalReport::Survival { at: time }, &settings).result;
        assert_eq!((at(1.0), at(2.0)), (0.5, 0.25));
        let causes = Lives { times: vec![1.0, 2.0, 3.0, 4.0], causes: vec![1, 2, 1, 0], weights: vec![1.0; 4], entries: None };
        assert_eq!(incidence(&causes, "months", IncidenceReport::At(3.0)).result, 0.25 + 0.5 * 0.5);
    }
}

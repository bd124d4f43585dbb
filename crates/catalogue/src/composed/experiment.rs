//! The tasks and beliefs of one experiment, which three metrics read.

use std::collections::{BTreeMap, BTreeSet};

use candor_stats::designs::task_trial::{TaskTrial, Tasks};
use candor_stats::regression::LeastSquares;
use candor_stats::{Estimate, Fitted, Interval, Outcome, StatsError};

use super::Rows;

/// The arm in which AI is allowed.
pub(super) const AI_ALLOWED: &str = "ai_allowed";

/// An analysed task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) person: usize,
    pub(super) ai_allowed: bool,
    pub(super) total_minutes: f64,
    pub(super) forecast_minutes: f64,
    /// 1 - forecast with AI / forecast without.
    pub(super) forecast_speedup: Option<f64>,
}

/// Tasks of an experiment.
pub(super) struct Experiment {
    pub(super) tasks: Vec<Task>,
    /// What each participant said afterwards.
    pub(super) beliefs: BTreeMap<usize, f64>,
}

impl Experiment {
    pub(super) fn new(of: &Rows<'_>) -> Self {
        let (mut tasks, mut beliefs) = (Vec::new(), BTreeMap::new());
        let people = of.frame.names.get("person");
        for row in of.rows.iter().map(|row| *row as usize) {
            let person = people.and_then(|people| people.codes.get(row)).map_or(usize::MAX, |code| *code as usize);
            if of.frame.name("kind", row) == Some("belief") {
                beliefs.extend(of.frame.number("perceived", row).map(|perceived| (person, perceived)));
            } else if of.frame.is_true("analysed", row)
                && let (Some(total_minutes), Some(forecast_minutes)) =
                    (of.frame.number("total_minutes", row), of.frame.number("forecast_minutes_without_ai", row))
            {
                let ai_allowed = of.frame.name("arm", row) == Some(AI_ALLOWED);
                let forecast_speedup = of.frame.number("forecast_speedup", row);
                tasks.push(Task { person, ai_allowed, total_minutes, forecast_minutes, forecast_speedup });
            }
        }
        Self { tasks, beliefs }
    }

    /// People with an analysed task.
    pub(super) fn people(&self) -> BTreeSet<usize> {
        self.tasks.iter().map(|task| task.person).collect()
    }

    /// The trial without the person `without`.
    pub(super) fn fit(&self, without: Option<usize>) -> Result<Fitted<TaskTrial>, StatsError> {
        let kept: Vec<&Task> = self.tasks.iter().filter(|task| Some(task.person) != without).collect();
        let column = |value: fn(&Task) -> f64| kept.iter().map(|task| value(task)).collect::<Vec<f64>>();
        TaskTrial::fit(&Tasks {
            developers: &kept.iter().map(|task| task.person).collect::<Vec<_>>(),
            ai_allowed: &kept.iter().map(|task| task.ai_allowed).collect::<Vec<_>>(),
            forecast_minutes: &column(|task| task.forecast_minutes),
            initial_minutes: &column(|task| task.total_minutes),
            post_review_minutes: &vec![Some(0.0); kept.len()],
        })
    }

    /// Share of time saved as measured: 1 - exp(b). `None` where the trial cannot be fitted.
    pub(super) fn measured(&self, without: Option<usize>) -> Result<Option<f64>, StatsError> {
        let log_ratio = |trial: &TaskTrial| coefficient(trial.regression(), AI_ALLOWED);
        Ok(self.fit(without)?.fit().and_then(log_ratio).map(|log| -log.exp_m1()))
    }

    /// Share of time saved as forecast: mean over people of the mean of their analysed tasks.
    pub(super) fn forecast(&self, without: Option<usize>) -> Option<f64> {
        let mut of_person: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for task in self.tasks.iter().filter(|task| Some(task.person) != without) {
            if let Some(speedup) = task.forecast_speedup {
                let sums = of_person.entry(task.person).or_default();
                (sums.0, sums.1) = (sums.0 + speedup, sums.1 + 1.0);
            }
        }
        mean(of_person.values().map(|(sum, count)| sum / count))
    }

    /// Share of time saved as believed afterwards: mean over people.
    pub(super) fn perceived(&self, without: Option<usize>) -> Option<f64> {
        mean(self.beliefs.iter().filter(|(person, _)| Some(**person) != without).map(|(_, perceived)| *perceived))
    }
}

pub(super) fn coefficient(regression: &LeastSquares<'static>, name: &str) -> Option<f64> {
    regression.coefficient(name)
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// A gap in percentage points with limits by leaving out one person after the other (jackknife), since belief and measurement come from the
/// same people: Miller 1974, The jackknife, Biometrika 61, 1-15.
pub(super) fn jackknife(
    people: &BTreeSet<usize>,
    level: f64,
    gap: impl Fn(Option<usize>) -> Result<Option<f64>, StatsError>,
) -> Result<Outcome, StatsError> {
    let Some(point) = gap(None)? else {
        let need = "a belief or forecast and a measurement in both arms";
        return Ok(Outcome::insufficient("a part of the two", need, "there is nothing to compare"));
    };
    let mut estimate = Estimate::new(point, "difference, jackknife over people, Student's t", people.len() as f64);
    estimate.clusters = Some(people.len());
    let mut left = Vec::with_capacity(people.len());
    for person in people {
        left.extend(gap(Some(*person))?);
    }
    let count = left.len() as f64;
    if left.len() == people.len() && left.len() > 2 {
        let centre = left.iter().sum::<f64>() / count;
        let variance = (count - 1.0) / count * left.iter().map(|value| (value - centre).powi(2)).sum::<f64>();
        // Student's t of a mean of that many values: its margin per standard error.
        let factor = margin_per_error(left.len(), level)?;
        estimate.variance = Some(variance);
        estimate.degrees_of_freedom = Some(count - 1.0);
        let margin = factor * variance.sqrt();
        estimate.interval = Some(Interval::new(point - margin, point + margin, level));
    } else {
        estimate.notes.push("too few people to leave one out: no limits".to_owned());
    }
    Ok(Outcome::Estimate(estimate))
}

/// Critical value of Student's t with `count - 1` degrees of freedom, read off the limits of a mean.
fn margin_per_error(count: usize, level: f64) -> Result<f64, StatsError> {
    use candor_stats::linearised::Reference;
    use candor_stats::ratios::RatioTable;
    use candor_stats::ratios::clustered::Scale;
    // Values -1 and 1 in turn have a mean near 0 and enough spread for any count above 1; the plain scale has no floor below 0 for them.
    let values: Vec<f64> = (0..count).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let ids: Vec<u32> = (0..count as u32).collect();
    let outcome = RatioTable::new(&values, &vec![1.0; count], &ids, None)?.ratio(Scale::Plain, Reference::Design, level)?;
    let found = outcome.estimate().and_then(|estimate| {
        let upper = estimate.interval?.upper?;
        Some((upper - estimate.point) / estimate.variance?.sqrt())
    });
    Ok(found.unwrap_or(f64::NAN))
}

//! `perception_gap`: what people believe after working with AI, minus what was measured with them.

use std::collections::BTreeSet;

use candor_stats::StatsError;

use super::experiment::{Experiment, jackknife};
use super::{Named, Rows};
use crate::document::Answer;
use crate::header::Direction;
use crate::reasons;

pub(super) fn figures(of: &Rows<'_>) -> Result<Vec<Named>, StatsError> {
    let experiment = Experiment::new(of);
    let believers = experiment.beliefs.len();
    if believers < of.settings.min_group as usize {
        let code = if believers == 0 { reasons::NO_DATA } else { reasons::SMALL_GROUP };
        return Ok(vec![Named::new("percentage_points", "percentage points", Direction::Lower, reasons::answer(code), 0)]);
    }
    let people: BTreeSet<usize> = experiment.people().into_iter().chain(experiment.beliefs.keys().copied()).collect();
    let gap = |without| {
        let (perceived, measured) = (experiment.perceived(without), experiment.measured(without)?);
        Ok(perceived.zip(measured).map(|(perceived, measured)| 100.0 * (perceived - measured)))
    };
    let answer = Answer::of(jackknife(&people, of.settings.level, gap)?, reasons::NOT_COMPUTABLE);
    let mut figures = vec![Named::new("percentage_points", "percentage points", Direction::Lower, answer, people.len() as u64)];
    for (name, value) in [("perceived", experiment.perceived(None)), ("measured", experiment.measured(None)?)] {
        figures.extend(value.map(|value| Named::shown(name, "share of time saved", value, people.len() as u64)));
    }
    figures.push(Named::shown("people", "people who said", believers as f64, believers as u64));
    Ok(figures)
}

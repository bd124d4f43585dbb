//! `forecast_gap`: what people forecast before a task, minus what was measured with them.

use candor_stats::StatsError;

use super::experiment::{Experiment, jackknife};
use super::{Named, Rows};
use crate::document::Answer;
use crate::estimate::Computed;
use crate::header::Direction;
use crate::reasons;

pub(super) fn figures(of: &Rows<'_>) -> Result<Vec<Named>, StatsError> {
    let experiment = Experiment::new(of);
    let people = experiment.people();
    let unit = "percentage points";
    if people.len() < of.settings.min_group as usize {
        let mut named = Named::new("percentage_points", unit, Direction::Lower, reasons::answer(reasons::SMALL_GROUP), 0);
        named.computed = Computed::because(reasons::SMALL_GROUP);
        return Ok(vec![named]);
    }
    let gap = |without| {
        let (forecast, measured) = (experiment.forecast(without), experiment.measured(without)?);
        Ok(forecast.zip(measured).map(|(forecast, measured)| 100.0 * (forecast - measured)))
    };
    let outcome = jackknife(&people, of.settings.level, gap)?;
    let answer = Answer::of(outcome, reasons::NOT_COMPUTABLE);
    Ok(vec![Named::new("percentage_points", unit, Direction::Lower, answer, people.len() as u64)])
}

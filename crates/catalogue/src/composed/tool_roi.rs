//! `tool_roi`: never computed from a self-report, and never from a part of its costs.

use candor_stats::StatsError;

use super::{Named, Rows};
use crate::document::Answer;
use crate::header::Direction;

/// Code of the reason for which there is no figure.
const COSTS_OF_QUALITY_UNKNOWN: &str = "costs_of_quality_unknown";

pub(super) fn figures(of: &Rows<'_>) -> Result<Vec<Named>, StatsError> {
    let months = of.rows.len() as u64;
    let answer = || Answer::Insufficient {
        code: COSTS_OF_QUALITY_UNKNOWN.to_owned(),
        have: "tool cost, engineering cost and use".to_owned(),
        need: "extra review, rework, incidents and findings per AI change in money, and a randomised time ratio".to_owned(),
        reason: "a value minus a part of its costs would be too high, so none is given".to_owned(),
    };
    Ok(vec![
        Named::new("", "currency / month", Direction::Higher, answer(), months),
        Named::new("ratio", "value / costs", Direction::Higher, answer(), months),
    ])
}

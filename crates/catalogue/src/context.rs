//! The tables that are not facts: settings, calendar, and the lists of the organisation, as SQL sees them.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::error::ArrowError;
use jiff::civil::Date;

use crate::calendar::{Calendar, Day};
use crate::settings::Settings;

/// Name and rows of each context table.
pub(crate) fn tables(settings: &Settings, calendar: &Calendar) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let texts =
        |values: &[String]| Arc::new(values.iter().map(|value| Some(value.as_str())).collect::<StringArray>()) as ArrayRef;
    let double = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let date = |value: Date| Arc::new(Date32Array::from(vec![days_since_1970(value)])) as ArrayRef;
    let instant = |value: i64| instants(vec![value]);
    let (from, until) = calendar.window();
    let one = RecordBatch::try_from_iter([
        ("currency", text(&[&settings.currency])),
        ("window_start", date(settings.window_start)),
        ("as_of", date(settings.as_of)),
        ("window_start_at", instant(from)),
        ("as_of_at", instant(until)),
        ("ai_heavy_above", double(Some(settings.ai_heavy_above))),
        ("practice_limit_minutes", double(Some(settings.practice_limit_minutes))),
        ("failed_hire_cost", double(settings.failed_hire_cost)),
        ("stuck_junior_cost_per_month", double(settings.stuck_junior_cost_per_month)),
        ("human_before", date(settings.human_before)),
        ("min_group", Arc::new(Int32Array::from(vec![i32::try_from(settings.min_group).unwrap_or(i32::MAX)])) as ArrayRef),
    ])?;
    let (severities, weights): (Vec<String>, Vec<f64>) = settings.severity_weights.iter().cloned().unzip();
    let weights = Arc::new(Float64Array::from(weights)) as ArrayRef;
    let days = calendar.days();
    let names = |name: fn(&Day) -> String| texts(&days.iter().map(name).collect::<Vec<_>>());
    let numbers =
        |number: fn(&Day) -> i32| Arc::new(days.iter().map(|day| Some(number(day))).collect::<Int32Array>()) as ArrayRef;
    let dates = |date: fn(&Day) -> Date| {
        Arc::new(days.iter().map(|day| Some(days_since_1970(date(day)))).collect::<Date32Array>()) as ArrayRef
    };
    let calendar = RecordBatch::try_from_iter([
        ("day", dates(|day| day.day)),
        ("starts_at", instants(days.iter().map(|day| day.starts_at).collect())),
        ("ends_at", instants(days.iter().map(|day| day.ends_at).collect())),
        ("week_start", dates(Day::week_start)),
        ("iso_week", names(Day::iso_week)),
        ("month", names(Day::month)),
        ("quarter", names(Day::quarter)),
        ("days_in_month", numbers(|day| i32::from(day.day.days_in_month()))),
        ("weekday", numbers(|day| i32::from(day.day.weekday().to_monday_one_offset()))),
    ])?;
    Ok(vec![
        ("settings", one),
        ("severity_weights", RecordBatch::try_from_iter([("severity", texts(&severities)), ("weight", weights)])?),
        ("ai_reviewers", RecordBatch::try_from_iter([("actor", texts(&settings.ai_reviewers))])?),
        ("encouraged_contexts", RecordBatch::try_from_iter([("context", texts(&settings.encouraged_contexts))])?),
        ("calendar", calendar),
    ])
}

fn instants(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

fn days_since_1970(day: Date) -> i32 {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    day.duration_since(EPOCH).as_hours().div_euclid(24) as i32
}

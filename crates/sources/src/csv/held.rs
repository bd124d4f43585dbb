//! What the lake holds, for the checks of an import.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use candor_lake::Snapshot;
use candor_tables::{Held, folded};

use crate::git::SourceError;

/// Reads the keys of every table to which something may refer.
pub(crate) fn held(snapshot: &Snapshot) -> Result<Held, SourceError> {
    let mut held = Held::default();
    let units = |unit: &str| unit == super::UNIT;
    let mut each = |table: &str, columns: &[&str], take: &mut dyn FnMut(&mut Held, &RecordBatch, usize)| {
        for batch in snapshot.scan(table)?.columns(columns)?.units(units).read()? {
            for row in 0..batch.num_rows() {
                take(&mut held, &batch, row);
            }
        }
        Ok::<_, SourceError>(())
    };
    each("people", &["person", "manager"], &mut |held, batch, row| {
        if let Some(person) = text(batch, 0, row) {
            held.people.insert(person, text(batch, 1, row));
        }
    })?;
    each("identities", &["kind", "value", "person"], &mut |held, batch, row| {
        if let (Some(kind), Some(value), Some(person)) = (text(batch, 0, row), text(batch, 1, row), text(batch, 2, row)) {
            let value = folded(&kind, &value);
            held.identities.insert((kind, value), person);
        }
    })?;
    each("employment", &["person", "valid_from", "valid_until"], &mut |held, batch, row| {
        if let (Some(person), Some(from)) = (text(batch, 0, row), date(batch, 1, row)) {
            held.add_spell(person, from, date(batch, 2, row));
        }
    })?;
    each("teams", &["team", "valid_from", "parent"], &mut |held, batch, row| {
        if let Some(team) = text(batch, 0, row) {
            held.add_team(team, date(batch, 1, row), text(batch, 2, row));
        }
    })?;
    each("repositories", &["repo"], &mut |held, batch, row| held.repositories.extend(text(batch, 0, row)))?;
    each("pull_requests", &["repo", "number"], &mut |held, batch, row| {
        if let (Some(repo), Some(number)) = (text(batch, 0, row), long(batch, 1, row)) {
            held.pull_requests.entry(repo).or_default().insert(number);
        }
    })?;
    each("work_items", &["tracker", "key"], &mut |held, batch, row| {
        if let (Some(tracker), Some(key)) = (text(batch, 0, row), text(batch, 1, row)) {
            held.work_items.entry(tracker).or_default().insert(key);
        }
    })?;
    each("deployments", &["id", "started_at"], &mut |held, batch, row| {
        if let Some(id) = text(batch, 0, row) {
            held.deployments.insert(id, time(batch, 1, row));
        }
    })?;
    each("surveys", &["survey"], &mut |held, batch, row| held.surveys.extend(text(batch, 0, row)))?;
    each("review_comments", &["id"], &mut |held, batch, row| held.review_comments.extend(text(batch, 0, row)))?;
    each("tasks", &["experiment", "task", "forecast_at"], &mut |held, batch, row| {
        if let (Some(experiment), Some(task)) = (text(batch, 0, row), text(batch, 1, row)) {
            held.tasks.entry(experiment).or_default().insert(task, time(batch, 2, row));
        }
    })?;
    Ok(held)
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let array = batch.columns().get(column)?.as_string_opt::<i32>()?;
    array.is_valid(row).then(|| array.value(row).to_owned())
}

fn long(batch: &RecordBatch, column: usize, row: usize) -> Option<i64> {
    let array = batch.columns().get(column)?.as_primitive_opt::<Int64Type>()?;
    array.is_valid(row).then(|| array.value(row))
}

fn date(batch: &RecordBatch, column: usize, row: usize) -> Option<i32> {
    let array = batch.columns().get(column)?.as_primitive_opt::<Date32Type>()?;
    array.is_valid(row).then(|| array.value(row))
}

fn time(batch: &RecordBatch, column: usize, row: usize) -> Option<i64> {
    let array = batch.columns().get(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    array.is_valid(row).then(|| array.value(row))
}

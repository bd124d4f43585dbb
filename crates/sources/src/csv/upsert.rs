//! New rows into the rows of before, by key; the result is in the order of the keys, whatever came first.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::interleave::interleave;
use candor_tables::{Table, folded};
use rustc_hash::FxHashMap;

/// Columns that say where a row came from, and not what it says.
const COMMON: [&str; 4] = ["row_number", "source", "fetched_at", "raw_ref"];

/// What an upsert did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that were not there.
    pub added: usize,
    /// Rows that say something else than before.
    pub changed: usize,
    /// Rows that say what they said.
    pub unchanged: usize,
    /// Rows that are gone.
    pub removed: usize,
}

/// Keys of all rows, one after the other: bytes whose order is that of the values.
struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    fn of(table: &Table, batch: &RecordBatch) -> Self {
        let arrays: Vec<&ArrayRef> = table.key.iter().filter_map(|name| batch.column_by_name(name)).collect();
        let mut keys = Self { bytes: Vec::with_capacity(batch.num_rows() * 24), ends: Vec::with_capacity(batch.num_rows()) };
        let kinds =
            (table.name == "identities").then(|| batch.column_by_name("kind").and_then(|kinds| kinds.as_string_opt::<i32>()));
        for row in 0..batch.num_rows() {
            for array in &arrays {
                keys.push(array, row, kinds.flatten().map(|kinds| kinds.value(row)));
            }
            keys.ends.push(keys.bytes.len());
        }
        keys
    }

    fn push(&mut self, array: &ArrayRef, row: usize, kind: Option<&str>) {
        if array.is_null(row) {
            self.bytes.push(0);
            return;
        }
        self.bytes.push(1);
        // The sign bit turned over: bytes of whole numbers sort as the numbers do.
        let mut number = |value: i64| self.bytes.extend_from_slice(&(value ^ i64::MIN).to_be_bytes());
        if let Some(texts) = array.as_string_opt::<i32>() {
            let text = texts.value(row);
            match kind {
                Some(kind) => self.bytes.extend_from_slice(folded(kind, text).as_bytes()),
                None => self.bytes.extend_from_slice(text.as_bytes()),
            }
            self.bytes.push(0);
        } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
            number(numbers.value(row));
        } else if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            number(times.value(row));
        } else if let Some(days) = array.as_primitive_opt::<Date32Type>() {
            number(i64::from(days.value(row)));
        }
    }

    fn get(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// Whether a cell of one array is that of another.
fn same_cell(one: &ArrayRef, row: usize, other: &ArrayRef, other_row: usize) -> bool {
    one.slice(row, 1).to_data() == other.slice(other_row, 1).to_data()
}

/// Compares columns at once: for each pair of rows whether they say the same.
fn same_rows(before: &RecordBatch, new: &RecordBatch, pairs: &[(u32, u32)]) -> Result<Vec<bool>, ArrowError> {
    let mut same = vec![true; pairs.len()];
    let left = UInt32Array::from_iter_values(pairs.iter().map(|pair| pair.0));
    let right = UInt32Array::from_iter_values(pairs.iter().map(|pair| pair.1));
    for (field, array) in new.schema_ref().fields().iter().zip(new.columns()) {
        if COMMON.contains(&field.name().as_str()) {
            // `source` of attribution_coverage is a column of its key: equal anyway.
            continue;
        }
        let Some(old) = before.column_by_name(field.name()) else { continue };
        let old = arrow_select::take::take(old, &left, None)?;
        let new = arrow_select::take::take(array, &right, None)?;
        if old.to_data() == new.to_data() {
            continue;
        }
        for (row, same) in same.iter_mut().enumerate() {
            *same = *same && same_cell(&old, row, &new, row);
        }
    }
    Ok(same)
}

/// Puts `new` into `before`; `None` when nothing changes. A later row of `new` with a key that an earlier one has replaces that.
pub(crate) fn upsert(
    table: &Table,
    before: &RecordBatch,
    new: &RecordBatch,
    replace: bool,
) -> Result<(Option<RecordBatch>, Counts), ArrowError> {
    let (old_keys, new_keys) = (Keys::of(table, before), Keys::of(table, new));
    let place = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
    let mut old_rows: FxHashMap<&[u8], u32> = FxHashMap::default();
    for row in 0..before.num_rows() {
        old_rows.insert(old_keys.get(row), place(row));
    }
    let mut new_rows: FxHashMap<&[u8], u32> = FxHashMap::default();
    new_rows.reserve(new.num_rows());
    for row in 0..new.num_rows() {
        new_rows.insert(new_keys.get(row), place(row));
    }
    let mut pairs: Vec<(u32, u32)> = new_rows.iter().filter_map(|(key, row)| old_rows.get(key).map(|old| (*old, *row))).collect();
    pairs.sort_unstable();
    let same = same_rows(before, new, &pairs)?;
    let mut counts = Counts { added: new_rows.len() - pairs.len(), ..Counts::default() };
    // For each old row: what takes its place.
    let mut taken: Vec<Option<(u32, bool)>> = vec![None; before.num_rows()];
    for ((old, new), same) in pairs.iter().zip(&same) {
        counts.changed += usize::from(!same);
        counts.unchanged += usize::from(*same);
        if let Some(taken) = taken.get_mut(*old as usize) {
            *taken = Some((*new, *same));
        }
    }
    // Two exports of one system number their rows differently; the greater number is the same whichever came first.
    let numbers =
        |batch: &RecordBatch| batch.column_by_name("row_number").and_then(|array| array.as_primitive_opt::<Int64Type>().cloned());
    let (old_numbers, new_numbers) = (numbers(before), numbers(new));
    let number = |numbers: &Option<Int64Array>, row: u32| {
        numbers.as_ref().and_then(|numbers| numbers.is_valid(row as usize).then(|| numbers.value(row as usize)))
    };
    let mut moved = false;
    // (key, batch, row, number)
    let mut result: Vec<(&[u8], usize, u32, Option<i64>)> = Vec::with_capacity(before.num_rows() + counts.added);
    for (row, taken) in taken.iter().enumerate() {
        let old = place(row);
        let own = number(&old_numbers, old);
        match taken {
            None if replace => counts.removed += 1,
            None => result.push((old_keys.get(row), 0, old, own)),
            Some((new, same)) => {
                let theirs = number(&new_numbers, *new);
                let kept = if replace { theirs } else { own.max(theirs) };
                moved |= kept != own;
                result.push((old_keys.get(row), usize::from(!same), if *same { old } else { *new }, kept));
            }
        }
    }
    if counts.added + counts.changed + counts.removed == 0 && !moved {
        return Ok((None, counts));
    }
    for (key, row) in &new_rows {
        if !old_rows.contains_key(key) {
            result.push((key, 1, *row, number(&new_numbers, *row)));
        }
    }
    result.sort_unstable_by(|a, b| match a.0.cmp(b.0) {
        Ordering::Equal => a.2.cmp(&b.2),
        other => other,
    });
    let indices: Vec<(usize, usize)> = result.iter().map(|(_, batch, row, _)| (*batch, *row as usize)).collect();
    let mut columns = Vec::with_capacity(new.num_columns());
    for (field, array) in new.schema_ref().fields().iter().zip(new.columns()) {
        if field.name() == "row_number" {
            columns.push(std::sync::Arc::new(result.iter().map(|row| row.3).collect::<Int64Array>()) as ArrayRef);
            continue;
        }
        let old = before.column_by_name(field.name()).unwrap_or(array);
        columns.push(interleave(&[old.as_ref(), array.as_ref()], &indices)?);
    }
    Ok((Some(RecordBatch::try_new(new.schema(), columns)?), counts))
}

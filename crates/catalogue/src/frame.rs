//! Observations as columns: what the SELECT of a metric gave, in the form that slicing and estimating read.

use std::collections::BTreeMap;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use datafusion::arrow::error::ArrowError;
use rustc_hash::FxHashMap;

/// The code of a missing name.
pub const NONE: u32 = u32::MAX;
/// The instant of a row that has none.
pub const NEVER: i64 = i64::MIN;

/// A column of names, coded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    /// One code per row; [`NONE`] where the cell is empty.
    pub codes: Vec<u32>,
    /// The names, by code.
    pub values: Vec<String>,
}

impl Names {
    /// The name of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get(*self.codes.get(row)? as usize).map(String::as_str)
    }

    /// The code of a name.
    #[must_use]
    pub fn code(&self, name: &str) -> Option<u32> {
        self.values.iter().position(|value| value == name).map(|code| code as u32)
    }
}

/// Observations, one entry per row in every column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Number of rows.
    pub rows: usize,
    /// When each was observed, microseconds since 1970 UTC; [`NEVER`] where it is not said.
    pub at: Vec<i64>,
    /// Columns of names.
    pub names: BTreeMap<String, Names>,
    /// Columns of numbers; NaN where the cell is empty, 0 and 1 for false and true.
    pub numbers: BTreeMap<String, Vec<f64>>,
}

/// What a column holds, as far as a frame distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Number,
    Truth,
    Instant,
    /// NULL in every row, whatever it would be.
    Empty,
    Other,
}

impl Kind {
    pub(crate) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Name,
            DataType::Dictionary(_, values) => Self::of(values),
            DataType::Boolean => Self::Truth,
            DataType::Timestamp(..) => Self::Instant,
            DataType::Null => Self::Empty,
            other if other.is_numeric() => Self::Number,
            _ => Self::Other,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Name => "text",
            Self::Number => "number",
            Self::Truth => "true or false",
            Self::Instant => "time stamp",
            Self::Empty => "nothing",
            Self::Other => "something else",
        }
    }
}

impl Frame {
    pub(crate) fn from_batches(batches: &[RecordBatch]) -> Result<Self, ArrowError> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let mut frame = Self { rows, ..Self::default() };
        let Some(first) = batches.first() else { return Ok(frame) };
        for (place, field) in first.schema().fields().iter().enumerate() {
            let arrays = batches.iter().map(|batch| batch.column(place));
            match Kind::of(field.data_type()) {
                Kind::Name => {
                    let mut names = Names { codes: Vec::with_capacity(rows), values: Vec::new() };
                    let mut codes: FxHashMap<String, u32> = FxHashMap::default();
                    for array in arrays {
                        let array = cast(array, &DataType::Utf8)?;
                        for text in array.as_string::<i32>() {
                            let code = match text {
                                None => NONE,
                                Some(text) => match codes.get(text) {
                                    Some(code) => *code,
                                    None => {
                                        let code = names.values.len() as u32;
                                        names.values.push(text.to_owned());
                                        codes.insert(text.to_owned(), code);
                                        code
                                    }
                                },
                            };
                            names.codes.push(code);
                        }
                    }
                    frame.names.insert(field.name().clone(), names);
                }
                Kind::Number | Kind::Truth => {
                    let mut numbers = Vec::with_capacity(rows);
                    for array in arrays {
                        let array = cast(array, &DataType::Float64)?;
                        numbers.extend(array.as_primitive::<Float64Type>().iter().map(|number| number.unwrap_or(f64::NAN)));
                    }
                    frame.numbers.insert(field.name().clone(), numbers);
                }
                Kind::Instant => {
                    let mut instants = Vec::with_capacity(rows);
                    for array in arrays {
                        let array = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
                        let array = cast(&array, &DataType::Int64)?;
                        instants.extend(array.as_primitive::<Int64Type>().iter().map(|instant| instant.unwrap_or(NEVER)));
                    }
                    if field.name() == "at" {
                        frame.at = instants;
                    } else {
                        let seconds = |at: i64| if at == NEVER { f64::NAN } else { at as f64 / 1e6 };
                        frame.numbers.insert(field.name().clone(), instants.into_iter().map(seconds).collect());
                    }
                }
                Kind::Empty => {
                    frame.names.insert(field.name().clone(), Names { codes: vec![NONE; rows], values: Vec::new() });
                    frame.numbers.insert(field.name().clone(), vec![f64::NAN; rows]);
                }
                Kind::Other => {}
            }
        }
        if frame.at.is_empty() {
            frame.at = vec![NEVER; rows];
        }
        Ok(frame)
    }

    /// The same observations in an order that does not depend on how the engine found them: sums of a snapshot come out alike to the last
    /// digit whoever computes them.
    #[must_use]
    pub(crate) fn in_order(mut self) -> Self {
        for column in self.names.values_mut() {
            let mut places: Vec<u32> = (0..column.values.len() as u32).collect();
            places.sort_unstable_by_key(|place| column.values.get(*place as usize));
            let mut ranks = vec![0; places.len()];
            for (rank, place) in places.iter().enumerate() {
                if let Some(slot) = ranks.get_mut(*place as usize) {
                    *slot = rank as u32;
                }
            }
            for code in column.codes.iter_mut().filter(|code| **code != NONE) {
                *code = ranks.get(*code as usize).copied().unwrap_or(NONE);
            }
            column.values.sort_unstable();
        }
        let names: Vec<&[u32]> = self.names.values().map(|column| column.codes.as_slice()).collect();
        let numbers: Vec<&[f64]> = self.numbers.values().map(Vec::as_slice).collect();
        let mut rows: Vec<usize> = (0..self.rows).collect();
        rows.sort_by(|one, other| {
            let at = self.at.get(*one).cmp(&self.at.get(*other));
            let by_name = || names.iter().map(|codes| codes.get(*one).cmp(&codes.get(*other))).find(|order| order.is_ne());
            let by_number = || {
                let value = |column: &[f64], row: usize| column.get(row).copied().unwrap_or(f64::NAN);
                numbers.iter().map(|column| value(column, *one).total_cmp(&value(column, *other))).find(|order| order.is_ne())
            };
            at.then_with(|| by_name().or_else(by_number).unwrap_or(std::cmp::Ordering::Equal))
        });
        self.take(&rows)
    }

    /// The rows for which `keep` is true.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.rows).filter(|row| keep(*row)).collect();
        self.take(&rows)
    }

    /// These rows, in this order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let names = |(name, column): (&String, &Names)| {
            let codes = rows.iter().filter_map(|row| column.codes.get(*row)).copied().collect();
            (name.clone(), Names { codes, values: column.values.clone() })
        };
        let numbers = |(name, column): (&String, &Vec<f64>)| {
            (name.clone(), rows.iter().filter_map(|row| column.get(*row)).copied().collect())
        };
        Self {
            rows: rows.len(),
            at: rows.iter().filter_map(|row| self.at.get(*row)).copied().collect(),
            names: self.names.iter().map(names).collect(),
            numbers: self.numbers.iter().map(numbers).collect(),
        }
    }

    /// A number of a row; `None` where the cell is empty or there is no such column.
    #[must_use]
    pub fn number(&self, column: &str, row: usize) -> Option<f64> {
        self.numbers.get(column)?.get(row).copied().filter(|number| !number.is_nan())
    }

    /// Whether a column of truths is true in a row; empty is not true.
    #[must_use]
    pub fn is_true(&self, column: &str, row: usize) -> bool {
        self.number(column, row).is_some_and(|truth| truth != 0.0)
    }

    /// A name of a row; `None` where the cell is empty or there is no such column.
    #[must_use]
    pub fn name(&self, column: &str, row: usize) -> Option<&str> {
        self.names.get(column)?.get(row)
    }
}

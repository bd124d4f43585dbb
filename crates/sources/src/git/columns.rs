//! Rows on their way into a table: one vector a column, text that repeats as a dictionary.

use std::hash::Hash;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;
use rustc_hash::FxHashMap;

/// A text column in which values repeat: rows hold keys, values are spelt out once.
pub struct Repeated<K> {
    keys: Vec<Option<i32>>,
    known: FxHashMap<K, i32>,
    values: Vec<String>,
}

impl<K> Default for Repeated<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), known: FxHashMap::default(), values: Vec::new() }
    }
}

impl<K: Hash + Eq> Repeated<K> {
    /// Adds a row; `spell` is asked only for a value that is new.
    pub fn push(&mut self, value: Option<K>, spell: impl FnOnce(&K) -> String) {
        let key = value.map(|value| match self.known.get(&value) {
            Some(key) => *key,
            None => {
                let key = i32::try_from(self.values.len()).unwrap_or(i32::MAX);
                self.values.push(spell(&value));
                self.known.insert(value, key);
                key
            }
        });
        self.keys.push(key);
    }

    /// The column.
    ///
    /// # Errors
    /// More than 2^31 different values.
    pub fn finish(self) -> Result<ArrayRef, ArrowError> {
        let values: ArrayRef = Arc::new(StringArray::from(self.values));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from(self.keys), values)?))
    }
}

/// A batch that grows column by column.
#[derive(Default)]
pub struct Columns(Vec<(&'static str, ArrayRef)>);

impl Columns {
    /// Adds a finished column.
    #[must_use]
    pub fn array(mut self, name: &'static str, array: ArrayRef) -> Self {
        self.0.push((name, array));
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, name: &'static str, values: Vec<Option<String>>) -> Self {
        self.array(name, Arc::new(StringArray::from(values)))
    }

    /// Adds whole numbers of 32 bits.
    #[must_use]
    pub fn int(self, name: &'static str, values: Vec<Option<i32>>) -> Self {
        self.array(name, Arc::new(Int32Array::from(values)))
    }

    /// Adds whole numbers of 64 bits.
    #[must_use]
    pub fn long(self, name: &'static str, values: Vec<Option<i64>>) -> Self {
        self.array(name, Arc::new(Int64Array::from(values)))
    }

    /// Adds fractions.
    #[must_use]
    pub fn fraction(self, name: &'static str, values: Vec<Option<f64>>) -> Self {
        self.array(name, Arc::new(Float64Array::from(values)))
    }

    /// Adds truth values.
    #[must_use]
    pub fn truth(self, name: &'static str, values: Vec<Option<bool>>) -> Self {
        self.array(name, Arc::new(BooleanArray::from(values)))
    }

    /// Adds instants given in seconds.
    #[must_use]
    pub fn instant(self, name: &'static str, seconds: Vec<Option<i64>>) -> Self {
        let micros: Vec<Option<i64>> =
            seconds.into_iter().map(|value| value.map(|seconds| seconds.saturating_mul(1_000_000))).collect();
        self.array(name, Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC")))
    }

    /// The batch.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn finish(self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_from_iter_with_nullable(self.0.into_iter().map(|(name, array)| (name, array, true)))
    }
}

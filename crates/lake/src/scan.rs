//! Reading rows of a snapshot: straight from the Parquet files that it pins, on all cores.

use std::fs::File;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::error::LakeError;
use crate::journal::SegmentRow;
use crate::schema::{ColumnSpec, ColumnType, TableSpec, text_dictionary};
use crate::segment::{ROWS_PER_GROUP, segment_path};
use crate::snapshot::Snapshot;

/// How text columns come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextAs {
    /// Plain `Utf8` arrays.
    #[default]
    Plain,
    /// `Dictionary(Int32, Utf8)`: much faster where values repeat. Each batch has dictionaries of its own.
    Dictionary,
}

/// A read of one table, as of one snapshot; see [`Snapshot::scan`].
pub struct Scan<'a> {
    snapshot: &'a Snapshot,
    table: &'static TableSpec,
    columns: Vec<&'static ColumnSpec>,
    text: TextAs,
    segments: Vec<&'a SegmentRow>,
    threads: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, table: &'static TableSpec) -> Self {
        Self {
            snapshot,
            table,
            columns: table.columns.iter().collect(),
            text: TextAs::Plain,
            segments: snapshot.segments(table.name).collect(),
            threads: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        }
    }

    /// Reads these columns, in this order, instead of all.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownColumn`].
    pub fn columns(mut self, names: &[&str]) -> Result<Self, LakeError> {
        self.columns = names
            .iter()
            .map(|name| {
                self.table
                    .column(name)
                    .ok_or_else(|| LakeError::UnknownColumn { table: self.table.name, column: (*name).to_owned() })
            })
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Says how text comes.
    #[must_use]
    pub fn text(mut self, text: TextAs) -> Self {
        self.text = text;
        self
    }

    /// Reads only the units for which `keep` is true.
    #[must_use]
    pub fn units(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.segments.retain(|segment| keep(&segment.unit));
        self
    }

    /// Number of rows that the read yields, from the pin, without opening a file.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.segments.iter().map(|segment| segment.rows).sum()
    }

    /// The schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(
            self.columns.iter().map(|column| Field::new(column.name, self.data_type(column), true)).collect::<Vec<_>>(),
        ))
    }

    /// Reads everything: by unit, within a unit in the order in which the rows were written.
    ///
    /// # Errors
    ///
    /// [`LakeError::Damaged`] when a file is gone, or has another size or number of rows than its pin says; a table is read whole or
    /// not at all. [`LakeError::Io`] and [`LakeError::Parquet`], naming the file.
    pub fn read(&self) -> Result<Vec<RecordBatch>, LakeError> {
        let files = parallel(self.threads, &self.segments, |segment| self.open(segment))?;
        let groups: Vec<(usize, usize)> = files
            .iter()
            .enumerate()
            .flat_map(|(file, metadata)| (0..metadata.metadata().num_row_groups()).map(move |group| (file, group)))
            .collect();
        let schema = self.schema();
        let batches = parallel(self.threads, &groups, |&(file, group)| match (files.get(file), self.segments.get(file)) {
            (Some(metadata), Some(segment)) => self.read_group(segment, metadata, group, &schema),
            _ => Ok(Vec::new()),
        })?;
        Ok(batches.into_iter().flatten().collect())
    }

    fn data_type(&self, column: &ColumnSpec) -> DataType {
        match (column.kind, self.text) {
            (ColumnType::Text, TextAs::Dictionary) => text_dictionary(),
            (kind, _) => kind.arrow(),
        }
    }

    /// Reads a file's footer and holds it against the pin.
    fn open(&self, segment: &SegmentRow) -> Result<ArrowReaderMetadata, LakeError> {
        let path = segment_path(self.snapshot.lake(), segment);
        let damaged = |problem: String| self.snapshot.damaged(&path, problem);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("is gone".to_owned())),
            Err(source) => return Err(LakeError::Io { action: "read", path, source }),
        };
        let size = file.metadata().map_err(LakeError::io("read", &path))?.len();
        if size != segment.size {
            return Err(damaged(format!("has {size} bytes instead of {}", segment.size)));
        }
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(LakeError::parquet("read", &path))?;
        let rows = metadata.metadata().file_metadata().num_rows();
        if u64::try_from(rows) != Ok(segment.rows) {
            return Err(damaged(format!("has {rows} rows instead of {}", segment.rows)));
        }
        // The file decides on the order of its columns; the caller on the representation of text.
        let fields: Vec<Field> = metadata
            .schema()
            .fields()
            .iter()
            .map(|field| match self.table.column(field.name()) {
                Some(column) => Field::new(column.name, self.data_type(column), true),
                None => field.as_ref().clone(),
            })
            .collect();
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
        ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(LakeError::parquet("read", &path))
    }

    fn read_group(
        &self,
        segment: &SegmentRow,
        metadata: &ArrowReaderMetadata,
        group: usize,
        schema: &SchemaRef,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let path = segment_path(self.snapshot.lake(), segment);
        let file = File::open(&path).map_err(LakeError::io("read", &path))?;
        let wanted = metadata
            .schema()
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| self.columns.iter().any(|column| column.name == field.name()))
            .map(|(index, _)| index);
        let projection = ProjectionMask::roots(metadata.parquet_schema(), wanted);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(projection)
            .with_batch_size(ROWS_PER_GROUP)
            .build()
            .map_err(LakeError::parquet("read", &path))?;
        let mut batches = Vec::with_capacity(1);
        for batch in reader {
            let batch = batch.map_err(|error| {
                LakeError::parquet("read", &path)(parquet::errors::ParquetError::ArrowError(error.to_string()))
            })?;
            let columns: Vec<ArrayRef> = schema
                .fields()
                .iter()
                .map(|field| match batch.column_by_name(field.name()) {
                    Some(array) => Arc::clone(array),
                    // The file is older than the column.
                    None => new_null_array(field.data_type(), batch.num_rows()),
                })
                .collect();
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|error| {
                LakeError::parquet("read", &path)(parquet::errors::ParquetError::ArrowError(error.to_string()))
            })?;
            batches.push(batch);
        }
        Ok(batches)
    }
}

/// Maps on up to `threads` threads, keeping the order; the first error in that order wins.
pub(crate) fn parallel<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    map: impl Fn(&T) -> Result<R, LakeError> + Sync,
) -> Result<Vec<R>, LakeError> {
    if threads <= 1 || items.len() <= 1 {
        return items.iter().map(map).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R, LakeError>)>> = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    let result = map(item);
                    let failed = result.is_err();
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    if failed {
                        // The others finish what they have begun.
                        next.store(items.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

//! Reading rows of a snapshot: straight from the Parquet files that it pins, on all cores.

use std::fs::File;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::error::LakeError;
use crate::journal::SegmentRow;
use crate::parallel::in_order;
use crate::schema::{ColumnSpec, ColumnType, TableSpec, text_dictionary};
use crate::segment::{ROWS_PER_GROUP, is_as_written, segment_path};
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
    /// [`LakeError::Damaged`] when a file is gone, or is not byte for byte what was written; a table is read whole or not at all.
    /// [`LakeError::Io`] and [`LakeError::Parquet`], naming the file.
    pub fn read(&self) -> Result<Vec<RecordBatch>, LakeError> {
        let mut batches = Vec::new();
        self.each(|batch| {
            batches.push(batch);
            Ok::<_, LakeError>(())
        })?;
        Ok(batches)
    }

    /// Hands the same batches as [`Scan::read`] to `take`, one after the other, while the next ones are being read: memory for a few
    /// batches, whatever the size of the table.
    ///
    /// # Errors
    ///
    /// Those of [`Scan::read`], and whatever `take` answers. What `take` has seen before an error is not the whole table.
    pub fn each<E: From<LakeError>>(&self, mut take: impl FnMut(RecordBatch) -> Result<(), E>) -> Result<(), E> {
        let mut files = Vec::with_capacity(self.segments.len());
        in_order(
            self.threads,
            &self.segments,
            |segment| self.open(segment),
            |file| {
                files.push(file);
                Ok::<_, E>(())
            },
        )?;
        let groups: Vec<(&SegmentRow, &ArrowReaderMetadata, usize)> = self
            .segments
            .iter()
            .zip(&files)
            .flat_map(|(segment, file)| (0..file.metadata().num_row_groups()).map(move |group| (*segment, file, group)))
            .collect();
        let schema = self.schema();
        in_order(
            self.threads,
            &groups,
            |(segment, file, group)| self.read_group(segment, file, *group, &schema),
            |batches| batches.into_iter().try_for_each(&mut take),
        )
    }

    fn data_type(&self, column: &ColumnSpec) -> DataType {
        match (column.kind, self.text) {
            (ColumnType::Text, TextAs::Dictionary) => text_dictionary(),
            (kind, _) => kind.arrow(),
        }
    }

    /// Holds a file against the pin, and reads its footer.
    fn open(&self, segment: &SegmentRow) -> Result<ArrowReaderMetadata, LakeError> {
        let path = segment_path(self.snapshot.lake(), segment);
        let damaged = |problem: String| self.snapshot.damaged(&path, problem);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("is gone".to_owned())),
            Err(source) => return Err(LakeError::Io { action: "read", path, source }),
        };
        let size = file.metadata().map_err(LakeError::io("read", &path))?.len();
        if size != segment.size {
            return Err(damaged(format!("has {size} bytes instead of {}", segment.size)));
        }
        if !is_as_written(&mut file, &segment.unit, &segment.path).map_err(LakeError::io("read", &path))? {
            return Err(damaged("has other contents than were written".to_owned()));
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

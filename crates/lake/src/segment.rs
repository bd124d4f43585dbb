//! Segments: immutable Parquet files that hold one unit's rows of one table, in the order in which they were handed over.
//!
//! A file's name holds a hash of its unit and its bytes, and its bytes depend on the rows, not on the batches that
//! brought them: the same rows make the same file, as long as text comes in the same representation.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use sha2::{Digest, Sha256};

use crate::durable;
use crate::error::LakeError;
use crate::journal::SegmentRow;
use crate::schema::{ColumnType, TableSpec, text_dictionary};

/// Rows per row group: the grain in which readers share the work among the cores.
pub(crate) const ROWS_PER_GROUP: usize = 128 * 1024;
/// Rows handed to the encoder at once, whatever the batches of the caller: page borders must not depend on those.
const ROWS_PER_CHUNK: usize = 64 * 1024;
/// Start of the names of segments.
pub(crate) const SEGMENT_PREFIX: &str = "seg-";

/// A segment that is on the disk, synced, and waits for [`crate::Writer::stage`] and a commit.
#[derive(Debug)]
#[must_use = "a segment that is not staged is never seen, and the next write removes its file"]
pub struct Segment {
    pub(crate) table: &'static TableSpec,
    pub(crate) unit: String,
    /// `None` for a segment without rows, which has no file.
    pub(crate) file: Option<SegmentRow>,
}

impl Segment {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.rows)
    }
}

/// Writes one segment, batch by batch, in memory that does not grow with the number of rows.
///
/// Independent of the [`crate::Writer`] that made it, so that several can be filled by several threads.
#[derive(Debug)]
pub struct SegmentWriter {
    table: &'static TableSpec,
    unit: String,
    folder: PathBuf,
    staged: PathBuf,
    /// Opened with the first row, because only that row says how text is represented.
    encoder: Option<ArrowWriter<HashedFile>>,
    schema: Option<SchemaRef>,
    /// Rows that wait for a whole chunk.
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
}

impl SegmentWriter {
    pub(crate) fn new(table: &'static TableSpec, unit: &str, folder: PathBuf) -> Self {
        let staged = durable::staged_path(&folder);
        Self {
            table,
            unit: unit.to_owned(),
            folder,
            staged,
            encoder: None,
            schema: None,
            pending: Vec::new(),
            pending_rows: 0,
            rows: 0,
        }
    }

    /// Adds rows after those that are there.
    ///
    /// Columns are found by name, in any order; one that is missing is null in all rows. Text may be `Utf8` or
    /// `Dictionary(Int32, Utf8)`, the same throughout a segment, and from run to run: the bytes of the file depend on it a little.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownColumn`], [`LakeError::Mismatch`] for a wrong type or a null in a required column, [`LakeError::Io`].
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = fit(self.table, &self.unit, batch, self.schema.as_ref())?;
        self.schema.get_or_insert_with(|| batch.schema());
        self.rows += batch.num_rows() as u64;
        let mut offset = 0;
        while offset < batch.num_rows() {
            let length = (ROWS_PER_CHUNK - self.pending_rows).min(batch.num_rows() - offset);
            self.pending.push(batch.slice(offset, length));
            self.pending_rows += length;
            offset += length;
            if self.pending_rows == ROWS_PER_CHUNK {
                self.encode_pending()?;
            }
        }
        Ok(())
    }

    /// Completes the file and syncs it.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`] and [`LakeError::Parquet`], naming the file.
    pub fn finish(mut self) -> Result<Segment, LakeError> {
        self.encode_pending()?;
        let table = self.table;
        let unit = self.unit.clone();
        let Some(encoder) = self.encoder.take() else {
            return Ok(Segment { table, unit, file: None });
        };
        let file = encoder.into_inner().map_err(LakeError::parquet("write", &self.staged))?;
        let (hash, size) = file.sync().map_err(LakeError::io("write", &self.staged))?;
        let path = segment_name(&unit, hash);
        durable::publish(&self.staged, &self.folder.join(&path))?;
        let file = SegmentRow { table: table.name.to_owned(), unit: unit.clone(), path, size, rows: self.rows };
        Ok(Segment { table, unit, file: Some(file) })
    }

    fn encode_pending(&mut self) -> Result<(), LakeError> {
        let (Some(schema), false) = (&self.schema, self.pending.is_empty()) else { return Ok(()) };
        let chunk = match self.pending.as_slice() {
            [only] => only.clone(),
            several => concat_batches(schema, several).map_err(|error| self.mismatch(error.to_string()))?,
        };
        self.pending.clear();
        self.pending_rows = 0;
        if self.encoder.is_none() {
            // Not before there is a row: outside readers take a folder without a log for a broken table.
            durable::create_folders(&self.folder)?;
            let file = File::create(&self.staged).map_err(LakeError::io("write", &self.staged))?;
            let options = ArrowWriterOptions::new()
                .with_properties(properties())
                // The Arrow schema would differ with the representation of text, and so would the bytes.
                .with_skip_arrow_metadata(true);
            let encoder = ArrowWriter::try_new_with_options(HashedFile::new(file, &self.unit), Arc::clone(schema), options)
                .map_err(LakeError::parquet("write", &self.staged))?;
            self.encoder = Some(encoder);
        }
        match &mut self.encoder {
            Some(encoder) => encoder.write(&chunk).map_err(LakeError::parquet("write", &self.staged)),
            None => Ok(()),
        }
    }

    fn mismatch(&self, problem: String) -> LakeError {
        LakeError::Mismatch { table: self.table.name, unit: self.unit.clone(), problem }
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        // After `finish` the name is gone already. What a killed process leaves is removed by the next writer.
        let _ = fs::remove_file(&self.staged);
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(true)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("candor ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}

/// Brings a batch into the table's order and checks it against the table.
fn fit(table: &'static TableSpec, unit: &str, batch: &RecordBatch, schema: Option<&SchemaRef>) -> Result<RecordBatch, LakeError> {
    let mismatch = |problem: String| LakeError::Mismatch { table: table.name, unit: unit.to_owned(), problem };
    for field in batch.schema_ref().fields() {
        if table.column(field.name()).is_none() {
            return Err(LakeError::UnknownColumn { table: table.name, column: field.name().clone() });
        }
    }
    let mut fields = Vec::with_capacity(table.columns.len());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let expected = schema.and_then(|schema| schema.field_with_name(column.name).ok()).map(Field::data_type);
        let array = match batch.column_by_name(column.name) {
            Some(array) => Arc::clone(array),
            None => new_null_array(expected.unwrap_or(&column.kind.arrow()), batch.num_rows()),
        };
        let kind = array.data_type();
        let allowed = *kind == column.kind.arrow() || (column.kind == ColumnType::Text && *kind == text_dictionary());
        if !allowed {
            return Err(mismatch(format!("column `{}` must hold {}, found {kind}", column.name, column.kind.word())));
        }
        if expected.is_some_and(|expected| expected != kind) {
            return Err(mismatch(format!("column `{}` changes its representation between batches", column.name)));
        }
        if column.required && array.is_nullable() && array.logical_null_count() > 0 {
            let row = (0..array.len()).find(|&row| array.logical_nulls().is_some_and(|nulls| nulls.is_null(row))).unwrap_or(0);
            return Err(mismatch(format!("column `{}` must have a value in every row, row {row} has none", column.name)));
        }
        fields.push(Field::new(column.name, kind.clone(), true));
        columns.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| mismatch(error.to_string()))
}

/// A part of a file name that a person recognises the unit by; the hash behind it makes the name unique.
pub(crate) fn slug(unit: &str) -> String {
    let mut slug: String = unit
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' || letter == '_' { letter } else { '-' })
        .collect();
    // The whole name must stay below 255 bytes with its prefix, hash and extension.
    slug.truncate(80);
    slug
}

/// A file that hashes and counts what is written into it.
struct HashedFile {
    file: BufWriter<File>,
    hash: Sha256,
    size: u64,
}

impl HashedFile {
    /// The unit is part of the hash, so that two units with the same rows have a file each.
    fn new(file: File, unit: &str) -> Self {
        Self { file: BufWriter::with_capacity(256 * 1024, file), hash: seeded_hash(unit), size: 0 }
    }

    /// Syncs the file and answers its hash and its size.
    fn sync(self) -> io::Result<(Sha256, u64)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((self.hash, self.size))
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// File name of a segment.
fn segment_name(unit: &str, hash: Sha256) -> String {
    format!("{SEGMENT_PREFIX}{}-{}.parquet", slug(unit), short_hash(hash))
}

/// Whether the bytes of `file` are those that were written for `unit` under `name`.
///
/// Parquet has no checksums of its own here, and a flipped bit could be read as another number.
pub(crate) fn is_as_written(file: &mut File, unit: &str, name: &str) -> io::Result<bool> {
    let mut hash = seeded_hash(unit);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => break,
            Some(bytes) => hash.update(bytes),
        }
    }
    Ok(segment_name(unit, hash) == name)
}

/// The beginning of a hash of something that bears a name.
pub(crate) fn seeded_hash(name: &str) -> Sha256 {
    Sha256::new().chain_update((name.len() as u64).to_le_bytes()).chain_update(name)
}

/// The first 128 bits of a hash, in hex.
pub(crate) fn short_hash(hash: Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Path of a segment's file in the lake.
pub(crate) fn segment_path(lake: &Path, segment: &SegmentRow) -> PathBuf {
    crate::table_folder(lake, &segment.table).join(&segment.path)
}

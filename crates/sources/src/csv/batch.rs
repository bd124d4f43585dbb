//! Typed rows as a batch of the lake.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use candor_lake::{ColumnType, TableSpec};
use candor_tables::{Cells, Rows};
use jiff::Timestamp;

/// Where rows come from.
pub(crate) struct Origin<'a> {
    pub source: &'a str,
    pub fetched_at: Timestamp,
    pub raw_ref: &'a str,
}

/// The rows in the order of the table's columns, the common ones included; `title` only where it is kept.
pub(crate) fn batch(spec: &TableSpec, rows: Rows, origin: &Origin<'_>, keep_titles: bool) -> Result<RecordBatch, ArrowError> {
    let length = rows.len();
    let table = rows.table;
    let mut cells: Vec<Option<Cells>> = rows.columns.into_iter().map(Some).collect();
    let mut fields = Vec::with_capacity(spec.columns.len());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(spec.columns.len());
    for column in spec.columns {
        let kind = column.kind.arrow();
        let own = table.position(column.name).and_then(|position| cells.get_mut(position)).and_then(Option::take);
        let array: ArrayRef = match (own, column.name) {
            (Some(_), "title") if !keep_titles => arrow_array::new_null_array(&kind, length),
            (Some(cells), _) => array(cells)?,
            (None, "row_number") => Arc::new(Int64Array::from(rows.numbers.clone())),
            (None, "source") => Arc::new(StringArray::from(vec![origin.source; length])),
            (None, "fetched_at") => {
                Arc::new(TimestampMicrosecondArray::from(vec![origin.fetched_at.as_microsecond(); length]).with_timezone("UTC"))
            }
            (None, "raw_ref") => Arc::new(StringArray::from(vec![origin.raw_ref; length])),
            (None, _) => arrow_array::new_null_array(&kind, length),
        };
        debug_assert_eq!(*array.data_type(), kind, "{}.{}", spec.name, column.name);
        debug_assert!(column.kind != ColumnType::Int32);
        fields.push(Field::new(column.name, kind, true));
        columns.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn array(cells: Cells) -> Result<ArrayRef, ArrowError> {
    Ok(match cells {
        Cells::Text(cells) => Arc::new(cells.iter().map(Option::as_deref).collect::<StringArray>()),
        Cells::Int(cells) => Arc::new(Int64Array::from(cells)),
        Cells::Num(cells) => Arc::new(Float64Array::from(cells)),
        Cells::Money(cells) => Arc::new(Decimal128Array::from(cells).with_precision_and_scale(20, 4)?),
        Cells::Bool(cells) => Arc::new(BooleanArray::from(cells)),
        Cells::Date(cells) => Arc::new(Date32Array::from(cells)),
        Cells::Time(cells) => Arc::new(TimestampMicrosecondArray::from(cells).with_timezone("UTC")),
    })
}

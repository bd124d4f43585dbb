//! Any rows that fit a table come back value by value, whatever the batches, the units and the representation of text.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use candor_lake::{ColumnType, Lake, TABLES, TableSpec, TextAs, Wait};
use common::{Folder, now};
use proptest::prelude::*;

/// One value of any column type; floating-point numbers by their bits, so that NaN and -0 count.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    Text(String),
    Whole(i64),
    Bits(u64),
    Bool(bool),
}

fn value(kind: ColumnType, required: bool) -> BoxedStrategy<Value> {
    let some = match kind {
        ColumnType::Text => prop_oneof![
            4 => prop::sample::select(vec!["", "a", "src/main.rs", "\"odd\\303\\244.rs\"", "ä\u{0}\n\u{10ffff}"]).prop_map(String::from),
            1 => any::<String>(),
        ]
        .prop_map(Value::Text)
        .boxed(),
        ColumnType::Int32 | ColumnType::Date => any::<i32>().prop_map(|value| Value::Whole(value.into())).boxed(),
        // The whole range of 20 digits does not fit into 64 bits; the reader knows no smaller type for it either.
        ColumnType::Decimal => any::<i64>().prop_map(Value::Whole).boxed(),
        ColumnType::Int64 | ColumnType::Timestamp => {
            prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0), Just(-1)].prop_map(Value::Whole).boxed()
        }
        ColumnType::Float64 => any::<f64>().prop_map(|value| Value::Bits(value.to_bits())).boxed(),
        ColumnType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
    };
    if required { some } else { prop_oneof![3 => some, 1 => Just(Value::Null)].boxed() }
}

fn rows(table: &'static TableSpec) -> impl Strategy<Value = Vec<Vec<Value>>> {
    let row: Vec<_> = table.columns.iter().map(|column| value(column.kind, column.required)).collect();
    prop::collection::vec(row, 0..40)
}

fn array(kind: ColumnType, values: impl Iterator<Item = Value>, dictionary: bool) -> ArrayRef {
    let whole = |value: Value| if let Value::Whole(value) = value { Some(value) } else { None };
    let text = |value: Value| if let Value::Text(value) = value { Some(value) } else { None };
    match kind {
        ColumnType::Text if dictionary => {
            let values: Vec<Option<String>> = values.map(text).collect();
            Arc::new(values.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
        }
        ColumnType::Text => Arc::new(values.map(text).collect::<StringArray>()),
        ColumnType::Int32 => {
            Arc::new(values.map(|value| whole(value).map(|value| i32::try_from(value).unwrap())).collect::<Int32Array>())
        }
        ColumnType::Date => {
            Arc::new(values.map(|value| whole(value).map(|value| i32::try_from(value).unwrap())).collect::<Date32Array>())
        }
        ColumnType::Decimal => {
            let values = values.map(|value| whole(value).map(i128::from)).collect::<Decimal128Array>();
            Arc::new(values.with_precision_and_scale(20, 4).unwrap())
        }
        ColumnType::Int64 => Arc::new(values.map(whole).collect::<Int64Array>()),
        ColumnType::Timestamp => Arc::new(values.map(whole).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        ColumnType::Float64 => Arc::new(
            values
                .map(|value| if let Value::Bits(bits) = value { Some(f64::from_bits(bits)) } else { None })
                .collect::<Float64Array>(),
        ),
        ColumnType::Bool => Arc::new(
            values.map(|value| if let Value::Bool(value) = value { Some(value) } else { None }).collect::<BooleanArray>(),
        ),
    }
}

fn batch(table: &TableSpec, rows: &[Vec<Value>], dictionary: bool) -> RecordBatch {
    let columns =
        table.columns.iter().enumerate().map(|(index, column)| {
            (column.name, array(column.kind, rows.iter().map(|row| row[index].clone()), dictionary), true)
        });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn value_at(kind: ColumnType, array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match kind {
        ColumnType::Text => match array.as_any_dictionary_opt() {
            Some(dictionary) => {
                Value::Text(dictionary.values().as_string::<i32>().value(dictionary.normalized_keys()[row]).to_owned())
            }
            None => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        },
        ColumnType::Int32 => Value::Whole(array.as_primitive::<Int32Type>().value(row).into()),
        ColumnType::Date => Value::Whole(array.as_primitive::<Date32Type>().value(row).into()),
        ColumnType::Decimal => Value::Whole(i64::try_from(array.as_primitive::<Decimal128Type>().value(row)).unwrap()),
        ColumnType::Int64 => Value::Whole(array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Timestamp => Value::Whole(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        ColumnType::Float64 => Value::Bits(array.as_primitive::<Float64Type>().value(row).to_bits()),
        ColumnType::Bool => Value::Bool(array.as_boolean().value(row)),
    }
}

fn values(table: &TableSpec, batches: &[RecordBatch]) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            rows.push(
                table.columns.iter().zip(batch.columns()).map(|(column, array)| value_at(column.kind, array, row)).collect(),
            );
        }
    }
    rows
}

type Rows = Vec<Vec<Value>>;

/// A table, the rows of two units in it, whether text comes in dictionaries, and where a batch ends.
fn cases() -> impl Strategy<Value = (&'static TableSpec, Rows, Rows, bool, usize)> {
    (0..TABLES.len()).prop_flat_map(|table| {
        let table = &TABLES[table];
        (Just(table), rows(table), rows(table), any::<bool>(), 0_usize..40)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_rows_come_back((table, first, second, dictionary, border) in cases()) {
        let folder = Folder::new("round-trip");
        let lake = Lake::open_or_create(folder.path()).unwrap();
        let mut writer = lake.write("test", now(), Wait::No).unwrap();
        let border = border.min(first.len());
        let parts = [batch(table, &first[..border], dictionary), batch(table, &first[border..], dictionary)];
        writer.replace_segment(table.name, "first unit", &parts).unwrap();
        writer.replace_segment(table.name, "second unit", [batch(table, &second, dictionary)]).unwrap();
        writer.commit("test", 1, "").unwrap();
        let snapshot = lake.latest().unwrap().unwrap();
        let expected: Vec<Vec<Value>> = first.iter().chain(&second).cloned().collect();
        for text in [TextAs::Plain, TextAs::Dictionary] {
            let batches = snapshot.scan(table.name).unwrap().text(text).read().unwrap();
            prop_assert_eq!(&values(table, &batches), &expected, "{} with text {:?}", table.name, text);
        }
    }
}

//! What a lake promises to its users: what was committed is there, unchanged, by snapshot; what was not, is not.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use candor_lake::{ColumnType, Lake, LakeError, SnapshotId, TABLES, TextAs, Wait, text_dictionary};
use common::{Folder, cohorts, lines_of, now, total_rows};

#[test]
fn the_list_of_tables_is_sound() {
    let mut names = Vec::new();
    for table in TABLES.iter() {
        assert!(!names.contains(&table.name), "two tables are called `{}`", table.name);
        names.push(table.name);
        assert!(!table.doc.is_empty(), "table `{}` has no doc", table.name);
        assert!(!table.key.is_empty(), "table `{}` has no key", table.name);
        let mut columns = Vec::new();
        for column in table.columns {
            assert!(!columns.contains(&column.name), "table `{}` has two columns `{}`", table.name, column.name);
            columns.push(column.name);
            assert!(!column.doc.is_empty(), "column `{}.{}` has no doc", table.name, column.name);
            let plain = column.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
            assert!(plain, "column `{}.{}` is not in snake case", table.name, column.name);
            if matches!(column.kind, ColumnType::Int32 | ColumnType::Int64 | ColumnType::Float64 | ColumnType::Timestamp) {
                assert!(!column.unit.is_empty(), "column `{}.{}` is a number without a unit", table.name, column.name);
            }
        }
        for key in table.key {
            assert!(columns.contains(key), "key column `{key}` of table `{}` does not exist", table.name);
        }
        assert_eq!(table.arrow_schema().fields().len(), table.columns.len());
    }
}

#[test]
fn what_is_committed_is_read_back_in_order() {
    let folder = Folder::new("read-back");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    assert!(lake.latest().unwrap().is_none(), "a new lake has no snapshot");
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "b", [cohorts("b", 0..300_000)]).unwrap();
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..10), cohorts("a", 10..15)]).unwrap();
    writer.put_state("mining/a", b"checkpoint of a").unwrap();
    assert!(lake.latest().unwrap().is_none(), "staged rows are not visible");
    let commit = writer.commit("test", 1, "first").unwrap();
    assert_eq!((commit.snapshot, commit.created), (SnapshotId(1), true));
    drop(writer);

    let snapshot = Lake::open(folder.path()).unwrap().latest().unwrap().unwrap();
    assert_eq!(snapshot.id(), SnapshotId(1));
    assert_eq!(snapshot.description(), "first");
    assert_eq!(snapshot.transaction(), ("test", 1));
    assert_eq!(snapshot.units("line_cohorts").collect::<Vec<_>>(), [("a", 15), ("b", 300_000)]);
    assert_eq!(snapshot.state("mining/a").unwrap().unwrap(), b"checkpoint of a");
    assert_eq!(snapshot.state("mining/b").unwrap(), None);
    let tables = snapshot.tables();
    assert_eq!(tables.len(), 1);
    assert_eq!((tables[0].table.name, tables[0].rows, tables[0].version, tables[0].segments), ("line_cohorts", 300_015, 0, 2));

    for text in [TextAs::Plain, TextAs::Dictionary] {
        let scan = snapshot.scan("line_cohorts").unwrap().columns(&["n_lines", "landing"]).unwrap().text(text);
        assert_eq!(scan.count(), 300_015);
        let batches = scan.read().unwrap();
        assert_eq!(total_rows(&batches), 300_015);
        let expected: Vec<i32> = (0..15).chain(0..300_000).collect();
        assert_eq!(lines_of(&batches), expected, "rows come by unit, and in the order in which they were written");
        for batch in &batches {
            assert_eq!(batch.schema(), scan.schema());
            let is_dictionary = *batch.column(1).data_type() == text_dictionary();
            assert_eq!(is_dictionary, text == TextAs::Dictionary);
        }
    }
    let mut seen = 0;
    let stopped = snapshot.scan("line_cohorts").unwrap().each(|batch| {
        seen += batch.num_rows();
        if seen > 15 { Err(LakeError::UnknownTable { name: "enough".to_owned() }) } else { Ok(()) }
    });
    assert!(stopped.is_err() && seen < 300_015, "the reader may stop: {seen} rows");
    let only = snapshot.scan("line_cohorts").unwrap().units(|unit| unit == "a").columns(&["n_lines"]).unwrap().read().unwrap();
    assert_eq!(lines_of(&only), (0..15).collect::<Vec<_>>());
    assert!(snapshot.read("changes", &["commit"]).unwrap().is_empty(), "a table without rows reads as no rows");
}

#[test]
fn snapshots_stay_as_they_were() {
    let folder = Folder::new("time-travel");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..5)]).unwrap();
    writer.replace_segment("line_cohorts", "b", [cohorts("b", 0..7)]).unwrap();
    writer.put_state("s", b"one").unwrap();
    let first = writer.commit("test", 1, "").unwrap().snapshot;
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 100..103)]).unwrap();
    writer.remove_segment("line_cohorts", "b").unwrap();
    writer.put_state("s", b"two").unwrap();
    let second = writer.commit("test", 2, "").unwrap().snapshot;
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..5)]).unwrap();
    writer.remove_state("s");
    let third = writer.commit("test", 3, "").unwrap().snapshot;
    writer.replace_segment("line_cohorts", "a", Vec::<RecordBatch>::new()).unwrap();
    let fourth = writer.commit("test", 4, "").unwrap().snapshot;
    drop(writer);

    for (id, rows, state) in [
        (first, (0..5).chain(0..7).collect::<Vec<_>>(), Some(&b"one"[..])),
        (second, (100..103).collect(), Some(b"two")),
        (third, (0..5).collect(), None),
        (fourth, vec![], None),
    ] {
        let snapshot = lake.snapshot(id).unwrap();
        assert_eq!(lines_of(&snapshot.read("line_cohorts", &["n_lines"]).unwrap()), rows, "rows of snapshot {id}");
        assert_eq!(snapshot.state("s").unwrap().as_deref(), state, "state of snapshot {id}");
    }
    assert_eq!(lake.snapshots().unwrap(), [first, second, third, fourth]);
    let missing = lake.snapshot(SnapshotId(9)).unwrap_err().to_string();
    assert!(missing.contains("no snapshot 9") && missing.contains("latest is 4"), "{missing}");
}

#[test]
fn the_same_content_makes_no_new_snapshot() {
    let folder = Folder::new("same");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let all = cohorts("a", 0..200_000);
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "a", [&all]).unwrap();
    writer.put_state("s", b"state").unwrap();
    let first = writer.commit("test", 1, "").unwrap();
    drop(writer);
    let files = folder.files();

    // Other batch borders, other order of columns: the same rows.
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    let borders = [0, 1, 70_000, 131_072, 199_999, 200_000];
    let parts: Vec<_> = borders.windows(2).map(|pair| reversed(&all.slice(pair[0], pair[1] - pair[0]))).collect();
    writer.replace_segment("line_cohorts", "a", &parts).unwrap();
    writer.put_state("s", b"state").unwrap();
    writer.remove_segment("line_cohorts", "never there").unwrap();
    writer.remove_state("never there");
    let second = writer.commit("test", 2, "").unwrap();
    drop(writer);
    assert_eq!((second.snapshot, second.created), (first.snapshot, false));
    assert_eq!(folder.files(), files, "no file came or went");
}

/// The same rows with the columns in reverse order.
fn reversed(batch: &RecordBatch) -> RecordBatch {
    let columns: Vec<_> = batch.schema_ref().fields().iter().zip(batch.columns()).rev().collect();
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(field, array)| (field.name(), Arc::clone(array), true)))
        .unwrap()
}

#[test]
fn rows_that_do_not_fit_are_refused_by_name() {
    let folder = Folder::new("misfit");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    let text = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let batch = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).unwrap();

    let error = writer.replace_segment("cohorts", "a", [cohorts("a", 0..1)]).unwrap_err();
    assert!(matches!(&error, LakeError::UnknownTable { name } if name == "cohorts"), "{error}");
    assert!(error.to_string().contains("`line_cohorts`"), "names the tables that there are: {error}");

    let rows = batch(vec![("person", text(vec![Some("p")])), ("nickname", text(vec![None]))]);
    let error = writer.replace_segment("people", "a", [rows]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the table `people` has no column `nickname`; its columns are `person`, `name`, `manager`, `professional_since`, `country`, `row_number`, `source`, `fetched_at`, `raw_ref`"
    );

    let rows = batch(vec![("person", Arc::new(Int32Array::from(vec![1])) as ArrayRef)]);
    let error = writer.replace_segment("people", "a", [rows]).unwrap_err().to_string();
    assert_eq!(error, "rows for table `people`, unit `a`, do not fit: column `person` must hold text, found Int32");

    let rows = batch(vec![("person", text(vec![Some("p"), None])), ("name", text(vec![None, None]))]);
    let error = writer.replace_segment("people", "a", [rows]).unwrap_err().to_string();
    assert!(error.contains("column `person` must have a value in every row, row 1 has none"), "{error}");

    let rows = batch(vec![("name", text(vec![Some("x")]))]);
    assert!(writer.replace_segment("people", "a", [rows]).is_err(), "a required column cannot be left out");

    assert!(writer.commit("test", 1, "nothing was staged").unwrap().created, "the first commit makes the first snapshot");
    assert!(lake.latest().unwrap().unwrap().tables().is_empty());
}

#[test]
fn folders_that_are_no_lake_are_named() {
    let folder = Folder::new("no-lake");
    let error = Lake::open(folder.path()).unwrap_err();
    assert!(matches!(error, LakeError::NotFound { .. }), "{error}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    assert!(folder.files().is_empty(), "looking writes nothing");

    std::fs::write(folder.path().join("journal.sqlite"), "this is a text file, long enough to be looked at as a database")
        .unwrap();
    let error = Lake::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("journal.sqlite") && error.to_string().contains("damaged"), "{error}");

    let error = Lake::open_or_create(folder.path().join("journal.sqlite/lake")).unwrap_err();
    assert!(error.to_string().contains("cannot create the folder"), "{error}");
}

#[test]
fn reading_leaves_no_trace() {
    let folder = Folder::new("no-trace");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..5)]).unwrap();
    writer.commit("test", 1, "").unwrap();
    let read =
        || lines_of(&Lake::open(folder.path()).unwrap().latest().unwrap().unwrap().read("line_cohorts", &["n_lines"]).unwrap());
    assert_eq!(read(), (0..5).collect::<Vec<_>>(), "beside a writer");
    drop(writer);
    let before = folder.files();
    assert_eq!(read(), (0..5).collect::<Vec<_>>(), "alone");
    assert_eq!(folder.files(), before);
}

#[test]
fn segments_may_be_filled_by_several_threads() {
    let folder = Folder::new("threads");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    let segments: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let mut segment = writer.segment("line_cohorts", &format!("unit{number}")).unwrap();
                scope.spawn(move || {
                    for part in 0..3 {
                        segment.push(&cohorts("a", part * 1000..(part + 1) * 1000)).unwrap();
                    }
                    segment.finish().unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for segment in segments {
        assert_eq!(segment.rows(), 3000);
        writer.stage(segment);
    }
    let dropped = writer.segment("line_cohorts", "dropped").unwrap();
    drop(dropped);
    writer.commit("test", 1, "").unwrap();
    let snapshot = lake.latest().unwrap().unwrap();
    assert_eq!(snapshot.units("line_cohorts").count(), 8);
    let expected: Vec<i32> = (0..8).flat_map(|_| 0..3000).collect();
    assert_eq!(lines_of(&snapshot.read("line_cohorts", &["n_lines"]).unwrap()), expected);
}

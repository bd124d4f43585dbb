//! Files that a crash, a full disk or somebody's hand has damaged: reads name them, the next writer mends what it can.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::Array;
use candor_lake::{Lake, LakeError, TextAs, Vacuumed, Wait};
use sha2::{Digest, Sha256};

use common::{Folder, assert_outside_agrees, cohorts, lines_of, now, outside_view};

/// A lake with two versions of `line_cohorts`: rows 0 to 4, then 10 to 19.
fn two_versions(name: &str) -> (Folder, Lake) {
    let folder = Folder::new(name);
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    for rows in [0..5, 10..20] {
        writer.replace_segment("line_cohorts", "a", [cohorts("a", rows)]).unwrap();
        writer.put_state("s", b"state").unwrap();
        writer.commit("test", 1, "").unwrap();
    }
    drop(writer);
    (folder, lake)
}

fn log(folder: &Folder, name: &str) -> PathBuf {
    folder.path().join("facts/line_cohorts/_delta_log").join(name)
}

fn rows_now(lake: &Lake) -> Vec<i32> {
    lines_of(&lake.latest().unwrap().unwrap().read("line_cohorts", &["n_lines"]).unwrap())
}

fn live_segment(folder: &Folder) -> PathBuf {
    let (_, live) = outside_view(folder.path(), "line_cohorts").unwrap();
    folder.path().join("facts/line_cohorts").join(live.keys().next().unwrap())
}

/// Takes over, expects a repair that says each of `words`, and that all readers agree after it.
fn assert_mended(folder: &Folder, lake: &Lake, words: &[&str]) {
    assert_eq!(rows_now(lake), (10..20).collect::<Vec<_>>(), "before the repair");
    let writer = lake.write("test", now(), Wait::No).unwrap();
    let told = writer.repairs().join("; ");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    drop(writer);
    assert_eq!(rows_now(lake), (10..20).collect::<Vec<_>>(), "after the repair");
    assert_outside_agrees(folder.path(), &lake.latest().unwrap().unwrap());
    let again = lake.write("test", now(), Wait::No).unwrap();
    assert!(again.repairs().is_empty(), "mended once: {:?}", again.repairs());
}

#[test]
fn damaged_log_entries_are_written_again() {
    let entry = "00000000000000000001.json";
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("torn", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("overwritten with as many zeros", |path| fs::write(path, vec![0; fs::read(path).unwrap().len()]).unwrap()),
        ("gone", |path| fs::remove_file(path).unwrap()),
    ];
    for (name, damage) in damages {
        let (folder, lake) = two_versions(&format!("log-{}", &name[..4]));
        let whole = fs::read(log(&folder, entry)).unwrap();
        damage(&log(&folder, entry));
        assert_mended(&folder, &lake, &["version 1", "line_cohorts"]);
        assert_eq!(fs::read(log(&folder, entry)).unwrap(), whole, "the entry that was {name}");
    }
}

#[test]
fn an_older_log_entry_is_written_again_too() {
    let (folder, lake) = two_versions("older");
    fs::write(log(&folder, "00000000000000000000.json"), "{").unwrap();
    assert_mended(&folder, &lake, &["version 0"]);
}

#[test]
fn entries_that_no_snapshot_knows_are_moved_aside() {
    let (folder, lake) = two_versions("foreign");
    let foreign = "{\"commitInfo\":{\"operation\":\"OPTIMIZE\"}}\n";
    fs::write(log(&folder, "00000000000000000002.json"), foreign).unwrap();
    // A table of which the journal knows nothing at all.
    let other = folder.path().join("facts/people/_delta_log");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("00000000000000000000.json"), foreign).unwrap();
    assert_mended(&folder, &lake, &["version 2 of table `line_cohorts`", "version 0 of table `people`", "aside"]);
    let aside = folder.path().join("aside/line_cohorts-00000000000000000002.json.0");
    assert_eq!(fs::read_to_string(aside).unwrap(), foreign, "nothing is deleted");
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.remove_segment("line_cohorts", "a").unwrap();
    writer.commit("test", 2, "").unwrap();
    assert_eq!(outside_view(folder.path(), "line_cohorts").unwrap().0, 2, "the version is used again");
}

#[test]
fn broken_checkpoints_are_moved_aside() {
    let (folder, lake) = two_versions("checkpoint");
    let segment = fs::read(live_segment(&folder)).unwrap();
    fs::write(log(&folder, "00000000000000000001.checkpoint.parquet"), &segment[..segment.len() / 2]).unwrap();
    fs::write(log(&folder, "_last_checkpoint"), r#"{"version":0,"size":3}"#).unwrap();
    assert_mended(&folder, &lake, &["broken checkpoint of version 1", "pointer to a missing checkpoint"]);
    assert!(!log(&folder, "_last_checkpoint").exists());
    assert!(!log(&folder, "00000000000000000001.checkpoint.parquet").exists());
}

#[test]
fn a_log_that_has_grown_gets_a_checkpoint_and_a_broken_one_is_replaced() {
    let (folder, lake) = two_versions("checkpoints");
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    for step in 2..51 {
        writer.replace_segment("line_cohorts", "b", [cohorts("b", 0..step)]).unwrap();
        writer.commit("test", 1, "").unwrap();
    }
    writer.remove_segment("line_cohorts", "b").unwrap();
    writer.commit("test", 1, "").unwrap();
    drop(writer);
    assert!(!log(&folder, "_last_checkpoint").exists());
    let checkpoint = log(&folder, "00000000000000000051.checkpoint.parquet");
    drop(lake.write("test", now(), Wait::No).unwrap());
    let pointer: serde_json::Value = serde_json::from_slice(&fs::read(log(&folder, "_last_checkpoint")).unwrap()).unwrap();
    let whole = fs::read(&checkpoint).unwrap();
    assert_eq!(pointer["version"], 51);
    assert_eq!(pointer["sizeInBytes"].as_u64(), Some(whole.len() as u64));
    assert_eq!(pointer["numOfAddFiles"], 1);

    // One protocol, one description, one transaction, one live file, and 50 removed ones (0..5 in `a`, 49 in `b`).
    assert_eq!(pointer["size"], 4 + 50);
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(fs::File::open(&checkpoint).unwrap(), 1000).unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let present = |name: &str| {
        let column = batches[0].column_by_name(name).unwrap();
        column.len() - column.null_count()
    };
    let counts = ["protocol", "metaData", "txn", "remove", "add"].map(present);
    assert_eq!(counts, [1, 1, 1, 50, 1], "actions in the checkpoint");

    fs::write(&checkpoint, &whole[..whole.len() / 2]).unwrap();
    assert_mended(&folder, &lake, &["broken checkpoint of version 51"]);
    assert_eq!(fs::read(&checkpoint).unwrap(), whole, "it is replaced");
}

#[test]
fn leftovers_of_an_interrupted_write_are_removed() {
    let (folder, lake) = two_versions("leftovers");
    let before = folder.files();
    for stray in [
        "facts/line_cohorts/.staged-1-1",
        "facts/line_cohorts/seg-a-00000000000000000000000000000000.parquet",
        "facts/line_cohorts/_delta_log/.staged-1-2",
        "state/.staged-1-3",
        "state/state-s-00000000000000000000000000000000",
    ] {
        fs::write(folder.path().join(stray), "stray").unwrap();
    }
    fs::write(folder.path().join("facts/line_cohorts/notes.txt"), "a person's").unwrap();
    assert_mended(
        &folder,
        &lake,
        &["removed 1 files of an interrupted write from table `line_cohorts`", "removed 1 state files"],
    );
    fs::remove_file(folder.path().join("facts/line_cohorts/notes.txt")).unwrap();
    assert_eq!(folder.files(), before);
}

#[test]
fn a_missing_or_changed_segment_is_named_and_never_skipped() {
    let (folder, lake) = two_versions("segment");
    let segment = live_segment(&folder);
    let whole = fs::read(&segment).unwrap();
    let read = || lake.latest().unwrap().unwrap().read("line_cohorts", &["n_lines"]);

    fs::write(&segment, &whole[..whole.len() / 2]).unwrap();
    let error = read().unwrap_err();
    assert!(matches!(&error, LakeError::Damaged { path, .. } if *path == segment), "{error}");
    assert!(error.to_string().contains("bytes instead of"), "{error}");

    // A single bit, in the data, which a decoder might take for another number.
    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 1;
    fs::write(&segment, flipped).unwrap();
    let error = read().unwrap_err();
    assert!(matches!(&error, LakeError::Damaged { path, .. } if *path == segment), "{error}");
    assert!(error.to_string().contains("has other contents than were written"), "{error}");

    fs::remove_file(&segment).unwrap();
    let error = read().unwrap_err();
    assert!(matches!(&error, LakeError::Damaged { path, .. } if *path == segment), "{error}");
    assert!(error.to_string().contains("is gone"), "{error}");

    fs::write(&segment, &whole).unwrap();
    assert_eq!(rows_now(&lake), (10..20).collect::<Vec<_>>());
    let journal = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    journal.execute("UPDATE segment SET row_count = 11 WHERE until IS NULL", []).unwrap();
    drop(journal);
    let error = read().unwrap_err().to_string();
    assert!(error.contains("has 10 rows instead of 11"), "{error}");
}

#[test]
fn a_missing_or_changed_state_is_named() {
    let (folder, lake) = two_versions("state");
    let state = folder.path().join(folder.files().into_iter().find(|(name, _)| name.starts_with("state/")).unwrap().0);
    let read = || lake.latest().unwrap().unwrap().state("s").unwrap_err().to_string();
    for (damage, problem) in [("stats", "has other contents than were written"), ("stat", "has 4 bytes instead of 5")] {
        fs::write(&state, damage).unwrap();
        let error = read();
        assert!(error.contains(state.to_str().unwrap()) && error.contains(problem), "{error}");
    }
    fs::remove_file(&state).unwrap();
    let error = read();
    assert!(error.contains(state.to_str().unwrap()) && error.contains("is gone"), "{error}");
}

/// What an older version wrote: fewer columns in the files, and a description that says so.
#[test]
fn a_column_is_null_in_files_that_are_older_than_it() {
    let (folder, lake) = two_versions("older-files");
    let segment = live_segment(&folder);
    let rows = cohorts("a", 10..20).project(&[1, 9]).unwrap();
    let mut bytes = Vec::new();
    let mut encoder = parquet::arrow::ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
    encoder.write(&rows).unwrap();
    encoder.close().unwrap();
    let digest = Sha256::new().chain_update(1_u64.to_le_bytes()).chain_update("a").chain_update(&bytes).finalize();
    let name = format!("seg-a-{}.parquet", digest[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    fs::write(segment.with_file_name(&name), &bytes).unwrap();
    let journal = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    let size = i64::try_from(bytes.len()).unwrap();
    journal.execute("UPDATE segment SET path = ?1, size = ?2 WHERE until IS NULL", rusqlite::params![name, size]).unwrap();
    let older = r#"{"id":"an older id","createdTime":1,"schemaString":"an older schema"}"#;
    journal.execute("UPDATE log_entry SET description = ?1 WHERE description IS NOT NULL", [older]).unwrap();
    drop(journal);

    let snapshot = lake.latest().unwrap().unwrap();
    for text in [TextAs::Plain, TextAs::Dictionary] {
        let scan = snapshot.scan("line_cohorts").unwrap().columns(&["evidence", "n_lines", "died_at"]).unwrap().text(text);
        let batches = scan.read().unwrap();
        assert_eq!(lines_of(&batches), (10..20).collect::<Vec<_>>());
        assert_eq!((batches[0].column(0).null_count(), batches[0].column(2).null_count()), (10, 10));
    }
    assert_eq!(snapshot.read("line_cohorts", &["evidence"]).unwrap()[0].num_rows(), 10, "even when no column is in the file");

    // The next version of the table tells outside readers of the columns that have come, once.
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    for (step, told) in [(2, true), (3, false)] {
        writer.replace_segment("line_cohorts", "b", [cohorts("b", 0..step)]).unwrap();
        writer.commit("test", 1, "").unwrap();
        let entry = fs::read_to_string(log(&folder, &format!("{step:020}.json"))).unwrap();
        assert_eq!(entry.contains("metaData"), told, "version {step}: {entry}");
        if told {
            assert!(entry.contains("an older id") && entry.contains(r#"\"name\":\"evidence\""#), "{entry}");
        }
    }
}

#[test]
fn a_table_without_rows_has_no_folder_that_outside_readers_would_take_for_a_broken_one() {
    let folder = Folder::new("empty");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", now(), Wait::No).unwrap();
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..0)]).unwrap();
    writer.put_state("s", b"state").unwrap();
    writer.commit("test", 1, "").unwrap();
    drop(writer);
    assert!(!folder.path().join("facts/line_cohorts").exists());

    // As an interrupted write leaves it, and as earlier versions made it.
    fs::create_dir_all(folder.path().join("facts/line_cohorts/_delta_log")).unwrap();
    fs::create_dir_all(folder.path().join("facts/evidence")).unwrap();
    fs::create_dir_all(folder.path().join("facts/commits")).unwrap();
    fs::write(folder.path().join("facts/commits/mine.txt"), "not ours").unwrap();
    drop(lake.write("test", now(), Wait::No).unwrap());
    assert!(!folder.path().join("facts/line_cohorts").exists() && !folder.path().join("facts/evidence").exists());
    assert!(folder.path().join("facts/commits/mine.txt").exists());
}

#[test]
fn vacuum_keeps_what_a_kept_snapshot_needs() {
    let folder = Folder::new("vacuum");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    let mut writer = lake.write("test", "2100-01-01T00:00:00Z".parse().unwrap(), Wait::No).unwrap();
    let mut commit = |rows: std::ops::Range<i32>, state: &[u8]| {
        writer.replace_segment("line_cohorts", "a", [cohorts("a", rows)]).unwrap();
        writer.put_state("s", state).unwrap();
        writer.commit("test", 1, "").unwrap().snapshot
    };
    // The rows of the first come back in the third: one file, needed by both.
    let ids = [commit(0..5, b"1"), commit(5..9, b"2"), commit(0..5, b"3"), commit(9..12, b"1")];
    let open = lake.snapshot(ids[1]).unwrap();

    let century = Duration::from_secs(100 * 366 * 86_400);
    assert_eq!(writer.vacuum(4, Duration::ZERO).unwrap(), Vacuumed::default(), "all four are kept");
    let young = writer.vacuum(2, century).unwrap();
    assert_eq!((young.snapshots, young.files), (2, 0), "two are forgotten, but their files are younger than that");
    assert!(open.read("line_cohorts", &["n_lines"]).is_ok(), "a reader that opened one before reads on");
    let old = writer.vacuum(2, Duration::ZERO).unwrap();
    assert_eq!((old.snapshots, old.files), (0, 2), "a segment and a state");
    assert!(old.bytes > 0);
    assert!(matches!(open.read("line_cohorts", &["n_lines"]), Err(LakeError::Damaged { .. })), "and is told when they are gone");
    assert!(matches!(lake.snapshot(ids[0]), Err(LakeError::NoSnapshot { .. })));
    for (id, rows, state) in [(ids[2], 0..5, b"3"), (ids[3], 9..12, b"1")] {
        let snapshot = lake.snapshot(id).unwrap();
        assert_eq!(lines_of(&snapshot.read("line_cohorts", &["n_lines"]).unwrap()), rows.collect::<Vec<_>>());
        assert_eq!(snapshot.state("s").unwrap().unwrap(), state);
    }
    drop(writer);
    let mut writer = lake.write("test", "2100-01-01T00:00:00Z".parse().unwrap(), Wait::No).unwrap();
    assert!(writer.repairs().is_empty(), "{:?}", writer.repairs());
    assert_eq!(writer.vacuum(0, Duration::ZERO).unwrap().snapshots, 1, "the newest is always kept");
    assert_eq!(rows_now(&lake), [9, 10, 11]);
    assert_outside_agrees(folder.path(), &lake.latest().unwrap().unwrap());
}

#[test]
fn vacuum_keeps_what_waits_for_a_commit() {
    let (_folder, lake) = two_versions("vacuum-staged");
    let mut writer = lake.write("test", "2100-01-01T00:00:00Z".parse().unwrap(), Wait::No).unwrap();
    // The rows of the first version come back, and with them its file, which vacuum would otherwise remove.
    writer.replace_segment("line_cohorts", "a", [cohorts("a", 0..5)]).unwrap();
    assert_eq!(writer.vacuum(1, Duration::ZERO).unwrap().files, 0);
    writer.commit("test", 2, "").unwrap();
    assert_eq!(rows_now(&lake), [0, 1, 2, 3, 4]);
}

#[test]
fn other_databases_and_newer_journals_are_left_alone() {
    let folder = Folder::new("newer");
    let path = folder.path().join("journal.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    for error in [Lake::open(folder.path()).unwrap_err(), Lake::open_or_create(folder.path()).unwrap_err()] {
        assert!(matches!(error, LakeError::NotOurs { .. }), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);

    let (folder, lake) = two_versions("newer-journal");
    rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let error = lake.write("test", now(), Wait::No).unwrap_err().to_string();
    assert!(error.contains("its version is 99, the newest known here is 1"), "{error}");
}

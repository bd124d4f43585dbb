//! Killed at any moment, a lake opens at what was acknowledged, and its next writer mends the rest.
//!
//! The writers that get killed are this test binary again, told by environment variables to play a writer.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use candor_lake::{Lake, LakeError, Snapshot, Wait, Writer};
use common::{Folder, assert_outside_agrees, cohorts, lines_of, now, outside_view};

const FOLDER: &str = "CANDOR_LAKE_TEST_FOLDER";
const LARGE: &str = "CANDOR_LAKE_TEST_LARGE";
const UNITS: i64 = 3;

/// Plays a writer of one large segment, when told so; passes at once otherwise.
#[test]
fn play_large_writer() {
    let Some(folder) = std::env::var_os(LARGE) else { return };
    let lake = Lake::open_or_create(folder).unwrap();
    let mut writer = lake.write("crash test", now(), Wait::No).unwrap();
    if let Err(error) = writer.replace_segment("line_cohorts", "large", [cohorts("large", 0..200_000)]) {
        println!("\nfailed: {error}");
    }
}

/// Plays a writer that commits for ever, when told so; passes at once otherwise.
#[test]
fn play_writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    if let Err(error) = write_for_ever(Path::new(&folder)) {
        println!("\nfailed: {error}");
    }
}

fn write_for_ever(folder: &Path) -> Result<(), LakeError> {
    let lake = Lake::open_or_create(folder)?;
    let mut writer = lake.write("crash test", now(), Wait::While(&mut |_| true))?;
    let mut step = writer.latest()?.map_or(0, |snapshot| step_of(&snapshot));
    loop {
        step += 1;
        write_step(&mut writer, step)?;
        println!("\nacknowledged {step}");
        std::io::stdout().flush().unwrap();
    }
}

fn write_step(writer: &mut Writer, step: i64) -> Result<(), LakeError> {
    let unit = format!("unit{}", step % UNITS);
    writer.replace_segment("line_cohorts", &unit, [cohorts(&unit, rows_of(step))])?;
    if step % 4 == 0 {
        writer.remove_segment("line_cohorts", &format!("unit{}", (step + 1) % UNITS))?;
    }
    writer.replace_segment("left_out", "all", [left_out(step)])?;
    writer.put_state("step", step.to_string().as_bytes())?;
    assert!(writer.commit("crash test", step, "a step")?.created);
    Ok(())
}

fn rows_of(step: i64) -> std::ops::Range<i32> {
    let start = i32::try_from(step).unwrap() * 100;
    start..start + 1 + i32::try_from(step * 7919 % 1500).unwrap()
}

fn left_out(step: i64) -> arrow_array::RecordBatch {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let step = Arc::new(Int64Array::from(vec![step])) as ArrayRef;
    arrow_array::RecordBatch::try_from_iter([
        ("repo", text("all")),
        ("landing", text("00")),
        ("reason", text("lock")),
        ("lines", step),
    ])
    .unwrap()
}

fn step_of(snapshot: &Snapshot) -> i64 {
    String::from_utf8(snapshot.state("step").unwrap().unwrap()).unwrap().parse().unwrap()
}

/// Asserts that the snapshot holds exactly what the writer had after the step that the snapshot says it is of.
fn assert_holds_one_step(snapshot: &Snapshot) {
    let step = step_of(snapshot);
    let mut expected: Vec<Option<std::ops::Range<i32>>> = vec![None; usize::try_from(UNITS).unwrap()];
    for earlier in 1..=step {
        expected[usize::try_from(earlier % UNITS).unwrap()] = Some(rows_of(earlier));
        if earlier % 4 == 0 {
            expected[usize::try_from((earlier + 1) % UNITS).unwrap()] = None;
        }
    }
    let rows: Vec<i32> = expected.into_iter().flatten().flatten().collect();
    assert_eq!(lines_of(&snapshot.read("line_cohorts", &["n_lines"]).unwrap()), rows, "line_cohorts at step {step}");
    let left_out = snapshot.read("left_out", &["lines"]).unwrap();
    let lines =
        arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Int64Type>(left_out[0].column(0)).values().to_vec();
    assert_eq!(lines, [step], "left_out at step {step}");
    assert_eq!(snapshot.transaction(), ("crash test", step));
}

fn start_writer(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "play_writer", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The steps that the writer acknowledges, as they come.
fn acknowledged(writer: &mut Child) -> mpsc::Receiver<i64> {
    let (send, receive) = mpsc::channel();
    let output = BufReader::new(writer.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if let Some(step) = line.strip_prefix("acknowledged ") {
                let _ = send.send(step.parse().unwrap());
            }
        }
    });
    receive
}

#[test]
fn a_hundred_kills_lose_nothing_that_was_acknowledged() {
    let folder = Folder::new("kills");
    let lake = Lake::open_or_create(folder.path()).unwrap();
    // A linear congruential generator (Knuth's MMIX constants) with a fixed seed chooses the moments.
    let mut random: u64 = 20_260_102;
    let (mut last, mut killed_in_commit) = (0, 0);
    for kill in 0..100 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut writer = start_writer(folder.path());
        let steps = acknowledged(&mut writer);
        // From the first step on, so that most kills hit a commit and not the start; every tenth hits the start too.
        let wait = Duration::from_micros(random >> 33 & 0x7fff);
        let first = if kill % 10 == 0 { None } else { steps.recv_timeout(Duration::from_secs(60)).ok() };
        std::thread::sleep(wait);
        writer.kill().unwrap();
        let output = writer.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "the writer failed by itself: {stderr}");
        let acknowledged = first.into_iter().chain(steps.iter()).last().unwrap_or(last);
        assert!(acknowledged >= last, "kill {kill}: step {acknowledged} after {last}");

        let found = match lake.latest().unwrap() {
            None => 0,
            Some(snapshot) => {
                assert_holds_one_step(&snapshot);
                step_of(&snapshot)
            }
        };
        // A commit may have come through whose acknowledgement did not.
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "kill {kill}: the lake is at step {found}, acknowledged was {acknowledged}"
        );
        killed_in_commit += i64::from(found != acknowledged);
        for table in ["line_cohorts", "left_out"] {
            outside_view(folder.path(), table);
        }
        last = found;
    }
    assert!(last >= 90, "the kills came too early to mean anything: {last} steps");
    println!("{last} steps, {killed_in_commit} of them committed and killed before they were acknowledged");

    let mut writer = lake.write("test", "2100-01-01T00:00:00Z".parse().unwrap(), Wait::No).unwrap();
    let snapshot = writer.latest().unwrap().unwrap();
    assert_holds_one_step(&snapshot);
    assert_outside_agrees(folder.path(), &snapshot);
    for id in lake.snapshots().unwrap() {
        assert_holds_one_step(&lake.snapshot(id).unwrap());
    }
    // Everything that is there is needed: nothing of the interrupted writes is left.
    writer.vacuum(1, Duration::ZERO).unwrap();
    drop(writer);
    assert_eq!(lake.write("test", now(), Wait::No).unwrap().repairs(), <[String; 0]>::default());
    let pinned: usize = snapshot.tables().iter().map(|table| table.segments).sum();
    let segments = folder.files().into_iter().filter(|(name, _)| name.contains("/seg-")).count();
    assert_eq!(segments, pinned, "segments on the disk");
    assert!(!folder.files().iter().any(|(name, _)| name.contains("staged")), "staged files are left: {:?}", folder.files());
}

#[test]
fn the_second_writer_waits_or_is_told_who_writes() {
    let folder = Folder::new("two-writers");
    let mut writer = start_writer(folder.path());
    let steps = acknowledged(&mut writer);
    steps.recv_timeout(Duration::from_secs(60)).unwrap();
    let lake = Lake::open(folder.path()).unwrap();

    let error = lake.write("the second", now(), Wait::No).unwrap_err();
    let LakeError::Busy { holder, .. } = &error else { panic!("{error}") };
    assert_eq!((holder.pid, holder.name.as_str(), holder.since), (writer.id(), "crash test", now()));
    assert!(
        error.to_string().contains(&format!("`crash test` (process {}, since 2026-01-02T03:04:05Z)", writer.id())),
        "{error}"
    );

    let mut calls = 0;
    let patience = &mut |_: &candor_lake::Holder| {
        calls += 1;
        calls < 2
    };
    assert!(matches!(lake.write("the second", now(), Wait::While(patience)), Err(LakeError::Busy { .. })));
    assert_eq!(calls, 2, "the waiting one is asked each second");

    // Readers need not wait.
    assert_holds_one_step(&lake.latest().unwrap().unwrap());

    let id = writer.id();
    let mut told = Vec::new();
    let mut second = lake
        .write(
            "the second",
            now(),
            Wait::While(&mut |holder| {
                told.push(holder.pid);
                writer.kill().unwrap();
                writer.wait().unwrap();
                true
            }),
        )
        .unwrap();
    assert_eq!(told, [id], "it is told who writes, and has the lock as soon as that one is gone");
    second.remove_segment("left_out", "all").unwrap();
    assert!(second.commit("test", 1, "").unwrap().created);
}

#[test]
fn two_writers_of_the_same_rows_lose_no_update() {
    let folder = Folder::new("same-rows");
    let mut writers: Vec<Child> = (0..2).map(|_| start_writer_of_one_step(folder.path())).collect();
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let lake = Lake::open(folder.path()).unwrap();
    // Each adds one to what it found, 50 times.
    assert_eq!(step_of(&lake.latest().unwrap().unwrap()), 100);
    assert_eq!(lake.snapshots().unwrap().len(), 100);
}

const ROUNDS: &str = "CANDOR_LAKE_TEST_ROUNDS";

fn start_writer_of_one_step(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "play_counter", "--test-threads=1"])
        .env(ROUNDS, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Plays one of two writers that count together, when told so; passes at once otherwise.
#[test]
fn play_counter() {
    let Some(folder) = std::env::var_os(ROUNDS) else { return };
    let lake = Lake::open_or_create(folder).unwrap();
    for _ in 0..50 {
        let mut writer = lake.write("counter", now(), Wait::While(&mut |_| true)).unwrap();
        let step = writer.latest().unwrap().map_or(0, |snapshot| step_of(&snapshot)) + 1;
        writer.replace_segment("left_out", "all", [left_out(step)]).unwrap();
        writer.put_state("step", step.to_string().as_bytes()).unwrap();
        writer.commit("counter", step, "").unwrap();
    }
}

/// A limit on the size of files stands for a full disk: writes fail in the middle, of segments, of the journal, of the log.
#[cfg(unix)]
#[test]
fn a_write_that_finds_no_room_fails_with_its_reason_and_loses_nothing() {
    let cases = [
        (8, "nothing", FOLDER, "play_writer"),
        (120, "a new lake", FOLDER, "play_writer"),
        (400, "some commits", FOLDER, "play_writer"),
        (1000, "a part of a segment", LARGE, "play_large_writer"),
    ];
    for (blocks, room_for, variable, player) in cases {
        let folder = Folder::new(&format!("no-room-{blocks}"));
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh", &blocks.to_string()])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", player, "--nocapture", "--test-threads=1"])
            .env(variable, folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let acknowledged: i64 = text.lines().filter_map(|line| line.strip_prefix("acknowledged ")).count().try_into().unwrap();
        let error = text.lines().find_map(|line| line.strip_prefix("failed: ")).unwrap_or_else(|| panic!("no reason in: {text}"));
        println!("room for {room_for}: {acknowledged} steps, then {error}");
        assert!(error.contains("cannot ") && error.contains(folder.path().to_str().unwrap()), "names what and where: {error}");
        assert!(error.contains("what was saved before is intact"), "says how things stand: {error}");
        let in_segment = error.contains("facts/line_cohorts");
        assert_eq!(in_segment, variable == LARGE, "{error}");

        let lake = Lake::open_or_create(folder.path()).unwrap();
        let found = lake.latest().unwrap().map_or(0, |snapshot| {
            assert_holds_one_step(&snapshot);
            step_of(&snapshot)
        });
        assert!(found == acknowledged || found == acknowledged + 1, "{found} steps found, {acknowledged} acknowledged");
        let mut writer = lake.write("test", now(), Wait::No).unwrap();
        write_step(&mut writer, found + 1).unwrap();
        assert_outside_agrees(folder.path(), &writer.latest().unwrap().unwrap());
    }
}

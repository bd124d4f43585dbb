//! CSV files of the contract as facts: checked as one import, upserted by key, one snapshot, the files kept as they came.

mod batch;
mod forget;
mod held;
mod upsert;

use std::cell::RefCell;
use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use candor_lake::{Lake, Snapshot, SnapshotId, Wait, Writer};
use candor_tables::{Dialect, Fault, File, Settings, Table};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};

use crate::git::{SourceError, people};
pub use forget::{Forgotten, forget};
pub use upsert::Counts;

/// The unit in which rows of files are kept.
pub(crate) const UNIT: &str = "csv";
/// The unit in which ids of people.csv stand as identities: elsewhere a person has a keyed hash only.
const IDS: &str = "csv/ids";
/// Version of what an import writes.
const VERSION: i64 = 1;
/// How often an import that leaves out rows looks again for rows that depended on them.
const ROUNDS: usize = 64;

/// A file to import.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name in messages.
    pub name: String,
    /// Its table.
    pub table: &'static Table,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// The text to read, where that is not what the file holds: another dialect, another format.
    pub text: Option<(String, Dialect)>,
    /// The source that rows of it name.
    pub source: &'static str,
}

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What reading depends on.
    pub settings: Settings,
    /// Whether the files are the whole of their tables: what they do not hold goes.
    pub replace: bool,
    /// Whether good rows are taken where others are not.
    pub keep_going: bool,
    /// Whether titles are kept.
    pub keep_titles: bool,
}

/// What became of one file.
#[derive(Debug, Clone)]
pub struct FileOutcome {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: &'static str,
    /// Rows that were taken, or would have been.
    pub rows: usize,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
}

/// What became of an import.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The files, in the order in which they were given.
    pub files: Vec<FileOutcome>,
    /// What changed, by table; empty when the import was refused.
    pub tables: BTreeMap<&'static str, Counts>,
    /// The snapshot that holds the rows; `None` when the import was refused, or there is no lake yet and nothing to write.
    pub snapshot: Option<SnapshotId>,
    /// Whether anything changed.
    pub created: bool,
}

impl Imported {
    /// Whether any file has a fault.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        self.files.iter().any(|file| !file.faults.is_empty())
    }
}

/// The key of a person: a hash of the id under the lake's key, so that ids of different lakes do not match.
#[must_use]
pub fn person_key(key: &[u8], id: &str) -> String {
    let digest = Sha256::new().chain_update(key).chain_update(b"person\0").chain_update(id).finalize();
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Files as they were read and checked.
struct Checked {
    files: Vec<File>,
    /// All faults, by file; those of rows that were left out too.
    faults: Vec<Vec<Fault>>,
    /// Files of which no row could be taken.
    lost: Vec<bool>,
}

fn read(inputs: &[Input], settings: &Settings) -> Vec<File> {
    inputs
        .iter()
        .map(|input| match &input.text {
            Some((text, dialect)) => candor_tables::read_text(&input.name, input.table, text.clone(), *dialect, settings),
            None => candor_tables::read(&input.name, input.table, &input.bytes, settings),
        })
        .collect()
}

fn check(inputs: &[Input], options: &Options, before: Option<&Snapshot>, key: &[u8]) -> Result<Checked, SourceError> {
    let mut held = before.map(held::held).transpose()?.unwrap_or_default();
    if options.replace {
        inputs.iter().for_each(|input| held.clear(input.table.name));
    }
    let known: RefCell<FxHashMap<String, String>> = RefCell::default();
    let hash = |id: &str| {
        if let Some(hash) = known.borrow().get(id) {
            return hash.clone();
        }
        let hash = person_key(key, id);
        known.borrow_mut().insert(id.to_owned(), hash.clone());
        hash
    };
    let plain = read(inputs, &options.settings);
    if !options.keep_going {
        let mut files = plain;
        candor_tables::check(&mut files, &mut held, &hash);
        let faults = files.iter().map(|file| file.faults.clone()).collect();
        return Ok(Checked { files, faults, lost: vec![false; inputs.len()] });
    }
    let lost: Vec<bool> = plain.iter().map(File::is_lost).collect();
    // Rows that are left out take with them the rows that refer to them, until nothing is wrong with the rest.
    let mut faults: Vec<Vec<Fault>> = vec![Vec::new(); inputs.len()];
    let mut left_out: Vec<FxHashSet<u32>> = vec![FxHashSet::default(); inputs.len()];
    for _ in 0..ROUNDS {
        let mut files = plain.clone();
        for ((file, left_out), faults) in files.iter_mut().zip(&left_out).zip(&mut faults) {
            if file.is_lost() {
                faults.clone_from(&file.faults);
                let all = file.rows.lines.iter().copied().collect();
                file.leave_out(&all);
                file.faults.clear();
            } else {
                file.leave_out(left_out);
            }
        }
        candor_tables::check(&mut files, &mut held.clone(), &hash);
        if files.iter().all(File::is_sound) {
            for faults in &mut faults {
                faults.sort_by_key(|fault| (fault.line, fault.field));
            }
            return Ok(Checked { files, faults, lost });
        }
        for ((file, left_out), faults) in files.iter().zip(&mut left_out).zip(&mut faults) {
            left_out.extend(file.faulty_lines());
            faults.extend(file.faults.iter().cloned());
        }
    }
    // Something that no row answers for: nothing is taken.
    let mut files = plain;
    candor_tables::check(&mut files, &mut held, &hash);
    let faults = files.iter().map(|file| file.faults.clone()).collect();
    for file in &mut files {
        let all = file.rows.lines.iter().copied().collect();
        file.leave_out(&all);
    }
    Ok(Checked { files, faults, lost: vec![true; inputs.len()] })
}

/// Checks files against each other and against what the lake holds; writes nothing.
///
/// # Errors
/// The lake cannot be read, or there is no randomness for a first key.
pub fn validate(lake: Option<&Lake>, inputs: &[Input], options: &Options) -> Result<Vec<FileOutcome>, SourceError> {
    let before = lake.map(Lake::latest).transpose()?.flatten();
    let key = key_of(before.as_ref())?;
    let checked = check(inputs, options, before.as_ref(), &key)?;
    Ok(outcomes(inputs, &checked))
}

fn key_of(before: Option<&Snapshot>) -> Result<Vec<u8>, SourceError> {
    match before.map(|snapshot| snapshot.state("key")).transpose()?.flatten() {
        Some(key) => Ok(key),
        None => people::new_key(),
    }
}

fn outcomes(inputs: &[Input], checked: &Checked) -> Vec<FileOutcome> {
    inputs
        .iter()
        .zip(checked.files.iter().zip(&checked.faults))
        .map(|(input, (file, faults))| FileOutcome {
            name: input.name.clone(),
            table: input.table.name,
            rows: file.rows.len(),
            faults: faults.clone(),
        })
        .collect()
}

/// Imports files as one snapshot, or writes nothing.
///
/// # Errors
/// The lake cannot be read or written. Faults of the files are no errors: they are in the answer.
pub fn import(lake: &Lake, inputs: &[Input], options: &Options, wait: Wait<'_>) -> Result<Imported, SourceError> {
    let now = options.settings.now;
    // Looked at before the lock is taken: a file that is refused leaves no trace.
    let before = lake.latest()?;
    let key = key_of(before.as_ref())?;
    let mut checked = check(inputs, options, before.as_ref(), &key)?;
    let refused = Imported { files: outcomes(inputs, &checked), tables: BTreeMap::new(), snapshot: None, created: false };
    if (refused.has_faults() && !options.keep_going) || refused.files.is_empty() {
        return Ok(refused);
    }
    let mut writer = lake.write("candor import", now, wait)?;
    let latest = writer.latest()?;
    if latest.as_ref().map(Snapshot::id) != before.as_ref().map(Snapshot::id) {
        // Another process wrote in between: checked again, on what is there now.
        let key = key_of(latest.as_ref())?;
        checked = check(inputs, options, latest.as_ref(), &key)?;
        let refused = Imported { files: outcomes(inputs, &checked), tables: BTreeMap::new(), snapshot: None, created: false };
        if refused.has_faults() && !options.keep_going {
            return Ok(refused);
        }
        return write(&mut writer, inputs, options, latest.as_ref(), checked, &key, now);
    }
    write(&mut writer, inputs, options, before.as_ref(), checked, &key, now)
}

fn write(
    writer: &mut Writer,
    inputs: &[Input],
    options: &Options,
    before: Option<&Snapshot>,
    checked: Checked,
    key: &[u8],
    now: Timestamp,
) -> Result<Imported, SourceError> {
    let files = outcomes(inputs, &checked);
    let mut ids: Vec<(String, String)> = Vec::new();
    let mut new: BTreeMap<&'static str, Vec<RecordBatch>> = BTreeMap::new();
    let mut raws: BTreeMap<&'static str, Vec<(String, usize)>> = BTreeMap::new();
    for (index, (input, file)) in inputs.iter().zip(checked.files).enumerate() {
        let spec = candor_lake::table(input.table.name)
            .ok_or_else(|| candor_lake::LakeError::UnknownTable { name: input.table.name.to_owned() })?;
        if checked.lost.get(index) == Some(&true) {
            continue;
        }
        let digest: String = Sha256::digest(&input.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let raw = format!("raw/{}/{digest}", input.source);
        if input.table.name == "people" {
            let person = input.table.position("person").unwrap_or(0);
            ids.extend((0..file.rows.len()).map(|row| file.raw(row, person)).map(|id| (person_key(key, &id), id)));
        }
        let origin = batch::Origin { source: input.source, fetched_at: now, raw_ref: &raw };
        let rows = batch::batch(spec, file.rows, &origin, options.keep_titles).map_err(SourceError::rows(input.table.name))?;
        new.entry(input.table.name).or_default().push(rows);
        raws.entry(input.table.name).or_default().push((raw, index));
    }
    let mut tables = BTreeMap::new();
    let mut said = Vec::new();
    for (name, batches) in new {
        let fits = SourceError::rows(name);
        let Some(schema) = batches.first().map(RecordBatch::schema) else { continue };
        let rows = match batches.as_slice() {
            [only] => only.clone(),
            several => arrow_select::concat::concat_batches(&schema, several).map_err(SourceError::rows(name))?,
        };
        let old = match before {
            Some(snapshot) => {
                let scan = snapshot.scan(name)?.units(|unit| unit == UNIT);
                let schema = scan.schema();
                arrow_select::concat::concat_batches(&schema, &scan.read()?).map_err(SourceError::rows(name))?
            }
            None => RecordBatch::new_empty(schema),
        };
        let Some(table) = candor_tables::table(name) else { continue };
        let (merged, counts) = upsert::upsert(table, &old, &rows, options.replace).map_err(fits)?;
        tables.insert(name, counts);
        let Some(merged) = merged else { continue };
        said.push(format!("{name} +{} ~{} -{}", counts.added, counts.changed, counts.removed));
        writer.replace_segment(name, UNIT, [merged])?;
        for (raw, index) in raws.remove(name).into_iter().flatten() {
            if let Some(input) = inputs.get(index) {
                writer.put_state(&raw, &input.bytes)?;
            }
        }
    }
    if tables.contains_key("people") {
        keep_ids(writer, before, ids, options.replace)?;
    }
    if said.is_empty() {
        let latest = before.map(Snapshot::id);
        return Ok(Imported { files, tables, snapshot: latest, created: false });
    }
    writer.put_state("key", key)?;
    let done = writer.commit("csv", VERSION, &format!("import: {}", said.join(", ")))?;
    Ok(Imported { files, tables, snapshot: Some(done.snapshot), created: done.created })
}

/// Keeps the ids of people.csv as identities, so that a person can be found by the id.
fn keep_ids(
    writer: &mut Writer,
    before: Option<&Snapshot>,
    new: Vec<(String, String)>,
    replace: bool,
) -> Result<(), SourceError> {
    use arrow_array::cast::AsArray;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    if let (Some(snapshot), false) = (before, replace) {
        for batch in snapshot.scan("identities")?.columns(&["person", "value"])?.units(|unit| unit == IDS).read()? {
            let columns: Vec<_> = batch.columns().iter().filter_map(|array| array.as_string_opt::<i32>()).collect();
            if let [person, value] = columns.as_slice() {
                ids.extend(
                    person.iter().zip(value.iter()).filter_map(|(person, value)| Some((person?.to_owned(), value?.to_owned()))),
                );
            }
        }
    }
    ids.extend(new);
    let batch = crate::git::columns::Columns::default()
        .text("kind", vec![Some("id".to_owned()); ids.len()])
        .text("value", ids.values().cloned().map(Some).collect())
        .text("person", ids.keys().cloned().map(Some).collect())
        .finish()
        .map_err(SourceError::rows("identities"))?;
    writer.replace_segment("identities", IDS, [batch])?;
    Ok(())
}

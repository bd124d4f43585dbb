//! Forgetting a person: rows about the person go, mentions of the person become unknown, and so do name, addresses and kept files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use candor_lake::{Lake, Snapshot, SnapshotId, Wait};
use candor_tables::{Table, folded};
use jiff::Timestamp;

use super::{IDS, UNIT, VERSION, person_key};
use crate::git::SourceError;
use crate::git::people::FORGOTTEN;

/// What there is of a person, by table: rows about the person, and rows that mention the person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// (Rows that go, rows that stay without the mention), by table.
    pub tables: BTreeMap<&'static str, (usize, usize)>,
    /// Names and addresses of commits.
    pub accounts: usize,
    /// Kept files that name the person.
    pub files: usize,
    /// Older snapshots that can no longer be opened.
    pub snapshots: usize,
    /// The snapshot without the person; `None` when nothing was written.
    pub snapshot: Option<SnapshotId>,
}

/// The person's key, by an id of people.csv or `KIND:VALUE`; `None` when nobody is known by it.
fn find(snapshot: &Snapshot, key: &[u8], person: &str) -> Result<Option<String>, SourceError> {
    let own = person_key(key, person);
    let identity = person.split_once(':').map(|(kind, value)| (kind.to_owned(), folded(kind, value)));
    let mut found = None;
    for batch in snapshot.read("identities", &["kind", "value", "person"])? {
        for row in 0..batch.num_rows() {
            let text = |column: usize| text(&batch, column, row).unwrap_or_default();
            let is_it = match text(0).as_str() {
                "commit" => false,
                "id" => text(2) == own,
                kind => identity.as_ref().is_some_and(|(own, value)| own == kind && *value == folded(kind, &text(1))),
            };
            if is_it {
                found = Some(text(2));
            }
        }
    }
    Ok(found)
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let array = batch.columns().get(column)?.as_string_opt::<i32>()?;
    array.is_valid(row).then(|| array.value(row).to_owned())
}

/// The batch without the person, and how many rows went or lost a mention.
fn without(table: &Table, batch: &RecordBatch, person: &str) -> Result<(RecordBatch, usize, usize), ArrowError> {
    let mut keep = vec![true; batch.num_rows()];
    let mut touched = vec![false; batch.num_rows()];
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for (field, array) in batch.schema_ref().fields().iter().zip(&mut columns) {
        let name = field.name().as_str();
        let Some(texts) = array.as_string_opt::<i32>() else { continue };
        let is_unit = (table.name, name) == ("assignments", "unit");
        let (holds, decides, is_list) = match table.column(name) {
            _ if (table.name, name) == ("people", "person") || is_unit => (true, true, false),
            Some(column) => (column.kind.holds_people(), column.required, column.kind.is_list()),
            None => (false, false, false),
        };
        if !holds {
            continue;
        }
        if decides {
            for (keep, text) in keep.iter_mut().zip(texts) {
                *keep = *keep && text != Some(person);
            }
            continue;
        }
        let cleared: StringArray = texts
            .iter()
            .zip(&mut touched)
            .map(|(text, touched)| {
                let text = text?;
                let parts: Vec<&str> = if is_list { text.split(';').collect() } else { vec![text] };
                let kept: Vec<&str> = parts.iter().copied().filter(|part| *part != person).collect();
                *touched |= kept.len() != parts.len();
                (!kept.is_empty()).then(|| kept.join(";"))
            })
            .collect();
        *array = Arc::new(cleared);
    }
    let gone = keep.iter().filter(|keep| !**keep).count();
    let mentions = keep.iter().zip(&touched).filter(|(keep, touched)| **keep && **touched).count();
    let batch = RecordBatch::try_new(batch.schema(), columns)?;
    let batch = arrow_select::filter::filter_record_batch(&batch, &BooleanArray::from(keep))?;
    Ok((batch, gone, mentions))
}

/// Forgets a person, or (without `really`) says what there is of the person. `None` when nobody is known by that name.
///
/// Older snapshots hold the person still, so they go: a figure of theirs cannot be computed again.
///
/// # Errors
/// The lake cannot be read or written.
pub fn forget(lake: &Lake, person: &str, really: bool, now: Timestamp, wait: Wait<'_>) -> Result<Option<Forgotten>, SourceError> {
    let mut writer = lake.write("candor forget", now, wait)?;
    let Some(before) = writer.latest()? else { return Ok(None) };
    let Some(key) = before.state("key")? else { return Ok(None) };
    let Some(own) = find(&before, &key, person)? else { return Ok(None) };
    let mut done = Forgotten::default();

    // What the person is called, to find kept files by.
    let mut called: BTreeSet<String> = BTreeSet::new();
    let mut emails: BTreeSet<String> = BTreeSet::new();
    for batch in
        before.scan("identities")?.columns(&["kind", "value", "person"])?.units(|unit| unit == UNIT || unit == IDS).read()?
    {
        for row in (0..batch.num_rows()).filter(|row| text(&batch, 2, *row).as_deref() == Some(&own)) {
            let value = text(&batch, 1, row).unwrap_or_default();
            if text(&batch, 0, row).as_deref() == Some("email") {
                emails.insert(value.to_lowercase());
            }
            called.insert(value);
        }
    }
    for batch in before.scan("people")?.columns(&["person", "name"])?.units(|unit| unit == UNIT).read()? {
        let rows = (0..batch.num_rows()).filter(|row| text(&batch, 0, *row).as_deref() == Some(&own));
        called.extend(rows.filter_map(|row| text(&batch, 1, row)));
    }

    for table in candor_tables::TABLES {
        let scan = before.scan(table.name)?.units(|unit| unit == UNIT);
        let schema = scan.schema();
        let fits = SourceError::rows(table.name);
        let old = arrow_select::concat::concat_batches(&schema, &scan.read()?).map_err(SourceError::rows(table.name))?;
        let (new, gone, mentions) = without(table, &old, &own).map_err(fits)?;
        if gone + mentions > 0 {
            done.tables.insert(table.name, (gone, mentions));
            writer.replace_segment(table.name, UNIT, [new])?;
        }
    }
    forget_ids(&mut writer, &before, &own)?;
    let mut hashes: BTreeSet<String> =
        before.state(FORGOTTEN)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let units: Vec<String> =
        before.units("identities").map(|(unit, _)| unit.to_owned()).filter(|unit| unit != UNIT && unit != IDS).collect();
    for unit in units {
        let scan = before.scan("identities")?.units(|name| name == unit);
        let old = arrow_select::concat::concat_batches(&scan.schema(), &scan.read()?).map_err(SourceError::rows("identities"))?;
        let (new, found) = without_accounts(&old, &emails).map_err(SourceError::rows("identities"))?;
        if !found.is_empty() {
            done.accounts += found.len();
            hashes.extend(found);
            writer.replace_segment("identities", &unit, [new])?;
        }
    }
    writer.put_state(FORGOTTEN, serde_json::to_string(&hashes).unwrap_or_default().as_bytes())?;
    for name in before.states().filter(|name| name.starts_with("raw/")) {
        let bytes = before.state(name)?.unwrap_or_default();
        let names_person = |word: &String| word.len() > 1 && contains_word(&bytes, word.as_bytes());
        if called.iter().any(names_person) {
            done.files += 1;
            writer.remove_state(name);
        }
    }
    if !really {
        return Ok(Some(done));
    }
    let committed = writer.commit("forget", VERSION, "a person was forgotten")?;
    done.snapshot = Some(committed.snapshot);
    done.snapshots = writer.vacuum(1, Duration::ZERO)?.snapshots;
    Ok(Some(done))
}

fn forget_ids(writer: &mut candor_lake::Writer, before: &Snapshot, own: &str) -> Result<(), SourceError> {
    let scan = before.scan("identities")?.units(|unit| unit == IDS);
    let fits = SourceError::rows("identities");
    let old = arrow_select::concat::concat_batches(&scan.schema(), &scan.read()?).map_err(SourceError::rows("identities"))?;
    let persons = old.column_by_name("person").and_then(|array| array.as_string_opt::<i32>().cloned());
    let keep: BooleanArray = persons.iter().flatten().map(|person| Some(person != Some(own))).collect();
    let new = arrow_select::filter::filter_record_batch(&old, &keep).map_err(fits)?;
    writer.replace_segment("identities", IDS, [new])?;
    Ok(())
}

/// Accounts of commits with these addresses lose name and address; their ids come back.
fn without_accounts(batch: &RecordBatch, emails: &BTreeSet<String>) -> Result<(RecordBatch, Vec<String>), ArrowError> {
    let texts = |name: &str| batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
    let (Some(values), Some(persons)) = (texts("value"), texts("person")) else { return Ok((batch.clone(), Vec::new())) };
    let is_own: Vec<bool> =
        values.iter().map(|value| value.is_some_and(|value| emails.contains(&value.to_lowercase()))).collect();
    let found =
        persons.iter().zip(&is_own).filter(|(_, own)| **own).filter_map(|(person, _)| person.map(str::to_owned)).collect();
    let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, array)| {
        match array.as_string_opt::<i32>().filter(|_| matches!(field.name().as_str(), "value" | "name")) {
            Some(texts) => {
                let cleared = texts.iter().zip(&is_own).map(|(text, own)| if *own { Some("") } else { text });
                Arc::new(cleared.collect::<StringArray>()) as ArrayRef
            }
            None => Arc::clone(array),
        }
    });
    Ok((RecordBatch::try_new(batch.schema(), columns.collect())?, found))
}

/// Whether `word` stands in `bytes` with no letter or digit beside it.
fn contains_word(bytes: &[u8], word: &[u8]) -> bool {
    let is_border = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
    bytes.windows(word.len()).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(word)
            && is_border(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && is_border(bytes.get(at + word.len()))
    })
}

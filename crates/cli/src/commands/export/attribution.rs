//! The attribution document: by commit id, who or what wrote it, what its note came to, and who is who.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use candor_attribution::ranges::{Ranges, difference, intersection, normalised};
use candor_attribution::{CommitFacts, Identities, LabelPolicy, Person, commit_label, line_label};
use candor_git::added::AddedReader;
use candor_git::{ObjectId, State, quote_path};
use candor_model::{Evidence, EvidenceLevel, Mode, Origin};
use candor_sources::git::notes::NoteRecord;
use serde_json::{Map, Value, json};

use crate::dates;
use crate::failure::Failure;
use crate::store::Fresh;

/// A row of `commits`, with names.
struct Commit {
    id: String,
    author: Option<Person>,
    committer: Option<Person>,
    co_authors: Vec<Person>,
    authored_at: Option<i64>,
    committed_at: Option<i64>,
    ancestors_until: Option<i64>,
    team: Option<String>,
    unrecognised: Vec<String>,
    landed_in: Option<String>,
}

/// Builds the document.
pub fn document(fresh: &Fresh, who: &Identities, policy: &LabelPolicy) -> Result<Value, Failure> {
    let store = &fresh.selected.store;
    let state = store.state(&fresh.snapshot)?.ok_or_else(|| Failure::machine("the state just written cannot be read back"))?;
    let records: BTreeMap<String, NoteRecord> =
        store.notes(&fresh.snapshot)?.into_iter().map(|record| (record.commit.clone(), record)).collect();
    let evidence = candor_metrics::load::evidence_by_commit(&fresh.snapshot, &store.repo)?;
    let mut reader = AddedReader::new(&fresh.selected.repo);
    let (mut attribution, mut notes, mut identities) = (Map::new(), Map::new(), Map::new());
    for commit in commits(fresh, who)? {
        let mut own: Vec<Evidence> = evidence.get(&commit.id).cloned().unwrap_or_default();
        // What a merge says of its pull request is said of the commits that it brings.
        let landing =
            commit.landed_in.as_ref().filter(|landing| **landing != commit.id).and_then(|landing| evidence.get(landing));
        own.extend(landing.into_iter().flatten().filter(|one| one.level == EvidenceLevel::PullRequest).cloned());
        let lines: Vec<&Evidence> = own.iter().filter(|one| one.level == EvidenceLevel::Line).collect();
        let record = records.get(&commit.id);
        let added = if lines.is_empty() && record.is_none() { Vec::new() } else { added(&mut reader, &state, &commit.id) };
        let total = added.iter().flat_map(|(_, ranges)| ranges).map(|(from, to)| u64::from(to - from) + 1).sum();
        let facts = CommitFacts {
            authored_at: commit.authored_at,
            committed_at: commit.committed_at,
            ancestors_until: commit.ancestors_until,
            team: commit.team.as_deref(),
            added_lines: (!added.is_empty()).then_some(total),
        };
        attribution.insert(commit.id.clone(), attributed(policy, &facts, &commit, &own, &added));
        if let Some(record) = record {
            notes.insert(commit.id.clone(), noted(policy, &facts, record, &own, &added));
        }
        identities.insert(commit.id.clone(), identified(&commit));
    }
    for (commit, record) in records.iter().filter(|(_, record)| !record.matched) {
        let words = "the commit is not part of the mainline's history: its note attributes nothing";
        notes.insert(commit.clone(), json!({ "unmatched": [words], "rejected": record.rejected }));
    }
    Ok(
        json!({ "schema": "candor-attribution/1", "definition": fresh.head.definition(), "attribution": attribution, "notes": notes, "identities": identities }),
    )
}

fn added(reader: &mut AddedReader, state: &State, id: &str) -> Vec<(String, Ranges)> {
    let number = ObjectId::from_hex(id.as_bytes()).ok().and_then(|id| state.history.numbers.get(&id).copied());
    let Some(commit) = number.and_then(|number| state.history.commit(number)) else { return Vec::new() };
    let parent = commit.parents.first().and_then(|parent| state.history.commit(*parent));
    let lines = reader.added(parent, commit).unwrap_or_default();
    lines.into_iter().map(|file| (quote_path(file.path.as_ref()), file.ranges)).collect()
}

fn attributed(
    policy: &LabelPolicy,
    facts: &CommitFacts<'_>,
    commit: &Commit,
    own: &[Evidence],
    added: &[(String, Ranges)],
) -> Value {
    let label = commit_label(policy, facts, own);
    let mode = (label.mode != Mode::Unknown).then(|| label.mode.name());
    let spelt: Vec<String> = commit.co_authors.iter().map(person).collect();
    let mut entry = json!({
        "origin": label.origin.name(),
        "tools": label.tools,
        "models": label.models,
        "mode": mode,
        "strength": label.strength.map(|strength| strength.name()),
        "conflict": label.conflict,
        "co_authors": spelt,
        "unrecognised": commit.unrecognised,
        "evidence": own.iter().filter(|one| one.level != EvidenceLevel::Line).map(|one| json!({
            "source": one.source, "rule": one.rule_id, "version": one.rule_version, "strength": one.strength.name(), "origin": one.origin.name(), "tool": one.tool, "p_ai": one.p_ai,
        })).collect::<Vec<_>>(),
    });
    if own.iter().any(|one| one.level == EvidenceLevel::Line) {
        let files: Map<String, Value> =
            added.iter().map(|(path, ranges)| (path.clone(), lines_by_origin(policy, facts, own, path, ranges, true))).collect();
        entry["line_origin"] = Value::Object(files);
    }
    entry
}

/// The added lines of a path by origin; with `whole`, lines without a record take what the commit declares.
fn lines_by_origin(
    policy: &LabelPolicy,
    facts: &CommitFacts<'_>,
    own: &[Evidence],
    path: &str,
    added: &Ranges,
    whole: bool,
) -> Value {
    let added = normalised(added.clone());
    let mut rest = added.clone();
    let mut by_origin: BTreeMap<&str, Ranges> = BTreeMap::new();
    let (mut tool, mut model) = (None, None);
    for one in own.iter().filter(|one| one.level == EvidenceLevel::Line && one.path.as_deref() == Some(path)) {
        let theirs = intersection(&normalised(one.ranges.clone()), &rest);
        if theirs.is_empty() {
            continue;
        }
        rest = difference(&rest, &theirs);
        if matches!(one.origin, Origin::Ai | Origin::Mixed) {
            tool = tool.or(one.tool.as_deref());
            model = model.or(one.model.as_deref());
        }
        by_origin.entry(one.origin.name()).or_default().extend(theirs);
    }
    let other = if whole { line_label(policy, facts, None, own).origin } else { Origin::Unknown };
    by_origin.entry(other.name()).or_default().extend(rest);
    let mut entry = Map::new();
    for name in ["ai", "human", "unknown"] {
        entry.insert(name.to_owned(), json!(numbers(by_origin.get(name))));
    }
    for name in ["mixed", "bot"] {
        if by_origin.contains_key(name) {
            entry.insert(name.to_owned(), json!(numbers(by_origin.get(name))));
        }
    }
    if let Some(tool) = tool {
        entry.insert("tool".to_owned(), json!(candor_attribution::notes::git_ai_name(tool)));
    }
    if let Some(model) = model {
        entry.insert("model".to_owned(), json!(model));
    }
    Value::Object(entry)
}

fn numbers(ranges: Option<&Ranges>) -> Vec<u32> {
    normalised(ranges.cloned().unwrap_or_default()).into_iter().flat_map(|(from, to)| from..=to).collect()
}

fn noted(
    policy: &LabelPolicy,
    facts: &CommitFacts<'_>,
    record: &NoteRecord,
    own: &[Evidence],
    added: &[(String, Ranges)],
) -> Value {
    let mut entry: Map<String, Value> =
        added.iter().map(|(path, ranges)| (path.clone(), lines_by_origin(policy, facts, own, path, ranges, false))).collect();
    let fraction = (record.claimed > 0).then(|| share(record.valid, record.claimed));
    entry.insert("valid_lines_fraction".to_owned(), json!(fraction));
    entry.insert("claimed_lines".to_owned(), json!(record.claimed));
    entry.insert("valid_lines".to_owned(), json!(record.valid));
    entry.insert("unresolved_lines".to_owned(), json!(record.unresolved));
    if !record.rejected.is_empty() {
        entry.insert("rejected".to_owned(), json!(record.rejected));
    }
    let label = commit_label(policy, facts, own);
    if label.conflict {
        let declared: Vec<&str> =
            own.iter().filter(|one| one.level != EvidenceLevel::Line).filter_map(|one| one.tool.as_deref()).collect();
        let words =
            format!("recorded human lines stand beside a declaration of {}: lines follow the record", declared.join(", "));
        entry.insert("conflict".to_owned(), json!([words]));
    }
    Value::Object(entry)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of lines of one commit")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn identified(commit: &Commit) -> Value {
    json!({
        "author": commit.author.as_ref().map_or_else(|| "unknown".to_owned(), person),
        "committer": commit.committer.as_ref().map_or_else(|| "unknown".to_owned(), person),
        "authored_at": commit.authored_at.map(dates::rfc3339),
        "committed_at": commit.committed_at.map(dates::rfc3339),
        "co_authors": commit.co_authors.iter().map(person).collect::<Vec<_>>(),
    })
}

fn person(who: &Person) -> String {
    format!("{} <{}>", who.name, who.email)
}

fn commits(fresh: &Fresh, who: &Identities) -> Result<Vec<Commit>, Failure> {
    let repo = &fresh.selected.store.repo;
    let folder = format!("{repo}/");
    let names =
        fresh.snapshot.scan("identities")?.columns(&["kind", "person", "value", "name"])?.units(|unit| unit == repo).read()?;
    let mut known: BTreeMap<String, (Person, Option<String>)> = BTreeMap::new();
    for batch in &names {
        for row in 0..batch.num_rows() {
            let get = |column: &str| text(batch, column, row).unwrap_or_default();
            if get("kind") != "commit" {
                continue;
            }
            let resolved = who.resolve(&Person::new(get("name"), get("value")));
            known.insert(get("person"), (resolved.person.clone(), resolved.known.and_then(|person| person.team.clone())));
        }
    }
    let find = |id: &str| known.get(id).cloned();
    let columns = [
        "commit",
        "author",
        "committer",
        "co_authors",
        "authored_at",
        "committed_at",
        "unrecognised",
        "landed_in",
        "ancestors_until",
    ];
    let batches = fresh.snapshot.scan("commits")?.columns(&columns)?.units(|unit| unit.starts_with(&folder)).read()?;
    let mut commits = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let author = text(batch, "author", row).and_then(|id| find(&id));
            let co_authors = text(batch, "co_authors", row).unwrap_or_default();
            commits.push(Commit {
                id: text(batch, "commit", row).unwrap_or_default(),
                team: author.as_ref().and_then(|(_, team)| team.clone()),
                author: author.map(|(person, _)| person),
                committer: text(batch, "committer", row).and_then(|id| find(&id)).map(|(person, _)| person),
                co_authors: co_authors.split(',').filter_map(find).map(|(person, _)| person).collect(),
                landed_in: text(batch, "landed_in", row),
                authored_at: seconds(batch, "authored_at", row),
                committed_at: seconds(batch, "committed_at", row),
                ancestors_until: seconds(batch, "ancestors_until", row),
                unrecognised: text(batch, "unrecognised", row)
                    .map(|values| values.lines().map(str::to_owned).collect())
                    .unwrap_or_default(),
            });
        }
    }
    Ok(commits)
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column)?.as_string_opt::<i32>()?;
    array.is_valid(row).then(|| array.value(row).to_owned())
}

fn seconds(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    array.is_valid(row).then(|| array.value(row).div_euclid(1_000_000))
}

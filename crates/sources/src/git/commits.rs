//! Rows of `commits`, `evidence` (commit level) and `identities`, gathered while the history is read.

use arrow_array::RecordBatch;
use candor_attribution::{CommitEvidence, CommitText, Rules, read_commit};
use candor_git::ObjectId;
use candor_git::commit::{RawCommit, Signature};
use candor_git::history::History;
use candor_lake::Writer;
use candor_model::{Evidence, Origin};
use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};

use super::columns::{Columns, Repeated};
use super::error::SourceError;
use super::people::{COMMIT, Identities, MAILMAP};

/// What a commit says of itself by the rules.
#[must_use]
pub fn commit_evidence(rules: &Rules, id: ObjectId, commit: &RawCommit<'_>) -> CommitEvidence {
    let empty = Signature::default();
    let (author, committer) = (commit.author.as_ref().unwrap_or(&empty), commit.committer.as_ref().unwrap_or(&empty));
    let text = CommitText {
        id: &id.to_string(),
        author_name: &author.name,
        author_email: &author.email,
        committer_name: &committer.name,
        committer_email: &committer.email,
        message: commit.message,
        encoding: commit.encoding.map(AsRef::as_ref),
        authored_at: commit.authored_at.or(commit.committed_at).unwrap_or(0),
        committed_at: commit.committed_at.or(commit.authored_at).unwrap_or(0),
        parents: commit.parents.len(),
    };
    read_commit(rules, &text)
}

/// Rows since the last write.
#[derive(Default)]
pub struct CommitRows {
    repo: String,
    /// Number of the first commit in these rows.
    first: u32,
    id: Vec<Option<String>>,
    author: Vec<Option<u32>>,
    committer: Vec<Option<u32>>,
    co_authors: Vec<Option<String>>,
    authored_at: Vec<Option<i64>>,
    committed_at: Vec<Option<i64>>,
    is_merge: Vec<Option<bool>>,
    is_bot: Vec<Option<bool>>,
    class: Vec<&'static str>,
    pull_request: Vec<Option<u64>>,
    is_squash: Vec<bool>,
    reverts: Vec<Option<String>>,
    unrecognised: Vec<Option<String>>,
    evidence: Vec<Evidence>,
    /// Commits of this run that name a pull request: number of the commit, number of the pull request.
    pub pulls: Vec<(u32, u64)>,
}

impl CommitRows {
    /// None yet.
    #[must_use]
    pub fn new(repo: &str, first: u32) -> Self {
        Self { repo: repo.to_owned(), first, ..Self::default() }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// Adds a commit.
    pub fn push(&mut self, rules: &Rules, people: &mut Identities, id: ObjectId, commit: &RawCommit<'_>) {
        let read = commit_evidence(rules, id, commit);
        let decoded = |who: &Signature| Signature {
            name: candor_attribution::message::decode(&who.name, commit.encoding.map(AsRef::as_ref)).as_bytes().into(),
            email: who.email.clone(),
        };
        let co_authors: Vec<String> = read
            .co_authors
            .iter()
            .filter_map(|person| {
                let number = people.number(&Signature { name: person.name.clone(), email: person.email.clone() });
                people.id(number).map(str::to_owned)
            })
            .collect();
        if let Some(pull) = read.pull_request {
            self.pulls.push((self.first + u32::try_from(self.id.len()).unwrap_or(0), pull));
        }
        self.id.push(Some(id.to_string()));
        self.author.push(commit.author.as_ref().map(|who| people.number(&decoded(who))));
        self.committer.push(commit.committer.as_ref().map(|who| people.number(&decoded(who))));
        self.co_authors.push((!co_authors.is_empty()).then(|| co_authors.join(",")));
        self.authored_at.push(commit.authored_at);
        self.committed_at.push(commit.committed_at);
        self.is_merge.push(Some(commit.parents.len() > 1));
        self.is_bot.push(Some(read.evidence.iter().any(|evidence| evidence.origin == Origin::Bot)));
        self.class.push(read.message_class.as_str());
        self.pull_request.push(read.pull_request);
        self.is_squash.push(read.is_squash);
        let reverts = candor_git::commit::reverted_ids(commit.message);
        self.reverts.push((!reverts.is_empty()).then(|| reverts.join(",")));
        self.unrecognised.push((!read.unrecognised.is_empty()).then(|| read.unrecognised.join("\n")));
        self.evidence.extend(read.evidence);
    }

    /// Stages the rows and begins anew.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub fn write(&mut self, writer: &mut Writer, people: &mut Identities, history: &History) -> Result<(), SourceError> {
        if self.is_empty() {
            return Ok(());
        }
        let next = self.first + u32::try_from(self.len()).unwrap_or(0);
        let mut rows = std::mem::replace(self, Self::new(&self.repo, next));
        self.pulls = std::mem::take(&mut rows.pulls);
        let unit = format!("{}/{:010}", rows.repo, rows.first);
        let count = rows.len();
        let spelt = |numbers: Vec<Option<u32>>| {
            let mut column = Repeated::default();
            for number in numbers {
                column.push(number, |number| people.id(*number).unwrap_or_default().to_owned());
            }
            column.finish()
        };
        let mut landed_in = Repeated::default();
        for number in rows.first..next {
            let landing = history.mainline.get(history.mainline.partition_point(|landing| *landing < number)).copied();
            landed_in.push(landing, |landing| history.commit(*landing).map(|commit| commit.id.to_string()).unwrap_or_default());
        }
        let until = history.ancestors_until().into_iter().skip(rows.first as usize).take(count).collect();
        let mut class = Repeated::default();
        rows.class.iter().for_each(|value| class.push(Some(*value), |value| (*value).to_owned()));
        let batch = Columns::default()
            .text("repo", vec![Some(rows.repo.clone()); count])
            .text("commit", rows.id)
            .array("author", spelt(rows.author).map_err(SourceError::rows("commits"))?)
            .array("committer", spelt(rows.committer).map_err(SourceError::rows("commits"))?)
            .text("co_authors", rows.co_authors)
            .instant("authored_at", rows.authored_at)
            .instant("committed_at", rows.committed_at)
            .array("landed_in", landed_in.finish().map_err(SourceError::rows("commits"))?)
            .truth("is_merge", rows.is_merge)
            .truth("is_bot", rows.is_bot)
            .array("message_class", class.finish().map_err(SourceError::rows("commits"))?)
            .text("reverts", rows.reverts)
            .long(
                "pull_request",
                rows.pull_request.iter().map(|number| number.and_then(|number| i64::try_from(number).ok())).collect(),
            )
            .truth("is_squash", rows.is_squash.iter().map(|value| Some(*value)).collect())
            .text("unrecognised", rows.unrecognised)
            .instant("ancestors_until", until)
            .finish()
            .map_err(SourceError::rows("commits"))?;
        writer.replace_segment("commits", &unit, [batch])?;
        if !rows.evidence.is_empty() {
            writer.replace_segment("evidence", &unit, [evidence_batch(&rows.repo, &rows.evidence)?])?;
        }
        write_identities(writer, &rows.repo, people)
    }
}

fn write_identities(writer: &mut Writer, repo: &str, people: &mut Identities) -> Result<(), SourceError> {
    if people.written == Some(people.all.len()) {
        return Ok(());
    }
    people.written = Some(people.all.len());
    // One that was forgotten and writes again is met a second time, and stands here once.
    let mut met = FxHashSet::default();
    let mut shown: Vec<(&str, &String, String, String)> = Vec::with_capacity(people.all.len());
    let mut proper = Vec::new();
    for (id, who) in people.all.iter().filter(|(id, _)| met.insert(id)) {
        let is_forgotten = people.is_forgotten(id);
        let lossy = |bytes: &[u8]| if is_forgotten { String::new() } else { String::from_utf8_lossy(bytes).into_owned() };
        shown.push((COMMIT, id, lossy(&who.email), lossy(&who.name)));
        if let Some(named) = people.proper(who).filter(|_| !is_forgotten) {
            proper.push((MAILMAP, id, lossy(&named.email), lossy(&named.name)));
        }
    }
    shown.append(&mut proper);
    let batch = Columns::default()
        .text("kind", shown.iter().map(|(kind, ..)| Some((*kind).to_owned())).collect())
        .text("person", shown.iter().map(|(_, id, ..)| Some((*id).clone())).collect())
        .text("value", shown.iter().map(|(_, _, email, _)| Some(email.clone())).collect())
        .text("name", shown.iter().map(|(.., name)| Some(name.clone())).collect())
        .finish()
        .map_err(SourceError::rows("identities"))?;
    writer.replace_segment("identities", repo, [batch])?;
    Ok(())
}

/// The id of a piece of evidence: a hash of what it says, on what, by which rule, so that reading it again changes nothing.
#[must_use]
pub fn evidence_id(repo: &str, evidence: &Evidence) -> String {
    let mut digest = Sha256::new();
    let ranges = ranges_text(&evidence.ranges);
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let subject = [repo, evidence.level.name(), &evidence.subject, &optional(&evidence.path), &ranges, evidence.origin.name()]
        .map(str::to_owned);
    let tool = [&evidence.tool, &evidence.model, &evidence.session, &evidence.source_version].map(optional);
    let rule = [&evidence.source, &evidence.rule_id, &evidence.rule_version].map(String::clone);
    for field in subject.iter().chain(&tool).chain(&rule) {
        digest.update((field.len() as u64).to_le_bytes());
        digest.update(field);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Ranges as the table spells them.
#[must_use]
pub fn ranges_text(ranges: &[(u32, u32)]) -> String {
    let spelt: Vec<String> =
        ranges.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") }).collect();
    spelt.join(",")
}

/// Rows of the table `evidence`.
///
/// # Errors
/// See [`SourceError::Rows`].
pub fn evidence_batch(repo: &str, evidence: &[Evidence]) -> Result<RecordBatch, SourceError> {
    let text = |pick: fn(&Evidence) -> Option<String>| evidence.iter().map(pick).collect::<Vec<_>>();
    Columns::default()
        .text("evidence_id", evidence.iter().map(|one| Some(evidence_id(repo, one))).collect())
        .text("repo", vec![Some(repo.to_owned()); evidence.len()])
        .text("level", text(|one| Some(one.level.name().to_owned())))
        .text("subject", text(|one| Some(one.subject.clone())))
        .text("path", text(|one| one.path.clone()))
        .text("ranges", text(|one| (!one.ranges.is_empty()).then(|| ranges_text(&one.ranges))))
        .text("origin", text(|one| Some(one.origin.name().to_owned())))
        .text("mode", text(|one| Some(one.mode.name().to_owned())))
        .text("tool", text(|one| one.tool.clone()))
        .text("tool_version", text(|one| one.tool_version.clone()))
        .text("model", text(|one| one.model.clone()))
        .text("provider", text(|one| one.provider.clone()))
        .text("session", text(|one| one.session.clone()))
        .text("evidence_source", text(|one| Some(one.source.clone())))
        .text("source_version", text(|one| one.source_version.clone()))
        .text("rule_id", text(|one| Some(one.rule_id.clone())))
        .text("rule_version", text(|one| Some(one.rule_version.clone())))
        .text("strength", text(|one| Some(one.strength.name().to_owned())))
        .fraction("p_ai", evidence.iter().map(|one| Some(one.p_ai)).collect())
        .fraction("valid_lines_fraction", evidence.iter().map(|one| one.valid_lines_fraction).collect())
        .instant("observed_at", evidence.iter().map(|one| one.observed_at).collect())
        .text("detail", text(|one| one.detail.clone()))
        .finish()
        .map_err(SourceError::rows("evidence"))
}

//! What one commit says about who or what wrote it: its people, its trailers, its footers.

use crate::declaration::{self, Declaration};
use crate::message::{self, Message, Parts, Position, Trailer};
use crate::person::Person;
use crate::rules::{Kind, Place, Resolved, Rule, Rules, Says};
use crate::subject::{self, MessageClass};
use bstr::ByteSlice;
use candor_model::evidence::SQUASH;
use candor_model::{Evidence, EvidenceLevel, Mode, Origin, Strength};

/// A commit's own fields, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct CommitText<'a> {
    /// Commit id in hex.
    pub id: &'a str,
    /// Author's name.
    pub author_name: &'a [u8],
    /// Author's address.
    pub author_email: &'a [u8],
    /// Committer's name.
    pub committer_name: &'a [u8],
    /// Committer's address.
    pub committer_email: &'a [u8],
    /// Message.
    pub message: &'a [u8],
    /// Value of the `encoding` header.
    pub encoding: Option<&'a [u8]>,
    /// Author time, seconds since 1970.
    pub authored_at: i64,
    /// Committer time, seconds since 1970.
    pub committed_at: i64,
    /// Number of parents.
    pub parents: usize,
}

/// What a commit says.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitEvidence {
    /// Statements on the origin of what it adds; those of level pull request, in merges, speak of all that the merge brings.
    pub evidence: Vec<Evidence>,
    /// Values that look like a tool but are not known, for a person to look at.
    pub unrecognised: Vec<String>,
    /// People who wrote with the author; no tools.
    pub co_authors: Vec<Person>,
    /// AI reviewers that are named as author or co-author. They are no authors.
    pub reviewers: Vec<String>,
    /// Trailers that say that no tool took part, without saying who says so. No evidence either way.
    pub negatives: Vec<String>,
    /// Kind of the change, by its subject.
    pub message_class: MessageClass,
    /// Pull or merge request that it lands.
    pub pull_request: Option<u64>,
    /// Whether its message is made of several commits' messages.
    pub is_squash: bool,
}

/// Reads one commit by the rules.
///
/// # Definition
/// - Author, committer and co-authors are compared as a whole with the addresses and names of the rules.
/// - Trailers count at the end of the message (git's rule). In the middle of it they count by a rule of their own: its id
///   ends in `@body`, or in `@squash-body` when the message is made of several; its strength is `inferred`, its `p_ai` lower,
///   and what it says of a squash is `mixed`. A trailer at the end of a squash (`@squash`) may be the last part's alone: the
///   commit is AI's, its lines are mixed.
/// - A sign outside its rule's dates (later of author and committer time) makes the origin unknown and is listed.
/// - Disclosure lines count in merges and in commits that land a pull request.
///
/// # Input
/// Bytes of any encoding; nothing in them is an error.
pub fn read_commit(rules: &Rules, commit: &CommitText<'_>) -> CommitEvidence {
    let text = message::decode(commit.message, commit.encoding);
    let message = Message::parse(text.trim_end_matches('\0'));
    let pull_request = subject::pull_request(&message);
    let hosted = pull_request.is_some() || commit.committer_email.eq_ignore_ascii_case(b"noreply@github.com");
    let is_squash = commit.parents < 2 && (message.parts == Parts::Squashed || (message.parts == Parts::Bulleted && hosted));
    let mut reader = Reader {
        rules,
        commit,
        parts: message.parts,
        is_squash,
        at: commit.authored_at.max(commit.committed_at),
        found: CommitEvidence {
            evidence: Vec::new(),
            unrecognised: Vec::new(),
            co_authors: Vec::new(),
            reviewers: Vec::new(),
            negatives: Vec::new(),
            message_class: MessageClass::of_subject(message.subject),
            pull_request,
            is_squash,
        },
    };
    reader.identities();
    for rule in rules.text(Place::Subject, message.subject) {
        reader.sign(rule, "subject", Position::End, EvidenceLevel::Commit, None);
    }
    let model = message.trailers.iter().find(|t| t.key == "model" || t.key == "ai-model").map(|t| t.value.as_ref());
    for trailer in &message.trailers {
        reader.trailer(trailer, model);
    }
    reader.lines(&message);
    reader.finish()
}

struct Reader<'r, 'c> {
    rules: &'r Rules,
    commit: &'c CommitText<'c>,
    parts: Parts,
    is_squash: bool,
    at: i64,
    found: CommitEvidence,
}

impl Reader<'_, '_> {
    fn identities(&mut self) {
        let author = Person::new(self.commit.author_name, self.commit.author_email);
        let by_author = self.rules.person(Place::Author, &author);
        for rule in &by_author {
            let model = self.rules.model_in_name(&decoded(&author, self.commit.encoding));
            self.sign(rule, "author_identity", Position::End, EvidenceLevel::Commit, model);
        }
        if by_author.is_empty() && is_app(&author) {
            // Automation for certain, but nobody knows whether it is AI: in neither arm, and on the list.
            let rule = ("bot/unlisted-app", self.rules.version());
            let evidence = Evidence::new(EvidenceLevel::Commit, self.commit.id, Origin::Bot, "author_identity", rule);
            self.push(Evidence { p_ai: 0.5, ..evidence });
            self.found.unrecognised.push(author.to_string());
        }
        let committer = Person::new(self.commit.committer_name, self.commit.committer_email);
        for rule in self.rules.person(Place::Committer, &committer) {
            self.sign(rule, "committer_identity", Position::End, EvidenceLevel::Commit, None);
        }
    }

    fn trailer(&mut self, trailer: &Trailer<'_>, model: Option<&str>) {
        let (key, value) = (trailer.key.as_str(), trailer.value.as_ref());
        if key == "co-authored-by" || key == "co-developed-by" {
            if let Some(person) = Person::parse(value.as_bytes()) {
                self.co_author(&person, trailer.position, true);
            }
            return;
        }
        if key == declaration::KEY.to_ascii_lowercase()
            && let Some(declaration) = Declaration::parse(value)
        {
            self.declaration(declaration, trailer.position);
            return;
        }
        for rule in self.rules.trailer(key, value) {
            if !rule.resolves() {
                self.sign(rule, "trailer", trailer.position, EvidenceLevel::Commit, None);
            } else if rule.is_valid_at(self.at) {
                self.named(rule, trailer, model);
            }
        }
    }

    /// A trailer whose value must name a tool or a model.
    fn named(&mut self, rule: &Rule, trailer: &Trailer<'_>, model: Option<&str>) {
        for resolved in self.rules.resolve(&trailer.value, rule.allows_bare_names()) {
            match resolved {
                Resolved::Negative => self.found.negatives.push(trailer.raw.trim().to_owned()),
                Resolved::Person(person) => self.co_author(&person, trailer.position, false),
                Resolved::Known { tool, model: own } => {
                    let model = own.or_else(|| model.filter(|_| rule.allows_bare_names()).map(str::to_owned));
                    let mut rule = rule.clone();
                    rule.tool = tool;
                    self.sign(&rule, "trailer", trailer.position, EvidenceLevel::Commit, model);
                }
                Resolved::Unrecognised(value) => {
                    // Names of people stand in the tables of people alone; where the key speaks of AI it is a tool's.
                    let listed = (rule.allows_bare_names() || !is_like_a_name(&value)).then_some(value);
                    self.unknown(rule, "trailer", EvidenceLevel::Commit, listed);
                }
            }
        }
    }

    fn co_author(&mut self, person: &Person, position: Position, is_author: bool) {
        let rules = self.rules.person(Place::CoAuthor, person);
        for rule in &rules {
            let model = self.rules.model_in_name(&decoded(person, None));
            self.sign(rule, "trailer", position, EvidenceLevel::Commit, model);
        }
        if rules.is_empty() && is_author {
            if is_app(person) || is_service(person) {
                self.found.unrecognised.push(person.to_string());
            }
            self.found.co_authors.push(person.clone());
        }
    }

    fn declaration(&mut self, declaration: Declaration, position: Position) {
        let version = self.rules.version();
        let begin = |origin, id: &str| Evidence::new(EvidenceLevel::Commit, self.commit.id, origin, "declaration", (id, version));
        match declaration {
            Declaration::None { .. } => {
                let evidence = Evidence { p_ai: 0.05, ..begin(Origin::Human, "declaration/none") };
                self.push(self.placed(evidence, position));
            }
            Declaration::Tools { tools, mode, model } => {
                for name in tools {
                    let known = self.rules.resolve(&name, true).into_iter().find_map(|resolved| match resolved {
                        Resolved::Known { tool, .. } => tool,
                        _ => None,
                    });
                    let tool = known.unwrap_or_else(|| name.to_ascii_lowercase());
                    if !self.rules.knows_tool(&tool) {
                        self.found.unrecognised.push(name);
                    }
                    let (tool, model) = (Some(tool), model.clone());
                    let evidence = Evidence { tool, model, mode, p_ai: 0.95, ..begin(Origin::Ai, "declaration/tool") };
                    self.push(self.placed(evidence, position));
                }
            }
        }
    }

    /// Footers anywhere, disclosures and the branch where a pull request lands.
    fn lines(&mut self, message: &Message<'_>) {
        let is_merge = self.commit.parents > 1;
        let level = if is_merge { EvidenceLevel::PullRequest } else { EvidenceLevel::Commit };
        let lands = is_merge || self.found.pull_request.is_some();
        for &(line, position) in &message.lines {
            if let Some(text) = message::footer(line) {
                // A footer speaks of the whole message wherever it stands, unless that is made of several.
                let position = if self.parts == Parts::One { Position::End } else { position };
                for rule in self.rules.text(Place::Footer, text) {
                    self.sign(rule, "footer", position, level, None);
                }
            }
            if lands {
                self.disclosure(line, level);
            }
        }
        if is_merge && let Some(branch) = subject::merged_branch(message) {
            for rule in self.rules.text(Place::Branch, branch) {
                self.sign(rule, "branch_prefix", Position::End, EvidenceLevel::PullRequest, None);
            }
        }
    }

    fn disclosure(&mut self, line: &str, level: EvidenceLevel) {
        let line = line.replace("**", "").replace("__", "");
        let line = line.trim_start_matches(['#', ' ', '\t']).trim_end();
        for (rule, value) in self.rules.disclosure(line) {
            let begin = |origin| Evidence::new(level, self.commit.id, origin, "disclosure", (&rule.id, &rule.version));
            let human = || Evidence { p_ai: 0.05, ..begin(Origin::Human) };
            let ai = || Evidence { p_ai: rule.p_ai, ..begin(Origin::Ai) };
            match rule.says {
                Says::Human => self.push(human()),
                Says::Ai => self.push(ai()),
                Says::Value => {
                    let value = value.unwrap_or_default().split("<!--").next().unwrap_or_default().trim();
                    if value.is_empty() {
                        continue;
                    }
                    if self.rules.is_negative(value) {
                        self.push(human());
                        continue;
                    }
                    for resolved in self.rules.resolve(value, true) {
                        match resolved {
                            Resolved::Known { tool, model } => self.push(Evidence { tool, model, ..ai() }),
                            Resolved::Unrecognised(value) => self.found.unrecognised.push(value),
                            Resolved::Negative => self.found.negatives.push(line.to_owned()),
                            Resolved::Person(_) => {}
                        }
                    }
                }
            }
        }
    }

    /// Takes a sign down as evidence.
    fn sign(&mut self, rule: &Rule, source: &str, position: Position, level: EvidenceLevel, model: Option<String>) {
        let origin = match rule.kind {
            Kind::Ai => Origin::Ai,
            Kind::Bot => Origin::Bot,
            Kind::Reviewer => {
                self.found.reviewers.extend(rule.tool.clone());
                return;
            }
        };
        // A bot among the co-authors wrote a part at most; the commit is its author's.
        if origin == Origin::Bot && source == "trailer" {
            return;
        }
        if !rule.is_valid_at(self.at) {
            let what = format!("{} (rule `{}` is for other dates)", rule.tool.as_deref().unwrap_or("a tool"), rule.id);
            self.unknown(rule, source, level, Some(what));
            return;
        }
        let evidence = Evidence {
            tool: rule.tool.clone(),
            model,
            mode: rule.mode,
            strength: rule.strength,
            p_ai: rule.p_ai,
            ..Evidence::new(level, self.commit.id, origin, source, (&rule.id, &rule.version))
        };
        self.push(self.placed(evidence, position));
    }

    /// Something may be a sign of a tool, and nobody can tell: no label may be made from its absence.
    fn unknown(&mut self, rule: &Rule, source: &str, level: EvidenceLevel, listed: Option<String>) {
        self.found.unrecognised.extend(listed);
        let evidence = Evidence::new(level, self.commit.id, Origin::Unknown, source, (&rule.id, &rule.version));
        let detail = Some("a value that is not known, or outside the rule's dates".to_owned());
        self.push(Evidence { strength: Strength::Inferred, detail, ..evidence });
    }

    /// What a sign is worth at its place in the message.
    fn placed(&self, evidence: Evidence, position: Position) -> Evidence {
        match (position, self.parts, evidence.level) {
            (Position::End, _, EvidenceLevel::Commit) if self.is_squash && evidence.source != "author_identity" => {
                Evidence { rule_id: evidence.rule_id + SQUASH, ..evidence }
            }
            (Position::End, ..) => evidence,
            (Position::Body, Parts::One, _) => {
                let (rule_id, p_ai) = (evidence.rule_id + "@body", evidence.p_ai * 0.8);
                Evidence { rule_id, p_ai, strength: evidence.strength.min(Strength::Inferred), ..evidence }
            }
            (Position::Body, Parts::Bulleted | Parts::Squashed, _) => {
                // One part's author says so: of the other parts nothing is known, whichever way it speaks.
                let origin = if evidence.origin == Origin::Human { Origin::Unknown } else { Origin::Mixed };
                let (rule_id, p_ai) = (evidence.rule_id + SQUASH + "-body", evidence.p_ai * 0.6);
                Evidence { rule_id, p_ai, origin, strength: evidence.strength.min(Strength::Inferred), ..evidence }
            }
        }
    }

    fn push(&mut self, evidence: Evidence) {
        let mode = evidence.mode;
        let evidence = Evidence { observed_at: Some(self.commit.committed_at), ..evidence };
        let known = self.found.evidence.iter_mut().find(|e| {
            (&e.rule_id, &e.tool, &e.level, &e.origin) == (&evidence.rule_id, &evidence.tool, &evidence.level, &evidence.origin)
        });
        match known {
            // The same sign twice, as several trailers of one tool have it: once, with the model if one of them names it.
            Some(known) if known.model.is_none() || evidence.model.is_none() || known.model == evidence.model => {
                known.model = known.model.take().or(evidence.model);
                known.mode = if known.mode == Mode::Unknown { mode } else { known.mode };
            }
            _ => self.found.evidence.push(evidence),
        }
    }

    fn finish(mut self) -> CommitEvidence {
        for list in [&mut self.found.unrecognised, &mut self.found.negatives, &mut self.found.reviewers] {
            list.sort();
            list.dedup();
        }
        let mut seen = std::collections::HashSet::new();
        self.found.co_authors.retain(|person| seen.insert(person.clone()));
        self.found
    }
}

fn decoded(person: &Person, encoding: Option<&[u8]>) -> String {
    message::decode(&person.name, encoding).into_owned()
}

/// First and last names: two to four words of letters with a capital in front.
fn is_like_a_name(value: &str) -> bool {
    let words: Vec<&str> = value.split_whitespace().collect();
    let is_name =
        |word: &&str| word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || ".'-".contains(c));
    (2..=4).contains(&words.len()) && words.iter().all(is_name)
}

/// An account of an application on a host.
fn is_app(person: &Person) -> bool {
    let local = person.email.split_str("@").next().unwrap_or_default();
    [local, person.name.trim_end()].iter().any(|text| text.to_ascii_lowercase().ends_with(b"[bot]"))
}

/// An address that belongs to a service rather than to a person. Hosts' own are none: people write from them.
fn is_service(person: &Person) -> bool {
    let email = person.email.to_ascii_lowercase();
    let Some((local, domain)) = email.split_once_str("@") else { return false };
    let locals: [&[u8]; 7] = [b"noreply", b"no-reply", b"agent", b"ai-agent", b"assistant", b"bot", b"ai"];
    let hosts: [&[u8]; 3] = [b"github.com", b"gitlab.com", b"users.noreply.github.com"];
    locals.contains(&local) && !hosts.contains(&domain)
}

#[cfg(test)]
mod tests;

//! Who is who: the mailmap of a repository, and a people file of the organisation on top of it.
//!
//! Accounts are joined only where a file says so. That two accounts look like one person is a proposal with its reason,
//! never a fact: people share names.

mod people_file;
mod proposal;

pub use people_file::PeopleError;
pub use proposal::{Proposal, proposals};

use crate::mailmap::Mailmap;
use crate::person::Person;
use bstr::BString;
use std::collections::HashMap;

/// A person of the people file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Id that the file gives, or the name where it gives none.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// Addresses; the first one is the person's own.
    pub emails: Vec<String>,
    /// Team; of people whose teams changed, the last one.
    pub team: Option<String>,
    /// Second since 1970 from which on a person was in a team, or in none, the earliest first; empty where no dates are known.
    pub spells: Vec<(i64, Option<String>)>,
}

impl KnownPerson {
    /// The team at a second since 1970: that of the last spell which had begun. None before the first, and without a time;
    /// always the team of the file where there are no dates. After leaving, the last one holds.
    pub fn team_at(&self, at: Option<i64>) -> Option<&str> {
        if self.spells.is_empty() {
            return self.team.as_deref();
        }
        let begun = self.spells.partition_point(|(from, _)| at.is_some_and(|at| *from <= at));
        self.spells.get(begun.checked_sub(1)?)?.1.as_deref()
    }

    /// Every team that the person was ever in.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.team.as_deref().into_iter().chain(self.spells.iter().filter_map(|(_, team)| team.as_deref()))
    }
}

/// Resolves names and addresses of commits to people.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    mailmap: Mailmap,
    people: Vec<KnownPerson>,
    by_email: HashMap<Vec<u8>, usize>,
}

/// A person, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// Proper name and address.
    pub person: Person,
    /// The person of the people file, where the address stands there.
    pub known: Option<&'a KnownPerson>,
}

impl Resolved<'_> {
    /// What all accounts of one person have in common, and two people never: the id of the people file, else the address
    /// in lower case, else the name. None for a person without a name and an address, who is nobody in particular.
    pub fn key(&self) -> Option<BString> {
        if let Some(known) = self.known {
            return Some(BString::from(format!("person:{}", known.id)));
        }
        let (kind, text) = match (self.person.email.is_empty(), self.person.name.is_empty()) {
            (false, _) => ("email:", self.person.email.to_ascii_lowercase()),
            (true, false) => ("name:", self.person.name.to_vec()),
            (true, true) => return None,
        };
        let mut key = BString::from(kind);
        key.extend_from_slice(&text);
        Some(key)
    }
}

impl Identities {
    /// The same with the teams of people by their dates: id of the person, then second since 1970 and team, in any order.
    #[must_use]
    pub fn with_teams(mut self, mut spells: HashMap<String, Vec<(i64, Option<String>)>>) -> Identities {
        for person in &mut self.people {
            person.spells = spells.remove(&person.id).unwrap_or_default();
            person.spells.sort();
        }
        self
    }

    /// Identities by a mailmap alone.
    pub fn with_mailmap(mailmap: Mailmap) -> Identities {
        Identities { mailmap, ..Identities::default() }
    }

    /// Puts a people file on top.
    ///
    /// TOML (`[[person]]` with `id`, `name`, `emails`, `team`) when the path ends in `.toml`, else CSV with a header: a
    /// column `person` and either `email` (one or several, separated by `;`) or `kind` and `value` as in `identities.csv`;
    /// `name` and `team` may follow.
    ///
    /// # Errors
    /// [`PeopleError`] names file, line and column: another shape, a row without a person, an address of two people.
    pub fn with_people(mut self, path: &str, text: &str) -> Result<Identities, PeopleError> {
        let people = people_file::parse(path, text)?;
        self.by_email.clear();
        for (index, person) in people.iter().enumerate() {
            for email in &person.emails {
                self.by_email.insert(email.to_ascii_lowercase().into_bytes(), index);
            }
        }
        self.people = people;
        Ok(self)
    }

    /// All people of the people file.
    pub fn people(&self) -> &[KnownPerson] {
        &self.people
    }

    /// Resolves a name and an address: by the mailmap first, then by the people file with the proper address, or else
    /// with the address as the commit has it.
    pub fn resolve(&self, person: &Person) -> Resolved<'_> {
        self.resolve_proper(&self.mailmap.resolve(person), person)
    }

    /// The same where it is known already what the mailmap says: `proper` is what it makes of `person`.
    pub fn resolve_proper(&self, proper: &Person, person: &Person) -> Resolved<'_> {
        let find = |person: &Person| self.by_email.get(&person.email.to_ascii_lowercase()).and_then(|&i| self.people.get(i));
        let Some(known) = find(proper).or_else(|| find(person)) else {
            return Resolved { person: proper.clone(), known: None };
        };
        let name = known.name.as_deref().map_or_else(|| proper.name.clone(), BString::from);
        let email = known.emails.first().map_or_else(|| proper.email.clone(), |email| BString::from(email.as_str()));
        Resolved { person: Person { name, email }, known: Some(known) }
    }
}

#[cfg(test)]
mod tests;

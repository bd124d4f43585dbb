//! What is known to exist: what the lake holds, and what the files of an import add to it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::list::CASELESS_KINDS;

/// A spell of employment: first day, first day after it, and where it stands when it comes from a file of this import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// First day.
    pub from: i32,
    /// First day after it; `None` while it lasts.
    pub until: Option<i32>,
    /// File and row of this import.
    pub(crate) place: Option<(usize, usize)>,
}

/// A dated parent of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// First day; `None` = since ever.
    pub from: Option<i32>,
    /// The parent team.
    pub parent: Option<String>,
    /// File and row of this import.
    pub(crate) place: Option<(usize, usize)>,
}

/// Keys that exist. Persons stand here under the keys by which the lake knows them (see [`Held::person_key`]).
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Persons, with their managers.
    pub people: FxHashMap<String, Option<String>>,
    /// Persons by kind and folded value of an identity.
    pub identities: FxHashMap<(String, String), String>,
    /// Spells by person.
    pub employment: FxHashMap<String, Vec<Spell>>,
    /// Parents by team.
    pub teams: FxHashMap<String, Vec<Parent>>,
    /// Repositories.
    pub repositories: FxHashSet<String>,
    /// Numbers of pull requests by repository.
    pub pull_requests: FxHashMap<String, FxHashSet<i64>>,
    /// Keys of work items by tracker.
    pub work_items: FxHashMap<String, FxHashSet<String>>,
    /// Deployments, with the instants at which they started.
    pub deployments: FxHashMap<String, Option<i64>>,
    /// Surveys.
    pub surveys: FxHashSet<String>,
    /// Review comments.
    pub review_comments: FxHashSet<String>,
    /// Tasks by experiment, with the instants of their forecasts.
    pub tasks: FxHashMap<String, FxHashMap<String, Option<i64>>>,
    /// Where files of this import name persons: rows of people, for the circle of managers.
    pub(crate) people_places: FxHashMap<String, (usize, usize)>,
    /// Ids as files of this import spell them, for hints.
    pub(crate) people_spelt: Vec<String>,
}

/// How a person's id becomes the key under which the lake knows the person.
pub type PersonKey<'a> = &'a dyn Fn(&str) -> String;

/// A value of an identity as it is compared.
#[must_use]
pub fn folded(kind: &str, value: &str) -> String {
    if CASELESS_KINDS.contains(&kind) { value.to_lowercase() } else { value.to_owned() }
}

impl Held {
    /// Adds a spell.
    pub fn add_spell(&mut self, person: String, from: i32, until: Option<i32>) {
        self.employment.entry(person).or_default().push(Spell { from, until, place: None });
    }

    /// Adds a dated parent.
    pub fn add_team(&mut self, team: String, from: Option<i32>, parent: Option<String>) {
        self.teams.entry(team).or_default().push(Parent { from, parent, place: None });
    }

    /// Forgets what is known of a table: the files of this import are the whole of it.
    pub fn clear(&mut self, table: &str) {
        match table {
            "people" => self.people.clear(),
            "identities" => self.identities.clear(),
            "employment" => self.employment.clear(),
            "teams" => self.teams.clear(),
            "repositories" => self.repositories.clear(),
            "pull_requests" => self.pull_requests.clear(),
            "work_items" => self.work_items.clear(),
            "deployments" => self.deployments.clear(),
            "surveys" => self.surveys.clear(),
            "review_comments" => self.review_comments.clear(),
            "tasks" => self.tasks.clear(),
            _ => {}
        }
    }
}

//! The world as files of the contract.

mod customers;
mod findings;
mod learning;
mod money;
mod people;
mod work;

use rustc_hash::FxHashMap;

use crate::World;
use crate::code::stream::Landed;
use crate::table::TableText;
use crate::work::Change;
use crate::world::Person;

pub use findings::PER_KLOC;
pub use learning::{QUIZ, SD_QUIZ};

/// All files, in the order of the contract. With the landings of the repositories, changes name their commits.
#[must_use]
pub fn files(world: &World, landings: &[Landed]) -> Vec<TableText> {
    let commits: FxHashMap<usize, &str> = landings.iter().map(|landed| (landed.change, landed.commit.as_str())).collect();
    let mut all = people::files(world);
    all.extend(money::files(world));
    all.extend(work::files(world, &commits));
    all.push(findings::findings(world, &commits));
    all.extend(customers::files(world));
    all.extend(learning::files(world));
    all
}

impl World {
    /// The id of a person.
    fn person(&self, position: usize) -> &str {
        self.crowd.people.get(position).map_or("", |person: &Person| person.id.as_str())
    }

    fn repo(&self, position: usize) -> &str {
        self.crowd.repos.get(position).map_or("", |repo| repo.id.as_str())
    }

    fn team(&self, position: usize) -> &str {
        self.crowd.teams.get(position).map_or("", |team| team.id.as_str())
    }

    /// The name of a change in lists.
    fn change(&self, position: usize) -> String {
        self.changes
            .get(position)
            .map_or_else(String::new, |change: &Change| format!("{}#{}", self.repo(change.repo), change.number))
    }

    /// The first second after the window.
    fn end(&self) -> i64 {
        crate::days::midnight(crate::days::number(self.shape.until))
    }
}

//! A simulated organisation with planted effects: people, teams, changes, reviews, money and real git histories, made from a seed, so that
//! every figure of Candor can be held against a truth that is known.
//!
//! [`simulate`] makes the world in memory, [`files`] its CSV files by the contract, [`stream`] a repository as a stream for
//! `git fast-import`, and [`truth`] what each metric should find. Nothing here reads a clock or writes a file.

pub mod business;
pub mod code;
pub mod days;
pub mod draws;
pub mod effects;
pub mod evidence;
mod files;
pub mod table;
pub mod truth;
pub mod work;
pub mod world;

use std::io;

use code::lives::Lives;
use code::stream::Landed;
pub use effects::{Effects, EffectsError};
pub use files::files;
pub use table::TableText;
pub use truth::{Truth, truth};
use work::Change;
use work::deploy::{Deployment, Incident};
use work::items::Item;
use work::review::{Comment, Review};
use world::{Crowd, Shape};

/// Everything that happened in the organisation.
#[derive(Debug, Clone)]
pub struct World {
    /// How large it is, and for how long it was watched.
    pub shape: Shape,
    /// What was planted.
    pub effects: Effects,
    /// The seed of all draws.
    pub seed: u64,
    /// Teams, repositories and people.
    pub crowd: Crowd,
    /// Changes, by the time of their landing.
    pub changes: Vec<Change>,
    /// Lives of the lines that they brought.
    pub lives: Lives,
    /// Reviews.
    pub reviews: Vec<Review>,
    /// Comments.
    pub comments: Vec<Comment>,
    /// Deployments, by time.
    pub deployments: Vec<Deployment>,
    /// Incidents, by time.
    pub incidents: Vec<Incident>,
    /// Work items, by time.
    pub items: Vec<Item>,
    /// Money, by month.
    pub months: Vec<business::Month>,
}

/// Makes a world.
#[must_use]
pub fn simulate(shape: &Shape, effects: &Effects, seed: u64) -> World {
    let crowd = world::crowd(shape, effects, seed);
    let changes = work::changes(shape, effects, seed, &crowd);
    let lives = code::lives::lives(shape, effects, seed, &crowd, &changes);
    let (reviews, comments) = work::review::reviews(shape, effects, seed, &crowd, &changes);
    let share = |day: i32| business::ai_share(shape, &crowd, day);
    let (deployments, incidents) = work::deploy::deployments(shape, effects, seed, &crowd, &changes, &share);
    let months = business::money(shape, effects, seed, &crowd);
    let repaired = |position: usize| lives.repaired.get(position).copied().flatten();
    let items = work::items::items(shape, effects, seed, &crowd, &changes, &months, &repaired);
    World {
        shape: shape.clone(),
        effects: effects.clone(),
        seed,
        crowd,
        changes,
        lives,
        reviews,
        comments,
        deployments,
        incidents,
        items,
        months,
    }
}

/// Writes a repository as a stream for `git fast-import`; answers its landings, in order.
///
/// # Errors
/// What `to` says.
pub fn stream(world: &World, repo: usize, to: &mut dyn io::Write) -> io::Result<Vec<Landed>> {
    code::stream::write(&world.shape, world.seed, &world.crowd, &world.changes, &world.lives, repo, to)
}

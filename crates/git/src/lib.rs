//! History mining: birth, landing, moves and death of every line of a repository's mainline.
//!
//! This crate knows git and lines; it knows nothing of AI, of people, of figures or of storage.
//!
//! INVARIANT: lines alive in a path = lines of that path's blob at the tip.
//! INVARIANT: lines born - lines ended + lines resumed = lines alive, after every landing.
//! INVARIANT: the state after a run depends on the tip and the rules only, not on how many runs it took.

pub mod added;
pub mod branch;
mod checkpoint;
pub mod commit;
pub mod delta;
pub mod error;
mod histogram;
pub mod history;
pub mod hunks;
mod indent;
pub mod lives;
pub mod mine;
mod moves;
mod myers;
pub mod objects;
mod reformat;
pub mod rename;
pub mod repository;
pub mod rules;
mod sliding;
pub mod text;
pub mod touched;
mod trace;
pub mod tree;

pub use checkpoint::BadCheckpoint;
pub use delta::LineRules;
pub use error::GitError;
pub use gix::ObjectId;
pub use mine::{Mined, State, Watch, mine};
pub use repository::{Mainline, Repository, quote_path};

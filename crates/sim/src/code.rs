//! The code: how long each block of lines lives and who ends it, in which file it stands, and the git history that follows.

pub mod files;
pub mod git;
pub mod lives;
pub mod stream;
pub mod text;

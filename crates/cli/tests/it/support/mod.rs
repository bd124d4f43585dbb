//! What the tests share: running the binary, building repositories, reading and comparing cohorts.

pub mod attribution;
pub mod cohorts;
pub mod process;
pub mod repository;
pub mod survival;

//! One file per command.

pub mod export;
pub mod init;
pub mod instrument;
pub mod report;

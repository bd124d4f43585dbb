//! One file per command.

pub mod assign;
pub mod blame;
pub mod demo;
pub mod explain;
pub mod export;
pub mod forget;
pub mod import;
pub mod init;
pub mod instrument;
pub mod key;
pub mod ledger;
pub mod metrics;
pub mod mine;
pub mod people;
pub mod plan;
pub mod privacy;
pub mod reconcile;
pub mod report;
pub mod roadmap;
pub mod statement;
pub mod status;
pub mod template;
pub mod verdict;
pub mod verify;

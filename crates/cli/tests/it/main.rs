//! The promises of the command line, tested from outside: each test builds a real repository with git, runs the binary
//! `candor` on it, and compares what comes out with an answer that does not come from Candor.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod assign;
mod bad_input;
mod blame;
mod boundaries;
mod closed;
mod crash;
mod demo;
mod digest;
mod field_failures;
mod functions;
mod generated;
mod histories;
mod import;
mod instrument;
mod ledger;
mod lives;
mod look;
mod messages;
mod metr;
mod metrics;
mod odd_git;
mod organisation;
mod outside;
mod plan;
mod support;
mod tracing;
mod verdict;
mod verify;

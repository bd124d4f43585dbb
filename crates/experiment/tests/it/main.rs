//! What plans, the ledger, draws and verdicts promise, tested through the public interface.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod assign;
mod design;
mod ledger;
mod plans;
mod roadmap;
mod statement;
mod support;
mod verdict;

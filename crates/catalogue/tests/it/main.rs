//! The catalogue from outside: the figures of a whole organisation against those that pandas computed.

#![allow(clippy::unwrap_used, clippy::panic)]

mod breaks;
mod changes;
mod expected;
mod explain;
mod files;
mod organisation;
mod reconcile;

//! The catalogue from outside: the figures of a whole organisation against those that pandas computed.

#![allow(clippy::unwrap_used, clippy::panic)]

mod expected;
mod files;
mod organisation;

//! Tests of the count, from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cognitive;
mod hostile;
mod lizard;

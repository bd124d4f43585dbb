//! One integration binary of the crate.
#![allow(clippy::unwrap_used, clippy::panic)]

mod hand_computed;
mod properties;
mod synthetic;

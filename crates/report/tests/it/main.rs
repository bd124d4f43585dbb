//! One integration binary of the crate.
#![allow(clippy::unwrap_used, clippy::panic)]

mod page;
mod schema;
mod screen;
#[path = "../../../metrics/tests/it/synthetic.rs"]
mod synthetic;

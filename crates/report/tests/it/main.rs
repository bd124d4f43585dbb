//! One integration binary of the crate.
#![allow(clippy::unwrap_used, clippy::panic)]

mod page;
mod screen;
#[path = "../../../metrics/tests/it/synthetic.rs"]
mod synthetic;

//! The one test binary of the crate: agreement with established packages, properties, hostile input, the registry.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod calibration;
mod hostile;
mod hostile_numbers;
mod hostile_rows;
mod properties;
mod reference;
mod registry;

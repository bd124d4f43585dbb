//! Computes every key of the case `did_event_study`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

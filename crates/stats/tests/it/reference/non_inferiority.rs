//! Computes every key of the case `non_inferiority`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

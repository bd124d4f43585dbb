//! Computes every key of the case `two_proportions`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

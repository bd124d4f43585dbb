//! Computes every key of the case `power`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

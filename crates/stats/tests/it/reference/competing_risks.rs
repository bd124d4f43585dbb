//! Computes every key of the case `competing_risks`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

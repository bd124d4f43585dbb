//! Computes every key of the case `kaplan_meier`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

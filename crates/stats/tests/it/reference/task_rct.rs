//! Computes every key of the case `task_rct`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

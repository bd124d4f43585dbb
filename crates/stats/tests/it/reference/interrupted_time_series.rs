//! Computes every key of the case `interrupted_time_series`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

//! Computes every key of the case `stratified`.

use super::case::{Case, Computed};

pub fn compute(_case: &Case, _out: &mut Computed) {}

//! Observations and estimates from facts.

pub mod facts;

//! Observations and estimates from facts.

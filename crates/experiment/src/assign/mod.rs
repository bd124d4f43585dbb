//! Who gets which arm, by lot, from a seed that nobody could choose afterwards.

pub mod seed;
